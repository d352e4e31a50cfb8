//! What a table costs while its classes are being cut: the sums that the loss asks for, changed by one cut at a time.

use std::collections::HashMap;

use super::ground::Ground;
use super::{Piece, Shown};
use crate::plan::evaluate::Problem;
use crate::plan::key::Key;
use crate::plan::loss::{Cost, Sums};

/// The sums of a table in classes.
#[derive(Debug, Clone)]
pub(super) struct Standing {
    /// Per column, the sum over all rows; suppressed ones at the levels of the search's answer.
    bases: Vec<f64>,
    /// Per column, what suppressed rows add.
    extras: Vec<f64>,
    sums: Sums,
    kept_rows: u64,
    /// Suppressed rows by class of the search's answer.
    outliers: HashMap<u128, u64>,
}

/// What a cut changes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Change {
    pub(super) column: usize,
    pub(super) cost: f64,
    pub(super) classes: u64,
    /// Squares of the classes after and before.
    pub(super) squares: (u128, u128),
}

impl Standing {
    /// The table at the levels of `node`, with these classes and the rest suppressed.
    pub(super) fn new<K: Key>(ground: &Ground<'_, '_, K>, kept: &[Piece], suppressed: &[u32]) -> Self {
        let mut outliers = HashMap::new();
        for atom in suppressed {
            *outliers.entry(ground.at_node(*atom).wide()).or_insert(0) += ground.atoms.rows_of(*atom);
        }
        let squares = |rows: u64| u128::from(rows) * u128::from(rows);
        let kept_squares = kept.iter().map(|piece| squares(piece.rows)).sum::<u128>();
        let sums = Sums {
            suppressed: ground.atoms.sum(suppressed),
            kept_classes: kept.len() as u64,
            kept_squares,
            squares: kept_squares + outliers.values().map(|rows| squares(*rows)).sum::<u128>(),
            suppressed_by: suppressed_by(ground, suppressed),
            ..Sums::default()
        };
        let mut standing = Self {
            bases: ground.problem.costs.bases(ground.node),
            extras: Vec::new(),
            kept_rows: kept.iter().map(|piece| piece.rows).sum(),
            sums,
            outliers,
        };
        standing.extras = ground.problem.costs.suppression(ground.node, &standing.sums);
        standing
    }

    pub(super) fn cost<K: Key>(&self, problem: &Problem<'_, K>) -> Cost {
        let columns: Vec<f64> = self.bases.iter().zip(&self.extras).map(|(base, extra)| base + extra).collect();
        problem.costs.cost_of(&columns, &self.sums)
    }

    pub(super) fn suppressed(&self) -> u64 {
        self.sums.suppressed
    }

    pub(super) fn kept_classes(&self) -> u64 {
        self.sums.kept_classes
    }

    /// Whether the mean risk holds with so many more classes and kept rows.
    pub(super) fn holds(&self, average_risk: Option<f64>, classes: u64, rows: u64) -> bool {
        average_risk.is_none_or(|risk| (self.sums.kept_classes + classes) as f64 <= risk * (self.kept_rows + rows) as f64)
    }

    pub(super) fn apply(&mut self, change: &Change) {
        if let Some(base) = self.bases.get_mut(change.column) {
            *base += change.cost;
        }
        self.sums.kept_classes += change.classes;
        self.sums.kept_squares = self.sums.kept_squares + change.squares.0 - change.squares.1;
        self.sums.squares = self.sums.squares + change.squares.0 - change.squares.1;
    }

    /// The cost after a change that is not made.
    pub(super) fn tried<K: Key>(&mut self, problem: &Problem<'_, K>, change: &Change) -> Cost {
        let base = self.bases.get(change.column).copied();
        let (classes, kept, squares) = (self.sums.kept_classes, self.sums.kept_squares, self.sums.squares);
        self.apply(change);
        let cost = self.cost(problem);
        if let (Some(slot), Some(base)) = (self.bases.get_mut(change.column), base) {
            *slot = base;
        }
        (self.sums.kept_classes, self.sums.kept_squares, self.sums.squares) = (classes, kept, squares);
        cost
    }

    /// The cost with a class of rows that were suppressed, which is not brought back.
    pub(super) fn tried_with<K: Key>(&mut self, ground: &Ground<'_, '_, K>, piece: &Piece) -> Cost {
        let (bases, extras) = (self.bases.clone(), self.extras.clone());
        self.bring(ground, piece);
        let cost = self.cost(ground.problem);
        self.leave(ground, piece);
        (self.bases, self.extras) = (bases, extras);
        cost
    }

