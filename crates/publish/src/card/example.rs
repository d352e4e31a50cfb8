//! The card's examples: load, query, baseline, in Python that runs as it stands from the folder of the release.

use fyr_model::release::ReleaseFile;
use fyr_model::table::{Column, ColumnType};

use crate::Documents;
use crate::croissant::{record_set_id, splits};
use crate::facts;

/// The section with its code.
pub(super) fn examples(documents: &Documents, files: &[ReleaseFile]) -> String {
    let split = splits(files).into_keys().next().unwrap_or_else(|| "all".into());
    let pattern = format!("data/{split}-*.parquet");
    let mut out = String::from(
        "\n## Exempel\n\nKör i utgåvans mapp. Först läses alla rader, sedan ställs en fråga, sist räknas ett enkelt jämförelsevärde fram.\n\n### Examples\n\nRun in the folder of the release: load all rows, ask a question, compute a simple baseline.\n",
    );
    block(
        &mut out,
        &format!("import polars as pl\n\ntable = pl.read_parquet(\"{pattern}\")\nprint(table.shape)"),
    );
    block(
        &mut out,
        &format!("import duckdb\n\nprint(duckdb.sql(\"select count(*) as rader from '{pattern}'\").fetchall())"),
    );
    if let Some(code) = baseline(documents, &pattern) {
        block(&mut out, &code);
    }
    out.push_str("\nMed Croissant kommer texter som byte. · With Croissant, texts come as bytes.\n");
    block(&mut out, &croissant(documents, &record_set_id(&split)));
    out
}

fn block(out: &mut String, code: &str) {
    out.push_str(&format!("\n```python\n{code}\n```\n"));
}

/// A guess that any model must beat: the mean of the first number, else the most common value of the first code or text.
fn baseline(documents: &Documents, pattern: &str) -> Option<String> {
    let keys = &documents.profile.keys;
    let free = |column: &&Column| !keys.contains(&column.name) && !facts::is_protected(documents, &column.name);
    let mut columns = documents.record.columns.iter().filter(free);
    let load = |name: &str| {
        format!(
            "import polars as pl\n\ntarget = pl.read_parquet(\"{pattern}\")[{}].drop_nulls()",
            quoted(name)
        )
    };
    if let Some(column) = columns
        .clone()
        .find(|column| matches!(column.kind, ColumnType::Integer | ColumnType::Number))
    {
        return Some(format!(
            "{}\nprint(\"mean\", target.mean(), \"mean absolute error\", (target - target.mean()).abs().mean())",
            load(&column.name)
        ));
    }
    let column = columns.find(|column| matches!(column.kind, ColumnType::Code | ColumnType::Text))?;
    Some(format!(
        "{}\nprint(\"share of the most common value\", target.value_counts()[\"count\"].max() / len(target))",
        load(&column.name)
    ))
}

fn croissant(documents: &Documents, set: &str) -> String {
    let geometry = documents.record.columns.iter().any(|column| column.kind == ColumnType::Geometry);
    let text = if geometry {
        let names: Vec<String> = documents
            .record
            .columns
            .iter()
            .filter(|column| column.kind == ColumnType::Geometry)
            .map(|column| quoted(&column.name))
            .collect();
        format!(
            "    if isinstance(value, bytes) and name not in ({},):  # WKB\n        return value.decode()\n    return value",
            names.join(", ")
        )
    } else {
        "    return value.decode() if isinstance(value, bytes) else value".into()
    };
    format!(
        "import itertools\nimport mlcroissant as mlc\n\n\ndef readable(name, value):\n{text}\n\n\ndataset = mlc.Dataset(jsonld=\"croissant.json\")\nfor record in itertools.islice(dataset.records(record_set=\"{set}\"), 3):\n    names = {{key: key.split(\"/\", 1)[1] for key in record}}\n    print({{names[key]: readable(names[key], value) for key, value in record.items()}})"
    )
}

/// A text as JSON writes it, which Python reads the same.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
