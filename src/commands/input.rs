//! Commands that only read an INPUT, a file or an address: nothing is stored, no workspace is needed.

use std::path::Path;

use chrono::Utc;
use clap::ArgMatches;
use fyr_curate::{Inspected, Look};
use fyr_fetch::{Client, What};
use fyr_graph::{ReadRequest, ReadResponse};
use fyr_model::mqa::Variant;
use fyr_model::resource::Resource;
use fyr_model::table::Reading;
use fyr_model::{Counts, Finding, InputRef, Refusal, RefusalKind, Severity, Text};
use serde::Serialize;
use tempfile::TempDir;

use super::{Door, shapes};
use crate::cli;
use crate::order::worst;
use crate::show;
use crate::workspace::internal;

/// A private folder and a client that keeps its bytes there.
pub struct Bench {
    dir: TempDir,
    client: Client,
}

impl Bench {
    /// Opens a folder that is wiped when the command ends.
    pub fn open(door: &Door) -> Result<Self, Refusal> {
        let dir = tempfile::Builder::new()
            .prefix("fyr-")
            .tempdir()
            .map_err(|error| internal("temp", &error))?;
        let config = fyr_fetch::FetchConfig {
            raw_dir: dir.path().join("raw"),
            ..door.config.fetch.clone()
        };
        Ok(Self {
            client: Client::new(config)?,
            dir,
        })
    }

    fn work(&self, name: &str) -> Result<std::path::PathBuf, Refusal> {
        let dir = self.dir.path().join(name);
        std::fs::create_dir_all(&dir).map_err(|error| internal("temp", &error))?;
        Ok(dir)
    }

    /// Reads a catalogue in a confined worker.
    pub async fn catalogue(&self, door: &Door, input: &str, base: Option<&str>) -> Result<(Resource, ReadResponse), Refusal> {
        let resource = self.client.input(input, What::Catalogue).await?;
        let request = ReadRequest {
            path: resource.path.clone(),
            source: "input".into(),
            address: resource.final_url.clone(),
            media_type: resource.media_type.clone(),
            base: base.map(str::to_owned),
            limits: door.config.graph.clone(),
        };
        let runner = crate::work::runner().map_err(|error| internal("runner", &error))?;
        let dir = self.work("graph")?;
        let read = tokio::task::block_in_place(|| runner.run("graph.read", input, &request, &dir, &door.config.worker))?;
        Ok((resource, read))
    }

    /// Reads a data file in a confined worker.
    pub async fn table(&self, door: &Door, input: &str, look: Look) -> Result<Inspected, Refusal> {
        let runner = crate::work::runner().map_err(|error| internal("runner", &error))?;
        let limits = (&door.config.table, &door.config.worker);
        Inspected::read(&self.client, &runner, input, Reading::default(), limits, &self.work("table")?, look).await
    }

    /// The query engine, spilling into the private folder.
    pub fn engine(&self, door: &Door) -> Result<fyr_table::Engine, Refusal> {
        fyr_table::open(&door.config.mode()?, door.config.engine_memory, &self.work("spill")?)
    }
}

pub(super) fn reference(resource: &Resource) -> Option<InputRef> {
    Some(InputRef {
        iri: resource.url.clone(),
        sha256: Some(resource.sha256),
    })
}

/// The body of `check`.
#[derive(Debug, Serialize)]
pub struct CheckBody {
    /// The profile and its version.
    pub profile: String,
    /// No violation.
    pub conforms: bool,
    /// Would be harvested by the national portal; not judged by given shapes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub harvested_by_dataportal: Option<bool>,
    /// By severity.
    pub counts: Counts,
    /// Each.
    pub findings: Vec<Finding>,
}

pub async fn check(door: &Door, words: &ArgMatches) -> Result<u8, Refusal> {
    let fail_on = cli::text(words, "fail-on").unwrap_or("violation");
    let format = cli::text(words, "format");
    let json = door.json || format == Some("json");
    let given = shapes::given(door, words)?;
    let turtle = format == Some("ttl");
    let mut codes = Vec::new();
    for input in cli::texts(words, "input") {
        let bench = Bench::open(door)?;
        match bench.catalogue(door, &input, cli::text(words, "base")).await {
            Err(refusal) => {
                super::refused(&door.term, &refusal);
                codes.push(refusal.exit_code());
            }
            Ok((resource, read)) => {
                let tried = match &given {
                    Some(given) => shapes::tried(door, given, read, &bench.work("shacl")?, turtle)?,
                    None if turtle => return Err(shapes::no_report()),
                    None => shapes::Tried::of(judged(read)),
                };
                codes.push(failed(fail_on, tried.body.counts));
                if let Some(report) = &tried.report {
                    println!("{report}");
                } else if json {
                    door.document_by(tried.rules, "check", reference(&resource), &tried.body)?;
                } else {
                    show::check(&door.term, &input, &tried.body);
                }
            }
        }
    }
    Ok(worst(codes))
}

fn failed(fail_on: &str, counts: Counts) -> u8 {
    match fail_on {
        "never" => 0,
        "warning" => u8::from(counts.violation + counts.warning > 0),
        _ => u8::from(counts.violation > 0),
    }
}

