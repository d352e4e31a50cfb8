//! One result of validation, and the bag that holds no more of them than it may.

use fyr_model::{Counts, Finding, Severity, Text};
use oxrdf::Term;

use super::data::{Data, name};
use super::engine::Raw;
use super::path::Path;
use super::shapes::Shapes;
use super::terms as sh;
use crate::refuse::shown;

/// Classes whose nodes a catalogue describes itself: a value that is not described is the catalogue's own gap, not a missing vocabulary.
const OWN_CLASSES: &[&str] = &[
    "http://www.w3.org/ns/dcat#",
    "http://xmlns.com/foaf/0.1/Agent",
    "http://www.w3.org/2006/vcard/ns#",
    "http://purl.org/dc/terms/PeriodOfTime",
    "http://www.w3.org/ns/adms#Identifier",
    "http://spdx.org/rdf/terms#Checksum",
    "http://www.w3.org/ns/prov#",
    "http://www.w3.org/ns/locn#Geometry",
];

/// A result: what was found about which node, by which shape.
#[derive(Debug, Clone)]
pub struct Found {
    /// How grave; a severity of somebody's own counts as info.
    pub severity: Severity,
    /// The node that it is about: its IRI, or the name that stands for a blank node.
    pub focus: String,
    /// The property's IRI, a longer path as in SPARQL; empty when none.
    pub path: String,
    /// The constraint component's IRI.
    pub component: String,
    /// The shape's IRI; a blank shape has a name that is the same in every run.
    pub source_shape: String,
    /// The value concerned.
    pub value: Option<String>,
    /// The severity as the shape gives it, an IRI.
    pub severity_iri: String,
    /// How many times the shapes lead to this very result, as when a node is judged for each of two others.
    pub times: u32,
    /// Nothing is known here of the value, so nobody can say that it is wrong: the vocabulary that holds it was not given.
    pub undescribed: bool,
    /// What is so.
    pub message: Text,
    pub(super) terms: Terms,
}

/// The same as terms, for RDF.
#[derive(Debug, Clone)]
pub(super) struct Terms {
    pub(super) focus: Term,
    pub(super) path: Option<Path>,
    pub(super) value: Option<Term>,
    /// The value as N-Triples writes it, to put results in order and tell them apart.
    pub(super) written: String,
}

impl Found {
    fn key(&self) -> (Severity, [&str; 5]) {
        let words = [&self.focus, &self.path, &self.component, &self.source_shape, &self.terms.written];
        (self.severity, words.map(String::as_str))
    }

    /// The result as a finding. A value or node that holds an address of a person is not repeated.
    pub fn finding(&self) -> Finding {
        let local = self.component.rsplit(['#', '/']).next().unwrap_or_default();
        let id = format!("shacl-{}", kebab(local.trim_end_matches("ConstraintComponent")));
        let mut finding = Finding::new(id, self.severity, public(&self.focus), self.message.clone()).on(self.path.clone());
        finding.value = self.value.as_deref().map(|value| shown(&public(value)));
        finding.source_shape.clone_from(&self.source_shape);
        finding.component.clone_from(&self.component);
        finding.evidence = self.undescribed.then(|| "undescribed".into());
        finding
    }
}

impl PartialEq for Found {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Found {}

impl PartialOrd for Found {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Found {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}

/// `MinCount` as `min-count`.
fn kebab(name: &str) -> String {
    let mut out = String::new();
    let mut lower = false;
    for c in name.chars() {
        if c.is_uppercase() && lower {
            out.push('-');
        }
        lower = c.is_lowercase() || c.is_ascii_digit();
        out.extend(c.to_lowercase());
    }
    out
}

/// Whether a text is, or holds, an address of a person.
pub(super) fn is_private(text: &str) -> bool {
    let scheme = text.get(..7).unwrap_or(text).to_ascii_lowercase();
    let mail = text.split_whitespace().any(|word| {
        let parts = word.split_once('@');
        parts.is_some_and(|(name, host)| !name.is_empty() && !name.contains('/') && host.contains('.') && !host.contains('/'))
    });
    scheme.starts_with("mailto:") || scheme.starts_with("tel:") || mail
}

fn public(text: &str) -> String {
    if is_private(text) { "…".into() } else { text.to_owned() }
}

/// A result whose text is not made yet: most of a hundred thousand are never shown.
pub(super) struct Kept {
    pub(super) found: Found,
    shape: Term,
    messages: Vec<(Option<String>, String)>,
}

impl Kept {
    pub(super) fn new(raw: Raw, data: &Data, shapes: &Shapes) -> Self {
        let undescribed = undescribed(&raw, data, shapes);
        let severity = match raw.severity.as_str() {
            sh::VIOLATION => Severity::Violation,
            sh::WARNING => Severity::Warning,
            _ => Severity::Info,
        };
        let found = Found {
            severity,
            focus: name(&raw.focus),
            path: raw.path.as_ref().map(Path::text).unwrap_or_default(),
            component: raw.component,
            source_shape: shape_name(&raw.shape),
            value: raw.value.as_ref().map(name),
            severity_iri: raw.severity,
            times: 1,
            undescribed,
            message: Text::default(),
            terms: Terms {
                written: raw.value.as_ref().map(ToString::to_string).unwrap_or_default(),
                focus: raw.focus,
                path: raw.path,
                value: raw.value,
            },
        };
        Self {
            found,
            shape: raw.shape,
            messages: raw.messages,
        }
    }

