//! The engine: questions to typed Parquet, as DataFusion plans or direct passes over its batches.
//!
//! In: Parquet files in order. Out: counts, verdicts, rows. [`open`] is the one place that knows where plans run. Memory is bounded by a
//! spill pool; what an answer holds is decided by the caller's [`Exposure`]. Traps of the engine and what is done about them:
//! `tables.md` section 4.

mod again;
mod check;
mod compare;
mod histogram;
mod profile;
mod reader;
mod relations;
mod spill;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::NaiveDate;
use datafusion::arrow::array::RecordBatch;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::execution::session_state::SessionStateBuilder;
use datafusion::prelude::{ParquetReadOptions, SessionConfig, SessionContext};
use futures::stream::{BoxStream, StreamExt};
use fyr_model::quality::QualityReport;
use fyr_model::table::{Column, ReadingReport, TableProfile};
use fyr_model::{Refusal, RefusalKind, Text};
use serde::{Deserialize, Serialize};

pub use check::ReferenceTable;
pub use compare::Difference;
pub(crate) use compare::hash128 as compare_hash;
pub(crate) use histogram::{Bins, outwards};
pub use profile::finish_profile;
#[cfg(test)]
pub(crate) use profile::pass as read_profiler;

use crate::refuse;
use crate::rules::{Rule, identifier};

/// Where plans run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// In this process.
    #[default]
    Embedded,
}

/// Whether a column's values may be shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Show {
    /// Cleared as non-personal: its values may appear.
    Values,
    /// Type and counts only, with the verdict of the detectors.
    CountsOnly(String),
}

/// What a profile may hold (H33). A column that is not named shows type and counts only.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exposure {
    /// Per column.
    pub columns: BTreeMap<String, Show>,
    /// The smallest group that may be shown; 0 and 1 show all.
    pub group_min: u64,
    /// Whether bounds are rounded outwards, as in all that is published.
    pub coarse: bool,
}

/// Answers questions about Parquet files.
#[derive(Clone)]
pub struct Engine {
    config: SessionConfig,
    runtime: Arc<RuntimeEnv>,
    spill: PathBuf,
    as_of: Option<NaiveDate>,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("spill", &self.spill).finish_non_exhaustive()
    }
}

/// Opens an engine that keeps to about `memory_bytes` and spills to `spill`.
///
/// # Errors
/// When the folder cannot be made.
pub fn open(mode: &Mode, memory_bytes: usize, spill: &Path) -> Result<Engine, Refusal> {
    let Mode::Embedded = mode;
    std::fs::create_dir_all(spill).map_err(|error| refuse::io("spill", error))?;
    let runtime = RuntimeEnvBuilder::new()
        .with_memory_pool(Arc::new(FairSpillPool::new(memory_bytes)))
        .with_disk_manager_builder(DiskManagerBuilder::default().with_mode(DiskManagerMode::Directories(vec![spill.to_path_buf()])))
        .build_arc()
        .map_err(|_| refuse::engine("engine", "open"))?;
    let mut config = SessionConfig::new()
        .with_batch_size(8_192)
        .with_collect_statistics(false)
        // Same schemas embedded and on a cluster (`tables.md` section 4).
        .set_bool("datafusion.execution.parquet.schema_force_view_types", false)
        .set_bool("datafusion.execution.parquet.pruning", false)
        .set_bool("datafusion.execution.parquet.enable_page_index", false)
        .set_bool("datafusion.execution.parquet.bloom_filter_on_read", false)
        .set_bool("datafusion.sql_parser.enable_ident_normalization", true)
        // A rule that cannot be planned is told its place.
        .set_bool("datafusion.sql_parser.collect_spans", true);
    config.options_mut().execution.time_zone = Some("UTC".into());
    Ok(Engine {
        config,
        runtime,
        spill: spill.to_path_buf(),
        as_of: None,
    })
}

impl Engine {
    /// The same engine, told what day it is: its profiles then count dates in the future.
    #[must_use]
    pub fn on(mut self, day: NaiveDate) -> Self {
        self.as_of = Some(day);
        self
    }

