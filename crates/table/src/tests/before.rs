//! What the last reading found is tried first: a decision holds while the file does not speak against it.

use fyr_model::Sha256;
use fyr_model::limits::TableLimits;
use fyr_model::lock::{LockedColumn, ReadingLock};
use fyr_model::table::ColumnType::{self, Boolean, Code, Date, Integer, Number, Period, Text, Timestamp};
use fyr_model::table::{ColumnReading, Reading};
use tempfile::TempDir;

use super::{Sample, stage_again};

fn lock(columns: &[(&str, ColumnType)]) -> ReadingLock {
    ReadingLock {
        pipeline: Sha256::of(b"p"),
        format: "csv".into(),
        packing: None,
        encoding: Some("utf-8".into()),
        delimiter: Some(';'),
        decimal_sign: Some(','),
        header_row: Some(0),
        table: None,
        crs: None,
        columns: columns
            .iter()
            .map(|(name, kind)| LockedColumn {
                name: (*name).into(),
                header: None,
                kind: Some(*kind),
            })
            .collect(),
    }
}

fn again(name: &str, bytes: &[u8], reading: Reading, before: &ReadingLock) -> Sample {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("fil");
    std::fs::write(&path, bytes).unwrap();
    let staged = stage_again(&path, name, reading, TableLimits::default(), Some(before.clone()));
    staged.unwrap_or_else(|refusal| panic!("{refusal:?}"))
}

/// The type of a column `x` of these cells that had another type before.
#[track_caller]
fn check(before: ColumnType, cells: &[&str], kind: ColumnType) {
    let rows: String = cells.iter().map(|cell| format!("{cell};a b\n")).collect();
    let sample = again(
        "prov.csv",
        format!("x;y\n{rows}").as_bytes(),
        Reading::default(),
        &lock(&[("x", before), ("y", Text)]),
    );
    assert_eq!(sample.kind("x"), kind, "{before:?} {cells:?}");
    assert_eq!(sample.rejects("x"), 0);
}

#[test]
fn a_type_holds_while_the_values_fit_it() {
    for kind in [Integer, Number, Boolean, Date, Timestamp, Period, Code, Text] {
        check(kind, &["", ".."], kind);
    }
    check(Number, &["1", "2"], Number);
    check(Period, &["2023", "2024"], Period);
    check(Code, &["10", "20"], Code);
    check(Date, &["20240131", "20240201"], Date);
    check(Timestamp, &["2024-01-31", "2024-02-01"], Timestamp);
    check(Text, &["1", "2"], Text);
}

#[test]
fn a_type_goes_where_a_value_speaks_against_it() {
    check(Integer, &["1,5", "2"], Number);
    check(Integer, &["01", "02"], Code);
    check(Number, &["ca 5", "2"], Text);
    check(Code, &["norr", "syd"], Text);
    check(Date, &["5", "2"], Integer);
    check(Boolean, &["1", "2"], Integer);
    check(Period, &["1", "2"], Integer);
}

#[test]
fn an_owner_wins_over_the_last_reading() {
    let reading = Reading {
        columns: [(
            "x".to_owned(),
            ColumnReading {
                kind: Some(Integer),
                ..ColumnReading::default()
            },
        )]
        .into(),
        ..Reading::default()
    };
    let sample = again("prov.csv", b"x;y\n1;a\n2;b\n", reading, &lock(&[("x", Number), ("y", Text)]));
    assert_eq!(sample.kind("x"), Integer);
}

#[test]
fn signs_and_sets_hold_where_the_file_is_silent() {
    // One decimal or a thousand? The other columns are silent, the last reading is not.
    let before = lock(&[("x", Number), ("y", Text)]);
    let sample = again("prov.csv", b"x;y\n1,234;a b\n2,345;c d\n", Reading::default(), &before);
    assert_eq!(
        (sample.cells("x")[0].as_str(), sample.finding("decimal-sign-uncertain")),
        ("1.234", false)
    );
    let mut before = lock(&[("a b", Text), ("c,d", Text)]);
    before.encoding = Some("macintosh".into());
    // As many commas as semicolons: the delimiter that gave these columns gives them still.
    let sample = again("prov.csv", b"a b;c,d\nx y;z,u\nv w;t,s\n", Reading::default(), &before);
    assert_eq!(sample.facts.report.source.dialect.as_ref().unwrap().delimiter, ';');
    assert_eq!(
        sample.facts.report.source.encoding.as_deref(),
        Some("macintosh"),
        "ASCII is macintosh too"
    );
    // What gives other columns is let go.
    let sample = again("prov.csv", b"a,b\n1,2\n3,4\n", Reading::default(), &before);
    assert_eq!(sample.facts.report.source.dialect.as_ref().unwrap().delimiter, ',');
    let sample = again("prov.csv", "a b;c,d\nåå;1\n".as_bytes(), Reading::default(), &before);
    assert_eq!(sample.facts.report.source.encoding.as_deref(), Some("utf-8"));
    assert_eq!(sample.cells("a b"), ["åå"]);
}

#[test]
fn a_code_that_lost_its_zeros_gets_them_back_under_the_lock_too() {
    let before = ReadingLock {
        format: "json".into(),
        ..lock(&[("kommunkod", Code)])
    };
    let sample = again(
        "prov.json",
        br#"[{"kommunkod":180},{"kommunkod":1480}]"#,
        Reading::default(),
        &before,
    );
    assert_eq!(
        (sample.kind("kommunkod"), sample.cells("kommunkod")),
        (Code, vec!["0180".into(), "1480".into()])
    );
}
