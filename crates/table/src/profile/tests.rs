//! Parts against the whole, threads against one, sketches against the truth.

use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, Date32Array, Float64Array, Int64Array, RecordBatch, StringArray, StringDictionaryBuilder};
use arrow::datatypes::{DataType, Field, Int32Type, Schema};
use fyr_model::table::{Column, ColumnProfile, ColumnType, TableProfile};
use proptest::prelude::*;

use super::column::Held;
use super::counts::DISTINCT_MAX;
use super::hash::mix;
use super::words::Words;
use super::{ColumnProfiler, TableProfiler, Told, drift, known, project_column, project_table};
use crate::{Exposure, Show};

fn column(name: &str, kind: ColumnType) -> Column {
    Column {
        name: name.into(),
        header: name.into(),
        kind,
        semantic: None,
        description: None,
        unit: None,
    }
}

fn all(columns: &[Column]) -> Exposure {
    Exposure {
        columns: columns.iter().map(|column| (column.name.clone(), Show::Values)).collect(),
        group_min: 1,
        coarse: false,
    }
}

fn one_told(column: &ColumnProfiler, told: &Told<'_>) -> ColumnProfile {
    let known = known(std::slice::from_ref(column), told);
    project_column(column, known[0].as_ref(), told)
}

fn told(profiler: &mut TableProfiler, columns: &[Column]) -> TableProfile {
    profiler.settle();
    let exposure = all(columns);
    let told = Told {
        exposure: &exposure,
        as_of: chrono::NaiveDate::from_ymd_opt(2024, 6, 1),
    };
    let columns: Vec<ColumnProfile> = profiler.columns.iter().map(|column| one_told(column, &told)).collect();
    let mut table = project_table(profiler, &columns, &told);
    table.duplicate_rows = profiler.rows.copies();
    table.columns = columns;
    table
}

/// Five columns of different kinds, of which a few cells are missing; `spread` says how many values differ.
fn batch(from: u64, to: u64, spread: u64) -> RecordBatch {
    let random = |row: u64, salt: u64| mix(row.wrapping_mul(5).wrapping_add(salt)) % spread;
    let rows = || from..to;
    let lacks = |row: u64| mix(row ^ 0xabcd).is_multiple_of(11);
    let arrays: Vec<ArrayRef> = vec![
        Arc::new(Int64Array::from_iter(
            rows().map(|row| (!lacks(row)).then(|| random(row, 1).cast_signed() - 40)),
        )),
        Arc::new(Float64Array::from_iter(rows().map(|row| Some(random(row, 2) as f64 / 100.0 - 3.0)))),
        Arc::new(StringArray::from_iter(
            rows().map(|row| (!lacks(row / 2)).then(|| format!("Ort {:03}", random(row, 3)))),
        )),
        Arc::new(Date32Array::from_iter(
            rows().map(|row| Some(19_000 + (random(row, 4) % 900) as i32)),
        )),
        Arc::new(BooleanArray::from_iter(rows().map(|row| Some(random(row, 5) % 3 == 0)))),
    ];
    RecordBatch::try_new(Arc::new(schema()), arrays).unwrap()
}

fn schema() -> Schema {
    Schema::new(vec![
        Field::new("antal", DataType::Int64, true),
        Field::new("belopp", DataType::Float64, true),
        Field::new("ort", DataType::Utf8, true),
        Field::new("datum", DataType::Date32, true),
        Field::new("aktiv", DataType::Boolean, true),
    ])
}

fn columns() -> Vec<Column> {
    vec![
        column("antal", ColumnType::Integer),
        column("belopp", ColumnType::Number),
        column("ort", ColumnType::Text),
        column("datum", ColumnType::Date),
        column("aktiv", ColumnType::Boolean),
    ]
}

