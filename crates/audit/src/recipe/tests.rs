use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray, TimestampNanosecondArray};
use parquet::arrow::ArrowWriter;
use parquet::basic::ZstdLevel;
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesBuilder, WriterVersion};

use super::*;

fn good() -> WriterPropertiesBuilder {
    WriterProperties::builder()
        .set_created_by("fyr test".into())
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(3).unwrap()))
        .set_statistics_enabled(EnabledStatistics::None)
}
fn failing(columns: Vec<(&str, ArrayRef)>, properties: WriterPropertiesBuilder) -> Vec<String> {
    let file = tempfile::NamedTempFile::new().unwrap();
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut writer = ArrowWriter::try_new(file.reopen().unwrap(), batch.schema(), Some(properties.build())).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    let (sha256, _) = read::digest(file.path()).unwrap();
    let checks = parquet(file.path(), &BTreeMap::new(), Some(&sha256));
    assert_eq!(checks.len(), 12);
    checks.into_iter().filter(|check| !check.ok).map(|check| check.id).collect()
}
fn table() -> Vec<(&'static str, ArrayRef)> {
    vec![
        ("ort", Arc::new(StringArray::from(vec!["a", "b"])) as ArrayRef),
        ("antal", Arc::new(Int64Array::from(vec![1, 2])) as ArrayRef),
    ]
}

#[test]
fn each_rule_of_the_recipe_is_held() {
    assert!(failing(table(), good()).is_empty());
    assert_eq!(failing(table(), good().set_compression(Compression::SNAPPY)), ["parquet-codec"]);
    assert_eq!(
        failing(table(), good().set_created_by("parquet-rs version 59".into())),
        ["parquet-created-by"]
    );
    assert_eq!(
        failing(table(), good().set_writer_version(WriterVersion::PARQUET_2_0)),
        ["parquet-pages"]
    );
    assert_eq!(failing(table(), good().set_bloom_filter_enabled(true)), ["parquet-bloom"]);
    assert_eq!(
        failing(table(), good().set_statistics_enabled(EnabledStatistics::Page)),
        ["parquet-statistics"]
    );
    assert_eq!(failing(table(), good().set_offset_index_disabled(true)), ["parquet-offset-index"]);
    let moments = vec![("tid", Arc::new(TimestampNanosecondArray::from(vec![1, 2])) as ArrayRef)];
    assert_eq!(failing(moments, good()), ["parquet-types"]);
}

#[test]
fn a_row_group_may_hold_122_880_rows_and_not_one_more() {
    let rows = |n: i64| vec![("n", Arc::new(Int64Array::from_iter_values(0..n)) as ArrayRef)];
    assert!(failing(rows(GROUP_ROWS_MAX), good().set_max_row_group_row_count(Some(1 << 20))).is_empty());
    assert_eq!(
        failing(rows(GROUP_ROWS_MAX + 1), good().set_max_row_group_row_count(Some(1 << 20))),
        ["parquet-row-groups"]
    );
}

#[test]
fn another_digest_and_another_format_fail() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "kod;namn\n").unwrap();
    let checks = parquet(file.path(), &BTreeMap::new(), None);
    assert_eq!((checks.len(), checks[0].id.as_str(), checks[0].ok), (1, "parquet-readable", false));
}
