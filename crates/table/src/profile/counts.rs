//! Values and how often each stands: exact up to a bound, in a flat table without a pointer per value.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::hash::mix;
use super::packed::{Damaged, Packer, Unpacker};

/// Different values counted exactly (`tables.md` section 2).
pub(crate) const DISTINCT_MAX: usize = 100_000;
/// Different values counted exactly in all columns of a table together, about 150 MB of them: in a table of more than sixty columns each
/// has fewer.
const DISTINCT_TABLE: usize = 6_000_000;

/// Different values counted exactly in each of so many columns.
pub(crate) fn exact_among(columns: usize) -> usize {
    (DISTINCT_TABLE / columns.max(1)).min(DISTINCT_MAX)
}

/// [`DISTINCT_MAX`], for stored profiles that do not say.
pub(crate) fn distinct_max() -> usize {
    DISTINCT_MAX
}

/// Steps from a value's own slot. At two thirds of the load honest values stay below two hundred; who plants collisions loses exactness, not
/// our time.
pub(crate) const STEPS_MAX: usize = 256;
/// Slots at first, and at most: a third of them stay empty.
const SLOTS: usize = 64;
const SLOTS_MAX: usize = DISTINCT_MAX * 3 / 2;

/// What can be counted: fixed-size and ordered as its values are.
pub(crate) trait Key: Copy + Ord + Default + std::fmt::Debug {
    /// Sixty-four bits in which every bit of the value has a say.
    fn hash(self) -> u64;
    /// As a whole number.
    fn whole(self) -> i128;
    /// From a whole number, where it fits.
    fn of_whole(whole: i128) -> Option<Self>;
}

impl Key for i64 {
    fn hash(self) -> u64 {
        mix(self.cast_unsigned())
    }
    fn whole(self) -> i128 {
        i128::from(self)
    }
    fn of_whole(whole: i128) -> Option<Self> {
        Self::try_from(whole).ok()
    }
}

impl Key for i128 {
    fn hash(self) -> u64 {
        // A decimal that fits in 64 bits hashes as the integer does.
        let (low, high) = (self as i64, (self >> 64) as i64);
        if i128::from(low) == self {
            low.hash()
        } else {
            mix(low.cast_unsigned() ^ mix(high.cast_unsigned()))
        }
    }
    fn whole(self) -> i128 {
        self
    }
    fn of_whole(whole: i128) -> Option<Self> {
        Some(whole)
    }
}

/// Counts by value. Keys and counts lie apart: a column of a hundred thousand different integers takes 1.8 MB.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String", bound = "K: Key")]
pub(crate) struct Counts<K: Key> {
    keys: Vec<K>,
    /// A count of nought is an empty slot.
    counts: Vec<u32>,
    /// What did not fit in 32 bits, by value.
    carried: BTreeMap<K, u64>,
    len: usize,
}

impl<K: Key> Default for Counts<K> {
    fn default() -> Self {
        Self::with_slots(SLOTS)
    }
}

impl<K: Key> TryFrom<String> for Counts<K> {
    type Error = Damaged;
    fn try_from(text: String) -> Result<Self, Damaged> {
        let mut counts = Self::default();
        let mut packed = Unpacker::new(&text)?;
        let mut last = 0i128;
        while !packed.is_empty() {
            last = last.wrapping_add(packed.signed()?);
            let key = K::of_whole(last).ok_or(Damaged)?;
            let count = u64::try_from(packed.take()?).map_err(|_| Damaged)?;
            if count == 0 || !counts.add(key, count) {
                return Err(Damaged);
            }
        }
        Ok(counts)
    }
}

impl<K: Key> From<Counts<K>> for String {
    fn from(counts: Counts<K>) -> Self {
        let (mut packed, mut last) = (Packer::default(), 0i128);
        for (key, count) in counts.sorted() {
            packed.signed(key.whole().wrapping_sub(last));
            packed.put(u128::from(count));
            last = key.whole();
        }
        packed.text()
    }
}

