//! Values as text: ISO 8601 for dates and times, plain decimals for numbers.

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta};

use super::scan::{Unit, float};

/// The text of a key.
pub(crate) fn show(unit: Unit, key: i128) -> String {
    let whole = i64::try_from(key).unwrap_or_default();
    match unit {
        Unit::Float => float(whole).to_string(),
        Unit::Truth => (key != 0).to_string(),
        Unit::Day => day(whole).map(|day| day.to_string()).unwrap_or_default(),
        Unit::Moment(utc) => DateTime::from_timestamp_micros(whole)
            .map(|at| at.naive_utc().format("%Y-%m-%dT%H:%M:%S%.f").to_string() + if utc { "Z" } else { "" })
            .unwrap_or_default(),
        Unit::Clock => (NaiveTime::MIN + TimeDelta::microseconds(whole)).to_string(),
        Unit::Decimal(scale) if scale > 0 => {
            let width = usize::from(scale.unsigned_abs()) + 1;
            let digits = format!("{:0>width$}", key.unsigned_abs());
            let (whole, fraction) = digits.split_at(digits.len() + 1 - width);
            format!("{}{whole}.{fraction}", if key < 0 { "-" } else { "" })
        }
        Unit::Hash => String::new(),
        Unit::Whole | Unit::Decimal(_) => key.to_string(),
    }
}

/// The day so many days after 1970 began.
pub(crate) fn day(days: i64) -> Option<NaiveDate> {
    NaiveDate::default().checked_add_signed(TimeDelta::try_days(days)?)
}

#[cfg(test)]
mod tests {
    use super::super::scan::float_key;
    use super::*;

    #[test]
    fn values_are_shown_as_people_write_them() {
        for (unit, key, text) in [
            (Unit::Day, 1, "1970-01-02"),
            (Unit::Decimal(2), -5, "-0.05"),
            (Unit::Decimal(2), 12_345, "123.45"),
            (Unit::Moment(true), 0, "1970-01-01T00:00:00Z"),
            (Unit::Moment(false), 1_500_000, "1970-01-01T00:00:01.500"),
            (Unit::Clock, 27_000_000_000, "07:30:00"),
            (Unit::Float, i128::from(float_key(0.1)), "0.1"),
            (Unit::Truth, 1, "true"),
        ] {
            assert_eq!(show(unit, key), text, "{unit:?}");
        }
    }
}
