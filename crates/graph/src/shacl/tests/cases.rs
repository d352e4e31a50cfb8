//! What a result says and how it is named: texts, order, identity, background, queries in nested shapes, the report.

use fyr_model::Severity;

use super::super::{Background, Data};
use super::{check, data, report, rows, shapes, validate, with_background};

const TITLE: &str = "ex:S a sh:NodeShape ; sh:targetClass dcat:Dataset ; sh:property [ sh:path dcterms:title ; sh:minCount 1 ] .";

#[test]
fn a_text_is_the_shapes_own_where_it_has_one_and_ours_in_the_other_language() {
    let ours = validate(TITLE, "ex:d a dcat:Dataset .");
    let text = &ours.results[0].message;
    assert_eq!(
        (text.sv.as_str(), text.en.as_str()),
        ("dcterms:title saknas", "dcterms:title is missing")
    );
    let own = TITLE.replace("sh:minCount 1", "sh:minCount 1 ; sh:message \"Titel saknas, skriv en\"@sv");
    let own = validate(&own, "ex:d a dcat:Dataset .");
    let text = &own.results[0].message;
    assert_eq!(
        (text.sv.as_str(), text.en.as_str()),
        ("Titel saknas, skriv en", "dcterms:title is missing")
    );
    let plain = TITLE.replace("sh:minCount 1", "sh:minCount 1 ; sh:message \"titel\"");
    assert_eq!(validate(&plain, "ex:d a dcat:Dataset .").results[0].message.sv, "titel");
}

#[test]
fn every_component_of_core_has_a_text_in_both_languages() {
    let text = "ex:S a sh:NodeShape ; sh:targetClass dcat:Dataset ; sh:closed true ; sh:ignoredProperties ( <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> ) ;
        sh:property [ sh:path ex:a ; sh:class ex:C ; sh:datatype xsd:string ; sh:nodeKind sh:Literal ; sh:maxCount 1 ; sh:in ( 1 2 ) ;
            sh:hasValue 7 ; sh:minLength 30 ; sh:pattern \"^x\" ; sh:languageIn ( \"sv\" ) ; sh:equals ex:b ; sh:not [ sh:nodeKind sh:IRI ] ;
            sh:or ( [ sh:datatype xsd:date ] [ sh:datatype xsd:time ] ) ; sh:and ( [ sh:datatype xsd:date ] ) ; sh:xone ( [ sh:nodeKind sh:IRI ] [ sh:nodeKind sh:IRI ] ) ;
            sh:node [ sh:datatype xsd:date ] ; sh:qualifiedValueShape [ sh:datatype xsd:date ] ; sh:qualifiedMinCount 1 ] ;
        sh:property [ sh:path ex:b ; sh:minCount 1 ; sh:maxLength 1 ; sh:uniqueLang true ; sh:disjoint ex:c ] ;
        sh:property [ sh:path ex:n ; sh:minInclusive 5 ; sh:maxExclusive 2 ; sh:minExclusive 5 ; sh:maxInclusive 2 ; sh:lessThan ex:m ; sh:lessThanOrEquals ex:m ] .";
    let found = validate(
        text,
        "ex:d a dcat:Dataset ; ex:a ex:x , ex:y ; ex:b \"lång\"@sv , \"längre\"@sv ; ex:c \"lång\"@sv ; ex:n 4 ; ex:m 3 .",
    );
    let mut components: Vec<&str> = found.results.iter().map(|one| one.component.rsplit('#').next().unwrap()).collect();
    components.sort_unstable();
    components.dedup();
    assert!(components.len() >= 25, "{components:?}");
    for one in &found.results {
        let text = &one.message;
        for said in [&text.sv, &text.en] {
            assert!(
                !said.is_empty() && !said.contains("  ") && !said.contains("http://www.w3.org/ns/shacl"),
                "{} {text:?}",
                one.component
            );
        }
        assert!(text.sv != text.en, "{} {text:?}", one.component);
        assert!(fyr_model::glossary::misused(&text.sv).is_empty(), "{}", text.sv);
    }
}

