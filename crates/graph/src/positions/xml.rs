//! The places of subjects, properties and values in RDF/XML: node elements and property elements in turn, with namespaces, bases and entities.
//!
//! The place of a subject is its first node element that says something, of a triple its property element or property attribute.

use std::collections::HashMap;

use super::index::{Index, Object, Property, Subject};
use super::resolved;
use crate::refuse::find;
use crate::vocab::RDF_TYPE;

const RDF: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";
/// Bytes of a text that are kept to compare with a finding's value.
const TEXT_MAX: usize = 1 << 14;

/// Scans a document that the parser has accepted.
pub(super) fn scan(bytes: &[u8], base: Option<&str>, index: &mut Index) {
    let mut scan = Scan {
        bytes,
        at: 0,
        base: base.map(str::to_owned),
        entities: HashMap::new(),
        namespaces: Vec::new(),
        frames: Vec::new(),
        index,
    };
    scan.run();
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// `rdf:RDF`.
    Root,
    /// A node: its children are properties.
    Node,
    /// A property: its children are nodes.
    Property,
    /// Inside an XML literal.
    Skip,
}

struct Frame {
    kind: Kind,
    subject: Option<(Subject, usize)>,
    property: Option<Property>,
    start: usize,
    /// Whether the property's value has been seen.
    valued: bool,
    text: Option<String>,
    tag: Option<String>,
    datatype: Option<String>,
    base: Option<String>,
    namespaces: usize,
}

struct Attribute<'a> {
    name: &'a str,
    value: String,
    at: usize,
}

struct Scan<'a, 'i> {
    bytes: &'a [u8],
    at: usize,
    base: Option<String>,
    entities: HashMap<&'a str, &'a str>,
    namespaces: Vec<(&'a str, String)>,
    frames: Vec<Frame>,
    index: &'i mut Index,
}

impl<'a> Scan<'a, '_> {
    fn run(&mut self) {
        while let Some(byte) = self.bytes.get(self.at) {
            if *byte == b'<' {
                self.markup();
            } else {
                let end = find(self.bytes, b"<", self.at).unwrap_or(self.bytes.len());
                let raw = self.text(self.at, end);
                self.characters(raw, true);
                self.at = end;
            }
        }
    }

