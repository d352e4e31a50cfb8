//! Swedish identifiers of people and organisations: forms, calendar and check digit (`privacy.md` 1.1).
//!
//! In: one token without blanks around it. Out: what it could be and what it is. No column, no base rate, no verdict here.
//! Sources: Skatteverket SKV 704 (personnummer) and SKV 707 (samordningsnummer); Skatteverket SKV 709 (organisationsnummer, groups).

use chrono::{Datelike, NaiveDate};

/// How a candidate is written; the base rate of chance hits depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Form {
    /// Ten digits.
    Ten,
    /// Six digits, `-` or `+`, four digits.
    TenSeparated,
    /// Twelve digits.
    Twelve,
    /// Eight digits, `-` or `+`, four digits.
    TwelveSeparated,
    /// A number that has lost its leading zeros.
    Padded,
    /// `SE`, ten digits, `01`.
    Vat,
    /// The number of an account whose holder's identity number it is (clearing 3300), alone or in an IBAN.
    Account,
}

/// All forms, in the order of [`Form`].
pub const FORMS: [Form; 7] = [
    Form::Ten,
    Form::TenSeparated,
    Form::Twelve,
    Form::TwelveSeparated,
    Form::Padded,
    Form::Vat,
    Form::Account,
];

/// A token with the shape of an identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate {
    /// How it is written.
    pub form: Form,
    digits: [u8; 10],
    century: Option<u8>,
    separator: Option<u8>,
    letter: Option<u8>,
}

/// What a person's number is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Person {
    /// Personnummer.
    Identity,
    /// Samordningsnummer.
    Coordination,
    /// Samordningsnummer with an incomplete date: month 00 or day 60, or day 91 in a month of 30 days. The tax agency's list holds them.
    CoordinationWeak,
    /// Interim number: a letter first of the last four.
    Interim,
}

/// What a candidate turned out to be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Judgement {
    /// A number of a person: calendar, serial and check digit agree.
    pub person: Option<Person>,
    /// The date part is one of a person's number, whatever the check digit says.
    pub dated: bool,
    /// The check digit agrees, whatever the date part says.
    pub checked: bool,
    /// An organisation's number, with its group.
    pub organisation: Option<u8>,
}

/// Letters of interim numbers (`personnummer-meta/interim.json`).
const INTERIM: &[u8] = b"TRSUWXJKLMN";

impl Candidate {
    /// Reads a token; `None` when its shape is none of [`Form`].
    pub fn parse(token: &str) -> Option<Self> {
        let plain = token.replace(['\u{2010}', '\u{2011}', '\u{2012}', '\u{2013}', '\u{2212}'], "-");
        vat(&plain).or_else(|| account(&plain)).or_else(|| numbered(plain.as_bytes()))
    }

    /// Ten or twelve digits with at most one `-` or `+` before the last four, or a letter first of them.
    pub(crate) fn of(token: &[u8]) -> Option<Self> {
        numbered(token)
    }

    /// Reads a whole number whose leading zeros are lost: seven to nine digits are filled up to ten, ten and twelve stand as they are.
    ///
    /// The shortest that a personnummer can become is seven digits (a birthday in January 2000).
    pub fn from_number(text: &str) -> Option<Self> {
        if !text.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        Self::of_digits(text.parse().ok()?, text.len())
    }

    /// As [`Candidate::from_number`] of the decimal digits of a number.
    pub(crate) fn of_whole(number: u64) -> Option<Self> {
        Self::of_digits(number, number.checked_ilog10()? as usize + 1)
    }

    fn of_digits(number: u64, length: usize) -> Option<Self> {
        const TEN: u64 = 10_000_000_000;
        let (form, century) = match length {
            7..=9 => (Form::Padded, None),
            10 => (Form::Ten, None),
            12 => (Form::Twelve, Some(u8::try_from(number / TEN).ok()?)),
            _ => return None,
        };
        let mut digits = [0u8; 10];
        let mut rest = number % TEN;
        for digit in digits.iter_mut().rev() {
            (*digit, rest) = ((rest % 10) as u8, rest / 10);
        }
        Some(Self {
            form,
            digits,
            century,
            separator: None,
            letter: None,
        })
    }

    /// Whether the ten digits, written without a separator, open as a mobile telephone number.
    pub(crate) fn is_mobile(&self) -> bool {
        let [first, second, third, ..] = self.digits;
        self.form == Form::Ten && first == 0 && second == 7 && matches!(third, 0 | 2 | 3 | 6 | 9)
    }

