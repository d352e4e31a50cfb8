//! The models once more, written from their definitions for a checker: one class at a time, over ordered maps of text.

use std::collections::BTreeMap;

use fyr_model::privacy::{Closeness, ClosenessKind, Diversity, DiversityKind, Likeness, LikenessKind};

pub(super) type Counts<'a> = BTreeMap<&'a str, u64>;

fn part(counts: &Counts<'_>, value: &str) -> f64 {
    let all: u64 = counts.values().sum();
    counts.get(value).copied().unwrap_or(0) as f64 / all as f64
}

pub(super) fn is_diverse(class: &Counts<'_>, l: &Diversity) -> bool {
    let different = class.len() as f64 >= l.value;
    match l.kind {
        DiversityKind::Distinct => different,
        DiversityKind::Entropy => {
            let entropy: f64 = class.keys().map(|value| part(class, value)).map(|q| -q * q.ln()).sum();
            entropy >= l.value.ln() - 1e-12
        }
        DiversityKind::Recursive => {
            let mut sizes: Vec<u64> = class.values().copied().collect();
            sizes.sort_unstable();
            sizes.reverse();
            let rest: u64 = sizes.iter().skip((l.value.ceil() as usize).saturating_sub(1)).sum();
            different && sizes.first().is_some_and(|most| (*most as f64) < l.c.unwrap_or(1.0) * rest as f64)
        }
    }
}

pub(super) fn is_like(class: &Counts<'_>, table: &Counts<'_>, beta: &Likeness) -> bool {
    class.keys().all(|value| {
        let (p, q) = (part(table, value), part(class, value));
        let most = match beta.kind {
            LikenessKind::Basic => beta.value,
            LikenessKind::Enhanced => beta.value.min(-p.ln()),
        };
        q <= p || (q - p) / p <= most + 1e-12
    })
}

pub(super) fn is_undisclosed(class: &Counts<'_>, table: &Counts<'_>, delta: f64) -> bool {
    class
        .keys()
        .all(|value| (part(class, value) / part(table, value)).ln().abs() < delta)
}

pub(super) fn is_close(
    class: &Counts<'_>,
    table: &Counts<'_>,
    t: &Closeness,
    is_number: bool,
    paths: &BTreeMap<String, Vec<String>>,
) -> bool {
    let apart = |value: &str| part(class, value) - part(table, value);
    let distance = match t.kind {
        ClosenessKind::Equal => table.keys().map(|value| apart(value).abs()).sum::<f64>() / 2.0,
        ClosenessKind::Ordered => {
            let mut values: Vec<&str> = table.keys().copied().collect();
            if is_number {
                values.sort_by(|a, b| a.parse::<f64>().unwrap_or(0.0).total_cmp(&b.parse::<f64>().unwrap_or(0.0)));
            }
            let moved = values.iter().scan(0.0, |sum: &mut f64, value| {
                *sum += apart(value);
                Some(sum.abs())
            });
            let steps = values.len().saturating_sub(1);
            if steps == 0 { 0.0 } else { moved.sum::<f64>() / steps as f64 }
        }
        ClosenessKind::Hierarchical => by_tree(table, &apart, paths),
    };
    distance <= t.value + 1e-12
}

/// Every subtree sends up what it has too much or lacks; what meets at a node of height h costs h / H.
fn by_tree(table: &Counts<'_>, apart: &dyn Fn(&str) -> f64, paths: &BTreeMap<String, Vec<String>>) -> f64 {
    let height = paths.values().map(Vec::len).max().unwrap_or(1).saturating_sub(1);
    let mut cost = 0.0;
    let mut extra: BTreeMap<Vec<&str>, f64> = BTreeMap::new();
    for value in table.keys() {
        let mut path: Vec<&str> = paths
            .get(*value)
            .map_or_else(Vec::new, |path| path.iter().map(String::as_str).collect());
        path.reverse();
        extra.insert(path, apart(value));
    }
    for level in 1..=height {
        let mut meets: BTreeMap<Vec<&str>, (f64, f64)> = BTreeMap::new();
        for (path, value) in &extra {
            let meet = meets
                .entry(path.split_last().map_or(&[][..], |(_, rest)| rest).to_vec())
                .or_default();
            if *value > 0.0 {
                meet.0 += value;
            } else {
                meet.1 -= value;
            }
        }
        cost += meets.values().map(|(much, little)| much.min(*little)).sum::<f64>() * level as f64 / height as f64;
        extra = meets.into_iter().map(|(path, (much, little))| (path, much - little)).collect();
    }
    cost
}