    fn told(mut self, shapes: &Shapes) -> Found {
        let path = Some(self.found.path.as_str()).filter(|path| !path.is_empty());
        let asked = !self.found.component.starts_with(sh::SH) || self.found.component == sh::SPARQL_CONSTRAINT_COMPONENT;
        let own = shapes.text(&self.shape, &self.found.component, path);
        self.found.message = if asked && !self.messages.is_empty() {
            super::texts::of_messages(&self.messages, &own)
        } else {
            own
        };
        self.found
    }
}

/// The shape's IRI, or the name that a blank shape has.
pub(super) fn shape_name(shape: &Term) -> String {
    match shape {
        Term::BlankNode(node) => format!("{}{}", sh::SHAPE_NAME, node.as_str().trim_start_matches('s')),
        named => name(named),
    }
}

/// Whether nothing is known here of what was judged.
fn undescribed(raw: &Raw, data: &Data, shapes: &Shapes) -> bool {
    let unknown = |term: &Term| matches!(term, Term::NamedNode(_)) && !data.describes(term);
    match raw.component.strip_prefix(sh::SH) {
        Some("ClassConstraintComponent") => {
            let classes = shapes.parameter(&raw.shape, sh::CLASS);
            let own = classes.iter().any(|class| OWN_CLASSES.iter().any(|own| class.starts_with(own)));
            !own && raw.value.as_ref().is_some_and(unknown)
        }
        Some("NodeConstraintComponent") => raw.value.as_ref().is_some_and(unknown),
        // A shape in a shape that misses something on a node of which nothing is said.
        Some("MinCountConstraintComponent" | "HasValueConstraintComponent" | "QualifiedMinCountConstraintComponent") => unknown(&raw.focus),
        _ => false,
    }
}

/// Results, no more than `max` of them: the first in order, so that the same input gives the same ones.
pub(super) struct Bag {
    kept: Vec<Kept>,
    max: usize,
    pub(super) counts: Counts,
    pub(super) total: u64,
    /// Some were left out here, or not looked at by the engine.
    pub(super) cut: bool,
}

impl Bag {
    pub(super) fn new(max: usize) -> Self {
        Self {
            kept: Vec::new(),
            max,
            counts: Counts::default(),
            total: 0,
            cut: false,
        }
    }

    pub(super) fn add(&mut self, found: Vec<Kept>, cut: bool) {
        self.cut |= cut;
        self.total += found.len() as u64;
        found.iter().for_each(|one| count(&mut self.counts, one.found.severity));
        self.kept.extend(found);
        if self.kept.len() > self.max.saturating_mul(2) {
            self.settle();
        }
    }

    fn settle(&mut self) {
        in_order(&mut self.kept);
        self.cut |= self.kept.len() > self.max;
        self.kept.truncate(self.max);
    }

    /// The results in order, with their texts. Counts are exact when nothing was cut; otherwise a result that two records lead to counts twice.
    pub(super) fn told(&mut self, shapes: &Shapes) -> Vec<Found> {
        self.settle();
        let told: Vec<Found> = self.kept.drain(..).map(|kept| kept.told(shapes)).collect();
        if !self.cut {
            self.total = told.len() as u64;
            self.counts = Counts::default();
            told.iter().for_each(|one| count(&mut self.counts, one.severity));
        }
        told
    }
}

/// Puts results in order; the same one again only counts.
pub(super) fn in_order(kept: &mut Vec<Kept>) {
    kept.sort_by(|a, b| a.found.cmp(&b.found));
    kept.dedup_by(|again, first| {
        let same = again.found == first.found;
        if same {
            first.found.times = first.found.times.saturating_add(again.found.times);
        }
        same
    });
}

fn count(counts: &mut Counts, severity: Severity) {
    match severity {
        Severity::Violation => counts.violation += 1,
        Severity::Warning => counts.warning += 1,
        Severity::Info => counts.info += 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_component_becomes_a_rule_id() {
        for (name, id) in [
            ("MinCount", "min-count"),
            ("QualifiedMinCount", "qualified-min-count"),
            ("SPARQL", "sparql"),
            ("Class", "class"),
        ] {
            assert_eq!(kebab(name), id);
        }
    }

    #[test]
    fn an_address_of_a_person_is_told_from_an_address_on_the_web() {
        for private in [
            "mailto:kim@exempelby.example",
            "kim@exempelby.example",
            "tel:+46701234567",
            "skriv till kim@exempelby.example nu",
        ] {
            assert!(is_private(private), "{private}");
        }
        for open in ["https://exempelby.example/@kim/data.csv", "https://a.example/x", "@sv", "träd"] {
            assert!(!is_private(open), "{open}");
        }
    }
}
