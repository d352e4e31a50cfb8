//! Who belongs to whom: which nodes of a document must be looked at together, so that a part of it says what the whole document would.
//!
//! In: every triple once, in document order. Out: [`Places`], a part for each node or none, which means that all parts share it. A dataset keeps its
//! distributions and the nodes without IRI below it; nodes that the reader follows from one dataset into another join the two. What is no dataset's
//! is shared (catalogues, services, publishers, contacts), and so is whatever cannot be told apart without the whole document: nodes without IRI
//! that hang nowhere, in two places or in a ring. A node is a number here, its text is forgotten: some 30 bytes a node, whatever it says.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{BuildHasher as _, BuildHasherDefault, RandomState};

use oxrdf::{NamedOrBlankNode, Term, Triple};

use crate::triples::Itself;
use crate::view::{Role, SKOLEM};
use crate::vocab as v;

/// The number of a node.
pub(super) type Node = u32;

/// Something is said about the node.
const SUBJECT: u8 = 1;
/// It has no IRI.
const BLANK: u8 = 2;
/// It hangs somewhere.
const HANGS: u8 = 4;
/// It is a dataset, or is named as one.
const DATASET: u8 = 8;
/// It says of itself that it is a `dcat:Dataset`.
const TYPED: u8 = 16;
/// All parts share it, and what belongs to it.
const SHARED: u8 = 32;

/// What a property means for belonging.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    Nothing,
    Type,
    Dataset,
    Distribution,
    /// The reader looks at the object too; the role that it gives, as a bit.
    Followed(u8),
}

/// What a property means for belonging.
pub(super) fn meaning(property: &str) -> Meaning {
    match property {
        v::RDF_TYPE => Meaning::Type,
        v::DATASET => Meaning::Dataset,
        v::DISTRIBUTION => Meaning::Distribution,
        v::PUBLISHER | v::CREATOR => Meaning::Followed(Role::Agent.bit()),
        v::CONTACT_POINT | v::ADMS_CONTACT_POINT => Meaning::Followed(Role::Contact.bit()),
        v::SERVICE => Meaning::Followed(Role::Service.bit()),
        v::SPATIAL | v::TEMPORAL | v::PROVENANCE | v::CHECKSUM | v::FORMAT | v::MEDIA_TYPE | v::RIGHTS | v::VCARD_EMAIL => {
            Meaning::Followed(0)
        }
        _ => Meaning::Nothing,
    }
}

/// The nodes seen so far.
#[derive(Default)]
pub(super) struct Nodes {
    numbers: HashMap<u64, Node, BuildHasherDefault<Itself>>,
    key: RandomState,
    above: Vec<Node>,
    flags: Vec<u8>,
    followed: Vec<(Node, Node, u8)>,
    datasets: Vec<(String, Node)>,
    members: HashSet<(Node, Node)>,
    typed: u64,
    /// A document that uses names of ours cannot be named in parts.
    ours: bool,
}

impl Nodes {
    /// Takes a triple; the node whose part it goes to, and its subject.
    pub(super) fn take(&mut self, triple: &Triple, meaning: Meaning) -> (Node, Node) {
        let subject = match &triple.subject {
            NamedOrBlankNode::NamedNode(node) => self.named(node.as_str()),
            NamedOrBlankNode::BlankNode(node) => self.blank(node.as_str()),
        };
        self.flag(subject, SUBJECT);
        match &triple.object {
            Term::BlankNode(node) => {
                let object = self.blank(node.as_str());
                self.hang(subject, object);
                if meaning == Meaning::Dataset {
                    self.flag(object, SHARED);
                }
            }
            Term::NamedNode(node) => return (self.object(subject, &triple.subject, node.as_str(), meaning), subject),
            _ => {}
        }
        (subject, subject)
    }

    /// How many say that they are a `dcat:Dataset`.
    pub(super) fn typed(&self) -> u64 {
        self.typed
    }

