//! Kill -9 at random points of a harvest and of a publication, 50 times each (H36, H37).
//!
//! Afterwards the portal serves the old or the new state, never a mixture, and the next run completes. The random points come from a fixed
//! seed, spread over the time that an undisturbed run takes on this machine, so that early and late points are both hit.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::{Portal, Workspace, text};

const ROUNDS: u32 = 50;

/// A small generator (xorshift), so that the points can be named again.
struct Points(u64);

impl Points {
    fn share(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// Starts a command and kills it after a share of `usual`.
fn kill_at(workspace: &Workspace, args: &[&str], share: f64, usual: Duration) -> bool {
    let mut child = workspace.command(args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    std::thread::sleep(usual.mul_f64(share * 1.1));
    let killed = child.try_wait().unwrap().is_none();
    let _ = child.kill();
    child.wait().unwrap();
    killed
}

fn timed(workspace: &Workspace, args: &[&str]) -> Duration {
    let start = Instant::now();
    let output = workspace.fyr(args);
    assert!(output.status.success(), "{args:?}: {}", text(&output.stderr));
    start.elapsed()
}

/// A catalogue whose datasets all carry the same mark, so that a mixture of two states shows.
fn catalogue(mark: &str, datasets: usize) -> String {
    let mut out = String::from(
        "@prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix dct: <http://purl.org/dc/terms/> .\n\
         <https://source.example/catalogue> a dcat:Catalog ; dct:title \"Katalog\"@sv .\n",
    );
    for n in 0..datasets {
        out.push_str(&format!(
            "<https://source.example/catalogue> dcat:dataset <https://source.example/d/{n}> .\n\
             <https://source.example/d/{n}> a dcat:Dataset ; dct:title \"{mark} {n}\"@sv ; dct:description \"{mark}\"@sv .\n",
        ));
    }
    out
}

fn marks(portal: &Portal) -> Vec<(String, u64)> {
    let query = "SELECT ?m (COUNT(?d) AS ?n) WHERE { ?d a <http://www.w3.org/ns/dcat#Dataset> ; <http://purl.org/dc/terms/description> ?m } GROUP BY ?m";
    let (status, body) = portal.ask(query);
    assert_eq!(status, 200, "{}", text(&body));
    let document: Value = serde_json::from_slice(&body).unwrap();
    let rows = document["results"]["bindings"].as_array().unwrap();
    rows.iter()
        .map(|row| {
            (
                row["m"]["value"].as_str().unwrap().to_owned(),
                row["n"]["value"].as_str().unwrap().parse().unwrap(),
            )
        })
        .collect()
}

#[test]
fn h36_a_harvest_killed_anywhere_leaves_old_or_new_and_the_next_run_completes() {
    let workspace = Workspace::new("[fetch.mirror]\n\"https://source.example/\" = \"www/\"\n");
    workspace.source("kalla", "dcat.ttl");
    // Shrinking by a seventh stays under the brake against mass deletion.
    let sizes = [(60, "gammal"), (70, "ny")];
    let put = |which: usize| workspace.write("www/dcat.ttl", catalogue(sizes[which].1, sizes[which].0));
    put(0);
    timed(&workspace, &["harvest", "kalla"]);
    put(1);
    let usual = timed(&workspace, &["harvest", "kalla"]);
    let mut points = Points(0x5eed_0036);
    let (mut killed, mut current) = (0, 1);
    for round in 0..ROUNDS {
        let next = 1 - current;
        put(next);
        killed += u32::from(kill_at(&workspace, &["harvest", "kalla"], points.share(), usual));
        let portal = workspace.serve();
        let seen = marks(&portal);
        let whole = |which: usize| vec![(sizes[which].1.to_owned(), sizes[which].0 as u64)];
        assert!(seen == whole(current) || seen == whole(next), "round {round}: torn state {seen:?}");
        // The next run goes through the server that owns the folder, and completes.
        let (code, document) = workspace.json(&["harvest", "kalla"]);
        assert_eq!(code, 0, "round {round}: {document}");
        assert_eq!(marks(&portal), whole(next), "round {round}");
        current = next;
    }
    eprintln!("harvest: {killed} of {ROUNDS} runs were killed before they ended");
    assert!(killed >= ROUNDS / 2, "too few runs were killed to show anything: {killed}");
}

const POLICY: &str = "[columns]\nid = \"plain\"\nvarde = \"plain\"\n";

fn sign_all(workspace: &Workspace) {
    workspace.sign("serie");
}

fn rows(version: u32) -> String {
    (0..200 + version * 10)
        .map(|n| format!("{n};{}\n", f64::from(n) / 2.0).replace('.', ","))
        .fold("id;varde\n".into(), |all, row| all + &row)
}

/// Copies a folder as it stands, so that each round begins before the same publication.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().flatten() {
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap() {
            kind if kind.is_dir() => copy(&entry.path(), &target),
            kind if kind.is_file() => {
                std::fs::copy(entry.path(), target).unwrap();
            }
            _ => {}
        }
    }
}

fn restore(workspace: &Workspace, kept: &Path) {
    for part in ["data", "published"] {
        let _ = std::fs::remove_dir_all(workspace.path().join(part));
        copy(&kept.join(part), &workspace.path().join(part));
    }
}

#[test]
fn h37_a_publication_killed_anywhere_leaves_old_or_new_and_the_next_run_completes() {
    let workspace = Workspace::new("[fetch.mirror]\n\"https://source.example/\" = \"www/\"\n");
    workspace.source("kalla", "dcat.ttl");
    workspace.write("www/dcat.ttl", DATASET);
    workspace.write("www/serie.csv", rows(0));
    workspace.write(
        "pipelines/serie.toml",
        "source = \"kalla\"\ndataset = \"https://source.example/d/serie\"\npolicy = \"serie-policy.toml\"\n",
    );
    workspace.write("pipelines/serie-policy.toml", POLICY);
    timed(&workspace, &["harvest", "kalla"]);
    for version in 0..2 {
        workspace.write("www/serie.csv", rows(version));
        timed(&workspace, &["curate", "serie"]);
        sign_all(&workspace);
        if version == 0 {
            timed(&workspace, &["publish", "serie"]);
        }
    }
    let kept = tempfile::tempdir().unwrap();
    copy(&workspace.path().join("data"), &kept.path().join("data"));
    copy(&workspace.path().join("published"), &kept.path().join("published"));
    let usual = timed(&workspace, &["publish", "serie"]);
    let mut points = Points(0x5eed_0037);
    let mut killed = 0;
    for round in 0..ROUNDS {
        restore(&workspace, kept.path());
        killed += u32::from(kill_at(&workspace, &["publish", "serie"], points.share(), usual));
        let portal = workspace.serve();
        let before = served(&portal, round);
        assert!([200, 210].contains(&before), "round {round}: {before} rows");
        let (code, document) = workspace.json(&["publish", "serie"]);
        assert_eq!(code, 0, "round {round}: {document}");
        assert_eq!(served(&portal, round), 210, "round {round}");
    }
    let (code, document) = {
        let release = workspace.path().join("published/serie/1.1.0");
        let output = workspace
            .command(&["verify", release.to_str().unwrap(), "--json"])
            .output()
            .unwrap();
        (output.status.code(), text(&output.stdout))
    };
    assert_eq!(code, Some(0), "{document}");
    eprintln!("publication: {killed} of {ROUNDS} runs were killed before they ended");
    assert!(killed >= ROUNDS / 2, "too few runs were killed to show anything: {killed}");
}

/// Rows of the CSV that the portal serves as the latest release: the manifest's figure and the file must agree.
fn served(portal: &Portal, round: u32) -> usize {
    let (status, body) = portal.get("/api/v1/datasets/serie");
    assert_eq!(status, 200, "round {round}: {}", text(&body));
    let document: Value = serde_json::from_slice(&body).unwrap();
    let version = document["datasets"][0]["version"].as_str().expect("a version").to_owned();
    let (status, csv) = portal.get(&format!("/datasets/serie/{version}/csv/all-00000-of-00001.csv"));
    assert_eq!(status, 200, "round {round}: {version}");
    text(&csv).lines().count() - 1
}

const DATASET: &str = r#"@prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix dct: <http://purl.org/dc/terms/> . @prefix foaf: <http://xmlns.com/foaf/0.1/> .
<https://source.example/catalogue> a dcat:Catalog ; dct:title "Katalog"@sv ; dct:description "En katalog"@sv ; dct:publisher <https://source.example/org> ;
  dct:license <http://creativecommons.org/publicdomain/zero/1.0/> ; dcat:dataset <https://source.example/d/serie> .
<https://source.example/org> a foaf:Agent ; foaf:name "Testmyndigheten"@sv .
<https://source.example/d/serie> a dcat:Dataset ; dct:title "En serie"@sv ; dct:description "En serie tal."@sv ; dct:publisher <https://source.example/org> ;
  dcat:distribution <https://source.example/d/serie/csv> .
<https://source.example/d/serie/csv> a dcat:Distribution ; dcat:accessURL <https://source.example/serie.csv> ; dcat:downloadURL <https://source.example/serie.csv> ;
  dct:format "text/csv" ; dct:license <http://creativecommons.org/publicdomain/zero/1.0/> .
"#;
