//! One file a family of commands. Each turns words into one call and its answer into a report.

#[cfg(feature = "dp")]
mod budget;
#[cfg(feature = "cluster")]
mod cluster;
mod describe;
mod explain;
mod held;
mod hierarchy;
mod incidents;
mod input;
mod links;
mod profile;
mod protect;
mod release;
mod risk;
mod shapes;
mod stored;
mod tabulate;
mod told;

use std::io::IsTerminal as _;
use std::path::Path;
use std::process::ExitCode;

use clap::ArgMatches;
use fyr_model::{Lang, Refusal};
#[cfg(feature = "cluster")]
use fyr_model::{RefusalKind, Text};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::cli;
use crate::config::Config;
use crate::term::{Ink, Term};
use crate::workspace::{Workspace, internal};

pub use describe::DescribeBody;
pub use hierarchy::{HierarchyBody, LevelBody};
pub use input::{Bench, ScanBody};
pub use links::LinksBody;
pub use protect::AnonymizeBody;
pub use release::VerifyBody;
pub use risk::RiskBody;
pub use stored::listen;
pub use tabulate::{DpBody, TabulateBody};
pub use told::StoreBody;

/// Stack of a thread that plans for a cluster.
const PLAN_STACK_BYTES: usize = 32 << 20;
/// Libraries whose logs may quote a cell: they print plans, and the words in which a task failed (H32).
const TALKATIVE: [&str; 3] = ["ballista", "datafusion", "sqlparser"];

/// What every command knows.
pub struct Door {
    /// How to write.
    pub term: Term,
    /// Whether machines read.
    pub json: bool,
    /// The configuration.
    pub config: Config,
}

/// Reads the words, does what they say, and answers with the exit code of the contract.
pub fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().collect();
    let lang = cli::language(&words);
    let matches = match cli::command(lang).try_get_matches_from(&words) {
        Ok(matches) => matches,
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
        }
    };
    let term = terminal(&matches, lang);
    logs();
    let json = cli::flag(&matches, "json");
    match run(&matches, term, json) {
        // The answer is lost: that is graver than what it said.
        Ok(_) if crate::output::failed() => ExitCode::from(5),
        Ok(code) => ExitCode::from(code),
        Err(refusal) => {
            refused(&term, &refusal);
            ExitCode::from(refusal.exit_code())
        }
    }
}

fn terminal(matches: &ArgMatches, lang: Lang) -> Term {
    let utf8 = ["LC_ALL", "LC_CTYPE", "LANG"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
        .is_none_or(|value| value.to_ascii_lowercase().replace('-', "").contains("utf8"));
    let dumb = std::env::var("TERM").is_ok_and(|term| term == "dumb");
    let colour = match cli::text(matches, "color") {
        Some("always") => true,
        Some("never") => false,
        _ => std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none() && !dumb,
    };
    Term {
        lang,
        colour,
        symbols: utf8 && !dumb && !cli::flag(matches, "ascii"),
    }
}

/// Logs go to standard error; `FYR_LOG` chooses what is said, but never lets the talkative talk.
fn logs() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("FYR_LOG").unwrap_or_else(|_| "warn".into());
    let silent = tracing_subscriber::filter::filter_fn(|event| !TALKATIVE.iter().any(|name| event.target().starts_with(name)));
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false);
    let _ = tracing_subscriber::registry().with(filter).with(silent).with(lines).try_init();
}

/// `error:` what happened, then `hint:` what to do.
pub fn refused(term: &Term, refusal: &Refusal) {
    let place = refusal
        .position
        .filter(|at| at.line > 0)
        .map(|at| format!(" ({}:{})", at.line, at.column))
        .unwrap_or_default();
    let what = crate::term::safe(refusal.message.get(term.lang));
    let subject = crate::term::safe(&refusal.subject);
    eprintln!("{} {subject}{place}: {what}", term.ink(Ink::Error, term.say("fel:", "error:")));
    if let Some(hint) = &refusal.hint {
        eprintln!(
            "{} {}",
            term.ink(Ink::Dim, term.say("tips:", "hint:")),
            crate::term::safe(hint.get(term.lang))
        );
    }
}

