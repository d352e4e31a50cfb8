//! Rules over a table: each becomes one or several SELECTs over `t`, with the row number as the column `row`.
//!
//! The number comes from the file's order and from nothing else, so a copy of the columns that the rules read is written with it: a plan
//! over Parquet promises no order. How missing values count is enforced here, whatever a rule's SQL does with them.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arrow::array::{ArrayRef, AsArray, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Int64Type, Schema};
use datafusion::catalog::MemorySchemaProvider;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::common::{ExprSchema, TableReference};
use datafusion::execution::context::SQLOptions;
use datafusion::logical_expr::{Expr, LogicalPlan, Operator};
use datafusion::prelude::{DataFrame, SessionContext};
use futures::StreamExt;
use fyr_model::quality::{QualityReport, RuleResult, SkippedRule};
use fyr_model::table::Column;
use fyr_model::{Refusal, RefusalKind, Text};
use parquet::arrow::ArrowWriter;

use super::{Engine, plain_parquet, reader};
use crate::refuse;
use crate::rules::{Gives, Limit, Nulls, Rule, identifier};
use crate::stage::register;

/// Failing rows listed.
const ROWS_LISTED: usize = 100;
/// The name of a data column that would hide the row number.
const ROW: &str = "row";

/// One SELECT to run.
struct Case<'a> {
    rule: &'a Rule,
    id: String,
    columns: Vec<String>,
    sql: String,
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

/// Runs all rules that apply.
pub(crate) async fn check(engine: &Engine, parquet: &[PathBuf], columns: &[Column], rules: &[Rule]) -> Result<QualityReport, Refusal> {
    let mut report = QualityReport::default();
    let mut cases = Vec::new();
    for rule in rules {
        let found = expand(rule, columns)?;
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
    let (files, target, needed) = (parquet.to_vec(), scratch.0.join("t.parquet"), needed(&cases, columns));
    let rows = super::blocking(move || number_rows(&files, &needed, &target)).await?;
    let session = prepare(engine, &scratch.0).await?;
    for case in &cases {
        report.rules.push(run(&session, case, rows).await?);
    }
    report.rules.sort_by(|a, b| a.id.cmp(&b.id));
    report.skipped.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(report)
}

/// The SELECTs of one rule: one, or one for every column that it applies to.
fn expand<'a>(rule: &'a Rule, columns: &[Column]) -> Result<Vec<Case<'a>>, Refusal> {
    let all: Vec<String> = columns.iter().map(|column| identifier(exposed(&column.name))).collect();
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
        }]);
    };
    Ok(columns
        .iter()
        .filter(|column| applies.fits(column))
        .map(|column| Case {
            rule,
            id: format!("{}:{}", rule.id, column.name),
            columns: vec![column.name.clone()],
            sql: whole(&rule.sql.replace("{column}", &identifier(exposed(&column.name)))),
        })
        .collect())
}

fn missing(rule: &Rule, name: &str, columns: &[Column]) -> Refusal {
    let known: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    Refusal::new(
        "rule-column-missing",
        RefusalKind::Configuration,
        &rule.id,
        Text::new(
            format!("regeln läser kolumnen {name}, som tabellen saknar"),
            format!("the rule reads the column {name}, which the table lacks"),
        ),
    )
    .hint(Text::new(
        format!("kolumnerna är {}", known.join(", ")),
        format!("the columns are {}", known.join(", ")),
    ))
}

