//! What a run of a pipeline says when it ends: the shape of `fyr curate --json`.

use fyr_model::finding::Finding;
use fyr_model::privacy::{PersonalDataFinding, PrivacyReport, ProtectionFacts};
use fyr_model::profile::DriftReport;
use fyr_model::quality::QualityReport;
use fyr_model::{LicenceVerdict, PipelineName, Refusal, Sha256};
use serde::{Deserialize, Serialize};

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CurateOutcome {
    /// A candidate waits for its three signatures.
    Candidate,
    /// The latest release holds exactly this already.
    Unchanged,
    /// A rule said no.
    Refused,
    /// The file could not be fetched or read.
    Failed,
}

/// A file of a candidate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CurateFile {
    /// Its path in the candidate.
    pub path: String,
    /// Bytes.
    pub bytes: u64,
    /// Digest.
    pub sha256: Sha256,
    /// Rows.
    pub rows: u64,
}

/// What was measured about personal data, before and after.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CuratePrivacy {
    /// What detectors found in the source's file.
    pub detections: Vec<PersonalDataFinding>,
    /// What was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protection: Option<ProtectionFacts>,
    /// What the independent reader measured on the written file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audit: Option<PrivacyReport>,
}

/// One run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CurateRun {
    /// The pipeline.
    pub pipeline: PipelineName,
    /// The dataset's IRI.
    pub dataset: String,
    /// How it ended.
    pub outcome: CurateOutcome,
    /// Rows read.
    pub rows_in: u64,
    /// Rows of the candidate.
    pub rows_out: u64,
    /// Its files.
    pub files: Vec<CurateFile>,
    /// How the file departs from the reading that was last accepted (`reading-changed`); a violation stops the run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reading: Vec<Finding>,
    /// Rule results.
    pub quality: QualityReport,
    /// How the file differs from the former version; none for the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drift: Option<DriftReport>,
    /// Personal data, before and after.
    pub privacy: CuratePrivacy,
    /// The licence verdict.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub licence: Option<LicenceVerdict>,
    /// The digest that the three decisions are made on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub candidate: Option<Sha256>,
    /// The version it will be published as.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<fyr_model::Version>,
    /// Why not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused_because: Option<Refusal>,
}

impl CurateRun {
    /// A run that has not got anywhere yet.
    pub(crate) fn begin(pipeline: PipelineName, dataset: &str) -> Self {
        Self {
            pipeline,
            dataset: dataset.to_owned(),
            outcome: CurateOutcome::Failed,
            rows_in: 0,
            rows_out: 0,
            files: Vec::new(),
            reading: Vec::new(),
            quality: QualityReport::default(),
            drift: None,
            privacy: CuratePrivacy::default(),
            licence: None,
            candidate: None,
            version: None,
            refused_because: None,
        }
    }
}
