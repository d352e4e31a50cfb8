//! Chance: how often a column of this shape passes a check without being what the check looks for (`privacy.md` 1.2).
//!
//! In: counts. Out: likelihood ratios, exact tails and Holm's decision. Nothing here knows what was counted.

/// Share of cells that pass in a clean column of the type looked for.
pub(crate) const HIT_RATE: f64 = 0.98;
/// A Luhn check passes one time in ten.
const CHECK_DIGIT: f64 = 0.1;
/// Share of random six-digit parts that read as a date of a person, days + 60 included: 2 * 12/100 * 30.4/100.
const DATE_TEN: f64 = 0.073;
/// The same with a century of 18, 19 or 20 before it.
const DATE_TWELVE: f64 = 0.0022;
/// Weight of the shape's own rate against what the column shows, in cells.
const PRIOR_CELLS: f64 = 10.0;

/// Cells of one form in a column.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Stratum {
    /// Candidates of the form, organisations' numbers left out where the column is one of those.
    pub tested: u64,
    /// Candidates whose date part could be a person's.
    pub dated: u64,
    /// Candidates without such a date part whose check digit agrees.
    pub checked: u64,
    /// Candidates that pass every check.
    pub hits: u64,
}

impl Stratum {
    /// The rate of chance hits: the share of dates times the share of agreeing check digits. Both are the shape's own rates pulled
    /// towards what the column's other cells show: time stamps and sequences have many dates among their misses, product codes with a
    /// check digit of their own agree without a date.
    pub(crate) fn base_rate(&self, twelve: bool) -> f64 {
        let own = if twelve { DATE_TWELVE } else { DATE_TEN };
        let undated = self.tested.saturating_sub(self.dated) as f64;
        let checks = (self.checked as f64 + CHECK_DIGIT * PRIOR_CELLS) / (undated + PRIOR_CELLS);
        let checks = checks.clamp(CHECK_DIGIT, 0.9);
        // Of the cells that have a date by chance only those that fail the check digit are surely no person's.
        let dated = self.dated.saturating_sub(self.hits) as f64 / (1.0 - checks);
        let dates = (dated + own * PRIOR_CELLS) / (self.tested as f64 + PRIOR_CELLS);
        (checks * dates.max(own)).clamp(1e-9, 0.5)
    }
}

/// The log-likelihood ratio of `hits` out of `tested`: a clean column of the type against chance at rate `base`.
pub(crate) fn log_ratio(hits: u64, tested: u64, base: f64) -> f64 {
    let misses = tested.saturating_sub(hits) as f64;
    hits as f64 * (HIT_RATE / base).ln() + misses * ((1.0 - HIT_RATE) / (1.0 - base)).ln()
}

/// The exact binomial tail P(X >= x | n, p).
///
/// ```text
/// binomial_tail(2, 2, 0.1) = 0.01        binomial_tail(1, 2, 0.1) = 0.19
/// ```
pub(crate) fn binomial_tail(x: u64, n: u64, p: f64) -> f64 {
    if x == 0 {
        return 1.0;
    }
    if x > n {
        return 0.0;
    }
    if (x as f64) <= n as f64 * p {
        // Below the mean the tail is at least about one half: no evidence, whatever it is exactly.
        return 1.0;
    }
    let (nf, xf) = (n as f64, x as f64);
    let mut term = (ln_gamma(nf + 1.0) - ln_gamma(xf + 1.0) - ln_gamma(nf - xf + 1.0) + xf * p.ln() + (nf - xf) * (-p).ln_1p()).exp();
    let mut sum = 0.0;
    let mut at = xf;
    while at <= nf && term > sum * 1e-16 {
        sum += term;
        term *= (nf - at) / (at + 1.0) * p / (1.0 - p);
        at += 1.0;
    }
    sum.min(1.0)
}

/// Lanczos' approximation of ln Γ for positive arguments (g = 7, nine terms), good to 1e-13.
fn ln_gamma(x: f64) -> f64 {
    const C: [f64; 9] = [
        0.999_999_999_999_809_9,
        676.520_368_121_885_1,
        -1_259.139_216_722_402_8,
        771.323_428_777_653_1,
        -176.615_029_162_140_6,
        12.507_343_278_686_905,
        -0.138_571_095_265_720_12,
        9.984_369_578_019_572e-6,
        1.505_632_735_149_311_6e-7,
    ];
    let x = x - 1.0;
    let series: f64 = C.iter().enumerate().skip(1).fold(C[0], |sum, (i, c)| sum + c / (x + i as f64));
    let t = x + 7.5;
    0.918_938_533_204_672_8 + (x + 0.5) * t.ln() - t + series.ln()
}

/// Holm's step-down at level `alpha`: which of the tests are rejected.
pub(crate) fn holm(p: &[f64], alpha: f64) -> Vec<bool> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    let at = |index: &usize| p.get(*index).copied().unwrap_or(1.0);
    order.sort_by(|a, b| at(a).total_cmp(&at(b)));
    let mut rejected = vec![false; p.len()];
    for (rank, index) in order.iter().enumerate() {
        if at(index) * (p.len() - rank) as f64 > alpha {
            break;
        }
        if let Some(slot) = rejected.get_mut(*index) {
            *slot = true;
        }
    }
    rejected
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tail_is_exact() {
        for (x, n, p, expected) in [
            (2, 2, 0.1, 0.01),
            (1, 2, 0.1, 0.19),
            (0, 9, 0.3, 1.0),
            (10, 20, 0.25, 0.013_864_416_943_764_67),
            (3, 1000, 0.0002, 0.001_145_534_772_072_909_4),
        ] {
            let tail = binomial_tail(x, n, p);
            assert!(
                (tail - expected).abs() < 1e-6 * f64::max(1e-3, expected) + 1e-9,
                "P(X>={x}|{n},{p}) = {tail}"
            );
        }
    }

    #[test]
    fn dates_among_the_misses_raise_the_base_rate() {
        let random = Stratum {
            tested: 1000,
            dated: 80,
            checked: 92,
            hits: 8,
        };
        assert!((0.007..0.009).contains(&random.base_rate(false)));
        let stamps = Stratum {
            tested: 1000,
            dated: 1000,
            checked: 0,
            hits: 100,
        };
        assert!(stamps.base_rate(true) > 0.09);
        let clean = Stratum {
            tested: 200,
            dated: 200,
            checked: 0,
            hits: 200,
        };
        assert!(clean.base_rate(true) < 0.0003);
        let coded = Stratum {
            tested: 1000,
            dated: 73,
            checked: 927,
            hits: 73,
        };
        assert!((0.06..0.08).contains(&coded.base_rate(false)), "every number carries a check digit");
    }

    #[test]
    fn holm_stops_at_the_first_that_stands() {
        assert_eq!(holm(&[0.04, 0.001, 0.03], 0.05), [false, true, false]);
        assert_eq!(holm(&[0.01, 0.001, 0.02], 0.05), [true, true, true]);
        assert!(holm(&[], 0.05).is_empty());
    }
}
