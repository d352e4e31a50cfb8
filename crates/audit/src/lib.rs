//! Reads what was written and believes nothing: privacy, Parquet recipe, package.
//!
//! In: files on disk and what was asked of them. Out: checks, each with what was seen. It shares no code with `table`, which wrote the
//! files, nor with `privacy`, which planned them: it counts classes by sorting where the plan hashes, finds identity numbers with a
//! scanner and arithmetic of its own, and judges chance by a bound instead of an exact tail (`privacy.md`, ground rule 1; `hardening.md`
//! H29, H30). A check that cannot run fails. Counts, names of columns and digests are reported, never a value.
// A refusal carries texts in two languages and a position; it ends a run, so its size does not matter.
#![allow(clippy::result_large_err)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

mod bounds;
mod croissant;
mod csv;
mod footer;
mod likeness;
mod measure;
mod noised;
mod package;
mod persons;
mod population;
mod privacy;
mod read;
mod recipe;
mod tables;
mod work;

use std::collections::BTreeMap;

use chrono::NaiveDate;
use fyr_model::privacy::{Clearance, Role};
use serde::{Deserialize, Serialize};

pub use fyr_model::held::{Bounds, Share};
pub use noised::{NoisedWork, noised, noised_work};
pub use package::package;
pub use population::PopulationWork;
pub use privacy::{K_FLOOR, of_policy, privacy, privacy_among};
pub use recipe::parquet;
pub use tables::{AskedTable, Open, TablesAsked, TablesReport, TablesWork, tables, tables_work};
pub use work::{PackageWork, PrivacyWork, package_work, privacy_work};

/// What a release is held to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// The role of each published column.
    pub roles: BTreeMap<String, Role>,
    /// The k of the policy; a release with quasi-identifying or sensitive columns is held to at least [`K_FLOOR`].
    pub k: Option<u64>,
    /// Columns that must not be there.
    pub forbidden: Vec<String>,
    /// Finds that a person has judged.
    pub cleared: BTreeMap<String, Clearance>,
    /// The day that decides centuries and what lies in the future.
    pub reference: NaiveDate,
    /// What was promised of each sensitive column.
    #[serde(default)]
    pub bounds: BTreeMap<String, Bounds>,
    /// Groups over rows, at most; suppressed rows not counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub average_risk: Option<f64>,
    /// Columns whose numbers gave way to the mean of their group.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub means: Vec<String>,
    /// People of the population behind each group, at least.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub k_map: Option<u64>,
    /// The share of those people that may be in the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub presence: Option<Share>,
}

impl Asked {
    /// Nothing but what every file is held to, on a day.
    pub fn on(reference: NaiveDate) -> Self {
        Self {
            roles: BTreeMap::new(),
            k: None,
            forbidden: Vec::new(),
            cleared: BTreeMap::new(),
            reference,
            bounds: BTreeMap::new(),
            average_risk: None,
            means: Vec::new(),
            k_map: None,
            presence: None,
        }
    }

    /// Whether anything but a k is promised.
    pub fn has_limits(&self) -> bool {
        !self.bounds.is_empty() || self.average_risk.is_some() || !self.means.is_empty() || self.counts_people()
    }

    /// Whether the groups are held against a population.
    pub(crate) fn counts_people(&self) -> bool {
        self.k_map.is_some() || self.presence.is_some()
    }
}
