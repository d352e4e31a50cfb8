//! OpenDocument spreadsheets (ODS): the content part as a stream of rows, repeated rows and cells unrolled within limits.
//!
//! In: a zip whose media type is that of ODS. Out: rows. A cell counts by its stored value (`office:value`), never by its formula; a whole
//! number that is shown with zeros in front is the code that is shown. Repeated blank rows and cells cost nothing until something follows
//! them, so a cell at the end of the sheet allocates nothing. Source: OpenDocument 1.3 part 3, section 9.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use fyr_model::Refusal;
use fyr_model::limits::TableLimits;
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};
use zip::ZipArchive;
use zip::read::ZipFile;

use super::archive;
use super::cell::{Cell, Row};
use super::csv::Records;
use super::gather::{Gather, too_many_columns};
use super::header::Merge;
use super::sheet::{self, Book, Hidden, Named};
use crate::refuse;

/// Rows of a sheet that are walked through; the largest sheet of any program is a sixteenth of it.
const ROWS_MAX: u64 = 1 << 24;
/// Merged ranges that are kept.
const MERGES_MAX: usize = 100_000;
/// The part that holds the sheets.
const CONTENT: &str = "content.xml";

type Zip = ZipArchive<BufReader<File>>;
type Xml<'b> = Reader<BufReader<ZipFile<'b, BufReader<File>>>>;

fn damaged(subject: &str) -> Refusal {
    refuse::unreadable("workbook-damaged", subject, "arbetsboken är skadad", "the workbook is damaged")
}

/// Reads a spreadsheet.
pub(crate) fn read(path: &Path, gather: &mut Gather<'_>) -> Result<(), Refusal> {
    let (subject, limits) = (gather.subject(), gather.limits());
    archive::weigh(path, limits, subject)?;
    let file = File::open(path).map_err(|error| refuse::io(subject, error))?;
    let zip = ZipArchive::new(BufReader::new(file)).map_err(|_| damaged(subject))?;
    gather.found.format = "ods";
    gather.found.media_type = "application/vnd.oasis.opendocument.spreadsheet";
    let mut book = Spreadsheet {
        zip,
        sheets: Vec::new(),
        limits,
        subject,
    };
    book.sheets = book.list()?;
    sheet::read(&mut book, gather)
}

struct Spreadsheet<'a> {
    zip: Zip,
    sheets: Vec<Named>,
    limits: &'a TableLimits,
    subject: &'a str,
}

impl Spreadsheet<'_> {
    fn xml(&mut self) -> Result<Xml<'_>, Refusal> {
        let index = self.zip.index_for_name(CONTENT).ok_or_else(|| damaged(self.subject))?;
        let member = self.zip.by_index(index).map_err(|_| damaged(self.subject))?;
        Ok(Reader::from_reader(BufReader::with_capacity(1 << 16, member)))
    }
    /// The sheets by their names; a style whose tables are not displayed makes them hidden.
    fn list(&mut self) -> Result<Vec<Named>, Refusal> {
        let subject = self.subject;
        let mut xml = self.xml()?;
        let (mut buffer, mut sheets) = (Vec::new(), Vec::new());
        let (mut style, mut unseen) = (String::new(), Vec::new());
        loop {
            buffer.clear();
            match xml.read_event_into(&mut buffer).map_err(|_| damaged(subject))? {
                Event::Start(tag) | Event::Empty(tag) => match tag.local_name().as_ref() {
                    "style" => style = attribute(&tag, "style:name").unwrap_or_default(),
                    "table-properties" if attribute(&tag, "table:display").as_deref() == Some("false") => unseen.push(style.clone()),
                    "table" if tag.name().as_ref() == "table:table" => sheets.push(Named {
                        name: attribute(&tag, "table:name").unwrap_or_default(),
                        hidden: attribute(&tag, "table:style-name").is_some_and(|style| unseen.contains(&style)),
                    }),
                    _ => {}
                },
                Event::Eof => return Ok(sheets),
                _ => {}
            }
            if sheets.len() > 10_000 || unseen.len() > 10_000 {
                return Err(damaged(subject));
            }
        }
    }
    fn sheet(&mut self, name: &str) -> Result<Sheet<'_>, Refusal> {
        let (limits, subject) = (self.limits, self.subject);
        let mut xml = self.xml()?;
        let mut buffer = Vec::new();
        loop {
            buffer.clear();
            match xml.read_event_into(&mut buffer).map_err(|_| damaged(subject))? {
                Event::Start(tag)
                    if tag.name().as_ref() == "table:table" && attribute(&tag, "table:name").as_deref().unwrap_or("") == name =>
                {
                    break;
                }
                Event::Eof => return Err(damaged(subject)),
                _ => {}
            }
        }
        Ok(Sheet {
            xml,
            buffer,
            row: Row::default(),
            blank: 0,
            again: 0,
            number: 0,
            cells: 0,
            ended: false,
            hidden: Hidden::default(),
            merges: Vec::new(),
            limits,
            subject,
        })
    }
    /// Goes through a sheet once and keeps what its rows say of themselves.
    fn survey(&mut self, name: &str) -> Result<(Hidden, Vec<Merge>), Refusal> {
        let mut sheet = self.sheet(name)?;
        let mut row = Row::default();
        while sheet.next(&mut row)? {}
        Ok((sheet.hidden, sheet.merges))
    }
}

