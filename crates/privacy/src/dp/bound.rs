//! Contribution bounding: of each unit's rows so many count, and which ones depends on nothing but that unit's own rows.
//!
//! In: batches. Out: whole numbers by cell. A row without a unit, with a value that is missing, or with a group that is not on its public list is
//! no row. Of the others, those of a unit are ordered by a digest of the unit and the row, and the first ones count: another unit can never
//! change which. Memory holds at most the rows that count, for each unit.

use std::collections::HashMap;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::Float64Type;
use fyr_model::dp::Vector;
use fyr_model::finding::Refusal;
use sha2::{Digest as _, Sha256};

use super::policy::{Asked, AskedTable, Question};
use crate::cells::Cells;
use crate::tables::{column, numbers, unreadable};

/// A row of one unit: its place in the unit's order, its cell, and its value in whole numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Row {
    order: u64,
    cell: u32,
    code: i64,
}

/// The rows that count, by table and unit.
#[derive(Debug)]
pub(super) struct Intake {
    units: HashMap<String, usize>,
    kept: Vec<Vec<Vec<Row>>>,
}

impl Intake {
    pub(super) fn new(asked: &Asked) -> Self {
        Self {
            units: HashMap::new(),
            kept: asked.tables.iter().map(|_| Vec::new()).collect(),
        }
    }

    pub(super) fn take(&mut self, asked: &Asked, batch: &RecordBatch) -> Result<(), Refusal> {
        let places = places(asked, batch)?;
        let units = Cells::of(column(batch, &asked.unit)?).map_err(|_| unreadable(&asked.unit))?;
        let most = asked.contributions_max as usize;
        for (at, table) in asked.tables.iter().enumerate() {
            let codes = codes(table, batch)?;
            let Some(kept) = self.kept.get_mut(at) else { continue };
            for row in 0..batch.num_rows() {
                let (Some(unit), Some(code)) = (units.get(row), codes.get(row).copied().flatten()) else {
                    continue;
                };
                let Some(cell) = cell(asked, table, &places, row) else { continue };
                let order = order(&unit, cell, code);
                let known = self.units.get(unit.as_ref()).copied();
                let place = known.unwrap_or_else(|| {
                    let place = self.units.len();
                    self.units.insert(unit.into_owned(), place);
                    place
                });
                if kept.len() <= place {
                    kept.resize(place + 1, Vec::new());
                }
                if let Some(rows) = kept.get_mut(place) {
                    rows.push(Row { order, cell, code });
                    if rows.len() > most.saturating_mul(2) + 8 {
                        first(rows, most);
                    }
                }
            }
        }
        Ok(())
    }

    pub(super) fn vectors(&self, asked: &Asked) -> Vec<Vector> {
        let most = asked.contributions_max;
        let tables = asked.tables.iter().zip(&self.kept);
        tables.flat_map(|(table, kept)| of_table(table, kept, most)).collect()
    }
}

/// Keeps the first rows of a unit's order.
fn first(rows: &mut Vec<Row>, most: usize) {
    rows.sort_unstable();
    rows.truncate(most);
}

/// A unit's order of its own rows, as good as drawn by lot, and the same on every run.
fn order(unit: &str, cell: u32, code: i64) -> u64 {
    let mut digest = Sha256::new();
    digest.update(b"fyr contribution 1");
    digest.update((unit.len() as u64).to_le_bytes());
    digest.update(unit.as_bytes());
    digest.update(cell.to_le_bytes());
    digest.update(code.to_le_bytes());
    digest
        .finalize()
        .iter()
        .take(8)
        .fold(0, |order, byte| order << 8 | u64::from(*byte))
}

