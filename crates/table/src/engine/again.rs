//! The second look at a table: what sketches leave open and must be exact. Whether a column with very many values is a key, which rows
//! copy another one where their hashes did not fit in memory, and where outliers stand.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Decimal128Type, Float64Type};
use fyr_model::Refusal;
use fyr_model::profile::{Method, Order, Outliers};
use fyr_model::table::{ColumnProfile, Distinct};

use super::reader;
use super::spill::{Spill, copies_of};
use crate::profile::{Facts, Fences, RowLanes, TableProfiler, cells};
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
    pub(crate) fn look(
        parquet: &[PathBuf],
        folder: &Path,
        profiler: &mut TableProfiler,
        known: &[Option<Facts>],
        coarse: bool,
    ) -> Result<Self, Refusal> {
        let mut found = Self::default();
        let rows = profiler.rows.rows();
        for column in profiler.columns.iter().filter(|column| column.may_be_key()) {
            // Values that rise or fall all the way need no second look.
            let rises = column.order().is_some_and(Order::is_strict);
            if rises || copies(parquet, folder, Some(column.name()), rows)? == 0 {
                found.unique.push(column.name().to_owned());
            }
        }
        found.duplicate_rows = match profiler.rows.exact_copies() {
            Some(counted) => counted,
            // Rows that differ in one column differ.
            None if !found.unique.is_empty() => 0,
            None => copies(parquet, folder, None, rows)?,
        };
        // An outlier is the row of somebody: nothing of it is published.
        for (column, facts) in profiler.columns.iter().zip(known).filter(|_| !coarse) {
            let Some(facts) = facts else { continue };
            if let Some(fences) = column.fences(facts) {
                let outliers = outliers(parquet, column.name(), fences, facts.ranks.is_none())?;
                found.outliers.insert(column.name().to_owned(), outliers);
            }
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
        if let Some(found) = self.outliers.get(&column.name) {
            // While all values are held the counts are known already, and only the rows were looked up.
            let counted = column.outliers.get_or_insert_with(|| found.clone());
            counted.rows.clone_from(&found.rows);
        }
    }
}

/// Rows that copy another one, of the whole table or of one column; hashes that do not fit in memory go through files.
fn copies(parquet: &[PathBuf], folder: &Path, column: Option<&str>, rows: u64) -> Result<u64, Refusal> {
    let broken = || refuse::engine(column.unwrap_or("table"), "duplicates");
    let place = column
        .map(|name| reader::schema(parquet)?.index_of(name).map_err(|_| broken()))
        .transpose()?;
    let places = place.map(|place| vec![place]);
    let (mut held, mut lanes): (Vec<u128>, _) = (Vec::new(), RowLanes::default());
    let parts = (rows / HELD_MAX) as usize + 1;
    let mut spill = (parts > 1).then(|| Spill::open(folder, parts)).transpose()?;
    reader::each(parquet, places.as_deref(), &mut |batch| {
        lanes.begin(batch.num_rows());
        if !batch
            .columns()
            .iter()
            .enumerate()
            .all(|(index, array)| cells(lanes.rows(), array, index))
        {
            return Err(broken());
        }
        match &mut spill {
            Some(spill) => lanes.finish().try_for_each(|hash| spill.add(hash)),
            None => {
                held.extend(lanes.finish());
                Ok(())
            }
        }
    })?;
    spill.map_or_else(|| Ok(copies_of(&mut held)), Spill::copies)
}

/// The outliers of a column with the first rows; only these where the counts are known.
fn outliers(parquet: &[PathBuf], column: &str, fences: Fences, counted: bool) -> Result<Outliers, Refusal> {
    let broken = || refuse::engine(column, "outliers");
    let place = reader::schema(parquet)?.index_of(column).map_err(|_| broken())?;
    let mut found = Outliers {
        method: Method::exact(),
        ..Outliers::default()
    };
    let mut start = 0u64;
    reader::each_until(parquet, Some(&[place]), &mut |batch| {
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
        Ok(!counted || found.rows.len() < ROWS_NAMED)
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
