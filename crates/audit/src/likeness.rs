//! Likeness and disclosure: how far a group's share of a value may lie from how common the value is (`privacy.md` 2.3).
//!
//! In: how often each value stands in the file and in each group, how many rows were left out of the file, and the bounds. Out: the largest
//! gain and the largest `|ln(q/p)|` against the file as it lies, and whether the bounds hold. They hold when the rows that were left out can
//! have been such that every value was as common as every group asks: with none left out, when the file itself is so. Which rows those were
//! is told nobody, the auditor included; how many is stated, and all groups draw on the same few.
//!
//! Sources: Cao and Karras (2012), Brickell and Shmatikov (2008).

use fyr_model::held::Figures;
use fyr_model::privacy::{Likeness, LikenessKind};

use crate::bounds::NEAR;

/// Halvings after which a share is known as well as a double can hold it.
const HALVINGS: usize = 60;

/// Measures one column.
#[derive(Debug)]
pub(crate) struct Likely {
    beta: Option<Likeness>,
    disclosure: Option<f64>,
    /// Rows of the file, and of the table before any was left out.
    rows: f64,
    rows_before: f64,
    left_out: u64,
    values: Vec<Value>,
    beta_max: f64,
    disclosure_max: f64,
}

/// One value of the column.
#[derive(Debug, Clone)]
struct Value {
    /// Rows of the file.
    rows: f64,
    /// Rows that the groups ask the table to have had at least and at most.
    asked: f64,
    allowed: f64,
}

impl Likely {
    /// A measure over a file whose codes stand `counts` times in it.
    pub(crate) fn new(counts: &[u64], left_out: u64, beta: Option<Likeness>, disclosure: Option<f64>) -> Self {
        let rows = counts.iter().sum::<u64>();
        let value = |count: &u64| Value {
            rows: *count as f64,
            asked: *count as f64,
            allowed: f64::INFINITY,
        };
        Self {
            beta,
            disclosure,
            rows: rows as f64,
            rows_before: (rows + left_out) as f64,
            left_out,
            values: counts.iter().map(value).collect(),
            beta_max: 0.0,
            disclosure_max: 0.0,
        }
    }

    /// Takes in one group: how many of its rows have each code. Whether it alone can have kept the bounds.
    pub(crate) fn group(&mut self, codes: &[(u32, u64)]) -> bool {
        let size = codes.iter().map(|(_, count)| *count).sum::<u64>().max(1) as f64;
        let mut keeps = true;
        for (code, count) in codes {
            let q = *count as f64 / size;
            let Some(now) = self.values.get(*code as usize).map(|value| value.rows) else {
                continue;
            };
            let p = now / self.rows;
            self.beta_max = self.beta_max.max((q - p) / p);
            self.disclosure_max = self.disclosure_max.max((q / p).ln().abs());
            keeps &= match self.left_out {
                0 => self.is_kept(q, p),
                _ => self.can_be_kept(*code, now, q),
            };
        }
        keeps
    }

    /// Whether a group's share of a value keeps the bounds, where the file is the whole table.
    fn is_kept(&self, q: f64, p: f64) -> bool {
        self.beta.as_ref().is_none_or(|beta| is_like(beta, q, p)) && self.disclosure.is_none_or(|bound| (q / p).ln().abs() < bound)
    }

    /// Whether rows left out can have made it keep them; what it asks of them is remembered.
    fn can_be_kept(&mut self, code: u32, now: f64, q: f64) -> bool {
        let (least, most) = (rows_at_least(self.least(now, q)), rows_at_most(self.most(q)));
        if let Some(value) = self.values.get_mut(code as usize) {
            value.asked = value.asked.max(least);
            value.allowed = value.allowed.min(most);
        }
        least <= now + self.left_out as f64 && now.max(least) <= most
    }

    /// Rows with the value that the table must have had for a share `q` of a group, where `now` are left.
    fn least(&self, now: f64, q: f64) -> f64 {
        let share = self.beta.as_ref().map_or(0.0, |beta| match beta.kind {
            LikenessKind::Basic => q / (1.0 + beta.value),
            LikenessKind::Enhanced => (q / (1.0 + beta.value)).max(enhanced(q, now / self.rows_before)),
        });
        let common = self.disclosure.map_or(0.0, |bound| q * (-bound).exp());
        share.max(common) * self.rows_before
    }

    fn most(&self, q: f64) -> f64 {
        self.disclosure.map_or(f64::INFINITY, |bound| q * bound.exp() * self.rows_before)
    }

    /// Whether one choice of the rows left out makes every group keep the bounds.
    pub(crate) fn is_possible(&self) -> bool {
        let missing: f64 = self.values.iter().map(|value| value.asked - value.rows).sum();
        missing <= self.left_out as f64 && self.values.iter().all(|value| value.asked <= value.allowed)
    }

    /// Against the file as it lies.
    pub(crate) fn figures(&self) -> Figures {
        let rarest = self.values.iter().map(|value| -(value.rows / self.rows).ln()).fold(0.0, f64::max);
        Figures {
            entropy_l: 0.0,
            beta: self.beta_max,
            beta_enhanced: self.beta_max.min(rarest),
            disclosure: self.disclosure_max,
        }
    }
}

fn is_like(beta: &Likeness, q: f64, p: f64) -> bool {
    let bound = match beta.kind {
        LikenessKind::Basic => beta.value,
        LikenessKind::Enhanced => beta.value.min(-p.ln()),
    };
    (q - p) / p <= bound + NEAR
}

