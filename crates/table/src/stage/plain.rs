//! The commonest forms of a cell, recognised on its bytes alone: whole numbers, decimals, ISO days and moments.
//!
//! In: the bytes of one cell. Out: its value, or nothing; nothing never means that the cell is wrong, only that the thorough functions of
//! `number` and `moment` must look at it. What is recognised here they read in the same way; a property test holds the two together.

use super::number::Decimal;

/// Powers of ten that a float64 holds exactly.
const POWERS: [f64; 16] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];

/// Eight digits as a number, all at once: each step joins neighbours (pairs, fours, eights).
#[inline]
fn eight(word: u64) -> Option<u64> {
    let digits = word.wrapping_sub(0x3030_3030_3030_3030);
    // A byte beyond 9 sets its high bit in one of the two.
    if (digits | digits.wrapping_add(0x7676_7676_7676_7676)) & 0x8080_8080_8080_8080 != 0 {
        return None;
    }
    let pairs = digits.wrapping_mul(10).wrapping_add(digits >> 8) & 0x00ff_00ff_00ff_00ff;
    let fours = pairs.wrapping_mul(100).wrapping_add(pairs >> 16) & 0x0000_ffff_0000_ffff;
    Some(fours.wrapping_mul(10_000).wrapping_add(fours >> 32) & 0xffff_ffff)
}

/// Four to eight bytes as a word of eight with noughts in front: the first four and the last four overlap.
#[inline]
fn word(bytes: &[u8]) -> Option<u64> {
    let spare = 8 * 8usize.checked_sub(bytes.len())?;
    let first = u64::from(u32::from_le_bytes(*bytes.first_chunk()?));
    let last = u64::from(u32::from_le_bytes(*bytes.last_chunk()?));
    // Of the first four only those count that the last four leave out.
    let head = ((first << spare) | (0x3030_3030 >> (32 - spare.min(32)))) & 0xffff_ffff;
    Some(if spare == 32 { 0x3030_3030 } else { head } | last << 32)
}

#[inline]
fn digit(byte: u8) -> Option<u64> {
    let digit = byte.wrapping_sub(b'0');
    (digit <= 9).then_some(u64::from(digit))
}

/// Eight noughts.
const NOUGHTS: u64 = 0x3030_3030_3030_3030;

/// As many digits as `length` says, 1 to 8, in the first bytes of a word; what follows them does not matter.
#[inline]
pub(crate) fn short_digits(word: u64, length: usize) -> Option<u64> {
    if length.wrapping_sub(1) > 7 {
        return None;
    }
    let bits = 8 * length as u32;
    eight(word << (64 - bits) | NOUGHTS.unbounded_shr(bits))
}

/// A decimal number without its sign in the first 3 to 8 bytes of a word, as [`decimal`] takes it apart.
#[inline]
pub(crate) fn short_decimal(word: u64, length: usize) -> Option<Parts> {
    if !(3..=8).contains(&length) {
        return None;
    }
    // Point and comma differ in one bit; the lowest byte that is one of them has its high bit set here.
    let signs = (word & 0xfdfd_fdfd_fdfd_fdfd) ^ 0x2c2c_2c2c_2c2c_2c2c;
    let signs = signs.wrapping_sub(0x0101_0101_0101_0101) & !signs & 0x8080_8080_8080_8080;
    let at = signs.trailing_zeros() / 8;
    let whole = at as usize;
    let fraction = length.checked_sub(whole + 1).filter(|fraction| *fraction > 0 && whole > 0)?;
    let before = (1u64 << (8 * at)) - 1;
    let digits = short_digits(word & before | word >> 8 & !before, length - 1)?;
    Some(Parts {
        negative: false,
        whole,
        opens_with_zero: word & 0xff == 0x30,
        fraction,
        mark: if word >> (8 * at) & 0xff == 0x2e {
            Decimal::Point
        } else {
            Decimal::Comma
        },
        mantissa: digits,
    })
}

