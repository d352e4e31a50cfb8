//! What a Parquet footer gives away or must say: statistics, bloom filters, metadata, dictionaries (H30; `publishing.md` section 2).
//!
//! In: the metadata of one file. Out: faults in words, with names of columns; an empty list is a pass.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::Array;
use fyr_model::privacy::Role;
use fyr_model::text::Text;
use parquet::basic::{LogicalType, Type};
use parquet::column::page::Page;
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData};
use parquet::file::reader::{FileReader, SerializedFileReader};

/// Keys of the key-value metadata that may stand in a release.
const KEYS: &[&str] = &[
    "ARROW:schema",
    "huggingface",
    "geo",
    "dataset",
    "version",
    "licence",
    "source_sha256",
    "source_crs",
    "rules_sha256",
];

/// Every chunk, with the root column that it belongs to.
pub(crate) fn chunks(metadata: &ParquetMetaData) -> impl Iterator<Item = (String, &ColumnChunkMetaData)> {
    metadata.row_groups().iter().flat_map(|group| {
        group
            .columns()
            .iter()
            .map(|chunk| (chunk.column_path().parts().first().cloned().unwrap_or_default(), chunk))
    })
}

/// Text, quasi-identifying and sensitive columns with bounds in chunk statistics or page indexes.
pub(crate) fn with_statistics(metadata: &ParquetMetaData, roles: &BTreeMap<String, Role>) -> BTreeSet<String> {
    let private = |name: &str, chunk: &ColumnChunkMetaData| {
        let text = matches!(
            chunk.column_descr().logical_type_ref(),
            Some(LogicalType::String | LogicalType::Json | LogicalType::Enum)
        ) || (chunk.column_type() == Type::BYTE_ARRAY
            && chunk.column_descr().converted_type() == parquet::basic::ConvertedType::UTF8);
        text || matches!(roles.get(name), Some(Role::QuasiIdentifier | Role::Sensitive | Role::Identifier))
    };
    let bounded = |chunk: &ColumnChunkMetaData| {
        let bounds = chunk
            .statistics()
            .is_some_and(|s| s.min_bytes_opt().is_some() || s.max_bytes_opt().is_some());
        bounds || chunk.column_index_offset().is_some()
    };
    chunks(metadata)
        .filter(|(name, chunk)| private(name, chunk) && bounded(chunk))
        .map(|(name, _)| name)
        .collect()
}

/// Columns with a bloom filter.
pub(crate) fn with_bloom(metadata: &ParquetMetaData) -> BTreeSet<String> {
    chunks(metadata)
        .filter(|(_, chunk)| chunk.bloom_filter_offset().is_some())
        .map(|(name, _)| name)
        .collect()
}

/// Metadata keys that are not on the list.
pub(crate) fn foreign_keys(metadata: &ParquetMetaData) -> BTreeSet<String> {
    let pairs = metadata.file_metadata().key_value_metadata().into_iter().flatten();
    pairs
        .map(|pair| pair.key.clone())
        .filter(|key| !KEYS.contains(&key.as_str()))
        .collect()
}

/// Forbidden names that stand in a metadata value or in the embedded Arrow schema.
pub(crate) fn names_in_metadata(metadata: &ParquetMetaData, forbidden: &[String]) -> BTreeSet<String> {
    let mut values: Vec<Vec<u8>> = Vec::new();
    for pair in metadata.file_metadata().key_value_metadata().into_iter().flatten() {
        let value = pair.value.clone().unwrap_or_default();
        values.push(if pair.key == "ARROW:schema" {
            base64(&value)
        } else {
            value.into_bytes()
        });
    }
    // A name as a whole word, not as a part of one (`namn` in `kommunnamn`).
    let word = |b: Option<&u8>| b.is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_' || *b >= 0x80);
    let holds = |value: &Vec<u8>, name: &[u8]| {
        !name.is_empty()
            && value.windows(name.len()).enumerate().any(|(at, window)| {
                window == name && !word(at.checked_sub(1).and_then(|before| value.get(before))) && !word(value.get(at + name.len()))
            })
    };
    forbidden
        .iter()
        .filter(|name| values.iter().any(|value| holds(value, name.as_bytes())))
        .cloned()
        .collect()
}

