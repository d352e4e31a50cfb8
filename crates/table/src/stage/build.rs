//! From the spool to typed Arrow batches: the second pass. Every cell becomes a value, a null, an empty text or a counted reject.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, BinaryBuilder, BooleanBuilder, Date32Builder, Decimal128Builder, Float64Builder, Int64Builder, StringBuilder,
    Time64MicrosecondBuilder, TimestampMicrosecondBuilder,
};
use arrow::datatypes::{DataType, Field, TimeUnit};

use super::cell::Cell;
use super::count::Counter;
use super::marker::{self, MARKERS};
use super::moment::{self, DateForm};
use super::number::{self, Decimal};
use super::plain::{self, Plain};
use super::quick::{self, Cells, Odd};
use super::settle::Form;
use super::tally::missing;

/// What became of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Value,
    /// A value that was repaired on the way, by this name.
    Repaired(&'static str),
    /// Missing, by this marker.
    Null(usize),
    EmptyText,
    Reject,
}

/// The repair of a decimal comma.
pub(crate) const DECIMAL_COMMA: &str = "decimal-comma";

/// Counts of fates.
#[derive(Debug, Clone, Default)]
pub(crate) struct Fates {
    pub(crate) values: u64,
    pub(crate) nulls: u64,
    pub(crate) markers: [u64; MARKERS.len()],
    pub(crate) empty: u64,
    pub(crate) rejects: u64,
}

enum Values {
    Text(StringBuilder),
    Integer(Int64Builder),
    Decimal(Decimal128Builder),
    Number(Float64Builder),
    Boolean(BooleanBuilder),
    Date(Date32Builder),
    Timestamp(TimestampMicrosecondBuilder),
    Time(Time64MicrosecondBuilder),
    Bytes(BinaryBuilder),
}

/// One column in the making.
pub(crate) struct Builder {
    form: Form,
    named: Option<Vec<String>>,
    values: Values,
    run: Run,
    pub(crate) fates: Fates,
}

/// Room for the values of one run.
#[derive(Default)]
struct Run {
    whole: Vec<i64>,
    floats: Vec<f64>,
    days: Vec<i32>,
}

impl Builder {
    pub(crate) fn new(form: Form, named: Option<Vec<String>>) -> Self {
        Self {
            form,
            named,
            values: values(form, 0, 0),
            run: Run::default(),
            fates: Fates::default(),
        }
    }
    /// The Arrow field of the column; never of type Null.
    pub(crate) fn field(name: &str, form: Form) -> Field {
        Field::new(name, data_type(form), true)
    }
    /// The cells since the last call. The next ones get as much room, so that it need not grow from nothing.
    pub(crate) fn finish(&mut self) -> ArrayRef {
        let mut bytes = 0;
        let array: ArrayRef = match &mut self.values {
            Values::Text(values) => {
                let texts = values.finish();
                bytes = texts.value_data().len();
                Arc::new(texts)
            }
            Values::Integer(values) => Arc::new(values.finish()),
            Values::Decimal(values) => Arc::new(values.finish()),
            Values::Number(values) => Arc::new(values.finish()),
            Values::Boolean(values) => Arc::new(values.finish()),
            Values::Date(values) => Arc::new(values.finish()),
            Values::Timestamp(values) => Arc::new(values.finish()),
            Values::Time(values) => Arc::new(values.finish()),
            Values::Bytes(values) => Arc::new(values.finish()),
        };
        let a_little_more = |room: usize| room + room / 16;
        self.values = values(self.form, a_little_more(array.len()), a_little_more(bytes));
        array
    }
    /// Takes one cell and says what became of it.
    pub(crate) fn push(&mut self, cell: Cell<'_>) -> Fate {
        let fate = self.take(cell);
        match fate {
            Fate::Value | Fate::Repaired(_) => self.fates.values += 1,
            Fate::EmptyText => self.fates.empty += 1,
            Fate::Null(marker) => {
                self.fates.nulls += 1;
                if let Some(count) = self.fates.markers.get_mut(marker) {
                    *count += 1;
                }
                self.null();
            }
            Fate::Reject => {
                self.fates.rejects += 1;
                self.null();
            }
        }
        fate
    }

    /// Takes a text in the plainest form of the column's type; nothing when it must be looked at by [`Builder::push`].
    #[inline]
    pub(crate) fn push_plain(&mut self, text: &str) -> Option<Fate> {
        match self.form {
            Form::Text => self.push_known(text, Plain::Other),
            _ => self.push_known(text, Plain::of(text.as_bytes())),
        }
    }

