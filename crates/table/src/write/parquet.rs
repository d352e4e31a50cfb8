//! The Parquet recipe: zstd 3, row groups of at most 122,880 rows and 128 MiB, encodings by column, no statistics on what could name
//! somebody, no bloom filters, a pinned writer and an allow-list of metadata.

use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::path::{Path, PathBuf};
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
use crate::engine::{compare_hash as hash128, each_batch};
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

/// What goes through the rows of a table, as often as it is asked.
type Each<'a> = dyn FnMut(&mut dyn FnMut(&RecordBatch) -> Result<(), Refusal>) -> Result<(), Refusal> + 'a;

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
    write(&mut |see| batches.iter().try_for_each(see), columns, roles, meta, sort, out)
}

/// As [`parquet_sorted`], of rows that lie in files of our own: they are gone through twice and never held.
///
/// # Errors
/// As [`parquet_sorted`], and a file that cannot be read.
pub fn parquet_of(
    files: &[PathBuf],
    columns: &[Column],
    roles: &BTreeMap<String, Role>,
    meta: &BTreeMap<String, String>,
    sort: &[String],
    out: &Path,
) -> Result<Written, Refusal> {
    write(&mut |see| each_batch(files, see), columns, roles, meta, sort, out)
}

fn write(
    each: &mut Each<'_>,
    columns: &[Column],
    roles: &BTreeMap<String, Role>,
    meta: &BTreeMap<String, String>,
    sort: &[String],
    out: &Path,
) -> Result<Written, Refusal> {
    let subject = subject(out);
    if let Some(key) = meta.keys().find(|key| !METADATA_KEYS.contains(&key.as_str())) {
        return Err(refused(
            "parquet-metadata-key",
            &subject,
            format!("nyckeln {key} får inte stå i en utgåvas fil"),
            format!("the key {key} may not stand in a release file"),
        ));
    }
    let seen = Seen::of(each, columns, sort, &subject)?;
    let schema = seen.fresh.schema.clone();
    let properties = properties(&schema, columns, roles, &seen.facts, seen.sorting);
    let mut file = Groups::create(out, &schema, properties, &subject)?;
    each(&mut |batch| file.take(&seen.fresh.batch(batch)?))?;
    let mut footer: Vec<KeyValue> = seen.geo.map(|geo| KeyValue::new("geo".into(), geo)).into_iter().collect();
    footer.extend(meta.iter().map(|(key, value)| KeyValue::new(key.clone(), value.clone())));
    file.close(footer, out)
}

/// A working copy of a table, written batch by batch as it comes: types as in a release, no statistics, nothing known beforehand.
pub struct Working {
    columns: Vec<Column>,
    out: PathBuf,
    open: Option<(Fresh, Groups)>,
}

impl Working {
    /// A copy that will lie at `out`.
    pub fn new(columns: &[Column], out: &Path) -> Self {
        Self {
            columns: columns.to_vec(),
            out: out.to_path_buf(),
            open: None,
        }
    }

    /// Writes some rows.
    ///
    /// # Errors
    /// A column that they lack, or a disk that is full.
    pub fn take(&mut self, batch: &RecordBatch) -> Result<(), Refusal> {
        let (fresh, file) = match &mut self.open {
            Some(open) => open,
            None => self.open.insert(Self::begin(&self.columns, &self.out, Some(batch))?),
        };
        file.take(&fresh.batch(batch)?)
    }

    /// Ends the file.
    ///
    /// # Errors
    /// A disk that is full.
    pub fn close(self) -> Result<Written, Refusal> {
        let (_, file) = match self.open {
            Some(open) => open,
            None => Self::begin(&self.columns, &self.out, None)?,
        };
        file.close(Vec::new(), &self.out)
    }

    fn begin(columns: &[Column], out: &Path, first: Option<&RecordBatch>) -> Result<(Fresh, Groups), Refusal> {
        let subject = subject(out);
        let fresh = Fresh::of(first, columns, &subject)?;
        // Read once or twice and removed: written fast rather than small.
        let properties = plain_properties()
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(1).unwrap_or_default()))
            .set_dictionary_enabled(true)
            .build();
        let file = Groups::create(out, &fresh.schema, properties, &subject)?;
        Ok((fresh, file))
    }
}

/// A file that is written in row groups of one size, whatever the batches are.
struct Groups {
    writer: ArrowWriter<File>,
    rows: u64,
    subject: String,
}

impl Groups {
    fn create(out: &Path, schema: &SchemaRef, properties: WriterProperties, subject: &str) -> Result<Self, Refusal> {
        let file = File::create(out).map_err(|error| refuse::io(subject, error))?;
        Ok(Self {
            writer: ArrowWriter::try_new(file, schema.clone(), Some(properties)).map_err(|_| refuse::engine(subject, "write"))?,
            rows: 0,
            subject: subject.to_owned(),
        })
    }

