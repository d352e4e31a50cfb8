//! `attribution.json`: what travels along with every copy (`licences.md` section 4), and `CHANGELOG.md`.

use fyr_model::release::ReleaseRecord;
use serde_json::{Value, json};

use crate::Documents;
use crate::facts;

/// One entry per source: publisher, title, licence, address, date, and that the data was changed.
pub fn attribution(documents: &Documents) -> Value {
    let record = &documents.record;
    let change = facts::joined(vec![
        fyr_model::Text::new("Omgjord till typade tabellfiler.", "Converted to typed table files."),
        facts::protection(documents),
    ]);
    let one = |source: &fyr_model::release::ReleaseSource| {
        json!({
            "publisher": source.publisher,
            "title": source.title,
            "dataset": source.dataset,
            "distribution": source.distribution,
            "address": source.address,
            "fetched_at": source.fetched_at,
            "sha256": source.sha256,
            "bytes": source.bytes,
            "licence": {"code": source.licence.code, "label": source.licence.label, "iri": source.licence.iri, "spdx": source.licence.spdx},
            "changes": change,
        })
    };
    json!({
        "release": record.iri,
        "version": record.version,
        "licence": {"code": record.licence.code, "label": record.licence.label, "iri": record.licence.iri, "spdx": record.licence.spdx},
        "sources": record.sources.iter().map(one).collect::<Vec<_>>(),
    })
}

/// The list of changes with this version on top; `former` is the former version's whole list.
pub fn changelog(record: &ReleaseRecord, former: Option<&str>) -> String {
    let head = "# Ändringar · Changes\n";
    let entry = format!(
        "\n## {} ({})\n\n{}\n\n*{}*\n",
        record.version,
        record.created.format("%Y-%m-%d"),
        record.change_note.sv,
        record.change_note.en
    );
    let rest = former.and_then(|former| former.strip_prefix(head)).unwrap_or_default();
    format!("{head}{entry}{rest}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[test]
    fn every_source_is_named_with_its_licence() {
        let dir = tempfile::tempdir().unwrap();
        let files = testing::files(dir.path());
        let made = attribution(&testing::documents(&files, "1.0.0"));
        assert_eq!(made["sources"][0]["licence"]["spdx"], "CC-BY-4.0");
        assert_eq!(made["sources"][0]["publisher"][0]["value"], "Exempelby kommun");
        assert!(made["sources"][0]["changes"]["sv"].as_str().unwrap().starts_with("Omgjord"));
    }

    #[test]
    fn the_newest_change_stands_first_and_former_ones_stay() {
        let dir = tempfile::tempdir().unwrap();
        let files = testing::files(dir.path());
        let first = changelog(&testing::documents(&files, "1.0.0").record, None);
        let second = changelog(&testing::documents(&files, "1.1.0").record, Some(&first));
        let places: Vec<usize> = ["# Ändringar", "## 1.1.0 (2026-11-22)", "## 1.0.0 (2026-11-22)"]
            .iter()
            .map(|head| second.find(head).unwrap())
            .collect();
        assert!(places.is_sorted() && places[0] == 0);
        assert_eq!(second.matches("# Ändringar").count(), 1);
    }
}
