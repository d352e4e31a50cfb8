//! Tables behind a PxWeb API, versions 1 and 2, from a server on loopback that keeps its own limits: cells of a query, calls in a window.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::support::Workspace;

const CELLS_MAX: usize = 7;
const CALLS_MAX: usize = 6;
const WINDOW: Duration = Duration::from_secs(1);

/// The invented table: code, name, values with their names.
type Variable = (&'static str, &'static str, &'static [(&'static str, &'static str)]);
const TABLE: [Variable; 4] = [
    (
        "Region",
        "region",
        &[("0180", "Stockholm"), ("1480", "Göteborg"), ("1280", "Malmö")],
    ),
    ("Typ", "typ", &[("H", "hus"), ("L", "lägenhet")]),
    ("ContentsCode", "innehåll", &[("A", "Antal"), ("B", "Andel")]),
    (
        "Tid",
        "år",
        &[("2021", "2021"), ("2022", "2022"), ("2023", "2023"), ("2024", "2024")],
    ),
];

#[derive(Default)]
struct Seen {
    calls: VecDeque<Instant>,
    queries: usize,
    refused: Vec<u16>,
    config: usize,
}

type Shared = Arc<Mutex<Seen>>;

/// An API on a free port of loopback; it lives as long as the test.
fn serve() -> (String, Shared) {
    let seen: Shared = Arc::default();
    let (sender, port) = std::sync::mpsc::channel();
    let state = Arc::clone(&seen);
    std::thread::spawn(move || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
            .block_on(async move {
                let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
                sender.send(listener.local_addr().unwrap().port()).unwrap();
                let app = Router::new().fallback(answer).with_state(state);
                axum::serve(listener, app).await.unwrap();
            });
    });
    (format!("127.0.0.1:{}", port.recv().unwrap()), seen)
}

async fn answer(State(seen): State<Shared>, method: Method, uri: Uri, body: Bytes) -> Response {
    let mut seen = seen.lock().unwrap();
    let now = Instant::now();
    seen.calls.retain(|at| now.duration_since(*at) < WINDOW);
    if method != Method::HEAD && seen.calls.len() >= CALLS_MAX {
        seen.refused.push(429);
        return (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "1")]).into_response();
    }
    if method != Method::HEAD {
        seen.calls.push_back(now);
    }
    let config = uri.query() == Some("config") || uri.path() == "/api/v2/config";
    match (method.as_str(), uri.path()) {
        ("GET", _) if config => {
            seen.config += 1;
            axum::Json(json!({
                "maxCells": CELLS_MAX, "maxCalls": CALLS_MAX, "maxDataCells": CELLS_MAX, "maxCallsPerTimeWindow": CALLS_MAX, "timeWindow": 1,
            }))
            .into_response()
        }
        ("GET", "/api/v1/sv/ssd/BO/fil.json") => axum::Json(json!([{ "a": 1 }, { "a": 2 }])).into_response(),
        ("GET", "/api/v1/sv/ssd/BO/Bostader") => axum::Json(first()).into_response(),
        ("GET", "/api/v2/tables/TAB1/metadata") => axum::Json(stat(&all())).into_response(),
        ("POST", "/api/v1/sv/ssd/BO/Bostader") => query(&mut seen, &body, "query", "code", |one| one["selection"]["values"].clone()),
        ("POST", "/api/v2/tables/TAB1/data") if uri.query() == Some("outputFormat=json-stat2&lang=sv") => {
            query(&mut seen, &body, "selection", "variableCode", |one| one["valueCodes"].clone())
        }
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Answers a query, if it stays below the limit. The second one is turned away as by a server that is busy.
fn query(seen: &mut Seen, body: &[u8], list: &str, code: &str, values: fn(&Value) -> Value) -> Response {
    seen.queries += 1;
    if seen.queries == 2 {
        seen.refused.push(429);
        return (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "0")]).into_response();
    }
    let asked: Value = serde_json::from_slice(body).unwrap();
    let chosen: BTreeMap<String, Vec<String>> = asked[list]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one[code].as_str().unwrap().to_owned(), serde_json::from_value(values(one)).unwrap()))
        .collect();
    if chosen.values().map(Vec::len).product::<usize>() > CELLS_MAX {
        seen.refused.push(403);
        return StatusCode::FORBIDDEN.into_response();
    }
    axum::Json(stat(&chosen)).into_response()
}

