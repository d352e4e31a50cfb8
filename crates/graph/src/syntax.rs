//! Telling what a document is by its first bytes (`harvest.md` section 1), and the syntaxes that we write.

use fyr_model::limits::GraphLimits;
use fyr_model::{Finding, Refusal, Severity, Text};
use serde::{Deserialize, Serialize};

use crate::refuse::{position, shown, unreadable};
use crate::screen;

/// A syntax that we write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Syntax {
    /// Turtle.
    Turtle,
    /// RDF/XML, which is what dataportal.se reads.
    RdfXml,
    /// JSON-LD.
    JsonLd,
    /// N-Triples.
    NTriples,
}

impl Syntax {
    /// All of them, the preferred one first.
    pub const ALL: [Self; 4] = [Self::Turtle, Self::RdfXml, Self::JsonLd, Self::NTriples];

    /// The registered media type.
    ///
    /// ```
    /// assert_eq!(fyr_graph::Syntax::RdfXml.media_type(), "application/rdf+xml");
    /// ```
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Turtle => "text/turtle",
            Self::RdfXml => "application/rdf+xml",
            Self::JsonLd => "application/ld+json",
            Self::NTriples => "application/n-triples",
        }
    }

    /// The usual ending of a file name, without a dot.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Turtle => "ttl",
            Self::RdfXml => "rdf",
            Self::JsonLd => "jsonld",
            Self::NTriples => "nt",
        }
    }

    /// The syntax of a file name's ending.
    pub fn from_extension(extension: &str) -> Option<Self> {
        match extension.to_ascii_lowercase().as_str() {
            "ttl" | "turtle" => Some(Self::Turtle),
            "rdf" | "xml" | "owl" => Some(Self::RdfXml),
            "jsonld" | "json" => Some(Self::JsonLd),
            "nt" => Some(Self::NTriples),
            _ => None,
        }
    }

    /// The syntax that an `Accept` header asks for, by its weights; none when it asks for no RDF by name.
    ///
    /// ```
    /// use fyr_graph::Syntax;
    /// assert_eq!(Syntax::from_accept("text/html, application/rdf+xml;q=0.9, text/turtle;q=0.5"), Some(Syntax::RdfXml));
    /// assert_eq!(Syntax::from_accept("text/html, */*"), None);
    /// ```
    pub fn from_accept(accept: &str) -> Option<Self> {
        preferred(accept, |media_type| match media_type {
            "text/turtle" | "application/x-turtle" => Some(Self::Turtle),
            "application/rdf+xml" => Some(Self::RdfXml),
            "application/ld+json" => Some(Self::JsonLd),
            "application/n-triples" => Some(Self::NTriples),
            _ => None,
        })
    }
}

/// The first of the highest weighted media types that `known` knows.
pub(crate) fn preferred<T>(accept: &str, known: impl Fn(&str) -> Option<T>) -> Option<T> {
    let mut best: Option<(f32, T)> = None;
    for part in accept.split(',') {
        let mut fields = part.split(';').map(str::trim);
        let media_type = fields.next().unwrap_or_default().to_ascii_lowercase();
        let weight = fields
            .find_map(|field| field.strip_prefix("q="))
            .map_or(1.0, |q| q.parse().unwrap_or(0.0));
        if let Some(found) = known(&media_type)
            && weight > 0.0
            && best.as_ref().is_none_or(|(top, _)| weight > *top)
        {
            best = Some((weight, found));
        }
    }
    best.map(|(_, found)| found)
}

/// What a harvested document turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    RdfXml,
    Turtle,
    TriG,
    NTriples,
    NQuads,
    JsonLd,
}

