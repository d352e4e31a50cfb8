//! Rules in short: a kind and its parameters become a [`Rule`] with SQL that anyone can read.
//!
//! In: a [`ShortRule`] of a pipeline or a contract. Out: a rule, or which key is missing, unknown to its kind or wrong. Nothing runs here.

mod sums;

pub use sums::{frequency_days, is_against_versions, volume_against, volume_band};

use std::collections::BTreeMap;

use fyr_model::quality::{Scalar, ShortRule};
use fyr_model::{Refusal, RefusalKind, Text};

use super::head::limit;
use super::{Gives, Nulls, Rule, column, identifier};

/// What a kind makes of its parameters.
pub(super) struct Body {
    columns: Vec<String>,
    registers: Vec<String>,
    gives: Gives,
    nulls: Nulls,
    sql: String,
    message: Text,
}

impl Body {
    fn rows(columns: &[&str], sql: String, sv: String, en: String) -> Self {
        Self {
            columns: columns.iter().map(|name| (*name).to_owned()).collect(),
            registers: Vec::new(),
            gives: Gives::Row,
            nulls: Nulls::Pass,
            sql,
            message: Text::new(sv, en),
        }
    }
    fn number(columns: &[&str], sql: String, sv: String, en: String) -> Self {
        Self {
            gives: Gives::Number,
            ..Self::rows(columns, sql, sv, en)
        }
    }
    fn failing_on_null(mut self) -> Self {
        self.nulls = Nulls::Fail;
        self
    }
}

/// A short rule with its name, for messages.
pub(super) struct Asked<'a> {
    rule: &'a ShortRule,
    id: &'a str,
    references: &'a [String],
}

type Make = fn(&Asked<'_>) -> Result<Body, Refusal>;

/// Kinds, the keys that they take beside the common ones, and what they make.
const KINDS: [(&str, &[&str], Make); 17] = [
    ("not-null", &["column"], not_null),
    ("unique", &["column", "columns"], unique),
    ("key", &["column", "columns"], key),
    ("type", &["column", "type"], data_type),
    ("range", &["column", "min", "max"], range),
    ("length", &["column", "min", "max"], length),
    ("pattern", &["column", "pattern"], pattern),
    ("values", &["column", "values"], values),
    ("register", &["column", "register", "other"], register),
    ("compare", &["column", "operator", "other"], compare),
    ("code-name", &["column", "other", "register"], code_name),
    ("date-year", &["column", "other"], date_year),
    ("freshness", &["column", "days", "frequency", "at"], sums::freshness),
    ("volume", &["min", "max"], sums::volume),
    ("sum", &["columns", "total", "unit", "noise"], sums::sum),
    ("sum-rows", &["column", "over", "total", "by", "unit", "noise"], sums::sum_rows),
    (
        "distribution",
        &["column", "edges", "values", "shares", "psi_max"],
        sums::distribution,
    ),
];
const COMMON: [&str; 9] = ["kind", "id", "severity", "owner", "sv", "en", "limit", "nulls", "source"];

/// The words for the kinds, in the order of the documentation.
pub fn kinds() -> Vec<&'static str> {
    KINDS.iter().map(|(kind, _, _)| *kind).collect()
}

/// Expands a short rule to SQL.
///
/// # Errors
/// An unknown kind, a key that the kind does not take or lacks, a pattern that cannot be compiled; the rule is named.
pub fn expand(short: &ShortRule) -> Result<Rule, Refusal> {
    expand_with(short, &[])
}

