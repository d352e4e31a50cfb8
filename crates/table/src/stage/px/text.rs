//! The text of a PX file as keywords and tokens, with lines counted and lengths bounded.
//!
//! In: UTF-8. Out: keywords with their language and parts, their values as tokens, and the tokens of `DATA`. What a keyword means is not
//! known here.

use std::io::Read;

use fyr_model::limits::TableLimits;
use fyr_model::{Position, Refusal};

use super::fault;
use crate::refuse;

/// Bytes of all keywords that are kept.
const META_MAX: usize = 64 << 20;

/// Keywords of the format that may be named in a fault; other words of a file are its own and stay there.
const KNOWN: &str = "\
    AGGREGALLOWED ATTRIBUTE-ID ATTRIBUTE-TEXT ATTRIBUTES AUTOPEN AXIS-VERSION BASEPERIOD CELLNOTE CELLNOTEX CFPRICES CHARSET \
    CODEPAGE CODES CONFIDENTIAL CONTACT CONTENTS CONTVARIABLE COPYRIGHT CREATION-DATE DATA DATABASE DATANOTE DATANOTECELL \
    DATANOTESUM DATASYMBOL1 DATASYMBOL2 DATASYMBOL3 DATASYMBOL4 DATASYMBOL5 DATASYMBOL6 DATASYMBOLNIL DATASYMBOLSUM DAYADJ \
    DECIMALS DEFAULT-GRAPH DESCRIPTION DESCRIPTIONDEFAULT DIRECTORY-PATH DOMAIN DOUBLECOLUMN ELIMINATION FIRST-PUBLISHED GROUPING \
    HEADING HIERARCHIES HIERARCHYLEVELS HIERARCHYLEVELSOPEN HIERARCHYNAMES INFO INFOFILE KEYS LANGUAGE LANGUAGES LAST-UPDATED \
    LINK MAP MATRIX META-ID NEXT-UPDATE NOTE NOTEX NULLPOSITION OFFICIAL-STATISTICS PARTITIONED PRECISION PRESTEXT PX-SERVER \
    REFPERIOD ROUNDING SEASADJ SHOWDECIMALS SOURCE STOCKFA STUB SUBJECT-AREA SUBJECT-CODE SURVEY SYNONYMS TABLEID TIMEVAL TITLE \
    UNITS UPDATE-FREQUENCY VALUENOTE VALUENOTEX VALUES VARIABLE-TYPE VARIABLECODE VARIABLENAME VARIABLE-CODE VALUE_TEXT_OPTION \
    LANGUAGE-TEXT \
";

/// The keyword of that name, in any case.
pub(super) fn known(word: &str) -> Option<&'static str> {
    KNOWN.split_ascii_whitespace().find(|known| known.eq_ignore_ascii_case(word))
}

/// A piece of a keyword's value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// Between quotes; pieces that follow one another are one text.
    Text(String),
    /// Without quotes.
    Word(String),
    Sign(char),
}

/// A keyword before its `=`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) keyword: String,
    pub(super) lang: Option<String>,
    pub(super) parts: Vec<String>,
    pub(super) line: u64,
}

/// A token of `DATA`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Datum {
    Quoted,
    Bare,
    End,
}

pub(super) struct PxText<'a, R> {
    input: R,
    buffer: Vec<u8>,
    at: usize,
    end: usize,
    pub(super) offset: u64,
    pub(super) line: u64,
    kept: usize,
    raw: Vec<u8>,
    /// The text of the last datum.
    pub(super) text: String,
    pub(super) limits: &'a TableLimits,
    pub(super) subject: &'a str,
}

