//! The fix list of a catalogue: findings by cause, and what mending each cause is worth in both variants of MQA.
//!
//! In: the typed view, its findings, and what is known of links and shapes. Out: causes, what pays most first, for the whole catalogue and by
//! publisher. Nothing is estimated: each cause is mended in a copy of every dataset that it concerns, and the copy is scored anew, so that a
//! field added to a distribution that loses anyway is worth nothing. Effort and who can do it are not known here. Every dataset and finding is
//! looked at once ([`Fixes::add`]), a part of the catalogue at a time where it is large; what is held are counts by cause and publisher.

mod lost;
mod mend;
mod tally;

use std::collections::{BTreeMap, HashMap, HashSet};

use fyr_model::fixlist::{Cause, FixList, PublisherFixes};
use fyr_model::mqa::Variant;
use fyr_model::{CatalogueView, Dataset, Finding, LangStrings};

use crate::mqa::{self, Known};
use tally::{Group, Place, Sums, Tally};

const VARIANTS: [(&str, Variant); 2] = [("eu", Variant::Eu), ("se", Variant::Se)];
const XSD: &str = "http://www.w3.org/2001/XMLSchema#";

/// The list for a catalogue and its findings.
pub fn fix_list<'k>(view: &CatalogueView, findings: &[Finding], known: impl Into<Known<'k>>) -> FixList {
    let mut fixes = Fixes::new(known);
    fixes.add(&view.datasets, &[findings], Order::AsGiven);
    fixes.finish()
}

/// What decides which findings of a cause are its first.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Their place in the list.
    AsGiven,
    /// Their list, then subject and value: the same whatever part of the catalogue comes first.
    BySubject,
}

/// A list in the making.
pub struct Fixes<'k> {
    known: Known<'k>,
    numbers: HashMap<String, usize>,
    groups: Vec<Group>,
    publishers: BTreeMap<String, usize>,
    people: Vec<Person>,
    all: Sums,
    /// The publisher of each dataset, and the datasets of each publisher, creator and contact, whatever part they came in.
    owners: Vec<Option<usize>>,
    users: HashMap<String, Vec<usize>>,
}

/// A publisher: the name that its first dataset gives it, and its datasets.
struct Person {
    first: String,
    name: LangStrings,
    sums: Sums,
}

/// One part: its datasets, of which the first has this number, and who is who among them.
struct Part<'a> {
    first: usize,
    datasets: Vec<&'a Dataset>,
    totals: Vec<[u32; 2]>,
    /// Datasets by their own IRI and that of each distribution.
    own: HashMap<&'a str, Vec<usize>>,
}

/// What findings concern: datasets to count by group, and datasets to mend.
#[derive(Default)]
struct Concerned<'f> {
    counted: Vec<(usize, usize)>,
    mended: Vec<(usize, usize, &'f Finding)>,
}

impl<'k> Fixes<'k> {
    /// An empty list.
    pub fn new(known: impl Into<Known<'k>>) -> Self {
        Self {
            known: known.into(),
            numbers: HashMap::new(),
            groups: Vec::new(),
            publishers: BTreeMap::new(),
            people: Vec::new(),
            all: Sums::default(),
            owners: Vec::new(),
            users: HashMap::new(),
        }
    }

    /// Takes datasets with all findings about them and their distributions. What is found about a publisher or contact may come with any part
    /// that is not before the first dataset that has it.
    pub fn add(&mut self, datasets: &[Dataset], lists: &[&[Finding]], order: Order) {
        let part = self.part(datasets);
        let told: HashSet<(&str, &str)> = lists
            .iter()
            .flat_map(|list| list.iter())
            .map(|finding| (finding.focus.as_str(), finding.path.as_str()))
            .collect();
        let lost = lost::findings(&part.datasets, &told);
        let mut concerned = Concerned::default();
        for (class, list) in lists.iter().enumerate() {
            for (number, finding) in list.iter().enumerate() {
                let (focus, value) = (finding.focus.as_str(), finding.value.as_deref().unwrap_or_default());
                let place = match order {
                    Order::AsGiven => (class as u8, "", "", number as u64),
                    Order::BySubject => (class as u8, focus, value, number as u64),
                };
                self.found(&part, place, finding, &mut concerned);
            }
        }
        for (number, (dataset, finding)) in lost.iter().enumerate() {
            let place = match order {
                Order::AsGiven => (u8::MAX, "", "", number as u64),
                Order::BySubject => (u8::MAX, *dataset, "", number as u64),
            };
            self.found(&part, place, finding, &mut concerned);
        }
        self.count(concerned.counted);
        self.mend(&part, concerned.mended);
    }

