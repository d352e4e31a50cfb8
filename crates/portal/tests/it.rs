//! The portal by its addresses, on an invented installation.

#![allow(clippy::unwrap_used, clippy::panic)]

mod doors;
mod invented;

use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode, header};
use tower::ServiceExt as _;

use invented::HOSTILE;

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }
    fn head(&self, name: impl header::AsHeaderName) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }
    fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// One installation for all tests that change nothing.
fn shared() -> Router {
    static SHARED: OnceLock<(Router, Arc<tempfile::TempDir>)> = OnceLock::new();
    let (router, _) = SHARED.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        (fyr_portal::router(invented::portal(folder.path())), Arc::new(folder))
    });
    router.clone()
}

async fn ask(router: Router, request: Request<Body>) -> Answer {
    let answer = router.oneshot(request).await.unwrap();
    let (parts, body) = answer.into_parts();
    let body = axum::body::to_bytes(body, 64 << 20).await.unwrap().to_vec();
    Answer {
        status: parts.status,
        headers: parts.headers,
        body,
    }
}

async fn get(path: &str, heads: &[(&str, &str)]) -> Answer {
    let mut request = Request::get(path);
    for (name, value) in heads {
        request = request.header(*name, *value);
    }
    ask(shared(), request.body(Body::empty()).unwrap()).await
}

const HTML: (&str, &str) = ("accept", "text/html,application/xhtml+xml,*/*;q=0.8");
const FILE: &str = "/datasets/exempelby-trad/2.1.0/data/all-00000-of-00001.parquet";
const HOSTILE_PAGE: &str = "/sources/exempelregionen/dataset?iri=https%3A%2F%2Fdata.exempelregionen.example%2Fdataset%2Fhostile";
const WITHHELD: &str = "/sources/exempelby/dataset?iri=https%3A%2F%2Fdata.exempelby.example%2Fdataset%2Felever";

const PAGES: [&str; 17] = [
    "/",
    "/sources",
    "/sources/exempelby",
    "/sources/exempelmyndighet",
    "/sources/exempelregionen",
    "/sources/provkoping",
    "/sources/exempelby/dataset?iri=https%3A%2F%2Fdata.exempelby.example%2Fdataset%2Fbelysning",
    HOSTILE_PAGE,
    WITHHELD,
    "/datasets",
    "/datasets?q=tr%C3%A4d",
    "/datasets?kind=release&band=B",
    "/datasets/exempelby-trad",
    "/datasets/exempelby-trad/1.0.0",
    "/datasets/exempelby-skolor",
    "/metod",
    "/sparql",
];

/// Attributes and elements that the policy forbids, in markup (escaped text is none).
fn inline(page: &str) -> Option<String> {
    for tag in page.split('<').skip(1) {
        let tag = tag.split('>').next().unwrap_or_default();
        let name = tag.split_whitespace().next().unwrap_or_default().to_ascii_lowercase();
        let handler = tag
            .split_whitespace()
            .skip(1)
            .any(|part| part.to_ascii_lowercase().starts_with("on") && part.contains('='));
        if name == "style" || tag.contains(" style=") || handler || (name == "script" && !tag.contains("src=\"/assets/")) {
            return Some(tag.to_owned());
        }
    }
    None
}

#[tokio::test]
async fn every_page_answers_in_both_languages_without_inline_style_or_script() {
    for path in PAGES {
        for lang in ["sv", "en"] {
            let sign = if path.contains('?') { '&' } else { '?' };
            let answer = get(&format!("{path}{sign}lang={lang}"), &[HTML]).await;
            assert_eq!(answer.status, StatusCode::OK, "{path} {lang}");
            let text = answer.text();
            assert!(text.contains(&format!("<html lang=\"{lang}\"")), "{path} {lang}");
            assert_eq!(text.matches("<h1").count(), 1, "{path} {lang}");
            assert_eq!(inline(&text), None, "{path} {lang}");
            assert!(answer.head(header::CONTENT_SECURITY_POLICY).starts_with("default-src 'none'"));
            assert_eq!(answer.head(header::X_CONTENT_TYPE_OPTIONS), "nosniff");
            let ids: Vec<&str> = text.split(" id=\"").skip(1).map(|part| part.split('"').next().unwrap()).collect();
            let unique: std::collections::BTreeSet<&&str> = ids.iter().collect();
            assert_eq!(ids.len(), unique.len(), "ids are unique on {path}");
        }
    }
}

