//! Findings grouped by cause: one row a rule, worst first, with the places below it.

use std::collections::BTreeMap;

use fyr_model::withheld::Withheld;
use fyr_model::{Finding, Severity};

use crate::chrome::Reader;
use crate::draw::icon;
use crate::words::{self, Markup};

/// One cause.
pub struct Cause {
    /// The class of its colour.
    pub class: &'static str,
    /// Its mark.
    pub mark: Markup,
    /// The severity in a word.
    pub level: &'static str,
    /// How often.
    pub count: String,
    /// What is so.
    pub what: String,
    /// The property.
    pub path: String,
    /// What to do.
    pub fix: String,
    /// Where, at most twenty.
    pub places: Vec<String>,
    /// How many places more.
    pub hidden: u64,
    /// The rule.
    pub rule: String,
}

const PLACES: usize = 20;

/// Findings as everybody may read them: without withheld addresses, be they what was found or where.
pub fn told(findings: impl IntoIterator<Item = Finding>, withheld: &Withheld) -> Vec<Finding> {
    let told = |mut finding: Finding| {
        let message = [&finding.message.sv, &finding.message.en];
        if message.into_iter().any(|text| withheld.hides(text)) {
            return None;
        }
        finding.value.take_if(|value| withheld.hides(value));
        finding
            .fix
            .take_if(|fix| withheld.hides(&fix.text.sv) || withheld.hides(&fix.text.en));
        if withheld.hides(&finding.focus) {
            "–".clone_into(&mut finding.focus);
        }
        Some(finding)
    };
    findings.into_iter().filter_map(told).collect()
}

/// Groups findings by rule, property and severity.
pub fn causes<'a>(reader: &Reader, findings: impl IntoIterator<Item = &'a Finding>) -> Vec<Cause> {
    let mut groups: BTreeMap<(Severity, String, String), Vec<&Finding>> = BTreeMap::new();
    for finding in findings {
        groups
            .entry((finding.severity, finding.id.clone(), finding.path.clone()))
            .or_default()
            .push(finding);
    }
    let mut causes: Vec<(Severity, usize, Cause)> = groups
        .into_iter()
        .filter_map(|((severity, id, path), all)| Some((severity, all.len(), cause(reader, severity, &id, &path, &all)?)))
        .collect();
    causes.sort_by(|a, b| a.0.cmp(&b.0).then(b.1.cmp(&a.1)));
    causes.into_iter().map(|(_, _, cause)| cause).collect()
}

/// The first causes, the rest, and the name of the rest.
pub fn split(reader: &Reader, mut causes: Vec<Cause>) -> (Vec<Cause>, Vec<Cause>, String) {
    const FIRST: usize = 8;
    let rest = causes.split_off(causes.len().min(FIRST));
    let title = format!(
        "{} {} {}",
        reader.t("Alla", "All"),
        causes.len() + rest.len(),
        reader.t("orsaker", "causes")
    );
    (causes, rest, title)
}

fn cause(reader: &Reader, severity: Severity, id: &str, path: &str, all: &[&Finding]) -> Option<Cause> {
    let first = all.first()?;
    let (class, level) = match severity {
        Severity::Violation => ("violation", reader.t("Fel", "Error")),
        Severity::Warning => ("warning", reader.t("Varning", "Warning")),
        Severity::Info => ("info", reader.t("Upplysning", "Information")),
    };
    let place = |finding: &&Finding| {
        let mut text = words::cut(&words::clean(&finding.focus), 200);
        if let Some(position) = finding.position.filter(|position| position.line > 0) {
            text.push_str(&format!(", {} {}", reader.t("rad", "line"), position.line));
        }
        if let Some(value) = &finding.value {
            text.push_str(&format!(": {}", words::cut(&words::clean(value), 120)));
        }
        text
    };
    Some(Cause {
        class,
        mark: icon::severity(severity),
        level,
        count: words::count(reader.lang, all.len() as u64),
        what: sentence(first.message.get(reader.lang)),
        path: short_path(path),
        fix: first
            .fix
            .as_ref()
            .map(|fix| sentence(fix.text.get(reader.lang)))
            .unwrap_or_default(),
        places: all.iter().take(PLACES).map(place).collect(),
        hidden: all.len().saturating_sub(PLACES) as u64,
        rule: words::clean(if first.source_shape.is_empty() { id } else { &first.source_shape }),
    })
}

/// A message as a sentence of its own.
pub fn sentence(text: &str) -> String {
    let text = words::clean(text);
    let mut chars = text.trim().chars();
    chars
        .next()
        .map(|first| first.to_uppercase().chain(chars).collect())
        .unwrap_or_default()
}

/// `dcat:accessURL` for its IRI.
pub fn short_path(iri: &str) -> String {
    const PREFIXES: [(&str, &str); 12] = [
        ("http://www.w3.org/ns/dcat#", "dcat:"),
        ("http://purl.org/dc/terms/", "dcterms:"),
        ("http://xmlns.com/foaf/0.1/", "foaf:"),
        ("http://www.w3.org/2006/vcard/ns#", "vcard:"),
        ("http://data.europa.eu/r5r/", "dcatap:"),
        ("http://www.w3.org/ns/adms#", "adms:"),
        ("http://spdx.org/rdf/terms#", "spdx:"),
        ("http://www.w3.org/2004/02/skos/core#", "skos:"),
        ("http://www.w3.org/2002/07/owl#", "owl:"),
        ("http://www.w3.org/ns/locn#", "locn:"),
        ("http://schema.org/", "schema:"),
        ("http://www.w3.org/1999/02/22-rdf-syntax-ns#", "rdf:"),
    ];
    let iri = words::clean(iri);
    let found = PREFIXES
        .iter()
        .find_map(|(long, short)| Some(format!("{short}{}", iri.strip_prefix(long)?)));
    found.unwrap_or(iri)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderMap;
    use fyr_model::Text;

    use super::*;

    #[test]
    fn findings_of_one_rule_are_one_cause_and_errors_come_first() {
        let reader = Reader::of(&"/".parse().unwrap(), &HeaderMap::new());
        let one = |id: &str, severity, focus: &str| {
            Finding::new(id, severity, focus, Text::new("licens saknas", "no licence")).on("http://purl.org/dc/terms/license")
        };
        let mut all: Vec<Finding> = (0..25)
            .map(|i| one("licence-missing", Severity::Warning, &format!("https://a.example/{i}")))
            .collect();
        all.push(one("title-missing", Severity::Violation, "https://a.example/x"));
        let causes = causes(&reader, &all);
        assert_eq!(causes.len(), 2);
        assert_eq!((causes[0].level, causes[0].count.as_str()), ("Fel", "1"));
        assert_eq!(
            (causes[1].places.len(), causes[1].hidden, causes[1].path.as_str()),
            (20, 5, "dcterms:license")
        );
    }
}
