//! The fix list of a catalogue: causes instead of findings, with what each is worth (`mqa.md` section 9).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::finding::Severity;
use crate::mqa::Rating;
use crate::text::{LangStrings, Text};

/// What a cause is worth in one variant, if it is mended everywhere and nothing else changes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Gain {
    /// Points gained, summed over the datasets.
    pub points: u32,
    /// Datasets that gain.
    pub datasets: u64,
    /// Datasets that come into a better band.
    pub raised: u64,
    /// The mean over all datasets before, one decimal.
    pub mean_before: f64,
    /// And after.
    pub mean_after: f64,
    /// The mean's band before.
    pub rating_before: Rating,
    /// And after.
    pub rating_after: Rating,
}

/// Findings with one cause: one rule, one property, one kind of value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cause {
    /// The rule's id; `mqa-..` for a metric that is lost without any rule being broken.
    pub rule: String,
    /// The property; empty when none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub path: String,
    /// What stands there: `missing`, `empty`, `text`, `at HOST` for an address, `xsd:..` for a datatype.
    pub kind: String,
    /// How grave.
    pub severity: Severity,
    /// Findings.
    pub count: u64,
    /// Datasets that they concern.
    pub datasets: u64,
    /// What they are about; the first of them.
    pub focuses: Vec<String>,
    /// What is so.
    pub message: Text,
    /// What to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fix: Option<Text>,
    /// By variant, `eu` and `se`.
    pub gain: BTreeMap<String, Gain>,
}

/// The causes of one publisher.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PublisherFixes {
    /// The publisher's IRI.
    pub iri: String,
    /// Its name.
    pub name: LangStrings,
    /// Its datasets.
    pub datasets: u64,
    /// What pays most first; means are over its own datasets.
    pub causes: Vec<Cause>,
}

/// The whole list.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct FixList {
    /// What pays most first.
    pub causes: Vec<Cause>,
    /// The same by publisher, where there are several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub publishers: Vec<PublisherFixes>,
}
