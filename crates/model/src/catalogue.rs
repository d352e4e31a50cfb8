//! What a catalogue says, as types: catalogue, dataset, distribution, data service, agent, contact.
//!
//! The view of DCAT-AP-SE 3.0.1 (`dcat-ap-se.md` section 3). IRIs and literals are as harvested; a value that should have been an IRI and
//! was a literal is kept, and reported as a finding by `graph`. Order is fixed: lists are sorted unless said otherwise.

use serde::{Deserialize, Serialize};

use crate::finding::Finding;
use crate::ids::DatasetId;
use crate::text::LangStrings;

/// Everything one source says, with what is wrong in it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CatalogueView {
    /// Catalogues, main one first.
    pub catalogues: Vec<Catalogue>,
    /// Datasets (and dataset series, marked), by IRI.
    pub datasets: Vec<Dataset>,
    /// Data services, by IRI.
    pub services: Vec<DataService>,
    /// Publishers and creators, by IRI.
    pub agents: Vec<Agent>,
    /// Faults seen while reading the graph.
    pub findings: Vec<Finding>,
}

/// A `dcat:Catalog`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Catalogue {
    /// Its IRI.
    pub iri: String,
    /// `dcterms:title`.
    pub title: LangStrings,
    /// `dcterms:description`.
    pub description: LangStrings,
    /// `dcterms:publisher`, described as far as the graph does.
    pub publisher: Vec<Agent>,
    /// `dcterms:license` values.
    pub licence: Vec<Value>,
    /// `dcterms:issued`, `dcterms:modified` as written.
    pub issued: Option<String>,
    /// `dcterms:modified` as written.
    pub modified: Option<String>,
    /// `dcterms:language`.
    pub language: Vec<Value>,
    /// `foaf:homepage`.
    pub homepage: Vec<Value>,
    /// `dcterms:spatial`.
    pub spatial: Vec<Location>,
    /// `dcat:themeTaxonomy`.
    pub theme_taxonomy: Vec<Value>,
    /// `dcat:dataset`.
    pub datasets: Vec<String>,
    /// `dcterms:hasPart` that are catalogues.
    pub parts: Vec<String>,
    /// Whether the node is blank in the source (skolemised by us).
    pub blank: bool,
}

/// An object as harvested: an IRI or a literal.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "kind", content = "value", rename_all = "lowercase")]
pub enum Value {
    /// An absolute IRI.
    Iri(String),
    /// A literal's text.
    Literal(String),
}

impl Value {
    /// The text, whatever its kind.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Iri(text) | Self::Literal(text) => text,
        }
    }
    /// The IRI, if it is one.
    pub fn iri(&self) -> Option<&str> {
        match self {
            Self::Iri(text) => Some(text),
            Self::Literal(_) => None,
        }
    }
}

/// A `dcat:Dataset` or `dcat:DatasetSeries`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Dataset {
    /// Its IRI, as the publisher wrote it (a skolem IRI when the node was blank).
    pub id: DatasetId,
    /// Whether it is a `dcat:DatasetSeries`.
    pub series: bool,
    /// Whether the node is blank in the source.
    pub blank: bool,
    /// `dcterms:title`.
    pub title: LangStrings,
    /// `dcterms:description`.
    pub description: LangStrings,
    /// `dcterms:publisher`.
    pub publisher: Vec<Agent>,
    /// `dcterms:creator`.
    pub creator: Vec<Agent>,
    /// `dcat:contactPoint`.
    pub contact: Vec<Contact>,
    /// `dcat:keyword`.
    pub keyword: LangStrings,
    /// `dcat:theme`.
    pub theme: Vec<Value>,
    /// `dcterms:identifier` and `adms:identifier`.
    pub identifier: Vec<String>,
    /// `dcterms:spatial`.
    pub spatial: Vec<Location>,
    /// `dcterms:temporal`.
    pub temporal: Vec<Period>,
    /// `dcterms:issued` as written.
    pub issued: Option<String>,
    /// `dcterms:modified` as written.
    pub modified: Option<String>,
    /// `dcterms:language`.
    pub language: Vec<Value>,
    /// `dcterms:accessRights`.
    pub access_rights: Vec<Value>,
    /// `dcterms:accrualPeriodicity`.
    pub frequency: Vec<Value>,
    /// `dcterms:conformsTo`.
    pub conforms_to: Vec<Value>,
    /// `dcat:landingPage`.
    pub landing_page: Vec<Value>,
    /// `foaf:page`.
    pub page: Vec<Value>,
    /// `dcterms:license` on the dataset itself, where it does not belong but is often found.
    pub licence: Vec<Value>,
    /// `dcatap:applicableLegislation`.
    pub legislation: Vec<Value>,
    /// `dcatap:hvdCategory`.
    pub hvd_category: Vec<Value>,
    /// `dcterms:provenance` descriptions.
    pub provenance: LangStrings,
    /// `dcat:version` or `owl:versionInfo`.
    pub version: Option<String>,
    /// `dcat:inSeries`.
    pub in_series: Vec<Value>,
    /// `dcterms:source`.
    pub source: Vec<Value>,
    /// `dcat:distribution`, in document order where the store kept it, else by IRI.
    pub distributions: Vec<Distribution>,
}

