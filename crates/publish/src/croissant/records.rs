//! Files and record sets: one `FileObject` per file with its digest; fields read from the one file of a split, or from a `FileSet` over its shards.

use std::collections::{BTreeMap, BTreeSet};

use fyr_model::release::{ReleaseFile, ReleaseRecord};
use fyr_model::table::{Column, ColumnProfile, ColumnType};
use fyr_model::{LangStrings, Text};
use serde_json::{Value, json};

use super::Addresses;
use crate::Documents;
use crate::facts;
use crate::language;

/// The Parquet files of a release, by split, in order.
pub(crate) fn splits(files: &[ReleaseFile]) -> BTreeMap<String, Vec<&ReleaseFile>> {
    let mut splits: BTreeMap<String, Vec<&ReleaseFile>> = BTreeMap::new();
    for file in files {
        let Some(name) = file.path.strip_prefix("data/").and_then(|name| name.strip_suffix(".parquet")) else {
            continue;
        };
        // `<split>-00000-of-0000N`; a name of another form is a split of its own.
        let split = name.rsplitn(4, '-').nth(3).unwrap_or(name);
        splits.entry(split.to_owned()).or_default().push(file);
    }
    splits
}

/// The name of a split's record set: `records` when the release is not split.
pub(crate) fn record_set_id(split: &str) -> String {
    if split == "all" { "records".into() } else { id(split) }
}

pub(super) fn distribution(record: &ReleaseRecord, files: &[ReleaseFile], addresses: Addresses) -> Value {
    let data = files
        .iter()
        .filter(|file| file.path.starts_with("data/") || file.path.starts_with("csv/"));
    let objects = data.map(|file| file_object(record, file, addresses));
    let sets = splits(files).into_iter().filter(|(_, shards)| shards.len() > 1).map(|(split, _)| {
        // Without `containedIn`: with it, mlcroissant validates and then finds no records.
        json!({
            "@type": "cr:FileSet",
            "@id": format!("{}-shards", record_set_id(&split)),
            "name": format!("{split}: all shards"),
            "encodingFormat": PARQUET,
            "includes": format!("data/{split}-*.parquet"),
        })
    });
    objects.chain(sets).collect()
}

/// Both names: the registered one alone validates and cannot be read.
const PARQUET: [&str; 2] = ["application/vnd.apache.parquet", "application/x-parquet"];

fn file_object(record: &ReleaseRecord, file: &ReleaseFile, addresses: Addresses) -> Value {
    let parquet = file.path.ends_with(".parquet");
    let url = match addresses {
        Addresses::Relative => file.path.clone(),
        Addresses::Absolute => format!("{}/{}/{}", record.iri, record.version, file.path),
    };
    json!({
        "@type": "cr:FileObject",
        "@id": id(&file.path),
        "name": file.path,
        "description": if parquet { "The rows, typed." } else { "The same rows as CSV, RFC 4180, UTF-8." },
        "contentUrl": url,
        "contentSize": format!("{} B", file.bytes),
        "sha256": file.sha256.to_string(),
        "encodingFormat": if parquet { json!(PARQUET) } else { json!(file.media_type) },
    })
}

pub(super) fn record_sets(documents: &Documents, files: &[ReleaseFile]) -> Value {
    splits(files)
        .into_iter()
        .map(|(split, shards)| record_set(documents, &split, &shards))
        .collect()
}

fn record_set(documents: &Documents, split: &str, shards: &[&ReleaseFile]) -> Value {
    let record = &documents.record;
    let set = record_set_id(split);
    let source = match shards {
        [only] => json!({"fileObject": {"@id": id(&only.path)}}),
        _ => json!({"fileSet": {"@id": format!("{set}-shards")}}),
    };
    let ids = field_ids(&set, &record.columns);
    let fields: Vec<Value> = record
        .columns
        .iter()
        .filter_map(|column| Some(field(documents, column, ids.get(column.name.as_str())?, &source)))
        .collect();
    let mut out = json!({
        "@type": "cr:RecordSet",
        "@id": set,
        "name": set,
        "description": text(&Text::new(
            format!("{} rader, {} kolumner.", record.rows, record.columns.len()),
            format!("{} rows, {} columns.", record.rows, record.columns.len()),
        )),
        "field": fields,
    });
    let key = key(documents).and_then(|column| ids.get(column));
    if let (Some(out), Some(key)) = (out.as_object_mut(), key) {
        out.insert("key".into(), json!({"@id": key}));
    }
    out
}

/// The first column, of a kind that names things, whose values are all present and different.
fn key(documents: &Documents) -> Option<&str> {
    let names = [ColumnType::Code, ColumnType::Integer, ColumnType::Text];
    let keys = &documents.profile.keys;
    let mut columns = documents.record.columns.iter();
    columns
        .find(|column| names.contains(&column.kind) && keys.contains(&column.name))
        .map(|column| column.name.as_str())
}

