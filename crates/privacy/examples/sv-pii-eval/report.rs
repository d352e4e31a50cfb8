//! Runs the detectors over a set and prints what they are worth.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use arrow::array::{ArrayRef, Date32Array, Float64Array, Int64Array, RecordBatch, StringArray};
use fyr_model::table::{Column, ColumnType};
use fyr_privacy::detect::Detectors;
use fyr_privacy::text::Scanner;

use crate::Options;
use crate::columns::EvalColumn;
use crate::score::{Counts, Piece, interval, macro_f1, match_spans, share};
use crate::sentences::Sentence;

fn day() -> chrono::NaiveDate {
    chrono::NaiveDate::from_ymd_opt(2026, 11, 22).unwrap_or_default()
}

/// A column as a reader of files would type it: whole numbers, numbers, days, else text.
fn typed(cells: &[String]) -> (ArrayRef, ColumnType) {
    let given: Vec<&String> = cells.iter().filter(|cell| !cell.is_empty()).collect();
    let plain = |cell: &&String| !(cell.starts_with('+') || (cell.len() > 1 && cell.starts_with('0') && !cell.starts_with("0.")));
    let value = |cell: &String| (!cell.is_empty()).then_some(cell.clone());
    if given.iter().all(|cell| plain(cell) && cell.parse::<i64>().is_ok()) {
        return (
            Arc::new(Int64Array::from_iter(cells.iter().map(|cell| cell.parse::<i64>().ok()))),
            ColumnType::Integer,
        );
    }
    if given.iter().all(|cell| plain(cell) && cell.parse::<f64>().is_ok()) {
        return (
            Arc::new(Float64Array::from_iter(cells.iter().map(|cell| cell.parse::<f64>().ok()))),
            ColumnType::Number,
        );
    }
    if given.iter().all(|cell| cell.parse::<chrono::NaiveDate>().is_ok()) {
        let days = |cell: &String| {
            let since = cell
                .parse::<chrono::NaiveDate>()
                .ok()?
                .signed_duration_since(chrono::NaiveDate::default());
            i32::try_from(since.num_days()).ok()
        };
        return (Arc::new(Date32Array::from_iter(cells.iter().map(days))), ColumnType::Date);
    }
    (Arc::new(StringArray::from_iter(cells.iter().map(value))), ColumnType::Text)
}

struct Judged {
    class: &'static str,
    claim: String,
    verdict: String,
    direct: bool,
    clean: bool,
    contaminated: Option<u64>,
}

fn judge(column: &EvalColumn) -> (Judged, String) {
    let (array, kind) = typed(&column.cells);
    let name = column.header.to_lowercase().replace([' ', '-', '.'], "_");
    let described = Column {
        name: name.clone(),
        header: column.header.clone(),
        kind,
        semantic: None,
        description: None,
        unit: None,
    };
    let mut detectors = Detectors::new(&[described], day());
    detectors.observe(&RecordBatch::try_from_iter_with_nullable([(name, array, true)]).expect("one column"));
    let finding = detectors.finish().remove(0);
    let judged = Judged {
        class: column.class,
        claim: finding.kind.clone().unwrap_or_else(|| "none".into()),
        verdict: finding.verdict.clone(),
        direct: column.direct,
        clean: column.clean,
        contaminated: column.contaminated,
    };
    (judged, finding.evidence)
}

pub fn columns(columns: &[EvalColumn], options: &Options) {
    let start = Instant::now();
    let mut judged = Vec::new();
    let mut errors: BTreeMap<String, usize> = BTreeMap::new();
    for column in columns {
        let (one, evidence) = judge(column);
        let wrong = one.claim != one.class || (one.direct && one.verdict != "direct") || (one.clean && one.verdict != "none");
        if wrong {
            let how = format!(
                "{} [{}] under `{}` -> {} {} | {evidence}",
                one.class, column.note, column.header, one.verdict, one.claim
            );
            let key = if options.errors {
                how
            } else {
                format!("{} [{}] -> {} {}", one.class, column.note, one.verdict, one.claim)
            };
            *errors.entry(key).or_default() += 1;
        }
        judged.push(one);
    }
    let cells: usize = columns.iter().map(|column| column.cells.len()).sum();
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "\ncolumns: {cells} cells in {seconds:.2} s, {:.0} cells a second",
        cells as f64 / seconds
    );
    let pairs: Vec<(String, String)> = judged.iter().map(|one| (one.class.to_owned(), one.claim.clone())).collect();
    line("class, macro-F1 (target >= 0.97)", interval(&pairs, macro_f1));
    let rate = |name: &str, keep: fn(&Judged) -> bool, good: fn(&Judged) -> bool| {
        let part: Vec<&Judged> = judged.iter().filter(|one| keep(one)).collect();
        line(
            &format!("{name}, n = {}", part.len()),
            interval(&part, |part| {
                share(part.iter().filter(|one| good(one)).count() as f64, part.len() as f64)
            }),
        );
    };
    rate(
        "direct identifiers, recall (>= 0.99)",
        |one| one.direct && one.contaminated.is_none(),
        |one| one.verdict == "direct",
    );
    rate("clean columns flagged (<= 0.005)", |one| one.clean, |one| one.verdict != "none");
    rate(
        "contaminated by 1 %, recall (>= 0.95)",
        |one| one.contaminated == Some(1),
        |one| one.verdict == "direct" && one.claim == one.class,
    );
    rate(
        "contaminated by 2 to 5 %, recall",
        |one| one.contaminated.is_some_and(|p| p > 1),
        |one| one.verdict == "direct" && one.claim == one.class,
    );
    confusions(&pairs);
    let mut errors: Vec<_> = errors.into_iter().collect();
    errors.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    println!("errors: {}", errors.iter().map(|(_, count)| count).sum::<usize>());
    for (how, count) in errors.iter().take(if options.errors { 80 } else { 25 }) {
        println!("  {count:4}  {how}");
    }
}

