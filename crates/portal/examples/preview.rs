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
    println!("http://{address}/");
    let stop = async {
        let _ = tokio::signal::ctrl_c().await;
    };
    fyr_portal::serve(listener, portal, stop).await.unwrap();
}
