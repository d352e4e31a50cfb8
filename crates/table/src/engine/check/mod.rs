//! Rules over a table: each becomes one or several SELECTs over `t`, with the row number as the column `row`.
//!
//! In: Parquet, its columns and rules. Out: a result for each rule, with counts and row numbers and never a value. Every rule is planned
//! before any runs. Rules that look at one row at a time are evaluated together in one pass over the batches ([`local`]); those that give a
//! number and do not ask which row is which run over the files as they lie; the rest run as plans over a numbered copy of the columns that
//! they read ([`table`]). How missing values count is enforced here, whatever a rule's SQL
//! does with them, and so is that only row numbers and counts leave ([`lineage`]).

mod bare;
mod lineage;
mod local;
mod refused;
mod table;
mod tally;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use arrow::array::AsArray;
use arrow::datatypes::{DataType, Int64Type};
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::execution::context::SQLOptions;
use datafusion::logical_expr::LogicalPlan;
use datafusion::prelude::{DataFrame, SessionContext};
use futures::StreamExt;
use fyr_model::quality::{QualityReport, RuleResult, SkippedRule};
use fyr_model::table::Column;
use fyr_model::{Refusal, Text};

use super::Engine;
use super::session::ended;
use crate::refuse;
use crate::rules::{Gives, Limit, Nulls, ROW, Rule, column, exposed};
use crate::stage::register::REGISTERS;
use local::Local;
use refused::{compares_bare, gives_nothing, missing, reads_more, stopped, unplanned};
use table::Lists;
use tally::Failing;

/// A table that rules may read as `ref.NAME`, beside the registers: a release, or a code list of a pipeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReferenceTable {
    /// Its name after `ref.`.
    pub name: String,
    /// Which one it is, for the result: `exempelby-trad@1.2.0`, or the day of a list.
    pub edition: String,
    /// Its rows.
    pub parquet: PathBuf,
}

/// One SELECT to run.
struct Case<'a> {
    rule: &'a Rule,
    id: String,
    columns: Vec<String>,
    sql: String,
    /// What it reads beside the table, with editions.
    editions: Vec<String>,
}

/// A folder that goes with its owner.
struct Scratch(PathBuf);

