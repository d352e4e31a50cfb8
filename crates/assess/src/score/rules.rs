//! The rule file `sql/score/readiness-2026.toml`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use fyr_model::Text;
use fyr_model::readiness::Subject;
use serde::Deserialize;

use crate::packs::READINESS;

/// The file.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Rules {
    pub(crate) parameters: Parameters,
    pub(crate) tests: BTreeMap<String, Text>,
    pub(crate) gate: Vec<GateRow>,
    pub(crate) indicator: Vec<Row>,
}

/// The numbers that fractions use.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Parameters {
    pub(crate) description_characters: usize,
    pub(crate) harvests: u32,
    pub(crate) match_share: f64,
    pub(crate) municipalities: u32,
    pub(crate) counties: u32,
    pub(crate) current_factor: f64,
    pub(crate) stale_factor: f64,
    pub(crate) k_floor: u64,
    pub(crate) download_present: f64,
    pub(crate) openness: Openness,
    pub(crate) repairs_ignored: BTreeSet<String>,
    pub(crate) template_words: Vec<String>,
    pub(crate) code_lists: BTreeSet<String>,
}

/// How open a licence is for reuse by AI (L3).
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Openness {
    pub(crate) free: f64,
    pub(crate) attribution: f64,
    pub(crate) share_alike: f64,
    pub(crate) other: f64,
}

/// One gate.
#[derive(Debug, Deserialize)]
pub(crate) struct GateRow {
    pub(crate) id: String,
    pub(crate) at_most: Option<f64>,
    pub(crate) lifted_by: Vec<String>,
    pub(crate) reason: Text,
}

/// One indicator.
#[derive(Debug, Deserialize)]
pub(crate) struct Row {
    pub(crate) id: String,
    pub(crate) dimension: String,
    pub(crate) weight: f64,
    pub(crate) name: Text,
    pub(crate) raise_it: Text,
    pub(crate) effort: String,
    pub(crate) topic: String,
    pub(crate) applies: Applies,
}

/// The test of applicability per subject.
#[derive(Debug, Deserialize)]
pub(crate) struct Applies {
    source: String,
    release: String,
}

impl Applies {
    pub(crate) fn of(&self, subject: Subject) -> &str {
        match subject {
            Subject::Source => &self.source,
            Subject::Release => &self.release,
        }
    }
}

pub(crate) static RULES: LazyLock<Rules> = LazyLock::new(|| READINESS.read());
