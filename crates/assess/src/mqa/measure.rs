//! One metric on one entity: passed, failed or not measured, with what was seen.

use std::collections::BTreeMap;

use fyr_model::catalogue::Value;
use fyr_model::mqa::{MqaMetric, Variant};
use fyr_model::{Dataset, Distribution};

use super::Links;
use super::points::{POINTS, Row};
use crate::lists::{self, MEDIA, TYPES};

/// Passed or not, none when not measured, and what was seen.
type Seen = (Option<bool>, String);

pub(super) fn on_dataset(row: &Row, dataset: &Dataset, variant: Variant) -> MqaMetric {
    let (passed, evidence) = match row.id.as_str() {
        "keywordAvailability" => counted("dcat:keyword", dataset.keyword.0.len()),
        "categoryAvailability" => counted("dcat:theme", dataset.theme.len()),
        "spatialAvailability" => counted("dcterms:spatial", dataset.spatial.len()),
        "temporalAvailability" => counted("dcterms:temporal", dataset.temporal.len()),
        "accessRightsAvailability" => stated("dcterms:accessRights", &dataset.access_rights),
        "accessRightsVocabularyAlignment" => access_rights(&dataset.access_rights),
        "contactPointAvailability" => counted("dcat:contactPoint", dataset.contact.len()),
        "publisherAvailability" => counted("dcterms:publisher", dataset.publisher.len()),
        "dateIssuedAvailability" => dated("dcterms:issued", dataset.issued.as_deref()),
        "dateModifiedAvailability" => dated("dcterms:modified", dataset.modified.as_deref()),
        "dcatApCompliance" => (None, compliance(variant)),
        _ => (None, "not measured".to_owned()),
    };
    metric(row, variant, dataset.id.as_str(), passed, evidence)
}

pub(super) fn on_distribution(row: &Row, distribution: &Distribution, variant: Variant, links: &Links) -> MqaMetric {
    let formats = || distribution.format.iter().chain(&distribution.media_type);
    let (passed, evidence) = match row.id.as_str() {
        "accessUrlStatusCode" => status("dcat:accessURL", &distribution.access_url, links),
        "downloadUrlAvailability" => stated("dcat:downloadURL", &distribution.download_url),
        "downloadUrlStatusCode" => status("dcat:downloadURL", &distribution.download_url, links),
        "formatAvailability" => stated("dcterms:format", &distribution.format),
        "mediaTypeAvailability" => stated("dcat:mediaType", &distribution.media_type),
        "formatMediaTypeVocabularyAlignment" => alignment(distribution, variant),
        "formatMediaTypeNonProprietary" => on_format_list(formats(), variant, "open", |code| TYPES.open(code)),
        "formatMediaTypeMachineInterpretable" => on_format_list(formats(), variant, "machine-readable", |code| TYPES.machine(code)),
        "licenceAvailability" => stated("dcterms:license", &distribution.licence),
        "knownLicence" => known_licence(&distribution.licence),
        "rightsAvailability" => stated("dcterms:rights", &distribution.rights),
        "byteSizeAvailability" => dated("dcat:byteSize", distribution.byte_size.as_deref()),
        "dateIssuedAvailability" => dated("dcterms:issued", distribution.issued.as_deref()),
        "dateModifiedAvailability" => dated("dcterms:modified", distribution.modified.as_deref()),
        _ => (None, "not measured".to_owned()),
    };
    metric(row, variant, &distribution.iri, passed, evidence)
}

fn metric(row: &Row, variant: Variant, on: &str, passed: Option<bool>, evidence: String) -> MqaMetric {
    let max = row.max(variant);
    MqaMetric {
        id: row.iri(variant),
        points: if passed == Some(true) { max } else { 0 },
        max,
        passed,
        on: on.to_owned(),
        evidence,
    }
}

fn counted(property: &str, count: usize) -> Seen {
    match count {
        0 => (Some(false), format!("no {property}")),
        1 => (Some(true), format!("1 value of {property}")),
        count => (Some(true), format!("{count} values of {property}")),
    }
}

fn stated(property: &str, values: &[Value]) -> Seen {
    match values {
        [] => (Some(false), format!("no {property}")),
        values => (Some(true), format!("{property}: {}", list(values))),
    }
}

fn dated(property: &str, value: Option<&str>) -> Seen {
    value.map_or_else(
        || (Some(false), format!("no {property}")),
        |value| (Some(true), format!("{property}: {}", cut(value))),
    )
}