#[test]
fn results_are_the_same_in_every_run_and_whatever_order_the_files_have() {
    let one = "ex:A a sh:NodeShape ; sh:targetClass dcat:Dataset ; sh:property [ sh:path dcterms:title ; sh:minCount 1 ] , \
        [ sh:path dcterms:description ; sh:minCount 1 ] .";
    let other = "ex:A sh:property [ sh:minCount 1 ; sh:path dcterms:description ] , [ sh:minCount 1 ; sh:path dcterms:title ] ; \
        sh:targetClass dcat:Dataset ; a sh:NodeShape .";
    let catalogue = "ex:b a dcat:Dataset . ex:a a dcat:Dataset .";
    let first = validate(one, catalogue);
    let names: Vec<&str> = first.results.iter().map(|found| found.source_shape.as_str()).collect();
    assert!(names.iter().all(|name| name.starts_with("urn:fyr:shape:")), "{names:?}");
    for text in [one, other] {
        assert_eq!(validate(text, catalogue).results, first.results);
    }
    assert_eq!(
        rows(&first),
        [
            "a description MinCount",
            "a title MinCount",
            "b description MinCount",
            "b title MinCount"
        ]
    );
}

#[test]
fn longer_paths_are_written_as_in_sparql() {
    let text = "ex:S a sh:NodeShape ; sh:targetClass dcat:Dataset ; \
        sh:property [ sh:path ( [ sh:inversePath dcat:dataset ] [ sh:alternativePath ( dcterms:title [ sh:zeroOrMorePath ex:p ] ) ] ) ; sh:minCount 9 ] .";
    let found = validate(text, "ex:k dcat:dataset ex:d . ex:d a dcat:Dataset .");
    assert_eq!(
        found.results[0].path,
        "(^<http://www.w3.org/ns/dcat#dataset>)/(<http://purl.org/dc/terms/title>|(<https://exempelby.example/p>*))"
    );
}

#[test]
fn a_query_counts_wherever_its_shape_is_used() {
    let asked = "ex:Q a sh:NodeShape ; sh:sparql [ sh:message \"{$this} heter {?value}\"@sv , \"{?this} is called {$value}\"@en ;
        sh:select '''SELECT $this ?value WHERE { $this <http://purl.org/dc/terms/title> ?value FILTER(STRLEN(?value) < 4) }''' ] .\n";
    let direct = format!("{asked} ex:Q sh:targetClass dcat:Dataset .");
    let catalogue = "ex:d a dcat:Dataset ; dcterms:title \"abc\" . ex:e a dcat:Dataset ; dcterms:title \"abcd\" . \
        ex:k a dcat:Catalog ; dcat:dataset ex:d , ex:e .";
    check(&direct, catalogue, &["d  SPARQL"]);
    let text = &validate(&direct, catalogue).results[0].message;
    assert_eq!(text.sv, "https://exempelby.example/d heter abc");
    assert_eq!(text.en, "https://exempelby.example/d is called abc");
    let within = |use_of: &str| {
        format!("{asked} ex:S a sh:NodeShape ; sh:targetClass dcat:Catalog ; sh:property [ sh:path dcat:dataset ; {use_of} ] .")
    };
    let one = |use_of: &str| validate(&within(use_of), catalogue).results[0].value.clone().unwrap();
    assert!(one("sh:node ex:Q").ends_with("/d"));
    assert!(one("sh:not ex:Q").ends_with("/e"));
    check(
        &within("sh:qualifiedValueShape ex:Q ; sh:qualifiedMinCount 2"),
        catalogue,
        &["k dataset QualifiedMinCount"],
    );
    check(&within("sh:or ( ex:Q [ sh:hasValue ex:d ] )"), catalogue, &[]);
}

