//! Our strict Croissant checks (`publishing.md` section 4): what `mlcroissant validate` lets through and readers then stumble on.
//!
//! In: a release folder and its manifest. Out: checks `croissant-*`. Nothing is fetched: fields are compared with the footers of the
//! Parquet files beside the document, digests with the manifest.

mod document;
mod fields;
#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod tests;

use std::path::Path;

use fyr_model::privacy::Check;
use fyr_model::release::Manifest;
use fyr_model::text::Text;
use serde_json::Value;

use crate::footer::outcome;
use crate::package::inside;

/// The document's place in a release.
const FILE: &str = "croissant.json";
/// The largest document that is read.
const BYTES_MAX: u64 = 16 << 20;

/// A Croissant document beside the files that it describes.
pub(crate) struct Document<'a> {
    pub(crate) root: Value,
    pub(crate) dir: &'a Path,
    pub(crate) manifest: &'a Manifest,
}

/// All checks; only `croissant-present` when there is no readable document.
pub(crate) fn checks(dir: &Path, manifest: &Manifest) -> Vec<Check> {
    let mut checks = Vec::new();
    let mut add = |id: &str, (ok, detail): (bool, Text)| {
        checks.push(Check {
            id: format!("croissant-{id}"),
            ok,
            detail,
        })
    };
    let Some(root) = read(dir) else {
        add(
            "present",
            (
                false,
                Text::new("croissant.json saknas eller är inte JSON", "croissant.json is missing or no JSON"),
            ),
        );
        return checks;
    };
    let document = Document { root, dir, manifest };
    add(
        "present",
        (true, Text::new("croissant.json är läsbar", "croissant.json is readable")),
    );
    for (id, faults, sv, en) in [
        ("conforms-to", document.conforms_to(), "conformsTo", "conformsTo"),
        (
            "required",
            document.required(),
            "obligatoriska egenskaper saknas",
            "required properties are missing",
        ),
        (
            "always",
            document.always(),
            "egenskaper som vi alltid skriver saknas",
            "properties that we always write are missing",
        ),
        ("version", document.version(), "version", "version"),
        (
            "languages",
            document.languages(),
            "text som inte är en lista med språk",
            "text that is no list with languages",
        ),
        ("ids", document.ids(), "felaktiga @id", "wrong @id"),
        (
            "references",
            document.references(),
            "hänvisningar som inte leder någonstans",
            "references that lead nowhere",
        ),
        ("files", document.files(), "felaktiga filer", "wrong files"),
        ("record-sets", document.record_sets(), "felaktiga postmängder", "wrong record sets"),
        (
            "fields",
            document.fields(),
            "fält som filerna inte bär upp",
            "fields that the files do not bear out",
        ),
    ] {
        add(id, outcome(&faults, Text::new("i ordning", "in order"), sv, en));
    }
    checks
}

fn read(dir: &Path) -> Option<Value> {
    let path = inside(dir, FILE)?;
    if std::fs::metadata(&path).ok()?.len() > BYTES_MAX {
        return None;
    }
    let root: Value = serde_json::from_slice(&std::fs::read(path).ok()?).ok()?;
    root.is_object().then_some(root)
}

/// The members of a property that may stand alone or in a list.
pub(crate) fn list<'v>(value: &'v Value, key: &str) -> Vec<&'v Value> {
    match value.get(key) {
        Some(Value::Array(items)) => items.iter().collect(),
        Some(Value::Null) | None => Vec::new(),
        Some(one) => vec![one],
    }
}

/// Texts of a property that may stand alone or in a list.
pub(crate) fn texts<'v>(value: &'v Value, key: &str) -> Vec<&'v str> {
    list(value, key).into_iter().filter_map(Value::as_str).collect()
}

/// The `@id` that a property refers to.
pub(crate) fn reference<'v>(value: &'v Value, key: &str) -> Option<&'v str> {
    value.get(key)?.get("@id")?.as_str()
}

/// Whether a node is of a type of the `cr:` vocabulary, however it is written.
pub(crate) fn is(node: &Value, kind: &str) -> bool {
    texts(node, "@type").iter().any(|t| t.rsplit([':', '/', '#']).next() == Some(kind))
}

/// A node's name for a report.
pub(crate) fn name(node: &Value) -> String {
    node.get("@id")
        .or_else(|| node.get("name"))
        .and_then(Value::as_str)
        .unwrap_or("?")
        .chars()
        .take(80)
        .collect()
}
