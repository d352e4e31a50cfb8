//! Answers: media types, caps, time, and who is never called.

use std::time::{Duration, Instant};

use fyr_model::limits::{GraphLimits, SparqlLimits};
use fyr_model::withheld::Withheld;

use super::{HEAD, outcome, read_text};
use crate::{Cancel, Store};

fn store() -> Store {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::memory().unwrap();
    for (name, title) in [("a", "ett"), ("b", "två")] {
        let read = read_text(
            format!("{HEAD}<d-{name}> a dcat:Dataset ; dcterms:title \"{title}\"@sv , \"same\"@en ."),
            dir.path(),
        )
        .unwrap();
        store
            .replace(&name.parse().unwrap(), &read.nquads, read.sha256, &GraphLimits::default())
            .unwrap();
    }
    store
}

fn limits() -> SparqlLimits {
    SparqlLimits::default()
}

#[test]
fn the_answer_comes_in_the_syntax_asked_for_and_json_unless() {
    let store = store();
    let select = "SELECT ?t WHERE { ?s <http://purl.org/dc/terms/title> ?t } ORDER BY ?t";
    let construct = "CONSTRUCT WHERE { ?s <http://purl.org/dc/terms/title> ?t }";
    for (query, accept, expected) in [
        (select, None, "application/sparql-results+json"),
        (select, Some("*/*"), "application/sparql-results+json"),
        (select, Some("application/sparql-results+xml"), "application/sparql-results+xml"),
        (select, Some("text/csv"), "text/csv; charset=utf-8"),
        (
            select,
            Some("text/tab-separated-values"),
            "text/tab-separated-values; charset=utf-8",
        ),
        ("ASK { ?s ?p ?o }", Some("text/csv"), "application/sparql-results+json"),
        (construct, None, "text/turtle"),
        (construct, Some("application/rdf+xml"), "application/rdf+xml"),
        (construct, Some("application/ld+json;q=0.9, text/html"), "application/ld+json"),
        (
            "DESCRIBE <https://data.exempelby.example/d-a>",
            Some("application/n-triples"),
            "application/n-triples",
        ),
    ] {
        let answer = store.query(query, accept, &limits()).unwrap();
        assert_eq!(answer.media_type, expected, "{query}");
        let text = String::from_utf8(answer.body).unwrap();
        assert!(text.contains("true") || text.contains("ett"), "{text}");
        assert!(!answer.truncated);
    }
}

#[test]
fn only_current_graphs_are_seen_by_default_and_by_name() {
    let store = store();
    let count = |query: &str| {
        let answer = store.query(query, Some("text/csv"), &limits()).unwrap();
        String::from_utf8(answer.body).unwrap().lines().nth(1).unwrap().to_owned()
    };
    assert_eq!(count("SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o }"), "6");
    assert_eq!(count("SELECT (COUNT(DISTINCT ?g) AS ?n) WHERE { GRAPH ?g { ?s ?p ?o } }"), "2");
    for hidden in ["FROM <urn:fyr:current>", "FROM NAMED <urn:fyr:current>"] {
        assert_eq!(
            count(&format!(
                "SELECT (COUNT(*) AS ?n) {hidden} WHERE {{ {{ ?s ?p ?o }} UNION {{ GRAPH ?g {{ ?s ?p ?o }} }} }}"
            )),
            "0"
        );
    }
    assert_eq!(count("SELECT (COUNT(*) AS ?n) WHERE { GRAPH <urn:fyr:current> { ?s ?p ?o } }"), "0");
    let graph = store.snapshot(&"a".parse().unwrap()).unwrap().unwrap().graph;
    assert_eq!(count(&format!("SELECT (COUNT(*) AS ?n) FROM <{graph}> WHERE {{ ?s ?p ?o }}")), "3");
}

#[test]
fn h48_rows_and_bytes_are_capped_and_the_document_stays_whole() {
    let store = store();
    let all = "SELECT ?s ?p ?o WHERE { ?s ?p ?o }";
    let rows = |max: usize| {
        let limits = SparqlLimits { rows_max: max, ..limits() };
        let answer = store.query(all, None, &limits).unwrap();
        let json: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
        (json["results"]["bindings"].as_array().unwrap().len(), answer.truncated)
    };
    assert_eq!(rows(6), (6, false));
    assert_eq!(rows(5), (5, true));
    let small = SparqlLimits {
        answer_bytes_max: 300,
        ..limits()
    };
    let answer = store.query(all, None, &small).unwrap();
    assert!(answer.truncated && serde_json::from_slice::<serde_json::Value>(&answer.body).is_ok());
}

