//! Cells of a data cube on disk, by their number: written in any order, read in any order, never all in memory.
//!
//! In: a number and what stands there. Out: the same, from any place on. Every cell has 32 bytes, so that a sparse or turned cube is read
//! without holding it; the few texts that do not fit lie beside, bounded. Removed from the private folder when it is dropped.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufWriter, Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use fyr_model::Refusal;

use super::marker::Marker;
use crate::refuse;

/// Bytes of one cell on disk: a tag, a length, and a text.
const SIZE: usize = 32;
/// Bytes of all buffers of a reading.
const BUFFERS: usize = 8 << 20;
/// Bytes of texts that lie beside.
const BESIDE_MAX: usize = 32 << 20;

const NUMBER: u8 = 2;
const TEXT: u8 = 3;
const NULL: u8 = 4;
const TRUE: u8 = 5;
const FALSE: u8 = 6;
const MISSING: u8 = 64;
/// In place of a length: the text lies beside.
const BESIDE: u8 = u8::MAX;

/// What stands in a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Value<'a> {
    /// Nothing was written.
    Hole,
    /// The source says null.
    Null,
    Number(&'a str),
    Text(&'a str),
    Boolean(bool),
    Missing(Marker),
}

pub(crate) struct Cells {
    path: PathBuf,
    out: Option<BufWriter<File>>,
    next: u64,
    beside: HashMap<u64, String>,
    beside_bytes: usize,
    subject: String,
}

impl Cells {
    pub(crate) fn new(dir: &Path, name: &str, subject: &str) -> Result<Self, Refusal> {
        let path = dir.join(name);
        let file = File::create(&path).map_err(|error| refuse::io(subject, error))?;
        Ok(Self {
            path,
            out: Some(BufWriter::with_capacity(1 << 17, file)),
            next: 0,
            beside: HashMap::new(),
            beside_bytes: 0,
            subject: subject.to_owned(),
        })
    }

    /// Writes one cell; a later one at the same place wins.
    pub(crate) fn put(&mut self, index: u64, value: Value<'_>) -> Result<(), Refusal> {
        let (tag, text) = match value {
            Value::Hole => (0, ""),
            Value::Null => (NULL, ""),
            Value::Boolean(true) => (TRUE, ""),
            Value::Boolean(false) => (FALSE, ""),
            Value::Number(text) => (NUMBER, text),
            Value::Text(text) => (TEXT, text),
            Value::Missing(marker) => (MISSING.saturating_add(u8::try_from(marker).unwrap_or(0)), ""),
        };
        let mut record = [0u8; SIZE];
        let mut length = BESIDE;
        match record.get_mut(2..2 + text.len()) {
            Some(room) => {
                room.copy_from_slice(text.as_bytes());
                length = u8::try_from(text.len()).unwrap_or(BESIDE);
            }
            None => self.lay_beside(index, text)?,
        }
        let [first, second, ..] = &mut record;
        (*first, *second) = (tag, length);
        let Some(out) = &mut self.out else {
            return Err(refuse::engine(&self.subject, "cells"));
        };
        let written = (|| {
            if index != self.next {
                out.seek(SeekFrom::Start(index.saturating_mul(SIZE as u64)))?;
            }
            out.write_all(&record)
        })();
        self.next = index + 1;
        written.map_err(|error: std::io::Error| refuse::io(&self.subject, error))
    }
    fn lay_beside(&mut self, index: u64, text: &str) -> Result<(), Refusal> {
        self.beside_bytes += text.len();
        if self.beside_bytes > BESIDE_MAX {
            return Err(refuse::unreadable(
                "cube-texts-too-long",
                &self.subject,
                format!("tabellens långa celler är mer än {BESIDE_MAX} byte"),
                format!("the long cells of the table are more than {BESIDE_MAX} bytes"),
            ));
        }
        self.beside.insert(index, text.to_owned());
        Ok(())
    }
    /// Ends writing.
    pub(crate) fn close(&mut self) -> Result<(), Refusal> {
        if let Some(mut out) = self.out.take() {
            out.flush().map_err(|error| refuse::io(&self.subject, error))?;
        }
        Ok(())
    }
    /// Readers over the same cells, each from a place of its own; cells past the end are holes. They share one open file, and so many
    /// bytes of buffer that a table of thousands of columns needs no more memory than one of two.
    pub(crate) fn read(&self, starts: &[u64]) -> Result<Vec<CellsFrom<'_>>, Refusal> {
        let file = Rc::new(File::open(&self.path).map_err(|error| refuse::io(&self.subject, error))?);
        let room = (BUFFERS / starts.len().max(1) / SIZE).clamp(8, 512) * SIZE;
        let from = |start: &u64| CellsFrom {
            file: file.clone(),
            buffer: vec![0; room],
            held: 0..0,
            index: *start,
            cells: self,
        };
        Ok(starts.iter().map(from).collect())
    }
}

