//! Acts: `lagen (2018:218)`, `SFS 2009:400`, `förordning (EU) 2016/679`, `direktiv 2007/2/EG`, and names that the list has.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::{Entity, EntityKind, List, Word, between, rows};

const LAWS: &str = include_str!("../../../../registers/laws.csv");

struct Named {
    /// By the first word of the name, the longest first.
    names: HashMap<String, Vec<(String, &'static str)>>,
    short: HashMap<&'static str, &'static str>,
}

static NAMED: LazyLock<Named> = LazyLock::new(|| {
    let mut named = Named {
        names: HashMap::new(),
        short: HashMap::new(),
    };
    for line in rows(LAWS) {
        let mut fields = line.splitn(3, ',');
        let (Some(number), Some(short), Some(name)) = (fields.next(), fields.next(), fields.next()) else {
            continue;
        };
        let first: String = name.chars().take_while(|c| c.is_alphanumeric()).collect();
        named.names.entry(first).or_default().push((name.to_owned(), number));
        if !short.is_empty() {
            named.short.insert(short, number);
        }
    }
    named
        .names
        .values_mut()
        .for_each(|list| list.sort_by_key(|(name, _)| std::cmp::Reverse(name.len())));
    named
});

pub(super) fn find(text: &str, words: &[Word<'_>], found: &mut Vec<Entity>) {
    let mut push = |start: usize, end: usize, number: &str| {
        let list = if number.contains(':') { List::Sfs } else { List::Celex };
        found.push(Entity {
            start,
            end,
            kind: EntityKind::Law,
            list,
            code: number.to_owned(),
        });
    };
    for at in 0..words.len() {
        if let Some((start, end, number)) = numbered(text, words, at).or_else(|| union(text, words, at)) {
            push(start, end, &number);
        }
        if let Some((start, end, number)) = named(text, words, at).or_else(|| short(text, words, at)) {
            push(start, end, number);
        }
    }
}

/// A year, a colon and a number: in brackets behind a word of law, or behind `SFS`.
fn numbered(text: &str, words: &[Word<'_>], at: usize) -> Option<(usize, usize, String)> {
    let [year, number] = words.get(at..at + 2)? else { return None };
    let year_fits = year.is_number() && year.text.len() == 4 && ("1600".."2100").contains(&year.text);
    if !year_fits || !number.is_number() || number.text.len() > 4 || number.text.starts_with('0') || between(text, year, number) != ":" {
        return None;
    }
    let before = at.checked_sub(1).and_then(|at| words.get(at))?;
    let gap = between(text, before, year);
    let lower = before.lower();
    let code = format!("{}:{}", year.text, number.text);
    if lower == "sfs" && gap.trim() == "" {
        return Some((before.start, number.end, code));
    }
    let open = gap.trim_start() == "(" && text.get(number.end..).is_some_and(|rest| rest.starts_with(')'));
    let law = [
        "lag",
        "lagen",
        "lagens",
        "förordning",
        "förordningen",
        "balken",
        "balk",
        "kungörelse",
        "kungörelsen",
        "ordningen",
        "formen",
        "act",
        "ordinance",
    ];
    (open && law.iter().any(|word| lower.ends_with(word))).then(|| (before.start, number.end + 1, code))
}

/// `(EU) 2016/679`, `(EU) nr 910/2014`, `2007/2/EG`, behind a word that says what it is.
fn union(text: &str, words: &[Word<'_>], at: usize) -> Option<(usize, usize, String)> {
    let [one, two] = words.get(at..at + 2)? else { return None };
    if !(one.is_number() && two.is_number()) || between(text, one, two) != "/" {
        return None;
    }
    let old = words
        .get(at + 2)
        .filter(|word| between(text, two, word) == "/" && matches!(word.text, "EG" | "EU" | "EC" | "EEG" | "EEC"));
    let back: Vec<&Word<'_>> = words.get(at.saturating_sub(4)..at)?.iter().rev().collect();
    let of_union = back.iter().take(2).any(|word| matches!(word.text, "EU" | "EG" | "EC" | "Euratom"));
    if old.is_none() && !of_union {
        return None;
    }
    let kind = |word: &Word<'_>| {
        let lower = word.lower();
        let ends = |endings: &[&str]| endings.iter().any(|ending| lower.ends_with(ending));
        if ends(&["förordning", "förordningen", "regulation"]) {
            Some('R')
        } else if ends(&["direktiv", "direktivet", "directive"]) {
            Some('L')
        } else if ends(&["beslut", "beslutet", "decision"]) {
            Some('D')
        } else {
            None
        }
    };
    let (opening, letter) = back.iter().find_map(|word| Some((*word, kind(word)?)))?;
    // Numbers of regulations before 2015 stand before the year.
    let (year, number) = match (one.text.len(), two.text.len()) {
        (4, _) if is_year(one.text) => (one.text.to_owned(), two.text),
        (_, 4) if is_year(two.text) => (two.text.to_owned(), one.text),
        (2, _) => (format!("19{}", one.text), two.text),
        _ => return None,
    };
    let number: u32 = number.parse().ok().filter(|number| *number < 10_000)?;
    let end = old.map_or(two.end, |word| word.end);
    Some((opening.start, end, format!("3{year}{letter}{number:04}")))
}

fn is_year(digits: &str) -> bool {
    ("1950".."2100").contains(&digits)
}

/// A name of the list, in any capitals, in the genitive or not.
fn named(text: &str, words: &[Word<'_>], at: usize) -> Option<(usize, usize, &'static str)> {
    let first = words.get(at)?;
    if at
        .checked_sub(1)
        .and_then(|at| words.get(at))
        .is_some_and(|before| between(text, before, first) == "-")
    {
        return None;
    }
    let lower = first.lower();
    let stem = lower.strip_suffix('s').unwrap_or(&lower);
    let lists = [NAMED.names.get(lower.as_str()), NAMED.names.get(stem).filter(|_| stem != lower)];
    let rest = text.get(first.start..)?;
    lists.into_iter().flatten().flatten().find_map(|(name, number)| {
        let opening = rest.get(..name.len()).filter(|opening| opening.to_lowercase() == *name)?;
        let after = rest.get(opening.len()..)?;
        let genitive = usize::from(after.starts_with('s') && !after.chars().nth(1).is_some_and(char::is_alphanumeric));
        let closed = genitive == 1 || !after.chars().next().is_some_and(char::is_alphanumeric);
        closed.then_some((first.start, first.start + opening.len(), *number))
    })
}

/// `OSL`, `PBL` beside a chapter or a section; `GDPR` anywhere.
fn short(text: &str, words: &[Word<'_>], at: usize) -> Option<(usize, usize, &'static str)> {
    let word = words.get(at)?;
    let number = NAMED
        .short
        .get(word.text)
        .copied()
        .or_else(|| NAMED.short.get(word.text.strip_suffix('s')?).copied())?;
    let around = |from: usize, to: usize| {
        let mut from = from;
        while !text.is_char_boundary(from) {
            from += 1;
        }
        let mut to = to.min(text.len());
        while !text.is_char_boundary(to) {
            to -= 1;
        }
        text.get(from..to).unwrap_or_default()
    };
    let before = around(word.start.saturating_sub(24), word.start);
    let behind = around(word.end, word.end + 12);
    let section = |part: &str| part.contains('§') || part.contains("kap");
    let enligt = before.trim_end().to_lowercase().ends_with("enligt") && word.text.len() >= 3;
    (word.text == "GDPR" || section(before) || section(behind) || enligt).then_some((word.start, word.end, number))
}
