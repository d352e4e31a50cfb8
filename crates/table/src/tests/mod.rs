//! Tests over whole files: small invented samples, hostile bytes, real fixtures, the engine and the writers.

mod before;
mod cubes;
mod encodings;
mod engine;
mod generated;
mod guess;
mod hardening;
mod maps;
mod maps_hostile;
mod mutations;
mod px;
mod pxweb;
mod real;
mod references;
mod rules;
mod samples;
mod semantics;
mod sheets;
mod write;

use std::path::{Path, PathBuf};

use arrow::array::{Array, ArrayRef, RecordBatch};
use arrow::compute::concat_batches;
use arrow::datatypes::Schema;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use fyr_model::Refusal;
use fyr_model::limits::TableLimits;
use fyr_model::lock::ReadingLock;
use fyr_model::table::{Column, ColumnType, Reading, StagedFacts};
use tempfile::TempDir;

use crate::engine::read_profiler;
use crate::profile::{ColumnProfiler, RowProfiler, TableProfiler};
use crate::{ColumnObserver, Exposure, Observer, Show, StageRequest, Watch, finish_profile, stage};

/// Larger samples are not profiled a second time.
const PROFILED_ROWS_MAX: u64 = 60_000;
const PROFILED_COLUMNS_MAX: usize = 200;

/// A staged sample and the folder that it lies in.
pub(crate) struct Sample {
    pub(crate) dir: TempDir,
    pub(crate) facts: StagedFacts,
}

/// Sees that cells come in file order, and profiles them while they are read.
#[derive(Default)]
struct Watcher {
    columns: Vec<Column>,
    seen: Vec<Seen>,
    rows: RowProfiler,
}

struct Seen {
    rows: u64,
    profiler: ColumnProfiler,
}

impl ColumnObserver for Seen {
    fn see(&mut self, cells: &ArrayRef, first_row: u64) {
        assert_eq!(first_row, self.rows, "cells come in file order");
        self.rows += cells.len() as u64;
        assert!(self.profiler.see(cells));
    }
}

impl Observer for Watcher {
    fn begin(&mut self, columns: &[Column], schema: &Schema) {
        let profilers = columns
            .iter()
            .zip(schema.fields())
            .map(|(column, field)| ColumnProfiler::new(column, field.data_type(), columns.len()));
        self.seen = profilers.map(|profiler| Seen { rows: 0, profiler }).collect();
        self.rows = RowProfiler::default();
    }
    fn watch(&mut self) -> Watch<'_> {
        Watch {
            columns: self.seen.iter_mut().map(|seen| seen as &mut dyn ColumnObserver).collect(),
            rows: Some(&mut self.rows),
        }
    }
    fn settled(&mut self, columns: &[Column]) {
        self.columns = columns.to_vec();
        for (seen, column) in self.seen.iter_mut().zip(columns) {
            seen.profiler.settled(column);
        }
    }
}

impl Watcher {
    /// The profile that was made while the file was read is the one that its Parquet gives.
    fn agrees(self, facts: &StagedFacts, dir: &Path) {
        let exposure = Exposure {
            columns: self.columns.iter().map(|column| (column.name.clone(), Show::Values)).collect(),
            group_min: 1,
            coarse: false,
        };
        let parquet = [facts.path.clone()];
        let finished = |profiler| finish_profile(profiler, &parquet, dir, None, Some(&facts.report), &exposure).unwrap();
        let columns = self.seen.into_iter().map(|seen| seen.profiler).collect();
        let while_read = finished(TableProfiler::of(columns, self.rows));
        let from_parquet = finished(read_profiler(&parquet, &facts.report.columns).unwrap());
        assert_eq!(while_read, from_parquet);
    }
}

pub(crate) fn stage_file(path: &Path, name: &str, reading: Reading, limits: TableLimits) -> Result<Sample, Refusal> {
    stage_again(path, name, reading, limits, None)
}

