//! The XML screen: DOCTYPE, entities, nesting, and that the document is there to its end.
//!
//! Ordinary namespace shortcuts (`<!ENTITY xsd "http://www.w3.org/2001/XMLSchema#">`) pass. What does not: external and parameter entities,
//! entities within entities, more or larger entities than the limits, an expansion past the limit counted over text and attributes, deep
//! nesting, XInclude, and a document that is cut off (a parser that works event by event would take the rest for the whole).

use std::collections::BTreeMap;

use fyr_model::Refusal;
use fyr_model::limits::GraphLimits;

use super::too_deep;
use crate::refuse::{find, position, shown, unreadable};

/// What the screen learns of a document that passes.
#[derive(Debug, Default)]
pub(crate) struct Screened {
    /// Places of single-quoted entity values, which the parser wants in double quotes: pairs of quote offsets.
    pub(crate) single_quotes: Vec<(usize, usize)>,
}

struct Scan<'a> {
    bytes: &'a [u8],
    subject: &'a str,
    limits: &'a GraphLimits,
    entities: BTreeMap<&'a [u8], u64>,
    expanded: u64,
    open: Vec<&'a [u8]>,
    root_seen: bool,
    screened: Screened,
}

/// Screens an XML document.
pub(crate) fn screen(bytes: &[u8], subject: &str, limits: &GraphLimits) -> Result<Screened, Refusal> {
    let mut scan = Scan {
        bytes,
        subject,
        limits,
        entities: BTreeMap::new(),
        expanded: 0,
        open: Vec::new(),
        root_seen: false,
        screened: Screened::default(),
    };
    scan.run()?;
    Ok(scan.screened)
}

impl<'a> Scan<'a> {
    fn run(&mut self) -> Result<(), Refusal> {
        if let Some(at) = find(self.bytes, b"http://www.w3.org/2001/XInclude", 0) {
            return Err(self.refuse("xinclude", at, "XInclude läses inte", "XInclude is not read"));
        }
        let mut at = 0;
        while at < self.bytes.len() {
            at = match self.bytes.get(at) {
                Some(b'<') => self.markup(at)?,
                _ => self.text(at)?,
            };
        }
        if !self.open.is_empty() || !self.root_seen {
            let end = self.bytes.len();
            return Err(self.refuse(
                "syntax",
                end,
                "dokumentet slutar mitt i: ett element är inte avslutat",
                "the document stops halfway: an element is not closed",
            ));
        }
        Ok(())
    }

    fn text(&mut self, at: usize) -> Result<usize, Refusal> {
        let end = find(self.bytes, b"<", at).unwrap_or(self.bytes.len());
        self.references(at, end)?;
        Ok(end)
    }

