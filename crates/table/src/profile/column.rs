//! One column, batch by batch: what is counted, and the ways into it from Arrow.

use std::ops::Range;

use arrow::array::{Array, ArrayRef, AsArray, PrimitiveArray};
use arrow::compute::cast;
use arrow::datatypes::{
    ArrowPrimitiveType, DataType, Date32Type, Decimal128Type, Float64Type, Int64Type, Time64MicrosecondType, TimeUnit,
    TimestampMicrosecondType,
};
use fyr_model::profile::Order;
use fyr_model::table::{Column, ColumnType, Distinct};
use serde::{Deserialize, Serialize};

use super::counts::{DISTINCT_MAX, exact_among};
use super::facts::Facts;
use super::hyperloglog;
use super::numbers::Numbers;
use super::order::Rising;
use super::places::Places;
use super::project::Fences;
use super::scan::{Unit, float_key};
use super::words::Words;

/// Takes one column in file order and knows its profile at the end. Columns are independent: each may have a thread of its own.
///
/// The state holds values and hashes of values: it stays in the private area. Memory is bounded: at most 100,000 different values (2 MiB of
/// numbers; 16 MiB of texts), fewer among more than sixty columns, then sketches of about 1 MiB.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ColumnProfiler {
    pub(crate) name: String,
    pub(crate) kind: ColumnType,
    pub(crate) semantic: Option<String>,
    pub(crate) rows: u64,
    pub(crate) nulls: u64,
    pub(crate) empty: u64,
    /// The first and last row with a value.
    pub(crate) span: Option<(u64, u64)>,
    pub(crate) held: Held,
    /// The number of different values, where the values themselves were given up ([`ColumnProfiler::forget`]).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) withheld: Option<Distinct>,
}

/// What is held, by kind of value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Held {
    Narrow(Numbers<i64>),
    Wide(Numbers<i128>),
    Words(Box<Words>),
    Places(Box<Places>),
}

/// Rows of an array that hold a value, in ranges.
pub(crate) fn valid(array: &dyn Array) -> Vec<Range<usize>> {
    match array.nulls() {
        Some(nulls) if nulls.null_count() > 0 => nulls.valid_slices().map(|(start, end)| start..end).collect(),
        _ if array.is_empty() => Vec::new(),
        _ => std::iter::once(0..array.len()).collect(),
    }
}

impl ColumnProfiler {
    /// A profiler of one of `columns` columns whose arrays have the type `data`: one of those that staging writes, or a dictionary or view of
    /// text.
    pub fn new(column: &Column, data: &DataType, columns: usize) -> Self {
        let most = exact_among(columns);
        let held = match (Unit::of(data), data) {
            (Some(unit @ Unit::Decimal(_)), _) => Held::Wide(Numbers::new(unit, most)),
            (Some(unit), _) => Held::Narrow(Numbers::new(unit, most)),
            (None, DataType::Binary | DataType::LargeBinary | DataType::BinaryView) => Held::Places(Box::default()),
            (None, _) => Held::Words(Box::new(Words::new(most))),
        };
        Self {
            name: column.name.clone(),
            kind: column.kind,
            semantic: column.semantic.as_ref().map(|semantic| semantic.kind.clone()),
            rows: 0,
            nulls: 0,
            empty: 0,
            span: None,
            held,
            withheld: None,
        }
    }

    /// Takes the column's type and meaning as they were settled in the end; the type of its arrays stays.
    pub fn settled(&mut self, column: &Column) {
        self.kind = column.kind;
        self.semantic = column.semantic.as_ref().map(|semantic| semantic.kind.clone());
    }

    /// The column's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Looks at the next rows of the column; false, and nothing counted, when their type is not the one it was made for.
    #[must_use]
    pub fn see(&mut self, array: &ArrayRef) -> bool {
        let ranges = valid(array);
        let (nulls, empty) = (self.nulls, self.empty);
        if !self.values(array, &ranges) {
            return false;
        }
        self.nulls += array.null_count() as u64;
        let without = (self.nulls - nulls) + (self.empty - empty);
        if let (Some(first), Some(last)) = (ranges.first(), ranges.last())
            && (without as usize) < array.len()
        {
            let (first, last) = self.ends(array, first.start, last.end.saturating_sub(1));
            self.span = Some((self.span.map_or(self.rows + first, |span| span.0), self.rows + last));
        }
        self.rows += array.len() as u64;
        true
    }

