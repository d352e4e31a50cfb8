//! `fyr anonymize`, `fyr tabulate` and `fyr risk` through the whole program: the best generalisation, an independent look at the written bytes, typed answers.

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
fn a_second_step_loses_no_more_by_the_same_measure_and_is_measured_like_any_other() {
    let dir = folder();
    // Sixty more of two ages in one place: there the groups need not be as coarse as elsewhere.
    let mut rows = std::fs::read_to_string(dir.path().join("in.csv")).unwrap();
    for n in 80..140u32 {
        let (age, diagnosis) = (if n % 3 == 0 { 37 } else { 30 }, ["A", "B", "C", "D"][(n % 4) as usize]);
        rows.push_str(&format!("id-{n};{age};Norrby;{diagnosis}\n"));
    }
    std::fs::write(dir.path().join("in.csv"), rows).unwrap();
    let global = json(&anonymize(dir.path()));
    assert!(global.get("recoding").is_none(), "{global}");
    for method in ["local", "mondrian"] {
        let model = POLICY.replace("k = 5\n", &format!("k = 5\naverage_risk = 0.15\nrecoding = \"{method}\"\n"));
        std::fs::write(dir.path().join("policy.toml"), model).unwrap();
        let document = json(&anonymize(dir.path()));
        let step = &document["recoding"];
        assert_eq!(step["method"], method);
        assert_eq!(step["recoded"]["loss"], document["loss"]["value"]);
        let (before, after) = (step["global"]["loss"].as_f64().unwrap(), step["recoded"]["loss"].as_f64().unwrap());
        assert!(after < before, "{document}");
        assert_eq!(document["search"]["bound"], step["global"]["loss"]);
        assert!(document["verified"]["k"].as_u64().unwrap() >= 5, "{document}");
        assert!(document["verified"]["l"]["diagnos"].as_u64().unwrap() >= 2, "{document}");
        let first = std::fs::read(dir.path().join("ut.parquet")).unwrap();
        anonymize(dir.path());
        assert_eq!(
            first,
            std::fs::read(dir.path().join("ut.parquet")).unwrap(),
            "the same bytes each time"
        );
    }
}

#[test]
fn means_take_the_place_of_numbers_and_the_auditor_finds_one_a_group() {
    let dir = folder();
    let model = POLICY.replace(
        "alder = { role = \"quasi-identifier\", hierarchy = \"age\" }",
        "alder = { role = \"quasi-identifier\", microaggregate = \"geometric\" }",
    );
    std::fs::write(dir.path().join("policy.toml"), &model).unwrap();
    let document = json(&anonymize(dir.path()));
    assert_eq!(document["microaggregated"][0]["column"], "alder");
    assert_eq!(document["transformation"], serde_json::json!({"ort": 0}), "{document}");
    let risk = json(&fyr(dir.path(), &["risk", "ut.parquet", "--qi", "alder,ort", "--json"]));
    assert_eq!((&risk["classes"], &risk["k"]), (&3.into(), &26.into()));
    std::fs::write(
        dir.path().join("policy.toml"),
        model.replace("quasi-identifier\", m", "sensitive\", m"),
    )
    .unwrap();
    let (code, said) = ended(&anonymize(dir.path()));
    assert!(code == 2 && said.contains("microaggregate"), "{said}");
}

#[test]
fn the_same_table_gives_the_same_bytes() {
    let dir = folder();
    anonymize(dir.path());
    let first = std::fs::read(dir.path().join("ut.parquet")).unwrap();
    anonymize(dir.path());
    assert_eq!(first, std::fs::read(dir.path().join("ut.parquet")).unwrap());
}

/// A file takes another's place by a new name; what is no file keeps its own and is written to.
#[cfg(unix)]
#[test]
fn a_link_stays_a_link_and_a_pipe_a_pipe() {
    use std::os::unix::fs::FileTypeExt;
    let dir = folder();
    let to = |name: &str| {
        fyr(
            dir.path(),
            &["anonymize", "in.csv", "-o", name, "--policy", "policy.toml", "--json"],
        )
    };
    assert!(to("ut.parquet").status.success());
    let plain = std::fs::read(dir.path().join("ut.parquet")).unwrap();
    std::fs::write(dir.path().join("mal.parquet"), "former").unwrap();
    std::os::unix::fs::symlink("mal.parquet", dir.path().join("lank.parquet")).unwrap();
    assert!(to("lank.parquet").status.success());
    assert!(dir.path().join("lank.parquet").is_symlink());
    assert_eq!(std::fs::read(dir.path().join("mal.parquet")).unwrap(), plain);
    let pipe = dir.path().join("ror");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let reader = std::thread::spawn({
        let pipe = pipe.clone();
        move || std::fs::read(pipe).unwrap()
    });
    assert!(to("ror").status.success());
    assert!(pipe.metadata().unwrap().file_type().is_fifo());
    assert_eq!(reader.join().unwrap(), plain);
}

