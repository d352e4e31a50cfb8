//! Roles, policies, what detectors found, what was planned and what an independent reader measured (`privacy.md`).

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::bound;
pub use crate::bound::{ColumnPolicy, PerColumn};
pub use crate::decision::{Decision, Interest};
use crate::held::Held;
use crate::ids::Sha256;
pub use crate::recoding::{Mean, MicroaggregationFacts, Recoding, RecodingFacts, RecodingOutcome};
use crate::text::Text;

/// What a column is to privacy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Names a person directly: removed.
    Identifier,
    /// Could single somebody out together with others: generalised.
    #[serde(alias = "quasi_identifier")]
    QuasiIdentifier,
    /// Says something private: kept, and protected by the groups.
    Sensitive,
    /// Neither.
    Plain,
}

impl Role {
    /// The word of a policy.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Identifier => "identifier",
            Self::QuasiIdentifier => "quasi-identifier",
            Self::Sensitive => "sensitive",
            Self::Plain => "plain",
        }
    }
}

/// The model that published groups must meet; every model that is stated must hold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// Smallest group of rows; 0 when it is not asked for.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub k: u64,
    /// Diversity of the sensitive values in a group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub l: Option<PerColumn<Diversity>>,
    /// How far a group's sensitive values may lie from the whole table's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub t: Option<PerColumn<Closeness>>,
    /// How much more common a sensitive value may be in a group than in the whole table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beta: Option<PerColumn<Likeness>>,
    /// Bound on `|ln(q/p)|` of the sensitive values present in a group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disclosure: Option<PerColumn<f64>>,
    /// Delta-presence: the input is the population, `subset` names the rows to publish.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub presence: Option<Presence>,
    /// k-map: the input is the sample, `population` names the table that groups are counted in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub k_map: Option<KMap>,
    /// Largest mean risk: groups over rows of the published table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub average_risk: Option<f64>,
    /// Share of rows that may be suppressed.
    #[serde(default = "suppression_max")]
    pub suppression_max: f64,
    /// The measure of loss that the search minimises, a word of `interface.md`; the short names of the literature are read as these.
    #[serde(default = "entropy", deserialize_with = "bound::loss")]
    pub loss: String,
    /// Weight between generalisation and suppression, 0 to 1 (`privacy.md` 2.2).
    #[serde(default = "gs_factor")]
    pub gs_factor: f64,
    /// A second step after the search, in which groups get levels of their own; never at a greater loss.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recoding: Option<Recoding>,
}

impl Default for Model {
    fn default() -> Self {
        Self {
            k: 0,
            l: None,
            t: None,
            beta: None,
            disclosure: None,
            presence: None,
            k_map: None,
            average_risk: None,
            suppression_max: suppression_max(),
            loss: entropy(),
            gs_factor: gs_factor(),
            recoding: None,
        }
    }
}

/// l-diversity.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Diversity {
    /// Which form.
    pub kind: DiversityKind,
    /// l.
    pub value: f64,
    /// c, of the recursive form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub c: Option<f64>,
}

/// The forms of l-diversity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DiversityKind {
    /// So many different values.
    Distinct,
    /// Entropy of at least ln l.
    Entropy,
    /// The most common value is less than c times what is left after the l - 1 most common.
    Recursive,
}

/// t-closeness.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Closeness {
    /// The distance between values.
    pub kind: ClosenessKind,
    /// t.
    pub value: f64,
}

/// How far two sensitive values lie from each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClosenessKind {
    /// All values equally far.
    Equal,
    /// By their order.
    Ordered,
    /// By the column's hierarchy.
    Hierarchical,
}

/// beta-likeness.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Likeness {
    /// Which form.
    pub kind: LikenessKind,
    /// beta.
    pub value: f64,
}

/// The forms of beta-likeness.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LikenessKind {
    /// `(q - p) / p <= beta`.
    Basic,
    /// And at most `-ln p`.
    Enhanced,
}

/// delta-presence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Presence {
    /// Least share of a population group that is in the published rows.
    pub min: f64,
    /// Greatest share.
    pub max: f64,
    /// The rows to publish: a file beside the policy.
    pub subset: String,
}

/// k-map.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KMap {
    /// Smallest group of the population.
    pub k: u64,
    /// The population: a file beside the policy.
    pub population: String,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}
