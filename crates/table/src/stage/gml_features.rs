//! Features of a GML document, one after the other, as bounded element trees.
//!
//! In: UTF-8 bytes from a stranger. Out: the name of each feature, and the whole of those that are asked for. No DTD, no entities beyond the
//! five of XML; depth, elements, attributes and bytes are bounded, and namespaces are only looked at to tell what is GML.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};

use fyr_model::limits::TableLimits;
use fyr_model::{Position as Place, Refusal};
use quick_xml::Reader as XmlReader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};

use crate::refuse;

/// Elements and attributes of one feature.
const ELEMENTS_MAX: usize = 1_000_000;
/// Attributes of one element.
const ATTRIBUTES_MAX: usize = 64;
/// An element with all that it holds. Its name has no prefix.
#[derive(Debug, Default)]
pub(crate) struct Element {
    pub(crate) name: String,
    /// Whether it is in a namespace of GML.
    pub(crate) gml: bool,
    /// Names with their prefix, except that of `xml` and `xmlns`.
    pub(crate) attributes: Vec<(String, String)>,
    pub(crate) children: Vec<Element>,
    pub(crate) text: String,
}

impl Element {
    /// An attribute by its name without prefix.
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|(found, _)| found == name || found.rsplit(':').next() == Some(name))
            .map(|(_, value)| value.as_str())
    }
}

/// A name without its prefix.
pub(crate) fn local(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}

/// A stream that gives no more than it is allowed before it is asked again, so that no single token can fill the memory.
struct Metered {
    inner: BufReader<File>,
    left: usize,
}

impl Read for Metered {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let mut bytes = self.fill_buf()?;
        let read = bytes.read(out)?;
        self.consume(read);
        Ok(read)
    }
}

impl BufRead for Metered {
    fn fill_buf(&mut self) -> std::io::Result<&[u8]> {
        let bytes = self.inner.fill_buf()?;
        if bytes.is_empty() {
            return Ok(bytes);
        }
        match bytes.get(..self.left.min(bytes.len())) {
            Some(allowed) if !allowed.is_empty() => Ok(allowed),
            _ => Err(std::io::Error::other("more than a record may hold")),
        }
    }
    fn consume(&mut self, read: usize) {
        self.left = self.left.saturating_sub(read);
        self.inner.consume(read);
    }
}

/// The features of a document, one after the other.
pub(crate) struct Features<'a> {
    xml: XmlReader<Metered>,
    buffer: Vec<u8>,
    /// Elements around the next feature.
    around: Vec<String>,
    /// The feature that was just opened.
    opened: Option<Element>,
    /// Prefixes bound to a namespace of GML; the default one is empty.
    prefixes: Vec<String>,
    /// What the collection says of its reference system.
    pub(crate) system: Option<String>,
    limits: &'a TableLimits,
    subject: &'a str,
}

/// What stops the reader.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Fault {
    Malformed,
    DocType,
    Entity,
    TooComplex,
    TooDeep,
    TooLarge,
    NoLayer,
    Service,
}

/// What the document gave.
enum Token {
    Open(Element),
    Close,
    Text(String),
    End,
}

impl<'a> Features<'a> {
    pub(crate) fn new(file: File, limits: &'a TableLimits, subject: &'a str) -> Self {
        let mut xml = XmlReader::from_reader(Metered {
            inner: BufReader::with_capacity(1 << 16, file),
            left: 0,
        });
        xml.config_mut().expand_empty_elements = true;
        Self {
            xml,
            buffer: Vec::new(),
            around: Vec::new(),
            opened: None,
            prefixes: Vec::new(),
            system: None,
            limits,
            subject,
        }
    }

    /// Opens the next feature and gives its name.
    pub(crate) fn next(&mut self) -> Result<Option<String>, Refusal> {
        loop {
            self.xml.get_mut().left = self.limits.record_bytes_max;
            match self.token()? {
                Token::Open(element) => {
                    if self.around.is_empty() && element.name.ends_with("ExceptionReport") {
                        return Err(self.refusal(Fault::Service));
                    }
                    let member = self
                        .around
                        .last()
                        .is_some_and(|name| matches!(name.as_str(), "featureMember" | "featureMembers" | "member"));
                    if member && !element.name.ends_with("FeatureCollection") {
                        let name = element.name.clone();
                        self.opened = Some(element);
                        return Ok(Some(name));
                    }
                    if element.gml && matches!(element.name.as_str(), "Envelope" | "Box") {
                        self.system = element.attribute("srsName").map(str::to_owned).or(self.system.take());
                    }
                    if self.around.len() >= self.limits.depth_max {
                        return Err(self.refusal(Fault::TooDeep));
                    }
                    self.around.push(element.name);
                }
                Token::Close => {
                    self.around.pop();
                }
                Token::Text(_) => {}
                Token::End if self.around.is_empty() => return Ok(None),
                Token::End => return Err(self.refusal(Fault::Malformed)),
            }
        }
    }

    /// Passes over the opened feature.
    pub(crate) fn skip(&mut self) -> Result<(), Refusal> {
        self.opened = None;
        let mut depth = 1usize;
        while depth > 0 {
            self.xml.get_mut().left = self.limits.record_bytes_max;
            match self.token()? {
                Token::Open(_) if depth >= self.limits.depth_max => return Err(self.refusal(Fault::TooDeep)),
                Token::Open(_) => depth += 1,
                Token::Close => depth -= 1,
                Token::Text(_) => {}
                Token::End => return Err(self.refusal(Fault::Malformed)),
            }
        }
        Ok(())
    }

