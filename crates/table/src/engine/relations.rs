//! What holds between columns in every row: wider keys, columns that copy another, names that follow from codes. Candidates come from the
//! profile and its sample; each is then proved on the whole table.
//!
//! A key is proved by hashes of 64 bits of its rows: where all differ, so do the rows. Two that agree by chance would hide a key, never make one.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::path::PathBuf;

use arrow::array::{Array, RecordBatch};
use fyr_model::Refusal;
use fyr_model::profile::Relation;
use fyr_model::table::{ColumnProfile, ColumnType};

use super::reader;
use crate::profile::{RowLanes, TableProfiler, cells};
use crate::refuse;

/// Columns from which wider keys are made, and keys proved.
const KEY_COLUMNS: usize = 12;
const KEYS_PROVED: usize = 3;
/// Rows at the head of the table that refute most of what cannot be a key, first few, then more.
const FEW: usize = 2_000;
const HEAD: usize = 50_000;
/// Rows above which wider keys are not looked for: 8 bytes each are held.
const KEY_ROWS_MAX: u64 = 20_000_000;
/// Different values of a column from which others may follow, and relations proved.
const CODES_MAX: u64 = 10_000;
const PROVED_MAX: usize = 20;

/// What holds.
#[derive(Debug, Default)]
pub(crate) struct Relations {
    pub(crate) keys: Vec<Vec<String>>,
    pub(crate) copies: Vec<Relation>,
    pub(crate) dependencies: Vec<Relation>,
}

impl Relations {
    /// Looks for relations; `alone` says that some column is a key by itself, and then no wider one is looked for.
    pub(crate) fn look(parquet: &[PathBuf], profiler: &TableProfiler, columns: &[ColumnProfile], alone: bool) -> Result<Self, Refusal> {
        let mut found = Self::default();
        let rows = profiler.rows.rows();
        if rows < 2 {
            return Ok(found);
        }
        let name = |place: usize| columns.get(place).map(|column| column.name.clone()).unwrap_or_default();
        let (same, follows) = candidates(profiler, columns, rows);
        for (from, to, copy) in proved(parquet, columns, &same, &follows)? {
            let relation = Relation {
                from: vec![name(from)],
                to: name(to),
            };
            if copy {
                found.copies.push(relation);
            } else {
                found.dependencies.push(relation);
            }
        }
        let copied: Vec<String> = found.copies.iter().map(|relation| relation.to.clone()).collect();
        found
            .dependencies
            .retain(|relation| !copied.contains(&relation.to) && !relation.from.iter().any(|from| copied.contains(from)));
        if !alone && rows <= KEY_ROWS_MAX {
            let keys = keys(parquet, columns, rows)?;
            found.keys = keys.into_iter().map(|key| key.into_iter().map(name).collect()).collect();
        }
        Ok(found)
    }
}

/// Cell hashes are mixed already and need no second hash.
#[derive(Debug, Default)]
struct Mixed(u64);

impl Hasher for Mixed {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.0 = self.0.rotate_left(8) ^ u64::from(*byte));
    }
    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

type ByHash = HashMap<u64, u64, BuildHasherDefault<Mixed>>;
type Pairs = Vec<(usize, usize)>;

/// Pairs that the sample does not refute: columns that look equal, and columns that look decided by another.
fn candidates(profiler: &TableProfiler, columns: &[ColumnProfile], rows: u64) -> (Pairs, Pairs) {
    let (mut same, mut follows) = (Pairs::new(), Pairs::new());
    let sampled = profiler.sampled();
    let code = |column: &ColumnProfile| {
        let kind = matches!(
            column.kind,
            ColumnType::Code | ColumnType::Text | ColumnType::Integer | ColumnType::Period
        );
        kind && column.distinct.method == "exact" && column.distinct.value > 1 && column.distinct.value <= CODES_MAX.min(rows / 2)
    };
    for (from, a) in columns.iter().enumerate() {
        for (to, b) in columns.iter().enumerate().filter(|(to, _)| *to != from) {
            let (Some(x), Some(y)) = (sampled.get(from), sampled.get(to)) else {
                continue;
            };
            let alike = a.kind == b.kind && a.nulls == b.nulls && a.distinct == b.distinct && a.distinct.value > 1;
            if from < to && alike && x == y {
                same.push((from, to));
            } else if code(a) && code(b) && b.distinct.value <= a.distinct.value && b.kind != ColumnType::Integer && decides(x, y) {
                follows.push((from, to));
            }
        }
    }
    same.truncate(PROVED_MAX);
    follows.sort_by_key(|(from, to)| (columns.get(*from).map(|column| column.distinct.value), *to));
    follows.truncate(PROVED_MAX);
    (same, follows)
}

