//! Foreign Parquet (H26): the footer, columns, row groups and pages are bounded before a page is inflated; supplied statistics, indexes
//! and bloom filters are never read. Types are taken over, meanings are still looked for.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Float64Array, RecordBatch, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Float64Type, Schema, SchemaRef, TimeUnit};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use fyr_model::finding::{Finding, Severity};
use fyr_model::limits::TableLimits;
use fyr_model::table::{Column, ColumnType, ReadingReport, StagedFacts};
use fyr_model::{Refusal, Text};
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData};

use super::cell::Cell;
use super::finish::{self, FileFacts, StagedWriter};
use super::gather::{Found, Repairs};
use super::pages::{self, Fault};
use super::settle::{Form, Plan};
use super::tally::Tally;
use super::{Observer, StageRequest, semantic};
use crate::digest::digest_of;
use crate::refuse;
use crate::wkb::{Extent, Geometry};

/// Bytes of the footer.
const FOOTER_MAX: u64 = 16 << 20;
/// Columns, and row groups.
const PARTS_MAX: usize = 10_000;
/// Bytes of one page after unpacking.
const PAGE_BYTES_MAX: u64 = 64 << 20;
/// Pages of one column chunk.
const PAGES_MAX: u64 = 1_000_000;

fn refused(id: &str, subject: &str, sv: &str, en: &str) -> Refusal {
    refuse::unreadable(id, subject, sv, en)
}

fn damaged(subject: &str) -> Refusal {
    refused("parquet-damaged", subject, "Parquetfilen är skadad", "the Parquet file is damaged")
}

/// Stages a Parquet file: one pass to see what texts mean, one that writes.
pub(crate) fn stage(
    request: &StageRequest,
    path: &Path,
    mut file: FileFacts,
    dir: &Path,
    observer: &mut dyn Observer,
) -> Result<StagedFacts, Refusal> {
    let input = Input {
        path,
        subject: request.name.as_str(),
        metadata: checked(path, &request.limits, &request.name)?,
    };
    let mut repairs = Repairs::default();
    let taken = Taken::of(&input, &mut repairs, &mut file);
    let columns = columns(&input, &taken, request, &mut file)?;
    let schema = Arc::new(taken.schema());
    observer.begin(&columns, &schema);
    let written = write(&input, &taken, schema, dir, observer, &mut repairs)?;
    observer.settled(&columns);
    let names = &taken.names;
    let counts = |counts: Vec<u64>| {
        let some = names.iter().cloned().zip(counts).filter(|(_, count)| *count > 0);
        some.collect::<BTreeMap<_, _>>()
    };
    let found = Found {
        format: "parquet",
        media_type: "application/vnd.apache.parquet",
        source_crs: written.is_map.then(|| "OGC:CRS84".into()),
        ..Found::default()
    };
    let report = ReadingReport {
        rows: written.rows,
        bad_rows: 0,
        nulls: counts(written.nulls),
        rejects: counts(written.rejects),
        repairs: repairs.list(names),
        source_crs: found.source_crs.clone(),
        findings: std::mem::take(&mut file.findings),
        source: finish::source(&found, file),
        columns,
    };
    Ok(StagedFacts {
        sha256: digest_of(&written.path, input.subject)?.1,
        path: written.path,
        rows: written.rows,
        report,
    })
}

/// A file whose footer has been bounded.
struct Input<'a> {
    path: &'a Path,
    subject: &'a str,
    metadata: ArrowReaderMetadata,
}

impl Input<'_> {
    /// Calls `see` on every batch.
    fn each(&self, see: &mut dyn FnMut(&RecordBatch) -> Result<(), Refusal>) -> Result<(), Refusal> {
        let file = File::open(self.path).map_err(|error| refuse::io(self.subject, error))?;
        let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(file, self.metadata.clone())
            .with_batch_size(finish::BATCH_ROWS)
            .build()
            .map_err(|_| damaged(self.subject))?;
        for batch in reader {
            see(&batch.map_err(|_| damaged(self.subject))?)?;
        }
        Ok(())
    }
}

