//! Cell-key perturbation: every count gets a small shift that follows from who is counted (`privacy.md` 3.3).
//!
//! In: a count, the sum of its units' secret keys, the noise asked for. Out: the shifted count. The same people in the same cell get the same
//! shift in every table and release; nobody stays nobody, no count becomes negative, shifts have mean zero and are no larger than the bound.
//! Among all distributions that do so, the one with the most entropy is used.
//!
//! Sources: Thompson, Broadfoot and Elazar, Methodology for the automatic confidentialisation of statistical outputs from remote servers at the
//! Australian Bureau of Statistics (2013); Giessing, Computational issues in the design of transition probabilities (2016).

use fyr_model::tabulate::Noise;

/// Shares of the key's range are whole parts of this, so that the last bit of an exponential cannot move a border.
const GRID: f64 = 1_048_576.0;

/// The shifts of every count.
#[derive(Debug)]
pub(crate) struct Shifts {
    /// Per count from zero to the first that has the full table: what a cell becomes up to which key.
    tables: Vec<Vec<(u64, i64)>>,
}

impl Shifts {
    /// The table of shifts; nothing when no distribution has these properties.
    pub(crate) fn new(noise: Noise) -> Option<Self> {
        let full = u64::from(noise.bound) + u64::from(noise.left_out) + 1;
        let tables: Option<Vec<_>> = (0..=full).map(|count| borders(count, noise)).collect();
        Some(Self { tables: tables? })
    }

    /// The published count of a cell.
    pub(crate) fn shifted(&self, count: u64, key: u64) -> u64 {
        let last = self.tables.len().saturating_sub(1) as u64;
        let table = self.tables.get(count.min(last) as usize).map(Vec::as_slice).unwrap_or_default();
        let place = (key >> 44) & 0xF_FFFF;
        let shift = table.iter().find(|(upto, _)| place < *upto).map_or(0, |(_, shift)| *shift);
        count.saturating_add_signed(shift)
    }
}

/// The shifts of one count with the borders of their keys, of 2^20.
fn borders(count: u64, noise: Noise) -> Option<Vec<(u64, i64)>> {
    let shares = distribution(count, noise)?;
    let mut sum = 0.0;
    let mut table: Vec<(u64, i64)> = Vec::with_capacity(shares.len());
    for (shift, share) in &shares {
        sum += share;
        table.push(((sum * GRID).round() as u64, *shift));
    }
    if let Some((upto, _)) = table.last_mut() {
        *upto = GRID as u64;
    }
    Some(table)
}

/// The distribution of the shifts of one count.
pub(crate) fn distribution(count: u64, noise: Noise) -> Option<Vec<(i64, f64)>> {
    if count == 0 {
        return Some(vec![(0, 1.0)]);
    }
    let bound = i64::from(noise.bound);
    let allowed = |shift: &i64| {
        let result = count as i64 + shift;
        result == 0 || result > i64::from(noise.left_out)
    };
    let shifts: Vec<i64> = (-bound..=bound).filter(|shift| count as i64 + shift >= 0).filter(allowed).collect();
    let (low, high) = (*shifts.first()?, *shifts.last()?);
    if low > 0 || high < 0 {
        return None;
    }
    // Few people leave little room below: the variance is at most what mean zero allows, and at least what the gaps ask for.
    let below = shifts.iter().copied().filter(|shift| *shift <= 0).max()?;
    let above = shifts.iter().copied().filter(|shift| *shift >= 0).min()?;
    let (least, most) = ((-below * above) as f64, (-low * high) as f64);
    let variance = noise.variance.clamp(least, most);
    if most - least < 1e-9 || variance <= least + 1e-9 || variance >= most - 1e-9 {
        let (from, to) = if variance >= most - 1e-9 { (low, high) } else { (below, above) };
        return Some(two_points(from, to));
    }
    most_entropy(&shifts, variance)
}

/// Mean zero on two shifts.
fn two_points(low: i64, high: i64) -> Vec<(i64, f64)> {
    if low == high || low == 0 || high == 0 {
        return vec![(0, 1.0)];
    }
    let share = high as f64 / (high - low) as f64;
    vec![(low, share), (high, 1.0 - share)]
}

