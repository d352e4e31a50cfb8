//! Staging: from the bytes of a data file to typed Parquet in a private folder, and a report of how it was read.
//!
//! In: a path and what is said of it (name, media type, format, the owner's `[reading]`). Out: `staged.parquet` and [`StagedFacts`]; every
//! batch passes an [`Observer`] on the way. Order: archive, format by content, encoding, dialect, the table on its sheet, header, types,
//! values (`tables.md` section 1). Runs in a confined worker and knows nothing of where the bytes came from.

mod archive;
mod before;
mod blocks;
mod build;
pub(crate) mod cell;
mod cells;
mod charset;
mod count;
mod crs;
mod csv;
mod cube;
mod dbf;
mod delimited;
mod dialect;
mod encoding;
mod fill;
mod finish;
mod format;
mod further;
mod gather;
pub(crate) mod geo;
mod geopackage;
mod gml;
mod gml_features;
mod gml_geometry;
mod header;
mod json;
mod json_columns;
mod json_stat;
pub(crate) mod json_text;
mod lanes;
mod layout;
mod marker;
mod moment;
mod number;
mod ods;
mod pages;
mod parquet_in;
mod plain;
mod probe;
mod px;
mod pxweb;
mod quick;
mod range;
pub(crate) mod register;
mod semantic;
mod settle;
mod shapefile;
mod sheet;
mod split;
mod spool;
mod tally;
mod text;
mod text_block;
mod wkt;
mod workbook;
mod workbook_parts;

use std::path::{Path, PathBuf};

use arrow::array::ArrayRef;
use arrow::datatypes::Schema;
use fyr_model::limits::TableLimits;
use fyr_model::lock::ReadingLock;
use fyr_model::table::{Column, Reading, StagedFacts};
use fyr_model::{Refusal, Sha256};
use serde::{Deserialize, Serialize};

use crate::digest::digest_of;
use crate::profile::RowProfiler;
#[cfg(test)]
pub(crate) use charset::{IBM437, IBM850};
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
    /// How it was read the last time; tried first wherever the owner says nothing.
    #[serde(default)]
    pub before: Option<ReadingLock>,
    /// Limits.
    #[serde(default)]
    pub limits: TableLimits,
    /// Bytes and digest, where whoever keeps the file has counted them.
    #[serde(default)]
    pub digest: Option<(u64, Sha256)>,
}

/// Sees the cells while they are in the cache: detectors and profile, for instance.
pub trait Observer {
    /// Before the first cell; once more when a guess at the types proved wrong and the cells come anew, and then what was seen is void.
    fn begin(&mut self, columns: &[Column], schema: &Schema);
    /// Those who look on; [`Watch::default`] for one who looks away.
    fn watch(&mut self) -> Watch<'_>;
    /// After the last cell: types are as at the beginning, meanings and all that is said of them may have been settled since.
    fn settled(&mut self, columns: &[Column]);
}

/// Those who look on.
#[derive(Default)]
pub struct Watch<'a> {
    /// The observer of each column, in the table's order; or none at all.
    pub columns: Vec<&'a mut dyn ColumnObserver>,
    /// What looks at whole rows.
    pub rows: Option<&'a mut RowProfiler>,
}

/// Sees the cells of one column in file order. Columns are fed on different threads.
pub trait ColumnObserver: Send {
    /// The next cells; the first of them stands in row `first_row`.
    fn see(&mut self, cells: &ArrayRef, first_row: u64);
}

/// An observer that looks away.
impl Observer for () {
    fn begin(&mut self, _: &[Column], _: &Schema) {}
    fn watch(&mut self) -> Watch<'_> {
        Watch::default()
    }
    fn settled(&mut self, _: &[Column]) {}
}

/// Stages one file: writes `staged.parquet` in `dir` and reports how it was read.
///
/// # Errors
/// A typed refusal naming the limit or the fault and its position, never a value of the file.
pub fn stage(request: &StageRequest, dir: &Path, observer: &mut dyn Observer) -> Result<StagedFacts, Refusal> {
    let (bytes, sha256) = match &request.digest {
        Some(known) => *known,
        None => digest_of(&request.path, &request.name)?,
    };
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
    if format == Format::Zip
        && let Some(layer) = shapefile::unpack(request, &path, dir)?
    {
        facts.packing = Some("zip".into());
        facts.member = Some(layer.member.clone());
        facts.findings.extend(layer.finding);
        (path, name, format) = (layer.path, layer.member, Format::Shapefile);
    } else if let Some(packing) = format.packing() {
        let opened = archive::open(request, &path, format, dir)?;
        facts.packing = Some(packing.into());
        facts.member = opened.member;
        (path, name) = (opened.path, opened.name);
        format = format::recognise(&path, &request.name)?;
        if format.packing().is_some() {
            return Err(archive::nested(&request.name));
        }
    }
    facts.findings.extend(format::disagreement(request, &name, format));
    let staged = read(request, &path, format, facts, dir, observer);
    for scratch in [archive::UNPACKED, encoding::DECODED].iter().chain(shapefile::UNPACKED) {
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
    gather.before = request.before.as_ref();
    match format {
        Format::Workbook => workbook::read(path, &mut gather)?,
        Format::OpenDocument => ods::read(path, &mut gather)?,
        Format::Json => json::read(path, &mut gather)?,
        Format::GeoPackage => geopackage::read(path, &mut gather)?,
        Format::Shapefile => shapefile::read(path, &mut gather)?,
        Format::Gml => gml::read(path, &mut gather)?,
        Format::Px => px::read(path, dir, &mut gather)?,
        _ => delimited::read(path, dir, &mut gather)?,
    }
    let request = with_stated(request, &gather);
    finish::finish(&request, facts, gather, dir, observer)
}

/// The request with what the file states of its own columns wherever the owner says nothing.
fn with_stated(request: &StageRequest, gather: &Gather<'_>) -> StageRequest {
    let mut request = request.clone();
    for (index, stated) in &gather.found.stated {
        let (Some(name), Some(header)) = (gather.names.get(*index), gather.headers.get(*index)) else {
            continue;
        };
        let columns = &mut request.reading.columns;
        let mut said = columns.get(name).or_else(|| columns.get(header)).cloned().unwrap_or_default();
        said.kind = said.kind.or(stated.kind);
        said.semantic = said.semantic.or_else(|| stated.semantic.clone());
        said.description = said.description.or_else(|| stated.description.clone());
        said.unit = said.unit.or_else(|| stated.unit.clone());
        columns.insert(name.clone(), said);
    }
    request
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
