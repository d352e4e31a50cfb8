//! The rule files and code lists that are compiled in, and how a result names them.

use std::sync::LazyLock;

use fyr_model::{RulePack, Sha256};
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// One embedded file: the name that results carry, and its text.
pub(crate) struct Embedded {
    pub(crate) id: &'static str,
    pub(crate) text: &'static str,
}

macro_rules! embed {
    ($name:ident, $id:literal, $path:literal) => {
        pub(crate) const $name: Embedded = Embedded {
            id: $id,
            text: include_str!(concat!("../../../", $path)),
        };
    };
}

embed!(PROPERTIES, "dcat-ap-se", "dcat-ap-se/3.0.1/properties.toml");
embed!(RULES, "dcat-ap-se-rules", "dcat-ap-se/3.0.1/rules.toml");
embed!(REPAIRS, "dcat-ap-se-repairs", "dcat-ap-se/3.0.1/repairs.toml");
embed!(LICENCES, "licences", "catalog/licences.toml");
embed!(POINTS, "mqa", "dcat-ap-se/mqa/points.toml");
embed!(READINESS, "readiness", "sql/score/readiness-2026.toml");
embed!(ACCESS_RIGHTS, "eu-access-right", "dcat-ap-se/vocabularies/access-rights.toml");
embed!(AVAILABILITY, "eu-planned-availability", "dcat-ap-se/vocabularies/availability.toml");
embed!(STATUS, "eu-distribution-status", "dcat-ap-se/vocabularies/distribution-status.toml");
embed!(FILE_TYPES, "eu-file-type", "dcat-ap-se/vocabularies/file-types.toml");
embed!(FREQUENCIES, "eu-frequency", "dcat-ap-se/vocabularies/frequencies.toml");
embed!(HVD_CATEGORIES, "hvd-category", "dcat-ap-se/vocabularies/hvd-categories.toml");
embed!(KNOWN_LICENCES, "mqa-known-licences", "dcat-ap-se/vocabularies/known-licences.toml");
embed!(LANGUAGES, "eu-language", "dcat-ap-se/vocabularies/languages.toml");
embed!(MEDIA_TYPES, "media-types", "dcat-ap-se/vocabularies/media-types.toml");
embed!(
    PUBLISHER_TYPES,
    "adms-publisher-type",
    "dcat-ap-se/vocabularies/publisher-types.toml"
);
embed!(THEMES, "eu-data-theme", "dcat-ap-se/vocabularies/themes.toml");

const ALL: [&Embedded; 17] = [
    &PROPERTIES,
    &RULES,
    &REPAIRS,
    &LICENCES,
    &POINTS,
    &READINESS,
    &ACCESS_RIGHTS,
    &AVAILABILITY,
    &STATUS,
    &FILE_TYPES,
    &FREQUENCIES,
    &HVD_CATEGORIES,
    &KNOWN_LICENCES,
    &LANGUAGES,
    &MEDIA_TYPES,
    &PUBLISHER_TYPES,
    &THEMES,
];

#[derive(Deserialize)]
struct Head {
    version: String,
}

impl Embedded {
    /// The file as a value. A file that cannot be read yields the empty value, so that nothing passes by accident: no licence is known, no
    /// metric is won. A test reads every file, so a build that ships never meets that case.
    pub(crate) fn read<T: DeserializeOwned + Default>(&self) -> T {
        toml::from_str(self.text).unwrap_or_default()
    }
}

/// Every rule file and code list in use, with its version and the digest of its text, in a fixed order.
///
/// ```
/// assert!(fyr_assess::packs().iter().any(|pack| pack.id == "readiness"));
/// ```
pub fn packs() -> Vec<RulePack> {
    static PACKS: LazyLock<Vec<RulePack>> = LazyLock::new(|| {
        ALL.iter()
            .map(|file| RulePack {
                id: file.id.into(),
                version: toml::from_str::<Head>(file.text).map(|head| head.version).unwrap_or_default(),
                sha256: Sha256::of(file.text.as_bytes()),
            })
            .collect()
    });
    PACKS.clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_embedded_file_reads_and_says_its_version_and_origin() {
        for file in ALL {
            let table: toml::Table = toml::from_str(file.text).unwrap_or_else(|fault| panic!("{}: {fault}", file.id));
            for key in ["id", "version", "origin"] {
                assert!(
                    table.get(key).and_then(toml::Value::as_str).is_some_and(|v| !v.is_empty()),
                    "{} lacks {key}",
                    file.id
                );
            }
            assert_eq!(table["id"].as_str(), Some(file.id), "{}", file.id);
        }
        assert_eq!(packs().len(), ALL.len());
        assert!(packs().iter().all(|pack| !pack.version.is_empty()));
    }

    /// Every pair of a Swedish and an English text in a file.
    fn texts(value: &toml::Value, found: &mut Vec<(String, String)>) {
        match value {
            toml::Value::Table(table) => {
                if let (Some(sv), Some(en)) = (
                    table.get("sv").and_then(toml::Value::as_str),
                    table.get("en").and_then(toml::Value::as_str),
                ) {
                    found.push((sv.to_owned(), en.to_owned()));
                }
                table.values().for_each(|value| texts(value, found));
            }
            toml::Value::Array(values) => values.iter().for_each(|value| texts(value, found)),
            _ => {}
        }
    }

    #[test]
    fn texts_of_the_rule_files_keep_to_the_glossary_and_to_the_tone() {
        for file in [&PROPERTIES, &RULES, &REPAIRS, &READINESS] {
            let mut found = Vec::new();
            texts(&toml::from_str(file.text).unwrap(), &mut found);
            assert!(found.len() > 12, "{}", file.id);
            for (sv, en) in found {
                assert!(!sv.is_empty() && !en.is_empty(), "{}", file.id);
                assert!(fyr_model::glossary::misused(&sv).is_empty(), "{sv}");
                let lower = sv.to_lowercase();
                assert!(!["!", "tyvärr", "enkelt"].iter().any(|word| lower.contains(word)), "{sv}");
            }
        }
    }
}
