//! Commands that only read an INPUT, a file or an address: nothing is stored, no workspace is needed.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::path::Path;

use chrono::Utc;
use clap::ArgMatches;
use fyr_assess::mqa::Links;
use fyr_assess::profile::Profile;
use fyr_curate::{Inspected, Look};
use fyr_fetch::{Client, Fetched, Patience, What};
use fyr_graph::parts::PartsRequest;
use fyr_graph::positions::{LocateRequest, LocateResponse, Wanted};
use fyr_graph::shacl::is_about_shapes;
use fyr_graph::{ReadAnswer, ReadRequest, ReadResponse};
use fyr_model::fixlist::FixList;
use fyr_model::link::{LinkTry, LinkVerdict};
use fyr_model::mqa::{MqaReport, Variant};
use fyr_model::resource::Resource;
use fyr_model::table::Reading;
use fyr_model::{CatalogueView, Finding, InputRef, Refusal, RefusalKind, Severity, Text};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tempfile::TempDir;

use super::{Door, links, shapes};
use crate::cli;
use crate::fix::{self, FixBody, Target};
use crate::judge::{Addresses, JudgeAnswer, JudgeRequest, ScoreAnswer, ScoreRequest};
use crate::order::worst;
use crate::output;
use crate::profiles::{Chosen, chosen};
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

    /// A catalogue, and the request that has it read.
    async fn asked(&self, door: &Door, input: &str, base: Option<&str>) -> Result<(Resource, ReadRequest), Refusal> {
        let resource = self.client.input(input, What::Catalogue).await?;
        let request = ReadRequest {
            path: resource.path.clone(),
            source: "input".into(),
            address: resource.final_url.clone(),
            media_type: resource.media_type.clone(),
            base: base.map(str::to_owned),
            limits: door.config.graph.clone(),
        };
        Ok((resource, request))
    }

    /// Reads a catalogue in a confined worker.
    pub async fn catalogue(&self, door: &Door, input: &str, base: Option<&str>) -> Result<(Resource, ReadResponse), Refusal> {
        let (resource, request) = self.asked(door, input, base).await?;
        let answer: ReadAnswer = self.worked(door, "graph.view", input, &request)?;
        let read = answer.open()?;
        Ok((resource, read))
    }

    /// A catalogue, and the request that has it read in parts.
    async fn parts(&self, door: &Door, input: &str, base: Option<&str>) -> Result<(Resource, PartsRequest), Refusal> {
        let (resource, request) = self.asked(door, input, base).await?;
        Ok((resource, PartsRequest::of(request)))
    }

    /// Runs a piece of work on a catalogue in a confined worker.
    fn worked<T: DeserializeOwned>(&self, door: &Door, work: &'static str, input: &str, request: &impl Serialize) -> Result<T, Refusal> {
        let runner = crate::work::runner().map_err(|error| internal("runner", &error))?;
        let dir = self.work("graph")?;
        tokio::task::block_in_place(|| runner.run(work, input, request, &dir, &door.config.worker))
    }

    /// Finds the places of a report's findings in a confined worker. A report without places is still a report: what stops the search is logged.
    fn locate(&self, door: &Door, (resource, statements): (&Resource, &Path), base: Option<&str>, checked: &mut Checked) {
        if resource.bytes > LOCATE_BYTES_MAX {
            tracing::warn!(
                bytes = resource.bytes,
                most = LOCATE_BYTES_MAX,
                "no places in the report: the document is too large to be searched"
            );
            return;
        }
        let mut waiting: Vec<&mut Finding> = checked.findings.iter_mut().map(|one| &mut one.finding).collect();
        waiting.retain(|finding| finding.position.is_none() && !finding.focus.is_empty() && !is_about_shapes(finding));
        if waiting.is_empty() {
            return;
        }
        let request = LocateRequest {
            path: resource.path.clone(),
            address: resource.final_url.clone(),
            media_type: resource.media_type.clone(),
            base: base.map(str::to_owned),
            limits: door.config.graph.clone(),
            statements: Some(statements.to_owned()),
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

    /// Asks addresses, politely; each verdict holds the earlier tries too.
    pub async fn links(&self, addresses: &BTreeSet<String>, earlier: &BTreeMap<String, Vec<LinkTry>>) -> Vec<LinkVerdict> {
        self.client.links(addresses, earlier, &Patience::default()).await
    }

    /// Fetches what an address of a catalogue leads to; never a file of this machine.
    pub async fn fetched(&self, address: &str) -> Result<std::path::PathBuf, Refusal> {
        Ok(self.resource(address, What::File).await?.path)
    }

    /// The same with how it came.
    pub async fn resource(&self, address: &str, what: What) -> Result<Resource, Refusal> {
        match self.client.get(address, what, None).await? {
            Fetched::Resource(resource) => Ok(resource),
            Fetched::NotModified { .. } => Err(internal("fetched", &"304")),
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
    let chosen = chosen(&door.config, words)?;
    let base = cli::text(words, "base");
    let mut codes = Vec::new();
    let inputs = cli::texts(words, "input");
    fix_words(words, inputs.len())?;
    for input in inputs {
        let bench = Bench::open(door)?;
        let looked = if in_worker(words, &chosen) {
            judged_in_worker(door, &bench, &chosen, (&input, base), reporter.held_max()).await
        } else {
            match read(door, &bench, words, &input).await {
                Ok((resource, read, fixed)) => match judged(door, &bench, &chosen, (&input, &resource, &read), reporter.results_max()) {
                    Ok((about, findings)) => Ok(Looked {
                        about: About { fix: fixed, ..about },
                        findings,
                        resource,
                        statements: read.nquads,
                    }),
                    // The shapes are at fault, not this catalogue.
                    Err(refusal) if refusal.kind == RefusalKind::Configuration => return Err(refusal),
                    Err(refusal) => Err(refusal),
                },
                Err(refusal) => Err(refusal),
            }
        };
        let checked = match looked {
            Err(refusal) => {
                super::refused(&door.term, &refusal);
                codes.push(refusal.exit_code());
                // What could not be read is told in the report too; a fault of ours or of the words is not about the catalogue.
                if refusal.exit_code() != 3 {
                    continue;
                }
                let (about, findings) = About::unread(&input, &refusal, &chosen);
                reporter.judge(about, findings)
            }
            Ok(looked) => {
                let mut checked = reporter.judge(looked.about, looked.findings);
                bench.locate(door, (&looked.resource, &looked.statements), base, &mut checked);
                codes.push(checked.exit_code());
                checked
            }
        };
        reporter.add(door, checked)?;
    }
    reporter.finish(door)?;
    Ok(worst(codes))
}

/// The largest document whose text is searched for places: it is held whole.
const LOCATE_BYTES_MAX: u64 = 512 << 20;

/// A catalogue that has been judged.
struct Looked {
    about: About,
    findings: Vec<Finding>,
    resource: Resource,
    /// Statements that tell where nodes without IRI hang.
    statements: std::path::PathBuf,
}

/// Whether the worker that reads a catalogue can judge it too: rules of the program's own, and nothing that needs the whole of it.
fn in_worker(words: &ArgMatches, chosen: &Chosen) -> bool {
    let own = cli::text(words, "profile").is_none_or(|asked| Profile::named(asked).is_some());
    own && chosen.rules.is_some() && chosen.shapes.is_empty() && cli::text(words, "fix").is_none()
}

async fn judged_in_worker(
    door: &Door,
    bench: &Bench,
    chosen: &Chosen,
    (input, base): (&str, Option<&str>),
    most: Option<usize>,
) -> Result<Looked, Refusal> {
    let (resource, parts) = bench.parts(door, input, base).await?;
    let request = JudgeRequest {
        parts,
        profile: chosen.name.clone(),
        day: Utc::now().date_naive(),
        most,
    };
    let answer: JudgeAnswer = bench.worked(door, "check.judge", input, &request)?;
    let judged = answer.open()?;
    let about = about(chosen, input, &resource, &judged.findings);
    Ok(Looked {
        about: About {
            conforms: about.conforms && judged.beyond.iter().all(|left| left.severity != Severity::Violation),
            fix_list: judged.fix_list,
            beyond: judged.beyond,
            ..about
        },
        findings: judged.findings,
        resource,
        statements: judged.hanging,
    })
}

/// What a report says of a catalogue with such findings.
fn about(chosen: &Chosen, input: &str, resource: &Resource, findings: &[Finding]) -> About {
    About {
        input: input.to_owned(),
        reference: reference(resource),
        names: vec![resource.url.clone(), resource.final_url.clone()],
        profile: chosen.name.clone(),
        packs: chosen.packs(),
        harvested: chosen.rules.as_ref().map(|profile| profile.harvested(findings)),
        conforms: Chosen::conforms(findings),
        duties: chosen.rules.as_ref().map(|profile| duties(profile, findings)).unwrap_or_default(),
        fix_list: FixList::default(),
        fix: None,
        beyond: Vec::new(),
        words: chosen.words.clone(),
    }
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

/// What rules and shapes find in one catalogue.
fn judged(
    door: &Door,
    bench: &Bench,
    chosen: &Chosen,
    (input, resource, read): (&str, &Resource, &ReadResponse),
    results_max: usize,
) -> Result<(About, Vec<Finding>), Refusal> {
    let mut findings: Vec<Finding> = chosen.rules.as_ref().map(|profile| by_rules(read, profile)).unwrap_or_default();
    let mut about = about(chosen, input, resource, &findings);
    if !chosen.shapes.is_empty() {
        let tried = shapes::tried(door, bench, &chosen.shapes, read, results_max)?;
        about.duties.extend(shapes::duties(&tried.findings));
        findings.extend(tried.findings);
        about.packs.extend(tried.packs);
        about.beyond = tried.beyond;
    }
    about.conforms = Chosen::conforms(&findings) && about.beyond.iter().all(|left| left.severity != Severity::Violation);
    // No address is asked here, so the points for statuses stand apart from every gain.
    about.fix_list = fyr_assess::fixlist::fix_list(&read.view, &findings, &Links::None);
    Ok((about, findings))
}

/// What the program's own rules find; what the reader saw in the triples stands in the view, and the profile does not repeat it.
fn by_rules(read: &ReadResponse, profile: &Profile) -> Vec<Finding> {
    let mut findings: Vec<Finding> = read.findings.iter().chain(&read.view.findings).cloned().collect();
    findings.retain(|finding| profile.asks(finding));
    findings.extend(profile.check(&read.view));
    findings
}

/// Who mends what the rules found, by rule.
fn duties(profile: &Profile, findings: &[Finding]) -> BTreeMap<String, Duty> {
    let known = |finding: &Finding| Some((finding.id.clone(), Duty::of(profile.rule(&finding.id)?)));
    findings.iter().filter_map(known).collect()
}

pub async fn mqa(door: &Door, words: &ArgMatches) -> Result<u8, Refusal> {
    let bench = Bench::open(door)?;
    let input = cli::text(words, "input").unwrap_or_default();
    let variant = if cli::text(words, "variant") == Some("se") {
        Variant::Se
    } else {
        Variant::Eu
    };
    let asked = cli::text(words, "profile").is_some() || !cli::texts(words, "shapes").is_empty();
    if !asked && cli::text(words, "links") != Some("check") && !cli::flag(words, "open") {
        return scored_in_worker(door, &bench, words, input, variant).await;
    }
    let (resource, read) = bench.catalogue(door, input, cli::text(words, "base")).await?;
    let links = links::asked(&bench, words, &read.view).await?;
    let tried = match asked {
        true => Some(shapes::compliance(door, &bench, &chosen(&door.config, words)?, &read)?),
        false => None,
    };
    let known = fyr_assess::mqa::Known {
        links: &links.known,
        compliance: tried.as_ref().and_then(|tried| tried.datasets.as_ref()),
    };
    let report = fyr_assess::mqa::score(&read.view, variant, known);
    let beside = links.beside(&read.view, variant, known.compliance, &report);
    let files = match cli::flag(words, "open") {
        true => Some(crate::opened::files(door, &bench, &read.view).await?),
        false => None,
    };
    if door.json {
        let mut packs = fyr_assess::packs();
        packs.extend(tried.iter().flat_map(|tried| tried.packs.iter().cloned()));
        let links = beside;
        door.document_by(packs, "mqa", reference(&resource), links::MqaBody { report, links, files })?;
    } else {
        show::mqa(&door.term, &report);
        if let Some(beside) = &beside {
            show::links(&door.term, beside);
        }
        if let Some(files) = &files {
            show::files(&door.term, files);
        }
    }
    Ok(0)
}

/// Scores that need nothing but the catalogue: each dataset's own go from the worker's folder to where they are read.
async fn scored_in_worker(door: &Door, bench: &Bench, words: &ArgMatches, input: &str, variant: Variant) -> Result<u8, Refusal> {
    let addresses = match links::asked(bench, words, &CatalogueView::default()).await?.known {
        Links::None => Addresses::Unknown,
        Links::AssumeOk => Addresses::AssumeOk,
        Links::Statuses(statuses) => Addresses::Statuses(statuses),
    };
    let (resource, parts) = bench.parts(door, input, cli::text(words, "base")).await?;
    let request = ScoreRequest {
        parts,
        variant,
        addresses,
        evidence: door.json,
    };
    let answer: ScoreAnswer = bench.worked(door, "check.score", input, &request)?;
    if !door.json {
        show::mqa(&door.term, &answer.report(variant)?);
        return Ok(0);
    }
    let sums = answer.sums()?;
    let report = MqaReport {
        variant,
        catalogue: sums.catalogue,
        publishers: sums.publishers,
        datasets: Vec::new(),
    };
    let body = links::MqaBody {
        report,
        links: None,
        files: None,
    };
    let head = door.envelope("mqa", reference(&resource), body);
    let text = serde_json::to_string_pretty(&head).map_err(|error| internal("json", &error))?;
    // The list of datasets is the last field; its items are as long as the catalogue and never held.
    match text.rsplit_once("[]").filter(|_| sums.datasets > 0) {
        Some((before, after)) => {
            output::copy(
                &mut format!("{before}[")
                    .as_bytes()
                    .chain(answer.items()?)
                    .chain(format!("\n  ]{after}\n").as_bytes()),
            );
        }
        None => println!("{text}"),
    }
    Ok(0)
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

/// Beside the target first, then its name.
pub(super) fn place(from: &Path, to: &Path) -> std::io::Result<()> {
    let to = output::resolved(to);
    let temp = tempfile::NamedTempFile::new_in(output::folder(&to))?;
    // Moved where that is possible; the private folder may lie on another disk.
    if std::fs::rename(from, temp.path()).is_err() {
        std::fs::copy(from, temp.path())?;
    }
    output::settle(temp, &to)
}

/// The body of `scan`.
#[derive(Debug, Serialize)]
pub struct ScanBody {
    /// Rows read.
    pub rows: u64,
    /// One finding a column.
    pub columns: Vec<ScanColumn>,
    /// What stands inside longer texts, by column and kind.
    pub free_text: Vec<fyr_model::privacy::FreeTextFinding>,
    /// What the columns mention, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entities: Option<Vec<fyr_curate::Mentions>>,
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
    let today = Utc::now().date_naive();
    let asked = cli::flag(words, "entities");
    let look = if asked { Look::Mention(today) } else { Look::Detect(today) };
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
        free_text: read.free_text,
        entities: asked.then_some(read.mentions),
    };
    if door.json || cli::text(words, "format") == Some("json") {
        door.document("scan", reference(&read.resource), &body)?;
    } else {
        show::scan(&door.term, &body);
    }
    Ok(0)
}
