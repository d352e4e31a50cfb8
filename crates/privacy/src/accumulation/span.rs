//! All exact tables of the same people in one system of equations: what none of them tells, and all of them together do.
//!
//! In: the candidate, margin by margin, and every earlier release about its people. Out: groups of fewer than `k` that follow from what is
//! published by the candidate and others together, and neither from the candidate alone nor from what was public before it. How many releases
//! it takes makes no difference.
//!
//! A release is about the same people when it counts as many of each combination of values that it shares with the candidate. Then what is
//! known of one is known of the other: each published cell is an equation over the combinations of its release, and each combination of shared
//! columns one that makes two releases agree. A group follows when it is a combination of equations (`privacy.md` 3.2 and 5). Solved modulo a
//! prime of 61 bits, as the pattern of hidden cells is found. It does not fence in cells by inequalities: that is the attacker's of one table.

use std::collections::{BTreeMap, BTreeSet};

use super::many::unjudged;
use super::side::Small;
use super::{Found, Kind, Trace, found};
use crate::tables::span::{Echelon, Row};

/// Releases in one system, beside the candidate.
pub(super) const RELEASES_MAX: usize = 64;
/// Groups of combinations that no equation tells apart, in one system.
pub(super) const UNKNOWNS_MAX: usize = 20_000;
/// Steps of elimination.
const STEPS_MAX: u64 = 20_000_000;

type Counts = BTreeMap<Vec<u64>, u64>;

/// One release: its margins, and the combinations of values behind them.
struct Release<'a> {
    traces: Vec<&'a Trace>,
    columns: Vec<&'a str>,
    counts: Counts,
}

/// What the candidate tells with all that is public about the same people. `candidate` are its margins, or its rows.
pub fn together(candidate: &[&Trace], earlier: &[Trace], k: u64) -> Vec<Found> {
    let mut measures: BTreeSet<Option<&str>> = candidate.iter().filter(|trace| trace.exact).map(|trace| measure(trace)).collect();
    measures.retain(|measure| {
        candidate
            .iter()
            .any(|trace| trace.exact && self::measure(trace) == *measure && !trace.groups.is_empty())
    });
    measures
        .into_iter()
        .flat_map(|measure| of_measure(candidate, earlier, measure, k))
        .collect()
}

/// The column that a table sums; none where it counts. Counts and sums do not add up.
fn measure(trace: &Trace) -> Option<&str> {
    trace.sums.first().filter(|_| trace.table).map(|sum| sum.column.as_str())
}

fn of_measure(candidate: &[&Trace], earlier: &[Trace], wanted: Option<&str>, k: u64) -> Vec<Found> {
    let usable = |trace: &&Trace| trace.exact && measure(trace) == wanted && !trace.groups.is_empty();
    let own: Vec<&Trace> = candidate.iter().copied().filter(usable).collect();
    let about = |trace: &&Trace| {
        own.first()
            .is_some_and(|own| own.population == trace.population && own.release != trace.release)
    };
    let theirs: Vec<&Trace> = earlier.iter().filter(usable).filter(about).collect();
    // Rows beside rows are laid side by side, which tells more than subtracting does.
    if !own.iter().chain(&theirs).any(|trace| trace.table) {
        return Vec::new();
    }
    let Some(own) = Release::of(own.clone()) else { return Vec::new() };
    let (mut others, too_many) = linked(&own, &theirs);
    if others.is_empty() {
        return Vec::new();
    }
    let last = own.traces.first().copied();
    others.push(own);
    let all: Vec<&Trace> = others.iter().filter_map(|release| release.traces.first().copied()).collect();
    let columns: Vec<String> = others
        .last()
        .map(|own| own.columns.iter().map(ToString::to_string).collect())
        .unwrap_or_default();
    let system = System::of(&others, k);
    let told = if too_many { None } else { system.and_then(|system| system.told()) };
    let Some((needed, small)) = told else {
        return unjudged(&all, &columns).into_iter().collect();
    };
    let releases: Vec<&Trace> = needed.iter().filter_map(|at| all.get(*at).copied()).chain(last).collect();
    found(Kind::Equations, &releases, columns, &small).into_iter().collect()
}

