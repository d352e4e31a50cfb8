//! `--links` of `fyr mqa`: what is known of addresses, and what the evidence says beside the statuses that the EU's scoring records.
//!
//! The scoring takes the status of `HEAD` as it came, as the EU does. Beside it stands the verdict of all tries (`harvest.md` section 5), which takes
//! points only for what is confirmed gone; a file of evidence carries tries from one run to the next, since only days can confirm that.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use clap::ArgMatches;
use fyr_assess::mqa::{Known, Links, score};
use fyr_model::catalogue::Value;
use fyr_model::link::{LinkState, LinkTry, LinkVerdict};
use fyr_model::mqa::{MqaReport, MqaSummary, Variant};
use fyr_model::{CatalogueView, Refusal, RefusalKind, Text};
use serde::Serialize;

use super::input::Bench;
use crate::cli;
use crate::output;

/// The body of `mqa`.
#[derive(Debug, Serialize)]
pub struct MqaBody {
    /// The score.
    #[serde(flatten)]
    pub report: MqaReport,
    /// What was asked, when addresses were.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub links: Option<LinksBody>,
    /// What the files say, when they were opened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub files: Option<crate::opened::FilesBody>,
}

/// The evidence beside a score.
#[derive(Debug, Serialize)]
pub struct LinksBody {
    /// Addresses by verdict.
    pub counts: BTreeMap<LinkState, u64>,
    /// The mean if the verdicts decided instead of the recorded statuses.
    pub by_evidence: MqaSummary,
    /// By how many points that mean is higher.
    pub difference: f64,
    /// Every address with its tries.
    pub verdicts: Vec<LinkVerdict>,
}

/// What was asked and what is known.
pub struct Asked {
    /// For the scoring.
    pub known: Links,
    verdicts: Vec<LinkVerdict>,
    asked: bool,
}

impl From<Links> for Asked {
    fn from(known: Links) -> Self {
        Self {
            known,
            verdicts: Vec::new(),
            asked: false,
        }
    }
}

/// Finds out what the words want to be known of addresses.
pub async fn asked(bench: &Bench, words: &ArgMatches, view: &CatalogueView) -> Result<Asked, Refusal> {
    let evidence = cli::text(words, "evidence");
    match cli::text(words, "links") {
        None if evidence.is_some() => {
            let text = Text::new(
                "--evidence utan --links check frågar ingen adress",
                "--evidence without --links check asks no address",
            );
            Err(Refusal::new("links-words", RefusalKind::Configuration, "fyr mqa", text))
        }
        None => Ok(Links::None.into()),
        Some("assume-ok") => Ok(Links::AssumeOk.into()),
        Some("check") => checked(bench, view, evidence).await,
        Some(file) => {
            let text = std::fs::read_to_string(file).map_err(|error| unreadable(file, &error))?;
            let statuses = serde_json::from_str(&text).map_err(|error| unreadable(file, &error))?;
            Ok(Links::Statuses(statuses).into())
        }
    }
}

async fn checked(bench: &Bench, view: &CatalogueView, evidence: Option<&str>) -> Result<Asked, Refusal> {
    let earlier = evidence.map(kept).transpose()?.unwrap_or_default();
    let verdicts = bench.links(&addresses(view), &earlier).await;
    if let Some(file) = evidence {
        let mut all = earlier;
        all.extend(verdicts.iter().map(|one| (one.url.clone(), one.tries.clone())));
        keep(file, &all)?;
    }
    // No answer at all is not measured, whatever the verdict.
    let statuses = verdicts.iter().filter_map(|one| Some((one.url.clone(), one.head_status()?)));
    Ok(Asked {
        known: Links::Statuses(statuses.collect()),
        verdicts,
        asked: true,
    })
}

/// The addresses of every distribution.
fn addresses(view: &CatalogueView) -> BTreeSet<String> {
    let files = view.datasets.iter().flat_map(|dataset| &dataset.distributions);
    let values = files.flat_map(|one| one.access_url.iter().chain(&one.download_url));
    values.filter_map(Value::iri).map(str::to_owned).collect()
}

/// The tries of earlier runs; none when there is no such file yet.
fn kept(file: &str) -> Result<BTreeMap<String, Vec<LinkTry>>, Refusal> {
    match std::fs::read_to_string(file) {
        Ok(text) => serde_json::from_str(&text).map_err(|error| unreadable(file, &error)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(BTreeMap::new()),
        Err(error) => Err(unreadable(file, &error)),
    }
}

/// Tries that are kept of one address.
const KEPT: usize = 20;

fn keep(file: &str, all: &BTreeMap<String, Vec<LinkTry>>) -> Result<(), Refusal> {
    let last = |tries: &Vec<LinkTry>| tries.get(tries.len().saturating_sub(KEPT)..).unwrap_or_default().to_vec();
    let all: BTreeMap<&str, Vec<LinkTry>> = all.iter().map(|(url, tries)| (url.as_str(), last(tries))).collect();
    let text = serde_json::to_string_pretty(&all).map_err(|error| unreadable(file, &error))?;
    // Beside it first: a run that is broken off leaves the evidence that there was.
    let to = output::resolved(Path::new(file));
    let all_may_read = std::os::unix::fs::PermissionsExt::from_mode(0o666);
    let part = tempfile::Builder::new().permissions(all_may_read).tempfile_in(output::folder(&to));
    let written = part.and_then(|part| {
        std::fs::write(part.path(), text)?;
        output::settle(part, &to)
    });
    written.map_err(|error| unreadable(file, &error))
}

impl Asked {
    /// The evidence beside the score of `report`, when addresses were asked.
    pub fn beside(
        &self,
        view: &CatalogueView,
        variant: Variant,
        compliance: Option<&BTreeMap<String, bool>>,
        report: &MqaReport,
    ) -> Option<LinksBody> {
        if !self.asked {
            return None;
        }
        let counted = self
            .verdicts
            .iter()
            .filter_map(|one| Some((one.url.clone(), if one.counts()? { 200 } else { 404 })));
        let links = &Links::Statuses(counted.collect());
        let by_evidence = score(view, variant, Known { links, compliance }).catalogue;
        let mut counts: BTreeMap<LinkState, u64> = BTreeMap::new();
        for one in &self.verdicts {
            *counts.entry(one.state).or_default() += 1;
        }
        Some(LinksBody {
            difference: ((by_evidence.total - report.catalogue.total) * 10.0).round() / 10.0,
            by_evidence,
            counts,
            verdicts: self.verdicts.clone(),
        })
    }
}

fn unreadable(file: &str, error: &dyn std::fmt::Display) -> Refusal {
    let text = Text::new(
        format!("länkfilen går inte att använda: {error}"),
        format!("the link file cannot be used: {error}"),
    );
    Refusal::new("links-file", RefusalKind::Configuration, file, text)
}
