//! The state file: one connection that writes, a few that read, a version stamp, and a copy before an upgrade.
//!
//! WAL, so that the portal reads while the owner writes; `synchronous = FULL`, so that a run reported as done is done after a power cut too
//! (H38). Every write is one `BEGIN IMMEDIATE` transaction. A newer format than ours is refused and left alone (H47).

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use fyr_model::{Refusal, RefusalKind, Text};
use rusqlite::{Connection, ErrorCode, OpenFlags, Transaction, TransactionBehavior};
use rusqlite_migration::{M, Migrations};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The format of the state file that this program writes, also its `PRAGMA user_version`.
pub const FORMAT: usize = STEPS.len();

/// `PRAGMA application_id` of a state file: the letters `Fyr1`.
const APPLICATION: i32 = 0x4679_7231;

/// One step per format, never edited once released: `fixtures/state.<n>.sql` holds a file of each.
const STEPS: &[M<'static>] = &[M::up(include_str!("schema.1.sql"))];

const MIGRATIONS: Migrations<'static> = Migrations::from_slice(STEPS);

/// Reading connections kept open.
const READERS_MAX: usize = 4;

/// How long a connection waits for another one's write.
const BUSY: Duration = Duration::from_secs(10);

/// The durable state. Cheap to clone; every clone is the same state.
#[derive(Clone)]
pub struct State {
    inner: Arc<Inner>,
}

struct Inner {
    /// The file; none for a state in memory.
    path: Option<PathBuf>,
    /// None when the state was opened for reading only.
    writer: Option<Mutex<Connection>>,
    readers: Mutex<Vec<Connection>>,
    /// Names this opening: what an earlier one left open is of a dead process.
    instance: String,
}

impl State {
    /// Opens the state file for reading and writing, making or upgrading it. Only the owner of the data folder may ([`crate::own`]).
    ///
    /// # Errors
    /// `state-newer` when a later version of the program wrote it, `state-foreign` when it is not a state file, `state-failed` otherwise.
    pub fn open(path: &Path) -> Result<Self, Refusal> {
        let mut connection = Connection::open(path).map_err(|error| failed(Some(path), &error))?;
        prepare(&mut connection, Some(path))?;
        Ok(Self::with(Some(path.to_owned()), Some(connection)))
    }

    /// Opens an existing state file for reading only, beside the process that owns it.
    ///
    /// # Errors
    /// As [`State::open`]; also `state-older` when its owner has not upgraded it yet.
    pub fn read_only(path: &Path) -> Result<Self, Refusal> {
        let connection = reader(path)?;
        stamp(&connection, Some(path)).and_then(|version| if version < FORMAT { Err(older(path, version)) } else { Ok(()) })?;
        let state = Self::with(Some(path.to_owned()), None);
        lock(&state.inner.readers).push(connection);
        Ok(state)
    }

    /// A state that is gone when the last clone is: for tests and for commands without a workspace.
    ///
    /// # Errors
    /// `state-failed`.
    pub fn memory() -> Result<Self, Refusal> {
        let mut connection = Connection::open_in_memory().map_err(|error| failed(None, &error))?;
        prepare(&mut connection, None)?;
        Ok(Self::with(None, Some(connection)))
    }

    fn with(path: Option<PathBuf>, writer: Option<Connection>) -> Self {
        let nanos = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .map_or(0, |since| since.as_nanos());
        Self {
            inner: Arc::new(Inner {
                path,
                writer: writer.map(Mutex::new),
                readers: Mutex::default(),
                instance: format!("{}-{nanos:x}", std::process::id()),
            }),
        }
    }

    /// The name of this opening, the same in every clone.
    pub fn instance(&self) -> &str {
        &self.inner.instance
    }

    /// A copy of the whole state as it is now, while others write: one file, nothing beside it.
    ///
    /// # Errors
    /// `state-failed`; also when `to` exists.
    pub fn backup(&self, to: &Path) -> Result<(), Refusal> {
        self.read(|connection| copy(connection, to))
    }

    /// One transaction that writes: all of it or nothing.
    pub(crate) fn write<T>(&self, work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>) -> Result<T, Refusal> {
        let path = self.inner.path.as_deref();
        let writer = self.inner.writer.as_ref().ok_or_else(|| read_only(path))?;
        let mut connection = lock(writer);
        let done = connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .and_then(|transaction| {
                let value = work(&transaction)?;
                transaction.commit()?;
                Ok(value)
            });
        done.map_err(|error| failed(path, &error))
    }

    /// Reading beside the writer: a state of one moment, old or new.
    pub(crate) fn read<T>(&self, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, Refusal> {
        let Some(path) = self.inner.path.as_deref() else {
            // In memory there is one connection for everything.
            let writer = self.inner.writer.as_ref().ok_or_else(|| read_only(None))?;
            return work(&lock(writer)).map_err(|error| failed(None, &error));
        };
        let kept = lock(&self.inner.readers).pop();
        let connection = match kept {
            Some(connection) => connection,
            None => reader(path)?,
        };
        let done = work(&connection).map_err(|error| failed(Some(path), &error));
        let mut readers = lock(&self.inner.readers);
        if readers.len() < READERS_MAX {
            readers.push(connection);
        }
        done
    }
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State").field("path", &self.inner.path).finish_non_exhaustive()
    }
}

/// A lock whose former holder panicked is still good: every write is a transaction that was rolled back.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn prepare(connection: &mut Connection, path: Option<&Path>) -> Result<(), Refusal> {
    let sql = |error: rusqlite::Error| failed(path, &error);
    connection.busy_timeout(BUSY).map_err(sql)?;
    let version = stamp(connection, path)?;
    connection
        .pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))
        .map_err(sql)?;
    connection.pragma_update(None, "synchronous", "FULL").map_err(sql)?;
    connection.pragma_update(None, "foreign_keys", true).map_err(sql)?;
    if version == FORMAT {
        return Ok(());
    }
    if let Some(path) = path.filter(|_| version > 0) {
        keep_former(connection, path, version)?;
    }
    // The stamp of the program comes with the first tables, in whatever order a power cut leaves them: both are checked on opening.
    connection.pragma_update(None, "application_id", APPLICATION).map_err(sql)?;
    MIGRATIONS.to_latest(connection).map_err(|error| broken(path, &error.to_string()))
}

