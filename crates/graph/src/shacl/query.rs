//! SPARQL in shapes files: read under the screen for public queries, held to SHACL's rules for pre-binding, and run over a record.
//!
//! In: the text of a `sh:select` or `sh:ask`. Out: a query that runs, or a fault in plain words. The evaluator has no way to reach another
//! address, and a query with SERVICE is refused before it. Source of the rules: SHACL (W3C Recommendation, 20 July 2017), appendix A.

use oxrdf::{Dataset, Term, Variable};
use spareval::{CancellationToken, QueryEvaluator, QueryResults};
use spargebra::SparqlParser;
use spargebra::algebra::{AggregateExpression, Expression, GraphPattern, OrderExpression};

use crate::refuse::shown;

/// Rows taken from one query about one node.
const ROWS_MAX: usize = 10_000;

/// Why a query cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    /// The text is no query of the kind that was asked for.
    Unreadable(String),
    /// It asks another address.
    Service,
    /// What SHACL does not allow where variables are bound beforehand: the word in the query.
    NotAllowed(String),
}

/// A query that is ready to be asked about a node.
#[derive(Debug)]
pub(super) struct Query {
    parsed: spargebra::Query,
    bound: Vec<Variable>,
    /// `bound(…)` or `BIND` reads a variable that is bound beforehand, which the optimizer would take for unbound.
    as_written: bool,
    /// It looks into a named graph: that of the shapes.
    graphs: bool,
}

/// One row of an answer, by variable.
pub(super) type Row = Vec<(String, Term)>;

impl Query {
    /// Reads a query in which `bound` are given values beforehand.
    pub(super) fn read(text: &str, prefixes: &[(String, String)], ask: bool, bound: &[&str]) -> Result<Self, Fault> {
        let unreadable = |cause: &dyn std::fmt::Display| Fault::Unreadable(shown(&cause.to_string().replace('\n', " ")));
        let mut parser = SparqlParser::new();
        for (prefix, namespace) in prefixes {
            parser = parser.with_prefix(prefix, namespace).map_err(|error| unreadable(&error))?;
        }
        let mut parsed = parser.parse_query(text).map_err(|error| unreadable(&error))?;
        let optional = ["shapesGraph", "currentShape"];
        let mut look = Look {
            bound,
            returned: bound.iter().filter(|name| !optional.contains(name)).copied().collect(),
            as_written: false,
            graphs: false,
            fault: None,
        };
        let bound: Vec<Variable> = bound.iter().map(|name| Variable::new_unchecked(*name)).collect();
        match &mut parsed {
            spargebra::Query::Select { pattern, .. } if !ask => {
                look.pattern(pattern, true);
                widen(pattern, &bound);
            }
            spargebra::Query::Ask { pattern, .. } if ask => {
                look.pattern(pattern, true);
                widen(pattern, &bound);
                let inner = std::mem::replace(pattern, GraphPattern::Bgp { patterns: Vec::new() });
                *pattern = GraphPattern::Project {
                    inner: Box::new(inner),
                    variables: bound.clone(),
                };
            }
            _ => return Err(Fault::Unreadable(if ask { "no ASK" } else { "no SELECT" }.into())),
        }
        match look.fault {
            Some(fault) => Err(fault),
            None => Ok(Self {
                parsed,
                bound,
                as_written: look.as_written,
                graphs: look.graphs,
            }),
        }
    }

    /// Whether it reads the shapes beside the record.
    pub(super) fn reads_shapes(&self) -> bool {
        self.graphs
    }

    /// Whether the query holds with these values.
    pub(super) fn ask(&self, dataset: &Dataset, values: &[(&str, Term)], stop: &CancellationToken) -> Result<bool, String> {
        match self.run(dataset, values, stop)? {
            QueryResults::Boolean(answer) => Ok(answer),
            _ => Err("no answer of yes or no".into()),
        }
    }

    /// The rows with these values, and whether some were left out.
    pub(super) fn select(&self, dataset: &Dataset, values: &[(&str, Term)], stop: &CancellationToken) -> Result<(Vec<Row>, bool), String> {
        let QueryResults::Solutions(solutions) = self.run(dataset, values, stop)? else {
            return Err("no rows".into());
        };
        let mut rows: Vec<Row> = Vec::new();
        for solution in solutions {
            if rows.len() >= ROWS_MAX {
                return Ok((rows, true));
            }
            let solution = solution.map_err(|error| error.to_string())?;
            let row = solution.iter().map(|(name, term)| (name.as_str().to_owned(), term.clone()));
            rows.push(row.collect());
        }
        Ok((rows, false))
    }

    fn run<'d>(&self, dataset: &'d Dataset, values: &[(&str, Term)], stop: &CancellationToken) -> Result<QueryResults<'d>, String> {
        let mut evaluator = QueryEvaluator::new().with_cancellation_token(stop.clone());
        if self.as_written {
            evaluator = evaluator.without_optimizations();
        }
        let known = values
            .iter()
            .filter(|(name, _)| self.bound.iter().any(|bound| bound.as_str() == *name));
        let values = known.map(|(name, term)| (Variable::new_unchecked(*name), term.clone()));
        let mut prepared = evaluator.prepare(&self.parsed);
        for (variable, term) in values {
            prepared = prepared.substitute_variable(variable, term);
        }
        prepared.execute(dataset).map_err(|error| error.to_string())
    }
}