fn compliance(variant: Variant) -> String {
    if variant == Variant::Se && !POINTS.se.compliance_scored {
        "not scored: the Swedish portal checks no shapes".to_owned()
    } else {
        "not measured: the shapes have not been run".to_owned()
    }
}

fn access_rights(values: &[Value]) -> Seen {
    if values.is_empty() {
        return (Some(false), "no dcterms:accessRights".to_owned());
    }
    let on = values.iter().any(|value| lists::on_list("access-rights", value));
    (Some(on), format!("{} the EU access-right table: {}", is_on(on), list(values)))
}

/// The best of several addresses counts; an address that was not asked leaves the metric unmeasured unless another one answers.
fn status(property: &str, addresses: &[Value], links: &Links) -> Seen {
    if addresses.is_empty() {
        return (Some(false), format!("no {property}"));
    }
    match links {
        Links::None => (None, format!("not measured: no {property} was asked")),
        Links::AssumeOk => (Some(true), format!("{property} assumed to answer 200")),
        Links::Statuses(statuses) => recorded(property, addresses, statuses),
    }
}

fn recorded(property: &str, addresses: &[Value], statuses: &BTreeMap<String, u16>) -> Seen {
    let asked: Vec<u16> = addresses
        .iter()
        .filter_map(|address| statuses.get(address.as_str()).copied())
        .collect();
    let passes = |status: &u16| (200..300).contains(status);
    let best = asked.iter().copied().find(passes).or_else(|| asked.iter().copied().min());
    match best {
        Some(best) => (
            Some(passes(&best)),
            format!("{property} answered {best}, best of {} asked", asked.len()),
        ),
        None => (None, format!("not measured: no {property} was asked")),
    }
}

fn alignment(distribution: &Distribution, variant: Variant) -> Seen {
    let strict = distribution
        .format
        .iter()
        .any(|value| value.iri().is_some_and(|iri| TYPES.code(iri).is_some()))
        && distribution
            .media_type
            .iter()
            .filter_map(lists::media_type)
            .any(|media| MEDIA.registered(&media));
    if strict {
        return (Some(true), "file type on the EU table and media type on the IANA list".to_owned());
    }
    let any = distribution
        .format
        .iter()
        .chain(&distribution.media_type)
        .filter_map(lists::media_type)
        .find(|media| MEDIA.known(media));
    match any {
        Some(media) if lenient(variant) => (Some(true), format!("media type on the list: {media}")),
        _ => (
            Some(false),
            "not both a file type on the EU table and a media type on the IANA list".to_owned(),
        ),
    }
}

fn lenient(variant: Variant) -> bool {
    variant == Variant::Se && POINTS.se.media_type_as_format
}

/// The EU's lists hold file-type IRIs, so only those count there; the Swedish portal reads a media type as the file type behind it.
fn on_format_list<'a>(values: impl Iterator<Item = &'a Value>, variant: Variant, list_name: &str, on: impl Fn(&str) -> bool) -> Seen {
    let mut any = false;
    for value in values {
        any = true;
        let code = match value.iri().and_then(|iri| TYPES.code(iri)) {
            None if lenient(variant) => lists::file_type(value),
            code => code,
        };
        if let Some(code) = code.filter(|code| on(code)) {
            return (Some(true), format!("{code} is on the {list_name} list"));
        }
    }
    let why = if any {
        format!("nothing stated is on the {list_name} list")
    } else {
        "neither format nor media type".to_owned()
    };
    (Some(false), why)
}

fn known_licence(values: &[Value]) -> Seen {
    if values.is_empty() {
        return (Some(false), "no dcterms:license".to_owned());
    }
    let on = values.iter().filter_map(Value::iri).any(lists::known_licence);
    (Some(on), format!("{} the licence lists: {}", is_on(on), list(values)))
}

fn is_on(on: bool) -> &'static str {
    if on { "on" } else { "not on" }
}

/// Up to three values, cut: metadata, shown as it was seen.
fn list(values: &[Value]) -> String {
    let shown: Vec<String> = values.iter().take(3).map(|value| cut(value.as_str())).collect();
    let rest = values.len().saturating_sub(3);
    let more = if rest > 0 { format!(" and {rest} more") } else { String::new() };
    format!("{}{more}", shown.join(", "))
}

fn cut(text: &str) -> String {
    if text.trim().is_empty() {
        return "(empty)".to_owned();
    }
    let short: String = text.chars().take(120).collect();
    if short.len() < text.len() { short + "…" } else { short }
}
