//! Ranks of ordered values too many to hold: a deterministic compacting sketch that knows its own error.
//!
//! When a level is full it is sorted and every second value moves up with double weight, odd and even in turn (Munro and Paterson, 1980; the
//! compactor of Karnin, Lang and Liberty, 2016, without its coin: the same values in the same order give the same sketch). One compaction
//! of values that weigh w moves any rank by at most w, so the sum of these weights bounds the error for certain; it is kept and told.

use serde::{Deserialize, Serialize};

use super::counts::Key;
use super::packed::{Damaged, Packer, Unpacker};

/// Values a level holds before it is compacted.
pub(crate) const LEVEL_MAX: usize = 8_192;
/// The name in results.
pub(crate) const METHOD: &str = "compactor-8192";

/// Values with weights: level n holds values that stand for 2^n each.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound = "K: Key")]
pub(crate) struct Ranks<K: Key> {
    levels: Vec<Level<K>>,
    error: u64,
    odd: bool,
}

/// The values of one level.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String", bound = "K: Key")]
struct Level<K: Key>(Vec<K>);

impl<K: Key> TryFrom<String> for Level<K> {
    type Error = Damaged;
    fn try_from(text: String) -> Result<Self, Damaged> {
        let (mut packed, mut values, mut last) = (Unpacker::new(&text)?, Vec::new(), 0i128);
        while !packed.is_empty() {
            last = last.wrapping_add(packed.signed()?);
            values.push(K::of_whole(last).ok_or(Damaged)?);
        }
        Ok(Self(values))
    }
}

impl<K: Key> From<Level<K>> for String {
    fn from(level: Level<K>) -> Self {
        let (mut packed, mut last) = (Packer::default(), 0i128);
        for value in level.0 {
            packed.signed(value.whole().wrapping_sub(last));
            last = value.whole();
        }
        packed.text()
    }
}

impl<K: Key> Default for Ranks<K> {
    fn default() -> Self {
        Self {
            levels: Vec::new(),
            error: 0,
            odd: false,
        }
    }
}

impl<K: Key> Ranks<K> {
    /// How many places a rank may be off.
    pub(crate) fn error(&self) -> u64 {
        self.error
    }
    /// Takes values that stand once each.
    pub(crate) fn add(&mut self, values: &[K]) {
        self.put(0, values.iter().copied());
    }
    /// Takes one value that stands `count` times.
    pub(crate) fn add_weighted(&mut self, value: K, count: u64) {
        for level in (0..64).filter(|level| count >> level & 1 == 1) {
            self.level(level).push(value);
        }
    }
    /// Compacts what is over full, from below.
    pub(crate) fn settle(&mut self) {
        let mut level = 0;
        while level < self.levels.len() {
            self.put(level, std::iter::empty());
            level += 1;
        }
    }
    pub(crate) fn merge(&mut self, other: &Self) {
        self.error += other.error;
        for (level, values) in other.levels.iter().enumerate() {
            self.level(level).extend_from_slice(&values.0);
        }
        self.settle();
    }
    fn level(&mut self, level: usize) -> &mut Vec<K> {
        if self.levels.len() <= level {
            self.levels.resize_with(level + 1, Level::default);
        }
        let last = self.levels.len() - 1;
        &mut self.levels[level.min(last)].0
    }
    fn put(&mut self, level: usize, values: impl Iterator<Item = K>) {
        let own = self.level(level);
        own.extend(values);
        if own.len() < LEVEL_MAX {
            return;
        }
        let mut whole = std::mem::take(own);
        // The sort of the standard library merges runs that are already sorted, as those from the level below are.
        whole.sort();
        let left = if whole.len() % 2 == 1 { whole.pop() } else { None };
        self.level(level).extend(left);
        self.error += 1u64 << level.min(62);
        self.odd = !self.odd;
        self.put(level + 1, whole.into_iter().skip(usize::from(self.odd)).step_by(2));
    }
    /// All values with their weights, in order.
    pub(crate) fn weighted(&self) -> Vec<(K, u64)> {
        let mut all: Vec<(K, u64)> = self
            .levels
            .iter()
            .enumerate()
            .flat_map(|(level, values)| values.0.iter().map(move |value| (*value, 1u64 << level.min(62))))
            .collect();
        all.sort_unstable_by_key(|entry| entry.0);
        all
    }
}

