//! The places of subjects, properties and values in JSON-LD: an object with an `@id` and more, and the keys in it.
//!
//! Terms are read from every context of the document and from the contexts that ship with the program, all together; a term that is defined in two
//! ways is no term here, and what hangs on it has the place of its subject. Two looks: which object is which subject, since `@id` may
//! stand last, then the places.

use std::collections::HashMap;

use serde_json::Value;

use super::index::{Index, Object, Property, Subject};
use super::{absolute, resolved};
use crate::contexts;
use crate::vocab::RDF_TYPE;

/// Bytes of one context.
const CONTEXT_MAX: usize = 1 << 20;
/// How far a definition leads to another, and a context to another.
const STEPS_MAX: usize = 6;

/// Scans a document that the parser has accepted.
pub(super) fn scan(bytes: &[u8], base: Option<&str>, index: &mut Index) {
    let mut terms = Terms {
        base: base.map(|base| Some(base.to_owned())),
        ..Terms::default()
    };
    let mut lexer = Lexer::new(bytes);
    while let Some((event, _)) = lexer.next() {
        if let Event::Key(raw) = event
            && raw == "@context"
        {
            let from = lexer.at;
            lexer.skip();
            let text = lexer.slice(from, lexer.at).trim_start_matches([':', ' ', '\t', '\r', '\n']);
            if text.len() <= CONTEXT_MAX
                && let Ok(context) = serde_json::from_str(text)
            {
                terms.read(&context, 0);
            }
        }
    }
    let subjects = subjects(bytes, &terms, index);
    Places {
        terms: &terms,
        subjects: &subjects,
        index,
        frames: Vec::new(),
    }
    .run(bytes);
}

/// What words stand for; none where the document says two things.
#[derive(Default)]
struct Terms {
    words: HashMap<String, Option<String>>,
    vocabulary: Option<Option<String>>,
    base: Option<Option<String>>,
}

impl Terms {
    fn read(&mut self, context: &Value, depth: usize) {
        if depth > STEPS_MAX {
            return;
        }
        match context {
            Value::String(iri) => {
                let known = contexts::text(iri).and_then(|text| serde_json::from_str::<Value>(text).ok());
                if let Some(inner) = known.as_ref().and_then(|known| known.get("@context")) {
                    self.read(inner, depth + 1);
                }
            }
            Value::Array(all) => all.iter().for_each(|one| self.read(one, depth + 1)),
            Value::Object(definitions) => {
                for (word, definition) in definitions {
                    self.define(word, definition, depth);
                }
            }
            _ => {}
        }
    }

    fn define(&mut self, word: &str, definition: &Value, depth: usize) {
        let only = |slot: &mut Option<Option<String>>, text: Option<&str>| match slot {
            Some(known) if known.as_deref() != text => *known = None,
            Some(_) => {}
            None => *slot = Some(text.map(str::to_owned)),
        };
        match word {
            "@vocab" => return only(&mut self.vocabulary, definition.as_str()),
            "@base" => return only(&mut self.base, definition.as_str()),
            _ if word.starts_with('@') => return,
            _ => {}
        }
        let meant = match definition {
            Value::String(iri) => Some(iri.as_str()),
            Value::Object(parts) if parts.contains_key("@reverse") => None,
            Value::Object(parts) => match parts.get("@id") {
                Some(id) => id.as_str(),
                // A word of its own: a compact IRI, or one of the vocabulary.
                None if word.contains(':') => Some(word),
                None => return self.nested(definition, depth),
            },
            _ => None,
        };
        let meant = meant.map(str::to_owned);
        match self.words.get_mut(word) {
            Some(known) if *known != meant => *known = None,
            Some(_) => {}
            None => {
                self.words.insert(word.to_owned(), meant);
            }
        }
        self.nested(definition, depth);
    }

    fn nested(&mut self, definition: &Value, depth: usize) {
        if let Some(inner) = definition.get("@context") {
            self.read(inner, depth + 1);
        }
    }

