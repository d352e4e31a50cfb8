//! Long delimited text is read once with types guessed from its head; a wrong guess costs time and nothing else.

use std::fmt::Write as _;

use fyr_model::limits::TableLimits;
use fyr_model::table::{ColumnType, Reading};

use super::{Sample, stage_bytes, staged};

/// Rows before something happens: well past the head.
const ROWS: usize = 9_000;

/// A text of more than a megabyte with `strange` as its last rows, or as its first.
fn text(strange: &[&str], first: bool) -> String {
    let mut text = String::from("lopnr;kommunkod;antal;belopp;dag;namn;senare\n");
    let head = if first { strange } else { &[] };
    let tail = if first { &[] } else { strange };
    head.iter().for_each(|row| writeln!(text, "{row}").unwrap());
    for row in 0..ROWS {
        let (day, code) = (row % 28 + 1, ["1480", "1280", "2480"][row % 3]);
        writeln!(
            text,
            "{row};{code};{};{},{:02};2024-03-{day:02};Anläggning nummer {} vid vägen mot sjön, tredje infarten efter bron och den stora parkeringen på vänster sida;",
            row % 977,
            row / 7,
            row % 100,
            row % 1_500
        )
        .unwrap();
    }
    tail.iter().for_each(|row| writeln!(text, "{row}").unwrap());
    assert!(text.len() > 1 << 20);
    text
}

/// The same rows in the other order give the same types and the same cells: there the head knew all.
fn alike(strange: &[&str]) -> Sample {
    let (late, early) = (staged("prov.csv", &text(strange, false)), staged("prov.csv", &text(strange, true)));
    let kinds = |sample: &Sample| {
        let columns = sample.facts.report.columns.iter();
        columns
            .map(|column| {
                (
                    column.name.clone(),
                    column.kind,
                    column.semantic.as_ref().map(|found| found.kind.clone()),
                )
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(kinds(&late), kinds(&early));
    for (name, ..) in kinds(&late) {
        let (mut a, mut b) = (late.cells(&name), early.cells(&name));
        a.sort_unstable();
        b.sort_unstable();
        assert_eq!(a, b, "{name}");
    }
    let counts = |sample: &Sample| {
        let repairs = sample.facts.report.repairs.iter();
        repairs
            .map(|repair| (repair.kind.clone(), repair.column.clone(), repair.count))
            .collect::<Vec<_>>()
    };
    assert_eq!(counts(&late), counts(&early));
    assert_eq!(late.facts.report.nulls, early.facts.report.nulls);
    assert_eq!(late.facts.report.rejects, early.facts.report.rejects);
    late
}

#[test]
fn a_right_guess_counts_what_comes_after_the_head() {
    let sample = alike(&["7;0180;..;;2024-04-01;Ö;"]);
    assert_eq!(sample.facts.rows, ROWS as u64 + 1);
    assert_eq!((sample.kind("antal"), sample.nulls("antal")), (ColumnType::Integer, 1));
    assert_eq!(sample.semantic("kommunkod"), Some("municipality_code"));
    assert_eq!(sample.cells("namn").last().map(String::as_str), Some("Ö"));
    let rejects = alike(&["7;1480;ca 10;1,5;2024-04-01;Ö;", "8;1480;11;1,5;våren;Ö;"]);
    assert_eq!((rejects.rejects("antal"), rejects.rejects("dag")), (1, 1));
    let places = rejects.facts.report.repairs.iter().find(|repair| repair.kind == "reject").unwrap();
    assert_eq!(places.rows, [ROWS as u64]);
}

#[test]
fn a_column_that_opens_empty_is_typed_by_its_late_values() {
    let sample = alike(&["7;1480;1;1,5;2024-04-01;Ö;12,5", "8;1480;1;1,5;2024-04-01;Ö;13"]);
    assert_eq!(sample.kind("senare"), ColumnType::Number);
    assert_eq!(sample.cells("senare").last().map(String::as_str), Some("13.0"));
}

#[test]
fn many_late_misfits_widen_a_column_that_the_head_had_typed() {
    let strange: Vec<String> = (0..2_000)
        .map(|row| format!("{row};1480;{row},25;1,5;okänd dag {row};Ö;"))
        .collect();
    let strange: Vec<&str> = strange.iter().map(String::as_str).collect();
    let sample = alike(&strange);
    assert_eq!((sample.kind("antal"), sample.kind("dag")), (ColumnType::Number, ColumnType::Text));
    assert_eq!(sample.rejects("dag"), 0);
}

#[test]
fn what_is_out_of_the_ordinary_late_goes_to_the_thorough_reader() {
    let open = text(&["7;1480;1;1,5;2024-04-01;\"öppet;"], false);
    let refusal = stage_bytes("prov.csv", open.as_bytes(), Reading::default(), TableLimits::default())
        .err()
        .unwrap();
    assert_eq!(
        (refusal.id.as_str(), refusal.position.map(|place| place.line)),
        ("csv-unclosed-quote", Some(ROWS as u64 + 2))
    );
    let notes = alike(&["7;1480;1;1,5;2024-04-01;\"ett\"\"citat;och avgränsare\";"]);
    assert_eq!(notes.facts.rows, ROWS as u64 + 1);
    assert_eq!(notes.cells("namn").last().map(String::as_str), Some("ett\"citat;och avgränsare"));
}

#[test]
fn notes_after_a_long_table_stay_out() {
    let mut long = text(&[], false);
    long.push_str("\nKälla: Exempelby kommun\n* preliminär\n");
    let sample = staged("prov.csv", &long);
    assert_eq!((sample.facts.rows, sample.repairs("footer-row")), (ROWS as u64, 2));
}
