//! `hierarchy`: the levels that a column would have, as a file to look at, change and name in a policy.
//!
//! In: a data file, a column, and a built-in hierarchy or a file of one. Out: how many groups each level has and how small they are; with `-o`
//! the hierarchy itself, which holds the column's values and is for whoever holds the data.

use std::path::Path;

use clap::ArgMatches;
use fyr_curate::Look;
use fyr_model::table::{Column, ColumnType};
use fyr_model::{Refusal, RefusalKind, Text};
use fyr_privacy::hierarchy::{self, Draft, Drafter};
use serde::Serialize;

use super::Door;
use super::input::{Bench, reference};
use super::protect::hierarchy_at;
use crate::cli;
use crate::show;

/// The body of `hierarchy`.
#[derive(Debug, Serialize)]
pub struct HierarchyBody {
    /// The column.
    pub column: String,
    /// The word of a policy that gives these levels.
    pub hierarchy: String,
    /// Rows without a value: they keep a group of their own under the last level.
    pub missing_rows: u64,
    /// From the value itself to one for all.
    pub levels: Vec<LevelBody>,
}

/// One level.
#[derive(Debug, Serialize)]
pub struct LevelBody {
    /// Its number in a transformation.
    pub level: usize,
    /// Different groups.
    pub groups: u64,
    /// Rows in the smallest.
    pub smallest: u64,
}

pub async fn hierarchy(door: &Door, words: &ArgMatches) -> Result<u8, Refusal> {
    let bench = Bench::open(door)?;
    let name = cli::text(words, "column").unwrap_or_default();
    let read = bench.table(door, cli::text(words, "input").unwrap_or_default(), Look::Away).await?;
    let facts = read.table.facts();
    let column = super::risk::column(&facts.report.columns, name)?;
    let word = cli::text(words, "as").unwrap_or_else(|| fitting(column));
    let text = match hierarchy::file_of(word) {
        Some(file) => Some(hierarchy_at(Path::new(file), file)?),
        None => None,
    };
    let mut drafter = Drafter::new(name);
    let engine = bench.engine(door)?;
    engine.each(std::slice::from_ref(&facts.path), &mut |batch| drafter.take(batch))?;
    let k = words.get_one::<u64>("k").copied().unwrap_or(fyr_audit::K_FLOOR);
    let draft = drafter.draft(word, text.as_deref(), k)?;
    if let Some(out) = cli::text(words, "out") {
        write(out, &draft)?;
    }
    let body = body(name, word, &draft);
    if door.json {
        door.document("hierarchy", reference(&read.resource), &body)?;
    } else {
        show::hierarchy(&door.term, &body);
    }
    Ok(0)
}

/// The built-in hierarchy that a column's meaning or type suggests.
fn fitting(column: &Column) -> &'static str {
    let meaning = match column.semantic.as_ref().map(|semantic| semantic.kind.as_str()) {
        Some("municipality_code") => Some("municipality"),
        Some(word @ ("deso" | "regso" | "postcode" | "sni" | "ssyk")) => hierarchy::BUILT_IN.iter().copied().find(|known| *known == word),
        _ => None,
    };
    let by_name = ["age", "alder", "ålder"]
        .contains(&column.name.to_lowercase().as_str())
        .then_some("age");
    meaning.or(by_name).unwrap_or(match column.kind {
        ColumnType::Integer | ColumnType::Number => "interval",
        ColumnType::Date | ColumnType::Timestamp => "date",
        _ => "order",
    })
}

/// Writes the file anew; one that is there may be somebody's work and is left alone.
fn write(out: &str, draft: &Draft) -> Result<(), Refusal> {
    let mut text = draft.lines.join("\n");
    text.push('\n');
    let made = std::fs::File::create_new(out).and_then(|mut file| std::io::Write::write_all(&mut file, text.as_bytes()));
    made.map_err(|error| {
        let text = Text::new(format!("kunde inte skrivas: {error}"), format!("could not be written: {error}"));
        let hint = Text::new("en fil som finns skrivs inte över", "a file that is there is not written over");
        Refusal::new("out", RefusalKind::Configuration, out, text).hint(hint)
    })
}

fn body(column: &str, word: &str, draft: &Draft) -> HierarchyBody {
    let level = |(level, of): (usize, &hierarchy::DraftLevel)| LevelBody {
        level,
        groups: of.groups,
        smallest: of.smallest,
    };
    HierarchyBody {
        column: column.to_owned(),
        hierarchy: word.to_owned(),
        missing_rows: draft.missing,
        levels: draft.levels.iter().enumerate().map(level).collect(),
    }
}
