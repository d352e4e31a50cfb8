//! The engine: a walk over numbered triples, for all of SHACL Core and, at its marks, constraints in SPARQL.
//!
//! The library's own walk makes terms and results of everything it looks at; a national catalogue then costs minutes. Here a node is a number, what
//! it says is one row of numbers, and a term is made only of what is told. Shapes in shapes (`sh:node`, `sh:or` ..) are asked yes or no, once for
//! each node. Both walks give the same results; a test holds them together.

mod checks;
mod compile;
mod ground;
mod steps;

use std::collections::HashMap;
use std::sync::Arc;

use fyr_model::Refusal;
use oxrdf::Term;
use rudof_rdf::rdf_core::term::Object;
use spareval::CancellationToken;

use super::asked::Question;
use super::constraints::Plan;
use super::data::Data;
use super::engine::{Engine, Judged, Node, Raw, Session, Targeted};
use super::library::{HELD_MAX, Library, not_answered};
use super::path::Path;
use crate::triples::Id;
pub(super) use compile::path_of;
use compile::{Check, Checked, Program, QUALIFIED_MAX, Qualified, Shape};
use ground::Ground;

/// Shapes to walk.
pub(super) struct Walk {
    program: Program,
    plan: Arc<Plan>,
    targeted: Vec<Targeted>,
    /// The number of each shape with targets.
    shapes: Vec<usize>,
    stop: CancellationToken,
}

impl Walk {
    /// The walk for shapes that the library has read; the library itself when they use more than SHACL Core and SPARQL.
    pub(super) fn of(library: Library) -> Box<dyn Engine> {
        let Some((program, numbers)) = compile::compile(library.schema(), library.graph()) else {
            return Box::new(library);
        };
        let number = |name: &Object| numbers.get(name).copied().unwrap_or(usize::MAX);
        let shapes = library.names().iter().map(number).collect();
        let (plan, targeted, stop) = library.into_parts();
        Box::new(Self {
            program,
            plan,
            targeted,
            shapes,
            stop,
        })
    }
}

impl Engine for Walk {
    fn targeted(&self) -> &[Targeted] {
        &self.targeted
    }

    fn session(&self, data: &Data) -> Box<dyn Session + '_> {
        Box::new(Walking {
            walk: self,
            ground: Ground::new(data, &self.program),
            known: HashMap::new(),
            cut: false,
        })
    }
}

/// Why a walk ends early.
enum Stop {
    /// More results than may be held for one node.
    TooMany,
    Refused(Refusal),
}

type Walked<T> = Result<T, Stop>;

/// Results, where they are wanted and not only whether there are any.
type Told<'t> = Option<&'t mut Vec<Raw>>;

/// A walk through one record.
struct Walking<'w> {
    walk: &'w Walk,
    ground: Ground,
    /// Whether a node is as a shape says, for shapes that lead to others.
    known: HashMap<(usize, Id), bool>,
    cut: bool,
}

/// Where the walk is: a shape at a node, with the node's values.
#[derive(Clone, Copy)]
struct At<'a> {
    shape: &'a Shape,
    node: Id,
    values: &'a [Id],
}

impl Session for Walking<'_> {
    fn begin(&mut self) {
        self.ground.forget();
        self.known.clear();
    }

    fn judge(&mut self, shape: usize, focus: &Node) -> Result<Judged, Refusal> {
        let node = match focus {
            Node::Known(id) => *id,
            Node::Absent(term) => self.ground.number(term),
        };
        let number = self.walk.shapes.get(shape).copied().unwrap_or(usize::MAX);
        let mut results = Vec::new();
        let walked = self.shape(number, node, &mut Some(&mut results));
        let mut cut = std::mem::take(&mut self.cut);
        match walked {
            Ok(_) => {}
            Err(Stop::Refused(refusal)) => return Err(refusal),
            Err(Stop::TooMany) => {
                results.clear();
                cut = true;
            }
        }
        Ok(Judged { results, cut })
    }
}

impl<'w> Walking<'w> {
    /// Whether a node is as a shape says.
    fn shape(&mut self, number: usize, node: Id, told: &mut Told<'_>) -> Walked<bool> {
        let walk = self.walk;
        let Some(shape) = walk.program.shapes.get(number).filter(|shape| !shape.off) else {
            return Ok(true);
        };
        if !shape.leaf
            && let Some(holds) = self.known.get(&(number, node))
            && (*holds || told.is_none())
        {
            return Ok(*holds);
        }
        let itself = [node];
        let led_to: Vec<Id>;
        let values: &[Id] = match &shape.path {
            None => &itself,
            Some((steps, _)) => {
                led_to = steps.from(node, &mut self.ground);
                &led_to
            }
        };
        if values.is_empty() && shape.quiet {
            return Ok(true);
        }
        let holds = self.holds(At { shape, node, values }, told)?;
        if !shape.leaf {
            self.known.insert((number, node), holds);
        }
        Ok(holds)
    }