impl Dataset {
    /// A dataset with nothing but its IRI.
    pub fn new(iri: impl Into<String>) -> Self {
        Self {
            id: DatasetId::new(iri),
            series: false,
            blank: false,
            title: LangStrings::default(),
            description: LangStrings::default(),
            publisher: Vec::new(),
            creator: Vec::new(),
            contact: Vec::new(),
            keyword: LangStrings::default(),
            theme: Vec::new(),
            identifier: Vec::new(),
            spatial: Vec::new(),
            temporal: Vec::new(),
            issued: None,
            modified: None,
            language: Vec::new(),
            access_rights: Vec::new(),
            frequency: Vec::new(),
            conforms_to: Vec::new(),
            landing_page: Vec::new(),
            page: Vec::new(),
            licence: Vec::new(),
            legislation: Vec::new(),
            hvd_category: Vec::new(),
            provenance: LangStrings::default(),
            version: None,
            in_series: Vec::new(),
            source: Vec::new(),
            distributions: Vec::new(),
        }
    }
}

/// A `dcat:Distribution`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Distribution {
    /// Its IRI (a skolem IRI when the node was blank).
    pub iri: String,
    /// Whether the node is blank in the source.
    pub blank: bool,
    /// Whether the graph describes it at all (a dataset may refer to one that is missing).
    pub described: bool,
    /// `dcterms:title`.
    pub title: LangStrings,
    /// `dcterms:description`.
    pub description: LangStrings,
    /// `dcat:accessURL`.
    pub access_url: Vec<Value>,
    /// `dcat:downloadURL`.
    pub download_url: Vec<Value>,
    /// `dcterms:format`.
    pub format: Vec<Value>,
    /// `dcat:mediaType`.
    pub media_type: Vec<Value>,
    /// `dcterms:license`.
    pub licence: Vec<Value>,
    /// `dcterms:rights`, the IRI or text, or the attribution text of a rights statement.
    pub rights: Vec<Value>,
    /// `dcat:byteSize` as written.
    pub byte_size: Option<String>,
    /// `dcterms:issued` as written.
    pub issued: Option<String>,
    /// `dcterms:modified` as written.
    pub modified: Option<String>,
    /// `dcatap:availability`.
    pub availability: Vec<Value>,
    /// `adms:status`.
    pub status: Vec<Value>,
    /// `spdx:checksumValue`, with the algorithm's IRI.
    pub checksum: Option<(String, String)>,
    /// `dcat:accessService`.
    pub access_service: Vec<Value>,
    /// `dcterms:conformsTo`.
    pub conforms_to: Vec<Value>,
    /// `dcterms:language`.
    pub language: Vec<Value>,
    /// `dcatap:applicableLegislation`.
    pub legislation: Vec<Value>,
}

impl Distribution {
    /// The address to fetch: `downloadURL` first, else `accessURL`.
    pub fn address(&self) -> Option<&str> {
        self.download_url.iter().chain(&self.access_url).find_map(Value::iri)
    }
}

/// A `dcat:DataService`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct DataService {
    /// Its IRI.
    pub iri: String,
    /// Whether the node is blank in the source.
    pub blank: bool,
    /// `dcterms:title`.
    pub title: LangStrings,
    /// `dcterms:description`.
    pub description: LangStrings,
    /// `dcat:endpointURL`.
    pub endpoint_url: Vec<Value>,
    /// `dcat:endpointDescription`.
    pub endpoint_description: Vec<Value>,
    /// `dcat:servesDataset`.
    pub serves: Vec<Value>,
    /// `dcat:contactPoint`.
    pub contact: Vec<Contact>,
    /// `dcterms:publisher`.
    pub publisher: Vec<Agent>,
    /// `dcat:keyword`.
    pub keyword: LangStrings,
    /// `dcterms:accessRights`.
    pub access_rights: Vec<Value>,
    /// `dcterms:format`.
    pub format: Vec<Value>,
    /// `dcterms:license`.
    pub licence: Vec<Value>,
}

/// A `foaf:Agent`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Agent {
    /// Its IRI (a skolem IRI when the node was blank).
    pub iri: String,
    /// Whether the node is blank in the source.
    pub blank: bool,
    /// Whether the graph says anything about it.
    pub described: bool,
    /// `foaf:name`.
    pub name: LangStrings,
    /// `dcterms:type`.
    pub kind: Vec<Value>,
    /// `dcterms:identifier`.
    pub identifier: Vec<String>,
    /// `foaf:homepage`.
    pub homepage: Vec<Value>,
}

/// A `vcard:Kind`. Individuals are flagged and not shown (H21).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Contact {
    /// Its IRI (a skolem IRI when the node was blank).
    pub iri: String,
    /// Whether the node is blank in the source.
    pub blank: bool,
    /// Whether the graph says anything about it.
    pub described: bool,
    /// Whether it is a `vcard:Individual`.
    pub individual: bool,
    /// `vcard:fn`.
    pub name: LangStrings,
    /// `vcard:hasEmail`, without `mailto:`.
    pub email: Vec<String>,
    /// `vcard:hasURL`.
    pub url: Vec<Value>,
    /// Whether a telephone is given; the number itself is not carried.
    pub telephone: bool,
    /// Whether an address is given.
    pub address: bool,
}

/// A `dcterms:PeriodOfTime`: dates as written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Period {
    /// `dcat:startDate`, or the old `schema:startDate`.
    pub start: Option<String>,
    /// `dcat:endDate`; left out for data that keeps growing.
    pub end: Option<String>,
}

/// A `dcterms:Location`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Location {
    /// Its IRI, when it has one that is not a blank node.
    pub iri: Option<String>,
    /// `dcat:bbox`, `dcat:centroid` or `locn:geometry`, as WKT.
    pub geometry: Option<String>,
    /// `skos:prefLabel` or `rdfs:label`.
    pub label: LangStrings,
}
