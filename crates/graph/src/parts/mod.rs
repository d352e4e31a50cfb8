//! A catalogue as typed views, a part at a time: the whole of a small one, and parts of a large one that say together what the whole would.
//!
//! In: the bytes that [`crate::read()`] takes, under the same limits and refused for the same reasons. Out: first what all parts share (catalogues,
//! services, publishers, contacts), then datasets in the order of their IRIs, each part with the faults that show in it. A document of more than
//! [`WHOLE_BYTES`] is numbered and written to the private folder as it is parsed, sorted there by part, and each part is then a graph of its own:
//! memory holds one part, what all share, and some 30 bytes for each node. Which nodes must stay together is decided in `nodes`.

mod nodes;
mod spool;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use fyr_model::{CatalogueView, Finding, Refusal};
use oxrdf::{Term, Triple};
use serde::{Deserialize, Serialize};

use crate::canon::{Budget, skolem_names};
use crate::parse::{Taker, Task, parse_into};
use crate::read::{ReadRequest, declared, few_enough_datasets, named_graph, on_stack, read_bytes, skolemised};
use crate::refuse::internal;
use crate::screen;
use crate::syntax::{Sniffed, sniff_head, sniff_xml_head};
use crate::triples::{Builder, Graph, Id};
use crate::view::{Around, Reader, SKOLEM};
use nodes::{Nodes, Places};
use spool::{Said, Sorted, Spool, blocks};

/// A document of more bytes is read in parts: as one graph it would take about eight times as much memory, a third of what a worker has.
pub const WHOLE_BYTES: u64 = 40 << 20;
/// Triples of a part: some 200 MB as a graph with its view.
pub const PART_TRIPLES: u64 = 400_000;
/// How far a chain of nodes without IRI is followed upwards.
const STEPS_MAX: usize = 8;

/// What to read, and from which size in parts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartsRequest {
    /// The document.
    pub read: ReadRequest,
    /// A document of more bytes is read in parts.
    #[serde(default = "whole_bytes")]
    pub whole_bytes: u64,
    /// Triples of a part, about.
    #[serde(default = "part_triples")]
    pub part_triples: u64,
}

fn whole_bytes() -> u64 {
    WHOLE_BYTES
}

fn part_triples() -> u64 {
    PART_TRIPLES
}

impl PartsRequest {
    /// A document, in parts when it is large.
    pub fn of(read: ReadRequest) -> Self {
        Self {
            read,
            whole_bytes: WHOLE_BYTES,
            part_triples: PART_TRIPLES,
        }
    }
}

/// A part of a catalogue.
pub struct Part<'g> {
    /// What it says, with the faults that show in it.
    pub view: CatalogueView,
    /// Whether it is what the others share; the only one when the document is not read in parts.
    pub shared: bool,
    reader: &'g Reader<'g>,
}

impl Part<'_> {
    /// Whether a name is of this part and no other.
    pub fn is_own(&self, iri: &str) -> bool {
        self.shared || self.reader.is_own(iri)
    }

    /// The statements by which a node without IRI hangs, and by which what it hangs on does, as lines of N-Triples.
    pub fn hanging(&self, node: &str, lines: &mut BTreeSet<String>) {
        let graph = self.reader.graph;
        let mut waiting: Vec<Id> = graph.iri_id(node).into_iter().collect();
        for _ in 0..STEPS_MAX {
            let above: Vec<[Id; 3]> = waiting.iter().flat_map(|id| graph.to(*id).take(2)).collect();
            lines.extend(
                above
                    .iter()
                    .filter_map(|row| graph.triple(*row))
                    .map(|triple| format!("{triple} .")),
            );
            let nameless = above
                .into_iter()
                .map(|[s, ..]| s)
                .filter(|s| graph.iri(*s).is_some_and(|iri| iri.starts_with(SKOLEM)));
            waiting = nameless.collect();
        }
    }
}

/// What there is to say of the document itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whole {
    /// Its syntax.
    pub syntax: String,
    /// Statements as it was written, copies counted.
    pub statements: u64,
    /// Findings about the document.
    pub findings: Vec<Finding>,
    /// How many parts it was read in, what they share not counted.
    pub parts: usize,
}

