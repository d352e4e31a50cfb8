//! The mentions of a column: counts by kind and list, and the codes that are most common. Codes are of public lists, never a cell's text.

use std::collections::BTreeMap;

use arrow::array::{Array as _, ArrayRef};

use super::{EntityKind, List, tagged};
use crate::cells::{Cells, is_text};

/// Codes that are told of a column and kind.
const CODES: usize = 20;
/// Different codes that are counted; a column of days can have more.
const COUNTED: usize = 4_096;

/// What a column mentions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntityFinding {
    /// The kind.
    pub kind: EntityKind,
    /// The list that the codes stand in.
    pub list: List,
    /// Mentions in all.
    pub matches: u64,
    /// Rows with one or more.
    pub rows: u64,
    /// Different codes, counted up to a bound.
    pub different: u64,
    /// The most common codes with their rows, at most twenty.
    pub codes: Vec<(String, u64)>,
}

#[derive(Debug, Default)]
struct Counted {
    matches: u64,
    rows: u64,
    codes: BTreeMap<String, u64>,
}

/// Counts the mentions of one column, fed array by array.
#[derive(Debug, Default)]
pub struct EntityColumn {
    counted: BTreeMap<(EntityKind, List), Counted>,
}

impl EntityColumn {
    /// Takes the next cells; what is not text mentions nothing.
    pub fn observe(&mut self, array: &ArrayRef) {
        if !is_text(array.data_type()) {
            return;
        }
        let Ok(cells) = Cells::of(array) else { return };
        for row in 0..array.len() {
            let Some(text) = cells.get(row) else { continue };
            let mut seen = Vec::new();
            for entity in tagged(&text) {
                let key = (entity.kind, entity.list);
                let counted = self.counted.entry(key).or_default();
                counted.matches += 1;
                if !seen.contains(&key) {
                    counted.rows += 1;
                    seen.push(key);
                }
                if counted.codes.len() < COUNTED || counted.codes.contains_key(&entity.code) {
                    *counted.codes.entry(entity.code).or_default() += 1;
                }
            }
        }
    }

    /// What was counted, by kind and list.
    pub fn finish(self) -> Vec<EntityFinding> {
        let told = |((kind, list), counted): ((EntityKind, List), Counted)| {
            let mut codes: Vec<(String, u64)> = counted.codes.into_iter().collect();
            let different = codes.len() as u64;
            codes.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
            codes.truncate(CODES);
            EntityFinding {
                kind,
                list,
                matches: counted.matches,
                rows: counted.rows,
                different,
                codes,
            }
        };
        self.counted.into_iter().map(told).collect()
    }
}
