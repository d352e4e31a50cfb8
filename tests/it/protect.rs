//! `fyr anonymize` and `fyr risk` through the whole program: the best generalisation, an independent look at the written bytes, typed answers.

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
    let document = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}\n{}\n{}", text(&output.stdout), text(&output.stderr)));
    shape::held(&document);
    document
}

const POLICY: &str = "[columns]\nperson = \"identifier\"\nalder = { role = \"quasi-identifier\", hierarchy = \"age\" }\n\
    ort = { role = \"quasi-identifier\", hierarchy = \"ort.csv\" }\ndiagnos = \"sensitive\"\n\
    [model]\nk = 5\nsuppression_max = 0.1\nloss = \"entropy\"\nl = { kind = \"distinct\", value = 2 }\n";

/// Eighty invented people in three places, a policy and a hierarchy beside it.
fn folder() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let mut rows = String::from("person;alder;ort;diagnos\n");
    for n in 0..80u32 {
        let (age, place) = (20 + n % 40, ["Norrby", "Soderby", "Osterby"][(n % 3) as usize]);
        rows.push_str(&format!("id-{n};{age};{place};{}\n", ["A", "B", "C", "D"][(n % 4) as usize]));
    }
    std::fs::write(dir.path().join("in.csv"), rows).unwrap();
    std::fs::write(dir.path().join("policy.toml"), POLICY).unwrap();
    std::fs::write(dir.path().join("ort.csv"), "Norrby;Norr;*\nSoderby;Soder;*\nOsterby;Soder;*\n").unwrap();
    dir
}

fn anonymize(dir: &Path) -> Output {
    fyr(
        dir,
        &[
            "anonymize",
            "in.csv",
            "-o",
            "ut.parquet",
            "--policy",
            "policy.toml",
            "--report",
            "rapport.json",
            "--json",
        ],
    )
}

#[test]
fn a_table_is_protected_and_the_written_file_measured_by_another_hand() {
    let dir = folder();
    let output = anonymize(dir.path());
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let document = json(&output);
    assert_eq!(document["schema"], "fyr/anonymize/1");
    assert_eq!(document["rows_in"], 80);
    assert!(document["verified"]["k"].as_u64().unwrap() >= 5, "{document}");
    assert!(document["verified"]["l"]["diagnos"].as_u64().unwrap() >= 2, "{document}");
    assert_eq!(document["search"]["optimal"], true);
    assert_eq!(document["search"]["bound"], document["loss"]["value"]);
    assert!(
        std::fs::read_to_string(dir.path().join("rapport.json"))
            .unwrap()
            .contains("fyr/anonymize/1")
    );
    let risk = json(&fyr(
        dir.path(),
        &["risk", "ut.parquet", "--qi", "alder,ort", "--sensitive", "diagnos", "--json"],
    ));
    assert_eq!(risk["k"], document["verified"]["k"]);
    let raw = std::fs::read(dir.path().join("ut.parquet")).unwrap();
    assert!(!raw.windows(5).any(|bytes| bytes == b"id-17"), "an identifier is left in the file");
}

#[test]
fn the_same_table_gives_the_same_bytes() {
    let dir = folder();
    anonymize(dir.path());
    let first = std::fs::read(dir.path().join("ut.parquet")).unwrap();
    anonymize(dir.path());
    assert_eq!(first, std::fs::read(dir.path().join("ut.parquet")).unwrap());
}

#[test]
fn bad_input_has_a_typed_answer_and_leaves_no_file() {
    let cases: [(&str, &str, i32, &str); 6] = [
        ("diagnos = \"sensitive\"\n", "", 2, "without a role"),
        ("k = 5", "k = 1", 2, "at least 2"),
        ("kind = \"distinct\"", "kind = \"recursive\"", 2, "c belongs"),
        ("k = 5", "k = 500", 1, "none of"),
        ("ort.csv", "../ort.csv", 2, "leaves"),
        ("loss = \"entropy\"", "loss = \"least\"", 2, "loss must be"),
    ];
    for (from, to, code, word) in cases {
        let dir = folder();
        std::fs::write(dir.path().join("policy.toml"), POLICY.replace(from, to)).unwrap();
        let (seen, said) = ended(&anonymize(dir.path()));
        assert_eq!(seen, code, "{from} -> {to}: {said}");
        assert!(said.contains(word), "{from} -> {to}: {said}");
        assert!(!dir.path().join("ut.parquet").exists());
    }
}

#[test]
fn k_map_and_presence_read_their_second_table_beside_the_policy() {
    let dir = folder();
    std::fs::copy(dir.path().join("in.csv"), dir.path().join("alla.csv")).unwrap();
    let model = POLICY.replace("k = 5\n", "k_map = { k = 8, population = \"alla.csv\" }\n");
    std::fs::write(dir.path().join("policy.toml"), model).unwrap();
    let document = json(&anonymize(dir.path()));
    assert!(document["verified"]["k"].as_u64().unwrap() >= 8, "{document}");
    let subset: String = std::fs::read_to_string(dir.path().join("in.csv"))
        .unwrap()
        .lines()
        .take(41)
        .collect::<Vec<_>>()
        .join("\n");
    std::fs::write(dir.path().join("del.csv"), subset).unwrap();
    let model = POLICY.replace("k = 5\n", "presence = { min = 0.1, max = 0.9, subset = \"del.csv\" }\n");
    std::fs::write(dir.path().join("policy.toml"), model).unwrap();
    assert_eq!(json(&anonymize(dir.path()))["rows_in"], 40);
}

#[test]
fn risk_is_of_the_columns_that_are_named() {
    let dir = folder();
    let output = fyr(
        dir.path(),
        &["risk", "in.csv", "--qi", "alder,ort", "--sensitive", "diagnos", "--json"],
    );
    let document = json(&output);
    assert_eq!((&document["rows"], &document["classes"]), (&80.into(), &80.into()));
    let (code, said) = ended(&fyr(dir.path(), &["risk", "in.csv", "--qi", "vikt"]));
    assert!(code == 2 && said.contains("alder"), "{said}");
}
