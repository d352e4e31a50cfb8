//! What was counted in a table as DQV (`tables.md` section 2): one measurement a metric and column, each metric defined once, the results of
//! quality rules as annotations.
//!
//! In: a profile as it may be seen by the reader (H33) and the results of rules. This module adds nothing to them: bounds and means appear only
//! where the profile shows them, and of a rule only its counts.

use chrono::{DateTime, Utc};
use fyr_model::quality::{QualityReport, RuleResult, SkippedRule};
use fyr_model::table::{ColumnProfile, Distinct, TableProfile};
use fyr_model::{Refusal, Text};

use super::{ANNOTATION, DIMENSION, GENERATED_AT, HAS_ANNOTATION, HAS_BODY, HAS_TARGET, Writer};
use crate::vocab as v;
use crate::write::draft::{Node, node};

const PROFILE: &str = "urn:fyr:profile#";
/// A dimension and a metric may share a word.
const IN: &str = "urn:fyr:profile#dimension-";
const VOCAB: &str = "urn:fyr:vocab#";
const DOUBLE: &str = "http://www.w3.org/2001/XMLSchema#double";
const MOTIVATED_BY: &str = "http://www.w3.org/ns/oa#motivatedBy";
const ASSESSMENT: &str = "http://www.w3.org/ns/dqv#qualityAssessment";
const TEXTUAL_BODY: &str = "http://www.w3.org/ns/oa#TextualBody";
const RDF_VALUE: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#value";

/// What was measured of a table, and on what.
#[derive(Debug, Clone, Copy)]
pub struct TableQuality<'a> {
    /// The distribution or dataset that was measured: an absolute IRI.
    pub on: &'a str,
    /// The profile, as far as the reader may see it.
    pub profile: &'a TableProfile,
    /// Results of quality rules, where some were run.
    pub quality: Option<&'a QualityReport>,
}

/// Measurements of a table alone, as DQV in Turtle.
///
/// # Errors
/// `bad-iri` when what was measured has no absolute IRI.
pub fn dqv_table(table: &TableQuality<'_>, at: DateTime<Utc>) -> Result<Vec<u8>, Refusal> {
    node(table.on)?;
    let Some(mut writer) = Writer::new(table.on, at) else {
        return Ok(Vec::new());
    };
    writer.table(table);
    Ok(writer.finish())
}

/// A metric: name, dimension, type of its values, what it is called.
struct Metric(&'static str, &'static str, &'static str, &'static str, &'static str);

const DIMENSIONS: [(&str, &str, &str); 5] = [
    ("size", "Storlek", "Size"),
    ("completeness", "Fullständighet", "Completeness"),
    ("uniqueness", "Unika värden", "Uniqueness"),
    ("validity", "Giltighet", "Validity"),
    ("spread", "Fördelning", "Distribution of values"),
];

const METRICS: [Metric; 16] = [
    Metric("rows", "size", v::XSD_INTEGER, "Rader", "Rows"),
    Metric("columns", "size", v::XSD_INTEGER, "Kolumner", "Columns"),
    Metric("rejectedRows", "validity", v::XSD_INTEGER, "Underkända rader", "Rejected rows"),
    Metric(
        "duplicateRows",
        "uniqueness",
        v::XSD_INTEGER,
        "Rader som kopierar en annan",
        "Rows that copy another",
    ),
    Metric(
        "keyColumns",
        "uniqueness",
        v::XSD_INTEGER,
        "Kolumner som ensamma är nyckel",
        "Columns that are a key alone",
    ),
    Metric(
        "completeness",
        "completeness",
        v::XSD_DECIMAL,
        "Andel celler med värde",
        "Share of cells with a value",
    ),
    Metric(
        "columnCompleteness",
        "completeness",
        v::XSD_DECIMAL,
        "Andel rader med värde i kolumnen",
        "Share of rows with a value in the column",
    ),
    Metric(
        "columnDistinct",
        "uniqueness",
        v::XSD_INTEGER,
        "Olika värden i kolumnen",
        "Different values in the column",
    ),
    Metric(
        "columnRejected",
        "validity",
        v::XSD_INTEGER,
        "Celler som inte passar kolumnens typ",
        "Cells that do not fit the column's type",
    ),
    Metric("columnMinimum", "spread", v::XSD_STRING, "Minsta värde", "Least value"),
    Metric("columnMaximum", "spread", v::XSD_STRING, "Största värde", "Greatest value"),
    Metric("columnMean", "spread", DOUBLE, "Medelvärde", "Mean"),
    Metric("columnDeviation", "spread", DOUBLE, "Standardavvikelse", "Standard deviation"),
    Metric("columnP05", "spread", DOUBLE, "5:e percentilen", "5th percentile"),
    Metric("columnMedian", "spread", DOUBLE, "Median", "Median"),
    Metric("columnP95", "spread", DOUBLE, "95:e percentilen", "95th percentile"),
];

/// What a measurement is about: the distribution, and a column of it where it is not the whole table.
struct Seat<'a> {
    on: &'a str,
    /// The beginning of the measurement's own name.
    name: String,
    column: Option<&'a str>,
}

