//! One cell: everything in it that has the shape of personal data.
//!
//! In: the text of a cell and whether its column is numeric. Out: marks, and the candidates with their judgements. Pure and without
//! memory, so that a repeated value needs testing only once.

use std::borrow::Cow;

use chrono::NaiveDate;

use super::contact::{PhoneForm, is_e_mail, phone};
use super::identity::{Candidate, Form, Judgement, Person};
use super::shape::{self, Summary};
use crate::kind::{KINDS, Kind};
use crate::text::{Scanner, account};

/// What was seen in a cell; several may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Mark {
    Identity,
    Coordination,
    CoordinationWeak,
    Interim,
    Organisation,
    Estate,
    EMail,
    Phone,
    Iban,
    /// Two to four words as of a person's name.
    NameLike,
    /// Ten digits or more.
    LongDigits,
    /// Six or eight digits that read as a date.
    DateDigits,
    Vat,
    Account,
    Plate,
    Property,
    Street,
    Postcode,
    Point,
    Document,
    Ip,
    Mac,
    Case,
    FullName,
    GivenName,
    FamilyName,
    BirthDay,
    Icd,
    /// Four words or more.
    Prose,
    /// A genus and an epithet, as species are called in Latin.
    Binomial,
}

/// Where the marks of what stands inside longer text begin, one for each [`Kind`].
const INSIDE: usize = 32;
/// Number of marks.
pub(crate) const MARKS: usize = INSIDE + KINDS.len();

/// The place of the mark of `kind` inside longer text.
pub(crate) fn inside(kind: Kind) -> usize {
    INSIDE + kind as usize
}

/// A set of marks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Marks(u64);

impl Marks {
    pub(crate) fn set(&mut self, mark: Mark) {
        self.0 |= 1 << mark as u8;
    }
    pub(crate) fn set_inside(&mut self, kind: Kind) {
        self.0 |= 1 << inside(kind);
    }
    #[cfg(test)]
    pub(crate) fn has(self, mark: Mark) -> bool {
        self.0 & (1 << mark as u8) != 0
    }
    pub(crate) fn iter(self) -> impl Iterator<Item = usize> {
        let mut rest = self.0;
        std::iter::from_fn(move || {
            let index = rest.trailing_zeros() as usize;
            rest &= rest.wrapping_sub(1);
            (index < MARKS).then_some(index)
        })
    }
}

/// What a cell holds.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) marks: Marks,
    /// Candidates for a person's or organisation's number; `true` when inside longer text.
    pub(crate) candidates: Vec<(Form, bool, Judgement)>,
    /// The form of a telephone number, when the whole cell is one.
    pub(crate) phone: Option<PhoneForm>,
    /// Whether the cell is eight to ten digits and so could have been a bare telephone number.
    pub(crate) phone_shape: bool,
    /// Whether something was found inside longer text.
    pub(crate) inside: bool,
}

/// Looks at one cell. What stands inside longer text is found by `scanner`.
pub(crate) fn look(text: &str, numeric: bool, reference: NaiveDate, scanner: &mut Scanner) -> Seen {
    let mut seen = Seen::default();
    let text = text.trim();
    let summary = Summary::of(text);
    if summary.digits > 0 || numeric {
        look_at_digits(&mut seen, text, numeric, &summary, reference);
    }
    if numeric {
        return seen;
    }
    if summary.digits > 0 || summary.at {
        contacts(&mut seen, text, &summary);
    }
    shape::mark(&mut seen.marks, text, &summary, reference);
    if summary.blanks >= 3 {
        seen.marks.set(Mark::Prose);
    }
    if summary.blanks >= 2 && (summary.digits > 0 || summary.at || summary.capitals > 1) {
        for span in scanner.spans(text) {
            let whole = span.start == 0 && span.end == text.len();
            if !whole && span.confidence >= LEAST {
                seen.marks.set_inside(span.kind);
                seen.inside |= matches!(span.kind, Kind::Phone | Kind::EMail);
            }
        }
    }
    if summary.digits == 0 && summary.capitals > 1 && is_name_like(text) {
        seen.marks.set(Mark::NameLike);
    }
    seen
}

/// Spans less sure than this count nothing in a column.
const LEAST: f32 = 0.7;

/// As [`look`] at the decimal digits of a whole number in a numeric column, without writing them.
pub(crate) fn look_at_whole(number: u64, reference: NaiveDate) -> Seen {
    let mut seen = Seen::default();
    let digits = number.checked_ilog10().unwrap_or(0) + 1;
    if digits >= 10 {
        seen.marks.set(Mark::LongDigits);
    }
    let (year, month, day) = (number / 10_000, (number / 100 % 100) as u32, (number % 100) as u32);
    let dated = match digits {
        6 => is_date(full_year(year as i32), month, day),
        8 => is_date(year as i32, month, day),
        _ => false,
    };
    if dated {
        seen.marks.set(Mark::DateDigits);
    }
    if (6..=10).contains(&digits) {
        seen.marks.set(Mark::Document);
    }
    if let Some(candidate) = Candidate::of_whole(number) {
        judge(&mut seen, candidate, false, reference);
    }
    seen
}

