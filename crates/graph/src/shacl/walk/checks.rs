//! What can be said of one value alone: its kind, datatype, length, language, pattern, and how it stands to another value.
//!
//! In: a term. Out: yes or no. How literals are read and compared is the library's; lengths are in characters, as SPARQL counts them.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use ::shacl::ir::components::Pattern;
use ::shacl::types::NodeKind;
use oxrdf::Term;
use rudof_rdf::rdf_core::term::literal::{ConcreteLiteral, Lang};

use super::compile::Range;

/// The text that patterns and lengths are about: an IRI, or what a literal writes.
fn text(term: &Term) -> Option<&str> {
    match term {
        Term::NamedNode(node) => Some(node.as_str()),
        Term::Literal(literal) => Some(literal.value()),
        Term::BlankNode(_) | Term::Triple(_) => None,
    }
}

pub(super) fn is_of_kind(term: &Term, kind: &NodeKind) -> bool {
    use NodeKind::{BNode, BNodeOrIri, BNodeOrLit, Iri, IriOrLit, Lit};
    match term {
        Term::NamedNode(_) => matches!(kind, Iri | BNodeOrIri | IriOrLit),
        Term::BlankNode(_) => matches!(kind, BNode | BNodeOrIri | BNodeOrLit),
        Term::Literal(_) => matches!(kind, Lit | BNodeOrLit | IriOrLit),
        Term::Triple(_) => false,
    }
}

/// Whether a literal has a datatype, and is written as that datatype is.
pub(super) fn is_of_datatype(term: &Term, datatype: &str) -> bool {
    let Term::Literal(literal) = term else { return false };
    if literal.datatype().as_str() != datatype {
        return false;
    }
    let read = ConcreteLiteral::try_from(literal.clone());
    !matches!(read, Err(_) | Ok(ConcreteLiteral::WrongDatatypeLiteral { .. }))
}

pub(super) fn is_in_range(term: &Term, range: Range, bound: &ConcreteLiteral) -> bool {
    let Term::Literal(literal) = term else { return false };
    let Ok(literal) = ConcreteLiteral::try_from(literal.clone()) else {
        return false;
    };
    literal.partial_cmp(bound).is_some_and(|order| match range {
        Range::Above => order.is_gt(),
        Range::From => order.is_ge(),
        Range::To => order.is_le(),
        Range::Below => order.is_lt(),
    })
}

/// How two literals stand to each other; nothing else has an order in SPARQL.
pub(super) fn order(one: &Term, other: &Term) -> Option<Ordering> {
    let (Term::Literal(one), Term::Literal(other)) = (one, other) else {
        return None;
    };
    let read = |literal: &oxrdf::Literal| ConcreteLiteral::try_from(literal.clone()).ok();
    read(one)?.partial_cmp(&read(other)?)
}

pub(super) fn has_length(term: &Term, fits: impl Fn(usize) -> bool) -> bool {
    text(term).is_some_and(|text| fits(text.chars().count()))
}

pub(super) fn follows(term: &Term, pattern: &Pattern) -> bool {
    text(term).is_some_and(|text| pattern.match_str(text))
}

/// Whether a literal's language is one of some, or a variety of one.
pub(super) fn is_in_language(term: &Term, languages: &[String]) -> bool {
    let Term::Literal(literal) = term else { return false };
    let Some(tag) = literal.language() else { return false };
    let tag = tag.to_lowercase();
    let fits = |language: &String| {
        tag.strip_prefix(language.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    };
    languages.iter().any(fits)
}

/// How many languages have more than one of the values.
pub(super) fn repeated_languages<'t>(terms: impl Iterator<Item = &'t Term>) -> usize {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for term in terms {
        if let Term::Literal(literal) = term
            && let Some(tag) = literal.language()
        {
            let tag = Lang::new(tag).map_or_else(|_| tag.to_lowercase(), |lang| lang.as_str().to_lowercase());
            *counts.entry(tag).or_default() += 1;
        }
    }
    counts.values().filter(|count| **count > 1).count()
}
