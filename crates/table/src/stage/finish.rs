//! The end of staging: types are settled, the spool is read again, batches go to the observer and to `staged.parquet`, the report is drawn up.
//! Ordinary delimited text has no spool: [`super::text`] writes it.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Schema, SchemaRef};
use fyr_model::Refusal;
use fyr_model::finding::Finding;
use fyr_model::table::{Column, ColumnReading, ReadingReport, Semantic, StagedFacts, TableSource};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;

use super::build::{Builder, Fate, Fates};
use super::cell::Row;
use super::gather::{Found, Gather, Repairs};
use super::geo::Extent;
use super::lanes::Groups;
use super::marker::{self, MARKERS};
use super::settle::{self, Plan};
use super::tally::Tally;
use super::{Observer, StageRequest, before, semantic, text};
use crate::digest::digest_of;
use crate::write::is_crs;
use crate::{refuse, specification};

/// Rows of a batch.
pub(crate) const BATCH_ROWS: usize = 8_192;
/// Bytes of cells after which a batch ends early.
const BATCH_BYTES: usize = 32 << 20;

/// Whole numbers of at most so many digits are written as differences, in fifteen bits or fewer.
const SMALL_DIGITS: usize = 4;

/// What is known of the file itself before its content.
pub(crate) struct FileFacts {
    pub(crate) packing: Option<String>,
    pub(crate) member: Option<String>,
    pub(crate) bytes: u64,
    pub(crate) sha256: fyr_model::Sha256,
    pub(crate) findings: Vec<Finding>,
}

/// Settles the types and writes the table.
pub(crate) fn finish(
    request: &StageRequest,
    file: FileFacts,
    mut gather: Gather<'_>,
    dir: &Path,
    observer: &mut dyn Observer,
) -> Result<StagedFacts, Refusal> {
    if gather.names.is_empty() {
        return Err(refuse::unreadable(
            "empty-table",
            &request.name,
            "tabellen har inga kolumner",
            "the table has no columns",
        ));
    }
    let (settled, path, fates) = match text::write(request, &mut gather, dir, observer)? {
        Some(written) => written,
        None => write(request, &mut gather, dir, observer)?,
    };
    observer.settled(&settled.columns);
    let columns = settled.keep(&mut gather);
    let subject = &request.name;
    for (name, fates) in gather.names.iter().zip(&fates) {
        if fates.values + fates.nulls + fates.empty + fates.rejects != gather.rows {
            tracing::error!(column = %name, rows = gather.rows, "the cells of a column do not add up");
            return Err(refuse::engine(subject, "count"));
        }
    }
    let (rows, mut repairs, names) = (gather.rows, gather.repairs, gather.names);
    note_markers(&mut repairs, &fates);
    let report = ReadingReport {
        rows,
        bad_rows: 0,
        nulls: by_name(&names, &fates, |fates| fates.nulls),
        rejects: by_name(&names, &fates, |fates| fates.rejects),
        repairs: repairs.list(&names),
        source_crs: gather.found.source_crs.clone(),
        findings: file
            .findings
            .iter()
            .cloned()
            .chain(gather.found.findings.iter().cloned())
            .chain(specification::findings(&request.name, &columns))
            .collect(),
        source: source(&gather.found, file),
        columns,
    };
    Ok(StagedFacts {
        sha256: digest_of(&path, subject)?.1,
        path,
        rows,
        report,
    })
}

fn asked<'a>(request: &'a StageRequest, name: &str, header: &str) -> Option<&'a ColumnReading> {
    request.reading.columns.get(name).or_else(|| request.reading.columns.get(header))
}

/// How the columns are built and what is said of them, from counts of their cells.
pub(crate) struct Settled {
    pub(crate) plans: Vec<Plan>,
    pub(crate) columns: Vec<Column>,
    /// Columns whose whole numbers have so few digits that their differences need no dictionary.
    small: Vec<bool>,
    decimal_sign: char,
    findings: Vec<Finding>,
}

