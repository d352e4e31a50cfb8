//! A CSV twin, read by a reader of our own: RFC 4180, UTF-8, comma, one header record.
//!
//! In: a file that Fyr wrote. Out: its header and blocks of text columns; an empty field is a missing one. It is strict: an open quote at
//! the end, text after a closing quote or a record of another width is an error.

use std::fs::File;
use std::io::{BufReader, Read as _};
use std::path::Path;

use arrow::array::{StringArray, StringBuilder};

use crate::read::BLOCK_ROWS;

#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    Start,
    Plain,
    Quoted,
    /// After a quote inside a quoted field: its end, or a doubled one.
    Closed,
}

/// Hands each record to `take`, until it answers `false`.
pub(crate) fn records(path: &Path, mut take: impl FnMut(&[Vec<u8>]) -> Result<bool, String>) -> Result<(), String> {
    let file = File::open(path).map_err(|error| error.kind().to_string())?;
    let (mut record, mut field): (Vec<Vec<u8>>, Vec<u8>) = (Vec::new(), Vec::new());
    let mut at = At::Start;
    let mut carriage = false;
    for byte in BufReader::with_capacity(1 << 16, file).bytes() {
        let byte = byte.map_err(|error| error.kind().to_string())?;
        if carriage && byte != b'\n' {
            return Err("a carriage return stands outside quotes without a line feed".to_owned());
        }
        match (at, byte) {
            (At::Quoted, b'"') => at = At::Closed,
            (At::Quoted, other) => field.push(other),
            (At::Closed, b'"') => {
                field.push(b'"');
                at = At::Quoted;
            }
            (_, b',') => {
                record.push(std::mem::take(&mut field));
                at = At::Start;
            }
            (_, b'\r') => carriage = true,
            (_, b'\n') => {
                carriage = false;
                record.push(std::mem::take(&mut field));
                if !take(&record)? {
                    return Ok(());
                }
                record.clear();
                at = At::Start;
            }
            (At::Start, b'"') => at = At::Quoted,
            (At::Closed, _) => return Err("text follows a closing quote".to_owned()),
            (_, b'"') => return Err("a quote stands inside a plain field".to_owned()),
            (_, other) => {
                field.push(other);
                at = At::Plain;
            }
        }
    }
    match at {
        At::Quoted => Err("the file ends inside quotes".to_owned()),
        At::Start if record.is_empty() && field.is_empty() => Ok(()),
        _ => {
            record.push(field);
            take(&record).map(|_| ())
        }
    }
}

/// The names of the header record.
pub(crate) fn header(path: &Path) -> Result<Vec<String>, String> {
    let mut names = None;
    records(path, |record| {
        names = Some(
            record
                .iter()
                .map(|name| text(name).map(str::to_owned))
                .collect::<Result<Vec<_>, _>>()?,
        );
        Ok(false)
    })?;
    names.ok_or_else(|| "there is no header".to_owned())
}

/// Records after the header, each as wide as it.
pub(crate) fn rows(path: &Path) -> Result<u64, String> {
    let (mut seen, mut width) = (0u64, None);
    records(path, |record| {
        if *width.get_or_insert(record.len()) != record.len() {
            return Err(format!(
                "record {seen} has {} fields, the header {}",
                record.len(),
                width.unwrap_or(0)
            ));
        }
        seen += 1;
        Ok(true)
    })?;
    Ok(seen.saturating_sub(1))
}

/// Hands the columns to `take`, block by block.
pub(crate) fn blocks(path: &Path, mut take: impl FnMut(&[StringArray])) -> Result<(), String> {
    let mut builders: Vec<StringBuilder> = Vec::new();
    let (mut held, mut first) = (0usize, true);
    let mut flush = |builders: &mut Vec<StringBuilder>| {
        let columns: Vec<StringArray> = builders.iter_mut().map(StringBuilder::finish).collect();
        take(&columns);
    };
    records(path, |record| {
        if first {
            builders.resize_with(record.len(), StringBuilder::new);
            first = false;
            return Ok(true);
        }
        if record.len() != builders.len() {
            return Err("a record is wider or narrower than the header".to_owned());
        }
        for (builder, field) in builders.iter_mut().zip(record) {
            builder.append_option(if field.is_empty() { None } else { Some(text(field)?) });
        }
        held += 1;
        if held == BLOCK_ROWS {
            flush(&mut builders);
            held = 0;
        }
        Ok(true)
    })?;
    if held > 0 {
        flush(&mut builders);
    }
    Ok(())
}

fn text(bytes: &[u8]) -> Result<&str, String> {
    std::str::from_utf8(bytes).map_err(|_| "a field is not UTF-8".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(text: &str) -> Result<u64, String> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        rows(file.path())
    }

    #[test]
    fn records_are_counted_not_lines() {
        assert_eq!(count("a,b\r\n1,\"x\r\ny\"\r\n2,\"\"\"q\"\"\"\r\n"), Ok(2));
        assert_eq!(count("a,b\n1,2\n3,4"), Ok(2), "no line feed at the end");
        assert_eq!(count("a,b\n"), Ok(0));
        assert!(count("a,b\n1,\"x").is_err(), "open quote");
        assert!(count("a,b\n1\n").is_err(), "narrow record");
        assert!(count("a,b\n\"x\"y,1\n").is_err(), "text after a quote");
    }
}
