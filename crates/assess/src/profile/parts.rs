//! A check in parts: each part of a large catalogue on its own, then what all parts share.
//!
//! In: views as `graph::parts` hands them over; datasets of a part have all that is theirs in it, publishers and contacts may be everybody's. Out: for
//! each part the faults of its own things, and in the end those of the shared ones: the same findings that the whole view would give. What is
//! kept from part to part is a publisher or contact once, with the names under which it was used, and nothing of datasets.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use fyr_model::{Agent, CatalogueView, Contact, DataService, Dataset, Finding};

use super::context::Context;
use super::folder::Profile;
use super::judge::Judge;
use super::{about_agent, about_contact, dataset_rules, hvd, ordered, properties, swedish};

/// A check that has seen some parts.
pub struct Check<'p> {
    profile: &'p Profile,
    served: HashSet<String>,
    agents: BTreeMap<String, (First, Agent)>,
    contacts: BTreeMap<String, (First, Contact)>,
    uses: BTreeMap<String, BTreeSet<&'static str>>,
    /// What the reader has said of shared things, where a rule of ours would say it again: rule, thing, property.
    said: BTreeSet<(String, String, String)>,
}

/// Of several descriptions of one thing the first counts: a described one before others, then by dataset.
type First = (bool, String);

impl<'p> Check<'p> {
    /// A check that has seen nothing.
    pub fn new(profile: &'p Profile) -> Self {
        Self {
            profile,
            served: HashSet::new(),
            agents: BTreeMap::new(),
            contacts: BTreeMap::new(),
            uses: BTreeMap::new(),
            said: BTreeSet::new(),
        }
    }

    /// Looks at the services that all parts share, before any part: they decide whether a dataset of high value has an API.
    pub fn services(&mut self, services: &[DataService]) {
        let serves = services.iter().flat_map(|service| &service.serves);
        self.served.extend(serves.map(|value| value.as_str().to_owned()));
    }

    /// The faults of a part; `own` tells the names that no other part has.
    pub fn part(&mut self, view: &CatalogueView, own: impl Fn(&str) -> bool) -> Vec<Finding> {
        let mut judge = Judge::new(self.profile);
        self.datasets(&view.datasets, &mut judge);
        let context = Context::of(view);
        let is_own: BTreeMap<&str, bool> = context.uses.keys().map(|iri| (*iri, own(iri))).collect();
        let own = |iri: &str| is_own.get(iri).copied().unwrap_or_default();
        let mine = Context {
            uses: context
                .uses
                .iter()
                .filter(|(iri, _)| own(iri))
                .map(|(iri, uses)| (*iri, uses.clone()))
                .collect(),
            ..Context::default()
        };
        swedish::shared_iri(&mine, &mut judge);
        for (iri, agent) in &context.agents {
            match own(iri) {
                true => about_agent(agent, &mut judge),
                false => keep(&mut self.agents, iri, agent, agent.described, || first_with(view, iri)),
            }
        }
        for (iri, contact) in &context.contacts {
            match own(iri) {
                true => about_contact(contact, &mut judge),
                false => keep(&mut self.contacts, iri, contact, contact.described, || first_with(view, iri)),
            }
        }
        for (iri, uses) in context.uses.iter().filter(|(iri, _)| !own(iri)) {
            self.uses.entry((*iri).to_owned()).or_default().extend(uses);
        }
        self.hear(&view.findings, own);
        let said = view.findings.iter().flat_map(told).collect();
        self.untold(&said, &mut judge.findings);
        ordered(judge.findings)
    }