fn field(documents: &Documents, column: &Column, field_id: &str, source: &Value) -> Value {
    let mut source = source.clone();
    if let Some(source) = source.as_object_mut() {
        source.insert("extract".into(), json!({"column": column.name}));
    }
    let profile = documents.profile.columns.iter().find(|profile| profile.name == column.name);
    let wide = column.kind == ColumnType::Integer && profile.is_some_and(beyond_64_bits);
    let mut out = json!({
        "@type": "cr:Field",
        "@id": field_id,
        "name": column.name,
        "description": text(&described(column)),
        "dataType": if wide { json!("sc:Float") } else { data_type(column.kind) },
        "source": source,
    });
    let annotations: Vec<Value> = profile
        .map(|profile| statistics(field_id, documents.profile.rows, profile))
        .unwrap_or_default();
    if let Some(out) = out.as_object_mut() {
        if !annotations.is_empty() {
            out.insert("annotation".into(), json!(annotations));
        }
        if column.kind == ColumnType::Geometry {
            out.insert("geocr:coordinateReferenceSystem".into(), json!("OGC:CRS84"));
        }
    }
    out
}

/// The types that mlcroissant 1.1.1 loads from our Parquet types. A period and a code stay text; a geometry is WKB bytes.
fn data_type(kind: ColumnType) -> Value {
    match kind {
        ColumnType::Integer => json!("cr:Int64"),
        ColumnType::Number => json!("cr:Float64"),
        ColumnType::Boolean => json!("sc:Boolean"),
        ColumnType::Date => json!("sc:Date"),
        ColumnType::Timestamp => json!("sc:DateTime"),
        ColumnType::Time => json!("sc:Time"),
        ColumnType::Period | ColumnType::Text | ColumnType::Code => json!("sc:Text"),
        ColumnType::Geometry => json!(["sc:Text", "sc:GeoShape"]),
    }
}

/// Whole numbers that `table` keeps as decimals: readers load those as floats only.
fn beyond_64_bits(profile: &ColumnProfile) -> bool {
    let fits = |bound: &String| bound.parse::<i128>().is_err() || bound.parse::<i64>().is_ok();
    [&profile.min, &profile.max].into_iter().flatten().any(|bound| !fits(bound))
}

/// What a column means: the owner's words, or its header and kind, never a guess.
pub(crate) fn described(column: &Column) -> Text {
    let kind = facts::kind(column.kind);
    let unit = |word: &str| column.unit.as_ref().map(|unit| format!(", {word} {unit}")).unwrap_or_default();
    let semantic = column
        .semantic
        .as_ref()
        .map(|semantic| format!(", {}", semantic.kind))
        .unwrap_or_default();
    match &column.description {
        Some(text) => Text::new(format!("{}{}", text.sv, unit("enhet")), format!("{}{}", text.en, unit("unit"))),
        None => Text::new(
            format!(
                "{} ({}{semantic}{}); beskrivning inte angiven av utgivaren",
                column.header,
                kind.sv,
                unit("enhet")
            ),
            format!(
                "{} ({}{semantic}{}); description not stated by the publisher",
                column.header,
                kind.en,
                unit("unit")
            ),
        ),
    }
}

/// Statistics as annotations, by the codes of the DDI list SummaryStatisticType 2.1.2.
fn statistics(field_id: &str, rows: u64, profile: &ColumnProfile) -> Vec<Value> {
    let number = |text: &Option<String>| {
        text.as_ref()
            .and_then(|text| text.parse::<f64>().ok())
            .filter(|number| number.is_finite())
    };
    let numeric = matches!(profile.kind, ColumnType::Integer | ColumnType::Number);
    let one = |name: &str, code: &str, value: Option<Value>| {
        value.map(|value| json!({"@type": "cr:Field", "@id": format!("{field_id}/{name}"), "name": name, "dataType": format!("ddi-stats:{code}"), "value": value}))
    };
    let float = |value: Option<f64>| value.filter(|_| numeric).map(|value| json!(value));
    [
        one("ValidCases", "c646dd8", Some(json!(rows.saturating_sub(profile.nulls)))),
        one("InvalidCases", "6459c62", Some(json!(profile.nulls))),
        one("Minimum", "a1d0ec6", float(number(&profile.min))),
        one("Maximum", "8321e79", float(number(&profile.max))),
        one("ArithmeticMean", "7975ed0", float(profile.mean)),
        one("StandardDeviation", "690ab50", float(profile.stddev)),
        one("Median", "66851a3", float(profile.quantiles.map(|quantiles| quantiles.p50))),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn text(text: &Text) -> Value {
    language::json_ld(&LangStrings::from(text), "")
}

/// Field ids by column: below the record set, without blanks, each once.
fn field_ids<'a>(set: &str, columns: &'a [Column]) -> BTreeMap<&'a str, String> {
    let mut used = BTreeSet::new();
    let unique = |name: &str| {
        let base = format!("{set}/{}", id(name));
        let mut candidate = base.clone();
        let mut number = 2;
        while !used.insert(candidate.clone()) {
            candidate = format!("{base}-{number}");
            number += 1;
        }
        candidate
    };
    columns
        .iter()
        .map(|column| column.name.as_str())
        .scan(unique, |unique, name| Some((name, unique(name))))
        .collect()
}

/// An `@id` that every reader takes: no blanks and none of the characters that an IRI cannot hold; å, ä and ö stay.
fn id(text: &str) -> String {
    text.chars()
        .map(|c| {
            if c.is_whitespace() || c.is_control() || "<>\"{}|\\^`#?%:".contains(c) {
                '_'
            } else {
                c
            }
        })
        .collect()
}
