//! What was counted in a table, written as DQV and parsed again.

use std::collections::BTreeMap;

use chrono::{TimeZone, Utc};
use fyr_model::Text;
use fyr_model::quality::{QualityReport, RuleResult, SkippedRule};
use fyr_model::table::{ColumnProfile, ColumnType, Distinct, Quantiles, TableProfile};
use oxrdf::Triple;
use oxrdfio::{RdfFormat, RdfParser};

use crate::write::{TableQuality, dqv_table};

const ON: &str = "https://data.exempelby.example/dataset/trad/csv";
const DQV: &str = "http://www.w3.org/ns/dqv#";

fn column(name: &str, kind: ColumnType) -> ColumnProfile {
    ColumnProfile {
        name: name.into(),
        kind,
        nulls: 1,
        distinct: Distinct {
            value: 3,
            method: "exact".into(),
            error: None,
        },
        ..ColumnProfile::default()
    }
}

fn profile() -> TableProfile {
    TableProfile {
        rows: 4,
        duplicate_rows: 1,
        columns: vec![
            ColumnProfile {
                min: Some("-2.5".into()),
                max: Some("\"9\" \\ ten".into()),
                mean: Some(1e21),
                stddev: Some(f64::NAN),
                quantiles: Some(Quantiles {
                    p50: 2.0,
                    ..Quantiles::default()
                }),
                ..column("antal <i> \"rad\"", ColumnType::Number)
            },
            ColumnProfile {
                personal_data: Some("direct".into()),
                distinct: Distinct {
                    value: 120_000,
                    method: "hyperloglog-2^14".into(),
                    error: Some(0.008),
                },
                ..column("namn", ColumnType::Text)
            },
        ],
        ..TableProfile::default()
    }
}

fn quality() -> QualityReport {
    QualityReport {
        rules: vec![RuleResult {
            id: "no-negative-count:antal".into(),
            severity: "warning".into(),
            message: Text::new("Antal är inte negativa.", "Counts are not negative."),
            passed: false,
            checked: 4,
            failed: 1,
            share: 0.25,
            limit: "0 rows".into(),
            rows: vec![424_242],
            row_ranges: Vec::new(),
            rows_sha256: None,
            registers: vec!["municipality 2026-01-01".into()],
            parameters: BTreeMap::new(),
            change: None,
        }],
        skipped: vec![SkippedRule {
            id: "deso-form".into(),
            reason: Text::new("ingen kolumn", "no column"),
        }],
        ..QualityReport::default()
    }
}

fn parsed(quality: Option<&QualityReport>) -> (String, Vec<Triple>) {
    let profile = profile();
    let table = TableQuality {
        on: ON,
        profile: &profile,
        quality,
    };
    let bytes = dqv_table(&table, Utc.with_ymd_and_hms(2026, 11, 22, 4, 0, 0).unwrap()).unwrap();
    let triples = RdfParser::from_format(RdfFormat::Turtle)
        .for_slice(&bytes)
        .map(|quad| {
            quad.unwrap_or_else(|error| panic!("{error}\n{}", String::from_utf8_lossy(&bytes)))
                .into()
        })
        .collect();
    (String::from_utf8(bytes).unwrap(), triples)
}

/// Subjects of a class.
fn of_class(triples: &[Triple], class: &str) -> Vec<String> {
    let wanted = format!("<{DQV}{class}>");
    let typed = triples.iter().filter(|triple| triple.object.to_string() == wanted);
    typed.map(|triple| triple.subject.to_string()).collect()
}

fn objects(triples: &[Triple], subject: &str, property: &str) -> Vec<String> {
    let found = triples
        .iter()
        .filter(|triple| triple.subject.to_string() == subject && triple.predicate.as_str().ends_with(property));
    found.map(|triple| triple.object.to_string()).collect()
}

#[test]
fn a_metric_is_defined_once_and_every_measurement_has_a_value_on_the_distribution() {
    let (_, triples) = parsed(None);
    let metrics = of_class(&triples, "Metric");
    let measurements = of_class(&triples, "QualityMeasurement");
    assert_eq!((metrics.len(), measurements.len()), (16, 6 + 8 + 2));
    for metric in &metrics {
        assert_eq!(objects(&triples, metric, "inDimension").len(), 1, "{metric}");
        assert_eq!(objects(&triples, metric, "expectedDataType").len(), 1, "{metric}");
        assert_eq!(objects(&triples, metric, "prefLabel").len(), 2, "{metric}");
    }
    for one in &measurements {
        assert_eq!(objects(&triples, one, "computedOn"), [format!("<{ON}>")], "{one}");
        assert_eq!(objects(&triples, one, "dqv#value").len(), 1, "{one}");
        let metric = objects(&triples, one, "isMeasurementOf");
        assert!(metrics.contains(&metric[0]), "{one}");
    }
    assert_eq!(
        objects(&triples, &format!("<{ON}>"), "hasQualityMeasurement").len(),
        measurements.len()
    );
    let name = objects(&triples, &format!("<{ON}#c0-columnMinimum>"), "vocab#column");
    assert_eq!(name, ["\"antal <i> \\\"rad\\\"\""]);
    let share = objects(&triples, &format!("<{ON}#table-completeness>"), "dqv#value");
    assert_eq!(share, ["\"0.75\"^^<http://www.w3.org/2001/XMLSchema#decimal>"]);
    let mean = objects(&triples, &format!("<{ON}#c0-columnMean>"), "dqv#value");
    assert_eq!(mean, ["\"1e21\"^^<http://www.w3.org/2001/XMLSchema#double>"]);
    assert!(
        of_class(&triples, "QualityMeasurement")
            .iter()
            .all(|one| !one.contains("columnDeviation")),
        "what is no number is not measured"
    );
}

#[test]
fn a_rules_result_is_an_annotation_with_its_counts_and_no_row() {
    let quality = quality();
    let (text, triples) = parsed(Some(&quality));
    let annotations = of_class(&triples, "QualityAnnotation");
    assert_eq!(annotations, [format!("<{ON}#rule-0>"), format!("<{ON}#skipped-0>")]);
    for one in &annotations {
        assert_eq!(objects(&triples, one, "oa#hasTarget"), [format!("<{ON}>")]);
        let body = &objects(&triples, one, "oa#hasBody")[0];
        assert_eq!(objects(&triples, body, "ns#value").len(), 2, "both languages");
    }
    assert_eq!(
        objects(&triples, &annotations[0], "#passed"),
        ["\"false\"^^<http://www.w3.org/2001/XMLSchema#boolean>"]
    );
    assert!(
        objects(&triples, &annotations[1], "#passed").is_empty(),
        "what was not run neither holds nor fails"
    );
    assert!(!text.contains("424242"), "row numbers stay with the owner");
}

#[test]
fn what_was_measured_must_have_an_absolute_iri() {
    let profile = profile();
    let table = TableQuality {
        on: "trad.csv",
        profile: &profile,
        quality: None,
    };
    assert_eq!(dqv_table(&table, Utc::now()).unwrap_err().id, "bad-iri");
}
