//! What one look at each different number tells: moments, noughts, signs, decimals, round figures, days.

use arrow::datatypes::DataType;
use serde::{Deserialize, Serialize};

use super::counts::{Counts, Key};
use super::moments::Moments;

/// More decimals than this are those of a calculation, not of a figure that somebody wrote.
pub(crate) const DECIMALS_MAX: u8 = 15;
const DAY_MICROS: i64 = 86_400_000_000;

/// How a key stands for a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Unit {
    /// A whole number.
    Whole,
    /// The bits of a float, turned so that they sort as it does.
    Float,
    /// A decimal with so many digits after the point.
    Decimal(i8),
    /// Days since 1970.
    Day,
    /// Microseconds since 1970; true when they are UTC.
    Moment(bool),
    /// Microseconds since midnight.
    Clock,
    /// No and yes.
    Truth,
    /// A hash that stands for bytes.
    Hash,
}

impl Unit {
    /// The unit of an Arrow type; nothing for texts and bytes.
    pub(crate) fn of(data: &DataType) -> Option<Self> {
        Some(match data {
            DataType::Int64 => Self::Whole,
            DataType::Float64 => Self::Float,
            DataType::Decimal128(_, scale) => Self::Decimal(*scale),
            DataType::Date32 => Self::Day,
            DataType::Timestamp(_, zone) => Self::Moment(zone.is_some()),
            DataType::Time64(_) => Self::Clock,
            DataType::Boolean => Self::Truth,
            _ => return None,
        })
    }
    /// The number that a key stands for: days for moments.
    pub(crate) fn number<K: Key>(self, key: K) -> f64 {
        let whole = key.whole();
        match self {
            Self::Float => float(whole as i64),
            Self::Decimal(scale) => whole as f64 / 10f64.powi(i32::from(scale)),
            Self::Moment(_) => whole as f64 / DAY_MICROS as f64,
            _ => whole as f64,
        }
    }
    pub(crate) fn is_number(self) -> bool {
        matches!(self, Self::Whole | Self::Float | Self::Decimal(_))
    }
}

/// A float as a key that sorts as it does; minus nought is nought.
pub(crate) fn float_key(value: f64) -> i64 {
    let bits = (value + 0.0).to_bits().cast_signed();
    if bits < 0 { bits ^ i64::MAX } else { bits }
}

/// The float of a key.
pub(crate) fn float(key: i64) -> f64 {
    f64::from_bits(if key < 0 { key ^ i64::MAX } else { key }.cast_unsigned())
}

/// What is known after the look. Every figure is a sum or a bound, so parts merge.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Scan {
    pub(crate) moments: Moments,
    /// The sum in keys, for whole numbers and decimals; nothing when it left 128 bits.
    pub(crate) whole_sum: Option<i128>,
    pub(crate) zeros: u64,
    pub(crate) negatives: u64,
    /// Values without a fraction.
    pub(crate) whole: u64,
    pub(crate) decimals: u8,
    /// Whole values divisible by 5, 10 and 100; nought is left out, as it is counted for itself.
    pub(crate) rounds: [u64; 3],
    /// Values by day, for dates and moments; nothing once there are too many days.
    pub(crate) days: Option<Counts<i64>>,
}

impl Scan {
    pub(crate) fn new(unit: Unit) -> Self {
        Self {
            whole_sum: matches!(unit, Unit::Whole | Unit::Decimal(_)).then_some(0),
            days: matches!(unit, Unit::Day | Unit::Moment(_)).then(Counts::default),
            ..Self::default()
        }
    }

    /// Looks at different values in ascending order with their counts.
    pub(crate) fn look<K: Key>(&mut self, unit: Unit, sorted: &[(K, u64)], numbers: &mut Vec<(f64, u64)>) {
        if unit.is_number() {
            numbers.clear();
            numbers.extend(sorted.iter().map(|(key, count)| (unit.number(*key), *count)));
            self.moments.add(numbers);
            self.signs(numbers);
            if unit == Unit::Float {
                numbers.iter().for_each(|(value, count)| self.digits(*value, *count));
            } else {
                sorted.iter().for_each(|(key, count)| self.whole_digits(unit, key.whole(), *count));
            }
        }
        if let Some(sum) = self.whole_sum {
            self.whole_sum = sorted.iter().try_fold(sum, |sum, (key, count)| {
                let part = if *count == 1 {
                    Some(key.whole())
                } else {
                    key.whole().checked_mul(i128::from(*count))
                };
                part.and_then(|part| sum.checked_add(part))
            });
        }
        self.look_at_days(unit, sorted);
    }

    fn signs(&mut self, sorted: &[(f64, u64)]) {
        let weight = |part: &[(f64, u64)]| part.iter().map(|entry| entry.1).sum::<u64>();
        let negative = sorted.partition_point(|entry| entry.0 < 0.0);
        let (below, rest) = sorted.split_at(negative);
        self.negatives += weight(below);
        self.zeros += rest.first().filter(|entry| entry.0 == 0.0).map_or(0, |entry| entry.1);
    }

    fn whole_digits(&mut self, unit: Unit, key: i128, count: u64) {
        let mut key = key;
        if let Unit::Decimal(scale) = unit {
            let mut scale = scale.max(0).unsigned_abs();
            while scale > 0 && key % 10 == 0 {
                (key, scale) = (key / 10, scale - 1);
            }
            self.decimals = self.decimals.max(scale);
            if scale > 0 {
                return;
            }
        }
        self.whole += count;
        if key == 0 {
            return;
        }
        // Most integers fit in 64 bits, where a remainder costs a multiplication.
        let rest = i64::try_from(key).map_or_else(|_| (key % 100) as i64, |key| key % 100);
        self.round(rest, count);
    }

