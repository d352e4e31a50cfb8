//! The second step after a search for levels, and means in the place of numbers: what a policy may ask for, and what came of it (`privacy.md` 2.6).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The mean that takes the place of the numbers of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mean {
    /// Their sum over how many they are.
    Arithmetic,
    /// The root of the product of each number and one, less one; none may be below zero.
    Geometric,
}

/// The second step after the search.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Recoding {
    /// Each group goes down its hierarchies as far as the models hold; suppressed rows come back at coarser levels.
    Local,
    /// Groups, or the whole table, are cut in two at the median of a number or along a hierarchy.
    Mondrian,
}

impl Recoding {
    /// The word of a policy.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Mondrian => "mondrian",
        }
    }
}

/// What the second step changed: the same measure before and after.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RecodingFacts {
    /// Which step.
    pub method: Recoding,
    /// What it started from: `groups` of the search's answer, or the `table` as one group.
    pub start: String,
    /// The search's answer.
    pub global: RecodingOutcome,
    /// The answer after the step.
    pub recoded: RecodingOutcome,
    /// Rows by the level that they are shown at, per quasi-identifier: a number, `range`, or `suppressed`.
    pub rows_by_level: BTreeMap<String, BTreeMap<String, u64>>,
}

/// A loss, and what is left out and kept at that price.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RecodingOutcome {
    /// The loss, by the policy's measure.
    pub loss: f64,
    /// Rows suppressed.
    pub suppressed_rows: u64,
    /// Groups, those suppressed not counted.
    pub groups: u64,
}

/// One column of means.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MicroaggregationFacts {
    /// The column.
    pub column: String,
    /// The mean.
    pub mean: Mean,
    /// Squared distance of the means from the numbers over that of the whole column's mean: 0 loses nothing, 1 all that tells groups apart.
    pub error: f64,
}
