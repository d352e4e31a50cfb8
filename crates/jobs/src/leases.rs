//! Leases (H42): who works on a name just now, for how long, with a token that only grows.
//!
//! A holder that was paused past its time may still believe that it holds. Its token is then smaller than its successor's, and
//! [`State::put_under`] refuses it.

use std::time::Duration;

use chrono::{DateTime, Utc};
use fyr_model::{Refusal, RefusalKind, Text};
use rusqlite::{Connection, OptionalExtension as _, params};
use serde::{Deserialize, Serialize};

use crate::state::{State, micros};

/// A lease as it was given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// What it is on, for instance `harvest/exempelby`.
    pub name: String,
    /// Who has it.
    pub holder: String,
    /// Larger than that of every earlier lease on the name.
    pub token: u64,
}

impl State {
    /// Takes a lease on `name` for `ttl`; none when somebody else holds one that has not run out.
    ///
    /// # Errors
    /// `state-*`.
    pub fn acquire(&self, name: &str, holder: &str, ttl: Duration, at: DateTime<Utc>) -> Result<Option<Lease>, Refusal> {
        let token = self.write(|transaction| {
            transaction
                .query_row(
                    "insert into leases (name, holder, token, expires, instance) values (?1, ?2, 1, ?3, ?4)
                     on conflict (name) do update set holder = ?2, token = token + 1, expires = ?3, instance = ?4
                     where holder is null or expires <= ?5
                     returning token",
                    params![name, holder, until(at, ttl), self.instance(), micros(at)],
                    |row| row.get::<_, i64>(0),
                )
                .optional()
        })?;
        Ok(token.map(|token| Lease {
            name: name.to_owned(),
            holder: holder.to_owned(),
            token: token.unsigned_abs(),
        }))
    }

    /// Keeps a lease for another `ttl`; false when it was lost to a successor. One that ran out without a successor is kept.
    ///
    /// # Errors
    /// `state-*`.
    pub fn renew(&self, lease: &Lease, ttl: Duration, at: DateTime<Utc>) -> Result<bool, Refusal> {
        let changed = self.write(|transaction| {
            transaction.execute(
                "update leases set expires = ?3 where name = ?1 and token = ?2 and holder is not null",
                params![lease.name, token(lease), until(at, ttl)],
            )
        })?;
        Ok(changed > 0)
    }

    /// Lets a lease go; one that was lost already is left to its successor.
    ///
    /// # Errors
    /// `state-*`.
    pub fn release(&self, lease: &Lease) -> Result<(), Refusal> {
        self.write(|transaction| {
            transaction.execute(
                "update leases set holder = null where name = ?1 and token = ?2",
                params![lease.name, token(lease)],
            )
        })
        .map(|_| ())
    }

    /// Who holds a lease on `name` at `at`.
    ///
    /// # Errors
    /// `state-*`.
    pub fn holder(&self, name: &str, at: DateTime<Utc>) -> Result<Option<Lease>, Refusal> {
        self.read(|connection| {
            connection
                .query_row(
                    "select holder, token from leases where name = ?1 and holder is not null and expires > ?2",
                    params![name, micros(at)],
                    |row| {
                        Ok(Lease {
                            name: name.to_owned(),
                            holder: row.get(0)?,
                            token: row.get::<_, i64>(1)?.unsigned_abs(),
                        })
                    },
                )
                .optional()
        })
    }
}

/// Whether no successor has taken the name since.
pub(crate) fn holds(connection: &Connection, lease: &Lease) -> rusqlite::Result<bool> {
    connection
        .prepare_cached("select 1 from leases where name = ?1 and token = ?2 and holder is not null")?
        .exists(params![lease.name, token(lease)])
}

pub(crate) fn lost(lease: &Lease) -> Refusal {
    Refusal::new(
        "lease-lost",
        RefusalKind::Internal,
        lease.name.clone(),
        Text::new(
            "körningen har förlorat sin plats till en annan",
            "the run has lost its place to another",
        ),
    )
}

fn until(at: DateTime<Utc>, ttl: Duration) -> i64 {
    micros(at).saturating_add(i64::try_from(ttl.as_micros()).unwrap_or(i64::MAX))
}

fn token(lease: &Lease) -> i64 {
    i64::try_from(lease.token).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TTL: Duration = Duration::from_secs(60);

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(second, 0).unwrap()
    }

    #[test]
    fn h42_two_runs_of_one_source_never_hold_the_lease_together() {
        let state = State::memory().unwrap();
        let first = state.acquire("harvest/a", "one", TTL, at(0)).unwrap().unwrap();
        assert_eq!(state.acquire("harvest/a", "two", TTL, at(59)).unwrap(), None);
        assert!(
            state.acquire("harvest/b", "two", TTL, at(59)).unwrap().is_some(),
            "another source is free"
        );
        assert_eq!(state.holder("harvest/a", at(59)).unwrap(), Some(first.clone()));
        assert!(state.renew(&first, TTL, at(59)).unwrap());
        assert_eq!(state.acquire("harvest/a", "two", TTL, at(118)).unwrap(), None);
        let second = state.acquire("harvest/a", "two", TTL, at(119)).unwrap().unwrap();
        assert!(second.token > first.token);
    }

    #[test]
    fn h42_a_run_that_lost_its_lease_cannot_write_over_its_successor() {
        let state = State::memory().unwrap();
        let first = state.acquire("a", "one", TTL, at(0)).unwrap().unwrap();
        state.put_under(&first, "k", "x", &1, at(1)).unwrap();
        let second = state.acquire("a", "two", TTL, at(60)).unwrap().unwrap();
        state.put_under(&second, "k", "x", &2, at(61)).unwrap();
        assert_eq!(state.put_under(&first, "k", "x", &3, at(62)).unwrap_err().id, "lease-lost");
        assert!(!state.renew(&first, TTL, at(62)).unwrap());
        state.release(&first).unwrap();
        assert_eq!(state.holder("a", at(62)).unwrap().unwrap().token, second.token);
        assert_eq!(state.get("k", "x").unwrap().unwrap().0, 2);
    }

    #[test]
    fn h42_tokens_grow_over_a_release_too() {
        let state = State::memory().unwrap();
        let first = state.acquire("a", "one", TTL, at(0)).unwrap().unwrap();
        state.release(&first).unwrap();
        assert_eq!(state.holder("a", at(1)).unwrap(), None);
        assert_eq!(state.put_under(&first, "k", "x", &1, at(1)).unwrap_err().id, "lease-lost");
        assert!(state.acquire("a", "one", TTL, at(1)).unwrap().unwrap().token > first.token);
    }
}
