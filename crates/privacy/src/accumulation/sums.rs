//! Published sums and means: whose values the difference of two of them tells.
//!
//! A mean with its count is a sum. The sum of a group in one release less the sum of the same group in another is a sum over those who are in
//! one only, or whose value changed: with one of them, a person's value; and the counts may well be equal. A group's contributions are kept as
//! a sketch that can be added and subtracted as the sums can: each contribution falls in one of so many parts, as a keyed digest, and a part
//! in which nothing differs is zero. So the parts that are not zero are never more than the contributions that differ.
//!
//! Source of the idea: linear sketches of differences, as in Eppstein, Goodrich, Uyeda and Varghese, What's the Difference? (2011).

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use super::Sketcher;

/// Parts that the contributions of a group are divided in: with 20 that differ, two fall in the same part once in five times.
const PARTS: u64 = 1024;

/// The contributions to a group, so that those of two groups can be subtracted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sketch(BTreeMap<u16, u64>);

impl Sketch {
    fn add(&mut self, digest: u64) {
        self.change((digest % PARTS) as u16, |part| part.wrapping_add(digest));
    }

    pub(super) fn plus(&mut self, other: &Self) {
        for (part, sum) in &other.0 {
            self.change(*part, |own| own.wrapping_add(*sum));
        }
    }

    /// Parts in which two groups differ.
    pub(super) fn unlike(&self, other: &Self) -> u64 {
        let here = self.0.iter().filter(|(part, sum)| other.0.get(part) != Some(sum)).count();
        let there = other.0.keys().filter(|part| !self.0.contains_key(part)).count();
        (here + there) as u64
    }

    fn change(&mut self, part: u16, with: impl Fn(u64) -> u64) {
        let sum = with(self.0.get(&part).copied().unwrap_or(0));
        if sum == 0 {
            self.0.remove(&part);
        } else {
            self.0.insert(part, sum);
        }
    }
}

/// A column whose sums or means a release shows, group by group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sum {
    /// The column.
    pub column: String,
    /// The groups.
    pub cells: Vec<SumCell>,
}

/// A group with a published sum or mean.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SumCell {
    /// How it is shown, in the order of the trace's columns; nothing for the suppressed rows, which have a mean of their own.
    pub shown: Option<Vec<u64>>,
    /// Contributions.
    pub rows: u64,
    /// Whose.
    pub sketch: Sketch,
}

/// Collects the contributions to a column's sums.
#[derive(Debug, Default)]
pub struct Summing {
    column: String,
    /// How often an equal contribution came before: of equal ones each counts.
    seen: HashMap<(Vec<u64>, String), u64>,
    cells: BTreeMap<Option<Vec<u64>>, (u64, Sketch)>,
}

impl Summing {
    /// None so far.
    pub fn of(column: &str) -> Self {
        Self {
            column: column.to_owned(),
            ..Self::default()
        }
    }

    /// The column.
    pub fn column(&self) -> &str {
        &self.column
    }

    /// One contribution: what stands in the other columns, the value, and the groups that it counts in.
    pub fn take(&mut self, sketcher: &Sketcher, raw: &[u64], value: &str, groups: &[Option<Vec<u64>>]) {
        let nth = self.seen.entry((raw.to_vec(), value.to_owned())).or_insert(0);
        *nth += 1;
        let own: Vec<String> = raw.iter().map(|digest| format!("{digest:x}")).collect();
        let text = format!("{}\n{value}\n{nth}", own.join(" "));
        let digest = sketcher.digest(&format!("{}\u{0}sum", self.column), Some(&text));
        for group in groups {
            let (rows, sketch) = self.cells.entry(group.clone()).or_default();
            *rows += 1;
            sketch.add(digest);
        }
    }

    /// What a release is to be remembered by.
    pub fn finish(self) -> Sum {
        let cell = |(shown, (rows, sketch))| SumCell { shown, rows, sketch };
        Sum {
            column: self.column,
            cells: self.cells.into_iter().map(cell).collect(),
        }
    }
}

/// Contributions to groups by what names them.
pub(super) type Groups = BTreeMap<Vec<u64>, (u64, Sketch)>;

/// How many people at least stand behind the difference of two sums; nothing where nobody does.
///
/// Of those who differ `added` are in the one only and `taken` in the other: their difference is that of the counts, their sum at least the
/// parts that differ. The larger of the two is what the other side cannot fall below.
pub(super) fn behind(new: &(u64, Sketch), old: &(u64, Sketch)) -> Option<u64> {
    let parts = new.1.unlike(&old.1);
    let gap = new.0.abs_diff(old.0);
    (parts > 0).then(|| gap.max((parts + gap).div_ceil(2)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(values: &[&str]) -> (u64, Sketch) {
        let sketcher = Sketcher::new(b"sixteen bytes and more").unwrap();
        let mut summing = Summing::of("lon");
        for value in values {
            summing.take(&sketcher, &[7], value, &[Some(vec![1])]);
        }
        let sum = summing.finish();
        (sum.cells[0].rows, sum.cells[0].sketch.clone())
    }

    #[test]
    fn people_behind_a_difference_are_counted_whatever_the_counts_say() {
        let old = group(&["1", "2", "3", "3", "4"]);
        for (values, expected) in [
            (&["1", "2", "3", "3", "4"][..], None),
            (&["4", "3", "2", "1", "3"], None),
            // One more, one less, one changed, two exchanged, one of two equal ones gone.
            (&["1", "2", "3", "3", "4", "5"], Some(1)),
            (&["1", "2", "3", "3"], Some(1)),
            (&["1", "2", "3", "3", "9"], Some(1)),
            (&["8", "9", "3", "3", "4"], Some(2)),
            (&["1", "2", "3", "4", "7"], Some(1)),
        ] {
            assert_eq!(behind(&group(values), &old), expected, "{values:?}");
        }
        let many: Vec<String> = (0..40).map(|n| n.to_string()).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let people = behind(&group(&many), &group(&["x"])).unwrap();
        assert!((39..=40).contains(&people), "{people}");
    }

    #[test]
    fn sketches_add_as_sums_do() {
        let (mut both, all) = (group(&["1", "2"]).1, group(&["1", "2", "3"]));
        both.plus(&group(&["3"]).1);
        assert_eq!(both, all.1);
    }
}
