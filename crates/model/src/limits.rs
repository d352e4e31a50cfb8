//! Limits as configuration keys with the defaults of `hardening.md`.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Durations as whole seconds in configuration files.
mod seconds {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(value: &Duration, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u64(value.as_secs())
    }
    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        u64::deserialize(from).map(Duration::from_secs)
    }
}

/// Limits of one fetch (H03-H07, H10).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FetchLimits {
    /// Bytes of a catalogue body on the wire.
    pub catalogue_bytes_max: u64,
    /// Bytes of a data file on the wire.
    pub body_bytes_max: u64,
    /// Bytes after decoding.
    pub decoded_bytes_max: u64,
    /// Decoded to wire ratio allowed once `ratio_from_bytes` are decoded.
    pub ratio_max: u64,
    /// Decoded bytes from which the ratio counts.
    pub ratio_from_bytes: u64,
    /// Redirects followed.
    pub redirects_max: u8,
    /// Seconds to connect.
    #[serde(with = "seconds")]
    pub connect_timeout: Duration,
    /// Seconds until the headers.
    #[serde(with = "seconds")]
    pub header_timeout: Duration,
    /// Seconds without a byte.
    #[serde(with = "seconds")]
    pub idle_timeout: Duration,
    /// Seconds for a whole catalogue.
    #[serde(with = "seconds")]
    pub catalogue_timeout: Duration,
    /// Seconds for a whole file.
    #[serde(with = "seconds")]
    pub file_timeout: Duration,
    /// Bytes a second, measured after the first 30 seconds.
    pub speed_min: u64,
    /// Connections to one host at a time.
    pub connections_per_host: usize,
    /// Retries of an idempotent request after 408, 425, 429, 5xx or a lost connection.
    pub retries_max: u8,
}

impl Default for FetchLimits {
    fn default() -> Self {
        Self {
            catalogue_bytes_max: 256 << 20,
            body_bytes_max: 2 << 30,
            decoded_bytes_max: 8 << 30,
            ratio_max: 250,
            ratio_from_bytes: 16 << 20,
            redirects_max: 5,
            connect_timeout: Duration::from_secs(10),
            header_timeout: Duration::from_secs(30),
            idle_timeout: Duration::from_secs(30),
            catalogue_timeout: Duration::from_secs(600),
            file_timeout: Duration::from_secs(3600),
            speed_min: 1024,
            connections_per_host: 2,
            retries_max: 2,
        }
    }
}

/// Limits of a document and its graph (H12-H17).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GraphLimits {
    /// Internal entities declared in a DOCTYPE.
    pub entities_max: usize,
    /// Bytes of one entity.
    pub entity_bytes_max: usize,
    /// Bytes after expansion of all entities.
    pub expanded_bytes_max: u64,
    /// Nesting of JSON, XML, Turtle.
    pub depth_max: usize,
    /// Bytes of a literal.
    pub literal_bytes_max: usize,
    /// Bytes of an IRI.
    pub iri_bytes_max: usize,
    /// Triples of a source.
    pub triples_max: u64,
    /// Datasets of a source (H08).
    pub datasets_max: u64,
    /// Quads that a difference may hold in one transaction; more goes by bulk load and pointer.
    pub transaction_quads_max: usize,
}

impl Default for GraphLimits {
    fn default() -> Self {
        Self {
            entities_max: 64,
            entity_bytes_max: 1024,
            expanded_bytes_max: 1 << 20,
            depth_max: 128,
            literal_bytes_max: 1 << 20,
            iri_bytes_max: 8 << 10,
            triples_max: 20_000_000,
            datasets_max: 200_000,
            transaction_quads_max: 20_000,
        }
    }
}

/// Limits of public SPARQL (H14, H48).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SparqlLimits {
    /// Bytes of a query.
    pub query_bytes_max: usize,
    /// Brackets in brackets.
    pub depth_max: usize,
    /// Triple patterns in a group.
    pub patterns_max: usize,
    /// Operators in all.
    pub operators_max: usize,
    /// Seconds.
    #[serde(with = "seconds")]
    pub timeout: Duration,
    /// Rows in an answer.
    pub rows_max: usize,
    /// Bytes of an answer.
    pub answer_bytes_max: usize,
    /// Queries at a time.
    pub concurrency: usize,
}

impl Default for SparqlLimits {
    fn default() -> Self {
        Self {
            query_bytes_max: 32 << 10,
            depth_max: 128,
            patterns_max: 64,
            operators_max: 256,
            timeout: Duration::from_secs(10),
            rows_max: 100_000,
            answer_bytes_max: 64 << 20,
            concurrency: 2,
        }
    }
}

/// Limits of a data file and its table (H22-H28).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TableLimits {
    /// Columns.
    pub columns_max: usize,
    /// Bytes of a field.
    pub field_bytes_max: usize,
    /// Bytes of a record.
    pub record_bytes_max: usize,
    /// Rows looked at to find dialect and header.
    pub sniff_rows_max: usize,
    /// Bytes after unpacking an archive.
    pub unpacked_bytes_max: u64,
    /// Unpacked to packed ratio allowed past 16 MiB.
    pub ratio_max: u64,
    /// Members of an archive.
    pub archive_entries_max: usize,
    /// Bytes of one part of a workbook after unpacking.
    pub workbook_part_bytes_max: u64,
    /// Cells of a sheet.
    pub cells_max: u64,
    /// Nesting of JSON.
    pub depth_max: usize,
}

impl Default for TableLimits {
    fn default() -> Self {
        Self {
            columns_max: 16_384,
            field_bytes_max: 1 << 20,
            record_bytes_max: 16 << 20,
            sniff_rows_max: 10_000,
            unpacked_bytes_max: 8 << 30,
            ratio_max: 250,
            archive_entries_max: 1000,
            workbook_part_bytes_max: 256 << 20,
            cells_max: 50_000_000,
            depth_max: 128,
        }
    }
}

/// Limits of a confined worker (H44), set by the operating system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WorkerLimits {
    /// Private writable memory (RLIMIT_DATA).
    pub memory_bytes: u64,
    /// Processor time.
    pub cpu_seconds: u64,
    /// Bytes of one file written.
    pub file_bytes: u64,
    /// Open files.
    pub open_files: u64,
    /// Stack of the thread that does the work.
    pub stack_bytes: usize,
    /// Wall-clock time before the worker is killed.
    #[serde(with = "seconds")]
    pub wall: Duration,
}

/// Cells that an auditor gets a second more for.
const CELLS_A_SECOND: u64 = 500_000;

impl WorkerLimits {
    /// The same limits for looking at a file that we wrote ourselves: its size is no stranger's, and gives time of its own.
    #[must_use]
    pub fn for_cells(&self, cells: u64) -> Self {
        let more = cells / CELLS_A_SECOND;
        Self {
            cpu_seconds: self.cpu_seconds.saturating_add(more),
            wall: self.wall.saturating_add(Duration::from_secs(more.saturating_mul(2))),
            ..self.clone()
        }
    }
}

impl Default for WorkerLimits {
    fn default() -> Self {
        Self {
            memory_bytes: 1 << 30,
            cpu_seconds: 300,
            file_bytes: 8 << 30,
            open_files: 256,
            stack_bytes: 64 << 20,
            wall: Duration::from_secs(600),
        }
    }
}
