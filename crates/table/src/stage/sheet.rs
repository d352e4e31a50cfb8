//! Spreadsheets of any format as one table: the sheet that is most of a table, the table on it, its header over merged cells.
//!
//! In: a book that gives its sheets as rows (XLSX, ODS). Out: rows. Hidden sheets, rows and columns are read and reported; where a sheet
//! holds several tables the largest is taken, and the others are named by their cells. What a cell means is settled elsewhere.

use fyr_model::finding::{Finding, Severity};
use fyr_model::{Refusal, Text};

use super::blocks::{self, Block};
use super::cell::Row;
use super::csv::Records;
use super::further::Until;
use super::gather::Gather;
use super::header::{self, Merge};
use super::layout::{self, Layout};
use super::range;
use crate::refuse;

/// Merged ranges that are looked at: a header has few, and a forged list is long.
const MERGES_MAX: usize = 2_000;
/// The last row in which a merged range may be part of a header.
const HEADER_ROWS: usize = 1_000;
/// Rows looked at to weigh a sheet.
const WEIGHED_ROWS: usize = 300;
/// Bytes of cells that show where tables lie on a sheet.
const SNIFFED_BYTES: usize = 4 << 20;

/// A sheet by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) name: String,
    pub(crate) hidden: bool,
}

/// What is hidden on a sheet.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Hidden {
    pub(crate) rows: u64,
    pub(crate) columns: u64,
}

/// A book of sheets.
pub(crate) trait Book {
    fn sheets(&self) -> Vec<Named>;
    /// The rows of a sheet from its beginning.
    fn rows<'b>(&'b mut self, name: &str) -> Result<Box<dyn Records + 'b>, Refusal>;
    /// What is hidden on a sheet, and its merged ranges.
    fn facts(&mut self, name: &str) -> Result<(Hidden, Vec<Merge>), Refusal>;
}

/// Reads a book.
pub(crate) fn read(book: &mut dyn Book, gather: &mut Gather<'_>) -> Result<(), Refusal> {
    let (subject, reading, limits) = (gather.subject(), gather.reading(), gather.limits());
    let sheets = book.sheets();
    let (asked, corner) = asked(&sheets, reading.table.as_deref());
    let sheet = choose(book, &sheets, asked, gather)?;
    if sheet.hidden {
        let (sv, en) = ("tabellen ligger på ett dolt blad", "the table lies on a hidden sheet");
        let found = Finding::new("hidden-sheet", Severity::Warning, subject, Text::new(sv, en));
        gather.found.findings.push(found);
    }
    gather.found.table = Some(sheet.name.clone());
    let (hidden, merges) = book.facts(&sheet.name)?;
    let merges = header_merges(merges);
    // A table that the owner names by a cell below the rows that are looked at begins there.
    let below = corner.filter(|(row, _)| *row >= limits.sniff_rows_max).map_or(0, |(row, _)| row);
    let merges = if below > 0 { Vec::new() } else { merges };
    let mut rows = sample(&mut *book.rows(&sheet.name)?, below, limits.sniff_rows_max)?;
    let (seen, whole) = (below + rows.len(), rows.len() < limits.sniff_rows_max);
    header::fill(&mut rows, &merges);
    let blocks = blocks::find(&rows);
    let block = block(&blocks, corner.map(|(row, column)| (row - below, column)), &sheet.name, gather)?;
    let mut layout = lay_out(&rows, block, whole, &merges, gather)
        .ok_or_else(|| refuse::unreadable("empty-table", subject, "bladet har inga rader", "the sheet has no rows"))?;
    layout.header_row = layout.header_row.map(|row| row + below);
    layout.end_row = layout.end_row.map(|row| row + below);
    layout.data_row += below;
    drop(rows);
    report_hidden(hidden, gather);
    let mut records = book.rows(&sheet.name)?;
    if whole || layout.header_row.is_none() || layout.end_row.is_some() {
        return range::take(&mut *records, &layout, false, gather);
    }
    let mut until = Until::new(&mut *records, seen);
    range::take(&mut until, &layout, false, gather)?;
    if let Some(row) = until.further {
        let first = format!("{}!{}{}", sheet.name, blocks::letters(layout.left), row + 1);
        gather.found.findings.push(several_tables(subject, first));
    }
    Ok(())
}

/// The rows from `below` on, at most so many.
fn sample(records: &mut dyn Records, below: usize, rows_max: usize) -> Result<Vec<Row>, Refusal> {
    let mut row = Row::default();
    for _ in 0..below {
        if !records.next(&mut row)? {
            break;
        }
    }
    range::sample(records, rows_max, SNIFFED_BYTES)
}

fn header_merges(mut merges: Vec<Merge>) -> Vec<Merge> {
    merges.retain(|merge| merge.top < HEADER_ROWS && merge.bottom >= merge.top && merge.right >= merge.left);
    merges.sort_by_key(|merge| (merge.top, merge.left));
    merges.truncate(MERGES_MAX);
    merges
}

/// The sheet's name and the cell that the owner wrote as `table`: `Blad1`, `Blad1!B20`, or `B20` of the sheet that is chosen.
fn asked<'a>(sheets: &[Named], table: Option<&'a str>) -> (Option<&'a str>, Option<(usize, usize)>) {
    let Some(table) = table else { return (None, None) };
    let same = |name: &str| sheets.iter().any(|sheet| is_same(&sheet.name, name));
    if same(table) {
        return (Some(table), None);
    }
    match table.rsplit_once('!') {
        Some((name, cell)) if same(name) => match blocks::corner(cell) {
            Some(corner) => (Some(name), Some(corner)),
            None => (Some(table), None),
        },
        _ => (Some(table), None),
    }
}