#[test]
fn bad_input_has_a_typed_answer_and_leaves_no_file() {
    let cases: [(&str, &str, i32, &str); 18] = [
        ("diagnos = \"sensitive\"\n", "", 2, "without a role"),
        ("k = 5", "k = 1", 2, "at least 2"),
        ("kind = \"distinct\"", "kind = \"recursive\"", 2, "c belongs"),
        ("k = 5", "k = 500", 1, "none of"),
        ("ort.csv", "../finns-inte.csv", 2, "policy's folder"),
        ("hierarchy = \"age\"", "hierachy = \"age\"", 2, "was `hierarchy` meant"),
        ("\"sensitive\"", "\"sensitve\"", 2, "was `sensitive` meant"),
        ("kind = \"distinct\"", "kind = \"distnct\"", 2, "was `distinct` meant"),
        ("suppression_max", "supression_max", 2, "policy.toml (8:1)"),
        (
            "diagnos = \"sensitive\"",
            "Diagnos = \"sensitive\"",
            2,
            "the column is called `diagnos`",
        ),
        ("loss = \"entropy\"", "loss = \"least\"", 2, "loss must be"),
        // A policy that contradicts itself or the table.
        (
            "diagnos = \"sensitive\"",
            "diagnos = \"plain\"",
            2,
            "no column has the role sensitive",
        ),
        ("diagnos =", "vikt = \"plain\"\ndiagnos =", 2, "the table lacks: vikt"),
        ("suppression_max = 0.1", "suppression_max = 1.5", 2, "between 0 and 1"),
        ("k = 5", "k = 5\naverage_risk = 2.0", 2, "average_risk"),
        ("value = 2", "value = 9", 1, "none of"),
        // A value outside its hierarchy, built in or of the file; one that is no hierarchy at all.
        ("\"age\"", "\"municipality\"", 2, "40 different values cannot be read"),
        ("\"age\"", "\"finns\"", 2, "neither built in nor a file"),
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
fn a_hierarchy_that_is_none_and_tables_of_no_row_or_one_have_typed_answers() {
    for (hierarchy, word) in [
        ("Norrby;Soderby;*\nSoderby;Norrby;*\nOsterby;Norrby;*\n", "its own parent"),
        (
            "Norrby;Norr;Sverige;*\nSoderby;Norr;Norge;*\nOsterby;Soder;Norge;*\n",
            "second parent",
        ),
        ("Norrby;Norr;*\nSoderby;Soder;*\n", "1 different values of the data have no row"),
    ] {
        let dir = folder();
        std::fs::write(dir.path().join("ort.csv"), hierarchy).unwrap();
        let (code, said) = ended(&anonymize(dir.path()));
        assert!(code == 2 && said.contains(word), "{word}: {said}");
        assert!(!dir.path().join("ut.parquet").exists());
    }
    // One row is fewer than any k; where all rows may be suppressed nothing is left to publish.
    for (share, word) in [("0.1", "none of"), ("1.0", "nothing to publish")] {
        let dir = folder();
        std::fs::write(dir.path().join("in.csv"), "person;alder;ort;diagnos\nid-1;20;Norrby;A\n").unwrap();
        let policy = POLICY.replace("suppression_max = 0.1", &format!("suppression_max = {share}"));
        std::fs::write(dir.path().join("policy.toml"), policy).unwrap();
        let (code, said) = ended(&anonymize(dir.path()));
        assert!(code == 1 && said.contains(word), "{share}: {said}");
        assert!(!dir.path().join("ut.parquet").exists());
    }
    // A table without rows singles nobody out: it is written as it is, and said to be empty.
    let dir = folder();
    std::fs::write(dir.path().join("in.csv"), "person;alder;ort;diagnos\n").unwrap();
    let output = anonymize(dir.path());
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let document = json(&output);
    assert_eq!((&document["rows_in"], &document["rows_out"]), (&0.into(), &0.into()));
    assert!(document["verified"]["k"].is_null(), "{document}");
    assert_eq!(document["loss"]["value"].to_string(), "0.0");
}

#[test]
fn a_policy_written_as_the_documents_have_it_does_what_they_say() {
    let dir = folder();
    // Names of the literature, a hierarchy by its path, as an older spreadsheet saves it, with truth values and decimals as they stand in the file.
    let mut rows = String::from("person;alder;ort;andel;bosatt;diagnos\n");
    for n in 0..90u32 {
        let (place, share, lives) = (
            ["Östby", "Västby"][(n % 2) as usize],
            ["12,50", "13,0", "7,25"][(n % 3) as usize],
            ["ja", "nej"][(n / 2 % 2) as usize],
        );
        rows.push_str(&format!("id-{n};{};{place};{share};{lives};{}\n", 30 + n % 3, n % 7));
    }
    std::fs::write(dir.path().join("in.csv"), rows).unwrap();
    std::fs::create_dir(dir.path().join("policy")).unwrap();
    std::fs::write(dir.path().join("ort.csv"), b"\xD6stby;\xD6;*\r\nV\xE4stby;V;*\r\n").unwrap();
    std::fs::write(dir.path().join("andel.csv"), "7,25;<10;*\n12,50;>10;*\n13,0;>10;*\n").unwrap();
    std::fs::write(dir.path().join("bosatt.csv"), "\u{feff}\"ja\";*\n\"nej\";*\n").unwrap();
    let at = |name: &str| dir.path().join(name).display().to_string();
    let policy = format!(
        "[columns]\nperson = \"identifier\"\nalder = {{ role = \"quasi_identifier\", hierarchy = \"age\" }}\n\
         ort = {{ role = \"quasi-identifier\", hierarchy = \"../ort.csv\" }}\nandel = {{ role = \"quasi-identifier\", hierarchy = \"{}\" }}\n\
         bosatt = {{ role = \"quasi-identifier\", hierarchy = \"./../bosatt.csv\" }}\ndiagnos = \"sensitive\"\n\
         [model]\nk = 10\nloss = \"NUEm\"\nt = {{ kind = \"ordered\", value = 0.5 }}\n",
        at("andel.csv")
    );
    std::fs::write(dir.path().join("policy/policy.toml"), policy).unwrap();
    let output = fyr(
        dir.path(),
        &[
            "anonymize",
            "in.csv",
            "-o",
            "ut.parquet",
            "--policy",
            "policy/policy.toml",
            "--json",
        ],
    );
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let document = json(&output);
    assert_eq!(document["loss"]["metric"], "entropy-monotone");
    assert!(document["verified"]["k"].as_u64().unwrap() >= 10, "{document}");
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
    let of = &document["attributes"]["diagnos"];
    assert_eq!(
        (&of["l"], &of["l_entropy"], &of["t_distance"]),
        (&1.into(), &1.into(), &"equal".into())
    );
    let wrong: [(&[&str], &str); 7] = [
        (&["--qi", "vikt"], "alder"),
        (&["--qi", "aldr"], "was `alder` meant"),
        (&["--qi", "alder,alder"], "named twice"),
        (&["--qi", "ort", "--sensitive", "ort"], "named twice"),
        (&["--qi", ","], "no column"),
        (&["--qi", "ort", "--population", "79"], "80 rows"),
        (&["--qi", "ort", "--weight", "diagnos"], "no weight above zero"),
    ];
    for (words, said) in wrong {
        let (code, seen) = ended(&fyr(dir.path(), &[&["risk", "in.csv"][..], words].concat()));
        assert!(code == 2 && seen.contains(said), "{words:?}: {seen}");
    }
    assert_eq!(
        fyr(dir.path(), &["risk", "in.csv", "--qi", "ort", "--population", "0"])
            .status
            .code(),
        Some(2)
    );
}

#[test]
fn a_sample_is_judged_by_its_weights_and_against_the_file_of_its_population() {
    let dir = folder();
    let sample = "a;b;c;vikt\n2;3;1;18\n3;3;3;45,5\n2;3;1;39\n2;3;2;17\n3;3;1;92\n3;3;1;8\n1;4;1;123,5\n2;3;1;51\n";
    std::fs::write(dir.path().join("urval.csv"), sample).unwrap();
    let document = json(&fyr(
        dir.path(),
        &["risk", "urval.csv", "--qi", "a,b,c", "--weight", "vikt", "--json"],
    ));
    // The largest of sdcMicro's eight risks, and their mean.
    let of = |key: &str| document["individual"][key].as_f64().unwrap();
    assert!(
        (of("max") - 0.17707583).abs() < 1e-8 && (of("mean") - 0.0476046).abs() < 1e-6,
        "{document}"
    );
    std::fs::write(dir.path().join("alla.csv"), "ort\na\na\na\na\nb\nb\nc\n").unwrap();
    std::fs::write(dir.path().join("del.csv"), "ort\na\na\nb\n").unwrap();
    let document = json(&fyr(
        dir.path(),
        &["risk", "del.csv", "--qi", "ort", "--population", "alla.csv", "--json"],
    ));
    assert_eq!(
        (&document["journalist_max"], &document["prosecutor_max"]),
        (&0.5.into(), &1.0.into())
    );
    assert!((document["marketer"].as_f64().unwrap() - 1.0 / 3.0).abs() < 1e-12, "{document}");
}

/// A register of 400 invented people, and a policy that asks for tables.
fn register(table: &str) -> tempfile::TempDir {
    let dir = folder();
    let mut rows = String::from("person;ort;bransch;lon\n");
    for n in 0..400u32 {
        let (place, trade) = (["Norrby", "Soderby", "Osterby"][(n * n % 3) as usize], n * 7 % 11 % 5);
        rows.push_str(&format!("id-{n};{place};bransch {trade};{}\n", 200 + n * 37 % 100));
    }
    std::fs::write(dir.path().join("in.csv"), rows).unwrap();
    let policy = format!(
        "[columns]\nperson = \"identifier\"\nort = {{ role = \"quasi-identifier\", hierarchy = \"ort.csv\" }}\n\
         bransch = \"quasi-identifier\"\nlon = \"sensitive\"\n{table}"
    );
    std::fs::write(dir.path().join("policy.toml"), policy).unwrap();
    dir
}

fn tabulate(dir: &Path) -> Output {
    let words = [
        "tabulate",
        "in.csv",
        "-o",
        "tabell.parquet",
        "--policy",
        "policy.toml",
        "--report",
        "rapport.json",
        "--json",
    ];
    fyr(dir, &words)
}

#[test]
fn tables_are_protected_attacked_and_the_same_on_every_run() {
    let by = "by = [\"ort\", \"bransch\"]\nthreshold = 30\n";
    for (method, hides) in [("suppress", true), ("round\"\nbase = 5\n#\"", false)] {
        let dir = register(&format!("[table]\n{by}method = \"{method}\"\n"));
        let output = tabulate(dir.path());
        assert_eq!(output.status.code(), Some(0), "{method}: {}", text(&output.stderr));
        let document = json(&output);
        assert_eq!(document["schema"], "fyr/tabulate/1");
        assert_eq!(document["attack"]["disclosed_cells"], 0, "{document}");
        assert!(document["primary_suppressed"].as_u64().unwrap() > 0, "{document}");
        assert_eq!(document["tables"][0]["suppressed"].as_u64().unwrap() > 0, hides, "{document}");
        let first = std::fs::read(dir.path().join("tabell.parquet")).unwrap();
        assert!(
            !first.windows(5).any(|bytes| bytes == b"id-17"),
            "an identifier is left in the file"
        );
        tabulate(dir.path());
        assert_eq!(first, std::fs::read(dir.path().join("tabell.parquet")).unwrap());
        let (code, said) = ended(&fyr(
            dir.path(),
            &["tabulate", "in.csv", "-o", "t.parquet", "--policy", "policy.toml"],
        ));
        assert!(code == 0 && said.is_empty(), "{said}");
    }
}

#[test]
fn cell_keys_need_their_secret_and_give_the_same_people_the_same_count() {
    let table = "[table]\nby = [\"ort\"]\ncontributor = \"person\"\nmethod = \"cell-key\"\nkey = \"nyckel\"\n";
    let dir = register(table);
    let (code, said) = ended(&tabulate(dir.path()));
    assert!(code == 2 && said.contains("secret"), "{said}");
    std::fs::write(dir.path().join("nyckel"), "0123456789abcdef0123").unwrap();
    let document = json(&tabulate(dir.path()));
    assert_eq!(document["attack"]["method"], "cell-key");
    assert_eq!(document["tables"][0]["suppressed"], 0);
}

#[test]
fn tables_that_contradict_themselves_have_typed_answers() {
    for (table, code, word) in [
        ("", 2, "[table]"),
        ("[table]\nby = [\"vikt\"]\n", 2, "vikt"),
        ("[table]\nby = [\"person\"]\n", 2, "identifier"),
        ("[table]\nby = [\"ort\"]\ntreshold = 3\n", 2, "treshold"),
        ("[table]\nby = [\"ort\"]\nvalue = \"lon\"\nmethod = \"round\"\n", 2, "counts"),
    ] {
        let dir = register(table);
        let (seen, said) = ended(&tabulate(dir.path()));
        assert_eq!(seen, code, "{table}: {said}");
        assert!(said.contains(word), "{table}: {said}");
        assert!(!dir.path().join("tabell.parquet").exists());
    }
    let dir = register("[table]\nby = [\"ort\"]\n");
    let (code, said) = ended(&anonymize(dir.path()));
    assert!(code == 2 && said.contains("tabulate"), "{said}");
}

#[test]
fn a_sample_is_judged_against_its_population_by_named_methods() {
    let dir = folder();
    let words = ["risk", "in.csv", "--qi", "alder,ort", "--population", "4000", "--json"];
    let document = json(&fyr(dir.path(), &words));
    assert_eq!(document["population"]["people"], 4000);
    assert_eq!(document["population"]["uniques"][0]["method"], "zayatz");
    assert!(document["special_uniques"]["columns_max"].as_u64().unwrap() == 2, "{document}");
}

#[test]
fn the_auditor_measures_t_and_holds_the_bounds_on_the_written_file() {
    let dir = folder();
    let model = POLICY.replace("l = {", "t = { kind = \"ordered\", value = 0.3 }\nl = {");
    std::fs::write(dir.path().join("policy.toml"), model).unwrap();
    let document = json(&anonymize(dir.path()));
    let t = document["verified"]["t"]["diagnos"].as_f64().unwrap();
    assert!(t <= 0.3 + 0.1, "{document}");
}

#[test]
fn a_hierarchy_is_shown_before_it_is_used_and_the_draft_is_a_file_that_a_policy_can_name() {
    let dir = folder();
    let rows = std::fs::read_to_string(dir.path().join("in.csv")).unwrap() + "id-80;;Norrby;A\n";
    std::fs::write(dir.path().join("in.csv"), rows).unwrap();
    let draft = ["hierarchy", "in.csv", "--column", "alder", "--k", "5", "-o", "alder.csv", "--json"];
    let document = json(&fyr(dir.path(), &draft));
    assert_eq!((&document["hierarchy"], &document["missing_rows"]), (&"age".into(), &1.into()));
    assert_eq!(
        (&document["levels"][0]["groups"], &document["levels"][4]["groups"]),
        (&40.into(), &1.into())
    );
    let built_in = json(&anonymize(dir.path()));
    std::fs::write(dir.path().join("policy.toml"), POLICY.replace("\"age\"", "\"alder.csv\"")).unwrap();
    let drafted = json(&anonymize(dir.path()));
    assert_eq!(
        (&built_in["transformation"], &built_in["loss"]),
        (&drafted["transformation"], &drafted["loss"])
    );
    // A draft that somebody may have changed is not written over, and what does not fit is said.
    let ends: [(&[&str], i32, &str); 5] = [
        (&draft, 2, "not written over"),
        (&["hierarchy", "in.csv", "--column", "aldr"], 2, "was `alder` meant"),
        (&["hierarchy", "in.csv", "--column", "ort", "--as", "age"], 2, "whole years"),
        (
            &["hierarchy", "in.csv", "--column", "ort", "--as", "finns.csv"],
            2,
            "cannot be read",
        ),
        (&["hierarchy", "in.csv", "--column", "ort", "--as", "ort.csv"], 0, ""),
    ];
    for (words, code, said) in ends {
        let (seen, message) = ended(&fyr(dir.path(), words));
        assert!(seen == code && message.contains(said), "{words:?}: {message}");
    }
}
