//! Spreadsheets: formats that show codes, headers of merged cells, hidden parts, several tables; XLSX and ODS alike.

use std::io::Write;

use fyr_model::limits::TableLimits;
use fyr_model::table::ColumnType::{Boolean, Code, Date, Integer, Number, Text, Time};
use fyr_model::table::Reading;

use super::cubes::{judge, real};
use super::hardening::{refusal, workbook, zipped};
use super::{Sample, stage_bytes};

/// A workbook whose cells are given by address: text, or a number after `=`, with the number of a style after `@`.
pub(crate) fn xlsx(cells: &[&[&str]], tail: &str) -> Vec<u8> {
    let rows: String = cells
        .iter()
        .enumerate()
        .filter(|(_, row)| row.iter().any(|cell| !cell.is_empty()))
        .map(|(number, row)| {
            let (row, hidden) = match row.first() {
                Some(&"!") => (&row[1..], " hidden=\"1\""),
                _ => (*row, ""),
            };
            let cells: String = row.iter().enumerate().map(|(column, text)| cell(number, column, text)).collect();
            format!("<row r=\"{}\"{hidden}>{cells}</row>", number + 1)
        })
        .collect();
    let plain = workbook(&rows, "A1");
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(plain)).unwrap();
    let mut members: Vec<(String, Vec<u8>)> = (0..archive.len())
        .map(|index| {
            let mut member = archive.by_index(index).unwrap();
            let mut bytes = Vec::new();
            std::io::copy(&mut member, &mut bytes).unwrap();
            (member.name().unwrap().into_owned(), bytes)
        })
        .collect();
    for (name, bytes) in &mut members {
        let text = String::from_utf8(std::mem::take(bytes)).unwrap();
        *bytes = match name.as_str() {
            "xl/worksheets/sheet1.xml" => text.replace("</sheetData>", &format!("</sheetData>{tail}")),
            "xl/_rels/workbook.xml.rels" => text.replace(
                "</Relationships>",
                r#"<Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/></Relationships>"#,
            ),
            _ => text,
        }
        .into_bytes();
    }
    let styles = br#"<?xml version="1.0"?><styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><numFmts count="2"><numFmt numFmtId="164" formatCode="0000"/><numFmt numFmtId="165" formatCode="000\ 00"/></numFmts><cellXfs count="3"><xf numFmtId="0"/><xf numFmtId="164"/><xf numFmtId="165"/></cellXfs></styleSheet>"#;
    members.push(("xl/styles.xml".into(), styles.to_vec()));
    let members: Vec<(&str, &[u8])> = members.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
    zipped(&members)
}

fn cell(row: usize, column: usize, text: &str) -> String {
    let at = format!("{}{}", char::from(b'A' + u8::try_from(column).unwrap()), row + 1);
    match text.strip_prefix('=') {
        _ if text.is_empty() => String::new(),
        Some(number) => {
            let (number, style) = number.split_once('@').unwrap_or((number, "0"));
            format!("<c r=\"{at}\" s=\"{style}\"><v>{number}</v></c>")
        }
        None => format!("<c r=\"{at}\" t=\"inlineStr\"><is><t>{text}</t></is></c>"),
    }
}

pub(crate) fn merges(ranges: &[&str]) -> String {
    let cells: String = ranges.iter().map(|range| format!("<mergeCell ref=\"{range}\"/>")).collect();
    format!("<mergeCells count=\"{}\">{cells}</mergeCells>", ranges.len())
}

fn read(name: &str, bytes: &[u8], table: Option<&str>) -> Sample {
    let reading = Reading {
        table: table.map(str::to_owned),
        ..Reading::default()
    };
    stage_bytes(name, bytes, reading, TableLimits::default()).unwrap_or_else(|refusal| panic!("{refusal:?}"))
}

#[test]
fn the_procurement_workbook_is_judged_by_hand() {
    let Some(sample) = real("xlsx/number_of_environmental_procurements.xlsx") else {
        return;
    };
    let sample = sample.unwrap();
    judge(
        &sample,
        6,
        &[
            ("År", Integer, Some("year")),
            ("Typ av miljömässigt hållbar upphandling", Text, None),
            ("Antal upphandlingar, Miljötyp, Summa", Integer, None),
        ],
    );
    assert_eq!(sample.cells("Antal upphandlingar, Miljötyp, Summa")[5], "1126");
    assert_eq!(sample.facts.report.source.table.as_deref(), Some("Antal upphandlingar, Miljötyp, "));
}

