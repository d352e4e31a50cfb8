//! Plates, case numbers, passports and driving licences in running text.
//!
//! In: a run of digits and its surroundings. Out: spans; a passport or licence only where words say so, a plate without them where the
//! letters are no common abbreviation and not barred.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::{Found, Lens, is_word, span};
use crate::detect::Seed;
use crate::kind::Kind;

const BARRED: &str = include_str!("../../../../registers/plates-barred.csv");

static BARRED_LETTERS: LazyLock<HashSet<&'static str, Seed>> = LazyLock::new(|| BARRED.lines().filter(|line| line.len() == 3).collect());

/// Abbreviations that stand before three digits and are no plate.
#[rustfmt::skip]
const ABBREVIATIONS: &[&str] = &[
    "SFS", "SOU", "ISO", "DIN", "RAL", "EUR", "SEK", "USD", "NOK", "DKK", "GBP", "CHF", "PLN", "TEL", "TFN", "FAX", "NYA", "RFC", "ABB", "SAS", "KLM", "LKP", "MHZ", "GHZ", "KWH", "MWH",
    "CET", "GMT", "UTC", "NMT", "GSM", "HTTP", "SMS", "ART", "STR", "ALT", "MAX", "PDF", "CSV", "XML", "PSA", "FOU", "FOH", "HSL", "EKG", "FAR", "FRA", "MSB", "SCB", "SLU", "KTH", "DNR",
    "SKU", "NCS", "PCB", "PAH", "COD", "BOD", "TOC", "PFO", "EEG", "EES", "KOM", "BET", "RSK", "SKR", "RUT", "BUS", "LOT", "RES", "RUM", "SAL", "HUS", "BYA", "LGH", "GDP", "KPI", "REV", "FIG", "TAB", "REF", "DOK", "VOL",
];

const VEHICLE: &[&str] = &[
    "reg",
    "-bil",
    "-fordon",
    "släp",
    "lastbil",
    "motorcykel",
    "moped",
    "mc ",
    "skylt",
    "parkera",
    "volvo",
    "saab",
    "toyota",
    "vehicle",
    "car ",
    "plate",
    "-buss ",
    "husbil",
    "taxi",
    "traktor",
    "truck",
    "van ",
    "audi",
    "bmw",
    "skoda",
    "kia ",
    "tesla",
    "ford",
    "körde",
    "volkswagen",
];

/// Whether `plate` (`ABC123`, `ABC 12D`) is a combination that could be given out.
pub(crate) fn is_plate(plate: &str) -> bool {
    let bytes = plate.as_bytes();
    let (Some(letters), Some(rest)) = (plate.get(..3), bytes.get(3..)) else {
        return false;
    };
    let rest = rest.strip_prefix(b" ").unwrap_or(rest);
    let allowed = |byte: &u8| byte.is_ascii_uppercase() && !matches!(byte, b'I' | b'Q' | b'V');
    let [a, b, c] = rest else { return false };
    letters.bytes().all(|byte| allowed(&byte))
        && a.is_ascii_digit()
        && b.is_ascii_digit()
        && (c.is_ascii_digit() || (allowed(c) && *c != b'O'))
        && !BARRED_LETTERS.contains(letters)
}

/// Three letters and this run: `ABC 123`, `ABC12D`.
pub(super) fn plate(lens: &Lens<'_>, at: usize) -> Found {
    let run = lens.run(at)?;
    if !matches!(run.len(), 2 | 3) || run.start < 3 {
        return None;
    }
    let letters = if lens.before(run.start) == b' ' {
        run.start.saturating_sub(1)
    } else {
        run.start
    };
    let start = letters.checked_sub(3)?;
    let end = if run.len() == 2 { run.end + 1 } else { run.end };
    if is_word(lens.before(start))
        || lens.before(start) == b'-'
        || lens.word_at(end)
        || !is_plate(lens.slice(start, end))
        || !lens.closes(end)
    {
        return None;
    }
    let named = lens.context(start).wide(VEHICLE);
    if !named && (ABBREVIATIONS.contains(&lens.slice(start, start + 3)) || amount_follows(lens, end)) {
        return None;
    }
    let confidence = if named { 0.96 } else { 0.72 };
    Some((
        span(
            start,
            end,
            Kind::VehiclePlate,
            confidence,
            "three letters and three signs that are given out",
        ),
        at + 1,
    ))
}

/// `EUR 250 per`, `KLM 123 000`: a sum or a list, not a plate.
fn amount_follows(lens: &Lens<'_>, end: usize) -> bool {
    matches!(lens.byte(end), b'%') || (matches!(lens.byte(end), b',' | b' ') && lens.byte(end + 1).is_ascii_digit())
}

