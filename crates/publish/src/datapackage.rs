//! `datapackage.json`: Data Package v2 with a Table Schema, for readers that know neither Croissant nor DCAT.

use fyr_model::Lang;
use fyr_model::release::ReleaseFile;
use fyr_model::table::{Column, ColumnType};
use serde_json::{Value, json};

use crate::Documents;
use crate::croissant::described;

/// The descriptor of a release.
pub fn datapackage(documents: &Documents, files: &[ReleaseFile]) -> Value {
    let record = &documents.record;
    json!({
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": record.name,
        "id": record.iri,
        "version": record.version,
        "title": record.title.text(Lang::En),
        "description": record.description.text(Lang::En),
        "homepage": record.iri,
        "created": record.created.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
        "keywords": record.keyword.iter().map(|word| word.value.as_str()).collect::<Vec<_>>(),
        "licenses": [{"name": record.licence.spdx.as_deref().unwrap_or(&record.licence.code), "path": record.licence.iri, "title": record.licence.label}],
        "contributors": [
            {"title": record.publisher.name.text(Lang::En), "path": record.publisher.iri, "roles": ["creator"]},
            {"title": record.operator.name.text(Lang::En), "path": record.operator.iri, "roles": ["publisher"]},
        ],
        "sources": record.sources.iter().map(|source| json!({"title": source.title.text(Lang::En), "path": source.address, "version": source.sha256})).collect::<Vec<_>>(),
        "resources": files.iter().filter_map(|file| resource(documents, file)).collect::<Vec<_>>(),
    })
}

fn resource(documents: &Documents, file: &ReleaseFile) -> Option<Value> {
    let (folder, name) = file.path.split_once('/')?;
    let format = match folder {
        "data" => "parquet",
        "csv" => "csv",
        _ => return None,
    };
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let mut out = json!({
        "name": format!("{format}-{stem}").to_lowercase(),
        "type": "table",
        "path": file.path,
        "format": format,
        "mediatype": file.media_type,
        "bytes": file.bytes,
        "hash": format!("sha256:{}", file.sha256),
        "schema": schema(documents),
    });
    if let Some(out) = out.as_object_mut().filter(|_| format == "csv") {
        out.insert("encoding".into(), json!("utf-8"));
        out.insert(
            "dialect".into(),
            json!({"delimiter": ",", "quoteChar": "\"", "doubleQuote": true, "lineTerminator": "\r\n", "header": true}),
        );
    }
    Some(out)
}

fn schema(documents: &Documents) -> Value {
    let fields: Vec<Value> = documents.record.columns.iter().map(|column| field(documents, column)).collect();
    json!({"fields": fields, "fieldsMatch": "exact", "missingValues": [""]})
}

fn field(documents: &Documents, column: &Column) -> Value {
    let text = described(column);
    let profile = documents.profile.columns.iter().find(|profile| profile.name == column.name);
    let mut out = json!({
        "name": column.name,
        "title": column.header,
        "type": field_type(column.kind),
        "description": text.en,
        "description:sv": text.sv,
    });
    if let Some(out) = out.as_object_mut() {
        if let Some(unit) = &column.unit {
            out.insert("unit".into(), json!(unit));
        }
        if let Some(semantic) = &column.semantic {
            out.insert("semantic".into(), json!(semantic.kind));
        }
        if profile.is_some_and(|profile| profile.nulls == 0) {
            out.insert("constraints".into(), json!({"required": true}));
        }
    }
    out
}

/// Types of the Table Schema. Our periods are not ISO 8601 (`2026-K1`), and a geometry is WKB: both are strings there.
fn field_type(kind: ColumnType) -> &'static str {
    match kind {
        ColumnType::Integer => "integer",
        ColumnType::Number => "number",
        ColumnType::Boolean => "boolean",
        ColumnType::Date => "date",
        ColumnType::Timestamp => "datetime",
        ColumnType::Time => "time",
        ColumnType::Period | ColumnType::Text | ColumnType::Code | ColumnType::Geometry => "string",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[test]
    fn each_table_has_its_digest_and_schema() {
        let dir = tempfile::tempdir().unwrap();
        let files = testing::files(dir.path());
        let made = datapackage(&testing::documents(&files, "1.0.0"), &files);
        let resources = made["resources"].as_array().unwrap();
        assert_eq!(resources.len(), 2);
        assert_eq!(resources[0]["name"], "csv-all");
        assert_eq!(resources[1]["hash"], format!("sha256:{}", files[1].sha256));
        let fields = resources[1]["schema"]["fields"].as_array().unwrap();
        assert_eq!(fields.len(), 10);
        assert_eq!((&fields[1]["type"], &fields[7]["type"]), (&json!("integer"), &json!("string")));
        assert_eq!(fields[0]["constraints"]["required"], true);
        assert!(fields[1]["constraints"].is_null(), "a column with missing cells is not required");
    }
}
