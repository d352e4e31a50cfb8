//! Bodies that are too large, too short, too slow or grow when unpacked (H05, H06, H07).

use std::io::Write as _;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use fyr_fetch::FetchConfig;

use crate::servers::{Answers, Server, answering, drip, lie, serve};
use crate::{Reader, reader, reader_with, text_of};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn limited(server: &Server, change: impl FnOnce(&mut FetchConfig)) -> Reader {
    reader_with(&[&server.host], change)
}

#[tokio::test]
async fn h05_a_body_at_the_limit_is_read_and_one_byte_more_is_not() {
    let server = serve(answering(|asked, _| {
        Answers::bytes(vec![b'x'; asked.path.trim_start_matches('/').parse().unwrap()])
    }))
    .await;
    let reader = limited(&server, |config| config.limits.body_bytes_max = 100_000);
    assert_eq!(reader.refused(&server.url("/100001")).await, "fetch-too-large");
    assert_eq!(reader.get(&server.url("/100000")).await.unwrap().bytes, 100_000);
}

#[tokio::test]
async fn h05_an_endless_body_without_a_length_is_cut_off() {
    let piece = format!("2000\r\n{}\r\n", "x".repeat(0x2000));
    let server = lie(move |stream| {
        let piece = piece.clone();
        async move {
            let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
            drip(stream, head, piece.as_bytes(), Duration::ZERO, usize::MAX).await;
        }
    })
    .await;
    let reader = limited(&server, |config| config.limits.body_bytes_max = 1 << 20);
    let refusal = reader.get(&server.url("/")).await.unwrap_err();
    assert_eq!((refusal.id.as_str(), reader.kept()), ("fetch-too-large", 0));
    assert!(refusal.hint.unwrap().en.contains("fetch.body_bytes_max"));
}