    /// A shape's own checks, then those of the shapes of its properties.
    fn holds(&mut self, at: At<'_>, told: &mut Told<'_>) -> Walked<bool> {
        let thorough = told.is_some() || self.walk.program.asks;
        let mut holds = true;
        for check in &at.shape.checks {
            holds &= self.check(at, check, told)?;
            if !holds && !thorough {
                return Ok(false);
            }
        }
        for property in &at.shape.properties {
            for value in at.values {
                holds &= self.shape(*property, *value, told)?;
                if !holds && !thorough {
                    return Ok(false);
                }
            }
        }
        Ok(holds)
    }

    fn check(&mut self, at: At<'_>, checked: &Checked, told: &mut Told<'_>) -> Walked<bool> {
        let count = at.values.len();
        let one = |holds: bool| if holds { 0 } else { 1 };
        let broken = match &checked.check {
            Check::MinCount(min) => one(count >= *min),
            Check::MaxCount(max) => one(count <= *max),
            Check::HasValue(value) => one(at.values.contains(&self.ground.constant(*value))),
            Check::UniqueLang => checks::repeated_languages(at.values.iter().map(|value| self.ground.term(*value))),
            Check::Qualified(qualified) => return self.qualified(at, checked, qualified, told),
            Check::Equals(property) => return self.equals(at, checked, *property, told),
            Check::Less(property, or_equal) => return self.less(at, checked, *property, *or_equal, told),
            Check::Closed(allowed) => return self.closed(at, checked, *allowed, told),
            Check::Asked(number) => return self.asked(at, *number, told),
            Check::Disjoint(property) => {
                let others = self.ground.objects(at.node, *property);
                return self.each(at, checked, told, |_, value| Ok(!others.contains(&value)));
            }
            Check::SubsetOf(path) => {
                let others = path.from(at.node, &mut self.ground);
                return self.each(at, checked, told, |_, value| Ok(others.contains(&value)));
            }
            about_a_value => return self.each(at, checked, told, |walk, value| walk.fits(about_a_value, value)),
        };
        for _ in 0..broken {
            self.tell(at, &checked.component, None, None, told)?;
        }
        Ok(broken == 0)
    }

    /// Whether every value is right; each that is not is told.
    fn each(&mut self, at: At<'_>, checked: &Checked, told: &mut Told<'_>, right: impl Fn(&mut Self, Id) -> Walked<bool>) -> Walked<bool> {
        let mut holds = true;
        for value in at.values {
            if right(self, *value)? {
                continue;
            }
            holds = false;
            self.tell(at, &checked.component, Some(*value), None, told)?;
            if told.is_none() && !self.walk.program.asks {
                return Ok(false);
            }
        }
        Ok(holds)
    }

    /// Whether a value is right by a check that looks at one value alone.
    fn fits(&mut self, check: &Check, value: Id) -> Walked<bool> {
        let term = self.ground.term(value);
        Ok(match check {
            Check::Datatype(datatype) => checks::is_of_datatype(term, datatype),
            Check::Kind(kind) => checks::is_of_kind(term, kind),
            Check::Range(range, bound) => checks::is_in_range(term, *range, bound),
            Check::MinLength(min) => checks::has_length(term, |length| length >= *min),
            Check::MaxLength(max) => checks::has_length(term, |length| length <= *max),
            Check::Pattern(pattern) => checks::follows(term, pattern),
            Check::LanguageIn(languages) => checks::is_in_language(term, languages),
            Check::In(set) => self.ground.is_in(*set, value),
            Check::Class(class) => self.ground.is_of(value, *class),
            Check::Node(shape) => self.shape(*shape, value, &mut None)?,
            Check::Not(shape) => !self.shape(*shape, value, &mut None)?,
            Check::And(shapes) => self.conforming(shapes, value, Some(false))? == shapes.len(),
            Check::Or(shapes) => self.conforming(shapes, value, Some(true))? > 0,
            Check::Xone(shapes) => self.conforming(shapes, value, None)? == 1,
            // The rest is not about one value alone.
            _ => true,
        })
    }

    /// How many shapes a value conforms to, up to the first with the answer that settles it.
    fn conforming(&mut self, shapes: &[usize], value: Id, settles: Option<bool>) -> Walked<usize> {
        let mut count = 0;
        for shape in shapes {
            let holds = self.shape(*shape, value, &mut None)?;
            count += usize::from(holds);
            if Some(holds) == settles {
                break;
            }
        }
        Ok(count)
    }

