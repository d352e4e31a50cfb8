//! Personal data in a table: found by evidence, and protected by generalisation and suppression.
//!
//! In: Arrow batches, their columns and a policy. Out: one verdict per column, or a plan that turns batches into publishable ones.
//! Pseudonyms are keyed (`pseudonym`), columns are acted on one by one (`actions`), free text is masked (`text::mask`).
//! Pure: no file, no clock, no network, no randomness. It refuses to know how a file is read or written, and it never checks its own
//! work: what is published is measured by `audit`, which shares no code with this crate (`privacy.md`, ground rule 1).
// A refusal carries texts in two languages and a position; it ends a run, so its size does not matter.
#![allow(clippy::result_large_err)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

pub mod accumulation;
pub mod actions;
mod cells;
pub mod detect;
pub mod dp;
pub mod entities;
pub mod hierarchy;
pub mod kind;
mod names;
mod plan;
pub mod proof;
pub mod pseudonym;
pub mod risk;
pub mod tables;
pub mod text;

pub use detect::unresolved;
pub use plan::{Effort, Planner, ProtectionPlan, plan};
