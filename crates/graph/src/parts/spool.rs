//! Triples on disk: as they come, subject by subject, and then by part. Files of the worker's private folder, each removed when it has been read.
//!
//! A block is what follows one subject in a row: where it goes, its node, its length, then terms in a form of our own. Properties and datatypes are
//! numbers, since a document has few of them.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use oxrdf::{BaseDirection, BlankNode, Literal, NamedNode, NamedOrBlankNode, Term, Triple};

use super::nodes::{Meaning, Node, meaning};

/// A file of the first spool: small enough that the disk never holds a document twice.
const FILE_BYTES: u64 = 256 << 20;
/// What a part gathers before it is written.
const PART_BYTES: usize = 256 << 10;
/// The longest block; what follows the same subject goes into the next.
const BLOCK_BYTES: usize = 64 << 10;

/// IRIs of properties and datatypes with their numbers.
#[derive(Default)]
pub(super) struct Names {
    numbers: HashMap<String, u32>,
    all: Vec<(NamedNode, Meaning)>,
}

impl Names {
    pub(super) fn number(&mut self, name: &NamedNode) -> u32 {
        self.of(name.as_str())
    }

    fn of(&mut self, name: &str) -> u32 {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number = self.all.len() as u32;
        self.numbers.insert(name.to_owned(), number);
        self.all.push((NamedNode::new_unchecked(name), meaning(name)));
        number
    }

    pub(super) fn meaning(&self, number: u32) -> Meaning {
        self.all.get(number as usize).map_or(Meaning::Nothing, |(_, meaning)| *meaning)
    }

    fn name(&self, number: u32) -> io::Result<NamedNode> {
        self.all.get(number as usize).map(|(name, _)| name.clone()).ok_or_else(torn)
    }
}

fn torn() -> io::Error {
    io::Error::from(io::ErrorKind::InvalidData)
}

/// The first spool.
pub(super) struct Spool {
    dir: PathBuf,
    files: Vec<PathBuf>,
    out: Option<BufWriter<File>>,
    written: u64,
    block: Vec<u8>,
    of: Option<(Node, Node)>,
    pub(super) names: Names,
}

impl Spool {
    pub(super) fn new(dir: &Path) -> Self {
        Self {
            dir: dir.to_owned(),
            files: Vec::new(),
            out: None,
            written: 0,
            block: Vec::new(),
            of: None,
            names: Names::default(),
        }
    }

    /// Adds a triple of `subject` that goes where `route` goes; `property` is the number of its property.
    pub(super) fn add(&mut self, triple: &Triple, property: u32, route: Node, subject: Node) -> io::Result<()> {
        if self.of != Some((route, subject)) || self.block.len() > BLOCK_BYTES {
            self.close_block()?;
            self.of = Some((route, subject));
            match &triple.subject {
                NamedOrBlankNode::NamedNode(node) => text(&mut self.block, 0, node.as_str()),
                NamedOrBlankNode::BlankNode(node) => text(&mut self.block, 1, node.as_str()),
            }
        }
        number(&mut self.block, property);
        match &triple.object {
            Term::NamedNode(node) => text(&mut self.block, 0, node.as_str()),
            Term::BlankNode(node) => text(&mut self.block, 1, node.as_str()),
            Term::Literal(literal) => match literal.language() {
                Some(tag) => {
                    let kind = match literal.direction() {
                        None => 2,
                        Some(BaseDirection::Ltr) => 5,
                        Some(BaseDirection::Rtl) => 6,
                    };
                    text(&mut self.block, kind, literal.value());
                    text(&mut self.block, 0, tag);
                }
                None if literal.datatype() == oxrdf::vocab::xsd::STRING => text(&mut self.block, 3, literal.value()),
                None => {
                    text(&mut self.block, 4, literal.value());
                    let datatype = self.names.of(literal.datatype().as_str());
                    number(&mut self.block, datatype);
                }
            },
            Term::Triple(_) => return Err(torn()),
        }
        Ok(())
    }

    fn close_block(&mut self) -> io::Result<()> {
        let Some((route, subject)) = self.of.take() else { return Ok(()) };
        if self.out.is_none() || self.written > FILE_BYTES {
            let path = self.dir.join(format!("spool-{}.part", self.files.len()));
            if let Some(mut former) = self.out.replace(BufWriter::with_capacity(1 << 20, File::create(&path)?)) {
                former.flush()?;
            }
            self.files.push(path);
            self.written = 0;
        }
        if let Some(out) = &mut self.out {
            for word in [route, subject, self.block.len() as u32] {
                out.write_all(&word.to_le_bytes())?;
            }
            out.write_all(&self.block)?;
            self.written += 12 + self.block.len() as u64;
        }
        self.block.clear();
        Ok(())
    }

