//! The risk of a table as it stands: how easily a row is told apart, and what its group gives away (`privacy.md` 2.3 and 2.4).
//!
//! In: batches, the quasi-identifying columns and the sensitive ones, and the population where it is known. Out: a [`Risk`]: counts and figures,
//! never a value. Nothing is decided here; estimates of a population never let a failing release pass.
//!
//! Sources: El Emam (2013) on prosecutor, journalist and marketer risk; Motwani and Xu (2007) on distinction and separation; Benedetti and
//! Franconi (1998) on individual risk; Machanavajjhala et al. (2007), Li et al. (2007), Cao and Karras (2012), Brickell and Shmatikov (2008).

mod estimates;
mod special;

use std::collections::BTreeMap;

use arrow::array::RecordBatch;
use fyr_model::finding::Refusal;

use crate::plan::{Intake, View};

pub use estimates::{Estimate, population_uniques};
pub use special::SpecialUniques;

/// Groups of a table over its quasi-identifiers.
#[derive(Debug)]
pub struct Assessor {
    intake: Intake,
    quasi: Vec<String>,
    sensitive: Vec<(String, bool)>,
    weight: Option<String>,
    population: bool,
}

/// What a table risks.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Risk {
    /// Rows.
    pub rows: u64,
    /// Groups of equal quasi-identifiers.
    pub classes: u64,
    /// The smallest group; 0 for an empty table.
    pub k: u64,
    /// What each sensitive column gives away.
    pub attributes: BTreeMap<String, AttributeRisk>,
    /// The largest risk of a row: 1 / the smallest group.
    pub prosecutor_max: f64,
    /// Groups / rows.
    pub prosecutor_average: f64,
    /// 1 / the smallest group of the population that a row lies in.
    pub journalist_max: Option<f64>,
    /// The larger of groups / their people and the mean of 1 / people.
    pub journalist_average: Option<f64>,
    /// Mean over rows of 1 / the group in the population, or in the table where no population is given.
    pub marketer: f64,
    /// Rows alone in their group.
    pub unique: u64,
    /// Different combinations / rows.
    pub distinction: f64,
    /// Share of pairs of rows that differ.
    pub separation: f64,
    /// Distinction and separation of each quasi-identifier alone.
    pub columns: BTreeMap<String, (f64, f64)>,
    /// Rows by the size of their group.
    pub sizes: BTreeMap<u64, u64>,
    /// Rows alone on a few columns already; columns in the order of the quasi-identifiers.
    pub special: SpecialUniques,
    /// The risk of each row by its weight in a sample, where one was asked for.
    pub individual: Option<IndividualRisk>,
}

/// Risks of single rows of a weighted sample: [`individual`] by the rows of a group and the sum of their weights.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct IndividualRisk {
    /// The largest.
    pub max: f64,
    /// The mean over rows.
    pub mean: f64,
    /// Their sum: how many rows are expected to be recognised.
    pub expected: f64,
    /// Rows without a weight above zero; with any, the other figures mean nothing.
    pub unweighted: u64,
}

/// What a sensitive column gives away: the worst of all groups.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AttributeRisk {
    /// Fewest different values.
    pub l: u64,
    /// floor(exp(smallest entropy)).
    pub l_entropy: u64,
    /// Largest distance to the whole table: numbers by their order, other values equally far from each other.
    pub t: f64,
    /// Largest relative gain of a value.
    pub beta: f64,
    /// The same, at most the largest -ln of a share.
    pub beta_enhanced: f64,
    /// Largest |ln(q/p)| of values that are there.
    pub delta: f64,
}

impl Assessor {
    /// An assessor of a table over these columns; `true` marks a sensitive column of numbers.
    pub fn new(quasi: &[String], sensitive: &[(String, bool)], population: bool) -> Self {
        Self::weighted(quasi, sensitive, None, population)
    }

    /// The same for a sample, with the column that says how many people each row stands for.
    pub fn weighted(quasi: &[String], sensitive: &[(String, bool)], weight: Option<&str>, population: bool) -> Self {
        let mut names: Vec<String> = sensitive.iter().map(|(name, _)| name.clone()).collect();
        names.extend(weight.map(str::to_owned));
        Self {
            weight: weight.map(str::to_owned),
            intake: Intake::new(quasi, &names, population),
            quasi: quasi.to_vec(),
            sensitive: sensitive.to_vec(),
            population,
        }
    }

    /// Takes in rows of the table.
    ///
    /// # Errors
    /// `column-absent`, `column-type`, `too-many-values`.
    pub fn take(&mut self, batch: &RecordBatch) -> Result<(), Refusal> {
        self.intake.take(batch)
    }

    /// Takes in rows of the population.
    ///
    /// # Errors
    /// Those of [`Assessor::take`].
    pub fn take_population(&mut self, batch: &RecordBatch) -> Result<(), Refusal> {
        self.intake.take_population(batch)
    }

