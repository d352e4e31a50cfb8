//! A graph as the engine sees it: the numbered triples of this crate, with what the background knows of a term added when it is asked for.
//!
//! In: a snapshot of a catalogue, or a parsed document. Nothing is copied beside a record: the background answers for exactly the term that
//! the record names, and only when a type, a scheme or a class above is asked for, so a closed shape never sees it.

use std::collections::HashSet;
use std::convert::Infallible;
use std::fmt;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use fyr_model::Refusal;
use fyr_model::limits::GraphLimits;
use oxrdf::{BlankNode, Dataset, GraphNameRef, Literal, NamedNode, NamedNodeRef, NamedOrBlankNode, QuadRef, Term, Triple};
use prefixmap::{PrefixMap, PrefixMapError};
use rudof_iri::IriS;
use rudof_rdf::rdf_core::{FocusRDF, Matcher, NeighsRDF, RDFError, Rdf};

use super::background::Background;
use super::shapes::parsed;
use super::terms as sh;
use crate::triples::{Graph, Id};
use crate::view::SKOLEM;
use crate::vocab as v;

/// How a name that stands for a blank node is written as a blank node's label, and back.
const LABEL: &str = "fyr.";

/// A catalogue's graph, ready to be validated.
#[derive(Clone)]
pub struct Data {
    pub(super) graph: Arc<Graph>,
    pub(super) background: Option<&'static Background>,
    pub(super) shapes: Option<Arc<Graph>>,
    dataset: Arc<OnceLock<Dataset>>,
    focus: Option<Term>,
}

impl fmt::Debug for Data {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Data({} triples)", self.graph.len())
    }
}

impl Data {
    pub(super) fn new(graph: Graph) -> Self {
        Self {
            graph: Arc::new(graph),
            background: None,
            shapes: None,
            dataset: Arc::default(),
            focus: None,
        }
    }

