//! The RDF that Fyr publishes, from the types of `model`: DCAT-AP-SE entries and the catalogue, DQV, PROV-O, validation reports.
//!
//! Order is fixed, and the same input gives the same bytes. Nodes about quality and provenance stand in documents of their own, never in the
//! catalogue that others harvest (`publishing.md` section 5).

mod dcat;
mod dqv;
pub(crate) mod draft;
mod own;
mod prov;
mod record;
mod rows;
mod serialise;
mod validation;

pub use dcat::{catalogue, entry};
pub use dqv::{TableQuality, dqv, dqv_table};
pub use own::{OwnAgent, OwnCatalogue, OwnContact};
pub use prov::{Step, prov};
pub use record::record;
pub use rows::{RowValue, Rows, rows};
pub(crate) use serialise::serialise;
pub use validation::{ValidationReport, ValidationResult, validation};
