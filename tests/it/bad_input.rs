//! Bad input through the whole program: each is refused by a typed reason, the last good snapshot stays, and an honest control is accepted.

use std::fmt::Write as _;
use std::io::Write as _;

use serde_json::Value;

use crate::support::{Workspace, ended, shared, text};

const MIRROR: &str = "[fetch.mirror]\n\"https://source.example/\" = \"www/\"\n";

const GOOD: &str = "@prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix dct: <http://purl.org/dc/terms/> .\n\
    <https://source.example/c> a dcat:Catalog ; dcat:dataset <https://source.example/d/1> .\n\
    <https://source.example/d/1> a dcat:Dataset ; dct:title \"Ett\"@sv .\n";

/// Harvests a good document first, then the bad one, and gives the reason; the good snapshot must still be there.
fn refused(bad: &[u8], outcome: &str) -> Value {
    let workspace = Workspace::new(MIRROR);
    workspace.source("kalla", "dcat");
    workspace.write("www/dcat", GOOD);
    let (code, first) = workspace.json(&["harvest", "kalla"]);
    assert_eq!((code, first["runs"][0]["outcome"].as_str()), (0, Some("changed")), "{first}");
    let triples = first["runs"][0]["triples"].clone();
    workspace.write("www/dcat", bad);
    let (code, document) = workspace.json(&["harvest", "kalla"]);
    let run = &document["runs"][0];
    assert_eq!(run["outcome"], outcome, "{run}");
    assert_eq!(code, if outcome == "failed" { 3 } else { 1 }, "{run}");
    assert_eq!(run["quads_written"], 0, "{run}");
    let (_, sources) = workspace.json(&["source", "show", "kalla"]);
    assert_eq!(sources["sources"][0]["triples"], triples, "the last good snapshot stays");
    assert_eq!(sources["sources"][0]["datasets"], 1);
    // The control: the good document again is taken without a word.
    workspace.write("www/dcat", GOOD.replace("Ett", "Två"));
    let (code, control) = workspace.json(&["harvest", "kalla"]);
    assert_eq!((code, control["runs"][0]["outcome"].as_str()), (0, Some("changed")), "{control}");
    run["reason"].clone()
}

#[test]
fn h11_an_html_page_with_status_200_is_refused_by_name() {
    let reason = refused(b"<!DOCTYPE html><html><body>Logga in</body></html>", "failed");
    assert_eq!(reason["id"], "not-a-catalogue", "{reason}");
}

#[test]
fn h11_an_empty_graph_where_there_were_datasets_is_suspect() {
    let reason = refused(
        b"@prefix dcat: <http://www.w3.org/ns/dcat#> .\n<https://source.example/c> a dcat:Catalog .\n",
        "suspect",
    );
    assert!(reason.is_object(), "{reason}");
}

#[test]
fn an_invalid_turtle_is_refused_with_its_line() {
    let Some(path) = shared("fixtures/real/catalogs/dcat-ap-example-dataset-series-combined.ttl") else {
        return;
    };
    let reason = refused(&std::fs::read(path).unwrap(), "failed");
    assert_eq!(
        (reason["id"].as_str(), reason["position"]["line"].as_u64()),
        (Some("syntax"), Some(32)),
        "{reason}"
    );
}

#[test]
fn a_relative_iri_without_a_base_is_refused_and_with_one_accepted() {
    let relative = "@prefix dcat: <http://www.w3.org/ns/dcat#> .\n<c> a dcat:Catalog ; dcat:dataset <d> .\n<d> a dcat:Dataset .\n";
    let reason = refused(relative.as_bytes(), "failed");
    assert_eq!(reason["id"], "relative-iri", "{reason}");
    let workspace = Workspace::new(MIRROR);
    workspace.write(
        "catalog/sources/kalla.toml",
        "url = \"https://source.example/dcat\"\nbase = \"https://source.example/\"\n",
    );
    workspace.write("www/dcat", relative);
    let (code, document) = workspace.json(&["harvest", "kalla"]);
    assert_eq!(code, 0, "{document}");
}

#[test]
fn h12_an_entity_expansion_of_100_mb_is_refused_before_the_parser() {
    let mut bomb = String::from("<?xml version=\"1.0\"?>\n<!DOCTYPE rdf:RDF [\n<!ENTITY a \"");
    bomb.push_str(&"x".repeat(1000));
    bomb.push_str("\">\n]>\n<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" xmlns:d=\"http://purl.org/dc/terms/\"><rdf:Description rdf:about=\"https://a.example/\"><d:title>");
    bomb.push_str(&"&a;".repeat(100_000));
    bomb.push_str("</d:title></rdf:Description></rdf:RDF>");
    let reason = refused(bomb.as_bytes(), "failed");
    assert!(reason["id"].as_str().unwrap().starts_with("doctype"), "{reason}");
}

#[test]
fn h14_two_thousand_levels_of_json_ld_are_refused_before_the_parser() {
    let deep = format!(
        "{{\"@id\":\"https://a.example/\",\"https://a.example/p\":{}1{}}}",
        "[".repeat(2000),
        "]".repeat(2000)
    );
    assert_eq!(refused(deep.as_bytes(), "failed")["id"], "depth");
}

