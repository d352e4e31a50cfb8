//! Data files as tables: reading with a report, profile, quality rules, and the Parquet and CSV that are published.
//!
//! In: bytes on disk and what their owner wrote about them. Out: typed Parquet in a private folder, counts, verdicts of rules, and release
//! files by a fixed recipe. Only this crate names DataFusion. It does not know where bytes come from, whose they are, what a column is to
//! privacy, or what is published; a report, an error or a log never holds a cell's value.

// A refusal is rare and read by people; a box around it would buy nothing.
#![allow(clippy::result_large_err)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

#[cfg(feature = "cluster")]
pub mod cluster;
pub mod contract;
mod digest;
mod engine;
pub mod profile;
pub mod pxweb;
mod refuse;
pub mod rules;
pub mod specification;
mod stage;
mod wkb;
pub mod write;

pub use datafusion::arrow;
pub use engine::{Difference, Engine, Exposure, Mode, ReferenceTable, Show, finish_profile, open};
pub use stage::{ColumnObserver, Observer, StageRequest, StagedTable, Watch, stage};

/// Who wrote a Parquet file: pinned, so that the same rows give the same bytes.
pub const CREATED_BY: &str = concat!("fyr version ", env!("CARGO_PKG_VERSION"));

#[cfg(test)]
mod tests;
