//! Dates as a series: its step, what is missing in it, weekdays and months, days where a year was meant.

use chrono::{Datelike, NaiveDate, Weekday};
use fyr_model::profile::DateFacts;

use super::counts::Counts;
use super::show::day;

/// Steps of a series, the longest first.
const STEPS: [&str; 4] = ["year", "month", "week", "day"];

/// The figures of a column of dates; `future` where it is known what day it is.
pub(crate) fn series(days: &Counts<i64>, as_of: Option<NaiveDate>) -> DateFacts {
    let sorted = days.sorted();
    let dated: Vec<(NaiveDate, u64)> = sorted.iter().filter_map(|(number, count)| Some((day(*number)?, *count))).collect();
    let mut facts = DateFacts::default();
    let (mut weekdays, mut months, mut january) = ([0u64; 7], [0u64; 12], 0);
    for (date, count) in &dated {
        if let Some(own) = weekdays.get_mut(date.weekday().num_days_from_monday() as usize) {
            *own += count;
        }
        if let Some(own) = months.get_mut(date.month0() as usize) {
            *own += count;
        }
        january += if date.ordinal() == 1 { *count } else { 0 };
    }
    (facts.weekdays, facts.months, facts.first_of_january) = (Some(weekdays), Some(months), Some(january));
    facts.future = as_of.map(|today| dated.iter().filter(|(date, _)| *date > today).map(|(_, count)| count).sum());
    if dated.len() > 1 {
        gaps(&dated, &mut facts);
    }
    facts
}

fn gaps(dated: &[(NaiveDate, u64)], facts: &mut DateFacts) {
    let first: Option<Weekday> = dated.first().map(|(date, _)| date.weekday());
    let fits = |step: &str| {
        dated.iter().all(|(date, _)| match step {
            "year" => date.ordinal() == 1,
            "month" => date.day() == 1,
            "week" => Some(date.weekday()) == first,
            _ => true,
        })
    };
    let Some(step) = STEPS.into_iter().find(|step| fits(step)) else {
        return;
    };
    let place = |date: &NaiveDate| match step {
        "year" => i64::from(date.year()),
        "month" => i64::from(date.year()) * 12 + i64::from(date.month0()),
        "week" => i64::from(date.num_days_from_ce()).div_euclid(7),
        _ => i64::from(date.num_days_from_ce()),
    };
    let holes = || {
        dated
            .iter()
            .zip(dated.iter().skip(1))
            .map(|(a, b)| (place(&b.0) - place(&a.0) - 1).unsigned_abs())
    };
    facts.step = Some(step.to_owned());
    facts.missing_steps = Some(holes().sum());
    facts.longest_gap = holes().max();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(days: &[&str]) -> DateFacts {
        let mut counts = Counts::default();
        for text in days {
            let date: NaiveDate = text.parse().unwrap();
            counts.add(date.signed_duration_since(NaiveDate::default()).num_days(), 1);
        }
        series(&counts, NaiveDate::from_ymd_opt(2024, 6, 1))
    }

    #[test]
    fn a_series_has_the_longest_step_that_fits() {
        for (days, step, missing, longest) in [
            (vec!["2020-01-01", "2021-01-01", "2024-01-01"], "year", 2, 2),
            (vec!["2020-01-01", "2020-02-01", "2020-05-01"], "month", 2, 2),
            (vec!["2024-01-05", "2024-01-12", "2024-01-26"], "week", 1, 1),
            (vec!["2024-02-28", "2024-03-01"], "day", 1, 1),
        ] {
            let facts = found(&days);
            assert_eq!(
                (facts.step.as_deref(), facts.missing_steps, facts.longest_gap),
                (Some(step), Some(missing), Some(longest))
            );
        }
        assert_eq!(found(&["2024-01-05"]).step, None);
    }

    #[test]
    fn weekdays_months_and_the_future_are_counted() {
        let facts = found(&["2024-01-01", "2024-06-01", "2024-06-02"]);
        assert_eq!(facts.weekdays, Some([1, 0, 0, 0, 0, 1, 1]));
        assert_eq!(facts.months.map(|months| (months[0], months[5])), Some((1, 2)));
        assert_eq!((facts.first_of_january, facts.future), (Some(1), Some(1)));
    }
}
