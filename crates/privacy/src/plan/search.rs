//! The search for the cheapest admissible node: exact, and neither its answer nor its record depends on how many threads worked on it.
//!
//! In: a [`Problem`] and how much effort is allowed. Out: the best node, or none, with a record that a checker of its own can follow.
//!
//! Three things settle a node without looking at it: its cost by columns is a lower bound and passes the best; a more general node fails in
//! what is monotone under suppression, so it fails too; a less general one has classes that bound the cost of all above it. Nodes are looked
//! at in rounds of a fixed size: what a round starts from does not depend on how its nodes are shared between threads. Sources:
//! `privacy.md` 2.1, 2.2, 2.6.

use std::collections::{HashSet, VecDeque};
use std::sync::{Mutex, PoisonError};

use super::evaluate::{Evaluated, Problem, Scratch};
use super::key::Key;
use super::lattice::{ABOVE, BELOW, EVALUATED, Lattice};
use super::loss::Cost;
use super::steps::{HELD_BYTES_MAX, Steps};
use crate::proof::{Best, Proof, Pruned};

/// The largest lattice that is searched.
pub(crate) const NODES_MAX: u64 = 1 << 24;
/// Nodes of one round.
const ROUND: usize = 32;
/// Rounds after which settled nodes are left out of the order.
const ROUNDS_BETWEEN: usize = 16;

/// How much may be done before the best that was found is given with its gap.
#[derive(Clone, Copy, Default)]
pub struct Effort<'a> {
    /// Threads; 0 for as many as the machine has.
    pub threads: usize,
    /// Asked between rounds: whether to stop with what there is.
    pub stop: Option<&'a (dyn Fn() -> bool + Sync)>,
    /// Nodes that may be looked at.
    pub visited_max: Option<u64>,
}

/// The answer and how it was found.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub(crate) proof: Proof,
    /// The fewest rows that any node looked at would suppress.
    pub(crate) outliers_min: u64,
}

struct Search<'a, K: Key> {
    problem: &'a Problem<'a, K>,
    /// Asks the sizes of classes alone, where more is asked of them: most nodes fail by those, and they cost little.
    screen: Option<Steps<'a, K>>,
    lattice: Lattice,
    /// Lower bound of each node's cost, by columns.
    bounds: Vec<f64>,
    marks: Vec<u8>,
    best: Option<(Cost, usize, u64)>,
    evaluated: Vec<Evaluated>,
    steps: Steps<'a, K>,
    scratch: Vec<Scratch<K>>,
    pruned: Pruned,
    /// Nodes that only sizes were asked of, and that passed.
    passed: HashSet<usize>,
}

/// Searches the whole lattice.
pub(crate) fn search<K: Key>(problem: &Problem<'_, K>, effort: Effort<'_>) -> Found {
    let lattice = Lattice::new(problem.quasi.iter().map(|column| column.hierarchy.height()).collect());
    let threads = match effort.threads {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        threads => threads,
    };
    let bounds: Vec<f64> = if problem.metric.is_by_column() {
        (0..lattice.nodes).map(|index| problem.costs.bound(&lattice.node(index))).collect()
    } else {
        Vec::new()
    };
    let by_size = problem.by_size();
    let share = if by_size.is_some() { 2 } else { 1 };
    let mut search = Search {
        problem,
        screen: by_size.as_ref().map(|problem| Steps::new(problem, HELD_BYTES_MAX / share)),
        passed: HashSet::new(),
        bounds,
        marks: vec![0; lattice.nodes],
        lattice,
        best: None,
        evaluated: Vec::new(),
        steps: Steps::new(problem, HELD_BYTES_MAX / share),
        scratch: (0..threads.max(1)).map(|_| Scratch::default()).collect(),
        pruned: Pruned::default(),
    };
    let done = search.run(effort);
    search.found(done)
}

