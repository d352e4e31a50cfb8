//! Profiles: what a catalogue lacks against DCAT-AP-SE (or another profile that comes as a folder), and what to do about it.
//!
//! In: the typed view and a profile. Out: findings with a stable id, the property, the shape of ours that it comes from and the kind of constraint,
//! in a fixed order. A profile is data (`dcat-ap-se/3.0.1/`): this module knows only how to look its rules up in the view. The same data gives
//! SHACL shapes ([`Profile::shapes`]), examples of each rule and the reference page `docs/rules.md`; what the view does not carry is only in the
//! shapes. Two verdicts: [`harvested`] by dataportal.se, which is lenient, and [`conforms`], which is not.

mod context;
mod data;
mod facts;
mod folder;
mod hvd;
mod judge;
mod parts;
mod properties;
mod swedish;

mod examples;
mod page;
mod shapes;

use fyr_model::{Agent, CatalogueView, Contact, Dataset, Finding, Severity};

use context::Context;
use judge::Judge;

pub use examples::{Example, examples};
pub use facts::{By, Effort, RuleFacts, Who};
pub use folder::{HEAD, Profile};
pub use parts::Check;
pub(crate) use swedish::{geonames_form, is_e_mail};

/// The profile's name on the command line.
pub const NAME: &str = "dcat-ap-se";
/// The profile's version.
pub const VERSION: &str = "3.0.1";

/// What is known about a rule of the current profile, by the id of its findings.
///
/// ```
/// let facts = fyr_assess::profile::rule("dataset-title-missing").unwrap();
/// assert_eq!((facts.term.as_str(), facts.field.sv.as_str()), ("dcterms:title", "Titel"));
/// ```
pub fn rule(id: &str) -> Option<&'static RuleFacts> {
    Profile::current().rule(id)
}

/// The current profile as SHACL shapes, in Turtle.
pub fn shapes() -> String {
    Profile::current().shapes()
}

/// The IRI of the regulation on high-value datasets.
pub(crate) fn hvd_legislation() -> &'static str {
    &Profile::current().head.hvd_legislation
}

/// The right IRI of a Swedish publisher behind a near miss.
pub(crate) fn near_organisation(iri: &str) -> Option<String> {
    swedish::near(&Profile::current().head.organisation, iri)
}

/// Every fault of a catalogue against the current profile; see [`Profile::check`].
pub fn check(view: &CatalogueView) -> Vec<Finding> {
    Profile::current().check(view)
}

/// The faults of one dataset against the current profile; see [`Profile::check_dataset`].
pub fn check_dataset(dataset: &Dataset) -> Vec<Finding> {
    Profile::current().check_dataset(dataset)
}

impl Profile {
    /// Every fault of a catalogue, by focus, property and id; what `view.findings` says already is not repeated.
    pub fn check(&self, view: &CatalogueView) -> Vec<Finding> {
        Check::new(self).finish(view)
    }

    /// The faults of one dataset, its distributions, publishers and contacts; what needs the rest of the catalogue is left to [`Self::check`].
    pub fn check_dataset(&self, dataset: &Dataset) -> Vec<Finding> {
        let mut judge = Judge::new(self);
        dataset_rules(dataset, &mut judge);
        let context = Context::of_dataset(dataset);
        swedish::shared_iri(&context, &mut judge);
        context.agents.values().for_each(|agent| about_agent(agent, &mut judge));
        context.contacts.values().for_each(|contact| about_contact(contact, &mut judge));
        ordered(judge.findings)
    }
}

fn dataset_rules(dataset: &Dataset, judge: &mut Judge<'_>) {
    properties::dataset(dataset, judge);
    swedish::dataset(dataset, judge);
    hvd::dataset(dataset, judge);
    for distribution in &dataset.distributions {
        if distribution.described {
            properties::distribution(distribution, judge);
        }
        swedish::distribution(dataset, distribution, judge);
    }
}

fn about_agent(agent: &Agent, judge: &mut Judge<'_>) {
    properties::agent(agent, judge);
    swedish::agent(agent, judge);
}

fn about_contact(contact: &Contact, judge: &mut Judge<'_>) {
    properties::contact(contact, judge);
    swedish::contact(contact, judge);
}

fn ordered(mut findings: Vec<Finding>) -> Vec<Finding> {
    fn key(finding: &Finding) -> (&str, &str, &str, Option<&str>) {
        (&finding.focus, &finding.path, &finding.id, finding.value.as_deref())
    }
    // Stable: of several that say the same, the first stays.
    findings.sort_by(|a, b| key(a).cmp(&key(b)));
    findings.dedup_by(|next, kept| key(next) == key(kept));
    findings
}

/// Whether dataportal.se would take the catalogue in: it lists records with faults, but not a catalogue that it cannot find, whose parts cannot
/// be followed, or whose catalogue or datasets have no IRI (*skördas av dataportal.se*).
pub fn harvested(findings: &[Finding]) -> bool {
    Profile::current().harvested(findings)
}

/// Whether the catalogue follows the profile: no violation (*följer profilen*).
pub fn conforms(findings: &[Finding]) -> bool {
    !findings.iter().any(|finding| finding.severity == Severity::Violation)
}

#[cfg(test)]
mod tests;
