//! Shapefile (ESRI white paper, July 1998): `.shp` with its sisters `.dbf`, `.prj` and `.cpg`, on disk or in a zip.
//!
//! In: the files. Out: a row a record, attributes before the geometry. Own reader: the crates allocate what a record's header asks for, and
//! here a forged count may not ask for anything. Records are read in file order, so the index (`.shx`) is not needed. Without a reference
//! system the file is refused, not guessed: planes of SWEREF 99 and RT 90 differ by numbers that look alike to a machine.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use fyr_model::finding::{Finding, Severity};
use fyr_model::{Position as Place, Refusal, Text};

use super::StageRequest;
use super::archive;
use super::cell::{Cell, Row};
use super::crs::Crs;
use super::dbf::Dbf;
use super::gather::Gather;
use super::geo::{self, Shapes};
use crate::refuse;
use crate::wkb::{Geometry, Position};

/// The unpacked files in the private folder.
pub(crate) const UNPACKED: &[&str] = &["layer.shp", "layer.dbf", "layer.prj", "layer.cpg"];
/// Bytes of a `.prj` or `.cpg` that are looked at.
const NOTE_BYTES_MAX: u64 = 64 << 10;
/// Comparisons spent on finding the outer ring of the holes of one record.
const EFFORT_MAX: usize = 500_000_000;
const HEADER_BYTES: u64 = 100;

/// A layer that was unpacked.
pub(crate) struct Layer {
    pub(crate) path: PathBuf,
    pub(crate) member: String,
    pub(crate) finding: Option<Finding>,
}

/// Whether a file begins as a Shapefile: file code 9994 and version 1000.
pub(crate) fn is_shapefile(head: &[u8]) -> bool {
    head.starts_with(&[0, 0, 0x27, 0x0a]) && head.get(28..32) == Some(&[0xe8, 3, 0, 0])
}

/// Unpacks the layer of a zip file: the one that the owner names, else the largest. Nothing when the archive has none.
pub(crate) fn unpack(request: &StageRequest, path: &Path, dir: &Path) -> Result<Option<Layer>, Refusal> {
    let subject = &request.name;
    let mut zip = archive::checked(path, &request.limits, subject)?;
    let damaged = || refuse::unreadable("zip-damaged", subject, "arkivet är skadat", "the archive is damaged");
    let mut members = Vec::new();
    for index in 0..zip.len() {
        let member = zip.by_index_raw(index).map_err(|_| damaged())?;
        let name = String::from_utf8_lossy(member.name_raw()).into_owned();
        if member.is_file() && !name.starts_with("__MACOSX/") {
            members.push((index, name, member.size(), member.compressed_size()));
        }
    }
    let layers: Vec<_> = members.iter().filter(|(_, name, ..)| ending(name, "shp")).collect();
    let asked = request.reading.table.as_deref();
    let chosen = match asked {
        _ if layers.is_empty() => return Ok(None),
        Some(asked) => match layers.iter().find(|(_, name, ..)| name == asked || stem(last(name)) == asked) {
            Some(layer) => layer,
            None if members.iter().any(|(_, name, ..)| name == asked) => return Ok(None),
            None => return Err(no_layer(subject)),
        },
        None => match layers.iter().rev().max_by_key(|(_, _, bytes, _)| bytes) {
            Some(layer) => layer,
            None => return Ok(None),
        },
    };
    let name = chosen.1.clone();
    for target in UNPACKED {
        let wanted = target.rsplit('.').next().unwrap_or_default();
        let Some((index, _, _, packed)) = members
            .iter()
            .find(|(_, other, ..)| ending(other, wanted) && stem(other) == stem(&name))
        else {
            continue;
        };
        let member = zip.by_index(*index).map_err(|_| damaged())?;
        archive::pump(member, Some(&dir.join(target)), *packed, &request.limits, subject, "zip-damaged")?;
    }
    let others = layers.len() - 1;
    let finding = (others > 0 && asked.is_none()).then(|| geo::several_layers(subject, &name, others));
    Ok(Some(Layer {
        path: dir.join("layer.shp"),
        member: name,
        finding,
    }))
}

fn ending(name: &str, wanted: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, found)| found.eq_ignore_ascii_case(wanted))
}

