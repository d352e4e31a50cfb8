//! From what is known to what may be seen (H33): values and figures that follow from values only for cleared columns; in what is published
//! only groups of at least k rows and bounds rounded outwards.

use chrono::{Datelike, NaiveDate};
use fyr_model::profile::{GeometryFacts, Method, NumberFacts, Outliers, TextFacts};
use fyr_model::table::{ColumnProfile, ColumnType, Quantiles, ValueCount};

use super::column::{ColumnProfiler, Held};
use super::facts::{Facts, TOP, distinct, facts};
use super::places::Places;
use super::scan::Scan;
use super::series::series;
use super::shape::Shapes;
use super::show::day;
use crate::engine::{Bins, outwards};
use crate::{Exposure, Show};

/// What is told to a projection beside the column.
#[derive(Debug)]
pub(crate) struct Told<'a> {
    /// What may be shown.
    pub(crate) exposure: &'a Exposure,
    /// What day it is, for dates in the future.
    pub(crate) as_of: Option<NaiveDate>,
}

impl Told<'_> {
    fn least(&self) -> u64 {
        self.exposure.group_min.max(1)
    }
    /// A count of rows, where neither it nor what it leaves is a small group.
    fn count(&self, count: u64, of: u64) -> Option<u64> {
        let large = |rows: u64| rows == 0 || rows >= self.least();
        (large(count) && large(of.saturating_sub(count))).then_some(count)
    }
    /// Counts of groups that make up a whole: all or none.
    fn counts<const N: usize>(&self, counts: Option<[u64; N]>) -> Option<[u64; N]> {
        counts.filter(|counts| counts.iter().all(|count| *count == 0 || *count >= self.least()))
    }
}

/// Whether the figures of a column may be told at all.
fn is_shown(column: &ColumnProfiler, told: &Told<'_>) -> bool {
    told.exposure.columns.get(&column.name) == Some(&Show::Values) && column.filled() >= told.least()
}

/// The figures of settled columns that may be told, on as many threads as there are processors.
pub(crate) fn known(columns: &[ColumnProfiler], told: &Told<'_>) -> Vec<Option<Facts>> {
    let workers = std::thread::available_parallelism()
        .map_or(1, usize::from)
        .min(columns.len().max(1));
    let of = |column: &ColumnProfiler| is_shown(column, told).then(|| facts(column, told.least()));
    if workers == 1 {
        return columns.iter().map(of).collect();
    }
    let mut found: Vec<(usize, Option<Facts>)> = std::thread::scope(|scope| {
        let own = |worker: usize| columns.iter().enumerate().skip(worker).step_by(workers);
        let threads: Vec<_> = (0..workers)
            .map(|worker| scope.spawn(move || own(worker).map(|(place, column)| (place, of(column))).collect::<Vec<_>>()))
            .collect();
        threads.into_iter().filter_map(|thread| thread.join().ok()).flatten().collect()
    });
    found.sort_by_key(|entry| entry.0);
    found.into_iter().map(|entry| entry.1).collect()
}

/// The profile of a settled column as far as it may be seen: with its figures where [`known`] gave them, else by type and counts.
pub(crate) fn column(column: &ColumnProfiler, facts: Option<&Facts>, told: &Told<'_>) -> ColumnProfile {
    let mut profile = ColumnProfile {
        name: column.name.clone(),
        kind: column.kind,
        semantic: column.semantic.clone(),
        nulls: column.nulls,
        empty: column.empty,
        ..ColumnProfile::default()
    };
    if let Some(Show::CountsOnly(verdict)) = told.exposure.columns.get(&column.name) {
        profile.personal_data = (!verdict.is_empty() && verdict != "none").then(|| verdict.clone());
    }
    let Some(facts) = facts.filter(|_| is_shown(column, told)) else {
        profile.distinct = distinct(column);
        return profile;
    };
    profile.distinct = facts.distinct.clone();
    if let Held::Places(places) = &column.held {
        profile.geometry = Some(geometry(places, column.filled(), told));
        return profile;
    }
    (profile.min, profile.max) = bounds(column.kind, facts, told.exposure.coarse);
    if !told.exposure.coarse {
        (profile.share_unique, profile.entropy) = (facts.share_unique, facts.entropy);
        (profile.first_row, profile.last_row) = column.span.unzip();
        profile.order = column.order();
    }
    profile.top = (!facts.top.is_empty()).then(|| facts.top.clone());
    profile.top_method = facts.top_method.clone().filter(|_| profile.top.is_some());
    measured(column, facts, told, &mut profile);
    profile
}

