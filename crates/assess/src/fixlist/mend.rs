//! What a dataset would be if a finding were mended: enough of it for the points, and no more than the fix itself gives.
//!
//! A value that only a person can choose is set to one that counts as stated and as nothing else, unless the rule is about the list that it
//! must come from: then it is one of the list.

use fyr_model::catalogue::{Location, Period, Value};
use fyr_model::{Agent, Contact, Dataset, Distribution, Finding, LangString, LangStrings};

use super::lost::{self, ALIGNMENT, OPEN_TWIN};
use crate::licence::normalise;
use crate::lists::{self, MEDIA, TYPES};
use crate::repair;

const PUBLIC: &str = "http://publications.europa.eu/resource/authority/access-right/PUBLIC";
const CC0: &str = "http://creativecommons.org/publicdomain/zero/1.0/";
const ADDRESS: &str = "urn:fyr:mended";

/// Properties that MQA looks at.
const COUNTED: [&str; 16] = [
    "keyword",
    "theme",
    "spatial",
    "temporal",
    "contactPoint",
    "publisher",
    "accessRights",
    "issued",
    "modified",
    "license",
    "format",
    "mediaType",
    "accessURL",
    "downloadURL",
    "byteSize",
    "rights",
];

/// Whether mending such a finding can move a point at all; most cannot, and need no copy of a dataset.
pub(super) fn may_move(finding: &Finding) -> bool {
    finding.id == OPEN_TWIN || COUNTED.contains(&local(&finding.path))
}

/// What scoring and mending look at, and nothing more: a text that is there is as good as its words, so a copy costs little.
pub(super) fn scored_part(dataset: &Dataset) -> Dataset {
    let mut part = Dataset::new(dataset.id.as_str());
    let word = |_| LangString {
        value: String::new(),
        lang: None,
    };
    part.keyword = LangStrings(dataset.keyword.iter().take(1).map(word).collect());
    part.theme = dataset.theme.iter().take(1).cloned().collect();
    part.spatial = dataset.spatial.iter().take(1).map(|_| Location::default()).collect();
    part.temporal = dataset.temporal.iter().take(1).map(|_| Period::default()).collect();
    part.contact = dataset.contact.iter().take(1).map(|_| Contact::default()).collect();
    part.publisher = dataset.publisher.iter().take(1).map(|_| Agent::default()).collect();
    part.access_rights.clone_from(&dataset.access_rights);
    part.issued.clone_from(&dataset.issued);
    part.modified.clone_from(&dataset.modified);
    let distributions = dataset.distributions.iter().map(|one| Distribution {
        iri: one.iri.clone(),
        access_url: one.access_url.clone(),
        download_url: one.download_url.clone(),
        format: one.format.clone(),
        media_type: one.media_type.clone(),
        licence: one.licence.clone(),
        rights: one.rights.iter().take(1).cloned().collect(),
        byte_size: one.byte_size.clone(),
        issued: one.issued.clone(),
        modified: one.modified.clone(),
        ..Distribution::default()
    });
    part.distributions = distributions.collect();
    part
}

/// Mends a finding; false when that moves no point.
pub(super) fn mend(dataset: &mut Dataset, finding: &Finding) -> bool {
    if dataset.id.as_str() == finding.focus && (finding.id == OPEN_TWIN || on_dataset(dataset, finding)) {
        if finding.id == OPEN_TWIN {
            open_twin(dataset);
        }
        return true;
    }
    let mut found = dataset.distributions.iter_mut().filter(|one| one.iri == finding.focus);
    found.next().is_some_and(|one| on_distribution(one, finding))
}

fn iri(text: &str) -> Vec<Value> {
    vec![Value::Iri(text.to_owned())]
}

fn local(path: &str) -> &str {
    path.rsplit(['/', '#']).next().unwrap_or(path)
}

