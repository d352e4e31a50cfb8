//! The search for the cheapest admissible node of the generalisation lattice: exact, and its answer does not depend on any order of work.
//!
//! In: distinct tuples, hierarchies, k, the rows that may be suppressed, a measure of loss. Out: the best node with its loss and what was
//! visited, or nothing when no node is admissible. Sources: `privacy.md` 2.1, 2.2 and 2.6; non-uniform entropy after De Waal and
//! Willenborg (1999), split in a monotone part (a sum over columns, known without looking at classes) and a suppression part.
//!
//! The monotone part is a lower bound on either measure: a node whose bound passes the best loss found is never looked at. k-anonymity is
//! monotone under suppression (merging classes never adds outlier rows), so an inadmissible node settles everything below it and an
//! admissible one everything above it. Classes of a node are rolled up from the smallest evaluated node below it.

use std::collections::HashMap;

use super::tuples::{Quasi, TupleMap};

/// The largest lattice that is searched.
pub(crate) const NODES_MAX: u64 = 1 << 20;
/// Classes kept for rolling up.
const CACHE_CLASSES_MAX: usize = 2_000_000;

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Question {
    pub(crate) k: u64,
    /// Rows that may be suppressed.
    pub(crate) outliers_max: u64,
    /// Whether suppression costs (NUEn) or not (NUEm).
    pub(crate) suppression_costs: bool,
    /// `f` of `privacy.md` 2.2.
    pub(crate) gs_factor: f64,
}

/// The best node.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Answer {
    pub(crate) node: Vec<usize>,
    pub(crate) loss: f64,
    pub(crate) suppressed: u64,
}

/// The answer and how it was found.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub(crate) best: Option<Answer>,
    pub(crate) nodes: u64,
    pub(crate) visited: u64,
    /// The fewest rows that any node would suppress.
    pub(crate) outliers_min: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tag {
    Unknown,
    Admissible,
    Inadmissible,
}

#[derive(Debug, Clone, Copy)]
struct Evaluated {
    outliers: u64,
    suppression_loss: f64,
}

/// Packed tuples at a node's levels, with their rows.
type Classes = Vec<(u128, u64)>;

struct Search<'a> {
    quasi: &'a [Quasi],
    question: Question,
    heights: Vec<usize>,
    tags: Vec<Tag>,
    evaluated: HashMap<usize, Evaluated>,
    cache: Vec<(Vec<usize>, Classes)>,
    /// `steps[column][from][to]`: codes of one level to codes of a coarser one.
    steps: Vec<Vec<Vec<Vec<u32>>>>,
}

/// Nodes of the lattice; `None` beyond what fits.
pub(crate) fn nodes(quasi: &[Quasi]) -> Option<u64> {
    quasi
        .iter()
        .try_fold(1u64, |nodes, column| nodes.checked_mul(column.hierarchy.height() as u64))
}

/// Searches the lattice over `tuples`.
pub(crate) fn search(quasi: &[Quasi], tuples: Vec<(u128, u64)>, question: Question) -> Found {
    let heights: Vec<usize> = quasi.iter().map(|column| column.hierarchy.height()).collect();
    let total: usize = heights.iter().product();
    let steps = quasi.iter().map(steps_of).collect();
    let mut search = Search {
        quasi,
        question,
        tags: vec![Tag::Unknown; total],
        evaluated: HashMap::new(),
        cache: vec![(vec![0; heights.len()], tuples)],
        heights,
        steps,
    };
    let best = search.run(total);
    let outliers_min = search.evaluated.values().map(|e| e.outliers).min().unwrap_or(0);
    Found {
        best,
        nodes: total as u64,
        visited: search.evaluated.len() as u64,
        outliers_min,
    }
}

fn steps_of(column: &Quasi) -> Vec<Vec<Vec<u32>>> {
    let height = column.hierarchy.height();
    let to = |from: usize| {
        (0..height)
            .map(|to| if to >= from { column.hierarchy.step(from, to) } else { Vec::new() })
            .collect()
    };
    (0..height).map(to).collect()
}

/// Two losses are a tie within this share of their size; a tie goes to the lexicographically smallest node.
const TIE: f64 = 1e-12;

