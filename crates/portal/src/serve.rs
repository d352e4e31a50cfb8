//! Addresses to handlers, and the listener: caps on connections, time to send a header, time to take an answer (H53, H56).

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, FromRequestParts, Path, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use fyr_graph::Syntax;
use fyr_model::{PipelineName, Refusal};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::time::Sleep;
use tower_http::compression::CompressionLayer;
use tower_http::timeout::TimeoutLayer;

use crate::chrome::{Reader, Theme};
use crate::data::{Cache, Index, Kind};
use crate::draw::badge::badge;
use crate::draw::icon;
use crate::officer::{Keys, Officer, admitted};
use crate::pages::{candidates, dataset, datasets, errors, harvested, method, source, sources, start};
use crate::sparql::Turns;
use crate::{Portal, api, assets, data, download, http, rdf, sparql, words};

/// Connections at a time.
const CONNECTIONS: usize = 512;
/// Time to send a whole request header, and to stay silent between requests.
const HEADER: Duration = Duration::from_secs(15);
/// Time without taking a byte of an answer.
const STALL: Duration = Duration::from_secs(30);
/// Time for a page or document.
const ANSWER: Duration = Duration::from_secs(60);
/// Time that open connections get when the portal stops.
const DRAIN: Duration = Duration::from_secs(30);
/// Bytes of a request body: a query, three times as long when encoded.
const BODY: usize = 128 << 10;

/// Why the portal stopped serving.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The listener failed.
    #[error("the listener failed")]
    Listener(#[source] io::Error),
}

struct Inner {
    portal: Portal,
    cache: Cache,
    verified: download::Verified,
    turns: Turns,
}

/// The portal with what it keeps in memory.
#[derive(Clone)]
pub struct App(Arc<Inner>);

impl App {
    /// What it reads.
    pub fn portal(&self) -> &Portal {
        &self.0.portal
    }
    /// Index and views.
    pub fn cache(&self) -> &Cache {
        &self.0.cache
    }
    /// Files found right.
    pub fn verified(&self) -> &download::Verified {
        &self.0.verified
    }
    /// Turns at the store.
    pub fn turns(&self) -> &Turns {
        &self.0.turns
    }
    /// Whether to say that everything is invented.
    pub fn demo(&self) -> bool {
        self.0.portal.demo
    }
    /// Runs what reads disk or store off the threads that answer.
    pub async fn blocking<T: Send + 'static>(self, work: impl FnOnce(&Self) -> Result<T, Refusal> + Send + 'static) -> Result<T, Refusal> {
        match tokio::task::spawn_blocking(move || work(&self)).await {
            Ok(done) => done,
            Err(_) => Err(data::internal("portal-stopped", "portal")),
        }
    }
    /// The index of this moment.
    pub async fn index(&self) -> Result<Arc<Index>, Refusal> {
        self.clone().blocking(|app| app.cache().index(app.portal())).await
    }
}

/// What a request says about its reader.
pub struct Asked(pub Reader);

impl<S: Sync> FromRequestParts<S> for Asked {
    type Rejection = Infallible;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let officer = parts.extensions.get::<Officer>().cloned();
        Ok(Self(Reader {
            officer,
            ..Reader::of(&parts.uri, &parts.headers)
        }))
    }
}

/// All addresses of the public door.
pub fn router(portal: Portal) -> Router {
    finished(pages(), portal)
}

/// The operator's door: the same, what waits for people, and nothing without a key (H53).
pub fn operator(portal: Portal, keys: Keys) -> Router {
    let own = pages()
        .route("/candidates", get(candidates::get))
        .route("/candidates/{name}", get(candidates::one))
        .route("/api/v1/candidates", get(candidates::api));
    finished(own, portal)
        .layer(axum::middleware::from_fn_with_state(Arc::new(keys), admitted))
        .layer(axum::middleware::from_fn(http::guard))
}

