//! How narrowly a hidden number can be fenced in: its least and its greatest value over all tables that look the same from outside.
//!
//! In: unknown numbers with their least value and room above it, and equations. Out: an interval per number. A simplex in two phases over whole
//! rows: the first finds some table that fits, and every question starts from the table that the last one ended in.

use std::collections::BTreeMap;

use super::read::Part;

/// Numbers of a tableau: more would not end in reasonable time.
const CELLS_MAX: usize = 40_000_000;
const TINY: f64 = 1e-9;

/// A feasible tableau: basic variables in terms of the others.
#[derive(Debug)]
pub(super) struct Fence {
    /// One row per equation: factors, then the right side.
    rows: Vec<Vec<f64>>,
    basis: Vec<usize>,
    /// Columns that are true variables.
    width: usize,
    /// The column and the least value of each cell.
    columns: BTreeMap<usize, (usize, f64)>,
    /// What one unit inside is outside.
    scale: f64,
}

impl Fence {
    /// Finds some table that fits; nothing when there is none or it would take too long.
    pub(super) fn build(part: &Part) -> Option<Self> {
        let bounded = part.unknown.iter().filter(|(_, _, room)| room.is_finite()).count();
        let (width, height) = (part.unknown.len() + bounded, part.lines.len() + bounded);
        if (width + height + 1).checked_mul(height)? > CELLS_MAX {
            return None;
        }
        let columns: BTreeMap<usize, (usize, f64)> = part
            .unknown
            .iter()
            .enumerate()
            .map(|(at, (cell, low, _))| (*cell, (at, *low)))
            .collect();
        let mut equations: Vec<(Vec<(usize, f64)>, f64)> = Vec::with_capacity(height);
        for (line, right) in &part.lines {
            let known: f64 = line.iter().filter_map(|(cell, f)| Some(*f as f64 * columns.get(cell)?.1)).sum();
            let row = line
                .iter()
                .filter_map(|(cell, f)| Some((columns.get(cell)?.0, *f as f64)))
                .collect();
            equations.push((row, right - known));
        }
        let bounded = part.unknown.iter().enumerate().filter(|(_, (_, _, room))| room.is_finite());
        for (slack, (at, (_, _, room))) in (part.unknown.len()..).zip(bounded) {
            equations.push((vec![(at, 1.0), (slack, 1.0)], *room));
        }
        let scale = equations.iter().fold(1.0f64, |most, (_, right)| most.max(right.abs()));
        let mut fence = Self {
            rows: Vec::with_capacity(height),
            basis: (width..width + height).collect(),
            width,
            columns,
            scale,
        };
        for (row, right) in equations {
            let sign = if right < 0.0 { -1.0 } else { 1.0 };
            let mut dense = vec![0.0; width + 1];
            for (at, factor) in row {
                *dense.get_mut(at)? += sign * factor;
            }
            *dense.last_mut()? = sign * right / scale;
            fence.rows.push(dense);
        }
        fence.settle()?;
        Some(fence)
    }

    /// The least and the greatest value of a cell.
    pub(super) fn around(&mut self, cell: usize) -> Option<(f64, f64)> {
        let (column, low) = self.columns.get(&cell).copied()?;
        let least = self.furthest(column, -1.0)?;
        let greatest = self.furthest(column, 1.0)?;
        Some((low + least * self.scale, low + greatest * self.scale))
    }

    /// How far an end of an interval may be off.
    pub(super) fn error(&self) -> f64 {
        1e-8 * self.scale
    }