    fn object(&mut self, subject: Node, named: &NamedOrBlankNode, object: &str, meaning: Meaning) -> Node {
        match meaning {
            Meaning::Nothing => {
                self.ours |= object.starts_with(SKOLEM);
            }
            Meaning::Type => self.type_of(subject, named, object),
            Meaning::Distribution => {
                let object = self.named(object);
                self.join(subject, object);
            }
            Meaning::Dataset => {
                let node = self.named(object);
                self.flag(subject, SHARED);
                self.dataset(node, Some(object));
                self.members.insert((subject, node));
                return node;
            }
            Meaning::Followed(role) => {
                let object = self.named(object);
                self.followed.push((subject, object, role));
                if role == Role::Service.bit() {
                    self.flag(object, SHARED);
                }
            }
        }
        subject
    }

    fn type_of(&mut self, subject: Node, named: &NamedOrBlankNode, class: &str) {
        match class {
            v::CATALOG | v::SERVICE_CLASS => self.flag(subject, SHARED),
            v::DATASET_CLASS | v::SERIES => {
                if class == v::DATASET_CLASS && self.flags(subject) & TYPED == 0 {
                    self.flag(subject, TYPED);
                    self.typed += 1;
                }
                match named {
                    NamedOrBlankNode::NamedNode(node) => self.dataset(subject, Some(node.as_str())),
                    NamedOrBlankNode::BlankNode(_) => self.dataset(subject, None),
                }
            }
            _ => {}
        }
    }

    /// A dataset without IRI gets a name that nobody knows yet, so its place among the others is not known either.
    fn dataset(&mut self, node: Node, iri: Option<&str>) {
        let Some(iri) = iri else { return self.flag(node, SHARED) };
        if self.flags(node) & DATASET == 0 {
            self.flag(node, DATASET);
            self.datasets.push((iri.to_owned(), node));
        }
    }

    fn hang(&mut self, subject: Node, object: Node) {
        // A second place, or a way round: names then follow from the whole document.
        if self.flags(object) & HANGS != 0 || self.root(subject) == self.root(object) {
            self.flag(object, SHARED);
        }
        self.flag(object, HANGS);
        self.join(subject, object);
    }

    fn named(&mut self, iri: &str) -> Node {
        self.ours |= iri.starts_with(SKOLEM);
        let hash = self.key.hash_one(iri);
        self.numbered(hash, 0)
    }

    fn blank(&mut self, label: &str) -> Node {
        let hash = self.key.hash_one(("_:", label));
        self.numbered(hash, BLANK)
    }

    /// Two of 10 million texts share a hash of 64 bits, whose key nobody knows, once in 400,000 documents.
    fn numbered(&mut self, hash: u64, flags: u8) -> Node {
        let next = self.above.len() as Node;
        let node = *self.numbers.entry(hash).or_insert(next);
        if node == next {
            self.above.push(next);
            self.flags.push(flags);
        }
        node
    }

    fn flags(&self, node: Node) -> u8 {
        self.flags.get(node as usize).copied().unwrap_or_default()
    }

    fn flag(&mut self, node: Node, flag: u8) {
        if let Some(flags) = self.flags.get_mut(node as usize) {
            *flags |= flag;
        }
    }

    fn root(&mut self, node: Node) -> Node {
        let mut here = node;
        loop {
            let above = self.above.get(here as usize).copied().unwrap_or(here);
            if above == here {
                return here;
            }
            // Each step shortens the way for the next one.
            let further = self.above.get(above as usize).copied().unwrap_or(above);
            if let Some(place) = self.above.get_mut(here as usize) {
                *place = further;
            }
            here = further;
        }
    }

    /// The lower number leads, so that the same document gives the same groups.
    fn join(&mut self, one: Node, other: Node) -> Node {
        let (one, other) = (self.root(one), self.root(other));
        let (leads, follows) = (one.min(other), one.max(other));
        if let Some(place) = self.above.get_mut(follows as usize) {
            *place = leads;
        }
        leads
    }

