//! Small invented files, one rule each.

use fyr_model::limits::TableLimits;
use fyr_model::table::{ColumnReading, ColumnType, Reading};

use super::{stage_bytes, staged};

/// The type that a single column of these cells settles to.
fn check(header: &str, cells: &[&str], kind: ColumnType) {
    let text = format!(
        "{header};x\n{}",
        cells.iter().map(|cell| format!("{cell};a b\n")).collect::<String>()
    );
    let sample = staged("prov.csv", &text);
    let name = if header.is_empty() { "column_1" } else { header };
    assert_eq!(sample.kind(name), kind, "{header} {cells:?} {:?}", sample.facts.report);
}

#[test]
fn types_are_settled_by_all_values() {
    use ColumnType::{Boolean, Code, Date, Integer, Number, Period, Text, Time, Timestamp};
    check("antal", &["1", "2", "30"], Integer);
    check("antal", &["1 000", "2", "-30"], Integer);
    check("belopp", &["1,5", "2", "-30"], Number);
    check("belopp", &["1.234,5", "2"], Number);
    check("andel", &["1.5", "2"], Number);
    check("kod", &["0180", "0181"], Code);
    check("nr", &["007", "8"], Code);
    check("kod", &["10", "20"], Code);
    check("aktiv", &["ja", "nej", "Ja"], Boolean);
    check("aktiv", &["TRUE", "FALSE"], Boolean);
    check("aktiv", &["ja", "true"], Text);
    check("datum", &["2024-01-31", "2024-02-29"], Date);
    check("datum", &["31/1/2024", "29/2/2024"], Date);
    check("datum", &["20240131"], Date);
    check("id", &["20240131"], Integer);
    check("datum", &["2024-02-30"], Text);
    check("tid", &["2024-01-31 12:00", "2024-01-31T13:00:01"], Timestamp);
    check("tid", &["12:00", "23:59:59"], Time);
    check("period", &["2026-aug", "2026-maj", "2014-K1"], Period);
    check("År", &["2023", "2024"], Integer);
    check("antal", &["2023", "2024"], Integer);
    check("namn", &["a", "1"], Text);
    check("tom", &["", ""], Text);
    check("stor", &["9223372036854775808"], Integer);
}

#[test]
fn missing_markers_count_only_where_the_column_is_typed() {
    let sample = staged("prov.csv", "antal;namn;x\n1;a;1\n..;-;1\nNA;NA;1\n;;1\n");
    assert_eq!(sample.kind("antal"), ColumnType::Integer);
    assert_eq!(sample.cells("antal"), ["1", "∅", "∅", "∅"]);
    assert_eq!(sample.cells("namn"), ["a", "-", "NA", "∅"]);
    assert_eq!((sample.nulls("antal"), sample.nulls("namn")), (3, 1));
    assert_eq!(
        (
            sample.repairs("null-marker:.."),
            sample.repairs("null-marker:na"),
            sample.repairs("null-marker:empty")
        ),
        (1, 1, 2)
    );
}

#[test]
fn empty_and_missing_differ_in_text() {
    let sample = staged("prov.csv", "a;b\n\"\";x\n;y\n\" \";z\n");
    assert_eq!(sample.cells("a"), ["", "∅", " "]);
    assert_eq!((sample.nulls("a"), sample.repairs("empty-text")), (1, 1));
}

#[test]
fn a_few_misfits_are_counted_rejects_and_more_make_text() {
    let table = |misfits: usize| {
        let mut text = String::from("antal;x\n");
        for row in 0..400 {
            text.push_str(if row % 7 == 3 && row / 7 < misfits { "ca 10;a\n" } else { "12;a\n" });
        }
        staged("prov.csv", &text)
    };
    let sample = table(2);
    assert_eq!(
        (sample.kind("antal"), sample.rejects("antal"), sample.repairs("reject")),
        (ColumnType::Integer, 2, 2)
    );
    let repair = sample.facts.report.repairs.iter().find(|repair| repair.kind == "reject").unwrap();
    assert_eq!((repair.column.as_deref(), repair.rows.as_slice()), (Some("antal"), &[3, 10][..]));
    assert_eq!(table(3).kind("antal"), ColumnType::Text);
    // Below 200 values a single misfit decides.
    assert_eq!(staged("prov.csv", "antal;x\n1;a\nca 10;a\n").kind("antal"), ColumnType::Text);
}

#[test]
fn a_type_never_depends_on_row_order() {
    let mut text = String::from("kod;antal\n");
    for row in 0..12_000 {
        text.push_str(&format!("{};{row}\n", row + 1000));
    }
    text.push_str("0180;1\n");
    let sample = staged("prov.csv", &text);
    assert_eq!(sample.kind("kod"), ColumnType::Code);
    assert_eq!(sample.facts.rows, 12_001);
    assert_eq!(sample.cells("kod").last().map(String::as_str), Some("0180"));
}

