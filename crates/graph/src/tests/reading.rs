//! Telling documents apart, relative IRIs, encodings, findings, sub-catalogues.

use fyr_model::Lang;

use super::{HEAD, outcome, read_text, read_with};
use crate::{ReadResponse, merge};

fn ids(read: &ReadResponse) -> Vec<String> {
    let all = read.findings.iter().chain(&read.view.findings);
    let mut ids: Vec<String> = all.map(|finding| finding.id.clone()).collect();
    ids.sort();
    ids.dedup();
    ids
}

/// A text and what it is read as, or why it is refused.
fn check(text: &str, media_type: Option<&str>, expected: &str) {
    let dir = tempfile::tempdir().unwrap();
    let read = read_with(text, dir.path(), |request| request.media_type = media_type.map(Into::into));
    let seen = read.map_or_else(|refusal| refusal.id, |read| read.syntax);
    assert_eq!(seen, expected, "{text}");
}

#[test]
fn a_document_is_what_its_bytes_say() {
    let rdf = "<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\"/>";
    check(rdf, None, "rdf-xml");
    check(
        &format!("\u{feff}<?xml version=\"1.0\"?><!-- x -->\n{rdf}"),
        Some("text/turtle"),
        "rdf-xml",
    );
    check("<RDF xmlns=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\"></RDF>", None, "rdf-xml");
    check("# a comment\n@prefix a: <https://e.example/> . a:a a:a a:a .", None, "turtle");
    check("prefix a: <https://e.example/>\na:a a:a a:a .", None, "turtle");
    check("@prefix a: <https://e.example/> . a:g { a:a a:a a:a }", None, "trig");
    check("<https://e.example/a> <https://e.example/b> \"c . d\"@sv .\n", None, "n-triples");
    check("_:a <https://e.example/b> \"1\"^^<https://e.example/t> .", None, "n-triples");
    check(
        "<https://e.example/a> <https://e.example/b> _:c <https://e.example/g> .",
        None,
        "n-quads",
    );
    check(
        "<https://e.example/a> a <https://e.example/b> ; <https://e.example/c> 1 .",
        None,
        "turtle",
    );
    check("[] <https://e.example/b> 1 .", None, "turtle");
    check(
        "{\"@context\":{},\"@id\":\"https://e.example/a\"}",
        Some("application/json"),
        "json-ld",
    );
    check("[{\"@id\":\"https://e.example/a\"}]", None, "json-ld");
    check("{\"success\":true,\"result\":{\"@id\":1}}", None, "unknown-syntax");
    check("{\"name\":\"x\"}", None, "unknown-syntax");
    check("<csw:GetRecordsResponse xmlns:csw=\"x\"/>", None, "unknown-syntax");
    check("<urlset/>", None, "unknown-syntax");
    check("kommun;antal\n0180;3\n", None, "unknown-syntax");
    check("  \n", None, "empty-document");
}

#[test]
fn an_unknown_xml_root_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let refusal = read_text("<?xml version='1.0'?>\n<feed xmlns='http://www.w3.org/2005/Atom'/>", dir.path()).unwrap_err();
    assert_eq!(refusal.id, "unknown-syntax");
    assert!(
        refusal.message.sv.contains("`feed`") && refusal.position.unwrap().line == 2,
        "{refusal:?}"
    );
}

#[test]
fn a_wrong_media_type_and_a_syntax_the_portal_cannot_read_are_findings() {
    let dir = tempfile::tempdir().unwrap();
    let read = |media_type: &str| {
        read_with(format!("{HEAD}<a> dcterms:title \"x\"@sv ."), dir.path(), |request| {
            request.media_type = Some(media_type.into())
        })
        .unwrap()
    };
    assert!(ids(&read("application/rdf+xml")).contains(&"media-type-mismatch".into()));
    assert!(!ids(&read("text/turtle; charset=utf-8")).contains(&"media-type-mismatch".into()));
    assert!(ids(&read("text/turtle")).contains(&"syntax-not-rdfxml".into()));
}

