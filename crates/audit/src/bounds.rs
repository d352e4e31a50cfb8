//! What a group gives away of a sensitive column, measured on the written file and held against the policy's bounds (`privacy.md` 2.3).
//!
//! In: how often each value stands in the whole file and in each group, and the bounds that were promised. Out: the largest distance of a
//! group from the file, and how many groups break a promise. Rows that were left out shift the whole file's distribution by at most their
//! share, which is allowed for; nothing else is. Likeness and disclosure ask for how common a value was before rows were left out: that is
//! [`Likely`]'s part.

use std::collections::BTreeMap;

use fyr_model::held::{Above, Bounds, Figures};
use fyr_model::privacy::{ClosenessKind, Diversity, DiversityKind};

use crate::likeness::Likely;
use crate::read::plain;

pub(crate) const NEAR: f64 = 1e-9;

/// Measures one column.
#[derive(Debug)]
pub(crate) struct Spread<'a> {
    bounds: Option<&'a Bounds>,
    /// Share of each code in the whole file, in the order of values.
    whole: Vec<f64>,
    /// The place of each code in that order.
    place: Vec<usize>,
    /// Nodes of the levels above, by place.
    levels: Vec<Vec<usize>>,
    likely: Likely,
    entropy_min: f64,
    pub(crate) l: u64,
    pub(crate) t: f64,
    broken: u64,
}

impl<'a> Spread<'a> {
    /// A measure of a column whose values have these codes; `counts` are those of the whole file.
    pub(crate) fn new(values: &BTreeMap<Option<String>, u32>, counts: &[u64], numeric: bool, bounds: Option<&'a Bounds>) -> Self {
        let rows = counts.iter().sum::<u64>().max(1) as f64;
        let mut order: Vec<(&Option<String>, u32)> = values.iter().map(|(value, code)| (value, *code)).collect();
        let number = |value: &Option<String>| value.as_ref().and_then(|text| text.parse::<f64>().ok());
        order.sort_by(|(a, _), (b, _)| {
            let by_number = match (numeric, number(a), number(b)) {
                (true, Some(a), Some(b)) => a.total_cmp(&b),
                _ => std::cmp::Ordering::Equal,
            };
            a.is_none().cmp(&b.is_none()).then(by_number).then_with(|| a.cmp(b))
        });
        let mut place = vec![0; order.len()];
        let mut whole = Vec::with_capacity(order.len());
        for (at, (_, code)) in order.iter().enumerate() {
            if let Some(slot) = place.get_mut(*code as usize) {
                *slot = at;
            }
            whole.push(counts.get(*code as usize).copied().unwrap_or(0) as f64 / rows);
        }
        let labels: Vec<&Option<String>> = order.iter().map(|(value, _)| *value).collect();
        let left_out = bounds.map_or(0, |bounds| bounds.left_out_rows);
        Self {
            levels: bounds.map_or_else(Vec::new, |bounds| levels(&labels, &bounds.above)),
            likely: Likely::new(
                counts,
                left_out,
                bounds.and_then(|b| b.beta.clone()),
                bounds.and_then(|b| b.disclosure),
            ),
            entropy_min: f64::INFINITY,
            bounds,
            whole,
            place,
            l: u64::MAX,
            t: 0.0,
            broken: 0,
        }
    }

    /// Takes in one group: how many of its rows have each code.
    pub(crate) fn group(&mut self, codes: &[(u32, u64)]) {
        let mut counts: Vec<u64> = codes.iter().map(|(_, count)| *count).collect();
        let rows = counts.iter().sum::<u64>().max(1) as f64;
        let mut share = vec![0.0; self.whole.len()];
        for (code, count) in codes {
            let at = self.place.get(*code as usize).copied().unwrap_or(0);
            if let Some(slot) = share.get_mut(at) {
                *slot += *count as f64 / rows;
            }
        }
        counts.sort_unstable_by(|a, b| b.cmp(a));
        self.entropy_min = self.entropy_min.min(entropy(&counts));
        let alike = self.likely.group(codes);
        self.l = self.l.min(counts.len() as u64);
        let asked = self.bounds.and_then(|bounds| bounds.t.as_ref());
        // Without the levels the hierarchical distance cannot be measured: the equal one is told, and the promise counts as broken.
        let kind = asked.map_or(ClosenessKind::Equal, |t| t.kind);
        let measured = kind != ClosenessKind::Hierarchical || !self.levels.is_empty();
        let distance = self.distance(if measured { kind } else { ClosenessKind::Equal }, &share);
        self.t = self.t.max(distance);
        let Some(bounds) = self.bounds else { return };
        let diverse = bounds.l.as_ref().is_none_or(|l| is_diverse(l, &counts));
        let close = measured && asked.is_none_or(|t| distance <= t.value + bounds.left_out + NEAR);
        self.broken += u64::from(!diverse || !close || !alike);
    }

