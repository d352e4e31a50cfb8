//! The answers to the parts of a plan, one after the other, as one JSON-stat 2 document.
//!
//! Each answer must hold exactly what was asked: its own order of variables and values is turned into the plan's. One answer is held at a
//! time. Contacts, notes and links of the answers are not kept.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use fyr_model::{Refusal, Text};

use super::plan::codes;
use super::{JOINED, JoinWork, Part, Variable, open};
use crate::refuse;
use crate::stage::json_text::{Event, JsonText, Node};

/// Joins the answers; gives the document, in `dir`.
///
/// # Errors
/// `pxweb-answer` for an answer that is not what was asked, by the number of its part; `pxweb-changed` when the table was renewed meanwhile.
pub fn join(work: &JoinWork, dir: &Path) -> Result<PathBuf, Refusal> {
    let failed = |error: std::io::Error| refuse::io(&work.name, error);
    let path = dir.join(JOINED);
    let mut joined = Joined::begin(&path, dir).map_err(failed)?;
    let mut first: Option<Head> = None;
    if work.answers.len() != work.plan.parts.len() {
        return Err(wrong(&work.name, work.answers.len()));
    }
    for (number, (part, answer)) in work.plan.parts.iter().zip(&work.answers).enumerate() {
        let node = dataset(answer, work, number)?;
        let head = Head::of(&node);
        match &mut first {
            Some(first) if first.updated != head.updated => return Err(changed(&work.name)),
            Some(first) => first.learn(head),
            none => *none = Some(head),
        }
        let cells = Answer::read(&node, &work.plan.variables, part).ok_or_else(|| wrong(&work.name, number))?;
        joined.take(&cells).map_err(failed)?;
    }
    let head = first.unwrap_or_default();
    joined.end(&head.members(&work.plan.variables)).map_err(failed)?;
    Ok(path)
}

fn wrong(name: &str, part: usize) -> Refusal {
    let number = part + 1;
    refuse::unreadable(
        "pxweb-answer",
        name,
        format!("svaret på fråga {number} håller inte det som frågades efter"),
        format!("the answer to query {number} does not hold what was asked for"),
    )
}

fn changed(name: &str) -> Refusal {
    refuse::unreadable(
        "pxweb-changed",
        name,
        "tabellen förnyades medan den hämtades",
        "the table was renewed while it was fetched",
    )
    .hint(Text::new("hämta igen", "fetch again"))
}

/// The dataset of an answer: the document itself, or the one that it wraps in the first version of JSON-stat.
fn dataset(path: &Path, work: &JoinWork, number: usize) -> Result<Node, Refusal> {
    let mut json = JsonText::new(open(path, &work.name)?, &work.limits, &work.name);
    if json.next()? != Event::BeginObject {
        return Err(wrong(&work.name, number));
    }
    let node = json.node(Event::BeginObject)?;
    if node.get("value").is_some() {
        return Ok(node);
    }
    let Node::Object(members) = node else {
        return Err(wrong(&work.name, number));
    };
    let wrapped = members
        .into_iter()
        .map(|(_, member)| member)
        .find(|member| member.get("value").is_some());
    wrapped.ok_or_else(|| wrong(&work.name, number))
}

/// What is kept of an answer beside its cells.
#[derive(Debug, Default)]
struct Head {
    label: Option<Node>,
    source: Option<Node>,
    updated: Option<Node>,
    language: Option<Node>,
    contents: Option<Node>,
    /// Units by variable and value.
    units: Vec<(String, Vec<(String, Node)>)>,
}