    /// The first and last row with a value; empty texts and what is no number hold none.
    fn ends(&self, array: &ArrayRef, first: usize, last: usize) -> (u64, u64) {
        let has = |row: &usize| -> bool {
            array.is_valid(*row)
                && match array.data_type() {
                    DataType::Utf8 => !array.as_string::<i32>().value(*row).is_empty(),
                    DataType::LargeUtf8 => !array.as_string::<i64>().value(*row).is_empty(),
                    DataType::Utf8View => !array.as_string_view().value(*row).is_empty(),
                    DataType::Float64 => array.as_primitive::<Float64Type>().value(*row).is_finite(),
                    _ => true,
                }
        };
        let first = (first..=last).find(has).unwrap_or(first);
        let last = (first..=last).rev().find(has).unwrap_or(last);
        (first as u64, last as u64)
    }

    fn values(&mut self, array: &ArrayRef, ranges: &[Range<usize>]) -> bool {
        match &mut self.held {
            Held::Narrow(numbers) => narrow(numbers, array, ranges, &mut self.nulls),
            Held::Wide(numbers) => {
                let matching = Unit::of(array.data_type()) == Some(numbers.unit);
                if matching {
                    each_slice::<Decimal128Type>(array.as_primitive(), ranges, |values| numbers.see(values.iter().copied()));
                }
                matching
            }
            Held::Words(words) => texts(words, array, ranges, &mut self.empty),
            Held::Places(places) => {
                match array.data_type() {
                    DataType::Binary => array.as_binary::<i32>().iter().flatten().for_each(|bytes| places.see(bytes)),
                    DataType::LargeBinary => array.as_binary::<i64>().iter().flatten().for_each(|bytes| places.see(bytes)),
                    DataType::BinaryView => array.as_binary_view().iter().flatten().for_each(|bytes| places.see(bytes)),
                    _ => return false,
                }
                true
            }
        }
    }

    /// Cells with a value.
    pub(crate) fn filled(&self) -> u64 {
        self.rows - self.nulls - self.empty
    }

    /// Whether the column may be a key though its values are too many to hold: none missing, none seen twice, and the estimate agrees.
    pub(crate) fn may_be_key(&self) -> bool {
        let held = match &self.held {
            Held::Narrow(numbers) => numbers.open_key(),
            Held::Wide(numbers) => numbers.open_key(),
            Held::Words(words) => words.open_key(),
            Held::Places(_) => None,
        };
        // Five standard errors: a key is missed once in a million.
        held.is_some_and(|distinct| self.filled() == self.rows && distinct as f64 >= self.rows as f64 * (1.0 - 5.0 * hyperloglog::ERROR))
    }
    /// How the values follow each other from row to row.
    pub(crate) fn order(&self) -> Option<Order> {
        match &self.held {
            Held::Narrow(numbers) => numbers.order(),
            Held::Wide(numbers) => numbers.order(),
            Held::Words(words) => words.order.told(),
            Held::Places(_) => None,
        }
    }
    /// The fences beyond which numbers are outliers, where some are.
    pub(crate) fn fences(&self, facts: &Facts) -> Option<Fences> {
        let (low, high) = facts
            .range
            .filter(|_| matches!(self.kind, ColumnType::Integer | ColumnType::Number))?;
        Fences::of(facts).filter(|fences| fences.is_out(low) || fences.is_out(high))
    }

    /// Works off what is buffered; called by itself before a merge, a file or an answer.
    pub(crate) fn settle(&mut self) {
        match &mut self.held {
            Held::Narrow(numbers) => numbers.settle(),
            Held::Wide(numbers) => numbers.settle(),
            Held::Words(words) => words.settle(),
            Held::Places(places) => places.hashes.settle(),
        }
    }

    /// Gives up the values and every hash of them; type and counts stay. For what outlives the table that it was made from.
    pub(crate) fn forget(&mut self) {
        self.withheld = Some(super::facts::distinct(self));
        self.span = None;
        self.held = match &self.held {
            Held::Narrow(numbers) => Held::Narrow(Numbers::new(numbers.unit, DISTINCT_MAX)),
            Held::Wide(numbers) => Held::Wide(Numbers::new(numbers.unit, DISTINCT_MAX)),
            Held::Words(_) => Held::Words(Box::new(Words::new(DISTINCT_MAX))),
            Held::Places(_) => Held::Places(Box::default()),
        };
    }

