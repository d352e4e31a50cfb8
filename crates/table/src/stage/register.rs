//! Code lists and check digits behind the semantic types.
//!
//! In: one trimmed text. Out: whether it is a code of a dated register, or has the shape of a number that authorities give out. The lists
//! lie in `registers/` of the project, each with its source, licence and day in its head; this module alone knows where.

use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

use chrono::NaiveDate;

/// A bundled list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Register {
    /// Its name in the schema `ref`.
    pub(crate) name: &'static str,
    /// The edition, or the day that it is valid for.
    pub(crate) edition: &'static str,
    text: &'static str,
    /// Its columns; the last goes to the end of the line.
    pub(crate) columns: &'static [&'static str],
}

impl Register {
    /// Its rows, in the order of the file.
    pub(crate) fn rows(&self) -> impl Iterator<Item = Vec<&'static str>> {
        let width = self.columns.len();
        self.text
            .lines()
            .filter(|line| !line.starts_with('#') && !line.is_empty())
            .skip(1)
            .map(move |line| line.splitn(width, ',').collect())
    }
}

macro_rules! register {
    ($name:literal, $edition:literal, $file:literal, $columns:expr) => {
        Register {
            name: $name,
            edition: $edition,
            text: include_str!(concat!("../../../../registers/", $file)),
            columns: &$columns,
        }
    };
}

const FORMER: [&str; 5] = ["code", "valid_from", "valid_to", "successor", "name"];
pub(crate) const MUNICIPALITIES: Register = register!("municipality", "2026-01-01", "municipalities.csv", ["code", "name", "county_code"]);
pub(crate) const COUNTIES: Register = register!("county", "2026-01-01", "counties.csv", ["code", "name", "letter", "nuts"]);
const MUNICIPALITIES_FORMER: Register = register!("municipality_former", "1980-2025", "municipalities-former.csv", FORMER);
const COUNTIES_FORMER: Register = register!("county_former", "1980-2025", "counties-former.csv", FORMER);
const DESO_ENDED: Register = register!("deso_2018_ended", "2025-01-01", "deso-2018-ended.csv", ["code"]);
const SNI_2007: Register = register!("sni2007", "SNI 2007", "sni2007.csv", ["code", "label"]);
const SNI_2025: Register = register!("sni2025", "SNI 2025", "sni2025.csv", ["code", "label"]);
const SSYK_2012: Register = register!("ssyk2012", "SSYK 2012", "ssyk2012.csv", ["code", "label"]);
const NUTS: Register = register!("nuts", "2024", "nuts-se.csv", ["code", "label"]);
const COUNTRIES: Register = register!("country", "2024", "countries.csv", ["code", "alpha3", "numeric", "name"]);
const CURRENCIES: Register = register!("currency", "2024", "currencies.csv", ["code", "numeric"]);
const LANGUAGES: Register = register!("language", "2024", "languages.csv", ["alpha3", "code", "bibliographic"]);

/// Every list that a rule can read as `ref.NAME`.
pub(crate) const REGISTERS: [Register; 12] = [
    MUNICIPALITIES,
    MUNICIPALITIES_FORMER,
    COUNTIES,
    COUNTIES_FORMER,
    DESO_ENDED,
    SNI_2007,
    SNI_2025,
    SSYK_2012,
    NUTS,
    COUNTRIES,
    CURRENCIES,
    LANGUAGES,
];