fn measured(column: &ColumnProfiler, facts: &Facts, told: &Told<'_>, profile: &mut ColumnProfile) {
    let number = matches!(column.kind, ColumnType::Integer | ColumnType::Number);
    if let Some(scan) = facts.scan.as_ref().filter(|_| number) {
        profile.sum = facts.sum;
        profile.mean = facts.sum.map(|sum| sum / column.filled() as f64);
        profile.stddev = scan.moments.stddev();
        profile.quantiles = quantiles(facts, column.filled(), told);
        profile.numbers = Some(numbers(scan, facts, column.filled(), told));
        profile.outliers = outliers(facts, told);
    }
    if number || matches!(column.kind, ColumnType::Date | ColumnType::Timestamp) {
        profile.histogram = facts.range.and_then(|range| {
            let (from, to) = histogram_bounds(number, range, told.exposure.coarse);
            let mut bins = Bins::new(from, to);
            facts.weighted.iter().for_each(|(value, count)| bins.push(value, count));
            bins.finish(told.least())
        });
        profile.ranks.clone_from(&facts.ranks);
    }
    if let Some(days) = facts.scan.as_ref().and_then(|scan| scan.days.as_ref()) {
        let mut dates = series(days, told.as_of);
        dates.weekdays = told.counts(dates.weekdays);
        dates.months = told.counts(dates.months);
        dates.first_of_january = dates.first_of_january.and_then(|count| told.count(count, column.filled()));
        dates.future = dates.future.and_then(|count| told.count(count, column.filled()));
        if told.exposure.coarse {
            (dates.missing_steps, dates.longest_gap, dates.step) = (None, None, None);
        }
        profile.dates = Some(dates);
    }
    profile.texts = facts.shapes.as_ref().map(|shapes| texts(shapes, facts, column.filled(), told));
}

/// A quantile is the value of one row: it is shown only where what lies outside it is a group.
fn quantiles(facts: &Facts, filled: u64, told: &Told<'_>) -> Option<Quantiles> {
    let wide = |part: u64| !told.exposure.coarse || filled / part >= told.least();
    if !wide(20) {
        return None;
    }
    let at = |share: f64| facts.weighted.quantile(share);
    Some(Quantiles {
        p01: at(0.01).filter(|_| wide(100)),
        p05: at(0.05)?,
        p25: at(0.25)?,
        p50: at(0.5)?,
        p75: at(0.75)?,
        p95: at(0.95)?,
        p99: at(0.99).filter(|_| wide(100)),
    })
}

fn numbers(scan: &Scan, facts: &Facts, filled: u64, told: &Told<'_>) -> NumberFacts {
    let [by_5, by_10, by_100] = scan.rounds;
    let round = scan.whole.saturating_sub(scan.zeros);
    let share = |count: u64, of: u64| {
        (of > 0)
            .then(|| told.count(count, of).map(|count| count as f64 / of as f64))
            .flatten()
    };
    let heaped = round > 0 && told.count(round, filled).is_some();
    let median = facts.weighted.quantile(0.5);
    NumberFacts {
        skewness: scan.moments.skewness(),
        kurtosis: scan.moments.kurtosis(),
        zeros: told.count(scan.zeros, filled),
        negatives: told.count(scan.negatives, filled),
        whole_share: share(scan.whole, filled),
        // The most exact value may be that of one row.
        decimals: (!told.exposure.coarse).then_some(scan.decimals),
        by_5: share(by_5, round).filter(|_| heaped),
        by_10: share(by_10, round).filter(|_| heaped),
        by_100: share(by_100, round).filter(|_| heaped),
        mad: median
            .filter(|_| !told.exposure.coarse)
            .and_then(|median| facts.weighted.median_distance(median)),
    }
}

/// Fences by which a value is far from the others.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Fences {
    near: (f64, f64),
    far: (f64, f64),
    /// Median and median absolute deviation, where that is not nought.
    median: Option<(f64, f64)>,
}

impl Fences {
    pub(crate) fn of(facts: &Facts) -> Option<Self> {
        let at = |share: f64| facts.weighted.quantile(share);
        let (p25, p50, p75) = (at(0.25)?, at(0.5)?, at(0.75)?);
        let step = p75 - p25;
        let fence = |steps: f64| (p25 - steps * step, p75 + steps * step);
        let mad = facts.weighted.median_distance(p50)?;
        Some(Self {
            near: fence(1.5),
            far: fence(3.0),
            median: (mad > 0.0).then_some((p50, mad)),
        })
    }
    /// Whether a value lies outside the near fences.
    pub(crate) fn is_out(&self, value: f64) -> bool {
        value < self.near.0 || value > self.near.1
    }
    /// Adds a value that stands so many times.
    pub(crate) fn count(&self, value: f64, count: u64, into: &mut Outliers) {
        into.tukey += if self.is_out(value) { count } else { 0 };
        into.tukey_far += if value < self.far.0 || value > self.far.1 { count } else { 0 };
        if let Some((median, mad)) = self.median {
            let z = 0.6745 * (value - median).abs() / mad;
            *into.modified_z.get_or_insert(0) += if z > 3.5 { count } else { 0 };
        }
    }
}

