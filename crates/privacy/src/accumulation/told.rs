//! What tables tell: one trace for each margin, from the published cells and the rows behind them.
//!
//! In: rows, the names that each table tells cells apart by, the names above each name, and which cells are published. Out: traces as those of
//! rows, with counts that can be subtracted where they are the true ones. It trusts the cells as they are published, not how they came to be.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{Group, Sketcher, Summing, Trace};

/// One table as it is published.
#[derive(Debug, Clone)]
pub struct Told<'a> {
    /// The columns that cells are told apart by.
    pub by: &'a [String],
    /// The published cells by their labels, `*` for a total. Hidden ones are left out.
    pub cells: HashSet<Vec<String>>,
    /// The names above each name, by column.
    pub parents: &'a BTreeMap<String, BTreeMap<String, String>>,
    /// Whether the counts are the true ones.
    pub exact: bool,
    /// The column that it sums, and what each contributor brings to each of the combinations, in the order of the rows.
    pub sums: Option<(&'a str, &'a [Vec<i128>])>,
}

/// Names above a name at most.
const HEIGHT_MAX: usize = 32;

/// The traces of a table, one for each combination of levels that it has cells on. `rows` are the different combinations of values with how
/// often each occurs; the grand total alone tells nothing of groups.
pub fn tables(told: &Told<'_>, rows: &[(Vec<String>, u64)], sketcher: &Sketcher, release: &str, population: &str) -> Vec<Trace> {
    let ladders: Vec<HashMap<&str, Vec<String>>> = (0..told.by.len())
        .map(|place| {
            let values = rows.iter().filter_map(|(values, _)| values.get(place).map(String::as_str));
            values.map(|value| (value, ladder(told, place, value))).collect()
        })
        .collect();
    let heights: Vec<usize> = ladders.iter().map(|one| one.values().map(Vec::len).max().unwrap_or(1)).collect();
    levels(&heights)
        .into_iter()
        .filter_map(|level| margin(told, rows, &ladders, (&level, &heights), (sketcher, release, population)))
        .collect()
}

/// A value, the names above it, and the total.
fn ladder(told: &Told<'_>, place: usize, value: &str) -> Vec<String> {
    let parents = told.by.get(place).and_then(|name| told.parents.get(name));
    let mut steps = vec![value.to_owned()];
    while let Some(above) = steps.last().and_then(|last| parents?.get(last)).filter(|above| *above != "*") {
        if steps.len() >= HEIGHT_MAX || steps.contains(above) {
            break;
        }
        steps.push(above.clone());
    }
    steps.push("*".to_owned());
    steps
}

/// Every combination of levels but that of all totals.
fn levels(heights: &[usize]) -> Vec<Vec<usize>> {
    let mut all: Vec<Vec<usize>> = vec![Vec::new()];
    for height in heights {
        all = all
            .into_iter()
            .flat_map(|level| (0..*height).map(move |step| [level.clone(), vec![step]].concat()))
            .collect();
    }
    all.retain(|level| level.iter().zip(heights).any(|(step, height)| step + 1 < *height));
    all
}

type Ladders<'a> = [HashMap<&'a str, Vec<String>>];

fn margin(
    told: &Told<'_>,
    rows: &[(Vec<String>, u64)],
    ladders: &Ladders<'_>,
    (level, heights): (&[usize], &[usize]),
    (sketcher, release, population): (&Sketcher, &str, &str),
) -> Option<Trace> {
    let shown_at: Vec<usize> = (0..level.len())
        .filter(|place| {
            level
                .get(*place)
                .zip(heights.get(*place))
                .is_some_and(|(step, height)| step + 1 < *height)
        })
        .collect();
    let mut groups: BTreeMap<(Vec<u64>, Option<Vec<u64>>), u64> = BTreeMap::new();
    let mut summing = told.sums.map(|(column, brought)| (Summing::of(column), brought));
    for (row, (values, count)) in rows.iter().enumerate() {
        let cell: Vec<String> = values
            .iter()
            .zip(ladders.iter().zip(level.iter().zip(heights)))
            .map(|(value, (ladder, (step, height)))| {
                let steps = ladder.get(value.as_str()).map(Vec::as_slice).unwrap_or_default();
                // A value with fewer names above it keeps its highest until the total.
                let last = steps.len().saturating_sub(1);
                let at = if step + 1 >= *height {
                    last
                } else {
                    (*step).min(last.saturating_sub(1))
                };
                steps.get(at).cloned().unwrap_or_default()
            })
            .collect();
        // The same words as a trace of rows: a value as it stands and a name above it are told apart even where they read the same.
        let digest = |place: &usize, text: &str, step: usize| {
            let name = told.by.get(*place).map(String::as_str).unwrap_or_default();
            sketcher.digest(&format!("{name}\u{0}{}", if step == 0 { "value" } else { "label" }), Some(text))
        };
        let raw = |place: &usize| digest(place, values.get(*place).map(String::as_str).unwrap_or_default(), 0);
        let label = |place: &usize| {
            let step = level.get(*place).copied().unwrap_or(0);
            digest(place, cell.get(*place).map(String::as_str).unwrap_or_default(), step)
        };
        let published: Option<Vec<u64>> = told.cells.contains(&cell).then(|| shown_at.iter().map(label).collect());
        if let (Some((summing, brought)), Some(shown)) = (&mut summing, &published) {
            // By all its values: the same contribution is the same in every margin.
            let all: Vec<u64> = (0..values.len()).map(|place| raw(&place)).collect();
            let group = [Some(shown.clone())];
            let each = brought.get(row).into_iter().flatten();
            each.for_each(|value| summing.take(sketcher, &all, &value.to_string(), &group));
        }
        *groups.entry((shown_at.iter().map(raw).collect(), published)).or_insert(0) += count;
    }
    let names = shown_at.iter().filter_map(|place| told.by.get(*place).cloned());
    let any = groups.keys().any(|(_, shown)| shown.is_some());
    any.then(|| Trace {
        release: release.to_owned(),
        population: population.to_owned(),
        exact: told.exact,
        table: true,
        columns: names.collect(),
        groups: groups.into_iter().map(|((raw, shown), rows)| Group { raw, shown, rows }).collect(),
        pseudonyms: None,
        sums: summing.map(|(summing, _)| summing.finish()).into_iter().collect(),
        spent: None,
    })
}
