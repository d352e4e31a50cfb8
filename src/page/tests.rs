//! The page as its readers get it.

use fyr_model::Lang;
use fyr_model::table::{Distinct, Histogram, TableSource, ValueCount};

use super::*;

fn term(lang: Lang) -> Term {
    Term {
        lang,
        colour: false,
        symbols: true,
    }
}

fn report() -> ReadingReport {
    ReadingReport {
        source: TableSource {
            format: "csv".into(),
            media_type: "text/csv".into(),
            encoding: None,
            dialect: None,
            packing: None,
            table: None,
            bytes: 7,
            sha256: "0".repeat(64).parse().expect("a digest"),
        },
        rows: 40,
        bad_rows: 0,
        columns: Vec::new(),
        nulls: Default::default(),
        rejects: Default::default(),
        repairs: Vec::new(),
        source_crs: None,
        findings: Vec::new(),
    }
}

fn wide(columns: usize) -> TableProfile {
    let column = |place: usize| ColumnProfile {
        name: format!("kolumn_{place}"),
        kind: if place.is_multiple_of(2) {
            ColumnType::Number
        } else {
            ColumnType::Text
        },
        distinct: Distinct {
            value: 4_000_000,
            method: "exact".into(),
            error: None,
        },
        min: Some("-123456.789".into()),
        max: Some("<script>alert(1)</script>".into()),
        nulls: 3,
        nulls_by: [("..".to_owned(), 2), ("empty".to_owned(), 1)].into(),
        mean: Some(1234.5678),
        histogram: place.is_multiple_of(2).then(|| Histogram {
            from: -123_456.7,
            to: 987_654.3,
            counts: (1..=20).map(|n| n * 123_457).collect(),
        }),
        top: Some(
            (0..10)
                .map(|n| ValueCount {
                    value: format!("Ett ganska långt värde nummer {n}"),
                    count: 90_000 - n,
                })
                .collect(),
        ),
        ..ColumnProfile::default()
    };
    TableProfile {
        rows: 40,
        columns: (0..columns).map(column).collect(),
        ..TableProfile::default()
    }
}

#[test]
fn a_page_of_three_hundred_columns_is_below_a_megabyte_and_stands_alone() {
    for lang in [Lang::Sv, Lang::En] {
        let page = profile(&term(lang), "trad.csv", &wide(300), &report(), None);
        assert!(page.len() < 1_000_000, "{}", page.len());
        for foreign in ["<script", "http:", "https:", "@import", "url(", " style="] {
            assert!(!page.contains(foreign), "{foreign}");
        }
        assert!(page.contains("&lt;script&gt;"));
        let why = if lang == Lang::Sv {
            "saknas: 2 “..”, 1 tom<"
        } else {
            "missing: 2 “..”, 1 empty<"
        };
        assert!(page.contains(why));
        assert_eq!(page.matches("role=\"img\"").count(), 150, "every chart has a name");
    }
}

#[test]
fn years_stand_one_by_one_and_never_as_fractions() {
    let mut table = wide(1);
    let year = &mut table.columns[0];
    year.semantic = Some("year".into());
    (year.min, year.max) = (Some("2019".into()), Some("2024".into()));
    year.mean = Some(2021.37);
    year.top = Some(
        [("2024", 9), ("2019", 8), ("2021", 3)]
            .map(|(value, count)| ValueCount {
                value: value.into(),
                count,
            })
            .to_vec(),
    );
    let page = profile(&term(Lang::Sv), "trad.csv", &table, &report(), None);
    let places: Vec<usize> = ["<td>2019<", "<td>2021<", "<td>2024<"]
        .iter()
        .map(|shown| page.find(shown).expect("a year of its own"))
        .collect();
    assert!(places.is_sorted());
    for binned in ["role=\"img\"", "2\u{a0}021", "021,37"] {
        assert!(!page.contains(binned), "{binned}");
    }
    table.columns[0].semantic = None;
    assert!(profile(&term(Lang::Sv), "trad.csv", &table, &report(), None).contains("role=\"img\""));
}

#[test]
fn numbers_are_written_in_the_readers_way() {
    assert_eq!(number(&term(Lang::Sv), -1234.5), "−1\u{a0}234,5");
    assert_eq!(number(&term(Lang::En), 1_000_000.0), "1,000,000");
    assert_eq!(number(&term(Lang::En), 1e-9), "1.000e-9");
}
