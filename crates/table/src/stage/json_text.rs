//! JSON as a stream of events (RFC 8259), with nesting bounded, numbers as their own digits and the place of every fault.
//!
//! In: UTF-8. Out: events, or whole values as [`Node`]. A number is never rounded here; a key that stands twice is kept twice (H28).

use std::io::Read;

use fyr_model::limits::TableLimits;
use fyr_model::{Position, Refusal};

use crate::refuse;

/// One step of a document. Texts lie in [`JsonText::text`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    BeginObject,
    BeginList,
    End,
    Key,
    Text,
    Number,
    Boolean(bool),
    Null,
    /// The end of the document.
    Done,
}

/// A whole value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Node {
    Null,
    Boolean(bool),
    Number(String),
    Text(String),
    List(Vec<Node>),
    Object(Vec<(String, Node)>),
}

impl Node {
    /// The member of that name; the last one when there are several.
    pub(crate) fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Object(members) => members.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value),
            _ => None,
        }
    }
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
    /// As compact JSON, numbers in their own digits.
    pub(crate) fn write(&self, out: &mut String) {
        match self {
            Self::Null => out.push_str("null"),
            Self::Boolean(value) => out.push_str(if *value { "true" } else { "false" }),
            Self::Number(text) => out.push_str(text),
            Self::Text(text) => quote(text, out),
            Self::List(items) => {
                out.push('[');
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    item.write(out);
                }
                out.push(']');
            }
            Self::Object(members) => {
                out.push('{');
                for (index, (key, value)) in members.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    quote(key, out);
                    out.push(':');
                    value.write(out);
                }
                out.push('}');
            }
        }
    }
}

fn quote(text: &str, out: &mut String) {
    out.push_str(&serde_json::Value::from(text).to_string());
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Frame {
    Object,
    List,
}

pub(crate) struct JsonText<'a, R> {
    input: R,
    buffer: Vec<u8>,
    at: usize,
    end: usize,
    offset: u64,
    line: u64,
    stack: Vec<Frame>,
    /// A value or `}`/`]` may follow directly (no comma).
    fresh: bool,
    /// A key was read: its value follows.
    keyed: bool,
    raw: Vec<u8>,
    /// The text of the last key, text or number.
    pub(crate) text: String,
    /// Halves of surrogate pairs that stood alone.
    pub(crate) lone_surrogates: u64,
    limits: &'a TableLimits,
    subject: &'a str,
}

