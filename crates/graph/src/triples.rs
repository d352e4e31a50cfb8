//! A set of triples in memory: terms held once and numbered, triples as three numbers, in document order and by subject and object.

use std::collections::HashMap;
use std::sync::Arc;

use oxrdf::{Literal, NamedNode, NamedOrBlankNode, Term, Triple};

/// The number of a term.
pub(crate) type Id = u32;

/// A triple as numbers: subject, predicate, object.
pub(crate) type Row = [Id; 3];

/// Triples that are still being added.
#[derive(Default)]
pub(crate) struct Builder {
    terms: Vec<Arc<Term>>,
    ids: HashMap<Arc<Term>, Id>,
    rows: Vec<Row>,
}

impl Builder {
    fn intern(&mut self, term: Term) -> Id {
        if let Some(id) = self.ids.get(&term) {
            return *id;
        }
        let id = self.terms.len() as Id;
        let term = Arc::new(term);
        self.terms.push(Arc::clone(&term));
        self.ids.insert(term, id);
        id
    }

    /// Adds a triple.
    pub(crate) fn add(&mut self, triple: Triple) {
        let row = [
            self.intern(triple.subject.into()),
            self.intern(triple.predicate.into()),
            self.intern(triple.object),
        ];
        self.rows.push(row);
    }

    /// How many were added, copies included.
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Orders what was added; a triple that came twice keeps its first place.
    pub(crate) fn finish(self) -> Graph {
        let mut spo: Vec<(Row, u32)> = self.rows.into_iter().enumerate().map(|(at, row)| (row, at as u32)).collect();
        spo.sort_unstable();
        spo.dedup_by_key(|(row, _)| *row);
        let mut by_object: Vec<u32> = (0..spo.len() as u32).collect();
        by_object.sort_unstable_by_key(|at| spo.get(*at as usize).map(|([s, p, o], _)| (*o, *p, *s)));
        Graph {
            terms: self.terms,
            ids: self.ids,
            spo,
            by_object,
        }
    }
}

/// A finished set of triples.
#[derive(Default)]
pub(crate) struct Graph {
    terms: Vec<Arc<Term>>,
    ids: HashMap<Arc<Term>, Id>,
    /// Sorted by subject, predicate, object; with the place in the document.
    spo: Vec<(Row, u32)>,
    /// Places in `spo`, sorted by object, predicate, subject.
    by_object: Vec<u32>,
}

impl Graph {
    /// How many triples.
    pub(crate) fn len(&self) -> usize {
        self.spo.len()
    }

    /// All triples, by subject, predicate and object number.
    pub(crate) fn rows(&self) -> impl Iterator<Item = Row> {
        self.spo.iter().map(|(row, _)| *row)
    }

    /// All triples in document order.
    pub(crate) fn in_document_order(&self) -> Vec<Row> {
        let mut all = self.spo.clone();
        all.sort_unstable_by_key(|(_, place)| *place);
        all.into_iter().map(|(row, _)| row).collect()
    }

    /// Puts another term in the place of one; the other must not occur.
    pub(crate) fn rename(&mut self, id: Id, term: Term) {
        let term = Arc::new(term);
        if let Some(place) = self.terms.get_mut(id as usize) {
            let former = std::mem::replace(place, Arc::clone(&term));
            self.ids.remove(&former);
            self.ids.insert(term, id);
        }
    }

    /// The number of a term, when it occurs.
    pub(crate) fn id(&self, term: &Term) -> Option<Id> {
        self.ids.get(term).copied()
    }

    /// The number of an IRI, when it occurs.
    pub(crate) fn iri_id(&self, iri: &str) -> Option<Id> {
        self.id(&Term::NamedNode(NamedNode::new_unchecked(iri)))
    }

    /// The term of a number.
    pub(crate) fn term(&self, id: Id) -> &Term {
        // Numbers come from `intern` alone, so each has its term.
        &self.terms[id as usize]
    }

    /// The IRI of a number.
    pub(crate) fn iri(&self, id: Id) -> Option<&str> {
        match self.term(id) {
            Term::NamedNode(node) => Some(node.as_str()),
            _ => None,
        }
    }

    /// The literal of a number.
    pub(crate) fn literal(&self, id: Id) -> Option<&Literal> {
        match self.term(id) {
            Term::Literal(literal) => Some(literal),
            _ => None,
        }
    }

    /// Whether the number is a blank node's.
    pub(crate) fn is_blank(&self, id: Id) -> bool {
        matches!(self.term(id), Term::BlankNode(_))
    }

    /// The numbers of all terms.
    pub(crate) fn ids(&self) -> impl Iterator<Item = Id> + use<> {
        0..self.terms.len() as Id
    }

    /// The triples of a subject, by predicate and object number.
    pub(crate) fn of(&self, subject: Id) -> impl Iterator<Item = Row> {
        let from = self.spo.partition_point(|([s, _, _], _)| *s < subject);
        let rest = self.spo.get(from..).unwrap_or_default();
        rest.iter().map(|(row, _)| *row).take_while(move |[s, _, _]| *s == subject)
    }

    /// The objects of a subject and a property, in document order.
    pub(crate) fn objects(&self, subject: Id, predicate: Id) -> Vec<Id> {
        let from = self.spo.partition_point(|([s, p, _], _)| (*s, *p) < (subject, predicate));
        let rest = self.spo.get(from..).unwrap_or_default();
        let mut found: Vec<(u32, Id)> = rest
            .iter()
            .take_while(|([s, p, _], _)| (*s, *p) == (subject, predicate))
            .map(|([_, _, o], place)| (*place, *o))
            .collect();
        found.sort_unstable();
        found.into_iter().map(|(_, o)| o).collect()
    }

    /// The triples that lead to an object, by predicate and subject number.
    pub(crate) fn to(&self, object: Id) -> impl Iterator<Item = Row> {
        let row = |at: &u32| self.spo.get(*at as usize).map(|(row, _)| *row).unwrap_or_default();
        let from = self.by_object.partition_point(|at| row(at)[2] < object);
        let rest = self.by_object.get(from..).unwrap_or_default();
        rest.iter().map(row).take_while(move |[_, _, o]| *o == object)
    }

    /// A triple as terms; none when its subject is a literal or its predicate no IRI, which no builder lets in.
    pub(crate) fn triple(&self, [s, p, o]: Row) -> Option<Triple> {
        let subject: NamedOrBlankNode = match self.term(s) {
            Term::NamedNode(node) => node.clone().into(),
            Term::BlankNode(node) => node.clone().into(),
            _ => return None,
        };
        let Term::NamedNode(predicate) = self.term(p) else {
            return None;
        };
        Some(Triple::new(subject, predicate.clone(), self.term(o).clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_come_in_document_order_and_once() {
        let node = |name: &str| NamedNode::new_unchecked(format!("http://e.example/{name}"));
        let mut builder = Builder::default();
        for object in ["c", "a", "b", "a"] {
            builder.add(Triple::new(node("s"), node("p"), node(object)));
        }
        let graph = builder.finish();
        let id = |name: &str| graph.id(&node(name).into()).unwrap();
        assert_eq!(graph.len(), 3);
        assert_eq!(graph.objects(id("s"), id("p")), [id("c"), id("a"), id("b")]);
        assert_eq!(graph.to(id("b")).collect::<Vec<_>>(), [[id("s"), id("p"), id("b")]]);
        assert_eq!(graph.of(id("a")).count(), 0);
    }
}
