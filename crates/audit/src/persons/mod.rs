//! The auditor's own detectors: identity numbers, e-mail, telephone numbers, by scanner and arithmetic (`privacy.md` 1.1).
//!
//! In: columns of text. Out: one finding per column. Written against the same specification as the detectors of `privacy` and sharing
//! nothing with them, so that one slip is not made twice: candidates are numbers in sets, chance is bounded by Chernoff instead of an
//! exact tail, and a finding needs no correction over columns. It may see more than the detectors before it; a person then decides.

mod numbers;
mod reach;

use std::collections::BTreeSet;

use arrow::array::{Array, StringArray};
use fyr_model::privacy::PersonalDataFinding;

use crate::read::cell;
use numbers::{Day, Kind, Number};

/// A bound on chance below which a column is said to hold what was found.
const CHANCE_MAX: f64 = 0.002;
/// Positions kept.
const POSITIONS: usize = 20;

/// What one column showed.
#[derive(Debug)]
pub(crate) struct Column {
    name: String,
    numeric: bool,
    rows: u64,
    /// Different candidates, by shape: ten digits, ten with a separator, twelve, twelve with one, ten after filling up with zeros.
    numbers: [BTreeSet<u64>; 5],
    /// Cells that hold no candidate at all.
    others: u64,
    person: Hits,
    estate: Hits,
    mail: Hits,
    phone: Hits,
    bare_phones: u64,
    long: u64,
}

#[derive(Debug, Default)]
struct Hits {
    rows: u64,
    first: Vec<u64>,
}

impl Hits {
    fn add(&mut self, row: u64) {
        self.rows += 1;
        if self.first.len() < POSITIONS {
            self.first.push(row);
        }
    }
}

impl Column {
    pub(crate) fn is_numeric(&self) -> bool {
        self.numeric
    }

    pub(crate) fn new(name: &str, numeric: bool) -> Self {
        Self {
            name: name.to_owned(),
            numeric,
            rows: 0,
            numbers: Default::default(),
            others: 0,
            person: Hits::default(),
            estate: Hits::default(),
            mail: Hits::default(),
            phone: Hits::default(),
            bare_phones: 0,
            long: 0,
        }
    }

    /// Takes the next cells; `first` is the row of the first of them.
    pub(crate) fn observe(&mut self, cells: &StringArray, first: u64, today: Day) {
        for index in 0..cells.len() {
            let Some(text) = cell(cells, index).map(str::trim).filter(|text| !text.is_empty()) else {
                continue;
            };
            self.rows += 1;
            self.look(text, first + index as u64, today);
        }
    }

    fn look(&mut self, text: &str, row: u64, today: Day) {
        let found = numbers::scan(text, self.numeric);
        if found.is_empty() {
            self.others += 1;
        }
        self.long += u64::from(text.bytes().filter(u8::is_ascii_digit).count() >= 10);
        let kinds: Vec<Kind> = found.iter().map(|number| number.kind(today)).collect();
        for number in found {
            if let Some(set) = self.numbers.get_mut(number.shape as usize) {
                set.insert(number.value);
            }
        }
        if kinds.iter().any(|kind| kind.person) {
            self.person.add(row);
        }
        if kinds.iter().any(|kind| kind.organisation == Some(1)) {
            self.estate.add(row);
        }
        if self.numeric {
            return;
        }
        if reach::has_mail(text) {
            self.mail.add(row);
        }
        match reach::telephone(text) {
            Some(reach::Telephone::Written) => self.phone.add(row),
            Some(reach::Telephone::Bare) => self.bare_phones += 1,
            None => {}
        }
    }

    /// The finding on this column.
    pub(crate) fn finish(self, today: Day) -> PersonalDataFinding {
        let words = words(&self.name);
        let header = |list: &[&str]| list.iter().any(|word| words.iter().any(|w| w == word));
        let judged = self.people(
            today,
            header(&["personnummer", "personnr", "samordningsnummer", "personalidentitynumber"]),
        );
        if self.mail.rows > 0 {
            return self.direct("e_mail", &self.mail, 0.99, "cells hold e-mail addresses".to_owned());
        }
        if let Some((chance, evidence)) = judged {
            return self.direct("personal_identity_number", &self.person, 1.0 - chance, evidence);
        }
        let named = header(&["telefon", "phone", "mobilnummer", "mobilnr"]);
        let written = self.phone.rows > 0 && chernoff(self.phone.rows, self.rows, if named { 1e-5 } else { 1e-3 }) < CHANCE_MAX;
        let bare = self.bare_phones * 2 > self.rows && (named || self.bare_phones > 20);
        if written || bare {
            let all = Hits {
                rows: self.phone.rows + self.bare_phones,
                first: self.phone.first.clone(),
            };
            return self.direct(
                "phone",
                &all,
                0.95,
                format!(
                    "{} cells written as telephone numbers, {} as bare digits",
                    self.phone.rows, self.bare_phones
                ),
            );
        }
        let estates = self.organisations(today) * 5 >= self.candidates() * 4 && self.estate.rows > 0;
        if estates {
            return self.direct(
                "organisation_number",
                &self.estate,
                0.9,
                "estates of deceased persons (group 1)".to_owned(),
            );
        }
        let names: &[(&str, &[&str])] = &[
            ("given_name", &["förnamn", "fornamn", "firstname", "givenname"]),
            ("family_name", &["efternamn", "lastname", "surname", "familyname"]),
            ("person_name", &["personnamn", "fullname", "personname", "patientnamn", "elevnamn"]),
        ];
        if let Some((kind, _)) = names.iter().find(|(_, list)| header(list) && self.rows > 0) {
            let all = Hits {
                rows: self.rows,
                first: Vec::new(),
            };
            return self.direct(kind, &all, 0.8, "the header says so".to_owned());
        }
        self.none()
    }

