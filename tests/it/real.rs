//! Real catalogues and data files under their real addresses, answered by a mirror on this machine.
//!
//! Every catalogue is harvested or refused with a typed reason; what can be curated becomes a release; a second harvest writes nothing.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use crate::support::{Workspace, root, shared};

#[derive(Deserialize)]
struct Expected {
    source: Vec<ExpectedSource>,
    pipeline: Vec<ExpectedPipeline>,
}

#[derive(Deserialize)]
struct ExpectedSource {
    id: String,
    triples: Option<u64>,
    distinct: Option<u64>,
    refused: Option<String>,
    line: Option<u64>,
}

#[derive(Deserialize)]
struct ExpectedPipeline {
    name: String,
    outcome: String,
    rows: Option<u64>,
    licence: Option<String>,
    because: Option<String>,
}

fn expected() -> Expected {
    toml::from_str(&std::fs::read_to_string(root().join("tests/real/expected.toml")).unwrap()).unwrap()
}

/// A workspace with the sources and pipelines of `tests/real`, its mirror pointing at the fixtures beside the project.
fn workspace() -> Workspace {
    let written = std::fs::read_to_string(root().join("tests/real/fyr.toml")).unwrap();
    let table: toml::Table = toml::from_str(&written).unwrap();
    let mirror: BTreeMap<String, String> = table["fetch"]["mirror"].clone().try_into().unwrap();
    let lines: Vec<String> = mirror
        .iter()
        .map(|(prefix, relative)| format!("{prefix:?} = {:?}", format!("{}/{relative}", root().display())))
        .collect();
    let workspace = Workspace::new(&format!(
        "base = \"https://fyr-tests.example\"\n[fetch.mirror]\n{}\n",
        lines.join("\n")
    ));
    for (from, to) in [("sources", "catalog/sources"), ("pipelines", "pipelines")] {
        for entry in std::fs::read_dir(root().join("tests/real").join(from)).unwrap().flatten() {
            workspace.write(
                &format!("{to}/{}", entry.file_name().to_str().unwrap()),
                std::fs::read(entry.path()).unwrap(),
            );
        }
    }
    workspace
}

fn runs(document: &Value) -> BTreeMap<String, Value> {
    let named = |run: &Value| {
        run.get("source")
            .or(run.get("pipeline"))
            .and_then(Value::as_str)
            .unwrap()
            .to_owned()
    };
    document["runs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|run| (named(run), run.clone()))
        .collect()
}

/// Bytes of the tables that hold the quads; logs and manifests grow whenever the store is opened.
fn tables_of(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).unwrap().flatten();
    entries
        .filter(|entry| entry.path().extension().is_some_and(|ending| ending == "sst"))
        .map(|entry| entry.metadata().unwrap().len())
        .sum()
}

#[test]
fn real_catalogues_are_harvested_or_refused_and_real_files_become_releases() {
    if shared("fixtures/real/catalogs").is_none() {
        return;
    }
    let workspace = workspace();
    let (_, first) = workspace.json(&["harvest", "--all"]);
    let first = runs(&first);
    println!("| source | outcome | triples | datasets | findings | reason |\n|---|---|---|---|---|---|");
    for wanted in expected().source {
        let run = &first[&wanted.id];
        let reason = run["reason"]["id"].as_str().unwrap_or("");
        let findings = ["violation", "warning", "info"]
            .iter()
            .map(|level| run["findings"][level].as_u64().unwrap())
            .sum::<u64>();
        println!(
            "| {} | {} | {} | {} | {findings} | {reason} |",
            wanted.id, run["outcome"], run["triples"], run["datasets"]["added"]
        );
        match (&wanted.refused, wanted.distinct.or(wanted.triples)) {
            (Some(id), _) => {
                // A document without a single dataset is never green; one that cannot be read has failed.
                let outcome = if id == "no-datasets" { "suspect" } else { "failed" };
                assert_eq!((run["outcome"].as_str(), reason), (Some(outcome), id.as_str()), "{run}");
                assert_eq!(run["reason"]["position"]["line"].as_u64(), wanted.line, "{run}");
            }
            (None, Some(triples)) => {
                assert_eq!(run["outcome"], "changed", "{run}");
                assert_eq!(run["triples"].as_u64(), Some(triples), "{}", wanted.id);
            }
            (None, None) => {}
        }
    }
    let before = tables_of(&workspace.path().join("data/graph"));
    let (_, second) = workspace.json(&["harvest", "--all"]);
    for (source, run) in runs(&second) {
        if first[&source]["outcome"] == "changed" {
            assert_eq!(
                (run["outcome"].as_str(), run["quads_written"].as_u64(), run["requests"].as_u64()),
                (Some("unchanged"), Some(0), Some(1)),
                "{run}"
            );
        }
    }
    let after = tables_of(&workspace.path().join("data/graph"));
    println!("store: {before} bytes of tables before a second harvest, {after} after it");
    assert!(
        after <= before,
        "an unchanged source writes nothing; the store may only compact what it has: {before} to {after}"
    );
    curated(&workspace);
    polls(&workspace);
}

