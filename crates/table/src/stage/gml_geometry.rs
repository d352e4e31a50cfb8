//! Geometries of GML 2, 3.1 and 3.2 (OGC 07-036, simple features): from elements to positions.
//!
//! In: an element tree that the reader has bounded. Out: a geometry in the file's own order of axes, or nothing when it is malformed, leans
//! on another element by reference, or is a kind beyond simple features. Arcs become lines.

use super::gml_features::Element;
use crate::wkb::{Geometry, Position, arcs, join};

const GEOMETRIES: &[&str] = &[
    "Point",
    "LineString",
    "LinearRing",
    "Curve",
    "CompositeCurve",
    "OrientableCurve",
    "Polygon",
    "Surface",
    "PolyhedralSurface",
    "CompositeSurface",
    "OrientableSurface",
    "TriangulatedSurface",
    "Tin",
    "MultiPoint",
    "MultiLineString",
    "MultiCurve",
    "MultiPolygon",
    "MultiSurface",
    "MultiGeometry",
    "GeometricComplex",
    "Solid",
];

/// Whether an element is a geometry.
pub(crate) fn is_geometry(element: &Element) -> bool {
    element.gml && GEOMETRIES.contains(&element.name.as_str())
}

/// The name of the system that a geometry or something in it states.
pub(crate) fn system(element: &Element) -> Option<&str> {
    element.attribute("srsName").or_else(|| element.children.iter().find_map(system))
}

/// Reads a geometry; `dimension` is what the elements around it say.
pub(crate) fn geometry(element: &Element, dimension: usize) -> Option<Geometry> {
    let dimension = stated(element, dimension);
    let parts = |code: u32| -> Option<Geometry> {
        let mut parts = Vec::new();
        for member in members(element) {
            match geometry(member, dimension)? {
                Geometry::Many(inner, inside) if inner == code => parts.extend(inside),
                part => parts.push(part),
            }
        }
        Some(Geometry::Many(code, parts))
    };
    match element.name.as_str() {
        "Point" => {
            let positions = positions(element, dimension)?;
            match positions.as_slice() {
                [] => Some(Geometry::Point(None)),
                [only] => Some(Geometry::Point(Some(*only))),
                _ => None,
            }
        }
        "LineString" | "LinearRing" | "Curve" | "CompositeCurve" | "OrientableCurve" => line(element, dimension).map(Geometry::Line),
        "Polygon" => polygon(element, dimension),
        "Surface" | "PolyhedralSurface" | "TriangulatedSurface" | "Tin" | "CompositeSurface" | "OrientableSurface" => {
            surface(element, dimension)
        }
        "MultiPoint" => parts(4),
        "MultiLineString" | "MultiCurve" => parts(5),
        "MultiPolygon" | "MultiSurface" => parts(6),
        "MultiGeometry" | "GeometricComplex" => parts(7),
        _ => None,
    }
}

fn stated(element: &Element, outer: usize) -> usize {
    element
        .attribute("srsDimension")
        .and_then(|text| text.trim().parse().ok())
        .unwrap_or(outer)
}

/// Geometries inside `…Member` and `…Members` elements, whatever their kind.
fn members(element: &Element) -> impl Iterator<Item = &Element> {
    element
        .children
        .iter()
        .filter(|child| ["Member", "Members"].iter().any(|ending| child.name.ends_with(ending)) || child.name == "element")
        .flat_map(|child| &child.children)
}

/// The only child with that name that holds something.
fn inside<'a>(element: &'a Element, names: &[&str]) -> Option<&'a Element> {
    element
        .children
        .iter()
        .find(|child| names.contains(&child.name.as_str()))
        .and_then(|child| child.children.first())
}

fn line(element: &Element, dimension: usize) -> Option<Vec<Position>> {
    let dimension = stated(element, dimension);
    match element.name.as_str() {
        "LineString" | "LinearRing" | "LineStringSegment" => positions(element, dimension),
        "Arc" | "ArcString" => arcs(&positions(element, dimension)?),
        "Circle" => {
            let points = positions(element, dimension)?;
            let [first, second, third] = points.as_slice() else { return None };
            // Three points on the rim: the arc through them, and back by the way round.
            let mut rim = arcs(&[*first, *second, *third])?;
            let across = rest_of_circle(*first, *second, *third)?;
            rim.pop();
            rim.extend(arcs(&[*third, across, *first])?);
            Some(rim)
        }
        "Curve" => {
            let segments = element.children.iter().find(|child| child.name == "segments")?;
            whole(segments.children.iter(), dimension)
        }
        "CompositeCurve" | "Ring" => whole(members(element), dimension),
        "OrientableCurve" => {
            let mut line = line(inside(element, &["baseCurve"])?, dimension)?;
            if element.attribute("orientation") == Some("-") {
                line.reverse();
            }
            Some(line)
        }
        _ => None,
    }
}

