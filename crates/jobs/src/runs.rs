//! The journal: every run with its beginning, its last sign of life, its end and its report. A run without an end is redone (H36, H38).

use std::fmt;

use chrono::{DateTime, Utc};
use fyr_model::Refusal;
use rusqlite::{OptionalExtension as _, Row, params};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::queue::{self, Job};
use crate::state::{State, from_json, micros, moment, to_json};

/// A run's number, growing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RunId(pub i64);

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The outcome of a run whose process died before its end.
pub const INTERRUPTED: &str = "interrupted";

/// One run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// Its number.
    pub id: RunId,
    /// What kind of work: `harvest`, `curate`, `publish`.
    pub kind: String,
    /// On what: a source, a pipeline.
    pub subject: String,
    /// What started it: `schedule`, `manual`, `demo`.
    pub trigger: String,
    /// When it began.
    pub started: DateTime<Utc>,
    /// Its last sign of life.
    pub heartbeat: DateTime<Utc>,
    /// When it ended; none while it goes on.
    pub finished: Option<DateTime<Utc>>,
    /// How it ended, in the words of its kind; `interrupted` when its process died.
    pub outcome: Option<String>,
    /// Its report.
    pub report: Option<Value>,
}

/// What a dead process left behind.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Recovered {
    /// Runs that had no end, now `interrupted`: to be done again.
    pub runs: Vec<Run>,
    /// Queued work that had been taken, now waiting again.
    pub jobs: Vec<Job>,
}

/// Reports in lists leave out their findings: one run may have a hundred thousand of them.
const LISTED: &str = "id, kind, subject, trigger, started, heartbeat, finished, outcome, json_remove(report, '$.finding_list')";

impl State {
    /// Opens a run.
    ///
    /// # Errors
    /// `state-*`.
    pub fn begin(&self, kind: &str, subject: &str, trigger: &str, at: DateTime<Utc>) -> Result<RunId, Refusal> {
        self.write(|transaction| {
            transaction.execute(
                "insert into runs (kind, subject, trigger, started, heartbeat, instance) values (?1, ?2, ?3, ?4, ?4, ?5)",
                params![kind, subject, trigger, micros(at), self.instance()],
            )?;
            Ok(RunId(transaction.last_insert_rowid()))
        })
    }

    /// Notes that a run is alive.
    ///
    /// # Errors
    /// `state-*`.
    pub fn heartbeat(&self, run: RunId, at: DateTime<Utc>) -> Result<(), Refusal> {
        self.write(|transaction| {
            transaction.execute(
                "update runs set heartbeat = ?2 where id = ?1 and finished is null",
                params![run.0, micros(at)],
            )
        })
        .map(|_| ())
    }

    /// Closes a run. On return it is on disk. A run that has its end keeps it.
    ///
    /// # Errors
    /// `state-*`.
    pub fn finish<T: Serialize>(&self, run: RunId, outcome: &str, report: &T, at: DateTime<Utc>) -> Result<(), Refusal> {
        self.write(|transaction| {
            transaction.execute(
                "update runs set finished = ?2, heartbeat = ?2, outcome = ?3, report = ?4 where id = ?1 and finished is null",
                params![run.0, micros(at), outcome, to_json(report)?],
            )
        })
        .map(|_| ())
    }

    /// One run with its whole report.
    ///
    /// # Errors
    /// `state-*`.
    pub fn run(&self, run: RunId) -> Result<Option<Run>, Refusal> {
        let sql = "select id, kind, subject, trigger, started, heartbeat, finished, outcome, report from runs where id = ?1";
        self.read(|connection| connection.prepare_cached(sql)?.query_row([run.0], read).optional())
    }

    /// The latest runs, newest first; reports without their `finding_list`.
    ///
    /// # Errors
    /// `state-*`.
    pub fn runs(&self, kind: Option<&str>, subject: Option<&str>, limit: usize) -> Result<Vec<Run>, Refusal> {
        let sql =
            format!("select {LISTED} from runs where (?1 is null or kind = ?1) and (?2 is null or subject = ?2) order by id desc limit ?3");
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.read(|connection| {
            connection
                .prepare_cached(&sql)?
                .query_map(params![kind, subject, limit], read)?
                .collect()
        })
    }

    /// The runs that go on just now, oldest first.
    ///
    /// # Errors
    /// `state-*`.
    pub fn open_runs(&self) -> Result<Vec<Run>, Refusal> {
        let sql = format!("select {LISTED} from runs where finished is null order by id");
        self.read(|connection| connection.prepare_cached(&sql)?.query_map([], read)?.collect())
    }

