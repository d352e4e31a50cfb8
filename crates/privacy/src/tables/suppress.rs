//! Secondary suppression: which other cells are hidden, so that no sensitive one can be worked out (`privacy.md` 3.2).
//!
//! In: the values and equations of all cells of a release, the sensitive cells with the interval that must stay open, and the cells whose
//! only contributor knows them. Out: the cells to hide. All tables are one system. For each sensitive cell that is not yet safe, the cheapest
//! way to move its value without touching what is published is found by a linear program; what moves is hidden. Then cells are given back, the
//! dearest first, wherever everything stays safe without them, and exchanged where that hides fewer people. The order is fixed throughout.
//!
//! Sources: Fischetti and Salazar, Solving the cell suppression problem on tabular data with linear constraints (2001); Kelly, Golden and
//! Assad, Cell suppression: disclosure protection for sensitive tabular data (1992); Langsrud (2024) for what follows exactly.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use super::program::{Answer, Program};
use super::rules::Primary;
use super::span::{self, Equation};

/// What suppression works on.
#[derive(Debug)]
pub(crate) struct Problem {
    pub(crate) values: Vec<f64>,
    /// How many people stand behind each cell.
    pub(crate) people: Vec<u64>,
    /// Whether values may be below zero: then nothing bounds a hidden cell but the equations.
    pub(crate) signed: bool,
    pub(crate) equations: Vec<Equation>,
    pub(crate) primaries: Vec<Primary>,
    /// Cells that the same contributor stands behind alone.
    pub(crate) single: Vec<BTreeSet<usize>>,
}

/// A sum of hidden cells that must be able to move.
struct Need {
    form: Vec<(usize, f64)>,
    by: f64,
    /// Cells that an insider knows: they do not move.
    known: BTreeSet<usize>,
}

/// Cells that the first look around a sensitive cell takes in.
const WINDOW: usize = 160;
/// Improvement by exchange is tried while there are no more hidden cells than this.
const EXCHANGES_MAX: usize = 60;

/// The equations by cell.
struct Net<'a> {
    problem: &'a Problem,
    of_cell: HashMap<usize, Vec<usize>>,
}

/// The cells to hide, the sensitive ones included; nothing when no pattern makes them safe.
pub(crate) fn suppress(problem: &Problem) -> Option<BTreeSet<usize>> {
    let mut of_cell: HashMap<usize, Vec<usize>> = HashMap::new();
    for (place, equation) in problem.equations.iter().enumerate() {
        for (cell, _) in equation {
            of_cell.entry(*cell).or_default().push(place);
        }
    }
    let net = Net { problem, of_cell };
    let primary: BTreeSet<usize> = problem.primaries.iter().map(|primary| primary.cell).collect();
    let mut hidden = net.completed(primary.clone(), &BTreeSet::new())?;
    net.give_back(&mut hidden, &primary);
    let secondary: Vec<usize> = net.dearest_first(hidden.difference(&primary));
    if secondary.len() <= EXCHANGES_MAX {
        for cell in secondary {
            if !hidden.contains(&cell) {
                continue;
            }
            let start: BTreeSet<usize> = hidden.iter().copied().filter(|other| *other != cell).collect();
            let Some(mut other) = net.completed(start, &BTreeSet::from([cell])) else {
                continue;
            };
            net.give_back(&mut other, &primary);
            if net.cost(&other, &primary) < net.cost(&hidden, &primary) {
                hidden = other;
            }
        }
    }
    Some(hidden)
}

