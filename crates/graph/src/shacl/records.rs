//! A catalogue as records: each node that a shape is about belongs to one record, and records are judged in parallel.
//!
//! A record is a dataset with everything that hangs on it (distributions, agents, contacts, periods), then services, then catalogues; a node
//! that several share belongs to the first. The graph is not copied: every core reads the same one, so a record sees all that the whole graph
//! says of it, and the results are those of the whole graph. What is kept for a record (the engine's memory of nodes it has judged) goes when
//! the record is done, so the cost of a dataset does not grow with their number.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError, mpsc};
use std::time::Duration;

use fyr_model::{Refusal, Severity};
use oxrdf::Term;

use super::data::{Data, name};
use super::engine::{Node, Session, Target};
use super::found::{Bag, Kept, in_order};
use super::shapes::Shapes;
use crate::refuse::{internal, unreadable};
use crate::triples::{Graph, Id};
use crate::view::{Role, Roles};
use crate::vocab as v;

/// Threads at most, and the stack of each: both count against a confined worker's memory.
const THREADS_MAX: usize = 8;
const STACK_BYTES: usize = 16 << 20;
/// Time that all constraints in SPARQL may take together.
const QUERIES_MAX: Duration = Duration::from_secs(240);
/// Nodes that belong to nobody, judged together.
const REST: u32 = 256;

/// A node that a shape is about.
struct Focus {
    shape: usize,
    node: Node,
}

/// The nodes of one record.
type Record = Vec<Focus>;

/// The records of a graph under some shapes, and which datasets there are.
pub(super) struct Records {
    records: Vec<Record>,
    datasets: Vec<Id>,
    mains: HashSet<Id>,
}

/// What was found in all records.
pub(super) struct Judgement {
    pub(super) bag: Bag,
    /// How many nodes were judged, counted once for each shape.
    pub(super) judged: u64,
    /// Each dataset, and whether a violation was found in its record.
    pub(super) datasets: Vec<(String, bool)>,
}

impl Records {
    /// Cuts a graph into records; with `whole`, everything is one record.
    pub(super) fn of(data: &Data, shapes: &Shapes, whole: bool) -> Self {
        let graph = &data.graph;
        let (mains, datasets) = mains(graph);
        let owners = if whole { Vec::new() } else { owners(graph, &mains) };
        let rest = mains.len() as u32;
        let mut records: BTreeMap<u32, Record> = BTreeMap::new();
        for (shape, targeted) in shapes.engine.targeted().iter().enumerate() {
            for node in targets(data, &targeted.targets) {
                let id = if let Node::Known(id) = node { Some(id) } else { None };
                let owner = id.and_then(|id| owners.get(id as usize).copied().flatten());
                let key = match (whole, owner) {
                    (true, _) => 0,
                    (false, Some(owner)) => owner,
                    (false, None) => rest + id.unwrap_or(0) / REST,
                };
                records.entry(key).or_default().push(Focus { shape, node });
            }
        }
        Self {
            records: records.into_values().collect(),
            datasets,
            mains: mains.into_iter().collect(),
        }
    }

    /// How many records.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.records.len()
    }

    /// Judges every record, on all cores.
    pub(super) fn judge(&self, data: &Data, shapes: &Shapes, results_max: usize) -> Result<Judgement, Refusal> {
        let data = match shapes.reads_shapes {
            true => data.beside(&shapes.graph),
            false => data.clone(),
        };
        let work = Work {
            records: &self.records,
            data: &data,
            shapes,
            next: AtomicUsize::new(0),
            stopped: AtomicBool::new(false),
            done: Mutex::new((Bag::new(results_max), HashSet::new())),
        };
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let threads = cores.min(THREADS_MAX).min(self.records.len()).max(1);
        let (finished, waiting) = mpsc::channel::<()>();
        let outcome = std::thread::scope(|scope| {
            if shapes.asks {
                let stop = &shapes.stop;
                scope.spawn(move || {
                    if waiting.recv_timeout(QUERIES_MAX) == Err(mpsc::RecvTimeoutError::Timeout) {
                        stop.cancel();
                    }
                });
            }
            let mut running = Vec::new();
            for _ in 0..threads {
                let thread = std::thread::Builder::new().name("shacl".into()).stack_size(STACK_BYTES);
                let thread = thread.spawn_scoped(scope, || work.run());
                running.push(thread.map_err(|error| {
                    work.stopped.store(true, Ordering::Relaxed);
                    internal("no-thread", "shacl", "ingen tråd att pröva i", "no thread to try in", error)
                }));
            }
            let ended = running.into_iter().map(|thread| thread?.join().unwrap_or_else(|_| Err(died())));
            let outcome: Vec<Result<(), Refusal>> = ended.collect();
            drop(finished);
            outcome.into_iter().collect::<Result<(), Refusal>>()
        });
        outcome?;
        let (bag, faulty) = work.done.into_inner().unwrap_or_else(PoisonError::into_inner);
        Ok(Judgement {
            bag,
            judged: self.records.iter().map(|record| record.len() as u64).sum(),
            datasets: self.datasets(&data.graph, &faulty),
        })
    }

    /// Each dataset with whether anything that hangs on it is at fault: what several datasets share counts for each.
    fn datasets(&self, graph: &Graph, faulty: &HashSet<Id>) -> Vec<(String, bool)> {
        let sound = |dataset: Id| !reach(graph, dataset, &self.mains).iter().any(|id| faulty.contains(id));
        self.datasets.iter().map(|id| (name(graph.term(*id)), sound(*id))).collect()
    }
}

