//! Presence, number and form of the properties of `dcat-ap-se/3.0.1/properties.toml`, class by class.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use fyr_model::catalogue::{Location, Period, Value};
use fyr_model::{Agent, Catalogue, Contact, DataService, Dataset, Distribution, Finding, LangStrings, Severity, Text};
use serde::Deserialize;

use super::rules::{Seen, component, finding};
use crate::lists;
use crate::packs::PROPERTIES as FILE;

#[derive(Debug, Default, Deserialize)]
struct File {
    shape_base: String,
    class: Vec<Class>,
}

#[derive(Debug, Deserialize)]
struct Class {
    id: String,
    label: Text,
    property: Vec<Property>,
}

#[derive(Debug, Deserialize)]
struct Property {
    name: String,
    path: String,
    level: Level,
    value: Kind,
    max: Option<usize>,
    list: Option<String>,
    label: Text,
    fix: Text,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Level {
    Mandatory,
    Recommended,
    Optional,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Text,
    Iri,
    Date,
    Agent,
    Contact,
    Place,
    Period,
    Literal,
}

struct Classes {
    shape_base: String,
    by_id: BTreeMap<String, Class>,
}

static CLASSES: LazyLock<Classes> = LazyLock::new(|| {
    let file: File = FILE.read();
    Classes {
        shape_base: file.shape_base,
        by_id: file.class.into_iter().map(|class| (class.id.clone(), class)).collect(),
    }
});

/// What our shape IRIs begin with.
pub(super) fn shape_base() -> &'static str {
    &CLASSES.shape_base
}

/// What the view holds of one property.
enum Field<'a> {
    Texts(&'a LangStrings),
    Values(&'a [Value]),
    Date(Option<&'a str>),
    Count(usize),
}

impl Field<'_> {
    fn count(&self) -> usize {
        match self {
            Self::Texts(texts) => texts.iter().filter(|text| !text.value.trim().is_empty()).count(),
            Self::Values(values) => values.iter().filter(|value| !value.as_str().trim().is_empty()).count(),
            Self::Date(date) => usize::from(date.is_some()),
            Self::Count(count) => *count,
        }
    }
}

fn places(places: &[Location]) -> Field<'_> {
    Field::Count(
        places
            .iter()
            .filter(|place| place.iri.is_some() || place.geometry.is_some())
            .count(),
    )
}

fn periods(periods: &[Period]) -> Field<'_> {
    Field::Count(
        periods
            .iter()
            .filter(|period| period.start.is_some() || period.end.is_some())
            .count(),
    )
}

pub(super) fn catalogue(catalogue: &Catalogue, findings: &mut Vec<Finding>) {
    apply("catalogue", &catalogue.iri, findings, |name| {
        Some(match name {
            "title" => Field::Texts(&catalogue.title),
            "description" => Field::Texts(&catalogue.description),
            "publisher" => Field::Count(catalogue.publisher.len()),
            "license" => Field::Values(&catalogue.licence),
            // A main catalogue whose parts hold the datasets is not short of them.
            "dataset" => Field::Count(catalogue.datasets.len() + catalogue.parts.len()),
            "issued" => Field::Date(catalogue.issued.as_deref()),
            "modified" => Field::Date(catalogue.modified.as_deref()),
            "language" => Field::Values(&catalogue.language),
            "homepage" => Field::Values(&catalogue.homepage),
            "spatial" => places(&catalogue.spatial),
            "themeTaxonomy" => Field::Values(&catalogue.theme_taxonomy),
            _ => return None,
        })
    });
}

pub(super) fn dataset(dataset: &Dataset, findings: &mut Vec<Finding>) {
    let class = if dataset.series { "series" } else { "dataset" };
    apply(class, dataset.id.as_str(), findings, |name| {
        Some(match name {
            "title" => Field::Texts(&dataset.title),
            "description" => Field::Texts(&dataset.description),
            "publisher" => Field::Count(dataset.publisher.len()),
            "creator" => Field::Count(dataset.creator.len()),
            "contactPoint" => Field::Count(dataset.contact.len()),
            "keyword" => Field::Texts(&dataset.keyword),
            "theme" => Field::Values(&dataset.theme),
            "issued" => Field::Date(dataset.issued.as_deref()),
            "modified" => Field::Date(dataset.modified.as_deref()),
            "conformsTo" => Field::Values(&dataset.conforms_to),
            "spatial" => places(&dataset.spatial),
            "temporal" => periods(&dataset.temporal),
            "accessRights" => Field::Values(&dataset.access_rights),
            "accrualPeriodicity" => Field::Values(&dataset.frequency),
            "applicableLegislation" => Field::Values(&dataset.legislation),
            "hvdCategory" => Field::Values(&dataset.hvd_category),
            "landingPage" => Field::Values(&dataset.landing_page),
            "language" => Field::Values(&dataset.language),
            "inSeries" => Field::Values(&dataset.in_series),
            _ => return None,
        })
    });
}

