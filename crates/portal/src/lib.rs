//! The portal: HTTP pages, JSON, RDF, SPARQL and downloads of what was harvested, scored and published.
//!
//! In: the store, the journal, the folder of releases and the source files, all as they are at the moment of a request. Out: answers in
//! Swedish and English that work without script. It shows what is published; it fetches nothing, runs no step and writes nothing.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]
// A refusal carries its texts in both languages; it is made once a request, never in a loop.
#![allow(clippy::result_large_err)]

mod assets;
mod chrome;
mod data;
mod draw;
mod http;
mod officer;
mod pages;
mod places;
mod serve;
mod words;

mod api;
mod download;
mod rdf;
mod sparql;

use std::path::PathBuf;
use std::sync::Arc;

use fyr_model::Refusal;
use fyr_model::SourceId;
use fyr_model::harvest::SourceFile;
use fyr_model::limits::SparqlLimits;
use fyr_model::waiting::Waiting;

pub use officer::{Key, KeyRole, Keys};
pub use serve::{ServeError, operator, router, serve};

/// Gives the source files as they are now.
pub type Sources = Arc<dyn Fn() -> Vec<(SourceId, SourceFile)> + Send + Sync>;

/// Gives what waits for people as it is now.
pub type Candidates = Arc<dyn Fn() -> Result<Vec<Waiting>, Refusal> + Send + Sync>;

/// Everything that the portal reads.
#[derive(Clone)]
pub struct Portal {
    /// The harvested graphs.
    pub store: fyr_graph::Store,
    /// Runs, scores and findings.
    pub state: fyr_jobs::State,
    /// The folder of releases.
    pub published: PathBuf,
    /// Who we are, for our own catalogue.
    pub own: fyr_graph::write::OwnCatalogue,
    /// Rehearses queries from the public in a confined worker.
    pub runner: fyr_confine::Runner,
    /// Limits of public queries.
    pub sparql: SparqlLimits,
    /// The source files.
    pub sources: Sources,
    /// What waits for people; asked for at the operator's door only.
    pub candidates: Candidates,
    /// The data folder: rehearsals get their private folders below it.
    pub data: PathBuf,
    /// Whether to say on every page that bodies and officers are invented.
    pub demo: bool,
}
