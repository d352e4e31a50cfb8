//! Servers of these tests: honest ones by axum, liars by hand on the bare socket.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use futures::future::{BoxFuture, FutureExt as _};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// A running server; it stops with the runtime of its test.
pub struct Server {
    pub port: u16,
    pub host: String,
    asked: Arc<AtomicUsize>,
}

impl Server {
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.host)
    }
    /// Requests (or connections, for a liar) so far.
    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
    fn at(address: SocketAddr, asked: Arc<AtomicUsize>) -> Self {
        Self {
            port: address.port(),
            host: address.to_string(),
            asked,
        }
    }
}

/// A request as a test sees it.
pub struct Asked {
    pub method: String,
    pub path: String,
    pub headers: BTreeMap<String, String>,
    pub body: Vec<u8>,
}

impl Asked {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }
}

/// An answer as a test writes it.
pub struct Answers {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    pub wait: Duration,
}

impl Answers {
    pub fn status(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Vec::new(),
            wait: Duration::ZERO,
        }
    }
    pub fn bytes(body: impl Into<Vec<u8>>) -> Self {
        Self {
            body: body.into(),
            ..Self::status(200)
        }
    }
    pub fn text(text: &str) -> Self {
        Self::bytes(text).with("content-type", "text/plain")
    }
    pub fn to(status: u16, location: &str) -> Self {
        Self::status(status).with("location", location)
    }
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(known, _)| known != name);
        self.headers.push((name.into(), value.into()));
        self
    }
    pub fn after(mut self, wait: Duration) -> Self {
        self.wait = wait;
        self
    }
}

type Handler = Arc<dyn Fn(Asked, usize) -> BoxFuture<'static, Answers> + Send + Sync>;

/// A handler that knows the request and how many came before it.
pub fn answering(answer: impl Fn(Asked, usize) -> Answers + Send + Sync + 'static) -> Handler {
    Arc::new(move |asked, count| {
        let answer = answer(asked, count);
        async move {
            tokio::time::sleep(answer.wait).await;
            answer
        }
        .boxed()
    })
}

pub async fn serve(handler: Handler) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = Server::at(listener.local_addr().unwrap(), Arc::default());
    let state = (handler, Arc::clone(&server.asked));
    let app = axum::Router::new().fallback(answer).with_state(state);
    tokio::spawn(async move { axum::serve(listener, app).await });
    server
}

async fn answer(State((handler, asked)): State<(Handler, Arc<AtomicUsize>)>, request: Request) -> Response {
    let before = asked.fetch_add(1, Ordering::SeqCst);
    let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let (head, body) = request.into_parts();
    let seen = Asked {
        method: head.method.to_string(),
        path: head.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned(),
        headers: head.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect(),
        body: axum::body::to_bytes(body, 1 << 20).await.unwrap().to_vec(),
    };
    let answers = handler(seen, before).await;
    let mut response = Response::builder().status(answers.status);
    for (name, value) in &answers.headers {
        response = response.header(name, value);
    }
    response.body(Body::from(answers.body)).unwrap()
}

/// A server on the bare socket: reads the request's head, then `act` does what it likes with the connection.
pub async fn lie<F>(act: impl Fn(TcpStream) -> F + Send + Sync + 'static) -> Server
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = Server::at(listener.local_addr().unwrap(), Arc::default());
    let asked = Arc::clone(&server.asked);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            asked.fetch_add(1, Ordering::SeqCst);
            let mut head = Vec::new();
            let mut byte = [0u8];
            while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).await.is_ok_and(|count| count > 0) {
                head.extend_from_slice(&byte);
            }
            tokio::spawn(act(stream));
        }
    });
    server
}

/// Writes `head` and then `piece` every `pause`, `times` times.
pub async fn drip(mut stream: TcpStream, head: &str, piece: &[u8], pause: Duration, times: usize) {
    if stream.write_all(head.as_bytes()).await.is_err() {
        return;
    }
    for _ in 0..times {
        if stream.write_all(piece).await.is_err() || stream.flush().await.is_err() {
            return;
        }
        tokio::time::sleep(pause).await;
    }
}
