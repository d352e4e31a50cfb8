//! `verify`: a release read again by code that believes nothing, offline and without a workspace.

use std::path::{Path, PathBuf};

use clap::ArgMatches;
use fyr_audit::Asked;
use fyr_model::privacy::{Check, PrivacyReport, ProtectionFacts, Role};
use fyr_model::{InputRef, Refusal};
use serde::{Deserialize, Serialize};

use super::Door;
use crate::cli;
use crate::show;
use crate::workspace::internal;

/// The body of `verify`.
#[derive(Debug, Serialize)]
pub struct VerifyBody {
    /// The folder.
    pub path: String,
    /// All checks hold.
    pub ok: bool,
    /// Each.
    pub checks: Vec<Check>,
}

pub fn verify(door: &Door, words: &ArgMatches) -> Result<u8, Refusal> {
    let given = cli::text(words, "path").unwrap_or_default();
    let body = verified(door, Path::new(given))?;
    if door.json {
        let iri = given.to_owned();
        door.document("verify", Some(InputRef { iri, sha256: None }), &body)?;
    } else {
        show::verify(&door.term, &body);
    }
    Ok(u8::from(!body.ok))
}

/// Every check of the package, then the privacy of the written bytes.
pub fn verified(door: &Door, dir: &Path) -> Result<VerifyBody, Refusal> {
    let release = fyr_publish::open(&crate::workspace::absolute(dir))?;
    let runner = crate::work::runner().map_err(|error| internal("runner", &error))?;
    let scratch = tempfile::tempdir().map_err(|error| internal("temp", &error))?;
    let subject = dir.display().to_string();
    let limits = &door.config.worker;
    let package = fyr_audit::PackageWork {
        dir: release.dir.clone(),
        manifest: release.manifest.clone(),
    };
    let mut checks: Vec<Check> = tokio::task::block_in_place(|| runner.run("audit.package", &subject, &package, scratch.path(), limits))?;
    let tables: Vec<(String, PathBuf)> = release
        .manifest
        .files
        .iter()
        .filter(|file| file.rows.is_some())
        .map(|file| (file.path.clone(), release.dir.join(&file.path)))
        .collect();
    let work = fyr_audit::PrivacyWork {
        files: tables,
        asked: asked(&release)?,
    };
    let scratch = tempfile::tempdir().map_err(|error| internal("temp", &error))?;
    let report: PrivacyReport = tokio::task::block_in_place(|| runner.run("audit.privacy", &subject, &work, scratch.path(), limits))?;
    checks.extend(report.checks);
    Ok(VerifyBody {
        path: subject,
        ok: checks.iter().all(|check| check.ok),
        checks,
    })
}

/// What the release says that it was held to; `package` has checked that this file is the published one.
fn asked(release: &fyr_publish::Release) -> Result<Asked, Refusal> {
    #[derive(Deserialize)]
    struct Said {
        protection: Option<ProtectionFacts>,
    }
    let manifest = &release.manifest;
    let text = std::fs::read(release.dir.join("privacy.json")).map_err(|error| internal("privacy.json", &error))?;
    let said: Said = serde_json::from_slice(&text).map_err(|error| internal("privacy.json", &error))?;
    let (columns, means) = said
        .protection
        .map(|facts| (facts.columns, facts.microaggregated))
        .unwrap_or_default();
    let (gone, kept): (Vec<_>, Vec<_>) = columns.into_iter().partition(|column| column.role == Role::Identifier);
    Ok(Asked {
        roles: kept.into_iter().map(|column| (column.column, column.role)).collect(),
        k: manifest.k,
        forbidden: gone.into_iter().map(|column| column.column).collect(),
        cleared: manifest.cleared.clone(),
        means: means.into_iter().map(|means| means.column).collect(),
        ..Asked::on(manifest.record.created.date_naive())
    })
}
