//! Work that was asked for: oldest first, one at a time per kind and subject, and the same wish joins the one that waits or runs (H42).

use chrono::{DateTime, Utc};
use fyr_model::Refusal;
use rusqlite::{OptionalExtension as _, Row, Transaction, params};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::runs::RunId;
use crate::state::{State, from_json, micros, moment, to_json};

/// Where a piece of work stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum JobState {
    /// Nobody has taken it.
    Waiting,
    /// Taken.
    Running,
    /// Ended, well or not: its run says how.
    Done,
}

/// One piece of work.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// Its number, growing.
    pub id: i64,
    /// What kind of work.
    pub kind: String,
    /// On what.
    pub subject: String,
    /// What it needs to know.
    pub payload: Value,
    /// Where it stands.
    pub state: JobState,
    /// How many later wishes joined it.
    pub joined: u64,
    /// When it was asked for.
    pub enqueued: DateTime<Utc>,
    /// Its entry in the journal, once it has one.
    pub run: Option<RunId>,
}

const COLUMNS: &str = "id, kind, subject, payload, state, joined, enqueued, run";

impl State {
    /// Asks for work. Joins the one of the same kind and subject that waits or runs, and returns its number, when both want the same: equal
    /// payloads, a `trigger` in them left aside. A different wish waits its turn.
    ///
    /// # Errors
    /// `state-*`.
    pub fn enqueue(&self, kind: &str, subject: &str, payload: &Value, at: DateTime<Utc>) -> Result<i64, Refusal> {
        self.write(|transaction| {
            for job in open(transaction, kind, subject)? {
                if wish(&job.payload) == wish(payload) {
                    transaction.execute("update jobs set joined = joined + 1 where id = ?1", [job.id])?;
                    return Ok(job.id);
                }
            }
            transaction.execute(
                "insert into jobs (kind, subject, payload, state, enqueued) values (?1, ?2, ?3, 'waiting', ?4)",
                params![kind, subject, to_json(payload)?, micros(at)],
            )?;
            Ok(transaction.last_insert_rowid())
        })
    }

    /// Takes the oldest work that can begin: none of its kind runs on its subject. None when there is nothing to do.
    ///
    /// # Errors
    /// `state-*`.
    pub fn take(&self, at: DateTime<Utc>) -> Result<Option<Job>, Refusal> {
        let sql = format!(
            "update jobs set state = 'running', started = ?1, instance = ?2 where id = (
                select id from jobs as mine where state = 'waiting' and not exists (
                    select 1 from jobs as other where other.kind = mine.kind and other.subject = mine.subject and other.state = 'running'
                ) order by id limit 1
             ) returning {COLUMNS}"
        );
        self.write(|transaction| transaction.query_row(&sql, params![micros(at), self.instance()], read).optional())
    }

    /// Ties work to its entry in the journal, where those who wait for it find the report.
    ///
    /// # Errors
    /// `state-*`.
    pub fn attach(&self, job: i64, run: RunId) -> Result<(), Refusal> {
        self.write(|transaction| transaction.execute("update jobs set run = ?2 where id = ?1", [job, run.0]))
            .map(|_| ())
    }

    /// Notes that work has ended.
    ///
    /// # Errors
    /// `state-*`.
    pub fn done(&self, job: i64, at: DateTime<Utc>) -> Result<(), Refusal> {
        self.write(|transaction| {
            transaction.execute(
                "update jobs set state = 'done', finished = ?2 where id = ?1",
                params![job, micros(at)],
            )
        })
        .map(|_| ())
    }

    /// One piece of work.
    ///
    /// # Errors
    /// `state-*`.
    pub fn job(&self, job: i64) -> Result<Option<Job>, Refusal> {
        let sql = format!("select {COLUMNS} from jobs where id = ?1");
        self.read(|connection| connection.query_row(&sql, [job], read).optional())
    }

    /// What waits or runs, oldest first.
    ///
    /// # Errors
    /// `state-*`.
    pub fn queued(&self) -> Result<Vec<Job>, Refusal> {
        let sql = format!("select {COLUMNS} from jobs where state <> 'done' order by id");
        self.read(|connection| connection.prepare_cached(&sql)?.query_map([], read)?.collect())
    }
}

