//! The finer figures of a profile (`tables.md` section 2). Every one of them is a value of the column or follows from values, so they appear
//! only for columns that detectors cleared (H33).

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::finding::{Finding, Severity};
use crate::ids::Version;
use crate::table::ValueCount;

/// How a figure was found, and how far off it may be.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Method {
    /// `exact`, or the sketch's or sample's name.
    pub method: String,
    /// How far off it may be: a share of the value for a number of distinct values, of all ranks for quantiles, rows for counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<f64>,
}

impl Method {
    /// Nothing was left out.
    pub fn exact() -> Self {
        Self {
            method: "exact".into(),
            error: None,
        }
    }
    /// A sketch and its bound.
    pub fn sketch(method: &str, error: f64) -> Self {
        Self {
            method: method.into(),
            error: Some(error),
        }
    }
}

/// How the values of a column follow each other from row to row, missing cells passed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    /// None is less than the one before it.
    Ascending,
    /// Each is greater than the one before it.
    StrictlyAscending,
    /// None is greater than the one before it.
    Descending,
    /// Each is less than the one before it.
    StrictlyDescending,
}

impl Order {
    /// Whether no value stands twice.
    pub fn is_strict(self) -> bool {
        matches!(self, Self::StrictlyAscending | Self::StrictlyDescending)
    }
}

/// The shape of numbers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct NumberFacts {
    /// g1: the third central moment over the variance to 3/2; none where all values are equal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skewness: Option<f64>,
    /// g2: the fourth central moment over the squared variance, less 3.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kurtosis: Option<f64>,
    /// Values that are nought.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zeros: Option<u64>,
    /// Values below nought.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub negatives: Option<u64>,
    /// Share of values without a fraction.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub whole_share: Option<f64>,
    /// The most decimals that a value is written with; 15 stands for more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decimals: Option<u8>,
    /// Share of whole values other than nought that are divisible by 5.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by_5: Option<f64>,
    /// The same by 10.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by_10: Option<f64>,
    /// The same by 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by_100: Option<f64>,
    /// Median absolute deviation from the median.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mad: Option<f64>,
}

/// The shape of texts.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TextFacts {
    /// Characters of the shortest text that is not empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub length_min: Option<u64>,
    /// Mean characters of the texts that are not empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub length_mean: Option<f64>,
    /// Characters of the longest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub length_max: Option<u64>,
    /// Rows by kind of letters: `digits`, `letters`, `letters-and-digits`, `other`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub classes: BTreeMap<String, u64>,
    /// The most common shapes: `9` for a digit, `A` and `a` for letters, anything else as it is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub patterns: Vec<ValueCount>,
    /// Texts with letters outside ASCII.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_ascii: Option<u64>,
    /// Texts that begin with a blank.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub leading_space: Option<u64>,
    /// Texts that end with a blank.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trailing_space: Option<u64>,
    /// Texts with control characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub control: Option<u64>,
    /// Texts that were read in a wrong encoding before they came here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mojibake: Option<u64>,
    /// Different values that are another value in other case; counted while all values are held.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub case_variants: Option<u64>,
    /// Texts that are nearly another one, among those that `near_method` names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub near_duplicates: Option<u64>,
    /// Share of words in runs of eight that three texts or more share, among the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub boilerplate_share: Option<f64>,
    /// How these were found: different texts of eight words or more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub near_method: Option<Method>,
    /// Share of texts with four words or more, by language (stop words): `sv`, `en`, `other`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub languages: BTreeMap<String, f64>,
}

/// The shape of dates and moments, by day.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DateFacts {
    /// The series' step: `day`, `week`, `month` or `year`; the longest that fits all days.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// Steps between the first and the last day without a row.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missing_steps: Option<u64>,
    /// The most steps in a row without a row.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub longest_gap: Option<u64>,
    /// Rows by weekday, Monday first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weekdays: Option<[u64; 7]>,
    /// Rows by month, January first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub months: Option<[u64; 12]>,
    /// Rows on a 1 January: where a year was meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_of_january: Option<u64>,
    /// Rows after the day on which the profile was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub future: Option<u64>,
}

/// The shape of geometries.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GeometryFacts {
    /// Rows by kind, for instance `Point`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub kinds: BTreeMap<String, u64>,
    /// Geometries without a position.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub empty: Option<u64>,
    /// Bytes that are no geometry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invalid: Option<u64>,
    /// Geometries with a position outside Sweden's bounds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outside_sweden: Option<u64>,
    /// West, south, east, north in degrees.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bounds: Option<[f64; 4]>,
}

