//! Linear programs over the equations of a table.
//!
//! In: equations `A v = b`, bounds `0 <= v <= u`, and a gain per variable. Out: the values with the largest gain. A primal simplex over a dense
//! tableau with bounded variables: equations with `b = 0` hold at the start with every variable zero, and the others are met by driving one
//! artificial variable each to zero, at a cost above every gain. Ties are broken by place, so the answer never depends on the machine's mood.
//!
//! Sources: Dantzig, Upper bounds, secondary constraints and block triangularity (1955); Bland, New finite pivoting rules (1977).

/// Coefficients of one equation: variable and factor.
pub(crate) type Row = Vec<(usize, f64)>;

/// What is to be made as large as possible, under which equations.
#[derive(Debug, Default)]
pub(crate) struct Program {
    /// The largest value of each variable; infinite when there is none.
    pub(crate) upper: Vec<f64>,
    /// What one unit of each variable gains.
    pub(crate) gain: Vec<f64>,
    /// Equations and their right sides.
    pub(crate) rows: Vec<(Row, f64)>,
}

/// The answer.
#[derive(Debug, PartialEq)]
pub(crate) enum Answer {
    /// The values of all variables.
    Best(Vec<f64>),
    /// The gain grows for ever.
    Unbounded,
    /// No values meet the equations.
    Impossible,
    /// Too many steps.
    GivenUp,
}

const TINY: f64 = 1e-9;
/// A pivot smaller than this would drown in rounding.
const PIVOT_LEAST: f64 = 1e-7;
/// Steps without progress before the rule that cannot circle takes over.
const STALLED: u32 = 40;

struct Tableau {
    /// Per row: factors of every variable, then the right side.
    rows: Vec<Vec<f64>>,
    /// Reduced gains, then the negated gain so far.
    gains: Vec<f64>,
    basis: Vec<usize>,
    upper: Vec<f64>,
    /// Whether a variable is counted from its upper bound.
    flipped: Vec<bool>,
    variables: usize,
}

impl Program {
    /// A variable with a gain.
    pub(crate) fn variable(&mut self, gain: f64, upper: f64) -> usize {
        self.upper.push(upper);
        self.gain.push(gain);
        self.upper.len() - 1
    }

    /// Solves.
    pub(crate) fn solve(&self) -> Answer {
        let mut tableau = Tableau::new(self);
        let most = 200 * (self.rows.len() + self.upper.len()) + 2_000;
        let mut stalled = 0;
        for _ in 0..most {
            match tableau.step(stalled > STALLED) {
                None => return tableau.answer(self),
                Some(f64::INFINITY) => return Answer::Unbounded,
                Some(moved) => stalled = if moved > TINY { 0 } else { stalled + 1 },
            }
        }
        Answer::GivenUp
    }
}

impl Tableau {
    fn new(program: &Program) -> Self {
        let (variables, count) = (program.upper.len(), program.rows.len());
        let width = variables + count + 1;
        let penalty = 1e3 * (1.0 + program.gain.iter().fold(0.0f64, |most, gain| most.max(gain.abs())));
        let mut gains = program.gain.clone();
        gains.resize(width, 0.0);
        let mut upper = program.upper.clone();
        let mut rows = Vec::with_capacity(count);
        for (place, (row, right)) in program.rows.iter().enumerate() {
            let sign = if *right < 0.0 { -1.0 } else { 1.0 };
            let mut dense = vec![0.0; width];
            for (variable, factor) in row {
                add(&mut dense, *variable, sign * factor);
            }
            add(&mut dense, variables + place, 1.0);
            add(&mut dense, width - 1, sign * right);
            upper.push(sign * right);
            if *right != 0.0 {
                // The artificial variable costs `penalty`; it is basic, so its cost is priced out of the row of gains.
                for (gain, factor) in gains.iter_mut().zip(&dense) {
                    *gain += penalty * factor;
                }
                add(&mut gains, variables + place, -penalty);
            }
            rows.push(dense);
        }
        Self {
            rows,
            gains,
            basis: (variables..variables + count).collect(),
            flipped: vec![false; upper.len()],
            upper,
            variables,
        }
    }

