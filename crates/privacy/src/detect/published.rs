//! Every number that the tax agency has published for tests, in every form, as a cell and in a sentence; and each with one thing wrong.

use chrono::NaiveDate;

use super::cell::{Mark, look};
use crate::kind::Kind;
use crate::text::Scanner;
use crate::text::account::luhn;

fn list(name: &str) -> Vec<String> {
    let folder = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../../shared/fixtures/anonymization/personnummer-meta"
    );
    match std::fs::read(format!("{folder}/{name}")) {
        Ok(bytes) => serde_json::from_slice(&bytes).unwrap(),
        Err(_) => {
            eprintln!("SKIPPED: ../shared/fixtures/anonymization/personnummer-meta/{name} is absent");
            Vec::new()
        }
    }
}

struct Looker {
    day: NaiveDate,
    scanner: Scanner,
    text: String,
}

impl Looker {
    fn new() -> Self {
        let day = "2026-11-22".parse().unwrap();
        let scanner = Scanner::new(day).structured();
        let text = String::new();
        Self { day, scanner, text }
    }

    fn in_cell(&mut self, number: &str) -> bool {
        let seen = look(number, false, self.day, &mut self.scanner);
        [Mark::Identity, Mark::Coordination, Mark::CoordinationWeak, Mark::Interim]
            .into_iter()
            .any(|mark| seen.marks.has(mark))
    }

    fn in_sentence(&mut self, number: &str) -> bool {
        self.text.clear();
        self.text.push_str("Sökandens personnummer är ");
        self.text.push_str(number);
        self.text.push_str(", se akten.");
        self.scanner.spans(&self.text).iter().any(|span| {
            matches!(
                span.kind,
                Kind::PersonalIdentityNumber | Kind::CoordinationNumber | Kind::InterimNumber
            )
        })
    }

    /// Asserts that the number is taken, or left, in a cell and in a sentence.
    fn check(&mut self, number: &str, taken: bool, why: &str) {
        assert_eq!(self.in_cell(number), taken, "{why} in a cell, {} characters", number.len());
        assert_eq!(self.in_sentence(number), taken, "{why} in a sentence, {} characters", number.len());
    }
}

/// Twelve digits in the forms that people write; the separator of ten digits says the century.
fn forms(twelve: &str) -> [String; 4] {
    let (head, tail) = twelve.split_at(8);
    let old = twelve[..4].parse::<i32>().unwrap() <= 2026 - 100;
    let separator = if old { '+' } else { '-' };
    [
        twelve.to_owned(),
        format!("{head}-{tail}"),
        twelve[2..].to_owned(),
        format!("{}{separator}{tail}", &head[2..]),
    ]
}

/// The same date and serial number, changed by `change`, with the check digit that fits.
fn mended(twelve: &str, month: Option<u32>, day: Option<u32>) -> String {
    let part = |at: usize, new: Option<u32>| new.map_or_else(|| twelve[at..at + 2].to_owned(), |new| format!("{new:02}"));
    let eleven = format!("{}{}{}{}", &twelve[..4], part(4, month), part(6, day), &twelve[8..11]);
    (0..10)
        .map(|check| format!("{eleven}{check}"))
        .find(|number| luhn(&number.as_bytes()[2..]))
        .unwrap()
}

fn all() -> impl Iterator<Item = String> {
    let mut all = list("allPins.json");
    all.extend(list("allCoords.json"));
    all.into_iter()
}

/// A bare ten-digit number that opens as a mobile telephone is one, before it is a coordination number of 2007.
fn is_mobile(form: &str) -> bool {
    let coordination = form.get(4..6).is_some_and(|day| day >= "60");
    form.len() == 10 && coordination && ["070", "072", "073", "076", "079"].iter().any(|prefix| form.starts_with(prefix))
}

#[test]
fn every_published_number_is_found_in_a_cell_and_in_a_sentence() {
    let mut looker = Looker::new();
    let (mut numbers, mut mobiles) = (0, 0);
    for number in all() {
        numbers += 1;
        for form in forms(&number) {
            if is_mobile(&form) {
                mobiles += 1;
                assert!(!looker.in_cell(&form), "without a word or a separator it is a telephone number");
                assert!(looker.in_sentence(&form), "beside the word it is a person's");
            } else {
                looker.check(&form, true, "a published number");
            }
        }
    }
    if numbers > 0 {
        assert_eq!((numbers, mobiles), (43_393, 14));
    }
}

#[test]
fn no_published_number_is_found_with_any_other_check_digit() {
    let mut looker = Looker::new();
    for number in all() {
        for form in forms(&number) {
            let (body, check) = form.split_at(form.len() - 1);
            for wrong in (b'0'..=b'9').map(char::from).filter(|digit| !check.starts_with(*digit)) {
                looker.check(&format!("{body}{wrong}"), false, "a wrong check digit");
            }
        }
    }
}

#[test]
fn no_published_number_is_found_with_an_impossible_date() {
    let mut looker = Looker::new();
    for number in all() {
        let (month, day) = (number[4..6].parse::<u32>().unwrap(), number[6..8].parse::<u32>().unwrap());
        let spread = day % 28;
        let mut wrong = vec![
            mended(&number, Some(13 + day), None),
            mended(&number, None, Some(32 + spread)),
            mended(&number, None, Some(92 + spread % 8)),
            mended(&number, None, Some(0)),
        ];
        if day <= 31 {
            wrong.push(mended(&number, Some(0), None));
            wrong.push(mended(&number, Some(2), Some(30)));
            if matches!(month, 4 | 6 | 9 | 11) {
                wrong.push(mended(&number, None, Some(31)));
            }
            if !number[..4].parse::<u32>().unwrap().is_multiple_of(4) {
                // Ten digits without a separator can be of either century; with twelve there is one year.
                let common = mended(&number, Some(2), Some(29));
                looker.check(&common, false, "29 February in a common year");
            }
        }
        for number in wrong {
            for form in forms(&number) {
                looker.check(&form, false, "an impossible date");
            }
        }
    }
}

#[test]
fn no_published_number_is_found_inside_a_longer_run_of_digits() {
    let mut looker = Looker::new();
    for (index, number) in all().enumerate() {
        let digit = char::from(b'0' + (index % 10) as u8);
        for form in forms(&number) {
            looker.check(&format!("{digit}{form}"), false, "a digit before it");
            looker.check(&format!("{form}{digit}"), false, "a digit behind it");
            // Ten digits between two are twelve, which can be another number.
            if form.len() != 10 {
                looker.check(&format!("{digit}{form}{digit}"), false, "digits around it");
            }
        }
    }
}
