//! Headers of several rows, and the row of units under a header.
//!
//! In: the first rows of a sheet and its merged cells. Out: how many rows the header has, and the units. A second row is a header only
//! where something proves it: merged cells above it, or words in every column that holds numbers below.

use super::cell::Row;
use super::layout::is_typed;
use super::{marker, moment};

/// Header rows at most.
const DEPTH_MAX: usize = 5;

/// A merged range, its ends included, counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Merge {
    pub(crate) top: usize,
    pub(crate) left: usize,
    pub(crate) bottom: usize,
    pub(crate) right: usize,
}

/// Words for a unit that stand alone; others count in brackets only.
const UNITS: [&str; 46] = [
    "%", "‰", "procent", "promille", "kr", "kronor", "sek", "tkr", "mkr", "mnkr", "mdkr", "euro", "eur", "€", "st", "st.", "styck", "km",
    "cm", "mm", "dm", "m2", "m²", "km2", "km²", "ha", "hektar", "m3", "m³", "liter", "kg", "mg", "ton", "tonnes", "°c", "hpa", "m/s",
    "km/h", "kwh", "mwh", "gwh", "twh", "kw", "mw", "min", "timmar",
];

fn text(row: &Row, index: usize) -> &str {
    row.text(index).trim()
}

/// A cell that may name a column: a word or a year.
fn names(text: &str) -> bool {
    !is_typed(text) || moment::is_year(text)
}

/// Columns whose cells below are typed in nine of ten rows.
fn typed_columns(below: &[&Row]) -> Vec<usize> {
    let width = below.iter().map(|row| row.len()).max().unwrap_or(0);
    (0..width)
        .filter(|index| {
            let cells = below.iter().map(|row| text(row, *index));
            let cells: Vec<&str> = cells.filter(|text| marker::marker(text).is_none()).collect();
            !cells.is_empty() && cells.iter().filter(|text| is_typed(text)).count() * 10 >= cells.len() * 9
        })
        .collect()
}

fn filled(rows: &[Row], from: usize) -> Vec<&Row> {
    rows.iter().skip(from).filter(|row| !row.is_blank()).take(200).collect()
}

/// Where the header begins and how many rows it has, when its first row was found at `first`.
pub(crate) fn extent(rows: &[Row], first: usize, merges: &[Merge], may_rise: bool) -> (usize, usize) {
    let merged = merged_depth(rows, first, merges);
    if merged > 1 {
        return (first, merged);
    }
    if units(rows, first + 1).is_none() && is_second(rows, first) {
        return (first, 2);
    }
    if may_rise && is_group(rows, first) {
        return (first - 1, 2);
    }
    (first, 1)
}

/// Rows that merged cells make part of the header: as many as a cell reaches down, and one more under a cell that reaches to the right.
fn merged_depth(rows: &[Row], first: usize, merges: &[Merge]) -> usize {
    let mut depth = 1;
    while depth < DEPTH_MAX {
        let last = first + depth - 1;
        let here = merges.iter().filter(|merge| (first..=last).contains(&merge.top));
        let reach = here
            .clone()
            .map(|merge| merge.bottom.min(first + DEPTH_MAX) - first + 1)
            .max()
            .unwrap_or(1);
        if reach > depth {
            depth = reach.min(DEPTH_MAX);
            continue;
        }
        let wide: Vec<&Merge> = here.filter(|merge| merge.bottom == last && merge.right > merge.left).collect();
        if wide.is_empty() || !is_under(rows, last + 1, &wide) {
            break;
        }
        depth += 1;
    }
    depth
}

/// Whether a row names what stands under merged cells: its cells there differ, and all others are empty or it contrasts with the rows below.
fn is_under(rows: &[Row], at: usize, wide: &[&Merge]) -> bool {
    let Some(row) = rows.get(at) else { return false };
    for merge in wide {
        let mut seen: Vec<&str> = (merge.left..=merge.right.min(merge.left + 1_000))
            .map(|index| text(row, index))
            .collect();
        let count = seen.len();
        seen.sort_unstable();
        seen.dedup();
        if seen.len() != count || seen.iter().any(|text| text.is_empty() || !names(text)) {
            return false;
        }
    }
    let covered = |index: usize| wide.iter().any(|merge| (merge.left..=merge.right).contains(&index));
    let alone = (0..row.len())
        .filter(|index| !covered(*index))
        .all(|index| text(row, index).is_empty());
    let below = filled(rows, at + 1);
    let contrast = typed_columns(&below)
        .iter()
        .any(|index| covered(*index) && !is_typed(text(row, *index)));
    (alone && (0..row.len()).any(|index| !covered(index))) || contrast
}

