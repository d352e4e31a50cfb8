//! Geometries of GeoJSON: from their reference system to longitude and latitude (OGC:CRS84), as well-known binary.
//!
//! The source's own system stays in the report. Axis order is checked against Sweden's bounds; a system that is not known is refused,
//! never guessed.

use fyr_model::{Refusal, Text};
use proj4rs::proj::Proj;
use proj4rs::transform::transform;

use super::json_text::Node;
use crate::refuse;
pub(crate) use crate::wkb::Extent;
use crate::wkb::{Geometry, Position};

/// RT 90 2.5 gon V by direct projection onto GRS 80. Source: Lantmäteriet, "Transformationsparametrar" for RT 90; definitions in circulation
/// have the rotation signs of the seven-parameter form wrong, about 100 m off.
const RT90: &str =
    "+proj=tmerc +lat_0=0 +lon_0=15.80628452944445 +k=1.00000561024 +x_0=1500064.274 +y_0=-667.711 +ellps=GRS80 +units=m +no_defs";

/// A reference system and the way out of it.
pub(crate) struct Crs {
    /// `EPSG:3006`, or `OGC:CRS84`.
    pub(crate) name: String,
    way: Option<Box<(Proj, Proj)>>,
    swapped: Option<bool>,
}

impl Crs {
    /// The system that a `crs` member names; without one, longitude and latitude (RFC 7946).
    pub(crate) fn named(name: Option<&str>, subject: &str) -> Result<Self, Refusal> {
        let given = name.unwrap_or("OGC:CRS84");
        let unknown = || {
            refuse::unreadable(
                "geojson-crs",
                subject,
                "koordinaternas referenssystem är okänt",
                "the reference system of the coordinates is unknown",
            )
            .hint(Text::new(
                "publicera i SWEREF 99 TM (EPSG:3006) eller WGS 84",
                "publish in SWEREF 99 TM (EPSG:3006) or WGS 84",
            ))
        };
        if given.contains("CRS84") {
            return Ok(Self {
                name: "OGC:CRS84".into(),
                way: None,
                swapped: None,
            });
        }
        let code: u16 = given
            .rsplit([':', '/'])
            .next()
            .and_then(|code| code.parse().ok())
            .filter(|_| given.to_uppercase().contains("EPSG"))
            .ok_or_else(unknown)?;
        let name = format!("EPSG:{code}");
        // WGS 84, ETRS 89 and SWEREF 99 agree within a metre (SWEREF 99 was ETRS 89 at epoch 1999.5).
        if matches!(code, 4326 | 4258 | 4619) {
            return Ok(Self {
                name,
                way: None,
                swapped: None,
            });
        }
        let definition = if code == 3021 {
            RT90
        } else {
            crs_definitions::from_code(code).ok_or_else(unknown)?.proj4
        };
        let from = Proj::from_proj_string(definition).map_err(|_| unknown())?;
        let to = Proj::from_proj_string("+proj=longlat +ellps=GRS80 +no_defs").map_err(|_| unknown())?;
        Ok(Self {
            name,
            way: Some(Box::new((from, to))),
            swapped: None,
        })
    }
    /// Whether the file writes its axes the other way round; decided once, by the first position.
    pub(crate) fn is_swapped(&mut self, geometry: &Geometry) -> bool {
        if self.swapped.is_none() {
            self.swapped = geometry.first().map(|(x, y, _)| {
                if self.way.is_some() {
                    (6_000_000.0..7_800_000.0).contains(&x) && (0.0..2_000_000.0).contains(&y)
                } else {
                    (55.0..70.0).contains(&x) && (10.0..25.0).contains(&y)
                }
            });
        }
        self.swapped.unwrap_or(false)
    }
    /// Turns a geometry into longitude and latitude; false when a position is nowhere on earth.
    pub(crate) fn turn(&mut self, geometry: &mut Geometry) -> bool {
        let swapped = self.is_swapped(geometry);
        let mut good = true;
        geometry.each(&mut |position: &mut Position| {
            if swapped {
                *position = (position.1, position.0, position.2);
            }
            if let Some(way) = &self.way {
                let mut point = (position.0, position.1, 0.0);
                good &= transform(&way.0, &way.1, &mut point).is_ok();
                *position = (round(point.0.to_degrees()), round(point.1.to_degrees()), position.2);
            }
            good &= position.0.abs() <= 180.0 && position.1.abs() <= 90.0;
        });
        good
    }
}

/// Ten decimals of a degree are a hundredth of a millimetre; the rest is noise of the computation and differs between machines.
fn round(degrees: f64) -> f64 {
    (degrees * 1e10).round() / 1e10
}

