//! Link verdicts by evidence (`harvest.md` section 5).

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// What an address turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LinkState {
    /// 2xx with a body of a plausible type.
    Alive,
    /// 404 or 410, failed DNS, or a "not found" page, in three tries over at least 48 h.
    Gone,
    /// 401, 403, 451, login form, firewall page, certificate fault, or an address that the guard refuses.
    Refused,
    /// 429, or 503 with `Retry-After`.
    Throttled,
    /// Timeout, reset, 5xx; and what looks gone but has not been confirmed yet.
    Unreachable,
}

/// One try.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkTry {
    /// `HEAD` or `GET`.
    pub method: String,
    /// The final HTTP status; none when no answer came.
    pub status: Option<u16>,
    /// Where redirects ended.
    pub final_url: String,
    /// The declared media type.
    pub media_type: Option<String>,
    /// The type that the bytes show.
    pub sniffed: Option<String>,
    /// Bytes read.
    pub bytes: u64,
    /// Whether an ETag or Last-Modified came with it.
    pub validator: bool,
    /// Whether a range request was answered 206.
    pub ranges: bool,
    /// Milliseconds.
    pub milliseconds: u64,
    /// Why no answer came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Seconds that the host asked to be left alone for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
    /// When.
    pub at: DateTime<Utc>,
}

/// The verdict with its evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkVerdict {
    /// The address as asked.
    pub url: String,
    /// The verdict.
    pub state: LinkState,
    /// Whether it has settled; an unsettled verdict costs no points.
    pub settled: bool,
    /// The tries, oldest first.
    pub tries: Vec<LinkTry>,
}

impl LinkState {
    /// All of them, the best first.
    pub const ALL: [Self; 5] = [Self::Alive, Self::Refused, Self::Throttled, Self::Unreachable, Self::Gone];

    /// What people call it: Swedish, English.
    pub fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Alive => ("svarar", "alive"),
            Self::Gone => ("borta", "gone"),
            Self::Refused => ("nekar", "refused"),
            Self::Throttled => ("bromsar", "throttled"),
            Self::Unreachable => ("nås inte", "unreachable"),
        }
    }
}

impl LinkVerdict {
    /// The status that the last `HEAD` was answered with: what the EU's scoring records. None when no answer came.
    pub fn head_status(&self) -> Option<u16> {
        self.tries.iter().rev().find(|one| one.method == "HEAD")?.status
    }

    /// Whether points may be given (true) or taken (false) for it; only a confirmed absence takes any (`harvest.md` section 5).
    pub fn counts(&self) -> Option<bool> {
        match (self.settled, self.state) {
            (true, LinkState::Alive) => Some(true),
            (true, LinkState::Gone) => Some(false),
            _ => None,
        }
    }
}
