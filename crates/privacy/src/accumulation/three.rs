//! Three releases together: chains through what each shares with the one between, and a total less two parts.
//!
//! Pairs are judged before; a finding here is one that no pair of the three gives. Versions of a dataset that show the same values the same
//! way stand for one: two hundred nights are not two hundred releases to lay side by side.

use std::collections::BTreeMap;

use super::side::{Side, Small, shared};
use super::{Found, Kind, Trace, found};

/// The releases to lay beside the candidate: one of those that show the same values the same way, the candidate's own way left out.
pub(super) fn distinct<'a>(candidate: &Trace, earlier: &[&'a Trace]) -> Vec<&'a Trace> {
    let mut kept: Vec<&Trace> = Vec::new();
    for trace in earlier.iter().rev() {
        let known =
            |other: &&Trace| other.columns == trace.columns && Side::of(other, &trace.columns).shows_as(&Side::of(trace, &trace.columns));
        if !std::iter::once(candidate).chain(kept.iter().copied()).any(|other| known(&other)) {
            kept.push(trace);
        }
    }
    kept.reverse();
    kept
}

/// Whoever knows somebody's values follows the row from one release through the next to the third.
pub(super) fn chains(candidate: &Trace, earlier: &[&Trace], k: u64) -> Vec<Found> {
    let others = distinct(candidate, earlier);
    let mut all = Vec::new();
    for (place, first) in others.iter().enumerate() {
        for second in others.iter().skip(place + 1) {
            // Each of the three may be the one between.
            let orders = [
                (candidate, *first, *second),
                (*first, *second, candidate),
                (*second, *first, candidate),
            ];
            let chain = orders.into_iter().find_map(|(middle, one, other)| {
                let (small, columns) = through(middle, one, other, k)?;
                small.smallest.map(|_| (small, columns))
            });
            if let Some((small, columns)) = chain {
                all.extend(found(Kind::Join, &[first, second, candidate], columns, &small));
            }
        }
    }
    all
}

/// Rows by how one release shows them and how another does.
type Counts = BTreeMap<(Vec<u64>, Vec<u64>), u64>;
/// The same of three.
type Triples = BTreeMap<(Vec<u64>, Vec<u64>, Vec<u64>), u64>;

/// Rows of `middle` that fall in the same group of it and of both others, fewer than `k`, where no two of the three leave so few.
fn through(middle: &Trace, one: &Trace, other: &Trace, k: u64) -> Option<(Small, Vec<String>)> {
    let (first, second) = (shared(middle, one), shared(middle, other));
    if first.is_empty() || second.is_empty() {
        return None;
    }
    // A row of the one between is found by all that it shows, also by what it shares with neither.
    let columns = middle.columns.clone();
    let (between, one, other) = (Side::of(middle, &columns), Side::of(one, &first), Side::of(other, &second));
    let places = |names: &[String]| -> Vec<usize> {
        names
            .iter()
            .filter_map(|name| columns.iter().position(|known| known == name))
            .collect()
    };
    let (first, second) = (places(&first), places(&second));
    let pick = |raw: &[u64], places: &[usize]| -> Vec<u64> { places.iter().map(|at| raw.get(*at).copied().unwrap_or(0)).collect() };
    let mut three = Triples::new();
    let (mut with_one, mut with_other) = (Counts::new(), Counts::new());
    for (raw, shown, rows) in &between.groups {
        let (Some(a), Some(b)) = (one.class(&pick(raw, &first)), other.class(&pick(raw, &second))) else {
            continue;
        };
        *with_one.entry((pick(shown, &first), a.clone())).or_insert(0) += rows;
        *with_other.entry((pick(shown, &second), b.clone())).or_insert(0) += rows;
        *three.entry((shown.clone(), a, b)).or_insert(0) += rows;
    }
    let mut small = Small::default();
    for ((shown, a, b), rows) in three {
        let enough = |counts: &Counts, places: &[usize], class: Vec<u64>| {
            let key = (pick(&shown, places), class);
            counts.get(&key).is_some_and(|rows| *rows >= k)
        };
        if rows < k && enough(&with_one, &first, a) && enough(&with_other, &second, b) {
            small.add(rows);
        }
    }
    Some((small, columns))
}

/// A total less two parts of it, each published under a name of its own: what is left may be too few.
///
/// Whether two releases are parts of a third cannot be seen in digests. They are taken for it when no group of both together is larger than
/// that of the third; what is found then waits for a person.
pub(super) fn parts(candidate: &Trace, earlier: &[&Trace], k: u64) -> Vec<Found> {
    let others = newest(candidate, earlier);
    let mut all = Vec::new();
    for (place, first) in others.iter().enumerate() {
        for second in others.iter().skip(place + 1).filter(|second| name(second) != name(first)) {
            let (columns, small) = left_over([candidate, first, second], k);
            all.extend(found(Kind::Difference, &[first, second, candidate], columns, &small));
        }
    }
    all
}

/// The name of a release, without its version.
pub(super) fn name(trace: &Trace) -> &str {
    trace.release.split(' ').next().unwrap_or_default()
}

/// The latest true counts of the candidate's people under each other name.
pub(super) fn newest<'a>(candidate: &Trace, earlier: &[&'a Trace]) -> Vec<&'a Trace> {
    let mut latest: BTreeMap<(&str, &[String]), &Trace> = BTreeMap::new();
    for trace in earlier {
        let comparable = trace.exact && candidate.exact && trace.population == candidate.population;
        if comparable && name(trace) != name(candidate) {
            latest.insert((name(trace), &trace.columns), trace);
        }
    }
    latest.into_values().collect()
}

/// The largest of three counts less the other two, group by group over the columns that all three show alike.
fn left_over(three: [&Trace; 3], k: u64) -> (Vec<String>, Small) {
    let mut small = Small::default();
    let [one, other, third] = three;
    let mut columns = shared(one, other);
    columns.retain(|name| {
        let column = std::slice::from_ref(name);
        let sides = three.map(|trace| Side::of(trace, column));
        let [a, b, c] = &sides;
        third.columns.contains(name) && a.shows_as(b) && a.shows_as(c) && b.shows_as(c)
    });
    if columns.is_empty() {
        return (columns, small);
    }
    let counts = three.map(|trace| {
        let mut counts: BTreeMap<Vec<u64>, u64> = BTreeMap::new();
        for (_, shown, rows) in Side::of(trace, &columns).groups {
            *counts.entry(shown).or_insert(0) += rows;
        }
        counts
    });
    let sum = |counts: &BTreeMap<Vec<u64>, u64>| counts.values().sum::<u64>();
    let mut ordered: Vec<&BTreeMap<Vec<u64>, u64>> = counts.iter().collect();
    ordered.sort_by_key(|counts| std::cmp::Reverse(sum(counts)));
    let (Some(total), Some(first), Some(second)) = (ordered.first(), ordered.get(1), ordered.get(2)) else {
        return (columns, small);
    };
    let of = |counts: &BTreeMap<Vec<u64>, u64>, key: &Vec<u64>| counts.get(key).copied().unwrap_or(0);
    let exceeds = first
        .keys()
        .chain(second.keys())
        .any(|key| of(first, key) + of(second, key) > of(total, key));
    for (key, rows) in total.iter().filter(|_| !exceeds) {
        let (a, b) = (of(first, key), of(second, key));
        let left = rows - a - b;
        // With one part only it is a pair's finding.
        if a > 0 && b > 0 && left > 0 && left < k {
            small.add(left);
        }
    }
    (columns, small)
}
