//! JSON-stat 1 and 2 as a table: datasets, collections with their datasets inside, and bundles of the first version.
//!
//! In: a document. Out: one row for each combination of the dimensions, the dimension of the role `metric` as value columns, the role
//! `time` as periods, `status` as the reason why a value is missing. `value` may be a list or a sparse object: both mean the same cube, and
//! give the same rows. Contacts and notes of the document are not kept.
//!
//! Source: JSON-stat format 2.0 (json-stat.org/full), 1.3 for bundles.

mod plan;

use std::io::Read;
use std::path::Path;

use fyr_model::finding::{Finding, Severity};
use fyr_model::{Refusal, Text};

use super::cells::{Cells, Value};
use super::gather::Gather;
use super::json_text::{Event, JsonText, Node};
use super::marker;
use crate::refuse;
use plan::{label, plan, sizes};

/// What the members of a dataset may be called; any other name at the top says that it is none.
const WORDS: [&str; 20] = [
    "version",
    "class",
    "href",
    "label",
    "source",
    "updated",
    "extension",
    "note",
    "link",
    "role",
    "id",
    "size",
    "dimension",
    "value",
    "status",
    "error",
    "child",
    "category",
    "lang",
    "$schema",
];

/// Whether the document is JSON-stat; looks at as little as it can.
pub(crate) fn is_stat<R: Read>(json: &mut JsonText<'_, R>) -> Result<bool, Refusal> {
    if json.next()? != Event::BeginObject {
        return Ok(false);
    }
    let (mut class, mut version, mut first) = (false, false, true);
    while json.next()? == Event::Key {
        let name = json.text.clone();
        let event = json.next()?;
        match (name.as_str(), event) {
            ("class", Event::Text) => class = matches!(json.text.as_str(), "dataset" | "collection"),
            ("version", Event::Text) => version = json.text.starts_with("2."),
            ("dimension", Event::BeginObject) if class || version => return Ok(true),
            (name, event) if WORDS.contains(&name) => json.skip(event)?,
            (_, Event::BeginObject) if first => return is_bundled(json),
            _ => return Ok(false),
        }
        if class && version {
            return Ok(true);
        }
        first = false;
    }
    Ok(false)
}

/// Whether the object just opened is a dataset of the first version: its dimensions carry `id` and `size`.
fn is_bundled<R: Read>(json: &mut JsonText<'_, R>) -> Result<bool, Refusal> {
    while json.next()? == Event::Key {
        if !WORDS.contains(&json.text.as_str()) {
            return Ok(false);
        }
        let dimension = json.text == "dimension";
        let event = json.next()?;
        if !dimension {
            json.skip(event)?;
            continue;
        }
        let node = json.node(event)?;
        return Ok(node.get("id").is_some() && node.get("size").is_some());
    }
    Ok(false)
}

/// Where a dataset lies in the document.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    Root,
    Member(String),
    Item(usize),
}

/// A dataset without its values.
struct Dataset {
    place: Place,
    head: Node,
}

/// Reads a JSON-stat document; `open` gives it from its beginning.
pub(crate) fn read<'a, R: Read>(
    mut open: impl FnMut() -> Result<JsonText<'a, R>, Refusal>,
    dir: &Path,
    gather: &mut Gather<'_>,
) -> Result<(), Refusal> {
    let subject = gather.subject();
    let datasets = datasets(&mut open()?)?;
    let dataset = choose(datasets, gather)?;
    gather.found.format = "json-stat";
    gather.found.media_type = "application/json";
    gather.found.table = match &dataset.place {
        Place::Root => None,
        Place::Member(name) => Some(name.clone()),
        Place::Item(_) => label(&dataset.head),
    };
    let cube = plan(&dataset.head, gather)?;
    let total = cube.cells(gather.limits(), subject)?;
    let mut values = Cells::new(dir, "cells.scratch", subject)?;
    let mut status = Cells::new(dir, "status.scratch", subject)?;
    let mut json = open()?;
    enter(&mut json, &dataset.place)?;
    let taken = take(&mut json, total, &mut values, &mut status)?;
    if taken.listed == Some(0) && total > 0 {
        cube.columns(false, gather)?;
        gather.found.findings.push(no_values(subject));
        return Ok(());
    }
    if taken.listed.is_some_and(|count| count != total) {
        return Err(fault(
            subject,
            format!("value har {} celler men size ger {total}", taken.listed.unwrap_or(0)),
            format!("value has {} cells but size gives {total}", taken.listed.unwrap_or(0)),
        ));
    }
    let status = taken.status.then_some((&mut status, taken.flags));
    cube.pour(&mut values, status, Value::Null, gather)
}