    /// A snapshot file ([`crate::ReadResponse::nquads`]). What was a blank node in its document is one again, with its name kept.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn load(nquads: &Path) -> Result<Self, Refusal> {
        let mut graph = crate::read::load(nquads)?;
        let blanks = graph.ids().filter_map(|id| match graph.term(id) {
            Term::NamedNode(node) => blank_of(node).map(|blank| (id, blank)),
            _ => None,
        });
        let blanks: Vec<(Id, BlankNode)> = blanks.collect();
        blanks.into_iter().for_each(|(id, blank)| graph.rename(id, blank.into()));
        Ok(Self::new(graph))
    }

    /// A document as it stands, parsed here: for documents of one's own, since untrusted bytes belong in a confined worker.
    ///
    /// # Errors
    /// Those of parsing.
    pub fn read(bytes: &[u8], media_type: Option<&str>, name: &str, base: Option<&str>, limits: &GraphLimits) -> Result<Self, Refusal> {
        parsed(bytes, media_type, name, base, limits).map(|(graph, _)| Self::new(graph))
    }

    /// With what is known of the terms of code lists and of classes, or without.
    #[must_use]
    pub fn with_background(mut self, background: Option<&'static Background>) -> Self {
        self.background = background;
        self.dataset = Arc::default();
        self
    }

    /// Triples in the record itself.
    pub fn len(&self) -> usize {
        self.graph.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.graph.len() == 0
    }

    pub(super) fn beside(&self, shapes: &Arc<Graph>) -> Self {
        Self {
            shapes: Some(Arc::clone(shapes)),
            dataset: Arc::default(),
            ..self.clone()
        }
    }

    /// Whether anything is known of a term, here or in the background.
    pub(super) fn describes(&self, term: &Term) -> bool {
        let own = self.graph.id(term).is_some_and(|id| self.graph.of(id).next().is_some());
        own || matches!((self.background, term), (Some(known), Term::NamedNode(node)) if known.knows(node.as_str()))
    }

    /// A class and every class below it, by what data and background say: those whose nodes a shape about the class is about.
    pub(super) fn classes_below(&self, class: &Term) -> Vec<Id> {
        let below = self.graph.iri_id(sh::RDFS_SUB_CLASS_OF);
        let mut waiting = vec![class.clone()];
        let mut seen = waiting.clone();
        let mut found = Vec::new();
        while let Some(class) = waiting.pop() {
            let mut next: Vec<Term> = Vec::new();
            if let Some(id) = self.graph.id(&class) {
                found.push(id);
                let rows = self.graph.to(id).filter(|[_, p, _]| Some(*p) == below);
                next.extend(rows.map(|[s, _, _]| self.graph.term(s).clone()));
            }
            if let (Some(background), Term::NamedNode(node)) = (self.background, &class) {
                let known = background.targets_below(node.as_str());
                next.extend(known.map(|iri| Term::NamedNode(NamedNode::new_unchecked(iri))));
            }
            for class in next {
                if !seen.contains(&class) {
                    seen.push(class.clone());
                    waiting.push(class);
                }
            }
        }
        found
    }

    /// The same graph for SPARQL: the record in the default graph, the shapes in a named one. Made once, when a first query asks.
    pub(super) fn dataset(&self) -> &Dataset {
        self.dataset.get_or_init(|| {
            let mut dataset = Dataset::new();
            let known = |subject: &str, property: &str, object: &str| {
                let [s, p, o] = [subject, property, object].map(NamedNodeRef::new_unchecked);
                QuadRef::new(s, p, o, GraphNameRef::DefaultGraph).into_owned()
            };
            for triple in self.graph.rows().filter_map(|row| self.graph.triple(row)) {
                dataset.insert(triple.as_ref().in_graph(GraphNameRef::DefaultGraph));
                if let (Some(background), Term::NamedNode(node)) = (self.background, &triple.object) {
                    for (property, object) in background.said_of(node.as_str()) {
                        dataset.insert(known(node.as_str(), property, &object).as_ref());
                    }
                }
            }
            for (class, above) in self.background.into_iter().flat_map(Background::hierarchy) {
                dataset.insert(known(class, sh::RDFS_SUB_CLASS_OF, above).as_ref());
            }
            let name = NamedNodeRef::new_unchecked(sh::SHAPES_GRAPH);
            if let Some(shapes) = &self.shapes {
                for triple in shapes.rows().filter_map(|row| shapes.triple(row)) {
                    dataset.insert(triple.as_ref().in_graph(name));
                }
            }
            dataset
        })
    }

    fn numbers(&self, s: Option<&NamedOrBlankNode>, p: Option<&NamedNode>, o: Option<&Term>) -> Option<[Option<Id>; 3]> {
        let number = |term: Option<Term>| match term {
            None => Some(None),
            Some(term) => self.graph.id(&term).map(Some),
        };
        let s = number(s.map(|s| Term::from(s.clone())))?;
        let p = number(p.map(|p| Term::from(p.clone())))?;
        Some([s, p, number(o.cloned())?])
    }

    fn own(&self, s: Option<&NamedOrBlankNode>, p: Option<&NamedNode>, o: Option<&Term>) -> Vec<Triple> {
        let graph = &self.graph;
        let Some([s, p, o]) = self.numbers(s, p, o) else {
            return Vec::new();
        };
        let fits = |wanted: Option<Id>, id: Id| wanted.is_none_or(|wanted| wanted == id);
        let as_triples = |rows: &mut dyn Iterator<Item = [Id; 3]>| rows.filter_map(|row| graph.triple(row)).collect();
        match (s, p, o) {
            (Some(s), Some(p), o) => {
                let objects = graph.objects(s, p).into_iter().filter(|id| fits(o, *id));
                as_triples(&mut objects.map(|o| [s, p, o]))
            }
            (Some(s), None, o) => as_triples(&mut graph.of(s).filter(|[_, _, id]| fits(o, *id))),
            (None, p, Some(o)) => as_triples(&mut graph.to(o).filter(|[_, id, _]| fits(p, *id))),
            (None, p, None) => as_triples(&mut graph.rows().filter(|[_, id, _]| fits(p, *id))),
        }
    }

    fn matching(&self, s: Option<&NamedOrBlankNode>, p: Option<&NamedNode>, o: Option<&Term>) -> Vec<Triple> {
        let mut found = self.own(s, p, o);
        if let (Some(background), Some(subject), Some(property)) = (self.background, s, p) {
            for object in known(background, &subject.clone().into(), property.as_str()) {
                let triple = Triple::new(subject.clone(), property.clone(), object);
                if o.is_none_or(|wanted| *wanted == triple.object) && !found.contains(&triple) {
                    found.push(triple);
                }
            }
        }
        found
    }
}

