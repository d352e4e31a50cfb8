//! `fyr check` as a CI job sees it: places, formats, gates, and that a reader leaves nothing behind.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::{FYR, root, text};

const FORMATS: [&str; 7] = ["text", "json", "html", "ttl", "sarif", "junit", "gitlab"];

const CATALOGUE: &str = "@prefix dcat: <http://www.w3.org/ns/dcat#> .
@prefix dcterms: <http://purl.org/dc/terms/> .
<https://data.exempelby.example/> a dcat:Catalog ;
  dcterms:title \"Exempelby\"@sv, \"Town\" ;
  dcat:dataset <https://data.exempelby.example/d/1> .

<https://data.exempelby.example/d/1> a dcat:Dataset ;
  dcterms:title \"Träd\"@sv ;
  dcat:theme \"Miljö\" .
";

fn fyr(dir: &Path, words: &[&str]) -> Output {
    Command::new(FYR)
        .args(words)
        .args(["--lang", "en"])
        .current_dir(dir)
        .output()
        .unwrap()
}

fn folder() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("dcat.ttl"), CATALOGUE).unwrap();
    dir
}

fn json(dir: &Path, words: &[&str]) -> (i32, Value) {
    let output = fyr(dir, &[words, &["--json"]].concat());
    let document = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", text(&output.stderr)));
    (output.status.code().unwrap(), document)
}

fn findings(document: &Value) -> &Vec<Value> {
    document["findings"].as_array().unwrap()
}

#[test]
fn each_finding_has_file_line_column_and_fingerprint() {
    let dir = folder();
    let (code, document) = json(dir.path(), &["check", "dcat.ttl"]);
    assert_eq!(code, 1);
    let lines: Vec<&str> = CATALOGUE.lines().collect();
    for finding in findings(&document) {
        assert_eq!(finding["file"], "dcat.ttl");
        assert_eq!(finding["fingerprint"].as_str().unwrap().len(), 32);
        let at = &finding["position"];
        if finding["id"] == "syntax-not-rdfxml" {
            assert!(at.is_null(), "what is about the document as a whole has no line");
            continue;
        }
        let line = lines[at["line"].as_u64().unwrap() as usize - 1];
        let rest: String = line.chars().skip(at["column"].as_u64().unwrap() as usize - 1).collect();
        let focus = finding["focus"].as_str().unwrap();
        assert!(
            rest.starts_with(&format!("<{focus}>")) || rest.starts_with("dc") || rest.starts_with('"'),
            "{finding} stands at `{rest}`"
        );
    }
    let theme = findings(&document)
        .iter()
        .find(|one| one["value"] == "Miljö")
        .expect("a text where an IRI belongs");
    assert_eq!((&theme["position"]["line"], &theme["position"]["column"]), (&9.into(), &14.into()));
    let untagged = findings(&document)
        .iter()
        .find(|one| one["id"] == "untagged-literal")
        .expect("what the reader of the graph saw");
    assert_eq!(untagged["position"]["line"], 4);
    let shown = text(&fyr(dir.path(), &["check", "dcat.ttl"]).stdout);
    assert!(shown.contains("dcat.ttl:9:14"), "{shown}");
}

#[test]
fn a_syntax_error_is_a_finding_in_every_format_and_ends_with_3() {
    let dir = folder();
    std::fs::write(dir.path().join("dcat.ttl"), CATALOGUE.replace("\"Träd\"@sv ;", "\"Träd\"@sv")).unwrap();
    for format in FORMATS {
        let output = fyr(dir.path(), &["check", "dcat.ttl", "--format", format]);
        assert_eq!(output.status.code(), Some(3), "{format}");
        let report = text(&output.stdout);
        assert!(report.contains("syntax"), "{format}: {report}");
        let place = match format {
            "text" => "dcat.ttl:9:",
            "json" => "\"line\": 9",
            "html" => "line 9, column",
            "ttl" => "fyr:line 9",
            "sarif" => "\"startLine\": 9",
            "junit" => "line=\"9\"",
            _ => "\"begin\": 9",
        };
        assert!(report.contains(place), "{format}: {report}");
        assert!(text(&output.stderr).starts_with("error:"), "{format}");
    }
}

#[test]
fn fingerprints_stay_when_lines_move() {
    let dir = folder();
    let prints = |dir: &Path| -> Vec<String> {
        let (_, document) = json(dir, &["check", "dcat.ttl"]);
        let mut prints: Vec<String> = findings(&document)
            .iter()
            .map(|one| one["fingerprint"].as_str().unwrap().to_owned())
            .collect();
        prints.sort();
        prints
    };
    let before = prints(dir.path());
    let (head, rest) = CATALOGUE.split_at(CATALOGUE.find("<https://data.exempelby.example/> a").unwrap());
    let (catalogue, dataset) = rest.split_at(rest.find("\n\n").unwrap() + 2);
    std::fs::write(dir.path().join("dcat.ttl"), format!("# flyttad\n{head}\n\n{dataset}\n{catalogue}")).unwrap();
    assert_eq!(prints(dir.path()), before);
}

