//! Shapes files in, shapes that can be tried out: read together as one graph, each blank shape with a name that is the same in every run.
//!
//! In: documents of one's own, or of somebody else in a confined worker. Out: [`Shapes`], or one refusal with file and line. Files are never
//! fetched: what they import and what they link to must be among those given, and what is not is left out and named.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use fyr_model::limits::GraphLimits;
use fyr_model::{Refusal, RefusalKind, Sha256, Text};
use oxrdf::{BlankNode, Literal, NamedNode, NamedOrBlankNode, Term, Triple};
use spareval::CancellationToken;

use super::constraints::{self, Marks};
use super::dangling::{self, LeftOut};
use super::data::Data;
use super::engine::Engine;
use super::library::Library;
use super::path::objects;
use super::places::Places;
use super::terms as sh;
use super::walk::Walk;
use super::{texts, well_formed};
use crate::canon::{Budget, skolem_names};
use crate::parse::{Task, parse};
use crate::refuse::{find, position};
use crate::syntax::sniff;
use crate::triples::{Builder, Graph, Row};
use crate::vocab as v;

/// A shapes file.
#[derive(Debug, Clone, Copy)]
pub struct ShapesDocument<'a> {
    /// As it stands.
    pub bytes: &'a [u8],
    /// What it is said to be, if anything is said.
    pub media_type: Option<&'a str>,
    /// What to call it in refusals and reports.
    pub name: &'a str,
    /// The base for relative IRIs, where the file has none of its own.
    pub base: Option<&'a str>,
}

/// A file that shapes came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShapesFile {
    /// Its name.
    pub name: String,
    /// The digest of its bytes.
    pub sha256: Sha256,
}

/// Shapes that can be tried.
pub struct Shapes {
    pub(super) graph: Arc<Graph>,
    pub(super) engine: Box<dyn Engine>,
    pub(super) left_out: Vec<LeftOut>,
    pub(super) stop: CancellationToken,
    pub(super) asks: bool,
    /// Some query reads the shapes beside the record.
    pub(super) reads_shapes: bool,
    files: Vec<ShapesFile>,
}

impl std::fmt::Debug for Shapes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Shapes({:?}, {} with targets)", self.files, self.engine.targeted().len())
    }
}

