//! Code lists and check digits behind the light semantic types.
//!
//! In: a text of digits. Out: whether it is a code of the register, or has the shape of a number that authorities give out. A later issue
//! adds more registers; this module alone knows where they lie.

use std::sync::LazyLock;

use chrono::NaiveDate;

/// Municipalities: `code,name,county_code` (see the file's head for its origin).
pub(crate) const MUNICIPALITIES: &str = include_str!("../../data/municipalities.csv");
/// Counties: `code,name`.
pub(crate) const COUNTIES: &str = include_str!("../../data/counties.csv");

/// Lines of a bundled code list without its `#` head and header row, split at commas.
pub(crate) fn lines(text: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    text.lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .skip(1)
        .map(|line| line.split(',').collect())
}

/// The codes of a list as bits, so that a code is found without a search.
struct Codes([u64; 157]);

impl Codes {
    fn of(text: &'static str) -> Self {
        let mut bits = [0; 157];
        let codes = lines(text).filter_map(|fields| fields.first()?.parse::<usize>().ok());
        for code in codes {
            if let Some(word) = bits.get_mut(code / 64) {
                *word |= 1 << (code % 64);
            }
        }
        Self(bits)
    }
    fn contains(&self, number: u64) -> bool {
        let word = usize::try_from(number / 64).ok().and_then(|at| self.0.get(at));
        word.is_some_and(|word| word >> (number % 64) & 1 == 1)
    }
}

/// Whether the number is a municipality code of the register.
pub(crate) fn is_municipality(number: u64) -> bool {
    static CODES: LazyLock<Codes> = LazyLock::new(|| Codes::of(MUNICIPALITIES));
    CODES.contains(number)
}

/// Whether the number is a county code of the register.
pub(crate) fn is_county(number: u64) -> bool {
    static CODES: LazyLock<Codes> = LazyLock::new(|| Codes::of(COUNTIES));
    CODES.contains(number)
}

/// `NNNNN`, `NNN NN`, with or without `SE-`; the first digit is 1 to 9.
pub(crate) fn is_postcode(text: &str) -> bool {
    let text = text.strip_prefix("SE-").or_else(|| text.strip_prefix("S-")).unwrap_or(text);
    let digits = match text.len() {
        5 => text.to_owned(),
        6 if text.as_bytes().get(3) == Some(&b' ') => text.replace(' ', ""),
        _ => return false,
    };
    digits.len() == 5 && digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0')
}

/// The ten digits of `NNNNNN-NNNN`, `NNNNNN+NNNN`, `NNNNNNNNNN` or the same with a century before.
fn ten_digits(text: &str) -> Option<(String, Option<u32>, bool)> {
    let mut digits = String::with_capacity(12);
    let mut divided = false;
    for (index, byte) in text.bytes().enumerate() {
        match byte {
            b'0'..=b'9' => digits.push(char::from(byte)),
            b'-' | b'+' if index + 5 == text.len() && !divided => divided = true,
            _ => return None,
        }
    }
    match digits.len() {
        10 => Some((digits, None, divided)),
        12 => Some((digits.get(2..)?.to_owned(), digits.get(..2)?.parse().ok(), divided)),
        _ => None,
    }
}

/// The check digit of Luhn (ISO/IEC 7812-1) over ten digits.
fn luhn(digits: &str) -> bool {
    let sum: u32 = digits
        .bytes()
        .enumerate()
        .map(|(index, byte)| {
            let value = u32::from(byte.saturating_sub(b'0')) * if index % 2 == 0 { 2 } else { 1 };
            value / 10 + value % 10
        })
        .sum();
    sum.is_multiple_of(10)
}

/// What a text of ten or twelve digits can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Number {
    /// A real birth date and a check digit.
    Person,
    /// The same with the day raised by 60.
    Coordination,
    /// Third digit 2 or more and a check digit.
    Organisation,
}

/// The kind of number, by date and check digit (Skatteverket SKV 704 and 707).
pub(crate) fn number(text: &str) -> Option<Number> {
    if text.len() < 10 || text.len() > 13 {
        return None;
    }
    let (digits, century, _) = ten_digits(text)?;
    if !luhn(&digits) {
        return None;
    }
    let part = |from: usize, to: usize| digits.get(from..to).and_then(|text| text.parse::<u32>().ok());
    let (year, month, day) = (part(0, 2)?, part(2, 4)?, part(4, 6)?);
    // An organisation number with its prefix 16 has no century of birth.
    if month >= 20 && matches!(century, None | Some(16)) {
        return Some(Number::Organisation);
    }
    let (day, coordination) = if day > 60 { (day - 60, true) } else { (day, false) };
    let centuries: &[u32] = match century {
        Some(18) => &[18],
        Some(19) => &[19],
        Some(20) => &[20],
        Some(_) => &[],
        None => &[19, 20],
    };
    let real = centuries
        .iter()
        .any(|century| i32::try_from(century * 100 + year).is_ok_and(|year| NaiveDate::from_ymd_opt(year, month, day).is_some()));
    real.then_some(if coordination { Number::Coordination } else { Number::Person })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registers_are_whole_and_codes_are_found() {
        assert_eq!(lines(MUNICIPALITIES).count(), 290);
        assert_eq!(lines(COUNTIES).count(), 21);
        assert!(is_municipality(180) && !is_municipality(199));
        assert!(is_county(1) && !is_county(2));
    }

    #[test]
    fn an_organisation_number_has_a_check_digit_and_a_third_digit_from_two() {
        // The number of Skatteverket, a state authority.
        assert_eq!(number("202100-5448"), Some(Number::Organisation));
        assert_eq!(number("162021005448"), Some(Number::Organisation));
        assert_eq!(number("202100-5449"), None);
        assert_eq!(number("2021-005448"), None);
    }

    #[test]
    fn postcodes() {
        for text in ["11120", "111 20", "SE-11120", "SE-111 20"] {
            assert!(is_postcode(text), "{text}");
        }
        for text in ["01120", "1112", "111 2", "1112A", "111-20", "000 00"] {
            assert!(!is_postcode(text), "{text}");
        }
    }
}
