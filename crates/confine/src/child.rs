//! The child's side: limits first, then one piece of work on a thread with a stack of its own.

use std::io::{self, BufRead, Read, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Mutex;
use std::{env, panic, process, thread};

use fyr_model::Refusal;
use fyr_model::limits::WorkerLimits;
use serde_json::Value;

use crate::wire::{Request, Said};
use crate::{Handler, limit};

/// Where the last panic was: file name and line.
static PANICKED_AT: Mutex<Option<String>> = Mutex::new(None);

/// Does one piece of work as a confined child, by the lines described at the head of this crate; called by the program's hidden command.
///
/// The private folder is the working directory that the parent chose. Exit code 0 when a line was answered, whatever it says.
pub fn serve(handlers: &[(&str, Handler)]) -> ExitCode {
    silence_panics();
    match answer(handlers) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::from(70),
    }
}

fn answer(handlers: &[(&str, Handler)]) -> io::Result<()> {
    let limits: WorkerLimits = serde_json::from_str(&line()?)?;
    let confirmed = match limit::apply(&limits) {
        Ok(confirmed) => confirmed,
        Err(error) => return say(&Said::Unlimited(error.kind().to_string())),
    };
    say(&Said::Limits(confirmed))?;
    let request: Request = serde_json::from_str(&line()?)?;
    end_with_parent();
    let Some(handler) = find(handlers, &request.work) else {
        return say(&Said::Unknown);
    };
    let dir = env::current_dir()?;
    let said = match on_thread(handler, request.input, &dir, limits.stack_bytes) {
        Some(Ok(value)) => Said::Ok(value),
        Some(Err(refusal)) => Said::Refusal(Box::new(refusal)),
        None => Said::Panicked(PANICKED_AT.lock().ok().and_then(|mut place| place.take())),
    };
    say(&said)
}

/// The handler of `work`.
pub fn find(handlers: &[(&str, Handler)], work: &str) -> Option<Handler> {
    handlers.iter().find(|(name, _)| *name == work).map(|(_, handler)| *handler)
}

/// Runs a handler on a thread with `stack_bytes`; none when it panicked or no thread could be had.
pub fn on_thread(handler: Handler, input: Value, dir: &Path, stack_bytes: usize) -> Option<Result<Value, Refusal>> {
    thread::scope(|scope| {
        let work = thread::Builder::new().name("work".into()).stack_size(stack_bytes);
        work.spawn_scoped(scope, move || handler(input, dir)).ok()?.join().ok()
    })
}

/// A panic's message may hold a value of the data (H32): only the place is kept.
fn silence_panics() {
    panic::set_hook(Box::new(|info| {
        let place = info.location().map(|location| {
            let file = location.file().rsplit(['/', '\\']).next().unwrap_or_default();
            format!("{file}:{}", location.line())
        });
        if let Ok(mut kept) = PANICKED_AT.lock() {
            *kept = place;
        }
    }));
}

/// Ends this process when the parent's end of the pipe closes, which also happens when the parent is killed.
fn end_with_parent() {
    thread::spawn(|| {
        let mut rest = [0u8; 64];
        while matches!(io::stdin().lock().read(&mut rest), Ok(1..)) {}
        process::exit(71);
    });
}

fn line() -> io::Result<String> {
    let mut line = String::new();
    match io::stdin().lock().read_line(&mut line)? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        _ => Ok(line),
    }
}

fn say(said: &Said) -> io::Result<()> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    serde_json::to_writer(&mut out, said)?;
    out.write_all(b"\n")?;
    out.flush()
}