impl Shapes {
    /// Reads shapes files together.
    ///
    /// # Errors
    /// Those of parsing, with file, line and column; `shapes-none` when no file holds a shape with a target; `shapes-invalid` for a shape that
    /// breaks SHACL's rules; `shapes-recursive`; `shapes-service` and `shapes-sparql` for a query that is not run.
    ///
    /// ```
    /// use fyr_graph::shacl::{Shapes, ShapesDocument};
    /// use fyr_model::limits::GraphLimits;
    /// let bytes = br#"@prefix sh: <http://www.w3.org/ns/shacl#> .
    ///     <urn:s> a sh:NodeShape ; sh:targetClass <urn:c> ; sh:property [ sh:path <urn:p> ; sh:minCount 1 ] ."#;
    /// let document = ShapesDocument { bytes, media_type: None, name: "s.ttl", base: None };
    /// assert!(Shapes::read(&[document], &GraphLimits::default()).unwrap().left_out().is_empty());
    /// ```
    pub fn read(documents: &[ShapesDocument<'_>], limits: &GraphLimits) -> Result<Self, Refusal> {
        Self::with(documents, limits, Walk::of)
    }

    /// The same shapes walked by the library.
    #[cfg(test)]
    pub(super) fn by_library(documents: &[ShapesDocument<'_>], limits: &GraphLimits) -> Result<Self, Refusal> {
        Self::with(documents, limits, |library| Box::new(library))
    }

    fn with(documents: &[ShapesDocument<'_>], limits: &GraphLimits, engine: fn(Library) -> Box<dyn Engine>) -> Result<Self, Refusal> {
        let mut builder = Builder::default();
        let mut places = Places {
            files: Vec::new(),
            described: HashMap::new(),
        };
        for document in documents {
            let (graph, text) = parsed(document.bytes, document.media_type, document.name, document.base, limits).map_err(at_fault)?;
            for triple in with_names(&graph, document.name)? {
                places.described.entry(triple.subject.clone().into()).or_insert(places.files.len());
                builder.add(triple);
            }
            places.files.push((document.name, text));
        }
        let graph = builder.finish();
        well_formed::check(&graph, &places)?;
        let loose = dangling::find(&graph);
        let marks = constraints::find(&graph, &places)?;
        let mut left_out = loose.left_out;
        left_out.extend(marks.left_out.iter().cloned());
        name_files(&mut left_out, &places);
        let stop = CancellationToken::new();
        let asks = !marks.plan.shapes.is_empty();
        let reads_shapes = marks.plan.shapes.iter().flatten().any(|constraint| constraint.query.reads_shapes());
        let for_engine = Data::new(marked(&graph, &loose.rows, &marks));
        let engine = engine(Library::compile(for_engine, marks.plan, &places, stop.clone())?);
        if engine.targeted().is_empty() {
            return Err(none(documents));
        }
        let files = documents.iter().map(|document| ShapesFile {
            name: document.name.to_owned(),
            sha256: Sha256::of(document.bytes),
        });
        Ok(Self {
            graph: Arc::new(graph),
            engine,
            left_out,
            stop,
            asks,
            reads_shapes,
            files: files.collect(),
        })
    }

    /// What the files ask for and cannot get.
    pub fn left_out(&self) -> &[LeftOut] {
        &self.left_out
    }

    /// The files, with their digests.
    pub fn files(&self) -> &[ShapesFile] {
        &self.files
    }

    /// How many shapes have targets.
    pub fn targeted(&self) -> usize {
        self.engine.targeted().len()
    }

    /// What a result says, from its shape and component; the shape's own message first.
    pub(super) fn text(&self, shape: &Term, component: &str, path: Option<&str>) -> Text {
        texts::of(&self.graph, shape, component, path)
    }

    /// The values of a parameter of a shape.
    pub(super) fn parameter(&self, shape: &Term, property: &str) -> Vec<String> {
        let id = self.graph.id(shape);
        let found = id.map(|id| objects(&self.graph, id, property)).unwrap_or_default();
        found.into_iter().map(|id| super::data::name(self.graph.term(id))).collect()
    }
}

/// A shapes file is the asker's word, not the catalogue that is asked about.
fn at_fault(mut refusal: Refusal) -> Refusal {
    if refusal.kind == RefusalKind::Unreadable {
        refusal.kind = RefusalKind::Configuration;
    }
    refusal
}

/// Says of each thing left out in which file it stands, and where: the first that names what is missing, else the one that describes the shape.
fn name_files(left_out: &mut [LeftOut], places: &Places<'_>) {
    let described = places.described.iter();
    let files: HashMap<String, usize> = described.map(|(term, file)| (super::data::name(term), *file)).collect();
    for one in left_out {
        let local = one.target.rsplit(['#', '/', ':']).next().unwrap_or_default();
        let named = |(name, text): &(&str, Vec<u8>)| {
            let at = find(text, local.as_bytes(), 0).filter(|_| local.len() > 2)?;
            Some(((*name).to_owned(), Some(position(text, at))))
        };
        let shape = || {
            files
                .get(&one.shape)
                .and_then(|at| places.files.get(*at))
                .map(|(name, _)| ((*name).to_owned(), None))
        };
        let found = places.files.iter().find_map(named).or_else(shape);
        (one.file, one.position) = found.unwrap_or_default();
    }
}

fn none(documents: &[ShapesDocument<'_>]) -> Refusal {
    let names: Vec<&str> = documents.iter().map(|document| document.name).collect();
    Refusal::new(
        "shapes-none",
        RefusalKind::Configuration,
        names.join(", "),
        Text::new(
            "här finns ingen SHACL-form med ett mål, så ingenting skulle prövas",
            "there is no SHACL shape with a target here, so nothing would be tried",
        ),
    )
    .hint(Text::new(
        "ange filen med former; katalogen som ska prövas är INPUT",
        "name the file with shapes; the catalogue to be tried is INPUT",
    ))
}

/// Bytes to triples under the same screens and limits as a harvested document, with the text as it was parsed.
pub(super) fn parsed(
    bytes: &[u8],
    media_type: Option<&str>,
    name: &str,
    base: Option<&str>,
    limits: &GraphLimits,
) -> Result<(Graph, Vec<u8>), Refusal> {
    let (mut text, _) = crate::read::in_utf8(bytes.to_vec());
    let sniffed = sniff(&text, media_type, name, limits)?;
    for place in sniffed.single_quotes.iter().flat_map(|(from, to)| [*from, *to]) {
        if let Some(quote) = text.get_mut(place) {
            *quote = b'"';
        }
    }
    let task = Task {
        bytes: &text,
        subject: name,
        base,
        limits,
    };
    let parsed = parse(sniffed.form, task)?;
    Ok((parsed.graph, text))
}

/// The triples with a label for each blank node that follows from what it says and where it hangs.
fn with_names(graph: &Graph, file: &str) -> Result<Vec<Triple>, Refusal> {
    let names = skolem_names(graph, "s", &mut Budget::new(file))?;
    let label = |id| names.get(&id).map(|name| BlankNode::new_unchecked(name.clone()));
    let triples = graph.in_document_order().into_iter().filter_map(|row @ [s, _, o]| {
        let mut triple = graph.triple(row)?;
        if let Some(node) = label(s) {
            triple.subject = node.into();
        }
        if let Some(node) = label(o) {
            triple.object = node.into();
        }
        Some(triple)
    });
    Ok(triples.collect())
}

/// The graph for the engine: without what hangs loose, and with one mark for the constraints in SPARQL of a shape.
fn marked(graph: &Graph, loose: &BTreeSet<Row>, marks: &Marks) -> Graph {
    let sparql = graph.iri_id(sh::SPARQL);
    let mut builder = Builder::default();
    for row @ [_, p, _] in graph.in_document_order() {
        if Some(p) != sparql
            && !loose.contains(&row)
            && let Some(triple) = graph.triple(row)
        {
            builder.add(triple);
        }
    }
    let node = |iri: &str| NamedNode::new_unchecked(iri);
    for (number, shape) in marks.shapes.iter().enumerate() {
        let subject: NamedOrBlankNode = match graph.term(*shape) {
            Term::NamedNode(node) => node.clone().into(),
            Term::BlankNode(node) => node.clone().into(),
            _ => continue,
        };
        let mark = BlankNode::new_unchecked(format!("mark{number}"));
        let of_property = !objects(graph, *shape, sh::PATH).is_empty();
        let class = if of_property { sh::PROPERTY_SHAPE } else { sh::NODE_SHAPE };
        builder.add(Triple::new(subject.clone(), node(v::RDF_TYPE), node(class)));
        builder.add(Triple::new(subject, node(sh::SPARQL), mark.clone()));
        builder.add(Triple::new(mark, node(sh::SELECT), Literal::new_simple_literal(number.to_string())));
    }
    builder.finish()
}
