//! Objects as values: texts with their tags, IRIs, and literals where IRIs belong.

use fyr_model::catalogue::Value;
use fyr_model::{LangString, LangStrings};
use oxrdf::Term;

use super::Reader;
use crate::triples::Id;
use crate::vocab as v;

impl Reader<'_> {
    /// An object as it was harvested.
    pub(crate) fn value(&self, id: Id) -> Value {
        match self.graph.term(id) {
            Term::NamedNode(node) => Value::Iri(node.as_str().to_owned()),
            Term::Literal(literal) => Value::Literal(literal.value().to_owned()),
            other => Value::Literal(other.to_string()),
        }
    }

    /// The objects of a property as values, sorted.
    pub(crate) fn values(&self, subject: Id, properties: &[&'static str]) -> Vec<Value> {
        let mut values: Vec<Value> = self.any(subject, properties).into_iter().map(|id| self.value(id)).collect();
        values.sort_unstable();
        values.dedup();
        values
    }

    /// The literals of a property with their tags, by tag and text.
    pub(crate) fn texts(&self, subject: Id, properties: &[&'static str]) -> LangStrings {
        sorted(self.any(subject, properties).into_iter().filter_map(|id| self.text(id)).collect())
    }

    /// A literal as a tagged text.
    pub(crate) fn text(&self, id: Id) -> Option<LangString> {
        let literal = self.graph.literal(id)?;
        Some(LangString {
            value: literal.value().to_owned(),
            lang: literal.language().map(str::to_lowercase),
        })
    }

    /// The first value in sorted order, as text.
    pub(crate) fn one(&self, subject: Id, properties: &[&'static str]) -> Option<String> {
        properties
            .iter()
            .find_map(|property| self.values(subject, &[property]).first().map(|value| value.as_str().to_owned()))
    }

    /// Values of a property whose object may be a node that only carries the text: a format with a label, a rights statement.
    pub(crate) fn carried(&self, subject: Id, property: &'static str, carriers: &[&'static str]) -> Vec<Value> {
        let mut values = Vec::new();
        for id in self.objects(subject, property) {
            let texts = self.texts(id, carriers);
            if texts.is_empty() {
                values.push(self.value(id));
            } else {
                values.extend(texts.0.into_iter().map(|text| Value::Literal(text.value)));
            }
        }
        values.sort_unstable();
        values.dedup();
        values
    }

    /// Identifiers of both kinds, sorted.
    pub(crate) fn identifiers(&self, subject: Id) -> Vec<String> {
        let values = self.values(subject, &[v::IDENTIFIER, v::ADMS_IDENTIFIER]);
        let mut texts: Vec<String> = values.into_iter().map(|value| value.as_str().to_owned()).collect();
        texts.dedup();
        texts
    }
}

/// Texts by tag, then text, each once.
pub(crate) fn sorted(mut texts: Vec<LangString>) -> LangStrings {
    texts.sort_by(|a, b| (&a.lang, &a.value).cmp(&(&b.lang, &b.value)));
    texts.dedup();
    LangStrings(texts)
}
