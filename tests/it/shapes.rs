//! `fyr check` and `fyr mqa` by SHACL shapes: in a worker, in every form of report, with the exit codes and the JSON shapes of the contract.

use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::shape;
use crate::support::{FYR, shared, text};

const FORMATS: [&str; 7] = ["text", "json", "html", "ttl", "sarif", "junit", "gitlab"];

const HEAD: &str = "@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix dcat: <http://www.w3.org/ns/dcat#> . \
    @prefix dcterms: <http://purl.org/dc/terms/> . @prefix ex: <https://exempelby.example/> .\n";

const TITLE: &str =
    "ex:S a sh:NodeShape ; sh:targetClass dcat:Dataset ; sh:property ex:Title .\nex:Title sh:path dcterms:title ; sh:minCount 1 .";

fn fyr(dir: &Path, args: &[&str]) -> (i32, String, String) {
    let output = Command::new(FYR)
        .args(args)
        .args(["--lang", "en"])
        .current_dir(dir)
        .output()
        .unwrap();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

fn json(dir: &Path, args: &[&str]) -> (i32, Value) {
    let (code, out, err) = fyr(dir, &[args, &["--json"]].concat());
    let document: Value = serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {err}"));
    shape::held(&document);
    (code, document)
}

/// A folder with a catalogue of one dataset, without title, and one file of shapes.
fn folder(shapes: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let catalogue = "ex:k a dcat:Catalog ; dcterms:title \"K\"@sv ;\n  dcat:dataset ex:d .\n\nex:d a dcat:Dataset .\n";
    std::fs::write(dir.path().join("katalog.ttl"), format!("{HEAD}{catalogue}")).unwrap();
    std::fs::create_dir(dir.path().join("former")).unwrap();
    std::fs::write(dir.path().join("former/egna.ttl"), format!("{HEAD}{shapes}")).unwrap();
    dir
}

fn findings(document: &Value) -> &Vec<Value> {
    document["findings"].as_array().unwrap()
}

#[test]
fn a_catalogue_is_tried_by_the_shapes_that_are_given_and_by_nothing_else() {
    let dir = folder(TITLE);
    let configured = "[check.profiles]\n\"dcat-ap-xx\" = \"former\"\n";
    for words in [
        &["check", "katalog.ttl", "--shapes", "former/egna.ttl"][..],
        &["check", "katalog.ttl", "--profile", "former"],
        &["check", "katalog.ttl", "--profile", "dcat-ap-xx"],
        &["check", "katalog.ttl", "--profile", "dcat-ap-yy"],
        &["check", "katalog.ttl", "--profile", "dcat-ap-yy@3.0.10"],
    ] {
        if words[3].starts_with("dcat") {
            std::fs::write(dir.path().join("fyr.toml"), configured).unwrap();
            for version in ["3.0.9", "3.0.10"] {
                let place = dir.path().join(format!("shapes/dcat-ap-yy-{version}"));
                std::fs::create_dir_all(&place).unwrap();
                let target = if version == "3.0.9" {
                    TITLE.replace("Dataset", "Catalog")
                } else {
                    TITLE.to_owned()
                };
                std::fs::write(place.join("yy.ttl"), format!("{HEAD}{target}")).unwrap();
            }
        }
        let (code, document) = json(dir.path(), words);
        assert_eq!(code, 1, "{words:?}");
        assert_eq!(
            (&document["conforms"], &document["counts"]["violation"]),
            (&false.into(), &1.into()),
            "{words:?}"
        );
        assert!(
            document.get("harvested_by_dataportal").is_none(),
            "the portal's rules were not tried"
        );
        let [title] = findings(&document).as_slice() else {
            panic!("{document:#}")
        };
        assert_eq!(
            (title["id"].as_str(), title["source_shape"].as_str()),
            (Some("shacl-min-count"), Some("https://exempelby.example/Title"))
        );
        assert_eq!(
            (title["path"].as_str(), title["focus"].as_str()),
            (Some("http://purl.org/dc/terms/title"), Some("https://exempelby.example/d"))
        );
        assert_eq!((&title["position"]["line"], &title["position"]["column"]), (&5.into(), &1.into()));
        assert_eq!(title["file"], "katalog.ttl");
        assert_eq!(document["rules"].as_array().unwrap().len(), 1);
    }
    std::fs::write(
        dir.path().join("katalog.ttl"),
        format!("{HEAD}ex:d a dcat:Dataset ; dcterms:title \"T\" ."),
    )
    .unwrap();
    let (code, document) = json(dir.path(), &["check", "katalog.ttl", "--shapes", "former/egna.ttl"]);
    assert_eq!((code, &document["conforms"]), (0, &true.into()));
}

#[test]
fn every_form_of_report_shows_what_shapes_found_and_where() {
    let dir = folder(&format!("{TITLE}\nex:S sh:property ex:Gone ."));
    for format in FORMATS {
        let (code, out, err) = fyr(
            dir.path(),
            &["check", "katalog.ttl", "--shapes", "former/egna.ttl", "--format", format],
        );
        assert_eq!(code, 1, "{format}: {err}");
        let place = match format {
            "text" => "katalog.ttl:5:1",
            "json" => "\"line\": 5",
            "html" => "line 5, column 1",
            "ttl" => "fyr:line 5",
            "sarif" => "\"startLine\": 5",
            "junit" => "line=\"5\"",
            _ => "\"begin\": 5",
        };
        for said in [place, "cterms:title is missing", "/Gone", "egna.ttl"] {
            assert!(out.contains(said), "{format}: {said} in {out}");
        }
    }
    let (_, out, _) = fyr(
        dir.path(),
        &["check", "katalog.ttl", "--shapes", "former/egna.ttl", "--format", "ttl"],
    );
    // The link that dangles is told, and is no result about the catalogue.
    assert_eq!(out.matches("sh:ValidationResult").count(), 1, "{out}");
    assert!(
        out.contains("sh:sourceShape <https://exempelby.example/Title>") && out.contains("sh:MinCountConstraintComponent"),
        "{out}"
    );
    let (code, document) = json(
        dir.path(),
        &["check", "katalog.ttl", "--shapes", "former/egna.ttl", "--fail-on", "never"],
    );
    let dangling = findings(&document).iter().find(|one| one["id"] == "shapes-dangling").unwrap();
    assert_eq!(
        (code, dangling["file"].as_str(), dangling["severity"].as_str()),
        (0, Some("former/egna.ttl"), Some("info"))
    );
}

#[test]
fn findings_of_two_shapes_are_told_apart_by_baseline_and_bound() {
    let shapes: String = (0..6)
        .map(|n| format!("ex:S{n} a sh:NodeShape ; sh:targetClass dcat:Dataset ; sh:property [ sh:path ex:p{n} ; sh:minCount 1 ] .\n"))
        .collect();
    let dir = folder(&shapes);
    let datasets: String = (0..2_500).map(|n| format!("ex:d{n} a dcat:Dataset .\n")).collect();
    std::fs::write(dir.path().join("katalog.ttl"), format!("{HEAD}{datasets}")).unwrap();
    let words = ["check", "katalog.ttl", "--shapes", "former/egna.ttl"];
    let (code, document) = json(dir.path(), &words);
    assert_eq!(
        (code, &document["counts"]["violation"], &document["gate"]["failing"]),
        (1, &15_000.into(), &15_000.into())
    );
    let left: u64 = document["left_out"]
        .as_array()
        .unwrap()
        .iter()
        .map(|left| left["count"].as_u64().unwrap())
        .sum();
    assert_eq!(left + findings(&document).len() as u64, 15_000);
    let of_each: std::collections::BTreeSet<&str> = findings(&document)
        .iter()
        .map(|one| one["source_shape"].as_str().unwrap())
        .collect();
    assert_eq!(
        (of_each.len(), document["left_out"].as_array().unwrap().len()),
        (6, 6),
        "no shape disappears"
    );
    let (_, shown, _) = fyr(dir.path(), &words);
    assert!(
        shown.contains("findings had no room") && shown.matches("is missing").count() == 6,
        "{shown}"
    );
    // All of them make a baseline, with which nothing is new.
    let (_, all, _) = fyr(dir.path(), &[&words[..], &["--json", "--max-findings", "all"]].concat());
    std::fs::write(dir.path().join("old.json"), all).unwrap();
    let (code, document) = json(dir.path(), &[&words[..], &["--baseline", "old.json"]].concat());
    assert_eq!((code, &document["gate"]["known"]), (0, &15_000.into()));
}

#[test]
fn shapes_that_are_not_used_end_with_2_and_say_where() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let service = format!("SERVICE <http://{}/> {{ ?s ?p ?o }}", listener.local_addr().unwrap());
    let hostile = format!(
        "ex:S a sh:NodeShape ; sh:targetClass dcat:Dataset ;\n sh:sparql [ sh:select \"\"\"SELECT $this WHERE {{ {service} }}\"\"\" ] ."
    );
    let broken = "ex:S a sh:NodeShape ;\n sh:property [ sh:path ex:p ;;; sh:minCount } .";
    let ring = "ex:A a sh:NodeShape ; sh:targetClass dcat:Dataset ;\n sh:property [ sh:path ex:p ; sh:node ex:A ] .";
    for (shapes, place, word) in [
        (hostile.as_str(), "(3:", "SERVICE"),
        (broken, "(3:", "syntax"),
        (ring, "(2:", "exempelby.example/A"),
    ] {
        let dir = folder(shapes);
        let words = ["katalog.ttl", "--shapes", "former/egna.ttl"];
        for command in ["check", "mqa"] {
            let (code, _, err) = fyr(dir.path(), &[&[command], &words[..]].concat());
            assert_eq!(code, 2, "{err}");
            assert!(
                err.contains(&format!("former/egna.ttl {place}")) && err.contains(word),
                "{command}: {err}"
            );
        }
    }
    assert!(listener.accept().is_err(), "somebody connected");
    let dir = folder(TITLE);
    for words in [
        &["check", "katalog.ttl", "--shapes", "saknas.ttl"][..],
        &["check", "katalog.ttl", "--shapes", "katalog.ttl"],
        &["check", "katalog.ttl", "--profile", "dcat-ap-se", "--shapes", "former/egna.ttl"],
    ] {
        assert_eq!(fyr(dir.path(), words).0, 2, "{words:?}");
    }
    for official in ["dcat-ap", "dcat-ap-hvd", "dcat-ap-no", "dcat-ap-fi@1.0"] {
        let (code, _, err) = fyr(dir.path(), &["check", "katalog.ttl", "--profile", official]);
        assert_eq!(code, 2, "{err}");
        assert!(
            err.contains("no part of the program") && err.contains("hint: fetch them from") && err.contains("[check.profiles]"),
            "{err}"
        );
    }
}

