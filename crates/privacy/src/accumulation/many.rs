//! Any number of releases at once: a row followed into all that share a column with one of them, and a total less all its parts.
//!
//! Pairs and threes are judged before; a finding here needs four releases or more. Each search has a bound on what it may look at. Past it the
//! answer is [`Kind::Unjudged`], since what has not been looked at is not known to be safe.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet};

use super::side::{Side, Small, shared};
use super::three::{distinct, name, newest};
use super::{Found, Kind, Trace, found};

/// Releases that a row is followed into at once, beside the one that it stands in.
pub(super) const STAR_MAX: usize = 32;
/// Groups of parts that are looked at for one total.
const STEPS_MAX: usize = 20_000_000;
/// Sets of releases that are tried to tell which are needed.
const TRIES_MAX: usize = 200;

/// Says that so many releases have not been judged together.
pub(super) fn unjudged(releases: &[&Trace], columns: &[String]) -> Option<Found> {
    let small = Small {
        records: releases.len() as u64,
        smallest: Some(1),
    };
    found(Kind::Unjudged, releases, columns.to_vec(), &small)
}

/// A row that stands in the same group of one release, and of all others that share a column with it, with fewer than `k`.
///
/// The star has the candidate in its middle or at one of its ends. Releases that show the same values the same way stand for one.
pub(super) fn stars(candidate: &Trace, earlier: &[&Trace], k: u64) -> Vec<Found> {
    let others = distinct(candidate, earlier);
    let mut all: Vec<Found> = Vec::new();
    for middle in std::iter::once(candidate).chain(others.iter().copied()) {
        let ends: Vec<&Trace> = std::iter::once(candidate)
            .chain(others.iter().copied())
            .filter(|end| !std::ptr::eq(*end, middle) && !shared(middle, end).is_empty())
            .collect();
        let about = std::ptr::eq(middle, candidate) || ends.first().is_some_and(|end| std::ptr::eq(*end, candidate));
        if ends.len() < 3 || !about {
            continue;
        }
        if ends.len() > STAR_MAX {
            all.extend(unjudged(&[middle, candidate], &middle.columns));
            continue;
        }
        let star = Star::of(middle, &ends);
        let must = (!std::ptr::eq(middle, candidate)).then_some(0);
        for (set, small) in star.needed(k, must) {
            let mut releases: Vec<&Trace> = ends
                .iter()
                .enumerate()
                .filter(|(at, _)| set & (1 << at) != 0)
                .map(|(_, end)| *end)
                .collect();
            releases.push(middle);
            // Oldest first, the candidate last; the same releases are one finding, whichever stands in the middle.
            releases.sort_by_key(|release| others.iter().position(|other| std::ptr::eq(*other, *release)).unwrap_or(usize::MAX));
            let one = found(Kind::Join, &releases, middle.columns.clone(), &small);
            all.extend(one.filter(|one| !all.iter().any(|known: &Found| known.releases == one.releases)));
        }
    }
    all
}

/// The groups of an end by what they show.
type Known = HashMap<Vec<u64>, usize>;
/// A row's group in every end of a star, where it has one.
type Classes = Vec<Option<usize>>;

/// The rows of the release in the middle, each with its group there and in every other.
struct Star {
    rows: Vec<(Vec<u64>, Classes, u64)>,
}

impl Star {
    fn of(middle: &Trace, ends: &[&Trace]) -> Self {
        let between = Side::of(middle, &middle.columns);
        let sides: Vec<(Vec<usize>, Side)> = ends
            .iter()
            .map(|end| {
                let columns = shared(middle, end);
                let place = |name: &String| middle.columns.iter().position(|known| known == name);
                (columns.iter().filter_map(place).collect(), Side::of(end, &columns))
            })
            .collect();
        let mut classes: Vec<Known> = vec![Known::new(); ends.len()];
        let rows = between
            .groups
            .iter()
            .map(|(raw, shown, rows)| {
                let of = |((places, side), classes): (&(Vec<usize>, Side), &mut Known)| {
                    let own: Vec<u64> = places.iter().map(|at| raw.get(*at).copied().unwrap_or(0)).collect();
                    let class = side.class(&own)?;
                    let next = classes.len();
                    Some(*classes.entry(class).or_insert(next))
                };
                (shown.clone(), sides.iter().zip(&mut classes).map(of).collect(), *rows)
            })
            .collect();
        Self { rows }
    }

    /// What stands together in the middle and in every end of `set`; an end that a row is not found in tells nothing of it.
    fn together(&self, set: u64) -> HashMap<(&[u64], Classes), u64> {
        let mut counts = HashMap::new();
        for (shown, classes, rows) in &self.rows {
            *counts.entry((shown.as_slice(), picked(classes, set))).or_insert(0) += rows;
        }
        counts
    }