#[test]
fn a_document_that_is_cut_off_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let whole = "<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" xmlns:d=\"http://purl.org/dc/terms/\">\
        <rdf:Description rdf:about=\"https://e.example/a\"><d:title>a</d:title></rdf:Description>\
        <rdf:Description rdf:about=\"https://e.example/b\"><d:title>b</d:title></rdf:Description></rdf:RDF>";
    assert_eq!(outcome(read_text(whole, dir.path())), "accepted");
    for cut in 1..whole.len() {
        assert_ne!(outcome(read_text(&whole[..cut], dir.path())), "accepted", "{}", &whole[..cut]);
    }
    let turtle = format!("{HEAD}<a> dcterms:title \"a\"@sv . <b> dcterms:title \"b\"@sv");
    assert_eq!(outcome(read_text(turtle, dir.path())), "syntax");
}

#[test]
fn a_relative_iri_without_a_base_is_refused_with_its_place_and_with_one_it_is_a_finding() {
    let dir = tempfile::tempdir().unwrap();
    let document = "<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" xmlns:dcterms=\"http://purl.org/dc/terms/\">\n\
        <rdf:Description rdf:about=\"https://e.example/d\">\n  <dcterms:publisher rdf:resource=\"../om\"/>\n</rdf:Description></rdf:RDF>";
    let refusal = read_text(document, dir.path()).unwrap_err();
    assert_eq!(
        (refusal.id.as_str(), refusal.subject.as_str()),
        ("relative-iri", "https://data.exempelby.example/dcat")
    );
    assert!(
        refusal.message.en.contains("https://e.example/d") && refusal.hint.as_ref().unwrap().en.contains("`base`"),
        "{refusal:?}"
    );
    let based = |base: &str| read_with(document, dir.path(), |request| request.base = Some(base.into()));
    let read = based("https://e.example/a/b/").unwrap();
    assert!(std::fs::read_to_string(&read.nquads).unwrap().contains("<https://e.example/a/om>"));
    let finding = read.findings.iter().find(|finding| finding.id == "relative-iri").unwrap();
    assert_eq!(finding.evidence.as_deref(), Some("1"));
    assert_eq!(outcome(based("not absolute")), "bad-base");
    // A base of the document's own counts as absolute.
    let own = document.replacen("<rdf:RDF ", "<rdf:RDF xml:base=\"https://e.example/x/\" ", 1);
    assert_eq!(outcome(read_text(own, dir.path())), "accepted");
    for (text, line) in [
        ("<https://e.example/a> <https://e.example/b>\n <c> .", 2),
        ("{\"@id\":\"a\",\n\"http://purl.org/dc/terms/title\":\"x\"}", 1),
    ] {
        let refusal = read_text(text, dir.path()).unwrap_err();
        assert_eq!(
            (refusal.id.as_str(), refusal.position.unwrap().line),
            ("relative-iri", line),
            "{refusal:?}"
        );
    }
}

#[test]
fn a_syntax_error_names_line_column_and_offset_in_each_syntax() {
    let dir = tempfile::tempdir().unwrap();
    for (text, line) in [
        ("@prefix a: <https://e.example/> .\na:a a:b ?? .", 2),
        (
            "<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\n<rdf:Description rdf:about=\"https://e.example/a b\"/>\n</rdf:RDF>",
            2,
        ),
        (
            "<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\n<rdf:Description></rdf:Beskrivning></rdf:RDF>",
            2,
        ),
        ("{\"@id\":\"https://e.example/a\",\n\"x\" 1}", 2),
        (
            "<https://e.example/a> <https://e.example/b> \"c\" .\n<https://e.example/a> oops\n",
            2,
        ),
    ] {
        let refusal = read_text(text, dir.path()).unwrap_err();
        let at = refusal.position.unwrap();
        assert_eq!((refusal.id.as_str(), at.line), ("syntax", line), "{text}\n{refusal:?}");
        assert!(at.column > 0 && at.offset > 0, "{refusal:?}");
    }
}

