//! Runs of cells in the plainest form of their column's type, several to a microsecond.
//!
//! In: the cells of a column in a block, and a guess of its type. Out: the values of as many cells as stand in that form, and the first that
//! does not; to the counter they tell exactly what the cell-by-cell way would have told. What a cell is they leave to `plain`.

use super::count::Counter;
use super::number::Decimal;
use super::plain;
use super::split::Span;

/// The cells of one column of a block.
pub(crate) struct Cells<'a> {
    text: &'a str,
    spans: std::iter::StepBy<std::slice::Iter<'a, Span>>,
    row: u64,
}

/// Where a cell lies.
#[derive(Clone, Copy)]
pub(crate) struct Raw<'a> {
    text: &'a str,
    start: usize,
    length: usize,
    quoted: bool,
}

impl<'a> Cells<'a> {
    /// The first of `spans` and every one that lies `width` behind.
    pub(crate) fn new(text: &'a str, spans: &'a [Span], width: usize) -> Self {
        Self {
            text,
            spans: spans.iter().step_by(width.max(1)),
            row: 0,
        }
    }
    /// The row of the cell that was given last, counted from the block's first.
    pub(crate) fn row(&self) -> u64 {
        self.row.saturating_sub(1)
    }
}

impl<'a> Iterator for Cells<'a> {
    /// Nothing where the row was short.
    type Item = Option<Raw<'a>>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let span = self.spans.next()?;
        self.row += 1;
        Some(span.place().map(|(start, length, quoted)| Raw {
            text: self.text,
            start,
            length,
            quoted,
        }))
    }
}

impl<'a> Raw<'a> {
    #[inline]
    fn bytes(&self) -> &'a [u8] {
        self.text.as_bytes().get(self.start..self.start + self.length).unwrap_or_default()
    }
    /// Its text, and whether it was quoted.
    #[inline]
    pub(crate) fn text(&self) -> Option<(&'a str, bool)> {
        Some((self.text.get(self.start..self.start + self.length)?, self.quoted))
    }
    /// Its first eight bytes and what follows it, where it has at most eight.
    #[inline]
    fn word(&self) -> Option<u64> {
        let bytes = self.text.as_bytes().get(self.start..)?;
        bytes
            .first_chunk()
            .filter(|_| self.length <= 8)
            .map(|word| u64::from_le_bytes(*word))
    }
    /// A whole number without a hyphen.
    #[inline]
    fn digits(&self) -> Option<u64> {
        match self.word() {
            Some(word) => plain::short_digits(word, self.length),
            None => plain::digits(self.bytes()),
        }
    }
}

/// What stopped a run: a cell in another form, or nothing when no cells are left.
pub(crate) type Odd<'a> = Option<Option<Raw<'a>>>;

const HYPHEN: u64 = b'-' as u64;

/// Whole numbers.
pub(crate) fn integers<'a>(cells: &mut Cells<'a>, mut counter: Option<&mut Counter<'_>>, values: &mut Vec<i64>) -> Odd<'a> {
    for cell in cells {
        let Some(raw) = cell else { return Some(None) };
        if let Some(value) = raw.digits() {
            if let Some(counter) = &mut counter {
                counter.digits(raw.bytes(), value);
            }
            values.push(value.cast_signed());
            continue;
        }
        let Some(value) = plain::integer(raw.bytes()) else {
            return Some(cell);
        };
        if let Some(counter) = &mut counter {
            counter.negative(raw.bytes());
        }
        values.push(value);
    }
    None
}

/// Digits that a float64 holds exactly.
const EXACT: usize = 15;

/// Decimals with one sign, and whole numbers among them. `repaired` is told the row of each decimal whose sign is not a point.
pub(crate) fn numbers<'a>(
    cells: &mut Cells<'a>,
    sign: Decimal,
    mut counter: Option<&mut Counter<'_>>,
    values: &mut Vec<f64>,
    mut repaired: impl FnMut(u64),
) -> Odd<'a> {
    while let Some(cell) = cells.next() {
        let Some(raw) = cell else { return Some(None) };
        let parts = match raw.word() {
            Some(word) if word & 0xff == HYPHEN => plain::short_decimal(word >> 8, raw.length.wrapping_sub(1)).map(plain::Parts::negated),
            Some(word) => plain::short_decimal(word, raw.length),
            None => plain::decimal(raw.bytes()),
        };
        let value = match parts {
            Some(parts) if parts.mark == sign => {
                let Some(value) = parts.value() else { return Some(cell) };
                if let Some(counter) = &mut counter {
                    counter.decimal(raw.bytes(), parts);
                }
                if sign == Decimal::Comma {
                    repaired(cells.row());
                }
                value
            }
            Some(_) => return Some(cell),
            None if raw.length > EXACT => return Some(cell),
            None => match (raw.digits(), &mut counter) {
                (Some(value), Some(counter)) => {
                    counter.digits(raw.bytes(), value);
                    value as f64
                }
                (Some(value), None) => value as f64,
                (None, counter) => {
                    let Some(value) = plain::integer(raw.bytes()) else {
                        return Some(cell);
                    };
                    if let Some(counter) = counter {
                        counter.negative(raw.bytes());
                    }
                    value as f64
                }
            },
        };
        values.push(value);
    }
    None
}

/// Days, `2024-01-31`.
pub(crate) fn days<'a>(cells: &mut Cells<'a>, mut counter: Option<&mut Counter<'_>>, values: &mut Vec<i32>) -> Odd<'a> {
    for cell in cells {
        let Some(day) = cell.and_then(|raw| plain::day(raw.bytes()).map(|day| (raw, day))) else {
            return Some(cell);
        };
        if let Some(counter) = &mut counter {
            counter.day(day.0.bytes());
        }
        values.push(day.1);
    }
    None
}

/// Days, `20240131`.
pub(crate) fn compact_days<'a>(cells: &mut Cells<'a>, mut counter: Option<&mut Counter<'_>>, values: &mut Vec<i32>) -> Odd<'a> {
    for cell in cells {
        let Some(raw) = cell.filter(|raw| raw.length == 8) else {
            return Some(cell);
        };
        let Some((digits, day)) = raw.digits().and_then(|digits| Some((digits, plain::day_of(digits)?))) else {
            return Some(cell);
        };
        if let Some(counter) = &mut counter {
            counter.digits(raw.bytes(), digits);
        }
        values.push(day);
    }
    None
}

/// Moments without a zone, `2024-01-31 12:30:00`.
pub(crate) fn moments<'a>(cells: &mut Cells<'a>, mut counter: Option<&mut Counter<'_>>, values: &mut Vec<i64>) -> Odd<'a> {
    for cell in cells {
        let Some(moment) = cell.and_then(|raw| plain::moment(raw.bytes()).map(|moment| (raw, moment))) else {
            return Some(cell);
        };
        if let Some(counter) = &mut counter {
            counter.moment(moment.0.bytes());
        }
        values.push(moment.1);
    }
    None
}
