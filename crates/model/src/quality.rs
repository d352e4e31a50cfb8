//! Quality rules and their results (`tables.md` section 3).

use serde::{Deserialize, Serialize};

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
}

/// All rules of a table.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct QualityReport {
    /// Each rule, in order of its id.
    pub rules: Vec<RuleResult>,
    /// Rules that could not run on this table, with the reason.
    pub skipped: Vec<SkippedRule>,
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
    /// Whether an `error` rule failed.
    pub fn blocks(&self) -> bool {
        self.rules.iter().any(|rule| !rule.passed && rule.severity == "error")
    }
}