fn all() -> BTreeMap<String, Vec<String>> {
    let codes = |values: &[(&str, &str)]| values.iter().map(|value| value.0.to_owned()).collect();
    TABLE.iter().map(|(code, _, values)| ((*code).to_owned(), codes(values))).collect()
}

fn first() -> Value {
    let variables: Vec<Value> = TABLE
        .iter()
        .map(|(code, text, values)| {
            let (codes, texts): (Vec<&str>, Vec<&str>) = values.iter().copied().unzip();
            json!({ "code": code, "text": text, "values": codes, "valueTexts": texts, "time": *code == "Tid" })
        })
        .collect();
    json!({ "title": "Bostäder efter region, typ, innehåll och år", "variables": variables })
}

/// The chosen cells as JSON-stat 2.
fn stat(chosen: &BTreeMap<String, Vec<String>>) -> Value {
    let mut cells = vec![0usize];
    let mut dimensions = serde_json::Map::new();
    for (code, text, values) in TABLE {
        let kept: Vec<usize> = (0..values.len())
            .filter(|at| chosen[code].iter().any(|one| one == values[*at].0))
            .collect();
        cells = cells
            .iter()
            .flat_map(|before| kept.iter().map(move |at| before * values.len() + at))
            .collect();
        let index: serde_json::Map<String, Value> = kept
            .iter()
            .enumerate()
            .map(|(n, at)| (values[*at].0.to_owned(), json!(n)))
            .collect();
        let label: serde_json::Map<String, Value> = kept.iter().map(|at| (values[*at].0.to_owned(), json!(values[*at].1))).collect();
        dimensions.insert(
            code.to_owned(),
            json!({ "label": text, "category": { "index": index, "label": label } }),
        );
    }
    let value: Vec<Value> = cells.iter().map(|at| if *at == 9 { Value::Null } else { json!(at * 3) }).collect();
    let status: serde_json::Map<String, Value> = cells
        .iter()
        .enumerate()
        .filter(|(_, at)| **at == 9)
        .map(|(n, _)| (n.to_string(), json!("..")))
        .collect();
    let size: Vec<usize> = TABLE.iter().map(|(code, _, _)| chosen[*code].len()).collect();
    json!({
        "version": "2.0", "class": "dataset", "label": "Bostäder", "source": "Exempelby", "updated": "2024-02-01T08:00:00Z",
        "extension": { "px": { "language": "sv" } },
        "role": { "time": ["Tid"], "metric": ["ContentsCode"] },
        "id": TABLE.iter().map(|variable| variable.0).collect::<Vec<_>>(), "size": size, "dimension": dimensions, "value": value, "status": status,
    })
}

fn catalogue(address: &str) -> String {
    format!(
        r#"@prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix dct: <http://purl.org/dc/terms/> . @prefix foaf: <http://xmlns.com/foaf/0.1/> .
<https://source.example/catalogue> a dcat:Catalog ; dct:title "Katalog"@sv ; dct:description "En katalog"@sv ; dct:publisher <https://source.example/org> ;
  dct:license <http://creativecommons.org/publicdomain/zero/1.0/> ; dcat:dataset <https://source.example/d/bostader> .
<https://source.example/org> a foaf:Agent ; foaf:name "Testmyndigheten"@sv .
<https://source.example/d/bostader> a dcat:Dataset ; dct:title "Bostäder"@sv ; dct:description "Invented dwellings."@sv ; dct:publisher <https://source.example/org> ;
  dcat:distribution <https://source.example/d/bostader/api> .
<https://source.example/d/bostader/api> a dcat:Distribution ; dcat:accessURL <{address}> ; dct:format "application/json" ;
  dct:license <http://creativecommons.org/publicdomain/zero/1.0/> .
"#
    )
}

