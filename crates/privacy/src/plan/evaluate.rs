//! Evaluation of one node: its classes, rolled up from those of a finer one, asked against every model.
//!
//! In: a problem (columns, models, losses, base tuples) and a node. Out: what it suppresses and costs, and what that says of nodes below and
//! above. A class is met once a view; views are lists of the same classes, one for each sensitive attribute and one for the population.

use std::borrow::Cow;

use super::gather::{Field, Gather};
use super::key::{Key, bits};
use super::loss::{Cost, Costs, Metric, Sums};
use super::models::{Attribute, Criterion};
use super::tuples::Quasi;

/// A class, as the models see it.
pub(crate) struct Class<'a> {
    pub(crate) rows: u64,
    pub(crate) population: u64,
    /// Per sensitive attribute, rows by code in the order of codes.
    pub(crate) sensitive: &'a [&'a [(u32, u64)]],
}

/// A list of tuples: quasi-identifiers above, a sensitive code in the lowest bits.
#[derive(Debug, Clone, Default)]
pub(crate) struct View<K: Key> {
    pub(crate) low_bits: u32,
    /// The bit from which on equal tuples lie together.
    grouped: u32,
    pub(crate) tuples: Vec<(K, K::Count)>,
}

impl<K: Key> View<K> {
    /// From tuples that are all different.
    pub(crate) fn new(low_bits: u32, mut tuples: Vec<(K, K::Count)>) -> Self {
        tuples.sort_unstable_by_key(|(key, _)| *key);
        Self {
            low_bits,
            grouped: 0,
            tuples,
        }
    }
}

/// The views of one node. The last is the population's, where there is one.
pub(crate) type Views<K> = Vec<View<K>>;

/// What is asked of every node.
pub(crate) struct Problem<'a, K: Key> {
    pub(crate) quasi: &'a [Quasi],
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) criteria: Vec<Criterion>,
    pub(crate) average_risk: Option<f64>,
    pub(crate) metric: Metric,
    pub(crate) costs: Costs,
    pub(crate) outliers_max: u64,
    /// Whether the last view counts the population.
    pub(crate) has_population: bool,
    pub(crate) base: Views<K>,
    /// Base tuples in the order of their first row, where the order of classes matters.
    pub(crate) firsts: Vec<K>,
}

/// What a node is worth.
#[derive(Debug, Clone)]
pub(crate) struct Evaluated {
    pub(crate) index: usize,
    /// Rows that would be suppressed; not known of a node that was not asked all.
    pub(crate) suppressed: Option<u64>,
    /// Whether it and, since what fails here fails in every finer node, all that lies below is inadmissible.
    pub(crate) settles_below: bool,
    /// Its cost, when it is admissible.
    pub(crate) cost: Option<Cost>,
    /// No node above costs less.
    pub(crate) bound_above: f64,
}

/// Memory that one thread uses again and again.
#[derive(Debug, Default)]
pub(crate) struct Scratch<K: Key> {
    gather: Gather<K>,
    counts: Vec<Vec<(u32, u64)>>,
    passing: Vec<(u64, K)>,
    sizes: Vec<u64>,
    chosen: Vec<(K, K::Count)>,
    /// The classes of the node that is looked at.
    pub(crate) last: Views<K>,
}

/// What the classes of one node were found to be.
struct Judged<'p, 'o, K: Key> {
    problem: &'p Problem<'p, K>,
    /// Models that a class that fails them fails in every finer node too.
    certain: Vec<Criterion>,
    sums: Sums,
    certain_rows: u64,
    /// Whether no suppression can mend the node.
    lost: bool,
    passing: Vec<(u64, K)>,
    sizes: Vec<u64>,
    outliers: Option<&'o mut Vec<K>>,
}

impl<'p, 'o, K: Key> Judged<'p, 'o, K> {
    fn new(problem: &'p Problem<'p, K>, node: &[usize], outliers: Option<&'o mut Vec<K>>) -> Self {
        let suppresses = problem.outliers_max > 0;
        let certain = problem.criteria.iter().filter_map(|one| {
            let itself = one.is_monotone(suppresses).then(|| one.clone());
            itself.or_else(|| one.companion())
        });
        Self {
            certain: certain.collect(),
            sums: Sums {
                suppressed_by: if problem.metric.asks_suppressed() {
                    problem.empty_counts(node)
                } else {
                    Vec::new()
                },
                ..Sums::default()
            },
            certain_rows: 0,
            lost: false,
            passing: Vec::new(),
            sizes: Vec::new(),
            outliers,
            problem,
        }
    }

