//! Readiness for AI (AIR, 0-100): indicators with evidence, gates, bands and the next fixes (`readiness.md`).

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::catalogue::{Catalogue, Dataset};
use crate::finding::Finding;
use crate::licence::LicenceVerdict;
use crate::link::LinkVerdict;
use crate::mqa::MqaDataset;
use crate::pipeline::CardAnswers;
use crate::privacy::{Check, Decision, PersonalDataFinding, PrivacyReport, ProtectionFacts};
use crate::profile::DriftReport;
use crate::quality::QualityReport;
use crate::resource::Resource;
use crate::table::{ReadingReport, TableProfile};
use crate::text::Text;

/// What is scored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Subject {
    /// What the agency publishes.
    Source,
    /// What Fyr published.
    Release,
}

/// Everything that is known when a score is made; what is absent is not measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// Source or release.
    pub subject: Subject,
    /// The dataset's metadata.
    pub dataset: Dataset,
    /// The catalogue it stands in.
    pub catalogue: Option<Catalogue>,
    /// The distribution that was read, by IRI.
    pub distribution: Option<String>,
    /// The verdict per distribution IRI.
    pub licences: BTreeMap<String, LicenceVerdict>,
    /// Findings about the metadata.
    pub findings: Vec<Finding>,
    /// Link verdicts by address.
    pub links: BTreeMap<String, LinkVerdict>,
    /// The fetched file.
    pub resource: Option<Resource>,
    /// How it was read.
    pub reading: Option<ReadingReport>,
    /// Why it could not be read, when it was fetched but refused.
    pub unreadable: Option<String>,
    /// Its profile.
    pub profile: Option<TableProfile>,
    /// Rule results.
    pub quality: Option<QualityReport>,
    /// How the file differs from the former version.
    #[serde(default)]
    pub drift: Option<DriftReport>,
    /// What detectors found in the source's file.
    pub detections: Option<Vec<PersonalDataFinding>>,
    /// What was done.
    pub protection: Option<ProtectionFacts>,
    /// What the auditor measured on the written file.
    pub privacy: Option<PrivacyReport>,
    /// Signed decisions.
    pub decisions: Vec<Decision>,
    /// The auditor's checks of the package: Parquet recipe, Croissant, hashes; ids `parquet-*`, `croissant-*`, `hash-*`.
    pub packaging: Option<Vec<Check>>,
    /// Answers for the card.
    pub card: CardAnswers,
    /// Whether an update and retention plan is stated.
    pub update_plan: bool,
    /// Whether the release carries version, change note and provenance of its steps.
    pub provenance: Option<ProvenanceFacts>,
    /// In how many of the last harvests the same IRI was seen.
    pub harvests_seen: u32,
    /// When the score is made; freshness is measured against it.
    pub at: DateTime<Utc>,
    /// Both metadata scores, EU first.
    pub mqa: Vec<MqaDataset>,
}

/// What the release says of its own making.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProvenanceFacts {
    /// Source address, harvest time and source hash are recorded.
    pub source_recorded: bool,
    /// A semantic version with a change note.
    pub versioned: bool,
    /// Steps recorded as PROV.
    pub steps_recorded: bool,
    /// The manifest is signed.
    pub signed: bool,
}

/// An indicator's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Status {
    /// The whole of its points.
    Pass,
    /// Some.
    Partial,
    /// None, measured.
    Fail,
    /// Nobody has measured it: 0 points, shown as such.
    NotMeasured,
    /// Does not concern this subject: out of the denominator.
    NotApplicable,
}

/// One of the 44.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Indicator {
    /// For instance `L1`.
    pub id: String,
    /// For instance `LIC`.
    pub dimension: String,
    /// What it is called.
    pub name: Text,
    /// Its state.
    pub status: Status,
    /// From 0.0 to 1.0.
    pub fraction: f64,
    /// `max` times `fraction`.
    pub points: f64,
    /// Its weight.
    pub max: f64,
    /// One sentence with counts.
    pub evidence: Text,
    /// What raises it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raise_it: Option<Text>,
    /// `metadata`, `file` or `process`.
    pub effort: String,
    /// The guidance topic.
    pub topic: String,
}

/// A gate that bites.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Gate {
    /// `G1` to `G4`.
    pub id: String,
    /// Why.
    pub reason: Text,
    /// The most that the score can be; none when it is withheld.
    pub at_most: Option<f64>,
}

/// A fix and what it gains.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NextFix {
    /// The indicator.
    pub id: String,
    /// What to do.
    pub text: Text,
    /// Points gained when the whole score is computed again with it.
    pub gain: f64,
    /// `metadata`, `file` or `process`.
    pub effort: String,
}

/// Points of one dimension.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct DimensionScore {
    /// Points won.
    pub points: f64,
    /// Weight that applies.
    pub max: f64,
    /// Weight not measured.
    pub not_measured: f64,
}

/// The score with everything behind it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Readiness {
    /// The dataset's IRI.
    pub iri: String,
    /// Source or release.
    pub subject: Subject,
    /// The shown score, one decimal; none when withheld.
    pub air: Option<f64>,
    /// The score without gates.
    pub air_ungated: f64,
    /// `A` to `E`; none when withheld.
    pub band: Option<String>,
    /// The gates that bite.
    pub gates: Vec<Gate>,
    /// By dimension: FIND, ACC, LIC, DOC, QUAL, PRIV, PACK, PROV.
    pub dimensions: BTreeMap<String, DimensionScore>,
    /// All indicators in the order of `readiness.md`.
    pub indicators: Vec<Indicator>,
    /// Fixes by points gained.
    pub fixes: Vec<NextFix>,
    /// The score with the first five fixes done, recomputed.
    pub air_after_five: f64,
    /// The metadata scores of both variants: `eu`, `se`.
    pub mqa: BTreeMap<String, u32>,
    /// Stars as stated in metadata, 0-5.
    pub stars: u8,
}

/// The dimensions in the order they are shown, with their names.
pub const DIMENSIONS: [(&str, &str, &str); 8] = [
    ("FIND", "Hittbarhet", "Findability"),
    ("ACC", "Åtkomst", "Access"),
    ("LIC", "Licens", "Licence"),
    ("DOC", "Dokumentation", "Documentation"),
    ("QUAL", "Kvalitet", "Quality"),
    ("PRIV", "Personskydd", "Privacy"),
    ("PACK", "Paketering", "Packaging"),
    ("PROV", "Ursprung", "Provenance"),
];

/// The band of a score (`readiness.md` section 3) with its name.
pub fn band(score: f64) -> (&'static str, Text) {
    match score {
        s if s >= 85.0 => ("A", Text::new("AI-redo", "AI-ready")),
        s if s >= 70.0 => ("B", Text::new("användbar", "usable")),
        s if s >= 55.0 => ("C", Text::new("delvis", "partial")),
        s if s >= 40.0 => ("D", Text::new("begränsad", "limited")),
        _ => ("E", Text::new("ej redo", "not ready")),
    }
}
