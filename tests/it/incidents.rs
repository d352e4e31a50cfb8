//! A direct identifier in a public file, from discovery to what people judged: the run stops, our copy is wiped, the link is withheld, the
//! publisher gets kind, count and rows, and no value is told anywhere.

use std::path::Path;

use serde_json::Value;

use crate::shape;
use crate::support::{Workspace, text};

const CATALOGUE: &str = r#"@prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix dct: <http://purl.org/dc/terms/> . @prefix foaf: <http://xmlns.com/foaf/0.1/> .
@prefix vcard: <http://www.w3.org/2006/vcard/ns#> .
<https://source.example/catalogue> a dcat:Catalog ; dct:title "Katalog"@sv ; dct:description "En katalog"@sv ; dct:publisher <https://source.example/org> ;
  dct:license <http://creativecommons.org/publicdomain/zero/1.0/> ; dcat:dataset <https://source.example/d/medlemmar> .
<https://source.example/org> a foaf:Agent ; foaf:name "Testmyndigheten"@sv .
<https://source.example/d/medlemmar> a dcat:Dataset ; dct:title "Medlemmar"@sv ; dct:description "Ett register."@sv ; dct:publisher <https://source.example/org> ;
  dcat:contactPoint <https://source.example/person>, <https://source.example/registrator> ; dcat:distribution <https://source.example/d/medlemmar/csv> .
<https://source.example/person> a vcard:Individual ; vcard:fn "Kim Exempel" ; vcard:hasEmail <mailto:kim.exempel@source.example> .
<https://source.example/registrator> a vcard:Organization ; vcard:fn "Registrator" ; vcard:hasEmail <mailto:registrator@source.example> .
<https://source.example/d/medlemmar/csv> a dcat:Distribution ; dcat:accessURL <https://source.example/sida> ;
  dcat:downloadURL <https://source.example/medlemmar.csv> ; dct:format "text/csv" ; dct:license <http://creativecommons.org/publicdomain/zero/1.0/> .
"#;
const PAGE: &str = "/sources/kalla/dataset?lang=en&iri=https%3A%2F%2Fsource.example%2Fd%2Fmedlemmar";
const QUERY: &str = "SELECT ?a WHERE { GRAPH ?g { ?d <http://www.w3.org/ns/dcat#downloadURL> ?a } }";

/// Members with addresses, or the same without.
fn members(personal: bool) -> String {
    let mut out = String::from("id;plats;epost\n");
    for n in 0..60u32 {
        let mail = if personal {
            format!("kanarie{n}@person.example")
        } else {
            String::new()
        };
        out.push_str(&format!("{n};P{};{mail}\n", n % 4));
    }
    out
}

fn workspace() -> Workspace {
    let workspace = Workspace::new("[fetch.mirror]\n\"https://source.example/\" = \"www/\"\n");
    workspace.source("kalla", "dcat.ttl");
    workspace.write("www/dcat.ttl", CATALOGUE);
    workspace.write("www/medlemmar.csv", members(true));
    workspace.write(
        "pipelines/medlemmar.toml",
        "source = \"kalla\"\ndataset = \"https://source.example/d/medlemmar\"\n[policy.columns]\nid = \"plain\"\nplats = \"plain\"\nepost = \"plain\"\n",
    );
    assert!(workspace.fyr(&["harvest", "kalla"]).status.success());
    workspace
}

fn curated(workspace: &Workspace) -> (i32, String) {
    let (code, document) = workspace.json(&["curate", "medlemmar"]);
    shape::held(&document);
    let run = &document["runs"][0];
    assert!(!document.to_string().contains("@person.example"), "{run}");
    (code, run["refused_because"]["id"].as_str().unwrap_or_default().to_owned())
}

fn incidents(workspace: &Workspace) -> Value {
    let (code, document) = workspace.json(&["incidents"]);
    assert_eq!(code, 0);
    shape::held(&document);
    assert!(!document.to_string().contains("@person.example"), "a value is told");
    document
}

/// Files below a folder whose bytes hold the word.
fn holding(folder: &Path, word: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(holding(&path, word));
        } else if std::fs::read(&path).is_ok_and(|bytes| bytes.windows(word.len()).any(|window| window == word)) {
            found.push(path.display().to_string());
        }
    }
    found
}

fn shown(workspace: &Workspace) -> (bool, bool) {
    let portal = workspace.serve();
    let (code, page) = portal.get(PAGE);
    assert_eq!(code, 200);
    let (code, answer) = portal.ask(QUERY);
    assert_eq!(code, 200);
    let there = |body: &[u8]| text(body).contains("https://source.example/medlemmar.csv");
    (there(&page), there(&answer))
}

