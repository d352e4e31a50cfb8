//! Workbooks (XLSX): cells as a stream, the sheet and the table on it found, real dates kept as dates.
//!
//! In: a zip with the workbook part. Out: rows. Every part is inflated once beforehand and weighed (H27); declared dimensions are never
//! believed, no link is followed, formulas count by their stored value, error cells are missing with that reason. A number whose format
//! shows it as a code (`0000`) is the code that is shown.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use calamine::{DataRef, ExcelDateTime, Reader, SheetVisible, Xlsx, XlsxCellReader};
use fyr_model::Refusal;
use fyr_model::limits::TableLimits;

use super::cell::{Cell, Row};
use super::csv::Records;
use super::gather::{Gather, too_many_columns};
use super::header::Merge;
use super::sheet::{self, Book, Hidden, Named};
use super::{archive, workbook_parts};
use crate::refuse;

/// Rows of a sheet by the format; a row number beyond it is forged, and so many blank rows would be walked through.
const ROWS_MAX: u32 = 1 << 20;

fn damaged(subject: &str) -> Refusal {
    refuse::unreadable("workbook-damaged", subject, "arbetsboken är skadad", "the workbook is damaged")
}

/// Reads a workbook.
pub(crate) fn read(path: &Path, gather: &mut Gather<'_>) -> Result<(), Refusal> {
    let (subject, limits) = (gather.subject(), gather.limits());
    archive::weigh(path, limits, subject)?;
    workbook_parts::check(path).map_err(|_| damaged(subject))?;
    let file = File::open(path).map_err(|error| refuse::io(subject, error))?;
    let book = Xlsx::new(BufReader::new(file)).map_err(|_| damaged(subject))?;
    gather.found.format = "xlsx";
    gather.found.media_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    let mut book = Workbook {
        book,
        path,
        limits,
        subject,
    };
    sheet::read(&mut book, gather)
}

/// An open workbook.
struct Workbook<'a> {
    book: Xlsx<BufReader<File>>,
    path: &'a Path,
    limits: &'a TableLimits,
    subject: &'a str,
}

impl Book for Workbook<'_> {
    fn sheets(&self) -> Vec<Named> {
        let named = |sheet: &calamine::Sheet| Named {
            name: sheet.name.clone(),
            hidden: sheet.visible != SheetVisible::Visible,
        };
        self.book.sheets_metadata().iter().map(named).collect()
    }
    fn rows<'b>(&'b mut self, name: &str) -> Result<Box<dyn Records + 'b>, Refusal> {
        Ok(Box::new(Sheet::open(&mut self.book, name, self.limits, self.subject)?))
    }
    fn facts(&mut self, name: &str) -> Result<(Hidden, Vec<Merge>), Refusal> {
        workbook_parts::facts(self.path, name).map_err(|_| damaged(self.subject))
    }
}

/// The rows of one sheet; gaps between rows come out as blank rows.
struct Sheet<'b> {
    cells: XlsxCellReader<'b, BufReader<File>>,
    /// For each style the mask of codes that it shows.
    masks: Vec<Option<Mask>>,
    held: Option<(u32, u32, Held)>,
    row: u32,
    count: u64,
    ended: bool,
    limits: &'b TableLimits,
    subject: &'b str,
}

enum Held {
    Text(String),
    Number(String),
    Moment(String),
    Boolean(bool),
    Error,
    Nothing,
}

impl<'b> Sheet<'b> {
    fn open(book: &'b mut Xlsx<BufReader<File>>, name: &str, limits: &'b TableLimits, subject: &'b str) -> Result<Self, Refusal> {
        let cells = book.worksheet_cells_reader(name).map_err(|_| damaged(subject))?;
        let format = |style: &calamine::Style| style.number_format.as_ref().and_then(|format| Mask::of(&format.format_code));
        Ok(Self {
            masks: cells.styles().iter().map(format).collect(),
            cells,
            held: None,
            row: 0,
            count: 0,
            ended: false,
            limits,
            subject,
        })
    }
    fn cell(&mut self) -> Result<Option<(u32, u32, Held)>, Refusal> {
        if let Some(held) = self.held.take() {
            return Ok(Some(held));
        }
        if self.ended {
            return Ok(None);
        }
        let Some((cell, style)) = self.cells.next_cell_with_style_id().map_err(|_| damaged(self.subject))? else {
            self.ended = true;
            return Ok(None);
        };
        self.count += 1;
        if self.count > self.limits.cells_max {
            let limit = self.limits.cells_max;
            return Err(refuse::unreadable(
                "workbook-too-many-cells",
                self.subject,
                format!("bladet har fler än {limit} celler"),
                format!("the sheet has more than {limit} cells"),
            ));
        }
        let (row, column) = cell.get_position();
        if row >= ROWS_MAX {
            return Err(damaged(self.subject));
        }
        let mask = self.masks.get(style).and_then(Option::as_ref);
        let held = match (held(cell.get_value()), mask) {
            (Held::Number(number), Some(mask)) => mask.show(&number).map_or(Held::Number(number), Held::Text),
            (held, _) => held,
        };
        Ok(Some((row, column, held)))
    }
}

