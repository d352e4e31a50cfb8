//! Drift: how a table differs from its previous version, from two stored profiles and without the data.
//!
//! Population stability index over ten quantile bins of the old version, levels 0.1 and 0.25 (Siddiqi, "Credit risk scorecards", 2006), half a
//! count in an empty bin; Kolmogorov and Smirnov's distance; Jensen-Shannon divergence to base two (Lin, 1991). Where a column was too long to
//! hold, both come from its rank sketch and are as exact as that.

use std::collections::{BTreeMap, BTreeSet};

use fyr_model::profile::{ColumnDrift, Drift, Relation};
use fyr_model::table::ValueCount;

use super::TableProfiler;
use super::column::{ColumnProfiler, Held};
use super::facts::{Facts, TOP, distinct, facts};
use super::ranks::Weighted;
use super::scan::Unit;
use super::words::FoundWords;
use crate::{Exposure, Show};

/// From here a difference is worth a look, and from here a warning.
pub(crate) const NOTICE: f64 = 0.1;
pub(crate) const WARNING: f64 = 0.25;
const BINS: u32 = 10;
const NONE: &str = "none";

/// Compares two settled profiles. Of columns that may not be shown only the share of missing cells is told (H33); values only from groups that
/// are large enough.
pub fn drift(old: &TableProfiler, new: &TableProfiler, exposure: &Exposure) -> Drift {
    let find = |table: &'_ TableProfiler, name: &str| table.columns.iter().position(|column| column.name == name);
    let lacks = |table: &TableProfiler, other: &TableProfiler| -> Vec<usize> {
        let places = table
            .columns
            .iter()
            .enumerate()
            .filter(|(_, column)| find(other, &column.name).is_none());
        places.map(|(place, _)| place).collect()
    };
    let mut found = Drift {
        rows: [old.rows.rows(), new.rows.rows()],
        ..Drift::default()
    };
    let (removed, added) = (lacks(old, new), lacks(new, old));
    let renamed = renamed(old, new, &removed, &added);
    let name = |table: &TableProfiler, place: &usize| table.columns.get(*place).map(|column| column.name.clone());
    found.columns_removed = removed
        .iter()
        .filter(|place| !renamed.iter().any(|pair| pair.0 == **place))
        .filter_map(|place| name(old, place))
        .collect();
    found.columns_added = added
        .iter()
        .filter(|place| !renamed.iter().any(|pair| pair.1 == **place))
        .filter_map(|place| name(new, place))
        .collect();
    let relation = |(from, to): &(usize, usize)| {
        Some(Relation {
            from: vec![name(old, from)?],
            to: name(new, to)?,
        })
    };
    found.columns_renamed = renamed.iter().filter_map(relation).collect();
    for after in &new.columns {
        let Some(before) = find(old, &after.name).and_then(|place| old.columns.get(place)) else {
            continue;
        };
        if before.kind == after.kind {
            found.columns.push(told(column(before, after), before, after, exposure));
        } else {
            found.columns_retyped.push(after.name.clone());
        }
    }
    found
}

/// Columns that vanished and came under another name: same type, same look; each at most once, the most alike first.
fn renamed(old: &TableProfiler, new: &TableProfiler, removed: &[usize], added: &[usize]) -> Vec<(usize, usize)> {
    let mut alike: Vec<(f64, usize, usize)> = Vec::new();
    for from in removed {
        for to in added {
            let (Some(a), Some(b)) = (old.columns.get(*from), new.columns.get(*to)) else {
                continue;
            };
            if a.kind != b.kind || a.filled() == 0 {
                continue;
            }
            let found = column(a, b);
            let distance = found.psi.or(found.jensen_shannon).filter(|distance| *distance < NOTICE);
            let missing = (found.missing[0] - found.missing[1]).abs() < 0.05;
            alike.extend(
                distance
                    .filter(|_| missing && found.range_left != Some(true))
                    .map(|distance| (distance, *from, *to)),
            );
        }
    }
    alike.sort_by(|a, b| a.0.total_cmp(&b.0).then((a.1, a.2).cmp(&(b.1, b.2))));
    let mut pairs: Vec<(usize, usize)> = Vec::new();
    for (_, from, to) in alike {
        if pairs.iter().all(|pair| pair.0 != from && pair.1 != to) {
            pairs.push((from, to));
        }
    }
    pairs
}

