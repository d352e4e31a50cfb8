//! Types settled on the whole file: from the counts of every value to one type a column.
//!
//! In: a tally per column, what the owner wrote, and the file's decimal sign. Out: how each column is built. A type holds when every value
//! fits, or when at most 0.5 % of at least 200 values do not (they become counted rejects). This module never sees a value.

use fyr_model::Text;
use fyr_model::finding::{Finding, Severity};
use fyr_model::table::{ColumnReading, ColumnType, Reading, Semantic};

use super::moment::DateForm;
use super::number::Decimal;
use super::semantic::{self, is_code_header, is_date_header};
use super::tally::{Shape, Tally};

/// How a column's cells become values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// As it stands.
    Text,
    /// As it stands, with zeros put back in front up to this many digits.
    Padded(usize),
    Integer(Decimal),
    /// Whole numbers beyond 64 bits.
    BigInteger(Decimal),
    Number(Decimal),
    /// With this many decimals, exactly.
    Exact(Decimal, u8),
    Boolean(usize),
    Date(DateForm),
    TimestampLocal,
    TimestampZoned,
    Time,
    Geometry,
}

/// What was settled for one column.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) kind: ColumnType,
    pub(crate) form: Form,
    pub(crate) semantic: Option<Semantic>,
}

impl Plan {
    /// Takes a meaning that only a second column showed: a number that turns out to be a code keeps its text, unless the owner said a type.
    pub(crate) fn learn(&mut self, found: Option<Semantic>, stated: bool) {
        let code = found.as_ref().is_some_and(|found| semantic::is_code_kind(&found.kind));
        if code && self.semantic.is_none() && !stated && matches!(self.form, Form::Integer(_) | Form::Number(_)) {
            (self.kind, self.form) = (ColumnType::Code, Form::Text);
        }
        self.semantic = found;
    }
}

/// From this many values on, rejects are allowed at all.
const REJECTS_FROM: u64 = 200;

/// Whether so many of `values` fit that the rest are rejects.
fn clear(fitting: u64, values: u64) -> bool {
    fitting == values || (values >= REJECTS_FROM && (values - fitting) * 200 <= values)
}

/// The decimal sign of the file: what the columns that can tell say; the delimiter speaks only when they are silent.
pub(crate) fn decimal_of(tallies: &[Tally], reading: &Reading, semicolon: bool) -> (Decimal, bool) {
    match reading.decimal_sign {
        Some(',') => return (Decimal::Comma, true),
        Some('.') => return (Decimal::Point, true),
        _ => {}
    }
    let votes = |mine: Shape, other: Shape, fits: Shape| {
        tallies
            .iter()
            .filter(|tally| tally.values > 0 && clear(tally.count(fits), tally.values) && tally.count(mine) > tally.count(other))
            .count()
    };
    let comma = votes(Shape::OnlyComma, Shape::OnlyPoint, Shape::NumberComma);
    let point = votes(Shape::OnlyPoint, Shape::OnlyComma, Shape::NumberPoint);
    match comma.cmp(&point) {
        std::cmp::Ordering::Greater => (Decimal::Comma, true),
        std::cmp::Ordering::Less => (Decimal::Point, true),
        std::cmp::Ordering::Equal => (if semicolon { Decimal::Comma } else { Decimal::Point }, comma > 0),
    }
}

/// The type of one column.
pub(crate) fn settle(
    name: &str,
    header: &str,
    tally: &Tally,
    asked: Option<&ColumnReading>,
    file: (Decimal, bool),
    findings: &mut Vec<Finding>,
) -> Plan {
    let meaning = semantic::judge(header, tally);
    if let Some(kind) = asked.and_then(|asked| asked.kind) {
        return Plan {
            kind,
            form: asked_form(kind, tally, asked, file.0),
            semantic: meaning.map(|meaning| meaning.semantic),
        };
    }
    let plan = |kind, form| Plan {
        kind,
        form,
        semantic: None,
    };
    let mut settled = if tally.values == 0 {
        plan(ColumnType::Text, Form::Text)
    } else if tally.geometries > 0 {
        plan(ColumnType::Geometry, Form::Geometry)
    } else if let Some(padded) = meaning.as_ref().and_then(|meaning| meaning.padded) {
        plan(ColumnType::Code, Form::Padded(padded))
    } else if let Some(pair) = (0..4).find(|pair| clear(tally.booleans(*pair), tally.values)) {
        plan(ColumnType::Boolean, Form::Boolean(pair))
    } else if let Some(form) = date_form(name, header, tally, findings) {
        plan(ColumnType::Date, Form::Date(form))
    } else if let Some(form) = stamp_form(tally) {
        plan(ColumnType::Timestamp, form)
    } else if clear(tally.count(Shape::Time), tally.values) {
        plan(ColumnType::Time, Form::Time)
    } else if is_code(header, tally, meaning.as_ref().map(|meaning| meaning.semantic.kind.as_str())) {
        plan(ColumnType::Code, Form::Text)
    } else if is_period(tally) {
        plan(ColumnType::Period, Form::Text)
    } else {
        number(name, tally, file, findings)
    };
    settled.semantic = meaning.map(|meaning| meaning.semantic);
    settled
}

