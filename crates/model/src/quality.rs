//! Quality rules and their results (`tables.md` section 3).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ids::{PipelineName, Sha256, Version};
use crate::text::Text;

/// The result of one rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RuleResult {
    /// The rule's id.
    pub id: String,
    /// `error`, `warning` or `info`.
    pub severity: String,
    /// What the rule says.
    pub message: Text,
    /// Whether it holds within its limit.
    pub passed: bool,
    /// Rows checked.
    pub checked: u64,
    /// Rows that fail.
    pub failed: u64,
    /// `failed / checked`.
    pub share: f64,
    /// The limit as written.
    pub limit: String,
    /// The first 100 failing rows, 0-based; never a value.
    pub rows: Vec<u64>,
    /// All failing rows as runs `[first, last]`, up to a thousand runs; compares two versions of a file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub row_ranges: Vec<[u64; 2]>,
    /// Digest of all failing rows in order, one decimal number a line; absent for a rule that gives a number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows_sha256: Option<Sha256>,
    /// The registers, code lists and releases that were read, with their editions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub registers: Vec<String>,
    /// What became of the rows that failed in the last release's file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<RowChange>,
    /// The parameters that the rule ran with, as they stand in its SQL.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<String, String>,
}

/// How the failing rows of a rule differ between two versions of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowChange {
    /// Failing now, not before.
    pub new: u64,
    /// Failing before, not now.
    pub mended: u64,
    /// Failing in both.
    pub remaining: u64,
}

impl RuleResult {
    /// What became of the rows that failed before; nothing when either list of runs was cut.
    pub fn since(&self, before: &Self) -> Option<RowChange> {
        let whole = |result: &Self| {
            result
                .row_ranges
                .iter()
                .map(|[first, last]| last.saturating_sub(*first) + 1)
                .sum::<u64>()
                == result.failed
        };
        if !whole(self) || !whole(before) {
            return None;
        }
        let mut remaining = 0u64;
        let (mut mine, mut theirs) = (self.row_ranges.iter().peekable(), before.row_ranges.iter().peekable());
        while let (Some([a, b]), Some([c, d])) = (mine.peek(), theirs.peek()) {
            let (low, high) = (*a.max(c), *b.min(d));
            if low <= high {
                remaining += high - low + 1;
            }
            if b <= d {
                mine.next()
            } else {
                theirs.next()
            };
        }
        Some(RowChange {
            new: self.failed - remaining,
            mended: before.failed - remaining,
            remaining,
        })
    }
}

/// A value that a short rule compares with: a number, or a text (a code, a day as `2024-12-31`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Scalar {
    /// A whole number.
    Integer(i64),
    /// A number.
    Number(f64),
    /// A text, a code or a day.
    Text(String),
}

/// A rule in short, as a pipeline writes it (`[[checks]]`); `table` expands it to SQL. Which keys belong to which kind: `docs/quality.md`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ShortRule {
    /// `not-null`, `unique`, `key`, `type`, `range`, `length`, `pattern`, `values`, `register`, `compare`, `code-name`, `date-year`,
    /// `freshness`, `volume`, `sum`, `sum-rows`, `distribution`.
    pub kind: String,
    /// Its name; made from kind and column when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// `error` unless said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity: Option<String>,
    /// Who answers for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// What it says in Swedish; with `en`, or neither.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sv: Option<String>,
    /// What it says in English; with `sv`, or neither.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub en: Option<String>,
    /// How much may fail: `0 rows`, `0.1 %`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<String>,
    /// How missing values count: `pass` or `fail`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nulls: Option<String>,
    /// Where it comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The column.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// The columns of a key, or the parts of a sum.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
    /// The type that every value must have.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub data_type: Option<String>,
    /// Smallest value, length or number of rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<Scalar>,
    /// Largest value, length or number of rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<Scalar>,
    /// A regular expression that the whole value must match.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// Values that may occur.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<Scalar>,
    /// A register of `ref`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub register: Option<String>,
    /// The column that the first is compared with, or that names a code, or that holds the year of a date, or of `register` that holds the codes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub other: Option<String>,
    /// `=`, `<>`, `<`, `<=`, `>`, `>=`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operator: Option<String>,
    /// How old the newest period may be, in days.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days: Option<u32>,
    /// The declared update frequency (`DAILY`, `MONTHLY` …), in place of `days`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frequency: Option<String>,
    /// The day that freshness is measured at; today when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// The column that holds the total of `columns`, or the value of `over` that marks the total.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<String>,
    /// The column whose values are the parts of a total that is a row of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub over: Option<String>,
    /// Columns that a total and its parts share.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub by: Vec<String>,
    /// Rounding unit of the source: sums may differ by half of it times (parts + 1).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<f64>,
    /// Largest noise of the source's cell-key method: sums may differ by it times (parts + 1).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub noise: Option<f64>,
    /// Bounds between the bins of a distribution, ascending.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub edges: Vec<f64>,
    /// The share of each bin (one more than the bounds) or of each of `values`, 0 to 1.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub shares: Vec<f64>,
    /// Largest population stability index; 0.25 unless said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub psi_max: Option<f64>,
}

/// All rules of a table.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct QualityReport {
    /// Each rule, in order of its id.
    pub rules: Vec<RuleResult>,
    /// Rules that could not run on this table, with the reason.
    pub skipped: Vec<SkippedRule>,
    /// Parts of the dataset's contract that became neither rule nor reading.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<LeftOut>,
}

/// A part of a contract that became nothing here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// Its place, as a JSON Pointer (RFC 6901).
    pub path: String,
    /// Why.
    pub reason: Text,
}

/// What a pipeline changes of one rule (`[quality.RULE]`).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RuleSettings {
    /// Values for the rule's parameters, by their names in its head.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<String, Scalar>,
    /// `error`, `warning` or `info`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity: Option<String>,
    /// How much may fail: `0 rows`, `0.1 %`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<String>,
}

/// A table that the rules of a pipeline may read as `ref.NAME`, beside the registers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum Reference {
    /// Another dataset's release of this installation.
    Release {
        /// The pipeline that made it.
        release: PipelineName,
        /// Which version; the latest when left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        version: Option<Version>,
    },
    /// A code list in a file beside the pipeline.
    File {
        /// Its path, relative to the pipeline.
        file: String,
        /// The edition, or the day from which the list holds.
        edition: String,
    },
}

/// A rule that did not apply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SkippedRule {
    /// The rule's id.
    pub id: String,
    /// Why.
    pub reason: Text,
}

impl QualityReport {
    /// The rules that must hold and do not.
    pub fn failed_errors(&self) -> impl Iterator<Item = &RuleResult> {
        self.rules.iter().filter(|rule| !rule.passed && rule.severity == "error")
    }
    /// Whether an `error` rule failed.
    pub fn blocks(&self) -> bool {
        self.failed_errors().next().is_some()
    }
    /// The names of the rules that must hold and do not, for a sentence.
    pub fn failed_names(&self) -> String {
        let names: Vec<&str> = self.failed_errors().map(|rule| rule.id.as_str()).collect();
        names.join(", ")
    }
}