fn stem(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

fn last(name: &str) -> &str {
    name.rsplit(['/', '\\']).next().unwrap_or(name)
}

fn no_layer(subject: &str) -> Refusal {
    refuse::unreadable(
        "shapefile-no-layer",
        subject,
        "arkivet har inget lager med det namnet",
        "the archive has no layer of that name",
    )
    .hint(Text::new("rätta table under [reading]", "correct table under [reading]"))
}

/// Reads a Shapefile; its sisters lie beside it.
pub(crate) fn read(path: &Path, gather: &mut Gather<'_>) -> Result<(), Refusal> {
    let subject = gather.subject();
    let mut records = Records::open(path, gather.limits().record_bytes_max, subject)?;
    (gather.found.format, gather.found.media_type) = ("shapefile", "application/vnd.shp");
    let mut shapes = Shapes::new("shapefile");
    let described = note(path, "prj").unwrap_or_default();
    let system = shapes.described(Crs::described(&described, "shapefile", subject), gather)?;
    let mut table = match sister(path, "dbf") {
        Some(path) => {
            let asked = gather.reading().encoding.clone();
            Some(Dbf::open(&path, asked.or_else(|| note(&path, "cpg")).as_deref(), subject)?)
        }
        None => {
            gather.found.findings.push(Finding::new(
                "shapefile-no-attributes",
                Severity::Warning,
                subject,
                Text::new("attributtabellen (.dbf) saknas", "the attribute table (.dbf) is missing"),
            ));
            None
        }
    };
    if let Some(table) = &table {
        gather.found.encoding = Some(table.charset.name());
        for field in &table.fields {
            gather.column(&field.name)?;
        }
    }
    let column = gather.column("geometry")?;
    let mut row = Row::default();
    loop {
        let geometry = records.next()?;
        let attributes = match &mut table {
            Some(table) => table.next(&mut row, gather)?,
            None => None,
        };
        match (&geometry, attributes) {
            (None, None) => break,
            (Some(_), Some(false)) | (None, Some(false)) => {
                gather.repairs.add("deleted-row", None, gather.rows);
                continue;
            }
            (Some(_), None) if table.is_some() => gather.repairs.add("row-without-attributes", None, gather.rows),
            (None, Some(true)) => gather.repairs.add("row-without-geometry", None, gather.rows),
            _ => {}
        }
        if table.is_none() || attributes.is_none() {
            row.clear();
        }
        while row.len() < column {
            row.push(Cell::Absent);
        }
        match geometry.flatten() {
            Some(geometry) => row.push(Cell::Bytes(&shapes.take(system, geometry, gather)?)),
            None => row.push(Cell::Null),
        }
        gather.push(&row)?;
    }
    shapes.end(gather);
    Ok(())
}

/// A sister file, its ending in small or capital letters.
fn sister(path: &Path, ending: &str) -> Option<PathBuf> {
    [ending.to_owned(), ending.to_ascii_uppercase()]
        .iter()
        .map(|ending| path.with_extension(ending))
        .find(|path| path.is_file())
}

/// The text of a small sister file.
fn note(path: &Path, ending: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let file = File::open(sister(path, ending)?).ok()?;
    file.take(NOTE_BYTES_MAX).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// The records of a `.shp` file.
struct Records<'a> {
    input: BufReader<File>,
    offset: u64,
    file_bytes: u64,
    record_bytes_max: usize,
    number: u64,
    buffer: Vec<u8>,
    subject: &'a str,
}

impl<'a> Records<'a> {
    fn open(path: &Path, record_bytes_max: usize, subject: &'a str) -> Result<Self, Refusal> {
        let failed = |error: std::io::Error| refuse::io(subject, error);
        let file = File::open(path).map_err(failed)?;
        let file_bytes = file.metadata().map_err(failed)?.len();
        let mut input = BufReader::new(file);
        let mut header = Vec::new();
        input.by_ref().take(HEADER_BYTES).read_to_end(&mut header).map_err(failed)?;
        if header.len() as u64 != HEADER_BYTES || !is_shapefile(&header) {
            return Err(damaged(subject, 0));
        }
        Ok(Self {
            input,
            offset: HEADER_BYTES,
            file_bytes,
            record_bytes_max,
            number: 0,
            buffer: Vec::new(),
            subject,
        })
    }

    /// The next record: nothing at the end, an empty one for a null shape.
    fn next(&mut self) -> Result<Option<Option<Geometry>>, Refusal> {
        if self.offset >= self.file_bytes {
            return Ok(None);
        }
        let failed = |error: std::io::Error| refuse::io(self.subject, error);
        let mut header = [0u8; 8];
        if self.file_bytes - self.offset < 8 {
            return Err(damaged(self.subject, self.offset));
        }
        self.input.read_exact(&mut header).map_err(failed)?;
        let [_, _, _, _, a, b, c, d] = header;
        let length = u64::from(u32::from_be_bytes([a, b, c, d])) * 2;
        if length > self.file_bytes - self.offset - 8 {
            return Err(damaged(self.subject, self.offset));
        }
        if length > self.record_bytes_max as u64 {
            return Err(too_large(self.subject, self.record_bytes_max, self.offset));
        }
        self.buffer.clear();
        self.input.by_ref().take(length).read_to_end(&mut self.buffer).map_err(failed)?;
        let shape = shape(&self.buffer).map_err(|fault| match fault {
            Fault::Invalid => geo::invalid("shapefile", self.subject, self.number),
            Fault::MultiPatch => refuse::unreadable(
                "shapefile-multipatch",
                self.subject,
                "lagret har kroppar (MultiPatch), som inte läses",
                "the layer has solids (MultiPatch), which are not read",
            ),
            Fault::TooComplex => refuse::unreadable(
                "shapefile-too-complex",
                self.subject,
                format!("ytan på rad {} har för många ringar", self.number),
                format!("the area of row {} has too many rings", self.number),
            ),
        })?;
        self.offset += 8 + length;
        self.number += 1;
        Ok(Some(shape))
    }
}

fn damaged(subject: &str, offset: u64) -> Refusal {
    refuse::unreadable(
        "shapefile-damaged",
        subject,
        "formfilen (.shp) är skadad",
        "the shape file (.shp) is damaged",
    )
    .at(Place {
        offset,
        ..Place::default()
    })
}

fn too_large(subject: &str, limit: usize, offset: u64) -> Refusal {
    refuse::unreadable(
        "shapefile-record-too-large",
        subject,
        format!("en form är större än {limit} byte"),
        format!("a shape is larger than {limit} bytes"),
    )
    .at(Place {
        offset,
        ..Place::default()
    })
}

enum Fault {
    Invalid,
    MultiPatch,
    TooComplex,
}

/// The geometry of one record's content.
fn shape(content: &[u8]) -> Result<Option<Geometry>, Fault> {
    let mut reader = Reader { bytes: content };
    let kind = reader.number().ok_or(Fault::Invalid)?;
    let (family, height) = match kind {
        0 => return Ok(None),
        31 => return Err(Fault::MultiPatch),
        1 | 3 | 5 | 8 => (kind, false),
        11 | 13 | 15 | 18 => (kind - 10, true),
        21 | 23 | 25 | 28 => (kind - 20, false),
        _ => return Err(Fault::Invalid),
    };
    let geometry = match family {
        1 => reader.point(height),
        8 => reader.points(height),
        _ => {
            let parts = reader.parts(height).ok_or(Fault::Invalid)?;
            if family == 5 {
                return polygons(parts, EFFORT_MAX).map(Some);
            }
            Some(one_or_many(parts.into_iter().map(Geometry::Line).collect(), 5))
        }
    };
    geometry.map(Some).ok_or(Fault::Invalid)
}

fn one_or_many(mut parts: Vec<Geometry>, code: u32) -> Geometry {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        Some(last) => {
            parts.push(last);
            Geometry::Many(code, parts)
        }
        None => Geometry::Many(code, parts),
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
}

impl Reader<'_> {
    fn number(&mut self) -> Option<u32> {
        let (head, rest) = self.bytes.split_first_chunk::<4>()?;
        self.bytes = rest;
        Some(u32::from_le_bytes(*head))
    }
    fn float(&mut self) -> Option<f64> {
        let (head, rest) = self.bytes.split_first_chunk::<8>()?;
        self.bytes = rest;
        Some(f64::from_le_bytes(*head))
    }
    fn skip(&mut self, bytes: usize) -> Option<()> {
        self.bytes = self.bytes.get(bytes..)?;
        Some(())
    }
    fn point(&mut self, height: bool) -> Option<Geometry> {
        let (x, y) = (self.float()?, self.float()?);
        let z = if height { Some(self.float()?) } else { None };
        Some(Geometry::Point((!x.is_nan()).then_some((x, y, z))))
    }
    /// Positions, then their heights in a block of their own.
    fn positions(&mut self, count: usize, height: bool) -> Option<Vec<Position>> {
        if count > self.bytes.len() / 16 {
            return None;
        }
        let mut positions: Vec<Position> = Vec::with_capacity(count);
        for _ in 0..count {
            positions.push((self.float()?, self.float()?, None));
        }
        if height {
            self.skip(16)?;
            for position in &mut positions {
                position.2 = Some(self.float()?);
            }
        }
        Some(positions)
    }
    fn points(&mut self, height: bool) -> Option<Geometry> {
        self.skip(32)?;
        let count = self.number()? as usize;
        let points = self.positions(count, height)?;
        Some(Geometry::Many(
            4,
            points.into_iter().map(|point| Geometry::Point(Some(point))).collect(),
        ))
    }
    fn parts(&mut self, height: bool) -> Option<Vec<Vec<Position>>> {
        self.skip(32)?;
        let (parts, points) = (self.number()? as usize, self.number()? as usize);
        if parts > self.bytes.len() / 4 {
            return None;
        }
        let starts: Vec<usize> = (0..parts)
            .map(|_| self.number().map(|start| start as usize))
            .collect::<Option<_>>()?;
        let positions = self.positions(points, height)?;
        let ends = starts.iter().skip(1).copied().chain([points]);
        starts
            .iter()
            .zip(ends)
            .map(|(start, end)| positions.get(*start..end).map(<[Position]>::to_vec))
            .collect()
    }
}

