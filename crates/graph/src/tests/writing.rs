//! What we write is read back: the same entities in each syntax, no finding, nothing lost.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeZone, Utc};
use fyr_model::catalogue::Value;
use fyr_model::mqa::{MqaDataset, MqaDimensions, MqaMetric, Rating};
use fyr_model::readiness::{DimensionScore, Indicator, Readiness, Status, Subject};
use fyr_model::release::{ReleaseFile, ReleaseRecord, ReleaseSource};
use fyr_model::table::{Column, ColumnType};
use fyr_model::{Agent, Contact, DatasetId, Lang, LangString, LangStrings, Licence, LicenceFlags, Location, Period, Sha256, Text, Version};

use super::{outcome, read_text, read_with};
use crate::write::{self, OwnCatalogue, Step};
use crate::{ReadResponse, Syntax};

const BASE: &str = "https://fyr.exempelby.example";

fn own() -> OwnCatalogue {
    toml::from_str(&format!(
        "base = \"{BASE}\"\ntitle = {{ sv = \"Förädlade data\", en = \"Curated data\" }}\n\
         description = {{ sv = \"Utgåvor ur öppna data\", en = \"Releases made from open data\" }}\n\
         publisher = {{ iri = \"http://dataportal.se/organisation/SE2021005489\", name = {{ sv = \"Exempelmyndigheten\", en = \"The Example Agency\" }}, kind = \"NationalAuthority\" }}\n\
         contact = {{ name = {{ sv = \"Registrator\", en = \"Registry\" }}, email = \"registrator@exempelby.example\" }}\n"
    ))
    .unwrap()
}

fn at(day: u32) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, day, 3, 12, 9).unwrap()
}

fn tagged(value: &str, lang: &str) -> LangString {
    LangString {
        value: value.into(),
        lang: Some(lang.into()),
    }
}

fn record() -> ReleaseRecord {
    let licence = Licence {
        code: "CC_BY_4_0".into(),
        label: "CC BY 4.0".into(),
        iri: "http://creativecommons.org/licenses/by/4.0/".into(),
        spdx: Some("CC-BY-4.0".into()),
        flags: LicenceFlags {
            open: true,
            by: true,
            ..LicenceFlags::default()
        },
    };
    ReleaseRecord {
        name: "exempelby-trad".parse().unwrap(),
        version: Version::FIRST,
        iri: format!("{BASE}/datasets/exempelby-trad"),
        base: BASE.into(),
        title: LangStrings(vec![
            tagged("Trees", "en"),
            tagged("Träd \"i\" <Exempelby> & nära", "sv"),
            tagged("Träden", "sv"),
        ]),
        description: LangStrings(vec![tagged("Alla träd\npå två rader", "sv"), tagged("All trees", "en")]),
        keyword: LangStrings(vec![tagged("träd", "sv"), tagged("park", "sv"), tagged("tree", "en")]),
        theme: vec!["http://publications.europa.eu/resource/authority/data-theme/ENVI".into()],
        publisher: Agent {
            iri: "https://data.exempelby.example/om".into(),
            described: true,
            name: LangStrings(vec![tagged("Exempelby kommun", "sv")]),
            kind: vec![Value::Iri("http://purl.org/adms/publishertype/LocalAuthority".into())],
            ..Agent::default()
        },
        operator: own().publisher,
        contact: vec![
            Contact {
                iri: "https://data.exempelby.example/ada".into(),
                described: true,
                individual: true,
                name: LangStrings(vec![tagged("Ada Exempel", "sv")]),
                email: vec!["ada@exempelby.example".into()],
                ..Contact::default()
            },
            Contact {
                iri: "https://data.exempelby.example/om".into(),
                described: true,
                name: LangStrings(vec![tagged("Stadsmiljö", "sv")]),
                email: vec!["miljo@exempelby.example".into()],
                ..Contact::default()
            },
        ],
        spatial: vec![
            Location {
                iri: Some("http://sws.geonames.org/2661886".into()),
                ..Location::default()
            },
            Location {
                geometry: Some("POLYGON((10 55, 24 55, 24 69, 10 69, 10 55))".into()),
                ..Location::default()
            },
        ],
        temporal: vec![Period {
            start: Some("2020-01-01".into()),
            end: None,
        }],
        language: vec!["http://publications.europa.eu/resource/authority/language/SWE".into()],
        access_rights: Some("http://publications.europa.eu/resource/authority/access-right/PUBLIC".into()),
        frequency: Some("http://publications.europa.eu/resource/authority/frequency/ANNUAL".into()),
        conforms_to: Vec::new(),
        legislation: Vec::new(),
        hvd_category: Vec::new(),
        source_issued: None,
        licence: licence.clone(),
        sources: vec![ReleaseSource {
            dataset: DatasetId::new("https://data.exempelby.example/dataset/trad"),
            distribution: "https://data.exempelby.example/trad.csv".into(),
            address: "https://data.exempelby.example/trad.csv".into(),
            fetched_at: at(21),
            sha256: Sha256::of(b"trad"),
            bytes: 1234,
            title: LangStrings(vec![tagged("Träd", "sv")]),
            publisher: LangStrings(vec![tagged("Exempelby kommun", "sv")]),
            licence,
            harvested_at: None,
            crs: None,
        }],
        columns: Vec::new(),
        rows: 42,
        created: at(22),
        first_created: at(22),
        protection: Some("k-anonymity, k = 10".into()),
        change_note: Text::new("första utgåvan", "first release"),
        previous: None,
        sandbox: None,
    }
}

