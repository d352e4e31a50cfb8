//! Runs one named piece of work in a child process that can hurt nobody (`hardening.md`, ground rule 1, H44).
//!
//! In: the name of the work, its request as JSON, a private folder and limits. Out: the answer as JSON, or one typed refusal; what the work
//! writes stays in the folder. This crate knows no kind of work: the caller gives the program and, in the child, the table of handlers.
//!
//! What passes between the two, one JSON document a line:
//!
//! ```text
//! parent -> child   the limits
//! child  -> parent  {"limits": ..}            what the operating system says after they were set; the parent checks it
//! parent -> child   {"work": .., "input": ..} only now does the child learn what to read
//! child  -> parent  {"ok": ..} or {"refusal": ..}
//! ```
//!
//! The child ends when its standard input does, so it never outlives a parent that was killed.

// A refusal carries texts in two languages and is made once, when work stops; a box would only cost the reader.
#![allow(clippy::result_large_err)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

mod child;
mod limit;
mod parent;
mod refuse;
mod wire;

use std::path::{Path, PathBuf};

use fyr_model::Refusal;
use fyr_model::limits::WorkerLimits;
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use child::serve;

/// Turns core dumps off for this process: the memory of whoever works on tables holds cells (H32).
///
/// # Errors
/// What the operating system says.
pub fn no_core_dumps() -> std::io::Result<()> {
    limit::no_core_dumps()
}

/// One kind of work: takes its request and the private folder, gives its answer.
pub type Handler = fn(serde_json::Value, &Path) -> Result<serde_json::Value, Refusal>;

/// Where work is run.
#[derive(Debug, Clone)]
pub enum Runner {
    /// In a child process with limits of the operating system.
    Child {
        /// The program; it must call [`serve`] when started with `args`.
        program: PathBuf,
        /// Its arguments.
        args: Vec<String>,
    },
    /// In this process, on a thread of its own: for the tests of libraries, never for bytes from outside.
    Direct(&'static [(&'static str, Handler)]),
}

impl Runner {
    /// Runs `work` on `input` in the private folder `dir` and waits for the answer; blocks the calling thread.
    ///
    /// `dir` is made with mode 0700 when it is absent; files that the work leaves there are the caller's to remove. `subject` is the
    /// address or name that a refusal will speak of.
    ///
    /// # Errors
    /// The refusal of the work itself, or one of ours: `worker-died`, `worker-timeout`, `worker-cpu`, `worker-file` when the child did not
    /// live to answer, `worker-limits` when it could not confirm its limits, `worker-unknown` when nobody knows `work`,
    /// `worker-start` and `worker-answer` when the machinery itself fails.
    pub fn run<I: Serialize, O: DeserializeOwned>(
        &self,
        work: &'static str,
        subject: &str,
        input: &I,
        dir: &Path,
        limits: &WorkerLimits,
    ) -> Result<O, Refusal> {
        let input = serde_json::to_value(input).map_err(|_| refuse::answer(work, subject))?;
        parent::private_folder(dir, subject)?;
        let answer = match self {
            Self::Child { program, args } => parent::run(program, args, work, subject, input, dir, limits)?,
            Self::Direct(handlers) => {
                let handler = child::find(handlers, work).ok_or_else(|| refuse::unknown(work, subject))?;
                child::on_thread(handler, input, dir, limits.stack_bytes).unwrap_or_else(|| Err(refuse::died(subject, None, 0)))?
            }
        };
        serde_json::from_value(answer).map_err(|_| refuse::answer(work, subject))
    }
}
