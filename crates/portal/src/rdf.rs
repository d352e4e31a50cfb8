//! RDF of what we publish: one release, or the whole catalogue; written by `graph`, chosen by `Accept` or by ending.

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use fyr_graph::Syntax;
use fyr_graph::write;
use fyr_model::release::ReleaseFile;
use fyr_model::release::ReleaseRecord;
use fyr_model::{Refusal, Sha256};
use fyr_publish::Release;

use crate::http;
use crate::serve::App;

/// The syntax of a media type.
pub fn from_media_type(kind: &str) -> Option<Syntax> {
    Syntax::ALL.into_iter().find(|syntax| syntax.media_type() == kind)
}

/// The syntax of an ending: one name each, so that an address means one thing.
pub fn from_ending(ending: &str) -> Option<Syntax> {
    Syntax::ALL.into_iter().find(|syntax| syntax.extension() == ending)
}

/// One release as our catalogue describes it.
pub fn entry(release: &Release, syntax: Syntax) -> Response {
    match write::entry(&release.manifest.record, &release.manifest.files, syntax) {
        Ok(body) => http::document(syntax.media_type(), body),
        Err(refusal) => http::refused(http::status(&refusal), &refusal),
    }
}

/// `/catalog` by `Accept`: RDF/XML when nothing else is asked for by name, since that is what harvesters of the Swedish portal read.
pub async fn catalogue(State(app): State<App>, headers: HeaderMap) -> Response {
    let ours = ["application/rdf+xml", "text/turtle", "application/ld+json", "application/n-triples"];
    let kind = http::preferred(&headers, &ours).unwrap_or("application/rdf+xml");
    whole(app, headers, from_media_type(kind).unwrap_or(Syntax::RdfXml)).await
}

/// The whole catalogue in one syntax.
pub async fn whole(app: App, headers: HeaderMap, syntax: Syntax) -> Response {
    let made = app
        .blocking(move |app| -> Result<Vec<u8>, Refusal> {
            let portal = app.portal();
            let releases = fyr_publish::list(&portal.published)?;
            // A sandbox whose last day has passed is not in the catalogue.
            let now = chrono::Utc::now();
            let shown = releases.into_iter().filter(|one| one.manifest.record.ended(now).is_none());
            let entries: Vec<(ReleaseRecord, Vec<ReleaseFile>)> = shown.map(|one| (one.manifest.record, one.manifest.files)).collect();
            write::catalogue(&portal.own, &entries, syntax)
        })
        .await;
    match made {
        Ok(body) => {
            let tag = format!("\"{}\"", Sha256::of(&body));
            let same = headers
                .get(header::IF_NONE_MATCH)
                .and_then(|value| value.to_str().ok())
                .is_some_and(|known| known.contains(&tag));
            let mut answer = if same {
                StatusCode::NOT_MODIFIED.into_response()
            } else {
                http::document(syntax.media_type(), body)
            };
            if let Ok(tag) = HeaderValue::from_str(&tag) {
                answer.headers_mut().insert(header::ETAG, tag);
            }
            answer
        }
        Err(refusal) => http::refused(http::status(&refusal), &refusal),
    }
}
