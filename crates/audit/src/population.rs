//! The people behind each group: a population read anew and laid against what a written file shows (k-map and delta-presence, `privacy.md` 2.3).
//!
//! In: the groups of the file, the population's table, and what stands above each value of a quasi-identifying column: the text of a hierarchy
//! file where there is one, read here by a reader of our own; else what whoever protected the table says, which must be nested, and for numbers
//! and codes is checked by what the labels say themselves. Out: how many people stand behind each group. A person stands behind the most precise
//! group that fits. Where several are as precise, nobody who reads the file can tell: those people are divided among them so that the model
//! holds, if any division does that. A value or a label that cannot be placed is a fault, never a pass.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;

use arrow::array::Array as _;
use fyr_model::held::{Above, PopulationFigures, Share};
use serde::{Deserialize, Serialize};

use crate::bounds::NEAR;
use crate::read;
use divide::{Undecided, divide};
use ladder::{Fit, Ladder, Place};

mod divide;
mod ladder;

/// The mark of a cell that says nothing any more.
pub(crate) const STAR: &str = "*";

/// A population and how its values are generalised.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PopulationWork {
    /// Its Parquet files.
    pub files: Vec<PathBuf>,
    /// Per quasi-identifying column, what stands above each value, as whoever protected the table says.
    pub above: BTreeMap<String, Above>,
    /// Per column, the text of its hierarchy file; it takes the place of what is said.
    pub texts: BTreeMap<String, String>,
    /// Per column, the policy's word for its hierarchy.
    pub words: BTreeMap<String, String>,
    /// The level that each column is shown at, where it is the same in all rows.
    pub levels: BTreeMap<String, usize>,
    /// Rows that were left out of the file.
    pub left_out: u64,
}

/// A group of the written file.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Group {
    /// What it shows, column by column.
    pub(crate) cells: Vec<Option<String>>,
    /// Its rows.
    pub(crate) rows: u64,
}

/// What was counted.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Counted {
    people: u64,
    outside: u64,
    /// People behind each group, at least.
    least: Vec<u64>,
    /// People who may stand behind several.
    undecided: Vec<Undecided>,
}

/// Whether a model holds, and by which figures.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Judged {
    pub(crate) holds: bool,
    pub(crate) figures: PopulationFigures,
}

impl Counted {
    /// Whether people can be divided so that at least so many stand behind every group.
    pub(crate) fn map(&self, groups: &[Group], k: u64) -> Judged {
        self.judged(groups, &vec![k; groups.len()], &vec![u64::MAX; groups.len()])
    }

    /// Whether people can be divided so that of each group's no smaller and no greater share is in the file. People behind no group are none of
    /// whom is in it: that is too small a share where one is asked for, unless rows were left out, who are theirs.
    pub(crate) fn presence(&self, groups: &[Group], share: Share, left_out: u64) -> Judged {
        let outside = share.min > 0.0 && self.outside > 0 && left_out == 0;
        let needs = groups.iter().map(|group| match group.rows as f64 / share.max {
            people if people.is_finite() => (people - NEAR * people).ceil() as u64,
            _ => u64::MAX,
        });
        let takes = groups.iter().map(|group| match group.rows as f64 / share.min {
            people if people.is_finite() => (people + NEAR * people).floor() as u64,
            _ => u64::MAX,
        });
        let judged = self.judged(groups, &needs.collect::<Vec<_>>(), &takes.collect::<Vec<_>>());
        Judged {
            holds: judged.holds && !outside,
            ..judged
        }
    }

    fn judged(&self, groups: &[Group], needs: &[u64], takes: &[u64]) -> Judged {
        let after = |all: &[u64]| -> Vec<u64> { all.iter().zip(&self.least).map(|(all, least)| all.saturating_sub(*least)).collect() };
        let within = self.least.iter().zip(takes).all(|(least, takes)| least <= takes);
        let (given, divided) = divide(&self.undecided, &after(needs), &after(takes));
        let people: Vec<u64> = given.iter().zip(&self.least).map(|(given, least)| given + least).collect();
        Judged {
            holds: within && divided,
            figures: self.figures(groups, &people),
        }
    }