fn run(matches: &ArgMatches, term: Term, json: bool) -> Result<u8, Refusal> {
    let Some((name, words)) = matches.subcommand() else { return Ok(2) };
    let workspace = match (name, cli::text(matches, "workspace")) {
        ("demo" | "init" | "verify", _) => None,
        (_, named) => Workspace::find(named.map(Path::new))?,
    };
    let config = Config::read(workspace, &cli::texts(matches, "set"))?;
    let door = Door { term, json, config };
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    runtime.enable_all();
    if name == "cluster" || door.config.cluster.scheduler.is_some() {
        // Plans travel as nested messages, which a debug build reads with deep recursion.
        runtime.thread_stack_size(PLAN_STACK_BYTES);
    }
    let runtime = runtime.build().map_err(|error| internal("runtime", &error))?;
    runtime.block_on(async {
        let done = command(&door, name, words);
        #[cfg(feature = "cluster")]
        if door.config.cluster.scheduler.is_some() && !["cluster", "serve"].contains(&name) {
            return interruptible(done).await;
        }
        done.await
    })
}

/// A question to a cluster leaves copies behind when it is stopped in the middle; they are taken away before the process ends.
#[cfg(feature = "cluster")]
async fn interruptible(done: impl Future<Output = Result<u8, Refusal>>) -> Result<u8, Refusal> {
    let answer = tokio::select! {
        answer = done => answer,
        () = crate::serve::stopped() => {
            let text = Text::new("avbruten", "stopped");
            Err(Refusal::new("stopped", RefusalKind::Internal, "fyr", text))
        }
    };
    fyr_table::cluster::settled().await;
    answer
}

async fn command(door: &Door, name: &str, words: &ArgMatches) -> Result<u8, Refusal> {
    match name {
        "demo" => crate::demo::run(door, words).await,
        "init" => stored::init(door, words),
        "source" => stored::source(door, words).await,
        "harvest" => stored::harvest(door, words).await,
        "check" => input::check(door, words).await,
        "mqa" => input::mqa(door, words).await,
        "report" => crate::national::report(door, words).await,
        "describe" => describe::describe(door, words).await,
        "profile" => profile::profile(door, words).await,
        "convert" => input::convert(door, words).await,
        "scan" => input::scan(door, words).await,
        "risk" => risk::risk(door, words).await,
        "hierarchy" => hierarchy::hierarchy(door, words).await,
        "anonymize" => protect::anonymize(door, words).await,
        "tabulate" => tabulate::tabulate(door, words).await,
        "curate" => stored::curate(door, words).await,
        "sign" => stored::sign(door, words).await,
        "publish" => stored::publish(door, words).await,
        "candidates" => stored::candidates(door).await,
        "withdraw" => stored::withdraw(door, words).await,
        "incidents" => incidents::incidents(door, words).await,
        "score" => explain::score(door, words).await,
        "explain" => explain::explain(door, words).await,
        "verify" => release::verify(door, words),
        "sparql" => stored::sparql(door, words).await,
        "serve" => stored::serve(door, words).await,
        #[cfg(feature = "dp")]
        "budget" => budget::budget(door, words),
        #[cfg(feature = "cluster")]
        "cluster" => cluster::cluster(door, words).await,
        _ => Ok(2),
    }
}

impl Door {
    /// Prints one JSON document with its envelope.
    pub fn document<T: serde::Serialize>(&self, shape: &str, input: Option<fyr_model::InputRef>, body: T) -> Result<(), Refusal> {
        self.document_by(fyr_assess::packs(), shape, input, body)
    }

    /// Prints one JSON document made by other rules than the usual ones.
    pub fn document_by<T: serde::Serialize>(
        &self,
        rules: Vec<fyr_model::RulePack>,
        shape: &str,
        input: Option<fyr_model::InputRef>,
        body: T,
    ) -> Result<(), Refusal> {
        let document = self.envelope(shape, input, body).rules(rules);
        let text = serde_json::to_string_pretty(&document).map_err(|error| internal("json", &error))?;
        println!("{text}");
        Ok(())
    }

    /// A document with its head.
    pub fn envelope<T>(&self, shape: &str, input: Option<fyr_model::InputRef>, body: T) -> fyr_model::Envelope<T> {
        let mut document = fyr_model::Envelope::new(format!("fyr/{shape}/1"), chrono::Utc::now(), body).rules(fyr_assess::packs());
        document.input = input;
        document
    }

    /// The workspace, or how to get one.
    pub fn workspace(&self) -> Result<&Workspace, Refusal> {
        match &self.config.workspace {
            Some(workspace) => Ok(workspace),
            None => Err(Workspace::missing()),
        }
    }
}
