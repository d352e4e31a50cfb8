//! From the rows of a sheet to the rows of its table: preamble, blank rows and footnotes stay out, short and long rows are counted.
//!
//! Holds back only what may be a footnote at the end; memory does not grow with the file.

use std::collections::VecDeque;

use fyr_model::finding::{Finding, Severity};
use fyr_model::{Refusal, Text};

use super::cell::Row;
use super::csv::Records;
use super::gather::{Gather, PLACES};
use super::layout::{self, Layout, holds};

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
        columns(layout, gather)?;
    }
    note_preamble(layout, gather);
    let mut range = Range {
        layout,
        count_short,
        held: VecDeque::new(),
        tail: VecDeque::new(),
        skip_after: gather.reading().skip_after.unwrap_or(0),
        blank_before: false,
        sums: Sums::default(),
        out: Row::default(),
    };
    let mut row = Row::default();
    let mut index = 0usize;
    while records.next(&mut row)? {
        if layout.end_row.is_some_and(|end| index >= end) {
            break;
        }
        if index >= layout.data_row {
            match layout.columns {
                Some((left, right)) => range.row(&layout::cut(&row, left, right), gather)?,
                None => range.row(&row, gather)?,
            }
        }
        index += 1;
    }
    range.end(gather)
}

/// Adds the table's columns, each with the unit that a row under the header gives.
pub(crate) fn columns(layout: &Layout, gather: &mut Gather<'_>) -> Result<(), Refusal> {
    for (place, header) in layout.headers.iter().enumerate() {
        let index = gather.column(header)?;
        if let Some(unit) = layout.units.get(place).cloned().flatten() {
            gather.found.stated.entry(index).or_default().unit = Some(unit);
        }
    }
    if layout.units.iter().any(Option::is_some) {
        gather.repairs.add_many("units-row", None, 1, None);
    }
    Ok(())
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
    sums: Sums,
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
        self.sums.see([self.out.text(0), self.out.text(1)], gather.rows);
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
        self.sums.report(gather);
        Ok(())
    }
}

/// Rows that are sums of others: kept, counted and reported, since who adds a column up counts them twice.
#[derive(Debug, Default)]
pub(crate) struct Sums {
    count: u64,
    places: Vec<u64>,
}

impl Sums {
    /// Looks at the first two cells of a row: one of them names what the row is.
    pub(crate) fn see(&mut self, names: [&str; 2], row: u64) {
        if names.into_iter().any(is_sum) {
            self.count += 1;
            if self.places.len() < PLACES {
                self.places.push(row);
            }
        }
    }
    /// Says what was seen, of a table of several columns.
    pub(crate) fn report(&self, gather: &mut Gather<'_>) {
        if self.count == 0 || gather.names.len() < 2 {
            return;
        }
        for row in &self.places {
            gather.repairs.add("sum-row", None, *row);
        }
        gather
            .repairs
            .add_many("sum-row", None, self.count - self.places.len() as u64, None);
        let finding = Finding::new(
            "sum-rows",
            Severity::Info,
            gather.subject(),
            Text::new(
                "tabellen har rader som är summor av andra rader; de är kvar",
                "the table has rows that are sums of other rows; they are kept",
            ),
        )
        .evidence(format!("{} rows", self.count))
        .fix(Text::new(
            "publicera summor i en egen tabell, eller hoppa över dem med skip_after under [reading]",
            "publish sums in a table of their own, or skip them with skip_after under [reading]",
        ));
        gather.found.findings.push(finding);
    }
}

/// Whether a cell names its row a sum of others.
fn is_sum(text: &str) -> bool {
    let text = text.trim();
    if text.len() > 40 || !text.starts_with(['s', 'S', 't', 'T', 'd', 'D']) {
        return false;
    }
    let lower = text.to_lowercase();
    let word = lower.split([' ', ':', ',']).next().unwrap_or_default();
    matches!(word, "summa" | "totalt" | "total" | "totalsumma" | "delsumma")
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

/// Reads the first rows of a sheet, at most so many and so many bytes of cells.
pub(crate) fn sample(records: &mut dyn Records, rows_max: usize, bytes_max: usize) -> Result<Vec<Row>, Refusal> {
    let mut rows = Vec::new();
    let mut row = Row::default();
    let mut bytes = 0;
    while rows.len() < rows_max && bytes < bytes_max && records.next(&mut row)? {
        bytes += row.bytes() + row.len();
        rows.push(row.clone());
    }
    Ok(rows)
}
