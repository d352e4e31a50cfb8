//! `fyr verify` holds every model that is stated against the bytes: a file or a release that keeps them passes, one that was exchanged for another
//! with its digests made to agree does not. All people are invented.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::shape;
use crate::support::{FYR, Workspace, text};

fn fyr(dir: &Path, args: &[&str]) -> Output {
    Command::new(FYR)
        .args(args)
        .args(["--lang", "en"])
        .current_dir(dir)
        .output()
        .unwrap()
}

fn document(output: &Output) -> Value {
    let document = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}\n{}\n{}", text(&output.stdout), text(&output.stderr)));
    shape::held(&document);
    document
}

const COLUMNS: &str = "[columns]\nperson = \"identifier\"\nort = { role = \"quasi-identifier\", hierarchy = \"ort.csv\" }\n\
    band = \"quasi-identifier\"\ndiagnos = { role = \"sensitive\", hierarchy = \"diagnos.csv\" }\n";
const PLACES: [&str; 3] = ["Norrby", "Soderby", "Osterby"];
const DIAGNOSES: [&str; 4] = ["A", "B", "C", "D"];

/// Six groups of forty: in the first so many have each diagnosis, in the others ten.
fn register(first: [usize; 4]) -> String {
    let mut rows = "person;ort;band;diagnos\n".to_owned();
    for group in 0..6 {
        let counts = if group == 0 { first } else { [10; 4] };
        let diagnoses = counts
            .iter()
            .zip(DIAGNOSES)
            .flat_map(|(count, name)| std::iter::repeat_n(name, *count));
        for (row, diagnosis) in diagnoses.enumerate() {
            let (place, band) = (PLACES[group / 2], ["ung", "gammal"][group % 2]);
            rows.push_str(&format!("rad {group} {row};{place};{band};{diagnosis}\n"));
        }
    }
    rows
}

fn folder() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).unwrap();
    write("ort.csv", "Norrby;Norr;*\nSoderby;Soder;*\nOsterby;Soder;*\n");
    write("diagnos.csv", "A;x;*\nB;x;*\nC;y;*\nD;y;*\n");
    dir
}

/// Protects `rows` by `model` into `name`.parquet with its report.
fn protect(dir: &Path, name: &str, rows: &str, model: &str) -> Output {
    std::fs::write(dir.join(format!("{name}.csv")), rows).unwrap();
    std::fs::write(
        dir.join(format!("{name}.toml")),
        format!("{COLUMNS}[model]\nsuppression_max = 0\n{model}"),
    )
    .unwrap();
    let file = |ending: &str| format!("{name}.{ending}");
    let (input, out, policy, report) = (file("csv"), file("parquet"), file("toml"), file("json"));
    fyr(
        dir,
        &["anonymize", &input, "-o", &out, "--policy", &policy, "--report", &report, "--json"],
    )
}

/// The exit code, the checks that fail, and the whole answer.
fn verify(dir: &Path, file: &str, report: &str) -> (Option<i32>, Vec<String>, Value) {
    let output = fyr(dir, &["verify", file, "--report", report, "--json"]);
    let answer = document(&output);
    (output.status.code(), failing(&answer), answer)
}

fn failing(answer: &Value) -> Vec<String> {
    let checks = answer["checks"].as_array().unwrap().iter();
    checks
        .filter(|check| check["ok"] == false)
        .map(|check| check["id"].as_str().unwrap().to_owned())
        .collect()
}

