//! Release files: the recipe read back, the same bytes twice, and the CSV twin.

use std::collections::BTreeMap;
use std::path::Path;

use arrow::array::{ArrayRef, DictionaryArray, RecordBatch};
use arrow::datatypes::Int32Type;
use fyr_model::privacy::Role;
use parquet::arrow::arrow_reader::{ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use parquet::basic::{Compression, Encoding};
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaData};
use tempfile::TempDir;

use super::staged;
use crate::write;

fn metadata(path: &Path) -> std::sync::Arc<ParquetMetaData> {
    let options = ArrowReaderOptions::new().with_page_index_policy(PageIndexPolicy::Optional);
    ParquetRecordBatchReaderBuilder::try_new_with_options(std::fs::File::open(path).unwrap(), options)
        .unwrap()
        .metadata()
        .clone()
}

fn roles(list: &[(&str, Role)]) -> BTreeMap<String, Role> {
    list.iter().map(|(name, role)| ((*name).to_owned(), *role)).collect()
}

#[test]
fn h30_the_recipe_shows_no_statistics_of_text_and_quasi_identifiers() {
    let mut text = String::from("namn;ålder;belopp;datum\n");
    for row in 0..300 {
        text.push_str(&format!("Kanarie{row};{};{},5;2024-01-{:02}\n", row % 90, row, row % 28 + 1));
    }
    let sample = staged("prov.csv", &text);
    let dir = TempDir::new().unwrap();
    let out = dir.path().join("all-00000-of-00001.parquet");
    let roles = roles(&[
        ("namn", Role::Plain),
        ("ålder", Role::QuasiIdentifier),
        ("belopp", Role::Plain),
        ("datum", Role::Plain),
    ]);
    let meta = BTreeMap::from([("version".to_owned(), "1.0.0".to_owned())]);
    let written = write::parquet(&[sample.batch()], &sample.facts.report.columns, &roles, &meta, &out).unwrap();
    assert_eq!((written.rows, written.bytes), (300, std::fs::metadata(&out).unwrap().len()));
    let metadata = metadata(&out);
    assert_eq!(metadata.file_metadata().created_by(), Some(crate::CREATED_BY));
    let mut keys: Vec<&str> = metadata
        .file_metadata()
        .key_value_metadata()
        .unwrap()
        .iter()
        .map(|entry| entry.key.as_str())
        .collect();
    keys.sort_unstable();
    assert_eq!(keys, ["ARROW:schema", "version"]);
    for (index, shown) in [(0, false), (1, false), (2, true), (3, true)] {
        let chunk = metadata.row_group(0).column(index);
        assert_eq!(
            chunk.statistics().is_some_and(|statistics| statistics.min_bytes_opt().is_some()),
            shown,
            "{}",
            chunk.column_path()
        );
        assert_eq!(chunk.column_index_offset().is_some(), shown, "{}", chunk.column_path());
        assert!(chunk.offset_index_offset().is_some(), "{}", chunk.column_path());
        assert!(chunk.bloom_filter_offset().is_none());
        assert!(matches!(chunk.compression(), Compression::ZSTD(_)));
    }
    let encodings = |index: usize| metadata.row_group(0).column(index).encodings().collect::<Vec<_>>();
    assert!(encodings(1).contains(&Encoding::RLE_DICTIONARY), "{:?}", encodings(1));
    assert!(encodings(0).contains(&Encoding::PLAIN) && !encodings(0).contains(&Encoding::RLE_DICTIONARY));
    // The names stand in the pages and nowhere else: not in the footer.
    let bytes = std::fs::read(&out).unwrap();
    let footer = u32::from_le_bytes(bytes[bytes.len() - 8..bytes.len() - 4].try_into().unwrap()) as usize;
    let tail = &bytes[bytes.len() - 8 - footer..];
    assert!(!tail.windows(7).any(|window| window == b"Kanarie"));
}

