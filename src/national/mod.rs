//! National reports: what `sql/national/` asks of one catalogue or of many, as CSV, Parquet, RDF and pages in both languages.
//!
//! In: catalogues, read in confined workers, and when asked for what their addresses answer. Out: one report. The facts are those of
//! `fyr_assess::national`; what counts as a gap stands in the SQL file, and nowhere else.

mod head;
mod look;
mod page;
mod table;

use std::path::{Path, PathBuf};

use chrono::Utc;
use clap::ArgMatches;
use fyr_assess::national::{Facts, high_value, principles, services};
use fyr_graph::Syntax;
use fyr_graph::write::{RowValue, Rows};
use fyr_model::{CatalogueView, Lang, Refusal, RefusalKind, Text};
use serde::Serialize;

use crate::cli;
use crate::commands::{Bench, Door};
use crate::term::{Term, cut, safe};
use crate::workspace::internal;
use head::Head;
use look::Looked;
use table::{Answer, Value};

pub use look::describe_work;

/// A report by its word and its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Report {
    /// The word on the command line.
    pub name: &'static str,
    sql: &'static str,
}

/// All of them.
pub const REPORTS: [Report; 3] = [
    Report {
        name: "high-value",
        sql: include_str!("../../sql/national/high-value.sql"),
    },
    Report {
        name: "services",
        sql: include_str!("../../sql/national/services.sql"),
    },
    Report {
        name: "principles",
        sql: include_str!("../../sql/national/principles.sql"),
    },
];

/// Rows that the terminal shows.
const SHOWN: usize = 40;

/// The body of `report`.
#[derive(Debug, Serialize)]
struct ReportBody<'a> {
    report: &'a str,
    title: &'a Text,
    about: &'a Text,
    source: &'a str,
    columns: &'a [head::Column],
    rows: Vec<serde_json::Map<String, serde_json::Value>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    files: Vec<String>,
}

/// `fyr report NAME INPUT…`.
pub async fn report(door: &Door, words: &ArgMatches) -> Result<u8, Refusal> {
    let name = cli::text(words, "report").unwrap_or_default();
    let report = REPORTS.into_iter().find(|one| one.name == name).ok_or_else(|| unknown(name))?;
    let head = Head::of(report.sql);
    let bench = Bench::open(door)?;
    let view = together(door, &bench, &cli::texts(words, "input")).await?;
    let looked = match cli::flag(words, "look") {
        true => look::at(door, &bench, &view, report.name).await?,
        false => Looked::default(),
    };
    let facts = facts(report.name, &view, &looked);
    let engine = bench.engine(door)?;
    let answer = table::ask(&engine, &facts, &head, report.sql, &bench.work("report")?).await?;
    let files = match cli::text(words, "out") {
        Some(out) => save(report, &head, &answer, Path::new(out))?,
        None => Vec::new(),
    };
    if door.json {
        door.document("report", None, body(report, &head, &answer, files))?;
    } else if files.is_empty() {
        print(&door.term, &head, &answer.rows);
    } else {
        files.iter().for_each(|file| println!("{} {}", door.term.done(), safe(file)));
    }
    Ok(0)
}

fn facts(name: &str, view: &CatalogueView, looked: &Looked) -> Facts {
    match name {
        "services" => services(view, &looked.descriptions, &looked.links),
        "principles" => principles(view, &looked.links, Utc::now().date_naive()),
        _ => high_value(view),
    }
}

/// The catalogues as one: a dataset that two of them hold stands where it is met first.
async fn together(door: &Door, bench: &Bench, inputs: &[String]) -> Result<CatalogueView, Refusal> {
    let mut all = CatalogueView::default();
    for input in inputs {
        let (_, read) = bench.catalogue(door, input, None).await?;
        let known: std::collections::BTreeSet<String> = all.datasets.iter().map(|one| one.id.as_str().to_owned()).collect();
        all.datasets
            .extend(read.view.datasets.into_iter().filter(|one| !known.contains(one.id.as_str())));
        let known: std::collections::BTreeSet<String> = all.services.iter().map(|one| one.iri.clone()).collect();
        all.services
            .extend(read.view.services.into_iter().filter(|one| !known.contains(&one.iri)));
    }
    Ok(all)
}

fn body<'a>(report: Report, head: &'a Head, answer: &Answer, files: Vec<String>) -> ReportBody<'a> {
    let row = |values: &Vec<Value>| {
        let pairs = head.columns.iter().zip(values);
        pairs
            .map(|(column, value)| (column.name.clone(), serde_json::json!(value)))
            .collect()
    };
    ReportBody {
        report: report.name,
        title: &head.title,
        about: &head.about,
        source: &head.source,
        columns: &head.columns,
        rows: answer.rows.iter().map(row).collect(),
        files,
    }
}