impl Head {
    fn of(node: &Node) -> Self {
        let px = |name: &str| {
            node.get("extension")
                .and_then(|it| it.get("px"))
                .and_then(|px| px.get(name))
                .cloned()
        };
        let mut units = Vec::new();
        if let Some(Node::Object(dimensions)) = node.get("dimension") {
            for (code, dimension) in dimensions {
                if let Some(Node::Object(members)) = dimension.get("category").and_then(|category| category.get("unit")) {
                    units.push((code.clone(), members.clone()));
                }
            }
        }
        Self {
            label: node.get("label").cloned(),
            source: node.get("source").cloned(),
            updated: node.get("updated").cloned(),
            language: px("language"),
            contents: px("contents"),
            units,
        }
    }
    /// Adds units of values that only a later part holds.
    fn learn(&mut self, other: Self) {
        for (code, members) in other.units {
            match self.units.iter_mut().find(|(known, _)| *known == code) {
                Some((_, known)) => {
                    for (value, unit) in members {
                        if !known.iter().any(|(name, _)| *name == value) {
                            known.push((value, unit));
                        }
                    }
                }
                None => self.units.push((code, members)),
            }
        }
    }
    /// The members of the document before its cells, as JSON without the outer braces.
    fn members(self, variables: &[Variable]) -> String {
        let text = |text: &str| Node::Text(text.to_owned());
        let named =
            |chosen: fn(&Variable) -> bool| Node::List(variables.iter().filter(|one| chosen(one)).map(|one| text(&one.code)).collect());
        let dimension = |variable: &Variable| {
            let labels = variable.values.iter().cloned().zip(variable.labels.iter().map(|label| text(label)));
            let mut category = vec![
                (
                    "index".to_owned(),
                    Node::List(variable.values.iter().map(|value| text(value)).collect()),
                ),
                ("label".to_owned(), Node::Object(labels.collect())),
            ];
            if let Some((_, units)) = self.units.iter().find(|(code, _)| *code == variable.code) {
                category.push(("unit".to_owned(), Node::Object(units.clone())));
            }
            let members = vec![
                ("label".to_owned(), text(&variable.label)),
                ("category".to_owned(), Node::Object(category)),
            ];
            (variable.code.clone(), Node::Object(members))
        };
        let size = |variable: &Variable| Node::Number(variable.values.len().to_string());
        let px = [("language", &self.language), ("contents", &self.contents)];
        let px = px.into_iter().filter_map(|(name, node)| Some((name.to_owned(), node.clone()?)));
        let role = vec![
            ("time".to_owned(), named(|one| one.time)),
            ("metric".to_owned(), named(|one| one.metric)),
        ];
        let mut members = vec![("version".to_owned(), text("2.0")), ("class".to_owned(), text("dataset"))];
        for (name, node) in [("label", &self.label), ("source", &self.source), ("updated", &self.updated)] {
            members.extend(node.clone().map(|node| (name.to_owned(), node)));
        }
        members.push((
            "extension".to_owned(),
            Node::Object(vec![("px".to_owned(), Node::Object(px.collect()))]),
        ));
        members.push(("id".to_owned(), Node::List(variables.iter().map(|one| text(&one.code)).collect())));
        members.push(("size".to_owned(), Node::List(variables.iter().map(size).collect())));
        members.push(("role".to_owned(), Node::Object(role)));
        members.push(("dimension".to_owned(), Node::Object(variables.iter().map(dimension).collect())));
        let mut out = String::new();
        Node::Object(members).write(&mut out);
        let inner = out.strip_prefix('{').and_then(|out| out.strip_suffix('}'));
        inner.unwrap_or_default().to_owned()
    }
}

/// The cells of one answer in the plan's order, each with its status.
struct Answer<'n> {
    cells: Vec<(Option<&'n Node>, Option<&'n str>)>,
}

impl<'n> Answer<'n> {
    /// Nothing when the answer is not what the part asks for.
    fn read(node: &'n Node, variables: &[Variable], part: &Part) -> Option<Self> {
        let places = places(node, variables, part)?;
        let total: usize = places.iter().map(Vec::len).product();
        let values = Cells::of(node.get("value")?, total)?;
        let status = match node.get("status") {
            None | Some(Node::Null) => None,
            Some(status) => Some(Cells::of(status, total)?),
        };
        let mut offsets = vec![0usize];
        for places in &places {
            offsets = offsets
                .iter()
                .flat_map(|before| places.iter().map(move |place| before + place))
                .collect();
        }
        let cells = offsets
            .iter()
            .map(|at| (values.at(*at), status.as_ref().and_then(|status| status.at(*at)?.text())));
        Some(Self { cells: cells.collect() })
    }
}