    /// Groups that break a promise; at least one where no table can have been what all groups together ask it to have been.
    pub(crate) fn broken(&self) -> u64 {
        self.broken.max(u64::from(!self.likely.is_possible()))
    }

    /// What the poorest group tells.
    pub(crate) fn figures(&self) -> Figures {
        Figures {
            entropy_l: self.entropy_min.exp(),
            ..self.likely.figures()
        }
    }

    fn distance(&self, kind: ClosenessKind, share: &[f64]) -> f64 {
        let gaps: Vec<f64> = share.iter().zip(&self.whole).map(|(q, p)| q - p).collect();
        match kind {
            ClosenessKind::Equal => gaps.iter().map(|gap| gap.max(0.0)).sum(),
            ClosenessKind::Ordered => {
                let steps = gaps.len().saturating_sub(1).max(1) as f64;
                let mut carried = 0.0f64;
                let work = |gap: &f64| {
                    carried += gap;
                    carried.abs()
                };
                gaps.iter().map(work).sum::<f64>() / steps
            }
            ClosenessKind::Hierarchical => self.climbed(gaps),
        }
    }

    /// On each level what one child has too much of is moved to another under the same node, and the rest goes up.
    fn climbed(&self, gaps: Vec<f64>) -> f64 {
        let mut children: Vec<usize> = (0..gaps.len()).collect();
        let mut extra = gaps;
        let mut cost = 0.0;
        for (height, nodes) in self.levels.iter().enumerate() {
            let mut sides: BTreeMap<usize, (f64, f64)> = BTreeMap::new();
            let mut done = vec![false; extra.len()];
            for (child, node) in children.iter().zip(nodes) {
                match done.get_mut(*child) {
                    Some(done) if !*done => *done = true,
                    _ => continue,
                }
                let gap = extra.get(*child).copied().unwrap_or(0.0);
                let (much, little) = sides.entry(*node).or_default();
                if gap > 0.0 { *much += gap } else { *little -= gap }
            }
            let moved: f64 = sides.values().map(|(much, little)| much.min(*little)).sum();
            cost += moved * (height + 1) as f64 / self.levels.len() as f64;
            extra = vec![0.0; nodes.iter().max().map_or(0, |most| most + 1)];
            for (node, (much, little)) in sides {
                if let Some(slot) = extra.get_mut(node) {
                    *slot = much - little;
                }
            }
            children.clone_from(nodes);
        }
        cost
    }
}

/// The node of each value on each level; a value that the levels lack stands alone until the top.
fn levels(labels: &[&Option<String>], above: &Above) -> Vec<Vec<usize>> {
    let height = above.values().map(Vec::len).max().unwrap_or(0);
    let level = |at: usize| {
        let mut known: BTreeMap<String, usize> = BTreeMap::new();
        let node = |(place, label): (usize, &&Option<String>)| {
            let named = label
                .as_ref()
                .and_then(|label| above.get(label).or_else(|| above.get(plain(label)?)))
                .and_then(|row| row.get(at))
                .cloned();
            let name = if at + 1 == height {
                "*".to_owned()
            } else {
                named.unwrap_or_else(|| format!("\u{0}{place}"))
            };
            let next = known.len();
            *known.entry(name).or_insert(next)
        };
        labels.iter().enumerate().map(node).collect()
    };
    (0..height).map(level).collect()
}

fn entropy(counts: &[u64]) -> f64 {
    let rows: u64 = counts.iter().sum();
    let parts = counts.iter().map(|count| *count as f64 / rows.max(1) as f64);
    parts.map(|q| -q * q.ln()).sum()
}

fn is_diverse(l: &Diversity, counts: &[u64]) -> bool {
    match l.kind {
        DiversityKind::Distinct => counts.len() as f64 >= l.value,
        DiversityKind::Entropy => entropy(counts) >= l.value.ln() - NEAR,
        DiversityKind::Recursive => {
            let rest: u64 = counts.iter().skip((l.value.ceil() as usize).saturating_sub(1)).sum();
            let first = counts.first().copied().unwrap_or(0) as f64;
            counts.len() as f64 >= l.value && first < l.c.unwrap_or(0.0) * rest as f64
        }
    }
}