fn suppression_max() -> f64 {
    0.04
}
fn entropy() -> String {
    "entropy".into()
}
fn gs_factor() -> f64 {
    0.5
}

/// A detector's finding that a person has judged; travels with the release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clearance {
    /// The kind of personal data that was found (`-` and `_` are equal).
    pub kind: String,
    /// Why it is no obstacle.
    pub reason: String,
    /// Who judged.
    pub by: String,
    /// In what role.
    pub role: String,
    /// When: a date of TOML, or its text.
    #[serde(deserialize_with = "day")]
    pub date: NaiveDate,
}

/// A date as TOML writes it (`2026-11-22` without quotes) or as JSON does (with).
pub(crate) fn day<'de, D: serde::Deserializer<'de>>(from: D) -> Result<NaiveDate, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Text(String),
        Toml(toml::value::Datetime),
    }
    let text = match Written::deserialize(from)? {
        Written::Text(text) => text,
        Written::Toml(date) => date.to_string(),
    };
    text.parse().map_err(serde::de::Error::custom)
}

/// A privacy policy as written: a file of its own, or tables in the pipeline.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PrivacyPolicy {
    /// Role per column; a column without a role is refused, never guessed.
    pub columns: BTreeMap<String, ColumnPolicy>,
    /// Needed as soon as a column is quasi-identifying or sensitive.
    pub model: Option<Model>,
    /// The tables to be made, for `fyr tabulate`; instead of a model.
    #[serde(deserialize_with = "crate::tabulate::one_or_many", skip_serializing_if = "Vec::is_empty")]
    pub table: Vec<crate::tabulate::TablePolicy>,
    /// What tables with `method = "dp"` spend, and of whose budget.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dp: Option<crate::dp::DpPolicy>,
    /// Findings judged by a person, per column.
    pub cleared: BTreeMap<String, Clearance>,
    /// What is done to columns before everything else. An identifier with an action is not removed; what the action made of it is plain.
    pub actions: BTreeMap<String, ColumnAction>,
    /// Columns that become keyed pseudonyms, and where the key is.
    pub pseudonyms: Option<PseudonymPolicy>,
    /// Whom the rows are about: releases that say the same are subtracted from each other. The dataset unless said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub population: Option<String>,
    /// Findings of the accumulation guard resolved by a person, by the finding's id.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub resolved: BTreeMap<String, Resolution>,
}

/// A person's decision on a finding of the accumulation guard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resolution {
    /// Why it is no obstacle.
    pub reason: String,
    /// Who decided.
    pub by: String,
    /// In what role.
    pub role: String,
    /// When: a date of TOML, or its text.
    #[serde(deserialize_with = "day")]
    pub date: NaiveDate,
}

/// What is done to a column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
pub enum ColumnAction {
    /// It is left out.
    Remove,
    /// Personal data inside its texts gives way to placeholders: `note = { do = "mask", numbered = true }`.
    Mask {
        /// Whether placeholders are numbered within a cell, the same for the same.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        numbered: bool,
    },
    /// Its values become coarser: `born = { do = "generalise", kind = "date_of_birth" }`.
    Generalise {
        /// The kind of `interface.md`.
        kind: String,
    },
    /// Its identity numbers become numbers of a published test list, for demonstration data: `pnr = { do = "test-identities", numbers = "test.json" }`.
    TestIdentities {
        /// A file beside the policy: a JSON list of numbers in twelve digits.
        numbers: String,
    },
}

/// Keyed pseudonyms (`privacy.md` 6.1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PseudonymPolicy {
    /// Where the key is; never in this file.
    pub key: KeyPlace,
    /// Releases that name the same scope can be joined with each other. Without one no two releases can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// The kind of each column that becomes pseudonyms: `personnummer = "personal_identity_number"`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub columns: BTreeMap<String, String>,
}

/// Where a key is: `{ env = "NAME" }` or `{ file = "/path" }`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum KeyPlace {
    /// An environment variable.
    Env(String),
    /// A file that only its owner can read, apart from data and releases.
    File(std::path::PathBuf),
}

/// What detectors say of a column: counts and positions, never values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PersonalDataFinding {
    /// The column.
    pub column: String,
    /// `direct`, `quasi-identifying`, `sensitive` or `none`.
    pub verdict: String,
    /// The kind of `interface.md`, where one was found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Cells tested.
    pub tested: u64,
    /// Cells that match.
    pub matches: u64,
    /// `matches / tested`.
    pub share: f64,
    /// From 0.0 to 1.0.
    pub confidence: f64,
    /// Why, in words and numbers.
    pub evidence: String,
    /// The first 20 rows that match, 0-based.
    pub rows: Vec<u64>,
}

