//! One node looked at the plain way: classes as ordered maps of labels, straight from the rows.

use std::collections::{BTreeMap, BTreeSet};

use super::Asked;
use super::class::{Counts, is_close, is_diverse, is_like, is_undisclosed};

/// What a node is.
pub(super) struct Look {
    pub(super) suppressed: u64,
    /// None when it is not admissible.
    pub(super) loss: Option<Vec<f64>>,
    /// Whether it and everything finer is inadmissible.
    pub(super) settles_below: bool,
    /// Nothing above loses less.
    pub(super) least_above: f64,
}

/// Looks at nodes.
pub(super) struct Looker<'a> {
    asked: &'a Asked<'a>,
    heights: Vec<usize>,
    tables: Vec<Counts<'a>>,
    values: Vec<Counts<'a>>,
}

type Labels<'a> = Vec<&'a str>;

impl<'a> Looker<'a> {
    pub(super) fn new(asked: &'a Asked<'a>) -> Self {
        let count = |of: &dyn Fn(&'a (Vec<String>, Vec<String>)) -> Option<&'a String>| {
            let mut counts = Counts::new();
            for value in asked.rows.iter().filter_map(of) {
                *counts.entry(value.as_str()).or_insert(0) += 1;
            }
            counts
        };
        Self {
            heights: asked
                .hierarchies
                .iter()
                .map(|paths| paths.values().map(Vec::len).max().unwrap_or(1))
                .collect(),
            tables: (0..asked.attributes.len()).map(|at| count(&|row| row.1.get(at))).collect(),
            values: (0..asked.hierarchies.len()).map(|at| count(&|row| row.0.get(at))).collect(),
            asked,
        }
    }

    pub(super) fn nodes(&self) -> Vec<Vec<usize>> {
        let mut nodes = vec![Vec::new()];
        for height in &self.heights {
            nodes = nodes
                .iter()
                .flat_map(|node: &Vec<usize>| (0..*height).map(move |level| [node.as_slice(), &[level]].concat()))
                .collect();
        }
        nodes
    }

    fn label(&self, column: usize, level: usize, value: &'a str) -> &'a str {
        let paths = self.asked.hierarchies.get(column);
        paths.and_then(|paths| paths.get(value)?.get(level)).map_or(value, String::as_str)
    }

    fn labels(&self, node: &[usize], row: &'a [String]) -> Labels<'a> {
        row.iter()
            .zip(node)
            .enumerate()
            .map(|(column, (value, level))| self.label(column, *level, value))
            .collect()
    }

    /// Classes: rows of the table, rows of the population.
    fn classes(&self, node: &[usize]) -> BTreeMap<Labels<'a>, (Vec<usize>, u64)> {
        let mut classes: BTreeMap<Labels<'a>, (Vec<usize>, u64)> = BTreeMap::new();
        for (at, row) in self.asked.rows.iter().enumerate() {
            classes.entry(self.labels(node, &row.0)).or_default().0.push(at);
        }
        for row in self.asked.population.into_iter().flatten() {
            classes.entry(self.labels(node, row)).or_default().1 += 1;
        }
        classes
    }

    /// Whether a class meets the models, and whether it meets those that splitting never mends.
    pub(super) fn meets(&self, rows: &[usize], population: u64, suppresses: bool) -> (bool, bool) {
        let model = self.asked.model;
        let size = rows.len() as u64;
        let mut sure = size >= model.k && model.k_map.as_ref().is_none_or(|map| population >= map.k);
        let mut other = true;
        let mut never = true;
        let share = size as f64 / population as f64;
        other &= model
            .presence
            .as_ref()
            .is_none_or(|p| population > 0 && p.min <= share && share <= p.max);
        for (at, (name, is_number, paths)) in self.asked.attributes.iter().enumerate() {
            let (Some(table), name) = (self.tables.get(at), name.as_str()) else {
                continue;
            };
            let mut class = Counts::new();
            for value in rows.iter().filter_map(|row| self.asked.rows.get(*row)?.1.get(at)) {
                *class.entry(value.as_str()).or_insert(0) += 1;
            }
            if let Some(l) = model.l.as_ref().and_then(|l| l.of(name)) {
                sure &= class.len() as f64 >= l.value - 1e-9;
                other &= is_diverse(&class, l);
            }
            other &= model
                .t
                .as_ref()
                .and_then(|t| t.of(name))
                .is_none_or(|t| is_close(&class, table, t, *is_number, paths));
            other &= model
                .beta
                .as_ref()
                .and_then(|beta| beta.of(name))
                .is_none_or(|beta| is_like(&class, table, beta));
            never &= model
                .disclosure
                .as_ref()
                .and_then(|d| d.of(name))
                .is_none_or(|d| is_undisclosed(&class, table, *d));
        }
        let passes = sure && other && never;
        (passes, if suppresses { sure } else { sure && other })
    }

    /// Looks at a node.
    pub(super) fn look(&self, node: &[usize]) -> Look {
        let model = self.asked.model;
        let rows = self.asked.rows.len() as f64;
        let limit = (model.suppression_max * rows).floor() as u64;
        let classes = self.classes(node);
        let (mut hopeless, mut unsure) = (false, 0);
        let mut kept: Vec<(usize, &Vec<usize>)> = Vec::new();
        let mut lost: BTreeSet<usize> = BTreeSet::new();
        for (class, population) in classes.values() {
            let people = if self.asked.population.is_some() {
                *population
            } else {
                class.len() as u64
            };
            if class.is_empty() {
                hopeless |= model.presence.as_ref().is_some_and(|presence| presence.min > 0.0);
                continue;
            }
            let (passes, sure) = self.meets(class, people, limit > 0);
            if passes {
                kept.push((class.len(), class));
            } else {
                lost.extend(class);
            }
            unsure += if sure { 0 } else { class.len() as u64 };
        }
        if let Some(risk) = model.average_risk {
            // Rows are numbered, so among classes of one size the one that appears first in the table comes first.
            kept.sort();
            while kept.len() as f64 > risk * (rows - lost.len() as f64) && lost.len() as u64 <= limit {
                lost.extend(kept.remove(0).1);
            }
        }
        let inhabited = classes.values().filter(|(class, _)| !class.is_empty());
        let squares: f64 = inhabited.clone().map(|(class, _)| (class.len() as f64).powi(2)).sum();
        let admissible = !hopeless && lost.len() as u64 <= limit;
        let sizes = inhabited.clone().map(|(class, _)| class.len()).collect();
        let wanting = model
            .average_risk
            .is_some_and(|risk| at_least_gone(risk, sizes) > limit as f64 + 1e-6);
        Look {
            suppressed: lost.len() as u64,
            settles_below: hopeless || unsure > limit || wanting,
            least_above: match model.loss.as_str() {
                "discernibility" | "discernibility-monotone" => squares,
                "average-class-size" => rows / inhabited.count().max(1) as f64,
                _ => 0.0,
            },
            loss: admissible.then(|| match model.loss.as_str() {
                "discernibility" => vec![kept.iter().map(|(size, _)| (*size as f64).powi(2)).sum::<f64>() + rows * lost.len() as f64],
                "discernibility-monotone" => vec![squares],
                "average-class-size" => {
                    let groups = kept.len() + usize::from(!lost.is_empty());
                    vec![if groups == 0 { 0.0 } else { rows / groups as f64 }]
                }
                _ => self.by_column(node, &lost),
            }),
        }
    }

    /// What a node loses at least, known without its classes.
    pub(super) fn least(&self, node: &[usize]) -> f64 {
        match self.asked.model.loss.as_str() {
            "entropy" | "entropy-monotone" | "loss" | "loss-ranked" => {
                self.by_column(node, &BTreeSet::new()).first().copied().unwrap_or(0.0)
            }
            _ => 0.0,
        }
    }

    fn by_column(&self, node: &[usize], lost: &BTreeSet<usize>) -> Vec<f64> {
        let columns = node.iter().enumerate();
        match self.asked.model.loss.as_str() {
            "entropy" | "entropy-monotone" => vec![columns.map(|(column, level)| self.entropy(column, *level, lost)).sum()],
            word => {
                let mut losses: Vec<f64> = columns.map(|(column, level)| self.share(column, *level, lost)).collect();
                if word == "loss-ranked" {
                    losses.sort_by(|a, b| b.total_cmp(a));
                    return losses;
                }
                let mean: f64 = losses.iter().map(|loss| (loss + 1.0).ln()).sum::<f64>() / losses.len().max(1) as f64;
                vec![mean.exp() - 1.0]
            }
        }
    }

    fn weights(&self) -> (f64, f64) {
        let f = self.asked.model.gs_factor;
        (if f <= 0.5 { 1.0 } else { 2.0 - 2.0 * f }, (2.0 * f).min(1.0))
    }

    fn entropy(&self, column: usize, level: usize, lost: &BTreeSet<usize>) -> f64 {
        let (Some(values), (general, suppressed)) = (self.values.get(column), self.weights()) else {
            return 0.0;
        };
        let mut wider = Counts::new();
        for (value, count) in values {
            *wider.entry(self.label(column, level, value)).or_insert(0) += count;
        }
        let bits = values.iter().map(|(value, count)| {
            *count as f64 * (wider.get(self.label(column, level, value)).copied().unwrap_or(*count) as f64 / *count as f64).log2()
        });
        let mut loss = general * bits.sum::<f64>();
        if self.asked.model.loss == "entropy" {
            let mut among = Counts::new();
            for value in lost.iter().filter_map(|row| self.asked.rows.get(*row)?.0.get(column)) {
                *among.entry(self.label(column, level, value)).or_insert(0) += 1;
            }
            loss += suppressed
                * among
                    .values()
                    .map(|count| *count as f64 * (lost.len() as f64 / *count as f64).log2())
                    .sum::<f64>();
        }
        loss
    }

    fn share(&self, column: usize, level: usize, lost: &BTreeSet<usize>) -> f64 {
        let (general, suppressed) = self.weights();
        let Some(paths) = self.asked.hierarchies.get(column) else {
            return 0.0;
        };
        let (all, rows) = (paths.len() as f64, self.asked.rows.len() as f64);
        let mut under = Counts::new();
        for path in paths.values() {
            *under.entry(path.get(level).map_or("", String::as_str)).or_insert(0) += 1;
        }
        let of = |(at, row): (usize, &'a (Vec<String>, Vec<String>))| {
            let label = row.0.get(column).map_or("", |value| self.label(column, level, value));
            let share = general * under.get(label).copied().unwrap_or(1) as f64 / all;
            if lost.contains(&at) {
                share + suppressed * (1.0 - share)
            } else {
                share
            }
        };
        let sum: f64 = self.asked.rows.iter().enumerate().map(of).sum();
        let least = general * rows / all;
        if rows <= least {
            0.0
        } else {
            ((sum - least) / (rows - least)).clamp(0.0, 1.0)
        }
    }
}

/// Rows that must go for the mean risk to hold, if classes could be cut: rows of small classes help most, so those of size 1 go first.
fn at_least_gone(risk: f64, mut sizes: Vec<usize>) -> f64 {
    sizes.sort_unstable_by(|a, b| b.cmp(a));
    let (mut classes, mut rows) = (sizes.len() as f64, sizes.iter().sum::<usize>() as f64);
    let all = rows;
    while let Some(size) = sizes.pop().map(|size| size as f64) {
        let above = classes - risk * rows;
        if above <= 0.0 {
            break;
        }
        let helps = 1.0 - risk * size;
        if helps <= 0.0 {
            return all - rows;
        }
        let part = (above / helps).min(1.0);
        classes -= part;
        rows -= part * size;
    }
    all - rows
}

/// What two roundings may differ by.
fn margin(loss: f64) -> f64 {
    1e-9 * loss.abs() + 1e-9
}

pub(super) fn same(one: &[f64], other: &[f64]) -> bool {
    one.len() == other.len() && one.iter().zip(other).all(|(a, b)| (a - b).abs() <= margin(*b))
}

/// Whether a node wins over the answer: less loss, or the same at a smaller node.
pub(super) fn is_better(loss: &[f64], node: &[usize], best: &[f64], best_node: &[usize]) -> bool {
    for (a, b) in loss.iter().zip(best) {
        if (a - b).abs() > margin(*b) {
            return a < b;
        }
    }
    node < best_node
}

/// Whether a lower bound shows that a node does not win.
pub(super) fn is_dearer(least: f64, node: &[usize], best: &[f64], best_node: &[usize]) -> bool {
    let first = best.first().copied().unwrap_or(0.0);
    least > first + margin(first) || (least >= first - margin(first) && best.len() == 1 && node > best_node)
}

/// The best node by looking at every one.
#[cfg(test)]
pub(crate) fn exhaust(asked: &Asked<'_>) -> Option<super::Best> {
    let looker = Looker::new(asked);
    let mut best: Option<super::Best> = None;
    for node in looker.nodes() {
        let look = looker.look(&node);
        let Some(loss) = look.loss else { continue };
        if best.as_ref().is_none_or(|best| is_better(&loss, &node, &best.loss, &best.node)) {
            best = Some(super::Best {
                node,
                loss,
                suppressed: look.suppressed,
            });
        }
    }
    best
}
