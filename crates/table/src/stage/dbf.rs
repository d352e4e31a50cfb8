//! dBASE tables: the attributes beside a Shapefile.
//!
//! In: a `.dbf` file and what its `.cpg` says of the encoding. Out: typed cells, record by record. The header's two lengths are sixteen bits,
//! so a forged one cannot ask for much; the count of records is never believed. Memo files are not read.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use chrono::NaiveDate;
use fyr_model::Refusal;

use super::cell::{Cell, Row};
use super::charset::{IBM437, IBM850};
use super::gather::Gather;
use crate::refuse;

/// The mark of a record that was deleted and not yet swept away.
const DELETED: u8 = b'*';
const END_OF_FILE: u8 = 0x1a;

/// How the bytes of texts are meant.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Charset {
    Utf8,
    Other(&'static encoding_rs::Encoding),
    Dos(&'static str, &'static str),
}

impl Charset {
    /// By the words of a `.cpg` file: `UTF-8`, `1252`, `ANSI 1252`, `ISO-8859-1`, `88591`, `OEM 850`, `LDID/87`.
    fn of_words(words: &str) -> Option<Self> {
        let plain: String = words
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .collect::<String>()
            .to_ascii_uppercase();
        if let Some(driver) = plain.strip_prefix("LDID") {
            return Self::of_driver(driver.parse().ok()?);
        }
        match plain.trim_start_matches(|c: char| c.is_ascii_alphabetic()) {
            "8" | "65001" => Some(Self::Utf8),
            "1252" => Some(Self::Other(encoding_rs::WINDOWS_1252)),
            "1250" => Some(Self::Other(encoding_rs::WINDOWS_1250)),
            "1257" => Some(Self::Other(encoding_rs::WINDOWS_1257)),
            // The web's reading of ISO-8859-1 is windows-1252, which is what writers mean.
            "88591" | "28591" => Some(Self::Other(encoding_rs::WINDOWS_1252)),
            "885915" | "28605" => Some(Self::Other(encoding_rs::ISO_8859_15)),
            "850" => Some(Self::Dos("ibm850", IBM850)),
            "437" => Some(Self::Dos("ibm437", IBM437)),
            "10000" => Some(Self::Other(encoding_rs::MACINTOSH)),
            _ => None,
        }
    }
    /// By the language driver in the header.
    fn of_driver(driver: u8) -> Option<Self> {
        match driver {
            0x01 | 0x09 | 0x0b | 0x0d | 0x0f | 0x11 | 0x15 | 0x18 | 0x19 | 0x1b => Some(Self::Dos("ibm437", IBM437)),
            0x02 | 0x0a | 0x0e | 0x10 | 0x12 | 0x14 | 0x16 | 0x1a | 0x1d | 0x25 | 0x37 => Some(Self::Dos("ibm850", IBM850)),
            0x03 | 0x57..=0x59 => Some(Self::Other(encoding_rs::WINDOWS_1252)),
            0x04 => Some(Self::Other(encoding_rs::MACINTOSH)),
            _ => None,
        }
    }
    pub(crate) fn name(self) -> String {
        match self {
            Self::Utf8 => "utf-8".into(),
            Self::Other(encoding) => encoding.name().to_ascii_lowercase(),
            Self::Dos(name, _) => name.into(),
        }
    }
    /// The text of a field, and what had to be mended.
    fn text(self, bytes: &[u8], out: &mut String) -> Option<&'static str> {
        out.clear();
        match self {
            Self::Utf8 => match std::str::from_utf8(bytes) {
                Ok(text) => out.push_str(text),
                Err(error) => {
                    // A field is so many bytes wide: the last letter may be cut in two.
                    let whole = bytes.get(..error.valid_up_to()).and_then(|bytes| std::str::from_utf8(bytes).ok());
                    if let (None, Some(whole)) = (error.error_len(), whole) {
                        out.push_str(whole);
                        return Some("cut-character");
                    }
                    out.push_str(&encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes).0);
                    return Some("not-utf8");
                }
            },
            Self::Other(encoding) => out.push_str(&encoding.decode_without_bom_handling(bytes).0),
            Self::Dos(_, upper) => out.extend(bytes.iter().map(|byte| match byte.checked_sub(0x80) {
                None => char::from(*byte),
                Some(place) => upper.chars().nth(usize::from(place)).unwrap_or('\u{fffd}'),
            })),
        }
        None
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Field {
    pub(crate) name: String,
    kind: u8,
    length: usize,
}

/// A table that is being read.
pub(crate) struct Dbf {
    input: BufReader<File>,
    pub(crate) fields: Vec<Field>,
    pub(crate) charset: Charset,
    record: Vec<u8>,
    record_bytes: usize,
    text: String,
}