    /// The first phase: drives the artificial variables out.
    fn settle(&mut self) -> Option<()> {
        // Gain of a column: how much it takes from the sum of the artificial variables, which are all basic.
        let mut gains = vec![0.0; self.width + 1];
        for row in &self.rows {
            for (gain, factor) in gains.iter_mut().zip(row) {
                *gain += factor;
            }
        }
        self.climb(&mut gains, true)?;
        if gains.last().copied()? > 1e-7 {
            return None;
        }
        // An artificial variable that stays basic at zero leaves by any column of its row; a row without one says nothing.
        for row in 0..self.rows.len() {
            if self.basis.get(row).copied()? < self.width {
                continue;
            }
            let column = self.rows.get(row)?.iter().take(self.width).position(|factor| factor.abs() > 1e-7);
            if let Some(column) = column {
                self.pivot(row, column, &mut gains)?;
            }
        }
        let kept: Vec<bool> = self.basis.iter().map(|basic| *basic < self.width).collect();
        let mut keep = kept.iter();
        self.rows.retain(|_| keep.next().copied().unwrap_or(false));
        let mut keep = kept.iter();
        self.basis.retain(|_| keep.next().copied().unwrap_or(false));
        Some(())
    }

    /// The extreme of `direction` times a variable, as the variable's own value; infinite where nothing stops it.
    fn furthest(&mut self, column: usize, direction: f64) -> Option<f64> {
        let mut gains = vec![0.0; self.width + 1];
        match self.basis.iter().position(|basic| *basic == column) {
            // x = right - sum of factor * others.
            Some(row) => {
                for (gain, factor) in gains.iter_mut().zip(self.rows.get(row)?) {
                    *gain = -direction * factor;
                }
                *gains.get_mut(column)? = 0.0;
            }
            None => *gains.get_mut(column)? = direction,
        }
        if !self.climb(&mut gains, false)? {
            return Some(f64::INFINITY);
        }
        let row = self.basis.iter().position(|basic| *basic == column);
        Some(row.map_or(0.0, |row| self.rows.get(row).and_then(|row| row.last().copied()).unwrap_or(0.0)))
    }

    /// Steps while something gains: false when nothing stops it, nothing when it does not end.
    fn climb(&mut self, gains: &mut [f64], first: bool) -> Option<bool> {
        let most = 300 * (self.rows.len() + self.width) + 1_000;
        let mut still = 0;
        for _ in 0..most {
            let open = gains.iter().take(self.width).enumerate().filter(|(_, gain)| **gain > TINY);
            let entering = if still > 30 {
                open.map(|(at, _)| at).next()
            } else {
                open.map(|(at, gain)| (at, *gain))
                    .reduce(|best, next| if next.1 > best.1 { next } else { best })
                    .map(|(at, _)| at)
            };
            let Some(entering) = entering else { return Some(true) };
            let Some((row, length)) = self.stops(entering) else {
                return if first { None } else { Some(false) };
            };
            still = if length > TINY { 0 } else { still + 1 };
            self.pivot(row, entering, gains)?;
        }
        None
    }

    /// The row that reaches zero first, ties by its variable.
    fn stops(&self, entering: usize) -> Option<(usize, f64)> {
        let mut best: Option<(usize, f64, usize)> = None;
        for (place, (row, basic)) in self.rows.iter().zip(&self.basis).enumerate() {
            let factor = row.get(entering).copied()?;
            if factor <= 1e-8 {
                continue;
            }
            let length = row.last().copied()?.max(0.0) / factor;
            let closer = match best {
                None => true,
                Some((_, known, known_basic)) => length < known - TINY || (length < known + TINY && *basic < known_basic),
            };
            if closer {
                best = Some((place, length, *basic));
            }
        }
        best.map(|(place, length, _)| (place, length))
    }

    fn pivot(&mut self, place: usize, entering: usize, gains: &mut [f64]) -> Option<()> {
        let mut pivot = std::mem::take(self.rows.get_mut(place)?);
        let by = pivot.get(entering).copied()?;
        pivot.iter_mut().for_each(|factor| *factor /= by);
        let less = |row: &mut [f64]| {
            let factor = row.get(entering).copied().unwrap_or(0.0);
            if factor != 0.0 {
                for (cell, part) in row.iter_mut().zip(&pivot) {
                    *cell -= factor * part;
                }
            }
        };
        self.rows.iter_mut().for_each(|row| less(row));
        less(gains);
        *self.rows.get_mut(place)? = pivot;
        *self.basis.get_mut(place)? = entering;
        Some(())
    }
}
