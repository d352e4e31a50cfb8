//! The XML screen: DOCTYPE, entities, nesting, and that the document is there to its end.
//!
//! Ordinary namespace shortcuts (`<!ENTITY xsd "http://www.w3.org/2001/XMLSchema#">`) pass. What does not: external and parameter entities,
//! entities within entities, more or larger entities than the limits, an expansion past the limit counted over text and attributes, deep
//! nesting, XInclude, and a document that is cut off (a parser that works event by event would take the rest for the whole).
//!
//! A document is taken one text or tag at a time, from its bytes or through a window over a file, and refused at the same place either way.

use std::collections::BTreeMap;
use std::io::{self, Read};

use fyr_model::Refusal;
use fyr_model::limits::GraphLimits;

use super::too_deep_words;
use crate::refuse::{after, find, position, shown, unreadable};

const XINCLUDE: &[u8] = b"http://www.w3.org/2001/XInclude";

/// What the screen learns of a document that passes.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Screened {
    /// Places of single-quoted entity values, which the parser wants in double quotes: pairs of quote offsets.
    pub(crate) single_quotes: Vec<(usize, usize)>,
}

/// Screens an XML document.
pub(crate) fn screen(bytes: &[u8], subject: &str, limits: &GraphLimits) -> Result<Screened, Refusal> {
    let refuse = |fault: Fault, from: usize| unreadable(fault.id, subject, fault.sv, fault.en).at(position(bytes, from + fault.at));
    let mut scan = Scan::new(limits);
    while let Some(rest) = bytes.get(scan.offset..).filter(|rest| !rest.is_empty()) {
        scan.piece(rest, true).map_err(|fault| refuse(fault, scan.offset))?;
    }
    scan.end().map_err(|fault| refuse(fault, bytes.len()))?;
    Ok(scan.screened)
}

/// What a window holds at first; a tag or text that is longer makes it grow.
const WINDOW_BYTES: usize = 1 << 20;
/// A text, tag or comment of so many times the longest literal can hold none that is allowed, escapes and all.
const ESCAPED: usize = 16;
/// What looks wrong so near the end of a window may only be cut off there.
const NEAR: usize = 64;

/// [`screen`] of a document that is read piece by piece: memory holds a window, never the document.
pub(crate) fn screen_stream(from: impl Read, subject: &str, limits: &GraphLimits) -> io::Result<Result<Screened, Refusal>> {
    by_windows(from, subject, limits, WINDOW_BYTES)
}

fn by_windows(mut from: impl Read, subject: &str, limits: &GraphLimits, size: usize) -> io::Result<Result<Screened, Refusal>> {
    let mut scan = Scan::new(limits);
    let (mut window, mut done, mut ended) = (Vec::new(), 0, false);
    let mut begins = position(&[], 0);
    loop {
        let rest = window.get(done..).unwrap_or_default();
        let fault = match rest.is_empty() {
            true if ended => break,
            true => Fault::cut(0),
            false => match scan.piece(rest, ended) {
                Ok(length) => {
                    begins = after(begins, rest, length);
                    done += length;
                    continue;
                }
                Err(fault) => fault,
            },
        };
        let place = after(begins, rest, fault.at);
        if ended || fault.sure || !(fault.cut || fault.at + NEAR > rest.len()) {
            return Ok(Err(unreadable(fault.id, subject, fault.sv, fault.en).at(place)));
        }
        let most = limits.literal_bytes_max.saturating_mul(ESCAPED);
        if rest.len() > most {
            return Ok(Err(too_long(subject, most).at(begins)));
        }
        let more = rest.len().max(size);
        window.drain(..done);
        done = 0;
        ended = from.by_ref().take(more as u64).read_to_end(&mut window)? < more;
    }
    match scan.end() {
        Ok(()) => Ok(Ok(scan.screened)),
        Err(fault) => Ok(Err(unreadable(fault.id, subject, fault.sv, fault.en).at(begins))),
    }
}

fn too_long(subject: &str, most: usize) -> Refusal {
    unreadable(
        "literal-too-long",
        subject,
        format!("en text eller tagg på mer än {most} byte"),
        format!("a text or tag of more than {most} bytes"),
    )
}

/// What is wrong, at a byte of the piece.
struct Fault {
    id: &'static str,
    sv: String,
    en: String,
    at: usize,
    /// The piece ends before what begins there: with more of the document it may be right.
    cut: bool,
    /// More of the document would not change it.
    sure: bool,
}

impl Fault {
    fn new(id: &'static str, at: usize, sv: impl Into<String>, en: impl Into<String>) -> Self {
        let (sv, en) = (sv.into(), en.into());
        Self {
            id,
            sv,
            en,
            at,
            cut: false,
            sure: false,
        }
    }