    fn round(&mut self, rest: i64, count: u64) {
        let rest = rest as i32;
        for (found, by) in self.rounds.iter_mut().zip([5, 10, 100]) {
            *found += if rest % by == 0 { count } else { 0 };
        }
    }

    /// Decimals of a float: the fewest with which it is written and read as itself.
    fn digits(&mut self, value: f64, count: u64) {
        const WHOLE_MAX: f64 = 9_007_199_254_740_992.0;
        if value.abs() >= WHOLE_MAX || (value as i64) as f64 == value {
            self.whole += count;
            if value != 0.0 && value.abs() < WHOLE_MAX {
                self.round(value as i64 % 100, count);
            }
            return;
        }
        while self.decimals < DECIMALS_MAX && !has_decimals(value, self.decimals) {
            self.decimals += 1;
        }
    }

    fn look_at_days<K: Key>(&mut self, unit: Unit, sorted: &[(K, u64)]) {
        let Some(days) = &mut self.days else { return };
        let mut run: Option<(i64, u64)> = None;
        let mut held = true;
        // Keys from here on begin another day: a division a day instead of one a value.
        let mut next = i64::MIN;
        for (key, count) in sorted {
            let key = key.whole() as i64;
            match &mut run {
                Some(run) if key < next => run.1 += count,
                _ => {
                    let day = if unit == Unit::Day { key } else { key.div_euclid(DAY_MICROS) };
                    next = if unit == Unit::Day {
                        key.saturating_add(1)
                    } else {
                        day.saturating_add(1).saturating_mul(DAY_MICROS)
                    };
                    if let Some((day, count)) = run.replace((day, *count)) {
                        held &= days.add(day, count);
                    }
                }
            }
        }
        if let Some((day, count)) = run {
            held &= days.add(day, count);
        }
        if !held {
            self.days = None;
        }
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.moments.merge(&other.moments);
        self.whole_sum = self.whole_sum.zip(other.whole_sum).and_then(|(a, b)| a.checked_add(b));
        self.zeros += other.zeros;
        self.negatives += other.negatives;
        self.whole += other.whole;
        self.decimals = self.decimals.max(other.decimals);
        for (own, new) in self.rounds.iter_mut().zip(other.rounds) {
            *own += new;
        }
        let joined = self.days.take().zip(other.days.as_ref()).and_then(|(mut own, new)| {
            let all = new.sorted().into_iter().all(|(day, count)| own.add(day, count));
            all.then_some(own)
        });
        self.days = joined;
    }
}

/// Ten to the power of so many decimals.
const SCALES: [f64; 16] = [1.0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];

/// Whether a float is the nearest one to some decimal with so many digits after the point.
fn has_decimals(value: f64, decimals: u8) -> bool {
    /// Added and taken away again, it rounds what is below 2^51 without a call.
    const ROUND: f64 = 6_755_399_441_055_744.0;
    let scale = SCALES.get(usize::from(decimals)).copied().unwrap_or(1e15);
    let scaled = value * scale;
    if scaled.abs() < 2_251_799_813_685_248.0 {
        return ((scaled + ROUND) - ROUND) / scale == value;
    }
    // Past 2^53 every float is whole, and the test says nothing.
    scaled.abs() >= 9_007_199_254_740_992.0 || (scaled.round_ties_even() / scale) == value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_sort_as_floats_do_and_minus_nought_is_nought() {
        let values = [f64::MIN, -1.5, -1e-300, 0.0, 1e-300, 1.5, f64::MAX];
        let keys: Vec<i64> = values.iter().map(|value| float_key(*value)).collect();
        assert!(keys.is_sorted());
        assert!(values.iter().zip(&keys).all(|(value, key)| float(*key) == *value));
        assert_eq!(float_key(-0.0), float_key(0.0));
    }

    #[test]
    fn decimals_are_those_that_somebody_wrote() {
        for (values, decimals) in [
            (vec![1.0, 20.0], 0),
            (vec![0.1, 2.25], 2),
            (vec![0.1 + 0.2], 15),
            (vec![1e20, 0.001], 3),
        ] {
            let mut scan = Scan::new(Unit::Float);
            let mut keys: Vec<(i64, u64)> = values.iter().map(|value| (float_key(*value), 1)).collect();
            keys.sort_unstable();
            scan.look(Unit::Float, &keys, &mut Vec::new());
            assert_eq!(scan.decimals, decimals, "{values:?}");
        }
    }

    #[test]
    fn signs_rounds_and_days_are_counted() {
        let mut scan = Scan::new(Unit::Whole);
        scan.look(Unit::Whole, &[(-100i64, 2), (0, 3), (5, 1), (7, 1), (110, 1)], &mut Vec::new());
        assert_eq!(
            (scan.negatives, scan.zeros, scan.rounds, scan.whole_sum),
            (2, 3, [4, 3, 2], Some(-78))
        );
        let mut days = Scan::new(Unit::Moment(false));
        days.look(
            Unit::Moment(false),
            &[(-1i64, 1), (0, 1), (DAY_MICROS - 1, 2), (DAY_MICROS, 1)],
            &mut Vec::new(),
        );
        assert_eq!(days.days.unwrap().sorted(), [(-1, 1), (0, 3), (1, 1)]);
        let mut decimal = Scan::new(Unit::Decimal(2));
        decimal.look(Unit::Decimal(2), &[(1_000i128, 1), (1_250, 1)], &mut Vec::new());
        assert_eq!((decimal.decimals, decimal.whole, decimal.rounds), (1, 1, [1, 1, 0]));
    }
}