    /// As [`Builder::push_plain`], for a text that has been taken apart already.
    #[inline]
    pub(crate) fn push_known(&mut self, text: &str, plain: Plain) -> Option<Fate> {
        if self.named.is_some() {
            return None;
        }
        let bytes = text.as_bytes();
        let mut fate = Fate::Value;
        match (self.form, &mut self.values, plain) {
            (Form::Text, Values::Text(values), _) if bytes.first().is_some_and(u8::is_ascii_graphic) => values.append_value(text),
            (Form::Integer(_), Values::Integer(values), Plain::Digits(value)) => values.append_value(i64::try_from(value).ok()?),
            (Form::Integer(_), Values::Integer(values), Plain::Negative(value)) => values.append_value(value),
            (Form::Number(sign), Values::Number(values), Plain::Decimal(parts)) if parts.mark == sign => {
                values.append_value(parts.value()?);
                if sign == Decimal::Comma {
                    fate = Fate::Repaired(DECIMAL_COMMA);
                }
            }
            // A float64 holds fifteen digits exactly.
            (Form::Number(_), Values::Number(values), Plain::Digits(value)) if bytes.len() <= 15 => values.append_value(value as f64),
            (Form::Number(_), Values::Number(values), Plain::Negative(value)) if bytes.len() <= 15 => values.append_value(value as f64),
            (Form::Date(DateForm::YearFirst), Values::Date(values), Plain::Day(day)) => values.append_value(day),
            (Form::Date(DateForm::Compact), Values::Date(values), Plain::Digits(_)) => values.append_value(plain::compact_day(bytes)?),
            (Form::TimestampLocal, Values::Timestamp(values), Plain::Moment(moment)) => values.append_value(moment),
            (Form::Boolean(pair), Values::Boolean(values), Plain::Other) => {
                let (found, value) = marker::boolean(text)?;
                if found != pair {
                    return None;
                }
                values.append_value(value);
            }
            _ => return None,
        }
        self.fates.values += 1;
        Some(fate)
    }

    /// Takes cells as long as they stand in the plainest form of the column's type; gives the first that does not, nothing at the end.
    /// `repaired` is told the rows of decimals whose comma was read as a point.
    pub(crate) fn run<'a>(&mut self, cells: &mut Cells<'a>, counter: Option<&mut Counter<'_>>, repaired: impl FnMut(u64)) -> Odd<'a> {
        if self.named.is_some() || counter.as_ref().is_some_and(|counter| !counter.is_quick()) {
            return cells.next();
        }
        let (odd, taken) = match (self.form, &mut self.values) {
            (Form::Integer(_), Values::Integer(values)) => {
                let (run, out) = (&mut self.run.whole, values);
                let odd = quick::integers(cells, counter, run);
                out.append_slice(run);
                (odd, emptied(run))
            }
            (Form::Number(sign), Values::Number(values)) => {
                let (run, out) = (&mut self.run.floats, values);
                let odd = quick::numbers(cells, sign, counter, run, repaired);
                out.append_slice(run);
                (odd, emptied(run))
            }
            (Form::Date(form @ (DateForm::YearFirst | DateForm::Compact)), Values::Date(values)) => {
                let (run, out) = (&mut self.run.days, values);
                let odd = match form {
                    DateForm::Compact => quick::compact_days(cells, counter, run),
                    _ => quick::days(cells, counter, run),
                };
                out.append_slice(run);
                (odd, emptied(run))
            }
            (Form::TimestampLocal, Values::Timestamp(values)) => {
                let (run, out) = (&mut self.run.whole, values);
                let odd = quick::moments(cells, counter, run);
                out.append_slice(run);
                (odd, emptied(run))
            }
            _ => return cells.next(),
        };
        self.fates.values += taken;
        odd
    }

    fn take(&mut self, cell: Cell<'_>) -> Fate {
        match cell {
            Cell::Absent | Cell::Null => Fate::Null(marker::ABSENT),
            Cell::Error => Fate::Null(marker::ERROR),
            Cell::Missing(marker) => Fate::Null(usize::from(marker)),
            Cell::Bytes(bytes) => match &mut self.values {
                Values::Bytes(values) => {
                    values.append_value(bytes);
                    Fate::Value
                }
                _ => Fate::Reject,
            },
            Cell::Text { text, quoted } if matches!(self.form, Form::Text | Form::Padded(_)) => self.text(text, quoted),
            Cell::Text { text, .. } => {
                let text = text.trim();
                match missing(text, self.named.as_deref()) {
                    Some(marker) => Fate::Null(marker),
                    None => self.typed(text, None),
                }
            }
            Cell::Number(text) if matches!(self.form, Form::Text | Form::Padded(_)) => self.text(text, false),
            Cell::Number(text) => self.typed(text, Some(Decimal::Point)),
            Cell::Moment(text) if self.form == Form::Text => self.text(text, false),
            Cell::Moment(text) => self.typed(text, None),
            Cell::Boolean(value) => match &mut self.values {
                Values::Boolean(values) => {
                    values.append_value(value);
                    Fate::Value
                }
                Values::Text(values) => {
                    values.append_value(if value { "true" } else { "false" });
                    Fate::Value
                }
                _ => Fate::Reject,
            },
        }
    }

