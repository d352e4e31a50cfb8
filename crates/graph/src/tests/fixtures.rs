//! All real catalogues: read or refused with the reason that `SOURCES.md` leads one to expect.

use super::{outcome, read_with, shared};

const POLLS: &str = "https://github.com/MansMeg/SwedishPolls";

/// File, triples or refusal, datasets, findings that must be among those given.
///
/// Counted as `SOURCES.md` does: statements as written, of which some stand twice (six in the polls, fifty in Molinella).
const CATALOGUES: &[(&str, &str, usize, &[&str])] = &[
    ("swedish-polls.dcat-ap.rdf", "49", 1, &["iri-two-roles", "language-tag"]),
    (
        "luftfartygsregistret.dcat-ap.rdf",
        "68",
        1,
        &["publisher-not-described", "contact-not-described"],
    ),
    ("soch-dcat-ap.ttl", "57", 1, &["blank-node", "language-tag", "syntax-not-rdfxml"]),
    ("digg-rekommenderat.rdf", "67", 1, &["untagged-literal"]),
    ("digg-rekommenderat.ttl", "67", 1, &["untagged-literal", "syntax-not-rdfxml"]),
    ("molinella.catalog.rdf", "relative-iri", 0, &[]),
    (
        "E_DCAT-AP-ES_Catalog_NSIP.rdf",
        "425",
        6,
        &["publisher-not-described", "byte-size-datatype"],
    ),
    ("hvd-example-ms_catalogue_hvd.ttl", "46", 1, &["catalogue-missing"]),
    ("hvd-example-map_licenses.ttl", "4", 0, &["catalogue-missing"]),
    ("hvd-example-restrict_licenses.ttl", "14", 2, &["distribution-not-described"]),
    ("dcat-ap-example-dataset-series-combined.ttl", "syntax", 0, &[]),
    ("DCAT-AP-NO2.0-examples.ttl", "204", 1, &[]),
];

#[test]
fn every_real_catalogue_is_read_or_refused_with_its_reason() {
    let Some(folder) = shared("fixtures/real/catalogs") else { return };
    let dir = tempfile::tempdir().unwrap();
    let mut wrong = Vec::new();
    for (file, triples, datasets, findings) in CATALOGUES {
        let bytes = std::fs::read(folder.join(file)).unwrap();
        let started = std::time::Instant::now();
        let read = read_with(bytes, dir.path(), |request| {
            request.address = format!("https://fixtures.example/{file}")
        });
        let took = started.elapsed();
        let (seen, count, ids) = match &read {
            Ok(read) => {
                let all = read.findings.iter().chain(&read.view.findings);
                let mut ids: Vec<&str> = all.map(|finding| finding.id.as_str()).collect();
                ids.sort_unstable();
                ids.dedup();
                (read.statements.to_string(), read.view.datasets.len(), ids)
            }
            Err(refusal) => (refusal.id.clone(), 0, Vec::new()),
        };
        println!("{file}: {seen}, {count} datasets, {took:?}, {ids:?}");
        if seen != *triples || count != *datasets || findings.iter().any(|id| !ids.contains(id)) {
            wrong.push(format!(
                "{file}: expected {triples}, {datasets}, {findings:?}; saw {seen}, {count}, {ids:?}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let listed: Vec<&str> = CATALOGUES.iter().map(|(file, ..)| *file).collect();
    for entry in std::fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(listed.contains(&name.as_str()), "{name} is not in the table");
    }
}

#[test]
fn one_graph_in_two_syntaxes_is_one_snapshot() {
    let Some(folder) = shared("fixtures/real/catalogs") else { return };
    let dir = tempfile::tempdir().unwrap();
    let digest = |file: &str| {
        let read = read_with(std::fs::read(folder.join(file)).unwrap(), dir.path(), |_| {}).unwrap();
        (read.sha256, read.entities)
    };
    assert_eq!(digest("digg-rekommenderat.rdf"), digest("digg-rekommenderat.ttl"));
}

#[test]
fn molinella_is_harvestable_when_its_source_states_a_base() {
    let Some(folder) = shared("fixtures/real/catalogs") else { return };
    let dir = tempfile::tempdir().unwrap();
    let bytes = std::fs::read(folder.join("molinella.catalog.rdf")).unwrap();
    let refusal = read_with(&bytes, dir.path(), |_| {}).unwrap_err();
    assert_eq!(refusal.position.unwrap().line, 10, "{refusal:?}");
    assert!(refusal.message.en.contains("`c_f288`") && refusal.hint.is_some(), "{refusal:?}");
    let read = read_with(&bytes, dir.path(), |request| {
        request.base = Some("https://raw.githubusercontent.com/ComuneMolinella/opendata/refs/heads/main/".into())
    })
    .unwrap();
    assert_eq!((read.statements, read.triples, read.view.datasets.len()), (217, 167, 3));
    let ids: Vec<&str> = read
        .findings
        .iter()
        .chain(&read.view.findings)
        .map(|finding| finding.id.as_str())
        .collect();
    for id in ["relative-iri", "empty-licence", "blank-node", "literal-for-iri", "untagged-literal"] {
        assert!(ids.contains(&id), "{id} in {ids:?}");
    }
    let schools = read.view.datasets.iter().find(|one| one.id.as_str().ends_with("/scuole")).unwrap();
    assert!(
        schools
            .distributions
            .iter()
            .any(|one| one.address().is_some_and(|url| url.ends_with("Scuole.csv"))),
        "{:?}",
        schools.distributions
    );
}

#[test]
fn the_polls_iri_is_four_things_and_all_are_kept() {
    let Some(folder) = shared("fixtures/real/catalogs") else { return };
    let dir = tempfile::tempdir().unwrap();
    let read = read_with(std::fs::read(folder.join("swedish-polls.dcat-ap.rdf")).unwrap(), dir.path(), |_| {}).unwrap();
    let classes: Vec<&str> = read
        .entities
        .iter()
        .filter(|one| one.iri == POLLS)
        .map(|one| one.class.as_str())
        .collect();
    assert_eq!(classes, ["agent", "catalogue", "contact", "dataset"]);
    let dataset = &read.view.datasets[0];
    assert_eq!(
        (dataset.id.as_str(), dataset.distributions.len(), dataset.keyword.0.len()),
        (POLLS, 1, 4)
    );
    assert_eq!(dataset.distributions[0].format[0].as_str(), "text/csv");
    let finding = read.view.findings.iter().find(|one| one.id == "iri-two-roles").unwrap();
    assert_eq!(finding.focus, POLLS);
    assert_eq!(outcome(crate::view_of(&read.nquads)), "accepted");
}
