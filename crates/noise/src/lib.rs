//! Noise for differential privacy, and the account that it is drawn on (`privacy.md` section 4).
//!
//! In: whole numbers, what one unit can change in them, and an amount of privacy. Out: the same numbers with noise, once the amount stands in the
//! ledger, on disk. [`Ledger::ask`] is the only way to noise: it books first and lets a [`Grant`] draw afterwards, answers a question that was
//! asked before with what was answered then, and refuses what the budget cannot pay. This crate does not know what the numbers count, and only
//! it names OpenDP: writing samplers of our own is out of the question.
// A refusal carries texts in two languages and a position; it ends a run, so its size does not matter.
#![allow(clippy::result_large_err)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

mod ledger;
mod mechanism;
mod record;

pub use ledger::{Answered, Grant, Ledger, Opened, Question, Raising};

/// Where randomness comes from.
pub const GENERATOR: &str = if cfg!(feature = "openssl") {
    "OpenSSL RAND_priv_bytes"
} else {
    "ChaCha20 seeded by the operating system"
};
