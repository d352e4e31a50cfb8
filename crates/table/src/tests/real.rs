//! Real files of agencies, read as they are; skipped with a word when they are absent.

use std::path::PathBuf;

use arrow::array::{Array, AsArray};
use arrow::datatypes::Float64Type;
use fyr_model::limits::TableLimits;
use fyr_model::table::{ColumnType, Reading};

use super::{Sample, shared, stage_file};

fn real(path: &str) -> Option<Sample> {
    let whole: PathBuf = shared(&format!("fixtures/real/{path}"))?;
    let name = path.rsplit('/').next().unwrap_or(path);
    Some(stage_file(&whole, name, Reading::default(), TableLimits::default()).unwrap_or_else(|refusal| panic!("{path}: {refusal:?}")))
}

#[test]
fn polls_have_their_rows_types_and_nulls() {
    let Some(sample) = real("csv/Polls.csv") else { return };
    assert_eq!(sample.facts.rows, 2_636);
    for name in ["M", "L", "C", "KD", "S", "V", "MP", "SD", "FI", "Uncertain"] {
        assert_eq!(sample.kind(name), ColumnType::Number, "{name}");
    }
    assert_eq!(sample.kind("n"), ColumnType::Integer);
    for name in ["PublDate", "collectPeriodFrom", "collectPeriodTo"] {
        assert_eq!(sample.kind(name), ColumnType::Date, "{name}");
    }
    assert_eq!(
        (sample.kind("PublYearMonth"), sample.kind("approxPeriod")),
        (ColumnType::Period, ColumnType::Boolean)
    );
    assert_eq!((sample.kind("Company"), sample.kind("house")), (ColumnType::Text, ColumnType::Text));
    assert_eq!(
        (sample.nulls("n"), sample.nulls("PublDate"), sample.nulls("collectPeriodFrom")),
        (157, 349, 340)
    );
    let periods = sample.cells("PublYearMonth");
    assert_eq!(periods.iter().filter(|period| period.ends_with("-K1")).count(), 8);
    assert_eq!(periods.iter().filter(|period| period.ends_with("-maj")).count(), 235);
    assert_eq!(sample.cells("approxPeriod").iter().filter(|value| *value == "true").count(), 50);
    let batch = sample.batch();
    let column = batch.column_by_name("M").unwrap();
    assert_eq!(column.as_primitive::<Float64Type>().value(0), 18.3);
    assert_eq!(column.null_count() as u64, sample.nulls("M"));
    assert_eq!(sample.facts.report.rejects.values().sum::<u64>(), 0);
}

#[test]
fn codes_of_municipalities_and_counties_stay_text() {
    let Some(sample) = real("csv/municipalities.csv") else { return };
    assert_eq!(sample.facts.rows, 290);
    assert_eq!(
        (sample.kind("municipality_code"), sample.semantic("municipality_code")),
        (ColumnType::Code, Some("municipality_code"))
    );
    assert_eq!(
        (sample.kind("county_code"), sample.semantic("county_code")),
        (ColumnType::Code, Some("county_code"))
    );
    assert_eq!(sample.cells("municipality_code")[0], "0114");
    let Some(counties) = real("csv/counties.csv") else { return };
    assert_eq!((counties.facts.rows, counties.kind("county_code")), (21, ColumnType::Code));
}

#[test]
fn the_procurement_workbook_is_read_whole() {
    let Some(sample) = real("xlsx/number_of_environmental_procurements.xlsx") else {
        return;
    };
    let report = &sample.facts.report;
    assert_eq!(
        (report.source.format.as_str(), report.columns.len()),
        ("xlsx", 3),
        "{:?}",
        report.columns
    );
    assert!(sample.facts.rows > 3, "{report:?}");
    assert_eq!(sample.kind("År"), ColumnType::Integer);
    assert_eq!(report.columns[2].kind, ColumnType::Integer);
}

#[test]
fn the_largest_table_of_a_workbook_is_chosen() {
    let Some(sample) = real("xlsx/Anholt_E_2024-09-15_0-10m.xlsx") else {
        return;
    };
    assert!(sample.finding("several-sheets"));
    assert!(
        sample.facts.rows > 5 && sample.facts.report.columns.len() > 3,
        "{:?}",
        sample.facts.report
    );
}