impl Form {
    /// The word used in reports.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::RdfXml => "rdf-xml",
            Self::Turtle => "turtle",
            Self::TriG => "trig",
            Self::NTriples => "n-triples",
            Self::NQuads => "n-quads",
            Self::JsonLd => "json-ld",
        }
    }

    /// Whether a declared media type fits; general types fit everything of their kind.
    fn fits(self, media_type: &str) -> bool {
        let general = ["application/octet-stream", "text/plain", ""];
        let own: &[&str] = match self {
            Self::RdfXml => &["application/rdf+xml", "application/xml", "text/xml", "text/rdf+xml"],
            Self::Turtle | Self::TriG => &["text/turtle", "application/x-turtle", "application/trig", "text/n3"],
            Self::NTriples | Self::NQuads => &["application/n-triples", "application/n-quads", "text/turtle", "application/trig"],
            Self::JsonLd => &["application/ld+json", "application/json"],
        };
        general.contains(&media_type) || own.contains(&media_type)
    }
}

/// A document that passed its screen.
pub(crate) struct Sniffed {
    pub(crate) form: Form,
    pub(crate) findings: Vec<Finding>,
    /// Places of single quotes around entity values that the parser wants doubled.
    pub(crate) single_quotes: Vec<(usize, usize)>,
}

/// Tells what `bytes` are and screens them. The declared media type breaks ties only; a disagreement is a finding.
pub(crate) fn sniff(bytes: &[u8], media_type: Option<&str>, subject: &str, limits: &GraphLimits) -> Result<Sniffed, Refusal> {
    let start = bytes.iter().position(|b| !b.is_ascii_whitespace()).unwrap_or(bytes.len());
    let head = bytes.get(start..).unwrap_or_default();
    let mut single_quotes = Vec::new();
    let form = match head.first() {
        None => return Err(unreadable("empty-document", subject, "dokumentet är tomt", "the document is empty")),
        Some(b'{' | b'[') if head.first() == Some(&b'{') || !is_turtle_anon(head) => json_form(bytes, subject, limits)?,
        Some(b'<') if is_xml(head, media_type) => {
            xml_form(bytes, start, subject)?;
            single_quotes = screen::xml::screen(bytes, subject, limits)?.single_quotes;
            Form::RdfXml
        }
        _ => {
            let seen = screen::turtle::screen(bytes, subject, limits.depth_max)?;
            turtle_form(seen.graph_block, head, media_type, subject)?
        }
    };
    Ok(Sniffed {
        form,
        findings: told(form, media_type, subject),
        single_quotes,
    })
}

/// What a document's first 64 KiB say, where it is of the Turtle family: those documents can be read and screened piece by piece. None for others.
pub(crate) fn sniff_head(head: &[u8], graph_block: bool, media_type: Option<&str>, subject: &str) -> Option<Sniffed> {
    let start = head.iter().position(|b| !b.is_ascii_whitespace())?;
    let head = head.get(start..)?;
    let other = match head.first()? {
        b'{' | b'[' => true,
        b'<' => is_xml(head, media_type),
        _ => false,
    };
    let form = turtle_form(graph_block, head, media_type, subject).ok().filter(|_| !other)?;
    Some(Sniffed {
        form,
        findings: told(form, media_type, subject),
        single_quotes: Vec::new(),
    })
}

/// Whether a document's first 64 KiB begin RDF/XML, which is then screened piece by piece; none where the root element does not stand in them.
///
/// # Errors
/// XML of another kind.
pub(crate) fn sniff_xml_head(head: &[u8], media_type: Option<&str>, subject: &str) -> Option<Result<Sniffed, Refusal>> {
    let start = head.iter().position(|b| !b.is_ascii_whitespace())?;
    let begins = head.get(start..)?;
    if begins.first() != Some(&b'<') || !is_xml(begins, media_type) || screen::xml::root(head).is_none() {
        return None;
    }
    let form = Form::RdfXml;
    Some(xml_form(head, start, subject).map(|()| Sniffed {
        form,
        findings: told(form, media_type, subject),
        single_quotes: Vec::new(),
    }))
}

