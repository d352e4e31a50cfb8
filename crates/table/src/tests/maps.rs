//! GeoPackage, Shapefile and GML: small invented layers, read into longitude and latitude.

use arrow::array::{Array, AsArray};
use fyr_model::limits::TableLimits;
use fyr_model::table::{ColumnType, Reading};
use rusqlite::Connection;
use tempfile::TempDir;

use super::{Sample, stage_bytes};
use crate::wkb::Geometry;

/// A square a hundred metres wide in SWEREF 99 TM, its corner a published control point: 12.75 E, 55 N.
const CORNER: (f64, f64) = (356_083.438, 6_097_106.672);

fn read(name: &str, bytes: &[u8], reading: Reading) -> Sample {
    stage_bytes(name, bytes, reading, TableLimits::default()).unwrap_or_else(|refusal| panic!("{name}: {refusal:?}"))
}

fn table(name: &str) -> Reading {
    Reading {
        table: Some(name.into()),
        ..Reading::default()
    }
}

/// The geometries of a column as text, seven decimals of a degree: a centimetre.
pub(crate) fn shapes(sample: &Sample, column: &str) -> Vec<String> {
    let batch = sample.batch();
    let array = batch.column_by_name(column).unwrap().as_binary::<i32>().clone();
    (0..array.len())
        .map(|row| {
            if array.is_null(row) {
                return "∅".into();
            }
            let mut geometry = Geometry::from_wkb(array.value(row)).unwrap();
            geometry.each(&mut |position| {
                let round = |value: f64| (value * 1e7).round() / 1e7;
                *position = (round(position.0), round(position.1), position.2.map(|z| (z * 1e3).round() / 1e3));
            });
            geometry.to_wkt()
        })
        .collect()
}

/// Well-known binary inside the header of a package: little-endian, with an envelope of the given kind.
pub(crate) fn package_blob(geometry: &Geometry, envelope: u8) -> Vec<u8> {
    let mut blob = b"GP\0".to_vec();
    blob.push(envelope << 1 | 1);
    blob.extend(3006i32.to_le_bytes());
    blob.extend(vec![0; [0, 32, 48, 48, 64][usize::from(envelope)]]);
    blob.extend(geometry.to_wkb());
    blob
}

pub(crate) const CATALOGUE: &str = "
    CREATE TABLE gpkg_spatial_ref_sys (srs_name TEXT, srs_id INTEGER PRIMARY KEY, organization TEXT, organization_coordsys_id INTEGER, definition TEXT);
    INSERT INTO gpkg_spatial_ref_sys VALUES ('SWEREF99 TM', 3006, 'EPSG', 3006, ''), ('eget', 100001, 'NONE', 1,
      'PROJCS[\"SWEREF99 12 00\",GEOGCS[\"SWEREF99\",DATUM[\"SWEREF99\",SPHEROID[\"GRS 1980\",6378137,298.257222101]]],PROJECTION[\"Transverse_Mercator\"],PARAMETER[\"central_meridian\",12],PARAMETER[\"scale_factor\",1],PARAMETER[\"false_easting\",150000],UNIT[\"metre\",1]]');
    CREATE TABLE gpkg_contents (table_name TEXT PRIMARY KEY, data_type TEXT, identifier TEXT, srs_id INTEGER);
    CREATE TABLE gpkg_geometry_columns (table_name TEXT, column_name TEXT, geometry_type_name TEXT, srs_id INTEGER, z INTEGER, m INTEGER);";

/// The bytes of a database that `fill` makes.
pub(crate) fn package(fill: impl FnOnce(&Connection)) -> Vec<u8> {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("prov.gpkg");
    let connection = Connection::open(&path).unwrap();
    connection.execute_batch(CATALOGUE).unwrap();
    fill(&connection);
    drop(connection);
    std::fs::read(path).unwrap()
}

fn trees(connection: &Connection, srs: i32) {
    connection
        .execute_batch(&format!(
            "INSERT INTO gpkg_contents VALUES ('träd', 'features', 'Träd', {srs});
             INSERT INTO gpkg_geometry_columns VALUES ('träd', 'geom', 'POINT', {srs}, 2, 2);
             CREATE TABLE \"träd\" (fid INTEGER PRIMARY KEY, geom POINT, art TEXT, kod TEXT(4), \"höjd\" REAL, skyddad BOOLEAN, planterad DATE, \"ändrad\" DATETIME);
             CREATE INDEX kod ON \"träd\" (kod, art, fid, geom, \"höjd\", skyddad, planterad, \"ändrad\");"
        ))
        .unwrap();
    let (x, y) = CORNER;
    for (row, geometry) in [Some((x, y, None)), Some((x, y, Some(12.5))), None].into_iter().enumerate() {
        let blob = package_blob(&Geometry::Point(geometry), [0, 3, 0][row]);
        connection
            .execute(
                "INSERT INTO \"träd\" VALUES (?1, ?2, 'ek', ?3, 12.5, ?4, '2024-05-01', '2024-05-01T10:20:30.000Z')",
                (
                    3 - row as i64,
                    if row < 2 { Some(blob) } else { None },
                    format!("018{row}"),
                    row == 0,
                ),
            )
            .unwrap();
    }
}

