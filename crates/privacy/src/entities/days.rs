//! Days: `2024-03-03`, `3 mars 2024`, `March 3, 2024`, `3/3 2024`, months and quarters. The code is the same day of ISO 8601.

use chrono::NaiveDate;

use super::{Entity, EntityKind, List, Word, between};

const MONTHS: [&[&str]; 12] = [
    &["januari", "january", "jan"],
    &["februari", "february", "feb"],
    &["mars", "march", "mar"],
    &["april", "apr"],
    &["maj", "may"],
    &["juni", "june", "jun"],
    &["juli", "july", "jul"],
    &["augusti", "august", "aug"],
    &["september", "sept", "sep"],
    &["oktober", "october", "okt", "oct"],
    &["november", "nov"],
    &["december", "dec"],
];

pub(super) fn find(text: &str, words: &[Word<'_>], found: &mut Vec<Entity>) {
    let mut at = 0;
    while at < words.len() {
        let day = written(text, words, at)
            .or_else(|| spelled(text, words, at))
            .or_else(|| quarter(text, words, at));
        let Some((taken, code)) = day else {
            at += 1;
            continue;
        };
        if let (Some(first), Some(last)) = (words.get(at), words.get(at + taken - 1)) {
            found.push(Entity {
                start: first.start,
                end: last.end,
                kind: EntityKind::Date,
                list: List::Iso8601,
                code,
            });
        }
        at += taken;
    }
}

/// Digits with separators: `2024-03-03`, `2024-03`, `3/3 2024`, `3.3.2024`.
fn written(text: &str, words: &[Word<'_>], at: usize) -> Option<(usize, String)> {
    let first = words.get(at).filter(|word| word.is_number())?;
    // Inside a longer number it is none.
    let before = text.get(..first.start).unwrap_or_default();
    if before.ends_with(['-', '/', '.', ':', ','])
        && at
            .checked_sub(1)
            .and_then(|at| words.get(at))
            .is_some_and(|word| word.end + 1 == first.start)
    {
        return None;
    }
    let second = words.get(at + 1).filter(|word| word.is_number())?;
    let third = words.get(at + 2).filter(|word| word.is_number());
    let gap = between(text, first, second);
    if let Some(third) = third {
        let rest = between(text, second, third);
        let goes_on = text
            .get(third.end..)
            .is_some_and(|rest| rest.starts_with(['-', '/', ':']) && rest.chars().nth(1).is_some_and(|c| c.is_ascii_digit()));
        let (y, m, d) = match (first.text.len(), second.text.len(), third.text.len()) {
            (4, 2, 2) if gap == rest && matches!(gap, "-" | "/" | ".") => (first, second, third),
            (1 | 2, 1 | 2, 4) if gap == "/" && matches!(rest, "/" | " " | "-") || gap == "." && rest == "." => (third, second, first),
            _ => return month(text, first, second, gap),
        };
        let day = NaiveDate::from_ymd_opt(y.text.parse().ok()?, m.text.parse().ok()?, d.text.parse().ok()?)?;
        return (!goes_on && is_year(y.text)).then(|| (3, day.to_string()));
    }
    month(text, first, second, gap)
}

/// `2024-03`.
fn month(text: &str, year: &Word<'_>, month: &Word<'_>, gap: &str) -> Option<(usize, String)> {
    let fits = is_year(year.text) && month.text.len() == 2 && gap == "-" && ("01"..="12").contains(&month.text);
    let goes_on = text.get(month.end..).is_some_and(|rest| rest.starts_with(['-', '/', ':']));
    (fits && !goes_on).then(|| (2, format!("{}-{}", year.text, month.text)))
}

/// `3 mars 2024`, `March 3, 2024`, `mars 2024`.
fn spelled(text: &str, words: &[Word<'_>], at: usize) -> Option<(usize, String)> {
    let [one, two] = words.get(at..at + 2)? else { return None };
    let three = words.get(at + 2);
    if let (true, Some(month), Some(year)) = (one.text.len() <= 2, month_of(two), three.filter(|word| is_year(word.text))) {
        let day = number(one)?;
        let close = matches!(between(text, one, two).trim(), "" | "." | ":e" | "th")
            && between(text, two, year).trim_matches(['.', ',', ' ']).is_empty();
        let date = NaiveDate::from_ymd_opt(year.text.parse().ok()?, month, day)?;
        return close.then(|| (3, date.to_string()));
    }
    let month = month_of(one)?;
    if let Some((day, year)) = number(two).zip(three.filter(|word| is_year(word.text))) {
        let close =
            between(text, one, two).trim_matches(['.', ' ']).is_empty() && between(text, two, year).trim_matches([',', ' ']).is_empty();
        let date = NaiveDate::from_ymd_opt(year.text.parse().ok()?, month, day)?;
        return close.then(|| (3, date.to_string()));
    }
    // `30 februari 2024` is no day, and no month either.
    let impossible = at
        .checked_sub(1)
        .and_then(|at| words.get(at))
        .is_some_and(|before| number(before).is_some() && between(text, before, one).trim().is_empty());
    let fits = is_year(two.text) && !impossible && between(text, one, two).trim_matches(['.', ' ']).is_empty();
    fits.then(|| (2, format!("{}-{month:02}", two.text)))
}

/// `2024K1`, `2024 kvartal 1`, `Q1 2024`.
fn quarter(text: &str, words: &[Word<'_>], at: usize) -> Option<(usize, String)> {
    let one = words.get(at)?;
    let joined = one.text.split_once(['K', 'Q']).filter(|(year, _)| is_year(year));
    if let Some((year, quarter)) = joined.filter(|(_, quarter)| matches!(*quarter, "1" | "2" | "3" | "4")) {
        return Some((1, format!("{year}-Q{quarter}")));
    }
    let two = words.get(at + 1).filter(|two| between(text, one, two).trim() == "")?;
    let q = |word: &Word<'_>| {
        word.text
            .strip_prefix(['K', 'Q'])
            .filter(|rest| matches!(*rest, "1" | "2" | "3" | "4"))
            .map(str::to_owned)
    };
    match (q(one), is_year(two.text)) {
        (Some(quarter), true) => Some((2, format!("{}-Q{quarter}", two.text))),
        _ => None,
    }
}

fn month_of(word: &Word<'_>) -> Option<u32> {
    let lower = word.lower();
    let place = MONTHS.iter().position(|names| names.contains(&lower.as_str()))?;
    u32::try_from(place + 1).ok()
}

fn number(word: &Word<'_>) -> Option<u32> {
    let digits = word.text.trim_end_matches(|c: char| c.is_ascii_lowercase());
    digits.parse().ok().filter(|_| digits.len() <= 2)
}

fn is_year(text: &str) -> bool {
    text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit()) && ("1700".."2100").contains(&text)
}
