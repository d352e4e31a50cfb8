use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, RecordBatch, StringArray};
use parquet::arrow::ArrowWriter;

use super::*;

/// Cells of one table: labels, number.
type Cells<'a> = &'a [(&'a [&'a str], Option<f64>)];

fn write(dir: &Path, columns: &[&str], cells: Cells<'_>) -> PathBuf {
    let label = |at: usize| Arc::new(cells.iter().map(|(labels, _)| Some(labels[at])).collect::<StringArray>()) as ArrayRef;
    let mut arrays: Vec<(&str, ArrayRef)> = columns.iter().enumerate().map(|(at, name)| (*name, label(at))).collect();
    arrays.push(("n", Arc::new(cells.iter().map(|(_, number)| *number).collect::<Float64Array>())));
    let batch = RecordBatch::try_from_iter_with_nullable(arrays.into_iter().map(|(name, array)| (name, array, true))).unwrap();
    let path = dir.join("t.parquet");
    let mut writer = ArrowWriter::try_new(File::create(&path).unwrap(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    path
}

fn flat(column: &str, labels: &[&str]) -> (String, BTreeMap<String, String>) {
    (
        column.to_owned(),
        labels.iter().map(|label| ((*label).to_owned(), "*".to_owned())).collect(),
    )
}

fn asked(by: &[&str], parents: Vec<(String, BTreeMap<String, String>)>, open: Vec<Open>) -> TablesAsked {
    TablesAsked {
        tables: vec![AskedTable {
            by: by.iter().map(|name| (*name).to_owned()).collect(),
            measure: "n".to_owned(),
        }],
        parents: parents.into_iter().collect(),
        method: TableMethod::Suppress,
        base: 5,
        noise: Noise::default(),
        signed: false,
        open,
        alone: Vec::new(),
    }
}

fn open(row: usize, low: f64, high: f64) -> Open {
    Open { row, low, high }
}

/// A region, its county, its group and its count.
type Region<'a> = (&'a str, &'a str, &'a str, f64);

/// Eight regions in two groupings: `hidden` are published without a number.
fn linked(hidden: &[&str]) -> TablesReport {
    let regions = [
        ("A", "1", "small", 2.0),
        ("B", "1", "small", 2.0),
        ("I", "1", "small", 8.0),
        ("J", "1", "small", 8.0),
    ];
    let more = [
        ("K", "2", "small", 3.0),
        ("L", "2", "BIG", 3.0),
        ("M", "2", "BIG", 3.0),
        ("N", "2", "small", 7.0),
    ];
    let all: Vec<Region<'_>> = regions.into_iter().chain(more).collect();
    let of = |wanted: &dyn Fn(&Region<'_>) -> bool| Some(all.iter().filter(|row| wanted(row)).map(|row| row.3).sum::<f64>());
    let mut rows: Vec<(String, Vec<String>, Option<f64>)> = Vec::new();
    let mut add =
        |table: &str, labels: [&str; 2], number: Option<f64>| rows.push((table.to_owned(), labels.map(str::to_owned).to_vec(), number));
    for (region, county, group, number) in &all {
        let shown = (!hidden.contains(region)).then_some(*number);
        for (table, other) in [("1", *county), ("1", "*"), ("2", *group), ("2", "*")] {
            add(table, [other, region], shown);
        }
    }
    for county in ["1", "2", "*"] {
        add("1", [county, "*"], of(&|row| county == "*" || row.1 == county));
    }
    for group in ["small", "BIG", "*"] {
        add("2", [group, "*"], of(&|row| group == "*" || row.2 == group));
    }
    let column = |name: &str, at: usize| {
        let value = |(table, labels, _): &(String, Vec<String>, Option<f64>)| {
            let in_table = if name == "county" {
                table == "1"
            } else {
                name != "group" || table == "2"
            };
            Some(if in_table { labels[at].clone() } else { "*".to_owned() })
        };
        (
            name.to_owned(),
            Arc::new(rows.iter().map(value).collect::<StringArray>()) as ArrayRef,
        )
    };
    let table = (
        "table".to_owned(),
        Arc::new(rows.iter().map(|row| Some(row.0.as_str())).collect::<StringArray>()) as ArrayRef,
    );
    let number = (
        "n".to_owned(),
        Arc::new(rows.iter().map(|row| row.2).collect::<Float64Array>()) as ArrayRef,
    );
    let batch = RecordBatch::try_from_iter_with_nullable(
        [table, column("county", 0), column("group", 0), column("region", 1), number].map(|(name, array)| (name, array, true)),
    )
    .unwrap();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("linked.parquet");
    let mut writer = ArrowWriter::try_new(File::create(&path).unwrap(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    let small: Vec<&str> = all.iter().filter(|row| row.3 < 4.0).map(|row| row.0).collect();
    let row_of = |region: &str| rows.iter().position(|row| row.1[1] == region).unwrap();
    let value = |region: &str| all.iter().find(|row| row.0 == region).unwrap().3;
    let regions: Vec<&str> = all.iter().map(|row| row.0).collect();
    let table = |by: &str| AskedTable {
        by: vec![by.to_owned(), "region".to_owned()],
        measure: "n".to_owned(),
    };
    let base = asked(
        &["region"],
        vec![
            flat("region", &regions),
            flat("county", &["1", "2"]),
            flat("group", &["small", "BIG"]),
        ],
        Vec::new(),
    );
    let asked = TablesAsked {
        tables: vec![table("county"), table("group")],
        open: small
            .iter()
            .map(|region| open(row_of(region), value(region) - 1.0, value(region) + 1.0))
            .collect(),
        ..base
    };
    tables(&TablesWork { file: path, asked }).unwrap()
}

#[test]
fn tables_that_look_safe_one_by_one_are_refuted_together() {
    // County 2 less N is K + L + M = 9, and BIG is L + M = 6, so K is 3.
    let report = linked(&["A", "B", "K", "L", "M"]);
    assert_eq!(report.disclosed.len(), 1, "{report:?}");
    assert!(!report.passed);
    let repaired = linked(&["A", "B", "K", "L", "M", "N"]);
    assert!(repaired.passed && repaired.disclosed.is_empty(), "{repaired:?}");
}

#[test]
fn a_cell_that_is_fenced_in_is_disclosed_though_no_equation_settles_it() {
    // Both hidden cells add up to 1: each is 0 or 1, which is too narrow for an interval up to 3.
    let dir = tempfile::tempdir().unwrap();
    let cells: Cells<'_> = &[(&["a"], None), (&["b"], None), (&["c"], Some(9.0)), (&["*"], Some(10.0))];
    let path = write(dir.path(), &["ort"], cells);
    let ask = |high: f64| {
        let asked = asked(&["ort"], vec![flat("ort", &["a", "b", "c"])], vec![open(0, 0.0, high)]);
        tables(&TablesWork { file: path.clone(), asked }).unwrap().disclosed.len()
    };
    assert_eq!((ask(1.0), ask(3.0)), (0, 1));
}

#[test]
fn a_contributor_who_knows_its_own_cell_does_not_learn_the_other() {
    let dir = tempfile::tempdir().unwrap();
    let cells: Cells<'_> = &[(&["a"], None), (&["b"], None), (&["c"], Some(50.0)), (&["*"], Some(150.0))];
    let file = write(dir.path(), &["ort"], cells);
    let mut asked = asked(
        &["ort"],
        vec![flat("ort", &["a", "b", "c"])],
        vec![open(0, 50.0, 70.0), open(1, 30.0, 50.0)],
    );
    let found = |asked: &TablesAsked| {
        tables(&TablesWork {
            file: file.clone(),
            asked: asked.clone(),
        })
        .unwrap()
        .disclosed
    };
    assert!(found(&asked).is_empty());
    asked.alone = vec![vec![0]];
    assert_eq!(found(&asked), [1], "who stands behind the first cell can work out the second");
    asked.alone = vec![vec![0, 1]];
    assert_eq!(found(&asked), [0, 1], "their sum is all that the one contributor has");
}

#[test]
fn a_hidden_total_of_one_contributor_tells_nothing_but_a_published_one_does() {
    let settled = |rows: &[Vec<(usize, i64)>], group: &[usize], published: &[usize]| {
        exact::told(rows, |cell| published.contains(&cell), &group.iter().copied().collect())
    };
    let rows = [vec![(2, 1), (0, -1), (1, -1)], vec![(4, 1), (2, -1), (3, -1)]];
    assert_eq!(settled(&rows, &[0, 1, 2], &[4]), Some(false));
    assert_eq!(settled(&rows, &[0, 1, 2], &[3, 4]), Some(true));
    assert_eq!(settled(&rows, &[0, 1], &[2, 3, 4]), Some(true));
    // Published numbers that add up among themselves settle nothing.
    let rows = [vec![(2, 1), (0, -1), (1, -1), (5, 1), (6, -1)], vec![(5, 1), (6, -1)]];
    assert_eq!(settled(&rows, &[0, 1, 2], &[5, 6]), Some(false));
}

#[test]
fn rounded_tables_are_attacked_within_their_base() {
    let dir = tempfile::tempdir().unwrap();
    let cells: Cells<'_> = &[(&["a"], Some(0.0)), (&["b"], Some(5.0)), (&["c"], Some(5.0)), (&["*"], Some(10.0))];
    let file = write(dir.path(), &["ort"], cells);
    let mut asked = asked(&["ort"], vec![flat("ort", &["a", "b", "c"])], vec![open(0, 0.0, 3.0)]);
    asked.method = TableMethod::Round;
    assert!(
        tables(&TablesWork {
            file: file.clone(),
            asked: asked.clone()
        })
        .unwrap()
        .passed
    );
    asked.open = vec![open(0, 0.0, 6.0)];
    assert!(
        !tables(&TablesWork { file, asked }).unwrap().passed,
        "a rounded zero is at most four"
    );
}

#[test]
fn shifted_tables_need_not_add_up_but_may_not_be_further_off_than_their_shifts() {
    let dir = tempfile::tempdir().unwrap();
    let parents = vec![flat("ort", &["a", "b"])];
    let check = |total: f64, small: f64| {
        let cells: Cells<'_> = &[(&["a"], Some(20.0)), (&["b"], Some(small)), (&["*"], Some(total))];
        let mut asked = asked(&["ort"], parents.clone(), Vec::new());
        asked.method = TableMethod::CellKey;
        tables(&TablesWork {
            file: write(dir.path(), &["ort"], cells),
            asked,
        })
        .unwrap()
        .passed
    };
    assert!(check(45.0, 15.0));
    assert!(!check(51.0, 15.0));
    assert!(!check(22.0, 2.0), "one and two do not occur");
}

#[test]
fn a_file_that_is_not_what_is_asked_does_not_pass() {
    let dir = tempfile::tempdir().unwrap();
    let cells: Cells<'_> = &[(&["a"], None), (&["*"], Some(10.0))];
    let file = write(dir.path(), &["ort"], cells);
    let asked = asked(&["bransch"], vec![flat("bransch", &["a"])], Vec::new());
    assert_eq!(tables(&TablesWork { file, asked }).unwrap_err().id, "audit-unreadable");
}
