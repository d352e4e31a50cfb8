//! What one try of a link sees.

use std::time::Duration;

use chrono::DateTime;
use fyr_fetch::verdict;
use fyr_model::link::{LinkState, LinkTry};

use crate::servers::{Answers, answering, lie, serve};
use crate::{Reader, reader, reader_with};

async fn ask(reader: &Reader, url: &str) -> (LinkTry, LinkState) {
    let seen = reader.client.link(url, DateTime::UNIX_EPOCH).await;
    let state = verdict(url, vec![seen.clone()]).state;
    (seen, state)
}

#[tokio::test]
async fn a_convincing_head_is_enough_and_anything_else_is_looked_at() {
    let server = serve(answering(|asked, _| match (asked.method.as_str(), asked.path.as_str()) {
        ("HEAD", "/no-head.csv") => Answers::status(405),
        ("HEAD", "/liar.csv") => Answers::status(404),
        ("GET", "/gone.csv") | ("HEAD", "/gone.csv") => Answers::status(404),
        (_, "/page") => Answers::text("<html><title>Trafik</title>").with("content-type", "text/html"),
        _ => Answers::text("a;b\n1;2\n").with("accept-ranges", "bytes").with("etag", "\"1\""),
    }))
    .await;
    let reader = reader(&[&server.host]);
    let (seen, state) = ask(&reader, &server.url("/trad.csv")).await;
    assert_eq!((seen.method.as_str(), seen.status, state), ("HEAD", Some(200), LinkState::Alive));
    assert!(seen.validator && seen.ranges);
    for (path, expected) in [
        ("/no-head.csv", LinkState::Alive),
        ("/liar.csv", LinkState::Alive),
        ("/page", LinkState::Alive),
        ("/gone.csv", LinkState::Unreachable),
    ] {
        let (seen, state) = ask(&reader, &server.url(path)).await;
        assert_eq!((seen.method.as_str(), state), ("GET", expected), "{path}");
    }
}

#[tokio::test]
async fn h11_login_and_not_found_pages_with_status_200_are_seen_through() {
    let server = serve(answering(|asked, _| {
        let page = match asked.path.as_str() {
            "/login" => "<!doctype html><form><input type=\"password\"></form>",
            "/missing" => "<!doctype html><title>Sidan hittades inte</title>",
            _ => "<!doctype html><title>Statistik</title>",
        };
        Answers::text(page).with("content-type", "text/html")
    }))
    .await;
    let reader = reader(&[&server.host]);
    assert_eq!(ask(&reader, &server.url("/login")).await.1, LinkState::Refused);
    assert_eq!(ask(&reader, &server.url("/missing")).await.1, LinkState::Unreachable);
    assert_eq!(ask(&reader, &server.url("/statistik")).await.1, LinkState::Alive);
}

#[tokio::test]
async fn h01_a_link_is_judged_like_everything_else() {
    let victim = serve(answering(|_, _| Answers::text("secret"))).await;
    let inside = victim.url("/");
    let server = serve(answering(move |_, _| Answers::to(302, &inside))).await;
    let reader = reader(&[&server.host]);
    let (seen, state) = ask(&reader, &server.url("/trad.csv")).await;
    assert_eq!((seen.error.as_deref(), state), (Some("fetch-port"), LinkState::Refused));
    assert_eq!((victim.asked(), server.asked()), (0, 1));
    assert_eq!(ask(&reader, "not an address").await.0.error.as_deref(), Some("fetch-address"));
}

#[tokio::test]
async fn a_busy_host_is_asked_once_and_a_head_that_hangs_is_asked_by_get() {
    let busy = serve(answering(|_, _| Answers::status(503).with("retry-after", "60"))).await;
    let hanging = serve(answering(|asked, _| {
        let wait = if asked.method == "HEAD" { 30 } else { 0 };
        Answers::text("a;b").after(Duration::from_secs(wait))
    }))
    .await;
    let endless = lie(|stream| async move {
        let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        let piece = format!("2000\r\n{}\r\n", "x".repeat(0x2000));
        crate::servers::drip(stream, head, piece.as_bytes(), Duration::ZERO, usize::MAX).await;
    })
    .await;
    let reader = reader_with(&[&busy.host, &hanging.host, &endless.host], |config| {
        config.limits.header_timeout = Duration::from_millis(500);
        config.limits.connect_timeout = Duration::from_millis(500);
    });
    assert_eq!(ask(&reader, &busy.url("/")).await.1, LinkState::Throttled);
    assert_eq!(busy.asked(), 1);
    assert_eq!(ask(&reader, &hanging.url("/")).await.1, LinkState::Alive);
    let (seen, state) = ask(&reader, &endless.url("/")).await;
    assert_eq!((seen.bytes, state), (65_536, LinkState::Alive));
}
