//! Delimited text: encoding, dialect, the table on its sheet, then every record to the gatherer.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use fyr_model::Refusal;
use fyr_model::limits::TableLimits;
use fyr_model::table::Dialect;

use super::count::Counter;
use super::csv::Csv;
use super::encoding::Decoded;
use super::gather::{Gather, Repairs};
use super::layout::Layout;
use super::range::Sums;
use super::split::{Block, Splitter, Unusual};
use super::tally::Tally;
use super::text_block::{PieceReader, Pieces, Stop};
use super::{before, dialect, encoding, layout, range};
use crate::refuse;

/// Bytes looked at to find the delimiter.
const SAMPLE: u64 = 512 << 10;
/// Bytes of cells looked at to find the table, which opens the file or follows some notes.
pub(crate) const LAYOUT_BYTES: usize = 512 << 10;
/// Where a file goes on after so many bytes and rows, its types are guessed from them; so many bytes are enough however few the rows.
const HEAD_BYTES: usize = 1 << 20;
const HEAD_ROWS: u64 = 4_096;
const HEAD_BYTES_MAX: usize = 16 << 20;

/// Delimited text whose encoding, dialect and layout are known: its blocks can be had again and again.
#[derive(Debug)]
pub(crate) struct TextTable {
    decoded: Decoded,
    /// Where the first record starts.
    start: u64,
    delimiter: u8,
    quote: Option<u8>,
    layout: Layout,
    /// Columns of mostly different numbers.
    pub(crate) varied: Vec<bool>,
    /// The counts of the head of a file that goes on: a guess. Nothing when every cell has been counted.
    pub(crate) guess: Option<Vec<Tally>>,
}

/// The blocks of a text from the first to the last.
pub(crate) struct Blocks<'a> {
    pieces: Pieces,
    pub(crate) splitter: Splitter<'a>,
}

impl TextTable {
    fn pieces(&self, subject: &str) -> Result<Pieces, Refusal> {
        let mut file = File::open(&self.decoded.path).map_err(|error| refuse::io(subject, error))?;
        file.seek(SeekFrom::Start(self.start)).map_err(|error| refuse::io(subject, error))?;
        Ok(Pieces::new(file, self.decoded.characters.clone(), self.layout.width))
    }
    /// Notes what all blocks told, once every cell has been counted.
    pub(crate) fn note(&self, seen: Seen, gather: &mut Gather<'_>) {
        seen.note(&self.layout, gather);
    }
    /// Whether a column holds mostly different numbers.
    pub(crate) fn is_varied(&self, column: usize) -> bool {
        self.varied.get(column).copied().unwrap_or_default()
    }
    /// All rows of data, by blocks.
    pub(crate) fn blocks<'a>(&'a self, limits: &'a TableLimits, subject: &str) -> Result<Blocks<'a>, Refusal> {
        Ok(Blocks {
            pieces: self.pieces(subject)?,
            splitter: Splitter::new(self.delimiter, self.quote, &self.layout, limits),
        })
    }
}

impl Blocks<'_> {
    /// What was seen of the table, with the sums among its rows.
    pub(crate) fn seen(self, sums: Sums) -> Seen {
        Seen {
            rows: self.splitter.rows,
            repairs: self.splitter.repairs,
            stray_quotes: self.splitter.stray_quotes,
            sums,
        }
    }
    /// The next block; nothing after the last.
    pub(crate) fn next(&mut self, subject: &str) -> Result<Option<Block>, Halt> {
        match self.pieces.next() {
            Err(Stop::Io(error)) => Err(Halt::Refused(refuse::io(subject, error))),
            Err(Stop::NotText) => Err(Halt::Unusual),
            Ok(None) => Ok(None),
            Ok(Some((text, ended))) => {
                let (block, unused) = self.splitter.split(text, ended).map_err(|Unusual| Halt::Unusual)?;
                self.pieces.put_back(&unused);
                Ok(Some(block))
            }
        }
    }
}

/// Why blocks end early.
pub(crate) enum Halt {
    Refused(Refusal),
    /// The thorough reader must look at the file.
    Unusual,
}

