//! Noised vectors as a table: every cell of the public lists, whatever the rows held.
//!
//! In: what was asked, and the vectors that came back with noise. Out: one row a number. Means and quantiles are worked out from noised whole
//! numbers only; a number is never noised as a fraction. Nothing is held back: a count below zero stays as it was drawn, since sums of cells would
//! otherwise be skewed.

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};
use fyr_model::finding::{Refusal, RefusalKind};
use fyr_model::table::{Column, ColumnType};
use fyr_model::text::Text;

use super::error::{Noise, noises};
use super::policy::{Asked, AskedTable, Question};
use crate::tables::TABLE;

/// The columns that stand beside those of `by`.
pub const RESERVED: [&str; 5] = [TABLE, "statistic", "at", "value", "error_95"];

/// The rows to be written.
#[derive(Debug)]
pub struct Published {
    /// One row a number.
    pub batch: RecordBatch,
    /// Its columns.
    pub columns: Vec<Column>,
    /// Rows of each table.
    pub cells: Vec<u64>,
}

pub(super) fn published(asked: &Asked, noised: &[Vec<i64>]) -> Result<Published, Refusal> {
    let mut vectors = noised.iter();
    let mut rows = Rows {
        labels: vec![Vec::new(); asked.columns.len()],
        ..Rows::default()
    };
    let mut cells = Vec::new();
    for (at, table) in asked.tables.iter().enumerate() {
        let size = table.cells * table.question.width();
        let own: Vec<&Vec<i64>> = vectors.by_ref().take(table.question.reach().len()).collect();
        if own.len() != table.question.reach().len() || own.iter().any(|vector| vector.len() != size) {
            return Err(foreign());
        }
        let before = rows.value.len();
        for cell in 0..table.cells {
            for (place, value, error) in answers(asked, table, &own, cell) {
                rows.push(asked, (at, table, cell), (place, value, error));
            }
        }
        cells.push((rows.value.len() - before) as u64);
    }
    if vectors.next().is_some() {
        return Err(foreign());
    }
    let (batch, columns) = rows.finish(asked)?;
    Ok(Published { batch, columns, cells })
}

/// Where, what, and how far off at most with 95 per cent.
type Answer = (Option<f64>, f64, Option<f64>);

/// The numbers of one cell.
fn answers(asked: &Asked, table: &AskedTable, vectors: &[&Vec<i64>], cell: usize) -> Vec<Answer> {
    let noises = noises(asked, table);
    let width = table.question.width();
    let of = |vector: usize, at: usize| vectors.get(vector).and_then(|vector| vector.get(at)).copied().unwrap_or(0);
    let within = noises.first().map_or(0.0, |noise| noise.within(false));
    match &table.question {
        Question::Count => vec![(None, of(0, cell) as f64, Some(within))],
        Question::Sum { step, .. } => vec![(None, of(0, cell) as f64 * step, Some(within * step))],
        Question::Mean { low, high, step } => {
            let (mean, error) = mean((of(0, cell), of(1, cell)), (*low, *high), &noises);
            vec![(None, mean * step, Some(error * step))]
        }
        Question::Histogram { edges } => (0..width)
            .map(|bin| (edges.get(bin).copied(), of(0, cell * width + bin) as f64, Some(within)))
            .collect(),
        Question::Quantile { edges, at } => {
            let counts: Vec<i64> = (0..width).map(|bin| of(0, cell * width + bin)).collect();
            at.iter().map(|q| (Some(*q), quantile(&counts, edges, *q), None)).collect()
        }
    }
}

/// A mean and how far off it is. With the true sum `S` and count `N`, counted from the centre, `s/n - S/N = ((s - S) - (s/n)(n - N)) / N`.
fn mean((sum, count): (i64, i64), (low, high): (i64, i64), noises: &[Noise]) -> (f64, f64) {
    let within = |at: usize| noises.get(at).map_or(0.0, |noise| noise.within(true));
    let count = (count as f64).max(1.0);
    let off = sum as f64 / count;
    let mean = (Question::centre(low, high) as f64 + off).clamp(low as f64, high as f64);
    let error = (within(0) + off.abs() * within(1)) / (count - within(1)).max(1.0);
    (mean, error.min((high - low) as f64))
}

