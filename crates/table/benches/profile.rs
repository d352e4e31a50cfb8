//! What a profile costs per cell, column by column of a taxi-like table of 430,000 rows: the least of five runs, in nanoseconds.
//!
//!     cargo bench -p fyr-table --bench profile [-- COLUMN..]

use std::sync::Arc;
use std::time::Instant;

use fyr_model::table::{Column, ColumnType};
use fyr_table::arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use fyr_table::arrow::datatypes::{Field, Schema};
use fyr_table::profile::{ColumnProfiler, RowProfiler, TableProfiler};

const ROWS: u64 = 430_000;
const BATCH: u64 = 8_192;
const RUNS: usize = 5;
const DAY: i64 = 86_400_000_000;

/// splitmix64, so that every run sees the same cells.
fn random(column: u64, row: u64) -> u64 {
    let mut z = (row + 1).wrapping_add(column.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

type Make = fn(u64, std::ops::Range<u64>) -> ArrayRef;

fn whole(column: u64, rows: std::ops::Range<u64>, spread: u64) -> ArrayRef {
    Arc::new(Int64Array::from_iter_values(
        rows.map(|row| (random(column, row) % spread).cast_signed()),
    ))
}

fn cents(column: u64, rows: std::ops::Range<u64>, spread: u64) -> ArrayRef {
    Arc::new(Float64Array::from_iter_values(
        rows.map(|row| (random(column, row) % spread) as f64 / 100.0),
    ))
}

fn moment(column: u64, rows: std::ops::Range<u64>) -> ArrayRef {
    let at = |row| {
        let bits = random(column, row);
        (19_723 + (bits % 366).cast_signed()) * DAY + ((bits >> 32) % 80_000).cast_signed() * 1_000_000
    };
    Arc::new(TimestampMicrosecondArray::from_iter_values(rows.map(at)))
}

fn makers() -> Vec<(&'static str, ColumnType, Make)> {
    use ColumnType::{Code, Integer, Number, Text, Timestamp};
    vec![
        ("trip_id", Integer, |_, rows| {
            Arc::new(Int64Array::from_iter_values(rows.map(u64::cast_signed)))
        }),
        ("vendor_id", Integer, |column, rows| whole(column, rows, 2)),
        ("pickup", Timestamp, moment),
        ("dropoff", Timestamp, moment),
        ("passengers", Integer, |column, rows| {
            Arc::new(Int64Array::from_iter(rows.map(|row| {
                let bits = random(column, row);
                (!bits.is_multiple_of(1_000)).then_some((bits >> 20).cast_signed() % 6)
            })))
        }),
        ("distance", Number, |column, rows| cents(column, rows, 2_000)),
        ("ratecode", Integer, |column, rows| whole(column, rows, 6)),
        ("store_fwd", Code, |column, rows| {
            Arc::new(StringArray::from_iter_values(
                rows.map(|row| if random(column, row).is_multiple_of(100) { "Y" } else { "N" }),
            ))
        }),
        ("pu", Integer, |column, rows| whole(column, rows, 265)),
        ("do", Integer, |column, rows| whole(column, rows, 265)),
        ("payment", Integer, |column, rows| whole(column, rows, 5)),
        ("fare", Number, |column, rows| cents(column, rows, 6_000)),
        ("extra", Number, |column, rows| cents(column, rows, 4)),
        ("mta_tax", Number, |column, rows| cents(column, rows, 1)),
        ("tip", Number, |column, rows| cents(column, rows, 1_500)),
        ("tolls", Number, |column, rows| cents(column, rows, 2)),
        ("surcharge", Number, |column, rows| cents(column, rows, 1)),
        ("total", Number, |column, rows| cents(column, rows, 9_000)),
        ("congestion", Number, |column, rows| cents(column, rows, 1)),
        ("airport_fee", Number, |column, rows| cents(column, rows, 2)),
        // Beyond the taxis: what is dear.
        ("measure", Number, |column, rows| {
            Arc::new(Float64Array::from_iter_values(rows.map(|row| random(column, row) as f64 / 1e15)))
        }),
        ("name", Text, |column, rows| {
            Arc::new(StringArray::from_iter_values(
                rows.map(|row| format!("Exempelgatan {} {}", random(column, row) % 500_000, row % 7)),
            ))
        }),
        ("place", Text, |column, rows| {
            Arc::new(StringArray::from_iter_values(
                rows.map(|row| format!("Exempelby {:03}", random(column, row) % 290)),
            ))
        }),
    ]
}

/// The least time of some runs, in nanoseconds per cell.
fn least(cells: u64, mut run: impl FnMut()) -> f64 {
    let times = (0..RUNS).map(|_| {
        let start = Instant::now();
        run();
        start.elapsed().as_nanos() as f64 / cells as f64
    });
    times.fold(f64::INFINITY, f64::min)
}

fn main() {
    let makers = makers();
    let columns: Vec<Column> = makers
        .iter()
        .map(|(name, kind, _)| Column {
            name: (*name).into(),
            header: (*name).into(),
            kind: *kind,
            semantic: None,
            description: None,
            unit: None,
        })
        .collect();
    let mut batches = Vec::new();
    let mut start = 0;
    while start < ROWS {
        let rows = start..(start + BATCH).min(ROWS);
        let arrays: Vec<ArrayRef> = makers
            .iter()
            .zip(0..)
            .map(|((_, _, make), place)| make(place, rows.clone()))
            .collect();
        let fields: Vec<Field> = columns
            .iter()
            .zip(&arrays)
            .map(|(column, array)| Field::new(&column.name, array.data_type().clone(), true))
            .collect();
        batches.extend(RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays));
        start += BATCH;
    }
    let Some(first) = batches.first() else { return };
    let wanted: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let mut taxi = 0.0;
    for (place, column) in columns
        .iter()
        .enumerate()
        .filter(|(_, column)| wanted.is_empty() || wanted.contains(&column.name))
    {
        let cost = least(ROWS, || {
            let mut profiler = ColumnProfiler::new(column, first.column(place).data_type(), columns.len());
            assert!(batches.iter().all(|batch| profiler.see(batch.column(place))));
            std::hint::black_box(&profiler);
        });
        taxi += if place < 20 { cost / 20.0 } else { 0.0 };
        println!("{:>12} {cost:6.1} ns per cell", column.name);
    }
    if !wanted.is_empty() {
        return;
    }
    let taxis: Vec<usize> = (0..20).collect();
    let rows = least(ROWS * 20, || {
        let mut profiler = RowProfiler::default();
        assert!(
            batches
                .iter()
                .filter_map(|batch| batch.project(&taxis).ok())
                .all(|batch| profiler.see(&batch))
        );
        std::hint::black_box(&profiler);
    });
    println!(
        "{:>12} {taxi:6.1} ns per cell\n{:>12} {rows:6.1} ns per cell",
        "taxi columns", "taxi rows"
    );
    let whole = least(ROWS * columns.len() as u64, || {
        let Some(mut profiler) = TableProfiler::new(&columns, &first.schema()) else {
            return;
        };
        assert!(batches.iter().all(|batch| profiler.see(batch)));
        profiler.settle();
        std::hint::black_box(&profiler);
    });
    println!("{:>12} {whole:6.1} ns per cell", "everything");
}
