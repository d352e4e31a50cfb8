//! Shapes that need not be walked, or need no memory of having been walked: known of a shape before any node is seen.
//!
//! In: compiled shapes. Out: which property shapes have nothing to say of a node without the property (most, of most nodes: a dataset has a third
//! of the properties that DCAT-AP speaks of), and which shapes lead to no other. It changes no result.

use std::collections::{HashMap, HashSet};

use ::shacl::ir::{IRComponent, IRSchema, IRShape, ShapeLabelIdx};
use oxrdf::{NamedNode, Term};
use rudof_rdf::rdf_core::SHACLPath;

use super::terms as sh;
use crate::vocab as v;

/// What is known of the shapes.
#[derive(Debug, Default)]
pub(super) struct Leaves {
    leaves: HashSet<ShapeLabelIdx>,
    silent: HashMap<ShapeLabelIdx, Term>,
}

impl Leaves {
    pub(super) fn of(schema: &IRSchema) -> Self {
        let mut known = Self::default();
        for (id, shape) in schema.iter() {
            let Some(number) = schema.get_idx(id) else { continue };
            if shape.deactivated().is_some() || shape.reifier_info().is_some() {
                continue;
            }
            if shape.property_shapes().is_empty() && shape.components().iter().all(alone) {
                known.leaves.insert(*number);
            }
            if let Some(property) = silent(shape) {
                known.silent.insert(*number, property);
            }
        }
        known
    }

    /// Whether a shape leads to no other, so that it cannot come back to itself and costs less than remembering it.
    pub(super) fn is_leaf(&self, shape: ShapeLabelIdx) -> bool {
        self.leaves.contains(&shape)
    }

    /// The property without which the shape has nothing to say of a node.
    pub(super) fn silent_without(&self, shape: ShapeLabelIdx) -> Option<&Term> {
        self.silent.get(&shape)
    }
}

fn silent(shape: &IRShape) -> Option<Term> {
    let Some(SHACLPath::Predicate { pred }) = shape.path() else {
        return None;
    };
    // Of these the background may know values that the catalogue does not state.
    let known_elsewhere = [v::RDF_TYPE, sh::SKOS_IN_SCHEME, sh::RDFS_SUB_CLASS_OF].contains(&pred.as_str());
    let quiet = !known_elsewhere && shape.components().iter().all(asks_of_values);
    quiet.then(|| NamedNode::new_unchecked(pred.as_str()).into())
}

/// Whether a component finds nothing where there is no value.
fn asks_of_values(component: &IRComponent) -> bool {
    use IRComponent::{
        And, Class, Datatype, Disjoint, In, LanguageIn, LessThan, LessThanOrEquals, MaxCount, MaxExclusive, MaxInclusive, MaxLength,
        MinExclusive, MinInclusive, MinLength, Node, NodeKind, Not, Or, Pattern, UniqueLang, Xone,
    };
    matches!(
        component,
        And(_)
            | Class(_)
            | Datatype(_)
            | Disjoint(_)
            | In(_)
            | LanguageIn(_)
            | LessThan(_)
            | LessThanOrEquals(_)
            | MaxCount(_)
            | MaxExclusive(_)
            | MaxInclusive(_)
            | MaxLength(_)
            | MinExclusive(_)
            | MinInclusive(_)
            | MinLength(_)
            | Node(_)
            | NodeKind(_)
            | Not(_)
            | Or(_)
            | Pattern(_)
            | UniqueLang(_)
            | Xone(_)
    )
}

/// Whether a component looks at values alone, and at no other shape.
fn alone(component: &IRComponent) -> bool {
    use IRComponent::{And, BasicSparql, Closed, Deactivated, HasValue, MinCount, Node, Not, Or, QualifiedValueShape, Xone};
    match component {
        And(_) | Or(_) | Xone(_) | Not(_) | Node(_) | QualifiedValueShape(_) | BasicSparql(_) | Deactivated(_) => false,
        MinCount(_) | HasValue(_) | Closed(_) => true,
        other => asks_of_values(other) || matches!(other, IRComponent::Equals(_)),
    }
}
