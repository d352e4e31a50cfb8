//! PX files: invented samples and real files judged by hand.

use fyr_model::Position;
use fyr_model::limits::TableLimits;
use fyr_model::table::ColumnType::{Code, Date, Integer, Number, Period, Text};
use fyr_model::table::Reading;

use super::cubes::{judge, real, row};
use super::hardening::refusal;
use super::{shared, stage_bytes, stage_file, staged};

#[test]
fn px_population_by_county_is_one_row_a_cell() {
    let Some(sample) = real("px/BE0101A1.px") else { return };
    let sample = sample.unwrap();
    judge(
        &sample,
        21 * 4 * 101 * 2 * 2,
        &[
            ("region_code", Code, None),
            ("region", Text, None),
            ("marital status code", Code, None),
            ("marital status", Text, None),
            ("age_code", Code, None),
            ("age", Text, None),
            ("sex_code", Code, None),
            ("sex", Text, None),
            ("period", Period, Some("year")),
            ("Population", Integer, None),
        ],
    );
    assert_eq!(
        row(&sample, 0),
        ["01", "01 Stockholm county", "OG", "single", "0", "0", "1", "men", "2004", "13201"]
    );
    assert_eq!(row(&sample, 1)[8..], ["2005", "13079"]);
    assert_eq!(
        row(&sample, 33_935),
        [
            "25",
            "25 Norrbotten county",
            "SK",
            "divorced",
            "100+",
            "100+",
            "2",
            "women",
            "2005",
            "0"
        ]
    );
    assert_eq!(sample.cells("region")[1_616 * 2], "04 Södermanland county");
    let population = sample.column("Population");
    assert_eq!(population.unit.as_deref(), Some("number"));
    let text = &population.description.as_ref().unwrap().en;
    assert!(
        text.contains("Statistics Sweden") && text.ends_with("Updated: 2006-02-09 15:20"),
        "{text}"
    );
    assert_eq!(sample.facts.report.source.encoding.as_deref(), Some("iso-8859-1"));
    assert_eq!(sample.facts.report.nulls.len(), 0);
}

#[test]
fn px_data_symbols_are_missing_with_their_reason() {
    let Some(sample) = real("px/BE0101F1datasymbols.px") else { return };
    let sample = sample.unwrap();
    judge(
        &sample,
        4 * 3 * 2,
        &[
            ("region_code", Code, None),
            ("region", Text, None),
            ("age_code", Code, None),
            ("age", Text, None),
            ("period", Period, Some("year")),
            ("sex_code", Code, None),
            ("sex", Text, None),
            ("Inmigrated", Integer, None),
        ],
    );
    assert_eq!(sample.nulls("Inmigrated"), 6);
    for sign in [".", "..", "...", "....", ".....", "......"] {
        assert_eq!(sample.repairs(&format!("null-marker:{sign}")), 1, "{sign}");
    }
    assert_eq!(row(&sample, 1)[6..], ["women", "∅"]);
    assert_eq!(
        row(&sample, 23),
        ["0115", "0115 Vallentuna", "22", "22", "2003", "2", "women", "23"]
    );
}

#[test]
fn px_contents_are_columns_and_the_language_can_be_chosen() {
    let Some(sample) = real("px/BE0101F1langensvfiolikacelln.px") else {
        return;
    };
    let sample = sample.unwrap();
    judge(
        &sample,
        4 * 3 * 2,
        &[
            ("region_code", Code, None),
            ("region", Text, None),
            ("age_code", Code, None),
            ("age", Text, None),
            ("period", Period, Some("year")),
            ("sex_code", Code, None),
            ("sex", Text, None),
            ("Inmigrated", Integer, None),
            ("Outmigrated", Integer, None),
        ],
    );
    // The file's first line of cells: in men, in women, out men, out women.
    assert_eq!(row(&sample, 0)[6..], ["men", "456", "223"]);
    assert_eq!(row(&sample, 1)[6..], ["women", "938", "327"]);
    assert!(sample.finding("px-several-languages"));
    let path = shared("fixtures/real/px/BE0101F1langensvfiolikacelln.px").unwrap();
    let reading = Reading {
        table: Some("sv".into()),
        ..Reading::default()
    };
    let swedish = stage_file(&path, "prov.px", reading, TableLimits::default()).unwrap();
    judge(
        &swedish,
        4 * 3 * 2,
        &[
            ("region_kod", Code, None),
            ("region", Text, None),
            ("ålder_kod", Code, None),
            ("ålder", Text, None),
            ("tid", Period, None),
            ("kön_kod", Code, None),
            ("kön", Text, None),
            ("Inflyttade", Integer, None),
            ("Utflyttade", Integer, None),
        ],
    );
    assert_eq!(swedish.column("Utflyttade").unit.as_deref(), Some("antal"));
    assert_eq!(swedish.cells("region")[0], "00 Riket");
    assert!(
        swedish
            .column("Inflyttade")
            .description
            .as_ref()
            .unwrap()
            .sv
            .starts_with("Flyttningar efter region")
    );
}

