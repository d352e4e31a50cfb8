//! Bytes to triples: one parser per syntax, strict, stopped at the first error, with the limits of H14-H16.
//!
//! Relative IRIs: the document is parsed against a sentinel base, and whatever resolves to it was relative. A document's own base (`@base`,
//! `xml:base`) counts as absolute, and so does the base that the source's file states; without either, the document is refused. The
//! address that it was fetched from is no base (RFC 3986 section 5.1.3 would allow it), since mirrors and redirects would then give one
//! publisher's datasets different names.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Read as _};
use std::sync::{Arc, Mutex};

use fyr_model::limits::GraphLimits;
use fyr_model::{Finding, Position, Refusal, Severity, Text};
use oxjsonld::{JsonLdParser, JsonLdRemoteDocument};
use oxrdf::{GraphName, NamedOrBlankNode, Term, Triple};
use oxrdfio::{RdfFormat, RdfParseError, RdfParser, RdfSyntaxError};
use oxrdfxml::{RdfXmlParseError, RdfXmlParser};

use crate::contexts;
use crate::refuse::{after, find, internal, position, shown, unreadable};
use crate::screen;
use crate::syntax::Form;
use crate::triples::{Builder, Graph};

/// A base that no document means: what resolves to it was relative.
const SENTINEL: &str = "fyr-relative://relative/a/b/c/d/e/f/g/h/";
const SENTINEL_SCHEME: &str = "fyr-relative:";

/// A parsed document.
pub(crate) struct Parsed {
    pub(crate) graph: Graph,
    /// As written, copies counted.
    pub(crate) statements: u64,
    pub(crate) findings: Vec<Finding>,
}

/// Where triples go.
pub(crate) trait Taker {
    /// Takes a triple that is within the limits.
    fn take(&mut self, triple: Triple) -> Result<(), Refusal>;
    /// How many were taken, copies included.
    fn taken(&self) -> u64;
    /// Forgets them all.
    fn forget(&mut self) -> Result<(), Refusal>;
}

impl Taker for Builder {
    fn take(&mut self, triple: Triple) -> Result<(), Refusal> {
        self.add(triple);
        Ok(())
    }
    fn taken(&self) -> u64 {
        self.len() as u64
    }
    fn forget(&mut self) -> Result<(), Refusal> {
        *self = Self::default();
        Ok(())
    }
}

/// Opens a document that is read as it is parsed: at its beginning, past a byte order mark.
pub(crate) type Open<'a> = &'a dyn Fn() -> std::io::Result<Box<dyn std::io::Read>>;

/// What a parser needs to know besides the bytes.
#[derive(Clone, Copy)]
pub(crate) struct Task<'a> {
    /// The bytes, in UTF-8, without byte order mark.
    pub(crate) bytes: &'a [u8],
    /// Where they came from, for messages.
    pub(crate) subject: &'a str,
    /// The base that the source's file states.
    pub(crate) base: Option<&'a str>,
    pub(crate) limits: &'a GraphLimits,
}

/// Parses a document that passed its screen; a second time when it has relative IRIs and the source's file states a base.
pub(crate) fn parse(form: Form, task: Task<'_>) -> Result<Parsed, Refusal> {
    let mut builder = Builder::default();
    let findings = parse_into(form, task, None, &mut builder)?;
    Ok(Parsed {
        statements: builder.taken(),
        graph: builder.finish(),
        findings,
    })
}

/// [`parse`] to wherever triples go, from the bytes of the task or from what `open` gives; the findings.
pub(crate) fn parse_into(form: Form, task: Task<'_>, open: Option<Open<'_>>, taker: &mut impl Taker) -> Result<Vec<Finding>, Refusal> {
    let mut sink = against(form, task, open, SENTINEL, taker)?;
    let mut findings = sink.findings();
    if let (Some(base), false) = (task.base, sink.relative.is_empty()) {
        findings.push(resolved(task, &std::mem::take(&mut sink.relative), base));
        taker.forget()?;
        against(form, task, open, base, taker)?;
    }
    Ok(findings)
}

fn against<'a, 't, T: Taker>(
    form: Form,
    task: Task<'a>,
    open: Option<Open<'_>>,
    base: &str,
    taker: &'t mut T,
) -> Result<Sink<'a, 't, T>, Refusal> {
    let mut sink = Sink {
        task,
        taker,
        relative: BTreeSet::new(),
        named: 0,
    };
    let format = match form {
        Form::RdfXml => {
            match open {
                Some(open) => rdf_xml_stream(&mut sink, base, open)?,
                None => rdf_xml(&mut sink, base)?,
            }
            return Ok(sink);
        }
        Form::JsonLd => return json_ld(&mut sink, base).map(|()| sink),
        Form::Turtle => RdfFormat::Turtle,
        Form::TriG => RdfFormat::TriG,
        Form::NTriples => RdfFormat::NTriples,
        Form::NQuads => RdfFormat::NQuads,
    };
    match open {
        Some(open) => turtle_stream(&mut sink, format, base, open)?,
        None => turtle_family(&mut sink, format, base)?,
    }
    Ok(sink)
}

