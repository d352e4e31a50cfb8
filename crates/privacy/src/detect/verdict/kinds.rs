//! Verdicts on what has a shape and no check digit: plates, addresses, documents, names; and on what stands inside prose.
//!
//! In: the tallies of a column, its header and, for prose, all columns at once. Out: a finding or nothing. A shape alone asks for nearly all
//! cells; a header that agrees lowers what is asked; a header that speaks against it ends the matter.

use fyr_model::privacy::PersonalDataFinding;

use super::super::base::{binomial_tail, holm};
use super::super::cell::Mark;
use super::super::headers::Meaning;
use super::super::{Counted, Tally, Verdict};
use super::{finding, is_organisations};
use crate::kind::{KINDS, Kind};

/// A kind known by the shape of whole cells.
struct Shaped {
    mark: Mark,
    kind: Kind,
    verdict: Verdict,
    /// Share of cells asked for when the header says so, and when it is silent; above 1 means never.
    named: f64,
    silent: f64,
    header: fn(Meaning) -> bool,
}

#[rustfmt::skip]
const SHAPED: &[Shaped] = &[
    Shaped { mark: Mark::Account, kind: Kind::BankAccount, verdict: Verdict::Direct, named: 0.4, silent: 0.9, header: |m| m == Meaning::BankAccount },
    Shaped { mark: Mark::Mac, kind: Kind::MacAddress, verdict: Verdict::Quasi, named: 0.3, silent: 0.5, header: |m| m == Meaning::Mac },
    Shaped { mark: Mark::Ip, kind: Kind::IpAddress, verdict: Verdict::Quasi, named: 0.3, silent: 0.7, header: |m| m == Meaning::Ip },
    Shaped { mark: Mark::Document, kind: Kind::PassportNumber, verdict: Verdict::Direct, named: 0.5, silent: 2.0, header: |m| m == Meaning::Passport },
    Shaped { mark: Mark::Document, kind: Kind::DrivingLicence, verdict: Verdict::Direct, named: 0.5, silent: 2.0, header: |m| m == Meaning::Licence },
    Shaped { mark: Mark::Plate, kind: Kind::VehiclePlate, verdict: Verdict::Quasi, named: 0.3, silent: 0.95, header: |m| m == Meaning::Plate },
    Shaped { mark: Mark::Property, kind: Kind::PropertyDesignation, verdict: Verdict::Quasi, named: 0.2, silent: 0.6, header: |m| m == Meaning::Property },
    Shaped { mark: Mark::Street, kind: Kind::StreetAddress, verdict: Verdict::Quasi, named: 0.2, silent: 0.6, header: |m| m == Meaning::StreetAddress },
    Shaped { mark: Mark::Postcode, kind: Kind::Postcode, verdict: Verdict::Quasi, named: 0.5, silent: 2.0, header: |m| m == Meaning::Postcode },
    Shaped { mark: Mark::Case, kind: Kind::CaseNumber, verdict: Verdict::None, named: 0.4, silent: 0.9, header: |m| m == Meaning::Case },
    Shaped { mark: Mark::FullName, kind: Kind::PersonName, verdict: Verdict::Direct, named: 0.3, silent: 0.55, header: |m| m == Meaning::PersonName },
    Shaped { mark: Mark::GivenName, kind: Kind::GivenName, verdict: Verdict::Direct, named: 0.2, silent: 0.65, header: |m| m == Meaning::GivenName },
    Shaped { mark: Mark::FamilyName, kind: Kind::FamilyName, verdict: Verdict::Direct, named: 0.2, silent: 0.6, header: |m| m == Meaning::FamilyName },
    Shaped { mark: Mark::BirthDay, kind: Kind::DateOfBirth, verdict: Verdict::Quasi, named: 0.3, silent: 2.0, header: |m| m == Meaning::DateOfBirth },
    Shaped { mark: Mark::Point, kind: Kind::Coordinate, verdict: Verdict::None, named: 0.5, silent: 0.8, header: |m| matches!(m, Meaning::Point(_)) },
];

/// Different cells that a shape without a header needs.
const CELLS_MIN: u64 = 8;