impl<'a> Release<'a> {
    fn of(traces: Vec<&'a Trace>) -> Option<Self> {
        let finest = traces.iter().max_by_key(|trace| trace.columns.len()).copied()?;
        let mut columns: Vec<&str> = finest.columns.iter().map(String::as_str).collect();
        columns.sort_unstable();
        let mut counts = Counts::new();
        for group in &finest.groups {
            *counts.entry(picked(finest, &group.raw, &columns)).or_insert(0) += group.rows;
        }
        Some(Self { traces, columns, counts })
    }

    /// Whom it counts, over some of its columns.
    fn over(&self, columns: &[&str]) -> Counts {
        let mut counts = Counts::new();
        for (raw, rows) in &self.counts {
            *counts.entry(kept(&self.columns, raw, columns)).or_insert(0) += rows;
        }
        counts
    }

    fn shares(&self, other: &Self) -> Vec<&'a str> {
        self.columns.iter().copied().filter(|name| other.columns.contains(name)).collect()
    }

    /// Whether both are about the same people, as far as the columns that they share tell.
    fn is_about(&self, other: &Self) -> bool {
        let shared = self.shares(other);
        !shared.is_empty() && self.over(&shared) == other.over(&shared)
    }

    fn says_as(&self, other: &Self) -> bool {
        let same = |(one, other): (&&Trace, &&Trace)| one.columns == other.columns && one.groups == other.groups;
        self.traces.len() == other.traces.len() && self.traces.iter().zip(&other.traces).all(same)
    }
}

/// The releases about the candidate's people, each that says something of its own; and whether there are more than may be judged.
fn linked<'a>(own: &Release<'_>, earlier: &[&'a Trace]) -> (Vec<Release<'a>>, bool) {
    let mut by_name: BTreeMap<&str, Vec<&Trace>> = BTreeMap::new();
    for trace in earlier {
        by_name.entry(&trace.release).or_default().push(trace);
    }
    let mut kept: Vec<Release<'_>> = Vec::new();
    for release in by_name.into_values().filter_map(Release::of) {
        if release.is_about(own) && !kept.iter().any(|known| known.says_as(&release)) {
            kept.push(release);
        }
    }
    let too_many = kept.len() > RELEASES_MAX;
    (kept, too_many)
}

/// Digests of some columns of a trace, in another order.
fn picked(trace: &Trace, digests: &[u64], columns: &[&str]) -> Vec<u64> {
    let place = |name: &&str| trace.columns.iter().position(|known| known == name);
    columns
        .iter()
        .map(|name| place(name).and_then(|at| digests.get(at)).copied().unwrap_or(0))
        .collect()
}

fn kept(from: &[&str], raw: &[u64], columns: &[&str]) -> Vec<u64> {
    let place = |name: &&str| from.iter().position(|known| known == name);
    columns
        .iter()
        .map(|name| place(name).and_then(|at| raw.get(at)).copied().unwrap_or(0))
        .collect()
}

/// Combinations of one release, numbered.
struct Numbered<'a> {
    columns: Vec<&'a str>,
    counts: &'a Counts,
    from: usize,
}

impl Numbered<'_> {
    /// The numbers of the combinations with the same values in some columns.
    fn by(&self, columns: &[&str]) -> BTreeMap<Vec<u64>, Vec<usize>> {
        let mut by: BTreeMap<Vec<u64>, Vec<usize>> = BTreeMap::new();
        for (at, raw) in self.counts.keys().enumerate() {
            by.entry(kept(&self.columns, raw, columns)).or_default().push(self.from + at);
        }
        by
    }
}

/// A group that must stay unknown: its combinations, and its people.
type Target = (Vec<usize>, u64);

struct System {
    /// Equations by the release that publishes them; those that make releases agree stand first.
    rows: Vec<Vec<Row>>,
    targets: BTreeMap<Vec<usize>, u64>,
}