/// Outliers, while all values are held; else they are counted by reading the column again. They are the rows of single people, so
/// nothing of them is published.
fn outliers(facts: &Facts, told: &Told<'_>) -> Option<Outliers> {
    if told.exposure.coarse || facts.ranks.is_some() {
        return None;
    }
    let fences = Fences::of(facts)?;
    let mut found = Outliers {
        method: Method::exact(),
        ..Outliers::default()
    };
    facts
        .weighted
        .iter()
        .for_each(|(value, count)| fences.count(value, count, &mut found));
    Some(found)
}

fn texts(shapes: &Shapes, facts: &Facts, filled: u64, told: &Told<'_>) -> TextFacts {
    let lengths = shapes.lengths.sorted();
    let exact = !told.exposure.coarse;
    let mut patterns: Vec<ValueCount> = shapes
        .patterns
        .iter()
        .filter(|(_, count)| **count >= told.least())
        .map(|(value, count)| ValueCount {
            value: value.clone(),
            count: *count,
        })
        .collect();
    patterns.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.value.cmp(&b.value)));
    patterns.truncate(TOP);
    let asked: u64 = shapes.languages().iter().map(|language| language.1).sum();
    TextFacts {
        length_min: lengths.first().map(|entry| entry.0.unsigned_abs()).filter(|_| exact),
        length_mean: (filled > 0).then(|| shapes.length_sum as f64 / filled as f64),
        length_max: exact.then_some(shapes.length_max),
        classes: groups(shapes.classes(), told)
            .into_iter()
            .map(|(name, count)| (name.to_owned(), count))
            .collect(),
        patterns,
        not_ascii: told.count(shapes.not_ascii, filled),
        leading_space: told.count(shapes.leading, filled),
        trailing_space: told.count(shapes.trailing, filled),
        control: told.count(shapes.control, filled),
        mojibake: told.count(shapes.mojibake, filled),
        case_variants: facts.case_variants.filter(|_| exact),
        near_duplicates: facts.near.filter(|_| exact).map(|found| found.near),
        boilerplate_share: facts.near.map(|found| found.boilerplate),
        near_method: facts
            .near
            .map(|found| Method::sketch(&format!("minhash-32, {} texts", found.texts), 0.07)),
        languages: groups(shapes.languages(), told)
            .into_iter()
            .map(|(name, count)| (name.to_owned(), count as f64 / asked.max(1) as f64))
            .collect(),
    }
}

/// Groups that make up a whole: all, or none when one of them is small.
fn groups<'a>(counts: Vec<(&'a str, u64)>, told: &Told<'_>) -> Vec<(&'a str, u64)> {
    if counts.iter().any(|group| group.1 < told.least()) {
        Vec::new()
    } else {
        counts
    }
}

fn geometry(places: &Places, filled: u64, told: &Told<'_>) -> GeometryFacts {
    GeometryFacts {
        kinds: groups(places.kinds.iter().map(|(name, count)| (name.as_str(), *count)).collect(), told)
            .into_iter()
            .map(|(name, count)| (name.to_owned(), count))
            .collect(),
        empty: told.count(places.empty, filled),
        invalid: told.count(places.invalid, filled),
        outside_sweden: told.count(places.outside, filled),
        bounds: places.bounds().map(|bounds| {
            if !told.exposure.coarse {
                return bounds;
            }
            let [west, south, east, north] = bounds;
            // Whole degrees, about sixty kilometres.
            [west.floor(), south.floor(), east.ceil(), north.ceil()]
        }),
    }
}

/// The bounds as text; rounded outwards when coarse, and then none for texts.
fn bounds(kind: ColumnType, facts: &Facts, coarse: bool) -> (Option<String>, Option<String>) {
    let Some((low, high)) = facts.bounds.clone() else {
        return (None, None);
    };
    if !coarse {
        return (Some(low), Some(high));
    }
    match (kind, facts.range) {
        (ColumnType::Integer | ColumnType::Number, Some((from, to))) => {
            (Some(outwards(from, false).to_string()), Some(outwards(to, true).to_string()))
        }
        // Whole years.
        (ColumnType::Date | ColumnType::Timestamp, _) => {
            let year = |text: &str| text.get(..4).map(str::to_owned).unwrap_or_default();
            (Some(format!("{}-01-01", year(&low))), Some(format!("{}-12-31", year(&high))))
        }
        (ColumnType::Boolean, _) => (Some(low), Some(high)),
        _ => (None, None),
    }
}

fn histogram_bounds(number: bool, (low, high): (f64, f64), coarse: bool) -> (f64, f64) {
    if !coarse {
        return (low, high);
    }
    if number {
        return (outwards(low, false), outwards(high, true));
    }
    let year = |days: f64| day(days.floor() as i64).map(|day| day.year());
    let start =
        |year: i32| NaiveDate::from_ymd_opt(year, 1, 1).map(|day| day.signed_duration_since(NaiveDate::default()).num_days() as f64);
    let from = year(low).and_then(start).unwrap_or(low);
    let to = year(high).and_then(|year| start(year + 1)).unwrap_or(high);
    (from, to)
}
