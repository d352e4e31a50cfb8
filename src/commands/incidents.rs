//! `incidents`: what was found in public files, the text to their publishers, and what people judge.

use chrono::Utc;
use clap::ArgMatches;
use fyr_model::Refusal;
use fyr_model::incident::{Judgement, Status};

use super::Door;
use super::stored::{answer, order};
use crate::cli;
use crate::order::Order;

pub async fn incidents(door: &Door, words: &ArgMatches) -> Result<u8, Refusal> {
    let asked = match words.subcommand() {
        Some(("show", words)) => Order::Incidents { id: Some(id(words)) },
        Some(("record", words)) => Order::JudgeIncident {
            id: id(words),
            judgement: judgement(words),
        },
        _ => Order::Incidents { id: None },
    };
    answer(door, &order(door, asked).await?)
}

fn id(words: &ArgMatches) -> String {
    cli::text(words, "id").unwrap_or_default().to_owned()
}

fn judgement(words: &ArgMatches) -> Judgement {
    let word = |name: &str| cli::text(words, name).unwrap_or_default().to_owned();
    let said = word("as");
    Judgement {
        status: Status::RECORDED
            .into_iter()
            .find(|status| status.as_str() == said)
            .unwrap_or(Status::Open),
        columns: cli::texts(words, "column"),
        by: word("by"),
        role: word("role"),
        note: cli::text(words, "note").map(str::to_owned),
        at: Utc::now(),
    }
}