impl Book for Spreadsheet<'_> {
    fn sheets(&self) -> Vec<Named> {
        self.sheets.clone()
    }
    fn rows<'b>(&'b mut self, name: &str) -> Result<Box<dyn Records + 'b>, Refusal> {
        Ok(Box::new(self.sheet(name)?))
    }
    fn facts(&mut self, name: &str) -> Result<(Hidden, Vec<Merge>), Refusal> {
        self.survey(name)
    }
}

/// The rows of one sheet.
struct Sheet<'b> {
    xml: Xml<'b>,
    buffer: Vec<u8>,
    row: Row,
    /// Blank rows that are owed before the row that is held.
    blank: u64,
    /// How often the row that is held is still to be given.
    again: u64,
    /// Rows given.
    number: u64,
    cells: u64,
    ended: bool,
    hidden: Hidden,
    merges: Vec<Merge>,
    limits: &'b TableLimits,
    subject: &'b str,
}

impl Records for Sheet<'_> {
    fn next(&mut self, row: &mut Row) -> Result<bool, Refusal> {
        row.clear();
        while self.again == 0 {
            if self.ended || !self.take_row()? {
                // Blank rows at the end are no rows.
                self.ended = true;
                return Ok(false);
            }
        }
        self.number += 1;
        if self.number > ROWS_MAX {
            return Err(self.too_many());
        }
        if self.blank > 0 {
            self.blank -= 1;
            return Ok(true);
        }
        self.again -= 1;
        self.cells += self.row.len() as u64;
        if self.cells > self.limits.cells_max {
            return Err(self.too_many());
        }
        row.clone_from(&self.row);
        Ok(true)
    }
}