    fn take(&mut self, batch: &RecordBatch) -> Result<(), Refusal> {
        let (subject, writer) = (&self.subject, &mut self.writer);
        let failed = |_| refuse::engine(subject, "write");
        self.rows += batch.num_rows() as u64;
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
        Ok(())
    }

    fn close(mut self, footer: Vec<KeyValue>, out: &Path) -> Result<Written, Refusal> {
        for pair in footer {
            self.writer.append_key_value_metadata(pair);
        }
        self.writer.close().map_err(|_| refuse::engine(&self.subject, "write"))?;
        let (bytes, sha256) = digest_of(out, &self.subject)?;
        Ok(Written {
            bytes,
            sha256,
            rows: self.rows,
        })
    }
}

/// What must be known of all rows before the first is written.
struct Seen {
    fresh: Fresh,
    facts: Vec<ColumnFacts>,
    sorting: Option<Vec<SortingColumn>>,
    geo: Option<String>,
}

impl Seen {
    fn of(each: &mut Each<'_>, columns: &[Column], sort: &[String], subject: &str) -> Result<Self, Refusal> {
        let mut known: Option<(Fresh, Order, Extents)> = None;
        let mut facts: Vec<ColumnFacts> = columns.iter().map(|_| ColumnFacts::new()).collect();
        let begin = |first: Option<&RecordBatch>| {
            let fresh = Fresh::of(first, columns, subject)?;
            let order = Order::of(&fresh.schema, sort, subject)?;
            let extents = Extents::of(&fresh.schema, columns);
            Ok((fresh, order, extents))
        };
        each(&mut |batch| {
            let (fresh, order, extents) = match &mut known {
                Some(known) => known,
                None => known.insert(begin(Some(batch))?),
            };
            let batch = fresh.batch(batch)?;
            order.see(&batch)?;
            extents.see(&batch);
            facts.iter_mut().zip(batch.columns()).for_each(|(facts, array)| facts.see(array));
            Ok(())
        })?;
        let (fresh, order, extents) = match known {
            Some(known) => known,
            None => begin(None)?,
        };
        Ok(Self {
            fresh,
            facts,
            sorting: order.declared(),
            geo: extents.metadata(),
        })
    }
}

fn subject(out: &Path) -> String {
    out.file_name()
        .map_or_else(|| "parquet".to_owned(), |name| name.to_string_lossy().into_owned())
}

fn refused(id: &str, subject: &str, sv: String, en: String) -> Refusal {
    Refusal::new(id, RefusalKind::Internal, subject, Text::new(sv, en))
}

/// The columns in their order as fresh arrays without dictionaries, which could carry values that no row has (H30); a schema without metadata.
struct Fresh {
    schema: SchemaRef,
    subject: String,
}

impl Fresh {
    fn of(first: Option<&RecordBatch>, columns: &[Column], subject: &str) -> Result<Self, Refusal> {
        let mut fields = Vec::with_capacity(columns.len());
        for column in columns {
            let data = match first {
                Some(batch) => batch
                    .schema()
                    .field_with_name(&column.name)
                    .map(|field| field.data_type().clone())
                    .map_err(|_| lacking(&column.name, subject))?,
                None => empty_type(column.kind),
            };
            fields.push(Field::new(&column.name, plain(&data), true));
        }
        Ok(Self {
            schema: Arc::new(Schema::new(fields)),
            subject: subject.to_owned(),
        })
    }

    fn batch(&self, batch: &RecordBatch) -> Result<RecordBatch, Refusal> {
        let subject = self.subject.as_str();
        let mut arrays: Vec<ArrayRef> = Vec::with_capacity(self.schema.fields().len());
        for field in self.schema.fields() {
            let array = batch.column_by_name(field.name()).ok_or_else(|| lacking(field.name(), subject))?;
            arrays.push(cast(array, field.data_type()).map_err(|_| refuse::engine(subject, "cast"))?);
        }
        RecordBatch::try_new(self.schema.clone(), arrays).map_err(|_| refuse::engine(subject, "batch"))
    }
}

