//! SPARQL from the public: read-only, screened, rehearsed in a confined worker, answered under limits; and a page to ask from (H48, H49).

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use fyr_graph::sparql::RehearseRequest;
use fyr_graph::{Answer, Cancel};
use fyr_model::limits::WorkerLimits;
use fyr_model::{Refusal, RefusalKind, Text};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::chrome::{Page, Part, Reader};
use crate::data;
use crate::http;
use crate::pages::findings::sentence;
use crate::serve::{App, Asked};
use crate::words;

/// How many may wait for their turn, and how long.
const QUEUE: usize = 8;
const PATIENCE: Duration = Duration::from_secs(5);
/// Rows that the page shows; the protocol gives all.
const SHOWN: usize = 500;

/// Turns at the store.
pub struct Turns {
    running: Arc<Semaphore>,
    waiting: AtomicUsize,
    rehearsals: AtomicU64,
}

impl Turns {
    /// So many at a time.
    pub fn new(concurrency: usize) -> Self {
        Self {
            running: Arc::new(Semaphore::new(concurrency.max(1))),
            waiting: AtomicUsize::new(0),
            rehearsals: AtomicU64::new(0),
        }
    }
    async fn take(&self) -> Result<OwnedSemaphorePermit, Refusal> {
        struct Place<'a>(&'a AtomicUsize);
        impl Drop for Place<'_> {
            fn drop(&mut self) {
                self.0.fetch_sub(1, Ordering::Relaxed);
            }
        }
        let ahead = self.waiting.fetch_add(1, Ordering::Relaxed);
        let _place = Place(&self.waiting);
        if ahead >= QUEUE {
            return Err(busy());
        }
        match tokio::time::timeout(PATIENCE, self.running.clone().acquire_owned()).await {
            Ok(Ok(permit)) => Ok(permit),
            _ => Err(busy()),
        }
    }
}

fn busy() -> Refusal {
    let text = Text::new("många frågar just nu", "many are asking just now");
    Refusal::new("sparql-busy", RefusalKind::Busy, "sparql", text)
        .hint(Text::new("försök igen om några sekunder", "try again in a few seconds"))
}

fn wrong(id: &str, sv: &str, en: &str) -> Refusal {
    Refusal::new(id, RefusalKind::Configuration, "sparql", Text::new(sv, en))
}

/// `GET /sparql`.
pub async fn get(State(app): State<App>, Asked(reader): Asked, headers: HeaderMap) -> Response {
    ask(app, reader.clone(), headers, reader.query).await
}

/// `POST /sparql`: a form, or the query itself.
pub async fn post(State(app): State<App>, Asked(reader): Asked, headers: HeaderMap, body: Bytes) -> Response {
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let mut parameters = reader.query.clone();
    match kind.split(';').next().unwrap_or_default().trim() {
        "application/x-www-form-urlencoded" => {
            parameters.extend(
                url::form_urlencoded::parse(&body)
                    .take(64)
                    .map(|(key, value)| (key.into_owned(), value.into_owned())),
            );
        }
        "application/sparql-query" => match String::from_utf8(body.to_vec()) {
            Ok(query) => parameters.push(("query".into(), query)),
            Err(_) => {
                return refused(
                    StatusCode::BAD_REQUEST,
                    &wrong("sparql-encoding", "frågan är inte UTF-8", "the query is not UTF-8"),
                );
            }
        },
        "application/sparql-update" => return refused(StatusCode::FORBIDDEN, &update()),
        _ => {
            let refusal = wrong(
                "sparql-media-type",
                "sänd frågan som formulär eller application/sparql-query",
                "send the query as a form or as application/sparql-query",
            );
            return refused(StatusCode::UNSUPPORTED_MEDIA_TYPE, &refusal);
        }
    }
    ask(app, reader, headers, parameters).await
}

fn update() -> Refusal {
    Refusal::new(
        "sparql-update",
        RefusalKind::Forbidden,
        "sparql",
        Text::new("tjänsten är bara för läsning", "the service is read-only"),
    )
}

