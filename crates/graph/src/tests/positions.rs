//! Places of subjects, properties and values, in each syntax; and over the real fixtures, that every place holds what it is said to hold.

use std::collections::BTreeSet;
use std::path::Path;

use fyr_model::Position;

use super::{HEAD, read_with, shared};
use crate::positions::{LocateRequest, Wanted, locate};
use crate::vocab as v;

const DATASET: &str = "https://data.exempelby.example/d";

fn wanted(focus: &str, path: &str, value: Option<&str>) -> Wanted {
    Wanted {
        focus: focus.into(),
        path: path.into(),
        value: value.map(Into::into),
    }
}

fn places(text: &[u8], media_type: &str, all: Vec<Wanted>) -> Vec<Option<Position>> {
    let dir = tempfile::tempdir().unwrap();
    let read = read_with(text, dir.path(), |request| request.media_type = Some(media_type.into())).unwrap();
    locate(&LocateRequest {
        path: dir.path().join("document"),
        address: "https://data.exempelby.example/dcat".into(),
        media_type: Some(media_type.into()),
        base: None,
        limits: Default::default(),
        statements: Some(read.nquads),
        wanted: all,
    })
    .unwrap()
    .places
}

/// What stands at each place, up to a blank; empty where there is none.
#[track_caller]
fn check(text: &str, media_type: &str, rows: &[(&str, &str, Option<&str>, &str)]) {
    let asked = rows.iter().map(|(focus, path, value, _)| wanted(focus, path, *value)).collect();
    for (place, (focus, path, value, expected)) in places(text.as_bytes(), media_type, asked).into_iter().zip(rows) {
        let seen = place.map(|at| {
            let rest = &text[at.offset as usize..];
            let line = text.lines().nth(at.line as usize - 1).unwrap();
            let from: String = line.chars().skip(at.column as usize - 1).collect();
            assert!(rest.starts_with(&from), "line and column agree with the offset: {focus} {path}");
            rest.split_whitespace().next().unwrap_or_default()
        });
        assert_eq!(seen.unwrap_or_default(), *expected, "{focus} {path} {value:?}");
    }
}

#[test]
fn turtle_places_are_those_of_the_triple_or_the_subject() {
    let text = format!(
        "{HEAD}# <https://data.exempelby.example/d> a comment\n<katalog> a dcat:Catalog ; dcat:dataset <d> .\n\
         <d> a dcat:Dataset ; # åäö\n  dcterms:description \"lika\"@sv, \"lika\" ;\n  dcterms:title \"\"\"en\n\"text\" <https://data.exempelby.example/d>\"\"\"@sv , \"a text\"@se ;\n  \
         dcterms:modified \"2026\" ;\n  dcat:theme <tema/a>, <tema/b> ;\n  dcat:contactPoint [ a vcard:Kind ; vcard:fn \"x\" ] ;\n  \
         dcat:keyword \"å\", \"b\" ; dcterms:subject ( <e> [ dcterms:title \"z\" ] ) ; dcat:version 1.0 .\nGRAPH <g> {{ <f> dcat:version true }}\n"
    );
    let tema = "https://data.exempelby.example/tema/b";
    check(
        &text,
        "application/trig",
        &[
            (DATASET, "", None, "<d>"),
            (DATASET, v::TITLE, None, "dcterms:title"),
            (DATASET, v::TITLE, Some("a text"), "\"a"),
            (DATASET, v::TITLE, Some("se"), "\"a"),
            // Two titles and none with this text: not certain which, so the subject.
            (DATASET, v::TITLE, Some("annat"), "<d>"),
            (DATASET, v::DESCRIPTION, Some("lika"), "<d>"),
            (DATASET, v::MODIFIED, Some("annat"), "dcterms:modified"),
            (DATASET, v::THEME, Some(tema), "<tema/b>"),
            (DATASET, v::LICENSE, None, "<d>"),
            (DATASET, v::RDF_TYPE, None, "a"),
            (DATASET, v::VERSION, Some("1.0"), "1.0"),
            (tema, "", None, "<tema/b>"),
            ("https://data.exempelby.example/e", "", None, "<e>"),
            ("https://data.exempelby.example/f", v::VERSION, None, "dcat:version"),
            ("https://data.exempelby.example/g", "", None, ""),
            ("https://data.exempelby.example/borta", v::TITLE, None, ""),
        ],
    );
}

