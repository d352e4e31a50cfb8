//! The Swedish rules: identity, publisher's IRI, licences, values and dates (`rules.toml` of the profile's folder).

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};
use fyr_model::catalogue::{Location, Value};
use fyr_model::{Agent, Catalogue, CatalogueView, Contact, DataService, Dataset, Distribution};

use super::context::Context;
use super::judge::{Judge, Seen};
use super::properties::date_form;
use crate::licence::{is_eu_licence, normalise};
use crate::lists;
use crate::score::dates;

const TEMPORAL: &str = "http://purl.org/dc/terms/temporal";
const LICENCE: &str = "http://purl.org/dc/terms/license";

/// What concerns the catalogue as a whole: that there is one, that its parts are followed in one step, and that an IRI names one thing.
pub(super) fn structure(view: &CatalogueView, context: &Context<'_>, judge: &mut Judge<'_>) {
    if view.catalogues.is_empty() {
        judge.about("catalogue-missing", "");
    }
    let by_iri: BTreeMap<&str, &Catalogue> = view
        .catalogues
        .iter()
        .map(|catalogue| (catalogue.iri.as_str(), catalogue))
        .collect();
    for catalogue in &view.catalogues {
        let parts = catalogue.parts.iter().filter_map(|part| by_iri.get(part.as_str()));
        for part in parts {
            if part.iri == catalogue.iri || part.parts.contains(&catalogue.iri) {
                judge.about("part-cycle", &part.iri);
            } else if !part.parts.is_empty() {
                judge.about("part-of-part", &part.iri);
            }
        }
    }
    shared_iri(context, judge);
}

/// One IRI, one thing; publisher and contact sharing one is a rule of its own.
pub(super) fn shared_iri(context: &Context<'_>, judge: &mut Judge<'_>) {
    for (iri, uses) in context.uses.iter().filter(|(_, uses)| uses.len() > 1) {
        let names: Vec<&str> = uses.iter().copied().collect();
        judge.about_value("one-iri-per-thing", iri, &names.join(", "), None);
        if uses.contains("agent") && uses.contains("contact") {
            judge.about("agent-contact-same-iri", iri);
        }
    }
}

pub(super) fn catalogue(catalogue: &Catalogue, judge: &mut Judge<'_>) {
    if catalogue.blank {
        judge.about("blank-catalogue", &catalogue.iri);
    }
    places(&catalogue.iri, &catalogue.spatial, judge);
    for value in &catalogue.licence {
        let read = normalise(value);
        let zero = read.licence.as_ref().is_some_and(|licence| licence.code == "CC0");
        let id = match value.iri() {
            _ if read.missing => "licence-empty",
            Some(iri) if iri == judge.profile.head.catalogue_licence || (zero && is_eu_licence(iri)) => continue,
            _ if zero => "catalogue-licence-near-miss",
            _ => "catalogue-licence-not-cc0",
        };
        judge.about_value(id, &catalogue.iri, value.as_str(), None);
    }
}

pub(super) fn dataset(dataset: &Dataset, judge: &mut Judge<'_>) {
    let focus = dataset.id.as_str();
    if dataset.blank {
        judge.about("blank-dataset", focus);
    }
    if dataset.series && !dataset.in_series.is_empty() {
        judge.about("series-in-series", focus);
    }
    if dataset.licence.iter().any(|value| !normalise(value).missing) {
        judge.about("licence-on-dataset", focus);
    }
    if dataset.description.iter().any(|text| holds_html(&text.value)) {
        let path = "http://purl.org/dc/terms/description";
        judge.finds(
            "text-html",
            Seen {
                focus,
                path,
                ..Seen::default()
            },
        );
    }
    places(focus, &dataset.spatial, judge);
    periods(dataset, judge);
}

fn holds_html(text: &str) -> bool {
    let lower = text.to_lowercase();
    [
        "<p>",
        "<p ",
        "<br",
        "<div",
        "<a href",
        "<span",
        "<ul>",
        "<li>",
        "<strong>",
        "&lt;p&gt;",
        "&nbsp;",
    ]
    .iter()
    .any(|tag| lower.contains(tag))
}

fn periods(dataset: &Dataset, judge: &mut Judge<'_>) {
    let focus = dataset.id.as_str();
    for period in &dataset.temporal {
        for date in period.start.iter().chain(&period.end) {
            date_form(TEMPORAL, focus, date, judge);
        }
        let start = period.start.as_deref().and_then(first_day);
        let end = period.end.as_deref().and_then(dates::xsd);
        if let (Some(start), Some(end)) = (start, end)
            && end < start
        {
            judge.about("period-reversed", focus);
        }
        // Catalogues write 2099-12-31 or 9999-12-31 for data that keeps growing (`dcat-ap-se.md` section 10).
        if let (Some(text), Some(end)) = (&period.end, end)
            && end.year() >= 2099
        {
            judge.about_value("period-open-end", focus, text, None);
        }
    }
}