/// Relative IRIs that were read against the base of the source's file: the portal would not take them.
fn resolved(task: Task<'_>, relative: &BTreeSet<String>, base: &str) -> Finding {
    let (reference, at) = as_written(task.bytes, relative.first().map_or("", String::as_str));
    Finding::new(
        "relative-iri",
        Severity::Warning,
        task.subject,
        Text::new(
            format!("relativa IRI:er lästes mot källans bas {}", shown(base)),
            format!("relative IRIs were read against the source's base {}", shown(base)),
        ),
    )
    .seen(shown(&reference))
    .evidence(format!("{}", relative.len()))
    .fix(Text::new("skriv hela IRI:er i katalogen", "write whole IRIs in the catalogue"))
    .at(at)
}

struct Sink<'a, 't, T> {
    task: Task<'a>,
    taker: &'t mut T,
    relative: BTreeSet<String>,
    named: u64,
}

impl<T: Taker> Sink<'_, '_, T> {
    /// Takes a triple within the limits; `offset` is the place that the parser has reached, where it tells.
    fn take(&mut self, triple: Triple, offset: Option<usize>) -> Result<(), Refusal> {
        let task = self.task;
        if self.taker.taken() >= task.limits.triples_max {
            let max = task.limits.triples_max;
            return Err(unreadable(
                "too-many-triples",
                task.subject,
                format!("fler än {max} trippler"),
                format!("more than {max} triples"),
            )
            .hint(Text::new(
                "höj `graph.triples_max` om källan är betrodd",
                "raise `graph.triples_max` if the source is trusted",
            )));
        }
        if let NamedOrBlankNode::NamedNode(node) = &triple.subject {
            self.check_iri(node.as_str(), &triple, offset)?;
        }
        self.check_iri(triple.predicate.as_str(), &triple, offset)?;
        match &triple.object {
            Term::NamedNode(node) => self.check_iri(node.as_str(), &triple, offset)?,
            Term::Literal(literal) => {
                let max = task.limits.literal_bytes_max;
                if literal.value().len() > max {
                    return Err(self.too_long("literal-too-long", ("en text", "a text"), max, literal.value(), offset));
                }
                self.check_iri(literal.datatype().as_str(), &triple, offset)?;
            }
            Term::BlankNode(_) => {}
            Term::Triple(_) => {
                let at = offset.or_else(|| find(task.bytes, b"Triple", 0)).unwrap_or(0);
                return Err(screen::turtle::triple_term(task.subject, task.bytes, at));
            }
        }
        self.taker.take(triple)
    }

    fn check_iri(&mut self, iri: &str, triple: &Triple, offset: Option<usize>) -> Result<(), Refusal> {
        let max = self.task.limits.iri_bytes_max;
        if iri.len() > max {
            return Err(self.too_long("iri-too-long", ("en IRI", "an IRI"), max, iri, offset));
        }
        if iri.starts_with(SENTINEL_SCHEME) {
            if self.task.base.is_none() {
                return Err(relative(self.task, iri, triple));
            }
            self.relative.insert(iri.to_owned());
        }
        Ok(())
    }

    fn too_long(&self, id: &str, what: (&str, &str), max: usize, seen: &str, offset: Option<usize>) -> Refusal {
        let task = self.task;
        let start: String = seen.chars().take_while(|c| !"\\\"<>&\n".contains(*c)).take(48).collect();
        let at = offset.or_else(|| find(task.bytes, start.as_bytes(), 0)).unwrap_or(0);
        unreadable(
            id,
            task.subject,
            format!("{} på mer än {max} byte", what.0),
            format!("{} of more than {max} bytes", what.1),
        )
        .at(position(task.bytes, at))
    }

    fn findings(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        if self.named > 0 {
            findings.push(
                Finding::new(
                    "named-graphs-merged",
                    Severity::Info,
                    self.task.subject,
                    Text::new(
                        "påståenden i namngivna grafer lades i källans graf",
                        "statements in named graphs were put in the source's graph",
                    ),
                )
                .evidence(format!("{}", self.named)),
            );
        }
        findings
    }
}

