//! One metric on one entity: passed, failed or not measured, with what was seen.

use std::collections::BTreeMap;

use fyr_model::catalogue::Value;
use fyr_model::mqa::{MqaMetric, Variant};
use fyr_model::{Dataset, Distribution};

use super::Links;
use super::points::{POINTS, Row};
use crate::lists::{self, MEDIA, TYPES};

/// What was seen, put into words only where somebody reads them.
pub(super) trait Words {
    fn words(make: impl FnOnce() -> String) -> Self;
}

impl Words for String {
    fn words(make: impl FnOnce() -> String) -> Self {
        make()
    }
}

/// For totals alone.
impl Words for () {
    fn words(_: impl FnOnce() -> String) -> Self {}
}

/// Passed or not, none when not measured, and what was seen.
pub(super) type Seen<W> = (Option<bool>, W);

pub(super) fn on_dataset<W: Words>(row: &Row, dataset: &Dataset, variant: Variant, complies: Option<bool>) -> Seen<W> {
    match row.id.as_str() {
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
        "dcatApCompliance" => compliance(variant, complies),
        _ => unmeasured(),
    }
}

pub(super) fn on_distribution<W: Words>(row: &Row, distribution: &Distribution, variant: Variant, links: &Links) -> Seen<W> {
    let formats = || distribution.format.iter().chain(&distribution.media_type);
    match row.id.as_str() {
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
        _ => unmeasured(),
    }
}

/// What was seen as the metric that is reported.
pub(super) fn metric(row: &Row, variant: Variant, on: &str, (passed, evidence): Seen<String>) -> MqaMetric {
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

fn unmeasured<W: Words>() -> Seen<W> {
    (None, W::words(|| "not measured".to_owned()))
}

fn counted<W: Words>(property: &str, count: usize) -> Seen<W> {
    let words = || match count {
        0 => format!("no {property}"),
        1 => format!("1 value of {property}"),
        count => format!("{count} values of {property}"),
    };
    (Some(count > 0), W::words(words))
}

fn stated<W: Words>(property: &str, values: &[Value]) -> Seen<W> {
    match values {
        [] => (Some(false), W::words(|| format!("no {property}"))),
        values => (Some(true), W::words(|| format!("{property}: {}", list(values)))),
    }
}

fn dated<W: Words>(property: &str, value: Option<&str>) -> Seen<W> {
    match value {
        None => (Some(false), W::words(|| format!("no {property}"))),
        Some(value) => (Some(true), W::words(|| format!("{property}: {}", cut(value)))),
    }
}

fn compliance<W: Words>(variant: Variant, complies: Option<bool>) -> Seen<W> {
    let scored = variant != Variant::Se || POINTS.se.compliance_scored;
    let text = match complies {
        _ if !scored => "not scored: the Swedish portal checks no shapes",
        None => "not measured: the shapes have not been run",
        Some(true) => "no violation of the shapes",
        Some(false) => "at least one violation of the shapes",
    };
    (complies.filter(|_| scored), W::words(|| text.to_owned()))
}

fn access_rights<W: Words>(values: &[Value]) -> Seen<W> {
    if values.is_empty() {
        return (Some(false), W::words(|| "no dcterms:accessRights".to_owned()));
    }
    let on = values.iter().any(|value| lists::on_list("access-rights", value));
    let words = || format!("{} the EU access-right table: {}", is_on(on), list(values));
    (Some(on), W::words(words))
}

/// The best of several addresses counts; an address that was not asked leaves the metric unmeasured unless another one answers.
fn status<W: Words>(property: &str, addresses: &[Value], links: &Links) -> Seen<W> {
    if addresses.is_empty() {
        return (Some(false), W::words(|| format!("no {property}")));
    }
    match links {
        Links::None => (None, W::words(|| format!("not measured: no {property} was asked"))),
        Links::AssumeOk => (Some(true), W::words(|| format!("{property} assumed to answer 200"))),
        Links::Statuses(statuses) => recorded(property, addresses, statuses),
    }
}

fn recorded<W: Words>(property: &str, addresses: &[Value], statuses: &BTreeMap<String, u16>) -> Seen<W> {
    let asked: Vec<u16> = addresses
        .iter()
        .filter_map(|address| statuses.get(address.as_str()).copied())
        .collect();
    let passes = |status: &u16| (200..300).contains(status);
    let best = asked.iter().copied().find(passes).or_else(|| asked.iter().copied().min());
    match best {
        Some(best) => {
            let words = || format!("{property} answered {best}, best of {} asked", asked.len());
            (Some(passes(&best)), W::words(words))
        }
        None => (None, W::words(|| format!("not measured: no {property} was asked"))),
    }
}

fn alignment<W: Words>(distribution: &Distribution, variant: Variant) -> Seen<W> {
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
        let words = || "file type on the EU table and media type on the IANA list".to_owned();
        return (Some(true), W::words(words));
    }
    let mut stated = distribution
        .format
        .iter()
        .chain(&distribution.media_type)
        .filter_map(lists::media_type);
    match stated.find(|media| lenient(variant) && MEDIA.known(media)) {
        Some(media) => (Some(true), W::words(|| format!("media type on the list: {media}"))),
        None => {
            let words = || "not both a file type on the EU table and a media type on the IANA list".to_owned();
            (Some(false), W::words(words))
        }
    }
}

fn lenient(variant: Variant) -> bool {
    variant == Variant::Se && POINTS.se.media_type_as_format
}

/// The EU's lists hold file-type IRIs, so only those count there; the Swedish portal reads a media type as the file type behind it.
fn on_format_list<'a, W: Words>(
    values: impl Iterator<Item = &'a Value>,
    variant: Variant,
    list_name: &str,
    on: impl Fn(&str) -> bool,
) -> Seen<W> {
    let mut any = false;
    for value in values {
        any = true;
        let code = match value.iri().and_then(|iri| TYPES.code(iri)) {
            None if lenient(variant) => lists::file_type(value),
            code => code,
        };
        if let Some(code) = code.filter(|code| on(code)) {
            return (Some(true), W::words(|| format!("{code} is on the {list_name} list")));
        }
    }
    let words = || match any {
        true => format!("nothing stated is on the {list_name} list"),
        false => "neither format nor media type".to_owned(),
    };
    (Some(false), W::words(words))
}

fn known_licence<W: Words>(values: &[Value]) -> Seen<W> {
    if values.is_empty() {
        return (Some(false), W::words(|| "no dcterms:license".to_owned()));
    }
    let on = values.iter().filter_map(Value::iri).any(lists::known_licence);
    let words = || format!("{} the licence lists: {}", is_on(on), list(values));
    (Some(on), W::words(words))
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
