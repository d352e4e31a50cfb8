//! Sum, mean, spread, skew and tails of numbers, batch by batch; parts merge.
//!
//! Sums are kept in two floats without loss (Knuth's two-sum; Dekker, 1971). Central moments are formed in two passes over a batch and joined
//! by the formulae of Pébay, "Formulas for robust, one-pass parallel computation of covariances and arbitrary-order statistical moments"
//! (Sandia, 2008).

use serde::{Deserialize, Serialize};

/// Numbers of which plain sums of powers are formed: few, so that rounding stays below 1e-13.
const PART: usize = 1_024;
/// Sums kept side by side, so that one does not wait for the other.
const LANES: usize = 4;

/// A float as its bits, so that a stored one is the same number.
mod bits {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
        value.to_bits().serialize(serializer)
    }
    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
        u64::deserialize(deserializer).map(f64::from_bits)
    }
}

/// A sum in two floats.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Sum {
    #[serde(with = "bits")]
    high: f64,
    #[serde(with = "bits")]
    low: f64,
}

impl Sum {
    pub(crate) fn add(&mut self, value: f64) {
        let sum = self.high + value;
        let part = sum - self.high;
        self.low += (self.high - (sum - part)) + (value - part);
        self.high = sum;
    }
    /// Adds a value so many times: both halves of the value times a count below 2^26 are exact.
    fn add_times(&mut self, value: f64, count: u64) {
        if count == 1 {
            return self.add(value);
        }
        let head = f64::from_bits(value.to_bits() & !0x7ff_ffff);
        self.add(head * count as f64);
        self.add((value - head) * count as f64);
    }
    fn merge(&mut self, other: Self) {
        self.add(other.high);
        self.low += other.low;
    }
    pub(crate) fn value(self) -> f64 {
        self.high + self.low
    }
}

/// What a set of numbers weighs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Moments {
    pub(crate) count: u64,
    pub(crate) sum: Sum,
    #[serde(with = "bits")]
    mean: f64,
    #[serde(with = "bits")]
    second: f64,
    #[serde(with = "bits")]
    third: f64,
    #[serde(with = "bits")]
    fourth: f64,
}

impl Moments {
    /// Takes a batch of numbers with their counts.
    pub(crate) fn add(&mut self, batch: &[(f64, u64)]) {
        batch.chunks(PART).for_each(|part| self.part(part));
    }
    fn part(&mut self, part: &[(f64, u64)]) {
        let mut own = Self::default();
        let mut sums = [Sum::default(); LANES];
        for four in part.chunks(LANES) {
            for (sum, (value, count)) in sums.iter_mut().zip(four) {
                sum.add_times(*value, *count);
                own.count += count;
            }
        }
        if own.count == 0 {
            return;
        }
        sums.into_iter().for_each(|sum| own.sum.merge(sum));
        own.mean = own.sum.value() / own.count as f64;
        let mut powers = [[0.0f64; 3]; LANES];
        for four in part.chunks(LANES) {
            for (powers, (value, count)) in powers.iter_mut().zip(four) {
                let off = value - own.mean;
                let square = off * off;
                let weighted = square * *count as f64;
                let [second, third, fourth] = powers;
                *second += weighted;
                *third += weighted * off;
                *fourth += weighted * square;
            }
        }
        for [second, third, fourth] in powers {
            own.second += second;
            own.third += third;
            own.fourth += fourth;
        }
        self.merge(&own);
    }
    /// Joins two sets.
    pub(crate) fn merge(&mut self, other: &Self) {
        if self.count == 0 || other.count == 0 {
            if self.count == 0 {
                *self = *other;
            }
            return;
        }
        let (a, b) = (self.count as f64, other.count as f64);
        let n = a + b;
        let d = other.mean - self.mean;
        let (d2, ab) = (d * d, a * b);
        let fourth = self.fourth
            + other.fourth
            + d2 * d2 * ab * (a * a - ab + b * b) / (n * n * n)
            + 6.0 * d2 * (a * a * other.second + b * b * self.second) / (n * n)
            + 4.0 * d * (a * other.third - b * self.third) / n;
        let third = self.third + other.third + d * d2 * ab * (a - b) / (n * n) + 3.0 * d * (a * other.second - b * self.second) / n;
        self.second += other.second + d2 * ab / n;
        (self.third, self.fourth) = (third, fourth);
        self.count += other.count;
        self.sum.merge(other.sum);
        self.mean = self.sum.value() / self.count as f64;
    }
    /// The sample standard deviation; nothing for a single value.
    pub(crate) fn stddev(&self) -> Option<f64> {
        (self.count > 1).then(|| (self.second.max(0.0) / (self.count - 1) as f64).sqrt())
    }
    /// The skewness of what is there, g1 of Joanes and Gill (1998); nothing where all values are equal.
    pub(crate) fn skewness(&self) -> Option<f64> {
        let variance = self.variance()?;
        Some(self.third / self.count as f64 / (variance * variance.sqrt()))
    }
    /// Its excess kurtosis, g2.
    pub(crate) fn kurtosis(&self) -> Option<f64> {
        let variance = self.variance()?;
        Some(self.fourth / self.count as f64 / (variance * variance) - 3.0)
    }
    fn variance(&self) -> Option<f64> {
        let variance = self.second / self.count.max(1) as f64;
        // Spread that is nothing but rounding says nothing of shape.
        let noise = self.mean * f64::EPSILON;
        (variance > 4.0 * noise * noise).then_some(variance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: f64, expected: f64) {
        assert!((found - expected).abs() <= 1e-12 * expected.abs().max(1e-3), "{found} {expected}");
    }

    #[test]
    fn moments_hold_far_from_nought_and_in_parts() {
        // 1..=9 and 30, moved far away: figures by hand over whole numbers.
        let values: Vec<f64> = (1..=9).map(f64::from).chain([30.0]).map(|value| value + 1e7).collect();
        let mut parts = Moments::default();
        for part in values.chunks(3) {
            parts.add(&part.iter().map(|value| (*value, 1)).collect::<Vec<_>>());
        }
        let mut whole = Moments::default();
        whole.add(&values.iter().map(|value| (*value, 1)).collect::<Vec<_>>());
        for moments in [parts, whole] {
            close(moments.sum.value(), 1e8 + 75.0);
            close(moments.stddev().unwrap().powi(2), 622.5 / 9.0);
            close(moments.skewness().unwrap(), (10_800.0 / 10.0) / (62.25 * 62.25f64.sqrt()));
            close(moments.kurtosis().unwrap(), 259_598.625 / 10.0 / (62.25 * 62.25) - 3.0);
        }
    }

    #[test]
    fn what_cancels_is_not_lost() {
        let mut moments = Moments::default();
        moments.add(&[(1e100, 1), (1.0, 3), (-1e100, 1), (0.1, 10)]);
        close(moments.sum.value(), 4.0);
        moments.add(&[(7.0, 0)]);
        assert_eq!(moments.count, 15);
        let mut equal = Moments::default();
        equal.add(&[(0.1, 7)]);
        assert_eq!((equal.skewness(), equal.kurtosis()), (None, None));
    }
}
