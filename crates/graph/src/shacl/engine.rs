//! What a SHACL engine must do for us, in our own types: nothing of a library passes this border.
//!
//! An engine holds shapes; a session judges the nodes of one record after another with them and forgets between two, so that memory stays with
//! the record. Which nodes are judged is not the engine's business ([`super::records`]).

use fyr_model::Refusal;
use oxrdf::Term;

use super::data::Data;
use super::path::Path;
use crate::triples::Id;

/// Shapes that are ready to judge.
pub(super) trait Engine: Send + Sync {
    /// The shapes with targets, in an order that is the same in every run.
    fn targeted(&self) -> &[Targeted];

    /// Begins work on a graph.
    fn session(&self, data: &Data) -> Box<dyn Session + '_>;
}

/// The work on the records of one graph, one after the other.
pub(super) trait Session {
    /// Begins a record: what was remembered of another is forgotten.
    fn begin(&mut self);

    /// Judges one node by the shape at `shape` in [`Engine::targeted`].
    ///
    /// # Errors
    /// A query that was stopped or failed, and failures of the library.
    fn judge(&mut self, shape: usize, focus: &Node) -> Result<Judged, Refusal>;
}

/// A node to judge.
pub(super) enum Node {
    /// One of the graph's, by its number.
    Known(Id),
    /// One that a shape names and the graph does not.
    Absent(Box<Term>),
}

/// A shape with the nodes that it names as its targets.
pub(super) struct Targeted {
    pub(super) targets: Vec<Target>,
}

/// What a shape is about.
pub(super) enum Target {
    Node(Term),
    Class(Term),
    SubjectsOf(String),
    ObjectsOf(String),
}

/// What was found about one node.
#[derive(Default)]
pub(super) struct Judged {
    pub(super) results: Vec<Raw>,
    /// More than the engine may hold for one node: the rest was not looked at.
    pub(super) cut: bool,
}

/// One result as the engine gives it.
pub(super) struct Raw {
    pub(super) focus: Term,
    pub(super) path: Option<Path>,
    pub(super) component: String,
    pub(super) severity: String,
    pub(super) value: Option<Term>,
    pub(super) shape: Term,
    /// Texts that a query gave: language, if any, and text. Other texts follow from shape and component.
    pub(super) messages: Vec<(Option<String>, String)>,
}