/// For each variable of the plan, how far each asked value lies from the first cell of the answer.
fn places(node: &Node, variables: &[Variable], part: &Part) -> Option<Vec<Vec<usize>>> {
    let member = |name: &str| node.get(name).or_else(|| node.get("dimension")?.get(name));
    let (Node::List(ids), Node::List(sizes)) = (member("id")?, member("size")?) else {
        return None;
    };
    if ids.len() != variables.len() || sizes.len() != ids.len() {
        return None;
    }
    let mut step = 1usize;
    let mut found: HashMap<&str, (usize, HashMap<String, usize>)> = HashMap::new();
    for (id, size) in ids.iter().zip(sizes).rev() {
        let Node::Number(size) = size else { return None };
        let codes = codes(node.get("dimension")?.get(id.text()?)?)?;
        if size.parse::<usize>().ok()? != codes.len() {
            return None;
        }
        let count = codes.len();
        found.insert(
            id.text()?,
            (step, codes.into_iter().enumerate().map(|(place, code)| (code, place)).collect()),
        );
        step = step.checked_mul(count)?;
    }
    let place = |(variable, (from, to)): (&Variable, &(usize, usize))| {
        let (step, codes) = found.get(variable.code.as_str())?;
        let asked = variable.values.get(*from..*to)?;
        if codes.len() != asked.len() {
            return None;
        }
        asked.iter().map(|value| Some(codes.get(value)? * step)).collect()
    };
    variables.iter().zip(&part.ranges).map(place).collect()
}

/// Values or statuses: a list, a sparse object, or one for all.
enum Cells<'n> {
    List(&'n [Node]),
    Sparse(HashMap<usize, &'n Node>),
    All(&'n Node),
}

impl<'n> Cells<'n> {
    fn of(node: &'n Node, total: usize) -> Option<Self> {
        match node {
            Node::List(items) => (items.len() == total).then_some(Self::List(items)),
            Node::Object(members) => {
                let places: Option<HashMap<usize, &Node>> = members.iter().map(|(place, node)| Some((place.parse().ok()?, node))).collect();
                places.filter(|places| places.keys().all(|place| *place < total)).map(Self::Sparse)
            }
            Node::Text(_) => Some(Self::All(node)),
            _ => None,
        }
    }
    fn at(&self, place: usize) -> Option<&'n Node> {
        match self {
            Self::List(items) => items.get(place),
            Self::Sparse(places) => places.get(&place).copied(),
            Self::All(node) => Some(node),
        }
    }
}

/// The document in the making: the values in a file, what is missing in another, both put behind the head at the end.
struct Joined {
    out: File,
    values: BufWriter<File>,
    status: BufWriter<File>,
    cells: u64,
    any_status: bool,
}

impl Joined {
    fn begin(path: &Path, dir: &Path) -> std::io::Result<Self> {
        let scratch = |name: &str| -> std::io::Result<BufWriter<File>> {
            let path = dir.join(name);
            let file = File::options().read(true).write(true).create(true).truncate(true).open(&path)?;
            // Gone by name at once: what is open stays readable, and nothing is left behind.
            std::fs::remove_file(&path)?;
            Ok(BufWriter::new(file))
        };
        Ok(Self {
            out: File::create(path)?,
            values: scratch("pxweb.values")?,
            status: scratch("pxweb.status")?,
            cells: 0,
            any_status: false,
        })
    }
    fn take(&mut self, answer: &Answer<'_>) -> std::io::Result<()> {
        let mut text = String::new();
        for (value, status) in &answer.cells {
            text.clear();
            if self.cells > 0 {
                text.push(',');
            }
            match value {
                Some(node @ (Node::Number(_) | Node::Text(_))) => node.write(&mut text),
                _ => text.push_str("null"),
            }
            self.values.write_all(text.as_bytes())?;
            if let Some(status) = status {
                text.clear();
                if self.any_status {
                    text.push(',');
                }
                self.any_status = true;
                Node::Text(self.cells.to_string()).write(&mut text);
                text.push(':');
                Node::Text((*status).to_owned()).write(&mut text);
                self.status.write_all(text.as_bytes())?;
            }
            self.cells += 1;
        }
        Ok(())
    }
    fn end(self, head: &str) -> std::io::Result<()> {
        let mut out = BufWriter::new(self.out);
        let mut pour = |text: String, scratch: BufWriter<File>| -> std::io::Result<()> {
            out.write_all(text.as_bytes())?;
            let mut scratch = scratch.into_inner().map_err(std::io::IntoInnerError::into_error)?;
            scratch.seek(SeekFrom::Start(0))?;
            std::io::copy(&mut scratch, &mut out)?;
            Ok(())
        };
        pour(format!("{{{head},\"value\":["), self.values)?;
        if self.any_status {
            pour("],\"status\":{".into(), self.status)?;
            out.write_all(b"}}")?;
        } else {
            out.write_all(b"]}")?;
        }
        out.flush()
    }
}