    /// Called by the owner of the data folder when it starts: open runs of dead processes become `interrupted`, their leases are let go, and
    /// the queued work they had taken waits again. What this process opened is left alone.
    ///
    /// # Errors
    /// `state-*`.
    pub fn recover(&self, at: DateTime<Utc>) -> Result<Recovered, Refusal> {
        let sql = format!(
            "update runs set finished = ?2, outcome = '{INTERRUPTED}' where finished is null and instance <> ?1 returning {LISTED}"
        );
        self.write(|transaction| {
            let mut runs: Vec<Run> = transaction
                .prepare(&sql)?
                .query_map(params![self.instance(), micros(at)], read)?
                .collect::<rusqlite::Result<_>>()?;
            runs.sort_by_key(|run| run.id);
            transaction.execute("update leases set holder = null where instance <> ?1", [self.instance()])?;
            let jobs = queue::put_back(transaction, self.instance())?;
            Ok(Recovered { runs, jobs })
        })
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<Run> {
    let report: Option<String> = row.get(8)?;
    Ok(Run {
        id: RunId(row.get(0)?),
        kind: row.get(1)?,
        subject: row.get(2)?,
        trigger: row.get(3)?,
        started: moment(row.get(4)?),
        heartbeat: moment(row.get(5)?),
        finished: row.get::<_, Option<i64>>(6)?.map(moment),
        outcome: row.get(7)?,
        report: report.as_deref().map(from_json).transpose()?,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(second, 0).unwrap()
    }

    #[test]
    fn a_run_has_a_beginning_an_end_and_a_report() {
        let state = State::memory().unwrap();
        let id = state.begin("harvest", "exempelby", "manual", at(10)).unwrap();
        state.heartbeat(id, at(12)).unwrap();
        let open = state.run(id).unwrap().unwrap();
        assert_eq!((open.heartbeat, open.finished, open.outcome), (at(12), None, None));
        assert_eq!(state.open_runs().unwrap().len(), 1);
        state
            .finish(id, "changed", &json!({"datasets": 3, "finding_list": [1, 2]}), at(20))
            .unwrap();
        state.finish(id, "failed", &json!(null), at(30)).unwrap();
        let done = state.run(id).unwrap().unwrap();
        assert_eq!((done.finished, done.outcome.as_deref()), (Some(at(20)), Some("changed")));
        assert_eq!(done.report, Some(json!({"datasets": 3, "finding_list": [1, 2]})));
        assert_eq!(state.runs(None, None, 5).unwrap()[0].report, Some(json!({"datasets": 3})));
        assert_eq!(state.run(RunId(99)).unwrap(), None);
    }

    #[test]
    fn runs_are_listed_newest_first_by_kind_and_subject() {
        let state = State::memory().unwrap();
        for (kind, subject) in [("harvest", "a"), ("harvest", "b"), ("curate", "a")] {
            state.begin(kind, subject, "schedule", at(0)).unwrap();
        }
        let ids = |kind, subject, limit| {
            state
                .runs(kind, subject, limit)
                .unwrap()
                .iter()
                .map(|run| run.id.0)
                .collect::<Vec<_>>()
        };
        assert_eq!(ids(None, None, 9), [3, 2, 1]);
        assert_eq!(ids(Some("harvest"), None, 9), [2, 1]);
        assert_eq!(ids(Some("harvest"), Some("a"), 9), [1]);
        assert_eq!(ids(None, Some("a"), 1), [3]);
    }

    #[test]
    fn h36_open_runs_of_a_dead_process_are_returned_once_and_only_they() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("state.db");
        let dead = State::open(&path).unwrap();
        let closed = dead.begin("harvest", "a", "schedule", at(0)).unwrap();
        dead.finish(closed, "changed", &json!({}), at(1)).unwrap();
        let open = dead.begin("harvest", "b", "schedule", at(2)).unwrap();
        dead.acquire("harvest/b", "dead", std::time::Duration::from_secs(3600), at(2))
            .unwrap()
            .unwrap();
        let job = dead.enqueue("harvest", "b", &json!({}), at(2)).unwrap();
        assert_eq!(dead.take(at(2)).unwrap().unwrap().id, job);
        drop(dead);

        let state = State::open(&path).unwrap();
        let own = state.begin("harvest", "c", "schedule", at(3)).unwrap();
        let recovered = state.recover(at(3)).unwrap();
        assert_eq!(recovered.runs.iter().map(|run| run.id).collect::<Vec<_>>(), [open]);
        assert_eq!(recovered.jobs.iter().map(|job| job.id).collect::<Vec<_>>(), [job]);
        assert_eq!(state.run(open).unwrap().unwrap().outcome.as_deref(), Some(INTERRUPTED));
        assert_eq!(state.run(own).unwrap().unwrap().finished, None, "a living run goes on");
        assert_eq!(state.run(closed).unwrap().unwrap().outcome.as_deref(), Some("changed"));
        assert!(
            state
                .acquire("harvest/b", "new", std::time::Duration::from_secs(60), at(3))
                .unwrap()
                .is_some()
        );
        assert_eq!(state.take(at(4)).unwrap().unwrap().id, job);
        assert_eq!(state.recover(at(5)).unwrap(), Recovered::default());
    }
}
