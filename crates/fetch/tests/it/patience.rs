//! Retries, waits, places per host, rest (H10).

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures::future::{FutureExt as _, join_all};

use crate::servers::{Answers, answering, lie, serve};
use crate::{reader_with, text_of};

#[tokio::test]
async fn h10_a_fault_that_may_pass_is_asked_again_and_one_that_cannot_is_not() {
    for (status, requests) in [
        (408, 3),
        (425, 3),
        (429, 3),
        (500, 3),
        (503, 3),
        (400, 1),
        (403, 1),
        (404, 1),
        (410, 1),
    ] {
        let server = serve(answering(
            move |_, count| if count < 2 { Answers::status(status) } else { Answers::text("x") },
        ))
        .await;
        let reader = reader_with(&[&server.host], |config| config.limits.retries_max = 2);
        let read = reader.get(&server.url("/")).await;
        assert_eq!((server.asked(), read.is_ok()), (requests, requests == 3), "{status}");
    }
}

#[tokio::test]
async fn h10_retries_end() {
    let server = serve(answering(|_, _| Answers::status(500))).await;
    let reader = reader_with(&[&server.host], |config| config.limits.retries_max = 2);
    assert_eq!(reader.refused(&server.url("/")).await, "fetch-status");
    assert_eq!(server.asked(), 3);
}

#[tokio::test]
async fn h10_what_the_host_asks_for_wins_over_our_own_wait() {
    let server = serve(answering(|_, count| match count {
        0 => Answers::status(503).with("retry-after", "1"),
        _ => Answers::text("x"),
    }))
    .await;
    let reader = reader_with(&[&server.host], |config| config.limits.retries_max = 1);
    let started = Instant::now();
    assert_eq!(text_of(&reader.get(&server.url("/")).await.unwrap()), "x");
    assert!(started.elapsed() >= Duration::from_secs(1));
}

#[tokio::test]
async fn h10_a_host_that_asks_for_an_hour_is_left_alone_and_others_are_not() {
    let tired = serve(answering(|_, _| Answers::status(429).with("retry-after", "3600"))).await;
    let other = serve(answering(|_, _| Answers::text("x"))).await;
    let reader = reader_with(&[&tired.host, &other.host], |config| config.limits.retries_max = 2);
    assert_eq!(reader.refused(&tired.url("/")).await, "fetch-status");
    assert_eq!(reader.refused(&tired.url("/")).await, "fetch-unreachable");
    assert_eq!(tired.asked(), 1);
    assert!(reader.get(&other.url("/")).await.is_ok());
}

#[tokio::test]
async fn h10_a_sick_host_is_not_asked_for_a_while() {
    let sick = lie(|stream| async move { drop(stream) }).await;
    let well = serve(answering(|_, _| Answers::text("x"))).await;
    let reader = reader_with(&[&sick.host, &well.host], |_| {});
    for _ in 0..7 {
        assert_eq!(reader.refused(&sick.url("/")).await, "fetch-unreachable");
    }
    assert_eq!(sick.asked(), 5);
    assert!(reader.get(&well.url("/")).await.is_ok());
}

#[tokio::test]
async fn h10_a_host_sees_at_most_two_requests_at_a_time() {
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (at_once, peak) = (Arc::clone(&now), Arc::clone(&most));
    let server = serve(Arc::new(move |_, _| {
        let (at_once, peak) = (Arc::clone(&at_once), Arc::clone(&peak));
        async move {
            peak.fetch_max(at_once.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(50)).await;
            at_once.fetch_sub(1, Ordering::SeqCst);
            Answers::text("x")
        }
        .boxed()
    }))
    .await;
    let reader = reader_with(&[&server.host], |_| {});
    let urls: Vec<String> = (0..8).map(|n| server.url(&format!("/{n}"))).collect();
    let all = join_all(urls.iter().map(|url| reader.get(url))).await;
    assert!(all.iter().all(Result::is_ok));
    assert_eq!(most.load(Ordering::SeqCst), 2);
}
