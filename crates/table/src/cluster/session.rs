//! The client's side: a session whose plans run on the cluster, and the profile that is made there part by part.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use arrow::array::AsArray;
use arrow::datatypes::{DataType, Field, Schema};
use ballista::prelude::{SessionConfigExt as _, SessionContextExt as _};
use datafusion::common::DataFusionError;
use datafusion::datasource::listing::ListingTable;
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::execution::session_state::{SessionState, SessionStateBuilder};
use datafusion::prelude::{SessionConfig, SessionContext};
use futures::StreamExt as _;
use fyr_model::table::Column;
use fyr_model::{Refusal, RefusalKind, Text};

use super::staging::{Copied, OnlyStaging, Visit};
use super::{MESSAGE_BYTES, Staging};
use crate::engine::session::{ended, listing};
use crate::engine::{Mode, Session, functions, reader, subject};
use crate::profile::{Assembly, TableProfiler};
use crate::refuse;
use crate::rules::identifier;

/// How long a scheduler may take to answer at all.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// What a client of a cluster knows.
#[derive(Clone)]
pub(crate) struct Client {
    scheduler: String,
    staging: Staging,
    partitions: usize,
    /// Where parts are cut.
    scratch: PathBuf,
    runtime: Arc<RuntimeEnv>,
    /// One for all questions of an engine: a scheduler remembers each that it hears of.
    session: String,
}

/// What a session on the cluster stands on.
pub(crate) struct Remote {
    visit: Visit,
}

impl Client {
    /// The client of a mode, where that is a cluster.
    pub(crate) fn of(mode: &Mode, scratch: &Path) -> Result<Option<Self>, Refusal> {
        let Mode::Cluster {
            scheduler,
            staging,
            partitions,
        } = mode
        else {
            return Ok(None);
        };
        let scheduler = scheduler.trim_start_matches("http://").trim_end_matches('/');
        let has_port = scheduler
            .rsplit_once(':')
            .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok());
        if !has_port {
            return Err(refuse::configuration(
                "cluster-scheduler",
                scheduler,
                "schemaläggaren anges som värd:port",
                "the scheduler is given as host:port",
            ));
        }
        let runtime = runtime(staging, scratch)?;
        Ok(Some(Self {
            scheduler: scheduler.to_owned(),
            staging: staging.clone(),
            partitions: (*partitions).max(1),
            scratch: scratch.to_path_buf(),
            runtime,
            session: SessionContext::new().session_id(),
        }))
    }

    /// A session whose plans run on the cluster, and a visit to the staging store for its tables.
    pub(crate) async fn session(&self, base: &SessionConfig) -> Result<(SessionContext, Remote), Refusal> {
        self.reach().await?;
        let failed = |_| refuse::engine("cluster", "session");
        let state = SessionStateBuilder::new_with_default_features()
            .with_session_id(self.session.clone())
            .with_config(config(base).with_target_partitions(self.partitions))
            .with_runtime_env(self.runtime.clone())
            .build();
        let mut context = SessionContext::remote_with_state(&format!("df://{}", self.scheduler), state)
            .await
            .map_err(failed)?;
        functions::register(&mut context).map_err(failed)?;
        let visit = self.staging.visit(&self.scratch).await?;
        Ok((context, Remote { visit }))
    }

    /// Whether somebody listens: else the first question would end in the engine's words, which are not for people.
    async fn reach(&self) -> Result<(), Refusal> {
        let connected = tokio::time::timeout(CONNECT_TIMEOUT, tokio::net::TcpStream::connect(&self.scheduler)).await;
        if matches!(connected, Ok(Ok(_))) {
            return Ok(());
        }
        let text = Text::new("schemaläggaren svarar inte", "the scheduler does not answer");
        Err(
            Refusal::new("cluster-scheduler", RefusalKind::Unreachable, &self.scheduler, text).hint(Text::new(
                "starta `fyr cluster scheduler`, eller ta bort `cluster.scheduler`",
                "start `fyr cluster scheduler`, or remove `cluster.scheduler`",
            )),
        )
    }

    /// The profiler of a whole table, its parts looked at on the cluster and joined here in the order of the rows.
    pub(crate) async fn profile(&self, base: &SessionConfig, parquet: &[PathBuf], columns: &[Column]) -> Result<TableProfiler, Refusal> {
        let schema = plain(parquet)?;
        let place = |column: &Column| schema.index_of(&column.name).map_err(|_| refuse::engine(&column.name, "profile"));
        let places = columns.iter().map(place).collect::<Result<Vec<_>, _>>()?;
        let broken = || refuse::engine("table", "profile");
        let seen = schema.project(&places).map_err(|_| broken())?;
        let whole = TableProfiler::new(columns, &seen).ok_or_else(broken)?;
        let part = free_name(&schema);
        let (context, mut remote) = self.session(base).await?;
        let looked = async {
            let copied = remote.visit.copy(parquet, &part).await?;
            let table = table(&context, &copied, schema, Some(&part))?;
            context.register_table("t", table).map_err(|_| broken())?;
            let assembly = look(&context, &part, columns).await?;
            assembly.join(whole, copied.parts).ok_or_else(broken)
        };
        let looked = looked.await;
        ended(Session::remote(context, remote), looked).await
    }
}