fn pages() -> Router<App> {
    let catalogue = |syntax: Syntax| get(move |State(app): State<App>, headers: HeaderMap| rdf::whole(app, headers, syntax));
    Router::new()
        .route("/", get(start::get))
        .route("/sources", get(sources::get))
        .route("/sources/{id}", get(source::get))
        .route("/sources/{id}/dataset", get(harvested::get))
        .route("/datasets", get(datasets::get))
        .route("/datasets/{name}", get(dataset::get))
        .route("/datasets/{name}/{version}", get(dataset::version))
        .route("/catalog", get(rdf::catalogue))
        .route("/catalog.rdf", catalogue(Syntax::RdfXml))
        .route("/catalog.ttl", catalogue(Syntax::Turtle))
        .route("/catalog.jsonld", catalogue(Syntax::JsonLd))
        .route("/catalog.nt", catalogue(Syntax::NTriples))
        .route("/sparql", get(sparql::get).post(sparql::post))
        .route("/api/v1/sources", get(api::sources))
        .route("/api/v1/datasets", get(api::datasets))
        .route("/api/v1/datasets/{name}", get(api::dataset))
        .route("/health", get(api::health))
        .route("/metod", get(method::get))
        .route("/method", get(method::get))
        .route("/badge/{file}", get(badge_of))
        .route("/theme", post(theme))
        .route("/assets/{*name}", get(assets::serve))
        .route("/icon.svg", get(icon_file))
}

fn finished(pages: Router<App>, portal: Portal) -> Router {
    let turns = Turns::new(portal.sparql.concurrency);
    let app = App(Arc::new(Inner {
        portal,
        cache: Cache::default(),
        verified: download::Verified::default(),
        turns,
    }));
    let pages = pages
        .fallback(nowhere)
        .layer(CompressionLayer::new())
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, ANSWER));
    // Files go out as they are: compressing Parquet gains nothing, and a range is of the bytes that the digest names.
    Router::new()
        .route("/datasets/{name}/{version}/{*file}", get(download::get))
        .merge(pages)
        .layer(DefaultBodyLimit::max(BODY))
        .layer(axum::middleware::from_fn(http::guard))
        .with_state(app)
}

async fn nowhere(State(app): State<App>, Asked(reader): Asked) -> Response {
    errors::not_found(&reader, app.demo())
}

