//! What noised releases have cost, and what that comes to for a protected unit over all of them.
//!
//! In: the amount of each release. Out: sums by unit. A release with noise tells no count that could be subtracted; what it takes away adds up
//! by composition instead. The sums hold whoever the units of two datasets are: at worst the same people.
//!
//! Source: Bun and Steinke, Concentrated Differential Privacy (2016), lemma 1.7 and propositions 1.3 and 1.4.

use std::collections::{BTreeMap, BTreeSet};

use fyr_model::Sha256;
use fyr_model::dp::{Amount, BILLIONTH, Measure, epsilon_of};
use serde::{Deserialize, Serialize};

use super::Trace;

/// What one release has cost.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Spent {
    /// The dataset of the account.
    pub dataset: String,
    /// The protected unit.
    pub unit: String,
    /// The question: the same one gets the stored answer, and costs once.
    pub question: Sha256,
    /// The amount.
    pub amount: Amount,
    /// The delta that a rho is stated with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delta: Option<f64>,
}

/// What all releases have cost one kind of unit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct UnitSpent {
    /// The protected unit.
    pub unit: String,
    /// Releases.
    pub releases: u64,
    /// The sum of what was paid in epsilon.
    pub epsilon: f64,
    /// The sum of what was paid in rho.
    pub rho: f64,
    /// The epsilon that holds for all of them together.
    pub epsilon_in_all: f64,
    /// The probability that it does not hold with: the smallest that any of them stated; 0 where all was paid in epsilon.
    pub delta: f64,
    /// By account: a dataset and the unit.
    pub accounts: Vec<AccountSpent>,
}

/// What the releases of one account have cost.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AccountSpent {
    /// The dataset.
    pub dataset: String,
    /// The names of its releases.
    pub names: Vec<String>,
    /// Paid in epsilon.
    pub epsilon: f64,
    /// Paid in rho.
    pub rho: f64,
}

/// Billionths paid, by measure.
#[derive(Default, Clone, Copy)]
struct Paid {
    epsilon: u64,
    rho: u64,
    /// What the epsilons are in rho, each by itself.
    in_rho: u64,
}

impl Paid {
    fn add(&mut self, amount: Amount) {
        match amount.measure {
            Measure::Epsilon => {
                self.epsilon = self.epsilon.saturating_add(amount.billionths);
                let in_rho = amount.in_measure(Measure::Rho).map_or(u64::MAX, |amount| amount.billionths);
                self.in_rho = self.in_rho.saturating_add(in_rho);
            }
            Measure::Rho => self.rho = self.rho.saturating_add(amount.billionths),
        }
    }
}

fn number(billionths: u64) -> f64 {
    billionths as f64 / BILLIONTH
}

/// What the releases have cost, by unit.
pub fn by_unit(traces: &[&Trace]) -> Vec<UnitSpent> {
    let mut units: BTreeMap<&str, Vec<(&str, &Spent)>> = BTreeMap::new();
    for trace in traces {
        if let Some(spent) = &trace.spent {
            units.entry(&spent.unit).or_default().push((&trace.release, spent));
        }
    }
    units.into_iter().map(|(unit, releases)| of_unit(unit, &releases)).collect()
}

fn of_unit(unit: &str, releases: &[(&str, &Spent)]) -> UnitSpent {
    let mut asked = BTreeSet::new();
    let mut all = Paid::default();
    let mut accounts: BTreeMap<&str, (BTreeSet<String>, Paid)> = BTreeMap::new();
    for (release, spent) in releases {
        let (names, paid) = accounts.entry(&spent.dataset).or_default();
        names.insert(release.split(' ').next().unwrap_or_default().to_owned());
        if asked.insert((&spent.dataset, spent.question)) {
            paid.add(spent.amount);
            all.add(spent.amount);
        }
    }
    let deltas = releases.iter().filter_map(|(_, spent)| spent.delta);
    let delta = if all.rho > 0 { deltas.fold(f64::INFINITY, f64::min) } else { 0.0 };
    let (epsilon, rho) = (number(all.epsilon), number(all.rho));
    let epsilon_in_all = if all.rho == 0 {
        epsilon
    } else {
        let apart = epsilon + epsilon_of(rho, delta);
        apart.min(epsilon_of(number(all.rho.saturating_add(all.in_rho)), delta))
    };
    let account = |(dataset, (names, paid)): (&str, (BTreeSet<String>, Paid))| AccountSpent {
        dataset: dataset.to_owned(),
        names: names.into_iter().collect(),
        epsilon: number(paid.epsilon),
        rho: number(paid.rho),
    };
    UnitSpent {
        unit: unit.to_owned(),
        releases: releases.len() as u64,
        epsilon,
        rho,
        epsilon_in_all,
        delta: if delta.is_finite() { delta } else { 0.0 },
        accounts: accounts.into_iter().map(account).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn release(name: &str, dataset: &str, measure: Measure, billionths: u64, question: &str) -> Trace {
        Trace {
            release: name.into(),
            spent: Some(Spent {
                dataset: dataset.into(),
                unit: "person".into(),
                question: Sha256::of(question.as_bytes()),
                amount: Amount { measure, billionths },
                delta: (measure == Measure::Rho).then_some(1e-6),
            }),
            ..Trace::default()
        }
    }

    #[test]
    fn what_noise_costs_a_person_adds_up_over_datasets_and_a_repeated_question_costs_once() {
        let tenth = 100_000_000;
        let all = [
            release("lon 1", "lon", Measure::Epsilon, tenth, "a"),
            release("lon 2", "lon", Measure::Epsilon, tenth, "a"),
            release("lon 3", "lon", Measure::Epsilon, 2 * tenth, "b"),
            release("vard 1", "vard", Measure::Epsilon, tenth, "a"),
            Trace::default(),
        ];
        let units = by_unit(&all.iter().collect::<Vec<_>>());
        assert_eq!(units.len(), 1);
        assert_eq!((units[0].releases, units[0].epsilon, units[0].epsilon_in_all), (4, 0.4, 0.4));
        assert_eq!((units[0].rho, units[0].delta), (0.0, 0.0));
        assert_eq!(units[0].accounts[0].names, ["lon"]);
        assert_eq!(units[0].accounts[0].epsilon, 0.3);
    }

    #[test]
    fn rho_composes_before_it_is_stated_as_an_epsilon() {
        let all = [
            release("a 1", "a", Measure::Rho, 20_000_000, "a"),
            release("b 1", "b", Measure::Rho, 30_000_000, "b"),
        ];
        let units = by_unit(&all.iter().collect::<Vec<_>>());
        assert!((units[0].epsilon_in_all - epsilon_of(0.05, 1e-6)).abs() < 1e-12);
        // A small epsilon beside it costs less as the rho that it is.
        let more = release("c 1", "c", Measure::Epsilon, 100_000_000, "c");
        let units = by_unit(&all.iter().chain([&more]).collect::<Vec<_>>());
        assert!((units[0].epsilon_in_all - epsilon_of(0.055, 1e-6)).abs() < 1e-12);
    }
}
