//! The store as the evaluator sees it, so that a question can be stopped at any moment and cannot take all memory.
//!
//! The library's cancellation acts when quads are read. Joins, sorting and grouping happen in memory afterwards and would run on for ever:
//! a product of twelve patterns over six triples reads seventy-two quads and makes two thousand million rows. Every row copies its terms,
//! though, so the terms themselves keep watch: a copy or a comparison looks at the token from time to time, counts what is alive, and
//! unwinds the thread that [`super::Store::query`] gave the question.
//!
//! What is withheld is not there: a quad with a withheld address in one of its terms is never read, so no expression, path, count or
//! description can tell of it.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::rc::Rc;

use fyr_model::withheld::Withheld;
use oxigraph::model::{GraphNameRef, NamedOrBlankNodeRef, Term};
use oxigraph::sparql::CancellationToken;
use oxigraph::store::{StorageError, Transaction};
use spareval::{ExpressionTerm, InternalQuad, QueryableDataset};

/// Handles of terms alive at a time: rows being sorted, grouped or joined.
const ALIVE_MAX: usize = 10_000_000;
/// Bytes of different terms that one question may touch.
const TERM_BYTES_MAX: usize = 512 << 20;
/// Bytes of a text that a question computes.
const COMPUTED_BYTES_MAX: usize = 64 << 10;
/// Bytes that a question with GROUP_CONCAT may read for its expressions.
const CONCAT_BYTES_MAX: usize = 128 << 20;

/// Why a question was stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// Time, or the asker.
    Cancelled,
    /// Memory.
    TooLarge,
}

/// Ends the thread's work without a panic message.
fn stop(why: Stop) -> ! {
    std::panic::resume_unwind(Box::new(why))
}

thread_local! {
    static TOKEN: RefCell<Option<CancellationToken>> = const { RefCell::new(None) };
    static ALIVE: Cell<usize> = const { Cell::new(0) };
    static TICKS: Cell<u32> = const { Cell::new(0) };
}

/// Makes this thread's questions listen to a token.
pub(super) fn listen(token: &CancellationToken) {
    TOKEN.set(Some(token.clone()));
}

fn tick() {
    let ticks = TICKS.get().wrapping_add(1);
    TICKS.set(ticks);
    if ticks.is_multiple_of(1024) && TOKEN.with_borrow(|token| token.as_ref().is_some_and(CancellationToken::is_cancelled)) {
        stop(Stop::Cancelled);
    }
}

/// A term's number in the question's own table.
pub(super) struct Handle(u32);

impl Handle {
    fn new(number: u32) -> Self {
        let alive = ALIVE.get() + 1;
        ALIVE.set(alive);
        if alive > ALIVE_MAX {
            stop(Stop::TooLarge);
        }
        tick();
        Self(number)
    }
}

impl Clone for Handle {
    fn clone(&self) -> Self {
        Self::new(self.0)
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        ALIVE.set(ALIVE.get().saturating_sub(1));
    }
}

impl PartialEq for Handle {
    fn eq(&self, other: &Self) -> bool {
        tick();
        self.0 == other.0
    }
}

impl Eq for Handle {}

impl Hash for Handle {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

/// The terms that a question has met, each with a number.
#[derive(Default)]
struct Terms {
    numbers: HashMap<Rc<Term>, u32>,
    terms: Vec<Rc<Term>>,
    bytes: usize,
    withheld: Withheld,
    /// Whether a term shows what is withheld, by its number; empty when nothing is.
    hidden: Vec<bool>,
}

fn size(term: &Term) -> usize {
    match term {
        Term::NamedNode(node) => node.as_str().len(),
        Term::Literal(literal) => literal.value().len(),
        _ => 0,
    }
}

/// Whether a term holds a withheld address, be it in the text of a literal or in its datatype.
fn shows(term: &Term, withheld: &Withheld) -> bool {
    match term {
        Term::NamedNode(node) => withheld.hides(node.as_str()),
        Term::Literal(literal) => withheld.hides(literal.value()) || withheld.hides(literal.datatype().as_str()),
        // A triple as a term, where the library has those.
        other => withheld.hides(&other.to_string()),
    }
}

impl Terms {
    fn handle(&mut self, term: Term) -> Handle {
        if let Some(number) = self.numbers.get(&term) {
            return Handle::new(*number);
        }
        self.bytes += size(&term) + 64;
        if self.bytes > TERM_BYTES_MAX {
            stop(Stop::TooLarge);
        }
        let number = self.terms.len() as u32;
        if !self.withheld.is_empty() {
            self.hidden.push(shows(&term, &self.withheld));
        }
        let term = Rc::new(term);
        self.terms.push(Rc::clone(&term));
        self.numbers.insert(term, number);
        Handle::new(number)
    }

    fn is_hidden(&self, handle: &Handle) -> bool {
        self.hidden.get(handle.0 as usize).copied().unwrap_or(false)
    }