    /// The datasets of a part with their totals.
    fn part<'a>(&mut self, datasets: &'a [Dataset]) -> Part<'a> {
        let datasets: Vec<&Dataset> = datasets.iter().filter(|dataset| !dataset.series).collect();
        let mut part = Part {
            first: self.owners.len(),
            totals: datasets.iter().map(|dataset| totals(dataset, self.known)).collect(),
            own: HashMap::with_capacity(datasets.len() * 3),
            datasets,
        };
        for (at, (dataset, totals)) in part.datasets.iter().zip(&part.totals).enumerate() {
            part.own.entry(dataset.id.as_str()).or_default().push(at);
            for distribution in &dataset.distributions {
                part.own.entry(&distribution.iri).or_default().push(at);
            }
            for iri in people(dataset) {
                match self.users.get_mut(iri) {
                    Some(users) => users.push(part.first + at),
                    None => {
                        self.users.insert(iri.to_owned(), vec![part.first + at]);
                    }
                }
            }
            self.all.add(*totals);
            let owner = self.publisher(dataset, *totals);
            self.owners.push(owner);
        }
        part
    }

    fn publisher(&mut self, dataset: &Dataset, totals: [u32; 2]) -> Option<usize> {
        let agent = dataset.publisher.first()?;
        let number = match self.publishers.get(&agent.iri) {
            Some(number) => *number,
            None => {
                self.publishers.insert(agent.iri.clone(), self.people.len());
                self.people.push(Person {
                    first: dataset.id.as_str().to_owned(),
                    name: agent.name.clone(),
                    sums: Sums::default(),
                });
                self.people.len() - 1
            }
        };
        let person = self.people.get_mut(number)?;
        person.sums.add(totals);
        if dataset.id.as_str() < person.first.as_str() {
            person.first = dataset.id.as_str().to_owned();
            person.name = agent.name.clone();
        }
        Some(number)
    }

    /// Counts a finding, and notes the datasets that it concerns and those that mending it may change.
    fn found<'f>(&mut self, part: &Part<'_>, place: Place<'_>, finding: &'f Finding, concerned: &mut Concerned<'f>) {
        let number = self.group(finding);
        let own = part.own.get(finding.focus.as_str()).map(Vec::as_slice).unwrap_or_default();
        if mend::may_move(finding) {
            concerned.mended.extend(own.iter().map(|at| (*at, number, finding)));
        }
        let users = self.users.get(&finding.focus).map(Vec::as_slice).unwrap_or_default();
        let mut publishers: Vec<usize> = Vec::new();
        for at in own.iter().map(|at| part.first + at).chain(users.iter().copied()) {
            concerned.counted.push((number, at));
            publishers.extend(self.owners.get(at).copied().flatten());
        }
        publishers.sort_unstable();
        publishers.dedup();
        let Some(group) = self.groups.get_mut(number) else { return };
        group.whole.count(place, finding);
        for publisher in publishers {
            group.by_publisher.entry(publisher).or_default().count(place, finding);
        }
    }

    fn group(&mut self, finding: &Finding) -> usize {
        let kind = kind(finding);
        let key = format!("{}\u{1f}{}\u{1f}{kind}", finding.id, finding.path);
        if let Some(number) = self.numbers.get(&key) {
            return *number;
        }
        self.numbers.insert(key, self.groups.len());
        self.groups.push(Group::new(&finding.id, &finding.path, kind));
        self.groups.len() - 1
    }

    /// Counts each dataset once for each group that concerns it.
    fn count(&mut self, mut counted: Vec<(usize, usize)>) {
        counted.sort_unstable();
        counted.dedup();
        for (number, at) in counted {
            let Some(group) = self.groups.get_mut(number) else { continue };
            if !group.concerned.insert(at) {
                continue;
            }
            group.whole.datasets += 1;
            if let Some(publisher) = self.owners.get(at).copied().flatten() {
                group.by_publisher.entry(publisher).or_default().datasets += 1;
            }
        }
    }

    /// Mends all findings of a group in a copy of each dataset that they concern, and scores the copy.
    fn mend(&mut self, part: &Part<'_>, mut mended: Vec<(usize, usize, &Finding)>) {
        // Stable: findings of one group are mended in their order.
        mended.sort_by_key(|(at, number, _)| (*at, *number));
        let mut scored: Option<(usize, Dataset)> = None;
        for run in mended.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
            let Some((at, number, _)) = run.first() else { continue };
            let Some(dataset) = part.datasets.get(*at) else { continue };
            if scored.as_ref().is_none_or(|(known, _)| known != at) {
                scored = Some((*at, mend::scored_part(dataset)));
            }
            let Some(mut copy) = scored.as_ref().map(|(_, dataset)| dataset.clone()) else {
                continue;
            };
            let mut moved = false;
            for (.., finding) in run {
                moved |= mend::mend(&mut copy, finding);
            }
            let (Some(before), Some(group)) = (part.totals.get(*at).copied(), self.groups.get_mut(*number)) else {
                continue;
            };
            if moved {
                let after = totals(&copy, self.known);
                group.whole.mended(before, after);
                if let Some(publisher) = self.owners.get(part.first + at).copied().flatten() {
                    group.by_publisher.entry(publisher).or_default().mended(before, after);
                }
            }
        }
    }

    /// The list. Publishers have lists of their own where there are several; datasets without one are in the whole list only.
    pub fn finish(self) -> FixList {
        let Self {
            groups,
            publishers,
            people,
            all,
            ..
        } = self;
        let several = publishers.len() > 1;
        let mut whole = Vec::new();
        let mut of_people: Vec<Vec<Cause>> = people.iter().map(|_| Vec::new()).collect();
        for group in groups {
            let Group {
                rule,
                path,
                kind,
                whole: tally,
                by_publisher,
                ..
            } = group;
            let names = (rule.as_str(), path.as_str(), kind.as_str());
            whole.extend(cause(names, tally, &all));
            for (number, tally) in by_publisher.into_iter().filter(|_| several) {
                if let (Some(person), Some(causes)) = (people.get(number), of_people.get_mut(number)) {
                    causes.extend(cause(names, tally, &person.sums));
                }
            }
        }
        let fixes = |(iri, number): (String, usize)| {
            let person = people.get(number)?;
            let causes = of_people.get_mut(number).map(std::mem::take).unwrap_or_default();
            Some(PublisherFixes {
                iri,
                name: person.name.clone(),
                datasets: person.sums.datasets,
                causes: ranked(causes),
            })
        };
        FixList {
            causes: ranked(whole),
            publishers: publishers.into_iter().filter(|_| several).filter_map(fixes).collect(),
        }
    }
}

