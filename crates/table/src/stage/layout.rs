//! The table on its sheet: which row is the header, where the data begins, how wide it is.
//!
//! In: the first rows of a file. Out: a [`Layout`]. Title and note rows stand before the header, blank rows anywhere; the owner's
//! `[reading]` wins over what is found. The rows looked at are bounded (H24); types are not decided here.

use fyr_model::table::Reading;

use super::cell::{Cell, Row};
use super::header::{self, Merge};
use super::marker;
use super::moment::{self, DateForm};
use super::number::{self, Decimal, Fit};

/// Where the table lies.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Layout {
    /// Columns to the left that belong to nothing.
    pub(crate) left: usize,
    /// Columns.
    pub(crate) width: usize,
    /// The first header row, counted from 0 with blank rows; none when there is no header.
    pub(crate) header_row: Option<usize>,
    /// The first row of data.
    pub(crate) data_row: usize,
    /// The first row after the table, where another table follows.
    pub(crate) end_row: Option<usize>,
    /// The columns of the table and those outside of it, where another table stands beside.
    pub(crate) columns: Option<(usize, usize)>,
    /// The header as it stood, one a column.
    pub(crate) headers: Vec<String>,
    /// The units of a row under the header, one a column.
    pub(crate) units: Vec<Option<String>>,
    /// Rows with something in them before the header.
    pub(crate) preamble: u64,
}

/// Whether a text is a number, a date, a time or a yes or no: what data has and headers seldom have.
pub(crate) fn is_typed(text: &str) -> bool {
    let text = text.trim();
    if !text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '\u{2212}' | '.' | ',')) {
        return marker::boolean(text).is_some();
    }
    number::fit(text, Decimal::Point) != Fit::No
        || number::fit(text, Decimal::Comma) != Fit::No
        || [DateForm::YearFirst, DateForm::DayFirst]
            .iter()
            .any(|form| moment::date(text, *form).is_some())
        || moment::timestamp(text).is_some()
        || moment::time(text).is_some()
}

pub(crate) fn filled(row: &Row) -> usize {
    (0..row.len()).filter(|index| !row.text(*index).trim().is_empty()).count()
}

/// Cells up to the last one that holds something.
fn reach(row: &Row) -> usize {
    (0..row.len())
        .rev()
        .find(|index| !row.text(*index).trim().is_empty())
        .map_or(0, |last| last + 1)
}

/// Finds the table among the first rows of a file.
pub(crate) fn find(rows: &[Row], reading: &Reading) -> Option<Layout> {
    find_merged(rows, reading, &[])
}

/// Finds the table among the first rows of a sheet whose merged cells are known.
pub(crate) fn find_merged(rows: &[Row], reading: &Reading, merges: &[Merge]) -> Option<Layout> {
    let width = usual_width(rows)?;
    let first = match reading.skip_before {
        Some(skip) => skip + rows.iter().skip(skip).position(|row| !row.is_blank())?,
        None => {
            let comments = comments(rows);
            comments + first_row(rows.get(comments..)?, width)?
        }
    };
    let header = rows.get(first)?;
    let below: Vec<&Row> = rows.iter().skip(first + 1).filter(|row| !row.is_blank()).take(200).collect();
    let (first, header_rows) = match reading.header_rows {
        Some(stated) => (first, stated),
        None if is_header(header, &below) => header::extent(rows, first, merges, reading.skip_before.is_none()),
        None => (first, 0),
    };
    let units = (header_rows > 0 && reading.header_rows.is_none())
        .then(|| header::units(rows, first + header_rows))
        .flatten();
    let data_row = first + header_rows + usize::from(units.is_some());
    let used: Vec<&Row> = rows.iter().skip(first).take(header_rows).collect();
    let data: Vec<&Row> = rows.iter().skip(data_row).filter(|row| !row.is_blank()).collect();
    let header_reach = used.iter().map(|row| reach(row)).max().unwrap_or(0);
    // Rows wider than the header widen the table when they are usual; single ones are long rows.
    let mut reaches: Vec<usize> = data.iter().map(|row| reach(row)).collect();
    reaches.sort_unstable();
    let data_reach = reaches.get((reaches.len() * 9 / 10).saturating_sub(1)).copied().unwrap_or(0);
    let right = header_reach
        .max(if header_rows == 0 {
            reaches.last().copied().unwrap_or(0)
        } else {
            data_reach
        })
        .max(1);
    let empty_left = |index: usize| used.iter().chain(&data).all(|row| row.text(index).trim().is_empty());
    let left = (0..right)
        .take_while(|index| empty_left(*index))
        .count()
        .min(right.saturating_sub(1));
    let units = units.unwrap_or_default();
    Some(Layout {
        left,
        width: right - left,
        header_row: (header_rows > 0).then_some(first),
        data_row,
        end_row: None,
        columns: None,
        headers: (left..right).map(|index| join(&used, index)).collect(),
        units: (left..right).map(|index| units.get(index).cloned().flatten()).collect(),
        preamble: rows.iter().take(first).filter(|row| !row.is_blank()).count() as u64,
    })
}