#[test]
fn h30_a_dictionary_carries_no_value_that_no_row_has() {
    let keys = arrow::array::Int32Array::from(vec![Some(0), None, Some(0)]);
    let values: ArrayRef = std::sync::Arc::new(arrow::array::StringArray::from(vec!["kvar", "Hemlig Kanarie"]));
    let dictionary = DictionaryArray::<Int32Type>::try_new(keys, values).unwrap();
    let batch = RecordBatch::try_from_iter([("ort", std::sync::Arc::new(dictionary) as ArrayRef)]).unwrap();
    let columns = staged("prov.csv", "ort;x\na;1\n").facts.report.columns[..1].to_vec();
    let dir = TempDir::new().unwrap();
    let out = dir.path().join("a.parquet");
    write::parquet(&[batch], &columns, &roles(&[("ort", Role::Plain)]), &BTreeMap::new(), &out).unwrap();
    let read = ParquetRecordBatchReaderBuilder::try_new(std::fs::File::open(&out).unwrap())
        .unwrap()
        .build()
        .unwrap()
        .next()
        .unwrap()
        .unwrap();
    assert_eq!(read.num_rows(), 3);
    let bytes = std::fs::read(&out).unwrap();
    assert!(!bytes.windows(6).any(|window| window == b"Hemlig"));
}

#[test]
fn the_same_rows_give_the_same_bytes() {
    let sample = staged(
        "prov.csv",
        "kod;antal;datum\n0180;1;2024-01-01\n0181;2;2024-01-02\n0182;3;2024-01-02\n",
    );
    let dir = TempDir::new().unwrap();
    let roles = roles(&[("kod", Role::Plain), ("antal", Role::Plain), ("datum", Role::Plain)]);
    let meta = BTreeMap::from([
        ("dataset".to_owned(), "https://data.exempelby.example/d".to_owned()),
        ("licence".to_owned(), "CC0-1.0".to_owned()),
    ]);
    let mut digests = Vec::new();
    for name in ["a.parquet", "b.parquet"] {
        let sort = ["kod".to_owned()];
        let written = write::parquet_sorted(
            &[sample.batch()],
            &sample.facts.report.columns,
            &roles,
            &meta,
            &sort,
            &dir.path().join(name),
        )
        .unwrap();
        digests.push(written.sha256);
    }
    assert_eq!(digests[0], digests[1]);
    let metadata = metadata(&dir.path().join("a.parquet"));
    assert_eq!(metadata.row_group(0).sorting_columns().map(Vec::len), Some(1));
    // Batches cut differently are the same rows.
    let batch = sample.batch();
    let cut = [batch.slice(0, 1), batch.slice(1, 2)];
    let sort = ["kod".to_owned()];
    let third = write::parquet_sorted(
        &cut,
        &sample.facts.report.columns,
        &roles,
        &meta,
        &sort,
        &dir.path().join("c.parquet"),
    )
    .unwrap();
    assert_eq!(third.sha256, digests[0]);
    // So is a working copy, written as it comes and gone through twice.
    let (columns, copy) = (&sample.facts.report.columns, dir.path().join("copy.parquet"));
    let mut working = write::Working::new(columns, &copy);
    cut.iter().for_each(|batch| working.take(batch).unwrap());
    assert_eq!(working.close().unwrap().rows, 3);
    let fourth = write::parquet_of(&[copy], columns, &roles, &meta, &sort, &dir.path().join("d.parquet")).unwrap();
    assert_eq!(fourth.sha256, digests[0]);
    let empty = dir.path().join("empty.parquet");
    assert_eq!(write::Working::new(columns, &empty).close().unwrap().rows, 0);
    let none = write::parquet_of(&[empty], columns, &roles, &meta, &sort, &dir.path().join("e.parquet")).unwrap();
    assert_eq!(none.rows, 0);
}

