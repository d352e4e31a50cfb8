//! The Parquet recipe of `publishing.md` section 2, checked on the footer and the first pages of a written file (K1 of `readiness.md`).

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::Path;

use fyr_model::ids::Sha256;
use fyr_model::privacy::{Check, Role};
use fyr_model::text::Text;
use parquet::basic::{Compression, LogicalType, TimeUnit, Type};
use parquet::column::page::Page;
use parquet::file::FOOTER_SIZE;
use parquet::file::metadata::ParquetMetaData;
use parquet::file::reader::{FileReader, SerializedFileReader};

use crate::footer::{self, chunks, outcome};
use crate::read;

/// Rows of a row group at most.
const GROUP_ROWS_MAX: i64 = 122_880;
/// Bytes of a row group before compression at most.
const GROUP_BYTES_MAX: i64 = 128 << 20;
/// From this size of a file on, the footer may take 0.5 % of it.
const LARGE_FILE: u64 = 100 << 20;
/// How our own `created_by` begins: pinned, so that the same input gives the same bytes.
const CREATED_BY: &str = "fyr";

/// Checks one file against the recipe; `roles` are those of the release, the digest that of its manifest.
///
/// Ids: `parquet-readable`, `parquet-digest`, `parquet-codec`, `parquet-row-groups`, `parquet-types`, `parquet-statistics`,
/// `parquet-bloom`, `parquet-offset-index`, `parquet-created-by`, `parquet-pages`, `parquet-metadata`, `parquet-footer`.
pub fn parquet(path: &Path, roles: &BTreeMap<String, Role>, expected: Option<&Sha256>) -> Vec<Check> {
    let opened = File::open(path).ok().and_then(|file| SerializedFileReader::new(file).ok());
    let (Some(reader), Ok((sha256, bytes))) = (opened, read::digest(path)) else {
        let text = Text::new("filen går inte att läsa som Parquet", "the file cannot be read as Parquet");
        return vec![check("parquet-readable", (false, text))];
    };
    let metadata = reader.metadata();
    let (rows, groups) = (metadata.file_metadata().num_rows(), metadata.num_row_groups());
    let readable = Text::new(
        format!("{rows} rader i {groups} radgrupper"),
        format!("{rows} rows in {groups} row groups"),
    );
    let mut checks = vec![check("parquet-readable", (true, readable))];
    if let Some(expected) = expected {
        checks.push(check("parquet-digest", same_digest(*expected == sha256)));
    }
    for (id, faults, passed, failed) in listed(metadata, roles) {
        checks.push(check(id, outcome(&faults, Text::new(passed.0, passed.1), failed.0, failed.1)));
    }
    checks.push(check("parquet-created-by", created_by(metadata)));
    checks.push(check("parquet-pages", pages(&reader)));
    checks.push(check("parquet-footer", footer_size(path, bytes)));
    checks
}

fn check(id: &str, (ok, detail): (bool, Text)) -> Check {
    let id = id.to_owned();
    Check { id, ok, detail }
}

fn same_digest(same: bool) -> (bool, Text) {
    let (sv, en) = if same {
        ("kontrollsumman stämmer", "the digest agrees")
    } else {
        ("kontrollsumman är en annan", "the digest is another")
    };
    (same, Text::new(sv, en))
}

/// A check that fails by naming columns or row groups: its id, those it names, and the words, Swedish and English, of passing and of failing.
type Listed = (
    &'static str,
    Vec<String>,
    (&'static str, &'static str),
    (&'static str, &'static str),
);

fn listed(metadata: &ParquetMetaData, roles: &BTreeMap<String, Role>) -> [Listed; 7] {
    let list = |set: BTreeSet<String>| set.into_iter().collect::<Vec<_>>();
    let without_index = chunks(metadata).filter(|(_, chunk)| chunk.offset_index_offset().is_none());
    [
        (
            "parquet-codec",
            list(not_zstd(metadata)),
            ("zstd överallt", "zstd throughout"),
            ("inte zstd", "not zstd"),
        ),
        (
            "parquet-row-groups",
            large_groups(metadata),
            ("radgrupperna håller gränserna", "row groups keep the limits"),
            ("för stora radgrupper", "row groups too large"),
        ),
        (
            "parquet-types",
            list(old_types(metadata)),
            ("inga INT96, tidpunkter i mikrosekunder", "no INT96, moments in microseconds"),
            ("föråldrade typer", "outdated types"),
        ),
        (
            "parquet-statistics",
            list(footer::with_statistics(metadata, roles)),
            (
                "inga gränsvärden för text eller skyddade kolumner",
                "no bounds for text or protected columns",
            ),
            ("gränsvärden finns för", "bounds stand for"),
        ),
        (
            "parquet-bloom",
            list(footer::with_bloom(metadata)),
            ("inga bloomfilter", "no bloom filters"),
            ("bloomfilter finns för", "bloom filters stand for"),
        ),
        (
            "parquet-offset-index",
            list(without_index.map(|(name, _)| name).collect()),
            ("sidindex med positioner finns", "offset indexes are present"),
            ("saknar sidindex", "without an offset index"),
        ),
        (
            "parquet-metadata",
            list(footer::foreign_keys(metadata)),
            ("bara tillåtna metadata", "only allowed metadata"),
            ("otillåtna metadata", "metadata that is not allowed"),
        ),
    ]
}