#[cfg(test)]
mod tests {
    use fyr_model::privacy::Closeness;

    use super::*;

    fn measured(groups: &[&[&str]], numeric: bool, bounds: &Bounds) -> (u64, f64, u64) {
        let mut values: BTreeMap<Option<String>, u32> = BTreeMap::new();
        let mut coded: Vec<Vec<(u32, u64)>> = Vec::new();
        for group in groups {
            let mut codes = Vec::new();
            for value in *group {
                let next = values.len() as u32;
                codes.push(*values.entry(Some((*value).to_owned())).or_insert(next));
            }
            codes.sort_unstable();
            coded.push(codes.chunk_by(|a, b| a == b).map(|run| (run[0], run.len() as u64)).collect());
        }
        let mut counts = vec![0; values.len()];
        coded.iter().flatten().for_each(|(code, rows)| counts[*code as usize] += rows);
        let mut spread = Spread::new(&values, &counts, numeric, Some(bounds));
        coded.iter().for_each(|codes| spread.group(codes));
        (spread.l, spread.t, spread.broken())
    }

    fn closeness(kind: ClosenessKind, value: f64) -> Bounds {
        Bounds {
            t: Some(Closeness { kind, value }),
            ..Bounds::default()
        }
    }

    #[test]
    fn distances_are_those_of_the_paper_on_salaries() {
        // Li, Li and Venkatasubramanian (2007), table 3: salaries 3k to 11k, groups {3,4,5} and {6,8,11}.
        let groups: [&[&str]; 3] = [&["3", "4", "5"], &["6", "11", "8"], &["7", "9", "10"]];
        let first = closeness(ClosenessKind::Ordered, 0.375);
        let (l, t, broken) = measured(&groups, true, &first);
        assert!((t - 0.375).abs() < 1e-12, "{t}");
        assert_eq!((l, broken), (3, 0));
        assert_eq!(measured(&groups, true, &closeness(ClosenessKind::Ordered, 0.37)).2, 1);
        // As text 11 comes before 3, so the distance is another.
        assert!((measured(&groups, false, &first).1 - 0.375).abs() > 1e-3);
    }

    #[test]
    fn the_hierarchical_distance_moves_within_a_branch_first() {
        let above = [("a", "x"), ("b", "x"), ("c", "y"), ("d", "y")];
        let above = above
            .map(|(leaf, parent)| (leaf.to_owned(), vec![parent.to_owned(), "*".to_owned()]))
            .into();
        let bounds = Bounds {
            above,
            ..closeness(ClosenessKind::Hierarchical, 0.25)
        };
        // One group {a, c}, one {b, d}: half of each branch moves within it, at half the height.
        let (_, t, broken) = measured(&[&["a", "c"], &["b", "d"]], false, &bounds);
        assert!((t - 0.25).abs() < 1e-12, "{t}");
        assert_eq!(broken, 0);
        // {a, b} and {c, d}: everything crosses the top.
        assert!((measured(&[&["a", "b"], &["c", "d"]], false, &bounds).1 - 0.5).abs() < 1e-12);
    }

    #[test]
    fn a_hierarchical_distance_without_its_hierarchy_is_not_held() {
        let bounds = closeness(ClosenessKind::Hierarchical, 1.0);
        assert_eq!(measured(&[&["a", "b"], &["c", "d"]], false, &bounds).2, 2);
    }

    #[test]
    fn each_form_of_diversity_is_held_at_its_border() {
        let diverse = |kind, value, c| Bounds {
            l: Some(Diversity { kind, value, c }),
            ..Bounds::default()
        };
        let groups: [&[&str]; 1] = [&["a", "a", "b", "c"]];
        assert_eq!(measured(&groups, false, &diverse(DiversityKind::Distinct, 3.0, None)).2, 0);
        assert_eq!(measured(&groups, false, &diverse(DiversityKind::Distinct, 4.0, None)).2, 1);
        assert_eq!(measured(&groups, false, &diverse(DiversityKind::Entropy, 2.8, None)).2, 0);
        assert_eq!(measured(&groups, false, &diverse(DiversityKind::Entropy, 2.9, None)).2, 1);
        assert_eq!(measured(&groups, false, &diverse(DiversityKind::Recursive, 2.0, Some(1.1))).2, 0);
        assert_eq!(measured(&groups, false, &diverse(DiversityKind::Recursive, 2.0, Some(1.0))).2, 1);
    }
}
