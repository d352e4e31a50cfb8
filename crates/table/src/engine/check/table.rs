//! What rules read: `t` with its row numbers, and the registers and references of the schema `ref`.
//!
//! In: the Parquet of a table. Out: a copy of the columns that are read, with the number of each row, for a plan over Parquet promises no
//! order; and the bundled lists and references as tables.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::catalog::MemorySchemaProvider;
use datafusion::common::TableReference;
use datafusion::datasource::empty::EmptyTable;
use fyr_model::Refusal;
use parquet::arrow::ArrowWriter;

use super::super::session::{Session, ended};
use super::super::{Engine, reader};
use super::ReferenceTable;
use crate::refuse;
use crate::rules::{ROW, exposed};
use crate::stage::register::{REGISTERS, Register};

/// The places in the file of the columns that are read, and the schema of `t` that they make with the row number.
pub(super) fn numbered(parquet: &[PathBuf], needed: &BTreeSet<String>) -> Result<(Vec<usize>, SchemaRef), Refusal> {
    let schema = reader::schema(parquet)?;
    let places: Vec<usize> = schema
        .fields()
        .iter()
        .enumerate()
        .filter(|(_, field)| needed.contains(field.name()))
        .map(|(index, _)| index)
        .collect();
    let mut fields = vec![Field::new(ROW, DataType::Int64, false)];
    fields.extend(
        places
            .iter()
            .filter_map(|index| schema.fields().get(*index))
            .map(|field| Field::new(exposed(field.name()), field.data_type().clone(), true)),
    );
    Ok((places, Arc::new(Schema::new(fields))))
}

/// Calls `see` on the batches of the numbered columns and the number of their first row; gives the number of rows.
pub(super) fn each(
    parquet: &[PathBuf],
    places: &[usize],
    schema: &SchemaRef,
    see: &mut dyn FnMut(&RecordBatch, u64) -> Result<(), Refusal>,
) -> Result<u64, Refusal> {
    let mut row = 0i64;
    reader::each(parquet, Some(places), &mut |batch| {
        let count = i64::try_from(batch.num_rows()).unwrap_or_default();
        let mut arrays: Vec<ArrayRef> = vec![Arc::new(Int64Array::from_iter_values(row..row + count))];
        arrays.extend(batch.columns().iter().cloned());
        let numbered = RecordBatch::try_new(schema.clone(), arrays).map_err(|_| refuse::engine("t", "number"))?;
        see(&numbered, row.unsigned_abs())?;
        row += count;
        Ok(())
    })?;
    Ok(row.unsigned_abs())
}

/// Writes the columns with their row numbers; gives the number of rows.
pub(super) fn write(parquet: &[PathBuf], needed: &BTreeSet<String>, target: &Path) -> Result<u64, Refusal> {
    let failed = |_| refuse::engine("t", "number");
    let (places, schema) = numbered(parquet, needed)?;
    let file = File::create(target).map_err(|error| refuse::io("t", error))?;
    let mut out = ArrowWriter::try_new(file, schema.clone(), None).map_err(failed)?;
    let rows = each(parquet, &places, &schema, &mut |batch, _| {
        out.write(batch).map_err(|_| refuse::engine("t", "number"))
    })?;
    out.close().map_err(failed)?;
    Ok(rows)
}

/// A session in which `t` has this schema and no rows, for planning.
pub(super) async fn planning(engine: &Engine, schema: SchemaRef, folder: &Path, lists: &Lists<'_>) -> Result<Session, Refusal> {
    let mut session = Session::local(engine)?;
    session
        .register_table("t", Arc::new(EmptyTable::new(schema)))
        .map_err(|_| refuse::engine("t", "open"))?;
    add_lists(&mut session, folder, lists).await?;
    Ok(session)
}

/// A session in which `t` is the copy in the folder.
pub(super) async fn running(engine: &Engine, folder: &Path, lists: &Lists<'_>) -> Result<Session, Refusal> {
    with_lists(engine.table(&[folder.join("t.parquet")]).await?, folder, lists).await
}

async fn with_lists(mut session: Session, folder: &Path, lists: &Lists<'_>) -> Result<Session, Refusal> {
    match add_lists(&mut session, folder, lists).await {
        Ok(()) => Ok(session),
        Err(refusal) => ended(session, Err(refusal)).await,
    }
}

/// A session in which `t` is the files themselves, without row numbers, for rules that read some of their columns and nothing else of `t`.
pub(super) async fn as_it_lies(engine: &Engine, parquet: &[PathBuf], folder: &Path, lists: &Lists<'_>) -> Result<Session, Refusal> {
    with_lists(engine.table(parquet).await?, folder, lists).await
}

/// Whether the files have all these columns of `t` under the same names. The row number is none of theirs, and a plan that reads no column
/// at all tells nothing of what it is about.
pub(super) fn has_all(parquet: &[PathBuf], read: &BTreeSet<String>) -> Result<bool, Refusal> {
    let schema = reader::schema(parquet)?;
    let has = |name: &String| name != ROW && exposed(name) == name && schema.index_of(name).is_ok();
    Ok(!read.is_empty() && read.iter().all(has))
}

/// What rules read beside `t`.
#[derive(Default)]
pub(super) struct Lists<'a> {
    /// Names after `ref.` that some rule reads.
    pub(super) wanted: BTreeSet<&'a str>,
    /// Tables that are no registers.
    pub(super) references: &'a [ReferenceTable],
}

/// The registers and references that a rule reads, as tables of the schema `ref`.
async fn add_lists(session: &mut Session, folder: &Path, lists: &Lists<'_>) -> Result<(), Refusal> {
    let failed = |_| refuse::engine("ref", "open");
    if let Some(catalog) = session.catalog("datafusion") {
        catalog
            .register_schema("ref", Arc::new(MemorySchemaProvider::new()))
            .map_err(failed)?;
    }
    for register in REGISTERS.iter().filter(|register| lists.wanted.contains(register.name)) {
        let path = folder.join(format!("ref-{}.parquet", register.name));
        if !path.exists() {
            write_register(register, &path)?;
        }
        session.add(TableReference::partial("ref", register.name), &[path]).await?;
    }
    let is_register = |name: &str| REGISTERS.iter().any(|register| register.name == name);
    for one in lists.references {
        if lists.wanted.contains(one.name.as_str()) && !is_register(&one.name) {
            let name = TableReference::partial("ref", one.name.as_str());
            session.add(name, std::slice::from_ref(&one.parquet)).await?;
        }
    }
    Ok(())
}

fn write_register(register: &Register, path: &Path) -> Result<(), Refusal> {
    let failed = |_| refuse::engine("ref", "write");
    let rows: Vec<Vec<&str>> = register.rows().collect();
    let cell = |row: &Vec<&'static str>, index: usize| row.get(index).copied().filter(|cell| !cell.is_empty());
    let arrays: Vec<ArrayRef> = (0..register.columns.len())
        .map(|index| -> ArrayRef { Arc::new(rows.iter().map(|row| cell(row, index)).collect::<StringArray>()) })
        .collect();
    let fields: Vec<Field> = register
        .columns
        .iter()
        .map(|name| Field::new(*name, DataType::Utf8, true))
        .collect();
    let schema = Arc::new(Schema::new(fields));
    let batch = RecordBatch::try_new(schema.clone(), arrays).map_err(|_| refuse::engine("ref", "write"))?;
    let file = File::create(path).map_err(|error| refuse::io("ref", error))?;
    let mut out = ArrowWriter::try_new(file, schema, None).map_err(failed)?;
    out.write(&batch).map_err(failed)?;
    out.close().map(drop).map_err(failed)
}