impl Dbf {
    /// Opens a table; `cpg` wins over the header's language, and where both are silent texts are UTF-8 if all of them can be, else windows-1252.
    pub(crate) fn open(path: &Path, cpg: Option<&str>, subject: &str) -> Result<Self, Refusal> {
        let failed = |error: std::io::Error| refuse::io(subject, error);
        let mut input = BufReader::new(File::open(path).map_err(failed)?);
        let mut header = [0u8; 32];
        input.read_exact(&mut header).map_err(|_| damaged(subject))?;
        let [_, _, _, _, _, _, _, _, h0, h1, r0, r1, ..] = header;
        let (header_bytes, record_bytes) = (u16::from_le_bytes([h0, h1]), usize::from(u16::from_le_bytes([r0, r1])));
        let driver = header.get(29).copied().unwrap_or_default();
        let stated = cpg.and_then(Charset::of_words).or_else(|| Charset::of_driver(driver));
        let mut raw = Vec::new();
        let length = u64::from(header_bytes).saturating_sub(32);
        input.by_ref().take(length).read_to_end(&mut raw).map_err(failed)?;
        let mut fields = fields(&raw);
        let wide = fields.iter().map(|(_, field)| field.length).sum::<usize>() + 1;
        if fields.is_empty() || wide > record_bytes {
            return Err(damaged(subject));
        }
        let mut table = Self {
            input,
            fields: fields.iter().map(|(_, field)| field.clone()).collect(),
            charset: stated.unwrap_or(Charset::Other(encoding_rs::WINDOWS_1252)),
            record: Vec::new(),
            record_bytes,
            text: String::new(),
        };
        if stated.is_none() && table.is_utf8().map_err(failed)? {
            table.charset = Charset::Utf8;
        }
        for ((raw, _), field) in fields.iter_mut().zip(&mut table.fields) {
            table.charset.text(raw, &mut field.name);
        }
        table.input.seek(SeekFrom::Start(u64::from(header_bytes))).map_err(failed)?;
        Ok(table)
    }

    /// Whether every text of the table can be UTF-8 and at least one is more than ASCII.
    fn is_utf8(&mut self) -> std::io::Result<bool> {
        let mut beyond = false;
        while self.next_record()? {
            let mut rest = self.record.get(1..).unwrap_or_default();
            for field in &self.fields {
                let (bytes, after) = rest.split_at_checked(field.length).unwrap_or((rest, &[]));
                rest = after;
                if field.kind != b'C' || bytes.is_ascii() {
                    continue;
                }
                beyond = true;
                if std::str::from_utf8(bytes).is_err_and(|error| error.error_len().is_some()) {
                    return Ok(false);
                }
            }
        }
        Ok(beyond)
    }

    /// Fills the record; false at the end of the table.
    fn next_record(&mut self) -> std::io::Result<bool> {
        self.record.clear();
        let length = self.record_bytes as u64;
        self.input.by_ref().take(length).read_to_end(&mut self.record)?;
        Ok(self.record.len() == self.record_bytes && self.record.first() != Some(&END_OF_FILE))
    }

    /// Puts the next record's cells in `row`. Nothing at the end; false for a deleted record, which leaves `row` empty.
    pub(crate) fn next(&mut self, row: &mut Row, gather: &mut Gather<'_>) -> Result<Option<bool>, Refusal> {
        row.clear();
        if !self.next_record().map_err(|error| refuse::io(gather.subject(), error))? {
            return Ok(None);
        }
        if self.record.first() == Some(&DELETED) {
            return Ok(Some(false));
        }
        let mut rest = self.record.get(1..).unwrap_or_default();
        for (index, field) in self.fields.iter().enumerate() {
            let (bytes, after) = rest.split_at_checked(field.length).unwrap_or((rest, &[]));
            rest = after;
            let mended = match field.kind {
                b'C' => {
                    let end = bytes.iter().rposition(|byte| !matches!(byte, 0 | b' ')).map_or(0, |last| last + 1);
                    let mended = self.charset.text(bytes.get(..end).unwrap_or_default(), &mut self.text);
                    row.push(Cell::Text {
                        text: &self.text,
                        quoted: false,
                    });
                    mended
                }
                kind => typed(kind, bytes, row),
            };
            if let Some(mended) = mended {
                gather.repairs.add(mended, Some(index), gather.rows);
            }
        }
        Ok(Some(true))
    }
}

/// The fields of a header, each with the bytes of its name.
fn fields(raw: &[u8]) -> Vec<(Vec<u8>, Field)> {
    raw.chunks_exact(32)
        .take_while(|chunk| chunk.first() != Some(&0x0d))
        .map(|chunk| {
            let name = chunk.get(..11).unwrap_or_default();
            let end = name.iter().position(|byte| *byte == 0).unwrap_or(name.len());
            let field = Field {
                name: String::new(),
                kind: chunk.get(11).copied().unwrap_or_default().to_ascii_uppercase(),
                length: chunk.get(16).copied().map_or(0, usize::from),
            };
            (name.get(..end).unwrap_or_default().trim_ascii().to_vec(), field)
        })
        .collect()
}

