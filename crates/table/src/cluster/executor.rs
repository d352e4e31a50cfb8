//! An executor's process: runs tasks over staged files and keeps their results in its work folder until they have been read.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ballista_core::config::TaskSchedulingPolicy;
use ballista_core::registry::BallistaFunctionRegistry;
use ballista_executor::executor_process::{ExecutorProcessConfig, start_executor_process};
use ballista_executor::health::ExecutorHealth;
use datafusion::prelude::SessionConfig;
use fyr_model::{Refusal, RefusalKind, Text};

use super::scheduler::taken;
use super::session::{node_config, node_runtime, node_state};
use super::work::WorkFolder;
use super::{MESSAGE_BYTES, Staging};
use crate::refuse;

/// How often an executor says that it lives.
const HEARTBEAT_SECONDS: u64 = 1;
/// How long running tasks may go on once the executor is told to stop.
const GRACE: Duration = Duration::from_secs(10);
/// Results that nobody asked to remove go after this.
const RESULTS_KEPT_MAX: Duration = Duration::from_secs(3600);
const SWEEP_SECONDS: u64 = 60;
/// How often it is looked whether the scheduler knows us.
const LOOK: Duration = Duration::from_millis(100);

/// How an executor runs.
#[derive(Debug, Clone)]
pub struct ExecutorOptions {
    /// Host and port of the scheduler.
    pub scheduler: (String, u16),
    /// Where results are read from, and by the scheduler's word where it is reached.
    pub listen: SocketAddr,
    /// The port on which the scheduler gives tasks.
    pub task_port: u16,
    /// The folder for results and spilled rows; wiped at start and end.
    pub work: PathBuf,
    /// Memory of all tasks together in bytes.
    pub memory_bytes: u64,
    /// Tasks at a time.
    pub tasks: usize,
}

/// Runs an executor until `stop`; `ready` is told once the scheduler knows it. The work folder is empty when it returns.
///
/// # Errors
/// When its ports or its folder are taken, or it ends by itself because the scheduler is gone.
pub async fn execute(
    options: ExecutorOptions,
    staging: Staging,
    ready: impl FnOnce(),
    stop: impl Future<Output = ()>,
) -> Result<(), Refusal> {
    for port in [options.listen.port(), options.task_port] {
        let address = SocketAddr::new(options.listen.ip(), port);
        // The library would stop with less to say.
        std::net::TcpListener::bind(address).map_err(|error| taken(address, &error))?;
    }
    let work = WorkFolder::open(&options.work)?;
    let health = ExecutorHealth::new();
    let config = config(&options, staging, &work, health.clone());
    let ended = match config {
        Ok(config) => run(config, &health, ready, stop).await,
        Err(refusal) => Err(refusal),
    };
    let wiped = work.close();
    ended.and(wiped)
}

async fn run(
    config: ExecutorProcessConfig,
    health: &ExecutorHealth,
    ready: impl FnOnce(),
    stop: impl Future<Output = ()>,
) -> Result<(), Refusal> {
    let mut process = std::pin::pin!(start_executor_process(Arc::new(config)));
    let mut stop = std::pin::pin!(stop);
    let known = async {
        while !health.is_ready() {
            tokio::time::sleep(LOOK).await;
        }
    };
    tokio::select! {
        _ = &mut process => return Err(lost()),
        () = &mut stop => return Ok(()),
        () = known => ready(),
    }
    tokio::select! {
        _ = &mut process => Err(lost()),
        () = &mut stop => {
            // The library hears the same signal, says goodbye to the scheduler and lets its tasks end; ours is the last word.
            let _ = tokio::time::timeout(GRACE, process).await;
            Ok(())
        }
    }
}

fn config(
    options: &ExecutorOptions,
    staging: Staging,
    work: &WorkFolder,
    health: ExecutorHealth,
) -> Result<ExecutorProcessConfig, Refusal> {
    let failed = |_| refuse::engine("cluster", "executor");
    let spill = work.spill();
    // Defaults and ours: the registry replaces the library's own.
    let runtime = node_runtime(&staging, &spill).map_err(failed)?;
    let functions = BallistaFunctionRegistry::from(&node_state(node_config(), runtime).map_err(failed)?);
    let shuffle = work.shuffle().to_str().map(str::to_owned);
    let Some(shuffle) = shuffle else {
        return Err(refuse::configuration(
            "cluster-work",
            &options.work.display().to_string(),
            "arbetsmappens namn är inte UTF-8",
            "the name of the work folder is not UTF-8",
        ));
    };
    Ok(ExecutorProcessConfig {
        bind_host: options.listen.ip().to_string(),
        external_host: Some(options.listen.ip().to_string()),
        port: options.listen.port(),
        grpc_port: options.task_port,
        scheduler_host: options.scheduler.0.clone(),
        scheduler_port: options.scheduler.1,
        // The library then tries until it is reached, or until it is told to stop.
        scheduler_connect_timeout_seconds: 1,
        vcores: options.tasks.max(1),
        task_scheduling_policy: TaskSchedulingPolicy::PushStaged,
        work_dir: Some(shuffle),
        job_data_ttl_seconds: RESULTS_KEPT_MAX.as_secs(),
        job_data_clean_up_interval_seconds: SWEEP_SECONDS,
        grpc_max_decoding_message_size: MESSAGE_BYTES,
        grpc_max_encoding_message_size: MESSAGE_BYTES,
        executor_heartbeat_interval_seconds: HEARTBEAT_SECONDS,
        memory_pool_size: Some(options.memory_bytes),
        override_function_registry: Some(Arc::new(functions)),
        override_runtime_producer: Some(Arc::new(move |_: &SessionConfig| node_runtime(&staging, &spill))),
        override_config_producer: Some(Arc::new(node_config)),
        health,
        ..ExecutorProcessConfig::default()
    })
}

fn lost() -> Refusal {
    Refusal::new(
        "cluster-scheduler",
        RefusalKind::Unreachable,
        "cluster",
        Text::new(
            "exekutorn slutade: schemaläggaren är borta, eller tog inte emot den",
            "the executor ended: the scheduler is gone, or did not take it",
        ),
    )
    .hint(Text::new(
        "se att schemaläggaren kör och är av samma bygge",
        "see that the scheduler runs and is of the same build",
    ))
}
