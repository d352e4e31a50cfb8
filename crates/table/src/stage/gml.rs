//! GML and WFS answers as tables: a row a feature, simple properties as columns, nested ones as `a.b`, geometries as well-known binary.
//!
//! In: a document of features in `featureMember`, `featureMembers` or `member`. Out: rows of one feature type, the most common unless the owner
//! names another. The document is streamed twice: once to count the types, once to take the rows. No DTD, no entities beyond the five of XML;
//! depth, elements, attributes and bytes of a feature are bounded. Schemas are not fetched: types come from the values.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use fyr_model::limits::TableLimits;
use fyr_model::{Position as Place, Refusal, Text};
use quick_xml::Reader as XmlReader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};

use super::cell::{Cell, Row};
use super::crs::Axes;
use super::encoding;
use super::gather::Gather;
use super::geo::{self, Shapes};
use super::gml_geometry as shape;
use crate::refuse;

/// Elements and attributes of one feature.
const ELEMENTS_MAX: usize = 1_000_000;
/// Attributes of one element.
const ATTRIBUTES_MAX: usize = 64;
/// Types of features in one document.
const TYPES_MAX: usize = 1_000;

/// An element with all that it holds. Its name has no prefix.
#[derive(Debug, Default)]
pub(crate) struct Element {
    pub(crate) name: String,
    /// Whether it is in a namespace of GML.
    pub(crate) gml: bool,
    /// Names with their prefix, except that of `xml` and `xmlns`.
    attributes: Vec<(String, String)>,
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

/// Whether a text begins as GML or an answer of a WFS.
pub(crate) fn is_gml(text: &str) -> bool {
    text.starts_with('<')
        && ["http://www.opengis.net/gml", "http://www.opengis.net/wfs"]
            .iter()
            .any(|name| text.contains(name))
}

/// Reads a document of features.
pub(crate) fn read(path: &Path, gather: &mut Gather<'_>) -> Result<(), Refusal> {
    let (subject, limits) = (gather.subject(), gather.limits());
    let failed = |error: std::io::Error| refuse::io(subject, error);
    let asked = match gather.reading().encoding.clone() {
        Some(asked) => Some(asked),
        None => declared(path).map_err(failed)?,
    };
    let scratch = gather.spool.folder().unwrap_or(Path::new(".")).to_path_buf();
    let decoded = encoding::decode(
        path,
        &scratch,
        subject,
        asked.as_deref(),
        &mut gather.repairs,
        &mut gather.found.findings,
    )?;
    let open = || -> Result<Features<'_>, Refusal> {
        let mut file = File::open(&decoded.path).map_err(failed)?;
        file.seek(SeekFrom::Start(decoded.skip)).map_err(failed)?;
        Ok(Features::new(file, limits, subject))
    };
    let wanted = choose(&mut open()?, gather)?;
    gather.found.encoding = Some(decoded.charset.name().into());
    (gather.found.format, gather.found.media_type) = ("gml", "application/gml+xml");
    gather.found.table = wanted.clone();
    let mut rows = Rows::new();
    let mut features = open()?;
    while let Some(name) = features.next()? {
        if Some(&name) == wanted.as_ref() {
            let feature = features.take()?;
            rows.feature(&feature, features.system.as_deref(), gather)?;
        } else {
            features.skip()?;
        }
    }
    rows.end(gather);
    Ok(())
}

/// The single-byte encoding that the XML declaration names; UTF-8 is found by itself.
fn declared(path: &Path) -> std::io::Result<Option<String>> {
    let mut head = Vec::new();
    File::open(path)?.take(256).read_to_end(&mut head)?;
    let head = String::from_utf8_lossy(&head).to_ascii_lowercase();
    let declaration = head.split("?>").next().unwrap_or_default();
    let known = ["windows-1252", "iso-8859-1", "ibm850"];
    Ok(known.iter().find(|name| declaration.contains(*name)).map(|name| (*name).to_owned()))
}