    /// Counts, ranges and shapes of a table, as far as `exposure` allows.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub async fn profile(
        &self,
        parquet: &[PathBuf],
        columns: &[Column],
        source: Option<&ReadingReport>,
        exposure: &Exposure,
    ) -> Result<TableProfile, Refusal> {
        profile::profile(self, parquet, columns, source, exposure).await
    }

    /// Runs rules over a table; results have counts and row numbers, never values.
    ///
    /// # Errors
    /// A rule that reads a column the table lacks, or that is no valid SELECT, is named.
    pub async fn check(&self, parquet: &[PathBuf], columns: &[Column], rules: &[Rule]) -> Result<QualityReport, Refusal> {
        check::check(self, parquet, columns, rules, &[], true).await
    }

    /// As [`Engine::check`], for rules that also read these tables.
    ///
    /// # Errors
    /// As [`Engine::check`].
    pub async fn check_against(
        &self,
        parquet: &[PathBuf],
        columns: &[Column],
        rules: &[Rule],
        references: &[ReferenceTable],
    ) -> Result<QualityReport, Refusal> {
        check::check(self, parquet, columns, rules, references, true).await
    }

    /// As [`Engine::check`], every rule as a plan of its own: the other way to the same counts.
    #[cfg(test)]
    pub(crate) async fn check_by_plans(&self, parquet: &[PathBuf], columns: &[Column], rules: &[Rule]) -> Result<QualityReport, Refusal> {
        check::check(self, parquet, columns, rules, &[], false).await
    }

    /// All rows, sorted by `sort` and then by every other column, so that the order says nothing of the source's; in file order when
    /// `sort` is empty.
    ///
    /// # Errors
    /// When a file cannot be read or a sort column is missing.
    pub async fn read(&self, parquet: &[PathBuf], sort: &[String]) -> Result<Vec<RecordBatch>, Refusal> {
        let mut stream = self.stream(parquet, sort).await?;
        let mut batches = Vec::new();
        while let Some(batch) = stream.next().await {
            batches.push(batch?);
        }
        Ok(batches)
    }

    /// As [`Engine::read`], one batch at a time.
    ///
    /// # Errors
    /// As [`Engine::read`].
    pub async fn stream(&self, parquet: &[PathBuf], sort: &[String]) -> Result<BoxStream<'static, Result<RecordBatch, Refusal>>, Refusal> {
        let subject = subject(parquet);
        if sort.is_empty() {
            return Ok(reader::stream(parquet.to_vec()));
        }
        let schema = reader::schema(parquet)?;
        let mut order: Vec<&str> = Vec::new();
        for name in sort {
            if schema.field_with_name(name).is_err() {
                let known: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
                return Err(Refusal::new(
                    "sort-column-missing",
                    RefusalKind::Configuration,
                    name,
                    Text::new("sorteringskolumnen finns inte i tabellen", "the sort column is not in the table"),
                )
                .hint(Text::new(
                    format!("kolumnerna är {}", known.join(", ")),
                    format!("the columns are {}", known.join(", ")),
                )));
            }
            order.push(name);
        }
        order.extend(
            schema
                .fields()
                .iter()
                .map(|field| field.name().as_str())
                .filter(|name| !sort.iter().any(|sorted| sorted == name)),
        );
        let by: Vec<String> = order.iter().map(|name| format!("{} ASC NULLS LAST", identifier(name))).collect();
        let session = self.table(parquet).await?;
        let frame = session
            .sql(&format!("SELECT * FROM t ORDER BY {}", by.join(", ")))
            .await
            .map_err(|_| refuse::engine(&subject, "sort"))?;
        let stream = frame.execute_stream().await.map_err(|_| refuse::engine(&subject, "sort"))?;
        Ok(stream.map(move |batch| batch.map_err(|_| refuse::engine(&subject, "sort"))).boxed())
    }

    /// How many rows a new version adds and removes, compared on the columns that both have; rows count as often as they stand.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub async fn compare(&self, old: &[PathBuf], new: &[PathBuf]) -> Result<Difference, Refusal> {
        let (old, new) = (old.to_vec(), new.to_vec());
        blocking(move || compare::compare(&old, &new)).await
    }

    /// A session with a catalogue of its own: two questions at a time never see each other's tables.
    fn session(&self) -> SessionContext {
        let state = SessionStateBuilder::new_with_default_features()
            .with_config(self.config.clone())
            .with_runtime_env(self.runtime.clone())
            .build();
        SessionContext::new_with_state(state)
    }

    /// A session in which the files are the table `t`.
    async fn table(&self, parquet: &[PathBuf]) -> Result<SessionContext, Refusal> {
        let session = self.session();
        let paths = parquet.iter().map(|path| address(path)).collect::<Result<Vec<_>, _>>()?;
        let frame = session
            .read_parquet(paths, plain_parquet())
            .await
            .map_err(|_| refuse::engine(&subject(parquet), "open"))?;
        session
            .register_table("t", frame.into_view())
            .map_err(|_| refuse::engine(&subject(parquet), "open"))?;
        Ok(session)
    }
}

/// Foreign statistics are never used (H26).
fn plain_parquet() -> ParquetReadOptions<'static> {
    ParquetReadOptions::default().parquet_pruning(false)
}

/// A path as a `file:` address, so that no letter of it is read as a pattern.
fn address(path: &Path) -> Result<String, Refusal> {
    let failed = |_| refuse::engine(&subject(std::slice::from_ref(&path.to_path_buf())), "open");
    let whole = std::path::absolute(path).map_err(|error| refuse::io("table", error))?;
    url::Url::from_file_path(whole).map(String::from).map_err(failed)
}

/// What messages call a table: its file's name, without the folders of this machine.
fn subject(parquet: &[PathBuf]) -> String {
    parquet
        .first()
        .and_then(|path| path.file_name())
        .map_or_else(|| "table".into(), |name| name.to_string_lossy().into_owned())
}

/// Runs a pass over files on a thread that may block.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, Refusal> + Send + 'static) -> Result<T, Refusal> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| refuse::engine("table", "thread"))?
}

/// Calls `see` on every batch of the files, in order.
pub(crate) fn each_batch(parquet: &[PathBuf], see: &mut dyn FnMut(&RecordBatch) -> Result<(), Refusal>) -> Result<(), Refusal> {
    reader::each(parquet, None, see)
}
