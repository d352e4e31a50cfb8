//! `fyr demo`: the whole job on three invented bodies, which the program serves itself on loopback.
//!
//! Out: a workspace with releases, and a summary of what was harvested, scored, published and refused, and why. The invented officers'
//! decisions are signed in their names by the demo, and the summary says so.

mod sample;
mod server;
mod summary;

use std::collections::BTreeMap;
use std::path::Path;

use chrono::Utc;
use clap::ArgMatches;
use fyr_model::privacy::Decision;
use fyr_model::{PipelineName, Refusal, Sha256};

use crate::cli;
use crate::commands::Door;
use crate::config::Config;
use crate::order::{Order, Reply};
use crate::site::Site;
use crate::workspace::{Workspace, absolute};
use sample::{Expected, Officers};
use summary::Ended;

/// Makes the workspace, does the job and tells how it ended: 0 when every sample ended as meant, refusals included.
pub async fn run(door: &Door, words: &ArgMatches) -> Result<u8, Refusal> {
    let dir = absolute(Path::new(cli::text(words, "dir").unwrap_or("fyr-demo")));
    sample::write(&dir)?;
    let (address, _server) = server::start(dir.join("www")).await?;
    let workspace = Workspace { dir: dir.clone() };
    let mut config = Config::read(Some(workspace), &cli::texts(words, "set"))?;
    config.fetch.mirror = mirrored(&config.fetch.mirror, &address);
    let listen = match cli::text(words, "listen") {
        Some(_) => crate::commands::listen(door, words)?,
        None => config.listen,
    };
    config.base = format!("http://{listen}");
    let site = Site::open(&config)?;
    let ended = work(&site).await?;
    let code = summary::show(&door.term, &dir, &config.base, &ended, &Expected::read()?);
    if cli::flag(words, "serve") {
        crate::serve::run(site, (listen, None), true, &door.term).await?;
    }
    Ok(code)
}

/// On disk the mirror names the folders of the workspace, so that it can be served later; during the demo the same files come over HTTP.
fn mirrored(mirror: &BTreeMap<String, String>, address: &str) -> BTreeMap<String, String> {
    let over_http = |target: &String| match target.strip_prefix("www/") {
        Some(rest) => format!("{address}/{rest}"),
        None => target.clone(),
    };
    mirror.iter().map(|(prefix, target)| (prefix.clone(), over_http(target))).collect()
}

async fn work(site: &Site) -> Result<Ended, Refusal> {
    let now = Utc::now;
    let harvest = Order::Harvest {
        sources: Vec::new(),
        all: true,
        dry_run: false,
    };
    let Reply::Harvest { runs: harvests } = site.execute(harvest, "demo", now()).await.accepted()? else {
        return Ok(Ended::default());
    };
    let curate = Order::Curate {
        pipelines: Vec::new(),
        all: true,
        dry_run: false,
        accept_reading: false,
    };
    let Reply::Curate { runs: curates } = site.execute(curate, "demo", now()).await.accepted()? else {
        return Ok(Ended::default());
    };
    let officers = Officers::read()?;
    let mut signed = 0;
    for run in curates.iter().filter(|run| run.outcome == fyr_curate::CurateOutcome::Candidate) {
        for decision in decisions(&officers, &run.pipeline) {
            site.execute(
                Order::Sign {
                    dataset: run.pipeline.clone(),
                    decision,
                },
                "demo",
                now(),
            )
            .await
            .accepted()?;
            signed += 1;
        }
    }
    let datasets: Vec<PipelineName> = curates
        .iter()
        .filter(|run| run.refused_because.is_none())
        .map(|run| run.pipeline.clone())
        .collect();
    let Reply::Publish { runs: publishes } = site.execute(Order::Publish { datasets }, "demo", now()).await.accepted()? else {
        return Ok(Ended::default());
    };
    let Reply::Score { datasets: scores } = site
        .execute(Order::Score { datasets: Vec::new() }, "demo", now())
        .await
        .accepted()?
    else {
        return Ok(Ended::default());
    };
    Ok(Ended {
        harvests,
        curates,
        publishes,
        scores,
        signed,
    })
}

/// The three decisions on a pipeline, when its invented body has officers who sign it.
fn decisions(officers: &Officers, pipeline: &PipelineName) -> Vec<Decision> {
    let body = officers.body.iter().find(|body| body.signs.iter().any(|name| name == pipeline));
    body.into_iter()
        .flat_map(|body| body.officer.iter().map(move |officer| (body, officer)))
        .map(|(body, officer)| Decision {
            interest: officer.interest,
            candidate: Sha256::from_bytes([0; 32]),
            by: officer.name.clone(),
            role: officer.role.clone(),
            organisation: body.organisation.clone(),
            ground: officer.ground.clone(),
            diary_number: officer.diary_number.clone(),
            secrecy_section: officer.secrecy_section.clone(),
            at: Utc::now(),
            invented: true,
            standing: None,
        })
        .collect()
}
