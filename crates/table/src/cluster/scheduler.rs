//! The scheduler's process: takes plans from clients, cuts them into tasks and gives them to executors. It keeps nothing on disk; what runs
//! when it stops is asked again by whoever asked.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ballista_core::config::TaskSchedulingPolicy;
use ballista_scheduler::cluster::BallistaCluster;
use ballista_scheduler::config::SchedulerConfig;
use ballista_scheduler::scheduler_process::{create_scheduler, start_grpc_service_with_listener};
use datafusion::prelude::SessionConfig;
use datafusion_proto::protobuf::{LogicalPlanNode, PhysicalPlanNode};
use fyr_model::{Refusal, RefusalKind, Text};

use super::session::{node_config, node_runtime, node_state};
use super::{MESSAGE_BYTES, Staging};
use crate::refuse;

/// How long the results of a question stay with the executors, for a client that reads slowly.
const RESULTS_KEPT: Duration = Duration::from_secs(300);

/// How a scheduler runs.
#[derive(Debug, Clone)]
pub struct SchedulerOptions {
    /// Where it listens; the address is told to executors, who answer there.
    pub listen: SocketAddr,
    /// How long an executor may be silent before its tasks are given to others.
    pub executor_timeout: Duration,
}

/// Runs a scheduler until `stop`; `ready` is told the address once it listens.
///
/// # Errors
/// When it cannot listen, or ends by itself.
pub async fn schedule(
    options: SchedulerOptions,
    staging: Staging,
    ready: impl FnOnce(SocketAddr),
    stop: impl Future<Output = ()>,
) -> Result<(), Refusal> {
    let listener = tokio::net::TcpListener::bind(options.listen)
        .await
        .map_err(|error| taken(options.listen, &error))?;
    let address = listener.local_addr().map_err(|error| taken(options.listen, &error))?;
    let config = Arc::new(config(&options, address, staging));
    let failed = |_| refuse::engine("cluster", "scheduler");
    let cluster = BallistaCluster::new_from_config(&config).await.map_err(failed)?;
    let server = create_scheduler::<LogicalPlanNode, PhysicalPlanNode>(cluster, config)
        .await
        .map_err(failed)?;
    ready(address);
    tokio::select! {
        ended = start_grpc_service_with_listener(listener, server) => ended.map_err(failed),
        () = stop => Ok(()),
    }
}

fn config(options: &SchedulerOptions, address: SocketAddr, staging: Staging) -> SchedulerConfig {
    let timeout = options.executor_timeout.as_secs().max(2);
    // A scheduler plans; nothing spills there.
    let session = move |config: SessionConfig| node_state(config, node_runtime(&staging, Path::new("."))?);
    SchedulerConfig {
        external_host: address.ip().to_string(),
        bind_host: address.ip().to_string(),
        bind_port: address.port(),
        scheduling_policy: TaskSchedulingPolicy::PushStaged,
        executor_timeout_seconds: timeout,
        expire_dead_executor_interval_seconds: (timeout / 4).max(1),
        no_executors_grace_period_seconds: timeout * 3,
        finished_job_data_clean_up_interval_seconds: RESULTS_KEPT.as_secs(),
        finished_job_state_clean_up_interval_seconds: 2 * RESULTS_KEPT.as_secs(),
        grpc_server_max_decoding_message_size: MESSAGE_BYTES,
        grpc_server_max_encoding_message_size: MESSAGE_BYTES,
        grpc_client_max_message_size: MESSAGE_BYTES,
        override_config_producer: Some(Arc::new(node_config)),
        override_session_builder: Some(Arc::new(session)),
        ..SchedulerConfig::default()
    }
}

/// The operating system's text holds no cell.
pub(super) fn taken(address: SocketAddr, error: &std::io::Error) -> Refusal {
    Refusal::new(
        "cluster-listen",
        RefusalKind::Configuration,
        address.to_string(),
        Text::new(
            format!("går inte att lyssna på: {error}"),
            format!("cannot be listened on: {error}"),
        ),
    )
}
