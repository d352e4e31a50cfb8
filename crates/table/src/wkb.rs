//! Simple features as well-known binary and text (OGC 06-103r4, ISO 13249-3 type codes), and the extent of a column of them.
//!
//! In and out: little-endian WKB with longitude before latitude. Malformed bytes give nothing, never a panic.

use std::collections::BTreeSet;
use std::fmt::Write as _;

/// A position: x, y and maybe a height.
pub(crate) type Position = (f64, f64, Option<f64>);

/// A geometry.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Geometry {
    Point(Option<Position>),
    Line(Vec<Position>),
    Polygon(Vec<Vec<Position>>),
    /// MultiPoint 4, MultiLineString 5, MultiPolygon 6, GeometryCollection 7.
    Many(u32, Vec<Geometry>),
}

const NAMES: [&str; 8] = [
    "Geometry",
    "Point",
    "LineString",
    "Polygon",
    "MultiPoint",
    "MultiLineString",
    "MultiPolygon",
    "GeometryCollection",
];

impl Geometry {
    fn code(&self) -> u32 {
        match self {
            Self::Point(_) => 1,
            Self::Line(_) => 2,
            Self::Polygon(_) => 3,
            Self::Many(code, _) => *code,
        }
    }
    /// The type's name, as GeoJSON writes it.
    pub(crate) fn name(&self) -> &'static str {
        NAMES.get(self.code() as usize).copied().unwrap_or("Geometry")
    }
    /// Calls `change` on every position.
    pub(crate) fn each(&mut self, change: &mut dyn FnMut(&mut Position)) {
        match self {
            Self::Point(point) => point.iter_mut().for_each(change),
            Self::Line(line) => line.iter_mut().for_each(change),
            Self::Polygon(rings) => rings.iter_mut().flatten().for_each(change),
            Self::Many(_, parts) => parts.iter_mut().for_each(|part| part.each(change)),
        }
    }
    fn positions(&self, see: &mut dyn FnMut(&Position)) {
        match self {
            Self::Point(point) => point.iter().for_each(see),
            Self::Line(line) => line.iter().for_each(see),
            Self::Polygon(rings) => rings.iter().flatten().for_each(see),
            Self::Many(_, parts) => parts.iter().for_each(|part| part.positions(see)),
        }
    }
    /// The first position.
    pub(crate) fn first(&self) -> Option<Position> {
        let mut first = None;
        self.positions(&mut |position| first = first.or(Some(*position)));
        first
    }
    fn has_height(&self) -> bool {
        let mut height = false;
        self.positions(&mut |position| height |= position.2.is_some());
        height
    }
    /// As well-known binary.
    pub(crate) fn to_wkb(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.write(self.has_height(), &mut out);
        out
    }
    fn write(&self, height: bool, out: &mut Vec<u8>) {
        out.push(1);
        out.extend((self.code() + if height { 1000 } else { 0 }).to_le_bytes());
        let position = |out: &mut Vec<u8>, position: &Position| {
            out.extend(position.0.to_le_bytes());
            out.extend(position.1.to_le_bytes());
            if height {
                out.extend(position.2.unwrap_or(0.0).to_le_bytes());
            }
        };
        let count = |out: &mut Vec<u8>, count: usize| out.extend(u32::try_from(count).unwrap_or(u32::MAX).to_le_bytes());
        match self {
            Self::Point(point) => position(out, &point.unwrap_or((f64::NAN, f64::NAN, Some(f64::NAN)))),
            Self::Line(line) => {
                count(out, line.len());
                line.iter().for_each(|point| position(out, point));
            }
            Self::Polygon(rings) => {
                count(out, rings.len());
                for ring in rings {
                    count(out, ring.len());
                    ring.iter().for_each(|point| position(out, point));
                }
            }
            Self::Many(_, parts) => {
                count(out, parts.len());
                parts.iter().for_each(|part| part.write(height, out));
            }
        }
    }
    /// From well-known binary, either byte order, ISO or EWKB height flags.
    pub(crate) fn from_wkb(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader { bytes };
        let geometry = reader.geometry(0)?;
        reader.bytes.is_empty().then_some(geometry)
    }
    /// As well-known text; numbers in the shortest form that reads back equal.
    pub(crate) fn to_wkt(&self) -> String {
        let mut out = self.name().to_uppercase();
        if self.has_height() {
            out.push_str(" Z");
        }
        out.push(' ');
        self.body(&mut out);
        out
    }
    fn body(&self, out: &mut String) {
        match self {
            Self::Point(None) => out.push_str("EMPTY"),
            Self::Point(Some(point)) => line(out, std::slice::from_ref(point)),
            Self::Line(points) => line(out, points),
            Self::Polygon(rings) => list(out, rings, |out, ring| line(out, ring)),
            Self::Many(7, parts) => list(out, parts, |out, part| out.push_str(&part.to_wkt())),
            Self::Many(_, parts) => list(out, parts, |out, part| part.body(out)),
        }
    }
}