/// Weighted values in order, asked for quantiles: linear interpolation between the two nearest ranks (type 7 of Hyndman and Fan, 1996).
#[derive(Debug, Clone, Default)]
pub(crate) struct Weighted {
    values: Vec<f64>,
    /// How much weight lies at or before each value.
    ends: Vec<u64>,
}

impl Weighted {
    pub(crate) fn new(sorted: impl IntoIterator<Item = (f64, u64)>) -> Self {
        let mut found = Self::default();
        let mut sum = 0;
        for (value, weight) in sorted {
            sum += weight;
            found.values.push(value);
            found.ends.push(sum);
        }
        found
    }
    /// All weight.
    pub(crate) fn total(&self) -> u64 {
        self.ends.last().copied().unwrap_or(0)
    }
    /// Values with their weights.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (f64, u64)> + '_ {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        self.values
            .iter()
            .zip(&self.ends)
            .zip(starts)
            .map(|((value, end), start)| (*value, end - start))
    }
    fn at(&self, rank: u64) -> f64 {
        let index = self.ends.partition_point(|end| *end <= rank);
        self.values.get(index).or(self.values.last()).copied().unwrap_or_default()
    }
    /// The value below which a share of all weight lies; nothing without values.
    pub(crate) fn quantile(&self, share: f64) -> Option<f64> {
        let last = self.total().checked_sub(1)? as f64;
        let place = share * last;
        let (low, high) = (self.at(place.floor() as u64), self.at(place.ceil() as u64));
        Some(low + (high - low) * place.fract())
    }
    /// The share of weight at or below a value.
    pub(crate) fn share_to(&self, value: f64) -> f64 {
        let index = self.values.partition_point(|own| *own <= value);
        let below = index.checked_sub(1).and_then(|last| self.ends.get(last)).copied().unwrap_or(0);
        below as f64 / self.total().max(1) as f64
    }
    /// The median distance from a value.
    pub(crate) fn median_distance(&self, from: f64) -> Option<f64> {
        let mut distances: Vec<(f64, u64)> = self.iter().map(|(value, weight)| ((value - from).abs(), weight)).collect();
        distances.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        Self::new(distances).quantile(0.5)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shuffled(count: u64) -> impl Iterator<Item = i64> {
        // A permutation of 0..count, as the multiplier is prime and does not divide it.
        (0..count).map(move |value| (value * 7_919 % count).cast_signed())
    }

    #[test]
    fn small_inputs_are_exact() {
        let found = Weighted::new([(1.0, 1), (2.0, 1), (3.0, 1), (10.0, 1)]);
        // tables.md section 4: an engine's digest says 2 here.
        assert_eq!(
            (found.quantile(0.5), found.quantile(0.25), found.quantile(0.75)),
            (Some(2.5), Some(1.75), Some(4.75))
        );
        assert_eq!(found.median_distance(2.5), Some(1.0));
        assert_eq!(Weighted::default().quantile(0.5), None);
    }

    #[test]
    fn ranks_stay_within_the_error_that_the_sketch_tells() {
        let count = 1_000_003u64;
        let (mut whole, mut parts) = (Ranks::default(), [Ranks::default(), Ranks::default(), Ranks::default()]);
        let all: Vec<i64> = shuffled(count).collect();
        all.chunks(LEVEL_MAX).for_each(|chunk| whole.add(chunk));
        for (part, chunk) in parts.iter_mut().zip(all.chunks(400_000)) {
            chunk.chunks(5_000).for_each(|chunk| part.add(chunk));
        }
        let [mut merged, second, third] = parts;
        merged.merge(&second);
        merged.merge(&third);
        for sketch in [whole, merged] {
            assert!((sketch.error() as f64) < count as f64 * 0.002, "{}", sketch.error());
            let weighted = Weighted::new(sketch.weighted().into_iter().map(|(value, weight)| (value as f64, weight)));
            assert_eq!(weighted.total(), count);
            for share in [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99] {
                let off = (weighted.quantile(share).unwrap() - share * (count - 1) as f64).abs();
                assert!(off <= sketch.error() as f64 + 128.0, "{share}: {off}");
            }
        }
    }
}
