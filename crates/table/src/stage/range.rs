//! From the rows of a sheet to the rows of its table: preamble, blank rows and footnotes stay out, short and long rows are counted.
//!
//! Holds back only what may be a footnote at the end; memory does not grow with the file.

use std::collections::VecDeque;

use fyr_model::Refusal;

use super::cell::Row;
use super::csv::Records;
use super::gather::Gather;
use super::layout::{Layout, holds};

/// Rows that may turn out to be footnotes.
pub(crate) const HELD_MAX: usize = 1_000;

/// Words that open a note under a table, in lower case.
const NOTES: [&str; 14] = [
    "källa",
    "kalla",
    "anm",
    "not ",
    "not:",
    "noter",
    "kommentar",
    "source",
    "note",
    "fotnot",
    "uppdaterad",
    "senast uppdaterad",
    "förklaring",
    "©",
];

/// Passes the table's rows to the gatherer; `count_short` says whether a row may lack cells by mistake.
pub(crate) fn take(records: &mut dyn Records, layout: &Layout, count_short: bool, gather: &mut Gather<'_>) -> Result<(), Refusal> {
    if gather.names.is_empty() {
        for header in &layout.headers {
            gather.column(header)?;
        }
    }
    note_preamble(layout, gather);
    let mut range = Range {
        layout,
        count_short,
        held: VecDeque::new(),
        tail: VecDeque::new(),
        skip_after: gather.reading().skip_after.unwrap_or(0),
        blank_before: false,
        out: Row::default(),
    };
    let mut row = Row::default();
    let mut index = 0usize;
    while records.next(&mut row)? {
        if index >= layout.data_row {
            range.row(&row, gather)?;
        }
        index += 1;
    }
    range.end(gather)
}

/// Counts the rows with something in them before the header.
pub(crate) fn note_preamble(layout: &Layout, gather: &mut Gather<'_>) {
    if layout.preamble > 0 {
        gather.repairs.add_many("preamble-row", None, layout.preamble, None);
    }
}

struct Held {
    row: Row,
    after_blank: bool,
}

struct Range<'a> {
    layout: &'a Layout,
    count_short: bool,
    held: VecDeque<Held>,
    tail: VecDeque<Row>,
    skip_after: usize,
    blank_before: bool,
    out: Row,
}

impl Range<'_> {
    fn row(&mut self, row: &Row, gather: &mut Gather<'_>) -> Result<(), Refusal> {
        if row.is_blank() {
            gather.repairs.add("blank-row", None, gather.rows + self.held.len() as u64);
            self.blank_before = true;
            return Ok(());
        }
        let after_blank = std::mem::take(&mut self.blank_before);
        if may_be_note(row, self.layout, after_blank) && self.held.len() < HELD_MAX {
            self.held.push_back(Held {
                row: row.clone(),
                after_blank,
            });
            return Ok(());
        }
        while let Some(held) = self.held.pop_front() {
            self.accept(&held.row, gather)?;
        }
        self.accept(row, gather)
    }

    fn accept(&mut self, row: &Row, gather: &mut Gather<'_>) -> Result<(), Refusal> {
        if self.skip_after == 0 {
            return self.send(row, gather);
        }
        self.tail.push_back(row.clone());
        if self.tail.len() <= self.skip_after {
            return Ok(());
        }
        self.tail.pop_front().map_or(Ok(()), |row| self.send(&row, gather))
    }

    fn send(&mut self, row: &Row, gather: &mut Gather<'_>) -> Result<(), Refusal> {
        let (left, width) = (self.layout.left, self.layout.width);
        self.out.clear();
        for index in left..(left + width).min(row.len()) {
            let (tag, bytes) = row.raw(index).unwrap_or((0, &[]));
            self.out.push_raw(tag, bytes);
        }
        if row.len() < left + width && self.count_short {
            gather.repairs.add("short-row", None, gather.rows);
        }
        if row.len() > left + width {
            let full = (left + width..row.len()).any(|index| holds(row.get(index)));
            if full {
                gather.repairs.add("long-row", None, gather.rows);
            } else if self.count_short {
                gather.repairs.add("trailing-delimiter", None, gather.rows);
            }
        }
        gather.push(&self.out)
    }

    /// At the end it shows what the held rows were: notes stay out, short rows of data go in.
    fn end(mut self, gather: &mut Gather<'_>) -> Result<(), Refusal> {
        let mut notes = false;
        for held in std::mem::take(&mut self.held) {
            notes = notes || held.after_blank || is_note(&held.row, self.layout);
            if notes {
                gather.repairs.add("footer-row", None, gather.rows + self.tail.len() as u64);
            } else {
                self.accept(&held.row, gather)?;
            }
        }
        if !self.tail.is_empty() {
            gather
                .repairs
                .add_many("skipped-row", None, self.tail.len() as u64, Some(gather.rows));
        }
        Ok(())
    }
}

/// One filled cell, the first, where the table has several columns. In a table of one column only a word of [`NOTES`] after a blank row.
pub(crate) fn may_be_note(row: &Row, layout: &Layout, after_blank: bool) -> bool {
    let first = row.text(layout.left).trim();
    if layout.width == 1 {
        return after_blank && opens_note(first);
    }
    let others = (0..row.len())
        .filter(|index| *index != layout.left)
        .any(|index| holds(row.get(index)));
    !first.is_empty() && !others
}

/// Whether a row that may be a note says so itself.
pub(crate) fn is_note(row: &Row, layout: &Layout) -> bool {
    opens_note(row.text(layout.left).trim())
}

fn opens_note(text: &str) -> bool {
    let lower = text.to_lowercase();
    NOTES.iter().any(|word| lower.starts_with(word))
        || lower.starts_with('*')
        || lower
            .split_once(')')
            .is_some_and(|(number, _)| number.len() <= 2 && !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
}

/// Reads the first rows of a sheet, at most so many and so many bytes.
pub(crate) fn sample(records: &mut dyn Records, rows_max: usize) -> Result<Vec<Row>, Refusal> {
    let mut rows = Vec::new();
    let mut row = Row::default();
    let mut bytes = 0;
    while rows.len() < rows_max && bytes < 4 << 20 && records.next(&mut row)? {
        bytes += row.bytes() + row.len();
        rows.push(row.clone());
    }
    Ok(rows)
}
