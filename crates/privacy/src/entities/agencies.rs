//! Agencies: names of the register of authorities, in Swedish and English, in any capitals, in the genitive or not; and short names in
//! capitals that mean little else.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::{Entity, EntityKind, List, Word, between, rows};

const AGENCIES: &str = include_str!("../../../../registers/agencies.csv");

/// Names by their first word, the longest first.
static NAMES: LazyLock<HashMap<String, Vec<(String, &'static str)>>> = LazyLock::new(|| {
    let mut names: HashMap<String, Vec<(String, &'static str)>> = HashMap::new();
    for line in rows(AGENCIES) {
        let mut fields = line.splitn(3, ',');
        let (Some(code), _, Some(name)) = (fields.next(), fields.next(), fields.next()) else {
            continue;
        };
        let lower = name.to_lowercase();
        let first: String = lower.chars().take_while(|c| c.is_alphanumeric()).collect();
        names.entry(first).or_default().push((lower, code));
    }
    names
        .values_mut()
        .for_each(|list| list.sort_by_key(|(name, _)| std::cmp::Reverse(name.len())));
    names
});

static SHORT: LazyLock<HashMap<&'static str, &'static str>> = LazyLock::new(|| {
    let pair = |line: &'static str| {
        let mut fields = line.splitn(3, ',');
        let code = fields.next()?;
        let short = fields.next().filter(|short| short.len() >= 3)?;
        (!OTHER_SHORTS.contains(&short)).then_some((short, code))
    };
    rows(AGENCIES).filter_map(pair).collect()
});

/// Short names that are as often something else.
const OTHER_SHORTS: &[&str] = &[
    "AMS", "BRA", "ESF", "FMI", "HIG", "HIS", "KTH", "LAS", "LOU", "OSL", "SFS", "SKR", "SIS", "SIT", "SPA", "SPM", "STY", "UHR", "HOMO",
    "TLV", "VTI", "EBM", "EKO", "ARN", "IVO", "RIR",
];

pub(super) fn find(text: &str, words: &[Word<'_>], found: &mut Vec<Entity>) {
    for (at, word) in words.iter().enumerate() {
        let named = long(text, words, at).or_else(|| {
            let code = SHORT
                .get(word.text)
                .copied()
                .or_else(|| SHORT.get(word.text.strip_suffix('s')?).copied())?;
            Some((word.end, code))
        });
        if let Some((end, code)) = named {
            found.push(Entity {
                start: word.start,
                end,
                kind: EntityKind::Agency,
                list: List::Agencies,
                code: code.to_owned(),
            });
        }
    }
}

/// A name of the register that begins at this word, with its genitive.
fn long(text: &str, words: &[Word<'_>], at: usize) -> Option<(usize, &'static str)> {
    let first = words.get(at)?;
    let lower = first.lower();
    let stem = lower.strip_suffix('s').unwrap_or(&lower);
    let lists = [NAMES.get(lower.as_str()), NAMES.get(stem).filter(|_| stem != lower)];
    let rest = text.get(first.start..)?;
    for (name, code) in lists.into_iter().flatten().flatten() {
        let Some(length) = opens_with(rest, name) else { continue };
        let end = first.start + length;
        let after = text.get(end..).unwrap_or_default();
        let genitive = after.starts_with(['s', 'S']) && !after.chars().nth(1).is_some_and(char::is_alphanumeric);
        let closed = genitive || !after.chars().next().is_some_and(char::is_alphanumeric);
        // A body's name opens with a capital, at least here.
        if closed && first.is_capital() && !is_inside_name(text, words, at) {
            return Some((end, code));
        }
    }
    None
}

/// Bytes of `rest` that are `name` in any capitals.
fn opens_with(rest: &str, name: &str) -> Option<usize> {
    let mut length = 0;
    let mut wanted = name.chars();
    for c in rest.chars() {
        let Some(first) = wanted.next() else { break };
        if !c.to_lowercase().eq([first]) {
            return None;
        }
        length += c.len_utf8();
    }
    wanted.next().is_none().then_some(length)
}

/// `Länsstyrelsen` within `Stiftelsen Länsstyrelsen` would be another body; a hyphen before makes a compound.
fn is_inside_name(text: &str, words: &[Word<'_>], at: usize) -> bool {
    let (Some(first), Some(before)) = (words.get(at), at.checked_sub(1).and_then(|at| words.get(at))) else {
        return false;
    };
    between(text, before, first) == "-"
}
