use proptest::prelude::*;
use serde_json::json;

use super::*;

fn ids(imported: &Imported) -> Vec<&str> {
    imported.rules.iter().map(|rule| rule.id.as_str()).collect()
}

fn paths(imported: &Imported) -> Vec<&str> {
    imported.left_out.iter().map(|left| left.path.as_str()).collect()
}

#[test]
fn a_table_schema_becomes_reading_and_rules() {
    let imported = import_value(&json!({
        "name": "trad", "version": "1.0",
        "missingValues": ["", "-", { "value": "..", "label": "uppgift saknas" }],
        "primaryKey": ["id"], "uniqueKeys": [["id", "art"]],
        "dialect": { "delimiter": ";", "encoding": "windows-1252", "skipInitialSpace": true },
        "fields": [
            { "name": "id", "type": "string", "constraints": { "required": true, "minLength": 2, "maxLength": 8 } },
            { "name": "kommunkod", "type": "string", "constraints": { "pattern": "[0-9]{4}" } },
            { "name": "höjd", "type": "number", "decimalChar": ",", "groupChar": " ", "constraints": { "exclusiveMinimum": 0, "maximum": 60.5 } },
            { "name": "art", "type": "string", "constraints": { "enum": ["ek", "bok"] }, "example": "ek" },
            { "name": "skyddad", "type": "boolean", "trueValues": ["ja"], "falseValues": ["nej"] },
            { "name": "sedd", "type": "date", "format": "%d/%m/%y", "constraints": { "minimum": "1900-01-01" } },
            { "name": "e-post", "type": "string", "format": "email", "missingValues": ["okänd"] },
            { "name": "form", "type": "object" },
            { "name": "ord", "type": "string", "constraints": { "pattern": "(?=a)b" } }
        ],
        "foreignKeys": [{ "fields": "art" }],
    }))
    .unwrap();
    assert_eq!(
        (imported.format, imported.name.as_deref(), imported.version.as_deref()),
        ("table-schema", Some("trad"), Some("1.0"))
    );
    let mut found = ids(&imported);
    found.sort_unstable();
    assert_eq!(
        found,
        [
            "key-id",
            "length-id",
            "not-null-id",
            "pattern-e-post",
            "pattern-kommunkod",
            "range-hojd",
            "range-hojd-exclusive",
            "range-sedd",
            "unique-id-art",
            "values-art"
        ]
    );
    let reading = &imported.reading;
    assert_eq!(
        (reading.delimiter, reading.decimal_sign, reading.encoding.as_deref()),
        (Some(';'), Some(','), Some("windows-1252"))
    );
    assert_eq!(
        reading.columns["kommunkod"].kind,
        Some(ColumnType::Code),
        "a code keeps its leading zero"
    );
    assert_eq!(
        reading.columns["id"].missing.as_deref(),
        Some(&["-".to_owned(), "..".to_owned()][..])
    );
    assert_eq!(reading.columns["e-post"].missing.as_deref(), Some(&["okänd".to_owned()][..]));
    let mut left = paths(&imported);
    left.sort_unstable();
    assert_eq!(
        left,
        [
            "/dialect/skipInitialSpace",
            "/fields/3/example",
            "/fields/5/format",
            "/fields/7/type",
            "/fields/8/constraints/pattern",
            "/foreignKeys"
        ]
    );
    let open = imported.rules.iter().find(|rule| rule.id == "range-hojd-exclusive").unwrap();
    assert_eq!(open.sql, "SELECT \"row\" FROM t WHERE \"höjd\" <= 0");
}

#[test]
fn an_odcs_contract_becomes_reading_and_rules() {
    let imported = import_value(&json!({
        "apiVersion": "v3.1.0", "kind": "DataContract", "id": "urn:exempel", "name": "besok", "version": "2.1.0", "status": "active",
        "description": { "purpose": "prov" },
        "schema": [{
            "name": "besok", "physicalType": "table",
            "properties": [
                { "name": "id", "logicalType": "string", "primaryKey": true, "primaryKeyPosition": 1, "partitioned": false },
                { "name": "antal", "logicalType": "integer", "required": true, "logicalTypeOptions": { "minimum": 0, "multipleOf": 5 },
                  "quality": [
                    { "type": "library", "metric": "nullValues", "mustBeLessThan": 5, "unit": "percent" },
                    { "type": "library", "metric": "nullValues", "mustBeLessThan": 5 },
                    { "type": "sql", "query": "SELECT max({property}) FROM {object}", "mustBeLessOrEqualTo": 900 },
                    { "type": "custom", "engine": "soda", "implementation": "x" },
                  ] },
                { "name": "status", "logicalType": "string", "classification": "public",
                  "quality": [{ "metric": "invalidValues", "arguments": { "validValues": ["öppen", "stängd"] }, "mustBe": 0, "dimension": "conformity" }] },
                { "name": "dag", "logicalType": "date" }
            ],
            "quality": [
                { "type": "library", "metric": "rowCount", "mustBeBetween": [2, 1000], "severity": "warning" },
                { "type": "library", "metric": "duplicateValues", "arguments": { "properties": ["id", "dag"] }, "mustBe": 0 },
                { "type": "text", "description": "Siffrorna ska vara rimliga." }
            ]
        }, { "name": "annan" }],
        "slaProperties": [
            { "property": "latency", "value": 4, "unit": "d", "element": "besok.dag" },
            { "property": "retention", "value": 3, "unit": "y", "element": "besok.dag" }
        ],
        "team": { "members": [] }, "price": { "priceAmount": 1 }
    }))
    .unwrap();
    let mut found = ids(&imported);
    found.sort_unstable();
    assert_eq!(
        found,
        [
            "freshness-dag",
            "key-id",
            "not-null-antal",
            "not-null-antal-2",
            "range-antal",
            "sql-antal",
            "unique-id-dag",
            "values-status",
            "volume"
        ]
    );
    let mut left = paths(&imported);
    left.sort_unstable();
    assert_eq!(
        left,
        [
            "/description",
            "/price",
            "/schema/0/properties/1/logicalTypeOptions/multipleOf",
            "/schema/0/properties/1/quality/0",
            "/schema/0/properties/1/quality/3",
            "/schema/0/properties/2/classification",
            "/schema/0/properties/2/quality/0/dimension",
            "/schema/0/quality/2",
            "/schema/1",
            "/slaProperties/1",
            "/team",
        ]
    );
    let limited = imported.rules.iter().find(|rule| rule.id == "not-null-antal-2").unwrap();
    assert_eq!(limited.limit_text, "4 rows");
}

