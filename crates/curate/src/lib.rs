//! From a distribution to a release: the only place that knows the order of the data steps, and the only maker of a `CuratedDataset`.
//!
//! In: a pipeline, the graph with the source's catalogue, a client that may fetch. Out: a candidate that waits for three signatures, then a
//! release. This crate decides nothing about licence, quality or privacy by itself; it asks the engines and stops where one of them says no.

mod accumulated;
mod acting;
mod candidate;
mod changes;
mod chosen;
mod disk;
mod evidence;
mod exposure;
mod facts;
mod incident;
mod input;
mod kept;
mod making;
mod mentions;
mod pipeline;
mod protect;
mod publication;
mod pxweb;
mod reading;
mod references;
mod run;
mod standing;
mod waiting;
pub mod work;

pub use accumulated::{Entry, Ledger, Told};
pub use acting::{Acted, Acting, act_on, tell};
pub use candidate::Candidate;
pub use exposure::for_holder;
pub use facts::{CurateFile, CurateOutcome, CurateRun};
pub use input::Inspected;
pub use mentions::{CodeCount, Mentions};
pub use pipeline::{Pipeline, Pipelines};
pub use protect::write_sorted;
pub use publication::PublishRun;
pub use run::Curate;
pub use work::Look;