#[test]
fn with_a_baseline_only_what_is_new_fails_and_what_has_gone_is_told() {
    let dir = folder();
    let old = fyr(dir.path(), &["check", "dcat.ttl", "--json", "--fail-on", "never"]);
    assert_eq!(old.status.code(), Some(0));
    std::fs::write(dir.path().join("old.json"), &old.stdout).unwrap();
    let check = ["check", "dcat.ttl", "--baseline", "old.json", "--fail-on", "warning"];
    let (code, document) = json(dir.path(), &check);
    assert_eq!((code, &document["gate"]["failing"]), (0, &0.into()));
    assert_eq!(document["conforms"], false, "an old fault is a fault");
    assert!(findings(&document).iter().all(|one| one["state"] == "known"));

    let changed = CATALOGUE.replace("dcat:theme \"Miljö\"", "dcterms:language \"svenska\"");
    std::fs::write(dir.path().join("dcat.ttl"), changed).unwrap();
    let (code, document) = json(dir.path(), &check);
    assert_eq!(code, 1);
    let new: Vec<&Value> = findings(&document).iter().filter(|one| one["state"] == "new").collect();
    assert!(!new.is_empty() && new.iter().any(|one| one["value"] == "svenska"), "{new:?}");
    let gone = document["gate"]["gone"]["findings"].as_array().unwrap();
    assert!(gone.iter().any(|one| one["path"] == "http://www.w3.org/ns/dcat#theme"), "{gone:?}");
    let (_, sarif) = {
        let output = fyr(dir.path(), &[&check[..], &["--format", "sarif"]].concat());
        (output.status.code(), serde_json::from_slice::<Value>(&output.stdout).unwrap())
    };
    let states = sarif["runs"][0]["results"].as_array().unwrap().iter();
    let states: std::collections::BTreeSet<&str> = states.map(|one| one["baselineState"].as_str().unwrap()).collect();
    assert_eq!(states.into_iter().collect::<Vec<_>>(), ["new", "unchanged"]);
}

#[test]
fn a_baseline_that_cannot_be_trusted_ends_with_2() {
    let dir = folder();
    let second = "<https://data.exempelby.example/d/2> a dcat:Dataset .\n";
    std::fs::write(dir.path().join("dcat.ttl"), format!("{CATALOGUE}{second}")).unwrap();
    let bounded = fyr(
        dir.path(),
        &["check", "dcat.ttl", "--json", "--fail-on", "never", "--max-findings", "1"],
    );
    std::fs::write(dir.path().join("short.json"), &bounded.stdout).unwrap();
    std::fs::write(dir.path().join("other.json"), "{\"schema\": \"fyr/mqa/1\", \"findings\": []}").unwrap();
    std::fs::write(dir.path().join("empty.json"), "").unwrap();
    for file in ["short.json", "other.json", "empty.json", "absent.json"] {
        let output = fyr(dir.path(), &["check", "dcat.ttl", "--baseline", file]);
        assert_eq!(output.status.code(), Some(2), "{file}: {}", text(&output.stdout));
        assert!(text(&output.stderr).contains("hint:"), "{file}");
    }
}

#[test]
fn an_ignore_needs_rule_reason_and_end() {
    let dir = folder();
    let ignores = |text: &str| std::fs::write(dir.path().join("fyr.check.toml"), text).unwrap();
    let (_, before) = json(dir.path(), &["check", "dcat.ttl"]);
    let violations: Vec<&str> = findings(&before)
        .iter()
        .filter(|one| one["severity"] == "violation")
        .map(|one| one["id"].as_str().unwrap())
        .collect();
    for lacking in [
        "rule = \"x\"\nreason = \"y\"",
        "rule = \"x\"\nuntil = 2099-01-01",
        "reason = \"y\"\nuntil = 2099-01-01",
        "rule = \"x\"\nreason = \" \"\nuntil = 2099-01-01",
        "rule = \"x\"\nreason = \"y\"\nuntil = \"snart\"",
        "rule = \"x\"\nreason = \"y\"\nuntil = 2099-01-01\nrul = \"x\"",
    ] {
        ignores(&format!("[[ignore]]\n{lacking}\n"));
        let output = fyr(dir.path(), &["check", "dcat.ttl"]);
        assert_eq!(output.status.code(), Some(2), "{lacking}");
    }
    let all = |until: &str| -> String {
        let each = violations
            .iter()
            .map(|id| format!("[[ignore]]\nrule = \"{id}\"\nreason = \"rättas i vår\"\nuntil = {until}\n"));
        each.collect()
    };
    ignores(&all("2099-12-31"));
    let (code, document) = json(dir.path(), &["check", "dcat.ttl"]);
    assert_eq!(
        (code, &document["gate"]["failing"], &document["conforms"]),
        (0, &0.into(), &false.into())
    );
    assert!(findings(&document).iter().any(|one| one["ignored"]["reason"] == "rättas i vår"));
    ignores(&all("2020-12-31"));
    let output = fyr(dir.path(), &["check", "dcat.ttl"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stdout).contains("held until 2020-12-31"));
    std::fs::remove_file(dir.path().join("fyr.check.toml")).unwrap();
    std::fs::write(
        dir.path().join("fyr.toml"),
        all("2099-12-31").replace("[[ignore]]", "[[check.ignore]]"),
    )
    .unwrap();
    assert_eq!(
        fyr(dir.path(), &["check", "dcat.ttl"]).status.code(),
        Some(0),
        "the workspace's own ignores"
    );
}

