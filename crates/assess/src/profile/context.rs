//! Who is who in a catalogue: each agent and contact once, and every IRI with the things that use it.

use std::collections::{BTreeMap, BTreeSet};

use fyr_model::{Agent, CatalogueView, Contact, Dataset};

/// The things of a catalogue by IRI.
#[derive(Default)]
pub(super) struct Context<'a> {
    pub(super) agents: BTreeMap<&'a str, &'a Agent>,
    pub(super) contacts: BTreeMap<&'a str, &'a Contact>,
    /// What each IRI stands for: `catalogue`, `dataset`, `distribution`, `service`, `agent`, `contact`.
    pub(super) uses: BTreeMap<&'a str, BTreeSet<&'static str>>,
}

impl<'a> Context<'a> {
    pub(super) fn of(view: &'a CatalogueView) -> Self {
        let mut context = Self::default();
        for catalogue in &view.catalogues {
            context.note(&catalogue.iri, "catalogue");
            context.agents(&catalogue.publisher);
        }
        for dataset in &view.datasets {
            context.dataset(dataset);
        }
        for service in &view.services {
            context.note(&service.iri, "service");
            context.agents(&service.publisher);
            context.contacts(&service.contact);
        }
        context.agents(&view.agents);
        context
    }
    pub(super) fn of_dataset(dataset: &'a Dataset) -> Self {
        let mut context = Self::default();
        context.dataset(dataset);
        context
    }
    fn dataset(&mut self, dataset: &'a Dataset) {
        self.note(dataset.id.as_str(), "dataset");
        self.agents(&dataset.publisher);
        self.agents(&dataset.creator);
        self.contacts(&dataset.contact);
        for distribution in &dataset.distributions {
            self.note(&distribution.iri, "distribution");
        }
    }
    fn note(&mut self, iri: &'a str, kind: &'static str) {
        self.uses.entry(iri).or_default().insert(kind);
    }
    fn agents(&mut self, agents: &'a [Agent]) {
        for agent in agents {
            self.note(&agent.iri, "agent");
            let kept = self.agents.entry(&agent.iri).or_insert(agent);
            if !kept.described && agent.described {
                *kept = agent;
            }
        }
    }
    fn contacts(&mut self, contacts: &'a [Contact]) {
        for contact in contacts {
            self.note(&contact.iri, "contact");
            let kept = self.contacts.entry(&contact.iri).or_insert(contact);
            if !kept.described && contact.described {
                *kept = contact;
            }
        }
    }
}