/// A geometry of GeoJSON; nothing when the object is not one.
pub(crate) fn geometry(node: &Node) -> Option<Geometry> {
    let kind = node.get("type")?.text()?;
    if kind == "GeometryCollection" {
        let Node::List(parts) = node.get("geometries")? else { return None };
        return parts
            .iter()
            .map(geometry)
            .collect::<Option<_>>()
            .map(|parts| Geometry::Many(7, parts));
    }
    let coordinates = node.get("coordinates")?;
    match kind {
        "Point" => Some(Geometry::Point(match coordinates {
            Node::List(items) if items.is_empty() => None,
            _ => Some(position(coordinates)?),
        })),
        "LineString" => line(coordinates).map(Geometry::Line),
        "Polygon" => rings(coordinates).map(Geometry::Polygon),
        "MultiPoint" => many(coordinates, 4, |node| position(node).map(|point| Geometry::Point(Some(point)))),
        "MultiLineString" => many(coordinates, 5, |node| line(node).map(Geometry::Line)),
        "MultiPolygon" => many(coordinates, 6, |node| rings(node).map(Geometry::Polygon)),
        _ => None,
    }
}

fn many(node: &Node, code: u32, part: impl Fn(&Node) -> Option<Geometry>) -> Option<Geometry> {
    let Node::List(items) = node else { return None };
    items
        .iter()
        .map(part)
        .collect::<Option<_>>()
        .map(|parts| Geometry::Many(code, parts))
}

fn rings(node: &Node) -> Option<Vec<Vec<Position>>> {
    let Node::List(items) = node else { return None };
    items.iter().map(line).collect()
}

fn line(node: &Node) -> Option<Vec<Position>> {
    let Node::List(items) = node else { return None };
    items.iter().map(position).collect()
}

fn position(node: &Node) -> Option<Position> {
    let Node::List(items) = node else { return None };
    let number = |index: usize| match items.get(index) {
        Some(Node::Number(text)) => text.parse::<f64>().ok().filter(|value| value.is_finite()),
        _ => None,
    };
    Some((number(0)?, number(1)?, number(2)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(code: &str, x: f64, y: f64, longitude: f64, latitude: f64, tolerance: f64) {
        let mut crs = Crs::named(Some(code), "prov").unwrap();
        let mut geometry = Geometry::Point(Some((x, y, None)));
        assert!(crs.turn(&mut geometry), "{code}");
        let (found_x, found_y, _) = geometry.first().unwrap();
        assert!(
            (found_x - longitude).abs() < tolerance && (found_y - latitude).abs() < tolerance,
            "{code} {found_x} {found_y}"
        );
    }

    #[test]
    fn published_points_of_the_mapping_agency() {
        // Lantmäteriet, Kontrollpunkter för SWEREF 99 TM (2007-11-20); easting before northing, as GeoJSON writes it. 1e-7 degrees is a centimetre.
        check("urn:ogc:def:crs:EPSG::3006", 356_083.438, 6_097_106.672, 12.75, 55.0, 1e-7);
        check("EPSG:3006", 6_097_106.672, 356_083.438, 12.75, 55.0, 1e-7);
        check("EPSG:4326", 59.0, 18.0, 18.0, 59.0, 1e-12);
    }

    #[test]
    fn all_control_points_when_they_are_at_hand() {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../../shared/registers/kontrollpunkter_lantmateriet.csv"
        );
        let Ok(text) = std::fs::read_to_string(path) else {
            println!("skipped: {path} is absent");
            return;
        };
        let mut checked = 0;
        for line in text.lines().skip(1) {
            let fields: Vec<&str> = line.split(',').collect();
            let number = |index: usize| fields[index].parse::<f64>().unwrap();
            // RT 90 is checked by its direct projection, within a metre; the other sets to a centimetre.
            if fields[4] == "EPSG:3021" {
                check(fields[4], number(6), number(5), number(3), number(2), 2e-5);
            } else if fields[4].starts_with("EPSG:30") && fields[4] <= "EPSG:3018" {
                check(fields[4], number(6), number(5), number(3), number(2), 1e-7);
            } else {
                continue;
            }
            checked += 1;
        }
        assert!(checked > 20, "{checked}");
    }

    #[test]
    fn an_unknown_system_is_refused() {
        for name in ["EPSG:1", "urn:mine", "EPSG:abc"] {
            assert_eq!(Crs::named(Some(name), "prov").err().unwrap().id, "geojson-crs");
        }
    }
}