impl<K: Key> Search<'_, K> {
    /// Whether all was settled within the effort.
    fn run(&mut self, effort: Effort<'_>) -> bool {
        let spent = |search: &Self| {
            effort.visited_max.is_some_and(|most| search.evaluated.len() as u64 >= most) || effort.stop.is_some_and(|stop| stop())
        };
        let top = self.lattice.nodes - 1;
        self.look_at(&[top, 0]);
        self.descend(top, &spent);
        let mut order = self.order();
        // What cannot settle others from above is best looked at in the order of its bound: then nothing is looked at in vain.
        let from_above = self.problem.is_partly_monotone() && !self.evaluated.iter().any(|one| one.index == 0 && !one.settles_below);
        let from_below = !from_above || !self.problem.metric.is_by_column();
        let (mut low, mut high) = (0, order.len());
        let mut climb = 0;
        for rounds in 1usize.. {
            if spent(self) {
                return self.open(&order, low, high).next().is_none();
            }
            if rounds.is_multiple_of(ROUNDS_BETWEEN) {
                order.retain(|index| self.is_open(*index));
                (low, high) = (0, order.len());
            }
            let mut round: Vec<usize> = Vec::new();
            let (before, passed) = (self.evaluated.len(), self.passed.len());
            if from_above {
                while high > low && order.get(high - 1).is_some_and(|index| !self.is_open(*index)) {
                    high -= 1;
                }
                let (above, open) = self.highest(order.get(low..high).unwrap_or_default(), climb);
                climb = self.try_above(&above, climb);
                round = open.into_iter().filter(|index| self.is_open(*index)).collect();
            }
            if from_below {
                while low < high && order.get(low).is_some_and(|index| !self.is_open(*index)) {
                    low += 1;
                }
                let wanted = round.len() + ROUND;
                for index in self.open(&order, low, high) {
                    if round.len() >= wanted {
                        break;
                    }
                    if !round.contains(&index) {
                        round.push(index);
                    }
                }
            }
            if round.is_empty() && (self.evaluated.len(), self.passed.len()) == (before, passed) {
                return true;
            }
            if let Some(better) = self.look_at(&round) {
                self.descend(better, &spent);
            }
        }
        true
    }

    /// Open nodes from the end of the order, none of them below another; or, so many steps above them, nodes that settle more if they fail.
    fn highest(&self, order: &[usize], climb: usize) -> (Vec<usize>, Vec<usize>) {
        let (mut round, mut above) = (Vec::new(), Vec::new());
        let mut nodes: Vec<Vec<usize>> = Vec::new();
        for index in order.iter().rev().take(ROUND * 16).filter(|index| self.is_open(**index)) {
            let node = self.lattice.node(*index);
            let is_below = |above: &Vec<usize>| node.iter().zip(above).all(|(level, above)| level <= above);
            if nodes.iter().any(is_below) {
                continue;
            }
            match self.climbed(*index, climb) {
                Some(higher) => {
                    nodes.push(self.lattice.node(higher));
                    above.push(higher);
                }
                None => {
                    nodes.push(node);
                    round.push(*index);
                }
            }
            if nodes.len() >= ROUND {
                break;
            }
        }
        (above, round)
    }

    /// The node so many steps above, each by the column that costs least; nothing when it has been looked at or there is none.
    fn climbed(&self, index: usize, steps: usize) -> Option<usize> {
        let mut at = index;
        for _ in 0..steps {
            at = self
                .lattice
                .above(at)
                .min_by(|a, b| self.bound(*a).total_cmp(&self.bound(*b)).then(a.cmp(b)))?;
        }
        (at != index && self.marks.get(at) == Some(&0) && !self.passed.contains(&at)).then_some(at)
    }

    /// Looks at nodes that cost too much to be the answer but settle all below them if they fail; gives how far to climb the next time: one
    /// step more while most of them fail, else one less.
    fn try_above(&mut self, above: &[usize], climb: usize) -> usize {
        if above.is_empty() {
            return if climb == 0 { 1 } else { climb - 1 };
        }
        let before = self.evaluated.len();
        self.take_in(above, true);
        let failed = self.evaluated.iter().skip(before).filter(|one| one.settles_below).count();
        if failed * 2 >= above.len() {
            climb + 1
        } else {
            climb.saturating_sub(1)
        }
    }

    fn open<'s>(&'s self, order: &'s [usize], low: usize, high: usize) -> impl Iterator<Item = usize> + 's {
        order
            .get(low..high)
            .unwrap_or_default()
            .iter()
            .copied()
            .filter(|index| self.is_open(*index))
    }

    /// All nodes, by their bound, or by height where no bound is known beforehand.
    fn order(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.lattice.nodes).filter(|index| self.is_open(*index)).collect();
        if self.problem.metric.is_by_column() {
            order.sort_unstable_by(|a, b| self.bound(*a).total_cmp(&self.bound(*b)).then(a.cmp(b)));
        } else {
            order.sort_by_cached_key(|index| (self.lattice.height(*index), *index));
        }
        order
    }

    fn bound(&self, index: usize) -> f64 {
        self.bounds.get(index).copied().unwrap_or(0.0)
    }

    /// Whether a node could still be the answer.
    fn is_open(&self, index: usize) -> bool {
        self.marks.get(index) == Some(&0) && !self.is_too_dear(index)
    }

    /// Whether its cost by columns alone passes the best.
    fn is_too_dear(&self, index: usize) -> bool {
        self.best
            .as_ref()
            .is_some_and(|(cost, best, _)| passes(self.bound(index), index, cost, *best))
    }

    /// Walks down from an admissible node, each time to the cheapest admissible neighbour that it has not seen.
    fn descend(&mut self, from: usize, spent: &impl Fn(&Self) -> bool) {
        let mut at = Some(from);
        while let Some(index) = at {
            if spent(self) {
                return;
            }
            let mut below: Vec<usize> = self.lattice.below(index).filter(|below| self.is_open(*below)).collect();
            below.sort_by(|a, b| self.bound(*a).total_cmp(&self.bound(*b)).then(a.cmp(b)));
            let before = self.evaluated.len();
            self.look_at(&below);
            let seen = self.evaluated.iter().skip(before);
            at = seen
                .filter_map(|one| Some((one.cost.as_ref()?, one.index)))
                .min_by(|a, b| a.partial_cmp(b).unwrap_or(std::cmp::Ordering::Equal))
                .map(|(_, index)| index);
        }
    }

    /// Looks at nodes and takes in what they say; gives the new best, if it is among them.
    fn look_at(&mut self, indices: &[usize]) -> Option<usize> {
        let mut indices: Vec<usize> = indices.iter().copied().filter(|index| self.is_open(*index)).collect();
        indices.dedup();
        self.take_in(&indices, false)
    }

    /// `failing`: only nodes that fail are wanted, and none is asked more than its sizes where those can fail it.
    fn take_in(&mut self, indices: &[usize], failing: bool) -> Option<usize> {
        let former = self.best.as_ref().map(|(_, index, _)| *index);
        let before = self.evaluated.len();
        let mut seen = self.evaluate(indices, failing);
        seen.sort_by_key(|(index, _)| indices.iter().position(|asked| asked == index));
        for (index, one) in seen {
            let Some(one) = one else {
                self.passed.insert(index);
                continue;
            };
            if let Some(slot) = self.marks.get_mut(one.index) {
                *slot |= EVALUATED;
            }
            self.consider(&one);
            self.evaluated.push(one);
        }
        let now = self.best.as_ref().map(|(_, index, _)| *index);
        if now != former {
            self.close_above(0);
        } else {
            self.close_above(before);
        }
        now.filter(|now| Some(*now) != former)
    }

    fn consider(&mut self, one: &Evaluated) {
        if one.settles_below {
            self.pruned.by_group += self.lattice.close(&mut self.marks, one.index, BELOW);
        }
        let Some(cost) = &one.cost else { return };
        let better = self
            .best
            .as_ref()
            .is_none_or(|(least, index, _)| (cost, one.index) < (least, *index));
        if better {
            self.best = Some((cost.clone(), one.index, one.suppressed.unwrap_or(0)));
        }
    }

    /// Settles what lies above nodes whose classes already cost too much.
    fn close_above(&mut self, from: usize) {
        let Some((cost, best, _)) = &self.best else { return };
        for one in self.evaluated.iter().skip(from) {
            let marked = self.marks.get(one.index).is_some_and(|mark| mark & ABOVE != 0);
            // What lies above has a larger index than the node, which has itself been looked at.
            if !marked && one.bound_above > 0.0 && passes(one.bound_above, one.index + 1, cost, *best) {
                self.pruned.by_successor += self.lattice.close(&mut self.marks, one.index, ABOVE);
            }
        }
    }

    /// What nodes are worth; nothing of those that passed when only their sizes were asked.
    fn evaluate(&mut self, indices: &[usize], failing: bool) -> Vec<(usize, Option<Evaluated>)> {
        let (lattice, steps, screen) = (&self.lattice, &self.steps, &self.screen);
        let mut indices = indices.to_vec();
        indices.sort_by_cached_key(|index| steps.rank(&lattice.node(*index)));
        // Neighbours share steps: each thread begins with a stretch of them, and takes from the far end of another's when it is done.
        let shares: Vec<Mutex<VecDeque<usize>>> = indices
            .chunks(indices.len().div_ceil(self.scratch.len()).max(1))
            .map(|share| Mutex::new(share.iter().copied().collect()))
            .collect();
        let locked = |share: &Mutex<VecDeque<usize>>, take: fn(&mut VecDeque<usize>) -> Option<usize>| {
            take(&mut share.lock().unwrap_or_else(PoisonError::into_inner))
        };
        let take = |own: usize| {
            let first = shares.get(own).and_then(|share| locked(share, VecDeque::pop_front));
            first.or_else(|| shares.iter().find_map(|share| locked(share, VecDeque::pop_back)))
        };
        let look = |scratch: &mut Scratch<K>, index: usize| {
            let by_size = screen.as_ref().map(|screen| screen.evaluate(scratch, lattice, index));
            match by_size {
                Some(failed) if failed.settles_below => Some(Evaluated {
                    suppressed: None,
                    ..failed
                }),
                Some(_) if failing => None,
                _ => Some(steps.evaluate(scratch, lattice, index)),
            }
        };
        let work = |(own, scratch): (usize, &mut Scratch<K>)| {
            let mut done = Vec::new();
            while let Some(index) = take(own) {
                done.push((index, look(scratch, index)));
            }
            done
        };
        match self.scratch.as_mut_slice() {
            [one] => work((0, one)),
            [one, ..] if indices.len() == 1 => work((0, one)),
            many => std::thread::scope(|scope| {
                let threads: Vec<_> = many.iter_mut().enumerate().map(|own| scope.spawn(|| work(own))).collect();
                threads
                    .into_iter()
                    .flat_map(|thread| thread.join().unwrap_or_else(|fault| std::panic::resume_unwind(fault)))
                    .collect()
            }),
        }
    }

    fn found(mut self, done: bool) -> Found {
        let unseen = |search: &Self, index: usize| search.marks.get(index) == Some(&0);
        let open: Vec<f64> = (0..self.lattice.nodes)
            .filter(|index| self.is_open(*index))
            .map(|index| self.bound(index))
            .collect();
        self.pruned.by_cost = (0..self.lattice.nodes)
            .filter(|index| unseen(&self, *index) && self.is_too_dear(*index))
            .count() as u64;
        let least_open = open.iter().copied().fold(f64::INFINITY, f64::min);
        let best = self.best.as_ref().map(|(cost, index, suppressed)| Best {
            node: self.lattice.node(*index),
            loss: cost.0.clone(),
            suppressed: *suppressed,
        });
        let bound = best.as_ref().map_or(0.0, |best| best.loss.first().copied().unwrap_or(0.0));
        let frontier = |keep: &dyn Fn(&Evaluated) -> bool| -> Vec<Vec<usize>> {
            self.evaluated
                .iter()
                .filter(|one| keep(one))
                .map(|one| self.lattice.node(one.index))
                .collect()
        };
        let closed = |one: &Evaluated, mark: u8| self.marks.get(one.index).is_some_and(|marks| marks & mark != 0);
        Found {
            outliers_min: self
                .evaluated
                .iter()
                .filter_map(|one| one.suppressed)
                .min()
                .unwrap_or(self.problem.rows()),
            proof: Proof {
                nodes: self.lattice.nodes as u64,
                visited: self.evaluated.len() as u64,
                optimal: done,
                bound: if done { bound } else { least_open.min(bound) },
                pruned: self.pruned.clone(),
                inadmissible: frontier(&|one| one.settles_below),
                dear: frontier(&|one| closed(one, ABOVE)),
                seen: frontier(&|one| !closed(one, BELOW) && !closed(one, ABOVE)),
                best,
            },
        }
    }
}

/// Whether a bound on a node's cost shows that it is not better than the best.
fn passes(bound: f64, index: usize, best: &Cost, best_index: usize) -> bool {
    let first = best.first();
    bound > first || (bound == first && best.0.len() == 1 && index > best_index)
}
