//! The tables on one sheet: blocks that blank rows or blank columns divide.
//!
//! In: the first rows of a sheet. Out: the blocks, each with its place and its filled cells. A blank row inside a table divides nothing: a
//! new block needs a header of its own. A blank column divides only where the parts have different lengths or begin with the same name.

use super::cell::Row;
use super::layout;

/// A table's place on its sheet, in rows and columns counted from 0; `bottom` and `right` lie outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Block {
    pub(crate) top: usize,
    pub(crate) bottom: usize,
    pub(crate) left: usize,
    pub(crate) right: usize,
    pub(crate) filled: usize,
    /// Whether another block stands below it.
    pub(crate) is_bounded: bool,
    /// Whether another block stands beside it.
    pub(crate) is_beside: bool,
}

impl Block {
    /// Whether a cell lies in it.
    pub(crate) fn holds(&self, (row, column): (usize, usize)) -> bool {
        (self.top..self.bottom).contains(&row) && (self.left..self.right).contains(&column)
    }
    /// Its first and last cell, as a spreadsheet writes them.
    pub(crate) fn address(&self) -> String {
        let right = self.right.saturating_sub(1);
        format!("{}{}:{}{}", letters(self.left), self.top + 1, letters(right), self.bottom)
    }
}

/// The letters of a column.
pub(crate) fn letters(column: usize) -> String {
    let mut letters = Vec::new();
    let mut rest = column + 1;
    while rest > 0 {
        letters.push(char::from(b'A' + u8::try_from((rest - 1) % 26).unwrap_or(0)));
        rest = (rest - 1) / 26;
    }
    letters.iter().rev().collect()
}

/// Row and column of a cell's address, `B20` or the first cell of `B20:D40`.
pub(crate) fn corner(address: &str) -> Option<(usize, usize)> {
    let cell = address.split(':').next()?.trim();
    let at = cell.find(|c: char| c.is_ascii_digit())?;
    let (letters, digits) = cell.split_at(at);
    let row: usize = digits.parse().ok()?;
    if letters.is_empty() || letters.len() > 4 || digits.len() > 9 {
        return None;
    }
    let column = letters.bytes().try_fold(0usize, |sum, byte| {
        let letter = byte.to_ascii_uppercase();
        letter.is_ascii_uppercase().then(|| sum * 26 + usize::from(letter - b'A') + 1)
    })?;
    Some((row.checked_sub(1)?, column.checked_sub(1)?))
}

/// The blocks of a sheet; one that has the whole sheet when nothing divides it.
pub(crate) fn find(rows: &[Row]) -> Vec<Block> {
    let mut tables: Vec<(usize, usize)> = Vec::new();
    let mut has_header = false;
    for (top, bottom) in segments(rows) {
        let heads = heads(rows.get(top..bottom).unwrap_or_default());
        match tables.last_mut() {
            Some(last) if !(heads && has_header) => {
                last.1 = bottom;
                has_header |= heads;
            }
            _ => {
                tables.push((top, bottom));
                has_header = heads;
            }
        }
    }
    let count = tables.len();
    let mut blocks = Vec::new();
    for (index, (top, bottom)) in tables.into_iter().enumerate() {
        let parts = columns(rows.get(top..bottom).unwrap_or_default());
        let is_beside = parts.len() > 1;
        for (left, right) in parts {
            let within = rows.get(top..bottom).unwrap_or_default();
            let filled = within
                .iter()
                .map(|row| (left..right.min(row.len())).filter(|index| layout::holds(row.get(*index))).count())
                .sum();
            blocks.push(Block {
                top,
                bottom,
                left,
                right,
                filled,
                is_bounded: index + 1 < count,
                is_beside,
            });
        }
    }
    blocks
}

/// Runs of rows that are not blank.
fn segments(rows: &[Row]) -> Vec<(usize, usize)> {
    let mut found: Vec<(usize, usize)> = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        match found.last_mut() {
            _ if row.is_blank() => {}
            Some((_, bottom)) if *bottom == index => *bottom += 1,
            _ => found.push((index, index + 1)),
        }
    }
    found
}

/// Rows of a run that tell whether it begins with a header.
pub(crate) const HEAD_ROWS: usize = 203;

