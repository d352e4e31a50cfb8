//! Contracts of others as our rules and reading: Table Schema and ODCS 3.1 in, ODCS out as a first draft.
//!
//! In: a JSON or YAML document. Out: rules, what it says of how to read the file, and the path of everything that could not be carried over: nothing
//! is skipped quietly. Nothing runs here, and no address in a contract is followed.

mod export;
mod odcs;
mod table_schema;

use std::collections::BTreeSet;

use fyr_model::quality::{LeftOut, ShortRule};
use fyr_model::table::{ColumnReading, ColumnType, Reading};
use fyr_model::{Refusal, RefusalKind, Text};
use serde_json::{Map, Value};

use crate::rules::{Rule, expand};
use crate::stage::is_code_header;

pub use export::odcs as export_odcs;

/// Bytes of the largest contract that is read.
const BYTES_MAX: usize = 4 << 20;

/// A contract as we can use it.
#[derive(Debug, Clone, Default)]
pub struct Imported {
    /// `table-schema` or `odcs`.
    pub format: &'static str,
    /// Its name, when it has one.
    pub name: Option<String>,
    /// Its version, when it has one.
    pub version: Option<String>,
    /// How to read the file.
    pub reading: Reading,
    /// What must hold.
    pub rules: Vec<Rule>,
    /// What could not be carried over.
    pub left_out: Vec<LeftOut>,
}

/// Reads a contract; its format is seen from its keys.
///
/// # Errors
/// A text that is no JSON or YAML object, or one that is no contract that we know.
///
/// ```
/// let contract = r#"{"fields": [{"name": "antal", "type": "integer", "constraints": {"minimum": 0}}]}"#;
/// let imported = fyr_table::contract::import(contract).unwrap();
/// assert_eq!(imported.rules[0].id, "range-antal");
/// ```
pub fn import(text: &str) -> Result<Imported, Refusal> {
    if text.len() > BYTES_MAX {
        return Err(refused("kontraktet är större än 4 MiB", "the contract is larger than 4 MiB"));
    }
    import_value(&document(text)?)
}

/// JSON when it opens as JSON does, else YAML, in which most contracts of ODCS are written.
fn document(text: &str) -> Result<Value, Refusal> {
    let at = |line: u64, column: u64| fyr_model::Position { line, column, offset: 0 };
    if text.trim_start().starts_with(['{', '[']) {
        return serde_json::from_str(text).map_err(|error| {
            refused("kontraktet är inte giltig JSON", "the contract is not valid JSON").at(at(error.line() as u64, error.column() as u64))
        });
    }
    // The parser's own budget bounds aliases, depth and nodes; its message may quote the text, so only the place is kept.
    // Only `true` and `false` are booleans: the country code of Norway is a text.
    serde_saphyr::from_str_with_options(text, serde_saphyr::options! { strict_booleans: true }).map_err(|error| {
        let refusal = refused("kontraktet är inte giltig YAML", "the contract is not valid YAML");
        match error.location() {
            Some(place) => refusal.at(at(place.line(), place.column())),
            None => refusal,
        }
    })
}

/// As [`import`], from a document that is read already.
///
/// # Errors
/// As [`import`].
pub fn import_value(value: &Value) -> Result<Imported, Refusal> {
    let Some(document) = value.as_object() else {
        return Err(refused("kontraktet är inte ett objekt", "the contract is not an object"));
    };
    if document.get("kind").is_some_and(|kind| kind == "DataContract") || document.get("schema").is_some_and(Value::is_array) {
        return Ok(odcs::import(document));
    }
    if document.get("fields").is_some_and(Value::is_array) {
        return Ok(table_schema::import(document));
    }
    Err(refused(
        "kontraktet är varken Table Schema (fields) eller ODCS (kind: DataContract)",
        "the contract is neither Table Schema (fields) nor ODCS (kind: DataContract)",
    ))
}

fn refused(sv: &str, en: &str) -> Refusal {
    Refusal::new("contract-unreadable", RefusalKind::Configuration, "contract", Text::new(sv, en))
}

