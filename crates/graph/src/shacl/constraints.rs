//! Constraints in SPARQL, both `sh:sparql` and custom constraint components: found in the shapes graph and read into queries.
//!
//! The library does neither with the screen and the rules of pre-binding that we want, so its shapes graph gets a mark in their place (see
//! [`super::shapes`]) and the engine asks [`Plan`] when it comes to a mark.

use std::collections::{BTreeMap, BTreeSet};

use fyr_model::Refusal;
use fyr_model::limits::SparqlLimits;
use oxrdf::{Literal, Term};

use super::data::name;
use super::path::{Path, objects};
use super::places::Places;
use super::query::{Fault, Query};
use super::terms as sh;
use super::{LeftOut, Why};
use crate::triples::{Graph, Id};
use crate::vocab as v;

/// One constraint in SPARQL of one shape.
#[derive(Debug)]
pub(super) struct Constraint {
    /// The constraint component that its results carry.
    pub(super) component: String,
    pub(super) query: Query,
    pub(super) ask: bool,
    /// Parameters of a custom component.
    pub(super) parameters: Vec<(String, Term)>,
    pub(super) messages: Vec<Literal>,
}

/// The constraints in SPARQL of every shape that has some: a shape's mark is its number here.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) shapes: Vec<Vec<Constraint>>,
}

/// The marks to set: shape and number.
pub(super) struct Marks {
    pub(super) plan: Plan,
    pub(super) shapes: Vec<Id>,
    pub(super) left_out: Vec<LeftOut>,
}

/// Finds and reads every constraint in SPARQL.
///
/// # Errors
/// `shapes-service`, `shapes-sparql`, `shapes-invalid`, each with file and line.
pub(super) fn find(graph: &Graph, places: &Places<'_>) -> Result<Marks, Refusal> {
    let mut finder = Finder {
        graph,
        places,
        found: BTreeMap::new(),
        left_out: Vec::new(),
    };
    finder.direct()?;
    for component in finder.components() {
        finder.custom(component)?;
    }
    let (shapes, constraints) = finder.found.into_iter().unzip();
    Ok(Marks {
        plan: Plan { shapes: constraints },
        shapes,
        left_out: finder.left_out,
    })
}

struct Finder<'g, 'p> {
    graph: &'g Graph,
    places: &'g Places<'p>,
    found: BTreeMap<Id, Vec<Constraint>>,
    left_out: Vec<LeftOut>,
}

/// A parameter of a custom component.
struct Parameter {
    property: Id,
    name: String,
    optional: bool,
}

impl Finder<'_, '_> {
    fn text(&self, node: Id, property: &str) -> Option<&str> {
        let found = objects(self.graph, node, property);
        found.first().and_then(|id| self.graph.literal(*id)).map(Literal::value)
    }

    fn literals(&self, node: Id, property: &str) -> Vec<Literal> {
        let found = objects(self.graph, node, property);
        found.into_iter().filter_map(|id| self.graph.literal(id).cloned()).collect()
    }

    fn truth(&self, node: Id, property: &str) -> bool {
        matches!(self.text(node, property), Some("true" | "1"))
    }

    fn path(&self, shape: Id) -> Option<Path> {
        let path = objects(self.graph, shape, sh::PATH);
        path.first().and_then(|node| Path::read(self.graph, *node))
    }

    /// `sh:sparql`.
    fn direct(&mut self) -> Result<(), Refusal> {
        let Some(property) = self.graph.iri_id(sh::SPARQL) else {
            return Ok(());
        };
        let rows: Vec<[Id; 3]> = self.graph.rows().filter(|[_, p, _]| *p == property).collect();
        for [shape, _, constraint] in rows {
            if self.truth(constraint, sh::DEACTIVATED) {
                continue;
            }
            let query = self.query(constraint, shape, false, &["this", "shapesGraph", "currentShape"])?;
            let messages = self.literals(constraint, sh::MESSAGE);
            self.found.entry(shape).or_default().push(Constraint {
                component: sh::SPARQL_CONSTRAINT_COMPONENT.into(),
                query,
                ask: false,
                parameters: Vec::new(),
                messages,
            });
        }
        Ok(())
    }