/// A run of 1 to 18 digits and nothing else.
#[inline]
pub(crate) fn digits(bytes: &[u8]) -> Option<u64> {
    match bytes {
        [a] => digit(*a),
        [a, b] => Some(digit(*a)? * 10 + digit(*b)?),
        [a, b, c] => Some(digit(*a)? * 100 + digit(*b)? * 10 + digit(*c)?),
        _ if bytes.len() < 4 => None,
        _ if bytes.len() <= 8 => eight(word(bytes)?),
        _ if bytes.len() <= 18 => {
            let (head, tail) = bytes.split_at_checked(bytes.len() - 8)?;
            Some(digits(head)? * 100_000_000 + eight(u64::from_le_bytes(*tail.first_chunk()?))?)
        }
        _ => None,
    }
}

/// A whole number of at most 18 digits with or without a hyphen before it.
pub(crate) fn integer(bytes: &[u8]) -> Option<i64> {
    match bytes.split_first() {
        Some((b'-', rest)) => digits(rest).and_then(|value| i64::try_from(value).ok()).map(|value| -value),
        _ => digits(bytes).and_then(|value| i64::try_from(value).ok()),
    }
}

/// A decimal number taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Parts {
    pub(crate) negative: bool,
    /// Digits before the sign.
    pub(crate) whole: usize,
    pub(crate) opens_with_zero: bool,
    /// Digits after it, at least one.
    pub(crate) fraction: usize,
    pub(crate) mark: Decimal,
    mantissa: u64,
}

impl Parts {
    /// The same number below zero.
    pub(crate) fn negated(self) -> Self {
        Self { negative: true, ..self }
    }
    /// The value, rounded right: the mantissa and the power of ten are both exact, so one division rounds once.
    pub(crate) fn value(&self) -> Option<f64> {
        let value = self.mantissa as f64 / POWERS.get(self.fraction)?;
        Some(if self.negative { -value } else { value })
    }
}

/// Thousands divided by a no-break space, at least one: their value and their number of digits. The last thousand may be the only one
/// that is divided off, as `number` has it.
fn thousands(bytes: &[u8]) -> Option<(u64, usize)> {
    let (first, mut rest) = bytes.split_at_checked(bytes.iter().position(|byte| *byte == NO_BREAK_SPACE[0])?)?;
    if first.len() > 12 || first.first() == Some(&b'0') {
        return None;
    }
    let (mut value, mut length) = (digits(first)?, first.len());
    while let Some((space, after)) = rest.split_first_chunk() {
        let (three, after) = after.split_first_chunk::<3>()?;
        if *space != NO_BREAK_SPACE {
            return None;
        }
        (value, length, rest) = (value * 1_000 + digits(three)?, length + 3, after);
    }
    rest.is_empty().then_some((value, length))
}

const NO_BREAK_SPACE: [u8; 2] = [0xc2, 0xa0];

/// Digits, one point or comma, digits: at most 15 digits in all and at least one on both sides.
pub(crate) fn decimal(bytes: &[u8]) -> Option<Parts> {
    let (negative, body) = match bytes.split_first() {
        Some((b'-', rest)) => (true, rest),
        _ => (false, bytes),
    };
    if body.len() > 16 {
        return None;
    }
    let at = body.iter().position(|byte| matches!(byte, b'.' | b','))?;
    let (whole, rest) = body.split_at_checked(at)?;
    let (mark, fraction) = rest.split_first()?;
    let scale = POWERS_U64.get(fraction.len())?;
    let (value, length) = match digits(whole) {
        Some(value) => (value, whole.len()),
        None => thousands(whole)?,
    };
    Some(Parts {
        negative,
        whole: length,
        opens_with_zero: whole.first() == Some(&b'0'),
        fraction: fraction.len(),
        mark: if *mark == b'.' { Decimal::Point } else { Decimal::Comma },
        mantissa: value * scale + digits(fraction)?,
    })
}

const POWERS_U64: [u64; 16] = [
    1,
    10,
    100,
    1_000,
    10_000,
    100_000,
    1_000_000,
    10_000_000,
    100_000_000,
    1_000_000_000,
    10_000_000_000,
    100_000_000_000,
    1_000_000_000_000,
    10_000_000_000_000,
    100_000_000_000_000,
    1_000_000_000_000_000,
];

