//! Quality through the whole program: drift since the former release, rules with settings and references, measurements, and what of all that
//! holds no value of a person.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;

use serde_json::Value;

use crate::support::{Workspace, text};

const DATASET: &str = r#"@prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix dct: <http://purl.org/dc/terms/> . @prefix foaf: <http://xmlns.com/foaf/0.1/> .
<https://source.example/catalogue> a dcat:Catalog ; dct:title "Katalog"@sv ; dct:description "En katalog"@sv ; dct:publisher <https://source.example/org> ;
  dct:license <http://creativecommons.org/publicdomain/zero/1.0/> ; dcat:dataset <https://source.example/d/matning>, <https://source.example/d/platser> .
<https://source.example/org> a foaf:Agent ; foaf:name "Testmyndigheten"@sv .
<https://source.example/d/matning> a dcat:Dataset ; dct:title "Mätning"@sv ; dct:description "Mätvärden."@sv ; dct:publisher <https://source.example/org> ;
  dcat:distribution <https://source.example/d/matning/csv> .
<https://source.example/d/matning/csv> a dcat:Distribution ; dcat:accessURL <https://source.example/matning.csv> ; dcat:downloadURL <https://source.example/matning.csv> ;
  dct:format "text/csv" ; dct:license <http://creativecommons.org/publicdomain/zero/1.0/> .
<https://source.example/d/platser> a dcat:Dataset ; dct:title "Platser"@sv ; dct:description "Mätplatser."@sv ; dct:publisher <https://source.example/org> ;
  dcat:distribution <https://source.example/d/platser/csv> .
<https://source.example/d/platser/csv> a dcat:Distribution ; dcat:accessURL <https://source.example/platser.csv> ; dcat:downloadURL <https://source.example/platser.csv> ;
  dct:format "text/csv" ; dct:license <http://creativecommons.org/publicdomain/zero/1.0/> .
"#;

const PIPELINE: &str = r#"source = "kalla"
dataset = "https://source.example/d/matning"
policy = "matning-policy.toml"
contract = "matning.json"

[references]
platser = { release = "platser" }
sort = { file = "sorter.csv", edition = "2024-01-01" }

[[checks]]
kind = "register"
column = "plats"
register = "platser"
other = "plats"

[[checks]]
kind = "register"
column = "sort"
register = "sort"
severity = "warning"

[[checks]]
kind = "range"
column = "varde"
max = 40
severity = "info"

[[checks]]
kind = "volume"

[quality.percentage-in-range]
parameters = { max = 100 }

[quality.contract-range-varde]
severity = "info"
limit = "1 %"
"#;

const POLICY: &str = "[columns]\nid = \"plain\"\nplats = \"plain\"\nsort = \"plain\"\nvarde = \"plain\"\nkontakt = \"identifier\"\n";

/// Rows of a measurement; the second version has higher values and a column more.
fn measured(version: u32) -> String {
    let mut out = String::from(if version == 0 {
        "id;plats;sort;varde;kontakt\n"
    } else {
        "id;plats;sort;varde;kontakt;not\n"
    });
    for n in 0..400u32 {
        let value = n % 50 + version * 1_000;
        let more = if version == 0 { "" } else { ";ny" };
        out.push_str(&format!(
            "{n};P{};{};{value};kanarie{n}@person.example{more}\n",
            n % 4,
            ["luft", "vatten"][(n % 2) as usize]
        ));
    }
    out
}

fn workspace() -> Workspace {
    let workspace = Workspace::new("[fetch.mirror]\n\"https://source.example/\" = \"www/\"\n");
    workspace.source("kalla", "dcat.ttl");
    workspace.write("www/dcat.ttl", DATASET);
    workspace.write("www/matning.csv", measured(0));
    workspace.write("www/platser.csv", "plats;lan\nP0;01\nP1;01\nP2;03\n");
    workspace.write("pipelines/matning.toml", PIPELINE);
    workspace.write("pipelines/matning-policy.toml", POLICY);
    workspace.write("pipelines/sorter.csv", "code\nluft\nvatten\n");
    workspace.write(
        "pipelines/matning.json",
        r#"{"fields": [{"name": "varde", "type": "integer", "constraints": {"minimum": 0}, "rdfType": "https://example.org/x"}], "foreignKeys": [{"fields": "plats"}]}"#,
    );
    workspace.write(
        "pipelines/platser.toml",
        "source = \"kalla\"\ndataset = \"https://source.example/d/platser\"\npolicy = \"platser-policy.toml\"\n",
    );
    workspace.write("pipelines/platser-policy.toml", "[columns]\nplats = \"plain\"\nlan = \"plain\"\n");
    ok(&workspace, &["harvest", "kalla"]);
    workspace
}

