//! The findings of an earlier run: they pass, what is new fails, and what has gone is told.

use std::collections::BTreeSet;
use std::path::Path;

use fyr_model::{Finding, InputRef, Refusal, RefusalKind, Text};
use serde::{Deserialize, Serialize};

use super::fingerprint;

/// Findings that a report lists as gone.
const GONE_MAX: usize = 1_000;

/// The documents of an earlier `fyr check --json`.
pub(super) struct Baseline {
    documents: Vec<Document>,
}

#[derive(Deserialize)]
struct Document {
    schema: String,
    #[serde(default)]
    input: Option<InputRef>,
    findings: Vec<Entry>,
    #[serde(default)]
    left_out: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
struct Entry {
    #[serde(default)]
    fingerprint: Option<String>,
    #[serde(default)]
    file: Option<String>,
    #[serde(default)]
    state: Option<String>,
    #[serde(flatten)]
    finding: Finding,
}

/// A finding that is in the baseline and no longer in the input.
#[derive(Debug, Clone, Serialize)]
pub struct Old {
    /// The rule.
    pub id: String,
    /// The subject.
    pub focus: String,
    /// The property.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub path: String,
    /// The fingerprint.
    pub fingerprint: String,
}

/// What has gone since the baseline.
#[derive(Debug, Clone, Serialize)]
pub struct Gone {
    /// How many findings.
    pub count: u64,
    /// The first thousand.
    pub findings: Vec<Old>,
}

/// The old findings of one input.
#[derive(Default)]
pub(super) struct Known {
    prints: BTreeSet<String>,
    old: Vec<Old>,
}

impl Baseline {
    /// Reads the documents; one a line or one after the other, as several inputs give.
    pub(super) fn read(path: &Path) -> Result<Self, Refusal> {
        let text = std::fs::read_to_string(path).map_err(|error| unusable(path, &error.to_string()))?;
        let mut documents = Vec::new();
        for document in serde_json::Deserializer::from_str(&text).into_iter::<Document>() {
            let document = document.map_err(|error| unusable(path, &error.to_string()))?;
            if document.schema != "fyr/check/1" {
                return Err(unusable(path, &format!("schema `{}`", document.schema)));
            }
            if !document.left_out.is_empty() {
                return Err(incomplete(path));
            }
            documents.push(document);
        }
        if documents.is_empty() {
            return Err(unusable(path, "0 documents"));
        }
        Ok(Self { documents })
    }

    /// What was known of an input: the document about the same address, or the same file name, or the only one.
    pub(super) fn of(&self, reference: Option<&InputRef>, file: &str, single: bool) -> Known {
        let iri = reference.map(|reference| reference.iri.as_str());
        let same = |document: &&Document| iri.is_some() && document.input.as_ref().map(|input| input.iri.as_str()) == iri;
        let named = |document: &&Document| document.findings.iter().any(|entry| entry.file.as_deref() == Some(file));
        let only = self.documents.first().filter(|_| single && self.documents.len() == 1);
        let found = self
            .documents
            .iter()
            .find(same)
            .or_else(|| self.documents.iter().find(named))
            .or(only);
        found.map(Document::known).unwrap_or_default()
    }
}

impl Document {
    fn known(&self) -> Known {
        // What was ignored then is not old: when the ignore ends, it is new.
        let kept = || self.findings.iter().filter(|entry| entry.state.as_deref() != Some("ignored"));
        let names: Vec<String> = self.input.iter().map(|input| input.iri.clone()).chain([String::new()]).collect();
        let findings: Vec<Finding> = kept().map(|entry| entry.finding.clone()).collect();
        let computed = fingerprint::all(&findings, &names);
        let old: Vec<Old> = kept()
            .zip(computed)
            .map(|(entry, computed)| Old {
                id: entry.finding.id.clone(),
                focus: entry.finding.focus.clone(),
                path: entry.finding.path.clone(),
                fingerprint: entry.fingerprint.clone().unwrap_or(computed),
            })
            .collect();
        Known {
            prints: old.iter().map(|old| old.fingerprint.clone()).collect(),
            old,
        }
    }
}

impl Known {
    pub(super) fn has(&self, print: &str) -> bool {
        self.prints.contains(print)
    }

    /// What is not there any more.
    pub(super) fn gone(&self, prints: &[String]) -> Gone {
        let now: BTreeSet<&str> = prints.iter().map(String::as_str).collect();
        let mut findings: Vec<Old> = self
            .old
            .iter()
            .filter(|old| !now.contains(old.fingerprint.as_str()))
            .cloned()
            .collect();
        let count = findings.len() as u64;
        findings.truncate(GONE_MAX);
        Gone { count, findings }
    }
}

fn unusable(path: &Path, cause: &str) -> Refusal {
    Refusal::new(
        "baseline",
        RefusalKind::Configuration,
        path.display().to_string(),
        Text::new(
            format!("baslinjen går inte att läsa: {cause}"),
            format!("the baseline cannot be read: {cause}"),
        ),
    )
    .hint(Text::new(
        "gör den med `fyr check KATALOG --json > baslinje.json`",
        "make it with `fyr check CATALOGUE --json > baseline.json`",
    ))
}

fn incomplete(path: &Path) -> Refusal {
    Refusal::new(
        "baseline",
        RefusalKind::Configuration,
        path.display().to_string(),
        Text::new("baslinjen håller inte alla fynd", "the baseline does not hold all findings"),
    )
    .hint(Text::new(
        "gör om den med `--json --max-findings all`",
        "make it again with `--json --max-findings all`",
    ))
}
