//! Dates, moments, times and periods, by an explicit list of forms; nothing is guessed from a locale.
//!
//! In: one trimmed text. Out: days since 1970, microseconds, or whether it names a period. A period stays text.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};

/// How a date is written. Day and month are never guessed for a single cell: the column decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DateForm {
    /// `2024-01-31`, `2024/01/31`, `2024.01.31`.
    YearFirst,
    /// `20240131`.
    Compact,
    /// `31/1/2024`, `31.1.2024`, `31-01-2024`.
    DayFirst,
    /// `1/31/2024`.
    MonthFirst,
}

fn digits<T: std::str::FromStr>(text: &str, least: usize, most: usize) -> Option<T> {
    ((least..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok())?
}

/// Three parts divided by one and the same of `-`, `/`, `.`.
fn parts(text: &str) -> Option<(&str, &str, &str)> {
    let separator = text
        .chars()
        .find(|c| !c.is_ascii_digit())
        .filter(|c| matches!(c, '-' | '/' | '.'))?;
    let mut parts = text.split(separator);
    let found = (parts.next()?, parts.next()?, parts.next()?);
    parts.next().is_none().then_some(found)
}

/// The day that `text` names when dates are written in `form`; years 1000 to 9999.
pub(crate) fn date(text: &str, form: DateForm) -> Option<NaiveDate> {
    if text.len() > 10 || text.len() < 8 {
        return None;
    }
    let (year, month, day) = match form {
        DateForm::Compact => {
            let all = digits::<u32>(text, 8, 8)?;
            return plausible(all / 10_000, all / 100 % 100, all % 100);
        }
        DateForm::YearFirst => {
            let (year, month, day) = parts(text)?;
            (year, month, day)
        }
        DateForm::DayFirst => {
            let (day, month, year) = parts(text)?;
            (year, month, day)
        }
        DateForm::MonthFirst => {
            let (month, day, year) = parts(text)?;
            (year, month, day)
        }
    };
    plausible(digits(year, 4, 4)?, digits(month, 1, 2)?, digits(day, 1, 2)?)
}

fn plausible(year: u32, month: u32, day: u32) -> Option<NaiveDate> {
    (1000..=9999)
        .contains(&year)
        .then(|| NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day))?
}

/// Days since 1970-01-01.
pub(crate) fn days(date: NaiveDate) -> i32 {
    date.signed_duration_since(NaiveDate::default())
        .num_days()
        .try_into()
        .unwrap_or(i32::MAX)
}

/// A time of day: `HH:MM`, `HH:MM:SS`, `HH:MM:SS.fff`.
pub(crate) fn time(text: &str) -> Option<NaiveTime> {
    let mut parts = text.split(':');
    let hour = digits::<u32>(parts.next()?, 1, 2)?;
    let minute = digits::<u32>(parts.next()?, 2, 2)?;
    let (second, micro) = match parts.next() {
        None => (0, 0),
        Some(rest) => {
            let (whole, fraction) = rest.split_once(['.', ',']).unwrap_or((rest, "0"));
            let fraction_digits = fraction.get(..fraction.len().min(6))?;
            let micro = digits::<u32>(fraction_digits, 1, 6)? * 10u32.pow(6 - u32::try_from(fraction_digits.len()).ok()?);
            if !fraction.bytes().all(|b| b.is_ascii_digit()) || fraction.len() > 9 {
                return None;
            }
            (digits::<u32>(whole, 2, 2)?, micro)
        }
    };
    if parts.next().is_some() {
        return None;
    }
    NaiveTime::from_hms_micro_opt(hour, minute, second, micro)
}

/// Microseconds of a time of day.
pub(crate) fn time_micros(time: NaiveTime) -> i64 {
    time.signed_duration_since(NaiveTime::MIN).num_microseconds().unwrap_or_default()
}

/// A moment: a year-first date, `T` or a space, a time, and maybe an offset. Gives microseconds (UTC when there is an offset) and whether there was one.
pub(crate) fn timestamp(text: &str) -> Option<(i64, bool)> {
    let at = text.find(['T', ' ', 't'])?;
    let day = date(text.get(..at)?, DateForm::YearFirst)?;
    let (clock, offset) = split_offset(text.get(at + 1..)?)?;
    let local = NaiveDateTime::new(day, time(clock.trim_end())?);
    let micros = local.and_utc().timestamp_micros();
    Some(match offset {
        None => (micros, false),
        Some(minutes) => (micros - i64::from(minutes) * 60_000_000, true),
    })
}

/// The clock and the offset in minutes: `Z`, `+01:00`, `+0100`, `+01`.
fn split_offset(text: &str) -> Option<(&str, Option<i32>)> {
    if let Some(clock) = text.strip_suffix(['Z', 'z']) {
        return Some((clock, Some(0)));
    }
    let Some(at) = text.rfind(['+', '-']) else {
        return Some((text, None));
    };
    let (clock, offset) = (text.get(..at)?, text.get(at + 1..)?);
    let sign = if text.get(at..)?.starts_with('-') { -1 } else { 1 };
    let plain: String = offset.chars().filter(|c| *c != ':').collect();
    let (hours, minutes) = match plain.len() {
        2 => (digits::<i32>(&plain, 2, 2)?, 0),
        4 => (digits::<i32>(plain.get(..2)?, 2, 2)?, digits::<i32>(plain.get(2..)?, 2, 2)?),
        _ => return None,
    };
    (hours <= 14 && minutes < 60).then_some((clock, Some(sign * (hours * 60 + minutes))))
}