/// A column whose cells have the shape of one kind.
pub(super) fn whole(column: &Counted, personal: bool) -> Option<PersonalDataFinding> {
    let found = SHAPED.iter().filter(|shaped| asked(column, shaped)).max_by(|a, b| {
        let weight = |shaped: &Shaped| (column.meaning.is_some_and(shaped.header), column.share(shaped.mark));
        weight(a).partial_cmp(&weight(b)).unwrap_or(std::cmp::Ordering::Equal)
    });
    match found {
        Some(shaped) => Some(told(column, shaped, personal)),
        None => points(column, personal)
            .or_else(|| codes(column))
            .or_else(|| header_without_shape(column)),
    }
}

fn asked(column: &Counted, shaped: &Shaped) -> bool {
    let (share, named) = (column.share(shaped.mark), column.meaning.is_some_and(shaped.header));
    if named {
        return share >= shaped.named && column.cells > 0;
    }
    let against = column.meaning.is_some_and(|meaning| meaning != Meaning::SomeName);
    share >= shaped.silent && !against && column.cells >= CELLS_MIN
}

/// Each name once in a long column: names are told about, not people.
fn is_list_of_names(column: &Counted) -> bool {
    let single = column.tally(Mark::FullName).cells * 2 < column.cells;
    single && column.cells >= 100 && column.rows == column.cells
}

fn told(column: &Counted, shaped: &Shaped, personal: bool) -> PersonalDataFinding {
    let (tally, named) = (column.tally(shaped.mark), column.meaning.is_some_and(shaped.header));
    if shaped.kind.is_name() && is_list_of_names(column) {
        let evidence = format!(
            "{} of {} cells are names and each stands once: names are told about, not people",
            tally.cells, column.cells
        );
        return finding(column, Verdict::None, None, tally, 0.8, evidence);
    }
    let says = if named {
        "and the header says so"
    } else {
        "and the header is silent"
    };
    let verdict = if shaped.mark == Mark::Point {
        exposure(column, personal)
    } else {
        shaped.verdict
    };
    let evidence = format!("{} of {} different cells have the shape, {says}", tally.cells, column.cells);
    let confidence = column.share(shaped.mark).clamp(0.5, 0.97) * if named { 1.0 } else { 0.9 };
    finding(column, verdict, Some(shaped.kind.as_str()), tally, confidence, evidence)
}

/// A point is of a dwelling where the header says so or people stand beside it; a station's point is nobody's.
fn exposure(column: &Counted, personal: bool) -> Verdict {
    if personal || column.meaning == Some(Meaning::Point(true)) {
        Verdict::Quasi
    } else {
        Verdict::None
    }
}

/// Numbers that are coordinates: the header says so, and nearly all could be of a point in Sweden and are exact.
fn points(column: &Counted, personal: bool) -> Option<PersonalDataFinding> {
    let named = matches!(column.meaning, Some(Meaning::Point(_)));
    if !named || column.points * 10 < column.cells * 8 || column.cells == 0 {
        return None;
    }
    let all = Tally {
        rows: column.rows,
        ..Tally::default()
    };
    let evidence = format!(
        "{} of {} different numbers could be one of a point in Sweden, as exact as a dwelling",
        column.points, column.cells
    );
    Some(finding(
        column,
        exposure(column, personal),
        Some(Kind::Coordinate.as_str()),
        &all,
        0.85,
        evidence,
    ))
}

/// Codes of diagnoses.
fn codes(column: &Counted) -> Option<PersonalDataFinding> {
    let tally = column.tally(Mark::Icd);
    let silent = column.meaning.is_none() && tally.cells >= CELLS_MIN && column.share(Mark::Icd) >= 0.5 && column.rows >= 2 * column.cells;
    silent.then(|| {
        let evidence = format!(
            "{} of {} different cells have the form of ICD-10, each used often: health (GDPR Art. 9)",
            tally.cells, column.cells
        );
        finding(
            column,
            Verdict::Sensitive,
            Some(Kind::SpecialCategory.as_str()),
            tally,
            0.7,
            evidence,
        )
    })
}