    fn figures(&self, groups: &[Group], people: &[u64]) -> PopulationFigures {
        let pairs = groups.iter().zip(people);
        let shares: Vec<f64> = pairs.map(|(group, people)| group.rows as f64 / (*people).max(1) as f64).collect();
        let least = shares.iter().copied().fold(f64::INFINITY, f64::min);
        PopulationFigures {
            people: self.people,
            group_min: people.iter().min().copied().unwrap_or(0),
            share: Share {
                min: if least.is_finite() { least } else { 0.0 },
                max: shares.iter().copied().fold(0.0, f64::max),
            },
            outside: self.outside,
        }
    }
}

/// Counts people behind groups; an error says in a few words why that cannot be done, and names columns only.
pub(crate) fn count(columns: &[String], groups: &[Group], work: &PopulationWork) -> Result<Counted, String> {
    let ladders: Result<Vec<Ladder>, String> = columns.iter().map(|name| Ladder::of(name, work)).collect();
    let ladders = ladders?;
    let boxes = boxes(columns, groups, &ladders, work)?;
    let mut counted = Counted {
        people: 0,
        outside: 0,
        least: vec![0; groups.len()],
        undecided: Vec::new(),
    };
    let mut undecided: BTreeMap<Vec<usize>, u64> = BTreeMap::new();
    for (person, people) in people(columns, &ladders, work)? {
        counted.people += people;
        let behind = behind(&boxes.fitting(&person, &ladders));
        match behind.as_slice() {
            [] => counted.outside += people,
            [Some(group)] => {
                if let Some(least) = counted.least.get_mut(*group) {
                    *least += people;
                }
            }
            several => *undecided.entry(several.iter().flatten().copied().collect()).or_insert(0) += people,
        }
    }
    let kinds = undecided.into_iter().map(|(groups, people)| Undecided { groups, people });
    counted.undecided = kinds.collect();
    Ok(counted)
}

/// The groups that somebody may stand behind, of those that fit: the most precise. Where a label can be read so that a group fits and so that it
/// does not, all of them, and a blank that keeps a single one from counting as certain.
fn behind(fitting: &[Fitting<'_>]) -> Vec<Option<usize>> {
    let ways = |group: usize| fitting.iter().filter(|other| other.group == group).count();
    let is_read = fitting.iter().all(|one| ways(one.group) == one.readings);
    let candidates = fitting.iter().filter(|one| !is_read || is_minimal(one, fitting));
    let groups: BTreeSet<usize> = candidates.map(|one| one.group).collect();
    let blank = (!is_read).then_some(None);
    groups.into_iter().map(Some).chain(blank).collect()
}

/// A group that fits a person: what it shows in each column.
struct Fitting<'a> {
    group: usize,
    places: &'a [Place],
    readings: usize,
}

/// Whether no other group that fits the same person is more precise.
fn is_minimal(one: &Fitting<'_>, fitting: &[Fitting<'_>]) -> bool {
    let within = |a: &Fitting<'_>, b: &Fitting<'_>| a.places.iter().zip(b.places).all(|(a, b)| a.is_within(b));
    !fitting
        .iter()
        .any(|other| other.group != one.group && within(other, one) && !within(one, other))
}

/// Entries by the labels that they show.
type Entries = HashMap<Vec<u32>, Vec<usize>>;

/// Groups by how precisely they show each column, so that a person is looked up once for each such pattern.
struct Boxes {
    patterns: Vec<(Vec<Fit>, Entries)>,
    /// Per entry of a pattern: the group, what it shows, and in how many ways that can be read.
    entries: Vec<(usize, Vec<Place>, usize)>,
}