impl<'a, R: Read> JsonText<'a, R> {
    pub(crate) fn new(input: R, limits: &'a TableLimits, subject: &'a str) -> Self {
        Self {
            input,
            buffer: vec![0; 1 << 16],
            at: 0,
            end: 0,
            offset: 0,
            line: 1,
            stack: Vec::new(),
            fresh: true,
            keyed: false,
            raw: Vec::new(),
            text: String::new(),
            lone_surrogates: 0,
            limits,
            subject,
        }
    }
    pub(crate) fn subject(&self) -> &'a str {
        self.subject
    }

    fn peek(&mut self) -> Result<Option<u8>, Refusal> {
        if self.at == self.end {
            self.end = self.input.read(&mut self.buffer).map_err(|error| refuse::io(self.subject, error))?;
            self.at = 0;
        }
        Ok(self.buffer.get(self.at..self.end).and_then(|rest| rest.first().copied()))
    }
    fn step(&mut self) {
        self.at += 1;
        self.offset += 1;
    }
    fn blank(&mut self) -> Result<Option<u8>, Refusal> {
        while let Some(byte) = self.peek()? {
            match byte {
                b'\n' => self.line += 1,
                b' ' | b'\t' | b'\r' => {}
                _ => return Ok(Some(byte)),
            }
            self.step();
        }
        Ok(None)
    }
    fn here(&self) -> Position {
        Position {
            line: self.line,
            column: 0,
            offset: self.offset,
        }
    }
    pub(crate) fn fault(&self, sv: &str, en: &str) -> Refusal {
        refuse::unreadable(
            "json-syntax",
            self.subject,
            format!("felaktig JSON: {sv}"),
            format!("invalid JSON: {en}"),
        )
        .at(self.here())
    }

    /// The next event. Values may follow one another at the top: that is NDJSON.
    pub(crate) fn next(&mut self) -> Result<Event, Refusal> {
        let Some(byte) = self.blank()? else {
            return if self.stack.is_empty() {
                Ok(Event::Done)
            } else {
                Err(self.fault("dokumentet slutar för tidigt", "the document ends too early"))
            };
        };
        if self.keyed {
            self.keyed = false;
            return self.value(byte);
        }
        match self.stack.last().copied() {
            None => self.value(byte),
            Some(frame) => {
                if byte == (if frame == Frame::Object { b'}' } else { b']' }) {
                    self.step();
                    self.stack.pop();
                    self.fresh = false;
                    return Ok(Event::End);
                }
                let byte = if self.fresh { byte } else { self.comma(byte)? };
                match frame {
                    Frame::List => self.value(byte),
                    Frame::Object => self.key(byte),
                }
            }
        }
    }
    fn comma(&mut self, byte: u8) -> Result<u8, Refusal> {
        if byte != b',' {
            return Err(self.fault("ett kommatecken saknas", "a comma is missing"));
        }
        self.step();
        let next = self.blank()?;
        next.ok_or_else(|| self.fault("dokumentet slutar för tidigt", "the document ends too early"))
    }
    fn key(&mut self, byte: u8) -> Result<Event, Refusal> {
        if byte != b'"' {
            return Err(self.fault("ett namn saknas", "a name is missing"));
        }
        self.string()?;
        if self.blank()? != Some(b':') {
            return Err(self.fault("ett kolon saknas", "a colon is missing"));
        }
        self.step();
        self.keyed = true;
        self.fresh = true;
        Ok(Event::Key)
    }
    fn value(&mut self, byte: u8) -> Result<Event, Refusal> {
        self.fresh = false;
        match byte {
            b'{' | b'[' => {
                if self.stack.len() >= self.limits.depth_max {
                    let limit = self.limits.depth_max;
                    return Err(refuse::unreadable(
                        "json-depth",
                        self.subject,
                        format!("JSON är nästlad djupare än {limit} nivåer"),
                        format!("the JSON is nested deeper than {limit} levels"),
                    )
                    .at(self.here()));
                }
                self.step();
                self.fresh = true;
                self.stack.push(if byte == b'{' { Frame::Object } else { Frame::List });
                Ok(if byte == b'{' { Event::BeginObject } else { Event::BeginList })
            }
            b'"' => {
                self.string()?;
                Ok(Event::Text)
            }
            b'-' | b'0'..=b'9' => self.number(),
            b't' => self.word("true", Event::Boolean(true)),
            b'f' => self.word("false", Event::Boolean(false)),
            b'n' => self.word("null", Event::Null),
            // Not JSON, but what several programs write for a number that is missing.
            b'N' => self.word("NaN", Event::Null),
            _ => Err(self.fault("ett värde saknas", "a value is missing")),
        }
    }
    fn word(&mut self, word: &str, event: Event) -> Result<Event, Refusal> {
        for expected in word.bytes() {
            if self.peek()? != Some(expected) {
                return Err(self.fault("ett okänt ord", "an unknown word"));
            }
            self.step();
        }
        Ok(event)
    }
    fn number(&mut self) -> Result<Event, Refusal> {
        self.text.clear();
        while let Some(byte) = self.peek()? {
            if !matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E') {
                break;
            }
            self.text.push(char::from(byte));
            self.step();
            if self.text.len() > self.limits.field_bytes_max {
                return Err(self.too_long());
            }
        }
        let body = self.text.strip_prefix('-').unwrap_or(&self.text);
        let leading_zero = body.len() > 1 && body.starts_with('0') && body.as_bytes().get(1).is_some_and(u8::is_ascii_digit);
        if leading_zero || !body.starts_with(|c: char| c.is_ascii_digit()) || self.text.parse::<f64>().is_err() {
            return Err(self.fault("ett tal är felskrivet", "a number is misspelt"));
        }
        Ok(Event::Number)
    }
    fn too_long(&self) -> Refusal {
        let limit = self.limits.field_bytes_max;
        refuse::unreadable(
            "json-text-too-long",
            self.subject,
            format!("en text är längre än {limit} byte"),
            format!("a text is longer than {limit} bytes"),
        )
        .at(self.here())
    }
    fn string(&mut self) -> Result<(), Refusal> {
        self.step();
        self.raw.clear();
        loop {
            let Some(byte) = self.peek()? else {
                return Err(self.fault("en text avslutas aldrig", "a text is never closed"));
            };
            self.step();
            match byte {
                b'"' => break,
                b'\\' => self.escape()?,
                0..=0x1f => return Err(self.fault("ett styrtecken står i en text", "a control character stands in a text")),
                _ => self.raw.push(byte),
            }
            if self.raw.len() > self.limits.field_bytes_max {
                return Err(self.too_long());
            }
        }
        self.text.clear();
        match std::str::from_utf8(&self.raw) {
            Ok(text) => self.text.push_str(text),
            Err(_) => return Err(self.fault("en text är inte UTF-8", "a text is not UTF-8")),
        }
        Ok(())
    }
    fn escape(&mut self) -> Result<(), Refusal> {
        let byte = self.peek()?;
        self.step();
        let c = match byte {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => self.unicode()?,
            _ => return Err(self.fault("ett okänt undantagstecken", "an unknown escape")),
        };
        self.raw.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        Ok(())
    }
    /// Four hexadecimal digits, or two such for a pair; half a pair is counted and shown as U+FFFD.
    fn unicode(&mut self) -> Result<char, Refusal> {
        let first = self.hex()?;
        if let Some(c) = char::from_u32(first) {
            return Ok(c);
        }
        if first < 0xdc00 && self.peek()? == Some(b'\\') {
            self.step();
            if self.peek()? == Some(b'u') {
                self.step();
                let second = self.hex()?;
                if (0xdc00..0xe000).contains(&second) {
                    return Ok(char::from_u32(0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00)).unwrap_or('\u{fffd}'));
                }
                self.lone_surrogates += 1;
                self.raw.extend_from_slice("\u{fffd}".as_bytes());
                return Ok(char::from_u32(second).unwrap_or('\u{fffd}'));
            }
            self.lone_surrogates += 1;
            self.raw.extend_from_slice("\u{fffd}".as_bytes());
            self.escape()?;
            // The escape wrote its own character; the one wanted here is already there.
            let text = String::from_utf8_lossy(&self.raw).into_owned();
            let last = text.chars().next_back().unwrap_or('\u{fffd}');
            self.raw.truncate(self.raw.len() - last.len_utf8());
            return Ok(last);
        }
        self.lone_surrogates += 1;
        Ok('\u{fffd}')
    }
    fn hex(&mut self) -> Result<u32, Refusal> {
        let mut value = 0;
        for _ in 0..4 {
            let digit = self.peek()?.and_then(|byte| char::from(byte).to_digit(16));
            let Some(digit) = digit else {
                return Err(self.fault("fyra hexadecimala siffror saknas", "four hexadecimal digits are missing"));
            };
            value = value * 16 + digit;
            self.step();
        }
        Ok(value)
    }

    /// The whole value that `event` opens; its bytes are bounded like a record's (H24).
    pub(crate) fn node(&mut self, event: Event) -> Result<Node, Refusal> {
        let mut left = self.limits.record_bytes_max;
        self.build(event, &mut left)
    }
    fn build(&mut self, event: Event, left: &mut usize) -> Result<Node, Refusal> {
        let size = 8 + if matches!(event, Event::Text | Event::Number) {
            self.text.len()
        } else {
            0
        };
        *left = left.checked_sub(size).ok_or_else(|| {
            let limit = self.limits.record_bytes_max;
            refuse::unreadable(
                "json-record-too-long",
                self.subject,
                format!("en post är längre än {limit} byte"),
                format!("a record is longer than {limit} bytes"),
            )
            .at(self.here())
        })?;
        Ok(match event {
            Event::Text => Node::Text(self.text.clone()),
            Event::Number => Node::Number(self.text.clone()),
            Event::Boolean(value) => Node::Boolean(value),
            Event::BeginList => {
                let mut items = Vec::new();
                loop {
                    match self.next()? {
                        Event::End => break Node::List(items),
                        event => items.push(self.build(event, left)?),
                    }
                }
            }
            Event::BeginObject => {
                let mut members = Vec::new();
                while self.next()? == Event::Key {
                    let key = self.text.clone();
                    *left = left.saturating_sub(key.len());
                    let event = self.next()?;
                    members.push((key, self.build(event, left)?));
                }
                Node::Object(members)
            }
            Event::Null | Event::End | Event::Key | Event::Done => Node::Null,
        })
    }
    /// Reads past the value that `event` opens.
    pub(crate) fn skip(&mut self, event: Event) -> Result<(), Refusal> {
        if !matches!(event, Event::BeginList | Event::BeginObject) {
            return Ok(());
        }
        let depth = self.stack.len();
        while self.stack.len() >= depth {
            self.next()?;
        }
        Ok(())
    }
}
