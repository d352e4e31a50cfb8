//! `anonymize` and `risk`: one table protected by a policy, and the risk of a table as it stands. Nothing is stored in a workspace.

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
use fyr_model::table::ColumnType;
use fyr_model::{Refusal, RefusalKind, Text};
use fyr_privacy::risk::{Assessor, Estimate, Risk, population_uniques};
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
        let path = beside(policy_path, name)?;
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
    tokio::task::block_in_place(|| runner.run("audit.privacy", "out.parquet", &work, &dir, &door.config.worker))
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
    let unreadable = |error: &dyn std::fmt::Display| {
        let cause = error.to_string().trim().replace('\n', " ");
        let text = Text::new(
            format!("policyn går inte att läsa: {cause}"),
            format!("the policy cannot be read: {cause}"),
        );
        Refusal::new("policy-invalid", RefusalKind::Configuration, shown.clone(), text)
    };
    let text = std::fs::read_to_string(path).map_err(|error| unreadable(&error))?;
    let policy: PrivacyPolicy = toml::from_str(&text).map_err(|error| unreadable(&error))?;
    let mut hierarchies = BTreeMap::new();
    let words = policy.columns.values().filter_map(|column| column.hierarchy());
    for (name, file) in words.filter_map(|name| Some((name, fyr_privacy::hierarchy::file_of(name)?))) {
        let text = std::fs::read_to_string(beside(path, file)?).map_err(|error| {
            let text = Text::new(
                format!("hierarkifilen går inte att läsa: {error}"),
                format!("the hierarchy file cannot be read: {error}"),
            );
            Refusal::new("hierarchy-missing", RefusalKind::Configuration, file, text)
        })?;
        hierarchies.insert(name.to_owned(), text);
    }
    Ok((policy, hierarchies))
}

/// A file beside the policy; a name that leaves the folder is refused.
pub(super) fn beside(policy: &Path, name: &str) -> Result<PathBuf, Refusal> {
    let inside = Path::new(name)
        .components()
        .all(|part| matches!(part, std::path::Component::Normal(_)));
    if inside {
        return Ok(policy.parent().unwrap_or(Path::new(".")).join(name));
    }
    let text = Text::new(
        format!("`{name}` lämnar policyns mapp"),
        format!("`{name}` leaves the policy's folder"),
    );
    Err(Refusal::new("path-outside", RefusalKind::Configuration, name, text))
}

/// The body of `risk`.
#[derive(Debug, Serialize)]
pub struct RiskBody {
    /// Rows.
    pub rows: u64,
    /// Groups.
    pub classes: u64,
    /// The smallest group.
    pub k: u64,
    /// Distinct values in the poorest group, by sensitive column.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub l: BTreeMap<String, u64>,
    /// Largest distance to the whole table, by sensitive column.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub t: BTreeMap<String, f64>,
    /// 1 / k.
    pub prosecutor_max: f64,
    /// Groups / rows.
    pub prosecutor_average: f64,
    /// Mean risk against the table itself.
    pub marketer: f64,
    /// Rows alone in their group / rows.
    pub unique_share: f64,
    /// Share of rows whose risk is above 0.05 and above 0.2.
    pub at_risk: BTreeMap<String, f64>,
    /// How far the columns tell rows apart, together and each alone.
    pub quasi_identifiers: Vec<QuasiBody>,
    /// Rows alone on a few columns already.
    pub special_uniques: SpecialBody,
    /// Estimates for the population that the rows are a sample of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub population: Option<PopulationBody>,
}

/// Rows alone on a few columns.
#[derive(Debug, Serialize)]
pub struct SpecialBody {
    /// Columns of the largest sets that were looked at.
    pub columns_max: usize,
    /// Rows by the size of the smallest set of columns that they are alone on.
    pub rows: BTreeMap<usize, u64>,
    /// How many of the smallest sets each column takes part in.
    pub columns: BTreeMap<String, u64>,
}

/// The population that a table is a sample of.
#[derive(Debug, Serialize)]
pub struct PopulationBody {
    /// Its people, as stated.
    pub people: u64,
    /// People alone in it, by method.
    pub uniques: Vec<EstimateBody>,
}