#[test]
fn the_marine_workbook_is_judged_by_hand() {
    let Some(sample) = real("xlsx/Anholt_E_2024-09-15_0-10m.xlsx") else {
        return;
    };
    let sample = sample.unwrap();
    assert_eq!(sample.facts.report.source.table.as_deref(), Some("sample_data.txt"));
    let numbers = [
        ("size_class", Integer),
        ("count_area_number", Integer),
        ("locked_at_area", Integer),
        ("counted_units", Integer),
        ("coefficient", Number),
        ("abundance_units_l", Number),
        ("volume_mm3_l", Number),
        ("carbon_ugc_l", Number),
        ("volume_um3_unit", Number),
        ("carbon_pgc_unit", Number),
    ];
    let columns = [
        "scientific_full_name",
        "taxon_class",
        "scientific_name",
        "size_class",
        "method_step",
        "count_area_number",
        "locked_at_area",
        "counted_units",
        "counted_units_list",
        "abundance_class",
        "coefficient",
        "abundance_units_l",
        "volume_mm3_l",
        "carbon_ugc_l",
        "volume_um3_unit",
        "carbon_pgc_unit",
        "variable_comment",
        "trophic_type",
        "unit_type",
        "species_flag_code",
        "cf",
        "bvol_list",
        "bvol_list_calc",
    ]
    .map(|name| {
        let kind = numbers.iter().find(|(number, _)| *number == name).map_or(Text, |(_, kind)| *kind);
        (name, kind, None)
    });
    judge(&sample, 89, &columns);
    assert_eq!(
        (
            sample.cells("coefficient")[0].as_str(),
            sample.cells("abundance_units_l")[88].as_str()
        ),
        ("40.0", "80.0")
    );
}

#[test]
fn a_number_that_is_shown_as_a_code_is_that_code() {
    let bytes = xlsx(
        &[
            &["kommunkod", "postnummer", "antal"],
            &["=180@1", "=11455@2", "=5"],
            &["=1480@1", "=41101@2", "=7"],
        ],
        "",
    );
    let sample = read("prov.xlsx", &bytes, None);
    judge(
        &sample,
        2,
        &[
            ("kommunkod", Code, Some("municipality_code")),
            ("postnummer", Code, Some("postcode")),
            ("antal", Integer, None),
        ],
    );
    assert_eq!(sample.cells("kommunkod"), ["0180", "1480"]);
    assert_eq!(sample.cells("postnummer"), ["114 55", "411 01"]);
    assert_eq!(sample.repairs("leading-zero-restored"), 0);
}

#[test]
fn merged_header_cells_name_all_their_columns() {
    let rows: &[&[&str]] = &[
        &["Befolkning efter kön"],
        &["Kod", "Män", "", "Kvinnor", ""],
        &["", "Antal", "Andel", "Antal", "Andel"],
        &["0180", "=1", "=0.5", "=2", "=0.25"],
        &["1480", "=3", "=0.5", "=4", "=0.75"],
    ];
    let bytes = xlsx(rows, &merges(&["A1:E1", "A2:A3", "B2:C2", "D2:E2"]));
    let sample = read("prov.xlsx", &bytes, None);
    judge(
        &sample,
        2,
        &[
            ("Kod", Code, None),
            ("Män / Antal", Integer, None),
            ("Män / Andel", Number, Some("percentage")),
            ("Kvinnor / Antal", Integer, None),
            ("Kvinnor / Andel", Number, Some("percentage")),
        ],
    );
    assert_eq!(sample.repairs("preamble-row"), 1);
    // Merged cells over data prove nothing: names of people under one heading stay rows.
    let names: &[&[&str]] = &[&["Namn", "", "ort"], &["Anna", "Berg", "Norr"], &["Bo", "Ek", "Söder"]];
    assert_eq!(read("prov.xlsx", &xlsx(names, &merges(&["A1:B1"])), None).facts.rows, 2);
}

#[test]
fn hidden_rows_and_columns_are_read_and_reported() {
    let rows: &[&[&str]] = &[&["kod", "antal"], &["a", "=1"], &["!", "b", "=2"], &["c", "=3"]];
    let sample = read("prov.xlsx", &xlsx(rows, ""), None);
    assert_eq!(
        (sample.facts.rows, sample.cells("kod")),
        (3, vec!["a".into(), "b".into(), "c".into()])
    );
    let found = sample
        .facts
        .report
        .findings
        .iter()
        .find(|finding| finding.id == "hidden-rows")
        .unwrap();
    assert_eq!(found.evidence.as_deref(), Some("1"));
    assert!(!sample.finding("hidden-columns"));
}