fn on_dataset(dataset: &mut Dataset, finding: &Finding) -> bool {
    match local(&finding.path) {
        "keyword" if dataset.keyword.is_empty() => {
            dataset.keyword = LangStrings(vec![LangString {
                value: ADDRESS.into(),
                lang: None,
            }]);
        }
        "theme" if dataset.theme.is_empty() => dataset.theme = iri(ADDRESS),
        "spatial" if dataset.spatial.is_empty() => dataset.spatial = vec![Location::default()],
        "temporal" if dataset.temporal.is_empty() => dataset.temporal = vec![Period::default()],
        "contactPoint" if dataset.contact.is_empty() => dataset.contact = vec![Contact::default()],
        "publisher" if dataset.publisher.is_empty() => dataset.publisher = vec![Agent::default()],
        "accessRights" => dataset.access_rights = iri(PUBLIC),
        "issued" if dataset.issued.is_none() => dataset.issued = Some(ADDRESS.into()),
        "modified" if dataset.modified.is_none() => dataset.modified = Some(ADDRESS.into()),
        _ => return false,
    }
    true
}

fn on_distribution(one: &mut Distribution, finding: &Finding) -> bool {
    match (finding.id.as_str(), local(&finding.path)) {
        (ALIGNMENT, _) => return align(one),
        (_, "license") => return licence(one),
        (_, "format") => return format(one),
        (_, "mediaType") if one.media_type.is_empty() => one.media_type = stated(),
        (_, "accessURL") if one.access_url.is_empty() => one.access_url = iri(ADDRESS),
        (_, "downloadURL") if one.download_url.is_empty() => one.download_url = iri(ADDRESS),
        (_, "byteSize") if one.byte_size.is_none() => one.byte_size = Some(ADDRESS.into()),
        (_, "rights") if one.rights.is_empty() => one.rights = iri(ADDRESS),
        (_, "issued") if one.issued.is_none() => one.issued = Some(ADDRESS.into()),
        (_, "modified") if one.modified.is_none() => one.modified = Some(ADDRESS.into()),
        _ => return false,
    }
    true
}

/// Something that is on no list.
fn stated() -> Vec<Value> {
    vec![Value::Literal(ADDRESS.into())]
}

/// The licence that was meant, by its IRI; one of the list where none was.
fn licence(one: &mut Distribution) -> bool {
    if one.licence.iter().any(|value| value.iri().is_some_and(lists::known_licence)) {
        return false;
    }
    let meant = one.licence.iter().find_map(|value| normalise(value).licence);
    one.licence = iri(meant.map_or(CC0.to_owned(), |licence| licence.iri).as_str());
    true
}

/// The format as a file type where it is one for certain, else anything that counts as a format.
fn format(one: &mut Distribution) -> bool {
    if one.format.is_empty() {
        one.format = stated();
        return true;
    }
    let mut changed = false;
    for value in &mut one.format {
        if let Some(code) = repair::file_type_of(value) {
            *value = Value::Iri(code);
            changed = true;
        }
    }
    changed
}

/// The known file type by its EU IRI, with its media type by its IANA address.
fn align(one: &mut Distribution) -> bool {
    let Some(code) = lost::known_type(one).map(str::to_owned) else {
        return false;
    };
    let mut named = one.format.iter().chain(&one.media_type).filter_map(lists::media_type);
    let registered = named.find(|media| MEDIA.registered(media));
    let media = registered.or_else(|| TYPES.media_of(&code).map(str::to_owned));
    one.format = iri(&format!("{}{code}", TYPES.base));
    one.media_type = media.map_or_else(stated, |media| iri(&format!("{}{media}", lists::IANA)));
    true
}

/// The best description that there is, for a CSV file beside the others.
fn open_twin(dataset: &mut Dataset) {
    let Some(first) = dataset.distributions.first() else { return };
    let mut twin = first.clone();
    twin.iri = format!("{ADDRESS}:csv");
    twin.format = iri(&format!("{}CSV", TYPES.base));
    twin.media_type = iri(&format!("{}text/csv", lists::IANA));
    dataset.distributions.push(twin);
}
