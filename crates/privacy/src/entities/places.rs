//! Municipalities: `Skövde kommun`, `Lunds kommun`, `i Skövde`, or a cell that is nothing else.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::{Entity, EntityKind, List, Word, between, rows};
use crate::names::{FAMILY, GIVEN, uses};

const MUNICIPALITIES: &str = include_str!("../../../../registers/municipalities.csv");

static CODES: LazyLock<HashMap<String, &'static str>> = LazyLock::new(|| {
    let pair = |line: &'static str| {
        let mut fields = line.split(',');
        let code = fields.next()?;
        Some((fields.next()?.to_lowercase(), code))
    };
    rows(MUNICIPALITIES).filter_map(pair).collect()
});

/// What makes a municipality of the name before it.
const BEHIND: &[&str] = &[
    "kommun",
    "kommuns",
    "kommunen",
    "stad",
    "stads",
    "municipality",
    "kommunfullmäktige",
];
/// What makes one of the name behind it.
const BEFORE: &[&str] = &["kommun", "kommunen", "kommunerna", "kommuner", "staden", "municipality", "of"];
/// What a place stands behind.
const IN: &[&str] = &[
    "i", "från", "till", "inom", "kring", "runt", "utanför", "nära", "in", "from", "near", "mellan", "via",
];
/// Names that are words of their own, or more often somebody's name: known by the word behind them alone.
const WORDS: &[&str] = &[
    "vara", "mark", "ale", "kil", "sala", "mora", "lund", "mellerud", "åre", "bro", "boden", "kalix", "habo", "ed", "gnesta",
];

pub(super) fn find(text: &str, words: &[Word<'_>], found: &mut Vec<Entity>) {
    let mut at = 0;
    while at < words.len() {
        match place(text, words, at) {
            Some((entity, taken)) => {
                found.push(entity);
                at += taken;
            }
            None => at += 1,
        }
    }
}

fn place(text: &str, words: &[Word<'_>], at: usize) -> Option<(Entity, usize)> {
    let first = words.get(at).filter(|word| word.is_capital())?;
    // `Lilla Edet`, `Upplands Väsby`, `Östra Göinge`: the longer name first.
    let second = words.get(at + 1).filter(|second| matches!(between(text, first, second), " " | "-"));
    let joined = second.and_then(|second| Some((code(text.get(first.start..second.end)?)?, second, 2)));
    let (code, last, taken) = joined.or_else(|| Some((code(first.text)?, first, 1)))?;
    let next = words.get(at + taken).filter(|next| between(text, last, next) == " ");
    let kommun = next.filter(|next| BEHIND.contains(&next.lower().as_str()));
    let end = match kommun {
        Some(word) => word.end,
        None => {
            let whole = first.start == 0 && last.end == text.trim_end().len();
            let before = at
                .checked_sub(1)
                .and_then(|at| words.get(at))
                .filter(|before| matches!(between(text, before, first), " " | ", "));
            whole
                .then_some(last.end)
                .or_else(|| stands_as_place(text, words, at, before, last, next).then_some(last.end))?
        }
    };
    // `Stockholms` alone is a genitive; the entity is the name with what makes it a municipality.
    let taken = taken + usize::from(kommun.is_some());
    let (kind, list) = (EntityKind::Municipality, List::Municipalities);
    let code = code.to_owned();
    Some((
        Entity {
            start: first.start,
            end,
            kind,
            list,
            code,
        },
        taken,
    ))
}

/// Whether words around say that the name is a place, and none says that it is a person's.
fn stands_as_place(text: &str, words: &[Word<'_>], at: usize, before: Option<&Word<'_>>, last: &Word<'_>, next: Option<&Word<'_>>) -> bool {
    let lower = last.lower();
    let before_word = before.map(Word::lower).unwrap_or_default();
    let listed = BEFORE.contains(&before_word.as_str());
    if WORDS.contains(&lower.as_str()) && !listed {
        return false;
    }
    // `Anna Lund`, `Lund Svensson`: somebody's name.
    let person = before.is_some_and(|word| word.is_capital() && uses(word.text) & GIVEN != 0)
        || next.is_some_and(|word| word.is_capital() && uses(word.text) & (FAMILY | GIVEN) != 0);
    // `i Kalmar län`: the county, or a street and a company with the name of a town.
    let thing = next.is_some_and(|word| {
        let lower = word.lower();
        matches!(
            lower.as_str(),
            "län" | "läns" | "tingsrätt" | "universitet" | "stift" | "ab" | "region" | "county" | "university"
        )
    });
    // A list goes on: `kommunerna Skövde, Kalmar och Lund`.
    let follows = at.checked_sub(1).and_then(|at| words.get(at)).is_some_and(|joint| {
        let joint = joint.lower();
        (joint == "och" || joint == "and" || code(&joint).is_some())
            && words
                .get(..at)
                .unwrap_or_default()
                .iter()
                .rev()
                .take(12)
                .any(|word| BEFORE.contains(&word.lower().as_str()) && word.text.starts_with('k'))
    });
    let _ = text;
    !person && !thing && (listed || follows || IN.contains(&before_word.as_str()))
}

/// The code of a name, in the genitive or not.
fn code(name: &str) -> Option<&'static str> {
    let lower = name.to_lowercase();
    let own = CODES.get(lower.as_str());
    own.or_else(|| lower.strip_suffix('s').and_then(|stem| CODES.get(stem))).copied()
}
