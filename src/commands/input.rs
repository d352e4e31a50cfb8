//! Commands that only read an INPUT, a file or an address: nothing is stored, no workspace is needed.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::Utc;
use clap::ArgMatches;
use fyr_assess::profile::Profile;
use fyr_curate::{Inspected, Look};
use fyr_fetch::{Client, What};
use fyr_graph::positions::{LocateRequest, LocateResponse, Wanted};
use fyr_graph::{ReadRequest, ReadResponse};
use fyr_model::mqa::Variant;
use fyr_model::resource::Resource;
use fyr_model::table::Reading;
use fyr_model::{Finding, InputRef, Refusal, RefusalKind, Text};
use serde::Serialize;
use tempfile::TempDir;

use super::Door;
use crate::cli;
use crate::fix::{self, FixBody, Target};
use crate::order::worst;
use crate::report::{About, Checked, Duty, Reporter};
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

    /// A folder of its own for one piece of work.
    pub fn work(&self, name: &str) -> Result<std::path::PathBuf, Refusal> {
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

    /// Finds the places of a report's findings in a confined worker. A report without places is still a report: what stops the search is logged.
    pub fn locate(&self, door: &Door, resource: &Resource, read: &ReadResponse, base: Option<&str>, checked: &mut Checked) {
        let mut waiting: Vec<&mut Finding> = checked.findings.iter_mut().map(|one| &mut one.finding).collect();
        waiting.retain(|finding| finding.position.is_none() && !finding.focus.is_empty());
        if waiting.is_empty() {
            return;
        }
        let request = LocateRequest {
            path: resource.path.clone(),
            address: resource.final_url.clone(),
            media_type: resource.media_type.clone(),
            base: base.map(str::to_owned),
            limits: door.config.graph.clone(),
            statements: Some(read.nquads.clone()),
            wanted: waiting.iter().map(|finding| wanted(finding)).collect(),
        };
        let found = || -> Result<LocateResponse, Refusal> {
            let runner = crate::work::runner().map_err(|error| internal("runner", &error))?;
            let dir = self.work("locate")?;
            tokio::task::block_in_place(|| runner.run("graph.locate", &resource.final_url, &request, &dir, &door.config.worker))
        };
        match found() {
            Ok(response) => {
                for (finding, place) in waiting.into_iter().zip(response.places) {
                    finding.position = place;
                }
            }
            Err(refusal) => tracing::warn!(%refusal, "no places in the report"),
        }
    }

    /// Reads a data file in a confined worker.
    pub async fn table(&self, door: &Door, input: &str, look: Look) -> Result<Inspected, Refusal> {
        let runner = crate::work::runner().map_err(|error| internal("runner", &error))?;
        let limits = (&door.config.table, &door.config.worker);
        Inspected::read(&self.client, &runner, input, Reading::default(), limits, &self.work("table")?, look).await
    }

    /// Reads a second data file in a confined worker.
    pub async fn second_table(&self, door: &Door, input: &str) -> Result<Inspected, Refusal> {
        let runner = crate::work::runner().map_err(|error| internal("runner", &error))?;
        let limits = (&door.config.table, &door.config.worker);
        Inspected::read(
            &self.client,
            &runner,
            input,
            Reading::default(),
            limits,
            &self.work("second")?,
            Look::Away,
        )
        .await
    }

    /// The query engine, spilling into the private folder.
    pub fn engine(&self, door: &Door) -> Result<fyr_table::Engine, Refusal> {
        fyr_table::open(&door.config.mode()?, door.config.engine_memory, &self.work("spill")?)
    }
}

fn wanted(finding: &Finding) -> Wanted {
    Wanted {
        focus: finding.focus.clone(),
        path: finding.path.clone(),
        value: finding.value.clone(),
    }
}

pub(super) fn reference(resource: &Resource) -> Option<InputRef> {
    Some(InputRef {
        iri: resource.url.clone(),
        sha256: Some(resource.sha256),
    })
}