impl Scratch {
    fn new(spill: &Path) -> Result<Self, Refusal> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let path = spill.join(format!("check-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed)));
        std::fs::create_dir_all(&path).map_err(|error| refuse::io("spill", error))?;
        Ok(Self(path))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Private and swept with the spill folder; a leftover is no reason to fail.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Runs all rules that apply; `local` says whether rules on single rows may be evaluated in one pass (a test compares both ways).
pub(crate) async fn check(
    engine: &Engine,
    parquet: &[PathBuf],
    columns: &[Column],
    rules: &[Rule],
    references: &[ReferenceTable],
    local: bool,
) -> Result<QualityReport, Refusal> {
    let mut report = QualityReport::default();
    let mut cases = Vec::new();
    for rule in rules {
        let found = expand(rule, columns, references)?;
        if found.is_empty() {
            report.skipped.push(SkippedRule {
                id: rule.id.clone(),
                reason: Text::new(
                    "ingen kolumn är av det slag som regeln gäller",
                    "no column is of the kind that the rule is for",
                ),
            });
        }
        cases.extend(found);
    }
    let scratch = Scratch::new(&engine.spill)?;
    let lists = Lists {
        wanted: rules.iter().flat_map(|rule| rule.registers.iter().map(String::as_str)).collect(),
        references,
    };
    let (_, schema) = table::numbered(parquet, &needed(&cases, columns))?;
    let session = table::planning(engine, schema.clone(), &scratch.0, &lists).await?;
    let (mut single, mut direct, mut whole) = (Vec::new(), Vec::new(), Vec::new());
    let in_place = local && engine.is_embedded();
    for case in cases {
        let Planned { plan, read } = planned(&session, &case).await?;
        let given: Vec<&str> = case.columns.iter().map(|name| exposed(name)).collect();
        let one = case.rule.gives == Gives::Row && Local::of(&session, &plan, &schema, &given, case.rule.nulls).is_some();
        if local && one {
            single.push(case);
        } else if in_place && case.rule.gives == Gives::Number && table::has_all(parquet, &read)? {
            direct.push(case);
        } else {
            whole.push(case);
        }
    }
    if !single.is_empty() {
        report
            .rules
            .extend(in_one_pass(engine, parquet, columns, single, &scratch.0).await?);
    }
    if !direct.is_empty() {
        let session = table::as_it_lies(engine, parquet, &scratch.0, &lists).await?;
        let results = run_all(&session, &direct, super::reader::rows(parquet)?).await;
        report.rules.extend(ended(session, results).await?);
    }
    if !whole.is_empty() {
        let (files, target, needed) = (parquet.to_vec(), scratch.0.join("t.parquet"), needed(&whole, columns));
        let rows = super::blocking(move || table::write(&files, &needed, &target)).await?;
        let session = table::running(engine, &scratch.0, &lists).await?;
        let results = run_all(&session, &whole, rows).await;
        report.rules.extend(ended(session, results).await?);
    }
    report.rules.sort_by(|a, b| a.id.cmp(&b.id));
    report.skipped.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(report)
}

/// Rules on single rows: one pass over the columns that they read.
async fn in_one_pass(
    engine: &Engine,
    parquet: &[PathBuf],
    columns: &[Column],
    cases: Vec<Case<'_>>,
    folder: &Path,
) -> Result<Vec<RuleResult>, Refusal> {
    let (places, schema) = table::numbered(parquet, &needed(&cases, columns))?;
    let session = table::planning(engine, schema.clone(), folder, &Lists::default()).await?;
    let mut conditions = Vec::with_capacity(cases.len());
    for case in &cases {
        let frame = plan(&session, case, &case.sql).await?;
        let given: Vec<&str> = case.columns.iter().map(|name| exposed(name)).collect();
        let local = Local::of(&session, frame.logical_plan(), &schema, &given, case.rule.nulls);
        conditions.push(local.ok_or_else(|| gives_nothing(case))?);
    }
    let files = parquet.to_vec();
    let (conditions, failed) = super::blocking(move || {
        let mut failed = None;
        table::each(&files, &places, &schema, &mut |batch, first| {
            if failed.is_none() {
                failed = conditions.iter_mut().position(|condition| !condition.see(batch, first));
            }
            Ok(())
        })?;
        Ok((conditions, failed))
    })
    .await?;
    if let Some(case) = failed.and_then(|index| cases.get(index)) {
        return Err(stopped(case));
    }
    let results = cases.iter().zip(conditions);
    Ok(results
        .map(|(case, condition)| {
            let mut result = result(case, condition.checked);
            condition.failing.into(&mut result);
            judge(case, &mut result);
            result
        })
        .collect())
}

/// The SELECTs of one rule: one, or one for every column that it applies to.
fn expand<'a>(rule: &'a Rule, columns: &[Column], references: &[ReferenceTable]) -> Result<Vec<Case<'a>>, Refusal> {
    let editions: Vec<String> = rule.registers.iter().filter_map(|name| edition(name, references)).collect();
    let all: Vec<String> = columns.iter().map(|column| crate::rules::column(&column.name)).collect();
    let whole = |sql: &str| sql.replace("{columns}", &all.join(", "));
    if rule.applies.is_none() && rule.sql.contains("{columns}") && columns.is_empty() {
        return Ok(Vec::new());
    }
    let Some(applies) = &rule.applies else {
        for name in rule.columns.iter().filter(|name| *name != "*") {
            if !columns.iter().any(|column| column.name == *name) {
                return Err(missing(rule, name, columns));
            }
        }
        return Ok(vec![Case {
            rule,
            id: rule.id.clone(),
            columns: rule.columns.iter().filter(|name| *name != "*").cloned().collect(),
            sql: whole(&rule.sql),
            editions,
        }]);
    };
    Ok(columns
        .iter()
        .filter(|column| applies.fits(column))
        .map(|column| Case {
            rule,
            id: format!("{}:{}", rule.id, column.name),
            columns: vec![column.name.clone()],
            sql: whole(&rule.sql.replace("{column}", &crate::rules::column(&column.name))),
            editions: editions.clone(),
        })
        .collect())
}

/// A register or a reference with the edition that is read.
fn edition(name: &str, references: &[ReferenceTable]) -> Option<String> {
    let register = REGISTERS
        .iter()
        .find(|register| register.name == name)
        .map(|register| register.edition);
    let reference = references
        .iter()
        .find(|reference| reference.name == name)
        .map(|reference| reference.edition.as_str());
    register.or(reference).map(|edition| format!("{name} {edition}"))
}

/// Columns that any rule reads; all of them when one reads whole rows, or does not say what it reads and gives rows.
fn needed(cases: &[Case<'_>], columns: &[Column]) -> BTreeSet<String> {
    let whole = |case: &Case<'_>| {
        let rule = case.rule;
        let silent = rule.columns.is_empty() && rule.gives == Gives::Row;
        silent || rule.columns.iter().any(|name| name == "*") || rule.sql.contains("{columns}")
    };
    if cases.iter().any(whole) {
        return columns.iter().map(|column| column.name.clone()).collect();
    }
    cases.iter().flat_map(|case| case.columns.iter().cloned()).collect()
}

/// A result before its counts are known.
fn result(case: &Case<'_>, checked: u64) -> RuleResult {
    let rule = case.rule;
    RuleResult {
        id: case.id.clone(),
        severity: rule.severity.clone(),
        message: rule.message.clone(),
        passed: false,
        checked,
        failed: 0,
        share: 0.0,
        limit: rule.limit_text.clone(),
        rows: Vec::new(),
        row_ranges: Vec::new(),
        rows_sha256: None,
        registers: case.editions.clone(),
        parameters: rule.parameters.clone(),
        change: None,
    }
}

/// Holds the counts against the limit.
fn judge(case: &Case<'_>, result: &mut RuleResult) {
    result.share = if result.checked == 0 {
        0.0
    } else {
        result.failed as f64 / result.checked as f64
    };
    result.passed = match case.rule.limit {
        Limit::Rows(limit) => result.failed <= limit,
        Limit::Share(limit) => result.share <= limit,
    };
}

async fn run_all(session: &SessionContext, cases: &[Case<'_>], rows: u64) -> Result<Vec<RuleResult>, Refusal> {
    let mut results = Vec::with_capacity(cases.len());
    for case in cases {
        results.push(run(session, case, rows).await?);
    }
    Ok(results)
}

/// Runs one SELECT and counts.
async fn run(session: &SessionContext, case: &Case<'_>, rows: u64) -> Result<RuleResult, Refusal> {
    let rule = case.rule;
    let nulls = |word: &str, between: &str| -> String {
        let tests: Vec<String> = case.columns.iter().map(|name| format!("g.{} IS {word}", column(name))).collect();
        tests.join(between)
    };
    let columns = !case.columns.is_empty();
    if rule.gives == Gives::Number {
        let mut result = result(case, rows);
        result.failed = number(session, case, &case.sql).await?;
        judge(case, &mut result);
        return Ok(result);
    }
    let checked = if rule.nulls == Nulls::Pass && columns {
        let sql = format!("SELECT count(*) FROM t AS g WHERE {}", nulls("NOT NULL", " AND "));
        number(session, case, &sql).await?
    } else {
        rows
    };
    // Every part has a name of its own, for a rule may call its column what it likes.
    let rule_rows = format!("SELECT f.\"row\" FROM ({}) AS f", case.sql);
    let sql = match (rule.nulls, columns) {
        (_, false) => format!("SELECT DISTINCT h.\"row\" FROM ({rule_rows}) AS h ORDER BY h.\"row\""),
        (Nulls::Pass, true) => format!(
            "SELECT DISTINCT h.\"row\" FROM ({rule_rows}) AS h WHERE h.\"row\" IN (SELECT g.\"row\" FROM t AS g WHERE {}) ORDER BY h.\"row\"",
            nulls("NOT NULL", " AND ")
        ),
        (Nulls::Fail, true) => format!(
            "SELECT DISTINCT h.\"row\" FROM ({rule_rows} UNION ALL SELECT g.\"row\" FROM t AS g WHERE {}) AS h ORDER BY h.\"row\"",
            nulls("NULL", " OR ")
        ),
    };
    let mut result = result(case, checked);
    failing(session, case, &sql).await?.into(&mut result);
    judge(case, &mut result);
    Ok(result)
}

/// The plan of a rule, and the columns of `t` that it reads.
struct Planned {
    plan: LogicalPlan,
    read: BTreeSet<String>,
}

/// The plan of a rule, in its own words: that it runs, gives what its head says, and reads what its head says.
async fn planned(session: &SessionContext, case: &Case<'_>) -> Result<Planned, Refusal> {
    let frame = plan(session, case, &case.sql).await?;
    let plan = frame.logical_plan().clone();
    let honest = match case.rule.gives {
        Gives::Row => lineage::gives_rows(&plan),
        Gives::Number => lineage::gives_count(&plan),
    };
    if !honest {
        return Err(gives_nothing(case));
    }
    let silent = case.rule.columns.is_empty() || case.rule.columns.iter().any(|name| name == "*") || case.rule.sql.contains("{columns}");
    let read = frame.into_optimized_plan().map(|plan| columns_read(&plan)).unwrap_or_default();
    let known = |name: &str| name == ROW || case.columns.iter().any(|known| exposed(known) == name);
    match read.iter().find(|name| !silent && !known(name)) {
        Some(name) => Err(reads_more(case, name)),
        None => Ok(Planned { plan, read }),
    }
}

/// The columns of `t` that a plan reads.
fn columns_read(plan: &LogicalPlan) -> BTreeSet<String> {
    let mut read = BTreeSet::new();
    let _ = plan.apply_with_subqueries(|node| {
        if let LogicalPlan::TableScan(scan) = node
            && scan.table_name.schema() != Some("ref")
        {
            read.extend(scan.projected_schema.fields().iter().map(|field| field.name().clone()));
        }
        Ok(TreeNodeRecursion::Continue)
    });
    read
}

async fn plan(session: &SessionContext, case: &Case<'_>, sql: &str) -> Result<DataFrame, Refusal> {
    let options = SQLOptions::new()
        .with_allow_ddl(false)
        .with_allow_dml(false)
        .with_allow_statements(false);
    let frame = session
        .sql_with_options(sql, options)
        .await
        .map_err(|error| unplanned(case, &error))?;
    match bare::bare_number(frame.logical_plan()) {
        Some(name) => Err(compares_bare(case, &name)),
        None => Ok(frame),
    }
}

/// One whole number.
async fn number(session: &SessionContext, case: &Case<'_>, sql: &str) -> Result<u64, Refusal> {
    let batches = plan(session, case, sql).await?.collect().await.map_err(|_| stopped(case))?;
    let first = batches
        .iter()
        .find(|batch| batch.num_rows() > 0)
        .and_then(|batch| batch.columns().first().cloned());
    let cast = first
        .filter(|array| array.data_type().is_numeric())
        .and_then(|array| arrow::compute::cast(&array, &DataType::Int64).ok());
    let value = cast.and_then(|array| array.as_primitive::<Int64Type>().iter().next().flatten());
    value.and_then(|value| u64::try_from(value).ok()).ok_or_else(|| gives_nothing(case))
}

/// The failing rows.
async fn failing(session: &SessionContext, case: &Case<'_>, sql: &str) -> Result<Failing, Refusal> {
    let mut stream = plan(session, case, sql).await?.execute_stream().await.map_err(|_| stopped(case))?;
    let mut failing = Failing::default();
    while let Some(batch) = stream.next().await {
        let batch = batch.map_err(|_| stopped(case))?;
        let Some(rows) = batch.columns().first().and_then(|array| array.as_primitive_opt::<Int64Type>()) else {
            return Err(gives_nothing(case));
        };
        rows.iter().flatten().for_each(|row| failing.add(row.unsigned_abs()));
    }
    Ok(failing)
}
