//! The rule file `dcat-ap-se/3.0.1/rules.toml`, and a finding made from one of its rules.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use fyr_model::{Finding, Severity, Text};
use serde::Deserialize;

use super::properties::shape_base;
use crate::packs::RULES as FILE;

#[derive(Debug, Default, Deserialize)]
struct File {
    hvd_legislation: String,
    organisation: String,
    catalogue_licence: String,
    also_stops: BTreeSet<String>,
    rule: Vec<Rule>,
}

#[derive(Debug, Deserialize)]
struct Rule {
    id: String,
    severity: Severity,
    path: String,
    component: String,
    message: Text,
    fix: Text,
    told_by: Option<String>,
    #[serde(default)]
    stops_harvest: bool,
}

struct Rules {
    hvd_legislation: String,
    organisation: String,
    catalogue_licence: String,
    also_stops: BTreeSet<String>,
    by_id: BTreeMap<String, Rule>,
}

static RULES: LazyLock<Rules> = LazyLock::new(|| {
    let file: File = FILE.read();
    Rules {
        hvd_legislation: file.hvd_legislation,
        organisation: file.organisation,
        catalogue_licence: file.catalogue_licence,
        also_stops: file.also_stops,
        by_id: file.rule.into_iter().map(|rule| (rule.id.clone(), rule)).collect(),
    }
});

/// The IRI of the regulation on high-value datasets.
pub(crate) fn hvd_legislation() -> &'static str {
    &RULES.hvd_legislation
}

/// What a Swedish publisher's IRI begins with.
pub(super) fn organisation() -> &'static str {
    &RULES.organisation
}

/// The one licence of a catalogue's metadata.
pub(super) fn catalogue_licence() -> &'static str {
    &RULES.catalogue_licence
}

pub(super) fn stops_harvest(id: &str) -> bool {
    RULES.also_stops.contains(id) || RULES.by_id.get(id).is_some_and(|rule| rule.stops_harvest)
}

/// The id under which the reader of the graph reports the same fault.
pub(super) fn told_by(id: &str) -> Option<&'static str> {
    RULES.by_id.get(id)?.told_by.as_deref()
}

/// What a rule is applied to.
#[derive(Default)]
pub(super) struct Seen<'a> {
    pub(super) focus: &'a str,
    /// The property, where the rule file names none.
    pub(super) path: &'a str,
    pub(super) value: Option<&'a str>,
    pub(super) expected: Option<String>,
}

/// The finding of a rule. A rule that the file does not hold yields a bare violation, so that a typing error is seen and never silent.
pub(super) fn finding(id: &str, seen: Seen<'_>) -> Finding {
    let Some(rule) = RULES.by_id.get(id) else {
        return Finding::new(id, Severity::Violation, seen.focus, Text::new(id, id));
    };
    let shown: String = seen.value.unwrap_or_default().chars().take(200).collect();
    let expected = seen.expected.unwrap_or_default();
    let fill = |text: &Text| {
        let one = |text: &str| text.replace("{value}", &shown).replace("{expected}", &expected);
        Text::new(one(&text.sv), one(&text.en))
    };
    let path = if rule.path.is_empty() { seen.path } else { &rule.path };
    let mut finding = Finding::new(id, rule.severity, seen.focus, fill(&rule.message))
        .on(path)
        .fix(fill(&rule.fix));
    finding.value = seen.value.map(|_| shown);
    finding.source_shape = format!("{}{id}", shape_base());
    finding.component = component(&rule.component);
    finding
}

/// The IRI of a SHACL constraint component.
pub(super) fn component(name: &str) -> String {
    format!("http://www.w3.org/ns/shacl#{name}ConstraintComponent")
}

#[cfg(test)]
pub(super) fn ids() -> Vec<&'static str> {
    RULES.by_id.keys().map(String::as_str).collect()
}
