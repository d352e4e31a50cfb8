//! A second step followed from what was written: every label true, every class within the models, the loss as told and no greater than before.
//!
//! In: what was asked, and for each row what it shows. Out: that all holds, or the first thing that does not. Classes, distances and losses are
//! counted from the labels, with no code of the step.

use std::collections::{BTreeMap, HashMap};

use super::Asked;
use super::look::{Looker, same};

/// What a second step claims, and what it wrote.
#[derive(Debug)]
pub struct Recoded<'a> {
    /// The levels of the search's answer.
    pub node: &'a [usize],
    /// What each row shows in each quasi-identifier; none when it is suppressed.
    pub shown: &'a [Option<Vec<String>>],
    /// The same of the population, where a model asks for it.
    pub population: Option<&'a [Option<Vec<String>>]>,
    /// The loss that is told.
    pub loss: f64,
    /// The loss of the search's answer.
    pub global: f64,
    /// Rows suppressed, as told.
    pub suppressed: u64,
}

/// Follows a second step. `Err` names the first thing that does not hold.
///
/// # Errors
/// A sentence in English, for logs and tests.
pub fn check_recoding(asked: &Asked<'_>, recoded: &Recoded<'_>) -> Result<(), String> {
    let rows: Vec<&[String]> = asked.rows.iter().map(|row| row.0.as_slice()).collect();
    let counter = Counter { asked, rows: &rows };
    let mut classes: BTreeMap<&[String], (Vec<usize>, u64)> = BTreeMap::new();
    for (at, (row, shown)) in rows.iter().zip(recoded.shown).enumerate() {
        let Some(shown) = shown else { continue };
        counter.is_true(row, shown)?;
        classes.entry(shown).or_default().0.push(at);
    }
    for (row, shown) in asked.population.into_iter().flatten().zip(recoded.population.into_iter().flatten()) {
        let Some(shown) = shown else { continue };
        counter.is_true(row, shown)?;
        classes.entry(shown).or_default().1 += 1;
    }
    let lost: Vec<usize> = (0..rows.len())
        .filter(|at| recoded.shown.get(*at).is_none_or(Option::is_none))
        .collect();
    if lost.len() as u64 != recoded.suppressed {
        return Err(format!("{} rows are suppressed, not {}", lost.len(), recoded.suppressed));
    }
    let looker = Looker::new(asked);
    // Of the population alone nothing is published.
    classes.retain(|_, (class, _)| !class.is_empty());
    for (shown, (class, population)) in &classes {
        let people = if asked.population.is_some() {
            *population
        } else {
            class.len() as u64
        };
        if !looker.meets(class, people, false).0 {
            return Err(format!("the class {shown:?} of {} rows fails a model", class.len()));
        }
        if !lost.is_empty() && shown.iter().all(|label| label == "*") {
            return Err("a class reads as suppressed rows do".to_owned());
        }
    }
    let rows_kept = (rows.len() - lost.len()) as f64;
    if asked.model.average_risk.is_some_and(|risk| classes.len() as f64 > risk * rows_kept) {
        return Err(format!("{} classes of {rows_kept} rows: the mean risk is too great", classes.len()));
    }
    let sizes: Vec<usize> = classes.values().map(|(class, _)| class.len()).collect();
    let loss = counter.loss(recoded, &sizes, &lost);
    if !same(&[loss], &[recoded.loss]) {
        return Err(format!("the loss is {loss}, not {}", recoded.loss));
    }
    if recoded.loss > recoded.global {
        return Err(format!("the loss {} passes {}", recoded.loss, recoded.global));
    }
    Ok(())
}

struct Counter<'a> {
    asked: &'a Asked<'a>,
    rows: &'a [&'a [String]],
}

/// What a label stands for: a level of a hierarchy, or numbers from one to another.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Meaning {
    Level(usize),
    Range(f64, f64),
}

