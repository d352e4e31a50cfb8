//! The CSV twin (RFC 4180): UTF-8, comma, CRLF, a header of column names; values as they are in the Parquet.
//!
//! Dates and times are ISO 8601, numbers have a point and the shortest digits that read back equal, geometries are WKT. A missing value is
//! nothing, an empty text is `""`.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type};
use arrow::temporal_conversions::{date32_to_datetime, timestamp_us_to_datetime};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use fyr_model::Refusal;
use fyr_model::table::Column;

use super::Written;
use crate::digest::digest_of;
use crate::engine::each_batch;
use crate::refuse;
use crate::wkb::Geometry;

/// Writes the rows of Parquet files as one CSV file.
///
/// # Errors
/// A column that the files lack, or a disk that is full.
pub fn csv(parquet: &[PathBuf], columns: &[Column], out: &Path) -> Result<Written, Refusal> {
    let subject = out
        .file_name()
        .map_or_else(|| "csv".to_owned(), |name| name.to_string_lossy().into_owned());
    let failed = |error: std::io::Error| refuse::io(&subject, error);
    let mut file = BufWriter::with_capacity(1 << 18, File::create(out).map_err(failed)?);
    let mut line = String::new();
    for (index, column) in columns.iter().enumerate() {
        if index > 0 {
            line.push(',');
        }
        field(&mut line, &column.name);
    }
    line.push_str("\r\n");
    file.write_all(line.as_bytes()).map_err(failed)?;
    let mut rows = 0u64;
    each_batch(parquet, &mut |batch| {
        rows += batch.num_rows() as u64;
        let mut cells = Vec::with_capacity(columns.len());
        for column in columns {
            let array = batch
                .column_by_name(&column.name)
                .ok_or_else(|| refuse::engine(&column.name, "csv"))?;
            cells.push(texts(array).ok_or_else(|| refuse::engine(&column.name, "csv"))?);
        }
        for row in 0..batch.num_rows() {
            line.clear();
            for (index, column) in cells.iter().enumerate() {
                if index > 0 {
                    line.push(',');
                }
                if let Some(text) = column.get(row).and_then(Option::as_deref) {
                    field(&mut line, text);
                }
            }
            line.push_str("\r\n");
            file.write_all(line.as_bytes()).map_err(failed)?;
        }
        Ok(())
    })?;
    file.flush().map_err(failed)?;
    drop(file);
    let (bytes, sha256) = digest_of(out, &subject)?;
    Ok(Written { bytes, sha256, rows })
}

/// A field, in quotes where its text needs them; an empty text always.
fn field(line: &mut String, text: &str) {
    if text.is_empty() || text.contains([',', '"', '\r', '\n']) || text.starts_with(' ') || text.ends_with(' ') {
        line.push('"');
        line.push_str(&text.replace('"', "\"\""));
        line.push('"');
    } else {
        line.push_str(text);
    }
}

/// A column as texts; missing values are none.
fn texts(array: &ArrayRef) -> Option<Vec<Option<String>>> {
    match array.data_type() {
        DataType::Float64 => Some(
            array
                .as_primitive::<Float64Type>()
                .iter()
                .map(|value| value.map(|value| value.to_string()))
                .collect(),
        ),
        DataType::Binary => array
            .as_binary::<i32>()
            .iter()
            .map(|bytes| bytes.map_or(Some(None), |bytes| Geometry::from_wkb(bytes).map(|shape| Some(shape.to_wkt()))))
            .collect(),
        DataType::Date32 => {
            let days = array.as_primitive::<arrow::datatypes::Date32Type>();
            Some(
                days.iter()
                    .map(|day| day.and_then(date32_to_datetime).map(|at| at.format("%Y-%m-%d").to_string()))
                    .collect(),
            )
        }
        DataType::Timestamp(_, zone) => {
            let suffix = if zone.is_some() { "Z" } else { "" };
            let moments = cast(array, &DataType::Timestamp(arrow::datatypes::TimeUnit::Microsecond, None)).ok()?;
            let moments = moments.as_primitive::<arrow::datatypes::TimestampMicrosecondType>();
            Some(
                moments
                    .iter()
                    .map(|at| {
                        at.and_then(timestamp_us_to_datetime)
                            .map(|at| at.format("%Y-%m-%dT%H:%M:%S%.f").to_string() + suffix)
                    })
                    .collect(),
            )
        }
        _ => {
            let formatter = ArrayFormatter::try_new(array, &FormatOptions::new()).ok()?;
            Some(
                (0..array.len())
                    .map(|row| (!array.is_null(row)).then(|| formatter.value(row).to_string()))
                    .collect(),
            )
        }
    }
}
