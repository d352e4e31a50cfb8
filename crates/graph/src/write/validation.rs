//! Findings as a W3C validation report (SHACL section 3): `sh:ValidationReport` with a `sh:ValidationResult` each.
//!
//! `sh:conforms` follows the Recommendation: any result makes it false. The two verdicts of ours, the place in the source and the fingerprint stand
//! beside it under terms of our own. A subject without IRI is a node without IRI here too.

use std::str::FromStr as _;

use fyr_model::{Finding, Severity, Text};
use oxrdf::{Literal, NamedNode, Term};

use super::draft::{Draft, Node, node};
use super::serialise::serialise;
use crate::shacl::HIDDEN;
use crate::shacl::path::Path;
use crate::shacl::terms as sh;
use crate::syntax::Syntax;
use crate::view::SKOLEM;
use crate::vocab as v;

macro_rules! fyr {
    ($local:literal) => {
        concat!("urn:fyr:vocab#", $local)
    };
}

/// The findings about one document.
pub struct ValidationReport<'a> {
    /// The document's IRI, when it has one.
    pub about: Option<String>,
    /// The profile and its version.
    pub profile: &'a str,
    /// Whether the national portal would take it in, where that was judged.
    pub harvested: Option<bool>,
    /// Whether it follows the profile.
    pub follows: bool,
    /// How many findings are not among `results`.
    pub left_out: u64,
    /// What is not about the document but about the shapes: comments, not results.
    pub remarks: Vec<&'a Text>,
    /// Each finding.
    pub results: Vec<ValidationResult<'a>>,
}

/// One finding with what reports add.
pub struct ValidationResult<'a> {
    /// The finding.
    pub finding: &'a Finding,
    /// Whether it is about the document as a whole.
    pub whole: bool,
    /// The file that its position is a place in.
    pub file: &'a str,
    /// The same from run to run.
    pub fingerprint: &'a str,
    /// `new`, `known` or `ignored`.
    pub state: &'a str,
}

/// The reports as one document in Turtle.
pub fn validation(reports: &[ValidationReport<'_>]) -> Vec<u8> {
    let mut draft = Draft::default();
    for report in reports {
        write(&mut draft, report);
    }
    serialise(&draft.triples, Syntax::Turtle)
}

fn write(draft: &mut Draft, report: &ValidationReport<'_>) {
    let me = draft.blank();
    let truth = |value: bool| value.to_string();
    draft.class(&me, sh::VALIDATION_REPORT);
    draft.typed(
        &me,
        sh::CONFORMS,
        truth(report.results.is_empty() && report.left_out == 0),
        v::XSD_BOOLEAN,
    );
    if let Some(about) = &report.about {
        draft.iri(&me, fyr!("input"), about);
    }
    draft.plain(&me, fyr!("profile"), report.profile);
    if let Some(harvested) = report.harvested {
        draft.typed(&me, fyr!("harvestedByDataportal"), truth(harvested), v::XSD_BOOLEAN);
    }
    draft.typed(&me, fyr!("followsProfile"), truth(report.follows), v::XSD_BOOLEAN);
    if report.left_out > 0 {
        draft.typed(&me, fyr!("leftOut"), report.left_out.to_string(), v::XSD_INTEGER);
    }
    for remark in &report.remarks {
        draft.both(&me, sh::RDFS_COMMENT, remark);
    }
    let about = match report.about.as_deref().map(node) {
        Some(Ok(about)) => about,
        _ => draft.blank(),
    };
    let results: Vec<Node> = report.results.iter().map(|_| draft.blank()).collect();
    for result in &results {
        draft.add(&me, sh::RESULT, result.clone());
    }
    for (result, me) in report.results.iter().zip(&results) {
        one(draft, result, me, &about);
    }
}

fn one(draft: &mut Draft, result: &ValidationResult<'_>, me: &Node, about: &Node) {
    let finding = result.finding;
    draft.class(me, sh::VALIDATION_RESULT);
    let focus = match NamedNode::new(&finding.focus) {
        // A name of ours for a node without IRI becomes such a node again when it is written.
        Ok(focus) if !result.whole => focus.into(),
        _ => about.clone(),
    };
    draft.add(me, sh::FOCUS_NODE, focus);
    if let Some(path) = Path::of_text(&finding.path) {
        let path = path.write(draft);
        draft.add(me, sh::RESULT_PATH, path);
    }
    if let Some(value) = value(finding) {
        draft.add(me, sh::VALUE, value);
    }
    let severity = match finding.severity {
        Severity::Violation => sh::VIOLATION,
        Severity::Warning => sh::WARNING,
        Severity::Info => sh::INFO,
    };
    draft.iri(me, sh::RESULT_SEVERITY, severity);
    draft.iri(me, sh::SOURCE_SHAPE, &finding.source_shape);
    // The Recommendation wants exactly one; a rule of the reader's own is a component of its own.
    match finding.component.is_empty() {
        true => draft.iri(me, sh::SOURCE_CONSTRAINT_COMPONENT, &format!("urn:fyr:check#{}", finding.id)),
        false => draft.iri(me, sh::SOURCE_CONSTRAINT_COMPONENT, &finding.component),
    }
    draft.both(me, sh::RESULT_MESSAGE, &finding.message);
    draft.plain(me, fyr!("rule"), &finding.id);
    draft.plain(me, fyr!("fingerprint"), result.fingerprint);
    draft.plain(me, fyr!("state"), result.state);
    draft.plain(me, fyr!("file"), result.file);
    if let Some(at) = finding.position.filter(|at| at.line > 0) {
        draft.typed(me, fyr!("line"), at.line.to_string(), v::XSD_INTEGER);
        draft.typed(me, fyr!("column"), at.column.to_string(), v::XSD_INTEGER);
    }
}

/// The value as the term that it is, as far as the finding tells.
fn value(finding: &Finding) -> Option<Term> {
    let text = finding.value.as_deref().filter(|value| *value != HIDDEN)?;
    let whole = finding.value_term.as_deref().and_then(|term| Term::from_str(term).ok());
    Some(whole.unwrap_or_else(|| match NamedNode::new(text) {
        // A name of ours for a node without IRI becomes such a node again when it is written.
        Ok(iri) if text.contains("://") || text.starts_with(SKOLEM) => iri.into(),
        _ => Literal::new_simple_literal(text).into(),
    }))
}
