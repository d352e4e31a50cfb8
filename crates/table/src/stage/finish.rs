//! The end of staging: types are settled, the spool is read again, batches go to the observer and to `staged.parquet`, the report is drawn up.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, FieldRef, Schema, SchemaRef};
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
use super::delimited::{Halt, TextTable};
use super::fill::Filler;
use super::gather::{Found, Gather, Repairs};
use super::geo::Extent;
use super::lanes::{self, Groups, Lane};
use super::marker::{self, MARKERS};
use super::settle::{self, Plan};
use super::{Observer, StageRequest, before, semantic};
use crate::digest::digest_of;
use crate::write::is_crs;
use crate::{refuse, specification};

/// Rows of a batch.
pub(crate) const BATCH_ROWS: usize = 8_192;
/// Bytes of cells after which a batch ends early.
const BATCH_BYTES: usize = 32 << 20;

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
    let plans = plans(request, &mut gather);
    let columns: Vec<Column> = gather
        .names
        .iter()
        .zip(&gather.headers)
        .zip(&plans)
        .map(|((name, header), plan)| column(name, header, plan, asked(request, name, header)))
        .collect();
    observer.begin(&columns);
    let (path, fates) = match gather.text.take() {
        Some(text) => write_text(request, &text, &mut gather, &plans, dir, observer)?,
        None => write(request, &mut gather, &plans, dir, observer)?,
    };
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

fn plans(request: &StageRequest, gather: &mut Gather<'_>) -> Vec<Plan> {
    let found = settle::decimal_of(&gather.tallies, &request.reading, gather.found.semicolon);
    let sign = before::decimal(request.before.as_ref(), found);
    if let Some(dialect) = &mut gather.found.dialect {
        dialect.decimal_sign = sign.0.char();
    }
    let mut findings = Vec::new();
    let mut plans: Vec<Plan> = gather
        .names
        .iter()
        .zip(&gather.headers)
        .zip(&gather.tallies)
        .map(|((name, header), tally)| {
            let plan = settle::settle(name, header, tally, asked(request, name, header), sign, &mut findings);
            // What the file states of its columns may change with its values; what the owner states does not.
            let owner = gather.reading().columns.get(name).or_else(|| gather.reading().columns.get(header));
            let kept = before::kind(request.before.as_ref(), name).filter(|_| owner.is_none_or(|said| said.kind.is_none()));
            kept.and_then(|kind| settle::kept(kind, &plan, header, tally, sign.0))
                .unwrap_or(plan)
        })
        .collect();
    let mut found: Vec<Option<Semantic>> = plans.iter().map(|plan| plan.semantic.clone()).collect();
    semantic::pairs(&gather.headers, &gather.names, &gather.tallies, &mut found, &mut findings);
    for (index, (plan, found)) in plans.iter_mut().zip(found).enumerate() {
        let name = gather.names.get(index).zip(gather.headers.get(index));
        let stated = name
            .and_then(|(name, header)| asked(request, name, header))
            .is_some_and(|asked| asked.kind.is_some());
        plan.learn(found, stated);
    }
    gather.found.findings.append(&mut findings);
    plans
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

/// The second pass over delimited text: blocks to Parquet on all cores.
fn write_text(
    request: &StageRequest,
    table: &TextTable,
    gather: &mut Gather<'_>,
    plans: &[Plan],
    dir: &Path,
    observer: &mut dyn Observer,
) -> Result<(PathBuf, Vec<Fates>), Refusal> {
    let subject = request.name.as_str();
    let fields: Vec<FieldRef> = gather
        .names
        .iter()
        .zip(plans)
        .map(|(name, plan)| Arc::new(Builder::field(name, plan.form)))
        .collect();
    let schema = Arc::new(Schema::new(fields.clone()));
    let (path, mut groups) = StagedWriter::create(dir, schema, subject, &|column| table.is_varied(column))?.groups()?;
    let mut watching = observer.columns().into_iter();
    let lanes = plans
        .iter()
        .zip(gather.names.iter().zip(&gather.headers))
        .zip(fields)
        .enumerate()
        .map(|(column, ((plan, (name, header)), field))| {
            let missing = asked(request, name, header).and_then(|asked| asked.missing.clone());
            Lane {
                column,
                field,
                filler: Filler::new(Builder::new(plan.form, missing)),
                observer: watching.next(),
            }
        })
        .collect();
    let mut blocks = table.blocks(&request.limits, subject)?;
    let next = || {
        blocks.next(subject).map_err(|halt| match halt {
            Halt::Refused(refusal) => refusal,
            // The same bytes were ordinary a moment ago.
            Halt::Unusual => refuse::engine(subject, "second pass"),
        })
    };
    let filled = lanes::run(next, lanes, &mut groups, subject)?;
    gather.repairs.merge(filled.repairs);
    groups.file.close().map_err(|_| refuse::engine(subject, "write"))?;
    Ok((path, filled.fates))
}

/// The second pass over what other readers left: spool to batches.
fn write(
    request: &StageRequest,
    gather: &mut Gather<'_>,
    plans: &[Plan],
    dir: &Path,
    observer: &mut dyn Observer,
) -> Result<(PathBuf, Vec<Fates>), Refusal> {
    let mut builders: Vec<Builder> = Vec::with_capacity(plans.len());
    let mut fields = Vec::with_capacity(plans.len());
    for ((plan, name), header) in plans.iter().zip(&gather.names).zip(&gather.headers) {
        builders.push(Builder::new(
            plan.form,
            asked(request, name, header).and_then(|asked| asked.missing.clone()),
        ));
        fields.push(Builder::field(name, plan.form));
    }
    let schema = Arc::new(Schema::new(fields));
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
    let geo = gather.found.geo.as_ref().map(|extent| geo_column(&gather.names, plans, extent));
    let path = out.close(geo, gather.found.source_crs.as_deref())?;
    Ok((path, builders.into_iter().map(|builder| builder.fates).collect()))
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

/// `staged.parquet` in the making. Private: no statistics, so that no value stands in a footer.
pub(crate) struct StagedWriter {
    path: PathBuf,
    out: ArrowWriter<File>,
    subject: String,
    rows: u64,
}

impl StagedWriter {
    /// A dictionary is written for every column but those of mostly different numbers.
    pub(crate) fn create(dir: &Path, schema: SchemaRef, subject: &str, varied: &dyn Fn(usize) -> bool) -> Result<Self, Refusal> {
        let path = dir.join("staged.parquet");
        let file = File::create(&path).map_err(|error| refuse::io(subject, error))?;
        let mut properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(3).unwrap_or_default()))
            .set_statistics_enabled(EnabledStatistics::None)
            .set_max_row_group_row_count(Some(122_880))
            .set_created_by(crate::CREATED_BY.into());
        for (_, field) in schema.fields().iter().enumerate().filter(|(column, _)| varied(*column)) {
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
    fn groups(self) -> Result<(PathBuf, Groups), Refusal> {
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
        for (observer, cells) in observer.columns().into_iter().zip(batch.columns()) {
            observer.see(cells, self.rows);
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
