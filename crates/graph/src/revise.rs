//! A catalogue that is corrected: its statements as plain data, changes made to them, and the result written in the order that people read.
//!
//! In: the canonical triples of a document that was read, and a list of changes. Out: the corrected graph with its view, its bytes in a syntax,
//! and how blank nodes are called in it. Decides nothing: which changes are right is the business of `assess`. A change that does not fit the
//! graph, statement by statement, is refused, so that a list is made whole or not at all.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::Path;

use fyr_model::change::{Change, Statement, Term as Plain};
use fyr_model::{CatalogueView, Refusal, RefusalKind, Sha256, Text};
use oxrdf::{BlankNode, Literal, NamedNode, NamedOrBlankNode, Term, Triple};

use crate::canon::{Budget, skolem_names};
use crate::read::{load, skolemised, sorted_lines};
use crate::refuse::shown;
use crate::syntax::Syntax;
use crate::triples::{Builder, Graph, Id};
use crate::view::{Reader, Role, SKOLEM};
use crate::vocab as v;
use crate::write::serialise;

/// A catalogue's graph, with names for its blank nodes.
pub struct Document {
    graph: Graph,
    /// Datasets with their distributions in the order of the document.
    order: BTreeMap<String, Vec<String>>,
}

/// What a corrected catalogue is after it has been written and read again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The digest of its canonical triples: what [`crate::read`] must find in the written document.
    pub sha256: Sha256,
    /// Blank nodes that are called otherwise there: by their name here.
    pub blank_nodes: BTreeMap<String, String>,
}

impl Document {
    /// Opens the canonical triples of a document; `view` is what was read of it, for the order of distributions.
    ///
    /// # Errors
    /// A refusal when the file cannot be read, or is none of ours.
    pub fn open(nquads: &Path, view: &CatalogueView) -> Result<Self, Refusal> {
        let names = |distributions: &[fyr_model::Distribution]| distributions.iter().map(|one| one.iri.clone()).collect();
        let order = view
            .datasets
            .iter()
            .map(|dataset| (dataset.id.as_str().to_owned(), names(&dataset.distributions)));
        Ok(Self {
            graph: load(nquads)?,
            order: order.collect(),
        })
    }

    /// Every statement; a blank node goes by its name.
    pub fn statements(&self) -> Vec<Statement<&str>> {
        self.graph
            .rows()
            .filter_map(|[s, p, o]| statement(&self.graph, [s, p, o]))
            .collect()
    }

    /// The typed view with the graph's own findings.
    pub fn view(&self) -> CatalogueView {
        let mut view = Reader::new(&self.graph).view();
        crate::view::in_order(&mut view, &self.order);
        view
    }

    /// The document with all changes made, one after the other.
    ///
    /// # Errors
    /// `change-does-not-fit` when a change takes away what is not there, adds what is, or names no whole IRI.
    pub fn revised(&self, changes: &[Change]) -> Result<Self, Refusal> {
        let mut overlay = Overlay::of(&self.graph);
        for change in changes {
            if let Some(before) = &change.before {
                overlay.take_away(&triple(change, before)?)?;
            }
            if let Some(after) = &change.after {
                overlay.add(triple(change, after)?)?;
            }
        }
        Ok(Self {
            graph: overlay.finish(),
            order: self.order.clone(),
        })
    }

    /// What [`crate::read`] will make of this document when `source` is its name.
    ///
    /// # Errors
    /// A refusal when its blank nodes cannot be told apart within the budget.
    pub fn identity(&self, source: &str) -> Result<Identity, Refusal> {
        let mut builder = Builder::default();
        for triple in self.graph.rows().filter_map(|row| self.graph.triple(row)) {
            builder.add(blanked(triple));
        }
        let graph = builder.finish();
        let names = skolem_names(&graph, &format!("{SKOLEM}{source}:"), &mut Budget::new(source))?;
        let blank_nodes = names.iter().filter_map(|(id, name)| match graph.term(*id) {
            Term::BlankNode(node) => Some((hidden_name(node)?, name.clone())),
            _ => None,
        });
        Ok(Identity {
            blank_nodes: blank_nodes.filter(|(before, after)| before != after).collect(),
            sha256: Sha256::of(sorted_lines(&skolemised(&graph, &names)).as_bytes()),
        })
    }

    /// The bytes in a syntax: catalogues first, each dataset with its distributions, then what else there is.
    ///
    /// # Errors
    /// `unwritable` when the syntax has no way to say what the graph says.
    pub fn write(&self, syntax: Syntax) -> Result<Vec<u8>, Refusal> {
        let triples = Writing::of(self).triples();
        let bytes = serialise(&triples, syntax);
        if bytes.is_empty() && !triples.is_empty() {
            let text = Text::new(
                "grafen har en egenskap som syntaxen inte kan skriva",
                "the graph has a property that the syntax cannot write",
            );
            let hint = Text::new("välj ett namn som slutar på .ttl", "choose a name that ends in .ttl");
            return Err(Refusal::new("unwritable", RefusalKind::Configuration, syntax.media_type(), text).hint(hint));
        }
        Ok(bytes)
    }
}

