//! A set of triples in memory: terms held once and numbered, triples as three numbers, in document order and by subject and object.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, BuildHasherDefault, Hasher, RandomState};

use oxrdf::{Literal, NamedNode, NamedOrBlankNode, Term, Triple};

/// The number of a term.
pub(crate) type Id = u32;

/// A triple as numbers: subject, predicate, object.
pub(crate) type Row = [Id; 3];

/// Terms and their numbers. Each is hashed once, with a key that nobody outside knows; a table that grows moves numbers, never texts.
#[derive(Default)]
struct Terms {
    all: Vec<Term>,
    ids: HashMap<u64, Id, BuildHasherDefault<Itself>>,
    /// Terms whose hash another one has.
    twins: HashMap<Term, Id>,
    key: RandomState,
}

/// A hash is spread well enough to be its own.
#[derive(Default)]
pub(crate) struct Itself(u64);

impl Hasher for Itself {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().fold(self.0, |sum, byte| sum.rotate_left(8) ^ u64::from(*byte));
    }
    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }
}

impl Terms {
    fn get(&self, term: &Term) -> Option<Id> {
        let first = self.ids.get(&self.key.hash_one(term)).copied();
        match first.filter(|id| self.all.get(*id as usize) == Some(term)) {
            None if !self.twins.is_empty() => self.twins.get(term).copied(),
            id => id,
        }
    }

    fn intern(&mut self, term: Term) -> Id {
        let hash = self.key.hash_one(&term);
        let next = self.all.len() as Id;
        let id = *self.ids.entry(hash).or_insert(next);
        if id != next {
            if self.all.get(id as usize) == Some(&term) {
                return id;
            }
            if let Some(id) = self.twins.get(&term) {
                return *id;
            }
            self.twins.insert(term.clone(), next);
        }
        self.all.push(term);
        next
    }

    fn rename(&mut self, id: Id, term: Term) {
        let Some(place) = self.all.get_mut(id as usize) else { return };
        let hash = self.key.hash_one(&term);
        let former = std::mem::replace(place, term);
        if self.twins.remove(&former).is_none() {
            self.ids.remove(&self.key.hash_one(&former));
        }
        if *self.ids.entry(hash).or_insert(id) != id
            && let Some(term) = self.all.get(id as usize)
        {
            self.twins.insert(term.clone(), id);
        }
    }
}

/// Triples that are still being added.
#[derive(Default)]
pub(crate) struct Builder {
    terms: Terms,
    rows: Vec<Row>,
}

impl Builder {
    /// The number of a term, which may be new.
    pub(crate) fn intern(&mut self, term: Term) -> Id {
        self.terms.intern(term)
    }

    /// Adds a triple of terms that have numbers already.
    pub(crate) fn add_row(&mut self, row: Row) {
        self.rows.push(row);
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
        let by_object = by_object(&spo, self.terms.all.len());
        Graph {
            terms: self.terms,
            spo,
            by_object,
        }
    }
}

/// Places in `spo` by object, predicate, subject: counted out by object, then each object's few put in order.
fn by_object(spo: &[(Row, u32)], terms: usize) -> Vec<u32> {
    let mut ends = vec![0usize; terms + 1];
    for ([_, _, o], _) in spo {
        if let Some(end) = ends.get_mut(*o as usize + 1) {
            *end += 1;
        }
    }
    let mut sum = 0;
    for end in &mut ends {
        sum += *end;
        *end = sum;
    }
    let mut places = vec![0u32; spo.len()];
    for (at, ([_, _, o], _)) in spo.iter().enumerate() {
        // What stands at an object's number is the next free place, and in the end the end of its own.
        if let Some(next) = ends.get_mut(*o as usize) {
            if let Some(place) = places.get_mut(*next) {
                *place = at as u32;
            }
            *next += 1;
        }
    }
    let mut from = 0;
    for end in ends.into_iter().take(terms) {
        if let Some(few) = places.get_mut(from..end) {
            few.sort_unstable_by_key(|at| spo.get(*at as usize).map(|([s, p, _], _)| (*p, *s)));
        }
        from = end;
    }
    places
}

/// A finished set of triples.
#[derive(Default)]
pub(crate) struct Graph {
    terms: Terms,
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
        self.terms.rename(id, term);
    }

    /// The number of a term, when it occurs.
    pub(crate) fn id(&self, term: &Term) -> Option<Id> {
        self.terms.get(term)
    }

    /// The number of an IRI, when it occurs.
    pub(crate) fn iri_id(&self, iri: &str) -> Option<Id> {
        self.id(&Term::NamedNode(NamedNode::new_unchecked(iri)))
    }

    /// The term of a number.
    pub(crate) fn term(&self, id: Id) -> &Term {
        // Numbers come from `intern` alone, so each has its term.
        &self.terms.all[id as usize]
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
        0..self.terms.all.len() as Id
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
