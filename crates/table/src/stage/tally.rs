//! What is counted of a column while it is read: how many of its values fit each type. Never a value.

use super::cell::Cell;
use super::marker::{self, MARKERS};
use super::moment::{self, DateForm};
use super::number::{self, Decimal, Fit};
use super::plain;
use super::probe::Probe;
use super::register;

/// Something a value can be; several at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(usize)]
pub(crate) enum Shape {
    IntegerPoint,
    IntegerComma,
    NumberPoint,
    NumberComma,
    OnlyPoint,
    OnlyComma,
    /// Beyond 64 bits, within 38 digits.
    Big,
    /// Beyond 38 digits, or beyond what a float64 holds.
    Huge,
    /// More digits than a float64 keeps.
    Rounded,
    Digits,
    LeadingZero,
    Boolean0,
    Boolean1,
    Boolean2,
    Boolean3,
    YearFirst,
    Compact,
    DayFirst,
    MonthFirst,
    StampLocal,
    StampZoned,
    Time,
    Period,
    Year,
    Municipality,
    MunicipalityShort,
    County,
    CountyShort,
    Postcode,
    Person,
    Coordination,
    Organisation,
    Email,
    Url,
    Uuid,
    /// Four digits that were a municipality code since 1980 and are none today.
    MunicipalityFormer,
}

const SHAPES: usize = Shape::MunicipalityFormer as usize + 1;
const BOOLEANS: [Shape; 4] = [Shape::Boolean0, Shape::Boolean1, Shape::Boolean2, Shape::Boolean3];

/// The counts of one column.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tally {
    /// Rows in which the column was looked at; rows beyond are absent cells.
    pub(crate) seen: u64,
    /// Cells that hold a value.
    pub(crate) values: u64,
    /// Geometries.
    pub(crate) geometries: u64,
    /// Values that the source itself typed as numbers.
    pub(crate) native_numbers: u64,
    /// Cells that are missing, by marker.
    pub(crate) markers: [u64; MARKERS.len()],
    /// Shortest and longest run of digits among values that are digits only.
    pub(crate) digits: Option<(usize, usize)>,
    counts: [u64; SHAPES],
    /// The owner's markers, in place of ours.
    missing: Option<Vec<String>>,
    /// Values looked up in registers, when the header gives a reason: each value must pass it, whatever the reader.
    pub(crate) probe: Option<Box<Probe>>,
}

impl Tally {
    pub(crate) fn new(missing: Option<Vec<String>>) -> Self {
        Self {
            seen: 0,
            values: 0,
            geometries: 0,
            native_numbers: 0,
            markers: [0; MARKERS.len()],
            digits: None,
            counts: [0; SHAPES],
            missing,
            probe: None,
        }
    }
    /// A tally that looks its values up in the registers that the header speaks of.
    pub(crate) fn asking(mut self, header: &str) -> Self {
        self.probe = Probe::of(header);
        self
    }
    pub(crate) fn count(&self, shape: Shape) -> u64 {
        self.counts.get(shape as usize).copied().unwrap_or_default()
    }
    /// Values that are yes or no of one pair.
    pub(crate) fn booleans(&self, pair: usize) -> u64 {
        BOOLEANS.get(pair).map_or(0, |shape| self.count(*shape))
    }
    fn add(&mut self, shape: Shape) {
        self.add_many(shape, 1);
    }
    pub(crate) fn add_many(&mut self, shape: Shape, count: u64) {
        if let Some(sum) = self.counts.get_mut(shape as usize) {
            *sum += count;
        }
    }
    /// Whether the owner named the markers of this column.
    pub(crate) fn has_named_markers(&self) -> bool {
        self.missing.is_some()
    }
    /// Counts a cell that stands `count` times: one is looked at, and what it added is multiplied.
    pub(crate) fn see_many(&mut self, cell: Cell<'_>, count: u64) {
        let mut one = Self::new(self.missing.clone());
        one.see(cell);
        self.add_times(&one, count);
        if let (Cell::Text { text, .. }, 1) = (cell, one.values) {
            self.ask_many(text.trim(), count);
        }
    }
    /// Adds the counts of one cell so many times.
    fn add_times(&mut self, one: &Self, times: u64) {
        self.seen += one.seen * times;
        self.values += one.values * times;
        for (sum, added) in self.markers.iter_mut().zip(one.markers) {
            *sum += added * times;
        }
        for (sum, added) in self.counts.iter_mut().zip(one.counts) {
            *sum += added * times;
        }
        if let Some((least, most)) = one.digits {
            self.widen(least, most);
        }
    }
    fn miss(&mut self, marker: usize) {
        if let Some(count) = self.markers.get_mut(marker) {
            *count += 1;
        }
    }
    /// Counts one cell.
    pub(crate) fn see(&mut self, cell: Cell<'_>) {
        self.seen += 1;
        match cell {
            Cell::Absent | Cell::Null => self.miss(marker::ABSENT),
            Cell::Error => self.miss(marker::ERROR),
            Cell::Missing(marker) => self.miss(usize::from(marker)),
            Cell::Text { text, .. } => match missing(text.trim(), self.missing.as_deref()) {
                Some(marker) => self.miss(marker),
                None => {
                    self.values += 1;
                    self.ask(text.trim());
                    self.text(text.trim());
                }
            },
            Cell::Number(text) => {
                self.values += 1;
                self.native_numbers += 1;
                self.ask(text);
                self.native_number(text);
            }
            Cell::Boolean(_) => {
                self.values += 1;
                self.add(Shape::Boolean0);
            }
            Cell::Moment(text) => {
                self.values += 1;
                self.moment(text);
            }
            Cell::Bytes(_) => {
                self.values += 1;
                self.geometries += 1;
            }
        }
    }

