//! `verify`: a release, or a file that `anonymize` wrote, read again by code that believes nothing, offline and without a workspace.

use std::path::{Path, PathBuf};

use clap::ArgMatches;
use fyr_audit::Asked;
use fyr_model::held::{Held, NotVerified};
use fyr_model::privacy::{Check, ProtectionFacts, Role};
use fyr_model::{InputRef, Refusal, RefusalKind, Text};
use serde::{Deserialize, Serialize};

use super::Door;
use super::held::{self, Stated};
use crate::cli;
use crate::show;
use crate::workspace::internal;

/// The body of `verify`.
#[derive(Debug, Serialize)]
pub struct VerifyBody {
    /// The folder, or the file.
    pub path: String,
    /// All checks hold.
    pub ok: bool,
    /// Each.
    pub checks: Vec<Check>,
    /// Models that are stated and could not be measured again, each with the reason.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_verified: Vec<NotVerified>,
}

pub fn verify(door: &Door, words: &ArgMatches) -> Result<u8, Refusal> {
    let given = cli::text(words, "path").unwrap_or_default();
    let (path, report) = (Path::new(given), cli::text(words, "report").map(Path::new));
    let body = match report {
        Some(report) => verified_file(door, path, report)?,
        None if path.is_file() => return Err(report_missing(given)),
        None => verified(door, path)?,
    };
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
    let (report, not_verified) = stated(&release)?.hold(door, &subject, tables)?;
    checks.extend(report.checks);
    Ok(body(subject, checks, not_verified))
}

/// Every check of a file that `anonymize` wrote.
fn verified_file(door: &Door, path: &Path, report: &Path) -> Result<VerifyBody, Refusal> {
    let (checks, not_verified) = held::file_checks(door, path, report)?;
    Ok(body(path.display().to_string(), checks, not_verified))
}

fn body(path: String, checks: Vec<Check>, not_verified: Vec<NotVerified>) -> VerifyBody {
    VerifyBody {
        path,
        ok: checks.iter().all(|check| check.ok),
        checks,
        not_verified,
    }
}

fn report_missing(path: &str) -> Refusal {
    let text = Text::new("en fil granskas mot rapporten om den", "a file is checked against the report of it");
    let hint = Text::new(
        "ange --report med den fil som fyr anonymize skrev, eller utgåvans mapp",
        "give --report with the file that fyr anonymize wrote, or the release's folder",
    );
    Refusal::new("report-missing", RefusalKind::Configuration, path, text).hint(hint)
}

/// What the release says that it was held to; `package` has checked that this file is the published one.
fn stated(release: &fyr_publish::Release) -> Result<Stated, Refusal> {
    #[derive(Deserialize)]
    struct Said {
        protection: Option<ProtectionFacts>,
        audit: Audited,
    }
    #[derive(Deserialize)]
    struct Audited {
        held: Option<Held>,
    }
    let manifest = &release.manifest;
    let text = std::fs::read(release.dir.join("privacy.json")).map_err(|error| internal("privacy.json", &error))?;
    let said: Said = serde_json::from_slice(&text).map_err(|error| internal("privacy.json", &error))?;
    // A release from before limits stood in numbers states its k in the manifest; any other model of it counts as one that nothing holds.
    let held = said.audit.held.unwrap_or_else(|| Held {
        k: manifest.k,
        ..Held::default()
    });
    let rows = said.protection.as_ref();
    let rows = rows.map(|facts| (facts.rows_in, facts.rows_out, facts.suppressed_rows));
    let (columns, means, models) = said
        .protection
        .map(|facts| (facts.columns, facts.microaggregated, facts.models))
        .unwrap_or_default();
    let (gone, kept): (Vec<_>, Vec<_>) = columns.into_iter().partition(|column| column.role == Role::Identifier);
    let asked = Asked {
        roles: kept.into_iter().map(|column| (column.column, column.role)).collect(),
        k: manifest.k,
        forbidden: gone.into_iter().map(|column| column.column).collect(),
        cleared: manifest.cleared.clone(),
        means: means.into_iter().map(|means| means.column).collect(),
        ..Asked::on(manifest.record.created.date_naive())
    };
    Ok(Stated { asked, held, models, rows })
}
