//! Tables in JSON that are cubes or columns: JSON-stat, the answers of PxWeb, and an object of columns.

use fyr_model::Refusal;
use fyr_model::limits::TableLimits;
use fyr_model::table::{ColumnType, Reading};

use super::hardening::refusal;
use super::{Sample, shared, stage_bytes, stage_file, staged};

/// The columns of a table as they were judged: name, type and semantic type.
pub(crate) fn judge(sample: &Sample, rows: u64, columns: &[(&str, ColumnType, Option<&str>)]) {
    let found: Vec<(&str, ColumnType, Option<&str>)> = sample
        .facts
        .report
        .columns
        .iter()
        .map(|column| {
            let semantic = column.semantic.as_ref().map(|semantic| semantic.kind.as_str());
            (column.name.as_str(), column.kind, semantic)
        })
        .collect();
    assert_eq!(found, columns);
    assert_eq!(sample.facts.rows, rows);
}

pub(crate) fn real(path: &str) -> Option<Result<Sample, Refusal>> {
    let whole = shared(&format!("fixtures/real/{path}"))?;
    let name = path.rsplit('/').next().unwrap_or(path);
    Some(stage_file(&whole, name, Reading::default(), TableLimits::default()))
}

pub(crate) fn row(sample: &Sample, row: usize) -> Vec<String> {
    let columns = &sample.facts.report.columns;
    columns.iter().map(|column| sample.cells(&column.name)[row].clone()).collect()
}

use ColumnType::{Code, Integer, Number, Period, Text};

#[test]
fn the_register_of_authorities_is_judged_by_hand() {
    let Some(sample) = real("json/myndighetsregister-scb.json") else {
        return;
    };
    // 534 authorities; phone is a number in three of them and stays as it stands, old_names is a list in one.
    judge(
        &sample.unwrap(),
        534,
        &[
            ("key", Text, None),
            ("org_nr", Code, Some("organisation_number")),
            ("created_by", Text, None),
            ("email", Text, Some("e_mail")),
            ("phone", Text, Some("phone")),
            ("website", Text, Some("url")),
            ("group", Text, None),
            ("postal_address.address", Text, None),
            ("postal_address.postcode", Code, Some("postcode")),
            ("postal_address.city", Text, None),
            ("office_address.address", Text, None),
            ("office_address.postcode", Code, Some("postcode")),
            ("office_address.city", Text, None),
            ("start", Integer, None),
            ("short_name", Text, None),
            ("old_names", Text, None),
            ("end", Integer, None),
        ],
    );
}

#[test]
fn a_whole_http_answer_is_no_table() {
    let Some(found) = real("json/smhi-metobs-stations.http.txt") else {
        return;
    };
    assert_eq!(found.err().map(|refusal| refusal.id).as_deref(), Some("not-a-table"));
}

#[test]
fn json_stat_metadata_alone_is_a_table_without_rows() {
    let Some(sample) = real("json-stat/MetadataById_tab003_js2.json") else {
        return;
    };
    let sample = sample.unwrap();
    judge(
        &sample,
        0,
        &[
            ("treatment category code", Code, None),
            ("treatment category", Text, None),
            ("waste category code", Code, None),
            ("waste category", Text, None),
            ("year", Period, None),
            ("Treated waste, hazardous (tonnes)", Integer, None),
            ("Treated waste, non hazardous (tonnes)", Integer, None),
        ],
    );
    assert!(sample.finding("json-stat-no-values"));
    assert_eq!(sample.column("Treated waste, hazardous (tonnes)").unit.as_deref(), Some("tonnes"));
    let report = serde_json::to_string(&sample.facts).unwrap();
    assert!(!report.contains("Testsson") && !report.contains("08-111"), "{report}");
}

/// An invented dataset of version 2; `value` and `status` as they are given.
pub(crate) fn stat(value: &str, status: &str) -> String {
    format!(
        r#"{{"version":"2.0","class":"dataset","label":"Bygglov","source":"Exempelby","updated":"2024-02-01T08:00:00Z",
"role":{{"time":["Tid"],"metric":["Innehall"]}},"id":["Kommun","Innehall","Tid"],"size":[2,2,2],
"dimension":{{"Kommun":{{"label":"kommun","category":{{"index":["0180","1480"],"label":{{"0180":"Stockholm","1480":"Göteborg"}}}}}},
"Innehall":{{"label":"innehåll","category":{{"index":{{"B":1,"A":0}},"label":{{"A":"Bygglov","B":"Andel"}},"unit":{{"A":{{"base":"antal","decimals":0}},"B":{{"base":"procent","decimals":1}}}}}}}},
"Tid":{{"label":"kvartal","category":{{"index":["2024K1","2024K2"]}}}}}},
"extension":{{"px":{{"language":"sv"}},"contact":[{{"raw":"Påhittad Person#Tel: 070-174 06 05"}}]}},
"value":{value}{status}}}"#
    )
}