    /// One call for each value, a trimmed text; nothing happens in most columns.
    #[inline]
    pub(crate) fn ask(&mut self, text: &str) {
        if self.probe.is_some() {
            self.ask_many(text, 1);
        }
    }
    /// As [`Tally::ask`], for what is known to be ASCII.
    #[inline]
    pub(crate) fn ask_bytes(&mut self, bytes: &[u8]) {
        if self.probe.is_some() {
            self.ask_many(std::str::from_utf8(bytes).unwrap_or_default(), 1);
        }
    }
    fn ask_many(&mut self, text: &str, times: u64) {
        if let Some(probe) = &mut self.probe {
            probe.see(text, times);
        }
    }

    fn text(&mut self, text: &str) {
        let opens_with_digit = text.starts_with(|c: char| c.is_ascii_digit());
        if opens_with_digit || text.starts_with(['-', '+', '.', ',', '\u{2212}', '\u{2013}']) {
            self.number(text);
        }
        if opens_with_digit {
            self.moment(text);
            self.code(text);
        } else if let Some((pair, _)) = marker::boolean(text) {
            if let Some(shape) = BOOLEANS.get(pair) {
                self.add(*shape);
            }
        } else if text.len() <= 20 && moment::is_period(text) {
            self.add(Shape::Period);
        }
        self.word(text);
    }

    fn number(&mut self, text: &str) {
        if text.len() > 64 && !text.bytes().all(|b| b.is_ascii_digit()) {
            return;
        }
        let point = number::fit(text, Decimal::Point);
        let comma = number::fit(text, Decimal::Comma);
        for (fit, number, integer) in [
            (point, Shape::NumberPoint, Shape::IntegerPoint),
            (comma, Shape::NumberComma, Shape::IntegerComma),
        ] {
            if fit != Fit::No {
                self.add(number);
            }
            if fit == Fit::Integer {
                self.add(integer);
            }
        }
        match (point != Fit::No, comma != Fit::No) {
            (true, false) => self.add(Shape::OnlyPoint),
            (false, true) => self.add(Shape::OnlyComma),
            (false, false) => return,
            (true, true) => {}
        }
        let decimal = if point == Fit::No { Decimal::Comma } else { Decimal::Point };
        self.size(number::normal(text, decimal).as_deref().unwrap_or_default());
    }

    fn native_number(&mut self, text: &str) {
        let Some(normal) = number::normal(text, Decimal::Point) else {
            return;
        };
        self.add(Shape::NumberPoint);
        self.add(Shape::NumberComma);
        if number::fit(text, Decimal::Point) == Fit::Integer {
            self.add(Shape::IntegerPoint);
            self.add(Shape::IntegerComma);
            self.code(text);
            if moment::is_year(text) {
                self.add(Shape::Year);
                self.add(Shape::Period);
            }
        }
        self.size(&normal);
    }

    /// Whether the number fits 64 bits, 38 digits, a float64.
    fn size(&mut self, normal: &str) {
        let integer = normal.bytes().all(|b| b.is_ascii_digit() || b == b'-');
        if integer && normal.len() > 18 && normal.parse::<i64>().is_err() {
            let digits = normal.trim_start_matches(['-', '0']).len();
            self.add(if digits <= 38 { Shape::Big } else { Shape::Huge });
        } else if !integer {
            if normal.parse::<f64>().is_ok_and(|value| !value.is_finite()) {
                self.add(Shape::Huge);
            } else if number::significant(normal) > 17 {
                self.add(Shape::Rounded);
            }
        }
    }

