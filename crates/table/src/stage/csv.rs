//! Records of delimited text: quoted newlines and delimiters, doubled quotes, stray quotes, CR, LF and CRLF mixed, all within the limits of H24.
//!
//! In: UTF-8 text and a dialect. Out: one [`Row`] a record, in order, with the byte offset of its start. A quote that is never closed, a
//! giant field or record and too many columns stop with their place; the text itself is never shown.

use std::io::Read;

use fyr_model::limits::TableLimits;
use fyr_model::{Position, Refusal, Text};

use super::cell::Row;
use super::gather::too_many_columns;
use crate::refuse;

/// Rows in file order, one at a time.
pub(crate) trait Records {
    /// Fills `row`; false at the end. A blank record is a row without cells or with one empty cell.
    fn next(&mut self, row: &mut Row) -> Result<bool, Refusal>;
}

pub(crate) struct Csv<'a, R> {
    input: R,
    buffer: Vec<u8>,
    at: usize,
    end: usize,
    offset: u64,
    line: u64,
    delimiter: u8,
    quote: Option<u8>,
    limits: &'a TableLimits,
    subject: &'a str,
    /// A sample ends in the middle of things: no fault then.
    lenient: bool,
    /// Quotes in plain text or after a closing quote, so far.
    pub(crate) stray_quotes: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Start,
    Plain,
    Quoted,
    Closed,
}

impl<'a, R: Read> Csv<'a, R> {
    pub(crate) fn new(input: R, delimiter: u8, quote: Option<u8>, limits: &'a TableLimits, subject: &'a str) -> Self {
        Self {
            input,
            buffer: vec![0; 1 << 16],
            at: 0,
            end: 0,
            offset: 0,
            line: 1,
            delimiter,
            quote,
            limits,
            subject,
            lenient: false,
            stray_quotes: 0,
        }
    }
    pub(crate) fn lenient(mut self) -> Self {
        self.lenient = true;
        self
    }

    /// Bytes used so far.
    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    fn peek(&mut self) -> Result<Option<u8>, Refusal> {
        if self.at == self.end {
            self.end = self.input.read(&mut self.buffer).map_err(|error| refuse::io(self.subject, error))?;
            self.at = 0;
            if self.end == 0 {
                return Ok(None);
            }
        }
        Ok(self.buffer.get(self.at).copied())
    }
    fn step(&mut self) {
        self.at += 1;
        self.offset += 1;
    }

    fn stop(&self, id: &str, line: u64, offset: u64, sv: String, en: String) -> Refusal {
        refuse::unreadable(id, self.subject, sv, en).at(Position { line, column: 0, offset })
    }
    fn unclosed(&self, opened: (u64, u64)) -> Refusal {
        self.stop(
            "csv-unclosed-quote",
            opened.0,
            opened.1,
            format!("citattecknet på rad {} avslutas aldrig", opened.0),
            format!("the quote on line {} is never closed", opened.0),
        )
        .hint(Text::new(
            "dubbla citattecken inuti ett fält (\"\") eller skriv quote under [reading]",
            "double quotes inside a field (\"\"), or write quote under [reading]",
        ))
    }

    fn bounds(&self, row: &Row, opened: Option<(u64, u64)>) -> Result<(), Refusal> {
        if row.open_bytes() > self.limits.field_bytes_max {
            let limit = self.limits.field_bytes_max;
            let (line, offset) = opened.unwrap_or((self.line, self.offset));
            let refusal = self.stop(
                "csv-field-too-long",
                line,
                offset,
                format!("ett fält är längre än {limit} byte"),
                format!("a field is longer than {limit} bytes"),
            );
            return Err(match opened {
                Some(_) => refusal.hint(Text::new(
                    "fältet öppnas av ett citattecken här; kanske saknas det avslutande",
                    "the field is opened by a quote here; the closing one may be missing",
                )),
                None => refusal,
            });
        }
        if row.bytes() > self.limits.record_bytes_max {
            let limit = self.limits.record_bytes_max;
            return Err(self.stop(
                "csv-record-too-long",
                self.line,
                self.offset,
                format!("en post är längre än {limit} byte"),
                format!("a record is longer than {limit} bytes"),
            ));
        }
        Ok(())
    }
    fn close(&self, row: &mut Row, quoted: bool) -> Result<(), Refusal> {
        row.end_text(quoted);
        if row.len() > self.limits.columns_max && !self.lenient {
            return Err(too_many_columns(self.subject, self.limits.columns_max, Some(self.offset)));
        }
        Ok(())
    }
    /// Takes CR, LF or CRLF.
    fn newline(&mut self, byte: u8) -> Result<(), Refusal> {
        self.step();
        if byte == b'\r' && self.peek()? == Some(b'\n') {
            self.step();
        }
        self.line += 1;
        Ok(())
    }
}

