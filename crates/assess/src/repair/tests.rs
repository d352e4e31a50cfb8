use fyr_model::glossary::misused;
use proptest::prelude::*;

use super::*;
use crate::packs::REPAIRS;

const DCAT: &str = "http://www.w3.org/ns/dcat#";
const DCT: &str = "http://purl.org/dc/terms/";
const XSD: &str = "http://www.w3.org/2001/XMLSchema#";
const EU: &str = "http://publications.europa.eu/resource/authority/";
const D: &str = "https://data.exempelby.example/d";

fn full(name: &str) -> String {
    let prefixes = [
        ("dcat:", DCAT),
        ("dct:", DCT),
        ("xsd:", XSD),
        ("eu:", EU),
        ("schema:", "http://schema.org/"),
        ("foaf:", "http://xmlns.com/foaf/0.1/"),
    ];
    let more = [
        ("adms:", "http://www.w3.org/ns/adms#"),
        ("dcatap:", "http://data.europa.eu/r5r/"),
        ("owl:", "http://www.w3.org/2002/07/owl#"),
    ];
    let mut all = prefixes.iter().chain(&more);
    all.find_map(|(prefix, base)| name.strip_prefix(prefix).map(|local| format!("{base}{local}")))
        .unwrap_or_else(|| name.to_owned())
}

/// `<iri>`, `"text"`, `"text"@tag` or `"text"^^type`.
fn term(text: &str) -> Term {
    if let Some(iri) = text.strip_prefix('<') {
        return Term::of_iri(full(iri.trim_end_matches('>')));
    }
    let (value, rest) = text.strip_prefix('"').and_then(|text| text.rsplit_once('"')).unwrap_or((text, ""));
    match (rest.strip_prefix('@'), rest.strip_prefix("^^")) {
        (Some(tag), _) => Term::tagged(value, tag),
        (_, Some(datatype)) => Term::typed(value, full(datatype)),
        _ => Term::plain(value),
    }
}

fn graph(rows: &[(&str, &str, &str)]) -> Vec<Statement> {
    let row = |(subject, property, object): &(&str, &str, &str)| Statement {
        subject: full(subject),
        property: if *property == "a" { RDF_TYPE.to_owned() } else { full(property) },
        object: term(object),
    };
    rows.iter().map(row).collect()
}

fn planned(graph: &[Statement]) -> Vec<Edit> {
    let borrowed: Vec<One<'_>> = graph.iter().map(borrowed).collect();
    plan(&borrowed, &BTreeSet::new())
}

/// The graph with changes made; they must fit.
fn made(graph: &[Statement], changes: &[Change]) -> BTreeSet<Statement> {
    let mut set: BTreeSet<Statement> = graph.iter().cloned().collect();
    for change in changes {
        let one = |object: &Term| Statement {
            subject: change.subject.clone(),
            property: change.property.clone(),
            object: object.clone(),
        };
        if let Some(before) = &change.before {
            assert!(set.remove(&one(before)), "{change:?} takes away what is not there");
        }
        if let Some(after) = &change.after {
            assert!(set.insert(one(after)), "{change:?} adds what is there");
        }
    }
    set
}

/// What one value of one property becomes on a dataset, and by which rule.
fn check(property: &str, given: &str, expected: Option<(&str, &str)>) {
    let graph = graph(&[(D, "a", "<dcat:Dataset>"), (D, property, given)]);
    let edits = planned(&graph);
    let seen = edits.last().map(|edit| (edit.to.as_ref().map(|to| to.object.clone()), edit.rule));
    let wanted = expected.map(|(object, rule)| (Some(term(object)), rule));
    assert_eq!(seen, wanted, "{property} {given}");
}

