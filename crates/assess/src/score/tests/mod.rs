use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use fyr_model::catalogue::{Agent, Contact, Distribution, Location, Period, Value};
use fyr_model::link::{LinkState, LinkTry, LinkVerdict};
use fyr_model::pipeline::CardAnswers;
use fyr_model::privacy::{Check, Clearance, Decision, Interest, PersonalDataFinding, PrivacyReport, ProtectionFacts, SearchFacts};
use fyr_model::quality::{QualityReport, RuleResult};
use fyr_model::readiness::ProvenanceFacts;
use fyr_model::resource::{Resource, Validators};
use fyr_model::table::{
    Column, ColumnProfile, ColumnType, Distinct, ReadingReport, Repair, Semantic, TableProfile, TableSource, ValueCount,
};
use fyr_model::{CatalogueView, Dataset, LangString, LangStrings, Sha256};

use super::*;
use crate::metadata_evidence;

mod gates;
mod indicators;

const FILE: &str = "https://data.exempelby.example/trad.parquet";

fn at() -> DateTime<Utc> {
    "2026-11-22T12:00:00Z".parse().unwrap()
}
fn iri(text: &str) -> Vec<Value> {
    vec![Value::Iri(text.into())]
}
fn eu(list: &str, code: &str) -> Vec<Value> {
    iri(&format!("http://publications.europa.eu/resource/authority/{list}/{code}"))
}
fn both(sv: &str, en: &str) -> LangStrings {
    let one = |value: &str, lang: &str| LangString {
        value: value.into(),
        lang: Some(lang.into()),
    };
    LangStrings(vec![one(en, "en"), one(sv, "sv")])
}
fn said(text: &str) -> Option<Text> {
    Some(Text::new(text, text))
}

fn dataset() -> Dataset {
    Dataset {
        title: both("Träd i parkerna", "Trees in the parks"),
        description: both(
            &"Träd som kommunen sköter, med art och läge. ".repeat(4),
            "Trees that the municipality tends.",
        ),
        publisher: vec![Agent {
            iri: "http://dataportal.se/organisation/SE2120009994".into(),
            name: both("Exempelby kommun", "Municipality of Exempelby"),
            ..Agent::default()
        }],
        contact: vec![Contact {
            email: vec!["oppnadata@exempelby.example".into()],
            ..Contact::default()
        }],
        keyword: both("träd", "tree"),
        theme: eu("data-theme", "ENVI"),
        spatial: vec![Location {
            iri: Some("http://sws.geonames.org/2661886".into()),
            ..Location::default()
        }],
        temporal: vec![Period {
            start: Some("2020-01-01".into()),
            end: None,
        }],
        access_rights: eu("access-right", "PUBLIC"),
        frequency: eu("frequency", "MONTHLY"),
        distributions: vec![Distribution {
            iri: "https://data.exempelby.example/dataset/trad/parquet".into(),
            described: true,
            access_url: iri(FILE),
            download_url: iri(FILE),
            format: vec![Value::Literal("application/vnd.apache.parquet".into())],
            licence: iri("http://creativecommons.org/publicdomain/zero/1.0/"),
            byte_size: Some("1200".into()),
            checksum: Some((
                Sha256::of(b"trad").to_string(),
                "http://spdx.org/rdf/terms#checksumAlgorithm_sha256".into(),
            )),
            ..Distribution::default()
        }],
        ..Dataset::new("https://data.exempelby.example/dataset/trad")
    }
}

/// Nothing but metadata.
fn bare() -> Evidence {
    metadata_evidence(&CatalogueView::default(), &dataset(), at())
}

