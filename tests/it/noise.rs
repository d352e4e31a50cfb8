//! `fyr tabulate` with `method = "dp"` through the whole program: a ledger that is booked first, a stored answer, a refusal that names what is left.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use crate::shape;
use crate::support::{FYR, ended, text};

const POLICY: &str = "[columns]\nperson = \"identifier\"\nort = \"quasi-identifier\"\nlon = \"sensitive\"\n\
    [dp]\ndataset = \"lonestatistik\"\nunit = \"person\"\ncontributions_max = 1\nrho = 0.02\ndelta = 1e-6\n\
    budget = { rho = 0.05 }\nledger = \"bok.jsonl\"\ngroups = { ort = [\"Norrby\", \"Soderby\", \"Osterby\"] }\n\
    [[table]]\nby = [\"ort\"]\nmethod = \"dp\"\n\
    [[table]]\nby = [\"ort\"]\nmethod = \"dp\"\nstatistic = \"mean\"\nvalue = \"lon\"\nclamp = [0, 60000]\nstep = 100\n\
    [[table]]\nby = []\nmethod = \"dp\"\nstatistic = \"quantile\"\nvalue = \"lon\"\nedges = [0, 20000, 30000, 40000, 60000]\n";

/// 3,000 invented people in two of three places; the first is there 500 times more.
fn folder(policy: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let mut rows = String::from("person;ort;lon\n");
    for n in 0..3500_u32 {
        let who = n.saturating_sub(500);
        rows.push_str(&format!(
            "id-{who};{};{}\n",
            ["Norrby", "Soderby"][(who % 2) as usize],
            25_000 + who % 10_000
        ));
    }
    std::fs::write(dir.path().join("in.csv"), rows).unwrap();
    std::fs::write(dir.path().join("policy.toml"), policy).unwrap();
    dir
}

fn command(dir: &Path) -> Command {
    let mut command = Command::new(FYR);
    command
        .args([
            "tabulate",
            "in.csv",
            "-o",
            "ut.parquet",
            "--policy",
            "policy.toml",
            "--json",
            "--lang",
            "en",
        ])
        .current_dir(dir);
    command
}

fn json(output: &Output) -> Value {
    let document = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}\n{}\n{}", text(&output.stdout), text(&output.stderr)));
    shape::held(&document);
    document
}

#[test]
fn noise_is_booked_stated_and_the_same_when_asked_again_until_the_budget_ends() {
    let dir = folder(POLICY);
    let document = json(&command(dir.path()).output().unwrap());
    let dp = &document["dp"];
    assert_eq!(dp["mechanism"], "discrete-gaussian");
    assert_eq!(
        (&dp["account"]["left"], &dp["account"]["repeated"]),
        (&0.03.into(), &false.into()),
        "{dp}"
    );
    assert!(document.get("rows_in").is_none(), "an exact count would be an answer without noise");
    assert_eq!(document["cells"], 9, "a place where nobody lives is there too");
    assert!(dp["tables"][1]["error"]["sv"].as_str().unwrap().contains("medelvärde"), "{dp}");
    let first = std::fs::read(dir.path().join("ut.parquet")).unwrap();
    let again = json(&command(dir.path()).output().unwrap());
    assert_eq!(again["dp"]["account"]["repeated"], true);
    assert_eq!(first, std::fs::read(dir.path().join("ut.parquet")).unwrap());
    let other = |share: u32| {
        let policy = POLICY.replace("by = []", &format!("share = {share}\nby = []"));
        std::fs::write(dir.path().join("policy.toml"), policy).unwrap();
        std::fs::remove_file(dir.path().join("ut.parquet")).unwrap();
        ended(&command(dir.path()).output().unwrap())
    };
    assert_eq!(other(2).0, 0);
    let (code, said) = other(3);
    assert!(
        code == 1 && said.contains("costs rho 0.02") && said.contains("remains rho 0.01"),
        "{said}"
    );
    assert!(!dir.path().join("ut.parquet").exists());
}

#[test]
fn two_that_ask_at_once_get_one_answer_and_one_pays() {
    let dir = folder(POLICY);
    let start = |out: &str| {
        let mut command = command(dir.path());
        command.args(["--report", &format!("{out}.json")]).stdout(Stdio::piped());
        command.spawn().unwrap()
    };
    let children = [start("a"), start("b")];
    let answers = children.map(|child| json(&child.wait_with_output().unwrap()));
    let repeated = answers.iter().filter(|answer| answer["dp"]["account"]["repeated"] == true).count();
    assert_eq!(repeated, 1);
    assert!(answers.iter().all(|answer| answer["dp"]["account"]["entries"] == 1));
}

#[test]
fn without_a_ledger_nothing_is_released_and_a_workspace_has_its_own() {
    let bare = POLICY.replace("ledger = \"bok.jsonl\"\n", "");
    let dir = folder(&bare);
    let (code, said) = ended(&command(dir.path()).output().unwrap());
    assert!(code == 2 && said.contains("no noise is drawn"), "{said}");
    std::fs::write(dir.path().join("fyr.toml"), "").unwrap();
    assert_eq!(json(&command(dir.path()).output().unwrap())["dp"]["account"]["entries"], 1);
    assert!(dir.path().join("data/budget/ledger.jsonl").is_file());
    std::fs::write(dir.path().join("policy.toml"), POLICY).unwrap();
    let (code, said) = ended(&command(dir.path()).output().unwrap());
    assert!(code == 2 && said.contains("of its own"), "{said}");
}

#[test]
fn what_is_left_to_the_data_or_spends_nothing_is_refused_before_anything_is_booked() {
    for (from, to, code, word) in [
        ("rho = 0.02", "rho = 0", 2, "above 0"),
        ("clamp = [0, 60000]\n", "", 2, "clamp"),
        ("ort = [\"Norrby\"", "vag = [\"Norrby\"", 2, "public list"),
        ("unit = \"person\"\n", "", 2, "unit"),
        ("value = \"lon\"\nclamp", "value = \"ort\"\nclamp", 2, "cannot be read"),
        ("method = \"dp\"\n[[table]]", "method = \"suppress\"\n[[table]]", 2, "not mixed"),
        ("\"bok.jsonl\"", "\"../bok.jsonl\"", 2, "leaves"),
        ("rho = 0.02", "rhoo = 0.02", 2, "was `rho` meant"),
        ("dataset =", "levels = { ort = 1 }\ndataset =", 2, "never from other rows"),
        ("[dp]", "[model]\nk = 3\n[dp]", 2, "belongs to fyr anonymize"),
    ] {
        let dir = folder(&POLICY.replacen(from, to, 1));
        let (seen, said) = ended(&command(dir.path()).output().unwrap());
        assert_eq!(seen, code, "{from} -> {to}: {said}");
        assert!(said.contains(word), "{from} -> {to}: {said}");
        assert!(!dir.path().join("bok.jsonl").exists() && !dir.path().join("ut.parquet").exists());
    }
}
