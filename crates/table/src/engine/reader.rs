//! Parquet files as batches in file order, without the engine: the direct passes of profile and comparison.

use std::fs::File;
use std::path::PathBuf;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use futures::stream::{self, BoxStream, StreamExt};
use fyr_model::Refusal;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};

use crate::refuse;

/// Rows of a batch.
const BATCH_ROWS: usize = 8_192;

fn builder(path: &PathBuf) -> Result<ParquetRecordBatchReaderBuilder<File>, Refusal> {
    let subject = super::subject(std::slice::from_ref(path));
    let file = File::open(path).map_err(|error| refuse::io(&subject, error))?;
    ParquetRecordBatchReaderBuilder::try_new_with_options(file, ArrowReaderOptions::new())
        .map(|builder| builder.with_batch_size(BATCH_ROWS))
        .map_err(|_| refuse::engine(&subject, "open"))
}

/// The schema of the first file, without metadata.
pub(crate) fn schema(parquet: &[PathBuf]) -> Result<SchemaRef, Refusal> {
    let Some(path) = parquet.first() else {
        return Err(refuse::engine("table", "open"));
    };
    let schema = builder(path)?.schema().as_ref().clone();
    Ok(schema.with_metadata(std::collections::HashMap::new()).into())
}

/// Opens one file, all columns or some by their place at the top of the schema.
pub(crate) fn open(path: &PathBuf, columns: Option<&[usize]>) -> Result<ParquetRecordBatchReader, Refusal> {
    let builder = builder(path)?;
    let builder = match columns {
        Some(columns) => {
            let mask = ProjectionMask::roots(builder.parquet_schema(), columns.iter().copied());
            builder.with_projection(mask)
        }
        None => builder,
    };
    builder
        .build()
        .map_err(|_| refuse::engine(&super::subject(std::slice::from_ref(path)), "open"))
}

/// Rows of all files, by their footers: of files that this program wrote.
pub(crate) fn rows(parquet: &[PathBuf]) -> Result<u64, Refusal> {
    parquet.iter().try_fold(0, |rows, path| {
        let footer = builder(path)?.metadata().file_metadata().num_rows();
        Ok(rows + u64::try_from(footer).unwrap_or(0))
    })
}

/// Calls `see` on every batch of every file.
pub(crate) fn each(
    parquet: &[PathBuf],
    columns: Option<&[usize]>,
    see: &mut dyn FnMut(&RecordBatch) -> Result<(), Refusal>,
) -> Result<(), Refusal> {
    for path in parquet {
        for batch in open(path, columns)? {
            see(&batch.map_err(|_| refuse::engine(&super::subject(std::slice::from_ref(path)), "read"))?)?;
        }
    }
    Ok(())
}

/// Calls `see` on batch after batch until it says that it has seen enough.
pub(crate) fn each_until(
    parquet: &[PathBuf],
    columns: Option<&[usize]>,
    see: &mut dyn FnMut(&RecordBatch) -> Result<bool, Refusal>,
) -> Result<(), Refusal> {
    for path in parquet {
        for batch in open(path, columns)? {
            if !see(&batch.map_err(|_| refuse::engine(&super::subject(std::slice::from_ref(path)), "read"))?)? {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// All batches, one at a time.
pub(crate) fn stream(parquet: Vec<PathBuf>) -> BoxStream<'static, Result<RecordBatch, Refusal>> {
    stream::unfold(
        (parquet.into_iter(), None::<ParquetRecordBatchReader>),
        |(mut paths, mut open_file)| async move {
            loop {
                if let Some(batch) = open_file.as_mut().and_then(Iterator::next) {
                    return Some((batch.map_err(|_| refuse::engine("table", "read")), (paths, open_file)));
                }
                match open(&paths.next()?, None) {
                    Ok(reader) => open_file = Some(reader),
                    Err(refusal) => return Some((Err(refusal), (Vec::new().into_iter(), None))),
                }
            }
        },
    )
    .boxed()
}