/// Lets the outermost projection carry the variables that are bound beforehand.
fn widen(pattern: &mut GraphPattern, bound: &[Variable]) {
    match pattern {
        GraphPattern::Project { variables, .. } => {
            for variable in bound {
                if !variables.contains(variable) {
                    variables.push(variable.clone());
                }
            }
        }
        GraphPattern::Distinct { inner } | GraphPattern::Reduced { inner } | GraphPattern::Slice { inner, .. } => widen(inner, bound),
        _ => {}
    }
}

struct Look<'a> {
    bound: &'a [&'a str],
    /// What a query within must hand on.
    returned: Vec<&'a str>,
    as_written: bool,
    graphs: bool,
    fault: Option<Fault>,
}

impl Look<'_> {
    fn not_allowed(&mut self, what: impl Into<String>) {
        self.fault.get_or_insert(Fault::NotAllowed(what.into()));
    }

    fn pattern(&mut self, pattern: &GraphPattern, outermost: bool) {
        match pattern {
            GraphPattern::Bgp { .. } | GraphPattern::Path { .. } => {}
            GraphPattern::Join { left, right } | GraphPattern::Union { left, right } => {
                self.pattern(left, false);
                self.pattern(right, false);
            }
            GraphPattern::LeftJoin { left, right, expression } => {
                self.pattern(left, false);
                self.pattern(right, false);
                expression.iter().for_each(|expression| self.expression(expression));
            }
            GraphPattern::Filter { expr, inner } => {
                self.expression(expr);
                self.pattern(inner, false);
            }
            GraphPattern::Graph { inner, .. } => {
                self.graphs = true;
                self.pattern(inner, false);
            }
            GraphPattern::Extend {
                inner,
                variable,
                expression,
            } => {
                if self.bound.contains(&variable.as_str()) {
                    self.not_allowed(format!("AS ?{}", variable.as_str()));
                }
                // The optimizer takes a variable that no pattern binds for one without a value.
                self.as_written |= self.mentions(expression);
                self.expression(expression);
                // `SELECT (… AS ?x)` stands between the projection and its group.
                self.pattern(inner, outermost);
            }
            // Not SPARQL 1.1, which SHACL is written for; the library under the evaluator knows it.
            GraphPattern::Lateral { .. } => self.not_allowed("LATERAL"),
            GraphPattern::Minus { .. } => self.not_allowed("MINUS"),
            GraphPattern::Values { .. } => self.not_allowed("VALUES"),
            GraphPattern::Service { .. } => {
                self.fault.get_or_insert(Fault::Service);
            }
            GraphPattern::OrderBy { inner, expression } => {
                for OrderExpression::Asc(expression) | OrderExpression::Desc(expression) in expression {
                    self.expression(expression);
                }
                self.pattern(inner, outermost);
            }
            GraphPattern::Project { inner, variables } => {
                let hands_on = |name: &&str| variables.iter().any(|variable| variable.as_str() == *name);
                if !outermost && let Some(missing) = self.returned.iter().copied().find(|name| !hands_on(name)) {
                    self.not_allowed(format!("SELECT without ?{missing}"));
                }
                self.pattern(inner, false);
            }
            GraphPattern::Distinct { inner } | GraphPattern::Reduced { inner } | GraphPattern::Slice { inner, .. } => {
                self.pattern(inner, outermost);
            }
            GraphPattern::Group { inner, aggregates, .. } => {
                for (_, aggregate) in aggregates {
                    if let AggregateExpression::FunctionCall { expr, .. } = aggregate {
                        self.expression(expr);
                    }
                }
                self.pattern(inner, false);
            }
        }
    }

    fn expression(&mut self, expression: &Expression) {
        match expression {
            Expression::Bound(variable) => self.as_written |= self.bound.contains(&variable.as_str()),
            Expression::Exists(pattern) => self.pattern(pattern, false),
            other => parts(other).into_iter().for_each(|part| self.expression(part)),
        }
    }

    /// Whether an expression names a variable that is bound beforehand.
    fn mentions(&self, expression: &Expression) -> bool {
        match expression {
            Expression::Variable(variable) => self.bound.contains(&variable.as_str()),
            other => parts(other).into_iter().any(|part| self.mentions(part)),
        }
    }
}

/// The expressions right inside an expression.
fn parts(expression: &Expression) -> Vec<&Expression> {
    use Expression as E;
    match expression {
        E::NamedNode(_) | E::Literal(_) | E::Variable(_) | E::Bound(_) | E::Exists(_) => Vec::new(),
        E::UnaryPlus(one) | E::UnaryMinus(one) | E::Not(one) => vec![one],
        E::Or(a, b)
        | E::And(a, b)
        | E::Equal(a, b)
        | E::SameTerm(a, b)
        | E::Greater(a, b)
        | E::GreaterOrEqual(a, b)
        | E::Less(a, b)
        | E::LessOrEqual(a, b)
        | E::Add(a, b)
        | E::Subtract(a, b)
        | E::Multiply(a, b)
        | E::Divide(a, b) => vec![a, b],
        E::If(a, b, c) => vec![a, b, c],
        E::In(one, many) => std::iter::once(one.as_ref()).chain(many).collect(),
        E::Coalesce(many) | E::FunctionCall(_, many) => many.iter().collect(),
    }
}

/// A message with `{?name}` and `{$name}` filled in.
pub(super) fn filled(template: &str, values: &[(String, String)]) -> String {
    let mut text = template.to_owned();
    for (name, value) in values {
        for mark in ['?', '$'] {
            text = text.replace(&format!("{{{mark}{name}}}"), value);
        }
    }
    text
}