/// Swedish and English names of months, short and whole.
const MONTHS: [&[&str]; 12] = [
    &["jan", "januari", "january"],
    &["feb", "februari", "february"],
    &["mar", "mars", "march"],
    &["apr", "april"],
    &["maj", "may"],
    &["jun", "juni", "june"],
    &["jul", "juli", "july"],
    &["aug", "augusti", "august"],
    &["sep", "sept", "september"],
    &["okt", "oct", "oktober", "october"],
    &["nov", "november"],
    &["dec", "december"],
];

fn is_month(name: &str) -> bool {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    MONTHS.iter().any(|names| names.contains(&name.as_str()))
}

/// Whether `text` is a plain year, 1700 to 2199.
pub(crate) fn is_year(text: &str) -> bool {
    digits::<u32>(text, 4, 4).is_some_and(|year| (1700..2200).contains(&year))
}

/// Whether `text` names a year, half-year, quarter, month, week or school year.
pub(crate) fn is_period(text: &str) -> bool {
    if text.len() < 4 || text.len() > 20 {
        return false;
    }
    if is_year(text) {
        return true;
    }
    let Some((year, rest)) = text.get(..4).filter(|year| is_year(year)).zip(text.get(4..)) else {
        // `aug 2026`, `augusti 2026`
        return text
            .rsplit_once([' ', '-'])
            .is_some_and(|(month, year)| is_year(year) && is_month(month));
    };
    let tail = rest.trim_start_matches(['-', ' ']);
    if rest.starts_with('-') && digits::<u32>(tail, 2, 2).is_some_and(|month| (1..=12).contains(&month)) {
        return true;
    }
    if rest.starts_with(['-', ' ']) && is_month(tail) {
        return true;
    }
    numbered(tail) || school_year(year, rest)
}

/// `K1`, `kv1`, `Q1`, `H1`, `M03`, `v07`, `W07`, each within its range.
fn numbered(tail: &str) -> bool {
    let at = tail.find(|c: char| c.is_ascii_digit()).unwrap_or(tail.len());
    let (Some(letters), Some(number)) = (tail.get(..at), tail.get(at..)) else {
        return false;
    };
    let within = |most: u32| digits::<u32>(number, 1, 2).is_some_and(|n| (1..=most).contains(&n));
    match letters.trim_end().to_ascii_lowercase().as_str() {
        "k" | "kv" | "q" | "kvartal" => within(4),
        "h" | "halvår" => within(2),
        "t" => within(3),
        "m" => within(12),
        "v" | "w" | "vecka" => within(53),
        _ => false,
    }
}

/// `2023/24`, `2023/2024`, `2023-2024`: the second year follows the first.
fn school_year(year: &str, rest: &str) -> bool {
    let Some(second) = rest.strip_prefix(['/', '-']) else {
        return false;
    };
    let Some(next) = year.parse::<u32>().ok().map(|year| year + 1) else {
        return false;
    };
    match second.len() {
        2 => rest.starts_with('/') && digits::<u32>(second, 2, 2) == Some(next % 100),
        4 => digits::<u32>(second, 4, 4) == Some(next),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_in_swedish_and_english() {
        for text in [
            "2026-aug",
            "2026-maj",
            "2026-may",
            "2014-K1",
            "2024K1",
            "2024kv1",
            "2024Q4",
            "2024M03",
            "2024-01",
            "2024v07",
            "2024-W07",
            "2023/24",
            "2023/2024",
            "1999/00",
            "2024",
            "augusti 2026",
            "2024H1",
            "2026-sept.",
        ] {
            assert!(is_period(text), "{text}");
        }
        for text in [
            "2024K5",
            "2024-13",
            "2024M13",
            "2024v54",
            "2023/25",
            "2024-xyz",
            "0180",
            "20240131",
            "2024-",
            "K1",
            "2024-01-31",
            "99999",
        ] {
            assert!(!is_period(text), "{text}");
        }
    }

    #[test]
    fn dates_exist_or_are_no_dates() {
        assert!(date("2024-02-29", DateForm::YearFirst).is_some());
        assert!(date("2023-02-29", DateForm::YearFirst).is_none());
        assert!(date("31/12/2023", DateForm::DayFirst).is_some());
        assert!(date("31/12/2023", DateForm::MonthFirst).is_none());
        assert!(date("20240131", DateForm::Compact).is_some());
        assert!(date("20241331", DateForm::Compact).is_none());
        assert!(date("2024-1/31", DateForm::YearFirst).is_none());
        assert_eq!(date("1970-01-02", DateForm::YearFirst).map(days), Some(1));
    }

    #[test]
    fn a_moment_with_an_offset_is_utc() {
        assert_eq!(timestamp("1970-01-01T01:00:00+01:00"), Some((0, true)));
        assert_eq!(timestamp("1970-01-01 00:00:01"), Some((1_000_000, false)));
        assert_eq!(timestamp("1970-01-01T00:00:00.5Z"), Some((500_000, true)));
        assert_eq!(timestamp("9999-12-31T23:59"), Some((253_402_300_740_000_000, false)));
        assert_eq!(timestamp("2024-01-01"), None);
        assert_eq!(timestamp("2024-01-01T25:00"), None);
        assert_eq!(time("07:30").map(time_micros), Some(27_000_000_000));
        assert_eq!(time("7:3"), None);
    }
}
