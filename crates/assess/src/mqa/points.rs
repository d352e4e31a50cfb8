//! The point table of `dcat-ap-se/mqa/points.toml`.

use std::sync::LazyLock;

use fyr_model::mqa::Variant;
use serde::Deserialize;

use crate::packs::POINTS as FILE;

/// The table.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Points {
    base: String,
    base_se: String,
    pub(super) se: Switches,
    pub(super) metric: Vec<Row>,
}

/// The deviations of the Swedish variant.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Switches {
    pub(super) media_type_as_format: bool,
    pub(super) compliance_scored: bool,
}

/// One metric.
#[derive(Debug, Deserialize)]
pub(super) struct Row {
    pub(super) id: String,
    pub(super) dimension: String,
    pub(super) on: On,
    points: u32,
    se: Option<u32>,
}

/// What a metric is looked up on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum On {
    Dataset,
    Distribution,
    /// The winning distribution, or the dataset when it has none.
    Either,
}

impl Row {
    /// Points possible.
    pub(super) fn max(&self, variant: Variant) -> u32 {
        match variant {
            Variant::Eu => self.points,
            Variant::Se => self.se.unwrap_or(self.points),
        }
    }
    /// The metric's IRI: the EU's, or ours for Swedish results.
    pub(super) fn iri(&self, variant: Variant) -> String {
        let base = match variant {
            Variant::Eu => &POINTS.base,
            Variant::Se => &POINTS.base_se,
        };
        format!("{base}{}", self.id)
    }
}

pub(super) static POINTS: LazyLock<Points> = LazyLock::new(|| FILE.read());
