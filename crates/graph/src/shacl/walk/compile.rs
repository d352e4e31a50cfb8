//! Shapes as the walk reads them: numbered, with every IRI and term that they name in one table, so that a graph is asked in numbers alone.
//!
//! In: shapes that the library has parsed and found well-formed and without rings. Out: a [`Program`], or none when a shape uses what SHACL Core
//! does not know (node expressions, reifiers): those are the library's own to walk.

use std::collections::HashMap;
use std::hash::Hash;

use ::shacl::ir::components::{Pattern, QualifiedValueShape};
use ::shacl::ir::{IRComponent, IRNodeExpr, IRSchema, IRShape, ShapeLabelIdx};
use ::shacl::types::NodeKind;
use oxrdf::{NamedNode, Term};
use rudof_iri::IriS;
use rudof_rdf::rdf_core::SHACLPath;
use rudof_rdf::rdf_core::term::Object;
use rudof_rdf::rdf_core::term::literal::ConcreteLiteral;

use super::super::path::{Path, items, objects};
use super::super::terms as sh;
use super::steps::Steps;
use crate::triples::Graph;

/// The place of a term in [`Program::constants`].
pub(super) type Constant = usize;

/// Shapes in shapes that are walked without more stack; deeper ones are the library's, which can grow its own.
const DEPTH_MAX: usize = 400;

/// Shapes, ready to be walked.
#[derive(Debug, Default)]
pub(super) struct Program {
    pub(super) shapes: Vec<Shape>,
    /// Every IRI and term that the shapes name.
    pub(super) constants: Vec<Term>,
    /// Lists of constants: of `sh:in`, and the properties that a closed shape allows.
    pub(super) sets: Vec<Vec<Constant>>,
    /// Some shape asks in SPARQL. A query may fail, so nothing is left unasked because the answer is known already.
    pub(super) asks: bool,
    /// How many repetitions the paths hold.
    pub(super) repetitions: usize,
}

/// One shape.
#[derive(Debug)]
pub(super) struct Shape {
    pub(super) id: Term,
    pub(super) severity: String,
    pub(super) path: Option<(Steps, Path)>,
    pub(super) checks: Vec<Checked>,
    pub(super) properties: Vec<usize>,
    pub(super) off: bool,
    /// Leads to no other shape: costs less to walk again than to remember.
    pub(super) leaf: bool,
    /// Has nothing to say where there is no value.
    pub(super) quiet: bool,
}

/// A check and the component that its results carry.
#[derive(Debug)]
pub(super) struct Checked {
    pub(super) component: String,
    pub(super) check: Check,
}

/// What a constraint component asks.
#[derive(Debug)]
pub(super) enum Check {
    Class(Constant),
    Datatype(String),
    Kind(NodeKind),
    MinCount(usize),
    MaxCount(usize),
    Range(Range, ConcreteLiteral),
    MinLength(usize),
    MaxLength(usize),
    Pattern(Box<Pattern>),
    UniqueLang,
    LanguageIn(Vec<String>),
    Equals(Constant),
    Disjoint(Constant),
    /// Less than each value of a property; or equal, when so.
    Less(Constant, bool),
    SubsetOf(Steps),
    Or(Vec<usize>),
    And(Vec<usize>),
    Not(usize),
    Xone(Vec<usize>),
    Node(usize),
    HasValue(Constant),
    In(usize),
    Qualified(Qualified),
    Closed(usize),
    /// The constraints in SPARQL at this number of the plan.
    Asked(usize),
}

/// Which side of a bound is right.
#[derive(Debug, Clone, Copy)]
pub(super) enum Range {
    Above,
    From,
    To,
    Below,
}

/// `sh:qualifiedValueShape` with what belongs to it.
#[derive(Debug)]
pub(super) struct Qualified {
    pub(super) shape: usize,
    pub(super) siblings: Vec<usize>,
    pub(super) min: Option<usize>,
    pub(super) max: Option<usize>,
}

