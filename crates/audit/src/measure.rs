//! Classes of equal quasi-identifiers, counted by sorting rows of codes, and what every column shows.
//!
//! In: blocks of text columns. Out: the smallest class, how many classes, how many rows stand alone, how few different sensitive values
//! a class has, and the findings of the auditor's detectors. Suppressed rows (`*` everywhere) are a class like any other.

use std::collections::BTreeMap;

use arrow::array::{Array, StringArray};
use fyr_model::privacy::{PersonalDataFinding, Role};

use crate::Asked;
use crate::bounds::{Bounds, Spread};
use crate::persons::Column;
use crate::read::cell;

/// Counts while reading.
pub(crate) struct Measure {
    /// Places of the quasi-identifying columns, those of means last; of the sensitive ones; and of other columns of means.
    quasi: Vec<usize>,
    sensitive: Vec<(String, usize)>,
    means: Vec<(String, usize)>,
    /// How many of the quasi-identifying columns are of means, and their names.
    quasi_means: Vec<String>,
    bounds: BTreeMap<String, Bounds>,
    codes: Vec<BTreeMap<Option<String>, u32>>,
    /// Rows of codes, one after the other.
    rows_of_codes: Vec<u32>,
    rows: u64,
    columns: Vec<Column>,
    today: u64,
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
        let sensitive = places(Role::Sensitive);
        let means: Vec<(String, usize)> = places(Role::Plain).into_iter().filter(is_mean).collect();
        Self {
            codes: vec![BTreeMap::new(); quasi.len() + sensitive.len() + means.len()],
            quasi,
            sensitive,
            means,
            quasi_means: quasi_means.into_iter().map(|(name, _)| name).collect(),
            bounds: asked.bounds.clone(),
            rows_of_codes: Vec::new(),
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
        for row in 0..rows {
            for (place, known) in places.iter().zip(&mut self.codes) {
                let value = block.get(*place).and_then(|cells| cell(cells, row));
                let next = known.len() as u32;
                let code = match known.get(&value.map(str::to_owned)) {
                    Some(code) => *code,
                    None => *known.entry(value.map(str::to_owned)).or_insert(next),
                };
                self.rows_of_codes.push(code);
            }
        }
        self.rows += rows as u64;
    }

    pub(crate) fn finish(mut self) -> Measured {
        let width = self.codes.len();
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
            uneven: BTreeMap::new(),
            suppressed: 0,
            detections: columns.into_iter().map(|column| column.finish(today)).collect(),
        };
        let quasi = self.quasi.len();
        if width == 0 || quasi + self.sensitive.len() == 0 {
            return measured;
        }
        let mut rows: Vec<&[u32]> = self.rows_of_codes.chunks(width).collect();
        rows.sort_unstable();
        self.groups_as_shown(&rows, &mut measured);
        let mut spreads: Vec<Spread<'_>> = Vec::with_capacity(self.sensitive.len());
        for (index, (name, place)) in self.sensitive.iter().enumerate() {
            let Some(values) = self.codes.get(quasi + index) else { continue };
            let mut counts = vec![0; values.len()];
            for code in rows.iter().filter_map(|row| row.get(quasi + index)) {
                if let Some(slot) = counts.get_mut(*code as usize) {
                    *slot += 1;
                }
            }
            let is_number = numeric.get(*place).copied().unwrap_or(false);
            spreads.push(Spread::new(values, &counts, is_number, self.bounds.get(name)));
        }
        let key = |row: &[u32]| row.get(..self.quasi.len()).unwrap_or_default().to_vec();
        for class in rows.chunk_by(|a, b| key(a) == key(b)) {
            let size = class.len() as u64;
            measured.classes += 1;
            measured.alone += u64::from(size == 1);
            measured.k = Some(measured.k.map_or(size, |k| k.min(size)));
            for (index, spread) in spreads.iter_mut().enumerate() {
                let mut values: Vec<u32> = class.iter().filter_map(|row| row.get(quasi + index).copied()).collect();
                values.sort_unstable();
                spread.group(&values);
            }
        }
        for ((name, _), spread) in self.sensitive.iter().zip(&spreads).filter(|_| measured.classes > 0) {
            measured.l.insert(name.clone(), spread.l);
            measured.t.insert(name.clone(), spread.t);
            measured.broken.insert(name.clone(), spread.broken);
        }
        measured
    }

    /// Suppressed rows, and whether columns of means have one value a group. The quasi-identifying columns that are not of means come first, so
    /// that rows alike in them lie together.
    fn groups_as_shown(&self, rows: &[&[u32]], measured: &mut Measured) {
        let quasi = self.quasi.len();
        let shown = quasi - self.quasi_means.len();
        let star = Some("*".to_owned());
        let stars: Option<Vec<u32>> = self.codes.iter().take(shown).map(|known| known.get(&star).copied()).collect();
        let of_quasi = self.quasi_means.iter().cloned().zip(shown..quasi);
        let others = self.means.iter().map(|(name, _)| name.clone()).zip(quasi + self.sensitive.len()..);
        let columns: Vec<(String, usize)> = of_quasi.chain(others).collect();
        measured.uneven = columns.iter().map(|(name, _)| (name.clone(), 0)).collect();
        for group in rows.chunk_by(|a, b| a.get(..shown) == b.get(..shown)) {
            let first = group.first().copied().unwrap_or_default();
            if shown > 0 && first.get(..shown) == stars.as_deref() {
                measured.suppressed = group.len() as u64;
            }
            for (name, at) in &columns {
                let differs = group.iter().any(|row| row.get(*at) != first.get(*at));
                if let Some(count) = measured.uneven.get_mut(name) {
                    *count += u64::from(differs);
                }
            }
        }
    }
}
