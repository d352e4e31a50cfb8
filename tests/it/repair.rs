//! `fyr check --fix` and the fix list through the whole program: files written beside each other, exit codes, the way back, both languages.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use crate::shape;
use crate::support::{FYR, ended, shared, text};

const CATALOGUE: &str = r#"@prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix dct: <http://purl.org/dc/terms/> . @prefix foaf: <http://xmlns.com/foaf/0.1/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> . @prefix schema: <http://schema.org/> . @prefix ex: <https://exempel.example/vocab#> .
@base <https://data.exempelby.example/> .
<c> a dcat:Catalog ; dct:title "Katalog"@sv , "Catalogue"@en ; dct:description "Allt"@sv , "Everything"@en ; dct:publisher <org> ;
  dct:language <http://publications.europa.eu/resource/authority/language/SWE> , <http://publications.europa.eu/resource/authority/language/ENG> ;
  dct:license <https://creativecommons.org/publicdomain/zero/1.0/> ; dcat:dataset <trad> , <vagar> .
<org> a foaf:Agent ; foaf:name "Exempelby kommun"@sv ; dct:type <http://purl.org/adms/publishertype/LocalAuthority> .
<annan> a foaf:Agent ; foaf:name "Exempelregionen"@sv ; dct:type <http://purl.org/adms/publishertype/RegionalAuthority> .
<trad> a dcat:Dataset ; dct:title "Träd"@se , "Trees"@en ; dct:description "Alla träd"@sv , "All trees"@en ; dct:publisher <org> ;
  dct:issued "2024/01/05" ; dct:accrualPeriodicity <http://purl.org/cld/freq/annual> ; dct:temporal [ schema:startDate "2020" ] ;
  ex:eget [ ex:djup "något som ingen annan känner" ] ; dcat:distribution <trad/csv> , <trad/pdf> .
<trad/csv> a dcat:Distribution ; dcat:accessURL <trad.csv> ; dct:format "CSV" ; dcat:byteSize "12"^^xsd:decimal ;
  dct:license <https://creativecommons.org/licenses/by/4.0/deed.sv> .
<trad/pdf> a dcat:Distribution ; dcat:accessURL <trad.pdf> ; dct:format "application/pdf" .
<vagar> a dcat:Dataset ; dct:title "Vägar"@sv , "Roads"@en ; dct:description "Alla vägar"@sv , "All roads"@en ; dct:publisher <annan> .
"#;

fn fyr(dir: &Path, args: &[&str]) -> Output {
    Command::new(FYR)
        .args(args)
        .args(["--lang", "en"])
        .current_dir(dir)
        .output()
        .unwrap()
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}\n{}\n{}", text(&output.stdout), text(&output.stderr)))
}

fn folder() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("katalog.ttl"), CATALOGUE).unwrap();
    dir
}

/// Rule, focus and property of every finding about the content; what concerns the document itself goes by its file's name.
fn findings(document: &Value) -> Vec<(String, String, String)> {
    let word = |finding: &Value, key: &str| finding[key].as_str().unwrap_or_default().to_owned();
    let all = document["findings"].as_array().unwrap().iter();
    let content = all.filter(|finding| finding["id"] != "syntax-not-rdfxml");
    content
        .map(|one| (word(one, "id"), word(one, "focus"), word(one, "path")))
        .collect()
}

