//! `sv-pii-eval`: a set with known truth for detectors of Swedish personal data, and the scores of ours on it.
//!
//! ```text
//! cargo run --release -p fyr-privacy --example sv-pii-eval -- --lists DIR --seed N [--fold dev|kept|both] [--out DIR] [--predictions FILE] [--errors]
//! ```
//!
//! `--lists` is a folder with `allPins.json`, `allCoords.json` and `interim.json` of github.com/personnummer/meta (`testdata`); without it
//! nothing is generated. `--out` writes the set as JSON lines for other tools; `--predictions` scores what another tool found in the
//! sentences. Described in `docs/sv-pii-eval.md`.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod columns;
mod people;
mod report;
mod score;
mod sentences;
#[path = "../shared/mod.rs"]
mod shared;

use std::path::PathBuf;

use shared::random::Random;

/// What was asked for.
pub struct Options {
    lists: Option<PathBuf>,
    seed: u64,
    fold: String,
    out: Option<PathBuf>,
    predictions: Vec<PathBuf>,
    errors: bool,
    only: String,
    every: usize,
}

fn options() -> Options {
    let mut options = Options {
        lists: None,
        seed: 1,
        fold: "dev".into(),
        out: None,
        predictions: Vec::new(),
        errors: false,
        only: String::new(),
        every: 1,
    };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut next = || words.next().unwrap_or_default();
        match word.as_str() {
            "--lists" => options.lists = Some(next().into()),
            "--seed" => options.seed = next().parse().unwrap_or(1),
            "--fold" => options.fold = next(),
            "--out" => options.out = Some(next().into()),
            "--predictions" => options.predictions.push(next().into()),
            "--every" => options.every = next().parse().unwrap_or(1),
            "--only" => options.only = next(),
            "--errors" => options.errors = true,
            _ => {}
        }
    }
    options
}

/// A name and which templates it has.
type Fold = (&'static str, fn(usize) -> bool);

fn main() -> std::process::ExitCode {
    let options = options();
    let Some(lists) = &options.lists else {
        eprintln!(
            "give --lists FOLDER with allPins.json, allCoords.json and interim.json (github.com/personnummer/meta, testdata): no people's numbers stand in this project"
        );
        return std::process::ExitCode::from(2);
    };
    let sources = match people::Sources::read(lists) {
        Ok(sources) => sources,
        Err(error) => {
            eprintln!("the published test numbers could not be read: {error}");
            return std::process::ExitCode::from(3);
        }
    };
    let mut columns = columns::make(&sources, &mut Random::new(options.seed));
    let mut place = 0;
    columns.retain(|_| {
        place += 1;
        place % options.every.max(1) == 0
    });
    let sentences = sentences::make(&sources, &mut Random::new(options.seed ^ 0xabcd), 5_000);
    println!(
        "sv-pii-eval, seed {}: {} columns, {} sentences",
        options.seed,
        columns.len(),
        sentences.len()
    );
    if let Some(folder) = &options.out {
        report::write(folder, &columns, &sentences).expect("the set could not be written");
    }
    if options.only != "sentences" {
        report::columns(&columns, &options);
    }
    if options.only == "columns" {
        return std::process::ExitCode::SUCCESS;
    }
    let folds: &[Fold] = match options.fold.as_str() {
        "kept" => &[("templates kept for the report", sentences::is_kept)],
        "both" => &[("templates kept for the report", sentences::is_kept), ("all templates", |_| true)],
        _ => &[("templates of development", |at| !sentences::is_kept(at))],
    };
    for (name, inside) in folds {
        let part: Vec<&sentences::Sentence> = sentences.iter().filter(|sentence| inside(sentence.template)).collect();
        report::sentences(name, &part, &options);
    }
    std::process::ExitCode::SUCCESS
}
