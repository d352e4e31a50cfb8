//! Scores: precision, recall, F1 and F2 with 95 % bootstrap intervals, macro-F1 of columns and a table of confusions.
//!
//! Matching after presidio-research: a span is found when one of the same group overlaps it with an intersection over union of at least 0.5.

use std::collections::BTreeMap;

use crate::shared::random::Random;

/// Hits, false alarms and misses.
#[derive(Clone, Copy, Default)]
pub struct Counts {
    pub hit: f64,
    pub alarm: f64,
    pub miss: f64,
}

impl Counts {
    pub fn add(&mut self, other: &Self) {
        self.hit += other.hit;
        self.alarm += other.alarm;
        self.miss += other.miss;
    }
    pub fn precision(&self) -> f64 {
        share(self.hit, self.hit + self.alarm)
    }
    pub fn recall(&self) -> f64 {
        share(self.hit, self.hit + self.miss)
    }
    pub fn f(&self, beta: f64) -> f64 {
        let b = beta * beta;
        share((1.0 + b) * self.hit, (1.0 + b) * self.hit + b * self.miss + self.alarm)
    }
}

pub fn share(part: f64, whole: f64) -> f64 {
    if whole == 0.0 { 1.0 } else { part / whole }
}

/// A measure over units drawn anew a thousand times: its value, and the bounds that hold 95 of a hundred draws.
pub fn interval<T>(units: &[T], measure: impl Fn(&[&T]) -> f64) -> (f64, f64, f64) {
    let all: Vec<&T> = units.iter().collect();
    let mut r = Random::new(4711);
    let mut drawn: Vec<f64> = (0..400)
        .map(|_| {
            let again: Vec<&T> = (0..units.len()).map(|_| all[r.below(units.len() as u64) as usize]).collect();
            measure(&again)
        })
        .collect();
    drawn.sort_by(f64::total_cmp);
    let at = |share: f64| drawn.get((drawn.len() as f64 * share) as usize).copied().unwrap_or(0.0);
    (measure(&all), at(0.025), at(0.975))
}

/// A span of a text with its kind, true or claimed.
#[derive(Clone)]
pub struct Piece {
    pub start: usize,
    pub end: usize,
    pub kind: String,
}

/// The kinds that are judged as one.
pub fn group(kind: &str) -> &str {
    match kind {
        "given_name" | "family_name" | "person_name" => "name",
        other => other,
    }
}

/// What one text adds, by group and, under `all`, whatever the kind.
pub fn match_spans(truth: &[Piece], claimed: &[Piece]) -> BTreeMap<String, Counts> {
    let mut counts: BTreeMap<String, Counts> = BTreeMap::new();
    let mut used = vec![false; claimed.len()];
    for piece in truth {
        let same = |other: &Piece| group(&other.kind) == group(&piece.kind) && overlap(piece, other) >= 0.5;
        let found = claimed
            .iter()
            .enumerate()
            .find(|(at, other)| !used[*at] && same(other))
            .map(|(at, _)| at);
        let slot = counts.entry(group(&piece.kind).to_owned()).or_default();
        match found {
            Some(at) => {
                used[at] = true;
                slot.hit += 1.0;
            }
            None => slot.miss += 1.0,
        }
    }
    for (piece, _) in claimed.iter().zip(&used).filter(|(_, used)| !**used) {
        counts.entry(group(&piece.kind).to_owned()).or_default().alarm += 1.0;
    }
    let blind = |a: &Piece, list: &[Piece]| list.iter().any(|b| overlap(a, b) >= 0.5);
    let hit = truth.iter().filter(|piece| blind(piece, claimed)).count() as f64;
    let alarm = claimed.iter().filter(|piece| !blind(piece, truth)).count() as f64;
    counts.insert(
        "all".into(),
        Counts {
            hit,
            alarm,
            miss: truth.len() as f64 - hit,
        },
    );
    counts
}

fn overlap(a: &Piece, b: &Piece) -> f64 {
    let both = a.end.min(b.end).saturating_sub(a.start.max(b.start)) as f64;
    share(both, a.end.max(b.end).saturating_sub(a.start.min(b.start)) as f64)
}

/// Macro-F1 over classes, of pairs of truth and claim.
pub fn macro_f1(pairs: &[&(String, String)]) -> f64 {
    let mut counts: BTreeMap<&str, Counts> = BTreeMap::new();
    for (truth, claim) in pairs.iter().map(|pair| (&pair.0, &pair.1)) {
        if truth == claim {
            counts.entry(truth).or_default().hit += 1.0;
        } else {
            counts.entry(truth).or_default().miss += 1.0;
            counts.entry(claim).or_default().alarm += 1.0;
        }
    }
    counts.values().map(|one| one.f(1.0)).sum::<f64>() / counts.len().max(1) as f64
}
