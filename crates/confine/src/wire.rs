//! The lines that pass between parent and child.

use fyr_model::Refusal;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Limits as the operating system tells them after they were set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirmed {
    /// RLIMIT_DATA.
    pub memory_bytes: u64,
    /// RLIMIT_CPU.
    pub cpu_seconds: u64,
    /// RLIMIT_FSIZE.
    pub file_bytes: u64,
    /// RLIMIT_NOFILE.
    pub open_files: u64,
    /// RLIMIT_CORE.
    pub core_bytes: u64,
}

/// The second line of the parent.
#[derive(Debug, Serialize, Deserialize)]
pub struct Request {
    pub work: String,
    pub input: Value,
}

/// A line of the child.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Said {
    /// The limits are in force.
    Limits(Confirmed),
    /// The limits could not be set; the kind of the operating system's error.
    Unlimited(String),
    /// The work is done.
    Ok(Value),
    /// The work refused.
    Refusal(Box<Refusal>),
    /// Nobody knows this work.
    Unknown,
    /// The work panicked: file name and line of our code, never the message, which may hold a value.
    Panicked(Option<String>),
}
