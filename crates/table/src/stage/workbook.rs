//! Workbooks (XLSX): cells as a stream, the sheet and the table on it found, real dates kept as dates.
//!
//! In: a zip with the workbook part. Out: rows. Every part is inflated once beforehand and weighed (H27); declared dimensions are never
//! believed, no link is followed, formulas count by their stored value, error cells are missing with that reason.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use calamine::{DataRef, ExcelDateTime, Reader, SheetVisible, Xlsx, XlsxCellReader};
use fyr_model::finding::{Finding, Severity};
use fyr_model::{Refusal, Text};

use super::archive;
use super::cell::{Cell, Row};
use super::csv::Records;
use super::gather::{Gather, too_many_columns};
use super::layout::{self, Layout};
use super::range;
use crate::refuse;

type Book = Xlsx<BufReader<File>>;

fn damaged(subject: &str) -> Refusal {
    refuse::unreadable("workbook-damaged", subject, "arbetsboken är skadad", "the workbook is damaged")
}

/// Reads a workbook.
pub(crate) fn read(path: &Path, gather: &mut Gather<'_>) -> Result<(), Refusal> {
    let (subject, reading, limits) = (gather.subject(), gather.reading(), gather.limits());
    archive::weigh(path, limits, subject)?;
    let file = File::open(path).map_err(|error| refuse::io(subject, error))?;
    let mut book: Book = Xlsx::new(BufReader::new(file)).map_err(|_| damaged(subject))?;
    let sheets: Vec<(String, bool)> = book
        .sheets_metadata()
        .iter()
        .map(|sheet| (sheet.name.clone(), sheet.visible != SheetVisible::Visible))
        .collect();
    let (name, hidden) = choose(&mut book, &sheets, gather)?;
    if hidden {
        gather.found.findings.push(Finding::new(
            "hidden-sheet",
            Severity::Warning,
            subject,
            Text::new("tabellen ligger på ett dolt blad", "the table lies on a hidden sheet"),
        ));
    }
    gather.found.format = "xlsx";
    gather.found.media_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    gather.found.table = Some(name.clone());
    let mut sheet = Sheet::open(&mut book, &name, limits, subject)?;
    let rows = range::sample(&mut sheet, limits.sniff_rows_max)?;
    drop(sheet);
    let Some(layout) = layout::find(&rows, reading) else {
        return Err(refuse::unreadable(
            "empty-table",
            subject,
            "bladet har inga rader",
            "the sheet has no rows",
        ));
    };
    range::take(&mut Sheet::open(&mut book, &name, limits, subject)?, &layout, false, gather)
}

/// The sheet that the owner names, else the one that is most of a table: visible before hidden.
fn choose(book: &mut Book, sheets: &[(String, bool)], gather: &mut Gather<'_>) -> Result<(String, bool), Refusal> {
    let (subject, reading, limits) = (gather.subject(), gather.reading(), gather.limits());
    if let Some(asked) = &reading.table {
        let trimmed = |name: &str| name.trim().to_lowercase();
        return sheets
            .iter()
            .find(|(name, _)| trimmed(name) == trimmed(asked))
            .cloned()
            .ok_or_else(|| {
                refuse::configuration(
                    "workbook-no-sheet",
                    subject,
                    format!("bladet {asked} finns inte"),
                    format!("there is no sheet {asked}"),
                )
            });
    }
    if let [only] = sheets {
        return Ok(only.clone());
    }
    let mut best: Option<(u64, &(String, bool))> = None;
    let mut tables = 0;
    for sheet in sheets {
        let Ok(mut cells) = Sheet::open(book, &sheet.0, limits, subject) else {
            continue;
        };
        let rows = range::sample(&mut cells, 300)?;
        let Some(score) = layout::find(&rows, reading).map(|layout| weight(&rows, &layout)) else {
            continue;
        };
        tables += u64::from(score > 0);
        let score = if sheet.1 { score / 4 } else { score };
        if best.is_none_or(|(found, _)| score > found) {
            best = Some((score, sheet));
        }
    }
    let Some((_, sheet)) = best else {
        return Err(refuse::unreadable(
            "empty-table",
            subject,
            "arbetsboken har inga rader",
            "the workbook has no rows",
        ));
    };
    if tables > 1 {
        gather.found.findings.push(
            Finding::new(
                "several-sheets",
                Severity::Info,
                subject,
                Text::new(
                    "flera blad har tabeller; det största lästes",
                    "several sheets have tables; the largest was read",
                ),
            )
            .evidence(format!("{tables} of {} sheets", sheets.len()))
            .fix(Text::new(
                "skriv bladets namn som table under [reading]",
                "write the sheet's name as table under [reading]",
            )),
        );
    }
    Ok(sheet.clone())
}

/// Filled cells under a full header; a form with a cell here and there weighs little.
fn weight(rows: &[Row], layout: &Layout) -> u64 {
    let named = layout.headers.iter().filter(|header| !header.is_empty()).count() as u64;
    if layout.header_row.is_none() || named * 10 < layout.width as u64 * 7 || layout.width < 2 {
        return 0;
    }
    let data: Vec<&Row> = rows.iter().skip(layout.data_row).filter(|row| !row.is_blank()).collect();
    let filled: u64 = data
        .iter()
        .map(|row| (0..row.len()).filter(|index| layout::holds(row.get(*index))).count() as u64)
        .sum();
    let room = (data.len() * layout.width) as u64;
    if filled * 4 < room { filled / 10 } else { filled }
}

/// The rows of one sheet; gaps between rows come out as blank rows.
struct Sheet<'b> {
    cells: XlsxCellReader<'b, BufReader<File>>,
    held: Option<(u32, u32, Held)>,
    row: u32,
    count: u64,
    ended: bool,
    limits: &'b fyr_model::limits::TableLimits,
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
    fn open(book: &'b mut Book, name: &str, limits: &'b fyr_model::limits::TableLimits, subject: &'b str) -> Result<Self, Refusal> {
        Ok(Self {
            cells: book.worksheet_cells_reader(name).map_err(|_| damaged(subject))?,
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
        let Some(cell) = self.cells.next_cell().map_err(|_| damaged(self.subject))? else {
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
        Ok(Some((row, column, held(cell.get_value()))))
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
