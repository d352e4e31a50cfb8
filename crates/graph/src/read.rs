//! `graph.read`: one catalogue document to canonical triples, entities with digests, a typed view and findings, or one typed refusal.
//!
//! Runs in a confined worker. In: a file of bytes that nobody has looked at. Out: a file of sorted N-Triples whose blank nodes have names,
//! plain facts about it, and nothing of the document that is not an IRI, a literal of metadata or a count. `graph.view` is the same without the
//! digests of entities, for those who judge a document and compare it with nothing. Both answer with the name of a file ([`ReadAnswer`]).

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use fyr_model::limits::GraphLimits;
use fyr_model::{CatalogueView, Finding, Refusal, Severity, Sha256, Text};
use oxrdf::{NamedNode, NamedOrBlankNode, Term, Triple};
use oxrdfio::{RdfFormat, RdfParser};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::answer::ReadAnswer;
use crate::canon::{Budget, description, digest, skolem_names};
use crate::parse::{Task, parse};
use crate::refuse::{find, internal, shown, unreadable};
use crate::sorted::{self, Digesting};
use crate::syntax::{Sniffed, sniff};
use crate::triples::{Builder, Graph, Id};
use crate::view::{self, Reader, Role, SKOLEM};
use crate::vocab as v;

/// Stack of the thread that parses: a second line behind the depth screen (H14).
pub(crate) const STACK_BYTES: usize = 64 << 20;

/// What to read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadRequest {
    /// The file with the document's bytes.
    pub path: PathBuf,
    /// The source's name, which scopes the names of blank nodes.
    pub source: String,
    /// The address of the document, for messages.
    pub address: String,
    /// The declared media type.
    #[serde(default)]
    pub media_type: Option<String>,
    /// The base that the source's file states for relative IRIs.
    #[serde(default)]
    pub base: Option<String>,
    /// Limits.
    #[serde(default)]
    pub limits: GraphLimits,
}

/// What was read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReadResponse {
    /// `rdf-xml`, `turtle`, `trig`, `json-ld`, `n-triples` or `n-quads`.
    pub syntax: String,
    /// Triples in the file, each once.
    pub triples: u64,
    /// Statements in the document as it was written, copies counted.
    pub statements: u64,
    /// The file: sorted N-Triples, one a line, blank nodes named.
    pub nquads: PathBuf,
    /// Its digest: the snapshot's.
    pub sha256: Sha256,
    /// The entities with their digests, by class and IRI.
    pub entities: Vec<Entity>,
    /// Sub-catalogues with nothing but their type, to be fetched from their own IRI.
    pub parts: Vec<String>,
    /// The typed view; distributions in document order.
    pub view: CatalogueView,
    /// Findings about the document itself; those about the graph are in the view.
    pub findings: Vec<Finding>,
}

/// An entity and the digest of the canonical form of what is said about it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Entity {
    /// Its IRI.
    pub iri: String,
    /// `dataset`, `series`, `service`, `catalogue`, `agent` or `contact`.
    pub class: String,
    /// The digest; a dataset's covers its distributions.
    pub sha256: Sha256,
}

/// Reads a document. The result's file lies in `dir`.
///
/// # Errors
/// One refusal that names the document and, where there is one, the place.
pub fn read(request: &ReadRequest, dir: &Path) -> Result<ReadResponse, Refusal> {
    on_deep_stack(request, dir, Entities::Digested)
}

/// Whether the entities of a document are listed with their digests.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Entities {
    Digested,
    LeftOut,
}

fn on_deep_stack(request: &ReadRequest, dir: &Path, entities: Entities) -> Result<ReadResponse, Refusal> {
    on_stack(&request.address, || document(request, dir, entities))
}

/// Runs on a thread with the stack that parsers need; the document at `subject` is to blame when it dies.
pub(crate) fn on_stack<T: Send>(subject: &str, work: impl FnOnce() -> Result<T, Refusal> + Send) -> Result<T, Refusal> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new()
            .name("parse".into())
            .stack_size(STACK_BYTES)
            .spawn_scoped(scope, work)
            .map_err(|error| internal("no-thread", subject, "ingen tråd att läsa i", "no thread to read in", error))?;
        let died = || {
            unreadable(
                "parser-died",
                subject,
                "dokumentet fick läsaren att stanna",
                "the document made the reader stop",
            )
        };
        thread.join().unwrap_or_else(|_| Err(died()))
    })
}

