//! What the published equations of a table give away exactly: Gaussian elimination modulo a prime.
//!
//! In: equations over hidden cells. Out: the cells, or the groups of cells, whose value or sum follows from what is published. Arithmetic is
//! exact: a cell that follows over the rationals follows modulo a prime of 61 bits too, but for primes that divide a minor of the system.
//!
//! Source: Langsrud, Secondary cell suppression by Gaussian elimination (2024).

use std::collections::{BTreeMap, BTreeSet, HashMap};

const PRIME: u64 = (1 << 61) - 1;

/// One equation: hidden cells and their factors.
pub(crate) type Equation = Vec<(usize, i8)>;

type Sparse = BTreeMap<usize, u64>;

fn times(a: u64, b: u64) -> u64 {
    ((u128::from(a) * u128::from(b)) % u128::from(PRIME)) as u64
}

fn minus(a: u64, b: u64) -> u64 {
    if a >= b { a - b } else { a + PRIME - b }
}

fn inverse(a: u64) -> u64 {
    let (mut power, mut left, mut result) = (a, PRIME - 2, 1);
    while left > 0 {
        if left & 1 == 1 {
            result = times(result, power);
        }
        power = times(power, power);
        left >>= 1;
    }
    result
}

/// Cells whose value follows exactly from `equations`; the cells in `known` count as published.
pub(crate) fn exposed(equations: &[Equation], known: &BTreeSet<usize>) -> BTreeSet<usize> {
    let rows = equations.iter().map(|row| sparse(row, |cell| !known.contains(&cell), |cell| cell));
    let reduced = reduce(rows.collect());
    reduced
        .iter()
        .filter(|row| row.len() == 1)
        .flat_map(|row| row.keys().copied())
        .collect()
}

/// Whether a combination of cells of `group` alone follows from what is published: then its members' only contributor is told. `equations` are
/// whole, `hidden` are the cells that are not published. That a hidden total is the sum of its hidden parts tells nothing of them.
pub(crate) fn told(equations: &[Equation], hidden: &BTreeSet<usize>, group: &BTreeSet<usize>) -> bool {
    // The group's cells come after all other hidden ones and published ones last, so that a row led by one of the group holds besides it only
    // cells of the group and published ones. What is known among published ones alone is taken out of it by the reduction.
    const LAST: usize = 1 << 40;
    let place = |cell: usize| match (group.contains(&cell), hidden.contains(&cell)) {
        (true, _) => cell + LAST,
        (false, true) => cell,
        (false, false) => cell + 2 * LAST,
    };
    let rows = equations.iter().map(|row| sparse(row, |_| true, place));
    let reduced = reduce(rows.collect());
    let ends = |row: &Sparse| Some((*row.keys().next()?, *row.keys().next_back()?));
    reduced
        .iter()
        .filter_map(ends)
        .any(|(first, last)| (LAST..2 * LAST).contains(&first) && last >= 2 * LAST)
}

fn sparse(row: &Equation, kept: impl Fn(usize) -> bool, place: impl Fn(usize) -> usize) -> Sparse {
    let factor = |factor: i8| {
        if factor < 0 {
            PRIME - u64::from(factor.unsigned_abs())
        } else {
            factor as u64
        }
    };
    row.iter()
        .filter(|(cell, _)| kept(*cell))
        .map(|(cell, f)| (place(*cell), factor(*f)))
        .collect()
}

/// The reduced echelon form: each row leads with one at a place where no other row has anything.
fn reduce(rows: Vec<Sparse>) -> Vec<Sparse> {
    let mut leads: BTreeMap<usize, Sparse> = BTreeMap::new();
    let mut rows = rows;
    rows.sort_by_key(|row| (row.len(), row.keys().next().copied()));
    for mut row in rows {
        while let Some((lead, factor)) = row.first_key_value().map(|(lead, factor)| (*lead, *factor)) {
            match leads.get(&lead) {
                Some(pivot) => subtract(&mut row, pivot, factor),
                None => {
                    let by = inverse(factor);
                    for value in row.values_mut() {
                        *value = times(*value, by);
                    }
                    leads.insert(lead, row);
                    break;
                }
            }
        }
    }
    // From the last lead to the first: what stands below is reduced already.
    let order: Vec<usize> = leads.keys().rev().copied().collect();
    let mut done: HashMap<usize, Sparse> = HashMap::new();
    for lead in order {
        let Some(mut row) = leads.remove(&lead) else { continue };
        let others: Vec<(usize, u64)> = row.iter().skip(1).map(|(place, factor)| (*place, *factor)).collect();
        for (place, factor) in others {
            if let Some(pivot) = done.get(&place) {
                subtract(&mut row, pivot, factor);
            }
        }
        done.insert(lead, row);
    }
    let mut reduced: Vec<Sparse> = done.into_values().collect();
    reduced.sort_by_key(|row| row.keys().next().copied());
    reduced
}

