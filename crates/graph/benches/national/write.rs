//! Resources as Turtle, RDF/XML or N-Triples, one at a time.

use std::io::{self, Write};

/// The syntax of the file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Syntax {
    Turtle,
    RdfXml,
    NTriples,
}

impl Syntax {
    /// By the ending of a file's name; Turtle unless it says otherwise.
    pub fn of(name: &str) -> Self {
        match name.rsplit('.').next() {
            Some("rdf" | "xml") => Self::RdfXml,
            Some("nt") => Self::NTriples,
            _ => Self::Turtle,
        }
    }
}

/// What a property points at.
pub enum Object {
    Iri(String),
    Text(String, &'static str),
    Plain(String),
    Typed(String, &'static str),
    /// A blank node with its class and properties.
    Node(Resource),
}

/// A thing with its class and properties; an empty IRI is a blank node.
pub struct Resource {
    pub iri: String,
    pub class: &'static str,
    pub properties: Vec<(&'static str, Object)>,
}

impl Resource {
    pub fn new(iri: impl Into<String>, class: &'static str) -> Self {
        let (iri, properties) = (iri.into(), Vec::new());
        Self { iri, class, properties }
    }
    pub fn add(&mut self, property: &'static str, object: Object) {
        self.properties.push((property, object));
    }
    pub fn iri(&mut self, property: &'static str, iri: impl Into<String>) {
        self.add(property, Object::Iri(iri.into()));
    }
    pub fn text(&mut self, property: &'static str, text: impl Into<String>, lang: &'static str) {
        self.add(property, Object::Text(text.into(), lang));
    }
    pub fn typed(&mut self, property: &'static str, text: impl Into<String>, datatype: &'static str) {
        self.add(property, Object::Typed(text.into(), datatype));
    }
}

const PREFIXES: [(&str, &str); 12] = [
    ("rdf", "http://www.w3.org/1999/02/22-rdf-syntax-ns#"),
    ("xsd", "http://www.w3.org/2001/XMLSchema#"),
    ("dcat", "http://www.w3.org/ns/dcat#"),
    ("dcterms", "http://purl.org/dc/terms/"),
    ("dcatap", "http://data.europa.eu/r5r/"),
    ("foaf", "http://xmlns.com/foaf/0.1/"),
    ("vcard", "http://www.w3.org/2006/vcard/ns#"),
    ("adms", "http://www.w3.org/ns/adms#"),
    ("spdx", "http://spdx.org/rdf/terms#"),
    ("locn", "http://www.w3.org/ns/locn#"),
    ("geo", "http://www.opengis.net/ont/geosparql#"),
    ("prov", "http://www.w3.org/ns/prov#"),
];

pub struct Writer<W> {
    out: W,
    syntax: Syntax,
    triples: u64,
    blank: u64,
    opened: bool,
}

impl<W: Write> Writer<W> {
    pub fn new(out: W, syntax: Syntax) -> Self {
        Self {
            out,
            syntax,
            triples: 0,
            blank: 0,
            opened: false,
        }
    }

    pub fn triples(&self) -> u64 {
        self.triples
    }

    pub fn resource(&mut self, resource: &Resource) -> io::Result<()> {
        if !self.opened {
            self.open()?;
        }
        match self.syntax {
            Syntax::Turtle => self.turtle(resource),
            Syntax::RdfXml => self.xml(resource),
            Syntax::NTriples => self.lines(resource).map(|_| ()),
        }
    }

    pub fn finish(mut self) -> io::Result<W> {
        if self.syntax == Syntax::RdfXml {
            writeln!(self.out, "</rdf:RDF>")?;
        }
        Ok(self.out)
    }

    fn open(&mut self) -> io::Result<()> {
        self.opened = true;
        match self.syntax {
            Syntax::Turtle => PREFIXES
                .iter()
                .try_for_each(|(name, iri)| writeln!(self.out, "@prefix {name}: <{iri}> .")),
            Syntax::RdfXml => {
                writeln!(self.out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rdf:RDF")?;
                for (name, iri) in PREFIXES {
                    writeln!(self.out, "  xmlns:{name}=\"{iri}\"")?;
                }
                writeln!(self.out, ">")
            }
            Syntax::NTriples => Ok(()),
        }
    }

    fn turtle(&mut self, resource: &Resource) -> io::Result<()> {
        write!(self.out, "\n<{}> ", resource.iri)?;
        self.turtle_body(resource)?;
        writeln!(self.out, " .")
    }

    fn turtle_body(&mut self, resource: &Resource) -> io::Result<()> {
        write!(self.out, "a {}", resource.class)?;
        self.triples += 1;
        for (property, object) in &resource.properties {
            write!(self.out, " ;\n  {property} ")?;
            self.triples += 1;
            match object {
                Object::Iri(iri) => write!(self.out, "<{iri}>")?,
                Object::Text(text, lang) => write!(self.out, "\"{}\"@{lang}", escaped(text))?,
                Object::Plain(text) => write!(self.out, "\"{}\"", escaped(text))?,
                Object::Typed(text, datatype) => write!(self.out, "\"{}\"^^{datatype}", escaped(text))?,
                Object::Node(node) => {
                    write!(self.out, "[ ")?;
                    self.turtle_body(node)?;
                    write!(self.out, " ]")?;
                }
            }
        }
        Ok(())
    }

    fn xml(&mut self, resource: &Resource) -> io::Result<()> {
        self.triples += 1;
        if resource.iri.is_empty() {
            writeln!(self.out, "<{}>", resource.class)?;
        } else {
            writeln!(self.out, "<{} rdf:about=\"{}\">", resource.class, xml_escaped(&resource.iri))?;
        }
        for (property, object) in &resource.properties {
            self.triples += 1;
            match object {
                Object::Iri(iri) => writeln!(self.out, "  <{property} rdf:resource=\"{}\"/>", xml_escaped(iri))?,
                Object::Text(text, lang) => writeln!(self.out, "  <{property} xml:lang=\"{lang}\">{}</{property}>", xml_escaped(text))?,
                Object::Plain(text) => writeln!(self.out, "  <{property}>{}</{property}>", xml_escaped(text))?,
                Object::Typed(text, datatype) => writeln!(
                    self.out,
                    "  <{property} rdf:datatype=\"{}\">{}</{property}>",
                    whole(datatype),
                    xml_escaped(text)
                )?,
                Object::Node(node) => {
                    writeln!(self.out, "  <{property}>")?;
                    self.xml(node)?;
                    writeln!(self.out, "  </{property}>")?;
                }
            }
        }
        writeln!(self.out, "</{}>", resource.class)
    }

    /// N-Triples; a blank node's own triples come before the one that points at it.
    fn lines(&mut self, resource: &Resource) -> io::Result<String> {
        let subject = if resource.iri.is_empty() {
            self.blank += 1;
            format!("_:b{}", self.blank)
        } else {
            format!("<{}>", resource.iri)
        };
        self.line(&subject, "rdf:type", &format!("<{}>", whole(resource.class)))?;
        for (property, object) in &resource.properties {
            let object = match object {
                Object::Iri(iri) => format!("<{iri}>"),
                Object::Text(text, lang) => format!("\"{}\"@{lang}", escaped(text)),
                Object::Plain(text) => format!("\"{}\"", escaped(text)),
                Object::Typed(text, datatype) => format!("\"{}\"^^<{}>", escaped(text), whole(datatype)),
                Object::Node(node) => self.lines(node)?,
            };
            self.line(&subject, property, &object)?;
        }
        Ok(subject)
    }

    fn line(&mut self, subject: &str, property: &str, object: &str) -> io::Result<()> {
        self.triples += 1;
        writeln!(self.out, "{subject} <{}> {object} .", whole(property))
    }
}

fn whole(name: &str) -> String {
    let (prefix, local) = name.split_once(':').unwrap_or(("", name));
    let known = PREFIXES.iter().find(|(short, _)| *short == prefix);
    known.map_or_else(|| name.to_owned(), |(_, iri)| format!("{iri}{local}"))
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

fn xml_escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}
