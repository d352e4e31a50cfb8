//! Record sets and fields, compared with the footers of the Parquet files.

use std::collections::{BTreeMap, BTreeSet};

use arrow::datatypes::DataType;
use serde_json::Value;

use super::{Document, is, list, name, texts};
use crate::package::inside;
use crate::read;

/// Types that readers load on their own; others must stand beside `sc:Text`.
const LOADABLE: &[&str] = &[
    "sc:Text",
    "sc:Integer",
    "sc:Float",
    "sc:Boolean",
    "sc:Date",
    "sc:DateTime",
    "sc:Time",
    "sc:URL",
    "cr:Int8",
    "cr:Int16",
    "cr:Int32",
    "cr:Int64",
    "cr:UInt8",
    "cr:UInt16",
    "cr:UInt32",
    "cr:UInt64",
    "cr:Float16",
    "cr:Float32",
    "cr:Float64",
];

impl Document<'_> {
    /// At least one record set, each with fields; keys name a field; inline rows are full.
    pub(super) fn record_sets(&self) -> Vec<String> {
        let sets = list(&self.root, "recordSet");
        if sets.is_empty() {
            return vec!["recordSet ?".to_owned()];
        }
        let mut faults = Vec::new();
        for set in sets {
            let fields = list(set, "field");
            if !is(set, "RecordSet") || fields.is_empty() {
                faults.push(name(set));
            }
            let ids: BTreeSet<&str> = fields.iter().filter_map(|field| field.get("@id")?.as_str()).collect();
            let keys = list(set, "key")
                .into_iter()
                .map(|key| key.get("@id").and_then(Value::as_str).or_else(|| key.as_str()));
            if keys.into_iter().any(|key| key.is_none_or(|key| !ids.contains(key))) {
                faults.push(format!("{} key", name(set)));
            }
            for row in list(set, "data") {
                let full = row.as_object().is_some_and(|row| ids.iter().all(|id| row.contains_key(*id)));
                if !full {
                    faults.push(format!("{} data", name(set)));
                    break;
                }
            }
        }
        faults
    }

    /// Fields name columns that exist, with a type that readers can load from them; all columns have a field.
    pub(super) fn fields(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let mut columns: BTreeMap<String, BTreeMap<String, DataType>> = BTreeMap::new();
        let mut used: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for set in list(&self.root, "recordSet") {
            let inline = set.get("data").is_some();
            for field in list(set, "field").into_iter().filter(|_| !inline) {
                let source = field.get("source");
                let Some(paths) = source.and_then(|source| self.behind(source)).filter(|paths| !paths.is_empty()) else {
                    faults.push(format!("{} source", name(field)));
                    continue;
                };
                let by_file = source
                    .and_then(|s| s.get("extract"))
                    .is_some_and(|extract| extract.get("fileProperty").is_some());
                let column = source.and_then(|s| s.get("extract")?.get("column")?.as_str());
                if by_file {
                    continue;
                }
                let Some(column) = column else {
                    faults.push(format!("{} extract", name(field)));
                    continue;
                };
                for path in paths {
                    let known = columns.entry(path.clone()).or_insert_with(|| self.footer(&path));
                    match known.get(column) {
                        None => faults.push(format!("{}: {path}", name(field))),
                        Some(kind) if !fits(field, kind) => faults.push(format!("{} dataType", name(field))),
                        Some(_) => {
                            used.entry(path).or_default().insert(column.to_owned());
                        }
                    }
                }
                if list(field, "arrayShape")
                    .iter()
                    .any(|shape| shape.as_str().is_none_or(|s| s.contains(['(', ' ']) || s.ends_with(',')))
                {
                    faults.push(format!("{} arrayShape", name(field)));
                }
            }
        }
        for (path, columns) in &columns {
            let described = used.get(path);
            faults.extend(
                columns
                    .keys()
                    .filter(|c| !described.is_some_and(|d| d.contains(*c)))
                    .map(|c| format!("{path}: {c} ?")),
            );
        }
        faults
    }

    /// Columns of a Parquet file of the release with their types; none when it cannot be read.
    fn footer(&self, path: &str) -> BTreeMap<String, DataType> {
        inside(self.dir, path)
            .and_then(|path| read::parquet_types(&path).ok())
            .unwrap_or_default()
    }
}

/// Whether a reader loads the column as the type says: a date as text fails, a code as a number loses its zeros.
fn fits(field: &Value, kind: &DataType) -> bool {
    let given = texts(field, "dataType");
    let has = |words: &[&str]| given.iter().any(|t| words.contains(t));
    if !given.iter().any(|t| LOADABLE.contains(t)) {
        return false;
    }
    match kind {
        DataType::Date32 | DataType::Date64 => has(&["sc:Date", "sc:DateTime"]),
        DataType::Timestamp(..) => has(&["sc:DateTime"]),
        DataType::Time32(_) | DataType::Time64(_) => has(&["sc:Time", "sc:Text"]),
        DataType::Boolean => has(&["sc:Boolean"]),
        DataType::Float16 | DataType::Float32 | DataType::Float64 | DataType::Decimal128(..) => {
            has(&["sc:Float", "cr:Float16", "cr:Float32", "cr:Float64"])
        }
        kind if kind.is_integer() => has(&["sc:Integer"]) || given.iter().any(|t| t.starts_with("cr:Int") || t.starts_with("cr:UInt")),
        DataType::Dictionary(_, value) => fits(field, value),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => has(&["sc:Text", "sc:URL"]),
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView => has(&["sc:Text"]),
        _ => true,
    }
}
