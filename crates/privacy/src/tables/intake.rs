//! Rows in, base cells out: who contributes what to each combination of values.
//!
//! In: batches, and what the tables need of them. Out: per table the different combinations with their contributors. Sums are whole millionths,
//! so that the order of rows never shows; a secret key per unit is summed the same way.

use std::collections::{BTreeMap, HashMap};

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type, Int64Type};
use fyr_model::finding::{Refusal, RefusalKind};
use fyr_model::tabulate::{TableMethod, TablePolicy};
use fyr_model::text::Text;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use super::configuration;
use crate::cells::Cells;
use crate::hierarchy::Leaves;

/// Parts that one unit of a sum is counted in.
pub(crate) const PARTS: f64 = 1_000_000.0;
/// Combinations of values that all tables may have together.
const BASES_MAX: usize = 2_000_000;

/// What one contributor, or all, bring to a cell.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) count: u64,
    pub(crate) sum: i128,
}

/// A cell's contributors. Rows that are their own contributor are only told apart where a sum asks for it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally {
    pub(crate) all: Part,
    pub(crate) people: HashMap<u64, Part>,
    /// Whether contributors are told apart; then `people` are all who bring something, and a missing value brings nothing.
    pub(crate) apart: bool,
    /// Sum of the secret keys of the units that are not told apart by contributor.
    pub(crate) key: u64,
}

impl Tally {
    pub(crate) fn merge(&mut self, other: &Self) {
        self.all.count += other.all.count;
        self.all.sum += other.all.sum;
        self.key = self.key.wrapping_add(other.key);
        self.apart |= other.apart;
        for (person, part) in &other.people {
            let known = self.people.entry(*person).or_default();
            known.count += part.count;
            known.sum += part.sum;
        }
    }

    /// How many contributors: those who are told apart, else what is counted.
    pub(crate) fn contributors(&self) -> u64 {
        if self.apart { self.people.len() as u64 } else { self.all.count }
    }
}

#[derive(Debug, Default)]
struct Dictionary {
    codes: HashMap<Option<String>, u32>,
    values: Vec<Option<String>>,
    counts: Vec<u64>,
}

impl Dictionary {
    fn code(&mut self, cell: Option<&str>) -> u32 {
        let key = cell.map(str::to_owned);
        if let Some(code) = self.codes.get(&key) {
            return *code;
        }
        let code = self.values.len() as u32;
        self.values.push(key.clone());
        self.counts.push(0);
        self.codes.insert(key, code);
        code
    }
}

/// Collects base cells.
#[derive(Debug)]
pub(crate) struct Intake<'a> {
    tables: &'a [TablePolicy],
    /// The columns of all tables, in the order that the policy first names them.
    pub(crate) columns: Vec<String>,
    dictionaries: Vec<Dictionary>,
    contributors: HashMap<String, Dictionary>,
    pub(crate) bases: Vec<HashMap<Vec<u32>, Tally>>,
    secret: Option<&'a [u8]>,
    /// How often each row has been seen, for the keys of equal rows.
    seen: HashMap<[u8; 32], u64>,
    pub(crate) rows: u64,
}

impl<'a> Intake<'a> {
    pub(crate) fn new(tables: &'a [TablePolicy], secret: Option<&'a [u8]>) -> Self {
        let mut columns: Vec<String> = Vec::new();
        for name in tables.iter().flat_map(|table| &table.by) {
            if !columns.contains(name) {
                columns.push(name.clone());
            }
        }
        Self {
            dictionaries: columns.iter().map(|_| Dictionary::default()).collect(),
            bases: tables.iter().map(|_| HashMap::new()).collect(),
            columns,
            tables,
            contributors: HashMap::new(),
            secret,
            seen: HashMap::new(),
            rows: 0,
        }
    }

    /// The place of a table's columns among all columns.
    pub(crate) fn places(&self, table: &TablePolicy) -> Vec<usize> {
        let place = |name: &String| self.columns.iter().position(|column| column == name);
        table.by.iter().filter_map(place).collect()
    }