    /// The number in twelve digits, where the century is known or follows from the separator or from what lies in the future.
    pub(crate) fn twelve(&self, reference: NaiveDate) -> Option<String> {
        let year = self.years(reference).next()?;
        let letter = |at: usize, digit: u8| self.letter.filter(|_| at == 6).map_or_else(|| char::from(b'0' + digit), char::from);
        let rest: String = self
            .digits
            .iter()
            .enumerate()
            .skip(2)
            .map(|(at, digit)| letter(at, *digit))
            .collect();
        Some(format!("{year:04}{rest}"))
    }

    /// Judges the candidate on the day `reference`.
    pub fn judge(&self, reference: NaiveDate) -> Judgement {
        let checked = self.luhn();
        let organisation = self.organisation(checked);
        if self.century == Some(16) {
            return Judgement {
                organisation,
                checked,
                ..Judgement::default()
            };
        }
        let (month, day, serial) = (self.pair(2), self.pair(4), self.serial());
        let real = |day: u32| self.years(reference).any(|year| is_past(year, month, day, reference));
        let (is_day, coordination) = (real(day), day > 60 && real(day - 60));
        let incomplete = month <= 12 && (60..=91).contains(&day);
        let person = match (checked && serial > 0, self.letter) {
            (false, _) => None,
            (true, Some(_)) => (is_day || coordination).then_some(Person::Interim),
            (true, None) if is_day => Some(Person::Identity),
            (true, None) if coordination => Some(Person::Coordination),
            (true, None) if incomplete && self.years(reference).next().is_some() => Some(Person::CoordinationWeak),
            _ => None,
        };
        Judgement {
            person,
            dated: serial > 0 && (is_day || coordination),
            checked,
            organisation,
        }
    }

    fn pair(&self, at: usize) -> u32 {
        let digit = |index: usize| self.digits.get(index).map_or(0, |d| u32::from(*d));
        digit(at) * 10 + digit(at + 1)
    }

    fn serial(&self) -> u32 {
        self.pair(6) * 10 + self.pair(7) % 10
    }

    /// The years that the date part can mean: one with a century or a separator, two without either.
    fn years(&self, reference: NaiveDate) -> impl Iterator<Item = i32> + use<> {
        let short = self.pair(0) as i32;
        let latest = {
            let century = reference.year().div_euclid(100) * 100;
            if century + short > reference.year() {
                century - 100 + short
            } else {
                century + short
            }
        };
        let (first, second) = match (self.century, self.separator) {
            (Some(century), _) => ((18..=20).contains(&century).then_some(i32::from(century) * 100 + short), None),
            // `+` from the year in which the person turns 100.
            (None, Some(b'+')) => (Some(latest - 100), None),
            (None, Some(_)) => (Some(latest), None),
            (None, None) => (Some(latest), Some(latest - 100)),
        };
        first.into_iter().chain(second)
    }

    /// Luhn over the ten digits, weights 2, 1, 2, … from the left; a letter counts as 1.
    fn luhn(&self) -> bool {
        let sum: u32 = self
            .digits
            .iter()
            .enumerate()
            .map(|(index, digit)| {
                let product = u32::from(*digit) * if index % 2 == 0 { 2 } else { 1 };
                product / 10 + product % 10
            })
            .sum();
        sum.is_multiple_of(10)
    }

    /// The group when this is an organisation's number, whose check digit agrees: third digit at least 2, known first digit.
    fn organisation(&self, checked: bool) -> Option<u8> {
        let [first, _, third, ..] = self.digits;
        let prefixed = matches!(self.century, None | Some(16));
        (prefixed && self.letter.is_none() && third >= 2 && matches!(first, 1..=3 | 5..=9) && checked).then_some(first)
    }
}

fn is_past(year: i32, month: u32, day: u32, reference: NaiveDate) -> bool {
    NaiveDate::from_ymd_opt(year, month, day).is_some_and(|date| date <= reference)
}

/// Ten or twelve digits with at most one separator before the last four.
fn numbered(token: &[u8]) -> Option<Candidate> {
    let (head, separator, tail) = match token.len() {
        10 | 12 => {
            let (head, tail) = token.split_at_checked(token.len() - 4)?;
            (head, None, tail)
        }
        11 | 13 => {
            let (head, rest) = token.split_at_checked(token.len() - 5)?;
            let (separator, tail) = rest.split_first()?;
            matches!(separator, b'-' | b'+').then_some((head, Some(*separator), tail))?
        }
        _ => return None,
    };
    let (century, date) = match head.len() {
        8 => {
            let (century, date) = head.split_at_checked(2)?;
            let number = std::str::from_utf8(century).ok()?.parse::<u8>().ok()?;
            (Some(number), date)
        }
        _ => (None, head),
    };
    if !head.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let (first, rest) = tail.split_first()?;
    let letter = INTERIM.contains(first).then_some(*first);
    if !(first.is_ascii_digit() || letter.is_some()) || !rest.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let mut digits = [0u8; 10];
    let value = |b: &u8| if b.is_ascii_digit() { b - b'0' } else { 1 };
    for (slot, byte) in digits.iter_mut().zip(date.iter().chain(tail)) {
        *slot = value(byte);
    }
    let form = match (century.is_some(), separator.is_some()) {
        (false, false) => Form::Ten,
        (false, true) => Form::TenSeparated,
        (true, false) => Form::Twelve,
        (true, true) => Form::TwelveSeparated,
    };
    Some(Candidate {
        form,
        digits,
        century,
        separator,
        letter,
    })
}

