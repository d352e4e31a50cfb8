use serde_json::Value;

use super::*;
use crate::testing;

fn made(change: impl Fn(&mut Documents, &mut Vec<ReleaseFile>)) -> Value {
    let dir = tempfile::tempdir().unwrap();
    let mut files = testing::files(dir.path());
    let mut documents = testing::documents(&files, "1.0.0");
    change(&mut documents, &mut files);
    croissant(&documents, &files, Addresses::Relative)
}

#[test]
fn everything_that_the_specification_requires_is_there_however_little_is_known() {
    let poor = made(|documents, _| {
        documents.record.title = fyr_model::LangStrings::default();
        documents.record.description = fyr_model::LangStrings::default();
        documents.record.publisher = Agent::default();
        documents.record.operator = Agent::default();
        documents.record.language.clear();
        documents.card = fyr_model::pipeline::CardAnswers::default();
    });
    for document in [made(|_, _| {}), poor.clone()] {
        for property in [
            "@context",
            "@type",
            "conformsTo",
            "name",
            "description",
            "license",
            "url",
            "creator",
            "datePublished",
            "distribution",
            "recordSet",
            "keywords",
            "publisher",
            "version",
            "dateCreated",
            "dateModified",
            "inLanguage",
            "sdLicense",
            "sdVersion",
            "isLiveDataset",
            "citeAs",
            "sameAs",
            "rai:dataCollection",
            "rai:dataCollectionType",
            "rai:dataCollectionTimeframe",
            "rai:dataCollectionMissingData",
            "rai:dataPreprocessingProtocol",
            "rai:dataManipulationProtocol",
            "rai:personalSensitiveInformation",
            "rai:dataBiases",
            "rai:dataLimitations",
            "rai:dataUseCases",
            "rai:dataReleaseMaintenancePlan",
        ] {
            assert!(!document[property].is_null(), "{property}");
        }
        assert!(document["name"][0]["@value"].as_str().is_some_and(|name| !name.is_empty()));
    }
    assert_eq!(poor["rai:dataCollection"], "not stated by the publisher");
}

#[test]
fn names_and_descriptions_are_lists_of_values_with_languages() {
    let document = made(|_, _| {});
    assert_eq!(
        document["name"],
        json!([{"@value": "Trees", "@language": "en"}, {"@value": "Träd", "@language": "sv"}])
    );
}

#[test]
fn each_file_has_both_names_of_parquet_its_size_and_its_digest() {
    let document = made(|_, _| {});
    let objects = document["distribution"].as_array().unwrap();
    assert_eq!(
        objects
            .iter()
            .map(|object| object["contentUrl"].as_str().unwrap())
            .collect::<Vec<_>>(),
        ["csv/all.csv", "data/all-00000-of-00001.parquet"]
    );
    assert_eq!(
        objects[1]["encodingFormat"],
        json!(["application/vnd.apache.parquet", "application/x-parquet"])
    );
    let sha = objects[1]["sha256"].as_str().unwrap();
    assert!(sha.len() == 64 && sha.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)));
}

#[test]
fn absolute_addresses_lie_under_the_version() {
    let dir = tempfile::tempdir().unwrap();
    let files = testing::files(dir.path());
    let document = croissant(&testing::documents(&files, "1.2.0"), &files, Addresses::Absolute);
    let url = &document["distribution"][1]["contentUrl"];
    assert_eq!(
        url,
        "https://fyr.example/datasets/exempelby-trad/1.2.0/data/all-00000-of-00001.parquet"
    );
}

#[test]
fn types_are_those_that_load() {
    let document = made(|_, _| {});
    let fields = document["recordSet"][0]["field"].as_array().unwrap();
    let types: Vec<(&str, Value)> = fields
        .iter()
        .map(|field| (field["name"].as_str().unwrap(), field["dataType"].clone()))
        .collect();
    assert_eq!(
        types,
        [
            ("id", json!("sc:Text")),
            ("antal", json!("cr:Int64")),
            ("höjd m", json!("cr:Float64")),
            ("frisk", json!("sc:Boolean")),
            ("planterad", json!("sc:Date")),
            ("mätt", json!("sc:DateTime")),
            ("klockan", json!("sc:Time")),
            ("månad", json!("sc:Text")),
            ("art", json!("sc:Text")),
            ("geometri", json!(["sc:Text", "sc:GeoShape"])),
        ]
    );
    assert_eq!(fields[2]["source"]["extract"]["column"], "höjd m", "the column keeps its blank");
    assert_eq!(document["recordSet"][0]["key"], json!({"@id": "records/id"}));
}