fn files() -> Vec<ReleaseFile> {
    let file = |path: &str, media_type: &str, rows| ReleaseFile {
        path: path.into(),
        bytes: 1000,
        sha256: Sha256::of(path.as_bytes()),
        media_type: media_type.into(),
        rows,
    };
    vec![
        file("data/all-00000-of-00001.parquet", "application/vnd.apache.parquet", Some(42)),
        file("csv/all-00000-of-00001.csv", "text/csv", Some(42)),
        file("croissant.json", "application/ld+json", None),
        file("README.md", "text/markdown", None),
    ]
}

fn harvest(bytes: Vec<u8>) -> ReadResponse {
    let dir = tempfile::tempdir().unwrap();
    let text = String::from_utf8(bytes.clone()).unwrap();
    read_with(bytes, dir.path(), |request| request.source = "fyr".into()).unwrap_or_else(|refusal| panic!("{refusal:?}\n{text}"))
}

fn catalogue(syntax: Syntax) -> Vec<u8> {
    write::catalogue(&own(), &[(record(), files())], syntax).unwrap()
}

#[test]
fn our_catalogue_is_harvested_back_the_same_in_every_syntax() {
    let rdf = harvest(catalogue(Syntax::RdfXml));
    for syntax in [Syntax::Turtle, Syntax::JsonLd, Syntax::NTriples] {
        let other = harvest(catalogue(syntax));
        assert_eq!((other.sha256, &other.entities), (rdf.sha256, &rdf.entities), "{syntax:?}");
    }
    assert!(
        rdf.findings.is_empty() && rdf.view.findings.is_empty(),
        "{:#?} {:#?}",
        rdf.findings,
        rdf.view.findings
    );
    let classes: Vec<&str> = rdf.entities.iter().map(|entity| entity.class.as_str()).collect();
    assert_eq!(classes, ["agent", "agent", "catalogue", "contact", "dataset"]);
}

#[test]
fn nothing_that_the_profile_asks_for_is_lost_on_the_way() {
    let view = harvest(catalogue(Syntax::RdfXml)).view;
    let (catalogue, dataset) = (&view.catalogues[0], &view.datasets[0]);
    assert_eq!(catalogue.iri, format!("{BASE}/catalog"));
    assert_eq!(
        catalogue.licence,
        [Value::Iri("http://creativecommons.org/publicdomain/zero/1.0/".into())]
    );
    assert_eq!(catalogue.datasets, [record().iri]);
    assert_eq!(catalogue.publisher[0].name.text(Lang::Sv), "Exempelmyndigheten");
    assert_eq!(dataset.id.as_str(), record().iri);
    assert_eq!(dataset.title.text(Lang::Sv), "Träd \"i\" <Exempelby> & nära");
    assert_eq!(dataset.title.0.len(), 2, "one title a language");
    assert_eq!(dataset.description.text(Lang::Sv), "Alla träd\npå två rader");
    assert_eq!(dataset.keyword.0.len(), 3);
    assert_eq!(dataset.publisher[0].iri, own().publisher.iri);
    assert_eq!(dataset.creator[0].name.text(Lang::Sv), "Exempelby kommun");
    assert_eq!(dataset.source, [Value::Iri("https://data.exempelby.example/dataset/trad".into())]);
    assert_eq!(dataset.temporal, record().temporal);
    assert_eq!(dataset.spatial.len(), 2);
    assert_eq!(
        (dataset.version.as_deref(), dataset.issued.as_deref()),
        (Some("1.0.0"), Some("2026-11-22"))
    );
    assert!(dataset.provenance.text(Lang::En).contains("Träd (Exempelby kommun, 2026-11-21)"));
    let paths: Vec<&str> = dataset
        .distributions
        .iter()
        .map(|one| one.iri.rsplit("/1.0.0/").next().unwrap())
        .collect();
    assert_eq!(
        paths,
        ["data/all-00000-of-00001.parquet", "csv/all-00000-of-00001.csv", "croissant.json"]
    );
    let parquet = &dataset.distributions[0];
    assert_eq!(parquet.format, [Value::Literal("application/vnd.apache.parquet".into())]);
    assert_eq!(
        (parquet.byte_size.as_deref(), parquet.access_url.len(), parquet.download_url.len()),
        (Some("1000"), 1, 1)
    );
    assert_eq!(parquet.licence, [Value::Iri(record().licence.iri)]);
    assert_eq!(
        parquet.rights,
        [
            Value::Literal("Källa: Exempelby kommun: Träd".into()),
            Value::Literal("Source: Exempelby kommun: Träd".into())
        ]
    );
    assert!(parquet.description.text(Lang::En).contains("k = 10"));
}

