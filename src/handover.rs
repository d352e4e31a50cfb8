//! Handing an order to the server that owns the data folder, through `data/fyr.sock` (0600): one line of JSON each way.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::Path;

use chrono::Utc;
use fyr_model::Refusal;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt};

use crate::order::{Order, Reply};
use crate::site::{Site, socket};
use crate::workspace::internal;

/// The most that one order may be.
const ORDER_BYTES_MAX: u64 = 1 << 20;

/// Asks the running server, if there is one.
pub fn ask(data: &Path, order: &Order) -> Option<Result<Reply, Refusal>> {
    let stream = UnixStream::connect(socket(data)).ok()?;
    Some(talk(stream, order).map_err(|error| internal("socket", &error)))
}

fn talk(mut stream: UnixStream, order: &Order) -> std::io::Result<Reply> {
    let mut line = serde_json::to_vec(order)?;
    line.push(b'\n');
    stream.write_all(&line)?;
    let mut answer = String::new();
    BufReader::new(stream).read_line(&mut answer)?;
    Ok(serde_json::from_str(&answer)?)
}

/// Listens for orders until the task is dropped.
pub async fn listen(site: Site) -> Result<(), Refusal> {
    let path = socket(&site.config.data);
    // We own the folder, so a socket left by a dead process is ours to remove.
    let _ = std::fs::remove_file(&path);
    let listener = tokio::net::UnixListener::bind(&path).map_err(|error| internal("socket", &error))?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).map_err(|error| internal("socket", &error))?;
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let site = site.clone();
                tokio::spawn(async move {
                    if let Err(error) = serve(stream, &site).await {
                        tracing::warn!(%error, "an order was not answered");
                    }
                });
            }
            Err(error) => tracing::warn!(%error, "an order could not be accepted"),
        }
    }
}

async fn serve(stream: tokio::net::UnixStream, site: &Site) -> std::io::Result<()> {
    let (reading, mut writing) = stream.into_split();
    let mut line = String::new();
    tokio::io::BufReader::new(tokio::io::AsyncReadExt::take(reading, ORDER_BYTES_MAX))
        .read_line(&mut line)
        .await?;
    let reply = match serde_json::from_str::<Order>(&line) {
        Ok(order) => site.execute(order, "manual", Utc::now()).await,
        Err(error) => Reply::Refused {
            refusal: internal("order", &error),
        },
    };
    let mut answer = serde_json::to_vec(&reply)?;
    answer.push(b'\n');
    writing.write_all(&answer).await
}
