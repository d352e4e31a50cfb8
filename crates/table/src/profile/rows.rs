//! What needs whole rows: copies of rows, which columns are missing together, and a sample of rows for pairs of columns.

use std::collections::VecDeque;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::buffer::NullBuffer;
use arrow::compute::cast;
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Float64Type, Int64Type, Time64MicrosecondType, TimeUnit, TimestampMicrosecondType,
};
use serde::{Deserialize, Serialize};

use super::column::valid;
use super::counts::Counts;
use super::hash::{Place, RowLanes, bytes128, mix};
use super::sample::{HandSample, Sample};
use super::scan::float_key;

/// Row hashes held, 160 MB of them: a larger table is read once more to count its copies.
pub(crate) const HELD_MAX: usize = 10_000_000;
/// Row hashes in a stored profile.
pub(crate) const STORED_MAX: usize = 50_000;
/// Different patterns of missing columns held.
const PATTERNS_MAX: usize = 1_000;

/// Takes whole rows in file order.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct RowProfiler {
    pub(crate) rows: u64,
    pub(crate) hashes: RowHashes,
    pub(crate) missing: Missing,
    pub(crate) sample: Sample,
    #[serde(skip)]
    scratch: Scratch,
}

#[derive(Debug, Default)]
struct Scratch {
    masks: Vec<u64>,
}

impl Clone for Scratch {
    fn clone(&self) -> Self {
        Self::default()
    }
}

/// Hashes of rows. When there are too many, those that end in so many zero bits are kept (adaptive sampling, Flajolet 1990): parts still
/// merge, and the number of copies becomes an estimate unless the table is read again.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct RowHashes {
    pub(crate) zeros: u32,
    hashes: Vec<u128>,
    /// The exact number of copies, once counted and until more rows come.
    counted: Option<u64>,
}

impl RowHashes {
    fn is_kept(zeros: u32, hash: u128) -> bool {
        hash.trailing_zeros() >= zeros
    }
    pub(crate) fn add(&mut self, hashes: impl Iterator<Item = u128>, most: usize) {
        let zeros = self.zeros;
        self.counted = None;
        self.hashes.extend(hashes.filter(|hash| Self::is_kept(zeros, *hash)));
        self.thin(most);
    }
    /// Keeps at most so many.
    pub(crate) fn thin(&mut self, most: usize) {
        while self.hashes.len() > most && self.zeros < 64 {
            self.zeros += 1;
            let zeros = self.zeros;
            self.hashes.retain(|hash| Self::is_kept(zeros, *hash));
            self.hashes.shrink_to_fit();
        }
    }
    fn merge(&mut self, mut other: Self, most: usize) {
        let zeros = self.zeros.max(other.zeros);
        self.counted = None;
        for part in [&mut *self, &mut other] {
            part.zeros = zeros;
            part.hashes.retain(|hash| Self::is_kept(zeros, *hash));
        }
        self.hashes.append(&mut other.hashes);
        self.thin(most);
    }
    /// Rows that copy another one, where all hashes are held or were once.
    pub(crate) fn exact(&mut self) -> Option<u64> {
        if self.counted.is_none() && self.zeros == 0 {
            self.counted = Some(self.kept());
        }
        self.counted
    }
    /// Rows that copy another one among those kept.
    fn kept(&mut self) -> u64 {
        self.hashes.sort_unstable();
        let pairs = self.hashes.iter().zip(self.hashes.iter().skip(1));
        pairs.filter(|(a, b)| a == b).count() as u64
    }
    /// Rows that copy another one: exact, or an estimate from those kept.
    pub(crate) fn copies(&mut self) -> u64 {
        self.exact().unwrap_or_else(|| self.kept() << self.zeros)
    }
}

/// Rows by which columns they lack.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Missing {
    counts: Counts<i64>,
    /// The columns of each pattern, by its mark.
    names: Vec<(i64, Vec<u32>)>,
    /// Rows whose pattern found no place.
    pub(crate) other: u64,
}

impl Missing {
    fn add(&mut self, mark: i64, count: u64, columns: impl FnOnce() -> Vec<u32>) {
        if self.counts.len() >= PATTERNS_MAX && !self.names.iter().any(|known| known.0 == mark) {
            self.other += count;
            return;
        }
        let before = self.counts.len();
        self.counts.add(mark, count);
        if self.counts.len() > before {
            self.names.push((mark, columns()));
        }
    }
    /// The patterns with their rows, the most common first.
    pub(crate) fn patterns(&self) -> Vec<(Vec<u32>, u64)> {
        let mut found: Vec<(Vec<u32>, u64)> = self
            .counts
            .sorted()
            .into_iter()
            .filter_map(|(mark, count)| {
                let columns = self.names.iter().find(|known| known.0 == mark)?.1.clone();
                Some((columns, count))
            })
            .filter(|(columns, _)| !columns.is_empty())
            .collect();
        found.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        found
    }
    fn merge(&mut self, other: Self) {
        let counts = other.counts.sorted();
        for (mark, columns) in other.names {
            let count = counts.iter().find(|entry| entry.0 == mark).map_or(0, |entry| entry.1);
            self.add(mark, count, || columns);
        }
        self.other += other.other;
    }
}