#[test]
fn a_package_has_typed_cells_and_its_rows_in_stored_order() {
    let bytes = package(|connection| trees(connection, 3006));
    let sample = read("prov.gpkg", &bytes, Reading::default());
    let report = &sample.facts.report;
    assert_eq!(
        (
            report.source.format.as_str(),
            report.source.table.as_deref(),
            report.source_crs.as_deref()
        ),
        ("gpkg", Some("träd"), Some("EPSG:3006"))
    );
    let kinds: Vec<ColumnType> = report.columns.iter().map(|column| column.kind).collect();
    use ColumnType::{Boolean, Code, Date, Geometry as Shape, Integer, Number, Text, Timestamp};
    assert_eq!(kinds, [Integer, Shape, Text, Code, Number, Boolean, Date, Timestamp]);
    assert_eq!(sample.cells("fid"), ["1", "2", "3"]);
    assert_eq!(sample.cells("kod"), ["0182", "0181", "0180"]);
    assert_eq!(shapes(&sample, "geom"), ["∅", "POINT Z (12.75 55 12.5)", "POINT (12.75 55)"]);
    assert!(report.findings.is_empty(), "{:?}", report.findings);
    let file = std::fs::File::open(sample.path()).unwrap();
    let metadata = parquet::file::reader::SerializedFileReader::new(file).unwrap();
    let values = parquet::file::reader::FileReader::metadata(&metadata)
        .file_metadata()
        .key_value_metadata()
        .unwrap();
    let geo = values.iter().find(|pair| pair.key == "geo").unwrap().value.clone().unwrap();
    assert!(geo.contains("\"primary_column\":\"geom\"") && geo.contains("CRS84"), "{geo}");
}

#[test]
fn a_system_may_be_described_in_words() {
    let bytes = package(|connection| {
        connection
            .execute_batch(
                "INSERT INTO gpkg_contents VALUES ('a', 'features', 'a', 100001);
                 INSERT INTO gpkg_geometry_columns VALUES ('a', 'g', 'POINT', 100001, 0, 0); CREATE TABLE a (g BLOB);",
            )
            .unwrap();
        let point = package_blob(&Geometry::Point(Some((106_894.103, 6_542_910.921, None))), 1);
        connection.execute("INSERT INTO a VALUES (?1)", [point]).unwrap();
    });
    let sample = read("prov.gpkg", &bytes, Reading::default());
    assert_eq!(sample.facts.report.source_crs.as_deref(), Some("EPSG:3007"));
    assert_eq!(shapes(&sample, "g"), ["POINT (11.25 59)"]);
}

#[test]
fn the_largest_layer_is_read_unless_another_is_named() {
    let bytes = package(|connection| {
        trees(connection, 3006);
        connection
            .execute_batch(
                "INSERT INTO gpkg_contents VALUES ('bänkar', 'features', 'b', 3006), ('lista', 'attributes', 'l', 0);
                 CREATE TABLE \"bänkar\" (namn TEXT); INSERT INTO \"bänkar\" VALUES ('a'), ('b');
                 CREATE TABLE lista (kod INTEGER, data BLOB); INSERT INTO lista VALUES (1, x'00'), (2, NULL);",
            )
            .unwrap();
    });
    let largest = read("prov.gpkg", &bytes, Reading::default());
    assert_eq!((largest.facts.rows, largest.finding("several-layers")), (3, true));
    let other = read("prov.gpkg", &bytes, table("bänkar"));
    assert_eq!((other.facts.rows, other.finding("several-layers")), (2, false));
    let alone = package(|connection| {
        connection
            .execute_batch(
                "INSERT INTO gpkg_contents VALUES ('lista', 'attributes', 'l', 0); CREATE TABLE lista (kod INTEGER, data BLOB);
                 INSERT INTO lista VALUES (1, x'00'), (2, NULL);",
            )
            .unwrap();
    });
    let rows = read("prov.gpkg", &alone, Reading::default());
    assert_eq!(
        (
            rows.facts.rows,
            rows.repairs("bytes-not-read"),
            rows.facts.report.source_crs.clone()
        ),
        (2, 1, None)
    );
}

fn collection(body: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><wfs:FeatureCollection xmlns:wfs=\"http://www.opengis.net/wfs/2.0\" \
         xmlns:gml=\"http://www.opengis.net/gml/3.2\" xmlns:x=\"http://data.exempelby.example/x\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">{body}</wfs:FeatureCollection>"
    )
}