    fn text(&self, from: usize, to: usize) -> &'a str {
        self.bytes
            .get(from..to)
            .and_then(|part| std::str::from_utf8(part).ok())
            .unwrap_or_default()
    }

    fn past(&self, from: usize, mark: &[u8]) -> usize {
        find(self.bytes, mark, from).map_or(self.bytes.len(), |at| at + mark.len())
    }

    fn markup(&mut self) {
        let at = self.at;
        let rest = self.bytes.get(at..).unwrap_or_default();
        if rest.starts_with(b"<!--") {
            self.at = self.past(at + 4, b"-->");
        } else if rest.starts_with(b"<![CDATA[") {
            self.at = self.past(at + 9, b"]]>");
            let raw = self.text(at + 9, self.at.saturating_sub(3));
            self.characters(raw, false);
        } else if rest.starts_with(b"<?") {
            self.at = self.past(at + 2, b"?>");
        } else if rest.starts_with(b"<!") {
            self.doctype();
        } else if rest.starts_with(b"</") {
            self.at = self.past(at, b">");
            self.close();
        } else {
            self.element();
        }
    }

    /// Entities are shortcuts for namespaces; the screen lets nothing else through.
    fn doctype(&mut self) {
        let start = self.at;
        let simple = self.past(start, b">");
        let bracket = find(self.bytes, b"[", start).filter(|at| *at < simple);
        let end = bracket.map_or(simple, |at| self.past(self.past(at, b"]"), b">"));
        let mut here = start;
        while let Some(at) = find(self.bytes, b"<!ENTITY", here).filter(|at| *at < end) {
            let stop = self.past(at, b">");
            let mut parts = self.text(at + 8, stop.saturating_sub(1)).trim().splitn(2, char::is_whitespace);
            if let (Some(name), Some(value)) = (parts.next(), parts.next()) {
                self.entities.insert(name, value.trim().trim_matches(['"', '\'']));
            }
            here = stop;
        }
        self.at = end;
    }

    fn characters(&mut self, raw: &str, escaped: bool) {
        let Some(frame) = self.frames.last_mut() else { return };
        if let Some(text) = frame.text.as_mut()
            && text.len() < TEXT_MAX
        {
            match escaped {
                true => text.push_str(&decoded(raw, &self.entities)),
                false => text.push_str(raw),
            }
        }
    }

    fn element(&mut self) {
        let start = self.at;
        let (name, attributes, empty) = self.tag();
        let known = self.namespaces.len();
        for attribute in &attributes {
            if attribute.name == "xmlns" {
                self.namespaces.push(("", attribute.value.clone()));
            } else if let Some(prefix) = attribute.name.strip_prefix("xmlns:") {
                self.namespaces.push((prefix, attribute.value.clone()));
            }
        }
        let inherited = self.frames.last().map_or(self.base.clone(), |frame| frame.base.clone());
        let stated = attributes.iter().find(|attribute| attribute.name == "xml:base");
        let base = match stated {
            Some(stated) => resolved(&stated.value, inherited.as_deref()),
            None => inherited,
        };
        let mut frame = Frame {
            kind: Kind::Node,
            subject: None,
            property: None,
            start,
            valued: false,
            text: None,
            tag: None,
            datatype: None,
            base,
            namespaces: known,
        };
        let iri = self.expanded(name, true);
        match self.frames.last().map(|parent| parent.kind) {
            Some(Kind::Skip) => frame.kind = Kind::Skip,
            Some(Kind::Node) => self.property(&mut frame, &iri, &attributes),
            None if iri == format!("{RDF}RDF") => frame.kind = Kind::Root,
            _ => self.node(&mut frame, &iri, &attributes),
        }
        self.frames.push(frame);
        if empty {
            self.close();
        }
    }

    fn node(&mut self, frame: &mut Frame, iri: &str, attributes: &[Attribute<'a>]) {
        let about = self.named(frame, attributes, "about").or_else(|| {
            let id = self.valued(attributes, "ID")?;
            resolved(&format!("#{id}"), frame.base.as_deref())
        });
        self.value_of_parent(about.as_deref());
        let Some(about) = about else { return };
        self.index.mention(&about, frame.start);
        let Some(subject) = self.index.subject(&about) else { return };
        frame.subject = Some((subject, frame.start));
        if iri != format!("{RDF}Description") {
            self.index.typed(subject, frame.start);
            if let Some(property) = self.index.property(subject, RDF_TYPE, frame.start) {
                let object = Object {
                    text: Some(iri),
                    ..Object::default()
                };
                self.index.object(property, &object, frame.start);
            }
        }
        for attribute in attributes {
            let name = self.expanded(attribute.name, false);
            if name.is_empty() || self.rdf_word(&name) {
                continue;
            }
            self.index.describe(subject, frame.start);
            if let Some(property) = self.index.property(subject, &name, attribute.at) {
                let object = Object {
                    text: Some(&attribute.value),
                    ..Object::default()
                };
                self.index.object(property, &object, attribute.at);
            }
        }
    }

    /// Names of the syntax itself, which are no properties; `rdf:type` as an attribute is one.
    fn rdf_word(&self, name: &str) -> bool {
        name.strip_prefix(RDF).is_some_and(|local| local != "type")
    }

    /// A node stands as the value of the property around it.
    fn value_of_parent(&mut self, iri: Option<&str>) {
        let Some(parent) = self
            .frames
            .last_mut()
            .filter(|parent| parent.kind == Kind::Property && !parent.valued)
        else {
            return;
        };
        parent.valued = true;
        parent.text = None;
        if let Some(property) = parent.property {
            let object = Object {
                text: iri,
                ..Object::default()
            };
            self.index.object(property, &object, parent.start);
        }
    }

    fn property(&mut self, frame: &mut Frame, iri: &str, attributes: &[Attribute<'a>]) {
        frame.kind = Kind::Property;
        if let Some((subject, at)) = self.frames.last().and_then(|parent| parent.subject) {
            self.index.describe(subject, at);
            frame.property = self.index.property(subject, iri, frame.start);
        }
        let resource = self.named(frame, attributes, "resource");
        if let Some(resource) = &resource {
            self.index.mention(resource, frame.start);
        }
        let kind = self.valued(attributes, "parseType");
        match kind {
            Some("Resource") => frame.kind = Kind::Node,
            Some("Collection") | None => {}
            Some(_) => frame.kind = Kind::Skip,
        }
        let only = |attribute: &&Attribute<'_>| {
            let name = attribute.name;
            let own = name == "xmlns" || name.starts_with("xmlns:") || name.starts_with("xml:");
            !own && !self.rdf_word(&self.expanded(name, false))
        };
        let described = self.valued(attributes, "nodeID").is_some() || attributes.iter().any(|attribute| only(&attribute));
        frame.tag = attributes.iter().find(|one| one.name == "xml:lang").map(|one| one.value.clone());
        frame.datatype = self.named(frame, attributes, "datatype");
        let Some(property) = frame.property else { return };
        if resource.is_some() || described || kind.is_some() {
            frame.valued = true;
            let object = Object {
                text: resource.as_deref(),
                ..Object::default()
            };
            self.index.object(property, &object, frame.start);
        } else if self.index.has_values(property) {
            frame.text = Some(String::new());
        }
    }

    fn close(&mut self) {
        let Some(frame) = self.frames.pop() else { return };
        self.namespaces.truncate(frame.namespaces);
        if let (Kind::Property, Some(property), false) = (frame.kind, frame.property, frame.valued) {
            let object = Object {
                text: frame.text.as_deref(),
                tag: frame.tag.as_deref(),
                datatype: frame.datatype.as_deref(),
            };
            self.index.object(property, &object, frame.start);
        }
    }

    /// The value of an attribute of RDF.
    fn valued<'b>(&self, attributes: &'b [Attribute<'a>], local: &str) -> Option<&'b str> {
        let found = attributes
            .iter()
            .find(|one| self.expanded(one.name, false).strip_prefix(RDF) == Some(local));
        found.map(|one| one.value.as_str())
    }

    /// The IRI in an attribute of RDF.
    fn named(&self, frame: &Frame, attributes: &[Attribute<'a>], local: &str) -> Option<String> {
        resolved(self.valued(attributes, local)?, frame.base.as_deref())
    }

    /// The IRI of a name; an attribute without prefix has none.
    fn expanded(&self, name: &str, element: bool) -> String {
        let (prefix, local) = match name.split_once(':') {
            Some(("xml" | "xmlns", _)) => return String::new(),
            Some(parts) => parts,
            None if element => ("", name),
            None => return String::new(),
        };
        let space = self.namespaces.iter().rev().find(|(known, _)| *known == prefix);
        space.map(|(_, iri)| format!("{iri}{local}")).unwrap_or_default()
    }

    /// The start tag here: name, attributes, and whether it also ends the element.
    fn tag(&mut self) -> (&'a str, Vec<Attribute<'a>>, bool) {
        let ends = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'>' | b'/' | b'=');
        let word = |bytes: &[u8], from: usize| from + bytes.get(from..).unwrap_or_default().iter().take_while(|byte| !ends(byte)).count();
        let name_end = word(self.bytes, self.at + 1);
        let name = self.text(self.at + 1, name_end);
        let mut attributes = Vec::new();
        let mut here = name_end;
        let mut empty = false;
        while let Some(byte) = self.bytes.get(here) {
            match byte {
                b'>' => {
                    here += 1;
                    break;
                }
                b'/' => {
                    empty = true;
                    here += 1;
                }
                byte if byte.is_ascii_whitespace() || *byte == b'=' => here += 1,
                b'"' | b'\'' => here += 1,
                _ => {
                    let at = here;
                    let end = word(self.bytes, at);
                    let quote_at = (end..).find(|place| !matches!(self.bytes.get(*place), Some(b' ' | b'\t' | b'\r' | b'\n' | b'=')));
                    let quote_at = quote_at.unwrap_or(end);
                    let quote = self.bytes.get(quote_at..=quote_at).unwrap_or(b"\"");
                    let close = find(self.bytes, quote, quote_at + 1).unwrap_or(self.bytes.len());
                    attributes.push(Attribute {
                        name: self.text(at, end),
                        value: decoded(self.text(quote_at + 1, close), &self.entities),
                        at,
                    });
                    empty = false;
                    here = close + 1;
                }
            }
        }
        self.at = here.min(self.bytes.len());
        (name, attributes, empty)
    }
}

/// A text with its references read.
fn decoded(raw: &str, entities: &HashMap<&str, &str>) -> String {
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let Some((name, tail)) = after.split_once(';') else {
            out.push('&');
            rest = after;
            continue;
        };
        match name {
            "amp" => out.push('&'),
            "lt" => out.push('<'),
            "gt" => out.push('>'),
            "quot" => out.push('"'),
            "apos" => out.push('\''),
            _ => match (name.strip_prefix("#x"), name.strip_prefix('#')) {
                (Some(digits), _) => out.extend(u32::from_str_radix(digits, 16).ok().and_then(char::from_u32)),
                (None, Some(digits)) => out.extend(digits.parse().ok().and_then(char::from_u32)),
                (None, None) => out.push_str(entities.get(name).copied().unwrap_or_default()),
            },
        }
        rest = tail;
    }
    out.push_str(rest);
    out
}
