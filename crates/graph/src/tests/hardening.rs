//! H12-H17, H48 and H49: each with an honest control.

use std::fmt::Write as _;

use fyr_model::Refusal;
use fyr_model::limits::SparqlLimits;

use super::{HEAD, outcome, read_text, read_with, shared};
use crate::ReadRequest;
use crate::parts::{PartsRequest, Whole, in_parts};
use crate::sparql::{rehearse, screen};

fn rdf(doctype: &str, inside: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?>\n{doctype}<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" \
         xmlns:dcterms=\"http://purl.org/dc/terms/\">\n<rdf:Description rdf:about=\"https://e.example/d\">{inside}</rdf:Description>\n</rdf:RDF>"
    )
}

fn check(document: &str, expected: &str) {
    let dir = tempfile::tempdir().unwrap();
    let read = read_text(document, dir.path());
    let start: String = document.chars().take(300).collect();
    let said = read.as_ref().err().map(|refusal| refusal.message.en.clone());
    let place = read.as_ref().err().and_then(|refusal| refusal.position);
    assert_eq!(outcome(read), expected, "{said:?}\n{start}");
    let in_parts = piece_by_piece(document, dir.path());
    let in_place = in_parts.as_ref().err().and_then(|refusal| refusal.position);
    assert_eq!(outcome(in_parts), expected, "piece by piece\n{start}");
    if document.starts_with("<?xml") {
        assert_eq!(in_place, place, "piece by piece\n{start}");
    }
}

/// Reads a document as a large one is read: through a window over its file, where its syntax allows that.
fn piece_by_piece(document: &str, dir: &std::path::Path) -> Result<Whole, Refusal> {
    let path = dir.join("document");
    std::fs::write(&path, document).unwrap();
    let read = ReadRequest {
        path,
        source: "exempelby".into(),
        address: "https://data.exempelby.example/dcat".into(),
        media_type: None,
        base: None,
        limits: Default::default(),
    };
    let request = PartsRequest {
        read,
        whole_bytes: 0,
        part_triples: u64::MAX,
    };
    in_parts(&request, dir, &mut |_| Ok(()))
}

#[test]
fn rdf_xml_piece_by_piece_says_where_it_stops_and_reads_single_quotes() {
    let dir = tempfile::tempdir().unwrap();
    let refused = |inside: &str| {
        let refusal = piece_by_piece(&rdf("", inside), dir.path()).unwrap_err();
        (refusal.id, refusal.position.map(|at| at.line))
    };
    let relative = "<dcterms:title>Å</dcterms:title>\n<dcterms:source rdf:resource=\"borta\"/>";
    assert_eq!(refused(relative), ("relative-iri".to_owned(), Some(4)));
    let long = format!("\n\n<dcterms:title>{}</dcterms:title>", "x".repeat((1 << 20) + 1));
    assert_eq!(refused(&long), ("literal-too-long".to_owned(), Some(5)));
    assert_eq!(refused("\n<odd:title/>").0, "syntax");
    let entity = "<!DOCTYPE rdf:RDF [ <!ENTITY e 'https://e.example/'> <!ENTITY f 'x'> ]>\n";
    let read = piece_by_piece(&rdf(entity, "<dcterms:source rdf:resource=\"&e;&f;\"/>"), dir.path()).unwrap();
    assert_eq!((read.statements, read.syntax.as_str()), (1, "rdf-xml"));
}

#[test]
fn h12_entities_within_entities_are_refused_and_namespace_shortcuts_work() {
    let bomb = "<!DOCTYPE r [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;\">]>\n";
    check(&rdf(bomb, "<dcterms:title>&b;</dcterms:title>"), "doctype-entity");
    let hidden = "<!DOCTYPE r [<!ENTITY a \"aaaa\"><!ENTITY b \"&#38;a;&#x26;a;\">]>\n";
    check(&rdf(hidden, "<dcterms:title>&b;</dcterms:title>"), "doctype-entity");
    let honest = "<!DOCTYPE rdf:RDF [\n  <!-- shortcuts -->\n  <!ENTITY xsd \"http://www.w3.org/2001/XMLSchema#\">\n  <!ENTITY by 'http://e.example/?a=1&amp;b=2'>\n]>\n";
    let dir = tempfile::tempdir().unwrap();
    let document = rdf(
        honest,
        "<dcterms:issued rdf:datatype=\"&xsd;date\">2026-01-01</dcterms:issued><dcterms:source rdf:resource=\"&by;\"/>",
    );
    let read = read_text(document, dir.path()).unwrap();
    assert_eq!(read.triples, 2);
    let text = std::fs::read_to_string(read.nquads).unwrap();
    assert!(
        text.contains("XMLSchema#date") && text.contains("<http://e.example/?a=1&b=2>"),
        "{text}"
    );
}

