//! A thousand planted identities through the whole program: harvest, staging, profile, rules, scan, release, portal, logs, errors, a crash.
//! None is found anywhere but in the raw and staged areas.
//!
//! The numbers are the tax agency's published test numbers; names and addresses are invented and hold a word that nothing else holds.

use std::collections::HashSet;
use std::path::Path;
use std::process::{Output, Stdio};
use std::time::Duration;

use crate::support::{Workspace, shared, text};

const CATALOGUE: &str = r#"@prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix dct: <http://purl.org/dc/terms/> . @prefix foaf: <http://xmlns.com/foaf/0.1/> .
<https://source.example/catalogue> a dcat:Catalog ; dct:title "Katalog"@sv ; dct:description "En katalog"@sv ; dct:publisher <https://source.example/org> ;
  dct:license <http://creativecommons.org/publicdomain/zero/1.0/> ; dcat:dataset <https://source.example/d/a>, <https://source.example/d/b>, <https://source.example/d/c> .
<https://source.example/org> a foaf:Agent ; foaf:name "Testmyndigheten"@sv .
"#;
/// What every invented name and address holds.
const WORD: &str = "kanarie";

/// The planted identities, and how they are looked for.
struct Canaries {
    pins: Vec<String>,
    twelve: HashSet<Vec<u8>>,
    ten: HashSet<Vec<u8>>,
}

impl Canaries {
    fn new() -> Option<Self> {
        let path = shared("fixtures/anonymization/personnummer-meta/allPins.json")?;
        let all: Vec<String> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        let mut pins: Vec<String> = all.iter().step_by(41).take(1_000).cloned().collect();
        pins.dedup();
        assert_eq!(pins.len(), 1_000);
        Some(Self {
            twelve: pins.iter().map(|pin| pin.clone().into_bytes()).collect(),
            ten: pins.iter().map(|pin| pin.as_bytes()[2..].to_vec()).collect(),
            pins,
        })
    }

    /// The first canary in the bytes: a number with its separator or without, or the word in capitals or small letters.
    fn found(&self, bytes: &[u8]) -> Option<String> {
        let word = bytes
            .windows(WORD.len())
            .position(|window| window.eq_ignore_ascii_case(WORD.as_bytes()));
        if let Some(at) = word {
            let shown = bytes.get(at.saturating_sub(40)..(at + 40).min(bytes.len())).unwrap_or_default();
            return Some(String::from_utf8_lossy(shown).into_owned());
        }
        let plain: Vec<u8> = bytes.iter().copied().filter(|byte| !matches!(byte, b'-' | b'+')).collect();
        let number = |length: usize, set: &HashSet<Vec<u8>>| {
            plain
                .windows(length)
                .any(|window| window[0].is_ascii_digit() && set.contains(window))
        };
        (number(12, &self.twelve) || number(10, &self.ten)).then(|| "a number".to_owned())
    }

    fn absent(&self, bytes: &[u8], place: &str) {
        if let Some(found) = self.found(bytes) {
            panic!("a canary is in {place}: {found}");
        }
    }

    fn silent(&self, output: &Output, what: &str) {
        self.absent(&output.stdout, &format!("the output of {what}"));
        self.absent(&output.stderr, &format!("the log of {what}"));
    }

    /// Every file below a folder but those in `spared`.
    fn absent_below(&self, folder: &Path, spared: &[&str]) -> usize {
        let mut seen = 0;
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let name = entry.file_name().to_string_lossy().into_owned();
            if spared.contains(&name.as_str()) {
                continue;
            }
            self.absent(name.as_bytes(), "a file's name");
            if path.is_dir() {
                seen += self.absent_below(&path, &[]);
            } else if let Ok(bytes) = std::fs::read(&path) {
                self.absent(&bytes, &path.display().to_string());
                seen += 1;
            }
        }
        seen
    }

    /// A row each: number, name, address and a note that holds all three.
    fn table(&self) -> String {
        let mut out = String::from("id;personnummer;namn;epost;anteckning;varde\n");
        for (n, pin) in self.pins.iter().enumerate() {
            let (head, tail) = pin.split_at(8);
            let family = ["berg", "holm", "lund", "ström", "gren", "dahl", "sson", "skog"][n % 8];
            let name = format!("{} K{}{family}", ["Anna", "Lars", "Karin", "Erik", "Eva"][n % 5], &WORD[1..]);
            out.push_str(&format!(
                "{n};{head}-{tail};{name};{WORD}{n}@person.example;Sökanden {name} ({pin}) hör av sig på {WORD}{n}@person.example;{}\n",
                n % 50
            ));
        }
        out
    }
}

