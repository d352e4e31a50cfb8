//! `budget`: the accounts of differential privacy, and decisions that raise them. The ledger has a lock of its own, so a server may run beside.

use std::path::PathBuf;

use chrono::Utc;
use clap::ArgMatches;
use fyr_model::dp::{AccountFacts, Amount, Measure};
use fyr_model::{Refusal, RefusalKind, Text};
use fyr_noise::{Ledger, Raising};
use serde::Serialize;

use super::Door;
use crate::cli;
use crate::show;
use crate::workspace::absolute;

/// The workspace's ledger, in its data folder.
pub const LEDGER: &str = "budget/ledger.jsonl";

/// The body of `budget`.
#[derive(Debug, Serialize)]
struct BudgetBody {
    /// The accounts: all, or the one that was raised.
    accounts: Vec<AccountFacts>,
}

pub fn budget(door: &Door, words: &ArgMatches) -> Result<u8, Refusal> {
    let Some((verb, words)) = words.subcommand() else { return Ok(2) };
    let ledger = ledger(door, words)?;
    let accounts = if verb == "raise" {
        vec![ledger.raise(raising(words)?, Utc::now())?]
    } else {
        ledger.accounts()?
    };
    if door.json {
        door.document("budget", None, BudgetBody { accounts })?;
    } else if accounts.is_empty() {
        println!("{} {}", door.term.info(), door.term.say("inga konton", "no accounts"));
    } else {
        show::accounts(&door.term, &accounts);
    }
    Ok(0)
}

fn ledger(door: &Door, words: &ArgMatches) -> Result<Ledger, Refusal> {
    let path = match cli::text(words, "ledger") {
        Some(given) => absolute(&PathBuf::from(given)),
        None => {
            door.workspace()?;
            door.config.data.join(LEDGER)
        }
    };
    Ok(Ledger::at(path))
}

fn raising(words: &ArgMatches) -> Result<Raising, Refusal> {
    let word = |name: &str| cli::text(words, name).unwrap_or_default().to_owned();
    let (measure, given) = match cli::text(words, "rho") {
        Some(given) => (Measure::Rho, given.to_owned()),
        None => (Measure::Epsilon, word("epsilon")),
    };
    let budget = given
        .parse()
        .ok()
        .and_then(|value| Amount::written(measure, value))
        .ok_or_else(|| {
            let text = Text::new(
                "beloppet ska vara över 0, högst en miljon och ha högst nio decimaler",
                "the amount must be above 0, at most a million and have at most nine decimals",
            );
            Refusal::new("raise-amount", RefusalKind::Configuration, given.as_str(), text)
        })?;
    Ok(Raising {
        dataset: word("dataset"),
        unit: word("unit"),
        budget,
        by: word("by"),
        role: word("role"),
        reason: word("reason"),
    })
}
