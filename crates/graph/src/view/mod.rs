//! The typed view: catalogues, datasets, services and agents as `model` has them, with the faults of the graph beside them.
//!
//! Everything is kept. A literal where an IRI belongs is carried as a literal and reported; a node that is referred to and not described is
//! carried as such. What a property must hold, and how often, is the profile's business (`assess`), not this module's.

mod entities;
mod faults;
mod roles;
mod values;

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use fyr_model::{CatalogueView, Finding, Refusal};

use crate::refuse::internal;
use crate::triples::{Builder, Graph, Id};
pub(crate) use roles::{Role, Roles};

/// The start of the IRIs that stand for blank nodes of harvested documents.
pub(crate) const SKOLEM: &str = "urn:fyr:bnode:";

/// A graph with its roles; the numbers of properties are looked up once.
pub(crate) struct Reader<'g> {
    pub(crate) graph: &'g Graph,
    pub(crate) roles: Roles,
    properties: RefCell<HashMap<&'static str, Option<Id>>>,
    around: Around,
}

/// What a part of a document knows of the rest.
#[derive(Default)]
pub(crate) struct Around {
    /// Whether there are other parts, which tell what is wrong with the whole.
    pub(crate) is_part: bool,
    /// By number, whether a node is described in what all parts share, where it is judged.
    pub(crate) elsewhere: Vec<bool>,
    /// Roles that nodes here have by properties of other parts.
    pub(crate) roles: BTreeMap<Id, u8>,
    /// Datasets that a catalogue names in all parts.
    pub(crate) counts: BTreeMap<Id, usize>,
}

impl Around {
    fn elsewhere(&self, id: Id) -> bool {
        self.elsewhere.get(id as usize).copied().unwrap_or_default()
    }
}

impl<'g> Reader<'g> {
    pub(crate) fn new(graph: &'g Graph) -> Self {
        Self {
            graph,
            roles: Roles::of(graph),
            properties: RefCell::default(),
            around: Around::default(),
        }
    }

    /// A part of a document.
    pub(crate) fn within(graph: &'g Graph, around: Around) -> Self {
        let mut reader = Self::new(graph);
        for (id, roles) in &around.roles {
            reader.roles.add(*id, *roles);
        }
        Self { around, ..reader }
    }

    /// Whether a name is of this part: described in it, or a distribution of its datasets.
    pub(crate) fn is_own(&self, iri: &str) -> bool {
        let Some(id) = self.graph.iri_id(iri) else { return false };
        if self.around.elsewhere(id) {
            return false;
        }
        let distribution = self.graph.iri_id(crate::vocab::DISTRIBUTION);
        self.described(id) || self.graph.to(id).any(|[_, p, _]| Some(p) == distribution)
    }

    /// How many datasets a catalogue names.
    pub(crate) fn count_of(&self, id: Id, here: usize) -> usize {
        self.around.counts.get(&id).copied().unwrap_or(here)
    }

    /// A fault that shows here and is about this part: about something of its own, or about a dataset that the catalogue only names.
    fn is_told_here(&self, finding: &Finding) -> bool {
        if !self.around.is_part || self.is_own(&finding.focus) {
            return true;
        }
        let named = finding.value.as_deref().and_then(|iri| self.graph.iri_id(iri));
        finding.id == "dataset-not-described" && !named.is_some_and(|id| self.around.elsewhere(id))
    }

    /// The objects of a property, in document order where it is known.
    pub(crate) fn objects(&self, subject: Id, property: &'static str) -> Vec<Id> {
        let mut known = self.properties.borrow_mut();
        let property = *known.entry(property).or_insert_with(|| self.graph.iri_id(property));
        property.map(|p| self.graph.objects(subject, p)).unwrap_or_default()
    }

    /// The objects of several properties, one property after the other.
    pub(crate) fn any(&self, subject: Id, properties: &[&'static str]) -> Vec<Id> {
        properties.iter().flat_map(|property| self.objects(subject, property)).collect()
    }

    /// The IRI of a node; empty for a literal.
    pub(crate) fn name(&self, id: Id) -> String {
        self.graph.iri(id).unwrap_or_default().to_owned()
    }

    /// Whether the node was blank in its document.
    pub(crate) fn was_blank(&self, id: Id) -> bool {
        self.graph.iri(id).is_some_and(|iri| iri.starts_with(SKOLEM))
    }

    /// Whether anything is said about a node.
    pub(crate) fn described(&self, id: Id) -> bool {
        self.graph.of(id).next().is_some()
    }

    /// The view with its findings.
    pub(crate) fn view(&self) -> CatalogueView {
        let mut view = CatalogueView {
            catalogues: self.catalogues(),
            datasets: self.of_role(Role::Dataset, |id| self.dataset(id)),
            services: self.of_role(Role::Service, |id| self.service(id)),
            agents: self.of_role(Role::Agent, |id| self.agent(id)),
            findings: self.faults(),
        };
        view.findings.retain(|finding| self.is_told_here(finding));
        view.datasets.sort_by(|a, b| a.id.cmp(&b.id));
        view.services.sort_by(|a, b| a.iri.cmp(&b.iri));
        view.agents.sort_by(|a, b| a.iri.cmp(&b.iri));
        view
    }

    fn of_role<T>(&self, role: Role, read: impl Fn(Id) -> T) -> Vec<T> {
        self.roles.with(role).filter(|id| !self.around.elsewhere(*id)).map(read).collect()
    }
}

/// The view of a snapshot file. Distributions are by IRI, since a snapshot has no document order.
///
/// # Errors
/// A refusal when the file cannot be read, or is no snapshot of ours.
pub fn view_of(nquads: &Path) -> Result<CatalogueView, Refusal> {
    let graph = crate::read::load(nquads)?;
    let mut view = Reader::new(&graph).view();
    by_iri(&mut view);
    Ok(view)
}

/// Puts distributions in the order of their IRIs.
pub(crate) fn by_iri(view: &mut CatalogueView) {
    for dataset in &mut view.datasets {
        dataset.distributions.sort_by(|a, b| a.iri.cmp(&b.iri));
    }
}

/// Puts distributions in an order that was recorded; what it does not name comes last, by IRI.
pub(crate) fn in_order(view: &mut CatalogueView, order: &BTreeMap<String, Vec<String>>) {
    by_iri(view);
    for dataset in &mut view.datasets {
        if let Some(order) = order.get(dataset.id.as_str()) {
            let place = |iri: &str| order.iter().position(|known| known == iri).unwrap_or(usize::MAX);
            dataset.distributions.sort_by_key(|distribution| place(&distribution.iri));
        }
    }
}

/// A graph from triples that come one by one.
pub(crate) fn collect<E: std::fmt::Display>(
    triples: impl Iterator<Item = Result<oxrdf::Triple, E>>,
    subject: &str,
) -> Result<Graph, Refusal> {
    let mut builder = Builder::default();
    for triple in triples {
        builder.add(triple.map_err(|error| {
            internal(
                "snapshot-unreadable",
                subject,
                "ögonblicksbilden kunde inte läsas",
                "the snapshot could not be read",
                error,
            )
        })?);
    }
    Ok(builder.finish())
}