#[test]
fn h14_h48_a_query_that_would_overflow_is_refused_and_an_honest_one_answered() {
    let workspace = Workspace::new(MIRROR);
    workspace.source("kalla", "dcat");
    workspace.write("www/dcat", GOOD);
    assert!(workspace.fyr(&["harvest", "kalla"]).status.success());
    let nested = format!("SELECT * WHERE {}{}", "{".repeat(2000), "}".repeat(2000));
    let patterns = (0..3000).fold("SELECT * WHERE {".to_owned(), |mut all, n| {
        let _ = write!(all, "?s{n} ?p{n} ?o{n} .");
        all
    }) + "}";
    let minus = format!("SELECT * WHERE {{ ?s ?p ?o {} }}", "MINUS {}".repeat(4000));
    let sums = format!("SELECT ({} AS ?x) WHERE {{}}", vec!["1"; 16_000].join("+"));
    let portal = workspace.serve();
    for query in [&nested, &patterns, &minus, &sums] {
        let output = workspace.fyr(&["sparql", query]);
        let (code, message) = ended(&output);
        assert!(matches!(code, 1..=3), "{code} {message}");
        let (status, _) = portal.ask(query);
        assert!((400..500).contains(&status), "{status}");
    }
    let honest = workspace.fyr(&["sparql", "SELECT ?d WHERE { ?d a <http://www.w3.org/ns/dcat#Dataset> }"]);
    assert!(
        honest.status.success() && text(&honest.stdout).contains("https://source.example/d/1"),
        "{}",
        text(&honest.stdout)
    );
    assert_eq!(portal.get("/health").0, 200, "the portal still stands");
}

#[test]
fn h04_a_redirect_to_a_loopback_address_is_refused() {
    // The first hop is an allowed loopback port; the second is one that nobody allowed.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let forbidden = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let target = forbidden.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            answer(stream, target);
        }
    });
    let workspace = Workspace::new(&format!("[fetch]\nallow_hosts = [\"127.0.0.1:{port}\"]\nretries_max = 0\n"));
    workspace.write("catalog/sources/bort.toml", format!("url = \"http://127.0.0.1:{port}/away\"\n"));
    workspace.write("catalog/sources/bra.toml", format!("url = \"http://127.0.0.1:{port}/good\"\n"));
    let (code, document) = workspace.json(&["harvest", "bort"]);
    assert_eq!(code, 3, "{document}");
    assert!(
        document["runs"][0]["reason"]["id"].as_str().unwrap().starts_with("fetch-"),
        "{document}"
    );
    let (code, control) = workspace.json(&["harvest", "bra"]);
    assert_eq!(code, 0, "{control}");
    forbidden.set_nonblocking(true).unwrap();
    assert!(forbidden.accept().is_err(), "no connection was made to the forbidden address");
}

fn answer(mut stream: std::net::TcpStream, target: std::net::SocketAddr) {
    use std::io::{BufRead, BufReader};
    let mut line = String::new();
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    reader.read_line(&mut line).unwrap();
    let mut rest = String::new();
    while reader.read_line(&mut rest).is_ok_and(|n| n > 2) {
        rest.clear();
    }
    let response = if line.contains("/away") {
        format!("HTTP/1.1 302 Found\r\nLocation: http://{target}/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    } else {
        format!(
            "HTTP/1.1 200 OK\r\nContent-Type: text/turtle\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{GOOD}",
            GOOD.len()
        )
    };
    let _ = stream.write_all(response.as_bytes());
}

#[test]
fn h05_a_body_larger_than_the_limit_is_refused_and_one_at_the_limit_accepted() {
    let over = GOOD.len() - 1;
    for (limit, code) in [(over, 3), (GOOD.len(), 0)] {
        let workspace = Workspace::new(&format!("[fetch]\ncatalogue_bytes_max = {limit}\n{MIRROR}"));
        workspace.source("kalla", "dcat");
        workspace.write("www/dcat", GOOD);
        let (got, document) = workspace.json(&["harvest", "kalla"]);
        assert_eq!(got, code, "{document}");
        if code == 3 {
            assert_eq!(document["runs"][0]["reason"]["id"], "fetch-too-large", "{document}");
        }
    }
}

#[test]
fn h24_a_csv_with_an_unclosed_quote_is_refused_or_read_as_text_within_bounds() {
    let workspace = Workspace::new("");
    let endless = format!("a;b\n1;\"{}", "x;y\n".repeat(600_000));
    workspace.write("endless.csv", endless);
    workspace.write("good.csv", "a;b\n1;\"två\nrader\"\n2;x\n");
    let (code, message) = ended(&workspace.fyr(&["profile", "endless.csv"]));
    assert_eq!(code, 3, "{message}");
    assert!(message.contains("quote"), "{message}");
    let good = workspace.json(&["profile", "good.csv"]);
    assert_eq!((good.0, good.1["rows"].as_u64()), (0, Some(2)));
}

#[test]
fn h22_a_zip_that_inflates_without_end_is_refused_and_an_honest_one_read() {
    let workspace = Workspace::new("[table]\nunpacked_bytes_max = 4000000\n");
    let zip = |name: &str, bytes: &[u8]| {
        let mut writer = zip::ZipWriter::new(std::fs::File::create(workspace.path().join(name)).unwrap());
        writer.start_file("data.csv", zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
        writer.finish().unwrap();
    };
    zip("bomb.zip", "1;2\n".repeat(20_000_000 / 4).as_bytes());
    zip("good.zip", b"a;b\n1;2\n3;4\n");
    let (code, message) = ended(&workspace.fyr(&["profile", "bomb.zip"]));
    assert_eq!(code, 3, "{message}");
    let good = workspace.json(&["profile", "good.zip"]);
    assert_eq!((good.0, good.1["rows"].as_u64()), (0, Some(2)), "{}", good.1);
}