    /// The custom components: instances of `sh:ConstraintComponent` or a class below it, with parameters.
    fn components(&self) -> Vec<Id> {
        let mut classes: BTreeSet<Id> = self.graph.iri_id(sh::CONSTRAINT_COMPONENT).into_iter().collect();
        let below = self.graph.iri_id(sh::RDFS_SUB_CLASS_OF);
        let mut waiting: Vec<Id> = classes.iter().copied().collect();
        while let Some(class) = waiting.pop() {
            for [s, p, _] in self.graph.to(class) {
                if Some(p) == below && classes.insert(s) {
                    waiting.push(s);
                }
            }
        }
        let is = self.graph.iri_id(v::RDF_TYPE);
        let typed = classes.iter().flat_map(|class| self.graph.to(*class));
        let mut found: Vec<Id> = typed.filter(|[_, p, _]| Some(*p) == is).map(|[s, _, _]| s).collect();
        found.retain(|id| {
            let own = self.graph.iri(*id).is_some_and(|iri| iri.starts_with(sh::SH));
            !own && !objects(self.graph, *id, sh::PARAMETER).is_empty()
        });
        found.sort_unstable();
        found.dedup();
        found
    }

    fn custom(&mut self, component: Id) -> Result<(), Refusal> {
        let parameters = self.parameters(component)?;
        let mandatory: Vec<&Parameter> = parameters.iter().filter(|one| !one.optional).collect();
        let Some(first) = mandatory.first() else { return Ok(()) };
        let rows = self.graph.rows().filter(|[_, p, _]| *p == first.property);
        let mut shapes: Vec<Id> = rows.map(|[s, _, _]| s).collect();
        shapes.dedup();
        let has = |shape: Id, one: &Parameter| !self.graph.objects(shape, one.property).is_empty();
        shapes.retain(|shape| mandatory.iter().all(|one| has(*shape, one)));
        for shape in shapes {
            self.applied(component, &parameters, shape)?;
        }
        Ok(())
    }