/// Numbers of four digits, one bit each: as quick as a comparison.
fn numbers(register: &Register, cell: &'static OnceLock<Vec<bool>>) -> &'static [bool] {
    cell.get_or_init(|| {
        let mut held = vec![false; 10_000];
        for code in register.rows().filter_map(|row| row.first()?.parse::<usize>().ok()) {
            if let Some(place) = held.get_mut(code) {
                *place = true;
            }
        }
        held
    })
}

fn holds(list: &[bool], number: u64) -> bool {
    usize::try_from(number)
        .ok()
        .and_then(|at| list.get(at))
        .copied()
        .unwrap_or_default()
}

/// Whether the number is a municipality code of the register.
pub(crate) fn is_municipality(number: u64) -> bool {
    static CELL: OnceLock<Vec<bool>> = OnceLock::new();
    holds(numbers(&MUNICIPALITIES, &CELL), number)
}

/// Whether the number was a municipality code at some time since 1980 and is none today.
pub(crate) fn was_municipality(number: u64) -> bool {
    static CELL: OnceLock<Vec<bool>> = OnceLock::new();
    holds(numbers(&MUNICIPALITIES_FORMER, &CELL), number)
}

/// Whether the number is a county code of the register.
pub(crate) fn is_county(number: u64) -> bool {
    static CELL: OnceLock<Vec<bool>> = OnceLock::new();
    holds(numbers(&COUNTIES, &CELL), number)
}

type Set = OnceLock<HashSet<&'static str>>;

fn set(register: &Register, columns: &[usize], cell: &'static Set) -> &'static HashSet<&'static str> {
    cell.get_or_init(|| {
        let cells = register
            .rows()
            .flat_map(|row| columns.iter().filter_map(|index| row.get(*index).copied()).collect::<Vec<_>>());
        cells.filter(|cell| !cell.is_empty()).collect()
    })
}

/// The municipality of a name: alone, with `kommun` or `stad`, with or without the genitive s, in any case.
pub(crate) fn municipality_named(name: &str) -> Option<u32> {
    static CELL: OnceLock<HashMap<String, u32>> = OnceLock::new();
    let names = CELL.get_or_init(|| named(&MUNICIPALITIES, &["kommun", "stad"]));
    names.get(&name.to_lowercase()).copied()
}

/// The county of a name: `Uppsala län`, `Uppsala`, `Region Uppsala` is another thing.
pub(crate) fn county_named(name: &str) -> Option<u32> {
    static CELL: OnceLock<HashMap<String, u32>> = OnceLock::new();
    let names = CELL.get_or_init(|| {
        let mut names = named(&COUNTIES, &[]);
        let short: Vec<(String, u32)> = names
            .iter()
            .filter_map(|(name, code)| {
                let stem = name.strip_suffix(" län")?;
                Some((stem.strip_suffix('s').unwrap_or(stem).to_owned(), *code))
            })
            .collect();
        names.extend(short);
        names
    });
    names.get(&name.to_lowercase()).copied()
}

fn named(register: &Register, endings: &[&str]) -> HashMap<String, u32> {
    let mut names = HashMap::new();
    for row in register.rows() {
        let (Some(code), Some(name)) = (row.first().and_then(|code| code.parse().ok()), row.get(1)) else {
            continue;
        };
        let name = name.to_lowercase();
        for ending in endings {
            names.insert(format!("{name} {ending}"), code);
            names.insert(format!("{name}s {ending}"), code);
        }
        names.insert(name, code);
    }
    names
}

/// A DeSO code: a municipality, the letter A, B or C, and four digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deso {
    /// In both divisions, as far as the code tells.
    Either,
    /// Split in 2025, so of the division of 2018.
    Ended,
    /// Made in 2025: the last digit was 0 in the division of 2018.
    New,
}

/// What DeSO a text is.
pub(crate) fn deso(text: &str) -> Option<Deso> {
    static CELL: Set = OnceLock::new();
    let number = text.get(5..).filter(|digits| digits.len() == 4 && is_digits(digits))?;
    (of_municipality(text) && matches!(text.as_bytes().get(4), Some(b'A'..=b'C'))).then(|| {
        if !number.ends_with('0') {
            Deso::New
        } else if set(&DESO_ENDED, &[0], &CELL).contains(text) {
            Deso::Ended
        } else {
            Deso::Either
        }
    })
}

/// A RegSO code: a municipality, `R` and three digits.
pub(crate) fn is_regso(text: &str) -> bool {
    text.len() == 8 && of_municipality(text) && text.get(4..).and_then(|rest| rest.strip_prefix('R')).is_some_and(is_digits)
}

fn of_municipality(text: &str) -> bool {
    let code = text.get(..4).filter(|code| is_digits(code));
    code.and_then(|code| code.parse().ok()).is_some_and(is_municipality)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The edition that an industry code can be of: SNI 2007, SNI 2025 (below the division only its division is known).
pub(crate) fn sni(text: &str) -> (bool, bool) {
    static OLD: Set = OnceLock::new();
    static NEW: Set = OnceLock::new();
    let plain: String = text.chars().filter(|c| *c != '.').collect();
    let divided = text.len() == plain.len() || text.find('.') == Some(2);
    if plain.is_empty() || plain.len() > 5 || text.len() > plain.len() + 1 || !divided {
        return (false, false);
    }
    let new = set(&SNI_2025, &[0], &NEW);
    let division = plain.get(..2).is_some_and(|division| new.contains(division)) && is_digits(&plain);
    (
        set(&SNI_2007, &[0], &OLD).contains(plain.as_str()),
        division || new.contains(plain.as_str()),
    )
}

/// Whether a text is an occupation of SSYK 2012.
pub(crate) fn is_ssyk(text: &str) -> bool {
    static CELL: Set = OnceLock::new();
    set(&SSYK_2012, &[0], &CELL).contains(text)
}

/// Whether a text is a NUTS region: of the register when it is Swedish, of the right form when it is not.
pub(crate) fn is_nuts(text: &str) -> bool {
    static CELL: Set = OnceLock::new();
    let Some((country, rest)) = text.split_at_checked(2) else {
        return false;
    };
    if country == "SE" {
        return set(&NUTS, &[0], &CELL).contains(text);
    }
    let form = rest.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase()) && rest.len() <= 3;
    form && (is_country(country) || matches!(country, "EL" | "UK"))
}

