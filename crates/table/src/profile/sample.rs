//! A sample of rows for questions about several columns at once: every n-th row, n growing in powers of two.

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, UInt64Array};
use arrow::compute::{cast, take};
use arrow::datatypes::{DataType, Date32Type, Decimal128Type, Float64Type, Int64Type, Time64MicrosecondType, TimestampMicrosecondType};
use serde::{Deserialize, Serialize};

use super::hash::bytes128;
use super::packed::{Damaged, Packer, Unpacker};
use super::scan::float_key;

/// Rows sampled, and cells.
pub(crate) const ROWS_MAX: usize = 10_000;
const CELLS_MAX: usize = 1_000_000;
const ROWS_MIN: usize = 500;

/// Sampled rows by column: keys of numbers, hashes of texts; nothing where missing.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Sample {
    pub(crate) columns: Vec<Keys>,
    /// The rows' places, each in the part that it was sampled from.
    rows: Vec<u64>,
    /// log2 of the distance between sampled rows.
    shift: u32,
}

/// The sampled cells of one column.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct Keys(pub(crate) Vec<Option<i64>>);

impl TryFrom<String> for Keys {
    type Error = Damaged;
    fn try_from(text: String) -> Result<Self, Damaged> {
        let (mut packed, mut keys) = (Unpacker::new(&text)?, Vec::new());
        while !packed.is_empty() {
            // A missing cell is a number beyond 64 bits.
            let key = packed.signed()?;
            keys.push(i64::try_from(key).ok());
        }
        Ok(Self(keys))
    }
}

impl From<Keys> for String {
    fn from(keys: Keys) -> Self {
        let mut packed = Packer::default();
        keys.0.iter().for_each(|key| packed.signed(key.map_or(1 << 64, i128::from)));
        packed.text()
    }
}

impl Keys {
    fn see(&mut self, array: &ArrayRef, places: &UInt64Array) {
        match take(array, places, None) {
            Ok(taken) => keys(&taken, &mut self.0),
            Err(_) => self.0.extend(std::iter::repeat_n(None, places.len())),
        }
    }
}

/// The sample of the columns that one hand sees; which rows are drawn depends on the width of the whole table alone.
#[derive(Debug)]
pub(crate) struct HandSample {
    sample: Sample,
    places: Vec<usize>,
    width: usize,
}

impl HandSample {
    /// For the columns at these places of a table of `width` columns.
    pub(crate) fn new(places: Vec<usize>, width: usize) -> Self {
        let mut sample = Sample::default();
        sample.columns.resize_with(places.len(), Keys::default);
        Self { sample, places, width }
    }
    /// Looks at the rows from `start` on: one array for each of the hand's columns.
    pub(crate) fn see(&mut self, arrays: &[ArrayRef], start: u64) {
        let rows = arrays.first().map_or(0, |array| array.len() as u64);
        if let Some(places) = self.sample.places(start, rows) {
            for (own, array) in self.sample.columns.iter_mut().zip(arrays) {
                own.see(array, &places);
            }
            self.sample.drawn(start, &places, self.width);
        }
    }
}