fn seen(from: u64, to: u64, spread: u64, step: u64) -> TableProfiler {
    let mut profiler = TableProfiler::new(&columns(), &schema()).unwrap();
    let mut start = from;
    while start < to {
        let end = (start + step).min(to);
        assert!(profiler.see(&batch(start, end, spread)));
        start = end;
    }
    profiler
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    /// While all values are held the merge of parts is the profile of the whole, to the last bit, however the rows were cut and joined.
    #[test]
    fn parts_merge_into_the_whole_exactly(rows in 1u64..3_000, cuts in proptest::collection::vec(0u64..3_000, 0..4), spread in 1u64..2_000, right in any::<bool>()) {
        let mut cuts: Vec<u64> = cuts.into_iter().map(|cut| cut.min(rows)).chain([0, rows]).collect();
        cuts.sort_unstable();
        let mut parts: Vec<TableProfiler> = cuts.windows(2).map(|pair| seen(pair[0], pair[1], spread, 700)).collect();
        let mut whole = seen(0, rows, spread, 512);
        // From the left or from the right: merging is associative.
        let mut joined = if right {
            let mut tail = parts.pop().unwrap();
            while let Some(mut head) = parts.pop() {
                prop_assert!(head.merge(tail));
                tail = head;
            }
            tail
        } else {
            let mut parts = parts.into_iter();
            let mut head = parts.next().unwrap();
            for part in parts {
                prop_assert!(head.merge(part));
            }
            head
        };
        let (found, expected) = (told(&mut joined, &columns()), told(&mut whole, &columns()));
        prop_assert_eq!(serde_json::to_string(&found).unwrap(), serde_json::to_string(&expected).unwrap());
    }
}

fn close(found: Option<f64>, expected: f64) {
    let found = found.unwrap();
    assert!((found - expected).abs() <= 1e-12 * expected.abs().max(1e-6), "{found} {expected}");
}

#[test]
fn sketches_of_parts_and_of_the_whole_keep_to_their_bounds() {
    let (rows, spread) = (330_000u64, 1u64 << 40);
    let mut merged = seen(0, 90_000, spread, 8_192);
    let mut tail = seen(90_000, 250_000, spread, 8_192);
    assert!(tail.merge(seen(250_000, rows, spread, 5_000)) && merged.merge(tail));
    let mut whole = seen(0, rows, spread, 8_192);
    let (one, two) = (told(&mut whole, &columns()), told(&mut merged, &columns()));
    let mut truth: Vec<f64> = batch(0, rows, spread)
        .column(1)
        .as_any()
        .downcast_ref::<Float64Array>()
        .unwrap()
        .values()
        .to_vec();
    truth.sort_unstable_by(f64::total_cmp);
    for table in [&one, &two] {
        let amount = &table.columns[1];
        assert_eq!((amount.distinct.method.as_str(), amount.nulls), ("hyperloglog-16384", 0));
        assert!((amount.distinct.value as f64 - rows as f64).abs() < 3.0 * 0.0081 * rows as f64);
        assert_eq!(amount.min, Some(truth[0].to_string()));
        assert_eq!(amount.max, Some(truth[truth.len() - 1].to_string()));
        let mean = truth.iter().sum::<f64>() / rows as f64;
        close(amount.mean, mean);
        let error = amount.ranks.as_ref().unwrap().error.unwrap();
        assert!(error < 0.002, "{error}");
        for (share, value) in [(0.05, amount.quantiles.unwrap().p05), (0.5, amount.quantiles.unwrap().p50)] {
            let rank = truth.partition_point(|own| *own <= value) as f64 / rows as f64;
            assert!((rank - share).abs() <= error + 1e-3, "{share} {rank} {error}");
        }
        assert_eq!(amount.histogram.as_ref().unwrap().counts.iter().sum::<u64>(), rows);
        // Thirty thousand rows lack a number, fewer than a hundred thousand days differ: the date column stays exact.
        assert_eq!(table.columns[3].distinct.method, "exact");
    }
    for (a, b) in one.columns.iter().zip(&two.columns) {
        assert_eq!(
            (&a.distinct, a.nulls, a.empty, &a.min, &a.max),
            (&b.distinct, b.nulls, b.empty, &b.min, &b.max),
            "{}",
            a.name
        );
        if let Some(sum) = a.sum {
            close(b.sum, sum);
            close(b.stddev, a.stddev.unwrap());
        }
    }
    assert_eq!(one.missing, two.missing);
}

#[test]
fn a_column_that_few_values_make_up_stays_exact_after_two_million_rows() {
    let mut profiler = ColumnProfiler::new(&column("antal", ColumnType::Integer), &DataType::Int64, 1);
    for start in 0..250u64 {
        let values = Int64Array::from_iter_values((0..8_000).map(|row| ((start * 8_000 + row) % 97).cast_signed()));
        assert!(profiler.see(&(Arc::new(values) as ArrayRef)));
    }
    let exposure = all(&[column("antal", ColumnType::Integer)]);
    let found = one_told(
        &profiler,
        &Told {
            exposure: &exposure,
            as_of: None,
        },
    );
    assert_eq!((found.distinct.value, found.ranks), (97, None));
    let truth = |share: f64| (share * 1_999_999.0 / 2_000_000.0 * 97.0).floor();
    assert_eq!(found.quantiles.unwrap().p50, truth(0.5));
}