async fn ask(app: App, reader: Reader, headers: HeaderMap, parameters: Vec<(String, String)>) -> Response {
    let one = |key: &str| parameters.iter().find(|(name, _)| name == key).map(|(_, value)| value.clone());
    let page = http::wants_page(&headers);
    if one("update").is_some() {
        return refused(StatusCode::FORBIDDEN, &update());
    }
    let Some(query) = one("query") else {
        if page {
            return shown(&app, &reader, EXAMPLE.to_owned(), None);
        }
        return refused(
            StatusCode::BAD_REQUEST,
            &wrong("sparql-missing", "frågan saknas", "there is no query"),
        );
    };
    if parameters
        .iter()
        .any(|(key, _)| key == "default-graph-uri" || key == "named-graph-uri")
    {
        let refusal = wrong(
            "sparql-dataset",
            "frågan väljer graf med GRAPH eller FROM",
            "the query chooses a graph by GRAPH or FROM",
        );
        return refused(StatusCode::BAD_REQUEST, &refusal);
    }
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let wanted = if page {
        Some("application/sparql-results+json, text/turtle;q=0.9".to_owned())
    } else {
        accept
    };
    let answer = run(&app, query.clone(), wanted).await;
    match answer {
        answer if page => shown(&app, &reader, query, Some(answer)),
        Ok(answer) => given(answer),
        Err(refusal) => refused(http::status(&refusal), &refusal),
    }
}

/// Stops the evaluation when the asker hangs up.
struct HangUp(Cancel);