#[test]
fn a_date_gets_the_form_and_the_datatype_that_are_certain() {
    for (given, expected) in [
        ("\"2024-01-05\"", Some(("\"2024-01-05\"^^xsd:date", "date-datatype"))),
        ("\"2024-01-05\"@sv", Some(("\"2024-01-05\"^^xsd:date", "date-datatype"))),
        ("\"2024\"", Some(("\"2024\"^^xsd:gYear", "date-datatype"))),
        ("\"2024-01-05\"^^xsd:dateTime", Some(("\"2024-01-05\"^^xsd:date", "date-datatype"))),
        (
            "\"2024-01-05T10:20:30Z\"^^xsd:date",
            Some(("\"2024-01-05T10:20:30Z\"^^xsd:dateTime", "date-datatype")),
        ),
        (
            "\"2021-01-28 GMT 01:51:03\"",
            Some(("\"2021-01-28T01:51:03Z\"^^xsd:dateTime", "date-form")),
        ),
        (
            "\"2021-01-28 01:51:03\"",
            Some(("\"2021-01-28T01:51:03\"^^xsd:dateTime", "date-form")),
        ),
        (
            "\"2021-01-28 01:51:03+01:00\"",
            Some(("\"2021-01-28T01:51:03+01:00\"^^xsd:dateTime", "date-form")),
        ),
        ("\" 2024-01-05 \"", Some(("\"2024-01-05\"^^xsd:date", "date-form"))),
        ("\"2024/1/5\"", Some(("\"2024-01-05\"^^xsd:date", "date-form"))),
        ("\"20240105\"", Some(("\"2024-01-05\"^^xsd:date", "date-form"))),
        ("\"2024-01-05\"^^xsd:date", None),
        ("\"2024-01-05+01:00\"^^xsd:date", None),
        ("\"2024\"^^xsd:gYear", None),
        ("\"2024-05\"^^xsd:gYearMonth", None),
        ("\"05/01/2024\"", None),
        ("\"5 januari 2024\"", None),
        ("\"2024-02-30\"", None),
        ("\"2024-01-05T10:20\"", None),
        ("\"2024-01-05 25:00:00\"", None),
        ("\"igår\"", None),
        ("\"\"", None),
    ] {
        check("dct:issued", given, expected);
        check("dct:modified", given, expected);
    }
}

#[test]
fn a_size_is_a_whole_number_or_stays() {
    for (given, expected) in [
        (
            "\"1234\"^^xsd:decimal",
            Some(("\"1234\"^^xsd:nonNegativeInteger", "byte-size-datatype")),
        ),
        (
            "\"1234.00\"^^xsd:decimal",
            Some(("\"1234\"^^xsd:nonNegativeInteger", "byte-size-datatype")),
        ),
        ("\" 1234\"", Some(("\"1234\"^^xsd:nonNegativeInteger", "byte-size-datatype"))),
        ("\"1234\"^^xsd:nonNegativeInteger", None),
        ("\"1234.5\"^^xsd:decimal", None),
        ("\"12 kB\"", None),
        ("\"-1\"^^xsd:integer", None),
    ] {
        check("dcat:byteSize", given, expected);
    }
}

#[test]
fn a_licence_is_written_by_its_own_iri_and_never_another_licence() {
    const BY: &str = "<http://creativecommons.org/licenses/by/4.0/>";
    const RULE: &str = "licence-not-canonical";
    for (given, expected) in [
        ("<https://creativecommons.org/licenses/by/4.0/>", Some((BY, RULE))),
        ("<http://creativecommons.org/licenses/by/4.0/deed.sv>", Some((BY, RULE))),
        ("\"https://creativecommons.org/licenses/by/4.0/\"", Some((BY, RULE))),
        ("\"CC BY 4.0\"", Some((BY, RULE))),
        ("<eu:licence/CC_BY>", Some((BY, RULE))),
        ("<http://creativecommons.org/licenses/by/4.0/>", None),
        ("<eu:licence/CC_BY_4_0>", None),
        ("\"cc-by\"", None),
        ("<http://creativecommons.org/licenses/by/2.5/se/>", None),
        ("\"Licensfri\"", None),
        ("<https://opensource.org/licenses/MIT>", None),
        ("<https://data.exempelby.example/villkor>", None),
        (
            "\"https://data.exempelby.example/villkor\"",
            Some(("<https://data.exempelby.example/villkor>", "literal-for-iri")),
        ),
    ] {
        check("dct:license", given, expected);
    }
    let catalogue = |licence: &str| planned(&graph(&[(D, "a", "<dcat:Catalog>"), (D, "dct:license", licence)])).len();
    assert_eq!(catalogue("<https://creativecommons.org/publicdomain/zero/1.0/>"), 1);
    assert_eq!(
        catalogue("<https://creativecommons.org/licenses/by/4.0/>"),
        0,
        "another licence than CC0 is the publisher's to change"
    );
}

