//! Bad input: shapes with errors, rings of shapes, queries that would call others, and more findings than a report may hold.

use std::net::TcpListener;

use fyr_model::limits::GraphLimits;
use fyr_model::{RefusalKind, Severity};

use super::super::{Data, Shapes, Why};
use super::{document, shapes, validate};

/// A refusal's id and line; the line counts the heading of these tests as the first.
fn refused(text: &str) -> (String, u64) {
    let refusal = shapes(text).unwrap_err();
    assert_eq!(refusal.subject, "former.ttl", "{refusal:?}");
    assert!(!refusal.message.sv.is_empty() && !refusal.message.en.is_empty());
    (refusal.id.clone(), refusal.position.map_or(0, |at| at.line))
}

#[test]
fn a_shapes_file_with_an_error_is_refused_with_its_name_and_line() {
    let good = "ex:S a sh:NodeShape ; sh:targetClass dcat:Dataset ;\n";
    for (text, id, line) in [
        (
            "ex:S a sh:NodeShape ;\n sh:property [ sh:path ex:p ; sh:minCount 1 ;;; \n",
            "syntax",
            4,
        ),
        ("sh:property [ sh:path ex:p ;\n sh:minCount \"ett\" ] .", "shapes-invalid", 4),
        ("sh:property [ sh:path ex:p ;\n sh:pattern \"(\" ] .", "shapes-invalid", 4),
        ("sh:property [ sh:path ex:p ;\n\n sh:nodeKind sh:Iri ] .", "shapes-invalid", 5),
        ("sh:property [\n sh:path [ sh:inversePath \"x\" , ex:p ] ] .", "shapes-invalid", 4),
        ("sh:property [ sh:path ex:p ;\n sh:in \"x\" ] .", "shapes-invalid", 4),
        ("sh:property [ sh:path ex:p ;\n sh:maxCount 1 , 2 ] .", "shapes-invalid", 4),
        ("sh:sparql [\n sh:message \"x\" ] .", "shapes-invalid", 3),
        (
            "sh:sparql [\n sh:select \"\"\"SELECT $this WHERE {\n $this ex:p }\"\"\" ] .",
            "shapes-sparql",
            5,
        ),
        ("sh:sparql [\n sh:select \"ASK { }\" ] .", "shapes-sparql", 4),
    ] {
        let text = if text.starts_with("ex:S") {
            text.to_owned()
        } else {
            format!("{good}{text}")
        };
        let (seen, at) = refused(&text);
        assert_eq!(seen, id, "{text}");
        assert!(at > 0 && at <= line, "{text}: line {at}, expected {line}");
    }
}

#[test]
fn a_catalogue_given_as_shapes_is_refused() {
    assert_eq!(shapes("ex:d a dcat:Dataset .").unwrap_err().id, "shapes-none");
}

#[test]
fn shapes_that_refer_to_themselves_are_refused_by_name() {
    let ring = "ex:A a sh:NodeShape ; sh:targetClass dcat:Dataset ; sh:property [ sh:path ex:p ; sh:node ex:B ] .\n\
        ex:B a sh:NodeShape ; sh:not ex:A .";
    let refusal = shapes(ring).unwrap_err();
    assert_eq!(
        (refusal.id.as_str(), refusal.kind),
        ("shapes-recursive", RefusalKind::Configuration)
    );
    assert!(refusal.message.en.contains("https://exempelby.example/A"), "{refusal:?}");
    assert!(refusal.position.is_some(), "{refusal:?}");
    let itself = "ex:A a sh:NodeShape ; sh:targetClass dcat:Dataset ; sh:property [ sh:path ex:p ; sh:node ex:A ] .";
    assert_eq!(shapes(itself).unwrap_err().id, "shapes-recursive");
}

