//! Tests of this crate: hardening rows by name, the real fixtures, the store, and what we write read back.

mod canonical;
mod fixtures;
mod hardening;
mod measured;
mod positions;
mod queries;
mod reading;
mod revising;
mod storing;
mod writing;

use std::path::{Path, PathBuf};

use fyr_model::Refusal;

use crate::{ReadRequest, ReadResponse, read};

/// The shared folder beside the project, when it is there.
pub(crate) fn shared(path: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared").join(path);
    if !path.exists() {
        println!("skipped: {} is absent", path.display());
        return None;
    }
    Some(path)
}

/// Reads a text as if it had been fetched.
pub(crate) fn read_text(text: impl AsRef<[u8]>, dir: &Path) -> Result<ReadResponse, Refusal> {
    read_with(text, dir, |_| {})
}

/// Reads a text with a changed request.
pub(crate) fn read_with(text: impl AsRef<[u8]>, dir: &Path, change: impl FnOnce(&mut ReadRequest)) -> Result<ReadResponse, Refusal> {
    let path = dir.join("document");
    std::fs::write(&path, text).unwrap();
    let mut request = ReadRequest {
        path,
        source: "exempelby".into(),
        address: "https://data.exempelby.example/dcat".into(),
        media_type: None,
        base: None,
        limits: Default::default(),
    };
    change(&mut request);
    read(&request, dir)
}

/// The refusal's id, or `accepted`.
pub(crate) fn outcome<T>(result: Result<T, Refusal>) -> String {
    result.map_or_else(|refusal| refusal.id, |_| "accepted".into())
}

pub(crate) const HEAD: &str = "@prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix dcterms: <http://purl.org/dc/terms/> . \
    @prefix foaf: <http://xmlns.com/foaf/0.1/> . @prefix vcard: <http://www.w3.org/2006/vcard/ns#> . \
    @prefix xsd: <http://www.w3.org/2001/XMLSchema#> . @base <https://data.exempelby.example/> .\n";
