//! The engine: questions to typed Parquet, as DataFusion plans or direct passes over its batches.
//!
//! In: Parquet files in order. Out: counts, verdicts, rows. [`open`] is the one place that knows where plans run. Memory is bounded by a
//! spill pool; what an answer holds is decided by the caller's [`Exposure`]. Traps of the engine and what is done about them:
//! `tables.md` section 4.

mod again;
mod check;
mod compare;
pub(crate) mod functions;
mod histogram;
mod profile;
pub(crate) mod reader;
mod relations;
pub(crate) mod session;
mod spill;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::NaiveDate;
use datafusion::arrow::array::RecordBatch;
use datafusion::config::SpillCompression;
use datafusion::execution::context::SQLOptions;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::prelude::{ParquetReadOptions, SessionConfig};
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
use crate::write::Working;
pub(crate) use session::Session;
use session::ended;

/// Where plans run.
#[derive(Debug, Clone, Default)]
pub enum Mode {
    /// In this process.
    #[default]
    Embedded,
    /// On a Ballista cluster that reads staged copies of the files. What its scheduler and executors are told by anybody who can reach them
    /// they do: it belongs on loopback or a private network.
    #[cfg(feature = "cluster")]
    Cluster {
        /// Host and port of the scheduler.
        scheduler: String,
        /// Where the copies lie while they are asked.
        staging: crate::cluster::Staging,
        /// Into how many partitions a plan is cut.
        partitions: usize,
    },
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
    memory: usize,
    spill: PathBuf,
    as_of: Option<NaiveDate>,
    #[cfg(feature = "cluster")]
    cluster: Option<crate::cluster::Client>,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("spill", &self.spill).finish_non_exhaustive()
    }
}

/// Opens an engine that keeps to about `memory_bytes` in this process and spills to `spill`.
///
/// # Errors
/// When the folder cannot be made, or the scheduler's address cannot be meant.
pub fn open(mode: &Mode, memory_bytes: usize, spill: &Path) -> Result<Engine, Refusal> {
    std::fs::create_dir_all(spill).map_err(|error| refuse::io("spill", error))?;
    #[cfg(not(feature = "cluster"))]
    let Mode::Embedded = mode;
    let runtime = RuntimeEnvBuilder::new()
        .with_memory_pool(Arc::new(FairSpillPool::new(memory_bytes)))
        .with_disk_manager_builder(DiskManagerBuilder::default().with_mode(DiskManagerMode::Directories(vec![spill.to_path_buf()])))
        .build_arc()
        .map_err(|_| refuse::engine("engine", "open"))?;
    Ok(Engine {
        config: config(),
        runtime,
        memory: memory_bytes,
        spill: spill.to_path_buf(),
        as_of: None,
        #[cfg(feature = "cluster")]
        cluster: crate::cluster::Client::of(mode, spill)?,
    })
}

/// What every session is told, wherever its plans run.
pub(crate) fn config() -> SessionConfig {
    let mut config = SessionConfig::new()
        .with_batch_size(8_192)
        .with_collect_statistics(false)
        // Same schemas embedded and on a cluster (`tables.md` section 4).
        .set_bool("datafusion.execution.parquet.schema_force_view_types", false)
        .set_bool("datafusion.sql_parser.map_string_types_to_utf8view", false)
        .set_bool("datafusion.execution.parquet.pruning", false)
        .set_bool("datafusion.execution.parquet.enable_page_index", false)
        .set_bool("datafusion.execution.parquet.bloom_filter_on_read", false)
        .set_bool("datafusion.sql_parser.enable_ident_normalization", true)
        // A rule that cannot be planned is told its place.
        .set_bool("datafusion.sql_parser.collect_spans", true);
    config.options_mut().execution.time_zone = Some("UTC".into());
    config
}

impl Engine {
    /// The same engine for sorting whole tables by way of the disk. What has been sorted is merged before it is spilled, and merging has no
    /// disk to turn to: room for it is set aside beforehand. Several parts would be merged once more, with nothing set aside.
    fn sorting(&self) -> Self {
        let mut engine = self.clone();
        engine.config = engine.config.with_target_partitions(1);
        let options = &mut engine.config.options_mut().execution;
        options.sort_spill_reservation_bytes = self.memory / 3;
        options.spill_compression = SpillCompression::Lz4Frame;
        engine
    }

    /// Whether plans run in this process.
    fn is_embedded(&self) -> bool {
        #[cfg(feature = "cluster")]
        return self.cluster.is_none();
        #[cfg(not(feature = "cluster"))]
        true
    }

    /// The same engine, told what day it is: its profiles then count dates in the future.
    #[must_use]
    pub fn on(mut self, day: NaiveDate) -> Self {
        self.as_of = Some(day);
        self
    }

    /// Counts, ranges and shapes of a table, as far as `exposure` allows. On a cluster the parts are looked at there and joined here; what
    /// needs a second look is looked up in the files of this machine.
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
        #[cfg(feature = "cluster")]
        if let Some(cluster) = &self.cluster {
            let profiler = cluster.profile(&self.config, parquet, columns).await?;
            return profile::finish(self, profiler, parquet, source, exposure).await;
        }
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

