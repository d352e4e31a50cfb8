//! The official DCAT-AP shapes on the real catalogues: by record as on the whole graph, dangling links named, and what a dataset costs.

use std::path::Path;

use fyr_model::limits::GraphLimits;

use super::super::records::Records;
use super::super::{Background, Data, Shapes, ShapesDocument};
use crate::tests::shared;

/// The catalogues that do not parse: a syntax error, and relative IRIs without a base.
const REFUSED: &[&str] = &["dcat-ap-example-dataset-series-combined.ttl", "molinella.catalog.rdf"];

fn official(folder: &Path, files: &[&str]) -> Shapes {
    official_by(folder, files, Shapes::read)
}

fn official_by(folder: &Path, files: &[&str], read: super::Read) -> Shapes {
    let texts: Vec<(String, Vec<u8>)> = files
        .iter()
        .map(|file| ((*file).to_owned(), std::fs::read(folder.join(file)).unwrap()))
        .collect();
    let documents: Vec<ShapesDocument<'_>> = texts.iter().map(|(name, bytes)| super::document(bytes, name)).collect();
    read(&documents, &GraphLimits::default()).unwrap()
}

fn catalogues(folder: &Path) -> Vec<(String, Data)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let base = (name == "molinella.catalog.rdf").then_some("https://molinella.example/");
        match Data::read(&std::fs::read(&path).unwrap(), None, &name, base, &GraphLimits::default()) {
            Ok(data) => found.push((name, data)),
            Err(refusal) => assert!(REFUSED.contains(&name.as_str()), "{name}: {refusal:?}"),
        }
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found
}

#[test]
fn records_give_the_results_of_the_whole_graph() {
    let (Some(shapes), Some(folder)) = (shared("shapes/dcat-ap-3.0.1/shacl"), shared("fixtures/real/catalogs")) else {
        return;
    };
    let files = &["dcat-ap-SHACL.ttl", "ranges.ttl"];
    let (shapes, witness) = (official(&shapes, files), official_by(&shapes, files, Shapes::by_library));
    println!("{} links left out", shapes.left_out().len());
    shapes
        .left_out()
        .iter()
        .for_each(|one| println!("  {:?} {} -> {}", one.why, one.shape, one.target));
    assert!(!shapes.left_out().is_empty(), "3.0.1 has links that dangle");
    let catalogues = catalogues(&folder);
    assert!(catalogues.len() >= 10);
    for (name, data) in catalogues {
        for background in [None, Some(Background::bundled())] {
            let data = data.clone().with_background(background);
            let started = std::time::Instant::now();
            let records = Records::of(&data, &shapes, false);
            let cut = shapes.judged(&data, &records, usize::MAX / 4).unwrap();
            let took = started.elapsed();
            let whole = shapes.judged(&data, &Records::of(&data, &shapes, true), usize::MAX / 4).unwrap();
            println!(
                "{name}: {} triples, {} records, {} judged, {} violations, {} unknown, {took:?}",
                data.len(),
                records.len(),
                cut.judged,
                cut.counts.violation,
                cut.results.iter().filter(|one| one.undescribed).count(),
            );
            assert_eq!(cut.results, whole.results, "{name}");
            assert_eq!(cut.datasets, whole.datasets, "{name}");
            super::both_walks_agree(&name, &cut, &witness.validate_up_to(&data, usize::MAX / 4).unwrap());
        }
    }
}

#[test]
fn every_official_shapes_file_is_read() {
    for (folder, files) in [
        (
            "shapes/dcat-ap-2.1.1",
            &[
                "dcat-ap_2.1.1_shacl_shapes.ttl",
                "dcat-ap_2.1.1_shacl_range.ttl",
                "dcat-ap_2.1.1_shacl_shapes_recommended.ttl",
                "dcat-ap_2.1.1_shacl_mdr-vocabularies.shape.ttl",
            ][..],
        ),
        (
            "shapes/dcat-ap-3.0.1/html-shacl",
            &["shapes.ttl", "range.ttl", "shapes_recommended.ttl", "mdr-vocabularies.shape.ttl"][..],
        ),
        ("shapes/dcat-ap-hvd-3.0.0/shacl", &["hvd-SHACL.ttl"][..]),
        ("shapes/dcat-ap-hvd-3.0.0/html", &["hvd-SHACL-full.ttl"][..]),
        ("shapes/dcat-ap-hvd-3.0.0/html", &["hvd-SHACL-base.ttl", "hvd-SHACL-ranges.ttl"][..]),
        ("shapes/dcat-ap-hvd-2.2.0", &["hvd-SHACL-full.ttl", "hvd-SHACL-ranges.ttl"][..]),
    ] {
        let Some(path) = shared(folder) else { return };
        let shapes = official(&path, files);
        println!("{folder}: {} with targets, {} left out", shapes.targeted(), shapes.left_out().len());
        assert!(shapes.targeted() > 0);
    }
}

/// HVD 3.0.0's usage notes give one shape another node kind than its full file does: together they have no meaning, and that is said.
#[test]
fn files_that_contradict_each_other_are_refused_by_shape_and_line() {
    let Some(folder) = shared("shapes/dcat-ap-hvd-3.0.0/html") else {
        return;
    };
    let texts = ["hvd-SHACL-full.ttl", "hvd-SHACL-usagenotes.ttl"].map(|file| (file, std::fs::read(folder.join(file)).unwrap()));
    let documents = texts.each_ref().map(|(name, bytes)| super::document(bytes, name));
    let refusal = Shapes::read(&documents, &GraphLimits::default()).unwrap_err();
    assert_eq!(refusal.id, "shapes-invalid");
    assert!(
        refusal.message.en.contains("sh:nodeKind") && refusal.position.is_some(),
        "{refusal:?}"
    );
}

/// Ten times as many datasets cost ten times as much: nothing that is done for one grows with the catalogue.
#[test]
fn the_cost_of_a_dataset_is_flat() {
    let shape = "ex:S a sh:NodeShape ; sh:targetClass dcat:Dataset ; sh:property [ sh:path dcterms:title ; sh:minCount 1 ] , \
        [ sh:path dcat:distribution ; sh:class dcat:Distribution ; sh:node [ sh:property [ sh:path dcat:accessURL ; sh:maxCount 1 ] ] ] , \
        [ sh:path [ sh:inversePath dcat:dataset ] ; sh:minCount 1 ] .";
    let shapes = super::shapes(shape).unwrap();
    let each = |datasets: usize| {
        let mut text = String::from(super::HEAD);
        for number in 0..datasets {
            text.push_str(&format!(
                "ex:k dcat:dataset ex:d{number} . ex:d{number} a dcat:Dataset ; dcterms:title \"t{number}\" ; dcat:distribution ex:x{number} . \
                 ex:x{number} a dcat:Distribution ; dcat:accessURL <https://exempelby.example/{number}.csv> .\n"
            ));
        }
        let data = Data::read(text.as_bytes(), None, "katalog.ttl", None, &GraphLimits::default()).unwrap();
        let started = std::time::Instant::now();
        let found = shapes.validate(&data).unwrap();
        assert!(found.conforms, "{:?}", found.results.first());
        assert_eq!(found.datasets.len(), datasets);
        started.elapsed().as_secs_f64() / datasets as f64
    };
    each(200);
    let (few, many) = (each(500), each(5_000));
    println!("{:.1} us a dataset of 500, {:.1} us of 5,000", few * 1e6, many * 1e6);
    assert!(many < few * 6.0, "{few} {many}");
}