#[test]
fn a_profile_folder_names_its_shapes_and_they_are_tried_beside_its_rules() {
    let dir = folder(TITLE);
    let head = "id = \"xx\"\nprofile = \"dcat-ap-xx\"\nversion = \"2\"\nshapes = [\"egna.ttl\"]\n";
    std::fs::write(dir.path().join("former/profile.toml"), head).unwrap();
    let (code, document) = json(dir.path(), &["check", "katalog.ttl", "--profile", "former"]);
    assert_eq!((code, document["profile"].as_str()), (1, Some("dcat-ap-xx@2")));
    assert_eq!(findings(&document).len(), 1);
    for file in std::fs::read_dir(crate::support::root().join("dcat-ap-se/3.0.1")).unwrap() {
        let path = file.unwrap().path();
        std::fs::copy(&path, dir.path().join("former").join(path.file_name().unwrap())).unwrap();
    }
    let path = dir.path().join("former/profile.toml");
    let head = std::fs::read_to_string(&path)
        .unwrap()
        .replace("shape_base =", "shapes = [\"egna.ttl\"]\nshape_base =");
    std::fs::write(&path, head).unwrap();
    let (_, document) = json(dir.path(), &["check", "katalog.ttl", "--profile", "former"]);
    let ids: Vec<&str> = findings(&document).iter().map(|one| one["id"].as_str().unwrap()).collect();
    assert!(
        ids.contains(&"shacl-min-count") && ids.contains(&"dataset-title-missing"),
        "{ids:?}"
    );
    assert_eq!(document["harvested_by_dataportal"], true);
}

