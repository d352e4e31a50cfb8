//! Judges what is known about a dataset: licence, profile, metadata quality, readiness for AI.
//!
//! In: the typed view of a catalogue and stored evidence, all from `model`. Out: verdicts, findings, points, scores and fixes, each with the
//! evidence behind it. Pure: nothing here reads a file, opens a connection or looks at a clock; rules and code lists are embedded TOML of this
//! repository, named with version and digest by [`packs`]. It refuses to know how the evidence was gathered, and it never sees a cell of a data file.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

mod evidence;
mod lists;
mod packs;

pub mod fixlist;
pub mod licence;
pub mod mqa;
pub mod national;
pub mod opened;
pub mod profile;
pub mod repair;
pub mod score;
pub mod stars;

pub use evidence::metadata_evidence;
pub use packs::packs;
pub use score::readiness;
