//! Code lists: what a value is called, whether it is on a list, and which file type stands behind a media type.
//!
//! In: an IRI or literal as harvested. Out: the code, or nothing. Lists are the TOML files of `dcat-ap-se/vocabularies`, each headed by origin
//! and version. A value is compared letter by letter; near misses are the business of `profile`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use fyr_model::catalogue::Value;
use serde::Deserialize;

use crate::packs::{
    ACCESS_RIGHTS, AVAILABILITY, Embedded, FILE_TYPES, FREQUENCIES, HVD_CATEGORIES, KNOWN_LICENCES, LANGUAGES, MEDIA_TYPES,
    PUBLISHER_TYPES, STATUS, THEMES,
};

/// A vocabulary whose values are `base` plus a code.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Vocabulary {
    pub(crate) base: String,
    pub(crate) values: BTreeMap<String, Concept>,
    /// Deprecated codes and the code that replaces them.
    #[serde(default)]
    pub(crate) old: BTreeMap<String, String>,
}

/// One value of a vocabulary.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Concept {
    /// Longest days between two updates, for frequencies that promise a rhythm.
    #[serde(default)]
    pub(crate) days: Option<u32>,
    #[serde(default)]
    sv: String,
    #[serde(default)]
    en: String,
}

impl Vocabulary {
    /// The code of an IRI of this list.
    pub(crate) fn code<'a>(&self, iri: &'a str) -> Option<&'a str> {
        iri.strip_prefix(self.base.as_str()).filter(|code| self.values.contains_key(*code))
    }
    /// Every IRI of this list, in order.
    pub(crate) fn iris(&self) -> impl Iterator<Item = String> {
        self.values.keys().map(|code| format!("{}{code}", self.base))
    }
    /// Whether a value is an IRI of this list.
    pub(crate) fn has(&self, value: &Value) -> bool {
        value.iri().is_some_and(|iri| self.code(iri).is_some())
    }
    /// The code that a near miss means: another scheme or host form, a retired base, the bare code, or an old code.
    pub(crate) fn near(&self, value: &str) -> Option<String> {
        let last = value.trim().trim_end_matches('/').rsplit(['/', '#']).next()?;
        let upper = last.to_uppercase();
        let code = self.old.get(last).cloned().or_else(|| {
            self.values
                .keys()
                .find(|code| code.eq_ignore_ascii_case(last) || (upper.len() > 4 && upper.starts_with(code.as_str()) && code.len() > 4))
                .cloned()
        })?;
        Some(format!("{}{code}", self.base))
    }
}

static NAMED: LazyLock<BTreeMap<&'static str, Vocabulary>> = LazyLock::new(|| {
    let list = |name: &'static str, file: &Embedded| (name, file.read::<Vocabulary>());
    BTreeMap::from([
        list("access-rights", &ACCESS_RIGHTS),
        list("availability", &AVAILABILITY),
        list("status", &STATUS),
        list("frequencies", &FREQUENCIES),
        list("hvd-categories", &HVD_CATEGORIES),
        list("languages", &LANGUAGES),
        list("publisher-types", &PUBLISHER_TYPES),
        list("themes", &THEMES),
    ])
});

/// A vocabulary by the name that the rule files use for it.
pub(crate) fn vocabulary(name: &str) -> Option<&'static Vocabulary> {
    NAMED.get(name)
}

/// What a category of high-value datasets is called.
pub(crate) fn hvd_label(value: &Value, swedish: bool) -> Option<String> {
    let list = vocabulary("hvd-categories")?;
    let concept = list.values.get(list.code(value.iri()?)?)?;
    Some(if swedish { &concept.sv } else { &concept.en }.clone())
}

/// The longest interval that a frequency promises, in days.
pub(crate) fn frequency_days(value: &Value) -> Option<u32> {
    let list = vocabulary("frequencies")?;
    list.values.get(list.code(value.iri()?)?)?.days
}

/// Whether `value` is on the named list.
pub(crate) fn on_list(name: &str, value: &Value) -> bool {
    vocabulary(name).is_some_and(|list| list.has(value))
}

/// EU file types with the two lists that MQA asks.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct FileTypes {
    pub(crate) base: String,
    codes: BTreeSet<String>,
    open: BTreeSet<String>,
    machine: BTreeSet<String>,
    media: BTreeMap<String, String>,
}

impl FileTypes {
    /// The code of a file-type IRI.
    pub(crate) fn code<'a>(&self, iri: &'a str) -> Option<&'a str> {
        iri.strip_prefix(self.base.as_str()).filter(|code| self.codes.contains(*code))
    }
    /// The file type behind a media type.
    pub(crate) fn of_media(&self, media: &str) -> Option<&str> {
        self.media.get(media).map(String::as_str)
    }
    /// The first registered media type of a file type.
    pub(crate) fn media_of(&self, code: &str) -> Option<&str> {
        let mut of_code = self
            .media
            .iter()
            .filter(|(_, known)| *known == code)
            .map(|(media, _)| media.as_str());
        of_code.find(|media| MEDIA.registered(media))
    }
    /// Whether the code is on the list of open formats.
    pub(crate) fn open(&self, code: &str) -> bool {
        self.open.contains(code)
    }
    /// Whether the code is on the list of machine-readable formats.
    pub(crate) fn machine(&self, code: &str) -> bool {
        self.machine.contains(code)
    }
}

/// The file types.
pub(crate) static TYPES: LazyLock<FileTypes> = LazyLock::new(|| FILE_TYPES.read());

