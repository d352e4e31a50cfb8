//! A profile as SHACL shapes in Turtle: the same rules for any engine, and for what the typed view does not carry.
//!
//! In: a profile. Out: text, the same for the same profile. Each shape is named by the rule's id; a rule about the values of many properties has
//! one shape for each, named `RULE:CLASS-PROPERTY`, and says `fyr:rule`. What SHACL cannot say is listed in the file's head. It validates nothing.

use std::collections::BTreeMap;
use std::fmt::Write;

use fyr_model::{Severity, Text};

use super::data::{Class, Kind, Property, Rule};
use super::facts::{By, RuleFacts};
use super::folder::{Profile, row_id, slug};
use crate::lists;

/// Prefixes of every shapes file beside those of the profile.
const OURS: [(&str, &str); 3] = [
    ("fyr", "urn:fyr:ns:"),
    ("rdfs", "http://www.w3.org/2000/01/rdf-schema#"),
    ("sh", "http://www.w3.org/ns/shacl#"),
];

impl Profile {
    /// The profile as SHACL shapes, in Turtle: mandatory properties as violations, recommended ones as warnings, and its own rules, each with
    /// messages in Swedish and English, the clause it comes from, and what people need to know.
    pub fn shapes(&self) -> String {
        let mut out = self.head_of_shapes();
        for class in &self.classes {
            self.class_shapes(class, &mut out);
        }
        for rule in self.rules.values().filter(|rule| !rule.target.is_empty()) {
            if let (Some(constraint), Some(facts)) = (self.constraint(rule), self.rule(&rule.id)) {
                let path = self.rule_path(rule);
                let kind = if path.is_empty() { "NodeShape" } else { "PropertyShape" };
                let targets = self.targets(rule);
                let block = format!("rule:{} a sh:{kind} ;\n{targets}{path}  {constraint} ;\n{}", rule.id, said(facts));
                let _ = writeln!(out, "{block}{}", known(facts));
            }
        }
        // A rule about many properties is described once.
        for rule in self.rules.values().filter(|rule| !rule.rows.is_empty()) {
            if let Some(facts) = self.rule(&rule.id) {
                let _ = writeln!(out, "rule:{} a fyr:Rule ;\n{}", rule.id, known(facts));
            }
        }
        out
    }

    fn head_of_shapes(&self) -> String {
        let mut out = format!(
            "# {} as SHACL shapes, generated from the data of its folder; change that, not this.\n",
            self.head.label.en
        );
        let _ = writeln!(out, "# {}", self.head.origin);
        out.push_str("# Only in `fyr check`:\n");
        for rule in self.rules.values() {
            if let Some(why) = &rule.only {
                let _ = writeln!(out, "#   {}: {}", rule.id, why.en);
            }
        }
        let prefixes: BTreeMap<&str, &str> = self.prefixes();
        let _ = writeln!(out, "\n@prefix rule: <{}> .", self.head.shape_base);
        for (prefix, base) in &prefixes {
            let _ = writeln!(out, "@prefix {prefix}: <{base}> .");
        }
        let declared: Vec<String> = prefixes
            .iter()
            .map(|(prefix, base)| format!("  sh:declare [ sh:prefix \"{prefix}\" ; sh:namespace \"{base}\"^^xsd:anyURI ]"))
            .collect();
        let _ = writeln!(out, "\nrule:prefixes\n{} .\n", declared.join(" ;\n"));
        out
    }

    fn prefixes(&self) -> BTreeMap<&str, &str> {
        let own = self.head.prefix.iter().map(|(prefix, base)| (prefix.as_str(), base.as_str()));
        own.chain(OURS).collect()
    }

    /// A class with its property shapes, and each of those.
    fn class_shapes(&self, class: &Class, out: &mut String) {
        let mut shapes: Vec<(String, String)> = Vec::new();
        for row in &class.property {
            self.presence(class, row, &mut shapes);
            self.row_rules(class, row, &mut shapes);
        }
        if class.iri.is_empty() || shapes.is_empty() {
            return;
        }
        let names: Vec<String> = shapes.iter().map(|(name, _)| format!("rule:{name}")).collect();
        let targets = self.class_targets(class);
        let _ = writeln!(
            out,
            "rule:shape:{} a sh:NodeShape ;\n  rdfs:label \"{}\" ;\n{targets}  sh:property {} .\n",
            class.id,
            class.name,
            names.join(" ,\n    ")
        );
        for (_, block) in &shapes {
            let _ = writeln!(out, "{block}");
        }
    }