#[test]
fn a_custom_component_is_asked_with_its_parameters_and_the_path() {
    let text = "ex:C a sh:ConstraintComponent ; sh:parameter [ sh:path ex:longest ] ;
        sh:propertyValidator [ sh:message \"{?value} är längre än {$longest}\"@sv ;
            sh:select '''SELECT DISTINCT $this ?value WHERE { $this $PATH ?value FILTER(STRLEN(?value) > $longest) }''' ] .
        ex:S a sh:NodeShape ; sh:targetClass dcat:Dataset ; sh:property [ sh:path dcterms:title ; ex:longest 3 ; sh:severity sh:Warning ] .";
    let found = validate(text, "ex:d a dcat:Dataset ; dcterms:title \"abcd\" , \"abc\" .");
    let one = &found.results[0];
    assert_eq!(found.results.len(), 1);
    assert_eq!(
        (one.component.as_str(), one.severity),
        ("https://exempelby.example/C", Severity::Warning)
    );
    assert_eq!(one.message.sv, "abcd är längre än 3");
    assert_eq!(one.path, "http://purl.org/dc/terms/title");
}

#[test]
fn a_query_about_a_blank_node_is_about_that_node() {
    let text = "ex:S a sh:NodeShape ; sh:targetClass vcard:Kind ; sh:sparql [ \
        sh:select '''SELECT $this WHERE { FILTER NOT EXISTS { $this <http://www.w3.org/2006/vcard/ns#fn> ?n } }''' ] .";
    let found = validate(text, "[] a vcard:Kind . [] a vcard:Kind ; vcard:fn \"A\" .");
    assert_eq!(found.results.len(), 1);
}

const THEME: &str = "ex:S a sh:NodeShape ; sh:targetClass dcat:Dataset ; sh:property [ sh:path dcat:theme ; sh:class skos:Concept ; sh:node \
    [ sh:property [ sh:path skos:inScheme ; sh:hasValue <http://publications.europa.eu/resource/authority/data-theme> ] ] ] .";

#[test]
fn a_missing_vocabulary_is_told_apart_from_a_wrong_value() {
    let theme = |code: &str| format!("ex:d a dcat:Dataset ; dcat:theme <http://publications.europa.eu/resource/authority/{code}> .");
    let known = with_background(THEME, &theme("data-theme/TRAN"));
    assert!(known.conforms, "{:?}", rows(&known));
    // Another list's term is known, and wrong.
    let wrong = with_background(THEME, &theme("access-right/PUBLIC"));
    assert!(
        !wrong.results.is_empty() && wrong.results.iter().all(|one| !one.undescribed),
        "{:?}",
        rows(&wrong)
    );
    assert_eq!(wrong.datasets, [("https://exempelby.example/d".to_owned(), false)]);
    // Nobody here knows this one.
    let unknown = with_background(THEME, &theme("atu/SWE_STH"));
    assert!(
        !unknown.conforms && unknown.results.iter().all(|one| one.undescribed),
        "{:?}",
        unknown.results
    );
    assert_eq!(unknown.datasets, [("https://exempelby.example/d".to_owned(), true)]);
    assert_eq!(unknown.results[0].finding().evidence.as_deref(), Some("undescribed"));
    // Without the background all are unknown.
    assert!(validate(THEME, &theme("data-theme/TRAN")).results.iter().all(|one| one.undescribed));
}

#[test]
fn a_distribution_that_is_not_described_is_the_catalogues_own_fault() {
    let text =
        "ex:S a sh:NodeShape ; sh:targetClass dcat:Dataset ; sh:property [ sh:path dcat:distribution ; sh:class dcat:Distribution ] .";
    let found = with_background(text, "ex:d a dcat:Dataset ; dcat:distribution ex:x .");
    assert!(!found.results[0].undescribed);
}