#[test]
fn codes_of_the_lists_are_written_by_their_iris() {
    for (property, given, expected) in [
        (
            "dct:accrualPeriodicity",
            "<http://purl.org/cld/freq/semiannual>",
            Some(("<eu:frequency/ANNUAL_2>", "frequency-deprecated")),
        ),
        (
            "dct:accrualPeriodicity",
            "<http://publications.europa.eu/mdr/authority/frequency/ANNUAL>",
            Some(("<eu:frequency/ANNUAL>", "value-not-in-list")),
        ),
        (
            "dct:accrualPeriodicity",
            "<eu:frequency/IRREGULAR>",
            Some(("<eu:frequency/IRREG>", "value-not-in-list")),
        ),
        (
            "dct:accrualPeriodicity",
            "\"ANNUAL\"",
            Some(("<eu:frequency/ANNUAL>", "value-not-in-list")),
        ),
        ("dct:accrualPeriodicity", "\"varje år\"", None),
        ("dct:accrualPeriodicity", "<eu:frequency/MONTHS>", None),
        (
            "dct:accessRights",
            "\"PUBLIC\"",
            Some(("<eu:access-right/PUBLIC>", "value-not-in-list")),
        ),
        (
            "dct:accessRights",
            "<https://publications.europa.eu/resource/authority/access-right/PUBLIC/>",
            Some(("<eu:access-right/PUBLIC>", "value-not-in-list")),
        ),
        ("dct:accessRights", "\"öppna data\"", None),
        (
            "dcatap:availability",
            "<http://data.europa.eu/r5r/availability/experimental>",
            Some(("<eu:planned-availability/EXPERIMENTAL>", "value-not-in-list")),
        ),
        (
            "adms:status",
            "<http://purl.org/adms/status/UnderDevelopment>",
            Some(("<eu:distribution-status/DEVELOP>", "value-not-in-list")),
        ),
        (
            "dcat:theme",
            "<http://publications.europa.eu/mdr/authority/data-theme/ENVI>",
            Some(("<eu:data-theme/ENVI>", "value-not-in-list")),
        ),
        ("dcat:theme", "<http://eurovoc.europa.eu/5896>", None),
        (
            "dct:type",
            "<https://purl.org/adms/publishertype/LocalAuthority>",
            Some(("<http://purl.org/adms/publishertype/LocalAuthority>", "value-not-in-list")),
        ),
        ("dct:type", "<https://www.wikidata.org/entity/Q749568>", None),
        ("dct:language", "\"sv\"", Some(("<eu:language/SWE>", "language-not-in-list"))),
        (
            "dct:language",
            "<eu:language/GER>",
            Some(("<eu:language/DEU>", "language-not-in-list")),
        ),
        (
            "dct:language",
            "<http://id.loc.gov/vocabulary/iso639-1/sv>",
            Some(("<eu:language/SWE>", "language-not-in-list")),
        ),
        ("dct:language", "\"se\"", None),
        ("dct:language", "\"svenska\"", None),
        ("dct:format", "\"CSV\"", Some(("<eu:file-type/CSV>", "format-not-media-type"))),
        (
            "dct:format",
            "\"json-ld\"",
            Some(("<eu:file-type/JSON_LD>", "format-not-media-type")),
        ),
        (
            "dct:format",
            "<https://publications.europa.eu/resource/authority/file-type/XLSX>",
            Some(("<eu:file-type/XLSX>", "format-not-media-type")),
        ),
        ("dct:format", "\"text/csv\"", None),
        ("dct:format", "\"tab\"", None),
        ("dct:format", "\"Excel\"", None),
        (
            "foaf:homepage",
            "\"https://www.exempelby.example\"",
            Some(("<https://www.exempelby.example>", "literal-for-iri")),
        ),
        ("foaf:homepage", "\"www.exempelby.example\"", None),
        ("foaf:homepage", "\"https://a.example, https://b.example\"", None),
        (
            "dct:spatial",
            "<https://www.geonames.org/2661886/kingdom-of-sweden.html>",
            Some(("<http://sws.geonames.org/2661886>", "geonames-form")),
        ),
        (
            "dct:publisher",
            "<https://dataportal.se/organisation/SE212000-9994>",
            Some(("<http://dataportal.se/organisation/SE2120009994>", "publisher-iri-near-miss")),
        ),
        ("dct:publisher", "<https://dataportal.se/organisation/SE2120009995>", None),
    ] {
        check(property, given, expected);
    }
}

