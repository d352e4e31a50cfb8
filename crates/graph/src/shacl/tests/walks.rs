//! Our walk against the library's, on shapes and graphs made of chance: the same results, as many times each.

use fyr_model::limits::GraphLimits;
use proptest::prelude::*;

use super::super::{Background, Data, Shapes};
use super::{HEAD, both_walks_agree, check, data, document, shapes, validate};

/// Numbers from a seed (xorshift64*, Vigna 2016).
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % end
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }
}

const NODES: &[&str] = &["ex:a", "ex:b", "ex:c", "ex:d", "_:x", "_:y"];
/// `ex:n` and `ex:m` hold literals alone: whether IRIs have an order is a thing on which the two differ, and ours follows SPARQL.
const PROPERTIES: &[&str] = &["ex:p", "ex:q", "ex:r", "ex:n", "ex:m"];
const LITERALS: &[&str] = &[
    "1",
    "2",
    "3",
    "4.5",
    "\"ett\"",
    "\"two\"@en",
    "\"two\"@sv",
    "\"tre\"@sv-SE",
    "true",
    "\"2024-01-02\"^^xsd:date",
    "\"x\"^^xsd:date",
    "\"x\"^^xsd:integer",
    "\"2024-01-02T03:04:05Z\"^^xsd:dateTime",
];
const CLASSES: &[&str] = &["ex:C", "ex:D", "foaf:Agent", "skos:Concept"];

fn graph(chance: &mut Chance) -> String {
    let mut text = String::from("ex:D <http://www.w3.org/2000/01/rdf-schema#subClassOf> ex:C .\n");
    for node in NODES {
        text.push_str(&format!("{node} a {} .\n", chance.one(CLASSES)));
    }
    for _ in 0..chance.below(30) {
        let property = chance.one(PROPERTIES);
        let literal = ["ex:n", "ex:m"].contains(&property) || chance.below(3) == 0;
        let object = if literal { chance.one(LITERALS) } else { chance.one(NODES) };
        text.push_str(&format!("{} {property} {object} .\n", chance.one(NODES)));
    }
    text
}

fn path(chance: &mut Chance, depth: usize) -> String {
    let kind = if depth > 2 { 0 } else { chance.below(14) };
    let mut inner = || path(chance, depth + 1);
    match kind {
        8 => format!("[ sh:inversePath {} ]", inner()),
        9 => format!("( {} {} )", inner(), inner()),
        10 => format!("[ sh:alternativePath ( {} {} ) ]", inner(), inner()),
        11 => format!("[ sh:zeroOrMorePath {} ]", inner()),
        12 => format!("[ sh:oneOrMorePath {} ]", inner()),
        13 => format!("[ sh:zeroOrOnePath {} ]", inner()),
        _ => chance.one(PROPERTIES).to_owned(),
    }
}

/// A constraint; `inner` are shapes that may be asked.
fn constraint(chance: &mut Chance, inner: &[String]) -> String {
    let shape = |chance: &mut Chance| inner[chance.below(inner.len())].clone();
    let kind = if inner.is_empty() { chance.below(17) } else { chance.below(24) };
    match kind {
        0 => format!("sh:class {}", chance.one(CLASSES)),
        1 => format!("sh:datatype xsd:{}", chance.one(&["integer", "date", "string", "boolean"])),
        2 => format!(
            "sh:nodeKind sh:{}",
            chance.one(&[
                "IRI",
                "BlankNode",
                "Literal",
                "BlankNodeOrIRI",
                "IRIOrLiteral",
                "BlankNodeOrLiteral"
            ])
        ),
        3 => format!("sh:minInclusive {}", chance.one(&["1", "2.5", "\"2024-01-02\"^^xsd:date"])),
        4 => format!("sh:maxExclusive {}", chance.one(&["2", "3", "\"2024-01-02\"^^xsd:date"])),
        5 => format!("sh:minExclusive {}", chance.below(4)),
        6 => format!("sh:maxInclusive {}", chance.below(4)),
        7 => format!("sh:minLength {}", chance.below(6)),
        8 => format!("sh:maxLength {}", chance.below(6)),
        9 => format!(
            "sh:pattern \"{}\" ; sh:flags \"i\"",
            chance.one(&["^t", "E", "[0-9]", "example/[AB]$"])
        ),
        10 => format!(
            "sh:languageIn ( \"{}\" \"{}\" )",
            chance.one(&["sv", "en"]),
            chance.one(&["sv", "de"])
        ),
        11 => "sh:in ( ex:a ex:b 1 \"two\"@en true _:x )".replace(" _:x", ""),
        12 => format!("sh:hasValue {}", chance.one(&["ex:a", "1", "\"ett\""])),
        13 => format!("sh:disjoint {}", chance.one(PROPERTIES)),
        14 => "sh:closed true ; sh:ignoredProperties ( <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> ex:p ex:n )".to_owned(),
        15 | 16 => format!("sh:in ( {} {} )", chance.one(&NODES[..4]), chance.one(LITERALS)),
        17 => format!("sh:node {}", shape(chance)),
        18 => format!("sh:not {}", shape(chance)),
        19 => format!("sh:and ( {} {} )", shape(chance), shape(chance)),
        20 => format!("sh:or ( {} {} )", shape(chance), shape(chance)),
        21 => format!("sh:xone ( {} {} )", shape(chance), shape(chance)),
        22 => format!("sh:property {}", shape(chance)),
        _ => format!("sh:node {}", shape(chance)),
    }
}

