//! The JSON API: the same facts as the pages, in the shapes of the command line, each with its envelope.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use chrono::{DateTime, Utc};
use fyr_model::harvest::HarvestRun;
use fyr_model::readiness::Readiness;
use fyr_model::release::Manifest;
use fyr_model::{Envelope, PipelineName, Refusal, RefusalKind, RulePack, Text};
use serde::Serialize;

use crate::data::{Index, Kind, Row};
use crate::http;
use crate::pages::dataset::{self, Found};
use crate::serve::{App, Asked};

/// A source beside its last run.
#[derive(Serialize)]
struct Source {
    id: String,
    url: String,
    schedule: String,
    paused: bool,
    datasets: usize,
    mean_air: Option<f64>,
    running_since: Option<DateTime<Utc>>,
}

#[derive(Serialize)]
struct Sources {
    runs: Vec<HarvestRun>,
    sources: Vec<Source>,
}

/// A dataset in the shape of `score`, with where it stands and what may be done with it.
#[derive(Serialize)]
struct Dataset {
    iri: String,
    title: fyr_model::LangStrings,
    publisher: fyr_model::LangStrings,
    name: Option<PipelineName>,
    version: Option<String>,
    source: Option<String>,
    licence: Option<String>,
    reuse: fyr_model::Reuse,
    formats: Vec<String>,
    #[serde(flatten)]
    score: Score,
}

/// A score as others may see it: of a withheld one nothing but that it is withheld.
#[derive(Serialize)]
struct Score {
    air: Option<f64>,
    band: Option<String>,
    withheld: bool,
    gates: Vec<String>,
    dimensions: std::collections::BTreeMap<String, f64>,
    indicators: Vec<fyr_model::readiness::Indicator>,
    mqa: std::collections::BTreeMap<String, u32>,
    stars: Option<u8>,
}

#[derive(Serialize)]
struct Datasets {
    total: usize,
    next: Option<String>,
    datasets: Vec<Dataset>,
}

#[derive(Serialize)]
struct One {
    datasets: Vec<Dataset>,
    manifest: Manifest,
    versions: Vec<String>,
}

const PER_PAGE: usize = 100;

/// `/api/v1/sources`: the shape `harvest`, the last run of every source.
pub async fn sources(State(app): State<App>) -> Response {
    match app.index().await {
        Ok(index) => {
            let runs = index.sources.iter().filter_map(|row| row.last.clone()).collect();
            let sources = index.sources.iter().map(|row| Source {
                id: row.id.to_string(),
                url: row.file.url.clone(),
                schedule: row.file.schedule.clone(),
                paused: row.file.paused,
                datasets: row.datasets,
                mean_air: row.mean,
                running_since: row.running,
            });
            json(&Envelope::new(
                "fyr/harvest/1",
                Utc::now(),
                Sources {
                    runs,
                    sources: sources.collect(),
                },
            ))
        }
        Err(refusal) => http::refused(http::status(&refusal), &refusal),
    }
}

/// `/api/v1/datasets?page=N`: the shape `score`.
pub async fn datasets(State(app): State<App>, Asked(reader): Asked) -> Response {
    let page = reader.get("page").and_then(|text| text.parse::<usize>().ok()).unwrap_or(1).max(1);
    match app.index().await {
        Ok(index) => {
            let from = (page - 1).saturating_mul(PER_PAGE);
            let rows = index.rows.iter().skip(from).take(PER_PAGE);
            let more = index.rows.len() > from.saturating_add(PER_PAGE);
            let body = Datasets {
                total: index.rows.len(),
                next: more.then(|| format!("/api/v1/datasets?page={}", page + 1)),
                datasets: rows.map(dataset_of).collect(),
            };
            json(&Envelope::new("fyr/score/1", Utc::now(), body).rules(packs()))
        }
        Err(refusal) => http::refused(http::status(&refusal), &refusal),
    }
}