#[test]
fn h12_an_expansion_to_100_mb_is_refused_in_text_and_in_attributes() {
    let doctype = format!("<!DOCTYPE r [<!ENTITY a \"{}\">]>\n", "a".repeat(1000));
    let many = "&a;".repeat(100_000);
    check(&rdf(&doctype, &format!("<dcterms:title>{many}</dcterms:title>")), "doctype-entity");
    check(
        &rdf(&doctype, &format!("<dcterms:title xml:lang=\"sv\" dcterms:x=\"{many}\"/>")),
        "doctype-entity",
    );
    check(
        &rdf(&doctype, &format!("<dcterms:title>{}</dcterms:title>", "&a;".repeat(1000))),
        "accepted",
    );
}

#[test]
fn h12_both_sides_of_the_entity_limits() {
    let entities = |count: usize, size: usize| {
        let all: String = (0..count).fold(String::new(), |mut all, n| {
            let _ = write!(all, "<!ENTITY e{n} \"{}\">", "x".repeat(size));
            all
        });
        rdf(&format!("<!DOCTYPE r [{all}]>\n"), "<dcterms:title>&e0;</dcterms:title>")
    };
    check(&entities(64, 1024), "accepted");
    check(&entities(65, 1), "doctype-entity");
    check(&entities(1, 1025), "doctype-entity");
}

#[test]
fn h13_external_and_parameter_entities_open_nothing() {
    for doctype in [
        "<!DOCTYPE r SYSTEM \"http://127.0.0.1:9/x.dtd\">\n",
        "<!DOCTYPE r PUBLIC \"-//x\" \"http://127.0.0.1:9/x.dtd\">\n",
        "<!DOCTYPE r [<!ENTITY a SYSTEM \"file:///etc/hostname\">]>\n",
        "<!DOCTYPE r [<!ENTITY % a \"x\">%a;]>\n",
        "<!DOCTYPE r [%a;]>\n",
    ] {
        check(&rdf(doctype, "<dcterms:title>x</dcterms:title>"), "doctype-external");
    }
    check(&rdf("<!DOCTYPE r [<!ELEMENT r ANY>]>\n", ""), "doctype-entity");
    let include = "<x:include xmlns:x=\"http://www.w3.org/2001/XInclude\" href=\"http://127.0.0.1:9/\"/>";
    check(&rdf("", include), "xinclude");
    check(&rdf("<!DOCTYPE rdf:RDF>\n", "<dcterms:title>x</dcterms:title>"), "accepted");
}

#[test]
fn h14_xml_depth_has_two_sides() {
    // rdf:RDF, rdf:Description, then pairs of property and node.
    let nested = |pairs: usize| {
        let open: String = (0..pairs)
            .map(|n| format!("<dcterms:relation><rdf:Description rdf:about=\"https://e.example/{n}\">"))
            .collect();
        let close = "</rdf:Description></dcterms:relation>".repeat(pairs);
        rdf("", &format!("{open}{close}"))
    };
    check(&nested(63), "accepted");
    check(&nested(64), "depth");
    check(&nested(5_000), "depth");
}

#[test]
fn h14_json_ld_of_2000_levels_is_refused_and_a_shallow_one_read() {
    let nested = |levels: usize| {
        let open = "{\"@id\":\"https://e.example/a\",\"http://purl.org/dc/terms/relation\":".repeat(levels);
        format!("{open}{{\"@id\":\"https://e.example/z\"}}{}", "}".repeat(levels))
    };
    check(&nested(2_000), "depth");
    check(&nested(128), "depth");
    check(&nested(127), "accepted");
    check(&format!("{{\"@id\":{}1{}}}", "[".repeat(2_000), "]".repeat(2_000)), "depth");
}

#[test]
fn h14_turtle_depth_has_two_sides_and_texts_do_not_count() {
    let nested = |levels: usize| {
        let open: String = (0..levels)
            .map(|n| format!("[ dcterms:title \"{n}\" ; dcterms:relation "))
            .collect();
        format!("{HEAD}<a> dcterms:relation {open}<z> {} .", "]".repeat(levels))
    };
    check(&nested(128), "accepted");
    check(&nested(129), "depth");
    check(
        &format!(
            "{HEAD}<a> dcterms:title \"{}\", '''{}''' . # {}",
            "[".repeat(500),
            "(".repeat(500),
            "{".repeat(500)
        ),
        "accepted",
    );
}