/// A constraint that only a property shape may have.
fn of_property(chance: &mut Chance, path: &str, inner: &[String]) -> String {
    let literals = ["ex:n", "ex:m"].contains(&path);
    match chance.below(7) {
        0 => format!("sh:minCount {}", chance.below(3)),
        1 => format!("sh:maxCount {}", chance.below(3)),
        2 => "sh:uniqueLang true".to_owned(),
        3 if literals => "sh:lessThan ex:m".to_owned(),
        4 if literals => "sh:lessThanOrEquals ex:m".to_owned(),
        5 if !inner.is_empty() => {
            let disjoint = if chance.below(2) == 0 {
                " ; sh:qualifiedValueShapesDisjoint true"
            } else {
                ""
            };
            let shape = &inner[chance.below(inner.len())];
            format!(
                "sh:qualifiedValueShape {shape} ; sh:qualifiedMinCount 1 ; sh:qualifiedMaxCount {}{disjoint}",
                1 + chance.below(2)
            )
        }
        // A path that starts at a literal, or keeps one as its own value: the library lets `sh:equals` pass there, ours compares, as the
        // recommendation's validator does.
        _ if path.contains("sh:zeroOr") || path.contains("sh:inversePath") => "sh:minCount 1".to_owned(),
        _ => format!("sh:equals {}", chance.one(PROPERTIES)),
    }
}

/// Shapes in three layers, so that there are no rings; a property shape may be anywhere but where SHACL wants a node shape's own things.
fn many_shapes(chance: &mut Chance) -> String {
    let mut text = String::new();
    let mut known: Vec<String> = Vec::new();
    for layer in 0..3 {
        let mut new = Vec::new();
        for number in 0..3 {
            let name = format!("ex:S{layer}{number}");
            let of_values = chance.below(3) > 0;
            let mut body = if of_values {
                "a sh:PropertyShape".to_owned()
            } else {
                "a sh:NodeShape".to_owned()
            };
            let mut used: Vec<String> = Vec::new();
            if of_values {
                let path = path(chance, 0);
                let own = of_property(chance, &path, &known);
                used.push(own.split(' ').next().unwrap_or_default().to_owned());
                body.push_str(&format!(" ; sh:path {path} ; {own}"));
            }
            for _ in 0..1 + chance.below(3) {
                let one = constraint(chance, &known);
                let word = one.split(' ').next().unwrap_or_default().to_owned();
                // `sh:property` leads to property shapes alone.
                let leads_wrong =
                    word == "sh:property" && !text.contains(&format!("{} a sh:PropertyShape", one.split(' ').nth(1).unwrap_or_default()));
                if !used.contains(&word) && !leads_wrong {
                    used.push(word);
                    body.push_str(&format!(" ; {one}"));
                }
            }
            if chance.below(12) == 0 {
                body.push_str(" ; sh:deactivated true");
            }
            if chance.below(3) == 0 {
                body.push_str(" ; sh:severity sh:Warning");
            }
            if layer == 2 {
                body.push_str(chance.one(&[
                    " ; sh:targetClass ex:C",
                    " ; sh:targetClass skos:Concept",
                    " ; sh:targetSubjectsOf ex:p",
                    " ; sh:targetObjectsOf ex:q",
                    " ; sh:targetNode ex:a , ex:nowhere",
                ]));
            }
            text.push_str(&format!("{name} {body} .\n"));
            new.push(name);
        }
        known = new;
    }
    text
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn both_walks_find_the_same(seed in 1_u64..) {
        let mut chance = Chance(seed);
        let text = format!("{HEAD}{}", many_shapes(&mut chance));
        let graph = graph(&mut chance);
        let limits = GraphLimits::default();
        let read = |read: super::Read| read(&[document(text.as_bytes(), "former.ttl")], &limits);
        let (Ok(ours), Ok(witness)) = (read(Shapes::read), read(Shapes::by_library)) else {
            return Ok(());
        };
        for background in [None, Some(Background::bundled())] {
            let data = data(&graph).with_background(background);
            let ours = ours.validate(&data).unwrap();
            // The library fails where `sh:lessThan` meets a literal that itself is looked at.
            let Ok(witness) = witness.validate(&data) else { continue };
            both_walks_agree(&format!("seed {seed}\n{text}\n{graph}"), &ours, &witness);
        }
    }
}

