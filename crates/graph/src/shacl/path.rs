//! Property paths: read from a graph, written as in SPARQL, and written back as triples.
//!
//! A path of one property is written as the property's IRI; a longer one as SPARQL writes it, each IRI in angle brackets.

use oxrdf::{NamedNode, Term};

use super::terms as sh;
use crate::triples::{Graph, Id};
use crate::write::draft::{Draft, Node};

/// A path made of one other.
type Around = fn(Box<Path>) -> Path;
/// A path made of several others.
type Joined = fn(Vec<Path>) -> Path;

/// Paths in paths that are read; deeper is refused, since a hostile file could nest for ever.
const DEPTH_MAX: usize = 32;

/// A SHACL property path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Path {
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

    /// Reads what [`Path::text`] wrote.
    pub(crate) fn of_text(text: &str) -> Option<Self> {
        if !text.contains('<') {
            return NamedNode::new(text).ok().map(|node| Self::Predicate(node.into_string()));
        }
        let (path, rest) = written(text, 0)?;
        rest.is_empty().then_some(path)
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
    pub(crate) fn write(&self, draft: &mut Draft) -> Term {
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

/// A path as [`Path::sparql`] writes it, and what follows: parts are IRIs in angle brackets or paths in round ones, joined by one kind of sign.
fn written(text: &str, depth: usize) -> Option<(Path, &str)> {
    if depth > DEPTH_MAX {
        return None;
    }
    if let Some(rest) = text.strip_prefix('^') {
        let (inner, rest) = part(rest, depth)?;
        return Some((Path::Inverse(Box::new(inner)), rest));
    }
    let (first, mut rest) = part(text, depth)?;
    let times: [(char, Around); 3] = [('*', Path::ZeroOrMore), ('+', Path::OneOrMore), ('?', Path::ZeroOrOne)];
    if let Some((make, rest)) = times.iter().find_map(|(sign, make)| Some((make, rest.strip_prefix(*sign)?))) {
        return Some((make(Box::new(first)), rest));
    }
    let joins: [(char, Joined); 2] = [('/', Path::Sequence), ('|', Path::Alternative)];
    let Some((sign, make)) = joins.into_iter().find(|(sign, _)| rest.starts_with(*sign)) else {
        return Some((first, rest));
    };
    let mut paths = vec![first];
    while let Some(next) = rest.strip_prefix(sign) {
        let (path, after) = part(next, depth)?;
        paths.push(path);
        rest = after;
    }
    Some((make(paths), rest))
}

fn part(text: &str, depth: usize) -> Option<(Path, &str)> {
    if let Some(inner) = text.strip_prefix('(') {
        let (path, rest) = written(inner, depth + 1)?;
        return Some((path, rest.strip_prefix(')')?));
    }
    let (iri, rest) = text.strip_prefix('<')?.split_once('>')?;
    Some((Path::Predicate(NamedNode::new(iri).ok()?.into_string()), rest))
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
    let ways: [(&str, Around); 4] = [
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_reads_back_as_it_was_written() {
        for text in [
            "http://e.example/p",
            "^<http://e.example/p>",
            "<http://e.example/p>/<http://e.example/q>/(<http://e.example/r>*)",
            "(^<http://e.example/p>)|(<http://e.example/q>/<http://e.example/r>)",
            "((<http://e.example/p>|<http://e.example/q>)+)?",
        ] {
            assert_eq!(Path::of_text(text).map(|path| path.text()).as_deref(), Some(text));
        }
        for none in [
            "",
            "p",
            "<http://e.example/p",
            "<http://e.example/p>/",
            "(<http://e.example/p>",
            "<http://e.example/p>x",
        ] {
            assert_eq!(Path::of_text(none), None, "{none}");
        }
        let deep = format!("{}<http://e.example/p>{}", "(".repeat(5_000), ")".repeat(5_000));
        assert_eq!(Path::of_text(&deep), None);
    }
}
