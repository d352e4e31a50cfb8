//! JSON, NDJSON and GeoJSON as tables: an array of objects, an object keyed by name, an object of columns, or one of these in a wrapper.
//!
//! In: a document. Out: a row an object; nested objects become columns `a.b`, lists stay as compact JSON text, geometries become WKB.
//! The document is read twice: once to see where the rows are, once to take them. A document that is no table is refused.

use std::collections::HashMap;
use std::fs::File;
use std::io::{Seek, SeekFrom};
use std::path::Path;

use fyr_model::finding::{Finding, Severity};
use fyr_model::{Refusal, Text};

use super::cell::{Cell, Row};
use super::crs::Axes;
use super::encoding;
use super::gather::Gather;
use super::geo::{self, Shapes};
use super::json_text::{Event, JsonText, Node};
use super::{json_columns as columns, json_stat, pxweb};
use crate::refuse;

/// How the rows lie in their container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A list of objects.
    List,
    /// An object whose members are objects: the name becomes a column.
    Keyed,
    /// One value after the other.
    Lines,
    /// The features of a GeoJSON document.
    Features,
    /// An object whose members are lists of the same length: one list a column.
    Columns,
}

/// Where the rows are.
#[derive(Debug)]
struct Plan {
    kind: Kind,
    path: Vec<String>,
    crs: Option<String>,
}

/// A member of the root that could be the table.
#[derive(Debug)]
struct Candidate {
    name: String,
    kind: Kind,
    objects: u64,
    others: u64,
}

/// Reads a JSON file.
pub(crate) fn read(path: &Path, gather: &mut Gather<'_>) -> Result<(), Refusal> {
    let (subject, reading, limits) = (gather.subject(), gather.reading(), gather.limits());
    let failed = |error: std::io::Error| refuse::io(subject, error);
    let dir = path.parent().unwrap_or(Path::new("."));
    let scratch = gather.spool.folder().unwrap_or(dir).to_path_buf();
    let decoded = encoding::decode(
        path,
        &scratch,
        subject,
        reading.encoding.as_deref(),
        &mut gather.repairs,
        &mut gather.found.findings,
    )?;
    let open = || -> std::io::Result<File> {
        let mut file = File::open(&decoded.path)?;
        file.seek(SeekFrom::Start(decoded.skip))?;
        Ok(file)
    };
    let text = || open().map(|file| JsonText::new(file, limits, subject)).map_err(failed);
    gather.found.encoding = Some(decoded.charset.name().into());
    // A fault on the way to the answer is no answer: the reading below meets it again and says so.
    if json_stat::is_stat(&mut text()?).unwrap_or(false) {
        return json_stat::read(text, &scratch, gather);
    }
    if pxweb::is_answer(&mut text()?).unwrap_or(false) {
        return pxweb::read(text, gather);
    }
    let plan = probe(&mut text()?, reading.table.as_deref())?;
    (gather.found.format, gather.found.media_type) = match plan.kind {
        Kind::Features => ("geojson", "application/geo+json"),
        Kind::Lines => ("ndjson", "application/x-ndjson"),
        Kind::List | Kind::Keyed | Kind::Columns => ("json", "application/json"),
    };
    gather.found.table = (!plan.path.is_empty()).then(|| plan.path.join("."));
    let mut json = text()?;
    if plan.kind == Kind::Columns {
        return columns::read(&mut json, &scratch, gather);
    }
    let mut rows = Rows::new(&plan, gather)?;
    rows.take(&mut json, &plan)?;
    let surrogates = json.lone_surrogates;
    rows.end(surrogates);
    Ok(())
}

/// Sees the whole document once and decides where its rows are.
fn probe<R: std::io::Read>(json: &mut JsonText<'_, R>, asked: Option<&str>) -> Result<Plan, Refusal> {
    let first = json.next()?;
    if first == Event::BeginList && asked.is_none() {
        let (objects, others) = children(json)?;
        return match json.next()? {
            Event::Done if objects >= others => Ok(Plan {
                kind: Kind::List,
                path: Vec::new(),
                crs: None,
            }),
            _ => Err(not_a_table(json.subject())),
        };
    }
    if first != Event::BeginObject {
        return Err(not_a_table(json.subject()));
    }
    let (mut members, mut objects) = (0u64, 0u64);
    let (mut features, mut crs) = (false, None);
    let mut candidates: Vec<Candidate> = Vec::new();
    while json.next()? == Event::Key {
        let name = json.text.clone();
        members += 1;
        match json.next()? {
            Event::Text if name == "type" => features = json.text == "FeatureCollection",
            Event::BeginObject if name == "crs" => {
                objects += 1;
                let node = json.node(Event::BeginObject)?;
                crs = node
                    .get("properties")
                    .and_then(|properties| properties.get("name"))
                    .and_then(Node::text)
                    .map(str::to_owned);
            }
            event @ (Event::BeginObject | Event::BeginList) => {
                objects += u64::from(event == Event::BeginObject);
                let (inner, others) = children(json)?;
                // Members by the million are rows of a keyed table and no wrappers.
                if candidates.len() < 1_000 {
                    let kind = if event == Event::BeginList { Kind::List } else { Kind::Keyed };
                    candidates.push(Candidate {
                        name,
                        kind,
                        objects: inner,
                        others,
                    });
                }
            }
            _ => {}
        }
    }
    if json.next()? != Event::Done {
        return Ok(Plan {
            kind: Kind::Lines,
            path: Vec::new(),
            crs: None,
        });
    }
    choose(candidates, asked, (members, objects), features, crs).ok_or_else(|| not_a_table(json.subject()))
}

