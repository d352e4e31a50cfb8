//! Quality as DQV: readiness indicators and both metadata scores (`mqa.md` section 8, `readiness.md` section 5).
//!
//! EU metrics keep their IRIs and hold EU results only; the Swedish results stand under IRIs of our own. What was counted in the table itself
//! is [`table`]. Nothing here belongs in the catalogue that others harvest.

mod table;

pub use table::{TableQuality, dqv_table};

use chrono::{DateTime, SecondsFormat, Utc};
use fyr_model::Text;
use fyr_model::mqa::{MqaDataset, MqaMetric};
use fyr_model::readiness::{DIMENSIONS, Indicator, Readiness, Status};

use super::draft::{Draft, Node, node};
use super::serialise::serialise;
use crate::syntax::Syntax;
use crate::vocab as v;

const AIR: &str = "urn:fyr:air#";
const SE: &str = "urn:fyr:mqa-se#";
const PV: &str = "https://piveau.eu/ns/voc#";
const METRIC: &str = "http://www.w3.org/ns/dqv#Metric";
const DIMENSION: &str = "http://www.w3.org/ns/dqv#Dimension";
const MEASUREMENT: &str = "http://www.w3.org/ns/dqv#QualityMeasurement";
const ANNOTATION: &str = "http://www.w3.org/ns/dqv#QualityAnnotation";
const HAS_MEASUREMENT: &str = "http://www.w3.org/ns/dqv#hasQualityMeasurement";
const HAS_ANNOTATION: &str = "http://www.w3.org/ns/dqv#hasQualityAnnotation";
const COMPUTED_ON: &str = "http://www.w3.org/ns/dqv#computedOn";
const OF_METRIC: &str = "http://www.w3.org/ns/dqv#isMeasurementOf";
const IN_DIMENSION: &str = "http://www.w3.org/ns/dqv#inDimension";
const DATA_TYPE: &str = "http://www.w3.org/ns/dqv#expectedDataType";
const VALUE: &str = "http://www.w3.org/ns/dqv#value";
const GENERATED_AT: &str = "http://www.w3.org/ns/prov#generatedAtTime";
const GENERATED_BY: &str = "http://www.w3.org/ns/prov#wasGeneratedBy";
const ACTIVITY: &str = "http://www.w3.org/ns/prov#Activity";
const ENDED_AT: &str = "http://www.w3.org/ns/prov#endedAtTime";
const HAS_BODY: &str = "http://www.w3.org/ns/oa#hasBody";
const HAS_TARGET: &str = "http://www.w3.org/ns/oa#hasTarget";
const BEST: &str = "urn:fyr:vocab#bestDistribution";

/// Measurements about one dataset as DQV in Turtle. `mqa` holds the EU result, then the Swedish one.
///
/// An indicator or metric that nobody measured is said to be so and has no value. Empty when `iri` is not absolute. `table` is what was counted
/// in the dataset's table, where it has one.
pub fn dqv(iri: &str, readiness: &Readiness, mqa: &[MqaDataset], table: Option<&TableQuality<'_>>, at: DateTime<Utc>) -> Vec<u8> {
    let Some(mut writer) = Writer::new(iri, at) else {
        return Vec::new();
    };
    writer.readiness(readiness);
    for (place, result) in mqa.iter().enumerate() {
        writer.mqa(result, if place == 0 { PV } else { SE }, if place == 0 { "eu" } else { "se" });
    }
    if let Some(table) = table {
        writer.table(table);
    }
    writer.finish()
}

struct Writer<'a> {
    draft: Draft,
    iri: &'a str,
    me: Node,
    run: Node,
    at: DateTime<Utc>,
    made: Vec<Node>,
}

impl<'a> Writer<'a> {
    fn new(iri: &'a str, at: DateTime<Utc>) -> Option<Self> {
        Some(Self {
            draft: Draft::default(),
            iri,
            me: node(iri).ok()?,
            run: node(&format!("{iri}#run-{}", at.format("%Y%m%dT%H%M%SZ"))).ok()?,
            at,
            made: Vec::new(),
        })
    }

    /// The document: the run, and every measurement named by what was measured.
    fn finish(mut self) -> Vec<u8> {
        self.run();
        let Self { mut draft, me, made, .. } = self;
        for node in made {
            draft.add(&me, HAS_MEASUREMENT, node);
        }
        serialise(&draft.triples, Syntax::Turtle)
    }
}