#[test]
fn h14_triple_terms_are_refused_in_every_syntax() {
    check(&format!("{HEAD}<a> dcterms:relation <<( <s> <p> <o> )>> ."), "triple-term");
    check(&format!("{HEAD}<< <s> <p> <o> >> dcterms:title \"x\" ."), "triple-term");
    let triple = "<dcterms:relation rdf:parseType=\"Triple\"><rdf:Description rdf:about=\"https://e.example/s\"><dcterms:title>x</dcterms:title></rdf:Description></dcterms:relation>";
    let document = rdf("", triple).replace("xmlns:rdf=", "rdf:version=\"1.2\" xmlns:rdf=");
    check(&document, "triple-term");
    check(&format!("{HEAD}<a> dcterms:title \"a << b\" ."), "accepted");
}

#[test]
fn h15_only_bundled_contexts_are_used() {
    let with = |context: &str| format!("{{\"@context\":\"{context}\",\"@id\":\"https://e.example/c\",\"@type\":\"Catalogue\"}}");
    check(&with("https://contexts.exempelby.example/own.jsonld"), "jsonld-context");
    check(&with("file:///etc/hostname"), "jsonld-context");
    check(
        &with("https://semiceu.github.io/DCAT-AP/releases/3.0.1/context/dcat-ap.jsonld"),
        "accepted",
    );
    let dir = tempfile::tempdir().unwrap();
    let refusal = read_text(with("https://contexts.exempelby.example/own.jsonld"), dir.path()).unwrap_err();
    assert!(
        refusal.message.en.contains("contexts.exempelby.example") && refusal.position.unwrap().offset == 13,
        "{refusal:?}"
    );
}

#[test]
fn h16_literals_iris_and_triples_have_two_sides() {
    let dir = tempfile::tempdir().unwrap();
    let limited = |text: String| {
        outcome(read_with(text, dir.path(), |request| {
            request.limits.literal_bytes_max = 100;
            request.limits.iri_bytes_max = 60;
            request.limits.triples_max = 3;
        }))
    };
    let document = |object: &str| format!("<https://e.example/a> <https://e.example/p> {object} .\n");
    let iri = |length: usize| format!("<https://e.example/{}>", "x".repeat(length - 18));
    assert_eq!(limited(document(&format!("\"{}\"", "x".repeat(100)))), "accepted");
    assert_eq!(limited(document(&format!("\"{}\"", "x".repeat(101)))), "literal-too-long");
    assert_eq!(limited(document(&iri(60))), "accepted");
    assert_eq!(limited(document(&iri(61))), "iri-too-long");
    assert_eq!(limited((0..3).map(|n| document(&format!("\"{n}\""))).collect()), "accepted");
    assert_eq!(limited((0..4).map(|n| document(&format!("\"{n}\""))).collect()), "too-many-triples");
}

#[test]
fn h08_the_cap_on_datasets_has_two_sides_and_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let read = |count: u32| {
        let datasets: String = (0..count).map(|n| format!("<d{n}> a dcat:Dataset .\n")).collect();
        read_with(format!("{HEAD}{datasets}"), dir.path(), |request| request.limits.datasets_max = 3)
    };
    assert!(read(3).is_ok());
    let refusal = read(4).unwrap_err();
    assert_eq!(refusal.id, "too-many-datasets");
    assert!(refusal.hint.unwrap().en.contains("graph.datasets_max"));
}

#[test]
fn h17_blank_labels_of_two_documents_do_not_meet() {
    let dir = tempfile::tempdir().unwrap();
    let document = |label: &str, year: &str| {
        format!("{HEAD}<d> a dcat:Dataset ; dcterms:temporal _:{label} . _:{label} dcat:startDate \"{year}-01-01\"^^xsd:date .")
    };
    let text = |label: &str, year: &str, source: &str| {
        let read = read_with(document(label, year), dir.path(), |request| request.source = source.into()).unwrap();
        std::fs::read_to_string(read.nquads).unwrap()
    };
    // The label plays no part, the content and the source do.
    assert_eq!(text("x", "2020", "a"), text("y", "2020", "a"));
    assert_ne!(text("x", "2020", "a"), text("x", "2021", "a"));
    assert_ne!(text("x", "2020", "a"), text("x", "2020", "b"));
    assert!(text("x", "2020", "a").contains("urn:fyr:bnode:a:"));
}

