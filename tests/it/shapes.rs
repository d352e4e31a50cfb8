//! `fyr check` by given SHACL shapes: in a worker, with the exit codes and the JSON shape of the contract.

use std::path::Path;
use std::process::Command;

use crate::support::{FYR, text};

const HEAD: &str = "@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix dcat: <http://www.w3.org/ns/dcat#> . \
    @prefix dcterms: <http://purl.org/dc/terms/> . @prefix ex: <https://exempelby.example/> .\n";

fn fyr(dir: &Path, args: &[&str]) -> (i32, String, String) {
    let output = Command::new(FYR).args(args).current_dir(dir).output().unwrap();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

fn folder(shapes: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let catalogue = "ex:k a dcat:Catalog ; dcterms:title \"K\"@sv ; dcat:dataset ex:d . ex:d a dcat:Dataset .";
    std::fs::write(dir.path().join("katalog.ttl"), format!("{HEAD}{catalogue}")).unwrap();
    std::fs::create_dir(dir.path().join("former")).unwrap();
    std::fs::write(dir.path().join("former/egna.ttl"), format!("{HEAD}{shapes}")).unwrap();
    dir
}

const TITLE: &str = "ex:S a sh:NodeShape ; sh:targetClass dcat:Dataset ; sh:property [ sh:path dcterms:title ; sh:minCount 1 ] .";

#[test]
fn a_catalogue_is_tried_by_the_shapes_that_are_given() {
    let dir = folder(TITLE);
    let by_file = ["check", "katalog.ttl", "--json", "--shapes", "former/egna.ttl"];
    let by_folder = ["check", "katalog.ttl", "--json", "--profile", "former"];
    for words in [by_file, by_folder] {
        let (code, out, err) = fyr(dir.path(), &words);
        assert_eq!(code, 1, "{err}");
        let document: serde_json::Value = serde_json::from_str(&out).unwrap();
        assert_eq!(document["conforms"], false);
        assert_eq!(document["counts"]["violation"], 1, "{out}");
        let found: Vec<&serde_json::Value> = document["findings"].as_array().unwrap().iter().collect();
        let title = found.iter().find(|one| one["id"] == "shacl-min-count").unwrap();
        assert_eq!(title["path"], "http://purl.org/dc/terms/title");
        assert_eq!(title["focus"], "https://exempelby.example/d");
        assert_eq!(document["rules"].as_array().unwrap().len(), 1);
    }
    let (code, out, err) = fyr(
        dir.path(),
        &["check", "katalog.ttl", "--format", "ttl", "--shapes", "former/egna.ttl"],
    );
    assert_eq!(code, 1, "{err}");
    assert!(out.contains("sh:ValidationReport") && out.contains("dcterms:title"), "{out}");
}

#[test]
fn shapes_that_are_not_used_end_with_2_and_say_where() {
    let hostile = "ex:S a sh:NodeShape ; sh:targetClass dcat:Dataset ;\n sh:sparql [ sh:select \"\"\"SELECT $this WHERE { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }\"\"\" ] .";
    let dir = folder(hostile);
    let (code, _, err) = fyr(dir.path(), &["check", "katalog.ttl", "--lang", "en", "--shapes", "former/egna.ttl"]);
    assert_eq!(code, 2, "{err}");
    assert!(err.contains("former/egna.ttl (3:") && err.contains("SERVICE"), "{err}");
    for words in [
        &["check", "katalog.ttl", "--shapes", "saknas.ttl"][..],
        &["check", "katalog.ttl", "--profile", "dcat-ap"],
        &["check", "katalog.ttl", "--profile", "dcat-ap-se", "--shapes", "former/egna.ttl"],
        &["check", "katalog.ttl", "--format", "ttl"],
    ] {
        assert_eq!(fyr(dir.path(), words).0, 2, "{words:?}");
    }
}
