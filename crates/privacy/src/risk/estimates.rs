//! How many rows of a sample are alone in the population too: estimates from the sizes of groups in the sample (`privacy.md` 2.4).
//!
//! In: how many groups of each size the sample has, and the number of people in the population. Out: per method the estimated number of people
//! who are alone in the population, or nothing where the method does not fit such data. An estimate is told with its method and never lets a
//! failing release pass.
//!
//! Sources: Zayatz, Estimation of the number of unique population elements using a sample (1991); Hoshino, Applying Pitman's sampling formula to
//! microdata disclosure risk assessment (2001); Chen and Keller-McNulty, Estimation of identification disclosure risk in microdata (1998).

use std::collections::BTreeMap;

/// An estimate and the model that it follows from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// `zayatz`, `pitman` or `snb`.
    pub method: &'static str,
    /// People alone in the population.
    pub uniques: f64,
}

/// Sizes of groups: how many groups of each size the sample has.
struct Sizes {
    groups: BTreeMap<u64, u64>,
    /// Rows of the sample.
    rows: f64,
    /// Groups of the sample.
    all: f64,
    /// People of the population.
    people: f64,
}

/// The estimates that fit the data, in a fixed order. `rows_by_size` are rows by the size of their group.
pub fn population_uniques(rows_by_size: &BTreeMap<u64, u64>, people: u64) -> Vec<Estimate> {
    let groups: BTreeMap<u64, u64> = rows_by_size.iter().map(|(size, rows)| (*size, rows / (*size).max(1))).collect();
    let sizes = Sizes {
        rows: rows_by_size.values().sum::<u64>() as f64,
        all: groups.values().sum::<u64>() as f64,
        people: people as f64,
        groups,
    };
    if sizes.rows < 1.0 || sizes.people < sizes.rows {
        return Vec::new();
    }
    let named = |method, uniques: Option<f64>| {
        let within = |uniques: f64| uniques.is_finite().then(|| uniques.clamp(0.0, sizes.people));
        uniques.and_then(within).map(|uniques| Estimate { method, uniques })
    };
    let all = [
        named("zayatz", sizes.zayatz()),
        named("pitman", sizes.pitman()),
        named("snb", sizes.slid_negative_binomial()),
    ];
    all.into_iter().flatten().collect()
}

impl Sizes {
    fn of(&self, size: u64) -> f64 {
        self.groups.get(&size).copied().unwrap_or(0) as f64
    }

    /// The population's groups are taken to be sized as the sample's: how likely is one that shows once to be alone?
    fn zayatz(&self) -> Option<f64> {
        // ln of the chance that exactly one of `size` people is drawn.
        let once = |size: u64| {
            let size = size as f64;
            size.ln() + ln_choose(self.people - size, self.rows - 1.0) - ln_choose(self.people, self.rows)
        };
        let share = |size: u64, groups: u64| (groups as f64 / self.all) * once(size).exp();
        let fits = |size: &u64| *size as f64 <= self.people - self.rows + 1.0;
        let all: f64 = self
            .groups
            .iter()
            .filter(|(size, _)| fits(size))
            .map(|(size, groups)| share(*size, *groups))
            .sum();
        let alone = share(1, self.groups.get(&1).copied().unwrap_or(0));
        if all <= 0.0 {
            return (self.of(1) == 0.0).then_some(0.0);
        }
        Some(self.of(1) * (alone / all) * self.people / self.rows)
    }

    /// Groups as Pitman's formula draws them, with the parameters that make the sample most likely.
    fn pitman(&self) -> Option<f64> {
        let (theta, alpha) = self.pitman_parameters()?;
        // N * (theta + alpha) .. (theta + alpha + N - 2) / ((theta + 1) .. (theta + N - 1)).
        let n = self.people;
        let rising = ln_gamma(theta + alpha + n - 1.0) - ln_gamma(theta + alpha) - ln_gamma(theta + n) + ln_gamma(theta + 1.0);
        Some((n.ln() + rising).exp())
    }

    /// Newton's method from Hoshino's starting values.
    fn pitman_parameters(&self) -> Option<(f64, f64)> {
        let (n, u, one, two) = (self.rows, self.all, self.of(1), self.of(2));
        if one < 1.0 || two < 1.0 || u >= n {
            return None;
        }
        let c = one * (one - 1.0) / two;
        let start = (n * u * c - one * (n - 1.0) * (2.0 * u + c)) / (2.0 * one * u + one * c - n * c);
        let mut theta = if start.is_finite() && start > 0.0 { start } else { u };
        let mut alpha = ((theta * (one - n) + (n - 1.0) * one) / (n * u)).clamp(0.01, 0.95);
        for _ in 0..200 {
            let slopes = self.pitman_slopes(theta, alpha);
            let [by_theta, by_alpha, tt, ta, aa] = slopes;
            let size = tt * aa - ta * ta;
            let (mut step_theta, mut step_alpha) = ((aa * by_theta - ta * by_alpha) / size, (tt * by_alpha - ta * by_theta) / size);
            if size <= 0.0 || tt >= 0.0 || !step_theta.is_finite() {
                // Not at a hilltop: a small step uphill.
                (step_theta, step_alpha) = (-by_theta.signum() * theta * 0.1, -by_alpha.signum() * 0.02);
            }
            let mut part = 1.0;
            while theta - part * step_theta <= 0.0 || !(0.0..1.0).contains(&(alpha - part * step_alpha)) {
                part /= 2.0;
                if part < 1e-12 {
                    return None;
                }
            }
            theta -= part * step_theta;
            alpha -= part * step_alpha;
            if (part * step_theta).abs() < 1e-9 * (1.0 + theta) && (part * step_alpha).abs() < 1e-11 {
                return Some((theta, alpha));
            }
        }
        None
    }

