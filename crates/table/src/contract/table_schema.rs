//! Table Schema (Data Package, versions 1 and 2): fields, constraints, missing values, keys.

use fyr_model::Text;
use fyr_model::quality::{Scalar, ShortRule};
use fyr_model::table::ColumnType;
use serde_json::{Map, Value};

use super::{Draft, Imported, at, exclusive, scalar, text, text_type, texts, tidy};

/// Words for yes and no that the reader knows, in lower case.
const YES_NO: [&str; 14] = [
    "ja", "nej", "j", "n", "sant", "falskt", "true", "false", "yes", "no", "y", "1", "0", "t",
];

pub(super) fn import(document: &Map<String, Value>) -> Imported {
    let mut draft = Draft::new("table-schema");
    draft.imported.name = text(document, "name").map(str::to_owned);
    draft.imported.version = text(document, "version").map(str::to_owned);
    let missing = document.get("missingValues").map(markers);
    let fields = document
        .get("fields")
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default();
    for (index, value) in fields.iter().enumerate() {
        let path = format!("/fields/{index}");
        match value.as_object().and_then(|field| Some((field, tidy(text(field, "name")?)))) {
            Some((object, name)) => field(&mut draft, &path, object, &name, missing.as_ref()),
            None => draft.leave(&path, "fältet har inget namn", "the field has no name"),
        }
    }
    keys(&mut draft, document);
    dialect(&mut draft, document);
    draft.leave_others(
        document,
        "",
        &["name", "version", "fields", "missingValues", "primaryKey", "uniqueKeys", "dialect"],
    );
    draft.imported
}

/// Missing values: texts, or objects with a value and a label (version 2). The empty text is always missing.
fn markers(value: &Value) -> Vec<String> {
    let list = value.as_array().map(Vec::as_slice).unwrap_or_default();
    let marker = |item: &Value| item.as_str().or_else(|| item.get("value")?.as_str()).map(str::to_owned);
    list.iter().filter_map(marker).filter(|marker| !marker.is_empty()).collect()
}

fn keys(draft: &mut Draft, document: &Map<String, Value>) {
    let key = document.get("primaryKey").map(texts).unwrap_or_default();
    if !key.is_empty() {
        let short = ShortRule {
            kind: "key".into(),
            columns: key.iter().map(|name| tidy(name)).collect(),
            ..ShortRule::default()
        };
        draft.rule("/primaryKey", &short);
    } else if document.get("primaryKey").is_some_and(|key| !super::is_empty(key)) {
        draft.leave("/primaryKey", "nyckeln är inte namn på fält", "the key is not names of fields");
    }
    let unique = document
        .get("uniqueKeys")
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default();
    for (index, key) in unique.iter().enumerate() {
        let short = ShortRule {
            kind: "unique".into(),
            columns: texts(key).iter().map(|name| tidy(name)).collect(),
            ..ShortRule::default()
        };
        draft.rule(&format!("/uniqueKeys/{index}"), &short);
    }
}

/// What a dialect beside the fields says of the file's text.
fn dialect(draft: &mut Draft, document: &Map<String, Value>) {
    let Some(dialect) = document.get("dialect").and_then(Value::as_object) else {
        return;
    };
    let one = |key: &str| {
        text(dialect, key)
            .filter(|text| text.chars().count() == 1)
            .and_then(|text| text.chars().next())
    };
    draft.imported.reading.delimiter = one("delimiter");
    draft.imported.reading.quote = one("quoteChar");
    let known = [
        "utf-8",
        "windows-1252",
        "iso-8859-1",
        "utf-16le",
        "utf-16be",
        "ibm850",
        "ibm437",
        "macintosh",
    ];
    let encoding = text(dialect, "encoding").map(str::to_lowercase);
    draft.imported.reading.encoding = encoding.filter(|encoding| known.contains(&encoding.as_str()));
    draft.imported.reading.header_rows = match dialect.get("header") {
        Some(Value::Bool(header)) => Some(usize::from(*header)),
        _ => None,
    };
    let mut handled = vec!["header"];
    let reading = &draft.imported.reading;
    handled.extend(reading.delimiter.map(|_| "delimiter"));
    handled.extend(reading.quote.map(|_| "quoteChar"));
    handled.extend(reading.encoding.as_ref().map(|_| "encoding"));
    draft.leave_others(dialect, "/dialect", &handled);
}

fn field(draft: &mut Draft, path: &str, field: &Map<String, Value>, name: &str, missing: Option<&Vec<String>>) {
    let constraints = field.get("constraints").and_then(Value::as_object);
    let pattern = constraints.and_then(|constraints| text(constraints, "pattern"));
    let kind = field_type(draft, path, field, name, pattern);
    let own = field.get("missingValues").map(markers);
    let column = draft.column(name);
    column.kind = kind;
    column.missing = own.or_else(|| missing.cloned());
    column.description = text(field, "description").map(|text| Text::new(text, text));
    format(draft, path, field, name);
    marks(draft, path, field);
    if let Some(constraints) = constraints {
        constrain(draft, &at(path, "constraints"), constraints, name);
    }
    let handled = [
        "name",
        "type",
        "format",
        "constraints",
        "missingValues",
        "description",
        "decimalChar",
        "groupChar",
        "trueValues",
        "falseValues",
    ];
    draft.leave_others(field, path, &handled);
}

