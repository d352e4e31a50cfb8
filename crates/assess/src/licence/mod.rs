//! Licences: what was written becomes a licence of the list, a verdict in plain words, and the licence of what is made from it.
//!
//! In: values of `dcterms:license` as harvested. Out: [`Normalised`], [`fyr_model::LicenceVerdict`], a derived licence or the one that blocks.
//! The table and its variants are `catalog/licences.toml`. Facts for automatic checks, not legal advice; a licence that the list does not know
//! gives no permission (H20).

mod algebra;
mod normalise;
mod table;
mod verdict;

pub use algebra::{derive, fits};
pub use normalise::{Normalised, normalise};
pub(crate) use table::is_eu_licence;
pub use table::{Hvd, by_code, hvd};
pub use verdict::{of_licence, verdict};
