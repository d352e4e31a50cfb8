//! Tests of validation: the W3C suite from its manifests, hostile and faulty shapes, real catalogues by record and whole.

mod cases;
mod catalogues;
mod hostile;
mod suite;
mod walks;

use fyr_model::Refusal;
use fyr_model::limits::GraphLimits;

use super::{Background, Data, Shapes, ShapesDocument, Validation};

const HEAD: &str = "@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix ex: <https://exempelby.example/> . \
    @prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix dcterms: <http://purl.org/dc/terms/> . @prefix foaf: <http://xmlns.com/foaf/0.1/> . \
    @prefix skos: <http://www.w3.org/2004/02/skos/core#> . @prefix vcard: <http://www.w3.org/2006/vcard/ns#> . \
    @prefix xsd: <http://www.w3.org/2001/XMLSchema#> . @prefix owl: <http://www.w3.org/2002/07/owl#> .\n";

/// A way to read shapes: for our walk, or for the library's.
type Read = fn(&[ShapesDocument<'_>], &GraphLimits) -> Result<Shapes, Refusal>;

/// The library's walk finds what ours does, as many times.
fn both_walks_agree(name: &str, ours: &Validation, witness: &Validation) {
    let rows = |validation: &Validation| -> Vec<String> {
        let row = |one: &super::Found| {
            format!(
                "{:?} {} {} {} {} {:?} x{}",
                one.severity, one.focus, one.path, one.component, one.source_shape, one.value, one.times
            )
        };
        validation.results.iter().map(row).collect()
    };
    assert_eq!(rows(ours), rows(witness), "{name}");
    assert_eq!(ours.datasets, witness.datasets, "{name}");
}

fn document<'a>(bytes: &'a [u8], name: &'a str) -> ShapesDocument<'a> {
    ShapesDocument {
        bytes,
        media_type: None,
        name,
        base: None,
    }
}

fn shapes(text: &str) -> Result<Shapes, Refusal> {
    let text = format!("{HEAD}{text}");
    Shapes::read(&[document(text.as_bytes(), "former.ttl")], &GraphLimits::default())
}

fn data(text: &str) -> Data {
    let text = format!("{HEAD}{text}");
    Data::read(text.as_bytes(), None, "katalog.ttl", None, &GraphLimits::default()).unwrap()
}

fn validate(shapes_text: &str, data_text: &str) -> Validation {
    shapes(shapes_text).unwrap().validate(&data(data_text)).unwrap()
}

/// The W3C report as `fyr check --format ttl` writes it.
fn report(validation: &Validation) -> String {
    use crate::write::{ValidationReport, ValidationResult};
    let findings: Vec<fyr_model::Finding> = validation.results.iter().map(super::Found::finding).collect();
    let results = findings.iter().map(|finding| ValidationResult {
        finding,
        whole: false,
        file: "katalog.ttl",
        fingerprint: "",
        state: "new",
    });
    let remarks: Vec<fyr_model::Text> = validation.left_out.iter().map(super::LeftOut::text).collect();
    let report = ValidationReport {
        about: None,
        profile: "former.ttl",
        harvested: None,
        follows: validation.counts.violation == 0,
        left_out: validation.beyond.iter().map(|one| one.count).sum(),
        remarks: remarks.iter().collect(),
        results: results.collect(),
    };
    String::from_utf8(crate::write::validation(&[report])).unwrap()
}

/// `focus path component`, short.
fn rows(validation: &Validation) -> Vec<String> {
    let short = |iri: &str| iri.rsplit(['#', '/']).next().unwrap_or_default().replace("ConstraintComponent", "");
    let row = |one: &super::Found| format!("{} {} {}", short(&one.focus), short(&one.path), short(&one.component));
    validation.results.iter().map(row).collect()
}

fn check(shapes_text: &str, data_text: &str, expected: &[&str]) {
    let seen = rows(&validate(shapes_text, data_text));
    assert_eq!(seen, expected, "{data_text}");
}

fn with_background(shapes_text: &str, data_text: &str) -> Validation {
    let data = data(data_text).with_background(Some(Background::bundled()));
    shapes(shapes_text).unwrap().validate(&data).unwrap()
}
