//! From counts to verdicts: clean columns by likelihood, contaminated ones by the exact tail, headers where cells say nothing.
//!
//! In: everything counted in a table. Out: one finding per column. Source of the method and its constants: `privacy.md` 1.2.

use fyr_model::privacy::PersonalDataFinding;

use super::base::{Stratum, binomial_tail, holm, log_ratio};
use super::cell::Mark;
use super::headers::Meaning;
use super::identity::{FORMS, Form};
use super::{Counted, Tally, Verdict};

mod kinds;

/// Log-likelihood ratio from which a column is of the type: a thousand to one.
const LOG_RATIO_MIN: f64 = 6.907_755;
/// Error rate over all columns of a table for contamination.
const ALPHA: f64 = 0.002;
/// What a header adds to or takes from the log-likelihood ratio.
const HEADER_PRIOR: f64 = 3.0;
/// What name or birth columns beside it add.
const SIBLING_PRIOR: f64 = 1.0;
/// A header of the type lowers the base rate by two orders of magnitude, a separator by one.
const HEADER_FACTOR: f64 = 0.01;
const SEPARATOR_FACTOR: f64 = 0.1;

/// The cells of a column are no independent draws: among millions of them a base rate that is off by a thirtieth proves nothing.
const SLACK: f64 = 1.03;

/// A test of one kind in one column.
#[derive(Debug, Clone, Copy, Default)]
struct Test {
    hits: u64,
    log_ratio: f64,
    base: f64,
    p: f64,
    clean: bool,
}

pub(super) fn judge(columns: &[Counted]) -> Vec<PersonalDataFinding> {
    let siblings = columns
        .iter()
        .filter(|column| {
            matches!(
                column.meaning,
                Some(
                    Meaning::GivenName | Meaning::FamilyName | Meaning::PersonName | Meaning::DateOfBirth | Meaning::Gender | Meaning::Age
                )
            )
        })
        .count();
    let people: Vec<Test> = columns.iter().map(|column| person_test(column, siblings > 0)).collect();
    let phones: Vec<Test> = columns.iter().map(phone_test).collect();
    // Only tests that were made count in Holm's correction: a column without a candidate has nothing to reject.
    let made: Vec<(usize, bool, f64)> = people
        .iter()
        .enumerate()
        .map(|(index, test)| (index, true, test))
        .chain(phones.iter().enumerate().map(|(index, test)| (index, false, test)))
        .filter(|(_, _, test)| test.hits > 0 && !test.clean)
        .map(|(index, person, test)| (index, person, test.p))
        .collect();
    let rejected = holm(&made.iter().map(|(_, _, p)| *p).collect::<Vec<_>>(), ALPHA);
    let found = |column: usize, person: bool| {
        made.iter()
            .zip(&rejected)
            .any(|((index, kind, _), rejected)| *index == column && *kind == person && *rejected)
    };
    let prose = kinds::prose(columns, ALPHA);
    let personal = siblings > 0 || people.iter().any(|test| test.clean);
    columns
        .iter()
        .zip(people.iter().zip(&phones))
        .enumerate()
        .map(|(index, (column, (person, phone)))| {
            by_person(column, person, found(index, true))
                .or_else(|| by_contact(column, phone, found(index, false)))
                .or_else(|| kinds::organisation(column))
                .or_else(|| kinds::whole(column, personal))
                .or_else(|| by_header(column, personal))
                .or_else(|| kinds::inside(column, index, &prose))
                .unwrap_or_else(|| nothing(column, person))
        })
        .collect()
}

/// Whether the column holds organisations' numbers: most cells are, or the header says so and many are.
pub(super) fn is_organisations(column: &Counted) -> bool {
    let share = column.tally(Mark::Organisation).cells as f64 / column.cells.max(1) as f64;
    share >= 0.8 || (column.meaning == Some(Meaning::Organisation) && share >= 0.3)
}

