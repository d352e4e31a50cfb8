//! Quantiles of one column: exact while the values fit in memory, then a deterministic compacting sketch.
//!
//! In: finite numbers in any order. Out: five quantiles by linear interpolation between the two nearest ranks (type 7 of Hyndman and Fan,
//! 1996). Past [`EXACT_MAX`] values every second one of a sorted run is kept with double weight, odd and even in turn (Munro and Paterson,
//! 1980; the compactor of Karnin, Lang and Liberty, 2016, without its coin), so that the same values in the same order give the same answer.

use fyr_model::table::Quantiles;

/// Values held exactly.
pub(crate) const EXACT_MAX: usize = 2_000_000;

#[derive(Debug)]
pub(crate) struct Collector {
    exact_max: usize,
    /// Level n holds values that stand for 2^n each.
    levels: Vec<Vec<f64>>,
    odd: bool,
}

impl Default for Collector {
    fn default() -> Self {
        Self::bounded(EXACT_MAX)
    }
}

impl Collector {
    /// A collector that is exact up to so many values.
    fn bounded(exact_max: usize) -> Self {
        Self {
            exact_max,
            levels: Vec::new(),
            odd: false,
        }
    }
    pub(crate) fn push(&mut self, value: f64) {
        self.put(0, value);
    }
    fn put(&mut self, level: usize, value: f64) {
        if self.levels.len() <= level {
            self.levels.resize_with(level + 1, Vec::new);
        }
        let Some(values) = self.levels.get_mut(level) else { return };
        values.push(value);
        // The first level is large, so that all is exact up to its size; the others bound the sketch's memory.
        let full = if level == 0 { self.exact_max } else { self.exact_max / 8 };
        if values.len() < full.max(2) {
            return;
        }
        let mut whole = std::mem::take(values);
        whole.sort_unstable_by(f64::total_cmp);
        self.odd = !self.odd;
        let first = usize::from(self.odd);
        for value in whole.into_iter().skip(first).step_by(2) {
            self.put(level + 1, value);
        }
    }
    /// Whether every value is held.
    pub(crate) fn is_exact(&self) -> bool {
        self.levels.len() <= 1
    }
    /// The values, when all are held.
    pub(crate) fn values(&self) -> &[f64] {
        self.levels.first().map_or(&[], Vec::as_slice)
    }
    /// The five quantiles; nothing when there are no values.
    pub(crate) fn quantiles(&mut self) -> Option<Quantiles> {
        let mut weighted: Vec<(f64, u64)> = Vec::new();
        for (level, values) in self.levels.iter().enumerate() {
            weighted.extend(values.iter().map(|value| (*value, 1u64 << level.min(62))));
        }
        weighted.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        let total: u64 = weighted.iter().map(|(_, weight)| weight).sum();
        let last = total.checked_sub(1)? as f64;
        let mut ends = Vec::with_capacity(weighted.len());
        let mut sum = 0;
        for (_, weight) in &weighted {
            sum += weight;
            ends.push(sum);
        }
        let at = |rank: u64| {
            let index = ends.partition_point(|end| *end <= rank);
            weighted.get(index).or(weighted.last()).map_or(0.0, |(value, _)| *value)
        };
        let quantile = |share: f64| {
            let place = share * last;
            let (low, high) = (at(place.floor() as u64), at(place.ceil() as u64));
            low + (high - low) * place.fract()
        };
        Some(Quantiles {
            p05: quantile(0.05),
            p25: quantile(0.25),
            p50: quantile(0.5),
            p75: quantile(0.75),
            p95: quantile(0.95),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_inputs_are_exact() {
        let mut collector = Collector::default();
        for value in [10.0, 1.0, 3.0, 2.0] {
            collector.push(value);
        }
        let found = collector.quantiles().unwrap();
        // tables.md section 4: an engine's digest says 2 here.
        assert_eq!((found.p50, found.p25, found.p75), (2.5, 1.75, 4.75));
        assert_eq!(Collector::default().quantiles(), None);
    }

    #[test]
    fn past_the_bound_the_sketch_stays_within_a_thousandth() {
        let mut collector = Collector::bounded(40_000);
        let count = 400_000u64 + 17;
        for value in 0..count {
            // A permutation of 0..count, as the multiplier is prime and does not divide it.
            collector.push((value * 7_919 % count) as f64);
        }
        assert!(!collector.is_exact());
        let found = collector.quantiles().unwrap();
        for (share, value) in [(0.05, found.p05), (0.5, found.p50), (0.95, found.p95)] {
            assert!((value / count as f64 - share).abs() < 0.001, "{share} {value}");
        }
    }
}
