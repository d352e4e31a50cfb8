//! The graph under the walk: a record's nodes with what they say, and what the background knows of them, all as numbers.
//!
//! In: the catalogue's graph and the terms that the shapes name. Terms that the graph lacks (a class that nobody is of, a scheme that only the
//! background knows) get numbers past its own. What is kept of a record goes when the record is done.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use oxrdf::{NamedNode, Term};

use super::super::background::Background;
use super::super::data::{Data, known};
use super::super::terms as sh;
use super::compile::{Constant, Program};
use crate::triples::{Graph, Id};
use crate::vocab as v;

/// Property and object of each triple of a node, in order.
type Said = Rc<[(Id, Id)]>;

/// The numbers of a graph and of the terms beside it.
pub(super) struct Ground {
    data: Data,
    /// Numbers from here on are not the graph's own.
    own: Id,
    beside: Vec<Term>,
    numbers: HashMap<Term, Id>,
    constants: Vec<Id>,
    sets: Vec<HashSet<Id>>,
    said: HashMap<Id, Said>,
    below: HashMap<Id, Rc<HashSet<Id>>>,
    /// `rdf:type`, `skos:inScheme` and `rdfs:subClassOf`: what the background speaks of.
    known_of: [Id; 3],
}

impl Ground {
    pub(super) fn new(data: &Data, program: &Program) -> Self {
        let mut ground = Self {
            data: data.clone(),
            own: data.graph.ids().count() as Id,
            beside: Vec::new(),
            numbers: HashMap::new(),
            constants: Vec::new(),
            sets: Vec::new(),
            said: HashMap::new(),
            below: HashMap::new(),
            known_of: [0; 3],
        };
        ground.constants = program.constants.iter().map(|term| ground.number(term)).collect();
        let constants = &ground.constants;
        let set = |set: &Vec<Constant>| set.iter().filter_map(|at| constants.get(*at).copied()).collect();
        ground.sets = program.sets.iter().map(set).collect();
        ground.known_of = [v::RDF_TYPE, sh::SKOS_IN_SCHEME, sh::RDFS_SUB_CLASS_OF].map(|iri| ground.number(&iri_term(iri)));
        ground
    }

    /// Leaves a record.
    pub(super) fn forget(&mut self) {
        self.said.clear();
    }

    pub(super) fn data(&self) -> &Data {
        &self.data
    }

    fn graph(&self) -> &Graph {
        &self.data.graph
    }

    /// A term's number, new when it has none.
    pub(super) fn number(&mut self, term: &Term) -> Id {
        if let Some(id) = self.data.graph.id(term).or_else(|| self.numbers.get(term).copied()) {
            return id;
        }
        let id = self.own + self.beside.len() as Id;
        self.beside.push(term.clone());
        self.numbers.insert(term.clone(), id);
        id
    }

    /// The term of a number.
    pub(super) fn term(&self, id: Id) -> &Term {
        match id.checked_sub(self.own) {
            None => self.graph().term(id),
            // Numbers past the graph's own come from `number` alone, so each has its term.
            Some(at) => &self.beside[at as usize],
        }
    }

    /// The number of a term that the shapes name.
    pub(super) fn constant(&self, at: Constant) -> Id {
        self.constants.get(at).copied().unwrap_or(Id::MAX)
    }

    /// Whether a node is in a list of the shapes.
    pub(super) fn is_in(&self, set: usize, node: Id) -> bool {
        self.sets.get(set).is_some_and(|set| set.contains(&node))
    }

    /// What a node says: property and object, in order.
    pub(super) fn said(&mut self, node: Id) -> Said {
        if let Some(said) = self.said.get(&node) {
            return Rc::clone(said);
        }
        let said: Said = if node < self.own {
            self.graph().of(node).map(|[_, p, o]| (p, o)).collect()
        } else {
            Rc::default()
        };
        self.said.insert(node, Rc::clone(&said));
        said
    }

    /// The objects of a property that the shapes name, each once.
    pub(super) fn objects(&mut self, node: Id, property: Constant) -> Vec<Id> {
        let property = self.constant(property);
        self.objects_of(node, property)
    }

    fn objects_of(&mut self, node: Id, property: Id) -> Vec<Id> {
        let said = self.said(node);
        let mut found: Vec<Id> = of(&said, property).collect();
        if let Some(background) = self.data.background
            && let Some(at) = self.known_of.iter().position(|known| *known == property)
        {
            self.add_known(background, node, at, &mut found);
        }
        found
    }

    fn add_known(&mut self, background: &Background, node: Id, at: usize, found: &mut Vec<Id>) {
        let iri = [v::RDF_TYPE, sh::SKOS_IN_SCHEME, sh::RDFS_SUB_CLASS_OF]
            .get(at)
            .copied()
            .unwrap_or_default();
        for term in known(background, self.term(node), iri) {
            let id = self.number(&term);
            if !found.contains(&id) {
                found.push(id);
            }
        }
    }

    /// The nodes that lead to a node by a property that the shapes name.
    pub(super) fn subjects(&self, node: Id, property: Constant) -> Vec<Id> {
        let property = self.constant(property);
        if node >= self.own {
            return Vec::new();
        }
        let rows = self.graph().to(node).filter(|[_, p, _]| *p == property);
        rows.map(|[s, _, _]| s).collect()
    }

    /// Whether a node is of a class, or of one below it.
    pub(super) fn is_of(&mut self, node: Id, class: Constant) -> bool {
        if matches!(self.term(node), Term::Literal(_) | Term::Triple(_)) {
            return false;
        }
        let class = self.constant(class);
        let below = self.below(class);
        let [is, ..] = self.known_of;
        let said = self.said(node);
        if of(&said, is).any(|class| below.contains(&class)) {
            return true;
        }
        let Some(background) = self.data.background else { return false };
        let mut types = Vec::new();
        self.add_known(background, node, 0, &mut types);
        types.iter().any(|class| below.contains(class))
    }

    /// A class and every class below it, by what graph and background say.
    fn below(&mut self, class: Id) -> Rc<HashSet<Id>> {
        if let Some(below) = self.below.get(&class) {
            return Rc::clone(below);
        }
        let [_, _, sub_class] = self.known_of;
        let mut below = HashSet::from([class]);
        let mut waiting = vec![class];
        while let Some(class) = waiting.pop() {
            let mut next: Vec<Id> = Vec::new();
            if class < self.own {
                let rows = self.graph().to(class).filter(|[_, p, _]| *p == sub_class);
                next.extend(rows.map(|[s, _, _]| s));
            }
            if let (Some(background), Term::NamedNode(node)) = (self.data.background, self.term(class).clone()) {
                let known: Vec<Term> = background.classes_below(node.as_str()).map(iri_term).collect();
                next.extend(known.iter().map(|term| self.number(term)));
            }
            waiting.extend(next.into_iter().filter(|class| below.insert(*class)));
        }
        let below = Rc::new(below);
        self.below.insert(class, Rc::clone(&below));
        below
    }
}

/// The objects of a property among what a node says.
fn of(said: &[(Id, Id)], property: Id) -> impl Iterator<Item = Id> {
    let from = said.partition_point(|(p, _)| *p < property);
    let rest = said.get(from..).unwrap_or_default();
    rest.iter().take_while(move |(p, _)| *p == property).map(|(_, o)| *o)
}

fn iri_term(iri: &str) -> Term {
    NamedNode::new_unchecked(iri).into()
}