/// [`read`] as a piece of work for a confined worker.
///
/// # Errors
/// Those of [`read`], and a request that is none.
pub fn read_work(input: Value, dir: &Path) -> Result<Value, Refusal> {
    answered(input, dir, Entities::Digested)
}

/// [`read`] without digests of entities, as a piece of work for a confined worker.
///
/// # Errors
/// Those of [`read`], and a request that is none.
pub fn view_work(input: Value, dir: &Path) -> Result<Value, Refusal> {
    answered(input, dir, Entities::LeftOut)
}

fn answered(input: Value, dir: &Path, entities: Entities) -> Result<Value, Refusal> {
    let request: ReadRequest = serde_json::from_value(input)
        .map_err(|error| internal("bad-request", "graph.read", "oläslig begäran", "unreadable request", error))?;
    ReadAnswer::save(on_deep_stack(&request, dir, entities)?, dir)
}

fn document(request: &ReadRequest, dir: &Path, entities: Entities) -> Result<ReadResponse, Refusal> {
    let subject = request.address.as_str();
    let read = parsed(request)?;
    let mut budget = Budget::new(subject);
    let names = skolem_names(&read.graph, &format!("{SKOLEM}{}:", request.source), &mut budget)?;
    let entities = match entities {
        Entities::Digested => digested(&read.graph, &names, &mut budget)?,
        Entities::LeftOut => Vec::new(),
    };
    let named = skolemised(read.graph, &names);
    drop(names);
    let mut response = finish(&named, read.syntax, entities, read.findings, dir, subject)?;
    response.statements = read.statements;
    Ok(response)
}

/// A document as a graph, with what there is to say of the document itself.
pub(crate) struct Read {
    pub(crate) graph: Graph,
    pub(crate) syntax: &'static str,
    pub(crate) statements: u64,
    pub(crate) findings: Vec<Finding>,
}

/// A document as a graph whose nodes all have names.
pub(crate) fn named_graph(request: &ReadRequest) -> Result<Read, Refusal> {
    let read = parsed(request)?;
    let mut budget = Budget::new(&request.address);
    let names = skolem_names(&read.graph, &format!("{SKOLEM}{}:", request.source), &mut budget)?;
    Ok(Read {
        graph: skolemised(read.graph, &names),
        ..read
    })
}

fn parsed(request: &ReadRequest) -> Result<Read, Refusal> {
    let subject = request.address.as_str();
    let (bytes, sniffed, recoded) = read_bytes(request)?;
    let task = Task {
        bytes: &bytes,
        subject,
        base: request.base.as_deref(),
        limits: &request.limits,
    };
    let parsed = parse(sniffed.form, task)?;
    drop(bytes);
    let mut findings = sniffed.findings;
    findings.extend(recoded);
    findings.extend(parsed.findings);
    let datasets = parsed
        .graph
        .iri_id(v::DATASET_CLASS)
        .map_or(0, |class| parsed.graph.to(class).count() as u64);
    few_enough_datasets(datasets, request.limits.datasets_max, subject)?;
    Ok(Read {
        graph: parsed.graph,
        syntax: sniffed.form.word(),
        statements: parsed.statements,
        findings,
    })
}

/// The bytes of a document that passed its screen, as the parser takes them.
pub(crate) fn read_bytes(request: &ReadRequest) -> Result<(Vec<u8>, Sniffed, Option<Finding>), Refusal> {
    let subject = request.address.as_str();
    let raw = std::fs::read(&request.path).map_err(|error| {
        internal(
            "file-unreadable",
            subject,
            "filen kunde inte läsas",
            "the file could not be read",
            error,
        )
    })?;
    let (mut bytes, recoded) = in_utf8(raw);
    let sniffed = sniff(&bytes, request.media_type.as_deref(), subject, &request.limits)?;
    for place in sniffed.single_quotes.iter().flat_map(|(from, to)| [*from, *to]) {
        if let Some(quote) = bytes.get_mut(place) {
            *quote = b'"';
        }
    }
    Ok((bytes, sniffed, recoded.map(|name| recoded_finding(subject, &name))))
}

