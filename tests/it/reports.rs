//! `fyr report`: the national reports in every form, and that each says the same.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::shape::held;
use crate::support::{FYR, root, text};

const CATALOGUE: &str = r#"@prefix dcat: <http://www.w3.org/ns/dcat#> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix dcatap: <http://data.europa.eu/r5r/> .
@prefix foaf: <http://xmlns.com/foaf/0.1/> .
<https://data.exempelby.example/> a dcat:Catalog ; dcterms:title "Exempelby"@sv .
<http://dataportal.se/organisation/SE2120000142> a foaf:Organization ; foaf:name "Exempelby kommun"@sv .
<https://data.exempelby.example/adresser> a dcat:Dataset ; dcterms:title "Adresser"@sv , "Addresses"@en ; dcterms:description "Alla."@sv ;
  dcterms:publisher <http://dataportal.se/organisation/SE2120000142> ;
  dcatap:applicableLegislation <http://data.europa.eu/eli/reg_impl/2023/138/oj> ; dcatap:hvdCategory <http://data.europa.eu/bna/c_ac64a52d> ;
  dcat:distribution <https://data.exempelby.example/adresser/fil> .
<https://data.exempelby.example/adresser/fil> a dcat:Distribution ; dcat:accessURL <https://data.exempelby.example/adresser.csv> ;
  dcat:downloadURL <https://data.exempelby.example/adresser.csv> ; dcterms:format "text/csv" ;
  dcterms:license <http://creativecommons.org/licenses/by-nc/4.0/> .
<https://data.exempelby.example/buller> a dcat:Dataset ; dcterms:title "Buller <b>vid</b> vägar"@sv ;
  dcterms:publisher <http://dataportal.se/organisation/SE2120000142> .
<https://api.exempelby.example/> a dcat:DataService ; dcterms:title "Adress-API"@sv ; dcat:endpointURL <http://api.exempelby.example/adresser> ;
  dcat:servesDataset <https://data.exempelby.example/adresser> .
"#;

fn fyr(dir: &Path, words: &[&str]) -> Output {
    let output = Command::new(FYR)
        .args(words)
        .args(["--lang", "en"])
        .current_dir(dir)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{words:?}: {}", text(&output.stderr));
    output
}

fn folder() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("dcat.ttl"), CATALOGUE).unwrap();
    dir
}

fn rows(dir: &Path, report: &str) -> Vec<Value> {
    let output = fyr(dir, &["report", report, "dcat.ttl", "--json"]);
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    held(&document);
    document["rows"].as_array().unwrap().clone()
}

#[test]
fn high_value_datasets_have_their_gaps_and_unmarked_ones_are_asked_about() {
    let dir = folder();
    let found = rows(dir.path(), "high-value");
    let told: Vec<(&Value, &Value, &Value)> = found.iter().map(|row| (&row["title_sv"], &row["status"], &row["gaps"])).collect();
    let gaps = "distribution licence contact documentation";
    assert_eq!(
        told,
        [
            (&json!("Adresser"), &json!("marked"), &json!(gaps)),
            (&json!("Buller <b>vid</b> vägar"), &json!("unmarked"), &json!("mark")),
        ]
    );
    assert_eq!(
        (&found[0]["licence"], &found[0]["licence_verdict"]),
        (&json!("CC BY-NC 4.0"), &json!("fails"))
    );
    assert_eq!((&found[0]["bulk_links"], &found[0]["api_links"]), (&json!(1), &json!(1)));
    assert_eq!(
        (&found[1]["annex_en"], &found[1]["annex_words"]),
        (&json!("Noise"), &json!("buller"))
    );
}

#[test]
fn services_and_principles_count_only_what_can_be_seen() {
    let dir = folder();
    let services = rows(dir.path(), "services");
    assert_eq!(services.len(), 1);
    assert_eq!(services[0]["gaps"], "description document terms contact https version");
    assert_eq!(
        (&services[0]["description_valid"], &services[0]["answers"]),
        (&Value::Null, &Value::Null)
    );
    let principles = rows(dir.path(), "principles");
    assert_eq!(principles.len(), 18);
    let of_all = |name: &str| {
        let row = principles
            .iter()
            .find(|row| row["publisher"].is_null() && row["principle"] == name)
            .unwrap();
        (
            row["measured"].as_u64().unwrap(),
            row["follow"].as_u64().unwrap(),
            row["percent"].as_f64(),
        )
    };
    assert_eq!(of_all("open-licence"), (2, 0, Some(0.0)));
    assert_eq!(of_all("machine-readable"), (2, 1, Some(50.0)));
    assert_eq!(of_all("user-need"), (0, 0, None));
}

#[test]
fn every_form_says_the_same_and_what_is_foreign_is_escaped() {
    let dir = folder();
    for report in ["high-value", "services", "principles"] {
        fyr(dir.path(), &["report", report, "dcat.ttl", "-o", "ut"]);
        let count = rows(dir.path(), report).len();
        let read = |ending: &str| std::fs::read_to_string(dir.path().join(format!("ut/{report}.{ending}"))).unwrap();
        assert_eq!(read("csv").lines().count(), count + 1, "{report}");
        assert_eq!(
            read("ttl").matches("cube#Observation").count() + read("ttl").matches("qb:Observation").count(),
            count,
            "{report}"
        );
        for page in [read("sv.html"), read("en.html")] {
            assert_eq!(page.matches("<tr>").count(), count + 1, "{report}");
            assert!(!page.contains("<b>vid</b>") && !page.contains("<script"));
        }
        let profile = fyr(dir.path(), &["profile", &format!("ut/{report}.parquet"), "--json"]);
        let profile: Value = serde_json::from_slice(&profile.stdout).unwrap();
        assert_eq!(profile["rows"], json!(count), "{report}");
    }
}

#[test]
fn a_report_of_nothing_has_no_rows() {
    let dir = tempfile::tempdir().unwrap();
    let empty = "<https://data.exempelby.example/> a <http://www.w3.org/ns/dcat#Catalog> .";
    std::fs::write(dir.path().join("dcat.ttl"), empty).unwrap();
    for report in ["high-value", "services", "principles"] {
        assert!(rows(dir.path(), report).is_empty(), "{report}");
        fyr(dir.path(), &["report", report, "dcat.ttl", "-o", "ut"]);
    }
}

/// The jobs that agencies copy call words that the program has.
#[test]
fn the_jobs_for_ci_use_words_that_the_program_knows() {
    for file in ["github.yml", "gitlab.yml", "forgejo.yml"] {
        let job = std::fs::read_to_string(root().join("examples/ci").join(file)).unwrap();
        let call = job.replace("\\\n", " ");
        let line = call
            .lines()
            .find(|line| line.contains("fyr check"))
            .unwrap_or_else(|| panic!("{file} checks nothing"));
        let help = text(&fyr(root(), &["check", "--help"]).stdout);
        for word in line
            .split_whitespace()
            .filter_map(|word| word.split('=').next())
            .filter(|word| word.starts_with("--"))
        {
            assert!(help.contains(word), "{file}: {word}");
        }
    }
}