/// Rows of comments at the start, each opened by `#`. The last of them is the header itself when it is as wide as the row of data below it.
fn comments(rows: &[Row]) -> usize {
    let opens = |row: &Row| {
        (0..row.len())
            .map(|index| row.text(index).trim())
            .find(|text| !text.is_empty())
            .is_some_and(|text| text.starts_with('#'))
    };
    let count = rows.iter().take_while(|row| row.is_blank() || opens(row)).count();
    let Some(last) = rows.iter().take(count).rposition(opens) else {
        return 0;
    };
    let (Some(comment), Some(next)) = (rows.get(last), rows.get(count)) else {
        return 0;
    };
    let below: Vec<&Row> = rows.iter().skip(count + 1).filter(|row| !row.is_blank()).take(200).collect();
    let wide = filled(comment) >= 2 && filled(comment) == filled(next);
    if last + 1 == count && wide && !is_header(next, &below) {
        last
    } else {
        count
    }
}

/// The number of cells that most rows have; rows of one cell count only when there is nothing else.
fn usual_width(rows: &[Row]) -> Option<usize> {
    let mut counts: Vec<(usize, usize)> = Vec::new();
    for width in rows.iter().filter(|row| !row.is_blank()).map(Row::len) {
        match counts.iter_mut().find(|(found, _)| *found == width) {
            Some((_, count)) => *count += 1,
            None => counts.push((width, 1)),
        }
    }
    let wide: Vec<&(usize, usize)> = counts.iter().filter(|(width, _)| *width > 1).collect();
    let wide_rows: usize = wide.iter().map(|(_, count)| count).sum();
    let single = counts.iter().find(|(width, _)| *width == 1).map_or(0, |(_, count)| *count);
    if wide_rows == 0 || single > wide_rows * 20 {
        return counts.first().map(|_| 1);
    }
    wide.iter()
        .max_by_key(|(width, count)| (*count * *width, *width))
        .map(|(width, _)| *width)
}

/// The first row that looks like a header of so many columns: mostly filled, and as wide as the rows after it. A row that lacks a few
/// cells is one only directly above the first full row: headers lose their last name, other blocks end before the table.
fn first_row(rows: &[Row], width: usize) -> Option<usize> {
    let fits = |row: &Row, least: usize| {
        row.len() >= least && !row.is_blank() && filled(row) * 2 > width.min(row.len()) && (width == 1 || filled(row) >= 2)
    };
    let full = rows.iter().position(|row| fits(row, width));
    let nearly = rows.iter().position(|row| fits(row, (width * 8).div_ceil(10).max(width.min(2))));
    match (nearly, full) {
        (Some(nearly), Some(full)) if nearly + 1 == full => Some(nearly),
        (_, Some(full)) => Some(full),
        (nearly, None) => nearly.or_else(|| rows.iter().position(|row| !row.is_blank())),
    }
}