#[test]
fn a_node_without_iri_has_the_place_of_the_property_it_hangs_on() {
    let text = format!("{HEAD}<d> a dcat:Dataset ;\n dcat:contactPoint [ a vcard:Kind ; vcard:fn \"x\" ] .\n");
    let dir = tempfile::tempdir().unwrap();
    let read = read_with(&text, dir.path(), |_| {}).unwrap();
    let contact = read.view.datasets[0].contact[0].iri.clone();
    assert!(contact.starts_with("urn:fyr:bnode:"), "{contact}");
    let vcard_fn = "http://www.w3.org/2006/vcard/ns#fn";
    check(&text, "text/turtle", &[(&contact, vcard_fn, Some("x"), "dcat:contactPoint")]);
    let several = format!("{HEAD}<d> a dcat:Dataset ;\n dcat:contactPoint [ a vcard:Kind ; vcard:fn \"x\" ] , [ vcard:fn \"y\" ] .\n");
    let contact = {
        let read = read_with(&several, dir.path(), |_| {}).unwrap();
        read.view.datasets[0].contact[0].iri.clone()
    };
    check(&several, "text/turtle", &[(&contact, "", None, "<d>")]);
}

#[test]
fn n_triples_and_n_quads_are_read_by_the_line() {
    let line = |property: &str, object: &str, rest: &str| format!("<{DATASET}> <{property}> {object} {rest}.\n");
    let text = line(v::TITLE, "\"\\u00e5 b\"@sv", "") + &line(v::THEME, "<https://t.example/>", "");
    let title = format!("<{}>", v::TITLE);
    check(
        &text,
        "application/n-triples",
        &[
            (DATASET, v::TITLE, None, &title),
            (DATASET, v::TITLE, Some("å b"), "\"\\u00e5"),
            ("https://t.example/", "", None, "<https://t.example/>"),
        ],
    );
    let text = line(v::TITLE, "\"x\"", "<https://g.example/> ") + &line(v::THEME, "<https://t.example/>", "<https://g.example/> ");
    check(
        &text,
        "application/n-quads",
        &[
            ("https://g.example/", "", None, ""),
            (DATASET, v::THEME, None, &format!("<{}>", v::THEME)),
        ],
    );
}

#[test]
fn xml_places_are_those_of_elements_and_attributes() {
    let text = r#"<?xml version="1.0"?>
<!DOCTYPE rdf:RDF [ <!ENTITY by "https://data.exempelby.example/"> ]>
<!-- <dcat:Dataset rdf:about="https://data.exempelby.example/d"> -->
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/dc/terms/"
  xmlns:dct="http://purl.org/dc/terms/" xmlns:dcat="http://www.w3.org/ns/dcat#" xml:base="https://data.exempelby.example/">
 <dcat:Catalog rdf:about="katalog"><dcat:dataset><dcat:Dataset rdf:about="&by;d"/></dcat:dataset>
  <dcat:dataset rdf:resource="s"/></dcat:Catalog>
 <dcat:Dataset rdf:about="d" dct:title="kort">
  <title xml:lang="sv"><![CDATA[å & b]]></title>
  <title xml:lang="se">a &amp; b</title>
  <dcat:theme rdf:resource="tema/a"/><dcat:theme   rdf:resource="tema/b"/>
  <dcat:contactPoint rdf:parseType="Resource"><title>inre</title></dcat:contactPoint>
  <publisher><Agent rdf:about="p"><title>p</title></Agent></publisher>
 </dcat:Dataset>
</rdf:RDF>"#;
    check(
        text,
        "application/rdf+xml",
        &[
            // The first element says nothing but the type; the second one describes.
            (DATASET, "", None, "<dcat:Dataset"),
            (DATASET, v::TITLE, None, "dct:title=\"kort\">"),
            (DATASET, v::TITLE, Some("å & b"), "<title"),
            (DATASET, v::TITLE, Some("a & b"), "<title"),
            (DATASET, v::TITLE, Some("se"), "<title"),
            (DATASET, v::TITLE, Some("inre"), "<dcat:Dataset"),
            (DATASET, v::THEME, Some("https://data.exempelby.example/tema/b"), "<dcat:theme"),
            (DATASET, v::PUBLISHER, Some("https://data.exempelby.example/p"), "<publisher><Agent"),
            (DATASET, v::LICENSE, None, "<dcat:Dataset"),
            (
                "https://data.exempelby.example/p",
                v::TITLE,
                None,
                "<title>p</title></Agent></publisher>",
            ),
            ("https://data.exempelby.example/s", "", None, "<dcat:dataset"),
        ],
    );
    let at = |value: &str| places(text.as_bytes(), "application/rdf+xml", vec![wanted(DATASET, v::TITLE, Some(value))])[0].unwrap();
    assert_eq!((at("å & b").line, at("a & b").line), (9, 10));
    let described = places(text.as_bytes(), "application/rdf+xml", vec![wanted(DATASET, "", None)])[0].unwrap();
    assert_eq!((described.line, described.column), (8, 2));
}