    fn cut(at: usize) -> Self {
        let fault = Self::new(
            "syntax",
            at,
            "dokumentet slutar innan det som börjar här är avslutat",
            "the document stops before what begins here is closed",
        );
        Self { cut: true, ..fault }
    }

    fn no_external(at: usize) -> Self {
        Self::new(
            "doctype-external",
            at,
            "externa entiteter och parameterentiteter läses inte",
            "external and parameter entities are not read",
        )
    }

    fn odd_doctype(at: usize) -> Self {
        Self::new(
            "doctype-entity",
            at,
            "i DOCTYPE får bara enkla entiteter stå",
            "a DOCTYPE may hold plain entities only",
        )
    }
}

/// What is known between pieces; nothing of it points into the document.
struct Scan<'l> {
    limits: &'l GraphLimits,
    entities: BTreeMap<Vec<u8>, u64>,
    expanded: u64,
    /// The names of open elements, one after the other, and how long each is.
    open: Vec<u8>,
    lengths: Vec<usize>,
    root_seen: bool,
    screened: Screened,
    /// Bytes taken so far.
    offset: usize,
}

impl<'l> Scan<'l> {
    fn new(limits: &'l GraphLimits) -> Self {
        Self {
            limits,
            entities: BTreeMap::new(),
            expanded: 0,
            open: Vec::new(),
            lengths: Vec::new(),
            root_seen: false,
            screened: Screened::default(),
            offset: 0,
        }
    }

    /// Takes the text or markup that `bytes` begin with and gives its length; `last` when nothing follows them. A piece with a fault is not taken.
    fn piece(&mut self, bytes: &[u8], last: bool) -> Result<usize, Fault> {
        let expanded = self.expanded;
        let mut piece = Piece { scan: self, bytes };
        let taken = match bytes.first() {
            Some(b'<') => piece.markup(),
            _ => piece.text(last),
        };
        let taken = taken.and_then(|length| match find(bytes.get(..length).unwrap_or_default(), XINCLUDE, 0) {
            Some(at) => Err(Fault {
                sure: true,
                ..Fault::new("xinclude", at, "XInclude läses inte", "XInclude is not read")
            }),
            None => Ok(length),
        });
        match &taken {
            Ok(length) => self.offset += length,
            Err(_) => self.expanded = expanded,
        }
        taken
    }

    fn end(&self) -> Result<(), Fault> {
        if self.lengths.is_empty() && self.root_seen {
            return Ok(());
        }
        Err(Fault::new(
            "syntax",
            0,
            "dokumentet slutar mitt i: ett element är inte avslutat",
            "the document stops halfway: an element is not closed",
        ))
    }

    fn push(&mut self, name: &[u8]) {
        self.open.extend_from_slice(name);
        self.lengths.push(name.len());
    }

    /// Whether the innermost open element has the name; if so, it is closed.
    fn pop(&mut self, name: &[u8]) -> bool {
        let Some(length) = self.lengths.last() else { return false };
        let begin = self.open.len().saturating_sub(*length);
        let same = self.open.get(begin..) == Some(name);
        if same {
            self.open.truncate(begin);
            self.lengths.pop();
        }
        same
    }
}

/// A text or markup, with what may follow it.
struct Piece<'a, 's, 'l> {
    scan: &'s mut Scan<'l>,
    bytes: &'a [u8],
}

impl<'a> Piece<'a, '_, '_> {
    fn text(&mut self, last: bool) -> Result<usize, Fault> {
        let end = match find(self.bytes, b"<", 0) {
            Some(end) => end,
            None if last => self.bytes.len(),
            None => return Err(Fault::cut(0)),
        };
        self.references(0, end)?;
        Ok(end)
    }

    /// Adds up what the entity references between `from` and `to` will grow to.
    fn references(&mut self, from: usize, to: usize) -> Result<(), Fault> {
        // Looked for no further than `to`: in a document without any, each text would else be a look through all the rest.
        let within = self.bytes.get(..to).unwrap_or_default();
        let mut at = from;
        while let Some(amp) = find(within, b"&", at) {
            let name = self.name(amp + 1);
            self.scan.expanded += self.scan.entities.get(name).copied().unwrap_or(0);
            let max = self.scan.limits.expanded_bytes_max;
            if self.scan.expanded > max {
                return Err(Fault::new(
                    "doctype-entity",
                    amp,
                    format!("entiteterna växer till mer än {max} byte"),
                    format!("the entities expand to more than {max} bytes"),
                ));
            }
            at = amp + 1;
        }
        Ok(())
    }