    fn moment(&mut self, text: &str) {
        if text.len() > 40 {
            return;
        }
        for (form, shape) in [
            (DateForm::YearFirst, Shape::YearFirst),
            (DateForm::Compact, Shape::Compact),
            (DateForm::DayFirst, Shape::DayFirst),
            (DateForm::MonthFirst, Shape::MonthFirst),
        ] {
            if moment::date(text, form).is_some() {
                self.add(shape);
            }
        }
        match moment::timestamp(text) {
            Some((_, true)) => self.add(Shape::StampZoned),
            Some((_, false)) => self.add(Shape::StampLocal),
            None => {}
        }
        if moment::time(text).is_some() {
            self.add(Shape::Time);
        }
        if moment::is_period(text) {
            self.add(Shape::Period);
            if moment::is_year(text) {
                self.add(Shape::Year);
            }
        }
    }

    fn code(&mut self, text: &str) {
        if text.bytes().all(|b| b.is_ascii_digit()) {
            self.add(Shape::Digits);
            self.digits_only(text.as_bytes(), text.parse().unwrap_or(u64::MAX));
            return;
        }
        if text.len() > 13 {
            return;
        }
        if register::is_postcode(text) {
            self.add(Shape::Postcode);
        }
        self.number_of_authority(text);
    }

    /// What a number of an authority names, if it is one.
    pub(crate) fn number_of_authority(&mut self, text: &str) {
        match register::number(text) {
            Some(register::Number::Person) => self.add(Shape::Person),
            Some(register::Number::Coordination) => self.add(Shape::Coordination),
            Some(register::Number::Organisation) => self.add(Shape::Organisation),
            None => {}
        }
    }

    /// [`Tally::plain_digits`] of a run that stands `times` times, with what the header asks of it.
    pub(crate) fn plain_digits_many(&mut self, digits: &str, number: u64, times: u64) {
        let mut one = Self::new(None);
        one.plain_digits(digits.as_bytes(), number);
        self.add_times(&one, times);
        self.ask_many(digits, times);
    }

    /// All but the shapes that any run of 1 to 18 digits has: those are counted together.
    pub(crate) fn plain_digits(&mut self, digits: &[u8], number: u64) {
        match digits.len() {
            4 if (1700..2200).contains(&number) => {
                self.add(Shape::Year);
                self.add(Shape::Period);
            }
            8 if plain::compact_day(digits).is_some() => self.add(Shape::Compact),
            _ => {}
        }
        self.digits_only(digits, number);
    }

    /// What a run of digits can be by its length; `number` is its value, where it fits.
    fn digits_only(&mut self, digits: &[u8], number: u64) {
        let length = digits.len();
        if length > 1 && digits.first() == Some(&b'0') {
            self.add(Shape::LeadingZero);
        }
        self.widen(length, length);
        match length {
            1 | 2 if register::is_county(number) => self.add(if length == 2 { Shape::County } else { Shape::CountyShort }),
            3 | 4 if register::is_municipality(number) => self.add(if length == 4 {
                Shape::Municipality
            } else {
                Shape::MunicipalityShort
            }),
            4 if register::was_municipality(number) => self.add(Shape::MunicipalityFormer),
            5 if number >= 10_000 => self.add(Shape::Postcode),
            10 | 12 => self.number_of_authority(std::str::from_utf8(digits).unwrap_or_default()),
            _ => {}
        }
    }

    fn widen(&mut self, least: usize, most: usize) {
        match &mut self.digits {
            Some((low, high)) => (*low, *high) = (least.min(*low), most.max(*high)),
            none => *none = Some((least, most)),
        }
    }

    fn word(&mut self, text: &str) {
        if text.len() > 2_000 {
            return;
        }
        if is_uuid(text) {
            self.add(Shape::Uuid);
        } else if text.starts_with("http://") || text.starts_with("https://") || text.starts_with("www.") {
            self.add(Shape::Url);
        } else if is_email(text) {
            self.add(Shape::Email);
        }
    }
}

/// The marker of a trimmed text: the owner's list when there is one, else ours.
pub(crate) fn missing(text: &str, named: Option<&[String]>) -> Option<usize> {
    match named {
        Some(_) if text.is_empty() => Some(marker::EMPTY),
        Some(list) => list.iter().any(|word| word == text).then_some(marker::NAMED),
        None => marker::marker(text),
    }
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(index, byte)| match index {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

fn is_email(text: &str) -> bool {
    let Some((local, host)) = text.split_once('@') else { return false };
    !local.is_empty()
        && !text.contains(char::is_whitespace)
        && !host.contains('@')
        && host.split_once('.').is_some_and(|(name, top)| !name.is_empty() && top.len() >= 2)
}