/// Curates the table at an address, and gives the rows of the candidate.
fn curated(path: &str) -> (Vec<String>, Seen) {
    let (host, seen) = serve();
    let workspace = Workspace::new(&format!(
        "[fetch]\nallow_hosts = [\"{host}\"]\n[fetch.mirror]\n\"https://source.example/\" = \"www/\"\n"
    ));
    workspace.source("kalla", "dcat.ttl");
    workspace.write("www/dcat.ttl", catalogue(&format!("http://{host}{path}")));
    workspace.write(
        "pipelines/bostader.toml",
        "source = \"kalla\"\ndataset = \"https://source.example/d/bostader\"\npolicy = \"bostader-policy.toml\"\n",
    );
    let columns = ["region_kod", "region", "typ_kod", "typ", "år", "Antal", "Andel"];
    let roles: String = columns.iter().map(|name| format!("\"{name}\" = \"plain\"\n")).collect();
    workspace.write("pipelines/bostader-policy.toml", format!("[columns]\n{roles}"));
    assert!(workspace.fyr(&["harvest", "kalla"]).status.success());
    let (code, document) = workspace.json(&["curate", "bostader"]);
    assert_eq!((code, &document["runs"][0]["outcome"]), (0, &json!("candidate")), "{document}");
    let csv = workspace.path().join("data/candidates/bostader/csv/all-00000-of-00001.csv");
    let rows = std::fs::read_to_string(csv).unwrap().lines().map(str::to_owned).collect();
    // Metadata, limits, twelve answers and the joined document, each named by its digest; the metadata was also fetched to be looked at.
    let raw = std::fs::read_dir(workspace.path().join("data/raw")).unwrap().flatten();
    let mut found = 0;
    for entry in raw {
        let bytes = std::fs::read(entry.path()).unwrap();
        let digest = fyr_model::Sha256::of(&bytes).to_string();
        assert_eq!(entry.file_name().to_str(), Some(digest.as_str()));
        found += usize::from(bytes.starts_with(b"{") && bytes.windows(7).any(|word| word == b"\"value\""));
    }
    assert!(found >= 13, "{found} answers and tables");
    let seen = std::mem::take(&mut *seen.lock().unwrap());
    (rows, seen)
}

fn expected() -> Vec<String> {
    let mut rows = vec!["region_kod,region,typ_kod,typ,år,Antal,Andel".to_owned()];
    for (r, (region, name)) in TABLE[0].2.iter().enumerate() {
        for (t, (kind, word)) in TABLE[1].2.iter().enumerate() {
            for (y, (year, _)) in TABLE[3].2.iter().enumerate() {
                let cell = |content: usize| {
                    let at = ((r * 2 + t) * 2 + content) * 4 + y;
                    if at == 9 { String::new() } else { (at * 3).to_string() }
                };
                rows.push(format!("{region},{name},{kind},{word},{year},{},{}", cell(0), cell(1)));
            }
        }
    }
    rows
}

#[test]
fn a_table_is_asked_for_in_parts_below_the_apis_limits_and_joined() {
    for path in ["/api/v1/sv/ssd/BO/Bostader", "/api/v2/tables/TAB1?lang=sv"] {
        let (rows, seen) = curated(path);
        assert_eq!(rows, expected(), "{path}");
        // Twelve parts, one of them asked for twice since it was turned away; no query above the cell limit, no call above the pace.
        assert_eq!((seen.queries, seen.config), (13, 1), "{path}");
        assert_eq!(seen.refused.iter().filter(|status| **status == 403).count(), 0, "{path}");
        assert!(seen.refused.len() <= 3, "{path}: {:?}", seen.refused);
    }
}

#[test]
fn a_file_at_such_an_address_is_a_file_and_a_table_can_be_converted_by_its_holder() {
    let (host, seen) = serve();
    let workspace = Workspace::new(&format!("[fetch]\nallow_hosts = [\"{host}\"]\n"));
    let convert = |path: &str| {
        let url = format!("http://{host}{path}");
        let (code, document) = workspace.json(&["convert", &url, "-o", "ut.parquet"]);
        (
            code,
            document["rows"].as_u64(),
            document["source"]["format"].as_str().map(str::to_owned),
        )
    };
    assert_eq!(convert("/api/v1/sv/ssd/BO/fil.json"), (0, Some(2), Some("json".into())));
    let asked = {
        let seen = seen.lock().unwrap();
        (seen.config, seen.queries)
    };
    assert_eq!(asked, (0, 0));
    assert_eq!(
        convert("/api/v2/tables/TAB1/metadata?lang=sv"),
        (0, Some(24), Some("json-stat".into()))
    );
}