/// Whether a row names the columns below it.
pub(crate) fn is_header(header: &Row, below: &[&Row]) -> bool {
    let width = header.len();
    let texts: Vec<&str> = (0..width).map(|index| header.text(index).trim()).collect();
    if below.is_empty() {
        return !texts.iter().any(|text| is_typed(text)) || width == 1;
    }
    let typed_below = |index: usize| {
        let values: Vec<&str> = below
            .iter()
            .map(|row| row.text(index).trim())
            .filter(|text| marker::marker(text).is_none())
            .collect();
        !values.is_empty() && values.iter().filter(|text| is_typed(text)).count() * 10 >= values.len() * 9
    };
    let mut typed_over_typed = 0;
    for (index, text) in texts.iter().enumerate() {
        if text.is_empty() {
            continue;
        }
        match (is_typed(text), typed_below(index)) {
            // A word over numbers: a header beyond doubt.
            (false, true) => return true,
            (true, _) => typed_over_typed += 1,
            (false, false) => {}
        }
    }
    if typed_over_typed == 0 {
        return true;
    }
    // Numbers over numbers: years or codes as headers are whole, all different and never missing; data below is not.
    let whole = texts
        .iter()
        .filter(|text| !text.is_empty())
        .all(|text| !is_typed(text) || text.bytes().all(|b| b.is_ascii_digit()));
    let mut seen: Vec<&str> = texts.iter().copied().filter(|text| !text.is_empty()).collect();
    let count = seen.len();
    seen.sort_unstable();
    seen.dedup();
    let plain_below = below
        .iter()
        .take(20)
        .all(|row| (0..width).all(|index| row.text(index).trim().bytes().all(|b| b.is_ascii_digit()) && !row.text(index).is_empty()));
    whole && seen.len() == count && count >= 2 && (!plain_below || texts.iter().skip(1).all(|text| moment::is_year(text)))
}

/// The header of one column: its cells from top to bottom joined with ` / `, blank ones filled from the left.
fn join(rows: &[&Row], index: usize) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for (depth, row) in rows.iter().enumerate() {
        let mut text = row.text(index).trim();
        if depth == 0 && index == 0 {
            text = text.trim_start_matches('#').trim_start();
        }
        let last = depth + 1 == rows.len();
        let named_below = |index: usize| rows.iter().skip(depth + 1).any(|row| !row.text(index).trim().is_empty());
        if text.is_empty() && !last && named_below(index) {
            // The nearest name to the left, unless it stands alone over its own column.
            text = (0..index)
                .rev()
                .find(|left| !row.text(*left).trim().is_empty())
                .filter(|left| named_below(*left))
                .map(|left| row.text(left).trim())
                .unwrap_or_default();
        }
        if !text.is_empty() && parts.last() != Some(&text) {
            parts.push(text);
        }
    }
    parts.join(" / ")
}

/// Makes a row of texts, for tests and for samples.
#[cfg(test)]
pub(crate) fn row(texts: &[&str]) -> Row {
    let mut row = Row::default();
    for text in texts {
        row.push(Cell::Text { text, quoted: false });
    }
    row
}

/// A row without the cells outside of some columns; these keep their places.
pub(crate) fn cut(row: &Row, left: usize, right: usize) -> Row {
    let mut out = Row::default();
    for index in 0..row.len().min(right) {
        match row.raw(index).filter(|_| index >= left) {
            Some((tag, bytes)) => out.push_raw(tag, bytes),
            None => out.push(Cell::Null),
        }
    }
    out
}