    pub(crate) fn take(&mut self, batch: &RecordBatch) -> Result<(), Refusal> {
        let rows = batch.num_rows();
        let mut codes: Vec<Vec<u32>> = Vec::with_capacity(self.columns.len());
        for (name, dictionary) in self.columns.iter().zip(&mut self.dictionaries) {
            let array = column(batch, name)?;
            let cells = Cells::of(array).map_err(|_| unreadable(name))?;
            let code = |row: usize| {
                let code = dictionary.code(cells.get(row).as_deref());
                if let Some(count) = dictionary.counts.get_mut(code as usize) {
                    *count += 1;
                }
                code
            };
            codes.push((0..rows).map(code).collect());
        }
        let keys = self.keys(batch)?;
        for (at, table) in self.tables.iter().enumerate() {
            let places = self.places(table);
            let counts = table.count.as_deref().map(|name| whole(batch, name)).transpose()?;
            let sums = table.value.as_deref().map(|name| parts(batch, name)).transpose()?;
            let owners = self.owners(batch, table)?;
            let Some(base) = self.bases.get_mut(at) else { continue };
            for row in 0..rows {
                let sum = sums.as_ref().map_or(Some(0), |sums| sums.get(row).copied().flatten());
                let part = Part {
                    count: counts.as_ref().map_or(1, |counts| counts.get(row).copied().unwrap_or(0)),
                    sum: sum.unwrap_or(0),
                };
                let key: Vec<u32> = places
                    .iter()
                    .map(|place| codes.get(*place).and_then(|c| c.get(row)).copied().unwrap_or(0))
                    .collect();
                let tally = base.entry(key).or_default();
                tally.all.count += part.count;
                tally.all.sum += part.sum;
                tally.apart |= owners.is_some();
                let brings = sum.is_some() && part.count > 0;
                if let (true, Some(owner)) = (brings, owners.as_ref().and_then(|owners| owners.get(row))) {
                    let known = tally.people.entry(*owner).or_default();
                    known.count += part.count;
                    known.sum += part.sum;
                }
                tally.key = tally.key.wrapping_add(keys.get(row).copied().unwrap_or(0));
            }
        }
        self.rows += rows as u64;
        if self.bases.iter().map(HashMap::len).sum::<usize>() > BASES_MAX {
            return Err(too_many());
        }
        Ok(())
    }

    /// Who each row of a table belongs to; nothing where counting is enough.
    fn owners(&mut self, batch: &RecordBatch, table: &TablePolicy) -> Result<Option<Vec<u64>>, Refusal> {
        let rows = batch.num_rows();
        let Some(name) = &table.contributor else {
            let each = (0..rows as u64).map(|row| self.rows + row).collect();
            return Ok(table.value.is_some().then_some(each));
        };
        let cells = Cells::of(column(batch, name)?).map_err(|_| unreadable(name))?;
        if table.method == TableMethod::CellKey {
            // A unit's key is also its name, so that the same people have the same key in every release.
            let owner = |row: usize| self.key(cells.get(row).unwrap_or_default().as_bytes());
            return Ok(Some((0..rows).map(owner).collect()));
        }
        let known = self.contributors.entry(name.clone()).or_default();
        Ok(Some(
            (0..rows).map(|row| u64::from(known.code(cells.get(row).as_deref()))).collect(),
        ))
    }

    /// The secret key of each row that is its own unit: from all its cells, and how many rows like it came before.
    fn keys(&mut self, batch: &RecordBatch) -> Result<Vec<u64>, Refusal> {
        let wanted = |table: &TablePolicy| table.method == TableMethod::CellKey && table.contributor.is_none();
        if self.secret.is_none() || !self.tables.iter().any(wanted) {
            return Ok(Vec::new());
        }
        let schema = batch.schema();
        let mut columns = BTreeMap::new();
        for (field, array) in schema.fields().iter().zip(batch.columns()) {
            columns.insert(field.name().clone(), Cells::of(array).map_err(|_| unreadable(field.name()))?);
        }
        let mut keys = Vec::with_capacity(batch.num_rows());
        for row in 0..batch.num_rows() {
            let mut text = Vec::new();
            for (name, cells) in &columns {
                for part in [name.as_bytes(), cells.get(row).unwrap_or_default().as_bytes()] {
                    text.extend_from_slice(&(part.len() as u64).to_le_bytes());
                    text.extend_from_slice(part);
                }
            }
            let digest: [u8; 32] = <Sha256 as sha2::Digest>::digest(&text).into();
            let before = self.seen.entry(digest).or_insert(0);
            *before += 1;
            let mut unit = digest.to_vec();
            unit.extend_from_slice(&before.to_le_bytes());
            keys.push(self.key(&unit));
        }
        Ok(keys)
    }

