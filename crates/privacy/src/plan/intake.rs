//! Rows in, distinct tuples out: all that the search ever sees (`privacy.md` 2.6, steps 1-3).
//!
//! In: batches, one after the other. Out: the different values of each column, and the different tuples with their counts, one list for each
//! sensitive attribute and one for the population. Memory follows the different tuples, never the rows; a table with too many of them is
//! refused before it fills the machine.

use std::collections::HashMap;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Int64Type};
use fyr_model::finding::{Refusal, RefusalKind};
use fyr_model::text::Text;

use super::evaluate::{View, Views};
use super::key::{Key, Memo, Tally, bits};
use super::tuples::{array_of, unreadable};
use crate::cells::Cells;
use crate::hierarchy::Leaves;

/// Different tuples that one list may hold.
pub(crate) const TUPLES_MAX: usize = 20_000_000;

/// The different values of one column, in the order of first sight.
#[derive(Debug, Default)]
struct Dictionary {
    name: String,
    codes: HashMap<String, u32>,
    integers: HashMap<i64, u32>,
    missing: Option<u32>,
    values: Vec<Option<String>>,
    /// Rows of the published table.
    counts: Vec<u64>,
    /// Bits of its field in provisional tuples.
    bits: u32,
    recent: Memo,
}

/// Collects tuples.
#[derive(Debug)]
pub(crate) struct Intake {
    dictionaries: Vec<Dictionary>,
    /// How many of the dictionaries are quasi-identifiers; the rest are sensitive.
    quasi: usize,
    /// One list a sensitive attribute, else one.
    lists: Vec<Tally<u128>>,
    population: Option<Tally<u128>>,
    rows: u64,
}

impl Intake {
    /// An intake of `quasi` columns and `sensitive` ones.
    pub(crate) fn new(quasi: &[String], sensitive: &[String], population: bool) -> Self {
        let dictionary = |name: &String| Dictionary {
            name: name.clone(),
            bits: if quasi.len() + sensitive.len() <= 16 { 4 } else { 1 },
            ..Dictionary::default()
        };
        Self {
            dictionaries: quasi.iter().chain(sensitive).map(dictionary).collect(),
            quasi: quasi.len(),
            lists: vec![Tally::default(); sensitive.len().max(1)],
            population: population.then(Tally::default),
            rows: 0,
        }
    }

    /// Rows of the published table so far.
    pub(crate) fn rows(&self) -> u64 {
        self.rows
    }

    /// Rows of the largest list.
    pub(crate) fn rows_max(&self) -> u64 {
        let people = self.population.iter().flat_map(|list| &list.entries).map(|(_, count)| *count);
        self.rows.max(people.sum())
    }

    /// Takes in rows to be published.
    pub(crate) fn take(&mut self, batch: &RecordBatch) -> Result<(), Refusal> {
        let codes = self.codes(batch, self.dictionaries.len())?;
        for (dictionary, codes) in self.dictionaries.iter_mut().zip(&codes) {
            for code in codes {
                if let Some(count) = dictionary.counts.get_mut(*code as usize) {
                    *count += 1;
                }
            }
        }
        let (quasi, sensitive) = codes.split_at(self.quasi.min(codes.len()));
        let shifts = self.shifts();
        let tuples = pack(quasi, &shifts, batch.num_rows());
        for (place, list) in self.lists.iter_mut().enumerate() {
            let low = sensitive.get(place).map_or(&[][..], Vec::as_slice);
            let shift = shifts.get(self.quasi + place).copied().unwrap_or(0);
            for (row, tuple) in tuples.iter().enumerate() {
                list.add(tuple | u128::from(low.get(row).copied().unwrap_or(0)) << shift, 1);
            }
        }
        self.rows += batch.num_rows() as u64;
        self.bounded()
    }

    /// Takes in rows of the population.
    pub(crate) fn take_population(&mut self, batch: &RecordBatch) -> Result<(), Refusal> {
        let codes = self.codes(batch, self.quasi)?;
        let tuples = pack(&codes, &self.shifts(), batch.num_rows());
        if let Some(list) = &mut self.population {
            tuples.iter().for_each(|tuple| list.add(*tuple, 1));
        }
        self.bounded()
    }

