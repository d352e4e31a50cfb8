//! A hierarchy for a column as it stands, to be looked at, changed and named in a policy as a file.
//!
//! In: rows in batches, and a built-in name or the text of a hierarchy file. Out: one line a value, from the value to one for all, and how large
//! the groups of each level are. Missing values have no line: they keep a leaf of their own, whatever the file says.

use arrow::array::RecordBatch;
use fyr_model::finding::Refusal;

use super::{Hierarchy, Leaves, build, refusal};
use crate::plan::Intake;

/// Takes in a column, then drafts its hierarchy.
#[derive(Debug)]
pub struct Drafter {
    column: String,
    intake: Intake,
}

/// A hierarchy as a file would have it.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// From the value itself to one for all.
    pub levels: Vec<DraftLevel>,
    /// Rows without a value.
    pub missing: u64,
    /// The lines of the file, without line ends.
    pub lines: Vec<String>,
}

/// One level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DraftLevel {
    /// Different groups, that of missing values not counted.
    pub groups: u64,
    /// Rows in the smallest.
    pub smallest: u64,
}

impl Drafter {
    /// A drafter for a column.
    pub fn new(column: &str) -> Self {
        Self {
            column: column.to_owned(),
            intake: Intake::new(&[column.to_owned()], &[], false),
        }
    }

    /// Takes in rows.
    ///
    /// # Errors
    /// `column-absent`, `column-type`, `too-many-values`.
    pub fn take(&mut self, batch: &RecordBatch) -> Result<(), Refusal> {
        self.intake.take(batch)
    }

    /// The hierarchy: built in under the name `word`, or that of `text`. Open bands hold at least `k` rows.
    ///
    /// # Errors
    /// `hierarchy-*`; `hierarchy-line` for values that a line of a file cannot hold.
    pub fn draft(self, word: &str, text: Option<&str>, k: u64) -> Result<Draft, Refusal> {
        let (leaves, _) = self.intake.leaves(0, false);
        let hierarchy = build(&self.column, Some(word), text, &leaves, k)?;
        let broken = leaves.values.iter().flatten().filter(|value| value.contains(['\n', '\r'])).count();
        if broken > 0 {
            return Err(refusal(
                "hierarchy-line",
                &self.column,
                format!("{broken} olika värden har radbrott, som en hierarkifil inte kan ha"),
                format!("{broken} different values have line breaks, which a hierarchy file cannot have"),
            ));
        }
        let missing = leaves.values.iter().zip(&leaves.counts).filter(|(value, _)| value.is_none());
        Ok(Draft {
            levels: (0..hierarchy.height()).map(|level| of_level(&hierarchy, level, &leaves)).collect(),
            missing: missing.map(|(_, count)| count).sum(),
            lines: lines(&hierarchy, &leaves),
        })
    }
}

fn of_level(hierarchy: &Hierarchy, level: usize, leaves: &Leaves) -> DraftLevel {
    let labels = hierarchy.levels.get(level).map(|level| level.labels.as_slice()).unwrap_or_default();
    let counts = hierarchy.counts(level, &leaves.counts);
    let groups = labels.iter().zip(counts).filter(|(label, _)| label.is_some());
    let sizes: Vec<u64> = groups.map(|(_, count)| count).collect();
    DraftLevel {
        groups: sizes.len() as u64,
        smallest: sizes.into_iter().min().unwrap_or(0),
    }
}

/// A line a value; numbers in their order, other values in that of their letters.
fn lines(hierarchy: &Hierarchy, leaves: &Leaves) -> Vec<String> {
    let mut rows: Vec<(Option<f64>, String)> = Vec::new();
    for (leaf, value) in leaves.values.iter().enumerate() {
        let Some(value) = value else { continue };
        let label = |level: &super::Level| {
            let code = level.codes.get(leaf)?;
            level.labels.get(*code as usize).cloned().flatten()
        };
        let cells: Vec<String> = hierarchy
            .levels
            .iter()
            .map(|level| quoted(&label(level).unwrap_or_default()))
            .collect();
        rows.push((value.parse().ok(), cells.join(";")));
    }
    if rows.iter().all(|(number, _)| number.is_some()) {
        rows.sort_by(|(a, _), (b, _)| a.unwrap_or(0.0).total_cmp(&b.unwrap_or(0.0)));
    }
    rows.into_iter().map(|(_, line)| line).collect()
}

fn quoted(cell: &str) -> String {
    if cell.contains([';', '"']) || cell.is_empty() || cell.trim().len() < cell.len() {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}
