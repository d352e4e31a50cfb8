//! `score` and `explain`: of what is stored, or of a catalogue as it stands.

use chrono::Utc;
use clap::ArgMatches;
use fyr_model::readiness::Readiness;
use fyr_model::{Refusal, RefusalKind, Text};
use serde::Serialize;

use super::Door;
use super::input::Bench;
use crate::cli;
use crate::order::{Order, Reply};
use crate::show;

/// The body of `score`.
#[derive(Debug, Serialize)]
pub struct ScoreBody {
    /// Each dataset.
    pub datasets: Vec<Readiness>,
}

pub async fn score(door: &Door, words: &ArgMatches) -> Result<u8, Refusal> {
    let named = cli::texts(words, "dataset");
    let datasets = match named.as_slice() {
        [one] if is_input(one) => of_input(door, one).await?,
        _ => stored(door, named).await?,
    };
    if door.json {
        door.document("score", None, ScoreBody { datasets })?;
    } else {
        show::scores(&door.term, &datasets);
    }
    Ok(0)
}

pub async fn explain(door: &Door, words: &ArgMatches) -> Result<u8, Refusal> {
    let one = cli::text(words, "dataset").unwrap_or_default();
    let datasets = if is_input(one) {
        of_input(door, one).await?
    } else {
        stored(door, vec![one.to_owned()]).await?
    };
    if door.json {
        door.document("score", None, ScoreBody { datasets })?;
    } else {
        datasets.iter().for_each(|readiness| show::explain(&door.term, readiness));
    }
    Ok(0)
}

/// A file that exists is an INPUT; so is an address, when nothing stored has it as its IRI.
fn is_input(word: &str) -> bool {
    std::path::Path::new(word).is_file()
}

async fn stored(door: &Door, datasets: Vec<String>) -> Result<Vec<Readiness>, Refusal> {
    let single = datasets
        .first()
        .filter(|word| datasets.len() == 1 && word.starts_with("http"))
        .cloned();
    let asked = if door.config.workspace.is_some() {
        super::stored::order(door, Order::Score { datasets }).await?
    } else {
        Reply::Refused { refusal: no_workspace() }
    };
    match (asked, single) {
        (Reply::Score { datasets }, _) => Ok(datasets),
        (Reply::Refused { refusal }, Some(address)) if refusal.kind == RefusalKind::Configuration => of_input(door, &address).await,
        (Reply::Refused { refusal }, _) => Err(refusal),
        _ => Ok(Vec::new()),
    }
}

fn no_workspace() -> Refusal {
    let text = Text::new("ingen arbetsyta med lagrade poäng", "no workspace with stored scores");
    Refusal::new("workspace-missing", RefusalKind::Configuration, "fyr.toml", text).hint(Text::new(
        "ange en katalogfil, eller `--workspace MAPP`",
        "give a catalogue file, or `--workspace DIR`",
    ))
}

async fn of_input(door: &Door, input: &str) -> Result<Vec<Readiness>, Refusal> {
    let bench = Bench::open(door)?;
    let (_, read) = bench.catalogue(door, input, None).await?;
    let at = Utc::now();
    Ok(read
        .view
        .datasets
        .iter()
        .map(|dataset| fyr_assess::readiness(&fyr_assess::metadata_evidence(&read.view, dataset, at)))
        .collect())
}