#[test]
fn reports_are_written_beside_the_one_on_standard_output() {
    let dir = folder();
    let reports: Vec<String> = FORMATS
        .iter()
        .flat_map(|format| ["--report".to_owned(), format!("{format}=out.{format}")])
        .collect();
    let words: Vec<&str> = ["check", "dcat.ttl"]
        .into_iter()
        .chain(reports.iter().map(String::as_str))
        .collect();
    let output = fyr(dir.path(), &words);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("does not conform"));
    for format in FORMATS {
        let written = std::fs::read_to_string(dir.path().join(format!("out.{format}"))).unwrap();
        assert!(written.contains("dcat.ttl"), "{format}");
    }
    for wrong in ["pdf=x", "sarif", "sarif="] {
        assert_eq!(
            fyr(dir.path(), &["check", "dcat.ttl", "--report", wrong]).status.code(),
            Some(2),
            "{wrong}"
        );
    }
}

#[test]
fn turtle_is_a_validation_report_that_reads_back() {
    let dir = folder();
    let output = fyr(dir.path(), &["check", "dcat.ttl", "--format", "ttl"]);
    let path = dir.path().join("report.ttl");
    std::fs::write(&path, &output.stdout).unwrap();
    let request = fyr_graph::ReadRequest {
        path,
        source: "report".into(),
        address: "report.ttl".into(),
        media_type: Some("text/turtle".into()),
        base: None,
        limits: Default::default(),
    };
    let read = fyr_graph::read(&request, dir.path()).unwrap();
    let triples = std::fs::read_to_string(read.nquads).unwrap();
    let count = |local: &str| triples.matches(&format!("<http://www.w3.org/ns/shacl#{local}>")).count();
    let (_, document) = json(dir.path(), &["check", "dcat.ttl"]);
    let results = findings(&document).len();
    for once in ["focusNode", "resultSeverity", "sourceConstraintComponent", "result"] {
        assert_eq!(count(once), results, "{once}");
    }
    assert_eq!((count("conforms"), count("ValidationReport")), (1, 1));
    assert_eq!(count("resultMessage"), 2 * results, "in both languages");
}

#[test]
fn checking_leaves_nothing_beside_the_input() {
    let dir = folder();
    let temp = tempfile::tempdir().unwrap();
    std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o555)).unwrap();
    let output = Command::new(FYR)
        .args(["check", "dcat.ttl"])
        .env("TMPDIR", temp.path())
        .env_remove("HOME")
        .current_dir(dir.path())
        .output()
        .unwrap();
    std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    assert_eq!(std::fs::read_dir(temp.path()).unwrap().count(), 0, "the private folder is wiped");
}

#[test]
fn a_hundred_thousand_findings_make_a_bounded_report_that_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let head = &CATALOGUE[..CATALOGUE.find("\n\n").unwrap() + 2];
    let datasets: String = (0..8_000)
        .map(|number| format!("<https://data.exempelby.example/m/{number}> a dcat:Dataset ; dcterms:issued \"i går\" .\n"))
        .collect();
    std::fs::write(dir.path().join("dcat.ttl"), format!("{head}{datasets}")).unwrap();
    let started = Instant::now();
    let output = fyr(
        dir.path(),
        &[
            "check",
            "dcat.ttl",
            "--report",
            "html=out.html",
            "--report",
            "sarif=out.sarif",
            "--report",
            "json=out.json",
        ],
    );
    println!("100,000 findings: {:?}", started.elapsed());
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    assert!(text(&output.stdout).len() < 20_000);
    let document: Value = serde_json::from_slice(&std::fs::read(dir.path().join("out.json")).unwrap()).unwrap();
    let counts = &document["counts"];
    let total: u64 = ["violation", "warning", "info"]
        .iter()
        .map(|level| counts[level].as_u64().unwrap())
        .sum();
    assert!(total > 100_000, "{total}");
    assert!(findings(&document).len() <= 10_000);
    let left: u64 = document["left_out"]
        .as_array()
        .unwrap()
        .iter()
        .map(|left| left["count"].as_u64().unwrap())
        .sum();
    assert_eq!(left + findings(&document).len() as u64, total);
    let placed = |one: &&Value| one["position"]["line"].as_u64() > Some(0);
    let whole = findings(&document).len() - findings(&document).iter().filter(placed).count();
    assert_eq!(whole, 1, "all but the one about the document as a whole have a place");
    assert!(std::fs::metadata(dir.path().join("out.html")).unwrap().len() < 1 << 20);
}

