//! The head of a rule file, line by line.
//!
//! In: the text of a rule, and what a pipeline sets of it. Out: a [`Rule`], or which line of its head is wrong. Nothing runs here.

use std::collections::BTreeMap;

use fyr_model::quality::Scalar;
use fyr_model::{Refusal, RefusalKind, Text};

use super::{Applies, Gives, Limit, Nulls, Rule};

const KEYS: [&str; 12] = [
    "id",
    "severity",
    "owner",
    "sv",
    "en",
    "reads",
    "gives",
    "nulls",
    "limit",
    "source",
    "applies",
    "parameters",
];

/// What a rule is read with, beside its text.
#[derive(Debug, Clone, Copy, Default)]
pub struct Given<'a> {
    /// Values in place of those that the head gives its parameters.
    pub parameters: Option<&'a BTreeMap<String, Scalar>>,
    /// Names that `ref.` may have beside the registers.
    pub references: &'a [String],
}

/// Reads a rule file.
///
/// # Errors
/// An unknown key, a text that is missing in one language, an unknown word, or no SELECT; the rule and the line are named.
pub fn parse(text: &str) -> Result<Rule, Refusal> {
    parse_with(text, &Given::default())
}

/// As [`parse`], with what a pipeline sets.
///
/// # Errors
/// As [`parse`]; `rule-parameter` when a value is set that the rule does not take.
pub fn parse_with(text: &str, given: &Given<'_>) -> Result<Rule, Refusal> {
    let head = Head::read(text)?;
    let id = head.id()?.to_owned();
    let (columns, registers) = reads(&id, head.get("reads"), given.references)?;
    let (sql, parameters) = head.select(&id, given)?;
    let told = |key: &str| -> Result<String, Refusal> { Ok(filled(head.need(&id, key)?.0, &parameters, true)) };
    let message = Text::new(told("sv")?, told("en")?);
    let (limit_text, line) = head.get("limit").unwrap_or(("0 rows", 1));
    Ok(Rule {
        severity: head.severity(&id)?,
        owner: head.get("owner").map(|(owner, _)| owner.to_owned()),
        message,
        columns,
        registers,
        parameters,
        gives: head.gives(&id)?,
        nulls: head.nulls(&id)?,
        limit: limit(limit_text).ok_or_else(|| {
            wrong(
                &id,
                line,
                "limit skrivs som 0 rows eller 0.1 %",
                "limit is written as 0 rows or 0.1 %",
            )
        })?,
        limit_text: limit_text.to_owned(),
        source: head.get("source").map(|(source, _)| source.to_owned()),
        applies: head.get("applies").map(|(value, line)| applies(&id, value, line)).transpose()?,
        id,
        sql,
    })
}

fn wrong(rule: &str, line: usize, sv: &str, en: &str) -> Refusal {
    let subject = if rule.is_empty() { "rule" } else { rule };
    Refusal::new("rule-head", RefusalKind::Configuration, subject, Text::new(sv, en)).at(fyr_model::Position {
        line: line as u64,
        ..Default::default()
    })
}

/// The keys with their lines, and the SQL below them.
struct Head {
    entries: Vec<(&'static str, String, usize)>,
    sql: String,
}

impl Head {
    fn read(text: &str) -> Result<Self, Refusal> {
        let mut head = Self {
            entries: Vec::new(),
            sql: String::new(),
        };
        for (index, line) in text.lines().enumerate() {
            match line.trim_start().strip_prefix("--") {
                Some(comment) if head.sql.trim().is_empty() => entries(comment, index + 1, &mut head.entries)?,
                Some(_) => {}
                None => {
                    head.sql.push_str(line);
                    head.sql.push('\n');
                }
            }
        }
        for (index, (key, _, line)) in head.entries.iter().enumerate() {
            if head.entries.iter().take(index).any(|(other, _, _)| other == key) {
                let id = head.get("id").map_or("", |(id, _)| id);
                return Err(wrong(
                    id,
                    *line,
                    &format!("nyckeln {key} står två gånger"),
                    &format!("the key {key} stands twice"),
                ));
            }
        }
        Ok(head)
    }

    fn get(&self, key: &str) -> Option<(&str, usize)> {
        let found = self.entries.iter().find(|(found, _, _)| *found == key);
        found.map(|(_, value, line)| (value.as_str(), *line))
    }

    fn need(&self, id: &str, key: &str) -> Result<(&str, usize), Refusal> {
        self.get(key).filter(|(value, _)| !value.is_empty()).ok_or_else(|| {
            wrong(
                id,
                1,
                &format!("regelns huvud saknar {key}"),
                &format!("the head of the rule lacks {key}"),
            )
        })
    }

    fn id(&self) -> Result<&str, Refusal> {
        let id = self.get("id").map(|(id, _)| id).unwrap_or_default();
        if id.is_empty() || !id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') {
            let (sv, en) = ("regeln saknar ett id av a-z, 0-9 och -", "the rule lacks an id of a-z, 0-9 and -");
            return Err(wrong(id, 1, sv, en));
        }
        Ok(id)
    }

