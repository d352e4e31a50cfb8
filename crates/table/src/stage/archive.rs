//! Archives: one table out of a zip, gzip or zstd file, with every byte counted as it comes out (H22, H23).
//!
//! In: a packed file. Out: one plain file in the private folder under a name of ours; names inside the archive are text only. No archive in
//! an archive, no overlapping members, no links, no encryption; declared sizes are never believed.

use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use fyr_model::limits::TableLimits;
use fyr_model::{Position, Refusal, Text};
use zip::ZipArchive;

use super::StageRequest;
use super::format::Format;
use crate::refuse;

/// The unpacked file in the private folder.
pub(crate) const UNPACKED: &str = "unpacked.bin";
/// The window of a zstd frame as a power of two, 128 MiB: what the program itself allows without being told.
const ZSTD_WINDOW_LOG_MAX: u32 = 27;
/// Bytes from which the ratio counts.
const RATIO_FROM: u64 = 16 << 20;

/// A member that was unpacked.
pub(crate) struct Opened {
    pub(crate) path: PathBuf,
    pub(crate) member: Option<String>,
    /// A name whose ending hints at the format.
    pub(crate) name: String,
}

type Zip = ZipArchive<BufReader<File>>;

/// The spreadsheet that a zip file is: one with the workbook part, or with the media type of ODS as its first member.
pub(crate) fn book(path: &Path) -> Option<Format> {
    let mut zip = ZipArchive::new(BufReader::new(File::open(path).ok()?)).ok()?;
    if zip.index_for_name("xl/workbook.xml").is_some() {
        return Some(Format::Workbook);
    }
    let mut media_type = Vec::new();
    let member = zip.by_name("mimetype").ok()?;
    member.take(100).read_to_end(&mut media_type).ok()?;
    media_type
        .starts_with(b"application/vnd.oasis.opendocument.spreadsheet")
        .then_some(Format::OpenDocument)
}

/// Unpacks the one table of an archive.
pub(crate) fn open(request: &StageRequest, path: &Path, format: Format, dir: &Path) -> Result<Opened, Refusal> {
    let subject = &request.name;
    let target = dir.join(UNPACKED);
    if matches!(format, Format::Gzip | Format::Zstd) {
        let failed = |error: std::io::Error| refuse::io(subject, error);
        let packed = std::fs::metadata(path).map_err(failed)?.len();
        let file = BufReader::new(File::open(path).map_err(failed)?);
        let limits = &request.limits;
        let ending = if format == Format::Gzip {
            pump(MultiGzDecoder::new(file), Some(&target), packed, limits, subject, "gzip-damaged")?;
            ".gz"
        } else {
            let mut frames = zstd::Decoder::with_buffer(file).map_err(failed)?;
            frames.window_log_max(ZSTD_WINDOW_LOG_MAX).map_err(failed)?;
            pump(frames, Some(&target), packed, limits, subject, "zstd-damaged")?;
            ".zst"
        };
        return Ok(Opened {
            path: target,
            member: None,
            name: subject.strip_suffix(ending).unwrap_or(subject).to_owned(),
        });
    }
    let mut zip = checked(path, &request.limits, subject)?;
    let (index, name) = choose(&mut zip, request)?;
    let member = zip.by_index(index).map_err(|_| damaged(subject))?;
    let packed = member.compressed_size();
    pump(member, Some(&target), packed, &request.limits, subject, "zip-damaged")?;
    Ok(Opened {
        path: target,
        member: Some(name.clone()),
        name,
    })
}

/// The refusal of an archive in an archive.
pub(crate) fn nested(subject: &str) -> Refusal {
    refuse::unreadable(
        "zip-nested",
        subject,
        "arkivet innehåller ett arkiv",
        "the archive contains an archive",
    )
}

fn damaged(subject: &str) -> Refusal {
    refuse::unreadable("zip-damaged", subject, "arkivet är skadat", "the archive is damaged")
}

/// Opens a zip file and checks its directory.
pub(crate) fn checked(path: &Path, limits: &TableLimits, subject: &str) -> Result<Zip, Refusal> {
    let file = File::open(path).map_err(|error| refuse::io(subject, error))?;
    let mut zip = ZipArchive::new(BufReader::new(file)).map_err(|_| damaged(subject))?;
    if zip.len() > limits.archive_entries_max {
        let limit = limits.archive_entries_max;
        return Err(refuse::unreadable(
            "zip-too-many-entries",
            subject,
            format!("arkivet har fler än {limit} delar"),
            format!("the archive has more than {limit} members"),
        ));
    }
    if zip.has_duplicate_names() {
        return Err(refuse::unreadable(
            "zip-duplicate-names",
            subject,
            "två delar har samma namn",
            "two members have the same name",
        ));
    }
    if zip.has_overlapping_entries().map_err(|_| damaged(subject))? {
        return Err(refuse::unreadable(
            "zip-overlap",
            subject,
            "delarna överlappar varandra",
            "the members overlap",
        ));
    }
    for index in 0..zip.len() {
        let member = zip.by_index_raw(index).map_err(|_| damaged(subject))?;
        if member.encrypted() {
            return Err(refuse::unreadable(
                "zip-encrypted",
                subject,
                "arkivet är krypterat",
                "the archive is encrypted",
            ));
        }
        if member.is_symlink() {
            return Err(refuse::unreadable(
                "zip-link",
                subject,
                "arkivet innehåller en länk",
                "the archive contains a link",
            ));
        }
    }
    Ok(zip)
}

