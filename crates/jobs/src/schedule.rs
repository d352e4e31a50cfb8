//! When a source is due: cron in Europe/Stockholm, every slot once through both clock changes (H41), spread by a hash of the source's id.
//!
//! In: a cron text, a source, a moment. Out: the next moment in UTC. Nothing here stores or starts anything. Rules of the clock changes: a job
//! with a fixed time of day runs once a day, in the gap of spring at the first moment after it, in the doubled hour of autumn at the first of
//! the two; a job that repeats within a day follows real time, so that each of the two autumn hours has its slots.

use chrono::{DateTime, Duration, Utc};
use chrono_tz::Europe::Stockholm;
use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use fyr_model::{Refusal, RefusalKind, Sha256, Text};

/// The longest that a source is moved from its slot, in seconds (`harvest.md` section 3).
pub const SPREAD_SECONDS_MAX: i64 = 30 * 60;

/// The first due time strictly after `after`: a slot of `cron` in Stockholm, moved by [`spread`] of `source`. An empty `source` is not moved.
///
/// ```
/// # use chrono::{DateTime, Utc};
/// let after: DateTime<Utc> = "2026-11-22T12:00:00Z".parse().unwrap();
/// let next = fyr_jobs::schedule::next("0 4 * * *", "", after).unwrap();
/// assert_eq!(next.to_rfc3339(), "2026-11-23T03:00:00+00:00");
/// ```
///
/// # Errors
/// `schedule-syntax` when `cron` is not five fields of cron, `schedule-never` when it names a day that does not come (31 February).
pub fn next(cron: &str, source: &str, after: DateTime<Utc>) -> Result<DateTime<Utc>, Refusal> {
    let moved = spread(source);
    let from = (after - moved).with_timezone(&Stockholm);
    let slot = parse(cron)?.find_next_occurrence(&from, false).map_err(|_| never(cron))?;
    Ok(slot.with_timezone(&Utc) + moved)
}

/// Whether `cron` can be read; the same refusals as [`next`].
///
/// # Errors
/// `schedule-syntax`, `schedule-never`.
pub fn check(cron: &str) -> Result<(), Refusal> {
    next(cron, "", DateTime::UNIX_EPOCH).map(|_| ())
}

/// How far a source is moved from its slot: 0 to 30 minutes, the same for ever, from a hash of its id; nothing for an empty id.
pub fn spread(source: &str) -> Duration {
    if source.is_empty() {
        return Duration::zero();
    }
    let [a, b, c, d, ..] = *Sha256::of(source.as_bytes()).as_bytes();
    Duration::seconds(i64::from(u32::from_be_bytes([a, b, c, d])) % (SPREAD_SECONDS_MAX + 1))
}

/// Five fields only: a field of seconds would let a source be asked every second.
fn parse(cron: &str) -> Result<Cron, Refusal> {
    let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
    parser.parse(cron).map_err(|error| {
        Refusal::new(
            "schedule-syntax",
            RefusalKind::Configuration,
            cron,
            Text::new(
                format!("`{cron}` är inget schema: {error}"),
                format!("`{cron}` is not a schedule: {error}"),
            ),
        )
        .hint(Text::new(
            "skriv fem fält som i cron: minut, timme, dag, månad, veckodag; `0 4 * * *` är varje natt klockan fyra",
            "write five fields as in cron: minute, hour, day, month, weekday; `0 4 * * *` is every night at four",
        ))
    })
}