    fn bounded(&self) -> Result<(), Refusal> {
        let most = self
            .lists
            .iter()
            .chain(&self.population)
            .map(|list| list.entries.len())
            .max()
            .unwrap_or(0);
        if most <= TUPLES_MAX {
            return Ok(());
        }
        let message = Text::new(
            format!("de indirekt identifierande kolumnerna har fler än {TUPLES_MAX} olika kombinationer av värden"),
            format!("the quasi-identifying columns have more than {TUPLES_MAX} different combinations of values"),
        );
        let hint = Text::new(
            "runda av eller ta bort kolumnen med flest olika värden",
            "round or drop the column with the most different values",
        );
        Err(Refusal::new("too-many-values", RefusalKind::Configuration, "policy", message).hint(hint))
    }

    /// The provisional codes of a batch; widens fields and repacks what is there when a column outgrows its field.
    fn codes(&mut self, batch: &RecordBatch, columns: usize) -> Result<Vec<Vec<u32>>, Refusal> {
        let before = self.shifts();
        let old: Vec<u32> = self.dictionaries.iter().map(|dictionary| dictionary.bits).collect();
        let mut codes = Vec::with_capacity(columns);
        for dictionary in self.dictionaries.iter_mut().take(columns) {
            codes.push(dictionary.encode(array_of(batch, &dictionary.name.clone())?)?);
        }
        let outgrown = |dictionary: &Dictionary| bits(dictionary.values.len()) > dictionary.bits;
        if self.dictionaries.iter().any(outgrown) {
            for dictionary in self.dictionaries.iter_mut().filter(|dictionary| outgrown(dictionary)) {
                dictionary.bits = bits(dictionary.values.len()) + 2;
            }
            self.fits()?;
            let now = self.shifts();
            let moves: Vec<(u32, u32, u32)> = before
                .iter()
                .zip(&old)
                .zip(&now)
                .map(|((from, bits), to)| (*from, *bits, *to))
                .collect();
            for list in self.lists.iter_mut().chain(&mut self.population) {
                let entries = std::mem::take(&mut list.entries);
                list.clear(entries.len());
                for (key, count) in entries {
                    let moved = moves
                        .iter()
                        .fold(0, |moved, (from, bits, to)| moved | u128::from(key.field(*from, *bits)) << to);
                    list.add(moved, count);
                }
            }
        }
        Ok(codes)
    }

    fn shifts(&self) -> Vec<u32> {
        let mut next = 0;
        let place = |dictionary: &Dictionary| {
            let shift = next;
            next += dictionary.bits;
            shift
        };
        self.dictionaries.iter().map(place).collect()
    }

    /// Whether provisional tuples fit in the widest key.
    fn fits(&mut self) -> Result<(), Refusal> {
        let total = |of: &Self| of.dictionaries.iter().map(|dictionary| dictionary.bits).sum::<u32>();
        if total(self) >= 128 {
            for dictionary in &mut self.dictionaries {
                dictionary.bits = bits(dictionary.values.len());
            }
        }
        if total(self) < 128 { Ok(()) } else { Err(too_wide()) }
    }

    /// The values of column `place` in order, the missing one last, with the code of each provisional one.
    pub(crate) fn leaves(&self, place: usize, numeric: bool) -> (Leaves, Vec<u32>) {
        let Some(dictionary) = self.dictionaries.get(place) else {
            return (Leaves::default(), Vec::new());
        };
        let mut order: Vec<usize> = (0..dictionary.values.len()).collect();
        let value = |at: &usize| dictionary.values.get(*at).and_then(Option::as_deref);
        let as_number = |at: &usize| value(at).and_then(|text| text.parse::<f64>().ok());
        order.sort_by(|a, b| {
            let missing = value(a).is_none().cmp(&value(b).is_none());
            let by_number = match (numeric, as_number(a), as_number(b)) {
                (true, Some(a), Some(b)) => a.total_cmp(&b),
                _ => std::cmp::Ordering::Equal,
            };
            missing.then(by_number).then_with(|| value(a).cmp(&value(b)))
        });
        let mut table = vec![0u32; order.len()];
        for (code, from) in order.iter().enumerate() {
            if let Some(slot) = table.get_mut(*from) {
                *slot = code as u32;
            }
        }
        let leaves = Leaves {
            values: order.iter().map(|at| value(at).map(str::to_owned)).collect(),
            counts: order.iter().map(|at| dictionary.counts.get(*at).copied().unwrap_or(0)).collect(),
        };
        (leaves, table)
    }

