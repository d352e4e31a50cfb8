//! Days of birth in running text: a date is one where the word before says so.
//!
//! In: a run of digits. Out: the span of the whole date, in any of the ways people write it.

use chrono::{Datelike, NaiveDate};

use super::{Found, Lens, span};
use crate::kind::Kind;

const BORN: &[&str] = &[
    "född ",
    "fött ",
    "födda ",
    "född:",
    "föddes",
    "-födelsedatum",
    "-födelsedag",
    "-födelsetid",
    "f. ",
    "f.d. ",
    "born",
    "birth",
    "dob ",
    "birthday",
    "fyller",
];

/// Bytes between a day and its year, the name of the month and what parts them.
const MONTH_MAX: usize = 16;
const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "ma", "jun", "jul", "aug", "sep", "okt", "nov", "dec"];

pub(super) fn birth(lens: &Lens<'_>, at: usize) -> Found {
    let run = lens.run(at)?;
    if !matches!(run.len(), 1 | 2 | 4 | 6 | 8) || !lens.opens(run.start) {
        return None;
    }
    let (end, next) = compact(lens, at).or_else(|| numeric(lens, at)).or_else(|| spelled(lens, at))?;
    lens.context(run.start).near(BORN).then_some((
        span(run.start, end, Kind::DateOfBirth, 0.93, "a real day, beside words about birth"),
        next,
    ))
}

/// `19800102`, `800102`.
fn compact(lens: &Lens<'_>, at: usize) -> Option<(usize, usize)> {
    let run = lens.run(at)?;
    let digits = lens.slice(run.start, run.end);
    (matches!(run.len(), 6 | 8) && is_birthday(digits, lens.reference) && lens.closes(run.end)).then_some((run.end, at + 1))
}

/// `1980-01-02`, `80-01-02`, `2/1 1980`, `02.01.1980`.
fn numeric(lens: &Lens<'_>, at: usize) -> Option<(usize, usize)> {
    let [a, b, c] = lens.runs.get(at..at + 3)? else { return None };
    let joint = |from: usize, to: usize| matches!(lens.slice(from, to), "-" | "/" | "." | " " | "\u{2013}");
    if !joint(a.end, b.start) || !joint(b.end, c.start) || !lens.closes(c.end) {
        return None;
    }
    let number = |run: &super::Run| lens.slice(run.start, run.end).parse::<i32>().ok();
    let (x, y, z) = (number(a)?, number(b)?, number(c)?);
    let short = |year: i32| if year < 100 { 2000 + year } else { year };
    let day = match (a.len(), c.len()) {
        (4, 1 | 2) => NaiveDate::from_ymd_opt(x, y as u32, z as u32),
        (1 | 2, 4) => NaiveDate::from_ymd_opt(z, y as u32, x as u32),
        (2, 2) => NaiveDate::from_ymd_opt(short(x), y as u32, z as u32).or_else(|| NaiveDate::from_ymd_opt(short(z), y as u32, x as u32)),
        _ => None,
    };
    day.filter(|day| (1850..2100).contains(&day.year())).map(|_| (c.end, at + 3))
}

/// `2 januari 1980`, `2 jan. 1980`, `January 2, 1980` from its day on.
fn spelled(lens: &Lens<'_>, at: usize) -> Option<(usize, usize)> {
    let [day, year] = lens.runs.get(at..at + 2)? else { return None };
    if day.len() > 2 || year.len() != 4 || year.start - day.end > MONTH_MAX || !lens.closes(year.end) {
        return None;
    }
    let month = lens.slice(day.end, year.start).trim_matches([' ', '.', ',', ':', 'e']);
    let named = month.len() <= 9
        && MONTHS
            .iter()
            .any(|name| month.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name)));
    named.then_some((year.end, at + 2))
}

/// Six or eight digits as a day between 1850 and the reference.
pub(crate) fn is_birthday(digits: &str, reference: NaiveDate) -> bool {
    let part = |range: std::ops::Range<usize>| digits.get(range).and_then(|part| part.parse::<u32>().ok());
    let wide = digits.len().saturating_sub(4);
    let (Some(year), Some(month), Some(day)) = (part(0..wide), part(wide..wide + 2), part(wide + 2..wide + 4)) else {
        return false;
    };
    let real = |year: i32| NaiveDate::from_ymd_opt(year, month, day).is_some_and(|day| day <= reference);
    match wide {
        4 => (1850..2100).contains(&year) && real(year.cast_signed()),
        2 => real(2000 + year.cast_signed()) || real(1900 + year.cast_signed()),
        _ => false,
    }
}
