//! Documents against their JSON Schemas: the words of JSON Schema 2020-12 that ours use, and a fault for any other, so that none is passed over.

use std::path::Path;

use serde_json::Value;

/// Whether a document has the shape that its `schema` names; panics with the first place that has not.
pub fn held(document: &Value) {
    let name = document["schema"].as_str().expect("a document names its shape");
    let file = format!("{}.json", name.strip_prefix("fyr/").unwrap().replace('/', "."));
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas").join(file)).unwrap();
    let schema: Value = serde_json::from_str(&text).unwrap();
    if let Err(fault) = fits(&schema, &schema, document, "") {
        panic!("{name}: {fault}");
    }
}

fn fits(root: &Value, schema: &Value, value: &Value, at: &str) -> Result<(), String> {
    let fault = |what: &str| Err(format!("{at}: {what}, saw {value}"));
    for (word, rule) in schema.as_object().unwrap() {
        let list = || rule.as_array().unwrap().iter();
        let ok = match word.as_str() {
            "$schema" | "$id" | "title" | "description" | "$defs" | "format" => true,
            "$ref" => return fits(root, root.pointer(&rule.as_str().unwrap()[1..]).unwrap(), value, at),
            "type" => rule
                .as_str()
                .map_or_else(|| list().any(|one| is(one.as_str().unwrap(), value)), |kind| is(kind, value)),
            "const" => rule == value,
            "enum" => list().any(|one| one == value),
            "required" => list().all(|key| value.get(key.as_str().unwrap()).is_some()),
            "minimum" => value.as_f64().is_none_or(|number| number >= rule.as_f64().unwrap()),
            "maximum" => value.as_f64().is_none_or(|number| number <= rule.as_f64().unwrap()),
            "minItems" => value.as_array().is_none_or(|items| items.len() as u64 >= rule.as_u64().unwrap()),
            "maxItems" => value.as_array().is_none_or(|items| items.len() as u64 <= rule.as_u64().unwrap()),
            "pattern" => value.as_str().is_none_or(|text| matches(rule.as_str().unwrap(), text)),
            "anyOf" => list().any(|one| fits(root, one, value, at).is_ok()),
            "oneOf" => list().filter(|one| fits(root, one, value, at).is_ok()).count() == 1,
            "propertyNames" => value
                .as_object()
                .is_none_or(|object| object.keys().all(|key| fits(root, rule, &Value::from(key.as_str()), at).is_ok())),
            "items" => {
                for (place, item) in value.as_array().into_iter().flatten().enumerate() {
                    fits(root, rule, item, &format!("{at}/{place}"))?;
                }
                true
            }
            "properties" => {
                for (key, rule) in rule.as_object().unwrap() {
                    value
                        .get(key)
                        .map_or(Ok(()), |inner| fits(root, rule, inner, &format!("{at}/{key}")))?;
                }
                true
            }
            "additionalProperties" => {
                let known = schema.get("properties").and_then(Value::as_object);
                for (key, inner) in value
                    .as_object()
                    .into_iter()
                    .flatten()
                    .filter(|(key, _)| known.is_none_or(|known| !known.contains_key(*key)))
                {
                    match rule {
                        Value::Bool(allowed) if !allowed => return fault(&format!("`{key}` is not foreseen")),
                        Value::Bool(_) => {}
                        rule => fits(root, rule, inner, &format!("{at}/{key}"))?,
                    }
                }
                true
            }
            other => panic!("this test does not know the word `{other}`"),
        };
        if !ok {
            return fault(&format!("{word} {rule}"));
        }
    }
    Ok(())
}

fn is(kind: &str, value: &Value) -> bool {
    match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "number" => value.is_number(),
        "integer" => value.is_u64() || value.is_i64(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        other => panic!("no type `{other}`"),
    }
}

/// The patterns that stand in our shapes: so many hexadecimal digits, a name of ours, a version, or a beginning.
fn matches(pattern: &str, text: &str) -> bool {
    if pattern == "^[a-z0-9-]+$" {
        return !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    }
    if pattern == r"^\d+\.\d+\.\d+$" {
        let number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        return text.split('.').count() == 3 && text.split('.').all(number);
    }
    let digits = pattern.strip_prefix("^[0-9a-f]{").and_then(|rest| rest.strip_suffix("}$"));
    match digits {
        Some(count) => {
            text.len() == count.parse::<usize>().unwrap() && text.bytes().all(|b| b.is_ascii_hexdigit() && !b.is_ascii_uppercase())
        }
        None => text.starts_with(pattern.strip_prefix('^').unwrap_or_else(|| panic!("no pattern `{pattern}`"))),
    }
}
