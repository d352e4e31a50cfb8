//! PX files (PC-Axis): keywords in any order, several languages, and a cube of numbers behind `DATA`.
//!
//! In: a text of `KEYWORD[language]("part")=values;`. Out: one row for each combination of the variables in `STUB` and `HEADING`, with the
//! values of `CONTVARIABLE` as value columns. `CONTACT` names a person: it is read past and never stored. The language is the file's own
//! first one unless the owner names another as `table`. A defective file is refused with the keyword and its line.
//!
//! Source: PX file format specification AXIS-VERSION 2013, Statistics Sweden.

mod data;
mod meta;
mod text;

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use fyr_model::finding::{Finding, Severity};
use fyr_model::{Refusal, Text};

use super::cells::{Cells, Value};
use super::encoding;
use super::gather::Gather;
use crate::refuse;
use meta::Meta;
use text::{PxText, Token};

/// The cells in the private folder while they are read.
const SCRATCH: &str = "cells.scratch";
/// Bytes looked at for the stated character set.
const HEAD: u64 = 16 << 10;

/// Whether a text (in lower case) opens like a PX file: a known keyword, then `=`, `[` or `(`.
pub(crate) fn is_px(lower: &str) -> bool {
    let at = lower.find(|c: char| !c.is_ascii_alphanumeric() && c != '-').unwrap_or(lower.len());
    let (word, rest) = lower.split_at(at);
    let Some(word) = text::known(word) else { return false };
    let value = rest.trim_start().strip_prefix('=').map(str::trim_start);
    let opens = |value: &str| value.starts_with('"') || matches!(word, "DATA" | "DECIMALS" | "SHOWDECIMALS");
    (rest.starts_with('[') || rest.starts_with("(\"") || value.is_some_and(opens)) && lower.contains(';')
}

/// Reads a PX file.
pub(crate) fn read(path: &Path, dir: &Path, gather: &mut Gather<'_>) -> Result<(), Refusal> {
    let (subject, limits) = (gather.subject(), gather.limits());
    let failed = |error: std::io::Error| refuse::io(subject, error);
    let decoded = decode(path, dir, gather)?;
    let open = |at: u64| -> std::io::Result<File> {
        let mut file = File::open(&decoded.path)?;
        file.seek(SeekFrom::Start(at))?;
        Ok(file)
    };
    let mut text = PxText::new(open(decoded.skip).map_err(failed)?, decoded.skip, limits, subject);
    let meta = Meta::read(&mut text)?;
    let table = meta.table(gather.reading().table.as_deref(), limits, subject)?;
    gather.found.format = "px";
    gather.found.media_type = "text/x-pc-axis";
    gather.found.encoding = Some(decoded.charset.name().into());
    gather.found.table = meta.matrix();
    if !table.other_languages.is_empty() {
        gather.found.findings.push(languages(subject, &table.other_languages));
    }
    if table.lost_contents {
        gather.found.findings.push(Finding::new(
            "px-contvariable",
            Severity::Warning,
            subject,
            Text::new(
                "CONTVARIABLE nämner en variabel som inte finns i STUB eller HEADING",
                "CONTVARIABLE names a variable that is not in STUB or HEADING",
            ),
        ));
    }
    let start = meta.data.ok_or_else(|| meta.missing("DATA", subject))?;
    let scratch = gather.spool.folder().unwrap_or(dir).to_path_buf();
    let mut cells = Cells::new(&scratch, SCRATCH, subject)?;
    let mut body = PxText::new(open(start.offset).map_err(failed)?, start.offset, limits, subject).starting_at(start.line);
    let implied = data::take(&mut body, &table, &mut cells)?;
    if implied > 0 {
        // Rows of nothing but zeros are left out of a file with KEYS, by the format's own rule.
        gather.repairs.add_many("implied-zero-row", None, implied, None);
    }
    let hole = if table.keys.is_empty() { Value::Null } else { Value::Number("0") };
    table.cube.pour(&mut cells, None, hole, gather)
}

