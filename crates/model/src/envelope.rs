//! The head of every `--json` document (`interface.md`): what it is, who made it, by which rules, from what, when.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::ids::Sha256;

/// A rule pack that a result was made with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RulePack {
    /// Its name, for instance `dcat-ap-se` or `readiness`.
    pub id: String,
    /// Its version.
    pub version: String,
    /// The digest of its text.
    pub sha256: Sha256,
}

/// The input a document is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputRef {
    /// Its address, or the local path as given.
    pub iri: String,
    /// The digest of its bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Sha256>,
}

/// A `--json` document: the head, then the fields of `T` at the same level.
///
/// ```
/// # use fyr_model::Envelope;
/// # #[derive(serde::Serialize)] struct Body { rows: u64 }
/// let document = Envelope::new("fyr/scan/1", chrono::DateTime::UNIX_EPOCH, Body { rows: 3 });
/// assert_eq!(serde_json::to_value(&document).unwrap()["rows"], 3);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Envelope<T> {
    /// Name and version of the shape, for instance `fyr/check/1`; the JSON Schema is `schemas/check.1.json`.
    pub schema: String,
    /// The program's version.
    pub fyr: String,
    /// Every rule pack that was used.
    pub rules: Vec<RulePack>,
    /// What it is about, where there is one input.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<InputRef>,
    /// When, in UTC.
    pub at: DateTime<Utc>,
    /// The document's own fields.
    #[serde(flatten)]
    pub body: T,
}

impl<T> Envelope<T> {
    /// A document of shape `schema` made at `at`.
    pub fn new(schema: impl Into<String>, at: DateTime<Utc>, body: T) -> Self {
        Self {
            schema: schema.into(),
            fyr: env!("CARGO_PKG_VERSION").into(),
            rules: Vec::new(),
            input: None,
            at,
            body,
        }
    }
    /// With the rule packs used.
    #[must_use]
    pub fn rules(mut self, rules: Vec<RulePack>) -> Self {
        self.rules = rules;
        self
    }
    /// With the input.
    #[must_use]
    pub fn input(mut self, iri: impl Into<String>, sha256: Option<Sha256>) -> Self {
        self.input = Some(InputRef { iri: iri.into(), sha256 });
        self
    }
}
