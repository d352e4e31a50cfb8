//! Publishers that lie, stall, redirect and never end, on loopback; each beside an honest one that must still be read.

#![allow(clippy::unwrap_used, clippy::panic, clippy::result_large_err)]

mod bodies;
mod links;
mod mirrors;
mod patience;
mod queries;
mod redirects;
mod servers;
mod tls;

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use fyr_fetch::{Client, FetchConfig, Fetched, What};
use fyr_model::Refusal;
use fyr_model::resource::{Resource, Validators};
use tempfile::TempDir;

use servers::{Answers, answering, serve};

/// A client of these tests: short times, no jitter, and a raw store of its own.
pub(crate) struct Reader {
    pub(crate) client: Client,
    pub(crate) dir: TempDir,
}

/// A reader that may ask `hosts`; `change` sets what the test is about.
pub(crate) fn reader_with(hosts: &[&str], change: impl FnOnce(&mut FetchConfig)) -> Reader {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let dir = tempfile::tempdir().unwrap();
    let mut config = FetchConfig {
        allow_hosts: hosts.iter().map(|host| (*host).to_owned()).collect(),
        raw_dir: dir.path().join("raw"),
        mirror_base: dir.path().to_owned(),
        backoff: Duration::from_millis(10),
        jitter: false,
        ..FetchConfig::default()
    };
    config.limits.retries_max = 0;
    change(&mut config);
    Reader {
        client: Client::new(config).unwrap(),
        dir,
    }
}

pub(crate) fn reader(hosts: &[&str]) -> Reader {
    reader_with(hosts, |_| {})
}

impl Reader {
    pub(crate) async fn get(&self, url: &str) -> Result<Resource, Refusal> {
        self.client.input(url, What::File).await
    }
    /// The id of the refusal of `url`; nothing may be left in the raw store.
    pub(crate) async fn refused(&self, url: &str) -> String {
        let id = self.get(url).await.unwrap_err().id;
        assert_eq!(self.kept(), 0, "a refused body was kept");
        id
    }
    /// Files in the raw store.
    pub(crate) fn kept(&self) -> usize {
        std::fs::read_dir(self.dir.path().join("raw")).map_or(0, Iterator::count)
    }
}

pub(crate) fn text_of(resource: &Resource) -> String {
    std::fs::read_to_string(&resource.path).unwrap()
}

#[tokio::test]
async fn h01_loopback_is_not_asked_unless_the_operator_allows_exactly_it() {
    let server = serve(answering(|_, _| Answers::text("x"))).await;
    let other = serve(answering(|_, _| Answers::text("x"))).await;
    let stranger = reader_with(&[], |config| config.ports.push(server.port));
    assert_eq!(stranger.refused(&server.url("/")).await, "fetch-address");
    assert_eq!(
        stranger.refused(&format!("http://2130706433:{}/", server.port)).await,
        "fetch-address"
    );
    assert_eq!(
        stranger.refused(&format!("http://[::ffff:7f00:1]:{}/", server.port)).await,
        "fetch-address"
    );
    assert_eq!(
        stranger.refused(&format!("http://localhost:{}/", server.port)).await,
        "fetch-address"
    );
    assert_eq!(server.asked(), 0);

    let trusted = reader(&[&server.host]);
    assert_eq!(text_of(&trusted.get(&server.url("/")).await.unwrap()), "x");
    assert_eq!(
        trusted.client.input(&other.url("/"), What::File).await.unwrap_err().id,
        "fetch-port"
    );
    assert_eq!((server.asked(), other.asked()), (1, 0));
}

#[tokio::test]
async fn h03_other_schemes_and_userinfo_are_refused_and_a_password_is_not_repeated() {
    let server = serve(answering(|_, _| Answers::text("x"))).await;
    let reader = reader(&[&server.host]);
    for (url, id) in [
        ("ftp://data.exempelby.example/x", "fetch-scheme"),
        ("file:///etc/hostname", "fetch-scheme"),
        ("http://data.exempelby.example:22/x", "fetch-port"),
    ] {
        assert_eq!(reader.refused(url).await, id);
    }
    let refusal = reader.get(&format!("http://anna:hemligt@{}/", server.host)).await.unwrap_err();
    assert_eq!(refusal.id, "fetch-userinfo");
    assert!(!format!("{refusal:?}").contains("hemligt"));
    assert_eq!(server.asked(), 0);
    assert!(reader.get(&server.url("/")).await.is_ok());
}