    /// The risk of all rows taken in.
    pub fn assess(self) -> Risk {
        let rows = self.intake.rows();
        let mut fields = Vec::new();
        let mut columns = BTreeMap::new();
        let mut shift = 0;
        for (place, name) in self.quasi.iter().enumerate() {
            let (leaves, table) = self.intake.leaves(place, false);
            let present: Vec<u64> = leaves.counts.iter().copied().filter(|count| *count > 0).collect();
            columns.insert(name.clone(), told_apart(&present, rows));
            let bits = crate::plan::bits(table.len());
            fields.push((shift, table));
            shift += bits;
        }
        let first = self.quasi.len();
        let column = |(place, (_, numeric)): (usize, &(String, bool))| {
            let (leaves, table) = self.intake.leaves(first + place, *numeric);
            (leaves.counts, table)
        };
        let tables: Vec<(Vec<u64>, Vec<u32>)> = self.sensitive.iter().enumerate().map(column).collect();
        let mut codes: Vec<Vec<u32>> = tables.iter().map(|(_, table)| table.clone()).collect();
        let weights = self
            .weight
            .as_ref()
            .map(|_| self.intake.leaves(first + self.sensitive.len(), false));
        codes.extend(weights.iter().map(|(_, table)| table.clone()));
        let mut views = self.intake.views::<u128>(&fields, &codes);
        let population = if self.population { views.pop() } else { None };
        let sizes: Vec<(u128, u64)> = views.first().map(classes).unwrap_or_default();
        let mut risk = of_sizes(&sizes, rows);
        risk.columns = columns;
        let places: Vec<(u32, u32)> = fields
            .iter()
            .map(|(shift, table)| (*shift, crate::plan::bits(table.len())))
            .collect();
        let codes = |key: u128| {
            places
                .iter()
                .map(|(shift, bits)| (key >> shift & ((1 << bits) - 1)) as u32)
                .collect()
        };
        let tuples: Vec<(Vec<u32>, u64)> = sizes.iter().map(|(key, count)| (codes(*key), *count)).collect();
        risk.special = special::special_uniques(&tuples);
        if let (Some((leaves, _)), Some(view)) = (weights, views.get(self.sensitive.len())) {
            risk.individual = Some(individuals(view, &leaves.values, rows));
        }
        if let Some(population) = population {
            journalist(&mut risk, &sizes, &population);
        }
        for (((name, numeric), view), (counts, _)) in self.sensitive.iter().zip(&views).zip(&tables) {
            risk.attributes.insert(name.clone(), attribute(view, counts, rows, *numeric));
        }
        risk
    }
}

/// Sizes of the classes of a sorted view.
fn classes(view: &View<u128>) -> Vec<(u128, u64)> {
    let same = |a: &(u128, u64), b: &(u128, u64)| a.0 >> view.low_bits == b.0 >> view.low_bits;
    let class = |tuples: &[(u128, u64)]| {
        let key = tuples.first().map_or(0, |(key, _)| key >> view.low_bits);
        (key, tuples.iter().map(|(_, count)| count).sum())
    };
    view.tuples.chunk_by(same).map(class).collect()
}

/// Distinction and separation.
fn told_apart(counts: &[u64], rows: u64) -> (f64, f64) {
    if rows == 0 {
        return (0.0, 0.0);
    }
    let pairs = |n: u64| n as f64 * (n.saturating_sub(1)) as f64;
    let together: f64 = counts.iter().map(|count| pairs(*count)).sum();
    let separation = if rows < 2 { 0.0 } else { 1.0 - together / pairs(rows) };
    (counts.len() as f64 / rows as f64, separation)
}

fn of_sizes(sizes: &[(u128, u64)], rows: u64) -> Risk {
    let counts: Vec<u64> = sizes.iter().map(|(_, count)| *count).collect();
    let k = counts.iter().copied().min().unwrap_or(0);
    let (distinction, separation) = told_apart(&counts, rows);
    let mut by_size = BTreeMap::new();
    for count in &counts {
        *by_size.entry(*count).or_insert(0) += count;
    }
    let average = if rows == 0 { 0.0 } else { counts.len() as f64 / rows as f64 };
    Risk {
        rows,
        classes: counts.len() as u64,
        k,
        prosecutor_max: if k == 0 { 0.0 } else { 1.0 / k as f64 },
        prosecutor_average: average,
        marketer: average,
        unique: by_size.get(&1).copied().unwrap_or(0),
        distinction,
        separation,
        sizes: by_size,
        ..Risk::default()
    }
}

impl Risk {
    /// Share of rows whose risk is greater than `threshold`.
    pub fn at_risk(&self, threshold: f64) -> f64 {
        let over = self.sizes.iter().filter(|(size, _)| 1.0 / **size as f64 > threshold);
        if self.rows == 0 {
            0.0
        } else {
            over.map(|(_, rows)| *rows).sum::<u64>() as f64 / self.rows as f64
        }
    }
}

