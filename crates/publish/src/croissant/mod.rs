//! `croissant.json`: Croissant 1.1 with RAI 1.0 and, where there is geometry, GeoCroissant 1.0 (`publishing.md` section 4).
//!
//! Every form here was loaded with mlcroissant 1.1.1; where that reader and the specification differ, the form that both read is written.
//! Two addressings: relative, which any reader of the downloaded folder resolves without a network, and absolute, for readers that open the
//! document by its address (mlcroissant 1.1.1 does not resolve a relative `contentUrl` against the document's own address).

mod records;

pub(crate) use records::{described, record_set_id, splits};

use fyr_model::catalogue::Agent;
use fyr_model::release::{ReleaseFile, ReleaseRecord};
use fyr_model::table::ColumnType;
use fyr_model::{Lang, Location};
use serde_json::{Map, Value, json};

use crate::Documents;
use crate::facts;
use crate::language;

const CC0: &str = "http://creativecommons.org/publicdomain/zero/1.0/";

/// How files are addressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Addresses {
    /// Relative to the release's folder: `data/all-00000-of-00001.parquet`.
    Relative,
    /// Under the release's own address, `<iri>/<version>/…`.
    Absolute,
}

/// The Croissant document of a release.
pub fn croissant(documents: &Documents, files: &[ReleaseFile], addresses: Addresses) -> Value {
    let record = &documents.record;
    let geometry = record.columns.iter().any(|column| column.kind == ColumnType::Geometry);
    let mut conforms = vec!["http://mlcommons.org/croissant/1.1", "http://mlcommons.org/croissant/RAI/1.0"];
    if geometry {
        conforms.push("http://mlcommons.org/croissant/geo/1.0");
    }
    let mut root = json!({
        "@context": context(),
        "@type": "sc:Dataset",
        "name": language::json_ld(&record.title, record.name.as_str()),
        "description": language::json_ld(&record.description, "not stated by the publisher"),
        "conformsTo": conforms,
        "license": record.licence.iri,
        "url": record.iri,
        "creator": [organisation(&record.publisher)],
        "publisher": [organisation(&record.operator)],
        "datePublished": day(record.created),
        "dateCreated": day(record.first_created),
        "dateModified": day(record.created),
        "version": record.version.to_string(),
        "sdVersion": record.version.to_string(),
        "sdLicense": CC0,
        "isLiveDataset": false,
        "inLanguage": language::tags(&record.language),
        "keywords": keywords(record),
        "citeAs": citation(record),
        "sameAs": record.sources.iter().map(|source| source.dataset.as_str()).collect::<Vec<_>>(),
        "prov:wasDerivedFrom": sources(record),
    });
    if let Some(root) = root.as_object_mut() {
        if let Some(rights) = &record.access_rights {
            root.insert("usageInfo".into(), json!(rights));
        }
        coverage(record, geometry, root);
        root.extend(responsible(documents));
        root.insert("distribution".into(), records::distribution(record, files, addresses));
        root.insert("recordSet".into(), records::record_sets(documents, files));
    }
    root
}

/// Terms of the context of the specification's first appendix, as mlcroissant 1.1.1 writes it, with the vocabularies that we add.
const TERMS: &[(&str, &str)] = &[
    ("@language", "en"),
    ("@vocab", "https://schema.org/"),
    ("annotation", "cr:annotation"),
    ("arrayShape", "cr:arrayShape"),
    ("citeAs", "cr:citeAs"),
    ("column", "cr:column"),
    ("conformsTo", "dct:conformsTo"),
    ("containedIn", "cr:containedIn"),
    ("cr", "http://mlcommons.org/croissant/"),
    ("dct", "http://purl.org/dc/terms/"),
    ("ddi-stats", "http://rdf-vocabulary.ddialliance.org/cv/SummaryStatisticType/2.1.2/"),
    ("equivalentProperty", "cr:equivalentProperty"),
    ("extract", "cr:extract"),
    ("field", "cr:field"),
    ("fileObject", "cr:fileObject"),
    ("fileProperty", "cr:fileProperty"),
    ("fileSet", "cr:fileSet"),
    ("format", "cr:format"),
    ("geocr", "http://mlcommons.org/croissant/geo/"),
    ("includes", "cr:includes"),
    ("isArray", "cr:isArray"),
    ("isLiveDataset", "cr:isLiveDataset"),
    ("jsonPath", "cr:jsonPath"),
    ("key", "cr:key"),
    ("md5", "cr:md5"),
    ("parentField", "cr:parentField"),
    ("path", "cr:path"),
    ("prov", "http://www.w3.org/ns/prov#"),
    ("rai", "http://mlcommons.org/croissant/RAI/"),
    ("recordSet", "cr:recordSet"),
    ("references", "cr:references"),
    ("regex", "cr:regex"),
    ("repeated", "cr:repeated"),
    ("replace", "cr:replace"),
    ("samplingRate", "cr:samplingRate"),
    ("sc", "https://schema.org/"),
    ("sdVersion", "cr:sdVersion"),
    ("separator", "cr:separator"),
    ("source", "cr:source"),
    ("subField", "cr:subField"),
    ("transform", "cr:transform"),
];

