//! Corrected documents: what every syntax reads back as, and changes that do not fit.

use fyr_model::change::{Change, Term};

use super::{HEAD, outcome, read_text};
use crate::{Document, Syntax};

/// Blank nodes in each other, a repeated distribution, an IRI whose scheme is one of our prefixes, and properties of strangers.
const CATALOGUE: &str = "<c> a dcat:Catalog ; dcat:dataset <d> .\n\
    <d> a dcat:Dataset ; dcterms:title \"Träd\"@sv ; dcat:distribution <d/b> , <d/a> ; dcat:contactPoint <k> ;\n\
      dcterms:temporal [ dcat:startDate \"2020\" ; <https://exempel.example/i> [ <https://exempel.example/i> \"djupt\" ] ] .\n\
    <d/a> a dcat:Distribution . <d/b> a dcat:Distribution .\n\
    <k> a <vcard:Kind> , vcard:Organization ; <https://exempel.example/egen> <urn:isbn:1> , \"1\"^^xsd:integer , \"\\\"\\n\" .\n";

fn opened(text: &str, dir: &std::path::Path) -> (crate::ReadResponse, Document) {
    let read = read_text(format!("{HEAD}{text}"), dir).unwrap();
    let document = Document::open(&read.nquads, &read.view).unwrap();
    (read, document)
}

fn change(subject: &str, property: &str, before: Option<Term>, after: Option<Term>) -> Change {
    Change {
        subject: format!("https://data.exempelby.example/{subject}"),
        property: format!("http://purl.org/dc/terms/{property}"),
        before,
        after,
        rule: "test".into(),
    }
}

#[test]
fn every_syntax_reads_back_as_the_same_graph_and_keeps_the_order_of_distributions() {
    let dir = tempfile::tempdir().unwrap();
    let (read, document) = opened(CATALOGUE, dir.path());
    let identity = document.identity("exempelby").unwrap();
    assert_eq!((identity.sha256, identity.blank_nodes.len()), (read.sha256, 0));
    for syntax in Syntax::ALL {
        let again = read_text(document.write(syntax).unwrap(), dir.path()).unwrap();
        assert_eq!(again.sha256, read.sha256, "{syntax:?}");
        let order: Vec<&str> = again.view.datasets[0].distributions.iter().map(|one| one.iri.as_str()).collect();
        assert_eq!(
            order,
            ["https://data.exempelby.example/d/b", "https://data.exempelby.example/d/a"],
            "{syntax:?}"
        );
    }
}

#[test]
fn a_change_is_made_and_a_blank_node_is_followed_to_its_new_name() {
    let dir = tempfile::tempdir().unwrap();
    let (_, document) = opened(CATALOGUE, dir.path());
    let statements = document.statements();
    let start = statements.iter().find(|one| one.property.ends_with("startDate")).unwrap();
    let list = [
        change(
            "d",
            "title",
            Some(Term::tagged("Träd", "sv")),
            Some(Term::tagged("Alla träd", "sv")),
        ),
        Change {
            subject: start.subject.to_owned(),
            property: start.property.to_owned(),
            before: Some(start.object.owned()),
            after: Some(Term::typed("2020", "http://www.w3.org/2001/XMLSchema#gYear")),
            rule: "test".into(),
        },
    ];
    let revised = document.revised(&list).unwrap();
    let identity = revised.identity("exempelby").unwrap();
    let again = read_text(revised.write(Syntax::RdfXml).unwrap(), dir.path()).unwrap();
    assert_eq!(again.sha256, identity.sha256);
    let renamed = &identity.blank_nodes[start.subject];
    assert!(std::fs::read_to_string(again.nquads).unwrap().contains(renamed));
}

#[test]
fn a_change_that_does_not_fit_is_refused_whole() {
    let dir = tempfile::tempdir().unwrap();
    let (_, document) = opened(CATALOGUE, dir.path());
    let title = || Some(Term::tagged("Träd", "sv"));
    for (wrong, why) in [
        (
            change("d", "title", Some(Term::plain("Träd")), None),
            "takes away what is not there",
        ),
        (change("d", "title", None, title()), "adds what is there"),
        (change("d", "title", None, Some(Term::of_iri("ingen iri"))), "no whole IRI"),
        (
            change("d", "title", None, Some(Term::tagged("x", "inte ett språk"))),
            "no language tag",
        ),
    ] {
        let list = [change("d", "title", title(), None), change("d", "title", None, title()), wrong];
        assert_eq!(outcome(document.revised(&list).map(|_| ())), "change-does-not-fit", "{why}");
    }
}