impl Net<'_> {
    /// People hidden for the sake of others, then cells.
    fn cost(&self, hidden: &BTreeSet<usize>, primary: &BTreeSet<usize>) -> (u64, usize) {
        let secondary = hidden.difference(primary);
        (secondary.clone().map(|cell| self.people(*cell)).sum(), secondary.count())
    }

    fn people(&self, cell: usize) -> u64 {
        self.problem.people.get(cell).copied().unwrap_or(0)
    }

    fn value(&self, cell: usize) -> f64 {
        self.problem.values.get(cell).copied().unwrap_or(0.0)
    }

    fn dearest_first<'a>(&self, cells: impl Iterator<Item = &'a usize>) -> Vec<usize> {
        let mut cells: Vec<usize> = cells.copied().collect();
        cells.sort_by_key(|cell| (std::cmp::Reverse(self.people(*cell)), *cell));
        cells
    }

    /// Hides more until everything is safe; `kept` stays published.
    fn completed(&self, mut hidden: BTreeSet<usize>, kept: &BTreeSet<usize>) -> Option<BTreeSet<usize>> {
        // Each round hides at least one more cell, or ends.
        for _ in 0..=self.problem.values.len() {
            let needs = self.needs(&hidden, None, usize::MAX);
            if needs.is_empty() {
                return Some(hidden);
            }
            let before = hidden.len();
            for need in &needs {
                self.meet(need, &mut hidden, kept)?;
            }
            if hidden.len() == before {
                return None;
            }
        }
        None
    }

    /// Publishes again what nobody needs hidden, the dearest first.
    fn give_back(&self, hidden: &mut BTreeSet<usize>, primary: &BTreeSet<usize>) {
        for cell in self.dearest_first(hidden.clone().difference(primary)) {
            hidden.remove(&cell);
            if !self.needs(hidden, Some(cell), 1).is_empty() {
                hidden.insert(cell);
            }
        }
    }

    /// The equations with what is published taken out, and the hidden cells that hang together with `near`, or all.
    fn system(&self, hidden: &BTreeSet<usize>, near: Option<usize>) -> (Vec<Equation>, BTreeSet<usize>) {
        let mut reached: BTreeSet<usize> = BTreeSet::new();
        let mut rows: BTreeSet<usize> = BTreeSet::new();
        let mut open: Vec<usize> = match near {
            // The cell itself is published again: what it touched is looked at.
            Some(cell) => self
                .of_cell
                .get(&cell)
                .into_iter()
                .flatten()
                .flat_map(|row| self.row(*row))
                .filter(|c| hidden.contains(c))
                .collect(),
            None => hidden.iter().copied().collect(),
        };
        while let Some(cell) = open.pop() {
            if !reached.insert(cell) {
                continue;
            }
            for row in self.of_cell.get(&cell).into_iter().flatten() {
                if rows.insert(*row) {
                    open.extend(self.row(*row).filter(|cell| hidden.contains(cell)));
                }
            }
        }
        let kept = |row: &usize| -> Equation {
            let equation = self.problem.equations.get(*row).map(Vec::as_slice).unwrap_or_default();
            equation.iter().copied().filter(|(cell, _)| hidden.contains(cell)).collect()
        };
        (rows.iter().map(kept).collect(), reached)
    }

    fn row(&self, row: usize) -> impl Iterator<Item = usize> + '_ {
        self.problem.equations.get(row).into_iter().flatten().map(|(cell, _)| *cell)
    }

    /// What is not yet safe among the hidden cells around `near`, or among all; no more than `most` needs are looked for.
    fn needs(&self, hidden: &BTreeSet<usize>, near: Option<usize>, most: usize) -> Vec<Need> {
        let (equations, reached) = self.system(hidden, near);
        let mut needs = Vec::new();
        // Cells that have no equation in common are looked at apart: linear programs grow faster than their parts.
        let mut left: Vec<&Primary> = self
            .problem
            .primaries
            .iter()
            .filter(|primary| reached.contains(&primary.cell))
            .collect();
        while let Some(first) = left.first() {
            let (part, mut within) = self.system(hidden, Some(first.cell));
            within.insert(first.cell);
            let (mine, others) = left.into_iter().partition(|primary| within.contains(&primary.cell));
            left = others;
            self.movable(&part, mine, most, &mut needs);
            if needs.len() >= most {
                return needs;
            }
        }
        if needs.is_empty() {
            self.insiders((&equations, hidden), &reached, &mut needs);
        }
        needs
    }

    /// The sensitive cells of one part that outsiders can work out too closely.
    fn movable(&self, equations: &[Equation], primaries: Vec<&Primary>, most: usize, needs: &mut Vec<Need>) {
        let exposed = span::exposed(equations, &BTreeSet::new());
        for primary in primaries {
            for target in [primary.high, primary.low] {
                let by = target - self.value(primary.cell);
                let reached = || self.problem.signed || self.reach(equations, primary.cell, by) >= by.abs() * (1.0 - 1e-5) - 1e-6;
                if by != 0.0 && (exposed.contains(&primary.cell) || !reached()) {
                    needs.push(Need {
                        form: vec![(primary.cell, 1.0)],
                        by,
                        known: BTreeSet::new(),
                    });
                }
                if needs.len() >= most {
                    return;
                }
            }
        }
    }

    /// Contributors who know their own cells: none of them may work out another's, and no sum of their cells may follow.
    fn insiders(&self, (equations, hidden): (&[Equation], &BTreeSet<usize>), reached: &BTreeSet<usize>, needs: &mut Vec<Need>) {
        let rows: BTreeSet<usize> = reached
            .iter()
            .filter_map(|cell| self.of_cell.get(cell))
            .flatten()
            .copied()
            .collect();
        let whole: Vec<Equation> = rows.iter().filter_map(|row| self.problem.equations.get(*row).cloned()).collect();
        for own in self
            .problem
            .single
            .iter()
            .filter(|own| own.iter().any(|cell| reached.contains(cell)))
        {
            if own.len() > 1 && span::told(&whole, hidden, own) {
                let form = own.iter().map(|cell| (*cell, 1.0)).collect();
                let by = own.iter().map(|cell| self.value(*cell)).fold(0.0, f64::max).max(1.0) * 0.1;
                needs.push(Need {
                    form,
                    by,
                    known: BTreeSet::new(),
                });
            }
            let exposed = span::exposed(equations, own);
            let others = self.problem.primaries.iter().filter(|primary| !own.contains(&primary.cell));
            for primary in others.filter(|primary| exposed.contains(&primary.cell)) {
                let by = primary.high - self.value(primary.cell);
                needs.push(Need {
                    form: vec![(primary.cell, 1.0)],
                    by,
                    known: own.clone(),
                });
            }
        }
    }

    /// How far a hidden cell can move towards `by` while everything published stays as it is.
    fn reach(&self, equations: &[Equation], cell: usize, by: f64) -> f64 {
        let mut program = Program::default();
        let mut places: BTreeMap<usize, (usize, usize)> = BTreeMap::new();
        for (cell, _) in equations.iter().flatten() {
            places.entry(*cell).or_insert_with(|| {
                let up = program.variable(0.0, f64::INFINITY);
                (up, program.variable(0.0, self.value(*cell).max(0.0)))
            });
        }
        let Some((up, down)) = places.get(&cell).copied() else {
            return f64::INFINITY;
        };
        let moved = if by > 0.0 { up } else { down };
        let goal = program.variable(1.0, by.abs());
        let other = if by > 0.0 { down } else { up };
        program.rows = rows(equations, &places);
        program.rows.push((vec![(moved, 1.0), (other, -1.0), (goal, -1.0)], 0.0));
        match program.solve() {
            Answer::Best(values) => values.get(goal).copied().unwrap_or(0.0),
            Answer::Unbounded => f64::INFINITY,
            Answer::Impossible | Answer::GivenUp => 0.0,
        }
    }

    /// Hides the cheapest cells that let a need be met.
    fn meet(&self, need: &Need, hidden: &mut BTreeSet<usize>, kept: &BTreeSet<usize>) -> Option<()> {
        let mut window = WINDOW;
        loop {
            let (cells, all) = self.window(need, hidden, window);
            if let Some(found) = self.cheapest(need, hidden, kept, &cells) {
                hidden.extend(found);
                return Some(());
            }
            if all {
                return None;
            }
            window *= 4;
        }
    }

    /// The cells nearest to a need by equations, and whether these are all that hang together with it. In a long row only what is hidden and
    /// what is cheapest is taken.
    fn window(&self, need: &Need, hidden: &BTreeSet<usize>, most: usize) -> (BTreeSet<usize>, bool) {
        let mut cells: BTreeSet<usize> = need.form.iter().map(|(cell, _)| *cell).collect();
        let mut open: VecDeque<usize> = cells.iter().copied().collect();
        let mut all = true;
        while let Some(cell) = open.pop_front() {
            for row in self.of_cell.get(&cell).into_iter().flatten() {
                let mut others: Vec<usize> = self.row(*row).filter(|cell| !cells.contains(cell)).collect();
                others.sort_by_key(|cell| (!hidden.contains(cell), self.people(*cell), *cell));
                let taken = others.len().min(most / 8);
                all &= taken == others.len();
                for other in others.into_iter().take(taken) {
                    if cells.len() >= most && !hidden.contains(&other) {
                        all = false;
                        break;
                    }
                    cells.insert(other);
                    open.push_back(other);
                }
            }
        }
        (cells, all)
    }

    /// The cells of a window that move in the cheapest way to meet a need; nothing when none within it does.
    fn cheapest(&self, need: &Need, hidden: &BTreeSet<usize>, kept: &BTreeSet<usize>, cells: &BTreeSet<usize>) -> Option<BTreeSet<usize>> {
        let scale = need.by.abs();
        let costs: BTreeMap<usize, f64> = cells.iter().map(|cell| (*cell, self.price(*cell, hidden))).collect();
        let all: f64 = costs.values().sum::<f64>().max(1.0);
        let mut program = Program::default();
        let mut places = BTreeMap::new();
        for (cell, cost) in &costs {
            if kept.contains(cell) && !hidden.contains(cell) || need.known.contains(cell) {
                continue;
            }
            let room = if self.problem.signed {
                f64::INFINITY
            } else {
                self.value(*cell).max(0.0) / scale
            };
            let up = program.variable(-cost / all, f64::INFINITY);
            places.insert(*cell, (up, program.variable(-cost / all, room)));
        }
        let goal = program.variable(1e4, 1.0);
        let touched: BTreeSet<usize> = places
            .keys()
            .flat_map(|cell| self.of_cell.get(cell).into_iter().flatten())
            .copied()
            .collect();
        let equations: Vec<Equation> = touched.iter().filter_map(|row| self.problem.equations.get(*row).cloned()).collect();
        program.rows = rows(&equations, &places);
        let sign = need.by.signum();
        let mut moved = vec![(goal, -1.0)];
        for (cell, factor) in &need.form {
            let (up, down) = places.get(cell)?;
            moved.extend([(*up, sign * factor), (*down, -sign * factor)]);
        }
        program.rows.push((moved, 0.0));
        let Answer::Best(values) = program.solve() else { return None };
        let at = |place: usize| values.get(place).copied().unwrap_or(0.0);
        if at(goal) < 1.0 - 1e-6 {
            return None;
        }
        let moves = |(up, down): &(usize, usize)| (at(*up) - at(*down)).abs() > 1e-7;
        Some(places.iter().filter(|(_, places)| moves(places)).map(|(cell, _)| *cell).collect())
    }

    /// What it costs to hide a cell: nothing when it is hidden already.
    fn price(&self, cell: usize, hidden: &BTreeSet<usize>) -> f64 {
        if hidden.contains(&cell) {
            return 1e-6;
        }
        // A cell costs its people and a little for being a cell; per unit moved, so that small cells are not preferred for being small alone.
        self.people(cell) as f64 + 0.01
    }
}

/// Equations between movements up and down; a cell without a place does not move.
fn rows(equations: &[Equation], places: &BTreeMap<usize, (usize, usize)>) -> Vec<(Vec<(usize, f64)>, f64)> {
    let row = |equation: &Equation| -> Vec<(usize, f64)> {
        let pairs = equation
            .iter()
            .filter_map(|(cell, factor)| Some((places.get(cell)?, f64::from(*factor))));
        pairs.flat_map(|((up, down), factor)| [(*up, factor), (*down, -factor)]).collect()
    };
    equations
        .iter()
        .map(row)
        .filter(|row| !row.is_empty())
        .map(|row| (row, 0.0))
        .collect()
}
