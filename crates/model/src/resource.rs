//! A fetched file: bytes on disk named by their digest, and how they came.

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::ids::Sha256;

/// The HTTP validators of an answer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Validators {
    /// `ETag`, as sent.
    pub etag: Option<String>,
    /// `Last-Modified`, as sent.
    pub last_modified: Option<String>,
}

/// Raw bytes, content-addressed and never changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resource {
    /// The address asked for (a `file:` address for a local path).
    pub url: String,
    /// Where redirects ended.
    pub final_url: String,
    /// Where the bytes lie.
    pub path: PathBuf,
    /// Their digest.
    pub sha256: Sha256,
    /// Their number.
    pub bytes: u64,
    /// The declared media type, without parameters, lower case.
    pub media_type: Option<String>,
    /// The declared charset.
    pub charset: Option<String>,
    /// Validators for the next conditional request.
    pub validators: Validators,
    /// The statuses on the way, redirects first; empty for a local file.
    pub statuses: Vec<u16>,
    /// When it was fetched.
    pub fetched_at: DateTime<Utc>,
}

impl Resource {
    /// The file name that the address ends in, for format hints; never a path on our disk.
    pub fn name(&self) -> &str {
        let path = self.final_url.split(['?', '#']).next().unwrap_or_default();
        path.rsplit('/').next().unwrap_or_default()
    }
}
