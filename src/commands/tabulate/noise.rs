//! `tabulate` with `method = "dp"`: numbers with noise, drawn on the account of a dataset and its protected unit.
//!
//! The true numbers exist only in this process. What reaches disk before noise is drawn is the entry in the ledger: the workspace's own, or the
//! one that a policy without a workspace names. Without a ledger nothing is released.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use chrono::Utc;
use clap::ArgMatches;
use fyr_audit::NoisedWork;
use fyr_curate::{Inspected, Look};
use fyr_model::dp::DpPolicy;
use fyr_model::privacy::{Check, PrivacyPolicy, Role};
use fyr_model::tabulate::OneTable;
use fyr_model::{Refusal, RefusalKind, Sha256, Text};
use fyr_noise::{Answered, GENERATOR, Ledger, Opened, Question};
use fyr_privacy::accumulation::Spent;
use fyr_privacy::dp::{Bounded, Published, budget, group_files};
use serde::Serialize;

use super::{AttackBody, DpBody, TabulateBody, audited, contained, told, unconfirmed};
use crate::cli;
use crate::commands::Door;
use crate::commands::budget::LEDGER;
use crate::commands::input::Bench;
use crate::commands::protect::beside;
use crate::workspace::internal;

/// Makes the tables, or says why not.
pub(super) async fn noised(
    door: &Door,
    words: &ArgMatches,
    bench: &Bench,
    (policy, path, hierarchies): (&PrivacyPolicy, &Path, &BTreeMap<String, String>),
) -> Result<u8, Refusal> {
    let files = lists(policy, path, hierarchies)?;
    // Before anything is paid: a name that cannot be used, or a folder that another process owns, must not cost.
    let named = cli::text(words, "release")
        .map(|name| crate::commands::told::named(door, name))
        .transpose()?;
    let ledger = policy.dp.as_ref().map(|dp| place_of_ledger(door, dp, path)).transpose()?;
    let read = bench.table(door, cli::text(words, "input").unwrap_or_default(), Look::Away).await?;
    let facts = read.table.facts();
    let mut bounded = Bounded::new(&facts.report.columns, policy, &files)?;
    let engine = bench.engine(door)?;
    engine.each(std::slice::from_ref(&facts.path), &mut |batch| bounded.take(batch))?;
    let (Some(dp), Some(ledger)) = (&policy.dp, ledger) else {
        return Err(internal("dp", &"no [dp]"));
    };
    let question = Question {
        dataset: bounded.facts().dataset,
        unit: dp.unit.clone(),
        digest: digest(&read, policy, dp, &files)?,
        amount: bounded.cost(),
        budget: budget(dp)?,
    };
    let spent = Spent {
        dataset: question.dataset.clone(),
        unit: question.unit.clone(),
        question: question.digest,
        amount: question.amount,
        delta: dp.delta,
    };
    let answered = tokio::task::block_in_place(|| answered(&Ledger::at(ledger), question, &bounded))?;
    let published = bounded.published(&answered.values)?;
    let written = bench.work("tables")?.join("out.parquet");
    let roles = published.columns.iter().map(|column| (column.name.clone(), Role::Plain)).collect();
    let none = BTreeMap::new();
    fyr_table::write::parquet(std::slice::from_ref(&published.batch), &published.columns, &roles, &none, &written)?;
    let checks = confirmed(door, bench, (policy, &files), &published, &written)?;
    if let Some(named) = named {
        named.remember_noised(policy, spent, Utc::now())?;
    }
    told(door, words, &read, &written, &body(policy, &bounded, published, answered, checks))
}

/// The stored answer, or a new one once it is paid for.
fn answered(ledger: &Ledger, question: Question, bounded: &Bounded) -> Result<Answered, Refusal> {
    let vectors = bounded.vectors();
    match ledger.ask(question, Utc::now())? {
        Opened::Stored(answered) => Ok(answered),
        Opened::Granted(grant) => grant.draw(&vectors),
    }
}

/// The texts of the files that hold public lists, and of the hierarchies whose levels are shown.
fn lists(policy: &PrivacyPolicy, path: &Path, hierarchies: &BTreeMap<String, String>) -> Result<BTreeMap<String, String>, Refusal> {
    let mut files = BTreeMap::new();
    for name in policy.dp.iter().flat_map(group_files) {
        let text = std::fs::read_to_string(beside(path, name)).map_err(|error| {
            let text = Text::new(
                format!("listan går inte att läsa: {error}"),
                format!("the list cannot be read: {error}"),
            );
            Refusal::new("dp-groups", RefusalKind::Configuration, name, text)
        })?;
        files.insert(name.to_owned(), text);
    }
    for word in levelled(policy).into_values() {
        files.extend(hierarchies.get(word).map(|text| (word.to_owned(), text.clone())));
    }
    Ok(files)
}

/// The hierarchies of the columns that are shown at a level of their own.
fn levelled(policy: &PrivacyPolicy) -> BTreeMap<&str, &str> {
    let levels = policy.dp.iter().flat_map(|dp| dp.levels.keys());
    let word = |name: &String| {
        Some((
            policy.columns.get_key_value(name)?.0.as_str(),
            policy.columns.get(name)?.hierarchy()?,
        ))
    };
    levels.filter_map(word).collect()
}

