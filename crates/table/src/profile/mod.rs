//! The profile of a table while it goes by: one pass, bounded memory, parts that merge.
//!
//! In: Arrow arrays in file order, from whoever reads them: the CSV reader while they are in its cache, or a pass over Parquet. Out: a state
//! that is stored, merged and compared without the data, and from it the profile that a reader may see. A [`ColumnProfiler`] knows one
//! column and may run on a thread of its own; a [`RowProfiler`] takes what needs whole rows; a [`TableProfiler`] holds both.
//!
//! Every value is counted while a column has at most 100,000 different ones (of more than sixty columns, each its share of six million): then
//! all figures are exact. Past that a buffer of 8,192 values is sorted and its runs of equal values feed HyperLogLog, a thousand counters and
//! a compacting rank sketch, while counts, bounds, sums and moments stay exact. The state holds values and hashes of values: it is private.
//! What leaves passes [`crate::Exposure`] (H33).

mod column;
mod counts;
mod drift;
mod drift_findings;
mod facts;
mod file;
mod hash;
mod heavy;
mod hyperloglog;
mod moments;
mod near;
mod numbers;
mod order;
mod packed;
mod pairs;
mod parts;
mod places;
mod project;
mod ranks;
mod rows;
mod sample;
mod scan;
mod series;
mod shape;
mod show;
mod table;
mod texts;
mod words;

#[cfg(test)]
mod tests;

use arrow::array::RecordBatch;
use arrow::datatypes::Schema;
use fyr_model::table::Column;
use serde::{Deserialize, Serialize};

pub use column::ColumnProfiler;
pub use drift::drift;
pub use drift_findings::drift_findings;
pub use rows::RowProfiler;

pub(crate) use facts::Facts;
pub(crate) use hash::RowLanes;
pub(crate) use parts::{Assembly, pieces};
pub(crate) use project::{Fences, Told, column as project_column, known};
pub(crate) use rows::{RowJoin, RowPart, STORED_MAX, cells};
pub(crate) use sample::HandSample;
pub(crate) use table::project as project_table;

/// The profiler of a whole table.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TableProfiler {
    /// The columns, in the order of the table.
    pub columns: Vec<ColumnProfiler>,
    /// What needs whole rows.
    pub rows: RowProfiler,
}

impl TableProfiler {
    /// A profiler for batches of this schema; nothing when the columns are not those of the schema, in its order.
    pub fn new(columns: &[Column], schema: &Schema) -> Option<Self> {
        let fields = schema.fields();
        let same = fields.len() == columns.len() && fields.iter().zip(columns).all(|(field, column)| *field.name() == column.name);
        same.then(|| Self {
            columns: fields
                .iter()
                .zip(columns)
                .map(|(field, column)| ColumnProfiler::new(column, field.data_type(), columns.len()))
                .collect(),
            rows: RowProfiler::default(),
        })
    }

    /// A profiler from parts that saw the same rows on different hands.
    pub fn of(columns: Vec<ColumnProfiler>, rows: RowProfiler) -> Self {
        Self { columns, rows }
    }

    /// Looks at the next rows; false when the batch is not of the schema.
    #[must_use]
    pub fn see(&mut self, batch: &RecordBatch) -> bool {
        batch.num_columns() == self.columns.len()
            && self
                .columns
                .iter_mut()
                .zip(batch.columns())
                .all(|(column, array)| column.see(array))
            && self.rows.see(batch)
    }

    /// Joins the profiler of the rows that follow; false when it is of another table.
    #[must_use]
    pub fn merge(&mut self, other: Self) -> bool {
        let same = self.columns.len() == other.columns.len()
            && self
                .columns
                .iter_mut()
                .zip(other.columns)
                .all(|(own, new)| own.name == new.name && own.merge(new));
        self.rows.merge(other.rows);
        same
    }

    /// The sampled rows, column by column.
    pub(crate) fn sampled(&self) -> Vec<&[Option<i64>]> {
        self.rows.sample.columns.iter().map(|keys| keys.0.as_slice()).collect()
    }

    /// Works off what is buffered.
    pub fn settle(&mut self) {
        self.columns.iter_mut().for_each(ColumnProfiler::settle);
    }
}