    fn markup(&mut self) -> Result<usize, Fault> {
        let bytes = self.bytes;
        if bytes.starts_with(b"<!--") {
            self.skip_to(4, b"-->", 0)
        } else if bytes.starts_with(b"<![CDATA[") {
            self.skip_to(9, b"]]>", 0)
        } else if bytes.starts_with(b"<?") {
            self.skip_to(2, b"?>", 0)
        } else if bytes.starts_with(b"<!DOCTYPE") {
            self.doctype()
        } else if bytes.starts_with(b"<!") {
            Err(Fault::new("syntax", 0, "okänd deklaration", "unknown declaration"))
        } else if bytes.starts_with(b"</") {
            self.end_tag()
        } else {
            self.start_tag()
        }
    }

    fn start_tag(&mut self) -> Result<usize, Fault> {
        let name = self.name(1);
        if name.is_empty() {
            return Err(Fault::new(
                "syntax",
                0,
                "ett < som inte börjar en tagg",
                "a < that does not begin a tag",
            ));
        }
        if self.scan.lengths.is_empty() && self.scan.root_seen {
            return Err(Fault::new("syntax", 0, "mer än ett rotelement", "more than one root element"));
        }
        let mut here = 1 + name.len();
        loop {
            match self.bytes.get(here) {
                None => return Err(Fault::cut(0)),
                Some(quote @ (b'"' | b'\'')) => {
                    let end = find(self.bytes, std::slice::from_ref(quote), here + 1).ok_or_else(|| Fault::cut(0))?;
                    self.references(here + 1, end)?;
                    here = end + 1;
                }
                Some(b'>') => break,
                Some(_) => here += 1,
            }
        }
        let empty = here > 0 && self.bytes.get(here - 1) == Some(&b'/');
        let max = self.scan.limits.depth_max;
        if self.scan.lengths.len() + 1 > max {
            let (sv, en) = too_deep_words(max);
            return Err(Fault::new("depth", 0, sv, en));
        }
        self.scan.root_seen = true;
        if !empty {
            self.scan.push(name);
        }
        Ok(here + 1)
    }

    fn end_tag(&mut self) -> Result<usize, Fault> {
        let name = self.name(2);
        let end = find(self.bytes, b">", 0).ok_or_else(|| Fault::cut(0))?;
        if !self.scan.pop(name) {
            return Err(Fault::new(
                "syntax",
                0,
                "en sluttagg som inte hör ihop med starttaggen",
                "an end tag that does not match its start tag",
            ));
        }
        Ok(end + 1)
    }

    /// A DOCTYPE, taken whole or not at all.
    fn doctype(&mut self) -> Result<usize, Fault> {
        let (entities, quotes) = (self.scan.entities.clone(), self.scan.screened.single_quotes.len());
        let taken = self.declarations();
        if taken.is_err() {
            self.scan.entities = entities;
            self.scan.screened.single_quotes.truncate(quotes);
        }
        taken
    }

    fn declarations(&mut self) -> Result<usize, Fault> {
        if self.scan.root_seen {
            return Err(Fault::new(
                "syntax",
                0,
                "DOCTYPE efter rotelementet",
                "DOCTYPE after the root element",
            ));
        }
        let mut at = self.space(9);
        at += self.name(at).len();
        at = self.space(at);
        if self.external(at) {
            return Err(Fault::no_external(at));
        }
        if self.bytes.get(at) == Some(&b'[') {
            at = self.subset(at + 1)?;
        }
        at = self.space(at);
        match self.bytes.get(at) {
            Some(b'>') => Ok(at + 1),
            Some(_) => Err(Fault::odd_doctype(at)),
            None => Err(Fault::cut(0)),
        }
    }

    /// The internal subset: white space, plain comments and entity declarations, nothing else.
    fn subset(&mut self, start: usize) -> Result<usize, Fault> {
        let mut at = start;
        loop {
            at = self.space(at);
            let rest = self.rest(at);
            if rest.starts_with(b"]") {
                return Ok(at + 1);
            } else if rest.starts_with(b"<!--") {
                let end = self.skip_to(at + 4, b"-->", at)?;
                if self.bytes.get(at + 4..end).unwrap_or_default().contains(&b'<') {
                    return Err(Fault::odd_doctype(at));
                }
                at = end;
            } else if rest.starts_with(b"<!ENTITY") {
                at = self.entity(at)?;
            } else if rest.starts_with(b"%") {
                return Err(Fault::no_external(at));
            } else if rest.is_empty() {
                return Err(Fault::cut(start));
            } else {
                return Err(Fault::odd_doctype(at));
            }
        }
    }