#[test]
fn a_query_that_asks_another_address_is_refused_and_nobody_is_called() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    let service = format!("SERVICE <http://{address}/sparql> {{ ?s ?p ?o }}");
    let component = "ex:C a sh:ConstraintComponent ; sh:parameter [ sh:path ex:limit ] ; sh:validator [ a sh:SPARQLAskValidator ; sh:ask";
    let head = "ex:S a sh:NodeShape ; sh:targetClass dcat:Dataset ; sh:sparql [ sh:select";
    let mut texts: Vec<String> = [
        service.clone(),
        format!("$this ?a ?b . FILTER EXISTS {{ {service} }}"),
        format!("{{ SELECT $this WHERE {{ {} }} }}", service.replace("SERVICE", "SERVICE SILENT")),
        format!("OPTIONAL {{ {} }}", service.replace("SERVICE", "service")),
        service.replace("SERVICE", "\\u0053ERVICE"),
        format!("GRAPH ?g {{ {service} }}"),
    ]
    .iter()
    .map(|pattern| format!("{head} '''SELECT $this WHERE {{ {pattern} }}''' ] ."))
    .collect();
    texts.push(format!(
        "ex:S a sh:NodeShape ; sh:targetClass dcat:Dataset ; ex:limit 1 .\n{component} '''ASK {{ {service} }}''' ] ."
    ));
    for text in texts {
        let refusal = shapes(&text).unwrap_err();
        assert!(
            ["shapes-service", "shapes-sparql", "syntax"].contains(&refusal.id.as_str()),
            "{text}: {refusal:?}"
        );
        assert!(refusal.position.is_some(), "{refusal:?}");
    }
    assert_eq!(
        shapes(&format!("{head} '''SELECT $this WHERE {{ {service} }}''' ] ."))
            .unwrap_err()
            .id,
        "shapes-service"
    );
    // A FROM names a graph, and is no reason to fetch one.
    let from = format!("{head} '''SELECT $this FROM <http://{address}/g> WHERE {{ $this ?p ?o }}''' ] .");
    if let Ok(shapes) = shapes(&from) {
        let _ = shapes.validate(&super::data("ex:d a dcat:Dataset ."));
    }
    let imports = format!("<http://{address}/x> owl:imports <http://{address}/y> . ex:S a sh:NodeShape ; sh:targetClass dcat:Dataset .");
    let found = validate(&imports, "ex:d a dcat:Dataset .").left_out;
    assert_eq!(found.iter().map(|one| one.why).collect::<Vec<_>>(), [Why::NotFetched]);
    assert!(listener.accept().is_err(), "somebody connected");
}

#[test]
fn a_query_that_is_too_large_is_refused_before_it_is_parsed() {
    let long = "?a ?b ?c . ".repeat(500);
    let text =
        format!("ex:S a sh:NodeShape ; sh:targetClass dcat:Dataset ; sh:sparql [ sh:select '''SELECT $this WHERE {{ {long} }}''' ] .");
    assert_eq!(refused(&text).0, "shapes-sparql");
}

#[test]
fn a_hundred_thousand_findings_give_a_bounded_report_that_says_so() {
    let shape =
        shapes("ex:S a sh:NodeShape ; sh:targetClass dcat:Dataset ; sh:property [ sh:path dcterms:title ; sh:minCount 1 ] .").unwrap();
    let mut text = String::from(super::HEAD);
    for number in 0..100_000 {
        text.push_str(&format!("ex:d{number} a dcat:Dataset .\n"));
    }
    let data = Data::read(text.as_bytes(), None, "katalog.ttl", None, &GraphLimits::default()).unwrap();
    let first = shape.validate_up_to(&data, 1000).unwrap();
    assert!(first.cut && !first.conforms);
    assert_eq!((first.results.len(), first.total, first.counts.violation), (1000, 100_000, 100_000));
    assert_eq!(first.datasets.iter().filter(|(_, holds)| *holds).count(), 0);
    assert_eq!(first.beyond.iter().map(|one| one.count).sum::<u64>(), 99_000);
    let report = super::report(&first);
    assert!(report.contains("leftOut 99000"), "{}", report.get(..600).unwrap_or_default());
}

#[test]
fn which_results_are_kept_does_not_depend_on_the_threads() {
    let shape =
        shapes("ex:S a sh:NodeShape ; sh:targetClass dcat:Dataset ; sh:property [ sh:path dcterms:title ; sh:minCount 1 ] .").unwrap();
    let text: String = (0..3000).map(|number| format!("ex:d{number} a dcat:Dataset .\n")).collect();
    let data = super::data(&text);
    let first = shape.validate_up_to(&data, 100).unwrap();
    assert_eq!(first.results, shape.validate_up_to(&data, 100).unwrap().results);
    let whole = shape.validate_up_to(&data, 10_000).unwrap();
    assert!(!whole.cut && whole.results.len() == 3000);
    assert_eq!(first.results[..], whole.results[..100]);
}

