//! What is known of one column at the end, before anybody decides what of it may be seen.

use std::collections::BTreeMap;

use fyr_model::profile::Method;
use fyr_model::table::{Distinct, ValueCount};

use super::column::{ColumnProfiler, Held};
use super::counts::Key;
use super::near::{Near, near};
use super::numbers::{Finished, Numbers};
use super::ranks::Weighted;
use super::scan::{Scan, Unit};
use super::shape::Shapes;
use super::show::show;
use super::words::{FoundWords, Words};
use super::{heavy, hyperloglog, ranks};

/// Most common values kept for showing.
pub(crate) const TOP: usize = 10;

/// All figures of a column.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    /// Smallest and largest value as text, and as numbers where they are such.
    pub(crate) bounds: Option<(String, String)>,
    pub(crate) range: Option<(f64, f64)>,
    pub(crate) distinct: Distinct,
    pub(crate) share_unique: Option<f64>,
    pub(crate) entropy: Option<f64>,
    pub(crate) top: Vec<ValueCount>,
    pub(crate) top_method: Option<Method>,
    pub(crate) weighted: Weighted,
    pub(crate) ranks: Option<Method>,
    pub(crate) sum: Option<f64>,
    pub(crate) scan: Option<Scan>,
    pub(crate) shapes: Option<Shapes>,
    pub(crate) case_variants: Option<u64>,
    pub(crate) near: Option<Near>,
}

/// The number of different values, for columns that show no more than that.
pub(crate) fn distinct(column: &ColumnProfiler) -> Distinct {
    if let Some(counted) = &column.withheld {
        return counted.clone();
    }
    match &column.held {
        Held::Narrow(numbers) => distinct_numbers(numbers),
        Held::Wide(numbers) => distinct_numbers(numbers),
        Held::Places(places) => distinct_numbers(&places.hashes),
        Held::Words(words) => match words.distinct() {
            Ok(count) => exactly(count),
            Err(sketch) => estimated(sketch),
        },
    }
}

fn distinct_numbers<K: Key>(numbers: &Numbers<K>) -> Distinct {
    match numbers.distinct() {
        Ok(count) => exactly(count),
        Err(sketch) => estimated(sketch),
    }
}

fn exactly(value: u64) -> Distinct {
    Distinct {
        value,
        method: "exact".into(),
        error: None,
    }
}

fn estimated(sketch: &hyperloglog::HyperLogLog) -> Distinct {
    Distinct {
        value: sketch.estimate(),
        method: hyperloglog::METHOD.into(),
        error: Some(hyperloglog::ERROR),
    }
}

/// All figures of a settled column; the most common values only from groups of `least` rows on.
pub(crate) fn facts(column: &ColumnProfiler, least: u64) -> Facts {
    match &column.held {
        Held::Narrow(numbers) => numbers_facts(numbers, least),
        Held::Wide(numbers) => numbers_facts(numbers, least),
        Held::Words(words) => words_facts(words, least),
        Held::Places(places) => Facts {
            distinct: distinct_numbers(&places.hashes),
            ..Facts::default()
        },
    }
}

fn numbers_facts<K: Key>(numbers: &Numbers<K>, least: u64) -> Facts {
    let unit = numbers.unit;
    let text = |key: K| show(unit, key.whole());
    let number = |(key, count): &(K, u64)| (unit.number(*key), *count);
    match numbers.finish() {
        Finished::All(sorted, scan) => {
            let ends = sorted.first().zip(sorted.last());
            Facts {
                bounds: ends.map(|(low, high)| (text(low.0), text(high.0))),
                range: ends.map(|(low, high)| (unit.number(low.0), unit.number(high.0))),
                distinct: exactly(sorted.len() as u64),
                share_unique: unique(sorted.iter().map(|entry| entry.1)),
                entropy: entropy(sorted.iter().map(|entry| entry.1)),
                top: top(sorted.iter().map(|(key, count)| (*key, *count)), least, |key| Some(text(key))),
                weighted: Weighted::new(sorted.iter().map(number)),
                sum: sum(unit, &scan),
                scan: Some(*scan),
                ..Facts::default()
            }
        }
        Finished::Sketches(sketches) => {
            let weighted = Weighted::new(sketches.ranks.weighted().iter().map(number));
            let error = sketches.ranks.error() as f64 / weighted.total().max(1) as f64;
            Facts {
                bounds: Some((text(sketches.low), text(sketches.high))),
                range: Some((unit.number(sketches.low), unit.number(sketches.high))),
                distinct: estimated(&sketches.distinct),
                top: top(sketches.heavy.kept().iter().copied(), least, |key| Some(text(key))),
                top_method: Some(Method::sketch(heavy::METHOD, sketches.heavy.error() as f64)),
                weighted,
                ranks: Some(Method::sketch(ranks::METHOD, error)),
                sum: sum(unit, &sketches.scan),
                scan: Some(sketches.scan.clone()),
                ..Facts::default()
            }
        }
    }
}

