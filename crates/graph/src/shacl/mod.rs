//! SHACL: shapes files and a catalogue in, what breaks them out; SHACL Core and SHACL-SPARQL (W3C Recommendation, 20 July 2017).
//!
//! ```text
//! Shapes::read(files)    well-formed? not recursive? no SERVICE?   -> Shapes, and what had to be left out by name
//! Data::load(snapshot)   .with_background(..)                      -> Data
//! shapes.validate(data)  each node once, by record, on all cores   -> Validation: results in a fixed order, bounded
//! ```
//!
//! A library reads the shapes; the walk over them is ours (`walk`), behind `engine::Engine`, with the library's as its witness. Nothing is
//! fetched: no import, no vocabulary, no endpoint. This module does not know which shapes are official, nor what a result costs.

mod asked;
mod background;
mod constraints;
mod dangling;
mod data;
mod engine;
mod found;
mod library;
pub(crate) mod path;
mod places;
mod query;
mod records;
mod shapes;
pub(crate) mod terms;
mod texts;
mod walk;
mod well_formed;
mod work;

pub use background::Background;
pub use dangling::{LeftOut, Why};
pub use data::Data;
pub(crate) use found::HIDDEN;
pub use found::{Beyond, Found};
pub use shapes::{Shapes, ShapesDocument, ShapesFile};
pub use work::{Compliance, ShaclRequest, ShaclResponse, ShapesPath, shacl_work};

use fyr_model::{Counts, Finding, Refusal, Severity, Text};

use records::Records;

/// Results kept of one validation unless another number is asked for.
pub const RESULTS_MAX: usize = 10_000;

/// What was found.
#[derive(Debug, Clone)]
pub struct Validation {
    /// No result at all: what `sh:conforms` means.
    pub conforms: bool,
    /// By severity; at least so many when `cut`.
    pub counts: Counts,
    /// All results, those that are not kept with them; at least so many when `cut`.
    pub total: u64,
    /// Some results were left out.
    pub cut: bool,
    /// Those left out, by shape and component.
    pub beyond: Vec<Beyond>,
    /// One node had more than the engine may hold: the rest of it is not counted.
    pub stopped: bool,
    /// The results: gravest first, then by node, path, component, shape and value.
    pub results: Vec<Found>,
    /// What the shapes ask for and cannot get.
    pub left_out: Vec<LeftOut>,
    /// Nodes judged, each counted once for each shape that is about it. None means that the shapes are about nothing in this catalogue.
    pub judged: u64,
    /// Each dataset, and whether it and everything that hangs on it is without violation. A value of which nothing is known is none.
    pub datasets: Vec<(String, bool)>,
}

impl Shapes {
    /// Tries a catalogue, record by record, keeping at most [`RESULTS_MAX`] results.
    ///
    /// # Errors
    /// A query that cannot be answered, and failures of the engine.
    pub fn validate(&self, data: &Data) -> Result<Validation, Refusal> {
        self.validate_up_to(data, RESULTS_MAX)
    }

    /// [`Shapes::validate`] with another number of results to keep.
    ///
    /// # Errors
    /// Those of [`Shapes::validate`].
    pub fn validate_up_to(&self, data: &Data, results_max: usize) -> Result<Validation, Refusal> {
        self.judged(data, &Records::of(data, self, false), results_max)
    }

    fn judged(&self, data: &Data, records: &Records, results_max: usize) -> Result<Validation, Refusal> {
        let mut judgement = records.judge(data, self, results_max)?;
        let (results, beyond) = judgement.bag.told(self);
        Ok(Validation {
            conforms: judgement.bag.total == 0 && !judgement.bag.cut,
            counts: judgement.bag.counts,
            total: judgement.bag.total,
            cut: judgement.bag.cut,
            beyond,
            stopped: judgement.bag.stopped,
            results,
            left_out: self.left_out.clone(),
            judged: judgement.judged,
            datasets: judgement.datasets,
        })
    }
}

impl LeftOut {
    /// In words.
    pub fn text(&self) -> Text {
        let of_shacl = self.property.strip_prefix(terms::SH).map(|local| format!("sh:{local}"));
        let (property, target) = (
            of_shacl.unwrap_or_else(|| texts::compact(&self.property)),
            texts::compact(&self.target),
        );
        match self.why {
            Why::Dangling => Text::new(
                format!("`{property}` hänvisar till {target}, som ingen av filerna definierar: utelämnat"),
                format!("`{property}` refers to {target}, which none of the files defines: left out"),
            ),
            Why::NotSupported => Text::new(
                format!("`{property}` ligger utanför SHACL Core och SHACL-SPARQL: utelämnat"),
                format!("`{property}` is outside SHACL Core and SHACL-SPARQL: left out"),
            ),
            Why::NotFetched => Text::new(
                format!("{target} hämtas inte: ange filen för att ta med den"),
                format!("{target} is not fetched: name the file to take it in"),
            ),
            Why::NoValidator => Text::new(
                format!("{property} har ingen kontroll i SPARQL för den här sortens form: utelämnat"),
                format!("{property} has no validator in SPARQL for this kind of shape: left out"),
            ),
        }
    }

    /// As a finding about the shapes file.
    pub fn finding(&self) -> Finding {
        let id = match self.why {
            Why::Dangling => "shapes-dangling",
            Why::NotSupported => "shapes-not-supported",
            Why::NotFetched => "shapes-not-fetched",
            Why::NoValidator => "shapes-no-validator",
        };
        let mut finding = Finding::new(id, Severity::Info, self.shape.clone(), self.text()).on(self.property.clone());
        finding.value = Some(self.target.clone()).filter(|target| !target.is_empty());
        finding.evidence = Some(self.file.clone()).filter(|file| !file.is_empty());
        finding.position = self.position;
        finding
    }
}

/// Whether a finding is about the shapes files, and not about the catalogue: no W3C result. Its evidence is the file's name.
pub fn is_about_shapes(finding: &Finding) -> bool {
    finding.id.starts_with("shapes-")
}

#[cfg(test)]
mod tests;