    /// The faults of what all parts share: the catalogue itself, services, publishers and contacts, and the datasets that are in no part.
    pub fn finish(mut self, view: &CatalogueView) -> Vec<Finding> {
        self.services(&view.services);
        let mut judge = Judge::new(self.profile);
        let mut context = Context::of(view);
        for (iri, uses) in &self.uses {
            context.uses.entry(iri).or_default().extend(uses);
        }
        for (iri, (_, agent)) in &self.agents {
            let kept = context.agents.entry(iri).or_insert(agent);
            if !kept.described && agent.described {
                *kept = agent;
            }
        }
        for (iri, (_, contact)) in &self.contacts {
            let kept = context.contacts.entry(iri).or_insert(contact);
            if !kept.described && contact.described {
                *kept = contact;
            }
        }
        swedish::structure(view, &context, &mut judge);
        // A sub-catalogue lends its datasets to the main one, and only the main one's metadata is kept (`harvest.md` section 2).
        let parts: BTreeSet<&str> = view.catalogues.iter().flat_map(|one| &one.parts).map(String::as_str).collect();
        for catalogue in view.catalogues.iter().filter(|one| !parts.contains(one.iri.as_str())) {
            properties::catalogue(catalogue, &mut judge);
            swedish::catalogue(catalogue, &mut judge);
        }
        self.datasets(&view.datasets, &mut judge);
        for service in &view.services {
            properties::service(service, &mut judge);
            swedish::service(service, &mut judge);
        }
        context.agents.values().for_each(|agent| about_agent(agent, &mut judge));
        context.contacts.values().for_each(|contact| about_contact(contact, &mut judge));
        let heard = self
            .said
            .iter()
            .map(|(id, thing, path)| (id.as_str(), thing.as_str(), path.as_str()));
        let said = view.findings.iter().flat_map(told).chain(heard).collect();
        self.untold(&said, &mut judge.findings);
        ordered(judge.findings)
    }

    fn datasets(&self, datasets: &[Dataset], judge: &mut Judge<'_>) {
        for dataset in datasets {
            dataset_rules(dataset, judge);
            hvd::api(dataset, &self.served, judge);
        }
    }

    /// Remembers what the reader says of things that are not this part's own.
    fn hear(&mut self, findings: &[Finding], own: impl Fn(&str) -> bool) {
        let repeated: BTreeSet<&str> = self.profile.rules.values().filter_map(|rule| rule.told_by.as_deref()).collect();
        for (id, thing, path) in findings.iter().flat_map(told) {
            let shared = self.uses.contains_key(thing) && !own(thing);
            if shared && repeated.contains(id) {
                self.said.insert((id.to_owned(), thing.to_owned(), path.to_owned()));
            }
        }
    }

    /// Leaves out what the reader of the graph has said of the same thing and property: it saw the triple, and says it nearer to its place.
    fn untold(&self, said: &HashSet<(&str, &str, &str)>, findings: &mut Vec<Finding>) {
        findings.retain(|finding| {
            let told_by = self.profile.rules.get(&finding.id).and_then(|rule| rule.told_by.as_deref());
            let of = |path| told_by.is_some_and(|id| said.contains(&(id, finding.focus.as_str(), path)));
            !of(finding.path.as_str()) && !of("")
        });
    }
}

/// A finding of the reader as what it says of its subject, and of its value.
fn told(finding: &Finding) -> impl Iterator<Item = (&str, &str, &str)> {
    let things = [Some(finding.focus.as_str()), finding.value.as_deref()];
    let (id, path) = (finding.id.as_str(), finding.path.as_str());
    things.into_iter().flatten().map(move |thing| (id, thing, path))
}

/// The first dataset of a part that has an agent or contact.
fn first_with(view: &CatalogueView, iri: &str) -> String {
    let has = |dataset: &&Dataset| {
        let agents = dataset.publisher.iter().chain(&dataset.creator).map(|agent| agent.iri.as_str());
        agents
            .chain(dataset.contact.iter().map(|contact| contact.iri.as_str()))
            .any(|one| one == iri)
    };
    view.datasets
        .iter()
        .find(has)
        .map(|dataset| dataset.id.as_str().to_owned())
        .unwrap_or_default()
}

/// Only things without IRI differ from dataset to dataset under one name, so the order matters for them alone.
fn keep<T: Clone>(kept: &mut BTreeMap<String, (First, T)>, iri: &str, one: &T, described: bool, first: impl Fn() -> String) {
    match kept.get_mut(iri) {
        Some(known) => {
            let nameless = iri.is_empty() && (!described, first()) < known.0;
            if nameless || (described && known.0.0) {
                *known = ((!described, first()), one.clone());
            }
        }
        None => {
            kept.insert(iri.to_owned(), ((!described, first()), one.clone()));
        }
    }
}