    /// The different tuples of quasi-identifiers in the order of their first row, with final codes.
    pub(crate) fn firsts<K: Key>(&self, fields: &[(u32, Vec<u32>)]) -> Vec<K> {
        let shifts = self.shifts();
        let widths = self.dictionaries.iter().map(|dictionary| dictionary.bits);
        let places: Vec<(u32, u32)> = shifts.into_iter().zip(widths).collect();
        let packed = |key: &u128| {
            fields
                .iter()
                .zip(&places)
                .fold(K::default(), |packed, ((shift, table), (from, bits))| {
                    packed.or(K::of(table.get(key.field(*from, *bits) as usize).copied().unwrap_or(0), *shift))
                })
        };
        self.lists
            .first()
            .map_or_else(Vec::new, |list| list.entries.iter().map(|(key, _)| packed(key)).collect())
    }

    /// The tuples with final codes: `fields` are shift and table of each quasi-identifier, `sensitive` the table of each attribute.
    pub(crate) fn views<K: Key>(self, fields: &[(u32, Vec<u32>)], sensitive: &[Vec<u32>]) -> Views<K> {
        let shifts = self.shifts();
        let widths: Vec<u32> = self.dictionaries.iter().map(|dictionary| dictionary.bits).collect();
        let at = |place: usize| (shifts.get(place).copied().unwrap_or(0), widths.get(place).copied().unwrap_or(0));
        let view = |list: Tally<u128>, low: Option<(usize, &Vec<u32>)>| {
            let low_bits = low.map_or(0, |(_, table)| bits(table.len()));
            let mut tuples: Vec<(K, K::Count)> = Vec::with_capacity(list.entries.len());
            for (key, count) in list.entries {
                let code = |(shift, bits): (u32, u32), table: &[u32]| table.get(key.field(shift, bits) as usize).copied().unwrap_or(0);
                let mut packed = low.map_or_else(K::default, |(place, table)| K::of(code(at(place), table), 0));
                for (place, (shift, table)) in fields.iter().enumerate() {
                    packed = packed.or(K::of(code(at(place), table), shift + low_bits));
                }
                tuples.push((packed, super::key::count::<K>(count)));
            }
            View::new(low_bits, tuples)
        };
        let quasi = self.quasi;
        let mut views: Views<K> = Vec::new();
        for (place, list) in self.lists.into_iter().enumerate() {
            views.push(view(list, sensitive.get(place).map(|table| (quasi + place, table))));
        }
        views.extend(self.population.map(|list| view(list, None)));
        views
    }
}

/// The quasi-identifiers of each row in their provisional fields.
fn pack(codes: &[Vec<u32>], shifts: &[u32], rows: usize) -> Vec<u128> {
    let mut tuples = vec![0u128; rows];
    for (codes, shift) in codes.iter().zip(shifts) {
        for (tuple, code) in tuples.iter_mut().zip(codes) {
            *tuple |= u128::from(*code) << shift;
        }
    }
    tuples
}

impl Dictionary {
    fn encode(&mut self, array: &ArrayRef) -> Result<Vec<u32>, Refusal> {
        if matches!(array.data_type(), DataType::Int64) {
            let cells = array.as_primitive::<Int64Type>();
            return Ok(cells.iter().map(|cell| self.integer(cell)).collect());
        }
        let cells = Cells::of(array).map_err(|_| unreadable(&self.name))?;
        Ok((0..array.len()).map(|row| self.text(cells.get(row).as_deref())).collect())
    }

    fn integer(&mut self, cell: Option<i64>) -> u32 {
        let Some(value) = cell else { return self.text(None) };
        if let Some(code) = self.integers.get(&value) {
            return *code;
        }
        let code = self.text(Some(&value.to_string()));
        self.integers.insert(value, code);
        code
    }

    fn text(&mut self, cell: Option<&str>) -> u32 {
        let Some(value) = cell else {
            return self.missing.unwrap_or_else(|| {
                let code = self.add(None);
                self.missing = Some(code);
                code
            });
        };
        let place = Memo::place(value);
        let recent = self.recent.get(place);
        if self.values.get(recent).is_some_and(|known| known.as_deref() == Some(value)) {
            return recent as u32;
        }
        let known = self.codes.get(value).copied();
        let code = known.unwrap_or_else(|| {
            let code = self.add(Some(value));
            self.codes.insert(value.to_owned(), code);
            code
        });
        self.recent.put(place, code);
        code
    }

    fn add(&mut self, value: Option<&str>) -> u32 {
        self.values.push(value.map(str::to_owned));
        self.counts.push(0);
        self.values.len() as u32 - 1
    }
}

pub(crate) fn too_wide() -> Refusal {
    let message = Text::new(
        "de indirekt identifierande kolumnerna har tillsammans fler olika värden än sökningen rymmer",
        "the quasi-identifying columns together have more different values than the search can hold",
    );
    Refusal::new("too-many-values", RefusalKind::Configuration, "policy", message)
}