fn not_zstd(metadata: &ParquetMetaData) -> BTreeSet<String> {
    chunks(metadata)
        .filter(|(_, chunk)| !matches!(chunk.compression(), Compression::ZSTD(_)))
        .map(|(name, _)| name)
        .collect()
}

fn large_groups(metadata: &ParquetMetaData) -> Vec<String> {
    let groups = metadata.row_groups().iter().enumerate();
    let large = groups.filter(|(_, group)| group.num_rows() > GROUP_ROWS_MAX || group.total_byte_size() > GROUP_BYTES_MAX);
    large
        .map(|(index, group)| format!("{index}: {} rows, {} bytes", group.num_rows(), group.total_byte_size()))
        .collect()
}

fn old_types(metadata: &ParquetMetaData) -> BTreeSet<String> {
    let coarse = |kind: Option<&LogicalType>| match kind {
        Some(LogicalType::Timestamp(stamp)) => !matches!(stamp.unit, TimeUnit::MICROS),
        _ => false,
    };
    chunks(metadata)
        .filter(|(_, chunk)| chunk.column_type() == Type::INT96 || coarse(chunk.column_descr().logical_type_ref()))
        .map(|(name, _)| name)
        .collect()
}

fn created_by(metadata: &ParquetMetaData) -> (bool, Text) {
    let file = metadata.file_metadata();
    let name = file.created_by().unwrap_or_default();
    let ok = name.to_ascii_lowercase().starts_with(CREATED_BY);
    let shown: String = name.chars().take(60).collect();
    (
        ok,
        Text::new(
            format!("skriven av `{shown}`, format {}", file.version()),
            format!("created by `{shown}`, format {}", file.version()),
        ),
    )
}

/// The first data page of every chunk of the first and last row group: version 1.
fn pages(reader: &SerializedFileReader<File>) -> (bool, Text) {
    let groups = reader.metadata().num_row_groups();
    let mut faults = BTreeSet::new();
    for index in [0, groups.saturating_sub(1)].into_iter().filter(|index| *index < groups) {
        let Ok(group) = reader.get_row_group(index) else {
            faults.insert(format!("row group {index}"));
            continue;
        };
        for column in 0..group.num_columns() {
            let name = || reader.metadata().file_metadata().schema_descr().column(column).path().string();
            let Ok(mut pages) = group.get_column_page_reader(column) else {
                faults.insert(name());
                continue;
            };
            loop {
                match pages.get_next_page() {
                    Ok(Some(Page::DictionaryPage { .. })) => {}
                    Ok(Some(Page::DataPage { .. }) | None) => break,
                    Ok(Some(Page::DataPageV2 { .. })) | Err(_) => {
                        faults.insert(name());
                        break;
                    }
                }
            }
        }
    }
    let faults: Vec<String> = faults.into_iter().collect();
    outcome(
        &faults,
        Text::new("datasidor av version 1", "data pages of version 1"),
        "datasidor av annan version",
        "data pages of another version",
    )
}

/// The length of the footer stands in the last eight bytes, before the magic ones.
fn footer_size(path: &Path, bytes: u64) -> (bool, Text) {
    use std::io::{Read as _, Seek as _, SeekFrom};
    let mut tail = [0u8; FOOTER_SIZE];
    let read = File::open(path).and_then(|mut file| {
        file.seek(SeekFrom::End(-(FOOTER_SIZE as i64)))?;
        file.read_exact(&mut tail)
    });
    let length = match (read, tail) {
        (Ok(()), [a, b, c, d, ..]) => u64::from(u32::from_le_bytes([a, b, c, d])),
        _ => return (false, Text::new("sidfoten kan inte läsas", "the footer cannot be read")),
    };
    let ok = bytes < LARGE_FILE || length * 200 <= bytes;
    (
        ok,
        Text::new(
            format!("sidfoten är {length} av {bytes} byte"),
            format!("the footer is {length} of {bytes} bytes"),
        ),
    )
}

#[cfg(test)]
mod tests;
