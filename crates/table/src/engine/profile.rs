//! The profile of a table: every column in a pass of its own, then duplicates and keys, then the projection that `Exposure` allows (H33).

use std::collections::HashSet;
use std::path::PathBuf;

use arrow::array::{Array, AsArray};
use arrow::datatypes::{DataType, Int64Type};
use chrono::{Datelike, NaiveDate, TimeDelta};
use fyr_model::Refusal;
use fyr_model::table::{Column, ColumnProfile, ColumnType, Distinct, ReadingReport, TableProfile, ValueCount};

use super::column::Facts;
use super::compare::row_hashes;
use super::histogram::{Bins, outwards};
use super::{Engine, Exposure, Show, reader};
use crate::refuse;
use crate::rules::identifier;

/// Most common values shown.
const TOP: usize = 10;
/// Row hashes held at a time.
const HELD_MAX: u64 = 4_000_000;

/// Profiles a table.
pub(crate) async fn profile(
    engine: &Engine,
    parquet: &[PathBuf],
    columns: &[Column],
    source: Option<&ReadingReport>,
    exposure: &Exposure,
) -> Result<TableProfile, Refusal> {
    let mut profiles = Vec::with_capacity(columns.len());
    let mut rows = 0;
    for column in columns {
        let (files, wanted) = (parquet.to_vec(), column.clone());
        let facts = super::blocking(move || pass(&files, &wanted)).await?;
        rows = facts.rows;
        profiles.push(project(engine, parquet, column, facts, exposure).await?);
    }
    let files = parquet.to_vec();
    let (counted, duplicate_rows) = super::blocking(move || duplicates(&files)).await?;
    rows = rows.max(counted);
    let keys = profiles
        .iter()
        .filter(|profile| rows > 0 && profile.nulls == 0 && profile.empty == 0 && profile.distinct.value == rows)
        .map(|profile| profile.name.clone())
        .collect();
    Ok(TableProfile {
        source: source.map(|report| report.source.clone()),
        rows,
        bad_rows: source.map_or(0, |report| report.bad_rows),
        duplicate_rows,
        keys,
        columns: profiles,
    })
}

/// Reads one column.
fn pass(parquet: &[PathBuf], column: &Column) -> Result<Facts, Refusal> {
    let schema = reader::schema(parquet)?;
    let index = schema.index_of(&column.name).map_err(|_| refuse::engine(&column.name, "profile"))?;
    let data = schema.fields().get(index).map_or(DataType::Utf8, |field| field.data_type().clone());
    let mut facts = Facts::new(column.kind, data);
    reader::each(parquet, Some(&[index]), &mut |batch| {
        let known = batch.columns().first().is_none_or(|array| facts.see(array));
        if known {
            Ok(())
        } else {
            Err(refuse::engine(&column.name, "profile"))
        }
    })?;
    Ok(facts)
}

/// Counts rows, and those that copy an earlier one, part by part of their hashes.
fn duplicates(parquet: &[PathBuf]) -> Result<(u64, u64), Refusal> {
    let mut rows = 0u64;
    reader::each(parquet, Some(&[]), &mut |batch| {
        rows += batch.num_rows() as u64;
        Ok(())
    })?;
    let parts = u128::from(rows / HELD_MAX + 1);
    let mut copies = 0u64;
    for part in 0..parts {
        let mut seen = HashSet::new();
        reader::each(parquet, None, &mut |batch| {
            for hash in row_hashes(batch).ok_or_else(|| refuse::engine("table", "duplicates"))? {
                if hash % parts == part && !seen.insert(hash) {
                    copies += 1;
                }
            }
            Ok(())
        })?;
    }
    Ok((rows, copies))
}