    fn presence(&self, class: &Class, row: &Property, shapes: &mut Vec<(String, String)>) {
        let bounds = [("missing", Some(1), "minCount"), ("too-many", row.max, "maxCount")];
        for (suffix, bound, word) in bounds {
            let id = row_id(&class.id, &row.name, suffix);
            if let (Some(facts), Some(bound)) = (self.rule(&id), bound) {
                let path = self.prefixed(&row.path);
                let block = format!(
                    "rule:{id} a sh:PropertyShape ;\n  sh:path {path} ;\n  sh:{word} {bound} ;\n{}{}",
                    said(facts),
                    known(facts)
                );
                shapes.push((id, block));
            }
        }
    }

    /// The rules about the values of a property.
    fn row_rules(&self, class: &Class, row: &Property, shapes: &mut Vec<(String, String)>) {
        for rule in self.rules.values() {
            let Some(kind) = rule.rows.iter().find(|kind| applies(kind, row)) else {
                continue;
            };
            let Some(facts) = self.rule(&rule.id) else { continue };
            let Some(constraint) = self.constraint(rule).or_else(|| values_of(kind, row)) else {
                continue;
            };
            let name = format!("{}:{}-{}", rule.id, class.id, slug(&row.name));
            let path = self.prefixed(&row.path);
            let block = format!(
                "rule:{name} a sh:PropertyShape ;\n  sh:path {path} ;\n  {constraint} ;\n{}  rdfs:seeAlso <{}> ; fyr:rule rule:{} .\n",
                said(facts),
                facts.clause,
                rule.id
            );
            shapes.push((name, block));
        }
    }

    fn constraint(&self, rule: &Rule) -> Option<String> {
        let select = rule.select.as_ref().map(|select| {
            let select = select.trim().replace('\\', "\\\\");
            format!("sh:sparql [ sh:prefixes rule:prefixes ; sh:select \"\"\"{select}\"\"\" ]")
        });
        rule.shape.clone().or(select)
    }

    fn rule_path(&self, rule: &Rule) -> String {
        let named = match &rule.on {
            Some(on) => on.clone(),
            None if rule.path.is_empty() => String::new(),
            None => self.prefixed(&rule.path),
        };
        match named.strip_prefix('^') {
            _ if named.is_empty() => String::new(),
            Some(back) => format!("  sh:path [ sh:inversePath {back} ] ;\n"),
            None => format!("  sh:path {named} ;\n"),
        }
    }

    fn class_targets(&self, class: &Class) -> String {
        let classes = std::iter::once(&class.iri).chain(&class.also).map(|iri| self.prefixed(iri));
        let mut out = format!("  sh:targetClass {} ;\n", classes.collect::<Vec<_>>().join(" , "));
        if !class.objects_of.is_empty() {
            let from: Vec<String> = class.objects_of.iter().map(|iri| self.prefixed(iri)).collect();
            let _ = writeln!(out, "  sh:targetObjectsOf {} ;", from.join(" , "));
        }
        out
    }

    /// What a rule's shape looks at: `@` a class itself, `^` what a property leads to, `_` what carries it, a class by id or by name.
    fn targets(&self, rule: &Rule) -> String {
        let mut out = String::new();
        for target in &rule.target {
            let marked = [('@', "Node"), ('^', "ObjectsOf"), ('_', "SubjectsOf")];
            let named = marked.iter().find_map(|(mark, word)| Some((target.strip_prefix(*mark)?, *word)));
            match (named, self.class(target)) {
                (Some((name, word)), _) => {
                    let _ = writeln!(out, "  sh:target{word} {name} ;");
                }
                (None, Some(class)) => out.push_str(&self.class_targets(class)),
                (None, None) => {
                    let _ = writeln!(out, "  sh:targetClass {target} ;");
                }
            }
        }
        out
    }

    /// An IRI as a prefixed name where Turtle allows it.
    fn prefixed(&self, iri: &str) -> String {
        let simple = |name: &String| {
            let local = name.split_once(':').map_or("", |(_, local)| local);
            local.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
        };
        self.term(iri).filter(simple).unwrap_or_else(|| format!("<{iri}>"))
    }
}