/// A relative IRI in a document without a base: refused with the place where it stands.
fn relative(task: Task<'_>, resolved: &str, triple: &Triple) -> Refusal {
    let (reference, at) = as_written(task.bytes, resolved);
    let reference = shown(&reference);
    let subject = match &triple.subject {
        NamedOrBlankNode::NamedNode(node) if !node.as_str().starts_with(SENTINEL_SCHEME) => shown(node.as_str()),
        _ => format!("<{reference}>"),
    };
    unreadable(
        "relative-iri",
        task.subject,
        format!("`{reference}` är en relativ IRI och dokumentet har ingen bas (subjekt: {subject})"),
        format!("`{reference}` is a relative IRI and the document has no base (subject: {subject})"),
    )
    .hint(Text::new(
        "ange `base` i källans fil, eller be utgivaren skriva hela IRI:er",
        "set `base` in the source's file, or ask the publisher to write whole IRIs",
    ))
    .at(at)
}

/// The reference as the document writes it, and where: the tails of the resolved IRI are tried, longest first.
fn as_written(bytes: &[u8], resolved: &str) -> (String, Position) {
    let tail = resolved
        .strip_prefix(SENTINEL)
        .or_else(|| resolved.strip_prefix("fyr-relative://relative"))
        .or_else(|| resolved.strip_prefix(SENTINEL_SCHEME))
        .unwrap_or_default();
    let ways = [format!("\"{tail}\""), format!("<{tail}>"), format!("'{tail}'"), tail.to_owned()];
    let at = ways
        .iter()
        .filter(|way| !way.is_empty())
        .find_map(|way| find(bytes, way.as_bytes(), 0));
    (tail.to_owned(), position(bytes, at.unwrap_or(0)))
}

fn rdf_xml<T: Taker>(sink: &mut Sink<'_, '_, T>, base: &str) -> Result<(), Refusal> {
    let task = sink.task;
    let parser = RdfXmlParser::new().with_base_iri(base).map_err(|_| bad_base(task))?;
    let mut parser = parser.for_slice(task.bytes);
    while let Some(result) = parser.next() {
        let at = usize::try_from(parser.buffer_position()).unwrap_or(usize::MAX);
        let triple = result.map_err(|error| syntax(task, &error.to_string(), position(task.bytes, at)))?;
        sink.take(triple, Some(at))?;
    }
    Ok(())
}

/// RDF/XML that is read as it is parsed. What is refused has the place that the parser had reached, found by a second look.
fn rdf_xml_stream<T: Taker>(sink: &mut Sink<'_, '_, T>, base: &str, open: Open<'_>) -> Result<(), Refusal> {
    let task = sink.task;
    let place = |at: u64| placed(open, at).map_err(|error| unread(task, error));
    let parser = RdfXmlParser::new().with_base_iri(base).map_err(|_| bad_base(task))?;
    let mut parser = parser.for_reader(BufReader::with_capacity(1 << 20, open().map_err(|error| unread(task, error))?));
    while let Some(result) = parser.next() {
        let at = parser.buffer_position();
        let triple = match result {
            Ok(triple) => triple,
            Err(RdfXmlParseError::Io(error)) => return Err(unread(task, error)),
            Err(RdfXmlParseError::Syntax(error)) => return Err(syntax(task, &error.to_string(), place(at)?)),
        };
        if let Err(refusal) = sink.take(triple, None) {
            // What the taker refuses may have no place, such as too many datasets.
            return Err(if refusal.position.is_some() {
                refusal.at(place(at)?)
            } else {
                refusal
            });
        }
    }
    Ok(())
}

/// The place of a byte in a document that is read again up to there.
fn placed(open: Open<'_>, offset: u64) -> std::io::Result<Position> {
    let mut place = at(0, 0, 0);
    let mut before = BufReader::with_capacity(1 << 20, open()?).take(offset);
    loop {
        let piece = before.fill_buf()?;
        let length = piece.len();
        if length == 0 {
            return Ok(place);
        }
        place = after(place, piece, length);
        before.consume(length);
    }
}

fn unread(task: Task<'_>, error: std::io::Error) -> Refusal {
    internal(
        "file-unreadable",
        task.subject,
        "filen kunde inte läsas",
        "the file could not be read",
        error,
    )
}

fn turtle_family<T: Taker>(sink: &mut Sink<'_, '_, T>, format: RdfFormat, base: &str) -> Result<(), Refusal> {
    let task = sink.task;
    let parser = RdfParser::from_format(format).with_base_iri(base).map_err(|_| bad_base(task))?;
    for result in parser.for_slice(task.bytes) {
        let quad = result.map_err(|error| syntax(task, &error.to_string(), place(&error, task)))?;
        sink.named += u64::from(quad.graph_name != GraphName::DefaultGraph);
        sink.take(quad.into(), None)?;
    }
    Ok(())
}

