//! `fyr mqa --open`: the files behind a catalogue's distributions, opened, and what that says beside the 405 points.
//!
//! In: a catalogue. Each file is fetched through the guard and looked at in a confined worker; some of what an RDF file links to is asked whether it
//! answers with RDF. Out: format match, valid syntax and stars, a row a distribution, and their sums. Nothing is added to the score.

mod look;

use std::collections::BTreeMap;

use fyr_assess::opened::{Measured, Seen, measured};
use fyr_curate::Look;
use fyr_fetch::What;
use fyr_model::catalogue::Value;
use fyr_model::resource::Resource;
use fyr_model::{CatalogueView, Distribution, Refusal, Sha256, Text};
use serde::Serialize;

use crate::commands::{Bench, Door};
use crate::workspace::internal;
use look::{LookRequest, Looked};

pub use look::look_work;

/// Files that are opened in one go; the rest is not measured.
const FILES_MAX: usize = 500;
/// Share of the links asked that must answer with RDF for the fifth star.
const ANSWERING: f64 = 0.9;
/// What RDF is sent as.
const RDF_MEDIA: [&str; 7] = [
    "application/rdf+xml",
    "text/turtle",
    "application/ld+json",
    "application/n-triples",
    "application/n-quads",
    "application/trig",
    "text/n3",
];

/// The files beside a score.
#[derive(Debug, Serialize)]
pub struct FilesBody {
    /// Distributions by whether their bytes are of the type that is stated.
    pub format_match: Tally,
    /// Distributions by whether the whole file can be read.
    pub syntax_valid: Tally,
    /// Mean stars of all distributions by their metadata.
    pub stars_stated: f64,
    /// Mean stars of the distributions that were opened.
    pub stars: Option<f64>,
    /// A row a distribution.
    pub files: Vec<File>,
}

/// Yes, no, and not measured.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    pub yes: u64,
    pub no: u64,
    pub not_measured: u64,
}

/// One distribution's file.
#[derive(Debug, Serialize)]
pub struct File {
    pub dataset: String,
    pub distribution: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// What it was seen to be: a code of the EU's file types.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub found: Option<String>,
    #[serde(flatten)]
    pub measured: Measured,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Sha256>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub columns: Option<u64>,
    /// Why something is not measured, or not valid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<Text>,
}

/// A file that was opened.
#[derive(Debug, Clone, Default)]
struct Opened {
    seen: Seen,
    bytes: u64,
    sha256: Option<Sha256>,
    rows: Option<u64>,
    columns: Option<u64>,
    why: Option<Text>,
}

/// Opens the files of a catalogue.
///
/// # Errors
/// What stops the program itself; a file that cannot be had or read is told in its row.
pub async fn files(door: &Door, bench: &Bench, view: &CatalogueView) -> Result<FilesBody, Refusal> {
    let mut known: BTreeMap<String, Result<Opened, Text>> = BTreeMap::new();
    let mut files = Vec::new();
    for dataset in &view.datasets {
        for distribution in &dataset.distributions {
            let address = address(distribution);
            if let Some(address) = &address
                && !known.contains_key(address)
            {
                let opened = if known.len() < FILES_MAX {
                    opened(door, bench, address, dataset.id.as_str()).await?
                } else {
                    Err(Text::new(
                        format!("fler än {FILES_MAX} filer öppnas inte på en gång"),
                        format!("more than {FILES_MAX} files are not opened at once"),
                    ))
                };
                known.insert(address.clone(), opened);
            }
            let opened = address.as_ref().and_then(|address| known.get(address));
            let seen = opened.and_then(|opened| opened.as_ref().ok()).map(|opened| &opened.seen);
            let measured = measured(dataset, distribution, seen);
            files.push(File::of(dataset.id.as_str(), distribution, address.clone(), opened, measured));
        }
    }
    Ok(FilesBody::of(files))
}

/// Where the file is: what is to be downloaded, else what is to be reached.
fn address(distribution: &Distribution) -> Option<String> {
    let all = distribution.download_url.iter().chain(&distribution.access_url);
    all.filter_map(Value::iri).find(|iri| iri.starts_with("http")).map(str::to_owned)
}

async fn opened(door: &Door, bench: &Bench, address: &str, dataset: &str) -> Result<Result<Opened, Text>, Refusal> {
    let resource = match bench.resource(address, What::File).await {
        Ok(resource) => resource,
        Err(refusal) => return Ok(Err(refusal.message)),
    };
    let mut found = Opened {
        bytes: resource.bytes,
        sha256: Some(resource.sha256),
        ..Opened::default()
    };
    let looked = looked(door, bench, &resource, dataset)?;
    found.why = looked.why.clone();
    found.seen = Seen {
        code: looked.code.clone(),
        parses: looked.parses,
        triples: looked.triples,
        links: None,
    };
    if looked.table {
        as_table(door, bench, &resource, &mut found).await;
    }
    if looked.triples.is_some_and(|count| count > 0) {
        found.seen.links = Some(linked(bench, &looked.links).await);
    }
    Ok(Ok(found))
}