fn decides(from: &[Option<i64>], to: &[Option<i64>]) -> bool {
    let mut known: HashMap<i64, Option<i64>> = HashMap::new();
    let mut repeated = false;
    let all = from.iter().zip(to).all(|(from, to)| {
        let Some(from) = from else { return true };
        match known.insert(*from, *to) {
            Some(before) => {
                repeated = true;
                before == *to
            }
            None => true,
        }
    });
    all && repeated
}

/// Sixty-four bits of every cell of a column.
fn hashes(batch: &RecordBatch, place: usize, lanes: &mut RowLanes) -> Option<Vec<u64>> {
    lanes.begin(batch.num_rows());
    let array = batch.columns().get(place)?;
    cells(lanes.rows(), array, 0).then(|| lanes.finish().map(|hash| hash as u64).collect())
}

/// Those of the pairs that hold in every row, and whether they are copies.
fn proved(parquet: &[PathBuf], columns: &[ColumnProfile], same: &Pairs, follows: &Pairs) -> Result<Vec<(usize, usize, bool)>, Refusal> {
    let broken = || refuse::engine("table", "relations");
    let mut open: Vec<(usize, usize, bool, ByHash)> = Vec::new();
    open.extend(same.iter().map(|(from, to)| (*from, *to, true, ByHash::default())));
    open.extend(follows.iter().map(|(from, to)| (*from, *to, false, ByHash::default())));
    if open.is_empty() {
        return Ok(Vec::new());
    }
    let schema = reader::schema(parquet)?;
    let mut places: Vec<usize> = open.iter().flat_map(|pair| [pair.0, pair.1]).collect();
    places.sort_unstable();
    places.dedup();
    let in_file = places_in(&schema, columns, &places).ok_or_else(broken)?;
    let mut lanes = RowLanes::default();
    reader::each(parquet, Some(&in_file), &mut |batch| {
        let mut known: HashMap<usize, (Vec<u64>, Vec<bool>)> = HashMap::new();
        for place in &places {
            let own = columns
                .get(*place)
                .and_then(|column| batch.schema().index_of(&column.name).ok())
                .ok_or_else(broken)?;
            let valid = batch.column(own);
            let valid = (0..batch.num_rows()).map(|row| valid.is_valid(row)).collect();
            known.insert(*place, (hashes(batch, own, &mut lanes).ok_or_else(broken)?, valid));
        }
        open.retain_mut(|(from, to, copy, map)| match (known.get(from), known.get(to)) {
            (Some(a), Some(b)) if *copy => a.0 == b.0,
            (Some(a), Some(b)) => {
                let filled = a.0.iter().zip(&a.1).zip(&b.0).filter(|((_, valid), _)| **valid);
                filled
                    .into_iter()
                    .all(|((from, _), to)| map.insert(*from, *to).is_none_or(|before| before == *to))
            }
            _ => false,
        });
        Ok(())
    })?;
    Ok(open.into_iter().map(|(from, to, copy, _)| (from, to, copy)).collect())
}

fn places_in(schema: &arrow::datatypes::Schema, columns: &[ColumnProfile], places: &[usize]) -> Option<Vec<usize>> {
    places
        .iter()
        .map(|place| schema.index_of(&columns.get(*place)?.name).ok())
        .collect()
}

