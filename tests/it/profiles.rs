//! `fyr check --profile`: a pinned version, a folder of one's own, and an unknown word.

use serde_json::Value;

use crate::support::{Workspace, root, text};

const CATALOGUE: &str = r#"@prefix dcat: <http://www.w3.org/ns/dcat#> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix foaf: <http://xmlns.com/foaf/0.1/> .
@prefix ex: <https://data.exempelby.example/> .
ex:katalog a dcat:Catalog ; dcterms:title "Katalog"@sv , "Catalogue"@en ; dcat:dataset ex:trad ;
  dcterms:publisher <http://dataportal.se/organisation/SE2120009994> .
ex:trad a dcat:Dataset ; dcterms:title "Träd"@sv , "Trees"@en .
<http://dataportal.se/organisation/SE2120009994> a foaf:Agent ; foaf:name "Exempelby kommun"@sv .
"#;

fn checked(workspace: &Workspace, profile: &[&str]) -> (Value, Vec<String>) {
    let words = [&["check", "katalog.ttl", "--json"][..], profile].concat();
    let output = workspace.fyr(&words);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    let findings = document["findings"].as_array().unwrap();
    let ids = findings.iter().map(|finding| finding["id"].as_str().unwrap().to_owned()).collect();
    (document, ids)
}

fn severity(document: &Value, id: &str) -> Option<String> {
    let findings = document["findings"].as_array().unwrap();
    let found = findings.iter().find(|finding| finding["id"] == id)?;
    Some(found["severity"].as_str().unwrap().to_owned())
}

#[test]
fn a_version_pins_the_rules_and_is_named_in_the_document() {
    let workspace = Workspace::new("");
    workspace.write("katalog.ttl", CATALOGUE);
    let (present, _) = checked(&workspace, &[]);
    let (pinned, _) = checked(&workspace, &["--profile", "dcat-ap-se@3.0.1"]);
    assert_eq!(present["findings"], pinned["findings"]);
    let (former, _) = checked(&workspace, &["--profile", "dcat-ap-se@2.2.0"]);
    assert_eq!(severity(&present, "agent-type-missing").as_deref(), Some("violation"));
    assert_eq!(severity(&former, "agent-type-missing").as_deref(), Some("warning"));
    let packs = |document: &Value| document["rules"].to_string();
    assert!(packs(&former).contains("dcat-ap-se-2.2.0-rules") && !packs(&present).contains("2.2.0-rules"));
}

#[test]
fn an_unknown_profile_ends_with_2_and_the_list_of_known_ones() {
    let workspace = Workspace::new("");
    workspace.write("katalog.ttl", CATALOGUE);
    for wrong in ["dcat-ap-xx", "dcat-ap-se@9.9.9", "nowhere/at/all"] {
        let output = workspace.fyr(&["check", "katalog.ttl", "--profile", wrong]);
        assert_eq!(output.status.code(), Some(2), "{wrong}");
        let said = text(&output.stderr);
        assert!(said.contains("dcat-ap-se@3.0.1") && said.contains("dcat-ap-se@2.2.0"), "{said}");
    }
}

#[test]
fn a_folder_is_a_profile_and_its_faults_are_told_by_place() {
    let workspace = Workspace::new("");
    workspace.write("katalog.ttl", CATALOGUE);
    for entry in std::fs::read_dir(root().join("dcat-ap-se/3.0.1")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        workspace.write(&format!("own/{name}"), std::fs::read(&path).unwrap());
    }
    let head = std::fs::read_to_string(workspace.path().join("own/profile.toml")).unwrap();
    let head = head.replace("profile = \"dcat-ap-se\"", "profile = \"dcat-ap-xx\"");
    workspace.write("own/profile.toml", head.replace("\"hvd.toml\"", "\"hvd.toml\", \"own.toml\""));
    let own = "id = \"own\"\nversion = \"1\"\norigin = \"a decision\"\neffective = 2025-01-01\n[[class]]\nid = \"dataset\"\nproperty = [\n  \
               { term = \"dcterms:modified\", name = \"modified\", level = \"mandatory\", value = \"date\" },\n]\n";
    workspace.write("own/own.toml", own);
    let (document, ids) = checked(&workspace, &["--profile", "own"]);
    assert_eq!(document["profile"], "dcat-ap-xx@3.0.1");
    assert!(ids.contains(&"dataset-modified-missing".to_owned()), "{ids:?}");
    workspace.write("own/own.toml", own.replace("level = \"mandatory\"", "level = \"must\""));
    let output = workspace.fyr(&["check", "katalog.ttl", "--profile", "own"]);
    assert_eq!(output.status.code(), Some(2));
    let said = text(&output.stderr);
    assert!(said.contains("own.toml") && said.contains("must"), "{said}");
}
