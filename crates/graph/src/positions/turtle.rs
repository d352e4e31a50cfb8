//! The places of subjects, properties and values in Turtle, TriG, N-Triples and N-Quads.
//!
//! A scanner of tokens and of the four states of a statement; it knows prefixes, bases, brackets, lists and graph blocks, and checks nothing.

use std::borrow::Cow;
use std::collections::HashMap;

use super::index::{Index, Object, Property, Subject};
use super::resolved;
use crate::refuse::find;
use crate::vocab::RDF_TYPE;

/// Scans a document that the parser has accepted.
pub(super) fn scan(bytes: &[u8], base: Option<&str>, index: &mut Index) {
    let mut scan = Scan {
        bytes,
        at: 0,
        base: base.map(str::to_owned),
        prefixes: HashMap::new(),
        frames: vec![Frame::statement()],
        index,
    };
    while let Some((token, start)) = scan.next() {
        scan.take(token, start);
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Expect {
    Subject,
    Predicate,
    Object,
    /// After an object; a fourth term names a graph.
    Rest,
}

/// A statement, or what stands between brackets.
struct Frame {
    list: bool,
    expect: Expect,
    subject: Option<(Subject, usize)>,
    property: Option<Property>,
}

impl Frame {
    fn statement() -> Self {
        Self {
            list: false,
            expect: Expect::Subject,
            subject: None,
            property: None,
        }
    }
}

enum Token<'a> {
    /// A whole IRI; empty when it could not be made whole.
    Iri(Cow<'a, str>),
    Blank,
    Literal(Literal<'a>),
    Prefix,
    Base,
    Version,
    Graph,
    Mark(u8),
    /// A word that says nothing here.
    Other,
}

struct Literal<'a> {
    /// As written, between the quotes.
    raw: &'a str,
    tag: Option<&'a str>,
    datatype: Option<Cow<'a, str>>,
}

struct Scan<'a, 'i> {
    bytes: &'a [u8],
    at: usize,
    base: Option<String>,
    prefixes: HashMap<String, String>,
    frames: Vec<Frame>,
    index: &'i mut Index,
}

impl<'a> Scan<'a, '_> {
    fn take(&mut self, token: Token<'a>, start: usize) {
        match token {
            Token::Prefix => self.prefix(),
            Token::Base => {
                if let Some((Token::Iri(iri), _)) = self.next() {
                    self.base = Some(iri.into_owned());
                }
            }
            Token::Version => {
                self.next();
            }
            Token::Graph | Token::Other => {}
            Token::Mark(b'.' | b'{' | b'}') => {
                self.frames.clear();
                self.frames.push(Frame::statement());
            }
            Token::Mark(b'[') => self.open(false, start),
            Token::Mark(b'(') => self.open(true, start),
            Token::Mark(b']' | b')') => self.close(),
            Token::Mark(mark) => {
                if let Some(frame) = self.frames.last_mut() {
                    frame.expect = if mark == b';' { Expect::Predicate } else { Expect::Object };
                }
            }
            Token::Iri(iri) => self.iri(&iri, start),
            Token::Blank => self.other(&Object::default(), start),
            Token::Literal(literal) => {
                let text = unescaped(literal.raw);
                let object = Object {
                    text: Some(&text),
                    tag: literal.tag,
                    datatype: literal.datatype.as_deref(),
                };
                self.other(&object, start);
            }
        }
    }

    fn prefix(&mut self) {
        let name_at = self.space();
        let Some(colon) = find(self.bytes, b":", name_at) else { return };
        let name = self.text(name_at, colon).trim().to_owned();
        self.at = colon + 1;
        if let Some((Token::Iri(iri), _)) = self.next() {
            self.prefixes.insert(name, iri.into_owned());
        }
    }

    fn iri(&mut self, iri: &str, start: usize) {
        let Some(frame) = self.frames.last_mut() else { return };
        match frame.expect {
            Expect::Subject => {
                frame.subject = self.index.subject(iri).map(|subject| (subject, start));
                frame.expect = Expect::Predicate;
            }
            Expect::Predicate => {
                frame.property = None;
                if let Some((subject, at)) = frame.subject {
                    self.index.describe(subject, at);
                    frame.property = self.index.property(subject, iri, start);
                }
                frame.expect = Expect::Object;
            }
            Expect::Object => {
                self.index.mention(iri, start);
                let object = Object {
                    text: Some(iri),
                    ..Object::default()
                };
                self.other(&object, start);
            }
            Expect::Rest => {}
        }
    }

    /// A term that is no predicate.
    fn other(&mut self, object: &Object<'_>, start: usize) {
        let Some(frame) = self.frames.last_mut() else { return };
        match frame.expect {
            Expect::Subject => {
                frame.subject = None;
                frame.expect = Expect::Predicate;
            }
            Expect::Object if !frame.list => {
                if let Some(property) = frame.property {
                    self.index.object(property, object, start);
                }
                frame.expect = Expect::Rest;
            }
            _ => {}
        }
    }

    fn open(&mut self, list: bool, start: usize) {
        self.other(&Object::default(), start);
        self.frames.push(Frame {
            list,
            expect: if list { Expect::Object } else { Expect::Predicate },
            ..Frame::statement()
        });
    }

    fn close(&mut self) {
        if self.frames.len() > 1 {
            self.frames.pop();
        }
    }

    fn text(&self, from: usize, to: usize) -> &'a str {
        self.bytes
            .get(from..to)
            .and_then(|part| std::str::from_utf8(part).ok())
            .unwrap_or_default()
    }

    /// Goes past white space and comments.
    fn space(&mut self) -> usize {
        while let Some(byte) = self.bytes.get(self.at) {
            match byte {
                b'#' => self.at = find(self.bytes, b"\n", self.at).unwrap_or(self.bytes.len()),
                byte if byte.is_ascii_whitespace() => self.at += 1,
                _ => break,
            }
        }
        self.at
    }

    fn next(&mut self) -> Option<(Token<'a>, usize)> {
        let start = self.space();
        let byte = *self.bytes.get(start)?;
        let digit = self.bytes.get(start + 1).is_some_and(u8::is_ascii_digit);
        let token = match byte {
            b'<' => self.reference(),
            b'"' | b'\'' => self.literal(byte),
            b'.' if !digit => self.mark(byte),
            b';' | b',' | b'[' | b']' | b'(' | b')' | b'{' | b'}' => self.mark(byte),
            _ => self.word(),
        };
        Some((token, start))
    }

    fn mark(&mut self, byte: u8) -> Token<'a> {
        self.at += 1;
        Token::Mark(byte)
    }

    fn reference(&mut self) -> Token<'a> {
        let start = self.at + 1;
        let end = find(self.bytes, b">", start).unwrap_or(self.bytes.len());
        self.at = end + 1;
        let raw = self.text(start, end);
        let plain = if raw.contains('\\') { unescaped(raw) } else { Cow::Borrowed(raw) };
        if super::absolute(&plain) {
            return Token::Iri(plain);
        }
        Token::Iri(Cow::Owned(resolved(&plain, self.base.as_deref()).unwrap_or_default()))
    }

    fn literal(&mut self, quote: u8) -> Token<'a> {
        let long = self.bytes.get(self.at..self.at + 3) == Some(&[quote; 3]);
        let width = if long { 3 } else { 1 };
        let start = self.at + width;
        let mut here = start;
        while let Some(byte) = self.bytes.get(here) {
            match byte {
                b'\\' => here += 1,
                byte if *byte == quote && !long => break,
                byte if *byte == quote && self.bytes.get(here..here + 3) == Some(&[quote; 3]) => break,
                _ => {}
            }
            here += 1;
        }
        // Of four or five quotes in a row, the last three close the text.
        while long && self.bytes.get(here + 3) == Some(&quote) {
            here += 1;
        }
        self.at = here + width;
        let raw = self.text(start, here.min(self.bytes.len()));
        let (tag, datatype) = self.suffix();
        Token::Literal(Literal { raw, tag, datatype })
    }

    /// The language tag or the datatype behind a text.
    fn suffix(&mut self) -> (Option<&'a str>, Option<Cow<'a, str>>) {
        let after = self.at;
        if self.bytes.get(after) == Some(&b'@') {
            let rest = self.bytes.get(after + 1..).unwrap_or_default();
            let length = rest
                .iter()
                .take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'-')
                .count();
            self.at = after + 1 + length;
            return (Some(self.text(after + 1, self.at)), None);
        }
        let here = self.space();
        if self.bytes.get(here..here + 2) == Some(b"^^") {
            self.at = here + 2;
            if let Some((Token::Iri(iri), _)) = self.next() {
                return (None, Some(iri));
            }
        } else {
            self.at = after;
        }
        (None, None)
    }

    /// A prefixed name, a keyword, a label of a blank node, a number or a truth value.
    fn word(&mut self) -> Token<'a> {
        let start = self.at;
        let mut here = start;
        while let Some(byte) = self.bytes.get(here) {
            match byte {
                b'\\' => here += 1,
                b';' | b',' | b'[' | b']' | b'(' | b')' | b'{' | b'}' | b'<' | b'>' | b'"' | b'\'' | b'#' => break,
                byte if byte.is_ascii_whitespace() => break,
                _ => {}
            }
            here += 1;
        }
        let mut end = here.min(self.bytes.len());
        // A dot ends the statement, unless it is escaped or inside the name.
        while end > start + 1 && self.bytes.get(end - 1) == Some(&b'.') && self.bytes.get(end - 2) != Some(&b'\\') {
            end -= 1;
        }
        self.at = end.max(start + 1);
        let word = self.text(start, end);
        match word {
            "a" => return Token::Iri(Cow::Borrowed(RDF_TYPE)),
            "@prefix" => return Token::Prefix,
            "@base" => return Token::Base,
            "@version" => return Token::Version,
            _ if word.starts_with("_:") => return Token::Blank,
            _ if word.starts_with('@') => return Token::Other,
            _ => {}
        }
        if let Some((prefix, local)) = word.split_once(':') {
            let iri = self.prefixes.get(prefix).map(|space| format!("{space}{}", local.replace('\\', "")));
            return Token::Iri(Cow::Owned(iri.unwrap_or_default()));
        }
        match word.to_ascii_uppercase().as_str() {
            "PREFIX" => Token::Prefix,
            "BASE" => Token::Base,
            "VERSION" => Token::Version,
            "GRAPH" => Token::Graph,
            _ => Token::Literal(Literal {
                raw: word,
                tag: None,
                datatype: None,
            }),
        }
    }
}

/// The text with its escapes read.
fn unescaped(raw: &str) -> Cow<'_, str> {
    if !raw.contains('\\') {
        return Cow::Borrowed(raw);
    }
    let mut out = String::with_capacity(raw.len());
    let mut letters = raw.chars();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            out.push(letter);
            continue;
        }
        let width = match letters.next() {
            Some('t') => {
                out.push('\t');
                continue;
            }
            Some('n') => {
                out.push('\n');
                continue;
            }
            Some('r') => {
                out.push('\r');
                continue;
            }
            Some('u') => 4,
            Some('U') => 8,
            Some(other) => {
                out.push(other);
                continue;
            }
            None => break,
        };
        let digits: String = letters.by_ref().take(width).collect();
        out.extend(u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32));
    }
    Cow::Owned(out)
}
