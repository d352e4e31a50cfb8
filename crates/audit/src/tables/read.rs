//! The published tables as an outsider sees them: cells, numbers and what must add up.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use fyr_model::finding::Refusal;
use fyr_model::tabulate::TableMethod;

use super::TablesAsked;
use crate::read::{cell, parquet_blocks, parquet_columns, unreadable};

/// The whole first, then its parts.
pub(super) type Sum = Vec<usize>;
/// Hidden cells and their factors, and what they come to.
pub(super) type Line = (Vec<(usize, i64)>, f64);

/// What stands in the file.
#[derive(Debug, Default)]
pub(super) struct Published {
    /// The cell of each row.
    pub(super) rows: Vec<usize>,
    pub(super) hidden_rows: u64,
    /// The number of each cell; nothing where it is hidden everywhere.
    pub(super) numbers: Vec<Option<f64>>,
    pub(super) sums: Vec<Sum>,
}

/// Unknown numbers that hang together.
#[derive(Debug, Default)]
pub(super) struct Part {
    /// Each unknown: its cell, its least value, and how far above that it may lie.
    pub(super) unknown: Vec<(usize, f64, f64)>,
    /// Equations over cells.
    pub(super) lines: Vec<Line>,
}

impl Part {
    pub(super) fn holds(&self, cell: usize) -> bool {
        self.unknown.binary_search_by_key(&cell, |(cell, _, _)| *cell).is_ok()
    }
}

/// A place in one table: the names in its columns.
type Names = Vec<String>;

/// Reads the file.
pub(super) fn published(path: &Path, asked: &TablesAsked) -> Result<Published, Refusal> {
    let name = path
        .file_name()
        .map_or_else(|| "tables".to_owned(), |name| name.to_string_lossy().into_owned());
    let columns = parquet_columns(path).map_err(|why| unreadable(&name, &why))?;
    let at = |wanted: &str| columns.iter().position(|(name, _)| name == wanted);
    let mut published = Published::default();
    let mut known: HashMap<(String, Vec<(String, String)>), usize> = HashMap::new();
    let mut places: Vec<BTreeMap<Names, usize>> = vec![BTreeMap::new(); asked.tables.len()];
    let mut fault = None;
    parquet_blocks(path, |block| {
        for row in 0..block.first().map_or(0, arrow::array::Array::len) {
            let text = |column: &str| at(column).and_then(|place| cell(block.get(place)?, row));
            let table = if asked.tables.len() == 1 {
                Some(0)
            } else {
                text("table").and_then(|t| t.parse::<usize>().ok()?.checked_sub(1))
            };
            let Some((table, about)) = table.and_then(|table| Some((table, asked.tables.get(table)?))) else {
                fault = Some("a row belongs to no table");
                return;
            };
            let names: Option<Names> = about.by.iter().map(|column| text(column).map(str::to_owned)).collect();
            let Some(names) = names else {
                fault = Some("a column of a table is absent");
                return;
            };
            let is_total = |column: &String, label: &String| asked.parents.get(column).is_some_and(|parents| !parents.contains_key(label));
            let pairs = about.by.iter().zip(&names).filter(|(column, label)| !is_total(column, label));
            let mut sign: Vec<(String, String)> = pairs.map(|(column, label)| (column.clone(), label.clone())).collect();
            sign.sort_unstable();
            let next = published.numbers.len();
            let id = *known.entry((about.measure.clone(), sign)).or_insert(next);
            if id == next {
                published.numbers.push(None);
            }
            let number = text(&about.measure).and_then(|number| number.parse::<f64>().ok());
            published.hidden_rows += u64::from(number.is_none());
            // Shown once is known everywhere.
            if let (Some(slot), Some(number)) = (published.numbers.get_mut(id), number) {
                *slot = Some(number);
            }
            published.rows.push(id);
            if let Some(place) = places.get_mut(table) {
                place.insert(names, id);
            }
        }
    })
    .map_err(|why| unreadable(&name, &why))?;
    if let Some(fault) = fault {
        return Err(unreadable(&name, fault));
    }
    for (about, cells) in asked.tables.iter().zip(&places) {
        published.sums.extend(sums(&about.by, cells, asked));
    }
    published.sums.sort_unstable();
    published.sums.dedup();
    Ok(published)
}

