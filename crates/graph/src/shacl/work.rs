//! Validation as a piece of work for a confined worker: shapes files and catalogues of others are both hostile until read.

use std::path::{Path, PathBuf};

use fyr_model::limits::GraphLimits;
use fyr_model::{Counts, Finding, Refusal, Severity, Sha256, Text};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Background, Beyond, Data, RESULTS_MAX, Shapes, ShapesDocument, Validation};
use crate::refuse::internal;

/// A shapes file to read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShapesPath {
    /// Where it lies.
    pub path: PathBuf,
    /// What to call it.
    pub name: String,
}

/// What to try, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShaclRequest {
    /// The catalogue's snapshot ([`crate::ReadResponse::nquads`]).
    pub nquads: PathBuf,
    /// The shapes files, read together.
    pub shapes: Vec<ShapesPath>,
    /// With the code lists and class hierarchies that ship with the program.
    pub background: bool,
    /// Results to keep.
    #[serde(default = "results_max")]
    pub results_max: usize,
    /// Limits of the shapes files.
    #[serde(default)]
    pub limits: GraphLimits,
}

fn results_max() -> usize {
    RESULTS_MAX
}

/// Whether one dataset follows the shapes (`pv:dcatApCompliance`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compliance {
    /// The dataset's IRI.
    pub dataset: String,
    /// It and everything that hangs on it breaks no shape. A value of which nothing is known here breaks none.
    pub holds: bool,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShaclResponse {
    /// No result at all (W3C's `sh:conforms`).
    pub conforms: bool,
    /// By severity, those not held with them; at least so many when something is `beyond`.
    pub counts: Counts,
    /// Results that are not among the findings.
    pub beyond: Vec<Beyond>,
    /// The results, then what the shapes files ask for and cannot get.
    pub findings: Vec<Finding>,
    /// Nodes judged.
    pub judged: u64,
    /// Each dataset.
    pub datasets: Vec<Compliance>,
    /// Name and digest of each shapes file.
    pub shapes: Vec<(String, Sha256)>,
}

/// Tries a catalogue by shapes.
///
/// # Errors
/// Those of [`Shapes::read`], [`Data::load`] and [`Shapes::validate`], and a request that is none.
pub fn shacl_work(input: Value, _dir: &Path) -> Result<Value, Refusal> {
    let request: ShaclRequest = serde_json::from_value(input)
        .map_err(|error| internal("bad-request", "graph.shacl", "oläslig begäran", "unreadable request", error))?;
    let response = tried(&request)?;
    serde_json::to_value(response).map_err(|error| internal("bad-response", "graph.shacl", "oskrivbart svar", "unwritable response", error))
}

fn tried(request: &ShaclRequest) -> Result<ShaclResponse, Refusal> {
    let files = request.shapes.iter().map(|file| {
        std::fs::read(&file.path).map_err(|error| {
            internal(
                "file-unreadable",
                &file.name,
                "filen kunde inte läsas",
                "the file could not be read",
                error,
            )
        })
    });
    let files: Vec<Vec<u8>> = files.collect::<Result<_, Refusal>>()?;
    let named = request.shapes.iter().zip(&files);
    let documents: Vec<ShapesDocument<'_>> = named
        .map(|(file, bytes)| ShapesDocument {
            bytes,
            media_type: None,
            name: &file.name,
            base: None,
        })
        .collect();
    let shapes = Shapes::read(&documents, &request.limits)?;
    let background = request.background.then(Background::bundled);
    let data = Data::load(&request.nquads)?.with_background(background);
    let validation = shapes.validate_up_to(&data, request.results_max)?;
    Ok(response(validation, &shapes))
}

fn response(validation: Validation, shapes: &Shapes) -> ShaclResponse {
    let mut findings: Vec<Finding> = validation.results.iter().map(super::Found::finding).collect();
    findings.extend(validation.left_out.iter().map(super::LeftOut::finding));
    if validation.stopped {
        findings.push(stopped());
    }
    if validation.judged == 0 {
        findings.push(nothing_judged(shapes));
    }
    let datasets = validation.datasets.into_iter();
    ShaclResponse {
        conforms: validation.conforms,
        counts: validation.counts,
        beyond: validation.beyond,
        findings,
        judged: validation.judged,
        datasets: datasets.map(|(dataset, holds)| Compliance { dataset, holds }).collect(),
        shapes: shapes.files().iter().map(|file| (file.name.clone(), file.sha256)).collect(),
    }
}

/// The engine holds so many results of one node and does not count the rest; a node that nobody has looked through does not pass.
fn stopped() -> Finding {
    let text = Text::new(
        "en nod har fler resultat än som ryms: resten är inte räknade",
        "one node has more results than there is room for: the rest is not counted",
    );
    Finding::new("shacl-node-cut", Severity::Violation, "shacl", text)
}

fn nothing_judged(shapes: &Shapes) -> Finding {
    let targeted = shapes.targeted();
    Finding::new(
        "shapes-nothing-judged",
        Severity::Info,
        "shacl",
        Text::new(
            format!("ingen av de {targeted} formerna gäller något i katalogen: ingenting prövades"),
            format!("none of the {targeted} shapes is about anything in the catalogue: nothing was tried"),
        ),
    )
}