#[test]
fn a_shape_of_our_own_carries_its_rule() {
    let dir = folder("");
    std::fs::copy(
        crate::support::root().join("dcat-ap-se/3.0.1/shapes.ttl"),
        dir.path().join("former/egna.ttl"),
    )
    .unwrap();
    let (_, document) = json(dir.path(), &["check", "katalog.ttl", "--shapes", "former/egna.ttl"]);
    let title = findings(&document).iter().find(|one| one["id"] == "dataset-title-missing").unwrap();
    assert_eq!(title["component"], "http://www.w3.org/ns/shacl#MinCountConstraintComponent");
    assert!(title["fix"]["sv"].is_string() && title["who"]["sv"].is_string(), "{title:#}");
}

fn compliance(document: &Value) -> Vec<(Value, Value)> {
    let metric = |dataset: &Value| {
        let metrics = dataset["metrics"].as_array().unwrap();
        let found = metrics
            .iter()
            .find(|one| one["id"].as_str().unwrap().ends_with("dcatApCompliance"))
            .unwrap();
        (found["passed"].clone(), found["points"].clone())
    };
    document["datasets"].as_array().unwrap().iter().map(metric).collect()
}

#[test]
fn the_points_for_shapes_are_won_lost_or_not_measured() {
    let dir = folder(TITLE);
    let datasets = "ex:k a dcat:Catalog ; dcat:dataset ex:a , ex:b . ex:a a dcat:Dataset ; dcterms:title \"A\"@sv . ex:b a dcat:Dataset .";
    std::fs::write(dir.path().join("katalog.ttl"), format!("{HEAD}{datasets}")).unwrap();
    let (_, without) = json(dir.path(), &["mqa", "katalog.ttl"]);
    assert_eq!(compliance(&without), [(Value::Null, 0.into()), (Value::Null, 0.into())]);
    let (code, with) = json(dir.path(), &["mqa", "katalog.ttl", "--shapes", "former/egna.ttl"]);
    assert_eq!(
        (code, compliance(&with)),
        (0, vec![(true.into(), 30.into()), (false.into(), 0.into())])
    );
    let total = |document: &Value, at: usize| document["datasets"][at]["total"].as_u64().unwrap();
    assert_eq!((total(&with, 0) - total(&without, 0), total(&with, 1)), (30, total(&without, 1)));
    let packs = with["rules"].as_array().unwrap();
    assert!(
        packs
            .iter()
            .any(|pack| pack["id"] == "former/egna.ttl" && pack["sha256"].as_str().unwrap().len() == 64)
    );
    // The Swedish portal has no such service.
    let (_, swedish) = json(
        dir.path(),
        &["mqa", "katalog.ttl", "--variant", "se", "--shapes", "former/egna.ttl"],
    );
    assert_eq!(compliance(&swedish)[0], (Value::Null, 0.into()));
    // The profile's own shapes.
    let (_, own) = json(dir.path(), &["mqa", "katalog.ttl", "--profile", "dcat-ap-se"]);
    assert_eq!(compliance(&own), [(false.into(), 0.into()), (false.into(), 0.into())]);
    // Shapes about nothing measure nothing.
    std::fs::write(
        dir.path().join("former/egna.ttl"),
        format!("{HEAD}{}", TITLE.replace("dcat:Dataset", "ex:Nothing")),
    )
    .unwrap();
    let (code, _, err) = fyr(dir.path(), &["mqa", "katalog.ttl", "--shapes", "former/egna.ttl"]);
    assert!(code == 2 && err.contains("about nothing"), "{err}");
}

