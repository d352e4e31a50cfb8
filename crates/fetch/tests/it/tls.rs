//! Certificates and the way down from https (H04, H09). Key and certificate were made for these tests and guard nothing.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::Arc;
use std::thread;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::servers::{Answers, answering, serve};
use crate::{Reader, reader_with, text_of};

const CERTIFICATE: &[u8] = include_bytes!("invented-certificate.pem");
const KEY: &[u8] = include_bytes!("invented-key.pem");

/// Serves `head` and body over TLS with the self-signed certificate; gives `host:port`.
fn serve_tls(answer: String) -> String {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let certificate = CertificateDer::from_pem_slice(CERTIFICATE).unwrap();
    let key = PrivateKeyDer::from_pem_slice(KEY).unwrap();
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        for tcp in listener.incoming().flatten() {
            let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut stream = StreamOwned::new(connection, tcp);
            let mut head = [0u8; 4096];
            if stream.read(&mut head).is_ok() {
                let _ = stream.write_all(answer.as_bytes());
                stream.conn.send_close_notify();
                let _ = stream.flush();
            }
        }
    });
    host
}

fn trusting(hosts: &[&str]) -> Reader {
    reader_with(hosts, |config| {
        let file = config.mirror_base.join("pinned.pem");
        std::fs::write(&file, CERTIFICATE).unwrap();
        config.certificates.insert("127.0.0.1".into(), "pinned.pem".into());
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn h09_a_self_signed_certificate_is_refused_unless_it_is_pinned() {
    let host = serve_tls("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx".into());
    let url = format!("https://{host}/");
    assert_eq!(reader_with(&[&host], |_| {}).refused(&url).await, "fetch-certificate");
    assert_eq!(text_of(&trusting(&[&host]).get(&url).await.unwrap()), "x");
}

#[tokio::test(flavor = "multi_thread")]
async fn h04_the_way_from_https_down_to_http_is_refused() {
    let plain = serve(answering(|_, _| Answers::text("x"))).await;
    let location = plain.url("/");
    let host = serve_tls(format!(
        "HTTP/1.1 301 Moved\r\nLocation: {location}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    ));
    let reader = trusting(&[&host, &plain.host]);
    assert_eq!(reader.refused(&format!("https://{host}/")).await, "fetch-downgrade");
    assert_eq!(plain.asked(), 0);
    assert!(reader.get(&plain.url("/")).await.is_ok());
}

#[test]
fn a_pinned_file_without_a_certificate_is_a_configuration_error() {
    let config = fyr_fetch::FetchConfig {
        certificates: [("data.exempelby.example".to_owned(), "absent.pem".into())].into(),
        ..fyr_fetch::FetchConfig::default()
    };
    assert_eq!(fyr_fetch::Client::new(config).err().unwrap().id, "fetch-configuration");
}