/// What one hand knows of the rows of a batch: its columns' share of the hashes, and where they lack a value.
#[derive(Debug, Default)]
pub(crate) struct RowPart {
    lanes: RowLanes,
    nulls: Vec<(usize, NullBuffer)>,
}

impl RowPart {
    /// Begins a batch of so many rows.
    pub(crate) fn of(rows: usize) -> Self {
        let mut part = Self::default();
        part.lanes.begin(rows);
        part
    }
    /// Adds the column at `index`; false when its type is not one of ours.
    pub(crate) fn see(&mut self, index: usize, array: &ArrayRef) -> bool {
        if let Some(nulls) = array.nulls().filter(|nulls| nulls.null_count() > 0) {
            self.nulls.push((index, nulls.clone()));
        }
        cells(self.lanes.rows(), array, index)
    }
    /// Adds what another hand found in other columns of the same rows.
    fn join(&mut self, mut other: Self) {
        if self.lanes.len() == 0 {
            *self = other;
            return;
        }
        self.lanes.join(&other.lanes);
        self.nulls.append(&mut other.nulls);
    }
}

/// Joins what hands find in the columns of the same batches; every hand gives its parts in file order.
#[derive(Debug)]
pub(crate) struct RowJoin<'a> {
    rows: &'a mut RowProfiler,
    hands: usize,
    waiting: VecDeque<(usize, RowPart)>,
    done: usize,
}

impl<'a> RowJoin<'a> {
    pub(crate) fn new(rows: &'a mut RowProfiler, hands: usize) -> Self {
        Self {
            rows,
            hands,
            waiting: VecDeque::new(),
            done: 0,
        }
    }
    /// Takes a hand's part of the batch of this number.
    pub(crate) fn take(&mut self, number: usize, part: RowPart) {
        let index = number.saturating_sub(self.done);
        while self.waiting.len() <= index {
            self.waiting.push_back(Default::default());
        }
        if let Some((hands, joined)) = self.waiting.get_mut(index) {
            joined.join(part);
            *hands += 1;
        }
        while self.waiting.front().is_some_and(|(hands, _)| *hands == self.hands) {
            if let Some((_, part)) = self.waiting.pop_front() {
                self.rows.take(part);
            }
            self.done += 1;
        }
    }
    /// Takes over the sample that a hand drew from its columns.
    pub(crate) fn sampled(&mut self, sample: HandSample) {
        self.rows.sample.take(sample);
    }
}

impl RowProfiler {
    /// Looks at the next rows; false when a column's type is not one of ours.
    #[must_use]
    pub fn see(&mut self, batch: &RecordBatch) -> bool {
        let mut part = RowPart::of(batch.num_rows());
        let all = batch.columns().iter().enumerate().all(|(index, array)| part.see(index, array));
        if all {
            self.sample.see(batch, self.rows);
            self.take(part);
        }
        all
    }

    /// Takes what was found in all columns of the next rows.
    fn take(&mut self, mut part: RowPart) {
        self.hashes.add(part.lanes.finish(), HELD_MAX);
        let rows = part.lanes.len();
        part.nulls.sort_by_key(|(index, _)| *index);
        self.lacks(rows, &part.nulls);
        self.rows += rows as u64;
    }

    fn lacks(&mut self, rows: usize, nulls: &[(usize, NullBuffer)]) {
        if nulls.is_empty() {
            self.missing.add(0, rows as u64, Vec::new);
            return;
        }
        let mut masks = std::mem::take(&mut self.scratch.masks);
        masks.clear();
        masks.resize(rows, 0);
        for (place, nulls) in nulls {
            let mark = mix(*place as u64 + 1);
            for (mask, valid) in masks.iter_mut().zip(nulls.iter()) {
                *mask ^= if valid { 0 } else { mark };
            }
        }
        let mut run = (0u64, 0u64, 0usize);
        let mut close = |(mask, count, row): (u64, u64, usize)| {
            if count > 0 {
                self.missing.add(mask.cast_signed(), count, || {
                    let lacking = nulls.iter().filter(|(_, nulls)| nulls.is_null(row));
                    lacking.map(|(place, _)| *place as u32).collect()
                });
            }
        };
        for (row, mask) in masks.iter().enumerate() {
            if *mask == run.0 && run.1 > 0 {
                run.1 += 1;
            } else {
                close(std::mem::replace(&mut run, (*mask, 1, row)));
            }
        }
        close(run);
        self.scratch.masks = masks;
    }