#[test]
fn the_catalogue_for_the_portal_has_whole_iris_types_and_no_nameless_entity() {
    let text = String::from_utf8(catalogue(Syntax::RdfXml)).unwrap();
    assert!(
        text.starts_with("<?xml") && text.contains("<dcat:Catalog rdf:about=") && text.contains("<dcat:Dataset rdf:about="),
        "{text}"
    );
    assert!(!text.contains("<rdf:Description"), "every node is typed: {text}");
    let view = harvest(text.into_bytes()).view;
    assert!(!view.datasets[0].blank && view.datasets[0].distributions.iter().all(|one| !one.blank && one.described));
}

#[test]
fn coordinates_say_what_they_are_in_and_what_they_were_in() {
    let mut record = record();
    assert!(!String::from_utf8(catalogue(Syntax::Turtle)).unwrap().contains("/def/crs/"));
    record.sources[0].crs = Some("EPSG:3006".into());
    record.columns = vec![Column {
        name: "geometry".into(),
        header: "geometry".into(),
        kind: ColumnType::Geometry,
        semantic: None,
        description: None,
        unit: None,
    }];
    let read = harvest(write::catalogue(&own(), &[(record.clone(), files())], Syntax::RdfXml).unwrap());
    assert!(read.view.findings.is_empty(), "{:#?}", read.view.findings);
    let dataset = &read.view.datasets[0];
    let conforms = |at: usize| {
        dataset.distributions[at]
            .conforms_to
            .iter()
            .any(|value| value.as_str().ends_with("/crs/OGC/1.3/CRS84"))
    };
    assert_eq!(
        [0, 1, 2].map(conforms),
        [true, true, false],
        "the tables are in CRS84, the Croissant document in nothing"
    );
    assert!(
        dataset
            .provenance
            .text(Lang::En)
            .contains("The source's coordinates are in EPSG:3006")
    );
    let prov = String::from_utf8(write::prov(&record, &[]).unwrap()).unwrap();
    assert!(prov.contains("http://www.opengis.net/def/crs/EPSG/0/3006"), "{prov}");
}

#[test]
fn people_are_left_out_and_one_iri_stays_one_thing() {
    let text = String::from_utf8(catalogue(Syntax::Turtle)).unwrap();
    assert!(!text.contains("Ada") && !text.contains("ada@"), "{text}");
    let contact = &harvest(text.into_bytes()).view.datasets[0].contact[0];
    // The source's contact shared its IRI with the publisher, so it has one of ours.
    assert_eq!(contact.iri, format!("{}#contact", record().iri));
    assert_eq!(contact.email, ["miljo@exempelby.example"]);
    let polls = "https://github.com/MansMeg/SwedishPolls";
    let mut record = record();
    record.publisher.iri = polls.into();
    record.contact.clear();
    record.sources[0].dataset = DatasetId::new(polls);
    let read = harvest(write::catalogue(&own(), &[(record.clone(), files())], Syntax::RdfXml).unwrap());
    assert!(read.view.findings.is_empty(), "{:#?}", read.view.findings);
    assert_eq!(read.view.datasets[0].creator[0].iri, format!("{}#creator", record.iri));
    assert_eq!(read.view.datasets[0].contact[0].email, ["registrator@exempelby.example"]);
}

