//! The answer of a PxWeb API in its own JSON shape: `columns`, and `data` with `key` and `values`.
//!
//! In: a document. Out: a row a `data` element: its keys as codes, its time as a period, its values as numbers, data symbols as missing
//! with that reason. The comments are not kept.

use std::io::Read;

use fyr_model::Refusal;
use fyr_model::table::{ColumnReading, ColumnType};

use super::cell::{Cell, Row};
use super::gather::Gather;
use super::json_text::{Event, JsonText, Node};
use super::{marker, moment};
use crate::refuse;

/// What the members of an answer are called.
const WORDS: [&str; 4] = ["columns", "comments", "data", "metadata"];

/// A column as the answer describes it: its header, and whether it is a time or a content.
struct Described {
    header: String,
    time: bool,
    content: bool,
}

/// Whether the document is an answer; looks at as little as it can.
pub(crate) fn is_answer<R: Read>(json: &mut JsonText<'_, R>) -> Result<bool, Refusal> {
    if json.next()? != Event::BeginObject {
        return Ok(false);
    }
    while json.next()? == Event::Key {
        if !WORDS.contains(&json.text.as_str()) {
            return Ok(false);
        }
        let columns = json.text == "columns";
        let event = json.next()?;
        if !columns {
            json.skip(event)?;
            continue;
        }
        return Ok(event == Event::BeginList && described(&json.node(event)?).is_some());
    }
    Ok(false)
}

fn described(node: &Node) -> Option<Vec<Described>> {
    let Node::List(items) = node else { return None };
    let column = |item: &Node| {
        let (code, kind) = (item.get("code")?.text()?, item.get("type").and_then(Node::text).unwrap_or("d"));
        Some(Described {
            header: item.get("text").and_then(Node::text).unwrap_or(code).to_owned(),
            time: kind == "t",
            content: kind == "c",
        })
    };
    let columns: Option<Vec<Described>> = items.iter().map(column).collect();
    columns.filter(|columns| !columns.is_empty())
}

fn fault(gather: &Gather<'_>) -> Refusal {
    let row = gather.rows;
    refuse::unreadable(
        "pxweb-row",
        gather.subject(),
        format!("rad {row} har inte en nyckel och ett värde för varje kolumn"),
        format!("row {row} has not a key and a value for every column"),
    )
}

/// Reads an answer; `open` gives the document from its beginning.
pub(crate) fn read<'a, R: Read>(
    mut open: impl FnMut() -> Result<JsonText<'a, R>, Refusal>,
    gather: &mut Gather<'_>,
) -> Result<(), Refusal> {
    let mut json = open()?;
    let columns = columns(&mut json)?.ok_or_else(|| fault(gather))?;
    gather.found.format = "json";
    gather.found.media_type = "application/json";
    gather.found.table = Some("data".into());
    for column in &columns {
        gather.column(&column.header)?;
    }
    let mut seen = vec![Seen::default(); columns.len()];
    let mut json = open()?;
    json.next()?;
    while json.next()? == Event::Key {
        let data = json.text == "data";
        let event = json.next()?;
        if !data || event != Event::BeginList {
            json.skip(event)?;
            continue;
        }
        loop {
            match json.next()? {
                Event::End | Event::Done => break,
                event => take(&json.node(event)?, &columns, &mut seen, gather)?,
            }
        }
    }
    state(&columns, &seen, gather);
    Ok(())
}

fn columns<R: Read>(json: &mut JsonText<'_, R>) -> Result<Option<Vec<Described>>, Refusal> {
    json.next()?;
    while json.next()? == Event::Key {
        let found = json.text == "columns";
        let event = json.next()?;
        if found {
            return Ok(described(&json.node(event)?));
        }
        json.skip(event)?;
    }
    Ok(None)
}

/// What stood in a column.
#[derive(Debug, Clone, Copy, Default)]
struct Seen {
    values: bool,
    decimals: bool,
    /// Something that is no number, or no period where a time was promised.
    other: bool,
}

fn take(node: &Node, columns: &[Described], seen: &mut [Seen], gather: &mut Gather<'_>) -> Result<(), Refusal> {
    let list = |name: &str| match node.get(name) {
        Some(Node::List(items)) => items.as_slice(),
        _ => &[],
    };
    let (mut keys, mut values) = (list("key").iter(), list("values").iter());
    let mut row = Row::default();
    for (column, seen) in columns.iter().zip(seen.iter_mut()) {
        let item = if column.content { values.next() } else { keys.next() };
        let text = match item {
            Some(Node::Text(text) | Node::Number(text)) => text.as_str(),
            Some(Node::Null) => "",
            _ => return Err(fault(gather)),
        };
        row.push(if column.content {
            seen.content(text)
        } else {
            seen.key(text, column.time)
        });
    }
    if keys.next().is_some() || values.next().is_some() {
        return Err(fault(gather));
    }
    gather.push(&row)
}

impl Seen {
    fn key<'t>(&mut self, text: &'t str, time: bool) -> Cell<'t> {
        self.other |= time && !moment::is_period(text);
        Cell::Text { text, quoted: true }
    }
    fn content<'t>(&mut self, text: &'t str) -> Cell<'t> {
        let word = text.trim();
        if let Some(found) = marker::marker(word) {
            return if found > marker::NAN {
                Cell::Missing(u8::try_from(found).unwrap_or(0))
            } else {
                Cell::Null
            };
        }
        if word.starts_with(|c: char| c.is_ascii_digit() || c == '-') && word.parse::<f64>().is_ok_and(f64::is_finite) {
            self.values = true;
            self.decimals |= !word.bytes().all(|b| b.is_ascii_digit() || b == b'-');
            self.other |= word.len() > 38;
            return Cell::Number(word);
        }
        self.other = true;
        Cell::Text { text, quoted: true }
    }
}

/// Keys are codes, times are periods, contents are numbers: as far as all of them are.
fn state(columns: &[Described], seen: &[Seen], gather: &mut Gather<'_>) {
    for (index, (column, seen)) in columns.iter().zip(seen).enumerate() {
        let kind = match (column.content, column.time) {
            (true, _) if seen.other || !seen.values => None,
            (true, _) if seen.decimals => Some(ColumnType::Number),
            (true, _) => Some(ColumnType::Integer),
            (false, true) if !seen.other && gather.rows > 0 => Some(ColumnType::Period),
            (false, _) => Some(ColumnType::Code),
        };
        let stated = ColumnReading {
            kind,
            ..ColumnReading::default()
        };
        gather.found.stated.insert(index, stated);
    }
}
