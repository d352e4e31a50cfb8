//! Findings that a report can hold, of however many there are: of each rule the first in the order of reports, and as many as the other rules allow.

use std::collections::{BTreeMap, HashSet};

use fyr_model::finding::share;
use fyr_model::{Finding, Severity};

use crate::report::LeftOut;

/// What the findings of one rule have in common; each shape of somebody else's is a rule.
type Rule = (Severity, String, String);

/// Findings by rule.
pub(super) struct Held {
    most: Option<usize>,
    rules: BTreeMap<Rule, Found>,
    held: usize,
}

#[derive(Default)]
struct Found {
    count: usize,
    first: Vec<Finding>,
}

impl Held {
    pub(super) fn new(most: Option<usize>) -> Self {
        Self {
            most,
            rules: BTreeMap::new(),
            held: 0,
        }
    }

    /// Takes the findings of a part: those that say the same of the same thing are in one part.
    pub(super) fn add(&mut self, findings: impl Iterator<Item = Finding>) {
        let mut findings: Vec<Finding> = findings.collect();
        findings.sort_by(|a, b| (a.severity, key(a)).cmp(&(b.severity, key(b))));
        findings.dedup();
        for finding in findings {
            let rule = (finding.severity, finding.id.clone(), finding.source_shape.clone());
            let found = self.rules.entry(rule).or_default();
            found.count += 1;
            found.first.push(finding);
            self.held += 1;
        }
        // Sorting them out each time would cost more than it saves.
        if self.most.is_some_and(|most| self.held > most.saturating_mul(3).max(1000)) {
            self.shorten();
        }
    }

    /// A rule's share only falls as counts grow, so what goes now would go in the end.
    fn shorten(&mut self) {
        let Some(most) = self.most else { return };
        let each = share(self.rules.values().map(|found| found.count).collect(), most);
        for found in self.rules.values_mut() {
            found.first.sort_by(|a, b| key(a).cmp(&key(b)));
            found.first.truncate(each);
        }
        self.held = self.rules.values().map(|found| found.first.len()).sum();
    }

    /// What the findings that are held are about.
    pub(super) fn focuses(&self) -> HashSet<&str> {
        let held = self.rules.values().flat_map(|found| &found.first);
        held.map(|finding| finding.focus.as_str()).collect()
    }

    /// What is held, and how many more there are.
    pub(super) fn finish(mut self) -> (Vec<Finding>, Vec<LeftOut>) {
        let all: usize = self.rules.values().map(|found| found.count).sum();
        if self.most.is_some_and(|most| all > most) {
            self.shorten();
        }
        let (mut findings, mut beyond) = (Vec::new(), Vec::new());
        for ((severity, id, source_shape), found) in self.rules {
            let left = (found.count - found.first.len()) as u64;
            if left > 0 {
                beyond.push(LeftOut {
                    id,
                    severity,
                    source_shape,
                    count: left,
                });
            }
            findings.extend(found.first);
        }
        (findings, beyond)
    }
}

/// The order of reports within a severity.
fn key(finding: &Finding) -> (&str, &str, &str, Option<&str>) {
    (&finding.id, &finding.focus, &finding.path, finding.value.as_deref())
}