const CASE: &[&str] = &[
    "dnr",
    "diarienr",
    "diarienummer",
    "-ärende",
    "ärendenr",
    "mål ",
    "målnr",
    "målnummer",
    "mål nr",
    "-akt ",
    "aktbilaga",
    "case ",
    "file no",
    "d.nr",
    "beslut",
    "beteckning",
];
/// What opens a reference to a law or a print of parliament.
const LAW: &[&str] = &[
    "sfs",
    "lag ",
    "-lagen",
    "-förordning",
    "-balken",
    "prop",
    "sou ",
    "ds ",
    "bet.",
    "betänkande",
    "rskr",
    "direktiv",
    "fs ",
    "eu ",
    "(eu)",
    "(eg)",
    "skrivelse",
    "motion",
    "standard",
    "iso",
];

/// `KS 2023/00123`, `2023-01234`, `T 1234-23`: digits with one joint, a year among them.
pub(super) fn case(lens: &Lens<'_>, at: usize) -> Found {
    let [first, second] = lens.runs.get(at..at + 2)? else { return None };
    let joint = lens.slice(first.end, second.start);
    let year = |run: &super::Run| run.len() == 4 && matches!(lens.digits(*run), [b'1', b'9', ..] | [b'2', b'0', ..]);
    let forward = year(first) && matches!(joint, "/" | "-" | ":" | ".") && (3..=7).contains(&second.len());
    let backward = (3..=6).contains(&first.len()) && matches!(joint, "-" | "/") && (year(second) || (second.len() == 2 && !year(first)));
    if !(forward || backward) || !lens.opens(first.start) {
        return None;
    }
    let (start, letters) = prefix(lens, first.start);
    let context = lens.context(start);
    let mut end = second.end;
    let mut next = at + 2;
    // `2.3.1-12345/2023`, `2023-01234-5`: one more joint.
    if let Some(third) = lens
        .run(next)
        .filter(|run| run.start == end + 1 && matches!(lens.byte(end), b'-' | b'/' | b':') && run.len() <= 5)
    {
        if forward && third.len() <= 2 && second.len() <= 2 {
            return None;
        }
        (end, next) = (third.end, next + 1);
    }
    if lens.word_at(end) || context.near(LAW) {
        return None;
    }
    let named = context.near(CASE);
    let shaped = letters >= 1 && forward && joint != "." && lens.byte(first.end) != b':';
    let confidence = match (named, shaped && letters >= 2) {
        (true, _) => 0.95,
        (false, true) => 0.8,
        (false, false) if (forward && joint == "-" && second.len() >= 5) || (letters == 1 && backward && second.len() == 2) => 0.6,
        (false, false) => return None,
    };
    Some((
        span(
            start,
            end,
            Kind::CaseNumber,
            confidence,
            "a year and a serial number, as a case is numbered",
        ),
        next,
    ))
}

/// The start of a word of capitals (a board or a kind of case) before `at`, and how many they are.
fn prefix(lens: &Lens<'_>, at: usize) -> (usize, usize) {
    let end = if matches!(lens.before(at), b' ' | b'-') {
        at.saturating_sub(1)
    } else {
        at
    };
    let capitals = |text: &str| {
        text.chars()
            .rev()
            .take_while(|c| c.is_uppercase())
            .map(char::len_utf8)
            .sum::<usize>()
    };
    let length = capitals(lens.slice(0, end));
    let start = end - length;
    let count = lens.slice(start, end).chars().count();
    if (1..=5).contains(&count) && !is_word(lens.before(start)) {
        (start, count)
    } else {
        (at, 0)
    }
}

const PASSPORT: &[&str] = &[
    "-pass ",
    "passnr",
    "pass nr",
    "passnummer",
    "passport",
    "id-kort",
    "identitetskort",
    "nationellt id",
    "pass:",
    "passet",
];
const LICENCE: &[&str] = &["körkort", "driving licen", "driver's licen", "driver licen", "drivers licen"];

/// The number of a passport, an identity card or a driving licence, where words just before say so.
pub(super) fn identity_document(lens: &Lens<'_>, at: usize) -> Found {
    let run = lens.run(at)?;
    if !(6..=10).contains(&run.len()) {
        return None;
    }
    let letters = lens
        .bytes
        .get(..run.start)?
        .iter()
        .rev()
        .take(3)
        .take_while(|byte| byte.is_ascii_uppercase())
        .count();
    let start = run.start - letters;
    if letters > 2 || is_word(lens.before(start)) || !lens.closes(run.end) || (letters == 0 && !lens.opens(start)) {
        return None;
    }
    let context = lens.context(start);
    let kind = if context.wide(LICENCE) {
        Kind::DrivingLicence
    } else if context.wide(PASSPORT) {
        Kind::PassportNumber
    } else {
        return None;
    };
    Some((
        span(
            start,
            run.end,
            kind,
            0.9,
            "the length of such a number, beside words about the document",
        ),
        at + 1,
    ))
}
