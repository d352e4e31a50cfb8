//! What is known before a record is read: the classes above a class, and the type and scheme of each term of our own code lists.
//!
//! In: the files of `dcat-ap-se/vocabularies`, compiled in. Out: answers for one term at a time; nothing is put beside a record that its own
//! terms do not ask for. With it, a value that is unknown only because nobody gave its vocabulary is told apart from a value that is wrong.
//!
//! Sources: the class hierarchies are those of DCAT 3, DCMI Metadata Terms, FOAF, vCard, ORG, ODRL 2.2 and ODRS; the classes of list terms are
//! the ranges that DCAT-AP 3.0.1 states for the properties that take them; the schemes are those of the EU authority tables, of the HVD
//! categories (`asd487ae75`) and of ADMS publisher types 1.0.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use serde::Deserialize;

use super::terms as sh;
use crate::vocab as v;

const DCAT: &str = "http://www.w3.org/ns/dcat#";
const DCT: &str = "http://purl.org/dc/terms/";
const FOAF: &str = "http://xmlns.com/foaf/0.1/";
const VCARD: &str = "http://www.w3.org/2006/vcard/ns#";
const ORG: &str = "http://www.w3.org/ns/org#";
const ODRL: &str = "http://www.w3.org/ns/odrl/2/";
const ODRS: &str = "http://schema.theodi.org/odrs#";

/// Namespace and class, namespace and class above it.
const CLASSES: &[(&str, &str, &str, &str)] = &[
    (DCAT, "Dataset", DCAT, "Resource"),
    (DCAT, "DataService", DCAT, "Resource"),
    (DCAT, "Catalog", DCAT, "Dataset"),
    (DCAT, "DatasetSeries", DCAT, "Dataset"),
    (FOAF, "Organization", FOAF, "Agent"),
    (FOAF, "Person", FOAF, "Agent"),
    (FOAF, "Group", FOAF, "Agent"),
    (FOAF, "Image", FOAF, "Document"),
    (FOAF, "PersonalProfileDocument", FOAF, "Document"),
    (VCARD, "Individual", VCARD, "Kind"),
    (VCARD, "Organization", VCARD, "Kind"),
    (VCARD, "Group", VCARD, "Kind"),
    (VCARD, "Location", VCARD, "Kind"),
    (DCT, "MediaType", DCT, "MediaTypeOrExtent"),
    (DCT, "SizeOrDuration", DCT, "MediaTypeOrExtent"),
    (DCT, "FileFormat", DCT, "MediaType"),
    (DCT, "LicenseDocument", DCT, "RightsStatement"),
    (ORG, "Organization", FOAF, "Agent"),
    (ORG, "FormalOrganization", ORG, "Organization"),
    (ORG, "OrganizationalUnit", ORG, "Organization"),
    (ODRL, "Set", ODRL, "Policy"),
    (ODRL, "Offer", ODRL, "Policy"),
    (ODRL, "Agreement", ODRL, "Policy"),
    (ODRS, "RightsStatement", DCT, "RightsStatement"),
    (ODRS, "License", DCT, "LicenseDocument"),
];

/// A code list: its file, the class beside skos:Concept that its terms have, and its scheme where that is not the base.
struct Source {
    file: &'static str,
    class: Option<&'static str>,
    scheme: Option<&'static str>,
    /// The list holds only part of its table; any code under the base counts.
    partial: bool,
}

macro_rules! list {
    ($file:literal, $class:expr, $scheme:expr, $partial:expr) => {
        Source {
            file: include_str!(concat!("../../../../dcat-ap-se/vocabularies/", $file)),
            class: $class,
            scheme: $scheme,
            partial: $partial,
        }
    };
}

const LISTS: &[Source] = &[
    list!("access-rights.toml", Some("RightsStatement"), None, false),
    list!("availability.toml", None, None, false),
    list!("distribution-status.toml", None, None, false),
    list!("file-types.toml", Some("MediaTypeOrExtent"), None, false),
    list!("frequencies.toml", Some("Frequency"), None, false),
    list!("hvd-categories.toml", None, Some("http://data.europa.eu/bna/asd487ae75"), false),
    list!("known-licences.toml", Some("LicenseDocument"), None, false),
    list!("languages.toml", Some("LinguisticSystem"), None, true),
    list!("media-types.toml", Some("MediaType"), None, true),
    list!("publisher-types.toml", None, Some("http://purl.org/adms/publishertype/1.0"), false),
    list!("themes.toml", None, None, false),
];

/// What the file says that matters here; the rest is other people's.
#[derive(Deserialize)]
struct File {
    base: String,
    #[serde(default)]
    codes: BTreeSet<String>,
    #[serde(default)]
    iris: BTreeSet<String>,
    #[serde(default)]
    values: BTreeMap<String, toml::Value>,
}