#[test]
fn the_register_of_authorities_is_keyed_by_name() {
    let Some(sample) = real("json/myndighetsregister-scb.json") else {
        return;
    };
    assert_eq!(sample.facts.report.source.format, "json");
    assert!(sample.facts.rows > 300, "{}", sample.facts.rows);
    assert_eq!(sample.cells("key")[0], "Alkoholsortimentsnämnden");
    assert_eq!(
        (sample.kind("org_nr"), sample.semantic("org_nr")),
        (ColumnType::Code, Some("organisation_number"))
    );
    assert_eq!(sample.kind("start"), ColumnType::Integer);
    // Some telephone numbers are numbers in the source and some are texts: all stay as they stand.
    assert_eq!((sample.kind("phone"), sample.semantic("email")), (ColumnType::Text, Some("e_mail")));
    assert_eq!(sample.semantic("postal_address.postcode"), Some("postcode"));
    assert_eq!(sample.nulls("key"), 0);
}

#[test]
fn schools_and_sports_are_the_same_as_csv_and_json() {
    for name in ["Scuole", "Impianti-Sportivi"] {
        let (Some(csv), Some(json)) = (
            real(&format!("csv/molinella/{name}.csv")),
            real(&format!("csv/molinella/{name}.json")),
        ) else {
            return;
        };
        let kinds = |sample: &Sample| {
            sample
                .facts
                .report
                .columns
                .iter()
                .map(|column| (column.name.clone(), column.kind))
                .collect::<Vec<_>>()
        };
        assert_eq!(kinds(&csv), kinds(&json));
        for (column, _) in kinds(&csv) {
            assert_eq!(csv.cells(&column), json.cells(&column), "{column}");
        }
    }
}

#[test]
fn one_column_of_postcodes() {
    let Some(sample) = real("csv/osm_codes.csv") else { return };
    assert_eq!(
        (
            sample.facts.report.columns.len(),
            sample.kind("postcodes"),
            sample.semantic("postcodes")
        ),
        (1, ColumnType::Code, Some("postcode"))
    );
    assert!(sample.facts.rows > 6_000, "{}", sample.facts.rows);
}

#[test]
fn the_weather_file_has_its_table_below_several_blocks() {
    let Some(sample) = real("csv/smhi-metobs-data.csv") else { return };
    assert_eq!(sample.facts.rows, 2);
    assert_eq!(
        (sample.kind("Datum"), sample.kind("Tid (UTC)"), sample.kind("Lufttemperatur")),
        (ColumnType::Date, ColumnType::Time, ColumnType::Number)
    );
    assert_eq!(sample.repairs("preamble-row"), 6);
}

#[test]
fn a_wide_latin_1_file_keeps_its_125_columns() {
    let Some(sample) = real("csv/sharkweb_data_2017_B1.txt") else {
        return;
    };
    assert_eq!(sample.facts.report.columns.len(), 125);
    assert_eq!(sample.facts.report.source.encoding.as_deref(), Some("iso-8859-1"));
    assert_eq!(sample.facts.report.source.dialect.as_ref().unwrap().delimiter, '\t');
    assert!(sample.facts.rows > 200, "{}", sample.facts.rows);
    assert_eq!(sample.kind("Sampling date"), ColumnType::Date);
}

#[test]
fn headers_that_are_numbers_are_headers() {
    let Some(sample) = real("csv/Asko_33022.txt") else { return };
    assert_eq!(sample.facts.report.columns[1].header, "8002");
    assert_eq!(sample.facts.report.source.dialect.as_ref().unwrap().header_row, Some(0));
}

