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

/// The program in a folder, with `--json`: exit code, and the document or what was said.
fn ask(dir: &Path, words: &[&str]) -> (i32, Value) {
    let output = Command::new(FYR)
        .args(words)
        .args(["--json", "--lang", "en"])
        .current_dir(dir)
        .output()
        .unwrap();
    let code = output.status.code().unwrap_or(-1);
    match serde_json::from_slice(&output.stdout) {
        Ok(document) => {
            shape::held(&document);
            (code, document)
        }
        Err(_) => (code, Value::String(text(&output.stderr))),
    }
}

#[test]
fn releases_with_noise_stand_in_the_stores_ledger_with_what_they_cost_each_unit_in_all() {
    let policy = POLICY.replace("ledger = \"bok.jsonl\"\n", "");
    let dir = folder(&policy);
    std::fs::write(dir.path().join("fyr.toml"), "").unwrap();
    let tabulate = |policy: &str, release: &str| {
        std::fs::write(dir.path().join("policy.toml"), policy).unwrap();
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
        ask(dir.path(), &words)
    };
    let store = || ask(dir.path(), &["risk", "--store"]).1;
    // A name that cannot be used costs nothing.
    let (code, said) = tabulate(&policy, "Inte Ett Namn");
    assert_eq!((code, store()["accounts"].as_array().map(Vec::len)), (2, Some(0)), "{said}");
    assert_eq!(tabulate(&policy, "lon").0, 0);
    assert_eq!(tabulate(&policy, "lon").0, 0, "the stored answer once more");
    let whole = store();
    assert_eq!(
        (&whole["releases"], &whole["spent"][0]["releases"]),
        (&1.into(), &1.into()),
        "{whole}"
    );
    // Another dataset, the same kind of unit: at worst the same people.
    let other = policy.replace("dataset = \"lonestatistik\"", "dataset = \"sjukskrivning\"");
    assert_eq!(tabulate(&other, "sjuk").0, 0);
    let whole = store();
    let spent = &whole["spent"][0];
    assert_eq!(
        (&spent["unit"], &spent["releases"], &spent["rho"]),
        (&"person".into(), &2.into(), &0.04.into()),
        "{whole}"
    );
    let in_all = spent["epsilon_in_all"].as_f64().unwrap();
    assert!((in_all - fyr_model::dp::epsilon_of(0.04, 1e-6)).abs() < 1e-9, "{in_all}");
    assert_eq!(spent["accounts"].as_array().unwrap().len(), 2);
    assert_eq!(whole["held"], serde_json::json!({}));
    assert_eq!(whole["accounts"][0]["left"], 0.03);
    // An exact table of the same people is not subtracted from one with noise.
    let exact = "population = \"lon\"\n[columns]\nperson = \"identifier\"\nort = \"quasi-identifier\"\nlon = \"sensitive\"\n\
        [table]\nby = [\"ort\"]\nthreshold = 10\n";
    let (code, said) = tabulate(exact, "exakt");
    assert_eq!(code, 0, "{said}");
}

#[test]
fn a_budget_is_raised_by_a_role_that_says_why() {
    let policy = POLICY.replace("ledger = \"bok.jsonl\"\n", "");
    let dir = folder(&policy);
    std::fs::write(dir.path().join("fyr.toml"), "").unwrap();
    let raise = |rho: &str, reason: &str| {
        let words = ["budget", "raise", "lonestatistik", "--unit", "person", "--rho", rho];
        let who = ["--by", "Test Testsson", "--role", "dataskyddsombud", "--reason", reason];
        ask(dir.path(), &[&words[..], &who[..]].concat())
    };
    assert_eq!(ask(dir.path(), &["budget", "list"]).1["accounts"], serde_json::json!([]));
    assert_eq!(raise("0.5", "ny undersökning").0, 2, "there is no account yet");
    assert_eq!(command(dir.path()).output().unwrap().status.code(), Some(0));
    for (rho, reason) in [("0.05", "samma"), ("0.01", "lägre"), ("x", "inget tal"), ("0.5", " ")] {
        let (code, said) = raise(rho, reason);
        assert_eq!(code, 2, "{rho} {reason}: {said}");
    }
    let (code, document) = raise("0.5", "ny undersökning");
    assert_eq!((code, &document["accounts"][0]["left"]), (0, &0.48.into()), "{document}");
    // The policy that says the former budget is refused until it says the decided one.
    let share = |policy: &str| policy.replace("by = []", "share = 2\nby = []");
    std::fs::write(dir.path().join("policy.toml"), share(&policy)).unwrap();
    let (code, said) = ended(&command(dir.path()).output().unwrap());
    assert!(code == 2 && said.contains("rho 0.5"), "{said}");
    std::fs::write(dir.path().join("policy.toml"), share(&policy).replace("rho = 0.05", "rho = 0.5")).unwrap();
    std::fs::remove_file(dir.path().join("ut.parquet")).unwrap();
    assert_eq!(json(&command(dir.path()).output().unwrap())["dp"]["account"]["left"], 0.46);
    let (_, whole) = ask(dir.path(), &["risk", "--store"]);
    assert_eq!(whole["accounts"][0]["raises"][0]["role"], "dataskyddsombud");
    let said = Command::new(FYR)
        .args(["budget", "list", "--lang", "en"])
        .current_dir(dir.path())
        .output()
        .unwrap();
    assert!(text(&said.stdout).contains("ny undersökning"), "{}", text(&said.stdout));
}