impl Counter<'_> {
    fn path(&self, column: usize, value: &str) -> &[String] {
        let paths = self.asked.hierarchies.get(column);
        paths.and_then(|paths| paths.get(value)).map_or(&[], Vec::as_slice)
    }

    fn meaning(&self, column: usize, value: &str, label: &str) -> Option<Meaning> {
        if let Some(level) = self.path(column, value).iter().position(|known| known == label) {
            return Some(Meaning::Level(level));
        }
        let (first, last) = range(label)?;
        let number: f64 = value.parse().ok()?;
        (first <= number && number <= last).then_some(Meaning::Range(first, last))
    }

    fn is_true(&self, row: &[String], shown: &[String]) -> Result<(), String> {
        for (column, (value, label)) in row.iter().zip(shown).enumerate() {
            if self.meaning(column, value, label).is_none() {
                return Err(format!(
                    "column {column}: a row is shown under a label that it does not stand under"
                ));
            }
        }
        Ok(())
    }

    fn is_under(&self, column: usize, value: &str, label: &str, meaning: Meaning) -> bool {
        match meaning {
            Meaning::Level(level) => self.path(column, value).get(level).is_some_and(|known| known == label),
            Meaning::Range(first, last) => value.parse::<f64>().is_ok_and(|number| first <= number && number <= last),
        }
    }

    fn loss(&self, recoded: &Recoded<'_>, sizes: &[usize], lost: &[usize]) -> f64 {
        let rows = self.rows.len() as f64;
        let squares = |sizes: &mut dyn Iterator<Item = usize>| sizes.map(|size| (size as f64).powi(2)).sum::<f64>();
        let kept = squares(&mut sizes.iter().copied());
        match self.asked.model.loss.as_str() {
            "discernibility" => kept + rows * lost.len() as f64,
            "discernibility-monotone" => {
                let mut former: BTreeMap<Vec<&str>, usize> = BTreeMap::new();
                for row in lost.iter().filter_map(|at| self.rows.get(*at)) {
                    *former.entry(self.at(recoded.node, row)).or_default() += 1;
                }
                kept + squares(&mut former.into_values())
            }
            "average-class-size" => match sizes.len() + usize::from(!lost.is_empty()) {
                0 => 0.0,
                groups => rows / groups as f64,
            },
            word => {
                let columns = (0..self.asked.hierarchies.len()).map(|column| self.column(recoded, column, lost));
                if word.starts_with("entropy") {
                    return columns.sum();
                }
                let losses: Vec<f64> = columns.collect();
                if word == "loss-ranked" {
                    return losses.into_iter().fold(0.0, f64::max);
                }
                let mean = losses.iter().map(|loss| (loss + 1.0).ln()).sum::<f64>() / losses.len().max(1) as f64;
                mean.exp() - 1.0
            }
        }
    }

    fn at<'s>(&'s self, node: &[usize], row: &'s [String]) -> Vec<&'s str> {
        let label =
            |(column, (value, level)): (usize, (&'s String, &usize))| self.path(column, value).get(*level).unwrap_or(value).as_str();
        row.iter().zip(node).enumerate().map(label).collect()
    }

    /// The loss of one column, row by row.
    fn column(&self, recoded: &Recoded<'_>, column: usize, lost: &[usize]) -> f64 {
        let f = self.asked.model.gs_factor;
        let (general, suppressed) = (if f <= 0.5 { 1.0 } else { 2.0 - 2.0 * f }, (2.0 * f).min(1.0));
        let level = recoded.node.get(column).copied().unwrap_or(0);
        let mut known: HashMap<(String, usize), (f64, f64)> = HashMap::new();
        let mut among: BTreeMap<String, u64> = BTreeMap::new();
        let is_entropy = self.asked.model.loss.starts_with("entropy");
        let (mut sum, rows) = (0.0, self.rows.len() as f64);
        let leaves = self.asked.hierarchies.get(column).map_or(1, BTreeMap::len) as f64;
        for (row, shown) in self.rows.iter().zip(recoded.shown) {
            let Some(value) = row.get(column) else { continue };
            let at_level = self.path(column, value).get(level).unwrap_or(value);
            let label = shown.as_ref().and_then(|shown| shown.get(column)).unwrap_or(at_level);
            let Some(meaning) = self
                .meaning(column, value, label)
                .filter(|_| shown.is_some())
                .or(Some(Meaning::Level(level)))
            else {
                continue;
            };
            let (wide, share) = self.under(column, label, meaning, &mut known);
            if is_entropy {
                let own = self.under(column, value, Meaning::Level(0), &mut known).0;
                sum += general * (wide / own).log2();
                if shown.is_none() {
                    *among.entry(at_level.clone()).or_default() += 1;
                }
            } else {
                let share = general * share / leaves;
                sum += if shown.is_some() {
                    share
                } else {
                    share + suppressed * (1.0 - share)
                };
            }
        }
        if is_entropy {
            let bits = among
                .values()
                .map(|count| *count as f64 * (lost.len() as f64 / *count as f64).log2());
            let counts = self.asked.model.loss == "entropy";
            return sum + if counts { suppressed * bits.sum::<f64>() } else { 0.0 };
        }
        let least = general * rows / leaves;
        if rows <= least {
            0.0
        } else {
            ((sum - least) / (rows - least)).clamp(0.0, 1.0)
        }
    }

    /// Rows of the table, and leaves of the hierarchy, under a label.
    fn under(&self, column: usize, label: &str, meaning: Meaning, known: &mut HashMap<(String, usize), (f64, f64)>) -> (f64, f64) {
        let level = match meaning {
            Meaning::Level(level) => level,
            Meaning::Range(..) => usize::MAX,
        };
        *known.entry((label.to_owned(), level)).or_insert_with(|| {
            let is_under = |value: &&String| self.is_under(column, value, label, meaning);
            let rows = self.rows.iter().filter_map(|row| row.get(column)).filter(is_under).count();
            let paths = self.asked.hierarchies.get(column);
            let leaves = paths.into_iter().flat_map(BTreeMap::keys).filter(is_under).count();
            (rows as f64, leaves as f64)
        })
    }
}

/// `20-24`, `[-5, 3]`, or one number.
fn range(label: &str) -> Option<(f64, f64)> {
    let (first, last) = match label.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(inner) => inner.split_once(", ")?,
        None => label.split_once('-').unwrap_or((label, label)),
    };
    Some((first.parse().ok()?, last.parse().ok()?))
}