impl Drop for HangUp {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

async fn run(app: &App, query: String, accept: Option<String>) -> Result<Answer, Refusal> {
    fyr_graph::sparql::screen(&query, &app.portal().sparql)?;
    let permit = app.turns().take().await?;
    let cancel = Cancel::default();
    let _hang_up = HangUp(cancel.clone());
    app.clone()
        .blocking(move |app| {
            let _turn = permit;
            rehearse(app, &query)?;
            let portal = app.portal();
            // Read first: when it cannot be told what is withheld, nobody is answered.
            let withheld = data::withheld(portal)?;
            portal
                .store
                .query_until(&query, accept.as_deref(), &portal.sparql, (&cancel, &withheld))
        })
        .await
}

/// Parses and plans the query in a confined worker; a query that kills it is refused and hurts nobody (H14).
fn rehearse(app: &App, query: &str) -> Result<(), Refusal> {
    let number = app.turns().rehearsals.fetch_add(1, Ordering::Relaxed);
    let dir = app
        .portal()
        .data
        .join("tmp")
        .join(format!("sparql-{}-{number}", std::process::id()));
    let limits = WorkerLimits {
        cpu_seconds: 5,
        memory_bytes: 256 << 20,
        file_bytes: 1 << 20,
        wall: Duration::from_secs(10),
        ..WorkerLimits::default()
    };
    let request = RehearseRequest { query: query.to_owned() };
    let answer = app
        .portal()
        .runner
        .run::<_, serde_json::Value>("graph.rehearse", "sparql", &request, &dir, &limits);
    let _ = std::fs::remove_dir_all(&dir);
    match answer {
        Ok(_) => Ok(()),
        Err(refusal) if matches!(refusal.id.as_str(), "worker-died" | "worker-cpu" | "worker-timeout") => {
            let text = Text::new("frågan är för tung att tolka", "the query is too heavy to parse");
            Err(Refusal::new("sparql-too-heavy", RefusalKind::Configuration, "sparql", text))
        }
        Err(refusal) => Err(refusal),
    }
}

fn refused(code: StatusCode, refusal: &Refusal) -> Response {
    let mut answer = http::refused(code, refusal);
    let headers = answer.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    if code == StatusCode::SERVICE_UNAVAILABLE {
        headers.insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
    }
    answer
}

fn given(answer: Answer) -> Response {
    let mut response = http::document(&answer.media_type, answer.body);
    if answer.truncated {
        response
            .headers_mut()
            .insert(HeaderName::from_static("fyr-truncated"), HeaderValue::from_static("true"));
    }
    response
}

const EXAMPLE: &str = "PREFIX dcat: <http://www.w3.org/ns/dcat#>
PREFIX dcterms: <http://purl.org/dc/terms/>
SELECT ?dataset ?title
WHERE { ?dataset a dcat:Dataset ; dcterms:title ?title }
ORDER BY ?title
LIMIT 20
";

/// An answer as a table of texts.
#[derive(Default)]
struct Table {
    heads: Vec<String>,
    rows: Vec<Vec<words::Markup>>,
}

#[derive(askama::Template)]
#[template(path = "sparql.html")]
struct Form {
    page: Page,
    query: String,
    rows: usize,
    problem: Option<(String, String)>,
    heading: String,
    table: Option<Table>,
    text: Option<String>,
    limits: String,
}

fn shown(app: &App, reader: &Reader, query: String, answer: Option<Result<Answer, Refusal>>) -> Response {
    let limits = &app.portal().sparql;
    let mut form = Form {
        page: Page::new(reader, Part::Sparql, "SPARQL", app.demo()),
        rows: query.lines().count().clamp(8, 24),
        query: query.chars().take(limits.query_bytes_max).collect(),
        problem: None,
        heading: String::new(),
        table: None,
        text: None,
        limits: match reader.lang {
            fyr_model::Lang::Sv => format!(
                "Högst {} sekunder och {} rader. Bara läsning.",
                limits.timeout.as_secs(),
                words::count(reader.lang, limits.rows_max as u64)
            ),
            fyr_model::Lang::En => format!(
                "At most {} seconds and {} rows. Read-only.",
                limits.timeout.as_secs(),
                words::count(reader.lang, limits.rows_max as u64)
            ),
        },
    };
    let mut code = StatusCode::OK;
    match answer {
        None => {}
        Some(Err(refusal)) => {
            code = http::status(&refusal);
            form.problem = Some((sentence(refusal.message.get(reader.lang)), words::clean(&refusal.id)));
        }
        Some(Ok(answer)) => fill(reader, &mut form, &answer),
    }
    http::page(code, &form).into_response()
}

fn fill(reader: &Reader, form: &mut Form, answer: &Answer) {
    let json = answer
        .media_type
        .contains("json")
        .then(|| serde_json::from_slice::<serde_json::Value>(&answer.body).ok())
        .flatten();
    match json {
        Some(value) if value.get("boolean").is_some() => {
            let yes = value.get("boolean").and_then(serde_json::Value::as_bool) == Some(true);
            form.heading = if yes { reader.t("Ja", "Yes") } else { reader.t("Nej", "No") }.to_owned();
        }
        Some(value) if value.get("results").is_some() => {
            let (table, total) = table(&value);
            form.heading = format!(
                "{} {}",
                words::count(reader.lang, total as u64),
                if total == 1 {
                    reader.t("rad", "row")
                } else {
                    reader.t("rader", "rows")
                }
            );
            if total > table.rows.len() {
                form.heading
                    .push_str(&format!(", {} {}", reader.t("de första", "the first"), table.rows.len()));
            }
            form.table = Some(table);
        }
        _ => {
            form.heading = reader.t("Svar i Turtle", "Answer in Turtle").to_owned();
            let text = String::from_utf8_lossy(&answer.body);
            form.text = Some(text.lines().take(SHOWN).map(words::clean).collect::<Vec<_>>().join("\n"));
        }
    }
}

fn table(value: &serde_json::Value) -> (Table, usize) {
    static NONE: LazyLock<Vec<serde_json::Value>> = LazyLock::new(Vec::new);
    let list = |pointer: &str| value.pointer(pointer).and_then(serde_json::Value::as_array).unwrap_or(&NONE);
    let heads: Vec<String> = list("/head/vars").iter().filter_map(|one| one.as_str()).map(words::clean).collect();
    let rows = list("/results/bindings");
    let cell = |row: &serde_json::Value, head: &str| {
        let term = row.get(head);
        let text = term
            .and_then(|term| term.get("value"))
            .and_then(serde_json::Value::as_str)
            .unwrap_or_default();
        let is_iri = term.and_then(|term| term.get("type")).and_then(serde_json::Value::as_str) == Some("uri");
        match is_iri {
            true => crate::pages::harvested::anchor(text, text),
            false => words::Markup(format!("<bdi>{}</bdi>", words::escape(&words::cut(&words::clean(text), 400)))),
        }
    };
    let shown = rows
        .iter()
        .take(SHOWN)
        .map(|row| heads.iter().map(|head| cell(row, head)).collect())
        .collect();
    (Table { rows: shown, heads }, rows.len())
}