/// The place of each row's value on the public list of each column; none when it is not on it.
fn places(asked: &Asked, batch: &RecordBatch) -> Result<Vec<Vec<Option<u32>>>, Refusal> {
    let mut all = Vec::with_capacity(asked.columns.len());
    for public in &asked.columns {
        let cells = Cells::of(column(batch, &public.name)?).map_err(|_| unreadable(&public.name))?;
        let place = |row: usize| cells.get(row).and_then(|cell| public.place(cell.as_ref()));
        all.push((0..batch.num_rows()).map(place).collect());
    }
    Ok(all)
}

/// The cell of a row: its places as the digits of one number.
fn cell(asked: &Asked, table: &AskedTable, places: &[Vec<Option<u32>>], row: usize) -> Option<u32> {
    let mut cell = 0_u32;
    for column in &table.by {
        let size = asked.columns.get(*column)?.values.len() as u32;
        let place = places.get(*column)?.get(row).copied().flatten()?;
        cell = cell.checked_mul(size)?.checked_add(place)?;
    }
    Some(cell)
}

/// The value of each row in whole numbers, within its bounds; none where it is missing.
fn codes(table: &AskedTable, batch: &RecordBatch) -> Result<Vec<Option<i64>>, Refusal> {
    let Some(name) = &table.value else {
        return Ok(vec![Some(0); batch.num_rows()]);
    };
    let array = numbers(column(batch, name)?, name)?;
    let values = array.as_primitive::<Float64Type>();
    let code = |value: Option<f64>| {
        let value = value.filter(|value| !value.is_nan())?;
        Some(match &table.question {
            Question::Count => 0,
            Question::Sum { low, high, step } | Question::Mean { low, high, step } => {
                // A cast of a number beyond all whole ones stops at their ends.
                ((value / step).round() as i64).clamp(*low, *high)
            }
            Question::Histogram { edges } | Question::Quantile { edges, .. } => {
                let inner = edges.get(1..edges.len().saturating_sub(1)).unwrap_or_default();
                inner.partition_point(|edge| *edge <= value) as i64
            }
        })
    };
    Ok((0..values.len())
        .map(|row| code((!values.is_null(row)).then(|| values.value(row))))
        .collect())
}

/// The vectors of a table, and what one unit changes in each: rows that count times what a row changes. That bounds the sum of the absolute
/// changes, and since all rows may fall in one cell it is also the best bound on the root of the sum of squares.
fn of_table(table: &AskedTable, kept: &[Vec<Row>], most: u32) -> Vec<Vector> {
    let (reach, costs) = (table.question.reach(), table.costs());
    let mut sums: Vec<Vec<i128>> = reach.iter().map(|_| vec![0; table.cells * table.question.width()]).collect();
    for rows in kept {
        let mut rows = rows.clone();
        first(&mut rows, most as usize);
        for row in rows {
            add(table, row, &mut sums);
        }
    }
    let vector = |((sums, reach), cost): ((Vec<i128>, u64), _)| Vector {
        // Stopping at the ends of the whole numbers brings two neighbours no further apart.
        values: sums
            .into_iter()
            .map(|sum| sum.clamp(i64::MIN.into(), i64::MAX.into()) as i64)
            .collect(),
        sensitivity: reach.saturating_mul(u64::from(most)),
        cost,
    };
    sums.into_iter().zip(reach).zip(costs).map(vector).collect()
}

/// What a row brings to each vector.
fn add(table: &AskedTable, row: Row, sums: &mut [Vec<i128>]) {
    let cell = row.cell as usize;
    let (at, brought): (usize, [i64; 2]) = match &table.question {
        Question::Count => (cell, [1, 0]),
        Question::Sum { .. } => (cell, [row.code, 0]),
        Question::Mean { low, high, .. } => (cell, [row.code - Question::centre(*low, *high), 1]),
        Question::Histogram { .. } | Question::Quantile { .. } => (cell * table.question.width() + row.code as usize, [1, 0]),
    };
    for (sum, brought) in sums.iter_mut().zip(brought) {
        if let Some(slot) = sum.get_mut(at) {
            *slot += i128::from(brought);
        }
    }
}
