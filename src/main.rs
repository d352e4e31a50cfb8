//! `fyr`: the door. Words typed become a checked configuration, then one call, then a report.
//!
//! Everything that decides lives on the floors below; here are words, progress, exit codes and hints.

#[macro_use] // First: its `println!` takes the place of the standard one in all that follows.
mod output;

mod cli;
mod commands;
mod config;
mod demo;
mod describe;
mod fix;
mod handover;
mod judge;
mod national;
mod opened;
mod order;
mod page;
mod profiles;
mod report;
mod serve;
mod show;
mod site;
mod term;
mod work;
mod workspace;

use std::process::ExitCode;

fn main() -> ExitCode {
    // A worker limits itself before it does anything else, so it is recognised before words are read.
    if std::env::args_os().nth(1).is_some_and(|word| word == work::WORD) {
        return fyr_confine::serve(work::HANDLERS);
    }
    // Two TLS providers can end up in the build; rustls refuses to choose between them, so we choose first thing.
    let _ = rustls::crypto::ring::default_provider().install_default();
    commands::main()
}