pub(super) fn distribution(distribution: &Distribution, findings: &mut Vec<Finding>) {
    apply("distribution", &distribution.iri, findings, |name| {
        Some(match name {
            "accessURL" => Field::Values(&distribution.access_url),
            "downloadURL" => Field::Values(&distribution.download_url),
            "title" => Field::Texts(&distribution.title),
            "description" => Field::Texts(&distribution.description),
            "format" => Field::Values(&distribution.format),
            "availability" => Field::Values(&distribution.availability),
            "license" => Field::Values(&distribution.licence),
            "accessService" => Field::Values(&distribution.access_service),
            "language" => Field::Values(&distribution.language),
            "issued" => Field::Date(distribution.issued.as_deref()),
            "modified" => Field::Date(distribution.modified.as_deref()),
            "status" => Field::Values(&distribution.status),
            "applicableLegislation" => Field::Values(&distribution.legislation),
            "conformsTo" => Field::Values(&distribution.conforms_to),
            _ => return None,
        })
    });
}

pub(super) fn service(service: &DataService, findings: &mut Vec<Finding>) {
    apply("service", &service.iri, findings, |name| {
        Some(match name {
            "title" => Field::Texts(&service.title),
            "description" => Field::Texts(&service.description),
            "endpointURL" => Field::Values(&service.endpoint_url),
            "endpointDescription" => Field::Values(&service.endpoint_description),
            "contactPoint" => Field::Count(service.contact.len()),
            "keyword" => Field::Texts(&service.keyword),
            "accessRights" => Field::Values(&service.access_rights),
            "format" => Field::Values(&service.format),
            "publisher" => Field::Count(service.publisher.len()),
            "servesDataset" => Field::Values(&service.serves),
            "license" => Field::Values(&service.licence),
            _ => return None,
        })
    });
}

pub(super) fn agent(agent: &Agent, findings: &mut Vec<Finding>) {
    if !agent.described {
        return;
    }
    apply("agent", &agent.iri, findings, |name| {
        Some(match name {
            "name" => Field::Texts(&agent.name),
            "type" => Field::Values(&agent.kind),
            "identifier" => Field::Count(agent.identifier.len()),
            "homepage" => Field::Values(&agent.homepage),
            _ => return None,
        })
    });
}

pub(super) fn contact(contact: &Contact, findings: &mut Vec<Finding>) {
    if !contact.described {
        return;
    }
    apply("contact", &contact.iri, findings, |name| {
        Some(match name {
            "fn" => Field::Texts(&contact.name),
            "hasEmail" => Field::Count(contact.email.len()),
            "hasTelephone" => Field::Count(usize::from(contact.telephone)),
            "hasAddress" => Field::Count(usize::from(contact.address)),
            "hasURL" => Field::Values(&contact.url),
            _ => return None,
        })
    });
}

fn apply<'a>(class_id: &str, focus: &str, findings: &mut Vec<Finding>, field: impl Fn(&str) -> Option<Field<'a>>) {
    let Some(class) = CLASSES.by_id.get(class_id) else {
        return;
    };
    for property in &class.property {
        let Some(field) = field(&property.name) else {
            continue;
        };
        findings.extend(number(class, property, focus, field.count()));
        match &field {
            Field::Texts(texts) if property.value == Kind::Text => tags(property, focus, texts, findings),
            Field::Values(values) => forms(property, focus, values, findings),
            Field::Date(Some(date)) => date_form(&property.path, focus, date, findings),
            _ => {}
        }
    }
}

/// The kebab-case name in a finding's id: `access-url` of `accessURL`.
fn slug(name: &str) -> String {
    let chars: Vec<char> = name.chars().collect();
    let mut slug = String::new();
    for (at, c) in chars.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| chars.get(at));
        if c.is_uppercase() && before.is_some_and(|before| before.is_lowercase()) {
            slug.push('-');
        }
        slug.extend(c.to_lowercase());
    }
    slug
}

fn number(class: &Class, property: &Property, focus: &str, count: usize) -> Option<Finding> {
    let (suffix, severity, kind, message) = match (count, property.level, property.max) {
        (0, Level::Optional, _) => return None,
        (0, level, _) => {
            let severity = if level == Level::Mandatory {
                Severity::Violation
            } else {
                Severity::Warning
            };
            let message = Text::new(
                format!("{} saknar {}.", class.label.sv, property.label.sv),
                format!("{} has no {}.", class.label.en, property.label.en),
            );
            ("missing", severity, "MinCount", message)
        }
        (count, _, Some(max)) if count > max => {
            let message = Text::new(
                format!(
                    "{} har {count} värden för {}; högst {max} får anges.",
                    class.label.sv, property.label.sv
                ),
                format!(
                    "{} has {count} values of {}; at most {max} may be given.",
                    class.label.en, property.label.en
                ),
            );
            ("too-many", Severity::Violation, "MaxCount", message)
        }
        _ => return None,
    };
    let id = format!("{}-{}-{suffix}", class.id, slug(&property.name));
    let mut finding = Finding::new(&id, severity, focus, message)
        .on(&property.path)
        .fix(property.fix.clone());
    if suffix == "too-many" {
        let (sv, en) = (&property.label.sv, &property.label.en);
        finding = finding
            .evidence(format!("{count} values"))
            .fix(Text::new(format!("Behåll ett värde för {sv}."), format!("Keep one value of {en}.")));
    }
    finding.source_shape = format!("{}{id}", shape_base());
    finding.component = component(kind);
    Some(finding)
}