/// What may be told of a column's drift (H33): distributions only of cleared columns with enough values on both sides; in what is published
/// nothing that a single row decides.
fn told(mut found: ColumnDrift, before: &ColumnProfiler, after: &ColumnProfiler, exposure: &Exposure) -> ColumnDrift {
    let least = exposure.group_min.max(1);
    let enough = before.filled() >= least && after.filled() >= least;
    if exposure.columns.get(&after.name) != Some(&Show::Values) || !enough {
        return ColumnDrift {
            name: found.name,
            level: NONE.into(),
            missing: found.missing,
            ..ColumnDrift::default()
        };
    }
    for values in [&mut found.new, &mut found.gone] {
        values.retain(|value| value.count >= least);
        values.truncate(TOP);
    }
    if exposure.coarse {
        (found.range_left, found.values_new, found.values_gone) = (None, None, None);
    }
    found
}

fn column(before: &ColumnProfiler, after: &ColumnProfiler) -> ColumnDrift {
    let share = |column: &ColumnProfiler| (column.nulls + column.empty) as f64 / column.rows.max(1) as f64;
    let mut found = ColumnDrift {
        name: after.name.clone(),
        missing: [share(before), share(after)],
        ..ColumnDrift::default()
    };
    let known = before.withheld.is_none() && after.withheld.is_none();
    let mut ranges = [None, None];
    if known && before.filled() > 0 && after.filled() > 0 {
        match (codes(before), codes(after)) {
            (Some(a), Some(b)) => of_codes(&a, &b, &mut found),
            _ => {
                let (a, b) = (facts(before, u64::MAX), facts(after, u64::MAX));
                of_numbers(&a, &b, &mut found);
                ranges = [a.range, b.range];
            }
        }
    }
    let [range_before, range_after] = ranges;
    let names = names_rows(before, range_before) && names_rows(after, range_after);
    if names {
        found.range_left = None;
        (found.values_new, found.values_gone) = (None, None);
        (found.new, found.gone) = (Vec::new(), Vec::new());
    }
    let distance = found.psi.or(found.jensen_shannon).unwrap_or(0.0);
    found.level = match distance {
        _ if names => NONE,
        far if far >= WARNING => "warning",
        near if near >= NOTICE => "notice",
        _ => NONE,
    }
    .to_owned();
    found
}

/// Whether a column mostly names single rows: texts as titles and identifiers are, or a running number. Its distribution says only that other
/// rows came. A handful of rows does not show it.
fn names_rows(column: &ColumnProfiler, range: Option<(f64, f64)>) -> bool {
    const HANDFUL: u64 = 20;
    let (filled, different) = (column.filled(), distinct(column).value);
    let dense = range.is_some_and(|(low, high)| high - low < 2.0 * filled as f64);
    filled >= HANDFUL
        && match &column.held {
            Held::Words(_) => different.saturating_mul(2) > filled,
            // An estimate is a little off.
            Held::Narrow(numbers) => numbers.unit == Unit::Whole && dense && different.saturating_mul(20) >= filled.saturating_mul(19),
            Held::Wide(_) | Held::Places(_) => false,
        }
}

/// Codes by how often they stand: all of them, or those that the sketch keeps. Whether all are there is told beside.
struct Codes {
    counts: BTreeMap<String, u64>,
    total: u64,
    whole: bool,
}