impl Boxes {
    fn fitting(&self, person: &[u32], ladders: &[Ladder]) -> Vec<Fitting<'_>> {
        let mut found = Vec::new();
        for (pattern, known) in &self.patterns {
            let labels = pattern.iter().zip(person).zip(ladders);
            let key: Vec<u32> = labels
                .filter_map(|((fit, leaf), ladder)| ladder.label(*leaf, fit.level()?))
                .collect();
            for entry in known.get(&key).into_iter().flatten() {
                let Some((group, places, readings)) = self.entries.get(*entry) else {
                    continue;
                };
                let inside = |((place, leaf), ladder): ((&Place, &u32), &Ladder)| place.holds(ladder.number(*leaf));
                if places.iter().zip(person).zip(ladders).all(inside) {
                    found.push(Fitting {
                        group: *group,
                        places,
                        readings: *readings,
                    });
                }
            }
        }
        found
    }
}

/// What each group shows, in every way that it can be read: a label may stand on several levels.
fn boxes(columns: &[String], groups: &[Group], ladders: &[Ladder], work: &PopulationWork) -> Result<Boxes, String> {
    let mut by_pattern: BTreeMap<Vec<Fit>, Entries> = BTreeMap::new();
    let mut entries = Vec::new();
    let mut known: Vec<HashMap<Option<&str>, Vec<Place>>> = vec![HashMap::new(); columns.len()];
    for (group, shown) in groups.iter().enumerate() {
        let mut readings: Vec<Vec<Place>> = vec![Vec::new()];
        let cells = shown.cells.iter().map(Option::as_deref).zip(ladders).zip(columns);
        for (((cell, ladder), name), known) in cells.zip(&mut known) {
            let said = work.levels.get(name).copied();
            let places = known.entry(cell).or_insert_with(|| ladder.places(cell, said));
            if places.is_empty() {
                return Err(format!("`{name}`: a written value is none of its hierarchy"));
            }
            readings = readings
                .iter()
                .flat_map(|so_far| places.iter().map(move |place| [so_far.as_slice(), &[*place]].concat()))
                .collect();
            if readings.len() > READINGS_MAX {
                return Err(format!("`{name}`: written values can be read in too many ways"));
            }
        }
        let ways = readings.len();
        for places in readings {
            let pattern: Vec<Fit> = places.iter().map(Place::fit).collect();
            let key: Vec<u32> = places.iter().filter_map(Place::label).collect();
            let known = by_pattern.entry(pattern).or_default();
            known.entry(key).or_default().push(entries.len());
            entries.push((group, places, ways));
        }
    }
    Ok(Boxes {
        patterns: by_pattern.into_iter().collect(),
        entries,
    })
}

/// Ways in which one group can be read, at most.
const READINGS_MAX: usize = 64;

/// The different people by the leaf of each column, with how many of them there are.
fn people(columns: &[String], ladders: &[Ladder], work: &PopulationWork) -> Result<HashMap<Vec<u32>, u64>, String> {
    let mut counts: HashMap<Vec<u32>, u64> = HashMap::new();
    let mut unplaced: BTreeSet<&String> = BTreeSet::new();
    for path in &work.files {
        let there = read::parquet_columns(path)?;
        let place = |name: &String| {
            let at = there.iter().position(|(other, _)| other == name);
            at.ok_or_else(|| format!("`{name}`: the population has no such column"))
        };
        let places: Result<Vec<usize>, String> = columns.iter().map(place).collect();
        let places = places?;
        read::parquet_blocks(path, |block| {
            for row in 0..block.first().map_or(0, |cells| cells.len()) {
                let mut person = Vec::with_capacity(places.len());
                for ((at, ladder), name) in places.iter().zip(ladders).zip(columns) {
                    match ladder.leaf(block.get(*at).and_then(|cells| read::cell(cells, row))) {
                        Some(leaf) => person.push(leaf),
                        None => drop(unplaced.insert(name)),
                    }
                }
                *counts.entry(person).or_insert(0) += 1;
            }
        })?;
    }
    match unplaced.first() {
        None => Ok(counts),
        Some(name) => Err(format!("`{name}`: the population has values that stand in no hierarchy")),
    }
}

#[cfg(test)]
mod tests;