/// The least share `p` with `(q - p) / p <= -ln p`, no smaller than `known`: `p (1 - ln p)` grows with `p` up to one.
fn enhanced(q: f64, known: f64) -> f64 {
    let holds = |p: f64| q <= p * (1.0 - p.ln()) * (1.0 + 1e-12);
    if known > 0.0 && holds(known) {
        return known;
    }
    let (mut fails, mut keeps) = (known.max(f64::MIN_POSITIVE), 1.0);
    for _ in 0..HALVINGS {
        let middle = f64::midpoint(fails, keeps);
        if holds(middle) { keeps = middle } else { fails = middle }
    }
    keeps
}

/// Whole rows, without what is lost in fractions.
fn rows_at_least(rows: f64) -> f64 {
    (rows - NEAR * rows.max(1.0)).ceil()
}

fn rows_at_most(rows: f64) -> f64 {
    (rows + NEAR * rows.clamp(1.0, 1e15)).floor()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Groups of counts by value; whether the bounds hold, for each group and for all together.
    fn check(groups: &[&[u64]], left_out: u64, beta: Option<(LikenessKind, f64)>, disclosure: Option<f64>) -> (u64, bool, Figures) {
        let values = groups.first().unwrap().len();
        let counts: Vec<u64> = (0..values).map(|at| groups.iter().map(|group| group[at]).sum()).collect();
        let beta = beta.map(|(kind, value)| Likeness { kind, value });
        let mut likely = Likely::new(&counts, left_out, beta, disclosure);
        let mut broken = 0;
        for group in groups {
            let codes: Vec<(u32, u64)> = group
                .iter()
                .enumerate()
                .map(|(at, n)| (at as u32, *n))
                .filter(|(_, n)| *n > 0)
                .collect();
            broken += u64::from(!likely.group(&codes));
        }
        (broken, likely.is_possible(), likely.figures())
    }

    #[test]
    fn basic_likeness_holds_up_to_its_bound() {
        // p = 1/2 and 1/2, q = 3/4: a gain of a half.
        let groups: [&[u64]; 2] = [&[3, 1], &[1, 3]];
        let (broken, possible, figures) = check(&groups, 0, Some((LikenessKind::Basic, 0.5)), None);
        assert_eq!((broken, possible), (0, true));
        assert!((figures.beta - 0.5).abs() < 1e-12, "{figures:?}");
        assert_eq!(check(&groups, 0, Some((LikenessKind::Basic, 0.499)), None).0, 2);
    }

    #[test]
    fn enhanced_likeness_bounds_common_values_more_than_rare_ones() {
        // p = 3/4: -ln p = 0.2877, and q = 1 is a gain of a third.
        let groups: [&[u64]; 2] = [&[4, 0], &[2, 2]];
        assert_eq!(check(&groups, 0, Some((LikenessKind::Basic, 1.0)), None).0, 0);
        assert_eq!(check(&groups, 0, Some((LikenessKind::Enhanced, 1.0)), None).0, 1);
        // p = 1/8 and q = 1/4: a gain of one, less than -ln p = 2.08.
        let rare: [&[u64]; 2] = [&[2, 1, 1], &[2, 2, 0]];
        assert_eq!(check(&rare, 0, Some((LikenessKind::Enhanced, 1.0)), None).0, 0);
        assert_eq!(check(&rare, 0, Some((LikenessKind::Enhanced, 0.99)), None).0, 1);
    }

    #[test]
    fn disclosure_is_bounded_in_both_directions_and_strictly() {
        // p = 1/2; q = 3/4 gives ln 1.5 = 0.405, q = 1/4 gives ln 0.5 = -0.693.
        let groups: [&[u64]; 2] = [&[3, 1], &[1, 3]];
        let ln2 = 2f64.ln();
        let (broken, possible, figures) = check(&groups, 0, None, Some(ln2 + 1e-6));
        assert_eq!((broken, possible), (0, true));
        assert!((figures.disclosure - ln2).abs() < 1e-12);
        assert_eq!(check(&groups, 0, None, Some(ln2)).0, 2);
        assert_eq!(check(&groups, 0, None, Some(0.5)).0, 2);
    }

    #[test]
    fn rows_left_out_may_have_been_what_every_group_asks_together_and_no_more() {
        // Six rows of each value, each in a group of its own, and six left out: a gain of 0.8 asks the table to have had ten of eighteen rows
        // with the value. Either can have had four more, both together cannot.
        let groups: [&[u64]; 2] = [&[6, 0], &[0, 6]];
        let (broken, possible, _) = check(&groups, 6, Some((LikenessKind::Basic, 0.8)), None);
        assert_eq!((broken, possible), (0, false));
        // A gain of 0.9 asks for 67 of 126 rows where 66 stand; two left out can both have had the first value.
        let one: [&[u64]; 2] = [&[6, 0], &[60, 60]];
        for kind in [LikenessKind::Basic, LikenessKind::Enhanced] {
            let most = if kind == LikenessKind::Basic { 0.9 } else { 9.0 };
            assert_eq!(check(&one, 0, Some((kind, most)), None).0, 1);
        }
        let (broken, possible, _) = check(&one, 2, Some((LikenessKind::Basic, 0.9)), None);
        assert_eq!((broken, possible), (0, true));
        // What a group asks a value to have been at most, it may not be already: 0.1 of the whole, 0.01 of the group.
        let scarce: [&[u64]; 2] = [&[99, 1], &[1, 19]];
        assert_eq!(check(&scarce, 5, None, Some(2.0)).0, 2);
        // A rare value cannot hide behind rows left out by the share of them.
        let rare: [&[u64]; 2] = [&[5, 5], &[89, 1]];
        assert_eq!(check(&rare, 1, Some((LikenessKind::Basic, 1.0)), None).0, 1);
    }
}