/// As [`expand`], where the pipeline names these references beside the registers.
///
/// # Errors
/// As [`expand`].
pub fn expand_with(short: &ShortRule, references: &[String]) -> Result<Rule, Refusal> {
    let id = short.id.clone().unwrap_or_else(|| default_id(short));
    let asked = Asked {
        rule: short,
        id: &id,
        references,
    };
    if id.is_empty() || !id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') {
        return Err(asked.wrong("id består av a-z, 0-9 och -", "an id is made of a-z, 0-9 and -"));
    }
    let Some((_, keys, make)) = KINDS.iter().find(|(kind, _, _)| *kind == short.kind) else {
        let known = kinds().join(", ");
        return Err(asked.wrong(
            &format!("okänd sorts regel; kända är {known}"),
            &format!("unknown kind of rule; known are {known}"),
        ));
    };
    for key in written(short) {
        if !COMMON.contains(&key.as_str()) && !keys.contains(&key.as_str()) {
            let takes = keys.join(", ");
            return Err(asked.wrong(
                &format!("{} tar inte nyckeln {key}; den tar {takes}", short.kind),
                &format!("{} does not take the key {key}; it takes {takes}", short.kind),
            ));
        }
    }
    let body = make(&asked)?;
    let message = match (&short.sv, &short.en) {
        (Some(sv), Some(en)) => Text::new(sv, en),
        (None, None) => body.message,
        _ => return Err(asked.wrong("texten finns bara på ett språk", "the text exists in one language only")),
    };
    let severity = short.severity.clone().unwrap_or_else(|| "error".into());
    if !matches!(severity.as_str(), "error" | "warning" | "info") {
        return Err(asked.wrong("severity är error, warning eller info", "severity is error, warning or info"));
    }
    let nulls = match short.nulls.as_deref() {
        None => body.nulls,
        Some("pass") => Nulls::Pass,
        Some("fail") => Nulls::Fail,
        Some(_) => return Err(asked.wrong("nulls är pass eller fail", "nulls is pass or fail")),
    };
    let limit_text = short.limit.clone().unwrap_or_else(|| "0 rows".into());
    Ok(Rule {
        severity,
        owner: short.owner.clone(),
        message,
        columns: body.columns,
        registers: body.registers,
        parameters: BTreeMap::new(),
        gives: body.gives,
        nulls,
        limit: limit(&limit_text)
            .ok_or_else(|| asked.wrong("limit skrivs som 0 rows eller 0.1 %", "limit is written as 0 rows or 0.1 %"))?,
        limit_text,
        source: short.source.clone(),
        applies: None,
        sql: body.sql,
        id,
    })
}

/// The keys that were written: those that differ from an empty rule.
fn written(short: &ShortRule) -> Vec<String> {
    match serde_json::to_value(short) {
        Ok(serde_json::Value::Object(keys)) => keys.into_iter().map(|(key, _)| key).collect(),
        _ => Vec::new(),
    }
}

/// `range-belopp`: the kind and the columns, letters folded to a-z.
fn default_id(short: &ShortRule) -> String {
    let mut id = short.kind.clone();
    let columns = short.column.iter().chain(&short.columns).chain(&short.other);
    for name in columns {
        id.push('-');
        id.extend(name.to_lowercase().chars().map(|c| match c {
            'å' | 'ä' | 'à' | 'á' => 'a',
            'ö' | 'ø' | 'ó' => 'o',
            'é' | 'è' | 'ë' => 'e',
            'ü' => 'u',
            c if c.is_ascii_lowercase() || c.is_ascii_digit() => c,
            _ => '-',
        }));
    }
    let words: Vec<&str> = id.split('-').filter(|word| !word.is_empty()).collect();
    words.join("-").chars().take(120).collect()
}