fn resource() -> Resource {
    Resource {
        url: FILE.into(),
        final_url: FILE.into(),
        path: "/dev/null".into(),
        sha256: Sha256::of(b"trad"),
        bytes: 1200,
        media_type: Some("application/vnd.apache.parquet".into()),
        charset: None,
        validators: Validators::default(),
        statuses: vec![200],
        fetched_at: at(),
    }
}
fn link(state: LinkState, settled: bool) -> LinkVerdict {
    LinkVerdict {
        url: FILE.into(),
        state,
        settled,
        tries: vec![LinkTry {
            method: "GET".into(),
            status: Some(200),
            final_url: FILE.into(),
            media_type: Some("application/vnd.apache.parquet".into()),
            sniffed: None,
            bytes: 1200,
            validator: true,
            ranges: true,
            milliseconds: 12,
            error: None,
            retry_after: None,
            at: at(),
        }],
    }
}
fn profiled(name: &str, kind: ColumnType) -> ColumnProfile {
    ColumnProfile {
        name: name.into(),
        kind,
        distinct: Distinct {
            value: 3,
            method: "exact".into(),
            ..Distinct::default()
        },
        description: said("Vad kolumnen betyder"),
        unit: matches!(kind, ColumnType::Integer | ColumnType::Number).then(|| "m".to_owned()),
        ..ColumnProfile::default()
    }
}
fn profile() -> TableProfile {
    let code = ColumnProfile {
        semantic: Some("municipality_code".into()),
        top: Some(vec![ValueCount {
            value: "9999".into(),
            count: 40,
        }]),
        ..profiled("kommunkod", ColumnType::Code)
    };
    let date = ColumnProfile {
        max: Some("2026-11-01".into()),
        ..profiled("inventerad", ColumnType::Date)
    };
    TableProfile {
        source: None,
        rows: 40,
        bad_rows: 0,
        duplicate_rows: 0,
        keys: vec!["id".into()],
        columns: vec![profiled("id", ColumnType::Text), code, date, profiled("hojd", ColumnType::Number)],
        ..TableProfile::default()
    }
}
fn reading() -> ReadingReport {
    let column = |name: &str, kind: ColumnType, semantic: Option<Semantic>| Column {
        name: name.into(),
        header: name.into(),
        kind,
        semantic,
        description: None,
        unit: None,
    };
    let municipality = Semantic {
        kind: "municipality_code".into(),
        confidence: 1.0,
        matches: 40,
        evidence: "40 of 40".into(),
    };
    ReadingReport {
        source: TableSource {
            format: "parquet".into(),
            media_type: "application/vnd.apache.parquet".into(),
            encoding: None,
            dialect: None,
            packing: None,
            table: None,
            bytes: 1200,
            sha256: Sha256::of(b"trad"),
        },
        rows: 40,
        bad_rows: 0,
        columns: vec![
            column("id", ColumnType::Text, None),
            column("kommunkod", ColumnType::Code, Some(municipality)),
        ],
        nulls: BTreeMap::new(),
        rejects: BTreeMap::new(),
        repairs: vec![],
        source_crs: None,
        findings: vec![],
    }
}
fn rule(id: &str, passed: bool) -> RuleResult {
    RuleResult {
        id: id.into(),
        severity: "error".into(),
        message: Text::new("", ""),
        passed,
        checked: 40,
        failed: 0,
        share: 0.0,
        limit: "0 rows".into(),
        rows: vec![],
        row_ranges: vec![],
        rows_sha256: None,
        registers: vec![],
        parameters: BTreeMap::new(),
        change: None,
    }
}
fn checked(ids: &[(&str, bool)]) -> Option<Vec<Check>> {
    let check = |(id, ok): &(&str, bool)| Check {
        id: (*id).into(),
        ok: *ok,
        detail: Text::new("", ""),
    };
    Some(ids.iter().map(check).collect())
}
fn found(column: &str, verdict: &str, kind: &str) -> PersonalDataFinding {
    PersonalDataFinding {
        column: column.into(),
        verdict: verdict.into(),
        kind: Some(kind.into()),
        tested: 40,
        matches: 40,
        share: 1.0,
        confidence: 1.0,
        evidence: "40 of 40 with a valid check digit".into(),
        rows: vec![0],
    }
}
fn audited(k: Option<u64>) -> PrivacyReport {
    PrivacyReport {
        files: BTreeMap::new(),
        rows: 40,
        quasi_identifiers: k.map(|_| "alder".to_owned()).into_iter().collect(),
        k,
        k_required: k.map(|_| 10),
        classes: 4,
        prosecutor_max: None,
        prosecutor_average: None,
        unique_share: None,
        l: BTreeMap::new(),
        t: BTreeMap::new(),
        held: None,
        detections: vec![],
        cleared: BTreeMap::new(),
        checks: vec![],
        passed: true,
    }
}
fn protection() -> ProtectionFacts {
    ProtectionFacts {
        rows_in: 40,
        rows_out: 40,
        models: vec!["10-anonymity".into()],
        columns: vec![],
        suppressed_rows: 0,
        loss_metric: "entropy".into(),
        loss: 0.25,
        search: SearchFacts::default(),
        recoding: None,
        microaggregated: Vec::new(),
    }
}
fn decision(interest: Interest) -> Decision {
    Decision {
        interest,
        candidate: Sha256::of(b"kandidat"),
        by: "Eva Exempel".into(),
        role: "informationssäkerhetschef".into(),
        organisation: "2120009994".into(),
        ground: "inga skyddsvärda uppgifter".into(),
        diary_number: None,
        secrecy_section: None,
        at: at(),
        invented: true,
        standing: None,
    }
}
fn card() -> CardAnswers {
    CardAnswers {
        collection: said("Inventering på plats."),
        intended_use: said("Skötselplaner."),
        limits: said("Privata tomter saknas."),
        bias: said("Centrum är tätare inventerat."),
        personal_data: said("Inga."),
        plan: said("Varje månad."),
    }
}