#[test]
fn latin_1_is_read_and_reported() {
    let dir = tempfile::tempdir().unwrap();
    let text = "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\n<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" \
        xmlns:dcterms=\"http://purl.org/dc/terms/\"><rdf:Description rdf:about=\"https://e.example/d\"><dcterms:title xml:lang=\"sv\">Träd på Åsö</dcterms:title>\
        </rdf:Description></rdf:RDF>";
    let latin: Vec<u8> = text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    let read = read_text(latin, dir.path()).unwrap();
    assert!(ids(&read).contains(&"encoding-not-utf8".into()));
    assert!(std::fs::read_to_string(read.nquads).unwrap().contains("Träd på Åsö"));
}

/// Turtle after [`HEAD`] and findings that it must give, or (with `!`) must not.
fn finds(turtle: &str, expected: &[&str]) {
    let dir = tempfile::tempdir().unwrap();
    let read = read_text(format!("{HEAD}{turtle}"), dir.path()).unwrap();
    let seen = ids(&read);
    for id in expected {
        match id.strip_prefix('!') {
            Some(absent) => assert!(!seen.contains(&absent.to_owned()), "{absent} in {seen:?}\n{turtle}"),
            None => assert!(seen.contains(&(*id).to_owned()), "{id} not in {seen:?}\n{turtle}"),
        }
    }
}

#[test]
fn faults_of_a_graph_are_findings_and_nothing_is_dropped() {
    let good = "<c> a dcat:Catalog ; dcterms:title \"K\"@sv ; dcat:dataset <d> . <d> a dcat:Dataset ; dcterms:title \"T\"@sv ; dcterms:publisher <p> ; \
        dcat:distribution <x> . <x> a dcat:Distribution ; dcat:accessURL <f> . <p> a foaf:Agent ; foaf:name \"P\"@sv .";
    finds(
        good,
        &[
            "!blank-node",
            "!iri-two-roles",
            "!type-missing",
            "!untagged-literal",
            "!dataset-not-in-catalogue",
            "!catalogue-missing",
            "!publisher-not-described",
        ],
    );
    finds("<c> a dcat:Catalog ; dcat:dataset [ a dcat:Dataset ] .", &["blank-node"]);
    finds(
        "<c> a dcat:Catalog ; dcat:dataset <d> . <d> a dcat:Dataset ; dcterms:temporal [ a dcterms:PeriodOfTime ] .",
        &["!blank-node"],
    );
    finds("<c> a dcat:Catalog , dcat:Dataset .", &["iri-two-roles"]);
    finds(
        "<d> a dcat:Dataset ; dcterms:license \"CC0\" , \"\" .",
        &["literal-for-iri", "empty-licence", "catalogue-missing"],
    );
    finds(
        "<d> a dcat:Dataset ; dcterms:title \"T\" , \"U\"@se ; dcat:keyword \"\"@sv .",
        &["untagged-literal", "language-tag", "empty-value"],
    );
    finds(
        "<d> a dcat:Dataset ; dcat:distribution <x> ; dcterms:publisher <p> ; dcat:contactPoint <k> .",
        &["distribution-not-described", "publisher-not-described", "contact-not-described"],
    );
    finds(
        "<d> a dcat:Dataset ; <http://www.w3.org/2002/07/owl#versionInfo> \"1\" .",
        &["deprecated-property"],
    );
    finds(
        "<d> a dcat:Dataset ; dcterms:issued \"2020-01-01\" . <x> a dcat:Distribution ; dcat:byteSize 12.5 .",
        &["date-datatype", "byte-size-datatype"],
    );
    finds(
        "<c> a dcat:Catalog ; dcat:dataset <d> . <d> dcterms:title \"T\"@sv .",
        &["type-missing"],
    );
    finds("<c> a dcat:Catalog . <d> a dcat:Dataset .", &["dataset-not-in-catalogue"]);
    finds(
        "<c> a dcat:Catalog ; dcat:dataset <a>, <b> . <c2> a dcat:Catalog .",
        &["catalogue-apart", "dataset-not-described"],
    );
    finds(
        "<d> a dcat:Dataset ; dcat:contactPoint <k> . <k> a vcard:Individual ; vcard:fn \"Ada\" .",
        &["contact-individual"],
    );
    finds(
        "<c> a dcat:Catalog . <p1> <http://www.w3.org/ns/hydra/core#next> <p2> .",
        &["paged"],
    );
}