/// An estimate and its method.
#[derive(Debug, Serialize)]
pub struct EstimateBody {
    /// `zayatz`, `pitman` or `snb`.
    pub method: &'static str,
    /// People alone in the population.
    pub uniques: f64,
    /// Share of the population.
    pub share: f64,
}

/// How far columns tell rows apart.
#[derive(Debug, Serialize)]
pub struct QuasiBody {
    /// The columns.
    pub columns: Vec<String>,
    /// Different values / rows.
    pub distinction: f64,
    /// Share of pairs of rows that differ.
    pub separation: f64,
}

pub async fn risk(door: &Door, words: &ArgMatches) -> Result<u8, Refusal> {
    if cli::flag(words, "store") {
        return super::told::store(door);
    }
    let bench = Bench::open(door)?;
    let list = |name: &str| -> Vec<String> {
        let parts = cli::text(words, name).unwrap_or_default().split(',');
        parts.map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
    };
    let (quasi, sensitive) = (list("qi"), list("sensitive"));
    let read = bench.table(door, cli::text(words, "input").unwrap_or_default(), Look::Away).await?;
    let facts = read.table.facts();
    let known: Vec<&str> = facts.report.columns.iter().map(|column| column.name.as_str()).collect();
    if let Some(name) = quasi.iter().chain(&sensitive).find(|name| !known.contains(&name.as_str())) {
        let text = Text::new(
            format!("tabellen saknar kolumnen `{name}`"),
            format!("the table has no column `{name}`"),
        );
        let columns = known.join(", ");
        let hint = Text::new(format!("kolumnerna är {columns}"), format!("the columns are {columns}"));
        return Err(Refusal::new("column-absent", RefusalKind::Configuration, name, text).hint(hint));
    }
    let engine = bench.engine(door)?;
    let is_number = |name: &String| {
        let column = facts.report.columns.iter().find(|column| column.name == *name);
        column.is_some_and(|column| matches!(column.kind, ColumnType::Integer | ColumnType::Number))
    };
    let marked: Vec<(String, bool)> = sensitive.iter().map(|name| (name.clone(), is_number(name))).collect();
    let mut assessor = Assessor::new(&quasi, &marked, false);
    engine.each(std::slice::from_ref(&facts.path), &mut |batch| assessor.take(batch))?;
    let body = risk_body(&quasi, &assessor.assess(), words.get_one::<u64>("population").copied());
    if door.json || cli::text(words, "format") == Some("json") {
        door.document("risk", reference(&read.resource), &body)?;
    } else {
        show::risk(&door.term, &body);
    }
    Ok(0)
}

fn population(risk: &Risk, people: u64) -> PopulationBody {
    let body = |one: Estimate| EstimateBody {
        method: one.method,
        uniques: one.uniques,
        share: one.uniques / people as f64,
    };
    PopulationBody {
        people,
        uniques: population_uniques(&risk.sizes, people).into_iter().map(body).collect(),
    }
}

fn risk_body(quasi: &[String], risk: &Risk, people: Option<u64>) -> RiskBody {
    let whole = QuasiBody {
        columns: quasi.to_vec(),
        distinction: risk.distinction,
        separation: risk.separation,
    };
    let alone = risk.columns.iter().map(|(name, (distinction, separation))| QuasiBody {
        columns: vec![name.clone()],
        distinction: *distinction,
        separation: *separation,
    });
    RiskBody {
        rows: risk.rows,
        classes: risk.classes,
        k: risk.k,
        l: risk.attributes.iter().map(|(name, of)| (name.clone(), of.l)).collect(),
        t: risk.attributes.iter().map(|(name, of)| (name.clone(), of.t)).collect(),
        prosecutor_max: risk.prosecutor_max,
        prosecutor_average: risk.prosecutor_average,
        marketer: risk.marketer,
        unique_share: if risk.rows == 0 {
            0.0
        } else {
            risk.unique as f64 / risk.rows as f64
        },
        at_risk: [0.05, 0.2]
            .into_iter()
            .map(|share| (share.to_string(), risk.at_risk(share)))
            .collect(),
        quasi_identifiers: std::iter::once(whole).chain(alone).collect(),
        special_uniques: SpecialBody {
            columns_max: risk.special.columns_max,
            rows: risk.special.rows.clone(),
            columns: quasi.iter().cloned().zip(risk.special.columns.iter().copied()).collect(),
        },
        population: people.map(|people| population(risk, people)),
    }
}