fn field_type(draft: &mut Draft, path: &str, field: &Map<String, Value>, name: &str, pattern: Option<&str>) -> Option<ColumnType> {
    match text(field, "type").unwrap_or("any") {
        "string" => Some(text_type(name, pattern)),
        "number" => Some(ColumnType::Number),
        "integer" => Some(ColumnType::Integer),
        "boolean" => Some(ColumnType::Boolean),
        "date" => Some(ColumnType::Date),
        "datetime" => Some(ColumnType::Timestamp),
        "time" => Some(ColumnType::Time),
        "year" | "yearmonth" => Some(ColumnType::Period),
        "any" => None,
        _ => {
            draft.leave(
                &at(path, "type"),
                "typen har ingen motsvarighet; kolumnen läses som den är",
                "the type has no counterpart; the column is read as it is",
            );
            None
        }
    }
}

/// Formats that a rule can hold values to.
fn format(draft: &mut Draft, path: &str, field: &Map<String, Value>, name: &str) {
    let Some(format) = text(field, "format") else { return };
    let pattern = match format {
        "default" | "any" | "%Y-%m-%d" | "%Y-%m-%dT%H:%M:%S" | "%Y-%m-%dT%H:%M:%SZ" | "%Y-%m-%dT%H:%M:%S%z" | "%H:%M:%S" => return,
        "email" => "[^@ ]+@[^@ ]+[.][^@ .]{2,}",
        "uri" => "[A-Za-z][A-Za-z0-9+.-]*:[^ ]+",
        "uuid" => "[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}",
        _ => {
            draft.leave(
                &at(path, "format"),
                "formatet styr inte läsningen: läsaren känner igen datum och tal själv",
                "the format does not steer the reading: the reader knows dates and numbers by itself",
            );
            return;
        }
    };
    let short = ShortRule {
        kind: "pattern".into(),
        column: Some(name.to_owned()),
        pattern: Some(pattern.into()),
        ..ShortRule::default()
    };
    draft.rule(&at(path, "format"), &short);
}

/// Signs in numbers and words for yes and no.
fn marks(draft: &mut Draft, path: &str, field: &Map<String, Value>) {
    if let Some(sign) = text(field, "decimalChar") {
        let sign = Some(sign)
            .filter(|sign| matches!(*sign, "," | "."))
            .and_then(|sign| sign.chars().next());
        match (sign, draft.imported.reading.decimal_sign) {
            (Some(sign), None) => draft.imported.reading.decimal_sign = Some(sign),
            (Some(sign), Some(other)) if sign == other => {}
            _ => draft.leave(
                &at(path, "decimalChar"),
                "en fil har ett decimaltecken, komma eller punkt",
                "a file has one decimal sign, comma or point",
            ),
        }
    }
    if let Some(sign) = text(field, "groupChar")
        && !matches!(sign, " " | "\u{a0}" | "\u{202f}" | "\u{2009}" | "'" | "\u{2019}" | "." | ",")
    {
        draft.leave(
            &at(path, "groupChar"),
            "tecknet skiljer inte tusental här",
            "the sign does not divide thousands here",
        );
    }
    for key in ["trueValues", "falseValues"] {
        let words = field.get(key).map(texts).unwrap_or_default();
        if words.iter().any(|word| !YES_NO.contains(&word.to_lowercase().as_str())) {
            draft.leave(
                &at(path, key),
                "orden läses inte som ja och nej",
                "the words are not read as yes and no",
            );
        }
    }
}

/// Constraints as rules.
pub(super) fn constrain(draft: &mut Draft, path: &str, constraints: &Map<String, Value>, name: &str) {
    let short = |kind: &str| ShortRule {
        kind: kind.into(),
        column: Some(name.to_owned()),
        ..ShortRule::default()
    };
    for (key, kind) in [("required", "not-null"), ("unique", "unique")] {
        if constraints.get(key) == Some(&Value::Bool(true)) {
            draft.rule(&at(path, key), &short(kind));
        }
    }
    for (low, high, kind) in [("minLength", "maxLength", "length"), ("minimum", "maximum", "range")] {
        let bound = |key: &str| constraints.get(key).and_then(scalar);
        if bound(low).is_some() || bound(high).is_some() {
            let rule = ShortRule {
                min: bound(low),
                max: bound(high),
                ..short(kind)
            };
            draft.rule(&at(path, if bound(low).is_some() { low } else { high }), &rule);
        }
    }
    for (key, below) in [("exclusiveMinimum", true), ("exclusiveMaximum", false)] {
        match constraints.get(key).map(|bound| exclusive(name, below, bound)) {
            Some(Some(rule)) => draft.push(rule),
            Some(None) => draft.leave(
                &at(path, key),
                "gränsen är varken tal eller text",
                "the bound is neither number nor text",
            ),
            None => {}
        }
    }
    if let Some(pattern) = text(constraints, "pattern") {
        let rule = ShortRule {
            pattern: Some(pattern.to_owned()),
            ..short("pattern")
        };
        draft.rule(&at(path, "pattern"), &rule);
    }
    if let Some(list) = constraints.get("enum").and_then(Value::as_array) {
        let values: Vec<Scalar> = list.iter().filter_map(scalar).collect();
        if values.len() == list.len() && !values.is_empty() {
            draft.rule(&at(path, "enum"), &ShortRule { values, ..short("values") });
        } else {
            draft.leave(
                &at(path, "enum"),
                "listan har annat än tal och texter",
                "the list has other things than numbers and texts",
            );
        }
    }
    for key in ["minLength", "maxLength", "minimum", "maximum"] {
        if constraints.get(key).is_some_and(|bound| scalar(bound).is_none()) {
            draft.leave(
                &at(path, key),
                "gränsen är varken tal eller text",
                "the bound is neither number nor text",
            );
        }
    }
    let handled = [
        "required",
        "unique",
        "minLength",
        "maxLength",
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "pattern",
        "enum",
    ];
    draft.leave_others(constraints, path, &handled);
}
