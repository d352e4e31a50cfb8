//! What releases tell together, through the program: tables weighed before they are kept, decisions on what was found, and the whole for the
//! operator. People and places are invented.

use serde_json::Value;

use crate::shape;
use crate::support::{Workspace, ended, text};

const POLICY: &str = "population = \"registret\"\n[columns]\nperson = \"identifier\"\nort = \"quasi-identifier\"\ndel = \"quasi-identifier\"\n\
    [table]\nby = [\"ort\", \"del\"]\nthreshold = 10\n";

/// A register of 240 invented people in eight places, and so many more in one of them.
fn register(workspace: &Workspace, more: usize) {
    let mut rows = String::from("person;ort;del\n");
    for n in 0..240 + more {
        let (place, part) = if n < 240 { (n / 30, n % 2) } else { (1, 1) };
        rows.push_str(&format!("id-{n};ort {place};del {part}\n"));
    }
    workspace.write("in.csv", rows);
}

fn tabulate(workspace: &Workspace, policy: &str, release: &str) -> (i32, String) {
    workspace.write("policy.toml", policy);
    let words = [
        "tabulate",
        "in.csv",
        "-o",
        "ut.parquet",
        "--policy",
        "policy.toml",
        "--release",
        release,
    ];
    ended(&workspace.fyr(&words))
}

fn store(workspace: &Workspace) -> Value {
    let (code, document) = workspace.json(&["risk", "--store"]);
    assert_eq!(code, 0, "{document}");
    shape::held(&document);
    document
}

#[test]
fn tables_of_the_same_people_are_weighed_against_each_other() {
    let workspace = Workspace::new("");
    assert_eq!(store(&workspace)["releases"], 0);
    register(&workspace, 0);
    assert_eq!(tabulate(&workspace, POLICY, "maj"), (0, String::new()));
    // Three people more in one place: each table is safe alone, the difference shows three.
    register(&workspace, 3);
    std::fs::remove_file(workspace.path().join("ut.parquet")).unwrap();
    let (code, said) = tabulate(&workspace, POLICY, "juni");
    assert!(code == 1 && said.contains("unresolved"), "{said}");
    assert!(!workspace.path().join("ut.parquet").exists(), "what is held is not kept");
    let held = store(&workspace)["held"]["juni"].clone();
    let held = held.as_array().unwrap();
    assert!(!held.is_empty());
    assert!(
        held.iter().all(|one| one["kind"] == "difference" && one["smallest"] == 3),
        "{held:?}"
    );
    let output = workspace.fyr(&["risk", "--store"]);
    assert!(text(&output.stdout).contains("juni"), "{}", text(&output.stdout));

    // A person answers for it: who, in what role, when and why stays in the ledger.
    let mut resolved = POLICY.to_owned();
    for one in held {
        let id = one["id"].as_str().unwrap();
        resolved +=
            &format!("[resolved.{id}]\nreason = \"kända personer\"\nby = \"Test Testsson\"\nrole = \"testare\"\ndate = 2026-11-23\n");
    }
    assert_eq!(tabulate(&workspace, &resolved, "juni"), (0, String::new()));
    let whole = store(&workspace);
    assert_eq!(whole["releases"], 2);
    assert_eq!(whole["held"], serde_json::json!({}));
    assert_eq!(whole["resolved"].as_array().unwrap().len(), held.len());
    assert_eq!(whole["resolved"][0]["decision"]["role"], "testare");
    let registry = &whole["populations"][0];
    assert_eq!(
        (&registry["name"], &registry["names"]),
        (&"registret".into(), &serde_json::json!(["juni", "maj"]))
    );
    assert_eq!(registry["columns"], serde_json::json!(["del", "ort"]));
    let shared: Vec<&Value> = whole["shared"].as_array().unwrap().iter().map(|one| &one["column"]).collect();
    assert_eq!(shared, ["del", "ort"]);
    assert!(!whole.to_string().contains("ort 1"), "the whole tells no value");
}

#[test]
fn tables_with_shifted_counts_are_not_subtracted() {
    let workspace = Workspace::new("");
    workspace.write("nyckel", "0123456789abcdef0123");
    let shifted = format!("{POLICY}contributor = \"person\"\nmethod = \"cell-key\"\nkey = \"nyckel\"\n");
    register(&workspace, 0);
    assert_eq!(tabulate(&workspace, &shifted, "maj").0, 0);
    register(&workspace, 3);
    assert_eq!(tabulate(&workspace, &shifted, "juni"), (0, String::new()));
    assert_eq!(store(&workspace)["populations"][0]["exact"], false);
}

#[test]
fn a_name_that_is_none_and_a_place_without_a_workspace_are_refused() {
    let workspace = Workspace::new("");
    register(&workspace, 0);
    assert_eq!(tabulate(&workspace, POLICY, "Juni 2026").0, 2);
    let (code, said) = ended(&workspace.fyr(&["risk", "in.csv", "--store"]));
    assert_eq!(code, 2, "{said}");
    assert_eq!(workspace.fyr(&["risk", "in.csv"]).status.code(), Some(2), "--qi is needed");
}