/// Where parts go.
pub type Each<'e> = &'e mut (dyn FnMut(Part<'_>) -> Result<(), Refusal> + Send);

/// Reads a document and hands over its parts, what they share first. Files lie in `dir` and are gone in the end.
///
/// # Errors
/// Those of [`crate::read()`], and what `each` refuses.
pub fn in_parts(request: &PartsRequest, dir: &Path, each: Each<'_>) -> Result<Whole, Refusal> {
    on_stack(&request.read.address, || {
        let length = std::fs::metadata(&request.read.path).map_or(0, |meta| meta.len());
        if length > request.whole_bytes {
            large(request, dir, each)
        } else {
            small(&request.read, each)
        }
    })
}

fn small(request: &ReadRequest, each: Each<'_>) -> Result<Whole, Refusal> {
    let read = named_graph(request)?;
    let reader = Reader::new(&read.graph);
    each(Part {
        view: reader.view(),
        shared: true,
        reader: &reader,
    })?;
    Ok(Whole {
        syntax: read.syntax.to_owned(),
        statements: read.statements,
        findings: read.findings,
        parts: 0,
    })
}

/// Numbers nodes and writes triples to disk as they are parsed.
struct Intake<'a> {
    request: &'a ReadRequest,
    dir: &'a Path,
    nodes: Nodes,
    spool: Spool,
    taken: u64,
}

impl Taker for Intake<'_> {
    fn take(&mut self, triple: Triple) -> Result<(), Refusal> {
        self.taken += 1;
        let property = self.spool.names.number(&triple.predicate);
        let (route, subject) = self.nodes.take(&triple, self.spool.names.meaning(property));
        few_enough_datasets(self.nodes.typed(), self.request.limits.datasets_max, &self.request.address)?;
        let added = self.spool.add(&triple, property, route, subject);
        added.map_err(|error| unwritable(self.request, &error))
    }

    fn taken(&self) -> u64 {
        self.taken
    }

    fn forget(&mut self) -> Result<(), Refusal> {
        self.taken = 0;
        self.nodes = Nodes::default();
        self.spool = Spool::new(self.dir);
        Ok(())
    }
}

fn large(request: &PartsRequest, dir: &Path, each: Each<'_>) -> Result<Whole, Refusal> {
    let read = &request.read;
    let mut intake = Intake {
        request: read,
        dir,
        nodes: Nodes::default(),
        spool: Spool::new(dir),
        taken: 0,
    };
    let (syntax, findings) = taken_in(read, &mut intake)?;
    let Intake { nodes, spool, taken, .. } = intake;
    let places = nodes.settle(taken, request.part_triples);
    let parts = places.number();
    let mut sorted = Sorted::new(dir, parts);
    let names = spool
        .sort(|route, block| sorted.add(places.part(route), block))
        .map_err(|error| unwritable(read, &error))?;
    let shared = std::mem::take(&mut sorted.shared);
    for part in std::iter::once(None).chain((0..parts).map(Some)) {
        let own = match part {
            Some(part) => sorted.part(part).map_err(|error| unwritable(read, &error))?,
            None => Vec::new(),
        };
        let (graph, around) = graph_of(&shared, &own, &names, &places, part.is_none()).map_err(|error| unwritable(read, &error))?;
        drop(own);
        let mut budget = Budget::new(&read.address);
        let skolem = skolem_names(&graph, &format!("{SKOLEM}{}:", read.source), &mut budget)?;
        let graph = skolemised(graph, &skolem);
        drop(skolem);
        let reader = Reader::within(&graph, around);
        each(Part {
            view: reader.view(),
            shared: part.is_none(),
            reader: &reader,
        })?;
    }
    Ok(Whole {
        syntax,
        statements: taken,
        findings,
        parts,
    })
}

/// Parses the document into the intake: piece by piece where its syntax allows it, else from its bytes.
fn taken_in(request: &ReadRequest, intake: &mut Intake<'_>) -> Result<(String, Vec<Finding>), Refusal> {
    let task = |bytes| Task {
        bytes,
        subject: &request.address,
        base: request.base.as_deref(),
        limits: &request.limits,
    };
    if let Some(sniffed) = piecewise(request)? {
        let open = || {
            let file = opened(&request.path)?;
            Ok(Box::new(Requoted::of(file, &sniffed.single_quotes)) as Box<dyn Read>)
        };
        let mut findings = sniffed.findings.clone();
        findings.extend(parse_into(sniffed.form, task(&[]), Some(&open), intake)?);
        return Ok((sniffed.form.word().to_owned(), findings));
    }
    let (bytes, sniffed, recoded) = read_bytes(request)?;
    let mut findings = sniffed.findings;
    findings.extend(recoded);
    findings.extend(parse_into(sniffed.form, task(&bytes), None, intake)?);
    Ok((sniffed.form.word().to_owned(), findings))
}

