//! Two releases over the columns that they share.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::sums::{Groups, behind};
use super::{Sketch, Sum, Trace};

/// Groups that are too small.
#[derive(Debug, Default)]
pub(super) struct Small {
    pub(super) records: u64,
    pub(super) smallest: Option<u64>,
}

impl Small {
    pub(super) fn add(&mut self, rows: u64) {
        self.records += rows;
        self.smallest = Some(self.smallest.map_or(rows, |smallest| smallest.min(rows)));
    }
}

/// The columns of both, in the order of the first.
pub(super) fn shared(one: &Trace, other: &Trace) -> Vec<String> {
    let both = one.columns.iter().filter(|name| other.columns.contains(name));
    both.cloned().collect()
}

/// One release over some of its columns.
pub(super) struct Side {
    /// Per column: how each value is shown.
    pub(super) shown: Vec<HashMap<u64, u64>>,
    /// Values, how they are shown, and rows; those that are shown at all.
    pub(super) groups: Vec<(Vec<u64>, Vec<u64>, u64)>,
    /// Rows by what is shown.
    classes: BTreeMap<Vec<u64>, u64>,
}

impl Side {
    pub(super) fn of(trace: &Trace, columns: &[String]) -> Self {
        let places: Vec<usize> = columns
            .iter()
            .filter_map(|name| trace.columns.iter().position(|column| column == name))
            .collect();
        let pick = |digests: &[u64]| -> Vec<u64> { places.iter().map(|place| digests.get(*place).copied().unwrap_or(0)).collect() };
        let mut side = Self {
            shown: vec![HashMap::new(); columns.len()],
            groups: Vec::new(),
            classes: BTreeMap::new(),
        };
        for group in &trace.groups {
            let Some(shown) = &group.shown else { continue };
            let (raw, shown) = (pick(&group.raw), pick(shown));
            for ((map, raw), shown) in side.shown.iter_mut().zip(&raw).zip(&shown) {
                map.insert(*raw, *shown);
            }
            *side.classes.entry(shown.clone()).or_insert(0) += group.rows;
            side.groups.push((raw, shown, group.rows));
        }
        side
    }

    /// How values would be shown in this release; nothing when one does not occur in it or its group was suppressed.
    pub(super) fn class(&self, raw: &[u64]) -> Option<Vec<u64>> {
        let shown: Option<Vec<u64>> = self.shown.iter().zip(raw).map(|(map, raw)| map.get(raw).copied()).collect();
        shown.filter(|shown| self.classes.contains_key(shown))
    }

    /// Whether every value that both have is shown the same way in both: then laying them side by side tells nothing new.
    pub(super) fn shows_as(&self, other: &Self) -> bool {
        let agree = |(one, other): (&HashMap<u64, u64>, &HashMap<u64, u64>)| {
            one.iter().all(|(raw, shown)| other.get(raw).is_none_or(|known| known == shown))
        };
        self.shown.iter().zip(&other.shown).all(agree)
    }
}

/// How to read one release's column in the words of the other.
enum Reading {
    /// Both show it alike.
    Alike,
    /// The new one tells more: its words in those of the old one.
    NewFiner(HashMap<u64, u64>),
    /// The old one tells more.
    OldFiner(HashMap<u64, u64>),
}

/// Two releases over what they share.
pub(super) struct Pair {
    pub(super) new: Side,
    pub(super) old: Side,
    pub(super) k: u64,
    /// Columns of the margin that each is, where it is one.
    pub(super) margins: [Option<usize>; 2],
}

impl Pair {
    /// Whoever knows somebody's values finds the group in both releases: how many rows are in both?
    pub(super) fn joined(&self) -> Small {
        let mut small = Small::default();
        for side in [&self.new, &self.old] {
            let mut together: BTreeMap<(Vec<u64>, Vec<u64>), u64> = BTreeMap::new();
            for (raw, _, rows) in &side.groups {
                if let (Some(new), Some(old)) = (self.new.class(raw), self.old.class(raw)) {
                    *together.entry((new, old)).or_insert(0) += rows;
                }
            }
            // Where both show a group the same way nothing new is told: it is as large as the release alone made it.
            let told = |(new, old): &(Vec<u64>, Vec<u64>)| new != old;
            together
                .into_iter()
                .filter(|(pair, rows)| told(pair) && *rows < self.k)
                .for_each(|(_, rows)| small.add(rows));
            if small.smallest.is_some() {
                break;
            }
        }
        small
    }

    /// The shared columns that can be read in the same words, where one release may say more than the other.
    fn readable(&self) -> Vec<(usize, Reading)> {
        let reading = |at: usize| {
            let (new, old) = (self.new.shown.get(at)?, self.old.shown.get(at)?);
            let mut common = new.iter().filter_map(|(raw, shown)| Some((*shown, *old.get(raw)?))).peekable();
            common.peek()?;
            let both: Vec<(u64, u64)> = common.collect();
            if both.iter().all(|(new, old)| new == old) {
                return Some((at, Reading::Alike));
            }
            let turned: Vec<(u64, u64)> = both.iter().map(|(new, old)| (*old, *new)).collect();
            function(&both)
                .map(Reading::NewFiner)
                .or_else(|| function(&turned).map(Reading::OldFiner))
                .map(|reading| (at, reading))
        };
        (0..self.new.shown.len()).filter_map(reading).collect()
    }

