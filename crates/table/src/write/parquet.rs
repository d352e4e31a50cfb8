//! The Parquet recipe: zstd 3, row groups of at most 122,880 rows and 128 MiB, encodings by column, no statistics on what could name
//! somebody, no bloom filters, a pinned writer and an allow-list of metadata.

use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::compute::{SortOptions, cast};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::row::{RowConverter, SortField};
use fyr_model::privacy::Role;
use fyr_model::table::{Column, ColumnType};
use fyr_model::{Refusal, RefusalKind, Text};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::file::metadata::{KeyValue, SortingColumn};
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesBuilder, WriterVersion};
use parquet::schema::types::ColumnPath;

use super::Written;
use crate::digest::digest_of;
use crate::engine::compare_hash as hash128;
use crate::refuse;
use crate::wkb::{Extent, Geometry};

/// Keys that a release file may carry beside `ARROW:schema` and `geo`, which the writer makes itself.
pub const METADATA_KEYS: [&str; 7] = [
    "huggingface",
    "dataset",
    "version",
    "licence",
    "source_sha256",
    "source_crs",
    "rules_sha256",
];

/// Whether a text names a reference system by authority and code, `EPSG:3006`: only that may stand in a file.
pub fn is_crs(name: &str) -> bool {
    let part = |text: &str| (1..=12).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric());
    name.split_once(':').is_some_and(|(authority, code)| part(authority) && part(code))
}

/// Rows of a row group.
const GROUP_ROWS: usize = 122_880;
/// Uncompressed bytes of a row group; the last slice may pass it by a little.
const GROUP_BYTES: usize = 112 << 20;
/// Rows written at a time.
const SLICE_ROWS: usize = 8_192;
/// Bytes of a dictionary, and of a page.
const PAGE_BYTES: usize = 1 << 20;

/// Writes a release file.
///
/// # Errors
/// A metadata key that is not on the list, a column that the batches lack, or a disk that is full.
pub fn parquet(
    batches: &[RecordBatch],
    columns: &[Column],
    roles: &BTreeMap<String, Role>,
    meta: &BTreeMap<String, String>,
    out: &Path,
) -> Result<Written, Refusal> {
    parquet_sorted(batches, columns, roles, meta, &[], out)
}

/// Writes a release file and declares its order, after having seen that the rows are in it.
///
/// # Errors
/// As [`parquet()`], and rows that are not sorted by `sort`, nulls last.
pub fn parquet_sorted(
    batches: &[RecordBatch],
    columns: &[Column],
    roles: &BTreeMap<String, Role>,
    meta: &BTreeMap<String, String>,
    sort: &[String],
    out: &Path,
) -> Result<Written, Refusal> {
    let subject = out
        .file_name()
        .map_or_else(|| "parquet".to_owned(), |name| name.to_string_lossy().into_owned());
    if let Some(key) = meta.keys().find(|key| !METADATA_KEYS.contains(&key.as_str())) {
        return Err(refused(
            "parquet-metadata-key",
            &subject,
            format!("nyckeln {key} får inte stå i en utgåvas fil"),
            format!("the key {key} may not stand in a release file"),
        ));
    }
    let (schema, batches) = fresh(batches, columns, &subject)?;
    let sorting = sorting(&schema, &batches, sort, &subject)?;
    let facts: Vec<ColumnFacts> = (0..schema.fields().len()).map(|index| ColumnFacts::of(&batches, index)).collect();
    let properties = properties(&schema, columns, roles, &facts, sorting);
    let file = File::create(out).map_err(|error| refuse::io(&subject, error))?;
    let failed = |_| refuse::engine(&subject, "write");
    let mut writer = ArrowWriter::try_new(file, schema.clone(), Some(properties)).map_err(failed)?;
    let mut rows = 0u64;
    for batch in &batches {
        rows += batch.num_rows() as u64;
        let mut from = 0;
        while from < batch.num_rows() {
            let count = SLICE_ROWS.min(batch.num_rows() - from);
            let left = GROUP_ROWS.saturating_sub(writer.in_progress_rows());
            writer.write(&batch.slice(from, count.min(left.max(1)))).map_err(failed)?;
            from += count.min(left.max(1));
            if writer.in_progress_rows() >= GROUP_ROWS || writer.in_progress_size() >= GROUP_BYTES {
                writer.flush().map_err(failed)?;
            }
        }
    }
    if let Some(geo) = geo(&schema, columns, &batches) {
        writer.append_key_value_metadata(KeyValue::new("geo".into(), geo));
    }
    for (key, value) in meta {
        writer.append_key_value_metadata(KeyValue::new(key.clone(), value.clone()));
    }
    writer.close().map_err(failed)?;
    let (bytes, sha256) = digest_of(out, &subject)?;
    Ok(Written { bytes, sha256, rows })
}