/// `exp(a x + b x^2)`, with a and b so that the mean is zero and the variance as asked: Newton's steps on the convex dual, halved while they
/// do not help.
fn most_entropy(shifts: &[i64], variance: f64) -> Option<Vec<(i64, f64)>> {
    let shares = |a: f64, b: f64| -> (Vec<f64>, f64) {
        let powers: Vec<f64> = shifts.iter().map(|x| a * *x as f64 + b * (x * x) as f64).collect();
        let top = powers.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let weights: Vec<f64> = powers.iter().map(|power| (power - top).exp()).collect();
        let all: f64 = weights.iter().sum();
        (weights.iter().map(|weight| weight / all).collect(), top + all.ln() - b * variance)
    };
    let moment = |shares: &[f64], power: i32| {
        shifts
            .iter()
            .zip(shares)
            .map(|(x, share)| (*x as f64).powi(power) * share)
            .sum::<f64>()
    };
    let (mut a, mut b) = (0.0, 0.0);
    for _ in 0..500 {
        let (now, level) = shares(a, b);
        let (m1, m2, m3, m4) = (moment(&now, 1), moment(&now, 2), moment(&now, 3), moment(&now, 4));
        let (gap_mean, gap_variance) = (m1, m2 - variance);
        if gap_mean.abs() < 1e-11 && gap_variance.abs() < 1e-11 {
            return Some(shifts.iter().copied().zip(now).collect());
        }
        let (h11, h12, h22) = (m2 - m1 * m1 + 1e-12, m3 - m1 * m2, m4 - m2 * m2 + 1e-12);
        let size = h11 * h22 - h12 * h12;
        let (step_a, step_b) = (
            (h22 * gap_mean - h12 * gap_variance) / size,
            (h11 * gap_variance - h12 * gap_mean) / size,
        );
        let mut part = 1.0;
        while part > 1e-9 && shares(a - part * step_a, b - part * step_b).1 > level {
            part /= 2.0;
        }
        a -= part * step_a;
        b -= part * step_b;
    }
    let (now, _) = shares(a, b);
    let near = moment(&now, 1).abs() < 1e-6 && (moment(&now, 2) - variance).abs() < 1e-3;
    near.then(|| shifts.iter().copied().zip(now).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_count_has_mean_zero_the_variance_it_has_room_for_and_no_forbidden_result() {
        let noise = Noise {
            bound: 5,
            variance: 3.0,
            left_out: 2,
        };
        for count in 0..=10u64 {
            let shares = distribution(count, noise).unwrap();
            let mean: f64 = shares.iter().map(|(shift, share)| *shift as f64 * share).sum();
            let variance: f64 = shares.iter().map(|(shift, share)| (shift * shift) as f64 * share).sum();
            let all: f64 = shares.iter().map(|(_, share)| share).sum();
            assert!(mean.abs() < 1e-6 && (all - 1.0).abs() < 1e-9, "{count}: mean {mean}, all {all}");
            if count > 7 {
                assert!((variance - 3.0).abs() < 1e-3, "{count}: {variance}");
            }
            for (shift, _) in shares {
                let result = count as i64 + shift;
                assert!(shift.abs() <= 5 && (result == 0 || result > 2), "{count} becomes {result}");
            }
        }
    }

    #[test]
    fn shifts_follow_the_key_alone_and_their_frequencies_follow_the_table() {
        let noise = Noise::default();
        let shifts = Shifts::new(noise).unwrap();
        assert_eq!(shifts.shifted(0, u64::MAX), 0);
        let draws = 1u64 << 16;
        let step = u64::MAX / draws;
        let sum: i64 = (0..draws).map(|n| shifts.shifted(40, n * step) as i64 - 40).sum();
        assert!((sum as f64 / draws as f64).abs() < 0.01, "{sum}");
        assert_eq!(shifts.shifted(40, 12_345), shifts.shifted(40, 12_345));
    }
}
