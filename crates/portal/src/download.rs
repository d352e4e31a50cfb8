//! Files of a release: whole or one range, with their digests as tags, never a file whose bytes are not those of the manifest (H55).

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Component, Path as FilePath, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use fyr_model::{PipelineName, Refusal, RefusalKind, Sha256, Text, Version};
use sha2::Digest as _;
use tokio::io::AsyncReadExt as _;
use tokio_util::io::ReaderStream;

use crate::chrome::Reader;
use crate::pages::dataset::{self, Found};
use crate::pages::errors;
use crate::serve::{App, Asked};

/// Files whose digest was found right, by modification time and length.
#[derive(Default)]
pub struct Verified(Mutex<BTreeMap<PathBuf, (SystemTime, u64)>>);

impl Verified {
    fn knows(&self, path: &FilePath, seen: (SystemTime, u64)) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(path) == Some(&seen)
    }
    fn remember(&self, path: PathBuf, seen: (SystemTime, u64)) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(path, seen);
    }
}

/// A file, open and found right.
struct Ready {
    file: File,
    bytes: u64,
    sha256: Sha256,
    media_type: String,
    name: String,
}

enum Sought {
    Ready(Box<Ready>),
    Withdrawn(fyr_model::release::Withdrawal),
    Ended(fyr_model::release::Sandbox),
    Nothing,
}

/// `/datasets/{name}/{version}/{*file}`, GET and HEAD.
pub async fn get(
    State(app): State<App>,
    Asked(reader): Asked,
    headers: HeaderMap,
    Path((name, version, file)): Path<(String, String, String)>,
) -> Response {
    let (Ok(name), Ok(version)) = (name.parse::<PipelineName>(), version.parse::<Version>()) else {
        return errors::not_found(&reader, app.demo());
    };
    let demo = app.demo();
    match app.blocking(move |app| seek(app, &name, version, &file)).await {
        Ok(Sought::Ready(ready)) => answer(&reader, demo, &headers, *ready),
        Ok(Sought::Withdrawn(withdrawal)) => errors::withdrawn(&reader, demo, &withdrawal),
        Ok(Sought::Ended(sandbox)) => errors::ended(&reader, demo, &sandbox),
        Ok(Sought::Nothing) => errors::not_found(&reader, demo),
        Err(refusal) => errors::refused(&reader, demo, &refusal),
    }
}

fn seek(app: &App, name: &PipelineName, version: Version, path: &str) -> Result<Sought, Refusal> {
    let release = match dataset::find(app, name, Some(version))? {
        Found::Release(made) => made.release,
        Found::Withdrawn(withdrawal) => return Ok(Sought::Withdrawn(withdrawal)),
        Found::Ended(sandbox) => return Ok(Sought::Ended(sandbox)),
        Found::Nothing => return Ok(Sought::Nothing),
    };
    // The path is never built from the address: it is one that the manifest names, and stays below the release.
    let (path, expected, bytes, media_type) = if path == "manifest.json" {
        (
            "manifest.json".to_owned(),
            release.manifest_sha256,
            None,
            "application/json".to_owned(),
        )
    } else {
        match release.manifest.files.iter().find(|file| file.path == path) {
            Some(file) => (file.path.clone(), file.sha256, Some(file.bytes), file.media_type.clone()),
            None => return Ok(Sought::Nothing),
        }
    };
    if !FilePath::new(&path).components().all(|part| matches!(part, Component::Normal(_))) {
        return Ok(Sought::Nothing);
    }
    let full = release.dir.join(&path);
    let subject = format!("{name}/{version}/{path}");
    let mut file = File::open(&full).map_err(|_| tampered(&subject))?;
    let facts = file.metadata().map_err(|_| tampered(&subject))?;
    let seen = (facts.modified().unwrap_or(SystemTime::UNIX_EPOCH), facts.len());
    if bytes.is_some_and(|bytes| bytes != facts.len()) {
        return Err(tampered(&subject));
    }
    if !app.verified().knows(&full, seen) {
        if digest(&mut file).map_err(|_| tampered(&subject))? != expected {
            return Err(tampered(&subject));
        }
        app.verified().remember(full, seen);
    }
    let base = path.rsplit('/').next().unwrap_or("file");
    let name = format!("{name}-{version}-{base}");
    Ok(Sought::Ready(Box::new(Ready {
        file,
        bytes: facts.len(),
        sha256: expected,
        media_type,
        name,
    })))
}

fn digest(file: &mut File) -> std::io::Result<Sha256> {
    let mut hasher = sha2::Sha256::new();
    let mut block = vec![0u8; 1 << 16];
    file.seek(SeekFrom::Start(0))?;
    loop {
        let n = file.read(&mut block)?;
        if n == 0 {
            return Ok(Sha256::from_bytes(hasher.finalize().into()));
        }
        hasher.update(block.get(..n).unwrap_or_default());
    }
}

fn tampered(subject: &str) -> Refusal {
    let text = Text::new(
        "filen är inte den som manifestet beskriver och lämnas därför inte ut",
        "the file is not the one that the manifest describes, so it is not served",
    );
    let hint = Text::new(
        "kör fyr verify på utgåvan och lägg tillbaka den från en kopia",
        "run fyr verify on the release and restore it from a copy",
    );
    Refusal::new("digest-mismatch", RefusalKind::Internal, subject, text).hint(hint)
}