fn choose(candidates: Vec<Candidate>, asked: Option<&str>, root: (u64, u64), features: bool, crs: Option<String>) -> Option<Plan> {
    if features {
        return Some(Plan {
            kind: Kind::Features,
            path: vec!["features".into()],
            crs,
        });
    }
    let plan = |candidate: &Candidate| Plan {
        kind: candidate.kind,
        path: vec![candidate.name.clone()],
        crs: None,
    };
    if let Some(asked) = asked {
        return candidates.iter().find(|candidate| candidate.name == asked).map(plan);
    }
    let lists = candidates
        .iter()
        .filter(|candidate| candidate.kind == Kind::List && candidate.objects > candidate.others);
    if let Some(best) = lists.max_by_key(|candidate| candidate.objects) {
        return Some(plan(best));
    }
    let (members, objects) = root;
    if members >= 2 && members == objects {
        return Some(Plan {
            kind: Kind::Keyed,
            path: Vec::new(),
            crs: None,
        });
    }
    let lists = |candidate: &Candidate| candidate.kind == Kind::List && candidate.objects <= candidate.others && candidate.others > 0;
    let length = |candidate: &Candidate| candidate.objects + candidate.others;
    let same = candidates
        .windows(2)
        .all(|pair| matches!(pair, [one, other] if length(one) == length(other)));
    if members >= 2 && members == candidates.len() as u64 && same && candidates.iter().all(lists) {
        return Some(Plan {
            kind: Kind::Columns,
            path: Vec::new(),
            crs: None,
        });
    }
    let keyed = candidates
        .iter()
        .filter(|candidate| candidate.kind == Kind::Keyed && candidate.objects >= 2 && candidate.others == 0);
    keyed.max_by_key(|candidate| candidate.objects).map(plan)
}

/// Children of the container just opened: objects, and other values.
fn children<R: std::io::Read>(json: &mut JsonText<'_, R>) -> Result<(u64, u64), Refusal> {
    let (mut objects, mut others) = (0, 0);
    loop {
        match json.next()? {
            Event::End | Event::Done => return Ok((objects, others)),
            Event::Key => {}
            Event::BeginObject => {
                objects += 1;
                json.skip(Event::BeginObject)?;
            }
            event => {
                others += 1;
                json.skip(event)?;
            }
        }
    }
}

fn not_a_table(subject: &str) -> Refusal {
    refuse::unreadable(
        "not-a-table",
        subject,
        "dokumentet är giltig JSON men ingen tabell",
        "the document is valid JSON but no table",
    )
    .hint(Text::new(
        "en tabell är en lista av objekt, eller ett objekt av objekt; skriv namnet på listan som table under [reading]",
        "a table is a list of objects, or an object of objects; write the list's name as table under [reading]",
    ))
}

/// A cell that a row holds while its columns come in any order.
#[derive(Debug, Clone)]
enum Slot {
    Absent,
    Null,
    Text(String),
    Number(String),
    Boolean(bool),
    Bytes(Vec<u8>),
}

struct Rows<'g, 'a> {
    gather: &'g mut Gather<'a>,
    columns: HashMap<String, usize>,
    slots: Vec<Slot>,
    key: Option<usize>,
    /// The geometries, and the place of their system.
    shapes: Option<(Shapes, usize)>,
    row: Row,
}

impl<'g, 'a> Rows<'g, 'a> {
    fn new(plan: &Plan, gather: &'g mut Gather<'a>) -> Result<Self, Refusal> {
        let shapes = if plan.kind == Kind::Features {
            let mut shapes = Shapes::new("geojson");
            let system = shapes.named(plan.crs.as_deref(), Axes::Plane, gather)?;
            Some((shapes, system))
        } else {
            None
        };
        let key = if plan.kind == Kind::Keyed {
            Some(gather.column("key")?)
        } else {
            None
        };
        Ok(Self {
            gather,
            columns: HashMap::new(),
            slots: Vec::new(),
            key,
            shapes,
            row: Row::default(),
        })
    }

