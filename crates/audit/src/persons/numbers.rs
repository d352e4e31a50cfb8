//! Numbers that could name a person or an organisation, found by scanning runs of digits and judged by arithmetic.
//!
//! In: text. Out: candidates as whole numbers with the shape they were written in. Source: Skatteverket SKV 704, 707 and 709.

/// How a candidate is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Shape {
    Ten,
    TenSeparated,
    Twelve,
    TwelveSeparated,
    Filled,
}

/// A candidate: its digits as one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Number {
    pub(crate) shape: Shape,
    pub(crate) value: u64,
}

/// What a candidate is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Kind {
    /// Calendar, serial and check digit are a person's.
    pub(crate) person: bool,
    /// The calendar part is a person's.
    pub(crate) dated: bool,
    /// The check digit agrees.
    pub(crate) checked: bool,
    /// The group of an organisation's number.
    pub(crate) organisation: Option<u8>,
}

/// A day as year * 10,000 + month * 100 + day.
pub(crate) type Day = u64;

/// All candidates of a cell; a numeric cell is one number, filled up with the zeros it lost.
pub(crate) fn scan(text: &str, numeric: bool) -> Vec<Number> {
    if numeric {
        return whole(text).into_iter().collect();
    }
    let bytes = text.as_bytes();
    let runs = runs(bytes);
    let mut found = Vec::new();
    for (index, (from, to)) in runs.iter().copied().enumerate() {
        let next = runs.get(index + 1).copied();
        let glued = |gap: &[u8]| matches!(gap, b"-" | b"+" | [0xe2, 0x80, 0x90..=0x93] | [0xe2, 0x88, 0x92]);
        let pair = next.filter(|(start, _)| bytes.get(to..*start).is_some_and(glued));
        let number = match (to - from, pair) {
            (10, None) => digits(bytes, &[(from, to)]).map(|value| (Shape::Ten, value, to)),
            (12, None) => digits(bytes, &[(from, to)]).map(|value| (Shape::Twelve, value, to)),
            (6, Some((start, end))) if end - start == 4 => {
                digits(bytes, &[(from, to), (start, end)]).map(|v| (Shape::TenSeparated, v, end))
            }
            (8, Some((start, end))) if end - start == 4 => {
                digits(bytes, &[(from, to), (start, end)]).map(|v| (Shape::TwelveSeparated, v, end))
            }
            _ => None,
        };
        if let Some((shape, value, _)) = number.filter(|(.., end)| is_free(bytes, from, *end)) {
            found.push(Number { shape, value });
        }
    }
    if found.is_empty() {
        found.extend(whole(text).filter(|n| text.contains(['.', 'E', 'e']) && n.shape != Shape::Filled));
        found.extend(hidden(text));
    }
    found
}

/// Runs of ASCII digits, as byte ranges.
fn runs(bytes: &[u8]) -> Vec<(usize, usize)> {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for (index, _) in bytes.iter().enumerate().filter(|(_, byte)| byte.is_ascii_digit()) {
        match runs.last_mut() {
            Some((_, to)) if *to == index => *to = index + 1,
            _ => runs.push((index, index + 1)),
        }
    }
    runs
}

fn digits(bytes: &[u8], parts: &[(usize, usize)]) -> Option<u64> {
    let mut value = 0u64;
    for (from, to) in parts {
        for byte in bytes.get(*from..*to)? {
            value = value * 10 + u64::from(byte - b'0');
        }
    }
    Some(value)
}

/// Whether a candidate stands alone: no separator with more digits before or after it.
fn is_free(bytes: &[u8], from: usize, to: usize) -> bool {
    let at = |index: Option<usize>| index.and_then(|index| bytes.get(index)).copied();
    let joins = |b: Option<u8>| matches!(b, Some(b'-' | b'+' | b'.' | b','));
    let digit = |b: Option<u8>| b.is_some_and(|b| b.is_ascii_digit());
    let before = joins(at(from.checked_sub(1))) && digit(at(from.checked_sub(2)));
    let after = joins(at(Some(to))) && digit(at(Some(to + 1)));
    !(before || after)
}