/// The columns of the file and what each becomes.
struct Taken {
    headers: Vec<String>,
    names: Vec<String>,
    targets: Vec<Target>,
}

impl Taken {
    fn of(input: &Input<'_>, repairs: &mut Repairs, file: &mut FileFacts) -> Self {
        let geometry = geometry_columns(input.metadata.metadata());
        let mut taken = Self {
            headers: Vec::new(),
            names: Vec::new(),
            targets: Vec::new(),
        };
        for (index, field) in input.metadata.schema().fields().iter().enumerate() {
            let (name, repaired) = super::gather::tidy(field.name(), index, &taken.names);
            if let Some(kind) = repaired {
                repairs.add_many(kind, Some(index), 1, None);
            }
            let target = Target::of(field.data_type(), geometry.contains(field.name()));
            if target == Target::Shown {
                file.findings.push(Finding::new(
                    "nested-as-text",
                    Severity::Info,
                    field.name().as_str(),
                    Text::new(
                        "kolumnen är sammansatt och lästes som text",
                        "the column is composite and was read as text",
                    ),
                ));
            }
            taken.headers.push(field.name().clone());
            taken.names.push(name);
            taken.targets.push(target);
        }
        taken
    }

    fn schema(&self) -> Schema {
        let fields = self.names.iter().zip(&self.targets);
        Schema::new(
            fields
                .map(|(name, target)| Field::new(name, target.data_type(), true))
                .collect::<Vec<_>>(),
        )
    }
}

/// The first pass: what the texts mean.
fn columns(input: &Input<'_>, taken: &Taken, request: &StageRequest, file: &mut FileFacts) -> Result<Vec<Column>, Refusal> {
    let Taken { headers, names, targets } = taken;
    let mut tallies: Vec<Tally> = headers.iter().map(|header| Tally::new(None).asking(header)).collect();
    input.each(&mut |batch| {
        for ((tally, array), target) in tallies.iter_mut().zip(batch.columns()).zip(targets) {
            see(tally, array, target);
        }
        Ok(())
    })?;
    let meaning = |(header, tally): (&String, &Tally)| {
        let meaning = semantic::judge(header, tally).filter(|meaning| meaning.padded.is_none());
        meaning.map(|meaning| meaning.semantic)
    };
    let mut found: Vec<_> = headers.iter().zip(&tallies).map(meaning).collect();
    semantic::pairs(headers, names, &tallies, &mut found, &mut file.findings);
    let facts = names.iter().zip(headers).zip(targets.iter().zip(tallies.iter().zip(found)));
    Ok(facts
        .map(|((name, header), (target, (tally, semantic)))| {
            let asked = request.reading.columns.get(name);
            let kind = asked
                .and_then(|asked| asked.kind)
                .filter(|_| *target == Target::Text)
                .unwrap_or_else(|| target.kind(header, tally));
            let plan = Plan {
                kind,
                form: Form::Text,
                semantic,
            };
            finish::column(name, header, &plan, asked)
        })
        .collect())
}

/// What the second pass wrote and counted.
struct Written {
    path: PathBuf,
    rows: u64,
    nulls: Vec<u64>,
    rejects: Vec<u64>,
    is_map: bool,
}

