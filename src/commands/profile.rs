//! `fyr profile`: what a data file holds, how it differs from a former one, and the same as measurements for others.

use std::path::Path;

use chrono::{DateTime, NaiveDate, Utc};
use clap::ArgMatches;
use fyr_curate::{Inspected, Look};
use fyr_graph::write::TableQuality;
use fyr_model::profile::DriftReport;
use fyr_model::table::TableProfile;
use fyr_model::{Refusal, RefusalKind, Text};
use fyr_table::profile::{TableProfiler, drift, drift_findings};
use fyr_table::{Engine, Exposure};
use serde::Serialize;

use super::Door;
use super::input::{Bench, reference};
use crate::cli;
use crate::output;
use crate::show;
use crate::workspace::internal;

/// The body of `profile`.
#[derive(Debug, Serialize)]
pub struct ProfileBody<'a> {
    /// What the file holds.
    #[serde(flatten)]
    pub profile: &'a TableProfile,
    /// How it differs from a saved profile.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drift: Option<&'a DriftReport>,
}

pub async fn profile(door: &Door, words: &ArgMatches) -> Result<u8, Refusal> {
    let bench = Bench::open(door)?;
    let input = cli::text(words, "input").unwrap_or_default();
    let (against, save_to) = (cli::text(words, "against"), cli::text(words, "save"));
    let (reference_day, kept) = (Utc::now().date_naive(), against.is_some() || save_to.is_some());
    // A cluster is asked for what this process can do while it reads; a state to keep is made here.
    let look = if door.config.cluster.scheduler.is_some() && !kept {
        Look::Detect(reference_day)
    } else {
        Look::Profile {
            reference: reference_day,
            kept,
        }
    };
    let read = bench.table(door, input, look).await?;
    let facts = read.table.facts();
    let mut changed = None;
    if let Some(path) = &read.state {
        // Values of cleared columns, type and counts of the others: what may outlive the file is enough to compare.
        let exposure = fyr_curate::for_holder(&facts.report.columns, &read.detections);
        let mut state = TableProfiler::load(path)?;
        state.forget(&exposure);
        changed = against.map(|path| compared(Path::new(path), &state, &exposure)).transpose()?;
        save_to.map(|path| save(Path::new(path), &mut state)).transpose()?;
    }
    let profile = match read.profile.clone() {
        Some(profile) => profile,
        None => asked(&bench, door, &read, reference_day).await?,
    };
    let profile = &profile;
    match cli::text(words, "format") {
        format if door.json || format == Some("json") => {
            let body = ProfileBody {
                profile,
                drift: changed.as_ref(),
            };
            door.document("profile", reference(&read.resource), &body)?;
        }
        Some("html") => {
            let name = input.rsplit('/').next().unwrap_or(input);
            println!(
                "{}",
                crate::page::profile(&door.term, name, profile, &facts.report, changed.as_ref())
            );
        }
        Some("dqv") => measurements(&bench.engine(door)?, &read, profile, cli::text(words, "about")).await?,
        _ => {
            show::profile(&door.term, profile, &facts.report);
            if let Some(report) = &changed {
                show::drift(&door.term, report);
            }
        }
    }
    Ok(0)
}

/// The profile that the cluster makes of the staged table.
async fn asked(bench: &Bench, door: &Door, read: &Inspected, day: NaiveDate) -> Result<TableProfile, Refusal> {
    let facts = read.table.facts();
    let columns = &facts.report.columns;
    let exposure = fyr_curate::for_holder(columns, &read.detections);
    let engine = bench.engine(door)?.on(day);
    engine
        .profile(std::slice::from_ref(&facts.path), columns, Some(&facts.report), &exposure)
        .await
}

/// How the file differs from a saved profile.
fn compared(path: &Path, state: &TableProfiler, exposure: &Exposure) -> Result<DriftReport, Refusal> {
    let former = TableProfiler::load(path).map_err(|refusal| Refusal {
        subject: path.display().to_string(),
        kind: RefusalKind::Configuration,
        ..refusal
    })?;
    let saved = std::fs::metadata(path)
        .and_then(|facts| facts.modified())
        .map(DateTime::<Utc>::from);
    let drift = drift(&former, state, exposure);
    Ok(DriftReport {
        since: None,
        at: saved.unwrap_or_default(),
        findings: drift_findings(&drift),
        drift,
        explained: Vec::new(),
    })
}

/// Saves the state for this user only.
fn save(path: &Path, state: &mut TableProfiler) -> Result<(), Refusal> {
    let failed = |error: &dyn std::fmt::Display| {
        let text = Text::new(format!("kunde inte skrivas: {error}"), format!("could not be written: {error}"));
        Refusal::new("save", RefusalKind::Configuration, path.display().to_string(), text)
    };
    let to = output::resolved(path);
    // A temporary file is its owner's alone, and the rename keeps that.
    let temp = tempfile::NamedTempFile::new_in(output::folder(&to)).map_err(|error| failed(&error))?;
    state.store(temp.path())?;
    output::settle(temp, &to).map_err(|error| failed(&error))
}

/// The measurements as DQV, with the standard rules run over the file.
async fn measurements(engine: &Engine, read: &Inspected, profile: &TableProfile, about: Option<&str>) -> Result<(), Refusal> {
    let facts = read.table.facts();
    let rules = fyr_table::rules::standard();
    let quality = engine
        .check(std::slice::from_ref(&facts.path), &facts.report.columns, &rules)
        .await?;
    let url = &read.resource.url;
    let named = about.map(str::to_owned).unwrap_or_else(|| {
        let remote = url.starts_with("https://") || url.starts_with("http://");
        // A file of this machine is named by its bytes, not by where it lies.
        if remote {
            url.clone()
        } else {
            format!("urn:sha256:{}", read.resource.sha256)
        }
    });
    let table = TableQuality {
        on: &named,
        profile,
        quality: Some(&quality),
    };
    let bytes = fyr_graph::write::dqv_table(&table, Utc::now())?;
    let text = String::from_utf8(bytes).map_err(|error| internal("dqv", &error))?;
    println!("{}", text.trim_end());
    Ok(())
}
