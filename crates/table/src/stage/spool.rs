//! The spool: rows on disk between the pass that learns the types and the pass that uses them.
//!
//! In: rows of any reader. Out: the same rows in the same order, as often as wanted. Types are settled on the whole file, and no reader
//! need be able to read twice. Lies in the worker's private folder and is removed when the table is written.

use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use fyr_model::Refusal;

use super::cell::Row;
use crate::refuse;

pub(crate) struct Spool {
    path: PathBuf,
    out: Option<BufWriter<File>>,
    subject: String,
}

impl Spool {
    pub(crate) fn new(dir: &Path, subject: &str) -> Result<Self, Refusal> {
        let path = dir.join("rows.spool");
        let file = File::create(&path).map_err(|error| refuse::io(subject, error))?;
        Ok(Self {
            path,
            out: Some(BufWriter::with_capacity(1 << 18, file)),
            subject: subject.to_owned(),
        })
    }
    pub(crate) fn push(&mut self, row: &Row) -> Result<(), Refusal> {
        let Some(out) = &mut self.out else {
            return Err(refuse::engine(&self.subject, "spool"));
        };
        let written = (|| {
            put(out, row.len() as u64)?;
            for index in 0..row.len() {
                let (tag, bytes) = row.raw(index).unwrap_or((0, &[]));
                out.write_all(&[tag])?;
                if tag_has_bytes(tag) {
                    put(out, bytes.len() as u64)?;
                    out.write_all(bytes)?;
                }
            }
            Ok(())
        })();
        written.map_err(|error: std::io::Error| refuse::io(&self.subject, error))
    }
    /// The private folder.
    pub(crate) fn folder(&self) -> Option<&Path> {
        self.path.parent()
    }
    /// Ends writing and gives a reader over all rows.
    pub(crate) fn read(&mut self) -> Result<SpoolReader, Refusal> {
        if let Some(mut out) = self.out.take() {
            out.flush().map_err(|error| refuse::io(&self.subject, error))?;
        }
        let file = File::open(&self.path).map_err(|error| refuse::io(&self.subject, error))?;
        Ok(SpoolReader {
            input: BufReader::with_capacity(1 << 18, file),
            buffer: Vec::new(),
            subject: self.subject.clone(),
        })
    }
}

impl Drop for Spool {
    fn drop(&mut self) {
        // The folder is private and wiped with the worker; a spool that cannot be removed is no reason to fail.
        let _ = std::fs::remove_file(&self.path);
    }
}

pub(crate) struct SpoolReader {
    input: BufReader<File>,
    buffer: Vec<u8>,
    subject: String,
}

impl SpoolReader {
    /// Fills `row` with the next row; false at the end.
    pub(crate) fn next(&mut self, row: &mut Row) -> Result<bool, Refusal> {
        row.clear();
        let read = (|| {
            let Some(cells) = get(&mut self.input)? else { return Ok(false) };
            for _ in 0..cells {
                let mut tag = [0u8; 1];
                self.input.read_exact(&mut tag)?;
                let [tag] = tag;
                self.buffer.clear();
                if tag_has_bytes(tag) {
                    let length = get(&mut self.input)?.unwrap_or(0);
                    self.input.by_ref().take(length).read_to_end(&mut self.buffer)?;
                }
                row.push_raw(tag, &self.buffer);
            }
            Ok(true)
        })();
        read.map_err(|error: std::io::Error| refuse::io(&self.subject, error))
    }
}

fn tag_has_bytes(tag: u8) -> bool {
    matches!(tag, 2 | 3 | 4 | 7 | 9)
}

fn put(out: &mut impl Write, mut value: u64) -> std::io::Result<()> {
    while value >= 0x80 {
        out.write_all(&[(value as u8) | 0x80])?;
        value >>= 7;
    }
    out.write_all(&[value as u8])
}

fn get(input: &mut impl Read) -> std::io::Result<Option<u64>> {
    let (mut value, mut shift) = (0u64, 0u32);
    loop {
        let mut byte = [0u8; 1];
        if input.read(&mut byte)? == 0 {
            return Ok(None);
        }
        let [byte] = byte;
        value |= u64::from(byte & 0x7f).checked_shl(shift).unwrap_or(0);
        if byte & 0x80 == 0 {
            return Ok(Some(value));
        }
        shift += 7;
    }
}