/// The component that a qualified shape's upper bound carries; the lower one stands in the check itself.
pub(super) const QUALIFIED_MAX: &str = "http://www.w3.org/ns/shacl#QualifiedMaxCountConstraintComponent";
const QUALIFIED_MIN: &str = "http://www.w3.org/ns/shacl#QualifiedMinCountConstraintComponent";

/// Puts things in a row, each once.
#[derive(Debug)]
struct Row<T> {
    all: Vec<T>,
    places: HashMap<T, usize>,
}

impl<T: Clone + Eq + Hash> Row<T> {
    fn place(&mut self, one: T) -> usize {
        if let Some(at) = self.places.get(&one) {
            return *at;
        }
        let at = self.all.len();
        self.all.push(one.clone());
        self.places.insert(one, at);
        at
    }
}

/// Makes the shapes of a schema ready, and tells which number a shape's name has.
pub(super) fn compile(schema: &IRSchema, graph: &Graph) -> Option<(Program, HashMap<Object, usize>)> {
    let mut named: Vec<(&Object, &IRShape)> = schema.iter().collect();
    named.sort_by_cached_key(|(name, _)| name.to_string());
    let mut numbers: HashMap<ShapeLabelIdx, usize> = HashMap::new();
    for (at, (name, _)) in named.iter().enumerate() {
        numbers.insert(*schema.get_idx(name)?, at);
    }
    let mut compiler = Compiler {
        graph,
        numbers,
        constants: Row {
            all: Vec::new(),
            places: HashMap::new(),
        },
        program: Program::default(),
    };
    for (_, shape) in &named {
        let shape = compiler.shape(shape)?;
        compiler.program.shapes.push(shape);
    }
    let mut program = compiler.program;
    program.constants = compiler.constants.all;
    let names = named.iter().enumerate().map(|(at, (name, _))| ((*name).clone(), at)).collect();
    shallow(&program.shapes).then_some((program, names))
}

struct Compiler<'g> {
    graph: &'g Graph,
    numbers: HashMap<ShapeLabelIdx, usize>,
    constants: Row<Term>,
    program: Program,
}

