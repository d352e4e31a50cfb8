//! Counts of one cause, among all datasets or among a publisher's: findings, the first of them, and what mending wins.

use std::collections::HashMap;

use fyr_model::fixlist::Gain;
use fyr_model::mqa::Rating;
use fyr_model::{Finding, Severity, Text};

use super::VARIANTS;
use crate::score::one_decimal;

/// Focuses that a cause names; it counts all.
const FOCUSES_MAX: usize = 20;

/// The place of a finding among all, whatever the order in which parts of a catalogue come: class, subject, value, number.
pub(super) type Place<'a> = (u8, &'a str, &'a str, u64);
type Kept = (u8, String, String, u64);

/// One rule, property and kind of value, wherever it was found.
pub(super) struct Group {
    pub(super) rule: String,
    pub(super) path: String,
    pub(super) kind: String,
    pub(super) whole: Tally,
    pub(super) by_publisher: HashMap<usize, Tally>,
    /// The datasets that it concerns.
    pub(super) concerned: Set,
}

impl Group {
    pub(super) fn new(rule: &str, path: &str, kind: String) -> Self {
        Self {
            rule: rule.to_owned(),
            path: path.to_owned(),
            kind,
            whole: Tally::default(),
            by_publisher: HashMap::new(),
            concerned: Set::default(),
        }
    }
}

/// Numbers, a bit each.
#[derive(Default)]
pub(super) struct Set(Vec<u64>);

impl Set {
    /// Whether the number is new.
    pub(super) fn insert(&mut self, number: usize) -> bool {
        let (word, bit) = (number / 64, 1u64 << (number % 64));
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        let Some(word) = self.0.get_mut(word) else { return false };
        let new = *word & bit == 0;
        *word |= bit;
        new
    }
}

/// What the first finding says for all.
pub(super) struct Words {
    pub(super) severity: Severity,
    pub(super) message: Text,
    pub(super) fix: Option<Text>,
}

/// Findings of a group among some datasets.
#[derive(Default)]
pub(super) struct Tally {
    pub(super) count: u64,
    pub(super) datasets: u64,
    pub(super) words: Option<Words>,
    first: Vec<(Kept, String)>,
    won: [Won; 2],
}

#[derive(Default, Clone, Copy)]
struct Won {
    points: u32,
    datasets: u64,
    raised: u64,
    /// Mended totals may also be lower: the mean says so, the points do not.
    change: i64,
}

impl Tally {
    pub(super) fn count(&mut self, place: Place<'_>, finding: &Finding) {
        self.count += 1;
        let full = self.first.len() >= FOCUSES_MAX;
        if full && self.first.last().is_some_and(|(last, _)| borrowed(last) <= place) {
            return;
        }
        let at = self.first.partition_point(|(known, _)| borrowed(known) < place);
        let (class, subject, value, number) = place;
        let kept = (class, subject.to_owned(), value.to_owned(), number);
        self.first.insert(at, (kept, finding.focus.clone()));
        self.first.truncate(FOCUSES_MAX);
        if at == 0 {
            self.words = Some(Words {
                severity: finding.severity,
                message: finding.message.clone(),
                fix: finding.fix.as_ref().map(|fix| fix.text.clone()),
            });
        }
    }

    /// A dataset's totals before and after mending.
    pub(super) fn mended(&mut self, before: [u32; 2], after: [u32; 2]) {
        for (won, (now, then)) in self.won.iter_mut().zip(before.into_iter().zip(after)) {
            won.change += i64::from(then) - i64::from(now);
            won.points += then.saturating_sub(now);
            won.datasets += u64::from(then > now);
            won.raised += u64::from(then > now && Rating::of(f64::from(then)) != Rating::of(f64::from(now)));
        }
    }

    pub(super) fn focuses(self) -> Vec<String> {
        self.first.into_iter().map(|(_, focus)| focus).collect()
    }

    /// The gain by variant, among datasets of which so many have these points in sum.
    pub(super) fn gains(&self, among: &Sums) -> impl Iterator<Item = (String, Gain)> {
        let mean = |sum: i64| {
            one_decimal(if among.datasets == 0 {
                0.0
            } else {
                sum as f64 / among.datasets as f64
            })
        };
        let gain = move |(won, sum): (&Won, &u64)| {
            let sum = *sum as i64;
            Gain {
                points: won.points,
                datasets: won.datasets,
                raised: won.raised,
                mean_before: mean(sum),
                mean_after: mean(sum + won.change),
                rating_before: Rating::of(mean(sum)),
                rating_after: Rating::of(mean(sum + won.change)),
            }
        };
        let gains: Vec<Gain> = self.won.iter().zip(&among.points).map(gain).collect();
        VARIANTS.iter().map(|(name, _)| (*name).to_owned()).zip(gains)
    }
}

fn borrowed(kept: &Kept) -> Place<'_> {
    (kept.0, &kept.1, &kept.2, kept.3)
}

/// Datasets and their points in both variants.
#[derive(Default, Clone, Copy)]
pub(super) struct Sums {
    pub(super) datasets: u64,
    points: [u64; 2],
}

impl Sums {
    pub(super) fn add(&mut self, totals: [u32; 2]) {
        self.datasets += 1;
        for (sum, total) in self.points.iter_mut().zip(totals) {
            *sum += u64::from(total);
        }
    }
}