    /// Hands over every block: where it goes, and its bytes with the head; each file is removed when it has been read.
    pub(super) fn sort(mut self, mut each: impl FnMut(Node, &[u8]) -> io::Result<()>) -> io::Result<Names> {
        self.close_block()?;
        if let Some(mut out) = self.out.take() {
            out.flush()?;
        }
        let mut block = Vec::new();
        for path in &self.files {
            let mut file = BufReader::with_capacity(1 << 20, File::open(path)?);
            let mut head = [0u8; 12];
            while starts(&mut file, &mut head)? {
                let [a, b, c, d, e, f, g, h, i, j, k, l] = head;
                let length = u32::from_le_bytes([i, j, k, l]) as usize;
                block.clear();
                block.extend_from_slice(&[e, f, g, h, i, j, k, l]);
                block.resize(8 + length, 0);
                file.read_exact(block.get_mut(8..).unwrap_or_default())?;
                each(Node::from_le_bytes([a, b, c, d]), &block)?;
            }
            std::fs::remove_file(path)?;
        }
        Ok(self.names)
    }
}

/// Whether another block begins.
fn starts(file: &mut impl Read, head: &mut [u8; 12]) -> io::Result<bool> {
    match file.read_exact(head) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

/// Blocks by part: in memory what all share, in a file each of the others.
pub(super) struct Sorted {
    dir: PathBuf,
    pub(super) shared: Vec<u8>,
    waiting: Vec<Vec<u8>>,
}

impl Sorted {
    pub(super) fn new(dir: &Path, parts: usize) -> Self {
        Self {
            dir: dir.to_owned(),
            shared: Vec::new(),
            waiting: vec![Vec::new(); parts],
        }
    }

    pub(super) fn add(&mut self, part: Option<usize>, block: &[u8]) -> io::Result<()> {
        let Some(part) = part else {
            self.shared.extend_from_slice(block);
            return Ok(());
        };
        let Some(waiting) = self.waiting.get_mut(part) else {
            return Err(torn());
        };
        waiting.extend_from_slice(block);
        if waiting.len() < PART_BYTES {
            return Ok(());
        }
        let bytes = std::mem::take(waiting);
        let path = self.path(part);
        OpenOptions::new().create(true).append(true).open(path)?.write_all(&bytes)
    }

    fn path(&self, part: usize) -> PathBuf {
        self.dir.join(format!("part-{part}.part"))
    }

    /// The blocks of a part, whose file is removed.
    pub(super) fn part(&mut self, part: usize) -> io::Result<Vec<u8>> {
        let path = self.path(part);
        let mut bytes = match std::fs::read(&path) {
            Ok(bytes) => {
                std::fs::remove_file(&path)?;
                bytes
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(error),
        };
        bytes.extend(self.waiting.get_mut(part).map(std::mem::take).unwrap_or_default());
        Ok(bytes)
    }
}

/// Reads blocks as `add` wrote them: each subject with its node, then its properties and objects.
pub(super) fn blocks(bytes: &[u8], names: &Names, mut each: impl FnMut(Node, Said)) -> io::Result<()> {
    let mut from = From { bytes };
    while !from.bytes.is_empty() {
        let node = Node::from_le_bytes(from.four()?);
        let length = u32::from_le_bytes(from.four()?) as usize;
        let mut block = From { bytes: from.take(length)? };
        each(node, Said::Subject(block.term(names)?));
        while !block.bytes.is_empty() {
            let property = block.number()?;
            let property = names.name(property)?;
            each(node, Said::Value(property, block.term(names)?));
        }
    }
    Ok(())
}

/// What a block says, one after the other.
pub(super) enum Said {
    Subject(Term),
    Value(NamedNode, Term),
}

struct From<'b> {
    bytes: &'b [u8],
}

impl<'b> From<'b> {
    fn take(&mut self, length: usize) -> io::Result<&'b [u8]> {
        let (taken, rest) = self.bytes.split_at_checked(length).ok_or_else(torn)?;
        self.bytes = rest;
        Ok(taken)
    }

    fn four(&mut self) -> io::Result<[u8; 4]> {
        self.take(4)?.try_into().map_err(|_| torn())
    }

    fn number(&mut self) -> io::Result<u32> {
        let mut number = 0u32;
        for shift in [0, 7, 14, 21, 28] {
            let [byte] = *self.take(1)? else { return Err(torn()) };
            number |= u32::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(torn())
    }

    fn text(&mut self) -> io::Result<(u8, String)> {
        let [kind] = *self.take(1)? else { return Err(torn()) };
        let length = self.number()? as usize;
        let text = std::str::from_utf8(self.take(length)?).map_err(|_| torn())?;
        Ok((kind, text.to_owned()))
    }

    fn term(&mut self, names: &Names) -> io::Result<Term> {
        let (kind, text) = self.text()?;
        Ok(match kind {
            0 => NamedNode::new_unchecked(text).into(),
            1 => BlankNode::new_unchecked(text).into(),
            2 => Literal::new_language_tagged_literal_unchecked(text, self.text()?.1).into(),
            3 => Literal::new_simple_literal(text).into(),
            5 | 6 => {
                let direction = if kind == 5 { BaseDirection::Ltr } else { BaseDirection::Rtl };
                Literal::new_directional_language_tagged_literal_unchecked(text, self.text()?.1, direction).into()
            }
            _ => {
                let datatype = self.number()?;
                Literal::new_typed_literal(text, names.name(datatype)?).into()
            }
        })
    }
}

fn number(out: &mut Vec<u8>, mut number: u32) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn text(out: &mut Vec<u8>, kind: u8, text: &str) {
    out.push(kind);
    number(out, text.len() as u32);
    out.extend_from_slice(text.as_bytes());
}