impl<K: Key> Counts<K> {
    fn with_slots(slots: usize) -> Self {
        Self {
            keys: vec![K::default(); slots],
            counts: vec![0; slots],
            carried: BTreeMap::new(),
            len: 0,
        }
    }
    /// Different values.
    pub(crate) fn len(&self) -> usize {
        self.len
    }
    /// The slot that a value wants: its hash as a share of all slots.
    #[inline]
    fn place(&self, key: K) -> usize {
        ((u128::from(key.hash()) * self.keys.len() as u128) >> 64) as usize
    }
    /// Adds `count` to a value; false when the table can take no more, and then nothing was added.
    #[inline]
    pub(crate) fn add(&mut self, key: K, count: u64) -> bool {
        self.add_within(key, count, DISTINCT_MAX)
    }
    /// The same, with at most so many different values; [`DISTINCT_MAX`] holds too.
    #[inline]
    pub(crate) fn add_within(&mut self, key: K, count: u64, most: usize) -> bool {
        let mut at = self.place(key);
        for _ in 0..STEPS_MAX {
            let (Some(own), Some(sum)) = (self.keys.get(at), self.counts.get_mut(at)) else {
                return false;
            };
            if *sum == 0 {
                return count == 0 || self.insert(at, key, count, most.min(DISTINCT_MAX));
            }
            if *own == key {
                match u32::try_from(count).ok().and_then(|count| sum.checked_add(count)) {
                    Some(both) => *sum = both,
                    None => *self.carried.entry(key).or_default() += count,
                }
                return true;
            }
            at = if at + 1 == self.keys.len() { 0 } else { at + 1 };
        }
        false
    }
    fn insert(&mut self, at: usize, key: K, count: u64, most: usize) -> bool {
        if self.len >= most {
            return false;
        }
        if let (Some(own), Some(sum)) = (self.keys.get_mut(at), self.counts.get_mut(at)) {
            *own = key;
            *sum = u32::try_from(count).unwrap_or(1);
            self.len += 1;
            if u64::from(*sum) < count {
                self.carried.insert(key, count - 1);
            }
        }
        if self.len * 3 > self.keys.len() * 2 {
            self.grow();
        }
        true
    }
    /// Twice as many slots. Steps are not bounded here: moving apart never makes the sum of all ways longer.
    fn grow(&mut self) {
        let mut wider = Self::with_slots((self.keys.len() * 2).min(SLOTS_MAX));
        for (key, count) in self.keys.iter().zip(&self.counts).filter(|slot| *slot.1 > 0) {
            let mut at = wider.place(*key);
            while wider.counts.get(at).is_some_and(|count| *count > 0) {
                at = if at + 1 == wider.keys.len() { 0 } else { at + 1 };
            }
            if let (Some(own), Some(sum)) = (wider.keys.get_mut(at), wider.counts.get_mut(at)) {
                (*own, *sum) = (*key, *count);
            }
        }
        (self.keys, self.counts) = (wider.keys, wider.counts);
    }
    /// All values with their counts, in the order of the values.
    pub(crate) fn sorted(&self) -> Vec<(K, u64)> {
        let filled = self.keys.iter().zip(&self.counts).filter(|slot| *slot.1 > 0);
        let mut entries: Vec<(K, u64)> = filled.map(|(key, count)| (*key, u64::from(*count))).collect();
        entries.sort_unstable_by_key(|entry| entry.0);
        for (key, more) in &self.carried {
            if let Ok(at) = entries.binary_search_by_key(key, |entry| entry.0)
                && let Some(entry) = entries.get_mut(at)
            {
                entry.1 += more;
            }
        }
        entries
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counting_is_exact_up_to_the_bound_and_says_when_it_is_full() {
        let mut counts = Counts::<i64>::default();
        for round in 0..2 {
            for value in 0..DISTINCT_MAX as i64 {
                assert!(counts.add(value * 1_000_003, 1 + round));
            }
        }
        assert_eq!(counts.len(), DISTINCT_MAX);
        assert!(!counts.add(-1, 1), "one value more");
        assert!(counts.add(0, 1), "a value that is there");
        let sorted = counts.sorted();
        assert_eq!((sorted.len(), sorted[0], sorted[1]), (DISTINCT_MAX, (0, 4), (1_000_003, 3)));
    }

    #[test]
    fn counts_beyond_32_bits_are_carried() {
        let mut counts = Counts::<i64>::default();
        let most = u64::from(u32::MAX);
        for (value, count) in [(7, most), (7, 1), (7, 5), (8, most + 3), (8, 1), (9, 2)] {
            assert!(counts.add(value, count));
        }
        assert_eq!(counts.sorted(), [(7, most + 6), (8, most + 4), (9, 2)]);
        let kept = serde_json::to_string(&counts)
            .and_then(|text| serde_json::from_str::<Counts<i64>>(&text))
            .unwrap();
        assert_eq!(kept.sorted(), counts.sorted());
    }

    #[test]
    fn planted_collisions_end_exactness_and_not_our_time() {
        // The inverse of the finaliser gives values that all want the same slot.
        let unshift = |hash: u64| hash ^ (hash >> 33);
        let inverse = |odd: u64| (0..6).fold(odd, |found, _| found.wrapping_mul(2u64.wrapping_sub(odd.wrapping_mul(found))));
        let unmix = |hash: u64| {
            let second = unshift(unshift(hash).wrapping_mul(inverse(0xc4ce_b9fe_1a85_ec53)));
            unshift(second.wrapping_mul(inverse(0xff51_afd7_ed55_8ccd)))
        };
        let mut counts = Counts::<i64>::default();
        let full = (1..5_000u64)
            .map(|n| unmix(n << 40).cast_signed())
            .position(|value| !counts.add(value, 1));
        assert_eq!(full, Some(STEPS_MAX));
    }
}