/// Along each column, what stands directly under a name adds up to it.
fn sums(by: &[String], cells: &BTreeMap<Names, usize>, asked: &TablesAsked) -> Vec<Sum> {
    let mut all = Vec::new();
    for (place, column) in by.iter().enumerate() {
        let Some(parents) = asked.parents.get(column) else { continue };
        let mut parts: BTreeMap<Names, Vec<usize>> = BTreeMap::new();
        for (names, cell) in cells {
            let Some(parent) = names.get(place).and_then(|name| parents.get(name)) else {
                continue;
            };
            let mut above = names.clone();
            if let Some(slot) = above.get_mut(place) {
                slot.clone_from(parent);
            }
            parts.entry(above).or_default().push(*cell);
        }
        for (above, mut under) in parts {
            if let Some(whole) = cells.get(&above) {
                under.sort_unstable();
                under.retain(|cell| cell != whole);
                if !under.is_empty() {
                    all.push(std::iter::once(*whole).chain(under).collect());
                }
            }
        }
    }
    all
}

impl Published {
    pub(super) fn number(&self, cell: usize) -> Option<f64> {
        self.numbers.get(cell).copied().flatten()
    }

    /// The whole less its parts, and how large the numbers are; nothing where one is hidden.
    pub(super) fn residue(&self, sum: &Sum) -> Option<(f64, f64)> {
        let (whole, parts) = sum.split_first()?;
        let whole = self.number(*whole)?;
        let parts: Option<Vec<f64>> = parts.iter().map(|cell| self.number(*cell)).collect();
        let parts = parts?;
        let scale = parts.iter().fold(1.0 + whole.abs(), |scale, part| scale.max(part.abs()));
        Some((whole - parts.iter().sum::<f64>(), scale))
    }

    fn line(&self, sum: &Sum) -> Line {
        let factor = |place: usize| if place == 0 { 1 } else { -1 };
        let mut unknown = Vec::new();
        let mut right = 0.0;
        for (place, cell) in sum.iter().enumerate() {
            match self.number(*cell) {
                Some(number) => right -= factor(place) as f64 * number,
                None => unknown.push((*cell, factor(place))),
            }
        }
        (unknown, right)
    }

    /// Every sum over all of its cells.
    pub(super) fn equations(&self) -> Vec<Vec<(usize, i64)>> {
        let all = |sum: &Sum| {
            sum.iter()
                .enumerate()
                .map(|(place, cell)| (*cell, if place == 0 { 1 } else { -1 }))
                .collect()
        };
        self.sums.iter().map(all).collect()
    }

    /// Every sum over its hidden cells.
    pub(super) fn hidden_equations(&self) -> Vec<Vec<(usize, i64)>> {
        self.sums
            .iter()
            .map(|sum| self.line(sum).0)
            .filter(|line| !line.is_empty())
            .collect()
    }

    /// What is not known, in parts that have nothing to do with each other.
    pub(super) fn parts(&self, asked: &TablesAsked) -> Vec<Part> {
        let rounded = asked.method == TableMethod::Round;
        let lines: Vec<Line> = if rounded {
            let all = |sum: &Sum| {
                sum.iter()
                    .enumerate()
                    .map(|(place, cell)| (*cell, if place == 0 { 1 } else { -1 }))
                    .collect()
            };
            self.sums.iter().map(|sum| (all(sum), 0.0)).collect()
        } else {
            self.sums
                .iter()
                .map(|sum| self.line(sum))
                .filter(|(line, _)| !line.is_empty())
                .collect()
        };
        let mut group: Vec<usize> = (0..self.numbers.len()).collect();
        for (line, _) in &lines {
            let roots: BTreeSet<usize> = line.iter().map(|(cell, _)| find(&mut group, *cell)).collect();
            let Some(first) = roots.first().copied() else { continue };
            for root in roots {
                if let Some(slot) = group.get_mut(root) {
                    *slot = first;
                }
            }
        }
        let mut parts: BTreeMap<usize, Part> = BTreeMap::new();
        for cell in 0..self.numbers.len() {
            let unknown = match self.number(cell) {
                Some(number) if rounded => {
                    let within = asked.base.saturating_sub(1) as f64;
                    let low = (number - within).max(0.0);
                    (cell, low, number + within - low)
                }
                Some(_) => continue,
                None => (cell, 0.0, f64::INFINITY),
            };
            parts.entry(find(&mut group, cell)).or_default().unknown.push(unknown);
        }
        for (line, right) in lines {
            if let Some((cell, _)) = line.first() {
                let root = find(&mut group, *cell);
                parts.entry(root).or_default().lines.push((line, right));
            }
        }
        parts.into_values().collect()
    }
}

fn find(group: &mut [usize], cell: usize) -> usize {
    let mut at = cell;
    while let Some(next) = group.get(at).copied().filter(|next| *next != at) {
        // Halve the way for those who come after.
        let beyond = group.get(next).copied().unwrap_or(next);
        if let Some(slot) = group.get_mut(at) {
            *slot = beyond;
        }
        at = beyond;
    }
    at
}