/// A data column called `row` is `row_data` in `t`.
fn exposed(name: &str) -> &str {
    if name == ROW { "row_data" } else { name }
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

/// Writes the columns with their row numbers; gives the number of rows.
fn number_rows(parquet: &[PathBuf], needed: &BTreeSet<String>, target: &Path) -> Result<u64, Refusal> {
    let failed = |_| refuse::engine("t", "number");
    let schema = reader::schema(parquet)?;
    let places: Vec<usize> = schema
        .fields()
        .iter()
        .enumerate()
        .filter(|(_, field)| needed.contains(field.name()))
        .map(|(index, _)| index)
        .collect();
    let mut fields = vec![Field::new(ROW, DataType::Int64, false)];
    fields.extend(
        places
            .iter()
            .filter_map(|index| schema.fields().get(*index))
            .map(|field| Field::new(exposed(field.name()), field.data_type().clone(), true)),
    );
    let out_schema = Arc::new(Schema::new(fields));
    let file = File::create(target).map_err(|error| refuse::io("t", error))?;
    let mut out = ArrowWriter::try_new(file, out_schema.clone(), None).map_err(failed)?;
    let mut row = 0i64;
    reader::each(parquet, Some(&places), &mut |batch| {
        let count = i64::try_from(batch.num_rows()).unwrap_or_default();
        let mut arrays: Vec<ArrayRef> = vec![Arc::new(Int64Array::from_iter_values(row..row + count))];
        arrays.extend(batch.columns().iter().cloned());
        row += count;
        let numbered = RecordBatch::try_new(out_schema.clone(), arrays).map_err(|_| refuse::engine("t", "number"))?;
        out.write(&numbered).map_err(|_| refuse::engine("t", "number"))
    })?;
    out.close().map_err(failed)?;
    Ok(row.unsigned_abs())
}

/// A session with `t` and the registers of the schema `ref`.
async fn prepare(engine: &Engine, folder: &Path) -> Result<SessionContext, Refusal> {
    let failed = |_| refuse::engine("t", "open");
    let session = engine.table(&[folder.join("t.parquet")]).await?;
    if let Some(catalog) = session.catalog("datafusion") {
        catalog
            .register_schema("ref", Arc::new(MemorySchemaProvider::new()))
            .map_err(failed)?;
    }
    for (name, text, columns) in [
        ("municipality", register::MUNICIPALITIES, &["code", "name", "county_code"][..]),
        ("county", register::COUNTIES, &["code", "name"][..]),
    ] {
        let path = folder.join(format!("ref-{name}.parquet"));
        write_register(text, columns, &path)?;
        let address = super::address(&path)?;
        session
            .register_parquet(TableReference::partial("ref", name), address, plain_parquet())
            .await
            .map_err(failed)?;
    }
    Ok(session)
}

fn write_register(text: &'static str, columns: &[&str], path: &Path) -> Result<(), Refusal> {
    let failed = |_| refuse::engine("ref", "write");
    let lines: Vec<Vec<&str>> = register::lines(text).collect();
    let arrays: Vec<ArrayRef> = (0..columns.len())
        .map(|index| -> ArrayRef { Arc::new(lines.iter().map(|line| line.get(index).copied()).collect::<StringArray>()) })
        .collect();
    let schema = Arc::new(Schema::new(
        columns
            .iter()
            .map(|name| Field::new(*name, DataType::Utf8, true))
            .collect::<Vec<_>>(),
    ));
    let batch = RecordBatch::try_new(schema.clone(), arrays).map_err(|_| refuse::engine("ref", "write"))?;
    let file = File::create(path).map_err(|error| refuse::io("ref", error))?;
    let mut out = ArrowWriter::try_new(file, schema, None).map_err(failed)?;
    out.write(&batch).map_err(failed)?;
    out.close().map(drop).map_err(failed)
}

/// Runs one SELECT and counts.
async fn run(session: &SessionContext, case: &Case<'_>, rows: u64) -> Result<RuleResult, Refusal> {
    let rule = case.rule;
    let nulls = |word: &str, between: &str| -> String {
        let tests: Vec<String> = case
            .columns
            .iter()
            .map(|name| format!("{} IS {word}", identifier(exposed(name))))
            .collect();
        tests.join(between)
    };
    let columns = !case.columns.is_empty();
    let checked = if rule.nulls == Nulls::Pass && columns && rule.gives == Gives::Row {
        number(
            session,
            case,
            &format!("SELECT count(*) FROM t WHERE {}", nulls("NOT NULL", " AND ")),
        )
        .await?
    } else {
        rows
    };
    let (failed, listed) = match rule.gives {
        Gives::Number => (number(session, case, &case.sql).await?, Vec::new()),
        Gives::Row => {
            // The rule as written is planned first, so that its faults are found in its own words.
            plan(session, case, &case.sql).await?;
            let rule_rows = format!("SELECT {ROW} FROM ({})", case.sql);
            let sql = match (rule.nulls, columns) {
                (_, false) => format!("SELECT DISTINCT \"row\" FROM ({rule_rows}) ORDER BY \"row\""),
                (Nulls::Pass, true) => format!(
                    "SELECT DISTINCT \"row\" FROM ({rule_rows}) WHERE \"row\" IN (SELECT \"row\" FROM t WHERE {}) ORDER BY \"row\"",
                    nulls("NOT NULL", " AND ")
                ),
                (Nulls::Fail, true) => format!(
                    "SELECT DISTINCT \"row\" FROM ({rule_rows} UNION ALL SELECT \"row\" FROM t WHERE {}) ORDER BY \"row\"",
                    nulls("NULL", " OR ")
                ),
            };
            failing(session, case, &sql).await?
        }
    };
    let share = if checked == 0 { 0.0 } else { failed as f64 / checked as f64 };
    Ok(RuleResult {
        id: case.id.clone(),
        severity: rule.severity.clone(),
        message: rule.message.clone(),
        passed: match rule.limit {
            Limit::Rows(limit) => failed <= limit,
            Limit::Share(limit) => share <= limit,
        },
        checked,
        failed,
        share,
        limit: rule.limit_text.clone(),
        rows: listed,
    })
}

async fn plan(session: &SessionContext, case: &Case<'_>, sql: &str) -> Result<DataFrame, Refusal> {
    let options = SQLOptions::new()
        .with_allow_ddl(false)
        .with_allow_dml(false)
        .with_allow_statements(false);
    let frame = session.sql_with_options(sql, options).await.map_err(|error| {
        // A planner knows names and the rule's own text, and no cell.
        let cause = error.strip_backtrace();
        Refusal::new(
            "rule-sql",
            RefusalKind::Configuration,
            &case.id,
            Text::new(
                format!("regelns SQL går inte att köra: {cause}"),
                format!("the rule's SQL cannot run: {cause}"),
            ),
        )
    })?;
    if let Some(name) = bare_number(frame.logical_plan()) {
        return Err(Refusal::new(
            "rule-bare-number",
            RefusalKind::Configuration,
            &case.id,
            Text::new(
                format!("regeln jämför textkolumnen {name} med ett tal utan citattecken"),
                format!("the rule compares the text column {name} with a bare number"),
            ),
        )
        .hint(Text::new(
            "skriv koden inom citattecken: '0180'",
            "write the code in quotes: '0180'",
        )));
    }
    Ok(frame)
}

/// A text column that is compared with a number: the engine would cast every text, and `0180` would equal 180.
fn bare_number(plan: &LogicalPlan) -> Option<String> {
    let mut found = None;
    let _ = plan.apply_with_subqueries(|node| {
        let text = |expr: &Expr| -> Option<String> {
            let Expr::Column(column) = expr else { return None };
            let is_text = node.inputs().iter().any(|input| {
                input
                    .schema()
                    .field_from_column(column)
                    .is_ok_and(|field| matches!(field.data_type(), DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View))
            });
            is_text.then(|| column.name.clone())
        };
        let number = |expr: &Expr| matches!(expr, Expr::Literal(value, _) if value.data_type().is_numeric());
        let _ = node.apply_expressions(|expr| {
            expr.apply(|expr| {
                let hit = match expr {
                    Expr::BinaryExpr(binary) if compares(binary.op) => text(&binary.left)
                        .filter(|_| number(&binary.right))
                        .or_else(|| text(&binary.right).filter(|_| number(&binary.left))),
                    Expr::InList(list) => text(&list.expr).filter(|_| list.list.iter().any(number)),
                    Expr::Between(between) => text(&between.expr).filter(|_| number(&between.low) || number(&between.high)),
                    _ => None,
                };
                if hit.is_some() {
                    found = hit;
                    return Ok(TreeNodeRecursion::Stop);
                }
                Ok(TreeNodeRecursion::Continue)
            })
        });
        Ok(if found.is_some() {
            TreeNodeRecursion::Stop
        } else {
            TreeNodeRecursion::Continue
        })
    });
    found
}

fn compares(operator: Operator) -> bool {
    use Operator::{Eq, Gt, GtEq, IsDistinctFrom, IsNotDistinctFrom, Lt, LtEq, NotEq};
    matches!(operator, Eq | NotEq | Lt | LtEq | Gt | GtEq | IsDistinctFrom | IsNotDistinctFrom)
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

/// The failing rows: how many, and the first of them.
async fn failing(session: &SessionContext, case: &Case<'_>, sql: &str) -> Result<(u64, Vec<u64>), Refusal> {
    let mut stream = plan(session, case, sql).await?.execute_stream().await.map_err(|_| stopped(case))?;
    let (mut failed, mut listed) = (0u64, Vec::new());
    while let Some(batch) = stream.next().await {
        let batch = batch.map_err(|_| stopped(case))?;
        let Some(rows) = batch.columns().first().and_then(|array| array.as_primitive_opt::<Int64Type>()) else {
            return Err(gives_nothing(case));
        };
        for row in rows.iter().flatten() {
            failed += 1;
            if listed.len() < ROWS_LISTED {
                listed.push(row.unsigned_abs());
            }
        }
    }
    Ok((failed, listed))
}

/// What the engine says when a plan stops may quote a cell; the rule's name is enough to find it.
fn stopped(case: &Case<'_>) -> Refusal {
    Refusal::new(
        "rule-stopped",
        RefusalKind::Configuration,
        &case.id,
        Text::new(
            "regeln stannade när den kördes, kanske vid en omvandling av ett värde",
            "the rule stopped while running, perhaps at a cast of a value",
        ),
    )
    .hint(Text::new("använd TRY_CAST i stället för CAST", "use TRY_CAST instead of CAST"))
}

fn gives_nothing(case: &Case<'_>) -> Refusal {
    Refusal::new(
        "rule-gives",
        RefusalKind::Configuration,
        &case.id,
        Text::new(
            "regeln ger inte det som dess huvud säger",
            "the rule does not give what its head says",
        ),
    )
}
