//! The lock of a reading: what was found is written beside the pipeline, tried first at the next run, and where the file no longer fits it
//! the change is shown to the owner (`reading-changed`).
//!
//! A change of how the file is written (encoding, delimiter, header row) is told, and passes when the columns are the same. Columns that
//! came, went or changed their type stop the run: the former release stays up until the source is mended, the owner writes what is meant
//! under `[reading]`, or accepts the new reading by name.

use std::path::{Path, PathBuf};

use fyr_model::finding::{Finding, Severity};
use fyr_model::lock::{LockedColumn, ReadingLock};
use fyr_model::pipeline::PipelineFile;
use fyr_model::table::{ColumnType, Reading, ReadingReport};
use fyr_model::{Refusal, RefusalKind, Sha256, Text};

use crate::disk::{disk, json};
use crate::pipeline::Pipeline;

/// What the findings and the refusal are called.
pub(crate) const CHANGED: &str = "reading-changed";
/// What stands at the top of a lock.
const HEAD: &str = "# How the file was read when its reading was last accepted; written by `fyr curate` and tried first at the next run.\n\
    # Keep it with the pipeline. To decide a reading yourself, write it under [reading] in the pipeline.\n\n";

/// The lock of a pipeline as the run found it.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    /// Digest of what the pipeline says now.
    pipeline: Sha256,
    /// What the last accepted reading found.
    pub(crate) lock: Option<ReadingLock>,
}

impl Known {
    pub(crate) fn of(pipeline: &Pipeline) -> Result<Self, Refusal> {
        Ok(Self {
            pipeline: digest(&pipeline.file)?,
            lock: pipeline.lock.clone(),
        })
    }
    /// The lock, while the owner says the same as when it was written.
    pub(crate) fn valid(&self) -> Option<&ReadingLock> {
        self.lock.as_ref().filter(|lock| lock.pipeline == self.pipeline)
    }
    /// The sheet, layer or member that was read before, where the owner names none and one can be named.
    pub(crate) fn table(&self, owner: &Reading) -> Option<String> {
        let lock = self.valid().filter(|_| owner.table.is_none())?;
        // In a PX file and in JSON-stat the owner names a language or a place; what the report shows is a title.
        lock.table.clone().filter(|_| !matches!(lock.format.as_str(), "px" | "json-stat"))
    }
    /// The lock that this reading leaves behind.
    pub(crate) fn next(&self, report: &ReadingReport) -> ReadingLock {
        let source = &report.source;
        let kind = |name: &str, found: ColumnType| {
            let count = |counts: &std::collections::BTreeMap<String, u64>| counts.get(name).copied().unwrap_or(0);
            let empty = count(&report.nulls) + count(&report.rejects) >= report.rows;
            let before = self.valid().and_then(|lock| lock.column(name)).and_then(|column| column.kind);
            if empty { before } else { Some(found) }
        };
        ReadingLock {
            pipeline: self.pipeline,
            format: source.format.clone(),
            packing: source.packing.clone(),
            encoding: source.encoding.clone(),
            delimiter: source.dialect.as_ref().map(|dialect| dialect.delimiter),
            decimal_sign: source.dialect.as_ref().map(|dialect| dialect.decimal_sign),
            header_row: source.dialect.as_ref().and_then(|dialect| dialect.header_row),
            table: source.table.clone(),
            crs: report.source_crs.clone(),
            columns: report
                .columns
                .iter()
                .map(|column| LockedColumn {
                    name: column.name.clone(),
                    header: (column.header != column.name).then(|| column.header.clone()),
                    kind: kind(&column.name, column.kind),
                })
                .collect(),
        }
    }
}

/// Where the lock of a pipeline lies: `pipelines/<name>.lock`.
pub(crate) fn path(pipeline: &Path) -> PathBuf {
    pipeline.with_extension("lock")
}

/// Reads the lock beside a pipeline; none when there is none.
pub(crate) fn read(path: &Path) -> Result<Option<ReadingLock>, Refusal> {
    let shown = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(disk(path, &error)),
    };
    toml::from_str(&text).map(Some).map_err(|error: toml::de::Error| {
        let cause = error.message().trim().replace('\n', " ");
        let text = Text::new(
            format!("låset `{shown}` går inte att läsa: {cause}"),
            format!("the lock `{shown}` cannot be read: {cause}"),
        );
        Refusal::new("lock-invalid", RefusalKind::Configuration, &shown, text).hint(Text::new(
            "återställ filen, eller ta bort den så läses källan som första gången",
            "restore the file, or remove it and the source is read as the first time",
        ))
    })
}

