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
    let mut checks = Vec::new();
    let mut add = |id: &str, (ok, detail): (bool, Text)| {
        checks.push(Check {
            id: id.to_owned(),
            ok,
            detail,
        })
    };
    let opened = File::open(path).ok().and_then(|file| SerializedFileReader::new(file).ok());
    let (Some(reader), Ok((sha256, bytes))) = (opened, read::digest(path)) else {
        add(
            "parquet-readable",
            (
                false,
                Text::new("filen går inte att läsa som Parquet", "the file cannot be read as Parquet"),
            ),
        );
        return checks;
    };
    let metadata = reader.metadata();
    let rows = metadata.file_metadata().num_rows();
    add(
        "parquet-readable",
        (
            true,
            Text::new(
                format!("{rows} rader i {} radgrupper", metadata.num_row_groups()),
                format!("{rows} rows in {} row groups", metadata.num_row_groups()),
            ),
        ),
    );
    if let Some(expected) = expected {
        let same = *expected == sha256;
        let (sv, en) = if same {
            ("kontrollsumman stämmer", "the digest agrees")
        } else {
            ("kontrollsumman är en annan", "the digest is another")
        };
        add("parquet-digest", (same, Text::new(sv, en)));
    }
    let list = |set: BTreeSet<String>| set.into_iter().collect::<Vec<_>>();
    add(
        "parquet-codec",
        outcome(
            &list(not_zstd(metadata)),
            Text::new("zstd överallt", "zstd throughout"),
            "inte zstd",
            "not zstd",
        ),
    );
    let passed = Text::new("radgrupperna håller gränserna", "row groups keep the limits");
    add(
        "parquet-row-groups",
        outcome(&large_groups(metadata), passed, "för stora radgrupper", "row groups too large"),
    );
    let passed = Text::new("inga INT96, tidpunkter i mikrosekunder", "no INT96, moments in microseconds");
    add(
        "parquet-types",
        outcome(&list(old_types(metadata)), passed, "föråldrade typer", "outdated types"),
    );
    let passed = Text::new(
        "inga gränsvärden för text eller skyddade kolumner",
        "no bounds for text or protected columns",
    );
    add(
        "parquet-statistics",
        outcome(
            &list(footer::with_statistics(metadata, roles)),
            passed,
            "gränsvärden finns för",
            "bounds stand for",
        ),
    );
    add(
        "parquet-bloom",
        outcome(
            &list(footer::with_bloom(metadata)),
            Text::new("inga bloomfilter", "no bloom filters"),
            "bloomfilter finns för",
            "bloom filters stand for",
        ),
    );
    let without: BTreeSet<String> = chunks(metadata)
        .filter(|(_, chunk)| chunk.offset_index_offset().is_none())
        .map(|(name, _)| name)
        .collect();
    let passed = Text::new("sidindex med positioner finns", "offset indexes are present");
    add(
        "parquet-offset-index",
        outcome(&list(without), passed, "saknar sidindex", "without an offset index"),
    );
    add("parquet-created-by", created_by(metadata));
    add("parquet-pages", pages(&reader));
    let passed = Text::new("bara tillåtna metadata", "only allowed metadata");
    add(
        "parquet-metadata",
        outcome(
            &list(footer::foreign_keys(metadata)),
            passed,
            "otillåtna metadata",
            "metadata that is not allowed",
        ),
    );
    add("parquet-footer", footer_size(path, bytes));
    checks
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