fn read(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn sha256(path: &Path) -> String {
    fyr_model::Sha256::of(&std::fs::read(path).unwrap()).to_string()
}

#[test]
fn each_model_of_a_file_holds_as_written_and_fails_when_the_file_is_exchanged_and_its_digest_with_it() {
    let dir = folder();
    // In the other file thirty-seven of the forty in one group have the same diagnosis and nobody the last.
    let other = protect(dir.path(), "annan", &register([37, 2, 1, 0]), "k = 5\n");
    assert_eq!(other.status.code(), Some(0), "{}", text(&other.stderr));
    let models = [
        ("l = { kind = \"distinct\", value = 4 }", "distinct 4-diversity of diagnos"),
        ("l = { kind = \"entropy\", value = 3.5 }", "entropy 3.5-diversity of diagnos"),
        (
            "l = { kind = \"recursive\", value = 2, c = 2 }",
            "recursive (2, 2)-diversity of diagnos",
        ),
        ("t = { kind = \"equal\", value = 0.1 }", "equal 0.1-closeness of diagnos"),
        ("t = { kind = \"ordered\", value = 0.1 }", "ordered 0.1-closeness of diagnos"),
        (
            "t = { kind = \"hierarchical\", value = 0.1 }",
            "hierarchical 0.1-closeness of diagnos",
        ),
        ("beta = { kind = \"basic\", value = 0.5 }", "basic 0.5-likeness of diagnos"),
        ("beta = { kind = \"enhanced\", value = 0.5 }", "enhanced 0.5-likeness of diagnos"),
        ("disclosure = 0.5", "0.5-disclosure of diagnos"),
    ];
    for (model, word) in models {
        let made = protect(dir.path(), "ut", &register([10; 4]), &format!("k = 5\n{model}\n"));
        assert_eq!(made.status.code(), Some(0), "{model}: {}", text(&made.stderr));
        document(&made);
        let (code, faults, answer) = verify(dir.path(), "ut.parquet", "ut.json");
        assert_eq!((code, faults.len()), (Some(0), 0), "{model}: {answer}");
        assert!(answer.to_string().contains(word), "{model}: {answer}");
        // The other file in its place, first as it is and then with the report made to say its digest.
        let (code, faults, _) = verify(dir.path(), "annan.parquet", "ut.json");
        assert_eq!(
            (code, faults.as_slice()),
            (Some(1), &["hash-sha256".to_owned(), "privacy-bounds".to_owned()][..]),
            "{model}"
        );
        let mut report = read(&dir.path().join("ut.json"));
        report["file"]["sha256"] = sha256(&dir.path().join("annan.parquet")).into();
        std::fs::write(dir.path().join("falsk.json"), report.to_string()).unwrap();
        let (code, faults, _) = verify(dir.path(), "annan.parquet", "falsk.json");
        assert_eq!((code, faults.as_slice()), (Some(1), &["privacy-bounds".to_owned()][..]), "{model}");
        // A limit that is taken out of the numbers is missed by the words.
        report["file"]["held"]["bounds"] = json!({});
        std::fs::write(dir.path().join("falsk.json"), report.to_string()).unwrap();
        let (code, faults, _) = verify(dir.path(), "annan.parquet", "falsk.json");
        assert_eq!((code, faults.as_slice()), (Some(1), &["privacy-models".to_owned()][..]), "{model}");
    }
}

#[test]
fn k_mean_risk_means_and_rows_of_a_file_are_held() {
    let dir = folder();
    let few = register([2, 1, 1, 1]);
    let other = protect(dir.path(), "annan", &few, "k = 2\n");
    assert_eq!(other.status.code(), Some(0), "{}", text(&other.stderr));
    for (model, check) in [("k = 20\n", "privacy-k"), ("average_risk = 0.0251\n", "privacy-average-risk")] {
        let made = protect(dir.path(), "ut", &register([10; 4]), model);
        assert_eq!(made.status.code(), Some(0), "{}", text(&made.stderr));
        assert_eq!(verify(dir.path(), "ut.parquet", "ut.json").0, Some(0), "{model}");
        let mut report = read(&dir.path().join("ut.json"));
        report["file"]["sha256"] = sha256(&dir.path().join("annan.parquet")).into();
        for key in ["rows_in", "rows_out"] {
            report[key] = 205.into();
        }
        std::fs::write(dir.path().join("falsk.json"), report.to_string()).unwrap();
        let (code, faults, _) = verify(dir.path(), "annan.parquet", "falsk.json");
        assert_eq!((code, faults.as_slice()), (Some(1), &[check.to_owned()][..]), "{model}");
        report["rows_out"] = 240.into();
        std::fs::write(dir.path().join("falsk.json"), report.to_string()).unwrap();
        assert!(
            verify(dir.path(), "annan.parquet", "falsk.json")
                .1
                .contains(&"privacy-rows".to_owned())
        );
    }
}

#[test]
fn a_file_without_its_report_and_a_report_of_something_else_have_typed_answers() {
    let dir = folder();
    assert_eq!(protect(dir.path(), "ut", &register([10; 4]), "k = 5\n").status.code(), Some(0));
    let alone = fyr(dir.path(), &["verify", "ut.parquet"]);
    assert_eq!(alone.status.code(), Some(2));
    assert!(text(&alone.stderr).contains("--report"), "{}", text(&alone.stderr));
    std::fs::write(dir.path().join("annat.json"), "{\"at\": 1}").unwrap();
    for report in ["annat.json", "saknas.json"] {
        assert_eq!(
            fyr(dir.path(), &["verify", "ut.parquet", "--report", report]).status.code(),
            Some(2),
            "{report}"
        );
    }
}

/// The population is twice the file: of each group as many again are not in it.
#[test]
fn a_population_is_counted_anew_behind_each_written_group_and_said_not_to_be_when_it_does_not_come_along() {
    let dir = folder();
    let sample = register([10; 4]);
    let more = sample.lines().skip(1).map(|line| format!("{line}\n")).collect::<String>();
    std::fs::write(dir.path().join("alla.csv"), format!("{sample}{more}")).unwrap();
    for (model, word) in [
        ("k_map = { k = 80, population = \"alla.csv\" }\n", "80-map"),
        ("recoding = \"local\"\nk_map = { k = 60, population = \"alla.csv\" }\n", "60-map"),
    ] {
        let made = protect(dir.path(), "ut", &sample, model);
        assert_eq!(made.status.code(), Some(0), "{}", text(&made.stderr));
        let body = document(&made);
        let population = &body["verified"]["population"];
        assert_eq!(
            (&population["people"], &population["group_min"]),
            (&480.into(), &80.into()),
            "{body}"
        );
        assert_eq!(
            (&population["share"]["min"], &population["outside"]),
            (&0.5.into(), &0.into()),
            "{body}"
        );
        let (code, faults, answer) = verify(dir.path(), "ut.parquet", "ut.json");
        assert_eq!((code, faults.len()), (Some(0), 0), "{answer}");
        assert_eq!(answer["not_verified"][0]["model"], word, "{answer}");
        let shown = fyr(dir.path(), &["verify", "ut.parquet", "--report", "ut.json"]);
        assert!(text(&shown.stdout).contains("not checked again"), "{}", text(&shown.stdout));
    }
    // The input is the population and the file a part of it.
    std::fs::write(dir.path().join("del.csv"), &sample).unwrap();
    let model = "presence = { min = 0.4, max = 0.6, subset = \"del.csv\" }\n";
    let made = protect(dir.path(), "ut", &format!("{sample}{more}"), model);
    assert_eq!(made.status.code(), Some(0), "{}", text(&made.stderr));
    let body = document(&made);
    assert_eq!(body["verified"]["population"]["share"], json!({"min": 0.5, "max": 0.5}), "{body}");
    assert_eq!(
        verify(dir.path(), "ut.parquet", "ut.json").2["not_verified"][0]["model"],
        "(0.4, 0.6)-presence"
    );
}

const CATALOGUE: &str = r#"@prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix dct: <http://purl.org/dc/terms/> . @prefix foaf: <http://xmlns.com/foaf/0.1/> .
<https://source.example/catalogue> a dcat:Catalog ; dct:title "Katalog"@sv ; dct:description "En katalog"@sv ; dct:publisher <https://source.example/org> ;
  dct:license <http://creativecommons.org/publicdomain/zero/1.0/> ; dcat:dataset <https://source.example/d/vard> .
<https://source.example/org> a foaf:Agent ; foaf:name "Testmyndigheten"@sv .
<https://source.example/d/vard> a dcat:Dataset ; dct:title "Vård"@sv ; dct:description "Påhittad vård."@sv ; dct:publisher <https://source.example/org> ;
  dcat:distribution <https://source.example/d/vard/csv> .
<https://source.example/d/vard/csv> a dcat:Distribution ; dcat:accessURL <https://source.example/vard.csv> ; dcat:downloadURL <https://source.example/vard.csv> ;
  dct:format "text/csv" ; dct:license <http://creativecommons.org/publicdomain/zero/1.0/> .
"#;
const HEAD: &str = "source = \"kalla\"\ndataset = \"https://source.example/d/vard\"\npolicy = \"vard-policy.toml\"\n";

/// A workspace with the register and a policy, curated.
fn curated(rows: &str, model: &str) -> Workspace {
    let workspace = Workspace::new("[fetch.mirror]\n\"https://source.example/\" = \"www/\"\n");
    workspace.source("kalla", "dcat.ttl");
    workspace.write("www/dcat.ttl", CATALOGUE);
    workspace.write("www/vard.csv", rows);
    workspace.write("pipelines/vard.toml", HEAD);
    workspace.write(
        "pipelines/vard-policy.toml",
        format!("{COLUMNS}[model]\nsuppression_max = 0\n{model}"),
    );
    workspace.write("pipelines/ort.csv", "Norrby;Norr;*\nSoderby;Soder;*\nOsterby;Soder;*\n");
    workspace.write("pipelines/diagnos.csv", "A;x;*\nB;x;*\nC;y;*\nD;y;*\n");
    assert!(workspace.fyr(&["harvest", "kalla"]).status.success());
    let made = workspace.fyr(&["curate", "vard"]);
    assert!(made.status.success(), "{}", text(&made.stderr));
    workspace
}

const DATA: [&str; 2] = ["data/all-00000-of-00001.parquet", "csv/all-00000-of-00001.csv"];

#[test]
fn a_release_whose_rows_are_exchanged_and_whose_manifest_agrees_still_breaks_its_models() {
    let model = "k = 10\nl = { kind = \"entropy\", value = 3 }\nt = { kind = \"hierarchical\", value = 0.2 }\n\
        beta = { kind = \"enhanced\", value = 1 }\ndisclosure = 1\naverage_risk = 0.05\n";
    let workspace = curated(&register([10; 4]), model);
    workspace.sign("vard");
    let published = workspace.fyr(&["publish", "vard"]);
    assert!(published.status.success(), "{}", text(&published.stderr));
    let release = workspace.path().join("published/vard/1.0.0");
    let said = read(&release.join("privacy.json"));
    shape::held(&said);
    assert_eq!(
        said["audit"]["held"]["bounds"]["diagnos"]["above"]["A"],
        json!(["x", "*"]),
        "{said}"
    );
    assert_eq!(said["protection"]["models"].as_array().unwrap().len(), 6, "{said}");
    let (code, answer) = workspace.json(&["verify", release.to_str().unwrap()]);
    shape::held(&answer);
    assert_eq!((code, failing(&answer).len()), (0, 0), "{answer}");
    assert!(answer.to_string().contains("enhanced 1-likeness of diagnos"), "{answer}");

    // Files of as many rows, made by the program itself for a policy that asks for less.
    let other = curated(&register([37, 2, 1, 0]), "k = 10\n");
    exchange(&other.path().join("data/candidates/vard"), &release);
    let (code, answer) = workspace.json(&["verify", release.to_str().unwrap()]);
    let faults = failing(&answer);
    assert_eq!(code, 1, "{answer}");
    assert!(faults.contains(&"privacy-bounds".to_owned()), "{faults:?}");
    assert!(!faults.iter().any(|id| id.starts_with("hash-")), "the digests agree: {faults:?}");

    // The limits taken out of the release as well: its words still state them.
    let mut said = read(&release.join("privacy.json"));
    said["audit"]["held"]["bounds"] = json!({});
    std::fs::write(release.join("privacy.json"), said.to_string()).unwrap();
    agree(&release, &["privacy.json"]);
    let (code, answer) = workspace.json(&["verify", release.to_str().unwrap()]);
    let faults = failing(&answer);
    assert!(code == 1 && faults.contains(&"privacy-models".to_owned()), "{faults:?}");
    assert!(!faults.contains(&"hash-sha256".to_owned()), "{faults:?}");
}

/// Puts the data files of one folder in the place of another's, and makes the manifest agree.
fn exchange(from: &Path, release: &Path) {
    for path in DATA {
        std::fs::copy(from.join(path), release.join(path)).unwrap();
    }
    agree(release, &DATA);
}

/// Makes the manifest say the digests and sizes of files as they lie.
fn agree(release: &Path, paths: &[&str]) {
    let manifest: PathBuf = release.join("manifest.json");
    let mut said = read(&manifest);
    for file in said["files"].as_array_mut().unwrap() {
        let path = file["path"].as_str().unwrap().to_owned();
        if paths.contains(&path.as_str()) {
            file["sha256"] = sha256(&release.join(&path)).into();
            file["bytes"] = std::fs::metadata(release.join(&path)).unwrap().len().into();
        }
    }
    std::fs::write(manifest, said.to_string()).unwrap();
}
