//! Values and how often each stands: exact up to a bound, in a flat table without a pointer per value.

use serde::{Deserialize, Serialize};

use super::hash::mix;
use super::packed::{Damaged, Packer, Unpacker};

/// Different values counted exactly (`tables.md` section 2).
pub(crate) const DISTINCT_MAX: usize = 100_000;
/// Steps from a value's own slot. At half load honest values stay below sixty; who plants collisions loses exactness, not our time.
pub(crate) const STEPS_MAX: usize = 256;

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

/// Counts by value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String", bound = "K: Key")]
pub(crate) struct Counts<K: Key> {
    /// A count of nought is an empty slot; the length is a power of two.
    slots: Vec<(K, u64)>,
    len: usize,
}

impl<K: Key> Default for Counts<K> {
    fn default() -> Self {
        Self {
            slots: vec![(K::default(), 0); 64],
            len: 0,
        }
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
    /// Different values.
    pub(crate) fn len(&self) -> usize {
        self.len
    }
    /// Adds `count` to a value; false when the table can take no more, and then nothing was added.
    #[inline]
    pub(crate) fn add(&mut self, key: K, count: u64) -> bool {
        let mask = self.slots.len() - 1;
        let mut at = key.hash() as usize & mask;
        for _ in 0..STEPS_MAX {
            let Some(slot) = self.slots.get_mut(at) else { return false };
            if slot.1 > 0 && slot.0 == key {
                slot.1 += count;
                return true;
            }
            if slot.1 == 0 {
                return self.insert(at, key, count);
            }
            at = (at + 1) & mask;
        }
        false
    }
    fn insert(&mut self, at: usize, key: K, count: u64) -> bool {
        if self.len >= DISTINCT_MAX {
            return false;
        }
        if let Some(slot) = self.slots.get_mut(at) {
            *slot = (key, count);
            self.len += 1;
        }
        if self.len * 2 > self.slots.len() {
            self.grow();
        }
        true
    }
    /// Four times as many slots. Steps are not bounded here: moving apart never makes the sum of all ways longer.
    fn grow(&mut self) {
        let wider = vec![(K::default(), 0); self.slots.len() * 4];
        let mask = wider.len() - 1;
        for (key, count) in std::mem::replace(&mut self.slots, wider).into_iter().filter(|slot| slot.1 > 0) {
            let mut at = key.hash() as usize & mask;
            while self.slots.get(at).is_some_and(|slot| slot.1 > 0) {
                at = (at + 1) & mask;
            }
            if let Some(slot) = self.slots.get_mut(at) {
                *slot = (key, count);
            }
        }
    }
    /// All values with their counts, in the order of the values.
    pub(crate) fn sorted(&self) -> Vec<(K, u64)> {
        let mut entries: Vec<(K, u64)> = self.slots.iter().filter(|slot| slot.1 > 0).copied().collect();
        entries.sort_unstable_by_key(|entry| entry.0);
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