/// The second pass: the rows.
fn write(
    input: &Input<'_>,
    taken: &Taken,
    schema: SchemaRef,
    dir: &Path,
    observer: &mut dyn Observer,
    repairs: &mut Repairs,
) -> Result<Written, Refusal> {
    let subject = input.subject;
    let mut out = StagedWriter::create(dir, schema.clone(), subject, &|_| false)?;
    let mut rows = 0;
    let mut lost = Lost {
        nulls: vec![0; taken.names.len()],
        rejects: vec![0; taken.names.len()],
    };
    let mut extent: BTreeMap<usize, Extent> = BTreeMap::new();
    input.each(&mut |batch| {
        let mut arrays = Vec::with_capacity(taken.names.len());
        for (index, (array, target)) in batch.columns().iter().zip(&taken.targets).enumerate() {
            let made = target.take(array).map_err(|()| damaged(subject))?;
            lost.count(index, *target == Target::Number, array, &made, repairs);
            if *target == Target::Geometry {
                places(&made, extent.entry(index).or_default(), subject)?;
            }
            arrays.push(made);
        }
        let batch = RecordBatch::try_new(schema.clone(), arrays).map_err(|_| refuse::engine(subject, "batch"))?;
        rows += batch.num_rows() as u64;
        out.write(&batch, observer)
    })?;
    let geo = extent
        .iter()
        .next()
        .and_then(|(index, extent)| taken.names.get(*index).map(|name| extent.metadata(name)));
    Ok(Written {
        path: out.close(geo, None)?,
        rows,
        nulls: lost.nulls,
        rejects: lost.rejects,
        is_map: !extent.is_empty(),
    })
}

/// Cells without a value, and those that lost theirs.
struct Lost {
    nulls: Vec<u64>,
    rejects: Vec<u64>,
}

impl Lost {
    /// A float that is no number is a marker of a missing value; anything else that is lost is a reject.
    fn count(&mut self, index: usize, number: bool, before: &ArrayRef, after: &ArrayRef, repairs: &mut Repairs) {
        let lost = after.null_count().saturating_sub(before.null_count()) as u64;
        let (Some(nulls), Some(rejects)) = (self.nulls.get_mut(index), self.rejects.get_mut(index)) else {
            return;
        };
        let kind = if number {
            *nulls += after.null_count() as u64;
            "null-marker:nan"
        } else {
            *nulls += before.null_count() as u64;
            *rejects += lost;
            "reject"
        };
        if lost > 0 {
            repairs.add_many(kind, Some(index), lost, None);
        }
    }
}

/// Looks at the places of a column of geometries.
fn places(array: &ArrayRef, extent: &mut Extent, subject: &str) -> Result<(), Refusal> {
    for bytes in array.as_binary::<i32>().iter().flatten() {
        let (sv, en) = ("en geometri är inte giltig WKB", "a geometry is not valid WKB");
        let geometry = Geometry::from_wkb(bytes).ok_or_else(|| refused("parquet-geometry", subject, sv, en))?;
        extent.see(&geometry);
    }
    Ok(())
}

/// Opens the file and bounds all that its footer claims.
fn checked(path: &Path, limits: &TableLimits, subject: &str) -> Result<ArrowReaderMetadata, Refusal> {
    let mut file = File::open(path).map_err(|error| refuse::io(subject, error))?;
    let length = file.metadata().map_err(|error| refuse::io(subject, error))?.len();
    footer(&mut file, length, subject)?;
    // The embedded Arrow schema is the writer's claim and is left out; page indexes are not loaded.
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    let metadata = ArrowReaderMetadata::load(&file, options).map_err(|_| damaged(subject))?;
    let facts = metadata.metadata();
    let columns = facts.file_metadata().schema_descr().num_columns();
    if columns > PARTS_MAX || columns > limits.columns_max {
        let (sv, en) = ("filen har för många kolumner", "the file has too many columns");
        return Err(refused("parquet-too-many-columns", subject, sv, en));
    }
    if facts.num_row_groups() > PARTS_MAX {
        let (sv, en) = ("filen har för många radgrupper", "the file has too many row groups");
        return Err(refused("parquet-too-many-row-groups", subject, sv, en));
    }
    let mut unpacked = 0u64;
    for chunk in facts.row_groups().iter().flat_map(|group| group.columns()) {
        unpacked = unpacked.saturating_add(bounded(&mut file, length, chunk, subject)?);
    }
    if unpacked > limits.unpacked_bytes_max {
        let (sv, en) = ("filen packar upp till för mycket", "the file unpacks to too much");
        return Err(refused("unpacked-too-large", subject, sv, en));
    }
    Ok(metadata)
}

