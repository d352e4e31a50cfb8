//! The screen of Turtle, TriG, N-Triples and N-Quads: nesting, triple terms, and whether graph blocks follow.

use fyr_model::{Position, Refusal};

use super::{depth_refused, too_deep};
use crate::refuse::{find, position, unreadable};

/// What the screen learns of a document that passes.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Seen {
    /// Whether a `{` stands outside texts: TriG.
    pub(crate) graph_block: bool,
}

/// Screens a text of the Turtle family.
pub(crate) fn screen(bytes: &[u8], subject: &str, depth_max: usize) -> Result<Seen, Refusal> {
    let mut seen = Seen::default();
    let mut depth = 0usize;
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'#' => at = find(bytes, b"\n", at).unwrap_or(bytes.len()),
            b'"' | b'\'' => at = quoted_end(bytes, at, *byte),
            b'\\' => at += 1,
            b'<' if bytes.get(at + 1) == Some(&b'<') => return Err(triple_term(subject, bytes, at)),
            b'<' => at = iri_end(bytes, at),
            b'(' | b'[' | b'{' => {
                seen.graph_block |= *byte == b'{';
                depth += 1;
                if depth > depth_max {
                    return Err(too_deep(subject, bytes, at, depth_max));
                }
            }
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        at += 1;
    }
    Ok(seen)
}

/// [`screen`] of a document that is read piece by piece.
pub(crate) fn screen_stream(mut from: impl std::io::Read, subject: &str, depth_max: usize) -> std::io::Result<Result<Seen, Refusal>> {
    let mut scan = Scan::default();
    let mut piece = vec![0u8; 1 << 20];
    loop {
        let length = from.read(&mut piece)?;
        if length == 0 {
            return Ok(Ok(scan.seen));
        }
        for byte in piece.get(..length).unwrap_or_default() {
            if let Err(refusal) = scan.take(*byte, subject, depth_max) {
                return Ok(Err(refusal));
            }
        }
    }
}

/// Where a scan byte by byte stands.
#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum State {
    #[default]
    Outside,
    Comment,
    /// After a first `<`.
    Less,
    Iri,
    /// After one or two quotes.
    Opening(u8, u8),
    Short(u8),
    /// With so many quotes in a row.
    Long(u8, u8),
}

#[derive(Default)]
struct Scan {
    state: State,
    escaped: bool,
    depth: usize,
    seen: Seen,
    line: u64,
    column: u64,
    offset: u64,
}

impl Scan {
    fn take(&mut self, byte: u8, subject: &str, depth_max: usize) -> Result<(), Refusal> {
        if self.escaped {
            self.escaped = false;
        } else {
            self.state = self.next(byte, subject, depth_max)?;
        }
        self.offset += 1;
        match byte {
            b'\n' => (self.line, self.column) = (self.line + 1, 0),
            byte if (byte & 0xC0) != 0x80 => self.column += 1,
            _ => {}
        }
        Ok(())
    }

    fn next(&mut self, byte: u8, subject: &str, depth_max: usize) -> Result<State, Refusal> {
        Ok(match self.state {
            State::Outside => return self.outside(byte, subject, depth_max),
            State::Comment if byte == b'\n' => State::Outside,
            State::Comment => State::Comment,
            State::Less if byte == b'<' => return Err(term_refused(subject).at(self.place(1))),
            State::Less | State::Iri if byte == b'>' || byte.is_ascii_whitespace() => State::Outside,
            State::Less | State::Iri => State::Iri,
            State::Opening(quote, 1) if byte == quote => State::Opening(quote, 2),
            State::Opening(quote, 1) => self.short(byte, quote),
            State::Opening(quote, _) if byte == quote => State::Long(quote, 0),
            State::Opening(..) => return self.outside(byte, subject, depth_max),
            State::Short(quote) => self.short(byte, quote),
            State::Long(quote, 2) if byte == quote => State::Outside,
            State::Long(quote, run) if byte == quote => State::Long(quote, run + 1),
            State::Long(quote, _) => {
                self.escaped = byte == b'\\';
                State::Long(quote, 0)
            }
        })
    }

    fn short(&mut self, byte: u8, quote: u8) -> State {
        self.escaped = byte == b'\\';
        if byte == quote || byte == b'\n' {
            State::Outside
        } else {
            State::Short(quote)
        }
    }

    fn outside(&mut self, byte: u8, subject: &str, depth_max: usize) -> Result<State, Refusal> {
        match byte {
            b'#' => return Ok(State::Comment),
            b'"' | b'\'' => return Ok(State::Opening(byte, 1)),
            b'<' => return Ok(State::Less),
            b'\\' => self.escaped = true,
            b'(' | b'[' | b'{' => {
                self.seen.graph_block |= byte == b'{';
                self.depth += 1;
                if self.depth > depth_max {
                    return Err(depth_refused(subject, depth_max).at(self.place(0)));
                }
            }
            b')' | b']' | b'}' => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
        Ok(State::Outside)
    }

    fn place(&self, back: u64) -> Position {
        Position {
            line: self.line + 1,
            column: (self.column + 1).saturating_sub(back),
            offset: self.offset.saturating_sub(back),
        }
    }
}

/// Statements about statements (RDF 1.2) have no place in a catalogue and nest without end.
pub(crate) fn triple_term(subject: &str, bytes: &[u8], at: usize) -> Refusal {
    term_refused(subject).at(position(bytes, at))
}

fn term_refused(subject: &str) -> Refusal {
    unreadable(
        "triple-term",
        subject,
        "påståenden om påståenden (trippeltermer) tas inte emot",
        "statements about statements (triple terms) are not accepted",
    )
}

/// The last byte of the text that opens at `at` with `quote`, single or tripled.
fn quoted_end(bytes: &[u8], at: usize, quote: u8) -> usize {
    let long = bytes.get(at..at + 3) == Some(&[quote; 3]);
    let mut here = at + if long { 3 } else { 1 };
    while let Some(byte) = bytes.get(here) {
        match byte {
            b'\\' => here += 2,
            b if *b == quote && !long => return here,
            b if *b == quote && bytes.get(here..here + 3) == Some(&[quote; 3]) => return here + 2,
            // A short text cannot hold a line break: the parser will say so.
            b'\n' if !long => return here,
            _ => here += 1,
        }
    }
    bytes.len()
}

fn iri_end(bytes: &[u8], at: usize) -> usize {
    let rest = bytes.get(at + 1..).unwrap_or_default();
    let end = rest.iter().position(|b| *b == b'>' || b.is_ascii_whitespace());
    end.map_or(bytes.len(), |length| at + 1 + length)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn piece_by_piece_the_same_is_seen(text in "[<>\"'\\\\#(\\[{})a å\n]{0,40}") {
            let whole = screen(text.as_bytes(), "s", 2);
            let pieces = screen_stream(text.as_bytes(), "s", 2).unwrap();
            prop_assert_eq!(whole.map(|seen| seen.graph_block), pieces.map(|seen| seen.graph_block));
        }
    }
}
