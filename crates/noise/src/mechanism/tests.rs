//! Statistical, since the generator cannot be seeded: every bound is set so that a sound mechanism fails once in ten million runs.

use fyr_model::dp::{Amount, Measure};

use super::*;

/// Normal quantile of one in ten million, both sides.
const Z: f64 = 5.33;
const DRAWS: usize = 20_000;

fn vector(values: Vec<i64>, sensitivity: u64, measure: Measure, billionths: u64) -> Vector {
    Vector {
        values,
        sensitivity,
        cost: Amount { measure, billionths },
    }
}

/// The exact masses of -limit..=limit, from weights.
fn masses(limit: i64, weight: impl Fn(i64) -> f64) -> Vec<(i64, f64)> {
    let total: f64 = (-limit..=limit).map(&weight).sum();
    (-limit..=limit).map(|x| (x, weight(x) / total)).collect()
}

/// Whether draws agree with the masses in mean, variance and distribution.
fn agree(draws: &[i64], masses: &[(i64, f64)]) -> Result<(), String> {
    let n = draws.len() as f64;
    let moment = |k: i32| masses.iter().map(|(x, mass)| (*x as f64).powi(k) * mass).sum::<f64>();
    let (variance, fourth) = (moment(2), moment(4));
    let mean = draws.iter().map(|x| *x as f64).sum::<f64>() / n;
    if mean.abs() > Z * (variance / n).sqrt() {
        return Err(format!("mean {mean}"));
    }
    let seen = draws.iter().map(|x| (*x as f64).powi(2)).sum::<f64>() / n;
    if (seen - variance).abs() > Z * ((fourth - variance * variance) / n).sqrt() {
        return Err(format!("variance {seen}, exactly {variance}"));
    }
    // Chi-square over the values that are expected often, the others together; its quantile by Wilson and Hilferty.
    let (mut sum, mut classes, mut rest, mut rest_seen) = (0.0, 0.0, 0.0, n);
    for (x, mass) in masses.iter().filter(|(_, mass)| mass * n >= 10.0) {
        let count = draws.iter().filter(|draw| *draw == x).count() as f64;
        sum += (count - mass * n).powi(2) / (mass * n);
        classes += 1.0;
        rest += mass;
        rest_seen -= count;
    }
    let rest = (1.0 - rest) * n;
    if rest > 1.0 {
        sum += (rest_seen - rest).powi(2) / rest;
        classes += 1.0;
    }
    let free: f64 = classes - 1.0;
    let part = 2.0 / (9.0 * free);
    let most = free * (1.0 - part + Z * part.sqrt()).powi(3);
    if sum > most {
        Err(format!("chi-square {sum}, at most {most}"))
    } else {
        Ok(())
    }
}

#[test]
fn discrete_laplace_has_the_exact_mass_function() {
    // Sensitivity 3 at epsilon 1.5: scale 2.
    let draws = noised(&vector(vec![0; DRAWS], 3, Measure::Epsilon, 1_500_000_000)).unwrap();
    let exact = |scale: f64| masses(400, move |x| (-(x.abs() as f64) / scale).exp());
    agree(&draws, &exact(2.0)).unwrap();
    assert!(agree(&draws, &exact(2.3)).is_err(), "the test tells scales apart");
    assert!(agree(&draws, &exact(1.75)).is_err());
}

#[test]
fn discrete_gaussian_has_the_exact_mass_function() {
    // Sensitivity 3 at rho 0.5: sigma 3.
    let draws = noised(&vector(vec![0; DRAWS], 3, Measure::Rho, 500_000_000)).unwrap();
    let exact = |sigma: f64| masses(100, move |x| (-(x as f64).powi(2) / (2.0 * sigma * sigma)).exp());
    agree(&draws, &exact(3.0)).unwrap();
    assert!(agree(&draws, &exact(3.3)).is_err(), "the test tells scales apart");
    let laplace = masses(400, |x| (-(x.abs() as f64) / 2.1).exp());
    assert!(agree(&draws, &laplace).is_err(), "and shapes");
}

#[test]
fn noise_is_added_to_the_numbers_and_drawn_anew() {
    let asked = vector(vec![1_000_000, -1_000_000, 0], 1, Measure::Epsilon, 1_000_000_000);
    let drawn: Vec<Vec<i64>> = (0..40).map(|_| noised(&asked).unwrap()).collect();
    for numbers in &drawn {
        // Beyond 60 with scale 1: less than 2e-26.
        assert!(numbers.iter().zip(&asked.values).all(|(a, b)| (a - b).abs() < 60), "{numbers:?}");
    }
    assert!(drawn.windows(2).any(|pair| pair[0] != pair[1]));
}

#[test]
fn numbers_at_the_ends_stop_there() {
    let drawn = noised(&vector(vec![i64::MAX, i64::MIN], 1, Measure::Epsilon, 100_000_000)).unwrap();
    assert!(drawn[0] > i64::MAX - 10_000 && drawn[1] < i64::MIN + 10_000, "{drawn:?}");
}

/// The map of the mechanism that is run confirms the amount, to the last bit, over the whole range of amounts.
#[test]
fn every_amount_is_confirmed_by_the_privacy_map() {
    for measure in [Measure::Epsilon, Measure::Rho] {
        for billionths in [1, 3, 333_333_333, 100_000_000, 700_000_001, 1_000_000_000_000_000] {
            for sensitivity in [1, 7, 1000, 1 << 40] {
                assert_eq!(
                    noised(&vector(vec![], sensitivity, measure, billionths)).unwrap(),
                    Vec::<i64>::new()
                );
            }
        }
    }
}

#[test]
fn without_sensitivity_or_amount_nothing_is_drawn() {
    for (sensitivity, billionths) in [(0, 1_000_000_000), (1, 0), (u64::MAX, 1)] {
        let refusal = noised(&vector(vec![1], sensitivity, Measure::Rho, billionths)).unwrap_err();
        assert_eq!(refusal.id, "noise-failed");
    }
}

/// `contrib` holds nearly everything, with proofs function by function: only these may be called (`privacy.md` section 4).
#[test]
fn only_the_listed_functions_of_the_library_are_called() {
    let allowed = [
        "core::Measurement",
        "domains::{AtomDomain, VectorDomain}",
        "error::Fallible",
        "measurements::{make_gaussian, make_laplace}",
        "measures::{MaxDivergence, ZeroConcentratedDivergence}",
        "metrics::{L1Distance, L2Distance}",
    ];
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut named = Vec::new();
    let mut waiting = vec![folder];
    while let Some(folder) = waiting.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else if !path.ends_with("mechanism/tests.rs") {
                let source = std::fs::read_to_string(&path).unwrap();
                for line in source.lines().filter(|line| !line.trim_start().starts_with("//")) {
                    named.extend(line.split("opendp::").skip(1).map(|rest| rest.trim_end_matches(';').to_owned()));
                }
            }
        }
    }
    named.sort();
    assert_eq!(named, allowed);
}