/// The variable can only be set for a new process, so this test starts itself again.
#[test]
fn h03_proxy_variables_are_ignored() {
    if std::env::var_os("FYR_TEST_PROXIED").is_none() {
        let mut again = Command::new(std::env::current_exe().unwrap());
        let again = again
            .args(["--exact", "h03_proxy_variables_are_ignored"])
            .env("FYR_TEST_PROXIED", "1");
        let proxies = ["http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
        let status = again.envs(proxies.map(|name| (name, "http://127.0.0.1:9/"))).status();
        assert!(status.unwrap().success());
        return;
    }
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let server = serve(answering(|_, _| Answers::text("x"))).await;
        assert!(reader(&[&server.host]).get(&server.url("/")).await.is_ok());
    });
}

#[tokio::test]
async fn an_unchanged_body_costs_one_conditional_request() {
    let server = serve(answering(|asked, _| match asked.header("if-none-match") {
        Some("\"1\"") => Answers::status(304),
        _ => Answers::text("x")
            .with("etag", "\"1\"")
            .with("content-type", "Text/Turtle; charset=UTF-8"),
    }))
    .await;
    let reader = reader(&[&server.host]);
    let first = reader.get(&server.url("/dcat.ttl")).await.unwrap();
    assert_eq!(
        (first.media_type.as_deref(), first.charset.as_deref()),
        (Some("text/turtle"), Some("utf-8"))
    );
    let again = reader
        .client
        .get(&server.url("/dcat.ttl"), What::Catalogue, Some(&first.validators))
        .await
        .unwrap();
    let validators = Validators {
        etag: Some("\"1\"".into()),
        last_modified: None,
    };
    assert_eq!(again, Fetched::NotModified { validators, requests: 1 });
    assert_eq!((server.asked(), reader.client.requests_sent(), reader.kept()), (2, 2, 1));
    assert_eq!(reader.client.counted().requests_sent(), 0);
}

#[tokio::test]
async fn a_304_that_was_not_asked_for_is_refused() {
    let server = serve(answering(|_, _| Answers::status(304))).await;
    assert_eq!(reader(&[&server.host]).refused(&server.url("/")).await, "fetch-status");
}

#[tokio::test]
async fn a_status_that_is_no_success_is_refused_and_204_too() {
    let server = serve(answering(|asked, _| {
        Answers::status(asked.path.trim_start_matches('/').parse().unwrap())
    }))
    .await;
    let reader = reader(&[&server.host]);
    for status in [204, 206, 300, 400, 401, 403, 404, 410, 500] {
        assert_eq!(reader.refused(&server.url(&format!("/{status}"))).await, "fetch-status", "{status}");
        // A fault of the server's own counts against the host; these are honest apart from that.
        assert!(reader.get(&server.url("/200")).await.is_ok());
        std::fs::remove_dir_all(reader.dir.path().join("raw")).unwrap();
    }
}

#[tokio::test]
async fn a_local_path_and_an_address_are_both_input() {
    let server = serve(answering(|_, _| Answers::text("a;b\n"))).await;
    let reader = reader(&[&server.host]);
    let path = reader.dir.path().join("trad.csv");
    std::fs::write(&path, "a;b\n").unwrap();
    let local = reader.client.input(path.to_str().unwrap(), What::File).await.unwrap();
    let remote = reader.client.input(&server.url("/trad.csv"), What::File).await.unwrap();
    assert_eq!(local.sha256, remote.sha256);
    assert_eq!((local.name(), remote.name()), ("trad.csv", "trad.csv"));
    assert!(remote.path.starts_with(reader.dir.path().join("raw")) && Path::new(&local.path).ends_with("trad.csv"));
    assert_eq!(reader.client.input("no/such.csv", What::File).await.unwrap_err().id, "input-absent");
}