/// Puts back what other processes had taken.
pub(crate) fn put_back(transaction: &Transaction<'_>, instance: &str) -> rusqlite::Result<Vec<Job>> {
    let sql = format!("update jobs set state = 'waiting', started = null where state = 'running' and instance <> ?1 returning {COLUMNS}");
    let mut jobs: Vec<Job> = transaction
        .prepare(&sql)?
        .query_map([instance], read)?
        .collect::<rusqlite::Result<_>>()?;
    jobs.sort_by_key(|job| job.id);
    Ok(jobs)
}

fn open(transaction: &Transaction<'_>, kind: &str, subject: &str) -> rusqlite::Result<Vec<Job>> {
    let sql = format!("select {COLUMNS} from jobs where kind = ?1 and subject = ?2 and state <> 'done' order by id desc");
    transaction.prepare_cached(&sql)?.query_map([kind, subject], read)?.collect()
}

/// What is wanted, whoever wants it.
fn wish(payload: &Value) -> Value {
    let mut wish = payload.clone();
    if let Some(fields) = wish.as_object_mut() {
        fields.shift_remove("trigger");
    }
    wish
}

fn read(row: &Row<'_>) -> rusqlite::Result<Job> {
    Ok(Job {
        id: row.get(0)?,
        kind: row.get(1)?,
        subject: row.get(2)?,
        payload: from_json(&row.get::<_, String>(3)?)?,
        state: match row.get::<_, String>(4)?.as_str() {
            "waiting" => JobState::Waiting,
            "running" => JobState::Running,
            _ => JobState::Done,
        },
        joined: row.get::<_, i64>(5)?.unsigned_abs(),
        enqueued: moment(row.get(6)?),
        run: row.get::<_, Option<i64>>(7)?.map(RunId),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: DateTime<Utc> = DateTime::UNIX_EPOCH;

    #[test]
    fn h42_a_manual_start_joins_the_run_that_waits_or_goes_on() {
        let state = State::memory().unwrap();
        let first = state.enqueue("harvest", "a", &json!({"trigger": "schedule"}), NOW).unwrap();
        assert_eq!(state.enqueue("harvest", "a", &json!({"trigger": "manual"}), NOW).unwrap(), first);
        assert_eq!(state.take(NOW).unwrap().unwrap().id, first);
        assert_eq!(state.enqueue("harvest", "a", &json!({}), NOW).unwrap(), first);
        assert_eq!(state.job(first).unwrap().unwrap().joined, 2);
        state.done(first, NOW).unwrap();
        assert_ne!(
            state.enqueue("harvest", "a", &json!({}), NOW).unwrap(),
            first,
            "what has ended is not joined"
        );
    }

    #[test]
    fn h42_a_different_wish_waits_its_turn() {
        let state = State::memory().unwrap();
        let dry = state.enqueue("harvest", "a", &json!({"dry_run": true}), NOW).unwrap();
        let real = state.enqueue("harvest", "a", &json!({"dry_run": false}), NOW).unwrap();
        let other = state.enqueue("harvest", "b", &json!({"dry_run": true}), NOW).unwrap();
        assert!(dry < real && real < other);
        assert_eq!(state.take(NOW).unwrap().unwrap().id, dry);
        assert_eq!(
            state.take(NOW).unwrap().unwrap().id,
            other,
            "a source runs once at a time, others need not wait for it"
        );
        assert_eq!(state.take(NOW).unwrap(), None);
        state.done(dry, NOW).unwrap();
        assert_eq!(state.take(NOW).unwrap().unwrap().id, real);
        assert_eq!(state.queued().unwrap().len(), 2);
    }

    #[test]
    fn who_waits_for_work_finds_its_run() {
        let state = State::memory().unwrap();
        let job = state.enqueue("harvest", "a", &json!({}), NOW).unwrap();
        let run = state.begin("harvest", "a", "manual", NOW).unwrap();
        state.attach(job, run).unwrap();
        state.done(job, NOW).unwrap();
        let job = state.job(job).unwrap().unwrap();
        assert_eq!((job.state, job.run), (JobState::Done, Some(run)));
    }
}
