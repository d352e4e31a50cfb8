//! Special uniques: rows that stand alone on a few columns already.
//!
//! In: the different combinations of quasi-identifiers with their counts. Out: how many rows are alone on one, two or three columns, and how
//! often each column takes part. Such a row is easier to find than one that is alone on all columns together, in the population too.
//!
//! Source: Elliot, Manning and Ford, A computational algorithm for handling the special uniques problem (2002): minimal sample uniques.

use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Columns of the largest set that is looked at.
pub const SET_MAX: usize = 3;
/// Sets of columns that are looked at in all: beyond it only smaller sets are.
const SETS_MAX: usize = 1_500;
/// Combinations that are looked at in all, set by set.
const LOOKS_MAX: usize = 40_000_000;

/// What was found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SpecialUniques {
    /// Columns of the largest sets that were looked at.
    pub columns_max: usize,
    /// Rows by the size of the smallest set of columns that they are alone on.
    pub rows: BTreeMap<usize, u64>,
    /// How many minimal sets each column takes part in, over all rows.
    pub columns: Vec<u64>,
}

/// Rows alone on few columns. A tuple holds one code a column and how many rows it stands for.
pub(super) fn special_uniques(tuples: &[(Vec<u32>, u64)]) -> SpecialUniques {
    let width = tuples.first().map_or(0, |(codes, _)| codes.len());
    let mut found = SpecialUniques {
        columns: vec![0; width],
        ..SpecialUniques::default()
    };
    // Per row that is alone somewhere, the minimal sets so far.
    let mut minimal: HashMap<usize, Vec<BTreeSet<usize>>> = HashMap::new();
    let mut sets: Vec<BTreeSet<usize>> = (0..width).map(|column| BTreeSet::from([column])).collect();
    for size in 1..=SET_MAX.min(width) {
        if sets.len() > SETS_MAX || sets.len().saturating_mul(tuples.len()) > LOOKS_MAX {
            break;
        }
        found.columns_max = size;
        for set in &sets {
            for row in alone(tuples, set) {
                let known = minimal.entry(row).or_default();
                if known.iter().any(|smaller| smaller.is_subset(set)) {
                    continue;
                }
                if known.is_empty() {
                    *found.rows.entry(size).or_insert(0) += 1;
                }
                known.push(set.clone());
                for column in set {
                    if let Some(count) = found.columns.get_mut(*column) {
                        *count += 1;
                    }
                }
            }
        }
        sets = larger(&sets, width);
    }
    found
}

/// Tuples of one row that no other row equals on `set`.
fn alone(tuples: &[(Vec<u32>, u64)], set: &BTreeSet<usize>) -> Vec<usize> {
    let mut groups: HashMap<Vec<u32>, (u64, usize)> = HashMap::new();
    for (at, (codes, count)) in tuples.iter().enumerate() {
        let key = set.iter().map(|column| codes.get(*column).copied().unwrap_or(0)).collect();
        let group = groups.entry(key).or_insert((0, at));
        group.0 += count;
    }
    let mut rows: Vec<usize> = groups.into_values().filter(|(count, _)| *count == 1).map(|(_, at)| at).collect();
    rows.sort_unstable();
    rows
}

/// Every set with one column more, once.
fn larger(sets: &[BTreeSet<usize>], width: usize) -> Vec<BTreeSet<usize>> {
    let grown = |set: &BTreeSet<usize>| {
        let from = set.last().map_or(0, |last| last + 1);
        (from..width)
            .map(|column| set.iter().copied().chain([column]).collect())
            .collect::<Vec<_>>()
    };
    sets.iter().flat_map(grown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_sets_are_found_and_larger_ones_that_hold_them_are_not_counted() {
        // The third row is alone on its first column; the first two are alone on the pair only.
        let tuples = [(vec![0, 0, 5], 1), (vec![0, 1, 5], 1), (vec![1, 0, 5], 1), (vec![2, 1, 5], 4)];
        let found = special_uniques(&tuples);
        assert_eq!(found.rows, BTreeMap::from([(1, 1), (2, 2)]));
        assert_eq!(found.columns, [3, 2, 0]);
        assert_eq!(found.columns_max, 3);
    }

    #[test]
    fn equal_rows_are_never_alone_and_nothing_has_an_answer() {
        assert!(special_uniques(&[(vec![0, 0], 2), (vec![1, 1], 3)]).rows.is_empty());
        assert_eq!(special_uniques(&[]), SpecialUniques::default());
    }
}