#[test]
fn a_replaced_property_moves_only_where_it_was_replaced() {
    check("owl:versionInfo", "\"1.2\"", Some(("\"1.2\"", "deprecated-property")));
    let moved = |rows: &[(&str, &str, &str)]| planned(&graph(rows)).len();
    assert_eq!(
        moved(&[(D, "a", "<owl:Ontology>"), (D, "owl:versionInfo", "\"3\"")]),
        0,
        "an ontology pasted into the catalogue"
    );
    assert_eq!(
        moved(&[
            (D, "a", "<dcat:Dataset>"),
            (D, "owl:versionInfo", "\"3\""),
            (D, "dcat:version", "\"4\"")
        ]),
        0,
        "which is right?"
    );
    assert_eq!(
        moved(&[
            (D, "a", "<dcat:Dataset>"),
            (D, "owl:versionInfo", "\"4\""),
            (D, "dcat:version", "\"4\"")
        ]),
        1
    );
    let period = graph(&[
        (D, "dct:temporal", "<urn:fyr:bnode:input:a>"),
        ("urn:fyr:bnode:input:a", "schema:startDate", "\"2020\""),
    ]);
    let list = changes(&planned(&period));
    assert_eq!(list.len(), 3, "the property, then the datatype: {list:?}");
    let now = made(&period, &list);
    assert!(now.contains(&graph(&[("urn:fyr:bnode:input:a", "dcat:startDate", "\"2020\"^^xsd:gYear")])[0]));
}

#[test]
fn what_becomes_the_same_is_said_once_and_can_be_taken_back() {
    let twice = graph(&[
        (D, "dct:license", "<https://creativecommons.org/licenses/by/4.0/>"),
        (D, "dct:license", "<http://creativecommons.org/licenses/by/4.0/>"),
        (D, "dct:license", "\"\""),
    ]);
    let list = fyr_model::change::ChangeList {
        changes: changes(&planned(&twice)),
        ..Default::default()
    };
    let now = made(&twice, &list.changes);
    assert_eq!(now.len(), 1);
    let back = made(&now.into_iter().collect::<Vec<_>>(), &list.reversed().changes);
    assert_eq!(back, twice.into_iter().collect());
    check("dct:title", "\"\"", None);
}

