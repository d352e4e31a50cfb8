//! What this crate refuses, in words.

use std::io;
use std::time::Duration;

use fyr_model::{Refusal, RefusalKind, Text};

use RefusalKind::{Internal, Unreadable};

/// `first`: the key of the limit that was met.
fn hint_limits(first: &str) -> Text {
    Text::new(
        format!("höj gränserna under [worker] i fyr.toml, först {first}, om källan är betrodd, annars kontakta utgivaren"),
        format!("raise the limits under [worker] in fyr.toml, {first} first, if the source is trusted, else contact the publisher"),
    )
}

/// The child ended without an answer.
pub fn died(subject: &str, signal: Option<i32>, stderr_bytes: u64) -> Refusal {
    let (sv, en) = match signal {
        Some(signal) => (format!(" (signal {signal})"), format!(" (signal {signal})")),
        None => (String::new(), String::new()),
    };
    let message = Text::new(
        format!("arbetsprocessen avbröts{sv}; den skrev {stderr_bytes} byte felutskrift som inte visas"),
        format!("the worker died{en}; it wrote {stderr_bytes} bytes of diagnostics that are not shown"),
    );
    Refusal::new("worker-died", Unreadable, subject, message).hint(hint_limits("memory_bytes"))
}

/// The work panicked; `place` is a file and line of the program.
pub fn panicked(subject: &str, place: Option<&str>) -> Refusal {
    let place = place.unwrap_or("-");
    let message = Text::new(
        format!("arbetsprocessen avbröt sig själv vid {place}"),
        format!("the worker gave up at {place}"),
    );
    Refusal::new("worker-died", Unreadable, subject, message)
}

/// The wall-clock time ran out.
pub fn timeout(subject: &str, wall: Duration) -> Refusal {
    let seconds = wall.as_secs_f64();
    let message = Text::new(
        format!("arbetsprocessen blev inte klar på {seconds} s"),
        format!("the worker did not finish within {seconds} s"),
    );
    Refusal::new("worker-timeout", Unreadable, subject, message).hint(hint_limits("wall"))
}

/// The processor time ran out.
pub fn cpu(subject: &str, seconds: u64) -> Refusal {
    let message = Text::new(
        format!("arbetsprocessen förbrukade sina {seconds} s processortid"),
        format!("the worker used up its {seconds} s of processor time"),
    );
    Refusal::new("worker-cpu", Unreadable, subject, message).hint(hint_limits("cpu_seconds"))
}

/// A file grew past its limit.
pub fn file(subject: &str, bytes: u64) -> Refusal {
    let message = Text::new(
        format!("arbetsprocessen skrev en fil större än {bytes} byte"),
        format!("the worker wrote a file larger than {bytes} bytes"),
    );
    Refusal::new("worker-file", Unreadable, subject, message).hint(hint_limits("file_bytes"))
}

/// The limits were not confirmed; nothing was handed over.
pub fn limits(subject: &str, kind: Option<&str>) -> Refusal {
    let kind = kind.map(|kind| format!(": {kind}")).unwrap_or_default();
    let message = Text::new(
        format!("arbetsprocessens gränser kunde inte bekräftas{kind}"),
        format!("the worker's limits could not be confirmed{kind}"),
    );
    Refusal::new("worker-limits", Internal, subject, message)
}

/// Nobody knows this work.
pub fn unknown(work: &str, subject: &str) -> Refusal {
    let message = Text::new(
        format!("arbetsprocessen känner inte till arbetet `{work}`"),
        format!("the worker does not know the work `{work}`"),
    );
    Refusal::new("worker-unknown", Internal, subject, message)
}

/// Request or answer is not of the agreed shape.
pub fn answer(work: &str, subject: &str) -> Refusal {
    let message = Text::new(
        format!("arbetsprocessens svar på `{work}` har inte den avtalade formen"),
        format!("the worker's answer to `{work}` is not of the agreed shape"),
    );
    Refusal::new("worker-answer", Internal, subject, message)
}

/// The folder or the process could not be made.
pub fn start(subject: &str, error: &io::Error) -> Refusal {
    let kind = error.kind();
    let message = Text::new(
        format!("arbetsprocessen kunde inte startas: {kind}"),
        format!("the worker could not be started: {kind}"),
    );
    Refusal::new("worker-start", Internal, subject, message)
}
