//! Canonical JSON (RFC 8785, as far as our documents go): sorted keys, no blanks, whole numbers without a fraction. The same value is the same
//! bytes, so that a manifest's digest can be signed.

use serde_json::Value;

/// The canonical bytes of `value`.
///
/// ```
/// let value = serde_json::json!({"b": 72.0, "a": ["å", null]});
/// assert_eq!(fyr_publish::canonical(&value), r#"{"a":["å",null],"b":72}"#.as_bytes());
/// ```
pub fn canonical(value: &Value) -> Vec<u8> {
    let mut out = String::new();
    write(value, &mut out);
    out.into_bytes()
}

fn write(value: &Value, out: &mut String) {
    match value {
        Value::Array(items) => list(out, ['[', ']'], items, write),
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().collect();
            // Section 3.2.3 of the RFC: keys in the order of their UTF-16 code units.
            fields.sort_by(|a, b| a.0.encode_utf16().cmp(b.0.encode_utf16()));
            list(out, ['{', '}'], fields, |(key, value), out| {
                out.push_str(&Value::from(key.as_str()).to_string());
                out.push(':');
                write(value, out);
            });
        }
        Value::Number(number) => match number.as_f64() {
            // As ECMAScript writes it; beyond 2^53 integers stay as they are.
            Some(float) if number.is_f64() && float.fract() == 0.0 && float.abs() < 9e15 => out.push_str(&format!("{}", float as i64)),
            _ => out.push_str(&number.to_string()),
        },
        other => out.push_str(&other.to_string()),
    }
}

fn list<T>(out: &mut String, [open, close]: [char; 2], items: impl IntoIterator<Item = T>, one: impl Fn(T, &mut String)) {
    out.push(open);
    for (place, item) in items.into_iter().enumerate() {
        if place > 0 {
            out.push(',');
        }
        one(item, out);
    }
    out.push(close);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_same_value_is_the_same_bytes_whatever_its_order() {
        for (value, expected) in [
            (json!({"z": 1, "a": {"y": 2, "b": 3}}), r#"{"a":{"b":3,"y":2},"z":1}"#),
            (json!([1.5, 2.0, -0.0, -10.0, true, "a\"\n"]), r#"[1.5,2,0,-10,true,"a\"\n"]"#),
            (json!({}), "{}"),
        ] {
            assert_eq!(String::from_utf8(canonical(&value)).unwrap(), expected);
        }
    }

    #[test]
    fn a_whole_number_reads_back_as_the_float_it_was() {
        let air: Option<f64> = serde_json::from_slice(&canonical(&json!(72.0))).unwrap();
        assert_eq!(air, Some(72.0));
    }
}
