//! Geometries on their way into a table: what every reader of maps shares, and the geometries of GeoJSON.
//!
//! In: geometries in the source's own reference system. Out: well-known binary in longitude and latitude (OGC:CRS84), the extent for the
//! `geo` metadata, and findings about systems and axes. The source's own system stays in the report.

use fyr_model::finding::{Finding, Severity};
use fyr_model::{Refusal, Text};

use super::crs::{Axes, Crs, Turned};
use super::gather::Gather;
use super::json_text::Node;
use crate::refuse;
pub(crate) use crate::wkb::Extent;
use crate::wkb::{Geometry, Position};

/// Systems that one file may mix.
const SYSTEMS_MAX: usize = 32;

/// What a reader of maps keeps while it reads.
pub(crate) struct Shapes {
    format: &'static str,
    systems: Vec<(Option<String>, Crs)>,
    extent: Extent,
    swapped: u64,
}

impl Shapes {
    pub(crate) fn new(format: &'static str) -> Self {
        Self {
            format,
            systems: Vec::new(),
            extent: Extent::default(),
            swapped: 0,
        }
    }
    /// The place of the system that a name means; `crs` under `[reading]` wins over it.
    pub(crate) fn named(&mut self, name: Option<&str>, axes: Axes, gather: &mut Gather<'_>) -> Result<usize, Refusal> {
        if let Some(found) = self.systems.iter().position(|(known, _)| known.as_deref() == name) {
            return Ok(found);
        }
        let asked = gather.reading().crs.as_deref();
        let crs = Crs::named(asked.or(name), axes, self.format, gather.subject())?;
        self.add(name, crs, gather)
    }
    /// The place of a system that is described by other means than a name.
    pub(crate) fn described(&mut self, found: Result<Crs, Refusal>, gather: &mut Gather<'_>) -> Result<usize, Refusal> {
        let crs = match gather.reading().crs.as_deref() {
            Some(asked) => Crs::named(Some(asked), Axes::Plane, self.format, gather.subject())?,
            None => found?,
        };
        self.add(None, crs, gather)
    }
    fn add(&mut self, name: Option<&str>, crs: Crs, gather: &mut Gather<'_>) -> Result<usize, Refusal> {
        if self.systems.len() >= SYSTEMS_MAX {
            return Err(refuse::unreadable(
                &format!("{}-crs", self.format),
                gather.subject(),
                format!("filen blandar fler än {SYSTEMS_MAX} referenssystem"),
                format!("the file mixes more than {SYSTEMS_MAX} reference systems"),
            ));
        }
        gather.found.source_crs.get_or_insert_with(|| crs.name.clone());
        if !crs.checked {
            gather.found.findings.push(
                Finding::new(
                    "crs-unchecked",
                    Severity::Info,
                    gather.subject(),
                    Text::new(
                        format!("referenssystemet {} är inte kontrollerat mot publicerade punkter", crs.name),
                        format!("the reference system {} is not checked against published points", crs.name),
                    ),
                )
                .fix(Text::new(
                    "publicera i SWEREF 99 TM (EPSG:3006) eller WGS 84",
                    "publish in SWEREF 99 TM (EPSG:3006) or WGS 84",
                )),
            );
        }
        self.systems.push((name.map(str::to_owned), crs));
        Ok(self.systems.len() - 1)
    }
    /// Turns a geometry of the row at hand into well-known binary in longitude and latitude.
    pub(crate) fn take(&mut self, system: usize, mut geometry: Geometry, gather: &mut Gather<'_>) -> Result<Vec<u8>, Refusal> {
        let row = gather.rows;
        let turned = self.systems.get_mut(system).map(|(_, crs)| crs.turn(&mut geometry));
        match turned {
            Some(Turned::Good) => {}
            Some(Turned::Swapped) => {
                gather.repairs.add("swapped-axes", None, row);
                self.swapped += 1;
            }
            Some(Turned::Outside) | None => return Err(outside(self.format, gather.subject(), row)),
        }
        self.extent.see(&geometry);
        Ok(geometry.to_wkb())
    }
    /// Leaves extent and findings behind.
    pub(crate) fn end(self, gather: &mut Gather<'_>) {
        let mixed = self
            .systems
            .iter()
            .any(|(_, crs)| Some(&crs.name) != gather.found.source_crs.as_ref());
        if self.swapped > 0 {
            let found = Finding::new(
                "swapped-axes",
                Severity::Warning,
                gather.subject(),
                Text::new(
                    "koordinaternas axlar står i omvänd ordning mot vad filen anger; de är vända så att de ligger i Sverige",
                    "the axes of the coordinates stand the other way round than the file says; they were turned so that they lie in Sweden",
                ),
            );
            gather
                .found
                .findings
                .push(found.evidence(format!("{} geometries", self.swapped)).fix(Text::new(
                    "skriv axlarna i den ordning som formatet anger",
                    "write the axes in the order of the format",
                )));
        }
        if mixed {
            gather.found.findings.push(Finding::new(
                "crs-mixed",
                Severity::Warning,
                gather.subject(),
                Text::new("filen blandar referenssystem", "the file mixes reference systems"),
            ));
        }
        gather.found.geo = Some(self.extent);
    }
}

fn outside(format: &str, subject: &str, row: u64) -> Refusal {
    refuse::unreadable(
        &format!("{format}-coordinates"),
        subject,
        format!("koordinaterna på rad {row} ligger utanför referenssystemet"),
        format!("the coordinates of row {row} lie outside the reference system"),
    )
    .hint(Text::new(
        "ange det referenssystem som koordinaterna står i, i filen eller som crs under [reading]",
        "state the reference system of the coordinates, in the file or as crs under [reading]",
    ))
}

/// The refusal of a geometry that cannot be read, by its row.
pub(crate) fn invalid(format: &str, subject: &str, row: u64) -> Refusal {
    refuse::unreadable(
        &format!("{format}-geometry"),
        subject,
        format!("geometrin på rad {row} är ogiltig"),
        format!("the geometry of row {row} is invalid"),
    )
}

/// The finding that a file has more tables than the one that was read.
pub(crate) fn several_layers(subject: &str, chosen: &str, others: usize) -> Finding {
    Finding::new(
        "several-layers",
        Severity::Info,
        subject,
        Text::new(
            format!("filen har {} lager; det största, {chosen}, lästes", others + 1),
            format!("the file has {} layers; the largest, {chosen}, was read", others + 1),
        ),
    )
    .fix(Text::new(
        "skriv lagrets namn som table under [reading] för att läsa ett annat",
        "write the layer's name as table under [reading] to read another",
    ))
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