impl Compiler<'_> {
    fn number(&self, shape: &ShapeLabelIdx) -> Option<usize> {
        self.numbers.get(shape).copied()
    }

    fn all(&self, shapes: &[ShapeLabelIdx]) -> Option<Vec<usize>> {
        shapes.iter().map(|shape| self.number(shape)).collect()
    }

    fn iri(&mut self, iri: &IriS) -> Constant {
        self.constants.place(NamedNode::new_unchecked(iri.as_str()).into())
    }

    fn shape(&mut self, shape: &IRShape) -> Option<Shape> {
        if shape.reifier_info().is_some() {
            return None;
        }
        let off = match shape.deactivated() {
            None => false,
            Some(IRNodeExpr::Literal(said)) => match said.literal() {
                ConcreteLiteral::BooleanLiteral(off) => *off,
                _ => return None,
            },
            Some(_) => return None,
        };
        let mut checks = Vec::new();
        for component in shape.components() {
            self.component(shape, component, &mut checks)?;
        }
        let properties = self.all(shape.property_shapes())?;
        let path = shape.path().map(|path| (self.steps(path), path_of(path)));
        let severity: IriS = shape.severity().into();
        Some(Shape {
            id: shape.id().clone().into(),
            severity: severity.as_str().to_owned(),
            leaf: properties.is_empty() && checks.iter().all(|one| one.check.leads_to().is_empty()),
            quiet: checks.iter().all(|one| one.check.is_about_values()),
            path,
            checks,
            properties,
            off,
        })
    }

    fn steps(&mut self, path: &SHACLPath) -> Steps {
        let (constants, repetitions) = (&mut self.constants, &mut self.program.repetitions);
        let mut place = |iri: &str| constants.place(NamedNode::new_unchecked(iri).into());
        Steps::of(&path_of(path), false, &mut place, repetitions)
    }

    fn component(&mut self, shape: &IRShape, component: &IRComponent, checks: &mut Vec<Checked>) -> Option<()> {
        use IRComponent as C;
        let check = match component {
            C::Class(one) => Check::Class(self.constants.place(one.class_rule().clone().into())),
            C::Datatype(one) => Check::Datatype(one.datatype().as_str().to_owned()),
            C::NodeKind(one) => Check::Kind(one.node_kind().clone()),
            C::MinCount(one) if one.min_count() == 0 => return Some(()),
            C::MinCount(one) => Check::MinCount(one.min_count()),
            C::MaxCount(one) => Check::MaxCount(one.max_count()),
            C::MinExclusive(one) => Check::Range(Range::Above, one.min_exclusive().clone()),
            C::MinInclusive(one) => Check::Range(Range::From, one.min_inclusive().clone()),
            C::MaxInclusive(one) => Check::Range(Range::To, one.max_inclusive().clone()),
            C::MaxExclusive(one) => Check::Range(Range::Below, one.max_exclusive().clone()),
            C::MinLength(one) => Check::MinLength(usize::try_from(one.min_length()).unwrap_or(0)),
            C::MaxLength(one) => Check::MaxLength(usize::try_from(one.max_length()).unwrap_or(0)),
            C::Pattern(one) => Check::Pattern(Box::new(one.clone())),
            C::UniqueLang(one) if !one.unique_lang() => return Some(()),
            C::UniqueLang(_) => Check::UniqueLang,
            C::LanguageIn(one) => Check::LanguageIn(one.langs().iter().map(|lang| lang.as_str().to_lowercase()).collect()),
            C::Equals(one) => Check::Equals(self.iri(one.iri())),
            C::Disjoint(one) => Check::Disjoint(self.iri(one.iri())),
            C::LessThan(one) => Check::Less(self.iri(one.iri()), false),
            C::LessThanOrEquals(one) => Check::Less(self.iri(one.iri()), true),
            C::SubsetOf(one) => Check::SubsetOf(self.steps(one.path())),
            C::Or(one) => Check::Or(self.all(one.shapes())?),
            C::And(one) => Check::And(self.all(one.shapes())?),
            C::Not(one) => Check::Not(self.number(one.shape())?),
            C::Xone(one) => Check::Xone(self.all(one.shapes())?),
            C::Node(one) => Check::Node(self.number(one.shape())?),
            C::HasValue(_) => return self.has_values(shape, component, checks),
            C::In(_) => self.one_of(shape)?,
            C::QualifiedValueShape(one) => return self.qualified(one, checks),
            C::Closed(one) if !one.is_closed() => return Some(()),
            C::Closed(_) => {
                let allowed = shape.allowed_properties();
                let allowed = allowed.iter().map(|iri| self.iri(iri)).collect();
                self.program.sets.push(allowed);
                Check::Closed(self.program.sets.len() - 1)
            }
            C::Deactivated(_) => return Some(()),
            C::BasicSparql(mark) => {
                self.program.asks = true;
                Check::Asked(mark.select().parse().ok()?)
            }
        };
        let component: IriS = component.into();
        let component = component.as_str().to_owned();
        checks.push(Checked { component, check });
        Some(())
    }

    /// As the file writes them: the library would write `01` as `1`, and a term is another one then.
    fn written(&self, shape: &IRShape, property: &str) -> Vec<Term> {
        let node = self.graph.id(&shape.id().clone().into());
        let found = node.map(|node| objects(self.graph, node, property)).unwrap_or_default();
        found.into_iter().map(|id| self.graph.term(id).clone()).collect()
    }

    /// All values of `sh:hasValue` at the first of their components: the library has one for each.
    fn has_values(&mut self, shape: &IRShape, component: &IRComponent, checks: &mut Vec<Checked>) -> Option<()> {
        if checks.iter().any(|one| matches!(one.check, Check::HasValue(_))) {
            return Some(());
        }
        let component: IriS = component.into();
        for term in self.written(shape, sh::HAS_VALUE) {
            checks.push(Checked {
                component: component.as_str().to_owned(),
                check: Check::HasValue(self.constants.place(term)),
            });
        }
        Some(())
    }

    fn one_of(&mut self, shape: &IRShape) -> Option<Check> {
        let node = self.graph.id(&shape.id().clone().into())?;
        let lists = objects(self.graph, node, sh::IN);
        let [head] = lists.as_slice() else { return None };
        let members = items(self.graph, *head)?;
        let set = members
            .into_iter()
            .map(|id| self.constants.place(self.graph.term(id).clone()))
            .collect();
        self.program.sets.push(set);
        Some(Check::In(self.program.sets.len() - 1))
    }

    fn qualified(&mut self, one: &QualifiedValueShape, checks: &mut Vec<Checked>) -> Option<()> {
        let bound = |bound: Option<isize>| bound.map(|bound| usize::try_from(bound).unwrap_or(0));
        let qualified = Qualified {
            shape: self.number(one.shape())?,
            siblings: self.all(one.siblings())?,
            min: bound(one.qualified_min_count()),
            max: bound(one.qualified_max_count()),
        };
        checks.push(Checked {
            component: QUALIFIED_MIN.to_owned(),
            check: Check::Qualified(qualified),
        });
        Some(())
    }
}