fn refused(id: &str, subject: &str, sv: String, en: String) -> Refusal {
    Refusal::new(id, RefusalKind::Internal, subject, Text::new(sv, en))
}

/// The columns in their order as fresh arrays without dictionaries, which could carry values that no row has (H30); a schema without metadata.
fn fresh(batches: &[RecordBatch], columns: &[Column], subject: &str) -> Result<(SchemaRef, Vec<RecordBatch>), Refusal> {
    let lacking = |name: &str| {
        refused(
            "parquet-column-missing",
            subject,
            format!("raderna saknar kolumnen {name}"),
            format!("the rows lack the column {name}"),
        )
    };
    let mut fields = Vec::with_capacity(columns.len());
    for column in columns {
        let data = match batches.first() {
            Some(batch) => batch
                .schema()
                .field_with_name(&column.name)
                .map(|field| field.data_type().clone())
                .map_err(|_| lacking(&column.name))?,
            None => empty_type(column.kind),
        };
        fields.push(Field::new(&column.name, plain(&data), true));
    }
    let schema = Arc::new(Schema::new(fields));
    let mut out = Vec::with_capacity(batches.len());
    for batch in batches {
        let mut arrays: Vec<ArrayRef> = Vec::with_capacity(columns.len());
        for (column, field) in columns.iter().zip(schema.fields()) {
            let array = batch.column_by_name(&column.name).ok_or_else(|| lacking(&column.name))?;
            arrays.push(cast(array, field.data_type()).map_err(|_| refuse::engine(subject, "cast"))?);
        }
        out.push(RecordBatch::try_new(schema.clone(), arrays).map_err(|_| refuse::engine(subject, "batch"))?);
    }
    Ok((schema, out))
}

/// The published form of a type: no dictionaries, views or Null columns, microseconds.
fn plain(data: &DataType) -> DataType {
    use arrow::datatypes::TimeUnit::Microsecond;
    match data {
        DataType::Dictionary(_, values) => plain(values),
        DataType::Utf8View | DataType::Null => DataType::Utf8,
        DataType::BinaryView => DataType::Binary,
        DataType::Timestamp(_, zone) => DataType::Timestamp(Microsecond, zone.as_ref().map(|_| "UTC".into())),
        other => other.clone(),
    }
}

fn empty_type(kind: ColumnType) -> DataType {
    use arrow::datatypes::TimeUnit::Microsecond;
    match kind {
        ColumnType::Integer => DataType::Int64,
        ColumnType::Number => DataType::Float64,
        ColumnType::Boolean => DataType::Boolean,
        ColumnType::Date => DataType::Date32,
        ColumnType::Timestamp => DataType::Timestamp(Microsecond, None),
        ColumnType::Time => DataType::Time64(Microsecond),
        ColumnType::Geometry => DataType::Binary,
        ColumnType::Period | ColumnType::Text | ColumnType::Code => DataType::Utf8,
    }
}

/// What decides a column's encoding.
#[derive(Debug, Default)]
struct ColumnFacts {
    rows: u64,
    distinct: u64,
    dictionary_bytes: usize,
    over: bool,
    sorted: bool,
}

impl ColumnFacts {
    fn of(batches: &[RecordBatch], index: usize) -> Self {
        let mut facts = Self {
            sorted: true,
            ..Self::default()
        };
        let mut seen = HashSet::new();
        let mut before: Option<Vec<u8>> = None;
        for batch in batches {
            let Some(array) = batch.columns().get(index) else { continue };
            facts.rows += array.len() as u64;
            let Some(rows) = RowConverter::new(vec![SortField::new(array.data_type().clone())])
                .ok()
                .and_then(|converter| converter.convert_columns(std::slice::from_ref(array)).ok())
            else {
                facts.over = true;
                continue;
            };
            for row in rows.iter() {
                let bytes = row.as_ref();
                facts.sorted = facts.sorted && before.as_deref().is_none_or(|before| before <= bytes);
                if facts.sorted {
                    before = Some(bytes.to_vec());
                }
                if !facts.over && seen.insert(hash128(bytes)) {
                    facts.dictionary_bytes += bytes.len();
                    facts.over = facts.dictionary_bytes > PAGE_BYTES;
                }
            }
        }
        facts.distinct = seen.len() as u64;
        facts
    }
    /// A dictionary pays when fewer than half of the rows are different and it fits a page.
    fn dictionary(&self) -> bool {
        !self.over && self.rows > 0 && self.distinct * 2 < self.rows
    }
}

