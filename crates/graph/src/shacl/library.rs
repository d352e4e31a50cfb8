//! The `shacl` crate: it reads shapes, refuses rings of them, and can walk them, with constraints in SPARQL asked by ourselves where it meets
//! their marks.
//!
//! Used without its own SPARQL, which would send queries through a client that can call other addresses and does not know custom components.
//! Its walk serves shapes that use more than SHACL Core (node expressions, reifiers) and stands witness for ours ([`super::walk`]) in the tests.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use ::shacl::error::{IRError, ValidationError};
use ::shacl::ir::{IRComponent, IRSchema, IRShape, RecursionSemantics, ShapeLabelIdx};
use ::shacl::rdf::ShaclParser;
use ::shacl::types::{MessageMap, Target as Written};
use ::shacl::validator::constraints::NativeValidator;
use ::shacl::validator::engine::{Engine as Walk, NodeExprState, Retention, Validate};
use ::shacl::validator::nodes::{FocusNodes, ValueNodes};
use ::shacl::validator::report::{ValidationOutcome, ValidationResult};
use fyr_model::{Refusal, RefusalKind, Text};
use oxrdf::{NamedNode, Term};
use rudof_iri::IriS;
use rudof_rdf::rdf_core::term::Object;
use rudof_rdf::rdf_core::term::literal::Lang;
use rudof_rdf::rdf_core::{NeighsRDF, SHACLPath};
use spareval::CancellationToken;

use super::asked::{Answer, Question};
use super::constraints::Plan;
use super::data::{Data, name};
use super::engine::{Engine, Judged, Node, Raw, Session, Target, Targeted};
use super::places::Places;
use super::walk::path_of;
use crate::refuse::{internal, shown};
use crate::triples::Graph;

/// Results that may be held for one node while its shapes are walked; they can double at each level of shapes in shapes.
pub(super) const HELD_MAX: usize = 200_000;

/// Compiled shapes.
pub(super) struct Library {
    schema: IRSchema,
    /// The shapes as the files write them, with marks.
    graph: Arc<Graph>,
    plan: Arc<Plan>,
    /// The name of each shape with targets.
    shapes: Vec<Object>,
    targeted: Vec<Targeted>,
    stop: CancellationToken,
}

impl Library {
    /// Compiles a shapes graph in which constraints in SPARQL are marks.
    ///
    /// # Errors
    /// `shapes-invalid` and `shapes-recursive`, with file and line.
    pub(super) fn compile(shapes: Data, plan: Plan, places: &Places<'_>, stop: CancellationToken) -> Result<Self, Refusal> {
        let nobody = Term::NamedNode(NamedNode::new_unchecked(""));
        let invalid = |cause: &dyn std::fmt::Display| {
            let cause = shown(&cause.to_string());
            places.invalid(
                &nobody,
                &[],
                &format!("formerna går inte att läsa: {cause}"),
                &format!("the shapes cannot be read: {cause}"),
            )
        };
        let graph = Arc::clone(&shapes.graph);
        let ast = ShaclParser::new(shapes).parse().map_err(|error| invalid(&error))?;
        let schema = IRSchema::compile_with_recursion(&ast, RecursionSemantics::None).map_err(|error| match error {
            IRError::DependencyGraphHasCycles { cycles, .. } | IRError::DependencyGraphHasNegativeCycles { cycles, .. } => {
                recursive(&cycles, places)
            }
            other => invalid(&other),
        })?;
        let mut with_targets: Vec<(String, Object, Vec<Target>)> = Vec::new();
        for (id, shape) in schema.iter_with_targets() {
            let targets: Result<Vec<Target>, Refusal> = shape.targets().iter().map(|target| target_of(target, id, places)).collect();
            with_targets.push((id.to_string(), id.clone(), targets?));
        }
        with_targets.sort_by(|a, b| a.0.cmp(&b.0));
        let (shapes, targeted) = with_targets.into_iter().map(|(_, id, targets)| (id, Targeted { targets })).unzip();
        Ok(Self {
            schema,
            graph,
            plan: Arc::new(plan),
            shapes,
            targeted,
            stop,
        })
    }

    pub(super) fn schema(&self) -> &IRSchema {
        &self.schema
    }

    pub(super) fn graph(&self) -> &Graph {
        &self.graph
    }

    /// The name of each shape with targets, as in [`Engine::targeted`].
    pub(super) fn names(&self) -> &[Object] {
        &self.shapes
    }

