//! Quasi-identifying columns as codes, and the packed tuple of a row.
//!
//! In: the different values of a column and its hierarchy. Out: a [`Quasi`] that knows the code of a value, its field in a packed tuple and the
//! tables between levels.

use std::collections::HashMap;

use arrow::array::RecordBatch;
use fyr_model::finding::{Refusal, RefusalKind};
use fyr_model::text::Text;

use super::key::{Memo, bits};
use crate::cells::Cells;
use crate::hierarchy::{Hierarchy, Leaves};

/// A quasi-identifying column: its values as codes, its hierarchy, its field in the packed tuple.
#[derive(Debug)]
pub(crate) struct Quasi {
    pub(crate) name: String,
    pub(crate) hierarchy: Hierarchy,
    /// Rows of the published table by leaf.
    pub(crate) counts: Vec<u64>,
    pub(crate) shift: u32,
    pub(crate) bits: u32,
    codes: HashMap<String, u32>,
    missing: Option<u32>,
    steps: Vec<Vec<Vec<u32>>>,
}

impl Quasi {
    pub(crate) fn new(name: &str, leaves: Leaves, hierarchy: Hierarchy) -> Self {
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
        let height = hierarchy.height();
        let to = |from: usize| {
            (0..height)
                .map(|to| if to > from { hierarchy.step(from, to) } else { Vec::new() })
                .collect()
        };
        Self {
            name: name.to_owned(),
            steps: (0..height).map(to).collect(),
            hierarchy,
            counts: leaves.counts,
            shift: 0,
            bits,
            codes,
            missing,
        }
    }

    /// The code of a value; nothing when it was not among those planned for. `recent` holds codes of the column's values.
    fn code(&self, value: Option<&str>, recent: &mut Memo) -> Option<u32> {
        let Some(value) = value else { return self.missing };
        let place = Memo::place(value);
        let guess = recent.get(place);
        let leaves = self.hierarchy.levels.first().map_or(&[][..], |level| &level.labels);
        if leaves.get(guess).is_some_and(|leaf| leaf.as_deref() == Some(value)) {
            return Some(guess as u32);
        }
        let code = self.codes.get(value).copied()?;
        recent.put(place, code);
        Some(code)
    }

    /// The code that a packed tuple holds for this column.
    pub(crate) fn field(&self, tuple: u128) -> u32 {
        super::key::Key::field(tuple, self.shift, self.bits)
    }

    /// Codes of one level to codes of a coarser one.
    pub(crate) fn step(&self, from: usize, to: usize) -> &[u32] {
        self.steps.get(from).and_then(|row| row.get(to)).map_or(&[], Vec::as_slice)
    }
}

/// The columns in the order in which they are raised to more general levels, and in which their fields lie in a tuple: the one with the most
/// values first and lowest. Then, in a list in the order of tuples, those that become equal lie close together.
pub(crate) fn order(quasi: &[Quasi]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..quasi.len()).collect();
    order.sort_by_key(|place| std::cmp::Reverse(quasi.get(*place).map_or(0, |column| column.counts.len())));
    order
}

/// Gives every column its field; the bits of all.
pub(crate) fn place(quasi: &mut [Quasi]) -> u32 {
    let mut shift = 0;
    for place in order(quasi) {
        if let Some(column) = quasi.get_mut(place) {
            column.shift = shift;
            shift += column.bits;
        }
    }
    shift
}

/// Packs the quasi-identifiers of each row of a batch, at level 0.
pub(crate) fn pack(batch: &RecordBatch, quasi: &[Quasi]) -> Result<Vec<u128>, Refusal> {
    let mut tuples = vec![0u128; batch.num_rows()];
    for column in quasi {
        let array = array_of(batch, &column.name)?;
        let cells = Cells::of(array).map_err(|_| unreadable(&column.name))?;
        let mut recent = Memo::default();
        for (row, tuple) in tuples.iter_mut().enumerate() {
            let code = column
                .code(cells.get(row).as_deref(), &mut recent)
                .ok_or_else(|| unplanned(&column.name))?;
            *tuple |= u128::from(code) << column.shift;
        }
    }
    Ok(tuples)
}

/// A packed tuple of leaves at the levels of `node`.
pub(crate) fn generalise(quasi: &[Quasi], node: &[usize], tuple: u128) -> u128 {
    quasi.iter().zip(node).fold(0, |packed, (column, level)| {
        let leaf = column.field(tuple) as usize;
        let codes = column.hierarchy.levels.get(*level).map(|l| &l.codes);
        let code = codes.and_then(|codes| codes.get(leaf)).copied().unwrap_or(0);
        packed | u128::from(code) << column.shift
    })
}

pub(crate) fn array_of<'a>(batch: &'a RecordBatch, column: &str) -> Result<&'a arrow::array::ArrayRef, Refusal> {
    batch.column_by_name(column).ok_or_else(|| {
        Refusal::new(
            "column-absent",
            RefusalKind::Configuration,
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
