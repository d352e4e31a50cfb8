//! The W3C validation report: a `sh:ValidationReport` in Turtle.
//!
//! `sh:conforms` is W3C's: any result makes it false, warnings and notes too. A report that was cut says so in a comment, and so does a link
//! that was left out. Values that hold an address of a person are left out.

use fyr_model::{Refusal, Text};
use oxrdf::{Literal, NamedNode, Term};

use super::Validation;
use super::found::{Found, is_private};
use super::terms as sh;
use crate::syntax::Syntax;
use crate::vocab as v;
use crate::write::draft::{Draft, Node, node};
use crate::write::serialise;

impl Validation {
    /// The report in a syntax; `about` is the IRI of the report itself, a blank node without.
    ///
    /// # Errors
    /// An `about` that is no absolute IRI.
    pub fn report(&self, about: Option<&str>, syntax: Syntax) -> Result<Vec<u8>, Refusal> {
        let mut draft = Draft::default();
        let report: Node = match about {
            Some(iri) => node(iri)?,
            None => draft.blank(),
        };
        draft.class(&report, sh::VALIDATION_REPORT);
        draft.typed(&report, sh::CONFORMS, self.conforms.to_string(), v::XSD_BOOLEAN);
        if self.cut {
            let (shown, all) = (self.results.len(), self.total);
            let text = Text::new(
                format!("avkortad: {shown} av minst {all} resultat"),
                format!("cut short: {shown} of at least {all} results"),
            );
            draft.both(&report, sh::RDFS_COMMENT, &text);
        }
        for one in &self.left_out {
            let text = one.text();
            draft.both(&report, sh::RDFS_COMMENT, &text);
        }
        let each = self.results.iter().flat_map(|found| (0..found.times).map(move |_| found));
        let results: Vec<(Node, &Found)> = each.map(|found| (draft.blank(), found)).collect();
        for (node, _) in &results {
            draft.add(&report, sh::RESULT, node.clone());
        }
        for (node, found) in &results {
            result(&mut draft, node, found);
        }
        Ok(serialise(&draft.triples, syntax))
    }
}

fn result(draft: &mut Draft, node: &Node, found: &Found) {
    let iri = |iri: &str| Term::NamedNode(NamedNode::new_unchecked(iri));
    draft.class(node, sh::VALIDATION_RESULT);
    let focus = named(&found.terms.focus, &found.focus);
    draft.add(node, sh::FOCUS_NODE, focus);
    if let Some(path) = &found.terms.path {
        let path = path.write(draft);
        draft.add(node, sh::RESULT_PATH, path);
    }
    if let (Some(value), Some(text)) = (&found.terms.value, &found.value)
        && !is_private(text)
    {
        draft.add(node, sh::VALUE, named(value, text));
    }
    draft.add(node, sh::RESULT_SEVERITY, iri(&found.severity_iri));
    draft.add(node, sh::SOURCE_CONSTRAINT_COMPONENT, iri(&found.component));
    if !found.source_shape.is_empty() {
        draft.add(node, sh::SOURCE_SHAPE, iri(&found.source_shape));
    }
    draft.both(node, sh::RESULT_MESSAGE, &found.message);
}

/// A term of the data; a blank node is written under the name that stands for it, which the serializer turns back.
fn named(term: &Term, name: &str) -> Term {
    match term {
        Term::BlankNode(_) if !name.starts_with("_:") => NamedNode::new_unchecked(name).into(),
        Term::NamedNode(_) if is_private(name) => Literal::new_simple_literal("…").into(),
        other => other.clone(),
    }
}