/// The type that the column had at the last reading, where its values still fit it; `found` is what they say by themselves.
pub(crate) fn kept(before: ColumnType, found: &Plan, header: &str, tally: &Tally, file: Decimal) -> Option<Plan> {
    if found.kind == before || !still_fits(before, found, tally) {
        return None;
    }
    let padded = semantic::judge(header, tally).and_then(|meaning| meaning.padded);
    let form = match padded {
        Some(digits) if before == ColumnType::Code => Form::Padded(digits),
        _ => asked_form(before, tally, None, file),
    };
    Some(Plan {
        kind: before,
        form,
        semantic: found.semantic.clone(),
    })
}

/// Whether all values but a few rejects are of a type that they could also be left out of.
fn still_fits(before: ColumnType, found: &Plan, tally: &Tally) -> bool {
    if tally.values == 0 {
        return before != ColumnType::Geometry;
    }
    let fits = |shape| clear(tally.count(shape), tally.values);
    match before {
        ColumnType::Text => tally.geometries == 0,
        ColumnType::Code => tally.count(Shape::Digits) * 5 >= tally.values * 4,
        ColumnType::Number => (fits(Shape::NumberPoint) || fits(Shape::NumberComma)) && tally.count(Shape::Huge) == 0,
        // Leading zeros make a code, and years of a period are no numbers.
        ColumnType::Integer => {
            let whole = fits(Shape::IntegerPoint) || fits(Shape::IntegerComma);
            whole && found.kind == ColumnType::Code && tally.count(Shape::LeadingZero) + tally.count(Shape::Huge) == 0
        }
        ColumnType::Date => [Shape::YearFirst, Shape::Compact, Shape::DayFirst, Shape::MonthFirst]
            .into_iter()
            .any(fits),
        ColumnType::Timestamp => clear(tally.count(Shape::StampLocal) + tally.count(Shape::YearFirst), tally.values),
        ColumnType::Period => fits(Shape::Period),
        ColumnType::Boolean | ColumnType::Time | ColumnType::Geometry => false,
    }
}

fn date_form(name: &str, header: &str, tally: &Tally, findings: &mut Vec<Finding>) -> Option<DateForm> {
    let fits = |shape| clear(tally.count(shape), tally.values);
    if fits(Shape::YearFirst) {
        return Some(DateForm::YearFirst);
    }
    if fits(Shape::Compact) && tally.native_numbers == 0 && is_date_header(header) {
        return Some(DateForm::Compact);
    }
    let (day, month) = (tally.count(Shape::DayFirst), tally.count(Shape::MonthFirst));
    if day == month && fits(Shape::DayFirst) {
        findings.push(
            Finding::new(
                "date-order-uncertain",
                Severity::Warning,
                name,
                Text::new(
                    "datumen går att läsa både med dagen först och med månaden först; dagen först valdes",
                    "the dates can be read with the day first and with the month first; day first was chosen",
                ),
            )
            .fix(Text::new("skriv datum som ÅÅÅÅ-MM-DD", "write dates as YYYY-MM-DD")),
        );
    }
    if fits(Shape::DayFirst) && day >= month {
        return Some(DateForm::DayFirst);
    }
    fits(Shape::MonthFirst).then_some(DateForm::MonthFirst)
}

fn stamp_form(tally: &Tally) -> Option<Form> {
    let (local, zoned, dates) = (
        tally.count(Shape::StampLocal),
        tally.count(Shape::StampZoned),
        tally.count(Shape::YearFirst),
    );
    if zoned > 0 && clear(zoned, tally.values) {
        return Some(Form::TimestampZoned);
    }
    (local > 0 && clear(local + dates, tally.values)).then_some(Form::TimestampLocal)
}

/// A code is never a number: a leading zero, a fixed width under a code header, or a match with a code list keeps the text.
pub(crate) fn is_code(header: &str, tally: &Tally, meaning: Option<&str>) -> bool {
    if meaning.is_some_and(semantic::is_code_kind) {
        return true;
    }
    let decimals = tally.count(Shape::OnlyPoint) + tally.count(Shape::OnlyComma);
    if tally.count(Shape::LeadingZero) > 0 && decimals == 0 && tally.count(Shape::Digits) * 5 >= tally.values * 4 {
        return true;
    }
    let fixed = tally.digits.is_some_and(|(least, most)| least == most && least >= 2);
    tally.count(Shape::Digits) == tally.values && fixed && tally.native_numbers == 0 && is_code_header(header)
}

pub(crate) fn is_period(tally: &Tally) -> bool {
    // Years alone are whole numbers; what they mean is said beside.
    tally.count(Shape::Year) < tally.count(Shape::Period) && clear(tally.count(Shape::Period), tally.values)
}