#[test]
fn lengths_count_characters_as_sparql_does() {
    let shape =
        "ex:S a sh:NodeShape ; sh:targetClass dcat:Dataset ; sh:property [ sh:path dcterms:title ; sh:maxLength 3 ; sh:minLength 3 ] .";
    check(shape, "ex:d a dcat:Dataset ; dcterms:title \"Åäö\" .", &[]);
}

#[test]
fn only_literals_have_an_order() {
    let shape = "ex:S a sh:NodeShape ; sh:targetClass dcat:Dataset ; sh:property [ sh:path ex:p ; sh:lessThan ex:q ] .";
    check(shape, "ex:d a dcat:Dataset ; ex:p ex:a ; ex:q ex:b .", &["d p LessThan"]);
    check(shape, "ex:d a dcat:Dataset ; ex:p 1 ; ex:q 2 .", &[]);
}

#[test]
fn a_listed_value_is_a_term_and_not_a_number() {
    let shape = "ex:S a sh:NodeShape ; sh:targetClass dcat:Dataset ; sh:property [ sh:path ex:p ; sh:in ( \"01\"^^xsd:integer ) ] .";
    check(shape, "ex:d a dcat:Dataset ; ex:p \"01\"^^xsd:integer .", &[]);
    check(shape, "ex:d a dcat:Dataset ; ex:p 1 .", &["d p In"]);
}

/// Each shape asks the next twice, thirty deep: walked once for each node, not a thousand million times.
#[test]
fn shapes_that_meet_again_are_walked_once() {
    for (link, held) in [("sh:and ( ex:S{} ex:S{} )", true), ("sh:property ex:P{} , ex:Q{}", false)] {
        let mut text = String::from("ex:S0 sh:targetClass dcat:Dataset .\n");
        for level in 0..30 {
            let next = level + 1;
            let link = link.replace("{}", &next.to_string());
            text.push_str(&format!("ex:S{level} a sh:NodeShape ; {link} .\n"));
            if !held {
                for name in ["P", "Q"] {
                    text.push_str(&format!("ex:{name}{next} sh:path dcterms:relation ; sh:node ex:S{next} .\n"));
                }
            }
        }
        text.push_str("ex:S30 a sh:NodeShape ; sh:nodeKind sh:IRI .\n");
        let found = validate(&text, "ex:d a dcat:Dataset ; dcterms:relation ex:d .");
        assert!(found.conforms, "{:?}", found.results.first());
    }
}

/// More shapes in shapes than our walk has stack for: the library's, which grows its own, is asked.
#[test]
fn very_deep_shapes_are_walked_all_the_same() {
    let mut text = String::from("ex:S0 sh:targetClass dcat:Dataset .\n");
    for level in 0..1_000 {
        text.push_str(&format!("ex:S{level} a sh:NodeShape ; sh:node ex:S{} .\n", level + 1));
    }
    text.push_str("ex:S1000 a sh:NodeShape ; sh:nodeKind sh:Literal .\n");
    let found = shapes(&text).unwrap().validate(&data("ex:d a dcat:Dataset .")).unwrap();
    assert_eq!(found.results.len(), 1);
}

/// One node with more results than may be held says so, and the others keep theirs.
#[test]
fn a_node_with_too_many_results_is_told() {
    let mut text = String::from(HEAD);
    text.push_str("ex:e a dcat:Dataset . ex:d a dcat:Dataset .\n");
    for number in 0..500 {
        text.push_str(&format!("ex:d ex:p \"a{number}\" ; ex:q \"b{number}\" .\n"));
    }
    let data = Data::read(text.as_bytes(), None, "katalog.ttl", None, &GraphLimits::default()).unwrap();
    let shape = "ex:S a sh:NodeShape ; sh:targetClass dcat:Dataset ; sh:property [ sh:path ex:p ; sh:lessThan ex:q ; sh:lessThanOrEquals ex:q ] , \
        [ sh:path ex:q ; sh:lessThan ex:p ] , [ sh:path dcterms:title ; sh:minCount 1 ] .";
    let found = shapes(shape).unwrap().validate(&data).unwrap();
    assert!(found.stopped && found.cut && !found.conforms);
    assert_eq!(super::rows(&found), ["e title MinCount"]);
}
