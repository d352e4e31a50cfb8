//! Data services: what their entries say, and what was seen of their descriptions and addresses.

use std::collections::BTreeMap;

use fyr_model::catalogue::Value;
use fyr_model::link::LinkVerdict;
use fyr_model::{CatalogueView, DataService};

use super::openapi::{secure, versioned};
use super::{Cell, Description, Facts, first_iri, flag, in_language, publisher, swedish, text, whole};

/// A row a service. `looked` holds what was read of descriptions, by address; `asked` the verdicts on addresses; what is in neither is not measured.
pub fn services(view: &CatalogueView, looked: &BTreeMap<String, Description>, asked: &BTreeMap<String, LinkVerdict>) -> Facts {
    let mut facts = Facts::default();
    for service in &view.services {
        facts.add(row(service, looked, asked));
    }
    facts
}

fn row(service: &DataService, looked: &BTreeMap<String, Description>, asked: &BTreeMap<String, LinkVerdict>) -> Vec<(&'static str, Cell)> {
    let endpoint = service.endpoint_url.iter().find_map(Value::iri).unwrap_or_default();
    let seen = service.endpoint_description.iter().find_map(|value| looked.get(value.as_str()));
    let verdict = asked.get(endpoint);
    let [publisher, publisher_name] = publisher(&service.publisher);
    let mut row = vec![
        ("service", text(service.iri.as_str())),
        ("title_sv", text(swedish(&service.title))),
        ("title_en", text(in_language(&service.title, "en"))),
        publisher,
        publisher_name,
        ("endpoint", text(endpoint)),
        ("described", flag(!service.description.is_empty())),
        ("description_url", first_iri(&service.endpoint_description)),
        ("description_kind", Cell::Text(seen.map(|seen| seen.kind.clone()))),
        ("description_version", Cell::Text(seen.and_then(|seen| seen.version.clone()))),
        ("description_valid", Cell::Flag(seen.and_then(|seen| seen.valid))),
        (
            "description_faults",
            Cell::Text(seen.map(|seen| seen.faults.join("; ")).filter(|faults| !faults.is_empty())),
        ),
    ];
    let terms = !service.licence.is_empty() || !service.access_rights.is_empty();
    row.extend([
        ("licence", first_iri(&service.licence)),
        ("terms", flag(terms || seen.and_then(|seen| seen.terms).unwrap_or(false))),
        (
            "contact",
            flag(!service.contact.is_empty() || seen.and_then(|seen| seen.contact).unwrap_or(false)),
        ),
        ("answers", text(verdict.map(|one| one.state.names().1).unwrap_or_default())),
        ("serves", whole(service.serves.len())),
        ("https", Cell::Flag((!endpoint.is_empty()).then(|| secure(endpoint)))),
        (
            "version_in_address",
            Cell::Flag((!endpoint.is_empty()).then(|| versioned(endpoint))),
        ),
        (
            "profile_holds",
            Cell::Text(seen.map(|seen| seen.holds.join(" ")).filter(|rules| !rules.is_empty())),
        ),
        (
            "profile_breaks",
            Cell::Text(seen.map(|seen| seen.breaks.join(" ")).filter(|rules| !rules.is_empty())),
        ),
    ]);
    row
}