fn confusions(pairs: &[(String, String)]) {
    let mut by_class: BTreeMap<&str, (Counts, BTreeMap<&str, usize>)> = BTreeMap::new();
    for (truth, claim) in pairs {
        let hit = truth == claim;
        let slot = by_class.entry(truth).or_default();
        slot.0.add(&Counts {
            hit: f64::from(u8::from(hit)),
            alarm: 0.0,
            miss: f64::from(u8::from(!hit)),
        });
        if !hit {
            *slot.1.entry(claim).or_default() += 1;
            by_class.entry(claim).or_default().0.alarm += 1.0;
        }
    }
    println!("{:<28}{:>8}{:>8}{:>8}  taken for", "class", "prec", "rec", "F1");
    for (class, (counts, wrong)) in by_class {
        let wrong: Vec<String> = wrong.iter().map(|(claim, count)| format!("{claim} {count}")).collect();
        println!(
            "{class:<28}{:>8.3}{:>8.3}{:>8.3}  {}",
            counts.precision(),
            counts.recall(),
            counts.f(1.0),
            wrong.join(", ")
        );
    }
}

fn line(name: &str, (value, low, high): (f64, f64, f64)) {
    println!("{name:<52} {value:.4}  [{low:.4}, {high:.4}]");
}

const STRUCTURED: &[&str] = &[
    "personal_identity_number",
    "coordination_number",
    "interim_number",
    "organisation_number",
    "vat_number",
    "e_mail",
    "iban",
    "bank_account",
    "ip_address",
    "mac_address",
];
const SHAPES: &[&str] = &["phone", "vehicle_plate", "property_designation"];

type PerText = BTreeMap<String, Counts>;

fn sum(texts: &[&PerText], groups: &[&str]) -> Counts {
    let mut all = Counts::default();
    for text in texts {
        for group in groups {
            if let Some(counts) = text.get(*group) {
                all.add(counts);
            }
        }
    }
    all
}

pub fn sentences(name: &str, sentences: &[&Sentence], options: &Options) {
    let truth = |sentence: &Sentence| -> Vec<Piece> {
        sentence
            .spans
            .iter()
            .map(|span| Piece {
                start: span.start,
                end: span.end,
                kind: span.kind.to_owned(),
            })
            .collect()
    };
    let mut scanner = Scanner::new(day());
    let start = Instant::now();
    let claims: Vec<Vec<Piece>> = sentences
        .iter()
        .map(|sentence| {
            scanner
                .spans(&sentence.text)
                .iter()
                .map(|span| Piece {
                    start: span.start,
                    end: span.end,
                    kind: span.kind.as_str().to_owned(),
                })
                .collect()
        })
        .collect();
    let seconds = start.elapsed().as_secs_f64();
    let bytes: usize = sentences.iter().map(|sentence| sentence.text.len()).sum();
    println!(
        "\nsentences, {name}: {} in {:.3} s, {:.1} MB a second",
        sentences.len(),
        seconds,
        bytes as f64 / seconds / 1e6
    );
    let texts: Vec<PerText> = sentences
        .iter()
        .zip(&claims)
        .map(|(sentence, claims)| match_spans(&truth(sentence), claims))
        .collect();
    table(&texts);
    if options.errors {
        errors(sentences, &claims, &truth);
    }
    for path in &options.predictions {
        others(path, sentences, &truth);
    }
}

