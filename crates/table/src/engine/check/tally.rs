//! Failing rows as they are found, in ascending order: how many, the first of them, their runs and a digest of all.

use fyr_model::Sha256;
use fyr_model::quality::RuleResult;
use sha2::{Digest, Sha256 as Hasher};

/// Failing rows listed.
const ROWS_LISTED: usize = 100;
/// Runs of failing rows kept.
const RANGES_KEPT: usize = 1_000;

/// The digits of the greatest number, and the end of the line.
const LINE_MAX: usize = 21;
/// Bytes that the digest takes at a time.
const LINES_BYTES: usize = 4_096;

/// Failing rows of one rule.
#[derive(Default)]
pub(super) struct Failing {
    pub(super) count: u64,
    listed: Vec<u64>,
    ranges: Vec<[u64; 2]>,
    /// The run in progress, also when no more runs are kept.
    last: Option<u64>,
    cut: bool,
    digest: Hasher,
    /// Lines that the digest has not seen yet.
    lines: Vec<u8>,
}

impl Failing {
    /// Adds the next row; rows come in ascending order.
    pub(super) fn add(&mut self, row: u64) {
        self.count += 1;
        if self.listed.len() < ROWS_LISTED {
            self.listed.push(row);
        }
        let follows = self.last.is_some_and(|last| last + 1 == row);
        let room = self.ranges.len() < RANGES_KEPT;
        match self.ranges.last_mut() {
            Some([_, last]) if follows && !self.cut => *last = row,
            _ if room => self.ranges.push([row, row]),
            _ => self.cut = true,
        }
        self.last = Some(row);
        self.line(row);
    }
    /// The row's number as a line of the digest, without a text of its own: a rule may fail in every row.
    fn line(&mut self, row: u64) {
        let mut line = [b'\n'; LINE_MAX];
        let mut rest = row;
        let mut start = LINE_MAX - 1;
        for (at, place) in line.iter_mut().enumerate().rev().skip(1) {
            (*place, rest, start) = (b'0' + (rest % 10) as u8, rest / 10, at);
            if rest == 0 {
                break;
            }
        }
        self.lines.extend_from_slice(line.get(start..).unwrap_or_default());
        if self.lines.len() >= LINES_BYTES {
            self.digest.update(&self.lines);
            self.lines.clear();
        }
    }
    /// The digest of all lines; it begins anew.
    fn sealed(&mut self) -> Sha256 {
        self.digest.update(&self.lines);
        self.lines.clear();
        Sha256::from_bytes(self.digest.finalize_reset().into())
    }
    /// Puts the rows into a result.
    pub(super) fn into(mut self, result: &mut RuleResult) {
        result.rows_sha256 = Some(self.sealed());
        result.failed = self.count;
        result.rows = self.listed;
        result.row_ranges = self.ranges;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_of_the_rows_as_lines() {
        let rows = [0, 7, 10, 99, 100, 1_234_567, u64::MAX];
        let text: String = rows.iter().map(|row| format!("{row}\n")).collect();
        let mut failing = Failing::default();
        rows.into_iter().for_each(|row| failing.add(row));
        let expected = Sha256::from_bytes(Hasher::digest(text.as_bytes()).into());
        assert_eq!(failing.sealed(), expected);
    }
}