impl<'a> Asked<'a> {
    pub(super) fn wrong(&self, sv: &str, en: &str) -> Refusal {
        Refusal::new("rule-short", RefusalKind::Configuration, self.id, Text::new(sv, en))
    }
    fn lacks(&self, key: &str) -> Refusal {
        let kind = &self.rule.kind;
        self.wrong(&format!("{kind} saknar nyckeln {key}"), &format!("{kind} lacks the key {key}"))
    }
    fn need(&self, key: &str, value: Option<&'a String>) -> Result<&'a str, Refusal> {
        value
            .map(String::as_str)
            .filter(|value| !value.is_empty())
            .ok_or_else(|| self.lacks(key))
    }
    fn column(&self) -> Result<&'a str, Refusal> {
        self.need("column", self.rule.column.as_ref())
    }
    fn other(&self) -> Result<&'a str, Refusal> {
        self.need("other", self.rule.other.as_ref())
    }
    /// The columns of a key: `columns`, or the one `column`.
    fn columns(&self) -> Result<Vec<&'a str>, Refusal> {
        let all: Vec<&str> = self.rule.columns.iter().chain(&self.rule.column).map(String::as_str).collect();
        if all.is_empty() { Err(self.lacks("columns")) } else { Ok(all) }
    }
}

/// A value as SQL. A text that is a day is one, so that it compares with days.
pub(super) fn literal(value: &Scalar) -> String {
    match value {
        Scalar::Integer(number) => number.to_string(),
        Scalar::Number(number) => format!("{number:?}"),
        Scalar::Text(text) if chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").is_ok() && text.len() == 10 => {
            format!("arrow_cast('{text}', 'Date32')")
        }
        Scalar::Text(text) => quoted(text),
    }
}

pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn shown(value: &Scalar) -> String {
    match value {
        Scalar::Integer(number) => number.to_string(),
        Scalar::Number(number) => number.to_string(),
        Scalar::Text(text) => text.clone(),
    }
}

fn not_null(asked: &Asked<'_>) -> Result<Body, Refusal> {
    let name = asked.column()?;
    Ok(Body::rows(
        &[name],
        format!("SELECT \"row\" FROM t WHERE {} IS NULL", column(name)),
        format!("{name} är ifylld på varje rad."),
        format!("{name} is filled in on every row."),
    )
    .failing_on_null())
}

/// The second and later rows of a value that occurs again.
fn unique(asked: &Asked<'_>) -> Result<Body, Refusal> {
    let names = asked.columns()?;
    let list = names.iter().map(|name| column(name)).collect::<Vec<_>>().join(", ");
    let given = names
        .iter()
        .map(|name| format!("{} IS NOT NULL", column(name)))
        .collect::<Vec<_>>()
        .join(" AND ");
    let shown = names.join(", ");
    Ok(Body::rows(
        &names,
        format!(
            "SELECT \"row\" FROM (SELECT \"row\", row_number() OVER (PARTITION BY {list} ORDER BY \"row\") AS copy FROM t WHERE {given}) WHERE copy > 1"
        ),
        format!("Inget värde i {shown} förekommer två gånger."),
        format!("No value of {shown} occurs twice."),
    ))
}

fn key(asked: &Asked<'_>) -> Result<Body, Refusal> {
    let mut body = unique(asked)?.failing_on_null();
    let shown = asked.columns()?.join(", ");
    body.message = Text::new(
        format!("{shown} är nyckel: ifylld och olika på varje rad."),
        format!("{shown} is a key: filled in and different on every row."),
    );
    Ok(body)
}

fn data_type(asked: &Asked<'_>) -> Result<Body, Refusal> {
    let name = asked.column()?;
    let kind = asked.need("type", asked.rule.data_type.as_ref())?;
    let sql_type = match kind {
        "integer" => "BIGINT",
        "number" => "DOUBLE",
        "date" => "DATE",
        "timestamp" => "TIMESTAMP",
        "time" => "TIME",
        "boolean" => "BOOLEAN",
        "text" | "code" | "period" => "VARCHAR",
        _ => return Err(asked.wrong("okänd typ", "unknown type")),
    };
    let quoted = column(name);
    // A cast cuts decimals and hours off; whole numbers and days must come back as they were.
    let kept = match kind {
        "integer" => format!(" OR TRY_CAST({quoted} AS DOUBLE) <> TRY_CAST({quoted} AS BIGINT)"),
        _ => String::new(),
    };
    Ok(Body::rows(
        &[name],
        format!("SELECT \"row\" FROM t WHERE {quoted} IS NOT NULL AND (TRY_CAST({quoted} AS {sql_type}) IS NULL{kept})"),
        format!("Varje värde i {name} är av typen {kind}."),
        format!("Every value of {name} is of the type {kind}."),
    ))
}