pub async fn check(door: &Door, words: &ArgMatches) -> Result<u8, Refusal> {
    let mut reporter = Reporter::of(door, words)?;
    let profile = crate::profiles::chosen(cli::text(words, "profile"))?;
    let base = cli::text(words, "base");
    let mut codes = Vec::new();
    let inputs = cli::texts(words, "input");
    fix_words(words, inputs.len())?;
    for input in inputs {
        let bench = Bench::open(door)?;
        let checked = match read(door, &bench, words, &input).await {
            Err(refusal) => {
                super::refused(&door.term, &refusal);
                codes.push(refusal.exit_code());
                // What could not be read is told in the report too; a fault of ours or of the words is not about the catalogue.
                if refusal.exit_code() != 3 {
                    continue;
                }
                let (about, findings) = About::unread(&input, &refusal, &profile);
                reporter.judge(about, findings)
            }
            Ok((resource, read, fixed)) => {
                let (mut about, findings) = judged(&input, &resource, &read, &profile);
                about.fix = fixed;
                let mut checked = reporter.judge(about, findings);
                bench.locate(door, &resource, &read, base, &mut checked);
                codes.push(checked.exit_code());
                checked
            }
        };
        reporter.add(door, checked)?;
    }
    reporter.finish(door)?;
    Ok(worst(codes))
}

/// One catalogue read, and corrected when that is asked for.
async fn read(door: &Door, bench: &Bench, words: &ArgMatches, input: &str) -> Result<(Resource, ReadResponse, Option<FixBody>), Refusal> {
    let target = cli::text(words, "fix").map(|out| Target::of(out, input)).transpose()?;
    let (resource, read) = bench.catalogue(door, input, cli::text(words, "base")).await?;
    let mut fixed = None;
    if let Some(target) = target {
        let corrected = match cli::text(words, "undo") {
            Some(list) => fix::applied(&read, fix::undo_list(list)?)?,
            None => fix::corrected(&read)?,
        };
        fixed = Some(target.write(door, bench, &corrected).await?);
    }
    Ok((resource, read, fixed))
}

/// One corrected catalogue is of one catalogue, and a list is taken back into a file of its own.
fn fix_words(words: &ArgMatches, inputs: usize) -> Result<(), Refusal> {
    let (fix, undo) = (cli::text(words, "fix"), cli::text(words, "undo"));
    let (text, hint) = match (fix, undo) {
        (Some(_), _) if inputs > 1 => (
            Text::new("--fix rättar en katalog i taget", "--fix corrects one catalogue at a time"),
            Text::new("ange en enda fil eller adress", "give a single file or address"),
        ),
        (None, Some(_)) => (
            Text::new("--undo skriver inget utan --fix", "--undo writes nothing without --fix"),
            Text::new(
                "ange med --fix vart den återställda katalogen ska",
                "say with --fix where the restored catalogue goes",
            ),
        ),
        _ => return Ok(()),
    };
    Err(Refusal::new("fix-words", RefusalKind::Configuration, "fyr check", text).hint(hint))
}

fn judged(input: &str, resource: &Resource, read: &ReadResponse, profile: &Profile) -> (About, Vec<Finding>) {
    // What the reader saw in the triples stands in the view; the profile does not repeat it.
    let mut findings: Vec<Finding> = read.findings.iter().chain(&read.view.findings).cloned().collect();
    findings.retain(|finding| profile.asks(finding));
    findings.extend(profile.check(&read.view));
    let about = About {
        input: input.to_owned(),
        reference: reference(resource),
        names: vec![resource.url.clone(), resource.final_url.clone()],
        profile: profile.pinned(),
        packs: profile.packs(),
        harvested: Some(profile.harvested(&findings)),
        conforms: fyr_assess::profile::conforms(&findings),
        duties: duties(profile, &findings),
        // No address is asked here, so the points for statuses stand apart from every gain.
        fix_list: fyr_assess::fixlist::fix_list(&read.view, &findings, &fyr_assess::mqa::Links::None),
        fix: None,
    };
    (about, findings)
}

/// Who mends what the rules found, by rule.
fn duties(profile: &Profile, findings: &[Finding]) -> BTreeMap<String, Duty> {
    let known = |finding: &Finding| Some((finding.id.clone(), Duty::of(profile.rule(&finding.id)?)));
    findings.iter().filter_map(known).collect()
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
            let mut statuses = BTreeMap::new();
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
pub(super) fn place(from: &Path, to: &Path) -> std::io::Result<()> {
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
