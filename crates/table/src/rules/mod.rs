//! Quality rules as files: a head that people read, then one SELECT (`tables.md` section 3).
//!
//! In: the text of a rule. Out: a [`Rule`], or which line of its head is wrong. Nothing runs here.
//!
//! A head is made of comment lines `-- key: value`; several keys may share a line when two or more blanks stand between them. Keys: `id`,
//! `severity` (`error`, `warning`, `info`), `owner`, `sv`, `en`, `reads` (`t.column`, `t.*`, `ref.table`), `gives` (`row` or `number`),
//! `nulls` (`pass`, `fail`), `limit` (`0 rows`, `0.1 %`), `source`, and `applies`: the rule then runs once for every column that fits, with
//! `{column}` in its SQL standing for that column; `{columns}` stands for all columns. `applies` is a list of `type=integer,number`,
//! `semantic=municipality_code` and `name=antal,count` (words of the header), of which all must fit. `parameters` is a list of
//! `name=value`, numbers or single-quoted texts: `{name}` in the SQL stands for the value.
//!
//! A rule in short ([`expand`]) becomes such a rule; [`Rule::text`] writes any rule as a file.

mod short;

use fyr_model::table::{Column, ColumnType};
use fyr_model::{Refusal, RefusalKind, Text};

pub use short::{expand, frequency_days, kinds, volume_band};

/// How a rule counts rows in which a column it reads is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nulls {
    /// Such rows are not checked.
    Pass,
    /// Such rows fail.
    Fail,
}

/// What a rule gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gives {
    /// The number of each failing row, 0-based.
    Row,
    /// One number: how many fail.
    Number,
}

/// How much may fail.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Limit {
    /// So many rows.
    Rows(u64),
    /// Such a share of the checked rows, 0 to 1.
    Share(f64),
}

/// Which columns a parametric rule runs for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Applies {
    /// Any of these types; none = all.
    pub types: Vec<ColumnType>,
    /// Any of these meanings; none = all.
    pub semantics: Vec<String>,
    /// Any of these words in the header; none = all.
    pub names: Vec<String>,
}

impl Applies {
    /// As a head writes it.
    fn text(&self) -> String {
        let types = self
            .types
            .iter()
            .filter_map(|kind| Some(serde_json::to_value(kind).ok()?.as_str()?.to_owned()));
        let parts = [
            ("type", types.collect::<Vec<_>>().join(",")),
            ("semantic", self.semantics.join(",")),
            ("name", self.names.join(",")),
        ];
        let parts: Vec<String> = parts
            .iter()
            .filter(|(_, list)| !list.is_empty())
            .map(|(key, list)| format!("{key}={list}"))
            .collect();
        parts.join(" ")
    }
    /// Whether a column fits.
    pub fn fits(&self, column: &Column) -> bool {
        let semantic = column.semantic.as_ref().map(|semantic| semantic.kind.as_str());
        let header = column.header.to_lowercase();
        let words: Vec<&str> = header.split(|c: char| !c.is_alphanumeric()).collect();
        (self.types.is_empty() || self.types.contains(&column.kind))
            && (self.semantics.is_empty() || semantic.is_some_and(|kind| self.semantics.iter().any(|wanted| wanted == kind)))
            && (self.names.is_empty() || self.names.iter().any(|name| words.contains(&name.as_str())))
    }
}

/// One rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// Its name.
    pub id: String,
    /// `error`, `warning` or `info`.
    pub severity: String,
    /// Who answers for it.
    pub owner: Option<String>,
    /// What it says.
    pub message: Text,
    /// Columns of `t` that it reads, without `t.`; `*` for the whole row.
    pub columns: Vec<String>,
    /// Registers that it reads, without `ref.`.
    pub registers: Vec<String>,
    /// What it gives.
    pub gives: Gives,
    /// How missing values count.
    pub nulls: Nulls,
    /// How much may fail.
    pub limit: Limit,
    /// The limit as written.
    pub limit_text: String,
    /// Where the rule comes from.
    pub source: Option<String>,
    /// For which columns it runs; none = once.
    pub applies: Option<Applies>,
    /// The SELECT.
    pub sql: String,
}

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

impl Rule {
    /// The rule as a file, readable by the owner of the data and by [`parse`].
    pub fn text(&self) -> String {
        let owner = self.owner.as_ref().map(|owner| format!("      owner: {owner}")).unwrap_or_default();
        let mut text = format!("-- id: {}      severity: {}{owner}\n", self.id, self.severity);
        let line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        text.push_str(&format!("-- sv: {}\n-- en: {}\n", line(&self.message.sv), line(&self.message.en)));
        let read: Vec<String> = self
            .columns
            .iter()
            .map(|name| {
                if name == "*" || name == "{column}" {
                    format!("t.{name}")
                } else {
                    format!("t.{}", identifier(name))
                }
            })
            .chain(self.registers.iter().map(|name| format!("ref.{name}")))
            .collect();
        if !read.is_empty() {
            text.push_str(&format!("-- reads: {}\n", read.join(", ")));
        }
        let gives = if self.gives == Gives::Row { "row (0-based)" } else { "number" };
        let nulls = if self.nulls == Nulls::Pass { "pass" } else { "fail" };
        text.push_str(&format!("-- gives: {gives}      nulls: {nulls}      limit: {}\n", self.limit_text));
        if let Some(applies) = &self.applies {
            text.push_str(&format!("-- applies: {}\n", applies.text()));
        }
        if let Some(source) = &self.source {
            text.push_str(&format!("-- source: {}\n", line(source)));
        }
        text.push_str(&self.sql);
        text.push('\n');
        text
    }
}