fn number(name: &str, tally: &Tally, file: (Decimal, bool), findings: &mut Vec<Finding>) -> Plan {
    let text = Plan {
        kind: ColumnType::Text,
        form: Form::Text,
        semantic: None,
    };
    let Some(decimal) = column_decimal(name, tally, file, findings) else {
        return text;
    };
    let (integers, numbers) = match decimal {
        Decimal::Point => (tally.count(Shape::IntegerPoint), tally.count(Shape::NumberPoint)),
        Decimal::Comma => (tally.count(Shape::IntegerComma), tally.count(Shape::NumberComma)),
    };
    if tally.count(Shape::Huge) > 0 {
        findings.push(
            Finding::new(
                "number-too-large",
                Severity::Warning,
                name,
                Text::new(
                    "kolumnen har tal som inte ryms i något talformat; texten är kvar exakt",
                    "the column has numbers that no number format holds; the text is kept exactly",
                ),
            )
            .evidence(format!("{} of {} values", tally.count(Shape::Huge), tally.values)),
        );
        return text;
    }
    let (kind, form) = if integers < numbers {
        (ColumnType::Number, Form::Number(decimal))
    } else if tally.count(Shape::Big) > 0 {
        (ColumnType::Integer, Form::BigInteger(decimal))
    } else {
        (ColumnType::Integer, Form::Integer(decimal))
    };
    Plan {
        kind,
        form,
        semantic: None,
    }
}

/// The decimal sign of one column, or nothing when it holds no numbers. Only where neither the column nor the file can tell is it uncertain.
fn column_decimal(name: &str, tally: &Tally, file: (Decimal, bool), findings: &mut Vec<Finding>) -> Option<Decimal> {
    let point = clear(tally.count(Shape::NumberPoint), tally.values);
    let comma = clear(tally.count(Shape::NumberComma), tally.values);
    match (point, comma) {
        (false, false) => None,
        (true, false) => Some(Decimal::Point),
        (false, true) => Some(Decimal::Comma),
        (true, true) => {
            let (only_point, only_comma) = (tally.count(Shape::OnlyPoint), tally.count(Shape::OnlyComma));
            if only_point != only_comma {
                return Some(if only_point > only_comma { Decimal::Point } else { Decimal::Comma });
            }
            let ambiguous = tally.count(Shape::IntegerPoint) != tally.count(Shape::IntegerComma);
            if ambiguous && !file.1 {
                findings.push(
                    Finding::new(
                        "decimal-sign-uncertain",
                        Severity::Warning,
                        name,
                        Text::new(
                            "det går inte att se om tecknet skiljer decimaler eller tusental; filens övriga kolumner är tysta",
                            "whether the sign divides decimals or thousands cannot be told; the other columns are silent",
                        ),
                    )
                    .fix(Text::new(
                        "skriv decimal_sign under [reading] i pipelinefilen",
                        "write decimal_sign under [reading] in the pipeline file",
                    )),
                );
            }
            Some(file.0)
        }
    }
}

/// The form of a type that the owner asked for; what does not fit is rejected cell by cell, however much it is.
fn asked_form(kind: ColumnType, tally: &Tally, asked: Option<&ColumnReading>, file: Decimal) -> Form {
    let (point, comma) = (tally.count(Shape::NumberPoint), tally.count(Shape::NumberComma));
    let decimal = match point.cmp(&comma) {
        std::cmp::Ordering::Greater => Decimal::Point,
        std::cmp::Ordering::Less => Decimal::Comma,
        std::cmp::Ordering::Equal => file,
    };
    match kind {
        ColumnType::Integer if tally.count(Shape::Big) > 0 => Form::BigInteger(decimal),
        ColumnType::Integer => Form::Integer(decimal),
        ColumnType::Number => match asked.and_then(|asked| asked.decimals) {
            Some(decimals) => Form::Exact(decimal, decimals.min(18)),
            None => Form::Number(decimal),
        },
        ColumnType::Boolean => Form::Boolean((0..4).max_by_key(|pair| (tally.booleans(*pair), 4 - pair)).unwrap_or(0)),
        ColumnType::Date => {
            let forms = [
                (Shape::YearFirst, DateForm::YearFirst),
                (Shape::Compact, DateForm::Compact),
                (Shape::DayFirst, DateForm::DayFirst),
                (Shape::MonthFirst, DateForm::MonthFirst),
            ];
            let best = forms.iter().rev().max_by_key(|(shape, _)| tally.count(*shape));
            Form::Date(best.map_or(DateForm::YearFirst, |(_, form)| *form))
        }
        ColumnType::Timestamp if tally.count(Shape::StampZoned) > tally.count(Shape::StampLocal) => Form::TimestampZoned,
        ColumnType::Timestamp => Form::TimestampLocal,
        ColumnType::Time => Form::Time,
        ColumnType::Geometry if tally.geometries > 0 => Form::Geometry,
        ColumnType::Geometry | ColumnType::Period | ColumnType::Text | ColumnType::Code => Form::Text,
    }
}