/// A cell that is no text, and what had to be left out.
fn typed(kind: u8, bytes: &[u8], row: &mut Row) -> Option<&'static str> {
    let text = std::str::from_utf8(bytes).map_or("", |text| text.trim_matches(['\0', ' ']));
    match kind {
        b'N' | b'F' => match number(text) {
            Some(number) => row.push(Cell::Number(&number)),
            None if text.is_empty() || text.bytes().all(|byte| byte == b'*') => row.push(Cell::Null),
            None => row.push(Cell::Text { text, quoted: false }),
        },
        b'D' => match (text.get(..4), text.get(4..6), text.get(6..8)) {
            (Some(year), Some(month), Some(day)) if text.len() == 8 && year != "0000" => {
                row.push(Cell::Moment(&format!("{year}-{month}-{day}")));
            }
            _ => row.push(Cell::Null),
        },
        b'L' => row.push(match bytes.first() {
            Some(b'T' | b't' | b'Y' | b'y' | b'J' | b'j') => Cell::Boolean(true),
            Some(b'F' | b'f' | b'N' | b'n') => Cell::Boolean(false),
            _ => Cell::Null,
        }),
        b'I' | b'+' if bytes.len() == 4 => {
            let value = bytes.first_chunk::<4>().map_or(0, |bytes| i32::from_le_bytes(*bytes));
            row.push(Cell::Number(&value.to_string()));
        }
        b'O' if bytes.len() == 8 => {
            let value = bytes.first_chunk::<8>().map_or(f64::NAN, |bytes| f64::from_le_bytes(*bytes));
            let text = value.to_string();
            row.push(if value.is_finite() { Cell::Number(&text) } else { Cell::Null });
        }
        b'T' | b'@' if bytes.len() == 8 => match moment(bytes) {
            Some(moment) => row.push(Cell::Moment(&moment)),
            None => row.push(Cell::Null),
        },
        _ => {
            row.push(Cell::Null);
            return Some("memo-not-read");
        }
    }
    None
}

/// A number in plain digits with a point: `.5`, `+5` and `1.0e+003` are rewritten.
fn number(text: &str) -> Option<String> {
    let value: f64 = text.parse().ok().filter(|value: &f64| value.is_finite())?;
    let bare = text.strip_prefix('-').unwrap_or(text);
    let plain = bare.starts_with(|c: char| c.is_ascii_digit())
        && bare.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
        && !bare.ends_with('.');
    Some(if plain { text.to_owned() } else { value.to_string() })
}

/// A Julian day and milliseconds of the day.
fn moment(bytes: &[u8]) -> Option<String> {
    let day = bytes.first_chunk::<4>().map(|bytes| i32::from_le_bytes(*bytes))?;
    let thousandths = bytes.last_chunk::<4>().map(|bytes| u32::from_le_bytes(*bytes))?;
    // Day 1 of our calendar's year 1 is Julian day 1,721,426.
    let date = NaiveDate::from_num_days_from_ce_opt(day.checked_sub(1_721_425)?)?;
    let time = chrono::NaiveTime::from_num_seconds_from_midnight_opt(thousandths / 1_000, thousandths % 1_000 * 1_000_000)?;
    (day > 0).then(|| date.and_time(time).format("%Y-%m-%dT%H:%M:%S%.f").to_string())
}

fn damaged(subject: &str) -> Refusal {
    refuse::unreadable(
        "dbf-damaged",
        subject,
        "attributtabellen (.dbf) är skadad",
        "the attribute table (.dbf) is damaged",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_drivers_name_encodings() {
        for (words, name) in [
            ("UTF-8\r\n", "utf-8"),
            ("65001", "utf-8"),
            ("ANSI 1252", "windows-1252"),
            ("ISO-8859-1", "windows-1252"),
            ("88591", "windows-1252"),
            ("OEM 850", "ibm850"),
            ("850", "ibm850"),
            ("LDID/87", "windows-1252"),
        ] {
            assert_eq!(Charset::of_words(words).unwrap().name(), name, "{words}");
        }
        assert_eq!((Charset::of_words("klingon"), Charset::of_driver(0)), (None, None));
        let mut text = String::new();
        for (charset, bytes) in [
            (Charset::of_words("850").unwrap(), &b"\x86\x84\x94 \x8f"[..]),
            (Charset::of_words("437").unwrap(), b"\x86\x84\x94 \x8f"),
            (Charset::of_words("1252").unwrap(), b"\xe5\xe4\xf6 \xc5"),
        ] {
            charset.text(bytes, &mut text);
            assert_eq!(text, "åäö Å");
        }
        assert_eq!(
            (Charset::Utf8.text(b"Sm\xc3", &mut text), text.as_str()),
            (Some("cut-character"), "Sm")
        );
        assert_eq!(
            (Charset::Utf8.text(b"Sm\xe5land", &mut text), text.as_str()),
            (Some("not-utf8"), "Småland")
        );
        assert_eq!((IBM437.chars().count(), IBM850.chars().count()), (128, 128));
    }

    #[test]
    fn moments_and_numbers() {
        let stored = [2_460_677i32.to_le_bytes(), 43_200_500u32.to_le_bytes()].concat();
        assert_eq!(moment(&stored).as_deref(), Some("2025-01-01T12:00:00.500"));
        assert_eq!(number("-12.50").as_deref(), Some("-12.50"));
        assert_eq!(number("1.5e+003").as_deref(), Some("1500"));
        assert_eq!((number(".5").as_deref(), number("***"), number("nan")), (Some("0.5"), None, None));
    }
}
