//! Hostile bytes: each refused with a type and a place, beside an honest one that is accepted (`hardening.md` H22-H28).

use std::io::{Cursor, Write};

use fyr_model::Refusal;
use fyr_model::limits::TableLimits;
use fyr_model::table::{ColumnType, Reading};
use zip::write::SimpleFileOptions;

use super::{Sample, stage_bytes, staged};

fn limited(name: &str, bytes: &[u8], limits: TableLimits) -> Result<Sample, Refusal> {
    stage_bytes(name, bytes, Reading::default(), limits)
}

pub(crate) fn refusal(name: &str, bytes: &[u8], limits: TableLimits) -> Refusal {
    match limited(name, bytes, limits) {
        Ok(sample) => panic!("accepted: {:?}", sample.facts.report),
        Err(refusal) => refusal,
    }
}

fn check(name: &str, bytes: &[u8], id: &str) {
    assert_eq!(refusal(name, bytes, TableLimits::default()).id, id);
}

pub(crate) fn zipped(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in members {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

pub(crate) fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

const HONEST: &[u8] = b"kod;antal\n0180;1\n0181;2\n";

#[test]
fn h22_a_zip_that_inflates_without_end_is_stopped_by_counted_bytes() {
    let bomb = vec![b'1'; 40 << 20];
    assert_eq!(
        refusal("prov.zip", &zipped(&[("a.csv", &bomb)]), TableLimits::default()).id,
        "zip-ratio"
    );
    assert_eq!(refusal("prov.csv.gz", &gzipped(&bomb), TableLimits::default()).id, "zip-ratio");
    let small = TableLimits {
        unpacked_bytes_max: 23,
        ..TableLimits::default()
    };
    let zstd = |bytes: &[u8]| zstd::encode_all(bytes, 3).unwrap();
    assert_eq!(refusal("prov.csv.zst", &zstd(&bomb), TableLimits::default()).id, "zip-ratio");
    check("prov.csv.zst", &zstd(HONEST)[..12], "zstd-damaged");
    check("prov.csv.zst", &zstd(&zstd(HONEST)), "zip-nested");
    let frames = [zstd(b"kod;antal\n0180;1\n"), zstd(b"0181;2\n")].concat();
    let read = limited("prov.csv.zst", &frames, TableLimits::default()).unwrap();
    assert_eq!((read.facts.rows, read.facts.report.source.packing.as_deref()), (2, Some("zstd")));
    for packed in [zipped(&[("a.csv", HONEST)]), gzipped(HONEST), zstd(HONEST)] {
        assert_eq!(refusal("prov", &packed, small.clone()).id, "unpacked-too-large");
        let exact = TableLimits {
            unpacked_bytes_max: HONEST.len() as u64,
            ..TableLimits::default()
        };
        assert_eq!(limited("prov", &packed, exact).unwrap().facts.rows, 2);
    }
}

#[test]
fn h22_archives_hold_one_table_and_no_archive_and_no_secrets() {
    check("prov.zip", &zipped(&[("a.zip", &zipped(&[("b.csv", HONEST)]))]), "zip-nested");
    check("prov.csv.gz", &gzipped(&gzipped(HONEST)), "zip-nested");
    check("prov.zip", &zipped(&[("a.csv", HONEST), ("b.csv", HONEST)]), "zip-several-tables");
    check("prov.zip", &zipped(&[]), "zip-no-table");
    let many: Vec<(String, &[u8])> = (0..1001).map(|index| (format!("{index}.txt"), HONEST)).collect();
    let many: Vec<(&str, &[u8])> = many.iter().map(|(name, bytes)| (name.as_str(), *bytes)).collect();
    check("prov.zip", &zipped(&many), "zip-too-many-entries");
    check("prov.zip", &zipped(&[("a.csv", HONEST)])[..60], "zip-damaged");
    let mut link = zip::ZipWriter::new(Cursor::new(Vec::new()));
    link.add_symlink("a.csv", "/etc/hostname", SimpleFileOptions::default()).unwrap();
    check("prov.zip", &link.finish().unwrap().into_inner(), "zip-link");
    let honest = limited(
        "prov.zip",
        &zipped(&[("läsmig.txt", b"hej"), ("a.csv", HONEST)]),
        TableLimits::default(),
    )
    .unwrap();
    assert_eq!(
        (
            honest.facts.rows,
            honest.facts.report.source.packing.as_deref(),
            honest.facts.report.source.table.as_deref()
        ),
        (2, Some("zip"), Some("a.csv"))
    );
    let two_members = [gzipped(b"kod;antal\n0180;1\n"), gzipped(b"0181;2\n")].concat();
    assert_eq!(limited("prov.csv.gz", &two_members, TableLimits::default()).unwrap().facts.rows, 2);
}

#[test]
fn h23_names_inside_an_archive_never_become_paths() {
    let sample = limited("prov.zip", &zipped(&[("../../evil.csv", HONEST)]), TableLimits::default()).unwrap();
    assert_eq!(sample.facts.report.source.table.as_deref(), Some("../../evil.csv"));
    assert!(!sample.dir.path().join("../../evil.csv").exists());
    assert_eq!(sample.facts.rows, 2);
}

#[test]
fn h24_an_unclosed_quote_is_refused_with_its_place() {
    let found = refusal("prov.csv", b"a;b\n1;x\n2;\"y\n3;z\n", TableLimits::default());
    let position = found.position.unwrap();
    assert_eq!((found.id.as_str(), position.line, position.offset), ("csv-unclosed-quote", 3, 10));
    assert!(!format!("{found:?}").contains("y\\n3"), "no value in a refusal");
    assert_eq!(staged("prov.csv", "a;b\n1;x\n2;\"y\n3;z\"\n").facts.rows, 2);
    assert_eq!(staged("prov.csv", "a;b\n1;x\n2;5\" rör\n").facts.rows, 2);
}

#[test]
fn h24_columns_fields_and_records_are_bounded() {
    let limits = TableLimits {
        columns_max: 8,
        field_bytes_max: 16,
        record_bytes_max: 40,
        ..TableLimits::default()
    };
    let row = |count: usize, cell: &str| vec![cell; count].join(";");
    let table = |line: &str| format!("{}\n{line}\n", row(8, "a"));
    for (line, id) in [
        (row(9, "b"), "csv-too-many-columns"),
        (format!("{};x", "y".repeat(17)), "csv-field-too-long"),
        (format!("\"{}\";x", "y".repeat(17)), "csv-field-too-long"),
        (row(8, "bbbbbb"), "csv-record-too-long"),
    ] {
        let found = refusal("prov.csv", table(&line).as_bytes(), limits.clone());
        assert_eq!(found.id, id);
        assert!(found.position.is_some_and(|position| position.offset >= 16), "{found:?}");
    }
    for line in [row(8, "b"), format!("{};x", "y".repeat(16)), row(8, "bbbbb")] {
        assert_eq!(
            limited("prov.csv", table(&line).as_bytes(), limits.clone()).unwrap().facts.rows,
            1,
            "{line}"
        );
    }
    let wide = row(20_000, "kolumn");
    check("prov.csv", format!("{wide}\n{wide}\n").as_bytes(), "csv-too-many-columns");
    check(
        "prov.csv",
        format!("a;b\n{}", "x".repeat((1 << 20) + 1)).as_bytes(),
        "csv-field-too-long",
    );
}

#[test]
fn h25_mixed_encodings_are_refused_above_the_cap_and_listed_below() {
    let table = |lines: usize, wrong: usize| {
        let mut bytes = b"ort;antal\n".to_vec();
        for line in 0..lines {
            bytes.extend_from_slice(if line < wrong { b"Malm\xf6;1\n" } else { "Örebro;2\n".as_bytes() });
        }
        bytes
    };
    let found = refusal("prov.csv", &table(999, 2), TableLimits::default());
    assert_eq!((found.id.as_str(), found.position.unwrap().line), ("encoding-mixed", 2));
    let sample = limited("prov.csv", &table(999, 1), TableLimits::default()).unwrap();
    assert_eq!((sample.repairs("mixed-encoding-line"), sample.facts.rows), (1, 999));
    assert_eq!(sample.cells("ort")[..2], ["Malmö", "Örebro"]);
    assert!(sample.finding("encoding-mixed"));
    let honest = limited("prov.csv", &table(3, 0), TableLimits::default()).unwrap();
    assert!(!honest.finding("encoding-mixed"));
    // Overlong forms and surrogates are no UTF-8; alone they are read as what they are in a single-byte set.
    check(
        "prov.csv",
        "ort;antal\nÖ;1\n\u{e5};2\n"
            .as_bytes()
            .iter()
            .copied()
            .chain(*b"\xc0\xaf;3\n")
            .collect::<Vec<u8>>()
            .as_slice(),
        "encoding-mixed",
    );
}

#[test]
fn h26_a_parquet_file_is_bounded_before_a_page_is_inflated() {
    let sample = staged("prov.csv", "kod;antal\n0180;1\n0181;2\n");
    let bytes = std::fs::read(sample.path()).unwrap();
    let again = limited("prov.parquet", &bytes, TableLimits::default()).unwrap();
    assert_eq!(
        (again.facts.rows, again.kind("kod"), again.kind("antal")),
        (2, ColumnType::Code, ColumnType::Integer)
    );
    for cut in [4, 11, 40, bytes.len() - 1] {
        check("prov.parquet", &bytes[..cut], "parquet-damaged");
    }
    let mut footer = bytes.clone();
    let at = footer.len() - 8;
    footer[at..at + 4].copy_from_slice(&u32::MAX.to_le_bytes());
    check("prov.parquet", &footer, "parquet-damaged");
    // A page header that claims 1 GiB: the second field of the first header after the magic.
    let mut forged = Vec::new();
    forged.extend_from_slice(b"PAR1");
    let page = [0x15, 0x00, 0x15, 0x80, 0x80, 0x80, 0x80, 0x08, 0x15, 0x04, 0x00, 0xaa, 0xaa];
    forged.extend_from_slice(&page);
    let walked = crate::stage::pages_walk(&mut Cursor::new(&forged), 4, page.len() as u64);
    assert_eq!(walked, Err("PageTooLarge"));
    let mut honest_page = page;
    honest_page[3..8].copy_from_slice(&[0x84, 0x80, 0x80, 0x80, 0x00]);
    forged.truncate(4);
    forged.extend_from_slice(&honest_page);
    assert_eq!(crate::stage::pages_walk(&mut Cursor::new(&forged), 4, page.len() as u64), Ok(1));
}

/// A workbook of one sheet with these rows of XML.
pub(crate) fn workbook(rows: &str, dimension: &str) -> Vec<u8> {
    let sheet = format!(
        r#"<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><dimension ref="{dimension}"/><sheetData>{rows}</sheetData></worksheet>"#
    );
    zipped(&[
        (
            "[Content_Types].xml",
            br#"<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>"#,
        ),
        (
            "_rels/.rels",
            br#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#,
        ),
        (
            "xl/workbook.xml",
            br#"<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="Blad1" sheetId="1" r:id="rId1"/></sheets></workbook>"#,
        ),
        (
            "xl/_rels/workbook.xml.rels",
            br#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#,
        ),
        ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
    ])
}

pub(crate) const CELLS: &str = r#"<row r="1"><c r="A1" t="inlineStr"><is><t>kod</t></is></c><c r="B1" t="inlineStr"><is><t>antal</t></is></c></row><row r="2"><c r="A2" t="inlineStr"><is><t>0180</t></is></c><c r="B2"><v>12</v></c></row>"#;

#[test]
fn h27_a_forged_workbook_does_not_decide_its_own_size() {
    let honest = limited("prov.xlsx", &workbook(CELLS, "A1:B2"), TableLimits::default()).unwrap();
    assert_eq!(
        (honest.kind("kod"), honest.cells("kod"), honest.cells("antal")),
        (ColumnType::Code, vec!["0180".to_owned()], vec!["12".to_owned()])
    );
    // A declared dimension of the whole sheet allocates nothing, and neither does a far cell.
    let forged = limited("prov.xlsx", &workbook(CELLS, "A1:XFD1048576"), TableLimits::default()).unwrap();
    assert_eq!(forged.facts.rows, 1);
    let far = format!("{CELLS}<row r=\"1048576\"><c r=\"B1048576\"><v>1</v></c></row>");
    assert_eq!(
        limited("prov.xlsx", &workbook(&far, "A1:B2"), TableLimits::default())
            .unwrap()
            .facts
            .rows,
        2
    );
    let limits = TableLimits {
        workbook_part_bytes_max: 600,
        ..TableLimits::default()
    };
    assert_eq!(
        refusal("prov.xlsx", &workbook(&far.repeat(4), "A1"), limits).id,
        "workbook-part-too-large"
    );
    let limits = TableLimits {
        cells_max: 3,
        ..TableLimits::default()
    };
    assert_eq!(refusal("prov.xlsx", &workbook(CELLS, "A1"), limits).id, "workbook-too-many-cells");
    let backwards = format!("{CELLS}<row r=\"1\"><c r=\"A1\"><v>1</v></c></row>");
    check("prov.xlsx", &workbook(&backwards, "A1"), "workbook-damaged");
    // Places whose numbers overflow are refused before they are reckoned with.
    for (from, to) in [
        ("r=\"B2\"", "r=\"AAAAAAAAAAAA2\""),
        ("r=\"B2\"", "r=\"B99999999999\""),
        ("row r=\"2\"", "row r=\"99999999999\""),
    ] {
        check("prov.xlsx", &workbook(&CELLS.replace(from, to), "A1"), "workbook-damaged");
    }
    check("prov.xlsx", &workbook(CELLS, "B2:A1"), "workbook-damaged");
    // Four thousand million blank rows before a cell are not walked through.
    let beyond = format!("{CELLS}<row r=\"4294967295\"><c r=\"A4294967295\"><v>1</v></c></row>");
    check("prov.xlsx", &workbook(&beyond, "A1"), "workbook-damaged");
    check("prov.xlsx", &workbook(&format!("{CELLS}<!DOCTYPE x>"), "A1"), "workbook-doctype");
    check(
        "prov.xlsx",
        &workbook("<row r=\"1\"><c r=\"A1\"><v>1</v>", "A1"),
        "workbook-damaged",
    );
}

#[test]
fn h28_json_keys_that_stand_twice_and_numbers_that_fit_nowhere() {
    let twice = staged("prov.json", r#"[{"a":1,"a":2},{"a":3}]"#);
    assert_eq!(
        (twice.repairs("duplicate-key"), twice.cells("a")),
        (1, vec!["2".into(), "3".into()])
    );
    let huge = staged("prov.json", r#"[{"a":1e400},{"a":2}]"#);
    assert_eq!(
        (huge.kind("a"), huge.cells("a")),
        (ColumnType::Text, vec!["1e400".into(), "2".into()])
    );
    assert!(huge.finding("number-too-large"));
    let digits = "12345678901234567890123456789012345678";
    let big = staged("prov.json", &format!(r#"[{{"a":{digits}}},{{"a":2}}]"#));
    assert_eq!((big.kind("a"), big.cells("a")[0].as_str()), (ColumnType::Integer, digits));
    let honest = staged("prov.json", r#"[{"a":1},{"a":2}]"#);
    assert_eq!((honest.kind("a"), honest.repairs("duplicate-key")), (ColumnType::Integer, 0));
}

#[test]
fn h28_json_nesting_is_bounded() {
    let deep = |levels: usize| format!("[{{\"a\":{}{}}}]", "[".repeat(levels - 2), "]".repeat(levels - 2));
    let found = refusal("prov.json", deep(129).as_bytes(), TableLimits::default());
    assert_eq!((found.id.as_str(), found.position.unwrap().offset), ("json-depth", 132));
    assert_eq!(staged("prov.json", &deep(128)).facts.rows, 1);
    check("prov.json", "[".repeat(2_000).as_bytes(), "json-depth");
    check("prov.json", format!("{{\"a\":{}", "{\"a\":".repeat(2_000)).as_bytes(), "json-depth");
    check("prov.json", b"[{\"a\":1},{\"a\":]", "json-syntax");
    check("prov.json", b"[{\"a\":1}", "json-syntax");
    check("prov.json", b"{\"a\":1}", "not-a-table");
}

#[test]
fn what_is_no_table_is_refused_by_name() {
    check("prov.csv", b"", "empty-table");
    check("prov.csv", b"\n\n", "empty-table");
    check("prov.csv", b"<!DOCTYPE html><html><body>404</body></html>", "not-a-table");
    check("prov.csv", b"<?xml version=\"1.0\"?><gml/>", "unknown-format");
    check("prov.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1aaaaaaa", "unknown-format");
    check("prov.px", b"CHARSET=\"ANSI\";\n", "px-keyword");
    check("prov.geojson", br#"{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"a":1},"geometry":{"type":"Point","coordinates":["x"]}}]}"#, "geojson-geometry");
    check("prov.geojson", br#"{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"a":1},"geometry":{"type":"Point","coordinates":[674032.0,6580821.0]}}]}"#, "geojson-coordinates");
    assert_eq!(staged("prov.csv", "a,b\n").facts.rows, 0);
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { cases: 96, failure_persistence: None, ..Default::default() })]

    /// Whatever the bytes: a table whose cells add up, or a refusal with an id; never a panic.
    #[test]
    fn any_text_is_read_or_refused_by_name(text in "(a;b|kod,antal|\\{\"a\":|\\[\\{|x)?[a-c0-9;,\"\\t\\n\\r .\\-åäö\\{\\}\\[\\]:]{0,120}") {
        match limited("prov.csv", text.as_bytes(), TableLimits::default()) {
            Ok(sample) => proptest::prop_assert!(!sample.facts.report.columns.is_empty()),
            Err(refusal) => proptest::prop_assert!(!refusal.id.is_empty() && refusal.id != "table-engine", "{:?}", refusal),
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused_by_name(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200)) {
        for head in [&b""[..], b"PAR1", b"\x1f\x8b", b"PK\x03\x04", b"\xff\xfe", b"a;b\n"] {
            if let Err(refusal) = limited("prov", &[head, &bytes].concat(), TableLimits::default()) {
                proptest::prop_assert!(!refusal.id.is_empty() && refusal.id != "table-engine", "{:?}", refusal);
            }
        }
    }
}
