//! Validation as a piece of work for a confined worker: shapes files and catalogues of others are both hostile until read.

use std::path::{Path, PathBuf};

use fyr_model::limits::GraphLimits;
use fyr_model::{Counts, Finding, Refusal, Severity, Sha256, Text};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Background, Data, RESULTS_MAX, Shapes, ShapesDocument, Validation};
use crate::refuse::internal;
use crate::syntax::Syntax;

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
    /// Write the W3C report beside the answer.
    #[serde(default)]
    pub report: bool,
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
    /// By severity; at least so many when `cut`.
    pub counts: Counts,
    /// All results, at least so many when `cut`.
    pub total: u64,
    /// Some were left out: the findings say so too.
    pub cut: bool,
    /// The results, then what the shapes files ask for and cannot get.
    pub findings: Vec<Finding>,
    /// Nodes judged.
    pub judged: u64,
    /// Each dataset.
    pub datasets: Vec<Compliance>,
    /// Name and digest of each shapes file.
    pub shapes: Vec<(String, Sha256)>,
    /// The W3C report in Turtle, when it was asked for.
    pub report: Option<PathBuf>,
}

/// Tries a catalogue by shapes; the report lies in `dir`.
///
/// # Errors
/// Those of [`Shapes::read`], [`Data::load`] and [`Shapes::validate`], and a request that is none.
pub fn shacl_work(input: Value, dir: &Path) -> Result<Value, Refusal> {
    let request: ShaclRequest = serde_json::from_value(input)
        .map_err(|error| internal("bad-request", "graph.shacl", "oläslig begäran", "unreadable request", error))?;
    let response = tried(&request, dir)?;
    serde_json::to_value(response).map_err(|error| internal("bad-response", "graph.shacl", "oskrivbart svar", "unwritable response", error))
}

fn tried(request: &ShaclRequest, dir: &Path) -> Result<ShaclResponse, Refusal> {
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
    let report = if request.report { Some(written(&validation, dir)?) } else { None };
    Ok(response(validation, &shapes, report))
}

fn written(validation: &Validation, dir: &Path) -> Result<PathBuf, Refusal> {
    let path = dir.join("report.ttl");
    std::fs::write(&path, validation.report(None, Syntax::Turtle)?).map_err(|error| {
        internal(
            "file-unwritable",
            "report.ttl",
            "filen kunde inte skrivas",
            "the file could not be written",
            error,
        )
    })?;
    Ok(path)
}

fn response(validation: Validation, shapes: &Shapes, report: Option<PathBuf>) -> ShaclResponse {
    let mut findings: Vec<Finding> = validation.results.iter().map(super::Found::finding).collect();
    findings.extend(validation.left_out.iter().map(super::LeftOut::finding));
    if validation.cut {
        findings.insert(0, cut(&validation));
    }
    if validation.judged == 0 {
        findings.push(nothing_judged(shapes));
    }
    let datasets = validation.datasets.into_iter();
    ShaclResponse {
        conforms: validation.conforms,
        counts: validation.counts,
        total: validation.total,
        cut: validation.cut,
        findings,
        judged: validation.judged,
        datasets: datasets.map(|(dataset, holds)| Compliance { dataset, holds }).collect(),
        shapes: shapes.files().iter().map(|file| (file.name.clone(), file.sha256)).collect(),
        report,
    }
}

fn cut(validation: &Validation) -> Finding {
    let (kept, all) = (validation.results.len(), validation.total);
    Finding::new(
        "shacl-cut",
        Severity::Info,
        "shacl",
        Text::new(
            format!("rapporten är avkortad: {kept} av minst {all} resultat visas, de allvarligaste först"),
            format!("the report is cut short: {kept} of at least {all} results are shown, the gravest first"),
        ),
    )
    .evidence(format!("{kept}/{all}"))
}

fn nothing_judged(shapes: &Shapes) -> Finding {
    let targeted = shapes.targeted();
    Finding::new(
        "shacl-nothing-judged",
        Severity::Info,
        "shacl",
        Text::new(
            format!("ingen av de {targeted} formerna gäller något i katalogen: ingenting prövades"),
            format!("none of the {targeted} shapes is about anything in the catalogue: nothing was tried"),
        ),
    )
}
