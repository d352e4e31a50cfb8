//! `tabulate`: rows become tables of counts or sums that an independent attacker tries to break before they are kept.

use std::path::{Path, PathBuf};

use chrono::Utc;
use clap::ArgMatches;
use fyr_audit::{Asked, AskedTable, Open, PrivacyWork, TablesAsked, TablesReport, TablesWork};
use fyr_curate::{Inspected, Look};
use fyr_model::dp::{DpFacts, Standing};
use fyr_model::privacy::{Check, PrivacyPolicy, PrivacyReport, Role};
use fyr_model::table::Column;
use fyr_model::tabulate::{OneTable, TableFacts, TableMethod};
use fyr_model::{Refusal, RefusalKind, Text};
use fyr_privacy::tables::{Tabulated, Tabulator};
use serde::Serialize;

use super::Door;
use super::input::{Bench, place, reference};
use super::protect::{beside, read_policy};
use crate::cli;
use crate::show;
use crate::workspace::internal;
#[cfg(feature = "dp")]
use noise::noised;

#[cfg(feature = "dp")]
mod noise;

/// Without the feature `dp` there is nothing that could draw noise.
#[cfg(not(feature = "dp"))]
async fn noised(
    _: &Door,
    _: &ArgMatches,
    _: &Bench,
    _: (&PrivacyPolicy, &Path, &std::collections::BTreeMap<String, String>),
) -> Result<u8, Refusal> {
    let text = Text::new("det här programmet är byggt utan `dp`", "this program was built without `dp`");
    let hint = Text::new("bygg med --features dp", "build with --features dp");
    Err(Refusal::new("dp-absent", RefusalKind::Configuration, "policy", text).hint(hint))
}

/// The body of `tabulate`.
#[derive(Debug, Serialize)]
pub struct TabulateBody {
    /// Rows counted or summed; not told under differential privacy, since it would be one more answer, without noise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows_in: Option<u64>,
    /// Different cells of all tables.
    pub cells: u64,
    /// Cells that a rule calls sensitive.
    pub primary_suppressed: u64,
    /// Cells hidden so that those cannot be worked out.
    pub secondary_suppressed: u64,
    /// Contributors behind the cells hidden for the sake of others.
    pub people_hidden: u64,
    /// The rules that make a cell sensitive, in words; the head's `rules` are rule packs.
    pub disclosure_rules: Vec<String>,
    /// What an independent attacker made of the written file.
    pub attack: AttackBody,
    /// Each table.
    pub tables: Vec<OneTable>,
    /// What noise was drawn, and on whose account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dp: Option<DpBody>,
}

/// A release under differential privacy.
#[derive(Debug, Serialize)]
pub struct DpBody {
    /// What was promised and drawn.
    #[serde(flatten)]
    pub facts: DpFacts,
    /// Where randomness comes from.
    pub generator: String,
    /// How the account stands.
    pub account: Standing,
}

/// What the attacker tried and found.
#[derive(Debug, Serialize)]
pub struct AttackBody {
    /// What was tried.
    pub method: String,
    /// Sensitive cells that can be worked out more closely than allowed.
    pub disclosed_cells: u64,
    /// Each check.
    pub checks: Vec<Check>,
}

pub async fn tabulate(door: &Door, words: &ArgMatches) -> Result<u8, Refusal> {
    let bench = Bench::open(door)?;
    let policy_path = PathBuf::from(cli::text(words, "policy").unwrap_or_default());
    let (policy, hierarchies) = read_policy(&policy_path)?;
    if policy.dp.is_some() || policy.table.iter().any(|table| table.method == TableMethod::Dp) {
        return noised(door, words, &bench, (&policy, policy_path.as_path(), &hierarchies)).await;
    }
    let secret = secret(&policy, &policy_path)?;
    let read = bench.table(door, cli::text(words, "input").unwrap_or_default(), Look::Away).await?;
    let facts = read.table.facts();
    let mut tabulator = Tabulator::new(&facts.report.columns, &policy, secret.as_deref())?;
    let engine = bench.engine(door)?;
    for batch in engine.read(std::slice::from_ref(&facts.path), &[]).await? {
        tabulator.take(&batch)?;
    }
    let made = tokio::task::block_in_place(|| tabulator.tabulate(&hierarchies))?;
    let written = bench.work("tables")?.join("out.parquet");
    let roles = made.columns.iter().map(|column| (column.name.clone(), Role::Plain)).collect();
    fyr_table::write::parquet(
        std::slice::from_ref(&made.batch),
        &made.columns,
        &roles,
        &Default::default(),
        &written,
    )?;
    let report = attacked(door, &bench, &policy, &made, &written)?;
    refused(&report)?;
    contained(&audited(door, &bench, &policy, &made.columns, &written)?)?;
    // Before the file is there: what might be public is known even when the process dies in between.
    if let Some(name) = cli::text(words, "release") {
        super::told::weighed(door, name, &policy, &made)?.remember(Utc::now())?;
    }
    told(door, words, &read, &written, &body(made.facts, report))
}