#[test]
fn a_fixed_catalogue_has_fewer_findings_none_new_and_leads_back() {
    let dir = folder();
    let dir = dir.path();
    let first = fyr(dir, &["check", "katalog.ttl", "--fix", "ny.rdf", "--json"]);
    let (code, before) = (first.status.code().unwrap(), json(&first));
    assert_eq!(code, 1, "the catalogue that was asked about still has its violations");
    shape::held(&before);
    let fix = &before["fix"];
    assert!(fix["changes"].as_u64().unwrap() >= 9, "{fix:#}");
    assert!(fix["after"]["warning"].as_u64() < fix["before"]["warning"].as_u64(), "{fix:#}");
    let again = json(&fyr(dir, &["check", "ny.rdf", "--json", "--fail-on", "never"]));
    let (was, now) = (findings(&before), findings(&again));
    assert!(now.len() < was.len());
    let renamed = |focus: &str| focus.starts_with("urn:fyr:bnode:");
    assert!(now.iter().all(|one| was.contains(one) || renamed(&one.1)), "{now:#?}");
    let written = std::fs::read_to_string(dir.join("ny.rdf")).unwrap();
    for kept in [
        "något som ingen annan känner",
        "http://creativecommons.org/licenses/by/4.0/",
        "frequency/ANNUAL",
        "file-type/CSV",
    ] {
        assert!(written.contains(kept), "{kept}");
    }
    let twice = json(&fyr(dir, &["check", "ny.rdf", "--fix", "igen.ttl", "--json"]));
    assert_eq!(twice["fix"]["changes"], 0, "fixing the fixed changes nothing");
    let back = fyr(
        dir,
        &["check", "ny.rdf", "--undo", "ny.rdf.changes.json", "--fix", "ater.ttl", "--json"],
    );
    assert_eq!(json(&back)["fix"]["changes"], fix["changes"]);
    let digest = |file: &str| triples(dir, file);
    assert_eq!(
        digest("ater.ttl"),
        digest("katalog.ttl"),
        "the list read backwards gives the catalogue that was read"
    );
}

/// The graph of a file in the one form that does not depend on syntax or order: as N-Triples, sorted; blank nodes by what is said of them.
fn triples(dir: &Path, file: &str) -> Vec<String> {
    // A catalogue that is fixed already is written as it stands, so a list that undoes a fix of it is empty: `--undo` of nothing.
    let empty = dir.join("inget.json");
    let list = r#"{"output":{"name":"x","media_type":"text/turtle","sha256":"0000000000000000000000000000000000000000000000000000000000000000"},"changes":[],"reasons":{}}"#;
    std::fs::write(&empty, list).unwrap();
    let out = format!("{file}.nt");
    let output = fyr(dir, &["check", file, "--undo", "inget.json", "--fix", &out, "--json"]);
    assert!(output.status.code().unwrap() <= 1, "{}", text(&output.stderr));
    let mut lines: Vec<String> = std::fs::read_to_string(dir.join(out)).unwrap().lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

#[test]
fn the_list_of_changes_has_its_shape_and_says_why() {
    let dir = folder();
    let dir = dir.path();
    fyr(dir, &["check", "katalog.ttl", "--fix", "ny.ttl"]);
    let list: Value = serde_json::from_str(&std::fs::read_to_string(dir.join("ny.ttl.changes.json")).unwrap()).unwrap();
    assert_eq!(list["schema"], "fyr/changes/1");
    shape::held(&list);
    let changes = list["changes"].as_array().unwrap();
    let of = |rule: &str| {
        changes
            .iter()
            .find(|one| one["rule"] == rule)
            .unwrap_or_else(|| panic!("{rule}: {changes:#?}"))
    };
    let licence = of("licence-not-canonical");
    assert_eq!(licence["subject"], "https://data.exempelby.example/trad/csv");
    assert_eq!(licence["before"]["value"], "https://creativecommons.org/licenses/by/4.0/deed.sv");
    assert_eq!(
        licence["after"],
        serde_json::json!({"kind": "iri", "value": "http://creativecommons.org/licenses/by/4.0/"})
    );
    assert_eq!(of("date-form")["after"]["datatype"], "http://www.w3.org/2001/XMLSchema#date");
    assert_eq!(of("language-tag")["after"]["language"], "sv");
    for rule in [
        "catalogue-licence-near-miss",
        "frequency-deprecated",
        "format-not-media-type",
        "byte-size-datatype",
        "deprecated-property",
        "date-datatype",
    ] {
        assert!(list["reasons"][of(rule)["rule"].as_str().unwrap()]["sv"].is_string());
    }
    assert!(changes.iter().all(|one| one.get("before").is_some() || one.get("after").is_some()));
    let patch = std::fs::read_to_string(dir.join("ny.ttl.changes.txt")).unwrap();
    assert!(
        patch.contains("+ dcterms:license <http://creativecommons.org/licenses/by/4.0/>"),
        "{patch}"
    );
    assert!(patch.contains("# sv: ") && patch.contains("# en: "));
}

#[test]
fn wrong_words_write_nothing() {
    let dir = folder();
    let dir = dir.path();
    for args in [
        ["check", "katalog.ttl", "--fix", "ny.txt"].as_slice(),
        &["check", "katalog.ttl", "--fix", "katalog.ttl"],
        &["check", "katalog.ttl", "katalog.ttl", "--fix", "ny.ttl"],
        &["check", "katalog.ttl", "--undo", "ny.json"],
        &["check", "katalog.ttl", "--undo", "finns-inte.json", "--fix", "ny.ttl"],
    ] {
        let (code, said) = ended(&fyr(dir, args));
        assert_eq!(code, 2, "{args:?}: {said}");
        assert!(said.contains("error:"), "{said}");
    }
    std::fs::write(dir.join("trasig.ttl"), "<a> <b> .").unwrap();
    assert_eq!(ended(&fyr(dir, &["check", "trasig.ttl", "--fix", "ny.ttl"])).0, 3);
    let left: Vec<_> = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 2, "{left:?}");
    assert_eq!(std::fs::read_to_string(dir.join("katalog.ttl")).unwrap(), CATALOGUE);
}

