//! The Swedish profile, DCAT-AP-SE 3.0.1: what a catalogue lacks, and what to do about it.
//!
//! In: the typed view. Out: findings with a stable id, the property, the shape of ours that it comes from and the kind of constraint, in a fixed
//! order. Rules are data: `dcat-ap-se/3.0.1/properties.toml` (presence, number, form of values) and `rules.toml` (Swedish rules); this module
//! knows only how to look them up in the view. Datatypes of literals, nodes of forms that the view does not carry and the EU's own shapes are
//! for SHACL. Two verdicts: [`harvested`] by dataportal.se, which is lenient, and [`conforms`], which is not.

mod context;
mod hvd;
mod properties;
mod rules;
mod swedish;

use std::collections::BTreeSet;

use fyr_model::{CatalogueView, Dataset, Finding, Severity};

use context::Context;
pub(crate) use rules::hvd_legislation;
pub(crate) use swedish::{geonames_form, is_e_mail, near_organisation};

/// The profile's name on the command line.
pub const NAME: &str = "dcat-ap-se";
/// The profile's version.
pub const VERSION: &str = "3.0.1";

/// Every fault of a catalogue against the profile, by focus, property and id; what `view.findings` says already is not repeated.
pub fn check(view: &CatalogueView) -> Vec<Finding> {
    let context = Context::of(view);
    let mut findings = Vec::new();
    swedish::structure(view, &context, &mut findings);
    // A sub-catalogue lends its datasets to the main one, and only the main one's metadata is kept (`harvest.md` section 2).
    let parts: BTreeSet<&str> = view.catalogues.iter().flat_map(|one| &one.parts).map(String::as_str).collect();
    for catalogue in view.catalogues.iter().filter(|one| !parts.contains(one.iri.as_str())) {
        properties::catalogue(catalogue, &mut findings);
        swedish::catalogue(catalogue, &mut findings);
    }
    for dataset in &view.datasets {
        dataset_rules(dataset, &mut findings);
        hvd::api(dataset, view, &mut findings);
    }
    for service in &view.services {
        properties::service(service, &mut findings);
        swedish::service(service, &mut findings);
    }
    for agent in context.agents.values() {
        properties::agent(agent, &mut findings);
        swedish::agent(agent, &mut findings);
    }
    for contact in context.contacts.values() {
        properties::contact(contact, &mut findings);
        swedish::contact(contact, &mut findings);
    }
    told(view, &mut findings);
    ordered(findings)
}

/// Leaves out what the reader of the graph has said of the same thing and property: it saw the triple, and says it nearer to its place.
fn told(view: &CatalogueView, findings: &mut Vec<Finding>) {
    let said: BTreeSet<(&str, &str, &str)> = view
        .findings
        .iter()
        .flat_map(|finding| [Some(finding.focus.as_str()), finding.value.as_deref()].map(|thing| (finding, thing)))
        .filter_map(|(finding, thing)| Some((finding.id.as_str(), thing?, finding.path.as_str())))
        .collect();
    findings.retain(|finding| {
        let of = |path| rules::told_by(&finding.id).is_some_and(|id| said.contains(&(id, finding.focus.as_str(), path)));
        !of(finding.path.as_str()) && !of("")
    });
}

/// The faults of one dataset, its distributions, publishers and contacts; what needs the rest of the catalogue is left to [`check`].
pub fn check_dataset(dataset: &Dataset) -> Vec<Finding> {
    let mut findings = Vec::new();
    dataset_rules(dataset, &mut findings);
    let context = Context::of_dataset(dataset);
    swedish::shared_iri(&context, &mut findings);
    for agent in context.agents.values() {
        properties::agent(agent, &mut findings);
        swedish::agent(agent, &mut findings);
    }
    for contact in context.contacts.values() {
        properties::contact(contact, &mut findings);
        swedish::contact(contact, &mut findings);
    }
    ordered(findings)
}

fn dataset_rules(dataset: &Dataset, findings: &mut Vec<Finding>) {
    properties::dataset(dataset, findings);
    swedish::dataset(dataset, findings);
    hvd::dataset(dataset, findings);
    for distribution in &dataset.distributions {
        if distribution.described {
            properties::distribution(distribution, findings);
        }
        swedish::distribution(dataset, distribution, findings);
    }
}

fn ordered(mut findings: Vec<Finding>) -> Vec<Finding> {
    let key = |finding: &Finding| {
        (
            finding.focus.clone(),
            finding.path.clone(),
            finding.id.clone(),
            finding.value.clone(),
        )
    };
    findings.sort_by_cached_key(key);
    let mut seen = BTreeSet::new();
    findings.retain(|finding| seen.insert(key(finding)));
    findings
}

/// Whether dataportal.se would take the catalogue in: it lists records with faults, but not a catalogue that it cannot find, whose parts cannot
/// be followed, or whose catalogue or datasets have no IRI (*skördas av dataportal.se*).
pub fn harvested(findings: &[Finding]) -> bool {
    !findings.iter().any(|finding| rules::stops_harvest(&finding.id))
}

/// Whether the catalogue follows the profile: no violation (*följer profilen*).
pub fn conforms(findings: &[Finding]) -> bool {
    !findings.iter().any(|finding| finding.severity == Severity::Violation)
}

#[cfg(test)]
mod tests;