/// The reader's own choice of theme, kept in a cookie of one year; back to where the form stood.
async fn theme(body: axum::body::Bytes) -> Response {
    let pairs: Vec<(String, String)> = url::form_urlencoded::parse(&body)
        .take(8)
        .map(|(key, value)| (key.into_owned(), value.into_owned()))
        .collect();
    let one = |key: &str| {
        pairs
            .iter()
            .find(|(name, _)| name == key)
            .map(|(_, value)| value.as_str())
            .unwrap_or_default()
    };
    let theme = Theme::from_word(one("theme"));
    // Only an address of our own: one slash, no second one, no backslash that a browser reads as one.
    let back = one("return");
    let own = back.starts_with('/') && !back.starts_with("//") && !back.contains('\\') && !back.chars().any(char::is_control);
    let mut answer = Redirect::to(if own { back } else { "/" }).into_response();
    let age = if theme == Theme::Device { 0 } else { 31_536_000 };
    if let Ok(cookie) = HeaderValue::from_str(&format!("theme={}; Path=/; Max-Age={age}; SameSite=Lax; HttpOnly", theme.word())) {
        answer.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    answer
}

/// `/badge/NAME.svg`.
async fn badge_of(State(app): State<App>, Asked(reader): Asked, Path(file): Path<String>) -> Response {
    let Some(name) = file.strip_suffix(".svg").and_then(|name| name.parse::<PipelineName>().ok()) else {
        return errors::not_found(&reader, app.demo());
    };
    let index = match app.index().await {
        Ok(index) => index,
        Err(refusal) => return http::refused(http::status(&refusal), &refusal),
    };
    let Some(row) = index
        .rows
        .iter()
        .find(|row| matches!(&row.kind, Kind::Release(own, _) if *own == name))
    else {
        return errors::not_found(&reader, app.demo());
    };
    let air = row.score.as_deref().and_then(|score| score.air);
    let value = air.map(|air| (words::score(reader.lang, air), fyr_model::readiness::band(air).0));
    let drawn = badge(reader.lang, &words::plain(&row.title, reader.lang), value);
    let mut answer = http::document("image/svg+xml", drawn.0.into_bytes());
    answer
        .headers_mut()
        .insert(header::VARY, HeaderValue::from_static("Accept-Language"));
    answer
}

async fn icon_file() -> Response {
    const COLOURS: &str = "<style>.lit{fill:#FFCE3A}.inkline{fill:none;stroke:#0D2033;stroke-width:2}.inkfill{fill:#0D2033}\
@media (prefers-color-scheme:dark){.inkline{stroke:#EAF1F7}.inkfill{fill:#EAF1F7}}</style>";
    let drawn = icon::logo()
        .0
        .replacen('>', &format!(">{COLOURS}"), 1)
        .replacen("<svg ", "<svg xmlns=\"http://www.w3.org/2000/svg\" ", 1);
    let mut answer = http::document("image/svg+xml", drawn.into_bytes());
    answer
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=86400"));
    answer
}

/// Serves a door until `shutdown` ends, then lets open requests finish for thirty seconds.
///
/// # Errors
/// [`ServeError::Listener`] when no connection can be accepted any more.
pub async fn serve(listener: TcpListener, router: Router, shutdown: impl Future<Output = ()>) -> Result<(), ServeError> {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let (stop, stopping) = watch::channel(false);
    let mut shutdown = pin!(shutdown);
    let mut faults = 0u32;
    loop {
        let stream = tokio::select! {
            () = &mut shutdown => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    faults = 0;
                    stream
                }
                // Too many open files and connections that are gone already pass; a listener that only fails does not.
                Err(error) if faults > 100 => return Err(ServeError::Listener(error)),
                Err(_) => {
                    faults += 1;
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            },
        };
        // Full: the newest connection is let go at once rather than all of them served late.
        let Ok(place) = places.clone().try_acquire_owned() else {
            continue;
        };
        let (router, mut stopping) = (router.clone(), stopping.clone());
        tokio::spawn(async move {
            let _place = place;
            let service = TowerToHyperService::new(router);
            let mut builder = hyper::server::conn::http1::Builder::new();
            builder.timer(TokioTimer::new()).header_read_timeout(HEADER).max_buf_size(256 << 10);
            let mut connection = pin!(builder.serve_connection(TokioIo::new(Patient::new(stream)), service));
            tokio::select! {
                _ = connection.as_mut() => {}
                _ = stopping.changed() => {
                    connection.as_mut().graceful_shutdown();
                    let _ = connection.await;
                }
            }
        });
    }
    drop(listener);
    let _ = stop.send(true);
    let all = u32::try_from(CONNECTIONS).unwrap_or(u32::MAX);
    let _ = tokio::time::timeout(DRAIN, places.acquire_many(all)).await;
    Ok(())
}

/// A connection that is given up when its reader takes nothing for thirty seconds (H48).
struct Patient {
    stream: TcpStream,
    stalled: Option<Pin<Box<Sleep>>>,
}

impl Patient {
    fn new(stream: TcpStream) -> Self {
        Self { stream, stalled: None }
    }
    fn judged<T>(&mut self, cx: &mut Context<'_>, poll: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if poll.is_ready() {
            self.stalled = None;
            return poll;
        }
        let sleep = self.stalled.get_or_insert_with(|| Box::pin(tokio::time::sleep(STALL)));
        match sleep.as_mut().poll(cx) {
            Poll::Ready(()) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl AsyncRead for Patient {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Patient {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let poll = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.judged(cx, poll)
    }
    fn poll_write_vectored(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[io::IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let poll = Pin::new(&mut self.stream).poll_write_vectored(cx, bytes);
        self.judged(cx, poll)
    }
    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let poll = Pin::new(&mut self.stream).poll_flush(cx);
        self.judged(cx, poll)
    }
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