fn looked(door: &Door, bench: &Bench, resource: &Resource, dataset: &str) -> Result<Looked, Refusal> {
    let runner = crate::work::runner().map_err(|error| internal("runner", &error))?;
    let request = LookRequest {
        path: resource.path.clone(),
        address: resource.final_url.clone(),
        media_type: resource.media_type.clone(),
        dataset: dataset.to_owned(),
        limits: door.config.graph.clone(),
    };
    let dir = bench.work("look")?;
    let looked = tokio::task::block_in_place(|| runner.run("files.look", &resource.final_url, &request, &dir, &door.config.worker));
    // A file that kills its reader is one that cannot be read.
    Ok(looked.unwrap_or_else(|refusal: Refusal| Looked {
        parses: Some(false),
        why: Some(refusal.message),
        ..Looked::default()
    }))
}

/// Reads the file as a table, in a worker of its own.
async fn as_table(door: &Door, bench: &Bench, resource: &Resource, found: &mut Opened) {
    match bench.table(door, &resource.path.display().to_string(), Look::Away).await {
        Ok(read) => {
            let report = &read.table.facts().report;
            let tab = report.source.dialect.as_ref().is_some_and(|dialect| dialect.delimiter == '\t');
            let code = match report.source.format.as_str() {
                "csv" if tab => Some("TSV"),
                _ => fyr_assess::opened::code_of_media(&report.source.media_type),
            };
            found.seen.code = code.map(str::to_owned).or(found.seen.code.take());
            found.seen.parses = Some(report.bad_rows == 0);
            found.rows = Some(report.rows);
            found.columns = Some(report.columns.len() as u64);
        }
        Err(refusal) => {
            found.seen.parses = found.seen.parses.or(Some(false));
            found.why = found.why.take().or(Some(refusal.message));
        }
    }
}

/// Whether nearly all of some links answer with RDF.
async fn linked(bench: &Bench, links: &[String]) -> bool {
    let mut answering = 0_usize;
    for link in links {
        let media = bench
            .resource(link, What::Catalogue)
            .await
            .ok()
            .and_then(|resource| resource.media_type);
        answering += usize::from(media.is_some_and(|media| RDF_MEDIA.contains(&media.as_str())));
    }
    !links.is_empty() && answering as f64 >= ANSWERING * links.len() as f64
}

impl File {
    fn of(
        dataset: &str,
        distribution: &Distribution,
        address: Option<String>,
        opened: Option<&Result<Opened, Text>>,
        measured: Measured,
    ) -> Self {
        let found = opened.and_then(|opened| opened.as_ref().ok());
        let no_address = || Text::new("ingen adress att hämta filen från", "no address to fetch the file from");
        Self {
            dataset: dataset.to_owned(),
            distribution: distribution.iri.clone(),
            address,
            found: found.and_then(|found| found.seen.code.clone()),
            measured,
            bytes: found.map(|found| found.bytes),
            sha256: found.and_then(|found| found.sha256),
            rows: found.and_then(|found| found.rows),
            columns: found.and_then(|found| found.columns),
            why: match opened {
                None => Some(no_address()),
                Some(Err(why)) => Some(why.clone()),
                Some(Ok(found)) => found.why.clone(),
            },
        }
    }
}

impl FilesBody {
    fn of(files: Vec<File>) -> Self {
        let mean = |stars: Vec<f64>| {
            let count = stars.len() as f64;
            (count > 0.0).then(|| (stars.iter().sum::<f64>() / count * 100.0).round() / 100.0)
        };
        Self {
            format_match: Tally::of(files.iter().map(|file| file.measured.format_match)),
            syntax_valid: Tally::of(files.iter().map(|file| file.measured.syntax_valid)),
            stars_stated: mean(files.iter().map(|file| f64::from(file.measured.stars_stated)).collect()).unwrap_or(0.0),
            stars: mean(files.iter().filter_map(|file| file.measured.stars).map(f64::from).collect()),
            files,
        }
    }
}

impl Tally {
    fn of(all: impl Iterator<Item = Option<bool>>) -> Self {
        let mut tally = Self::default();
        for one in all {
            match one {
                Some(true) => tally.yes += 1,
                Some(false) => tally.no += 1,
                None => tally.not_measured += 1,
            }
        }
        tally
    }
}
