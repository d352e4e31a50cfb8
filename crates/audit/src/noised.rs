//! Tables under differential privacy as they were written: do they tell anything but what was asked for?
//!
//! In: the file, the tables of the policy and the public lists. Out: checks. The cells must be exactly those of the lists, each once, whatever the
//! rows held: a cell that is missing, or one that is too many, would tell who is there. Counts must be whole, sums whole multiples of their step,
//! means and quantiles within their public bounds. How large the noise is cannot be seen in a single file; that is the ledger's to keep.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use fyr_model::dp::{Groups, Statistic};
use fyr_model::finding::Refusal;
use fyr_model::privacy::Check;
use fyr_model::tabulate::TablePolicy;
use fyr_model::text::Text;
use serde::{Deserialize, Serialize};

use crate::read::{cell, parquet_blocks, parquet_columns, unreadable};

/// The request of `audit.noised`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NoisedWork {
    /// The written file.
    pub file: PathBuf,
    /// The tables of the policy.
    pub tables: Vec<TablePolicy>,
    /// The public values of each column.
    pub groups: BTreeMap<String, Groups>,
    /// The texts of files that hold such values, one a line.
    pub files: BTreeMap<String, String>,
}

/// The place of a number: its table, its labels by column, and the edge or share that it is about.
type Key = (usize, BTreeMap<String, String>, Option<u64>);

/// Checks a file of noised numbers.
///
/// # Errors
/// `audit-unreadable`.
pub fn noised(work: &NoisedWork) -> Result<Vec<Check>, Refusal> {
    let mut wanted = wanted(work);
    let (asked, mut foreign, mut doubled, mut unfit, mut empty) = (wanted.len(), 0_u64, 0_u64, 0_u64, 0_u64);
    let mut seen = BTreeSet::new();
    rows(work, |key, value| {
        let table = work.tables.get(key.0);
        if wanted.remove(&key) {
            seen.insert(key);
        } else if seen.contains(&key) {
            doubled += 1;
        } else {
            foreign += 1;
        }
        match (value, table) {
            (Some(value), Some(table)) => unfit += u64::from(!fits(table, value)),
            _ => empty += 1,
        }
    })?;
    let missing = wanted.len();
    Ok(vec![
        check(
            "noised-cells",
            missing == 0 && foreign == 0 && doubled == 0,
            (
                format!("av {asked} offentliga celler saknas {missing}; {doubled} står två gånger, {foreign} är främmande"),
                format!("of {asked} public cells {missing} are missing; {doubled} stand twice, {foreign} are foreign"),
            ),
        ),
        check(
            "noised-numbers",
            unfit == 0 && empty == 0,
            (
                format!("{unfit} tal är inte hela eller ligger utanför sina offentliga gränser, {empty} saknas"),
                format!("{unfit} numbers are not whole or lie outside their public bounds, {empty} are missing"),
            ),
        ),
    ])
}

/// `audit.noised`: a [`NoisedWork`] in, checks out.
///
/// # Errors
/// Those of [`noised`], and `audit-request` when the request is not one.
pub fn noised_work(input: serde_json::Value, _dir: &Path) -> Result<serde_json::Value, Refusal> {
    let work: NoisedWork = serde_json::from_value(input).map_err(|_| crate::work::malformed())?;
    serde_json::to_value(noised(&work)?).map_err(|_| crate::work::malformed())
}