/// Whether a text is a country code of two or three letters.
pub(crate) fn is_country(text: &str) -> bool {
    static CELL: Set = OnceLock::new();
    matches!(text.len(), 2 | 3) && set(&COUNTRIES, &[0, 1], &CELL).contains(text)
}

/// Whether a text is the letter of a county.
pub(crate) fn is_county_letter(text: &str) -> bool {
    static CELL: Set = OnceLock::new();
    text.len() <= 2 && set(&COUNTIES, &[2], &CELL).contains(text)
}

/// Whether a text is a currency of ISO 4217.
pub(crate) fn is_currency(text: &str) -> bool {
    static CELL: Set = OnceLock::new();
    text.len() == 3 && set(&CURRENCIES, &[0], &CELL).contains(text)
}

/// Whether a text is a language of ISO 639, with or without a country (`sv`, `swe`, `sv-SE`).
pub(crate) fn is_language(text: &str) -> bool {
    static CELL: Set = OnceLock::new();
    let (language, country) = text
        .split_once(['-', '_'])
        .map_or((text, None), |(language, country)| (language, Some(country)));
    let known = set(&LANGUAGES, &[0, 1, 2], &CELL);
    (2..=3).contains(&language.len())
        && known.contains(language.to_ascii_lowercase().as_str())
        && country.is_none_or(|country| is_country(&country.to_ascii_uppercase()))
}

/// Whether a text has the shape of a telephone number: `+` or a leading zero, seven to fifteen digits, signs that people put between.
pub(crate) fn is_phone(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let plain = text
        .chars()
        .all(|c| c.is_ascii_digit() || matches!(c, ' ' | '-' | '\u{2013}' | '/' | '(' | ')' | '+' | '\u{a0}'));
    let national = text.strip_prefix('(').unwrap_or(text).as_bytes();
    let opens = text.starts_with('+') || matches!(national, [b'0', b'1'..=b'9', ..] | [b'0', b'0', ..]);
    plain && opens && (7..=15).contains(&digits) && text.matches('+').count() <= 1
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
        for (name, rows) in [
            ("municipality", 290),
            ("county", 21),
            ("sni2007", 1_817),
            ("sni2025", 109),
            ("ssyk2012", 633),
            ("country", 249),
        ] {
            let register = REGISTERS.iter().find(|register| register.name == name).unwrap();
            assert_eq!(register.rows().count(), rows, "{name}");
        }
        for register in REGISTERS {
            assert!(register.rows().all(|row| row.len() == register.columns.len()), "{}", register.name);
            assert!(register.text.starts_with("# "), "{} names its source", register.name);
        }
        assert!(is_municipality(180) && !is_municipality(199) && was_municipality(1121) && !is_municipality(1121));
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
    fn codes_are_told_from_their_look_alikes() {
        type Check = fn(&str) -> bool;
        let checks: [(&str, Check, &[&str], &[&str]); 9] = [
            (
                "deso",
                |text| deso(text).is_some(),
                &["0114A0010", "0180C2340"],
                &["0199A0010", "0114D0010", "0114A010", "0114R001"],
            ),
            ("regso", is_regso, &["0114R001"], &["0199R001", "0114R01", "0114A0010"]),
            (
                "sni2007",
                |text| sni(text).0,
                &["A", "01", "01.110", "01110", "62.010"],
                &["9", "00", "1.1", "0111.0", "01..11", "62999"],
            ),
            ("ssyk", is_ssyk, &["0", "01", "2512"], &["2599", "99999", ""]),
            (
                "nuts",
                is_nuts,
                &["SE110", "SE", "DE21H", "EL3"],
                &["SE111", "XX110", "S", "DE21HH"],
            ),
            ("country", is_country, &["SE", "SWE", "NO"], &["XX", "Sverige", "S"]),
            (
                "language",
                is_language,
                &["sv", "swe", "sv-SE", "en_GB"],
                &["xx", "svenska", "sv-XX"],
            ),
            ("currency", is_currency, &["SEK", "EUR"], &["KRO", "kr"]),
            (
                "phone",
                is_phone,
                &["08-123 45 67", "+46 70 174 06 05", "(031) 390 06 00", "0046701740605"],
                &["1234567", "0,1234567", "07:30", "010"],
            ),
        ];
        for (name, check, honest, others) in checks {
            for text in honest {
                assert!(check(text), "{text} is {name}");
            }
            for text in others {
                assert!(!check(text), "{text} is no {name}");
            }
        }
        assert_eq!(
            (deso("0114C1060"), deso("0114C1061"), deso("0114A0010")),
            (Some(Deso::Ended), Some(Deso::New), Some(Deso::Either))
        );
    }

    #[test]
    fn places_are_known_by_the_names_that_people_write() {
        for name in ["Stockholm", "STOCKHOLMS STAD", "Stockholms kommun"] {
            assert_eq!(municipality_named(name), Some(180), "{name}");
        }
        assert_eq!(
            (county_named("Uppsala län"), county_named("Uppsala"), county_named("Ort")),
            (Some(3), Some(3), None)
        );
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
