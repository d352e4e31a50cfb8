use std::sync::Arc;

use arrow::array::{ArrayRef, StringArray};

use super::*;

fn batch(columns: &[String], rows: &[Vec<String>]) -> RecordBatch {
    let array = |at: usize| Arc::new(rows.iter().map(|row| Some(row[at].as_str())).collect::<StringArray>()) as ArrayRef;
    RecordBatch::try_from_iter_with_nullable(columns.iter().enumerate().map(|(at, name)| (name.as_str(), array(at), true))).unwrap()
}

/// A fixture as text; nothing, and a word about it, when it is absent.
fn fixture(name: &str, delimiter: char) -> Option<RecordBatch> {
    let path = format!("{}/../../../shared/fixtures/anonymization/{name}", env!("CARGO_MANIFEST_DIR"));
    let Ok(text) = std::fs::read_to_string(path) else {
        eprintln!("SKIPPED: ../shared/fixtures/anonymization/{name} is absent");
        return None;
    };
    let cells = |line: &str| -> Vec<String> {
        let (mut cells, mut quoted) = (vec![String::new()], false);
        for c in line.chars() {
            match c {
                '"' => quoted = !quoted,
                c if c == delimiter && !quoted => cells.push(String::new()),
                c => cells.last_mut().unwrap().push(c),
            }
        }
        cells
    };
    let mut lines = text.lines().map(cells);
    let head = lines.next().unwrap();
    Some(batch(&head, &lines.collect::<Vec<_>>()))
}

fn assess(table: &RecordBatch, quasi: &[&str], sensitive: &[&str]) -> Risk {
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let marked: Vec<(String, bool)> = sensitive.iter().map(|name| ((*name).to_owned(), *name == "Score")).collect();
    let mut assessor = Assessor::new(&names(quasi), &marked, false);
    assessor.take(table).unwrap();
    assessor.assess()
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() <= 2e-6 * b.abs().max(1.0)
}

#[test]
fn the_raw_adult_table_risks_what_arx_says() {
    let Some(table) = fixture("arx/adult.csv", ';') else { return };
    let schema = table.schema();
    let all: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    let risk = assess(&table, &all, &[]);
    assert!((risk.prosecutor_average - 0.646_575_160_798_355_5).abs() < 1e-12);
    assert_eq!((risk.prosecutor_max, risk.unique, risk.k), (1.0, 15_512, 1));
    assert!((risk.at_risk(0.2) - 0.778_131_423_645_646_8).abs() < 1e-9, "{}", risk.at_risk(0.2));
    assert!((risk.at_risk(0.05) - 0.970_923_678_801_140_5).abs() < 1e-9);
}

