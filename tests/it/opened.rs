//! `fyr mqa --open`: files from a server on loopback are opened, and what they say stands beside the score without changing it.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::shape::held;
use crate::support::{FYR, text};

const HEAD: &str = "@prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix dcterms: <http://purl.org/dc/terms/> .\n\
    <https://data.exempelby.example/> a dcat:Catalog .\n";
const CSV: &str = "namn;antal\r\nEk;12\r\nLind;7\r\nAlm;3\r\n";
const PAGE: &str = "<!DOCTYPE html><html><body>Filen har flyttat</body></html>";
const TURTLE: &str = "text/turtle";

/// File, what it is stated to be, what it is sent as, and the bytes; `{other}` is this server under another name.
const FILES: &[(&str, &str, &str, &str)] = &[
    ("trad.csv", "text/csv", "text/csv", CSV),
    ("sida.csv", "text/csv", "text/html", PAGE),
    ("trasig.json", "application/json", "application/json", "{\"antal\": [1, 2}"),
    (
        "geo.json",
        "application/json",
        "application/json",
        "{\"type\": \"FeatureCollection\", \"features\": []}",
    ),
    (
        "lankad.ttl",
        TURTLE,
        TURTLE,
        "<http://{host}/a> <https://data.exempelby.example/ser> <http://{other}/sak.ttl> .",
    ),
    (
        "ensam.ttl",
        TURTLE,
        TURTLE,
        "<http://{host}/a> <https://data.exempelby.example/ser> <http://{other}/borta> .",
    ),
    (
        "sak.ttl",
        "",
        TURTLE,
        "<http://{other}/sak.ttl> <https://data.exempelby.example/namn> \"Sak\"@sv .",
    ),
    ("borta.csv", "text/csv", "", ""),
];

/// A server on loopback that gives out the files; it ends with the test.
fn server() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || answer(stream, port));
        }
    });
    port
}

fn answer(mut stream: std::net::TcpStream, port: u16) {
    use std::io::{BufRead as _, BufReader, Write as _};
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
    let asked = lines.next().unwrap_or_default();
    lines.take_while(|line| !line.is_empty()).for_each(drop);
    let name = asked.split([' ', '/']).nth(2).unwrap_or_default().to_owned();
    let file = FILES.iter().find(|(file, _, sent, _)| *file == name && !sent.is_empty());
    let (status, kind, body) = file.map_or(("404 Not Found", "text/plain", ""), |(.., kind, body)| ("200 OK", *kind, *body));
    let body = body
        .replace("{host}", &format!("127.0.0.1:{port}"))
        .replace("{other}", &format!("localhost:{port}"));
    let shown = if asked.starts_with("HEAD") { "" } else { body.as_str() };
    let length = body.len();
    let _ = write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{shown}"
    );
}

fn catalogue(port: u16) -> String {
    let stated = FILES.iter().filter(|(_, format, ..)| !format.is_empty());
    let each = stated.map(|(file, format, ..)| {
        let iri = format!("https://data.exempelby.example/{file}");
        format!(
            "<{iri}> a dcat:Dataset ; dcterms:title \"{file}\"@sv ; dcat:distribution <{iri}/fil> .\n\
             <{iri}/fil> a dcat:Distribution ; dcterms:license <http://creativecommons.org/licenses/by/4.0/> ; dcterms:format \"{format}\" ;\n  \
             dcat:accessURL <http://127.0.0.1:{port}/{file}> ; dcat:downloadURL <http://127.0.0.1:{port}/{file}> .\n"
        )
    });
    format!("{HEAD}{}", each.collect::<String>())
}

fn mqa(dir: &Path, port: u16, words: &[&str]) -> Output {
    let allow = format!("fetch.allow_hosts=[\"127.0.0.1:{port}\", \"localhost:{port}\"]");
    let output = Command::new(FYR)
        .args(["mqa", "dcat.ttl", "--set", &allow])
        .args(words)
        .current_dir(dir)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    output
}

fn json(dir: &Path, port: u16, words: &[&str]) -> Value {
    let output = mqa(dir, port, &[words, &["--json"]].concat());
    let document = serde_json::from_slice(&output.stdout).unwrap();
    held(&document);
    document
}

#[test]
fn format_match_valid_syntax_and_the_fifth_star_stand_beside_the_405() {
    let (dir, port) = (tempfile::tempdir().unwrap(), server());
    std::fs::write(dir.path().join("dcat.ttl"), catalogue(port)).unwrap();
    let closed = json(dir.path(), port, &[]);
    let document = json(dir.path(), port, &["--open"]);
    assert!(closed.get("files").is_none());
    assert_eq!(
        (&document["datasets"], &document["catalogue"]),
        (&closed["datasets"], &closed["catalogue"]),
        "nothing is added to the score"
    );
    let files = &document["files"];
    for (file, expected) in [
        ("trad.csv", json!([true, true, 3, 3])),
        ("sida.csv", json!([false, null, 3, 1])),
        ("trasig.json", json!([true, false, 3, 1])),
        ("geo.json", json!([true, true, 3, 3])),
        ("lankad.ttl", json!([true, true, 4, 5])),
        ("ensam.ttl", json!([true, true, 4, 4])),
        ("borta.csv", json!([null, null, 3, null])),
    ] {
        let rows = files["files"].as_array().unwrap();
        let row = rows.iter().find(|row| row["address"].as_str().unwrap().ends_with(file)).unwrap();
        let told = ["format_match", "syntax_valid", "stars_stated", "stars"].map(|key| row[key].clone());
        assert_eq!(json!(told), expected, "{file}: {row:#}");
        let unmeasured = file == "borta.csv" || expected[1] == false;
        assert_eq!(row["why"]["sv"].is_string(), unmeasured, "{row:#}");
        if file == "trad.csv" {
            assert_eq!(
                (&row["rows"], &row["columns"], &row["found"]),
                (&json!(3), &json!(2), &json!("CSV"))
            );
            assert_eq!(row["bytes"], CSV.len());
        }
    }
    assert_eq!(files["format_match"], json!({"yes": 5, "no": 1, "not_measured": 1}));
    assert_eq!(files["syntax_valid"], json!({"yes": 4, "no": 1, "not_measured": 2}));
    assert_eq!(
        (&files["stars_stated"], &files["stars"]),
        (&json!(3.29), &json!(2.83)),
        "means of 23 stars over 7, and of 17 over 6"
    );
    let shown = text(&mqa(dir.path(), port, &["--open", "--lang", "en"]).stdout);
    assert!(shown.contains("lankad.ttl") && shown.contains("405"), "{shown}");
}
