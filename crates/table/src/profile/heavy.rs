//! The most common values when they are too many to hold: a thousand counters.
//!
//! Counters after Misra and Gries (1982) in the batched and mergeable form of Agarwal and others, "Mergeable summaries" (2012), who show
//! that it holds the same as Space-Saving (Metwally and others, 2005) with one counter more: what is kept is at most [`Heavy::error`] too
//! low and never too high, and a value that stands more often than that is kept. Counts are lower bounds, so no group looks larger than it is.

use serde::{Deserialize, Serialize};

/// Counters kept.
pub(crate) const COUNTERS: usize = 1_000;
/// The name in results.
pub(crate) const METHOD: &str = "space-saving-1000";

/// Values by a lower bound of their counts, in the order of the values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Heavy<K> {
    kept: Vec<(K, u64)>,
    lost: u64,
}

impl<K> Default for Heavy<K> {
    fn default() -> Self {
        Self { kept: Vec::new(), lost: 0 }
    }
}

impl<K: Ord + Clone> Heavy<K> {
    /// How much too low a count may be.
    pub(crate) fn error(&self) -> u64 {
        self.lost
    }
    /// What is kept.
    pub(crate) fn kept(&self) -> &[(K, u64)] {
        &self.kept
    }
    /// Adds different values in ascending order with their counts.
    pub(crate) fn add(&mut self, sorted: &[(K, u64)]) {
        if self.kept.len() + self.fresh(sorted) <= COUNTERS {
            self.join(sorted, 1);
            return;
        }
        // More values than counters: all are lowered by the first count that finds no place, so what is new and stands once falls out.
        self.join(sorted, 2);
        let mut counts: Vec<u64> = self.kept.iter().map(|entry| entry.1).collect();
        let threshold = if counts.len() > COUNTERS {
            *counts.select_nth_unstable_by(COUNTERS, |a, b| b.cmp(a)).1
        } else {
            1
        };
        self.lower(threshold);
    }
    /// How many of the values are not kept yet.
    fn fresh(&self, sorted: &[(K, u64)]) -> usize {
        let mut known = self.kept.iter().peekable();
        let mut fresh = 0;
        for (key, _) in sorted {
            while known.next_if(|entry| entry.0 < *key).is_some() {}
            fresh += usize::from(known.next_if(|entry| entry.0 == *key).is_none());
        }
        fresh
    }
    /// Adds counts; new values only from `least` on.
    fn join(&mut self, sorted: &[(K, u64)], least: u64) {
        let mut joined = Vec::with_capacity(self.kept.len() + 64);
        let mut known = std::mem::take(&mut self.kept).into_iter().peekable();
        for (key, count) in sorted {
            while let Some(entry) = known.next_if(|entry| entry.0 < *key) {
                joined.push(entry);
            }
            match known.next_if(|entry| entry.0 == *key) {
                Some((key, own)) => joined.push((key, own + count)),
                None if *count >= least => joined.push((key.clone(), *count)),
                None => {}
            }
        }
        joined.extend(known);
        self.kept = joined;
    }
    fn lower(&mut self, by: u64) {
        self.lost += by;
        self.kept.retain_mut(|entry| {
            entry.1 = entry.1.saturating_sub(by);
            entry.1 > 0
        });
    }
    /// Adds what another summary keeps.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.lost += other.lost;
        self.add(&other.kept);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn counts_are_lower_bounds_within_the_error_and_common_values_are_kept() {
        let mut exact = BTreeMap::<u64, u64>::new();
        let mut heavy = Heavy::default();
        for batch in 0..200u64 {
            let mut one = BTreeMap::<u64, u64>::new();
            for n in 0..4_000u64 {
                let random = super::super::hash::mix(batch * 4_000 + n);
                // A twentieth of the cells fall on fifty values, the rest are nearly all different.
                let value = if random.is_multiple_of(20) { random % 50 } else { random };
                *one.entry(value).or_default() += 1;
                *exact.entry(value).or_default() += 1;
            }
            heavy.add(&one.into_iter().collect::<Vec<_>>());
        }
        let total: u64 = exact.values().sum();
        assert!(heavy.error() <= total / COUNTERS as u64, "{}", heavy.error());
        assert!(heavy.kept().len() <= COUNTERS);
        for (value, count) in heavy.kept() {
            let real = exact[value];
            assert!(*count <= real && real <= count + heavy.error(), "{value} {count} {real}");
        }
        for (value, count) in exact.iter().filter(|entry| *entry.1 > heavy.error()) {
            assert!(heavy.kept().iter().any(|entry| entry.0 == *value), "{value} {count}");
        }
    }
}