    /// Brings a class of suppressed rows back.
    pub(super) fn bring<K: Key>(&mut self, ground: &Ground<'_, '_, K>, piece: &Piece) {
        self.sums.suppressed -= piece.rows;
        self.sums.kept_classes += 1;
        self.kept_rows += piece.rows;
        let square = u128::from(piece.rows) * u128::from(piece.rows);
        self.sums.kept_squares += square;
        self.sums.squares += square;
        self.move_rows(ground, piece, |slot, rows| *slot -= rows);
        for (column, base) in self.bases.iter_mut().enumerate() {
            *base += worth(ground, piece, column);
        }
        self.extras = ground.problem.costs.suppression(ground.node, &self.sums);
    }

    /// Undoes [`Standing::bring`], but for the sums of fractions.
    fn leave<K: Key>(&mut self, ground: &Ground<'_, '_, K>, piece: &Piece) {
        self.sums.suppressed += piece.rows;
        self.sums.kept_classes -= 1;
        self.kept_rows -= piece.rows;
        let square = u128::from(piece.rows) * u128::from(piece.rows);
        self.sums.kept_squares -= square;
        self.sums.squares -= square;
        self.move_rows(ground, piece, |slot, rows| *slot += rows);
    }

    /// Takes the rows of a class from what is suppressed, or puts them back.
    fn move_rows<K: Key>(&mut self, ground: &Ground<'_, '_, K>, piece: &Piece, moved: impl Fn(&mut u64, u64)) {
        for atom in &piece.members {
            let rows = ground.atoms.rows_of(*atom);
            for (column, (counts, level)) in self.sums.suppressed_by.iter_mut().zip(ground.node).enumerate() {
                if let Some(slot) = counts.get_mut(ground.code(*atom, column, *level) as usize) {
                    moved(slot, rows);
                }
            }
            if let Some(class) = self.outliers.get_mut(&ground.at_node(*atom).wide()) {
                let before = u128::from(*class);
                moved(class, rows);
                self.sums.squares = self.sums.squares + u128::from(*class) * u128::from(*class) - before * before;
            }
        }
    }

    /// The sums of the columns anew, from the classes: what many small changes add up to is not exact.
    pub(super) fn recounted<K: Key>(mut self, ground: &Ground<'_, '_, K>, kept: &[Piece], suppressed: &[u32]) -> Self {
        let former = ground.problem.costs.bases(ground.node);
        for (column, ((base, level), former)) in self.bases.iter_mut().zip(ground.node).zip(former).enumerate() {
            let at_node =
                |atom: &u32| ground.weight(column, at(*level, ground.code(*atom, column, *level))) * ground.atoms.rows_of(*atom) as f64;
            let before: f64 = (0..ground.atoms.keys.len() as u32).map(|atom| at_node(&atom)).sum();
            let of_piece = |piece: &Piece| piece.shown.get(column).map_or(0.0, |shown| ground.weight(column, *shown)) * piece.rows as f64;
            let after = kept.iter().map(of_piece).sum::<f64>() + suppressed.iter().map(at_node).sum::<f64>();
            *base = former + (after - before);
        }
        self
    }
}

/// What the rows of a class cost more in a column than at the levels of the search's answer.
fn worth<K: Key>(ground: &Ground<'_, '_, K>, piece: &Piece, column: usize) -> f64 {
    let level = ground.node.get(column).copied().unwrap_or(0);
    let shown = piece.shown.get(column).map_or(0.0, |shown| ground.weight(column, *shown));
    let of =
        |atom: &u32| (shown - ground.weight(column, at(level, ground.code(*atom, column, level)))) * ground.atoms.rows_of(*atom) as f64;
    piece.members.iter().map(of).sum()
}

fn at(level: usize, code: u32) -> Shown {
    Shown::Level { level: level as u32, code }
}

fn suppressed_by<K: Key>(ground: &Ground<'_, '_, K>, suppressed: &[u32]) -> Vec<Vec<u64>> {
    if !ground.problem.costs.metric().asks_suppressed() {
        return Vec::new();
    }
    let columns = ground.problem.quasi.iter().zip(ground.node).enumerate();
    columns
        .map(|(column, (quasi, level))| {
            let mut counts = vec![0; quasi.hierarchy.levels.get(*level).map_or(0, |level| level.labels.len())];
            for atom in suppressed {
                if let Some(slot) = counts.get_mut(ground.code(*atom, column, *level) as usize) {
                    *slot += ground.atoms.rows_of(*atom);
                }
            }
            counts
        })
        .collect()
}