fn never(cron: &str) -> Refusal {
    Refusal::new(
        "schedule-never",
        RefusalKind::Configuration,
        cron,
        Text::new(
            format!("schemat `{cron}` infaller aldrig"),
            format!("the schedule `{cron}` never comes round"),
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    /// All slots between two moments, in UTC.
    fn slots(cron: &str, from: &str, to: &str) -> Vec<String> {
        let mut found = Vec::new();
        let mut now = at(from);
        while let Ok(slot) = next(cron, "", now) {
            if slot > at(to) {
                break;
            }
            assert!(slot > now, "a schedule must move on");
            found.push(slot.format("%dT%H:%M").to_string());
            now = slot;
        }
        found
    }

    fn check_slots(cron: &str, from: &str, to: &str, expected: &[&str]) {
        assert_eq!(slots(cron, from, to), expected, "{cron}");
    }

    #[test]
    fn h41_every_night_has_one_slot_through_the_clock_change_of_spring() {
        let (from, to) = ("2026-03-27T12:00:00Z", "2026-03-30T12:00:00Z");
        check_slots("0 4 * * *", from, to, &["28T03:00", "29T02:00", "30T02:00"]);
        // 02:30 does not exist on the 29th: the run comes at 03:00 summer time, the first moment after the gap, and is not lost.
        check_slots("30 2 * * *", from, to, &["28T01:30", "29T01:00", "30T00:30"]);
        // The hour that does not exist has no slots, its neighbours keep theirs.
        check_slots(
            "0 * * * *",
            "2026-03-28T23:30:00Z",
            "2026-03-29T02:30:00Z",
            &["29T00:00", "29T01:00", "29T02:00"],
        );
    }

    #[test]
    fn h41_every_night_has_one_slot_through_the_clock_change_of_autumn() {
        let (from, to) = ("2026-10-23T12:00:00Z", "2026-10-26T12:00:00Z");
        check_slots("0 4 * * *", from, to, &["24T02:00", "25T03:00", "26T03:00"]);
        // 02:30 comes twice on the 25th: only the first counts.
        check_slots("30 2 * * *", from, to, &["24T00:30", "25T00:30", "26T01:30"]);
        // A job of every hour follows real time: both hours called two have a slot.
        check_slots(
            "0 * * * *",
            "2026-10-24T22:30:00Z",
            "2026-10-25T02:30:00Z",
            &["24T23:00", "25T00:00", "25T01:00", "25T02:00"],
        );
    }

    #[test]
    fn h41_asking_at_any_minute_of_a_clock_change_gives_the_same_slots() {
        for (night, expected) in [("2026-03-28", "2026-03-29T02:00:00Z"), ("2026-10-24", "2026-10-25T03:00:00Z")] {
            let mut now = at(&format!("{night}T12:00:00Z"));
            while now < at(expected) {
                assert_eq!(next("0 4 * * *", "", now).unwrap(), at(expected), "asked at {now}");
                now += Duration::minutes(7);
            }
        }
    }

    #[test]
    fn a_source_keeps_its_place_within_half_an_hour_of_its_slot() {
        let after = at("2026-11-22T12:00:00Z");
        let slot = at("2026-11-23T03:00:00Z");
        let mut places = std::collections::BTreeSet::new();
        for number in 0..200 {
            let source = format!("kommun-{number}");
            let due = next("0 4 * * *", &source, after).unwrap();
            let moved = (due - slot).num_seconds();
            assert!((0..=SPREAD_SECONDS_MAX).contains(&moved), "{moved}");
            assert_eq!(due, next("0 4 * * *", &source, after).unwrap());
            // Asked again at its due time, the answer is the next night, not the same slot and not one further on.
            assert_eq!(next("0 4 * * *", &source, due).unwrap(), due + Duration::days(1));
            assert_eq!(next("0 4 * * *", &source, due - Duration::seconds(1)).unwrap(), due);
            places.insert(moved);
        }
        assert!(places.len() > 150, "{} places for 200 sources", places.len());
    }

    #[test]
    fn a_schedule_is_five_fields_and_comes_round() {
        for cron in ["0 4 * * *", "*/15 6-18 * * MON-FRI", "0 4 29 2 *", "@daily"] {
            assert!(check(cron).is_ok(), "{cron}");
        }
        for (cron, id) in [
            ("", "schedule-syntax"),
            ("* * * * * *", "schedule-syntax"),
            ("61 4 * * *", "schedule-syntax"),
            ("0 4 31 2 *", "schedule-never"),
        ] {
            assert_eq!(check(cron).unwrap_err().id, id, "{cron}");
        }
    }
}