fn statement(graph: &Graph, [s, p, o]: [Id; 3]) -> Option<Statement<&str>> {
    let object = match graph.term(o) {
        Term::NamedNode(node) => Plain::Iri { value: node.as_str() },
        Term::Literal(literal) if literal.direction().is_none() => {
            let datatype = literal.datatype().as_str();
            let plain = literal.language().is_some() || datatype == v::XSD_STRING;
            Plain::Literal {
                value: literal.value(),
                language: literal.language(),
                datatype: Some(datatype).filter(|_| !plain),
            }
        }
        // A blank node has a name here, and a text with a direction is nothing that a rule speaks of.
        _ => return None,
    };
    Some(Statement {
        subject: graph.iri(s)?,
        property: graph.iri(p)?,
        object,
    })
}

fn misfit(change: &Change, sv: &str, en: &str) -> Refusal {
    let place = format!("{} {}", shown(&change.subject), shown(&change.property));
    Refusal::new("change-does-not-fit", RefusalKind::Configuration, place, Text::new(sv, en)).hint(Text::new(
        "ändringslistan hör till en annan katalog, eller katalogen har ändrats sedan dess",
        "the list of changes belongs to another catalogue, or the catalogue has changed since",
    ))
}

fn triple(change: &Change, object: &Plain) -> Result<Triple, Refusal> {
    let broken = || {
        misfit(
            change,
            "en IRI eller språkkod i ändringen är trasig",
            "an IRI or language tag of the change is broken",
        )
    };
    let node = |iri: &str| NamedNode::new(iri).map_err(|_| broken());
    let object: Term = match object {
        Plain::Iri { value } => node(value)?.into(),
        Plain::Literal {
            value,
            language: Some(language),
            ..
        } => Literal::new_language_tagged_literal(value, language).map_err(|_| broken())?.into(),
        Plain::Literal {
            value,
            datatype: Some(datatype),
            ..
        } => Literal::new_typed_literal(value, node(datatype)?).into(),
        Plain::Literal { value, .. } => Literal::new_simple_literal(value).into(),
    };
    Ok(Triple::new(node(&change.subject)?, node(&change.property)?, object))
}

/// A graph with what goes and what comes beside it.
struct Overlay<'g> {
    graph: &'g Graph,
    gone: HashSet<Triple>,
    come: Vec<Triple>,
    come_set: HashSet<Triple>,
}

impl<'g> Overlay<'g> {
    fn of(graph: &'g Graph) -> Self {
        Self {
            graph,
            gone: HashSet::new(),
            come: Vec::new(),
            come_set: HashSet::new(),
        }
    }

    fn in_graph(&self, triple: &Triple) -> bool {
        let id = |term: Term| self.graph.id(&term);
        let ids = (
            id(triple.subject.clone().into()),
            id(triple.predicate.clone().into()),
            id(triple.object.clone()),
        );
        let (Some(s), Some(p), Some(o)) = ids else { return false };
        self.graph.objects(s, p).contains(&o)
    }

    fn take_away(&mut self, triple: &Triple) -> Result<(), Refusal> {
        if self.come_set.remove(triple) || (self.in_graph(triple) && self.gone.insert(triple.clone())) {
            return Ok(());
        }
        Err(misfit(
            &shape(triple),
            "ändringen tar bort något som inte står där",
            "the change takes away what is not there",
        ))
    }

    fn add(&mut self, triple: Triple) -> Result<(), Refusal> {
        if self.gone.remove(&triple) {
            return Ok(());
        }
        if self.in_graph(&triple) || !self.come_set.insert(triple.clone()) {
            return Err(misfit(
                &shape(&triple),
                "ändringen lägger till något som redan står där",
                "the change adds what is there already",
            ));
        }
        self.come.push(triple);
        Ok(())
    }

    fn finish(self) -> Graph {
        let mut builder = Builder::default();
        for triple in self.graph.in_document_order().into_iter().filter_map(|row| self.graph.triple(row)) {
            if !self.gone.contains(&triple) {
                builder.add(triple);
            }
        }
        for triple in self.come.into_iter().filter(|triple| self.come_set.contains(triple)) {
            builder.add(triple);
        }
        builder.finish()
    }
}

/// The place of a triple, for a refusal.
fn shape(triple: &Triple) -> Change {
    let subject = match &triple.subject {
        NamedOrBlankNode::NamedNode(node) => node.as_str().to_owned(),
        NamedOrBlankNode::BlankNode(node) => node.to_string(),
    };
    Change {
        subject,
        property: triple.predicate.as_str().to_owned(),
        before: None,
        after: None,
        rule: String::new(),
    }
}