fn feature(geometry: &str) -> String {
    format!("<wfs:member><x:hus gml:id=\"h1\"><x:läge>{geometry}</x:läge></x:hus></wfs:member>")
}

fn located(geometry: &str) -> (Vec<String>, bool, Option<String>) {
    let sample = read("prov.gml", collection(&feature(geometry)).as_bytes(), Reading::default());
    (
        shapes(&sample, "läge"),
        sample.finding("swapped-axes"),
        sample.facts.report.source_crs.clone(),
    )
}

#[test]
fn gml_names_its_system_in_several_ways_and_each_has_its_axes() {
    let (east, north) = CORNER;
    for (name, first, second, swapped, crs) in [
        ("urn:ogc:def:crs:EPSG::3006", north, east, false, "EPSG:3006"),
        ("http://www.opengis.net/def/crs/EPSG/0/3006", north, east, false, "EPSG:3006"),
        ("EPSG:3006", east, north, false, "EPSG:3006"),
        ("EPSG:3006", north, east, true, "EPSG:3006"),
        ("urn:ogc:def:crs:EPSG::3006", east, north, true, "EPSG:3006"),
        ("urn:ogc:def:crs:EPSG::4326", 55.0, 12.75, false, "EPSG:4326"),
        ("urn:ogc:def:crs:OGC:1.3:CRS84", 12.75, 55.0, false, "OGC:CRS84"),
    ] {
        let point = format!("<gml:Point srsName=\"{name}\"><gml:pos>{first} {second}</gml:pos></gml:Point>");
        assert_eq!(
            located(&point),
            (vec!["POINT (12.75 55)".into()], swapped, Some(crs.into())),
            "{name} {first}"
        );
    }
    let outer = format!(
        "<gml:boundedBy><gml:Envelope srsName=\"urn:ogc:def:crs:EPSG::3006\"><gml:lowerCorner>0 0</gml:lowerCorner></gml:Envelope></gml:boundedBy>{}",
        feature(&format!("<gml:Point><gml:pos>{north} {east}</gml:pos></gml:Point>"))
    );
    assert_eq!(
        shapes(&read("prov.gml", collection(&outer).as_bytes(), Reading::default()), "läge"),
        ["POINT (12.75 55)"]
    );
}

#[test]
fn gml_geometries_of_three_versions() {
    let ring = "<gml:posList>0 0 0 1 1 1 0 0</gml:posList>";
    for (inside, expected) in [
        (
            "<gml:LineString><gml:posList srsDimension=\"3\">0 0 5 0 1 6</gml:posList></gml:LineString>",
            "LINESTRING Z (0 0 5, 1 0 6)",
        ),
        (
            "<gml:LineString><gml:pos>0 0</gml:pos><gml:pos>0 1</gml:pos></gml:LineString>",
            "LINESTRING (0 0, 1 0)",
        ),
        (
            "<gml:LineString><gml:coordinates decimal=\",\" cs=\" \" ts=\";\">0,5 0;0 1</gml:coordinates></gml:LineString>",
            "LINESTRING (0 0.5, 1 0)",
        ),
        (
            "<gml:Point><gml:coord><gml:X>1</gml:X><gml:Y>2</gml:Y></gml:coord></gml:Point>",
            "POINT (2 1)",
        ),
        (
            "<gml:Curve><gml:segments><gml:LineStringSegment><gml:posList>0 0 0 1</gml:posList></gml:LineStringSegment><gml:LineStringSegment><gml:posList>0 1 1 1</gml:posList></gml:LineStringSegment></gml:segments></gml:Curve>",
            "LINESTRING (0 0, 1 0, 1 1)",
        ),
        (
            &format!("<gml:Polygon><gml:outerBoundaryIs><gml:LinearRing>{ring}</gml:LinearRing></gml:outerBoundaryIs></gml:Polygon>"),
            "POLYGON ((0 0, 1 0, 1 1, 0 0))",
        ),
        (
            &format!(
                "<gml:Polygon><gml:exterior><gml:Ring><gml:curveMember><gml:LineString>{ring}</gml:LineString></gml:curveMember></gml:Ring></gml:exterior><gml:interior><gml:LinearRing>{ring}</gml:LinearRing></gml:interior></gml:Polygon>"
            ),
            "POLYGON ((0 0, 1 0, 1 1, 0 0), (0 0, 1 0, 1 1, 0 0))",
        ),
        (
            &format!(
                "<gml:Surface><gml:patches><gml:PolygonPatch><gml:exterior><gml:LinearRing>{ring}</gml:LinearRing></gml:exterior></gml:PolygonPatch></gml:patches></gml:Surface>"
            ),
            "POLYGON ((0 0, 1 0, 1 1, 0 0))",
        ),
        (
            &format!(
                "<gml:MultiSurface><gml:surfaceMember><gml:Polygon><gml:exterior><gml:LinearRing>{ring}</gml:LinearRing></gml:exterior></gml:Polygon></gml:surfaceMember></gml:MultiSurface>"
            ),
            "MULTIPOLYGON (((0 0, 1 0, 1 1, 0 0)))",
        ),
        (
            "<gml:MultiPoint><gml:pointMembers><gml:Point><gml:pos>1 2</gml:pos></gml:Point><gml:Point><gml:pos>3 4</gml:pos></gml:Point></gml:pointMembers></gml:MultiPoint>",
            "MULTIPOINT ((2 1), (4 3))",
        ),
        (
            "<gml:MultiGeometry><gml:geometryMember><gml:Point><gml:pos>1 2</gml:pos></gml:Point></gml:geometryMember></gml:MultiGeometry>",
            "GEOMETRYCOLLECTION (POINT (2 1))",
        ),
    ] {
        let named = inside.replacen('>', " srsName=\"urn:ogc:def:crs:EPSG::4326\">", 1);
        assert_eq!(located(&named).0, [expected], "{inside}");
    }
}

