//! Hashes of cells, with fixed seeds: the same bytes give the same profile.
//!
//! Seeds are not secret. Who makes a file whose values collide spoils the counts of that file and nothing else: a table of counts gives up
//! after a bounded number of steps ([`super::counts`]) and goes over to sketches, so no file can make the profile slow.

/// Odd constants without structure: the fractions of the golden ratio and of √3, and two of MurmurHash3.
const SEEDS: [u64; 4] = [
    0x9e37_79b9_7f4a_7c15,
    0xbb67_ae85_84ca_a73b,
    0xff51_afd7_ed55_8ccd,
    0xc4ce_b9fe_1a85_ec53,
];

/// The finaliser of MurmurHash3 (Appleby, public domain): a bijection in which each bit moves every other.
pub(crate) fn mix(mut hash: u64) -> u64 {
    hash ^= hash >> 33;
    hash = hash.wrapping_mul(SEEDS[2]);
    hash ^= hash >> 33;
    hash = hash.wrapping_mul(SEEDS[3]);
    hash ^ (hash >> 33)
}

/// Both halves of a product, folded.
fn fold(a: u64, b: u64) -> u64 {
    // It cannot wrap; said so, the check that releases carry falls away.
    let product = u128::from(a).wrapping_mul(u128::from(b));
    product as u64 ^ (product >> 64) as u64
}

fn word(bytes: &[u8]) -> u64 {
    let mut word = [0u8; 8];
    for (to, from) in word.iter_mut().zip(bytes) {
        *to = *from;
    }
    u64::from_le_bytes(word)
}

/// Up to sixteen bytes as two words; with the length beside them no two texts give the same pair.
fn tail(bytes: &[u8]) -> (u64, u64) {
    let len = bytes.len();
    if let (Some(first), Some(last)) = (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
        return (u64::from_le_bytes(*first), u64::from_le_bytes(*last));
    }
    if let (Some(first), Some(last)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        return (u64::from(u32::from_le_bytes(*first)), u64::from(u32::from_le_bytes(*last)));
    }
    (word(bytes), len as u64)
}

/// A hash of 128 bits of a text or of bytes: two lanes of folded products over sixteen bytes at a time.
pub(crate) fn bytes128(bytes: &[u8]) -> u128 {
    let mut lanes = (
        SEEDS[0] ^ (bytes.len() as u64).wrapping_mul(SEEDS[3]),
        SEEDS[1] ^ bytes.len() as u64,
    );
    let mut step = |first: u64, second: u64| {
        lanes = (
            fold(lanes.0 ^ first, second ^ SEEDS[1]),
            fold(lanes.1 ^ second ^ SEEDS[2], first.rotate_left(32) ^ SEEDS[3]),
        );
    };
    let mut rest = bytes;
    while let Some((sixteen, after)) = rest.split_first_chunk::<16>() {
        let both = u128::from_le_bytes(*sixteen);
        step(both as u64, (both >> 64) as u64);
        rest = after;
    }
    let (first, second) = tail(rest);
    step(first, second);
    let high = mix(lanes.0);
    (u128::from(high) << 64) | u128::from(mix(lanes.1 ^ high))
}

/// What a column adds to the hash of its rows: products of its own, summed, so that columns may be added in any order and by several hands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    factors: (u64, u64),
}

impl Place {
    /// The column at `index`.
    pub(crate) fn of(index: usize) -> Self {
        let index = index as u64;
        Self {
            factors: (mix(index ^ SEEDS[0]) | 1, mix(index ^ SEEDS[1]) | 1),
        }
    }
    /// Adds a cell of 64 bits to one row.
    #[inline]
    pub(crate) fn cell(self, lanes: &mut (u64, u64), value: u64) {
        self.add(
            lanes,
            fold(value ^ SEEDS[2], self.factors.0),
            fold(value.rotate_left(29) ^ SEEDS[3], self.factors.1),
        );
    }
    /// Adds a cell of 128 bits.
    #[inline]
    pub(crate) fn wide(self, lanes: &mut (u64, u64), value: u128) {
        let (low, high) = (value as u64, (value >> 64) as u64);
        self.add(
            lanes,
            fold(low ^ self.factors.0, high ^ self.factors.1),
            fold(low.rotate_left(29) ^ self.factors.1, high.rotate_left(29) ^ SEEDS[3]),
        );
    }
    /// Adds a missing cell: numbers that no value gives but by chance.
    #[inline]
    pub(crate) fn missing(self, lanes: &mut (u64, u64)) {
        self.add(lanes, self.factors.0.rotate_left(17), self.factors.1.rotate_left(43));
    }
    #[inline]
    fn add(self, lanes: &mut (u64, u64), first: u64, second: u64) {
        *lanes = (lanes.0.wrapping_add(first), lanes.1.wrapping_add(second));
    }
}

/// Hashes of rows in the making: two lanes a row.
#[derive(Debug, Default)]
pub(crate) struct RowLanes {
    lanes: Vec<(u64, u64)>,
}

impl RowLanes {
    /// Begins a batch.
    pub(crate) fn begin(&mut self, rows: usize) {
        self.lanes.clear();
        self.lanes.resize(rows, (0, 0));
    }
    /// Adds what another hand found in other columns of the same rows.
    pub(crate) fn join(&mut self, other: &Self) {
        for (own, new) in self.lanes.iter_mut().zip(&other.lanes) {
            *own = (own.0.wrapping_add(new.0), own.1.wrapping_add(new.1));
        }
    }
    /// How many rows.
    pub(crate) fn len(&self) -> usize {
        self.lanes.len()
    }
    /// The rows, to be added to.
    pub(crate) fn rows(&mut self) -> &mut [(u64, u64)] {
        &mut self.lanes
    }
    /// The finished hashes.
    pub(crate) fn finish(&self) -> impl Iterator<Item = u128> + '_ {
        self.lanes.iter().map(|(a, b)| {
            let high = mix(*a);
            (u128::from(high) << 64) | u128::from(mix(*b ^ high))
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn texts_that_differ_in_a_byte_or_in_length_differ() {
        let mut seen = HashSet::new();
        let mut text = Vec::new();
        for length in 0..70 {
            for place in 0..length.max(1) {
                let mut other = text.clone();
                if let Some(byte) = other.get_mut(place) {
                    *byte ^= 1;
                }
                assert!(seen.insert(bytes128(&other)) || length == 0, "{length} {place}");
            }
            assert!(seen.insert(bytes128(&text)) || length == 0);
            text.push(b'a');
        }
        assert_ne!(bytes128(b"\0"), bytes128(b"\0\0"));
    }
}
