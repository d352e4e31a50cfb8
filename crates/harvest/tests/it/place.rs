//! A publisher whose answers a test sets, and an installation that harvests it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::extract::{Request, State as Shared};
use axum::response::Response;
use chrono::{DateTime, TimeDelta, Utc};
use fyr_confine::{Handler, Runner};
use fyr_fetch::{Client, FetchConfig};
use fyr_graph::Store;
use fyr_harvest::{Harvest, Options};
use fyr_jobs::State;
use fyr_model::harvest::{HarvestOutcome, HarvestRun, SourceFile};
use fyr_model::limits::{GraphLimits, WorkerLimits};
use fyr_model::{Sha256, SourceId};
use tempfile::TempDir;
use tokio::net::TcpListener;

pub static WORK: &[(&str, Handler)] = &[("graph.read", fyr_graph::read_work)];

/// What the publisher answers, by path, and what it was asked.
#[derive(Clone, Default)]
pub struct Publisher {
    pages: Arc<Mutex<BTreeMap<String, Page>>>,
    asked: Arc<Mutex<Vec<String>>>,
    pub host: String,
}

/// One answer. Its ETag is its text's digest.
#[derive(Clone)]
pub struct Page {
    pub status: u16,
    pub media_type: &'static str,
    pub text: String,
    pub location: Option<String>,
    pub etag: bool,
    pub wait_ms: u64,
}

pub fn turtle(text: impl Into<String>) -> Page {
    Page {
        status: 200,
        media_type: "text/turtle",
        text: text.into(),
        location: None,
        etag: true,
        wait_ms: 0,
    }
}

impl Publisher {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let publisher = Self {
            host: listener.local_addr().unwrap().to_string(),
            ..Self::default()
        };
        let app = axum::Router::new().fallback(answer).with_state(publisher.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        publisher
    }
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.host)
    }
    pub fn set(&self, path: &str, page: Page) {
        self.pages.lock().unwrap().insert(path.into(), page);
    }
    /// `GET /dcat.ttl 304` and so on, since the last time this was asked.
    pub fn asked(&self) -> Vec<String> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }
}

async fn answer(Shared(publisher): Shared<Publisher>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let page = publisher.pages.lock().unwrap().get(&path).cloned();
    let page = page.unwrap_or_else(|| Page { status: 404, ..turtle("") });
    tokio::time::sleep(std::time::Duration::from_millis(page.wait_ms)).await;
    let etag = format!("\"{}\"", Sha256::of(page.text.as_bytes()));
    let known = request
        .headers()
        .get("if-none-match")
        .is_some_and(|sent| sent.as_bytes() == etag.as_bytes());
    let status = if known && page.etag { 304 } else { page.status };
    publisher.asked.lock().unwrap().push(format!("GET {path} {status}"));
    let mut response = Response::builder().status(status).header("content-type", page.media_type);
    if page.etag {
        response = response.header("etag", etag);
    }
    if let Some(location) = page.location {
        response = response.header("location", location);
    }
    response
        .body(if status == 304 { Body::empty() } else { Body::from(page.text) })
        .unwrap()
}

/// An installation with one source.
pub struct Place {
    pub harvest: Harvest,
    pub publisher: Publisher,
    pub dir: TempDir,
    pub file: SourceFile,
    pub id: SourceId,
}

pub fn at(hours: i64) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339("2026-11-22T04:00:00Z").unwrap().to_utc() + TimeDelta::hours(hours)
}

impl Place {
    pub async fn new() -> Self {
        Self::with(Runner::Direct(WORK)).await
    }