#[test]
fn h48_a_query_that_takes_too_long_is_stopped_from_within_and_from_outside() {
    let store = store();
    // Joins of everything with everything: 6^12 rows to count.
    let patterns: String = (0..12).map(|n| format!("?s{n} ?p{n} ?o{n} . ")).collect();
    let query = format!("SELECT (COUNT(*) AS ?n) WHERE {{ {patterns} }}");
    let short = SparqlLimits {
        timeout: Duration::from_millis(300),
        ..limits()
    };
    let started = Instant::now();
    assert_eq!(outcome(store.query(&query, None, &short)), "sparql-timeout");
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    let cancel = Cancel::default();
    let started = Instant::now();
    let outcome = std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(200));
            cancel.cancel();
        });
        outcome(store.query_until(&query, None, &limits(), (&cancel, &Withheld::default())))
    });
    assert_eq!(outcome, "sparql-timeout");
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    assert_eq!(super::outcome(store.query("ASK { ?s ?p ?o }", None, &short)), "accepted");
}

#[test]
fn h48_a_query_that_wants_all_memory_is_stopped() {
    let store = store();
    let doubling: String = (1..40)
        .map(|n| format!("BIND(CONCAT(?x{}, ?x{}) AS ?x{n}) ", n - 1, n - 1))
        .collect();
    let query = format!("SELECT (STRLEN(?x39) AS ?n) WHERE {{ ?s <http://purl.org/dc/terms/title> ?x0 . {doubling} }}");
    assert_eq!(outcome(crate::sparql::screen(&query, &limits())), "accepted");
    assert_eq!(outcome(store.query(&query, None, &limits())), "sparql-too-large");
    // 6^9 rows to be sorted: ten million terms are alive before the first comes out.
    let patterns: String = (0..9).map(|n| format!("?s{n} ?p{n} ?o{n} . ")).collect();
    let sorted = format!("SELECT * WHERE {{ {patterns} }} ORDER BY ?s0");
    let stopped = outcome(store.query(&sorted, None, &limits()));
    assert!(["sparql-too-large", "sparql-timeout"].contains(&stopped.as_str()), "{stopped}");
    assert_eq!(
        outcome(store.query("SELECT (CONCAT(?t, 'x') AS ?u) WHERE { ?s ?p ?t } ORDER BY ?u", None, &limits())),
        "accepted"
    );
    assert_eq!(
        outcome(crate::sparql::screen(
            "SELECT (REPLACE(?t, 'a', ?t) AS ?u) WHERE { ?s ?p ?t }",
            &limits()
        )),
        "sparql-function"
    );
}

#[test]
fn h49_service_connects_to_nobody() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    let store = store();
    // Past the screen on purpose: the evaluator itself must not call.
    let query = format!("SELECT * WHERE {{ SERVICE <http://{address}/> {{ ?s ?p ?o }} }}");
    assert_eq!(outcome(store.query(&query, None, &limits())), "sparql-service");
    let silent = format!("SELECT * WHERE {{ SERVICE SILENT <http://{address}/> {{ ?s ?p ?o }} }}");
    let _ = store.query(&silent, None, &limits());
    assert!(listener.accept().is_err(), "somebody connected");
    for update in ["INSERT DATA { <a:a> <a:a> <a:a> }", "LOAD <http://127.0.0.1:9/>", "CLEAR ALL"] {
        assert_eq!(outcome(store.query(update, None, &limits())), "sparql-syntax");
    }
    assert_eq!(outcome(store.query("ASK { ?s ?p ?o }", None, &limits())), "accepted");
}