#[test]
fn the_largest_of_several_tables_is_taken_and_the_others_are_named() {
    let rows: &[&[&str]] = &[
        &["Liten tabell"],
        &["kod", "antal"],
        &["a", "=1"],
        &[],
        &["ort", "andel", "summa"],
        &["Norr", "=1", "=2"],
        &["Söder", "=3", "=4"],
        &["Öster", "=5", "=6"],
    ];
    let sample = read("prov.xlsx", &xlsx(rows, ""), None);
    judge(
        &sample,
        3,
        &[
            ("ort", Text, None),
            ("andel", Integer, Some("percentage")),
            ("summa", Integer, None),
        ],
    );
    let found = sample
        .facts
        .report
        .findings
        .iter()
        .find(|finding| finding.id == "several-tables")
        .unwrap();
    assert_eq!(found.evidence.as_deref(), Some("Blad1!A1:B3"));
    let other = read("prov.xlsx", &xlsx(rows, ""), Some("Blad1!A1"));
    judge(&other, 1, &[("kod", Text, None), ("antal", Integer, None)]);
    let reading = Reading {
        table: Some("Blad1!Z90".into()),
        ..Reading::default()
    };
    let wrong = stage_bytes("prov.xlsx", &xlsx(rows, ""), reading, TableLimits::default());
    assert!(wrong.is_err_and(|refusal| refusal.id == "workbook-no-table"));
}

#[test]
fn tables_side_by_side_are_told_apart() {
    let rows: &[&[&str]] = &[
        &["år", "antal", "", "år", "andel"],
        &["=2021", "=1", "", "=2021", "=0.5"],
        &["=2022", "=2", "", "=2022", "=0.5"],
        &["=2023", "=3", "", "=2023", "=0.5"],
        &["=2024", "=4"],
    ];
    let sample = read("prov.xlsx", &xlsx(rows, ""), None);
    judge(&sample, 4, &[("år", Integer, Some("year")), ("antal", Integer, None)]);
    let right = read("prov.xlsx", &xlsx(rows, ""), Some("Blad1!D1"));
    judge(&right, 3, &[("år", Integer, Some("year")), ("andel", Number, Some("percentage"))]);
}