#[test]
fn a_tag_is_given_only_where_the_catalogue_itself_leaves_no_doubt() {
    let tagged = |language: &[&str], rows: &[(&str, &str, &str)]| -> Vec<String> {
        let mut all = vec![("c", "a", "<dcat:Catalog>")];
        all.extend(language.iter().map(|language| ("c", "dct:language", *language)));
        all.extend(rows);
        let language_of = |edit: &Edit| match &edit.to.as_ref()?.object {
            Term::Literal { language, .. } => language.clone(),
            Term::Iri { .. } => None,
        };
        planned(&graph(&all)).iter().filter_map(language_of).collect()
    };
    const SWE: &str = "<eu:language/SWE>";
    let se = [(D, "dct:title", "\"Träd\"@se")];
    assert_eq!(tagged(&[SWE], &se), ["sv"]);
    assert_eq!(tagged(&[SWE, "<eu:language/ENG>"], &se), ["sv"]);
    assert!(tagged(&[SWE, "<eu:language/SME>"], &se).is_empty());
    assert!(tagged(&[], &se).is_empty());
    assert!(
        tagged(&[SWE], &[(D, "dct:title", "\"Muorra ja šaddu\"@se")]).is_empty(),
        "a letter that Swedish lacks"
    );
    assert_eq!(tagged(&[], &[(D, "dcat:keyword", "\"tree\"@en-uk")]), ["en-gb"]);
    let bare = [(D, "dcat:keyword", "\"träd\""), (D, "foaf:name", "\"Exempelby\"")];
    assert_eq!(tagged(&[SWE], &bare), ["sv", "sv"]);
    assert_eq!(tagged(&["\"sv\""], &bare), ["sv", "sv"], "the language itself may need mending");
    assert!(tagged(&[SWE, "<eu:language/ENG>"], &bare).is_empty());
    assert!(tagged(&[], &bare).is_empty());
    let english = [(D, "dcat:keyword", "\"träd\""), (D, "dct:title", "\"Trees\"@en")];
    assert!(tagged(&[SWE], &english).is_empty(), "a text contradicts the catalogue");
    let two = [(D, "dct:title", "\"Träd\""), (D, "dct:title", "\"Trees\"")];
    assert!(tagged(&[SWE], &two).is_empty(), "two titles are hardly in one language");
    assert!(tagged(&[SWE], &[(D, "dcat:keyword", "\"2024\"")]).is_empty());
}

#[test]
fn a_node_is_renamed_everywhere_or_not_at_all() {
    const WRONG: &str = "https://dataportal.se/organisation/SE2120009994";
    const RIGHT: &str = "http://dataportal.se/organisation/SE2120009994";
    let rows = [
        (D, "dct:publisher", "<https://dataportal.se/organisation/SE2120009994>"),
        (WRONG, "foaf:name", "\"Exempelby\"@sv"),
    ];
    let alone = graph(&rows);
    let now = made(&alone, &changes(&planned(&alone)));
    assert!(now.iter().all(|one| one.subject != WRONG && one.object.iri() != Some(WRONG)));
    let mut both = alone;
    both.extend(graph(&[(RIGHT, "foaf:name", "\"Exempelby kommun\"@sv")]));
    assert!(planned(&both).is_empty(), "two described nodes are not poured together");
}

#[test]
fn an_objection_takes_back_the_nearest_edit_and_its_key_stops_it() {
    let graph = graph(&[
        (D, "a", "<dcat:Dataset>"),
        (D, "dct:issued", "\"2024\""),
        (D, "dct:modified", "\"2024\""),
    ]);
    let statements: Vec<One<'_>> = graph.iter().map(borrowed).collect();
    let edits = plan(&statements, &BTreeSet::new());
    assert_eq!(edits.len(), 2);
    let finding = Finding::new("x", fyr_model::Severity::Info, D, fyr_model::Text::new("x", "x")).on(full("dct:issued"));
    let keys = objections(&edits, &[&finding]);
    assert_eq!(keys.len(), 1);
    let left = plan(&statements, &keys);
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].from.property, full("dct:modified"));
    let elsewhere = Finding::new("x", fyr_model::Severity::Info, "nowhere", fyr_model::Text::new("x", "x"));
    assert_eq!(objections(&edits, &[&elsewhere]).len(), 2);
}

