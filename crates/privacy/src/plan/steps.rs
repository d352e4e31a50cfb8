//! The classes of any node, in few steps: a column at a time from classes that were put together before.
//!
//! In: a problem and a node. Out: its classes. The columns have one order, the one with the most values first, and a node is reached by
//! raising them in that order; what stands after each step is kept, since other nodes begin with the same steps. So a node is mostly put
//! together from one that differs in a column of few values, which has hardly more classes. What is kept is bounded and never changes an
//! answer: the classes of a node are the same however they were reached.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::evaluate::{Evaluated, Problem, Scratch, Views};
use super::key::Key;
use super::lattice::Lattice;

/// Bytes of classes that are kept.
pub(crate) const HELD_BYTES_MAX: usize = 768 << 20;

/// Finds classes.
pub(crate) struct Steps<'a, K: Key> {
    problem: &'a Problem<'a, K>,
    /// Columns in the order in which they are raised.
    order: Vec<usize>,
    held: Mutex<Held<K>>,
    bytes: usize,
}

struct Held<K: Key> {
    views: HashMap<usize, Kept<K>>,
    tuples: usize,
    asked: u64,
}

struct Kept<K: Key> {
    views: Arc<Views<K>>,
    /// How many columns are raised: what is reached in few steps is large, and begins the way to many nodes.
    steps: usize,
    /// When it was last asked for.
    asked: u64,
}

impl<'a, K: Key> Steps<'a, K> {
    /// `bytes`: how much of what stands after each step may be kept.
    pub(crate) fn new(problem: &'a Problem<'a, K>, bytes: usize) -> Self {
        Self {
            bytes,
            problem,
            order: super::tuples::order(problem.quasi),
            held: Mutex::new(Held {
                views: HashMap::new(),
                tuples: 0,
                asked: 0,
            }),
        }
    }

    /// What a node is worth.
    pub(crate) fn evaluate(&self, scratch: &mut Scratch<K>, lattice: &Lattice, index: usize) -> Evaluated {
        let node = lattice.node(index);
        let (at, before) = self.before(scratch, lattice, &node);
        let before = before.as_deref().map_or(self.problem.base.as_slice(), Vec::as_slice);
        if at == node {
            return self.problem.evaluate(scratch, index, &node, before, None);
        }
        let mut last = std::mem::take(&mut scratch.last);
        self.problem.roll_up_into(scratch, &at, &node, before, &mut last);
        let seen = self.problem.evaluate(scratch, index, &node, &last, None);
        scratch.last = last;
        seen
    }

    /// The order in which nodes have most steps in common with the one before.
    pub(crate) fn rank(&self, node: &[usize]) -> Vec<usize> {
        self.order.iter().map(|place| node.get(*place).copied().unwrap_or(0)).collect()
    }

    /// The classes of a node, or of the last step before it, with that step's node; none for the bottom, whose classes are the problem's own.
    fn before(&self, scratch: &mut Scratch<K>, lattice: &Lattice, node: &[usize]) -> (Vec<usize>, Option<Arc<Views<K>>>) {
        let level = |place: &usize| node.get(*place).copied().unwrap_or(0);
        let raised: Vec<usize> = self.order.iter().copied().filter(|place| level(place) > 0).collect();
        let (mut at, mut views, done) = self.nearest(lattice, node, &raised);
        for place in raised.iter().take(raised.len().saturating_sub(1)).skip(done) {
            let mut next = at.clone();
            if let Some(slot) = next.get_mut(*place) {
                *slot = level(place);
            }
            let from = views.as_deref().map_or(self.problem.base.as_slice(), Vec::as_slice);
            let made = Arc::new(self.problem.roll_up(scratch, &at, &next, from));
            self.locked().keep(lattice.index(&next), &next, made.clone(), self.bytes);
            (at, views) = (next, Some(made));
        }
        (at, views)
    }

    /// The furthest of the steps to a node whose classes are kept, or one a few levels of its last column before; with how many columns are
    /// done.
    #[allow(clippy::type_complexity)]
    fn nearest(&self, lattice: &Lattice, node: &[usize], raised: &[usize]) -> (Vec<usize>, Option<Arc<Views<K>>>, usize) {
        let mut at: Vec<usize> = node.to_vec();
        let mut held = self.locked();
        for done in (1..=raised.len()).rev() {
            let Some(place) = raised.get(done - 1) else { continue };
            let wanted = node.get(*place).copied().unwrap_or(0);
            for level in (1..=wanted).rev() {
                if let Some(slot) = at.get_mut(*place) {
                    *slot = level;
                }
                if let Some(views) = held.ask(lattice.index(&at)) {
                    return (at, Some(views), if level == wanted { done } else { done - 1 });
                }
            }
            if let Some(slot) = at.get_mut(*place) {
                *slot = 0;
            }
        }
        (at, None, 0)
    }

    fn locked(&self) -> MutexGuard<'_, Held<K>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Key> Held<K> {
    fn ask(&mut self, index: usize) -> Option<Arc<Views<K>>> {
        self.asked += 1;
        let kept = self.views.get_mut(&index)?;
        kept.asked = self.asked;
        Some(kept.views.clone())
    }

    /// Keeps classes, and lets go of what lies furthest from the bottom when there are too many.
    fn keep(&mut self, index: usize, node: &[usize], views: Arc<Views<K>>, bytes: usize) {
        self.tuples += size(&views);
        let kept = Kept {
            views,
            steps: node.iter().filter(|level| **level > 0).count(),
            asked: self.asked,
        };
        if let Some(former) = self.views.insert(index, kept) {
            self.tuples -= size(&former.views);
        }
        let most = bytes / size_of::<(K, K::Count)>();
        if self.tuples <= most {
            return;
        }
        let mut order: Vec<(std::cmp::Reverse<usize>, u64, usize)> = self
            .views
            .iter()
            .map(|(index, kept)| (std::cmp::Reverse(kept.steps), kept.asked, *index))
            .collect();
        order.sort_unstable();
        for (_, _, index) in order {
            if self.tuples <= most / 4 * 3 {
                break;
            }
            if let Some(kept) = self.views.remove(&index) {
                self.tuples -= size(&kept.views);
            }
        }
    }
}

fn size<K: Key>(views: &Views<K>) -> usize {
    views.iter().map(|view| view.tuples.len()).sum()
}
