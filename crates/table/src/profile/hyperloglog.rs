//! How many different values there are when they are too many to hold: HyperLogLog with 2^14 registers.
//!
//! Registers after Flajolet, Fusy, Gandouet and Meunier (2007); the estimate is the improved one of Ertl, "New cardinality estimation
//! algorithms for HyperLogLog sketches" (2017, arXiv 1702.01284, algorithms 6 and 8), which needs no table of corrections. Registers are
//! maxima, so a merge of parts is the sketch of the whole, bit for bit.

use serde::{Deserialize, Serialize};

use super::packed::{Damaged, base64, unbase64};

/// log2 of the number of registers.
const BITS: u32 = 14;
/// The name in results.
pub(crate) const METHOD: &str = "hyperloglog-16384";
/// Standard error: 1.04 divided by the root of the number of registers.
pub(crate) const ERROR: f64 = 0.0081;

/// The sketch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct HyperLogLog {
    registers: Vec<u8>,
}

impl Default for HyperLogLog {
    fn default() -> Self {
        Self {
            registers: vec![0; 1 << BITS],
        }
    }
}

impl TryFrom<String> for HyperLogLog {
    type Error = Damaged;
    fn try_from(text: String) -> Result<Self, Damaged> {
        let registers = unbase64(&text)?;
        let ranks = 64 - BITS as u8 + 1;
        let right = registers.len() == 1 << BITS && registers.iter().all(|rank| *rank <= ranks);
        right.then_some(Self { registers }).ok_or(Damaged)
    }
}

impl From<HyperLogLog> for String {
    fn from(sketch: HyperLogLog) -> Self {
        base64(&sketch.registers)
    }
}

impl HyperLogLog {
    /// Sees a hash.
    #[inline]
    pub(crate) fn add(&mut self, hash: u64) {
        // The stop bit keeps the rank within 51.
        let rank = ((hash << BITS) | (1 << (BITS - 1))).leading_zeros() as u8 + 1;
        if let Some(register) = self.registers.get_mut((hash >> (64 - BITS)) as usize) {
            *register = (*register).max(rank);
        }
    }
    pub(crate) fn merge(&mut self, other: &Self) {
        for (own, new) in self.registers.iter_mut().zip(&other.registers) {
            *own = (*own).max(*new);
        }
    }
    /// The estimated number of different values.
    pub(crate) fn estimate(&self) -> u64 {
        let ranks = (64 - BITS) as usize;
        let mut counts = vec![0.0f64; ranks + 2];
        for register in &self.registers {
            if let Some(count) = counts.get_mut(usize::from(*register)) {
                *count += 1.0;
            }
        }
        let registers = f64::from(1u32 << BITS);
        let at = |rank: usize| counts.get(rank).copied().unwrap_or_default();
        let mut sum = registers * tau(1.0 - at(ranks + 1) / registers);
        for rank in (1..=ranks).rev() {
            sum = 0.5 * (sum + at(rank));
        }
        sum += registers * sigma(at(0) / registers);
        (registers * registers / (2.0 * std::f64::consts::LN_2 * sum)).round() as u64
    }
}

/// Ertl's correction for empty registers.
fn sigma(x: f64) -> f64 {
    if x >= 1.0 {
        return f64::INFINITY;
    }
    let (mut power, mut weight, mut sum) = (x, 1.0, x);
    loop {
        power *= power;
        let before = sum;
        sum += power * weight;
        weight += weight;
        if sum <= before {
            return sum;
        }
    }
}

/// Ertl's correction for full registers.
fn tau(x: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return 0.0;
    }
    let (mut root, mut weight, mut sum) = (x, 1.0, 1.0 - x);
    loop {
        root = root.sqrt();
        let before = sum;
        weight *= 0.5;
        sum -= (1.0 - root) * (1.0 - root) * weight;
        if sum >= before {
            return sum / 3.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::hash::mix;
    use super::*;

    #[test]
    fn estimates_stay_within_three_standard_errors() {
        for count in [0u64, 1, 10, 1_000, 20_000, 50_000, 100_000, 1_000_000, 3_000_000] {
            let mut sketch = HyperLogLog::default();
            (0..count).for_each(|value| sketch.add(mix(value.wrapping_mul(0x9e37_79b9_7f4a_7c15))));
            let off = (sketch.estimate() as f64 - count as f64).abs();
            assert!(off <= 3.0 * ERROR * count as f64 + 0.5, "{count}: {}", sketch.estimate());
        }
    }

    #[test]
    fn parts_merge_into_the_sketch_of_the_whole() {
        let (mut whole, mut even, mut odd) = (HyperLogLog::default(), HyperLogLog::default(), HyperLogLog::default());
        for value in 0..200_000u64 {
            whole.add(mix(value));
            if value % 2 == 0 {
                even.add(mix(value))
            } else {
                odd.add(mix(value))
            }
        }
        even.merge(&odd);
        assert_eq!(even, whole);
    }
}