#[test]
fn px_months_are_periods_and_decimals_are_kept() {
    let Some(sample) = real("px/PR0101B3.px") else { return };
    let sample = sample.unwrap();
    judge(
        &sample,
        12 * 27,
        &[
            ("Product group code", Code, None),
            ("Product group", Text, None),
            ("period", Period, None),
            (sample.facts.report.columns[3].name.as_str(), Number, None),
        ],
    );
    assert_eq!(row(&sample, 0)[..3], ["01", sample.cells("Product group")[0].as_str(), "2006M10"]);
    assert_eq!(row(&sample, 0)[3], "240.25");
    assert_eq!(row(&sample, 3)[2..], ["2007M01", "242.0"]);
    assert_eq!(sample.cells("period")[26], "2008M12");
}

#[test]
fn px_of_2010_has_its_contents_as_columns() {
    let Some(sample) = real("px/TAB003.px") else { return };
    let sample = sample.unwrap();
    judge(
        &sample,
        9 * 34 * 4,
        &[
            ("treatment category code", Code, None),
            ("treatment category", Text, None),
            ("waste category code", Code, None),
            ("waste category", Text, None),
            ("year", Period, Some("year")),
            ("Treated waste, hazardous (tonnes)", Integer, None),
            ("Treated waste, non hazardous (tonnes)", Integer, None),
        ],
    );
    assert_eq!(sample.column("Treated waste, hazardous (tonnes)").unit.as_deref(), Some("tonnes"));
    // The file's last line: four years hazardous, then four years of the rest.
    let last: Vec<Vec<String>> = (1_220..1_224).map(|at| row(&sample, at)[4..].to_vec()).collect();
    assert_eq!(
        last,
        [
            ["2010", "997000", "1794000"],
            ["2012", "1069000", "3815000"],
            ["2014", "1641000", "3273000"],
            ["2016", "1386000", "5578000"]
        ]
    );
}

#[test]
fn px_defects_are_named_with_keyword_and_line() {
    for (file, keyword, line) in [("BE0101F1errorTimeval.px", "TIMEVAL", 23), ("BE0101F1missingData.px", "DATA", 0)] {
        let Some(sample) = real(&format!("px/{file}")) else { return };
        let Err(found) = sample else { panic!("{file} was accepted") };
        assert_eq!(found.id, "px-keyword");
        assert!(found.message.en.starts_with(keyword), "{:?}", found.message);
        let at: Position = found.position.unwrap();
        assert!(at.line > 20 && (line == 0 || at.line == line), "{at:?}");
    }
}

#[test]
fn px_names_of_people_never_come_out() {
    for file in [
        "BE0101F1datasymbols.px",
        "PR0101B3.px",
        "TAB003.px",
        "BE0101F1langensvfiolikacelln.px",
        "BE0101A1.px",
    ] {
        let Some(sample) = real(&format!("px/{file}")) else { return };
        let sample = sample.unwrap();
        let report = serde_json::to_string(&sample.facts).unwrap();
        let bytes = String::from_utf8_lossy(&std::fs::read(sample.path()).unwrap()).into_owned();
        for canary in ["Eriksson", "Krishnan", "Testsson", "E-mail", "Tel:", "befolkning@"] {
            assert!(!report.contains(canary) && !bytes.contains(canary), "{file} {canary}");
        }
    }
}

/// An invented table: keywords in an odd order, a contact, notes, a value in pieces.
pub(crate) const PX: &str = r#"CHARSET="ANSI";
AXIS-VERSION="2013";
LANGUAGE="sv";
CONTACT="Påhittad Person#Tel: 070-174 06 05#E-post: person@exempelby.example";
HEADING="kvartal";
STUB="kommun","slag";
CONTENTS="Bygglov";
UNITS="antal";
TITLE="Bygglov efter kommun, "
"slag och kvartal";
VALUES("slag")="Nybyggnad","Tillbyggnad";
CODES("slag")="1","2";
VALUES("kommun")="Stockholm","Göteborg";
CODES("kommun")="0180","1480";
VALUES("kvartal")="2024K1","2024K2";
TIMEVAL("kvartal")=TLIST(Q1,"20241"-"20242");
NOTE("slag")="Not om slag; med semikolon";
DATASYMBOLNIL="inget";
DATA=
1 2
3 ".."
"-" 6
7 8;
"#;