/// Headers that name a kind whose cells cannot be recognised by shape alone and are not empty.
fn header_without_shape(column: &Counted) -> Option<PersonalDataFinding> {
    let (kind, verdict) = match column.meaning? {
        Meaning::BankAccount if column.tally(Mark::LongDigits).cells * 2 > column.cells => (Kind::BankAccount, Verdict::Direct),
        Meaning::Iban if column.cells > 0 => (Kind::Iban, Verdict::Direct),
        _ => return None,
    };
    let all = Tally {
        rows: column.rows,
        ..Tally::default()
    };
    Some(finding(
        column,
        verdict,
        Some(kind.as_str()),
        &all,
        0.6,
        "the header says so and the cells are as long, though check digits do not agree".to_owned(),
    ))
}

/// Organisations' numbers: no person, unless one is the estate of a dead one (group 1).
pub(super) fn organisation(column: &Counted) -> Option<PersonalDataFinding> {
    if !is_organisations(column) {
        return None;
    }
    let (all, estates, vat) = (
        column.tally(Mark::Organisation),
        column.tally(Mark::Estate),
        column.tally(Mark::Vat),
    );
    if estates.cells > 0 {
        let evidence = format!(
            "{} of {} different numbers are estates of deceased persons (group 1)",
            estates.cells, column.cells
        );
        return Some(finding(
            column,
            Verdict::Direct,
            Some("organisation_number"),
            estates,
            0.95,
            evidence,
        ));
    }
    let (kind, tally) = if vat.cells * 2 >= all.cells {
        (Kind::VatNumber, vat)
    } else {
        (Kind::OrganisationNumber, all)
    };
    let evidence = format!(
        "{} of {} different cells are organisation numbers, none a person's",
        all.cells, column.cells
    );
    Some(finding(column, Verdict::None, Some(kind.as_str()), tally, 0.95, evidence))
}

/// How often a cell of prose holds a span of the kind though nobody is meant.
fn base(kind: Kind) -> Option<f64> {
    use Kind::*;
    Some(match kind {
        EMail | Iban | MacAddress => 1e-6,
        BankAccount | PassportNumber | DrivingLicence | DateOfBirth => 1e-4,
        IpAddress | Coordinate => 1e-4,
        VehiclePlate | PropertyDesignation => 2e-3,
        StreetAddress | Postcode => 5e-3,
        PersonName => 2e-3,
        FamilyName => 1e-3,
        _ => return None,
    })
}

/// What stands inside prose, per column: the kinds that are more than chance, by Holm over all columns and kinds.
pub(super) fn prose(columns: &[Counted], alpha: f64) -> Vec<(usize, Kind)> {
    let mut made = Vec::new();
    for (index, column) in columns.iter().enumerate() {
        for kind in KINDS {
            let cells = column.inside(kind).cells;
            let Some(base) = base(kind).filter(|_| cells > 0) else { continue };
            made.push((index, kind, binomial_tail(cells, column.cells.max(cells), base)));
        }
    }
    let rejected = holm(&made.iter().map(|(_, _, p)| *p).collect::<Vec<_>>(), alpha);
    made.iter()
        .zip(rejected)
        .filter(|(_, rejected)| *rejected)
        .map(|((index, kind, _), _)| (*index, *kind))
        .collect()
}

/// Prose with something personal in it: the kind that names a person, else the most frequent.
pub(super) fn inside(column: &Counted, index: usize, found: &[(usize, Kind)]) -> Option<PersonalDataFinding> {
    let kinds = found.iter().filter(|(place, _)| *place == index).map(|(_, kind)| *kind);
    let kind = kinds.max_by_key(|kind| (kind.is_direct(), column.inside(*kind).cells))?;
    let tally = column.inside(kind);
    let verdict = if kind.is_direct() { Verdict::Direct } else { Verdict::Quasi };
    let evidence = format!("{} of {} different cells hold it inside longer text", tally.cells, column.cells);
    Some(finding(column, verdict, Some(kind.as_str()), tally, 0.9, evidence))
}
