//! Histograms of equal steps, and bounds rounded outwards for what is published.

use fyr_model::table::Histogram;

/// Bins of a histogram.
pub(crate) const BINS: usize = 20;

/// Counts in equal steps between two bounds; the upper bound belongs to the last bin.
pub(crate) struct Bins {
    from: f64,
    to: f64,
    counts: Vec<u64>,
}

impl Bins {
    pub(crate) fn new(from: f64, to: f64) -> Self {
        Self {
            from,
            to,
            counts: vec![0; if from < to { BINS } else { 1 }],
        }
    }
    pub(crate) fn push(&mut self, value: f64, times: u64) {
        let steps = self.counts.len();
        let share = if self.to > self.from {
            (value - self.from) / (self.to - self.from)
        } else {
            0.0
        };
        let bin = ((share * steps as f64) as usize).min(steps - 1);
        if let Some(count) = self.counts.get_mut(bin) {
            *count += times;
        }
    }
    /// The histogram, its bins joined until none but empty ones is smaller than `group_min`; nothing when that cannot be.
    pub(crate) fn finish(self, group_min: u64) -> Option<Histogram> {
        let mut counts = self.counts;
        while counts.iter().any(|count| *count > 0 && *count < group_min) {
            if counts.len() <= 1 {
                return None;
            }
            let step = if counts.len().is_multiple_of(2) { 2 } else { counts.len() };
            counts = counts.chunks(step).map(|part| part.iter().sum()).collect();
        }
        Some(Histogram {
            from: self.from,
            to: self.to,
            counts,
        })
    }
}

/// The next number outwards with two significant digits.
pub(crate) fn outwards(value: f64, up: bool) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    let step = 10f64.powi(value.abs().log10().floor() as i32 - 1);
    let steps = value / step;
    let rounded = if up { (steps - 1e-9).ceil() } else { (steps + 1e-9).floor() };
    // Through text, so that 0.30000000000000004 is 0.3.
    format!("{:.1e}", rounded * step).parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_go_outwards() {
        for (value, down, up) in [
            (1234.0, 1200.0, 1300.0),
            (-1234.0, -1300.0, -1200.0),
            (0.0456, 0.045, 0.046),
            (7.0, 7.0, 7.0),
            (0.0, 0.0, 0.0),
            (99.5, 99.0, 100.0),
        ] {
            assert_eq!((outwards(value, false), outwards(value, true)), (down, up), "{value}");
        }
    }

    #[test]
    fn small_bins_are_joined_and_never_shown() {
        let bins = |values: &[f64]| {
            let mut bins = Bins::new(0.0, 20.0);
            values.iter().for_each(|value| bins.push(*value, 1));
            bins
        };
        assert_eq!(bins(&[0.0, 20.0, 10.0]).finish(1).unwrap().counts.len(), 20);
        assert_eq!(bins(&[0.0, 0.5, 20.0, 19.5]).finish(2).unwrap().counts.len(), 20);
        assert_eq!(
            bins(&[0.0, 1.5, 20.0, 18.5]).finish(2).unwrap().counts,
            [2, 0, 0, 0, 0, 0, 0, 0, 0, 2]
        );
        assert_eq!(bins(&[0.0, 20.0]).finish(3), None);
    }
}