#[test]
fn px_keywords_come_in_any_order_and_strings_over_lines() {
    let sample = staged("prov.px", PX);
    judge(
        &sample,
        8,
        &[
            ("kommun_kod", Code, Some("municipality_code")),
            ("kommun", Text, Some("municipality_name")),
            ("slag_kod", Code, None),
            ("slag", Text, None),
            ("kvartal", Period, None),
            ("Bygglov", Integer, None),
        ],
    );
    assert_eq!(sample.cells("Bygglov"), ["1", "2", "3", "∅", "∅", "6", "7", "8"]);
    assert_eq!((sample.repairs("null-marker:.."), sample.repairs("null-marker:-")), (1, 1));
    assert_eq!(sample.cells("kommun_kod")[3..5], ["0180", "1480"]);
    let report = serde_json::to_string(&sample.facts.report).unwrap();
    assert!(!report.contains("Person") && !report.contains("0701"), "{report}");
    assert_eq!(
        sample.column("Bygglov").description.as_ref().unwrap().sv,
        "Bygglov efter kommun, slag och kvartal"
    );
    // DATA first, keywords after it.
    let (keywords, data) = PX.split_once("DATA=").unwrap();
    let turned = format!("CHARSET=\"ANSI\";\nDATA={data}\n{keywords}");
    assert_eq!(staged("prov.px", &turned).cells("Bygglov"), sample.cells("Bygglov"));
}

#[test]
fn px_is_told_from_a_table_that_begins_with_a_word_of_it() {
    assert_eq!(staged("prov.csv", "title = a;b\n1;2\n").facts.report.source.format, "csv");
    assert_eq!(staged("prov.csv", "source;note\n1;2\n").facts.report.source.format, "csv");
    let spaced = PX.replace("CHARSET=\"ANSI\"", "CHARSET = \"ANSI\"").replace("STUB=", "STUB =\n");
    assert_eq!(staged("prov.px", &spaced).facts.rows, 8);
}

/// A cube whose measures stand far apart in the file, of more cells than a buffer holds.
#[test]
fn px_measures_are_turned_into_columns_across_the_whole_file() {
    let values = |count: usize| (0..count).map(|index| format!("\"{index}\"")).collect::<Vec<_>>().join(",");
    let mut text = String::from("CHARSET=\"ANSI\";\nSTUB=\"c\",\"a\";\nHEADING=\"d\";\nCONTVARIABLE=\"c\";\n");
    for (name, count) in [("a", 1_000), ("c", 3), ("d", 5)] {
        text.push_str(&format!("VALUES(\"{name}\")={};\n", values(count)));
    }
    text.push_str("DATA=\n");
    for row in 0..3_000 {
        text.push_str(&format!("{row} {row}.5 -{row} \"-\" 1\n"));
    }
    text.push_str(";\n");
    let sample = staged("prov.px", &text);
    assert_eq!(sample.facts.rows, 5_000);
    for (measure, first) in [("0", 0), ("1", 1_000), ("2", 2_000)] {
        let cells = sample.cells(measure);
        assert_eq!(
            (sample.kind(measure), cells[5].as_str(), cells[4_998].as_str()),
            (Number, format!("{}.0", first + 1).as_str(), "∅")
        );
        assert_eq!(cells[4_996], format!("{}.5", first + 999));
    }
}

#[test]
fn px_character_sets_are_told_apart() {
    let text = PX.replace("Göteborg", "Göteborgs stad, Åre, Ängelholm");
    let latin: Vec<u8> = text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    let dos: Vec<u8> = text
        .replace("CHARSET=\"ANSI\"", "CHARSET=\"OEM\"")
        .chars()
        .map(|c| match c {
            'ö' => 0x94,
            'å' => 0x86,
            'ä' => 0x84,
            'Å' => 0x8f,
            'Ä' => 0x8e,
            c => u8::try_from(u32::from(c)).unwrap(),
        })
        .collect();
    for (bytes, encoding) in [(latin, "iso-8859-1"), (dos, "ibm850"), (text.clone().into_bytes(), "utf-8")] {
        let sample = stage_bytes("prov.px", &bytes, Reading::default(), TableLimits::default()).unwrap();
        assert_eq!(sample.facts.report.source.encoding.as_deref(), Some(encoding));
        assert_eq!(sample.cells("kommun")[7], "Göteborgs stad, Åre, Ängelholm");
    }
}

