//! A candidate: protected and audited files that wait for three signatures, and everything that was known when they were made.

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use fyr_audit::Asked;
use fyr_model::lock::ReadingLock;
use fyr_model::pipeline::CardAnswers;
use fyr_model::privacy::{PrivacyReport, ProtectionFacts};
use fyr_model::quality::QualityReport;
use fyr_model::readiness::Evidence;
use fyr_model::release::{ReleaseFile, ReleaseRecord};
use fyr_model::standing::Terms;
use fyr_model::table::TableProfile;
use fyr_model::{LicenceVerdict, PipelineName, Refusal, RefusalKind, Sha256, Text};
use serde::{Deserialize, Serialize};

/// `candidate.json` beside the files.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// The digest that decisions are made on.
    pub digest: Sha256,
    /// When it was made.
    pub made: DateTime<Utc>,
    /// Its data files.
    pub files: Vec<ReleaseFile>,
    /// What will be said of the release.
    pub record: ReleaseRecord,
    /// What the auditor is asked to hold.
    pub asked: Asked,
    /// What the auditor measured when it was made.
    pub privacy: PrivacyReport,
    /// What was done.
    pub protection: ProtectionFacts,
    /// The profile as published.
    pub profile: TableProfile,
    /// Rule results.
    pub quality: QualityReport,
    /// The licence verdict.
    pub licence: LicenceVerdict,
    /// The card's answers.
    pub card: CardAnswers,
    /// The evidence for the score, packaging and decisions still missing.
    pub evidence: Evidence,
    /// What it is, as standing decisions are held against it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terms: Option<Terms>,
    /// How its file was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reading: Option<ReadingLock>,
}

impl Candidate {
    /// What a decision covers: the files, what they are published as, the roles, the risk limits, the licence, and what a standing decision
    /// would be bound to.
    pub(crate) fn digest_of(record: &ReleaseRecord, files: &[ReleaseFile], asked: &Asked, terms: Option<&Terms>) -> Sha256 {
        let mut covered = serde_json::json!({
            "name": record.name,
            "version": record.version,
            "dataset": record.sources.iter().map(|source| &source.dataset).collect::<Vec<_>>(),
            "licence": record.licence.code,
            "files": files,
            "roles": asked.roles,
            "k": asked.k,
            "forbidden": asked.forbidden,
            "cleared": asked.cleared,
            "sandbox": record.sandbox,
            "terms": terms.map(Terms::digest),
        });
        // A limit is decided on as well: one that is altered afterwards is another candidate.
        let limits = serde_json::json!([asked.bounds, asked.average_risk, asked.means, asked.k_map, asked.presence]);
        if let Some(covered) = covered.as_object_mut().filter(|_| asked.has_limits()) {
            covered.insert("limits".to_owned(), limits);
        }
        Sha256::of(covered.to_string().as_bytes())
    }

    /// The folder of a candidate.
    pub fn folder(data: &Path, name: &PipelineName) -> PathBuf {
        data.join("candidates").join(name.as_str())
    }

    /// Reads the waiting candidate.
    ///
    /// # Errors
    /// `candidate-missing` when there is none; `candidate-broken` when its file cannot be read.
    pub fn read(data: &Path, name: &PipelineName) -> Result<Self, Refusal> {
        let path = Self::folder(data, name).join("candidate.json");
        let bytes = std::fs::read(path).map_err(|_| missing(name))?;
        let candidate: Self = serde_json::from_slice(&bytes).map_err(|error| broken(name, &error))?;
        // The signatures cover what the file says, not the digest that it states.
        if Self::digest_of(&candidate.record, &candidate.files, &candidate.asked, candidate.terms.as_ref()) != candidate.digest {
            return Err(broken(name, &"digest"));
        }
        Ok(candidate)
    }

    /// Writes it beside its files.
    pub(crate) fn write(&self, folder: &Path) -> Result<(), Refusal> {
        let path = folder.join("candidate.json");
        let bytes = serde_json::to_vec_pretty(self).map_err(|error| crate::disk::disk(&path, &error))?;
        std::fs::write(&path, bytes).map_err(|error| crate::disk::disk(&path, &error))
    }
}

fn broken(name: &PipelineName, cause: &dyn std::fmt::Display) -> Refusal {
    let text = Text::new(
        format!("kandidaten går inte att läsa: {cause}"),
        format!("the candidate cannot be read: {cause}"),
    );
    Refusal::new("candidate-broken", RefusalKind::Internal, name.as_str(), text).hint(Text::new(
        format!("kör `fyr curate {name}` igen"),
        format!("run `fyr curate {name}` again"),
    ))
}

fn missing(name: &PipelineName) -> Refusal {
    Refusal::new(
        "candidate-missing",
        RefusalKind::Forbidden,
        name.as_str(),
        Text::new("ingen kandidat väntar på beslut", "no candidate waits for decisions"),
    )
    .hint(Text::new(format!("kör `fyr curate {name}`"), format!("run `fyr curate {name}`")))
}