    /// A record key: 64 bits of an HMAC.
    fn key(&self, unit: &[u8]) -> u64 {
        let Some(Ok(mut mac)) = self.secret.map(Hmac::<Sha256>::new_from_slice) else {
            return 0;
        };
        mac.update(b"fyr cell-key record 1");
        mac.update(unit);
        let bytes = mac.finalize().into_bytes();
        bytes.iter().take(8).fold(0, |key, byte| key << 8 | u64::from(*byte))
    }

    /// The values of column `place` in order, the missing one last, and the final code of each provisional one.
    pub(crate) fn leaves(&self, place: usize) -> (Leaves, Vec<u32>) {
        let Some(dictionary) = self.dictionaries.get(place) else {
            return (Leaves::default(), Vec::new());
        };
        let mut order: Vec<usize> = (0..dictionary.values.len()).collect();
        let value = |at: usize| dictionary.values.get(at).and_then(Option::as_deref);
        order.sort_by(|a, b| (value(*a).is_none(), value(*a)).cmp(&(value(*b).is_none(), value(*b))));
        let mut table = vec![0; order.len()];
        for (code, from) in order.iter().enumerate() {
            if let Some(slot) = table.get_mut(*from) {
                *slot = code as u32;
            }
        }
        let leaves = Leaves {
            values: order.iter().map(|at| value(*at).map(str::to_owned)).collect(),
            counts: order.iter().map(|at| dictionary.counts.get(*at).copied().unwrap_or(0)).collect(),
        };
        (leaves, table)
    }
}

pub(crate) fn column<'b>(batch: &'b RecordBatch, name: &str) -> Result<&'b ArrayRef, Refusal> {
    batch.column_by_name(name).ok_or_else(|| {
        let message = Text::new(format!("kolumnen `{name}` saknas"), format!("the column `{name}` is absent"));
        configuration("column-absent", message)
    })
}

/// A column of counts: whole numbers from zero; a missing one counts nobody.
fn whole(batch: &RecordBatch, name: &str) -> Result<Vec<u64>, Refusal> {
    let numbers = numbers(column(batch, name)?, name)?;
    let numbers = numbers.as_primitive::<Float64Type>();
    let count = |cell: Option<f64>| match cell {
        None => Ok(0),
        Some(value) if value >= 0.0 && value.fract() == 0.0 && value < 9e15 => Ok(value as u64),
        Some(_) => {
            let message = Text::new(
                format!("kolumnen `{name}` anges som antal men har värden som inte är hela tal från noll"),
                format!("column `{name}` is named as a count but has values that are no whole numbers from zero"),
            );
            Err(configuration("count-invalid", message))
        }
    };
    numbers.iter().map(count).collect()
}

/// A column as numbers; text that is no number is refused, never taken as missing.
pub(crate) fn numbers(array: &ArrayRef, name: &str) -> Result<ArrayRef, Refusal> {
    let numbers = cast(array, &DataType::Float64).map_err(|_| unreadable(name))?;
    if numbers.null_count() == array.null_count() {
        Ok(numbers)
    } else {
        Err(unreadable(name))
    }
}

/// A column to sum, in millionths.
fn parts(batch: &RecordBatch, name: &str) -> Result<Vec<Option<i128>>, Refusal> {
    let array = column(batch, name)?;
    if let DataType::Int64 = array.data_type() {
        let numbers = array.as_primitive::<Int64Type>();
        return Ok(numbers.iter().map(|cell| Some(i128::from(cell?) * PARTS as i128)).collect());
    }
    let numbers = numbers(array, name)?;
    let numbers = numbers.as_primitive::<Float64Type>();
    let part = |cell: Option<f64>| match cell {
        None => Ok(None),
        Some(value) if value.abs() < 1e15 => Ok(Some((value * PARTS).round() as i128)),
        Some(_) => Err(unreadable(name)),
    };
    numbers.iter().map(part).collect()
}

pub(crate) fn unreadable(name: &str) -> Refusal {
    let message = Text::new(
        format!("kolumnen `{name}` går inte att läsa som det policyn säger"),
        format!("column `{name}` cannot be read as what the policy says"),
    );
    configuration("column-type", message)
}

fn too_many() -> Refusal {
    let message = Text::new(
        format!("tabellerna har fler än {BASES_MAX} olika kombinationer av värden"),
        format!("the tables have more than {BASES_MAX} different combinations of values"),
    );
    Refusal::new("too-many-values", RefusalKind::Configuration, "policy", message)
}