impl Writer<'_> {
    fn time(&self) -> String {
        self.at.to_rfc3339_opts(SecondsFormat::Secs, true)
    }

    fn run(&mut self) {
        let (run, time) = (self.run.clone(), self.time());
        self.draft.class(&run, ACTIVITY);
        self.draft.typed(&run, ENDED_AT, time, v::XSD_DATE_TIME);
    }

    /// One measurement; without a value when nobody measured.
    fn measurement(&mut self, name: &str, on: &str, metric: &str, value: Option<(String, &str)>) -> Option<Node> {
        let me = node(&format!("{}#{name}", self.iri)).ok()?;
        let (run, time) = (self.run.clone(), self.time());
        self.draft.class(&me, MEASUREMENT);
        self.draft.iri(&me, COMPUTED_ON, on);
        self.draft.iri(&me, OF_METRIC, metric);
        if let Some((value, datatype)) = value {
            self.draft.typed(&me, VALUE, value, datatype);
        }
        self.draft.typed(&me, GENERATED_AT, time, v::XSD_DATE_TIME);
        self.draft.add(&me, GENERATED_BY, run);
        self.made.push(me.clone());
        Some(me)
    }

    fn metric(&mut self, iri: &str, dimension: &str, datatype: &str) {
        let Ok(me) = node(iri) else { return };
        self.draft.class(&me, METRIC);
        self.draft.iri(&me, IN_DIMENSION, dimension);
        self.draft.iri(&me, DATA_TYPE, datatype);
    }

    fn readiness(&mut self, readiness: &Readiness) {
        for (code, sv, en) in DIMENSIONS {
            if let Ok(dimension) = node(&format!("{AIR}{code}")) {
                self.draft.class(&dimension, DIMENSION);
                self.draft.both(&dimension, v::PREF_LABEL, &Text::new(sv, en));
            }
        }
        for indicator in &readiness.indicators {
            self.indicator(indicator);
        }
        let score = readiness.air.map(|air| (format!("{air:.1}"), v::XSD_DECIMAL));
        self.metric(&format!("{AIR}score"), &format!("{AIR}ALL"), v::XSD_DECIMAL);
        let iri = self.iri;
        self.measurement("air-score", iri, &format!("{AIR}score"), score);
        if let (Some(band), Ok(note)) = (&readiness.band, node(&format!("{iri}#air-band"))) {
            let me = self.me.clone();
            self.draft.class(&note, ANNOTATION);
            self.draft.iri(&note, HAS_BODY, &format!("{AIR}band-{band}"));
            self.draft.iri(&note, HAS_TARGET, iri);
            self.draft.add(&me, HAS_ANNOTATION, note);
        }
    }

    fn indicator(&mut self, indicator: &Indicator) {
        let metric = format!("{AIR}{}", indicator.id);
        self.metric(&metric, &format!("{AIR}{}", indicator.dimension), v::XSD_DECIMAL);
        if let Ok(me) = node(&metric) {
            self.draft
                .typed(&me, &format!("{AIR}weight"), number(indicator.max), v::XSD_DECIMAL);
            self.draft.both(&me, v::PREF_LABEL, &indicator.name);
        }
        let measured = !matches!(indicator.status, Status::NotMeasured | Status::NotApplicable);
        let value = measured.then(|| (number(indicator.fraction), v::XSD_DECIMAL));
        let iri = self.iri;
        if let Some(me) = self.measurement(&format!("air-{}", indicator.id), iri, &metric, value) {
            self.draft
                .iri(&me, &format!("{AIR}status"), &format!("{AIR}{}", word(indicator.status)));
        }
    }

    fn mqa(&mut self, result: &MqaDataset, base: &str, name: &str) {
        for metric in &result.metrics {
            self.mqa_metric(metric, base, name);
        }
        let dimensions = &result.dimensions;
        let totals = [
            ("findabilityScoring", dimensions.findability),
            ("accessibilityScoring", dimensions.accessibility),
            ("interoperabilityScoring", dimensions.interoperability),
            ("reusabilityScoring", dimensions.reusability),
            ("contextualityScoring", dimensions.contextuality),
            ("scoring", f64::from(result.total)),
        ];
        let iri = self.iri;
        for (total, value) in totals {
            let value = Some((format!("{value:.0}"), v::XSD_INTEGER));
            let me = self.measurement(&format!("mqa-{name}-{total}"), iri, &format!("{base}{total}"), value);
            if let (Some(me), "scoring", Some(best)) = (me, total, &result.best_distribution) {
                self.draft.iri(&me, BEST, best);
            }
        }
    }

    fn mqa_metric(&mut self, metric: &MqaMetric, base: &str, name: &str) {
        let local = metric.id.rsplit(['#', '/', ':']).next().unwrap_or_default();
        let iri = format!("{base}{local}");
        if base == SE {
            self.metric(&iri, &format!("{SE}metadata"), v::XSD_BOOLEAN);
        }
        let status = local.ends_with("StatusCode");
        // A status metric's value is the HTTP status, which stands in the evidence.
        let code = metric
            .evidence
            .split(|c: char| !c.is_ascii_digit())
            .find(|digits| digits.len() == 3);
        let value = match (metric.passed, status, code) {
            (None, ..) => None,
            (Some(_), true, Some(code)) => Some((code.to_owned(), v::XSD_INTEGER)),
            (Some(passed), ..) => Some((passed.to_string(), v::XSD_BOOLEAN)),
        };
        self.measurement(&format!("mqa-{name}-{local}"), &metric.on, &iri, value);
    }
}

/// A number without needless zeros.
fn number(value: f64) -> String {
    let text = format!("{value:.4}");
    let short = text.trim_end_matches('0');
    if short.ends_with('.') {
        format!("{short}0")
    } else {
        short.to_owned()
    }
}

fn word(status: Status) -> &'static str {
    match status {
        Status::Pass => "pass",
        Status::Partial => "partial",
        Status::Fail => "fail",
        Status::NotMeasured => "notMeasured",
        Status::NotApplicable => "notApplicable",
    }
}
