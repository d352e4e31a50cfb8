//! What is only ever added to: decisions, tries of links; and tombstones, which an undo removes.

use chrono::{DateTime, Duration, Utc};
use fyr_model::link::LinkTry;
use fyr_model::privacy::Decision;
use fyr_model::{PipelineName, Refusal, Sha256, SourceId};
use rusqlite::{OptionalExtension as _, Row, params};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::runs::RunId;
use crate::state::{State, from_json, micros, moment, to_json};

/// Tries kept per address: more than the rules of `harvest.md` section 5 look at.
const TRIES_MAX: i64 = 20;

/// How long an undo is possible (`harvest.md` section 4).
const TOMBSTONE_DAYS: i64 = 30;

/// A dataset that its source removed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tombstone {
    /// The source.
    pub source: SourceId,
    /// The dataset.
    pub iri: String,
    /// What was last known of it.
    pub content: Value,
    /// Why it went.
    pub reason: String,
    /// The run that removed it.
    pub run: Option<RunId>,
    /// When.
    pub at: DateTime<Utc>,
}

impl State {
    /// Adds a decision; earlier ones are kept.
    ///
    /// # Errors
    /// `state-*`.
    pub fn add_decision(&self, pipeline: &PipelineName, decision: &Decision) -> Result<(), Refusal> {
        self.write(|transaction| {
            transaction.execute(
                "insert into decisions (pipeline, candidate, interest, body, at) values (?1, ?2, ?3, ?4, ?5)",
                params![
                    pipeline.as_str(),
                    decision.candidate.to_string(),
                    decision.interest.as_str(),
                    to_json(decision)?,
                    micros(decision.at)
                ],
            )
        })
        .map(|_| ())
    }

    /// The decisions on exactly this candidate, in the order they were made.
    ///
    /// # Errors
    /// `state-*`.
    pub fn decisions(&self, pipeline: &PipelineName, candidate: &Sha256) -> Result<Vec<Decision>, Refusal> {
        self.bodies(
            "select body from decisions where pipeline = ?1 and candidate = ?2 order by id",
            &[pipeline.as_str(), &candidate.to_string()],
        )
    }

    /// Every decision ever made on a pipeline's candidates, in order.
    ///
    /// # Errors
    /// `state-*`.
    pub fn decision_log(&self, pipeline: &PipelineName) -> Result<Vec<Decision>, Refusal> {
        self.bodies("select body from decisions where pipeline = ?1 order by id", &[pipeline.as_str()])
    }

    /// Adds a try of an address; the oldest beyond twenty is forgotten.
    ///
    /// # Errors
    /// `state-*`.
    pub fn add_try(&self, url: &str, tried: &LinkTry) -> Result<(), Refusal> {
        self.write(|transaction| {
            transaction.execute(
                "insert into tries (url, body, at) values (?1, ?2, ?3)",
                params![url, to_json(tried)?, micros(tried.at)],
            )?;
            transaction.execute(
                "delete from tries where url = ?1 and id not in (select id from tries where url = ?1 order by at desc, id desc limit ?2)",
                params![url, TRIES_MAX],
            )
        })
        .map(|_| ())
    }

    /// The tries of an address, oldest first.
    ///
    /// # Errors
    /// `state-*`.
    pub fn tries(&self, url: &str) -> Result<Vec<LinkTry>, Refusal> {
        self.bodies("select body from tries where url = ?1 order by at, id", &[url])
    }

    /// Adds a tombstone, in place of a former one of the same dataset.
    ///
    /// # Errors
    /// `state-*`.
    pub fn add_tombstone(&self, tombstone: &Tombstone) -> Result<(), Refusal> {
        self.write(|transaction| {
            transaction.execute(
                "insert or replace into tombstones (source, iri, content, reason, run, at) values (?1, ?2, ?3, ?4, ?5, ?6)",
                params![
                    tombstone.source.as_str(),
                    tombstone.iri,
                    to_json(&tombstone.content)?,
                    tombstone.reason,
                    tombstone.run.map(|run| run.0),
                    micros(tombstone.at)
                ],
            )
        })
        .map(|_| ())
    }

    /// The tombstones of a source, or of all, by source and dataset.
    ///
    /// # Errors
    /// `state-*`.
    pub fn tombstones(&self, source: Option<&SourceId>) -> Result<Vec<Tombstone>, Refusal> {
        let sql = "select source, iri, content, reason, run, at from tombstones where ?1 is null or source = ?1 order by source, iri";
        self.read(|connection| {
            connection
                .prepare_cached(sql)?
                .query_map([source.map(SourceId::as_str)], tombstone)?
                .collect()
        })
    }

    /// The latest tombstone of a dataset, for its page's answer 410.
    ///
    /// # Errors
    /// `state-*`.
    pub fn tombstone(&self, iri: &str) -> Result<Option<Tombstone>, Refusal> {
        let sql = "select source, iri, content, reason, run, at from tombstones where iri = ?1 order by at desc limit 1";
        self.read(|connection| connection.prepare_cached(sql)?.query_row([iri], tombstone).optional())
    }