    /// A text column keeps what stands there; only nothing at all, and what the owner named, is missing.
    fn text(&mut self, text: &str, quoted: bool) -> Fate {
        let named = self
            .named
            .as_deref()
            .is_some_and(|list| list.iter().any(|word| word == text.trim()));
        let Values::Text(values) = &mut self.values else {
            return Fate::Reject;
        };
        if named {
            return Fate::Null(marker::NAMED);
        }
        if text.is_empty() && quoted {
            values.append_value("");
            return Fate::EmptyText;
        }
        if text.trim().is_empty() && !quoted {
            return Fate::Null(marker::EMPTY);
        }
        match self.form {
            Form::Padded(width) if text.len() < width && text.bytes().all(|b| b.is_ascii_digit()) => {
                values.append_value(format!("{text:0>width$}"));
                Fate::Repaired("leading-zero-restored")
            }
            Form::Padded(_) if marker::marker(text.trim()).is_some() => Fate::Null(marker::marker(text.trim()).unwrap_or(marker::EMPTY)),
            _ => {
                values.append_value(text);
                Fate::Value
            }
        }
    }

    /// A typed column takes what fits its type and rejects the rest.
    fn typed(&mut self, text: &str, native: Option<Decimal>) -> Fate {
        let plain = |sign| number::normal(text, native.unwrap_or(sign));
        match (self.form, &mut self.values) {
            (Form::Integer(sign), Values::Integer(values)) => {
                let value = plain(sign).and_then(|n| n.parse().ok());
                kept(value, |value| values.append_value(value), || grouped(text))
            }
            (Form::BigInteger(sign), Values::Decimal(values)) => {
                let value = plain(sign).and_then(|n| n.parse::<i128>().ok());
                let value = value.filter(|n| n.unsigned_abs() < 10u128.pow(38));
                kept(value, |value| values.append_value(value), || grouped(text))
            }
            (Form::Exact(sign, scale), Values::Decimal(values)) => {
                let value = plain(sign).and_then(|n| scaled(&n, usize::from(scale)));
                kept(value, |value| values.append_value(value), || repaired_number(text, sign, native))
            }
            (Form::Number(sign), Values::Number(values)) => {
                let normal = plain(sign);
                let normal = normal.as_deref();
                let value = normal.and_then(|n| n.parse::<f64>().ok()).filter(|n| n.is_finite());
                let fate = || match number::significant(normal.unwrap_or_default()) {
                    18.. => Fate::Repaired("rounded-number"),
                    _ => repaired_number(text, sign, native),
                };
                kept(value, |value| values.append_value(value), fate)
            }
            (Form::Boolean(pair), Values::Boolean(values)) => {
                let value = marker::boolean(text).filter(|(found, _)| *found == pair);
                kept(value, |(_, value)| values.append_value(value), || Fate::Value)
            }
            (Form::Date(form), Values::Date(values)) => {
                let midnight = || moment::date(text.get(..10)?, DateForm::YearFirst).filter(|_| text.ends_with("T00:00:00"));
                let day = moment::date(text, form).or_else(midnight);
                kept(day, |day| values.append_value(moment::days(day)), || Fate::Value)
            }
            (Form::TimestampLocal | Form::TimestampZoned, Values::Timestamp(values)) => {
                let micros = instant(text, self.form == Form::TimestampZoned);
                kept(micros, |micros| values.append_value(micros), || Fate::Value)
            }
            (Form::Time, Values::Time(values)) => {
                let time = moment::time(text);
                kept(time, |time| values.append_value(moment::time_micros(time)), || Fate::Value)
            }
            _ => Fate::Reject,
        }
    }

    fn null(&mut self) {
        match &mut self.values {
            Values::Text(values) => values.append_null(),
            Values::Integer(values) => values.append_null(),
            Values::Decimal(values) => values.append_null(),
            Values::Number(values) => values.append_null(),
            Values::Boolean(values) => values.append_null(),
            Values::Date(values) => values.append_null(),
            Values::Timestamp(values) => values.append_null(),
            Values::Time(values) => values.append_null(),
            Values::Bytes(values) => values.append_null(),
        }
    }
}

/// Empties a run; says how long it was.
fn emptied<T>(run: &mut Vec<T>) -> u64 {
    let length = run.len() as u64;
    run.clear();
    length
}