/// A written table: how, where, and what became of its cells.
pub(crate) type Written = (Settled, PathBuf, Vec<Fates>);

impl Settled {
    pub(crate) fn new(request: &StageRequest, gather: &Gather<'_>, tallies: &[Tally]) -> Self {
        let found = settle::decimal_of(tallies, &request.reading, gather.found.semicolon);
        let sign = before::decimal(request.before.as_ref(), found);
        let asked = |name: &str, header: &str| asked(request, name, header);
        let mut findings = Vec::new();
        let named = || gather.names.iter().zip(&gather.headers);
        let mut plans: Vec<Plan> = named()
            .zip(tallies)
            .map(|((name, header), tally)| {
                let plan = settle::settle(name, header, tally, asked(name, header), sign, &mut findings);
                // What the file states of its columns may change with its values; what the owner states does not.
                let owner = gather.reading().columns.get(name).or_else(|| gather.reading().columns.get(header));
                let kept = before::kind(request.before.as_ref(), name).filter(|_| owner.is_none_or(|said| said.kind.is_none()));
                kept.and_then(|kind| settle::kept(kind, &plan, header, tally, sign.0))
                    .unwrap_or(plan)
            })
            .collect();
        let mut found: Vec<Option<Semantic>> = plans.iter().map(|plan| plan.semantic.clone()).collect();
        semantic::pairs(&gather.headers, &gather.names, tallies, &mut found, &mut findings);
        for ((plan, found), (name, header)) in plans.iter_mut().zip(found).zip(named()) {
            plan.learn(found, asked(name, header).is_some_and(|asked| asked.kind.is_some()));
        }
        let columns = named()
            .zip(&plans)
            .map(|((name, header), plan)| column(name, header, plan, asked(name, header)))
            .collect();
        Self {
            plans,
            columns,
            small: tallies
                .iter()
                .map(|tally| tally.digits.is_some_and(|(_, most)| most <= SMALL_DIGITS))
                .collect(),
            decimal_sign: sign.0.char(),
            findings,
        }
    }

    /// The Arrow schema of the table.
    pub(crate) fn schema(&self, names: &[String]) -> SchemaRef {
        let fields = names.iter().zip(&self.plans).map(|(name, plan)| Builder::field(name, plan.form));
        Arc::new(Schema::new(fields.collect::<Vec<_>>()))
    }

    /// A builder for each column.
    pub(crate) fn builders(&self, request: &StageRequest, gather: &Gather<'_>) -> Vec<Builder> {
        let named = gather.names.iter().zip(&gather.headers);
        let missing = named.map(|(name, header)| asked(request, name, header).and_then(|asked| asked.missing.clone()));
        self.plans
            .iter()
            .zip(missing)
            .map(|(plan, missing)| Builder::new(plan.form, missing))
            .collect()
    }

    /// Whether a column holds small whole numbers.
    pub(crate) fn is_small(&self, column: usize) -> bool {
        let small = self.small.get(column).copied().unwrap_or_default();
        small
            && self
                .plans
                .get(column)
                .is_some_and(|plan| matches!(plan.form, settle::Form::Integer(_)))
    }

    /// Whether cells become the same values.
    pub(crate) fn builds_as(&self, other: &Self) -> bool {
        self.plans.iter().map(|plan| plan.form).eq(other.plans.iter().map(|plan| plan.form))
    }

    /// Notes what was decided; gives the columns.
    fn keep(self, gather: &mut Gather<'_>) -> Vec<Column> {
        if let Some(dialect) = &mut gather.found.dialect {
            dialect.decimal_sign = self.decimal_sign;
        }
        gather.found.findings.extend(self.findings);
        self.columns
    }
}

