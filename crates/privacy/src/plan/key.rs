//! Packed keys and the table that counts them: one word or two, one field of bits per column.
//!
//! In: keys with counts. Out: each different key once, with its sum, in the order of first sight. Keys are codes of our own, so the hash need
//! not withstand an outsider.

use std::fmt::Debug;

/// A packed tuple of codes.
pub(crate) trait Key: Copy + Ord + std::hash::Hash + Default + Debug + Send + Sync + 'static {
    /// The field of `bits` bits at `shift`.
    fn field(self, shift: u32, bits: u32) -> u32;
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
    /// Without its lowest bits.
    fn above(self, bits: u32) -> Self;
    /// Spread over 64 bits.
    fn hashed(self) -> u64;
    /// As the widest key.
    fn wide(self) -> u128;
}

const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

impl Key for u64 {
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

/// Keys with their sums.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally<K> {
    /// Each key once, in the order of first sight.
    pub(crate) entries: Vec<(K, u64)>,
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
    pub(crate) fn add(&mut self, key: K, count: u64) {
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
