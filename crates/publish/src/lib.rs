//! Releases: what makes a folder one, how it comes into being all at once, and the documents that describe it.
//!
//! In: audited files ([`CuratedDataset`]) and everything that is known of them ([`Documents`]). Out: `published/<name>/<version>/`, immutable,
//! with `manifest.json` created last (H37). RDF comes in as bytes; nothing here parses a data file, opens a connection or reads a clock.

// A refusal is made once per run and carries its words; boxing it would cost every caller more than the copy does.
#![allow(clippy::result_large_err)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

mod attribution;
mod canonical;
mod card;
#[cfg(test)]
mod clients;
mod croissant;
mod curated;
mod datapackage;
mod disk;
mod documents;
mod facts;
mod language;
mod refuse;
mod release;
mod shelf;
mod sign;
#[cfg(test)]
mod testing;
mod version;

pub use attribution::{attribution, changelog};
pub use canonical::canonical;
pub use card::card;
pub use croissant::{Addresses, croissant};
pub use curated::CuratedDataset;
pub use datapackage::datapackage;
pub use documents::{Documents, documents};
pub use release::{rehearse, release};
pub use shelf::{Release, last_version, latest, list, open, sweep, versions, withdraw, withdrawal, withdrawals};
pub use sign::{Decided, departed, signed};
pub use version::{Change, next_version};
