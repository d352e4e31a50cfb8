//! Dates as catalogues and files write them, and the last day that each covers.

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveDateTime};

/// The last day of an `xsd:date`, `xsd:dateTime` or `xsd:gYear` (with or without time zone); none for any other form.
pub(crate) fn xsd(text: &str) -> Option<NaiveDate> {
    let text = text.trim();
    if let Ok(moment) = DateTime::parse_from_rfc3339(text) {
        return Some(moment.date_naive());
    }
    if text.contains('T') {
        return NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f")
            .ok()
            .map(|moment| moment.date());
    }
    let bare = without_zone(text);
    if bare.len() == 4 && bare.bytes().all(|b| b.is_ascii_digit()) {
        return NaiveDate::from_ymd_opt(bare.parse().ok()?, 12, 31);
    }
    let shaped = bare.len() == 10
        && bare
            .bytes()
            .enumerate()
            .all(|(at, b)| if at == 4 || at == 7 { b == b'-' } else { b.is_ascii_digit() });
    shaped.then(|| NaiveDate::parse_from_str(bare, "%Y-%m-%d").ok())?
}

/// `Z` or `+01:00` at the end of a date or year.
fn without_zone(text: &str) -> &str {
    if let Some(bare) = text.strip_suffix('Z') {
        return bare;
    }
    let zone = text
        .len()
        .checked_sub(6)
        .and_then(|at| text.get(at..))
        .filter(|zone| zone.starts_with(['+', '-']) && zone.get(3..4) == Some(":"));
    zone.map_or(text, |zone| text.strip_suffix(zone).unwrap_or(text))
}

/// The last day of anything that [`xsd`] reads, and of a moment with a space, a month, quarter, half-year, week or school year.
///
/// Month names are the Swedish and English abbreviations of three letters; `2026-K1` and `2026Q1` are quarters, `2026M05` a month.
pub(crate) fn last_day(text: &str) -> Option<NaiveDate> {
    let text = text.trim();
    if let Some(day) = xsd(text) {
        return Some(day);
    }
    if let Some(day) = text.get(..10).and_then(xsd).filter(|_| text.get(10..11) == Some(" ")) {
        return Some(day);
    }
    let year: i32 = text.get(..4)?.parse().ok()?;
    let rest = text.get(4..)?.trim_start_matches(['-', '/', ' ']).to_lowercase();
    if let Some(month) = month(&rest) {
        return end_of(year, month);
    }
    let number = |prefix: &[&str]| {
        prefix
            .iter()
            .find_map(|prefix| rest.strip_prefix(prefix))
            .and_then(|digits| digits.parse::<u32>().ok())
    };
    if let Some(quarter) = number(&["k", "q", "kv"]).filter(|quarter| (1..=4).contains(quarter)) {
        return end_of(year, quarter * 3);
    }
    if let Some(half) = number(&["h"]).filter(|half| (1..=2).contains(half)) {
        return end_of(year, half * 6);
    }
    if let Some(week) = number(&["v", "w"]) {
        return NaiveDate::from_isoywd_opt(year, week, chrono::Weekday::Sun);
    }
    let second: i32 = rest.parse().ok()?;
    let next_year = second == year + 1 || second == (year + 1) % 100;
    if next_year && rest.len() != 1 { end_of(year + 1, 6) } else { None }
}

fn month(rest: &str) -> Option<u32> {
    let digits = rest.strip_prefix('m').unwrap_or(rest);
    if digits.len() == 2
        && let Some(month) = digits.parse::<u32>().ok().filter(|month| (1..=12).contains(month))
    {
        return Some(month);
    }
    let names = ["jan", "feb", "mar", "apr", "maj", "jun", "jul", "aug", "sep", "okt", "nov", "dec"];
    let english = [("may", 5), ("oct", 10)];
    let at = names
        .iter()
        .position(|name| *name == rest)
        .and_then(|at| u32::try_from(at + 1).ok());
    at.or_else(|| english.iter().find(|(name, _)| *name == rest).map(|(_, month)| *month))
}

fn end_of(year: i32, month: u32) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(year, month, 1)?
        .checked_add_months(Months::new(1))?
        .checked_sub_days(Days::new(1))
}

/// Whether a year is one that a table's content may speak of; keeps a number such as 9999 from counting as a date.
pub(crate) fn plausible(day: NaiveDate) -> bool {
    (1500..2100).contains(&day.year())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_forms_of_the_profile_are_read_and_nothing_else() {
        for (given, day) in [
            ("2026-11-22", Some("2026-11-22")),
            ("2026-11-22Z", Some("2026-11-22")),
            ("2026-11-22+01:00", Some("2026-11-22")),
            ("2026", Some("2026-12-31")),
            ("2026-11-22T04:12:09Z", Some("2026-11-22")),
            ("2026-11-22T04:12:09.123", Some("2026-11-22")),
            ("2024-02-30", None),
            ("2026-1-2", None),
            ("2026-11", None),
            ("2021-01-28 GMT 01:51:03", None),
            ("igår", None),
            ("", None),
        ] {
            assert_eq!(xsd(given).map(|day| day.to_string()).as_deref(), day, "{given}");
        }
    }

    #[test]
    fn a_code_that_looks_like_a_year_is_no_plausible_date() {
        assert!(!last_day("0180").is_some_and(plausible) && !last_day("9999").is_some_and(plausible));
        assert!(last_day("1749").is_some_and(plausible));
    }

    #[test]
    fn a_period_covers_its_last_day() {
        for (given, day) in [
            ("2026-05", Some("2026-05-31")),
            ("2026M02", Some("2026-02-28")),
            ("2026-maj", Some("2026-05-31")),
            ("2026-aug", Some("2026-08-31")),
            ("2026-K1", Some("2026-03-31")),
            ("2026Q4", Some("2026-12-31")),
            ("2026H1", Some("2026-06-30")),
            ("2026-W01", Some("2026-01-04")),
            ("2025/26", Some("2026-06-30")),
            ("2025/2026", Some("2026-06-30")),
            ("2026-11-22 10:00:00", Some("2026-11-22")),
            ("2026-K5", None),
            ("2026-13", None),
            ("Kommun", None),
        ] {
            assert_eq!(last_day(given).map(|day| day.to_string()).as_deref(), day, "{given}");
        }
    }
}