    pub(super) fn into_parts(self) -> (Arc<Plan>, Vec<Targeted>, CancellationToken) {
        (self.plan, self.targeted, self.stop)
    }
}

fn recursive(cycles: &[Vec<Object>], places: &Places<'_>) -> Refusal {
    let mut names: Vec<String> = cycles.iter().flatten().map(|id| name(&id.clone().into())).collect();
    names.sort_unstable();
    names.dedup();
    // A shape with a name of its own says most about where the ring is.
    let named = cycles.iter().flatten().find(|id| matches!(id, Object::Iri(_)));
    let about: Term = named
        .or_else(|| cycles.iter().flatten().next())
        .map_or_else(|| Term::NamedNode(NamedNode::new_unchecked("")), |id| id.clone().into());
    let list = names.iter().take(6).map(|name| shown(name)).collect::<Vec<_>>().join(", ");
    places.recursive(
        &about,
        &format!("former som hänvisar till sig själva har ingen bestämd mening i SHACL: {list}"),
        &format!("shapes that refer to themselves have no settled meaning in SHACL: {list}"),
    )
}

fn target_of(target: &::shacl::ir::IRTarget, id: &Object, places: &Places<'_>) -> Result<Target, Refusal> {
    let wrong = |what: &str| {
        places.invalid(
            &id.clone().into(),
            &[what],
            &format!("`sh:{what}` har ett värde som inte går att rikta in sig på"),
            &format!("`sh:{what}` has a value that cannot be a target"),
        )
    };
    match target {
        Written::Node(node) => match node.as_constant() {
            Some(Object::BlankNode(_)) | None => Err(wrong("targetNode")),
            Some(node) => Ok(Target::Node(node.into())),
        },
        Written::Class(class) | Written::ImplicitClass(class) => Ok(Target::Class(class.clone().into())),
        Written::SubjectsOf(property) => Ok(Target::SubjectsOf(property.as_str().to_owned())),
        Written::ObjectsOf(property) => Ok(Target::ObjectsOf(property.as_str().to_owned())),
        Written::WrongNode(_) => Err(wrong("targetNode")),
        Written::WrongClass(_) | Written::WrongImplicitClass(_) => Err(wrong("targetClass")),
        Written::WrongSubjectsOf(_) => Err(wrong("targetSubjectsOf")),
        Written::WrongObjectsOf(_) => Err(wrong("targetObjectsOf")),
    }
}

impl Engine for Library {
    fn targeted(&self) -> &[Targeted] {
        &self.targeted
    }

    fn session(&self, data: &Data) -> Box<dyn Session + '_> {
        Box::new(Running {
            library: self,
            data: data.clone(),
            walk: Walker::new(Arc::clone(&self.plan), self.stop.clone()),
        })
    }
}

struct Running<'l> {
    library: &'l Library,
    data: Data,
    walk: Walker,
}

impl Session for Running<'_> {
    fn begin(&mut self) {
        self.walk = Walker::new(Arc::clone(&self.library.plan), self.library.stop.clone());
    }

    fn judge(&mut self, shape: usize, focus: &Node) -> Result<Judged, Refusal> {
        let data = &self.data;
        let focus = match focus {
            Node::Known(id) => data.graph.term(*id),
            Node::Absent(term) => term,
        };
        let schema = &self.library.schema;
        let Some(shape) = self.library.shapes.get(shape).and_then(|id| schema.get_shape(id)) else {
            return Ok(Judged::default());
        };
        let nodes = FocusNodes::single(focus.clone());
        let outcome = shape.validate(data, &mut self.walk, Some(&nodes), Some(shape), schema);
        let cut = std::mem::take(&mut self.walk.cut);
        match outcome {
            Ok(outcome) => Ok(Judged {
                results: outcome.into_parts().0.iter().map(raw).collect(),
                cut,
            }),
            Err(ValidationError::TooManyResults(..)) => Ok(Judged {
                results: Vec::new(),
                cut: true,
            }),
            Err(error) => Err(self.walk.refused.take().unwrap_or_else(|| {
                internal(
                    "shacl-failed",
                    &name(focus),
                    "formerna kunde inte prövas",
                    "the shapes could not be tried",
                    error,
                )
            })),
        }
    }
}