/// `SE` + ten digits + `01`: an organisation's number or, for a sole trader, a person's.
fn vat(token: &str) -> Option<Candidate> {
    let rest = token.strip_prefix("SE").or_else(|| token.strip_prefix("se"))?;
    let digits: String = rest.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
    let number = digits.strip_suffix("01").filter(|number| number.len() == 10)?;
    Some(Candidate {
        form: Form::Vat,
        ..numbered(number.as_bytes())?
    })
}

/// A personal account with clearing number 3300, written out or inside an IBAN: its number is the holder's identity number.
///
/// Source: Bankgirot, Bankernas kontonummer; the IBAN of that bank has the code 300 and the account filled up with zeros.
fn account(token: &str) -> Option<Candidate> {
    let compact: String = token.chars().filter(|c| !matches!(c, ' ' | '-' | ',' | '.')).collect();
    let number = match iban(&compact) {
        Some(account) => account.strip_prefix("300")?.strip_prefix("0000000")?.to_owned(),
        None => compact.strip_prefix("3300")?.to_owned(),
    };
    let number = if number.len() == 12 { number.get(2..)?.to_owned() } else { number };
    if number.len() != 10 {
        return None;
    }
    Some(Candidate {
        form: Form::Account,
        ..numbered(number.as_bytes())?
    })
}

