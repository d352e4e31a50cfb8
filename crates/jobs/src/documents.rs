//! Documents: the latest value of anything, by kind and key. What they mean is the caller's business.

use chrono::{DateTime, Utc};
use fyr_model::Refusal;
use rusqlite::{OptionalExtension as _, Row, Transaction, params};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::leases::{self, Lease};
use crate::state::{State, from_json, micros, moment, to_json};

const PUT: &str = "insert into documents (kind, key, value, at) values (?1, ?2, ?3, ?4)
    on conflict (kind, key) do update set value = excluded.value, at = excluded.at";

impl State {
    /// Keeps `value` under `kind` and `key`, in place of a former one.
    ///
    /// # Errors
    /// `state-*`.
    pub fn put<T: Serialize>(&self, kind: &str, key: &str, value: &T, at: DateTime<Utc>) -> Result<(), Refusal> {
        self.write(|transaction| put(transaction, kind, key, value, at))
    }

    /// Keeps many values in one transaction: all or none, and one flush to disk instead of one each.
    ///
    /// # Errors
    /// `state-*`.
    pub fn put_all<'a, T: Serialize + 'a>(
        &self,
        kind: &str,
        values: impl IntoIterator<Item = (&'a str, &'a T)>,
        at: DateTime<Utc>,
    ) -> Result<(), Refusal> {
        self.write(|transaction| {
            values
                .into_iter()
                .try_for_each(|(key, value)| put(transaction, kind, key, value, at))
        })
    }

    /// Keeps `value` only if `lease` still holds: a run that lost its lease cannot write over its successor.
    ///
    /// # Errors
    /// `lease-lost`, `state-*`.
    pub fn put_under<T: Serialize>(&self, lease: &Lease, kind: &str, key: &str, value: &T, at: DateTime<Utc>) -> Result<(), Refusal> {
        let written = self.write(|transaction| {
            let holds = leases::holds(transaction, lease)?;
            if holds {
                put(transaction, kind, key, value, at)?;
            }
            Ok(holds)
        })?;
        if written { Ok(()) } else { Err(leases::lost(lease)) }
    }

    /// The value and when it was put.
    ///
    /// # Errors
    /// `state-*`.
    pub fn get(&self, kind: &str, key: &str) -> Result<Option<(Value, DateTime<Utc>)>, Refusal> {
        self.get_as(kind, key)
    }

    /// The value as a type.
    ///
    /// # Errors
    /// `state-failed` also when the value is not of that type.
    pub fn get_as<T: DeserializeOwned>(&self, kind: &str, key: &str) -> Result<Option<(T, DateTime<Utc>)>, Refusal> {
        self.read(|connection| {
            connection
                .prepare_cached("select value, at from documents where kind = ?1 and key = ?2")?
                .query_row([kind, key], |row| Ok((from_json(&row.get::<_, String>(0)?)?, moment(row.get(1)?))))
                .optional()
        })
    }

    /// All values of a kind, by key.
    ///
    /// # Errors
    /// `state-*`.
    pub fn list(&self, kind: &str) -> Result<Vec<(String, Value, DateTime<Utc>)>, Refusal> {
        self.list_as(kind)
    }

    /// All values of a kind as a type, by key.
    ///
    /// # Errors
    /// `state-failed` also when a value is not of that type.
    pub fn list_as<T: DeserializeOwned>(&self, kind: &str) -> Result<Vec<(String, T, DateTime<Utc>)>, Refusal> {
        let one = |row: &Row<'_>| Ok((row.get(0)?, from_json(&row.get::<_, String>(1)?)?, moment(row.get(2)?)));
        self.read(|connection| {
            connection
                .prepare_cached("select key, value, at from documents where kind = ?1 order by key")?
                .query_map([kind], one)?
                .collect()
        })
    }

    /// The keys of a kind, in order, without reading the values.
    ///
    /// # Errors
    /// `state-*`.
    pub fn keys(&self, kind: &str) -> Result<Vec<String>, Refusal> {
        self.read(|connection| {
            connection
                .prepare_cached("select key from documents where kind = ?1 order by key")?
                .query_map([kind], |row| row.get(0))?
                .collect()
        })
    }

    /// Forgets a value; whether there was one.
    ///
    /// # Errors
    /// `state-*`.
    pub fn delete(&self, kind: &str, key: &str) -> Result<bool, Refusal> {
        self.write(|transaction| Ok(transaction.execute("delete from documents where kind = ?1 and key = ?2", [kind, key])? > 0))
    }
}

fn put<T: Serialize + ?Sized>(transaction: &Transaction<'_>, kind: &str, key: &str, value: &T, at: DateTime<Utc>) -> rusqlite::Result<()> {
    transaction
        .prepare_cached(PUT)?
        .execute(params![kind, key, to_json(value)?, micros(at)])
        .map(|_| ())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_document_reads_back_with_its_time_and_a_new_one_takes_its_place() {
        let state = State::memory().unwrap();
        let at = "2026-11-22T04:00:00.123456Z".parse().unwrap();
        assert_eq!(state.get("score", "a").unwrap(), None);
        state.put("score", "a", &json!({"z": 1, "a": 2}), DateTime::UNIX_EPOCH).unwrap();
        state.put("score", "a", &json!({"z": 3, "a": 2}), at).unwrap();
        state.put("metadata", "a", &json!(null), at).unwrap();
        let (value, when) = state.get("score", "a").unwrap().unwrap();
        assert_eq!((value.to_string().as_str(), when), (r#"{"z":3,"a":2}"#, at));
        assert!(state.delete("score", "a").unwrap());
        assert!(!state.delete("score", "a").unwrap());
        assert_eq!(state.list("metadata").unwrap().len(), 1);
    }

    #[test]
    fn many_documents_are_kept_together_and_listed_by_key() {
        let state = State::memory().unwrap();
        let values = [("b", json!(1)), ("a", json!(2))];
        state
            .put_all("k", values.iter().map(|(key, value)| (*key, value)), DateTime::UNIX_EPOCH)
            .unwrap();
        assert_eq!(state.keys("k").unwrap(), ["a", "b"]);
        assert_eq!(
            state.list_as::<u8>("k").unwrap().iter().map(|row| row.1).collect::<Vec<_>>(),
            [2, 1]
        );
        assert_eq!(state.list_as::<String>("k").unwrap_err().id, "state-failed");
    }
}