fn dataset(name: &str) -> String {
    format!(
        "<https://source.example/d/{name}> a dcat:Dataset ; dct:title \"{name}\"@sv ; dct:description \"Text.\"@sv ; dct:publisher <https://source.example/org> ;\n  \
         dcat:distribution <https://source.example/d/{name}/csv> .\n<https://source.example/d/{name}/csv> a dcat:Distribution ; \
         dcat:accessURL <https://source.example/{name}.csv> ; dcat:downloadURL <https://source.example/{name}.csv> ; dct:format \"text/csv\" ; \
         dct:license <http://creativecommons.org/publicdomain/zero/1.0/> .\n"
    )
}

/// Pipelines: `a` removes and masks, `b` has no answer to what is found, `c` is a file that breaks off within a quoted field.
fn workspace(canaries: &Canaries) -> Workspace {
    let workspace = Workspace::new("[fetch.mirror]\n\"https://source.example/\" = \"www/\"\n");
    workspace.source("kalla", "dcat.ttl");
    workspace.write(
        "www/dcat.ttl",
        format!("{CATALOGUE}{}{}{}", dataset("a"), dataset("b"), dataset("c")),
    );
    let table = canaries.table();
    workspace.write("www/a.csv", &table);
    workspace.write("www/b.csv", &table);
    let broken = format!(
        "{};\"{}\n",
        table.lines().take(40).collect::<Vec<_>>().join("\n"),
        canaries.pins.join(";")
    );
    workspace.write("www/c.csv", &broken);
    let head = |name: &str| format!("source = \"kalla\"\ndataset = \"https://source.example/d/{name}\"\n");
    let checks = "[[checks]]\nkind = \"range\"\ncolumn = \"varde\"\nmax = 10\nseverity = \"info\"\n[[checks]]\nkind = \"unique\"\ncolumn = \"varde\"\nseverity = \"info\"\n";
    let guarded = "[policy.columns]\nid = \"plain\"\nvarde = \"plain\"\npersonnummer = \"identifier\"\nnamn = \"identifier\"\nepost = \"identifier\"\nanteckning = \"identifier\"\n";
    let open = guarded.replace("identifier", "plain");
    for (name, policy) in [("a", guarded), ("b", open.as_str()), ("c", open.as_str())] {
        workspace.write(&format!("pipelines/{name}.toml"), format!("{}{checks}{policy}", head(name)));
    }
    workspace
}

fn run(canaries: &Canaries, workspace: &Workspace, args: &[&str]) -> Output {
    let output = workspace
        .command(args)
        .env("FYR_LOG", "trace")
        .env("RUST_BACKTRACE", "full")
        .output()
        .unwrap();
    canaries.silent(&output, &args.join(" "));
    output
}

/// Everything in the workspace but the planted files, and but the raw and staged areas.
fn swept(canaries: &Canaries, workspace: &Workspace) {
    canaries.absent_below(workspace.path(), &["www", "data"]);
    canaries.absent_below(&workspace.path().join("data"), &["raw", "staged"]);
}