fn journalist(risk: &mut Risk, sizes: &[(u128, u64)], population: &View<u128>) {
    let people = |key: u128, rows: u64| {
        let found = population.tuples.binary_search_by_key(&key, |(key, _)| *key).ok();
        // A group of the table that the population lacks is no larger than it is here.
        found
            .and_then(|at| population.tuples.get(at))
            .map_or(rows, |(_, count)| *count)
            .max(rows)
    };
    let groups: Vec<(u64, u64)> = sizes.iter().map(|(key, rows)| (*rows, people(*key, *rows))).collect();
    if risk.rows == 0 {
        return;
    }
    let mean = groups.iter().map(|(rows, people)| *rows as f64 / *people as f64).sum::<f64>() / risk.rows as f64;
    let all: u64 = groups.iter().map(|(_, people)| people).sum();
    risk.journalist_max = groups.iter().map(|(_, people)| 1.0 / *people as f64).reduce(f64::max);
    risk.journalist_average = Some(mean.max(groups.len() as f64 / all as f64));
    risk.marketer = mean;
}

/// The risk of every row of a weighted sample.
fn individuals(view: &View<u128>, weights: &[Option<String>], rows: u64) -> IndividualRisk {
    let weight = |code: u32| {
        let text = weights.get(code as usize)?.as_deref()?;
        text.parse::<f64>().ok().filter(|weight| *weight > 0.0 && weight.is_finite())
    };
    let mut risks = IndividualRisk::default();
    for class in view.tuples.chunk_by(|a, b| a.0 >> view.low_bits == b.0 >> view.low_bits) {
        let (mut sample, mut population) = (0, 0.0);
        for (key, count) in class {
            sample += count;
            match weight(crate::plan::low(*key, view.low_bits)) {
                Some(weight) => population += weight * *count as f64,
                None => risks.unweighted += count,
            }
        }
        let risk = individual(sample, population);
        risks.max = risks.max.max(risk);
        risks.expected += risk * sample as f64;
    }
    risks.mean = risks.expected / rows.max(1) as f64;
    risks
}

fn attribute(view: &View<u128>, counts: &[u64], rows: u64, numeric: bool) -> AttributeRisk {
    let share = |code: u32| counts.get(code as usize).copied().unwrap_or(0) as f64 / rows as f64;
    let mut worst = AttributeRisk {
        l: u64::MAX,
        ..AttributeRisk::default()
    };
    let mut least_entropy = f64::INFINITY;
    for class in view.tuples.chunk_by(|a, b| a.0 >> view.low_bits == b.0 >> view.low_bits) {
        let size: u64 = class.iter().map(|(_, count)| count).sum();
        let mut present = vec![0u64; counts.len()];
        let mut entropy = 0.0;
        for (key, count) in class {
            let code = crate::plan::low(*key, view.low_bits);
            let (p, q) = (share(code), *count as f64 / size as f64);
            if let Some(slot) = present.get_mut(code as usize) {
                *slot = *count;
            }
            entropy -= q * q.ln();
            worst.beta = worst.beta.max((q - p) / p);
            worst.delta = worst.delta.max((q / p).ln().abs());
        }
        worst.l = worst.l.min(class.len() as u64);
        worst.t = worst.t.max(distance(&present, size, counts, rows, numeric));
        least_entropy = least_entropy.min(entropy);
    }
    if worst.l == u64::MAX {
        return AttributeRisk::default();
    }
    let rarest = counts.iter().copied().filter(|count| *count > 0).min().unwrap_or(1) as f64 / rows as f64;
    worst.beta_enhanced = worst.beta.min(-rarest.ln());
    worst.l_entropy = (least_entropy.exp() + 1e-9).floor() as u64;
    worst
}

/// How far a class lies from the whole table; codes stand in the order of values.
fn distance(class: &[u64], size: u64, table: &[u64], rows: u64, numeric: bool) -> f64 {
    let gaps = class
        .iter()
        .zip(table)
        .map(|(q, p)| *q as f64 / size as f64 - *p as f64 / rows as f64);
    if !numeric {
        return gaps.map(f64::abs).sum::<f64>() / 2.0;
    }
    let (mut running, mut moved) = (0.0f64, 0.0);
    for gap in gaps {
        running += gap;
        moved += running.abs();
    }
    moved / table.len().saturating_sub(1).max(1) as f64
}

/// The risk of one record that shares its key with `sample` rows of a sample and an estimated `population` people.
///
/// From three rows on it is an approximation, and to be labelled so. Source: Benedetti and Franconi (1998).
///
/// ```
/// assert!((fyr_privacy::risk::individual(1, 45.5) - 0.085_791_29).abs() < 1e-8);
/// ```
pub fn individual(sample: u64, population: f64) -> f64 {
    let f = sample as f64;
    let p = f / population;
    if p >= 1.0 {
        return 1.0 / f;
    }
    match sample {
        0 => 0.0,
        1 => -p * p.ln() / (1.0 - p),
        2 => (p * p.ln() + 1.0 - p) * p / (1.0 - p).powi(2),
        _ => p / (f - 1.0 + p),
    }
}

#[cfg(test)]
mod tests;
