//! The schedule as stored: per source its cron text and the moment it is due next, in UTC (H41).
//!
//! A slot is handed out once, whatever the machine's clock does: the one taken last is remembered, and the next is looked for after it. Slots
//! that passed while no process ran are made up by one run, not by many.

use chrono::{DateTime, Duration, Utc};
use fyr_model::Refusal;
use rusqlite::{OptionalExtension as _, Row, params};
use serde::{Deserialize, Serialize};

use crate::schedule;
use crate::state::{State, micros, moment};

/// A source that is due.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Due {
    /// The source.
    pub source: String,
    /// Its schedule.
    pub cron: String,
    /// When it is due.
    pub due: DateTime<Utc>,
}

/// A source's line, with the slot it took last.
type Slot = (Due, Option<DateTime<Utc>>);

/// A slot taken further ahead of the clock than this was taken by a clock that was wrong, and is forgotten.
const AHEAD_MAX: Duration = Duration::hours(26);

impl State {
    /// Puts a source on the schedule, or changes its cron text, and returns when it is due next. Calling it again changes nothing.
    ///
    /// # Errors
    /// `schedule-*`, `state-*`.
    pub fn plan(&self, source: &str, cron: &str, at: DateTime<Utc>) -> Result<DateTime<Utc>, Refusal> {
        let known = self.slot(source)?;
        let taken = known.as_ref().and_then(|(_, taken)| *taken);
        let fresh = schedule::next(cron, source, after(taken, at))?;
        match known {
            // Due or overdue with the same schedule: it stays. Later than the next slot there is: the clock was wrong then.
            Some((due, _)) if due.cron == cron && due.due <= fresh => Ok(due.due),
            _ => self.set_due(source, cron, fresh).map(|()| fresh),
        }
    }

    /// Says outright when a source is due.
    ///
    /// # Errors
    /// `state-*`.
    pub fn set_due(&self, source: &str, cron: &str, due: DateTime<Utc>) -> Result<(), Refusal> {
        self.write(|transaction| {
            transaction.execute(
                "insert into slots (source, cron, due) values (?1, ?2, ?3) on conflict (source) do update set cron = ?2, due = ?3",
                params![source, cron, micros(due)],
            )
        })
        .map(|_| ())
    }

    /// What is due at `at`, longest due first.
    ///
    /// # Errors
    /// `state-*`.
    pub fn due(&self, at: DateTime<Utc>) -> Result<Vec<Due>, Refusal> {
        let sql = "select source, cron, due from slots where due <= ?1 order by due, source";
        self.read(|connection| connection.prepare_cached(sql)?.query_map([micros(at)], read)?.collect())
    }

    /// The whole schedule, soonest first.
    ///
    /// # Errors
    /// `state-*`.
    pub fn planned(&self) -> Result<Vec<Due>, Refusal> {
        let sql = "select source, cron, due from slots order by due, source";
        self.read(|connection| connection.prepare_cached(sql)?.query_map([], read)?.collect())
    }

    /// Takes a slot: the source is not due again before its next one. Gives the next due time; none when somebody else took it or the source
    /// is not on the schedule.
    ///
    /// # Errors
    /// `schedule-*`, `state-*`.
    pub fn take_slot(&self, slot: &Due, at: DateTime<Utc>) -> Result<Option<DateTime<Utc>>, Refusal> {
        let next = schedule::next(&slot.cron, &slot.source, after(Some(slot.due), at))?;
        let changed = self.write(|transaction| {
            transaction.execute(
                "update slots set taken = due, due = ?3 where source = ?1 and due = ?2 and cron = ?4",
                params![slot.source, micros(slot.due), micros(next), slot.cron],
            )
        })?;
        Ok((changed > 0).then_some(next))
    }

    /// Takes a source off the schedule.
    ///
    /// # Errors
    /// `state-*`.
    pub fn unplan(&self, source: &str) -> Result<(), Refusal> {
        self.write(|transaction| transaction.execute("delete from slots where source = ?1", [source]))
            .map(|_| ())
    }

    /// A source as it stands on the schedule.
    fn slot(&self, source: &str) -> Result<Option<Slot>, Refusal> {
        let sql = "select source, cron, due, taken from slots where source = ?1";
        self.read(|connection| {
            connection
                .prepare_cached(sql)?
                .query_row([source], |row| Ok((read(row)?, row.get::<_, Option<i64>>(3)?.map(moment))))
                .optional()
        })
    }
}

