//! RDF: harvested documents in, a store that readers see old or new, typed datasets, and every RDF document that Fyr publishes.
//!
//! In: bytes of a catalogue (in a confined worker), canonical N-Triples, SPARQL from the public, and the types of `model`.
//! Out: canonical triples with findings or one typed refusal; a [`fyr_model::CatalogueView`]; answers; Turtle, RDF/XML and JSON-LD.
//! This crate fetches nothing, judges no licence and scores nothing. Only this crate names oxigraph and its family.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

mod contexts;
mod refuse;
mod vocab;

mod canon;
mod parse;
mod screen;
mod sorted;
mod syntax;
mod triples;

mod answer;
mod read;
mod revise;
mod store;
mod view;

pub mod parts;
pub mod positions;
pub mod shacl;
pub mod sparql;
pub mod write;

pub use answer::ReadAnswer;
pub use read::{Entity, ReadRequest, ReadResponse, merge, read, read_work, view_work};
pub use revise::{Document, Identity};
pub use store::{Answer, Cancel, Snapshot, Store};
pub use syntax::Syntax;
pub use view::view_of;
pub use write::{OwnAgent, OwnCatalogue};

#[cfg(test)]
mod tests;