/// The cap on datasets (H08).
pub(crate) fn few_enough_datasets(datasets: u64, max: u64, subject: &str) -> Result<(), Refusal> {
    if datasets <= max {
        return Ok(());
    }
    let refused = unreadable(
        "too-many-datasets",
        subject,
        format!("{datasets} datamängder, fler än {max}"),
        format!("{datasets} datasets, more than {max}"),
    );
    Err(refused.hint(Text::new(
        "höj `graph.datasets_max` om källan är betrodd",
        "raise `graph.datasets_max` if the source is trusted",
    )))
}

/// The entities with the digests of their descriptions, by class and IRI.
fn digested(graph: &Graph, names: &BTreeMap<Id, String>, budget: &mut Budget<'_>) -> Result<Vec<Entity>, Refusal> {
    let name = |id: Id| {
        names
            .get(&id)
            .cloned()
            .or_else(|| graph.iri(id).map(str::to_owned))
            .unwrap_or_default()
    };
    let reader = Reader::new(graph);
    let mut entities = Vec::new();
    let distribution: Vec<Id> = graph.iri_id(v::DISTRIBUTION).into_iter().collect();
    for (id, roles) in reader.roles.all() {
        for role in roles {
            let Some(class) = class_word(&reader, id, *role) else { continue };
            let along = if *role == Role::Dataset { distribution.as_slice() } else { &[] };
            let rows = description(graph, id, along);
            entities.push(Entity {
                iri: name(id),
                class: class.into(),
                sha256: digest(graph, &rows, budget)?,
            });
        }
    }
    entities.sort_by(|a, b| (&a.class, &a.iri).cmp(&(&b.class, &b.iri)));
    Ok(entities)
}

