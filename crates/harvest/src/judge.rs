//! What the metadata is worth: findings, both metadata scores, and readiness as far as metadata shows it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use fyr_assess::mqa::{Links, score};
use fyr_assess::{metadata_evidence, profile, readiness};
use fyr_graph::ReadResponse;
use fyr_model::mqa::{MqaReport, Variant};
use fyr_model::readiness::Readiness;
use fyr_model::{Finding, Severity, SourceId, Text};
use serde::{Deserialize, Serialize};

/// Above this number of datasets the stored metadata scores keep totals and dimensions, and leave the single metrics to be computed again.
const DETAILED_MAX: usize = 1000;

/// The document of kind `metadata`, by source.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Metadata {
    /// What is wrong in it: with the document, with the graph, and against the profile.
    pub findings: Vec<Finding>,
    /// Both variants, `eu` and `se`; no address was asked for them.
    pub mqa: BTreeMap<String, MqaReport>,
    /// Whether dataportal.se would take it in.
    pub harvested: bool,
    /// Whether it follows the profile.
    pub conforms: bool,
    /// The syntax of the main document.
    pub syntax: String,
}

/// Judged, with scores by dataset.
pub struct Judged {
    pub metadata: Metadata,
    pub scores: BTreeMap<String, Readiness>,
}

/// What is known besides the document.
pub struct Known<'a> {
    /// Findings about the way to the documents.
    pub findings: Vec<Finding>,
    /// Which other source owns a dataset, by IRI (H18).
    pub owned: &'a BTreeMap<String, SourceId>,
    /// In how many complete runs each dataset was seen, this one included.
    pub seen: &'a BTreeMap<String, u32>,
    pub at: DateTime<Utc>,
}

/// Judges a catalogue as read. A dataset that another source owns is reported, and scored there.
pub fn judge(read: &ReadResponse, known: Known<'_>) -> Judged {
    let view = &read.view;
    let mut findings = known.findings;
    findings.extend(read.findings.iter().chain(&view.findings).cloned());
    findings.extend(profile::check(view));
    let datasets = || view.datasets.iter().map(|dataset| (dataset, dataset.id.as_str()));
    findings.extend(datasets().filter_map(|(_, iri)| known.owned.get(iri).map(|owner| taken(iri, owner))));
    let ours = datasets().filter(|(dataset, iri)| !dataset.series && !known.owned.contains_key(*iri));
    let scores = ours.map(|(dataset, iri)| {
        let mut evidence = metadata_evidence(view, dataset, known.at);
        evidence.harvests_seen = known.seen.get(iri).copied().unwrap_or(1);
        (iri.to_owned(), readiness(&evidence))
    });
    let mqa = [("eu", Variant::Eu), ("se", Variant::Se)];
    Judged {
        scores: scores.collect(),
        metadata: Metadata {
            mqa: mqa
                .map(|(name, variant)| (name.to_owned(), slim(score(view, variant, &Links::None))))
                .into(),
            harvested: profile::harvested(&findings),
            conforms: profile::conforms(&findings),
            syntax: read.syntax.clone(),
            findings,
        },
    }
}

fn slim(mut report: MqaReport) -> MqaReport {
    if report.datasets.len() > DETAILED_MAX {
        for dataset in &mut report.datasets {
            (dataset.metrics, dataset.distributions) = (Vec::new(), Vec::new());
        }
    }
    report
}

fn taken(iri: &str, owner: &SourceId) -> Finding {
    let text = Text::new(
        format!("datamängdens IRI används redan av skördningskällan {owner}, som behåller den"),
        format!("the dataset's IRI is already used by the source {owner}, which keeps it"),
    );
    Finding::new("identity-taken", Severity::Warning, iri, text).fix(Text::new(
        "ge datamängden en egen IRI, eller publicera den i en enda katalog",
        "give the dataset an IRI of its own, or publish it in one catalogue only",
    ))
}