#[test]
fn json_stat_gives_a_row_a_cell_and_a_column_a_measure() {
    let columns = [
        ("kommun_kod", Code, Some("municipality_code")),
        ("kommun", Text, Some("municipality_name")),
        ("kvartal", Period, None),
        ("Bygglov", Integer, None),
        ("Andel", Number, Some("percentage")),
    ];
    let listed = staged("prov.json", &stat("[1,2,10.5,20,3,null,30,40.5]", r#","status":{"5":".."}"#));
    judge(&listed, 4, &columns);
    assert_eq!(listed.facts.report.source.format, "json-stat");
    assert_eq!(listed.cells("Bygglov"), ["1", "2", "3", "∅"]);
    assert_eq!(listed.cells("Andel"), ["10.5", "20.0", "30.0", "40.5"]);
    assert_eq!(listed.cells("kvartal"), ["2024K1", "2024K2", "2024K1", "2024K2"]);
    assert_eq!(
        (listed.repairs("null-marker:.."), listed.column("Andel").unit.as_deref()),
        (1, Some("procent"))
    );
    assert!(!serde_json::to_string(&listed.facts).unwrap().contains("Person"));
    // A sparse object in any order is the same cube.
    let sparse = staged(
        "prov.json",
        &stat(r#"{"7":40.5,"0":1,"1":2,"4":3,"6":30,"3":20,"2":10.5}"#, r#","status":{"5":".."}"#),
    );
    judge(&sparse, 4, &columns);
    for (name, ..) in columns {
        assert_eq!(sparse.cells(name), listed.cells(name));
    }
    // A status that is no reason for a missing value is kept beside it.
    let flagged = staged("prov.json", &stat("[1,2,10.5,20,3,null,30,40.5]", r#","status":{"0":"p","5":"c"}"#));
    assert_eq!(flagged.cells("Bygglov status"), ["p", "∅", "∅", "c"]);
}

#[test]
fn json_stat_of_version_1_and_collections_are_read() {
    let one = r#"{"bygglov":{"label":"Bygglov","dimension":{"id":["kommun","tid"],"size":[2,1],"role":{"time":["tid"]},"kommun":{"category":{"index":{"0180":0,"1480":1}}},"tid":{"label":"år","category":{"label":{"2024":"2024"}}}},"value":[5,7]}}"#;
    let sample = staged("prov.json", one);
    judge(
        &sample,
        2,
        &[
            ("kommun", Code, Some("municipality_code")),
            ("år", Period, Some("year")),
            ("value", Integer, None),
        ],
    );
    assert_eq!(sample.cells("value"), ["5", "7"]);
    let small = r#"{"class":"dataset","label":"Liten","id":["a"],"size":[1],"dimension":{"a":{"category":{"index":["x"]}}},"value":[1]}"#;
    let collection = format!(
        r#"{{"version":"2.0","class":"collection","link":{{"item":[{small},{}]}}}}"#,
        stat("[1,2,3,4,5,6,7,8]", "")
    );
    let largest = staged("prov.json", &collection);
    assert!(largest.facts.rows == 4 && largest.finding("several-tables"));
    let reading = Reading {
        table: Some("Liten".into()),
        ..Reading::default()
    };
    let named = stage_bytes("prov.json", collection.as_bytes(), reading, TableLimits::default()).unwrap();
    assert_eq!((named.facts.rows, named.cells("a")), (1, vec!["x".to_owned()]));
}

#[test]
fn json_stat_that_does_not_add_up_is_refused() {
    let twice = stat("[1,2,3,4,5,6,7,8]", "").replace(r#"{"B":1,"A":0}"#, r#"{"B":0,"A":0}"#);
    let huge = stat("[]", "").replace("[2,2,2]", "[4294967296,4294967296,4294967296]");
    for (text, id) in [
        (stat("[1,2,3]", ""), "json-stat"),
        (stat("[1,2,3,4,5,6,7,8,9]", ""), "json-stat"),
        (stat(r#"{"8":1}"#, ""), "json-stat"),
        (stat("[1,2,3,4,5,6,7,[8]]", ""), "json-stat"),
        (twice, "json-stat"),
        (huge, "cube-too-many-cells"),
    ] {
        assert_eq!(refusal("prov.json", text.as_bytes(), TableLimits::default()).id, id, "{text}");
    }
}

/// An invented answer of a PxWeb API.
pub(crate) const PXWEB: &str = r#"{"columns":[{"code":"Region","text":"kommun","type":"d"},{"code":"Kon","text":"kön","type":"d"},{"code":"Tid","text":"tid","type":"t"},{"code":"A","text":"Folkmängd","type":"c"}],
"comments":[{"variable":"Kon","value":"1","comment":"Påhittad Person"}],
"data":[{"key":["0180","1","2023"],"values":["480"]},{"key":["0180","2","2023"],"values":[".."]},{"key":["1480","1","2024"],"values":["300"]}],"metadata":[{"label":"x"}]}"#;

#[test]
fn pxweb_answers_have_codes_periods_and_numbers() {
    let answer = PXWEB;
    let sample = staged("prov.json", answer);
    judge(
        &sample,
        3,
        &[
            ("kommun", Code, Some("municipality_code")),
            ("kön", Code, None),
            ("tid", Period, None),
            ("Folkmängd", Integer, None),
        ],
    );
    assert_eq!(sample.cells("Folkmängd"), ["480", "∅", "300"]);
    assert_eq!(sample.repairs("null-marker:.."), 1);
    assert!(!serde_json::to_string(&sample.facts).unwrap().contains("Person"));
    let short = answer.replace(r#""values":["300"]"#, r#""values":[]"#);
    assert_eq!(refusal("prov.json", short.as_bytes(), TableLimits::default()).id, "pxweb-row");
}

#[test]
fn json_by_columns_gives_the_same_rows_as_json_by_rows() {
    let columns = staged(
        "prov.json",
        r#"{"kod":["0180","1480",null],"antal":[1,2.5,3],"aktiv":[true,false,true],"lista":[[1,2],{"a":1},"x"]}"#,
    );
    let rows = staged(
        "prov.json",
        r#"[{"kod":"0180","antal":1,"aktiv":true,"lista":[1,2]},{"kod":"1480","antal":2.5,"aktiv":false,"lista":"{\"a\":1}"},{"kod":null,"antal":3,"aktiv":true,"lista":"x"}]"#,
    );
    assert_eq!(columns.facts.rows, 3);
    for name in ["kod", "antal", "aktiv", "lista"] {
        assert_eq!(
            (columns.kind(name), columns.cells(name)),
            (rows.kind(name), rows.cells(name)),
            "{name}"
        );
    }
    // Lists of different lengths are no columns.
    assert_eq!(
        refusal("prov.json", br#"{"a":[1,2],"b":[1]}"#, TableLimits::default()).id,
        "not-a-table"
    );
    let limits = TableLimits {
        cells_max: 3,
        ..TableLimits::default()
    };
    assert_eq!(refusal("prov.json", br#"{"a":[1,2],"b":[1,2]}"#, limits).id, "cube-too-many-cells");
    let keyed = staged(
        "prov.json",
        r#"{"id1":{"namn":"a","läge":{"x":1}},"id2":{"namn":"b","läge":{"x":2}}}"#,
    );
    assert_eq!(
        (keyed.cells("key"), keyed.cells("läge.x")),
        (vec!["id1".into(), "id2".into()], vec!["1".into(), "2".into()])
    );
}

#[test]
fn json_in_a_single_byte_set_keeps_its_letters() {
    let latin = |text: &str| -> Vec<u8> { text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect() };
    for text in [r#"[{"ort":"Malmö"},{"ort":"Åre"}]"#, r#"{"ort":["Malmö","Åre"],"antal":[1,2]}"#] {
        let sample = stage_bytes("prov.json", &latin(text), Reading::default(), TableLimits::default()).unwrap();
        assert_eq!(sample.cells("ort"), ["Malmö", "Åre"]);
    }
}
