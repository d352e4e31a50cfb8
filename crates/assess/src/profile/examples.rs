//! Each rule shown: the smallest catalogue that breaks it, and the same without the fault.
//!
//! In: a profile and the table `dcat-ap-se/examples.toml`. Out: pairs of Turtle documents with invented content. What a property's presence and
//! number need is made from the profile's own rows, so that a new row brings its example with it.

use serde::Deserialize;

use super::data::{Class, Kind, Level, Property};
use super::folder::{Profile, row_id};
use crate::lists;
use crate::packs::EXAMPLES;

/// A rule, a document that breaks it and one that does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// The rule's id.
    pub rule: String,
    /// Turtle that breaks it.
    pub fail: String,
    /// Turtle that does not.
    pub pass: String,
}

#[derive(Debug, Default, Deserialize)]
struct File {
    example: Vec<Written>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    rule: String,
    /// What both documents begin with.
    #[serde(default)]
    both: String,
    #[serde(default)]
    fail: String,
    #[serde(default)]
    pass: String,
    /// What is repeated, `{n}` counting up.
    #[serde(default)]
    each: String,
    #[serde(default)]
    fail_times: usize,
    #[serde(default)]
    pass_times: usize,
}

impl Written {
    fn document(&self, end: &str, times: usize) -> String {
        let each: String = (1..=times).map(|n| self.each.replace("{n}", &n.to_string())).collect();
        format!("{}{each}{end}", self.both)
    }
}

/// The examples of a profile's rules, by id: first those of its properties, then those of its own rules.
pub fn examples(profile: &Profile) -> Vec<Example> {
    let head = prefixes(profile);
    let rows = profile
        .classes
        .iter()
        .flat_map(|class| class.property.iter().map(move |row| (class, row)));
    let mut all: Vec<Example> = rows.flat_map(|(class, row)| of_row(profile, class, row)).collect();
    let written: File = EXAMPLES.read();
    all.extend(
        written
            .example
            .into_iter()
            .filter(|one| profile.rule(&one.rule).is_some())
            .map(|one| Example {
                fail: one.document(&one.fail, one.fail_times),
                pass: one.document(&one.pass, one.pass_times),
                rule: one.rule,
            }),
    );
    for one in &mut all {
        one.fail.insert_str(0, &head);
        one.pass.insert_str(0, &head);
    }
    all
}

fn prefixes(profile: &Profile) -> String {
    let own = profile
        .head
        .prefix
        .iter()
        .map(|(prefix, base)| format!("@prefix {prefix}: <{base}> .\n"));
    own.chain(["@prefix ex: <https://data.exempelby.example/> .\n\n".to_owned()])
        .collect()
}

/// What the presence and the number of a property ask for.
fn of_row(profile: &Profile, class: &Class, row: &Property) -> Vec<Example> {
    let about = |values: &[String]| {
        let said = values.iter().map(|value| format!(" ;\n  {} {value}", row.term)).collect::<String>();
        let class_iri = &class.iri;
        format!("{}ex:it a <{class_iri}>{said} .\n", lead(&class.id))
    };
    let one = sample(profile, row, 0);
    let mut found = Vec::new();
    if row.level != Level::Optional {
        found.push(Example {
            rule: row_id(&class.id, &row.name, "missing"),
            fail: about(&[]),
            pass: about(std::slice::from_ref(&one)),
        });
    }
    if let Some(max) = row.max {
        let many: Vec<String> = (0..=max).map(|at| sample(profile, row, at)).collect();
        found.push(Example {
            rule: row_id(&class.id, &row.name, "too-many"),
            fail: about(&many),
            pass: about(&[one]),
        });
    }
    found
}

/// What leads to the thing, where it is read only as somebody's part.
fn lead(class: &str) -> &'static str {
    match class {
        "distribution" => "ex:dataset a dcat:Dataset ; dcat:distribution ex:it .\n",
        "contact" => "ex:dataset a dcat:Dataset ; dcat:contactPoint ex:it .\n",
        _ => "",
    }
}

/// The n-th good value of a property.
fn sample(profile: &Profile, row: &Property, at: usize) -> String {
    let listed = row.list.as_deref().and_then(lists::vocabulary).and_then(|list| list.iris().nth(at));
    if let Some(iri) = listed.or_else(|| row.values.get(at).cloned()) {
        return format!("<{iri}>");
    }
    if let Some(pattern) = &row.pattern {
        let begin = pattern.split('(').next().unwrap_or(pattern).replace(['^', '\\'], "");
        return format!("<{begin}46{at}>");
    }
    let name = row.name.as_str();
    match row.value {
        Kind::Text => format!("\"Exempel {at}\"@sv"),
        Kind::Iri if name == "license" && at == 0 => format!("<{}>", profile.head.catalogue_licence),
        Kind::Iri | Kind::Node => format!("ex:value{at}"),
        Kind::Date => format!("\"2026-01-0{}\"^^xsd:date", at + 1),
        Kind::Agent => format!("ex:agent{at}"),
        Kind::Contact => format!("ex:contact{at}"),
        Kind::Place => format!("<http://sws.geonames.org/{}>", 2_661_886 + at),
        Kind::Period => format!("[ a dcterms:PeriodOfTime ; dcat:startDate \"20{}\"^^xsd:gYear ]", 20 + at),
        Kind::Literal if name == "hasEmail" => format!("<mailto:data{at}@exempelby.example>"),
        Kind::Literal if name == "format" => format!("\"text/csv{at}\""),
        Kind::Literal => format!("\"{at}\""),
        Kind::Duration => format!("\"P{}Y\"^^xsd:duration", at + 1),
        Kind::Decimal => format!("\"{}.5\"^^xsd:decimal", at + 1),
        Kind::Bytes => format!("\"{}\"^^xsd:nonNegativeInteger", at + 1),
        Kind::Wkt => format!("\"POINT(18 {})\"^^geo:wktLiteral", 59 + at),
    }
}
