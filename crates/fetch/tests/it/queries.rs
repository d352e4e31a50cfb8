//! Queries sent as the body of a POST: guarded, retried and followed like files.

use crate::servers::{Answers, Asked, answering, serve};
use crate::{reader, reader_with, text_of};

const QUERY: &str = "{\"query\":[]}";

/// Says what it was asked.
fn echo(asked: &Asked) -> Answers {
    let kind = asked.header("content-type").unwrap_or("none");
    Answers::text(&format!("{} {kind} {}", asked.method, String::from_utf8_lossy(&asked.body)))
}

#[tokio::test]
async fn a_query_is_sent_whole_and_again_where_that_may_help() {
    let server = serve(answering(|asked, count| match count {
        0 => Answers::status(429).with("retry-after", "0"),
        1 => Answers::to(307, "/dit"),
        _ => echo(&asked),
    }))
    .await;
    let reader = reader_with(&[&server.host], |config| config.limits.retries_max = 1);
    let answer = reader.client.query(&server.url("/har"), QUERY.into()).await.unwrap();
    assert_eq!(text_of(&answer), format!("POST application/json {QUERY}"));
    assert_eq!(
        (server.asked(), answer.statuses, answer.final_url),
        (3, vec![307, 200], server.url("/dit"))
    );
}

#[tokio::test]
async fn h04_a_query_is_not_carried_where_it_would_become_another_question() {
    for status in [301, 302, 303] {
        let server = serve(answering(move |_, _| Answers::to(status, "/dit"))).await;
        let reader = reader(&[&server.host]);
        let refused = reader.client.query(&server.url("/har"), QUERY.into()).await.unwrap_err();
        assert_eq!(
            (refused.id.as_str(), server.asked(), reader.kept()),
            ("fetch-status", 1, 0),
            "{status}"
        );
    }
}

#[tokio::test]
async fn h01_a_query_is_judged_like_any_address() {
    let server = serve(answering(|asked, _| echo(&asked))).await;
    let stranger = reader_with(&[], |config| config.ports.push(server.port));
    assert_eq!(
        stranger.client.query(&server.url("/"), QUERY.into()).await.unwrap_err().id,
        "fetch-address"
    );
    assert_eq!(server.asked(), 0);
}

#[tokio::test]
async fn what_is_made_of_answers_is_kept_under_its_own_digest() {
    let server = serve(answering(|asked, _| echo(&asked))).await;
    let reader = reader(&[&server.host]);
    let answer = reader.client.query(&server.url("/"), QUERY.into()).await.unwrap();
    let made = reader.dir.path().join("made");
    std::fs::write(&made, "fyr").unwrap();
    let kept = reader.client.keep(&made, answer.clone()).await.unwrap();
    assert_eq!(
        (kept.sha256, kept.bytes, text_of(&kept).as_str()),
        (fyr_model::Sha256::of(b"fyr"), 3, "fyr")
    );
    assert_eq!((kept.url, reader.kept()), (answer.url, 2));
}
