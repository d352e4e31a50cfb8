//! `anonymize`: one table protected by a policy. Nothing is stored in a workspace.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use chrono::Utc;
use clap::ArgMatches;
use fyr_audit::{Asked, Bounds, PopulationWork, PrivacyWork};
use fyr_curate::{Inspected, Look};
use fyr_model::held::{Figures, PopulationFigures};
use fyr_model::privacy::{
    Check, ColumnPolicy, MicroaggregationFacts, PersonalDataFinding, PrivacyPolicy, PrivacyReport, ProtectionFacts, RecodingFacts, Role,
    SearchFacts,
};
use fyr_model::{Refusal, RefusalKind, Text};
use fyr_privacy::{Effort, Planner, ProtectionPlan};
use fyr_table::Engine;
use fyr_table::write::Working;
use serde::Serialize;

use super::Door;
use super::held::{self, WrittenFile};
use super::input::{Bench, place, reference};
use crate::cli;
use crate::show;
use crate::workspace::internal;

/// The body of `anonymize`.
#[derive(Debug, Serialize)]
pub struct AnonymizeBody {
    /// Rows of the table that was to be published.
    pub rows_in: u64,
    /// Rows written.
    pub rows_out: u64,
    /// The models, in words.
    pub models: Vec<String>,
    /// The level of each quasi-identifier.
    pub transformation: BTreeMap<String, usize>,
    /// Rows suppressed.
    pub suppressed_rows: u64,
    /// What it costs.
    pub loss: LossBody,
    /// How the best was found.
    pub search: SearchFacts,
    /// The second step, where the policy asks for one: the same measure before and after.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recoding: Option<RecodingFacts>,
    /// Columns whose numbers gave way to the mean of their group.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub microaggregated: Vec<MicroaggregationFacts>,
    /// The risk of the written table.
    pub risk: WrittenRisk,
    /// What an independent reader measured on the written file.
    pub verified: Verified,
    /// The file, and what it is held to: what `verify` reads.
    pub file: WrittenFile,
    /// Whether the k that was measured lies below what a release is held to.
    pub below_release_floor: bool,
    /// Personal data that the reader's own detectors found in the written file: counts, never values.
    pub detections: Vec<PersonalDataFinding>,
}

/// A loss and its measure.
#[derive(Debug, Serialize)]
pub struct LossBody {
    /// The word of the policy.
    pub metric: String,
    /// Its value.
    pub value: f64,
}

/// Risk of the written table.
#[derive(Debug, Serialize)]
pub struct WrittenRisk {
    /// 1 / k.
    pub prosecutor_max: Option<f64>,
    /// Groups / rows.
    pub prosecutor_average: Option<f64>,
    /// Rows alone in their group / rows.
    pub unique_share: Option<f64>,
}

/// Measured by code that shares nothing with the producer.
#[derive(Debug, Serialize)]
pub struct Verified {
    /// The smallest group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub k: Option<u64>,
    /// Distinct values in the poorest group, by sensitive column.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub l: BTreeMap<String, u64>,
    /// Largest distance of a group from the whole file, by sensitive column.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub t: BTreeMap<String, f64>,
    /// What the poorest group tells, by sensitive column.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub sensitive: BTreeMap<String, Figures>,
    /// The groups against the population that they were counted in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub population: Option<PopulationFigures>,
}

