//! The values of a numeric column in their order, and ranges of them.
//!
//! In: the leaves of a column with their rows, and the labels above them. Out: ranks, how many rows and leaves a range holds, and what it is called.

use std::collections::HashSet;

/// Numbers in order. A missing value has no rank.
#[derive(Debug, Clone)]
pub(crate) struct Order {
    rank_of: Vec<Option<u32>>,
    texts: Vec<String>,
    values: Vec<f64>,
    /// Rows up to each rank, that one not counted.
    rows_before: Vec<u64>,
    is_whole: bool,
    /// Labels that a range must not be taken for: a file may call 21 to 25 `20-24`.
    labels: HashSet<String>,
}

impl Order {
    /// The order of a column's leaves; nothing when one is no number. `labels` are those above the leaves.
    pub(crate) fn of(leaves: &[Option<String>], counts: &[u64], labels: HashSet<String>) -> Option<Self> {
        let mut numbers: Vec<(f64, &str, usize)> = Vec::new();
        for (leaf, text) in leaves.iter().enumerate() {
            if let Some(text) = text {
                let number = text.parse::<f64>().ok().filter(|number| number.is_finite())?;
                numbers.push((number, text, leaf));
            }
        }
        numbers.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(b.1)));
        let mut rank_of = vec![None; leaves.len()];
        let mut rows_before = vec![0];
        let mut sum = 0;
        for (rank, (_, _, leaf)) in numbers.iter().enumerate() {
            if let Some(slot) = rank_of.get_mut(*leaf) {
                *slot = Some(rank as u32);
            }
            sum += counts.get(*leaf).copied().unwrap_or(0);
            rows_before.push(sum);
        }
        Some(Self {
            rank_of,
            is_whole: numbers.iter().all(|(number, ..)| number.fract() == 0.0),
            texts: numbers.iter().map(|(_, text, _)| (*text).to_owned()).collect(),
            values: numbers.iter().map(|(number, ..)| *number).collect(),
            rows_before,
            labels,
        })
    }

    pub(crate) fn rank(&self, leaf: u32) -> Option<u32> {
        self.rank_of.get(leaf as usize).copied().flatten()
    }

    /// Rows of the whole table from one rank to another.
    pub(crate) fn rows(&self, first: u32, last: u32) -> u64 {
        let before = |rank: usize| self.rows_before.get(rank).copied().unwrap_or(0);
        before(last as usize + 1).saturating_sub(before(first as usize))
    }

    /// Leaves of the hierarchy from one rank to another, of `all`. A file may have leaves that the data lack: between whole numbers they are taken
    /// to be the whole numbers between, else all of them are counted, so that a range never seems to lose less than it does.
    pub(crate) fn leaves(&self, first: u32, last: u32, all: u64) -> u64 {
        let here = u64::from(last.saturating_sub(first)) + 1;
        let unseen = all.saturating_sub(self.rank_of.len() as u64);
        let value = |rank: u32| self.values.get(rank as usize).copied().unwrap_or(0.0);
        let gap = if first == last {
            0
        } else if self.is_whole {
            ((value(last) - value(first)) as u64 + 1).saturating_sub(here)
        } else {
            unseen
        };
        here + gap.min(unseen)
    }

    /// What a range is called: the value itself, `20-24`, or `[-5, 3]` when one is below zero or the hierarchy says `20-24` of its own.
    pub(crate) fn text(&self, first: u32, last: u32) -> String {
        let text = |rank: u32| self.texts.get(rank as usize).map_or("", String::as_str);
        if first == last {
            return text(first).to_owned();
        }
        let plain = format!("{}-{}", text(first), text(last));
        let below = self.values.get(first as usize).is_some_and(|value| *value < 0.0);
        if below || self.labels.contains(&plain) {
            format!("[{}, {}]", text(first), text(last))
        } else {
            plain
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(leaves: &[&str]) -> Order {
        let leaves: Vec<Option<String>> = leaves.iter().map(|leaf| Some((*leaf).to_owned())).chain([None]).collect();
        Order::of(&leaves, &vec![2; leaves.len()], HashSet::from(["10-40".to_owned()])).unwrap()
    }

    #[test]
    fn numbers_stand_in_the_order_of_numbers_and_ranges_are_named_by_their_ends() {
        let whole = order(&["9", "10", "-2", "40"]);
        let ranks: Vec<Option<u32>> = (0..5).map(|leaf| whole.rank(leaf)).collect();
        assert_eq!(ranks, [Some(1), Some(2), Some(0), Some(3), None]);
        assert_eq!(
            (whole.text(0, 1).as_str(), whole.text(1, 2).as_str(), whole.text(3, 3).as_str()),
            ("[-2, 9]", "9-10", "40")
        );
        assert_eq!(whole.text(2, 3), "[10, 40]", "the hierarchy says 10-40 of something else");
        assert_eq!(whole.rows(1, 3), 6);
        assert!(Order::of(&[Some("x".to_owned())], &[1], HashSet::new()).is_none());
    }

    #[test]
    fn a_range_counts_the_leaves_of_the_file_that_may_lie_within_it() {
        let whole = order(&["1", "5", "6"]);
        assert_eq!(
            (whole.leaves(1, 2, 4), whole.leaves(0, 1, 4)),
            (2, 2),
            "the data have all leaves, missing included"
        );
        assert_eq!((whole.leaves(0, 1, 100), whole.leaves(0, 1, 6)), (5, 4));
        let parts = order(&["0.5", "1.5"]);
        assert_eq!((parts.leaves(0, 1, 3), parts.leaves(0, 1, 10), parts.leaves(1, 1, 10)), (2, 9, 1));
    }
}