    /// The IRI or keyword that a key or type stands for.
    fn word(&self, word: &str, step: usize) -> Option<String> {
        if word.starts_with('@') {
            return Some(word.to_owned());
        }
        if step > STEPS_MAX {
            return None;
        }
        match self.words.get(word) {
            Some(Some(meant)) if meant != word => return self.word(meant, step + 1),
            Some(None) => return None,
            _ => {}
        }
        if let Some((prefix, local)) = word.split_once(':') {
            return self.compact(word, prefix, local, step);
        }
        let vocabulary = self.vocabulary.as_ref()?.as_ref()?;
        Some(format!("{vocabulary}{word}"))
    }

    fn compact(&self, word: &str, prefix: &str, local: &str, step: usize) -> Option<String> {
        let plain = local.starts_with("//") || prefix == "_";
        match self.words.get(prefix).filter(|_| !plain) {
            Some(Some(space)) => Some(format!("{}{local}", self.word(space, step + 1)?)),
            Some(None) => None,
            None => Some(word.to_owned()),
        }
    }

    /// The IRI that an `@id` stands for.
    fn id(&self, id: &str) -> Option<String> {
        if let Some((prefix, local)) = id.split_once(':')
            && absolute(id)
        {
            return self.compact(id, prefix, local, 0);
        }
        resolved(id, self.base.as_ref()?.as_deref())
    }
}

enum Event<'a> {
    Open {
        object: bool,
    },
    Close,
    /// A key, as written.
    Key(&'a str),
    /// A text, as written between its quotes.
    Text(&'a str),
    /// A number or a truth value.
    Scalar(&'a str),
}

/// The tokens of a JSON text, with where each begins.
struct Lexer<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Lexer<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    fn slice(&self, from: usize, to: usize) -> &'a str {
        self.bytes
            .get(from..to)
            .and_then(|part| std::str::from_utf8(part).ok())
            .unwrap_or_default()
    }

    fn space(&mut self) {
        while self
            .bytes
            .get(self.at)
            .is_some_and(|byte| byte.is_ascii_whitespace() || matches!(byte, b',' | b':'))
        {
            self.at += 1;
        }
    }

    fn next(&mut self) -> Option<(Event<'a>, usize)> {
        self.space();
        let start = self.at;
        let event = match self.bytes.get(start)? {
            byte @ (b'{' | b'[') => {
                self.at += 1;
                Event::Open { object: *byte == b'{' }
            }
            b'}' | b']' => {
                self.at += 1;
                Event::Close
            }
            b'"' => self.string(),
            _ => {
                let rest = self.bytes.get(start..).unwrap_or_default();
                let ends = |byte: &&u8| byte.is_ascii_whitespace() || matches!(byte, b',' | b'}' | b']');
                self.at += rest.iter().take_while(|byte| !ends(byte)).count().max(1);
                Event::Scalar(self.slice(start, self.at))
            }
        };
        Some((event, start))
    }

    fn string(&mut self) -> Event<'a> {
        let start = self.at + 1;
        let mut here = start;
        while let Some(byte) = self.bytes.get(here) {
            match byte {
                b'"' => break,
                b'\\' => here += 2,
                _ => here += 1,
            }
        }
        self.at = here + 1;
        let text = self.slice(start, here);
        let after = self.bytes.get(self.at..).unwrap_or_default();
        let key = after.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b':');
        if key { Event::Key(text) } else { Event::Text(text) }
    }

    /// Goes past the next value.
    fn skip(&mut self) {
        let mut depth = 0usize;
        while let Some((event, _)) = self.next() {
            match event {
                Event::Open { .. } => depth += 1,
                Event::Close => depth = depth.saturating_sub(1),
                Event::Key(_) => continue,
                _ => {}
            }
            if depth == 0 {
                return;
            }
        }
    }
}

/// A text with its escapes read.
fn unescaped(raw: &str) -> String {
    if !raw.contains('\\') {
        return raw.to_owned();
    }
    serde_json::from_str(&format!("\"{raw}\"")).unwrap_or_default()
}