#[test]
fn classes_above_count_and_the_background_is_nobodys_fault() {
    let text = "ex:S a sh:NodeShape ; sh:targetClass dcat:Dataset ; sh:property [ sh:path dcterms:publisher ; sh:class foaf:Agent ] . \
        ex:T a sh:NodeShape ; sh:targetClass skos:Concept ; sh:property [ sh:path skos:prefLabel ; sh:minCount 1 ] . \
        ex:U a sh:NodeShape ; sh:targetClass foaf:Agent ; sh:property [ sh:path foaf:name ; sh:minCount 1 ] .";
    let catalogue = "ex:d a dcat:Dataset ; dcterms:publisher ex:p ; dcat:theme <http://publications.europa.eu/resource/authority/data-theme/TRAN> . \
        ex:p a foaf:Organization .";
    // The organisation is an agent, so it needs a name; the theme of the background is no node of the catalogue.
    assert_eq!(rows(&with_background(text, catalogue)), ["p name MinCount"]);
    assert_eq!(rows(&validate(text, catalogue)), ["d publisher Class"]);
    let closed =
        "ex:S a sh:NodeShape ; sh:targetNode <http://publications.europa.eu/resource/authority/data-theme/TRAN> ; sh:closed true .";
    assert!(with_background(closed, catalogue).conforms);
}

#[test]
fn a_catalogue_is_not_asked_what_a_dataset_is_asked() {
    let text = "ex:S a sh:NodeShape ; sh:targetClass dcat:Dataset ; sh:property [ sh:path dcat:theme ; sh:minCount 1 ] .";
    assert!(with_background(text, "ex:k a dcat:Catalog .").conforms);
    assert_eq!(rows(&with_background(text, "ex:k a dcat:Dataset .")), ["k theme MinCount"]);
}

#[test]
fn every_list_of_the_background_is_read() {
    let (read, all) = Background::bundled().lists();
    assert_eq!(read, all);
    for known in [
        "http://publications.europa.eu/resource/authority/access-right/PUBLIC",
        "http://publications.europa.eu/resource/authority/file-type/CSV",
        "http://publications.europa.eu/resource/authority/frequency/DAILY",
        "http://publications.europa.eu/resource/authority/language/SWE",
        "http://publications.europa.eu/resource/authority/licence/CC0",
        "http://data.europa.eu/bna/c_164e0bf5",
        "http://purl.org/adms/publishertype/LocalAuthority",
        "http://creativecommons.org/publicdomain/zero/1.0/",
    ] {
        assert!(Background::bundled().knows(known), "{known}");
    }
}

#[test]
fn a_dataset_answers_for_what_hangs_on_it() {
    let text = "ex:S a sh:NodeShape ; sh:targetClass foaf:Agent ; sh:property [ sh:path foaf:name ; sh:minCount 1 ] .";
    let found = validate(
        text,
        "ex:k a dcat:Catalog ; dcat:dataset ex:a , ex:b , ex:c . ex:a a dcat:Dataset ; dcterms:publisher ex:p . \
         ex:b a dcat:Dataset ; dcterms:publisher ex:p . ex:c a dcat:Dataset ; dcterms:publisher ex:q . ex:p a foaf:Agent . ex:q a foaf:Agent ; foaf:name \"Q\" .",
    );
    let held: Vec<bool> = found.datasets.iter().map(|(_, holds)| *holds).collect();
    assert_eq!((found.results.len(), held), (1, vec![false, false, true]));
}

#[test]
fn conforms_is_the_w3cs_and_the_report_reads_back() {
    let warned = TITLE.replace("sh:minCount 1", "sh:minCount 1 ; sh:severity sh:Warning");
    let found = validate(&warned, "ex:d a dcat:Dataset .");
    assert!(!found.conforms && found.counts.violation == 0 && found.counts.warning == 1);
    let text = report(&found);
    assert!(text.contains("sh:conforms false") || text.contains("\"false\""), "{text}");
    let shape = "ex:R a sh:NodeShape ; sh:targetClass sh:ValidationResult ; sh:property [ sh:path sh:focusNode ; sh:minCount 1 ] , \
        [ sh:path sh:sourceConstraintComponent ; sh:minCount 1 ; sh:nodeKind sh:IRI ] , [ sh:path sh:resultSeverity ; sh:minCount 1 ; sh:nodeKind sh:IRI ] , \
        [ sh:path sh:resultMessage ; sh:uniqueLang true ; sh:minCount 2 ] , [ sh:path sh:resultPath ; sh:maxCount 1 ; sh:minCount 1 ] .";
    let read = Data::read(text.as_bytes(), None, "report.ttl", None, &Default::default()).unwrap();
    let again = shapes(shape).unwrap().validate(&read).unwrap();
    assert!(again.conforms && again.judged > 0, "{:?}\n{text}", rows(&again));
    let clean = validate(TITLE, "ex:d a dcat:Dataset ; dcterms:title \"t\" .");
    assert!(clean.conforms && report(&clean).contains("sh:conforms true"));
}