/// A spreadsheet of these tables in the language of its content part.
pub(crate) fn ods(tables: &str) -> Vec<u8> {
    let content = format!(
        r#"<?xml version="1.0" encoding="UTF-8"?><office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"><office:automatic-styles><style:style style:name="ta2" style:family="table"><style:table-properties table:display="false"/></style:style></office:automatic-styles><office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body></office:document-content>"#
    );
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let stored = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for (name, bytes) in [
        ("mimetype", &b"application/vnd.oasis.opendocument.spreadsheet"[..]),
        ("content.xml", content.as_bytes()),
    ] {
        zip.start_file(name, stored).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// An invented sheet: codes by format, dates, times, a percentage, a boolean, an error, repeated cells and rows.
pub(crate) const ODS: &str = r#"<table:table table:name="Blad1"><table:table-column table:number-columns-repeated="8"/>
<table:table-row><table:table-cell office:value-type="string"><text:p>kommunkod</text:p></table:table-cell><table:table-cell office:value-type="string"><text:p>datum</text:p></table:table-cell><table:table-cell office:value-type="string"><text:p>tid</text:p></table:table-cell><table:table-cell office:value-type="string"><text:p>andel</text:p></table:table-cell><table:table-cell office:value-type="string"><text:p>aktiv</text:p></table:table-cell><table:table-cell office:value-type="string"><text:p>antal</text:p></table:table-cell><table:table-cell office:value-type="string"><text:p>text &amp; <text:span>mera</text:span></text:p></table:table-cell><table:table-cell table:number-columns-repeated="16377"/></table:table-row>
<table:table-row><table:table-cell office:value-type="float" office:value="180"><text:p>0180</text:p></table:table-cell><table:table-cell office:value-type="date" office:date-value="2024-01-31"><text:p>31/1</text:p></table:table-cell><table:table-cell office:value-type="time" office:time-value="PT12H30M00S"><text:p>12.30</text:p></table:table-cell><table:table-cell office:value-type="percentage" office:value="0.125"><text:p>12,5 %</text:p></table:table-cell><table:table-cell office:value-type="boolean" office:boolean-value="true"><text:p>SANT</text:p></table:table-cell><table:table-cell office:value-type="float" office:value="5"><text:p>5</text:p></table:table-cell><table:table-cell office:value-type="string"><office:annotation><text:p>Påhittad Person</text:p></office:annotation><text:p>rad<text:s text:c="2"/>ett</text:p><text:p>rad två</text:p></table:table-cell></table:table-row>
<table:table-row table:number-rows-repeated="2" table:visibility="collapse"><table:table-cell office:value-type="float" office:value="1480"><text:p>1480</text:p></table:table-cell><table:table-cell office:value-type="date" office:date-value="2024-02-01T00:00:00"><text:p>1/2</text:p></table:table-cell><table:table-cell/><table:table-cell office:value-type="percentage" office:value="1"><text:p>100 %</text:p></table:table-cell><table:table-cell office:value-type="boolean" office:boolean-value="false"><text:p>FALSKT</text:p></table:table-cell><table:table-cell table:formula="of:=1/0" calcext:value-type="error" office:value-type="string"><text:p>#DIV/0!</text:p></table:table-cell><table:table-cell/></table:table-row>
<table:table-row table:number-rows-repeated="1048572"><table:table-cell table:number-columns-repeated="16384"/></table:table-row>
</table:table>"#;

#[test]
fn an_open_document_is_read_by_its_stored_values() {
    let sample = read("prov.ods", &ods(ODS), None);
    judge(
        &sample,
        3,
        &[
            ("kommunkod", Code, Some("municipality_code")),
            ("datum", Date, None),
            ("tid", Time, None),
            ("andel", Number, Some("percentage")),
            ("aktiv", Boolean, None),
            ("antal", Integer, None),
            ("text & mera", Text, None),
        ],
    );
    assert_eq!(sample.facts.report.source.format, "ods");
    assert_eq!(sample.cells("kommunkod"), ["0180", "1480", "1480"]);
    assert_eq!(sample.cells("datum"), ["2024-01-31", "2024-02-01", "2024-02-01"]);
    assert_eq!(sample.cells("andel"), ["0.125", "1.0", "1.0"]);
    assert_eq!(sample.cells("text & mera"), ["rad  ett\nrad två", "∅", "∅"]);
    assert_eq!(
        (sample.cells("antal"), sample.repairs("null-marker:error")),
        (vec!["5".into(), "∅".into(), "∅".into()], 2)
    );
    let hidden = sample
        .facts
        .report
        .findings
        .iter()
        .find(|finding| finding.id == "hidden-rows")
        .unwrap();
    assert_eq!(hidden.evidence.as_deref(), Some("2"));
    assert!(!sample.finding("format-disagrees"));
}

#[test]
fn an_open_document_has_hidden_sheets_and_merged_headers() {
    let text = |text: &str| format!("<table:table-cell office:value-type=\"string\"><text:p>{text}</text:p></table:table-cell>");
    let number = |value: &str| {
        format!("<table:table-cell office:value-type=\"float\" office:value=\"{value}\"><text:p>{value}</text:p></table:table-cell>")
    };
    let wide = |text: &str| {
        format!(
            "<table:table-cell table:number-columns-spanned=\"2\" office:value-type=\"string\"><text:p>{text}</text:p></table:table-cell><table:covered-table-cell/>"
        )
    };
    let row = |cells: &[String]| format!("<table:table-row>{}</table:table-row>", cells.concat());
    let table = [
        row(&["<table:table-cell/>".into(), wide("Män"), wide("Kvinnor")]),
        row(&[text("ort"), text("antal"), text("andel"), text("antal"), text("andel")]),
        row(&[text("Norr"), number("1"), number("0.5"), number("2"), number("0.5")]),
        row(&[text("Söder"), number("3"), number("0.5"), number("4"), number("0.5")]),
    ]
    .concat();
    let notes = format!(
        "<table:table table:name=\"Om\">{}</table:table>",
        row(&[text("Tabellen är påhittad")])
    );
    let hidden = format!("<table:table table:name=\"Data\" table:style-name=\"ta2\">{table}</table:table>");
    let sample = read("prov.ods", &ods(&format!("{notes}{hidden}")), None);
    judge(
        &sample,
        2,
        &[
            ("ort", Text, None),
            ("Män / antal", Integer, None),
            ("Män / andel", Number, Some("percentage")),
            ("Kvinnor / antal", Integer, None),
            ("Kvinnor / andel", Number, Some("percentage")),
        ],
    );
    assert!(sample.finding("hidden-sheet"));
    assert_eq!(sample.facts.report.source.table.as_deref(), Some("Data"));
}

#[test]
fn a_forged_open_document_does_not_decide_its_own_size() {
    let limits = TableLimits {
        cells_max: 1_000,
        columns_max: 20,
        ..TableLimits::default()
    };
    let check = |from: &str, to: &str, id: &str| {
        let found = refusal("prov.ods", &ods(&ODS.replace(from, to)), limits.clone());
        assert_eq!(found.id, id, "{to}");
    };
    check(
        "table:number-rows-repeated=\"2\"",
        "table:number-rows-repeated=\"4000000000\"",
        "workbook-too-many-cells",
    );
    let filled = "table:number-columns-repeated=\"16377\" office:value-type=\"float\" office:value=\"1\"";
    check("table:number-columns-repeated=\"16377\"", filled, "csv-too-many-columns");
    check("</table:table>", "", "workbook-damaged");
    check("&amp;", "&okänd;", "workbook-damaged");
    check("<table:table-row>", "<!DOCTYPE x><table:table-row>", "workbook-doctype");
    // Blank rows to the end of the world, and a cell after them.
    let far = ODS.replace("1048572", "99999999999").replace(
        "</table:table>",
        "<table:table-row><table:table-cell office:value-type=\"float\" office:value=\"1\"/></table:table-row></table:table>",
    );
    assert_eq!(refusal("prov.ods", &ods(&far), limits.clone()).id, "workbook-too-many-cells");
    assert_eq!(
        stage_bytes("prov.ods", &ods(ODS), Reading::default(), limits).unwrap().facts.rows,
        3
    );
}

#[test]
fn delimited_text_has_units_comments_groups_and_sums() {
    let text = "# Mätningar 2024; version 2\n#\nstation;temp;vind\n;[°C];(m/s)\nNorr;1,5;3\nSöder;2,5;4\nSumma;4,0;7\n\nKälla: Exempelby\n";
    let sample = super::staged("prov.csv", text);
    judge(
        &sample,
        3,
        &[("station", Text, None), ("temp", Number, None), ("vind", Integer, None)],
    );
    assert_eq!(
        (sample.column("temp").unit.as_deref(), sample.column("vind").unit.as_deref()),
        (Some("°C"), Some("m/s"))
    );
    assert_eq!(
        (
            sample.repairs("units-row"),
            sample.repairs("preamble-row"),
            sample.repairs("sum-row")
        ),
        (1, 2, 1)
    );
    assert!(sample.finding("sum-rows"));
    let grouped = super::staged(
        "prov.csv",
        ";Män;;Kvinnor;\nkod;antal;andel;antal;andel\n01;1;0,5;2;0,5\n03;3;0,5;4;0,5\n",
    );
    judge(
        &grouped,
        2,
        &[
            ("kod", Code, None),
            ("Män / antal", Integer, None),
            ("Män / andel", Number, Some("percentage")),
            ("Kvinnor / antal", Integer, None),
            ("Kvinnor / andel", Number, Some("percentage")),
        ],
    );
}

/// A sheet whose first table is longer than what is looked at, with a second one below it.
fn long(rows: usize) -> Vec<u8> {
    let mut lines: Vec<Vec<String>> = vec![vec!["ort".into(), "antal".into()]];
    lines.extend((0..rows).map(|row| vec![format!("plats {row}"), format!("={row}")]));
    // A blank row inside the table divides nothing.
    lines.insert(rows - 5, Vec::new());
    lines.push(Vec::new());
    lines.push(vec!["År".into(), "andel".into()]);
    lines.extend((0..3).map(|row| vec![format!("={}", 2020 + row), format!("=0.{row}5")]));
    let cells: Vec<Vec<&str>> = lines.iter().map(|line| line.iter().map(String::as_str).collect()).collect();
    xlsx(&cells.iter().map(Vec::as_slice).collect::<Vec<_>>(), "")
}

#[test]
fn a_further_table_below_the_rows_looked_at_ends_the_first() {
    let limits = TableLimits {
        sniff_rows_max: 50,
        ..TableLimits::default()
    };
    let bytes = long(120);
    let sample = stage_bytes("prov.xlsx", &bytes, Reading::default(), limits.clone()).unwrap();
    assert_eq!((sample.facts.rows, sample.kind("antal")), (120, Integer));
    let finding = sample
        .facts
        .report
        .findings
        .iter()
        .find(|finding| finding.id == "several-tables")
        .unwrap();
    let address = finding.evidence.clone().unwrap();
    assert!(address.ends_with("!A124"), "{address}");
    // The owner may name it, and then it is read from its own header on.
    let reading = Reading {
        table: Some(address),
        ..Reading::default()
    };
    let second = stage_bytes("prov.xlsx", &bytes, reading, limits).unwrap();
    assert_eq!((second.facts.rows, second.kind("andel")), (3, Number));
    assert_eq!(second.cells("År"), ["2020", "2021", "2022"]);
}