fn raw(result: &ValidationResult) -> Raw {
    let term = |object: &Object| Term::from(object.clone());
    let severity: IriS = result.severity().into();
    let mut messages: Vec<(Option<String>, String)> = result
        .message()
        .iter()
        .map(|(lang, text)| (lang.as_ref().map(ToString::to_string), text.clone()))
        .collect();
    messages.sort_unstable();
    Raw {
        focus: term(result.focus_node()),
        path: result.path().map(path_of),
        component: name(&term(result.constraint_component())),
        severity: severity.as_str().to_owned(),
        value: result.value().map(term),
        shape: result.source().map_or_else(|| Term::NamedNode(NamedNode::new_unchecked("")), term),
        messages,
    }
}

/// The library's walk over one record.
struct Walker {
    plan: Arc<Plan>,
    stop: CancellationToken,
    cache: HashMap<(Object, ShapeLabelIdx), ValidationOutcome>,
    chain: HashSet<(Object, ShapeLabelIdx)>,
    node_exprs: NodeExprState,
    retention: Retention,
    refused: Option<Refusal>,
    cut: bool,
}

/// Every component that the library checks itself.
macro_rules! by_kind {
    ($component:expr, $mark:ident => $asked:expr, $inner:ident => $checked:expr, $($kind:ident),+ $(,)?) => {
        match $component {
            IRComponent::BasicSparql($mark) => $asked,
            $(IRComponent::$kind($inner) => $checked,)+
        }
    };
}

impl Walk<Data> for Walker {
    fn fork(&self) -> Box<dyn Walk<Data>> {
        Box::new(Self {
            retention: self.retention,
            ..Self::new(Arc::clone(&self.plan), self.stop.clone())
        })
    }

    fn evaluate(
        &mut self,
        store: &Data,
        shape: &IRShape,
        component: &IRComponent,
        value_nodes: &ValueNodes<Data>,
        source_shape: Option<&IRShape>,
        maybe_path: Option<&SHACLPath>,
        shapes_graph: &IRSchema,
    ) -> Result<ValidationOutcome, ValidationError> {
        by_kind!(
            component,
            mark => self.asked(mark.select(), store, shape, value_nodes, maybe_path),
            inner => inner.validate_native(component, shape, store, self, value_nodes, source_shape, maybe_path, shapes_graph),
            Class, Datatype, NodeKind, MinCount, MaxCount, MinExclusive, MaxExclusive, MinInclusive, MaxInclusive, MinLength, MaxLength,
            Pattern, UniqueLang, LanguageIn, Equals, Disjoint, LessThan, LessThanOrEquals, SubsetOf, Or, And, Not, Xone, Node, HasValue,
            In, QualifiedValueShape, Closed, Deactivated,
        )
    }

    // Our own targets are found in `records`; these serve node expressions of SHACL 1.2.
    fn target_node(&self, _: &Data, node: &Object) -> Result<FocusNodes<Data>, ValidationError> {
        Ok(FocusNodes::single(node.clone().into()))
    }
    fn target_class(&self, store: &Data, class: &Object) -> Result<FocusNodes<Data>, ValidationError> {
        let class: Term = class.clone().into();
        let found = store
            .shacl_instances_of(&class)
            .map_err(ValidationError::new_graph_error::<Data>)?
            .map(Term::from);
        Ok(FocusNodes::from_iter(found))
    }
    fn target_subject_of(&self, store: &Data, predicate: &IriS) -> Result<FocusNodes<Data>, ValidationError> {
        let found = store.triples_with_predicate(&NamedNode::new_unchecked(predicate.as_str()));
        let found = found
            .map_err(ValidationError::new_graph_error::<Data>)?
            .map(|triple| triple.subject.into());
        Ok(FocusNodes::from_iter(found))
    }
    fn target_object_of(&self, store: &Data, predicate: &IriS) -> Result<FocusNodes<Data>, ValidationError> {
        let found = store.triples_with_predicate(&NamedNode::new_unchecked(predicate.as_str()));
        let found = found.map_err(ValidationError::new_graph_error::<Data>)?.map(|triple| triple.object);
        Ok(FocusNodes::from_iter(found))
    }
    fn implicit_target_class(&self, store: &Data, shape: &Object) -> Result<FocusNodes<Data>, ValidationError> {
        self.target_class(store, shape)
    }

