//! The words of Fyr: identifiers, datasets, findings, reports, plans, limits and texts in Swedish and English.
//!
//! Plain data that every other crate shares. Nothing here reads a file, opens a connection or looks at a clock.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

mod bound;
pub mod catalogue;
pub mod change;
mod decision;
pub mod describe;
pub mod dp;
pub mod envelope;
pub mod finding;
pub mod fixlist;
pub mod glossary;
pub mod harvest;
pub mod held;
pub mod ids;
pub mod incident;
pub mod kinds;
pub mod licence;
pub mod limits;
pub mod link;
pub mod lock;
pub mod mqa;
pub mod pipeline;
pub mod privacy;
pub mod profile;
pub mod quality;
pub mod readiness;
mod recoding;
pub mod release;
pub mod resource;
pub mod standing;
pub mod table;
pub mod tabulate;
pub mod text;
pub mod waiting;
pub mod withheld;
pub mod written;

pub use catalogue::{Agent, Catalogue, CatalogueView, Contact, DataService, Dataset, Distribution, Location, Period};
pub use envelope::{Envelope, InputRef, RulePack};
pub use finding::{Counts, Finding, Fix, Position, Refusal, RefusalKind, Severity};
pub use ids::{BadId, DatasetId, PipelineName, Sha256, SourceId, Version};
pub use licence::{Licence, LicenceFlags, LicenceVerdict, Reuse};
pub use text::{Lang, LangString, LangStrings, Text};