/// Whether a rule for a kind of values is about a property.
fn applies(kind: &str, row: &Property) -> bool {
    match kind {
        "text" => row.value == Kind::Text,
        "single-text" => row.one_per_language(),
        "main-text" => row.in_both_languages(),
        "iri" => row.value == Kind::Iri,
        "node" => matches!(row.value, Kind::Agent | Kind::Contact | Kind::Place | Kind::Period | Kind::Node),
        "date" => row.value == Kind::Date,
        "list" => row.list.is_some() || !row.values.is_empty() || row.pattern.is_some(),
        "language" => row.value == Kind::Iri && row.name == "language",
        "datatype" => matches!(row.value, Kind::Duration | Kind::Decimal | Kind::Wkt),
        _ => false,
    }
}

/// The constraint that a row itself states: its list, its values, its pattern, its datatype.
fn values_of(kind: &str, row: &Property) -> Option<String> {
    let one_of = |values: Vec<String>| {
        format!(
            "sh:in ( {} )",
            values.iter().map(|iri| format!("<{iri}>")).collect::<Vec<_>>().join(" ")
        )
    };
    let list = if kind == "language" {
        Some("languages")
    } else {
        row.list.as_deref()
    };
    if let Some(vocabulary) = list.and_then(lists::vocabulary) {
        let known = one_of(vocabulary.iris().collect());
        // The old codes have a rule of their own.
        return Some(match list {
            Some("frequencies") => format!("sh:or ( [ {known} ] [ sh:pattern \"^http://purl\\\\.org/cld/freq/\" ] )"),
            _ => known,
        });
    }
    match row.value {
        Kind::Duration => Some("sh:datatype xsd:duration".into()),
        Kind::Decimal => Some("sh:datatype xsd:decimal".into()),
        Kind::Wkt => Some("sh:datatype geo:wktLiteral".into()),
        _ if !row.values.is_empty() => Some(one_of(row.values.clone())),
        _ => row.pattern.as_ref().map(|pattern| format!("sh:pattern \"{}\"", escaped(pattern))),
    }
}

/// Severity and messages.
fn said(facts: &RuleFacts) -> String {
    let severity = match facts.severity {
        Severity::Violation => "Violation",
        Severity::Warning => "Warning",
        Severity::Info => "Info",
    };
    format!("  sh:severity sh:{severity} ;\n  sh:message {} ;\n", texts(&plain(&facts.message)))
}

/// What people need to know, to the end of the block.
fn known(facts: &RuleFacts) -> String {
    let mut out = format!("  rdfs:seeAlso <{}> ;\n", facts.clause);
    if !facts.fix.sv.contains("{expected}") {
        let _ = writeln!(out, "  fyr:fix {} ;", texts(&facts.fix));
    }
    if !facts.term.is_empty() {
        let _ = writeln!(out, "  fyr:term \"{}\" ; fyr:field {} ;", facts.term, texts(&facts.field));
    }
    let (who, effort) = (word(&facts.who), word(&facts.effort));
    let by = if facts.by == By::Shapes {
        ""
    } else {
        " ; fyr:nativelyChecked true"
    };
    let _ = writeln!(
        out,
        "  fyr:guidance \"{}\" ; fyr:who \"{who}\" ; fyr:effort \"{effort}\" ; fyr:effective \"{}\"^^xsd:date{by} .",
        facts.guidance, facts.effective
    );
    out
}

/// The word that the data files use for a role or an effort.
pub(super) fn word<T: serde::Serialize>(value: &T) -> String {
    toml::Value::try_from(value)
        .ok()
        .and_then(|word| word.as_str().map(str::to_owned))
        .unwrap_or_default()
}

/// A message without the places that a finding fills in.
pub(super) fn plain(text: &Text) -> Text {
    let one = |text: &str| {
        [": {value}", " ({value})", "{value}", "{expected}"]
            .iter()
            .fold(text.to_owned(), |text, place| text.replace(place, ""))
    };
    Text::new(one(&text.sv), one(&text.en))
}

fn texts(text: &Text) -> String {
    format!("\"{}\"@sv , \"{}\"@en", escaped(&text.sv), escaped(&text.en))
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}
