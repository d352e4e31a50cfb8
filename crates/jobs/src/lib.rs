//! Durable state: who owns the data folder, what ran, what is due, what waits, what was decided.
//!
//! In: facts from flows and from the command line, each with the time that the caller read. Out: the same facts after a crash, a kill or an
//! upgrade. Nothing here knows what a harvest or a release is: kinds, subjects and documents are words and JSON. Only this crate keeps state in SQLite.
//!
//! [`own`] comes first in a process that writes; then [`State::open`], then [`State::recover`].

// A refusal is made once per run and carries its words; boxing it would cost every caller more than the copy does.
#![allow(clippy::result_large_err)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

mod documents;
mod leases;
mod lock;
mod queue;
mod records;
mod runs;
pub mod schedule;
mod slots;
mod state;

pub use leases::Lease;
pub use lock::{Ownership, own};
pub use queue::{Job, JobState};
pub use records::Tombstone;
pub use runs::{Recovered, Run, RunId};
pub use slots::Due;
pub use state::{FORMAT, State};
