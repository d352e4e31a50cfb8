//! Delimited text: encoding, dialect, the table on its sheet, then every record to the gatherer.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};

use fyr_model::Refusal;
use fyr_model::limits::TableLimits;
use fyr_model::table::Dialect;

use super::count::Counter;
use super::csv::Csv;
use super::encoding::Decoded;
use super::gather::Gather;
use super::layout::Layout;
use super::range::Sums;
use super::split::{Block, Splitter, Unusual};
use super::text_block::{PieceReader, Pieces, Stop};
use super::{before, dialect, encoding, lanes, layout, range};
use crate::refuse;

/// Bytes looked at to find the delimiter.
const SAMPLE: u64 = 512 << 10;

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
    varied: Vec<bool>,
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
        Ok(Pieces::new(file, self.decoded.characters.clone()))
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

/// Reads a delimited file: every cell is counted; the rows are read again when the types are settled.
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
    )?;
    table.layout = layout::find(&rows, reading)
        .ok_or_else(|| refuse::unreadable("empty-table", subject, "filen har inga rader", "the file has no rows"))?;
    drop(rows);
    describe(&table, second, gather);
    let quick = if reading.skip_after.is_some() {
        None
    } else {
        count(&mut table, gather)?
    };
    match quick {
        Some(()) => gather.text = Some(table),
        None => thoroughly(table, dir, gather)?,
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

/// Counts every cell, by blocks and on all cores; nothing when the thorough reader must look at the file.
fn count(table: &mut TextTable, gather: &mut Gather<'_>) -> Result<Option<()>, Refusal> {
    let subject = gather.subject();
    let limits = gather.limits();
    range::columns(&table.layout, gather)?;
    let mut tallies = gather.tallies.clone();
    let mut blocks = table.blocks(limits, subject)?;
    let threads = lanes::threads();
    let mut shares: Vec<Vec<(usize, Counter<'_>)>> = (0..threads).map(|_| Vec::new()).collect();
    for (column, tally) in tallies.iter_mut().enumerate() {
        if let Some(share) = shares.get_mut(column % threads) {
            share.push((column, Counter::new(tally)));
        }
    }
    let mut sums = Sums::default();
    let mut varied = vec![false; shares.iter().map(Vec::len).sum()];
    let halt = std::thread::scope(|scope| {
        let (mut doors, mut hands) = (Vec::new(), Vec::new());
        for share in shares {
            let (door, messages) = sync_channel(4);
            doors.push(door);
            hands.push(scope.spawn(move || count_columns(share, messages)));
        }
        let halt = loop {
            match blocks.next(subject) {
                Ok(None) => break None,
                Err(halt) => break Some(halt),
                Ok(Some(block)) => {
                    block.see_sums(&mut sums);
                    let block = Arc::new(block);
                    // A thread that is gone has panicked; the scope passes that on.
                    doors.iter().for_each(|door| drop(door.send(block.clone())));
                }
            }
        };
        drop(doors);
        for (column, high) in hands.into_iter().filter_map(|hand| hand.join().ok()).flatten() {
            if let Some(place) = varied.get_mut(column) {
                *place = high;
            }
        }
        halt
    });
    match halt {
        Some(Halt::Refused(refusal)) => return Err(refusal),
        Some(Halt::Unusual) => return Ok(None),
        None => {}
    }
    gather.tallies = tallies;
    gather.rows = blocks.splitter.rows;
    gather.repairs.merge(blocks.splitter.repairs);
    range::note_preamble(&table.layout, gather);
    sums.report(gather);
    stray(blocks.splitter.stray_quotes, gather);
    table.varied = varied;
    Ok(Some(()))
}

/// A thread's columns, block by block; gives which of them hold mostly different numbers.
fn count_columns(mut share: Vec<(usize, Counter<'_>)>, messages: Receiver<Arc<Block>>) -> Vec<(usize, bool)> {
    for block in messages {
        for (column, counter) in &mut share {
            counter.see(&block, *column);
        }
    }
    share.into_iter().map(|(column, counter)| (column, counter.finish())).collect()
}

/// Row by row into the spool: what the blocks leave alone, and what must be refused with its place.
fn thoroughly(mut table: TextTable, dir: &Path, gather: &mut Gather<'_>) -> Result<(), Refusal> {
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