/// A ring with its bounds and its area, positive when it runs clockwise.
struct Ring {
    positions: Vec<Position>,
    area: f64,
    bounds: [f64; 4],
}

impl Ring {
    fn of(positions: Vec<Position>) -> Self {
        let first = positions.first().copied().unwrap_or_default();
        let mut area = 0.0;
        let mut bounds = [first.0, first.1, first.0, first.1];
        for (a, b) in positions.iter().zip(positions.iter().cycle().skip(1)) {
            // Taken from the first corner, so that large numbers do not eat the digits.
            area += (b.0 - first.0) * (a.1 - first.1) - (a.0 - first.0) * (b.1 - first.1);
            let [west, south, east, north] = &mut bounds;
            (*west, *south, *east, *north) = (west.min(a.0), south.min(a.1), east.max(a.0), north.max(a.1));
        }
        Self { positions, area, bounds }
    }
    fn spans(&self, other: &Self) -> bool {
        let ([west, south, east, north], [w, s, e, n]) = (self.bounds, other.bounds);
        west <= w && south <= s && east >= e && north >= n
    }
    /// Whether most of the other ring's corners lie inside; corners on the border may fall on either side.
    fn holds(&self, other: &Self) -> bool {
        let corners = other.positions.iter().take(3);
        corners.filter(|corner| self.surrounds(corner)).count() >= 2
    }
    fn surrounds(&self, point: &Position) -> bool {
        let mut inside = false;
        for (a, b) in self.positions.iter().zip(self.positions.iter().cycle().skip(1)) {
            if (a.1 > point.1) != (b.1 > point.1) && point.0 < (b.0 - a.0) * (point.1 - a.1) / (b.1 - a.1) + a.0 {
                inside = !inside;
            }
        }
        inside
    }
    /// Turned round: outer rings run counter-clockwise and holes clockwise in the formats of today (RFC 7946, OGC 06-103r4).
    fn turned(mut self) -> Vec<Position> {
        self.positions.reverse();
        self.positions
    }
}