#[test]
fn the_report_keeps_paths_datatypes_and_languages() {
    let shape = "ex:S a sh:NodeShape ; sh:targetClass dcat:Dataset ; sh:property [ sh:path ( dcterms:temporal dcat:startDate ) ; sh:datatype xsd:date ] , \
        [ sh:path dcterms:title ; sh:languageIn ( \"sv\" ) ] .";
    let found = validate(
        shape,
        "ex:d a dcat:Dataset ; dcterms:title \"Trees\"@en ; dcterms:temporal [ dcat:startDate \"2020\"^^xsd:gYear ] .",
    );
    let text = report(&found);
    assert!(text.contains("\"Trees\"@en") && text.contains("gYear"), "{text}");
    let read = Data::read(text.as_bytes(), None, "report.ttl", None, &Default::default()).unwrap();
    let shape = "ex:R a sh:NodeShape ; sh:targetClass sh:ValidationResult ; sh:property [ sh:path sh:value ; sh:minCount 1 ; sh:maxCount 1 ] , \
        [ sh:path sh:resultPath ; sh:minCount 1 ; sh:maxCount 1 ] ; sh:or ( [ sh:property [ sh:path ( sh:resultPath <http://www.w3.org/1999/02/22-rdf-syntax-ns#first> ) ; sh:hasValue dcterms:temporal ] ] \
        [ sh:property [ sh:path sh:resultPath ; sh:hasValue dcterms:title ] ] ) .";
    let again = shapes(shape).unwrap().validate(&read).unwrap();
    assert!(again.conforms && again.judged == 2, "{:?}\n{text}", rows(&again));
}

#[test]
fn an_address_of_a_person_is_in_no_finding_and_no_report() {
    let text = "ex:S a sh:NodeShape ; sh:targetClass vcard:Kind ; sh:property [ sh:path vcard:hasEmail ; sh:nodeKind sh:Literal ; sh:node [ sh:nodeKind sh:Literal ] ] . \
        ex:T a sh:NodeShape ; sh:targetObjectsOf vcard:hasEmail ; sh:nodeKind sh:Literal .";
    let found = validate(text, "ex:c a vcard:Kind ; vcard:hasEmail <mailto:kim@exempelby.example> .");
    assert!(found.results.len() >= 3);
    let findings: Vec<_> = found.results.iter().map(super::super::Found::finding).collect();
    let all = format!("{}{}", serde_json::to_string(&findings).unwrap(), report(&found));
    assert!(!all.contains("kim@"), "{all}");
}

#[test]
fn deactivated_shapes_and_queries_are_silent() {
    let off = TITLE.replace("ex:S a sh:NodeShape", "ex:S a sh:NodeShape ; sh:deactivated true");
    check(&off, "ex:d a dcat:Dataset .", &[]);
    let asked = "ex:S a sh:NodeShape ; sh:targetClass dcat:Dataset ; sh:sparql [ sh:deactivated true ; sh:select \"SELECT $this WHERE { $this ?p ?o }\" ] .";
    check(asked, "ex:d a dcat:Dataset .", &[]);
    let nothing = shapes(TITLE).unwrap().validate(&data("ex:x ex:p ex:y .")).unwrap();
    assert_eq!((nothing.judged, nothing.conforms), (0, true));
}