/// The text in UTF-8. The bytes decide; what the file states decides only between the sets of one byte a character.
fn decode(path: &Path, dir: &Path, gather: &mut Gather<'_>) -> Result<encoding::Decoded, Refusal> {
    let (subject, reading) = (gather.subject(), gather.reading());
    let mut decode = |asked: Option<&str>| {
        let (repairs, findings) = (&mut gather.repairs, &mut gather.found.findings);
        encoding::decode(path, dir, subject, asked, repairs, findings)
    };
    let found = decode(reading.encoding.as_deref())?;
    if reading.encoding.is_some() {
        return Ok(found);
    }
    let mut head = Vec::new();
    File::open(path)
        .and_then(|file| file.take(HEAD).read_to_end(&mut head))
        .map_err(|error| refuse::io(subject, error))?;
    match (stated(&head), found.charset) {
        (Some(stated), found) if found.is_single_byte() && !agrees(stated, found) => decode(Some(stated)),
        _ => Ok(found),
    }
}

/// Whether the set that was found is the stated one, or one that only differs where the file has nothing.
fn agrees(stated: &str, found: encoding::Charset) -> bool {
    use encoding::Charset::{Ibm437, Ibm850, Iso8859_1, Windows1252};
    match stated {
        "ibm850" => matches!(found, Ibm850 | Ibm437),
        "windows-1252" => matches!(found, Windows1252 | Iso8859_1),
        _ => stated == found.name(),
    }
}

/// The set that `CODEPAGE` or `CHARSET` states, among those of one byte a character.
fn stated(head: &[u8]) -> Option<&'static str> {
    let text = String::from_utf8_lossy(head).to_ascii_lowercase();
    let value = |keyword: &str| {
        let rest = text.split(keyword).nth(1)?.trim_start_matches([' ', '=', '"']);
        rest.split(['"', ';']).next().map(|value| value.trim().to_owned())
    };
    match value("codepage").or_else(|| value("charset")).as_deref() {
        Some("850" | "437" | "cp850" | "cp437" | "ibm850" | "ibm437" | "oem") => Some("ibm850"),
        Some("ansi" | "iso-8859-1" | "iso-8859-15" | "windows-1252" | "1252" | "cp1252") => Some("windows-1252"),
        Some("macintosh" | "macroman" | "10000") => Some("macintosh"),
        // Before there was CHARSET, files were written in DOS; the bytes themselves still tell.
        _ => None,
    }
}

fn languages(subject: &str, others: &[String]) -> Finding {
    Finding::new(
        "px-several-languages",
        Severity::Info,
        subject,
        Text::new(
            "filen har texter på flera språk; filens första språk lästes",
            "the file has texts in several languages; the file's first language was read",
        ),
    )
    .evidence(others.join(", "))
    .fix(Text::new(
        "skriv språkets kod som table under [reading] för att läsa ett annat",
        "write the language's code as table under [reading] to read another",
    ))
}

/// A fault in a keyword, with its line; never a value.
fn fault(keyword: &str, line: u64, subject: &str, sv: &str, en: &str) -> Refusal {
    let keyword = text::known(keyword).unwrap_or("?");
    refuse::unreadable(
        "px-keyword",
        subject,
        format!("{keyword} på rad {line}: {sv}"),
        format!("{keyword} on line {line}: {en}"),
    )
    .at(fyr_model::Position {
        line,
        ..Default::default()
    })
}

/// Reads the values of one keyword as texts; anything else but commas is a fault.
fn texts(tokens: &[Token]) -> Option<Vec<String>> {
    let mut texts = Vec::new();
    let mut wanted = true;
    for token in tokens {
        match token {
            Token::Text(text) | Token::Word(text) if wanted => texts.push(text.clone()),
            Token::Sign(',') if !wanted => {}
            _ => return None,
        }
        wanted = !wanted;
    }
    (!wanted).then_some(texts)
}
