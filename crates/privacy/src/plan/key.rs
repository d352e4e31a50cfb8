//! Packed keys and the table that counts them: one word or two, one field of bits per column.
//!
//! In: keys with counts. Out: each different key once, with its sum, in the order of first sight. Keys are codes of our own, so the hash need
//! not withstand an outsider.

use std::fmt::Debug;
use std::ops::AddAssign;

/// A packed tuple of codes.
pub(crate) trait Key: Copy + Ord + std::hash::Hash + Default + Debug + Send + Sync + 'static {
    /// What counts rows beside such a key. Half a word beside half a word: lists then are half as long in memory.
    type Count: Copy + Ord + Default + Debug + AddAssign + From<u8> + TryFrom<u64> + Into<u64> + Send + Sync + 'static;
    /// The field of `bits` bits at `shift`.
    fn field(self, shift: u32, bits: u32) -> u32;
    /// What `mask` leaves of the bits from `shift` on, which is less than the key's width.
    fn part(self, shift: u32, mask: u32) -> usize;
    /// A code at `shift`.
    fn of(code: u32, shift: u32) -> Self;
    /// Both.
    fn or(self, other: Self) -> Self;
    /// Only what `mask` has.
    fn and(self, mask: Self) -> Self;
    /// All bits but a field.
    fn without(shift: u32, bits: u32) -> Self;
    /// All bits.
    fn all() -> Self;
    /// All bits from one on.
    fn from_bit(bit: u32) -> Self;
    /// Without its lowest bits.
    fn above(self, bits: u32) -> Self;
    /// Spread over 64 bits.
    fn hashed(self) -> u64;
    /// As the widest key.
    fn wide(self) -> u128;
}

const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

impl Key for u32 {
    fn from_bit(bit: u32) -> Self {
        Self::MAX.checked_shl(bit).unwrap_or(0)
    }
    type Count = u32;
    fn part(self, shift: u32, mask: u32) -> usize {
        (self.wrapping_shr(shift) & mask) as usize
    }
    fn field(self, shift: u32, bits: u32) -> u32 {
        self.checked_shr(shift).unwrap_or(0) & (((1u64 << bits.min(32)) - 1) as u32)
    }
    fn of(code: u32, shift: u32) -> Self {
        code.checked_shl(shift).unwrap_or(0)
    }
    fn or(self, other: Self) -> Self {
        self | other
    }
    fn and(self, mask: Self) -> Self {
        self & mask
    }
    fn without(shift: u32, bits: u32) -> Self {
        !(((1u64 << bits.min(32)) - 1) as u32).checked_shl(shift).unwrap_or(0)
    }
    fn all() -> Self {
        Self::MAX
    }
    fn above(self, bits: u32) -> Self {
        self.checked_shr(bits).unwrap_or(0)
    }
    fn hashed(self) -> u64 {
        u64::from(self).hashed()
    }
    fn wide(self) -> u128 {
        u128::from(self)
    }
}

impl Key for u64 {
    fn from_bit(bit: u32) -> Self {
        Self::MAX.checked_shl(bit).unwrap_or(0)
    }
    type Count = u64;
    fn part(self, shift: u32, mask: u32) -> usize {
        (self.wrapping_shr(shift) as u32 & mask) as usize
    }
    fn field(self, shift: u32, bits: u32) -> u32 {
        (self.checked_shr(shift).unwrap_or(0) & ((1u64 << bits.min(32)) - 1)) as u32
    }
    fn of(code: u32, shift: u32) -> Self {
        Self::from(code).checked_shl(shift).unwrap_or(0)
    }
    fn or(self, other: Self) -> Self {
        self | other
    }
    fn and(self, mask: Self) -> Self {
        self & mask
    }
    fn without(shift: u32, bits: u32) -> Self {
        !((1u64 << bits.min(32)) - 1).checked_shl(shift).unwrap_or(0)
    }
    fn all() -> Self {
        Self::MAX
    }
    fn above(self, bits: u32) -> Self {
        self.checked_shr(bits).unwrap_or(0)
    }
    fn hashed(self) -> u64 {
        let mixed = self.wrapping_mul(SPREAD);
        mixed ^ (mixed >> 32)
    }
    fn wide(self) -> u128 {
        u128::from(self)
    }
}