/// A column of the report, from what was settled and what the owner wrote.
pub(crate) fn column(name: &str, header: &str, plan: &Plan, asked: Option<&ColumnReading>) -> Column {
    let stated = asked.and_then(|asked| asked.semantic.as_ref()).map(|kind| Semantic {
        kind: kind.clone(),
        confidence: 1.0,
        matches: plan
            .semantic
            .as_ref()
            .filter(|found| found.kind == *kind)
            .map_or(0, |found| found.matches),
        evidence: "stated by the owner in the pipeline file".into(),
    });
    Column {
        name: name.to_owned(),
        header: header.to_owned(),
        kind: plan.kind,
        semantic: stated.or_else(|| plan.semantic.clone()),
        description: asked.and_then(|asked| asked.description.clone()),
        unit: asked.and_then(|asked| asked.unit.clone()),
    }
}

/// The second pass over what other readers left: spool to batches.
fn write(request: &StageRequest, gather: &mut Gather<'_>, dir: &Path, observer: &mut dyn Observer) -> Result<Written, Refusal> {
    let settled = Settled::new(request, gather, &gather.tallies);
    let (schema, mut builders) = (settled.schema(&gather.names), settled.builders(request, gather));
    observer.begin(&settled.columns, &schema);
    let mut out = StagedWriter::create(dir, schema.clone(), &request.name, &|_| false)?;
    let mut spool = gather.spool.read()?;
    let mut row = Row::default();
    let (mut number, mut held, mut bytes) = (0u64, 0usize, 0usize);
    while spool.next(&mut row)? {
        for (index, builder) in builders.iter_mut().enumerate() {
            match builder.push(row.get(index)) {
                Fate::Reject => gather.repairs.add("reject", Some(index), number),
                Fate::Repaired(kind) => gather.repairs.add(kind, Some(index), number),
                Fate::Null(found) if found > marker::EMPTY => {
                    let kind = format!("null-marker:{}", MARKERS.get(found).copied().unwrap_or_default());
                    gather.repairs.add(&kind, Some(index), number);
                }
                _ => {}
            }
        }
        number += 1;
        held += 1;
        bytes += row.bytes();
        if held == BATCH_ROWS || bytes >= BATCH_BYTES {
            out.flush(&schema, &mut builders, held, observer)?;
            (held, bytes) = (0, 0);
        }
    }
    out.flush(&schema, &mut builders, held, observer)?;
    let geo = gather.found.geo.as_ref();
    let geo = geo.map(|extent| geo_column(&gather.names, &settled.plans, extent));
    let path = out.close(geo, gather.found.source_crs.as_deref())?;
    Ok((settled, path, builders.into_iter().map(|builder| builder.fates).collect()))
}

/// The `geo` metadata names the geometry column.
fn geo_column(names: &[String], plans: &[Plan], extent: &Extent) -> String {
    let name = names
        .iter()
        .zip(plans)
        .find(|(_, plan)| plan.form == settle::Form::Geometry)
        .map_or("geometry", |(name, _)| name.as_str());
    extent.metadata(name)
}

/// Absent and empty cells are too common to list by place; they are counted once a column.
fn note_markers(repairs: &mut Repairs, fates: &[Fates]) {
    for (index, fates) in fates.iter().enumerate() {
        for found in [marker::ABSENT, marker::EMPTY] {
            let count = fates.markers.get(found).copied().unwrap_or_default();
            if count > 0 {
                let kind = format!("null-marker:{}", MARKERS.get(found).copied().unwrap_or_default());
                repairs.add_many(&kind, Some(index), count, None);
            }
        }
        if fates.empty > 0 {
            repairs.add_many("empty-text", Some(index), fates.empty, None);
        }
    }
}

fn by_name(names: &[String], fates: &[Fates], count: fn(&Fates) -> u64) -> BTreeMap<String, u64> {
    names
        .iter()
        .cloned()
        .zip(fates.iter().map(count))
        .filter(|(_, count)| *count > 0)
        .collect()
}

/// The source as the report shows it.
pub(crate) fn source(found: &Found, file: FileFacts) -> TableSource {
    TableSource {
        format: found.format.into(),
        media_type: found.media_type.into(),
        encoding: found.encoding.clone(),
        dialect: found.dialect.clone(),
        packing: file.packing,
        table: found.table.clone().or(file.member),
        bytes: file.bytes,
        sha256: file.sha256,
    }
}