fn ok(workspace: &Workspace, args: &[&str]) {
    let output = workspace.fyr(args);
    assert!(
        output.status.success(),
        "{args:?}: {}{}",
        text(&output.stdout),
        text(&output.stderr)
    );
}

fn curated(workspace: &Workspace, name: &str) -> Value {
    let (_, mut document) = workspace.json(&["curate", name]);
    document["runs"][0].take()
}

fn publish(workspace: &Workspace, name: &str) {
    workspace.sign(name);
    ok(workspace, &["publish", name]);
}

fn rule<'a>(run: &'a Value, id: &str) -> &'a Value {
    let rules = run["quality"]["rules"].as_array().unwrap();
    rules
        .iter()
        .find(|rule| rule["id"] == id)
        .unwrap_or_else(|| panic!("{id} in {run:#}"))
}

/// Every file under a folder that holds a text.
fn holding(dir: &Path, canary: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(holding(&path, canary));
        } else if std::fs::read(&path).is_ok_and(|bytes| bytes.windows(canary.len()).any(|part| part == canary.as_bytes())) {
            found.push(path.display().to_string());
        }
    }
    found
}

#[test]
fn a_version_is_compared_with_the_release_before_it_and_its_owner_is_told() {
    let workspace = workspace();
    first_release(&workspace);
    workspace.write("www/matning.csv", measured(1));
    workspace.write("pipelines/matning-policy.toml", format!("{POLICY}not = \"plain\"\n"));
    // A new column is held until its owner has accepted it; what differs is told at once.
    let held = curated(&workspace, "matning");
    assert_eq!(
        (held["outcome"].as_str(), held["drift"]["since"].as_str()),
        (Some("refused"), Some("1.0.0"))
    );
    let (_, mut accepted) = workspace.json(&["curate", "matning", "--accept-reading"]);
    let run = accepted["runs"][0].take();
    assert_eq!(run["outcome"], "candidate", "{run:#}");
    let drift = &run["drift"];
    assert_eq!((drift["since"].as_str(), drift["rows"][0].as_u64()), (Some("1.0.0"), Some(400)));
    let findings = drift["findings"].as_array().unwrap();
    let named = |id: &str, focus: &str| findings.iter().find(|finding| finding["id"] == id && finding["focus"] == focus);
    assert_eq!(named("drift-distribution", "varde").unwrap()["severity"], "warning");
    assert!(named("drift-column-added", "not").is_some());
    assert!(
        named("drift-distribution", "kontakt").is_none(),
        "nothing is told of what is not cleared"
    );
    let above = rule(&run, "range-varde");
    let change = ["new", "mended", "remaining"].map(|key| above["change"][key].as_u64().unwrap());
    // Nine of fifty values lay above before, all of them now.
    assert_eq!((above["failed"].as_u64(), change), (Some(400), [328, 0, 72]));
    // Curated once more, it is still compared with the release.
    let again = curated(&workspace, "matning");
    assert_eq!(again["drift"]["since"], "1.0.0");
    let said = workspace.fyr(&["curate", "matning"]);
    let said = text(&said.stdout);
    assert!(
        said.contains("since 1.0.0") && said.contains("distributed in another way"),
        "{said}"
    );
    assert!(
        said.contains("/foreignKeys") && said.contains("400/400, 328 new, 0 mended"),
        "{said}"
    );

    explained(&workspace);
    for dir in ["data/profiles", "data/candidates", "published"] {
        assert!(workspace.path().join(dir).exists(), "{dir}");
        assert_eq!(holding(&workspace.path().join(dir), "kanarie"), [] as [&str; 0], "{dir}");
    }
}