impl<R: Read> Records for Csv<'_, R> {
    fn next(&mut self, row: &mut Row) -> Result<bool, Refusal> {
        row.clear();
        let mut state = State::Start;
        let mut quoted = false;
        let mut opened = None;
        let mut any = false;
        loop {
            let Some(byte) = self.peek()? else {
                if state == State::Quoted && !self.lenient {
                    return Err(self.unclosed(opened.unwrap_or((self.line, self.offset))));
                }
                if any {
                    self.close(row, quoted)?;
                }
                return Ok(any);
            };
            any = true;
            let newline = matches!(byte, b'\n' | b'\r');
            match state {
                State::Quoted if Some(byte) == self.quote => state = State::Closed,
                State::Quoted => {
                    if byte == b'\n' {
                        self.line += 1;
                    }
                    row.push_byte(byte);
                    self.bounds(row, opened)?;
                }
                State::Closed if Some(byte) == self.quote => {
                    row.push_byte(byte);
                    state = State::Quoted;
                }
                _ if byte == self.delimiter => {
                    self.close(row, quoted)?;
                    (state, quoted, opened) = (State::Start, false, None);
                }
                _ if newline => {
                    self.newline(byte)?;
                    self.close(row, quoted)?;
                    return Ok(true);
                }
                State::Start if Some(byte) == self.quote => {
                    (state, quoted, opened) = (State::Quoted, true, Some((self.line, self.offset)));
                }
                State::Closed if byte == b' ' => {}
                State::Start | State::Plain | State::Closed => {
                    if state == State::Closed || Some(byte) == self.quote {
                        self.stray_quotes += 1;
                    }
                    row.push_byte(byte);
                    state = State::Plain;
                    self.bounds(row, None)?;
                }
            }
            self.step();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&[&str]]) {
        let limits = TableLimits::default();
        let mut csv = Csv::new(text.as_bytes(), b';', Some(b'"'), &limits, "prov");
        let mut row = Row::default();
        let mut found: Vec<Vec<String>> = Vec::new();
        while csv.next(&mut row).unwrap() {
            found.push((0..row.len()).map(|index| row.text(index).to_owned()).collect());
        }
        assert_eq!(found, expected, "{text:?}");
    }

    #[test]
    fn records_end_at_any_newline_outside_quotes() {
        check("a;b\r\nc;d\re;f\ng;h", &[&["a", "b"], &["c", "d"], &["e", "f"], &["g", "h"]]);
        check("\"a\nb\";c\n", &[&["a\nb", "c"]]);
        check("\"a;\"\"b\"\"\";c\n", &[&["a;\"b\"", "c"]]);
        check("a;5\" rör\nb;\"x\"y\n", &[&["a", "5\" rör"], &["b", "xy"]]);
        check("\"a\" ;b\n", &[&["a", "b"]]);
        check("a;\n\nb;", &[&["a", ""], &[""], &["b", ""]]);
        check("", &[]);
    }

    #[test]
    fn an_empty_text_is_told_from_nothing() {
        let limits = TableLimits::default();
        let mut csv = Csv::new(&b"\"\";"[..], b';', Some(b'"'), &limits, "prov");
        let mut row = Row::default();
        assert!(csv.next(&mut row).unwrap());
        assert_eq!(row.get(0), super::super::cell::Cell::Text { text: "", quoted: true });
        assert_eq!(row.get(1), super::super::cell::Cell::Text { text: "", quoted: false });
    }
}
