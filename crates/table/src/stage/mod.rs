//! Staging: from the bytes of a data file to typed Parquet in a private folder, and a report of how it was read.
//!
//! In: a path and what is said of it (name, media type, format, the owner's `[reading]`). Out: `staged.parquet` and [`StagedFacts`]; every
//! batch passes an [`Observer`] on the way. Order: archive, format by content, encoding, dialect, the table on its sheet, header, types,
//! values (`tables.md` section 1). Runs in a confined worker and knows nothing of where the bytes came from.

mod archive;
mod build;
pub(crate) mod cell;
mod csv;
mod delimited;
mod dialect;
mod encoding;
mod finish;
mod format;
mod gather;
pub(crate) mod geo;
mod json;
mod json_text;
mod layout;
mod marker;
mod moment;
mod number;
mod pages;
mod parquet_in;
mod probe;
mod range;
pub(crate) mod register;
mod semantic;
mod settle;
mod spool;
mod tally;
mod workbook;

use std::path::{Path, PathBuf};

use arrow::array::RecordBatch;
use fyr_model::Refusal;
use fyr_model::limits::TableLimits;
use fyr_model::table::{Column, Reading, StagedFacts};
use serde::{Deserialize, Serialize};

use crate::digest::digest_of;
use finish::FileFacts;
use format::Format;
use gather::Gather;
pub(crate) use semantic::is_code_header;

/// What to stage and how.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StageRequest {
    /// The file, as fetched.
    pub path: PathBuf,
    /// What to call it: a file name or address; never a path on our disk.
    pub name: String,
    /// The media type it was sent with.
    #[serde(default)]
    pub media_type: Option<String>,
    /// The format that its catalogue declares.
    #[serde(default)]
    pub declared_format: Option<String>,
    /// What the owner wrote; wins over everything found.
    #[serde(default)]
    pub reading: Reading,
    /// Limits.
    #[serde(default)]
    pub limits: TableLimits,
}

/// Sees each batch while it is in the cache: the profile's detectors, for instance.
pub trait Observer {
    /// Once, before the first batch.
    fn begin(&mut self, columns: &[Column]);
    /// Each batch in file order.
    fn batch(&mut self, batch: &RecordBatch);
}

/// An observer that looks away.
impl Observer for () {
    fn begin(&mut self, _: &[Column]) {}
    fn batch(&mut self, _: &RecordBatch) {}
}

/// Stages one file: writes `staged.parquet` in `dir` and reports how it was read.
///
/// # Errors
/// A typed refusal naming the limit or the fault and its position, never a value of the file.
pub fn stage(request: &StageRequest, dir: &Path, observer: &mut dyn Observer) -> Result<StagedFacts, Refusal> {
    let (bytes, sha256) = digest_of(&request.path, &request.name)?;
    let mut facts = FileFacts {
        packing: None,
        member: None,
        bytes,
        sha256,
        findings: Vec::new(),
    };
    let mut path = request.path.clone();
    let mut name = request.name.clone();
    let mut format = format::recognise(&path, &request.name)?;
    if matches!(format, Format::Zip | Format::Gzip) {
        let opened = archive::open(request, &path, format, dir)?;
        facts.packing = Some(if format == Format::Zip { "zip" } else { "gzip" }.into());
        facts.member = opened.member;
        (path, name) = (opened.path, opened.name);
        format = format::recognise(&path, &request.name)?;
        if matches!(format, Format::Zip | Format::Gzip) {
            return Err(archive::nested(&request.name));
        }
    }
    facts.findings.extend(format::disagreement(request, &name, format));
    let staged = read(request, &path, format, facts, dir, observer);
    for scratch in [archive::UNPACKED, encoding::DECODED] {
        // Scratch files lie in the private folder; one that is already gone is as good as removed.
        let _ = std::fs::remove_file(dir.join(scratch));
    }
    staged
}

fn read(
    request: &StageRequest,
    path: &Path,
    format: Format,
    facts: FileFacts,
    dir: &Path,
    observer: &mut dyn Observer,
) -> Result<StagedFacts, Refusal> {
    if format == Format::Parquet {
        return parquet_in::stage(request, path, facts, dir, observer);
    }
    let mut gather = Gather::new(dir, &request.name, &request.reading, &request.limits)?;
    match format {
        Format::Workbook => workbook::read(path, &mut gather)?,
        Format::Json => json::read(path, &mut gather)?,
        _ => delimited::read(path, dir, &mut gather)?,
    }
    finish::finish(request, facts, gather, dir, observer)
}

/// A staged table. It cannot be copied: what takes it has it, so no raw table lives on beside a protected one.
#[derive(Debug)]
pub struct StagedTable(StagedFacts);

impl StagedTable {
    /// Takes over what a worker handed back.
    pub fn adopt(facts: StagedFacts) -> Self {
        Self(facts)
    }
    /// Where it lies and how it was read.
    pub fn facts(&self) -> &StagedFacts {
        &self.0
    }
}

/// The page walk for the tests of H26, its fault by name.
#[cfg(test)]
pub(crate) fn pages_walk(file: &mut (impl std::io::Read + std::io::Seek), start: u64, length: u64) -> Result<u64, &'static str> {
    pages::walk(file, start, length, 10, 64 << 20).map_err(|fault| match fault {
        pages::Fault::Damaged => "Damaged",
        pages::Fault::PageTooLarge => "PageTooLarge",
        pages::Fault::TooManyPages => "TooManyPages",
    })
}
