//! `fyr mqa --links`: evidence from a real server on loopback, kept from run to run, and points by the status that was recorded.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::shape::held;
use crate::support::{FYR, text};

/// A server on loopback with an answer by path; it ends with the test.
struct Server {
    host: String,
}

impl Server {
    fn start() -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let host = listener.local_addr().unwrap().to_string();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                std::thread::spawn(move || answer(stream));
            }
        });
        Self { host }
    }

    fn catalogue(&self, dir: &Path) {
        let file = |name: &str| {
            let iri = format!("https://data.exempelby.example/{name}");
            format!(
                "<{iri}> a dcat:Dataset ; dcterms:title \"{name}\"@sv ; dcat:distribution <{iri}/fil> .\n\
                 <{iri}/fil> a dcat:Distribution ; dcat:accessURL <http://{0}/{name}.csv> ; dcat:downloadURL <http://{0}/{name}.csv> .\n",
                self.host
            )
        };
        let all: String = ["finns", "borta", "bara-get", "stangd"].map(file).concat();
        let head = "@prefix dcat: <http://www.w3.org/ns/dcat#> .\n@prefix dcterms: <http://purl.org/dc/terms/> .\n\
            <https://data.exempelby.example/> a dcat:Catalog .\n";
        std::fs::write(dir.join("dcat.ttl"), format!("{head}{all}")).unwrap();
    }
}

fn answer(mut stream: std::net::TcpStream) {
    use std::io::{BufRead as _, BufReader, Write as _};
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
    let asked = lines.next().unwrap_or_default();
    lines.take_while(|line| !line.is_empty()).for_each(drop);
    let body = "a;b\r\n1;2\r\n";
    let (status, kind) = match asked.as_str() {
        line if line.contains("/finns") => ("200 OK", "text/csv"),
        line if line.starts_with("HEAD /bara-get") => ("405 Method Not Allowed", "text/plain"),
        line if line.contains("/bara-get") => ("200 OK", "text/csv"),
        line if line.contains("/stangd") => ("403 Forbidden", "text/plain"),
        _ => ("404 Not Found", "text/plain"),
    };
    let body = if asked.starts_with("HEAD") { "" } else { body };
    let _ = write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: 10\r\nConnection: close\r\n\r\n{body}"
    );
}

fn mqa(dir: &Path, words: &[&str]) -> Value {
    let output = Command::new(FYR)
        .args(["mqa", "dcat.ttl", "--json"])
        .args(words)
        .current_dir(dir)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let document = serde_json::from_slice(&output.stdout).unwrap();
    held(&document);
    document
}

fn passed(document: &Value, dataset: &str) -> Value {
    let iri = format!("https://data.exempelby.example/{dataset}");
    let datasets = document["datasets"].as_array().unwrap();
    let one = datasets.iter().find(|one| one["iri"] == *iri).unwrap();
    let metrics = one["metrics"].as_array().unwrap();
    let metric = metrics
        .iter()
        .find(|one| one["id"].as_str().unwrap().ends_with("downloadUrlStatusCode"));
    metric.unwrap()["passed"].clone()
}

#[test]
fn the_score_takes_the_status_of_head_and_the_evidence_stands_beside_it() {
    let (dir, server) = (tempfile::tempdir().unwrap(), Server::start());
    server.catalogue(dir.path());
    let allow = format!("fetch.allow_hosts=[\"{}\"]", server.host);
    let words = ["--links", "check", "--evidence", "prov.json", "--set", &allow];
    let document = mqa(dir.path(), &words);
    let points = ["finns", "bara-get", "borta", "stangd"].map(|name| passed(&document, name));
    assert_eq!(points, [json!(true), json!(false), json!(false), json!(false)]);
    let links = &document["links"];
    assert_eq!(links["counts"], json!({"alive": 2, "refused": 1, "unreachable": 1}));
    let verdict = |document: &Value, name: &str| -> Value {
        let verdicts = document["links"]["verdicts"].as_array().unwrap().clone();
        let ends = |one: &&Value| one["url"].as_str().unwrap().ends_with(&format!("/{name}.csv"));
        verdicts.iter().find(ends).unwrap().clone()
    };
    let one = verdict(&document, "bara-get");
    assert_eq!((&one["state"], one["tries"].as_array().unwrap().len()), (&json!("alive"), 2));
    assert_eq!(
        (&one["tries"][0]["status"], &one["tries"][1]["method"]),
        (&json!(405), &json!("GET"))
    );
    // The same answer two days ago: only now is it confirmed, and only that costs points.
    let file = dir.path().join("prov.json");
    let mut kept: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    let gone = kept
        .as_object_mut()
        .unwrap()
        .iter_mut()
        .find(|(url, _)| url.ends_with("/borta.csv"))
        .unwrap()
        .1;
    let tried = gone.as_array().unwrap().last().unwrap().clone();
    let before = ["2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"].map(|at| {
        let mut before = tried.clone();
        before["at"] = json!(at);
        before
    });
    *gone = json!(before);
    std::fs::write(&file, kept.to_string()).unwrap();
    let later = mqa(dir.path(), &words);
    assert_eq!(verdict(&later, "borta")["state"], "gone");
    assert!(later["links"]["by_evidence"]["total"].as_f64().unwrap() >= later["catalogue"]["total"].as_f64().unwrap());
}

#[test]
fn recorded_statuses_and_an_assumption_need_no_address_to_be_asked() {
    let (dir, server) = (tempfile::tempdir().unwrap(), Server::start());
    server.catalogue(dir.path());
    let assumed = mqa(dir.path(), &["--links", "assume-ok"]);
    assert_eq!(passed(&assumed, "borta"), json!(true));
    let recorded = json!({format!("http://{}/borta.csv", server.host): 404, format!("http://{}/finns.csv", server.host): 200});
    std::fs::write(dir.path().join("links.json"), recorded.to_string()).unwrap();
    let document = mqa(dir.path(), &["--links", "links.json"]);
    assert_eq!(
        ["finns", "borta", "stangd"].map(|name| passed(&document, name)),
        [json!(true), json!(false), json!(null)]
    );
    assert!(document.get("links").is_none());
}
