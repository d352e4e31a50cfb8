//! Open Data Contract Standard 3.1 (Bitol): schema, quality of kind library and SQL, service levels.

use fyr_model::Text;
use fyr_model::quality::{Scalar, ShortRule};
use fyr_model::table::ColumnType;
use serde_json::{Map, Value};

use super::{Draft, Imported, at, scalar, text, text_type, texts, tidy};
use crate::rules::{Gives, Limit, Nulls, Rule, column, expand};

pub(super) fn import(document: &Map<String, Value>) -> Imported {
    let mut draft = Draft::new("odcs");
    draft.imported.name = text(document, "name").or_else(|| text(document, "id")).map(str::to_owned);
    draft.imported.version = text(document, "version").map(str::to_owned);
    let objects = document
        .get("schema")
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default();
    let mut table = None;
    for (index, value) in objects.iter().enumerate() {
        let path = format!("/schema/{index}");
        match value.as_object() {
            Some(object) if table.is_none() => {
                table = text(object, "name").map(str::to_owned).or_else(|| Some(String::new()));
                schema(&mut draft, &path, object);
            }
            _ => draft.leave(
                &path,
                "ett kontrakt gäller en tabell; den första används",
                "a contract is for one table; the first is used",
            ),
        }
    }
    let levels = document
        .get("slaProperties")
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default();
    for (index, level) in levels.iter().enumerate() {
        service_level(
            &mut draft,
            &format!("/slaProperties/{index}"),
            level,
            table.as_deref().unwrap_or_default(),
        );
    }
    draft.leave_others(
        document,
        "",
        &["apiVersion", "kind", "id", "name", "version", "status", "schema", "slaProperties"],
    );
    draft.imported
}

fn schema(draft: &mut Draft, path: &str, object: &Map<String, Value>) {
    let properties = object
        .get("properties")
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default();
    let mut key: Vec<(i64, String)> = Vec::new();
    for (index, value) in properties.iter().enumerate() {
        let path = format!("{path}/properties/{index}");
        let Some((property, name)) = value
            .as_object()
            .and_then(|property| Some((property, tidy(text(property, "name")?))))
        else {
            draft.leave(&path, "egenskapen har inget namn", "the property has no name");
            continue;
        };
        if property.get("primaryKey") == Some(&Value::Bool(true)) {
            key.push((
                property.get("primaryKeyPosition").and_then(Value::as_i64).unwrap_or(index as i64),
                name.clone(),
            ));
        }
        self::property(draft, &path, property, &name);
    }
    key.sort();
    if !key.is_empty() {
        let short = ShortRule {
            kind: "key".into(),
            columns: key.into_iter().map(|(_, name)| name).collect(),
            ..ShortRule::default()
        };
        draft.rule(&at(path, "properties"), &short);
    }
    qualities(draft, path, object, None);
    draft.leave_others(
        object,
        path,
        &["name", "id", "physicalName", "physicalType", "logicalType", "properties", "quality"],
    );
}

fn property(draft: &mut Draft, path: &str, property: &Map<String, Value>, name: &str) {
    let options = property.get("logicalTypeOptions").and_then(Value::as_object);
    let pattern = options.and_then(|options| text(options, "pattern"));
    let kind = match text(property, "logicalType") {
        Some("string") => Some(text_type(name, pattern)),
        Some("number") => Some(ColumnType::Number),
        Some("integer") => Some(ColumnType::Integer),
        Some("boolean") => Some(ColumnType::Boolean),
        Some("date") => Some(ColumnType::Date),
        Some("timestamp") => Some(ColumnType::Timestamp),
        Some("time") => Some(ColumnType::Time),
        None => None,
        Some(_) => {
            draft.leave(
                &at(path, "logicalType"),
                "typen har ingen motsvarighet; kolumnen läses som den är",
                "the type has no counterpart; the column is read as it is",
            );
            None
        }
    };
    let read = draft.column(name);
    read.kind = kind;
    read.description = text(property, "description").map(|text| Text::new(text, text));
    for (key, kind) in [("required", "not-null"), ("unique", "unique")] {
        if property.get(key) == Some(&Value::Bool(true)) {
            let short = ShortRule {
                kind: kind.into(),
                column: Some(name.to_owned()),
                ..ShortRule::default()
            };
            draft.rule(&at(path, key), &short);
        }
    }
    if let Some(options) = options {
        limits(draft, &at(path, "logicalTypeOptions"), options, name);
    }
    qualities(draft, path, property, Some(name));
    let mut handled = vec![
        "name",
        "id",
        "logicalType",
        "logicalTypeOptions",
        "description",
        "required",
        "unique",
        "primaryKey",
        "primaryKeyPosition",
        "quality",
    ];
    // A key that says no asks for nothing.
    let denied = property.iter().filter(|(_, value)| **value == Value::Bool(false));
    handled.extend(denied.map(|(key, _)| key.as_str()));
    if property.get("primaryKeyPosition") == Some(&Value::from(-1)) || property.get("partitionKeyPosition") == Some(&Value::from(-1)) {
        handled.push("partitionKeyPosition");
    }
    draft.leave_others(property, path, &handled);
}