impl<'a, R: Read> PxText<'a, R> {
    pub(super) fn new(input: R, offset: u64, limits: &'a TableLimits, subject: &'a str) -> Self {
        Self {
            input,
            buffer: vec![0; 1 << 16],
            at: 0,
            end: 0,
            offset,
            line: 1,
            kept: 0,
            raw: Vec::new(),
            text: String::new(),
            limits,
            subject,
        }
    }
    pub(super) fn starting_at(mut self, line: u64) -> Self {
        self.line = line;
        self
    }
    fn peek(&mut self) -> Result<Option<u8>, Refusal> {
        if self.at == self.end {
            self.end = self.input.read(&mut self.buffer).map_err(|error| refuse::io(self.subject, error))?;
            self.at = 0;
        }
        Ok(self.buffer.get(self.at..self.end).and_then(|rest| rest.first().copied()))
    }
    fn step(&mut self, byte: u8) {
        self.at += 1;
        self.offset += 1;
        self.line += u64::from(byte == b'\n');
    }
    /// The next byte that is no blank, not taken.
    fn blank(&mut self) -> Result<Option<u8>, Refusal> {
        while let Some(byte) = self.peek()? {
            // 1A ended a text in DOS, and some files still carry it.
            if !byte.is_ascii_whitespace() && byte != 0x1a && byte != 0 {
                return Ok(Some(byte));
            }
            self.step(byte);
        }
        Ok(None)
    }
    fn keep(&mut self, bytes: usize) -> Result<(), Refusal> {
        self.kept = self.kept.saturating_add(bytes + 16);
        if self.kept <= META_MAX {
            return Ok(());
        }
        Err(refuse::unreadable(
            "px-metadata-too-long",
            self.subject,
            format!("nyckelorden är mer än {META_MAX} byte"),
            format!("the keywords are more than {META_MAX} bytes"),
        )
        .at(self.here()))
    }
    fn here(&self) -> Position {
        Position {
            line: self.line,
            column: 0,
            offset: self.offset,
        }
    }

    /// The next keyword, up to and with its `=`; nothing at the end of the file.
    pub(super) fn head(&mut self) -> Result<Option<Head>, Refusal> {
        while self.blank()? == Some(b';') {
            self.step(b';');
        }
        let Some(_) = self.blank()? else { return Ok(None) };
        let line = self.line;
        let keyword = self.word()?.to_ascii_uppercase();
        let wrong = |keyword: &str, subject: &str| {
            fault(
                keyword,
                line,
                subject,
                "nyckelordet följs inte av ett likhetstecken",
                "the keyword is not followed by an equals sign",
            )
        };
        if keyword.is_empty() {
            return Err(wrong("?", self.subject));
        }
        let mut lang = None;
        let mut parts = Vec::new();
        if self.blank()? == Some(b'[') {
            self.step(b'[');
            let _ = self.blank()?;
            lang = Some(self.word()?.to_ascii_lowercase());
            if self.blank()? != Some(b']') {
                return Err(wrong(&keyword, self.subject));
            }
            self.step(b']');
        }
        if self.blank()? == Some(b'(') {
            self.step(b'(');
            loop {
                match self.blank()? {
                    Some(b'"') => {
                        let part = self.string(&keyword, line)?;
                        self.keep(part.len())?;
                        parts.push(part);
                    }
                    Some(b',') => self.step(b','),
                    Some(b')') => break self.step(b')'),
                    Some(byte) if is_word(byte) => parts.push(self.word()?),
                    _ => return Err(wrong(&keyword, self.subject)),
                }
            }
        }
        if self.blank()? != Some(b'=') {
            return Err(wrong(&keyword, self.subject));
        }
        self.step(b'=');
        Ok(Some(Head {
            keyword,
            lang,
            parts,
            line,
        }))
    }

    fn word(&mut self) -> Result<String, Refusal> {
        let mut word = String::new();
        while let Some(byte) = self.peek()?.filter(|byte| is_word(*byte)) {
            if word.len() < 256 {
                word.push(char::from(byte));
            }
            self.step(byte);
        }
        Ok(word)
    }