/// The 20 digits after country and check digits of a valid Swedish IBAN (ISO 13616; ISO 7064 mod 97-10).
pub fn iban(compact: &str) -> Option<&str> {
    let rest = compact.strip_prefix("SE").or_else(|| compact.strip_prefix("se"))?;
    if compact.len() != 24 || !rest.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let (check, account) = rest.split_at_checked(2)?;
    // S = 28, E = 14, moved to the end with the check digits.
    let sum = account
        .bytes()
        .chain(*b"2814")
        .chain(check.bytes())
        .fold(0u32, |sum, b| (sum * 10 + u32::from(b - b'0')) % 97);
    (sum == 1).then_some(account)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }
    fn person(token: &str) -> Option<Person> {
        Candidate::parse(token).and_then(|c| c.judge(day("2026-11-22")).person)
    }
    /// A number with its check digit mended, so that only the rule under test can refuse it.
    fn mended(nine: &str) -> String {
        (0..10)
            .map(|check| format!("{nine}{check}"))
            .find(|number| numbered(number.as_bytes()).is_some_and(|c| c.luhn()))
            .unwrap()
    }
    fn fixture(name: &str) -> Option<serde_json::Value> {
        let path = format!(
            "{}/../../../shared/fixtures/anonymization/personnummer-meta/{name}",
            env!("CARGO_MANIFEST_DIR")
        );
        match std::fs::read(&path) {
            Ok(bytes) => Some(serde_json::from_slice(&bytes).unwrap()),
            Err(_) => {
                eprintln!("SKIPPED: ../shared/fixtures/anonymization/personnummer-meta/{name} is absent");
                None
            }
        }
    }
    fn list(name: &str) -> Vec<String> {
        fixture(name).map_or_else(Vec::new, |value| serde_json::from_value(value).unwrap())
    }

    #[test]
    fn every_test_number_of_the_tax_agency_is_a_persons_in_every_form() {
        for pin in list("allPins.json") {
            let (head, tail) = pin.split_at(8);
            for form in [pin.clone(), format!("{head}-{tail}")] {
                assert_eq!(person(&form), Some(Person::Identity), "a listed number in twelve digits");
            }
            let old = pin[..4].parse::<i32>().unwrap() <= 2026 - 100;
            let separator = if old { '+' } else { '-' };
            assert_eq!(
                person(&format!("{}{separator}{tail}", &head[2..])),
                Some(Person::Identity),
                "ten digits with separator"
            );
            assert_eq!(person(&pin[2..]), Some(Person::Identity), "ten digits");
        }
    }

    #[test]
    fn every_coordination_number_of_the_list_is_one_incomplete_dates_weakly() {
        let all = list("allCoords.json");
        let weak = all.iter().filter(|number| person(number) == Some(Person::CoordinationWeak)).count();
        assert!(
            all.iter()
                .all(|n| matches!(person(n), Some(Person::Coordination | Person::CoordinationWeak)))
        );
        if !all.is_empty() {
            // 170 with month 00 or day 60, and 24 whose day is past the end of the month.
            assert_eq!(weak, 194);
        }
    }

    #[test]
    fn interim_and_organisation_numbers_of_the_list_are_what_they_say() {
        for row in fixture("interim.json").iter().flat_map(|v| v.as_array().unwrap()) {
            let valid = row["valid"].as_bool().unwrap();
            for key in ["long_format", "short_format", "separated_format", "separated_long"] {
                let given = row[key].as_str().unwrap();
                assert_eq!(person(given) == Some(Person::Interim), valid, "{given}");
            }
        }
        for row in fixture("orgnumber.json").iter().flat_map(|v| v.as_array().unwrap()) {
            let given = Candidate::parse(row["separated_format"].as_str().unwrap()).unwrap();
            let judged = given.judge(day("2026-11-22"));
            assert_eq!((judged.person, judged.organisation), (None, Some(8)));
        }
    }

    #[test]
    fn near_misses_are_nobody() {
        // A number of the test list (189001019802), with one thing wrong each time.
        assert_eq!(person("189001019802"), Some(Person::Identity));
        assert_eq!(person("189001019803"), None, "check digit");
        assert_eq!(person("1189001019802"), None, "inside a longer run");
        assert_eq!(person("9001010-9802"), None, "seven digits of date");
        for (nine, why) in [
            ("230229238", "29 February in a common year"),
            ("900431238", "31 April"),
            ("900101000", "serial 000"),
            ("900192238", "day 92"),
            ("900199238", "day 99"),
            ("901301238", "month 13"),
        ] {
            assert_eq!(person(&mended(nine)), None, "{why}");
        }
        assert!(person(&mended("240229238")).is_some(), "29 February in a leap year");
        assert!(person(&mended("900430238")).is_some(), "30 April");
        assert!(
            person(&mended("900191238")).is_some(),
            "day 91 is the 31st of a coordination number"
        );
        assert_eq!(person(&format!("20{}", mended("300101238"))), None, "born in the future");
        assert_eq!(person(&format!("17{}", mended("900101238"))), None, "century 17");
        assert_eq!(person(&format!("21{}", mended("000101238"))), None, "century 21");
    }

    #[test]
    fn the_century_follows_from_separator_and_reference_date() {
        let leap = mended("000229238");
        let (head, tail) = leap.split_at(6);
        assert!(person(&format!("{head}-{tail}")).is_some(), "2000 was a leap year");
        assert_eq!(person(&format!("{head}+{tail}")), None, "1900 was not");
        assert!(person(&leap).is_some());
    }

    #[test]
    fn leading_zeros_and_floats_are_restored() {
        // 200001032386-like numbers lose two zeros as integers; only the tax agency's own are used.
        let all = list("allPins.json");
        let Some(early) = all.iter().find(|n| n.starts_with("200001")) else {
            return;
        };
        let number: u64 = early[2..].parse().unwrap();
        let restored = Candidate::from_number(&number.to_string()).unwrap();
        assert_eq!(restored.form, Form::Padded);
        assert_eq!(restored.judge(day("2026-11-22")).person, Some(Person::Identity));
        assert!(Candidate::from_number("123456").is_none());
    }

    #[test]
    fn a_sole_traders_number_hides_in_vat_account_and_iban() {
        let all = list("allPins.json");
        let Some(pin) = all.iter().find(|n| n.starts_with("1990")) else {
            return;
        };
        let ten = &pin[2..];
        assert_eq!(person(&format!("SE{ten}01")), Some(Person::Identity));
        assert_eq!(person(&format!("3300-{ten}")), Some(Person::Identity));
        assert_eq!(person(&format!("3300 {}-{}", &ten[..6], &ten[6..])), Some(Person::Identity));
        assert_eq!(person(&format!("3301-{ten}")), None, "another clearing number");
        let bban = format!("3000000000{ten}");
        let whole = (2..99)
            .map(|check| format!("SE{check:02}{bban}"))
            .find(|i| iban(i).is_some())
            .unwrap();
        assert_eq!(person(&whole), Some(Person::Identity));
        assert!(iban(&whole.replace("SE", "DE")).is_none());
    }

    #[test]
    fn organisation_numbers_have_a_third_digit_of_two_or_more_and_a_known_group() {
        let group = |token: &str| Candidate::parse(token).and_then(|c| c.judge(day("2026-11-22")).organisation);
        assert_eq!(group("202100-5943"), Some(2));
        assert_eq!(group("162021005943"), Some(2), "prefix 16");
        assert_eq!(group("202100-5944"), None, "check digit");
        assert_eq!(group(&mended("401200123")), None, "third digit 1");
        assert_eq!(group(&mended("402200123")), None, "no group 4");
        assert_eq!(group(&mended("502200123")), Some(5));
    }
}
