//! A body to a file, counted twice: bytes on the wire and bytes after decoding (H05, H06, H07).

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use flate2::write::MultiGzDecoder;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use tokio::time::timeout;

use crate::raw::{RawStore, Stored, Writing};
use crate::refuse::{self, Fault, passing};
use crate::send::{Answer, Body};

/// The limits of one body.
#[derive(Debug, Clone)]
pub struct Caps {
    pub wire_max: u64,
    /// The configuration key that raises `wire_max`.
    pub wire_key: &'static str,
    pub decoded_max: u64,
    pub ratio_max: u64,
    pub ratio_from: u64,
    pub idle: Duration,
    pub speed_min: u64,
    pub speed_after: Duration,
}

/// Reads the whole body of `answer` into the raw store.
pub async fn store(answer: Answer, raw: &RawStore, caps: &Caps, url: &str) -> Result<Stored, Fault> {
    let promised = answer.header(CONTENT_LENGTH).and_then(|text| text.trim().parse().ok());
    if promised.is_some_and(|bytes: u64| bytes > caps.wire_max) {
        return Err(refuse::too_large(url, caps.wire_max, caps.wire_key).into());
    }
    let gzip = is_gzip(&answer, url)?;
    let writing = raw.begin().map_err(|error| refuse::disk(url, error.kind()))?;
    let mut taker = Taker::new(writing, gzip, caps.clone(), url);
    match answer.body {
        Body::Empty => {}
        Body::File(ref path) => copy(path, &mut taker).await?,
        Body::Http(response) => stream(*response, &mut taker, promised).await?,
    }
    taker.finish()
}

/// One layer of gzip, or none.
fn is_gzip(answer: &Answer, url: &str) -> Result<bool, Fault> {
    let all: Vec<String> = answer
        .headers
        .get_all(CONTENT_ENCODING)
        .iter()
        .flat_map(|value| {
            String::from_utf8_lossy(value.as_bytes())
                .split(',')
                .map(|one| one.trim().to_lowercase())
                .collect::<Vec<_>>()
        })
        .filter(|one| !one.is_empty() && one != "identity")
        .collect();
    match all.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] => Ok(false),
        ["gzip" | "x-gzip"] => Ok(true),
        _ => Err(refuse::encoding(url, &all.join(", ")).into()),
    }
}

/// A folder's file, with a breath between pieces so that other work goes on.
async fn copy(path: &Path, taker: &mut Taker<'_>) -> Result<(), Fault> {
    let mut file = File::open(path).map_err(|_| refuse::absent(taker.url))?;
    let mut buffer = vec![0u8; 1 << 16];
    loop {
        match file.read(&mut buffer).map_err(|_| refuse::absent(taker.url))? {
            0 => return Ok(()),
            count => taker.take(buffer.get(..count).unwrap_or_default())?,
        }
        tokio::task::yield_now().await;
    }
}

async fn stream(mut response: reqwest::Response, taker: &mut Taker<'_>, promised: Option<u64>) -> Result<(), Fault> {
    let (url, caps) = (taker.url, taker.caps.clone());
    let started = Instant::now();
    loop {
        let chunk = match timeout(caps.idle, response.chunk()).await {
            Err(_) => return Err(refuse::timeout(url, ("väntan på nästa byte", "the wait for the next byte"), caps.idle).into()),
            // Whatever breaks a body off, it is short: nothing of it is kept.
            Ok(Err(_)) => return Err(passing(refuse::short(url, taker.wire, promised))),
            Ok(Ok(None)) => break,
            Ok(Ok(Some(chunk))) => chunk,
        };
        taker.take(&chunk)?;
        let spent = started.elapsed();
        let speed = taker.wire / spent.as_secs().max(1);
        if spent >= caps.speed_after && speed < caps.speed_min {
            return Err(refuse::slow(url, speed, caps.speed_min).into());
        }
    }
    match promised {
        Some(bytes) if bytes != taker.wire => Err(passing(refuse::short(url, taker.wire, promised))),
        _ => Ok(()),
    }
}

/// Takes chunks as they come, decodes and counts them.
struct Taker<'a> {
    url: &'a str,
    caps: Caps,
    wire: u64,
    sink: Sink,
}

enum Sink {
    Plain(Box<Counted>),
    Gzip(Box<MultiGzDecoder<Counted>>),
}

