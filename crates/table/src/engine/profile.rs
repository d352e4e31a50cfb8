//! The profile of a table of Parquet files: one pass that feeds [`TableProfiler`], a second one over the few columns where an exact answer
//! wants it, then the projection that `Exposure` allows (H33).

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use arrow::array::{ArrayRef, RecordBatch};
use chrono::NaiveDate;
use fyr_model::Refusal;
use fyr_model::table::{Column, ColumnProfile, ReadingReport, TableProfile};

use super::again::Again;
use super::relations::Relations;
use super::{Engine, Exposure, reader};
use crate::profile::{ColumnProfiler, STORED_MAX, TableProfiler, Told, known, project_column, project_table};
use crate::refuse;

/// Threads over columns; more than these wait for the one that reads.
const WORKERS_MAX: usize = 4;
/// Batches on the way to a worker.
const WAITING: usize = 2;

/// Profiles a table.
pub(crate) async fn profile(
    engine: &Engine,
    parquet: &[PathBuf],
    columns: &[Column],
    source: Option<&ReadingReport>,
    exposure: &Exposure,
) -> Result<TableProfile, Refusal> {
    let (files, wanted) = (parquet.to_vec(), columns.to_vec());
    let profiler = super::blocking(move || pass(&files, &wanted)).await?;
    finish(engine, profiler, parquet, source, exposure).await
}

/// The answer from a profiler that saw the whole table, and the table for what needs a second look.
pub(crate) async fn finish(
    engine: &Engine,
    profiler: TableProfiler,
    parquet: &[PathBuf],
    source: Option<&ReadingReport>,
    exposure: &Exposure,
) -> Result<TableProfile, Refusal> {
    let (files, exposure, source) = (parquet.to_vec(), exposure.clone(), source.cloned());
    let (as_of, folder) = (engine.as_of, engine.spill.clone());
    super::blocking(move || finish_profile(profiler, &files, &folder, as_of, source.as_ref(), &exposure)).await
}

/// The profile from a profiler that saw the whole table while it was read; the files are only opened for what needs a second look. What does
/// not fit in memory spills to `folder`; days after `as_of` count as future.
///
/// # Errors
/// When a file cannot be read.
pub fn finish_profile(
    mut profiler: TableProfiler,
    parquet: &[PathBuf],
    folder: &Path,
    as_of: Option<NaiveDate>,
    source: Option<&ReadingReport>,
    exposure: &Exposure,
) -> Result<TableProfile, Refusal> {
    profiler.settle();
    let told = Told { exposure, as_of };
    let known = known(&profiler.columns, &told);
    let again = Again::look(parquet, folder, &mut profiler, &known, exposure.coarse)?;
    // Copies are counted; what else is asked of the table has need of the room.
    profiler.rows.hashes.thin(STORED_MAX);
    let facts = profiler.columns.iter().zip(&known);
    let mut columns: Vec<_> = facts.map(|(column, facts)| project_column(column, facts.as_ref(), &told)).collect();
    for column in &mut columns {
        again.complete(column, profiler.rows.rows);
        if let Some(report) = source {
            told_by_reading(column, report);
        }
    }
    let mut table = project_table(&profiler, &columns, &told);
    let relations = Relations::look(parquet, &profiler, &columns, !table.keys.is_empty())?;
    (table.wider_keys, table.copies, table.dependencies) = (relations.keys, relations.copies, relations.dependencies);
    table.duplicate_rows = again.duplicate_rows;
    table.bad_rows = source.map_or(0, |report| report.bad_rows);
    table.source = source.map(|report| report.source.clone());
    table.columns = columns;
    Ok(table)
}