/// Standard base64 (RFC 4648), anything else skipped.
fn base64(text: &str) -> Vec<u8> {
    let value = |b: u8| match b {
        b'A'..=b'Z' => Some(b - b'A'),
        b'a'..=b'z' => Some(b - b'a' + 26),
        b'0'..=b'9' => Some(b - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    };
    let (mut out, mut held, mut bits) = (Vec::new(), 0u32, 0);
    for six in text.bytes().filter_map(value) {
        held = (held << 6 | u32::from(six)) & 0xff_ffff;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            out.push((held >> bits & 0xff) as u8);
        }
    }
    out
}

/// Columns whose dictionary holds more values than their cells: what was removed would survive there.
pub(crate) fn with_idle_dictionary(
    reader: &SerializedFileReader<std::fs::File>,
    path: &std::path::Path,
) -> Result<BTreeSet<String>, String> {
    let mut found = BTreeSet::new();
    for group in 0..reader.metadata().num_row_groups() {
        let mut sizes: BTreeMap<usize, u64> = BTreeMap::new();
        let pages = reader.get_row_group(group).map_err(|_| "a row group cannot be read".to_owned())?;
        let descr = reader.metadata().file_metadata().schema_descr();
        for column in (0..pages.num_columns()).filter(|column| descr.column(*column).path().parts().len() == 1) {
            let mut pages = pages
                .get_column_page_reader(column)
                .map_err(|_| "a column cannot be read".to_owned())?;
            if let Some(Page::DictionaryPage { num_values, .. }) = pages.get_next_page().map_err(|_| "a page cannot be read".to_owned())? {
                sizes.insert(descr.get_column_root_idx(column), u64::from(num_values));
            }
        }
        for (column, different) in different(path, group, sizes.keys().copied().collect())? {
            if sizes.get(&column).is_some_and(|size| *size > different) {
                found.insert(
                    descr
                        .root_schema()
                        .get_fields()
                        .get(column)
                        .map(|f| f.name().to_owned())
                        .unwrap_or_default(),
                );
            }
        }
    }
    Ok(found)
}

/// How many different values the cells of some columns hold in one row group.
fn different(path: &std::path::Path, group: usize, columns: Vec<usize>) -> Result<BTreeMap<usize, u64>, String> {
    use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
    let wrong = |_| "a row group cannot be read".to_owned();
    let file = std::fs::File::open(path).map_err(|error| error.kind().to_string())?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(wrong)?;
    let mask = parquet::arrow::ProjectionMask::roots(builder.parquet_schema(), columns.iter().copied());
    let reader = builder.with_row_groups(vec![group]).with_projection(mask).build().map_err(wrong)?;
    let mut values: Vec<BTreeSet<String>> = vec![BTreeSet::new(); columns.len()];
    for batch in reader {
        let batch = batch.map_err(|_| "a row group cannot be read".to_owned())?;
        for (array, seen) in batch.columns().iter().zip(&mut values) {
            let cells = crate::read::as_text(array)?;
            for row in 0..cells.len() {
                if let Some(text) = crate::read::cell(&cells, row).filter(|text| !seen.contains(*text)) {
                    seen.insert(text.to_owned());
                }
            }
        }
    }
    Ok(columns.into_iter().zip(values.into_iter().map(|seen| seen.len() as u64)).collect())
}

/// A check over several files from the faults of each: passed when there is none.
pub(crate) fn outcome(faults: &[String], passed: Text, sv: &str, en: &str) -> (bool, Text) {
    if faults.is_empty() {
        return (true, passed);
    }
    let shown: Vec<&str> = faults.iter().take(5).map(String::as_str).collect();
    let more = if faults.len() > 5 {
        format!(" (+{})", faults.len() - 5)
    } else {
        String::new()
    };
    (
        false,
        Text::new(
            format!("{sv}: {}{more}", shown.join(", ")),
            format!("{en}: {}{more}", shown.join(", ")),
        ),
    )
}