/// Language tags of a text property (`dcat-ap-se.md` section 5).
fn tags(property: &Property, focus: &str, texts: &LangStrings, findings: &mut Vec<Finding>) {
    let mut report = |id: &str| {
        findings.push(finding(
            id,
            Seen {
                focus,
                path: &property.path,
                value: Some(&property.label.en),
                expected: None,
            },
        ));
    };
    let mut per_language: BTreeMap<String, usize> = BTreeMap::new();
    let (mut untagged, mut northern_sami, mut uk) = (false, false, false);
    for text in texts.iter() {
        match text.lang.as_deref().map(str::to_ascii_lowercase) {
            None => untagged = true,
            Some(tag) => {
                northern_sami |= tag == "se" || tag == "se-se";
                uk |= tag == "en-uk";
                *per_language.entry(tag).or_default() += 1;
            }
        }
    }
    if untagged {
        report("text-untagged");
    }
    if northern_sami {
        report("text-language-se");
    }
    if uk {
        report("text-language-uk");
    }
    let single = matches!(property.name.as_str(), "title" | "description" | "name");
    if single && per_language.values().any(|count| *count > 1) {
        report("text-language-repeated");
    }
    let both = matches!(property.name.as_str(), "title" | "description") && !texts.is_empty();
    if both && !untagged && !texts.has(fyr_model::Lang::Sv) {
        report("text-swedish-missing");
    }
    if both && !untagged && !texts.has(fyr_model::Lang::En) {
        report("text-english-missing");
    }
}

fn forms(property: &Property, focus: &str, values: &[Value], findings: &mut Vec<Finding>) {
    // Licences and formats have rules of their own in `swedish`.
    if property.value != Kind::Iri || property.name == "license" {
        return;
    }
    for value in values {
        let seen = |expected: Option<String>| Seen {
            focus,
            path: &property.path,
            value: Some(value.as_str()),
            expected,
        };
        if value.iri().is_none() {
            findings.push(finding("not-an-iri", seen(None)));
        } else if let Some(list) = property.list.as_deref().filter(|list| !lists::on_list(list, value)) {
            findings.push(off_list(list, value, seen));
        } else if property.name == "language" && !lists::on_list("languages", value) {
            findings.push(finding("language-not-in-list", seen(None)));
        }
    }
}

fn off_list<'a>(list: &str, value: &'a Value, seen: impl Fn(Option<String>) -> Seen<'a>) -> Finding {
    let near = lists::vocabulary(list).and_then(|list| list.near(value.as_str()));
    if list == "frequencies" && value.as_str().starts_with("http://purl.org/cld/freq/") && near.is_some() {
        return finding("frequency-deprecated", seen(near));
    }
    finding(
        "value-not-in-list",
        seen(Some(near.map_or_else(|| ".".to_owned(), |near| format!(": {near}")))),
    )
}

/// Reports a date that is no `xsd:date`, `xsd:dateTime` or `xsd:gYear`.
pub(super) fn date_form(path: &str, focus: &str, date: &str, findings: &mut Vec<Finding>) {
    if crate::score::dates::xsd(date).is_none() {
        findings.push(finding(
            "date-form",
            Seen {
                focus,
                path,
                value: Some(date),
                expected: None,
            },
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_property_of_the_rule_file_is_bound_to_the_view() {
        let mut findings = Vec::new();
        catalogue(&Catalogue::default(), &mut findings);
        dataset(&Dataset::new("d"), &mut findings);
        let series = Dataset {
            series: true,
            ..Dataset::new("s")
        };
        dataset(&series, &mut findings);
        distribution(&Distribution::default(), &mut findings);
        service(&DataService::default(), &mut findings);
        let described = Agent {
            described: true,
            ..Agent::default()
        };
        agent(&described, &mut findings);
        let known = Contact {
            described: true,
            ..Contact::default()
        };
        contact(&known, &mut findings);
        let asked: usize = CLASSES
            .by_id
            .values()
            .map(|class| class.property.iter().filter(|property| property.level != Level::Optional).count())
            .sum();
        assert_eq!(
            findings.len(),
            asked,
            "a property that is asked for and not bound is never reported"
        );
        assert!(asked > 40);
    }

    #[test]
    fn ids_are_kebab_case_by_class_and_property() {
        assert_eq!(slug("accessURL"), "access-url");
        assert_eq!(slug("themeTaxonomy"), "theme-taxonomy");
        assert_eq!(slug("fn"), "fn");
    }
}
