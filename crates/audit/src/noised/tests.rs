use std::fs::File;
use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};
use parquet::arrow::ArrowWriter;

use super::*;

/// Table, label, edge or share, number.
type Line<'a> = (i64, Option<&'a str>, Option<f64>, Option<f64>);

const SOUND: [Line; 9] = [
    (1, Some("Norrby"), None, Some(7.0)),
    (1, Some("Soderby"), None, Some(-2.0)),
    (2, Some("Norrby"), Some(0.0), Some(1.0)),
    (2, Some("Norrby"), Some(10.0), Some(0.0)),
    (2, Some("Soderby"), Some(0.0), Some(3.0)),
    (2, Some("Soderby"), Some(10.0), Some(4.0)),
    (3, None, Some(0.5), Some(12.5)),
    (4, Some("Norrby"), None, Some(30.25)),
    (4, Some("Soderby"), None, Some(-1.5)),
];

fn judged(lines: &[Line]) -> Vec<bool> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t.parquet");
    let arrays: Vec<(&str, ArrayRef)> = vec![
        ("table", Arc::new(lines.iter().map(|line| Some(line.0)).collect::<Int64Array>())),
        ("ort", Arc::new(lines.iter().map(|line| line.1).collect::<StringArray>())),
        ("at", Arc::new(lines.iter().map(|line| line.2).collect::<Float64Array>())),
        ("value", Arc::new(lines.iter().map(|line| line.3).collect::<Float64Array>())),
    ];
    let batch = RecordBatch::try_from_iter_with_nullable(arrays.into_iter().map(|(name, array)| (name, array, true))).unwrap();
    let mut writer = ArrowWriter::try_new(File::create(&path).unwrap(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    let table = |rest: &str| serde_json::from_str::<TablePolicy>(&format!("{{\"method\": \"dp\", {rest}}}")).unwrap();
    let work = NoisedWork {
        file: path,
        tables: vec![
            table("\"by\": [\"ort\"]"),
            table("\"by\": [\"ort\"], \"statistic\": \"histogram\", \"edges\": [0, 10, 20]"),
            table("\"by\": [], \"statistic\": \"quantile\", \"edges\": [0, 10, 20], \"quantiles\": [0.5]"),
            table("\"by\": [\"ort\"], \"statistic\": \"sum\", \"clamp\": [0, 10], \"step\": 0.25"),
        ],
        groups: BTreeMap::from([("ort".to_owned(), Groups::File("orter".to_owned()))]),
        files: BTreeMap::from([("orter".to_owned(), "\u{feff}Norrby\r\n\nSoderby\n".to_owned())]),
    };
    noised(&work).unwrap().iter().map(|check| check.ok).collect()
}

#[test]
fn exactly_the_public_cells_with_numbers_of_their_form() {
    assert_eq!(judged(&SOUND), [true, true]);
    let with = |at: usize, line: Line<'static>| {
        let mut lines = SOUND.to_vec();
        lines[at] = line;
        judged(&lines)
    };
    assert_eq!(judged(&SOUND[1..]), [false, true], "a cell is missing");
    assert_eq!(judged(&[&SOUND[..], &SOUND[..1]].concat()), [false, true], "a cell stands twice");
    assert_eq!(
        with(0, (1, Some("Osterby"), None, Some(7.0))),
        [false, true],
        "a cell that the lists lack"
    );
    assert_eq!(
        with(2, (2, Some("Norrby"), Some(5.0), Some(1.0))),
        [false, true],
        "an edge of its own"
    );
    assert_eq!(with(0, (1, Some("Norrby"), None, Some(7.5))), [true, false], "half a person");
    assert_eq!(with(0, (1, Some("Norrby"), None, None)), [true, false], "no number");
    assert_eq!(with(6, (3, None, Some(0.5), Some(20.5))), [true, false], "beyond the edges");
    assert_eq!(with(7, (4, Some("Norrby"), None, Some(30.3))), [true, false], "between two steps");
}