/// The first release of `matning`: refused until the places that it refers to are released, and released whole.
fn first_release(workspace: &Workspace) {
    let run = curated(workspace, "matning");
    assert_eq!(run["outcome"], "refused");
    assert_eq!(run["refused_because"]["id"], "reference-missing", "{run:#}");
    curated(workspace, "platser");
    publish(workspace, "platser");

    let run = curated(workspace, "matning");
    assert_eq!(run["refused_because"]["id"], "quality-error", "P3 is no place: {run:#}");
    let places = rule(&run, "register-plats-plats");
    assert_eq!(
        (places["failed"].as_u64(), places["registers"][0].as_str()),
        (Some(100), Some("platser platser@1.0.0"))
    );
    assert_eq!(rule(&run, "register-sort")["registers"][0], "sort 2024-01-01");
    let bounded = rule(&run, "contract-range-varde");
    assert_eq!(
        (bounded["severity"].as_str(), bounded["limit"].as_str()),
        (Some("info"), Some("1 %"))
    );
    let skipped = run["quality"]["skipped"].as_array().unwrap();
    assert!(skipped.iter().any(|rule| rule["id"] == "volume"), "no former versions: {skipped:?}");
    let left: Vec<&str> = run["quality"]["left_out"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|left| left["path"].as_str())
        .collect();
    assert_eq!(left, ["/fields/0/rdfType", "/foreignKeys"]);

    workspace.write("www/platser.csv", "plats;lan\nP0;01\nP1;01\nP2;03\nP3;03\n");
    curated(workspace, "platser");
    publish(workspace, "platser");
    let run = curated(workspace, "matning");
    assert_eq!(run["outcome"], "candidate", "{run:#}");
    assert!(
        run.get("drift").is_none(),
        "the first version has nothing before it, and the same file was read before"
    );
    assert_eq!(rule(&run, "register-plats-plats")["registers"][0], "platser platser@1.1.0");
    publish(workspace, "matning");
    measurements(&workspace.path().join("published/matning/1.0.0/dqv.ttl"));
}

/// What the owner says of a change stands in the note and in the score.
fn explained(workspace: &Workspace) {
    let said = "[[explained]]\nsince = \"1.0.0\"\nfinding = \"drift-distribution\"\ncolumn = \"varde\"\nsv = \"Nya mätare.\"\nen = \"New meters.\"\n";
    workspace.write("pipelines/matning.toml", format!("{PIPELINE}\n{said}"));
    let run = curated(workspace, "matning");
    assert_eq!(run["drift"]["explained"][0]["finding"], "drift-distribution");
    publish(workspace, "matning");
    let release = workspace.path().join("published/matning/2.0.0");
    let read = |name: &str| -> Value { serde_json::from_slice(&std::fs::read(release.join(name)).unwrap()).unwrap() };
    let note = read("manifest.json")["record"]["change_note"]["en"].as_str().unwrap().to_owned();
    assert!(
        note.contains("Another distribution in varde (") && note.ends_with("New meters."),
        "{note}"
    );
    let readiness = read("readiness.json");
    let q7 = readiness["indicators"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["id"] == "Q7")
        .unwrap()
        .clone();
    assert_eq!(
        (q7["status"].as_str(), q7["fraction"].as_f64()),
        (Some("pass"), Some(1.0)),
        "{q7:#}"
    );
}

/// The measurements of a release: the table, its columns and its rules.
fn measurements(path: &Path) {
    let text = std::fs::read_to_string(path).unwrap();
    for word in [
        "dqv:isMeasurementOf profile:rows",
        "profile:columnCompleteness",
        "dqv:QualityAnnotation",
        "fyr:rule \"register-plats-plats\"",
    ] {
        assert!(text.contains(word), "{word}: {text}");
    }
    assert!(!text.contains("kanarie"));
}