/// Writes the report in every form; gives the names.
fn save(report: Report, head: &Head, answer: &Answer, out: &Path) -> Result<Vec<String>, Refusal> {
    std::fs::create_dir_all(out).map_err(|error| unwritable(out, &error))?;
    let file = |ending: &str| out.join(format!("{}.{ending}", report.name));
    let columns = table::columns(answer, head);
    let parquet = file("parquet");
    fyr_table::write::parquet(&answer.batches, &columns, &Default::default(), &Default::default(), &parquet)?;
    fyr_table::write::csv(std::slice::from_ref(&parquet), &columns, &file("csv"))?;
    put(&file("ttl"), &rdf(report, head, answer)?)?;
    let beside: Vec<String> = ["csv", "parquet", "ttl"]
        .iter()
        .map(|ending| format!("{}.{ending}", report.name))
        .collect();
    for lang in [Lang::Sv, Lang::En] {
        let term = Term {
            lang,
            colour: false,
            symbols: true,
        };
        let page = page::page(&term, report.name, head, &answer.rows, &beside);
        put(&file(&format!("{}.html", lang.tag())), page.as_bytes())?;
    }
    let endings = ["csv", "parquet", "ttl", "sv.html", "en.html"];
    Ok(endings.iter().map(|ending| file(ending).display().to_string()).collect())
}

fn rdf(report: Report, head: &Head, answer: &Answer) -> Result<Vec<u8>, Refusal> {
    let value = |value: &Value| match value {
        Value::None => None,
        Value::Flag(holds) => Some(RowValue::Flag(*holds)),
        Value::Whole(count) => Some(RowValue::Whole(*count)),
        Value::Number(number) => Some(RowValue::Number(*number)),
        Value::Text(text) => Some(RowValue::Text(text.clone())),
    };
    let rows = Rows {
        name: report.name,
        title: &head.title,
        about: &head.about,
        at: Utc::now().format("%Y-%m-%dT%H:%M:%SZ").to_string(),
        columns: head.columns.iter().map(|column| (column.name.as_str(), &column.label)).collect(),
        rows: answer.rows.iter().map(|row| row.iter().map(value).collect()).collect(),
    };
    fyr_graph::write::rows(&rows, Syntax::Turtle)
}

fn print(term: &Term, head: &Head, rows: &[Vec<Value>]) {
    println!("{}\n{}", head.title.get(term.lang), head.about.get(term.lang));
    let shown = page::columns(term, head, rows);
    let names: Vec<&str> = shown.iter().map(|one| one.column.name.as_str()).collect();
    let right: Vec<usize> = (0..shown.len()).filter(|at| shown.get(*at).is_some_and(|one| one.number)).collect();
    let cells = |row: &Vec<Value>| -> Vec<String> {
        let one = |one: &page::Shown<'_>| cut(&safe(&page::said(term, one.column, &one.value(row))), 40);
        shown.iter().map(one).collect()
    };
    let lines: Vec<Vec<String>> = rows.iter().take(SHOWN).map(cells).collect();
    println!("{}", term.table(&names, &right, &lines));
    if rows.len() > SHOWN {
        let more = term.say("rader till; -o MAPP skriver alla", "more rows; -o DIR writes them all");
        println!("{} {more}", term.count((rows.len() - SHOWN) as u64));
    }
}

fn put(path: &PathBuf, bytes: &[u8]) -> Result<(), Refusal> {
    std::fs::write(path, bytes).map_err(|error| unwritable(path, &error))
}

fn unwritable(path: &Path, error: &std::io::Error) -> Refusal {
    let text = Text::new(format!("kunde inte skrivas: {error}"), format!("could not be written: {error}"));
    Refusal::new("out", RefusalKind::Configuration, path.display().to_string(), text)
}

fn unknown(name: &str) -> Refusal {
    internal("report", &format!("no report `{name}`"))
}

#[cfg(test)]
mod tests {
    use fyr_model::glossary::misused;

    use super::*;

    #[test]
    fn every_report_names_its_source_and_each_column_in_both_languages() {
        for report in REPORTS {
            let head = Head::of(report.sql);
            assert!(!head.source.is_empty() && !head.columns.is_empty(), "{}", report.name);
            let labels = head.columns.iter().map(|column| &column.label);
            for text in labels.chain([&head.title, &head.about]) {
                assert!(!text.sv.is_empty() && !text.en.is_empty(), "{}: {text:?}", report.name);
                assert!(misused(&text.sv).is_empty(), "{}", text.sv);
            }
            for lang in [Lang::Sv, Lang::En] {
                assert!(head.columns.iter().any(|column| column.is_for(lang)));
            }
            // Readers have the sources that are named, and not our working papers.
            assert!(!head.source.contains(".md"), "{}", head.source);
        }
    }
}