fn fault(subject: &str, sv: impl Into<String>, en: impl Into<String>) -> Refusal {
    refuse::unreadable("json-stat", subject, sv, en)
}

fn no_values(subject: &str) -> Finding {
    Finding::new(
        "json-stat-no-values",
        Severity::Warning,
        subject,
        Text::new(
            "dokumentet beskriver tabellen men har inga värden",
            "the document describes the table but has no values",
        ),
    )
    .fix(Text::new(
        "ange adressen till data i stället för till metadata",
        "give the address of the data instead of the metadata",
    ))
}

/// All datasets of a document, without their values.
fn datasets<R: Read>(json: &mut JsonText<'_, R>) -> Result<Vec<Dataset>, Refusal> {
    let mut found = Vec::new();
    let mut root = Vec::new();
    json.next()?;
    while json.next()? == Event::Key {
        let name = json.text.clone();
        let event = json.next()?;
        match (name.as_str(), event) {
            ("value" | "status", event) => json.skip(event)?,
            ("link", Event::BeginObject) => items(json, &mut found)?,
            (word, event) if WORDS.contains(&word) => root.push((name, json.node(event)?)),
            (_, Event::BeginObject) => {
                let head = head(json)?;
                found.push(Dataset {
                    place: Place::Member(name),
                    head,
                });
            }
            (_, event) => json.skip(event)?,
        }
    }
    let head = Node::Object(root);
    if head.get("dimension").is_some() {
        let place = Place::Root;
        return Ok(vec![Dataset { place, head }]);
    }
    Ok(found)
}

/// The datasets that a collection holds within itself; those that it only points to are not fetched.
fn items<R: Read>(json: &mut JsonText<'_, R>, found: &mut Vec<Dataset>) -> Result<(), Refusal> {
    while json.next()? == Event::Key {
        let item = json.text == "item";
        let event = json.next()?;
        if !item || event != Event::BeginList {
            json.skip(event)?;
            continue;
        }
        let mut number = 0;
        loop {
            match json.next()? {
                Event::End | Event::Done => break,
                Event::BeginObject => {
                    let head = head(json)?;
                    let place = Place::Item(number);
                    found.push(Dataset { place, head });
                }
                event => json.skip(event)?,
            }
            number += 1;
        }
    }
    Ok(())
}

/// The members of the object just opened, but its values.
fn head<R: Read>(json: &mut JsonText<'_, R>) -> Result<Node, Refusal> {
    let mut members = Vec::new();
    while json.next()? == Event::Key {
        let name = json.text.clone();
        let event = json.next()?;
        if matches!(name.as_str(), "value" | "status") {
            json.skip(event)?;
        } else {
            members.push((name, json.node(event)?));
        }
    }
    Ok(Node::Object(members))
}

/// The dataset that the owner names by its name, label or number, else the largest one.
fn choose(datasets: Vec<Dataset>, gather: &mut Gather<'_>) -> Result<Dataset, Refusal> {
    let (subject, count) = (gather.subject(), datasets.len());
    let mut datasets: Vec<Dataset> = datasets
        .into_iter()
        .filter(|dataset| dataset.head.get("dimension").is_some())
        .collect();
    let size = |dataset: &Dataset| {
        let sizes = sizes(&dataset.head).unwrap_or_default();
        sizes.iter().fold(1u64, |product, size| product.saturating_mul(*size))
    };
    if let Some(asked) = gather.reading().table.as_deref().filter(|_| datasets.len() > 1) {
        let named = |dataset: &Dataset| match &dataset.place {
            Place::Root => false,
            Place::Member(name) => name == asked,
            Place::Item(number) => number.to_string() == asked,
        };
        let at = datasets
            .iter()
            .position(|dataset| named(dataset) || label(&dataset.head).as_deref() == Some(asked));
        return at.map(|at| datasets.swap_remove(at)).ok_or_else(|| {
            let (sv, en) = (
                format!("dokumentet har ingen tabell {asked}"),
                format!("the document has no table {asked}"),
            );
            refuse::configuration("json-stat-no-table", subject, sv, en)
        });
    }
    let several = datasets.len();
    let at = (0..several).max_by_key(|at| (datasets.get(*at).map(size), several - at));
    let Some(at) = at else {
        return Err(fault(
            subject,
            format!("dokumentet pekar på {count} tabeller men innehåller ingen"),
            format!("the document points to {count} tables but contains none"),
        )
        .hint(Text::new(
            "ange adressen till en av tabellerna",
            "give the address of one of the tables",
        )));
    };
    if several > 1 {
        gather.found.findings.push(
            Finding::new(
                "several-tables",
                Severity::Info,
                subject,
                Text::new(
                    "dokumentet innehåller flera tabeller; den största lästes",
                    "the document contains several tables; the largest was read",
                ),
            )
            .evidence(format!("{several} tables"))
            .fix(Text::new(
                "skriv tabellens namn som table under [reading]",
                "write the table's name as table under [reading]",
            )),
        );
    }
    Ok(datasets.swap_remove(at))
}