impl From<Refusal> for Halt {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// Reads a delimited file as far as it takes to guess its types; what is out of the ordinary goes to the spool as a whole.
pub(crate) fn read(path: &Path, dir: &Path, gather: &mut Gather<'_>) -> Result<(), Refusal> {
    let (subject, reading, limits) = (gather.subject(), gather.reading(), gather.limits());
    let asked = encoding::Asked {
        owner: reading.encoding.as_deref(),
        before: gather.before.and_then(|lock| lock.encoding.as_deref()),
    };
    let decoded = encoding::decide(path, dir, subject, asked, &mut gather.repairs, &mut gather.found.findings)?;
    let mut table = TextTable {
        start: decoded.skip,
        decoded,
        delimiter: b',',
        quote: single(reading.quote, subject)?.or(Some(b'"')),
        layout: Layout::default(),
        varied: Vec::new(),
        guess: None,
    };
    let mut sample = Vec::new();
    PieceReader::new(table.pieces(subject)?)
        .take(SAMPLE)
        .read_to_end(&mut sample)
        .map_err(|error| refuse::io(subject, error))?;
    // `sep=;` is a line for a spreadsheet program, not for readers.
    let mut stated = None;
    if let Some(rest) = sample.strip_prefix(b"sep=") {
        let line = rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len());
        stated = rest.first().copied().filter(|_| line <= 3);
        if stated.is_some() {
            table.start += 4 + line as u64 + 1;
            sample.drain(..(4 + line + 1).min(sample.len()));
        }
    }
    let (found, second) = dialect::delimiter(&sample, table.quote, limits);
    let before = || before::delimiter(gather.before?, &sample, table.quote, limits, reading);
    table.delimiter = single(reading.delimiter, subject)?.or(stated).or_else(before).unwrap_or(found);
    let records = PieceReader::new(table.pieces(subject)?);
    let rows = range::sample(
        &mut Csv::new(records, table.delimiter, table.quote, limits, subject),
        limits.sniff_rows_max,
        LAYOUT_BYTES,
    )?;
    table.layout = layout::find(&rows, reading)
        .ok_or_else(|| refuse::unreadable("empty-table", subject, "filen har inga rader", "the file has no rows"))?;
    drop(rows);
    describe(&table, second, gather);
    let ordinary = match reading.skip_after {
        Some(_) => Err(Halt::Unusual),
        None => count_head(&mut table, gather),
    };
    match ordinary {
        Ok(()) => gather.text = Some(table),
        Err(Halt::Unusual) => thoroughly(table, dir, gather)?,
        Err(Halt::Refused(refusal)) => return Err(refusal),
    }
    Ok(())
}

/// What is said of the file's writing.
fn describe(table: &TextTable, second: Option<u8>, gather: &mut Gather<'_>) {
    let found = &mut gather.found;
    found.format = "csv";
    found.media_type = if table.delimiter == b'\t' {
        "text/tab-separated-values"
    } else {
        "text/csv"
    };
    found.encoding = Some(table.decoded.charset.name().into());
    found.semicolon = table.delimiter == b';';
    found.dialect = Some(Dialect {
        delimiter: char::from(table.delimiter),
        quote: table.quote.map(char::from),
        header_row: table.layout.header_row.map(|row| row as u64),
        decimal_sign: '.',
        runner_up: second.filter(|second| *second != table.delimiter).map(char::from),
    });
}

/// Counts the cells of the head: all there are, or enough for a guess.
fn count_head(table: &mut TextTable, gather: &mut Gather<'_>) -> Result<(), Halt> {
    let (subject, limits) = (gather.subject(), gather.limits());
    range::columns(&table.layout, gather)?;
    let mut tallies = gather.tallies.clone();
    let mut counters: Vec<Counter<'_>> = tallies.iter_mut().map(Counter::new).collect();
    let mut blocks = table.blocks(limits, subject)?;
    let (mut sums, mut bytes) = (Sums::default(), 0);
    let whole = loop {
        let Some(block) = blocks.next(subject)? else { break true };
        block.see_sums(&mut sums);
        counters
            .iter_mut()
            .enumerate()
            .for_each(|(column, counter)| counter.see(&block, column));
        bytes += block.bytes();
        if bytes >= HEAD_BYTES_MAX || (bytes >= HEAD_BYTES && blocks.splitter.rows >= HEAD_ROWS) {
            break false;
        }
    };
    let varied = counters.into_iter().map(Counter::finish).collect();
    let seen = blocks.seen(sums);
    table.varied = varied;
    if whole {
        gather.tallies = tallies;
        seen.note(&table.layout, gather);
    } else {
        table.guess = Some(tallies);
    }
    Ok(())
}

/// What the blocks of a whole table tell beside their cells.
pub(crate) struct Seen {
    rows: u64,
    repairs: Repairs,
    stray_quotes: u64,
    sums: Sums,
}

impl Seen {
    fn note(self, layout: &Layout, gather: &mut Gather<'_>) {
        gather.rows = self.rows;
        gather.repairs.merge(self.repairs);
        range::note_preamble(layout, gather);
        self.sums.report(gather);
        stray(self.stray_quotes, gather);
    }
}

/// Row by row into the spool: what the blocks leave alone, and what must be refused with its place.
pub(crate) fn thoroughly(mut table: TextTable, dir: &Path, gather: &mut Gather<'_>) -> Result<(), Refusal> {
    let (subject, limits) = (gather.subject(), gather.limits());
    let before = table.decoded.skip;
    table.decoded = table.decoded.in_utf8(dir, subject)?;
    table.start -= before - table.decoded.skip;
    let mut file = File::open(&table.decoded.path).map_err(|error| refuse::io(subject, error))?;
    file.seek(SeekFrom::Start(table.start))
        .map_err(|error| refuse::io(subject, error))?;
    let mut records = Csv::new(file, table.delimiter, table.quote, limits, subject);
    range::take(&mut records, &table.layout, true, gather)?;
    stray(records.stray_quotes, gather);
    Ok(())
}

fn stray(count: u64, gather: &mut Gather<'_>) {
    if count > 0 {
        gather.repairs.add_many("stray-quote", None, count, None);
    }
}

fn single(asked: Option<char>, subject: &str) -> Result<Option<u8>, Refusal> {
    match asked {
        None => Ok(None),
        Some(c) if c.is_ascii() => Ok(u8::try_from(c).ok()),
        Some(_) => Err(refuse::configuration(
            "csv-delimiter",
            subject,
            "avgränsare och citattecken ska vara ASCII-tecken",
            "delimiter and quote must be ASCII characters",
        )),
    }
}
