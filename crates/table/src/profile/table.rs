//! What is known of a table as a whole: its keys, columns that say nothing of their own, what is missing together.

use std::collections::BTreeMap;

use fyr_model::profile::MissingPattern;
use fyr_model::table::{ColumnProfile, TableProfile};

use super::TableProfiler;
use super::pairs::pairs;
use super::project::Told;
use crate::Show;

/// Patterns of missing columns shown.
const MISSING_SHOWN: usize = 20;

/// The table's own figures; the columns are filled in by the caller.
pub(crate) fn project(profiler: &TableProfiler, columns: &[ColumnProfile], told: &Told<'_>) -> TableProfile {
    let rows = profiler.rows.rows();
    let is_key = |column: &&ColumnProfile| rows > 0 && column.nulls == 0 && column.empty == 0 && is_unique(column, rows);
    let constant = |column: &&ColumnProfile| rows > 1 && column.nulls == 0 && column.distinct.value == 1;
    let names = |test: &dyn Fn(&&ColumnProfile) -> bool| columns.iter().filter(test).map(|column| column.name.clone()).collect::<Vec<_>>();
    let mut types: BTreeMap<String, u64> = BTreeMap::new();
    for column in columns {
        let word = serde_json::to_value(column.kind)
            .ok()
            .and_then(|word| word.as_str().map(str::to_owned));
        *types.entry(word.unwrap_or_default()).or_default() += 1;
    }
    let shown = |name: &str| told.exposure.columns.get(name) == Some(&Show::Values);
    let (pairs, pairs_method) = pairs(profiler, columns, &shown);
    TableProfile {
        pairs,
        pairs_method,
        rows,
        keys: names(&is_key),
        constant: names(&constant),
        types,
        missing: missing(profiler, columns, told),
        ..TableProfile::default()
    }
}

fn is_unique(column: &ColumnProfile, rows: u64) -> bool {
    column.distinct.method == "exact" && column.distinct.value == rows
}

fn missing(profiler: &TableProfiler, columns: &[ColumnProfile], told: &Told<'_>) -> Vec<MissingPattern> {
    let name = |place: &u32| columns.get(*place as usize).map(|column| column.name.clone());
    profiler
        .rows
        .missing
        .patterns()
        .into_iter()
        .filter(|(_, rows)| *rows >= told.exposure.group_min)
        .take(MISSING_SHOWN)
        .map(|(places, rows)| MissingPattern {
            columns: places.iter().filter_map(name).collect(),
            rows,
        })
        .collect()
}
