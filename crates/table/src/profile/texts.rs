//! Texts and how often each stands, exact up to a bound of texts and bytes: their letters lie one after another in one buffer.

use serde::{Deserialize, Serialize};

use super::counts::{DISTINCT_MAX, STEPS_MAX};

/// Bytes of texts held for a column.
pub(crate) const BYTES_MAX: usize = 16 << 20;

/// Counts by text; texts are told apart by a hash of 128 bits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(from = "Vec<(String, u64)>", into = "Vec<(String, u64)>")]
pub(crate) struct Texts {
    /// The upper half of a hash and, from one, the place of its entry; nought is an empty slot.
    slots: Vec<(u32, u32)>,
    entries: Vec<Entry>,
    letters: String,
    distinct_max: usize,
    bytes_max: usize,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Entry {
    hash: u128,
    count: u64,
    start: u32,
    end: u32,
}

impl Default for Texts {
    fn default() -> Self {
        Self::bounded(DISTINCT_MAX, BYTES_MAX)
    }
}

impl From<Vec<(String, u64)>> for Texts {
    fn from(entries: Vec<(String, u64)>) -> Self {
        let mut texts = Self::default();
        for (text, count) in entries {
            texts.add(&text, super::hash::bytes128(text.as_bytes()), count);
        }
        texts
    }
}

impl From<Texts> for Vec<(String, u64)> {
    fn from(texts: Texts) -> Self {
        texts.sorted().into_iter().map(|(text, count)| (text.to_owned(), count)).collect()
    }
}

impl Texts {
    /// A table with bounds of its own.
    pub(crate) fn bounded(distinct_max: usize, bytes_max: usize) -> Self {
        Self {
            slots: vec![(0, 0); 64],
            entries: Vec::new(),
            letters: String::new(),
            distinct_max,
            bytes_max,
        }
    }
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }
    /// Adds `count` to a text; false when the table can take no more, and then nothing was added.
    #[inline]
    pub(crate) fn add(&mut self, text: &str, hash: u128, count: u64) -> bool {
        self.add_within(text, hash, count, self.distinct_max)
    }
    /// The same, with at most so many different texts, and bytes in proportion; the bounds of the table hold too.
    #[inline]
    pub(crate) fn add_within(&mut self, text: &str, hash: u128, count: u64, most: usize) -> bool {
        let mask = self.slots.len() - 1;
        let tag = (hash >> 96) as u32;
        let mut at = hash as usize & mask;
        for _ in 0..STEPS_MAX {
            let Some(slot) = self.slots.get(at) else { return false };
            if slot.1 == 0 {
                return self.insert(at, text, hash, count, most.min(self.distinct_max));
            }
            if slot.0 == tag
                && let Some(entry) = self.entries.get_mut(slot.1 as usize - 1)
                && entry.hash == hash
            {
                entry.count += count;
                return true;
            }
            at = (at + 1) & mask;
        }
        false
    }
    fn insert(&mut self, at: usize, text: &str, hash: u128, count: u64, most: usize) -> bool {
        let (start, end) = (self.letters.len(), self.letters.len() + text.len());
        let bytes_max = if most < self.distinct_max {
            self.bytes_max / self.distinct_max * most
        } else {
            self.bytes_max
        };
        if self.entries.len() >= most || end > bytes_max {
            return false;
        }
        self.letters.push_str(text);
        self.entries.push(Entry {
            hash,
            count,
            start: start as u32,
            end: end as u32,
        });
        if let Some(slot) = self.slots.get_mut(at) {
            *slot = ((hash >> 96) as u32, self.entries.len() as u32);
        }
        if self.entries.len() * 2 > self.slots.len() {
            self.grow();
        }
        true
    }
    fn grow(&mut self) {
        let mut slots = vec![(0, 0); self.slots.len() * 4];
        let mask = slots.len() - 1;
        for (place, entry) in self.entries.iter().enumerate() {
            let mut at = entry.hash as usize & mask;
            while slots.get(at).is_some_and(|slot: &(u32, u32)| slot.1 > 0) {
                at = (at + 1) & mask;
            }
            if let Some(slot) = slots.get_mut(at) {
                *slot = ((entry.hash >> 96) as u32, place as u32 + 1);
            }
        }
        self.slots = slots;
    }
    /// All texts in the order in which they came, with hash and count.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, u128, u64)> {
        self.entries.iter().map(|entry| {
            let text = self.letters.get(entry.start as usize..entry.end as usize).unwrap_or_default();
            (text, entry.hash, entry.count)
        })
    }
    /// All texts by code point.
    pub(crate) fn sorted(&self) -> Vec<(&str, u64)> {
        let mut all: Vec<(&str, u64)> = self.iter().map(|(text, _, count)| (text, count)).collect();
        all.sort_unstable();
        all
    }
    /// Forgets all texts and keeps the space.
    pub(crate) fn clear(&mut self) {
        self.slots.fill((0, 0));
        self.entries.clear();
        self.letters.clear();
    }
}