pub async fn anonymize(door: &Door, words: &ArgMatches) -> Result<u8, Refusal> {
    let bench = Bench::open(door)?;
    let policy_path = PathBuf::from(cli::text(words, "policy").unwrap_or_default());
    let (policy, hierarchies) = read_policy(&policy_path)?;
    let mut read = bench.table(door, cli::text(words, "input").unwrap_or_default(), Look::Away).await?;
    let engine = bench.engine(door)?;
    let acting = fyr_curate::Acting {
        beside: policy_path.parent().unwrap_or(Path::new(".")),
        release: policy_path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default(),
        apart: &[],
        dir: &bench.work("acted")?,
        reference: Utc::now().date_naive(),
    };
    let fyr_curate::Acted { table, policy, done } = fyr_curate::act_on(&engine, read.table, &policy, &acting).await?;
    read.table = table;
    let Planned { plan, published, people } = planned(door, &bench, &engine, &policy, &hierarchies, (&read, &policy_path)).await?;
    let written = write(&bench, &engine, &plan, &policy, &published).await?;
    let people = held::population(&policy, &plan, &hierarchies, people);
    let report = audited(door, &bench, (&policy, &plan), people, &written)?;
    confirmed(&policy, &report)?;
    let out = Path::new(cli::text(words, "out").unwrap_or_default());
    place(&written, out).map_err(|error| {
        let text = Text::new(format!("kunde inte skrivas: {error}"), format!("could not be written: {error}"));
        Refusal::new("out", RefusalKind::Configuration, out.display().to_string(), text)
    })?;
    let mut facts = plan.facts().clone();
    fyr_curate::tell(&mut facts.columns, &done);
    let columns: Vec<String> = plan.columns().into_iter().map(|column| column.name).collect();
    let file = WrittenFile::of("out.parquet", &policy, &report, &columns)?;
    let body = body(&facts, report, file);
    if let Some(path) = cli::text(words, "report") {
        let document = door.envelope("anonymize", reference(&read.resource), &body);
        let text = serde_json::to_string_pretty(&document).map_err(|error| internal("json", &error))?;
        std::fs::write(path, text).map_err(|error| internal("report", &error))?;
    }
    if door.json {
        door.document("anonymize", reference(&read.resource), &body)?;
    } else {
        show::anonymize(&door.term, &body);
    }
    Ok(0)
}

/// The plan, the files whose rows are to be published, and those of the population that the model counts in.
struct Planned {
    plan: ProtectionPlan,
    published: Vec<PathBuf>,
    people: Vec<PathBuf>,
}

async fn planned(
    door: &Door,
    bench: &Bench,
    engine: &Engine,
    policy: &PrivacyPolicy,
    hierarchies: &BTreeMap<String, String>,
    (read, policy_path): (&Inspected, &Path),
) -> Result<Planned, Refusal> {
    let facts = read.table.facts();
    let input = vec![facts.path.clone()];
    let mut planner = Planner::new(&facts.report.columns, policy)?;
    let model = policy.model.as_ref();
    let presence = model
        .and_then(|model| model.presence.as_ref())
        .map(|presence| presence.subset.as_str());
    let k_map = model.and_then(|model| model.k_map.as_ref()).map(|map| map.population.as_str());
    let (mut published, mut people) = (input.clone(), Vec::new());
    if let Some(name) = presence.or(k_map) {
        let path = beside(policy_path, name);
        let second = bench.second_table(door, &path.display().to_string()).await?;
        let other = vec![second.table.facts().path.clone()];
        let population = if presence.is_some() {
            published = other;
            input
        } else {
            other
        };
        engine.each(&population, &mut |batch| planner.take_population(batch))?;
        people = population;
    }
    engine.each(&published, &mut |batch| planner.take(batch))?;
    let plan = tokio::task::block_in_place(|| planner.plan(hierarchies, Effort::default()))?;
    Ok(Planned { plan, published, people })
}

/// Recodes the rows and writes them sorted: the order of the source would tell rows apart.
async fn write(
    bench: &Bench,
    engine: &Engine,
    plan: &ProtectionPlan,
    policy: &PrivacyPolicy,
    published: &[PathBuf],
) -> Result<PathBuf, Refusal> {
    let columns = plan.columns();
    let roles: BTreeMap<String, Role> = columns
        .iter()
        .filter_map(|column| Some((column.name.clone(), policy.columns.get(&column.name)?.role())))
        .collect();
    let dir = bench.work("protected")?;
    let (unsorted, sorted) = (dir.join("recoded.parquet"), dir.join("out.parquet"));
    let mut recoded = Working::new(&columns, &unsorted);
    engine.each(published, &mut |batch| recoded.take(&plan.apply(batch)?))?;
    recoded.close()?;
    let order: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
    let recoded = std::slice::from_ref(&unsorted);
    fyr_curate::write_sorted(engine, recoded, (&columns, &roles), &order, &BTreeMap::new(), &sorted).await?;
    Ok(sorted)
}