#[test]
fn every_rule_has_its_reason_and_the_lists_are_known() {
    let source = [
        include_str!("mod.rs"),
        include_str!("values.rs"),
        include_str!("tags.rs"),
        include_str!("identity.rs"),
    ]
    .concat();
    for rule in table::rules() {
        assert!(source.contains(&format!("\"{rule}\"")), "{rule} is never applied");
        assert!(misused(&reason(rule).sv).is_empty());
    }
    assert!(TABLE.list.iter().all(|list| crate::lists::vocabulary(&list.name).is_some()));
    let known = |list: &table::List| {
        crate::lists::vocabulary(&list.name).is_some_and(|named| list.also.values().all(|code| named.values.contains_key(code)))
    };
    assert!(TABLE.list.iter().all(known));
    assert!(REPAIRS.text.contains("effective"));
    assert_eq!(table::language_code("ger"), Some("DEU"));
    assert_eq!(table::language_tag("SWE"), Some("sv"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn planning_the_result_gives_nothing_and_the_reverse_gives_the_start(graph in arbitrary()) {
        let start: BTreeSet<Statement> = graph.iter().cloned().collect();
        let graph: Vec<Statement> = start.iter().cloned().collect();
        let edits = planned(&graph);
        let list = fyr_model::change::ChangeList { changes: changes(&edits), ..Default::default() };
        let now: Vec<Statement> = made(&graph, &list.changes).into_iter().collect();
        prop_assert_eq!(planned(&now), Vec::new());
        prop_assert_eq!(made(&now, &list.reversed().changes), start);
        // What no rule speaks of is as it was.
        let touched: BTreeSet<&str> = edits.iter().map(|edit| edit.from.property.as_str()).collect();
        let renamed = edits.iter().any(|edit| edit.to.as_ref().is_some_and(|to| to.subject != edit.from.subject));
        let kept = |one: &&Statement| !touched.contains(one.property.as_str()) && !renamed;
        prop_assert!(graph.iter().filter(kept).all(|one| now.contains(one)));
    }
}

/// Graphs of a catalogue, two datasets and a publisher, with right, wrong and strange values.
fn arbitrary() -> impl Strategy<Value = Vec<Statement>> {
    let subjects = prop::sample::select(vec![
        "c",
        D,
        "urn:fyr:bnode:input:a",
        "https://dataportal.se/organisation/SE2120009994",
        "http://dataportal.se/organisation/SE2120009994",
    ]);
    let properties = prop::sample::select(vec![
        "a",
        "dct:license",
        "dct:issued",
        "dct:title",
        "dcat:keyword",
        "dct:language",
        "dct:format",
        "dcat:byteSize",
        "dct:publisher",
        "dct:spatial",
        "schema:startDate",
        "dcat:startDate",
        "owl:versionInfo",
        "dcat:version",
        "adms:contactPoint",
        "dcat:contactPoint",
        "dct:temporal",
        "foaf:homepage",
        "dct:accrualPeriodicity",
        "https://exempel.example/egen",
    ]);
    let objects = prop::sample::select(vec![
        "<dcat:Catalog>",
        "<dcat:Dataset>",
        "<dct:PeriodOfTime>",
        "<urn:fyr:bnode:input:a>",
        "<https://creativecommons.org/licenses/by/4.0/>",
        "<http://creativecommons.org/licenses/by/4.0/>",
        "\"CC BY 4.0\"",
        "\"\"",
        "\"2024\"",
        "\"2024\"^^xsd:gYear",
        "\"2024/1/5\"",
        "\"Träd\"",
        "\"Träd\"@se",
        "\"Träd\"@sv",
        "\"Tree\"@en",
        "<eu:language/SWE>",
        "\"sv\"",
        "\"CSV\"",
        "\"text/csv\"",
        "\"12\"^^xsd:decimal",
        "<https://dataportal.se/organisation/SE2120009994>",
        "<http://dataportal.se/organisation/SE2120009994>",
        "<http://www.geonames.org/2661886>",
        "\"https://www.exempelby.example\"",
        "<http://purl.org/cld/freq/annual>",
        "\"ANNUAL\"",
    ]);
    let row = (subjects, properties, objects).prop_map(|row| graph(&[row]).remove(0));
    prop::collection::vec(row, 0..24)
}