fn wrong(rule: &str, line: usize, sv: &str, en: &str) -> Refusal {
    let subject = if rule.is_empty() { "rule" } else { rule };
    Refusal::new("rule-head", RefusalKind::Configuration, subject, Text::new(sv, en)).at(fyr_model::Position {
        line: line as u64,
        ..Default::default()
    })
}

/// Reads a rule file.
///
/// # Errors
/// An unknown key, a text that is missing in one language, an unknown word, or no SELECT; the rule and the line are named.
pub fn parse(text: &str) -> Result<Rule, Refusal> {
    let mut head: Vec<(&str, String, usize)> = Vec::new();
    let mut sql = String::new();
    for (index, line) in text.lines().enumerate() {
        match line.trim_start().strip_prefix("--") {
            Some(comment) if sql.trim().is_empty() => entries(comment, index + 1, &mut head)?,
            Some(_) => {}
            None => {
                sql.push_str(line);
                sql.push('\n');
            }
        }
    }
    for (index, (key, _, line)) in head.iter().enumerate() {
        if head.iter().take(index).any(|(other, _, _)| other == key) {
            let id = head.iter().find(|(key, _, _)| *key == "id").map_or("", |(_, id, _)| id.as_str());
            return Err(wrong(
                id,
                *line,
                &format!("nyckeln {key} står två gånger"),
                &format!("the key {key} stands twice"),
            ));
        }
    }
    let get = |key: &str| {
        head.iter()
            .find(|(found, _, _)| *found == key)
            .map(|(_, value, line)| (value.as_str(), *line))
    };
    let id = get("id").map(|(id, _)| id.to_owned()).unwrap_or_default();
    if id.is_empty() || !id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') {
        return Err(wrong(
            &id,
            1,
            "regeln saknar ett id av a-z, 0-9 och -",
            "the rule lacks an id of a-z, 0-9 and -",
        ));
    }
    let need = |key: &'static str| {
        get(key).filter(|(value, _)| !value.is_empty()).ok_or_else(|| {
            wrong(
                &id,
                1,
                &format!("regelns huvud saknar {key}"),
                &format!("the head of the rule lacks {key}"),
            )
        })
    };
    let (severity, line) = need("severity")?;
    if !matches!(severity, "error" | "warning" | "info") {
        return Err(wrong(
            &id,
            line,
            "severity är error, warning eller info",
            "severity is error, warning or info",
        ));
    }
    let (columns, registers) = reads(&id, get("reads"))?;
    let (limit_text, line) = get("limit").unwrap_or(("0 rows", 1));
    let mut sql = sql.trim().trim_end_matches(';').trim().to_owned();
    if let Some((value, line)) = get("parameters") {
        sql = parameters(&id, value, line, sql)?;
    }
    if !sql.get(..6).is_some_and(|word| word.eq_ignore_ascii_case("select"))
        && !sql.get(..4).is_some_and(|word| word.eq_ignore_ascii_case("with"))
    {
        return Err(wrong(&id, 1, "regeln är inte en SELECT", "the rule is not a SELECT"));
    }
    if get("applies").is_none() && sql.contains("{column}") {
        return Err(wrong(
            &id,
            1,
            "{column} står i en regel utan applies",
            "{column} stands in a rule without applies",
        ));
    }
    Ok(Rule {
        severity: severity.to_owned(),
        owner: get("owner").map(|(owner, _)| owner.to_owned()),
        message: Text::new(need("sv")?.0, need("en")?.0),
        columns,
        registers,
        gives: match get("gives").map_or("row", |(gives, _)| gives).split_whitespace().next() {
            Some("row") => Gives::Row,
            Some("number") => Gives::Number,
            _ => return Err(wrong(&id, 1, "gives är row eller number", "gives is row or number")),
        },
        nulls: match get("nulls").map_or("pass", |(nulls, _)| nulls) {
            "pass" => Nulls::Pass,
            "fail" => Nulls::Fail,
            _ => return Err(wrong(&id, 1, "nulls är pass eller fail", "nulls is pass or fail")),
        },
        limit: limit(limit_text).ok_or_else(|| {
            wrong(
                &id,
                line,
                "limit skrivs som 0 rows eller 0.1 %",
                "limit is written as 0 rows or 0.1 %",
            )
        })?,
        limit_text: limit_text.to_owned(),
        source: get("source").map(|(source, _)| source.to_owned()),
        applies: get("applies").map(|(value, line)| applies(&id, value, line)).transpose()?,
        id,
        sql,
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

fn reads(id: &str, value: Option<(&str, usize)>) -> Result<(Vec<String>, Vec<String>), Refusal> {
    let (mut columns, mut registers) = (Vec::new(), Vec::new());
    let Some((value, line)) = value else {
        return Ok((columns, registers));
    };
    for item in items(value) {
        if let Some(column) = item.strip_prefix("t.") {
            let quoted = column.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
            columns.push(quoted.map_or_else(|| column.to_owned(), |inner| inner.replace("\"\"", "\"")));
        } else if let Some(register) = item.strip_prefix("ref.") {
            if !self::registers().contains(&register) {
                let known = self::registers().join(", ");
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

/// Puts the values of `name=value` pairs in their places. A value is a number or a text in single quotes, so it cannot change the SQL.
fn parameters(id: &str, value: &str, line: usize, mut sql: String) -> Result<String, Refusal> {
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
        let place = format!("{{{name}}}");
        if matches!(name, "column" | "columns") || !sql.contains(&place) {
            return Err(wrong(
                id,
                line,
                &format!("parametern {name} står inte i regelns SQL"),
                &format!("the parameter {name} does not stand in the rule's SQL"),
            ));
        }
        sql = sql.replace(&place, value);
    }
    Ok(sql)
}

fn limit(text: &str) -> Option<Limit> {
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

/// The name of the row number in `t`.
pub(crate) const ROW: &str = "row";

/// What a data column is called in `t`: its name, but one called `row` is `row_data`.
pub(crate) fn exposed(name: &str) -> &str {
    if name == ROW { "row_data" } else { name }
}

/// A data column as SQL.
pub(crate) fn column(name: &str) -> String {
    identifier(exposed(name))
}

/// The registers that a rule can read as `ref.NAME`.
pub fn registers() -> Vec<&'static str> {
    crate::stage::register::REGISTERS.iter().map(|register| register.name).collect()
}

/// A text as an SQL identifier: always quoted, so that no letter is folded (`ÅR` would become `År`).
pub fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The rules that run on every table, in order of their ids.
///
/// # Panics
/// Never: a test reads every file.
pub fn standard() -> Vec<Rule> {
    STANDARD.iter().filter_map(|(_, text)| parse(text).ok()).collect()
}

/// The files of the standard pack: name and text.
pub const STANDARD: &[(&str, &str)] = standard_files::FILES;

/// `FILES`, made when the crate is built from the files of `sql/quality/`: adding a rule is adding a file.
mod standard_files {
    include!(concat!(env!("OUT_DIR"), "/quality.rs"));
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "-- id: prov      severity: error      owner: redaktionen\n-- sv: Provet: håller.\n-- en: The test holds.\n-- reads: t.kod, ref.municipality     gives: row (0-based)     nulls: fail     limit: 0.1 %\n-- source: SCB\nSELECT t.\"row\" FROM t;\n";

    #[test]
    fn a_head_is_read_key_by_key() {
        let rule = parse(HEAD).unwrap();
        assert_eq!(
            (rule.id.as_str(), rule.severity.as_str(), rule.owner.as_deref()),
            ("prov", "error", Some("redaktionen"))
        );
        assert_eq!(rule.message, Text::new("Provet: håller.", "The test holds."));
        assert_eq!(
            (rule.columns, rule.registers),
            (vec!["kod".to_owned()], vec!["municipality".to_owned()])
        );
        assert_eq!((rule.gives, rule.nulls, rule.limit), (Gives::Row, Nulls::Fail, Limit::Share(0.001)));
        assert_eq!(rule.sql, "SELECT t.\"row\" FROM t");
    }

    #[test]
    fn what_is_wrong_in_a_head_is_named() {
        for (from, to) in [
            ("-- en: The test holds.\n", ""),
            ("severity: error", "severity: fatal"),
            ("owner:", "ower:"),
            ("limit: 0.1 %", "limit: some"),
            ("id: prov", "id: Prov Ett"),
            ("reads: t.kod", "reads: kod"),
            ("SELECT", "DELETE"),
        ] {
            let refusal = parse(&HEAD.replace(from, to)).unwrap_err();
            assert_eq!(
                (refusal.id.as_str(), refusal.kind),
                ("rule-head", RefusalKind::Configuration),
                "{to}"
            );
        }
    }

    #[test]
    fn every_rule_of_the_standard_pack_is_read_and_named_as_its_file() {
        for (name, text) in STANDARD {
            assert_eq!(format!("{}.sql", parse(text).unwrap().id), *name);
        }
        assert_eq!(standard().len(), STANDARD.len());
    }
}