/// The part of the facts that may be seen.
async fn project(
    engine: &Engine,
    parquet: &[PathBuf],
    column: &Column,
    mut facts: Facts,
    exposure: &Exposure,
) -> Result<ColumnProfile, Refusal> {
    let distinct = if facts.is_over() {
        distinct_by_sql(engine, parquet, column).await?
    } else {
        facts.distinct()
    };
    let mut profile = ColumnProfile {
        name: column.name.clone(),
        kind: column.kind,
        semantic: column.semantic.as_ref().map(|semantic| semantic.kind.clone()),
        nulls: facts.nulls,
        empty: facts.empty,
        distinct: Distinct {
            value: distinct,
            method: "exact".into(),
        },
        min: None,
        max: None,
        sum: None,
        mean: None,
        stddev: None,
        quantiles: None,
        histogram: None,
        top: None,
        personal_data: None,
        description: column.description.clone(),
        unit: column.unit.clone(),
    };
    match exposure.columns.get(&column.name) {
        None => return Ok(profile),
        Some(Show::CountsOnly(verdict)) => {
            profile.personal_data = (!verdict.is_empty() && verdict != "none").then(|| verdict.clone());
            return Ok(profile);
        }
        Some(Show::Values) => {}
    }
    let least = exposure.group_min.max(1);
    if facts.values < least || column.kind == ColumnType::Geometry {
        return Ok(profile);
    }
    (profile.min, profile.max) = bounds(&facts, exposure.coarse);
    if facts.is_number() {
        profile.sum = Some(facts.sum());
        profile.mean = Some(facts.mean());
        profile.stddev = facts.stddev();
        // A quantile at 5 % is the value of one row: it is shown only where a twentieth of the rows is a group.
        if !exposure.coarse || facts.values / 20 >= least {
            profile.quantiles = facts.collector.quantiles();
        }
    }
    if facts.is_number() || matches!(column.kind, ColumnType::Date | ColumnType::Timestamp) {
        let (from, to) = histogram_bounds(&facts, exposure.coarse);
        let (files, wanted, exact) = (parquet.to_vec(), column.clone(), facts.collector.is_exact());
        let mut bins = Bins::new(from, to);
        if exact {
            facts.collector.values().iter().for_each(|value| bins.push(*value));
        } else {
            bins = super::blocking(move || refill(&files, &wanted, from, to)).await?;
        }
        profile.histogram = bins.finish(least);
    }
    let top = if facts.is_over() {
        top_by_sql(engine, parquet, column).await?
    } else {
        top(&facts)
    };
    let top: Vec<ValueCount> = top.into_iter().filter(|value| value.count >= least).take(TOP).collect();
    profile.top = (!top.is_empty()).then_some(top);
    Ok(profile)
}

/// The histogram of a column too long to hold, by reading it again.
fn refill(parquet: &[PathBuf], column: &Column, from: f64, to: f64) -> Result<Bins, Refusal> {
    let schema = reader::schema(parquet)?;
    let index = schema.index_of(&column.name).map_err(|_| refuse::engine(&column.name, "profile"))?;
    let mut bins = Bins::new(from, to);
    let days = if column.kind == ColumnType::Timestamp {
        86_400_000_000.0
    } else {
        1.0
    };
    reader::each(parquet, Some(&[index]), &mut |batch| {
        let floats = batch.columns().first().and_then(|array| {
            let whole = matches!(array.data_type(), DataType::Date32 | DataType::Timestamp(..));
            let array = if whole {
                arrow::compute::cast(array, &DataType::Int64).ok()?
            } else {
                array.clone()
            };
            arrow::compute::cast(&array, &DataType::Float64).ok()
        });
        let floats = floats.ok_or_else(|| refuse::engine(&column.name, "profile"))?;
        floats
            .as_primitive::<arrow::datatypes::Float64Type>()
            .iter()
            .flatten()
            .for_each(|value| bins.push(value / days));
        Ok(())
    })?;
    Ok(bins)
}

/// The bounds as text; rounded outwards when coarse, and then none for texts.
fn bounds(facts: &Facts, coarse: bool) -> (Option<String>, Option<String>) {
    let Some((low, high)) = facts.bounds() else { return (None, None) };
    if !coarse {
        return (Some(low), Some(high));
    }
    match facts.kind {
        ColumnType::Integer | ColumnType::Number => (
            Some(outwards(facts.float_low, false).to_string()),
            Some(outwards(facts.float_high, true).to_string()),
        ),
        // Whole years.
        ColumnType::Date | ColumnType::Timestamp => {
            let year = |text: &str| text.get(..4).map(str::to_owned).unwrap_or_default();
            (Some(format!("{}-01-01", year(&low))), Some(format!("{}-12-31", year(&high))))
        }
        ColumnType::Boolean => (Some(low), Some(high)),
        _ => (None, None),
    }
}

