//! A list of triples being written: what is not a whole IRI is left out, never written broken.

use std::collections::BTreeSet;

use fyr_model::catalogue::Value;
use fyr_model::{LangString, LangStrings, Refusal, RefusalKind, Text};
use oxrdf::{BlankNode, Literal, NamedNode, NamedOrBlankNode, Term, Triple};

use crate::refuse::shown;
use crate::view::SKOLEM;
use crate::vocab as v;

/// Triples in the order they are to be written.
#[derive(Default)]
pub(crate) struct Draft {
    pub(crate) triples: Vec<Triple>,
    known: BTreeSet<Triplet>,
    blanks: usize,
    described: BTreeSet<String>,
}

type Triplet = (String, String, String);

/// A node to say things about.
pub(crate) type Node = NamedOrBlankNode;

/// An IRI of ours, which must be whole.
pub(crate) fn node(iri: &str) -> Result<Node, Refusal> {
    NamedNode::new(iri).map(Into::into).map_err(|_| {
        let iri = shown(iri);
        Refusal::new(
            "bad-iri",
            RefusalKind::Configuration,
            iri.clone(),
            Text::new(format!("`{iri}` är ingen absolut IRI"), format!("`{iri}` is not an absolute IRI")),
        )
        .hint(Text::new("ange portalens adress i `base`", "state the portal's address in `base`"))
    })
}

/// Whether an IRI may stand in what we publish: http(s), whole, and not our name for a blank node.
pub(crate) fn public(iri: &str) -> bool {
    (iri.starts_with("https://") || iri.starts_with("http://")) && NamedNode::new(iri).is_ok()
}

impl Draft {
    /// A new blank node; labels count from 1 in writing order.
    pub(crate) fn blank(&mut self) -> Node {
        self.blanks += 1;
        BlankNode::new_unchecked(format!("n{}", self.blanks)).into()
    }

    /// Marks an IRI as described; false when it was before.
    pub(crate) fn begin(&mut self, iri: &str) -> bool {
        self.described.insert(iri.to_owned())
    }

    /// Adds a triple once.
    pub(crate) fn add(&mut self, subject: &Node, property: &str, object: impl Into<Term>) {
        let triple = Triple::new(subject.clone(), NamedNode::new_unchecked(property), object);
        let key = (triple.subject.to_string(), property.to_owned(), triple.object.to_string());
        if self.known.insert(key) {
            self.triples.push(triple);
        }
    }

    /// Adds a type.
    pub(crate) fn class(&mut self, subject: &Node, class: &str) {
        self.add(subject, v::RDF_TYPE, NamedNode::new_unchecked(class));
    }

    /// Adds an IRI; one that is not whole, or names a blank node, is left out.
    pub(crate) fn iri(&mut self, subject: &Node, property: &str, iri: &str) {
        if let Ok(object) = NamedNode::new(iri)
            && !iri.starts_with(SKOLEM)
        {
            self.add(subject, property, object);
        }
    }

    /// Adds the IRIs among values.
    pub(crate) fn iris<'a>(&mut self, subject: &Node, property: &str, iris: impl IntoIterator<Item = &'a str>) {
        for iri in iris {
            self.iri(subject, property, iri);
        }
    }

    /// Adds the IRIs of values.
    pub(crate) fn values(&mut self, subject: &Node, property: &str, values: &[Value]) {
        self.iris(subject, property, values.iter().filter_map(Value::iri));
    }

    /// Adds a plain text, unless it is empty.
    pub(crate) fn plain(&mut self, subject: &Node, property: &str, text: &str) {
        if !text.trim().is_empty() {
            self.add(subject, property, Literal::new_simple_literal(text));
        }
    }

    /// Adds a typed literal.
    pub(crate) fn typed(&mut self, subject: &Node, property: &str, text: impl Into<String>, datatype: &str) {
        self.add(
            subject,
            property,
            Literal::new_typed_literal(text, NamedNode::new_unchecked(datatype)),
        );
    }

    /// Adds a text of ours in both languages.
    pub(crate) fn both(&mut self, subject: &Node, property: &str, text: &Text) {
        self.texts(subject, property, &LangStrings::from(text), "und", true);
    }

    /// Adds texts with their tags; an untagged one gets `fallback`. With `once`, one text a language.
    pub(crate) fn texts(&mut self, subject: &Node, property: &str, texts: &LangStrings, fallback: &str, once: bool) {
        let mut seen = BTreeSet::new();
        for LangString { value, lang } in texts.iter().filter(|text| !text.value.trim().is_empty()) {
            let tag = match lang.as_deref() {
                Some("en-uk") => "en-gb",
                Some(tag) => tag,
                None => fallback,
            };
            if seen.insert(tag.to_owned()) || !once {
                let literal = Literal::new_language_tagged_literal(value, tag).unwrap_or_else(|_| Literal::new_simple_literal(value));
                self.add(subject, property, literal);
            }
        }
    }

    /// Adds a date as written, typed by its form; what is no date is left out.
    pub(crate) fn date(&mut self, subject: &Node, property: &str, written: &str) {
        let datatype = match written.len() {
            4 if written.bytes().all(|b| b.is_ascii_digit()) => v::XSD_YEAR,
            10 if chrono::NaiveDate::parse_from_str(written, "%Y-%m-%d").is_ok() => v::XSD_DATE,
            _ if chrono::DateTime::parse_from_rfc3339(written).is_ok() => v::XSD_DATE_TIME,
            _ => return,
        };
        self.typed(subject, property, written, datatype);
    }
}