/// Bounds the footer before it is parsed.
fn footer(file: &mut File, length: u64, subject: &str) -> Result<(), Refusal> {
    let mut tail = [0u8; 8];
    if length < 12 {
        return Err(damaged(subject));
    }
    file.seek(SeekFrom::End(-8))
        .and_then(|_| file.read_exact(&mut tail))
        .map_err(|_| damaged(subject))?;
    let [a, b, c, d, magic @ ..] = tail;
    let footer = u64::from(u32::from_le_bytes([a, b, c, d]));
    if &magic != b"PAR1" || footer + 12 > length {
        return Err(damaged(subject));
    }
    if footer > FOOTER_MAX {
        let (sv, en) = ("filens sidfot är större än 16 MiB", "the footer is larger than 16 MiB");
        return Err(refused("parquet-footer-too-large", subject, sv, en));
    }
    Ok(())
}

/// Walks the pages of a column chunk within the file; gives the bytes that it says it unpacks to.
fn bounded(file: &mut File, length: u64, chunk: &ColumnChunkMetaData, subject: &str) -> Result<u64, Refusal> {
    let start = chunk
        .dictionary_page_offset()
        .filter(|offset| *offset > 0)
        .unwrap_or(chunk.data_page_offset())
        .min(chunk.data_page_offset());
    let (Ok(start), Ok(size), Ok(whole)) = (
        u64::try_from(start),
        u64::try_from(chunk.compressed_size()),
        u64::try_from(chunk.uncompressed_size()),
    ) else {
        return Err(damaged(subject));
    };
    if start < 4 || start.checked_add(size).is_none_or(|end| end > length) {
        return Err(damaged(subject));
    }
    match pages::walk(file, start, size, PAGES_MAX, PAGE_BYTES_MAX) {
        Ok(_) => Ok(whole),
        Err(Fault::Damaged) => Err(damaged(subject)),
        Err(Fault::PageTooLarge) => {
            let (sv, en) = ("en sida packar upp till mer än 64 MiB", "a page unpacks to more than 64 MiB");
            Err(refused("parquet-page-too-large", subject, sv, en))
        }
        Err(Fault::TooManyPages) => {
            let (sv, en) = ("filen har för många sidor", "the file has too many pages");
            Err(refused("parquet-too-many-pages", subject, sv, en))
        }
    }
}

/// Columns that `geo` metadata names as WKB.
fn geometry_columns(metadata: &ParquetMetaData) -> Vec<String> {
    let Some(text) = metadata
        .file_metadata()
        .key_value_metadata()
        .and_then(|list| list.iter().find(|entry| entry.key == "geo"))
        .and_then(|entry| entry.value.as_ref())
        .filter(|text| text.len() < 1 << 20)
    else {
        return Vec::new();
    };
    let Ok(geo) = serde_json::from_str::<serde_json::Value>(text) else {
        return Vec::new();
    };
    let in_crs84 = |column: &serde_json::Value| {
        let id = column.get("crs").and_then(|crs| crs.get("id"));
        column.get("crs").is_none() || id.and_then(|id| id.get("code")).is_some_and(|code| code == "CRS84" || code == 4326)
    };
    let columns = geo.get("columns").and_then(|columns| columns.as_object());
    columns
        .map(|columns| {
            columns
                .iter()
                .filter(|(_, column)| column.get("encoding").is_some_and(|e| e == "WKB") && in_crs84(column))
                .map(|(name, _)| name.clone())
                .collect()
        })
        .unwrap_or_default()
}

/// What a foreign type becomes.
#[derive(Debug, Clone, PartialEq)]
enum Target {
    Integer,
    Number,
    Decimal(u8, i8),
    Boolean,
    Date,
    Timestamp(bool),
    Time,
    Text,
    Geometry,
    /// Composite and raw types, as the text that shows them.
    Shown,
}

