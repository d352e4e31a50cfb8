//! A report holds so many findings and no more, and says of each rule how many it left out. No rule disappears: each keeps as many as the others may.

use std::collections::BTreeMap;

use fyr_model::Severity;
use fyr_model::finding::share;

use super::checked::{LeftOut, Reported};

/// What the findings of one rule have in common; each shape of somebody else's is a rule.
type Rule = (Severity, String, String);

fn rule(one: &Reported) -> Rule {
    let finding = &one.finding;
    (finding.severity, finding.id.clone(), finding.source_shape.clone())
}

/// Shortens `all` to about `most` findings (at least one a rule) and tells what went.
pub(super) fn to(all: &mut Vec<Reported>, most: usize) -> Vec<LeftOut> {
    if all.len() <= most {
        return Vec::new();
    }
    let mut counts: BTreeMap<Rule, usize> = BTreeMap::new();
    for one in all.iter() {
        *counts.entry(rule(one)).or_default() += 1;
    }
    let each = share(counts.values().copied().collect(), most);
    let mut kept: BTreeMap<Rule, usize> = BTreeMap::new();
    all.retain(|one| {
        let known = kept.entry(rule(one)).or_default();
        *known += 1;
        *known <= each
    });
    counts
        .into_iter()
        .filter(|(_, count)| *count > each)
        .map(|((severity, id, source_shape), count)| LeftOut {
            id,
            severity,
            source_shape,
            count: (count - each) as u64,
        })
        .collect()
}
