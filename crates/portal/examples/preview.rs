//! Serves the pages on an invented installation, for looking at them: `cargo run -p fyr-portal --example preview -- 127.0.0.1:8080`.

#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "../tests/invented/mod.rs"]
mod invented;

#[tokio::main]
async fn main() {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8080".into());
    let folder = tempfile::tempdir().unwrap();
    let portal = invented::portal(folder.path());
    let listener = tokio::net::TcpListener::bind(&address).await.unwrap();
    // With a second word the operator's door: the name is `kim`, the key that word.
    let router = match std::env::args().nth(2) {
        Some(key) => fyr_portal::operator(portal, invented::keys(&key)),
        None => fyr_portal::router(portal),
    };
    println!("http://{address}/");
    let stop = async {
        let _ = tokio::signal::ctrl_c().await;
    };
    fyr_portal::serve(listener, router, stop).await.unwrap();
}
