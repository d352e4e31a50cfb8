//! The format of a file by its content; its name and media type are hints, and a disagreement is a finding.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use fyr_model::finding::{Finding, Severity};
use fyr_model::{Refusal, Text};

use super::StageRequest;
use crate::refuse;

/// What the bytes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Delimited,
    Workbook,
    OpenDocument,
    Json,
    Px,
    Parquet,
    GeoPackage,
    Shapefile,
    Gml,
    Zip,
    Gzip,
    Zstd,
}

impl Format {
    /// The word of a packing; nothing for what is no packing.
    pub(crate) fn packing(self) -> Option<&'static str> {
        match self {
            Self::Zip => Some("zip"),
            Self::Gzip => Some("gzip"),
            Self::Zstd => Some("zstd"),
            _ => None,
        }
    }
}

/// Bytes that are looked at.
const HEAD: u64 = 4096;

/// Recognises a file by its first bytes.
pub(crate) fn recognise(path: &Path, subject: &str) -> Result<Format, Refusal> {
    let mut head = Vec::new();
    File::open(path)
        .and_then(|file| file.take(HEAD).read_to_end(&mut head))
        .map_err(|error| refuse::io(subject, error))?;
    if head.is_empty() {
        return Err(refuse::unreadable("empty-table", subject, "filen är tom", "the file is empty"));
    }
    if let Some(format) = by_magic(path, &head) {
        return Ok(format);
    }
    if let Some(name) = foreign(&head) {
        return Err(unread(subject, name, name));
    }
    by_text(&head, subject)
}

/// Formats that say so in their first bytes.
fn by_magic(path: &Path, head: &[u8]) -> Option<Format> {
    if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
        return Some(super::archive::book(path).unwrap_or(Format::Zip));
    }
    let known = [
        (&b"PAR1"[..], Format::Parquet),
        (b"\x1f\x8b", Format::Gzip),
        (b"\x28\xb5\x2f\xfd", Format::Zstd),
        (b"SQLite format 3\0", Format::GeoPackage),
    ];
    let found = known
        .into_iter()
        .find(|(magic, _)| head.starts_with(magic))
        .map(|(_, format)| format);
    found.or_else(|| super::shapefile::is_shapefile(head).then_some(Format::Shapefile))
}

/// Formats that are known and not read.
fn foreign(head: &[u8]) -> Option<&'static str> {
    let known = [
        (&b"\xd0\xcf\x11\xe0"[..], "XLS (OLE)"),
        (b"%PDF", "PDF"),
        (b"\x89PNG", "PNG"),
        (b"\xff\xd8\xff", "JPEG"),
        (b"BZh", "bzip2"),
        (b"7z\xbc\xaf", "7-Zip"),
    ];
    known.into_iter().find(|(magic, _)| head.starts_with(magic)).map(|(_, name)| name)
}

fn unread(subject: &str, sv: &str, en: &str) -> Refusal {
    refuse::unreadable(
        "unknown-format",
        subject,
        format!("formatet läses inte: {sv}"),
        format!("the format is not read: {en}"),
    )
    .hint(Text::new(
        "publicera filen som CSV, XLSX, ODS, PX, JSON, GeoJSON, GeoPackage, Shapefile, GML eller Parquet",
        "publish the file as CSV, XLSX, ODS, PX, JSON, GeoJSON, GeoPackage, Shapefile, GML or Parquet",
    ))
}

/// Formats that are text, seen by how it begins; what is none of them and no binary is delimited.
fn by_text(head: &[u8], subject: &str) -> Result<Format, Refusal> {
    let text = String::from_utf8_lossy(head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head));
    let text = text.trim_start();
    let lower: String = text.chars().take(512).collect::<String>().to_ascii_lowercase();
    if lower.starts_with("<!doctype html") || lower.starts_with("<html") || (lower.starts_with('<') && lower.contains("<html")) {
        return Err(web_page(subject));
    }
    if super::gml::is_gml(text) {
        return Ok(Format::Gml);
    }
    if lower.starts_with('<') {
        return Err(unread(subject, "XML", "XML"));
    }
    if super::px::is_px(&lower) {
        return Ok(Format::Px);
    }
    if lower.starts_with("http/1.") || lower.starts_with("http/2") {
        return Err(whole_answer(subject));
    }
    if text.starts_with('{') || text.starts_with('[') {
        return Ok(Format::Json);
    }
    if is_binary(head) {
        return Err(unread(subject, "binära data", "binary data"));
    }
    Ok(Format::Delimited)
}

