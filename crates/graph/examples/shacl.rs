//! Tries catalogues by shapes files and prints one JSON line a catalogue: for comparisons with other engines and for measurements.
//!
//! ```text
//! cargo run --release -p fyr-graph --example shacl -- [--background] [--base IRI] [--times N] --shapes A.ttl --shapes B.ttl CATALOGUE..
//! ```
//!
//! `rows` are focus, path, component, severity, value and source shape of each result; `cpu_seconds` is of validation alone, the mean of N times.

use std::path::Path;

use fyr_graph::shacl::{Background, Data, Found, Shapes, ShapesDocument};
use fyr_model::Refusal;
use fyr_model::limits::GraphLimits;
use serde_json::{Value, json};

#[derive(Default)]
struct Words {
    shapes: Vec<String>,
    catalogues: Vec<String>,
    background: bool,
    base: Option<String>,
    times: u32,
}

fn words() -> Words {
    let mut words = Words {
        times: 1,
        ..Words::default()
    };
    let mut given = std::env::args().skip(1);
    while let Some(word) = given.next() {
        match word.as_str() {
            "--shapes" => words.shapes.extend(given.next()),
            "--base" => words.base = given.next(),
            "--times" => words.times = given.next().and_then(|times| times.parse().ok()).unwrap_or(1),
            "--background" => words.background = true,
            _ => words.catalogues.push(word),
        }
    }
    words
}

fn main() {
    let words = words();
    match read(&words.shapes) {
        Ok(shapes) => words
            .catalogues
            .iter()
            .for_each(|path| println!("{}", tried(&shapes, path, &words))),
        Err(refusal) => println!("{}", json!({ "refused": refusal })),
    }
}

fn read(paths: &[String]) -> Result<Shapes, Refusal> {
    let files: Vec<(String, Vec<u8>)> = paths
        .iter()
        .map(|path| (path.clone(), std::fs::read(path).unwrap_or_default()))
        .collect();
    let documents: Vec<ShapesDocument<'_>> = files
        .iter()
        .map(|(name, bytes)| ShapesDocument {
            bytes,
            media_type: None,
            name,
            base: None,
        })
        .collect();
    Shapes::read(&documents, &GraphLimits::default())
}

fn tried(shapes: &Shapes, path: &str, words: &Words) -> Value {
    let name = Path::new(path).file_name().unwrap_or_default().to_string_lossy().into_owned();
    let bytes = std::fs::read(path).unwrap_or_default();
    let background = words.background.then(Background::bundled);
    let data = match Data::read(&bytes, None, &name, words.base.as_deref(), &GraphLimits::default()) {
        Ok(data) => data.with_background(background),
        Err(refusal) => return json!({ "catalogue": name, "refused": refusal }),
    };
    let (wall, cpu) = (std::time::Instant::now(), cpu_seconds());
    let mut outcome = shapes.validate_up_to(&data, usize::MAX / 4);
    for _ in 1..words.times {
        outcome = shapes.validate_up_to(&data, usize::MAX / 4);
    }
    let (wall, cpu) = (wall.elapsed().as_secs_f64(), cpu_seconds() - cpu);
    match outcome {
        Err(refusal) => json!({ "catalogue": name, "refused": refusal }),
        Ok(found) => json!({
            "catalogue": name,
            "triples": data.len(),
            "datasets": found.datasets.len(),
            "judged": found.judged,
            "conforms": found.conforms,
            "left_out": found.left_out,
            "wall_seconds": wall / f64::from(words.times.max(1)),
            "cpu_seconds": cpu / f64::from(words.times.max(1)),
            "peak_kilobytes": status("VmHWM:"),
            "rows": found.results.iter().map(row).collect::<Vec<_>>(),
        }),
    }
}

fn row(found: &Found) -> [&str; 6] {
    [
        &found.focus,
        &found.path,
        &found.component,
        &found.severity_iri,
        found.value.as_deref().unwrap_or_default(),
        &found.source_shape,
    ]
}

/// User and system time of this process, in seconds, where the system tells it in hundredths.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / 100.0
}

fn status(key: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(key));
    line.and_then(|rest| rest.split_whitespace().next())
        .and_then(|number| number.parse().ok())
        .unwrap_or(0)
}
