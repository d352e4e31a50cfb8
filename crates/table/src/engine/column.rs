//! One column in one pass: counts, range, moments, distinct values. Exact; what does not fit in memory is said so and counted by SQL.

use std::cmp::Ordering;
use std::collections::HashMap;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Float64Type, Int64Type, Time64MicrosecondType, TimeUnit, TimestampMicrosecondType,
};
use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta};
use fyr_model::table::ColumnType;

use super::compare::hash128;
use super::quantile::Collector;

/// Different values counted in memory.
pub(crate) const DISTINCT_MAX: usize = 100_000;
/// Bytes of texts held for counting.
const TEXT_BYTES_MAX: usize = 64 << 20;

/// Values by how often they stand; `over` when there are too many.
#[derive(Debug, Default)]
pub(crate) struct Counter<K> {
    pub(crate) counts: HashMap<K, u64>,
    pub(crate) over: bool,
}

impl<K: std::hash::Hash + Eq> Counter<K> {
    fn give_up(&mut self) {
        self.counts = HashMap::new();
        self.over = true;
    }
}

/// What is known of a column after the pass.
#[derive(Debug)]
pub(crate) struct Facts {
    pub(crate) kind: ColumnType,
    pub(crate) data: DataType,
    pub(crate) rows: u64,
    pub(crate) nulls: u64,
    pub(crate) empty: u64,
    pub(crate) numbers: Counter<i128>,
    pub(crate) texts: Counter<String>,
    text_bytes: usize,
    pub(crate) low: Option<i128>,
    pub(crate) high: Option<i128>,
    pub(crate) float_low: f64,
    pub(crate) float_high: f64,
    pub(crate) text_low: Option<String>,
    pub(crate) text_high: Option<String>,
    whole_sum: i128,
    sum: f64,
    lost: f64,
    mean: f64,
    squares: f64,
    pub(crate) values: u64,
    pub(crate) collector: Collector,
}

impl Facts {
    pub(crate) fn new(kind: ColumnType, data: DataType) -> Self {
        Self {
            kind,
            data,
            rows: 0,
            nulls: 0,
            empty: 0,
            numbers: Counter::default(),
            texts: Counter::default(),
            text_bytes: 0,
            low: None,
            high: None,
            float_low: f64::INFINITY,
            float_high: f64::NEG_INFINITY,
            text_low: None,
            text_high: None,
            whole_sum: 0,
            sum: 0.0,
            lost: 0.0,
            mean: 0.0,
            squares: 0.0,
            values: 0,
            collector: Collector::default(),
        }
    }

    /// Whether the distinct values could not be counted in memory.
    pub(crate) fn is_over(&self) -> bool {
        self.numbers.over || self.texts.over
    }
    pub(crate) fn distinct(&self) -> u64 {
        (self.numbers.counts.len() + self.texts.counts.len()) as u64
    }
    pub(crate) fn is_number(&self) -> bool {
        matches!(self.kind, ColumnType::Integer | ColumnType::Number)
    }

    /// Looks at one batch of the column; false when its type is not one of ours.
    pub(crate) fn see(&mut self, array: &ArrayRef) -> bool {
        self.rows += array.len() as u64;
        self.nulls += array.null_count() as u64;
        match array.data_type().clone() {
            DataType::Int64 => array
                .as_primitive::<Int64Type>()
                .iter()
                .flatten()
                .for_each(|value| self.whole(i128::from(value), value as f64)),
            DataType::Date32 => array
                .as_primitive::<Date32Type>()
                .iter()
                .flatten()
                .for_each(|value| self.whole(i128::from(value), f64::from(value))),
            DataType::Timestamp(TimeUnit::Microsecond, _) => {
                let values = array.as_primitive::<TimestampMicrosecondType>();
                values
                    .iter()
                    .flatten()
                    .for_each(|value| self.whole(i128::from(value), value as f64 / 86_400_000_000.0));
            }
            DataType::Time64(TimeUnit::Microsecond) => {
                let values = array.as_primitive::<Time64MicrosecondType>();
                values
                    .iter()
                    .flatten()
                    .for_each(|value| self.whole(i128::from(value), value as f64));
            }
            DataType::Boolean => array
                .as_boolean()
                .iter()
                .flatten()
                .for_each(|value| self.whole(i128::from(value), f64::from(u8::from(value)))),
            DataType::Decimal128(_, scale) => {
                let unit = 10f64.powi(i32::from(scale));
                array
                    .as_primitive::<Decimal128Type>()
                    .iter()
                    .flatten()
                    .for_each(|value| self.whole(value, value as f64 / unit));
            }
            DataType::Float64 => array
                .as_primitive::<Float64Type>()
                .iter()
                .flatten()
                .for_each(|value| self.float(value)),
            DataType::Utf8 => array.as_string::<i32>().iter().flatten().for_each(|text| self.text(text)),
            DataType::LargeUtf8 => array.as_string::<i64>().iter().flatten().for_each(|text| self.text(text)),
            DataType::Binary => array.as_binary::<i32>().iter().flatten().for_each(|bytes| {
                self.values += 1;
                self.count(hash128(bytes) as i128);
            }),
            _ => return false,
        }
        true
    }