/// Writes the lock by one rename; nothing happens where it says the same already.
pub(crate) fn write(path: &Path, lock: &ReadingLock, before: Option<&ReadingLock>) -> Result<(), Refusal> {
    if before == Some(lock) {
        return Ok(());
    }
    let text = toml::to_string(lock).map_err(|error| disk(path, &error))?;
    let unfinished = path.with_extension("lock.new");
    std::fs::write(&unfinished, format!("{HEAD}{text}")).map_err(|error| disk(path, &error))?;
    std::fs::rename(&unfinished, path).map_err(|error| disk(path, &error))
}

/// Digest of all that a pipeline says of where its file comes from and how it is read.
fn digest(file: &PipelineFile) -> Result<Sha256, Refusal> {
    let said = serde_json::json!({
        "source": file.source,
        "dataset": file.dataset,
        "distribution": file.distribution,
        "reading": json(&file.reading)?,
    });
    Ok(Sha256::of(said.to_string().as_bytes()))
}

/// How a reading departs from a lock, the columns first. Severity `violation` where the columns are not the same.
pub(crate) fn departures(before: &ReadingLock, now: &ReadingLock) -> Vec<Finding> {
    let mut found = columns(before, now);
    let shown = |value: &Option<String>| value.clone().unwrap_or_else(|| "–".into());
    let sign = |value: Option<char>| match value {
        Some('\t') => "tab".to_owned(),
        Some(sign) => sign.to_string(),
        None => "–".into(),
    };
    let row = |value: Option<u64>| value.map_or_else(|| "–".into(), |row| (row + 1).to_string());
    let facts = [
        ("formatet", "the format", before.format.clone(), now.format.clone()),
        ("packningen", "the packing", shown(&before.packing), shown(&now.packing)),
        ("teckenkodningen", "the encoding", shown(&before.encoding), shown(&now.encoding)),
        ("avgränsaren", "the delimiter", sign(before.delimiter), sign(now.delimiter)),
        (
            "decimaltecknet",
            "the decimal sign",
            sign(before.decimal_sign),
            sign(now.decimal_sign),
        ),
        ("rubrikraden", "the header row", row(before.header_row), row(now.header_row)),
        ("tabellen i filen", "the table in the file", shown(&before.table), shown(&now.table)),
        ("referenssystemet", "the reference system", shown(&before.crs), shown(&now.crs)),
    ];
    for (sv, en, old, new) in facts.into_iter().filter(|(_, _, old, new)| old != new) {
        let text = Text::new(
            format!("{sv} var {old} och är nu {new}"),
            format!("{en} was {old} and is now {new}"),
        );
        found.push(Finding::new(CHANGED, Severity::Warning, en.trim_start_matches("the "), text));
    }
    found
}

fn columns(before: &ReadingLock, now: &ReadingLock) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut add = |severity, name: &str, sv: String, en: String| found.push(Finding::new(CHANGED, severity, name, Text::new(sv, en)));
    for column in &before.columns {
        let name = &column.name;
        let Some(same) = now.column(name) else {
            add(
                Severity::Violation,
                name,
                format!("kolumnen {name} finns inte längre"),
                format!("the column {name} is gone"),
            );
            continue;
        };
        if let (Some(old), Some(new)) = (column.kind, same.kind)
            && old != new
        {
            let (old, new) = (word(old), word(new));
            add(
                Severity::Violation,
                name,
                format!("kolumnen {name} hade typen {old} och har nu {new}"),
                format!("the column {name} had the type {old} and now has {new}"),
            );
        }
        if column.header() != same.header() {
            add(
                Severity::Warning,
                name,
                format!("rubriken till kolumnen {name} är skriven på ett annat sätt"),
                format!("the header of the column {name} is written in another way"),
            );
        }
    }
    for column in now.columns.iter().filter(|column| before.column(&column.name).is_none()) {
        let name = &column.name;
        add(
            Severity::Violation,
            name,
            format!("kolumnen {name} är ny"),
            format!("the column {name} is new"),
        );
    }
    let order = |lock: &ReadingLock, other: &ReadingLock| -> Vec<String> {
        let both = lock.columns.iter().filter(|column| other.column(&column.name).is_some());
        both.map(|column| column.name.clone()).collect()
    };
    if order(before, now) != order(now, before) {
        add(
            Severity::Warning,
            "columns",
            "kolumnerna står i en annan ordning".into(),
            "the columns stand in another order".into(),
        );
    }
    found
}

/// The fixed word of a type (`interface.md`).
fn word(kind: ColumnType) -> String {
    serde_json::to_value(kind)
        .ok()
        .and_then(|value| value.as_str().map(str::to_owned))
        .unwrap_or_default()
}

