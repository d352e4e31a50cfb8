//! Profile files: the state of a [`TableProfiler`], stored so that later versions are compared and parts merged without the data.
//!
//! A file holds values and hashes of values. It belongs in the private area beside the staged table, and nothing of it is shown but through
//! [`crate::Exposure`]. One that outlives the staged table is first told to [`TableProfiler::forget`]. It is one JSON document: name and version,
//! then the state with its numbers packed.

use std::fs::File;
use std::io::{BufWriter, Read, Write};
use std::path::Path;

use fyr_model::Refusal;
use serde::{Deserialize, Serialize};

use super::rows::STORED_MAX;
use super::{ColumnProfiler, TableProfiler};
use crate::{Exposure, Show, refuse};

/// The name and version of the shape. A file of another version is refused, never guessed at.
const SCHEMA: &str = "fyr/profile-state/2";
/// What a file may hold.
const BYTES_MAX: u64 = 2 << 30;

#[derive(Serialize)]
struct Written<'a> {
    schema: &'static str,
    table: &'a TableProfiler,
}

#[derive(Deserialize)]
struct Stored {
    schema: String,
    table: TableProfiler,
}

impl TableProfiler {
    /// Stores the state. Of the row hashes a sample is kept, so that the copies of merged files are estimated where they are many.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn store(&mut self, path: &Path) -> Result<(), Refusal> {
        self.settle();
        self.rows.hashes.exact();
        self.rows.hashes.thin(STORED_MAX);
        let file = File::create(path).map_err(|error| refuse::io("profile", error))?;
        let mut file = BufWriter::with_capacity(1 << 18, file);
        let written = Written {
            schema: SCHEMA,
            table: self,
        };
        serde_json::to_writer(&mut file, &written).map_err(|error| refuse::io("profile", error))?;
        file.flush().map_err(|error| refuse::io("profile", error))
    }

    /// Gives up what must not outlive the table: the values of every column that `exposure` does not clear, hashes of whole rows, sampled rows.
    ///
    /// What is left is enough to compare a later version with: distributions of cleared columns, type and counts of the others.
    pub fn forget(&mut self, exposure: &Exposure) {
        self.settle();
        let hidden = |column: &&mut ColumnProfiler| exposure.columns.get(&column.name) != Some(&Show::Values);
        self.columns.iter_mut().filter(hidden).for_each(ColumnProfiler::forget);
        self.rows.forget();
    }

    /// Reads a stored state.
    ///
    /// # Errors
    /// When the file cannot be read, is damaged, or is of another version.
    pub fn load(path: &Path) -> Result<Self, Refusal> {
        let file = File::open(path).map_err(|error| refuse::io("profile", error))?;
        let mut bytes = Vec::new();
        file.take(BYTES_MAX)
            .read_to_end(&mut bytes)
            .map_err(|error| refuse::io("profile", error))?;
        // The parser's own words may quote a value.
        let read: Option<Stored> = serde_json::from_slice(&bytes).ok().filter(|read: &Stored| read.schema == SCHEMA);
        read.map(|read| read.table).ok_or_else(|| {
            refuse::unreadable(
                "profile-file",
                "profile",
                format!("profilfilen är skadad eller har inte formen {SCHEMA}"),
                format!("the profile file is damaged or is not of the shape {SCHEMA}"),
            )
        })
    }
}