impl Key for u128 {
    fn from_bit(bit: u32) -> Self {
        Self::MAX.checked_shl(bit).unwrap_or(0)
    }
    type Count = u64;
    fn part(self, shift: u32, mask: u32) -> usize {
        (self.wrapping_shr(shift) as u32 & mask) as usize
    }
    fn field(self, shift: u32, bits: u32) -> u32 {
        (self.checked_shr(shift).unwrap_or(0) & ((1u128 << bits.min(32)) - 1)) as u32
    }
    fn of(code: u32, shift: u32) -> Self {
        Self::from(code).checked_shl(shift).unwrap_or(0)
    }
    fn or(self, other: Self) -> Self {
        self | other
    }
    fn and(self, mask: Self) -> Self {
        self & mask
    }
    fn without(shift: u32, bits: u32) -> Self {
        !((1u128 << bits.min(32)) - 1).checked_shl(shift).unwrap_or(0)
    }
    fn all() -> Self {
        Self::MAX
    }
    fn above(self, bits: u32) -> Self {
        self.checked_shr(bits).unwrap_or(0)
    }
    fn hashed(self) -> u64 {
        ((self as u64).wrapping_mul(SPREAD) ^ ((self >> 64) as u64).rotate_left(31)).hashed()
    }
    fn wide(self) -> u128 {
        self
    }
}

/// Bits that `values` codes need.
pub(crate) fn bits(values: usize) -> u32 {
    usize::BITS - values.saturating_sub(1).leading_zeros()
}

/// The codes of texts that were just seen, by a cheap look at them: columns repeat themselves. What is found is compared by whoever asks, so
/// that texts made to collide cost a look-up in the real table and nothing else.
#[derive(Debug, Clone)]
pub(crate) struct Memo {
    codes: Vec<u32>,
}

const MEMO: usize = 1 << 10;

impl Default for Memo {
    fn default() -> Self {
        Self {
            codes: vec![u32::MAX; MEMO],
        }
    }
}

impl Memo {
    /// The place of a text.
    pub(crate) fn place(text: &str) -> usize {
        let bytes = text.as_bytes();
        let word = match (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
            (Some(first), Some(last)) => u64::from_le_bytes(*first).rotate_left(23) ^ u64::from_le_bytes(*last),
            _ => bytes.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)),
        };
        Self::place_of(word ^ (bytes.len() as u64) << 57)
    }

    /// The place of a word.
    pub(crate) fn place_of(word: u64) -> usize {
        (word.hashed() >> 7) as usize % MEMO
    }

    /// The code that was last put in a place; no code of anything where there was none.
    pub(crate) fn get(&self, place: usize) -> usize {
        self.codes.get(place).copied().unwrap_or(u32::MAX) as usize
    }

    pub(crate) fn put(&mut self, place: usize, code: u32) {
        if let Some(slot) = self.codes.get_mut(place) {
            *slot = code;
        }
    }
}

/// A count of rows beside a key. Whoever chooses half words has seen that the rows of all lists fit.
pub(crate) fn count<K: Key>(rows: u64) -> K::Count {
    K::Count::try_from(rows).unwrap_or_default()
}

/// Keys with their sums.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally<K: Key> {
    /// Each key once, in the order of first sight.
    pub(crate) entries: Vec<(K, K::Count)>,
    /// Place in `entries` plus one; 0 is free. A power of two, at most half full.
    slots: Vec<u32>,
}

impl<K: Key> Tally<K> {
    /// Empties the table and makes room for `keys` different keys.
    pub(crate) fn clear(&mut self, keys: usize) {
        let slots = (keys.max(8) * 2).next_power_of_two();
        self.entries.clear();
        self.slots.clear();
        self.slots.resize(slots, 0);
    }

    /// Adds to the sum of a key.
    pub(crate) fn add(&mut self, key: K, count: K::Count) {
        if self.entries.len() * 2 >= self.slots.len() {
            self.grow();
        }
        let mask = self.slots.len() - 1;
        let mut at = key.hashed() as usize & mask;
        while let Some(slot) = self.slots.get_mut(at) {
            if *slot == 0 {
                self.entries.push((key, count));
                *slot = self.entries.len() as u32;
                return;
            }
            match self.entries.get_mut(*slot as usize - 1) {
                Some((known, sum)) if *known == key => {
                    *sum += count;
                    return;
                }
                _ => at = (at + 1) & mask,
            }
        }
    }

    fn grow(&mut self) {
        let slots = (self.entries.len().max(8) * 4).next_power_of_two();
        self.slots.clear();
        self.slots.resize(slots, 0);
        let mask = slots - 1;
        for (place, (key, _)) in self.entries.iter().enumerate() {
            let mut at = key.hashed() as usize & mask;
            while let Some(slot) = self.slots.get_mut(at) {
                if *slot == 0 {
                    *slot = place as u32 + 1;
                    break;
                }
                at = (at + 1) & mask;
            }
        }
    }
}