impl Drop for Cells {
    fn drop(&mut self) {
        // The folder is private and wiped with the worker; a file that cannot be removed is no reason to fail.
        let _ = std::fs::remove_file(&self.path);
    }
}

pub(crate) struct CellsFrom<'a> {
    file: Rc<File>,
    buffer: Vec<u8>,
    /// The cells that the buffer holds.
    held: std::ops::Range<u64>,
    index: u64,
    cells: &'a Cells,
}

impl CellsFrom<'_> {
    pub(crate) fn next(&mut self) -> Result<Value<'_>, Refusal> {
        let index = self.index;
        self.index += 1;
        if !self.held.contains(&index) {
            self.fill(index)?;
        }
        let at = usize::try_from(index - self.held.start).unwrap_or(0) * SIZE;
        let Some([tag, length, text @ ..]) = self.buffer.get(at..at + SIZE) else {
            return Ok(Value::Hole);
        };
        let text = if *length == BESIDE {
            self.cells.beside.get(&index).map_or("", String::as_str)
        } else {
            std::str::from_utf8(text.get(..usize::from(*length)).unwrap_or_default()).unwrap_or_default()
        };
        Ok(match *tag {
            NUMBER => Value::Number(text),
            TEXT => Value::Text(text),
            NULL => Value::Null,
            TRUE => Value::Boolean(true),
            FALSE => Value::Boolean(false),
            MISSING.. => Value::Missing(usize::from(*tag - MISSING)),
            _ => Value::Hole,
        })
    }
    /// Fills the buffer from a cell on; what lies past the end of the file is zeros, that is holes.
    fn fill(&mut self, index: u64) -> Result<(), Refusal> {
        self.buffer.fill(0);
        let start = index.saturating_mul(SIZE as u64);
        let mut filled = 0;
        while let Some(room) = self.buffer.get_mut(filled..).filter(|room| !room.is_empty()) {
            let read = self.file.read_at(room, start + filled as u64);
            match read.map_err(|error| refuse::io(&self.cells.subject, error))? {
                0 => break,
                read => filled += read,
            }
        }
        self.held = index..index + (self.buffer.len() / SIZE) as u64;
        Ok(())
    }
    pub(crate) fn skip(&mut self, cells: u64) {
        self.index = self.index.saturating_add(cells);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_come_back_from_any_place_in_any_order() {
        let dir = tempfile::TempDir::new().unwrap();
        let mut cells = Cells::new(dir.path(), "prov", "prov").unwrap();
        let long = "9".repeat(40);
        cells.put(5, Value::Number("12.5")).unwrap();
        cells.put(0, Value::Missing(8)).unwrap();
        cells.put(1, Value::Text(&long)).unwrap();
        cells.close().unwrap();
        let mut all = cells.read(&[0, 5]).unwrap();
        let from = &mut all[0];
        assert_eq!(from.next().unwrap(), Value::Missing(8));
        assert_eq!(from.next().unwrap(), Value::Text(&long));
        assert_eq!(from.next().unwrap(), Value::Hole);
        from.skip(2);
        assert_eq!(from.next().unwrap(), Value::Number("12.5"));
        assert_eq!(from.next().unwrap(), Value::Hole);
        assert_eq!(all[1].next().unwrap(), Value::Number("12.5"));
    }
}