    /// Removes a tombstone: the dataset came back, or an operator undid its removal. Whether there was one.
    ///
    /// # Errors
    /// `state-*`.
    pub fn remove_tombstone(&self, source: &SourceId, iri: &str) -> Result<bool, Refusal> {
        let sql = "delete from tombstones where source = ?1 and iri = ?2";
        self.write(|transaction| Ok(transaction.execute(sql, [source.as_str(), iri])? > 0))
    }

    /// Forgets tombstones older than thirty days; how many.
    ///
    /// # Errors
    /// `state-*`.
    pub fn purge_tombstones(&self, at: DateTime<Utc>) -> Result<usize, Refusal> {
        let before = micros(at - Duration::days(TOMBSTONE_DAYS));
        self.write(|transaction| transaction.execute("delete from tombstones where at < ?1", [before]))
    }

    fn bodies<T: serde::de::DeserializeOwned>(&self, sql: &str, parameters: &[&str]) -> Result<Vec<T>, Refusal> {
        self.read(|connection| {
            connection
                .prepare_cached(sql)?
                .query_map(rusqlite::params_from_iter(parameters), |row| from_json(&row.get::<_, String>(0)?))?
                .collect()
        })
    }
}

fn tombstone(row: &Row<'_>) -> rusqlite::Result<Tombstone> {
    let source: String = row.get(0)?;
    Ok(Tombstone {
        source: source
            .parse()
            .map_err(|error| rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, Box::new(error)))?,
        iri: row.get(1)?,
        content: from_json(&row.get::<_, String>(2)?)?,
        reason: row.get(3)?,
        run: row.get::<_, Option<i64>>(4)?.map(RunId),
        at: moment(row.get(5)?),
    })
}

#[cfg(test)]
mod tests {
    use fyr_model::privacy::Interest;
    use serde_json::json;

    use super::*;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(second, 0).unwrap()
    }

    fn decision(interest: Interest, candidate: &str) -> Decision {
        Decision {
            interest,
            candidate: Sha256::of(candidate.as_bytes()),
            by: "Astrid Exempel".into(),
            role: "informationssäkerhetssamordnare".into(),
            organisation: "212000-0000".into(),
            ground: "inga skyddsvärda uppgifter".into(),
            diary_number: None,
            secrecy_section: None,
            at: at(5),
            invented: true,
            standing: None,
        }
    }

    #[test]
    fn a_decision_counts_for_its_own_candidate_and_pipeline_only() {
        let state = State::memory().unwrap();
        let (trad, skolor): (PipelineName, PipelineName) = ("exempelby-trad".parse().unwrap(), "exempelby-skolor".parse().unwrap());
        let mine = decision(Interest::PersonalData, "one");
        state.add_decision(&trad, &mine).unwrap();
        state.add_decision(&trad, &decision(Interest::PersonalData, "two")).unwrap();
        assert_eq!(state.decisions(&trad, &Sha256::of(b"one")).unwrap(), [mine]);
        assert_eq!(state.decisions(&skolor, &Sha256::of(b"one")).unwrap(), []);
        assert_eq!(state.decision_log(&trad).unwrap().len(), 2);
    }

    #[test]
    fn an_address_keeps_its_last_twenty_tries() {
        let state = State::memory().unwrap();
        let tried = |second| LinkTry {
            method: "HEAD".into(),
            status: Some(404),
            final_url: "https://data.exempelby.example/trad.csv".into(),
            media_type: None,
            sniffed: None,
            bytes: 0,
            validator: false,
            ranges: false,
            milliseconds: 3,
            error: None,
            retry_after: None,
            at: at(second),
        };
        for second in [3, 1, 2].into_iter().chain(4..=21) {
            state.add_try("u", &tried(second)).unwrap();
        }
        state.add_try("other", &tried(1)).unwrap();
        let tries = state.tries("u").unwrap();
        assert_eq!((tries.len(), tries[0].at, tries[19].at), (20, at(2), at(21)));
        assert_eq!(state.tries("other").unwrap().len(), 1);
    }

    #[test]
    fn a_tombstone_lasts_thirty_days_and_can_be_undone() {
        let state = State::memory().unwrap();
        let stone = |source: &str, iri: &str| Tombstone {
            source: source.parse().unwrap(),
            iri: iri.into(),
            content: json!({"title": "Träd"}),
            reason: "borttagen av utgivaren".into(),
            run: Some(RunId(7)),
            at: at(0),
        };
        state.add_tombstone(&stone("a", "d1")).unwrap();
        state.add_tombstone(&stone("a", "d2")).unwrap();
        state.add_tombstone(&stone("b", "d1")).unwrap();
        let a = "a".parse().unwrap();
        assert_eq!(state.tombstones(Some(&a)).unwrap(), [stone("a", "d1"), stone("a", "d2")]);
        assert_eq!(state.tombstones(None).unwrap().len(), 3);
        assert!(state.remove_tombstone(&a, "d2").unwrap());
        assert!(!state.remove_tombstone(&a, "d2").unwrap());
        let days = |days: i64| at(days * 86_400);
        assert_eq!(state.purge_tombstones(days(30)).unwrap(), 0);
        assert!(state.tombstone("d1").unwrap().is_some());
        assert_eq!(state.purge_tombstones(days(31)).unwrap(), 2);
        assert_eq!(state.tombstone("d1").unwrap(), None);
    }
}