/// A point on the other side of the circle through three points.
fn rest_of_circle(a: Position, b: Position, c: Position) -> Option<Position> {
    let (bx, by, cx, cy) = (b.0 - a.0, b.1 - a.1, c.0 - a.0, c.1 - a.1);
    let twice = 2.0 * (bx * cy - by * cx);
    if twice == 0.0 {
        return None;
    }
    let (b2, c2) = (bx * bx + by * by, cx * cx + cy * cy);
    let centre = (a.0 + (cy * b2 - by * c2) / twice, a.1 + (bx * c2 - cx * b2) / twice);
    Some((2.0 * centre.0 - b.0, 2.0 * centre.1 - b.1, b.2))
}

fn whole<'a>(parts: impl Iterator<Item = &'a Element>, dimension: usize) -> Option<Vec<Position>> {
    join(parts.map(|part| line(part, dimension).map(Geometry::Line)).collect::<Option<_>>()?)
}

fn polygon(element: &Element, dimension: usize) -> Option<Geometry> {
    let dimension = stated(element, dimension);
    let mut rings = Vec::new();
    for names in [["exterior", "outerBoundaryIs"], ["interior", "innerBoundaryIs"]] {
        for boundary in element.children.iter().filter(|child| names.contains(&child.name.as_str())) {
            rings.push(line(boundary.children.first()?, stated(boundary, dimension))?);
        }
    }
    Some(Geometry::Polygon(rings))
}

/// A surface of patches or members: one polygon, or several side by side.
fn surface(element: &Element, dimension: usize) -> Option<Geometry> {
    let dimension = stated(element, dimension);
    let mut polygons = Vec::new();
    if let Some(patches) = element
        .children
        .iter()
        .find(|child| matches!(child.name.as_str(), "patches" | "polygonPatches" | "trianglePatches"))
    {
        for patch in &patches.children {
            if !matches!(patch.name.as_str(), "PolygonPatch" | "Triangle" | "Rectangle") {
                return None;
            }
            polygons.push(polygon(patch, dimension)?);
        }
    } else {
        let base = inside(element, &["baseSurface"]);
        for member in members(element).chain(base) {
            match geometry(member, dimension)? {
                Geometry::Many(6, inside) => polygons.extend(inside),
                polygon @ Geometry::Polygon(_) => polygons.push(polygon),
                _ => return None,
            }
        }
    }
    match polygons.pop() {
        Some(only) if polygons.is_empty() => Some(only),
        Some(last) => {
            polygons.push(last);
            Some(Geometry::Many(6, polygons))
        }
        None => None,
    }
}

/// The positions that an element writes: `posList`, `pos`, `coordinates`, `coord`, or points by value.
fn positions(element: &Element, dimension: usize) -> Option<Vec<Position>> {
    let mut out = Vec::new();
    for child in &element.children {
        match child.name.as_str() {
            "posList" | "pos" => numbers(&child.text, stated(child, dimension), child.name == "pos", &mut out)?,
            "coordinates" => coordinates(child, &mut out)?,
            "coord" => {
                let part = |name: &str| {
                    child
                        .children
                        .iter()
                        .find(|part| part.name == name)
                        .map(|part| float(part.text.trim()))
                };
                let height = match part("Z") {
                    Some(height) => Some(height?),
                    None => None,
                };
                out.push((part("X")??, part("Y")??, height));
            }
            "pointProperty" | "pointRep" | "pointMember" => out.extend(positions(child.children.first()?, dimension)?),
            _ => {}
        }
    }
    Some(out)
}

fn float(text: &str) -> Option<f64> {
    text.parse().ok().filter(|value: &f64| value.is_finite())
}

/// Numbers between blanks. A single position tells its own dimension; a list needs to be told.
fn numbers(text: &str, dimension: usize, single: bool, out: &mut Vec<Position>) -> Option<()> {
    let mut words = text.split_ascii_whitespace().map(float).peekable();
    let wide = if single {
        text.split_ascii_whitespace().take(4).count()
    } else {
        dimension
    };
    if !matches!(wide, 2 | 3) {
        return (single && wide == 0).then_some(());
    }
    while words.peek().is_some() {
        let (x, y) = (words.next()??, words.next()??);
        out.push((x, y, if wide == 3 { Some(words.next()??) } else { None }));
    }
    Some(())
}

/// GML 2: tuples between `ts`, numbers between `cs`, with its own decimal sign.
fn coordinates(element: &Element, out: &mut Vec<Position>) -> Option<()> {
    let sign = |name: &str, usual: char| match element.attribute(name) {
        Some(text) => text.chars().next().unwrap_or(usual),
        None => usual,
    };
    let (decimal, between, tuples) = (sign("decimal", '.'), sign("cs", ','), sign("ts", ' '));
    let is_between = |c: char| c == tuples || (tuples == ' ' && c.is_whitespace());
    for tuple in element.text.split(is_between).filter(|tuple| !tuple.trim().is_empty()) {
        let mut values = tuple.trim().split(between).map(|text| float(&text.trim().replace(decimal, ".")));
        let (x, y) = (values.next()??, values.next()??);
        let height = match values.next() {
            Some(height) => Some(height?),
            None => None,
        };
        out.push((x, y, height));
    }
    Some(())
}
