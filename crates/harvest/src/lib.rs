//! From a source's address to its current graph: one run of a harvest (`harvest.md`).
//!
//! In: a source file and what is stored of its former runs. Out: a [`HarvestRun`](fyr_model::harvest::HarvestRun); in the store one named graph
//! of the source, old or new; in the journal the run; beside them the metadata's findings and scores. This crate knows the order of the steps
//! and what a run may remove. It parses nothing itself, judges nothing itself, and opens no connection itself.
//!
//! The order is what makes a kill harmless. Snapshot file, then store, then flush, then tombstones and scores, and last of all the state that
//! says which answer was read. The next run sends validators only if that state and the store name the same snapshot, so a run that was cut
//! off anywhere is simply done again, against the same former snapshot.

// A refusal carries texts in two languages and is made once, when work stops; a box would only cost the reader.
#![allow(clippy::result_large_err)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

mod brake;
mod commit;
mod difference;
mod documents;
mod judge;
mod keep;
mod prior;
mod refuse;
mod run;
mod snapshot;
mod sources;
mod state;
mod watch;

use std::path::PathBuf;

use fyr_confine::Runner;
use fyr_fetch::Client;
use fyr_graph::Store;
use fyr_jobs::State;
use fyr_model::limits::{GraphLimits, WorkerLimits};

pub use brake::{Brake, brake};
pub use difference::{Change, difference};
pub use judge::Metadata;
pub use sources::sources;
pub use state::{DocumentState, Holding, SourceState, Trouble};

/// Everything that a harvest works with.
#[derive(Clone)]
pub struct Harvest {
    /// Fetches.
    pub client: Client,
    /// Holds the current graph of every source.
    pub store: Store,
    /// Remembers runs, leases and documents.
    pub state: State,
    /// Parses in a confined worker.
    pub runner: Runner,
    /// The data folder: `raw/`, `snapshots/` and `work/` lie in it.
    pub data: PathBuf,
    /// Limits of a document.
    pub limits: GraphLimits,
    /// Limits of the worker.
    pub worker: WorkerLimits,
}

/// How one run is to be done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// What started it: `schedule`, `manual`, `demo`.
    pub trigger: String,
    /// Do everything, keep nothing.
    pub dry_run: bool,
    /// Let the deletions through that the brake holds.
    pub approve_held: bool,
}