/// Options of a type that bound its values.
fn limits(draft: &mut Draft, path: &str, options: &Map<String, Value>, name: &str) {
    let mut bounds = Map::new();
    for key in [
        "minLength",
        "maxLength",
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "pattern",
    ] {
        if let Some(bound) = options.get(key) {
            bounds.insert(key.to_owned(), bound.clone());
        }
    }
    super::table_schema::constrain(draft, path, &bounds, name);
    let handled = [
        "minLength",
        "maxLength",
        "minimum",
        "maximum",
        "pattern",
        "exclusiveMinimum",
        "exclusiveMaximum",
    ];
    draft.leave_others(options, path, &handled);
}

fn qualities(draft: &mut Draft, path: &str, owner: &Map<String, Value>, name: Option<&str>) {
    let list = owner
        .get("quality")
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default();
    for (index, value) in list.iter().enumerate() {
        let path = format!("{path}/quality/{index}");
        let Some(quality) = value.as_object() else {
            draft.leave(&path, "posten är inte ett objekt", "the entry is not an object");
            continue;
        };
        match text(quality, "type").unwrap_or("library") {
            "library" => library(draft, &path, quality, name),
            "sql" => sql(draft, &path, quality, name),
            _ => draft.leave(
                &path,
                "en kontroll i ord eller för ett annat verktyg går inte att köra här",
                "a check in words or for another tool cannot run here",
            ),
        }
    }
}

/// What a number is held to: bounds that it may reach.
#[derive(Default, Clone, Copy)]
struct Band {
    low: Option<f64>,
    high: Option<f64>,
}

/// The operators of an entry as bounds of a whole number; nothing when there is none, or one that bounds cannot say.
fn band(quality: &Map<String, Value>) -> Option<Band> {
    let number = |key: &str| quality.get(key).and_then(Value::as_f64);
    let mut band = Band::default();
    if let Some(exact) = number("mustBe") {
        band = Band {
            low: Some(exact),
            high: Some(exact),
        };
    }
    if let Some(more) = number("mustBeGreaterThan") {
        band.low = Some(more.floor() + 1.0);
    }
    if let Some(least) = number("mustBeGreaterOrEqualTo") {
        band.low = Some(least);
    }
    if let Some(less) = number("mustBeLessThan") {
        band.high = Some(less.ceil() - 1.0);
    }
    if let Some(most) = number("mustBeLessOrEqualTo") {
        band.high = Some(most);
    }
    if let Some([low, high]) = quality.get("mustBeBetween").and_then(Value::as_array).map(Vec::as_slice) {
        band = Band {
            low: low.as_f64(),
            high: high.as_f64(),
        };
    }
    let other = ["mustNotBe", "mustNotBeBetween"].iter().any(|key| quality.contains_key(*key));
    (!other && (band.low.is_some() || band.high.is_some())).then_some(band)
}

