//! GML and WFS answers as tables: a row a feature, simple properties as columns, nested ones as `a.b`, geometries as well-known binary.
//!
//! In: a document of features in `featureMember`, `featureMembers` or `member`. Out: rows of one feature type, the most common unless the owner
//! names another. The document is streamed twice: once to count the types, once to take the rows. Schemas are not
//! fetched: types come from the values.

use std::collections::HashMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use fyr_model::{Refusal, Text};

use super::cell::{Cell, Row};
use super::crs::Axes;
use super::encoding;
use super::gather::Gather;
use super::geo::{self, Shapes};
use super::gml_features::{Element, Fault, Features, local};
use super::gml_geometry as shape;
use crate::refuse;

/// Types of features in one document.
const TYPES_MAX: usize = 1_000;

/// Whether a text begins as GML or an answer of a WFS.
pub(crate) fn is_gml(text: &str) -> bool {
    text.starts_with('<')
        && ["http://www.opengis.net/gml", "http://www.opengis.net/wfs"]
            .iter()
            .any(|name| text.contains(name))
}

/// Reads a document of features.
pub(crate) fn read(path: &Path, gather: &mut Gather<'_>) -> Result<(), Refusal> {
    let (subject, limits) = (gather.subject(), gather.limits());
    let failed = |error: std::io::Error| refuse::io(subject, error);
    let asked = match gather.reading().encoding.clone() {
        Some(asked) => Some(asked),
        None => declared(path).map_err(failed)?,
    };
    let scratch = gather.spool.folder().unwrap_or(Path::new(".")).to_path_buf();
    let decoded = encoding::decode(
        path,
        &scratch,
        subject,
        asked.as_deref(),
        &mut gather.repairs,
        &mut gather.found.findings,
    )?;
    let open = || -> Result<Features<'_>, Refusal> {
        let mut file = File::open(&decoded.path).map_err(failed)?;
        file.seek(SeekFrom::Start(decoded.skip)).map_err(failed)?;
        Ok(Features::new(file, limits, subject))
    };
    let wanted = choose(&mut open()?, gather)?;
    gather.found.encoding = Some(decoded.charset.name().into());
    (gather.found.format, gather.found.media_type) = ("gml", "application/gml+xml");
    gather.found.table = wanted.clone();
    let mut rows = Rows::new();
    let mut features = open()?;
    while let Some(name) = features.next()? {
        if Some(&name) == wanted.as_ref() {
            let feature = features.take()?;
            rows.feature(&feature, features.system.as_deref(), gather)?;
        } else {
            features.skip()?;
        }
    }
    rows.end(gather);
    Ok(())
}

/// The single-byte encoding that the XML declaration names; UTF-8 is found by itself.
fn declared(path: &Path) -> std::io::Result<Option<String>> {
    let mut head = Vec::new();
    File::open(path)?.take(256).read_to_end(&mut head)?;
    let head = String::from_utf8_lossy(&head).to_ascii_lowercase();
    let declaration = head.split("?>").next().unwrap_or_default();
    let known = ["windows-1252", "iso-8859-1", "ibm850", "ibm437", "macintosh"];
    Ok(known.iter().find(|name| declaration.contains(*name)).map(|name| (*name).to_owned()))
}

/// The most common type of feature, or the one that the owner names.
fn choose(features: &mut Features<'_>, gather: &mut Gather<'_>) -> Result<Option<String>, Refusal> {
    let mut types: Vec<(String, u64)> = Vec::new();
    while let Some(name) = features.next()? {
        if let Some((_, count)) = types.iter_mut().find(|(known, _)| *known == name) {
            *count += 1;
        } else if types.len() < TYPES_MAX {
            types.push((name, 1));
        } else {
            return Err(features.refusal(Fault::TooComplex));
        }
        features.skip()?;
    }
    if let Some(asked) = &gather.reading().table {
        return match types.iter().find(|(name, _)| name == local(asked)) {
            Some((name, _)) => Ok(Some(name.clone())),
            None => Err(features
                .refusal(Fault::NoLayer)
                .hint(Text::new("rätta table under [reading]", "correct table under [reading]"))),
        };
    }
    let best = types.iter().rev().max_by_key(|(_, count)| count).map(|(name, _)| name.clone());
    if let Some(best) = best.as_deref().filter(|_| types.len() > 1) {
        gather
            .found
            .findings
            .push(geo::several_layers(gather.subject(), best, types.len() - 1));
    }
    Ok(best)
}

/// A cell while the columns of its row come in any order.
#[derive(Debug)]
enum Slot {
    Absent,
    Null,
    Values(Vec<String>),
    Bytes(Vec<u8>),
}

struct Rows {
    columns: HashMap<String, usize>,
    slots: Vec<Slot>,
    shapes: Shapes,
    mapped: bool,
    row: Row,
}

impl Rows {
    fn new() -> Self {
        Self {
            columns: HashMap::new(),
            slots: Vec::new(),
            shapes: Shapes::new("gml"),
            mapped: false,
            row: Row::default(),
        }
    }

