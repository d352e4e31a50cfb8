//! The store: one named graph per source, and a pointer that says which graph is current.
//!
//! Readers take one transaction for pointer and content, so they see the old or the new state of a source and never a mixture. A small
//! change is one transaction on the graph in place. A first load or a large change goes by bulk load into a new graph, then one small
//! transaction moves the pointer; a crash in between leaves the old state, and what nobody points to is swept when the store is opened.
//!
//! One process owns the folder (RocksDB's lock). Numbers and dates are stored by value: `01` as an integer comes back as `1`; the exact
//! text is in the snapshot files, which the harvest keeps.

pub(crate) mod query;
mod replace;
mod watched;

use std::collections::BTreeMap;
use std::path::Path;
use std::str::FromStr;
use std::sync::{Arc, Mutex};

use fyr_model::{CatalogueView, Refusal, Sha256, SourceId};
use oxigraph::model::{GraphName, GraphNameRef, Literal, NamedNode, NamedNodeRef, NamedOrBlankNode, Quad, Term, Triple};
use oxigraph::store::{StorageError, Transaction};

pub use query::{Answer, Cancel};

use crate::refuse::{internal, unreadable};
use crate::syntax::Syntax;
use crate::view::{self, Reader, SKOLEM};
use crate::vocab as v;
use crate::write;

const POINTERS: &str = "urn:fyr:current";
const GRAPH: &str = "urn:fyr:current#graph";
const SHA256: &str = "urn:fyr:current#sha256";
const TRIPLES: &str = "urn:fyr:current#triples";
const SOURCE: &str = "urn:fyr:source:";

/// The state of a source in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// The named graph that holds it; its name changes with a large change.
    pub graph: String,
    /// The digest of its snapshot file.
    pub sha256: Sha256,
    /// Triples in the snapshot file.
    pub triples: u64,
}

/// The metadata graph of this installation. Cheap to clone; every clone is the same store.
#[derive(Clone)]
pub struct Store {
    inner: oxigraph::store::Store,
    /// One writer at a time: the difference is computed before it is written.
    writer: Arc<Mutex<()>>,
}

fn broken(subject: &str, error: impl std::fmt::Display) -> Refusal {
    internal(
        "store-failed",
        subject,
        "grafen svarade med ett fel",
        "the graph answered with an error",
        error,
    )
}

impl Store {
    /// Opens the store in `dir`, which it creates, and sweeps what an interrupted load left.
    ///
    /// # Errors
    /// When another process holds the folder, or the disk fails.
    pub fn open(dir: &Path) -> Result<Self, Refusal> {
        let subject = "graph";
        std::fs::create_dir_all(dir).map_err(|error| broken(subject, error))?;
        let inner = oxigraph::store::Store::open(dir).map_err(|error| broken(subject, error))?;
        let store = Self {
            inner,
            writer: Arc::default(),
        };
        store.sweep()?;
        Ok(store)
    }

    /// An empty store in memory, for tests and for documents that are not kept.
    ///
    /// # Errors
    /// When there is no memory for it.
    pub fn memory() -> Result<Self, Refusal> {
        let inner = oxigraph::store::Store::new().map_err(|error| broken("graph", error))?;
        Ok(Self {
            inner,
            writer: Arc::default(),
        })
    }

    fn begin(&self) -> Result<Transaction<'_>, Refusal> {
        self.inner.start_transaction().map_err(|error| broken("graph", error))
    }

    /// What the store holds of a source.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn snapshot(&self, source: &SourceId) -> Result<Option<Snapshot>, Refusal> {
        let reader = self.begin()?;
        Ok(pointers(&reader)?.remove(source.as_str()))
    }

    /// The sources that have a snapshot, by name.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn sources(&self) -> Result<Vec<SourceId>, Refusal> {
        let reader = self.begin()?;
        let known = pointers(&reader)?;
        Ok(known.keys().filter_map(|name| SourceId::from_str(name).ok()).collect())
    }

    /// The typed view of a source as it stands; distributions by IRI. Empty when the source has no snapshot.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn view(&self, source: &SourceId) -> Result<CatalogueView, Refusal> {
        let reader = self.begin()?;
        let Some(snapshot) = pointers(&reader)?.remove(source.as_str()) else {
            return Ok(CatalogueView::default());
        };
        let graph = NamedNode::new_unchecked(snapshot.graph);
        let quads = reader.quads_for_pattern(None, None, None, Some(GraphNameRef::NamedNode(graph.as_ref())));
        let graph = view::collect(quads.map(|quad| quad.map(Triple::from)), source.as_str())?;
        let mut view = Reader::new(&graph).view();
        view::by_iri(&mut view);
        Ok(view)
    }

    /// What a source says about one thing: its own triples, its nameless parts, a dataset's distributions, and its publisher and contact
    /// unless that is a person (H21). None when the source says nothing about it.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn describe(&self, source: &SourceId, iri: &str, syntax: Syntax) -> Result<Option<Vec<u8>>, Refusal> {
        let reader = self.begin()?;
        let Some(snapshot) = pointers(&reader)?.remove(source.as_str()) else {
            return Ok(None);
        };
        let graph = NamedNode::new_unchecked(snapshot.graph);
        let triples = described(&reader, graph.as_ref(), iri).map_err(|error| broken(source.as_str(), error))?;
        if triples.is_empty() {
            return Ok(None);
        }
        Ok(Some(write::serialise(&triples, syntax)))
    }

    /// Puts everything that was committed on disk (H38: commits survive a kill, not a power cut).
    ///
    /// # Errors
    /// When the disk fails; the run must then not be reported done.
    pub fn flush(&self) -> Result<(), Refusal> {
        self.inner.flush().map_err(|error| broken("graph", error))
    }

    /// Takes a source out of the store.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn remove(&self, source: &SourceId) -> Result<(), Refusal> {
        let _writing = self.writing(source)?;
        let mut change = self.begin()?;
        let Some(snapshot) = pointers(&change)?.remove(source.as_str()) else {
            return Ok(());
        };
        replace::point(&mut change, source, None).map_err(|error| broken(source.as_str(), error))?;
        change.commit().map_err(|error| broken(source.as_str(), error))?;
        self.drop_graph(&snapshot.graph)
    }

    fn writing(&self, source: &SourceId) -> Result<std::sync::MutexGuard<'_, ()>, Refusal> {
        self.writer.lock().map_err(|_| {
            unreadable(
                "store-failed",
                source.as_str(),
                "en tidigare skrivning avbröts; starta om",
                "an earlier write broke off; restart",
            )
        })
    }
}