    fn term(&self, handle: &Handle) -> Rc<Term> {
        // Handles come from `handle` alone, so each has its term.
        Rc::clone(&self.terms[handle.0 as usize])
    }
}

/// One transaction, watched.
pub(super) struct Watched<'a> {
    reader: &'a Transaction<'a>,
    terms: Rc<RefCell<Terms>>,
    /// Bytes that expressions may still read; none when the question concatenates no groups.
    concat: Option<Cell<usize>>,
}

impl<'a> Watched<'a> {
    pub(super) fn new(reader: &'a Transaction<'a>, concatenates: bool, withheld: &Withheld) -> Self {
        let terms = Terms {
            withheld: withheld.clone(),
            ..Terms::default()
        };
        Self {
            reader,
            terms: Rc::new(RefCell::new(terms)),
            concat: concatenates.then(|| Cell::new(CONCAT_BYTES_MAX)),
        }
    }

    fn term(&self, handle: &Handle) -> Rc<Term> {
        self.terms.borrow().term(handle)
    }
}

type Found = Result<InternalQuad<Handle>, StorageError>;

impl<'a> QueryableDataset<'a> for Watched<'a> {
    type InternalTerm = Handle;
    type Error = StorageError;

    fn internal_quads_for_pattern(
        &self,
        subject: Option<&Handle>,
        predicate: Option<&Handle>,
        object: Option<&Handle>,
        graph_name: Option<Option<&Handle>>,
    ) -> impl Iterator<Item = Found> + use<'a> {
        let term = |handle: Option<&Handle>| handle.map(|handle| self.term(handle));
        let (subject, predicate, object) = (term(subject), term(predicate), term(object));
        let graph = graph_name.map(term);
        let terms = Rc::clone(&self.terms);
        let quads = matching(
            self.reader,
            subject.as_deref(),
            predicate.as_deref(),
            object.as_deref(),
            graph.as_ref(),
        );
        let any_named = graph_name.is_none();
        quads.into_iter().flatten().filter_map(move |quad| {
            let quad = match quad {
                Ok(quad) => quad,
                Err(error) => return Some(Err(error)),
            };
            let mut terms = terms.borrow_mut();
            let graph_name = match quad.graph_name {
                oxigraph::model::GraphName::NamedNode(node) => Some(terms.handle(node.into())),
                oxigraph::model::GraphName::BlankNode(node) => Some(terms.handle(node.into())),
                oxigraph::model::GraphName::DefaultGraph if any_named => return None,
                oxigraph::model::GraphName::DefaultGraph => None,
            };
            let quad = InternalQuad {
                subject: terms.handle(quad.subject.into()),
                predicate: terms.handle(quad.predicate.into()),
                object: terms.handle(quad.object),
                graph_name,
            };
            let hidden = [&quad.subject, &quad.predicate, &quad.object]
                .into_iter()
                .any(|term| terms.is_hidden(term));
            (!hidden).then_some(Ok(quad))
        })
    }

    fn internalize_term(&self, term: Term) -> Result<Handle, StorageError> {
        Ok(self.terms.borrow_mut().handle(term))
    }

    fn externalize_term(&self, handle: Handle) -> Result<Term, StorageError> {
        let term = self.term(&handle);
        if let Some(left) = &self.concat {
            match left.get().checked_sub(size(&term)) {
                Some(rest) => left.set(rest),
                None => stop(Stop::TooLarge),
            }
        }
        Ok((*term).clone())
    }

    fn internalize_expression_term(&self, term: ExpressionTerm) -> Result<Handle, StorageError> {
        let term = Term::from(term);
        let known = self.terms.borrow().numbers.contains_key(&term);
        if !known && size(&term) > COMPUTED_BYTES_MAX {
            stop(Stop::TooLarge);
        }
        self.internalize_term(term)
    }
}

/// The quads of a pattern; none when a literal stands where no literal can.
fn matching<'a>(
    reader: &'a Transaction<'a>,
    subject: Option<&Term>,
    predicate: Option<&Term>,
    object: Option<&Term>,
    graph: Option<&Option<Rc<Term>>>,
) -> Option<oxigraph::store::QuadIter<'a>> {
    let subject = match subject {
        Some(term) => Some(node(term)?),
        None => None,
    };
    let predicate = match predicate {
        Some(Term::NamedNode(node)) => Some(node.as_ref()),
        Some(_) => return None,
        None => None,
    };
    let graph = match graph {
        Some(Some(term)) => Some(GraphNameRef::from(node(term)?)),
        Some(None) => Some(GraphNameRef::DefaultGraph),
        None => None,
    };
    Some(reader.quads_for_pattern(subject, predicate, object.map(Term::as_ref), graph))
}

fn node(term: &Term) -> Option<NamedOrBlankNodeRef<'_>> {
    match term {
        Term::NamedNode(node) => Some(node.as_ref().into()),
        Term::BlankNode(node) => Some(node.as_ref().into()),
        _ => None,
    }
}