fn look_at_digits(seen: &mut Seen, text: &str, numeric: bool, summary: &Summary, reference: NaiveDate) {
    let whole = restored(text, numeric);
    let digits = if whole.len() == text.len() {
        summary.digits
    } else {
        whole.bytes().filter(u8::is_ascii_digit).count()
    };
    if digits >= 10 && whole.len() <= 24 {
        seen.marks.set(Mark::LongDigits);
    }
    if matches!(whole.len(), 6 | 8) && digits == whole.len() && reads_as_date(&whole) {
        seen.marks.set(Mark::DateDigits);
    }
    if numeric && (6..=10).contains(&digits) && whole.len() == digits {
        seen.marks.set(Mark::Document);
    }
    // A person's number has nine digits and more; one that lost its noughts has seven and nothing else.
    if digits < 7 {
        return;
    }
    let candidate = if numeric || whole != text {
        Candidate::from_number(&whole)
    } else if digits >= 9 {
        parse_whole(&whole)
    } else {
        None
    };
    match candidate {
        Some(candidate) => judge(seen, candidate, false, reference),
        None if numeric || digits < 9 => {}
        None => look_inside(seen, text, reference),
    }
}

/// The cell with what a spreadsheet did to it undone: `1.98E+11` and `198001012389.0` are whole numbers again.
fn restored(text: &str, numeric: bool) -> Cow<'_, str> {
    let whole = text
        .strip_suffix(".0")
        .filter(|rest| rest.len() >= 7 && rest.bytes().all(|b| b.is_ascii_digit()));
    if let Some(whole) = whole {
        return Cow::Borrowed(whole);
    }
    let scientific = text.contains(['e', 'E']) && text.starts_with(|c: char| c.is_ascii_digit()) && text.len() <= 24;
    let number = if scientific || (numeric && text.contains('.')) {
        text.parse::<f64>().ok()
    } else {
        None
    };
    match number.filter(|value| value.fract() == 0.0 && (1e6..1e13).contains(value)) {
        Some(value) => Cow::Owned(format!("{value:.0}")),
        None => Cow::Borrowed(text),
    }
}

/// The whole cell as a candidate; one blank may stand where the separator belongs.
fn parse_whole(text: &str) -> Option<Candidate> {
    Candidate::parse(text).or_else(|| {
        let (head, tail) = text.split_once(' ')?;
        let shape = matches!(head.len(), 6 | 8) && tail.len() == 4;
        shape.then(|| Candidate::parse(&format!("{head}{tail}"))).flatten()
    })
}

fn judge(seen: &mut Seen, candidate: Candidate, inside: bool, reference: NaiveDate) {
    let mut judgement = candidate.judge(reference);
    // `0701740613` is a mobile number before it is a coordination number of a child of 2007.
    if candidate.is_mobile() && matches!(judgement.person, Some(Person::Coordination | Person::CoordinationWeak)) {
        judgement.person = None;
    }
    match judgement.person {
        Some(Person::Identity) => seen.marks.set(Mark::Identity),
        Some(Person::Coordination) => seen.marks.set(Mark::Coordination),
        Some(Person::CoordinationWeak) => seen.marks.set(Mark::CoordinationWeak),
        Some(Person::Interim) => seen.marks.set(Mark::Interim),
        None => {}
    }
    if candidate.form == Form::Vat && (judgement.organisation.is_some() || judgement.person.is_some()) {
        seen.marks.set(Mark::Vat);
    }
    if judgement.organisation.is_some() && !inside {
        seen.marks.set(Mark::Organisation);
    }
    if judgement.organisation == Some(1) && !inside {
        seen.marks.set(Mark::Estate);
    }
    seen.inside |= inside && judgement.person.is_some();
    seen.candidates.push((candidate.form, inside, judgement));
}

/// Candidates inside longer text: words of digits with at most one separator, never a part of a longer run of digits.
fn look_inside(seen: &mut Seen, text: &str, reference: NaiveDate) {
    let glue = |c: char| c.is_alphanumeric() || matches!(c, '-' | '+' | '.' | '@' | '_' | '\u{2010}'..='\u{2013}' | '\u{2212}');
    for word in text.split(|c: char| !glue(c)) {
        if word.len() < 10 || !word.bytes().any(|b| b.is_ascii_digit()) {
            continue;
        }
        let edge = |c: char| c == '.' || c == '-' || c == '_' || c == '+';
        let bare = word.trim_matches(edge);
        let stripped = bare.trim_start_matches(|c: char| c.is_alphabetic()).trim_start_matches(edge);
        let tokens = if stripped.len() == bare.len() {
            [Some(bare), None]
        } else {
            [Some(bare), Some(stripped)]
        };
        if let Some(candidate) = tokens.into_iter().flatten().find_map(Candidate::parse) {
            judge(seen, candidate, word.len() != text.len(), reference);
        }
    }
}

