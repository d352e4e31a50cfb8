//! Reading: digests, and cells as text in blocks, the same for Parquet and for its CSV twin.
//!
//! In: a path. Out: column names and blocks of text columns. An unreadable file is a refusal, never an empty table.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringArray};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use fyr_model::finding::{Refusal, RefusalKind};
use fyr_model::ids::Sha256;
use fyr_model::text::Text;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use sha2::Digest as _;

/// Rows in a block.
pub(crate) const BLOCK_ROWS: usize = 8_192;

/// The digest and the size of a file.
pub(crate) fn digest(path: &Path) -> std::io::Result<(Sha256, u64)> {
    let mut file = File::open(path)?;
    let mut hash = sha2::Sha256::new();
    let mut buffer = vec![0u8; 1 << 16];
    let mut bytes = 0;
    loop {
        let read = file.read(&mut buffer)?;
        let Some(part) = buffer.get(..read).filter(|part| !part.is_empty()) else {
            break;
        };
        hash.update(part);
        bytes += read as u64;
    }
    Ok((Sha256::from_bytes(hash.finalize().into()), bytes))
}

/// The columns of a Parquet file: name and whether it is numeric.
pub(crate) fn parquet_columns(path: &Path) -> Result<Vec<(String, bool)>, String> {
    let builder = ParquetRecordBatchReaderBuilder::try_new(open(path)?).map_err(|_| "no readable Parquet footer".to_owned())?;
    Ok(builder
        .schema()
        .fields()
        .iter()
        .map(|field| (field.name().clone(), field.data_type().is_numeric()))
        .collect())
}

/// The columns of a Parquet file with their types.
pub(crate) fn parquet_types(path: &Path) -> Result<BTreeMap<String, DataType>, String> {
    let builder = ParquetRecordBatchReaderBuilder::try_new(open(path)?).map_err(|_| "no readable Parquet footer".to_owned())?;
    Ok(builder
        .schema()
        .fields()
        .iter()
        .map(|field| (field.name().clone(), field.data_type().clone()))
        .collect())
}

/// Hands the columns of each batch to `take`, as text.
pub(crate) fn parquet_blocks(path: &Path, mut take: impl FnMut(&[StringArray])) -> Result<(), String> {
    let builder = ParquetRecordBatchReaderBuilder::try_new(open(path)?).map_err(|_| "no readable Parquet footer".to_owned())?;
    let reader = builder
        .with_batch_size(BLOCK_ROWS)
        .build()
        .map_err(|_| "no readable Parquet schema".to_owned())?;
    for batch in reader {
        let batch: RecordBatch = batch.map_err(|_| "a page cannot be decoded".to_owned())?;
        let columns: Result<Vec<StringArray>, String> = batch.columns().iter().map(as_text).collect();
        take(&columns?);
    }
    Ok(())
}

fn open(path: &Path) -> Result<File, String> {
    File::open(path).map_err(|error| error.kind().to_string())
}

/// Any column as text; bytes as hexadecimal digits, so that no type escapes the count of classes.
pub(crate) fn as_text(array: &ArrayRef) -> Result<StringArray, String> {
    let hex = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
    if matches!(
        array.data_type(),
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_)
    ) {
        let bytes = cast(array, &DataType::Binary).map_err(|_| "a column of bytes cannot be read".to_owned())?;
        return Ok(bytes.as_binary::<i32>().iter().map(|cell| cell.map(hex)).collect());
    }
    let text = cast(array, &DataType::Utf8).map_err(|_| "a column has a type that cannot be read as text".to_owned())?;
    Ok(text.as_string::<i32>().clone())
}

/// Text of a cell; nothing when it is missing.
pub(crate) fn cell(column: &StringArray, row: usize) -> Option<&str> {
    (row < column.len() && !column.is_null(row)).then(|| column.value(row))
}

/// A whole number without the point and nought that a column of fractions gives it: the same value stands as `39` and as `39.0`.
pub(crate) fn plain(text: &str) -> Option<&str> {
    let whole = text.strip_suffix(".0")?;
    whole.parse::<f64>().is_ok().then_some(whole)
}

pub(crate) fn unreadable(file: &str, why: &str) -> Refusal {
    Refusal::new(
        "audit-unreadable",
        RefusalKind::Unreadable,
        file,
        Text::new(
            format!("granskningen kan inte läsa `{file}`: {why}"),
            format!("the audit cannot read `{file}`: {why}"),
        ),
    )
}