fn person_test(column: &Counted, siblings: bool) -> Test {
    let organisations = is_organisations(column);
    let header = column.meaning == Some(Meaning::Identity);
    let mut test = Test {
        p: 1.0,
        base: 1.0,
        ..Test::default()
    };
    let (mut ratio, mut strata) = (0.0, 0u32);
    for (form, (pair, organisation)) in FORMS.iter().zip(column.strata.iter().zip(&column.organisations)) {
        // Among accounts, ten digits behind a clearing number are an account's; the one that is its holder's has a form of its own.
        let accounts = column.share(Mark::Account) > 0.5 && *form != Form::Account && !header;
        // Metres of SWEREF 99 TM north read as days of June and July 2000 that have lost their noughts.
        let metres = *form == Form::Padded && !header && column.points * 10 >= column.cells * 8;
        for (inside, stratum) in pair
            .iter()
            .enumerate()
            .filter(|(_, stratum)| stratum.hits > 0 && !accounts && !metres)
        {
            let explained = if organisations && inside == 0 { *organisation } else { 0 };
            let stratum = Stratum {
                tested: stratum.tested.saturating_sub(explained),
                checked: stratum.checked.saturating_sub(explained),
                ..*stratum
            };
            let base = base_rate(*form, &stratum, organisations, header);
            strata += 1;
            test.hits += stratum.hits;
            test.base = test.base.min(base);
            test.p = test.p.min(binomial_tail(stratum.hits, stratum.tested, base * SLACK));
            ratio += log_ratio(stratum.hits, stratum.hits, base);
        }
    }
    // Incomplete dates count where complete ones or the header show what the column is.
    let coordination = column.tally(Mark::Coordination).cells > 0 || header;
    let weak = if coordination {
        column.tally(Mark::CoordinationWeak).cells
    } else {
        0
    };
    let cells = column.cells;
    let hits = (test.hits + weak).min(cells);
    ratio += log_ratio(weak, weak, 0.01) + log_ratio(0, cells - hits, 0.01);
    ratio += match column.meaning {
        Some(Meaning::Identity) => HEADER_PRIOR,
        Some(Meaning::Phone) => -HEADER_PRIOR,
        Some(meaning) if meaning.is_contrary() => -HEADER_PRIOR,
        _ => 0.0,
    };
    ratio += if siblings { SIBLING_PRIOR } else { 0.0 };
    test.hits += weak;
    test.log_ratio = ratio;
    test.p = (test.p * f64::from(strata.max(1))).min(1.0);
    test.clean = hits > 0 && ratio > LOG_RATIO_MIN && hits * 2 >= cells;
    test
}

fn base_rate(form: Form, stratum: &Stratum, organisations: bool, header: bool) -> f64 {
    let twelve = matches!(form, Form::Twelve | Form::TwelveSeparated);
    let alone = stratum.tested <= 2 * stratum.hits;
    let separated = matches!(form, Form::TenSeparated | Form::TwelveSeparated | Form::Vat | Form::Account);
    let mut base = stratum.base_rate(twelve);
    // Among organisations' numbers a person's cannot arise by chance, only by a slip of the pen.
    if organisations || (separated && alone) {
        base *= SEPARATOR_FACTOR;
    }
    if organisations && separated {
        base *= SEPARATOR_FACTOR;
    }
    if header { base * HEADER_FACTOR } else { base }
}

/// Rates at which other cells look like a telephone number: with country code, with separated area code, as bare digits.
const PHONE_BASE: [f64; 3] = [1e-5, 1e-3, 0.05];

fn phone_test(column: &Counted) -> Test {
    let header = column.meaning == Some(Meaning::Phone);
    let inside = column.tally(Mark::Phone).cells.saturating_sub(column.phones.iter().sum());
    let mut test = Test {
        p: 1.0,
        base: 1.0,
        ..Test::default()
    };
    let tested = [column.cells, column.cells, column.phone_shapes];
    for ((hits, tested), own) in column.phones.iter().zip(tested).zip(PHONE_BASE).filter(|((hits, _), _)| **hits > 0) {
        let base = if header { own * HEADER_FACTOR } else { own };
        test.hits += hits;
        test.base = test.base.min(base);
        // Bare digits of other things open with a nought as often as they like: a few prove nothing without a header.
        if header || own < PHONE_BASE[2] {
            test.p = test.p.min(binomial_tail(*hits, tested.max(*hits), base) * 3.0);
        }
        test.log_ratio += log_ratio(*hits, *hits, base);
    }
    if inside > 0 {
        test.hits += inside;
        test.base = test.base.min(PHONE_BASE[1]);
        test.p = test.p.min(binomial_tail(inside, column.cells, PHONE_BASE[1]) * 3.0);
    }
    test.log_ratio += log_ratio(0, column.cells - test.hits.min(column.cells), 0.05);
    test.log_ratio += match column.meaning {
        Some(Meaning::Phone) => HEADER_PRIOR,
        Some(Meaning::Identity | Meaning::Organisation) => -HEADER_PRIOR,
        Some(meaning) if meaning.is_contrary() => -HEADER_PRIOR,
        _ => 0.0,
    };
    test.clean = test.hits > 0 && test.log_ratio > LOG_RATIO_MIN && test.hits * 2 >= column.cells;
    test
}

