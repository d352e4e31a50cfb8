//! The models that a class must meet (`privacy.md` 2.3).
//!
//! In: one class as rows, population and, per sensitive attribute, counts by code. Out: whether it passes. Floating sums run in the order of
//! the codes, so that an answer does not depend on how the class was put together.
//!
//! Sources: Machanavajjhala et al. (2007), Li et al. (2007), Nergiz et al. (2007), Cao and Karras (2012), Brickell and Shmatikov (2008).

use super::evaluate::Class;

/// What is forgiven to sums of fractions.
const EPSILON: f64 = 1e-12;

/// A sensitive attribute with its distribution in the whole table.
#[derive(Debug, Clone, Default)]
pub(crate) struct Attribute {
    /// Share of each code.
    pub(crate) shares: Vec<f64>,
    /// The code of each place in the order of values.
    pub(crate) order: Vec<u32>,
    /// Codes of each leaf on the levels above the leaf, finest first; empty without a hierarchy.
    pub(crate) levels: Vec<Vec<u32>>,
}

/// One model, ready to be asked.
#[derive(Debug, Clone)]
pub(crate) enum Criterion {
    Size(u64),
    Map(u64),
    Presence { min: f64, max: f64 },
    Distinct { view: usize, l: f64 },
    Entropy { view: usize, l: f64 },
    Recursive { view: usize, l: f64, c: f64 },
    Equal { view: usize, t: f64 },
    Ordered { view: usize, t: f64 },
    Hierarchical { view: usize, t: f64 },
    Beta { view: usize, beta: f64, enhanced: bool },
    Disclosure { view: usize, delta: f64 },
}

impl Criterion {
    /// Whether `class` meets the model.
    pub(crate) fn passes(&self, class: &Class<'_>, attributes: &[Attribute]) -> bool {
        let counts = |view: &usize| class.sensitive.get(*view).copied().unwrap_or_default();
        let of = |view: &usize| attributes.get(*view);
        let rows = class.rows as f64;
        match self {
            Self::Size(k) => class.rows >= *k,
            Self::Map(k) => class.population >= *k,
            Self::Presence { min, max } => {
                let share = rows / class.population as f64;
                class.population > 0 && *min <= share && share <= *max
            }
            Self::Distinct { view, l } => counts(view).len() as f64 >= *l,
            Self::Entropy { view, l } => entropy(counts(view), rows) >= l.ln() - EPSILON,
            Self::Recursive { view, l, c } => is_recursive(counts(view), *l, *c),
            Self::Equal { view, t } => of(view).is_some_and(|a| equal(counts(view), rows, a) <= t + EPSILON),
            Self::Ordered { view, t } => of(view).is_some_and(|a| ordered(counts(view), rows, a) <= t + EPSILON),
            Self::Hierarchical { view, t } => of(view).is_some_and(|a| hierarchical(counts(view), rows, a) <= t + EPSILON),
            Self::Beta { view, beta, enhanced } => of(view).is_some_and(|a| is_like(counts(view), rows, a, *beta, *enhanced)),
            Self::Disclosure { view, delta } => of(view).is_some_and(|a| {
                let mut ratios = counts(view).iter().map(|(code, count)| (share(a, *code), *count as f64 / rows));
                ratios.all(|(p, q)| (q / p).ln().abs() < *delta)
            }),
        }
    }

    /// Whether failing rows never become fewer when classes are split; without suppression also the models whose distance is convex.
    pub(crate) fn is_monotone(&self, suppresses: bool) -> bool {
        match self {
            Self::Size(_) | Self::Map(_) | Self::Distinct { .. } => true,
            Self::Disclosure { .. } => false,
            _ => !suppresses,
        }
    }

    /// A weaker model that is monotone under suppression and that every class must meet to meet this one.
    pub(crate) fn companion(&self) -> Option<Self> {
        match self {
            Self::Entropy { view, l } => Some(Self::Distinct { view: *view, l: l - 1e-9 }),
            Self::Recursive { view, l, .. } => Some(Self::Distinct { view: *view, l: *l }),
            _ => None,
        }
    }
}