    /// A text between quotes; an open one ends with the file and is a fault.
    fn string(&mut self, keyword: &str, line: u64) -> Result<String, Refusal> {
        self.step(b'"');
        self.raw.clear();
        let subject = self.subject;
        let open = || {
            let (sv, en) = ("ett citattecken stängs aldrig", "a quote is never closed");
            Err(fault(keyword, line, subject, sv, en))
        };
        let free = keyword.contains("NOTE") || keyword.starts_with("INFO");
        loop {
            match self.peek()? {
                None => return open(),
                // A semicolon at the end of a line ends a keyword, and only a note runs on after it.
                Some(b'\n' | b'\r') if !free && self.raw.last() == Some(&b';') => return open(),
                Some(b'"') => {
                    self.step(b'"');
                    return Ok(String::from_utf8_lossy(&self.raw).into_owned());
                }
                Some(byte) => {
                    self.step(byte);
                    // A line break inside quotes is a place where the writer cut; no text means it.
                    if !matches!(byte, b'\r' | b'\n') {
                        self.raw.push(byte);
                    }
                    if self.raw.len() > self.limits.field_bytes_max {
                        return Err(fault(keyword, line, self.subject, "en text är för lång", "a text is too long"));
                    }
                }
            }
        }
    }

    /// The values of a keyword up to its `;`; with `keep` off they are read past and none is stored.
    pub(super) fn values(&mut self, head: &Head, keep: bool) -> Result<Vec<Token>, Refusal> {
        let mut tokens: Vec<Token> = Vec::new();
        loop {
            match self.blank()? {
                Some(b';') => {
                    self.step(b';');
                    return Ok(tokens);
                }
                None | Some(b'=') => {
                    return Err(fault(
                        &head.keyword,
                        head.line,
                        self.subject,
                        "semikolonet efter värdet saknas",
                        "the semicolon after the value is missing",
                    ));
                }
                Some(b'"') => {
                    let text = self.string(&head.keyword, head.line)?;
                    if !keep {
                        continue;
                    }
                    self.keep(text.len())?;
                    match tokens.last_mut() {
                        Some(Token::Text(before)) => before.push_str(&text),
                        _ => tokens.push(Token::Text(text)),
                    }
                }
                Some(byte) if is_word(byte) => {
                    let word = self.word()?;
                    if keep {
                        self.keep(word.len())?;
                        tokens.push(Token::Word(word));
                    }
                }
                Some(byte) => {
                    self.step(byte);
                    if keep && byte.is_ascii() {
                        self.keep(1)?;
                        tokens.push(Token::Sign(char::from(byte)));
                    }
                }
            }
        }
    }

    /// Reads past the values of `DATA`, which may be long: quotes are respected and nothing is stored.
    pub(super) fn skim(&mut self) -> Result<(), Refusal> {
        let mut quoted = false;
        while let Some(byte) = self.peek()? {
            self.step(byte);
            match byte {
                b'"' => quoted = !quoted,
                b';' if !quoted => return Ok(()),
                _ => {}
            }
        }
        Ok(())
    }

    /// The next token of `DATA`, its text in [`PxText::text`].
    pub(super) fn datum(&mut self) -> Result<Datum, Refusal> {
        let line = self.line;
        loop {
            match self.blank()? {
                None => return Ok(Datum::End),
                Some(b';') => return Ok(Datum::End),
                Some(b',') => self.step(b','),
                Some(b'"') => {
                    self.text = self.string("DATA", line)?;
                    return Ok(Datum::Quoted);
                }
                Some(_) => break,
            }
        }
        self.text.clear();
        while let Some(byte) = self.peek()? {
            if byte.is_ascii_whitespace() || matches!(byte, b',' | b';' | b'"' | 0x1a | 0) {
                break;
            }
            self.step(byte);
            self.text.push(char::from(byte));
            if self.text.len() > 400 {
                return Err(fault(
                    "DATA",
                    self.line,
                    self.subject,
                    "ett tal är för långt",
                    "a number is too long",
                ));
            }
        }
        Ok(Datum::Bare)
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'+') || byte >= 0x80
}
