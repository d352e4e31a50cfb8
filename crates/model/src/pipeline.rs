//! A pipeline file: one curated dataset, from its source to its output.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::ids::SourceId;
use crate::privacy::PrivacyPolicy;
use crate::profile::Explanation;
use crate::quality::{Reference, RuleSettings};
use crate::table::Reading;
use crate::text::Text;

/// The policy of a pipeline: a file beside it, or its tables in place.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
#[allow(clippy::large_enum_variant)] // One value a pipeline; boxing would only hide the shape.
pub enum PolicyRef {
    /// A path relative to the pipeline file.
    File(String),
    /// The tables themselves.
    Inline(PrivacyPolicy),
}

impl<'de> Deserialize<'de> for PolicyRef {
    /// By its form, so that a fault in the tables is told where it stands.
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = PolicyRef;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a policy file, or [policy] with its tables")
            }
            fn visit_str<E: Error>(self, name: &str) -> Result<PolicyRef, E> {
                Ok(PolicyRef::File(name.to_owned()))
            }
            fn visit_map<A: MapAccess<'de>>(self, tables: A) -> Result<PolicyRef, A::Error> {
                PrivacyPolicy::deserialize(MapAccessDeserializer::new(tables)).map(PolicyRef::Inline)
            }
        }
        from.deserialize_any(Either)
    }
}

impl Default for PolicyRef {
    fn default() -> Self {
        Self::Inline(PrivacyPolicy::default())
    }
}

/// `pipelines/<name>.toml` as written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PipelineFile {
    /// A file in `catalog/sources/`.
    pub source: SourceId,
    /// The dataset's IRI.
    pub dataset: String,
    /// IRI or download address of the distribution; needed only when there are several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distribution: Option<String>,
    /// How to read it.
    #[serde(default)]
    pub reading: Reading,
    /// The privacy policy.
    #[serde(default)]
    pub policy: PolicyRef,
    /// Rule files, as paths or patterns relative to the workspace; the standard pack runs always.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<String>,
    /// Rules in short; each is expanded to SQL.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<crate::quality::ShortRule>,
    /// What is changed of single rules, by their ids.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub quality: BTreeMap<String, RuleSettings>,
    /// Tables that rules may read as `ref.NAME` beside the registers: releases and code lists.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub references: BTreeMap<String, Reference>,
    /// What the owner says of changes since a former version (Q7).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub explained: Vec<Explanation>,
    /// A contract beside the pipeline file (Table Schema or ODCS 3.1, JSON or YAML): its rules run, its reading holds where ours is silent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contract: Option<String>,
    /// Columns that must be filled (Q2); all of a candidate key when left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub required: Vec<String>,
    /// The column that tells rows apart (Q3).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Columns to sort by; the source's row order is never kept after protection.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sort: Vec<String>,
    /// The card's six answers (D4); what nobody answered says so.
    #[serde(default)]
    pub card: CardAnswers,
    /// How releases are kept and renewed (V4).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub update_plan: Option<Text>,
    /// Where releases are for an experiment: what it is for, and the last day that they are served.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sandbox: Option<crate::release::Sandbox>,
}

/// The six answers of the dataset card (D4).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CardAnswers {
    /// How the data was collected.
    pub collection: Option<Text>,
    /// What it is for.
    #[serde(rename = "use")]
    pub intended_use: Option<Text>,
    /// Known limits.
    pub limits: Option<Text>,
    /// Known bias.
    pub bias: Option<Text>,
    /// Personal data and how it was handled.
    pub personal_data: Option<Text>,
    /// The maintenance plan.
    pub plan: Option<Text>,
}
