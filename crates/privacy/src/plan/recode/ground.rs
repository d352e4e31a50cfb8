//! What a second step stands on: the different tuples of leaves with what they hold, what each column may show, and what that costs a row.
//!
//! In: the problem that was searched. Out: for a set of tuples whether it meets every model as one class, and for what a column shows its cost
//! and its text. Nothing here knows how classes are cut.

use std::collections::HashMap;

use super::{Order, Shown};
use crate::hierarchy::STAR;
use crate::plan::evaluate::{Class, Problem, View};
use crate::plan::key::Key;
use crate::plan::models::Criterion;

/// The different tuples of leaves, in the order of their keys; those of the population that is not published have no rows.
#[derive(Debug)]
pub(super) struct Atoms<K> {
    pub(super) keys: Vec<K>,
    pub(super) rows: Vec<u64>,
    population: Vec<u64>,
    /// Per sensitive attribute.
    spans: Vec<Spans>,
}

/// Where each tuple's counts begin, and the counts by code.
type Spans = (Vec<u32>, Vec<(u32, u64)>);

impl<K: Key> Atoms<K> {
    fn of(problem: &Problem<'_, K>) -> Self {
        let (own, population) = match (problem.has_population, problem.base.split_last()) {
            (true, Some((last, own))) => (own, Some(last)),
            _ => (problem.base.as_slice(), None),
        };
        let first = own.first();
        let of_view = |view: &View<K>| -> Vec<K> { view.tuples.iter().map(|(key, _)| key.above(view.low_bits)).collect() };
        let mut keys: Vec<K> = first.into_iter().chain(population).flat_map(of_view).collect();
        keys.sort_unstable();
        keys.dedup();
        let counts = |view: Option<&View<K>>| {
            let mut counts = vec![0u64; keys.len()];
            for (key, count) in view
                .into_iter()
                .flat_map(|view| view.tuples.iter().map(|(key, count)| (key.above(view.low_bits), count)))
            {
                if let Some(slot) = keys.binary_search(&key).ok().and_then(|place| counts.get_mut(place)) {
                    *slot += (*count).into();
                }
            }
            counts
        };
        let rows = counts(first);
        let spans = own.iter().take(problem.attributes.len()).map(|view| {
            let mut starts = vec![0u32; keys.len() + 1];
            for (key, _) in &view.tuples {
                let place = keys.binary_search(&key.above(view.low_bits));
                if let Some(slot) = place.ok().and_then(|place| starts.get_mut(place + 1)) {
                    *slot += 1;
                }
            }
            let mut sum = 0;
            for slot in &mut starts {
                sum += *slot;
                *slot = sum;
            }
            let mut cells: Vec<(K, K::Count)> = view.tuples.clone();
            cells.sort_unstable();
            let cells = cells.into_iter().map(|(key, count)| (key.field(0, view.low_bits), count.into()));
            (starts, cells.collect())
        });
        Self {
            spans: spans.collect(),
            population: if problem.has_population { counts(population) } else { rows.clone() },
            rows,
            keys,
        }
    }

    pub(super) fn rows_of(&self, atom: u32) -> u64 {
        self.rows.get(atom as usize).copied().unwrap_or(0)
    }

    /// Rows of all members.
    pub(super) fn sum(&self, members: &[u32]) -> u64 {
        members.iter().map(|atom| self.rows_of(*atom)).sum()
    }

    fn cells(&self, attribute: usize, atom: u32) -> &[(u32, u64)] {
        let Some((starts, cells)) = self.spans.get(attribute) else {
            return &[];
        };
        let at = |place: usize| starts.get(place).map_or(0, |start| *start as usize);
        cells.get(at(atom as usize)..at(atom as usize + 1)).unwrap_or_default()
    }
}

/// The tuples, the columns and the models.
pub(super) struct Ground<'p, 'q, K: Key> {
    pub(super) problem: &'p Problem<'q, K>,
    pub(super) node: &'p [usize],
    pub(super) atoms: Atoms<K>,
    pub(super) orders: &'p [Option<Order>],
    /// By column, level and code: what one row costs.
    weights: Vec<Vec<Vec<f64>>>,
    /// By column, level and code: the number of the label, equal for equal texts.
    names: Vec<Vec<Vec<u32>>>,
    /// Whether a group of the population may not be told apart when nobody of it is published.
    pub(super) keeps_all: bool,
}

impl<'p, 'q, K: Key> Ground<'p, 'q, K> {
    pub(super) fn new(problem: &'p Problem<'q, K>, node: &'p [usize], orders: &'p [Option<Order>], texts: &mut Texts) -> Self {
        let mut weights = Vec::new();
        let mut names = Vec::new();
        for (place, column) in problem.quasi.iter().enumerate() {
            let hierarchy = &column.hierarchy;
            let weight = |level: usize| -> Vec<f64> {
                let pairs = hierarchy.counts(level, &column.counts).into_iter().zip(hierarchy.shares(level));
                pairs.map(|(rows, share)| problem.costs.weight(rows, share)).collect()
            };
            weights.push((0..hierarchy.height()).map(weight).collect());
            let mut name = |label: &Option<String>| texts.number(place, label.as_deref());
            let levels = hierarchy.levels.iter().map(|level| level.labels.iter().map(&mut name).collect());
            names.push(levels.collect());
        }
        let keeps_all = problem
            .criteria
            .iter()
            .any(|one| matches!(one, Criterion::Presence { min, .. } if *min > 0.0));
        Self {
            atoms: Atoms::of(problem),
            problem,
            node,
            orders,
            weights,
            names,
            keeps_all,
        }
    }