/// Every number that must be there.
fn wanted(work: &NoisedWork) -> BTreeSet<Key> {
    let mut all = BTreeSet::new();
    for (at, table) in work.tables.iter().enumerate() {
        let mut labels = vec![BTreeMap::new()];
        for column in &table.by {
            let values = values(work, column);
            let with = |value: &String, known: &BTreeMap<String, String>| {
                let mut known = known.clone();
                known.insert(column.clone(), value.clone());
                known
            };
            labels = labels
                .iter()
                .flat_map(|known| values.iter().map(move |value| with(value, known)))
                .collect();
        }
        let places: Vec<Option<u64>> = match table.statistic.unwrap_or_default() {
            Statistic::Histogram => {
                let edges = table.edges.as_deref().unwrap_or_default();
                edges.iter().rev().skip(1).map(|edge| Some(edge.to_bits())).collect()
            }
            Statistic::Quantile => {
                let quartiles = [0.25, 0.5, 0.75];
                let at = table.quantiles.as_deref().unwrap_or(&quartiles);
                at.iter().map(|q| Some(q.to_bits())).collect()
            }
            _ => vec![None],
        };
        for label in labels {
            all.extend(places.iter().map(|place| (at, label.clone(), *place)));
        }
    }
    all
}

fn values(work: &NoisedWork, column: &str) -> Vec<String> {
    match work.groups.get(column) {
        Some(Groups::Listed(values)) => values.clone(),
        Some(Groups::File(name)) => {
            let text = work.files.get(name).map(String::as_str).unwrap_or_default();
            let lines = text.split('\n').map(|line| line.trim_matches(['\u{feff}', '\r', ' ', '\t']));
            lines.filter(|line| !line.is_empty()).map(str::to_owned).collect()
        }
        None => Vec::new(),
    }
}

/// Gives the place and the number of each row.
fn rows(work: &NoisedWork, mut take: impl FnMut(Key, Option<f64>)) -> Result<(), Refusal> {
    let name = work
        .file
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    let columns = parquet_columns(&work.file).map_err(|why| unreadable(&name, &why))?;
    let at = |wanted: &str| columns.iter().position(|(name, _)| name == wanted);
    let mut malformed = false;
    parquet_blocks(&work.file, |block| {
        for row in 0..block.first().map_or(0, arrow::array::Array::len) {
            let text = |column: &str| at(column).and_then(|place| cell(block.get(place)?, row));
            let number = |column: &str| text(column).and_then(|text| text.parse::<f64>().ok());
            let table = if work.tables.len() == 1 {
                Some(0)
            } else {
                text("table")
                    .and_then(|text| text.parse::<usize>().ok())
                    .and_then(|number| number.checked_sub(1))
            };
            let Some(table) = table.filter(|table| *table < work.tables.len()) else {
                malformed = true;
                return;
            };
            let every = work
                .groups
                .keys()
                .filter_map(|column| Some((column.clone(), text(column)?.to_owned())));
            take((table, every.collect(), number("at").map(f64::to_bits)), number("value"));
        }
    })
    .map_err(|why| unreadable(&name, &why))?;
    if malformed {
        return Err(unreadable(&name, "a row names no table"));
    }
    Ok(())
}

/// Whether a number has the form that its table's numbers have, whatever the rows held.
fn fits(table: &TablePolicy, value: f64) -> bool {
    let within = |low: f64, high: f64| value >= low - 1e-9 * low.abs() && value <= high + 1e-9 * high.abs();
    let step = table.step.unwrap_or(1.0);
    match table.statistic.unwrap_or_default() {
        Statistic::Count | Statistic::Histogram => value.fract() == 0.0,
        Statistic::Sum => {
            let steps = value / step;
            (steps - steps.round()).abs() <= 1e-6 + 1e-12 * steps.abs()
        }
        // The bounds are rounded to whole steps.
        Statistic::Mean => table.clamp.is_some_and(|(low, high)| within(low - step, high + step)),
        Statistic::Quantile => {
            let ends = table.edges.as_ref().and_then(|edges| edges.first().zip(edges.last()));
            ends.is_some_and(|(low, high)| within(*low, *high))
        }
    }
}

fn check(id: &str, ok: bool, (sv, en): (String, String)) -> Check {
    Check {
        id: id.to_owned(),
        ok,
        detail: Text::new(sv, en),
    }
}

#[cfg(test)]
mod tests;