    /// Rows seen.
    pub fn rows(&self) -> u64 {
        self.rows
    }
    /// Rows that copy another one, where that is known exactly.
    pub(crate) fn exact_copies(&mut self) -> Option<u64> {
        self.hashes.exact()
    }
    /// Rows that copy another one; an estimate where not all hashes are held.
    pub fn copies(&mut self) -> u64 {
        self.hashes.copies()
    }

    /// Gives up the hashes of rows and the sampled rows; counts stay.
    pub(crate) fn forget(&mut self) {
        self.hashes.exact();
        self.hashes.thin(0);
        self.sample = Sample::default();
    }

    /// Joins the profiler of the rows that follow.
    pub fn merge(&mut self, other: Self) {
        self.hashes.merge(other.hashes, HELD_MAX);
        self.missing.merge(other.missing);
        self.sample.merge(other.sample);
        self.rows += other.rows;
    }
}

/// Adds the cells of the column at `index` to the hashes of its rows; false when the type is not one of ours.
pub(crate) fn cells(rows: &mut [(u64, u64)], array: &ArrayRef, index: usize) -> bool {
    let place = Place::of(index);
    let mut each = |value: &dyn Fn(usize) -> u64| {
        if array.null_count() == 0 {
            rows.iter_mut().enumerate().for_each(|(row, lanes)| place.cell(lanes, value(row)));
            return;
        }
        for (row, lanes) in rows.iter_mut().enumerate() {
            if array.is_valid(row) {
                place.cell(lanes, value(row));
            } else {
                place.missing(lanes);
            }
        }
    };
    macro_rules! flat {
        ($kind:ty, $key:expr) => {{
            let values = array.as_primitive::<$kind>().values();
            let key = $key;
            if array.null_count() == 0 {
                rows.iter_mut()
                    .zip(values.iter())
                    .for_each(|(lanes, value)| place.cell(lanes, key(*value)));
            } else {
                each(&|row| values.get(row).map_or(0, |value| key(*value)));
            }
        }};
    }
    match array.data_type() {
        DataType::Int64 => flat!(Int64Type, |value: i64| value.cast_unsigned()),
        DataType::Date32 => flat!(Date32Type, |value: i32| i64::from(value).cast_unsigned()),
        DataType::Timestamp(TimeUnit::Microsecond, _) => flat!(TimestampMicrosecondType, |value: i64| value.cast_unsigned()),
        DataType::Time64(TimeUnit::Microsecond) => flat!(Time64MicrosecondType, |value: i64| value.cast_unsigned()),
        DataType::Float64 => flat!(Float64Type, |value: f64| float_key(value).cast_unsigned()),
        DataType::Boolean => {
            let truths = array.as_boolean();
            each(&|row| u64::from(truths.value(row)));
        }
        DataType::Decimal128(..) => {
            let values = array.as_primitive::<Decimal128Type>();
            wide(rows, array, place, &|row| values.value(row).cast_unsigned());
        }
        DataType::Utf8 => {
            let values = array.as_string::<i32>();
            wide(rows, array, place, &|row| bytes128(values.value(row).as_bytes()));
        }
        DataType::LargeUtf8 => {
            let values = array.as_string::<i64>();
            wide(rows, array, place, &|row| bytes128(values.value(row).as_bytes()));
        }
        DataType::Utf8View => {
            let values = array.as_string_view();
            wide(rows, array, place, &|row| bytes128(values.value(row).as_bytes()));
        }
        DataType::Binary => {
            let values = array.as_binary::<i32>();
            wide(rows, array, place, &|row| bytes128(values.value(row)));
        }
        DataType::LargeBinary => {
            let values = array.as_binary::<i64>();
            wide(rows, array, place, &|row| bytes128(values.value(row)));
        }
        DataType::BinaryView => {
            let values = array.as_binary_view();
            wide(rows, array, place, &|row| bytes128(values.value(row)));
        }
        DataType::Dictionary(..) => return cast(array, &DataType::Utf8).is_ok_and(|flat| cells(rows, &flat, index)),
        _ => return false,
    }
    true
}

/// Cells of 128 bits.
fn wide(rows: &mut [(u64, u64)], array: &ArrayRef, place: Place, value: &dyn Fn(usize) -> u128) {
    let mut next = 0;
    let gap = rows.len()..rows.len();
    for range in valid(array.as_ref()).into_iter().chain(std::iter::once(gap)) {
        rows.iter_mut().take(range.start).skip(next).for_each(|lanes| place.missing(lanes));
        next = range.end;
        for (row, lanes) in rows.iter_mut().enumerate().take(range.end).skip(range.start) {
            place.wide(lanes, value(row));
        }
    }
}