impl Check {
    /// The shapes that it asks.
    fn leads_to(&self) -> Vec<usize> {
        match self {
            Self::Or(shapes) | Self::And(shapes) | Self::Xone(shapes) => shapes.clone(),
            Self::Not(shape) | Self::Node(shape) => vec![*shape],
            Self::Qualified(one) => one.siblings.iter().copied().chain([one.shape]).collect(),
            _ => Vec::new(),
        }
    }

    /// Whether it finds nothing where there is no value.
    fn is_about_values(&self) -> bool {
        !matches!(
            self,
            Self::MinCount(_) | Self::HasValue(_) | Self::Equals(_) | Self::Qualified(_) | Self::Closed(_) | Self::Asked(_)
        )
    }
}

/// Whether no chain of shapes in shapes is longer than may be walked.
fn shallow(shapes: &[Shape]) -> bool {
    let mut heights = vec![0_usize; shapes.len()];
    for _ in 0..=DEPTH_MAX {
        let mut higher = false;
        for (at, shape) in shapes.iter().enumerate() {
            let inner = shape
                .checks
                .iter()
                .flat_map(|one| one.check.leads_to())
                .chain(shape.properties.iter().copied());
            let height = inner.filter_map(|one| heights.get(one)).max().map_or(0, |height| height + 1);
            if let Some(known) = heights.get_mut(at)
                && *known < height
            {
                *known = height;
                higher = true;
            }
        }
        if !higher {
            return true;
        }
    }
    false
}

/// The library's path as ours.
pub(in super::super) fn path_of(path: &SHACLPath) -> Path {
    let inner = |path: &SHACLPath| Box::new(path_of(path));
    match path {
        SHACLPath::Predicate { pred } => Path::Predicate(pred.as_str().to_owned()),
        SHACLPath::Alternative { paths } => Path::Alternative(paths.iter().map(path_of).collect()),
        SHACLPath::Sequence { paths } => Path::Sequence(paths.iter().map(path_of).collect()),
        SHACLPath::Inverse { path } => Path::Inverse(inner(path)),
        SHACLPath::ZeroOrMore { path } => Path::ZeroOrMore(inner(path)),
        SHACLPath::OneOrMore { path } => Path::OneOrMore(inner(path)),
        SHACLPath::ZeroOrOne { path } => Path::ZeroOrOne(inner(path)),
    }
}
