//! How much text the detectors read in a second of one core: structured ones, all of them with names, and all over columns of short cells.
//!
//!     cargo bench -p fyr-privacy --bench detect -- [--write FILE.jsonl]
//!
//! `--write` leaves the first two thousand texts for another tool to be timed on (`scripts/sv-pii-presidio.py`).
//! The text is prose of things and people in equal parts, made from a seed; what is found is counted, so that nothing is left out.
#![allow(missing_docs, clippy::expect_used)]

use std::sync::Arc;
use std::time::Instant;

use arrow::array::{ArrayRef, StringArray};
use fyr_model::table::{Column, ColumnType};
use fyr_privacy::detect::ColumnDetector;
use fyr_privacy::text::Scanner;

const RUNS: usize = 5;
const TEXTS: usize = 40_000;
const CELLS: usize = 200_000;

const PROSE: &[&str] = &[
    "Brunnen vid vägen besiktigades under våren och befanns vara i gott skick, men locket behöver bytas före vintern.",
    "Nämnden beslutade att bordlägga ärendet till nästa sammanträde eftersom underlaget inte var komplett.",
    "Under 2024 ökade antalet besökare med 12,5 procent jämfört med året innan, främst tack vare de nya öppettiderna.",
    "Sökanden Anna Svensson, 18900101-9802, har kompletterat sin ansökan och nås på telefon 070-174 06 05.",
    "Kostnaden uppgick till 1 250 000 kronor exklusive moms enligt faktura 2024-118 från leverantören.",
    "Kontakta registrator@exempelby.example vid frågor om hur handlingarna lämnas ut enligt offentlighetsprincipen.",
    "Den som bor på Storgatan 5 B i Exempelby har lämnat synpunkter på bullret från den nya vägen.",
    "Mätningarna visar att halterna av kväve och fosfor ligger under gränsvärdena i samtliga tolv mätpunkter.",
];

fn texts() -> Vec<String> {
    (0..TEXTS)
        .map(|at| format!("{} {}", PROSE[at * 7 % PROSE.len()], PROSE[(at * 5 + at / 8) % PROSE.len()]))
        .collect()
}

fn run(name: &str, texts: &[String], mut scanner: Scanner) {
    let bytes: usize = texts.iter().map(String::len).sum();
    let mut best = f64::INFINITY;
    let mut found = 0;
    for _ in 0..RUNS {
        let start = Instant::now();
        found = texts.iter().map(|text| scanner.spans(text).len()).sum();
        best = best.min(start.elapsed().as_secs_f64());
    }
    println!(
        "{name:<12} {:>8.1} MB/s  {found} spans in {:.1} MB",
        bytes as f64 / best / 1e6,
        bytes as f64 / 1e6
    );
}

/// A column by what stands in row `n` of it; nearly every cell is another one, so that none is known from before.
type Made = (&'static str, fn(usize) -> String);

const COLUMNS: &[Made] = &[
    ("kod", |n| format!("{}-{:05}", ["TB", "KX", "GD"][n % 3], n * 7_919 % 100_000)),
    ("datum", |n| {
        format!("{:04}-{:02}-{:02}", 1950 + n % 70, 1 + n / 70 % 12, 1 + n / 840 % 28)
    }),
    ("adress", |n| {
        format!("{} {}", ["Storgatan", "Norra vägen", "Kyrkogränd", "Industrigatan"][n % 4], n / 4)
    }),
    ("namn", |n| {
        format!(
            "{} {}{}",
            ["Anna", "Lars", "Karin", "Erik"][n % 4],
            ["Sven", "Berg", "Lund"][n % 3],
            n / 12
        )
    }),
    ("matvarde", |n| format!("{}.{:03}", n % 1_000, n / 7 % 1_000)),
    ("plats", |n| format!("Provpunkt {} vid ån", n)),
    ("nummer", |n| format!("{:010}", n * 104_729 % 10_000_000_000)),
];

/// All detectors of a column over cells that are short, as in most tables.
fn cells(day: chrono::NaiveDate) {
    for (name, made) in COLUMNS {
        let cells: Vec<String> = (0..CELLS).map(made).collect();
        let bytes: usize = cells.iter().map(String::len).sum();
        let array: ArrayRef = Arc::new(StringArray::from(cells));
        let column = Column {
            name: (*name).to_owned(),
            header: (*name).to_owned(),
            kind: ColumnType::Text,
            semantic: None,
            description: None,
            unit: None,
        };
        let mut best = f64::INFINITY;
        for _ in 0..RUNS {
            let mut detector = ColumnDetector::new(&column, day, COLUMNS.len());
            let start = Instant::now();
            detector.observe(&array, 0);
            best = best.min(start.elapsed().as_secs_f64());
        }
        println!(
            "cells {name:<10} {:>8.1} MB/s  {:>6.1} million cells a second",
            bytes as f64 / best / 1e6,
            CELLS as f64 / best / 1e6
        );
    }
}

/// The first texts as JSON lines.
fn write(path: &str, texts: &[String]) {
    let lines: String = texts
        .iter()
        .take(2_000)
        .map(|text| format!("{}\n", serde_json::json!({ "text": text })))
        .collect();
    std::fs::write(path, lines).expect("the texts could not be written");
}

fn main() {
    let day = chrono::NaiveDate::from_ymd_opt(2026, 11, 22).unwrap_or_default();
    let texts = texts();
    let words: Vec<String> = std::env::args().collect();
    if let Some([_, path]) = words.windows(2).find(|pair| matches!(pair, [word, _] if word == "--write")) {
        write(path, &texts);
    }
    run("structured", &texts, Scanner::new(day).structured());
    run("all", &texts, Scanner::new(day));
    cells(day);
}