    /// The answer to one SELECT over the table `t`. The caller answers for what it shows of it.
    ///
    /// # Errors
    /// What cannot be planned is told in the planner's words, which know names and the question itself; what stops while it runs is not.
    pub async fn query(&self, parquet: &[PathBuf], sql: &str) -> Result<Vec<RecordBatch>, Refusal> {
        let session = self.table(parquet).await?;
        let answer = answer(&session, sql, &subject(parquet)).await;
        ended(session, answer).await
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
        let session = self.sorting().table(parquet).await?;
        let opened = match session.sql(&format!("SELECT * FROM t ORDER BY {}", by.join(", "))).await {
            Ok(frame) => frame.execute_stream().await,
            Err(error) => Err(error),
        };
        let opened = opened.map_err(|error| refuse::stopped(&subject, "sort", &error));
        let batches = match opened {
            Ok(stream) => stream
                .map(move |batch| batch.map_err(|error| refuse::stopped(&subject, "sort", &error)))
                .boxed(),
            Err(refusal) => return ended(session, Err(refusal)).await,
        };
        Ok(held(batches, session))
    }

    /// Goes through all rows in file order, a batch at a time.
    ///
    /// # Errors
    /// When a file cannot be read; what `see` says ends it.
    pub fn each(&self, parquet: &[PathBuf], see: &mut dyn FnMut(&RecordBatch) -> Result<(), Refusal>) -> Result<(), Refusal> {
        each_batch(parquet, see)
    }

    /// A working copy at `out` in the order that [`Engine::read`] gives, by way of the disk where memory does not hold it.
    ///
    /// # Errors
    /// As [`Engine::read`], and a disk that is full.
    pub async fn sort_into(&self, parquet: &[PathBuf], sort: &[String], columns: &[Column], out: &Path) -> Result<(), Refusal> {
        let mut copy = Working::new(columns, out);
        let mut sorted = self.stream(parquet, sort).await?;
        while let Some(batch) = sorted.next().await {
            copy.take(&batch?)?;
        }
        copy.close().map(|_| ())
    }

    /// How many rows a new version adds and removes, compared on the columns that both have; rows count as often as they stand.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub async fn compare(&self, old: &[PathBuf], new: &[PathBuf]) -> Result<Difference, Refusal> {
        let (old, new) = (old.to_vec(), new.to_vec());
        blocking(move || compare::compare(&old, &new)).await
    }

    /// A session in which the files are the table `t`. Each has a catalogue of its own: two questions at a time never see each other's
    /// tables.
    async fn table(&self, parquet: &[PathBuf]) -> Result<Session, Refusal> {
        let mut session = Session::open(self).await?;
        match session.add("t", parquet).await {
            Ok(()) => Ok(session),
            Err(refusal) => ended(session, Err(refusal)).await,
        }
    }
}

async fn answer(session: &Session, sql: &str, subject: &str) -> Result<Vec<RecordBatch>, Refusal> {
    let options = SQLOptions::new()
        .with_allow_ddl(false)
        .with_allow_dml(false)
        .with_allow_statements(false);
    let frame = session.sql_with_options(sql, options).await.map_err(|error| {
        let cause = error.strip_backtrace();
        refuse::configuration(
            "query-sql",
            subject,
            format!("frågan går inte att köra: {cause}"),
            format!("the question cannot run: {cause}"),
        )
    })?;
    frame.collect().await.map_err(|_| refuse::engine(subject, "query"))
}

/// The batches, and the session's end after the last of them.
fn held(batches: BoxStream<'static, Result<RecordBatch, Refusal>>, session: Session) -> BoxStream<'static, Result<RecordBatch, Refusal>> {
    let start = Some((batches, session));
    futures::stream::unfold(start, |held| async move {
        let (mut batches, session) = held?;
        match batches.next().await {
            Some(batch) => Some((batch, Some((batches, session)))),
            None => session.end().await.err().map(|refusal| (Err(refusal), None)),
        }
    })
    .boxed()
}

/// Foreign statistics are never used (H26).
pub(crate) fn plain_parquet() -> ParquetReadOptions<'static> {
    ParquetReadOptions::default().parquet_pruning(false)
}

/// A path as a `file:` address, so that no letter of it is read as a pattern.
fn address(path: &Path) -> Result<String, Refusal> {
    let failed = |_| refuse::engine(&subject(std::slice::from_ref(&path.to_path_buf())), "open");
    let whole = std::path::absolute(path).map_err(|error| refuse::io("table", error))?;
    url::Url::from_file_path(whole).map(String::from).map_err(failed)
}

/// What messages call a table: its file's name, without the folders of this machine.
pub(crate) fn subject(parquet: &[PathBuf]) -> String {
    parquet
        .first()
        .and_then(|path| path.file_name())
        .map_or_else(|| "table".into(), |name| name.to_string_lossy().into_owned())
}

/// Runs a pass over files on a thread that may block.
pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, Refusal> + Send + 'static) -> Result<T, Refusal> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| refuse::engine("table", "thread"))?
}

/// Calls `see` on every batch of the files, in order.
pub(crate) fn each_batch(parquet: &[PathBuf], see: &mut dyn FnMut(&RecordBatch) -> Result<(), Refusal>) -> Result<(), Refusal> {
    reader::each(parquet, None, see)
}