/// What a foreign publisher can win with files of its own: Parquet, Croissant, checksums, provenance, protection report.
fn foreign() -> Evidence {
    Evidence {
        distribution: Some("https://data.exempelby.example/dataset/trad/parquet".into()),
        links: BTreeMap::from([(FILE.to_owned(), link(LinkState::Alive, true))]),
        resource: Some(resource()),
        reading: Some(reading()),
        profile: Some(profile()),
        quality: Some(QualityReport {
            rules: vec![rule("kommunkod-i-registret", true)],
            ..QualityReport::default()
        }),
        detections: Some(vec![found("id", "none", "uuid")]),
        protection: Some(protection()),
        privacy: Some(audited(Some(12))),
        decisions: Interest::ALL.into_iter().map(decision).collect(),
        packaging: checked(&[
            ("parquet-footer", true),
            ("croissant-required", true),
            ("split-declared", true),
            ("statistics-sidecar", true),
        ]),
        card: card(),
        update_plan: true,
        provenance: Some(ProvenanceFacts {
            source_recorded: true,
            versioned: true,
            steps_recorded: true,
            signed: true,
        }),
        harvests_seen: 3,
        ..bare()
    }
}
fn release() -> Evidence {
    Evidence {
        subject: Subject::Release,
        packaging: checked(&[("parquet-footer", true), ("croissant-required", true), ("hash-all", true)]),
        ..foreign()
    }
}

fn of<'a>(readiness: &'a Readiness, id: &str) -> &'a Indicator {
    readiness
        .indicators
        .iter()
        .find(|indicator| indicator.id == id)
        .unwrap_or_else(|| panic!("{id}"))
}
fn seen(evidence: &Evidence, id: &str) -> (Status, f64) {
    let readiness = readiness(evidence);
    let indicator = of(&readiness, id);
    (indicator.status, indicator.fraction)
}
/// The indicator after a change to `evidence`.
fn after(mut evidence: Evidence, id: &str, change: impl FnOnce(&mut Evidence)) -> (Status, f64) {
    change(&mut evidence);
    seen(&evidence, id)
}
fn near(a: f64, b: f64) -> bool {
    (a - b).abs() < 1e-9
}

fn won(readiness: &Readiness) -> f64 {
    readiness.indicators.iter().map(|indicator| indicator.points).sum()
}

#[test]
fn there_are_44_indicators_that_sum_to_100_by_dimension() {
    assert_eq!(RULES.indicator.len(), 44);
    let sum = |name: &str| {
        RULES
            .indicator
            .iter()
            .filter(|row| row.dimension == name)
            .map(|row| row.weight)
            .sum::<f64>()
    };
    assert_eq!(
        DIMENSIONS.map(|(name, _, _)| sum(name)),
        [12.0, 12.0, 14.0, 14.0, 18.0, 14.0, 10.0, 6.0]
    );
    for row in &RULES.indicator {
        assert!(
            ["metadata", "file", "process"].contains(&row.effort.as_str()) && !row.topic.is_empty(),
            "{}",
            row.id
        );
        for subject in [Subject::Source, Subject::Release] {
            let test = row.applies.of(subject);
            assert!(
                test == "always" || RULES.tests.contains_key(test),
                "{} names the test {test}",
                row.id
            );
        }
        for text in [&row.name, &row.raise_it] {
            assert!(!text.en.is_empty() && fyr_model::glossary::misused(&text.sv).is_empty(), "{text:?}");
        }
    }
}

