//! Maps from strangers: forged headers, bombs and mutated bytes are read or refused by name, in bounded time and memory (H22-H28).

use std::io::{Cursor, Write};
use std::time::{Duration, Instant};

use fyr_model::Refusal;
use fyr_model::limits::TableLimits;
use fyr_model::table::{ColumnType, Reading};
use proptest::prelude::*;
use rusqlite::Connection;
use zip::write::SimpleFileOptions;

use super::maps::{package, package_blob, shapes};
use super::{Sample, stage_bytes};
use crate::wkb::Geometry;

fn limited(name: &str, bytes: &[u8], limits: TableLimits) -> Result<Sample, Refusal> {
    stage_bytes(name, bytes, Reading::default(), limits)
}

fn refused(name: &str, bytes: &[u8], limits: TableLimits) -> String {
    match limited(name, bytes, limits) {
        Ok(sample) => panic!("accepted: {:?}", sample.facts.report),
        Err(refusal) => refusal.id,
    }
}

fn check(name: &str, bytes: &[u8], id: &str) {
    assert_eq!(refused(name, bytes, TableLimits::default()), id);
}

/// A `.shp` file of records' contents.
fn shp(contents: &[Vec<u8>]) -> Vec<u8> {
    let mut out = vec![0, 0, 0x27, 0x0a];
    out.resize(28, 0);
    out.extend([0xe8, 3, 0, 0]);
    out.resize(100, 0);
    for (number, content) in (1u32..).zip(contents) {
        out.extend(number.to_be_bytes());
        out.extend((content.len() as u32 / 2).to_be_bytes());
        out.extend(content);
    }
    out
}

fn point(x: f64, y: f64) -> Vec<u8> {
    [&1u32.to_le_bytes()[..], &x.to_le_bytes(), &y.to_le_bytes()].concat()
}

/// A polygon's content with the counts it claims.
fn polygon(parts: u32, points: u32, starts: &[u32], positions: &[(f64, f64)]) -> Vec<u8> {
    let mut out = 5u32.to_le_bytes().to_vec();
    out.extend([0; 32]);
    out.extend(parts.to_le_bytes());
    out.extend(points.to_le_bytes());
    starts.iter().for_each(|start| out.extend(start.to_le_bytes()));
    for (x, y) in positions {
        out.extend(x.to_le_bytes());
        out.extend(y.to_le_bytes());
    }
    out
}

/// A table of one text column `ort`, ten bytes wide, and one number column `antal`, five wide.
fn dbf(driver: u8, rows: &[(&[u8], &str)]) -> Vec<u8> {
    let mut out = vec![3, 124, 1, 1];
    out.extend(u32::MAX.to_le_bytes());
    out.extend(97u16.to_le_bytes());
    out.extend(16u16.to_le_bytes());
    out.resize(29, 0);
    out.extend([driver, 0, 0]);
    for (name, kind, length) in [("ort", b'C', 10u8), ("antal", b'N', 5)] {
        let mut field = name.as_bytes().to_vec();
        field.resize(11, 0);
        field.push(kind);
        field.resize(16, 0);
        field.push(length);
        field.resize(32, 0);
        out.extend(field);
    }
    out.push(0x0d);
    for (text, number) in rows {
        let mut row = vec![if text.starts_with(b"!") { b'*' } else { b' ' }];
        row.extend(*text);
        row.resize(11, b' ');
        row.extend(format!("{number:>5}").as_bytes());
        out.extend(row);
    }
    out.push(0x1a);
    out
}

const PRJ: &[u8] = b"PROJCS[\"SWEREF99_TM\",GEOGCS[\"GCS_SWEREF99\",DATUM[\"D_SWEREF99\",SPHEROID[\"GRS_1980\",6378137.0,298.257222101]],PRIMEM[\"Greenwich\",0.0],UNIT[\"Degree\",0.0174532925199433]],PROJECTION[\"Transverse_Mercator\"],PARAMETER[\"False_Easting\",500000.0],PARAMETER[\"False_Northing\",0.0],PARAMETER[\"Central_Meridian\",15.0],PARAMETER[\"Scale_Factor\",0.9996],PARAMETER[\"Latitude_Of_Origin\",0.0],UNIT[\"Meter\",1.0]]";