    /// First and second derivatives of the log-likelihood: by theta, by alpha, theta twice, both, alpha twice.
    fn pitman_slopes(&self, theta: f64, alpha: f64) -> [f64; 5] {
        let mut slopes = [0.0; 5];
        let mut add = |values: [f64; 5]| slopes.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
        for i in 1..self.all as u64 {
            let (i, at) = (i as f64, theta + i as f64 * alpha);
            add([1.0 / at, i / at, -1.0 / (at * at), -i / (at * at), -i * i / (at * at)]);
        }
        for i in 1..self.rows as u64 {
            let at = theta + i as f64;
            add([-1.0 / at, 0.0, 1.0 / (at * at), 0.0, 0.0]);
        }
        // Groups with more than i members meet the factor i - alpha.
        let mut larger = self.all - self.of(1);
        let mut i = 1u64;
        while larger > 0.0 {
            let at = i as f64 - alpha;
            add([0.0, -larger / at, 0.0, 0.0, -larger / (at * at)]);
            i += 1;
            larger -= self.of(i);
        }
        slopes
    }

    /// Sizes of the population's groups are one more than a negative binomial: the parameters that give as many people, groups in the sample and
    /// groups of one in the sample as there are.
    fn slid_negative_binomial(&self) -> Option<f64> {
        let one = self.of(1);
        if one < 1.0 || self.all >= self.rows || self.people <= self.rows {
            return None;
        }
        let off = |p: f64| {
            let a = self.shape(p)?;
            let (groups, _) = self.drawn(a, p);
            Some((groups * self.drawn(a, p).1 - one, groups * p.powf(a)))
        };
        // The miss changes sign once over p; grid first, then halving.
        let grid = (1..400).map(|step| f64::from(step) / 400.0);
        let mut before: Option<(f64, f64)> = None;
        for p in grid {
            let Some((miss, _)) = off(p) else { continue };
            if let Some((low, known)) = before.filter(|(_, known)| known * miss <= 0.0) {
                let (mut low, mut high) = (low, p);
                for _ in 0..80 {
                    let middle = (low + high) / 2.0;
                    let (miss, _) = off(middle)?;
                    if miss * known > 0.0 { low = middle } else { high = middle }
                }
                return off((low + high) / 2.0).map(|(_, uniques)| uniques);
            }
            before = Some((p, miss));
        }
        None
    }

    /// Groups of the population, and the share of them that shows once in the sample.
    fn drawn(&self, a: f64, p: f64) -> (f64, f64) {
        let drawn = self.rows / self.people;
        let (q, missed) = (1.0 - p, 1.0 - drawn);
        let power = (a * (p.ln() - (1.0 - q * missed).ln())).exp();
        let groups = self.all / (1.0 - missed * power);
        let once = drawn * power * (1.0 + a * q * missed / (1.0 - q * missed));
        (groups, once)
    }

    /// The shape that makes the groups hold as many people as there are.
    fn shape(&self, p: f64) -> Option<f64> {
        let people = |a: f64| self.drawn(a, p).0 * (1.0 + a * (1.0 - p) / p) - self.people;
        let (mut low, mut high) = (0.0, 1.0);
        while people(high) < 0.0 {
            high *= 2.0;
            if high > 1e12 {
                return None;
            }
        }
        for _ in 0..120 {
            let middle = (low + high) / 2.0;
            if people(middle) < 0.0 { low = middle } else { high = middle }
        }
        Some((low + high) / 2.0)
    }
}

fn ln_choose(n: f64, k: f64) -> f64 {
    if k < 0.0 || k > n {
        f64::NEG_INFINITY
    } else {
        ln_gamma(n + 1.0) - ln_gamma(k + 1.0) - ln_gamma(n - k + 1.0)
    }
}