/// Walks to the dataset and into it.
fn enter<R: Read>(json: &mut JsonText<'_, R>, place: &Place) -> Result<(), Refusal> {
    json.next()?;
    let mut path: Vec<&str> = match place {
        Place::Root => Vec::new(),
        Place::Member(name) => vec![name],
        Place::Item(_) => vec!["link", "item"],
    };
    path.reverse();
    while let Some(wanted) = path.last() {
        if json.next()? != Event::Key {
            return Err(refuse::engine(json.subject(), "json-stat"));
        }
        let found = json.text == *wanted;
        let event = json.next()?;
        if found && matches!(event, Event::BeginObject | Event::BeginList) {
            path.pop();
        } else {
            json.skip(event)?;
        }
    }
    if let Place::Item(number) = place {
        for _ in 0..*number {
            let event = json.next()?;
            json.skip(event)?;
        }
        json.next()?;
    }
    Ok(())
}

/// What was taken of a dataset.
#[derive(Debug, Default)]
struct Taken {
    /// Cells of a list; nothing for a sparse object.
    listed: Option<u64>,
    /// Whether there is a status.
    status: bool,
    /// Whether a status says something else than why a value is missing.
    flags: bool,
}

/// Takes `value` and `status` of the dataset that was entered.
fn take<R: Read>(json: &mut JsonText<'_, R>, total: u64, values: &mut Cells, status: &mut Cells) -> Result<Taken, Refusal> {
    let mut taken = Taken::default();
    while json.next()? == Event::Key {
        let name = json.text.clone();
        let event = json.next()?;
        match (name.as_str(), event) {
            ("value", Event::BeginList | Event::BeginObject) => {
                taken.listed = each(json, event, total, |json, index, event| {
                    values.put(index, value(json, event)?)?;
                    Ok(())
                })?;
            }
            ("status", Event::BeginList | Event::BeginObject) => {
                each(json, event, total, |json, index, event| {
                    if event == Event::Text {
                        taken.status = true;
                        taken.flags |= marker::marker(json.text.trim()).is_none_or(|found| found <= marker::NAN) && !json.text.is_empty();
                        status.put(index, Value::Text(&json.text))?;
                    }
                    json.skip(event)
                })?;
            }
            ("status", Event::Text) => {
                taken.status = true;
                taken.flags |= marker::marker(json.text.trim()).is_none();
                for index in 0..total {
                    status.put(index, Value::Text(&json.text))?;
                }
            }
            (_, event) => json.skip(event)?,
        }
    }
    Ok(taken)
}

/// Goes through a list, or an object whose names are numbers of cells. Gives the length of a list.
fn each<'a, R: Read>(
    json: &mut JsonText<'a, R>,
    opened: Event,
    total: u64,
    mut take: impl FnMut(&mut JsonText<'a, R>, u64, Event) -> Result<(), Refusal>,
) -> Result<Option<u64>, Refusal> {
    let mut count = 0u64;
    loop {
        let event = json.next()?;
        let (index, event) = match event {
            Event::End | Event::Done => return Ok((opened == Event::BeginList).then_some(count)),
            Event::Key => {
                let index = json.text.parse::<u64>().ok();
                let Some(index) = index.filter(|index| *index < total) else {
                    let (sv, en) = (
                        "ett värde har ett nummer utanför tabellen",
                        "a value has a number outside of the table",
                    );
                    return Err(fault(json.subject(), sv, en));
                };
                (index, json.next()?)
            }
            event => (count, event),
        };
        if index >= total {
            let (sv, en) = (
                format!("value har fler celler än de {total} som size ger"),
                format!("value has more cells than the {total} that size gives"),
            );
            return Err(fault(json.subject(), sv, en));
        }
        take(json, index, event)?;
        count += 1;
    }
}

fn value<'t, R: Read>(json: &'t JsonText<'_, R>, event: Event) -> Result<Value<'t>, Refusal> {
    Ok(match event {
        Event::Number => Value::Number(&json.text),
        Event::Boolean(value) => Value::Boolean(value),
        Event::Null => Value::Null,
        Event::Text => match marker::marker(json.text.trim()) {
            Some(marker::EMPTY) => Value::Null,
            Some(found) if found > marker::NAN => Value::Missing(found),
            _ => Value::Text(&json.text),
        },
        _ => {
            return Err(fault(
                json.subject(),
                "ett värde är en lista eller ett objekt",
                "a value is a list or an object",
            ));
        }
    })
}