/// What the auditor measures on the written bytes, in a confined worker.
fn audited(
    door: &Door,
    bench: &Bench,
    (policy, plan): (&PrivacyPolicy, &ProtectionPlan),
    population: Option<PopulationWork>,
    written: &Path,
) -> Result<PrivacyReport, Refusal> {
    let (k_map, presence) = held::among(policy.model.as_ref());
    let roles = plan.columns().into_iter().filter_map(|column| {
        let role = policy.columns.get(&column.name)?.role();
        Some((column.name, role))
    });
    let identifiers = policy.columns.iter().filter(|(_, column)| column.role() == Role::Identifier);
    let work = PrivacyWork {
        files: vec![("out.parquet".to_owned(), written.to_path_buf())],
        asked: Asked {
            roles: roles.collect(),
            k: policy.model.as_ref().map(|model| model.k),
            forbidden: identifiers.map(|(name, _)| name.clone()).collect(),
            cleared: policy.cleared.clone(),
            bounds: promised(policy, plan),
            average_risk: policy.model.as_ref().and_then(|model| model.average_risk),
            means: plan.facts().microaggregated.iter().map(|means| means.column.clone()).collect(),
            k_map,
            presence,
            ..Asked::on(Utc::now().date_naive())
        },
        population,
    };
    let runner = crate::work::runner().map_err(|error| internal("runner", &error))?;
    let dir = bench.work("audit")?;
    let cells = plan.facts().rows_out.saturating_mul(plan.columns().len() as u64);
    let limits = door.config.worker.for_cells(cells);
    tokio::task::block_in_place(|| runner.run("audit.privacy", "out.parquet", &work, &dir, &limits))
}

/// What the policy's model promises of each sensitive column.
fn promised(policy: &PrivacyPolicy, plan: &ProtectionPlan) -> BTreeMap<String, Bounds> {
    let Some(model) = &policy.model else { return BTreeMap::new() };
    let rows = (plan.facts().rows_in, plan.facts().rows_out);
    let of = |(name, column): (&String, &ColumnPolicy)| {
        let bounds = Bounds::of(model, name, rows).filter(|_| column.role() == Role::Sensitive)?;
        let above = plan.above(name);
        Some((name.clone(), Bounds { above, ..bounds }))
    };
    policy.columns.iter().filter_map(of).collect()
}

/// Refuses what the auditor does not confirm: the policy's own k, and that no identifier is left in columns or bytes. The floor of a release
/// and what detectors found are told, not refused: this table is not a release.
fn confirmed(policy: &PrivacyPolicy, report: &PrivacyReport) -> Result<(), Refusal> {
    let asked = policy.model.as_ref().map_or(0, |model| model.k);
    let told = |check: &&Check| !check.ok && !["privacy-k", "privacy-detectors"].contains(&check.id.as_str());
    let failed: Vec<&Check> = report.checks.iter().filter(told).collect();
    let short = report.rows > 0 && report.k.is_some_and(|k| k < asked);
    if failed.is_empty() && !short {
        return Ok(());
    }
    let joined = |of: &dyn Fn(&Check) -> String| failed.iter().map(|check| of(check)).collect::<Vec<_>>().join("; ");
    let (measured, sv, en) = (
        report.k.unwrap_or(0),
        joined(&|check| check.detail.sv.clone()),
        joined(&|check| check.detail.en.clone()),
    );
    let text = Text::new(
        format!("den oberoende granskningen bekräftar inte skyddet: k är {measured}; {sv}"),
        format!("the independent audit does not confirm the protection: k is {measured}; {en}"),
    );
    Err(Refusal::new("audit-failed", RefusalKind::Forbidden, "out.parquet", text))
}

