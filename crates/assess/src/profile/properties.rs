//! Presence, number and form of the properties of a profile, class by class.

use std::collections::BTreeMap;

use fyr_model::catalogue::{Location, Period, Value};
use fyr_model::{Agent, Catalogue, Contact, DataService, Dataset, Distribution, Finding, Lang, LangStrings, Severity, Text};

use super::data::{Class, Kind, Property};
use super::folder::{keep_one, missing, row_id};
use super::judge::{Judge, Seen, component};
use crate::lists;

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

pub(super) fn catalogue(catalogue: &Catalogue, judge: &mut Judge<'_>) {
    apply("catalogue", &catalogue.iri, judge, |name| {
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

pub(super) fn dataset(dataset: &Dataset, judge: &mut Judge<'_>) {
    let class = if dataset.series { "series" } else { "dataset" };
    apply(class, dataset.id.as_str(), judge, |name| {
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

pub(super) fn distribution(distribution: &Distribution, judge: &mut Judge<'_>) {
    apply("distribution", &distribution.iri, judge, |name| {
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

pub(super) fn service(service: &DataService, judge: &mut Judge<'_>) {
    apply("service", &service.iri, judge, |name| {
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

pub(super) fn agent(agent: &Agent, judge: &mut Judge<'_>) {
    if !agent.described {
        return;
    }
    apply("agent", &agent.iri, judge, |name| {
        Some(match name {
            "name" => Field::Texts(&agent.name),
            "type" => Field::Values(&agent.kind),
            "identifier" => Field::Count(agent.identifier.len()),
            "homepage" => Field::Values(&agent.homepage),
            _ => return None,
        })
    });
}

pub(super) fn contact(contact: &Contact, judge: &mut Judge<'_>) {
    if !contact.described {
        return;
    }
    apply("contact", &contact.iri, judge, |name| {
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

fn apply<'a>(class_id: &str, focus: &str, judge: &mut Judge<'_>, field: impl Fn(&str) -> Option<Field<'a>>) {
    let profile = judge.profile;
    let Some(class) = profile.class(class_id) else {
        return;
    };
    for property in &class.property {
        let Some(field) = field(&property.name) else {
            continue;
        };
        let number = number(judge, class, property, focus, field.count());
        judge.findings.extend(number);
        match &field {
            Field::Texts(texts) if property.value == Kind::Text => tags(property, focus, texts, judge),
            Field::Values(values) => forms(property, focus, values, judge),
            Field::Date(Some(date)) => date_form(&property.path, focus, date, judge),
            _ => {}
        }
    }
}

fn number(judge: &Judge<'_>, class: &Class, property: &Property, focus: &str, count: usize) -> Option<Finding> {
    let (id, kind, mut finding) = match (count, property.max) {
        (0, _) => {
            let severity = property.level.severity()?;
            let id = row_id(&class.id, &property.name, "missing");
            let finding = Finding::new(&id, severity, focus, missing(class, property)).fix(property.fix.clone());
            (id, "MinCount", finding)
        }
        (count, Some(max)) if count > max => {
            let id = row_id(&class.id, &property.name, "too-many");
            let finding = Finding::new(&id, Severity::Violation, focus, counted(class, property, count, max))
                .evidence(format!("{count} values"))
                .fix(keep_one(property));
            (id, "MaxCount", finding)
        }
        _ => return None,
    };
    finding.path.clone_from(&property.path);
    finding.source_shape = judge.shape(&id);
    finding.component = component(kind);
    Some(finding)
}

fn counted(class: &Class, property: &Property, count: usize, max: usize) -> Text {
    Text::new(
        format!(
            "{} har {count} värden för {}; högst {max} får anges.",
            class.label.sv, property.label.sv
        ),
        format!(
            "{} has {count} values of {}; at most {max} may be given.",
            class.label.en, property.label.en
        ),
    )
}

/// Language tags of a text property (`dcat-ap-se.md` section 5).
fn tags(property: &Property, focus: &str, texts: &LangStrings, judge: &mut Judge<'_>) {
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
    let repeated = property.one_per_language() && per_language.values().any(|count| *count > 1);
    let both = property.in_both_languages() && !texts.is_empty() && !untagged;
    let found = [
        ("text-untagged", untagged),
        ("text-language-se", northern_sami),
        ("text-language-uk", uk),
        ("text-language-repeated", repeated),
        ("text-swedish-missing", both && !texts.has(Lang::Sv)),
        ("text-english-missing", both && !texts.has(Lang::En)),
    ];
    for (id, _) in found.into_iter().filter(|(_, holds)| *holds) {
        let (path, value) = (property.path.as_str(), Some(property.label.en.as_str()));
        let expected = None;
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

fn forms(property: &Property, focus: &str, values: &[Value], judge: &mut Judge<'_>) {
    // Licences and formats have rules of their own in `swedish`.
    if property.value != Kind::Iri || property.name == "license" {
        return;
    }
    for value in values {
        let (id, expected) = if value.iri().is_none() {
            ("not-an-iri", None)
        } else if let Some(list) = property.list.as_deref().filter(|list| !lists::on_list(list, value)) {
            off_list(list, value)
        } else if !property.values.is_empty() && !property.values.iter().any(|known| known == value.as_str()) {
            ("value-not-in-list", Some(".".to_owned()))
        } else if property.name == "language" && !lists::on_list("languages", value) {
            ("language-not-in-list", None)
        } else {
            continue;
        };
        let (path, value) = (property.path.as_str(), Some(value.as_str()));
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

fn off_list(list: &str, value: &Value) -> (&'static str, Option<String>) {
    let near = lists::vocabulary(list).and_then(|list| list.near(value.as_str()));
    if list == "frequencies" && value.as_str().starts_with("http://purl.org/cld/freq/") && near.is_some() {
        return ("frequency-deprecated", near);
    }
    (
        "value-not-in-list",
        Some(near.map_or_else(|| ".".to_owned(), |near| format!(": {near}"))),
    )
}

/// Reports a date that is no `xsd:date`, `xsd:dateTime` or `xsd:gYear`.
pub(super) fn date_form(path: &str, focus: &str, date: &str, judge: &mut Judge<'_>) {
    if crate::score::dates::xsd(date).is_none() {
        let (value, expected) = (Some(date), None);
        judge.finds(
            "date-form",
            Seen {
                focus,
                path,
                value,
                expected,
            },
        );
    }
}

#[cfg(test)]
mod tests {
    use super::super::data::Level;
    use super::super::facts::By;
    use super::super::folder::{Profile, slug};
    use super::*;

    #[test]
    fn every_property_that_is_not_for_the_shapes_alone_is_bound_to_the_view() {
        let mut judge = Judge::new(Profile::current());
        catalogue(&Catalogue::default(), &mut judge);
        dataset(&Dataset::new("d"), &mut judge);
        let series = Dataset {
            series: true,
            ..Dataset::new("s")
        };
        dataset(&series, &mut judge);
        distribution(&Distribution::default(), &mut judge);
        service(&DataService::default(), &mut judge);
        let described = Agent {
            described: true,
            ..Agent::default()
        };
        agent(&described, &mut judge);
        let known = Contact {
            described: true,
            ..Contact::default()
        };
        contact(&known, &mut judge);
        let rows = Profile::current().classes.iter().flat_map(|class| &class.property);
        let asked = rows.filter(|row| row.level != Level::Optional && row.by == By::Check).count();
        assert_eq!(
            judge.findings.len(),
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
