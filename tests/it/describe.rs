//! `fyr describe` through the whole program: what is drafted, what is asked, and that no value of a person is in any of it.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use crate::shape;
use crate::support::{FYR, ended, text};

fn fyr(dir: &Path, args: &[&str]) -> Output {
    Command::new(FYR)
        .args(args)
        .args(["--lang", "en"])
        .current_dir(dir)
        .output()
        .unwrap()
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}\n{}\n{}", text(&output.stdout), text(&output.stderr)))
}

/// Measurements in two municipalities, with an e-mail address in each row.
fn measured() -> String {
    let mut out = String::from("id;dag;kommunkod;varde;kontakt\n");
    for n in 0..60u32 {
        let day = 1 + n % 28;
        out.push_str(&format!(
            "{n};2024-03-{day:02};{};{};kanarie{n}@person.example\n",
            ["0180", "1480"][(n % 2) as usize],
            n * 3
        ));
    }
    out
}

fn described(name: &str, content: &str) -> (tempfile::TempDir, Value) {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join(name), content).unwrap();
    let document = json(&fyr(dir.path(), &["describe", name, "--json"]));
    shape::held(&document);
    (dir, document)
}

#[test]
fn a_record_holds_what_was_measured_and_asks_the_rest() {
    let (dir, document) = described("luftmatning-2024.csv", &measured());
    let record = &document["record"];
    assert_eq!(document["schema"], "fyr/describe/1");
    assert_eq!(record["title"], "Luftmatning");
    assert_eq!(record["period"], serde_json::json!({"start": "2024-03-01", "end": "2024-03-28"}));
    assert_eq!((&record["format"], &record["media_type"]), (&"text/csv".into(), &"text/csv".into()));
    assert_eq!(record["bytes"], measured().len());
    assert_eq!(record["columns"].as_array().unwrap().len(), 5);
    let words: Vec<&str> = record["keyword"]
        .as_array()
        .unwrap()
        .iter()
        .map(|word| word["value"].as_str().unwrap())
        .collect();
    assert_eq!(words, ["kommun", "municipality"]);
    let ids: Vec<&str> = document["questions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["id"].as_str().unwrap())
        .collect();
    for id in [
        "identity",
        "catalogue",
        "publisher",
        "licence",
        "contact",
        "access-rights",
        "theme",
        "title",
        "address",
        "area",
        "personal-data",
    ] {
        assert!(ids.contains(&id), "{id} in {ids:?}");
    }
    assert!(!ids.contains(&"period") && !ids.contains(&"keywords"), "{ids:?}");
    let sum = Command::new("sha1sum").arg(dir.path().join("luftmatning-2024.csv")).output();
    if let Some(sum) = sum.ok().filter(|sum| sum.status.success()) {
        assert!(text(&sum.stdout).starts_with(record["sha1"].as_str().unwrap()));
    }
}

#[test]
fn a_check_of_the_record_says_only_what_a_question_names() {
    let (dir, document) = described("luftmatning-2024.csv", &measured());
    assert_eq!(document["asked_for_all"], true, "{:#}", document["findings"]);
    let rules: Vec<&str> = document["questions"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|one| one["rules"].as_array().unwrap())
        .map(|rule| rule.as_str().unwrap())
        .collect();
    for name in ["post.ttl", "post.rdf", "post.jsonld"] {
        let written = fyr(dir.path(), &["describe", "luftmatning-2024.csv", "-o", name]);
        assert_eq!(written.status.code(), Some(0), "{}", text(&written.stderr));
        assert!(text(&written.stdout).contains("Only you can answer this"));
        let checked = json(&fyr(dir.path(), &["check", name, "--json", "--fail-on", "never"]));
        for finding in checked["findings"].as_array().unwrap() {
            assert!(rules.contains(&finding["id"].as_str().unwrap()), "{name}: {finding:#}");
        }
    }
}

#[test]
fn no_value_of_a_person_is_copied() {
    let (dir, document) = described("luftmatning-2024.csv", &measured());
    let shown = text(&fyr(dir.path(), &["describe", "luftmatning-2024.csv"]).stdout);
    for said in [document.to_string(), shown] {
        assert!(!said.contains("kanarie") && !said.contains("person.example"), "{said}");
    }
    let kontakt = document["record"]["columns"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["name"] == "kontakt")
        .unwrap();
    assert_eq!(kontakt["personal_data"], "direct");
}

#[test]
fn nothing_is_invented_for_a_file_that_says_little() {
    let (_, document) = described("2024.csv", "a;b\n1;x\n2;y\n");
    let record = &document["record"];
    assert!(record.get("title").is_none() && record.get("period").is_none() && record.get("bounds").is_none());
    assert_eq!(record["keyword"], serde_json::json!([]));
    let turtle = document["turtle"].as_str().unwrap();
    for absent in [
        "publisher",
        "license",
        "accessRights",
        "contactPoint",
        "theme",
        "issued",
        "availability",
        "accessURL",
    ] {
        assert!(!turtle.contains(absent), "{absent}\n{turtle}");
    }
    assert_eq!(document["asked_for_all"], true, "{:#}", document["findings"]);
}

#[test]
fn geometries_give_the_area() {
    let points = [(18.0, 59.3), (17.6, 59.8), (16.5, 59.6)];
    let feature = |(east, north): &(f64, f64)| {
        format!(r#"{{"type":"Feature","properties":{{"namn":"plats"}},"geometry":{{"type":"Point","coordinates":[{east},{north}]}}}}"#)
    };
    let features: Vec<String> = points.iter().map(feature).collect();
    let content = format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, features.join(","));
    let (_, document) = described("platser.geojson", &content);
    assert_eq!(document["record"]["bounds"], serde_json::json!([16.5, 59.3, 18.0, 59.8]));
    assert!(document["turtle"].as_str().unwrap().contains("POLYGON((16.5 59.3,18 59.3"));
    assert_eq!(document["asked_for_all"], true, "{:#}", document["findings"]);
}

#[test]
fn the_record_on_standard_output_is_turtle_with_the_questions_in_both_languages() {
    let (dir, _) = described("luftmatning-2024.csv", &measured());
    let shown = fyr(dir.path(), &["describe", "luftmatning-2024.csv"]);
    std::fs::write(dir.path().join("ut.ttl"), &shown.stdout).unwrap();
    let shown = text(&shown.stdout);
    assert!(shown.contains("#   sv: ") && shown.contains("#   en: "), "{shown}");
    let (code, said) = ended(&fyr(dir.path(), &["check", "ut.ttl", "--fail-on", "never"]));
    assert_eq!(code, 0, "{said}");
    assert_eq!(ended(&fyr(dir.path(), &["describe", "finns-inte.csv"])).0, 3);
    assert_eq!(
        ended(&fyr(dir.path(), &["describe", "luftmatning-2024.csv", "-o", "post.docx"])).0,
        2
    );
}
