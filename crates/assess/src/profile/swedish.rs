//! The Swedish rules: identity, publisher's IRI, licences, values and dates (`dcat-ap-se/3.0.1/rules.toml`).

use std::collections::BTreeMap;

use fyr_model::catalogue::{Location, Value};
use fyr_model::{Agent, Catalogue, CatalogueView, Contact, DataService, Dataset, Distribution, Finding};

use super::context::Context;
use super::properties::date_form;
use super::rules::{self, Seen, finding};
use crate::licence::{is_eu_licence, normalise};
use crate::lists;
use crate::score::dates;

const TEMPORAL: &str = "http://purl.org/dc/terms/temporal";
const LICENCE: &str = "http://purl.org/dc/terms/license";

fn about(id: &str, focus: &str) -> Finding {
    finding(id, Seen { focus, ..Seen::default() })
}

fn about_value(id: &str, focus: &str, value: &str, expected: Option<String>) -> Finding {
    finding(
        id,
        Seen {
            focus,
            value: Some(value),
            expected,
            path: "",
        },
    )
}

/// What concerns the catalogue as a whole: that there is one, that its parts are followed in one step, and that an IRI names one thing.
pub(super) fn structure(view: &CatalogueView, context: &Context<'_>, findings: &mut Vec<Finding>) {
    if view.catalogues.is_empty() {
        findings.push(about("catalogue-missing", ""));
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
                findings.push(about("part-cycle", &part.iri));
            } else if !part.parts.is_empty() {
                findings.push(about("part-of-part", &part.iri));
            }
        }
    }
    shared_iri(context, findings);
}

/// One IRI, one thing; publisher and contact sharing one is a rule of its own.
pub(super) fn shared_iri(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for (iri, uses) in context.uses.iter().filter(|(_, uses)| uses.len() > 1) {
        let names: Vec<&str> = uses.iter().copied().collect();
        findings.push(about_value("one-iri-per-thing", iri, &names.join(", "), None));
        if uses.contains("agent") && uses.contains("contact") {
            findings.push(about("agent-contact-same-iri", iri));
        }
    }
}

pub(super) fn catalogue(catalogue: &Catalogue, findings: &mut Vec<Finding>) {
    if catalogue.blank {
        findings.push(about("blank-catalogue", &catalogue.iri));
    }
    places(&catalogue.iri, &catalogue.spatial, findings);
    for value in &catalogue.licence {
        let read = normalise(value);
        let zero = read.licence.as_ref().is_some_and(|licence| licence.code == "CC0");
        let id = match value.iri() {
            _ if read.missing => "licence-empty",
            Some(iri) if iri == rules::catalogue_licence() || (zero && is_eu_licence(iri)) => continue,
            _ if zero => "catalogue-licence-near-miss",
            _ => "catalogue-licence-not-cc0",
        };
        findings.push(about_value(id, &catalogue.iri, value.as_str(), None));
    }
}