    /// Walks to the container and takes its rows.
    fn take<R: std::io::Read>(&mut self, json: &mut JsonText<'_, R>, plan: &Plan) -> Result<(), Refusal> {
        let mut event = json.next()?;
        if plan.kind == Kind::Lines {
            while event != Event::Done {
                self.element(json, event)?;
                event = json.next()?;
            }
            return Ok(());
        }
        for name in &plan.path {
            loop {
                if json.next()? != Event::Key {
                    return Err(not_a_table(json.subject()));
                }
                let found = json.text == *name;
                event = json.next()?;
                if found && matches!(event, Event::BeginList | Event::BeginObject) {
                    break;
                }
                json.skip(event)?;
            }
        }
        loop {
            match json.next()? {
                Event::End | Event::Done => return Ok(()),
                Event::Key => {
                    if let Some(key) = self.key {
                        let name = json.text.clone();
                        self.set(key, Slot::Text(name));
                    }
                }
                event => self.element(json, event)?,
            }
        }
    }

    /// One row.
    fn element<R: std::io::Read>(&mut self, json: &mut JsonText<'_, R>, event: Event) -> Result<(), Refusal> {
        match json.node(event)? {
            Node::Object(members) if self.shapes.is_some() => self.feature(members)?,
            Node::Object(members) => self.object("", members)?,
            other => {
                self.gather.repairs.add("not-an-object", None, self.gather.rows);
                self.leaf("value", other)?;
            }
        }
        self.row.clear();
        for slot in self.slots.drain(..) {
            self.row.push(match &slot {
                Slot::Absent => Cell::Absent,
                Slot::Null => Cell::Null,
                Slot::Text(text) => Cell::Text { text, quoted: true },
                Slot::Number(text) => Cell::Number(text),
                Slot::Boolean(value) => Cell::Boolean(*value),
                Slot::Bytes(bytes) => Cell::Bytes(bytes),
            });
        }
        self.gather.push(&self.row)
    }

    fn object(&mut self, prefix: &str, members: Vec<(String, Node)>) -> Result<(), Refusal> {
        for (name, value) in members {
            let path = if prefix.is_empty() { name } else { format!("{prefix}.{name}") };
            match value {
                Node::Object(inner) => self.object(&path, inner)?,
                other => self.leaf(&path, other)?,
            }
        }
        Ok(())
    }

    fn feature(&mut self, members: Vec<(String, Node)>) -> Result<(), Refusal> {
        let mut geometry = None;
        for (name, value) in members {
            match (name.as_str(), value) {
                ("properties", Node::Object(inner)) => self.object("", inner)?,
                ("id", id @ (Node::Text(_) | Node::Number(_))) => self.leaf("id", id)?,
                ("geometry", value) => geometry = Some(value),
                _ => {}
            }
        }
        let column = self.place("geometry")?;
        let slot = match geometry {
            None | Some(Node::Null) => Slot::Null,
            Some(node) => self.geometry(&node)?,
        };
        self.set(column, slot);
        Ok(())
    }

    fn geometry(&mut self, node: &Node) -> Result<Slot, Refusal> {
        let (Some(geometry), Some((shapes, system))) = (geo::geometry(node), self.shapes.as_mut()) else {
            return Err(geo::invalid("geojson", self.gather.subject(), self.gather.rows));
        };
        Ok(Slot::Bytes(shapes.take(*system, geometry, self.gather)?))
    }

    fn leaf(&mut self, path: &str, value: Node) -> Result<(), Refusal> {
        let column = self.place(path)?;
        let slot = match value {
            Node::Null => Slot::Null,
            Node::Boolean(value) => Slot::Boolean(value),
            Node::Number(text) => Slot::Number(text),
            Node::Text(text) => Slot::Text(text),
            other => {
                let mut text = String::new();
                other.write(&mut text);
                Slot::Text(text)
            }
        };
        if !matches!(self.slots.get(column), None | Some(Slot::Absent)) {
            self.gather.repairs.add("duplicate-key", Some(column), self.gather.rows);
        }
        self.set(column, slot);
        Ok(())
    }

    /// The column of a path; a new path is a new column.
    fn place(&mut self, path: &str) -> Result<usize, Refusal> {
        if let Some(column) = self.columns.get(path) {
            return Ok(*column);
        }
        let column = self.gather.column(path)?;
        self.columns.insert(path.to_owned(), column);
        Ok(column)
    }
    fn set(&mut self, column: usize, slot: Slot) {
        if self.slots.len() <= column {
            self.slots.resize(column + 1, Slot::Absent);
        }
        if let Some(place) = self.slots.get_mut(column) {
            *place = slot;
        }
    }

    fn end(self, lone_surrogates: u64) {
        if let Some((shapes, _)) = self.shapes {
            shapes.end(self.gather);
        }
        if lone_surrogates > 0 {
            self.gather.found.findings.push(
                Finding::new(
                    "text-half-characters",
                    Severity::Warning,
                    self.gather.subject(),
                    Text::new(
                        "texter har halva tecken (ensamma surrogat)",
                        "texts have half characters (lone surrogates)",
                    ),
                )
                .evidence(format!("{lone_surrogates} characters")),
            );
        }
    }
}
