//! The rule file `dcat-ap-se/3.0.1/repairs.toml`, and the ISO 639 codes of `registers/languages.csv` that the EU language table has.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use fyr_model::Text;
use serde::Deserialize;

use crate::lists;
use crate::packs::REPAIRS as FILE;

#[derive(Debug, Default, Deserialize)]
pub(super) struct Table {
    pub(super) addresses: BTreeSet<String>,
    pub(super) texts: BTreeSet<String>,
    pub(super) once: BTreeSet<String>,
    pub(super) dates: BTreeSet<String>,
    pub(super) ambiguous_formats: BTreeSet<String>,
    pub(super) eu_table: String,
    pub(super) eu_table_retired: Vec<String>,
    pub(super) language_bases: Vec<String>,
    pub(super) northern_sami: String,
    pub(super) property: Vec<Property>,
    pub(super) list: Vec<List>,
    pub(super) value: Vec<Whole>,
    rule: Vec<Rule>,
}

/// A property that has been replaced.
#[derive(Debug, Deserialize)]
pub(super) struct Property {
    pub(super) old: String,
    pub(super) new: String,
    pub(super) on: Vec<String>,
    #[serde(default)]
    pub(super) single: bool,
}

/// A property whose values are codes of a list.
#[derive(Debug, Deserialize)]
pub(super) struct List {
    pub(super) property: String,
    pub(super) name: String,
    pub(super) old_base: Option<String>,
    #[serde(default)]
    pub(super) also: BTreeMap<String, String>,
}

/// Spellings of one value.
#[derive(Debug, Deserialize)]
pub(super) struct Whole {
    pub(super) property: String,
    pub(super) becomes: String,
    pub(super) seen: BTreeSet<String>,
}

#[derive(Debug, Deserialize)]
struct Rule {
    id: String,
    text: Text,
}

pub(super) static TABLE: LazyLock<Table> = LazyLock::new(|| FILE.read());

/// Why a change was made, for the publisher who reads it; the rule's id where the file is silent.
pub fn reason(rule: &str) -> Text {
    let found = TABLE.rule.iter().find(|row| row.id == rule);
    found.map_or_else(|| Text::new(rule, rule), |row| row.text.clone())
}

#[cfg(test)]
pub(super) fn rules() -> BTreeSet<&'static str> {
    TABLE.rule.iter().map(|row| row.id.as_str()).collect()
}

/// Codes of the EU language table by ISO 639 code, and the other way round for tags.
struct Languages {
    by_iso: BTreeMap<String, String>,
    tags: BTreeMap<String, String>,
}

static LANGUAGES: LazyLock<Languages> = LazyLock::new(|| {
    let mut languages = Languages {
        by_iso: BTreeMap::new(),
        tags: BTreeMap::new(),
    };
    let Some(offered) = lists::vocabulary("languages") else {
        return languages;
    };
    let text = include_str!("../../../../registers/languages.csv");
    for line in text.lines().filter(|line| !line.starts_with('#')).skip(1) {
        let mut fields = line.split(',');
        let three = fields.next().unwrap_or_default();
        let code = three.to_uppercase();
        if !offered.values.contains_key(&code) {
            continue;
        }
        let two = fields.next().unwrap_or_default();
        for iso in [three, two, fields.next().unwrap_or_default()]
            .into_iter()
            .filter(|iso| !iso.is_empty())
        {
            languages.by_iso.insert(iso.to_owned(), code.clone());
        }
        if !two.is_empty() {
            languages.tags.insert(code, two.to_owned());
        }
    }
    languages
});

/// The code of the EU language table for an ISO 639 code of two or three letters, in any case.
pub(super) fn language_code(iso: &str) -> Option<&'static str> {
    LANGUAGES.by_iso.get(&iso.to_ascii_lowercase()).map(String::as_str)
}

/// The language tag (BCP 47) of a code of the EU language table.
pub(super) fn language_tag(code: &str) -> Option<&'static str> {
    LANGUAGES.tags.get(code).map(String::as_str)
}
