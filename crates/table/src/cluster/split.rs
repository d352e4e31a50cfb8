//! Cuts Parquet files at row groups, so that the nodes of a cluster can share a table.
//!
//! Column chunks are copied as they are: nothing is decoded, compressed or judged again. Parts are numbered in the order of the rows.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parquet::column::writer::ColumnCloseResult;
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;

/// About so many parts a table, so that each node has several and none waits long for the last.
const PARTS: u64 = 64;
/// What a part should hold at least and at most.
const BYTES_MIN: u64 = 256 << 10;
const BYTES_MAX: u64 = 32 << 20;

/// Consecutive row groups of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) file: PathBuf,
    groups: std::ops::Range<usize>,
    /// Whether the part is the whole file.
    pub(super) whole: bool,
}

/// The parts of a table, in the order of its rows.
pub(super) fn parts(files: &[PathBuf]) -> Result<Vec<Part>> {
    let mut sizes = Vec::with_capacity(files.len());
    for file in files {
        let metadata = metadata(file)?;
        let groups = metadata.row_groups().iter();
        sizes.push(groups.map(|group| group.compressed_size().unsigned_abs()).collect::<Vec<u64>>());
    }
    let total: u64 = sizes.iter().flatten().sum();
    let wanted = (total / PARTS).clamp(BYTES_MIN, BYTES_MAX);
    let cut = files.iter().zip(&sizes).flat_map(|(file, sizes)| cut(file, sizes, wanted));
    Ok(cut.collect())
}

fn cut(file: &Path, sizes: &[u64], wanted: u64) -> Vec<Part> {
    let mut cuts: Vec<std::ops::Range<usize>> = Vec::new();
    let (mut from, mut bytes) = (0, 0);
    for (group, size) in sizes.iter().enumerate() {
        bytes += size;
        if bytes >= wanted {
            cuts.push(from..group + 1);
            (from, bytes) = (group + 1, 0);
        }
    }
    // A table without rows is one part too.
    if from < sizes.len() || cuts.is_empty() {
        cuts.push(from..sizes.len());
    }
    let whole = cuts.len() == 1;
    let part = |groups| Part {
        file: file.to_path_buf(),
        groups,
        whole,
    };
    cuts.into_iter().map(part).collect()
}

fn metadata(file: &Path) -> Result<ParquetMetaData> {
    ParquetMetaDataReader::new().parse_and_finish(&File::open(file)?)
}

impl Part {
    /// Writes the part as a file of its own.
    pub(super) fn write(&self, target: &Path) -> Result<()> {
        let source = File::open(&self.file)?;
        let metadata = metadata(&self.file)?;
        let file = metadata.file_metadata();
        // The key-value list holds the Arrow schema, without which types would come back changed.
        let properties = WriterProperties::builder()
            .set_key_value_metadata(file.key_value_metadata().cloned())
            .build();
        let schema = file.schema_descr().root_schema_ptr();
        let mut writer = SerializedFileWriter::new(File::create(target)?, schema, Arc::new(properties))?;
        for group in self.groups.clone() {
            let group = metadata
                .row_groups()
                .get(group)
                .ok_or_else(|| ParquetError::General("no such row group".into()))?;
            let mut out = writer.next_row_group()?;
            for column in group.columns() {
                let closed = ColumnCloseResult {
                    bytes_written: column.compressed_size().unsigned_abs(),
                    rows_written: group.num_rows().unsigned_abs(),
                    metadata: column.clone(),
                    bloom_filter: None,
                    column_index: None,
                    offset_index: None,
                };
                out.append_column(&source, closed)?;
            }
            out.close()?;
        }
        writer.close().map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_hold_consecutive_row_groups_and_miss_none() {
        let check = |sizes: &[u64], expected: &[std::ops::Range<usize>]| {
            let parts = cut(Path::new("t.parquet"), sizes, 10);
            assert_eq!(
                parts.iter().map(|part| part.groups.clone()).collect::<Vec<_>>(),
                expected,
                "{sizes:?}"
            );
            assert!(parts.iter().all(|part| part.whole == (expected.len() == 1)));
        };
        check(&[], std::slice::from_ref(&(0..0)));
        check(&[3], std::slice::from_ref(&(0..1)));
        check(&[9, 1, 10, 4], &[0..2, 2..3, 3..4]);
        check(&[4, 4, 4, 4, 4, 4], &[0..3, 3..6]);
    }
}