fn by_person(column: &Counted, test: &Test, contaminated: bool) -> Option<PersonalDataFinding> {
    let kinds = [
        (Mark::Identity, "personal_identity_number"),
        (Mark::Coordination, "coordination_number"),
        (Mark::Interim, "interim_number"),
    ];
    // The more frequent kind; at equal counts the first of the list.
    let (_, kind) = kinds
        .into_iter()
        .rev()
        .max_by_key(|(mark, _)| column.tally(*mark).cells)
        .unwrap_or((Mark::Identity, "personal_identity_number"));
    let matches = merged(column, &[Mark::Identity, Mark::Coordination, Mark::CoordinationWeak, Mark::Interim]);
    if test.clean || contaminated {
        let accounts = column
            .strata
            .get(Form::Account as usize)
            .map_or(0, |pair| pair.iter().map(|s| s.hits).sum());
        let kind = if accounts > 0 && accounts == test.hits {
            "bank_account"
        } else {
            kind
        };
        let state = if test.clean { "clean column" } else { "contaminated column" };
        let note = match (is_organisations(column), column.inside) {
            (true, _) => "; among organisation numbers, so sole traders".to_owned(),
            (false, 0) => String::new(),
            (false, inside) => format!("; {inside} cells hold it inside longer text"),
        };
        let evidence = format!("{state}: {}{note}", numbers(column, test));
        let confidence = if test.clean { logistic(test.log_ratio) } else { 1.0 - test.p };
        return Some(finding(column, Verdict::Direct, Some(kind), &matches, confidence, evidence));
    }
    let long = column.tally(Mark::LongDigits).cells * 2 >= column.cells.max(1);
    if column.meaning == Some(Meaning::Identity) && column.cells > 0 {
        if long {
            let evidence = format!(
                "the header says so, though no more cells than chance pass: {}",
                numbers(column, test)
            );
            return Some(finding(
                column,
                Verdict::Direct,
                Some("personal_identity_number"),
                &matches,
                0.6,
                evidence,
            ));
        }
        let dates = column.tally(Mark::DateDigits);
        if dates.cells * 2 >= column.cells {
            let evidence = format!("the header names a person's number and {} cells are the date of one", dates.cells);
            return Some(finding(column, Verdict::Quasi, Some("date_of_birth"), dates, 0.8, evidence));
        }
    }
    None
}

fn by_contact(column: &Counted, phone: &Test, contaminated: bool) -> Option<PersonalDataFinding> {
    let mails = column.tally(Mark::EMail);
    if mails.cells > 0 {
        let evidence = format!(
            "{} of {} different cells hold an address, which does not arise by chance",
            mails.cells, column.cells
        );
        return Some(finding(column, Verdict::Direct, Some("e_mail"), mails, 0.99, evidence));
    }
    let accounts = column.tally(Mark::Iban);
    // Two letters and a modulus pass by chance once in many millions.
    if accounts.cells > 0 {
        let evidence = format!(
            "{} of {} different cells are account numbers with valid check digits",
            accounts.cells, column.cells
        );
        return Some(finding(column, Verdict::Direct, Some("iban"), accounts, 0.99, evidence));
    }
    if !phone.clean && !contaminated {
        return None;
    }
    let state = if phone.clean { "clean column" } else { "contaminated column" };
    let confidence = if phone.clean { logistic(phone.log_ratio) } else { 1.0 - phone.p };
    let evidence = format!("{state}: {}", numbers(column, phone));
    Some(finding(
        column,
        Verdict::Direct,
        Some("phone"),
        column.tally(Mark::Phone),
        confidence,
        evidence,
    ))
}