/// Whether the row under the header is one more row of it: a word or a year over every column of numbers.
fn is_second(rows: &[Row], first: usize) -> bool {
    let (Some(header), Some(second)) = (rows.get(first), rows.get(first + 1)) else {
        return false;
    };
    let below = filled(rows, first + 2);
    let typed = typed_columns(&below);
    if second.is_blank() || below.len() < 2 || typed.is_empty() || !(0..second.len()).all(|index| names(text(second, index))) {
        return false;
    }
    let word = |index: &usize| marker::marker(text(second, *index)).is_none();
    if !typed.iter().all(word) {
        return false;
    }
    // Years over years are data.
    let years = typed.iter().all(|index| moment::is_year(text(second, *index)));
    if years
        && below
            .iter()
            .take(20)
            .any(|row| typed.iter().all(|index| moment::is_year(text(row, *index))))
    {
        return false;
    }
    let gaps = (0..second.len()).any(|index| text(header, index).is_empty() && !text(second, index).is_empty());
    gaps || (typed.len() >= 2 && !years)
}

/// Whether the row above the header names groups of columns: words with gaps, over names that stand several times.
fn is_group(rows: &[Row], first: usize) -> bool {
    let (Some(header), Some(above)) = (rows.get(first), first.checked_sub(1).and_then(|at| rows.get(at))) else {
        return false;
    };
    let groups: Vec<usize> = (0..above.len()).filter(|index| !text(above, *index).is_empty()).collect();
    let reach = header.len();
    if groups.len() < 2 || groups.iter().any(|index| !names(text(above, *index)) || *index >= reach) {
        return false;
    }
    let names: Vec<String> = (0..reach).map(|index| text(header, index).to_lowercase()).collect();
    let twice = |index: usize| {
        let name = names.get(index);
        name.is_some_and(|name| !name.is_empty()) && names.iter().filter(|other| Some(*other) == name).count() > 1
    };
    (0..reach).filter(|index| twice(*index)).count() >= 2
}

/// The units that a row gives, one a column; nothing when it is no row of units.
pub(crate) fn units(rows: &[Row], at: usize) -> Option<Vec<Option<String>>> {
    let row = rows.get(at).filter(|row| !row.is_blank())?;
    let typed = typed_columns(&filled(rows, at + 1));
    let cells: Vec<&str> = (0..row.len()).map(|index| text(row, index)).collect();
    let filled = cells.iter().filter(|text| !text.is_empty()).count();
    let found: Vec<Option<String>> = cells.iter().map(|text| unit(text)).collect();
    let count = found.iter().filter(|unit| unit.is_some()).count();
    let fits = |index: &usize| cells.get(*index).is_none_or(|text| text.is_empty()) || found.get(*index).is_some_and(Option::is_some);
    let over_numbers = typed.iter().any(|index| found.get(*index).is_some_and(Option::is_some));
    let no_data = !cells.iter().any(|text| !text.is_empty() && is_typed(text));
    (count * 2 > filled && over_numbers && no_data && typed.iter().all(fits)).then_some(found)
}

/// The unit that a cell names: in brackets, or a word of [`UNITS`].
fn unit(text: &str) -> Option<String> {
    let inner = [('(', ')'), ('[', ']')]
        .iter()
        .find_map(|(open, close)| text.strip_prefix(*open)?.strip_suffix(*close));
    if let Some(inner) = inner
        .map(str::trim)
        .filter(|inner| !inner.is_empty() && inner.chars().count() <= 30)
    {
        return (!is_typed(inner)).then(|| inner.to_owned());
    }
    UNITS.contains(&text.to_lowercase().as_str()).then(|| text.to_owned())
}

/// Fills merged cells over their range, in the rows of a sample. A cell that is alone in its row is a title and stays where it is.
pub(crate) fn fill(rows: &mut [Row], merges: &[Merge]) {
    let count = rows.len();
    for merge in merges.iter().filter(|merge| merge.top < count) {
        let Some(text) = rows
            .get(merge.top)
            .map(|row| row.text(merge.left).to_owned())
            .filter(|text| !text.is_empty())
        else {
            continue;
        };
        for row in rows.iter_mut().skip(merge.top).take((merge.bottom - merge.top + 1).min(DEPTH_MAX)) {
            let others = (0..row.len()).filter(|index| !(merge.left..=merge.right).contains(index));
            let alone = others.into_iter().all(|index| row.text(index).trim().is_empty());
            if !alone {
                *row = filled_row(row, merge, &text);
            }
        }
    }
}

fn filled_row(row: &Row, merge: &Merge, text: &str) -> Row {
    let mut out = Row::default();
    // A range beyond the row's last cell widens it only as far as a header may be wide.
    let width = row.len().max((merge.right + 1).min(row.len().max(merge.left + 1) + 1_000));
    for index in 0..width {
        let inside = (merge.left..=merge.right).contains(&index) && row.text(index).trim().is_empty();
        match row.raw(index) {
            _ if inside => out.push(super::cell::Cell::Text { text, quoted: false }),
            Some((tag, bytes)) => out.push_raw(tag, bytes),
            None => out.push(super::cell::Cell::Null),
        }
    }
    out
}