/// `below` and `above` as one condition for what lies outside.
fn outside(asked: &Asked<'_>, subject: &str) -> Result<(String, String), Refusal> {
    let (min, max) = (asked.rule.min.as_ref(), asked.rule.max.as_ref());
    let below = min.map(|min| format!("{subject} < {}", literal(min)));
    let above = max.map(|max| format!("{subject} > {}", literal(max)));
    let bounds: Vec<String> = below.into_iter().chain(above).collect();
    if bounds.is_empty() {
        return Err(asked.lacks("min, max"));
    }
    let end = |bound: Option<&Scalar>| bound.map_or_else(|| "…".into(), shown);
    Ok((bounds.join(" OR "), format!("{}–{}", end(min), end(max))))
}

fn range(asked: &Asked<'_>) -> Result<Body, Refusal> {
    let name = asked.column()?;
    let (test, shown) = outside(asked, &column(name))?;
    Ok(Body::rows(
        &[name],
        format!("SELECT \"row\" FROM t WHERE {test}"),
        format!("{name} ligger inom {shown}."),
        format!("{name} lies within {shown}."),
    ))
}

fn length(asked: &Asked<'_>) -> Result<Body, Refusal> {
    let name = asked.column()?;
    let text = |bound: &Option<Scalar>| matches!(bound, Some(Scalar::Text(_) | Scalar::Number(_)));
    if text(&asked.rule.min) || text(&asked.rule.max) {
        return Err(asked.wrong("en längd är ett helt tal", "a length is a whole number"));
    }
    let (test, shown) = outside(asked, &format!("character_length(CAST({} AS VARCHAR))", column(name)))?;
    Ok(Body::rows(
        &[name],
        format!("SELECT \"row\" FROM t WHERE {test}"),
        format!("{name} har {shown} tecken."),
        format!("{name} has {shown} characters."),
    ))
}

fn pattern(asked: &Asked<'_>) -> Result<Body, Refusal> {
    let name = asked.column()?;
    let written = asked.need("pattern", asked.rule.pattern.as_ref())?;
    let whole = format!("^(?:{written})$");
    // The engine has no look-around and no back references; what it cannot run is refused here, by name.
    regex::RegexBuilder::new(&whole).size_limit(1 << 20).build().map_err(|_| {
        asked.wrong(
            "mönstret går inte att köra: det är felskrivet, för stort eller ser framåt eller bakåt",
            "the pattern cannot run: it is malformed, too large or looks ahead or behind",
        )
    })?;
    Ok(Body::rows(
        &[name],
        format!(
            "SELECT \"row\" FROM t WHERE NOT regexp_like(CAST({} AS VARCHAR), {})",
            column(name),
            quoted(&whole)
        ),
        format!("{name} har rätt form."),
        format!("{name} has the right form."),
    ))
}

fn values(asked: &Asked<'_>) -> Result<Body, Refusal> {
    let name = asked.column()?;
    if asked.rule.values.is_empty() {
        return Err(asked.lacks("values"));
    }
    let text = asked.rule.values.iter().all(|value| matches!(value, Scalar::Text(_)));
    let list = |value: &Scalar| match value {
        Scalar::Text(text) => quoted(text),
        number => literal(number),
    };
    let list = asked.rule.values.iter().map(list).collect::<Vec<_>>().join(", ");
    let subject = if text {
        format!("CAST({} AS VARCHAR)", column(name))
    } else {
        column(name)
    };
    let count = asked.rule.values.len();
    Ok(Body::rows(
        &[name],
        format!("SELECT \"row\" FROM t WHERE {subject} NOT IN ({list})"),
        format!("{name} är ett av listans {count} värden."),
        format!("{name} is one of the {count} values of the list."),
    ))
}