#[test]
fn gml_properties_become_columns() {
    let point = "<x:läge><gml:Point srsName=\"EPSG:4326\"><gml:pos>12.75 55</gml:pos></gml:Point></x:läge>";
    let body = format!(
        "<wfs:member><x:hus gml:id=\"h1\"><gml:boundedBy><gml:Null>unknown</gml:Null></gml:boundedBy><gml:name>Rådhuset</gml:name>\
         <x:kod>0180</x:kod><x:yta uom=\"m2\">1.234</x:yta><x:adress><x:gata>Å &amp; Ö &#x41;</x:gata></x:adress><x:bild>a</x:bild><x:bild>b</x:bild>\
         <x:rivet xsi:nil=\"true\" nilReason=\"unknown\"/><x:ägare xlink:href=\"http://x.example/1\"/>{point}</x:hus></wfs:member>\
         <wfs:member><x:hus gml:id=\"h2\"><x:kod>0181</x:kod><x:rivet>2020-01-02</x:rivet><x:yta uom=\"m2\">2.5</x:yta></x:hus></wfs:member>\
         <wfs:member><x:skylt gml:id=\"s1\"><x:text>stopp</x:text></x:skylt></wfs:member>"
    );
    let sample = read("prov.gml", collection(&body).as_bytes(), Reading::default());
    let names: Vec<&str> = sample.facts.report.columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "gml_id",
            "gml_name",
            "kod",
            "yta.uom",
            "yta",
            "adress.gata",
            "bild",
            "rivet",
            "ägare.href",
            "läge"
        ]
    );
    assert_eq!((sample.facts.rows, sample.finding("several-layers")), (2, true));
    assert_eq!(sample.cells("adress.gata"), ["Å & Ö A", "∅"]);
    assert_eq!(sample.cells("bild"), ["[\"a\",\"b\"]", "∅"]);
    assert_eq!(
        (sample.kind("kod"), sample.kind("yta"), sample.kind("rivet")),
        (ColumnType::Code, ColumnType::Number, ColumnType::Date)
    );
    assert_eq!(sample.cells("yta"), ["1.234", "2.5"]);
    assert!(!sample.finding("decimal-sign-uncertain"));
    assert_eq!(shapes(&sample, "läge"), ["POINT (12.75 55)", "∅"]);
    let signs = read("prov.gml", collection(&body).as_bytes(), table("x:skylt"));
    assert_eq!((signs.facts.rows, signs.cells("text")), (1, vec!["stopp".to_owned()]));
    let latin: Vec<u8> = collection(&body)
        .replace("UTF-8", "ISO-8859-1")
        .chars()
        .map(|c| c as u32 as u8)
        .collect();
    let latin = read("prov.gml", &latin, Reading::default());
    assert_eq!(
        (latin.cells("adress.gata"), latin.facts.report.source.encoding.clone()),
        (vec!["Å & Ö A".to_owned(), "∅".to_owned()], Some("iso-8859-1".into()))
    );
}

#[test]
fn a_system_that_nobody_names_is_asked_for() {
    let (east, north) = CORNER;
    let body = collection(&feature(&format!("<gml:Point><gml:pos>{east} {north}</gml:pos></gml:Point>")));
    let refused = stage_bytes("prov.gml", body.as_bytes(), Reading::default(), TableLimits::default())
        .err()
        .unwrap();
    assert_eq!(refused.id, "gml-crs");
    let told = Reading {
        crs: Some("EPSG:3006".into()),
        ..Reading::default()
    };
    assert_eq!(shapes(&read("prov.gml", body.as_bytes(), told), "läge"), ["POINT (12.75 55)"]);
}