/// The publishers, creators and contacts of a dataset.
fn people(dataset: &Dataset) -> impl Iterator<Item = &str> {
    let agents = dataset.publisher.iter().chain(&dataset.creator).map(|agent| agent.iri.as_str());
    agents.chain(dataset.contact.iter().map(|contact| contact.iri.as_str()))
}

fn cause((rule, path, kind): (&str, &str, &str), mut tally: Tally, among: &Sums) -> Option<Cause> {
    let words = tally.words.take()?;
    Some(Cause {
        rule: rule.to_owned(),
        path: path.to_owned(),
        kind: kind.to_owned(),
        severity: words.severity,
        count: tally.count,
        datasets: tally.datasets,
        message: words.message,
        fix: words.fix,
        gain: tally.gains(among).collect(),
        focuses: tally.focuses(),
    })
}

/// What pays most first.
fn ranked(mut causes: Vec<Cause>) -> Vec<Cause> {
    let points = |cause: &Cause, variant: &str| cause.gain.get(variant).map_or(0, |gain| gain.points);
    causes.sort_by(|a, b| {
        let by = |variant| points(b, variant).cmp(&points(a, variant));
        by("eu")
            .then_with(|| by("se"))
            .then_with(|| a.severity.cmp(&b.severity))
            .then_with(|| b.count.cmp(&a.count))
            .then_with(|| (&a.rule, &a.path, &a.kind).cmp(&(&b.rule, &b.path, &b.kind)))
    });
    causes
}

/// What kind of value stands there.
fn kind(finding: &Finding) -> String {
    match finding.value.as_deref().map(str::trim) {
        None => "missing".to_owned(),
        Some("") => "empty".to_owned(),
        Some(value) => match (value.strip_prefix(XSD), value.split_once("://")) {
            (Some(datatype), _) => format!("xsd:{datatype}"),
            (None, Some((scheme, rest))) if scheme.starts_with("http") => {
                let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
                format!("at {}", host.to_lowercase())
            }
            _ => "text".to_owned(),
        },
    }
}

fn totals(dataset: &Dataset, known: Known<'_>) -> [u32; 2] {
    VARIANTS.map(|(_, variant)| mqa::total(dataset, variant, known))
}

#[cfg(test)]
mod tests;