/// What a `Range` header asks for.
#[derive(Debug, PartialEq, Eq)]
enum Span {
    /// All of it: no range, or one that we do not understand (RFC 9110 section 14.2).
    Whole,
    /// From the first to the last byte, both included.
    Part(u64, u64),
    /// Nothing that we give: outside the file, or more than one range (H56).
    Refused,
}

fn span(text: Option<&str>, bytes: u64) -> Span {
    let Some(spec) = text.and_then(|text| text.trim().strip_prefix("bytes=")) else {
        return Span::Whole;
    };
    if spec.contains(',') {
        return Span::Refused;
    }
    let Some((from, to)) = spec.trim().split_once('-') else {
        return Span::Whole;
    };
    let number =
        |text: &str| (!text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse::<u64>().unwrap_or(u64::MAX));
    match (number(from), number(to)) {
        (Some(from), None) if to.is_empty() && from < bytes => Span::Part(from, bytes - 1),
        (Some(_), None) if to.is_empty() => Span::Refused,
        (Some(from), Some(to)) if from > to => Span::Whole,
        (Some(from), Some(to)) if from < bytes => Span::Part(from, to.min(bytes - 1)),
        (Some(_), Some(_)) => Span::Refused,
        (None, Some(last)) if from.is_empty() && last > 0 && bytes > 0 => Span::Part(bytes - last.min(bytes), bytes - 1),
        (None, Some(_)) if from.is_empty() => Span::Refused,
        _ => Span::Whole,
    }
}

fn answer(reader: &Reader, demo: bool, headers: &HeaderMap, mut ready: Ready) -> Response {
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let tag = format!("\"{}\"", ready.sha256);
    let named = |list: &str| {
        list.split(',')
            .any(|one| one.trim().trim_start_matches("W/") == tag || one.trim() == "*")
    };
    if text(header::IF_NONE_MATCH).is_some_and(named) {
        return dressed(StatusCode::NOT_MODIFIED.into_response(), &ready, &tag);
    }
    // A range is only good for the bytes that the client already has a part of.
    let wanted = if text(header::IF_RANGE).is_none_or(|known| known.trim() == tag) {
        text(header::RANGE)
    } else {
        None
    };
    let (code, from, to) = match span(wanted, ready.bytes) {
        Span::Whole => (StatusCode::OK, 0, ready.bytes.saturating_sub(1)),
        Span::Part(from, to) => (StatusCode::PARTIAL_CONTENT, from, to),
        Span::Refused => {
            let mut answer = dressed(StatusCode::RANGE_NOT_SATISFIABLE.into_response(), &ready, &tag);
            put(&mut answer, header::CONTENT_RANGE, &format!("bytes */{}", ready.bytes));
            return answer;
        }
    };
    if ready.file.seek(SeekFrom::Start(from)).is_err() {
        return errors::refused(reader, demo, &tampered(&ready.name));
    }
    let length = if ready.bytes == 0 { 0 } else { to - from + 1 };
    let Ok(handle) = ready.file.try_clone() else {
        return errors::refused(reader, demo, &tampered(&ready.name));
    };
    let stream = ReaderStream::with_capacity(tokio::fs::File::from_std(handle).take(length), 1 << 16);
    let mut answer = dressed((code, Body::from_stream(stream)).into_response(), &ready, &tag);
    put(&mut answer, header::CONTENT_LENGTH, &length.to_string());
    if code == StatusCode::PARTIAL_CONTENT {
        put(&mut answer, header::CONTENT_RANGE, &format!("bytes {from}-{to}/{}", ready.bytes));
    }
    answer
}

fn dressed(mut answer: Response, ready: &Ready, tag: &str) -> Response {
    let base: String = ready
        .name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || "-._".contains(c) { c } else { '_' })
        .collect();
    put(&mut answer, header::CONTENT_TYPE, &ready.media_type);
    put(
        &mut answer,
        header::CONTENT_DISPOSITION,
        &format!("attachment; filename=\"{base}\""),
    );
    put(&mut answer, header::ETAG, tag);
    put(&mut answer, header::ACCEPT_RANGES, "bytes");
    put(&mut answer, header::CACHE_CONTROL, "public, no-cache");
    put(&mut answer, header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");
    answer
}

fn put(answer: &mut Response, name: header::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        answer.headers_mut().insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn h56_one_range_is_answered_and_more_are_refused() {
        let rows: &[(Option<&str>, Span)] = &[
            (None, Span::Whole),
            (Some("bytes=0-0"), Span::Part(0, 0)),
            (Some("bytes=0-9"), Span::Part(0, 9)),
            (Some("bytes=9-"), Span::Part(9, 9)),
            (Some("bytes=10-"), Span::Refused),
            (Some("bytes=5-100"), Span::Part(5, 9)),
            (Some("bytes=-3"), Span::Part(7, 9)),
            (Some("bytes=-100"), Span::Part(0, 9)),
            (Some("bytes=-0"), Span::Refused),
            (Some("bytes=0-1,3-4"), Span::Refused),
            (Some("bytes=4-2"), Span::Whole),
            (Some("bytes=a-b"), Span::Whole),
            (Some("rows=0-1"), Span::Whole),
            (Some("bytes=99999999999999999999-"), Span::Refused),
        ];
        for (given, expected) in rows {
            assert_eq!(&span(*given, 10), expected, "{given:?}");
        }
        assert_eq!(span(Some("bytes=0-"), 0), Span::Refused);
    }
}
