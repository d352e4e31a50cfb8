//! A report holds so many findings and no more, and says of each rule how many it left out. No rule disappears: each keeps as many as the others may.

use std::collections::BTreeMap;

use fyr_model::Severity;

use super::checked::{LeftOut, Reported};

/// Shortens `all` to about `most` findings (at least one a rule) and tells what went.
pub(super) fn to(all: &mut Vec<Reported>, most: usize) -> Vec<LeftOut> {
    if all.len() <= most {
        return Vec::new();
    }
    let mut counts: BTreeMap<(Severity, String), usize> = BTreeMap::new();
    for one in all.iter() {
        *counts.entry((one.finding.severity, one.finding.id.clone())).or_default() += 1;
    }
    let each = share(counts.values().copied().collect(), most);
    let mut kept: BTreeMap<(Severity, String), usize> = BTreeMap::new();
    all.retain(|one| {
        let known = kept.entry((one.finding.severity, one.finding.id.clone())).or_default();
        *known += 1;
        *known <= each
    });
    counts
        .into_iter()
        .filter(|(_, count)| *count > each)
        .map(|((severity, id), count)| LeftOut {
            id,
            severity,
            count: (count - each) as u64,
        })
        .collect()
}

/// The most that each group may keep so that all together are at most `most`; at least one.
fn share(mut sizes: Vec<usize>, most: usize) -> usize {
    sizes.sort_unstable();
    let mut left = most;
    let mut waiting = sizes.len();
    for size in sizes {
        let each = left / waiting.max(1);
        if size > each {
            return each.max(1);
        }
        left -= size;
        waiting -= 1;
    }
    usize::MAX
}

#[cfg(test)]
mod tests {
    use super::share;

    #[test]
    fn small_groups_stay_whole_and_large_ones_share_the_rest() {
        assert_eq!(share(vec![1, 100, 100], 21), 10);
        assert_eq!(share(vec![5, 5], 10), usize::MAX);
        assert_eq!(share(vec![9, 9, 9], 2), 1);
    }
}
