//! The JSON-LD contexts that ship with the program (H15): any other is refused, none is ever fetched.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;

const LIST: &str = include_str!("../../../dcat-ap-se/contexts/contexts.toml");
const FILES: &[(&str, &str)] = &[
    (
        "dcat-ap-3.0.1.jsonld",
        include_str!("../../../dcat-ap-se/contexts/dcat-ap-3.0.1.jsonld"),
    ),
    (
        "dcat-ap-hvd-3.0.0.jsonld",
        include_str!("../../../dcat-ap-se/contexts/dcat-ap-hvd-3.0.0.jsonld"),
    ),
];

#[derive(Deserialize)]
struct List {
    context: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    file: String,
    iris: Vec<String>,
}

fn bundle() -> &'static BTreeMap<String, &'static str> {
    static BUNDLE: OnceLock<BTreeMap<String, &'static str>> = OnceLock::new();
    BUNDLE.get_or_init(|| {
        let list: Vec<Entry> = toml::from_str::<List>(LIST).map(|list| list.context).unwrap_or_default();
        list.into_iter()
            .filter_map(|entry| {
                let (_, text) = FILES.iter().find(|(name, _)| *name == entry.file)?;
                Some(entry.iris.into_iter().map(move |iri| (iri, *text)))
            })
            .flatten()
            .collect()
    })
}

/// The text of a bundled context, by the IRI that documents use for it.
pub(crate) fn text(iri: &str) -> Option<&'static str> {
    bundle().get(iri).copied()
}

/// The IRIs of the bundle, sorted.
pub(crate) fn iris() -> impl Iterator<Item = &'static str> {
    bundle().keys().map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_listed_context_is_in_the_program() {
        assert_eq!(iris().count(), 4);
        assert!(iris().all(|iri| text(iri).is_some_and(|text| text.contains("@context"))));
        assert!(text("https://example.com/context.jsonld").is_none());
    }
}
