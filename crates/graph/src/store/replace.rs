//! Moving a source from one snapshot to the next: nothing, a difference, or a new graph.

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use fyr_model::limits::GraphLimits;
use fyr_model::{Refusal, Sha256, SourceId};
use oxigraph::io::{RdfFormat, RdfParser};
use oxigraph::model::{GraphNameRef, NamedNode, NamedNodeRef, Quad, Triple};
use oxigraph::store::{StorageError, Transaction};

use super::{GRAPH, POINTERS, SHA256, SOURCE, Snapshot, Store, TRIPLES, broken, in_graph, pointers, text};

/// Quads removed in one transaction when a graph that nobody sees is taken away.
const SWEEP_QUADS: usize = 10_000;
/// Memory that a bulk load may take for its batches, in MB.
const BULK_MEGABYTES: usize = 256;

/// A short digest of a line, to compare two large sets without holding them.
type Mark = [u8; 16];

fn mark(line: &str) -> Mark {
    let mut mark = Mark::default();
    let digest = Sha256::of(line.as_bytes());
    mark.iter_mut().zip(digest.as_bytes()).for_each(|(to, from)| *to = *from);
    mark
}

impl Store {
    /// Makes a snapshot file (sorted N-Triples, blank nodes named) the current state of a source; gives the number of quads written.
    ///
    /// Equal digests write nothing at all. Up to `limits.transaction_quads_max` different quads are one transaction; more is a bulk load
    /// into a new graph, and then one transaction that moves the pointer.
    ///
    /// # Errors
    /// When the file is no snapshot, or the disk fails. The former state then stands.
    pub fn replace(&self, source: &SourceId, nquads: &Path, sha256: Sha256, limits: &GraphLimits) -> Result<u64, Refusal> {
        let _writing = self.writing(source)?;
        let current = self.snapshot(source)?;
        if current.as_ref().is_some_and(|current| current.sha256 == sha256) {
            return Ok(0);
        }
        let fail = |error: String| broken(source.as_str(), error);
        let triples = lines(nquads)
            .map_err(fail)?
            .try_fold(0u64, |count, line| line.map(|_| count + 1))
            .map_err(fail)?;
        let most = limits.transaction_quads_max as u64;
        let fits = match &current {
            Some(current) => current.triples.abs_diff(triples) <= most,
            None => triples <= most,
        };
        let change = if fits {
            self.difference(source, current.as_ref(), nquads, limits)?
        } else {
            None
        };
        match change {
            Some(change) => self.apply(source, current, change, sha256, triples),
            None => self.load(source, current, nquads, sha256, triples),
        }
    }

    /// The quads to take away and to add; none when they are too many for a transaction.
    fn difference(
        &self,
        source: &SourceId,
        current: Option<&Snapshot>,
        nquads: &Path,
        limits: &GraphLimits,
    ) -> Result<Option<Change>, Refusal> {
        let fail = |error: String| broken(source.as_str(), error);
        let most = limits.transaction_quads_max;
        let mut new: HashSet<Mark> = HashSet::new();
        for line in lines(nquads).map_err(fail)? {
            new.insert(mark(&line.map_err(fail)?));
        }
        let mut change = Change::default();
        if let Some(current) = current {
            let graph = NamedNode::new_unchecked(current.graph.clone());
            let reader = self.begin()?;
            for quad in reader.quads_for_pattern(None, None, None, Some(GraphNameRef::NamedNode(graph.as_ref()))) {
                let triple = Triple::from(quad.map_err(|error| broken(source.as_str(), error))?);
                if !new.remove(&mark(&format!("{triple} ."))) {
                    change.gone.push(triple);
                    if change.gone.len() > most {
                        return Ok(None);
                    }
                }
            }
        }
        if change.gone.len() + new.len() > most {
            return Ok(None);
        }
        for triple in triples_of(nquads).map_err(fail)? {
            let triple = triple.map_err(fail)?;
            if new.contains(&mark(&format!("{triple} ."))) {
                change.new.push(triple);
            }
        }
        Ok(Some(change))
    }

    fn apply(&self, source: &SourceId, current: Option<Snapshot>, change: Change, sha256: Sha256, triples: u64) -> Result<u64, Refusal> {
        let graph = current.map_or_else(|| graph_name(source, sha256, None), |current| current.graph);
        let node = NamedNode::new_unchecked(graph.clone());
        let written = change.gone.len() + change.new.len();
        let mut transaction = self.begin()?;
        // First away, then new: two spellings of one number are one quad in the store.
        for triple in change.gone {
            transaction.remove(&in_graph(triple, &node));
        }
        for triple in change.new {
            transaction.insert(&in_graph(triple, &node));
        }
        let snapshot = Snapshot { graph, sha256, triples };
        point(&mut transaction, source, Some(&snapshot)).map_err(|error| broken(source.as_str(), error))?;
        transaction.commit().map_err(|error| broken(source.as_str(), error))?;
        Ok(written as u64)
    }

    fn load(&self, source: &SourceId, current: Option<Snapshot>, nquads: &Path, sha256: Sha256, triples: u64) -> Result<u64, Refusal> {
        let graph = graph_name(source, sha256, current.as_ref());
        self.load_graph(source, &graph, nquads)?;
        let snapshot = Snapshot { graph, sha256, triples };
        let mut transaction = self.begin()?;
        point(&mut transaction, source, Some(&snapshot)).map_err(|error| broken(source.as_str(), error))?;
        transaction.commit().map_err(|error| broken(source.as_str(), error))?;
        if let Some(former) = current {
            self.drop_graph(&former.graph)?;
        }
        Ok(triples)
    }

