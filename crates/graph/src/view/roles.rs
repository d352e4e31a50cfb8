//! Which of the five classes each node belongs to, by type and by the properties that lead to it.

use std::collections::{BTreeMap, BTreeSet};

use crate::triples::{Graph, Id};
use crate::vocab as v;

/// The five classes that need an IRI of their own (`harvest.md` section 2), and services.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Role {
    Catalogue,
    Dataset,
    Distribution,
    Service,
    Agent,
    Contact,
}

impl Role {
    /// A bit of its own.
    pub(crate) fn bit(self) -> u8 {
        1 << self as u8
    }

    /// What people call it: Swedish, English.
    pub(crate) fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Catalogue => ("katalog", "catalogue"),
            Self::Dataset => ("datamängd", "dataset"),
            Self::Distribution => ("distribution", "distribution"),
            Self::Service => ("datatjänst", "data service"),
            Self::Agent => ("utgivare", "publisher"),
            Self::Contact => ("kontaktpunkt", "contact point"),
        }
    }
}

/// The roles of every node that has one.
#[derive(Default)]
pub(crate) struct Roles {
    by_node: BTreeMap<Id, BTreeSet<Role>>,
    typed: BTreeSet<(Id, Role)>,
    series: BTreeSet<Id>,
}

const TYPES: &[(&str, Role)] = &[
    (v::CATALOG, Role::Catalogue),
    (v::DATASET_CLASS, Role::Dataset),
    (v::SERIES, Role::Dataset),
    (v::DISTRIBUTION_CLASS, Role::Distribution),
    (v::SERVICE_CLASS, Role::Service),
    (v::AGENT, Role::Agent),
    (v::ORGANIZATION, Role::Agent),
    (v::PERSON, Role::Agent),
    (v::VCARD_ORGANIZATION, Role::Contact),
    (v::VCARD_INDIVIDUAL, Role::Contact),
    (v::VCARD_KIND, Role::Contact),
];

/// Properties whose object has a role, when anything is said about it.
const LEADS: &[(&str, Role)] = &[
    (v::DATASET, Role::Dataset),
    (v::DISTRIBUTION, Role::Distribution),
    (v::SERVICE, Role::Service),
    (v::PUBLISHER, Role::Agent),
    (v::CREATOR, Role::Agent),
    (v::CONTACT_POINT, Role::Contact),
    (v::ADMS_CONTACT_POINT, Role::Contact),
];

impl Roles {
    pub(crate) fn of(graph: &Graph) -> Self {
        let mut roles = Self::default();
        let class: BTreeMap<Id, Role> = by_id(graph, TYPES);
        let leads: BTreeMap<Id, Role> = by_id(graph, LEADS);
        let rdf_type = graph.iri_id(v::RDF_TYPE);
        let series = graph.iri_id(v::SERIES);
        for [s, p, o] in graph.rows() {
            if Some(p) == rdf_type {
                if let Some(role) = class.get(&o) {
                    roles.by_node.entry(s).or_default().insert(*role);
                    roles.typed.insert((s, *role));
                }
                if Some(o) == series {
                    roles.series.insert(s);
                }
            } else if let Some(role) = leads.get(&p)
                && graph.of(o).next().is_some()
            {
                roles.by_node.entry(o).or_default().insert(*role);
            }
        }
        roles
    }

    /// Adds roles that follow from triples which are not here.
    pub(crate) fn add(&mut self, id: Id, bits: u8) {
        const BY_PROPERTY: [Role; 3] = [Role::Service, Role::Agent, Role::Contact];
        let known = self.by_node.entry(id).or_default();
        known.extend(BY_PROPERTY.iter().filter(|role| bits & role.bit() != 0));
    }

    /// The nodes with a role.
    pub(crate) fn with(&self, role: Role) -> impl Iterator<Item = Id> {
        self.by_node
            .iter()
            .filter(move |(_, roles)| roles.contains(&role))
            .map(|(id, _)| *id)
    }

    /// Every node with its roles.
    pub(crate) fn all(&self) -> impl Iterator<Item = (Id, &BTreeSet<Role>)> {
        self.by_node.iter().map(|(id, roles)| (*id, roles))
    }

    /// Whether the node says itself that it has the role.
    pub(crate) fn typed(&self, id: Id, role: Role) -> bool {
        self.typed.contains(&(id, role))
    }

    /// Whether the node is a dataset series.
    pub(crate) fn series(&self, id: Id) -> bool {
        self.series.contains(&id)
    }
}

fn by_id(graph: &Graph, table: &[(&str, Role)]) -> BTreeMap<Id, Role> {
    table.iter().filter_map(|(iri, role)| Some((graph.iri_id(iri)?, *role))).collect()
}