impl Writer<'_> {
    /// The table's measurements and annotations, and the definitions of every metric.
    pub(super) fn table(&mut self, table: &TableQuality<'_>) {
        self.definitions();
        let profile = table.profile;
        let cells = profile.rows.saturating_mul(profile.columns.len() as u64);
        let missing: u64 = profile.columns.iter().map(|column| missing(column, profile.rows)).sum();
        let seat = Seat {
            on: table.on,
            name: "table".into(),
            column: None,
        };
        let whole = [
            ("rows", profile.rows),
            ("columns", profile.columns.len() as u64),
            ("rejectedRows", profile.bad_rows),
            ("duplicateRows", profile.duplicate_rows),
            ("keyColumns", profile.keys.len() as u64),
        ];
        for (metric, count) in whole {
            self.count(&seat, metric, Some(count));
        }
        self.share(&seat, "completeness", missing, cells);
        for (place, column) in profile.columns.iter().enumerate() {
            let seat = Seat {
                on: table.on,
                name: format!("c{place}"),
                column: Some(&column.name),
            };
            self.column(&seat, column, profile.rows);
        }
        if let Some(quality) = table.quality {
            for (place, rule) in quality.rules.iter().enumerate() {
                self.rule(table.on, place, rule);
            }
            for (place, rule) in quality.skipped.iter().enumerate() {
                self.skipped(table.on, place, rule);
            }
        }
    }

    fn definitions(&mut self) {
        for (id, sv, en) in DIMENSIONS {
            if let Ok(dimension) = node(&format!("{IN}{id}")) {
                self.draft.class(&dimension, DIMENSION);
                self.draft.both(&dimension, v::PREF_LABEL, &Text::new(sv, en));
            }
        }
        for Metric(id, dimension, datatype, sv, en) in METRICS {
            let iri = format!("{PROFILE}{id}");
            self.metric(&iri, &format!("{IN}{dimension}"), datatype);
            if let Ok(metric) = node(&iri) {
                self.draft.both(&metric, v::PREF_LABEL, &Text::new(sv, en));
            }
        }
    }

    fn column(&mut self, seat: &Seat<'_>, column: &ColumnProfile, rows: u64) {
        self.share(seat, "columnCompleteness", missing(column, rows), rows);
        if let Some(me) = self.count(seat, "columnDistinct", Some(column.distinct.value)) {
            self.method(&me, &column.distinct);
        }
        self.count(seat, "columnRejected", column.rejects);
        for (metric, bound) in [("columnMinimum", &column.min), ("columnMaximum", &column.max)] {
            let value = bound.as_ref().map(|bound| (bound.clone(), v::XSD_STRING));
            self.measured(seat, metric, value);
        }
        let quantiles = column.quantiles.as_ref();
        let figures = [
            ("columnMean", column.mean),
            ("columnDeviation", column.stddev),
            ("columnP05", quantiles.map(|points| points.p05)),
            ("columnMedian", quantiles.map(|points| points.p50)),
            ("columnP95", quantiles.map(|points| points.p95)),
        ];
        for (metric, figure) in figures {
            let value = figure
                .filter(|figure| figure.is_finite())
                .map(|figure| (format!("{figure:?}"), DOUBLE));
            self.measured(seat, metric, value);
        }
    }

    /// A number that is an estimate carries its method and how far off it may be.
    fn method(&mut self, me: &Node, distinct: &Distinct) {
        if distinct.method != "exact" {
            self.draft.plain(me, &format!("{VOCAB}method"), &distinct.method);
        }
        if let Some(error) = distinct.error {
            self.draft.typed(me, &format!("{VOCAB}standardError"), format!("{error:?}"), DOUBLE);
        }
    }

    fn count(&mut self, seat: &Seat<'_>, metric: &str, count: Option<u64>) -> Option<Node> {
        self.measured(seat, metric, count.map(|count| (count.to_string(), v::XSD_INTEGER)))
    }

    /// What is not missing, as a share; of nothing, all of it.
    fn share(&mut self, seat: &Seat<'_>, metric: &str, missing: u64, of: u64) {
        let share = if of == 0 { 1.0 } else { 1.0 - missing as f64 / of as f64 };
        self.measured(seat, metric, Some((super::number(share), v::XSD_DECIMAL)));
    }

    /// A measurement; none where nothing was measured or nothing may be shown.
    fn measured(&mut self, seat: &Seat<'_>, metric: &str, value: Option<(String, &str)>) -> Option<Node> {
        let value = value?;
        let me = self.measurement(
            &format!("{}-{metric}", seat.name),
            seat.on,
            &format!("{PROFILE}{metric}"),
            Some(value),
        )?;
        if let Some(column) = seat.column {
            self.draft.plain(&me, &format!("{VOCAB}column"), column);
        }
        Some(me)
    }

    fn rule(&mut self, on: &str, place: usize, rule: &RuleResult) {
        let Some(me) = self.annotation(on, &format!("rule-{place}"), &rule.id, &rule.message) else {
            return;
        };
        self.draft.plain(&me, &format!("{VOCAB}severity"), &rule.severity);
        self.draft
            .typed(&me, &format!("{VOCAB}passed"), rule.passed.to_string(), v::XSD_BOOLEAN);
        for (property, count) in [("checked", rule.checked), ("failed", rule.failed)] {
            self.draft
                .typed(&me, &format!("{VOCAB}{property}"), count.to_string(), v::XSD_INTEGER);
        }
        self.draft.plain(&me, &format!("{VOCAB}limit"), &rule.limit);
        for register in &rule.registers {
            self.draft.plain(&me, &format!("{VOCAB}register"), register);
        }
    }

    /// A rule that could not be run says why, and neither that it holds nor that it fails.
    fn skipped(&mut self, on: &str, place: usize, rule: &SkippedRule) {
        self.annotation(on, &format!("skipped-{place}"), &rule.id, &rule.reason);
    }

    fn annotation(&mut self, on: &str, name: &str, rule: &str, text: &Text) -> Option<Node> {
        let me = node(&format!("{}#{name}", self.iri)).ok()?;
        let body = node(&format!("{}#{name}-body", self.iri)).ok()?;
        let (time, target) = (self.time(), node(on).ok()?);
        self.draft.class(&me, ANNOTATION);
        self.draft.iri(&me, HAS_TARGET, on);
        self.draft.iri(&me, MOTIVATED_BY, ASSESSMENT);
        self.draft.add(&me, HAS_BODY, body.clone());
        self.draft.plain(&me, &format!("{VOCAB}rule"), rule);
        self.draft.typed(&me, GENERATED_AT, time, v::XSD_DATE_TIME);
        self.draft.class(&body, TEXTUAL_BODY);
        self.draft.both(&body, RDF_VALUE, text);
        self.draft.add(&target, HAS_ANNOTATION, me.clone());
        Some(me)
    }
}

fn missing(column: &ColumnProfile, rows: u64) -> u64 {
    (column.nulls + column.empty).min(rows)
}
