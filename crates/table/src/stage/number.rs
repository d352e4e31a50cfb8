//! Numbers as Swedish agencies write them: decimal comma or point, thousands by space, no-break space, apostrophe, comma or point.
//!
//! In: one trimmed text. Out: whether it is a number when the comma is decimal, and when the point is; the column decides which holds.

/// Which character separates decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decimal {
    Point,
    Comma,
}

impl Decimal {
    pub(crate) fn char(self) -> char {
        char::from(self.byte())
    }
    fn byte(self) -> u8 {
        match self {
            Self::Point => b'.',
            Self::Comma => b',',
        }
    }
}

/// What a text is under one convention.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fit {
    No,
    Number,
    Integer,
}

/// Characters that group thousands whatever the decimal sign: space, no-break space, narrow no-break space, thin space, apostrophes.
fn groups(c: char) -> bool {
    matches!(c, ' ' | '\u{a0}' | '\u{202f}' | '\u{2009}' | '\'' | '\u{2019}')
}

/// Where a number in its one form goes.
trait Form {
    fn push_str(&mut self, digits: &str);
}

impl Form for String {
    fn push_str(&mut self, digits: &str) {
        Self::push_str(self, digits);
    }
}

/// For who only asks whether it is a number.
struct Nowhere;

impl Form for Nowhere {
    fn push_str(&mut self, _: &str) {}
}

/// Whether `text` is a number with this decimal sign.
pub(crate) fn fit(text: &str, decimal: Decimal) -> Fit {
    write(text, decimal, &mut Nowhere).unwrap_or(Fit::No)
}

/// The number in the one form that Rust parses (`-1234.5`), or nothing when `text` is no number with this decimal sign.
pub(crate) fn normal(text: &str, decimal: Decimal) -> Option<String> {
    let mut normal = String::with_capacity(text.len() + 2);
    write(text, decimal, &mut normal).map(|_| normal)
}

fn write(text: &str, decimal: Decimal, normal: &mut impl Form) -> Option<Fit> {
    let (negative, body) = sign(text);
    if !body.starts_with(|c: char| c.is_ascii_digit() || c == '.' || c == ',') || body.len() > 400 {
        return None;
    }
    let (body, exponent) = match body.bytes().position(|byte| matches!(byte, b'e' | b'E')) {
        Some(at) => (body.get(..at)?, Some(exponent(body.get(at + 1..)?)?)),
        None => (body, None),
    };
    let (whole, fraction) = match body.bytes().rposition(|byte| byte == decimal.byte()) {
        Some(at) => (body.get(..at)?, Some(body.get(at + 1..)?)),
        None => (body, None),
    };
    if fraction.is_some_and(|digits| digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit())) {
        return None;
    }
    if negative {
        normal.push_str("-");
    }
    if whole.is_empty() {
        fraction?;
        normal.push_str("0");
    } else {
        ungroup(whole, decimal, exponent.is_none(), normal)?;
    }
    if let Some(digits) = fraction {
        normal.push_str(".");
        normal.push_str(digits);
    }
    if let Some(exponent) = exponent {
        normal.push_str("e");
        normal.push_str(exponent);
    }
    let integer = fraction.is_none() && exponent.is_none();
    Some(if integer { Fit::Integer } else { Fit::Number })
}

/// Strips a sign: hyphen, U+2212, an en dash before a digit, plus.
fn sign(text: &str) -> (bool, &str) {
    for minus in ['-', '\u{2212}', '\u{2013}'] {
        if let Some(rest) = text.strip_prefix(minus) {
            return (true, rest);
        }
    }
    (false, text.strip_prefix('+').unwrap_or(text))
}

fn exponent(text: &str) -> Option<&str> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    (!digits.is_empty() && digits.len() <= 4 && digits.bytes().all(|b| b.is_ascii_digit())).then_some(text)
}

/// Appends the digits of the whole part: plain, or in groups of three by one and the same character.
fn ungroup(whole: &str, decimal: Decimal, may_group: bool, out: &mut impl Form) -> Option<()> {
    if whole.bytes().all(|b| b.is_ascii_digit()) {
        out.push_str(whole);
        return Some(());
    }
    let other = if decimal == Decimal::Comma { '.' } else { ',' };
    let separator = whole.chars().find(|c| !c.is_ascii_digit())?;
    if !may_group || !(groups(separator) || separator == other) {
        return None;
    }
    // Some programs divide only the last thousand; with a blank that does not break, nothing else can be meant.
    let first_max = if matches!(separator, '\u{a0}' | '\u{202f}') { 12 } else { 3 };
    for (index, group) in whole.split(separator).enumerate() {
        let length_fits = if index == 0 {
            (1..=first_max).contains(&group.len())
        } else {
            group.len() == 3
        };
        // A group that opens with zero is no thousand: 0.123 is a fraction, never 123.
        if !length_fits || !group.bytes().all(|b| b.is_ascii_digit()) || (index == 0 && group.starts_with('0')) {
            return None;
        }
        out.push_str(group);
    }
    Some(())
}

/// Significant digits of a normalised number.
pub(crate) fn significant(normal: &str) -> usize {
    let mantissa = normal.split('e').next().unwrap_or(normal);
    let digits: Vec<u8> = mantissa.bytes().filter(u8::is_ascii_digit).skip_while(|b| *b == b'0').collect();
    digits.iter().rposition(|b| *b != b'0').map_or(0, |last| last + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_decimal_sign_decides_what_a_comma_and_a_point_mean() {
        use Fit::{Integer, No, Number};
        for (text, comma, point) in [
            ("1", Integer, Integer),
            ("-12", Integer, Integer),
            ("\u{2212}12", Integer, Integer),
            ("12,5", Number, No),
            ("12.5", No, Number),
            ("1,234", Number, Integer),
            ("1.234", Integer, Number),
            ("1.234,5", Number, No),
            ("1,234.5", No, Number),
            ("1 234 567", Integer, Integer),
            ("1\u{a0}234,5", Number, No),
            ("1234\u{a0}567,5", Number, No),
            ("1234 567,5", No, No),
            ("0.123", No, Number),
            (",5", Number, No),
            ("1e5", Number, Number),
            ("1 23", No, No),
            ("1 2345", No, No),
            ("12,", No, No),
            ("ca 10", No, No),
            ("", No, No),
            ("-", No, No),
            ("1-2", No, No),
            ("NaN", No, No),
            ("inf", No, No),
        ] {
            assert_eq!((fit(text, Decimal::Comma), fit(text, Decimal::Point)), (comma, point), "{text}");
        }
    }

    #[test]
    fn a_number_is_written_in_one_form() {
        assert_eq!(normal("1\u{202f}234,50", Decimal::Comma).as_deref(), Some("1234.50"));
        assert_eq!(normal("\u{2013}0,5", Decimal::Comma).as_deref(), Some("-0.5"));
        assert_eq!(normal("1'000.5", Decimal::Point).as_deref(), Some("1000.5"));
        assert_eq!(significant("-0.00123400"), 4);
        assert_eq!(significant("1234567890123456789"), 19);
    }
}