/// Zstandard's first level: a working copy is a tenth larger than at the third, which releases have, and costs half the time.
const LEVEL: i32 = 1;

/// `staged.parquet` in the making. Private: no statistics, so that no value stands in a footer.
pub(crate) struct StagedWriter {
    path: PathBuf,
    out: ArrowWriter<File>,
    subject: String,
    rows: u64,
}

impl StagedWriter {
    /// A dictionary is written for every column but those that are `plain`: of mostly different numbers, or of small ones.
    pub(crate) fn create(dir: &Path, schema: SchemaRef, subject: &str, plain: &dyn Fn(usize) -> bool) -> Result<Self, Refusal> {
        let path = dir.join("staged.parquet");
        let file = File::create(&path).map_err(|error| refuse::io(subject, error))?;
        let mut properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(LEVEL).unwrap_or_default()))
            .set_statistics_enabled(EnabledStatistics::None)
            .set_max_row_group_row_count(Some(122_880))
            .set_created_by(crate::CREATED_BY.into());
        for (_, field) in schema.fields().iter().enumerate().filter(|(column, _)| plain(*column)) {
            let path = ColumnPath::from(field.name().as_str());
            properties = properties.set_column_dictionary_enabled(path.clone(), false);
            if matches!(field.data_type(), DataType::Int64 | DataType::Timestamp(..)) {
                properties = properties.set_column_encoding(path, Encoding::DELTA_BINARY_PACKED);
            }
        }
        let properties = properties.build();
        let out = ArrowWriter::try_new(file, schema, Some(properties)).map_err(|_| refuse::engine(subject, "write"))?;
        Ok(Self {
            path,
            out,
            subject: subject.to_owned(),
            rows: 0,
        })
    }
    /// For writers of single columns.
    pub(crate) fn groups(self) -> Result<(PathBuf, Groups), Refusal> {
        let (file, factory) = self
            .out
            .into_serialized_writer()
            .map_err(|_| refuse::engine(&self.subject, "write"))?;
        Ok((self.path, Groups { file, factory }))
    }
    fn flush(&mut self, schema: &SchemaRef, builders: &mut [Builder], rows: usize, observer: &mut dyn Observer) -> Result<(), Refusal> {
        if rows == 0 {
            return Ok(());
        }
        let arrays = builders.iter_mut().map(Builder::finish).collect();
        let batch = RecordBatch::try_new(schema.clone(), arrays).map_err(|_| refuse::engine(&self.subject, "batch"))?;
        self.write(&batch, observer)
    }
    pub(crate) fn write(&mut self, batch: &RecordBatch, observer: &mut dyn Observer) -> Result<(), Refusal> {
        let watch = observer.watch();
        for (observer, cells) in watch.columns.into_iter().zip(batch.columns()) {
            observer.see(cells, self.rows);
        }
        if let Some(rows) = watch.rows
            && !rows.see(batch)
        {
            return Err(refuse::engine(&self.subject, "profile"));
        }
        self.rows += batch.num_rows() as u64;
        self.out.write(batch).map_err(|_| refuse::engine(&self.subject, "write"))?;
        if self.out.in_progress_size() > 96 << 20 {
            self.out.flush().map_err(|_| refuse::engine(&self.subject, "write"))?;
        }
        Ok(())
    }
    /// `geo` describes the coordinates as they are written, `source_crs` names the system that they stood in.
    pub(crate) fn close(mut self, geo: Option<String>, source_crs: Option<&str>) -> Result<PathBuf, Refusal> {
        if let Some(geo) = geo {
            self.out.append_key_value_metadata(KeyValue::new("geo".into(), geo));
            if let Some(crs) = source_crs.filter(|name| is_crs(name)) {
                self.out
                    .append_key_value_metadata(KeyValue::new("source_crs".into(), crs.to_owned()));
            }
        }
        self.out.close().map_err(|_| refuse::engine(&self.subject, "write"))?;
        Ok(self.path)
    }
}
