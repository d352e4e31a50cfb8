//! Differential privacy: what a policy asks for, what is drawn, and what was released (`privacy.md` section 4).
//!
//! Amounts of privacy are whole billionths, so that the ledger adds without rounding and noise is measured out from exactly what was booked.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::ids::Sha256;
use crate::text::Text;

/// Parts that one unit of epsilon or rho is counted in.
pub const BILLIONTH: f64 = 1e9;

/// How a loss of privacy is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Measure {
    /// Pure differential privacy: epsilons add.
    Epsilon,
    /// Zero-concentrated differential privacy: rhos add.
    Rho,
}

impl Measure {
    /// Its word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Epsilon => "epsilon",
            Self::Rho => "rho",
        }
    }
}

/// An amount of privacy: whole billionths of one measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amount {
    /// The measure.
    pub measure: Measure,
    /// Billionths.
    pub billionths: u64,
}

impl Amount {
    /// An amount as written: above zero, at most a million, at most nine decimals.
    ///
    /// ```
    /// use fyr_model::dp::{Amount, Measure};
    /// assert_eq!(Amount::written(Measure::Epsilon, 0.3).unwrap().billionths, 300_000_000);
    /// assert!(Amount::written(Measure::Epsilon, 1e-10).is_none());
    /// assert!(Amount::written(Measure::Epsilon, 0.0).is_none());
    /// ```
    pub fn written(measure: Measure, value: f64) -> Option<Self> {
        if !(value > 0.0 && value <= 1e6) {
            return None;
        }
        let whole = (value * BILLIONTH).round();
        // A decimal of at most nine places lies this close to its billionths, whatever its size.
        let close = (value * BILLIONTH - whole).abs() <= whole * 1e-15 + 1e-6;
        (whole >= 1.0 && close).then_some(Self {
            measure,
            billionths: whole as u64,
        })
    }

    /// The same as a number.
    pub fn value(self) -> f64 {
        self.billionths as f64 / BILLIONTH
    }

    /// What it costs an account that measures in `measure`: an epsilon is at most epsilon squared over two of rho (Bun and Steinke 2016,
    /// proposition 1.4), rounded up; a rho is no epsilon.
    pub fn in_measure(self, measure: Measure) -> Option<Self> {
        if self.measure == measure {
            return Some(self);
        }
        if measure == Measure::Epsilon {
            return None;
        }
        let square = u128::from(self.billionths) * u128::from(self.billionths);
        let billionths = u64::try_from(square.div_ceil(2_000_000_000)).ok()?;
        Some(Self { measure, billionths })
    }

    /// The decimal that it is, without an exponent and without rounding.
    ///
    /// ```
    /// use fyr_model::dp::{Amount, Measure};
    /// assert_eq!(Amount { measure: Measure::Rho, billionths: 50_000_000 }.decimal(), "0.05");
    /// ```
    pub fn decimal(self) -> String {
        let (whole, part) = (self.billionths / 1_000_000_000, self.billionths % 1_000_000_000);
        let text = format!("{whole}.{part:09}");
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    }
}

/// The epsilon that holds with probability 1 - delta when rho is spent: rho + 2 sqrt(rho ln(1/delta)) (Bun and Steinke 2016, proposition 1.3).
///
/// ```
/// assert!((fyr_model::dp::epsilon_of(0.1, 1e-6) - 2.450_788).abs() < 1e-6);
/// ```
pub fn epsilon_of(rho: f64, delta: f64) -> f64 {
    rho + 2.0 * (rho * (1.0 / delta).ln()).sqrt()
}

/// `[dp]` of a policy, for tables with `method = "dp"`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DpPolicy {
    /// Whose budget is spent, together with `unit`: every release that says the same draws on the same account.
    pub dataset: String,
    /// The column that tells whom a row belongs to: what is protected is everything that this one brings.
    pub unit: String,
    /// How many rows of one unit count in a table; the others are left out.
    pub contributions_max: u32,
    /// What this release spends, by the discrete Laplace mechanism.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epsilon: Option<f64>,
    /// What this release spends, by the discrete Gaussian mechanism.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rho: Option<f64>,
    /// The probability that rho is stated as an epsilon with; above 0, below 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delta: Option<f64>,
    /// What all releases of the account may spend together.
    pub budget: Budget,
    /// The published values of each column of `by`: a list, or a file beside the policy with one value a line.
    pub groups: BTreeMap<String, Groups>,
    /// The level of its hierarchy that a column is shown at; `groups` then lists values of that level. 0 is the value itself.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub levels: BTreeMap<String, usize>,
    /// The ledger, a file beside the policy; only without a workspace, which has its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ledger: Option<String>,
}

/// What an account may spend in all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Budget {
    /// In epsilon; then no release may spend rho.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epsilon: Option<f64>,
    /// In rho; an epsilon is then counted as epsilon squared over two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rho: Option<f64>,
}

/// A public list of values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Groups {
    /// The values.
    Listed(Vec<String>),
    /// A file beside the policy, one value a line.
    File(String),
}