/// The objects that are wanted subjects, by where they begin: the subject, and where its name stands.
fn subjects(bytes: &[u8], terms: &Terms, index: &mut Index) -> HashMap<usize, (Subject, usize)> {
    struct Frame {
        start: usize,
        object: bool,
        id: Option<(Subject, usize)>,
        more: bool,
    }
    let mut found = HashMap::new();
    let mut frames: Vec<Frame> = Vec::new();
    let mut lexer = Lexer::new(bytes);
    let mut names = false;
    while let Some((event, at)) = lexer.next() {
        match event {
            Event::Open { object } => frames.push(Frame {
                start: at,
                object,
                id: None,
                more: false,
            }),
            Event::Close => {
                let Some(frame) = frames.pop() else { continue };
                if let (Some(id), true, true) = (frame.id, frame.more, frame.object) {
                    found.insert(frame.start, id);
                }
            }
            Event::Key("@context") => lexer.skip(),
            Event::Key(raw) => {
                names = terms.word(&unescaped(raw), 0).as_deref() == Some("@id");
                if let Some(frame) = frames.last_mut() {
                    frame.more |= !names;
                }
                continue;
            }
            Event::Text(raw) if names => {
                if let Some(iri) = terms.id(&unescaped(raw)) {
                    index.mention(&iri, at);
                    if let Some(frame) = frames.last_mut() {
                        frame.id = index.subject(&iri).map(|subject| (subject, at));
                    }
                }
            }
            Event::Text(_) | Event::Scalar(_) => {}
        }
        names = false;
    }
    found
}

/// The second look.
struct Places<'t, 'i> {
    terms: &'t Terms,
    subjects: &'t HashMap<usize, (Subject, usize)>,
    index: &'i mut Index,
    frames: Vec<Frame>,
}

struct Frame {
    object: bool,
    subject: Option<(Subject, usize)>,
    /// The property whose values come here: of the key before, or of the object around.
    property: Option<Property>,
    /// In an object that is a value: the property that it is a value of, until the value has been told.
    of: Option<Property>,
    /// Whether the next text is the value itself.
    telling: bool,
}

impl Places<'_, '_> {
    fn run(&mut self, bytes: &[u8]) {
        let mut lexer = Lexer::new(bytes);
        while let Some((event, at)) = lexer.next() {
            match event {
                Event::Open { object } => self.open(object, at),
                Event::Close => self.close(at),
                Event::Key("@context") => lexer.skip(),
                Event::Key(raw) => self.key(&unescaped(raw), at),
                Event::Text(raw) => self.value(&unescaped(raw), at),
                Event::Scalar(raw) => self.value(raw, at),
            }
        }
    }

    fn open(&mut self, object: bool, at: usize) {
        let property = self.frames.last().and_then(|frame| frame.property);
        self.frames.push(Frame {
            object,
            subject: self.subjects.get(&at).copied(),
            // An array hands its property on to what stands in it; an object is a value itself.
            property: property.filter(|_| !object),
            of: property.filter(|_| object),
            telling: false,
        });
    }

    fn close(&mut self, at: usize) {
        let Some(frame) = self.frames.pop() else { return };
        if let (true, Some(property)) = (frame.object, frame.of) {
            self.index.object(property, &Object::default(), at);
        }
    }

    fn key(&mut self, raw: &str, at: usize) {
        let meant = self.terms.word(raw, 0);
        let Some(frame) = self.frames.last_mut() else { return };
        frame.property = None;
        let meant = match meant.as_deref() {
            Some("@id" | "@value") => {
                frame.telling = true;
                return;
            }
            Some("@type") => RDF_TYPE,
            Some(iri) if !iri.starts_with('@') => iri,
            _ => {
                frame.telling = false;
                return;
            }
        };
        frame.telling = false;
        if let Some((subject, named_at)) = frame.subject {
            self.index.describe(subject, named_at);
            frame.property = self.index.property(subject, meant, at);
        }
    }

    fn value(&mut self, text: &str, at: usize) {
        let Some(frame) = self.frames.last_mut() else { return };
        if frame.telling {
            frame.telling = false;
            let Some(property) = frame.of.take() else { return };
            let iri = self.terms.id(text).filter(|_| absolute(text));
            return self.told(property, text, iri.as_deref(), at);
        }
        if let Some(property) = frame.property {
            let compact = Some(text).filter(|text| text.contains(':'));
            let iri = compact.and_then(|text| self.terms.word(text, 0)).filter(|iri| absolute(iri));
            self.told(property, text, iri.as_deref(), at);
        }
    }

    /// A value is what it says, or the IRI that it stands for.
    fn told(&mut self, property: Property, text: &str, iri: Option<&str>, at: usize) {
        let object = Object {
            text: Some(iri.unwrap_or(text)),
            ..Object::default()
        };
        self.index.object(property, &object, at);
    }
}