pub(super) fn dataset(dataset: &Dataset, findings: &mut Vec<Finding>) {
    let focus = dataset.id.as_str();
    if dataset.blank {
        findings.push(about("blank-dataset", focus));
    }
    if dataset.series && !dataset.in_series.is_empty() {
        findings.push(about("series-in-series", focus));
    }
    if dataset.licence.iter().any(|value| !normalise(value).missing) {
        findings.push(about("licence-on-dataset", focus));
    }
    if dataset.description.iter().any(|text| holds_html(&text.value)) {
        let path = "http://purl.org/dc/terms/description";
        findings.push(finding(
            "text-html",
            Seen {
                focus,
                path,
                ..Seen::default()
            },
        ));
    }
    places(focus, &dataset.spatial, findings);
    periods(dataset, findings);
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

fn periods(dataset: &Dataset, findings: &mut Vec<Finding>) {
    let focus = dataset.id.as_str();
    for period in &dataset.temporal {
        for date in period.start.iter().chain(&period.end) {
            date_form(TEMPORAL, focus, date, findings);
        }
        let start = period.start.as_deref().and_then(dates::xsd);
        let end = period.end.as_deref().and_then(dates::xsd);
        if let (Some(start), Some(end)) = (start, end)
            && end < start
        {
            findings.push(about("period-reversed", focus));
        }
        // Catalogues write 2099-12-31 or 9999-12-31 for data that keeps growing (`dcat-ap-se.md` section 10).
        if let (Some(text), Some(end)) = (&period.end, end)
            && chrono::Datelike::year(&end) >= 2099
        {
            findings.push(about_value("period-open-end", focus, text, None));
        }
    }
}

fn places(focus: &str, places: &[Location], findings: &mut Vec<Finding>) {
    for iri in places.iter().filter_map(|place| place.iri.as_deref()) {
        if let Some(expected) = geonames_form(iri) {
            findings.push(about_value("geonames-form", focus, iri, Some(expected)));
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

pub(super) fn distribution(dataset: &Dataset, distribution: &Distribution, findings: &mut Vec<Finding>) {
    let focus = distribution.iri.as_str();
    if distribution.blank {
        findings.push(about("blank-distribution", focus));
    }
    if !distribution.described {
        findings.push(about("distribution-not-described", focus));
        return;
    }
    licences(focus, &distribution.licence, findings);
    formats(focus, &distribution.format, findings);
    if let Some(size) = distribution.byte_size.as_deref().filter(|size| size.trim().parse::<u64>().is_err()) {
        findings.push(about_value("byte-size-form", focus, size, None));
    }
    let marked = |values: &[Value]| values.iter().any(|value| value.as_str() == rules::hvd_legislation());
    if marked(&distribution.legislation) && !marked(&dataset.legislation) {
        findings.push(about("hvd-distribution-alone", focus));
    }
}

fn licences(focus: &str, values: &[Value], findings: &mut Vec<Finding>) {
    for value in values {
        let read = normalise(value);
        if read.missing {
            findings.push(about("licence-empty", focus));
            continue;
        }
        if value.iri().is_none() {
            findings.push(finding(
                "not-an-iri",
                Seen {
                    focus,
                    path: LICENCE,
                    value: Some(value.as_str()),
                    expected: None,
                },
            ));
        }
        let (id, expected) = match &read.licence {
            Some(_) if read.canonical => continue,
            Some(licence) => ("licence-not-canonical", Some(licence.iri.clone())),
            None if read.software.is_some() => ("licence-software", None),
            None => ("licence-unknown", None),
        };
        findings.push(about_value(id, focus, value.as_str(), expected));
    }
}

fn formats(focus: &str, values: &[Value], findings: &mut Vec<Finding>) {
    for value in values {
        let file_type = value.iri().is_some_and(|iri| lists::TYPES.code(iri).is_some());
        if !file_type && lists::media_type(value).is_none() {
            findings.push(about_value("format-not-media-type", focus, value.as_str(), None));
        }
    }
}

pub(super) fn service(service: &DataService, findings: &mut Vec<Finding>) {
    licences(&service.iri, &service.licence, findings);
    formats(&service.iri, &service.format, findings);
}

pub(super) fn agent(agent: &Agent, findings: &mut Vec<Finding>) {
    if agent.blank {
        findings.push(about("blank-agent", &agent.iri));
        return;
    }
    if !agent.described {
        findings.push(about("agent-not-described", &agent.iri));
    }
    findings.extend(publisher_iri(&agent.iri));
}

/// Judges `http://dataportal.se/organisation/SE` + 10 digits + optional `-suffix` and the check digit.
fn publisher_iri(iri: &str) -> Option<Finding> {
    if let Some(rest) = iri.strip_prefix(rules::organisation()) {
        let (number, suffix) = rest.split_at_checked(10).unwrap_or((rest, ""));
        let digits = number.len() == 10 && number.bytes().all(|b| b.is_ascii_digit());
        let suffix_fits = suffix.is_empty() || (suffix.len() > 1 && suffix.starts_with('-'));
        if digits && suffix_fits {
            return (!check_digit_holds(number)).then(|| about_value("publisher-iri-check-digit", iri, iri, None));
        }
    }
    match near_organisation(iri) {
        Some(expected) => Some(about_value("publisher-iri-near-miss", iri, iri, Some(expected))),
        None => Some(about("publisher-iri-form", iri)),
    }
}

/// The right IRI behind a near miss: another scheme, `www.`, hyphen or space in the number, no `SE`.
pub(crate) fn near_organisation(iri: &str) -> Option<String> {
    let lower = iri.trim().to_ascii_lowercase();
    let (_, place) = rules::organisation().split_once("://")?;
    let rest = lower.split_once(place.strip_suffix("SE").unwrap_or(place))?.1;
    let rest = rest.strip_prefix("se").unwrap_or(rest);
    let plain = rest.replace("%20", " ");
    let digits: String = plain.chars().filter(char::is_ascii_digit).take(10).collect();
    let separators = plain
        .trim_end_matches('/')
        .chars()
        .all(|c| c.is_ascii_digit() || matches!(c, '-' | ' '));
    (digits.len() == 10 && separators && check_digit_holds(&digits)).then(|| format!("{}{digits}", rules::organisation()))
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

pub(super) fn contact(contact: &Contact, findings: &mut Vec<Finding>) {
    if contact.blank {
        findings.push(about("blank-contact", &contact.iri));
    } else if !contact.described {
        findings.push(about("contact-not-described", &contact.iri));
    }
    if contact.individual {
        findings.push(about("contact-individual", &contact.iri));
    }
    if contact.email.iter().any(|address| !is_e_mail(address)) {
        findings.push(about("contact-email-form", &contact.iri));
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
        let check = |iri: &str, expected: Option<&str>| {
            assert_eq!(publisher_iri(iri).map(|finding| finding.id).as_deref(), expected, "{iri}");
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
        let near = publisher_iri("https://www.dataportal.se/organisation/SE212000-9994").unwrap();
        assert!(near.fix.unwrap().text.sv.contains("http://dataportal.se/organisation/SE2120009994"));
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
