//! A first draft of a contract from a profile: what the file showed, for its owner to correct and sign.

use fyr_model::table::{ColumnProfile, ColumnType, TableProfile};
use serde_json::{Value, json};

/// An ODCS 3.1 contract. It holds no more than the profile does: bounds only of columns that the profile shows.
pub fn odcs(name: &str, profile: &TableProfile) -> Value {
    let properties: Vec<Value> = profile.columns.iter().map(|column| property(column, profile)).collect();
    json!({
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "id": name,
        "name": name,
        "version": "0.1.0",
        "status": "draft",
        "schema": [{
            "name": name,
            "logicalType": "object",
            "physicalType": "table",
            "properties": properties,
            "quality": [{ "type": "library", "metric": "rowCount", "mustBeGreaterOrEqualTo": 1 }],
        }],
    })
}

fn property(column: &ColumnProfile, profile: &TableProfile) -> Value {
    let mut property = json!({ "name": column.name });
    let mut set = |key: &str, value: Value| {
        if let Some(object) = property.as_object_mut() {
            object.insert(key.to_owned(), value);
        }
    };
    if let Some(kind) = logical(column.kind) {
        set("logicalType", kind.into());
    }
    if let Some(text) = &column.description {
        set("description", text.en.clone().into());
    }
    if column.nulls == 0 && profile.rows > 0 {
        set("required", true.into());
    }
    if profile.keys.contains(&column.name) {
        set("unique", true.into());
    }
    if let Some(options) = bounds(column) {
        set("logicalTypeOptions", options);
    }
    if let Some(register) = column.semantic.as_deref().and_then(pattern) {
        set(
            "quality",
            json!([{ "type": "library", "metric": "invalidValues", "arguments": { "pattern": register }, "mustBe": 0 }]),
        );
    }
    property
}

fn logical(kind: ColumnType) -> Option<&'static str> {
    match kind {
        ColumnType::Integer => Some("integer"),
        ColumnType::Number => Some("number"),
        ColumnType::Boolean => Some("boolean"),
        ColumnType::Date => Some("date"),
        ColumnType::Timestamp => Some("timestamp"),
        ColumnType::Time => Some("time"),
        ColumnType::Period | ColumnType::Text | ColumnType::Code => Some("string"),
        ColumnType::Geometry => None,
    }
}

/// Only bounds of numbers, and only when they are round: whole, and not negative where nothing was.
fn bounds(column: &ColumnProfile) -> Option<Value> {
    let low: f64 = column.min.as_deref()?.parse().ok()?;
    (matches!(column.kind, ColumnType::Integer | ColumnType::Number) && low >= 0.0).then(|| json!({ "minimum": 0 }))
}

/// The form of codes that have one.
fn pattern(semantic: &str) -> Option<&'static str> {
    match semantic {
        "municipality_code" => Some("[0-9]{4}"),
        "county_code" => Some("[0-9]{2}"),
        "deso" => Some("[0-9]{4}[ABC][0-9]{4}"),
        "regso" => Some("[0-9]{4}R[0-9]{3}"),
        "postcode" => Some("(SE?-)?[1-9][0-9]{2} ?[0-9]{2}"),
        "country_code" => Some("[A-Z]{2,3}"),
        "currency" => Some("[A-Z]{3}"),
        _ => None,
    }
}