fn record(workspace: &Workspace, id: &str, word: &str) {
    let words = [
        "incidents",
        "record",
        id,
        "--as",
        word,
        "--by",
        "Test Testsson",
        "--role",
        "testare",
        "--note",
        "prov",
    ];
    let output = workspace.fyr(&words);
    assert!(output.status.success(), "{}", text(&output.stderr));
}

#[test]
fn a_public_file_with_direct_identifiers_is_stopped_wiped_and_withheld() {
    let workspace = workspace();
    assert_eq!(shown(&workspace), (true, true), "the link is shown as long as nothing is known");
    assert_eq!(curated(&workspace), (1, "personal-data-incident".to_owned()));
    assert_eq!(
        holding(&workspace.path().join("data"), b"@person.example"),
        Vec::<String>::new(),
        "our copy is wiped"
    );
    assert!(!workspace.path().join("data/staged/medlemmar").exists());

    let document = incidents(&workspace);
    let incident = &document["incidents"][0];
    assert_eq!(document["incidents"].as_array().unwrap().len(), 1);
    assert_eq!(
        (
            incident["status"].as_str(),
            incident["withheld"].as_bool(),
            incident["wiped"].as_bool()
        ),
        (Some("open"), Some(true), Some(true))
    );
    assert_eq!(incident["findings"][0]["kind"], "e_mail");
    assert_eq!(
        (&incident["findings"][0]["matches"], &incident["findings"][0]["rows"][19]),
        (&60.into(), &19.into())
    );
    assert_eq!(
        incident["notice"]["to"], "registrator@source.example",
        "the function's mailbox, never a person's"
    );
    let letter = incident["notice"]["body"]["sv"].as_str().unwrap();
    assert!(
        letter.contains("e-postadresser, 60 av 60 celler") && letter.contains("datarad 1, 2, 3"),
        "{letter}"
    );
    assert_eq!(shown(&workspace), (false, false), "the link is withheld");

    // The same bytes again: stopped before they are read, and no second incident.
    assert_eq!(curated(&workspace).1, "personal-data-incident");
    assert_eq!(incidents(&workspace)["incidents"].as_array().unwrap().len(), 1);
    assert_eq!(holding(&workspace.path().join("data"), b"@person.example"), Vec::<String>::new());
}

#[test]
fn what_people_judge_decides_the_link_and_measures_the_detectors() {
    let workspace = workspace();
    curated(&workspace);
    let id = incidents(&workspace)["incidents"][0]["id"].as_str().unwrap().to_owned();
    record(&workspace, &id, "confirmed");
    let document = incidents(&workspace);
    assert_eq!(document["incidents"][0]["status"], "confirmed");
    assert_eq!(
        (&document["precision"][0]["kind"], &document["precision"][0]["precision"]),
        (&"e_mail".into(), &1.0.into())
    );
    assert_eq!(curated(&workspace).1, "personal-data-incident", "still the same file");

    // A false alarm lets the run go on; to release the column still takes a decision in the policy.
    record(&workspace, &id, "false-alarm");
    assert_eq!(incidents(&workspace)["precision"][0]["precision"], 0.0);
    assert_eq!(curated(&workspace).1, "identifier-unresolved");
    assert_eq!(shown(&workspace), (true, true));

    let output = workspace.fyr(&["incidents", "show", &id]);
    let page = text(&output.stdout);
    assert!(
        output.status.success() && page.contains("false alarm") && page.contains("registrator@source.example"),
        "{page}"
    );
    let wrong = workspace.fyr(&[
        "incidents",
        "record",
        &id,
        "--as",
        "repaired",
        "--by",
        "T",
        "--role",
        "t",
        "--column",
        "ort",
    ]);
    assert_eq!(wrong.status.code(), Some(2), "{}", text(&wrong.stderr));
    assert_eq!(workspace.fyr(&["incidents", "show", "2020-01-01-00000000"]).status.code(), Some(2));
}

#[test]
fn another_file_without_identifiers_lifts_what_was_withheld_and_a_policy_with_an_answer_opens_none() {
    let first = workspace();
    curated(&first);
    first.write("www/medlemmar.csv", members(false));
    assert_eq!(curated(&first), (0, String::new()));
    let incident = incidents(&first)["incidents"][0].take();
    assert!(incident["clean_at"].is_string() && incident["withheld"] == false, "{incident}");
    assert_eq!(incident["status"], "open", "only a person says what it was");

    let known = workspace();
    known.write(
        "pipelines/medlemmar.toml",
        "source = \"kalla\"\ndataset = \"https://source.example/d/medlemmar\"\n[policy.columns]\nid = \"plain\"\nplats = \"plain\"\nepost = \"identifier\"\n",
    );
    assert_eq!(curated(&known), (0, String::new()));
    assert!(incidents(&known)["incidents"].as_array().unwrap().is_empty());
}
