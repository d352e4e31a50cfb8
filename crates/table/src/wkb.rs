//! Simple features as well-known binary and text (OGC 06-103r4, ISO 13249-3 type codes), and the extent of a column of them.
//!
//! In: WKB of either byte order; measures are left out, arcs become lines. Out: little-endian WKB with longitude before latitude. Malformed
//! bytes give nothing, never a panic.

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
    fn position(&mut self, form: Form) -> Option<Position> {
        let (x, y) = (self.float(form.little)?, self.float(form.little)?);
        let height = if form.height { Some(self.float(form.little)?) } else { None };
        if form.measure {
            self.float(form.little)?;
        }
        Some((x, y, height))
    }
    /// A count that the bytes left have room for.
    fn count(&mut self, form: Form, bytes_each: usize) -> Option<usize> {
        let count = self.number(form.little)? as usize;
        (count <= self.bytes.len() / bytes_each).then_some(count)
    }
    fn line(&mut self, form: Form) -> Option<Vec<Position>> {
        let count = self.count(form, 16)?;
        (0..count).map(|_| self.position(form)).collect()
    }
    fn parts(&mut self, form: Form, depth: u8) -> Option<Vec<Geometry>> {
        let count = self.count(form, 5)?;
        (0..count).map(|_| self.geometry(depth + 1)).collect()
    }
    fn geometry(&mut self, depth: u8) -> Option<Geometry> {
        let [order] = self.take::<1>()?;
        let little = match order {
            0 => false,
            1 => true,
            _ => return None,
        };
        let (kind, form) = Form::of(self.number(little)?, little)?;
        match kind {
            1 => {
                let point = self.position(form)?;
                Some(Geometry::Point((!point.0.is_nan()).then_some(point)))
            }
            2 => self.line(form).map(Geometry::Line),
            3 | 17 => {
                let rings = self.count(form, 4)?;
                (0..rings).map(|_| self.line(form)).collect::<Option<_>>().map(Geometry::Polygon)
            }
            8 => arcs(&self.line(form)?).map(Geometry::Line),
            _ if depth >= 16 => None,
            4..=7 => Some(Geometry::Many(kind, self.parts(form, depth)?)),
            // A compound curve is one line; a curve polygon has curves for rings.
            9 => join(self.parts(form, depth)?).map(Geometry::Line),
            10 => {
                let rings = self.parts(form, depth)?.into_iter().map(|ring| match ring {
                    Geometry::Line(line) => Some(line),
                    _ => None,
                });
                rings.collect::<Option<_>>().map(Geometry::Polygon)
            }
            11 => Some(Geometry::Many(5, self.parts(form, depth)?)),
            12 | 15 | 16 => Some(Geometry::Many(6, self.parts(form, depth)?)),
            _ => None,
        }
    }
}

/// How the numbers of one geometry are written.
#[derive(Debug, Clone, Copy)]
struct Form {
    little: bool,
    height: bool,
    measure: bool,
}

impl Form {
    /// The kind of a code and its form: ISO thousands, or the flags of EWKB.
    fn of(code: u32, little: bool) -> Option<(u32, Self)> {
        let form = |height, measure| Self { little, height, measure };
        if code & 0xe000_0000 == 0 {
            return match (code / 1000, code % 1000) {
                (0, kind) => Some((kind, form(false, false))),
                (1, kind) => Some((kind, form(true, false))),
                (2, kind) => Some((kind, form(false, true))),
                (3, kind) => Some((kind, form(true, true))),
                _ => None,
            };
        }
        // The third flag says that a system's number follows: not in the forms that we read.
        (code & 0x3fff_ff00 == 0).then(|| (code & 0xff, form(code & 0x8000_0000 != 0, code & 0x4000_0000 != 0)))
    }
}

/// Lines end to end as one; the shared positions once.
pub(crate) fn join(parts: Vec<Geometry>) -> Option<Vec<Position>> {
    let mut whole: Vec<Position> = Vec::new();
    for part in parts {
        let Geometry::Line(line) = part else { return None };
        let shared = usize::from(whole.last().is_some() && whole.last() == line.first());
        whole.extend(line.into_iter().skip(shared));
    }
    Some(whole)
}

/// Steps of an arc: four degrees each, as GDAL has it.
const ARC_STEP: f64 = std::f64::consts::PI / 45.0;