#[test]
fn titles_notes_and_blank_rows_stay_out_and_are_counted() {
    let text = "Befolkning efter kommun\nUppdaterad 2024-02-01\n\nkommunkod;kommun;antal\n0180;Stockholm;984748\n\n1480;Göteborg;604616\n\nKälla: SCB\n* preliminär\n";
    let sample = staged("prov.csv", text);
    assert_eq!(sample.facts.rows, 2);
    assert_eq!(
        (
            sample.repairs("preamble-row"),
            sample.repairs("footer-row"),
            sample.repairs("blank-row")
        ),
        (2, 2, 2)
    );
    assert_eq!(
        (sample.kind("kommunkod"), sample.semantic("kommunkod")),
        (ColumnType::Code, Some("municipality_code"))
    );
    assert_eq!(sample.cells("kommun"), ["Stockholm", "Göteborg"]);
    let dialect = sample.facts.report.source.dialect.as_ref().unwrap();
    assert_eq!((dialect.delimiter, dialect.header_row), (';', Some(3)));
}

#[test]
fn short_and_long_rows_are_counted_and_none_is_lost() {
    let sample = staged("prov.csv", "a;b;c\n1;x;2\n3\n4;y;5;6\n7;z;8;\n9;u;1\n");
    assert_eq!(sample.facts.rows, 5);
    assert_eq!(
        (
            sample.repairs("short-row"),
            sample.repairs("long-row"),
            sample.repairs("trailing-delimiter")
        ),
        (1, 1, 1)
    );
    assert_eq!(sample.cells("c"), ["2", "∅", "5", "8", "1"]);
}

#[test]
fn every_encoding_gives_the_same_letters() {
    let text = "ort;antal\nÅmål;1\nÖrebro;2\nMalmö;3\nGävle;4\n";
    let latin: Vec<u8> = text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    let dos: Vec<u8> = text
        .chars()
        .map(|c| match c {
            'Å' => 0x8f,
            'å' => 0x86,
            'ö' => 0x94,
            'Ö' => 0x99,
            'ä' => 0x84,
            c => u8::try_from(u32::from(c)).unwrap(),
        })
        .collect();
    let macintosh: Vec<u8> = encoding_rs::MACINTOSH.encode(text).0.into_owned();
    let mut windows = latin.clone();
    windows.extend_from_slice(b"Bor\x86 \x93x\x94;5\n");
    let wide =
        |bom: &[u8], bytes: fn(u16) -> [u8; 2]| -> Vec<u8> { bom.iter().copied().chain(text.encode_utf16().flat_map(bytes)).collect() };
    for (bytes, encoding) in [
        (text.as_bytes().to_vec(), "utf-8"),
        ([b"\xef\xbb\xbf", text.as_bytes()].concat(), "utf-8"),
        (latin, "iso-8859-1"),
        (windows, "windows-1252"),
        (dos, "ibm850"),
        (macintosh, "macintosh"),
        (wide(b"\xff\xfe", u16::to_le_bytes), "utf-16le"),
        (wide(b"\xfe\xff", u16::to_be_bytes), "utf-16be"),
        (wide(b"", u16::to_le_bytes), "utf-16le"),
    ] {
        let sample = stage_bytes("prov.csv", &bytes, Reading::default(), TableLimits::default()).unwrap();
        assert_eq!(sample.facts.report.source.encoding.as_deref(), Some(encoding));
        assert_eq!(sample.cells("ort")[..4], ["Åmål", "Örebro", "Malmö", "Gävle"], "{encoding}");
    }
}

#[test]
fn decimal_signs_are_decided_by_the_columns_that_can_tell() {
    let sample = staged("prov.csv", "a,b\n\"1,234\",1.5\n\"2,345\",2.5\n");
    assert_eq!(sample.cells("a"), ["1234", "2345"]);
    let sample = staged("prov.csv", "a;b\n1.234;1,5\n2.345;2,5\n");
    assert_eq!(
        (sample.cells("a"), sample.cells("b")),
        (vec!["1234".into(), "2345".into()], vec!["1.5".into(), "2.5".into()])
    );
    assert_eq!((sample.repairs("decimal-comma"), sample.repairs("thousands-separator")), (2, 2));
    let silent = staged("prov.csv", "a;b\n1.234;x y\n2.345;z w\n");
    assert!(silent.finding("decimal-sign-uncertain"));
}

#[test]
fn what_the_owner_writes_wins() {
    let reading = Reading {
        delimiter: Some(';'),
        skip_before: Some(1),
        skip_after: Some(1),
        columns: [
            (
                "belopp".into(),
                ColumnReading {
                    kind: Some(ColumnType::Number),
                    decimals: Some(2),
                    missing: Some(vec!["999".into()]),
                    ..ColumnReading::default()
                },
            ),
            (
                "id".into(),
                ColumnReading {
                    kind: Some(ColumnType::Text),
                    semantic: Some("case_number".into()),
                    ..ColumnReading::default()
                },
            ),
        ]
        .into(),
        ..Reading::default()
    };
    let sample = stage_bytes(
        "prov.csv",
        b"x;y\nid;belopp\n1;10,5\n2;999\n3;ca 3\nsumma;10,5\n",
        reading,
        TableLimits::default(),
    )
    .unwrap();
    assert_eq!(sample.cells("belopp"), ["10.50", "∅", "∅"]);
    assert_eq!(
        (
            sample.nulls("belopp"),
            sample.rejects("belopp"),
            sample.repairs("null-marker:named")
        ),
        (1, 1, 1)
    );
    assert_eq!((sample.kind("id"), sample.semantic("id")), (ColumnType::Text, Some("case_number")));
}