    pub async fn with(runner: Runner) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let publisher = Publisher::start().await;
        let dir = tempfile::tempdir().unwrap();
        let mut config = FetchConfig {
            allow_hosts: vec![publisher.host.clone()],
            raw_dir: dir.path().join("raw"),
            backoff: std::time::Duration::from_millis(1),
            jitter: false,
            ..FetchConfig::default()
        };
        config.limits.retries_max = 0;
        config.limits.catalogue_bytes_max = 1 << 20;
        let harvest = Harvest {
            client: Client::new(config).unwrap(),
            store: Store::open(&dir.path().join("graph")).unwrap(),
            state: State::memory().unwrap(),
            runner,
            data: dir.path().to_owned(),
            limits: GraphLimits::default(),
            worker: WorkerLimits::default(),
        };
        let file = source(&publisher.url("/dcat.ttl"));
        Self {
            harvest,
            publisher,
            dir,
            file,
            id: "exempelby".parse().unwrap(),
        }
    }

    pub async fn run(&self, hours: i64) -> HarvestRun {
        self.run_as("manual", hours).await
    }

    pub async fn run_as(&self, trigger: &str, hours: i64) -> HarvestRun {
        let options = Options {
            trigger: trigger.into(),
            ..Options::default()
        };
        self.harvest.run(&self.id, &self.file, &options, at(hours)).await
    }

    pub async fn approve(&self, hours: i64) -> HarvestRun {
        let options = Options {
            trigger: "manual".into(),
            approve_held: true,
            dry_run: false,
        };
        self.harvest.run(&self.id, &self.file, &options, at(hours)).await
    }

    pub async fn dry(&self, hours: i64) -> HarvestRun {
        let options = Options {
            trigger: "manual".into(),
            dry_run: true,
            approve_held: false,
        };
        self.harvest.run(&self.id, &self.file, &options, at(hours)).await
    }

    /// The main document.
    pub fn set(&self, text: impl Into<String>) {
        self.publisher.set("/dcat.ttl", turtle(text));
    }

    /// The datasets of the store, by the last part of their IRI.
    pub fn datasets(&self) -> Vec<String> {
        let view = self.harvest.store.view(&self.id).unwrap();
        view.datasets
            .iter()
            .map(|dataset| dataset.id.as_str().rsplit('/').next().unwrap().to_owned())
            .collect()
    }

    /// Everything that lies under a folder of the data folder, with its digest.
    pub fn files(&self, folder: &str) -> BTreeMap<String, Sha256> {
        let mut found = BTreeMap::new();
        walk(&self.dir.path().join(folder), &mut found);
        found
    }

    /// The store's files but for its own diary, once it has tidied up in the background.
    pub async fn graph_files(&self) -> BTreeMap<String, Sha256> {
        let look = || {
            let mut found = self.files("graph");
            found.retain(|name, _| !name.rsplit('/').next().unwrap().starts_with("LOG"));
            found
        };
        let mut before = look();
        loop {
            tokio::time::sleep(std::time::Duration::from_millis(300)).await;
            let now = look();
            if now == before {
                return now;
            }
            before = now;
        }
    }
}

fn walk(path: &Path, found: &mut BTreeMap<String, Sha256>) {
    for entry in std::fs::read_dir(path).into_iter().flatten().flatten() {
        if entry.path().is_dir() {
            walk(&entry.path(), found);
        } else {
            let bytes = std::fs::read(entry.path()).unwrap_or_default();
            found.insert(entry.path().to_string_lossy().into_owned(), Sha256::of(&bytes));
        }
    }
}

pub fn source(url: &str) -> SourceFile {
    SourceFile {
        url: url.into(),
        kind: "auto".into(),
        schedule: "0 4 * * *".into(),
        owner: None,
        base: None,
        paused: false,
    }
}

const HEAD: &str = "@prefix dcat: <http://www.w3.org/ns/dcat#> .
@prefix dct: <http://purl.org/dc/terms/> .
@prefix foaf: <http://xmlns.com/foaf/0.1/> .
@prefix vcard: <http://www.w3.org/2006/vcard/ns#> .
@base <https://data.exempelby.example/> .
";

/// A catalogue with a publisher, and one dataset a name; a name `trad=2` is the dataset `trad` with another title.
pub fn catalogue(names: &[&str]) -> String {
    catalogue_with(names, "")
}

pub fn catalogue_with(names: &[&str], more: &str) -> String {
    let datasets: String = names.iter().map(|name| dataset(name)).collect();
    let listed: String = names
        .iter()
        .map(|name| format!("  dcat:dataset <dataset/{}> ;\n", name.split('=').next().unwrap()))
        .collect();
    format!(
        "{HEAD}<katalog> a dcat:Catalog ;\n  dct:title \"Exempelby\"@sv ;\n  dct:publisher <org> ;\n{listed}  dct:description \"Data\"@sv .
<org> a foaf:Agent ; foaf:name \"Exempelby kommun\"@sv .\n{datasets}{more}"
    )
}

fn dataset(name: &str) -> String {
    let (name, title) = name.split_once('=').unwrap_or((name, "1"));
    format!(
        "<dataset/{name}> a dcat:Dataset ; dct:title \"{name} {title}\"@sv ; dct:publisher <org> ;
  dct:temporal [ a dct:PeriodOfTime ; dcat:startDate \"2020\" ] ;
  dcat:contactPoint <contact> ; dcat:distribution <dist/{name}> .
<dist/{name}> a dcat:Distribution ; dcat:downloadURL <fil/{name}.csv> ; dct:license <http://creativecommons.org/publicdomain/zero/1.0/> .
<contact> a vcard:Organization ; vcard:fn \"Exempelby kommun\" ; vcard:hasEmail <mailto:data@exempelby.example> .\n"
    )
}

/// Ends as expected, or shows why not.
pub fn ended(run: &HarvestRun, outcome: HarvestOutcome) {
    assert_eq!(run.outcome, outcome, "{:?}", run.reason);
}

pub fn counts(run: &HarvestRun) -> [u64; 5] {
    let sets = &run.datasets;
    [sets.added, sets.changed, sets.unchanged, sets.vanished, sets.held]
}