struct List {
    base: String,
    codes: BTreeSet<String>,
    iris: BTreeSet<String>,
    class: Option<String>,
    scheme: String,
    partial: bool,
}

impl List {
    fn has(&self, iri: &str) -> bool {
        match iri.strip_prefix(&self.base) {
            Some(code) => self.codes.contains(code) || (self.partial && !code.is_empty()),
            None => self.iris.contains(iri),
        }
    }
}

/// The background that ships with the program.
pub struct Background {
    lists: Vec<List>,
    above: BTreeMap<String, Vec<String>>,
    below: BTreeMap<String, Vec<String>>,
}

static BUNDLED: LazyLock<Background> = LazyLock::new(Background::make);

impl Background {
    /// Class hierarchies and code lists that ship with the program.
    ///
    /// ```
    /// use fyr_graph::shacl::Background;
    /// assert!(Background::bundled().knows("http://publications.europa.eu/resource/authority/data-theme/TRAN"));
    /// assert!(!Background::bundled().knows("http://publications.europa.eu/resource/authority/data-theme/TRANSPORT"));
    /// ```
    pub fn bundled() -> &'static Self {
        &BUNDLED
    }

    fn make() -> Self {
        let mut background = Self {
            lists: Vec::new(),
            above: BTreeMap::new(),
            below: BTreeMap::new(),
        };
        for (space, class, above_space, above) in CLASSES {
            let (class, above) = (format!("{space}{class}"), format!("{above_space}{above}"));
            background.above.entry(class.clone()).or_default().push(above.clone());
            background.below.entry(above).or_default().push(class);
        }
        for source in LISTS {
            // The lists are ours and a test reads each of them.
            let Ok(file) = toml::from_str::<File>(source.file) else { continue };
            background.lists.push(List {
                codes: file.values.into_keys().chain(file.codes).collect(),
                iris: file.iris,
                class: source.class.map(|class| format!("{DCT}{class}")),
                scheme: source
                    .scheme
                    .map_or_else(|| file.base.trim_end_matches('/').to_owned(), str::to_owned),
                base: file.base,
                partial: source.partial,
            });
        }
        background
    }

    fn list(&self, iri: &str) -> Option<&List> {
        self.lists.iter().find(|list| list.has(iri))
    }

    /// Whether the term is one of a code list.
    pub fn knows(&self, iri: &str) -> bool {
        self.list(iri).is_some()
    }

    /// What is known of a term under one property.
    pub(super) fn objects(&self, iri: &str, property: &str) -> Vec<String> {
        match property {
            v::RDF_TYPE => {
                let mut types = vec![sh::RDFS_RESOURCE.to_owned()];
                if let Some(list) = self.list(iri) {
                    types.push(sh::SKOS_CONCEPT.to_owned());
                    types.extend(list.class.clone());
                }
                types
            }
            sh::SKOS_IN_SCHEME => self.list(iri).map(|list| list.scheme.clone()).into_iter().collect(),
            sh::RDFS_SUB_CLASS_OF => self.above.get(iri).cloned().unwrap_or_default(),
            _ => Vec::new(),
        }
    }

    /// The classes right below a class.
    pub(super) fn classes_below(&self, class: &str) -> impl Iterator<Item = &str> {
        self.below.get(class).into_iter().flatten().map(String::as_str)
    }

    /// The classes right below a class whose nodes a shape about that class is about. A catalogue is a dataset in DCAT 3, and a series is one; but
    /// profiles have shapes of their own for both, and what they ask of a dataset (themes, a period, a licence elsewhere) they do not ask of these.
    pub(super) fn targets_below(&self, class: &str) -> impl Iterator<Item = &str> {
        let own = class == format!("{DCAT}Dataset");
        self.classes_below(class).filter(move |_| !own)
    }

    /// What is known of a term of a code list: its types and its scheme.
    pub(super) fn said_of(&self, iri: &str) -> Vec<(&'static str, String)> {
        if !self.knows(iri) {
            return Vec::new();
        }
        let said = |property: &'static str| self.objects(iri, property).into_iter().map(move |object| (property, object));
        said(v::RDF_TYPE).chain(said(sh::SKOS_IN_SCHEME)).collect()
    }

    /// Every class with each class right above it.
    pub(super) fn hierarchy(&self) -> impl Iterator<Item = (&str, &str)> {
        let pairs = self.above.iter();
        pairs.flat_map(|(class, above)| above.iter().map(move |above| (class.as_str(), above.as_str())))
    }

    /// How many lists were read.
    #[cfg(test)]
    pub(super) fn lists(&self) -> (usize, usize) {
        (self.lists.len(), LISTS.len())
    }
}