    fn candidates(&self) -> u64 {
        self.numbers.iter().map(|set| set.len() as u64).sum()
    }

    fn organisations(&self, today: Day) -> u64 {
        let all = self
            .numbers
            .iter()
            .enumerate()
            .flat_map(|(shape, set)| set.iter().map(move |value| (shape, *value)));
        all.filter(|(shape, value)| Number::of(*shape, *value).kind(today).organisation.is_some())
            .count() as u64
    }

    /// The chance that numbers of this column pass as persons' without being it, and why; nothing when chance explains them.
    fn people(&self, today: Day, header: bool) -> Option<(f64, String)> {
        let organisations = self.organisations(today);
        let is_organisations = organisations * 5 >= self.candidates() * 4;
        let mut best: Option<(f64, String)> = None;
        for (shape, set) in self.numbers.iter().enumerate() {
            let (mut n, mut dated, mut checked, mut hits) = (0u64, 0u64, 0u64, 0u64);
            for value in set {
                let kind = Number::of(shape, *value).kind(today);
                if is_organisations && kind.organisation.is_some() {
                    continue;
                }
                n += 1;
                hits += u64::from(kind.person);
                dated += u64::from(kind.dated && !kind.person);
                checked += u64::from(kind.checked && !kind.dated);
            }
            if hits == 0 {
                continue;
            }
            let base = base(shape, n, dated, checked, hits, header || is_organisations);
            let chance = chernoff(hits, n, base);
            if chance < CHANCE_MAX && best.as_ref().is_none_or(|(least, _)| chance < *least) {
                best = Some((
                    chance,
                    format!("{hits} of {n} different candidates pass calendar and check digit; chance at most {chance:.1e}"),
                ));
            }
        }
        let claimed = header && self.long * 2 > self.rows;
        best.or_else(|| claimed.then(|| (0.4, "the header says so".to_owned())))
    }

    fn direct(&self, kind: &str, hits: &Hits, confidence: f64, evidence: String) -> PersonalDataFinding {
        PersonalDataFinding {
            column: self.name.clone(),
            verdict: "direct".to_owned(),
            kind: Some(kind.to_owned()),
            tested: self.rows,
            matches: hits.rows,
            share: if self.rows == 0 { 0.0 } else { hits.rows as f64 / self.rows as f64 },
            confidence: confidence.min(0.9999),
            evidence,
            rows: hits.first.clone(),
        }
    }

    fn none(&self) -> PersonalDataFinding {
        PersonalDataFinding {
            verdict: "none".to_owned(),
            kind: None,
            ..self.direct(
                "",
                &self.person,
                0.95,
                format!(
                    "{} rows, {} different candidates, no more than chance",
                    self.rows,
                    self.candidates()
                ),
            )
        }
    }
}

/// The rate at which such numbers pass by chance: dates times check digits, each no less than for random digits and no less than the
/// column's other candidates show. Written with a separator, or where a person's number cannot arise by chance, it falls.
fn base(shape: usize, n: u64, dated: u64, checked: u64, hits: u64, expected: bool) -> f64 {
    let (random, separated) = match shape {
        0 | 4 => (0.073, false),
        1 => (0.073, true),
        2 => (0.0022, false),
        _ => (0.0022, true),
    };
    let misses = (n - hits) as f64;
    let dates = f64::max(random, (dated as f64 + 5.0 * random) / (misses + 5.0));
    let undated = (n - hits - dated) as f64;
    let checks = f64::max(0.1, (checked as f64 + 0.5) / (undated + 5.0));
    let written = if separated && n < 2 * hits + 1 { 0.1 } else { 1.0 };
    let odd = if expected { 0.05 } else { 1.0 };
    (dates * checks * written * odd).min(0.5)
}

/// Chernoff's bound on P(X >= x): exp(-n * KL(x/n || p)), 1 where x is no more than expected.
fn chernoff(x: u64, n: u64, p: f64) -> f64 {
    let (x, n) = (x as f64, (n as f64).max(x as f64));
    let q = x / n;
    if q <= p {
        return 1.0;
    }
    let tail = if q >= 1.0 { 0.0 } else { (1.0 - q) * ((1.0 - q) / (1.0 - p)).ln() };
    (-n * (q * (q / p).ln() + tail)).exp()
}

/// The header's words, and all of them joined, in lower case.
fn words(header: &str) -> Vec<String> {
    let lower = header.to_lowercase();
    let mut words: Vec<String> = lower
        .split(|c: char| !c.is_alphanumeric())
        .filter(|w| !w.is_empty())
        .map(str::to_owned)
        .collect();
    words.push(words.concat());
    words
}

#[cfg(test)]
mod tests;