    fn severity(&self, id: &str) -> Result<String, Refusal> {
        let (severity, line) = self.need(id, "severity")?;
        if matches!(severity, "error" | "warning" | "info") {
            return Ok(severity.to_owned());
        }
        let (sv, en) = ("severity är error, warning eller info", "severity is error, warning or info");
        Err(wrong(id, line, sv, en))
    }

    fn gives(&self, id: &str) -> Result<Gives, Refusal> {
        let (written, line) = self.get("gives").unwrap_or(("row", 1));
        match written.split_whitespace().next() {
            Some("row") => Ok(Gives::Row),
            Some("number") => Ok(Gives::Number),
            _ => Err(wrong(id, line, "gives är row eller number", "gives is row or number")),
        }
    }

    fn nulls(&self, id: &str) -> Result<Nulls, Refusal> {
        let (written, line) = self.get("nulls").unwrap_or(("pass", 1));
        match written {
            "pass" => Ok(Nulls::Pass),
            "fail" => Ok(Nulls::Fail),
            _ => Err(wrong(id, line, "nulls är pass eller fail", "nulls is pass or fail")),
        }
    }

    /// The SELECT with its parameters in their places, and the parameters.
    fn select(&self, id: &str, given: &Given<'_>) -> Result<(String, BTreeMap<String, String>), Refusal> {
        let sql = self.sql.trim().trim_end_matches(';').trim().to_owned();
        let mut known = match self.get("parameters") {
            Some((value, line)) => parameters(id, value, line, &sql)?,
            None => BTreeMap::new(),
        };
        if let Some(set) = given.parameters {
            set_parameters(id, &mut known, set)?;
        }
        let sql = filled(&sql, &known, false);
        let begins = |word: &str| sql.get(..word.len()).is_some_and(|first| first.eq_ignore_ascii_case(word));
        if !begins("select") && !begins("with") {
            return Err(wrong(id, 1, "regeln är inte en SELECT", "the rule is not a SELECT"));
        }
        if self.get("applies").is_none() && sql.contains("{column}") {
            let (sv, en) = ("{column} står i en regel utan applies", "{column} stands in a rule without applies");
            return Err(wrong(id, 1, sv, en));
        }
        Ok((sql, known))
    }
}

/// A text with the parameters in their places; for people a text stands without its quotes.
fn filled(text: &str, parameters: &BTreeMap<String, String>, for_people: bool) -> String {
    parameters.iter().fold(text.to_owned(), |text, (name, value)| {
        let value = if for_people { value.trim_matches('\'') } else { value };
        text.replace(&format!("{{{name}}}"), value)
    })
}

/// The `key: value` pairs of one comment line.
fn entries(comment: &str, line: usize, head: &mut Vec<(&'static str, String, usize)>) -> Result<(), Refusal> {
    let comment = comment.trim();
    let so_far = head
        .iter()
        .find(|(key, _, _)| *key == "id")
        .map(|(_, id, _)| id.clone())
        .unwrap_or_default();
    // Texts for people may hold colons and double blanks: the rest of the line is theirs.
    for key in ["sv", "en", "source", "parameters"] {
        if let Some(rest) = comment.strip_prefix(key).and_then(|rest| rest.strip_prefix(':')) {
            head.push((key, rest.trim().to_owned(), line));
            return Ok(());
        }
    }
    for part in comment.split("  ").map(str::trim).filter(|part| !part.is_empty()) {
        let Some((key, value)) = part.split_once(':') else {
            return Err(wrong(
                &so_far,
                line,
                "raden är inte på formen nyckel: värde",
                "the line is not of the form key: value",
            ));
        };
        let Some(key) = KEYS.iter().find(|known| **known == key.trim()) else {
            return Err(wrong(
                &so_far,
                line,
                &format!("okänd nyckel {}", key.trim()),
                &format!("unknown key {}", key.trim()),
            ));
        };
        head.push((key, value.trim().to_owned(), line));
    }
    Ok(())
}

/// Parts between commas; a comma inside double quotes belongs to its name.
fn items(value: &str) -> Vec<&str> {
    let mut items = Vec::new();
    let (mut start, mut quoted) = (0, false);
    for (index, c) in value.char_indices() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => {
                items.push(value.get(start..index).unwrap_or_default().trim());
                start = index + 1;
            }
            _ => {}
        }
    }
    items.push(value.get(start..).unwrap_or_default().trim());
    items.retain(|item| !item.is_empty());
    items
}