/// Days since 1970-01-01 of a real day in the years 1000 to 9999 (Howard Hinnant, `days_from_civil`).
fn day_number(year: u32, month: u32, day: u32) -> Option<i32> {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let length = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return None,
    };
    if year < 1000 || day == 0 || day > length {
        return None;
    }
    let (shifted_year, shifted_month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let era = shifted_year / 400;
    let year_of_era = shifted_year % 400;
    let day_of_year = (153 * shifted_month + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    i32::try_from(era * 146_097 + day_of_era).ok().map(|days| days - 719_468)
}

/// Eight digits as a year, a month and a day.
#[inline]
pub(crate) fn day_of(digits: u64) -> Option<i32> {
    let digits = u32::try_from(digits).ok()?;
    day_number(digits / 10_000, digits / 100 % 100, digits % 100)
}

/// Two words that hold `2024-01` from the first byte and `01-31` from the fourth on.
#[inline]
fn day_in(first: u64, last: u64) -> Option<i32> {
    let hyphens = first >> 32 & 0xff == u64::from(b'-') && last >> 40 & 0xff == u64::from(b'-');
    let digits = first & 0xffff_ffff | first >> 8 & 0xffff_0000_0000 | last & 0xffff_0000_0000_0000;
    hyphens.then(|| eight(digits)).flatten().and_then(day_of)
}

/// `2024-01-31` in ten bytes: days since 1970-01-01.
#[inline]
pub(crate) fn day(bytes: &[u8]) -> Option<i32> {
    let bytes: &[u8; 10] = bytes.try_into().ok()?;
    day_in(u64::from_le_bytes(*bytes.first_chunk()?), u64::from_le_bytes(*bytes.last_chunk()?))
}

/// `20240131` in eight bytes: days since 1970-01-01.
#[inline]
pub(crate) fn compact_day(bytes: &[u8]) -> Option<i32> {
    day_of(eight(u64::from_le_bytes(bytes.try_into().ok()?))?)
}

/// `2024-01-31 12:30:00` or with a `T`, in 19 bytes: microseconds since 1970-01-01 without zone.
#[inline]
pub(crate) fn moment(bytes: &[u8]) -> Option<i64> {
    let bytes: &[u8; 19] = bytes.try_into().ok()?;
    let (date, time) = bytes.split_first_chunk::<10>()?;
    let (between, time) = time.split_first()?;
    let time = u64::from_le_bytes(time.try_into().ok()?);
    let colon = u64::from(b':');
    if !matches!(between, b' ' | b'T') || time >> 16 & 0xff != colon || time >> 40 & 0xff != colon {
        return None;
    }
    let digits = eight(0x3030 | (time & 0xffff) << 16 | (time >> 24 & 0xffff) << 32 | (time >> 48) << 48)?;
    let (hour, minute, second) = (digits / 10_000, digits / 100 % 100, digits % 100);
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let seconds = i64::from(day(date)?) * 86_400 + i64::try_from(hour * 3_600 + minute * 60 + second).ok()?;
    Some(seconds * 1_000_000)
}

/// A cell in one of the commonest forms, taken apart once for all who need it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Plain {
    /// 1 to 18 digits.
    Digits(u64),
    /// The same after a hyphen.
    Negative(i64),
    Decimal(Parts),
    /// `2024-01-31`: days since 1970-01-01.
    Day(i32),
    /// `2024-01-31 12:30:00`: microseconds since 1970-01-01 without zone.
    Moment(i64),
    /// Anything else.
    Other,
}

impl Plain {
    /// Recognises a cell.
    #[inline]
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let known = match bytes.first() {
            Some(byte) if byte.is_ascii_digit() => match digits(bytes) {
                Some(value) => Some(Self::Digits(value)),
                None => match bytes.len() {
                    10 => day(bytes).map(Self::Day),
                    19 => moment(bytes).map(Self::Moment),
                    _ => None,
                }
                .or_else(|| decimal(bytes).map(Self::Decimal)),
            },
            Some(b'-') => integer(bytes).map(Self::Negative).or_else(|| decimal(bytes).map(Self::Decimal)),
            _ => None,
        };
        known.unwrap_or(Self::Other)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::moment::{self as thorough, DateForm};
    use super::super::number;
    use super::*;