impl Sheet<'_> {
    fn too_many(&self) -> Refusal {
        let limit = self.limits.cells_max;
        refuse::unreadable(
            "workbook-too-many-cells",
            self.subject,
            format!("bladet har fler än {limit} celler"),
            format!("the sheet has more than {limit} cells"),
        )
    }

    /// Reads on to the end of one row; false at the end of the sheet.
    fn take_row(&mut self) -> Result<bool, Refusal> {
        loop {
            self.buffer.clear();
            let event = self.xml.read_event_into(&mut self.buffer).map_err(|_| damaged(self.subject))?;
            match event {
                Event::Start(tag) | Event::Empty(tag) if tag.name().as_ref() == "table:table-column" => {
                    let count = repeated(&tag, "table:number-columns-repeated");
                    // A sheet often hides all columns to the right of its table; they hold nothing.
                    if is_hidden(&tag) && count < 1_000 {
                        self.hidden.columns += count;
                    }
                }
                Event::Start(tag) if tag.name().as_ref() == "table:table-row" => {
                    let (count, hidden) = (repeated(&tag, "table:number-rows-repeated"), is_hidden(&tag));
                    self.take_cells()?;
                    self.end_row(count, hidden);
                    return Ok(true);
                }
                Event::Empty(tag) if tag.name().as_ref() == "table:table-row" => {
                    let count = repeated(&tag, "table:number-rows-repeated");
                    self.blank = self.blank.saturating_add(count);
                    return Ok(true);
                }
                Event::End(tag) if tag.name().as_ref() == "table:table" => return Ok(false),
                Event::Eof => return Err(damaged(self.subject)),
                _ => {}
            }
        }
    }
    fn end_row(&mut self, count: u64, hidden: bool) {
        if self.row.is_blank() {
            self.blank = self.blank.saturating_add(count);
            return;
        }
        self.again = count;
        self.hidden.rows += if hidden { count } else { 0 };
    }

    /// The cells of the row that was opened.
    fn take_cells(&mut self) -> Result<(), Refusal> {
        self.row.clear();
        let mut owed = 0u64;
        loop {
            self.buffer.clear();
            let event = self.xml.read_event_into(&mut self.buffer).map_err(|_| damaged(self.subject))?;
            let (cell, open) = match event {
                Event::Start(tag) if is_cell(&tag) => (Found::of(&tag), true),
                Event::Empty(tag) if is_cell(&tag) => (Found::of(&tag), false),
                Event::End(tag) if tag.name().as_ref() == "table:table-row" => return Ok(()),
                Event::Eof => return Err(damaged(self.subject)),
                _ => continue,
            };
            let text = if open { self.take_text()? } else { String::new() };
            self.merge(&cell, owed);
            let (count, value) = (cell.count, cell.value(&text));
            if matches!(value, Value::Nothing) {
                owed = owed.saturating_add(count);
                continue;
            }
            let width = (self.row.len() as u64).saturating_add(owed).saturating_add(count);
            if width > self.limits.columns_max as u64 {
                return Err(too_many_columns(self.subject, self.limits.columns_max, None));
            }
            for _ in 0..std::mem::take(&mut owed) {
                self.row.push(Cell::Null);
            }
            for _ in 0..count {
                self.row.push(value.cell());
                self.within()?;
            }
        }
    }
    fn within(&self) -> Result<(), Refusal> {
        let limit = self.limits.record_bytes_max;
        if self.row.bytes() <= limit {
            return Ok(());
        }
        Err(refuse::unreadable(
            "workbook-row-too-long",
            self.subject,
            format!("en rad är längre än {limit} byte"),
            format!("a row is longer than {limit} bytes"),
        ))
    }
    fn merge(&mut self, cell: &Found, owed: u64) {
        if (cell.columns > 1 || cell.rows > 1) && self.merges.len() < MERGES_MAX {
            let at = |value: u64| usize::try_from(value).unwrap_or(usize::MAX / 4).min(usize::MAX / 4);
            let (top, left) = (at(self.number.saturating_add(self.blank)), at(self.row.len() as u64 + owed));
            self.merges.push(Merge {
                top,
                left,
                bottom: top + at(cell.rows) - 1,
                right: left + at(cell.columns) - 1,
            });
        }
    }

    /// The text of the cell that was opened, its paragraphs on lines of their own; notes to it are not read.
    fn take_text(&mut self) -> Result<String, Refusal> {
        let (mut text, mut skipped, mut paragraphs) = (String::new(), 0usize, 0usize);
        loop {
            self.buffer.clear();
            match self.xml.read_event_into(&mut self.buffer).map_err(|_| damaged(self.subject))? {
                Event::Start(tag) if skipped > 0 || matches!(tag.name().as_ref(), "office:annotation" | "table:table" | "draw:frame") => {
                    skipped += 1;
                }
                Event::End(_) if skipped > 0 => skipped -= 1,
                _ if skipped > 0 => {}
                Event::Start(tag) | Event::Empty(tag) => match tag.name().as_ref() {
                    "text:p" => {
                        if paragraphs > 0 {
                            text.push('\n');
                        }
                        paragraphs += 1;
                    }
                    "text:s" => {
                        let count = repeated(&tag, "text:c").min(1_000);
                        text.extend(std::iter::repeat_n(' ', usize::try_from(count).unwrap_or(1)));
                    }
                    "text:tab" => text.push('\t'),
                    "text:line-break" => text.push('\n'),
                    _ => {}
                },
                Event::Text(piece) if paragraphs > 0 => text.push_str(&piece),
                Event::GeneralRef(reference) if paragraphs > 0 => {
                    let found = match reference.resolve_char_ref().map_err(|_| damaged(self.subject))? {
                        Some(character) => Some(character),
                        None => named(&reference),
                    };
                    text.push(found.ok_or_else(|| damaged(self.subject))?);
                }
                Event::End(tag) if matches!(tag.name().as_ref(), "table:table-cell" | "table:covered-table-cell") => return Ok(text),
                Event::Eof => return Err(damaged(self.subject)),
                _ => {}
            }
            if text.len() > self.limits.field_bytes_max {
                let limit = self.limits.field_bytes_max;
                return Err(refuse::unreadable(
                    "workbook-cell-too-long",
                    self.subject,
                    format!("en cell är längre än {limit} byte"),
                    format!("a cell is longer than {limit} bytes"),
                ));
            }
        }
    }
}

/// The five entities of XML; a document type that could name others is refused before.
fn named(reference: &str) -> Option<char> {
    Some(match reference {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        _ => return None,
    })
}

fn is_cell(tag: &BytesStart<'_>) -> bool {
    matches!(tag.name().as_ref(), "table:table-cell" | "table:covered-table-cell")
}

fn is_hidden(tag: &BytesStart<'_>) -> bool {
    matches!(attribute(tag, "table:visibility").as_deref(), Some("collapse" | "filter"))
}

/// How often something is repeated; at least once.
fn repeated(tag: &BytesStart<'_>, name: &str) -> u64 {
    attribute(tag, name).and_then(|text| text.parse().ok()).unwrap_or(1).max(1)
}

