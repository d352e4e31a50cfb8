//! Which cells are sensitive in themselves (`privacy.md` 3.1), and how far from their value an outsider must be kept.
//!
//! In: cells with their contributors, and the rules of a table. Out: the sensitive cells, each with the interval that must stay open, and the
//! cells that one contributor stands behind alone. Contributions are summed per contributor first, and count by their size whatever their sign.

use std::collections::{BTreeMap, BTreeSet};

use fyr_model::tabulate::TablePolicy;

use super::cells::System;
use super::intake::{PARTS, Tally};

/// A sensitive cell.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Primary {
    pub(crate) cell: usize,
    /// The interval that an outsider works out must hold both.
    pub(crate) low: f64,
    pub(crate) high: f64,
}

/// The sensitive cells, in order, and the cells of each contributor who stands alone in some.
pub(crate) fn primaries(system: &System, tables: &[TablePolicy]) -> (Vec<Primary>, Vec<BTreeSet<usize>>) {
    let groups = if tables.iter().any(|table| table.group_disclosure) {
        alone_in_row(system, tables)
    } else {
        BTreeSet::new()
    };
    let mut found = Vec::new();
    let mut single: BTreeMap<u64, BTreeSet<usize>> = BTreeMap::new();
    for (at, cell) in system.cells.iter().enumerate() {
        let Some(table) = tables.get(cell.table) else { continue };
        let Some((below, above)) = kept_away(table, &cell.tally, groups.contains(&at)) else {
            continue;
        };
        let value = shown(table, &cell.tally);
        let lowest = if cell.tally.all.sum < 0 { f64::NEG_INFINITY } else { 0.0 };
        found.push(Primary {
            cell: at,
            low: (value - below).max(lowest),
            high: value + above,
        });
        // A row that is its own contributor does not know which of the hidden cells are its own.
        if let (Some(_), 1, Some(person)) = (&table.contributor, cell.tally.people.len(), cell.tally.people.keys().next()) {
            single.entry(*person).or_default().insert(at);
        }
    }
    (found, single.into_values().collect())
}

/// The number that a cell shows.
pub(crate) fn shown(table: &TablePolicy, tally: &Tally) -> f64 {
    if table.value.is_some() {
        tally.all.sum as f64 / PARTS
    } else {
        tally.all.count as f64
    }
}

/// How far an outsider must be kept from a cell's value, below and above; nothing when the cell is not sensitive.
fn kept_away(table: &TablePolicy, tally: &Tally, alone: bool) -> Option<(f64, f64)> {
    let value = shown(table, tally).abs();
    let contributors = tally.contributors();
    if contributors == 0 {
        return None;
    }
    if table.value.is_none() {
        let far = table.protection.unwrap_or(1.0);
        return (contributors < table.threshold || alone).then_some((far, far));
    }
    let mut sizes: Vec<f64> = tally.people.values().map(|part| part.sum.unsigned_abs() as f64 / PARTS).collect();
    sizes.sort_by(|a, b| b.total_cmp(a));
    let total: f64 = sizes.iter().sum();
    let mut far: Option<f64> = None;
    let mut ask = |level: f64| far = Some(far.map_or(level, |known: f64| known.max(level)));
    if contributors < table.threshold || alone {
        ask(value * table.protection.unwrap_or(10.0) / 100.0);
    }
    if let Some(rule) = table.dominance {
        let largest: f64 = sizes.iter().take(rule.n).sum();
        if largest > rule.k / 100.0 * total {
            // As large a total as would have made the cell safe (tau-ARGUS).
            ask((100.0 / rule.k * largest - total).max(0.0));
        }
    }
    if let Some(p) = table.p_percent {
        let (first, second) = (sizes.first().copied().unwrap_or(0.0), sizes.get(1).copied().unwrap_or(0.0));
        let room = p / 100.0 * first - (total - first - second);
        if room > 0.0 {
            ask(room);
        }
    }
    far.map(|far| (far, far))
}

/// Cells that hold all of a row or column of their table: whoever is in it is known to be in them.
fn alone_in_row(system: &System, tables: &[TablePolicy]) -> BTreeSet<usize> {
    let asked = |table: &usize| tables.get(*table).is_some_and(|table| table.group_disclosure);
    let filled = |cell: usize| system.cells.get(cell).is_some_and(|cell| cell.tally.contributors() > 0);
    let mut alone = BTreeSet::new();
    for (_, equation) in system.families.iter().filter(|(table, _)| asked(table)) {
        let mut children = equation.iter().filter(|(cell, factor)| *factor < 0 && filled(*cell));
        if let (Some((cell, _)), None) = (children.next(), children.next()) {
            alone.insert(*cell);
        }
    }
    alone
}