#[test]
fn a_bounded_report_keeps_some_of_every_shape() {
    let shape = shapes(
        "ex:S a sh:NodeShape ; sh:targetClass dcat:Dataset ; sh:property [ sh:path dcterms:title ; sh:minCount 1 ] , \
         [ sh:path dcterms:description ; sh:minCount 1 ] , [ sh:path dcat:theme ; sh:maxCount 0 ; sh:severity sh:Warning ] .",
    );
    let text: String = (0..3000).map(|number| format!("ex:d{number} a dcat:Dataset .\n")).collect();
    let data = super::data(&format!("{text} ex:d7 dcat:theme ex:t . ex:d8 dcat:theme ex:t ."));
    let found = shape.unwrap().validate_up_to(&data, 102).unwrap();
    let of = |severity: Severity| found.results.iter().filter(|one| one.severity == severity).count();
    assert_eq!((of(Severity::Violation), of(Severity::Warning)), (100, 2));
    assert_eq!((found.counts.violation, found.counts.warning), (6000, 2));
    let beyond: Vec<u64> = found.beyond.iter().map(|one| one.count).collect();
    assert_eq!(beyond, [2950, 2950]);
}

#[test]
fn findings_on_one_node_are_bounded_too() {
    let shape = "ex:S a sh:NodeShape ; sh:targetClass dcat:Dataset ; sh:property [ sh:path dcat:keyword ; sh:nodeKind sh:IRI ] .";
    let words: Vec<String> = (0..5000).map(|number| format!("\"ord{number}\"")).collect();
    let found = shapes(shape)
        .unwrap()
        .validate_up_to(
            &super::data(&format!("ex:d a dcat:Dataset ; dcat:keyword {} .", words.join(", "))),
            100,
        )
        .unwrap();
    assert_eq!((found.results.len(), found.total, found.cut), (100, 5000, true));
}

#[test]
fn links_that_dangle_are_named_and_left_out() {
    let text = "ex:S a sh:NodeShape ; sh:targetClass dcat:Dataset ; sh:property ex:Gone , ex:Here ; sh:node ex:Nowhere ; sh:or ( ex:Here ex:Off ) .\n\
        ex:Here sh:path dcterms:title ; sh:minCount 1 .";
    let found = validate(text, "ex:d a dcat:Dataset .");
    let named: Vec<String> = found
        .left_out
        .iter()
        .map(|one| format!("{:?} {}", one.why, one.target.rsplit('/').next().unwrap()))
        .collect();
    assert_eq!(named, ["Dangling Nowhere", "Dangling Off", "Dangling Gone"]);
    assert_eq!(super::rows(&found), ["d title MinCount"]);
    let finding = found.left_out[0].finding();
    assert_eq!((finding.id.as_str(), finding.severity), ("shapes-dangling", Severity::Info));
}

#[test]
fn a_link_into_another_loaded_file_does_not_dangle() {
    let one = format!(
        "{}ex:S a sh:NodeShape ; sh:targetClass dcat:Dataset ; sh:property ex:P .",
        super::HEAD
    );
    let other = format!("{}ex:P sh:path dcterms:title ; sh:minCount 1 .", super::HEAD);
    let limits = GraphLimits::default();
    let both = Shapes::read(&[document(one.as_bytes(), "a.ttl"), document(other.as_bytes(), "b.ttl")], &limits).unwrap();
    assert!(both.left_out().is_empty());
    let alone = Shapes::read(&[document(one.as_bytes(), "a.ttl")], &limits).unwrap();
    assert_eq!(alone.left_out().len(), 1);
}

#[test]
fn what_is_outside_core_and_sparql_is_named() {
    let text = "ex:S a sh:NodeShape ; sh:targetClass dcat:Dataset ; sh:rule [ a sh:TripleRule ] ; sh:js [ a sh:JSConstraint ] .";
    let found = validate(text, "ex:d a dcat:Dataset .");
    assert_eq!(
        found.left_out.iter().map(|one| one.why).collect::<Vec<_>>(),
        [Why::NotSupported, Why::NotSupported]
    );
    assert_eq!(
        refused("ex:S a sh:NodeShape ; sh:targetClass dcat:Dataset . <urn:g> sh:entailment <urn:e> .").0,
        "shapes-invalid"
    );
}