fn properties(
    schema: &Schema,
    columns: &[Column],
    roles: &BTreeMap<String, Role>,
    facts: &[ColumnFacts],
    sorting: Option<Vec<SortingColumn>>,
) -> WriterProperties {
    let mut builder = WriterProperties::builder()
        // Data pages v1; what PARQUET_2_0 of this library changes is the page's version, not the types.
        .set_writer_version(WriterVersion::PARQUET_1_0)
        .set_created_by(crate::CREATED_BY.into())
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(3).unwrap_or_default()))
        .set_max_row_group_row_count(Some(GROUP_ROWS))
        .set_data_page_row_count_limit(20_000)
        .set_data_page_size_limit(PAGE_BYTES)
        .set_dictionary_page_size_limit(PAGE_BYTES)
        .set_write_batch_size(1_024)
        .set_bloom_filter_enabled(false)
        .set_offset_index_disabled(false)
        .set_statistics_enabled(EnabledStatistics::None)
        .set_statistics_truncate_length(Some(16))
        .set_column_index_truncate_length(Some(16))
        .set_sorting_columns(sorting)
        .set_dictionary_enabled(false);
    for ((field, column), facts) in schema.fields().iter().zip(columns).zip(facts) {
        builder = encode(builder, field, facts);
        if may_show(column.kind, roles.get(&column.name)) {
            builder = builder.set_column_statistics_enabled(path(field), EnabledStatistics::Page);
        }
    }
    builder.build()
}

fn path(field: &Field) -> ColumnPath {
    ColumnPath::new(vec![field.name().clone()])
}

fn encode(builder: WriterPropertiesBuilder, field: &Field, facts: &ColumnFacts) -> WriterPropertiesBuilder {
    let dictionary = facts.dictionary() && *field.data_type() != DataType::Boolean;
    let encoding = match field.data_type() {
        DataType::Int32 | DataType::Int64 | DataType::Date32 | DataType::Timestamp(..) | DataType::Time64(_) => {
            Encoding::DELTA_BINARY_PACKED
        }
        DataType::Utf8 | DataType::LargeUtf8 if facts.sorted => Encoding::DELTA_BYTE_ARRAY,
        _ => Encoding::PLAIN,
    };
    builder
        .set_column_dictionary_enabled(path(field), dictionary)
        .set_column_encoding(path(field), encoding)
}

/// Statistics hold values: only numbers, dates and booleans that are plain by role show theirs (H30).
fn may_show(kind: ColumnType, role: Option<&Role>) -> bool {
    role == Some(&Role::Plain)
        && matches!(
            kind,
            ColumnType::Integer | ColumnType::Number | ColumnType::Boolean | ColumnType::Date | ColumnType::Timestamp | ColumnType::Time
        )
}

/// The declared order, checked on every row.
fn sorting(schema: &Schema, batches: &[RecordBatch], sort: &[String], subject: &str) -> Result<Option<Vec<SortingColumn>>, Refusal> {
    if sort.is_empty() {
        return Ok(None);
    }
    let unsorted = || {
        refused(
            "parquet-not-sorted",
            subject,
            "raderna är inte sorterade som det anges".into(),
            "the rows are not sorted as declared".into(),
        )
    };
    let places: Vec<usize> = sort
        .iter()
        .map(|name| schema.index_of(name).map_err(|_| unsorted()))
        .collect::<Result<_, _>>()?;
    let options = SortOptions {
        descending: false,
        nulls_first: false,
    };
    let fields: Vec<SortField> = places
        .iter()
        .filter_map(|index| schema.fields().get(*index))
        .map(|field| SortField::new_with_options(field.data_type().clone(), options))
        .collect();
    let converter = RowConverter::new(fields).map_err(|_| unsorted())?;
    let mut before: Option<Vec<u8>> = None;
    for batch in batches {
        let keys: Vec<ArrayRef> = places.iter().filter_map(|index| batch.columns().get(*index).cloned()).collect();
        let rows = converter.convert_columns(&keys).map_err(|_| unsorted())?;
        for row in rows.iter() {
            if before.as_deref().is_some_and(|before| before > row.as_ref()) {
                return Err(unsorted());
            }
            before = Some(row.as_ref().to_vec());
        }
    }
    let columns = places.iter().map(|index| SortingColumn {
        column_idx: i32::try_from(*index).unwrap_or_default(),
        descending: false,
        nulls_first: false,
    });
    Ok(Some(columns.collect()))
}

/// GeoParquet metadata of the first geometry column, with its kinds and bounds.
fn geo(schema: &Schema, columns: &[Column], batches: &[RecordBatch]) -> Option<String> {
    let column = columns.iter().find(|column| column.kind == ColumnType::Geometry)?;
    let index = schema.index_of(&column.name).ok()?;
    let mut extent = Extent::default();
    for batch in batches {
        for bytes in batch.columns().get(index)?.as_binary_opt::<i32>()?.iter().flatten() {
            extent.see(&Geometry::from_wkb(bytes)?);
        }
    }
    Some(extent.metadata(&column.name))
}