/// A copy named by its format beside the file, before an upgrade touches it; a copy from an upgrade that was cut short is made anew.
fn keep_former(connection: &Connection, path: &Path, version: usize) -> Result<(), Refusal> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".format-{version}"));
    let to = path.with_file_name(name);
    match std::fs::remove_file(&to) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(broken(Some(path), &error.to_string())),
        _ => {}
    }
    copy(connection, &to).map_err(|error| failed(Some(path), &error))
}

fn copy(connection: &Connection, to: &Path) -> rusqlite::Result<()> {
    connection.execute("VACUUM INTO ?1", [to.to_string_lossy()]).map(|_| ())
}

fn reader(path: &Path) -> Result<Connection, Refusal> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(|error| failed(Some(path), &error))?;
    connection.busy_timeout(BUSY).map_err(|error| failed(Some(path), &error))?;
    Ok(connection)
}

/// Reads the stamp: the format of the file, 0 when it is new.
fn stamp(connection: &Connection, path: Option<&Path>) -> Result<usize, Refusal> {
    let number = |name: &str| {
        connection
            .pragma_query_value(None, name, |row| row.get::<_, i64>(0))
            .map_err(|error| failed(path, &error))
    };
    let (application, version) = (number("application_id")?, number("user_version")?);
    let ours = application == i64::from(APPLICATION);
    let empty = application == 0 && version == 0 && number("schema_version")? == 0;
    match usize::try_from(version) {
        Ok(version) if ours && version <= FORMAT => Ok(version),
        Ok(version) if ours => Err(newer(path, version)),
        Ok(_) if empty => Ok(0),
        _ => Err(Refusal::new(
            "state-foreign",
            RefusalKind::Configuration,
            shown(path),
            Text::new("filen är ingen tillståndsfil", "the file is not a state file"),
        )),
    }
}

