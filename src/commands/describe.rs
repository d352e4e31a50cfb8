//! `fyr describe`: a record drafted from a data file, and the questions that are left.

use std::path::Path;

use chrono::Utc;
use clap::ArgMatches;
use fyr_curate::Look;
use fyr_graph::{Syntax, write};
use fyr_model::describe::{DraftRecord, Question};
use fyr_model::{Finding, Refusal, RefusalKind, Text};
use serde::Serialize;

use super::Door;
use super::input::{Bench, reference};
use crate::cli;
use crate::describe::{asked, comments, draft};
use crate::fix::findings;
use crate::show;
use crate::workspace::internal;

/// The body of `describe`.
#[derive(Debug, Serialize)]
pub struct DescribeBody {
    /// What was measured.
    pub record: DraftRecord,
    /// The record in Turtle.
    pub turtle: String,
    /// What only a person can answer.
    pub questions: Vec<Question>,
    /// What a check says of the record as it stands.
    pub findings: Vec<Finding>,
    /// Whether every finding is one that a question names.
    pub asked_for_all: bool,
}

pub async fn describe(door: &Door, words: &ArgMatches) -> Result<u8, Refusal> {
    let bench = Bench::open(door)?;
    let input = cli::text(words, "input").unwrap_or_default();
    let target = cli::text(words, "out")
        .map(|out| Ok::<_, Refusal>((out, syntax_of(out)?)))
        .transpose()?;
    let look = Look::Profile {
        reference: Utc::now().date_naive(),
        kept: false,
    };
    let read = bench.table(door, input, look).await?;
    let profile = read.profile.clone().unwrap_or_default();
    let drafted = draft(&read, &profile).map_err(|error| internal("describe", &error))?;
    let questions = asked(&drafted.record, &drafted.doubts);
    let turtle = write::record(&drafted.record, Syntax::Turtle)?;
    let findings = judged(&bench, door, &turtle).await?;
    let named = |finding: &Finding| questions.iter().any(|question| question.rules.contains(&finding.id));
    let body = DescribeBody {
        asked_for_all: findings.iter().all(named),
        turtle: String::from_utf8(turtle).map_err(|error| internal("describe", &error))?,
        record: drafted.record,
        questions,
        findings,
    };
    if let Some((out, syntax)) = target {
        let bytes = match syntax {
            Syntax::Turtle => format!("{}{}", body.turtle, comments(&body.questions)).into_bytes(),
            other => write::record(&body.record, other)?,
        };
        std::fs::write(out, bytes).map_err(|error| unwritable(out, &error))?;
    }
    if door.json {
        door.document("describe", reference(&read.resource), &body)?;
    } else if let Some((out, _)) = target {
        show::described(&door.term, out, &body);
    } else {
        // What is printed is the record itself, so that it can be sent to a file; the questions stand in it as comments.
        println!("{}{}", body.turtle, comments(&body.questions).trim_end());
    }
    Ok(0)
}

/// What a check says of the record: read again in a confined worker, as any catalogue.
async fn judged(bench: &Bench, door: &Door, turtle: &[u8]) -> Result<Vec<Finding>, Refusal> {
    let path = bench.work("record")?.join("record.ttl");
    std::fs::write(&path, turtle).map_err(|error| internal("describe", &error))?;
    let (_, read) = bench.catalogue(door, &path.to_string_lossy(), None).await?;
    Ok(findings(&read.view))
}

fn syntax_of(out: &str) -> Result<Syntax, Refusal> {
    let ending = Path::new(out).extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    Syntax::from_extension(ending).ok_or_else(|| {
        let text = Text::new(
            "namnets ändelse säger inte vilken syntax",
            "the name's ending does not say which syntax",
        );
        let hint = Text::new(
            "sluta namnet med .ttl, .rdf, .jsonld eller .nt",
            "end the name with .ttl, .rdf, .jsonld or .nt",
        );
        Refusal::new("record-syntax", RefusalKind::Configuration, out, text).hint(hint)
    })
}

fn unwritable(out: &str, error: &std::io::Error) -> Refusal {
    let text = Text::new(format!("kunde inte skrivas: {error}"), format!("could not be written: {error}"));
    Refusal::new("out", RefusalKind::Configuration, out, text)
}
