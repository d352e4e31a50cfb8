//! The invented bodies' web servers: files of one folder on a loopback port, with ETag, HEAD and one range.

use std::path::{Component, Path, PathBuf};

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use fyr_model::{Refusal, Sha256};

use crate::workspace::internal;

/// Stops the server when dropped.
pub struct Server(tokio::task::JoinHandle<()>);

impl Drop for Server {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Serves `folder` on a free port of 127.0.0.1 and gives its address.
pub async fn start(folder: PathBuf) -> Result<(String, Server), Refusal> {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0))
        .await
        .map_err(|error| internal("demo server", &error))?;
    let address = listener.local_addr().map_err(|error| internal("demo server", &error))?;
    let router = axum::Router::new().fallback(file).with_state(folder);
    let task = tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, router).await {
            tracing::error!(%error, "the sample server stopped");
        }
    });
    Ok((format!("http://{address}"), Server(task)))
}

async fn file(State(folder): State<PathBuf>, method: Method, uri: Uri, headers: HeaderMap) -> Response {
    let relative = Path::new(uri.path().trim_start_matches('/'));
    if !matches!(method, Method::GET | Method::HEAD) {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    if !relative.components().all(|part| matches!(part, Component::Normal(_))) {
        return StatusCode::NOT_FOUND.into_response();
    }
    let Ok(bytes) = tokio::fs::read(folder.join(relative)).await else {
        return (StatusCode::NOT_FOUND, "not found").into_response();
    };
    let etag = format!("\"{}\"", Sha256::of(&bytes));
    let head = |status: StatusCode| {
        Response::builder()
            .status(status)
            .header(header::ETAG, &etag)
            .header(header::ACCEPT_RANGES, "bytes")
    };
    if headers
        .get(header::IF_NONE_MATCH)
        .is_some_and(|given| given.as_bytes() == etag.as_bytes())
    {
        return answer(head(StatusCode::NOT_MODIFIED).body(Body::empty()));
    }
    let typed = |status| head(status).header(header::CONTENT_TYPE, media_type(relative));
    match headers
        .get(header::RANGE)
        .and_then(|given| range(given.to_str().ok()?, bytes.len()))
    {
        Some((from, to)) if method == Method::GET => {
            let of = format!("bytes {from}-{to}/{}", bytes.len());
            answer(
                typed(StatusCode::PARTIAL_CONTENT)
                    .header(header::CONTENT_RANGE, of)
                    .body(Body::from(bytes[from..=to].to_vec())),
            )
        }
        _ => {
            let length = bytes.len();
            let body = if method == Method::HEAD { Body::empty() } else { Body::from(bytes) };
            answer(typed(StatusCode::OK).header(header::CONTENT_LENGTH, length).body(body))
        }
    }
}

fn answer(built: Result<Response, axum::http::Error>) -> Response {
    built.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

/// `bytes=FROM-TO` or `bytes=FROM-` within `length`.
fn range(given: &str, length: usize) -> Option<(usize, usize)> {
    let (from, to) = given.strip_prefix("bytes=")?.split_once('-')?;
    let from: usize = from.parse().ok()?;
    let to = if to.is_empty() {
        length.checked_sub(1)?
    } else {
        to.parse::<usize>().ok()?.min(length.checked_sub(1)?)
    };
    (from <= to).then_some((from, to))
}

fn media_type(path: &Path) -> &'static str {
    match path.extension().and_then(|ending| ending.to_str()) {
        Some("rdf") => "application/rdf+xml",
        Some("ttl") => "text/turtle",
        Some("csv") => "text/csv",
        Some("json") => "application/json",
        Some("geojson") => "application/geo+json",
        Some("gz") => "application/gzip",
        Some("xlsx") => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        _ => "application/octet-stream",
    }
}