/// Unknowns and their factors modulo the prime.
pub(crate) type Row = Sparse;

/// Equations in echelon form, one after the other: each leads at a place of its own.
#[derive(Debug, Default)]
pub(crate) struct Echelon {
    leads: BTreeMap<usize, Sparse>,
}

impl Echelon {
    /// A factor below zero.
    pub(crate) fn negative(factor: u64) -> u64 {
        minus(0, factor % PRIME)
    }

    /// Takes in an equation; nothing when it takes more than what is left of `steps`.
    pub(crate) fn add(&mut self, row: Row, steps: &mut u64) -> Option<()> {
        let mut row = self.rest(row, steps)?;
        if let Some((lead, factor)) = row.first_key_value().map(|(lead, factor)| (*lead, *factor)) {
            let by = inverse(factor);
            for value in row.values_mut() {
                *value = times(*value, by);
            }
            self.leads.insert(lead, row);
        }
        Some(())
    }

    /// Whether an equation follows from those taken in.
    pub(crate) fn holds(&self, row: &Row, steps: &mut u64) -> Option<bool> {
        self.rest(row.clone(), steps).map(|rest| rest.is_empty())
    }

    /// What is left of a row when the equations are taken from it from its first place on, until none leads where it does.
    fn rest(&self, mut row: Row, steps: &mut u64) -> Option<Row> {
        while let Some((lead, factor)) = row.first_key_value().map(|(lead, factor)| (*lead, *factor)) {
            let Some(pivot) = self.leads.get(&lead) else { break };
            *steps = steps.checked_sub(pivot.len() as u64)?;
            subtract(&mut row, pivot, factor);
        }
        Some(row)
    }
}

fn subtract(row: &mut Sparse, pivot: &Sparse, factor: u64) {
    for (place, value) in pivot {
        let slot = row.entry(*place).or_insert(0);
        *slot = minus(*slot, times(*value, factor));
        if *slot == 0 {
            row.remove(place);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(cells: &[usize]) -> BTreeSet<usize> {
        cells.iter().copied().collect()
    }

    #[test]
    fn a_square_of_four_hides_each_and_a_missing_corner_tells_all() {
        let square = [
            vec![(0, -1), (1, -1)],
            vec![(2, -1), (3, -1)],
            vec![(0, -1), (2, -1)],
            vec![(1, -1), (3, -1)],
        ];
        assert_eq!(exposed(&square, &set(&[])), set(&[]));
        assert_eq!(exposed(&square, &set(&[3])), set(&[0, 1, 2]));
    }

    #[test]
    fn two_cells_of_one_contributor_in_a_row_of_their_own_are_told() {
        let rows = [vec![(0, 1), (1, 1), (8, -1)], vec![(2, 1), (3, 1), (9, -1)]];
        let hidden = set(&[0, 1, 2, 3]);
        assert!(told(&rows, &hidden, &set(&[0, 1])));
        assert!(!told(&rows, &hidden, &set(&[0, 2])));
    }

    #[test]
    fn a_hidden_total_of_hidden_parts_tells_nothing_though_all_are_of_one_contributor() {
        let rows = [vec![(0, 1), (1, 1), (2, -1)], vec![(2, 1), (3, 1), (9, -1)]];
        assert!(!told(&rows, &set(&[0, 1, 2, 3]), &set(&[0, 1, 2])));
        assert!(told(&rows, &set(&[0, 1, 2]), &set(&[0, 1, 2])));
        // Published cells that add up among themselves are no news of the group.
        let rows = [
            vec![(0, 1), (1, 1), (2, -1), (7, 1), (8, 1), (9, -1)],
            vec![(7, 1), (8, 1), (9, -1)],
        ];
        assert!(!told(&rows, &set(&[0, 1, 2]), &set(&[0, 1, 2])));
    }
}