    fn entity(&mut self, start: usize) -> Result<usize, Fault> {
        let mut at = self.space(start + 8);
        if self.bytes.get(at) == Some(&b'%') {
            return Err(Fault::no_external(at));
        }
        let name = self.name(at);
        at = self.space(at + name.len());
        if self.external(at) {
            return Err(Fault::no_external(at));
        }
        let Some(quote @ (b'"' | b'\'')) = self.bytes.get(at) else {
            return Err(Fault::odd_doctype(at));
        };
        let end = find(self.bytes, std::slice::from_ref(quote), at + 1).ok_or_else(|| Fault::cut(start))?;
        let value = self.bytes.get(at + 1..end).unwrap_or_default();
        self.entity_value(name, value, at)?;
        if *quote == b'\'' && !value.contains(&b'"') {
            let offset = self.scan.offset;
            self.scan.screened.single_quotes.push((offset + at, offset + end));
        }
        let close = self.space(end + 1);
        if self.bytes.get(close) != Some(&b'>') {
            return Err(Fault::odd_doctype(close));
        }
        Ok(close + 1)
    }

    fn entity_value(&mut self, name: &[u8], value: &[u8], at: usize) -> Result<(), Fault> {
        let limits = self.scan.limits;
        if name.is_empty() || value.contains(&b'<') || value.contains(&b'>') {
            return Err(Fault::odd_doctype(at));
        }
        if nested(value) {
            return Err(Fault::new(
                "doctype-entity",
                at,
                "en entitet som bygger på en annan entitet",
                "an entity built from another entity",
            ));
        }
        if value.len() > limits.entity_bytes_max {
            return Err(Fault::new(
                "doctype-entity",
                at,
                format!("en entitet på mer än {} byte", limits.entity_bytes_max),
                format!("an entity of more than {} bytes", limits.entity_bytes_max),
            ));
        }
        // XML takes the first declaration of a name, the parser the last: the larger counts here.
        let size = self.scan.entities.entry(name.to_owned()).or_default();
        *size = (*size).max(value.len() as u64);
        if self.scan.entities.len() > limits.entities_max {
            return Err(Fault::new(
                "doctype-entity",
                at,
                format!("fler än {} entiteter", limits.entities_max),
                format!("more than {} entities", limits.entities_max),
            ));
        }
        Ok(())
    }

    fn external(&self, at: usize) -> bool {
        let rest = self.rest(at);
        rest.starts_with(b"SYSTEM") || rest.starts_with(b"PUBLIC")
    }

    fn rest(&self, at: usize) -> &'a [u8] {
        self.bytes.get(at..).unwrap_or_default()
    }

    fn space(&self, at: usize) -> usize {
        at + self.rest(at).iter().take_while(|b| b.is_ascii_whitespace()).count()
    }

    /// The run of name bytes from `at`; everything that cannot end a name belongs to it.
    fn name(&self, at: usize) -> &'a [u8] {
        let rest = self.rest(at);
        let end = rest
            .iter()
            .position(|b| b.is_ascii_whitespace() || b"/><=;&\"'[]!?%".contains(b))
            .unwrap_or(rest.len());
        rest.get(..end).unwrap_or_default()
    }

    fn skip_to(&self, from: usize, end: &[u8], opened: usize) -> Result<usize, Fault> {
        find(self.bytes, end, from)
            .map(|at| at + end.len())
            .ok_or_else(|| Fault::cut(opened))
    }
}

/// Whether a value refers to another entity, or writes a reference that becomes one when it is used.
fn nested(value: &[u8]) -> bool {
    let text = String::from_utf8_lossy(value);
    text.split('&').skip(1).any(|after| {
        let name = after.split(';').next().unwrap_or_default().to_ascii_lowercase();
        let plain = matches!(name.as_str(), "amp" | "quot" | "apos");
        let number = name.strip_prefix('#').and_then(|digits| match digits.strip_prefix('x') {
            Some(hex) => u32::from_str_radix(hex, 16).ok(),
            None => digits.parse().ok(),
        });
        !(plain || number.is_some_and(|code| code != 38 && code != 60))
    })
}

/// The root element's name as written, with the start of its tag, past declaration, comments and DOCTYPE; for telling what a document is.
pub(crate) fn root(bytes: &[u8]) -> Option<(String, usize)> {
    let mut at = 0;
    loop {
        at = find(bytes, b"<", at)?;
        let rest = bytes.get(at..)?;
        if rest.starts_with(b"<!--") {
            at = find(bytes, b"-->", at)?;
        } else if rest.starts_with(b"<?") {
            at = find(bytes, b"?>", at)?;
        } else if rest.get(..9).is_some_and(|word| word.eq_ignore_ascii_case(b"<!doctype")) {
            let close = find(bytes, b">", at)?;
            at = match find(bytes, b"[", at).filter(|bracket| *bracket < close) {
                Some(bracket) => find(bytes, b"]", bracket)?,
                None => close,
            };
        } else {
            let name: Vec<u8> = rest
                .iter()
                .skip(1)
                .copied()
                .take_while(|b| !b.is_ascii_whitespace() && !b"/><".contains(b))
                .collect();
            return Some((shown(&String::from_utf8_lossy(&name)), at));
        }
    }
}

#[cfg(test)]
mod tests;