#[test]
fn unknown_metadata_and_a_false_order_are_refused() {
    let sample = staged("prov.csv", "kod;antal\n0181;1\n0180;2\n");
    let dir = TempDir::new().unwrap();
    let (columns, out) = (&sample.facts.report.columns, dir.path().join("a.parquet"));
    let meta = BTreeMap::from([("host".to_owned(), "x".to_owned())]);
    let refusal = write::parquet(&[sample.batch()], columns, &BTreeMap::new(), &meta, &out).unwrap_err();
    assert_eq!(refusal.id, "parquet-metadata-key");
    let sort = ["kod".to_owned()];
    let refusal = write::parquet_sorted(&[sample.batch()], columns, &BTreeMap::new(), &BTreeMap::new(), &sort, &out).unwrap_err();
    assert_eq!(refusal.id, "parquet-not-sorted");
    let honest = write::parquet_sorted(
        &[sample.batch()],
        columns,
        &BTreeMap::new(),
        &BTreeMap::new(),
        &["antal".to_owned()],
        &out,
    )
    .unwrap();
    assert_eq!(honest.rows, 2);
}

#[test]
fn row_groups_keep_to_their_bound() {
    let mut text = String::from("id;x\n");
    for row in 0..122_881 {
        text.push_str(&format!("{row};a\n"));
    }
    let sample = staged("prov.csv", &text);
    let dir = TempDir::new().unwrap();
    let out = dir.path().join("a.parquet");
    write::parquet(
        &[sample.batch()],
        &sample.facts.report.columns,
        &roles(&[("id", Role::Plain)]),
        &BTreeMap::new(),
        &out,
    )
    .unwrap();
    let metadata = metadata(&out);
    let rows: Vec<i64> = metadata.row_groups().iter().map(|group| group.num_rows()).collect();
    assert_eq!(rows, [122_880, 1]);
    assert!(
        metadata
            .row_group(0)
            .column(0)
            .encodings()
            .any(|encoding| encoding == Encoding::DELTA_BINARY_PACKED)
    );
}

#[test]
fn the_csv_twin_has_the_same_values() {
    let text = "kod;belopp;datum;tid;ok;namn\n0180;1234,5;2024-01-31;2024-01-31 12:00:01;ja;\"a, \"\"b\"\"\"\n0181;..;;;nej;\"\"\n";
    let sample = staged("prov.csv", text);
    let dir = TempDir::new().unwrap();
    let out = dir.path().join("all.csv");
    let written = write::csv(&[sample.path()], &sample.facts.report.columns, &out).unwrap();
    assert_eq!(written.rows, 2);
    let twin = std::fs::read_to_string(&out).unwrap();
    assert_eq!(
        twin,
        "kod,belopp,datum,tid,ok,namn\r\n0180,1234.5,2024-01-31,2024-01-31T12:00:01,true,\"a, \"\"b\"\"\"\r\n0181,,,,false,\"\"\r\n"
    );
    let again = staged("all.csv", &twin);
    assert_eq!(again.batch(), sample.batch());
}

#[test]
fn a_published_map_carries_its_geo_metadata_and_its_twin_is_text() {
    let text = r#"{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"namn":"a"},"geometry":{"type":"Point","coordinates":[18.5,59.25]}}]}"#;
    let sample = staged("prov.geojson", text);
    let dir = TempDir::new().unwrap();
    let out = dir.path().join("a.parquet");
    write::parquet(
        &[sample.batch()],
        &sample.facts.report.columns,
        &BTreeMap::new(),
        &BTreeMap::new(),
        &out,
    )
    .unwrap();
    let metadata = metadata(&out);
    assert!(
        metadata
            .file_metadata()
            .key_value_metadata()
            .unwrap()
            .iter()
            .any(|entry| entry.key == "geo")
    );
    write::csv(&[out], &sample.facts.report.columns, &dir.path().join("a.csv")).unwrap();
    assert_eq!(
        std::fs::read_to_string(dir.path().join("a.csv")).unwrap(),
        "namn,geometry\r\na,POINT (18.5 59.25)\r\n"
    );
}