fn judged(read: ReadResponse) -> CheckBody {
    let mut findings = read.findings;
    findings.extend(fyr_assess::profile::check(&read.view));
    findings.sort_by(|a, b| (a.severity, &a.id, &a.focus, &a.path).cmp(&(b.severity, &b.id, &b.focus, &b.path)));
    findings.dedup();
    CheckBody {
        profile: fyr_assess::profile::NAME.into(),
        conforms: !findings.iter().any(|finding| finding.severity == Severity::Violation),
        harvested_by_dataportal: Some(fyr_assess::profile::harvested(&findings)),
        counts: Counts::of(&findings),
        findings,
    }
}

pub async fn mqa(door: &Door, words: &ArgMatches) -> Result<u8, Refusal> {
    let bench = Bench::open(door)?;
    let input = cli::text(words, "input").unwrap_or_default();
    let (resource, read) = bench.catalogue(door, input, cli::text(words, "base")).await?;
    let variant = if cli::text(words, "variant") == Some("se") {
        Variant::Se
    } else {
        Variant::Eu
    };
    let links = links(&bench, cli::text(words, "links"), &read).await?;
    let report = fyr_assess::mqa::score(&read.view, variant, &links);
    if door.json {
        door.document("mqa", reference(&resource), &report)?;
    } else {
        show::mqa(&door.term, &report);
    }
    Ok(0)
}

async fn links(bench: &Bench, how: Option<&str>, read: &ReadResponse) -> Result<fyr_assess::mqa::Links, Refusal> {
    use fyr_assess::mqa::Links;
    match how {
        None => Ok(Links::None),
        Some("assume-ok") => Ok(Links::AssumeOk),
        Some("check") => {
            let mut statuses = std::collections::BTreeMap::new();
            let all = read.view.datasets.iter().flat_map(|dataset| &dataset.distributions);
            let addresses: std::collections::BTreeSet<&str> = all
                .flat_map(|one| one.access_url.iter().chain(&one.download_url))
                .filter_map(|value| value.iri())
                .collect();
            for address in addresses {
                // EU-strict scoring uses the status of HEAD as recorded; no answer at all is not measured.
                if let Some(status) = bench.client.link(address, Utc::now()).await.status {
                    statuses.insert(address.to_owned(), status);
                }
            }
            Ok(Links::Statuses(statuses))
        }
        Some(file) => {
            let text = std::fs::read_to_string(file).map_err(|error| links_file(file, &error))?;
            serde_json::from_str(&text)
                .map(Links::Statuses)
                .map_err(|error| links_file(file, &error))
        }
    }
}

fn links_file(file: &str, error: &dyn std::fmt::Display) -> Refusal {
    let text = Text::new(
        format!("länkfilen går inte att läsa: {error}"),
        format!("the link file cannot be read: {error}"),
    );
    Refusal::new("links-file", RefusalKind::Configuration, file, text)
}

pub async fn convert(door: &Door, words: &ArgMatches) -> Result<u8, Refusal> {
    let bench = Bench::open(door)?;
    let read = bench.table(door, cli::text(words, "input").unwrap_or_default(), Look::Away).await?;
    let facts = read.table.facts();
    let out = Path::new(cli::text(words, "out").unwrap_or_default());
    place(&facts.path, out).map_err(|error| {
        let text = Text::new(format!("kunde inte skrivas: {error}"), format!("could not be written: {error}"));
        Refusal::new("out", RefusalKind::Configuration, out.display().to_string(), text)
    })?;
    if let Some(report) = cli::text(words, "report") {
        let text = serde_json::to_string_pretty(&facts.report).map_err(|error| internal("json", &error))?;
        std::fs::write(report, text).map_err(|error| internal("report", &error))?;
    }
    if door.json {
        door.document("convert", reference(&read.resource), &facts.report)?;
    } else {
        show::reading(&door.term, &facts.report);
    }
    Ok(0)
}

/// Beside the target first, then one rename: a reader sees the old file or the new one.
fn place(from: &Path, to: &Path) -> std::io::Result<()> {
    let parent = to
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let temp = tempfile::NamedTempFile::new_in(parent)?;
    std::fs::copy(from, temp.path())?;
    temp.as_file().sync_all()?;
    temp.persist(to).map_err(|error| error.error)?;
    Ok(())
}

/// The body of `scan`.
#[derive(Debug, Serialize)]
pub struct ScanBody {
    /// Rows read.
    pub rows: u64,
    /// One finding a column.
    pub columns: Vec<ScanColumn>,
    /// Free text: comes with span detection; empty until then.
    pub free_text: Vec<serde_json::Value>,
}

/// One column of `scan`.
#[derive(Debug, Serialize)]
pub struct ScanColumn {
    /// Its name.
    pub name: String,
    /// The finding.
    #[serde(flatten)]
    pub finding: fyr_model::privacy::PersonalDataFinding,
}

pub async fn scan(door: &Door, words: &ArgMatches) -> Result<u8, Refusal> {
    let bench = Bench::open(door)?;
    let look = Look::Detect(Utc::now().date_naive());
    let read = bench.table(door, cli::text(words, "input").unwrap_or_default(), look).await?;
    let columns = read
        .detections
        .iter()
        .map(|finding| ScanColumn {
            name: finding.column.clone(),
            finding: finding.clone(),
        })
        .collect();
    let body = ScanBody {
        rows: read.table.facts().rows,
        columns,
        free_text: Vec::new(),
    };
    if door.json || cli::text(words, "format") == Some("json") {
        door.document("scan", reference(&read.resource), &body)?;
    } else {
        show::scan(&door.term, &body);
    }
    Ok(0)
}