/// The logarithm of the gamma function for positive numbers: Stirling's series after climbing to where it is exact to the last digits.
fn ln_gamma(x: f64) -> f64 {
    let (mut x, mut below) = (x, 0.0);
    while x < 12.0 {
        below += x.ln();
        x += 1.0;
    }
    let inverse = 1.0 / x;
    let square = inverse * inverse;
    let series = inverse * (1.0 / 12.0 - square * (1.0 / 360.0 - square * (1.0 / 1260.0 - square / 1680.0)));
    (x - 0.5) * x.ln() - x + 0.918_938_533_204_672_7 + series - below
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whole numbers below a bound, the same on every machine.
    struct Draw(u64);

    impl Draw {
        fn share(&mut self) -> f64 {
            self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mut z = self.0;
            z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
        }
    }

    /// A population grown by Pitman's urn, a sample of it, and how many are alone in the population.
    fn urn(theta: f64, alpha: f64, people: usize, drawn: f64) -> (BTreeMap<u64, u64>, f64) {
        let mut draw = Draw(42);
        let mut groups: Vec<u64> = Vec::new();
        let mut members: Vec<usize> = Vec::with_capacity(people);
        for n in 0..people {
            let fresh = (theta + alpha * groups.len() as f64) / (theta + n as f64);
            if n == 0 || draw.share() < fresh {
                members.push(groups.len());
                groups.push(1);
            } else {
                // A member at random, kept with (size - alpha) / size of its group.
                let group = loop {
                    let group = members[(draw.share() * n as f64) as usize];
                    if draw.share() < (groups[group] as f64 - alpha) / groups[group] as f64 {
                        break group;
                    }
                };
                groups[group] += 1;
                members.push(group);
            }
        }
        let uniques = groups.iter().filter(|size| **size == 1).count() as f64;
        let mut seen = vec![0u64; groups.len()];
        members.iter().filter(|_| draw.share() < drawn).for_each(|group| seen[*group] += 1);
        let mut sizes = BTreeMap::new();
        seen.iter()
            .filter(|size| **size > 0)
            .for_each(|size| *sizes.entry(*size).or_insert(0) += size);
        (sizes, uniques)
    }

    fn of(estimates: &[Estimate], method: &str) -> f64 {
        estimates.iter().find(|one| one.method == method).unwrap().uniques
    }

    #[test]
    fn a_population_grown_by_pitmans_urn_is_estimated_by_pitmans_formula() {
        for (theta, alpha, seed_share) in [(300.0, 0.3, 0.1), (50.0, 0.6, 0.05)] {
            let (sizes, truth) = urn(theta, alpha, 60_000, seed_share);
            let found = of(&population_uniques(&sizes, 60_000), "pitman");
            assert!(
                (found / truth - 1.0).abs() < 0.25,
                "theta {theta}, alpha {alpha}: {found} estimated, {truth} are"
            );
        }
    }

    #[test]
    fn groups_of_a_slid_negative_binomial_are_estimated_by_that_model() {
        // Shape one: sizes are geometric, 1 + floor(ln(share) / ln(1 - p)).
        let (mut draw, p, drawn) = (Draw(9), 0.3, 0.2);
        let (mut people, mut uniques) = (0, 0.0);
        let mut sizes = BTreeMap::new();
        for _ in 0..20_000 {
            let size = 1 + (draw.share().max(1e-12).ln() / (1.0f64 - p).ln()) as u64;
            people += size;
            uniques += f64::from(u8::from(size == 1));
            let seen = (0..size).filter(|_| draw.share() < drawn).count() as u64;
            if seen > 0 {
                *sizes.entry(seen).or_insert(0) += seen;
            }
        }
        let found = of(&population_uniques(&sizes, people), "snb");
        assert!((found / uniques - 1.0).abs() < 0.15, "{found} estimated, {uniques} are");
    }

    #[test]
    fn a_sample_that_is_the_population_has_its_own_uniques_by_zayatz() {
        let sizes = BTreeMap::from([(1, 120), (2, 60), (5, 50)]);
        assert!((of(&population_uniques(&sizes, 230), "zayatz") - 120.0).abs() < 1e-6);
        // Of those alone in a tenth of the people, few are alone among all.
        let tenth = of(&population_uniques(&sizes, 2_300), "zayatz");
        assert!(tenth > 120.0 && tenth < 1_200.0, "{tenth}");
    }

    #[test]
    fn what_does_not_fit_has_no_estimate() {
        assert!(population_uniques(&BTreeMap::new(), 10).is_empty());
        assert!(
            population_uniques(&BTreeMap::from([(1, 20)]), 10).is_empty(),
            "more rows than people"
        );
        let all_alone = population_uniques(&BTreeMap::from([(1, 20)]), 100);
        assert_eq!(all_alone.iter().map(|one| one.method).collect::<Vec<_>>(), ["zayatz"]);
    }

    #[test]
    fn the_gamma_function_is_right_at_known_places() {
        for (x, value) in [
            (1.0, 0.0),
            (0.5, 0.572_364_942_924_700_1),
            (5.0, 24.0f64.ln()),
            (100.0, 359.134_205_369_575_4),
        ] {
            assert!((ln_gamma(x) - value).abs() < 1e-10, "{x}: {}", ln_gamma(x));
        }
    }
}