/// A document that is read as it is parsed. Errors of the syntax have their place, limits and relative IRIs none.
fn turtle_stream<T: Taker>(sink: &mut Sink<'_, '_, T>, format: RdfFormat, base: &str, open: Open<'_>) -> Result<(), Refusal> {
    let task = sink.task;
    let parser = RdfParser::from_format(format).with_base_iri(base).map_err(|_| bad_base(task))?;
    for result in parser.for_reader(open().map_err(|error| unread(task, error))?) {
        let quad = result.map_err(|error| match error {
            RdfParseError::Io(error) => unread(task, error),
            RdfParseError::Syntax(error) => syntax(task, &error.to_string(), place(&error, task)),
        })?;
        sink.named += u64::from(quad.graph_name != GraphName::DefaultGraph);
        sink.take(quad.into(), None)?;
    }
    Ok(())
}

fn json_ld<T: Taker>(sink: &mut Sink<'_, '_, T>, base: &str) -> Result<(), Refusal> {
    let task = sink.task;
    let asked: Arc<Mutex<Option<String>>> = Arc::default();
    let heard = Arc::clone(&asked);
    let parser = JsonLdParser::new().with_base_iri(base).map_err(|_| bad_base(task))?;
    let parser = parser.for_slice(task.bytes).with_load_document_callback(move |iri, _| {
        if let Some(text) = contexts::text(iri) {
            return Ok(JsonLdRemoteDocument {
                document: text.as_bytes().to_vec(),
                document_url: iri.to_owned(),
            });
        }
        if let Ok(mut asked) = heard.lock() {
            asked.get_or_insert_with(|| iri.to_owned());
        }
        Err("the context is not in the bundle".into())
    });
    for result in parser {
        let quad = result.map_err(|error| {
            let unknown = asked.lock().ok().and_then(|asked| asked.clone());
            match unknown {
                Some(iri) => context(task, &iri),
                None => {
                    let at = error
                        .location()
                        .map(|range| at(range.start.line, range.start.column, range.start.offset));
                    syntax(task, &error.to_string(), at.unwrap_or_default())
                }
            }
        })?;
        sink.named += u64::from(quad.graph_name != GraphName::DefaultGraph);
        sink.take(quad.into(), None)?;
    }
    Ok(())
}

fn context(task: Task<'_>, iri: &str) -> Refusal {
    let at = find(task.bytes, iri.as_bytes(), 0).unwrap_or(0);
    let known: Vec<&str> = contexts::iris().filter(|iri| iri.starts_with("https")).collect();
    let iri = shown(iri);
    unreadable(
        "jsonld-context",
        task.subject,
        format!("kontexten `{iri}` följer inte med programmet, och kontexter hämtas aldrig"),
        format!("the context `{iri}` does not ship with the program, and contexts are never fetched"),
    )
    .hint(Text::new(
        format!("skriv kontexten i dokumentet, eller använd en av: {}", known.join(", ")),
        format!("write the context into the document, or use one of: {}", known.join(", ")),
    ))
    .at(position(task.bytes, at))
}

fn bad_base(task: Task<'_>) -> Refusal {
    let base = shown(task.base.unwrap_or_default());
    unreadable(
        "bad-base",
        task.subject,
        format!("`base` är ingen absolut IRI: {base}"),
        format!("`base` is not an absolute IRI: {base}"),
    )
}

fn place(error: &RdfSyntaxError, task: Task<'_>) -> Position {
    error.location().map_or_else(
        || position(task.bytes, 0),
        |range| at(range.start.line, range.start.column, range.start.offset),
    )
}

/// The parsers count lines and columns from 0.
fn at(line: u64, column: u64, offset: u64) -> Position {
    Position {
        line: line + 1,
        column: column + 1,
        offset,
    }
}

fn syntax(task: Task<'_>, cause: &str, at: Position) -> Refusal {
    let cause = shown(cause);
    let place = if at.line > 0 {
        (
            format!("rad {}, kolumn {}: ", at.line, at.column),
            format!("line {}, column {}: ", at.line, at.column),
        )
    } else {
        (String::new(), String::new())
    };
    unreadable(
        "syntax",
        task.subject,
        format!("syntaxfel, {}{cause}", place.0),
        format!("syntax error, {}{cause}", place.1),
    )
    .at(at)
}