fn histogram_bounds(facts: &Facts, coarse: bool) -> (f64, f64) {
    let (low, high) = (facts.float_low, facts.float_high);
    if !coarse {
        return (low, high);
    }
    if facts.is_number() {
        return (outwards(low, false), outwards(high, true));
    }
    let year = |days: f64| {
        NaiveDate::default()
            .checked_add_signed(TimeDelta::days(days as i64))
            .map(|day| day.year())
    };
    let start =
        |year: i32| NaiveDate::from_ymd_opt(year, 1, 1).map(|day| day.signed_duration_since(NaiveDate::default()).num_days() as f64);
    let from = year(low.floor()).and_then(start).unwrap_or(low);
    let to = year(high).and_then(|year| start(year + 1)).unwrap_or(high);
    (from, to)
}

/// The most common values, ties by the value's text.
fn top(facts: &Facts) -> Vec<ValueCount> {
    let mut top: Vec<(u64, String)> = if facts.texts.counts.is_empty() {
        let mut best: Vec<(u64, i128)> = facts.numbers.counts.iter().map(|(key, count)| (*count, *key)).collect();
        best.sort_unstable_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
        best.into_iter().take(TOP).map(|(count, key)| (count, facts.show(key))).collect()
    } else {
        facts.texts.counts.iter().map(|(text, count)| (*count, text.clone())).collect()
    };
    top.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    top.into_iter()
        .take(TOP)
        .map(|(count, value)| ValueCount { value, count })
        .collect()
}

/// The number of different values, by a plan that spills.
async fn distinct_by_sql(engine: &Engine, parquet: &[PathBuf], column: &Column) -> Result<u64, Refusal> {
    let name = identifier(&column.name);
    let sql = format!("SELECT count(*) FROM (SELECT {name} FROM t WHERE {name} IS NOT NULL GROUP BY {name})");
    let batches = run(engine, parquet, &sql, &column.name).await?;
    let count = batches
        .first()
        .and_then(|batch| batch.columns().first())
        .and_then(|array| array.as_primitive_opt::<Int64Type>())
        .and_then(|array| array.iter().next());
    count
        .flatten()
        .and_then(|count| u64::try_from(count).ok())
        .ok_or_else(|| refuse::engine(&column.name, "distinct"))
}

/// The most common values of a column with very many.
async fn top_by_sql(engine: &Engine, parquet: &[PathBuf], column: &Column) -> Result<Vec<ValueCount>, Refusal> {
    let name = identifier(&column.name);
    let sql =
        format!("SELECT {name}, count(*) AS n FROM t WHERE {name} IS NOT NULL GROUP BY {name} ORDER BY n DESC, {name} ASC LIMIT {TOP}");
    let mut top = Vec::new();
    for batch in run(engine, parquet, &sql, &column.name).await? {
        let (Some(values), Some(counts)) = (
            batch.columns().first(),
            batch.columns().get(1).and_then(|array| array.as_primitive_opt::<Int64Type>()),
        ) else {
            return Err(refuse::engine(&column.name, "top"));
        };
        for row in 0..batch.num_rows() {
            // A pass over one value gives its text in the one form that the profile uses.
            let mut one = Facts::new(column.kind, values.data_type().clone());
            one.see(&values.slice(row, 1));
            if let (Some((text, _)), Ok(count)) = (one.bounds(), u64::try_from(counts.value(row))) {
                top.push(ValueCount { value: text, count });
            }
        }
    }
    Ok(top)
}

async fn run(engine: &Engine, parquet: &[PathBuf], sql: &str, column: &str) -> Result<Vec<arrow::array::RecordBatch>, Refusal> {
    let session = engine.table(parquet).await?;
    let frame = session.sql(sql).await.map_err(|_| refuse::engine(column, "plan"))?;
    frame.collect().await.map_err(|_| refuse::engine(column, "query"))
}