fn newer(path: Option<&Path>, version: usize) -> Refusal {
    Refusal::new(
        "state-newer",
        RefusalKind::Configuration,
        shown(path),
        Text::new(
            format!("tillståndsfilen har format {version}, det här programmet kan högst {FORMAT}"),
            format!("the state file has format {version}, this program knows at most {FORMAT}"),
        ),
    )
    .hint(Text::new(
        "använd det nyare programmet, eller återställ säkerhetskopian som gjordes före uppgraderingen",
        "use the newer program, or restore the copy that was made before the upgrade",
    ))
}

fn older(path: &Path, version: usize) -> Refusal {
    Refusal::new(
        "state-older",
        RefusalKind::Configuration,
        shown(Some(path)),
        Text::new(
            format!("tillståndsfilen har format {version} och är inte uppgraderad till {FORMAT}"),
            format!("the state file has format {version} and is not upgraded to {FORMAT}"),
        ),
    )
    .hint(Text::new(
        "starta först den process som äger datamappen",
        "start the process that owns the data folder first",
    ))
}

fn read_only(path: Option<&Path>) -> Refusal {
    Refusal::new(
        "state-read-only",
        RefusalKind::Internal,
        shown(path),
        Text::new("tillståndet är öppnat enbart för läsning", "the state was opened for reading only"),
    )
}

fn shown(path: Option<&Path>) -> String {
    path.map_or_else(|| "memory".to_owned(), |path| path.display().to_string())
}

fn broken(path: Option<&Path>, why: &str) -> Refusal {
    Refusal::new(
        "state-failed",
        RefusalKind::Internal,
        shown(path),
        Text::new(
            format!("tillståndet gick inte att läsa eller skriva: {why}"),
            format!("the state could not be read or written: {why}"),
        ),
    )
}

fn failed(path: Option<&Path>, error: &rusqlite::Error) -> Refusal {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => Refusal::new(
            "state-disk-full",
            RefusalKind::Internal,
            shown(path),
            Text::new("disken är full, ingenting skrevs", "the disk is full, nothing was written"),
        )
        .hint(Text::new("frigör utrymme och kör igen", "free some space and run again")),
        Some(ErrorCode::NotADatabase) => Refusal::new(
            "state-foreign",
            RefusalKind::Configuration,
            shown(path),
            Text::new("filen är ingen tillståndsfil", "the file is not a state file"),
        ),
        _ => broken(path, &error.to_string()),
    }
}

/// Moments are stored as whole microseconds since 1970, UTC.
pub(crate) fn micros(at: DateTime<Utc>) -> i64 {
    at.timestamp_micros()
}

/// A stored moment.
pub(crate) fn moment(micros: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(micros).unwrap_or_default()
}

/// JSON text of a value, as a parameter.
pub(crate) fn to_json<T: Serialize + ?Sized>(value: &T) -> rusqlite::Result<String> {
    serde_json::to_string(value).map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))
}