    fn record_validation(&mut self, node: Object, shape_idx: ShapeLabelIdx, outcome: ValidationOutcome) {
        self.cache.insert((node, shape_idx), outcome);
    }
    fn has_validated(&self, node: &Object, shape_idx: ShapeLabelIdx) -> bool {
        self.cache.contains_key(&(node.clone(), shape_idx))
    }
    fn get_cached_outcome(&self, node: &Object, shape_idx: ShapeLabelIdx) -> Option<ValidationOutcome> {
        self.cache.get(&(node.clone(), shape_idx)).cloned()
    }
    fn recursion_semantics(&self) -> RecursionSemantics {
        RecursionSemantics::None
    }
    fn is_in_chain(&self, node: &Object, shape_idx: ShapeLabelIdx) -> bool {
        self.chain.contains(&(node.clone(), shape_idx))
    }
    fn chain_enter(&mut self, node: Object, shape_idx: ShapeLabelIdx) {
        self.chain.insert((node, shape_idx));
    }
    fn chain_exit(&mut self, node: &Object, shape_idx: ShapeLabelIdx) {
        self.chain.remove(&(node.clone(), shape_idx));
    }
    fn node_expr_state(&mut self) -> &mut NodeExprState {
        &mut self.node_exprs
    }
    fn retention(&self) -> Retention {
        self.retention
    }
    fn set_retention(&mut self, retention: Retention) {
        self.retention = retention;
    }
}

impl Walker {
    fn new(plan: Arc<Plan>, stop: CancellationToken) -> Self {
        Self {
            plan,
            stop,
            cache: HashMap::new(),
            chain: HashSet::new(),
            node_exprs: NodeExprState::default(),
            retention: Retention {
                max_results: Some(HELD_MAX),
                store_evidences: false,
            },
            refused: None,
            cut: false,
        }
    }

    /// The shape's constraints in SPARQL.
    fn asked(
        &mut self,
        mark: &str,
        data: &Data,
        shape: &IRShape,
        values: &ValueNodes<Data>,
        path: Option<&SHACLPath>,
    ) -> Result<ValidationOutcome, ValidationError> {
        let plan = Arc::clone(&self.plan);
        let constraints = mark.parse().ok().and_then(|number: usize| plan.shapes.get(number));
        let id: Term = shape.id().clone().into();
        let mut outcome = ValidationOutcome::new();
        for constraint in constraints.into_iter().flatten() {
            for (focus, nodes) in values.iter() {
                let question = Question {
                    constraint,
                    shape: id.clone(),
                    of_property: path.is_some(),
                    focus,
                };
                let answered = question.answers(data, nodes.iter(), &self.stop).and_then(|(answers, cut)| {
                    self.cut |= cut;
                    let results = answers
                        .into_iter()
                        .map(|answer| result(answer, &constraint.component, shape, path, focus));
                    results.collect::<Result<Vec<_>, String>>()
                });
                match answered {
                    Ok(found) => found.into_iter().for_each(|one| outcome.push_violation(one)),
                    Err(cause) => {
                        self.refused = Some(not_answered(&id, &cause));
                        return Err(ValidationError::GraphError(cause));
                    }
                }
            }
        }
        Ok(outcome)
    }
}

/// An answer as a result of the library's.
fn result(answer: Answer, component: &str, shape: &IRShape, path: Option<&SHACLPath>, focus: &Term) -> Result<ValidationResult, String> {
    let object = |term: Term| Object::try_from(term).map_err(|error| error.to_string());
    let path = match &answer.path {
        Some(iri) => Some(SHACLPath::iri(IriS::new_unchecked(iri))),
        None => path.cloned(),
    };
    let messages = answer.messages.into_iter().fold(MessageMap::new(), |messages, (language, text)| {
        messages.with_message(language.and_then(|tag| Lang::new(tag).ok()), text)
    });
    let component = Object::iri(IriS::new_unchecked(component));
    Ok(ValidationResult::new(object(focus.clone())?, component, shape.severity().clone())
        .with_path(path)
        .with_value(answer.value.map(object).transpose()?)
        .with_source(Some(shape.id().clone()))
        .with_message(messages))
}

/// A query that failed or was stopped.
pub(super) fn not_answered(shape: &Term, cause: &str) -> Refusal {
    let (shape, cause) = (shown(&name(shape)), shown(cause));
    let text = Text::new(
        format!("en fråga i formen {shape} kunde inte besvaras: {cause}"),
        format!("a query in the shape {shape} could not be answered: {cause}"),
    );
    Refusal::new("shapes-query-failed", RefusalKind::Unreadable, shape, text)
}
