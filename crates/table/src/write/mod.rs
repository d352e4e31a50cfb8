//! What is published of a table: Parquet by the recipe of `publishing.md` section 2, and a CSV twin with the same values.
//!
//! In: batches, columns and their roles. Out: files whose bytes depend on the rows alone. No clock, no thread order, no value in a footer
//! that roles do not allow (H30).

mod csv;
mod parquet;

use serde::{Deserialize, Serialize};

use fyr_model::Sha256;

pub use self::csv::csv;
pub use self::parquet::{METADATA_KEYS, Working, is_crs, parquet, parquet_of, parquet_sorted};

/// A file that was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Written {
    /// Its bytes.
    pub bytes: u64,
    /// Their digest.
    pub sha256: Sha256,
    /// Rows in it.
    pub rows: u64,
}