    fn feature(&mut self, feature: &Element, outer: Option<&str>, gather: &mut Gather<'_>) -> Result<(), Refusal> {
        let own = feature
            .children
            .iter()
            .find(|child| child.gml && child.name == "boundedBy")
            .and_then(shape::system);
        for (name, value) in &feature.attributes {
            match local(name) {
                "id" if name != "id" => self.value("gml_id", value, gather)?,
                _ if !name.contains(':') => self.value(name, value, gather)?,
                _ => {}
            }
        }
        for child in &feature.children {
            if !(child.gml && matches!(child.name.as_str(), "boundedBy" | "metaDataProperty")) {
                let name = if child.gml {
                    format!("gml_{}", child.name)
                } else {
                    child.name.clone()
                };
                self.property(&name, child, own.or(outer), gather)?;
            }
        }
        self.row.clear();
        for slot in self.slots.drain(..) {
            match slot {
                Slot::Absent => self.row.push(Cell::Absent),
                Slot::Null => self.row.push(Cell::Null),
                Slot::Bytes(bytes) => self.row.push(Cell::Bytes(&bytes)),
                Slot::Values(values) => push(&values, &mut self.row),
            }
        }
        gather.push(&self.row)
    }

    fn property(&mut self, path: &str, element: &Element, outer: Option<&str>, gather: &mut Gather<'_>) -> Result<(), Refusal> {
        if let Some(found) = element.children.iter().find(|child| shape::is_geometry(child)) {
            return self.geometry(path, found, outer, gather);
        }
        let mut nil = false;
        for (name, value) in &element.attributes {
            match (name.split_once(':'), local(name)) {
                (_, "nil") => nil = value == "true" || value == "1",
                (Some(_), plain @ ("href" | "title")) | (None, plain) if plain != "nilReason" => {
                    self.value(&format!("{path}.{plain}"), value, gather)?;
                }
                _ => {}
            }
        }
        if nil {
            let column = self.place(path, gather)?;
            self.set(column, Slot::Null);
            return Ok(());
        }
        for child in &element.children {
            self.property(&format!("{path}.{}", child.name), child, outer, gather)?;
        }
        let text = element.text.trim();
        if !text.is_empty() || (element.children.is_empty() && element.attributes.is_empty()) {
            self.value(path, text, gather)?;
        }
        Ok(())
    }

    fn geometry(&mut self, path: &str, element: &Element, outer: Option<&str>, gather: &mut Gather<'_>) -> Result<(), Refusal> {
        // A system that nobody names is an empty name, which is refused unless the owner says what it is.
        let name = shape::system(element).or(outer).unwrap_or_default().to_owned();
        let geometry = shape::geometry(element, 2).ok_or_else(|| geo::invalid("gml", gather.subject(), gather.rows))?;
        let system = self.shapes.named(Some(&name), Axes::Named, gather)?;
        let bytes = self.shapes.take(system, geometry, gather)?;
        self.mapped = true;
        let column = self.place(path, gather)?;
        self.set(column, Slot::Bytes(bytes));
        Ok(())
    }

    /// A value; one that stands beside another of the same path makes a list.
    fn value(&mut self, path: &str, value: &str, gather: &mut Gather<'_>) -> Result<(), Refusal> {
        let limit = gather.limits().field_bytes_max;
        if value.len() > limit {
            return Err(refuse::unreadable(
                "gml-field-too-large",
                gather.subject(),
                format!("ett värde på rad {} är större än {limit} byte", gather.rows),
                format!("a value of row {} is larger than {limit} bytes", gather.rows),
            ));
        }
        let column = self.place(path, gather)?;
        if let Some(Slot::Values(values)) = self.slots.get_mut(column) {
            values.push(value.to_owned());
        } else {
            self.set(column, Slot::Values(vec![value.to_owned()]));
        }
        Ok(())
    }

    fn place(&mut self, path: &str, gather: &mut Gather<'_>) -> Result<usize, Refusal> {
        if let Some(column) = self.columns.get(path) {
            return Ok(*column);
        }
        let column = gather.column(path)?;
        self.columns.insert(path.to_owned(), column);
        Ok(column)
    }

    fn set(&mut self, column: usize, slot: Slot) {
        if self.slots.len() <= column {
            self.slots.resize_with(column + 1, || Slot::Absent);
        }
        if let Some(place) = self.slots.get_mut(column) {
            *place = slot;
        }
    }

    fn end(self, gather: &mut Gather<'_>) {
        if self.mapped {
            self.shapes.end(gather);
        }
    }
}

/// Values as a cell. XML writes decimals with a point only, which is worth saying where a text would leave it open; several are a list.
fn push(values: &[String], row: &mut Row) {
    let text = match values {
        [only] => only.as_str(),
        several => {
            let list = serde_json::Value::from(several.to_vec()).to_string();
            row.push(Cell::Text { text: &list, quoted: true });
            return;
        }
    };
    let bare = text.strip_prefix('-').unwrap_or(text);
    let is_decimal = bare.split_once('.').is_some_and(|(whole, part)| {
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        digits(whole) && digits(part) && (whole == "0" || !whole.starts_with('0'))
    });
    row.push(if is_decimal {
        Cell::Number(text)
    } else {
        Cell::Text { text, quoted: false }
    });
}