/// The most common type of feature, or the one that the owner names.
fn choose(features: &mut Features<'_>, gather: &mut Gather<'_>) -> Result<Option<String>, Refusal> {
    let mut types: Vec<(String, u64)> = Vec::new();
    while let Some(name) = features.next()? {
        if let Some((_, count)) = types.iter_mut().find(|(known, _)| *known == name) {
            *count += 1;
        } else if types.len() < TYPES_MAX {
            types.push((name, 1));
        } else {
            return Err(features.refusal(Fault::TooComplex));
        }
        features.skip()?;
    }
    if let Some(asked) = &gather.reading().table {
        return match types.iter().find(|(name, _)| name == local(asked)) {
            Some((name, _)) => Ok(Some(name.clone())),
            None => Err(features
                .refusal(Fault::NoLayer)
                .hint(Text::new("rätta table under [reading]", "correct table under [reading]"))),
        };
    }
    let best = types.iter().rev().max_by_key(|(_, count)| count).map(|(name, _)| name.clone());
    if let Some(best) = best.as_deref().filter(|_| types.len() > 1) {
        gather
            .found
            .findings
            .push(geo::several_layers(gather.subject(), best, types.len() - 1));
    }
    Ok(best)
}

fn local(name: &str) -> &str {
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
struct Features<'a> {
    xml: XmlReader<Metered>,
    buffer: Vec<u8>,
    /// Elements around the next feature.
    around: Vec<String>,
    /// The feature that was just opened.
    opened: Option<Element>,
    /// Prefixes bound to a namespace of GML; the default one is empty.
    prefixes: Vec<String>,
    /// What the collection says of its reference system.
    system: Option<String>,
    limits: &'a TableLimits,
    subject: &'a str,
}

