//! The handlers that a confined worker runs: a request as JSON in, a report as JSON out.

use std::path::{Path, PathBuf};

use fyr_model::finding::{Refusal, RefusalKind};
use fyr_model::release::Manifest;
use fyr_model::text::Text;
use serde::{Deserialize, Serialize};

use crate::{Asked, PopulationWork, package, privacy_among};

/// The request of `audit.privacy`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PrivacyWork {
    /// Files by the name that they have in the release.
    pub files: Vec<(String, PathBuf)>,
    /// What they are held to.
    pub asked: Asked,
    /// The population that the rows are from, where they are held against one.
    #[serde(default)]
    pub population: Option<PopulationWork>,
}

/// The request of `audit.package`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PackageWork {
    /// The folder of the release.
    pub dir: PathBuf,
    /// Its manifest, as the caller holds it.
    pub manifest: Manifest,
}

/// `audit.privacy`: a [`PrivacyWork`] in, a [`fyr_model::privacy::PrivacyReport`] out.
///
/// # Errors
/// Those of [`privacy_among`], and `audit-request` when the request is not one.
pub fn privacy_work(input: serde_json::Value, _dir: &Path) -> Result<serde_json::Value, Refusal> {
    let work: PrivacyWork = serde_json::from_value(input).map_err(|_| malformed())?;
    serde_json::to_value(privacy_among(&work.files, &work.asked, work.population.as_ref())?).map_err(|_| malformed())
}

/// `audit.package`: a [`PackageWork`] in, a list of checks out.
///
/// # Errors
/// `audit-request` when the request is not one.
pub fn package_work(input: serde_json::Value, _dir: &Path) -> Result<serde_json::Value, Refusal> {
    let work: PackageWork = serde_json::from_value(input).map_err(|_| malformed())?;
    serde_json::to_value(package(&work.dir, &work.manifest)).map_err(|_| malformed())
}

pub(crate) fn malformed() -> Refusal {
    let message = Text::new(
        "granskningen fick en begäran som den inte förstår",
        "the audit was given a request that it does not understand",
    );
    Refusal::new("audit-request", RefusalKind::Internal, "audit", message)
}
