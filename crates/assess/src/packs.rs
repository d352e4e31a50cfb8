//! The rule files and code lists that are compiled in, and how a result names them.

use std::sync::LazyLock;

use fyr_model::{RulePack, Sha256};
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// One embedded file: the name that results carry, where it lies in the repository, and its text.
pub(crate) struct Embedded {
    pub(crate) id: &'static str,
    path: &'static str,
    pub(crate) text: &'static str,
}

macro_rules! file {
    ($id:literal, $path:literal) => {
        Embedded {
            id: $id,
            path: $path,
            text: include_str!(concat!("../../../", $path)),
        }
    };
}

macro_rules! embed {
    ($name:ident, $id:literal, $path:literal) => {
        pub(crate) const $name: Embedded = file!($id, $path);
    };
}

/// The folder of DCAT-AP-SE 3.0.1, its head first.
pub(crate) static OF_3_0_1: [Embedded; 7] = [
    file!("dcat-ap-se-profile", "dcat-ap-se/3.0.1/profile.toml"),
    file!("dcat-ap-se", "dcat-ap-se/3.0.1/properties.toml"),
    file!("dcat-ap-se-nodes", "dcat-ap-se/3.0.1/nodes.toml"),
    file!("dcat-ap-se-rules", "dcat-ap-se/3.0.1/rules.toml"),
    file!("dcat-ap-se-hvd", "dcat-ap-se/3.0.1/hvd.toml"),
    file!("dcat-ap-se-reader", "dcat-ap-se/3.0.1/reader.toml"),
    file!("dcat-ap-se-shapes", "dcat-ap-se/3.0.1/shapes.toml"),
];

/// The folder of the former version, DCAT-AP-SE 2.2.0.
pub(crate) static OF_2_2_0: [Embedded; 7] = [
    file!("dcat-ap-se-2.2.0-profile", "dcat-ap-se/2.2.0/profile.toml"),
    file!("dcat-ap-se-2.2.0", "dcat-ap-se/2.2.0/properties.toml"),
    file!("dcat-ap-se-2.2.0-nodes", "dcat-ap-se/2.2.0/nodes.toml"),
    file!("dcat-ap-se-2.2.0-rules", "dcat-ap-se/2.2.0/rules.toml"),
    file!("dcat-ap-se-2.2.0-hvd", "dcat-ap-se/2.2.0/hvd.toml"),
    file!("dcat-ap-se-2.2.0-reader", "dcat-ap-se/2.2.0/reader.toml"),
    file!("dcat-ap-se-2.2.0-shapes", "dcat-ap-se/2.2.0/shapes.toml"),
];

embed!(EXAMPLES, "dcat-ap-se-examples", "dcat-ap-se/examples.toml");
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

static LISTS: [&Embedded; 15] = [
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

#[derive(Default, Deserialize)]
#[serde(default)]
struct Head {
    id: String,
    version: String,
}

impl Embedded {
    /// How a result names the file.
    fn pack(&self) -> RulePack {
        RulePack {
            id: self.id.into(),
            ..pack(self.text)
        }
    }
    /// The file's name in its folder.
    pub(crate) fn name(&self) -> &'static str {
        self.path.rsplit('/').next().unwrap_or(self.path)
    }
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
    static PACKS: LazyLock<Vec<RulePack>> = LazyLock::new(|| OF_3_0_1.iter().chain(LISTS).map(Embedded::pack).collect());
    PACKS.clone()
}

/// How a result names a file of rules or codes.
pub(crate) fn pack(text: &str) -> RulePack {
    let head: Head = toml::from_str(text).unwrap_or_default();
    RulePack {
        id: head.id,
        version: head.version,
        sha256: Sha256::of(text.as_bytes()),
    }
}

/// The lists that every profile shares.
pub(crate) fn shared() -> impl Iterator<Item = RulePack> {
    LISTS.iter().map(|file| file.pack())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_embedded_file_reads_and_says_its_version_and_origin() {
        let all: Vec<&Embedded> = OF_3_0_1.iter().chain(&OF_2_2_0).chain(LISTS).collect();
        for file in &all {
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
        assert_eq!(packs().len() + OF_2_2_0.len(), all.len());
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
        for file in OF_3_0_1.iter().chain(&OF_2_2_0).chain([&REPAIRS, &READINESS]) {
            let mut found = Vec::new();
            texts(&toml::from_str(file.text).unwrap(), &mut found);
            assert!(found.len() > 2, "{}", file.id);
            for (sv, en) in found {
                assert!(!sv.is_empty() && !en.is_empty(), "{}", file.id);
                assert!(fyr_model::glossary::misused(&sv).is_empty(), "{sv}");
                let lower = sv.to_lowercase();
                assert!(!["!", "tyvärr", "enkelt"].iter().any(|word| lower.contains(word)), "{sv}");
            }
        }
    }
}