/// Pairs and triples of columns that differ in every row and hold no smaller key.
fn keys(parquet: &[PathBuf], columns: &[ColumnProfile], rows: u64) -> Result<Vec<Vec<usize>>, Refusal> {
    let mut open: Vec<usize> = (0..columns.len())
        .filter(|place| {
            let column = columns.get(*place);
            column.is_some_and(|column| {
                column.nulls == 0 && column.empty == 0 && column.distinct.value > 1 && column.kind != ColumnType::Geometry
            })
        })
        .collect();
    open.sort_by_key(|place| std::cmp::Reverse(columns.get(*place).map_or(0, |column| column.distinct.value)));
    open.truncate(KEY_COLUMNS);
    let enough = |key: &[usize]| {
        let values = key
            .iter()
            .filter_map(|place| columns.get(*place))
            .map(|column| column.distinct.value as f64);
        // An estimate may be a few hundredths too low.
        values.product::<f64>() * 1.1 >= rows as f64
    };
    let mut sets: Vec<Vec<usize>> = Vec::new();
    for (at, a) in open.iter().enumerate() {
        for (next, b) in open.iter().enumerate().skip(at + 1) {
            sets.push(vec![*a, *b]);
            sets.extend(open.iter().skip(next + 1).map(|c| vec![*a, *b, *c]));
        }
    }
    sets.retain(|key| enough(key));
    // Pairs first; among equals those whose columns differ most.
    sets.sort_by_key(Vec::len);
    let head = if sets.is_empty() {
        ByPlace::new()
    } else {
        hashed(parquet, columns, &open, HEAD)?
    };
    let mut found: Vec<Vec<usize>> = Vec::new();
    for set in sets {
        if found.len() >= KEYS_PROVED {
            break;
        }
        let wider = found.iter().any(|key: &Vec<usize>| key.iter().all(|place| set.contains(place)));
        if wider || !differ(&head, &set, FEW) || !differ(&head, &set, HEAD) {
            continue;
        }
        if differ(&hashed(parquet, columns, &set, usize::MAX)?, &set, usize::MAX) {
            found.push(set);
        }
    }
    found.iter_mut().for_each(|key| key.sort_unstable());
    Ok(found)
}

/// Hashes of cells by the place of their column.
type ByPlace = HashMap<usize, Vec<u64>>;

/// The cells of some columns in the first rows.
fn hashed(parquet: &[PathBuf], columns: &[ColumnProfile], places: &[usize], rows: usize) -> Result<ByPlace, Refusal> {
    let broken = || refuse::engine("table", "keys");
    let schema = reader::schema(parquet)?;
    let in_file = places_in(&schema, columns, places).ok_or_else(broken)?;
    let mut held = ByPlace::new();
    let mut lanes = RowLanes::default();
    let mut seen = 0;
    reader::each_until(parquet, Some(&in_file), &mut |batch| {
        for place in places {
            let own = columns
                .get(*place)
                .and_then(|column| batch.schema().index_of(&column.name).ok())
                .ok_or_else(broken)?;
            let cells = hashes(batch, own, &mut lanes).ok_or_else(broken)?;
            held.entry(*place).or_default().extend(cells.into_iter().take(rows - seen));
        }
        seen += batch.num_rows().min(rows - seen);
        Ok(seen < rows)
    })?;
    Ok(held)
}

/// Whether a set of columns differs in each of the first rows.
fn differ(held: &ByPlace, set: &[usize], rows: usize) -> bool {
    let mut joined: Vec<u64> = Vec::new();
    for cells in set.iter().filter_map(|place| held.get(place)) {
        let cells = cells.iter().take(rows);
        joined.resize(cells.len(), 0);
        joined
            .iter_mut()
            .zip(cells)
            .for_each(|(joined, cell)| *joined = (joined.rotate_left(23) ^ cell).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    }
    joined.sort_unstable();
    joined.iter().zip(joined.iter().skip(1)).all(|(a, b)| a != b)
}