impl Target {
    fn of(kind: &DataType, geometry: bool) -> Self {
        match kind {
            DataType::Binary | DataType::LargeBinary if geometry => Self::Geometry,
            DataType::Int8
            | DataType::Int16
            | DataType::Int32
            | DataType::Int64
            | DataType::UInt8
            | DataType::UInt16
            | DataType::UInt32 => Self::Integer,
            DataType::UInt64 => Self::Decimal(38, 0),
            DataType::Float16 | DataType::Float32 | DataType::Float64 => Self::Number,
            DataType::Decimal32(p, s) | DataType::Decimal64(p, s) | DataType::Decimal128(p, s) => Self::Decimal(*p, *s),
            DataType::Boolean => Self::Boolean,
            DataType::Date32 | DataType::Date64 => Self::Date,
            DataType::Timestamp(_, zone) => Self::Timestamp(zone.is_some()),
            DataType::Time32(_) | DataType::Time64(_) => Self::Time,
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Null => Self::Text,
            DataType::Dictionary(_, values) => Self::of(values, false),
            _ => Self::Shown,
        }
    }
    fn data_type(&self) -> DataType {
        match self {
            Self::Integer => DataType::Int64,
            Self::Number => DataType::Float64,
            Self::Decimal(precision, scale) => DataType::Decimal128(*precision, *scale),
            Self::Boolean => DataType::Boolean,
            Self::Date => DataType::Date32,
            Self::Timestamp(zoned) => DataType::Timestamp(TimeUnit::Microsecond, zoned.then(|| "UTC".into())),
            Self::Time => DataType::Time64(TimeUnit::Microsecond),
            Self::Text | Self::Shown => DataType::Utf8,
            Self::Geometry => DataType::Binary,
        }
    }
    fn kind(&self, header: &str, tally: &Tally) -> ColumnType {
        match self {
            Self::Integer | Self::Decimal(_, 0) => ColumnType::Integer,
            Self::Number | Self::Decimal(..) => ColumnType::Number,
            Self::Boolean => ColumnType::Boolean,
            Self::Date => ColumnType::Date,
            Self::Timestamp(_) => ColumnType::Timestamp,
            Self::Time => ColumnType::Time,
            Self::Geometry => ColumnType::Geometry,
            Self::Text if super::settle::is_code(header, tally, None) => ColumnType::Code,
            Self::Text if super::settle::is_period(tally) && tally.values > 0 => ColumnType::Period,
            Self::Text | Self::Shown => ColumnType::Text,
        }
    }
    fn take(&self, array: &ArrayRef) -> Result<ArrayRef, ()> {
        if *self == Self::Shown {
            let formatter = ArrayFormatter::try_new(array, &FormatOptions::new()).map_err(|_| ())?;
            let texts: StringArray = (0..array.len())
                .map(|row| (!array.is_null(row)).then(|| formatter.value(row).to_string()))
                .collect();
            return Ok(Arc::new(texts));
        }
        let taken = cast(array, &self.data_type()).map_err(|_| ())?;
        if *self == Self::Number {
            let folded: Float64Array = taken
                .as_primitive::<Float64Type>()
                .iter()
                // Minus zero and zero are one value.
                .map(|value| value.filter(|value| value.is_finite()).map(|value| value + 0.0))
                .collect();
            return Ok(Arc::new(folded));
        }
        Ok(taken)
    }
}

fn see(tally: &mut Tally, array: &ArrayRef, target: &Target) {
    match target {
        Target::Text => {
            let Ok(texts) = cast(array, &DataType::Utf8) else { return };
            for text in texts.as_string::<i32>() {
                tally.see(text.map_or(Cell::Null, |text| Cell::Text { text, quoted: true }));
            }
        }
        Target::Number if tally.probe.is_none() => {}
        Target::Integer | Target::Number => {
            let Ok(numbers) = cast(array, &DataType::Utf8) else { return };
            for text in numbers.as_string::<i32>() {
                tally.see(text.map_or(Cell::Null, Cell::Number));
            }
        }
        _ => {}
    }
}
