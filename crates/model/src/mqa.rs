//! Metadata quality (MQA): 405 points, two variants (`mqa.md`).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Which rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Variant {
    /// The EU portal's rules, to the letter.
    Eu,
    /// The Swedish portal's deviations.
    Se,
}

/// The words for a total.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Rating {
    /// 351-405.
    Excellent,
    /// 221-350.
    Good,
    /// 121-220.
    Sufficient,
    /// 0-120.
    Bad,
}

impl Rating {
    /// The rating of a total, by the bands of the EU portal's method page.
    pub fn of(total: f64) -> Self {
        match total {
            t if t > 350.0 => Self::Excellent,
            t if t > 220.0 => Self::Good,
            t if t > 120.0 => Self::Sufficient,
            _ => Self::Bad,
        }
    }
}

/// Points by dimension.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct MqaDimensions {
    /// Of 100.
    pub findability: f64,
    /// Of 100.
    pub accessibility: f64,
    /// Of 110.
    pub interoperability: f64,
    /// Of 75.
    pub reusability: f64,
    /// Of 20.
    pub contextuality: f64,
}

impl MqaDimensions {
    /// The sum.
    pub fn total(&self) -> f64 {
        self.findability + self.accessibility + self.interoperability + self.reusability + self.contextuality
    }
}

/// One metric's result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MqaMetric {
    /// The metric's IRI, in `https://piveau.eu/ns/voc#` for the EU's.
    pub id: String,
    /// Points won.
    pub points: u32,
    /// Points possible.
    pub max: u32,
    /// Passed, failed, or not measured.
    pub passed: Option<bool>,
    /// The IRI it was measured on.
    pub on: String,
    /// What was seen.
    pub evidence: String,
}

/// One dataset.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MqaDataset {
    /// Its IRI.
    pub iri: String,
    /// Points of 405.
    pub total: u32,
    /// In words.
    pub rating: Rating,
    /// By dimension.
    pub dimensions: MqaDimensions,
    /// The distribution whose points count.
    pub best_distribution: Option<String>,
    /// The metrics that count: the dataset's own and the winner's.
    pub metrics: Vec<MqaMetric>,
    /// Every distribution with its own metrics.
    pub distributions: Vec<MqaDistribution>,
}

/// One distribution.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MqaDistribution {
    /// Its IRI.
    pub iri: String,
    /// The sum of its own metrics.
    pub total: u32,
    /// The metrics.
    pub metrics: Vec<MqaMetric>,
}

/// A catalogue or publisher: plain means.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MqaSummary {
    /// Mean of the dataset totals, one decimal.
    pub total: f64,
    /// In words.
    pub rating: Rating,
    /// Means by dimension, one decimal.
    pub dimensions: MqaDimensions,
}

/// The whole answer of `fyr mqa`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MqaReport {
    /// Which rules.
    pub variant: Variant,
    /// The mean over all datasets.
    pub catalogue: MqaSummary,
    /// The mean per publisher IRI.
    #[serde(default)]
    pub publishers: BTreeMap<String, MqaSummary>,
    /// Each dataset.
    pub datasets: Vec<MqaDataset>,
}