#[test]
fn a_foreign_source_wins_everything_that_can_be_measured_without_using_fyr() {
    let readiness = readiness(&foreign());
    let short: Vec<(&str, Status)> = readiness
        .indicators
        .iter()
        .filter(|indicator| !matches!(indicator.status, Status::Pass | Status::NotApplicable))
        .map(|indicator| (indicator.id.as_str(), indicator.status))
        .collect();
    // The landing page has no stored evidence yet and a first file nothing to be compared with; with both, the same source reaches 100.
    assert_eq!(short, [("F5", Status::NotMeasured), ("Q7", Status::NotMeasured)]);
    let absent: Vec<&str> = readiness
        .indicators
        .iter()
        .filter(|indicator| indicator.status == Status::NotApplicable)
        .map(|indicator| indicator.id.as_str())
        .collect();
    assert_eq!(absent, ["L5", "P4", "K6"]);
    assert_eq!((readiness.air, readiness.band.as_deref()), (Some(95.8), Some("A")));
    assert!(readiness.gates.is_empty() && readiness.fixes.is_empty() && badge(&readiness));
    assert_eq!(readiness.air_after_five, 95.8);
}

#[test]
fn a_source_without_own_files_is_not_asked_for_a_releases_things() {
    let readiness = readiness(&bare());
    for id in [
        "K1", "K2", "K4", "K5", "K6", "V1", "V2", "V3", "V4", "V5", "P2", "P3", "P4", "P5", "L5",
    ] {
        assert_eq!(of(&readiness, id).status, Status::NotApplicable, "{id}");
    }
    for id in [
        "A1", "A2", "A3", "A4", "A5", "D1", "D2", "D3", "D4", "Q1", "Q2", "Q3", "Q4", "P1", "F5", "Q7",
    ] {
        let indicator = of(&readiness, id);
        assert_eq!(indicator.status, Status::NotMeasured, "{id}");
        assert!(
            indicator.evidence.sv.starts_with("Ej mätt") && indicator.evidence.en.starts_with("Not measured"),
            "{id}"
        );
    }
    assert!(
        readiness
            .fixes
            .iter()
            .all(|fix| of(&readiness, &fix.id).status != Status::NotMeasured)
    );
}

#[test]
fn not_applicable_leaves_the_denominator_and_not_measured_stays_in_it() {
    let max = |readiness: &Readiness| readiness.dimensions.values().map(|score| score.max).sum::<f64>();
    let own = readiness(&foreign());
    assert_eq!(max(&own), 100.0 - 2.0 - 1.0 - 1.0);
    assert_eq!(own.dimensions["FIND"].not_measured, 2.0);
    let points: f64 = own.indicators.iter().map(|indicator| indicator.points).sum();
    assert_eq!(own.air_ungated, one_decimal(100.0 * points / 96.0));
    let poorer = readiness(&Evidence {
        detections: None,
        privacy: None,
        ..foreign()
    });
    assert_eq!(max(&poorer), 96.0, "what nobody measured still counts");
    assert_eq!(of(&poorer, "P1").status, Status::NotMeasured);
}

#[test]
fn one_decimal_rounds_half_up() {
    for (given, shown) in [
        (84.94, 84.9),
        (84.95, 85.0),
        (0.05, 0.1),
        (0.049, 0.0),
        (39.25, 39.3),
        (2.675, 2.7),
        (100.0, 100.0),
        (-0.05, 0.0),
    ] {
        assert_eq!(one_decimal(given), shown, "{given}");
    }
}

#[test]
fn the_same_evidence_gives_the_same_bytes() {
    let bytes = || serde_json::to_vec(&readiness(&release())).unwrap();
    assert_eq!(bytes(), bytes());
}

#[test]
fn evidence_holds_counts_and_no_cell_of_the_file() {
    let mut evidence = release();
    let profile = evidence.profile.as_mut().unwrap();
    for column in &mut profile.columns {
        column.min = Some("HEMLIG-CELL".into());
        column.top = Some(vec![ValueCount {
            value: "HEMLIG-CELL".into(),
            count: 1,
        }]);
    }
    let text = serde_json::to_string(&readiness(&evidence)).unwrap();
    assert!(!text.contains("HEMLIG-CELL"));
    for indicator in readiness(&evidence).indicators {
        for text in [&indicator.evidence.sv, &indicator.evidence.en] {
            assert!(text.ends_with('.') && text.len() < 160, "{}: {text}", indicator.id);
        }
        assert!(
            fyr_model::glossary::misused(&indicator.evidence.sv).is_empty(),
            "{}",
            indicator.evidence.sv
        );
    }
}

#[test]
fn the_metadata_scores_stand_beside_and_are_never_mixed_in() {
    let mut evidence = foreign();
    let with = readiness(&evidence);
    assert_eq!(with.mqa.keys().collect::<Vec<_>>(), ["eu", "se"]);
    evidence.mqa.clear();
    let without = readiness(&evidence);
    assert_eq!((without.air, without.mqa.len()), (with.air, 0));
}