/// The day on which a period begins: a bare year begins on its first day.
fn first_day(date: &str) -> Option<NaiveDate> {
    let last = dates::xsd(date)?;
    if date.trim().get(4..5) == Some("-") {
        return Some(last);
    }
    NaiveDate::from_ymd_opt(last.year(), 1, 1)
}

fn places(focus: &str, places: &[Location], judge: &mut Judge<'_>) {
    for iri in places.iter().filter_map(|place| place.iri.as_deref()) {
        if let Some(expected) = geonames_form(iri) {
            judge.about_value("geonames-form", focus, iri, Some(expected));
        }
    }
}

/// The profile's form of a Geonames address that is written in another one.
pub(crate) fn geonames_form(iri: &str) -> Option<String> {
    let (_, rest) = iri.split_once("geonames.org/")?;
    let id: String = rest.chars().take_while(char::is_ascii_digit).collect();
    let expected = format!("http://sws.geonames.org/{id}");
    (iri != expected && iri.strip_suffix('/') != Some(&expected) && !id.is_empty()).then_some(expected)
}

pub(super) fn distribution(dataset: &Dataset, distribution: &Distribution, judge: &mut Judge<'_>) {
    let focus = distribution.iri.as_str();
    if distribution.blank {
        judge.about("blank-distribution", focus);
    }
    if !distribution.described {
        judge.about("distribution-not-described", focus);
        return;
    }
    licences(focus, &distribution.licence, judge);
    formats(focus, &distribution.format, judge);
    if let Some(size) = distribution.byte_size.as_deref().filter(|size| size.trim().parse::<u64>().is_err()) {
        judge.about_value("byte-size-form", focus, size, None);
    }
    if judge.marked(&distribution.legislation) && !judge.marked(&dataset.legislation) {
        judge.about("hvd-distribution-alone", focus);
    }
}

fn licences(focus: &str, values: &[Value], judge: &mut Judge<'_>) {
    for value in values {
        let read = normalise(value);
        if read.missing {
            judge.about("licence-empty", focus);
            continue;
        }
        if value.iri().is_none() {
            judge.finds(
                "not-an-iri",
                Seen {
                    focus,
                    path: LICENCE,
                    value: Some(value.as_str()),
                    expected: None,
                },
            );
        }
        let (id, expected) = match &read.licence {
            Some(_) if read.canonical => continue,
            Some(licence) => ("licence-not-canonical", Some(licence.iri.clone())),
            None if read.software.is_some() => ("licence-software", None),
            None => ("licence-unknown", None),
        };
        judge.about_value(id, focus, value.as_str(), expected);
    }
}

fn formats(focus: &str, values: &[Value], judge: &mut Judge<'_>) {
    for value in values {
        let file_type = value.iri().is_some_and(|iri| lists::TYPES.code(iri).is_some());
        if !file_type && lists::media_type(value).is_none() {
            judge.about_value("format-not-media-type", focus, value.as_str(), None);
        }
    }
}

pub(super) fn service(service: &DataService, judge: &mut Judge<'_>) {
    licences(&service.iri, &service.licence, judge);
    formats(&service.iri, &service.format, judge);
}

pub(super) fn agent(agent: &Agent, judge: &mut Judge<'_>) {
    if agent.blank {
        judge.about("blank-agent", &agent.iri);
        return;
    }
    if !agent.described {
        judge.about("agent-not-described", &agent.iri);
    }
    if let Some((id, expected)) = publisher_iri(&judge.profile.head.organisation, &agent.iri) {
        let value = (id != "publisher-iri-form").then_some(agent.iri.as_str());
        let (focus, path) = (agent.iri.as_str(), "");
        judge.finds(
            id,
            Seen {
                focus,
                path,
                value,
                expected,
            },
        );
    }
}