/// A code that a register or a reference has: in its column `code`, or the one that `other` names.
fn register(asked: &Asked<'_>) -> Result<Body, Refusal> {
    let name = asked.column()?;
    let register = asked.need("register", asked.rule.register.as_ref())?;
    if !super::is_known(register, asked.references) {
        return Err(unknown_register(asked));
    }
    let codes = asked.rule.other.as_deref().unwrap_or("code");
    let mut body = Body::rows(
        &[name],
        format!(
            "SELECT t.\"row\" FROM t LEFT JOIN (SELECT DISTINCT CAST({codes} AS VARCHAR) AS code FROM ref.{register}) k \
             ON CAST(t.{column} AS VARCHAR) = k.code WHERE t.{column} IS NOT NULL AND k.code IS NULL",
            codes = identifier(codes),
            register = identifier(register),
            column = column(name)
        ),
        format!("{name} finns i registret {register}."),
        format!("{name} is in the register {register}."),
    );
    body.registers = vec![register.to_owned()];
    Ok(body)
}

fn unknown_register(asked: &Asked<'_>) -> Refusal {
    let known = super::known_names(asked.references);
    asked.wrong(
        &format!("okänt register; kända är {known}"),
        &format!("unknown register; known are {known}"),
    )
}

fn compare(asked: &Asked<'_>) -> Result<Body, Refusal> {
    let (left, right) = (asked.column()?, asked.other()?);
    let operator = asked.need("operator", asked.rule.operator.as_ref())?;
    if !["=", "<>", "<", "<=", ">", ">="].contains(&operator) {
        return Err(asked.wrong("operator är =, <>, <, <=, > eller >=", "operator is =, <>, <, <=, > or >="));
    }
    Ok(Body::rows(
        &[left, right],
        format!("SELECT \"row\" FROM t WHERE NOT ({} {operator} {})", column(left), column(right)),
        format!("{left} {operator} {right} på varje rad."),
        format!("{left} {operator} {right} on every row."),
    ))
}

/// A code agrees with the name beside it: as the register writes it, with or without `kommun`, `stad`, `län` and a genitive s.
fn code_name(asked: &Asked<'_>) -> Result<Body, Refusal> {
    let (code, name) = (asked.column()?, asked.other()?);
    let register = asked.rule.register.as_deref().unwrap_or("municipality");
    let label = match register {
        "municipality" | "county" => "name",
        "sni2007" | "sni2025" | "ssyk2012" | "nuts" => "label",
        _ => return Err(unknown_register(asked)),
    };
    let plain = |text: &str| format!("regexp_replace(regexp_replace(lower(btrim({text})), ' (kommun|stad|län)$', ''), 's$', '')");
    let mut body = Body::rows(
        &[code, name],
        format!(
            "SELECT t.\"row\" FROM t JOIN ref.{register} k ON CAST(t.{} AS VARCHAR) = k.\"code\" WHERE {} <> {}",
            column(code),
            plain(&format!("t.{}", column(name))),
            plain(&format!("k.\"{label}\"")),
        ),
        format!("{name} är namnet på {code} i registret {register}."),
        format!("{name} is the name of {code} in the register {register}."),
    );
    body.registers = vec![register.to_owned()];
    Ok(body)
}

fn date_year(asked: &Asked<'_>) -> Result<Body, Refusal> {
    let (date, year) = (asked.column()?, asked.other()?);
    Ok(Body::rows(
        &[date, year],
        format!(
            "SELECT \"row\" FROM t WHERE CAST(date_part('year', {}) AS BIGINT) IS DISTINCT FROM TRY_CAST(substr(CAST({} AS VARCHAR), 1, 4) AS BIGINT)",
            column(date),
            column(year)
        ),
        format!("{date} ligger i året {year}."),
        format!("{date} lies in the year {year}."),
    ))
}