/// Asks for the packed parts.
async fn look(context: &SessionContext, part: &str, columns: &[Column]) -> Result<Assembly, Refusal> {
    let broken = || refuse::engine("table", "profile");
    let mut named = vec![identifier(part)];
    named.extend(columns.iter().map(|column| identifier(&column.name)));
    let sql = format!("SELECT unnest({}({})) AS piece FROM t", functions::PROFILE, named.join(", "));
    let frame = context.sql(&sql).await.map_err(|_| broken())?;
    let mut pieces = frame.execute_stream().await.map_err(|_| broken())?;
    let mut assembly = Assembly::default();
    while let Some(batch) = pieces.next().await {
        let batch = batch.map_err(|_| broken())?;
        let column = batch
            .columns()
            .first()
            .and_then(|column| column.as_binary_opt::<i32>())
            .ok_or_else(broken)?;
        if !column.iter().flatten().all(|piece| assembly.add(piece)) {
            return Err(broken());
        }
    }
    Ok(assembly)
}

impl Remote {
    /// Copies files into the store and gives the table that they are there.
    pub(crate) async fn table(&mut self, context: &SessionContext, parquet: &[PathBuf]) -> Result<Arc<ListingTable>, Refusal> {
        let copied = self.visit.copy(parquet, "part").await?;
        table(context, &copied, plain(parquet)?, None)
    }

    /// Takes the copies away.
    pub(crate) async fn end(self) -> Result<(), Refusal> {
        self.visit.end().await
    }
}

/// Copied parts as one table; with `part`, the number of its part is a column of every row.
fn table(context: &SessionContext, copied: &Copied, schema: Schema, part: Option<&str>) -> Result<Arc<ListingTable>, Refusal> {
    let broken = || refuse::engine("table", "open");
    let mut listing = listing(context, std::slice::from_ref(&copied.address)).map_err(|_| broken())?;
    if let Some(part) = part {
        let column = vec![(part.to_owned(), DataType::Int64)];
        listing.options = listing.options.map(|options| options.with_table_partition_cols(column));
    }
    let table = ListingTable::try_new(listing.with_schema(Arc::new(schema))).map_err(|_| broken())?;
    Ok(Arc::new(table))
}

/// The schema as the engine of one process sees it: without metadata.
fn plain(parquet: &[PathBuf]) -> Result<Schema, Refusal> {
    if parquet.is_empty() {
        return Err(refuse::engine(&subject(parquet), "open"));
    }
    let schema = reader::schema(parquet)?;
    let bare = |field: &Arc<Field>| field.as_ref().clone().with_metadata(Default::default());
    Ok(Schema::new(schema.fields().iter().map(bare).collect::<Vec<_>>()))
}

/// A name for the number of the part that no column of the table has.
fn free_name(schema: &Schema) -> String {
    let mut name = String::from("part");
    while schema.field_with_name(&name).is_ok() {
        name.push('_');
    }
    name
}

/// What sessions on a cluster are told beside what every session is told.
pub(super) fn config(base: &SessionConfig) -> SessionConfig {
    base.clone()
        .upgrade_for_ballista()
        // A part is looked at by one task, in the order of its rows.
        .with_repartition_file_scans(false)
        // One partition a task: when a node dies, no more is done again than it had.
        .set_usize("ballista.scheduler.max_partitions_per_task", 1)
        // Statistics of foreign files are never used, and none are remembered beyond a question (H26).
        .set_bool("ballista.scheduler.share_file_statistics_cache", false)
        .with_ballista_grpc_client_max_message_size(MESSAGE_BYTES as usize)
}

/// What a node begins with; the client's settings come over it.
pub(super) fn node_config() -> SessionConfig {
    config(&crate::engine::config())
}

/// A runtime that reads from the staging store and from nowhere else, and spills to `scratch`.
pub(super) fn runtime(staging: &Staging, scratch: &Path) -> Result<Arc<RuntimeEnv>, Refusal> {
    node_runtime(staging, scratch).map_err(|_| refuse::engine("cluster", "open"))
}

/// As [`runtime`], in the engine's words.
pub(super) fn node_runtime(staging: &Staging, scratch: &Path) -> Result<Arc<RuntimeEnv>, DataFusionError> {
    RuntimeEnvBuilder::new()
        .with_temp_file_path(scratch)
        .with_object_store_registry(Arc::new(OnlyStaging(staging.clone())))
        .build_arc()
}

/// The state of a session on a node: the same functions as everywhere.
pub(super) fn node_state(config: SessionConfig, runtime: Arc<RuntimeEnv>) -> Result<SessionState, DataFusionError> {
    let mut state = SessionStateBuilder::new_with_default_features()
        .with_config(config)
        .with_runtime_env(runtime)
        .with_optimizer_rules(ballista_core::optimizer::ballista_default_optimizer_rules())
        .build();
    functions::register(&mut state)?;
    Ok(state)
}
