//! What cannot be asked of a table.
//!
//! In: a table of a policy, the first of its release, and the policy. Out: the first fault, in Swedish and English, or none.

use fyr_model::privacy::{PrivacyPolicy, Role};
use fyr_model::tabulate::{Noise, TableMethod, TablePolicy};

use super::{STATUS, TABLE};

/// Whether something is wrong, and what, in Swedish and English.
type Wrong = (bool, (&'static str, &'static str));

pub(super) fn fault(table: &TablePolicy, first: &TablePolicy, policy: &PrivacyPolicy) -> Option<(&'static str, &'static str)> {
    let faults = of_columns(table, policy)
        .into_iter()
        .chain(of_rules(table))
        .chain(of_method(table, first));
    faults.into_iter().find(|(wrong, _)| *wrong).map(|(_, words)| words)
}

fn of_columns(table: &TablePolicy, policy: &PrivacyPolicy) -> [Wrong; 3] {
    let mut by = table.by.clone();
    by.sort_unstable();
    by.dedup();
    let identifier = |name: &String| policy.columns.get(name).is_some_and(|column| column.role() == Role::Identifier);
    let reserved = |name: &String| name == TABLE || name == STATUS || name == table.measure();
    [
        (
            table.by.is_empty() || by.len() != table.by.len(),
            (
                "by ska namnge minst en kolumn, var och en en gång",
                "by must name at least one column, each once",
            ),
        ),
        (
            table.by.iter().any(identifier),
            (
                "by får inte namnge en kolumn med rollen identifier",
                "by may not name a column with the role identifier",
            ),
        ),
        (
            table.by.iter().any(reserved),
            (
                "by får inte namnge en kolumn som heter table, status eller som måttet",
                "by may not name a column called table, status or as the measure",
            ),
        ),
    ]
}

fn of_rules(table: &TablePolicy) -> [Wrong; 6] {
    let share = |value: f64| value > 0.0 && value <= 100.0;
    let is_sum = table.value.is_some();
    [
        (
            table.threshold == 0,
            ("threshold måste vara minst 1", "threshold must be at least 1"),
        ),
        (
            is_sum && table.count.is_some(),
            ("ange count eller value, inte båda", "state count or value, not both"),
        ),
        (
            !is_sum && (table.dominance.is_some() || table.p_percent.is_some()),
            (
                "dominance och p_percent gäller summor: ange value",
                "dominance and p_percent are for sums: state value",
            ),
        ),
        (
            table.dominance.is_some_and(|rule| rule.n == 0 || !share(rule.k)),
            (
                "dominance kräver n >= 1 och 0 < k <= 100",
                "dominance needs n >= 1 and 0 < k <= 100",
            ),
        ),
        (
            table.p_percent.is_some_and(|p| !share(p)),
            (
                "p_percent måste ligga över 0 och högst vara 100",
                "p_percent must lie above 0 and be at most 100",
            ),
        ),
        (
            table.protection.is_some_and(|p| p.is_nan() || p < 0.0),
            ("protection får inte vara negativt", "protection may not be negative"),
        ),
    ]
}

fn of_method(table: &TablePolicy, first: &TablePolicy) -> [Wrong; 10] {
    let is_sum = table.value.is_some();
    let bound = f64::from(table.noise.bound);
    [
        (
            table.method != TableMethod::Suppress && is_sum,
            (
                "round och cell-key gäller antal, inte summor",
                "round and cell-key are for counts, not for sums",
            ),
        ),
        (
            table.method == TableMethod::CellKey && table.count.is_some(),
            (
                "cell-key behöver en rad per enhet, inte färdiga antal",
                "cell-key needs a row per unit, not counts already made",
            ),
        ),
        (
            table.method == TableMethod::Round && table.base < 2,
            ("base måste vara minst 2", "base must be at least 2"),
        ),
        (
            table.method == TableMethod::Dp,
            (
                "dp blandas inte med andra metoder i samma utgåva",
                "dp is not mixed with other methods in one release",
            ),
        ),
        (
            table.method != TableMethod::Dp && crate::dp::asks(table),
            (
                "statistic, clamp, step, edges, quantiles och share hör till method = \"dp\"",
                "statistic, clamp, step, edges, quantiles and share belong to method = \"dp\"",
            ),
        ),
        (
            table.noise.bound == 0 || table.noise.bound > 100 || table.noise.variance.is_nan() || table.noise.variance <= 0.0,
            (
                "noise kräver bound mellan 1 och 100 och variance över 0",
                "noise needs bound between 1 and 100 and variance above 0",
            ),
        ),
        (
            table.noise.variance > bound * bound,
            (
                "noise: variansen kan inte vara större än bound i kvadrat",
                "noise: the variance cannot be larger than bound squared",
            ),
        ),
        (
            table.method != TableMethod::CellKey && (table.key.is_some() || table.noise != Noise::default()),
            (
                "key och noise hör till method = \"cell-key\"",
                "key and noise belong to method = \"cell-key\"",
            ),
        ),
        (
            table.method != TableMethod::Round && table.base != 5,
            ("base hör till method = \"round\"", "base belongs to method = \"round\""),
        ),
        (
            table.method != first.method
                || table.contributor != first.contributor
                || table.base != first.base
                || table.noise != first.noise
                || table.key != first.key,
            (
                "tabeller i en utgåva delar method, contributor, base, noise och key",
                "tables of one release share method, contributor, base, noise and key",
            ),
        ),
    ]
}
