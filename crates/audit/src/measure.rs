//! Classes of equal quasi-identifiers, counted as they are met, and what every column shows.
//!
//! In: blocks of text columns. Out: the smallest class, how many classes, how many rows stand alone, how few different sensitive values
//! a class has, and the findings of the auditor's detectors. Suppressed rows (`*` everywhere) are a class like any other. Memory follows the
//! different classes and what each holds of sensitive values, not the rows.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use arrow::array::{Array, StringArray};
use fyr_model::held::{Bounds, Figures};
use fyr_model::privacy::{PersonalDataFinding, Role};

use crate::Asked;
use crate::bounds::Spread;
use crate::persons::Column;
use crate::population::Group;
use crate::read::cell;

/// Counts while reading.
pub(crate) struct Measure {
    /// Places of the quasi-identifying columns, those of means last; of the sensitive ones; and of other columns of means.
    quasi: Vec<usize>,
    sensitive: Vec<(String, usize)>,
    means: Vec<(String, usize)>,
    /// The quasi-identifying columns that are of means.
    quasi_means: Vec<String>,
    bounds: BTreeMap<String, Bounds>,
    /// Names of the quasi-identifying columns that are not of means, where a population is to be counted behind the groups.
    counted: Option<Vec<String>>,
    codes: Vec<Codes>,
    /// The number of each class, by the codes of its quasi-identifiers.
    classes: HashMap<Vec<u32>, usize>,
    /// Rows of each class.
    sizes: Vec<u64>,
    /// Per sensitive column, rows by class and code.
    held: Vec<HashMap<(usize, u32), u64>>,
    /// Per group alike in the columns that are not of means, the one code that each column of means has there, or none where it has several.
    even: HashMap<Vec<u32>, Vec<Option<u32>>>,
    rows: u64,
    columns: Vec<Column>,
    today: u64,
}

/// The different values of a column, in the order of first sight.
#[derive(Debug, Default)]
struct Codes {
    known: HashMap<String, u32>,
    missing: Option<u32>,
}

impl Codes {
    fn code(&mut self, value: Option<&str>) -> u32 {
        let next = self.known.len() as u32 + u32::from(self.missing.is_some());
        match value {
            None => *self.missing.get_or_insert(next),
            Some(value) => match self.known.get(value) {
                Some(code) => *code,
                None => *self.known.entry(value.to_owned()).or_insert(next),
            },
        }
    }

    /// The text of each code.
    fn texts(&self) -> HashMap<u32, Option<&String>> {
        let known = self.known.iter().map(|(value, code)| (*code, Some(value)));
        known.chain(self.missing.map(|code| (code, None))).collect()
    }

    fn by_value(self) -> BTreeMap<Option<String>, u32> {
        let known = self.known.into_iter().map(|(value, code)| (Some(value), code));
        known.chain(self.missing.map(|code| (None, code))).collect()
    }
}

/// What was counted.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Measured {
    pub(crate) rows: u64,
    /// None when there is nothing to group by.
    pub(crate) k: Option<u64>,
    pub(crate) classes: u64,
    pub(crate) alone: u64,
    pub(crate) l: BTreeMap<String, u64>,
    /// Largest distance of a group from the whole file.
    pub(crate) t: BTreeMap<String, f64>,
    /// Groups that break what was promised, per sensitive column.
    pub(crate) broken: BTreeMap<String, u64>,
    /// What the poorest group tells, per sensitive column.
    pub(crate) figures: BTreeMap<String, Figures>,
    /// The different values of sensitive columns whose hierarchy is known.
    pub(crate) values: BTreeMap<String, BTreeSet<String>>,
    /// The groups as shown, where a population is to be counted behind them: names of the columns, and each group.
    pub(crate) groups: Option<(Vec<String>, Vec<Group>)>,
    /// Groups with more than one value, per column of means.
    pub(crate) uneven: BTreeMap<String, u64>,
    /// Rows with `*` in every quasi-identifying column that is not of means.
    pub(crate) suppressed: u64,
    pub(crate) detections: Vec<PersonalDataFinding>,
}

