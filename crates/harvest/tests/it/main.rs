//! Harvests of publishers on loopback: changing, lying, breaking off; the store and the journal afterwards.

#![allow(clippy::unwrap_used, clippy::panic, clippy::result_large_err)]

mod cuts;
mod deletions;
mod owners;
mod parts;
mod place;
mod real;
mod refusals;
mod rules;
mod steady;