/// A value from stored JSON text.
pub(crate) fn from_json<T: DeserializeOwned>(text: &str) -> rusqlite::Result<T> {
    serde_json::from_str(text).map_err(|error| rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, Box::new(error)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: DateTime<Utc> = DateTime::UNIX_EPOCH;

    #[test]
    fn h47_a_newer_format_is_refused_and_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("state.db");
        drop(State::open(&path).unwrap());
        let connection = Connection::open(&path).unwrap();
        connection.pragma_update(None, "user_version", FORMAT as i64 + 1).unwrap();
        drop(connection);
        let before = std::fs::read(&path).unwrap();
        for refusal in [State::open(&path).unwrap_err(), State::read_only(&path).unwrap_err()] {
            assert_eq!((refusal.id.as_str(), refusal.exit_code()), ("state-newer", 2));
        }
        assert_eq!(std::fs::read(&path).unwrap(), before);
        let connection = Connection::open(&path).unwrap();
        connection.pragma_update(None, "user_version", FORMAT as i64).unwrap();
        drop(connection);
        assert!(State::open(&path).is_ok(), "our own format is accepted");
    }

    #[test]
    fn h47_a_file_of_every_released_format_opens_and_keeps_its_content() {
        const FIXTURES: &[&str] = &[include_str!("../fixtures/state.1.sql")];
        assert_eq!(FIXTURES.len(), FORMAT, "each format has its fixture");
        for (version, fixture) in (1..).zip(FIXTURES) {
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("state.db");
            Connection::open(&path).unwrap().execute_batch(fixture).unwrap();
            let state = State::open(&path).unwrap();
            assert_eq!(
                state
                    .get("score", "https://data.exempelby.example/dataset/trad")
                    .unwrap()
                    .unwrap()
                    .0["air"],
                71.5,
                "format {version}"
            );
            assert_eq!(state.runs(None, None, 10).unwrap().len(), 2);
            assert!(
                state
                    .acquire("harvest/exempelby", "x", Duration::from_secs(60), NOW)
                    .unwrap()
                    .unwrap()
                    .token
                    > 4
            );
            let copy = dir.path().join(format!("state.db.format-{version}"));
            assert_eq!(
                copy.exists(),
                version < FORMAT,
                "a copy is made when, and only when, the file is upgraded"
            );
        }
    }

    #[test]
    fn h47_a_copy_of_the_former_format_is_kept() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("state.db");
        let state = State::open(&path).unwrap();
        state.put("k", "a", &serde_json::json!(1), NOW).unwrap();
        std::fs::write(dir.path().join("state.db.format-7"), "cut short").unwrap();
        keep_former(&lock(state.inner.writer.as_ref().unwrap()), &path, 7).unwrap();
        let copy = State::open(&dir.path().join("state.db.format-7")).unwrap();
        assert_eq!(copy.get("k", "a").unwrap().unwrap().0, 1);
    }

    #[test]
    fn a_file_that_is_something_else_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let text = dir.path().join("text");
        std::fs::write(&text, "id;namn\n1;Exempelby\n".repeat(100)).unwrap();
        assert_eq!(State::open(&text).unwrap_err().id, "state-foreign");
        let other = dir.path().join("other.db");
        Connection::open(&other).unwrap().execute_batch("create table t(x)").unwrap();
        assert_eq!(State::open(&other).unwrap_err().id, "state-foreign");
    }

    #[test]
    fn the_portal_reads_while_the_owner_writes() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("state.db");
        let owner = State::open(&path).unwrap();
        owner.put("k", "a", &serde_json::json!(1), NOW).unwrap();
        let portal = State::read_only(&path).unwrap();
        let seen = owner.write(|transaction| {
            transaction.execute("delete from documents", [])?;
            // In the middle of a write: both kinds of reader see the former state, at once.
            Ok((owner.get("k", "a").unwrap(), portal.get("k", "a").unwrap()))
        });
        let (by_owner, by_portal) = seen.unwrap();
        assert!(by_owner.is_some() && by_portal.is_some());
        assert!(portal.get("k", "a").unwrap().is_none());
        assert_eq!(portal.put("k", "b", &serde_json::json!(1), NOW).unwrap_err().id, "state-read-only");
    }

    #[test]
    fn many_threads_read_and_write_without_a_refusal() {
        let dir = tempfile::tempdir().unwrap();
        let state = State::open(&dir.path().join("state.db")).unwrap();
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let state = state.clone();
                scope.spawn(move || {
                    for number in 0..10 {
                        state
                            .put("k", &format!("{thread}-{number}"), &serde_json::json!(number), NOW)
                            .unwrap();
                        state.list("k").unwrap();
                    }
                });
            }
        });
        assert_eq!(state.list("k").unwrap().len(), 40);
        assert!(lock(&state.inner.readers).len() <= READERS_MAX);
    }

    #[test]
    fn a_write_that_fails_in_the_middle_leaves_nothing() {
        let state = State::memory().unwrap();
        let done = state.write(|transaction| {
            transaction.execute("insert into documents(kind, key, value, at) values('k', 'a', '1', 0)", [])?;
            transaction.execute("insert into documents(kind, key, value, at) values('k', 'a', '2', 0)", [])
        });
        assert_eq!(done.unwrap_err().id, "state-failed");
        assert!(state.list("k").unwrap().is_empty());
    }
}
