//! The program as a whole, on real parts: its own binary, real files over loopback HTTP, kill -9, the demo from start to end.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod accumulation;
mod actions;
mod bad_input;
mod canary;
mod check_reports;
mod cli;
#[cfg(feature = "cluster")]
mod cluster;
mod demo;
mod describe;
mod floors;
mod incidents;
mod kill;
mod links;
mod mentions;
mod nights;
#[cfg(feature = "dp")]
mod noise;
mod opened;
mod profiles;
mod protect;
mod published_cases;
mod pxweb;
mod quality;
mod reading;
mod real;
mod repair;
mod reports;
mod rule_examples;
mod sandbox;
mod shape;
mod shapes;
mod shapes_agree;
mod standing;
mod support;
mod verdicts;
mod verify;