/// What is gathered while a contract is read.
struct Draft {
    imported: Imported,
    ids: BTreeSet<String>,
}

impl Draft {
    fn new(format: &'static str) -> Self {
        Self {
            imported: Imported {
                format,
                ..Imported::default()
            },
            ids: BTreeSet::new(),
        }
    }
    /// Notes a part that is not carried over.
    fn leave(&mut self, path: &str, sv: &str, en: &str) {
        self.imported.left_out.push(LeftOut {
            path: path.to_owned(),
            reason: Text::new(sv, en),
        });
    }
    /// Notes every key that is not among those that are handled.
    fn leave_others(&mut self, object: &Map<String, Value>, path: &str, handled: &[&str]) {
        for (key, value) in object {
            if !handled.contains(&key.as_str()) && !is_empty(value) {
                self.leave(
                    &at(path, key),
                    "nyckeln har ingen motsvarighet i regler eller läsning",
                    "the key has no counterpart in rules or reading",
                );
            }
        }
    }
    /// Adds a rule; one that cannot be made is left out with the reason.
    fn rule(&mut self, path: &str, short: &ShortRule) {
        match expand(short) {
            Ok(rule) => self.push(rule),
            Err(refusal) => self.leave(path, &refusal.message.sv, &refusal.message.en),
        }
    }
    fn push(&mut self, mut rule: Rule) {
        let (base, mut number) = (rule.id.clone(), 2u32);
        while !self.ids.insert(rule.id.clone()) {
            rule.id = format!("{base}-{number}");
            number += 1;
        }
        self.imported.rules.push(rule);
    }
    /// What is said of a column's reading.
    fn column(&mut self, name: &str) -> &mut ColumnReading {
        self.imported.reading.columns.entry(name.to_owned()).or_default()
    }
}

/// A place below a place, as RFC 6901 writes it.
fn at(path: &str, key: &str) -> String {
    format!("{path}/{}", key.replace('~', "~0").replace('/', "~1"))
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(object) => object.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

fn text<'a>(object: &'a Map<String, Value>, key: &str) -> Option<&'a str> {
    object.get(key).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// A name as a staged table has it.
fn tidy(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Texts of a list, or the one text.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(list) => list.iter().filter_map(|item| Some(item.as_str()?.to_owned())).collect(),
        _ => Vec::new(),
    }
}

/// Text is a code when its name or its pattern says so; a code is never read as a number.
fn text_type(name: &str, pattern: Option<&str>) -> ColumnType {
    let digits = pattern.is_some_and(|pattern| pattern.contains("[0-9]") || pattern.contains("\\d"));
    if is_code_header(name) || digits {
        ColumnType::Code
    } else {
        ColumnType::Text
    }
}

/// A bound or a listed value.
fn scalar(value: &Value) -> Option<fyr_model::quality::Scalar> {
    use fyr_model::quality::Scalar;
    match value {
        Value::Number(number) => number.as_i64().map(Scalar::Integer).or_else(|| number.as_f64().map(Scalar::Number)),
        Value::String(text) => Some(Scalar::Text(text.clone())),
        _ => None,
    }
}

/// `range` with a bound that itself is outside: the engine's rule turned round.
fn exclusive(name: &str, below: bool, bound: &Value) -> Option<Rule> {
    let bound = scalar(bound)?;
    let mut short = ShortRule {
        kind: "range".into(),
        column: Some(name.to_owned()),
        ..ShortRule::default()
    };
    if below {
        short.min = Some(bound)
    } else {
        short.max = Some(bound)
    }
    let mut rule = expand(&short).ok()?;
    let (from, to) = if below { (" < ", " <= ") } else { (" > ", " >= ") };
    rule.id = format!("{}-exclusive", rule.id);
    // The column's name may hold the sign; the bound comes last.
    let place = rule.sql.rfind(from)?;
    rule.sql.replace_range(place..place + from.len(), to);
    Some(rule)
}

#[cfg(test)]
mod tests;