#[tokio::test]
async fn language_is_the_addresss_then_the_browsers_then_swedish() {
    assert!(
        get("/", &[("accept-language", "en-GB,en;q=0.9")])
            .await
            .text()
            .contains("Open data you can rely on.")
    );
    assert!(
        get("/", &[("accept-language", "de")])
            .await
            .text()
            .contains("Öppna data som går att lita på.")
    );
    assert!(
        get("/?lang=sv", &[("accept-language", "en")])
            .await
            .text()
            .contains("Öppna data som går att lita på.")
    );
}

#[tokio::test]
async fn h51_a_hostile_title_is_text_everywhere() {
    for path in [
        "/datasets",
        "/sources/exempelregionen",
        HOSTILE_PAGE,
        "/datasets?q=%3Cscript%3Ealert(2)%3C%2Fscript%3E",
        "/%3Cscript%3Ealert(3)",
    ] {
        let text = get(path, &[HTML]).await.text();
        assert!(!text.contains("<script>"), "{path}");
        assert!(!text.contains('\u{202e}') && !text.contains('\u{2066}'), "{path}");
        assert_eq!(inline(&text), None, "{path}");
    }
    // The control: the title is there, readable, and an honest one is not touched.
    let list = get("/datasets", &[HTML]).await.text();
    assert!(list.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    assert!(list.contains("Laddstationer för elfordon"));
    // A machine gets the text as harvested, as JSON.
    let api = get("/api/v1/datasets", &[]).await;
    let titles = api.json()["datasets"]
        .as_array()
        .unwrap()
        .iter()
        .any(|one| one["title"][0]["value"] == HOSTILE);
    assert!(titles && api.head(header::CONTENT_TYPE) == "application/json");
}

#[tokio::test]
async fn a_withheld_score_shows_neither_number_nor_reason() {
    for path in [WITHHELD, "/sources/exempelby", "/datasets", "/api/v1/datasets"] {
        assert!(!get(path, &[HTML]).await.text().contains("hemligt skäl"), "{path}");
    }
    assert!(get(WITHHELD, &[HTML]).await.text().contains("Poängen visas inte"));
    let api = get("/api/v1/datasets", &[]).await.json();
    let one = api["datasets"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["withheld"] == true)
        .unwrap()
        .clone();
    assert!(one["air"].is_null() && one["indicators"].as_array().unwrap().is_empty() && one["gates"].as_array().unwrap().is_empty());
}

#[tokio::test]
async fn the_list_beside_the_light_says_what_the_light_says() {
    let page = get("/datasets/exempelby-trad", &[HTML]).await.text();
    let api = get("/api/v1/datasets/exempelby-trad", &[]).await.json();
    let shown = &api["datasets"][0];
    let air = shown["air"].as_f64().unwrap();
    assert!(page.contains(&format!(">{:.1}<", air).replace('.', ",")));
    let sum: f64 = shown["dimensions"]
        .as_object()
        .unwrap()
        .values()
        .map(|one| one.as_f64().unwrap())
        .sum();
    let mut listed = 0.0;
    for (_, points) in shown["dimensions"].as_object().unwrap() {
        let text = format!("<b>{:.1}</b>", points.as_f64().unwrap()).replace('.', ",");
        assert!(page.contains(&text), "{text}");
        listed += points.as_f64().unwrap();
    }
    assert!((sum - listed).abs() < 1e-9);
    let row = get("/datasets?kind=release", &[HTML]).await.text();
    assert!(row.contains(&format!("<b>{:.1}</b>", air).replace('.', ",")));
}

#[tokio::test]
async fn a_release_answers_in_the_syntax_that_is_asked_for() {
    for (accept, expected) in [
        ("text/turtle", "text/turtle"),
        ("application/rdf+xml", "application/rdf+xml"),
        ("application/ld+json", "application/ld+json"),
        ("text/html", "text/html; charset=utf-8"),
        ("*/*", "text/html; charset=utf-8"),
    ] {
        let answer = get("/datasets/exempelby-trad", &[("accept", accept)]).await;
        assert_eq!((answer.status, answer.head(header::CONTENT_TYPE)), (StatusCode::OK, expected));
        assert!(answer.text().contains("exempelby-trad"), "{accept}");
    }
    for (ending, expected) in [
        ("ttl", "text/turtle"),
        ("rdf", "application/rdf+xml"),
        ("jsonld", "application/ld+json"),
        ("nt", "application/n-triples"),
    ] {
        assert_eq!(
            get(&format!("/datasets/exempelby-trad.{ending}"), &[])
                .await
                .head(header::CONTENT_TYPE),
            expected
        );
        assert_eq!(get(&format!("/catalog.{ending}"), &[]).await.head(header::CONTENT_TYPE), expected);
    }
    assert_eq!(get("/catalog", &[]).await.head(header::CONTENT_TYPE), "application/rdf+xml");
    assert_eq!(get("/catalog", &[HTML]).await.head(header::CONTENT_TYPE), "application/rdf+xml");
    let turtle = get("/catalog", &[("accept", "text/turtle")]).await;
    assert!(
        turtle.text().contains("exempelby-skolor") && !turtle.text().contains("exempelby-bad"),
        "a withdrawn release is not listed"
    );
    let again = get(
        "/catalog",
        &[("accept", "text/turtle"), ("if-none-match", turtle.head(header::ETAG))],
    )
    .await;
    assert_eq!(again.status, StatusCode::NOT_MODIFIED);
    assert_eq!(get("/datasets/exempelby-trad.exe", &[]).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_file_goes_out_whole_in_part_or_not_again() {
    let whole = get(FILE, &[]).await;
    assert_eq!((whole.status, whole.body.len()), (StatusCode::OK, 1_300_000));
    assert!(
        whole
            .head(header::CONTENT_DISPOSITION)
            .starts_with("attachment; filename=\"exempelby-trad-2.1.0-all")
    );
    assert_eq!(whole.head(header::X_CONTENT_TYPE_OPTIONS), "nosniff");
    assert_eq!(whole.head(header::CONTENT_ENCODING), "");
    let tag = whole.head(header::ETAG).to_owned();
    let part = get(FILE, &[("range", "bytes=1299990-")]).await;
    assert_eq!((part.status, part.body.len()), (StatusCode::PARTIAL_CONTENT, 10));
    assert_eq!(part.head(header::CONTENT_RANGE), "bytes 1299990-1299999/1300000");
    let same = get(FILE, &[("range", "bytes=0-0"), ("if-range", &tag)]).await;
    assert_eq!((same.status, same.body.len()), (StatusCode::PARTIAL_CONTENT, 1));
    let other = get(FILE, &[("range", "bytes=0-0"), ("if-range", "\"other\"")]).await;
    assert_eq!((other.status, other.body.len()), (StatusCode::OK, 1_300_000));
    assert_eq!(get(FILE, &[("if-none-match", &tag)]).await.status, StatusCode::NOT_MODIFIED);
    assert_eq!(
        get(FILE, &[("range", "bytes=1300000-")]).await.status,
        StatusCode::RANGE_NOT_SATISFIABLE
    );
    assert_eq!(
        get(FILE, &[("range", "bytes=0-0,2-2")]).await.status,
        StatusCode::RANGE_NOT_SATISFIABLE
    );
    let head = ask(shared(), Request::head(FILE).body(Body::empty()).unwrap()).await;
    assert_eq!(
        (head.status, head.body.len(), head.head(header::CONTENT_LENGTH)),
        (StatusCode::OK, 0, "1300000")
    );
    assert_eq!(
        get("/datasets/exempelby-trad/2.1.0/manifest.json", &[]).await.status,
        StatusCode::OK
    );
    for path in [
        "2.1.0/none.csv",
        "2.1.0/../1.0.0/manifest.json",
        "9.9.9/csv/all.csv",
        "2.1.0/%2e%2e%2fmanifest.json",
        "x/csv/all.csv",
    ] {
        assert_eq!(
            get(&format!("/datasets/exempelby-trad/{path}"), &[]).await.status,
            StatusCode::NOT_FOUND,
            "{path}"
        );
    }
}

#[tokio::test]
async fn h52_a_csv_twin_goes_out_unchanged() {
    assert_eq!(
        get("/datasets/exempelby-trad/2.1.0/csv/all.csv", &[]).await.text(),
        "trad_id;art\n=1+1;Tilia\n"
    );
}

#[tokio::test]
async fn h55_a_changed_file_is_not_served_and_the_others_are() {
    let folder = tempfile::tempdir().unwrap();
    let router = fyr_portal::router(invented::portal(folder.path()));
    let path = "/datasets/exempelby-trad/2.1.0/csv/all.csv";
    let one = |path: &str| ask(router.clone(), Request::get(path).body(Body::empty()).unwrap());
    assert_eq!(one(path).await.status, StatusCode::OK);
    let file = folder.path().join("published/exempelby-trad/2.1.0/csv/all.csv");
    std::fs::write(&file, b"trad_id;art\n=1+1;Tilie\n").unwrap();
    let later = std::time::SystemTime::now() + std::time::Duration::from_secs(5);
    std::fs::File::options()
        .write(true)
        .open(&file)
        .unwrap()
        .set_modified(later)
        .unwrap();
    let refused = one(path).await;
    assert_eq!(refused.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(refused.text().contains("digest-mismatch") && !refused.text().contains("Tilie"));
    assert_eq!(one(FILE).await.status, StatusCode::OK, "the control");
}

#[tokio::test]
async fn a_withdrawn_release_answers_410_with_the_reason() {
    for path in [
        "/datasets/exempelby-bad",
        "/datasets/exempelby-bad/1.0.0",
        "/datasets/exempelby-bad/1.0.0/csv/all.csv",
    ] {
        let answer = get(path, &[HTML]).await;
        assert_eq!(answer.status, StatusCode::GONE, "{path}");
        assert!(answer.text().contains("Fel &lt;b&gt;läge&lt;/b&gt; på tre badplatser"), "{path}");
    }
    assert_eq!(get("/api/v1/datasets/exempelby-bad", &[]).await.status, StatusCode::GONE);
    assert_eq!(get("/datasets/exempelby-nej", &[HTML]).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_sandbox_that_has_ended_answers_410_with_what_it_was_for_and_is_listed_nowhere() {
    for path in [
        "/datasets/exempelby-prov",
        "/datasets/exempelby-prov.ttl",
        "/datasets/exempelby-prov/1.0.0",
        "/datasets/exempelby-prov/1.0.0/csv/all.csv",
        "/datasets/exempelby-prov/1.0.0/manifest.json",
    ] {
        let answer = get(path, &[HTML]).await;
        assert_eq!(answer.status, StatusCode::GONE, "{path}");
        assert!(answer.text().contains("Prova &lt;b&gt;matchning&lt;/b&gt;"), "{path}");
    }
    let answer = get("/api/v1/datasets/exempelby-prov", &[]).await;
    assert_eq!(answer.status, StatusCode::GONE);
    assert!(answer.text().contains("sandbox-ended"));
    for path in ["/catalog.ttl", "/datasets", "/api/v1/datasets", "/"] {
        assert!(!get(path, &[]).await.text().contains("exempelby-prov"), "{path}");
    }
}

async fn sparql(query: &str, accept: &str) -> Answer {
    let body = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("query", query)
        .finish();
    let request = Request::post("/sparql")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("accept", accept);
    ask(shared(), request.body(Body::from(body)).unwrap()).await
}

const COUNT: &str = "SELECT (COUNT(*) AS ?n) WHERE { ?d a <http://www.w3.org/ns/dcat#Dataset> }";

#[tokio::test]
async fn sparql_answers_by_get_form_and_body() {
    let answer = sparql(COUNT, "application/sparql-results+json").await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    assert_eq!(answer.json()["results"]["bindings"][0]["n"]["value"], "19");
    let query = url::form_urlencoded::byte_serialize(COUNT.as_bytes()).collect::<String>();
    assert_eq!(
        get(&format!("/sparql?query={query}"), &[]).await.json()["results"]["bindings"][0]["n"]["value"],
        "19"
    );
    let direct = Request::post("/sparql")
        .header("content-type", "application/sparql-query")
        .body(Body::from(COUNT))
        .unwrap();
    assert_eq!(ask(shared(), direct).await.status, StatusCode::OK);
    let page = get(&format!("/sparql?query={query}"), &[HTML]).await;
    assert!(page.text().contains("<bdi>19</bdi>"));
}

#[tokio::test]
async fn h49_sparql_reads_and_nothing_else() {
    for (query, id) in [
        ("INSERT DATA { <a:a> <a:b> <a:c> }", "sparql-"),
        ("DROP ALL", "sparql-"),
        ("LOAD <http://127.0.0.1/>", "sparql-"),
        ("SELECT * WHERE { SERVICE <http://127.0.0.1/> { ?s ?p ?o } }", "sparql-"),
    ] {
        let answer = sparql(query, "*/*").await;
        assert!(
            answer.status.is_client_error() || answer.status.is_server_error(),
            "{query}: {}",
            answer.text()
        );
        assert!(answer.json()["id"].as_str().unwrap().starts_with(id), "{query}");
    }
    let update = Request::post("/sparql")
        .header("content-type", "application/sparql-update")
        .body(Body::from("DROP ALL"))
        .unwrap();
    assert_eq!(ask(shared(), update).await.status, StatusCode::FORBIDDEN);
    let update = Request::post("/sparql")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from("update=DROP+ALL"))
        .unwrap();
    assert_eq!(ask(shared(), update).await.status, StatusCode::FORBIDDEN);
    assert_eq!(sparql(COUNT, "*/*").await.status, StatusCode::OK, "the control");
}

#[tokio::test]
async fn h14_h48_heavy_queries_are_refused_before_the_store_sees_them() {
    let deep = format!("SELECT * WHERE {}{}", "{".repeat(2000), "}".repeat(2000));
    let patterns = format!("SELECT * WHERE {{ {} }}", "?s ?p ?o . ".repeat(3000));
    let minus = format!("SELECT * WHERE {{ ?s ?p ?o {} }}", "MINUS {} ".repeat(4000));
    let sum = format!("SELECT (1{} AS ?x) WHERE {{}}", "+1".repeat(16000));
    for query in [deep, patterns, minus, sum] {
        let answer = sparql(&query, "*/*").await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{}", answer.text());
        assert!(answer.json()["id"].as_str().unwrap().starts_with("sparql-"));
    }
    let fair = format!("SELECT * WHERE {{ {} }} LIMIT 1", "?s ?p ?o . ".repeat(8));
    assert_eq!(sparql(&fair, "*/*").await.status, StatusCode::OK, "the control");
}

#[tokio::test]
async fn the_api_opens_with_the_envelope() {
    for (path, schema) in [
        ("/api/v1/sources", "fyr/harvest/1"),
        ("/api/v1/datasets", "fyr/score/1"),
        ("/api/v1/datasets/exempelby-trad", "fyr/score/1"),
    ] {
        let json = get(path, &[]).await.json();
        assert_eq!(json["schema"], schema);
        assert!(json["at"].is_string() && json["fyr"].is_string() && json["rules"].is_array());
    }
    assert_eq!(get("/api/v1/sources", &[]).await.json()["runs"].as_array().unwrap().len(), 3);
    assert_eq!(get("/health", &[]).await.json()["status"], "ok");
}

#[tokio::test]
async fn the_theme_form_sets_a_cookie_and_never_leads_away() {
    for (back, expected) in [
        ("/datasets?q=a", "/datasets?q=a"),
        ("//evil.example", "/"),
        ("https://evil.example", "/"),
        ("/\\evil.example", "/"),
        ("", "/"),
    ] {
        let body = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("theme", "dark")
            .append_pair("return", back)
            .finish();
        let request = Request::post("/theme")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from(body))
            .unwrap();
        let answer = ask(shared(), request).await;
        assert_eq!((answer.status, answer.head(header::LOCATION)), (StatusCode::SEE_OTHER, expected));
        assert!(answer.head(header::SET_COOKIE).starts_with("theme=dark; Path=/"));
    }
    assert!(
        get("/", &[("cookie", "theme=dark")])
            .await
            .text()
            .contains("<html lang=\"sv\" data-theme=\"dark\">")
    );
    assert!(
        get("/", &[("cookie", "theme=\"><script>")])
            .await
            .text()
            .contains("<html lang=\"sv\">")
    );
}

#[tokio::test]
async fn style_script_fonts_and_badge_are_served_with_their_types() {
    let page = get("/", &[HTML]).await.text();
    let address = |from: &str, to: &str| page.split(from).nth(1).unwrap().split(to).next().unwrap().to_owned();
    let style = get(&address("rel=\"stylesheet\" href=\"", "\""), &[]).await;
    assert_eq!(
        (style.status, style.head(header::CONTENT_TYPE)),
        (StatusCode::OK, "text/css; charset=utf-8")
    );
    assert!(style.head(header::CACHE_CONTROL).contains("immutable"));
    let font = get(&address("rel=\"preload\" href=\"", "\""), &[]).await;
    assert_eq!((font.status, font.head(header::CONTENT_TYPE)), (StatusCode::OK, "font/woff2"));
    let badge = get("/badge/exempelby-trad.svg?lang=en", &[]).await;
    assert_eq!(badge.head(header::CONTENT_TYPE), "image/svg+xml");
    assert!(badge.text().contains("AI readiness"));
    assert!(get("/badge/exempelby-skolor.svg", &[]).await.text().contains("ej mätt"));
    assert_eq!(get("/assets/fyr.css", &[]).await.status, StatusCode::NOT_FOUND);
}

#[test]
fn every_text_of_a_template_and_of_the_pages_keeps_to_the_glossary() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut texts = Vec::new();
    for folder in ["templates", "src", "src/pages", "src/draw"] {
        for entry in std::fs::read_dir(root.join(folder))
            .unwrap()
            .flatten()
            .filter(|entry| entry.path().is_file())
        {
            let text = std::fs::read_to_string(entry.path()).unwrap();
            // The Swedish text is the first argument of `t(..)` and of `Text::new(..)`.
            for part in text.split("t(").skip(1).chain(text.split("Text::new(").skip(1)) {
                if let Some(said) = part.trim_start().strip_prefix('"').and_then(|rest| rest.split('"').next()) {
                    texts.push((entry.path(), said.to_owned()));
                }
            }
        }
    }
    assert!(texts.len() > 300, "{}", texts.len());
    for (path, text) in texts {
        assert_eq!(fyr_model::glossary::misused(&text), [], "{}: {text}", path.display());
        assert!(!text.contains('!') && !text.contains("tyvärr"), "{}: {text}", path.display());
    }
}

/// An incident on the two addresses of one dataset.
fn incident() -> fyr_model::incident::Incident {
    serde_json::from_value(serde_json::json!({
        "id": "2026-11-22-0123abcd", "source": "exempelby", "dataset": "https://data.exempelby.example/dataset/belysning",
        "distribution": "https://data.exempelby.example/dataset/belysning/csv", "address": "https://data.exempelby.example/belysning.csv",
        "addresses": ["https://data.exempelby.example/belysning.csv", "https://data.exempelby.example/belysning.html"],
        "pipeline": "exempelby-belysning", "file": fyr_model::Sha256::of(b"x"), "discovered": invented::at(), "wiped": true,
        "findings": [{ "column": "epost", "kind": "e_mail", "verdict": "direct", "tested": 9, "matches": 9, "share": 1.0, "confidence": 1.0,
            "evidence": "", "rows": [0] }],
    }))
    .unwrap()
}

#[tokio::test]
async fn a_withheld_address_is_on_no_page_and_in_no_answer() {
    let folder = tempfile::tempdir().unwrap();
    let portal = invented::portal(folder.path());
    let state = portal.state.clone();
    let router = fyr_portal::router(portal);
    let queries = [
        "SELECT * WHERE { ?s ?p ?o }",
        "SELECT ?x WHERE { ?s ?p ?o BIND(CONCAT('-', SUBSTR(STR(?o), 9)) AS ?x) }",
        "CONSTRUCT WHERE { ?s ?p ?o }",
        "DESCRIBE <https://data.exempelby.example/dataset/belysning/csv>",
    ];
    let mut asked: Vec<String> = PAGES.iter().map(|page| (*page).to_owned()).collect();
    asked.extend(["/api/v1/datasets", "/api/v1/sources", "/catalog"].map(str::to_owned));
    for query in queries {
        asked.push(format!(
            "/sparql?query={}",
            url::form_urlencoded::byte_serialize(query.as_bytes()).collect::<String>()
        ));
    }
    let telling = async || {
        let mut telling = Vec::new();
        for path in &asked {
            for accept in ["text/html", "*/*"] {
                let request = Request::get(path).header("accept", accept).body(Body::empty()).unwrap();
                let answer = ask(router.clone(), request).await;
                let text = String::from_utf8_lossy(&answer.body).into_owned();
                if ["belysning.csv", "belysning.html"].iter().any(|name| text.contains(name)) {
                    telling.push(format!("{path} as {accept}"));
                }
            }
        }
        telling
    };
    let before = telling().await;
    assert!(before.len() > 4, "the control: pages and answers tell it: {before:?}");
    state.put("incident", "2026-11-22-0123abcd", &incident(), invented::at()).unwrap();
    assert_eq!(telling().await, Vec::<String>::new());
}