    /// One step: how far the entering variable moved, or nothing at the optimum.
    fn step(&mut self, cautious: bool) -> Option<f64> {
        let entering = self.entering(cautious)?;
        let (leaving, to_upper, length) = self.leaving(entering);
        match leaving {
            None if length.is_infinite() => {}
            None => self.flip(entering),
            Some(row) => {
                if to_upper {
                    self.turn(row);
                }
                self.pivot(row, entering);
            }
        }
        Some(length)
    }

    /// Only true variables enter; an artificial one that has left stays out.
    fn entering(&self, cautious: bool) -> Option<usize> {
        let gains = self.gains.get(..self.variables)?;
        let open = |place: &usize| self.upper.get(*place).is_some_and(|upper| *upper > TINY);
        let mut worth = gains.iter().enumerate().filter(|(place, gain)| **gain > TINY && open(place));
        if cautious {
            return worth.next().map(|(place, _)| place);
        }
        let better = |best: (usize, f64), next: (usize, f64)| if next.1 > best.1 { next } else { best };
        worth.map(|(place, gain)| (place, *gain)).reduce(better).map(|(place, _)| place)
    }

    /// The row that stops the entering variable first, whether by its upper bound, and how far that is.
    fn leaving(&self, entering: usize) -> (Option<usize>, bool, f64) {
        let mut best = (None, false, value(&self.upper, entering));
        let mut best_basis = usize::MAX;
        for (place, row) in self.rows.iter().enumerate() {
            let factor = value(row, entering);
            let (right, basic) = (
                row.last().copied().unwrap_or(0.0).max(0.0),
                self.basis.get(place).copied().unwrap_or(0),
            );
            let (length, to_upper) = if factor > PIVOT_LEAST {
                (right / factor, false)
            } else if factor < -PIVOT_LEAST {
                ((value(&self.upper, basic) - right).max(0.0) / -factor, true)
            } else {
                continue;
            };
            let tie = (length - best.2).abs() <= TINY * (1.0 + length.abs()) && basic < best_basis;
            if length < best.2 - TINY * (1.0 + length.abs()) || (tie && length.is_finite()) {
                best = (Some(place), to_upper, length.min(best.2));
                best_basis = basic;
            }
        }
        best
    }

    /// Counts a variable outside the basis from its other bound.
    fn flip(&mut self, variable: usize) {
        let upper = value(&self.upper, variable);
        for row in self.rows.iter_mut().chain([&mut self.gains]) {
            let factor = value(row, variable);
            if let Some(right) = row.last_mut() {
                *right -= factor * upper;
            }
            add(row, variable, -2.0 * factor);
        }
        if let Some(flipped) = self.flipped.get_mut(variable) {
            *flipped = !*flipped;
        }
    }

    /// Counts the basic variable of a row from its other bound.
    fn turn(&mut self, place: usize) {
        let basic = self.basis.get(place).copied().unwrap_or(0);
        let upper = value(&self.upper, basic);
        let Some(row) = self.rows.get_mut(place) else { return };
        for factor in row.iter_mut() {
            *factor = -*factor;
        }
        add(row, basic, 2.0);
        if let Some(right) = row.last_mut() {
            *right += upper;
        }
        if let Some(flipped) = self.flipped.get_mut(basic) {
            *flipped = !*flipped;
        }
    }

    fn pivot(&mut self, place: usize, entering: usize) {
        let Some(mut pivot) = self.rows.get_mut(place).map(std::mem::take) else {
            return;
        };
        let factor = value(&pivot, entering);
        for cell in &mut pivot {
            *cell /= factor;
        }
        let used: Vec<usize> = (0..pivot.len()).filter(|at| value(&pivot, *at) != 0.0).collect();
        for row in self.rows.iter_mut().chain([&mut self.gains]) {
            let factor = value(row, entering);
            if factor == 0.0 || row.is_empty() {
                continue;
            }
            for at in &used {
                add(row, *at, -factor * value(&pivot, *at));
            }
            if let Some(cell) = row.get_mut(entering) {
                *cell = 0.0;
            }
        }
        if let Some(row) = self.rows.get_mut(place) {
            *row = pivot;
        }
        if let Some(basic) = self.basis.get_mut(place) {
            *basic = entering;
        }
    }