    /// Gives each group its part: datasets in the order of their IRIs, about `each` triples a part.
    pub(super) fn settle(mut self, statements: u64, each: u64) -> Places {
        self.datasets.sort_unstable();
        let datasets = self.datasets.len() as u64;
        let a_part = (each.max(1) * datasets / statements.max(1))
            .max(1)
            .max(datasets.div_ceil(PARTS_MAX));
        let mut groups = self.groups(a_part);
        while self.round(&mut groups) {}
        let mut counts = HashMap::new();
        for (catalogue, _) in &self.members {
            *counts.entry(*catalogue).or_insert(0usize) += 1;
        }
        let mut parts = vec![SHARED_PART; self.above.len()];
        for node in 0..self.above.len() as Node {
            let root = self.root(node);
            if let (Some(place), Some(group)) = (parts.get_mut(node as usize), groups.get(&root)) {
                *place = group.part().filter(|_| !self.ours).unwrap_or(SHARED_PART);
            }
        }
        let mut places = Places {
            parts,
            roles: BTreeMap::new(),
            counts,
            number: datasets.div_ceil(a_part) as u16,
        };
        if self.ours {
            return Places {
                number: 0,
                counts: HashMap::new(),
                ..places
            };
        }
        for (_, object, role) in &self.followed {
            if *role != 0 && places.part(*object).is_none() && self.flags(*object) & SUBJECT != 0 {
                *places.roles.entry(*object).or_default() |= role;
            }
        }
        places
    }

    /// The groups that hold a dataset, by their first node.
    fn groups(&mut self, a_part: u64) -> BTreeMap<Node, Group> {
        let mut groups: BTreeMap<Node, Group> = BTreeMap::new();
        for (rank, (_, node)) in std::mem::take(&mut self.datasets).into_iter().enumerate() {
            let part = (rank as u64 / a_part) as u16;
            let own = Group {
                first: part,
                last: part,
                shared: false,
            };
            let root = self.root(node);
            groups.entry(root).or_insert(own).takes(own);
        }
        for node in 0..self.above.len() as Node {
            let flags = self.flags(node);
            if flags & SHARED != 0 || flags & (BLANK | HANGS) == BLANK {
                let root = self.root(node);
                if let Some(group) = groups.get_mut(&root) {
                    group.shared = true;
                }
            }
        }
        groups
    }

    /// Joins what the reader follows from one dataset to another, and shares what is followed from outside; whether anything changed.
    fn round(&mut self, groups: &mut BTreeMap<Node, Group>) -> bool {
        let mut changed = false;
        for place in 0..self.followed.len() {
            let Some((subject, object, _)) = self.followed.get(place).copied() else {
                continue;
            };
            let (from, to) = (self.root(subject), self.root(object));
            if from == to || groups.get(&to).and_then(Group::part_or_wide).is_none() {
                continue;
            }
            changed = true;
            match groups.get(&from).copied().filter(|group| !group.shared) {
                Some(group) => {
                    let own = groups.remove(&to);
                    groups.remove(&from);
                    let root = self.join(from, to);
                    groups.entry(root).or_insert(group).takes(own.unwrap_or(group));
                }
                None => {
                    if let Some(group) = groups.get_mut(&to) {
                        group.shared = true;
                    }
                }
            }
        }
        for group in groups.values_mut().filter(|group| !group.shared && group.first != group.last) {
            group.shared = true;
            changed = true;
        }
        changed
    }
}

/// The part of what all share.
const SHARED_PART: u16 = u16::MAX;
/// Parts of one document.
const PARTS_MAX: u64 = 1024;

/// Nodes that belong together, and the parts in which their datasets stand.
#[derive(Clone, Copy)]
struct Group {
    first: u16,
    last: u16,
    shared: bool,
}

impl Group {
    fn takes(&mut self, other: Self) {
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
        self.shared |= other.shared;
    }

    fn part_or_wide(&self) -> Option<u16> {
        (!self.shared).then_some(self.first)
    }

    fn part(&self) -> Option<u16> {
        self.part_or_wide().filter(|_| self.first == self.last)
    }
}

/// Where each node belongs.
pub(super) struct Places {
    parts: Vec<u16>,
    /// Roles that shared nodes have by properties, of whatever part.
    pub(super) roles: BTreeMap<Node, u8>,
    /// Datasets that catalogues name.
    pub(super) counts: HashMap<Node, usize>,
    number: u16,
}

impl Places {
    /// The part of a node; none when all share it.
    pub(super) fn part(&self, node: Node) -> Option<usize> {
        let part = self.parts.get(node as usize).copied()?;
        (part != SHARED_PART).then_some(part as usize)
    }

    /// How many parts there are.
    pub(super) fn number(&self) -> usize {
        self.number as usize
    }
}