/// Whether a run of rows begins, after a title at most, with a header: words over numbers, in two columns or more.
pub(crate) fn heads(rows: &[Row]) -> bool {
    let Some(first) = rows.iter().take(3).position(|row| layout::filled(row) >= 2) else {
        return false;
    };
    let (Some(header), below) = (rows.get(first), rows.iter().skip(first + 1).take(200).collect::<Vec<&Row>>()) else {
        return false;
    };
    let word = |index: usize| {
        let text = header.text(index).trim();
        text.is_empty() || !layout::is_typed(text) || super::moment::is_year(text)
    };
    let numbers = |index: usize| {
        let cells: Vec<&str> = below
            .iter()
            .map(|row| row.text(index).trim())
            .filter(|text| !text.is_empty())
            .collect();
        !cells.is_empty() && cells.iter().all(|text| layout::is_typed(text))
    };
    let over_numbers =
        (0..header.len()).any(|index| !header.text(index).trim().is_empty() && !layout::is_typed(header.text(index)) && numbers(index));
    (0..header.len()).all(word) && over_numbers
}

/// Runs of columns that blank columns divide, when something proves that they are tables of their own.
fn columns(rows: &[Row]) -> Vec<(usize, usize)> {
    let width = rows.iter().map(Row::len).max().unwrap_or(0);
    let mut last_rows = vec![None; width];
    for (number, row) in rows.iter().enumerate() {
        for (index, last) in last_rows.iter_mut().enumerate().take(row.len()) {
            if layout::holds(row.get(index)) {
                *last = Some(number);
            }
        }
    }
    let mut parts: Vec<(usize, usize, usize)> = Vec::new();
    for (index, last) in last_rows.iter().enumerate() {
        match (parts.last_mut(), last) {
            (_, None) => {}
            (Some((_, right, bottom)), Some(last)) if *right == index => (*right, *bottom) = (index + 1, (*bottom).max(*last)),
            (_, Some(last)) => parts.push((index, index + 1, *last)),
        }
    }
    let whole = vec![(0, width)];
    let [(first, _, height), others @ ..] = parts.as_slice() else {
        return whole;
    };
    let wide = parts.iter().all(|(left, right, _)| right - left >= 2);
    let head = |left: usize| {
        rows.iter()
            .map(|row| row.text(left).trim())
            .find(|text| !text.is_empty())
            .map(str::to_lowercase)
    };
    let apart = others
        .iter()
        .all(|(left, _, bottom)| bottom.abs_diff(*height) >= 2 || head(*left) == head(*first));
    if others.is_empty() || !wide || !apart {
        return whole;
    }
    parts.iter().map(|(left, right, _)| (*left, *right)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(rows: &[&[&str]], expected: &[&str]) {
        let rows: Vec<Row> = rows.iter().map(|texts| layout::row(texts)).collect();
        let found: Vec<String> = find(&rows).iter().map(Block::address).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn blank_rows_divide_tables_only_before_a_header() {
        check(&[&["kod", "antal"], &["a", "1"], &["", ""], &["b", "2"]], &["A1:B4"]);
        check(
            &[&["kod", "antal"], &["a", "1"], &["", ""], &["ort", "andel"], &["b", "2"]],
            &["A1:B2", "A4:B5"],
        );
        check(
            &[
                &["Titel", ""],
                &["", ""],
                &["kod", "antal"],
                &["a", "1"],
                &["", ""],
                &["Källa: vi", ""],
            ],
            &["A1:B6"],
        );
    }

    #[test]
    fn blank_columns_divide_tables_of_different_lengths() {
        let wide = |bottom: [&'static str; 2]| {
            vec![
                ["kod", "antal", "", "ort", "andel"],
                ["a", "1", "", "x", "2"],
                ["b", "1", "", bottom[0], bottom[1]],
                ["c", "1", "", bottom[0], bottom[1]],
            ]
        };
        let rows = wide(["", ""]);
        check(&rows.iter().map(|row| row.as_slice()).collect::<Vec<_>>(), &["A1:B4", "D1:E4"]);
        let rows = wide(["y", "3"]);
        check(&rows.iter().map(|row| row.as_slice()).collect::<Vec<_>>(), &["A1:E4"]);
    }

    #[test]
    fn addresses_are_read_and_written() {
        assert_eq!(
            (corner("A1"), corner("AB20:AC30"), corner("7"), corner("A0")),
            (Some((0, 0)), Some((19, 27)), None, None)
        );
        assert_eq!(
            (letters(0), letters(25), letters(26), letters(16_383)),
            ("A".into(), "Z".into(), "AA".into(), "XFD".into())
        );
    }
}