    fn answer(&self, program: &Program) -> Answer {
        let mut values = vec![0.0; self.upper.len()];
        for (row, basic) in self.rows.iter().zip(&self.basis) {
            if let Some(slot) = values.get_mut(*basic) {
                *slot = row.last().copied().unwrap_or(0.0);
            }
        }
        for ((slot, flipped), upper) in values.iter_mut().zip(&self.flipped).zip(&self.upper) {
            if *flipped {
                *slot = upper - *slot;
            }
        }
        let scale = 1.0 + program.rows.iter().fold(0.0f64, |most, (_, right)| most.max(right.abs()));
        let artificial = values.get(self.variables..).unwrap_or_default();
        if artificial.iter().any(|value| value.abs() > 1e-6 * scale) {
            return Answer::Impossible;
        }
        values.truncate(self.variables);
        Answer::Best(values)
    }
}

fn value(cells: &[f64], place: usize) -> f64 {
    cells.get(place).copied().unwrap_or(0.0)
}

fn add(cells: &mut [f64], place: usize, more: f64) {
    if let Some(cell) = cells.get_mut(place) {
        *cell += more;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn solved(upper: &[f64], gain: &[f64], rows: &[(&[(usize, f64)], f64)]) -> Answer {
        let rows = rows.iter().map(|(row, right)| (row.to_vec(), *right)).collect();
        let (upper, gain) = (upper.to_vec(), gain.to_vec());
        Program { upper, gain, rows }.solve()
    }

    fn gained(answer: Answer, gain: &[f64]) -> f64 {
        let Answer::Best(values) = answer else { panic!("{answer:?}") };
        values.iter().zip(gain).map(|(value, gain)| value * gain).sum()
    }

    #[test]
    fn small_programs_have_their_known_answers() {
        const FREE: f64 = f64::INFINITY;
        // Largest 3a + 2b with a + b + s = 4, a + 3b + t = 6: a = 4.
        let rows: [(&[(usize, f64)], f64); 2] = [(&[(0, 1.0), (1, 1.0), (2, 1.0)], 4.0), (&[(0, 1.0), (1, 3.0), (3, 1.0)], 6.0)];
        let gain = [3.0, 2.0, 0.0, 0.0];
        assert!((gained(solved(&[FREE; 4], &gain, &rows), &gain) - 12.0).abs() < 1e-9);
        // With a <= 3 the rest goes to b.
        assert!((gained(solved(&[3.0, FREE, FREE, FREE], &gain, &rows), &gain) - 11.0).abs() < 1e-9);
        // Nothing holds a - b = 0 down.
        assert_eq!(solved(&[FREE; 2], &[1.0, 1.0], &[(&[(0, 1.0), (1, -1.0)], 0.0)]), Answer::Unbounded);
        assert_eq!(solved(&[1.0], &[0.0], &[(&[(0, 1.0)], 2.0)]), Answer::Impossible);
        assert_eq!(solved(&[5.0], &[-1.0], &[(&[(0, -1.0)], -2.0)]), Answer::Best(vec![2.0]));
    }

    #[test]
    fn a_bound_that_is_met_from_above_is_left_again() {
        // a - b = 0, b - c = 0, c <= 2: all three stop at 2 although only c is bounded.
        let free = f64::INFINITY;
        let rows: [(&[(usize, f64)], f64); 2] = [(&[(0, 1.0), (1, -1.0)], 0.0), (&[(1, 1.0), (2, -1.0)], 0.0)];
        assert_eq!(
            solved(&[free, free, 2.0], &[1.0, 0.0, 0.0], &rows),
            Answer::Best(vec![2.0, 2.0, 2.0])
        );
    }
}
