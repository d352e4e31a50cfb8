//! Tables of counts and sums: what a policy asks for, and what was done to protect them (`privacy.md` section 3).

use std::fmt;

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::dp::Statistic;

/// One table to be made of the rows; several tables of one release are protected together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TablePolicy {
    /// The columns that cells are told apart by; totals and the higher levels of their hierarchies are included.
    pub by: Vec<String>,
    /// A column that already holds counts; without it rows are counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<String>,
    /// A column to sum; without it the table holds counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// Who a row belongs to; without it each row is its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contributor: Option<String>,
    /// Cells with fewer contributors are hidden.
    #[serde(default = "threshold")]
    pub threshold: u64,
    /// Cells whose `n` largest contributors hold more than `k` per cent are hidden.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dominance: Option<Dominance>,
    /// Cells where the second largest contributor can tell the largest within so many per cent are hidden.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p_percent: Option<f64>,
    /// Whether the only cell that is not empty in its row or column is hidden, since everybody there then shares its value.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub group_disclosure: bool,
    /// How far from the truth an outsider must be kept: units of a count (1 unless said), per cent of a sum hidden by `threshold` (10 unless said).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protection: Option<f64>,
    /// How cells are protected.
    #[serde(default)]
    pub method: TableMethod,
    /// What counts are rounded to multiples of; for `round`.
    #[serde(default = "base")]
    pub base: u64,
    /// The noise of `cell-key`.
    #[serde(default)]
    pub noise: Noise,
    /// A file beside the policy with the secret of `cell-key`, at least 16 bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// What `dp` is asked; `count` unless said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statistic: Option<Statistic>,
    /// The least and the largest value that `dp` counts a value as; for sums and means.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clamp: Option<(f64, f64)>,
    /// What values are whole multiples of under `dp`; 1 unless said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<f64>,
    /// Ascending edges of a histogram under `dp`; values outside count at the ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edges: Option<Vec<f64>>,
    /// The quantiles that `dp` is asked for, each above 0 and below 1; the quartiles unless said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantiles: Option<Vec<f64>>,
    /// How much of the release's amount goes to this table, beside the others' shares; 1 unless said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub share: Option<u32>,
}

impl TablePolicy {
    /// What the numbers of the table are called.
    pub fn measure(&self) -> &str {
        self.value.as_deref().or(self.count.as_deref()).unwrap_or("count")
    }
}

/// The (n,k) rule.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dominance {
    /// How many of the largest contributors.
    pub n: usize,
    /// Per cent of the cell.
    pub k: f64,
}

/// How cells are protected.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TableMethod {
    /// Sensitive cells are hidden, and others with them, so that none can be worked out.
    #[default]
    Suppress,
    /// Every count becomes a multiple of the base, and totals still add up.
    Round,
    /// Every count gets a small shift that is the same wherever the same people are counted.
    CellKey,
    /// Noise by differential privacy, drawn against a budget; `[dp]` says how much.
    Dp,
}

impl TableMethod {
    /// The word of a policy.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Suppress => "suppress",
            Self::Round => "round",
            Self::CellKey => "cell-key",
            Self::Dp => "dp",
        }
    }
}

/// The distribution of the shifts: mean zero, whole numbers.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Noise {
    /// No shift is larger.
    pub bound: u32,
    /// The variance of a shift, where the count leaves room for it.
    pub variance: f64,
    /// Counts from one to this one do not occur in the published table.
    pub left_out: u32,
}

impl Default for Noise {
    fn default() -> Self {
        Self {
            bound: 5,
            variance: 3.0,
            left_out: 2,
        }
    }
}

fn threshold() -> u64 {
    10
}
fn base() -> u64 {
    5
}

/// `[table]` or `[[table]]`, each key still with its place in the text.
pub(crate) fn one_or_many<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<TablePolicy>, D::Error> {
    struct Tables;
    impl<'de> Visitor<'de> for Tables {
        type Value = Vec<TablePolicy>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("[table] or [[table]]")
        }
        fn visit_seq<A: SeqAccess<'de>>(self, tables: A) -> Result<Vec<TablePolicy>, A::Error> {
            Vec::deserialize(SeqAccessDeserializer::new(tables))
        }
        fn visit_map<A: MapAccess<'de>>(self, table: A) -> Result<Vec<TablePolicy>, A::Error> {
            TablePolicy::deserialize(MapAccessDeserializer::new(table)).map(|table| vec![table])
        }
    }
    from.deserialize_any(Tables)
}

/// What was made, what was hidden, and what an independent attacker made of it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct TableFacts {
    /// Rows in.
    pub rows_in: u64,
    /// Different cells of all tables; a cell that stands in two tables is one.
    pub cells: u64,
    /// Cells that a rule calls sensitive.
    pub primary: u64,
    /// Cells hidden so that those cannot be worked out.
    pub secondary: u64,
    /// Contributors in the cells hidden for the sake of others.
    pub people_hidden: u64,
    /// The rules, in words.
    pub rules: Vec<String>,
    /// Each table.
    pub tables: Vec<OneTable>,
}

/// One table of a release.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct OneTable {
    /// Its columns.
    pub by: Vec<String>,
    /// What is counted or summed.
    pub measure: String,
    /// How it is protected.
    pub method: String,
    /// Its cells.
    pub cells: u64,
    /// Cells without a number.
    pub suppressed: u64,
}

#[cfg(test)]
mod tests {
    use crate::privacy::PrivacyPolicy;

    #[test]
    fn one_table_and_several_are_read_and_a_misspelt_key_is_named() {
        let one: PrivacyPolicy = toml::from_str("[columns]\na = 'plain'\n[table]\nby = ['a']\n").unwrap();
        assert_eq!((one.table.len(), one.table[0].threshold, one.table[0].measure()), (1, 10, "count"));
        let two: PrivacyPolicy = toml::from_str("[[table]]\nby = ['a']\n[[table]]\nby = []\ndominance = { n = 1, k = 80 }\n").unwrap();
        assert_eq!(two.table.len(), 2);
        let bad = toml::from_str::<PrivacyPolicy>("[table]\nby = ['a']\ntreshold = 3\n").unwrap_err();
        assert!(bad.to_string().contains("treshold"), "{bad}");
    }
}