/// A file and its delimiter, quasi-identifiers, the sensitive column; k, l, entropy l; beta basic and enhanced, delta, t.
type Case = (&'static str, char, &'static [&'static str], &'static str, [u64; 3], [f64; 4]);

#[test]
fn measures_are_those_of_pycanon() {
    let students = &["Teacher", "Gender", "Ethnic", "Freeredu", "wesson"];
    let cases: [Case; 4] = [
        (
            "pycanon/hospital_anonymized.csv",
            ',',
            &["age", "gender", "city"],
            "disease",
            [2, 1, 1],
            [3.33333, 2.564949, 1.466337, 0.615385],
        ),
        (
            "pycanon/StudentsMath_Score.csv",
            ',',
            students,
            "Score",
            [1, 1, 1],
            [71.0, 5.375278, 4.276666, 0.416592],
        ),
        (
            "pycanon/StudentsMath_Score_k7.csv",
            ',',
            students,
            "Score",
            [7, 6, 5],
            [8.142857, 4.158883, 2.212973, 0.197489],
        ),
        (
            "arx/adult.csv",
            ';',
            &["sex", "age", "race", "marital-status"],
            "occupation",
            [1, 1, 1],
            [1116.111, 8.117114, 7.018501, 0.995259],
        ),
    ];
    for (name, delimiter, quasi, sensitive, whole, parts) in cases {
        let Some(table) = fixture(name, delimiter) else { return };
        let risk = assess(&table, quasi, &[sensitive]);
        let of = &risk.attributes[sensitive];
        assert_eq!([risk.k, of.l, of.l_entropy], whole, "{name}");
        for (seen, expected) in [of.beta, of.beta_enhanced, of.delta, of.t].into_iter().zip(parts) {
            assert!(near(seen, expected), "{name}: {seen} is not {expected}");
        }
    }
}

#[test]
fn individual_risk_is_that_of_sdcmicro() {
    let f = [3, 1, 3, 1, 2, 2, 1, 3];
    let population = [108.0, 45.5, 108.0, 17.0, 100.0, 100.0, 123.5, 108.0];
    let risk = [
        0.01369863, 0.08579129, 0.01369863, 0.17707583, 0.01877883, 0.01877883, 0.03931625, 0.01369863,
    ];
    for ((f, population), risk) in f.into_iter().zip(population).zip(risk) {
        assert!((individual(f, population) - risk).abs() < 1e-8, "{f} of {population}");
    }
    assert_eq!(individual(4, 4.0), 0.25);
}

#[test]
fn weights_give_every_row_its_own_risk() {
    let names = ["A", "B", "C", "vikt"].map(str::to_owned);
    let rows = [
        "2 3 1 18",
        "3 3 3 45.5",
        "2 3 1 39",
        "2 3 2 17",
        "3 3 1 92",
        "3 3 1 8",
        "1 4 1 123.5",
        "2 3 1 51",
    ];
    let rows: Vec<Vec<String>> = rows.iter().map(|row| row.split(' ').map(str::to_owned).collect()).collect();
    let mut assessor = Assessor::weighted(&names[..3], &[], Some("vikt"), false);
    assessor.take(&batch(&names, &rows)).unwrap();
    let risk = assessor.assess().individual.unwrap();
    let expected = 3.0 * 0.01369863 + 0.08579129 + 0.17707583 + 2.0 * 0.01877883 + 0.03931625;
    assert!((risk.expected - expected).abs() < 1e-7 && (risk.mean - expected / 8.0).abs() < 1e-8);
    assert!((risk.max - 0.17707583).abs() < 1e-8 && risk.unweighted == 0);
    let mut assessor = Assessor::weighted(&names[..1], &[], Some("B"), false);
    let odd: Vec<Vec<String>> = ["1 0 0 0", "1 x 0 0", "1 2 0 0"]
        .iter()
        .map(|row| row.split(' ').map(str::to_owned).collect())
        .collect();
    assessor.take(&batch(&names, &odd)).unwrap();
    assert_eq!(assessor.assess().individual.unwrap().unweighted, 2);
}

#[test]
fn groups_of_the_population_are_the_journalists() {
    let columns = ["ort".to_owned()];
    let rows = |values: &[&str]| batch(&columns, &values.iter().map(|value| vec![(*value).to_owned()]).collect::<Vec<_>>());
    let mut assessor = Assessor::new(&columns, &[], true);
    assessor.take(&rows(&["a", "a", "b"])).unwrap();
    assessor.take_population(&rows(&["a", "a", "a", "a", "b", "b", "c"])).unwrap();
    let risk = assessor.assess();
    assert_eq!(risk.journalist_max, Some(0.5));
    assert!(near(risk.marketer, (0.25 + 0.25 + 0.5) / 3.0));
    assert_eq!((risk.distinction, risk.unique), (2.0 / 3.0, 1));
    assert!(near(risk.separation, 1.0 - 2.0 / 6.0));
}

#[test]
fn an_empty_table_and_one_row_have_an_answer() {
    let columns = ["ort".to_owned()];
    let none = assess(&batch(&columns, &[]), &["ort"], &[]);
    assert_eq!((none.rows, none.k, none.prosecutor_max), (0, 0, 0.0));
    let one = assess(&batch(&columns, &[vec!["a".to_owned()]]), &["ort"], &["ort"]);
    assert_eq!((one.k, one.prosecutor_max, one.separation), (1, 1.0, 0.0));
}
