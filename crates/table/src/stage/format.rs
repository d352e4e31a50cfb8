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

/// Recognises a file by its first bytes.
pub(crate) fn recognise(path: &Path, subject: &str) -> Result<Format, Refusal> {
    let mut head = Vec::new();
    File::open(path)
        .and_then(|file| file.take(4096).read_to_end(&mut head))
        .map_err(|error| refuse::io(subject, error))?;
    if head.is_empty() {
        return Err(refuse::unreadable("empty-table", subject, "filen är tom", "the file is empty"));
    }
    if head.starts_with(b"PAR1") {
        return Ok(Format::Parquet);
    }
    if head.starts_with(&[0x1f, 0x8b]) {
        return Ok(Format::Gzip);
    }
    if head.starts_with(b"\x28\xb5\x2f\xfd") {
        return Ok(Format::Zstd);
    }
    if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
        return Ok(super::archive::book(path).unwrap_or(Format::Zip));
    }
    if head.starts_with(b"SQLite format 3\0") {
        return Ok(Format::GeoPackage);
    }
    if super::shapefile::is_shapefile(&head) {
        return Ok(Format::Shapefile);
    }
    let unknown = |sv: &str, en: &str| {
        Err(refuse::unreadable(
            "unknown-format",
            subject,
            format!("formatet läses inte: {sv}"),
            format!("the format is not read: {en}"),
        )
        .hint(Text::new(
            "publicera filen som CSV, XLSX, ODS, PX, JSON, GeoJSON, GeoPackage, Shapefile, GML eller Parquet",
            "publish the file as CSV, XLSX, ODS, PX, JSON, GeoJSON, GeoPackage, Shapefile, GML or Parquet",
        )))
    };
    for (magic, name) in [
        (&b"\xd0\xcf\x11\xe0"[..], "XLS (OLE)"),
        (b"%PDF", "PDF"),
        (b"\x89PNG", "PNG"),
        (b"\xff\xd8\xff", "JPEG"),
        (b"BZh", "bzip2"),
        (b"7z\xbc\xaf", "7-Zip"),
    ] {
        if head.starts_with(magic) {
            return unknown(name, name);
        }
    }
    let text = String::from_utf8_lossy(head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&head));
    let text = text.trim_start();
    let lower: String = text.chars().take(512).collect::<String>().to_ascii_lowercase();
    if lower.starts_with("<!doctype html") || lower.starts_with("<html") || (lower.starts_with('<') && lower.contains("<html")) {
        return Err(refuse::unreadable(
            "not-a-table",
            subject,
            "det är en webbsida och ingen tabell",
            "it is a web page and no table",
        )
        .hint(Text::new(
            "ange adressen till själva filen som dcat:downloadURL",
            "give the address of the file itself as dcat:downloadURL",
        )));
    }
    if super::gml::is_gml(text) {
        return Ok(Format::Gml);
    }
    if lower.starts_with("<?xml") || lower.starts_with('<') {
        return unknown("XML", "XML");
    }
    if super::px::is_px(&lower) {
        return Ok(Format::Px);
    }
    if lower.starts_with("http/1.") || lower.starts_with("http/2") {
        return Err(refuse::unreadable(
            "not-a-table",
            subject,
            "det är ett helt HTTP-svar med rubriker och ingen tabell",
            "it is a whole HTTP answer with headers and no table",
        )
        .hint(Text::new("spara bara svarets innehåll", "save only the body of the answer")));
    }
    if text.starts_with('{') || text.starts_with('[') {
        return Ok(Format::Json);
    }
    let control = head.iter().filter(|b| matches!(b, 0x01..=0x08 | 0x0e..=0x1f)).count();
    let zeros = head.iter().filter(|b| **b == 0).count();
    // UTF-16 text has a zero in every other byte; a binary file has them anywhere, with control bytes beside.
    if control * 50 > head.len() || zeros * 8 > head.len() * 5 {
        return unknown("binära data", "binary data");
    }
    Ok(Format::Delimited)
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