    /// Whether cells of a table would be summed. A table has a margin for every sum that it publishes; any other is the sum of the cells that it
    /// does not hide, and what is missing in it is known from the table alone.
    fn sums_cells(&self, readable: &[(usize, Reading)]) -> bool {
        let [new, old] = self.margins;
        let all = |margin: Option<usize>| margin.is_none_or(|columns| columns == readable.len());
        let coarser = readable.iter().any(|(_, reading)| match reading {
            Reading::Alike => false,
            Reading::NewFiner(_) => new.is_some(),
            Reading::OldFiner(_) => old.is_some(),
        });
        coarser || !all(new) || !all(old)
    }

    /// Sums of the same group in both releases, one less the other: groups of people behind the difference that are too small. `columns` are
    /// those that both share.
    pub(super) fn summed(&self, sums: [(&Trace, &Sum); 2], columns: &[String]) -> Small {
        let mut small = Small::default();
        let readable = self.readable();
        let mut add = |new: Option<&(u64, Sketch)>, old: Option<&(u64, Sketch)>| {
            let people = new.zip(old).and_then(|(new, old)| behind(new, old));
            people
                .filter(|people| *people < self.k)
                .into_iter()
                .for_each(|people| small.add(people));
        };
        if !readable.is_empty() && !self.sums_cells(&readable) {
            let [new, old] = [(sums[0], true), (sums[1], false)]
                .map(|((trace, sum), is_new)| groups(trace, sum, columns, |class| in_words(&readable, class, is_new)));
            new.iter().for_each(|(class, new)| add(Some(new), old.get(class)));
        }
        if self.margins == [None, None] {
            // Suppressed rows have a mean of their own, and all groups with them make the whole.
            let suppressed = sums.map(|(_, sum)| {
                sum.cells
                    .iter()
                    .find(|cell| cell.shown.is_none())
                    .map(|cell| (cell.rows, cell.sketch.clone()))
            });
            add(suppressed[0].as_ref(), suppressed[1].as_ref());
            if readable.is_empty() {
                let whole = sums.map(|(_, sum)| {
                    sum.cells.iter().fold((0, Sketch::default()), |mut all, cell| {
                        all.0 += cell.rows;
                        all.1.plus(&cell.sketch);
                        all
                    })
                });
                add(whole.first(), whole.last());
            }
        }
        small
    }

    /// Counts of the same group in both releases, one less the other; with the columns that the groups are of.
    pub(super) fn subtracted(&self) -> (Vec<usize>, Small) {
        let mut small = Small::default();
        let readable = self.readable();
        let places = readable.iter().map(|(at, _)| *at).collect();
        if readable.is_empty() || self.sums_cells(&readable) {
            return (places, small);
        }
        let count = |side: &Side, is_new: bool| -> BTreeMap<Vec<u64>, u64> {
            let mut counts = BTreeMap::new();
            for (class, rows) in &side.classes {
                if let Some(key) = in_words(&readable, class, is_new) {
                    *counts.entry(key).or_insert(0) += rows;
                }
            }
            counts
        };
        let (new, old) = (count(&self.new, true), count(&self.old, false));
        let both: BTreeSet<&Vec<u64>> = new.keys().filter(|class| old.contains_key(*class)).collect();
        for class in both {
            let gap = new.get(class).copied().unwrap_or(0).abs_diff(old.get(class).copied().unwrap_or(0));
            if gap > 0 && gap < self.k {
                small.add(gap);
            }
        }
        (places, small)
    }
}

/// What a group is called in the words that both releases are read in; a word that the other release has no word for is in none of its groups.
fn in_words(readable: &[(usize, Reading)], class: &[u64], is_new: bool) -> Option<Vec<u64>> {
    let word = |(at, reading): &(usize, Reading)| {
        let own = class.get(*at).copied().unwrap_or(0);
        match (reading, is_new) {
            (Reading::NewFiner(words), true) | (Reading::OldFiner(words), false) => words.get(&own).copied(),
            _ => Some(own),
        }
    };
    readable.iter().map(word).collect()
}

/// The pairs as a map, when no first word has two second ones.
fn function(pairs: &[(u64, u64)]) -> Option<HashMap<u64, u64>> {
    let mut map = HashMap::new();
    let single = pairs.iter().all(|(from, to)| *map.entry(*from).or_insert(*to) == *to);
    single.then_some(map)
}

/// The published sums of a release by what its groups are called over the shared columns.
fn groups(trace: &Trace, sum: &Sum, columns: &[String], called: impl Fn(&[u64]) -> Option<Vec<u64>>) -> Groups {
    let place = |name: &String| trace.columns.iter().position(|column| column == name);
    let places: Vec<usize> = columns.iter().filter_map(place).collect();
    let mut groups = Groups::new();
    for cell in &sum.cells {
        let Some(shown) = &cell.shown else { continue };
        let class: Vec<u64> = places.iter().map(|place| shown.get(*place).copied().unwrap_or(0)).collect();
        if let Some(key) = called(&class) {
            let group = groups.entry(key).or_default();
            group.0 += cell.rows;
            group.1.plus(&cell.sketch);
        }
    }
    groups
}