/// Rings as polygons: clockwise rings are outer ones, each other ring is a hole of the smallest outer ring around it.
fn polygons(parts: Vec<Vec<Position>>, effort_max: usize) -> Result<Geometry, Fault> {
    let rings = parts.into_iter().filter(|part| !part.is_empty()).map(Ring::of);
    let (mut outers, mut holes): (Vec<Ring>, Vec<Ring>) = rings.partition(|ring| ring.area >= 0.0);
    if outers.is_empty() {
        // A writer that turns its rings the other way: what it calls outer is all there is.
        let polygons = holes.into_iter().map(|ring| Geometry::Polygon(vec![ring.positions]));
        return Ok(one_or_many(polygons.collect(), 6));
    }
    let mut order: Vec<usize> = (0..outers.len()).collect();
    order.sort_by(|a, b| area(&outers, *a).total_cmp(&area(&outers, *b)));
    let (mut effort, mut homes) = (0usize, Vec::with_capacity(holes.len()));
    for hole in &holes {
        let mut home = None;
        for index in &order {
            let Some(outer) = outers.get(*index) else { continue };
            effort += 1;
            if outers.len() == 1 {
                home = Some(*index);
            } else if outer.spans(hole) {
                effort += outer.positions.len() * 3;
                home = outer.holds(hole).then_some(*index);
            }
            if effort > effort_max {
                return Err(Fault::TooComplex);
            }
            if home.is_some() {
                break;
            }
        }
        homes.push(home);
    }
    let mut polygons: Vec<Vec<Vec<Position>>> = outers.drain(..).map(|ring| vec![ring.turned()]).collect();
    for (hole, home) in holes.drain(..).zip(homes) {
        match home.and_then(|home| polygons.get_mut(home)) {
            Some(polygon) => polygon.push(hole.turned()),
            // A hole in nothing is an area that runs the wrong way.
            None => polygons.push(vec![hole.positions]),
        }
    }
    Ok(one_or_many(polygons.into_iter().map(Geometry::Polygon).collect(), 6))
}

