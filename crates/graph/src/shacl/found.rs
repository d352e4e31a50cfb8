//! One result of validation, and the bag that holds no more of them than it may.

use std::collections::BTreeMap;

use fyr_model::finding::share;
use fyr_model::{Counts, Finding, Severity, Text};
use oxrdf::Term;
use serde::{Deserialize, Serialize};

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

/// The longest value that a finding holds as a whole term.
const TERM_BYTES_MAX: usize = 1024;

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
        let mut finding = Finding::new(rule_id(&self.component), self.severity, public(&self.focus), self.message.clone());
        finding.path.clone_from(&self.path);
        finding.value = self.value.as_deref().map(|value| shown(&public(value)));
        if let Some(Term::Literal(literal)) = &self.terms.value
            && !is_private(literal.value())
            && literal.value().len() <= TERM_BYTES_MAX
        {
            finding.value_term = Some(self.terms.written.clone());
        }
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

/// The id of findings of a component: `shacl-min-count`.
fn rule_id(component: &str) -> String {
    let local = component.rsplit(['#', '/']).next().unwrap_or_default();
    format!("shacl-{}", kebab(local.trim_end_matches("ConstraintComponent")))
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

/// What stands in place of a value that is not repeated.
pub(crate) const HIDDEN: &str = "…";

fn public(text: &str) -> String {
    if is_private(text) { HIDDEN.into() } else { text.to_owned() }
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
                value: raw.value,
            },
        };
        Self {
            found,
            shape: raw.shape,
            messages: raw.messages,
        }
    }

    fn group(&self) -> Group {
        let found = &self.found;
        (found.severity, found.source_shape.clone(), found.component.clone())
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
        if self.found.undescribed {
            self.found
                .message
                .sv
                .push_str(" (värdet beskrivs varken i katalogen eller i programmets kodlistor)");
            self.found
                .message
                .en
                .push_str(" (neither the catalogue nor the program's code lists describe the value)");
        }
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

/// Results of one shape and component at one severity that are not held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Beyond {
    /// The id that their findings would have.
    pub id: String,
    /// How grave.
    pub severity: Severity,
    /// The shape.
    pub source_shape: String,
    /// At least so many.
    pub count: u64,
}

/// What groups results: severity, shape and component.
type Group = (Severity, String, String);

/// About `max` results: each group keeps its first ones in order, as many as the others may, so that no rule disappears and the same input gives
/// the same ones. What a group may keep only shrinks while results come in, so it does not matter in which order they come.
pub(super) struct Bag {
    kept: Vec<Kept>,
    groups: BTreeMap<Group, u64>,
    max: usize,
    pub(super) counts: Counts,
    pub(super) total: u64,
    /// Some were left out here, or not looked at by the engine.
    pub(super) cut: bool,
    /// The engine stopped within a node.
    pub(super) stopped: bool,
}

impl Bag {
    pub(super) fn new(max: usize) -> Self {
        Self {
            kept: Vec::new(),
            groups: BTreeMap::new(),
            max,
            counts: Counts::default(),
            total: 0,
            cut: false,
            stopped: false,
        }
    }

    pub(super) fn add(&mut self, found: Vec<Kept>, cut: bool) {
        self.cut |= cut;
        self.stopped |= cut;
        self.total += found.len() as u64;
        for one in &found {
            count(&mut self.counts, one.found.severity, 1);
            *self.groups.entry(one.group()).or_default() += u64::from(one.found.times);
        }
        self.kept.extend(found);
        if self.kept.len() > self.max.saturating_mul(2) {
            self.settle();
        }
    }

    fn settle(&mut self) {
        in_order(&mut self.kept);
        if self.kept.len() <= self.max {
            return;
        }
        let each = share(self.groups.values().map(|count| *count as usize).collect(), self.max);
        let mut held: BTreeMap<Group, usize> = BTreeMap::new();
        let before = self.kept.len();
        self.kept.retain(|one| {
            let known = held.entry(one.group()).or_default();
            *known += 1;
            *known <= each
        });
        self.cut |= self.kept.len() < before;
    }

    /// The results in order with their texts, and what is not held. Counts are exact when nothing was cut; otherwise a result that two records
    /// lead to counts twice.
    pub(super) fn told(&mut self, shapes: &Shapes) -> (Vec<Found>, Vec<Beyond>) {
        self.settle();
        for one in &self.kept {
            if let Some(left) = self.groups.get_mut(&one.group()) {
                *left = left.saturating_sub(u64::from(one.found.times));
            }
        }
        let told: Vec<Found> = self.kept.drain(..).map(|kept| kept.told(shapes)).collect();
        if !self.cut {
            self.total = told.len() as u64;
            self.counts = Counts::default();
            told.iter().for_each(|one| count(&mut self.counts, one.severity, 1));
            return (told, Vec::new());
        }
        let left = std::mem::take(&mut self.groups).into_iter().filter(|(_, count)| *count > 0);
        let beyond = left.map(|((severity, source_shape, component), count)| Beyond {
            id: rule_id(&component),
            severity,
            source_shape,
            count,
        });
        (told, beyond.collect())
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

fn count(counts: &mut Counts, severity: Severity, more: u64) {
    match severity {
        Severity::Violation => counts.violation += more,
        Severity::Warning => counts.warning += more,
        Severity::Info => counts.info += more,
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
