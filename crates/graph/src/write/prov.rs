//! stub
use chrono::{DateTime, Utc};
use fyr_model::{Text, release::ReleaseRecord};
use std::collections::BTreeMap;
/// One step.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Step {
    /// A short name in kebab case, unique in its release: `fetch`, `stage`, `protect`.
    pub id: String,
    /// What it did, for people.
    pub label: Text,
    /// When it began.
    pub started: DateTime<Utc>,
    /// When it ended.
    pub ended: DateTime<Utc>,
    /// IRIs of what it read.
    pub used: Vec<String>,
    /// IRIs of what it made.
    pub generated: Vec<String>,
    /// Rows in.
    pub rows_in: Option<u64>,
    /// Rows out.
    pub rows_out: Option<u64>,
    /// Parameters by name; never a value of a data cell.
    pub parameters: BTreeMap<String, String>,
}
/// The lineage of a release as PROV-O in JSON-LD.
pub fn prov(record: &ReleaseRecord, steps: &[Step]) -> Vec<u8> {
    let _ = (record, steps);
    Vec::new()
}