/// E-mail addresses, telephone numbers and account numbers.
fn contacts(seen: &mut Seen, text: &str, summary: &Summary) {
    if summary.at {
        let edges = |c: char| {
            let bracket = matches!(c, '<' | '>' | '(' | ')' | '[' | ']' | '{' | '}');
            bracket || matches!(c, ',' | ';' | ':' | '"' | '\'' | '|' | '/') || c.is_whitespace()
        };
        if text.split(edges).any(|word| is_e_mail(word.trim_matches('.'))) {
            seen.marks.set(Mark::EMail);
            seen.inside |= !is_e_mail(text);
        }
    }
    if summary.digits < 8 {
        return;
    }
    seen.phone_shape = (8..=10).contains(&text.len()) && summary.digits == text.len();
    // Most cells with digits hold no nought that could open a number.
    if text.contains(['0', '+']) {
        seen.phone = phone(text);
        if seen.phone.is_some() || (text.len() > summary.digits + 1 && phone_inside(text)) {
            seen.marks.set(Mark::Phone);
            seen.inside |= seen.phone.is_none();
        }
    }
    if summary.digits >= 12 && account::is_iban(text) {
        seen.marks.set(Mark::Iban);
    }
}

/// A telephone number with country code or separated area code inside longer text.
fn phone_inside(text: &str) -> bool {
    let part = |c: char| c.is_ascii_digit() || matches!(c, ' ' | '-' | '+' | '(' | ')' | '/' | '\u{a0}');
    text.split(|c: char| !part(c)).any(|run| {
        let mut rest = run.trim_matches(|c: char| !c.is_ascii_digit() && c != '+');
        // Numbers that stand beside one another are tried from the longest start on.
        while rest.len() >= 8 && rest.len() < text.len() {
            if matches!(phone(rest), Some(PhoneForm::International | PhoneForm::Separated)) {
                return true;
            }
            match rest.rfind([' ', '/']) {
                Some(at) => rest = rest.get(..at).unwrap_or_default().trim_end(),
                None => return false,
            }
        }
        false
    })
}

/// Six or eight digits as a date between 1850 and 2099.
fn reads_as_date(digits: &str) -> bool {
    let number = |range: std::ops::Range<usize>| digits.get(range).and_then(|part| part.parse::<u32>().ok());
    let wide = digits.len() - 4;
    let (Some(year), Some(month), Some(day)) = (number(0..wide), number(wide..wide + 2), number(wide + 2..wide + 4)) else {
        return false;
    };
    let year = i32::try_from(year).unwrap_or(0);
    is_date(if wide == 4 { year } else { full_year(year) }, month, day)
}

/// A year of two digits belongs to 1970 to 2069.
fn full_year(short: i32) -> i32 {
    if short >= 70 { 1900 + short } else { 2000 + short }
}

fn is_date(year: i32, month: u32, day: u32) -> bool {
    (1850..2100).contains(&year) && NaiveDate::from_ymd_opt(year, month, day).is_some()
}

fn is_name_like(text: &str) -> bool {
    let mut words = text.split([' ', '-']);
    (2..=4).contains(&words.clone().count())
        && words.all(|word| {
            let mut letters = word.chars();
            letters.next().is_some_and(char::is_uppercase) && letters.clone().next().is_some() && letters.all(|c| c.is_lowercase())
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marks(text: &str, numeric: bool) -> Vec<usize> {
        let day = NaiveDate::from_ymd_opt(2026, 11, 22).unwrap();
        look(text, numeric, day, &mut Scanner::new(day))
            .marks
            .iter()
            .filter(|m| *m <= Mark::Iban as usize)
            .collect()
    }

    /// 189001019802 and 191401682396 open the tax agency's two lists of test numbers.
    #[test]
    fn a_number_is_found_in_text_and_not_inside_a_longer_run() {
        let identity = vec![Mark::Identity as usize];
        for text in [
            "189001019802",
            "900101+9802",
            "Pat. 18900101-9802, ny",
            "se ID-18900101-9802.",
            "(189001019802)",
            "1.89001019802E11",
        ] {
            assert_eq!(marks(text, false), identity, "{text}");
        }
        for text in ["x1890010198020", "89001019802", "18900101-98021", "189001019802.5", "18900101-9803"] {
            assert_eq!(marks(text, false), Vec::<usize>::new(), "{text}");
        }
        assert_eq!(marks("189001019802", true), identity);
        assert_eq!(marks("191401682396", true), [Mark::Coordination as usize]);
    }

    #[test]
    fn contacts_are_found_in_text() {
        assert_eq!(marks("Skriv till info@exempelby.example.", false), [Mark::EMail as usize]);
        assert_eq!(marks("Ring 070-174 06 05 eller mejla", false), [Mark::Phone as usize]);
        assert_eq!(marks("tel +46701740605", false), [Mark::Phone as usize]);
        assert!(marks("den 08-12-2020 kl 10", false).is_empty());
        assert!(marks("2024-01-15 10:00:00", false).is_empty());
    }
}