fn codes(column: &ColumnProfiler) -> Option<Codes> {
    let (counts, whole): (BTreeMap<String, u64>, bool) = match &column.held {
        Held::Words(words) => match words.finish() {
            FoundWords::All(sorted, _) => (sorted.into_iter().map(|(text, count)| (text.to_owned(), count)).collect(), true),
            FoundWords::Sketches(sketches) => {
                let kept = sketches
                    .heavy
                    .kept()
                    .iter()
                    .filter_map(|(hash, count)| Some((sketches.names.get(hash)?.clone(), *count)));
                (kept.collect(), false)
            }
        },
        Held::Narrow(numbers) if numbers.unit == Unit::Truth => {
            (facts(column, 1).top.into_iter().map(|top| (top.value, top.count)).collect(), true)
        }
        Held::Narrow(_) | Held::Wide(_) | Held::Places(_) => return None,
    };
    Some(Codes {
        counts,
        total: column.rows - column.nulls,
        whole,
    })
}

fn of_codes(before: &Codes, after: &Codes, found: &mut ColumnDrift) {
    found.jensen_shannon = Some(jensen_shannon(before, after));
    if !before.whole || !after.whole {
        return;
    }
    let only = |a: &Codes, b: &Codes| -> Vec<ValueCount> {
        let mut values: Vec<ValueCount> = a
            .counts
            .iter()
            .filter(|(value, _)| !b.counts.contains_key(*value))
            .map(|(value, count)| ValueCount {
                value: value.clone(),
                count: *count,
            })
            .collect();
        values.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.value.cmp(&b.value)));
        values
    };
    (found.new, found.gone) = (only(after, before), only(before, after));
    (found.values_new, found.values_gone) = (Some(found.new.len() as u64), Some(found.gone.len() as u64));
}

/// What is not kept counts as one code more on both sides.
fn jensen_shannon(before: &Codes, after: &Codes) -> f64 {
    let share = |codes: &Codes, value: &str| codes.counts.get(value).copied().unwrap_or(0) as f64 / codes.total.max(1) as f64;
    let rest = |codes: &Codes| (1.0 - codes.counts.values().sum::<u64>() as f64 / codes.total.max(1) as f64).max(0.0);
    let part = |p: f64, q: f64| {
        let middle = f64::midpoint(p, q);
        let half = |x: f64| if x > 0.0 { x * (x / middle).log2() / 2.0 } else { 0.0 };
        half(p) + half(q)
    };
    let values: BTreeSet<&String> = before.counts.keys().chain(after.counts.keys()).collect();
    let sum: f64 = values
        .into_iter()
        .map(|value| part(share(before, value), share(after, value)))
        .sum();
    (sum + part(rest(before), rest(after))).clamp(0.0, 1.0)
}

fn of_numbers(before: &Facts, after: &Facts, found: &mut ColumnDrift) {
    let (Some(old), Some(new)) = (before.range, after.range) else {
        return;
    };
    found.range_left = Some(new.0 < old.0 || new.1 > old.1);
    found.psi = Some(psi(&before.weighted, &after.weighted));
    found.kolmogorov_smirnov = Some(distance(&before.weighted, &after.weighted));
}

fn psi(before: &Weighted, after: &Weighted) -> f64 {
    let mut edges: Vec<f64> = (1..BINS)
        .filter_map(|bin| before.quantile(f64::from(bin) / f64::from(BINS)))
        .collect();
    edges.dedup();
    let shares = |weighted: &Weighted| -> Vec<f64> {
        let ends: Vec<f64> = edges.iter().map(|edge| weighted.share_to(*edge)).chain([1.0]).collect();
        let total = weighted.total().max(1) as f64;
        let starts = std::iter::once(0.0).chain(ends.iter().copied());
        ends.iter().zip(starts).map(|(end, start)| (end - start).max(0.5 / total)).collect()
    };
    shares(before)
        .into_iter()
        .zip(shares(after))
        .map(|(a, b)| (b - a) * (b / a).ln())
        .sum()
}

fn distance(before: &Weighted, after: &Weighted) -> f64 {
    let gap = |value: f64| (before.share_to(value) - after.share_to(value)).abs();
    before.iter().chain(after.iter()).map(|(value, _)| gap(value)).fold(0.0, f64::max)
}
