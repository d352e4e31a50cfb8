//! What one try of a link sees.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use fyr_fetch::{Patience, verdict};
use fyr_model::link::{LinkState, LinkTry, LinkVerdict};

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

fn hasty() -> Patience {
    Patience {
        pause: Duration::from_millis(20),
        rest_max: Duration::from_secs(1),
        ..Patience::default()
    }
}

async fn all(reader: &Reader, urls: &[String], earlier: &BTreeMap<String, Vec<LinkTry>>) -> BTreeMap<String, LinkVerdict> {
    let addresses: BTreeSet<String> = urls.iter().cloned().collect();
    let found = reader.client.links(&addresses, earlier, &hasty()).await;
    found.into_iter().map(|one| (one.url.clone(), one)).collect()
}

#[tokio::test]
async fn every_kind_of_answer_has_its_verdict_and_its_tries() {
    let server = serve(answering(|asked, _| match asked.path.as_str() {
        "/trad.csv" => Answers::text("a;b\n1;2\n"),
        "/saknas.csv" => Answers::status(404),
        "/stangd.csv" => Answers::status(403),
        "/brandvagg.csv" => Answers::text("<html><body>Access Denied. Reference 18").with("content-type", "text/html"),
        _ => Answers::status(404),
    }))
    .await;
    let reader = reader(&[&server.host]);
    let paths = ["/trad.csv", "/saknas.csv", "/stangd.csv", "/brandvagg.csv"];
    let urls: Vec<String> = paths.iter().map(|path| server.url(path)).collect();
    let found = all(&reader, &urls, &BTreeMap::new()).await;
    let state = |path: &str| {
        let one = &found[&server.url(path)];
        (one.state, one.settled, one.tries.len(), one.head_status())
    };
    assert_eq!(state("/trad.csv"), (LinkState::Alive, true, 1, Some(200)));
    // A single run never confirms that something is gone, so nothing is lost for it.
    assert_eq!(state("/saknas.csv"), (LinkState::Unreachable, false, 2, Some(404)));
    assert_eq!(found[&server.url("/saknas.csv")].counts(), None);
    assert_eq!(state("/stangd.csv"), (LinkState::Refused, true, 2, Some(403)));
    assert_eq!(state("/brandvagg.csv"), (LinkState::Refused, true, 2, Some(200)));
}

#[tokio::test]
async fn what_fails_in_passing_is_tried_again_and_what_looks_gone_is_confirmed_by_days() {
    let server = serve(answering(|asked, nth| match asked.path.as_str() {
        "/trott.csv" if nth < 2 => Answers::status(500),
        "/trott.csv" => Answers::text("a;b\n1;2\n"),
        _ => Answers::status(410),
    }))
    .await;
    let reader = reader(&[&server.host]);
    let tired = all(&reader, &[server.url("/trott.csv")], &BTreeMap::new()).await;
    let one = &tired[&server.url("/trott.csv")];
    assert_eq!((one.state, one.settled), (LinkState::Alive, true));
    assert!(one.tries.len() > 2, "{:?}", one.tries);
    let gone = server.url("/borta.csv");
    let before = |hours| LinkTry {
        at: Utc::now() - TimeDelta::hours(hours),
        ..tired[&server.url("/trott.csv")].tries[0].clone()
    };
    let missing = |hours| LinkTry {
        method: "GET".into(),
        status: Some(404),
        error: None,
        ..before(hours)
    };
    for (hours, state) in [([60, 30], LinkState::Gone), ([40, 30], LinkState::Unreachable)] {
        let earlier = BTreeMap::from([(gone.clone(), hours.map(missing).to_vec())]);
        let found = all(&reader, std::slice::from_ref(&gone), &earlier).await;
        assert_eq!(
            (found[&gone].state, found[&gone].counts().is_some()),
            (state, state == LinkState::Gone)
        );
    }
}

#[tokio::test]
async fn h10_a_short_rest_is_waited_for_and_a_long_one_leaves_the_host_alone() {
    let soon = serve(answering(|_, nth| match nth {
        0 => Answers::status(429).with("retry-after", "1"),
        _ => Answers::text("a;b\n1;2\n"),
    }))
    .await;
    let busy = serve(answering(|_, _| Answers::status(429).with("retry-after", "3600"))).await;
    let reader = reader(&[&soon.host, &busy.host]);
    let mut urls: Vec<String> = (0..10).map(|number| busy.url(&format!("/{number:02}.csv"))).collect();
    urls.push(soon.url("/trad.csv"));
    let found = all(&reader, &urls, &BTreeMap::new()).await;
    let patient = &found[&soon.url("/trad.csv")];
    assert_eq!((patient.state, patient.tries[0].retry_after), (LinkState::Alive, Some(1)));
    let first = &found[&busy.url("/00.csv")];
    assert_eq!((first.state, first.settled, first.tries.len()), (LinkState::Throttled, false, 1));
    // Two addresses of a host are asked side by side; the other eight keep what was known of them.
    assert!(busy.asked() <= 3, "{}", busy.asked());
    assert!(found[&busy.url("/09.csv")].tries.is_empty());
    assert!(found.values().all(|one| one.counts() != Some(false)));
}