/// A whole number that a spreadsheet may have touched: a decimal part of zero, an exponent, lost zeros.
fn whole(text: &str) -> Option<Number> {
    let value = text
        .trim()
        .parse::<f64>()
        .ok()
        .filter(|v| v.fract() == 0.0 && *v >= 1e6 && *v < 1e12)? as u64;
    let shape = match value {
        1_000_000..=999_999_999 => Shape::Filled,
        1_000_000_000..=9_999_999_999 => Shape::Ten,
        100_000_000_000..=999_999_999_999 => Shape::Twelve,
        _ => return None,
    };
    Some(Number { shape, value })
}

/// A sole trader's number in a VAT number, or an account holder's in an account with clearing number 3300 or its IBAN.
fn hidden(text: &str) -> Option<Number> {
    let plain: String = text
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect::<String>()
        .to_ascii_uppercase();
    let ten = match (plain.len(), plain.get(..2)) {
        (14, Some("SE")) if plain.ends_with("01") => plain.get(2..12),
        (24, Some("SE")) if plain.get(4..14) == Some("3000000000") => plain.get(14..24),
        (14, _) if plain.starts_with("3300") => plain.get(4..14),
        _ => None,
    }?;
    let value = ten.parse().ok()?;
    Some(Number {
        shape: Shape::TenSeparated,
        value,
    })
}

impl Number {
    /// A candidate that was kept as a number.
    pub(crate) fn of(shape: usize, value: u64) -> Self {
        let shape = match shape {
            0 => Shape::Ten,
            1 => Shape::TenSeparated,
            2 => Shape::Twelve,
            3 => Shape::TwelveSeparated,
            _ => Shape::Filled,
        };
        Self { shape, value }
    }

    /// Judges the candidate on the day `today`.
    pub(crate) fn kind(self, today: Day) -> Kind {
        let ten = self.value % 10_000_000_000;
        let century = matches!(self.shape, Shape::Twelve | Shape::TwelveSeparated).then_some(self.value / 10_000_000_000);
        let (year, month, day) = (ten / 100_000_000, ten / 1_000_000 % 100, ten / 10_000 % 100);
        let serial = ten / 10 % 1000;
        let checked = luhn(ten);
        let plausible = match century {
            Some(century @ 18..=20) => real_before(century * 100 + year, month, day % 60, today),
            Some(_) => false,
            // Ten digits: any century in which the person could have lived.
            None => [1800, 1900, 2000]
                .into_iter()
                .any(|base| real_before(base + year, month, day % 60, today)),
        };
        let dated = plausible && serial > 0 && (day <= 31 || (61..=91).contains(&day));
        let third = ten / 10_000_000 % 10;
        let first = ten / 1_000_000_000;
        let known = matches!(first, 1..=3 | 5..=9) && third >= 2 && matches!(century, None | Some(16));
        Kind {
            person: dated && checked,
            dated,
            checked,
            organisation: (known && checked).then_some(first as u8),
        }
    }
}

/// The check digit, from the right: every second digit is doubled, and 10 or more loses 9.
fn luhn(mut number: u64) -> bool {
    const DOUBLED: [u64; 10] = [0, 2, 4, 6, 8, 1, 3, 5, 7, 9];
    let (mut sum, mut double) = (0, false);
    for _ in 0..10 {
        let digit = number % 10;
        sum += if double {
            DOUBLED.get(digit as usize).copied().unwrap_or(0)
        } else {
            digit
        };
        double = !double;
        number /= 10;
    }
    sum.is_multiple_of(10)
}

fn real_before(year: u64, month: u64, day: u64, today: Day) -> bool {
    let leap = (year.is_multiple_of(4) && !year.is_multiple_of(100)) || year.is_multiple_of(400);
    let days = match month {
        2 => 28 + u64::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return false,
    };
    (1..=days).contains(&day) && year * 10_000 + month * 100 + day <= today
}
