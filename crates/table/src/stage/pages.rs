//! A walk over the page headers of a foreign Parquet file, before any page is inflated (H26).
//!
//! In: the bytes of a column chunk. Out: nothing, or why the chunk cannot be trusted. Reads the first three fields of each header in
//! Thrift's compact protocol (parquet-format, `PageHeader`): type, uncompressed size, compressed size; everything else is stepped over.

use std::io::{BufReader, Read, Seek, SeekFrom};

/// Why a chunk is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// A header is damaged, or a page reaches outside its chunk.
    Damaged,
    /// A page unpacks to more than allowed.
    PageTooLarge,
    /// More pages than allowed.
    TooManyPages,
}

/// Deepest nesting of a Thrift structure that a page header has.
const DEPTH: u8 = 8;

/// Walks the pages of one chunk.
pub(crate) fn walk(file: &mut (impl Read + Seek), start: u64, length: u64, pages_max: u64, page_bytes_max: u64) -> Result<u64, Fault> {
    let mut at = 0u64;
    let mut pages = 0u64;
    while at < length {
        file.seek(SeekFrom::Start(start + at)).map_err(|_| Fault::Damaged)?;
        let mut thrift = Thrift {
            input: BufReader::with_capacity(256, file.by_ref()),
            used: 0,
        };
        let (unpacked, packed) = thrift.header()?;
        let header = thrift.used;
        if unpacked > page_bytes_max || packed > page_bytes_max {
            return Err(Fault::PageTooLarge);
        }
        at = at.checked_add(header + packed).filter(|at| *at <= length).ok_or(Fault::Damaged)?;
        pages += 1;
        if pages > pages_max {
            return Err(Fault::TooManyPages);
        }
    }
    Ok(pages)
}

struct Thrift<R> {
    input: R,
    used: u64,
}

impl<R: Read> Thrift<R> {
    fn byte(&mut self) -> Result<u8, Fault> {
        let mut byte = [0u8; 1];
        self.input.read_exact(&mut byte).map_err(|_| Fault::Damaged)?;
        self.used += 1;
        // A page header is some ten bytes; statistics in it are cut short by every writer.
        if self.used > 1 << 20 {
            return Err(Fault::Damaged);
        }
        let [byte] = byte;
        Ok(byte)
    }
    fn varint(&mut self) -> Result<u64, Fault> {
        let (mut value, mut shift) = (0u64, 0u32);
        loop {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f).checked_shl(shift).unwrap_or(0);
            if byte & 0x80 == 0 {
                return Ok(value);
            }
            shift += 7;
            if shift > 63 {
                return Err(Fault::Damaged);
            }
        }
    }
    fn integer(&mut self) -> Result<i64, Fault> {
        let value = self.varint()?;
        Ok(((value >> 1) as i64) ^ -((value & 1) as i64))
    }
    /// The two sizes of a page header; the rest is stepped over.
    fn header(&mut self) -> Result<(u64, u64), Fault> {
        let (mut unpacked, mut packed) = (None, None);
        let mut id = 0i64;
        loop {
            let byte = self.byte()?;
            if byte == 0 {
                break;
            }
            id = if byte >> 4 == 0 {
                self.integer()?
            } else {
                id + i64::from(byte >> 4)
            };
            match (id, byte & 0x0f) {
                (2, 5) => unpacked = Some(self.integer()?),
                (3, 5) => packed = Some(self.integer()?),
                (_, kind) => self.skip(kind, 0)?,
            }
        }
        let size = |size: Option<i64>| size.and_then(|size| u64::try_from(size).ok()).ok_or(Fault::Damaged);
        Ok((size(unpacked)?, size(packed)?))
    }
    fn skip(&mut self, kind: u8, depth: u8) -> Result<(), Fault> {
        if depth > DEPTH {
            return Err(Fault::Damaged);
        }
        match kind {
            1 | 2 => Ok(()),
            3 => self.byte().map(drop),
            4..=6 => self.varint().map(drop),
            7 => (0..8).try_for_each(|_| self.byte().map(drop)),
            8 => {
                let length = self.varint()?;
                (0..length).try_for_each(|_| self.byte().map(drop))
            }
            9 | 10 => {
                let head = self.byte()?;
                let count = if head >> 4 == 15 { self.varint()? } else { u64::from(head >> 4) };
                (0..count).try_for_each(|_| match head & 0x0f {
                    1 | 2 => self.byte().map(drop),
                    kind => self.skip(kind, depth + 1),
                })
            }
            12 => loop {
                let byte = self.byte()?;
                if byte == 0 {
                    return Ok(());
                }
                if byte >> 4 == 0 {
                    self.integer()?;
                }
                self.skip(byte & 0x0f, depth + 1)?;
            },
            _ => Err(Fault::Damaged),
        }
    }
}