fn body(facts: &ProtectionFacts, report: PrivacyReport, file: WrittenFile) -> AnonymizeBody {
    let measured = report.held.unwrap_or_default();
    let is_mean = |name: &str| facts.microaggregated.iter().any(|means| means.column == name);
    let quasi = facts.columns.iter().filter(|column| column.role == Role::QuasiIdentifier);
    let generalised = quasi.filter(|column| !is_mean(&column.column));
    AnonymizeBody {
        rows_in: facts.rows_in,
        rows_out: facts.rows_out,
        models: facts.models.clone(),
        transformation: generalised.map(|column| (column.column.clone(), column.level)).collect(),
        suppressed_rows: facts.suppressed_rows,
        loss: LossBody {
            metric: facts.loss_metric.clone(),
            value: facts.loss,
        },
        search: facts.search.clone(),
        recoding: facts.recoding.clone(),
        microaggregated: facts.microaggregated.clone(),
        risk: WrittenRisk {
            prosecutor_max: report.prosecutor_max,
            prosecutor_average: report.prosecutor_average,
            unique_share: report.unique_share,
        },
        below_release_floor: report.k.is_some_and(|k| k < fyr_audit::K_FLOOR),
        detections: report.detections.into_iter().filter(|finding| finding.verdict != "none").collect(),
        verified: Verified {
            k: report.k,
            l: report.l,
            t: report.t,
            sensitive: measured.measured,
            population: measured.population,
        },
        file,
    }
}

pub(super) fn read_policy(path: &Path) -> Result<(PrivacyPolicy, BTreeMap<String, String>), Refusal> {
    let shown = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|error| {
        let text = Text::new(
            format!("policyn går inte att läsa: {error}"),
            format!("the policy cannot be read: {error}"),
        );
        Refusal::new("policy-invalid", RefusalKind::Configuration, shown.clone(), text)
    })?;
    let policy: PrivacyPolicy = fyr_model::written::read("policy-invalid", &shown, &text)?;
    let mut hierarchies = BTreeMap::new();
    let words = policy.columns.values().filter_map(|column| column.hierarchy());
    for (name, file) in words.filter_map(|name| Some((name, fyr_privacy::hierarchy::file_of(name)?))) {
        hierarchies.insert(name.to_owned(), hierarchy_at(&beside(path, file), file)?);
    }
    Ok((policy, hierarchies))
}

/// The text of a hierarchy file, which the writer calls `name`.
pub(super) fn hierarchy_at(path: &Path, name: &str) -> Result<String, Refusal> {
    let bytes = bytes_of(path).map_err(|error| {
        let text = Text::new(
            format!("hierarkifilen går inte att läsa: {error}"),
            format!("the hierarchy file cannot be read: {error}"),
        );
        let hint = Text::new("sökvägen räknas från policyns mapp", "the path is taken from the policy's folder");
        Refusal::new("hierarchy-missing", RefusalKind::Configuration, name, text).hint(hint)
    })?;
    fyr_privacy::hierarchy::text_of(name, bytes)
}

/// The bytes of an ordinary file; a device or a pipe would never end.
fn bytes_of(path: &Path) -> std::io::Result<Vec<u8>> {
    const BYTES_MAX: u64 = 1 << 30;
    let facts = std::fs::metadata(path)?;
    if !facts.is_file() || facts.len() > BYTES_MAX {
        let cause = format!("no ordinary file of at most {BYTES_MAX} bytes");
        return Err(std::io::Error::new(std::io::ErrorKind::InvalidInput, cause));
    }
    std::fs::read(path)
}

/// A file that a policy names, from the policy's own folder. Whoever runs the command has written or read the policy: it may name any file
/// that they can read, and what is wrong in one is told by line, never by what stands there.
pub(super) fn beside(policy: &Path, name: &str) -> PathBuf {
    policy.parent().unwrap_or(Path::new(".")).join(name)
}
