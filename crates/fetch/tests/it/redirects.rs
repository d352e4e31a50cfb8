//! Each hop is judged like the first (H04).

use crate::servers::{Answers, answering, serve};
use crate::{reader, reader_with, text_of};

#[tokio::test]
async fn h04_a_redirect_to_an_address_that_is_not_allowed_is_not_followed() {
    let victim = serve(answering(|_, _| Answers::text("secret"))).await;
    let inside = victim.url("/admin");
    let honest = serve(answering(|asked, _| match asked.path.as_str() {
        "/end" => Answers::text("x"),
        _ => Answers::to(301, "/end"),
    }))
    .await;
    let evil = serve(answering(move |asked, _| match asked.path.as_str() {
        "/port" => Answers::to(302, &inside),
        "/address" => Answers::to(302, "http://127.0.0.1/"),
        "/metadata" => Answers::to(307, "http://169.254.169.254/latest/"),
        "/number" => Answers::to(302, "http://0x7f000001/"),
        "/file" => Answers::to(302, "file:///etc/hostname"),
        "/user" => Answers::to(302, "http://anna:hemligt@data.exempelby.example/"),
        _ => Answers::to(302, "http://localhost/"),
    }))
    .await;
    let reader = reader(&[&honest.host, &evil.host]);
    for (path, id) in [
        ("/port", "fetch-port"),
        ("/address", "fetch-address"),
        ("/metadata", "fetch-address"),
        ("/number", "fetch-address"),
        ("/name", "fetch-address"),
        ("/file", "fetch-scheme"),
        ("/user", "fetch-userinfo"),
    ] {
        assert_eq!(reader.refused(&evil.url(path)).await, id, "{path}");
    }
    assert_eq!(victim.asked(), 0);
    let refusal = reader.get(&evil.url("/address")).await.unwrap_err();
    assert_eq!(refusal.subject, evil.url("/address"));
    assert!(refusal.message.en.contains("http://127.0.0.1/") && refusal.message.en.contains("loopback"));

    let followed = reader.get(&honest.url("/start")).await.unwrap();
    assert_eq!((text_of(&followed).as_str(), followed.statuses), ("x", vec![301, 200]));
    assert_eq!((followed.url, followed.final_url), (honest.url("/start"), honest.url("/end")));
}

#[tokio::test]
async fn h04_a_port_on_the_list_does_not_open_the_address_behind_a_redirect() {
    let victim = serve(answering(|_, _| Answers::text("secret"))).await;
    let inside = victim.url("/admin");
    let evil = serve(answering(move |_, _| Answers::to(302, &inside))).await;
    let port = victim.port;
    let reader = reader_with(&[&evil.host], |config| config.ports.push(port));
    assert_eq!(reader.refused(&evil.url("/")).await, "fetch-address");
    assert_eq!(victim.asked(), 0);
}

#[tokio::test]
async fn h04_five_hops_are_followed_and_the_sixth_is_not() {
    let server = serve(answering(|asked, _| {
        match asked.path.trim_start_matches('/').parse::<u32>().unwrap() {
            0 => Answers::text("x"),
            left => Answers::to(308, &format!("/{}", left - 1)),
        }
    }))
    .await;
    let reader = reader(&[&server.host]);
    assert_eq!(
        reader.get(&server.url("/5")).await.unwrap().statuses,
        [308, 308, 308, 308, 308, 200]
    );
    let refusal = reader.get(&server.url("/6")).await.unwrap_err();
    assert_eq!((refusal.id.as_str(), server.asked()), ("fetch-redirect", 12));
}

#[tokio::test]
async fn h04_a_circle_and_a_redirect_without_an_address_are_refused() {
    let server = serve(answering(|asked, _| match asked.path.as_str() {
        "/a" => Answers::to(302, "/b"),
        "/b" => Answers::to(302, "/a#again"),
        "/nowhere" => Answers::status(302),
        "/broken" => Answers::to(302, "http://["),
        _ => Answers::text("x"),
    }))
    .await;
    let reader = reader(&[&server.host]);
    for path in ["/a", "/nowhere", "/broken"] {
        assert_eq!(reader.refused(&server.url(path)).await, "fetch-redirect", "{path}");
    }
    assert!(reader.get(&server.url("/c")).await.is_ok());
}