fn share(attribute: &Attribute, code: u32) -> f64 {
    attribute.shares.get(code as usize).copied().unwrap_or(0.0)
}

fn entropy(counts: &[(u32, u64)], rows: f64) -> f64 {
    -counts
        .iter()
        .map(|(_, count)| *count as f64 / rows)
        .map(|q| q * q.ln())
        .sum::<f64>()
}

fn is_recursive(counts: &[(u32, u64)], l: f64, c: f64) -> bool {
    if (counts.len() as f64) < l {
        return false;
    }
    let mut sizes: Vec<u64> = counts.iter().map(|(_, count)| *count).collect();
    sizes.sort_unstable_by(|a, b| b.cmp(a));
    let tail: u64 = sizes.iter().skip((l.ceil() as usize).saturating_sub(1)).sum();
    sizes.first().is_some_and(|first| (*first as f64) < c * tail as f64)
}

fn equal(counts: &[(u32, u64)], rows: f64, attribute: &Attribute) -> f64 {
    let (mut apart, mut seen) = (0.0, 0.0);
    for (code, count) in counts {
        let p = share(attribute, *code);
        apart += (p - *count as f64 / rows).abs();
        seen += p;
    }
    (apart + (1.0 - seen).max(0.0)) / 2.0
}

fn ordered(counts: &[(u32, u64)], rows: f64, attribute: &Attribute) -> f64 {
    let values = attribute.shares.len();
    if values < 2 {
        return 0.0;
    }
    let mut present = vec![0u64; values];
    for (code, count) in counts {
        if let Some(slot) = present.get_mut(*code as usize) {
            *slot = *count;
        }
    }
    let (mut running, mut apart) = (0.0, 0.0f64);
    for code in &attribute.order {
        running += share(attribute, *code) - present.get(*code as usize).copied().unwrap_or(0) as f64 / rows;
        apart += running.abs();
    }
    apart / (values - 1) as f64
}

/// Over the inner nodes: height / H times the smaller of what their children have too much and too little.
fn hierarchical(counts: &[(u32, u64)], rows: f64, attribute: &Attribute) -> f64 {
    let height = attribute.levels.len() as f64;
    let mut extra: Vec<f64> = attribute.shares.iter().map(|p| -p).collect();
    for (code, count) in counts {
        if let Some(slot) = extra.get_mut(*code as usize) {
            *slot += *count as f64 / rows;
        }
    }
    // The node of each child on its level: leaves are children of the first level, and so on.
    let mut child_of: Vec<u32> = (0..attribute.shares.len() as u32).collect();
    let mut cost = 0.0;
    for (level, codes) in attribute.levels.iter().enumerate() {
        let width = codes.iter().max().map_or(0, |most| *most as usize + 1);
        let (mut much, mut little) = (vec![0.0f64; width], vec![0.0f64; width]);
        let mut seen = vec![false; extra.len()];
        for (child, node) in child_of.iter().zip(codes) {
            let (child, node) = (*child as usize, *node as usize);
            match seen.get_mut(child) {
                Some(seen) if !*seen => *seen = true,
                _ => continue,
            }
            let value = extra.get(child).copied().unwrap_or(0.0);
            let side = if value > 0.0 { much.get_mut(node) } else { little.get_mut(node) };
            if let Some(side) = side {
                *side += value.abs();
            }
        }
        let moved: f64 = much.iter().zip(&little).map(|(much, little)| much.min(*little)).sum();
        cost += (level + 1) as f64 / height * moved;
        extra = much.iter().zip(&little).map(|(much, little)| much - little).collect();
        child_of.clone_from(codes);
    }
    cost
}

fn is_like(counts: &[(u32, u64)], rows: f64, attribute: &Attribute, beta: f64, enhanced: bool) -> bool {
    counts.iter().all(|(code, count)| {
        let p = share(attribute, *code);
        let bound = if enhanced { beta.min(-p.ln()) } else { beta };
        (*count as f64 / rows - p) / p <= bound + EPSILON
    })
}