fn table(texts: &[PerText]) {
    line(
        "structured identifiers, F1 (>= 0.98)",
        interval(texts, |texts| sum(texts, STRUCTURED).f(1.0)),
    );
    for shape in SHAPES {
        line(
            &format!("{shape}, F1 (>= 0.92)"),
            interval(texts, |texts| sum(texts, &[shape]).f(1.0)),
        );
    }
    line("names, F1 (>= 0.85)", interval(texts, |texts| sum(texts, &["name"]).f(1.0)));
    line("names, F2 (>= 0.88)", interval(texts, |texts| sum(texts, &["name"]).f(2.0)));
    line(
        "whole text whatever the type, F2 (>= 0.92)",
        interval(texts, |texts| sum(texts, &["all"]).f(2.0)),
    );
    println!("{:<28}{:>8}{:>8}{:>8}{:>8}{:>7}", "type", "prec", "rec", "F1", "F2", "n");
    let mut groups: Vec<&String> = texts.iter().flat_map(|text| text.keys()).collect();
    groups.sort();
    groups.dedup();
    let all: Vec<&PerText> = texts.iter().collect();
    for group in groups {
        let counts = sum(&all, &[group]);
        println!(
            "{group:<28}{:>8.3}{:>8.3}{:>8.3}{:>8.3}{:>7}",
            counts.precision(),
            counts.recall(),
            counts.f(1.0),
            counts.f(2.0),
            counts.hit + counts.miss
        );
    }
}

fn errors(sentences: &[&Sentence], claims: &[Vec<Piece>], truth: &dyn Fn(&Sentence) -> Vec<Piece>) {
    let mut seen: BTreeMap<usize, u32> = BTreeMap::new();
    for (sentence, claims) in sentences.iter().zip(claims) {
        let counts = match_spans(&truth(sentence), claims);
        let wrong = counts.iter().any(|(group, one)| group != "all" && one.alarm + one.miss > 0.0);
        let times = seen.entry(sentence.template).or_default();
        if wrong && *times < 2 {
            *times += 1;
            let shown: Vec<String> = claims
                .iter()
                .map(|piece| format!("{}={}", piece.kind, &sentence.text[piece.start..piece.end]))
                .collect();
            println!("  {} || {}", sentence.text, shown.join(" | "));
        }
    }
}

/// What another tool found, one line a sentence: `{"id": N, "spans": [[START, END, "KIND"], ..]}`, in characters.
fn others(path: &Path, sentences: &[&Sentence], truth: &dyn Fn(&Sentence) -> Vec<Piece>) {
    let Ok(text) = std::fs::read_to_string(path) else {
        println!("{} could not be read", path.display());
        return;
    };
    let mut found: BTreeMap<String, Vec<(usize, usize, String)>> = BTreeMap::new();
    for value in text.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok()) {
        let spans = value["spans"].as_array().into_iter().flatten();
        let spans = spans.filter_map(|span| Some((span[0].as_u64()? as usize, span[1].as_u64()? as usize, span[2].as_str()?.to_owned())));
        found.insert(value["text"].as_str().unwrap_or_default().to_owned(), spans.collect());
    }
    let texts: Vec<PerText> = sentences
        .iter()
        .map(|sentence| {
            let bytes: Vec<usize> = sentence
                .text
                .char_indices()
                .map(|(at, _)| at)
                .chain([sentence.text.len()])
                .collect();
            let at = |chars: usize| bytes.get(chars).copied().unwrap_or(sentence.text.len());
            let claims: Vec<Piece> = found
                .get(&sentence.text)
                .into_iter()
                .flatten()
                .map(|(start, end, kind)| Piece {
                    start: at(*start),
                    end: at(*end),
                    kind: kind.clone(),
                })
                .collect();
            match_spans(&truth(sentence), &claims)
        })
        .collect();
    println!(
        "\n{}",
        path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default()
    );
    table(&texts);
}

/// The set as JSON lines, for other tools.
pub fn write(folder: &Path, columns: &[EvalColumn], sentences: &[Sentence]) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let mut file = std::io::BufWriter::new(std::fs::File::create(folder.join("columns.jsonl"))?);
    for column in columns {
        let value = serde_json::json!({"header": column.header, "class": column.class, "direct": column.direct, "clean": column.clean, "contaminated_percent": column.contaminated, "cells": column.cells});
        writeln!(file, "{value}")?;
    }
    let mut file = std::io::BufWriter::new(std::fs::File::create(folder.join("sentences.jsonl"))?);
    for sentence in sentences {
        let chars = |byte: usize| sentence.text[..byte].chars().count();
        let spans: Vec<_> = sentence
            .spans
            .iter()
            .map(|span| serde_json::json!([chars(span.start), chars(span.end), span.kind]))
            .collect();
        let fold = if crate::sentences::is_kept(sentence.template) {
            "kept"
        } else {
            "dev"
        };
        writeln!(
            file,
            "{}",
            serde_json::json!({"text": sentence.text, "template": sentence.template, "fold": fold, "spans": spans})
        )?;
    }
    Ok(())
}
