//! Property paths: read from a graph, written as in SPARQL, and written back as triples.
//!
//! A path of one property is written as the property's IRI; a longer one as SPARQL writes it, each IRI in angle brackets.

use oxrdf::{NamedNode, Term};

use super::terms as sh;
use crate::triples::{Graph, Id};
use crate::write::draft::{Draft, Node};

/// Paths in paths that are read; deeper is refused, since a hostile file could nest for ever.
const DEPTH_MAX: usize = 32;

/// A SHACL property path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Path {
    Predicate(String),
    Inverse(Box<Path>),
    Sequence(Vec<Path>),
    Alternative(Vec<Path>),
    ZeroOrMore(Box<Path>),
    OneOrMore(Box<Path>),
    ZeroOrOne(Box<Path>),
}

impl Path {
    /// The path that a node of a shapes graph stands for; none when it is not well-formed.
    pub(super) fn read(graph: &Graph, node: Id) -> Option<Self> {
        read(graph, node, 0)
    }

    /// As in SPARQL; one property alone without brackets.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Predicate(iri) => iri.clone(),
            longer => longer.sparql(),
        }
    }

    /// As in SPARQL, ready to be put into a query.
    pub(super) fn sparql(&self) -> String {
        let join = |paths: &[Self], between: &str| paths.iter().map(Self::part).collect::<Vec<_>>().join(between);
        match self {
            Self::Predicate(iri) => format!("<{iri}>"),
            Self::Inverse(inner) => format!("^{}", inner.part()),
            Self::Sequence(paths) => join(paths, "/"),
            Self::Alternative(paths) => join(paths, "|"),
            Self::ZeroOrMore(inner) => format!("{}*", inner.part()),
            Self::OneOrMore(inner) => format!("{}+", inner.part()),
            Self::ZeroOrOne(inner) => format!("{}?", inner.part()),
        }
    }

    fn part(&self) -> String {
        match self {
            Self::Predicate(_) => self.sparql(),
            longer => format!("({})", longer.sparql()),
        }
    }

    /// Writes the path and gives the node that stands for it.
    pub(super) fn write(&self, draft: &mut Draft) -> Term {
        let (property, object) = match self {
            Self::Predicate(iri) => return NamedNode::new_unchecked(iri.clone()).into(),
            Self::Sequence(paths) => return list(paths, draft),
            Self::Alternative(paths) => (sh::ALTERNATIVE_PATH, list(paths, draft)),
            Self::Inverse(inner) => (sh::INVERSE_PATH, inner.write(draft)),
            Self::ZeroOrMore(inner) => (sh::ZERO_OR_MORE_PATH, inner.write(draft)),
            Self::OneOrMore(inner) => (sh::ONE_OR_MORE_PATH, inner.write(draft)),
            Self::ZeroOrOne(inner) => (sh::ZERO_OR_ONE_PATH, inner.write(draft)),
        };
        let node = draft.blank();
        draft.add(&node, property, object);
        node.into()
    }
}

fn list(paths: &[Path], draft: &mut Draft) -> Term {
    let mut rest: Term = NamedNode::new_unchecked(sh::RDF_NIL).into();
    for path in paths.iter().rev() {
        let first = path.write(draft);
        let node: Node = draft.blank();
        draft.add(&node, sh::RDF_FIRST, first);
        draft.add(&node, sh::RDF_REST, rest);
        rest = node.into();
    }
    rest
}

fn read(graph: &Graph, node: Id, depth: usize) -> Option<Path> {
    if depth > DEPTH_MAX {
        return None;
    }
    if let Some(iri) = graph.iri(node) {
        return Some(Path::Predicate(iri.to_owned()));
    }
    let only = |property: &str| match objects(graph, node, property).as_slice() {
        [one] => Some(*one),
        _ => None,
    };
    let inner = |property: &str| only(property).map(|node| read(graph, node, depth + 1));
    let members = |head: Id| -> Option<Vec<Path>> {
        let members = items(graph, head)?;
        members.into_iter().map(|node| read(graph, node, depth + 1)).collect()
    };
    if !objects(graph, node, sh::RDF_FIRST).is_empty() {
        return members(node).filter(|paths| paths.len() > 1).map(Path::Sequence);
    }
    if let Some(head) = only(sh::ALTERNATIVE_PATH) {
        return members(head).filter(|paths| paths.len() > 1).map(Path::Alternative);
    }
    let ways: [(&str, fn(Box<Path>) -> Path); 4] = [
        (sh::INVERSE_PATH, Path::Inverse),
        (sh::ZERO_OR_MORE_PATH, Path::ZeroOrMore),
        (sh::ONE_OR_MORE_PATH, Path::OneOrMore),
        (sh::ZERO_OR_ONE_PATH, Path::ZeroOrOne),
    ];
    ways.into_iter()
        .find_map(|(property, make)| inner(property).map(|path| path.map(|path| make(Box::new(path)))))
        .flatten()
}

/// The objects of a property that is given by its IRI.
pub(super) fn objects(graph: &Graph, subject: Id, property: &str) -> Vec<Id> {
    graph.iri_id(property).map(|p| graph.objects(subject, p)).unwrap_or_default()
}

/// The members of an RDF list; none when it is not well-formed.
pub(super) fn items(graph: &Graph, head: Id) -> Option<Vec<Id>> {
    let mut members = Vec::new();
    let mut node = head;
    while graph.iri(node) != Some(sh::RDF_NIL) {
        let (first, rest) = (objects(graph, node, sh::RDF_FIRST), objects(graph, node, sh::RDF_REST));
        let ([first], [rest]) = (first.as_slice(), rest.as_slice()) else {
            return None;
        };
        members.push(*first);
        node = *rest;
        if members.len() > graph.len() {
            return None;
        }
    }
    Some(members)
}