/// Values far from the others: counts, and where to look.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Outliers {
    /// More than 1.5 interquartile ranges below p25 or above p75 (Tukey, 1977).
    pub tukey: u64,
    /// More than 3.
    pub tukey_far: u64,
    /// Modified z-score over 3.5 (Iglewicz and Hoaglin, 1993); none where the median absolute deviation is nought.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modified_z: Option<u64>,
    /// The first rows (0-based) that Tukey's 1.5 names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rows: Vec<u64>,
    /// How the fences were found.
    #[serde(flatten)]
    pub method: Method,
}

/// Rows that lack the same columns.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MissingPattern {
    /// The columns without a value.
    pub columns: Vec<String>,
    /// How many rows.
    pub rows: u64,
}

/// A column that says nothing of its own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Relation {
    /// The columns that decide.
    pub from: Vec<String>,
    /// The column that follows from them.
    pub to: String,
}

/// How two columns go together.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Pair {
    /// Both columns.
    pub columns: [String; 2],
    /// Pearson's correlation, for two numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pearson: Option<f64>,
    /// Spearman's, for two numbers or dates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spearman: Option<f64>,
    /// Cramér's V, bias corrected (Bergsma, 2013), for two columns of codes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cramers_v: Option<f64>,
    /// The correlation ratio (eta), for a code and a number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correlation_ratio: Option<f64>,
    /// The correlation of missing with missing (phi).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing: Option<f64>,
}

/// How a table differs from its previous version, from two stored profiles.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Drift {
    /// Rows before and now.
    pub rows: [u64; 2],
    /// Columns that only the new version has.
    pub columns_added: Vec<String>,
    /// Columns that only the old version had.
    pub columns_removed: Vec<String>,
    /// Columns that look like a removed one under another name.
    pub columns_renamed: Vec<Relation>,
    /// Columns with another type.
    pub columns_retyped: Vec<String>,
    /// Columns that both have, with the same type.
    pub columns: Vec<ColumnDrift>,
}

/// How a dataset differs from its former version, as its owner is told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DriftReport {
    /// The version compared with; none when nothing of the dataset has been released, and its former file stands in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Version>,
    /// When that one was read.
    pub at: DateTime<Utc>,
    /// What differs.
    #[serde(flatten)]
    pub drift: Drift,
    /// What of it is worth a look: counts and measures, never a value.
    pub findings: Vec<Finding>,
    /// Findings that somebody has explained, with what was said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub explained: Vec<Explanation>,
}

/// What an owner says of a change, under `[[explained]]` of a pipeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Explanation {
    /// The version that the change is counted from: an explanation holds for one step and not for those that follow.
    pub since: Version,
    /// The finding, for instance `drift-distribution`.
    pub finding: String,
    /// The column; left out for what concerns the whole table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// Why, in Swedish; it stands in the change note.
    pub sv: String,
    /// Why, in English.
    pub en: String,
}

impl Explanation {
    /// Whether it speaks of this finding.
    pub fn fits(&self, finding: &Finding) -> bool {
        self.finding == finding.id && self.column.as_ref().is_none_or(|column| *column == finding.focus)
    }
}

impl DriftReport {
    /// Warnings, and how many of them nobody has explained.
    pub fn warnings(&self) -> (usize, usize) {
        let grave: Vec<&Finding> = self
            .findings
            .iter()
            .filter(|finding| finding.severity == Severity::Warning)
            .collect();
        let open = grave
            .iter()
            .filter(|finding| !self.explained.iter().any(|said| said.fits(finding)))
            .count();
        (grave.len(), open)
    }
}

/// How one column differs.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ColumnDrift {
    /// Its name.
    pub name: String,
    /// `none`, `notice` (from 0.1) or `warning` (from 0.25), by PSI for numbers and dates, by Jensen-Shannon for codes; `none` also where no
    /// distribution could be compared or may be told.
    pub level: String,
    /// Share of cells without a value before and now.
    pub missing: [f64; 2],
    /// Whether a value lies below what was smallest or above what was largest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range_left: Option<bool>,
    /// Population stability index over ten quantile bins of the old version, half a row in an empty bin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub psi: Option<f64>,
    /// The largest distance between both distributions (Kolmogorov and Smirnov).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kolmogorov_smirnov: Option<f64>,
    /// Jensen-Shannon divergence of codes, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jensen_shannon: Option<f64>,
    /// Codes that are new.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub values_new: Option<u64>,
    /// Codes that are gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub values_gone: Option<u64>,
    /// The most common of the new codes, where they may be shown.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub new: Vec<ValueCount>,
    /// The most common of those that are gone, with how often they stood.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gone: Vec<ValueCount>,
}