impl Sample {
    /// How many rows are held.
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }
    fn most(&self, columns: usize) -> usize {
        (CELLS_MAX / columns.max(1)).clamp(ROWS_MIN, ROWS_MAX)
    }
    /// Looks at the rows from `start` on.
    pub(crate) fn see(&mut self, batch: &RecordBatch, start: u64) {
        let width = batch.num_columns();
        if let Some(places) = self.places(start, batch.num_rows() as u64) {
            self.columns.resize_with(width, Keys::default);
            for (own, array) in self.columns.iter_mut().zip(batch.columns()) {
                own.see(array, &places);
            }
            self.drawn(start, &places, width);
        }
    }
    /// Which of the rows from `start` on are sampled.
    fn places(&self, start: u64, rows: u64) -> Option<UInt64Array> {
        let step = 1u64 << self.shift;
        let first = start.div_ceil(step) * step - start;
        (first < rows).then(|| (first..rows).step_by(step as usize).collect::<Vec<_>>().into())
    }
    /// Notes the rows drawn and thins them out when they are too many for a table of so many columns.
    fn drawn(&mut self, start: u64, places: &UInt64Array, width: usize) {
        self.rows.extend(places.values().iter().map(|place| start + place));
        self.thin(width);
    }
    fn thin(&mut self, width: usize) {
        while self.rows.len() > self.most(width) && self.shift < 63 {
            self.shift += 1;
            self.keep();
        }
    }
    /// Takes over a hand's columns; every hand draws the same rows.
    pub(crate) fn take(&mut self, hand: HandSample) {
        let wide = hand.places.iter().map(|place| place + 1).max().unwrap_or_default();
        self.columns.resize_with(self.columns.len().max(wide), Keys::default);
        for (place, keys) in hand.places.into_iter().zip(hand.sample.columns) {
            if let Some(own) = self.columns.get_mut(place) {
                *own = keys;
            }
        }
        (self.rows, self.shift) = (hand.sample.rows, hand.sample.shift);
    }
    fn keep(&mut self) {
        let step = 1u64 << self.shift;
        let kept: Vec<bool> = self.rows.iter().map(|row| row % step == 0).collect();
        for column in &mut self.columns {
            let mut kept = kept.iter();
            column.0.retain(|_| kept.next().copied().unwrap_or(false));
        }
        self.rows.retain(|row| row % step == 0);
    }
    /// Joins the sample of the rows that follow. The joined sample is as coarse as the coarser of both.
    pub(crate) fn merge(&mut self, mut other: Self) {
        let shift = self.shift.max(other.shift);
        for part in [&mut *self, &mut other] {
            part.shift = shift;
            part.keep();
        }
        self.columns.resize_with(self.columns.len().max(other.columns.len()), Keys::default);
        for (own, new) in self.columns.iter_mut().zip(other.columns) {
            own.0.extend(new.0);
        }
        self.rows.append(&mut other.rows);
        self.shift = shift;
        self.thin(self.columns.len());
    }
}

fn keys(array: &ArrayRef, into: &mut Vec<Option<i64>>) {
    let hash = |bytes: &[u8]| (bytes128(bytes) >> 64) as i64;
    match array.data_type() {
        DataType::Int64 => into.extend(array.as_primitive::<Int64Type>().iter()),
        DataType::Date32 => into.extend(array.as_primitive::<Date32Type>().iter().map(|day| day.map(i64::from))),
        DataType::Timestamp(..) => into.extend(array.as_primitive::<TimestampMicrosecondType>().iter()),
        DataType::Time64(_) => into.extend(array.as_primitive::<Time64MicrosecondType>().iter()),
        DataType::Float64 => {
            let values = array.as_primitive::<Float64Type>().iter();
            into.extend(values.map(|value| value.filter(|value| value.is_finite()).map(float_key)));
        }
        DataType::Decimal128(_, scale) => {
            let unit = 10f64.powi(i32::from(*scale));
            let values = array.as_primitive::<Decimal128Type>().iter();
            into.extend(values.map(|value| value.map(|value| float_key(value as f64 / unit))));
        }
        DataType::Boolean => into.extend(array.as_boolean().iter().map(|truth| truth.map(i64::from))),
        DataType::Utf8 => into.extend(array.as_string::<i32>().iter().map(|text| text.map(|text| hash(text.as_bytes())))),
        DataType::Binary => into.extend(array.as_binary::<i32>().iter().map(|bytes| bytes.map(hash))),
        _ => match cast(array, &DataType::Utf8) {
            Ok(flat) if *flat.data_type() == DataType::Utf8 && !matches!(array.data_type(), DataType::Utf8) => keys(&flat, into),
            _ => into.extend(std::iter::repeat_n(None, array.len())),
        },
    }
}