#[test]
fn h17_a_symmetric_graph_is_refused_within_the_budget_and_twins_are_not() {
    // Complete graph over blank nodes: every permutation looks the same.
    let complete = |nodes: usize| {
        let mut text = HEAD.to_owned();
        for a in 0..nodes {
            for b in 0..nodes {
                if a != b {
                    let _ = writeln!(text, "_:n{a} dcterms:relation _:n{b} .");
                }
            }
        }
        text
    };
    let started = std::time::Instant::now();
    check(&complete(24), "canonical-budget");
    // It is read in two ways, each within its five seconds.
    assert!(started.elapsed() < std::time::Duration::from_secs(20), "{:?}", started.elapsed());
    check(&complete(4), "accepted");
    // A long chain is read again from each of its nodes.
    let chain: String = (0..20_000).fold(HEAD.to_owned(), |mut text, n| {
        let _ = writeln!(text, "_:n{n} dcterms:relation _:n{} .", n + 1);
        text
    });
    check(&chain, "canonical-budget");
    // Two equal periods, and a list of equal values, are honest.
    check(
        &format!(
            "{HEAD}<d> dcterms:temporal [ dcat:startDate \"2020\" ], [ dcat:startDate \"2020\" ] ; dcterms:relation (1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1) ."
        ),
        "accepted",
    );
}

#[test]
fn h14_flat_and_nested_queries_are_refused_before_the_parser() {
    let limits = SparqlLimits {
        query_bytes_max: 1 << 20,
        ..SparqlLimits::default()
    };
    let select = |inside: &str| format!("SELECT * WHERE {{ {inside} }}");
    for (query, expected) in [
        (select(&"?s ?p ?o . ".repeat(3_000)), "sparql-patterns"),
        (select(&"?s ?p ?o ; ?q ?r . ".repeat(40)), "sparql-patterns"),
        (select(&format!("?s ?p {} ?z", "?o , ".repeat(3_000))), "sparql-patterns"),
        (select(&format!("?s ?p ({})", "1 ".repeat(3_000))), "sparql-patterns"),
        (select(&format!("?s ?p [ {} ]", "?a ?b ; ".repeat(300))), "sparql-operators"),
        (select(&"MINUS {} ".repeat(4_000)), "sparql-operators"),
        (select(&format!("FILTER(1{})", "+1".repeat(16_000))), "sparql-operators"),
        (select(&format!("FILTER(?a{})", " || ?b".repeat(300))), "sparql-operators"),
        (select(&format!("?s <a>{} ?o", "/<a>".repeat(300))), "sparql-patterns"),
        (
            select(&format!("?s ?p ?o FILTER(?o IN (1{}))", ", 1".repeat(300))),
            "sparql-operators",
        ),
        (select(&"VALUES ?x { 1 } ".repeat(300)), "sparql-patterns"),
        (select(&"{} ".repeat(300)), "sparql-patterns"),
        (select(&format!("{}{}", "{ ".repeat(2_000), "}".repeat(2_000))), "sparql-depth"),
        (
            select(&format!("FILTER({}1{})", "(".repeat(2_000), ")".repeat(2_000))),
            "sparql-depth",
        ),
        (format!("SELECT * WHERE {{}} # {}", "x".repeat(1 << 20)), "sparql-too-long"),
    ] {
        assert_eq!(
            outcome(screen(&query, &limits)),
            expected,
            "{}",
            query.chars().take(80).collect::<String>()
        );
    }
}

#[test]
fn h14_honest_queries_pass_the_screen_and_the_rehearsal() {
    let limits = SparqlLimits::default();
    let prefixes =
        "PREFIX dcat: <http://www.w3.org/ns/dcat#> PREFIX dct: <http://purl.org/dc/terms/> PREFIX foaf: <http://xmlns.com/foaf/0.1/> ";
    for query in [
        "SELECT (COUNT(DISTINCT ?d) AS ?n) WHERE { ?d a dcat:Dataset }".to_owned(),
        "SELECT ?publisher (COUNT(?d) AS ?n) WHERE { ?d a dcat:Dataset ; dct:publisher/foaf:name ?publisher } GROUP BY ?publisher ORDER BY DESC(?n) LIMIT 10".into(),
        "SELECT * WHERE { GRAPH ?g { ?d dct:title ?t } OPTIONAL { ?d dct:issued ?i } FILTER(LANG(?t) = 'sv' && (!BOUND(?i) || ?i < '2020-01-01')) }".into(),
        "CONSTRUCT { ?d dct:title ?t } WHERE { ?d dct:title ?t MINUS { ?d dct:license ?l } }".into(),
        "ASK { ?s ?p '''a { b . c ; ''' }".into(),
        format!("SELECT * WHERE {{ VALUES (?a ?b) {{ {} }} ?a ?p ?b }}", "(1 2) ".repeat(500)),
        format!("SELECT * WHERE {{ {} }}", (0..30).map(|n| format!("?s ?p{n} ?o{n} . ")).collect::<String>()),
        "DESCRIBE <https://e.example/d>".into(),
    ] {
        let query = format!("{prefixes}{query}");
        assert_eq!(outcome(screen(&query, &limits)), "accepted", "{query}");
        assert_eq!(outcome(rehearse(&query)), "accepted", "{query}");
    }
}