/// Where the ledger lies; nowhere is an answer that ends the command.
fn place_of_ledger(door: &Door, dp: &DpPolicy, path: &Path) -> Result<PathBuf, Refusal> {
    let text = |sv: &str, en: &str| Text::new(sv, en);
    match (&door.config.workspace, &dp.ledger) {
        (Some(_), None) => Ok(door.config.data.join(LEDGER)),
        (None, Some(name)) => inside(path, name),
        (Some(_), Some(_)) => Err(Refusal::new(
            "ledger-doubled",
            RefusalKind::Configuration,
            "policy",
            text(
                "arbetsytan har en egen bok, så policyn får inte ange en annan",
                "the workspace has a ledger of its own, so the policy may not name another",
            ),
        )
        .hint(text("ta bort ledger ur [dp]", "remove ledger from [dp]"))),
        (None, None) => Err(Refusal::new(
            "ledger-missing",
            RefusalKind::Configuration,
            "policy",
            text(
                "utan arbetsyta och utan ledger finns ingen bok att bokföra på, och utan bok dras inget brus",
                "without a workspace and without ledger there is no account to book on, and without one no noise is drawn",
            ),
        )
        .hint(text(
            "kör i en arbetsyta, eller ange ledger = \"fil\" i [dp]; filen ligger bredvid policyn",
            "run in a workspace, or state ledger = \"file\" in [dp]; the file lies beside the policy",
        ))),
    }
}

/// A file that is written stays in the policy's folder.
fn inside(policy: &Path, name: &str) -> Result<PathBuf, Refusal> {
    let within = Path::new(name)
        .components()
        .all(|part| matches!(part, std::path::Component::Normal(_)));
    if within {
        return Ok(beside(policy, name));
    }
    let text = Text::new(
        format!("`{name}` lämnar policyns mapp"),
        format!("`{name}` leaves the policy's folder"),
    );
    Err(Refusal::new("path-outside", RefusalKind::Configuration, name, text))
}

/// Everything that the answer depends on. Where the ledger lies and what else the account may spend are no part of the question.
#[derive(Serialize)]
struct Asked<'a> {
    form: &'static str,
    input: Sha256,
    dp: DpPolicy,
    tables: &'a [fyr_model::tabulate::TablePolicy],
    files: &'a BTreeMap<String, String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    hierarchies: BTreeMap<&'a str, &'a str>,
}

fn digest(read: &Inspected, policy: &PrivacyPolicy, dp: &DpPolicy, files: &BTreeMap<String, String>) -> Result<Sha256, Refusal> {
    let asked = Asked {
        form: "fyr dp question 1",
        input: read.resource.sha256,
        dp: DpPolicy {
            ledger: None,
            budget: Default::default(),
            ..dp.clone()
        },
        tables: &policy.table,
        files,
        hierarchies: levelled(policy),
    };
    let text = serde_json::to_vec(&asked).map_err(|error| internal("json", &error))?;
    Ok(Sha256::of(&text))
}

/// What code that shares nothing with the producer finds in the written file.
fn confirmed(
    door: &Door,
    bench: &Bench,
    (policy, files): (&PrivacyPolicy, &BTreeMap<String, String>),
    published: &Published,
    written: &Path,
) -> Result<Vec<Check>, Refusal> {
    let runner = crate::work::runner().map_err(|error| internal("runner", &error))?;
    let work = NoisedWork {
        file: written.to_path_buf(),
        tables: policy.table.clone(),
        groups: policy.dp.as_ref().map(|dp| dp.groups.clone()).unwrap_or_default(),
        files: files.clone(),
    };
    let dir = bench.work("cells")?;
    let mut checks: Vec<Check> =
        tokio::task::block_in_place(|| runner.run("audit.noised", "out.parquet", &work, &dir, &door.config.worker))?;
    let failed: Vec<&Check> = checks.iter().filter(|check| !check.ok).collect();
    if !failed.is_empty() {
        return Err(unconfirmed("audit-failed", &failed));
    }
    let report = audited(door, bench, policy, &published.columns, written)?;
    contained(&report)?;
    checks.extend(report.checks);
    Ok(checks)
}

fn body(policy: &PrivacyPolicy, bounded: &Bounded, published: Published, answered: Answered, checks: Vec<Check>) -> TabulateBody {
    let one = |(table, cells): (&fyr_model::tabulate::TablePolicy, &u64)| OneTable {
        by: table.by.clone(),
        measure: table.measure().to_owned(),
        method: table.method.as_str().to_owned(),
        cells: *cells,
        suppressed: 0,
    };
    TabulateBody {
        rows_in: None,
        cells: published.cells.iter().sum(),
        primary_suppressed: 0,
        secondary_suppressed: 0,
        people_hidden: 0,
        disclosure_rules: Vec::new(),
        attack: AttackBody {
            method: "differential-privacy".to_owned(),
            disclosed_cells: 0,
            checks,
        },
        tables: policy.table.iter().zip(&published.cells).map(one).collect(),
        dp: Some(DpBody {
            facts: bounded.facts(),
            generator: GENERATOR.to_owned(),
            account: answered.standing,
        }),
    }
}