/// Whether a cell has content.
pub(crate) fn holds(cell: Cell<'_>) -> bool {
    !matches!(cell, Cell::Absent | Cell::Null) && !matches!(cell, Cell::Text { text, .. } if text.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(rows: &[&[&str]], header_row: Option<usize>, width: usize) {
        let rows: Vec<Row> = rows.iter().map(|texts| row(texts)).collect();
        let layout = find(&rows, &Reading::default()).unwrap();
        assert_eq!((layout.header_row, layout.width), (header_row, width), "{layout:?}");
    }

    #[test]
    fn the_header_is_found_below_titles_and_notes() {
        check(&[&["kod", "antal"], &["0180", "1"]], Some(0), 2);
        check(
            &[&["Befolkning 2024", ""], &["", ""], &["kod", "antal"], &["0180", "1"]],
            Some(2),
            2,
        );
        check(
            &[&["Befolkning"], &["kod", "namn", "antal"], &["1", "a", "1"], &["2", "b", "1"]],
            Some(1),
            3,
        );
        check(&[&["namn"], &["a"], &["b"]], Some(0), 1);
    }

    #[test]
    fn a_row_of_data_is_no_header_but_years_are() {
        check(&[&["1", "2.5"], &["2", "3.5"]], None, 2);
        check(&[&["Region", "2020", "2021"], &["Norr", "5", "7"]], Some(0), 3);
        check(&[&["33022", "8002", "8003"], &["201705151000", "58.8006", ""]], Some(0), 3);
    }

    #[test]
    fn a_second_header_row_needs_proof() {
        let headers = |rows: &[&[&str]]| {
            let rows: Vec<Row> = rows.iter().map(|texts| row(texts)).collect();
            let layout = find(&rows, &Reading::default()).unwrap();
            (layout.headers, layout.data_row)
        };
        let joined = |names: &[&str], data_row| (names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>(), data_row);
        // Groups with gaps above names that stand twice.
        assert_eq!(
            headers(&[
                &["", "Män", "", "Kvinnor", ""],
                &["Kod", "Antal", "Andel", "Antal", "Andel"],
                &["01", "2", "3", "4", "5"],
                &["02", "2", "3", "4", "5"]
            ]),
            joined(&["Kod", "Män / Antal", "Män / Andel", "Kvinnor / Antal", "Kvinnor / Andel"], 2)
        );
        // Years with gaps, and what they hold below.
        assert_eq!(
            headers(&[
                &["Region", "2023", "", "2024", ""],
                &["", "Män", "Kvinnor", "Män", "Kvinnor"],
                &["Norr", "1", "2", "3", "4"],
                &["Söder", "1", "2", "3", "4"]
            ]),
            joined(&["Region", "2023 / Män", "2023 / Kvinnor", "2024 / Män", "2024 / Kvinnor"], 2)
        );
        // Words over two columns of numbers are no data; a word over one may be a misfit.
        assert_eq!(
            headers(&[&["a", "b"], &["Antal", "Andel"], &["1", "2"], &["3", "4"]]),
            joined(&["a / Antal", "b / Andel"], 2)
        );
        assert_eq!(
            headers(&[&["namn", "b"], &["Anna", "okänt"], &["Bo", "2"], &["Cia", "4"]]),
            joined(&["namn", "b"], 1)
        );
        assert_eq!(
            headers(&[&["a", "b"], &["..", "2"], &["1", "2"], &["3", "4"]]),
            joined(&["a", "b"], 1)
        );
        // Units are no names.
        assert_eq!(
            headers(&[&["tid", "temp", "vind"], &["", "[°C]", "(m/s)"], &["a", "2", "3"], &["b", "4", "5"]]),
            joined(&["tid", "temp", "vind"], 2)
        );
        assert_eq!(
            headers(&[&["namn", "enhet"], &["kr", "kr"], &["st", "kg"]]),
            joined(&["namn", "enhet"], 1)
        );
        // Comments before the table, and a header that is one.
        assert_eq!(
            headers(&[&["# a", "b"], &["#"], &["kod", "antal"], &["x", "2"], &["y", "3"]]),
            joined(&["kod", "antal"], 3)
        );
        assert_eq!(
            headers(&[&["#kod", "antal"], &["7", "2"], &["8", "3"]]),
            joined(&["kod", "antal"], 1)
        );
    }

    #[test]
    fn several_header_rows_are_joined() {
        let rows = [
            row(&["", "Män", "", "Kvinnor"]),
            row(&["Kod", "Antal", "Andel", "Antal"]),
            row(&["1", "2", "3", "4"]),
        ];
        let reading = Reading {
            header_rows: Some(2),
            skip_before: Some(0),
            ..Reading::default()
        };
        let layout = find(&rows, &reading).unwrap();
        assert_eq!(layout.headers, ["Kod", "Män / Antal", "Män / Andel", "Kvinnor / Antal"]);
        assert_eq!(layout.data_row, 2);
    }
}
