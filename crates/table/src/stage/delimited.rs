//! Delimited text: encoding, dialect, the table on its sheet, then every record to the gatherer.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use fyr_model::Refusal;
use fyr_model::table::Dialect;

use super::csv::Csv;
use super::gather::Gather;
use super::{dialect, encoding, layout, range};
use crate::refuse;

/// Bytes looked at to find the delimiter.
const SAMPLE: u64 = 512 << 10;

/// Reads a delimited file.
pub(crate) fn read(path: &Path, dir: &Path, gather: &mut Gather<'_>) -> Result<(), Refusal> {
    let (subject, reading, limits) = (gather.subject(), gather.reading(), gather.limits());
    let failed = |error: std::io::Error| refuse::io(subject, error);
    let decoded = encoding::decode(
        path,
        dir,
        subject,
        reading.encoding.as_deref(),
        &mut gather.repairs,
        &mut gather.found.findings,
    )?;
    let mut sample = Vec::new();
    let open = |at: u64| -> std::io::Result<File> {
        let mut file = File::open(&decoded.path)?;
        file.seek(SeekFrom::Start(at))?;
        Ok(file)
    };
    open(decoded.skip)
        .and_then(|file| file.take(SAMPLE).read_to_end(&mut sample))
        .map_err(failed)?;
    // `sep=;` is a line for a spreadsheet program, not for readers.
    let mut start = decoded.skip;
    let mut stated = None;
    if let Some(rest) = sample.strip_prefix(b"sep=") {
        let line = rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len());
        stated = rest.first().copied().filter(|_| line <= 3);
        if stated.is_some() {
            start += 4 + line as u64 + 1;
            sample.drain(..(4 + line + 1).min(sample.len()));
        }
    }
    let quote = single(reading.quote, subject)?.or(Some(b'"'));
    let (found, second) = dialect::delimiter(&sample, quote, limits);
    let delimiter = single(reading.delimiter, subject)?.or(stated).unwrap_or(found);
    let mut records = Csv::new(open(start).map_err(failed)?, delimiter, quote, limits, subject);
    let rows = range::sample(&mut records, limits.sniff_rows_max)?;
    let Some(layout) = layout::find(&rows, reading) else {
        return Err(refuse::unreadable(
            "empty-table",
            subject,
            "filen har inga rader",
            "the file has no rows",
        ));
    };
    drop(rows);
    gather.found.format = "csv";
    gather.found.media_type = if delimiter == b'\t' {
        "text/tab-separated-values"
    } else {
        "text/csv"
    };
    gather.found.encoding = Some(decoded.charset.name().into());
    gather.found.semicolon = delimiter == b';';
    gather.found.dialect = Some(Dialect {
        delimiter: char::from(delimiter),
        quote: quote.map(char::from),
        header_row: layout.header_row.map(|row| row as u64),
        decimal_sign: '.',
        runner_up: second.filter(|second| *second != delimiter).map(char::from),
    });
    let mut records = Csv::new(open(start).map_err(failed)?, delimiter, quote, limits, subject);
    range::take(&mut records, &layout, true, gather)?;
    if records.stray_quotes > 0 {
        gather.repairs.add_many("stray-quote", None, records.stray_quotes, None);
    }
    Ok(())
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