    /// Joins the profiler of the rows that follow; false, and nothing joined, when it is of another type or has given up its values.
    #[must_use]
    pub fn merge(&mut self, other: Self) -> bool {
        if self.withheld.is_some() || other.withheld.is_some() {
            return false;
        }
        match (&mut self.held, other.held) {
            (Held::Narrow(own), Held::Narrow(new)) if own.unit == new.unit => own.merge(new),
            (Held::Wide(own), Held::Wide(new)) if own.unit == new.unit => own.merge(new),
            (Held::Words(own), Held::Words(new)) => own.merge(*new),
            (Held::Places(own), Held::Places(new)) => own.merge(*new),
            _ => return false,
        }
        if let Some((first, last)) = other.span {
            self.span = Some((self.span.map_or(self.rows + first, |span| span.0), self.rows + last));
        }
        self.rows += other.rows;
        self.nulls += other.nulls;
        self.empty += other.empty;
        true
    }
}

fn each_slice<T: ArrowPrimitiveType>(array: &PrimitiveArray<T>, ranges: &[Range<usize>], mut see: impl FnMut(&[T::Native])) {
    for range in ranges {
        if let Some(values) = array.values().get(range.clone()) {
            see(values);
        }
    }
}

fn narrow(numbers: &mut Numbers<i64>, array: &ArrayRef, ranges: &[Range<usize>], nulls: &mut u64) -> bool {
    if Unit::of(array.data_type()) != Some(numbers.unit) {
        return false;
    }
    match array.data_type() {
        DataType::Int64 => each_slice::<Int64Type>(array.as_primitive(), ranges, |values| numbers.see(values.iter().copied())),
        DataType::Date32 => {
            each_slice::<Date32Type>(array.as_primitive(), ranges, |values| {
                numbers.see(values.iter().map(|day| i64::from(*day)));
            });
        }
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            each_slice::<TimestampMicrosecondType>(array.as_primitive(), ranges, |values| numbers.see(values.iter().copied()));
        }
        DataType::Time64(TimeUnit::Microsecond) => {
            each_slice::<Time64MicrosecondType>(array.as_primitive(), ranges, |values| numbers.see(values.iter().copied()));
        }
        DataType::Float64 => each_slice::<Float64Type>(array.as_primitive(), ranges, |values| {
            // What is no number counts as missing (`tables.md` section 4).
            let finite = values.iter().filter(|value| value.is_finite());
            numbers.see(finite.map(|value| float_key(*value)));
            *nulls += values.iter().filter(|value| !value.is_finite()).count() as u64;
        }),
        DataType::Boolean => {
            let truths = array.as_boolean();
            let (yes, filled) = (truths.true_count() as u64, (truths.len() - truths.null_count()) as u64);
            numbers.see_times(1, yes);
            numbers.see_times(0, filled - yes);
        }
        _ => return false,
    }
    true
}

fn texts(words: &mut Words, array: &ArrayRef, ranges: &[Range<usize>], empty: &mut u64) -> bool {
    let rows = || ranges.iter().cloned().flatten();
    match array.data_type() {
        DataType::Utf8 => {
            let array = array.as_string::<i32>();
            each_text(words, rows().map(|row| array.value(row)), empty);
        }
        DataType::LargeUtf8 => {
            let array = array.as_string::<i64>();
            each_text(words, rows().map(|row| array.value(row)), empty);
        }
        DataType::Utf8View => {
            let array = array.as_string_view();
            each_text(words, rows().map(|row| array.value(row)), empty);
        }
        DataType::Dictionary(..) => {
            words.order = Rising::lost();
            return dictionary(array, &mut |text, count| {
                *empty += if text.is_empty() { count } else { 0 };
                words.see(text, count);
            });
        }
        _ => return false,
    }
    true
}

fn each_text<'a>(words: &mut Words, texts: impl Iterator<Item = &'a str> + Clone, empty: &mut u64) {
    words.order.texts(texts.clone().filter(|text| !text.is_empty()));
    texts.for_each(|text| {
        *empty += u64::from(text.is_empty());
        words.see(text, 1);
    });
}

/// Work once per entry of a dictionary. Counts do not depend on the order of entries; where sketches begin to gather, the order is that of
/// the dictionary.
fn dictionary(array: &ArrayRef, see: &mut dyn FnMut(&str, u64)) -> bool {
    let Some(dictionary) = array.as_any_dictionary_opt() else {
        return false;
    };
    let Ok(values) = cast(dictionary.values(), &DataType::Utf8) else {
        return false;
    };
    let values = values.as_string::<i32>();
    let mut counts = vec![0u64; values.len()];
    for (row, place) in dictionary.normalized_keys().into_iter().enumerate() {
        if dictionary.keys().is_valid(row)
            && let Some(count) = counts.get_mut(place)
        {
            *count += 1;
        }
    }
    for (place, count) in counts.into_iter().enumerate().filter(|(_, count)| *count > 0) {
        if values.is_valid(place) {
            see(values.value(place), count);
        }
    }
    true
}