#[test]
fn whole_numbers_beyond_64_bits_are_floats_to_readers() {
    let kind = |max: &str| {
        made(|documents, _| documents.profile.columns[1].max = Some(max.into()))["recordSet"][0]["field"][1]["dataType"].clone()
    };
    assert_eq!(kind("9223372036854775807"), "cr:Int64");
    assert_eq!(kind("9223372036854775808"), "sc:Float");
}

#[test]
fn no_id_has_a_blank_and_none_comes_twice() {
    fn ids(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(fields) => {
                let definition = fields.len() > 1;
                if let Some(id) = fields.get("@id").and_then(Value::as_str).filter(|_| definition) {
                    found.push(id.to_owned());
                }
                fields
                    .iter()
                    .filter(|(key, _)| *key != "@context")
                    .for_each(|(_, value)| ids(value, found));
            }
            Value::Array(items) => items.iter().for_each(|item| ids(item, found)),
            _ => {}
        }
    }
    let document = made(|documents, _| {
        let mut twin = documents.record.columns[2].clone();
        twin.name = "höjd_m".into();
        documents.record.columns.push(twin);
    });
    let mut found = Vec::new();
    ids(&document, &mut found);
    let unique: std::collections::BTreeSet<_> = found.iter().collect();
    assert_eq!(unique.len(), found.len());
    assert!(found.contains(&"records/höjd_m".to_owned()) && found.contains(&"records/höjd_m-2".to_owned()));
    assert!(found.iter().all(|id| !id.contains(char::is_whitespace)), "{found:?}");
}

#[test]
fn shards_are_a_file_set_that_nothing_contains() {
    let document = made(|_, files| {
        let mut second = files[1].clone();
        files[1].path = "data/all-00000-of-00002.parquet".into();
        second.path = "data/all-00001-of-00002.parquet".into();
        files.push(second);
    });
    let set = &document["distribution"][3];
    assert_eq!(
        (&set["@type"], &set["includes"]),
        (&json!("cr:FileSet"), &json!("data/all-*.parquet"))
    );
    assert!(set["containedIn"].is_null());
    assert_eq!(
        document["recordSet"][0]["field"][0]["source"]["fileSet"],
        json!({"@id": "records-shards"})
    );
}

#[test]
fn splits_are_record_sets_of_their_own() {
    let document = made(|_, files| {
        let mut second = files[1].clone();
        files[1].path = "data/train-00000-of-00001.parquet".into();
        second.path = "data/test-00000-of-00001.parquet".into();
        files.push(second);
    });
    let sets: Vec<&str> = document["recordSet"]
        .as_array()
        .unwrap()
        .iter()
        .map(|set| set["@id"].as_str().unwrap())
        .collect();
    assert_eq!(sets, ["test", "train"]);
}

#[test]
fn a_box_is_read_from_well_known_text() {
    assert_eq!(
        rectangle("POLYGON((17 59, 18 59, 18 60.5, 17 60.5, 17 59))").as_deref(),
        Some("59 17 60.5 18")
    );
    assert_eq!(
        rectangle("<http://www.opengis.net/def/crs/OGC/1.3/CRS84> POINT(17.5 59)").as_deref(),
        Some("59 17.5 59 17.5")
    );
    assert_eq!(
        rectangle("POLYGON((674032 6580822, 680000 6590000))"),
        None,
        "metres are not degrees"
    );
    assert_eq!(rectangle("nonsense"), None);
}

#[test]
fn geometry_names_its_reference_system_and_its_specification() {
    let document = made(|_, _| {});
    assert_eq!(document["geocr:coordinateReferenceSystem"], "OGC:CRS84");
    assert!(
        document["conformsTo"]
            .as_array()
            .unwrap()
            .contains(&json!("http://mlcommons.org/croissant/geo/1.0"))
    );
    let flat = made(|documents, _| documents.record.columns.retain(|column| column.kind != ColumnType::Geometry));
    assert_eq!(flat["conformsTo"].as_array().unwrap().len(), 2);
}