fn by_header(column: &Counted, personal: bool) -> Option<PersonalDataFinding> {
    let all = Tally {
        rows: column.rows,
        ..Tally::default()
    };
    if column.rows == 0 {
        return None;
    }
    if let Some(species) = species(column) {
        return Some(species);
    }
    if let Some((verdict, kind)) = column.meaning.and_then(Meaning::verdict) {
        let told = match column.meaning {
            Some(Meaning::Special(category)) => format!("the header says so: {}", category.as_str()),
            _ => "the header says so".to_owned(),
        };
        return Some(finding(column, verdict, kind, &all, 0.8, told));
    }
    let names = column.tally(Mark::NameLike);
    if column.meaning == Some(Meaning::SomeName) && personal && names.cells * 10 >= column.cells * 8 {
        let evidence = format!(
            "{} of {} different cells read as names, beside other columns about people",
            names.cells, column.cells
        );
        return Some(finding(column, Verdict::Direct, Some("person_name"), names, 0.8, evidence));
    }
    let semantic = column.column.semantic.as_ref()?;
    (semantic.kind == "postcode").then(|| {
        finding(
            column,
            Verdict::Quasi,
            Some("postcode"),
            &all,
            semantic.confidence,
            semantic.evidence.clone(),
        )
    })
}

/// A header that speaks of names above names of species: the cells say whose they are.
fn species(column: &Counted) -> Option<PersonalDataFinding> {
    let named = matches!(column.meaning, Some(Meaning::GivenName | Meaning::FamilyName | Meaning::PersonName));
    let (latin, people) = (column.share(Mark::Binomial), column.share(Mark::FullName));
    (named && latin >= 0.5 && people < 0.1).then(|| {
        let tally = column.tally(Mark::Binomial);
        let evidence = format!(
            "{} of {} different cells are names of species in Latin, though the header speaks of names",
            tally.cells, column.cells
        );
        finding(column, Verdict::None, None, tally, 0.9, evidence)
    })
}

fn nothing(column: &Counted, test: &Test) -> PersonalDataFinding {
    let matches = merged(column, &[Mark::Identity, Mark::Coordination, Mark::Interim]);
    let evidence = match test.hits {
        0 => "nothing that identifies a person".to_owned(),
        _ => format!("no more than chance: {}", numbers(column, test)),
    };
    let confidence = if test.hits == 0 { 0.99 } else { test.p.clamp(0.5, 0.99) };
    finding(column, Verdict::None, None, &matches, confidence, evidence)
}

fn numbers(column: &Counted, test: &Test) -> String {
    format!(
        "n = {}, x = {}, base rate {:.1e}, log-likelihood ratio {:.1}, tail {:.1e}, header {}",
        column.cells,
        test.hits,
        test.base,
        test.log_ratio,
        test.p,
        match column.meaning {
            Some(Meaning::Identity | Meaning::Phone | Meaning::Organisation) => "agrees",
            Some(meaning) if meaning.is_contrary() => "speaks against",
            _ => "silent",
        }
    )
}

/// The tallies of several marks as one; a cell that bears two is counted for the larger only.
fn merged(column: &Counted, marks: &[Mark]) -> Tally {
    let mut tally = Tally::default();
    for mark in marks {
        let one = column.tally(*mark);
        tally.cells += one.cells;
        tally.rows += one.rows;
        tally.first.extend(&one.first);
    }
    tally.rows = tally.rows.min(column.rows);
    tally.first.sort_unstable();
    tally.first.dedup();
    tally.first.truncate(super::POSITIONS);
    tally
}

fn logistic(ratio: f64) -> f64 {
    1.0 / (1.0 + (-ratio).exp())
}

pub(super) fn finding(
    column: &Counted,
    verdict: Verdict,
    kind: Option<&str>,
    tally: &Tally,
    confidence: f64,
    evidence: String,
) -> PersonalDataFinding {
    PersonalDataFinding {
        column: column.column.name.clone(),
        verdict: verdict.as_str().to_owned(),
        kind: kind.map(str::to_owned),
        tested: column.rows,
        matches: tally.rows,
        share: if column.rows == 0 {
            0.0
        } else {
            tally.rows as f64 / column.rows as f64
        },
        confidence: confidence.clamp(0.0, 0.9999),
        evidence,
        rows: tally.first.clone(),
    }
}