/// What an asker gets hold of must not depend on what it computes from what it reads.
#[test]
fn what_is_withheld_is_not_there_whatever_is_asked() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::memory().unwrap();
    let text = format!(
        "{HEAD}<d> a dcat:Dataset ; dcterms:title \"Elever\" ; dcterms:description \"Filen: http://hemlig.example/Elever.csv.\" ; \
         dcat:distribution <d/csv> , <http://hemlig.example/elever.csv#it> .\n\
         <d/csv> a dcat:Distribution ; dcterms:title \"CSV\" ; dcat:downloadURL <http://hemlig.example/elever.csv> .\n\
         <http://hemlig.example/elever.csv#it> a dcat:Distribution ; dcterms:title \"again\" ."
    );
    let read = read_text(text, dir.path()).unwrap();
    let source = "a".parse().unwrap();
    store.replace(&source, &read.nquads, read.sha256, &GraphLimits::default()).unwrap();
    let withheld = Withheld::of(["http://hemlig.example/elever.csv"]);
    let ask = |query: &str, withheld: &Withheld| {
        let head = "PREFIX dcat: <http://www.w3.org/ns/dcat#> PREFIX dcterms: <http://purl.org/dc/terms/> ";
        let answer = store.query_until(&format!("{head}{query}"), None, &limits(), (&Cancel::default(), withheld));
        String::from_utf8(answer.unwrap().body).unwrap().to_lowercase()
    };
    let asked = [
        "SELECT ?x WHERE { ?s ?p ?o BIND(SUBSTR(STR(?o), 8) AS ?x) }",
        "SELECT ?x WHERE { ?s ?p ?o BIND(SUBSTR(STR(?s), 8) AS ?x) }",
        "SELECT ?x WHERE { ?s ?p ?o BIND(CONCAT('-', STR(?o), '-') AS ?x) }",
        "SELECT ?x WHERE { ?s ?p ?o BIND(UCASE(STR(?o)) AS ?x) }",
        "SELECT ?x WHERE { ?s ?p ?o BIND(ENCODE_FOR_URI(STR(?o)) AS ?x) }",
        "SELECT ?x WHERE { ?s ?p ?o BIND(STRAFTER(STR(?o), 'http://') AS ?x) }",
        "SELECT ?x WHERE { ?s ?p ?o BIND(REPLACE(STR(?o), 'http', 'gopher') AS ?x) }",
        "SELECT (GROUP_CONCAT(STR(?o)) AS ?x) WHERE { ?s ?p ?o }",
        "SELECT (SAMPLE(?o) AS ?x) WHERE { ?s dcat:downloadURL ?o }",
        "SELECT (MAX(STR(?o)) AS ?x) WHERE { ?s dcat:downloadURL ?o }",
        "CONSTRUCT { ?s dcterms:title ?x } WHERE { ?s ?p ?o BIND(STRAFTER(STR(?o), '//') AS ?x) }",
        "CONSTRUCT WHERE { ?s ?p ?o }",
        "DESCRIBE ?s WHERE { ?s a dcat:Dataset }",
        "DESCRIBE <https://data.exempelby.example/d/csv>",
        "SELECT ?o WHERE { ?s dcat:distribution/dcat:downloadURL ?o }",
        "SELECT ?o WHERE { ?s (dcat:distribution|dcat:downloadURL)* ?o }",
        "SELECT ?o WHERE { ?s !a ?o }",
        "SELECT ?s WHERE { ?s ^dcat:downloadURL ?o }",
        "SELECT ?o WHERE { GRAPH ?g { ?s ?p ?o } }",
        "SELECT * WHERE { ?s ?p ?o OPTIONAL { ?s dcat:downloadURL ?x } }",
    ];
    for query in asked {
        let (open, closed) = (ask(query, &Withheld::default()), ask(query, &withheld));
        let tells = |answer: &str| answer.contains("hemlig.example") && answer.contains("elever.csv");
        assert!(
            tells(&open.replace("%2f", "/")) || query.contains("?s ^dcat"),
            "the control: without withholding it is told\n{query}\n{open}"
        );
        assert!(!closed.contains("hemlig"), "{query}\n{closed}");
        assert!(
            closed.contains("results") || closed.contains('<') || closed.contains("dcat"),
            "{closed}"
        );
    }
    // Yes, no and numbers tell as much as texts do: each letter of an address can be asked for.
    for letter in "abcdefghijklmnopqrstuvwxyz".chars() {
        for query in [
            format!("ASK {{ ?s dcat:downloadURL ?o FILTER(SUBSTR(STR(?o), 8, 1) = '{letter}') }}"),
            format!(
                "ASK {{ ?s ?p ?o FILTER(STRSTARTS(STR(?o), 'http://{letter}')) FILTER(!STRSTARTS(STR(?o), 'http://www') && !STRSTARTS(STR(?o), 'http://purl')) }}"
            ),
        ] {
            assert!(ask(&query, &withheld).contains("false"), "{query}");
        }
        let count = format!("SELECT (COUNT(*) AS ?n) WHERE {{ ?s dcat:downloadURL ?o FILTER(CONTAINS(STR(?o), '{letter}')) }}");
        assert!(ask(&count, &withheld).contains("\"value\":\"0\""), "{count}");
    }
    let known = "ASK { ?s ?p <http://hemlig.example/elever.csv> }";
    assert!(ask(known, &Withheld::default()).contains("true") && ask(known, &withheld).contains("false"));
    // The rest of the dataset is there.
    let rest = ask("SELECT ?t WHERE { ?s dcterms:title ?t }", &withheld);
    assert!(
        rest.contains("\"elever\"") && rest.contains("\"csv\"") && !rest.contains("again"),
        "{rest}"
    );
}
