//! Benchmark data made from integers only: the same bytes as `generate.py` of the peers' bench, on every machine.
//!
//! In: a kind, a seed and a size. Out: CSV bytes, and what a reader that is told nothing should make of them. Each cell is a function of
//! splitmix64 over seed, column and row, so that no byte depends on how many rows are made at a time. Nothing is timed here; tests of the
//! crate include this module to hold its digests. Source of the generator: Steele, Lea, Flood, "Fast splittable pseudorandom number
//! generators" (2014).

mod kinds;

use std::io::{self, Write};

use fyr_model::Sha256;
use fyr_model::table::ColumnType;
use sha2::Digest as _;

use kinds::Cells;

/// A kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// 20 columns of taxi trips: comma, UTF-8.
    Taxi,
    /// 300 columns: comma, UTF-8.
    Wide,
    /// 18 columns as a Swedish agency writes them: `;`, windows-1252, CRLF, decimal comma, no-break-space thousands.
    Swedish,
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Rows below the header.
    pub rows: u64,
    /// Bytes with the header.
    pub bytes: u64,
    /// Their digest.
    pub sha256: Sha256,
}

/// Whether cells of both types lie in Parquet as the same type.
pub fn stored_alike(one: ColumnType, other: ColumnType) -> bool {
    let as_text = |kind| matches!(kind, ColumnType::Text | ColumnType::Code | ColumnType::Period);
    one == other || (as_text(one) && as_text(other))
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Taxi, Self::Wide, Self::Swedish];

    /// Its name, and the stem of its file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Taxi => "taxi",
            Self::Wide => "wide",
            Self::Swedish => "swedish",
        }
    }

    /// Headers and right types, in file order. Where two types are stored alike, a code and a text for instance, the first is named.
    pub fn columns(self) -> Vec<(String, ColumnType)> {
        kinds::columns(self)
    }

    /// The bytes of the header and of rows 0 to `rows`.
    pub fn head_and_rows(self, seed: u64, rows: u64) -> Vec<u8> {
        let mut bytes = self.head();
        bytes.extend(Maker::new(self, seed).rows(0..rows));
        bytes
    }

    /// Writes a file of about `megabytes` (10^6 bytes), cut at a row.
    ///
    /// # Errors
    /// When `out` fails.
    pub fn write(self, seed: u64, megabytes: u64, out: &mut dyn Write) -> io::Result<Written> {
        // Where the file is cut depends on the mean line of the last chunk, so chunks are as long as the original's.
        let chunk = if self == Self::Wide { 5_000 } else { 100_000 };
        let target = megabytes * 1_000_000;
        let maker = Maker::new(self, seed);
        let mut digest = sha2::Sha256::new();
        let mut put = |bytes: &[u8]| {
            digest.update(bytes);
            out.write_all(bytes).map(|()| bytes.len() as u64)
        };
        let mut bytes = put(&self.head())?;
        let mut rows = 0;
        while bytes < target {
            let made = maker.rows(rows..rows + chunk);
            let left = target - bytes;
            if made.len() as u64 > left {
                let line_bytes = made.len() as f64 / chunk as f64;
                let kept = ((left as f64 / line_bytes) as u64).max(1);
                bytes += put(&maker.rows(rows..rows + kept))?;
                rows += kept;
                break;
            }
            bytes += put(&made)?;
            rows += chunk;
        }
        let sha256 = Sha256::from_bytes(digest.finalize().into());
        Ok(Written { rows, bytes, sha256 })
    }

    fn delimiter(self) -> char {
        if self == Self::Swedish { ';' } else { ',' }
    }

    fn newline(self) -> &'static str {
        if self == Self::Swedish { "\r\n" } else { "\n" }
    }

    fn head(self) -> Vec<u8> {
        let names: Vec<String> = self.columns().into_iter().map(|(name, _)| name).collect();
        self.encode(names.join(&self.delimiter().to_string()) + self.newline())
    }

    fn encode(self, text: String) -> Vec<u8> {
        match self {
            Self::Swedish => encoding_rs::WINDOWS_1252.encode(&text).0.into_owned(),
            Self::Taxi | Self::Wide => text.into_bytes(),
        }
    }
}

/// Makes rows; holds what all rows share.
struct Maker {
    kind: Kind,
    seed: u64,
    cells: Box<dyn Cells>,
}

impl Maker {
    fn new(kind: Kind, seed: u64) -> Self {
        let cells = kinds::cells(kind);
        Self { kind, seed, cells }
    }

    fn rows(&self, rows: std::ops::Range<u64>) -> Vec<u8> {
        let mut text = String::new();
        for row in rows {
            let mut line = Line {
                text: &mut text,
                delimiter: self.kind.delimiter(),
                begun: false,
            };
            self.cells.row(Dice { seed: self.seed, row }, &mut line);
            text.push_str(self.kind.newline());
        }
        self.kind.encode(text)
    }
}

/// The line that is being written.
pub(crate) struct Line<'a> {
    text: &'a mut String,
    delimiter: char,
    begun: bool,
}

impl Line<'_> {
    /// Adds a cell, as it stands in the file.
    pub(crate) fn cell(&mut self, cell: impl std::fmt::Display) {
        use std::fmt::Write as _;
        if std::mem::replace(&mut self.begun, true) {
            self.text.push(self.delimiter);
        }
        // Writing to a String cannot fail.
        let _ = write!(self.text, "{cell}");
    }
}

/// The numbers of one row.
#[derive(Clone, Copy)]
pub(crate) struct Dice {
    seed: u64,
    /// The row, 0-based.
    pub(crate) row: u64,
}

impl Dice {
    /// The 64 bits of a column: splitmix64, wrapping.
    pub(crate) fn bits(self, column: u64) -> u64 {
        let mut bits = (self.row + 1)
            .wrapping_add(column.wrapping_mul(0x9E37_79B9_7F4A_7C15))
            .wrapping_add(self.seed.wrapping_mul(0xD1B5_4A32_D192_ED03));
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^ (bits >> 31)
    }
    /// A number from 0, below `limit`.
    pub(crate) fn below(self, column: u64, limit: u64) -> u64 {
        self.bits(column) % limit
    }
    /// True once in `times` rows.
    pub(crate) fn one_in(self, column: u64, times: u64) -> bool {
        self.below(column, times) == 0
    }
    /// The row's own number, but the number of the row before once in `times`.
    pub(crate) fn key(self, column: u64, times: u64) -> u64 {
        self.row.saturating_sub(u64::from(self.one_in(column, times)))
    }
}
