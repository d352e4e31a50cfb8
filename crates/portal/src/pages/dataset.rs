//! `/datasets/NAME` and `/datasets/NAME/VERSION`: the page, or the same entry as RDF by what the client accepts or by ending.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use chrono::Utc;
use fyr_graph::Syntax;
use fyr_model::release::{Sandbox, Withdrawal};
use fyr_model::{PipelineName, Refusal, Version};
use fyr_publish::Release;

use super::release::{self, Made};
use super::{candidates, errors, rows};
use crate::http;
use crate::rdf;
use crate::serve::{App, Asked};

/// What stands at a name.
pub enum Found {
    /// A release.
    Release(Box<Made>),
    /// A release that was taken back.
    Withdrawn(Withdrawal),
    /// A release of a sandbox whose last day has passed.
    Ended(Sandbox),
    /// Nothing.
    Nothing,
}

/// Finds a release by name, and by version when one is given.
pub fn find(app: &App, name: &PipelineName, version: Option<Version>) -> Result<Found, Refusal> {
    let root = &app.portal().published;
    let taken = match version {
        Some(version) => fyr_publish::withdrawals(root, name)?
            .into_iter()
            .find(|one| one.versions.contains(&version)),
        None => fyr_publish::withdrawal(root, name),
    };
    if let Some(withdrawal) = taken {
        return Ok(Found::Withdrawn(withdrawal));
    }
    let mut versions: Vec<Release> = fyr_publish::versions(root, name)?;
    versions.sort_by_key(|one| std::cmp::Reverse(one.manifest.record.version));
    let wanted = versions
        .iter()
        .find(|one| version.is_none_or(|version| one.manifest.record.version == version))
        .cloned();
    let Some(wanted) = wanted else {
        return Ok(Found::Nothing);
    };
    let now = Utc::now();
    if let Some(sandbox) = wanted.manifest.record.ended(now) {
        return Ok(Found::Ended(sandbox.clone()));
    }
    versions.retain(|one| one.manifest.record.ended(now).is_none());
    let source = source_page(app, &wanted)?;
    Ok(Found::Release(Box::new(Made::read(wanted, versions, source))))
}

/// The page of the dataset at its source, when that source is still ours.
fn source_page(app: &App, release: &Release) -> Result<Option<String>, Refusal> {
    let Some(source) = release.manifest.record.sources.first() else {
        return Ok(None);
    };
    let index = app.cache().index(app.portal())?;
    let iri = source.dataset.as_str();
    for row in &index.sources {
        let view = app.cache().view(app.portal(), &row.id)?;
        if view.is_some_and(|view| view.datasets.iter().any(|one| one.id.as_str() == iri)) {
            return Ok(Some(rows::harvested(&row.id, iri)));
        }
    }
    Ok(None)
}

/// `/datasets/{name}`; an ending (`.ttl`, `.rdf`, `.jsonld`, `.nt`) chooses RDF.
pub async fn get(State(app): State<App>, Asked(reader): Asked, headers: HeaderMap, Path(name): Path<String>) -> Response {
    let (name, ending) = match name.split_once('.') {
        Some((name, ending)) => (name.to_owned(), Some(ending.to_owned())),
        None => (name, None),
    };
    answer(app, reader, headers, name, None, ending).await
}

/// `/datasets/{name}/{version}`.
pub async fn version(
    State(app): State<App>,
    Asked(reader): Asked,
    headers: HeaderMap,
    Path((name, version)): Path<(String, String)>,
) -> Response {
    answer(app, reader, headers, name, Some(version), None).await
}

async fn answer(
    app: App,
    reader: crate::chrome::Reader,
    headers: HeaderMap,
    name: String,
    version: Option<String>,
    ending: Option<String>,
) -> Response {
    let demo = app.demo();
    let Ok(name) = name.parse::<PipelineName>() else {
        return errors::not_found(&reader, demo);
    };
    let version = match version.map(|text| text.parse::<Version>()) {
        Some(Err(_)) => return errors::not_found(&reader, demo),
        Some(Ok(version)) => Some(version),
        None => None,
    };
    let syntax = match ending.as_deref() {
        Some(ending) => match rdf::from_ending(ending) {
            Some(syntax) => Some(syntax),
            None => return errors::not_found(&reader, demo),
        },
        None => chosen(&headers),
    };
    let waiting = app.clone();
    match app.clone().blocking(move |app| find(app, &name, version)).await {
        Ok(Found::Release(made)) => match syntax {
            Some(syntax) => rdf::entry(&made.release, syntax),
            // What waits is told to those who may see it; such a page is nobody else's to keep, and has no tag.
            None if reader.officer.is_some() => {
                let name = made.release.manifest.record.name.clone();
                let waits = candidates::note(&waiting, &reader, &name).await;
                http::page(StatusCode::OK, &release::page(&reader, &made, demo).waits(waits))
            }
            None => {
                let tag = format!(
                    "W/\"{}-{}-{}\"",
                    release::tag(&made.release),
                    reader.lang.tag(),
                    reader.theme.word()
                );
                let mut answer = http::page(StatusCode::OK, &release::page(&reader, &made, demo));
                if let Ok(tag) = HeaderValue::from_str(&tag) {
                    answer.headers_mut().insert(header::ETAG, tag);
                }
                answer
            }
        },
        Ok(Found::Withdrawn(withdrawal)) => errors::withdrawn(&reader, demo, &withdrawal),
        Ok(Found::Ended(sandbox)) => errors::ended(&reader, demo, &sandbox),
        Ok(Found::Nothing) => errors::not_found(&reader, demo),
        Err(refusal) => errors::refused(&reader, demo, &refusal),
    }
}

/// The RDF syntax that a client would rather have than the page.
fn chosen(headers: &HeaderMap) -> Option<Syntax> {
    let ours = [
        "text/html",
        "text/turtle",
        "application/rdf+xml",
        "application/ld+json",
        "application/n-triples",
    ];
    match http::preferred(headers, &ours)? {
        "text/html" => None,
        kind => rdf::from_media_type(kind),
    }
}