    /// What one row costs in a column that shows this.
    pub(super) fn weight(&self, column: usize, shown: Shown) -> f64 {
        match shown {
            Shown::Level { level, code } => {
                let weights = self.weights.get(column).and_then(|levels| levels.get(level as usize));
                weights.and_then(|codes| codes.get(code as usize)).copied().unwrap_or(0.0)
            }
            Shown::Range { first, last } => self.order(column).map_or(0.0, |order| {
                let leaves = self.problem.quasi.get(column).map_or(1, |column| column.hierarchy.leaves_all());
                let share = order.leaves(first, last, leaves) as f64 / leaves.max(1) as f64;
                self.problem.costs.weight(order.rows(first, last), share)
            }),
        }
    }

    /// The number of what a column shows, equal for equal texts.
    pub(super) fn name(&self, column: usize, shown: Shown, texts: &mut Texts) -> u32 {
        match shown {
            Shown::Level { level, code } => {
                let names = self.names.get(column).and_then(|levels| levels.get(level as usize));
                names.and_then(|codes| codes.get(code as usize)).copied().unwrap_or(0)
            }
            Shown::Range { first, last } => {
                let text = self.order(column).map(|order| order.text(first, last));
                texts.number(column, text.as_deref())
            }
        }
    }

    pub(super) fn order(&self, column: usize) -> Option<&Order> {
        self.orders.get(column)?.as_ref()
    }

    /// The leaf of a tuple in a column.
    pub(super) fn leaf(&self, atom: u32, column: usize) -> u32 {
        let key = self.atoms.keys.get(atom as usize).copied().unwrap_or_default();
        self.problem.quasi.get(column).map_or(0, |quasi| key.field(quasi.shift, quasi.bits))
    }

    /// The code of a tuple in a column at a level.
    pub(super) fn code(&self, atom: u32, column: usize, level: usize) -> u32 {
        let leaf = self.leaf(atom, column) as usize;
        let level = self.problem.quasi.get(column).and_then(|quasi| quasi.hierarchy.levels.get(level));
        level.and_then(|level| level.codes.get(leaf)).copied().unwrap_or(0)
    }

    /// A tuple at the levels of the search's answer.
    pub(super) fn at_node(&self, atom: u32) -> K {
        let fields = self.problem.quasi.iter().zip(self.node).enumerate();
        fields.fold(K::default(), |key, (place, (quasi, level))| {
            key.or(K::of(self.code(atom, place, *level), quasi.shift))
        })
    }

    /// Whether these tuples as one class meet every model.
    pub(super) fn passes(&self, members: &[u32]) -> bool {
        let rows = self.atoms.sum(members);
        let people = |atom: &u32| self.atoms.population.get(*atom as usize).copied().unwrap_or(0);
        let population = members.iter().map(people).sum();
        let criteria = &self.problem.criteria;
        let plain = |one: &&Criterion| matches!(one, Criterion::Size(_) | Criterion::Map(_) | Criterion::Presence { .. });
        let bare = Class {
            rows,
            population,
            sensitive: &[],
        };
        if rows == 0 || !criteria.iter().filter(plain).all(|one| one.passes(&bare, &[])) {
            return false;
        }
        let counts: Vec<Vec<(u32, u64)>> = (0..self.problem.attributes.len())
            .map(|attribute| {
                let cells = members.iter().flat_map(|atom| self.atoms.cells(attribute, *atom));
                let mut cells: Vec<(u32, u64)> = cells.copied().collect();
                cells.sort_unstable_by_key(|(code, _)| *code);
                cells.dedup_by(|next, kept| {
                    let same = next.0 == kept.0;
                    kept.1 += if same { next.1 } else { 0 };
                    same
                });
                cells
            })
            .collect();
        let slices: Vec<&[(u32, u64)]> = counts.iter().map(Vec::as_slice).collect();
        let class = Class {
            rows,
            population,
            sensitive: &slices,
        };
        criteria.iter().all(|one| one.passes(&class, &self.problem.attributes))
    }
}

/// Texts that columns show, as numbers: what reads the same is the same class to whoever reads the file.
#[derive(Debug, Clone, Default)]
pub(super) struct Texts(HashMap<(usize, Option<String>), u32>);

impl Texts {
    fn number(&mut self, column: usize, text: Option<&str>) -> u32 {
        let next = self.0.len() as u32;
        *self.0.entry((column, text.map(str::to_owned))).or_insert(next)
    }

    /// What suppressed rows read.
    pub(super) fn suppressed(&mut self, columns: usize) -> Vec<u32> {
        (0..columns).map(|column| self.number(column, Some(STAR))).collect()
    }
}
