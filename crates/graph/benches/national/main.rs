//! Writes a national catalogue to measure with: invented publishers, datasets and distributions in the proportions of dataportal.se.
//!
//! In: how many datasets, a seed and a file whose ending chooses the syntax (`.ttl`, `.rdf` or `.nt`). Out: the file, written as it is made, so that a million
//! datasets take no more memory than one. The same words give the same bytes. About one dataset in five has a fault of those that real catalogues
//! have most of; nothing in it names a real body, person or address.
//!
//! ```text
//! cargo bench --package fyr-graph --bench national -- national.ttl --datasets 25000
//! ```

mod make;
mod write;

use std::fs::File;
use std::io::{self, BufWriter, Write as _};

use write::Syntax;

struct Words {
    out: String,
    datasets: u64,
    seed: u64,
}

fn main() -> io::Result<()> {
    let Some(words) = words(std::env::args().skip(1)) else {
        eprintln!("national OUT.(ttl|rdf|nt) [--datasets 25000] [--seed 1157]");
        return Ok(());
    };
    let mut out = write::Writer::new(BufWriter::with_capacity(1 << 20, File::create(&words.out)?), Syntax::of(&words.out));
    let made = make::catalogue(&mut out, words.datasets, words.seed)?;
    let triples = out.triples();
    out.finish()?.flush()?;
    println!(
        "{{\"file\":\"{}\",\"datasets\":{},\"distributions\":{made},\"triples\":{triples}}}",
        words.out, words.datasets
    );
    Ok(())
}

/// `cargo bench` adds `--bench`; without a file there is nothing to do, so that `cargo test --benches` passes.
fn words(mut given: impl Iterator<Item = String>) -> Option<Words> {
    let mut words = Words {
        out: String::new(),
        datasets: 25_000,
        seed: 1157,
    };
    while let Some(word) = given.next() {
        match word.as_str() {
            "--datasets" => words.datasets = given.next()?.parse().ok()?,
            "--seed" => words.seed = given.next()?.parse().ok()?,
            "--bench" | "--test" => {}
            _ => words.out = word,
        }
    }
    (!words.out.is_empty()).then_some(words)
}