/// Screens a document of the Turtle family or in RDF/XML, in UTF-8; none for any other. JSON-LD is no stream: what a key means may be said after it.
fn piecewise(request: &ReadRequest) -> Result<Option<Sniffed>, Refusal> {
    let (subject, media_type) = (request.address.as_str(), request.media_type.as_deref());
    let unread = |error: io::Error| {
        internal(
            "file-unreadable",
            subject,
            "filen kunde inte läsas",
            "the file could not be read",
            error,
        )
    };
    let mut head = Vec::new();
    opened(&request.path)
        .and_then(|file| file.take(1 << 16).read_to_end(&mut head))
        .map_err(unread)?;
    let recoded = declared(&head).is_some_and(|encoding| encoding != encoding_rs::UTF_8);
    if recoded || matches!(head.get(..2), Some([0xFF, 0xFE] | [0xFE, 0xFF])) {
        return Ok(None);
    }
    let file = || opened(&request.path).map_err(unread);
    if let Some(sniffed) = sniff_xml_head(&head, media_type, subject) {
        let sniffed = sniffed?;
        let seen = screen::xml::screen_stream(file()?, subject, &request.limits).map_err(unread)??;
        return Ok(Some(Sniffed {
            single_quotes: seen.single_quotes,
            ..sniffed
        }));
    }
    let form = |graph_block| sniff_head(&head, graph_block, media_type, subject);
    if form(false).is_none() {
        return Ok(None);
    }
    let seen = screen::turtle::screen_stream(file()?, subject, request.limits.depth_max).map_err(unread)??;
    Ok(form(seen.graph_block))
}

/// The file past a byte order mark.
fn opened(path: &Path) -> io::Result<BufReader<File>> {
    let mut file = File::open(path)?;
    let mut mark = [0u8; 3];
    let marked = file.read_exact(&mut mark).is_ok() && mark == [0xEF, 0xBB, 0xBF];
    file.seek(SeekFrom::Start(if marked { 3 } else { 0 }))?;
    Ok(BufReader::with_capacity(1 << 20, file))
}

/// A document with double quotes at the places where its entities have single ones, which the parser does not take.
struct Requoted {
    file: BufReader<File>,
    at: usize,
    places: VecDeque<usize>,
}

impl Requoted {
    fn of(file: BufReader<File>, pairs: &[(usize, usize)]) -> Self {
        let places = pairs.iter().flat_map(|(from, to)| [*from, *to]).collect();
        Self { file, at: 0, places }
    }
}

impl Read for Requoted {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let length = self.file.read(out)?;
        while let Some(quote) = self
            .places
            .front()
            .and_then(|place| out.get_mut(..length)?.get_mut(place - self.at))
        {
            *quote = b'"';
            self.places.pop_front();
        }
        self.at += length;
        Ok(length)
    }
}

fn unwritable(request: &ReadRequest, error: &io::Error) -> Refusal {
    internal(
        "file-unwritable",
        &request.address,
        "filen kunde inte skrivas",
        "the file could not be written",
        error,
    )
}

/// The graph of a part and of what all share, and what it knows of the rest.
fn graph_of(shared: &[u8], own: &[u8], names: &spool::Names, places: &Places, alone: bool) -> io::Result<(Graph, Around)> {
    let mut builder = Builder::default();
    let mut around = Around {
        is_part: !alone,
        ..Around::default()
    };
    let mut subject: Option<Id> = None;
    let mut properties: BTreeMap<String, Id> = BTreeMap::new();
    for bytes in [shared, own] {
        blocks(bytes, names, |node, said| match said {
            Said::Subject(term) => {
                let id = builder.intern(term);
                if alone {
                    around.roles.extend(places.roles.get(&node).map(|roles| (id, *roles)));
                } else if places.part(node).is_none() {
                    around.elsewhere.resize(around.elsewhere.len().max(id as usize + 1), false);
                    if let Some(place) = around.elsewhere.get_mut(id as usize) {
                        *place = true;
                    }
                }
                around.counts.extend(places.counts.get(&node).map(|count| (id, *count)));
                subject = Some(id);
            }
            Said::Value(property, object) => {
                let property = match properties.get(property.as_str()) {
                    Some(id) => *id,
                    None => {
                        let id = builder.intern(Term::NamedNode(property.clone()));
                        properties.insert(property.into_string(), id);
                        id
                    }
                };
                let object = builder.intern(object);
                if let Some(subject) = subject {
                    builder.add_row([subject, property, object]);
                }
            }
        })?;
    }
    Ok((builder.finish(), around))
}
