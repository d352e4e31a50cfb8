//! A release for an experiment: its purpose and its evidence go with it, and after its last day it is neither served nor made again.

use std::path::{Path, PathBuf};

use chrono::{Duration, Utc};
use serde_json::Value;

use crate::shape;
use crate::support::{Workspace, text};

const CATALOGUE: &str = r#"@prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix dct: <http://purl.org/dc/terms/> . @prefix foaf: <http://xmlns.com/foaf/0.1/> .
<https://source.example/catalogue> a dcat:Catalog ; dct:title "Katalog"@sv ; dct:description "En katalog"@sv ; dct:publisher <https://source.example/org> ;
  dct:license <http://creativecommons.org/publicdomain/zero/1.0/> ; dcat:dataset <https://source.example/d/trad> .
<https://source.example/org> a foaf:Agent ; foaf:name "Testmyndigheten"@sv .
<https://source.example/d/trad> a dcat:Dataset ; dct:title "Träd"@sv ; dct:description "Påhittade träd."@sv ; dct:publisher <https://source.example/org> ;
  dcat:distribution <https://source.example/d/trad/csv> .
<https://source.example/d/trad/csv> a dcat:Distribution ; dcat:accessURL <https://source.example/trad.csv> ; dcat:downloadURL <https://source.example/trad.csv> ;
  dct:format "text/csv" ; dct:license <http://creativecommons.org/publicdomain/zero/1.0/> .
"#;

fn workspace(until: &str) -> Workspace {
    let workspace = Workspace::new("[fetch.mirror]\n\"https://source.example/\" = \"www/\"\n");
    workspace.source("kalla", "dcat.ttl");
    workspace.write("www/dcat.ttl", CATALOGUE);
    let rows: String = (0..40).map(|row| format!("{row};{}\n", ["björk", "gran"][row % 2])).collect();
    workspace.write("www/trad.csv", format!("id;slag\n{rows}"));
    pipeline(&workspace, until);
    assert!(workspace.fyr(&["harvest", "kalla"]).status.success());
    workspace
}

fn pipeline(workspace: &Workspace, until: &str) {
    let sandbox = format!("sandbox = {{ purpose = {{ sv = \"prova matchning\", en = \"try matching\" }}, until = {until} }}\n");
    let head = "source = \"kalla\"\ndataset = \"https://source.example/d/trad\"\n";
    let policy = "[policy.columns]\nid = \"plain\"\nslag = \"plain\"\n";
    workspace.write("pipelines/trad.toml", format!("{head}{sandbox}{policy}"));
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn release(workspace: &Workspace) -> PathBuf {
    workspace.path().join("published/trad/1.0.0")
}

#[test]
fn an_experiment_carries_its_purpose_and_evidence_until_its_last_day() {
    let until = (Utc::now().date_naive() + Duration::days(30)).to_string();
    let workspace = workspace(&until);
    assert!(workspace.fyr(&["curate", "trad"]).status.success());
    workspace.sign("trad");
    let published = workspace.fyr(&["publish", "trad"]);
    assert!(published.status.success(), "{}", text(&published.stderr));
    let dir = release(&workspace);
    let pack = json(&dir.join("evidence.json"));
    shape::held(&pack);
    assert_eq!(
        (&pack["sandbox"]["purpose"]["en"], &pack["sandbox"]["until"]),
        (&"try matching".into(), &until.as_str().into())
    );
    assert_eq!(pack["decisions"].as_array().unwrap().len(), 3);
    assert!(std::fs::read_to_string(dir.join("README.md")).unwrap().contains("try matching"));
    let (code, verified) = workspace.json(&["verify", dir.to_str().unwrap()]);
    assert_eq!(code, 0, "{verified}");

    let portal = workspace.serve();
    let (status, page) = portal.get("/datasets/trad?lang=sv");
    assert_eq!(status, 200);
    assert!(text(&page).contains("Sandlåda") && text(&page).contains("prova matchning"));
    assert!(text(&portal.get("/catalog.ttl").1).contains("/datasets/trad"));
    assert_eq!(portal.get("/datasets/trad/1.0.0/evidence.json").0, 200);
    drop(portal);

    // The day after the last one: as if the release had been made for a day that has passed.
    let manifest = dir.join("manifest.json");
    let past = std::fs::read_to_string(&manifest).unwrap().replace(&until, "2024-02-29");
    std::fs::write(&manifest, past).unwrap();
    let portal = workspace.serve();
    for path in [
        "/datasets/trad",
        "/datasets/trad/1.0.0",
        "/datasets/trad/1.0.0/evidence.json",
        "/datasets/trad.ttl",
    ] {
        let (status, body) = portal.get(path);
        assert_eq!(status, 410, "{path}: {}", text(&body));
    }
    assert!(!text(&portal.get("/catalog.ttl").1).contains("/datasets/trad"));
}

#[test]
fn after_its_last_day_an_experiment_is_not_made_again() {
    let workspace = workspace("2024-02-29");
    let (code, document) = workspace.json(&["curate", "trad"]);
    shape::held(&document);
    assert_eq!((code, &document["runs"][0]["refused_because"]["id"]), (1, &"sandbox-ended".into()));
    workspace.write(
        "pipelines/trad.toml",
        "source = \"kalla\"\ndataset = \"https://source.example/d/trad\"\nsandbox = { purpose = \" \", until = 2027-01-01 }\n",
    );
    let output = workspace.fyr(&["curate", "trad"]);
    assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
}