fn area(rings: &[Ring], index: usize) -> f64 {
    rings.get(index).map_or(0.0, |ring| ring.area)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A square ring from its lower left corner, clockwise or not.
    fn square(x: f64, y: f64, side: f64, clockwise: bool) -> Vec<Position> {
        let mut ring = vec![
            (x, y, None),
            (x, y + side, None),
            (x + side, y + side, None),
            (x + side, y, None),
            (x, y, None),
        ];
        if !clockwise {
            ring.reverse();
        }
        ring
    }

    fn check(rings: Vec<Vec<Position>>, expected: &str) {
        let text = polygons(rings, EFFORT_MAX).map_or(String::new(), |geometry| geometry.to_wkt());
        assert_eq!(text, expected);
    }

    #[test]
    fn holes_belong_to_the_smallest_ring_around_them() {
        let one = "((0 0, 9 0, 9 9, 0 9, 0 0)";
        check(vec![square(0.0, 0.0, 9.0, true)], &format!("POLYGON {one})"));
        check(
            vec![square(1.0, 1.0, 5.0, false), square(0.0, 0.0, 9.0, true)],
            &format!("POLYGON {one}, (1 1, 1 6, 6 6, 6 1, 1 1))"),
        );
        // A lake with an island that has a pond.
        check(
            vec![
                square(0.0, 0.0, 9.0, true),
                square(1.0, 1.0, 5.0, false),
                square(2.0, 2.0, 3.0, true),
                square(3.0, 3.0, 1.0, false),
            ],
            &format!("MULTIPOLYGON ({one}, (1 1, 1 6, 6 6, 6 1, 1 1)), ((2 2, 5 2, 5 5, 2 5, 2 2), (3 3, 3 4, 4 4, 4 3, 3 3)))"),
        );
        // A writer that runs the other way, and a hole in nothing.
        check(vec![square(0.0, 0.0, 9.0, false)], &format!("POLYGON {one})"));
        check(
            vec![
                square(0.0, 0.0, 9.0, true),
                square(20.0, 0.0, 1.0, true),
                square(40.0, 0.0, 1.0, false),
            ],
            &format!("MULTIPOLYGON ({one}), ((20 0, 21 0, 21 1, 20 1, 20 0)), ((40 0, 41 0, 41 1, 40 1, 40 0)))"),
        );
    }

    #[test]
    fn rings_without_end_are_refused() {
        let rings = (0..2_000)
            .map(|index| square(f64::from(index) * 10.0, 0.0, 9.0, index % 2 == 0))
            .collect();
        assert!(matches!(polygons(rings, 100_000), Err(Fault::TooComplex)));
    }
}