impl Search<'_> {
    fn run(&mut self, total: usize) -> Option<Answer> {
        let by_column = self.monotone_costs();
        let cost = |node: &[usize]| -> f64 { node.iter().zip(&by_column).filter_map(|(level, column)| column.get(*level)).sum() };
        let costs: Vec<f64> = (0..total).map(|index| cost(&self.node(index))).collect();
        let mut order: Vec<usize> = (0..total).collect();
        let cost = |index: usize| costs.get(index).copied().unwrap_or(f64::INFINITY);
        order.sort_by(|a, b| cost(*b).total_cmp(&cost(*a)).then(b.cmp(a)));
        let mut best = None;
        // A good answer first, by walking down from the top; then everything that could still beat it, dearest first: there the classes
        // are few, and an inadmissible node settles all that lies below it.
        if self.settle(total.checked_sub(1)?) {
            self.descend(total - 1, &cost, &mut best);
        }
        for index in order {
            let Some((least, _)) = best else { break };
            if cost(index) > least + TIE * least.abs() || self.tag(index) == Tag::Inadmissible {
                continue;
            }
            let fresh = self.tag(index) == Tag::Unknown;
            if self.is_admissible(index) {
                self.consider(index, cost(index), &mut best);
                if fresh {
                    self.descend(index, &cost, &mut best);
                }
            }
        }
        best.map(|(loss, index)| Answer {
            suppressed: self.evaluate(index).outliers,
            node: self.node(index),
            loss,
        })
    }

    /// Walks down from an admissible node, each time to the cheapest admissible neighbour, and considers every node on the way.
    fn descend(&mut self, from: usize, cost: &impl Fn(usize) -> f64, best: &mut Option<(f64, usize)>) {
        let mut at = Some(from);
        while let Some(index) = at {
            self.consider(index, cost(index), best);
            let node = self.node(index);
            let mut below: Vec<usize> = (0..node.len()).filter_map(|column| self.neighbour(&node, column, false)).collect();
            below.sort_by(|a, b| cost(*a).total_cmp(&cost(*b)).then(a.cmp(b)));
            at = below.into_iter().find(|next| self.settle(*next));
        }
    }

    /// Takes an admissible node as the best when its loss is less, or the same at a lexicographically smaller node.
    fn consider(&mut self, index: usize, bound: f64, best: &mut Option<(f64, usize)>) {
        let loss = if self.question.suppression_costs && self.question.outliers_max > 0 {
            bound + self.evaluate(index).suppression_loss
        } else {
            bound
        };
        let better = best.is_none_or(|(least, first)| {
            let tie = (loss - least).abs() <= TIE * least.abs();
            if tie { index < first } else { loss < least }
        });
        if better {
            *best = Some((loss, index));
        }
    }

    /// Per column and level: -gF * the sum over all rows of log2(count of the value / count of its generalisation).
    fn monotone_costs(&self) -> Vec<Vec<f64>> {
        let f = self.question.gs_factor;
        let weight = if f <= 0.5 { 1.0 } else { 2.0 - 2.0 * f };
        let column_costs = |column: &Quasi| {
            let level_cost = |level: usize| {
                let general = column.hierarchy.counts(level, &column.counts);
                let codes = column.hierarchy.levels.get(level).map_or(&[][..], |l| &l.codes);
                let rows = column.counts.iter().zip(codes).filter(|(count, _)| **count > 0);
                weight
                    * rows
                        .map(|(count, code)| {
                            let whole = general.get(*code as usize).copied().unwrap_or(*count) as f64;
                            *count as f64 * (whole / *count as f64).log2()
                        })
                        .sum::<f64>()
            };
            (0..column.hierarchy.height()).map(level_cost).collect()
        };
        self.quasi.iter().map(column_costs).collect()
    }

    /// The levels of a node from its place in lexicographic order.
    fn node(&self, mut index: usize) -> Vec<usize> {
        let mut node = vec![0; self.heights.len()];
        for (slot, height) in node.iter_mut().zip(&self.heights).rev() {
            *slot = index % height;
            index /= height;
        }
        node
    }

    fn index(&self, node: &[usize]) -> usize {
        node.iter()
            .zip(&self.heights)
            .fold(0, |index, (level, height)| index * height + level)
    }

    fn tag(&self, index: usize) -> Tag {
        self.tags.get(index).copied().unwrap_or(Tag::Inadmissible)
    }

    /// Settles a node by halving the chain from it to the top: the highest inadmissible node of the chain settles the most.
    fn is_admissible(&mut self, index: usize) -> bool {
        if self.tag(index) == Tag::Unknown {
            let chain = self.chain(index);
            let (mut low, mut high) = (0, chain.len());
            while low < high {
                let middle = (low + high) / 2;
                let Some(at) = chain.get(middle).copied() else { break };
                if self.settle(at) { high = middle } else { low = middle + 1 }
            }
        }
        self.tag(index) == Tag::Admissible
    }

    /// The node, then one level more each time, in the column with the most levels left.
    fn chain(&self, index: usize) -> Vec<usize> {
        let mut chain = vec![index];
        let mut node = self.node(index);
        let left = |node: &[usize], column: usize| match (self.heights.get(column), node.get(column)) {
            (Some(height), Some(level)) => height - 1 - level,
            _ => 0,
        };
        loop {
            let next = (0..node.len()).max_by_key(|column| (left(&node, *column), usize::MAX - column));
            let Some(up) = next.and_then(|column| self.neighbour(&node, column, true)) else {
                return chain;
            };
            node = self.node(up);
            chain.push(up);
        }
    }

    fn settle(&mut self, index: usize) -> bool {
        match self.tag(index) {
            Tag::Admissible => true,
            Tag::Inadmissible => false,
            Tag::Unknown => {
                let admissible = self.evaluate(index).outliers <= self.question.outliers_max;
                self.spread(index, admissible);
                admissible
            }
        }
    }

    /// Tags a node and everything that follows from it: what lies above an admissible node, what lies below an inadmissible one.
    fn spread(&mut self, index: usize, admissible: bool) {
        let tag = if admissible { Tag::Admissible } else { Tag::Inadmissible };
        let mut open = vec![index];
        while let Some(index) = open.pop() {
            match self.tags.get_mut(index) {
                Some(slot) if *slot == Tag::Unknown => *slot = tag,
                _ => continue,
            }
            let node = self.node(index);
            open.extend((0..node.len()).filter_map(|column| self.neighbour(&node, column, admissible)));
        }
    }

    /// The node one level up or down in one column.
    fn neighbour(&self, node: &[usize], column: usize, up: bool) -> Option<usize> {
        let (level, height) = (*node.get(column)?, *self.heights.get(column)?);
        let next = if up {
            (level + 1 < height).then_some(level + 1)
        } else {
            level.checked_sub(1)
        }?;
        let mut neighbour = node.to_vec();
        *neighbour.get_mut(column)? = next;
        Some(self.index(&neighbour))
    }

    fn evaluate(&mut self, index: usize) -> Evaluated {
        if let Some(known) = self.evaluated.get(&index) {
            return *known;
        }
        let node = self.node(index);
        let classes = self.classes(&node);
        let outliers: u64 = classes
            .iter()
            .map(|(_, count)| *count)
            .filter(|count| *count < self.question.k)
            .sum();
        let costs = self.question.suppression_costs && outliers > 0 && outliers <= self.question.outliers_max;
        let evaluated = Evaluated {
            outliers,
            suppression_loss: if costs {
                self.suppression_loss(&node, &classes, outliers)
            } else {
                0.0
            },
        };
        self.evaluated.insert(index, evaluated);
        self.remember(node, classes);
        evaluated
    }

    /// sF times, per column, the sum over the generalised values among suppressed rows of c * -log2(c / suppressed).
    fn suppression_loss(&self, node: &[usize], classes: &[(u128, u64)], suppressed: u64) -> f64 {
        let weight = (2.0 * self.question.gs_factor).min(1.0);
        let column_loss = |(column, level): (&Quasi, &usize)| {
            let width = column.hierarchy.levels.get(*level).map_or(0, |l| l.labels.len());
            let mut counts = vec![0u64; width];
            for (tuple, count) in classes.iter().filter(|(_, count)| *count < self.question.k) {
                if let Some(slot) = counts.get_mut(column.field(*tuple) as usize) {
                    *slot += count;
                }
            }
            let present = counts.into_iter().filter(|count| *count > 0);
            present
                .map(|count| -(count as f64) * (count as f64 / suppressed as f64).log2())
                .sum::<f64>()
        };
        weight * self.quasi.iter().zip(node).map(column_loss).sum::<f64>()
    }

    /// The classes of a node, rolled up from the smallest remembered node below it.
    fn classes(&self, node: &[usize]) -> Vec<(u128, u64)> {
        let below = |from: &Vec<usize>| from.iter().zip(node).all(|(from, to)| from <= to);
        let source = self
            .cache
            .iter()
            .filter(|(from, _)| below(from))
            .min_by_key(|(_, classes)| classes.len());
        source.map_or_else(Vec::new, |(from, classes)| self.roll_up(from, node, classes))
    }

    fn roll_up(&self, from: &[usize], to: &[usize], classes: &[(u128, u64)]) -> Vec<(u128, u64)> {
        let mut moves: Vec<(u32, u128, &[u32])> = Vec::new();
        let mut kept = u128::MAX;
        for (column, steps) in self.quasi.iter().zip(&self.steps).enumerate().map(|(i, (q, s))| ((i, q), s)) {
            let (index, quasi) = column;
            let (Some(from), Some(to)) = (from.get(index), to.get(index)) else {
                continue;
            };
            if from != to {
                let table = steps.get(*from).and_then(|row| row.get(*to)).map_or(&[][..], Vec::as_slice);
                kept &= !(quasi.mask << quasi.shift);
                moves.push((quasi.shift, quasi.mask, table));
            }
        }
        let mut merged: TupleMap<u64> = TupleMap::with_capacity_and_hasher(classes.len() / 2, Default::default());
        for (tuple, count) in classes {
            let mut next = tuple & kept;
            for (shift, mask, table) in &moves {
                let code = table.get(((tuple >> shift) & mask) as usize).copied().unwrap_or(0);
                next |= u128::from(code) << shift;
            }
            *merged.entry(next).or_insert(0) += count;
        }
        merged.into_iter().collect()
    }

    /// Keeps the classes for later, within bounds: the largest go first, the base tuples never.
    fn remember(&mut self, node: Vec<usize>, classes: Vec<(u128, u64)>) {
        self.cache.push((node, classes));
        while self.cache.iter().map(|(_, classes)| classes.len()).skip(1).sum::<usize>() > CACHE_CLASSES_MAX || self.cache.len() > 256 {
            let largest = self
                .cache
                .iter()
                .enumerate()
                .skip(1)
                .max_by_key(|(_, (_, classes))| classes.len())
                .map(|(index, _)| index);
            match largest {
                Some(index) => drop(self.cache.swap_remove(index)),
                None => break,
            }
        }
    }
}

/// The outlier classes of a node: packed tuples at the node's levels whose class is smaller than `k`.
pub(crate) fn outliers(quasi: &[Quasi], tuples: &[(u128, u64)], node: &[usize], k: u64) -> TupleMap<()> {
    let mut classes: TupleMap<u64> = TupleMap::default();
    for (tuple, count) in tuples {
        *classes.entry(generalise(quasi, node, *tuple)).or_insert(0) += count;
    }
    classes
        .into_iter()
        .filter(|(_, count)| *count < k)
        .map(|(tuple, _)| (tuple, ()))
        .collect()
}

/// A packed tuple of leaves at the levels of `node`.
pub(crate) fn generalise(quasi: &[Quasi], node: &[usize], tuple: u128) -> u128 {
    quasi.iter().zip(node).fold(0, |packed, (column, level)| {
        let leaf = column.field(tuple) as usize;
        let code = column
            .hierarchy
            .levels
            .get(*level)
            .and_then(|l| l.codes.get(leaf))
            .copied()
            .unwrap_or(0);
        packed | u128::from(code) << column.shift
    })
}
