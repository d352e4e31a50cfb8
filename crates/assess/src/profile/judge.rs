//! A finding made from a rule of the profile. A rule that the profile does not hold is not applied: the folder decides, the code knows how.

use fyr_model::catalogue::Value;
use fyr_model::{Finding, Text};

use super::folder::Profile;

/// The rules that this module's code applies; a test holds that each is used, and a folder may name no others as checked here.
pub(super) const NATIVE: &[&str] = &[
    "agent-contact-same-iri",
    "agent-not-described",
    "blank-agent",
    "blank-catalogue",
    "blank-contact",
    "blank-dataset",
    "blank-distribution",
    "byte-size-form",
    "catalogue-licence-near-miss",
    "catalogue-licence-not-cc0",
    "catalogue-missing",
    "contact-email-form",
    "contact-individual",
    "contact-not-described",
    "date-form",
    "distribution-not-described",
    "format-not-media-type",
    "frequency-deprecated",
    "geonames-form",
    "hvd-api-missing",
    "hvd-category-missing",
    "hvd-category-without-legislation",
    "hvd-distribution-alone",
    "hvd-distribution-missing",
    "hvd-licence-missing",
    "hvd-licence-too-strict",
    "hvd-licence-undecided",
    "hvd-rights-only",
    "language-not-in-list",
    "licence-empty",
    "licence-not-canonical",
    "licence-on-dataset",
    "licence-software",
    "licence-unknown",
    "not-an-iri",
    "one-iri-per-thing",
    "part-cycle",
    "part-of-part",
    "period-open-end",
    "period-reversed",
    "publisher-iri-check-digit",
    "publisher-iri-form",
    "publisher-iri-near-miss",
    "series-in-series",
    "text-english-missing",
    "text-html",
    "text-language-repeated",
    "text-language-se",
    "text-language-uk",
    "text-swedish-missing",
    "text-untagged",
    "value-not-in-list",
];

/// What a rule is applied to.
#[derive(Default)]
pub(super) struct Seen<'a> {
    pub(super) focus: &'a str,
    /// The property, where the rule file names none.
    pub(super) path: &'a str,
    pub(super) value: Option<&'a str>,
    pub(super) expected: Option<String>,
}

/// Collects what is found against one profile.
pub(super) struct Judge<'p> {
    pub(super) profile: &'p Profile,
    pub(super) findings: Vec<Finding>,
}

impl<'p> Judge<'p> {
    pub(super) fn new(profile: &'p Profile) -> Self {
        Self {
            profile,
            findings: Vec::new(),
        }
    }

    /// Reports a breach of a rule, if the profile holds it.
    pub(super) fn finds(&mut self, id: &str, seen: Seen<'_>) {
        let Some(rule) = self.profile.rules.get(id) else { return };
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
        finding.source_shape = self.shape(id);
        finding.component = component(&rule.component);
        self.findings.push(finding);
    }

    /// The IRI of our shape of that name.
    pub(super) fn shape(&self, id: &str) -> String {
        format!("{}{id}", self.profile.head.shape_base)
    }

    /// Whether the legislation named is the regulation on high-value datasets.
    pub(super) fn marked(&self, legislation: &[Value]) -> bool {
        let regulation = self.profile.head.hvd_legislation.as_str();
        !regulation.is_empty() && legislation.iter().any(|value| value.as_str() == regulation)
    }

    pub(super) fn about(&mut self, id: &str, focus: &str) {
        self.finds(id, Seen { focus, ..Seen::default() });
    }

    pub(super) fn about_value(&mut self, id: &str, focus: &str, value: &str, expected: Option<String>) {
        let value = Some(value);
        let path = "";
        self.finds(
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

/// The IRI of a SHACL constraint component.
pub(super) fn component(name: &str) -> String {
    format!("http://www.w3.org/ns/shacl#{name}ConstraintComponent")
}