#[tokio::test]
async fn h05_a_short_body_is_a_failed_fetch() {
    let server = lie(|stream| drip(stream, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", b"12345", Duration::ZERO, 1)).await;
    let chunked = lie(|stream| {
        drip(
            stream,
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n",
            b"12345\r\n",
            Duration::ZERO,
            1,
        )
    })
    .await;
    let honest = lie(|stream| drip(stream, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", b"12345", Duration::ZERO, 2)).await;
    let reader = reader(&[&server.host, &chunked.host, &honest.host]);
    assert_eq!(reader.refused(&server.url("/")).await, "fetch-short");
    assert_eq!(reader.refused(&chunked.url("/")).await, "fetch-short");
    assert_eq!(text_of(&reader.get(&honest.url("/")).await.unwrap()), "1234512345");
}

#[tokio::test]
async fn h05_a_short_body_is_asked_for_again() {
    let server = lie(|stream| drip(stream, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", b"12345", Duration::ZERO, 1)).await;
    let reader = limited(&server, |config| config.limits.retries_max = 2);
    assert_eq!(reader.refused(&server.url("/")).await, "fetch-short");
    assert_eq!((server.asked(), reader.client.requests_sent()), (3, 3));
}

#[tokio::test]
async fn h06_a_bomb_is_stopped_while_it_unpacks_and_honest_gzip_is_read() {
    let bomb = gzip(&vec![b'0'; 40 << 20]);
    let honest: Vec<u8> = (0..40_000u32)
        .flat_map(|n| format!("{n};{}\n", n.wrapping_mul(2_654_435_761)).into_bytes())
        .collect();
    let whole = honest.len() as u64;
    let packed = gzip(&honest);
    let server = serve(answering(move |asked, _| {
        let body = if asked.path == "/bomb" { bomb.clone() } else { packed.clone() };
        assert_eq!(asked.header("accept-encoding"), Some("gzip"));
        Answers::bytes(body).with("content-encoding", "gzip")
    }))
    .await;
    let reader = limited(&server, |_| {});
    assert_eq!(reader.refused(&server.url("/bomb")).await, "fetch-ratio");
    let small = limited(&server, move |config| config.limits.decoded_bytes_max = whole - 1);
    assert_eq!(small.refused(&server.url("/honest")).await, "fetch-too-large");
    let exact = limited(&server, move |config| config.limits.decoded_bytes_max = whole);
    assert_eq!(exact.get(&server.url("/honest")).await.unwrap().bytes, whole);
}

#[tokio::test]
async fn h06_the_ratio_counts_only_past_its_floor() {
    let zeros = gzip(&vec![b'0'; 1 << 20]);
    let server = serve(answering(move |_, _| {
        Answers::bytes(zeros.clone()).with("content-encoding", "gzip")
    }))
    .await;
    let above = limited(&server, |config| config.limits.ratio_from_bytes = (1 << 20) - 1);
    assert_eq!(above.refused(&server.url("/")).await, "fetch-ratio");
    let below = limited(&server, |config| config.limits.ratio_from_bytes = 1 << 20);
    assert_eq!(below.get(&server.url("/")).await.unwrap().bytes, 1 << 20);
}

#[tokio::test]
async fn h06_one_layer_of_gzip_is_read_and_nothing_else() {
    let packed = gzip(b"fyr");
    let twice = gzip(&packed);
    let server = serve(answering(move |asked, _| match asked.path.as_str() {
        "/twice" => Answers::bytes(twice.clone()).with("content-encoding", "gzip, gzip"),
        "/brotli" => Answers::bytes("x").with("content-encoding", "br"),
        "/damaged" => Answers::bytes("no gzip at all, in spite of what it says").with("content-encoding", "gzip"),
        "/cut" => Answers::bytes(packed[..packed.len() - 4].to_vec()).with("content-encoding", "gzip"),
        "/identity" => Answers::bytes("fyr").with("content-encoding", "identity"),
        _ => Answers::bytes(packed.clone()).with("content-encoding", "GZIP"),
    }))
    .await;
    let reader = limited(&server, |_| {});
    for (path, id) in [
        ("/twice", "fetch-encoding"),
        ("/brotli", "fetch-encoding"),
        ("/damaged", "fetch-encoding"),
        ("/cut", "fetch-short"),
    ] {
        assert_eq!(reader.refused(&server.url(path)).await, id, "{path}");
    }
    assert_eq!(text_of(&reader.get(&server.url("/once")).await.unwrap()), "fyr");
    assert_eq!(text_of(&reader.get(&server.url("/identity")).await.unwrap()), "fyr");
}

const CHUNKED: &str = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

fn hasty(config: &mut FetchConfig) {
    config.limits.connect_timeout = Duration::from_millis(500);
    config.limits.header_timeout = Duration::from_millis(500);
    config.limits.idle_timeout = Duration::from_secs(1);
    config.speed_after = Duration::from_secs(1);
}

#[tokio::test]
async fn h07_a_silent_server_and_a_stalled_body_time_out() {
    let silent = lie(|stream| async move {
        tokio::time::sleep(Duration::from_secs(60)).await;
        drop(stream);
    })
    .await;
    let stalled = lie(|stream| drip(stream, CHUNKED, b"1\r\nx\r\n", Duration::from_secs(60), 1)).await;
    let honest = serve(answering(|_, _| Answers::text("x").after(Duration::from_millis(300)))).await;
    let reader = reader_with(&[&silent.host, &stalled.host, &honest.host], hasty);
    for server in [&silent, &stalled] {
        let started = Instant::now();
        assert_eq!(reader.refused(&server.url("/")).await, "fetch-timeout");
        assert!(started.elapsed() < Duration::from_secs(5));
    }
    assert!(reader.get(&honest.url("/")).await.is_ok());
}

#[tokio::test]
async fn h07_a_trickle_is_too_slow_and_a_slow_start_is_not() {
    let trickle = lie(|stream| drip(stream, CHUNKED, b"1\r\nx\r\n", Duration::from_millis(100), 600)).await;
    let honest = lie(|stream| async move {
        drip(
            stream,
            "HTTP/1.1 200 OK\r\nContent-Length: 8192\r\n\r\n",
            &[b'x'; 1024],
            Duration::from_millis(200),
            8,
        )
        .await;
    })
    .await;
    let reader = reader_with(&[&trickle.host, &honest.host], hasty);
    assert_eq!(reader.refused(&trickle.url("/")).await, "fetch-slow");
    assert_eq!(reader.get(&honest.url("/")).await.unwrap().bytes, 8192);
}

#[tokio::test]
async fn h07_the_whole_fetch_has_a_limit_and_a_slow_source_holds_up_no_other() {
    let slow = lie(|stream| drip(stream, CHUNKED, b"1\r\nx\r\n", Duration::from_millis(50), 1200)).await;
    let quick = serve(answering(|_, _| Answers::text("x"))).await;
    let reader = reader_with(&[&slow.host, &quick.host], |config| {
        config.limits.file_timeout = Duration::from_secs(3)
    });
    let started = Instant::now();
    let (slow_url, quick_url) = (slow.url("/"), quick.url("/"));
    let (refused, read) = tokio::join!(reader.get(&slow_url), async {
        let read = reader.get(&quick_url).await;
        (read, started.elapsed())
    });
    assert_eq!(refused.unwrap_err().id, "fetch-timeout");
    assert!(read.0.is_ok() && read.1 < Duration::from_secs(2), "{:?}", read.1);
}