#[test]
fn h14_what_the_screen_lets_through_fits_the_rehearsal() {
    // Each at its limit: none may overflow a quarter of the stack.
    let limits = SparqlLimits::default();
    let select = |inside: String| format!("SELECT * WHERE {{ {inside} }}");
    for query in [
        select((0..64).map(|n| format!("?s{n} <a:b> ?o{n} . ")).collect()),
        select("MINUS {} ".repeat(126)),
        select("{} UNION ".repeat(84) + "{}"),
        select(format!("FILTER(1{})", "+1".repeat(250))),
        select(format!("FILTER(?a{})", "||?b".repeat(125))),
        select(format!("?s <a:a>{} ?o", "/<a:a>".repeat(62))),
        select(format!("{}{}", "{ ".repeat(125), "}".repeat(125))),
        select(format!("FILTER({}1{})", "(".repeat(126), ")".repeat(126))),
        select("BIND(1 AS ?x) ".to_owned() + &"OPTIONAL { } ".repeat(120)),
        select("VALUES ?x { 1 } ".repeat(64)),
    ] {
        let shown: String = query.chars().take(60).collect();
        assert_eq!(outcome(screen(&query, &limits)), "accepted", "{shown}");
        let started = std::time::Instant::now();
        let rehearsed = outcome(rehearse(&query));
        println!("{:?} {rehearsed}: {shown}", started.elapsed());
        assert!(
            ["accepted", "sparql-syntax", "sparql-timeout"].contains(&rehearsed.as_str()),
            "{shown}: {rehearsed}"
        );
    }
}

#[test]
fn h49_service_and_updates_are_refused_before_the_parser() {
    let limits = SparqlLimits::default();
    for (query, expected) in [
        ("SELECT * WHERE { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }", "sparql-service"),
        (
            "SELECT * WHERE { service silent <http://127.0.0.1:9/> { ?s ?p ?o } }",
            "sparql-service",
        ),
        ("INSERT DATA { <a:a> <a:a> <a:a> }", "sparql-update"),
        ("LOAD <http://127.0.0.1:9/>", "sparql-update"),
        ("PREFIX x: <a:> DELETE WHERE { ?s ?p ?o }", "sparql-update"),
        ("SELECT * WHERE { ?s <a:service> 'SERVICE' . # SERVICE\n }", "accepted"),
    ] {
        assert_eq!(outcome(screen(query, &limits)), expected, "{query}");
    }
}

#[test]
fn h11_a_web_page_is_named_as_one() {
    for page in [
        "<!DOCTYPE html><html><body>Logga in</body></html>",
        "<html lang=\"sv\"><head></head></html>",
        "<?xml version=\"1.0\"?>\n<!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML 1.0 Strict//EN\" \"x.dtd\"><html xmlns=\"http://www.w3.org/1999/xhtml\"/>",
        "\u{feff}  <!-- cached --><HTML></HTML>",
    ] {
        check(page, "not-a-catalogue");
    }
    check(&rdf("", "<dcterms:title>x</dcterms:title>"), "accepted");
}

#[test]
fn h14_the_invalid_turtle_of_the_fixtures_is_refused_at_line_32() {
    let Some(path) = shared("fixtures/real/catalogs/dcat-ap-example-dataset-series-combined.ttl") else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let refusal = read_text(std::fs::read(path).unwrap(), dir.path()).unwrap_err();
    let at = refusal.position.unwrap();
    assert_eq!((refusal.id.as_str(), at.line), ("syntax", 32), "{refusal:?}");
    assert!(at.column > 1 && at.offset > 0, "{at:?}");
}
