//! The report as RDF: what `graph` writes, given what it needs.

use fyr_graph::shacl::is_about_shapes;
use fyr_graph::write::{ValidationReport, ValidationResult, validation};
use fyr_model::Refusal;

use super::checked::{Checked, Reported};
use crate::workspace::internal;

/// One document with a `sh:ValidationReport` for each input.
pub(super) fn document(all: &[Checked]) -> Result<String, Refusal> {
    let reports: Vec<ValidationReport<'_>> = all.iter().map(report).collect();
    String::from_utf8(validation(&reports)).map_err(|error| internal("ttl", &error))
}

fn report(checked: &Checked) -> ValidationReport<'_> {
    ValidationReport {
        about: about(checked),
        profile: &checked.profile,
        harvested: checked.harvested,
        follows: checked.conforms,
        left_out: checked.left_out_total(),
        remarks: checked
            .findings
            .iter()
            .filter(|one| about_shapes(one))
            .map(|one| &one.finding.message)
            .collect(),
        results: checked
            .findings
            .iter()
            .filter(|one| !about_shapes(one))
            .map(|one| ValidationResult {
                finding: &one.finding,
                whole: one.whole,
                file: &one.file,
                fingerprint: &one.fingerprint,
                state: match one.state {
                    super::checked::State::New => "new",
                    super::checked::State::Known => "known",
                    super::checked::State::Ignored => "ignored",
                },
            })
            .collect(),
    }
}

fn about_shapes(one: &Reported) -> bool {
    is_about_shapes(&one.finding)
}

/// An address, or the bytes: a file of this machine is named by what it holds, not by where it lies.
fn about(checked: &Checked) -> Option<String> {
    let reference = checked.reference.as_ref()?;
    if reference.iri.starts_with("https://") || reference.iri.starts_with("http://") {
        return Some(reference.iri.clone());
    }
    reference.sha256.map(|sha256| format!("urn:sha256:{sha256}"))
}