/// What stops the reader.
#[derive(Debug, Clone, Copy)]
enum Fault {
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
    fn new(file: File, limits: &'a TableLimits, subject: &'a str) -> Self {
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
    fn next(&mut self) -> Result<Option<String>, Refusal> {
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
    fn skip(&mut self) -> Result<(), Refusal> {
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
    fn take(&mut self) -> Result<Element, Refusal> {
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

    fn refusal(&self, fault: Fault) -> Refusal {
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

/// A cell while the columns of its row come in any order.
#[derive(Debug)]
enum Slot {
    Absent,
    Null,
    Values(Vec<String>),
    Bytes(Vec<u8>),
}

struct Rows {
    columns: HashMap<String, usize>,
    slots: Vec<Slot>,
    shapes: Shapes,
    mapped: bool,
    row: Row,
}

impl Rows {
    fn new() -> Self {
        Self {
            columns: HashMap::new(),
            slots: Vec::new(),
            shapes: Shapes::new("gml"),
            mapped: false,
            row: Row::default(),
        }
    }

    fn feature(&mut self, feature: &Element, outer: Option<&str>, gather: &mut Gather<'_>) -> Result<(), Refusal> {
        let own = feature
            .children
            .iter()
            .find(|child| child.gml && child.name == "boundedBy")
            .and_then(shape::system);
        for (name, value) in &feature.attributes {
            match local(name) {
                "id" if name != "id" => self.value("gml_id", value, gather)?,
                _ if !name.contains(':') => self.value(name, value, gather)?,
                _ => {}
            }
        }
        for child in &feature.children {
            if !(child.gml && matches!(child.name.as_str(), "boundedBy" | "metaDataProperty")) {
                let name = if child.gml {
                    format!("gml_{}", child.name)
                } else {
                    child.name.clone()
                };
                self.property(&name, child, own.or(outer), gather)?;
            }
        }
        self.row.clear();
        for slot in self.slots.drain(..) {
            match slot {
                Slot::Absent => self.row.push(Cell::Absent),
                Slot::Null => self.row.push(Cell::Null),
                Slot::Bytes(bytes) => self.row.push(Cell::Bytes(&bytes)),
                Slot::Values(values) => push(&values, &mut self.row),
            }
        }
        gather.push(&self.row)
    }

    fn property(&mut self, path: &str, element: &Element, outer: Option<&str>, gather: &mut Gather<'_>) -> Result<(), Refusal> {
        if let Some(found) = element.children.iter().find(|child| shape::is_geometry(child)) {
            return self.geometry(path, found, outer, gather);
        }
        let mut nil = false;
        for (name, value) in &element.attributes {
            match (name.split_once(':'), local(name)) {
                (_, "nil") => nil = value == "true" || value == "1",
                (Some(_), plain @ ("href" | "title")) | (None, plain) if plain != "nilReason" => {
                    self.value(&format!("{path}.{plain}"), value, gather)?;
                }
                _ => {}
            }
        }
        if nil {
            let column = self.place(path, gather)?;
            self.set(column, Slot::Null);
            return Ok(());
        }
        for child in &element.children {
            self.property(&format!("{path}.{}", child.name), child, outer, gather)?;
        }
        let text = element.text.trim();
        if !text.is_empty() || (element.children.is_empty() && element.attributes.is_empty()) {
            self.value(path, text, gather)?;
        }
        Ok(())
    }

    fn geometry(&mut self, path: &str, element: &Element, outer: Option<&str>, gather: &mut Gather<'_>) -> Result<(), Refusal> {
        // A system that nobody names is an empty name, which is refused unless the owner says what it is.
        let name = shape::system(element).or(outer).unwrap_or_default().to_owned();
        let geometry = shape::geometry(element, 2).ok_or_else(|| geo::invalid("gml", gather.subject(), gather.rows))?;
        let system = self.shapes.named(Some(&name), Axes::Named, gather)?;
        let bytes = self.shapes.take(system, geometry, gather)?;
        self.mapped = true;
        let column = self.place(path, gather)?;
        self.set(column, Slot::Bytes(bytes));
        Ok(())
    }

    /// A value; one that stands beside another of the same path makes a list.
    fn value(&mut self, path: &str, value: &str, gather: &mut Gather<'_>) -> Result<(), Refusal> {
        let limit = gather.limits().field_bytes_max;
        if value.len() > limit {
            return Err(refuse::unreadable(
                "gml-field-too-large",
                gather.subject(),
                format!("ett värde på rad {} är större än {limit} byte", gather.rows),
                format!("a value of row {} is larger than {limit} bytes", gather.rows),
            ));
        }
        let column = self.place(path, gather)?;
        if let Some(Slot::Values(values)) = self.slots.get_mut(column) {
            values.push(value.to_owned());
        } else {
            self.set(column, Slot::Values(vec![value.to_owned()]));
        }
        Ok(())
    }

    fn place(&mut self, path: &str, gather: &mut Gather<'_>) -> Result<usize, Refusal> {
        if let Some(column) = self.columns.get(path) {
            return Ok(*column);
        }
        let column = gather.column(path)?;
        self.columns.insert(path.to_owned(), column);
        Ok(column)
    }

    fn set(&mut self, column: usize, slot: Slot) {
        if self.slots.len() <= column {
            self.slots.resize_with(column + 1, || Slot::Absent);
        }
        if let Some(place) = self.slots.get_mut(column) {
            *place = slot;
        }
    }

    fn end(self, gather: &mut Gather<'_>) {
        if self.mapped {
            self.shapes.end(gather);
        }
    }
}

/// Values as a cell. XML writes decimals with a point only, which is worth saying where a text would leave it open; several are a list.
fn push(values: &[String], row: &mut Row) {
    let text = match values {
        [only] => only.as_str(),
        several => {
            let list = serde_json::Value::from(several.to_vec()).to_string();
            row.push(Cell::Text { text: &list, quoted: true });
            return;
        }
    };
    let bare = text.strip_prefix('-').unwrap_or(text);
    let is_decimal = bare.split_once('.').is_some_and(|(whole, part)| {
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        digits(whole) && digits(part) && (whole == "0" || !whole.starts_with('0'))
    });
    row.push(if is_decimal {
        Cell::Number(text)
    } else {
        Cell::Text { text, quoted: false }
    });
}