/// The store's file behind the limits on decoded bytes.
struct Counted {
    to: Writing,
    wire: u64,
    caps: Caps,
}

/// Which limit a write ran into.
#[derive(Debug, thiserror::Error)]
enum Over {
    #[error("too many decoded bytes")]
    Decoded,
    #[error("too many decoded bytes for each byte on the wire")]
    Ratio,
}

impl<'a> Taker<'a> {
    fn new(to: Writing, gzip: bool, caps: Caps, url: &'a str) -> Self {
        let counted = Counted {
            to,
            wire: 0,
            caps: caps.clone(),
        };
        let sink = if gzip {
            Sink::Gzip(Box::new(MultiGzDecoder::new(counted)))
        } else {
            Sink::Plain(Box::new(counted))
        };
        Self { url, caps, wire: 0, sink }
    }

    fn take(&mut self, chunk: &[u8]) -> Result<(), Fault> {
        self.wire += chunk.len() as u64;
        if self.wire > self.caps.wire_max {
            return Err(refuse::too_large(self.url, self.caps.wire_max, self.caps.wire_key).into());
        }
        let written = match &mut self.sink {
            Sink::Plain(counted) => {
                counted.wire = self.wire;
                counted.write_all(chunk)
            }
            Sink::Gzip(decoder) => {
                decoder.get_mut().wire = self.wire;
                decoder.write_all(chunk)
            }
        };
        written.map_err(|error| self.why(&error))
    }

    fn finish(mut self) -> Result<Stored, Fault> {
        let whole = match &mut self.sink {
            Sink::Plain(counted) => counted.flush(),
            Sink::Gzip(decoder) => decoder.try_finish(),
        };
        whole.map_err(|error| match self.why(&error) {
            // What only shows at the end is an end that is missing or wrong.
            fault if fault.refusal.id == "fetch-encoding" => passing(refuse::short(self.url, self.wire, None)),
            fault => fault,
        })?;
        let counted = match self.sink {
            Sink::Plain(counted) => *counted,
            Sink::Gzip(decoder) => decoder.finish().map_err(|error| refuse::disk(self.url, error.kind()))?,
        };
        counted.to.finish().map_err(|error| refuse::disk(self.url, error.kind()).into())
    }

    fn why(&self, error: &io::Error) -> Fault {
        let over = error.get_ref().and_then(|inner| inner.downcast_ref::<Over>());
        match (over, error.kind()) {
            (Some(Over::Decoded), _) => refuse::too_large(self.url, self.caps.decoded_max, "decoded_bytes_max").into(),
            (Some(Over::Ratio), _) => refuse::ratio(self.url, self.caps.ratio_max, self.wire).into(),
            // The decoder saw no end, or no gzip at all.
            (None, io::ErrorKind::UnexpectedEof) => passing(refuse::short(self.url, self.wire, None)),
            (None, io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData) => refuse::damaged(self.url, self.wire).into(),
            (None, kind) => refuse::disk(self.url, kind).into(),
        }
    }
}

impl Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let decoded = self.to.bytes().saturating_add(bytes.len() as u64);
        if decoded > self.caps.decoded_max {
            return Err(io::Error::other(Over::Decoded));
        }
        if decoded > self.caps.ratio_from && decoded > self.wire.saturating_mul(self.caps.ratio_max) {
            return Err(io::Error::other(Over::Ratio));
        }
        self.to.write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

/// The first bytes of a body, for a look at what it is; the rest is not read.
pub async fn first_bytes(answer: Answer, count: usize, idle: Duration) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    match answer.body {
        Body::Empty => {}
        Body::File(path) => {
            File::open(path)?.take(count as u64).read_to_end(&mut bytes)?;
        }
        Body::Http(mut response) => {
            while bytes.len() < count {
                match timeout(idle, response.chunk()).await {
                    Err(_) => return Err(io::ErrorKind::TimedOut.into()),
                    Ok(Err(_)) => return Err(io::ErrorKind::ConnectionReset.into()),
                    Ok(Ok(None)) => break,
                    Ok(Ok(Some(chunk))) => bytes.extend_from_slice(&chunk),
                }
            }
            bytes.truncate(count);
        }
    }
    Ok(bytes)
}