#[test]
fn a_file_is_compared_with_a_saved_profile_and_told_as_measurements() {
    let dir = tempfile::tempdir().unwrap();
    let fyr = |args: &[&str]| {
        let output = std::process::Command::new(crate::support::FYR)
            .args(args)
            .current_dir(dir.path())
            .output()
            .unwrap();
        assert!(output.status.success(), "{args:?}: {}", text(&output.stderr));
        text(&output.stdout)
    };
    std::fs::write(dir.path().join("a.csv"), measured(0)).unwrap();
    std::fs::write(dir.path().join("b.csv"), measured(1)).unwrap();
    fyr(&["profile", "a.csv", "--save", "a.profile.json"]);
    let saved = std::fs::read_to_string(dir.path().join("a.profile.json")).unwrap();
    assert!(!saved.contains("kanarie"), "a saved profile holds no value of a person");
    let document: Value = serde_json::from_str(&fyr(&["profile", "b.csv", "--against", "a.profile.json", "--json"])).unwrap();
    let findings = document["drift"]["findings"].as_array().unwrap();
    assert!(
        findings
            .iter()
            .any(|one| one["id"] == "drift-distribution" && one["focus"] == "varde"),
        "{findings:?}"
    );
    for (format, word) in [("text", "distributed in another way"), ("html", "Since the former file")] {
        let said = fyr(&[
            "profile",
            "b.csv",
            "--against",
            "a.profile.json",
            "--format",
            format,
            "--lang",
            "en",
        ]);
        assert!(said.contains(word), "{said}");
    }
    let about = "https://source.example/d/matning/csv";
    let turtle = fyr(&["profile", "a.csv", "--format", "dqv", "--about", about]);
    assert!(
        turtle.contains(&format!("dqv:computedOn <{about}>")) && !turtle.contains("kanarie"),
        "{turtle}"
    );
    let unnamed = fyr(&["profile", "a.csv", "--format", "dqv"]);
    assert!(
        unnamed.contains("<urn:sha256:") && !unnamed.contains(&dir.path().display().to_string()),
        "{unnamed}"
    );
    let wrong = std::process::Command::new(crate::support::FYR)
        .args(["profile", "a.csv", "--against", "a.csv"])
        .current_dir(dir.path())
        .output()
        .unwrap();
    assert_eq!(wrong.status.code(), Some(2), "{}", text(&wrong.stderr));
}

/// A number that the population register could have given: ten digits with a right check digit.
fn personal_number(n: u32) -> String {
    let digits = format!("{:02}{:02}{:02}{:03}", 40 + n % 50, 1 + n % 12, 1 + n % 28, 100 + n);
    let sum: u32 = digits
        .chars()
        .filter_map(|digit| digit.to_digit(10))
        .zip([2, 1].into_iter().cycle())
        .map(|(digit, weight)| (digit * weight) / 10 + (digit * weight) % 10)
        .sum();
    format!("{}-{}{}", &digits[..6], &digits[6..], (10 - sum % 10) % 10)
}

#[test]
fn h33_no_value_of_a_column_that_is_not_cleared_is_told_in_any_form() {
    let dir = tempfile::tempdir().unwrap();
    let mut rows = String::from("Personnummer;Telefon;E-post;Förnamn;Efternamn;antal\n");
    let mut canaries = Vec::new();
    for n in 0..300u32 {
        let cells = [
            personal_number(n),
            format!("070-174 {:02} {:02}", 5 + n / 100, n % 100),
            format!("kanarie{n}@person.example"),
            ["Anna", "Erik", "Maria", "Karl", "Eva"][(n % 5) as usize].to_owned(),
            ["Andersson", "Johansson", "Karlsson", "Nilsson"][(n % 4) as usize].to_owned(),
        ];
        rows.push_str(&format!("{};{}\n", cells.join(";"), n % 7));
        canaries.extend(cells);
    }
    std::fs::write(dir.path().join("a.csv"), rows).unwrap();
    let fyr = |args: &[&str]| {
        let output = std::process::Command::new(crate::support::FYR)
            .args(args)
            .current_dir(dir.path())
            .output()
            .unwrap();
        assert!(output.status.success(), "{args:?}: {}", text(&output.stderr));
        text(&output.stdout) + &text(&output.stderr)
    };
    let mut told: Vec<(String, String)> = ["text", "json", "html", "dqv"]
        .map(|format| (format.to_owned(), fyr(&["profile", "a.csv", "--format", format])))
        .to_vec();
    fyr(&["profile", "a.csv", "--save", "a.profile.json"]);
    told.push(("saved".into(), std::fs::read_to_string(dir.path().join("a.profile.json")).unwrap()));
    told.push(("drift".into(), fyr(&["profile", "a.csv", "--against", "a.profile.json", "--json"])));
    for (form, said) in told {
        for canary in &canaries {
            assert!(!said.contains(canary.as_str()), "{canary} in {form}");
        }
    }
}

#[test]
fn a_reader_who_closes_the_pipe_is_no_failure() {
    let dir = tempfile::tempdir().unwrap();
    let wide: String = (0..400).map(|n| format!("kolumn_{n};")).collect::<String>() + "slut\n" + &"1;".repeat(400) + "1\n";
    std::fs::write(dir.path().join("a.csv"), wide).unwrap();
    let mut child = std::process::Command::new(crate::support::FYR)
        .args(["profile", "a.csv", "--json"])
        .current_dir(dir.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
    assert_eq!(first, "{\n");
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), text(&output.stderr).as_str()), (Some(0), ""));
}