fn curated(workspace: &Workspace) {
    let (_, document) = workspace.json(&["curate", "--all"]);
    let candidates = runs(&document);
    for (name, run) in &candidates {
        if run["outcome"] != "candidate" {
            continue;
        }
        workspace.sign(name);
    }
    let (_, document) = workspace.json(&["publish"]);
    let published = runs(&document);
    for wanted in expected().pipeline {
        let run = &candidates[&wanted.name];
        match wanted.outcome.as_str() {
            "published" => {
                assert_eq!(run["outcome"], "candidate", "{}: {}", wanted.name, run["refused_because"]);
                let release = &published[&wanted.name];
                assert_eq!(release["outcome"], "published", "{release}");
                assert_eq!(release["rows"].as_u64(), wanted.rows, "{}", wanted.name);
                let folder = workspace.path().join("published").join(release["folder"].as_str().unwrap());
                let manifest: Value = serde_json::from_slice(&std::fs::read(folder.join("manifest.json")).unwrap()).unwrap();
                assert_eq!(
                    manifest["record"]["licence"]["code"].as_str(),
                    wanted.licence.as_deref(),
                    "{}",
                    wanted.name
                );
                let (code, verified) = workspace.json(&["verify", folder.to_str().unwrap()]);
                assert_eq!(code, 0, "{}: {verified}", wanted.name);
            }
            _ => {
                let id = run["refused_because"]["id"].as_str().unwrap_or("");
                let prefix = if wanted.because.as_deref() == Some("link") {
                    "fetch"
                } else {
                    "licence"
                };
                assert!(id.starts_with(prefix), "{}: {run}", wanted.name);
                if prefix == "licence" {
                    assert!(
                        run["rows_in"].as_u64().unwrap() > 0,
                        "{}: staged and profiled though refused: {run}",
                        wanted.name
                    );
                }
            }
        }
    }
}

/// The polls: rows equal to the file's, dates and numbers typed, the month a period.
fn polls(workspace: &Workspace) {
    let folder = workspace.path().join("published/swedish-polls/1.0.0");
    let profile: Value = serde_json::from_slice(&std::fs::read(folder.join("profile.json")).unwrap()).unwrap();
    let column = |name: &str| {
        profile["columns"]
            .as_array()
            .unwrap()
            .iter()
            .find(|column| column["name"] == name)
            .unwrap_or(&Value::Null)
            .clone()
    };
    assert_eq!(profile["rows"].as_u64(), Some(2636));
    for (name, kind) in [
        ("PublYearMonth", "period"),
        ("Company", "text"),
        ("M", "number"),
        ("n", "integer"),
        ("PublDate", "date"),
        ("collectPeriodFrom", "date"),
        ("approxPeriod", "boolean"),
    ] {
        assert_eq!(column(name)["type"], kind, "{name}");
    }
    let csv = std::fs::read_to_string(folder.join("csv/all-00000-of-00001.csv")).unwrap();
    assert_eq!(csv.lines().count(), 2637);
}
