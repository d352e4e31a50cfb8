use serde_json::{Value, json};

use super::checks;
use super::fixture::folder;

/// The checks that fail when the document is changed so.
fn failing(change: impl Fn(&mut Value)) -> Vec<String> {
    let mut folder = folder();
    folder.change(change);
    checks(folder.dir.path(), &folder.manifest)
        .into_iter()
        .filter(|check| !check.ok)
        .map(|check| check.id.trim_start_matches("croissant-").to_owned())
        .collect()
}
fn without(key: &'static str) -> impl Fn(&mut Value) {
    move |root| drop(root.as_object_mut().unwrap().remove(key))
}
fn set(pointer: &'static str, value: Value) -> impl Fn(&mut Value) {
    move |root| *root.pointer_mut(pointer).unwrap() = value.clone()
}

#[test]
fn an_honest_document_passes() {
    assert!(failing(|_| {}).is_empty());
}

#[test]
fn what_readers_need_is_required() {
    for key in ["@context", "name", "description", "license", "url", "creator", "datePublished"] {
        assert_eq!(failing(without(key)), ["required"], "{key}");
    }
    for key in ["keywords", "publisher", "sdLicense", "isLiveDataset", "citeAs", "sameAs"] {
        assert_eq!(failing(without(key)), ["always"], "{key}");
    }
    assert_eq!(failing(without("conformsTo")), ["conforms-to", "required"]);
    assert_eq!(failing(without("version")), ["always", "version"]);
    assert_eq!(failing(without("recordSet")), ["record-sets"]);
    assert_eq!(
        failing(set("/conformsTo/1", json!("http://mlcommons.org/croissant/9.9"))),
        ["conforms-to"]
    );
    assert_eq!(failing(set("/datePublished", json!("i dag"))), ["required"]);
}

#[test]
fn versions_texts_and_ids_have_one_form() {
    for version in ["1", "1.0", "2024-01-01", "1.0.1"] {
        assert_eq!(failing(set("/version", json!(version))), ["version"], "{version}");
    }
    assert_eq!(failing(set("/description", json!({"sv": "x", "en": "y"}))), ["languages"]);
    assert_eq!(failing(set("/recordSet/0/@id", json!("alla poster"))), ["ids"]);
    assert_eq!(failing(set("/recordSet/0/@id", json!("åäö"))), Vec::<String>::new());
    assert_eq!(failing(set("/recordSet/0/field/1/@id", json!("records/kod"))), ["ids"]);
    assert_eq!(
        failing(|root| root["recordSet"][0]["field"][0]["references"] = json!({"@id": "records/antal"})),
        ["references"]
    );
    assert_eq!(
        failing(|root| root["recordSet"][0]["field"][0]["references"] = json!({"field": {"@id": "records/antal"}})),
        Vec::<String>::new()
    );
    assert_eq!(
        failing(|root| root["recordSet"][0]["field"][0]["references"] = json!({"field": {"@id": "ingen"}})),
        ["references"]
    );
}

#[test]
fn files_carry_the_digests_of_the_manifest() {
    for sha256 in [json!("abc"), json!("A".repeat(64)), json!("0".repeat(64)), Value::Null] {
        assert_eq!(failing(set("/distribution/0/sha256", sha256.clone())), ["files"], "{sha256}");
    }
    assert_eq!(
        failing(set("/distribution/0/encodingFormat", json!("application/vnd.apache.parquet"))),
        ["files"]
    );
    assert_eq!(failing(set("/distribution/0/contentSize", json!("1 B"))), ["files"]);
    assert_eq!(failing(set("/distribution/1/contentUrl", json!("csv/annan.csv"))), ["files"]);
    assert_eq!(
        failing(set(
            "/distribution/1/contentUrl",
            json!("https://fyr.example/datasets/exempel/1.0.0/csv/all.csv")
        )),
        Vec::<String>::new()
    );
}

#[test]
fn fields_are_columns_of_the_files_with_types_that_load() {
    assert_eq!(
        failing(set("/recordSet/0/field/0/source/extract/column", json!("kode"))),
        ["fields"]
    );
    assert_eq!(failing(set("/recordSet/0/key", json!({"@id": "records"}))), ["record-sets"]);
    for (place, kind) in [
        ("/recordSet/0/field/0/dataType", "sc:Integer"),
        ("/recordSet/0/field/0/dataType", "sc:Number"),
        ("/recordSet/0/field/0/dataType", "sc:Enumeration"),
        ("/recordSet/0/field/1/dataType", "sc:Text"),
        ("/recordSet/0/field/2/dataType", "sc:Text"),
        ("/recordSet/0/field/2/dataType", "cr:Bytes"),
    ] {
        assert_eq!(failing(set(place, json!(kind))), ["fields"], "{place} {kind}");
    }
    assert_eq!(
        failing(|root| drop(root["recordSet"][0]["field"].as_array_mut().unwrap().pop())),
        ["fields"],
        "a column that nobody describes"
    );
    assert_eq!(
        failing(|root| root["recordSet"][0]["field"][1]["arrayShape"] = json!("(-1,)")),
        ["fields"]
    );
}

#[test]
fn a_set_of_shards_is_a_glob_and_never_contained() {
    let sets = |contained: bool, includes: &'static str| {
        failing(move |root| {
            let mut set = json!({"@type": "cr:FileSet", "@id": "shards", "encodingFormat": "application/x-parquet", "includes": includes});
            if contained {
                set["containedIn"] = json!({"@id": "data/all.parquet"});
            }
            root["distribution"].as_array_mut().unwrap().push(set);
            for field in root["recordSet"][0]["field"].as_array_mut().unwrap() {
                field["source"] = json!({"fileSet": {"@id": "shards"}, "extract": field["source"]["extract"].clone()});
            }
        })
    };
    assert!(sets(false, "data/*.parquet").is_empty());
    assert_eq!(sets(true, "data/*.parquet"), ["files"]);
    assert_eq!(sets(false, "*.zip"), ["files", "fields"]);
}

#[test]
fn an_absent_or_broken_document_is_one_fault() {
    let mut folder = folder();
    folder.rewrite("croissant.json", "{");
    let checks = checks(folder.dir.path(), &folder.manifest);
    assert_eq!((checks.len(), checks[0].id.as_str(), checks[0].ok), (1, "croissant-present", false));
}