/// UTF-16 text has a zero in every other byte; a binary file has them anywhere, with control bytes beside.
fn is_binary(head: &[u8]) -> bool {
    let control = head.iter().filter(|b| matches!(b, 0x01..=0x08 | 0x0e..=0x1f)).count();
    let zeros = head.iter().filter(|b| **b == 0).count();
    control * 50 > head.len() || zeros * 8 > head.len() * 5
}

fn web_page(subject: &str) -> Refusal {
    let (sv, en) = ("det är en webbsida och ingen tabell", "it is a web page and no table");
    refuse::unreadable("not-a-table", subject, sv, en).hint(Text::new(
        "ange adressen till själva filen som dcat:downloadURL",
        "give the address of the file itself as dcat:downloadURL",
    ))
}

fn whole_answer(subject: &str) -> Refusal {
    let (sv, en) = (
        "det är ett helt HTTP-svar med rubriker och ingen tabell",
        "it is a whole HTTP answer with headers and no table",
    );
    refuse::unreadable("not-a-table", subject, sv, en).hint(Text::new("spara bara svarets innehåll", "save only the body of the answer"))
}

/// The finding when name, media type or catalogue say something else than the bytes.
pub(crate) fn disagreement(request: &StageRequest, name: &str, format: Format) -> Option<Finding> {
    let declared = request
        .media_type
        .iter()
        .chain(&request.declared_format)
        .find_map(|said| family(said));
    let ending = name.rsplit_once('.').and_then(|(_, ending)| family(ending));
    let wrong = [declared, ending].into_iter().flatten().find(|said| *said != format)?;
    Some(
        Finding::new(
            "format-disagrees",
            Severity::Warning,
            &request.name,
            Text::new(
                format!("filen beskrivs som {} men är {}", word(wrong), word(format)),
                format!("the file is described as {} but is {}", word(wrong), word(format)),
            ),
        )
        .fix(Text::new(
            "rätta dcterms:format och dcat:mediaType",
            "correct dcterms:format and dcat:mediaType",
        )),
    )
}

fn word(format: Format) -> &'static str {
    match format {
        Format::Delimited => "CSV",
        Format::Workbook => "XLSX",
        Format::OpenDocument => "ODS",
        Format::Json => "JSON",
        Format::Px => "PX",
        Format::Parquet => "Parquet",
        Format::GeoPackage => "GeoPackage",
        Format::Shapefile => "Shapefile",
        Format::Gml => "GML",
        Format::Zip => "zip",
        Format::Gzip => "gzip",
        Format::Zstd => "zstd",
    }
}

/// The family that a media type, a file type or an ending names; packings say nothing of what is inside.
fn family(said: &str) -> Option<Format> {
    let said = said.split(';').next().unwrap_or(said).trim();
    let last = said.rsplit(['/', '#', '.']).next().unwrap_or(said).to_ascii_lowercase();
    match last.as_str() {
        "csv" | "tsv" | "txt" | "tab-separated-values" | "plain" => Some(Format::Delimited),
        "xlsx" | "sheet" => Some(Format::Workbook),
        "ods" | "spreadsheet" => Some(Format::OpenDocument),
        "json" | "geojson" | "ndjson" | "geo+json" | "jsonl" | "json_ld" => Some(Format::Json),
        "px" | "pc-axis" | "x-pc-axis" => Some(Format::Px),
        "parquet" => Some(Format::Parquet),
        "gpkg" | "geopackage+sqlite3" | "x-sqlite3" => Some(Format::GeoPackage),
        "shp" | "x-shapefile" | "shapefile" => Some(Format::Shapefile),
        "gml" | "gml+xml" => Some(Format::Gml),
        _ => None,
    }
}