/// Media types: the registered ones we list, and those that the Swedish profile offers.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct MediaTypes {
    iana: BTreeSet<String>,
    swedish_common: BTreeSet<String>,
    swedish_geographic: BTreeSet<String>,
}

impl MediaTypes {
    /// Whether it is on our list of registered types.
    pub(crate) fn registered(&self, media: &str) -> bool {
        static SMALL: LazyLock<BTreeSet<String>> = LazyLock::new(|| MEDIA.iana.iter().map(|media| media.to_ascii_lowercase()).collect());
        if media.bytes().any(|letter| letter.is_ascii_uppercase()) {
            return SMALL.contains(&media.to_ascii_lowercase());
        }
        SMALL.contains(media)
    }
    /// Whether it is registered or offered by the Swedish profile.
    pub(crate) fn known(&self, media: &str) -> bool {
        self.registered(media) || self.swedish_common.contains(media) || self.swedish_geographic.contains(media)
    }
}

/// The media types.
pub(crate) static MEDIA: LazyLock<MediaTypes> = LazyLock::new(|| MEDIA_TYPES.read());

/// What media types are appended to in IANA's registry.
pub(crate) const IANA: &str = "http://www.iana.org/assignments/media-types/";

/// The media type that a value states: `type/subtype` as text, or an IANA IRI; lower case, without parameters.
pub(crate) fn media_type(value: &Value) -> Option<String> {
    let text = value.as_str().trim();
    let name = [
        "http://www.iana.org/assignments/media-types/",
        "https://www.iana.org/assignments/media-types/",
    ]
    .iter()
    .find_map(|base| text.strip_prefix(base))
    .unwrap_or(text);
    let name = name.split(';').next()?.trim().to_ascii_lowercase();
    let (kind, sub) = name.split_once('/')?;
    let token = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b));
    (token(kind) && token(sub)).then_some(name)
}

/// The EU file type that a value names or whose media type it states.
pub(crate) fn file_type(value: &Value) -> Option<&str> {
    if let Some(code) = value.iri().and_then(|iri| TYPES.code(iri)) {
        return Some(code);
    }
    media_type(value).and_then(|media| TYPES.of_media(&media))
}

#[derive(Debug, Default, Deserialize)]
struct Known {
    base: String,
    codes: BTreeSet<String>,
    iris: BTreeSet<String>,
}

static KNOWN: LazyLock<Known> = LazyLock::new(|| KNOWN_LICENCES.read());

/// Whether MQA knows the licence IRI, letter by letter.
pub(crate) fn known_licence(iri: &str) -> bool {
    KNOWN.iris.contains(iri) || iri.strip_prefix(KNOWN.base.as_str()).is_some_and(|code| KNOWN.codes.contains(code))
}

/// Whether the EU licence table has the code.
pub(crate) fn licence_code(code: &str) -> bool {
    KNOWN.codes.contains(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_format_lists_have_the_length_of_their_source_and_no_parquet() {
        assert_eq!((TYPES.open.len(), TYPES.machine.len(), TYPES.codes.len()), (29, 20, 199));
        assert!(TYPES.open.iter().chain(&TYPES.machine).all(|code| TYPES.codes.contains(code)));
        assert!(TYPES.media.values().all(|code| TYPES.codes.contains(code)));
        assert!(!TYPES.codes.iter().any(|code| code.contains("PARQUET")));
        assert_eq!(TYPES.of_media("application/vnd.apache.parquet"), None);
    }

    #[test]
    fn a_media_type_is_read_from_text_and_from_its_iana_address() {
        let check = |given: Value, expected: Option<&str>| assert_eq!(media_type(&given).as_deref(), expected, "{given:?}");
        check(Value::Literal("text/csv".into()), Some("text/csv"));
        check(Value::Literal(" Text/CSV; charset=utf-8".into()), Some("text/csv"));
        check(
            Value::Iri("http://www.iana.org/assignments/media-types/text/csv".into()),
            Some("text/csv"),
        );
        check(
            Value::Iri("https://www.iana.org/assignments/media-types/text/csv".into()),
            Some("text/csv"),
        );
        check(Value::Literal("csv".into()), None);
        check(
            Value::Iri("http://publications.europa.eu/resource/authority/file-type/CSV".into()),
            None,
        );
        check(Value::Literal("text/csv/x".into()), None);
    }

    #[test]
    fn a_near_miss_is_offered_the_code_that_it_means() {
        let near = |list: &str, value: &str| vocabulary(list).and_then(|v| v.near(value));
        let frequency = |code: &str| Some(format!("http://publications.europa.eu/resource/authority/frequency/{code}"));
        assert_eq!(
            near(
                "frequencies",
                "http://publications.europa.eu/resource/authority/frequency/IRREGULAR"
            ),
            frequency("IRREG")
        );
        assert_eq!(near("frequencies", "http://purl.org/cld/freq/semiannual"), frequency("ANNUAL_2"));
        assert_eq!(
            near("frequencies", "http://publications.europa.eu/mdr/authority/frequency/ANNUAL"),
            frequency("ANNUAL")
        );
        assert_eq!(near("frequencies", "nonsense"), None);
    }

    #[test]
    fn a_licence_is_known_letter_by_letter() {
        assert!(known_licence("http://creativecommons.org/licenses/by/4.0/"));
        assert!(known_licence("http://publications.europa.eu/resource/authority/licence/CC0"));
        assert!(!known_licence("https://creativecommons.org/licenses/by/4.0/"));
        assert!(!known_licence("http://creativecommons.org/licenses/by/4.0"));
    }
}