    fn take(&mut self, key: K, class: &Class<'_>) {
        let problem = self.problem;
        if class.rows == 0 {
            // A group of the population nobody of which is published: nothing can mend that where some of each must be.
            let must = |one: &Criterion| matches!(one, Criterion::Presence { min, .. } if *min > 0.0);
            self.lost |= class.population > 0 && problem.criteria.iter().any(must);
            return;
        }
        let square = u128::from(class.rows) * u128::from(class.rows);
        self.sums.classes += 1;
        self.sums.squares += square;
        let averages = problem.average_risk.is_some();
        if averages {
            self.sizes.push(class.rows);
        }
        if problem.criteria.iter().all(|one| one.passes(class, &problem.attributes)) {
            self.sums.kept_classes += 1;
            self.sums.kept_squares += square;
            if averages {
                self.passing.push((class.rows, key));
            }
            return;
        }
        if self.certain.iter().any(|one| !one.passes(class, &problem.attributes)) {
            self.certain_rows += class.rows;
        }
        self.suppress(key, class.rows);
    }

    fn suppress(&mut self, key: K, rows: u64) {
        self.sums.suppressed += rows;
        for (counts, column) in self.sums.suppressed_by.iter_mut().zip(self.problem.quasi) {
            if let Some(slot) = counts.get_mut(key.field(column.shift, column.bits) as usize) {
                *slot += rows;
            }
        }
        if let Some(outliers) = &mut self.outliers {
            outliers.push(key);
        }
    }
}