fn data_type(form: Form) -> DataType {
    match form {
        Form::Text | Form::Padded(_) => DataType::Utf8,
        Form::Integer(_) => DataType::Int64,
        Form::BigInteger(_) => DataType::Decimal128(38, 0),
        Form::Exact(_, scale) => DataType::Decimal128(38, i8::try_from(scale).unwrap_or(0)),
        Form::Number(_) => DataType::Float64,
        Form::Boolean(_) => DataType::Boolean,
        Form::Date(_) => DataType::Date32,
        Form::TimestampLocal => DataType::Timestamp(TimeUnit::Microsecond, None),
        Form::TimestampZoned => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        Form::Time => DataType::Time64(TimeUnit::Microsecond),
        Form::Geometry => DataType::Binary,
    }
}

/// Builders with room for so many cells and bytes of text.
fn values(form: Form, rows: usize, bytes: usize) -> Values {
    match form {
        Form::Text | Form::Padded(_) => Values::Text(StringBuilder::with_capacity(rows, bytes)),
        Form::Integer(_) => Values::Integer(Int64Builder::with_capacity(rows)),
        Form::BigInteger(_) | Form::Exact(..) => Values::Decimal(Decimal128Builder::with_capacity(rows).with_data_type(data_type(form))),
        Form::Number(_) => Values::Number(Float64Builder::with_capacity(rows)),
        Form::Boolean(_) => Values::Boolean(BooleanBuilder::with_capacity(rows)),
        Form::Date(_) => Values::Date(Date32Builder::with_capacity(rows)),
        Form::TimestampLocal | Form::TimestampZoned => {
            Values::Timestamp(TimestampMicrosecondBuilder::with_capacity(rows).with_data_type(data_type(form)))
        }
        Form::Time => Values::Time(Time64MicrosecondBuilder::with_capacity(rows)),
        Form::Geometry => Values::Bytes(BinaryBuilder::with_capacity(rows, bytes)),
    }
}

fn instant(text: &str, zoned: bool) -> Option<i64> {
    match moment::timestamp(text) {
        Some((micros, found)) if found == zoned => Some(micros),
        Some(_) => None,
        None if zoned => None,
        None => moment::date(text, DateForm::YearFirst).map(|day| i64::from(moment::days(day)) * 86_400_000_000),
    }
}

/// A cell that became a value is appended and has its fate; one that did not is a reject.
fn kept<T>(value: Option<T>, append: impl FnOnce(T), fate: impl FnOnce() -> Fate) -> Fate {
    match value {
        Some(value) => {
            append(value);
            fate()
        }
        None => Fate::Reject,
    }
}

/// A plain run of digits is no repair; thousands that were taken apart are.
fn grouped(text: &str) -> Fate {
    let body = text.trim_start_matches(['-', '+', '\u{2212}', '\u{2013}']);
    if body.bytes().all(|b| b.is_ascii_digit()) {
        Fate::Value
    } else {
        Fate::Repaired("thousands-separator")
    }
}

fn repaired_number(text: &str, sign: Decimal, native: Option<Decimal>) -> Fate {
    if native.is_none() && sign == Decimal::Comma && text.contains(',') {
        Fate::Repaired(DECIMAL_COMMA)
    } else {
        Fate::Value
    }
}

/// A normalised number times ten to the power of `scale`, when it has no more decimals than that.
fn scaled(normal: &str, scale: usize) -> Option<i128> {
    let (whole, fraction) = normal.split_once('.').unwrap_or((normal, ""));
    let fraction = fraction.trim_end_matches('0');
    if normal.contains('e') || fraction.len() > scale || whole.len() + scale > 37 {
        return None;
    }
    format!("{whole}{fraction:0<scale$}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_decimals_are_scaled_and_never_rounded() {
        assert_eq!(scaled("12.5", 2), Some(1250));
        assert_eq!(scaled("-0.05", 2), Some(-5));
        assert_eq!(scaled("12.505", 2), None);
        assert_eq!(scaled("12.500", 2), Some(1250));
    }

    #[test]
    fn every_cell_has_one_fate() {
        let mut column = Builder::new(Form::Integer(Decimal::Comma), None);
        let text = |text| Cell::Text { text, quoted: false };
        let fates: Vec<Fate> = [
            text("1"),
            text("1 000"),
            text(".."),
            text(""),
            Cell::Absent,
            text("ca 10"),
            Cell::Number("7"),
        ]
        .into_iter()
        .map(|cell| column.push(cell))
        .collect();
        assert_eq!(
            fates,
            [
                Fate::Value,
                Fate::Repaired("thousands-separator"),
                Fate::Null(8),
                Fate::Null(marker::EMPTY),
                Fate::Null(marker::ABSENT),
                Fate::Reject,
                Fate::Value
            ]
        );
        let fates = &column.fates;
        assert_eq!(fates.values + fates.nulls + fates.empty + fates.rejects, 7);
        assert_eq!(column.finish().null_count(), 4);
    }
}