    /// Fills a graph that nobody sees yet.
    fn load_graph(&self, source: &SourceId, graph: &str, nquads: &Path) -> Result<(), Refusal> {
        self.drop_graph(graph)?;
        let node = NamedNode::new_unchecked(graph);
        let mut loader = self
            .inner
            .bulk_loader()
            .with_num_threads(1)
            .with_max_memory_size_in_megabytes(BULK_MEGABYTES);
        let file = File::open(nquads).map_err(|error| broken(source.as_str(), error))?;
        let parser = RdfParser::from_format(RdfFormat::NTriples).with_default_graph(node);
        let mut failed = None;
        let quads = parser.for_reader(BufReader::new(file)).map_while(|quad| match quad {
            Ok(quad) => Some(quad),
            Err(error) => {
                failed = Some(error);
                None
            }
        });
        loader.load_quads(quads).map_err(|error| broken(source.as_str(), error))?;
        if let Some(error) = failed {
            return Err(broken(source.as_str(), error));
        }
        loader.commit().map_err(|error| broken(source.as_str(), error))
    }

    /// Removes every graph that no pointer names.
    pub(super) fn sweep(&self) -> Result<(), Refusal> {
        let known: HashSet<String> = {
            let reader = self.begin()?;
            pointers(&reader)?.into_values().map(|snapshot| snapshot.graph).collect()
        };
        let names: Vec<String> = self
            .inner
            .named_graphs()
            .filter_map(Result::ok)
            .map(|name| name.to_string().trim_matches(['<', '>']).to_owned())
            .filter(|name| name != POINTERS && !known.contains(name))
            .collect();
        names.iter().try_for_each(|name| self.drop_graph(name))
    }

    /// Removes a graph that nobody sees, in small transactions.
    pub(super) fn drop_graph(&self, name: &str) -> Result<(), Refusal> {
        let graph = NamedNode::new_unchecked(name);
        loop {
            let mut transaction = self.begin()?;
            let place = Some(GraphNameRef::NamedNode(graph.as_ref()));
            let some: Vec<Quad> = transaction
                .quads_for_pattern(None, None, None, place)
                .take(SWEEP_QUADS)
                .collect::<Result<_, _>>()
                .map_err(|error| broken(name, error))?;
            for quad in &some {
                transaction.remove(quad);
            }
            let last = some.len() < SWEEP_QUADS;
            if last {
                transaction
                    .remove_named_graph(graph.as_ref())
                    .map_err(|error| broken(name, error))?;
            }
            transaction.commit().map_err(|error| broken(name, error))?;
            if last {
                return Ok(());
            }
        }
    }
}

#[derive(Default)]
struct Change {
    gone: Vec<Triple>,
    new: Vec<Triple>,
}

/// The graph that a snapshot is loaded into, named by the source and the digest it is loaded with.
fn graph_name(source: &SourceId, sha256: Sha256, current: Option<&Snapshot>) -> String {
    let name = format!("urn:fyr:graph:{source}:{sha256}");
    // A graph that was changed in place keeps the name it was loaded with, and may meet that digest again.
    if current.is_some_and(|current| current.graph == name) {
        format!("{name}:2")
    } else {
        name
    }
}

/// Sets or removes the pointer of a source.
pub(super) fn point(transaction: &mut Transaction<'_>, source: &SourceId, to: Option<&Snapshot>) -> Result<(), StorageError> {
    let graph = NamedNodeRef::new_unchecked(POINTERS);
    let subject = NamedNode::new_unchecked(format!("{SOURCE}{source}"));
    let place = Some(GraphNameRef::NamedNode(graph));
    let old: Vec<Quad> = transaction
        .quads_for_pattern(Some(subject.as_ref().into()), None, None, place)
        .collect::<Result<_, _>>()?;
    for quad in &old {
        transaction.remove(quad);
    }
    if let Some(snapshot) = to {
        let node = NamedNode::new_unchecked(snapshot.graph.clone());
        let fact = |property: &str, object: oxigraph::model::Term| {
            in_graph(
                Triple::new(subject.clone(), NamedNode::new_unchecked(property), object),
                &graph.into_owned(),
            )
        };
        transaction.insert(&fact(GRAPH, node.into()));
        transaction.insert(&fact(SHA256, text(snapshot.sha256.to_string()).into()));
        transaction.insert(&fact(TRIPLES, text(snapshot.triples.to_string()).into()));
    }
    Ok(())
}

fn lines(path: &Path) -> Result<impl Iterator<Item = Result<String, String>>, String> {
    let file = File::open(path).map_err(|error| error.to_string())?;
    Ok(BufReader::new(file).lines().map(|line| line.map_err(|error| error.to_string())))
}

fn triples_of(path: &Path) -> Result<impl Iterator<Item = Result<Triple, String>>, String> {
    let file = File::open(path).map_err(|error| error.to_string())?;
    let quads = RdfParser::from_format(RdfFormat::NTriples).for_reader(BufReader::new(file));
    Ok(quads.map(|quad| quad.map(Triple::from).map_err(|error| error.to_string())))
}

/// Ways for tests to stand between two steps.
#[cfg(test)]
impl Store {
    /// Loads a snapshot into its graph and moves no pointer, as a process does that is killed in between.
    pub(crate) fn load_without_pointer(&self, source: &SourceId, nquads: &Path, sha256: Sha256) {
        self.load_graph(source, &graph_name(source, sha256, None), nquads).unwrap();
    }

    /// Quads in the store, pointers and leftovers included.
    pub(crate) fn quads(&self) -> usize {
        self.inner.len().unwrap()
    }
}