impl<K: Key> Problem<'_, K> {
    /// Rows of the table to be published.
    pub(crate) fn rows(&self) -> u64 {
        self.base
            .first()
            .map_or(0, |view| view.tuples.iter().map(|(_, count)| (*count).into()).sum())
    }

    /// The same question of the sizes of classes alone, where they are asked and more is too. A node that fails it fails the whole.
    pub(crate) fn by_size(&self) -> Option<Problem<'_, K>> {
        let sizes = |one: &&Criterion| matches!(one, Criterion::Size(_));
        let criteria: Vec<Criterion> = self.criteria.iter().filter(sizes).cloned().collect();
        if criteria.is_empty() || self.has_population || self.size_alone().is_some() {
            return None;
        }
        let first = self.base.first()?;
        let mut tuples: Vec<(K, K::Count)> = Vec::new();
        // In the order of tuples, so that those of a class lie together.
        for (key, rows) in &first.tuples {
            match tuples.last_mut() {
                Some((class, sum)) if *class == key.above(first.low_bits) => *sum += *rows,
                _ => tuples.push((key.above(first.low_bits), *rows)),
            }
        }
        Some(Problem {
            quasi: self.quasi,
            attributes: Vec::new(),
            criteria,
            average_risk: None,
            metric: self.metric,
            costs: self.costs.clone(),
            outliers_max: self.outliers_max,
            has_population: false,
            base: vec![View::new(0, tuples)],
            firsts: Vec::new(),
        })
    }

    /// The classes of `to`, from those of the finer node `from`.
    pub(crate) fn roll_up(&self, scratch: &mut Scratch<K>, from: &[usize], to: &[usize], views: &[View<K>]) -> Views<K> {
        let copied = |view: &View<K>| {
            self.roll_up_view(scratch, from, to, view);
            View {
                low_bits: view.low_bits,
                grouped: scratch.gather.grouped,
                tuples: scratch.gather.gathered.clone(),
            }
        };
        views.iter().map(copied).collect()
    }

    /// As [`Problem::roll_up`], into memory that was used before.
    pub(crate) fn roll_up_into(&self, scratch: &mut Scratch<K>, from: &[usize], to: &[usize], views: &[View<K>], into: &mut Views<K>) {
        into.resize_with(views.len(), View::default);
        for (view, into) in views.iter().zip(into) {
            self.roll_up_view(scratch, from, to, view);
            (into.low_bits, into.grouped) = (view.low_bits, scratch.gather.grouped);
            std::mem::swap(&mut into.tuples, &mut scratch.gather.gathered);
        }
    }

    fn roll_up_view(&self, scratch: &mut Scratch<K>, from: &[usize], to: &[usize], view: &View<K>) {
        let mut fields = vec![Field {
            shift: 0,
            bits: view.low_bits,
            codes: None,
            values: 1usize << view.low_bits.min(30),
        }];
        for (column, (from, to)) in self.quasi.iter().zip(from.iter().zip(to)) {
            fields.push(Field {
                shift: column.shift + view.low_bits,
                bits: column.bits,
                codes: (from != to).then(|| column.step(*from, *to)),
                values: column.hierarchy.levels.get(*to).map_or(1, |level| level.labels.len()),
            });
        }
        fields.sort_by_key(|field| field.shift);
        // Classes of several tuples, and those that stand in several lists, are put together in that order.
        scratch.gather.in_order = view.low_bits > 0 || self.base.len() > 1;
        scratch.gather.gather(&view.tuples, view.grouped, &fields);
    }

    /// Asks every class of a node against every model. `outliers` takes the classes that are suppressed.
    pub(crate) fn evaluate(
        &self,
        scratch: &mut Scratch<K>,
        index: usize,
        node: &[usize],
        views: &[View<K>],
        outliers: Option<&mut Vec<K>>,
    ) -> Evaluated {
        if let (Some(k), [view]) = (self.size_alone(), views) {
            return self.evaluate_sizes(scratch, (index, node), &view.tuples, k, outliers);
        }
        let mut judged = Judged::new(self, node, outliers);
        std::mem::swap(&mut judged.passing, &mut scratch.passing);
        std::mem::swap(&mut judged.sizes, &mut scratch.sizes);
        judged.passing.clear();
        judged.sizes.clear();
        self.each_class(scratch, views, |key, class| judged.take(key, class));
        let mut hopeless = judged.lost || judged.certain_rows > self.outliers_max;
        if let Some(risk) = self.average_risk {
            hopeless |= least_suppressed(risk, &mut judged.sizes) > self.outliers_max as f64 + 1e-6;
            self.suppress_smallest(risk, scratch, node, &mut judged);
        }
        std::mem::swap(&mut judged.passing, &mut scratch.passing);
        std::mem::swap(&mut judged.sizes, &mut scratch.sizes);
        let sums = judged.sums;
        let admissible = !judged.lost && sums.suppressed <= self.outliers_max;
        Evaluated {
            index,
            suppressed: Some(sums.suppressed),
            settles_below: hopeless,
            cost: admissible.then(|| self.costs.cost(node, &sums)),
            bound_above: self.costs.bound_above(&sums),
        }
    }

    /// The size that classes must have, when nothing else is asked of them.
    fn size_alone(&self) -> Option<u64> {
        if !self.attributes.is_empty() || self.has_population || self.average_risk.is_some() {
            return None;
        }
        let size = |one: &Criterion| match one {
            Criterion::Size(k) => Some(*k),
            _ => None,
        };
        self.criteria.iter().map(size).collect::<Option<Vec<u64>>>()?.into_iter().max()
    }

    /// As [`Problem::evaluate`] where only sizes are asked: what most tables are held to, and most nodes fail.
    fn evaluate_sizes(
        &self,
        scratch: &mut Scratch<K>,
        (index, node): (usize, &[usize]),
        classes: &[(K, K::Count)],
        k: u64,
        outliers: Option<&mut Vec<K>>,
    ) -> Evaluated {
        let mut sums = Sums {
            classes: classes.len() as u64,
            ..Sums::default()
        };
        let rows_of = |class: &(K, K::Count)| -> u64 { class.1.into() };
        for rows in classes.iter().map(rows_of).filter(|rows| *rows < k) {
            sums.suppressed += rows;
            sums.kept_classes += 1;
        }
        sums.kept_classes = sums.classes - sums.kept_classes;
        if !self.metric.is_by_column() {
            let square = |rows: u64| u128::from(rows) * u128::from(rows);
            sums.squares = classes.iter().map(rows_of).map(square).sum();
            sums.kept_squares = classes.iter().map(rows_of).filter(|rows| *rows >= k).map(square).sum();
        }
        if let Some(outliers) = outliers {
            outliers.extend(classes.iter().filter(|class| rows_of(class) < k).map(|(key, _)| *key));
        }
        let admissible = sums.suppressed <= self.outliers_max;
        if admissible && self.metric.asks_suppressed() {
            sums.suppressed_by = self.suppressed_by(scratch, node, classes, k, sums.kept_classes * 2 > sums.classes);
        }
        Evaluated {
            index,
            suppressed: Some(sums.suppressed),
            settles_below: !admissible,
            cost: admissible.then(|| self.costs.cost(node, &sums)),
            bound_above: self.costs.bound_above(&sums),
        }
    }

    /// Per column, suppressed rows by code: counted among the suppressed classes where those are `fewer`, else what the kept ones leave.
    fn suppressed_by(&self, scratch: &mut Scratch<K>, node: &[usize], classes: &[(K, K::Count)], k: u64, fewer: bool) -> Vec<Vec<u64>> {
        scratch.chosen.clear();
        scratch
            .chosen
            .extend(classes.iter().filter(|(_, rows)| ((*rows).into() < k) == fewer));
        let mut by_column = self.empty_counts(node);
        for ((counts, column), level) in by_column.iter_mut().zip(self.quasi).zip(node) {
            for (key, rows) in &scratch.chosen {
                if let Some(slot) = counts.get_mut(key.field(column.shift, column.bits) as usize) {
                    *slot += (*rows).into();
                }
            }
            if !fewer {
                let all = column.hierarchy.counts(*level, &column.counts);
                counts.iter_mut().zip(all).for_each(|(kept, all)| *kept = all - *kept);
            }
        }
        by_column
    }

    /// Suppresses the smallest classes first, until the mean risk holds or too many rows are gone.
    fn suppress_smallest(&self, risk: f64, scratch: &mut Scratch<K>, node: &[usize], judged: &mut Judged<'_, '_, K>) {
        let mut passing = std::mem::take(&mut judged.passing);
        let gone = self.fewest(risk, &mut passing, &judged.sums);
        self.by_appearance(scratch, node, &mut passing, gone);
        for (size, key) in passing.iter().take(gone) {
            judged.sums.kept_classes -= 1;
            judged.sums.kept_squares -= u128::from(*size) * u128::from(*size);
            judged.suppress(*key, *size);
        }
        judged.passing = passing;
    }

    /// How many of the smallest classes must go until the mean risk holds; puts the smallest first.
    fn fewest(&self, risk: f64, passing: &mut [(u64, K)], sums: &Sums) -> usize {
        passing.sort_unstable();
        let (mut classes, mut rows) = (passing.len(), passing.iter().map(|(rows, _)| *rows).sum::<u64>());
        let mut suppressed = sums.suppressed;
        let mut gone = 0;
        for (size, _) in passing.iter() {
            if classes as f64 <= risk * rows as f64 || suppressed > self.outliers_max {
                break;
            }
            classes -= 1;
            rows -= size;
            suppressed += size;
            gone += 1;
        }
        gone
    }

    /// Of the classes of one size that only some are suppressed of, those go that appear first in the table.
    fn by_appearance(&self, scratch: &mut Scratch<K>, node: &[usize], passing: &mut [(u64, K)], gone: usize) {
        let at = |place: Option<usize>| place.and_then(|place| passing.get(place)).map(|(size, _)| *size);
        let Some(size) = at(gone.checked_sub(1)).filter(|size| at(Some(gone)) == Some(*size)) else {
            return;
        };
        scratch.gather.tally.clear(self.firsts.len() / 2);
        for tuple in &self.firsts {
            let of = |(column, level): (&Quasi, &usize)| {
                let leaf = tuple.field(column.shift, column.bits);
                let code = if *level == 0 {
                    leaf
                } else {
                    column.step(0, *level).get(leaf as usize).copied().unwrap_or(0)
                };
                K::of(code, column.shift)
            };
            scratch
                .gather
                .tally
                .add(self.quasi.iter().zip(node).map(of).fold(K::default(), K::or), 1.into());
        }
        let mut places: Vec<(K, usize)> = scratch
            .gather
            .tally
            .entries
            .iter()
            .enumerate()
            .map(|(place, (key, _))| (*key, place))
            .collect();
        places.sort_unstable();
        let place = |key: &K| {
            places
                .binary_search_by_key(key, |(key, _)| *key)
                .ok()
                .and_then(|at| places.get(at))
                .map(|(_, place)| *place)
        };
        let (from, to) = (
            passing.partition_point(|(rows, _)| *rows < size),
            passing.partition_point(|(rows, _)| *rows <= size),
        );
        if let Some(tied) = passing.get_mut(from..to) {
            tied.sort_by_key(|(_, key)| place(key));
        }
    }

    /// Whether any answer can settle nodes below it.
    pub(crate) fn is_partly_monotone(&self) -> bool {
        let suppresses = self.outliers_max > 0;
        let some = self
            .criteria
            .iter()
            .any(|one| one.is_monotone(suppresses) || one.companion().is_some());
        some || self.average_risk.is_some()
    }

    fn empty_counts(&self, node: &[usize]) -> Vec<Vec<u64>> {
        let width = |(column, level): (&Quasi, &usize)| column.hierarchy.levels.get(*level).map_or(0, |l| l.labels.len());
        self.quasi.iter().zip(node).map(|pair| vec![0; width(pair)]).collect()
    }

    /// Hands over every class: in the order of keys when there are several lists, else in the list's own.
    fn each_class(&self, scratch: &mut Scratch<K>, views: &[View<K>], mut take: impl FnMut(K, &Class<'_>)) {
        let views = &*in_order(views);
        let (own, population) = match (self.has_population, views.split_last()) {
            (true, Some((last, own))) => (own, Some(last)),
            _ => (views, None),
        };
        let attributes = self.attributes.len();
        if let ([view], None, 0) = (own, population, attributes) {
            for (key, rows) in &view.tuples {
                let class = Class {
                    rows: (*rows).into(),
                    population: (*rows).into(),
                    sensitive: &[],
                };
                take(*key, &class);
            }
            return;
        }
        scratch.counts.resize_with(own.len(), Vec::new);
        let mut places = vec![0usize; own.len()];
        let mut population_place = 0;
        loop {
            let here = |view: &View<K>, place: usize| view.tuples.get(place).map(|(key, _)| key.above(view.low_bits));
            let first = own.first().and_then(|view| here(view, *places.first()?));
            let from_population = population.and_then(|view| here(view, population_place));
            let Some(key) = first.into_iter().chain(from_population).min() else {
                break;
            };
            let mut rows = 0;
            for ((view, place), counts) in own.iter().zip(&mut places).zip(&mut scratch.counts) {
                counts.clear();
                rows = 0;
                while let Some((tuple, count)) = view.tuples.get(*place).filter(|(tuple, _)| tuple.above(view.low_bits) == key) {
                    let count: u64 = (*count).into();
                    counts.push((tuple.field(0, view.low_bits), count));
                    rows += count;
                    *place += 1;
                }
            }
            let mut people = if population.is_some() { 0 } else { rows };
            if let Some((_, count)) = population
                .and_then(|view| view.tuples.get(population_place))
                .filter(|(tuple, _)| *tuple == key)
            {
                people = (*count).into();
                population_place += 1;
            }
            let mut hand_over = |sensitive: &[&[(u32, u64)]]| {
                let class = Class {
                    rows,
                    population: people,
                    sensitive,
                };
                take(key, &class);
            };
            match scratch.counts.as_slice() {
                [one] => hand_over(&[one.as_slice()]),
                many => hand_over(&many.iter().map(Vec::as_slice).collect::<Vec<_>>()),
            }
        }
    }
}

