//! What follows exactly: elimination over whole numbers.
//!
//! In: equations with whole factors over hidden cells. Out: the cells, or whether a group of cells, that the equations settle. Rows stay whole:
//! they are multiplied across and divided by their common factor. A number that outgrows 127 bits ends the attack.

use std::collections::{BTreeMap, BTreeSet};

type Row = BTreeMap<usize, i128>;

/// Cells that the equations settle when the numbers of `known` are known too; nothing when the arithmetic gave up.
pub(super) fn exposed(equations: &[Vec<(usize, i64)>], known: &BTreeSet<usize>) -> Option<BTreeSet<usize>> {
    let kept = |row: &Vec<(usize, i64)>| {
        row.iter()
            .filter(|(cell, _)| !known.contains(cell))
            .map(|(cell, f)| (*cell, i128::from(*f)))
            .collect()
    };
    let mut pivots = echelon(equations.iter().map(kept).collect())?;
    let leads: Vec<usize> = pivots.keys().copied().collect();
    for lead in leads.iter().rev() {
        let Some(pivot) = pivots.get(lead).cloned() else { continue };
        let above: Vec<usize> = pivots
            .range(..lead)
            .filter(|(_, row)| row.contains_key(lead))
            .map(|(at, _)| *at)
            .collect();
        for at in above {
            let row = pivots.get(&at)?;
            let cleared = cleared(row, &pivot, *lead)?;
            pivots.insert(at, cleared);
        }
    }
    Some(pivots.into_iter().filter(|(_, row)| row.len() == 1).map(|(lead, _)| lead).collect())
}

/// Whether some combination of the cells of `group` alone is settled by published numbers. `equations` speak of all cells, `published` says
/// which have a number. A hidden total is the sum of its hidden parts whatever they are: that settles nothing.
pub(super) fn told(equations: &[Vec<(usize, i64)>], published: impl Fn(usize) -> bool, group: &BTreeSet<usize>) -> Option<bool> {
    let most = equations.iter().flatten().map(|(cell, _)| *cell).max().unwrap_or(0) + 1;
    let place = |cell: usize| match (group.contains(&cell), published(cell)) {
        (true, _) => cell + most,
        (false, false) => cell,
        (false, true) => cell + 2 * most,
    };
    let moved = |row: &Vec<(usize, i64)>| row.iter().map(|(cell, f)| (place(*cell), i128::from(*f))).collect();
    let pivots = echelon(equations.iter().map(moved).collect())?;
    for (_, row) in pivots.range(most..2 * most) {
        // What follows among published numbers alone is taken out; if one is left, it settles something of the group.
        let mut rest = row.clone();
        let mut from = 2 * most;
        while let Some(next) = rest.range(from..).next().map(|(cell, _)| *cell) {
            let Some(pivot) = pivots.get(&next) else { return Some(true) };
            rest = cleared(&rest, pivot, next)?;
            from = next + 1;
        }
    }
    Some(false)
}

/// Rows by the first cell that they speak of.
fn echelon(mut rows: Vec<Row>) -> Option<BTreeMap<usize, Row>> {
    rows.sort_by_key(BTreeMap::len);
    let mut pivots: BTreeMap<usize, Row> = BTreeMap::new();
    for mut row in rows {
        while let Some(lead) = row.keys().next().copied() {
            match pivots.get(&lead) {
                Some(pivot) => row = cleared(&row, pivot, lead)?,
                None => {
                    pivots.insert(lead, row);
                    break;
                }
            }
        }
    }
    Some(pivots)
}

/// `row` without `lead`.
fn cleared(row: &Row, pivot: &Row, lead: usize) -> Option<Row> {
    let (mine, theirs) = (*row.get(&lead)?, *pivot.get(&lead)?);
    let shared = gcd(mine, theirs);
    let (by_row, by_pivot) = (theirs / shared, mine / shared);
    let mut left: Row = Row::new();
    for (cell, factor) in row {
        left.insert(*cell, factor.checked_mul(by_row)?);
    }
    for (cell, factor) in pivot {
        let slot = left.entry(*cell).or_insert(0);
        *slot = slot.checked_sub(factor.checked_mul(by_pivot)?)?;
    }
    left.retain(|_, factor| *factor != 0);
    let common = left.values().fold(0, |common, factor| gcd(common, *factor));
    if common > 1 {
        left.values_mut().for_each(|factor| *factor /= common);
    }
    Some(left)
}

fn gcd(a: i128, b: i128) -> i128 {
    let (mut a, mut b) = (a.abs(), b.abs());
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}