/// What is asked of the rows of a cell.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Statistic {
    /// How many rows.
    #[default]
    Count,
    /// The sum of `value`, each clamped.
    Sum,
    /// The mean of `value`, each clamped.
    Mean,
    /// How many rows lie between the stated edges.
    Histogram,
    /// Quantiles, read from such a histogram.
    Quantile,
}

impl Statistic {
    /// Its word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Sum => "sum",
            Self::Mean => "mean",
            Self::Histogram => "histogram",
            Self::Quantile => "quantile",
        }
    }
}

/// Whole numbers that noise is added to together, and what one unit can change in them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vector {
    /// The true numbers.
    pub values: Vec<i64>,
    /// The most that one unit changes them by: the sum of the absolute changes, and at once the square root of the sum of their squares, since
    /// everything that a unit brings may fall in one cell.
    pub sensitivity: u64,
    /// What it is given of the release's amount.
    pub cost: Amount,
}

/// A release under differential privacy, as it is told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DpFacts {
    /// The dataset of the account.
    pub dataset: String,
    /// The protected unit.
    pub unit: String,
    /// Whom the promise is about.
    pub neighbours: Text,
    /// `discrete-laplace` or `discrete-gaussian`.
    pub mechanism: String,
    /// The pure epsilon of the release; or that which follows from rho and delta.
    pub epsilon: f64,
    /// The rho of the release.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rho: Option<f64>,
    /// The delta that epsilon holds with; 0 for the Laplace mechanism.
    pub delta: f64,
    /// Each table.
    pub tables: Vec<DpTable>,
}

/// One table of such a release.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DpTable {
    /// Its columns.
    pub by: Vec<String>,
    /// `count`, `sum`, `mean`, `histogram` or `quantile`.
    pub statistic: String,
    /// The column, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// Rows of a unit that count.
    pub contributions_max: u32,
    /// The numbers that were noised: two for a mean, its sum and its count.
    pub noised: Vec<Noised>,
    /// The expected error, in words.
    pub error: Text,
}

/// Numbers that noise was added to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Noised {
    /// What they are.
    pub what: String,
    /// The most that one unit changes them by, in their own units.
    pub sensitivity: f64,
    /// The amount that was spent on them, a decimal number of `epsilon` or `rho`.
    pub spent: f64,
    /// The standard deviation of the noise, in their own units.
    pub deviation: f64,
    /// The noise is at most so large with probability 0.95, in their own units.
    pub within_95: f64,
}

/// A named role's decision to let an account spend more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Raise {
    /// What it may spend in all from then on.
    pub budget: Amount,
    /// Who decided.
    pub by: String,
    /// In what role.
    pub role: String,
    /// Why.
    pub reason: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// An account of the ledger.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AccountFacts {
    /// The dataset.
    pub dataset: String,
    /// The protected unit.
    pub unit: String,
    /// `epsilon` or `rho`.
    pub measure: String,
    /// What it was opened with.
    pub opened_with: f64,
    /// What it may spend in all.
    pub budget: f64,
    /// What it has spent.
    pub spent: f64,
    /// What is left.
    pub left: f64,
    /// Releases that were paid for.
    pub entries: u64,
    /// The decisions that raised its budget, in order.
    pub raises: Vec<Raise>,
}

/// How an account stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Standing {
    /// `epsilon` or `rho`.
    pub measure: String,
    /// What it may spend in all.
    pub budget: f64,
    /// What it has spent, this release included.
    pub spent: f64,
    /// What is left.
    pub left: f64,
    /// Releases that were paid for.
    pub entries: u64,
    /// Whether this answer was stored before, so that nothing was spent now.
    pub repeated: bool,
    /// The digest of the ledger's last line: whoever keeps it can tell that no line was taken out since.
    pub head: Sha256,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_become_the_billionths_that_they_say() {
        for (written, billionths) in [
            (0.1, 100_000_000),
            (0.7, 700_000_000),
            (1e-9, 1),
            (123_456.789, 123_456_789_000_000),
        ] {
            let amount = Amount::written(Measure::Rho, written).unwrap();
            assert_eq!(amount.billionths, billionths, "{written}");
            assert_eq!(amount.decimal().parse::<f64>().unwrap(), written);
        }
        for wrong in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e7, 1e-12, 0.000_000_000_15] {
            assert_eq!(Amount::written(Measure::Rho, wrong), None, "{wrong}");
        }
    }

    #[test]
    fn an_epsilon_is_half_its_square_of_rho_and_never_less() {
        let in_rho = |billionths| {
            let amount = Amount {
                measure: Measure::Epsilon,
                billionths,
            };
            amount.in_measure(Measure::Rho).unwrap().billionths
        };
        assert_eq!((in_rho(1_000_000_000), in_rho(100_000_000), in_rho(1)), (500_000_000, 5_000_000, 1));
        let rho = Amount {
            measure: Measure::Rho,
            billionths: 1,
        };
        assert_eq!(rho.in_measure(Measure::Epsilon), None);
    }
}
