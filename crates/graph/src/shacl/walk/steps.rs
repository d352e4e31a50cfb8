//! Property paths as steps over numbers: inverse paths are turned round when the shapes are read, so that a step goes forward or back along one
//! property and nothing else.
//!
//! In: a path, a node. Out: the nodes that it leads to, each once. It reads the graph through [`Ground`].

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::super::path::Path;
use super::compile::Constant;
use super::ground::Ground;
use crate::triples::Id;

/// A path to walk.
#[derive(Debug)]
pub(super) enum Steps {
    Forward(Constant),
    Back(Constant),
    Sequence(Vec<Steps>),
    Alternative(Vec<Steps>),
    Optional(Box<Steps>),
    Repeated(Repeated),
}

/// A path that is walked again from where it led.
#[derive(Debug)]
pub(super) struct Repeated {
    inner: Box<Steps>,
    /// The start counts too (`*`, not `+`).
    with_start: bool,
    number: usize,
}

/// Where each repetition within another leads: walked once from each node.
type Memory = HashMap<(usize, Id), Rc<[Id]>>;

impl Steps {
    pub(super) fn of(path: &Path, back: bool, place: &mut impl FnMut(&str) -> Constant, repetitions: &mut usize) -> Self {
        let mut many = |paths: &[Path], turned: bool| -> Vec<Self> {
            let mut steps: Vec<Self> = Vec::with_capacity(paths.len());
            for path in paths {
                steps.push(Self::of(path, back, place, repetitions));
            }
            if turned {
                steps.reverse();
            }
            steps
        };
        match path {
            Path::Predicate(iri) if back => Self::Back(place(iri)),
            Path::Predicate(iri) => Self::Forward(place(iri)),
            Path::Inverse(inner) => Self::of(inner, !back, place, repetitions),
            Path::Sequence(paths) => Self::Sequence(many(paths, back)),
            Path::Alternative(paths) => Self::Alternative(many(paths, false)),
            Path::ZeroOrOne(inner) => Self::Optional(Box::new(Self::of(inner, back, place, repetitions))),
            Path::ZeroOrMore(inner) | Path::OneOrMore(inner) => {
                let start = matches!(path, Path::ZeroOrMore(_));
                // (x+)* and (x*)+ are x*: a repetition of a repetition is one.
                let (mut inner, mut with_start) = (inner.as_ref(), start);
                while let Path::ZeroOrMore(next) | Path::OneOrMore(next) = inner {
                    with_start |= matches!(inner, Path::ZeroOrMore(_));
                    inner = next;
                }
                *repetitions += 1;
                let number = *repetitions;
                Self::Repeated(Repeated {
                    inner: Box::new(Self::of(inner, back, place, repetitions)),
                    with_start,
                    number,
                })
            }
        }
    }

    /// The nodes that the path leads to, each once.
    pub(super) fn from(&self, node: Id, ground: &mut Ground) -> Vec<Id> {
        match self {
            Self::Forward(property) => ground.objects(node, *property),
            Self::Back(property) => ground.subjects(node, *property),
            longer => longer.walk(node, ground, &mut Memory::new(), 0),
        }
    }

    fn walk(&self, node: Id, ground: &mut Ground, memory: &mut Memory, depth: usize) -> Vec<Id> {
        match self {
            Self::Forward(_) | Self::Back(_) => self.from(node, ground),
            Self::Sequence(steps) => {
                let mut nodes = vec![node];
                for step in steps {
                    let next: Vec<Id> = nodes.into_iter().flat_map(|node| step.walk(node, ground, memory, depth)).collect();
                    nodes = once(next);
                }
                nodes
            }
            Self::Alternative(ways) => once(ways.iter().flat_map(|way| way.walk(node, ground, memory, depth)).collect()),
            Self::Optional(way) => {
                let mut nodes = vec![node];
                nodes.extend(way.walk(node, ground, memory, depth));
                once(nodes)
            }
            Self::Repeated(repeated) => {
                if let Some(known) = memory.get(&(repeated.number, node)) {
                    return known.to_vec();
                }
                let nodes = repeated.walk(node, ground, memory, depth);
                if depth > 0 {
                    memory.insert((repeated.number, node), nodes.as_slice().into());
                }
                nodes
            }
        }
    }
}

impl Repeated {
    fn walk(&self, node: Id, ground: &mut Ground, memory: &mut Memory, depth: usize) -> Vec<Id> {
        let mut nodes: Vec<Id> = if self.with_start {
            vec![node]
        } else {
            once(self.inner.walk(node, ground, memory, depth + 1))
        };
        let mut seen: HashSet<Id> = nodes.iter().copied().collect();
        let mut at = 0;
        while let Some(node) = nodes.get(at).copied() {
            at += 1;
            for next in self.inner.walk(node, ground, memory, depth + 1) {
                if seen.insert(next) {
                    nodes.push(next);
                }
            }
        }
        nodes
    }
}

fn once(mut nodes: Vec<Id>) -> Vec<Id> {
    nodes.sort_unstable();
    nodes.dedup();
    nodes
}