/// The limit of a rule on failing rows, as ODCS bounds it.
fn limit(quality: &Map<String, Value>) -> Option<String> {
    let bounds = band(quality)?;
    let most = bounds
        .high
        .filter(|_| bounds.low.unwrap_or_default() <= 0.0)
        .filter(|most| *most >= 0.0)?;
    match text(quality, "unit").unwrap_or("rows") {
        "rows" => Some(format!("{} rows", most.floor())),
        // A share that must be less than a bound is not the same as one that may reach it.
        "percent" if !quality.contains_key("mustBeLessThan") && most <= 100.0 => Some(format!("{most} %")),
        _ => None,
    }
}

const COMMON: [&str; 14] = [
    "type",
    "metric",
    "rule",
    "arguments",
    "mustBe",
    "mustBeGreaterThan",
    "mustBeGreaterOrEqualTo",
    "mustBeLessThan",
    "mustBeLessOrEqualTo",
    "mustBeBetween",
    "unit",
    "severity",
    "name",
    "id",
];

fn library(draft: &mut Draft, path: &str, quality: &Map<String, Value>, name: Option<&str>) {
    let metric = text(quality, "metric").or_else(|| text(quality, "rule")).unwrap_or_default();
    let none = Map::new();
    let arguments = quality.get("arguments").and_then(Value::as_object).unwrap_or(&none);
    let mut short = ShortRule {
        column: name.map(str::to_owned),
        severity: Some(severity(quality)),
        ..ShortRule::default()
    };
    let mut taken: &[&str] = &[];
    match metric {
        "nullValues" => short.kind = "not-null".into(),
        "missingValues" => {
            short.kind = "not-null".into();
            taken = &["missingValues"];
            if let (Some(name), Some(list)) = (name, arguments.get("missingValues")) {
                let markers = texts(list).into_iter().filter(|marker| !marker.is_empty()).collect();
                draft.column(name).missing = Some(markers);
            }
        }
        "invalidValues" => {
            taken = &["validValues", "pattern"];
            let listed: Vec<Scalar> = arguments
                .get("validValues")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .filter_map(scalar)
                .collect();
            if let Some(pattern) = text(arguments, "pattern") {
                (short.kind, short.pattern) = ("pattern".into(), Some(pattern.to_owned()));
                if !listed.is_empty() {
                    draft.leave(
                        &at(path, "arguments"),
                        "ange mönster eller lista, inte båda",
                        "give a pattern or a list, not both",
                    );
                }
            } else {
                (short.kind, short.values) = ("values".into(), listed);
            }
        }
        "duplicateValues" => {
            taken = &["properties"];
            short.kind = "unique".into();
            short.columns = arguments.get("properties").map(texts).unwrap_or_default();
        }
        "rowCount" => return volume(draft, path, quality),
        _ => {
            draft.leave(path, "måttet är okänt", "the metric is unknown");
            return;
        }
    }
    draft.leave_others(arguments, &at(path, "arguments"), taken);
    draft.leave_others(quality, path, &COMMON);
    match limit(quality) {
        Some(limit) => {
            short.limit = Some(limit);
            draft.rule(path, &short);
        }
        None => draft.leave(
            path,
            "gränsen går inte att uttrycka som högst så många fel",
            "the limit cannot be said as at most so many failures",
        ),
    }
}

fn severity(quality: &Map<String, Value>) -> String {
    match text(quality, "severity").map(str::to_lowercase).as_deref() {
        Some("info" | "low") => "info".into(),
        Some("warning" | "warn" | "medium") => "warning".into(),
        _ => "error".into(),
    }
}

fn volume(draft: &mut Draft, path: &str, quality: &Map<String, Value>) {
    let Some(band) = band(quality) else {
        draft.leave(path, "antalet rader har inga gränser", "the number of rows has no bounds");
        return;
    };
    let whole = |bound: Option<f64>, round: fn(f64) -> f64| {
        let bound = bound.map(round).filter(|bound| (0.0..=9e15).contains(bound))?;
        Some(Scalar::Integer(bound as i64))
    };
    let short = ShortRule {
        kind: "volume".into(),
        severity: Some(severity(quality)),
        min: whole(band.low, f64::ceil),
        max: whole(band.high, f64::floor),
        ..ShortRule::default()
    };
    draft.leave_others(quality, path, &COMMON);
    draft.rule(path, &short);
}