/// Stages a file that was read before.
pub(crate) fn stage_again(
    path: &Path,
    name: &str,
    reading: Reading,
    limits: TableLimits,
    before: Option<ReadingLock>,
) -> Result<Sample, Refusal> {
    let dir = TempDir::new().unwrap();
    let mut watcher = Watcher::default();
    let request = StageRequest {
        path: path.to_path_buf(),
        name: name.into(),
        media_type: None,
        declared_format: None,
        reading,
        before,
        limits,
        digest: None,
    };
    let facts = stage(&request, dir.path(), &mut watcher)?;
    assert!(
        watcher.seen.iter().all(|seen| seen.rows == facts.rows),
        "the observer saw every row of every column"
    );
    assert_eq!(watcher.columns, facts.report.columns);
    let left: Vec<_> = std::fs::read_dir(dir.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(left, ["staged.parquet"], "no scratch is left");
    if facts.rows <= PROFILED_ROWS_MAX && facts.report.columns.len() <= PROFILED_COLUMNS_MAX {
        watcher.agrees(&facts, dir.path());
    }
    let sample = Sample { dir, facts };
    invariant(&sample);
    Ok(sample)
}

pub(crate) fn stage_bytes(name: &str, bytes: &[u8], reading: Reading, limits: TableLimits) -> Result<Sample, Refusal> {
    let source = TempDir::new().unwrap();
    let path = source.path().join("input");
    std::fs::write(&path, bytes).unwrap();
    stage_file(&path, name, reading, limits)
}

/// Stages a text that is honest.
pub(crate) fn staged(name: &str, text: &str) -> Sample {
    stage_bytes(name, text.as_bytes(), Reading::default(), TableLimits::default()).unwrap_or_else(|refusal| panic!("{refusal:?}"))
}

/// Values + nulls + empty + rejects = rows, per column, and never a Null-typed column.
fn invariant(sample: &Sample) {
    let batch = sample.batch();
    let report = &sample.facts.report;
    assert_eq!(batch.num_rows() as u64, report.rows);
    for (column, array) in report.columns.iter().zip(batch.columns()) {
        assert_ne!(*array.data_type(), arrow::datatypes::DataType::Null, "{}", column.name);
        let count = |counts: &std::collections::BTreeMap<String, u64>| counts.get(&column.name).copied().unwrap_or(0);
        assert_eq!(
            array.null_count() as u64,
            count(&report.nulls) + count(&report.rejects),
            "{}",
            column.name
        );
    }
}

impl Sample {
    pub(crate) fn path(&self) -> PathBuf {
        assert!(self.facts.path.starts_with(self.dir.path()));
        self.facts.path.clone()
    }
    pub(crate) fn batch(&self) -> RecordBatch {
        let file = std::fs::File::open(&self.facts.path).unwrap();
        let reader = parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
        let schema = reader.schema().clone();
        let batches: Vec<RecordBatch> = reader.build().unwrap().map(Result::unwrap).collect();
        concat_batches(&schema, &batches).unwrap()
    }
    pub(crate) fn kind(&self, name: &str) -> ColumnType {
        self.column(name).kind
    }
    pub(crate) fn column(&self, name: &str) -> &Column {
        let columns = &self.facts.report.columns;
        columns.iter().find(|column| column.name == name).unwrap_or_else(|| {
            panic!(
                "no {name} among {:?}",
                columns.iter().map(|column| &column.name).collect::<Vec<_>>()
            )
        })
    }
    pub(crate) fn semantic(&self, name: &str) -> Option<&str> {
        self.column(name).semantic.as_ref().map(|semantic| semantic.kind.as_str())
    }
    /// The cells of a column; a missing one is `∅`.
    pub(crate) fn cells(&self, name: &str) -> Vec<String> {
        let batch = self.batch();
        let array = batch.column_by_name(name).unwrap();
        let formatter = ArrayFormatter::try_new(array, &FormatOptions::new()).unwrap();
        (0..array.len())
            .map(|row| {
                if array.is_null(row) {
                    "∅".into()
                } else {
                    formatter.value(row).to_string()
                }
            })
            .collect()
    }
    pub(crate) fn nulls(&self, name: &str) -> u64 {
        self.facts.report.nulls.get(name).copied().unwrap_or(0)
    }
    pub(crate) fn rejects(&self, name: &str) -> u64 {
        self.facts.report.rejects.get(name).copied().unwrap_or(0)
    }
    /// How often a repair was made, over all columns.
    pub(crate) fn repairs(&self, kind: &str) -> u64 {
        self.facts
            .report
            .repairs
            .iter()
            .filter(|repair| repair.kind == kind)
            .map(|repair| repair.count)
            .sum()
    }
    pub(crate) fn finding(&self, id: &str) -> bool {
        self.facts.report.findings.iter().any(|finding| finding.id == id)
    }
}

/// A file beside the project; says so when it is absent.
pub(crate) fn shared(path: &str) -> Option<PathBuf> {
    let whole = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared").join(path);
    if whole.exists() {
        return Some(whole);
    }
    println!("skipped: ../shared/{path} is absent");
    None
}