fn line(out: &mut String, points: &[Position]) {
    list(out, points, |out, (x, y, z)| {
        // Writing to a String cannot fail.
        let _ = write!(out, "{x} {y}");
        if let Some(z) = z {
            let _ = write!(out, " {z}");
        }
    });
}

fn list<T>(out: &mut String, items: &[T], each: impl Fn(&mut String, &T)) {
    if items.is_empty() {
        out.push_str("EMPTY");
        return;
    }
    out.push('(');
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        each(out, item);
    }
    out.push(')');
}

struct Reader<'a> {
    bytes: &'a [u8],
}

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.bytes.split_first_chunk::<N>()?;
        self.bytes = rest;
        Some(*head)
    }
    fn number(&mut self, little: bool) -> Option<u32> {
        let bytes = self.take::<4>()?;
        Some(if little {
            u32::from_le_bytes(bytes)
        } else {
            u32::from_be_bytes(bytes)
        })
    }
    fn float(&mut self, little: bool) -> Option<f64> {
        let bytes = self.take::<8>()?;
        Some(if little {
            f64::from_le_bytes(bytes)
        } else {
            f64::from_be_bytes(bytes)
        })
    }
    fn geometry(&mut self, depth: u8) -> Option<Geometry> {
        let [order] = self.take::<1>()?;
        let little = match order {
            0 => false,
            1 => true,
            _ => return None,
        };
        let code = self.number(little)?;
        let (kind, height) = match code {
            1..=7 => (code, false),
            1001..=1007 => (code - 1000, true),
            _ if code & 0xe000_0000 == 0x8000_0000 => (code & 0xff, true),
            _ => return None,
        };
        let position = |reader: &mut Self| -> Option<Position> {
            let (x, y) = (reader.float(little)?, reader.float(little)?);
            Some((x, y, if height { Some(reader.float(little)?) } else { None }))
        };
        let line = |reader: &mut Self| -> Option<Vec<Position>> {
            let count = reader.number(little)? as usize;
            if count > reader.bytes.len() / 16 {
                return None;
            }
            (0..count).map(|_| position(reader)).collect()
        };
        match kind {
            1 => {
                let point = position(self)?;
                Some(Geometry::Point((!point.0.is_nan()).then_some(point)))
            }
            2 => line(self).map(Geometry::Line),
            3 => {
                let rings = self.number(little)? as usize;
                if rings > self.bytes.len() / 4 {
                    return None;
                }
                (0..rings).map(|_| line(self)).collect::<Option<_>>().map(Geometry::Polygon)
            }
            4..=7 if depth < 16 => {
                let parts = self.number(little)? as usize;
                if parts > self.bytes.len() / 5 {
                    return None;
                }
                (0..parts)
                    .map(|_| self.geometry(depth + 1))
                    .collect::<Option<_>>()
                    .map(|parts| Geometry::Many(kind, parts))
            }
            _ => None,
        }
    }
}

