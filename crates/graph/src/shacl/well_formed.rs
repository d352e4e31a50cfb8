//! Whether shapes are well-formed, before any engine sees them: an engine that skips what it cannot read would let catalogues pass.
//!
//! Source: SHACL (W3C Recommendation, 20 July 2017), appendix A, the rules on parameters, paths, lists and targets. Only nodes that carry the
//! property are looked at. What is well-formed and not supported is told by [`super::dangling`], never passed over.

use fyr_model::Refusal;
use oxrdf::Term;
use rudof_rdf::rdf_core::utils::RDFRegex;

use super::path::{Path, items, objects};
use super::places::Places;
use super::terms as sh;
use crate::refuse::shown;
use crate::triples::{Graph, Id};

#[derive(Clone, Copy)]
enum Kind {
    /// A whole number from 0.
    Count,
    Iri,
    /// An IRI or a blank node.
    Node,
    /// An IRI or a literal.
    Named,
    Text,
    Pattern,
    /// One of the six of `sh:nodeKind`.
    TermSort,
    /// A list of anything.
    List,
    /// A list of IRIs and blank nodes.
    Nodes,
    Path,
}

/// Property, what its value must be, and whether there may be only one.
const RULES: &[(&str, Kind, bool)] = &[
    (sh::MIN_COUNT, Kind::Count, true),
    (sh::MAX_COUNT, Kind::Count, true),
    (sh::MIN_LENGTH, Kind::Count, true),
    (sh::MAX_LENGTH, Kind::Count, true),
    (sh::QUALIFIED_MIN_COUNT, Kind::Count, true),
    (sh::QUALIFIED_MAX_COUNT, Kind::Count, true),
    (sh::DATATYPE, Kind::Iri, true),
    (sh::NODE_KIND, Kind::TermSort, true),
    (sh::CLASS, Kind::Iri, false),
    (sh::SEVERITY, Kind::Iri, true),
    (sh::PATTERN, Kind::Pattern, false),
    (sh::FLAGS, Kind::Text, true),
    (sh::IN, Kind::List, true),
    (sh::LANGUAGE_IN, Kind::List, true),
    (sh::IGNORED_PROPERTIES, Kind::List, true),
    (sh::AND, Kind::Nodes, false),
    (sh::OR, Kind::Nodes, false),
    (sh::XONE, Kind::Nodes, false),
    (sh::PROPERTY, Kind::Node, false),
    (sh::NODE, Kind::Node, false),
    (sh::NOT, Kind::Node, false),
    (sh::QUALIFIED_VALUE_SHAPE, Kind::Node, false),
    (sh::PATH, Kind::Path, true),
    (sh::TARGET_CLASS, Kind::Iri, false),
    (sh::TARGET_NODE, Kind::Named, false),
    (sh::TARGET_SUBJECTS_OF, Kind::Iri, false),
    (sh::TARGET_OBJECTS_OF, Kind::Iri, false),
];

/// Holds a shapes graph to the rules.
///
/// # Errors
/// `shapes-invalid` for the first value that breaks one, with file, line and shape.
pub(super) fn check(graph: &Graph, places: &Places<'_>) -> Result<(), Refusal> {
    for (property, kind, once) in RULES {
        let Some(id) = graph.iri_id(property) else { continue };
        let short = property.rsplit('#').next().unwrap_or_default();
        let mut last: Option<Id> = None;
        for [shape, p, value] in graph.rows() {
            if p != id {
                continue;
            }
            if *once && last == Some(shape) {
                return Err(places.invalid(
                    graph.term(shape),
                    &[short],
                    &format!("`sh:{short}` får stå en gång"),
                    &format!("`sh:{short}` may stand once"),
                ));
            }
            last = Some(shape);
            if let Some((sv, en)) = fault(graph, shape, value, *kind) {
                let seen = written(graph.term(value));
                let found = shown(&seen);
                return Err(places.invalid(
                    graph.term(shape),
                    &[&seen, short],
                    &format!("`sh:{short}` {sv}: `{found}`"),
                    &format!("`sh:{short}` {en}: `{found}`"),
                ));
            }
        }
    }
    entailment(graph, places)
}

/// A shapes graph may ask for inference that we do not do; then a result would mean something else than it says.
fn entailment(graph: &Graph, places: &Places<'_>) -> Result<(), Refusal> {
    let Some(id) = graph.iri_id(sh::ENTAILMENT) else { return Ok(()) };
    match graph.rows().find(|[_, p, _]| *p == id) {
        None => Ok(()),
        Some([subject, ..]) => Err(places.invalid(
            graph.term(subject),
            &["entailment"],
            "`sh:entailment` begär slutledning, som inte görs här",
            "`sh:entailment` asks for inference, which is not done here",
        )),
    }
}

fn written(term: &Term) -> String {
    match term {
        Term::NamedNode(node) => node.as_str().to_owned(),
        Term::Literal(literal) => literal.value().to_owned(),
        _ => String::new(),
    }
}

fn fault(graph: &Graph, shape: Id, value: Id, kind: Kind) -> Option<(&'static str, &'static str)> {
    let term = graph.term(value);
    let iri = matches!(term, Term::NamedNode(_));
    let node = !matches!(term, Term::Literal(_));
    let text = graph.literal(value).map(oxrdf::Literal::value);
    let wrong = |holds: bool, words| (!holds).then_some(words);
    match kind {
        Kind::Count => wrong(
            text.is_some_and(|text| text.parse::<u64>().is_ok()),
            ("är inget heltal från 0", "is no whole number from 0"),
        ),
        Kind::Iri => wrong(iri, ("är ingen IRI", "is no IRI")),
        Kind::Node => wrong(node, ("är ingen form", "is no shape")),
        Kind::Named => wrong(
            !graph.is_blank(value),
            ("är en blank nod, som ingen data kan ha", "is a blank node, which no data can have"),
        ),
        Kind::Text => wrong(text.is_some(), ("är ingen text", "is no text")),
        Kind::Pattern => {
            let flags = objects(graph, shape, sh::FLAGS);
            let flags = flags.first().and_then(|id| graph.literal(*id)).map(oxrdf::Literal::value);
            wrong(
                text.is_some_and(|text| RDFRegex::new(text, flags).is_ok()),
                ("är inget mönster som går att läsa", "is no pattern that can be read"),
            )
        }
        Kind::TermSort => {
            let kinds = [
                "BlankNode",
                "IRI",
                "Literal",
                "BlankNodeOrIRI",
                "BlankNodeOrLiteral",
                "IRIOrLiteral",
            ];
            let known = graph.iri(value).and_then(|iri| iri.strip_prefix(sh::SH));
            wrong(
                known.is_some_and(|kind| kinds.contains(&kind)),
                ("är ingen av SHACL:s sex nodtyper", "is none of SHACL's six kinds of node"),
            )
        }
        Kind::List => wrong(items(graph, value).is_some(), ("är ingen hel RDF-lista", "is no whole RDF list")),
        Kind::Nodes => {
            let whole = |members: Vec<Id>| members.iter().all(|id| graph.literal(*id).is_none());
            wrong(
                items(graph, value).is_some_and(whole),
                ("är ingen hel RDF-lista av former", "is no whole RDF list of shapes"),
            )
        }
        Kind::Path => wrong(
            Path::read(graph, value).is_some(),
            ("är ingen egenskapsväg som går att läsa", "is no property path that can be read"),
        ),
    }
}
