//! The second look at a table: what sketches leave open and must be exact. Whether a column with very many values is a key, which rows
//! copy another one where their hashes did not fit in memory, and where outliers stand.

use std::collections::BTreeMap;
use std::path::PathBuf;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Decimal128Type, Float64Type};
use fyr_model::Refusal;
use fyr_model::profile::{Method, Outliers};
use fyr_model::table::{ColumnProfile, Distinct};

use super::{Exposure, Show, reader};
use crate::profile::{Fences, RowLanes, TableProfiler, cells};
use crate::refuse;

/// Hashes held at a time.
const HELD_MAX: u64 = 4_000_000;
/// Rows named for a column.
const ROWS_NAMED: usize = 20;

/// What the second look found.
#[derive(Debug, Default)]
pub(crate) struct Again {
    pub(crate) duplicate_rows: u64,
    /// Columns whose values all differ, by exact count.
    unique: Vec<String>,
    outliers: BTreeMap<String, Outliers>,
}

impl Again {
    /// Looks again where it is needed, and nowhere else.
    pub(crate) fn look(parquet: &[PathBuf], profiler: &mut TableProfiler, exposure: &Exposure) -> Result<Self, Refusal> {
        let mut found = Self {
            duplicate_rows: profiler.rows.copies(),
            ..Self::default()
        };
        if !profiler.rows.is_exact() {
            found.duplicate_rows = copies(parquet, None, profiler.rows.rows())?;
        }
        for column in profiler.columns.iter().filter(|column| column.may_be_key()) {
            if copies(parquet, Some(column.name()), profiler.rows.rows())? == 0 {
                found.unique.push(column.name().to_owned());
            }
        }
        for column in &profiler.columns {
            let shown = exposure.columns.get(column.name()) == Some(&Show::Values) && !exposure.coarse;
            let Some(fences) = column.fences().filter(|_| shown) else {
                continue;
            };
            let outliers = outliers(parquet, column.name(), fences)?;
            found.outliers.insert(column.name().to_owned(), outliers);
        }
        Ok(found)
    }

    /// Adds what was found to a column's profile.
    pub(crate) fn complete(&self, column: &mut ColumnProfile, rows: u64) {
        if self.unique.contains(&column.name) {
            column.distinct = Distinct {
                value: rows,
                method: "exact".into(),
                error: None,
            };
        }
        if let Some(outliers) = self.outliers.get(&column.name) {
            column.outliers = Some(outliers.clone());
        }
    }
}

/// Rows that copy another one, of the whole table or of one column, part by part of their hashes.
fn copies(parquet: &[PathBuf], column: Option<&str>, rows: u64) -> Result<u64, Refusal> {
    let broken = || refuse::engine(column.unwrap_or("table"), "duplicates");
    let place = column
        .map(|name| reader::schema(parquet)?.index_of(name).map_err(|_| broken()))
        .transpose()?;
    let places = place.map(|place| vec![place]);
    let parts = u128::from(rows / HELD_MAX + 1);
    let (mut copies, mut lanes) = (0u64, RowLanes::default());
    for part in 0..parts {
        let mut held: Vec<u128> = Vec::new();
        reader::each(parquet, places.as_deref(), &mut |batch| {
            lanes.begin(batch.num_rows());
            if !batch.columns().iter().all(|array| cells(lanes.rows(), array)) {
                return Err(broken());
            }
            held.extend(lanes.finish().filter(|hash| hash % parts == part));
            Ok(())
        })?;
        held.sort_unstable();
        copies += held.iter().zip(held.iter().skip(1)).filter(|(a, b)| a == b).count() as u64;
    }
    Ok(copies)
}

/// The outliers of a column, with the first rows.
fn outliers(parquet: &[PathBuf], column: &str, fences: Fences) -> Result<Outliers, Refusal> {
    let broken = || refuse::engine(column, "outliers");
    let place = reader::schema(parquet)?.index_of(column).map_err(|_| broken())?;
    let mut found = Outliers {
        method: Method::exact(),
        ..Outliers::default()
    };
    let mut start = 0u64;
    reader::each(parquet, Some(&[place]), &mut |batch| {
        let array = batch.columns().first().ok_or_else(broken)?;
        let numbers = numbers(array).ok_or_else(broken)?;
        for (row, value) in numbers.as_primitive::<Float64Type>().iter().enumerate() {
            let Some(value) = value.filter(|value| value.is_finite()) else {
                continue;
            };
            fences.count(value, 1, &mut found);
            if found.rows.len() < ROWS_NAMED && fences.is_out(value) {
                found.rows.push(start + row as u64);
            }
        }
        start += array.len() as u64;
        Ok(())
    })?;
    Ok(found)
}

/// Numbers as the profile sees them.
fn numbers(array: &ArrayRef) -> Option<ArrayRef> {
    if let DataType::Decimal128(_, scale) = array.data_type() {
        let unit = 10f64.powi(i32::from(*scale));
        let values = array.as_primitive::<Decimal128Type>();
        return Some(std::sync::Arc::new(values.unary::<_, Float64Type>(|value| value as f64 / unit)));
    }
    cast(array, &DataType::Float64).ok()
}
