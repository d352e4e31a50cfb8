//! The lease on a source while a run goes on (H42): renewed with a sign of life, let go when the run ends, however it ends.

use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use fyr_jobs::{Lease, RunId, State};
use fyr_model::{Refusal, SourceId};
use tokio::task::JoinHandle;

/// A run without a sign of life for so long is ended and done again.
pub const TTL: Duration = Duration::from_secs(600);
const BEAT: Duration = Duration::from_secs(60);

/// The caller's time plus what has passed since, by a clock that cannot jump (H41).
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    pub at: DateTime<Utc>,
    begun: Instant,
}

impl Clock {
    pub fn new(at: DateTime<Utc>) -> Self {
        Self { at, begun: Instant::now() }
    }
    pub fn elapsed(&self) -> Duration {
        self.begun.elapsed()
    }
    pub fn now(&self) -> DateTime<Utc> {
        self.at + TimeDelta::from_std(self.elapsed()).unwrap_or_default()
    }
}

pub fn lease_name(id: &SourceId) -> String {
    format!("harvest/{id}")
}

/// A lease and a run that are kept alive until this is dropped.
pub struct Watch {
    state: State,
    pub lease: Lease,
    pub run: RunId,
    beat: JoinHandle<()>,
}

impl Watch {
    pub fn start(state: &State, lease: Lease, id: &SourceId, trigger: &str, clock: Clock) -> Result<Self, Refusal> {
        let run = match state.begin("harvest", id.as_str(), trigger, clock.at) {
            Ok(run) => run,
            Err(refusal) => {
                let _ = state.release(&lease);
                return Err(refusal);
            }
        };
        let (beating, held) = (state.clone(), lease.clone());
        let beat = tokio::spawn(async move {
            loop {
                tokio::time::sleep(BEAT).await;
                let now = clock.now();
                if beating.heartbeat(run, now).is_err() || !matches!(beating.renew(&held, TTL, now), Ok(true)) {
                    break;
                }
            }
        });
        Ok(Self {
            state: state.clone(),
            lease,
            run,
            beat,
        })
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.beat.abort();
        if let Err(refusal) = self.state.release(&self.lease) {
            tracing::error!(lease = %self.lease.name, reason = %refusal.id, "the lease could not be let go");
        }
    }
}