impl Records for Sheet<'_> {
    fn next(&mut self, row: &mut Row) -> Result<bool, Refusal> {
        row.clear();
        let mut any = false;
        while let Some((at, column, value)) = self.cell()? {
            if at != self.row {
                // Rows only go forward: a forged row number before this one would be read twice.
                if at < self.row {
                    return Err(damaged(self.subject));
                }
                self.held = Some((at, column, value));
                self.row += 1;
                return Ok(true);
            }
            any = true;
            let column = column as usize;
            if column >= self.limits.columns_max {
                return Err(too_many_columns(self.subject, self.limits.columns_max, None));
            }
            if column < row.len() {
                return Err(damaged(self.subject));
            }
            while row.len() < column {
                row.push(Cell::Null);
            }
            row.push(match &value {
                Held::Text(text) => Cell::Text { text, quoted: false },
                Held::Number(text) => Cell::Number(text),
                Held::Moment(text) => Cell::Moment(text),
                Held::Boolean(value) => Cell::Boolean(*value),
                Held::Error => Cell::Error,
                Held::Nothing => Cell::Null,
            });
            if row.bytes() > self.limits.record_bytes_max {
                let limit = self.limits.record_bytes_max;
                return Err(refuse::unreadable(
                    "workbook-row-too-long",
                    self.subject,
                    format!("en rad är längre än {limit} byte"),
                    format!("a row is longer than {limit} bytes"),
                ));
            }
        }
        self.row += 1;
        Ok(any)
    }
}

fn held(value: &DataRef<'_>) -> Held {
    match value {
        DataRef::Int(value) => Held::Number(value.to_string()),
        DataRef::Float(value) => number(*value),
        DataRef::String(text) => Held::Text(text.clone()),
        DataRef::SharedString(text) => Held::Text((*text).to_owned()),
        DataRef::Bool(value) => Held::Boolean(*value),
        DataRef::DateTime(value) => moment(value),
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => Held::Moment(text.clone()),
        DataRef::Error(_) => Held::Error,
        DataRef::Empty => Held::Nothing,
    }
}

/// A workbook keeps every number as a float64; whole ones within 2^53 are written without decimals.
fn number(value: f64) -> Held {
    if !value.is_finite() {
        return Held::Error;
    }
    if value.fract() == 0.0 && value.abs() < 9_007_199_254_740_992.0 {
        return Held::Number(format!("{value:.0}"));
    }
    // Fifteen digits are what a spreadsheet shows; the rest is float noise (0.1 + 0.2).
    let shown: f64 = format!("{value:.14e}").parse().unwrap_or(value);
    Held::Number(format!("{shown}"))
}

/// A serial day as ISO 8601: a date at midnight, a time before the first day, else a moment.
fn moment(value: &ExcelDateTime) -> Held {
    if value.is_duration() {
        return number(value.as_f64());
    }
    let Some(at) = value.as_datetime() else {
        return number(value.as_f64());
    };
    if (0.0..1.0).contains(&value.as_f64()) {
        return Held::Moment(at.format("%H:%M:%S").to_string());
    }
    if value.as_f64().fract() == 0.0 {
        return Held::Moment(at.format("%Y-%m-%d").to_string());
    }
    Held::Moment(at.format("%Y-%m-%dT%H:%M:%S%.f").to_string())
}

/// A number format that shows codes: zeros for digits, with literal signs between them.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Mask(Vec<char>);

impl Mask {
    /// The mask of a format code such as `0000`, `000\ 00` or `00"-"00`; nothing for any other format.
    fn of(code: &str) -> Option<Self> {
        let section = code.split(';').next().unwrap_or_default();
        let mut mask = Vec::new();
        let mut signs = section.chars();
        while let Some(sign) = signs.next() {
            match sign {
                '0' | ' ' | '-' | '/' => mask.push(sign),
                '\\' => mask.push(signs.next().filter(|sign| *sign != '0')?),
                '"' => {
                    let literal: String = signs.by_ref().take_while(|sign| *sign != '"').collect();
                    if literal.contains('0') {
                        return None;
                    }
                    mask.extend(literal.chars());
                }
                _ => return None,
            }
        }
        let zeros = mask.iter().filter(|sign| **sign == '0').count();
        (zeros >= 2 && mask.len() <= 64).then_some(Self(mask))
    }
    /// A whole number as the mask shows it; more digits than zeros stand in front.
    fn show(&self, number: &str) -> Option<String> {
        if !number.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let zeros = self.0.iter().filter(|sign| **sign == '0').count();
        let digits = format!("{number:0>zeros$}");
        let (front, rest) = digits.split_at(digits.len() - zeros);
        let mut rest = rest.chars();
        let mut shown = String::new();
        let mut front = Some(front);
        for sign in &self.0 {
            if *sign == '0' {
                shown.push_str(front.take().unwrap_or_default());
                shown.extend(rest.next());
            } else {
                shown.push(*sign);
            }
        }
        Some(shown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_of_zeros_show_codes() {
        let show = |format: &str, number: &str| Mask::of(format).and_then(|mask| mask.show(number));
        for (format, number, shown) in [
            ("0000", "180", Some("0180")),
            ("00", "123", Some("123")),
            ("000\\ 00", "11455", Some("114 55")),
            ("00\"-\"00", "712", Some("07-12")),
            ("0000", "-5", None),
            ("0000", "1.5", None),
            ("0", "5", None),
            ("0.00", "5", None),
            ("#,##0", "5", None),
            ("General", "5", None),
            ("yyyy\\-mm", "5", None),
        ] {
            assert_eq!(show(format, number).as_deref(), shown, "{format}");
        }
    }
}