#[test]
fn small_files_and_files_without_rows() {
    let Some(sample) = real("csv/number_of_social_procurements.csv") else {
        return;
    };
    assert_eq!(
        (sample.facts.rows, sample.kind("Antal upphandlingar, Socialtyp, Summa")),
        (7, ColumnType::Integer)
    );
    let Some(empty) = real("csv/number_of_valfrihetsystem.csv") else {
        return;
    };
    assert_eq!(empty.facts.rows, 0);
    assert!(empty.facts.report.columns.len() > 10);
    let Some(names) = real("csv/statsliggaren-attachments.csv") else {
        return;
    };
    assert_eq!((names.kind("id"), names.kind("name")), (ColumnType::Integer, ColumnType::Text));
    let Some(stations) = real("csv/mapping_station.txt") else { return };
    assert_eq!(stations.facts.report.columns.len(), 3);
}

/// West, south, east and north of a column of geometries.
fn bounds(sample: &Sample) -> [f64; 4] {
    let batch = sample.batch();
    let mut bounds = [f64::MAX, f64::MAX, f64::MIN, f64::MIN];
    for bytes in batch.column_by_name("geometry").unwrap().as_binary::<i32>().iter().flatten() {
        crate::wkb::Geometry::from_wkb(bytes).unwrap().each(&mut |(x, y, _)| {
            bounds = [bounds[0].min(*x), bounds[1].min(*y), bounds[2].max(*x), bounds[3].max(*y)];
        });
    }
    bounds
}

#[test]
fn maps_come_out_in_longitude_and_latitude() {
    use ColumnType::{Boolean, Geometry, Integer, Text, Timestamp};
    let features: &[(&str, ColumnType)] = &[
        ("objektidentitet", Text),
        ("skapad", Timestamp),
        ("objekttypnr", Integer),
        ("objekttyp", Text),
    ];
    let roads: &[(&str, ColumnType)] = &[
        ("avfartsvag_pafartsvag", Text),
        ("cirkulationsplats", Boolean),
        ("bro_och_tunnel", Text),
        ("gagata", Boolean),
        ("bussgata", Boolean),
        ("industrivag", Boolean),
        ("gatunamn", Text),
        ("vardvagnummer", Text),
        ("gastvag1nummer", Text),
        ("gastvag2nummer", Text),
        ("alternativt_manér", Boolean),
    ];
    let counties: &[(&str, ColumnType)] = &[
        ("name", Text),
        ("cartodb_id", Integer),
        ("created_at", Timestamp),
        ("updated_at", Timestamp),
    ];
    // Bounds as PROJ gives them for the same files, to a millionth of a degree.
    for (file, crs, rows, columns, expected) in [
        (
            "lm-byggnad-sweref99tm",
            "EPSG:3006",
            14,
            features.to_vec(),
            [12.422774, 59.338099, 17.769991, 65.811921],
        ),
        (
            "lm-vaglinje-sweref99tm",
            "EPSG:3006",
            22,
            [features, roads].concat(),
            [12.984441, 55.337843, 13.847852, 55.454795],
        ),
        (
            "sweden-counties",
            "OGC:CRS84",
            21,
            counties.to_vec(),
            [11.131293, 55.340044, 24.149845, 69.04774],
        ),
    ] {
        let Some(sample) = real(&format!("geojson/{file}.geojson")) else {
            return;
        };
        let report = &sample.facts.report;
        assert_eq!((sample.facts.rows, report.source_crs.as_deref()), (rows, Some(crs)), "{file}");
        let found: Vec<(&str, ColumnType)> = report.columns.iter().map(|column| (column.name.as_str(), column.kind)).collect();
        assert_eq!(found, [columns, vec![("geometry", Geometry)]].concat(), "{file}");
        assert!(
            report.findings.is_empty() && report.rejects.values().all(|count| *count == 0),
            "{report:?}"
        );
        for (found, expected) in bounds(&sample).iter().zip(expected) {
            assert!((found - expected).abs() < 1e-6, "{file} {found} {expected}");
        }
    }
    let Some(roads) = real("geojson/lm-vaglinje-sweref99tm.geojson") else {
        return;
    };
    let nulls = ["gatunamn", "vardvagnummer", "gastvag1nummer", "gastvag2nummer"].map(|name| roads.nulls(name));
    assert_eq!((nulls, roads.cells("vardvagnummer")[0].as_str()), ([22, 10, 19, 22], "E6"));
}
