//! The lock of a reading through the whole step: written beside the pipeline, tried first, its changes shown, the former release kept.

use serde_json::Value;

use crate::support::{Workspace, text};

const CATALOGUE: &str = r#"@prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix dct: <http://purl.org/dc/terms/> . @prefix foaf: <http://xmlns.com/foaf/0.1/> .
<https://source.example/catalogue> a dcat:Catalog ; dct:title "Katalog"@sv ; dct:description "En katalog"@sv ; dct:publisher <https://source.example/org> ;
  dct:license <http://creativecommons.org/publicdomain/zero/1.0/> ; dcat:dataset <https://source.example/d/trad> .
<https://source.example/org> a foaf:Agent ; foaf:name "Testmyndigheten"@sv .
<https://source.example/d/trad> a dcat:Dataset ; dct:title "Träd"@sv ; dct:description "Invented trees."@sv ; dct:publisher <https://source.example/org> ;
  dcat:distribution <https://source.example/d/trad/csv> .
<https://source.example/d/trad/csv> a dcat:Distribution ; dcat:accessURL <https://source.example/trad.csv> ; dcat:downloadURL <https://source.example/trad.csv> ;
  dct:format "text/csv" ; dct:license <http://creativecommons.org/publicdomain/zero/1.0/> .
"#;
const PIPELINE: &str = "source = \"kalla\"\ndataset = \"https://source.example/d/trad\"\npolicy = \"trad-policy.toml\"\n";
const POLICY: &str = "[columns]\nid = \"plain\"\nslag = \"plain\"\n\"höjd\" = \"plain\"\n";

/// A workspace whose first reading has been published.
fn published() -> Workspace {
    let workspace = Workspace::new("[fetch.mirror]\n\"https://source.example/\" = \"www/\"\n");
    workspace.source("kalla", "dcat.ttl");
    workspace.write("www/dcat.ttl", CATALOGUE);
    workspace.write("www/trad.csv", rows(";", ',', |row| format!("{row}")));
    workspace.write("pipelines/trad.toml", PIPELINE);
    workspace.write("pipelines/trad-policy.toml", POLICY);
    assert!(workspace.fyr(&["harvest", "kalla"]).status.success());
    assert_eq!(outcome(&workspace, &[]).0, "candidate");
    sign_and_publish(&workspace);
    workspace
}

/// 300 invented trees; `id` writes the number of each.
fn rows(delimiter: &str, decimal: char, id: fn(u32) -> String) -> String {
    let mut out = ["id", "slag", "höjd"].join(delimiter) + "\n";
    for row in 0..300u32 {
        let slag = ["björk", "gran", "tall"][row as usize % 3];
        let height = format!("{}{decimal}{}", 2 + row % 19, 1 + row % 9);
        out += &([id(row), slag.to_owned(), height].join(delimiter) + "\n");
    }
    out
}

fn sign_and_publish(workspace: &Workspace) {
    workspace.sign("trad");
    let output = workspace.fyr(&["publish", "trad"]);
    assert!(output.status.success(), "{}", text(&output.stdout));
}

/// How a run ended: its outcome, its departures as `severity: text`, its refusal.
fn outcome(workspace: &Workspace, more: &[&str]) -> (String, Vec<String>, Option<String>) {
    let (_, document) = workspace.json(&[&["curate", "trad"][..], more].concat());
    let run = &document["runs"][0];
    let said = |finding: &Value| {
        assert_eq!(finding["id"], "reading-changed");
        assert!(finding["message"]["sv"].as_str().is_some_and(|text| !text.is_empty()));
        format!(
            "{}: {}",
            finding["severity"].as_str().unwrap(),
            finding["message"]["en"].as_str().unwrap()
        )
    };
    let changes = run["reading"]
        .as_array()
        .map(|all| all.iter().map(said).collect())
        .unwrap_or_default();
    let refused = run["refused_because"]["id"].as_str().map(str::to_owned);
    (run["outcome"].as_str().unwrap().to_owned(), changes, refused)
}

fn lock(workspace: &Workspace) -> String {
    std::fs::read_to_string(workspace.path().join("pipelines/trad.lock")).unwrap()
}