/// Personal data inside the longer texts of a column: counts, never values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FreeTextFinding {
    /// The column.
    pub column: String,
    /// The kind of `interface.md`.
    pub kind: String,
    /// Different texts that hold one.
    pub matches: u64,
    /// Rows that hold one.
    pub rows: u64,
}

/// What was decided for one column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnPlan {
    /// The column.
    pub column: String,
    /// Its role.
    pub role: Role,
    /// `remove`, `keep`, `generalise`, `microaggregate`.
    pub action: String,
    /// The level of its hierarchy, 0 = as it is.
    pub level: usize,
    /// Levels in all.
    pub levels: usize,
}

/// How the search went.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SearchFacts {
    /// Nodes of the lattice.
    pub nodes: u64,
    /// Nodes evaluated.
    pub visited: u64,
    /// Whether the answer is proven best.
    pub optimal: bool,
    /// Lower bound on the loss.
    pub bound: f64,
}

/// The plan and what it costs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProtectionFacts {
    /// Rows in.
    pub rows_in: u64,
    /// Rows out.
    pub rows_out: u64,
    /// The models, in words: `10-anonymity`.
    pub models: Vec<String>,
    /// Every column.
    pub columns: Vec<ColumnPlan>,
    /// Rows whose quasi-identifiers are all `*`, or that are left out.
    pub suppressed_rows: u64,
    /// The measure of loss.
    pub loss_metric: String,
    /// Its value.
    pub loss: f64,
    /// How the search went.
    pub search: SearchFacts,
    /// The second step after the search, where the policy asks for one. Loss and suppressed rows above are those after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recoding: Option<RecodingFacts>,
    /// Columns whose numbers gave way to the mean of their group.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub microaggregated: Vec<MicroaggregationFacts>,
}

/// What an independent reader measured on the written file (H29).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PrivacyReport {
    /// The digests of the files read, by name, in order.
    pub files: BTreeMap<String, Sha256>,
    /// Rows read.
    pub rows: u64,
    /// Quasi-identifying columns.
    pub quasi_identifiers: Vec<String>,
    /// The smallest class over them; none when there is no such column.
    pub k: Option<u64>,
    /// The k that was asked for.
    pub k_required: Option<u64>,
    /// Classes.
    pub classes: u64,
    /// Largest re-identification risk, `1/k`.
    pub prosecutor_max: Option<f64>,
    /// Mean risk, `classes / rows`.
    pub prosecutor_average: Option<f64>,
    /// Share of rows that are alone in their class.
    pub unique_share: Option<f64>,
    /// Distinct sensitive values in the poorest class, per sensitive column.
    pub l: BTreeMap<String, u64>,
    /// Largest distance of a class from the whole file, per sensitive column, by the distance of the policy or else with all values equally far.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub t: BTreeMap<String, f64>,
    /// What the file was held to, so that it can be held to the same again, and what was measured; none when there is nothing to hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<Held>,
    /// What the reader's own detectors found in the written file.
    pub detections: Vec<PersonalDataFinding>,
    /// Findings judged by a person, that travel with the release.
    pub cleared: BTreeMap<String, Clearance>,
    /// Each check.
    pub checks: Vec<Check>,
    /// Whether all checks passed.
    pub passed: bool,
}

/// One check of an auditor or verifier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// Its id.
    pub id: String,
    /// Whether it holds.
    pub ok: bool,
    /// What was seen: counts, names of columns, digests.
    pub detail: Text,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clearance_takes_the_date_of_toml_and_of_json_and_no_other() {
        let rest = "kind = 'e-mail'\nreason = 'r'\nby = 'b'\nrole = 'o'\n";
        let read = |date: &str| toml::from_str::<Clearance>(&format!("{rest}date = {date}"));
        let plain = read("2026-11-22").unwrap();
        assert_eq!(plain, read("'2026-11-22'").unwrap());
        assert_eq!(
            serde_json::from_str::<Clearance>(&serde_json::to_string(&plain).unwrap()).unwrap(),
            plain
        );
        assert!(read("'22/11/2026'").is_err());
        assert!(read("2026-11-22T10:00:00Z").is_err());
    }
}
