//! Pieces of a text file, as UTF-8 whatever its bytes are: read once from front to back, single-byte sets turned on the way.
//!
//! In: a file and its character set. Out: pieces of text; what a reader did not use of one is put before the next. Knows nothing of records.

use std::fs::File;
use std::io::Read;

/// Bytes read at a time: small enough that a piece and what is learnt of it stay in a core's cache, and for tables of many columns enough
/// for some hundred rows, since each column has work to pick up and lay down again.
const PIECE: usize = 1 << 17;
const PIECE_MAX: usize = 1 << 22;
const COLUMN_BYTES: usize = 1 << 13;

/// The UTF-8 of each byte from 80 on, in a single-byte character set.
pub(crate) type Characters = Vec<([u8; 3], usize)>;

pub(crate) struct Pieces {
    input: File,
    characters: Option<Characters>,
    raw: Vec<u8>,
    /// The end of the last piece that is not yet text or not yet used.
    rest: Vec<u8>,
    ended: bool,
    piece: usize,
}

/// Why no further text can be had.
#[derive(Debug)]
pub(crate) enum Stop {
    Io(std::io::Error),
    /// Bytes that are no UTF-8 in a file that is said to be.
    NotText,
}

impl Pieces {
    /// From where `input` stands, for a table of so many columns.
    pub(crate) fn new(input: File, characters: Option<Characters>, columns: usize) -> Self {
        let piece = (columns * COLUMN_BYTES).clamp(PIECE, PIECE_MAX);
        Self {
            input,
            characters,
            raw: vec![0; piece],
            rest: Vec::new(),
            ended: false,
            piece,
        }
    }
    /// The next piece, with what was put back before it, and whether the file ends with it. Nothing when all has been given.
    pub(crate) fn next(&mut self) -> Result<Option<(String, bool)>, Stop> {
        if self.ended {
            return Ok(None);
        }
        let mut text = std::mem::take(&mut self.rest);
        text.reserve(self.piece + self.piece / 8);
        let mut filled = 0;
        while filled < self.piece {
            let room = self.raw.get_mut(filled..).unwrap_or_default();
            let read = self.input.read(room).map_err(Stop::Io)?;
            if read == 0 {
                self.ended = true;
                break;
            }
            filled += read;
        }
        let raw = self.raw.get(..filled).unwrap_or_default();
        match &self.characters {
            None => text.extend_from_slice(raw),
            Some(characters) => turn(raw, characters, &mut text),
        }
        let text = match String::from_utf8(text) {
            Ok(text) => text,
            Err(error) => self.whole_characters(error)?,
        };
        Ok(Some((text, self.ended)))
    }
    /// Puts unused text before the next piece.
    pub(crate) fn put_back(&mut self, unused: &[u8]) {
        let mut rest = unused.to_vec();
        rest.append(&mut self.rest);
        self.rest = rest;
    }
    /// A character may be cut at the end of a piece: its bytes wait for the next.
    fn whole_characters(&mut self, error: std::string::FromUtf8Error) -> Result<String, Stop> {
        let good = error.utf8_error().valid_up_to();
        let cut = error.utf8_error().error_len().is_none() && !self.ended;
        let mut bytes = error.into_bytes();
        if !cut {
            return Err(Stop::NotText);
        }
        self.rest = bytes.split_off(good);
        String::from_utf8(bytes).map_err(|_| Stop::NotText)
    }
}

/// The text as a stream, for a reader of records.
pub(crate) struct PieceReader {
    pieces: Pieces,
    text: Vec<u8>,
    at: usize,
}

impl PieceReader {
    pub(crate) fn new(pieces: Pieces) -> Self {
        Self {
            pieces,
            text: Vec::new(),
            at: 0,
        }
    }
}

impl Read for PieceReader {
    fn read(&mut self, room: &mut [u8]) -> std::io::Result<usize> {
        if self.at == self.text.len() {
            let next = match self.pieces.next() {
                Err(Stop::Io(error)) => return Err(error),
                Err(Stop::NotText) => return Err(std::io::ErrorKind::InvalidData.into()),
                Ok(next) => next,
            };
            (self.text, self.at) = (next.map_or_else(Vec::new, |(text, _)| text.into_bytes()), 0);
        }
        let mut rest = self.text.get(self.at..).unwrap_or_default();
        let read = rest.read(room)?;
        self.at += read;
        Ok(read)
    }
}

/// Appends single-byte text as UTF-8; runs of ASCII are copied whole.
fn turn(raw: &[u8], characters: &Characters, text: &mut Vec<u8>) {
    let mut rest = raw;
    while !rest.is_empty() {
        let plain = ascii_prefix(rest);
        let (ascii, others) = rest.split_at(plain);
        text.extend_from_slice(ascii);
        let Some((byte, after)) = others.split_first() else { break };
        if let Some((utf8, length)) = characters.get(usize::from(byte & 0x7f)) {
            text.extend_from_slice(utf8.get(..*length).unwrap_or_default());
        }
        rest = after;
    }
}

/// How many bytes at the front are ASCII, eight at a time.
pub(crate) fn ascii_prefix(bytes: &[u8]) -> usize {
    let mut at = 0;
    for word in bytes.chunks_exact(8) {
        let high = word.try_into().map(u64::from_le_bytes).unwrap_or(u64::MAX) & 0x8080_8080_8080_8080;
        if high != 0 {
            return at + high.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    at + bytes
        .get(at..)
        .unwrap_or_default()
        .iter()
        .take_while(|byte| byte.is_ascii())
        .count()
}

#[cfg(test)]
mod tests {
    use std::io::{Seek, Write};

    use super::*;

    #[test]
    fn characters_cut_by_a_piece_are_whole_again() {
        let mut file = tempfile::tempfile().unwrap();
        let text = format!("{}åäö{}", "x".repeat(PIECE - 1), "ö".repeat(PIECE));
        file.write_all(text.as_bytes()).unwrap();
        file.rewind().unwrap();
        let mut pieces = Pieces::new(file, None, 1);
        let mut found = String::new();
        while let Some((piece, _)) = pieces.next().unwrap() {
            // Half of each piece is put back and comes again.
            let half = (piece.len() / 2..).find(|at| piece.is_char_boundary(*at)).unwrap();
            found.push_str(&piece[..half]);
            if pieces.ended {
                found.push_str(&piece[half..]);
            } else {
                pieces.put_back(&piece.as_bytes()[half..]);
            }
        }
        assert_eq!(found, text);
    }

    #[test]
    fn ascii_runs_are_counted_to_the_byte() {
        for length in 0..40 {
            let mut bytes = vec![b'a'; 40];
            bytes[length] = 0xe5;
            assert_eq!(ascii_prefix(&bytes), length);
        }
        assert_eq!(ascii_prefix(b"abc"), 3);
    }
}