fn zipped(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in members {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn layer(contents: &[Vec<u8>], table: &[u8]) -> Vec<u8> {
    zipped(&[
        ("a/lager.shp", &shp(contents)),
        ("a/lager.dbf", table),
        ("a/LAGER.PRJ", b""),
        ("a/lager.prj", PRJ),
        ("a/lager.shx", b""),
    ])
}

fn honest_layer() -> Vec<u8> {
    let places = [
        point(356_083.438, 6_097_106.672),
        0u32.to_le_bytes().to_vec(),
        point(773_251.054, 6_326_392.707),
        point(0.0, 0.0),
    ];
    layer(
        &places,
        &dbf(
            0x02,
            &[(b"\x8fby", "1"), (b"V\x84xj\x94", "**"), (b"Hemse", "-2"), (b"!borta", "9")],
        ),
    )
}

fn honest_package() -> Vec<u8> {
    package(|connection| {
        layers(connection, "CREATE TABLE a (g BLOB, namn TEXT, antal REAL);");
        for row in 0..200 {
            let shape = Geometry::Line(
                (0..row % 7 + 2)
                    .map(|step| (500_000.0 + f64::from(step), 6_500_000.0, None))
                    .collect(),
            );
            connection
                .execute(
                    "INSERT INTO a VALUES (?1, ?2, ?3)",
                    (package_blob(&shape, 1), "x".repeat(row as usize), f64::from(row) / 3.0),
                )
                .unwrap();
        }
    })
}

fn layers(connection: &Connection, tables: &str) {
    connection
        .execute_batch(&format!(
            "INSERT INTO gpkg_contents VALUES ('a', 'features', 'a', 3006); INSERT INTO gpkg_geometry_columns VALUES ('a', 'g', 'POINT', 3006, 0, 0); {tables}"
        ))
        .unwrap();
}

const HONEST_GML: &str = "<?xml version=\"1.0\"?><wfs:FeatureCollection xmlns:wfs=\"http://www.opengis.net/wfs/2.0\" xmlns:gml=\"http://www.opengis.net/gml/3.2\"><gml:featureMember><b gml:id=\"1\"><n>å</n><g><gml:Polygon srsName=\"urn:ogc:def:crs:EPSG::3006\"><gml:exterior><gml:LinearRing><gml:posList>6500000 500000 6500000 500100 6500100 500100 6500000 500000</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></g></b></gml:featureMember></wfs:FeatureCollection>";

#[test]
fn an_honest_shapefile_has_its_letters_its_nulls_and_no_deleted_rows() {
    let sample = limited("prov.zip", &honest_layer(), TableLimits::default()).unwrap();
    let report = &sample.facts.report;
    assert_eq!(
        (
            sample.facts.rows,
            report.source.format.as_str(),
            report.source.encoding.as_deref(),
            report.source.table.as_deref()
        ),
        (3, "shapefile", Some("ibm850"), Some("a/lager.shp"))
    );
    assert_eq!(
        (sample.cells("ort"), sample.cells("antal")),
        (
            vec!["Åby".into(), "Växjö".into(), "Hemse".to_owned()],
            vec!["1".into(), "∅".into(), "-2".to_owned()]
        )
    );
    assert_eq!(
        (sample.kind("ort"), sample.kind("antal"), sample.repairs("deleted-row")),
        (ColumnType::Text, ColumnType::Integer, 1)
    );
    assert_eq!(shapes(&sample, "geometry"), ["POINT (12.75 55)", "∅", "POINT (19.5 57)"]);
    assert_eq!(report.source_crs.as_deref(), Some("EPSG:3006"));
    let silent = layer(&[point(356_083.438, 6_097_106.672)], &dbf(0, &[("Åby".as_bytes(), "1")]));
    let silent = limited("prov.zip", &silent, TableLimits::default()).unwrap();
    assert_eq!(
        (silent.cells("ort"), silent.facts.report.source.encoding.as_deref()),
        (vec!["Åby".to_owned()], Some("utf-8"))
    );
}

#[test]
fn shapefiles_with_forged_headers_are_refused_by_name() {
    let table = dbf(3, &[(b"a", "1")]);
    let mut long = shp(&[point(1.0, 2.0)]);
    long[104..108].copy_from_slice(&u32::MAX.to_be_bytes());
    check(
        "prov.zip",
        &zipped(&[("l.shp", &long), ("l.dbf", &table), ("l.prj", PRJ)]),
        "shapefile-damaged",
    );
    check(
        "prov.zip",
        &zipped(&[("l.shp", &shp(&[point(1.0, 2.0)])[..104]), ("l.prj", PRJ)]),
        "shapefile-damaged",
    );
    for content in [
        polygon(1 << 31, 4, &[0], &[(0.0, 0.0)]),
        polygon(1, u32::MAX, &[0], &[(0.0, 0.0)]),
        polygon(2, 2, &[1, 0], &[(0.0, 0.0), (1.0, 1.0)]),
        polygon(1, 1, &[7], &[(0.0, 0.0)]),
        99u32.to_le_bytes().to_vec(),
    ] {
        check("prov.zip", &layer(&[content], &table), "shapefile-geometry");
    }
    check("prov.zip", &layer(&[31u32.to_le_bytes().to_vec()], &table), "shapefile-multipatch");
    check("prov.zip", &layer(&[point(f64::INFINITY, 0.0)], &table), "shapefile-coordinates");
    check("prov.zip", &layer(&[point(1.0, 2.0)], &table[..31]), "dbf-damaged");
    let mut narrow = table.clone();
    narrow[10] = 3;
    check("prov.zip", &layer(&[point(1.0, 2.0)], &narrow), "dbf-damaged");
    check(
        "prov.zip",
        &zipped(&[("l.shp", &shp(&[point(1.0, 2.0)])), ("l.dbf", &table)]),
        "shapefile-crs",
    );
    check("prov.shp", &shp(&[point(1.0, 2.0)]), "shapefile-crs");
    check(
        "prov.zip",
        &zipped(&[("l.shp", &shp(&[])), ("l.prj", "A[".repeat(30_000).as_bytes())]),
        "shapefile-crs",
    );
    let small = TableLimits {
        record_bytes_max: 19,
        ..TableLimits::default()
    };
    assert_eq!(
        refused("prov.zip", &layer(&[point(1.0, 2.0)], &table), small),
        "shapefile-record-too-large"
    );
}

#[test]
fn packages_run_nothing_of_their_own() {
    let bomb = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x AS g FROM c";
    check(
        "prov.gpkg",
        &package(|connection| layers(connection, &format!("CREATE VIEW a AS {bomb};"))),
        "gpkg-view",
    );
    check(
        "prov.gpkg",
        &package(|connection| layers(connection, "CREATE VIRTUAL TABLE a USING rtree(g, low, high);")),
        "gpkg-view",
    );
    check("prov.gpkg", &package(|_| {}), "gpkg-no-layer");
    let systems = package(|connection| {
        layers(
            connection,
            "CREATE TABLE a (g BLOB, k INTEGER); INSERT INTO a VALUES (NULL, 1); DROP TABLE gpkg_spatial_ref_sys;",
        );
        connection.execute_batch(&format!("CREATE VIEW gpkg_spatial_ref_sys AS SELECT 'x' AS organization, 1 AS organization_coordsys_id, 'y' AS definition, g AS srs_id FROM ({bomb});")).unwrap();
    });
    check("prov.gpkg", &systems, "gpkg-damaged");
    let computed = package(|connection| {
        layers(
            connection,
            "CREATE TABLE a (k INTEGER, bomb TEXT GENERATED ALWAYS AS (hex(zeroblob(400000000))) VIRTUAL); INSERT INTO a VALUES (7);",
        );
    });
    let sample = limited("prov.gpkg", &computed, TableLimits::default()).unwrap();
    assert_eq!((sample.cells("k"), sample.repairs("generated-column")), (vec!["7".to_owned()], 1));
    let plain = package(|connection| connection.execute_batch("DROP TABLE gpkg_contents").unwrap());
    check("prov.sqlite", &plain, "gpkg-no-layer");
}

#[test]
fn packages_with_forged_blobs_are_refused_by_name() {
    let with = |blob: Vec<u8>| {
        package(|connection| {
            layers(connection, "CREATE TABLE a (g BLOB);");
            connection.execute("INSERT INTO a VALUES (?1)", [blob]).unwrap();
        })
    };
    let good = package_blob(&Geometry::Point(Some((500_000.0, 6_500_000.0, None))), 1);
    assert_eq!(
        limited("prov.gpkg", &with(good.clone()), TableLimits::default())
            .unwrap()
            .facts
            .rows,
        1
    );
    let mut envelope = good.clone();
    envelope[3] = 5 << 1 | 1;
    let mut extended = good.clone();
    extended[3] |= 0x20;
    let mut rings = package_blob(&Geometry::Polygon(vec![]), 0);
    let count = rings.len() - 4;
    rings[count..].copy_from_slice(&(1u32 << 31).to_le_bytes());
    for blob in [
        envelope,
        extended,
        rings,
        good[..40].to_vec(),
        b"GP".to_vec(),
        Vec::new(),
        [good.clone(), vec![0]].concat(),
    ] {
        check("prov.gpkg", &with(blob), "gpkg-geometry");
    }
    let small = TableLimits {
        record_bytes_max: 2_000,
        ..TableLimits::default()
    };
    assert_eq!(refused("prov.gpkg", &with(vec![0; 3_000]), small), "gpkg-record-too-large");
    let whole = honest_package();
    check("prov.gpkg", &whole[..whole.len() / 2], "gpkg-damaged");
}

/// Turns every child of an inner page of a table's tree into `child`.
fn adopt(page: &mut [u8], child: u32) {
    assert_eq!(page[0], 5, "an inner page of a table");
    let cells = usize::from(u16::from_be_bytes([page[3], page[4]]));
    for cell in 0..cells {
        let place = usize::from(u16::from_be_bytes([page[12 + cell * 2], page[13 + cell * 2]]));
        page[place..place + 4].copy_from_slice(&child.to_be_bytes());
    }
    page[8..12].copy_from_slice(&child.to_be_bytes());
}

#[test]
fn packages_whose_pages_are_their_own_children_come_to_an_end() {
    const PAGE: usize = 512;
    let mut root = 0u32;
    let mut bytes = package(|connection| {
        connection.execute_batch("PRAGMA page_size = 512; VACUUM;").unwrap();
        layers(connection, "CREATE TABLE a (k INTEGER);");
        for row in 0..2_000 {
            connection.execute("INSERT INTO a VALUES (?1)", [row]).unwrap();
        }
        root = connection
            .query_row("SELECT rootpage FROM sqlite_schema WHERE name = 'a'", [], |row| row.get(0))
            .unwrap();
    });
    assert_eq!(limited("prov.gpkg", &bytes, TableLimits::default()).unwrap().facts.rows, 2_000);
    let root = root as usize;
    // Eight more floors, each the only child of the one above, many times over: some ten to the fifteenth rows.
    let inner = bytes[(root - 1) * PAGE..root * PAGE].to_vec();
    let leaf = u32::from_be_bytes(inner[8..12].try_into().unwrap());
    let first = (bytes.len() / PAGE + 1) as u32;
    for floor in 0..8 {
        let mut page = inner.clone();
        adopt(&mut page, if floor == 7 { leaf } else { first + floor + 1 });
        bytes.extend(page);
    }
    adopt(&mut bytes[(root - 1) * PAGE..root * PAGE], first);
    let pages = (bytes.len() / PAGE) as u32;
    bytes[28..32].copy_from_slice(&pages.to_be_bytes());
    let started = Instant::now();
    check("prov.gpkg", &bytes, "gpkg-damaged");
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
}

#[test]
fn gml_forbids_what_xml_is_feared_for() {
    let with = |inside: &str| HONEST_GML.replace("<n>å</n>", inside);
    check(
        "prov.gml",
        HONEST_GML
            .replace("?><wfs", "?><!DOCTYPE a [<!ENTITY b \"bbbb\"><!ENTITY c \"&b;&b;&b;\">]><wfs")
            .as_bytes(),
        "gml-doctype",
    );
    check("prov.gml", with("<n>&b;</n>").as_bytes(), "gml-entity");
    check("prov.gml", with(&"<n>".repeat(200)).as_bytes(), "gml-too-deep");
    check(
        "prov.gml",
        HONEST_GML.replace("<gml:featureMember>", &"<n>".repeat(200)).as_bytes(),
        "gml-too-deep",
    );
    check("prov.gml", with("<n>").as_bytes(), "gml-malformed");
    check("prov.gml", &HONEST_GML.as_bytes()[..400], "gml-malformed");
    let attributes: String = (0..65).map(|index| format!(" a{index}=\"\"")).collect();
    check("prov.gml", with(&format!("<n{attributes}/>")).as_bytes(), "gml-too-complex");
    for positions in ["1 2 3", "1 x 3 4", "1 NaN", "1 inf"] {
        let forged = HONEST_GML.replace("6500000 500000 6500000 500100 6500100 500100 6500000 500000", positions);
        check("prov.gml", forged.as_bytes(), "gml-geometry");
    }
    check("prov.gml", HONEST_GML.replace("EPSG::3006", "EPSG::1").as_bytes(), "gml-crs");
    check("prov.gml", b"<?xml version=\"1.0\"?><ows:ExceptionReport xmlns:ows=\"http://www.opengis.net/ows/1.1\" xmlns:wfs=\"http://www.opengis.net/wfs\"><a/></ows:ExceptionReport>", "not-a-table");
    let small = TableLimits {
        record_bytes_max: 300,
        ..TableLimits::default()
    };
    assert_eq!(
        refused("prov.gml", with(&"<n>x</n>".repeat(100)).as_bytes(), small.clone()),
        "gml-record-too-large"
    );
    assert_eq!(
        refused("prov.gml", with(&format!("<n>{}</n>", "x".repeat(400))).as_bytes(), small),
        "gml-record-too-large"
    );
    let field = TableLimits {
        field_bytes_max: 20,
        ..TableLimits::default()
    };
    assert_eq!(
        refused("prov.gml", with(&format!("<n>{}</n>", "x".repeat(21))).as_bytes(), field.clone()),
        "gml-field-too-large"
    );
    assert!(limited("prov.gml", with(&format!("<n>{}</n>", "x".repeat(20))).as_bytes(), field).is_ok());
}

/// Bytes of an honest file, some of them turned into others, maybe cut short.
fn mutated(honest: Vec<u8>) -> impl Strategy<Value = Vec<u8>> {
    let length = honest.len();
    let changes = proptest::collection::vec((0..length, any::<u8>()), 1..12);
    (changes, proptest::option::weighted(0.2, 0..length)).prop_map(move |(changes, cut)| {
        let mut bytes = honest.clone();
        for (place, byte) in changes {
            bytes[place] = byte;
        }
        bytes.truncate(cut.unwrap_or(length));
        bytes
    })
}

fn survives(name: &str, bytes: &[u8]) {
    let started = Instant::now();
    if let Err(refusal) = limited(name, bytes, TableLimits::default()) {
        assert!(
            !refusal.id.is_empty() && refusal.id != "table-engine" && refusal.id != "table-io",
            "{refusal:?}"
        );
    }
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..Default::default() })]

    #[test]
    fn any_package_is_read_or_refused_by_name(bytes in mutated(honest_package())) {
        survives("prov.gpkg", &bytes);
    }

    #[test]
    fn any_document_is_read_or_refused_by_name(bytes in mutated(HONEST_GML.as_bytes().to_vec())) {
        survives("prov.gml", &bytes);
    }

    #[test]
    fn any_shape_is_read_or_refused_by_name(
        shape in mutated(shp(&[
            point(356_083.438, 6_097_106.672),
            polygon(2, 8, &[0, 4], &[(5e5, 65e5), (5e5, 66e5), (6e5, 66e5), (5e5, 65e5), (51e4, 655e4), (52e4, 655e4), (52e4, 656e4), (51e4, 655e4)]),
        ])),
        table in mutated(dbf(3, &[(b"\xc5by", "1"), (b"b", "2.5")])),
    ) {
        survives("prov.zip", &zipped(&[("l.shp", &shape), ("l.dbf", &table), ("l.prj", PRJ)]));
    }

    #[test]
    fn any_description_of_a_system_is_known_or_refused(prj in mutated(PRJ.to_vec())) {
        survives("prov.zip", &zipped(&[("l.shp", &shp(&[point(356_083.438, 6_097_106.672)])), ("l.prj", &prj)]));
    }
}
