//! A constraint in SPARQL asked about one node: what it answers, in our own words.
//!
//! In: a constraint, a node with its values, the graph for queries. Out: one [`Answer`] for each result. It walks no shapes.

use oxrdf::{NamedNode, Term};
use spareval::CancellationToken;

use super::constraints::Constraint;
use super::data::{Data, name};
use super::query::{Row, filled};
use super::terms as sh;

/// One question about one node.
pub(super) struct Question<'a> {
    pub(super) constraint: &'a Constraint,
    /// The shape that asks.
    pub(super) shape: Term,
    /// It is about the values of a property.
    pub(super) of_property: bool,
    pub(super) focus: &'a Term,
}

/// One result of a question.
pub(super) struct Answer {
    /// The property that the query names, where it names one.
    pub(super) path: Option<String>,
    pub(super) value: Option<Term>,
    /// The query's own `?message`, or the constraint's, with the row's values filled in.
    pub(super) messages: Vec<(Option<String>, String)>,
}

impl Question<'_> {
    /// What breaks the constraint, and whether some of it was left out.
    ///
    /// # Errors
    /// The words of a query that was stopped or failed.
    pub(super) fn answers<'v>(
        &self,
        data: &Data,
        values: impl Iterator<Item = &'v Term>,
        stop: &CancellationToken,
    ) -> Result<(Vec<Answer>, bool), String> {
        if !self.constraint.ask {
            return self.select(data, stop);
        }
        let mut found = Vec::new();
        for value in values {
            found.extend(self.ask(data, value, stop)?);
        }
        Ok((found, false))
    }

    fn bound(&self) -> Vec<(&str, Term)> {
        let mut values = vec![
            ("this", self.focus.clone()),
            ("currentShape", self.shape.clone()),
            ("shapesGraph", Term::NamedNode(NamedNode::new_unchecked(sh::SHAPES_GRAPH))),
        ];
        values.extend(self.constraint.parameters.iter().map(|(name, term)| (name.as_str(), term.clone())));
        values
    }

    fn ask(&self, data: &Data, value: &Term, stop: &CancellationToken) -> Result<Option<Answer>, String> {
        let mut bound = self.bound();
        bound.push(("value", value.clone()));
        if self.constraint.query.ask(data.dataset(), &bound, stop)? {
            return Ok(None);
        }
        let row = vec![("value".to_owned(), value.clone())];
        Ok(Some(self.answer(&row, Some(value), None)))
    }

    fn select(&self, data: &Data, stop: &CancellationToken) -> Result<(Vec<Answer>, bool), String> {
        let (rows, cut) = self.constraint.query.select(data.dataset(), &self.bound(), stop)?;
        let mut found = Vec::new();
        for row in &rows {
            let of = |name: &str| row.iter().find(|(variable, _)| variable == name).map(|(_, term)| term);
            if matches!(of("failure"), Some(Term::Literal(literal)) if ["true", "1"].contains(&literal.value())) {
                return Err("the query says that it failed (?failure)".into());
            }
            // A node shape without ?value is about the node itself.
            let value = of("value").or_else(|| (!self.of_property).then_some(self.focus));
            found.push(self.answer(row, value, of("path")));
        }
        Ok((found, cut))
    }

    fn answer(&self, row: &Row, value: Option<&Term>, path: Option<&Term>) -> Answer {
        Answer {
            path: match path {
                Some(Term::NamedNode(node)) => Some(node.as_str().to_owned()),
                _ => None,
            },
            value: value.cloned(),
            messages: self.messages(row),
        }
    }

    fn messages(&self, row: &Row) -> Vec<(Option<String>, String)> {
        let of_row = row.iter().map(|(variable, term)| (variable.clone(), name(term)));
        let parameters = self.constraint.parameters.iter();
        let values: Vec<(String, String)> = of_row
            .chain(parameters.map(|(name_of, term)| (name_of.clone(), name(term))))
            .collect();
        let own = row.iter().find_map(|(variable, term)| match term {
            Term::Literal(literal) if variable == "message" => Some(literal.clone()),
            _ => None,
        });
        let literals = own.iter().chain(self.constraint.messages.iter().filter(|_| own.is_none()));
        let said = literals.map(|literal| (literal.language().map(str::to_owned), filled(literal.value(), &values)));
        let mut said: Vec<_> = said.collect();
        said.sort_unstable();
        said
    }
}