#[test]
fn json_in_its_shapes() {
    let list = staged("prov.json", r#"[{"a":1,"b":{"c":"x","d":[1,2]}},{"a":2.5,"e":null}]"#);
    assert_eq!(list.facts.report.source.format, "json");
    assert_eq!(
        (list.kind("a"), list.cells("b.d"), list.nulls("e")),
        (ColumnType::Number, vec!["[1,2]".into(), "∅".into()], 2)
    );
    let wrapped = staged("prov.json", r#"{"meta":{"n":2},"result":[{"a":"2024-01-01"},{"a":"2024-01-02"}]}"#);
    assert_eq!(
        (wrapped.kind("a"), wrapped.facts.report.source.table.as_deref()),
        (ColumnType::Date, Some("result"))
    );
    let keyed = staged("prov.json", r#"{"Nämnden":{"start":2008},"Verket":{"start":2009,"slut":2010}}"#);
    assert_eq!(
        (keyed.cells("key"), keyed.cells("slut")),
        (vec!["Nämnden".into(), "Verket".into()], vec!["∅".into(), "2010".into()])
    );
    let lines = staged("prov.ndjson", "{\"a\":true}\n{\"a\":false}\n");
    assert_eq!(
        (lines.facts.report.source.format.as_str(), lines.kind("a"), lines.facts.rows),
        ("ndjson", ColumnType::Boolean, 2)
    );
}

#[test]
fn a_lost_leading_zero_is_restored_only_when_every_code_then_stands_in_the_register() {
    let sample = staged("prov.json", r#"[{"kommunkod":180},{"kommunkod":1480}]"#);
    assert_eq!(
        (sample.kind("kommunkod"), sample.cells("kommunkod")),
        (ColumnType::Code, vec!["0180".into(), "1480".into()])
    );
    assert_eq!(sample.repairs("leading-zero-restored"), 1);
    let wrong = staged("prov.json", r#"[{"kommunkod":199},{"kommunkod":1480}]"#);
    assert_eq!(wrong.kind("kommunkod"), ColumnType::Integer);
}

#[test]
fn geojson_comes_out_in_longitude_and_latitude() {
    let text = r#"{"type":"FeatureCollection","crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::3006"}},"features":[
        {"type":"Feature","properties":{"namn":"Trädet"},"geometry":{"type":"Point","coordinates":[356083.438,6097106.672]}},
        {"type":"Feature","properties":{"namn":"Busken"},"geometry":null}]}"#;
    let sample = staged("prov.geojson", text);
    assert_eq!(sample.facts.report.source_crs.as_deref(), Some("EPSG:3006"));
    assert_eq!((sample.kind("geometry"), sample.nulls("geometry")), (ColumnType::Geometry, 1));
    let file = std::fs::File::open(sample.path()).unwrap();
    let reader = parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
    let list = reader.metadata().file_metadata().key_value_metadata().unwrap();
    let geo: serde_json::Value =
        serde_json::from_str(list.iter().find(|entry| entry.key == "geo").unwrap().value.as_ref().unwrap()).unwrap();
    assert_eq!((&geo["version"], &geo["primary_column"]), (&"1.1.0".into(), &"geometry".into()));
    let crs = list.iter().find(|entry| entry.key == "source_crs").unwrap();
    assert_eq!(
        crs.value.as_deref(),
        Some("EPSG:3006"),
        "the source's own system is kept beside what is written"
    );
    let west = geo["columns"]["geometry"]["bbox"][0].as_f64().unwrap();
    assert!((west - 12.75).abs() < 1e-7, "{west}");
}

#[test]
fn a_disagreement_of_name_and_bytes_is_a_finding() {
    assert!(staged("prov.csv", r#"[{"a":1}]"#).finding("format-disagrees"));
    assert!(!staged("prov.json", r#"[{"a":1}]"#).finding("format-disagrees"));
}

#[test]
fn personal_numbers_get_their_meaning_whatever_the_header_says() {
    // A test number that Skatteverket has published.
    let Some(path) = super::shared("fixtures/anonymization/personnummer-meta/allPins.json") else {
        return;
    };
    let text = std::fs::read_to_string(path).unwrap();
    let pins: Vec<&str> = text
        .split('"')
        .filter(|word| word.len() >= 10 && word.bytes().all(|b| b.is_ascii_digit() || b == b'-'))
        .take(40)
        .collect();
    assert!(!pins.is_empty());
    let sample = staged(
        "prov.csv",
        &format!("x;y\n{}", pins.iter().map(|pin| format!("{pin};1\n")).collect::<String>()),
    );
    assert!(
        matches!(sample.semantic("x"), Some("personal_identity_number" | "coordination_number")),
        "{:?}",
        sample.column("x")
    );
    assert_eq!(sample.kind("x"), ColumnType::Code);
}