/// The current graph of every source, read in one transaction.
fn pointers(reader: &Transaction<'_>) -> Result<BTreeMap<String, Snapshot>, Refusal> {
    let graph = NamedNodeRef::new_unchecked(POINTERS);
    let mut facts: BTreeMap<String, [Option<String>; 3]> = BTreeMap::new();
    for quad in reader.quads_for_pattern(None, None, None, Some(GraphNameRef::NamedNode(graph))) {
        let quad = quad.map_err(|error| broken("graph", error))?;
        let NamedOrBlankNode::NamedNode(subject) = &quad.subject else {
            continue;
        };
        let Some(source) = subject.as_str().strip_prefix(SOURCE) else {
            continue;
        };
        let place = [GRAPH, SHA256, TRIPLES].iter().position(|known| *known == quad.predicate.as_str());
        let value = match &quad.object {
            Term::NamedNode(node) => node.as_str().to_owned(),
            Term::Literal(literal) => literal.value().to_owned(),
            _ => continue,
        };
        if let Some(slot) = place.and_then(|place| facts.entry(source.to_owned()).or_default().get_mut(place)) {
            *slot = Some(value);
        }
    }
    Ok(facts
        .into_iter()
        .filter_map(|(source, [graph, sha256, triples])| {
            let snapshot = Snapshot {
                graph: graph?,
                sha256: sha256?.parse().ok()?,
                triples: triples?.parse().ok()?,
            };
            Some((source, snapshot))
        })
        .collect())
}

/// The bounded description of an IRI in a graph, subject by subject.
fn described(reader: &Transaction<'_>, graph: NamedNodeRef<'_>, iri: &str) -> Result<Vec<Triple>, StorageError> {
    let Ok(root) = NamedNode::new(iri) else { return Ok(Vec::new()) };
    let individual = NamedNode::new_unchecked(v::VCARD_INDIVIDUAL);
    let mut waiting = vec![root.clone()];
    let mut seen = vec![root.clone()];
    let mut triples = Vec::new();
    while let Some(node) = waiting.pop() {
        let graph = Some(GraphNameRef::NamedNode(graph));
        let quads = reader.quads_for_pattern(Some(node.as_ref().into()), None, None, graph);
        let mut own: Vec<Triple> = quads.map(|quad| quad.map(Triple::from)).collect::<Result<_, _>>()?;
        // The type comes first, as RDF/XML and readers like it.
        own.sort_by_key(|triple| (triple.predicate.as_str() != v::RDF_TYPE, triple.to_string()));
        if own.iter().any(|triple| triple.object == Term::from(individual.clone())) && node != root {
            continue;
        }
        for triple in &own {
            let Term::NamedNode(object) = &triple.object else { continue };
            let neighbours = [v::DISTRIBUTION, v::PUBLISHER, v::CREATOR, v::CONTACT_POINT];
            let follow = object.as_str().starts_with(SKOLEM) || (node == root && neighbours.contains(&triple.predicate.as_str()));
            if follow && !seen.contains(object) {
                seen.push(object.clone());
                waiting.push(object.clone());
            }
        }
        triples.extend(own);
    }
    Ok(triples)
}

fn in_graph(triple: Triple, graph: &NamedNode) -> Quad {
    triple.in_graph(GraphName::NamedNode(graph.clone()))
}

fn text(value: impl Into<String>) -> Literal {
    Literal::new_simple_literal(value)
}
