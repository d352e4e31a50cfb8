//! Failing rows as they are found, in ascending order: how many, the first of them, their runs and a digest of all.

use fyr_model::Sha256;
use fyr_model::quality::RuleResult;
use sha2::{Digest, Sha256 as Hasher};

/// Failing rows listed.
const ROWS_LISTED: usize = 100;
/// Runs of failing rows kept.
const RANGES_KEPT: usize = 1_000;

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
        self.digest.update(row.to_string().as_bytes());
        self.digest.update(b"\n");
    }
    /// Puts the rows into a result.
    pub(super) fn into(self, result: &mut RuleResult) {
        result.failed = self.count;
        result.rows = self.listed;
        result.row_ranges = self.ranges;
        result.rows_sha256 = Some(Sha256::from_bytes(self.digest.finalize().into()));
    }
}