impl Measure {
    /// A count over columns with these names; `true` marks a numeric one.
    pub(crate) fn new(columns: &[(String, bool)], asked: &Asked) -> Self {
        let places = |role: Role| {
            let with_role = move |(_, (name, _)): &(usize, &(String, bool))| asked.roles.get(name) == Some(&role);
            columns
                .iter()
                .enumerate()
                .filter(with_role)
                .map(|(place, (name, _))| (name.clone(), place))
                .collect::<Vec<_>>()
        };
        let is_mean = |(name, _): &(String, usize)| asked.means.contains(name);
        let (quasi_means, plain): (Vec<_>, Vec<_>) = places(Role::QuasiIdentifier).into_iter().partition(is_mean);
        let quasi: Vec<usize> = plain.iter().chain(&quasi_means).map(|(_, place)| *place).collect();
        let counted = asked.counts_people().then(|| plain.iter().map(|(name, _)| name.clone()).collect());
        let sensitive = places(Role::Sensitive);
        let means: Vec<(String, usize)> = places(Role::Plain).into_iter().filter(is_mean).collect();
        Self {
            codes: (0..quasi.len() + sensitive.len() + means.len()).map(|_| Codes::default()).collect(),
            classes: HashMap::new(),
            sizes: Vec::new(),
            held: vec![HashMap::new(); sensitive.len()],
            even: HashMap::new(),
            quasi,
            sensitive,
            means,
            quasi_means: quasi_means.into_iter().map(|(name, _)| name).collect(),
            bounds: asked.bounds.clone(),
            counted,
            rows: 0,
            columns: columns.iter().map(|(name, numeric)| Column::new(name, *numeric)).collect(),
            today: {
                use chrono::Datelike as _;
                let day = asked.reference;
                day.year().max(0) as u64 * 10_000 + u64::from(day.month()) * 100 + u64::from(day.day())
            },
        }
    }

    pub(crate) fn take(&mut self, block: &[StringArray]) {
        for (column, cells) in self.columns.iter_mut().zip(block) {
            column.observe(cells, self.rows, self.today);
        }
        let rows = block.first().map_or(0, |cells| cells.len());
        let places: Vec<usize> = self
            .quasi
            .iter()
            .copied()
            .chain(self.sensitive.iter().chain(&self.means).map(|(_, place)| *place))
            .collect();
        let mut of_row = Vec::with_capacity(places.len());
        for row in 0..rows {
            of_row.clear();
            for (place, known) in places.iter().zip(&mut self.codes) {
                of_row.push(known.code(block.get(*place).and_then(|cells| cell(cells, row))));
            }
            self.meet_means(&of_row);
            let (quasi, sensitive) = of_row.split_at(self.quasi.len());
            let class = match self.classes.get(quasi) {
                Some(class) => *class,
                None => {
                    self.sizes.push(0);
                    *self.classes.entry(quasi.to_vec()).or_insert(self.sizes.len() - 1)
                }
            };
            if let Some(size) = self.sizes.get_mut(class) {
                *size += 1;
            }
            for (held, code) in self.held.iter_mut().zip(sensitive) {
                *held.entry((class, *code)).or_insert(0) += 1;
            }
        }
        self.rows += rows as u64;
    }

    /// Whether columns of means still have one value in the group of this row.
    fn meet_means(&mut self, row: &[u32]) {
        if self.quasi_means.is_empty() && self.means.is_empty() {
            return;
        }
        let shown = row.get(..self.shown()).unwrap_or_default();
        let others = self.quasi.len() + self.sensitive.len();
        let met = row.iter().take(self.quasi.len()).skip(shown.len()).chain(row.iter().skip(others));
        match self.even.get_mut(shown) {
            Some(one) => {
                for (one, code) in one.iter_mut().zip(met) {
                    *one = one.filter(|one| one == code);
                }
            }
            None => {
                let first = met.map(|code| Some(*code)).collect();
                self.even.insert(shown.to_vec(), first);
            }
        }
    }

    /// How many of the quasi-identifying columns are not of means; they come first.
    fn shown(&self) -> usize {
        self.quasi.len() - self.quasi_means.len()
    }