fn context() -> Value {
    let plain = TERMS.iter().map(|(term, meaning)| (*term, json!(meaning)));
    let typed = [
        ("data", json!({"@id": "cr:data", "@type": "@json"})),
        ("dataType", json!({"@id": "cr:dataType", "@type": "@vocab"})),
        ("description", json!({"@container": "@language"})),
        ("examples", json!({"@id": "cr:examples", "@type": "@json"})),
        ("name", json!({"@container": "@language"})),
    ];
    Value::Object(plain.chain(typed).map(|(term, meaning)| (term.to_owned(), meaning)).collect())
}

/// Without an `@id`: in real catalogues one IRI is dataset, publisher and contact at once, and a reader of JSON-LD would make one node of them.
fn organisation(agent: &Agent) -> Value {
    let mut out = json!({
        "@type": "sc:Organization",
        "name": language::json_ld(&agent.name, if agent.iri.is_empty() { "not stated by the publisher" } else { &agent.iri }),
    });
    let home = agent
        .homepage
        .iter()
        .find_map(|value| value.iri())
        .or_else(|| Some(agent.iri.as_str()).filter(|_| !agent.blank));
    if let (Some(out), Some(home)) = (out.as_object_mut(), home.filter(|iri| iri.starts_with("http"))) {
        out.insert("url".into(), json!(home));
    }
    out
}

/// Keywords with their tags, then themes as addresses.
fn keywords(record: &ReleaseRecord) -> Value {
    let words = record.keyword.iter().map(|word| match &word.lang {
        Some(lang) => json!({"@value": word.value, "@language": lang}),
        None => json!({"@value": word.value}),
    });
    words.chain(record.theme.iter().map(|theme| json!(theme))).collect()
}

fn citation(record: &ReleaseRecord) -> String {
    // Braces and backslashes would end a BibTeX field.
    let clean = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ").replace(['{', '}', '\\'], "");
    format!(
        "@misc{{{name}-{version}, title={{{title}}}, author={{{{{author}}}}}, publisher={{{publisher}}}, year={{{year}}}, version={{{version}}}, url={{{url}}}}}",
        name = record.name,
        version = record.version,
        title = clean(record.title.text(Lang::En)),
        author = clean(record.publisher.name.text(Lang::En)),
        publisher = clean(record.operator.name.text(Lang::En)),
        year = record.created.format("%Y"),
        url = record.iri,
    )
}

/// Each source as a PROV entity.
fn sources(record: &ReleaseRecord) -> Value {
    let one = |source: &fyr_model::release::ReleaseSource| {
        json!({
            "@type": "prov:Entity",
            "name": language::json_ld(&source.title, source.dataset.as_str()),
            "url": source.address,
            "contentSize": format!("{} B", source.bytes),
            "sha256": source.sha256.to_string(),
            "license": source.licence.iri,
            "prov:generatedAtTime": source.fetched_at.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
            "prov:wasAttributedTo": {"@type": "prov:Agent", "name": language::json_ld(&source.publisher, "not stated by the publisher")},
        })
    };
    record.sources.iter().map(one).collect()
}