/// The blank node that hides behind a name, labelled so that the name can be told from it.
fn behind(node: &NamedNode) -> Option<BlankNode> {
    let name = node.as_str().strip_prefix(SKOLEM)?;
    let hex: String = name.bytes().map(|byte| format!("{byte:02x}")).collect();
    BlankNode::new(format!("x{hex}")).ok()
}

/// The name whose label [`behind`] made.
fn hidden_name(node: &BlankNode) -> Option<String> {
    let hex = node.as_str().strip_prefix('x')?;
    let byte = |at: usize| u8::from_str_radix(hex.get(at..at + 2)?, 16).ok();
    let bytes: Option<Vec<u8>> = (0..hex.len()).step_by(2).map(byte).collect();
    Some(format!("{SKOLEM}{}", String::from_utf8(bytes?).ok()?))
}

fn blanked(triple: Triple) -> Triple {
    let subject = match &triple.subject {
        NamedOrBlankNode::NamedNode(node) => behind(node).map_or_else(|| triple.subject.clone(), Into::into),
        NamedOrBlankNode::BlankNode(_) => triple.subject.clone(),
    };
    let object = match &triple.object {
        Term::NamedNode(node) => behind(node).map_or_else(|| triple.object.clone(), Into::into),
        other => other.clone(),
    };
    Triple::new(subject, triple.predicate, object)
}

/// The order in which a document is written.
struct Writing<'d> {
    document: &'d Document,
    reader: Reader<'d>,
    /// Nodes that are written in a place of their own, not with what they hang on.
    things: BTreeSet<Id>,
    done: BTreeSet<Id>,
    triples: Vec<Triple>,
}

impl<'d> Writing<'d> {
    fn of(document: &'d Document) -> Self {
        let reader = Reader::new(&document.graph);
        Self {
            things: reader.roles.all().map(|(id, _)| id).collect(),
            document,
            reader,
            done: BTreeSet::new(),
            triples: Vec::new(),
        }
    }

    fn triples(mut self) -> Vec<Triple> {
        for role in [Role::Catalogue, Role::Dataset, Role::Service, Role::Agent, Role::Contact] {
            for id in self.by_name(self.reader.roles.with(role).collect()) {
                self.subject(id);
                if role == Role::Dataset {
                    for distribution in self.distributions(id) {
                        self.subject(distribution);
                    }
                }
            }
        }
        let rest = self.by_name(self.document.graph.ids().filter(|id| self.reader.described(*id)).collect());
        let (blank, named): (Vec<Id>, Vec<Id>) = rest.into_iter().partition(|id| self.reader.was_blank(*id));
        named.into_iter().chain(blank).for_each(|id| self.subject(id));
        self.triples
    }

    fn by_name(&self, mut ids: Vec<Id>) -> Vec<Id> {
        ids.sort_by_cached_key(|id| self.reader.name(*id));
        ids
    }

    /// The distributions of a dataset in the order of the document.
    fn distributions(&self, dataset: Id) -> Vec<Id> {
        let mut ids = self.by_name(self.reader.objects(dataset, v::DISTRIBUTION));
        if let Some(order) = self.document.order.get(&self.reader.name(dataset)) {
            ids.sort_by_key(|id| {
                let name = self.reader.name(*id);
                order.iter().position(|known| *known == name).unwrap_or(usize::MAX)
            });
        }
        ids
    }

    /// A subject with its type first and properties by name; then the blank nodes that hang on it.
    fn subject(&mut self, id: Id) {
        let mut waiting = vec![id];
        while let Some(id) = waiting.pop() {
            if !self.done.insert(id) {
                continue;
            }
            let graph = &self.document.graph;
            let distributions = self.distributions(id);
            let mut rows: Vec<(String, String, usize, Triple, Id)> = graph
                .of(id)
                .filter_map(|[s, p, o]| {
                    let property = self.reader.name(p);
                    let first = if property == v::RDF_TYPE { String::new() } else { property };
                    let place = distributions.iter().position(|one| *one == o).unwrap_or(usize::MAX);
                    Some((first, graph.term(o).to_string(), place, graph.triple([s, p, o])?, o))
                })
                .collect();
            rows.sort_by(|a, b| (&a.0, a.2, &a.1).cmp(&(&b.0, b.2, &b.1)));
            let hanging = rows
                .iter()
                .rev()
                .map(|row| row.4)
                .filter(|o| self.reader.was_blank(*o) && !self.things.contains(o));
            waiting.extend(hanging);
            self.triples.extend(rows.into_iter().map(|row| row.3));
        }
    }
}