#[test]
fn untagged_texts_get_the_language_of_the_data() {
    let mut record = record();
    record.title = LangStrings(vec![LangString {
        value: "Scuole".into(),
        lang: None,
    }]);
    record.language = vec!["http://publications.europa.eu/resource/authority/language/ITA".into()];
    let text = |record: &ReleaseRecord| String::from_utf8(write::entry(record, &files(), Syntax::Turtle).unwrap()).unwrap();
    assert!(text(&record).contains("\"Scuole\"@it"));
    record.language.clear();
    assert!(text(&record).contains("\"Scuole\"@und"));
}

#[test]
fn a_base_that_is_no_address_is_refused() {
    let mut record = record();
    record.iri = "/datasets/x".into();
    assert_eq!(outcome(write::entry(&record, &files(), Syntax::Turtle)), "bad-iri");
    assert_eq!(outcome(write::prov(&record, &[])), "bad-iri");
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    for syntax in Syntax::ALL {
        assert_eq!(catalogue(syntax), catalogue(syntax));
    }
    let json: serde_json::Value = serde_json::from_slice(&catalogue(Syntax::JsonLd)).unwrap();
    let keys: Vec<&String> = json["@graph"][0].as_object().unwrap().keys().take(3).collect();
    assert_eq!(keys, ["@id", "@type", "dcterms:title"]);
}

#[test]
fn lineage_names_sources_steps_and_counts() {
    let step = |id: &str, rows_in, rows_out| Step {
        id: id.into(),
        label: Text::new("steg", "step"),
        rows_in,
        rows_out,
    };
    let bytes = write::prov(&record(), &[step("fetch", 0, 0), step("protect", 50, 42)]).unwrap();
    let text = String::from_utf8(bytes.clone()).unwrap();
    for word in [
        "prov:wasDerivedFrom",
        "prov:wasInformedBy",
        "step-protect",
        "https://data.exempelby.example/trad.csv",
        "rowsOut",
    ] {
        assert!(text.contains(word), "{word} in {text}");
    }
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(outcome(read_text(bytes, dir.path())), "accepted");
}

#[test]
fn quality_keeps_eu_metrics_apart_and_says_what_nobody_measured() {
    let indicator = |id: &str, status, fraction| Indicator {
        id: id.into(),
        dimension: "LIC".into(),
        name: Text::new("licens", "licence"),
        status,
        fraction,
        points: 4.0 * fraction,
        max: 4.0,
        evidence: Text::default(),
        raise_it: None,
        effort: "metadata".into(),
        topic: String::new(),
    };
    let readiness = Readiness {
        iri: record().iri,
        subject: Subject::Release,
        air: Some(81.25),
        air_ungated: 81.25,
        band: Some("B".into()),
        gates: Vec::new(),
        dimensions: BTreeMap::from([("LIC".to_owned(), DimensionScore::default())]),
        indicators: vec![indicator("L1", Status::Pass, 1.0), indicator("L2", Status::NotMeasured, 0.0)],
        fixes: Vec::new(),
        air_after_five: 90.0,
        mqa: BTreeMap::new(),
        stars: 3,
    };
    let metric = |passed| MqaMetric {
        id: "https://piveau.eu/ns/voc#accessUrlStatusCode".into(),
        points: 50,
        max: 50,
        passed,
        on: format!("{}/1.0.0/data/all-00000-of-00001.parquet", record().iri),
        evidence: "HEAD 200".into(),
    };
    let result = |passed| MqaDataset {
        iri: record().iri,
        total: 300,
        rating: Rating::Good,
        dimensions: MqaDimensions {
            findability: 80.0,
            ..MqaDimensions::default()
        },
        best_distribution: Some(format!("{}/1.0.0/csv/all-00000-of-00001.csv", record().iri)),
        metrics: vec![metric(passed)],
        distributions: Vec::new(),
    };
    let bytes = write::dqv(&record().iri, &readiness, &[result(Some(true)), result(None)], None, at(22));
    let text = String::from_utf8(bytes.clone()).unwrap();
    for line in [
        "dqv:isMeasurementOf pv:accessUrlStatusCode",
        "dqv:value 200",
        "mqa-se:accessUrlStatusCode",
        "pv:findabilityScoring",
        "air:status air:notMeasured",
        "dqv:value 81.",
    ] {
        assert!(text.contains(line), "{line} in {text}");
    }
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(outcome(read_text(bytes, dir.path())), "accepted");
    assert_eq!(
        text,
        String::from_utf8(write::dqv(
            &record().iri,
            &readiness,
            &[result(Some(true)), result(None)],
            None,
            at(22)
        ))
        .unwrap()
    );
}
