//! The only door to addresses that came from outside (`hardening.md` H01-H07, H09, H10; `harvest.md` sections 3 and 5).
//!
//! In: an address as a publisher wrote it, and limits. Out: bytes on disk named by their digest, or one typed refusal; for links, what was
//! seen. This crate does not know what the bytes mean: no RDF, no table, no catalogue.
//!
//! Every hop is judged before it is asked: scheme, port, user information, and every address that the name has. The judged address is the one
//! connected to. A mirror answers for the addresses that it covers, and those are never asked for outside.

// A refusal carries texts in two languages and is made once, when work stops; a box would only cost the reader.
#![allow(clippy::result_large_err)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

pub mod address;
mod body;
mod client;
mod config;
mod hosts;
mod link;
mod links;
mod local;
mod mirror;
#[cfg(feature = "objects")]
pub mod objects;
mod raw;
mod refuse;
mod resolver;
mod send;
mod sniff;

pub use client::{Client, Fetched, What};
pub use config::FetchConfig;
pub use link::verdict;
pub use links::Patience;