fn sum(unit: Unit, scan: &Scan) -> Option<f64> {
    let float = (scan.moments.count > 0).then(|| scan.moments.sum.value());
    match unit {
        Unit::Whole => scan.whole_sum.map(|sum| sum as f64).or(float),
        Unit::Decimal(scale) => scan.whole_sum.map(|sum| sum as f64 / 10f64.powi(i32::from(scale))).or(float),
        Unit::Float => float,
        _ => None,
    }
}

fn words_facts(words: &Words, least: u64) -> Facts {
    match words.finish() {
        FoundWords::All(sorted, shapes) => {
            let ends = sorted.first().zip(sorted.last());
            Facts {
                bounds: ends.map(|(low, high)| (low.0.to_owned(), high.0.to_owned())),
                distinct: exactly(sorted.len() as u64),
                share_unique: unique(sorted.iter().map(|entry| entry.1)),
                entropy: entropy(sorted.iter().map(|entry| entry.1)),
                top: top(sorted.iter().copied(), least, |text| Some(text.to_owned())),
                case_variants: Some(case_variants(&sorted)),
                near: near(sorted.iter().map(|entry| entry.0)),
                shapes: Some(*shapes),
                ..Facts::default()
            }
        }
        FoundWords::Sketches(sketches) => Facts {
            bounds: Some((sketches.low.clone(), sketches.high.clone())),
            distinct: estimated(&sketches.distinct),
            top: top(sketches.heavy.kept().iter().copied(), least, |hash| {
                sketches.names.get(&hash).cloned()
            }),
            top_method: Some(Method::sketch(heavy::METHOD, sketches.heavy.error() as f64)),
            shapes: Some(sketches.shapes.clone()),
            ..Facts::default()
        },
    }
}

/// The most common values, ties by the value's order and then shown by its text.
fn top<K: Ord + Copy>(entries: impl Iterator<Item = (K, u64)>, least: u64, text: impl Fn(K) -> Option<String>) -> Vec<ValueCount> {
    let mut best: Vec<(u64, K)> = entries.filter(|entry| entry.1 >= least).map(|(key, count)| (count, key)).collect();
    let order = |a: &(u64, K), b: &(u64, K)| b.0.cmp(&a.0).then(a.1.cmp(&b.1));
    if best.len() > TOP {
        best.select_nth_unstable_by(TOP, order);
        best.truncate(TOP);
    }
    let mut shown: Vec<ValueCount> = best
        .into_iter()
        .filter_map(|(count, key)| text(key).map(|value| ValueCount { value, count }))
        .collect();
    shown.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.value.cmp(&b.value)));
    shown
}

/// Values that stand once, as a share of all values.
fn unique(counts: impl Iterator<Item = u64>) -> Option<f64> {
    let (mut once, mut all) = (0u64, 0u64);
    for count in counts {
        once += u64::from(count == 1);
        all += count;
    }
    (all > 0).then(|| once as f64 / all as f64)
}

/// Shannon's entropy in bits.
fn entropy(counts: impl Iterator<Item = u64>) -> Option<f64> {
    let (mut all, mut sum) = (0u64, super::moments::Sum::default());
    for count in counts {
        all += count;
        sum.add(count as f64 * (count as f64).log2());
    }
    let total = all as f64;
    (all > 0).then(|| (total.log2() - sum.value() / total).max(0.0))
}

/// Different values that are another value in other case.
fn case_variants(sorted: &[(&str, u64)]) -> u64 {
    let mut folded: BTreeMap<String, u64> = BTreeMap::new();
    for (text, _) in sorted {
        *folded.entry(text.to_lowercase()).or_default() += 1;
    }
    folded.values().map(|count| count - 1).sum()
}