#[test]
fn the_fix_list_ranks_causes_by_points_and_by_publisher() {
    let dir = folder();
    let document = json(&fyr(dir.path(), &["check", "katalog.ttl", "--json"]));
    let causes = document["fix_list"]["causes"].as_array().unwrap();
    let points: Vec<u64> = causes.iter().map(|cause| cause["gain"]["eu"]["points"].as_u64().unwrap()).collect();
    assert!(points.is_sorted_by(|a, b| a >= b) && points[0] >= 60, "{points:?}");
    let keyword = causes.iter().find(|cause| cause["rule"] == "dataset-keyword-missing").unwrap();
    assert_eq!((&keyword["count"], &keyword["gain"]["se"]["points"]), (&2.into(), &60.into()));
    let publishers = document["fix_list"]["publishers"].as_array().unwrap();
    assert_eq!(publishers.len(), 2);
    for (lang, head) in [("sv", "Åtgärdslista"), ("en", "Fix list")] {
        let output = Command::new(FYR)
            .args(["check", "katalog.ttl", "--lang", lang])
            .current_dir(dir.path())
            .output()
            .unwrap();
        let said = text(&output.stdout);
        assert!(said.contains(head) && said.contains("dataset-keyword-missing"), "{said}");
    }
}

#[test]
fn findings_of_the_graph_itself_are_told() {
    let dir = folder();
    let document = json(&fyr(dir.path(), &["check", "katalog.ttl", "--json"]));
    let ids: Vec<String> = findings(&document).into_iter().map(|one| one.0).collect();
    for id in ["language-tag", "date-datatype", "deprecated-property", "byte-size-datatype"] {
        assert!(ids.iter().any(|one| one == id), "{id} in {ids:?}");
    }
}

#[test]
fn a_real_catalogue_is_fixed_and_stays_rdf_xml() {
    let Some(file) = shared("fixtures/real/catalogs/swedish-polls.dcat-ap.rdf") else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let document = json(&fyr(dir.path(), &["check", &file.to_string_lossy(), "--fix", "ny.rdf", "--json"]));
    // One IRI is catalogue and dataset there, so its licence is the catalogue's; the distribution has its own.
    let by_rule = &document["fix"]["by_rule"];
    assert_eq!(
        (&by_rule["licence-not-canonical"], &by_rule["catalogue-licence-near-miss"]),
        (&1.into(), &1.into())
    );
    assert_eq!(
        document["fix"]["by_rule"]["language-tag"], 1,
        "the label of Sweden, tagged as Northern Sami"
    );
    assert!(std::fs::read_to_string(dir.path().join("ny.rdf")).unwrap().contains("rdf:RDF"));
}
