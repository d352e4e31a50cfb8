//! Identity, coordination, interim and organisation numbers and VAT numbers in running text.
//!
//! In: a run of digits and its surroundings. Out: a span when shape, calendar, check digit and edges agree. A number inside a longer run is
//! none. Words just before a bare number can speak against it; against a number with its separator they cannot.

use super::{Found, Lens, Run, span};
use crate::detect::identity::{Candidate, Form, Judgement, Person};
use crate::kind::Kind;

/// What a bare number is when one of these stands before it.
pub(super) const OTHER_NUMBERS: &[&str] = &[
    "order",
    "best.nr",
    "beställ",
    "-artikel",
    "art.nr",
    "artnr",
    "-faktura",
    "fakt",
    "invoice",
    "ocr",
    "isbn",
    "issn",
    "serie",
    "s/n",
    "sn ",
    "produkt",
    "product",
    "kolli",
    "spårning",
    "tracking",
    "batch",
    "löpnr",
    "löpnummer",
    "kundnr",
    "kundnummer",
    "-referens",
    "reference",
    "ref ",
    "ref.",
    "bankgiro",
    "bg ",
    "plusgiro",
    "pg ",
    "ean",
    "gtin",
    "streckkod",
    "version",
    "build",
    "id:",
    "objekt",
    "imei",
    "avtal",
    "-ärende",
    "dnr",
    "diarie",
    "case",
    "mätar",
    "anläggnings",
    "elid",
    "epoch",
    "tidsstämpel",
    "timestamp",
    "belopp",
    "summa",
    "kr ",
    "sek",
];
const ORGANISATION: &[&str] = &[
    "org",
    "-bolag",
    "-förening",
    "stiftelse",
    "företag",
    "leverantör",
    "ab ",
    "kb ",
    "hb ",
    "company",
    "supplier",
    "-myndighet",
    "kommun",
];
const PERSON: &[&str] = &[
    "person",
    "pnr",
    "persnr",
    "född",
    "samordn",
    "identit",
    "patient",
    "social security",
    "personal",
    "interim",
];

/// The token that begins at `run`, its separator written as `-`, with the byte and the run behind it.
struct Token {
    bytes: [u8; 13],
    length: usize,
    end: usize,
    next: usize,
    blank: bool,
}

/// `SE`, ten digits, `01`.
pub(super) fn vat(lens: &Lens<'_>, at: usize) -> Found {
    let run = lens.run(at)?;
    if lens.letters_before(run.start) != Some(*b"SE") {
        return None;
    }
    let (mut digits, mut length, mut last, mut next) = ([0u8; 12], 0, run, at);
    while let Some(run) = lens
        .run(next)
        .filter(|run| next == at || run.start == last.end + 1 && matches!(lens.byte(last.end), b'-' | b' '))
    {
        for digit in lens.digits(run) {
            *digits.get_mut(length)? = *digit;
            length += 1;
        }
        (last, next) = (run, next + 1);
        if length >= 12 {
            break;
        }
    }
    let number = digits.strip_suffix(b"01").filter(|_| length == 12 && lens.closes(last.end))?;
    let judged = Candidate::of(number)?.judge(lens.reference);
    if judged.person.is_none() && judged.organisation.is_none() {
        return None;
    }
    let reason = "country code, ten digits with their check digit, 01";
    Some((span(run.start - 2, last.end, Kind::VatNumber, 0.97, reason), next))
}