fn class_word(reader: &Reader<'_>, id: Id, role: Role) -> Option<&'static str> {
    match role {
        Role::Catalogue => Some("catalogue"),
        Role::Dataset if reader.roles.series(id) => Some("series"),
        Role::Dataset => Some("dataset"),
        Role::Service => Some("service"),
        Role::Agent => Some("agent"),
        Role::Contact => Some("contact"),
        Role::Distribution => None,
    }
}

/// The same triples with names for blank nodes, in the same order.
pub(crate) fn skolemised(mut graph: Graph, names: &BTreeMap<Id, String>) -> Graph {
    // A document that uses one of our names itself means the same node by it, so that two numbers become one.
    if names.values().any(|name| graph.iri_id(name).is_some()) {
        return rebuilt(&graph, names);
    }
    for (id, name) in names {
        graph.rename(*id, NamedNode::new_unchecked(name.clone()).into());
    }
    graph
}

fn rebuilt(graph: &Graph, names: &BTreeMap<Id, String>) -> Graph {
    let node = |id: Id| names.get(&id).map(|name| NamedNode::new_unchecked(name.clone()));
    let mut builder = Builder::default();
    for row @ [s, _, o] in graph.in_document_order() {
        if let Some(Triple {
            subject,
            predicate,
            object,
        }) = graph.triple(row)
        {
            let subject = node(s).map_or(subject, NamedOrBlankNode::from);
            let object = node(o).map_or(object, Term::from);
            builder.add(Triple::new(subject, predicate, object));
        }
    }
    builder.finish()
}

fn finish(
    graph: &Graph,
    syntax: &str,
    entities: Vec<Entity>,
    findings: Vec<Finding>,
    dir: &Path,
    subject: &str,
) -> Result<ReadResponse, Refusal> {
    let (nquads, sha256) = save(graph, dir, subject)?;
    let reader = Reader::new(graph);
    Ok(ReadResponse {
        syntax: syntax.to_owned(),
        triples: graph.len() as u64,
        statements: graph.len() as u64,
        nquads,
        sha256,
        entities,
        parts: bare_parts(&reader),
        view: reader.view(),
        findings,
    })
}

/// Writes the triples sorted, one a line, and gives the file and its digest.
fn save(graph: &Graph, dir: &Path, subject: &str) -> Result<(PathBuf, Sha256), Refusal> {
    let written = || -> std::io::Result<(PathBuf, Sha256)> {
        let part = dir.join("statements.part");
        let mut out = Digesting::to(BufWriter::with_capacity(1 << 20, File::create(&part)?));
        sorted::write(graph, &mut out)?;
        let sha256 = out.finish()?;
        let path = dir.join(format!("{sha256}.nq"));
        std::fs::rename(part, &path)?;
        Ok((path, sha256))
    };
    written().map_err(|error| {
        internal(
            "file-unwritable",
            subject,
            "filen kunde inte skrivas",
            "the file could not be written",
            error,
        )
    })
}

/// A snapshot file as a graph.
pub(crate) fn load(path: &Path) -> Result<Graph, Refusal> {
    let subject = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let bytes = std::fs::read(path).map_err(|error| {
        internal(
            "file-unreadable",
            &subject,
            "filen kunde inte läsas",
            "the file could not be read",
            error,
        )
    })?;
    let quads = RdfParser::from_format(RdfFormat::NTriples).for_slice(&bytes);
    view::collect(quads.map(|quad| quad.map(Triple::from)), &subject)
}

/// Sub-catalogues with no property besides their type, at an address that can be fetched.
fn bare_parts(reader: &Reader<'_>) -> Vec<String> {
    let rdf_type = reader.graph.iri_id(v::RDF_TYPE);
    let catalogues: Vec<Id> = reader.roles.with(Role::Catalogue).collect();
    let parts = catalogues.iter().flat_map(|id| reader.objects(*id, v::HAS_PART));
    let bare = parts.filter(|part| {
        let typed = reader.roles.typed(*part, Role::Catalogue);
        typed && !catalogues.is_empty() && reader.graph.of(*part).all(|[_, p, _]| Some(p) == rdf_type)
    });
    let iris: BTreeSet<String> = bare
        .map(|part| reader.name(part))
        .filter(|iri| iri.starts_with("http://") || iri.starts_with("https://"))
        .collect();
    iris.into_iter().collect()
}

/// Joins a main document with its fetched sub-catalogues: one graph, datasets moved up to the main catalogue.
///
/// The first part is the main document. A sub-catalogue's own properties are left out, as the portal does; what two documents say of one
/// entity is joined.
///
/// # Errors
/// A sub-catalogue with sub-catalogues of its own, and files that cannot be read.
pub fn merge(parts: &[ReadResponse], dir: &Path) -> Result<ReadResponse, Refusal> {
    let Some((main, others)) = parts.split_first() else {
        return Err(internal(
            "nothing-to-merge",
            "graph.merge",
            "inget att slå ihop",
            "nothing to merge",
            "0",
        ));
    };
    if others.is_empty() {
        return Ok(main.clone());
    }
    let Some(main_iri) = main.view.catalogues.first().map(|one| one.iri.clone()) else {
        return Err(internal(
            "nothing-to-merge",
            "graph.merge",
            "ingen huvudkatalog",
            "no main catalogue",
            "0",
        ));
    };
    let graph = load(&main.nquads)?;
    let mut builder = Builder::default();
    for triple in graph.in_document_order().into_iter().filter_map(|row| graph.triple(row)) {
        builder.add(triple);
    }
    let mut entities: BTreeMap<(String, String), Entity> = keyed(&main.entities).collect();
    let mut order = orders(main);
    let mut findings = main.findings.clone();
    for part in others {
        if let Some(nested) = part.view.catalogues.iter().find(|one| !one.parts.is_empty()) {
            return Err(unreadable(
                "parts-nested",
                &nested.iri,
                "en delkatalog har egna delkataloger",
                "a sub-catalogue has sub-catalogues of its own",
            ));
        }
        add_part(&mut builder, part, &main_iri)?;
        let new = keyed(&part.entities).filter(|((class, _), _)| class != "catalogue");
        for (key, entity) in new {
            entities
                .entry(key)
                .and_modify(|known| known.sha256 = joined(known.sha256, entity.sha256))
                .or_insert(entity);
        }
        for (dataset, distributions) in orders(part) {
            order.entry(dataset).or_insert(distributions);
        }
        findings.extend(part.findings.iter().cloned());
    }
    let entities = entities.into_values().collect();
    let mut merged = finish(&builder.finish(), &main.syntax, entities, findings, dir, &main_iri)?;
    merged.parts.clear();
    merged.statements = parts.iter().map(|part| part.statements).sum();
    view::in_order(&mut merged.view, &order);
    Ok(merged)
}

/// The digest of an entity that two documents describe.
fn joined(one: Sha256, other: Sha256) -> Sha256 {
    if one == other {
        one
    } else {
        Sha256::of(format!("{one}{other}").as_bytes())
    }
}

fn keyed(entities: &[Entity]) -> impl Iterator<Item = ((String, String), Entity)> {
    entities
        .iter()
        .map(|entity| ((entity.class.clone(), entity.iri.clone()), entity.clone()))
}

/// The recorded order of distributions per dataset.
fn orders(part: &ReadResponse) -> BTreeMap<String, Vec<String>> {
    let datasets = part.view.datasets.iter();
    datasets
        .map(|dataset| {
            let iris = dataset.distributions.iter().map(|distribution| distribution.iri.clone());
            (dataset.id.as_str().to_owned(), iris.collect())
        })
        .collect()
}

/// Adds a sub-catalogue's triples; its `dcat:dataset` and `dcat:service` become the main catalogue's, its other properties are left out.
fn add_part(builder: &mut Builder, part: &ReadResponse, main_iri: &str) -> Result<(), Refusal> {
    let catalogues: BTreeSet<&str> = part.view.catalogues.iter().map(|one| one.iri.as_str()).collect();
    // One IRI may be catalogue and dataset at once; then its properties are the dataset's too.
    let datasets: BTreeSet<&str> = part.view.datasets.iter().map(|one| one.id.as_str()).collect();
    let main = NamedNode::new_unchecked(main_iri);
    let graph = load(&part.nquads)?;
    for triple in graph.rows().filter_map(|row| graph.triple(row)) {
        let of_catalogue = match &triple.subject {
            NamedOrBlankNode::NamedNode(node) => catalogues.contains(node.as_str()),
            NamedOrBlankNode::BlankNode(_) => false,
        };
        let of_dataset = matches!(&triple.subject, NamedOrBlankNode::NamedNode(node) if datasets.contains(node.as_str()));
        if of_catalogue && [v::DATASET, v::SERVICE].contains(&triple.predicate.as_str()) {
            builder.add(Triple::new(main.clone(), triple.predicate.clone(), triple.object.clone()));
        } else if !of_catalogue || of_dataset {
            builder.add(triple);
        }
    }
    Ok(())
}

/// The bytes in UTF-8 without byte order mark, and the encoding they were in when it was another.
pub(crate) fn in_utf8(mut raw: Vec<u8>) -> (Vec<u8>, Option<String>) {
    if raw.starts_with(&[0xEF, 0xBB, 0xBF]) {
        raw.drain(..3);
        return (raw, None);
    }
    let encoding = match raw.get(..2) {
        Some([0xFF, 0xFE]) => Some(encoding_rs::UTF_16LE),
        Some([0xFE, 0xFF]) => Some(encoding_rs::UTF_16BE),
        _ => declared(&raw),
    };
    let Some(encoding) = encoding.filter(|encoding| *encoding != encoding_rs::UTF_8) else {
        return (raw, None);
    };
    let (text, _, malformed) = encoding.decode(&raw);
    if malformed {
        return (raw, None);
    }
    (without_declaration(&text).into_bytes(), Some(encoding.name().to_owned()))
}

/// The encoding that an XML declaration names.
pub(crate) fn declared(raw: &[u8]) -> Option<&'static encoding_rs::Encoding> {
    let head = raw.get(..raw.len().min(200))?;
    let end = find(head, b"?>", 0).filter(|_| head.starts_with(b"<?xml"))?;
    let at = find(head, b"encoding", 0).filter(|at| *at < end)?;
    let rest = head.get(at..end)?;
    let quote = rest.iter().position(|b| *b == b'"' || *b == b'\'')?;
    let name = rest.get(quote + 1..)?;
    let close = name.iter().position(|b| *b == b'"' || *b == b'\'')?;
    encoding_rs::Encoding::for_label(name.get(..close)?)
}

/// The XML declaration blanked out, so that it does not contradict the new encoding and no place moves.
fn without_declaration(text: &str) -> String {
    match text.find("?>").filter(|_| text.starts_with("<?xml")) {
        Some(end) => format!("{}{}", " ".repeat(end + 2), text.get(end + 2..).unwrap_or_default()),
        None => text.to_owned(),
    }
}

fn recoded_finding(subject: &str, name: &str) -> Finding {
    Finding::new(
        "encoding-not-utf8",
        Severity::Info,
        subject,
        Text::new(
            format!("dokumentet är skrivet i {} och lästes om till UTF-8", shown(name)),
            format!("the document is written in {} and was turned into UTF-8", shown(name)),
        ),
    )
    .fix(Text::new("publicera i UTF-8", "publish in UTF-8"))
}
