//! Distinct tuples of quasi-identifiers with their counts: all that the search sees (`privacy.md` 2.6, steps 1-3).
//!
//! In: batches and hierarchies. Out: packed tuples, one field of bits per column. The cost of the search follows the different tuples,
//! not the rows.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use arrow::array::{Array, RecordBatch};
use fyr_model::finding::{Refusal, RefusalKind};
use fyr_model::text::Text;

use crate::cells::Cells;
use crate::hierarchy::{Hierarchy, Leaves};

/// A hasher for packed tuples: two multiplications. Keys are codes of our own, no outsider chooses them.
#[derive(Default)]
pub(crate) struct TupleHasher(u64);

impl Hasher for TupleHasher {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.mix(u64::from(*byte));
        }
    }
    fn write_u64(&mut self, value: u64) {
        self.mix(value);
    }
    fn write_u128(&mut self, value: u128) {
        self.mix(value as u64);
        self.mix((value >> 64) as u64);
    }
}

impl TupleHasher {
    fn mix(&mut self, value: u64) {
        let mixed = (self.0 ^ value).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = mixed ^ (mixed >> 29);
    }
}

pub(crate) type TupleMap<V> = HashMap<u128, V, BuildHasherDefault<TupleHasher>>;

/// A quasi-identifying column: its values as codes, its hierarchy, its field in the packed tuple.
#[derive(Debug)]
pub(crate) struct Quasi {
    pub(crate) name: String,
    pub(crate) hierarchy: Hierarchy,
    pub(crate) counts: Vec<u64>,
    pub(crate) shift: u32,
    pub(crate) mask: u128,
    codes: HashMap<String, u32>,
    missing: Option<u32>,
}

impl Quasi {
    pub(crate) fn new(name: &str, leaves: Leaves, hierarchy: Hierarchy, shift: u32) -> Self {
        let bits = bits(leaves.values.len());
        let mut codes = HashMap::new();
        let mut missing = None;
        for (code, value) in leaves.values.into_iter().enumerate() {
            match value {
                Some(value) => {
                    codes.insert(value, code as u32);
                }
                None => missing = Some(code as u32),
            }
        }
        Self {
            name: name.to_owned(),
            hierarchy,
            counts: leaves.counts,
            shift,
            mask: (1u128 << bits) - 1,
            codes,
            missing,
        }
    }

    /// The code of a value; nothing when it was not among those planned for.
    pub(crate) fn code(&self, value: Option<&str>) -> Option<u32> {
        match value {
            Some(value) => self.codes.get(value).copied(),
            None => self.missing,
        }
    }

    /// The code that a packed tuple holds for this column.
    pub(crate) fn field(&self, tuple: u128) -> u32 {
        ((tuple >> self.shift) & self.mask) as u32
    }
}

/// Bits that `values` codes need.
pub(crate) fn bits(values: usize) -> u32 {
    usize::BITS - values.saturating_sub(1).leading_zeros()
}

/// The different values of a column over all batches, in order, the missing one last.
pub(crate) fn leaves(batches: &[RecordBatch], column: &str) -> Result<Leaves, Refusal> {
    let mut counts: HashMap<String, u64> = HashMap::new();
    let mut missing = 0u64;
    for batch in batches {
        let array = array_of(batch, column)?;
        let cells = Cells::of(array).map_err(|_| unreadable(column))?;
        for row in 0..array.len() {
            match cells.get(row) {
                None => missing += 1,
                Some(text) => match counts.get_mut(text.as_ref()) {
                    Some(count) => *count += 1,
                    None => {
                        counts.insert(text.into_owned(), 1);
                    }
                },
            }
        }
    }
    let mut values: Vec<(String, u64)> = counts.into_iter().collect();
    values.sort_unstable();
    let missing = (missing > 0).then_some((None, missing));
    let (values, counts) = values.into_iter().map(|(value, count)| (Some(value), count)).chain(missing).unzip();
    Ok(Leaves { values, counts })
}

/// Packs the quasi-identifiers of each row of a batch, at level 0.
pub(crate) fn pack(batch: &RecordBatch, quasi: &[Quasi]) -> Result<Vec<u128>, Refusal> {
    let mut tuples = vec![0u128; batch.num_rows()];
    for column in quasi {
        let array = array_of(batch, &column.name)?;
        let cells = Cells::of(array).map_err(|_| unreadable(&column.name))?;
        for (row, tuple) in tuples.iter_mut().enumerate() {
            let code = column.code(cells.get(row).as_deref()).ok_or_else(|| unplanned(&column.name))?;
            *tuple |= u128::from(code) << column.shift;
        }
    }
    Ok(tuples)
}

/// Collapses batches to distinct tuples with their counts, in order.
pub(crate) fn collapse(batches: &[RecordBatch], quasi: &[Quasi]) -> Result<Vec<(u128, u64)>, Refusal> {
    let mut counts: TupleMap<u64> = TupleMap::default();
    for batch in batches {
        for tuple in pack(batch, quasi)? {
            *counts.entry(tuple).or_insert(0) += 1;
        }
    }
    let mut tuples: Vec<(u128, u64)> = counts.into_iter().collect();
    tuples.sort_unstable();
    Ok(tuples)
}

pub(crate) fn array_of<'a>(batch: &'a RecordBatch, column: &str) -> Result<&'a arrow::array::ArrayRef, Refusal> {
    batch.column_by_name(column).ok_or_else(|| {
        Refusal::new(
            "column-absent",
            RefusalKind::Internal,
            column,
            Text::new(
                format!("tabellen saknar kolumnen `{column}`"),
                format!("the table has no column `{column}`"),
            ),
        )
    })
}

pub(crate) fn unreadable(column: &str) -> Refusal {
    Refusal::new(
        "column-type",
        RefusalKind::Configuration,
        column,
        Text::new(
            format!("kolumnen `{column}` har en typ som inte kan skyddas"),
            format!("column `{column}` has a type that cannot be protected"),
        ),
    )
    .hint(Text::new(
        "ge kolumnen rollen identifier, så tas den bort",
        "give the column the role identifier, which removes it",
    ))
}

fn unplanned(column: &str) -> Refusal {
    Refusal::new(
        "plan-mismatch",
        RefusalKind::Internal,
        column,
        Text::new(
            format!("kolumnen `{column}` har ett värde som planen inte har sett"),
            format!("column `{column}` holds a value that the plan has not seen"),
        ),
    )
}