    /// Suppressed rows, and whether columns of means have one value a group.
    fn groups_as_shown(&self, measured: &mut Measured) {
        let shown = self.shown();
        let stars: Option<Vec<u32>> = self.codes.iter().take(shown).map(|codes| codes.known.get("*").copied()).collect();
        let suppressed = self
            .classes
            .iter()
            .filter(|(class, _)| shown > 0 && class.get(..shown) == stars.as_deref());
        measured.suppressed = suppressed.filter_map(|(_, class)| self.sizes.get(*class)).sum();
        for (at, name) in self.quasi_means.iter().chain(self.means.iter().map(|(name, _)| name)).enumerate() {
            let uneven = self.even.values().filter(|codes| codes.get(at) == Some(&None)).count();
            measured.uneven.insert(name.clone(), uneven as u64);
        }
    }

    /// The groups by what they show in the columns that are not of means, in order.
    fn groups(&self) -> Vec<Group> {
        let shown = self.shown();
        let texts: Vec<HashMap<u32, Option<&String>>> = self.codes.iter().take(shown).map(Codes::texts).collect();
        let mut rows: BTreeMap<Vec<Option<String>>, u64> = BTreeMap::new();
        for (codes, class) in &self.classes {
            let cells = codes
                .iter()
                .zip(&texts)
                .map(|(code, texts)| texts.get(code).copied().flatten().cloned());
            *rows.entry(cells.collect()).or_insert(0) += self.sizes.get(*class).copied().unwrap_or(0);
        }
        rows.into_iter().map(|(cells, rows)| Group { cells, rows }).collect()
    }

    pub(crate) fn finish(mut self) -> Measured {
        let today = self.today;
        let numeric: Vec<bool> = self.columns.iter().map(Column::is_numeric).collect();
        let columns = std::mem::take(&mut self.columns);
        let mut measured = Measured {
            rows: self.rows,
            k: None,
            classes: 0,
            alone: 0,
            l: BTreeMap::new(),
            t: BTreeMap::new(),
            broken: BTreeMap::new(),
            figures: BTreeMap::new(),
            values: BTreeMap::new(),
            groups: None,
            uneven: BTreeMap::new(),
            suppressed: 0,
            detections: columns.into_iter().map(|column| column.finish(today)).collect(),
        };
        if self.quasi.is_empty() && self.sensitive.is_empty() {
            return measured;
        }
        self.groups_as_shown(&mut measured);
        measured.groups = self.counted.take().map(|names| (names, self.groups()));
        let values: Vec<BTreeMap<Option<String>, u32>> = self.codes.into_iter().skip(self.quasi.len()).map(Codes::by_value).collect();
        let mut spreads: Vec<Spread<'_>> = Vec::with_capacity(self.sensitive.len());
        for (((name, place), values), held) in self.sensitive.iter().zip(&values).zip(self.held) {
            let mut counts = vec![0; values.len()];
            let mut by_class: Vec<(usize, u32, u64)> = held.into_iter().map(|((class, code), rows)| (class, code, rows)).collect();
            by_class.sort_unstable();
            for (_, code, rows) in &by_class {
                if let Some(slot) = counts.get_mut(*code as usize) {
                    *slot += rows;
                }
            }
            let is_number = numeric.get(*place).copied().unwrap_or(false);
            let mut spread = Spread::new(values, &counts, is_number, self.bounds.get(name));
            for class in by_class.chunk_by(|a, b| a.0 == b.0) {
                let group: Vec<(u32, u64)> = class.iter().map(|(_, code, rows)| (*code, *rows)).collect();
                spread.group(&group);
            }
            spreads.push(spread);
        }
        measured.classes = self.sizes.len() as u64;
        measured.alone = self.sizes.iter().filter(|size| **size == 1).count() as u64;
        measured.k = self.sizes.iter().min().copied();
        for ((name, _), spread) in self.sensitive.iter().zip(&spreads).filter(|_| measured.classes > 0) {
            measured.l.insert(name.clone(), spread.l);
            measured.t.insert(name.clone(), spread.t);
            measured.broken.insert(name.clone(), spread.broken());
            measured.figures.insert(name.clone(), spread.figures());
        }
        drop(spreads);
        for ((name, _), values) in self.sensitive.iter().zip(values) {
            if self.bounds.get(name).is_some_and(|bounds| !bounds.above.is_empty()) {
                measured.values.insert(name.clone(), values.into_keys().flatten().collect());
            }
        }
        measured
    }
}

#[cfg(test)]
mod tests;
