//! The report of a harvest (`harvest.md` section 6) and what a source file says.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::finding::{Counts, Finding, Refusal};
use crate::ids::{Sha256, SourceId};

/// `catalog/sources/<id>.toml` as written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceFile {
    /// The address of the catalogue document.
    pub url: String,
    /// Its kind (`harvest.md` section 1): `auto` or `rdf`.
    #[serde(default = "auto")]
    pub kind: String,
    /// When to harvest, as cron in Europe/Stockholm.
    #[serde(default = "nightly")]
    pub schedule: String,
    /// Who owns it: a name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Base for relative IRIs in the document, when the publisher has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
    /// Whether scheduled harvests rest.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub paused: bool,
}

fn auto() -> String {
    "auto".into()
}
fn nightly() -> String {
    "0 4 * * *".into()
}

/// How a harvest ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HarvestOutcome {
    /// Something was added, changed or removed.
    Changed,
    /// Nothing differs.
    Unchanged,
    /// The brake holds deletions; what was added or changed is in.
    Held,
    /// Not read to its end; nothing was deleted.
    Incomplete,
    /// Looks wrong as a whole; nothing was changed.
    Suspect,
    /// Refused or unreachable; the last good snapshot stays.
    Failed,
}

/// What became of the datasets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatasetCounts {
    /// New.
    pub added: u64,
    /// Different.
    pub changed: u64,
    /// The same.
    pub unchanged: u64,
    /// Gone, now tombstones.
    pub vanished: u64,
    /// Gone from the source but held by the brake.
    pub held: u64,
}

/// One run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HarvestRun {
    /// The source.
    pub source: SourceId,
    /// How it ended.
    pub outcome: HarvestOutcome,
    /// What started it: `schedule`, `manual`, `demo`.
    pub trigger: String,
    /// When it began.
    pub started: DateTime<Utc>,
    /// How long it took.
    pub seconds: f64,
    /// Documents read (1, or more with sub-catalogues).
    pub documents: u64,
    /// HTTP requests sent.
    pub requests: u64,
    /// Bytes received.
    pub bytes: u64,
    /// Triples in the snapshot after the run.
    pub triples: u64,
    /// Quads written to the store: 0 when nothing changed.
    pub quads_written: u64,
    /// What became of the datasets.
    pub datasets: DatasetCounts,
    /// Findings by severity.
    pub findings: Counts,
    /// The canonical digest of the snapshot after the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<Sha256>,
    /// The IRIs that are new, different, gone and held; at most 1,000 each.
    #[serde(default)]
    pub changes: ChangedIris,
    /// Why it did not end well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Refusal>,
    /// The findings themselves, for the journal; left out of lists.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub finding_list: Vec<Finding>,
}

/// Which datasets a run touched.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangedIris {
    /// New.
    pub added: Vec<String>,
    /// Different.
    pub changed: Vec<String>,
    /// Gone.
    pub vanished: Vec<String>,
    /// Held.
    pub held: Vec<String>,
}