    /// The smallest sets of three ends or more that leave fewer than `k` where fewer ends do not, each with what it leaves. The end `must` is
    /// in each.
    fn needed(&self, k: u64, must: Option<usize>) -> BTreeMap<u64, Small> {
        let ends = self.rows.first().map_or(0, |(_, classes, _)| classes.len());
        let all = (0..ends).fold(0u64, |set, at| set | 1 << at);
        let mut known = HashMap::new();
        let mut tries = 0;
        let mut sets: BTreeMap<u64, Small> = BTreeMap::new();
        let mut told: HashSet<(u64, &[u64], Classes)> = HashSet::new();
        for ((shown, classes), rows) in self.together(all) {
            if rows >= k {
                continue;
            }
            let mut set = all;
            let mut left = rows;
            for at in 0..ends {
                let fewer = set & !(1 << at);
                if must == Some(at) || fewer == 0 {
                    continue;
                }
                let counts = match known.entry(fewer) {
                    Entry::Occupied(counts) => counts.into_mut(),
                    Entry::Vacant(_) if tries >= TRIES_MAX => continue,
                    Entry::Vacant(free) => {
                        tries += 1;
                        free.insert(self.together(fewer))
                    }
                };
                let still = counts.get(&(shown, picked(&classes, fewer))).copied();
                if let Some(still) = still.filter(|still| *still < k) {
                    (set, left) = (fewer, still);
                }
            }
            // A pair's finding, or one of three.
            if set.count_ones() >= 3 && told.insert((set, shown, picked(&classes, set))) {
                sets.entry(set).or_default().add(left);
            }
        }
        sets
    }
}

fn picked(classes: &[Option<usize>], set: u64) -> Classes {
    let own = classes.iter().enumerate();
    own.map(|(at, class)| class.filter(|_| set & (1 << at) != 0)).collect()
}

/// A total less three parts of it or more, each under a name of its own.
///
/// As for two parts: releases are taken for parts when no group of all together is larger than that of the total.
pub(super) fn parts(candidate: &Trace, earlier: &[&Trace], k: u64) -> Vec<Found> {
    let others = newest(candidate, earlier);
    if others.len() < 3 {
        return Vec::new();
    }
    let all: Vec<&Trace> = others.iter().copied().chain([candidate]).collect();
    let mut found_all = Vec::new();
    for total in &all {
        let mut search = Search {
            candidate,
            total,
            parts: all
                .iter()
                .copied()
                .filter(|part| name(part) != name(total))
                .map(|part| (part, alike(total, part)))
                .collect(),
            k,
            steps: 0,
            found: Vec::new(),
        };
        search.choose(0, &mut Vec::new(), &total.columns);
        found_all.append(&mut search.found);
        if search.steps > STEPS_MAX {
            found_all.extend(unjudged(&[total, candidate], &total.columns));
        }
    }
    found_all
}

/// The parts of one total, chosen one after the other.
struct Search<'a> {
    candidate: &'a Trace,
    total: &'a Trace,
    /// Each with the columns that it shows as the total does.
    parts: Vec<(&'a Trace, Vec<String>)>,
    k: u64,
    steps: usize,
    found: Vec<Found>,
}

impl<'a> Search<'a> {
    fn choose(&mut self, next: usize, chosen: &mut Vec<&'a Trace>, columns: &[String]) {
        for at in next..self.parts.len() {
            let Some((part, alike)) = self.parts.get(at) else { return };
            let part = *part;
            if chosen.iter().any(|known| name(known) == name(part)) {
                continue;
            }
            let columns: Vec<String> = columns.iter().filter(|column| alike.contains(column)).cloned().collect();
            chosen.push(part);
            self.steps += self.total.groups.len() + chosen.iter().map(|part| part.groups.len()).sum::<usize>();
            if self.steps > STEPS_MAX {
                chosen.pop();
                return;
            }
            if let Some(small) = left_over(self.total, chosen, &columns, self.k) {
                if chosen.len() >= 3 {
                    self.tell(chosen, &columns, &small);
                }
                self.choose(at + 1, chosen, &columns);
            }
            chosen.pop();
        }
    }

    fn tell(&mut self, chosen: &[&'a Trace], columns: &[String], small: &Small) {
        let about = std::ptr::eq(self.total, self.candidate) || chosen.iter().any(|part| std::ptr::eq(*part, self.candidate));
        if !about {
            return;
        }
        let mut releases: Vec<&Trace> = chosen.iter().copied().chain([self.total]).collect();
        releases.sort_by_key(|release| std::ptr::eq(*release, self.candidate));
        self.found.extend(found(Kind::Difference, &releases, columns.to_vec(), small));
    }
}

/// The columns that two releases show alike.
fn alike(one: &Trace, other: &Trace) -> Vec<String> {
    let same = |name: &&String| {
        let column = std::slice::from_ref(*name);
        other.columns.contains(name) && Side::of(one, column).shows_as(&Side::of(other, column))
    };
    one.columns.iter().filter(same).cloned().collect()
}

/// What is left of each group of a total without its parts: nothing when they cannot be parts of it.
fn left_over(total: &Trace, parts: &[&Trace], columns: &[String], k: u64) -> Option<Small> {
    if columns.is_empty() {
        return None;
    }
    let counted = |trace: &Trace| {
        let mut counts: BTreeMap<Vec<u64>, u64> = BTreeMap::new();
        for (_, shown, rows) in Side::of(trace, columns).groups {
            *counts.entry(shown).or_insert(0) += rows;
        }
        counts
    };
    let all = counted(total);
    let mut taken: BTreeMap<Vec<u64>, (u64, usize)> = BTreeMap::new();
    for part in parts {
        for (key, rows) in counted(part) {
            let (sum, parts) = taken.entry(key).or_default();
            *sum += rows;
            *parts += 1;
        }
    }
    if taken.iter().any(|(key, (sum, _))| all.get(key).is_none_or(|rows| sum > rows)) {
        return None;
    }
    let mut small = Small::default();
    for (key, rows) in &all {
        let (sum, of) = taken.get(key).copied().unwrap_or_default();
        // Where a part has nobody, fewer parts tell the same.
        if of == parts.len() && *rows > sum && rows - sum < k {
            small.add(rows - sum);
        }
    }
    Some(small)
}