/// Judges `http://dataportal.se/organisation/SE` + 10 digits + optional `-suffix` and the check digit: the rule broken, and what was meant.
fn publisher_iri(organisation: &str, iri: &str) -> Option<(&'static str, Option<String>)> {
    if let Some(rest) = iri.strip_prefix(organisation) {
        let (number, suffix) = rest.split_at_checked(10).unwrap_or((rest, ""));
        let digits = number.len() == 10 && number.bytes().all(|b| b.is_ascii_digit());
        let suffix_fits = suffix.is_empty() || (suffix.len() > 1 && suffix.starts_with('-'));
        if digits && suffix_fits {
            return (!check_digit_holds(number)).then_some(("publisher-iri-check-digit", None));
        }
    }
    match near(organisation, iri) {
        Some(expected) => Some(("publisher-iri-near-miss", Some(expected))),
        None => Some(("publisher-iri-form", None)),
    }
}

/// The right IRI behind a near miss: another scheme, `www.`, hyphen or space in the number, no `SE`.
pub(super) fn near(organisation: &str, iri: &str) -> Option<String> {
    let lower = iri.trim().to_ascii_lowercase();
    let (_, place) = organisation.split_once("://")?;
    let rest = lower.split_once(place.strip_suffix("SE").unwrap_or(place))?.1;
    let rest = rest.strip_prefix("se").unwrap_or(rest);
    let plain = rest.replace("%20", " ");
    let digits: String = plain.chars().filter(char::is_ascii_digit).take(10).collect();
    let separators = plain
        .trim_end_matches('/')
        .chars()
        .all(|c| c.is_ascii_digit() || matches!(c, '-' | ' '));
    (digits.len() == 10 && separators && check_digit_holds(&digits)).then(|| format!("{organisation}{digits}"))
}

/// The check digit of an organisation number: the Luhn algorithm (modulus 10) over ten digits.
fn check_digit_holds(number: &str) -> bool {
    let sum: u32 = number
        .chars()
        .filter_map(|c| c.to_digit(10))
        .enumerate()
        .map(|(at, digit)| if at % 2 == 0 { digit * 2 } else { digit })
        .map(|product| product / 10 + product % 10)
        .sum();
    sum.is_multiple_of(10)
}

pub(super) fn contact(contact: &Contact, judge: &mut Judge<'_>) {
    if contact.blank {
        judge.about("blank-contact", &contact.iri);
    } else if !contact.described {
        judge.about("contact-not-described", &contact.iri);
    }
    if contact.individual {
        judge.about("contact-individual", &contact.iri);
    }
    if contact.email.iter().any(|address| !is_e_mail(address)) {
        judge.about("contact-email-form", &contact.iri);
    }
}

/// Whether an address has the form `name@domain.tld`; the address itself is never repeated in a finding.
pub(crate) fn is_e_mail(address: &str) -> bool {
    let address = address.trim();
    address.split_once('@').is_some_and(|(name, domain)| {
        !name.is_empty()
            && domain.contains('.')
            && !domain.starts_with('.')
            && !domain.ends_with('.')
            && !address.contains(char::is_whitespace)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_publisher_iri_is_ten_digits_with_a_valid_check_digit() {
        const ORGANISATION: &str = "http://dataportal.se/organisation/SE";
        let check = |iri: &str, expected: Option<&str>| {
            assert_eq!(publisher_iri(ORGANISATION, iri).map(|(id, _)| id), expected, "{iri}");
        };
        check("http://dataportal.se/organisation/SE2120009994", None);
        check("http://dataportal.se/organisation/SE2120009994-bibliotek", None);
        check("http://dataportal.se/organisation/SE2120009995", Some("publisher-iri-check-digit"));
        check("https://dataportal.se/organisation/SE2120009994", Some("publisher-iri-near-miss"));
        check(
            "http://www.dataportal.se/organisation/SE2120009994",
            Some("publisher-iri-near-miss"),
        );
        check("http://dataportal.se/organisation/SE212000-9994", Some("publisher-iri-near-miss"));
        check("http://dataportal.se/organisation/SE2120009994-", Some("publisher-iri-near-miss"));
        check("http://dataportal.se/organisation/SE212000999", Some("publisher-iri-form"));
        check("https://data.exempelby.example/org", Some("publisher-iri-form"));
        let near = publisher_iri(ORGANISATION, "https://www.dataportal.se/organisation/SE212000-9994");
        let (_, expected) = near.unwrap();
        assert_eq!(expected.as_deref(), Some("http://dataportal.se/organisation/SE2120009994"));
    }

    #[test]
    fn an_e_mail_address_has_a_name_and_a_domain() {
        assert!(is_e_mail("data@exempelby.example"));
        for wrong in [
            "",
            "data",
            "@exempelby.example",
            "data@",
            "data@exempelby",
            "data @exempelby.example",
        ] {
            assert!(!is_e_mail(wrong), "{wrong}");
        }
    }
}