/// Place, time and reference system, as far as they are stated.
fn coverage(record: &ReleaseRecord, geometry: bool, root: &mut Map<String, Value>) {
    if geometry {
        root.insert("geocr:coordinateReferenceSystem".into(), json!("OGC:CRS84"));
    }
    let places: Vec<Value> = record.spatial.iter().filter_map(place).collect();
    if !places.is_empty() {
        root.insert("spatialCoverage".into(), json!(places));
    }
    let periods: Vec<Value> = record
        .temporal
        .iter()
        .filter(|period| period.start.is_some() || period.end.is_some())
        .map(|period| {
            json!(format!(
                "{}/{}",
                period.start.as_deref().unwrap_or(".."),
                period.end.as_deref().unwrap_or("..")
            ))
        })
        .collect();
    if !periods.is_empty() {
        root.insert("temporalCoverage".into(), json!(periods));
    }
}

fn place(place: &Location) -> Option<Value> {
    let mut out = Map::new();
    out.insert("@type".into(), json!("sc:Place"));
    if !place.label.is_empty() {
        out.insert("name".into(), language::json_ld(&place.label, ""));
    }
    if let Some(iri) = &place.iri {
        out.insert("url".into(), json!(iri));
    }
    if let Some(shape) = place.geometry.as_deref().and_then(rectangle) {
        out.insert("geo".into(), json!({"@type": "sc:GeoShape", "box": shape}));
    }
    (out.len() > 1).then(|| Value::Object(out))
}

/// The box of a WKT text in longitude and latitude, as schema.org writes it: south, west, north, east.
fn rectangle(wkt: &str) -> Option<String> {
    let (_, inner) = wkt.rsplit_once('>').map_or(("", wkt), |(_, rest)| ("", rest)).1.split_once('(')?;
    let points: Vec<(f64, f64)> = inner
        .replace(['(', ')'], " ")
        .split(',')
        .filter_map(|pair| {
            let mut numbers = pair.split_whitespace().map(str::parse::<f64>);
            Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
        })
        .collect();
    let all = |pick: fn(&(f64, f64)) -> f64, better: fn(f64, f64) -> f64| points.iter().map(pick).reduce(better);
    let (west, east) = (all(|point| point.0, f64::min)?, all(|point| point.0, f64::max)?);
    let (south, north) = (all(|point| point.1, f64::min)?, all(|point| point.1, f64::max)?);
    let degrees = west >= -180.0 && east <= 180.0 && south >= -90.0 && north <= 90.0;
    degrees.then(|| format!("{south} {west} {north} {east}"))
}

/// RAI 1.0: always filled, from measurements and from the publisher's answers; what nobody answered says so.
fn responsible(documents: &Documents) -> Map<String, Value> {
    let record = &documents.record;
    let card = &documents.card;
    let stated = |given| facts::answer(given).en;
    let periods: Vec<&str> = record
        .temporal
        .iter()
        .flat_map(|period| [period.start.as_deref(), period.end.as_deref()])
        .flatten()
        .collect();
    let timeframe = if periods.is_empty() {
        vec!["not stated by the publisher"]
    } else {
        periods
    };
    let steps: Vec<String> = record
        .sources
        .iter()
        .map(|source| {
            let (day, hash) = (day(source.fetched_at), source.sha256);
            format!("fetched {day} from {}, {} bytes, SHA-256 {hash}", source.address, source.bytes)
        })
        .chain([format!(
            "read as a table and typed: {} rows, {} columns",
            record.rows,
            record.columns.len()
        )])
        .collect();
    let fields = json!({
        "rai:dataCollection": stated(&card.collection),
        "rai:dataCollectionType": ["Others", "fetched from the publisher's open data catalogue"],
        "rai:dataCollectionTimeframe": timeframe,
        "rai:dataCollectionMissingData": facts::missing(documents).en,
        "rai:dataPreprocessingProtocol": steps,
        "rai:dataManipulationProtocol": facts::protection(documents).en,
        "rai:personalSensitiveInformation": [stated(&card.personal_data), facts::audited(documents).en],
        "rai:dataBiases": [stated(&card.bias)],
        "rai:dataLimitations": [stated(&card.limits), facts::rules(documents).en],
        "rai:dataUseCases": [stated(&card.intended_use)],
        "rai:dataReleaseMaintenancePlan": stated(&card.plan),
    });
    match fields {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

fn day(at: chrono::DateTime<chrono::Utc>) -> String {
    at.format("%Y-%m-%d").to_string()
}

#[cfg(test)]
mod tests;