fn lacking(name: &str, subject: &str) -> Refusal {
    refused(
        "parquet-column-missing",
        subject,
        format!("raderna saknar kolumnen {name}"),
        format!("the rows lack the column {name}"),
    )
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
#[derive(Debug)]
struct ColumnFacts {
    rows: u64,
    seen: HashSet<u128>,
    dictionary_bytes: usize,
    over: bool,
    sorted: bool,
    before: Option<Vec<u8>>,
}

impl ColumnFacts {
    fn new() -> Self {
        Self {
            rows: 0,
            seen: HashSet::new(),
            dictionary_bytes: 0,
            over: false,
            sorted: true,
            before: None,
        }
    }

    fn see(&mut self, array: &ArrayRef) {
        self.rows += array.len() as u64;
        if self.over && !self.sorted {
            return;
        }
        let Some(rows) = RowConverter::new(vec![SortField::new(array.data_type().clone())])
            .ok()
            .and_then(|converter| converter.convert_columns(std::slice::from_ref(array)).ok())
        else {
            self.over = true;
            return;
        };
        for row in rows.iter() {
            let bytes = row.as_ref();
            // The same again: in order, and known.
            if self.sorted && self.before.as_deref() == Some(bytes) {
                continue;
            }
            self.sorted = self.sorted && self.before.as_deref().is_none_or(|before| before <= bytes);
            if self.sorted {
                let before = self.before.get_or_insert_default();
                before.clear();
                before.extend_from_slice(bytes);
            }
            if !self.over && self.seen.insert(hash128(bytes)) {
                self.dictionary_bytes += bytes.len();
                self.over = self.dictionary_bytes > PAGE_BYTES;
            }
        }
    }

    /// A dictionary pays when fewer than half of the rows are different and it fits a page.
    fn dictionary(&self) -> bool {
        !self.over && self.rows > 0 && self.seen.len() as u64 * 2 < self.rows
    }
}

fn properties(
    schema: &Schema,
    columns: &[Column],
    roles: &BTreeMap<String, Role>,
    facts: &[ColumnFacts],
    sorting: Option<Vec<SortingColumn>>,
) -> WriterProperties {
    let mut builder = plain_properties().set_sorting_columns(sorting);
    for ((field, column), facts) in schema.fields().iter().zip(columns).zip(facts) {
        builder = encode(builder, field, facts);
        if may_show(column.kind, roles.get(&column.name)) {
            builder = builder.set_column_statistics_enabled(path(field), EnabledStatistics::Page);
        }
    }
    builder.build()
}

fn plain_properties() -> WriterPropertiesBuilder {
    WriterProperties::builder()
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
        .set_dictionary_enabled(false)
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
struct Order {
    places: Vec<usize>,
    converter: Option<RowConverter>,
    before: Vec<u8>,
    subject: String,
}

impl Order {
    fn of(schema: &Schema, sort: &[String], subject: &str) -> Result<Self, Refusal> {
        let places: Vec<usize> = sort
            .iter()
            .map(|name| schema.index_of(name).map_err(|_| unsorted(subject)))
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
        let converter = match fields.is_empty() {
            true => None,
            false => Some(RowConverter::new(fields).map_err(|_| unsorted(subject))?),
        };
        Ok(Self {
            places,
            converter,
            before: Vec::new(),
            subject: subject.to_owned(),
        })
    }

    fn see(&mut self, batch: &RecordBatch) -> Result<(), Refusal> {
        let Some(converter) = &self.converter else { return Ok(()) };
        let keys: Vec<ArrayRef> = self
            .places
            .iter()
            .filter_map(|index| batch.columns().get(*index).cloned())
            .collect();
        let rows = converter.convert_columns(&keys).map_err(|_| unsorted(&self.subject))?;
        for row in rows.iter() {
            if self.before.as_slice() > row.as_ref() {
                return Err(unsorted(&self.subject));
            }
            if self.before.as_slice() < row.as_ref() {
                self.before.clear();
                self.before.extend_from_slice(row.as_ref());
            }
        }
        Ok(())
    }

    fn declared(&self) -> Option<Vec<SortingColumn>> {
        let columns = self.places.iter().map(|index| SortingColumn {
            column_idx: i32::try_from(*index).unwrap_or_default(),
            descending: false,
            nulls_first: false,
        });
        self.converter.as_ref().map(|_| columns.collect())
    }
}

fn unsorted(subject: &str) -> Refusal {
    refused(
        "parquet-not-sorted",
        subject,
        "raderna är inte sorterade som det anges".into(),
        "the rows are not sorted as declared".into(),
    )
}

/// GeoParquet metadata of the first geometry column, with its kinds and bounds.
struct Extents {
    column: Option<(String, usize)>,
    extent: Option<Extent>,
}

impl Extents {
    fn of(schema: &Schema, columns: &[Column]) -> Self {
        let column = columns.iter().find(|column| column.kind == ColumnType::Geometry);
        Self {
            column: column.and_then(|column| Some((column.name.clone(), schema.index_of(&column.name).ok()?))),
            extent: Some(Extent::default()),
        }
    }

    /// A cell that is no geometry leaves the file without the metadata.
    fn see(&mut self, batch: &RecordBatch) {
        let Some((_, index)) = self.column else { return };
        let Some(mut extent) = self.extent.take() else { return };
        let Some(cells) = batch.columns().get(index).and_then(|array| array.as_binary_opt::<i32>()) else {
            return;
        };
        for bytes in cells.iter().flatten() {
            let Some(shape) = Geometry::from_wkb(bytes) else { return };
            extent.see(&shape);
        }
        self.extent = Some(extent);
    }

    fn metadata(self) -> Option<String> {
        let ((name, _), extent) = (self.column?, self.extent?);
        Some(extent.metadata(&name))
    }
}