    fn count(&mut self, key: i128) {
        if self.numbers.over {
            return;
        }
        *self.numbers.counts.entry(key).or_default() += 1;
        if self.numbers.counts.len() > DISTINCT_MAX {
            self.numbers.give_up();
        }
    }
    fn whole(&mut self, key: i128, value: f64) {
        self.values += 1;
        self.count(key);
        self.low = Some(self.low.map_or(key, |low| low.min(key)));
        self.high = Some(self.high.map_or(key, |high| high.max(key)));
        self.whole_sum = self.whole_sum.wrapping_add(key);
        self.moment(value);
    }
    fn float(&mut self, value: f64) {
        if !value.is_finite() {
            self.nulls += 1;
            return;
        }
        // Minus zero is zero.
        let value = value + 0.0;
        self.values += 1;
        self.count(i128::from(value.to_bits()));
        // Neumaier's compensated sum.
        let sum = self.sum + value;
        self.lost += if self.sum.abs() >= value.abs() {
            (self.sum - sum) + value
        } else {
            (value - sum) + self.sum
        };
        self.sum = sum;
        self.moment(value);
    }
    /// Welford's mean and sum of squares.
    fn moment(&mut self, value: f64) {
        self.float_low = self.float_low.min(value);
        self.float_high = self.float_high.max(value);
        let before = value - self.mean;
        self.mean += before / self.values as f64;
        self.squares += before * (value - self.mean);
        if !matches!(self.kind, ColumnType::Boolean) {
            self.collector.push(value);
        }
    }
    fn text(&mut self, text: &str) {
        if text.is_empty() {
            self.empty += 1;
        } else {
            self.values += 1;
        }
        if self.text_low.as_deref().is_none_or(|low| text.cmp(low) == Ordering::Less) {
            self.text_low = Some(text.to_owned());
        }
        if self.text_high.as_deref().is_none_or(|high| text.cmp(high) == Ordering::Greater) {
            self.text_high = Some(text.to_owned());
        }
        if self.texts.over {
            return;
        }
        if let Some(count) = self.texts.counts.get_mut(text) {
            *count += 1;
            return;
        }
        self.text_bytes += text.len();
        self.texts.counts.insert(text.to_owned(), 1);
        if self.texts.counts.len() > DISTINCT_MAX || self.text_bytes > TEXT_BYTES_MAX {
            self.texts.give_up();
        }
    }

    /// The sum, for numbers.
    pub(crate) fn sum(&self) -> f64 {
        match self.data {
            DataType::Int64 => self.whole_sum as f64,
            DataType::Decimal128(_, scale) => self.whole_sum as f64 / 10f64.powi(i32::from(scale)),
            _ => self.sum + self.lost,
        }
    }
    pub(crate) fn mean(&self) -> f64 {
        self.sum() / self.values as f64
    }
    /// The sample standard deviation; nothing for a single value.
    pub(crate) fn stddev(&self) -> Option<f64> {
        (self.values > 1).then(|| (self.squares.max(0.0) / (self.values - 1) as f64).sqrt())
    }

    /// A counted value as text.
    pub(crate) fn show(&self, key: i128) -> String {
        show(&self.data, key)
    }
    /// The smallest and largest value as text.
    pub(crate) fn bounds(&self) -> Option<(String, String)> {
        if let (Some(low), Some(high)) = (&self.text_low, &self.text_high) {
            return Some((low.clone(), high.clone()));
        }
        if self.data == DataType::Float64 && self.values > 0 {
            return Some((self.float_low.to_string(), self.float_high.to_string()));
        }
        Some((self.show(self.low?), self.show(self.high?)))
    }
}

/// A value of a type as text: ISO 8601 for dates and times, plain decimals for numbers.
fn show(data: &DataType, key: i128) -> String {
    let whole = i64::try_from(key).unwrap_or_default();
    match data {
        DataType::Float64 => f64::from_bits(u64::try_from(key).unwrap_or_default()).to_string(),
        DataType::Boolean => (key != 0).to_string(),
        DataType::Date32 => NaiveDate::default()
            .checked_add_signed(TimeDelta::days(whole))
            .map(|day| day.to_string())
            .unwrap_or_default(),
        DataType::Timestamp(_, zone) => DateTime::from_timestamp_micros(whole)
            .map(|at| at.naive_utc().format("%Y-%m-%dT%H:%M:%S%.f").to_string() + if zone.is_some() { "Z" } else { "" })
            .unwrap_or_default(),
        DataType::Time64(_) => (NaiveTime::MIN + TimeDelta::microseconds(whole)).to_string(),
        DataType::Decimal128(_, scale) if *scale > 0 => {
            let width = usize::from(scale.unsigned_abs()) + 1;
            let digits = format!("{:0>width$}", key.unsigned_abs());
            let (whole, fraction) = digits.split_at(digits.len() + 1 - width);
            format!("{}{whole}.{fraction}", if key < 0 { "-" } else { "" })
        }
        _ => key.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_shown_as_people_write_them() {
        assert_eq!(show(&DataType::Date32, 1), "1970-01-02");
        assert_eq!(show(&DataType::Decimal128(38, 2), -5), "-0.05");
        assert_eq!(show(&DataType::Decimal128(38, 2), 12345), "123.45");
        assert_eq!(
            show(&DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())), 0),
            "1970-01-01T00:00:00Z"
        );
        assert_eq!(show(&DataType::Time64(TimeUnit::Microsecond), 27_000_000_000), "07:30:00");
        assert_eq!(show(&DataType::Float64, i128::from(0.1f64.to_bits())), "0.1");
    }
}