/// A query that gives one number; the number stays inside, what leaves is whether it lies in its bounds.
fn sql(draft: &mut Draft, path: &str, quality: &Map<String, Value>, name: Option<&str>) {
    let Some((query, band)) = text(quality, "query").zip(band(quality)) else {
        draft.leave(path, "frågan eller dess gränser saknas", "the query or its bounds are missing");
        return;
    };
    let mut query = query.trim().trim_end_matches(';').trim().to_owned();
    for place in ["${object}", "{object}", "${table}", "{table}"] {
        query = query.replace(place, "t");
    }
    for place in ["${property}", "{property}", "${column}", "{column}"] {
        query = query.replace(place, &name.map(column).unwrap_or_default());
    }
    if !query.get(..6).is_some_and(|word| word.eq_ignore_ascii_case("select")) || query.contains(';') {
        draft.leave(&at(path, "query"), "frågan är inte en enda SELECT", "the query is not one SELECT");
        return;
    }
    let low = band.low.map(|low| format!(" AND v >= {low:?}")).unwrap_or_default();
    let high = band.high.map(|high| format!(" AND v <= {high:?}")).unwrap_or_default();
    let words = text(quality, "description").or_else(|| text(quality, "name"));
    let mut id = String::from("sql");
    let told: String = name
        .unwrap_or("table")
        .to_lowercase()
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect();
    if !told.is_empty() {
        id = format!("sql-{told}");
    }
    draft.leave_others(quality, path, &[COMMON.as_slice(), &["query", "description"]].concat());
    draft.push(Rule {
        id,
        severity: severity(quality),
        owner: None,
        message: match words {
            Some(words) => Text::new(words, words),
            None => Text::new(
                "Kontraktets fråga ger ett tal inom gränserna.",
                "The query of the contract gives a number within its bounds.",
            ),
        },
        columns: vec!["*".into()],
        registers: Vec::new(),
        parameters: std::collections::BTreeMap::new(),
        gives: Gives::Number,
        nulls: Nulls::Pass,
        limit: Limit::Rows(0),
        limit_text: "0 rows".into(),
        source: None,
        applies: None,
        sql: format!("SELECT CASE WHEN v IS NOT NULL{low}{high} THEN 0 ELSE 1 END AS failed FROM (SELECT ({query}) AS v)"),
    });
}

/// Latency and frequency of a column become freshness.
fn service_level(draft: &mut Draft, path: &str, level: &Value, table: &str) {
    let fact = || {
        let level = level.as_object()?;
        let property = text(level, "property").filter(|property| matches!(*property, "latency" | "frequency" | "freshness"))?;
        let value = level.get("value")?.as_f64().filter(|value| *value > 0.0)?;
        let days = match text(level, "unit")? {
            "h" | "hour" | "hours" => value / 24.0,
            "d" | "day" | "days" => value,
            "w" | "week" | "weeks" => value * 7.0,
            "y" | "yr" | "year" | "years" => value * 366.0,
            _ => return None,
        };
        let element = text(level, "element")?;
        let column = element
            .split_once('.')
            .map_or(element, |(object, column)| if object == table { column } else { "" });
        (!column.is_empty() && days < 40_000.0).then(|| (property.to_owned(), tidy(column), days.ceil()))
    };
    let Some((property, column, days)) = fact() else {
        draft.leave(
            path,
            "servicenivån blir ingen regel: bara latency, frequency och freshness med kolumn, tal och enhet i timmar, dagar, veckor eller år gör det",
            "the service level becomes no rule: only latency, frequency and freshness with a column, a number and a unit of hours, days, weeks or years do",
        );
        return;
    };
    let short = ShortRule {
        kind: "freshness".into(),
        column: Some(column),
        days: Some(days as u32),
        source: Some(format!("slaProperties: {property}")),
        ..ShortRule::default()
    };
    match expand(&short) {
        Ok(rule) => draft.push(rule),
        Err(refusal) => draft.leave(path, &refusal.message.sv, &refusal.message.en),
    }
    if let Some(level) = level.as_object() {
        draft.leave_others(level, path, &["property", "value", "unit", "element", "id"]);
    }
}