#[test]
fn distributions_keep_the_order_of_the_document() {
    let dir = tempfile::tempdir().unwrap();
    let read = read_text(format!("{HEAD}<d> a dcat:Dataset ; dcat:distribution <z>, <a>, <m> ."), dir.path()).unwrap();
    let order: Vec<&str> = read.view.datasets[0]
        .distributions
        .iter()
        .map(|one| one.iri.rsplit('/').next().unwrap())
        .collect();
    assert_eq!(order, ["z", "a", "m"]);
}

#[test]
fn sub_catalogues_move_their_datasets_up() {
    let dir = tempfile::tempdir().unwrap();
    let main = "<c> a dcat:Catalog ; dcterms:title \"Huvud\"@sv ; dcterms:hasPart <p1>, <p2> ; dcat:dataset <d0> . <d0> a dcat:Dataset . \
        <p1> a dcat:Catalog ; dcterms:title \"Del\"@sv ; dcat:dataset <d1> . <d1> a dcat:Dataset . <p2> a dcat:Catalog .";
    let main = read_text(format!("{HEAD}{main}"), dir.path()).unwrap();
    assert_eq!(main.parts, ["https://data.exempelby.example/p2"]);
    assert_eq!(main.view.catalogues[0].title.text(Lang::Sv), "Huvud");
    assert_eq!(main.view.catalogues[0].datasets.len(), 2);
    let part = "<p2> a dcat:Catalog ; dcterms:title \"Andra\"@sv ; dcat:dataset <d2> . <d2> a dcat:Dataset ; dcat:distribution <z>, <a> . <z> a dcat:Distribution .";
    let part = read_text(format!("{HEAD}{part}"), dir.path()).unwrap();
    let merged = merge(&[main.clone(), part.clone()], dir.path()).unwrap();
    assert_eq!(merged.view.catalogues[0].datasets.len(), 3, "{:?}", merged.view.catalogues);
    assert_eq!(merged.view.datasets[2].distributions[0].iri, "https://data.exempelby.example/z");
    assert!(!std::fs::read_to_string(&merged.nquads).unwrap().contains("Andra"));
    assert!(merged.parts.is_empty());
    assert_eq!(merged.entities.iter().filter(|entity| entity.class == "dataset").count(), 3);
    // The order in which parts arrive changes nothing but what comes first, and merging alone is the document itself.
    assert_eq!(merge(std::slice::from_ref(&main), dir.path()).unwrap().sha256, main.sha256);
    let nested = read_text(
        format!("{HEAD}<p2> a dcat:Catalog ; dcterms:hasPart <p3> . <p3> a dcat:Catalog ; dcterms:title \"x\"@sv ."),
        dir.path(),
    )
    .unwrap();
    assert_eq!(outcome(merge(&[main, nested], dir.path())), "parts-nested");
}

#[test]
fn an_entity_changes_its_digest_only_when_its_own_description_changes() {
    let dir = tempfile::tempdir().unwrap();
    let digest = |text: &str, iri: &str| {
        let read = read_text(format!("{HEAD}{text}"), dir.path()).unwrap();
        let iri = format!("https://data.exempelby.example/{iri}");
        read.entities
            .iter()
            .find(|one| one.iri == iri && one.class == "dataset")
            .unwrap()
            .sha256
    };
    let base = "<d> a dcat:Dataset ; dcterms:title \"T\"@sv ; dcterms:temporal [ dcat:startDate \"2020\" ] ; dcat:distribution <x> . <x> dcterms:title \"X\"@sv .";
    let same = "<x> dcterms:title \"X\"@sv . <d> dcat:distribution <x> ; dcterms:temporal _:q ; dcterms:title \"T\"@sv ; a dcat:Dataset . _:q dcat:startDate \"2020\" . <e> a dcat:Dataset .";
    assert_eq!(digest(base, "d"), digest(same, "d"));
    assert_ne!(digest(base, "d"), digest(&base.replace("\"X\"", "\"Y\""), "d"));
    assert_ne!(digest(base, "d"), digest(&base.replace("2020", "2021"), "d"));
}