fn died() -> Refusal {
    unreadable(
        "shacl-died",
        "shacl",
        "formerna eller katalogen fick prövningen att stanna",
        "the shapes or the catalogue made the trial stop",
    )
}

struct Work<'w> {
    records: &'w [Record],
    data: &'w Data,
    shapes: &'w Shapes,
    next: AtomicUsize,
    stopped: AtomicBool,
    done: Mutex<(Bag, HashSet<Id>)>,
}

impl Work<'_> {
    /// Takes records until there are none left.
    fn run(&self) -> Result<(), Refusal> {
        let mut session = self.shapes.engine.session(self.data);
        while let Some(record) = self.records.get(self.next.fetch_add(1, Ordering::Relaxed)) {
            if self.stopped.load(Ordering::Relaxed) {
                break;
            }
            if let Err(refusal) = self.record(record, session.as_mut()) {
                self.stopped.store(true, Ordering::Relaxed);
                return Err(refusal);
            }
        }
        Ok(())
    }

    fn record(&self, record: &Record, session: &mut dyn Session) -> Result<(), Refusal> {
        session.begin();
        let mut found: Vec<Kept> = Vec::new();
        let mut faulty: Vec<Id> = Vec::new();
        let mut cut = false;
        for focus in record {
            let judged = session.judge(focus.shape, &focus.node)?;
            cut |= judged.cut;
            let kept = judged.results.into_iter().map(|raw| Kept::new(raw, self.data, self.shapes));
            let before = found.len();
            found.extend(kept);
            let new = found.get(before..).unwrap_or_default();
            let at_fault = judged.cut
                || new
                    .iter()
                    .any(|one| one.found.severity == Severity::Violation && !one.found.undescribed);
            if let (true, Node::Known(id)) = (at_fault, &focus.node) {
                faulty.push(*id);
            }
        }
        in_order(&mut found);
        let mut done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        done.0.add(found, cut);
        done.1.extend(faulty);
        Ok(())
    }
}

/// Datasets, services and catalogues in that order, each by name; and the datasets alone.
fn mains(graph: &Graph) -> (Vec<Id>, Vec<Id>) {
    let roles = Roles::of(graph);
    let named = |role: Role| {
        let mut ids: Vec<Id> = roles.with(role).collect();
        ids.sort_by_cached_key(|id| name(graph.term(*id)));
        ids
    };
    let datasets = named(Role::Dataset);
    let mut seen = BTreeSet::new();
    let all = datasets.iter().copied().chain(named(Role::Service)).chain(named(Role::Catalogue));
    (all.filter(|id| seen.insert(*id)).collect(), datasets)
}

/// For each node, the number of the record that it belongs to.
fn owners(graph: &Graph, mains: &[Id]) -> Vec<Option<u32>> {
    let mut owners: Vec<Option<u32>> = vec![None; graph.ids().count()];
    for (number, main) in mains.iter().enumerate() {
        if let Some(place) = owners.get_mut(*main as usize) {
            *place = Some(number as u32);
        }
    }
    for (number, main) in mains.iter().enumerate() {
        let mut waiting = vec![*main];
        while let Some(node) = waiting.pop() {
            for [_, _, o] in graph.of(node) {
                if let Some(place @ None) = owners.get_mut(o as usize) {
                    *place = Some(number as u32);
                    waiting.push(o);
                }
            }
        }
    }
    owners
}

/// A node and everything that hangs on it, up to the next main entity.
fn reach(graph: &Graph, from: Id, mains: &HashSet<Id>) -> HashSet<Id> {
    let mut seen = HashSet::from([from]);
    let mut waiting = vec![from];
    while let Some(node) = waiting.pop() {
        for [_, _, o] in graph.of(node) {
            if !mains.contains(&o) && seen.insert(o) {
                waiting.push(o);
            }
        }
    }
    seen
}

/// The nodes that targets name, each once, in an order that is the same in every run.
fn targets(data: &Data, targets: &[Target]) -> Vec<Node> {
    let graph = &data.graph;
    let is = graph.iri_id(v::RDF_TYPE);
    let mut ids: BTreeSet<Id> = BTreeSet::new();
    let mut absent: Vec<Term> = Vec::new();
    for target in targets {
        match target {
            Target::Node(term) => match graph.id(term) {
                Some(id) => drop(ids.insert(id)),
                None if !absent.contains(term) => absent.push(term.clone()),
                None => {}
            },
            Target::Class(class) => {
                for class in data.classes_below(class) {
                    ids.extend(graph.to(class).filter(|[_, p, _]| Some(*p) == is).map(|[s, _, _]| s));
                }
            }
            Target::SubjectsOf(property) | Target::ObjectsOf(property) => {
                let property = graph.iri_id(property);
                let of_subjects = matches!(target, Target::SubjectsOf(_));
                let rows = graph.rows().filter(|[_, p, _]| Some(*p) == property);
                ids.extend(rows.map(|[s, _, o]| if of_subjects { s } else { o }));
            }
        }
    }
    let absent = absent.into_iter().map(|term| Node::Absent(Box::new(term)));
    ids.into_iter().map(Node::Known).chain(absent).collect()
}