#[test]
fn what_is_no_contract_is_refused_with_its_place() {
    assert_eq!(import("{\"fields\": [}").unwrap_err().position.unwrap().line, 1);
    for text in ["[]", "{}", "{\"schema\": {}}", "7"] {
        assert_eq!(import(text).unwrap_err().id, "contract-unreadable", "{text}");
    }
}

#[test]
fn a_contract_in_yaml_is_read_as_one_in_json() {
    let text = "apiVersion: v3.1.0\nkind: DataContract\nid: prov\nschema:\n  - name: besok\n    properties:\n      - name: antal\n        logicalType: integer\n        required: true\n        logicalTypeOptions: {minimum: 0}\n      - name: land\n        logicalType: string\n        quality:\n          - metric: invalidValues\n            arguments: {validValues: [NO, SE]}\n            mustBe: 0\n";
    let imported = import(text).unwrap();
    let mut found = ids(&imported);
    found.sort_unstable();
    assert_eq!(found, ["not-null-antal", "range-antal", "values-land"]);
    assert!(
        imported.rules.iter().any(|rule| rule.sql.contains("'NO', 'SE'")),
        "Norway is no `false`"
    );
    let broken = import("kind: DataContract\nschema: [a\n").unwrap_err();
    assert!(broken.position.is_some_and(|place| place.line >= 2));
    let mut bomb = String::from("a: &a [x, x, x, x, x, x, x, x, x, x]\n");
    for (this, before) in ('b'..='k').zip('a'..='j') {
        bomb.push_str(&format!("{this}: &{this} [{}]\n", vec![format!("*{before}"); 10].join(", ")));
    }
    assert_eq!(import(&bomb).unwrap_err().id, "contract-unreadable");
}

#[test]
fn every_specification_becomes_rules() {
    for specification in crate::specification::specifications() {
        let imported = import_value(&specification.schema).unwrap();
        assert!(!imported.rules.is_empty(), "{}", specification.name);
    }
}

#[test]
fn a_draft_from_a_profile_can_be_read_back() {
    let column = |name: &str, kind, nulls, semantic: Option<&str>, min: Option<&str>| {
        serde_json::from_value(json!({
            "name": name, "type": kind, "nulls": nulls, "empty": 0, "distinct": { "value": 3, "method": "exact" }, "semantic": semantic, "min": min,
        }))
        .unwrap()
    };
    let profile = fyr_model::table::TableProfile {
        columns: vec![
            column("id", "text", 0, None, None),
            column("kommunkod", "code", 1, Some("municipality_code"), None),
            column("antal", "integer", 0, None, Some("3")),
        ],
        ..serde_json::from_value(json!({ "rows": 3, "bad_rows": 0, "duplicate_rows": 0, "keys": ["id"], "columns": [] })).unwrap()
    };
    let draft = export_odcs("exempelby-trad", &profile);
    let imported = import_value(&draft).unwrap();
    let mut found = ids(&imported);
    found.sort_unstable();
    assert_eq!(
        found,
        [
            "not-null-antal",
            "not-null-id",
            "pattern-kommunkod",
            "range-antal",
            "unique-id",
            "volume"
        ]
    );
    assert!(imported.left_out.is_empty(), "{:?}", imported.left_out);
}

fn any_json() -> impl Strategy<Value = Value> {
    let words = [
        "fields",
        "name",
        "type",
        "constraints",
        "schema",
        "properties",
        "quality",
        "minimum",
        "pattern",
        "enum",
        "mustBe",
        "mustBeBetween",
        "query",
        "metric",
        "arguments",
        "primaryKey",
        "missingValues",
        "rowCount",
        "nullValues",
        "(?=a)",
        "string",
        "sql",
        "slaProperties",
        "kind",
        "DataContract",
        "element",
        "exclusiveMinimum",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        prop::sample::select(words.to_vec()).prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 80, 6, move |inner| {
        let key = prop_oneof![prop::sample::select(words.to_vec()).prop_map(str::to_owned), "[a-z/~]{0,6}"];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::Array),
            prop::collection::vec((key, inner), 0..8).prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_document_brings_the_import_down(value in any_json()) {
        let _ = import_value(&value);
        for key in ["fields", "schema"] {
            let mut object = Map::new();
            let list = if value.is_array() { value.clone() } else { Value::Array(vec![value.clone()]) };
            object.insert(key.to_owned(), list);
            let imported = import_value(&Value::Object(object)).unwrap();
            // Every rule that was made can be written as a file and read back.
            for rule in &imported.rules {
                prop_assert!(crate::rules::parse(&rule.text()).is_ok(), "{}", rule.text());
            }
        }
    }

    #[test]
    fn no_text_brings_the_import_down(text in ".{0,200}") {
        let _ = import(&text);
    }
}