#[test]
fn a_thousand_identities_are_nowhere_but_in_the_raw_and_staged_areas() {
    let Some(canaries) = Canaries::new() else { return };
    let workspace = workspace(&canaries);
    let planted = workspace.path().join("www/a.csv");
    assert!(
        canaries.found(&std::fs::read(&planted).unwrap()).is_some(),
        "the search finds what was planted"
    );
    run(&canaries, &workspace, &["harvest", "kalla"]);
    // Files read for their holder: verdicts, profile, types; and a conversion, whose product is the holder's own.
    let planted = planted.display().to_string();
    for words in [
        &["scan", &planted, "--json"][..],
        &["scan", &planted],
        &["profile", &planted, "--json"],
        &["profile", &planted],
        &["convert", &planted, "-o", "/dev/null"],
        &["risk", &planted, "--qi", "varde"],
        &["describe", &planted],
    ] {
        run(&canaries, &workspace, words);
    }
    let curated = run(&canaries, &workspace, &["curate", "--all", "--json"]);
    let document: serde_json::Value = serde_json::from_slice(&curated.stdout).unwrap();
    let outcomes: Vec<_> = document["runs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|run| run["outcome"].as_str().unwrap_or_default())
        .collect();
    assert_eq!(outcomes[..2], ["candidate", "refused"], "{document}");
    assert_ne!(outcomes[2], "candidate", "{document}");
    swept(&canaries, &workspace);
    workspace.sign("a");
    assert!(run(&canaries, &workspace, &["publish", "a"]).status.success());
    for words in [
        &["incidents", "--json"][..],
        &["incidents"],
        &["score", "--json"],
        &["explain", "a"],
        &["source", "show", "kalla", "--json"],
        &["verify", "published/a/1.0.0", "--json"],
        &["publish", "b"],
        &["curate", "finns-inte"],
        &["sparql", "SELECT * WHERE { GRAPH ?g { ?s ?p ?o } }"],
    ] {
        run(&canaries, &workspace, words);
    }
    swept(&canaries, &workspace);
    portal(&canaries, &workspace);
    swept(&canaries, &workspace);
}

fn portal(canaries: &Canaries, workspace: &Workspace) {
    let portal = workspace.serve();
    let source = |name: &str| format!("/sources/kalla/dataset?iri=https%3A%2F%2Fsource.example%2Fd%2F{name}");
    let mut pages: Vec<String> = [
        "/",
        "/sources",
        "/sources/kalla",
        "/datasets",
        "/datasets/a",
        "/datasets/a/1.0.0",
        "/datasets/b",
        "/catalog",
        "/health",
        "/metrics",
        "/api/v1/sources",
        "/api/v1/datasets",
        "/api/v1/datasets/a",
        "/api/v1/datasets/b",
        "/datasets?q=kanarie",
        "/sparql",
        "/datasets/a/1.0.0/finns-inte.csv",
        "/finns-inte",
    ]
    .map(str::to_owned)
    .to_vec();
    pages.extend(["a", "b", "c"].map(source));
    let release = workspace.path().join("published/a/1.0.0");
    let mut folders = vec![release.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            if entry.path().is_dir() {
                folders.push(entry.path());
            } else {
                pages.push(format!(
                    "/datasets/a/1.0.0/{}",
                    entry.path().strip_prefix(&release).unwrap().display()
                ));
            }
        }
    }
    let mut answered = 0;
    for page in &pages {
        let (code, body) = portal.get(page);
        // What was asked for stands in the answer of a search.
        if !page.contains("q=") {
            canaries.absent(&body, page);
        }
        answered += usize::from(code == 200);
    }
    assert!(answered > 20, "{answered} pages of {}", pages.len());
    let (code, body) = portal.ask("SELECT * WHERE { GRAPH ?g { ?s ?p ?o } }");
    assert_eq!(code, 200);
    canaries.absent(&body, "the answer of SPARQL");
}

#[test]
fn a_killed_run_and_a_worker_out_of_bounds_leave_no_identity_behind() {
    let Some(canaries) = Canaries::new() else { return };
    let workspace = workspace(&canaries);
    run(&canaries, &workspace, &["harvest", "kalla"]);
    // A worker that may do next to nothing dies, and what it says holds nothing of the file.
    for limit in [
        "worker.memory_bytes=20000000",
        "worker.cpu_seconds=0",
        "table.field_bytes=16",
        "table.rows=10",
    ] {
        run(&canaries, &workspace, &["curate", "a", "--set", limit]);
        swept(&canaries, &workspace);
    }
    for wait in [30, 120, 350, 700] {
        let mut child = workspace
            .command(&["curate", "a"])
            .env("FYR_LOG", "trace")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(wait));
        let _ = child.kill();
        let output = child.wait_with_output().unwrap();
        canaries.silent(&output, "a killed run");
        swept(&canaries, &workspace);
    }
    // The next start wipes what was staged; the run then ends as if nothing had been.
    let ended = run(&canaries, &workspace, &["curate", "a"]);
    assert!(ended.status.success(), "{}", text(&ended.stderr));
    swept(&canaries, &workspace);
}
