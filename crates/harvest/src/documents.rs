//! The documents of a source: asked for with what is known of them, and their bytes at hand when they must be read.

use std::fs;
use std::path::{Path, PathBuf};

use fyr_fetch::{Client, Fetched, What};
use fyr_model::{Finding, Refusal, Severity, Sha256, Text};

use crate::state::DocumentState;

/// One document of this run.
#[derive(Debug, Clone)]
pub struct Document {
    pub state: DocumentState,
    /// Whether its bytes are those that were read last.
    pub unchanged: bool,
    /// Where its bytes lie; none after a 304, until they are needed.
    path: Option<PathBuf>,
    /// Bytes received.
    pub received: u64,
    /// What the way to it was like.
    pub findings: Vec<Finding>,
}

/// Asks for `url`; with what is `known` of it, only for what changed.
pub async fn ask(client: &Client, url: &str, known: Option<&DocumentState>) -> Result<Document, Refusal> {
    let validators = known.map(|known| &known.validators);
    match (client.get(url, What::Catalogue, validators).await?, known) {
        (Fetched::NotModified { validators, .. }, Some(known)) => Ok(Document {
            state: DocumentState {
                validators,
                ..known.clone()
            },
            unchanged: true,
            path: None,
            received: 0,
            findings: Vec::new(),
        }),
        (Fetched::Resource(resource), known) => Ok(Document {
            unchanged: known.is_some_and(|known| known.body_sha256 == resource.sha256),
            findings: way(url, &resource.statuses),
            received: resource.bytes,
            state: DocumentState {
                url: url.to_owned(),
                validators: resource.validators,
                body_sha256: resource.sha256,
                media_type: resource.media_type,
            },
            path: Some(resource.path),
        }),
        // A 304 to an unconditional request is refused by `fetch`; should it come, the document is asked for as if new.
        (Fetched::NotModified { .. }, None) => Err(Refusal::new(
            "fetch-status",
            fyr_model::RefusalKind::Unreachable,
            url,
            Text::new("svaret 304 kom utan fråga", "the answer 304 came without a question"),
        )),
    }
}

impl Document {
    /// Makes sure that its bytes are on disk: those that were kept, if they are still whole, else fetched anew.
    pub async fn bytes(&mut self, client: &Client, raw: &Path) -> Result<PathBuf, Refusal> {
        if let Some(path) = &self.path {
            return Ok(path.clone());
        }
        let kept = raw.join(self.state.body_sha256.to_string());
        if fs::read(&kept).is_ok_and(|bytes| Sha256::of(&bytes) == self.state.body_sha256) {
            self.path = Some(kept.clone());
            return Ok(kept);
        }
        let received = self.received;
        *self = ask(client, &self.state.url, None).await?;
        self.received += received;
        self.path
            .clone()
            .ok_or_else(|| crate::refuse::disk("raw", &std::io::ErrorKind::NotFound.into()))
    }
}

/// The portal promises to follow 301, 303, 307 and 308 (`harvest.md` section 2).
fn way(url: &str, statuses: &[u16]) -> Vec<Finding> {
    let message = || {
        Text::new(
            "adressen omdirigerar med status 302, som dataportal.se inte lovar att följa",
            "the address redirects with status 302, which dataportal.se does not promise to follow",
        )
    };
    let fix = || Text::new("använd 301, 303, 307 eller 308", "use 301, 303, 307 or 308");
    let found = statuses.contains(&302);
    found
        .then(|| Finding::new("redirect-302", Severity::Warning, url, message()).fix(fix()))
        .into_iter()
        .collect()
}