fn versions(workspace: &Workspace) -> Vec<String> {
    let mut found: Vec<String> = std::fs::read_dir(workspace.path().join("published/trad"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with(|c: char| c.is_ascii_digit()))
        .collect();
    found.sort();
    found
}

#[test]
fn a_reading_is_locked_and_a_file_written_in_another_way_passes_with_a_finding() {
    let workspace = published();
    let first = lock(&workspace);
    for line in [
        "format = \"csv\"",
        "encoding = \"utf-8\"",
        "delimiter = \";\"",
        "name = \"höjd\"",
        "type = \"number\"",
    ] {
        assert!(first.contains(line), "{line} in {first}");
    }
    // The same again: nothing changes, nothing is said.
    assert_eq!(outcome(&workspace, &[]), ("unchanged".into(), vec![], None));
    assert_eq!(lock(&workspace), first);
    // Whole numbers in a column of decimals, and nothing at all in another: what they were before still fits.
    let whole: String = (0..300).map(|row| format!("{row};;{}\n", 2 + row % 19)).collect();
    workspace.write("www/trad.csv", format!("id;slag;höjd\n{whole}"));
    assert_eq!(outcome(&workspace, &["--dry-run"]), ("candidate".into(), vec![], None));
    // Another program wrote it: same columns, same types.
    let latin: Vec<u8> = rows("\t", '.', |row| format!("{row}"))
        .chars()
        .map(|c| u8::try_from(c).unwrap())
        .collect();
    workspace.write("www/trad.csv", latin);
    let (ended, changes, _) = outcome(&workspace, &["--dry-run"]);
    assert_eq!(ended, "candidate", "the same rows from another file are a new patch");
    assert_eq!(
        changes,
        [
            "warning: the encoding was utf-8 and is now iso-8859-1",
            "warning: the delimiter was ; and is now tab",
            "warning: the decimal sign was , and is now ."
        ]
    );
    assert_eq!(lock(&workspace), first, "a dry run keeps nothing");
    outcome(&workspace, &[]);
    assert!(lock(&workspace).contains("delimiter = \"\\t\""), "{}", lock(&workspace));
    assert_eq!(outcome(&workspace, &[]).1, Vec::<String>::new());
    assert_eq!(versions(&workspace), ["1.0.0"]);
}

#[test]
fn changed_columns_hold_the_former_release_until_the_owner_accepts_them() {
    let workspace = published();
    let first = lock(&workspace);
    workspace.write("www/trad.csv", rows(";", ',', |row| format!("T-{row}")));
    let (ended, changes, refused) = outcome(&workspace, &[]);
    assert_eq!((ended.as_str(), refused.as_deref()), ("refused", Some("reading-changed")));
    assert_eq!(changes, ["violation: the column id had the type integer and now has text"]);
    assert_eq!((lock(&workspace), versions(&workspace)), (first.clone(), vec!["1.0.0".to_owned()]));
    assert!(
        !workspace.path().join("data/candidates/trad").exists(),
        "nothing waits for signatures"
    );
    let output = workspace.fyr(&["curate", "trad"]);
    assert_eq!(output.status.code(), Some(1));
    let shown = text(&output.stdout) + &text(&output.stderr);
    assert!(
        shown.contains("the column id had the type integer") && shown.contains("--accept-reading"),
        "{shown}"
    );
    assert!(!shown.contains("T-1"), "no value is shown");
    // A column that is renamed: one is gone, one is new.
    workspace.write("www/trad.csv", rows(";", ',', |row| format!("{row}")).replace("höjd", "höjd m"));
    let (_, changes, refused) = outcome(&workspace, &[]);
    assert_eq!(refused.as_deref(), Some("reading-changed"));
    assert_eq!(
        changes,
        ["violation: the column höjd is gone", "violation: the column höjd m is new"]
    );
    // The source mends its file: all is as before.
    workspace.write("www/trad.csv", rows(";", ',', |row| format!("{row}")));
    assert_eq!(outcome(&workspace, &[]), ("unchanged".into(), vec![], None));
    // Or the owner accepts: the candidate is made, shown with what changed, and published as a new version when it is signed.
    workspace.write("www/trad.csv", rows(";", ',', |row| format!("T-{row}")));
    let (ended, changes, refused) = outcome(&workspace, &["--accept-reading"]);
    assert_eq!((ended.as_str(), refused, changes.len()), ("candidate", None, 1));
    assert_eq!(
        versions(&workspace),
        ["1.0.0"],
        "the former release stays up until the new one is signed"
    );
    assert_ne!(lock(&workspace), first);
    sign_and_publish(&workspace);
    assert_eq!(versions(&workspace), ["1.0.0", "2.0.0"]);
    assert_eq!(outcome(&workspace, &[]).1, Vec::<String>::new());
}

#[test]
fn what_the_owner_writes_ends_the_lock_and_a_damaged_lock_is_refused_by_name() {
    let workspace = published();
    workspace.write("www/trad.csv", rows(";", ',', |row| format!("T-{row}")));
    workspace.write(
        "pipelines/trad.toml",
        format!("{PIPELINE}[reading]\ncolumns.id = {{ type = \"text\" }}\n"),
    );
    let (ended, changes, refused) = outcome(&workspace, &[]);
    assert_eq!((ended.as_str(), refused, changes.len()), ("candidate", None, 1), "{changes:?}");
    workspace.write("pipelines/trad.lock", "encoding = 7\n");
    let output = workspace.fyr(&["curate", "trad"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("trad.lock"), "{}", text(&output.stderr));
}

#[test]
fn a_released_map_names_the_system_that_its_source_was_in() {
    let workspace = Workspace::new("[fetch.mirror]\n\"https://source.example/\" = \"www/\"\n");
    workspace.source("kalla", "dcat.ttl");
    workspace.write(
        "www/dcat.ttl",
        CATALOGUE
            .replace("trad.csv", "trad.geojson")
            .replace("text/csv", "application/geo+json"),
    );
    let features: Vec<String> = (0..40)
        .map(|row| {
            let (slag, east, north) = (["björk", "gran"][row % 2], 674_000 + 10 * row, 6_580_000 + 7 * row);
            format!(r#"{{"type":"Feature","properties":{{"slag":"{slag}"}},"geometry":{{"type":"Point","coordinates":[{east},{north}]}}}}"#)
        })
        .collect();
    let crs = r#"{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::3006"}}"#;
    workspace.write(
        "www/trad.geojson",
        format!(r#"{{"type":"FeatureCollection","crs":{crs},"features":[{}]}}"#, features.join(",")),
    );
    workspace.write("pipelines/trad.toml", PIPELINE);
    workspace.write("pipelines/trad-policy.toml", "[columns]\nslag = \"plain\"\ngeometry = \"plain\"\n");
    assert!(workspace.fyr(&["harvest", "kalla"]).status.success());
    let (ended, changes, refused) = outcome(&workspace, &[]);
    assert_eq!((ended.as_str(), refused), ("candidate", None), "{changes:?}");
    assert!(lock(&workspace).contains("crs = \"EPSG:3006\""), "{}", lock(&workspace));
    sign_and_publish(&workspace);
    let release = workspace.path().join("published/trad/1.0.0");
    let read = |name: &str| text(&std::fs::read(release.join(name)).unwrap());
    let manifest: Value = serde_json::from_str(&read("manifest.json")).unwrap();
    assert!(manifest.to_string().contains("\"crs\":\"EPSG:3006\""), "{manifest}");
    assert!(read("dcat.ttl").contains("http://www.opengis.net/def/crs/OGC/1.3/CRS84"));
    assert!(read("prov.jsonld").contains("http://www.opengis.net/def/crs/EPSG/0/3006"));
    let parquet = std::fs::read(release.join("data/all-00000-of-00001.parquet")).unwrap();
    let holds = |word: &[u8]| parquet.windows(word.len()).any(|found| found == word);
    assert!(holds(b"source_crs") && holds(b"EPSG:3006"), "the file itself names it");
    let verified = workspace.fyr(&["verify", release.to_str().unwrap()]);
    assert!(verified.status.success(), "{}", text(&verified.stdout));
}