    fn parameters(&self, component: Id) -> Result<Vec<Parameter>, Refusal> {
        let mut found = Vec::new();
        for node in objects(self.graph, component, sh::PARAMETER) {
            let path = objects(self.graph, node, sh::PATH);
            let property = path.first().copied().filter(|id| self.graph.iri(*id).is_some());
            let local = property
                .and_then(|id| self.graph.iri(id))
                .and_then(|iri| iri.rsplit(['#', '/', ':']).next())
                .filter(|local| !local.is_empty() && local.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'));
            let (Some(property), Some(local)) = (property, local) else {
                return Err(self.places.invalid(
                    self.graph.term(component),
                    &[],
                    "en parameters `sh:path` är ingen IRI som slutar på ett namn",
                    "the `sh:path` of a parameter is no IRI that ends in a name",
                ));
            };
            found.push(Parameter {
                property,
                name: local.to_owned(),
                optional: self.truth(node, sh::OPTIONAL),
            });
        }
        Ok(found)
    }

    /// The component on a shape that has its parameters: one constraint for each value, when there is one parameter.
    fn applied(&mut self, component: Id, parameters: &[Parameter], shape: Id) -> Result<(), Refusal> {
        let Some((validator, ask)) = self.validator(component, shape) else {
            self.left_out.push(LeftOut {
                shape: name(self.graph.term(shape)),
                property: name(self.graph.term(component)),
                target: String::new(),
                why: Why::NoValidator,
                file: String::new(),
                position: None,
            });
            return Ok(());
        };
        let values = |one: &Parameter| self.graph.objects(shape, one.property);
        let mut sets: Vec<Vec<(String, Term)>> = Vec::new();
        match parameters {
            [only] => sets.extend(
                values(only)
                    .into_iter()
                    .map(|id| vec![(only.name.clone(), self.graph.term(id).clone())]),
            ),
            many => {
                let mut set = Vec::new();
                for one in many {
                    match values(one).as_slice() {
                        [] => {}
                        [id] => set.push((one.name.clone(), self.graph.term(*id).clone())),
                        _ => {
                            return Err(self.places.invalid(
                                self.graph.term(shape),
                                &[&name(self.graph.term(one.property))],
                                &format!("parametern `{}` har mer än ett värde", one.name),
                                &format!("the parameter `{}` has more than one value", one.name),
                            ));
                        }
                    }
                }
                sets.push(set);
            }
        }
        let mut messages = self.literals(validator, sh::MESSAGE);
        if messages.is_empty() {
            messages = self.literals(component, sh::MESSAGE);
        }
        for set in sets {
            let mut bound = vec!["this", "shapesGraph", "currentShape"];
            bound.extend(ask.then_some("value"));
            bound.extend(set.iter().map(|(name, _)| name.as_str()));
            let query = self.query(validator, shape, ask, &bound)?;
            self.found.entry(shape).or_default().push(Constraint {
                component: name(self.graph.term(component)),
                query,
                ask,
                parameters: set,
                messages: messages.clone(),
            });
        }
        Ok(())
    }

    /// The validator for the kind of shape, and whether it asks.
    fn validator(&self, component: Id, shape: Id) -> Option<(Id, bool)> {
        let of_property = !objects(self.graph, shape, sh::PATH).is_empty();
        let own = if of_property { sh::PROPERTY_VALIDATOR } else { sh::NODE_VALIDATOR };
        let first = |property: &str, query: &str| {
            let found = objects(self.graph, component, property);
            found.into_iter().find(|node| self.text(*node, query).is_some())
        };
        first(own, sh::SELECT)
            .map(|node| (node, false))
            .or_else(|| first(sh::VALIDATOR, sh::ASK).map(|node| (node, true)))
    }

    fn query(&self, node: Id, shape: Id, ask: bool, bound: &[&str]) -> Result<Query, Refusal> {
        let property = if ask { sh::ASK } else { sh::SELECT };
        let Some(text) = self.text(node, property).filter(|_| objects(self.graph, node, property).len() == 1) else {
            return Err(self.places.invalid(
                self.graph.term(shape),
                &["sparql"],
                "en `sh:sparql` har inte precis en `sh:select`",
                "a `sh:sparql` does not have exactly one `sh:select`",
            ));
        };
        let path = self.path(shape).map(|path| path.sparql());
        let asked = match &path {
            Some(path) => with_path(text, path),
            None => text.to_owned(),
        };
        let about = self.graph.term(shape);
        if let Err(refusal) = crate::sparql::screen(&asked, &SparqlLimits::default()) {
            let inner = refusal.position.map_or(0, |at| at.offset);
            let id = if refusal.id == "sparql-service" {
                "shapes-service"
            } else {
                "shapes-sparql"
            };
            return Err(self.places.query(id, about, text, inner, &refusal.message));
        }
        Query::read(&asked, &self.prefixes(node), ask, bound).map_err(|fault| {
            let (id, sv, en) = match fault {
                Fault::Service => (
                    "shapes-service",
                    "SERVICE körs inte: ingen annan adress tillfrågas".to_owned(),
                    "SERVICE does not run: no other address is asked".to_owned(),
                ),
                Fault::NotAllowed(what) => (
                    "shapes-sparql",
                    format!("SHACL tillåter inte `{what}` där variabler är bundna i förväg"),
                    format!("SHACL does not allow `{what}` where variables are bound beforehand"),
                ),
                Fault::Unreadable(cause) => (
                    "shapes-sparql",
                    format!("frågan går inte att läsa: {cause}"),
                    format!("the query cannot be read: {cause}"),
                ),
            };
            self.places.query(id, about, text, 0, &fyr_model::Text::new(sv, en))
        })
    }

    /// The prefixes that `sh:prefixes` leads to, through `owl:imports` among the loaded files.
    fn prefixes(&self, node: Id) -> Vec<(String, String)> {
        let mut waiting = objects(self.graph, node, sh::PREFIXES);
        let mut seen: BTreeSet<Id> = waiting.iter().copied().collect();
        let mut found = BTreeMap::new();
        while let Some(node) = waiting.pop() {
            for declared in objects(self.graph, node, sh::DECLARE) {
                if let (Some(prefix), Some(namespace)) = (self.text(declared, sh::PREFIX), self.text(declared, sh::NAMESPACE)) {
                    found.insert(prefix.to_owned(), namespace.to_owned());
                }
            }
            for imported in objects(self.graph, node, sh::OWL_IMPORTS) {
                if seen.insert(imported) {
                    waiting.push(imported);
                }
            }
        }
        found.into_iter().collect()
    }
}

/// The query with `$PATH` and `?PATH` replaced by the path.
fn with_path(text: &str, path: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("$PATH").into_iter().chain(rest.find("?PATH")).min() {
        let (before, after) = rest.split_at(at);
        let tail = after.get(5..).unwrap_or_default();
        out.push_str(before);
        let longer = tail.chars().next().is_some_and(|c| c.is_alphanumeric() || c == '_');
        out.push_str(if longer { after.get(..5).unwrap_or_default() } else { path });
        rest = tail;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_word_is_the_path() {
        assert_eq!(
            with_path("$this $PATH ?v . ?PATHS ?PATH ?v", "<p>/<q>"),
            "$this <p>/<q> ?v . ?PATHS <p>/<q> ?v"
        );
    }
}