fn is_same(name: &str, asked: &str) -> bool {
    name.trim().to_lowercase() == asked.trim().to_lowercase()
}

/// The table on the sheet: the one at the corner that the owner names, else the largest.
fn block<'b>(
    blocks: &'b [Block],
    corner: Option<(usize, usize)>,
    sheet: &str,
    gather: &mut Gather<'_>,
) -> Result<Option<&'b Block>, Refusal> {
    if let Some(corner) = corner {
        return blocks.iter().find(|block| block.holds(corner)).map(Some).ok_or_else(|| {
            refuse::configuration(
                "workbook-no-table",
                gather.subject(),
                "det finns ingen tabell vid den cell som table nämner",
                "there is no table at the cell that table names",
            )
        });
    }
    let largest = blocks.iter().rev().max_by_key(|block| block.filled);
    if blocks.len() > 1 {
        let others: Vec<String> = blocks
            .iter()
            .filter(|block| Some(*block) != largest)
            .take(20)
            .map(|block| format!("{sheet}!{}", block.address()))
            .collect();
        gather.found.findings.push(several_tables(gather.subject(), others.join(", ")));
    }
    Ok(largest)
}

/// The finding that tables stand on the sheet beside the one that was read.
fn several_tables(subject: &str, others: String) -> Finding {
    Finding::new(
        "several-tables",
        Severity::Warning,
        subject,
        Text::new(
            "bladet har flera tabeller; den största lästes",
            "the sheet has several tables; the largest was read",
        ),
    )
    .evidence(others)
    .fix(Text::new(
        "skriv bladets namn, ett utropstecken och tabellens första cell som table under [reading], till exempel Blad1!A20",
        "write the sheet's name, an exclamation mark and the table's first cell as table under [reading], for instance Blad1!A20",
    ))
}

/// The layout of the block, in rows of the sheet.
fn lay_out(rows: &[Row], block: Option<&Block>, whole: bool, merges: &[Merge], gather: &mut Gather<'_>) -> Option<Layout> {
    let reading = gather.reading();
    let Some(block) = block.filter(|_| reading.skip_before.is_none()) else {
        return layout::find_merged(rows, reading, merges);
    };
    let cut: Vec<Row> = rows
        .get(block.top..block.bottom)?
        .iter()
        .map(|row| layout::cut(row, block.left, block.right))
        .collect();
    let within: Vec<Merge> = merges
        .iter()
        .filter(|merge| (block.top..block.bottom).contains(&merge.top) && (block.left..block.right).contains(&merge.left))
        .map(|merge| Merge {
            top: merge.top - block.top,
            left: merge.left,
            bottom: merge.bottom - block.top,
            right: merge.right,
        })
        .collect();
    let mut layout = layout::find_merged(&cut, reading, &within)?;
    layout.header_row = layout.header_row.map(|row| row + block.top);
    layout.data_row += block.top;
    // The last block of a sample that was cut short goes on to the end of the sheet.
    let last = !whole && block.bottom == rows.len();
    layout.columns = block.is_beside.then_some((block.left, block.right));
    layout.end_row = (!last && block.is_bounded).then_some(block.bottom);
    Some(layout)
}

/// The sheet that the owner names, else the one that is most of a table: visible before hidden.
fn choose(book: &mut dyn Book, sheets: &[Named], asked: Option<&str>, gather: &mut Gather<'_>) -> Result<Named, Refusal> {
    let subject = gather.subject();
    if let Some(asked) = asked {
        return sheets.iter().find(|sheet| is_same(&sheet.name, asked)).cloned().ok_or_else(|| {
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
    let mut best: Option<(u64, &Named)> = None;
    let mut tables = 0;
    for sheet in sheets {
        let Ok(mut records) = book.rows(&sheet.name) else {
            continue;
        };
        let rows = range::sample(&mut *records, WEIGHED_ROWS, SNIFFED_BYTES)?;
        let Some(score) = layout::find(&rows, gather.reading()).map(|layout| weight(&rows, &layout)) else {
            continue;
        };
        tables += u64::from(score > 0);
        let score = if sheet.hidden { score / 4 } else { score };
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
        gather.found.findings.push(several_sheets(subject, tables, sheets.len()));
    }
    Ok(sheet.clone())
}

fn several_sheets(subject: &str, tables: u64, sheets: usize) -> Finding {
    Finding::new(
        "several-sheets",
        Severity::Info,
        subject,
        Text::new(
            "flera blad har tabeller; det största lästes",
            "several sheets have tables; the largest was read",
        ),
    )
    .evidence(format!("{tables} of {sheets} sheets"))
    .fix(Text::new(
        "skriv bladets namn som table under [reading]",
        "write the sheet's name as table under [reading]",
    ))
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

fn report_hidden(hidden: Hidden, gather: &mut Gather<'_>) {
    for (count, id, sv, en) in [
        (
            hidden.rows,
            "hidden-rows",
            "bladet har dolda rader; de lästes",
            "the sheet has hidden rows; they were read",
        ),
        (
            hidden.columns,
            "hidden-columns",
            "bladet har dolda kolumner; de lästes",
            "the sheet has hidden columns; they were read",
        ),
    ] {
        if count > 0 {
            let found = Finding::new(id, Severity::Warning, gather.subject(), Text::new(sv, en)).evidence(format!("{count}"));
            gather.found.findings.push(found);
        }
    }
}
