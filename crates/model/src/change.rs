//! Statements of a graph as plain data, and changes to them that can be taken back.
//!
//! In and out: what `graph` reads and writes, and what `assess` decides. A node that was blank in its document goes by the name that `graph`
//! gave it (`urn:fyr:bnode:..`), which follows from what is said about it; a change therefore renames it, and a list says how.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// An object: an IRI (or the name of a blank node), or a literal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Term<S = String> {
    /// An IRI.
    Iri {
        /// Whole.
        value: S,
    },
    /// A literal.
    Literal {
        /// Its text.
        value: S,
        /// Its language tag.
        #[serde(skip_serializing_if = "Option::is_none")]
        language: Option<S>,
        /// Its datatype, unless it is a plain or a tagged text.
        #[serde(skip_serializing_if = "Option::is_none")]
        datatype: Option<S>,
    },
}

impl<S: AsRef<str>> Term<S> {
    /// The text, whatever its kind.
    pub fn text(&self) -> &str {
        match self {
            Self::Iri { value } | Self::Literal { value, .. } => value.as_ref(),
        }
    }
    /// The IRI, if it is one.
    pub fn iri(&self) -> Option<&str> {
        match self {
            Self::Iri { value } => Some(value.as_ref()),
            Self::Literal { .. } => None,
        }
    }
    /// The same, with texts of its own.
    pub fn owned(&self) -> Term {
        let own = |text: &S| text.as_ref().to_owned();
        match self {
            Self::Iri { value } => Term::Iri { value: own(value) },
            Self::Literal { value, language, datatype } => Term::Literal {
                value: own(value),
                language: language.as_ref().map(own),
                datatype: datatype.as_ref().map(own),
            },
        }
    }
}

impl Term {
    /// An IRI.
    pub fn of_iri(value: impl Into<String>) -> Self {
        Self::Iri { value: value.into() }
    }
    /// A plain text.
    pub fn plain(value: impl Into<String>) -> Self {
        Self::Literal {
            value: value.into(),
            language: None,
            datatype: None,
        }
    }
    /// A text in a language.
    pub fn tagged(value: impl Into<String>, language: impl Into<String>) -> Self {
        Self::Literal {
            value: value.into(),
            language: Some(language.into()),
            datatype: None,
        }
    }
    /// A typed value.
    pub fn typed(value: impl Into<String>, datatype: impl Into<String>) -> Self {
        Self::Literal {
            value: value.into(),
            language: None,
            datatype: Some(datatype.into()),
        }
    }
}

/// One statement of a graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Statement<S = String> {
    /// What it is about.
    pub subject: S,
    /// The property.
    pub property: S,
    /// What it says.
    pub object: Term<S>,
}

impl<S: AsRef<str>> Statement<S> {
    /// The same, with texts of its own.
    pub fn owned(&self) -> Statement {
        Statement {
            subject: self.subject.as_ref().to_owned(),
            property: self.property.as_ref().to_owned(),
            object: self.object.owned(),
        }
    }
}

/// One change: a value that goes, a value that comes, or both, and the rule that says so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// What the statement is about.
    pub subject: String,
    /// The property.
    pub property: String,
    /// What was said; none when something is only added.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Term>,
    /// What is said now; none when something is only taken away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Term>,
    /// The id of the rule.
    pub rule: String,
}

/// Changes in the order in which they are made, each to the graph that the former left.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeList {
    /// The changes.
    pub changes: Vec<Change>,
    /// Blank nodes that are called otherwise afterwards: the name in the graph before, and the name in the graph after.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub blank_nodes: BTreeMap<String, String>,
}

impl ChangeList {
    /// The list that leads back: last change first, what came goes, what went comes.
    ///
    /// ```
    /// # use fyr_model::change::{Change, ChangeList, Term};
    /// let change = Change { subject: "s".into(), property: "p".into(), before: None, after: Some(Term::plain("x")), rule: "r".into() };
    /// let list = ChangeList { changes: vec![change], ..ChangeList::default() };
    /// assert_eq!(list.reversed().changes[0].before, Some(Term::plain("x")));
    /// assert_eq!(list.reversed().reversed(), list);
    /// ```
    #[must_use]
    pub fn reversed(&self) -> Self {
        let name = |iri: &String| self.blank_nodes.get(iri).cloned().unwrap_or_else(|| iri.clone());
        let term = |term: &Option<Term>| {
            term.as_ref().map(|term| match term {
                Term::Iri { value } => Term::Iri { value: name(value) },
                literal => literal.clone(),
            })
        };
        let back = |change: &Change| Change {
            subject: name(&change.subject),
            property: change.property.clone(),
            before: term(&change.after),
            after: term(&change.before),
            rule: change.rule.clone(),
        };
        Self {
            changes: self.changes.iter().rev().map(back).collect(),
            blank_nodes: self
                .blank_nodes
                .iter()
                .map(|(before, after)| (after.clone(), before.clone()))
                .collect(),
        }
    }
}