/// A person's or an organisation's number that begins at this run.
pub(super) fn identity(lens: &Lens<'_>, at: usize) -> Found {
    let run = lens.run(at)?;
    if !matches!(run.len(), 6 | 8 | 10 | 12) || !lens.opens(run.start) || lens.before(run.start) == b'+' {
        return None;
    }
    let token = token(lens, at, run)?;
    if !lens.closes(token.end) || decimals_follow(lens, &token) {
        return None;
    }
    let candidate = Candidate::of(token.bytes.get(..token.length)?)?;
    let judged = candidate.judge(lens.reference);
    let bare = matches!(candidate.form, Form::Ten | Form::Twelve);
    if judged.person.is_none() && judged.organisation.is_none() {
        return None;
    }
    let context = lens.context(run.start);
    let named = context.wide(PERSON);
    if (bare || token.blank) && !named && context.near(OTHER_NUMBERS) {
        return None;
    }
    if candidate.is_mobile() && !named && matches!(judged.person, Some(Person::Coordination | Person::CoordinationWeak)) {
        return None;
    }
    let (kind, confidence, reason) = told(&judged, candidate.form, named, token.blank, context.wide(ORGANISATION))?;
    Some((span(run.start, token.end, kind, confidence, reason), token.next))
}

fn told(judged: &Judgement, form: Form, named: bool, blank: bool, organisation: bool) -> Option<(Kind, f32, &'static str)> {
    let twelve = matches!(form, Form::Twelve | Form::TwelveSeparated);
    let separated = matches!(form, Form::TenSeparated | Form::TwelveSeparated);
    let sure = if named || (twelve && separated) {
        0.99
    } else if separated || twelve {
        0.95
    } else {
        0.8
    };
    match judged.person {
        Some(Person::Identity) => {
            return Some((
                Kind::PersonalIdentityNumber,
                sure,
                "a real day, a serial number and the check digit agree",
            ));
        }
        Some(Person::Coordination) => return Some((Kind::CoordinationNumber, sure, "a real day plus 60 and the check digit agree")),
        Some(Person::Interim) => {
            return Some((
                Kind::InterimNumber,
                sure.min(0.9),
                "an interim letter, a real day and the check digit agree",
            ));
        }
        Some(Person::CoordinationWeak) if (named || separated || twelve) && !blank => {
            return Some((Kind::CoordinationNumber, 0.7, "an incomplete day plus 60 and the check digit agree"));
        }
        _ => {}
    }
    judged.organisation?;
    if form == Form::Ten && !organisation {
        return None;
    }
    let confidence = if organisation { 0.97 } else { 0.85 };
    Some((
        Kind::OrganisationNumber,
        confidence,
        "a known group and the check digit agree; no day of birth",
    ))
}

/// `1234567890,5` and `1234567890.5` are amounts.
fn decimals_follow(lens: &Lens<'_>, token: &Token) -> bool {
    token.length == 10 && matches!(lens.byte(token.end), b',') && lens.byte(token.end + 1).is_ascii_digit()
}

/// Ten or twelve digits, with one hyphen, plus or blank before the last four; or a letter first of the last four.
fn token(lens: &Lens<'_>, at: usize, run: Run) -> Option<Token> {
    let mut token = Token {
        bytes: [0; 13],
        length: 0,
        end: run.end,
        next: at + 1,
        blank: false,
    };
    token.push(lens.digits(run))?;
    if matches!(run.len(), 10 | 12) {
        return Some(token);
    }
    let (separator, behind) = match (lens.byte(run.end), lens.hyphen(run.end), lens.blank(run.end)) {
        (b'+', ..) => (Some(b'+'), run.end + 1),
        (_, Some(behind), _) => (Some(b'-'), behind),
        (_, _, Some(behind)) => (None, behind),
        _ => (None, run.end),
    };
    token.blank = separator.is_none() && behind > run.end;
    // A blank on both sides of the hyphen is one slip of the pen that people make.
    let tail = lens.run(at + 1)?;
    token.push(separator.as_slice())?;
    let letter = lens.byte(behind);
    if letter.is_ascii_uppercase() && tail.start == behind + 1 && tail.len() == 3 && !token.blank {
        token.push(&[letter])?;
    } else if tail.start != behind || tail.len() != 4 || behind == run.end {
        return None;
    }
    token.push(lens.digits(tail))?;
    (token.end, token.next) = (tail.end, at + 2);
    Some(token)
}

impl Token {
    fn push(&mut self, bytes: &[u8]) -> Option<()> {
        for byte in bytes {
            *self.bytes.get_mut(self.length)? = *byte;
            self.length += 1;
        }
        Some(())
    }
}