/// Lists whose classes have several tuples, or stand in several lists, in the order of keys.
fn in_order<K: Key>(views: &[View<K>]) -> Cow<'_, [View<K>]> {
    let single = views.len() == 1 && views.iter().all(|view| view.low_bits == 0);
    if single || views.iter().all(|view| view.tuples.is_sorted()) {
        return Cow::Borrowed(views);
    }
    let mut sorted = views.to_vec();
    for view in &mut sorted {
        view.tuples.sort_unstable_by_key(|(key, _)| *key);
    }
    Cow::Owned(sorted)
}

/// No choice of classes with fewer rows makes the mean risk hold, here or in any finer node: there each class that is kept lies in one that
/// could be kept here. Parts of a class count, so that taking the smallest first is best.
fn least_suppressed(risk: f64, sizes: &mut [u64]) -> f64 {
    sizes.sort_unstable();
    let rows: u64 = sizes.iter().sum();
    let mut wanting = sizes.len() as f64 - risk * rows as f64;
    let mut suppressed = 0.0;
    for size in sizes.iter().map(|size| *size as f64) {
        let gain = 1.0 - risk * size;
        if wanting <= 0.0 || gain <= 0.0 {
            break;
        }
        suppressed += size * (wanting / gain).min(1.0);
        wanting -= gain;
    }
    suppressed
}

/// Bits for the codes of a sensitive attribute.
pub(crate) fn low_bits(values: usize) -> u32 {
    bits(values)
}
