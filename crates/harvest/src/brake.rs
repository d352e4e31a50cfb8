//! The brake against mass deletion (H19; `harvest.md` section 4).

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};

use crate::state::Holding;

/// Removals above this share are held ...
const SHARE_PERCENT: usize = 30;
/// ... if they are at least so many,
const FLOOR: usize = 5;
/// or so many in a source with fewer datasets than [`SMALL`].
const FLOOR_SMALL: usize = 2;
/// Below this number of datasets a source is small.
const SMALL: usize = 20;
/// Complete runs that must agree, over at least [`AGREE_SPAN`], before held deletions go through by themselves.
pub const AGREE_RUNS: u32 = 3;
/// See [`AGREE_RUNS`].
pub const AGREE_SPAN: TimeDelta = TimeDelta::hours(72);

/// What may go and what is held.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Brake {
    /// Becomes tombstones.
    pub removed: Vec<String>,
    /// Stays in the graph.
    pub held: Vec<String>,
    /// What to remember of the holding; none when nothing is held.
    pub holding: Option<Holding>,
}

/// Decides on `vanished` of `total` datasets. `former` is what the last complete run held; `approved` says that an operator let that through.
///
/// An approval, and the agreement of three runs over 72 hours, cover exactly the datasets that were shown as held; whatever else vanished is
/// judged by itself.
pub fn brake(vanished: &[String], total: usize, former: Option<&Holding>, approved: bool, at: DateTime<Utc>) -> Brake {
    let shown: BTreeSet<&str> = former.iter().flat_map(|held| &held.iris).map(String::as_str).collect();
    let agrees = !shown.is_empty() && vanished.iter().map(String::as_str).collect::<BTreeSet<_>>() == shown;
    let agreeing = former.filter(|_| agrees).map_or(1, |held| held.agreeing + 1);
    let since = former.filter(|_| agrees).map_or(at, |held| held.since);
    let released = approved || (agrees && due(agreeing, since, at));
    let (through, judged): (Vec<String>, Vec<String>) = vanished.iter().cloned().partition(|iri| released && shown.contains(iri.as_str()));
    if !bites(judged.len(), total) {
        return Brake {
            removed: vanished.to_vec(),
            ..Brake::default()
        };
    }
    Brake {
        removed: through,
        holding: Some(Holding {
            iris: judged.clone(),
            since,
            agreeing,
        }),
        held: judged,
    }
}

/// Whether agreement has lasted long enough.
pub fn due(agreeing: u32, since: DateTime<Utc>, at: DateTime<Utc>) -> bool {
    agreeing >= AGREE_RUNS && at - since >= AGREE_SPAN
}

fn bites(vanished: usize, total: usize) -> bool {
    let floor = if total < SMALL { FLOOR_SMALL } else { FLOOR };
    vanished >= floor && vanished * 100 > total * SHARE_PERCENT
}

#[cfg(test)]
mod tests {
    use super::*;

    fn iris(count: usize) -> Vec<String> {
        (0..count).map(|n| format!("urn:d{n:03}")).collect()
    }

    fn at(hours: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::hours(hours)
    }

    #[test]
    fn h19_the_brake_bites_above_thirty_percent_and_at_the_floor() {
        for (vanished, total, held) in [
            (30, 100, false),
            (31, 100, true),
            (6, 20, false),
            (7, 20, true),
            (4, 12, true),
            (2, 6, true),
            (2, 7, false),
        ] {
            assert_eq!(
                !brake(&iris(vanished), total, None, false, at(0)).held.is_empty(),
                held,
                "{vanished} of {total}"
            );
        }
        for (vanished, total, held) in [(1, 2, false), (1, 3, false), (2, 3, true), (5, 16, true), (5, 20, false)] {
            assert_eq!(
                !brake(&iris(vanished), total, None, false, at(0)).held.is_empty(),
                held,
                "{vanished} of {total}"
            );
        }
    }

    #[test]
    fn h19_three_agreeing_runs_over_72_hours_release_what_was_held() {
        let gone = iris(10);
        let mut former = brake(&gone, 20, None, false, at(0)).holding;
        for hours in [1, 71] {
            let next = brake(&gone, 20, former.as_ref(), false, at(hours));
            assert_eq!(next.held, gone, "{hours}");
            former = next.holding;
        }
        assert_eq!(former.as_ref().map(|held| held.agreeing), Some(3));
        assert_eq!(brake(&gone, 20, former.as_ref(), false, at(72)).removed, gone);
        let two = Holding {
            iris: gone.clone(),
            since: at(0),
            agreeing: 1,
        };
        assert_eq!(brake(&gone, 20, Some(&two), false, at(100)).held, gone);
    }

    #[test]
    fn h19_a_run_that_disagrees_starts_the_count_anew() {
        let former = Holding {
            iris: iris(10),
            since: at(0),
            agreeing: 9,
        };
        let next = brake(&iris(9), 20, Some(&former), false, at(100));
        assert_eq!(
            next.holding,
            Some(Holding {
                iris: iris(9),
                since: at(100),
                agreeing: 1
            })
        );
    }

    #[test]
    fn h19_an_approval_covers_what_was_shown_and_nothing_else() {
        let former = Holding {
            iris: iris(10),
            since: at(0),
            agreeing: 1,
        };
        assert_eq!(brake(&iris(10), 40, Some(&former), true, at(1)).removed, iris(10));
        let more = brake(&iris(30), 40, Some(&former), true, at(1));
        assert_eq!((more.removed, more.held.len()), (iris(10), 20));
        assert_eq!(brake(&iris(30), 40, None, true, at(1)).held.len(), 30);
    }
}