/// From when to look for the next slot: now, or the slot taken last when the clock was set back since.
fn after(taken: Option<DateTime<Utc>>, at: DateTime<Utc>) -> DateTime<Utc> {
    match taken {
        Some(taken) if taken > at && taken - at <= AHEAD_MAX => taken,
        _ => at,
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<Due> {
    Ok(Due {
        source: row.get(0)?,
        cron: row.get(1)?,
        due: moment(row.get(2)?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NIGHTLY: &str = "0 4 * * *";

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    /// Takes all that is due, as the scheduler does.
    fn tick(state: &State, now: DateTime<Utc>) -> Vec<DateTime<Utc>> {
        let due = state.due(now).unwrap();
        due.iter()
            .filter(|slot| state.take_slot(slot, now).unwrap().is_some())
            .map(|slot| slot.due)
            .collect()
    }

    #[test]
    fn h41_every_slot_is_taken_once_through_a_year_of_minutes_with_both_clock_changes() {
        let state = State::memory().unwrap();
        let mut now = at("2026-03-27T12:00:00Z");
        state.plan("exempelby", NIGHTLY, now).unwrap();
        let mut taken = Vec::new();
        while now < at("2026-11-01T12:00:00Z") {
            taken.extend(tick(&state, now));
            now += Duration::minutes(31);
        }
        let days: std::collections::BTreeSet<_> = taken
            .iter()
            .map(|slot| slot.with_timezone(&chrono_tz::Europe::Stockholm).date_naive())
            .collect();
        assert_eq!((taken.len(), days.len()), (219, 219), "28 March to 1 November is 219 nights");
    }

    #[test]
    fn h41_a_clock_set_back_does_not_repeat_a_slot() {
        let state = State::memory().unwrap();
        let due = state.plan("exempelby", NIGHTLY, at("2026-11-22T12:00:00Z")).unwrap();
        assert_eq!(tick(&state, due), [due]);
        let back = due - Duration::hours(2);
        assert_eq!(
            state.plan("exempelby", NIGHTLY, back).unwrap(),
            due + Duration::days(1),
            "a restart with the clock set back"
        );
        assert!(tick(&state, due).is_empty());
        assert_eq!(tick(&state, due + Duration::days(1)), [due + Duration::days(1)]);
    }

    #[test]
    fn h41_a_clock_that_ran_years_ahead_is_forgotten() {
        let state = State::memory().unwrap();
        state.plan("exempelby", NIGHTLY, at("2026-11-22T12:00:00Z")).unwrap();
        assert_eq!(tick(&state, at("2031-01-01T12:00:00Z")).len(), 1);
        let due = state.plan("exempelby", NIGHTLY, at("2026-11-22T13:00:00Z")).unwrap();
        assert!(
            due < at("2026-11-24T03:31:00Z"),
            "the night taken in 2031 is not taken again, the next one is: {due}"
        );
    }

    #[test]
    fn nights_without_a_process_are_made_up_by_one_run() {
        let state = State::memory().unwrap();
        let due = state.plan("exempelby", NIGHTLY, at("2026-11-22T12:00:00Z")).unwrap();
        let later = at("2026-11-26T12:00:00Z");
        assert_eq!(
            state.plan("exempelby", NIGHTLY, later).unwrap(),
            due,
            "a restart keeps what is overdue"
        );
        assert_eq!(tick(&state, later), [due]);
        assert!(tick(&state, later).is_empty());
        assert!(state.planned().unwrap()[0].due > later);
    }

    #[test]
    fn a_changed_schedule_counts_from_now_and_a_removed_source_is_never_due() {
        let state = State::memory().unwrap();
        let now = at("2026-11-22T12:00:00Z");
        let first = state.plan("exempelby", NIGHTLY, now).unwrap();
        let second = state.plan("exempelby", "0 15 * * *", now).unwrap();
        assert!(second < first);
        assert!(state.plan("exempelby", "not cron", now).is_err());
        assert_eq!(state.planned().unwrap().len(), 1);
        state.unplan("exempelby").unwrap();
        assert_eq!(state.due(at("2027-01-01T00:00:00Z")).unwrap(), []);
    }
}