#[test]
fn the_official_shapes_are_a_profile_and_their_dangling_links_are_named() {
    let (Some(shapes), Some(catalogue)) = (
        shared("shapes/dcat-ap-3.0.1"),
        shared("fixtures/real/catalogs/digg-rekommenderat.rdf"),
    ) else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let (shapes, catalogue) = (shapes.to_str().unwrap(), catalogue.to_str().unwrap());
    let (_, document) = json(dir.path(), &["check", catalogue, "--profile", shapes]);
    assert_eq!(
        (document["profile"].as_str(), document["rules"].as_array().unwrap().len()),
        (Some("dcat-ap-3.0.1"), 2)
    );
    let dangling = findings(&document).iter().filter(|one| one["id"] == "shapes-dangling");
    assert_eq!(
        dangling.filter(|one| one["file"].as_str().unwrap().ends_with("ranges.ttl")).count(),
        5
    );
    let results = findings(&document)
        .iter()
        .filter(|one| one["id"].as_str().unwrap().starts_with("shacl-"));
    // As many as pySHACL 0.40 finds (scripts/compare-shacl.py).
    assert!(results.clone().count() == 9 && results.clone().any(|one| one["position"]["line"].as_u64().is_some()));
    let (_, scored) = json(dir.path(), &["mqa", catalogue, "--profile", shapes]);
    assert!(compliance(&scored)[0].0.is_boolean());
}