/// What is wrong with the form as such.
fn told(form: Form, media_type: Option<&str>, subject: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some(declared) = media_type.map(|given| given.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
        && !form.fits(&declared)
    {
        findings.push(mismatch(form, &declared, subject));
    }
    if form != Form::RdfXml {
        findings.push(not_for_the_portal(form, subject));
    }
    findings
}

fn mismatch(form: Form, declared: &str, subject: &str) -> Finding {
    let (word, declared) = (form.word(), shown(declared));
    Finding::new(
        "media-type-mismatch",
        Severity::Warning,
        subject,
        Text::new(
            format!("dokumentet är {word} men skickas som {declared}"),
            format!("the document is {word} but is sent as {declared}"),
        ),
    )
    .seen(declared)
    .fix(Text::new(
        "låt servern skicka rätt innehållstyp",
        "let the server send the right media type",
    ))
}

fn not_for_the_portal(form: Form, subject: &str) -> Finding {
    Finding::new(
        "syntax-not-rdfxml",
        Severity::Info,
        subject,
        Text::new(
            format!("{} läses av fyr men inte av dataportal.se", form.word()),
            format!("{} is accepted by fyr, not by dataportal.se", form.word()),
        ),
    )
    .fix(Text::new(
        "publicera katalogen även som RDF/XML",
        "publish the catalogue as RDF/XML too",
    ))
}

/// `[` also begins an anonymous node in Turtle: then a name follows, never a JSON value; after `[]` comes a property, after `[]` in JSON nothing.
fn is_turtle_anon(head: &[u8]) -> bool {
    let mut inside = head.iter().skip(1).filter(|b| !b.is_ascii_whitespace());
    match inside.next() {
        Some(b']') => inside.next().is_some(),
        Some(b'{' | b'[' | b'"' | b'0'..=b'9' | b'-' | b't' | b'f' | b'n') | None => false,
        Some(_) => head.first() == Some(&b'['),
    }
}

/// `<` begins XML unless it opens an IRI: closed without white space, and empty, a fragment, or with a scheme. The media type breaks ties.
fn is_xml(head: &[u8], media_type: Option<&str>) -> bool {
    let rest = head.get(1..).unwrap_or_default();
    if matches!(rest.first(), Some(b'?' | b'!')) {
        return true;
    }
    let end = rest.iter().take(8192).position(|b| *b == b'>' || b.is_ascii_whitespace());
    let token = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
    let closed = end.is_some_and(|end| rest.get(end) == Some(&b'>'));
    let scheme = token.windows(3).any(|w| w == b"://") || token.starts_with(b"urn:") || token.starts_with(b"mailto:");
    let iri = closed && (token.is_empty() || token.starts_with(b"#") || scheme || is_turtle_type(media_type));
    !iri
}

fn is_turtle_type(media_type: Option<&str>) -> bool {
    let declared = media_type.unwrap_or_default().to_ascii_lowercase();
    ["turtle", "trig", "n-triples", "n-quads", "n3"]
        .iter()
        .any(|name| declared.contains(name))
}

fn json_form(bytes: &[u8], subject: &str, limits: &GraphLimits) -> Result<Form, Refusal> {
    let top = screen::json::screen(bytes, subject, limits.depth_max)?;
    if ["@context", "@graph", "@id"].iter().any(|key| top.has(key)) {
        return Ok(Form::JsonLd);
    }
    let (sv, en) = if top.has("success") && top.has("result") {
        (
            "ett svar från CKAN, som ännu inte läses",
            "an answer from CKAN, which is not read yet",
        )
    } else {
        ("JSON som inte är JSON-LD", "JSON that is not JSON-LD")
    };
    Err(unreadable("unknown-syntax", subject, sv, en))
}

fn xml_form(bytes: &[u8], start: usize, subject: &str) -> Result<(), Refusal> {
    let Some((name, at)) = screen::xml::root(bytes) else {
        return Err(unreadable("unknown-syntax", subject, "XML utan rotelement", "XML without a root element").at(position(bytes, start)));
    };
    let local = name.rsplit(':').next().unwrap_or_default();
    let (id, sv, en) = match local.to_ascii_lowercase().as_str() {
        "rdf" => return Ok(()),
        "html" | "head" | "body" | "title" | "meta" | "script" | "div" | "p" => (
            "not-a-catalogue",
            "en webbsida, inte en katalog".to_owned(),
            "a web page, not a catalogue".to_owned(),
        ),
        "getrecordsresponse" | "capabilities" | "md_metadata" => (
            "unknown-syntax",
            format!("ett svar från en CSW-tjänst (`{name}`), som ännu inte läses"),
            format!("an answer from a CSW service (`{name}`), which is not read yet"),
        ),
        "urlset" | "sitemapindex" => (
            "unknown-syntax",
            format!("en webbplatskarta (`{name}`), som ännu inte läses"),
            format!("a sitemap (`{name}`), which is not read yet"),
        ),
        _ => (
            "unknown-syntax",
            format!("XML med rotelementet `{name}` i stället för `rdf:RDF`"),
            format!("XML with the root element `{name}` instead of `rdf:RDF`"),
        ),
    };
    Err(unreadable(id, subject, sv, en).at(position(bytes, at)))
}

fn turtle_form(graph_block: bool, head: &[u8], media_type: Option<&str>, subject: &str) -> Result<Form, Refusal> {
    let first = first_line(head);
    let word: String = first.chars().take_while(|c| !c.is_whitespace()).collect();
    let declares = ["@prefix", "@base", "PREFIX", "BASE", "@version", "VERSION"];
    let turtle = if graph_block { Form::TriG } else { Form::Turtle };
    if declares.iter().any(|keyword| word.eq_ignore_ascii_case(keyword)) {
        return Ok(turtle);
    }
    match line_terms(&first) {
        Some(3) => return Ok(Form::NTriples),
        Some(4) => return Ok(Form::NQuads),
        _ => {}
    }
    if is_turtle_type(media_type) || matches!(head.first(), Some(b'<' | b'_' | b'[' | b'(' | b'{')) {
        return Ok(turtle);
    }
    Err(unreadable(
        "unknown-syntax",
        subject,
        "varken RDF/XML, Turtle, JSON-LD eller N-Triples",
        "neither RDF/XML, Turtle, JSON-LD nor N-Triples",
    )
    .at(position(head, 0)))
}

/// The first line that is neither empty nor a comment, at most 64 KiB of it.
fn first_line(head: &[u8]) -> String {
    let start = String::from_utf8_lossy(head.get(..head.len().min(1 << 16)).unwrap_or_default()).into_owned();
    let line = start.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#'));
    line.unwrap_or_default().to_owned()
}

/// The terms of a line of N-Triples or N-Quads, when it is one.
fn line_terms(line: &str) -> Option<usize> {
    let mut rest = line.strip_suffix('.')?.trim();
    let mut terms = 0;
    while !rest.is_empty() {
        let end = match rest.chars().next()? {
            '<' => rest.find('>')? + 1,
            '_' if rest.starts_with("_:") => rest.find(char::is_whitespace).unwrap_or(rest.len()),
            '"' => literal_end(rest)?,
            _ => return None,
        };
        terms += 1;
        rest = rest.get(end..)?.trim_start();
    }
    Some(terms)
}

fn literal_end(text: &str) -> Option<usize> {
    let mut escaped = false;
    let close = text.char_indices().skip(1).find_map(|(at, c)| match c {
        '\\' if !escaped => {
            escaped = true;
            None
        }
        '"' if !escaped => Some(at),
        _ => {
            escaped = false;
            None
        }
    })?;
    let tail = text.get(close + 1..)?;
    let extra = if let Some(datatype) = tail.strip_prefix("^^") {
        datatype.find('>')? + 3
    } else if tail.starts_with('@') {
        tail.find(char::is_whitespace).unwrap_or(tail.len())
    } else {
        0
    };
    Some(close + 1 + extra)
}