fn reads(id: &str, value: Option<(&str, usize)>, references: &[String]) -> Result<(Vec<String>, Vec<String>), Refusal> {
    let (mut columns, mut registers) = (Vec::new(), Vec::new());
    let Some((value, line)) = value else {
        return Ok((columns, registers));
    };
    for item in items(value) {
        if let Some(column) = item.strip_prefix("t.") {
            let quoted = column.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
            columns.push(quoted.map_or_else(|| column.to_owned(), |inner| inner.replace("\"\"", "\"")));
        } else if let Some(register) = item.strip_prefix("ref.") {
            if !super::is_known(register, references) {
                let known = super::known_names(references);
                return Err(wrong(
                    id,
                    line,
                    &format!("okänt register {register}; kända är {known}"),
                    &format!("unknown register {register}; known are {known}"),
                ));
            }
            registers.push(register.to_owned());
        } else {
            return Err(wrong(
                id,
                line,
                "reads skrivs som t.kolumn eller ref.register",
                "reads is written as t.column or ref.register",
            ));
        }
    }
    Ok((columns, registers))
}

/// The `name=value` pairs of a head. A value is a number or a text in single quotes, so it cannot change the SQL.
fn parameters(id: &str, value: &str, line: usize, sql: &str) -> Result<BTreeMap<String, String>, Refusal> {
    let mut found = BTreeMap::new();
    for part in value.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        let pair = part.split_once('=').map(|(name, value)| (name.trim(), value.trim()));
        let honest = |value: &str| {
            let inner = value.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
            value.parse::<f64>().is_ok_and(f64::is_finite) || inner.is_some_and(|inner| !inner.contains('\''))
        };
        let Some((name, value)) = pair.filter(|(name, value)| !name.is_empty() && honest(value)) else {
            return Err(wrong(
                id,
                line,
                "parameters skrivs som namn=tal eller namn='text'",
                "parameters is written as name=number or name='text'",
            ));
        };
        if matches!(name, "column" | "columns") || !sql.contains(&format!("{{{name}}}")) {
            return Err(wrong(
                id,
                line,
                &format!("parametern {name} står inte i regelns SQL"),
                &format!("the parameter {name} does not stand in the rule's SQL"),
            ));
        }
        found.insert(name.to_owned(), value.to_owned());
    }
    Ok(found)
}

/// Puts a pipeline's values in place of those of the head: a number for a number, a text without quotes for a text.
fn set_parameters(id: &str, known: &mut BTreeMap<String, String>, set: &BTreeMap<String, Scalar>) -> Result<(), Refusal> {
    let refused = |sv: String, en: String| Refusal::new("rule-parameter", RefusalKind::Configuration, id, Text::new(sv, en));
    let names = known.keys().cloned().collect::<Vec<_>>().join(", ");
    for (name, value) in set {
        let Some(place) = known.get_mut(name) else {
            return Err(refused(
                format!("regeln har ingen parameter {name}; den har {names}"),
                format!("the rule has no parameter {name}; it has {names}"),
            ));
        };
        let written = match value {
            Scalar::Integer(number) if !place.starts_with('\'') => Some(number.to_string()),
            Scalar::Number(number) if !place.starts_with('\'') && number.is_finite() => Some(format!("{number:?}")),
            Scalar::Text(text) if place.starts_with('\'') && !text.contains(['\'', '{', '}']) => Some(format!("'{text}'")),
            _ => None,
        };
        *place = written.ok_or_else(|| {
            refused(
                format!("parametern {name} tar ett tal eller en text utan citattecken, av samma slag som i regelns huvud"),
                format!("the parameter {name} takes a number or a text without quotes, of the kind that the rule's head has"),
            )
        })?;
    }
    Ok(())
}

pub(super) fn limit(text: &str) -> Option<Limit> {
    if let Some(share) = text.strip_suffix('%') {
        let share: f64 = share.trim().parse().ok()?;
        return (0.0..=100.0).contains(&share).then_some(Limit::Share(share / 100.0));
    }
    text.strip_suffix("rows")
        .or_else(|| text.strip_suffix("row"))?
        .trim()
        .parse()
        .ok()
        .map(Limit::Rows)
}

fn applies(id: &str, value: &str, line: usize) -> Result<Applies, Refusal> {
    let mut applies = Applies::default();
    for part in value.split_whitespace() {
        let list = |text: &str| text.split(',').map(str::to_lowercase).collect::<Vec<_>>();
        match part.split_once('=') {
            Some(("type", types)) => {
                for kind in types.split(',') {
                    let kind = serde_json::from_value(serde_json::Value::from(kind))
                        .map_err(|_| wrong(id, line, "okänd kolumntyp", "unknown column type"))?;
                    applies.types.push(kind);
                }
            }
            Some(("semantic", kinds)) => applies.semantics = list(kinds),
            Some(("name", names)) => applies.names = list(names),
            _ => {
                return Err(wrong(
                    id,
                    line,
                    "applies är type=, semantic= eller name=",
                    "applies is type=, semantic= or name=",
                ));
            }
        }
    }
    Ok(applies)
}