    fn qualified(&mut self, at: At<'_>, checked: &Checked, qualified: &Qualified, told: &mut Told<'_>) -> Walked<bool> {
        let mut count = 0;
        for value in at.values {
            let own = self.shape(qualified.shape, *value, &mut None)?;
            let others = own && self.conforming(&qualified.siblings, *value, Some(true))? > 0;
            count += usize::from(own && !others);
        }
        let too_few = qualified.min.is_some_and(|min| count < min);
        let too_many = qualified.max.is_some_and(|max| count > max);
        for (broken, component) in [(too_few, checked.component.as_str()), (too_many, QUALIFIED_MAX)] {
            if broken {
                self.tell(at, component, None, None, told)?;
            }
        }
        Ok(!too_few && !too_many)
    }

    /// The values are those of another property: each that only one of them has is told.
    fn equals(&mut self, at: At<'_>, checked: &Checked, property: usize, told: &mut Told<'_>) -> Walked<bool> {
        let others = self.ground.objects(at.node, property);
        let only_there = others.iter().filter(|other| !at.values.contains(other));
        let only_here = at.values.iter().filter(|value| !others.contains(value));
        let broken: Vec<Id> = only_there.chain(only_here).copied().collect();
        for value in &broken {
            self.tell(at, &checked.component, Some(*value), None, told)?;
        }
        Ok(broken.is_empty())
    }

    /// Each value is less than each value of another property: told once for each pair that is not.
    fn less(&mut self, at: At<'_>, checked: &Checked, property: usize, or_equal: bool, told: &mut Told<'_>) -> Walked<bool> {
        let mut holds = true;
        for other in self.ground.objects(at.node, property) {
            for value in at.values {
                let order = checks::order(self.ground.term(*value), self.ground.term(other));
                if !order.is_some_and(|order| order.is_lt() || (or_equal && order.is_eq())) {
                    holds = false;
                    self.tell(at, &checked.component, Some(*value), None, told)?;
                }
            }
        }
        Ok(holds)
    }

    /// A closed shape: each triple with a property that it does not allow is told, with that property as its path.
    fn closed(&mut self, at: At<'_>, checked: &Checked, allowed: usize, told: &mut Told<'_>) -> Walked<bool> {
        let mut holds = true;
        for (property, object) in self.ground.said(at.node).iter() {
            if !self.ground.is_in(allowed, *property) {
                holds = false;
                let path = match self.ground.term(*property) {
                    Term::NamedNode(node) => Some(Path::Predicate(node.as_str().to_owned())),
                    _ => None,
                };
                self.tell(at, &checked.component, Some(*object), path, told)?;
            }
        }
        Ok(holds)
    }

    /// The shape's constraints in SPARQL.
    fn asked(&mut self, at: At<'_>, number: usize, told: &mut Told<'_>) -> Walked<bool> {
        let walk = self.walk;
        let mut holds = true;
        for constraint in walk.plan.shapes.get(number).into_iter().flatten() {
            let question = Question {
                constraint,
                shape: at.shape.id.clone(),
                of_property: at.shape.path.is_some(),
                focus: self.ground.term(at.node),
            };
            let values = at.values.iter().map(|value| self.ground.term(*value));
            let answered = question.answers(self.ground.data(), values, &walk.stop);
            let (answers, cut) = answered.map_err(|cause| Stop::Refused(not_answered(&at.shape.id, &cause)))?;
            self.cut |= cut;
            holds &= answers.is_empty();
            if told.is_none() {
                continue;
            }
            for answer in answers {
                let mut raw = self.raw(at, &constraint.component, answer.path.map(Path::Predicate));
                raw.value = answer.value;
                raw.messages = answer.messages;
                add(raw, told)?;
            }
        }
        Ok(holds)
    }

    /// Tells a result, where results are wanted.
    fn tell(&self, at: At<'_>, component: &str, value: Option<Id>, path: Option<Path>, told: &mut Told<'_>) -> Walked<()> {
        if told.is_none() {
            return Ok(());
        }
        let mut raw = self.raw(at, component, path);
        raw.value = value.map(|value| self.ground.term(value).clone());
        add(raw, told)
    }

    fn raw(&self, at: At<'_>, component: &str, path: Option<Path>) -> Raw {
        Raw {
            focus: self.ground.term(at.node).clone(),
            path: path.or_else(|| at.shape.path.as_ref().map(|(_, path)| path.clone())),
            component: component.to_owned(),
            severity: at.shape.severity.clone(),
            value: None,
            shape: at.shape.id.clone(),
            messages: Vec::new(),
        }
    }
}

fn add(raw: Raw, told: &mut Told<'_>) -> Walked<()> {
    if let Some(results) = told {
        if results.len() >= HELD_MAX {
            return Err(Stop::TooMany);
        }
        results.push(raw);
    }
    Ok(())
}