    /// Takes the opened feature whole.
    pub(crate) fn take(&mut self) -> Result<Element, Refusal> {
        let mut stack: Vec<Element> = self.opened.take().into_iter().collect();
        let mut elements = 0usize;
        self.xml.get_mut().left = self.limits.record_bytes_max;
        loop {
            match self.token()? {
                Token::Open(element) => {
                    elements += 1 + element.attributes.len();
                    if stack.len() >= self.limits.depth_max {
                        return Err(self.refusal(Fault::TooDeep));
                    }
                    if elements > ELEMENTS_MAX {
                        return Err(self.refusal(Fault::TooComplex));
                    }
                    stack.push(element);
                }
                Token::Text(text) => {
                    if let Some(open) = stack.last_mut() {
                        open.text.push_str(&text);
                    }
                }
                Token::Close => {
                    let Some(closed) = stack.pop() else {
                        return Err(self.refusal(Fault::Malformed));
                    };
                    match stack.last_mut() {
                        Some(parent) => parent.children.push(closed),
                        None => return Ok(closed),
                    }
                }
                Token::End => return Err(self.refusal(Fault::Malformed)),
            }
        }
    }

    fn token(&mut self) -> Result<Token, Refusal> {
        let mut buffer = std::mem::take(&mut self.buffer);
        let token = loop {
            buffer.clear();
            match self.event(&mut buffer) {
                Ok(Some(token)) => break Ok(token),
                Ok(None) => {}
                Err(fault) => break Err(self.refusal(fault)),
            }
        };
        self.buffer = buffer;
        token
    }

    /// One event; nothing for what a table has no use for.
    fn event(&mut self, buffer: &mut Vec<u8>) -> Result<Option<Token>, Fault> {
        Ok(Some(match self.xml.read_event_into(buffer) {
            Ok(Event::Start(start)) => Token::Open(element(&start, &mut self.prefixes)?),
            Ok(Event::End(_)) => Token::Close,
            Ok(Event::Text(text)) => Token::Text(text.xml10_content().into_owned()),
            Ok(Event::CData(text)) => Token::Text(text.xml10_content().into_owned()),
            Ok(Event::GeneralRef(reference)) => match reference.resolve_char_ref() {
                Ok(Some(letter)) => Token::Text(letter.to_string()),
                Ok(None) => Token::Text(resolve_predefined_entity(&reference).ok_or(Fault::Entity)?.to_owned()),
                Err(_) => return Err(Fault::Malformed),
            },
            Ok(Event::DocType(_)) => return Err(Fault::DocType),
            Ok(Event::Eof) => Token::End,
            Ok(Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_)) => return Ok(None),
            // Reading from the disk does not fail in practice; the meter does.
            Err(quick_xml::Error::Io(_)) => return Err(Fault::TooLarge),
            Err(_) => return Err(Fault::Malformed),
        }))
    }

    pub(crate) fn refusal(&self, fault: Fault) -> Refusal {
        let (id, sv, en): (_, String, String) = match fault {
            Fault::Malformed => (
                "gml-malformed",
                "dokumentet är inte välformad XML".into(),
                "the document is not well-formed XML".into(),
            ),
            Fault::DocType => (
                "gml-doctype",
                "dokumentet innehåller en DOCTYPE".into(),
                "the document contains a DOCTYPE".into(),
            ),
            Fault::Entity => (
                "gml-entity",
                "dokumentet använder en okänd entitet".into(),
                "the document uses an unknown entity".into(),
            ),
            Fault::TooComplex => (
                "gml-too-complex",
                "dokumentet har för många element, attribut eller objekttyper".into(),
                "the document has too many elements, attributes or feature types".into(),
            ),
            Fault::TooDeep => (
                "gml-too-deep",
                format!("dokumentet är djupare än {} nivåer", self.limits.depth_max),
                format!("the document is deeper than {} levels", self.limits.depth_max),
            ),
            Fault::TooLarge => (
                "gml-record-too-large",
                format!("ett objekt är större än {} byte", self.limits.record_bytes_max),
                format!("a feature is larger than {} bytes", self.limits.record_bytes_max),
            ),
            Fault::NoLayer => (
                "gml-no-layer",
                "dokumentet har ingen sådan objekttyp".into(),
                "the document has no such feature type".into(),
            ),
            Fault::Service => (
                "not-a-table",
                "tjänsten svarade med ett fel".into(),
                "the service answered with an error".into(),
            ),
        };
        refuse::unreadable(id, self.subject, sv, en).at(Place {
            offset: self.xml.buffer_position(),
            ..Place::default()
        })
    }
}

/// An opened element, its prefix looked up among those of GML.
fn element(start: &BytesStart<'_>, prefixes: &mut Vec<String>) -> Result<Element, Fault> {
    let mut attributes = Vec::new();
    for (count, attribute) in start.attributes().with_checks(false).enumerate() {
        let attribute = attribute.map_err(|_| Fault::Malformed)?;
        if count >= ATTRIBUTES_MAX {
            return Err(Fault::TooComplex);
        }
        let key = attribute.key.as_ref();
        let value = attribute
            .normalized_value(quick_xml::XmlVersion::Implicit1_0)
            .map_err(|_| Fault::Malformed)?
            .into_owned();
        let bound = if key == "xmlns" { Some("") } else { key.strip_prefix("xmlns:") };
        match bound {
            Some(prefix) => {
                prefixes.retain(|known| known != prefix);
                if value.starts_with("http://www.opengis.net/gml") && prefixes.len() < ATTRIBUTES_MAX {
                    prefixes.push(prefix.to_owned());
                }
            }
            None => attributes.push((key.to_owned(), value)),
        }
    }
    let name = start.name();
    let (prefix, plain) = name.as_ref().split_once(':').unwrap_or(("", name.as_ref()));
    Ok(Element {
        name: plain.to_owned(),
        gml: prefixes.iter().any(|known| known == prefix),
        attributes,
        children: Vec::new(),
        text: String::new(),
    })
}