    /// Adds up what the entity references between `from` and `to` will grow to.
    fn references(&mut self, from: usize, to: usize) -> Result<(), Refusal> {
        let mut at = from;
        while let Some(amp) = find(self.bytes, b"&", at).filter(|amp| *amp < to) {
            let name = self.name(amp + 1);
            self.expanded += self.entities.get(name).copied().unwrap_or(0);
            if self.expanded > self.limits.expanded_bytes_max {
                let max = self.limits.expanded_bytes_max;
                return Err(self.refuse(
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

    fn markup(&mut self, at: usize) -> Result<usize, Refusal> {
        let rest = self.rest(at);
        if rest.starts_with(b"<!--") {
            self.skip_to(at + 4, b"-->", at)
        } else if rest.starts_with(b"<![CDATA[") {
            self.skip_to(at + 9, b"]]>", at)
        } else if rest.starts_with(b"<?") {
            self.skip_to(at + 2, b"?>", at)
        } else if rest.starts_with(b"<!DOCTYPE") {
            self.doctype(at)
        } else if rest.starts_with(b"<!") {
            Err(self.refuse("syntax", at, "okänd deklaration", "unknown declaration"))
        } else if rest.starts_with(b"</") {
            self.end_tag(at)
        } else {
            self.start_tag(at)
        }
    }

    fn start_tag(&mut self, at: usize) -> Result<usize, Refusal> {
        let name = self.name(at + 1);
        if name.is_empty() {
            return Err(self.refuse("syntax", at, "ett < som inte börjar en tagg", "a < that does not begin a tag"));
        }
        if self.open.is_empty() && self.root_seen {
            return Err(self.refuse("syntax", at, "mer än ett rotelement", "more than one root element"));
        }
        self.root_seen = true;
        let mut here = at + 1 + name.len();
        loop {
            match self.bytes.get(here) {
                None => return Err(self.cut_off(at)),
                Some(quote @ (b'"' | b'\'')) => {
                    let end = find(self.bytes, std::slice::from_ref(quote), here + 1).ok_or_else(|| self.cut_off(at))?;
                    self.references(here + 1, end)?;
                    here = end + 1;
                }
                Some(b'>') => break,
                Some(_) => here += 1,
            }
        }
        let empty = here > 0 && self.bytes.get(here - 1) == Some(&b'/');
        let depth = self.open.len() + 1;
        if depth > self.limits.depth_max {
            return Err(too_deep(self.subject, self.bytes, at, self.limits.depth_max));
        }
        if !empty {
            self.open.push(name);
        }
        Ok(here + 1)
    }

    fn end_tag(&mut self, at: usize) -> Result<usize, Refusal> {
        let name = self.name(at + 2);
        let end = find(self.bytes, b">", at).ok_or_else(|| self.cut_off(at))?;
        if self.open.pop() != Some(name) {
            return Err(self.refuse(
                "syntax",
                at,
                "en sluttagg som inte hör ihop med starttaggen",
                "an end tag that does not match its start tag",
            ));
        }
        Ok(end + 1)
    }

    fn doctype(&mut self, start: usize) -> Result<usize, Refusal> {
        if self.root_seen {
            return Err(self.refuse("syntax", start, "DOCTYPE efter rotelementet", "DOCTYPE after the root element"));
        }
        let mut at = self.space(start + 9);
        at += self.name(at).len();
        at = self.space(at);
        if self.external(at) {
            return Err(self.no_external(at));
        }
        if self.bytes.get(at) == Some(&b'[') {
            at = self.subset(at + 1)?;
        }
        at = self.space(at);
        match self.bytes.get(at) {
            Some(b'>') => Ok(at + 1),
            Some(_) => Err(self.odd_doctype(at)),
            None => Err(self.cut_off(start)),
        }
    }

    /// The internal subset: white space, plain comments and entity declarations, nothing else.
    fn subset(&mut self, start: usize) -> Result<usize, Refusal> {
        let mut at = start;
        loop {
            at = self.space(at);
            let rest = self.rest(at);
            if rest.starts_with(b"]") {
                return Ok(at + 1);
            } else if rest.starts_with(b"<!--") {
                let end = self.skip_to(at + 4, b"-->", at)?;
                if self.bytes.get(at + 4..end).unwrap_or_default().contains(&b'<') {
                    return Err(self.odd_doctype(at));
                }
                at = end;
            } else if rest.starts_with(b"<!ENTITY") {
                at = self.entity(at)?;
            } else if rest.starts_with(b"%") {
                return Err(self.no_external(at));
            } else if rest.is_empty() {
                return Err(self.cut_off(start));
            } else {
                return Err(self.odd_doctype(at));
            }
        }
    }

    fn entity(&mut self, start: usize) -> Result<usize, Refusal> {
        let mut at = self.space(start + 8);
        if self.bytes.get(at) == Some(&b'%') {
            return Err(self.no_external(at));
        }
        let name = self.name(at);
        at = self.space(at + name.len());
        if self.external(at) {
            return Err(self.no_external(at));
        }
        let Some(quote @ (b'"' | b'\'')) = self.bytes.get(at) else {
            return Err(self.odd_doctype(at));
        };
        let end = find(self.bytes, std::slice::from_ref(quote), at + 1).ok_or_else(|| self.cut_off(start))?;
        let value = self.bytes.get(at + 1..end).unwrap_or_default();
        self.entity_value(name, value, at)?;
        if *quote == b'\'' && !value.contains(&b'"') {
            self.screened.single_quotes.push((at, end));
        }
        let close = self.space(end + 1);
        if self.bytes.get(close) != Some(&b'>') {
            return Err(self.odd_doctype(close));
        }
        Ok(close + 1)
    }

    fn entity_value(&mut self, name: &'a [u8], value: &'a [u8], at: usize) -> Result<(), Refusal> {
        let limits = self.limits;
        if name.is_empty() || value.contains(&b'<') || value.contains(&b'>') {
            return Err(self.odd_doctype(at));
        }
        if nested(value) {
            return Err(self.refuse(
                "doctype-entity",
                at,
                "en entitet som bygger på en annan entitet",
                "an entity built from another entity",
            ));
        }
        if value.len() > limits.entity_bytes_max {
            return Err(self.refuse(
                "doctype-entity",
                at,
                format!("en entitet på mer än {} byte", limits.entity_bytes_max),
                format!("an entity of more than {} bytes", limits.entity_bytes_max),
            ));
        }
        // XML takes the first declaration of a name, the parser the last: the larger counts here.
        let size = self.entities.entry(name).or_default();
        *size = (*size).max(value.len() as u64);
        if self.entities.len() > limits.entities_max {
            return Err(self.refuse(
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

    fn skip_to(&self, from: usize, end: &[u8], opened: usize) -> Result<usize, Refusal> {
        find(self.bytes, end, from)
            .map(|at| at + end.len())
            .ok_or_else(|| self.cut_off(opened))
    }

    fn refuse(&self, id: &str, at: usize, sv: impl Into<String>, en: impl Into<String>) -> Refusal {
        unreadable(id, self.subject, sv, en).at(position(self.bytes, at))
    }

    fn cut_off(&self, opened: usize) -> Refusal {
        self.refuse(
            "syntax",
            opened,
            "dokumentet slutar innan det som börjar här är avslutat",
            "the document stops before what begins here is closed",
        )
    }

    fn no_external(&self, at: usize) -> Refusal {
        self.refuse(
            "doctype-external",
            at,
            "externa entiteter och parameterentiteter läses inte",
            "external and parameter entities are not read",
        )
    }

    fn odd_doctype(&self, at: usize) -> Refusal {
        self.refuse(
            "doctype-entity",
            at,
            "i DOCTYPE får bara enkla entiteter stå",
            "a DOCTYPE may hold plain entities only",
        )
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
