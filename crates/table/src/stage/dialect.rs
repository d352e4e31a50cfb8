//! The delimiter of a text file, by how well its rows agree and how clean its cells are.
//!
//! In: the first part of the text. Out: a delimiter and the one that came second. One odd line or a commoner character does not decide.

use fyr_model::limits::TableLimits;

use super::cell::Row;
use super::csv::{Csv, Records};
use super::layout::is_typed;
use super::marker;

const CANDIDATES: [u8; 4] = [b';', b',', b'\t', b'|'];

/// The delimiter found and the runner-up; a comma when there is nothing to divide.
pub(crate) fn delimiter(sample: &[u8], quote: Option<u8>, limits: &TableLimits) -> (u8, Option<u8>) {
    let mut scores: Vec<(f64, u8)> = CANDIDATES
        .iter()
        .map(|delimiter| (score(sample, *delimiter, quote, limits), *delimiter))
        .collect();
    scores.sort_by(|a, b| b.0.total_cmp(&a.0));
    let second = scores.get(1).filter(|(score, _)| *score > 0.0).map(|(_, delimiter)| *delimiter);
    match scores.first() {
        Some((score, delimiter)) if *score > 0.0 => (*delimiter, second),
        _ => (b',', None),
    }
}

/// Agreement of the rows times cleanness of the cells; 0 when nothing is divided.
fn score(sample: &[u8], delimiter: u8, quote: Option<u8>, limits: &TableLimits) -> f64 {
    let mut csv = Csv::new(sample, delimiter, quote, limits, "").lenient();
    let mut row = Row::default();
    let mut widths: Vec<usize> = Vec::new();
    let (mut cells, mut clean) = (0u64, 0f64);
    while widths.len() < limits.sniff_rows_max && csv.next(&mut row).is_ok_and(|more| more) {
        if row.is_blank() {
            continue;
        }
        widths.push(row.len());
        if row.len() > 1 && widths.len() <= 2_000 {
            for index in 0..row.len().min(400) {
                cells += 1;
                clean += cleanness(row.text(index).trim(), delimiter);
            }
        }
    }
    // The last row of a sample may be cut.
    if widths.len() > 3 {
        widths.pop();
    }
    let mut sorted = widths.clone();
    sorted.sort_unstable();
    let mut best = (0usize, 0usize);
    for group in sorted.chunk_by(|a, b| a == b) {
        let width = group.first().copied().unwrap_or(0);
        if width > 1 && group.len() * width > best.0 * best.1 {
            best = (group.len(), width);
        }
    }
    if best.0 == 0 || cells == 0 {
        return 0.0;
    }
    // Rows near the usual width agree too: short rows and titles are a fault of the rows, not of the delimiter.
    let agreeing = best.0 as f64 / widths.len() as f64;
    let divided = widths.iter().filter(|width| **width > 1).count() as f64 / widths.len() as f64;
    (0.7 * agreeing + 0.3 * divided) * (clean / cells as f64) * (1.0 - 0.5 / best.1 as f64)
}

/// How much a cell looks like one: typed best, words well, words with other delimiters badly.
fn cleanness(text: &str, delimiter: u8) -> f64 {
    if text.is_empty() || marker::marker(text).is_some() {
        return 0.8;
    }
    if is_typed(text) {
        return 1.0;
    }
    let others = text
        .bytes()
        .filter(|byte| CANDIDATES.contains(byte) && *byte != delimiter && *byte != b',')
        .count();
    if others > 0 {
        return 0.3;
    }
    // A comma before a digit is a decimal that was left whole: no cell of words.
    let words = text.chars().filter(|c| c.is_alphanumeric() || c.is_whitespace()).count();
    if words * 2 >= text.chars().count() { 0.9 } else { 0.5 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_right_delimiter_though_another_is_common() {
        let limits = TableLimits::default();
        for (text, expected) in [
            ("a,b\n1,2\n3,4\n", b','),
            ("kod;belopp\n0180;1,5\n0181;2,5\n", b';'),
            ("namn;adress\nA;Storgatan 1, Ort, Land\nB;Lillgatan 2, Ort, Land\n", b';'),
            ("a\tb\n1,5\tx, y\n2,5\tz, w\n", b'\t'),
            ("a|b|c\n1|2|3\n", b'|'),
            ("Rubrik, med komma\n\nkod;antal\n1;2\n3;4\n5;6\n", b';'),
            ("postcodes\n10636\n11124\n", b','),
        ] {
            assert_eq!(
                char::from(delimiter(text.as_bytes(), Some(b'"'), &limits).0),
                char::from(expected),
                "{text:?}"
            );
        }
    }
}