fn blank_of(node: &NamedNode) -> Option<BlankNode> {
    let name = node.as_str().strip_prefix(SKOLEM)?;
    BlankNode::new(format!("{LABEL}{}", name.replace(':', ".."))).ok()
}

/// A node's name for people and machines: the IRI, the name that stands for a blank node, or the literal's text.
pub(super) fn name(term: &Term) -> String {
    match term {
        Term::NamedNode(node) => node.as_str().to_owned(),
        Term::BlankNode(node) => match node.as_str().strip_prefix(LABEL) {
            Some(label) => format!("{SKOLEM}{}", label.replace("..", ":")),
            None => format!("_:{}", node.as_str()),
        },
        Term::Literal(literal) => literal.value().to_owned(),
        Term::Triple(_) => String::new(),
    }
}

impl Rdf for Data {
    type IRI = NamedNode;
    type BNode = BlankNode;
    type Literal = Literal;
    type Subject = NamedOrBlankNode;
    type Term = Term;
    type Triple = Triple;
    type Err = Infallible;

    fn qualify_iri(&self, iri: &NamedNode) -> String {
        iri.to_string()
    }
    fn qualify_subject(&self, subject: &NamedOrBlankNode) -> String {
        subject.to_string()
    }
    fn qualify_term(&self, term: &Term) -> String {
        term.to_string()
    }
    fn prefixmap(&self) -> Option<PrefixMap> {
        None
    }
    fn resolve_prefix_local(&self, prefix: &str, local: &str) -> Result<IriS, PrefixMapError> {
        PrefixMap::new().resolve_prefix_local(prefix, local)
    }
}

impl NeighsRDF for Data {
    fn triples(&self) -> Result<impl Iterator<Item = Triple>, Infallible> {
        Ok(self.own(None, None, None).into_iter())
    }

    fn triples_matching<S, P, O>(&self, subject: &S, predicate: &P, object: &O) -> Result<impl Iterator<Item = Triple> + '_, Infallible>
    where
        S: Matcher<NamedOrBlankNode>,
        P: Matcher<NamedNode>,
        O: Matcher<Term>,
    {
        Ok(self.matching(subject.value(), predicate.value(), object.value()).into_iter())
    }

    // What the walk asks most, without making a triple of each answer.
    fn objects_for(&self, subject: &Term, predicate: &NamedNode) -> Result<HashSet<Term>, RDFError> {
        let graph = &self.graph;
        let numbers = graph.id(subject).zip(graph.iri_id(predicate.as_str()));
        let own = numbers
            .map(|(subject, predicate)| graph.objects(subject, predicate))
            .unwrap_or_default();
        let mut found: HashSet<Term> = own.into_iter().map(|id| graph.term(id).clone()).collect();
        if let Some(background) = self.background {
            found.extend(known(background, subject, predicate.as_str()));
        }
        Ok(found)
    }
}

/// What the background knows of a node under one property.
pub(super) fn known(background: &Background, subject: &Term, property: &str) -> Vec<Term> {
    let said = match subject {
        Term::NamedNode(node) => background.objects(node.as_str(), property),
        Term::BlankNode(_) if property == v::RDF_TYPE => vec![sh::RDFS_RESOURCE.to_owned()],
        _ => Vec::new(),
    };
    said.into_iter().map(|iri| NamedNode::new_unchecked(iri).into()).collect()
}

impl FocusRDF for Data {
    fn set_focus(&mut self, focus: &Term) {
        self.focus = Some(focus.clone());
    }
    fn get_focus(&self) -> Option<&Term> {
        self.focus.as_ref()
    }
}
