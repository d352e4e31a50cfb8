//! What is remembered of a source between runs: documents of kind `source-state` (after a complete run) and `source-trouble` (after others).

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use fyr_model::resource::Validators;
use fyr_model::{RulePack, Sha256};
use serde::{Deserialize, Serialize};

/// Kind of the document [`SourceState`]; its key is the source, its time that of the last complete run.
pub const STATE: &str = "source-state";
/// Kind of the document [`Trouble`]; gone after a complete run.
pub const TROUBLE: &str = "source-trouble";
/// Kind of the document that counts scheduled runs that were skipped because one was going on (H42).
pub const SKIPPED: &str = "source-skipped";

/// The last complete run of a source. Written only after the store was flushed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceState {
    /// The documents that were read: the main one first, then sub-catalogues.
    #[serde(default)]
    pub documents: Vec<DocumentState>,
    /// The digest of the snapshot that they gave.
    #[serde(default)]
    pub snapshot: Option<Sha256>,
    /// The rule packs that judged it; others mean that it is judged again.
    #[serde(default)]
    pub rules: Vec<RulePack>,
    /// When the last complete run began.
    #[serde(default)]
    pub last_complete: Option<DateTime<Utc>>,
    /// Complete runs so far.
    #[serde(default)]
    pub complete_runs: u32,
    /// What the brake holds.
    #[serde(default)]
    pub held: Option<Holding>,
    /// The complete run in which a dataset was first seen, by IRI.
    #[serde(default)]
    pub first_seen: BTreeMap<String, u32>,
}

/// One document as it was last read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentState {
    /// Its address.
    pub url: String,
    /// What to send to learn whether it changed.
    pub validators: Validators,
    /// The digest of its bytes.
    pub body_sha256: Sha256,
    /// Its declared media type.
    #[serde(default)]
    pub media_type: Option<String>,
}

/// Deletions that the brake holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holding {
    /// The datasets, sorted.
    pub iris: Vec<String>,
    /// Since when.
    pub since: DateTime<Utc>,
    /// Complete runs in a row that said the same.
    pub agreeing: u32,
}

/// What has gone wrong since the last complete run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// When it began.
    #[serde(default)]
    pub since: Option<DateTime<Utc>>,
    /// Runs in a row that did not complete.
    #[serde(default)]
    pub runs: u32,
    /// The id of the last refusal.
    #[serde(default)]
    pub last: String,
    /// Workers in a row that died on it (H46).
    #[serde(default)]
    pub strikes: u32,
    /// Scheduled runs rest until then.
    #[serde(default)]
    pub quarantined_until: Option<DateTime<Utc>>,
}

/// Strikes until quarantine.
pub const STRIKES_MAX: u32 = 3;
/// The longest quarantine, in hours; the first is one, and each further strike doubles it.
const QUARANTINE_HOURS_MAX: i64 = 24;

impl Trouble {
    /// After one more run that did not complete, refused with `id`.
    #[must_use]
    pub fn after(mut self, id: &str, at: DateTime<Utc>) -> Self {
        self.since = self.since.or(Some(at));
        self.runs = self.runs.saturating_add(1);
        id.clone_into(&mut self.last);
        if matches!(id, "worker-died" | "worker-timeout" | "worker-cpu" | "worker-file") {
            self.strikes = self.strikes.saturating_add(1);
            if self.strikes >= STRIKES_MAX {
                let hours = 1i64 << (self.strikes - STRIKES_MAX).min(10);
                self.quarantined_until = Some(at + TimeDelta::hours(hours.min(QUARANTINE_HOURS_MAX)));
            }
        } else {
            (self.strikes, self.quarantined_until) = (0, None);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn h46_three_strikes_are_quarantine_and_each_further_one_doubles_it() {
        let at = DateTime::UNIX_EPOCH;
        let mut trouble = Trouble::default();
        for hours in [None, None, Some(1), Some(2), Some(4), Some(8), Some(16), Some(24), Some(24)] {
            trouble = trouble.after("worker-died", at);
            assert_eq!(trouble.quarantined_until, hours.map(|hours| at + TimeDelta::hours(hours)));
        }
        assert_eq!(Trouble::default().after("worker-start", at).strikes, 0);
        let honest = trouble.after("fetch-timeout", at);
        assert_eq!((honest.strikes, honest.quarantined_until, honest.runs), (0, None, 10));
    }
}