/// Puts the file where it was asked for, and says what it is.
fn told(door: &Door, words: &ArgMatches, read: &Inspected, written: &Path, body: &TabulateBody) -> Result<u8, Refusal> {
    let out = Path::new(cli::text(words, "out").unwrap_or_default());
    place(written, out).map_err(|error| {
        let text = Text::new(format!("kunde inte skrivas: {error}"), format!("could not be written: {error}"));
        Refusal::new("out", RefusalKind::Configuration, out.display().to_string(), text)
    })?;
    if let Some(path) = cli::text(words, "report") {
        let document = door.envelope("tabulate", reference(&read.resource), body);
        let text = serde_json::to_string_pretty(&document).map_err(|error| internal("json", &error))?;
        std::fs::write(path, text).map_err(|error| internal("report", &error))?;
    }
    if door.json {
        door.document("tabulate", reference(&read.resource), body)?;
    } else {
        show::tabulate(&door.term, body);
    }
    Ok(0)
}

/// The secret of cell keys: the bytes of the file that the policy names.
fn secret(policy: &PrivacyPolicy, path: &Path) -> Result<Option<Vec<u8>>, Refusal> {
    let Some(name) = policy.table.iter().find_map(|table| table.key.as_deref()) else {
        return Ok(None);
    };
    std::fs::read(beside(path, name)).map(Some).map_err(|error| {
        let text = Text::new(
            format!("hemligheten går inte att läsa: {error}"),
            format!("the secret cannot be read: {error}"),
        );
        Refusal::new("cell-key-secret", RefusalKind::Configuration, name, text)
    })
}

/// What an attacker makes of the written file, in a confined worker.
fn attacked(door: &Door, bench: &Bench, policy: &PrivacyPolicy, made: &Tabulated, written: &Path) -> Result<TablesReport, Refusal> {
    let Some(first) = policy.table.first() else {
        return Ok(TablesReport::default());
    };
    let open = |one: &fyr_privacy::tables::Required| Open {
        row: one.row,
        low: one.low,
        high: one.high,
    };
    let asked = TablesAsked {
        tables: policy
            .table
            .iter()
            .map(|table| AskedTable {
                by: table.by.clone(),
                measure: table.measure().to_owned(),
            })
            .collect(),
        parents: made.parents.clone(),
        method: first.method,
        base: first.base,
        noise: first.noise,
        signed: made.signed,
        open: made.required.iter().map(open).collect(),
        alone: made.alone.clone(),
    };
    let work = TablesWork {
        file: written.to_path_buf(),
        asked,
    };
    let runner = crate::work::runner().map_err(|error| internal("runner", &error))?;
    let dir = bench.work("attack")?;
    tokio::task::block_in_place(|| runner.run("audit.tables", "out.parquet", &work, &dir, &door.config.worker))
}

/// What the auditor finds in the file itself: identifiers, bounds, left-over values.
fn audited(door: &Door, bench: &Bench, policy: &PrivacyPolicy, columns: &[Column], written: &Path) -> Result<PrivacyReport, Refusal> {
    let identifiers = policy.columns.iter().filter(|(_, column)| column.role() == Role::Identifier);
    let work = PrivacyWork {
        files: vec![("out.parquet".to_owned(), written.to_path_buf())],
        asked: Asked {
            roles: columns.iter().map(|column| (column.name.clone(), Role::Plain)).collect(),
            forbidden: identifiers.map(|(name, _)| name.clone()).collect(),
            cleared: policy.cleared.clone(),
            ..Asked::on(Utc::now().date_naive())
        },
        population: None,
    };
    let runner = crate::work::runner().map_err(|error| internal("runner", &error))?;
    let dir = bench.work("audit")?;
    tokio::task::block_in_place(|| runner.run("audit.privacy", "out.parquet", &work, &dir, &door.config.worker))
}

fn refused(report: &TablesReport) -> Result<(), Refusal> {
    let failed: Vec<&Check> = report.checks.iter().filter(|check| !check.ok).collect();
    if failed.is_empty() {
        return Ok(());
    }
    Err(unconfirmed("attack-succeeded", &failed))
}

fn contained(report: &PrivacyReport) -> Result<(), Refusal> {
    let failed: Vec<&Check> = report.checks.iter().filter(|check| !check.ok).collect();
    if failed.is_empty() {
        Ok(())
    } else {
        Err(unconfirmed("audit-failed", &failed))
    }
}

fn unconfirmed(id: &str, failed: &[&Check]) -> Refusal {
    let joined = |of: &dyn Fn(&Check) -> String| failed.iter().map(|check| of(check)).collect::<Vec<_>>().join("; ");
    let (sv, en) = (joined(&|check| check.detail.sv.clone()), joined(&|check| check.detail.en.clone()));
    let text = Text::new(
        format!("det oberoende angreppet bekräftar inte skyddet: {sv}"),
        format!("the independent attack does not confirm the protection: {en}"),
    );
    Refusal::new(id, RefusalKind::Forbidden, "out.parquet", text)
}

fn body(facts: TableFacts, report: TablesReport) -> TabulateBody {
    TabulateBody {
        rows_in: Some(facts.rows_in),
        cells: facts.cells,
        primary_suppressed: facts.primary,
        secondary_suppressed: facts.secondary,
        people_hidden: facts.people_hidden,
        disclosure_rules: facts.rules,
        attack: AttackBody {
            method: report.method,
            disclosed_cells: report.disclosed.len() as u64,
            checks: report.checks,
        },
        tables: facts.tables,
        dp: None,
    }
}