/// What only the reading knows of a column: its rejects, and its missing cells by marker.
fn told_by_reading(column: &mut ColumnProfile, report: &ReadingReport) {
    column.rejects = report.rejects.get(&column.name).copied();
    let own = report.repairs.iter().filter(|repair| repair.column.as_ref() == Some(&column.name));
    column.nulls_by = own
        .filter_map(|repair| Some((repair.kind.strip_prefix("null-marker:")?.to_owned(), repair.count)))
        .collect();
    // A file that types its cells itself has no markers: what is missing is absent.
    let named: u64 = column.nulls_by.values().sum::<u64>() + column.rejects.unwrap_or(0);
    if column.nulls > named {
        *column.nulls_by.entry("absent".into()).or_default() += column.nulls - named;
    }
}

/// Reads the files once.
pub(crate) fn pass(parquet: &[PathBuf], columns: &[Column]) -> Result<TableProfiler, Refusal> {
    let schema = reader::schema(parquet)?;
    let place = |column: &Column| schema.index_of(&column.name).map_err(|_| refuse::engine(&column.name, "profile"));
    let places = columns.iter().map(place).collect::<Result<Vec<_>, _>>()?;
    let broken = || refuse::engine("table", "profile");
    let schema = schema.project(&places).map_err(|_| broken())?;
    let profiler = TableProfiler::new(columns, &schema).ok_or_else(broken)?;
    let workers = std::thread::available_parallelism().map_or(1, usize::from).min(WORKERS_MAX);
    if workers == 1 || columns.len() < 2 {
        return alone(parquet, &places, profiler);
    }
    together(parquet, &places, profiler, workers)
}

fn alone(parquet: &[PathBuf], places: &[usize], mut profiler: TableProfiler) -> Result<TableProfiler, Refusal> {
    reader::each(parquet, None, &mut |batch| {
        let batch = batch.project(places).map_err(|_| refuse::engine("table", "profile"))?;
        if profiler.see(&batch) {
            Ok(())
        } else {
            Err(refuse::engine("table", "profile"))
        }
    })?;
    Ok(profiler)
}

type Group = Vec<(usize, ColumnProfiler)>;

/// One thread reads and looks at rows, the others look at columns; each column is seen in file order by one thread, so that the answer does
/// not depend on how many there are.
fn together(parquet: &[PathBuf], places: &[usize], profiler: TableProfiler, workers: usize) -> Result<TableProfiler, Refusal> {
    let broken = || refuse::engine("table", "profile");
    let TableProfiler { columns, mut rows } = profiler;
    let mut groups: Vec<Group> = vec![Vec::new(); workers];
    for (place, column) in columns.into_iter().enumerate() {
        if let Some(group) = groups.get_mut(place % workers) {
            group.push((place, column));
        }
    }
    let seen = std::thread::scope(|scope| {
        let (lines, threads): (Vec<SyncSender<RecordBatch>>, Vec<_>) = groups
            .into_iter()
            .map(|group| {
                let (line, batches) = sync_channel(WAITING);
                (line, scope.spawn(move || work(group, &batches)))
            })
            .unzip();
        let read = reader::each(parquet, None, &mut |batch| {
            let batch = batch.project(places).map_err(|_| broken())?;
            for line in &lines {
                // A worker that has gone found a type that is not ours.
                line.send(batch.clone()).map_err(|_| broken())?;
            }
            if rows.see(&batch) { Ok(()) } else { Err(broken()) }
        });
        drop(lines);
        let groups: Option<Vec<Group>> = threads.into_iter().map(|thread| thread.join().ok().flatten()).collect();
        read.and_then(|()| groups.ok_or_else(broken))
    })?;
    let mut columns: Group = seen.into_iter().flatten().collect();
    columns.sort_by_key(|column| column.0);
    Ok(TableProfiler {
        columns: columns.into_iter().map(|column| column.1).collect(),
        rows,
    })
}

fn work(mut group: Group, batches: &Receiver<RecordBatch>) -> Option<Group> {
    for batch in batches {
        for (place, column) in &mut group {
            let array: &ArrayRef = batch.columns().get(*place)?;
            if !column.see(array) {
                return None;
            }
        }
    }
    Some(group)
}