impl System {
    /// The equations of releases, the candidate's last; nothing when they are too many.
    fn of(releases: &[Release<'_>], k: u64) -> Option<Self> {
        let mut numbered: Vec<Numbered<'_>> = Vec::new();
        let mut place = Vec::new();
        let mut next = 0;
        for release in releases {
            let same = |one: &Numbered<'_>| one.columns == release.columns && *one.counts == release.counts;
            place.push(numbered.iter().position(same).unwrap_or(numbered.len()));
            if !numbered.iter().any(same) {
                numbered.push(Numbered {
                    columns: release.columns.clone(),
                    counts: &release.counts,
                    from: next,
                });
                next += release.counts.len();
            }
        }
        let mut rows = vec![agreeing(&numbered)];
        let mut targets: Vec<Target> = Vec::new();
        for (release, at) in releases.iter().zip(place) {
            let Some(numbered) = numbered.get(at) else { continue };
            let mut own = Vec::new();
            for trace in &release.traces {
                own.extend(published(trace, numbered));
                targets.extend(hidden(trace, numbered, k));
            }
            rows.push(own);
        }
        Self {
            rows,
            targets: targets.into_iter().collect(),
        }
        .merged(next)
    }

    /// The same over groups of combinations that no equation tells apart. A target that cuts one of them follows from nothing.
    fn merged(self, unknowns: usize) -> Option<Self> {
        let mut stands: Vec<Vec<(usize, u64)>> = vec![Vec::new(); unknowns];
        for (at, row) in self.rows.iter().flatten().enumerate() {
            for (unknown, factor) in row {
                stands.get_mut(*unknown)?.push((at, *factor));
            }
        }
        let mut groups: BTreeMap<&Vec<(usize, u64)>, (usize, usize)> = BTreeMap::new();
        let mut of = Vec::with_capacity(unknowns);
        for stand in &stands {
            let fresh = groups.len();
            let group = groups.entry(stand).or_insert((fresh, 0));
            group.1 += 1;
            of.push(group.0);
        }
        if groups.len() > UNKNOWNS_MAX {
            return None;
        }
        let mut sizes = vec![0; groups.len()];
        for (at, size) in groups.values() {
            if let Some(slot) = sizes.get_mut(*at) {
                *slot = *size;
            }
        }
        let group = |unknown: &usize| of.get(*unknown).copied().unwrap_or(usize::MAX);
        let row = |row: &Row| -> Row { row.iter().map(|(unknown, factor)| (group(unknown), *factor)).collect() };
        let whole = |target: &Vec<usize>| {
            let mut held: BTreeMap<usize, usize> = BTreeMap::new();
            target.iter().for_each(|unknown| *held.entry(group(unknown)).or_insert(0) += 1);
            let is_whole = held.iter().all(|(at, count)| sizes.get(*at) == Some(count));
            is_whole.then(|| held.into_keys().collect::<Vec<usize>>())
        };
        Some(Self {
            rows: self.rows.iter().map(|rows| rows.iter().map(row).collect()).collect(),
            targets: self
                .targets
                .iter()
                .filter_map(|(target, rows)| Some((whole(target)?, *rows)))
                .collect(),
        })
    }

    /// What follows from all equations but those of the releases in `without`.
    fn echelon(&self, without: &BTreeSet<usize>, steps: &mut u64) -> Option<Echelon> {
        let mut echelon = Echelon::default();
        for (at, rows) in self.rows.iter().enumerate() {
            // The first rows are what makes releases agree.
            if at > 0 && without.contains(&(at - 1)) {
                continue;
            }
            for row in rows {
                echelon.add(row.clone(), steps)?;
            }
        }
        Some(echelon)
    }

    /// The groups that only the candidate together with others tells, and which others are needed; nothing when it takes too many steps.
    fn told(&self) -> Option<(Vec<usize>, Small)> {
        let mut steps = STEPS_MAX;
        let releases = self.rows.len() - 1;
        let last = releases.saturating_sub(1);
        let mut small = Small::default();
        let mut open: Vec<&Vec<usize>> = Vec::new();
        let others: BTreeSet<usize> = (0..last).collect();
        let all = self.echelon(&BTreeSet::new(), &mut steps)?;
        let before = self.echelon(&BTreeSet::from([last]), &mut steps)?;
        let alone = self.echelon(&others, &mut steps)?;
        for (target, rows) in &self.targets {
            let row: Row = target.iter().map(|unknown| (*unknown, 1)).collect();
            let told = all.holds(&row, &mut steps)? && !before.holds(&row, &mut steps)? && !alone.holds(&row, &mut steps)?;
            if told {
                small.add(*rows);
                open.push(target);
            }
        }
        let mut without = BTreeSet::new();
        for at in others.iter().filter(|_| !open.is_empty()) {
            let fewer: BTreeSet<usize> = without.iter().copied().chain([*at]).collect();
            // Past the bound all are named: that more is told is known by then.
            let Some(echelon) = self.echelon(&fewer, &mut steps) else { break };
            let still = open.iter().any(|target| {
                let row: Row = target.iter().map(|unknown| (*unknown, 1)).collect();
                echelon.holds(&row, &mut steps) == Some(true)
            });
            if still {
                without = fewer;
            }
        }
        Some((others.difference(&without).copied().collect(), small))
    }
}

/// What makes two releases about the same people agree.
fn agreeing(all: &[Numbered<'_>]) -> Vec<Row> {
    let minus_one = Echelon::negative(1);
    let mut rows = Vec::new();
    for (at, one) in all.iter().enumerate() {
        for other in all.iter().skip(at + 1) {
            let shared: Vec<&str> = one.columns.iter().copied().filter(|name| other.columns.contains(name)).collect();
            let over = |numbered: &Numbered<'_>| {
                let mut counts = Counts::new();
                for (raw, rows) in numbered.counts {
                    *counts.entry(kept(&numbered.columns, raw, &shared)).or_insert(0) += rows;
                }
                counts
            };
            if shared.is_empty() || over(one) != over(other) {
                continue;
            }
            let theirs = other.by(&shared);
            for (key, ours) in one.by(&shared) {
                let theirs = theirs.get(&key).into_iter().flatten();
                rows.push(
                    ours.into_iter()
                        .map(|unknown| (unknown, 1))
                        .chain(theirs.map(|unknown| (*unknown, minus_one)))
                        .collect(),
                );
            }
        }
    }
    rows
}

/// One equation for each published cell.
fn published(trace: &Trace, numbered: &Numbered<'_>) -> Vec<Row> {
    let columns: Vec<&str> = trace.columns.iter().map(String::as_str).collect();
    let by = numbered.by(&columns);
    let mut cells: BTreeMap<&Vec<u64>, Row> = BTreeMap::new();
    for group in &trace.groups {
        if let Some(shown) = &group.shown {
            let members = by.get(&group.raw).into_iter().flatten();
            cells.entry(shown).or_default().extend(members.map(|unknown| (*unknown, 1)));
        }
    }
    cells.into_values().collect()
}

/// What a margin must not tell: each small combination, and each small cell that it hides, where the words of the other cells name it.
fn hidden(trace: &Trace, numbered: &Numbered<'_>, k: u64) -> Vec<Target> {
    let columns: Vec<&str> = trace.columns.iter().map(String::as_str).collect();
    let by = numbered.by(&columns);
    let mut words: Vec<BTreeMap<u64, u64>> = vec![BTreeMap::new(); columns.len()];
    for group in &trace.groups {
        for ((words, raw), shown) in words.iter_mut().zip(&group.raw).zip(group.shown.iter().flatten()) {
            words.insert(*raw, *shown);
        }
    }
    let mut cells: BTreeMap<Vec<u64>, Target> = BTreeMap::new();
    let mut targets = Vec::new();
    for group in &trace.groups {
        let members = by.get(&group.raw).cloned().unwrap_or_default();
        if group.shown.is_none() {
            let named: Option<Vec<u64>> = words.iter().zip(&group.raw).map(|(words, raw)| words.get(raw).copied()).collect();
            if let Some(named) = named {
                let cell = cells.entry(named).or_default();
                cell.0.extend(&members);
                cell.1 += group.rows;
            }
        }
        targets.push((members, group.rows));
    }
    targets.extend(cells.into_values());
    targets.retain(|(_, rows)| (1..k).contains(rows));
    for (members, _) in &mut targets {
        members.sort_unstable();
    }
    targets
}