    #[test]
    fn what_is_not_plain_is_left_to_others() {
        for text in ["", "-", "1 000", "1e5", "12,", ",5", "+1", "1.2.3", "1234567890123456789", "０"] {
            assert_eq!((integer(text.as_bytes()), decimal(text.as_bytes())), (None, None), "{text}");
        }
        assert_eq!(integer(b"-012"), Some(-12));
        assert_eq!(decimal(b"-0,05").and_then(|parts| parts.value()), Some(-0.05));
        let value = |text: &str| decimal(text.as_bytes()).and_then(|parts| parts.value());
        assert_eq!(value("1102\u{a0}306,50"), Some(1_102_306.5));
        assert_eq!(
            [
                value("0\u{a0}306,5"),
                value("1\u{a0}30,5"),
                value("\u{a0}306,5"),
                value("1\u{a0},5")
            ],
            [None; 4]
        );
        assert_eq!(day(b"1970-01-01"), Some(0));
        assert_eq!(day(b"2023-02-29"), None);
        assert_eq!(moment(b"1970-01-02 00:00:01"), Some(86_401_000_000));
        assert_eq!(moment(b"1970-01-02 24:00:00"), None);
    }

    /// The short forms say what the long ones say, whatever follows the cell.
    fn agree_in_short(text: &str, after: &str) -> Result<(), TestCaseError> {
        let run = format!("{text}{after}00000000");
        let word = u64::from_le_bytes(*run.as_bytes().first_chunk().unwrap_or(&[0; 8]));
        let unsigned = !text.starts_with('-');
        if text.len() <= 8 {
            prop_assert_eq!(short_digits(word, text.len()), digits(text.as_bytes()));
            let spaced = text.contains('\u{a0}');
            let long = decimal(text.as_bytes()).filter(|_| unsigned && !spaced);
            prop_assert_eq!(short_decimal(word, text.len()), long);
        }
        Ok(())
    }

    fn agree(text: &str) -> Result<(), TestCaseError> {
        let bytes = text.as_bytes();
        if let Some(value) = integer(bytes) {
            let whole = number::normal(text, Decimal::Point).and_then(|normal| normal.parse::<i64>().ok());
            prop_assert_eq!(Some(value), whole);
        }
        if let Some(parts) = decimal(bytes) {
            let float = number::normal(text, parts.mark).and_then(|normal| normal.parse::<f64>().ok());
            prop_assert_eq!(parts.value().map(f64::to_bits), float.map(f64::to_bits));
        }
        if let Some(days) = day(bytes) {
            prop_assert_eq!(Some(days), thorough::date(text, DateForm::YearFirst).map(thorough::days));
        }
        if let Some(days) = compact_day(bytes) {
            prop_assert_eq!(Some(days), thorough::date(text, DateForm::Compact).map(thorough::days));
        }
        if let Some(micros) = moment(bytes) {
            prop_assert_eq!(Some((micros, false)), thorough::timestamp(text));
        }
        Ok(())
    }

    proptest! {
        #[test]
        fn plain_forms_are_read_as_the_thorough_functions_read_them(
            text in "-?[0-9]{1,19}|-?[0-9]{1,9}[.,][0-9]{1,9}|-?[0-9]{1,6}(\u{a0}[0-9]{2,3}){1,2}[.,][0-9]{1,2}|[0-9]{4}-[01][0-9]-[0-3][0-9]([T ][0-2][0-9]:[0-6][0-9]:[0-6][0-9])?|[0-2][0-9]{7}|[0-9.,: -]{0,20}",
            after in "[ -~]{0,4}",
        ) {
            agree(&text)?;
            agree_in_short(&text, &after)?;
        }
    }
}