/// Whether a departure stops the run.
pub(crate) fn stops(departures: &[Finding]) -> bool {
    departures.iter().any(|finding| finding.severity == Severity::Violation)
}

/// The stop: what has changed of the columns, and what the owner can do.
pub(crate) fn held(pipeline: &Pipeline, departures: &[Finding]) -> Refusal {
    let said = |one: fn(&Text) -> &str| {
        let grave = departures.iter().filter(|finding| finding.severity == Severity::Violation);
        let mut all: Vec<&str> = grave.map(|finding| one(&finding.message)).collect();
        let more = all.len().saturating_sub(10);
        all.truncate(10);
        let dots = if more > 0 { format!("; +{more}") } else { String::new() };
        format!("{}{dots}", all.join("; "))
    };
    let text = Text::new(
        format!("filen läses inte längre som förut: {}", said(|text| &text.sv)),
        format!("the file is no longer read as before: {}", said(|text| &text.en)),
    );
    let name = &pipeline.name;
    Refusal::new(CHANGED, RefusalKind::Forbidden, name.as_str(), text).hint(Text::new(
        format!(
            "den förra utgåvan ligger kvar; be utgivaren rätta filen, skriv vad som gäller under [reading], eller godta läsningen: fyr curate {name} --accept-reading"
        ),
        format!(
            "the former release stays up; ask the publisher to mend the file, write what holds under [reading], or accept the reading: fyr curate {name} --accept-reading"
        ),
    ))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn lock(columns: &[(&str, Option<ColumnType>)]) -> ReadingLock {
        ReadingLock {
            pipeline: Sha256::of(b"p"),
            format: "csv".into(),
            packing: None,
            encoding: Some("utf-8".into()),
            delimiter: Some(';'),
            decimal_sign: Some(','),
            header_row: Some(0),
            table: None,
            crs: None,
            columns: columns
                .iter()
                .map(|(name, kind)| LockedColumn {
                    name: (*name).into(),
                    header: None,
                    kind: *kind,
                })
                .collect(),
        }
    }

    #[track_caller]
    fn check(before: &ReadingLock, now: &ReadingLock, expected: &[&str], stopped: bool) {
        let found = departures(before, now);
        let texts: Vec<&str> = found.iter().map(|finding| finding.message.en.as_str()).collect();
        assert_eq!((texts.as_slice(), stops(&found)), (expected, stopped));
        assert!(found.iter().all(|finding| finding.id == CHANGED && !finding.message.sv.is_empty()));
    }

    #[test]
    fn only_columns_that_come_go_or_change_their_type_stop_a_run() {
        use ColumnType::{Code, Integer, Number};
        let before = lock(&[("id", Some(Code)), ("antal", Some(Integer)), ("tom", None)]);
        check(&before, &before.clone(), &[], false);
        let mut written = before.clone();
        (written.delimiter, written.encoding, written.header_row) = (Some('\t'), Some("windows-1252".into()), Some(2));
        written.columns[1].header = Some("Antal ".into());
        check(
            &before,
            &written,
            &[
                "the header of the column antal is written in another way",
                "the encoding was utf-8 and is now windows-1252",
                "the delimiter was ; and is now tab",
                "the header row was 1 and is now 3",
            ],
            false,
        );
        check(
            &before,
            &lock(&[("id", Some(Code)), ("antal", Some(Number)), ("tom", Some(Integer))]),
            &["the column antal had the type integer and now has number"],
            true,
        );
        check(
            &before,
            &lock(&[("tom", None), ("id", Some(Code)), ("Antal", Some(Integer))]),
            &[
                "the column antal is gone",
                "the column Antal is new",
                "the columns stand in another order",
            ],
            true,
        );
    }

    #[test]
    fn a_lock_can_be_read_back_and_a_damaged_one_is_refused_by_name() {
        let dir = tempfile::tempdir().unwrap();
        let path = path(&dir.path().join("trad.toml"));
        assert!(path.ends_with("trad.lock") && read(&path).unwrap().is_none());
        let written = lock(&[("Höjd (m)", Some(ColumnType::Number)), ("tom", None)]);
        write(&path, &written, None).unwrap();
        assert_eq!(read(&path).unwrap().as_ref(), Some(&written));
        assert!(std::fs::read_to_string(&path).unwrap().starts_with("# How the file was read"));
        std::fs::write(&path, "encoding = 7\n").unwrap();
        let refused = read(&path).unwrap_err();
        assert_eq!((refused.id.as_str(), refused.kind), ("lock-invalid", RefusalKind::Configuration));
        assert!(refused.hint.is_some());
    }
}