#[test]
fn of_many_columns_each_counts_its_share_exactly() {
    let (whole, text) = (column("antal", ColumnType::Integer), column("namn", ColumnType::Text));
    let exposure = all(&[whole.clone(), text.clone()]);
    // Three hundred columns have twenty thousand different values each.
    for (column, data) in [(&whole, DataType::Int64), (&text, DataType::Utf8)] {
        for (values, exact) in [(20_000i64, true), (20_001, false)] {
            let array: ArrayRef = if data == DataType::Int64 {
                Arc::new(Int64Array::from_iter_values(0..values))
            } else {
                Arc::new(StringArray::from_iter_values((0..values).map(|value| value.to_string())))
            };
            let mut profiler = ColumnProfiler::new(column, &data, 300);
            assert!(profiler.see(&array));
            let told = Told {
                exposure: &exposure,
                as_of: None,
            };
            let found = one_told(&profiler, &told).distinct;
            assert_eq!(found.method == "exact", exact, "{values} {data} {found:?}");
        }
    }
}

#[test]
fn a_dictionary_of_texts_counts_as_its_texts_do() {
    let mut builder = StringDictionaryBuilder::<Int32Type>::new();
    let texts: Vec<Option<&str>> = vec![Some("0180"), None, Some(""), Some("1480"), Some("0180")];
    texts.iter().for_each(|text| builder.append_option(*text));
    let plain: ArrayRef = Arc::new(StringArray::from(texts));
    let packed: ArrayRef = Arc::new(builder.finish());
    let kod = column("kod", ColumnType::Code);
    let tell = |array: &ArrayRef| {
        let mut profiler = ColumnProfiler::new(&kod, array.data_type(), 1);
        assert!(profiler.see(array));
        let exposure = all(std::slice::from_ref(&kod));
        one_told(
            &profiler,
            &Told {
                exposure: &exposure,
                as_of: None,
            },
        )
    };
    let mut found = tell(&plain);
    assert_eq!(
        (found.first_row, found.last_row, found.nulls, found.empty),
        (Some(0), Some(4), 1, 1)
    );
    assert_eq!(found.texts.as_ref().unwrap().patterns[0].value, "9999");
    let other = tell(&packed);
    found.top = other.top.clone();
    assert_eq!(found, other);
}

#[test]
fn a_state_is_stored_and_read_as_itself() {
    let dir = tempfile::TempDir::new().unwrap();
    let path = dir.path().join("table.profile");
    let mut profiler = seen(0, 120_000, 1 << 40, 8_192);
    profiler.store(&path).unwrap();
    let mut read = TableProfiler::load(&path).unwrap();
    assert_eq!(told(&mut read, &columns()), told(&mut profiler, &columns()));
    assert!(read.merge(seen(0, 10, 5, 10)));
    std::fs::write(&path, b"{}").unwrap();
    assert_eq!(TableProfiler::load(&path).unwrap_err().id, "profile-file");
}

fn one(name: &str, kind: ColumnType, array: ArrayRef) -> TableProfiler {
    let schema = Schema::new(vec![Field::new(name, array.data_type().clone(), true)]);
    let mut profiler = TableProfiler::new(&[column(name, kind)], &schema).unwrap();
    assert!(profiler.see(&RecordBatch::try_new(Arc::new(schema), vec![array]).unwrap()));
    profiler.settle();
    profiler
}

