//! How this crate says no: short makers of [`Refusal`], so that every stop has an id, both languages and never a cell's value.

use std::fmt::Display;
use std::io::ErrorKind;

use datafusion::error::DataFusionError;
use fyr_model::{Refusal, RefusalKind, Text};

/// The input is not what it claims, or breaks a limit.
pub(crate) fn unreadable(id: &str, subject: &str, sv: impl Into<String>, en: impl Into<String>) -> Refusal {
    Refusal::new(id, RefusalKind::Unreadable, subject, Text::new(sv, en))
}

/// What the owner wrote cannot be meant.
pub(crate) fn configuration(id: &str, subject: &str, sv: impl Into<String>, en: impl Into<String>) -> Refusal {
    Refusal::new(id, RefusalKind::Configuration, subject, Text::new(sv, en))
}

/// A file of this machine could not be read or written. The cause is the operating system's text, which holds no cell.
pub(crate) fn io(subject: &str, error: impl Display) -> Refusal {
    Refusal::new(
        "table-io",
        RefusalKind::Internal,
        subject,
        Text::new(
            format!("filen kunde inte läsas eller skrivas: {error}"),
            format!("the file could not be read or written: {error}"),
        ),
    )
}

/// A step of the engine failed. The engine's own text may quote cells (`Cannot cast string …`) and is therefore dropped.
pub(crate) fn engine(subject: &str, step: &'static str) -> Refusal {
    Refusal::new(
        "table-engine",
        RefusalKind::Internal,
        subject,
        Text::new(
            format!("tabellmotorn stannade i steget {step}"),
            format!("the table engine stopped at the step {step}"),
        ),
    )
}

/// As [`engine`], told apart where the engine had too little memory or disk.
pub(crate) fn stopped(subject: &str, step: &'static str, error: &DataFusionError) -> Refusal {
    let full = |error: &std::io::Error| matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded);
    match error.find_root() {
        DataFusionError::ResourcesExhausted(_) => configuration(
            "engine-memory",
            subject,
            format!("minnet räcker inte för steget {step}"),
            format!("memory does not suffice for the step {step}"),
        )
        .hint(Text::new(
            "ge tabellmotorn mer minne med `engine_memory`",
            "give the table engine more memory with `engine_memory`",
        )),
        DataFusionError::IoError(error) if full(error) => io(subject, error),
        _ => engine(subject, step),
    }
}