#[test]
fn json_places_are_those_of_names_and_keys() {
    let text = r#"{
 "@context": {"dcat": "http://www.w3.org/ns/dcat#", "dct": "http://purl.org/dc/terms/", "by": "https://data.exempelby.example/",
  "title": {"@id": "dct:title", "@language": "sv"}, "id": "@id", "issued": "dct:issued", "modified": "dct:modified"},
 "@graph": [
  {"@id": "by:katalog", "@type": "dcat:Catalog", "dcat:dataset": {"@id": "by:d"}},
  {"title": ["å", "b"],
   "dcat:theme": [{"@id": "by:t/a"}, {"@id": "by:t/b"}],
   "dct:publisher": {"id": "by:p", "http://xmlns.com/foaf/0.1/name": "P"},
   "@type": "dcat:Dataset",
   "id": "by:d"},
  {"@context": {"issued": "dct:created"}, "id": "by:e", "issued": "2026", "dct:modified": "2025"}
 ]}"#;
    check(
        text,
        "application/ld+json",
        &[
            (DATASET, "", None, "\"by:d\"},"),
            (DATASET, v::TITLE, None, "\"title\":"),
            (DATASET, v::TITLE, Some("b"), "\"b\"],"),
            (DATASET, v::TITLE, Some("c"), "\"by:d\"},"),
            (DATASET, v::THEME, Some("https://data.exempelby.example/t/b"), "\"by:t/b\"}],"),
            (DATASET, v::RDF_TYPE, None, "\"@type\":"),
            (DATASET, v::LICENSE, None, "\"by:d\"},"),
            (
                "https://data.exempelby.example/p",
                "http://xmlns.com/foaf/0.1/name",
                None,
                "\"http://xmlns.com/foaf/0.1/name\":",
            ),
            ("https://data.exempelby.example/t/a", "", None, "\"by:t/a\"},"),
            // A word with two meanings is no word: the subject's place.
            ("https://data.exempelby.example/e", v::ISSUED, None, "\"by:e\","),
            ("https://data.exempelby.example/e", v::MODIFIED, None, "\"dct:modified\":"),
        ],
    );
    let at = places(text.as_bytes(), "application/ld+json", vec![wanted(DATASET, "", None)])[0].unwrap();
    assert_eq!(at.line, 10);
}

#[test]
fn a_recoded_text_has_its_places_in_utf8() {
    let text = "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\n<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" \
                xmlns:d=\"http://purl.org/dc/terms/\"><rdf:Description rdf:about=\"https://e.example/\">\n<d:title>åäö</d:title>\t<d:issued>2026</d:issued>\
                </rdf:Description></rdf:RDF>";
    let latin: Vec<u8> = text.chars().map(|letter| letter as u8).collect();
    let at = places(&latin, "application/rdf+xml", vec![wanted("https://e.example/", v::ISSUED, None)])[0].unwrap();
    assert_eq!((at.line, at.column), (3, 24));
}

/// Every property of every subject of the real catalogues is found, and what stands there is its name.
#[test]
fn places_in_the_real_catalogues_hold_the_property_they_are_said_to_hold() {
    let Some(folder) = shared("fixtures/real/catalogs") else { return };
    let (mut triples, mut found) = (0, 0);
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        let dir = tempfile::tempdir().unwrap();
        let Ok(read) = read_with(&bytes, dir.path(), |request| request.base = Some("https://base.example/".into())) else {
            continue;
        };
        let all = subjects_and_properties(&read.nquads);
        let places = locate(&LocateRequest {
            path: dir.path().join("document"),
            address: path.display().to_string(),
            media_type: None,
            base: Some("https://base.example/".into()),
            limits: Default::default(),
            statements: Some(read.nquads),
            wanted: all.iter().map(|(subject, property)| wanted(subject, property, None)).collect(),
        })
        .unwrap()
        .places;
        let (text, _) = crate::read::in_utf8(bytes);
        for ((subject, property), place) in all.iter().zip(places) {
            let at = place.unwrap_or_else(|| panic!("{}: {subject} {property} has no place", path.display()));
            let rest = String::from_utf8_lossy(&text[at.offset as usize..(at.offset as usize + 200).min(text.len())]).into_owned();
            let local = property.rsplit(['#', '/']).next().unwrap();
            let head: String = rest.chars().take(property.len() + 8).collect();
            triples += 1;
            let named = head.contains(local)
                || (property == v::RDF_TYPE && (head.starts_with("a ") || head.starts_with('<') || head.starts_with('"')));
            found += usize::from(named);
            assert!(
                named || head.contains(subject.rsplit(['#', '/']).next().unwrap()),
                "{}: {property} at `{head}`",
                path.display()
            );
        }
    }
    assert!(found * 100 >= triples * 99, "{found} of {triples}");
    println!("{found} of {triples} properties have their own place");
}

/// The pairs of a snapshot's lines, without nodes that have no IRI.
fn subjects_and_properties(nquads: &Path) -> BTreeSet<(String, String)> {
    let text = std::fs::read_to_string(nquads).unwrap();
    text.lines()
        .filter_map(|line| {
            let mut words = line.split(' ').map(|word| word.trim_matches(['<', '>']).to_owned());
            Some((words.next()?, words.next()?))
        })
        .filter(|(subject, _)| !subject.starts_with("urn:fyr:bnode:"))
        .collect()
}