fn attribute(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    let found = tag
        .attributes()
        .with_checks(false)
        .filter_map(Result::ok)
        .find(|attribute| attribute.key.as_ref() == name)?;
    found
        .normalized_value(XmlVersion::Implicit1_0)
        .ok()
        .map(std::borrow::Cow::into_owned)
}

/// A cell as its tag describes it.
#[derive(Debug, Default)]
struct Found {
    count: u64,
    columns: u64,
    rows: u64,
    kind: String,
    stored: Option<String>,
    is_error: bool,
}

/// What a cell holds.
#[derive(Debug, PartialEq, Eq)]
enum Value {
    Nothing,
    Text(String),
    Number(String),
    Moment(String),
    Boolean(bool),
    Error,
}

impl Value {
    fn cell(&self) -> Cell<'_> {
        match self {
            Self::Nothing => Cell::Null,
            Self::Text(text) => Cell::Text { text, quoted: false },
            Self::Number(text) => Cell::Number(text),
            Self::Moment(text) => Cell::Moment(text),
            Self::Boolean(value) => Cell::Boolean(*value),
            Self::Error => Cell::Error,
        }
    }
}

impl Found {
    fn of(tag: &BytesStart<'_>) -> Self {
        let mut found = Self {
            count: 1,
            columns: 1,
            rows: 1,
            ..Self::default()
        };
        for attribute in tag.attributes().with_checks(false).filter_map(Result::ok) {
            let Ok(value) = attribute.normalized_value(XmlVersion::Implicit1_0) else {
                continue;
            };
            let number = || value.parse::<u64>().unwrap_or(1).max(1);
            match attribute.key.as_ref() {
                "table:number-columns-repeated" => found.count = number(),
                "table:number-columns-spanned" => found.columns = number(),
                "table:number-rows-spanned" => found.rows = number(),
                "office:value-type" => found.kind = value.into_owned(),
                "calcext:value-type" => found.is_error = value == "error",
                "office:value" | "office:date-value" | "office:time-value" | "office:boolean-value" | "office:string-value" => {
                    found.stored = Some(value.into_owned());
                }
                _ => {}
            }
        }
        found
    }
    fn value(&self, text: &str) -> Value {
        let stored = self.stored.as_deref().map(str::trim);
        if self.is_error || (!text.is_empty() && is_error(text)) {
            return Value::Error;
        }
        match (self.kind.as_str(), stored) {
            ("float" | "percentage" | "currency", Some(stored)) => number(stored, text),
            ("boolean", Some(stored)) => Value::Boolean(stored == "true"),
            ("date", Some(stored)) => Value::Moment(stored.strip_suffix("T00:00:00").unwrap_or(stored).to_owned()),
            ("time", Some(stored)) => time(stored).map_or_else(|| Value::Text(text.to_owned()), Value::Moment),
            (_, Some(stored)) if text.is_empty() && !stored.is_empty() => Value::Text(stored.to_owned()),
            _ if text.is_empty() => Value::Nothing,
            _ => Value::Text(text.to_owned()),
        }
    }
}

fn is_error(text: &str) -> bool {
    text.starts_with('#')
        && matches!(
            text,
            "#N/A" | "#DIV/0!" | "#REF!" | "#NAME?" | "#VALUE!" | "#NUM!" | "#NULL!" | "#SAKNAS!" | "#VÄRDEFEL!"
        )
        || text.starts_with("Err:")
}

/// A number by its stored digits; whole and shown with zeros in front it is a code.
fn number(stored: &str, shown: &str) -> Value {
    let shown = shown.trim();
    let is_code = shown.len() > 1 && shown.starts_with('0') && shown.bytes().all(|b| b.is_ascii_digit() || b == b' ' || b == b'-');
    let digits: String = shown.chars().filter(char::is_ascii_digit).collect();
    if is_code && digits.trim_start_matches('0') == stored.trim_start_matches('0') && stored.bytes().all(|b| b.is_ascii_digit()) {
        return Value::Text(shown.to_owned());
    }
    match stored.parse::<f64>() {
        Ok(value) if value.is_finite() => Value::Number(stored.to_owned()),
        _ => Value::Error,
    }
}

/// `PT12H30M05S` as `12:30:05`; a duration of a day or more is no time.
fn time(stored: &str) -> Option<String> {
    let (hours, rest) = stored.strip_prefix("PT")?.split_once('H')?;
    let (minutes, rest) = rest.split_once('M')?;
    let seconds = rest.strip_suffix('S')?;
    let whole = seconds.split(['.', ',']).next()?;
    let number = |text: &str| text.parse::<u32>().ok();
    let (hours, minutes, seconds) = (number(hours)?, number(minutes)?, number(whole)?);
    (hours < 24 && minutes < 60 && seconds < 60).then(|| format!("{hours:02}:{minutes:02}:{seconds:02}"))
}