/// `/api/v1/datasets/{name}`: the shape `score` of one release, with its manifest.
pub async fn dataset(State(app): State<App>, Path(name): Path<String>) -> Response {
    let Ok(name) = name.parse::<PipelineName>() else {
        return nothing(&name);
    };
    let asked = name.clone();
    let found = app
        .blocking(move |app| -> Result<_, Refusal> { Ok((dataset::find(app, &asked, None)?, app.cache().index(app.portal())?)) })
        .await;
    match found {
        Ok((Found::Release(made), index)) => match row_of(&index, &name) {
            Some(row) => {
                let manifest = made.release.manifest.clone();
                let rules = manifest.rules.clone();
                let iri = manifest.record.iri.clone();
                let body = One {
                    datasets: vec![dataset_of(row)],
                    versions: made.versions.iter().map(|one| one.manifest.record.version.to_string()).collect(),
                    manifest,
                };
                json(&Envelope::new("fyr/score/1", Utc::now(), body).rules(rules).input(iri, None))
            }
            None => nothing(name.as_str()),
        },
        Ok((Found::Withdrawn(withdrawal), _)) => {
            let text = Text::new(
                format!("utgåvan är tillbakadragen: {}", withdrawal.reason),
                format!("the release is withdrawn: {}", withdrawal.reason),
            );
            http::refused(
                StatusCode::GONE,
                &Refusal::new("withdrawn", RefusalKind::Forbidden, name.as_str(), text),
            )
        }
        Ok((Found::Ended(sandbox), _)) => {
            let text = Text::new(
                format!("sandlådan upphörde {}: {}", sandbox.until, sandbox.purpose.sv),
                format!("the sandbox ended on {}: {}", sandbox.until, sandbox.purpose.en),
            );
            http::refused(
                StatusCode::GONE,
                &Refusal::new("sandbox-ended", RefusalKind::Forbidden, name.as_str(), text),
            )
        }
        Ok((Found::Nothing, _)) => nothing(name.as_str()),
        Err(refusal) => http::refused(http::status(&refusal), &refusal),
    }
}

fn row_of<'a>(index: &'a Index, name: &PipelineName) -> Option<&'a Row> {
    index
        .rows
        .iter()
        .find(|row| matches!(&row.kind, Kind::Release(own, _) if own == name))
}

fn dataset_of(row: &Row) -> Dataset {
    let (name, version, source) = match &row.kind {
        Kind::Release(name, version) => (Some(name.clone()), Some(version.to_string()), None),
        Kind::Source(id) => (None, None, Some(id.to_string())),
    };
    Dataset {
        iri: row.iri.clone(),
        title: row.title.clone(),
        publisher: row.publisher.clone(),
        name,
        version,
        source,
        licence: row.licence.clone(),
        reuse: row.reuse,
        formats: row.formats.clone(),
        score: score(row.score.as_deref()),
    }
}

fn score(known: Option<&Readiness>) -> Score {
    let shown = known.filter(|score| score.air.is_some());
    Score {
        air: shown.and_then(|score| score.air),
        band: shown.and_then(|score| score.band.clone()),
        withheld: known.is_some() && shown.is_none(),
        gates: shown
            .map(|score| score.gates.iter().map(|gate| gate.id.clone()).collect())
            .unwrap_or_default(),
        dimensions: shown
            .map(|score| score.dimensions.iter().map(|(code, one)| (code.clone(), one.points)).collect())
            .unwrap_or_default(),
        indicators: shown.map(|score| score.indicators.clone()).unwrap_or_default(),
        mqa: known.map(|score| score.mqa.clone()).unwrap_or_default(),
        stars: known.map(|score| score.stars),
    }
}

fn packs() -> Vec<RulePack> {
    fyr_assess::packs()
}

fn nothing(name: &str) -> Response {
    let text = Text::new("det finns ingen utgåva med det namnet", "there is no release of that name");
    let name: String = name.chars().take(80).collect();
    http::refused(
        StatusCode::NOT_FOUND,
        &Refusal::new("not-found", RefusalKind::Configuration, name, text),
    )
}

fn json<T: Serialize>(value: &T) -> Response {
    let mut answer = Json(value).into_response();
    let headers = answer.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    answer
}

/// What `/health` says.
#[derive(Serialize)]
struct Health {
    status: &'static str,
    fyr: &'static str,
    state: bool,
    graph: bool,
    published: bool,
    sources: usize,
}

/// `/health`: 200 when everything that pages need can be read, else 503.
pub async fn health(State(app): State<App>) -> Response {
    let health = app
        .blocking(|app| -> Result<Health, Refusal> {
            let portal = app.portal();
            let state = portal.state.runs(None, None, 1).is_ok();
            let graph = portal.store.sources().is_ok();
            let published = !portal.published.exists() || std::fs::read_dir(&portal.published).is_ok();
            let all = state && graph && published;
            Ok(Health {
                status: if all { "ok" } else { "failing" },
                fyr: env!("CARGO_PKG_VERSION"),
                state,
                graph,
                published,
                sources: (portal.sources)().len(),
            })
        })
        .await;
    match health {
        Ok(health) => {
            let code = if health.status == "ok" {
                StatusCode::OK
            } else {
                StatusCode::SERVICE_UNAVAILABLE
            };
            (code, json(&health)).into_response()
        }
        Err(refusal) => http::refused(StatusCode::SERVICE_UNAVAILABLE, &refusal),
    }
}