/// A string of arcs, each by start, a point on it, and end, as a line.
pub(crate) fn arcs(points: &[Position]) -> Option<Vec<Position>> {
    if points.is_empty() {
        return Some(Vec::new());
    }
    if points.len().is_multiple_of(2) {
        return None;
    }
    let mut out: Vec<Position> = points.first().copied().into_iter().collect();
    for arc in points.windows(3).step_by(2) {
        let [start, middle, end] = arc else { return None };
        bend(*start, *middle, *end, &mut out);
        out.push(*end);
    }
    Some(out)
}

/// The positions between the ends of one arc.
fn bend(start: Position, middle: Position, end: Position, out: &mut Vec<Position>) {
    let (ax, ay, bx, by) = (middle.0 - start.0, middle.1 - start.1, end.0 - start.0, end.1 - start.1);
    let closed = bx == 0.0 && by == 0.0;
    let twice = 2.0 * (ax * by - ay * bx);
    // Ends that meet make a whole circle, whose middle lies across; three points on a line make no circle at all.
    let (cx, cy) = if closed {
        (ax / 2.0, ay / 2.0)
    } else if twice.abs() < 1e-12 {
        out.push(middle);
        return;
    } else {
        let (a, b) = (ax * ax + ay * ay, bx * bx + by * by);
        ((by * a - ay * b) / twice, (ax * b - bx * a) / twice)
    };
    let radius = cx.hypot(cy);
    let from = (-cy).atan2(-cx);
    let full = std::f64::consts::TAU;
    let turn = |x: f64, y: f64| (y - cy).atan2(x - cx) - from;
    let (to_middle, to_end) = (turn(ax, ay).rem_euclid(full), turn(bx, by).rem_euclid(full));
    let sweep = match (closed, to_middle <= to_end) {
        (true, _) => full,
        (false, true) => to_end,
        (false, false) => to_end - full,
    };
    let steps = (sweep.abs() / ARC_STEP).ceil().clamp(1.0, 90.0) as u32;
    for step in 1..steps {
        let share = f64::from(step) / f64::from(steps);
        let angle = from + sweep * share;
        let height = start.2.zip(end.2).map(|(first, last)| first + (last - first) * share);
        out.push((start.0 + cx + radius * angle.cos(), start.1 + cy + radius * angle.sin(), height));
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
    fn measures_are_left_out_and_arcs_become_lines() {
        let wkb = |code: u32, numbers: &[f64]| {
            let mut out = vec![1];
            out.extend(code.to_le_bytes());
            numbers.iter().for_each(|number| out.extend(number.to_le_bytes()));
            out
        };
        for code in [2001, 0x4000_0001] {
            assert_eq!(
                Geometry::from_wkb(&wkb(code, &[1.0, 2.0, 9.0])),
                Some(Geometry::Point(Some((1.0, 2.0, None))))
            );
        }
        for code in [3001, 0xc000_0001] {
            assert_eq!(
                Geometry::from_wkb(&wkb(code, &[1.0, 2.0, 3.0, 9.0])),
                Some(Geometry::Point(Some((1.0, 2.0, Some(3.0)))))
            );
        }
        assert_eq!(Geometry::from_wkb(&wkb(0x2000_0001, &[1.0, 2.0])), None);
        let half = arcs(&[(0.0, 0.0, None), (1.0, 1.0, None), (2.0, 0.0, None)]).unwrap();
        assert_eq!((half.len(), half[0], half[45]), (46, (0.0, 0.0, None), (2.0, 0.0, None)));
        assert!(
            half.iter()
                .all(|(x, y, _)| ((x - 1.0).hypot(*y) - 1.0).abs() < 1e-12 && *y >= -1e-12)
        );
        let below = arcs(&[(0.0, 0.0, None), (1.0, -1.0, None), (2.0, 0.0, None)]).unwrap();
        assert!(below.iter().all(|(_, y, _)| *y <= 1e-12));
        let whole = arcs(&[(0.0, 0.0, None), (2.0, 0.0, None), (0.0, 0.0, None)]).unwrap();
        assert_eq!(whole.len(), 91);
        assert_eq!(arcs(&[(0.0, 0.0, None), (1.0, 0.0, None)]), None);
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