/// What a column of geometries holds: kinds and bounds.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Extent {
    kinds: BTreeSet<String>,
    bounds: Option<[f64; 4]>,
}

impl Extent {
    pub(crate) fn see(&mut self, geometry: &Geometry) {
        let height = if geometry.has_height() { " Z" } else { "" };
        self.kinds.insert(format!("{}{height}", geometry.name()));
        geometry.positions(&mut |(x, y, _)| {
            let [west, south, east, north] = self.bounds.get_or_insert([*x, *y, *x, *y]);
            (*west, *south, *east, *north) = (west.min(*x), south.min(*y), east.max(*x), north.max(*y));
        });
    }
    /// The `geo` metadata of GeoParquet 1.1.0 with this column as the primary one, in OGC:CRS84.
    pub(crate) fn metadata(&self, column: &str) -> String {
        let mut description = serde_json::json!({
            "encoding": "WKB",
            "geometry_types": self.kinds,
            "crs": crs84(),
        });
        if let (Some(bounds), Some(object)) = (self.bounds, description.as_object_mut()) {
            object.insert("bbox".into(), serde_json::json!(bounds));
        }
        serde_json::json!({ "version": "1.1.0", "primary_column": column, "columns": { column: description } }).to_string()
    }
}

/// OGC:CRS84 as PROJJSON, from the GeoParquet 1.1.0 specification, "OGC:CRS84 details".
fn crs84() -> serde_json::Value {
    serde_json::json!({
        "$schema": "https://proj.org/schemas/v0.5/projjson.schema.json",
        "type": "GeographicCRS",
        "name": "WGS 84 longitude-latitude",
        "datum": {
            "type": "GeodeticReferenceFrame",
            "name": "World Geodetic System 1984",
            "ellipsoid": { "name": "WGS 84", "semi_major_axis": 6_378_137, "inverse_flattening": 298.257_223_563 }
        },
        "coordinate_system": {
            "subtype": "ellipsoidal",
            "axis": [
                { "name": "Geodetic longitude", "abbreviation": "Lon", "direction": "east", "unit": "degree" },
                { "name": "Geodetic latitude", "abbreviation": "Lat", "direction": "north", "unit": "degree" }
            ]
        },
        "id": { "authority": "OGC", "code": "CRS84" }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn geometries_survive_the_way_to_binary_and_back() {
        let ring = vec![(0.0, 0.0, None), (1.0, 0.0, None), (1.0, 1.5, None), (0.0, 0.0, None)];
        for (geometry, text) in [
            (Geometry::Point(Some((18.5, 59.25, None))), "POINT (18.5 59.25)"),
            (Geometry::Point(Some((18.5, 59.25, Some(3.0)))), "POINT Z (18.5 59.25 3)"),
            (Geometry::Line(ring.clone()), "LINESTRING (0 0, 1 0, 1 1.5, 0 0)"),
            (
                Geometry::Many(6, vec![Geometry::Polygon(vec![ring])]),
                "MULTIPOLYGON (((0 0, 1 0, 1 1.5, 0 0)))",
            ),
            (Geometry::Many(7, vec![]), "GEOMETRYCOLLECTION EMPTY"),
        ] {
            assert_eq!(geometry.to_wkt(), text);
            assert_eq!(Geometry::from_wkb(&geometry.to_wkb()), Some(geometry));
        }
    }

    #[test]
    fn forged_counts_and_cut_bytes_give_nothing() {
        let whole = Geometry::Line(vec![(0.0, 0.0, None), (1.0, 0.0, None)]).to_wkb();
        for cut in 0..whole.len() {
            assert_eq!(Geometry::from_wkb(&whole[..cut]), None);
        }
        assert_eq!(Geometry::from_wkb(&[1, 2, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]), None);
        assert_eq!(Geometry::from_wkb(&[1, 7, 0, 0, 0, 0xff, 0xff, 0xff, 0x7f]), None);
    }
}