/// The member that is the table: the one that the owner names, else the only one that looks like data.
fn choose(zip: &mut Zip, request: &StageRequest) -> Result<(usize, String), Refusal> {
    let subject = &request.name;
    let mut members = Vec::new();
    for index in 0..zip.len() {
        let member = zip.by_index_raw(index).map_err(|_| damaged(subject))?;
        let name = String::from_utf8_lossy(member.name_raw()).into_owned();
        let hidden = name.starts_with("__MACOSX/") || name.rsplit('/').next().is_some_and(|last| last.starts_with('.'));
        if member.is_file() && !hidden {
            members.push((index, name));
        }
    }
    let asked = request.reading.table.as_ref();
    if let Some(found) = members.iter().find(|(_, name)| Some(name) == asked) {
        return Ok(found.clone());
    }
    if let [only] = members.as_slice() {
        return Ok(only.clone());
    }
    let looks = |name: &str| {
        let name = name.to_ascii_lowercase();
        [
            ".csv", ".tsv", ".xlsx", ".ods", ".px", ".json", ".geojson", ".parquet", ".ndjson", ".gpkg", ".gml",
        ]
        .iter()
        .any(|ending| name.ends_with(ending))
    };
    let data: Vec<&(usize, String)> = members.iter().filter(|(_, name)| looks(name)).collect();
    match data.as_slice() {
        [only] => Ok((*only).clone()),
        [] => Err(refuse::unreadable(
            "zip-no-table",
            subject,
            "arkivet innehåller ingen tabell",
            "the archive contains no table",
        )),
        several => Err(refuse::unreadable(
            "zip-several-tables",
            subject,
            format!("arkivet innehåller {} tabeller", several.len()),
            format!("the archive contains {} tables", several.len()),
        )
        .hint(Text::new(
            "skriv delens namn som table under [reading]",
            "write the member's name as table under [reading]",
        ))),
    }
}

/// Inflates every part of a workbook once, to nowhere, and counts what comes out (H27); a DOCTYPE in a part is refused.
pub(crate) fn weigh(path: &Path, limits: &TableLimits, subject: &str) -> Result<(), Refusal> {
    let mut zip = checked(path, limits, subject)?;
    let mut total = 0u64;
    for index in 0..zip.len() {
        let mut member = zip.by_index(index).map_err(|_| damaged(subject))?;
        if !member.is_file() {
            continue;
        }
        let mut window = Vec::new();
        let mut buffer = vec![0u8; 1 << 16];
        let mut bytes = 0u64;
        loop {
            let read = member.read(&mut buffer).map_err(|_| damaged(subject))?;
            let Some(piece) = buffer.get(..read).filter(|piece| !piece.is_empty()) else {
                break;
            };
            bytes += read as u64;
            total += read as u64;
            if bytes > limits.workbook_part_bytes_max {
                let limit = limits.workbook_part_bytes_max;
                return Err(refuse::unreadable(
                    "workbook-part-too-large",
                    subject,
                    format!("en del av arbetsboken packar upp till mer än {limit} byte"),
                    format!("a part of the workbook unpacks to more than {limit} bytes"),
                )
                .at(Position {
                    offset: bytes,
                    ..Position::default()
                }));
            }
            if total > limits.unpacked_bytes_max {
                return Err(too_large(subject, limits.unpacked_bytes_max));
            }
            // The window keeps a few bytes, so that the word is seen across two pieces.
            window.extend_from_slice(piece);
            if memchr::memmem::find(&window, b"<!DOCTYPE").is_some() {
                return Err(refuse::unreadable(
                    "workbook-doctype",
                    subject,
                    "arbetsboken innehåller en DOCTYPE",
                    "the workbook contains a DOCTYPE",
                ));
            }
            let keep = window.len().saturating_sub(16);
            window.drain(..keep);
        }
    }
    Ok(())
}

fn too_large(subject: &str, limit: u64) -> Refusal {
    refuse::unreadable(
        "unpacked-too-large",
        subject,
        format!("filen packar upp till mer än {limit} byte"),
        format!("the file unpacks to more than {limit} bytes"),
    )
    .at(Position {
        offset: limit,
        ..Position::default()
    })
}

/// Copies an inflating stream, counting what comes out.
pub(crate) fn pump(
    mut input: impl Read,
    target: Option<&Path>,
    packed: u64,
    limits: &TableLimits,
    subject: &str,
    damage: &str,
) -> Result<u64, Refusal> {
    let failed = |error: std::io::Error| refuse::io(subject, error);
    let mut out = match target {
        Some(target) => Some(BufWriter::new(File::create(target).map_err(failed)?)),
        None => None,
    };
    let mut buffer = vec![0u8; 1 << 16];
    let mut bytes = 0u64;
    loop {
        let read = input.read(&mut buffer).map_err(|_| {
            refuse::unreadable(damage, subject, "arkivet är skadat", "the archive is damaged").at(Position {
                offset: bytes,
                ..Position::default()
            })
        })?;
        let Some(piece) = buffer.get(..read).filter(|piece| !piece.is_empty()) else {
            break;
        };
        bytes += read as u64;
        if bytes > limits.unpacked_bytes_max {
            return Err(too_large(subject, limits.unpacked_bytes_max));
        }
        if bytes > RATIO_FROM && bytes / packed.max(1) > limits.ratio_max {
            let limit = limits.ratio_max;
            return Err(refuse::unreadable(
                "zip-ratio",
                subject,
                format!("arkivet packar upp till mer än {limit} gånger sin storlek"),
                format!("the archive unpacks to more than {limit} times its size"),
            )
            .at(Position {
                offset: bytes,
                ..Position::default()
            }));
        }
        if let Some(out) = &mut out {
            out.write_all(piece).map_err(failed)?;
        }
    }
    if let Some(mut out) = out {
        out.flush().map_err(failed)?;
    }
    Ok(bytes)
}
