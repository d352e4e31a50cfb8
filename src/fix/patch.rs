//! The list of changes as a text that a publisher can read: by rule, why in both languages, then what was and what is.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use fyr_assess::repair::reason;
use fyr_model::change::{Change, ChangeList, Term};

use crate::term::safe;

/// The text.
pub fn text(name: &str, list: &ChangeList) -> String {
    let mut groups: BTreeMap<&str, Vec<&Change>> = BTreeMap::new();
    for change in &list.changes {
        groups.entry(&change.rule).or_default().push(change);
    }
    let count = list.changes.len();
    let mut out = format!(
        "# {name}\n# sv: {count} ändringar. Rad med - är vad som stod, rad med + är vad som står nu. Allt annat är orört.\n\
         # en: {count} changes. A line with - is what was, a line with + is what is now. All else is untouched.\n"
    );
    for (rule, changes) in groups {
        let why = reason(rule);
        let _ = write!(out, "\n## {rule} ({})\n# sv: {}\n# en: {}\n", changes.len(), why.sv, why.en);
        let mut subject = "";
        for change in changes {
            if subject != change.subject {
                subject = &change.subject;
                let _ = writeln!(out, "\n{}", node(subject));
            }
            for (sign, term) in [('-', &change.before), ('+', &change.after)] {
                if let Some(term) = term {
                    let _ = writeln!(out, "  {sign} {} {}", property(&change.property), value(term));
                }
            }
        }
    }
    out
}

/// A blank node has no name that its publisher knows.
fn node(subject: &str) -> String {
    match subject.strip_prefix("urn:fyr:bnode:") {
        Some(name) => format!("[{}]", safe(name)),
        None => format!("<{}>", safe(subject)),
    }
}

const PREFIXES: [(&str, &str); 10] = [
    ("dcat", "http://www.w3.org/ns/dcat#"),
    ("dcterms", "http://purl.org/dc/terms/"),
    ("dcatap", "http://data.europa.eu/r5r/"),
    ("foaf", "http://xmlns.com/foaf/0.1/"),
    ("vcard", "http://www.w3.org/2006/vcard/ns#"),
    ("adms", "http://www.w3.org/ns/adms#"),
    ("owl", "http://www.w3.org/2002/07/owl#"),
    ("schema", "http://schema.org/"),
    ("rdfs", "http://www.w3.org/2000/01/rdf-schema#"),
    ("xsd", "http://www.w3.org/2001/XMLSchema#"),
];

fn property(iri: &str) -> String {
    let short = PREFIXES
        .iter()
        .find_map(|(prefix, base)| iri.strip_prefix(base).map(|local| format!("{prefix}:{local}")));
    safe(&short.unwrap_or_else(|| format!("<{iri}>")))
}

fn value(term: &Term) -> String {
    match term {
        Term::Iri { value } => node(value),
        Term::Literal { value, language, datatype } => {
            let text = format!("{:?}", safe(value));
            match (language, datatype) {
                (Some(tag), _) => format!("{text}@{}", safe(tag)),
                (None, Some(datatype)) => format!("{text}^^{}", property(datatype)),
                (None, None) => text,
            }
        }
    }
}