#[test]
fn px_keys_leave_out_rows_of_zeros() {
    let (head, _) = PX.split_once("DATA=").unwrap();
    let keyed = |data: &str| format!("{head}KEYS(\"kommun\")=CODES;\nKEYS(\"slag\")=VALUES;\nDATA=\n{data};\n");
    let sample = staged("prov.px", &keyed("\"1480\",\"Tillbyggnad\",7 8\n\"0180\",\"Nybyggnad\",1 \"..\"\n"));
    assert_eq!(sample.cells("Bygglov"), ["1", "∅", "0", "0", "0", "0", "7", "8"]);
    assert_eq!(sample.repairs("implied-zero-row"), 2);
    for (data, word) in [
        ("\"1480\",\"Ombyggnad\",7 8", "DATA"),
        ("\"1480\",\"Nybyggnad\",7", "DATA"),
        ("\"1480\",\"Nybyggnad\",7 8\n\"1480\",\"Nybyggnad\",7 8", "DATA"),
    ] {
        let found = refusal("prov.px", keyed(data).as_bytes(), TableLimits::default());
        assert!(found.id == "px-keyword" && found.message.en.starts_with(word), "{found:?}");
    }
}

#[test]
fn px_times_of_all_scales_are_periods_or_dates() {
    for (scale, times, shown, kind) in [
        ("A1", "\"2023\",\"2024\"", ["2023", "2024"], Period),
        ("H1", "\"20231\",\"20232\"", ["2023H1", "2023H2"], Period),
        ("Q1", "\"20234\",\"20241\"", ["2023K4", "2024K1"], Period),
        ("M1", "\"202312\",\"202401\"", ["2023M12", "2024M01"], Period),
        ("W1", "\"202352\",\"202401\"", ["2023v52", "2024v01"], Period),
        ("D1", "\"20231231\",\"20240101\"", ["2023-12-31", "2024-01-01"], Date),
    ] {
        let text = PX.replace("TLIST(Q1,\"20241\"-\"20242\")", &format!("TLIST({scale}),{times}"));
        let sample = staged("prov.px", &text);
        assert_eq!(
            (sample.kind("kvartal"), &sample.cells("kvartal")[..2]),
            (kind, &shown.map(str::to_owned)[..]),
            "{scale}"
        );
        assert_eq!(sample.cells("kvartal_text")[..2], ["2024K1", "2024K2"]);
    }
}

#[test]
fn px_faults_have_a_keyword_and_a_line_and_no_value() {
    for (from, to, word) in [
        ("7 8;", "7;", "DATA on line 19: there are fewer cells"),
        ("7 8;", "7 8 9;", "DATA on line 19: there are more cells"),
        ("7 8;", "7 hemligt;", "DATA on line 23: a cell is neither"),
        ("CODES(\"slag\")=\"1\",\"2\";", "CODES(\"slag\")=\"1\";", "CODES on line 12"),
        ("VALUES(\"kvartal\")", "VALUES(\"kvartel\")", "VALUES on line 24"),
        ("UNITS=\"antal\";", "UNITS=\"antal\"", "UNITS on line 8: the semicolon"),
        (
            "TLIST(Q1,\"20241\"-\"20242\")",
            "TLIST(Q1,\"20241\"-\"20243\")",
            "TIMEVAL on line 16",
        ),
        (
            "STUB=\"kommun\",\"slag\";",
            "STUB=\"kommun\",\"slag\";STUB=\"slag\";",
            "STUB on line 6",
        ),
        ("\"2024K1\",\"2024K2\";", "\"2024K1\",\"2024K2;", "VALUES on line 15"),
    ] {
        let found = refusal("prov.px", PX.replace(from, to).as_bytes(), TableLimits::default());
        assert!(found.id == "px-keyword" && !format!("{found:?}").contains("hemligt"), "{found:?}");
        assert!(found.message.en.starts_with(word), "{word} {:?}", found.message);
    }
}

#[test]
fn px_cells_are_bounded_and_their_product_cannot_overflow() {
    let limits = TableLimits {
        cells_max: 8,
        ..TableLimits::default()
    };
    assert_eq!(
        stage_bytes("prov.px", PX.as_bytes(), Reading::default(), limits.clone())
            .unwrap()
            .facts
            .rows,
        8
    );
    let seven = TableLimits { cells_max: 7, ..limits };
    assert_eq!(refusal("prov.px", PX.as_bytes(), seven).id, "cube-too-many-cells");
    // Twenty variables of a thousand values: 10^60 cells.
    let names: Vec<String> = (0..20).map(|index| format!("\"v{index}\"")).collect();
    let values: Vec<String> = (0..1_000).map(|index| format!("\"{index}\"")).collect();
    let mut text = format!("CHARSET=\"ANSI\";\nSTUB={};\n", names.join(","));
    for name in &names {
        text.push_str(&format!("VALUES({name})={};\n", values.join(",")));
    }
    text.push_str("DATA=\n1;\n");
    assert_eq!(
        refusal("prov.px", text.as_bytes(), TableLimits::default()).id,
        "cube-too-many-cells"
    );
}