#[test]
fn the_first_finding_comes_soon_after_the_start() {
    let dir = tempfile::tempdir().unwrap();
    let head = &CATALOGUE[..CATALOGUE.find("\n\n").unwrap() + 2];
    let one = &CATALOGUE[CATALOGUE.find("<https://data.exempelby.example/d/1> a").unwrap()..];
    let datasets: String = (0..500).map(|number| one.replace("/d/1", &format!("/d/{number}"))).collect();
    std::fs::write(dir.path().join("dcat.ttl"), format!("{head}{datasets}")).unwrap();
    let started = Instant::now();
    let output = fyr(dir.path(), &["check", "dcat.ttl"]);
    let took = started.elapsed();
    println!("500 datasets: {took:?}");
    assert_eq!(output.status.code(), Some(1));
    // Two seconds for the program as it is handed out; this build is not optimised and shares the machine.
    assert!(took < Duration::from_secs(20), "{took:?}");
}

#[test]
fn a_letter_to_the_supplier_is_written_in_the_language_asked_for() {
    let dir = folder();
    for (lang, title, place) in [
        ("sv", "# Till systemets leverantör", "rad 7"),
        ("en", "# To the system's supplier", "line 7"),
    ] {
        let output = fyr(dir.path(), &["check", "dcat.ttl", "--letter", lang]);
        let letter = text(&output.stdout);
        assert!(letter.starts_with(title), "{letter}");
        assert!(
            letter.contains(place) || letter.contains("### ") || !letter.contains("## dcat.ttl"),
            "{letter}"
        );
        assert!(letter.contains("DCAT-AP-SE"));
    }
    assert_eq!(
        fyr(dir.path(), &["check", "dcat.ttl", "--letter", "sv", "--format", "json"])
            .status
            .code(),
        Some(2)
    );
}

/// The shell of each example runs as it stands, with the program at an address of this machine.
#[test]
fn the_ci_examples_work_when_copied() {
    let release = tempfile::tempdir().unwrap();
    let program = release.path().join("fyr-x86_64-linux");
    let words = format!("#!/bin/sh\nexec '{FYR}' \"$@\"\n");
    std::fs::write(&program, &words).unwrap();
    let digest = fyr_model::Sha256::of(words.as_bytes()).to_string();
    for (example, reports) in [
        ("github.yml", &["fyr.sarif", "fyr.html"][..]),
        ("forgejo.yml", &["fyr.junit.xml", "fyr.html"]),
        ("gitlab.yml", &["fyr.gitlab.json", "fyr.junit.xml", "fyr.html"]),
    ] {
        let dir = folder();
        let job = std::fs::read_to_string(root().join("examples/ci").join(example)).unwrap();
        let steps = shell(&job);
        assert_eq!(steps.len(), 2, "{example}");
        let mut ended = Vec::new();
        for step in steps {
            let output = Command::new("bash")
                .args(["-euo", "pipefail", "-c", &step])
                .env("CATALOGUE", "dcat.ttl")
                .env("FYR_URL", format!("file://{}", program.display()))
                .env("FYR_SHA256", &digest)
                .current_dir(dir.path())
                .output()
                .unwrap();
            ended.push(output.status.code().unwrap());
            assert!(
                !text(&output.stderr).contains("command not found"),
                "{example}: {}",
                text(&output.stderr)
            );
        }
        assert_eq!(ended, [0, 1], "{example}");
        for report in reports {
            assert!(dir.path().join(report).is_file(), "{example}: {report}");
        }
    }
}

/// The blocks of shell in a job: what stands deeper under `run: |` or `- |`.
fn shell(job: &str) -> Vec<String> {
    let lines: Vec<&str> = job.lines().collect();
    let indent = |line: &str| line.len() - line.trim_start().len();
    let starts = lines
        .iter()
        .enumerate()
        .filter(|(_, line)| line.trim() == "run: |" || line.trim() == "- |");
    starts
        .map(|(at, line)| {
            let inside = lines[at + 1..].iter().take_while(|next| indent(next) > indent(line));
            inside.map(|line| line.trim()).collect::<Vec<_>>().join("\n")
        })
        .collect()
}