/// The value below which a share `q` of the counts lies: the counts are summed up, never down, and a bin is crossed evenly. With nothing
/// counted, the middle of the edges.
fn quantile(counts: &[i64], edges: &[f64], q: f64) -> f64 {
    let mut sum = 0.0_f64;
    let mut highest = 0.0_f64;
    let mut risen = vec![0.0];
    for count in counts {
        sum += *count as f64;
        highest = highest.max(sum);
        risen.push(highest);
    }
    let target = q * highest;
    let steps = risen.iter().zip(risen.iter().skip(1)).zip(edges.iter().zip(edges.iter().skip(1)));
    for ((low, high), (from, to)) in steps {
        if *high > *low && *high >= target {
            return from + (to - from) * (target - low) / (high - low);
        }
    }
    let ends = edges.first().zip(edges.last());
    ends.map_or(0.0, |(first, last)| first + (last - first) / 2.0)
}

/// The rows while they are made.
#[derive(Debug, Default)]
struct Rows {
    table: Vec<i64>,
    labels: Vec<Vec<Option<String>>>,
    statistic: Vec<&'static str>,
    at: Vec<Option<f64>>,
    value: Vec<f64>,
    error: Vec<Option<f64>>,
}

impl Rows {
    fn push(&mut self, asked: &Asked, (at, table, cell): (usize, &AskedTable, usize), (place, value, error): Answer) {
        self.table.push(at as i64 + 1);
        let mut digits = vec![None; asked.columns.len()];
        let mut left = cell;
        for column in table.by.iter().rev() {
            let Some(public) = asked.columns.get(*column) else { continue };
            let size = public.values.len().max(1);
            if let Some(slot) = digits.get_mut(*column) {
                *slot = public.values.get(left % size).cloned();
            }
            left /= size;
        }
        for (labels, label) in self.labels.iter_mut().zip(digits) {
            labels.push(label);
        }
        self.statistic.push(table.question.word());
        self.at.push(place);
        self.value.push(value);
        self.error.push(error);
    }

    fn finish(self, asked: &Asked) -> Result<(RecordBatch, Vec<Column>), Refusal> {
        let mut columns = Vec::new();
        let mut arrays: Vec<(String, ArrayRef, bool)> = Vec::new();
        let mut add = |name: &str, kind: ColumnType, array: ArrayRef| {
            columns.push(Column {
                name: name.to_owned(),
                header: name.to_owned(),
                kind,
                semantic: None,
                description: None,
                unit: None,
            });
            arrays.push((name.to_owned(), array, true));
        };
        if asked.tables.len() > 1 {
            add(TABLE, ColumnType::Integer, Arc::new(Int64Array::from(self.table)));
        }
        for (public, labels) in asked.columns.iter().zip(self.labels) {
            add(&public.name, ColumnType::Text, Arc::new(StringArray::from(labels)));
        }
        add("statistic", ColumnType::Text, Arc::new(StringArray::from(self.statistic)));
        if self.at.iter().any(Option::is_some) {
            add("at", ColumnType::Number, Arc::new(Float64Array::from(self.at)));
        }
        add("value", ColumnType::Number, Arc::new(Float64Array::from(self.value)));
        add("error_95", ColumnType::Number, Arc::new(Float64Array::from(self.error)));
        let batch = RecordBatch::try_from_iter_with_nullable(arrays).map_err(|_| foreign())?;
        Ok((batch, columns))
    }
}

/// Vectors that are not those that were asked for: the stored answer of another program, or a fault of ours.
fn foreign() -> Refusal {
    let message = Text::new(
        "det brusade svaret hör inte till de här tabellerna",
        "the noised answer does not belong to these tables",
    );
    Refusal::new("dp-answer", RefusalKind::Internal, "ledger", message)
}
