//! Facts to a table, a query over it, and its answer as plain rows.
//!
//! The facts go to Parquet in the command's private folder, so that a report is one SELECT over the table `t` and anybody can ask another one.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use fyr_assess::national::{Cell, Facts, Kind};
use fyr_model::table::{Column, ColumnType};
use fyr_model::{Refusal, Text};
use fyr_table::Engine;
use fyr_table::arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Int64Array, RecordBatch, StringArray};
use fyr_table::arrow::compute::cast;
use fyr_table::arrow::datatypes::{DataType, Field, Float64Type, Int64Type, Schema};
use serde::Serialize;

use super::head::Head;
use crate::workspace::internal;

/// A value of a report.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Value {
    /// Not known.
    None,
    /// Yes or no.
    Flag(bool),
    /// A whole number.
    Whole(i64),
    /// A number with decimals.
    Number(f64),
    /// Text.
    Text(String),
}

/// The answer of a report.
pub struct Answer {
    /// As the engine gave it.
    pub batches: Vec<RecordBatch>,
    /// A value a column of the head.
    pub rows: Vec<Vec<Value>>,
}

/// Writes facts as Parquet and asks them.
pub async fn ask(engine: &Engine, facts: &Facts, head: &Head, sql: &str, dir: &Path) -> Result<Answer, Refusal> {
    // Facts of nothing have no columns to ask about, and every report of nothing is empty.
    if facts.rows.is_empty() {
        return Ok(Answer {
            batches: Vec::new(),
            rows: Vec::new(),
        });
    }
    let path = dir.join("facts.parquet");
    let batch = batch(facts)?;
    let columns: Vec<Column> = batch
        .schema()
        .fields()
        .iter()
        .map(|field| column(field.name(), field.data_type(), None))
        .collect();
    fyr_table::write::parquet(&[batch], &columns, &BTreeMap::new(), &BTreeMap::new(), &path)?;
    let batches = engine.query(&[path], sql).await?;
    let rows = batches.iter().map(|batch| rows(batch, head)).collect::<Result<Vec<_>, _>>()?;
    Ok(Answer {
        batches,
        rows: rows.concat(),
    })
}

/// The columns of an answer, as release files have them.
pub fn columns(answer: &Answer, head: &Head) -> Vec<Column> {
    let kind = |name: &str| {
        let schema = answer.batches.first().map(RecordBatch::schema)?;
        schema.field_with_name(name).ok().map(|field| field.data_type().clone())
    };
    let known = head.columns.iter();
    known
        .map(|one| column(&one.name, &kind(&one.name).unwrap_or(DataType::Utf8), Some(one.label.clone())))
        .collect()
}

fn column(name: &str, data: &DataType, label: Option<Text>) -> Column {
    Column {
        name: name.to_owned(),
        header: name.to_owned(),
        kind: match data {
            DataType::Boolean => ColumnType::Boolean,
            DataType::Float64 => ColumnType::Number,
            data if data.is_integer() => ColumnType::Integer,
            _ => ColumnType::Text,
        },
        semantic: None,
        description: label,
        unit: None,
    }
}

fn batch(facts: &Facts) -> Result<RecordBatch, Refusal> {
    let mut fields = Vec::new();
    let mut arrays: Vec<ArrayRef> = Vec::new();
    for (place, (name, kind)) in facts.columns.iter().enumerate() {
        let cells = facts.rows.iter().map(|row| row.get(place));
        let (data, array): (DataType, ArrayRef) = match kind {
            Kind::Text => {
                let texts = cells.map(|cell| match cell {
                    Some(Cell::Text(text)) => text.as_deref(),
                    _ => None,
                });
                (DataType::Utf8, Arc::new(texts.collect::<StringArray>()))
            }
            Kind::Whole => {
                let counts = cells.map(|cell| match cell {
                    Some(Cell::Whole(count)) => *count,
                    _ => None,
                });
                (DataType::Int64, Arc::new(counts.collect::<Int64Array>()))
            }
            Kind::Flag => {
                let flags = cells.map(|cell| match cell {
                    Some(Cell::Flag(holds)) => *holds,
                    _ => None,
                });
                (DataType::Boolean, Arc::new(flags.collect::<BooleanArray>()))
            }
        };
        fields.push(Field::new(*name, data, true));
        arrays.push(array);
    }
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).map_err(|error| internal("facts", &error))
}

fn rows(batch: &RecordBatch, head: &Head) -> Result<Vec<Vec<Value>>, Refusal> {
    let columns = head.columns.iter().map(|one| {
        let array = batch.column_by_name(&one.name);
        let array = array.ok_or_else(|| internal("report-column", &one.name))?;
        values(array)
    });
    let columns: Vec<Vec<Value>> = columns.collect::<Result<_, _>>()?;
    let row = |place: usize| columns.iter().filter_map(|column| column.get(place).cloned()).collect();
    Ok((0..batch.num_rows()).map(row).collect())
}

fn values(array: &ArrayRef) -> Result<Vec<Value>, Refusal> {
    let into = |to: &DataType| cast(array, to).map_err(|error| internal("report-type", &error));
    let present = |place: usize| array.is_valid(place);
    let all = 0..array.len();
    Ok(match array.data_type() {
        DataType::Boolean => {
            let flags = array.as_boolean();
            all.map(|at| if present(at) { Value::Flag(flags.value(at)) } else { Value::None })
                .collect()
        }
        data if data.is_integer() => {
            let cast = into(&DataType::Int64)?;
            let counts = cast.as_primitive::<Int64Type>();
            all.map(|at| if present(at) { Value::Whole(counts.value(at)) } else { Value::None })
                .collect()
        }
        data if data.is_numeric() => {
            let cast = into(&DataType::Float64)?;
            let numbers = cast.as_primitive::<Float64Type>();
            all.map(|at| {
                if present(at) {
                    Value::Number(numbers.value(at))
                } else {
                    Value::None
                }
            })
            .collect()
        }
        _ => {
            let cast = into(&DataType::Utf8)?;
            let texts = cast.as_string::<i32>();
            let text = |at: usize| Some(texts.value(at)).filter(|text| present(at) && !text.is_empty());
            all.map(|at| text(at).map_or(Value::None, |text| Value::Text(text.to_owned())))
                .collect()
        }
    })
}