#[test]
fn drift_tells_what_moved_and_by_how_much() {
    let numbers = |values: std::ops::Range<i32>| {
        let values = values.map(f64::from);
        one("antal", ColumnType::Number, Arc::new(Float64Array::from_iter_values(values)))
    };
    let exposure = all(&[column("antal", ColumnType::Number)]);
    let still = &drift(&numbers(0..1_000), &numbers(0..1_000), &exposure).columns[0];
    assert_eq!(
        (still.level.as_str(), still.psi, still.kolmogorov_smirnov),
        ("none", Some(0.0), Some(0.0))
    );
    assert_eq!(still.range_left, Some(false));
    // Half of the values move beyond all bins but the last.
    let moved = &drift(&numbers(0..1_000), &numbers(500..1_500), &exposure).columns[0];
    assert_eq!(
        (moved.level.as_str(), moved.range_left, moved.kolmogorov_smirnov),
        ("warning", Some(true), Some(0.5))
    );
    // Five bins keep a tenth and 100/1000 of the rows, five lose all (half a row is left), the last has 600.
    let empty = 5.0 * (0.0005f64 - 0.1) * (0.0005f64 / 0.1).ln();
    let last = (0.6f64 - 0.1) * (0.6f64 / 0.1).ln();
    assert!((moved.psi.unwrap() - empty - last).abs() < 0.02, "{:?} {}", moved.psi, empty + last);

    // A running number says only that other rows came.
    let running = |values: std::ops::Range<i64>| one("antal", ColumnType::Integer, Arc::new(Int64Array::from_iter_values(values)));
    let later = &drift(&running(0..1_000), &running(500..1_500), &exposure).columns[0];
    assert_eq!((later.level.as_str(), later.range_left, later.psi.is_some()), ("none", None, true));

    let words = |texts: &[&str]| one("ort", ColumnType::Code, Arc::new(StringArray::from(texts.to_vec())));
    let exposure = all(&[column("ort", ColumnType::Code)]);
    let found = drift(&words(&["A", "A", "B"]), &words(&["A", "A", "C"]), &exposure);
    let ort = &found.columns[0];
    assert_eq!(
        (
            ort.values_new,
            ort.values_gone,
            ort.new[0].value.as_str(),
            ort.gone[0].value.as_str()
        ),
        (Some(1), Some(1), "C", "B")
    );
    // A third of the mass shares nothing.
    assert!((ort.jensen_shannon.unwrap() - 1.0 / 3.0).abs() < 1e-12);
    // What is not cleared tells only how much is missing.
    let hidden = &drift(&words(&["A", "A", "B"]), &words(&["A", "A", "C"]), &Exposure::default()).columns[0];
    assert_eq!(
        (
            hidden.level.as_str(),
            hidden.missing,
            hidden.jensen_shannon,
            hidden.values_new,
            hidden.new.len(),
            hidden.gone.len()
        ),
        ("none", [0.0, 0.0], None, None, 0, 0)
    );
    // In what is published, nothing that one row decides.
    let published = Exposure {
        group_min: 2,
        coarse: true,
        ..exposure.clone()
    };
    let coarse = &drift(&words(&["A", "A", "B"]), &words(&["A", "A", "C"]), &published).columns[0];
    assert_eq!(
        (coarse.values_new, coarse.new.len(), coarse.jensen_shannon.is_some()),
        (None, 0, true)
    );

    let renamed = drift(
        &words(&["A", "A", "B"]),
        &one("plats", ColumnType::Code, Arc::new(StringArray::from(vec!["A", "B", "A"]))),
        &exposure,
    );
    assert_eq!(
        (
            renamed.columns_renamed[0].to.as_str(),
            renamed.columns_added.len(),
            renamed.columns_removed.len()
        ),
        ("plats", 0, 0)
    );
}

#[test]
fn h33_a_profile_that_outlives_its_table_holds_no_value_that_is_not_cleared() {
    let names: ArrayRef = Arc::new(StringArray::from(vec!["KANARIE-1", "KANARIE-2", "KANARIE-1"]));
    let schema = Schema::new(vec![
        Field::new("namn", names.data_type().clone(), true),
        Field::new("ort", DataType::Utf8, true),
    ]);
    let places: ArrayRef = Arc::new(StringArray::from(vec!["Exempelby", "Exempelby", "Provköping"]));
    let columns = [column("namn", ColumnType::Text), column("ort", ColumnType::Code)];
    let mut profiler = TableProfiler::new(&columns, &schema).unwrap();
    assert!(profiler.see(&RecordBatch::try_new(Arc::new(schema), vec![names, places]).unwrap()));
    let exposure = Exposure {
        columns: [("ort".to_owned(), Show::Values)].into(),
        ..Exposure::default()
    };
    let whole = profiler.clone();
    profiler.forget(&exposure);
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("profile.json");
    profiler.store(&path).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(!text.contains("KANARIE"), "{text}");
    assert_eq!(profiler.columns[0].held, Held::Words(Box::new(Words::new(DISTINCT_MAX))));
    let kept = TableProfiler::load(&path).unwrap();
    assert_eq!((kept.columns[0].withheld.as_ref().unwrap().value, kept.columns[0].rows), (2, 3));
    assert!(kept.columns[1].withheld.is_none());
    // Kept and whole are compared on what both know.
    let mut later = whole.clone();
    later.settle();
    let found = drift(&kept, &later, &exposure);
    assert_eq!(
        (found.rows, found.columns[0].jensen_shannon, found.columns[1].jensen_shannon),
        ([3, 3], None, Some(0.0))
    );
    assert!(
        !kept.columns[0].clone().merge(whole.columns[0].clone()),
        "what was given up cannot be counted on"
    );
}
