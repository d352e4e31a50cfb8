//! `fyr cluster`: this machine as the scheduler or an executor of a cluster, until it is told to stop.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::ArgMatches;
use fyr_model::{Refusal, RefusalKind, Text};
use fyr_table::cluster::{ExecutorOptions, SchedulerOptions};

use super::Door;
use crate::cli;
use crate::serve::stopped;
use crate::term::Ink;
use crate::workspace::{absolute, internal};

/// The library's own port for schedulers, and the first one for executors.
const SCHEDULER: u16 = 50050;
const EXECUTOR: u16 = 50051;
const EXECUTOR_TIMEOUT_SECONDS: u64 = 30;

pub async fn cluster(door: &Door, words: &ArgMatches) -> Result<u8, Refusal> {
    quiet_panics();
    fyr_confine::no_core_dumps().map_err(|error| internal("limits", &error))?;
    match words.subcommand() {
        Some(("scheduler", words)) => scheduler(door, words).await,
        Some(("executor", words)) => executor(door, words).await,
        _ => Ok(2),
    }
}

/// A panic's words may quote a cell; its place is enough to find it (H32).
fn quiet_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        eprintln!("panic: {place}");
    }));
}

async fn scheduler(door: &Door, words: &ArgMatches) -> Result<u8, Refusal> {
    let options = SchedulerOptions {
        listen: listen(door, words, SCHEDULER)?,
        executor_timeout: Duration::from_secs(number(words, "executor-timeout")?.unwrap_or(EXECUTOR_TIMEOUT_SECONDS)),
    };
    let ready = |address: SocketAddr| {
        let says = door.term.say("schemaläggaren svarar på", "the scheduler answers at");
        eprintln!("{} {says} {address}", door.term.done());
    };
    fyr_table::cluster::schedule(options, door.config.staging()?, ready, stopped()).await?;
    Ok(0)
}

async fn executor(door: &Door, words: &ArgMatches) -> Result<u8, Refusal> {
    let listen = listen(door, words, EXECUTOR)?;
    let configured = door.config.cluster.scheduler.as_deref();
    let scheduler = cli::text(words, "scheduler").or(configured).map(str::to_owned);
    let scheduler = host_and_port(&scheduler.unwrap_or_else(|| format!("127.0.0.1:{SCHEDULER}")))?;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let options = ExecutorOptions {
        scheduler: scheduler.clone(),
        listen,
        task_port: match number(words, "task-port")? {
            Some(port) => u16::try_from(port).map_err(|_| wrong("task-port", "ingen port", "not a port"))?,
            None => listen.port().saturating_add(1),
        },
        work: work(door, words, listen)?,
        memory_bytes: number(words, "memory")?.unwrap_or(door.config.engine_memory as u64),
        tasks: number(words, "tasks")?.map_or(cores, |tasks| tasks as usize),
    };
    let ready = || {
        let says = door.term.say("exekutorn arbetar åt", "the executor works for");
        eprintln!("{} {says} {}:{}", door.term.done(), scheduler.0, scheduler.1);
    };
    fyr_table::cluster::execute(options, door.config.staging()?, ready, stopped()).await?;
    Ok(0)
}

/// The address to listen on: loopback, or what the operator says twice. Nothing here asks who calls.
fn listen(door: &Door, words: &ArgMatches, port: u16) -> Result<SocketAddr, Refusal> {
    let given = cli::text(words, "listen");
    let address = given.map_or_else(|| Ok(SocketAddr::from(([127, 0, 0, 1], port))), str::parse);
    let address: SocketAddr = address.map_err(|_| {
        wrong(
            "listen",
            "ingen adress med port, som 127.0.0.1:50050",
            "not an address with a port, as 127.0.0.1:50050",
        )
    })?;
    if address.ip().is_unspecified() {
        return Err(wrong(
            "listen",
            "ange adressen som de andra noderna når: den berättas för dem",
            "give the address that the other nodes reach: they are told it",
        ));
    }
    if address.ip().is_loopback() {
        return Ok(address);
    }
    if !cli::flag(words, "private-network") {
        return Err(wrong(
            "listen",
            "adressen nås av andra datorer, och ett kluster frågar inte vem som ringer",
            "the address is reached by other machines, and a cluster does not ask who calls",
        )
        .hint(Text::new(
            "är nätet ert eget och slutet: lägg till --private-network; annars 127.0.0.1 och en krypterad tunnel",
            "if the network is your own and closed: add --private-network; else 127.0.0.1 and an encrypted tunnel",
        )));
    }
    let says = door.term.say(
        "ingen inloggning, ingen kryptering: den som når porten kan läsa personuppgifter och köra frågor",
        "no sign-in, no encryption: whoever reaches the port can read personal data and run queries",
    );
    eprintln!("{} {address}: {says}", door.term.ink(Ink::Warning, &door.term.warning()));
    Ok(address)
}

/// The work folder: the option, else one in the workspace's data folder.
fn work(door: &Door, words: &ArgMatches, listen: SocketAddr) -> Result<PathBuf, Refusal> {
    if let Some(given) = cli::text(words, "work") {
        return Ok(absolute(std::path::Path::new(given)));
    }
    if door.config.workspace.is_none() {
        return Err(wrong(
            "work",
            "ange en arbetsmapp, eller stå i en arbetsyta",
            "give a work folder, or stand in a workspace",
        ));
    }
    Ok(door.config.data.join(format!("executor-{}", listen.port())))
}

fn host_and_port(given: &str) -> Result<(String, u16), Refusal> {
    let parsed = given
        .rsplit_once(':')
        .and_then(|(host, port)| Some((host.to_owned(), port.parse().ok()?)));
    parsed.filter(|(host, _)| !host.is_empty()).ok_or_else(|| {
        wrong(
            "scheduler",
            "schemaläggaren anges som värd:port",
            "the scheduler is given as host:port",
        )
    })
}

fn number(words: &ArgMatches, name: &'static str) -> Result<Option<u64>, Refusal> {
    let parsed = cli::text(words, name).map(str::parse).transpose();
    parsed
        .ok()
        .filter(|number| *number != Some(0))
        .ok_or_else(|| wrong(name, "inget tal över noll", "not a number above nought"))
}

fn wrong(option: &str, sv: &str, en: &str) -> Refusal {
    Refusal::new(
        "cluster-words",
        RefusalKind::Configuration,
        format!("--{option}"),
        Text::new(sv, en),
    )
}
