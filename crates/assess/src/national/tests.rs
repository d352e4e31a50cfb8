use std::collections::BTreeMap;

use chrono::NaiveDate;
use fyr_model::catalogue::Value;
use fyr_model::link::{LinkState, LinkVerdict};
use fyr_model::{CatalogueView, Contact, DataService, Dataset, Distribution, LangString, LangStrings};

use super::*;

const HVD: &str = "http://data.europa.eu/eli/reg_impl/2023/138/oj";
const FILE: &str = "https://data.exempelby.example/adresser.csv";

fn iri(text: &str) -> Vec<Value> {
    vec![Value::Iri(text.into())]
}

fn sv(text: &str) -> LangStrings {
    LangStrings(vec![LangString {
        value: text.into(),
        lang: Some("sv".into()),
    }])
}

fn dataset(name: &str, title: &str) -> Dataset {
    let mut dataset = Dataset::new(format!("https://data.exempelby.example/{name}"));
    dataset.title = sv(title);
    dataset
}

fn marked() -> Dataset {
    let mut marked = dataset("adresser", "Adresser i Exempelby");
    marked.legislation = iri(HVD);
    marked.hvd_category = iri("http://data.europa.eu/bna/c_ac64a52d");
    marked.distributions = vec![Distribution {
        iri: "https://data.exempelby.example/adresser/fil".into(),
        described: true,
        legislation: iri(HVD),
        licence: iri("http://creativecommons.org/licenses/by/4.0/"),
        access_url: iri(FILE),
        download_url: iri(FILE),
        format: vec![Value::Literal("text/csv".into())],
        ..Distribution::default()
    }];
    marked
}

fn view(datasets: Vec<Dataset>) -> CatalogueView {
    CatalogueView {
        datasets,
        ..CatalogueView::default()
    }
}

fn cell(facts: &Facts, row: usize, column: &str) -> Cell {
    facts.get(row, column).unwrap_or_else(|| panic!("{column}")).clone()
}

#[test]
fn marked_datasets_and_those_that_the_annex_may_mean_are_told_apart() {
    let mut unmarked = marked();
    unmarked.legislation.clear();
    unmarked.hvd_category.clear();
    unmarked.distributions[0].legislation.clear();
    unmarked.id = fyr_model::DatasetId::new("https://data.exempelby.example/andra");
    let mut view = view(vec![marked(), unmarked, dataset("trad", "Träd i parker")]);
    view.services = vec![DataService {
        iri: "https://api.exempelby.example/".into(),
        endpoint_url: iri("https://api.exempelby.example/v1"),
        serves: iri("https://data.exempelby.example/adresser"),
        ..DataService::default()
    }];
    let facts = high_value(&view);
    assert_eq!(facts.rows.len(), 2);
    assert_eq!((cell(&facts, 0, "marked"), cell(&facts, 1, "marked")), (flag(true), flag(false)));
    assert_eq!(cell(&facts, 0, "category_sv"), text("Geospatiala data"));
    assert_eq!(
        (cell(&facts, 0, "licence"), cell(&facts, 0, "licence_verdict")),
        (text("CC BY 4.0"), text("passes"))
    );
    assert_eq!((cell(&facts, 0, "bulk_links"), cell(&facts, 0, "bulk_url")), (whole(1), text(FILE)));
    assert_eq!((cell(&facts, 0, "api_links"), cell(&facts, 1, "api_links")), (whole(1), whole(0)));
    assert_eq!(
        (cell(&facts, 1, "annex_en"), cell(&facts, 1, "annex_words")),
        (text("Addresses"), text("adresser"))
    );
}

#[test]
fn the_gravest_licence_of_a_dataset_is_told() {
    let mut several = marked();
    let mut strict = several.distributions[0].clone();
    strict.licence = iri("http://creativecommons.org/licenses/by-nc/4.0/");
    several.distributions.push(strict);
    let facts = high_value(&view(vec![several]));
    assert_eq!(cell(&facts, 0, "licence_verdict"), text("fails"));
    assert_eq!(cell(&facts, 0, "licence"), text("CC BY 4.0; CC BY-NC 4.0"));
}

#[test]
fn what_nobody_looked_at_is_not_measured_and_what_was_seen_is_told() {
    let service = DataService {
        iri: "https://api.exempelby.example/".into(),
        endpoint_url: iri("http://api.exempelby.example/trad"),
        endpoint_description: iri("https://api.exempelby.example/openapi.json"),
        ..DataService::default()
    };
    let view = CatalogueView {
        services: vec![service],
        ..CatalogueView::default()
    };
    let blind = services(&view, &BTreeMap::new(), &BTreeMap::new());
    assert_eq!(
        (cell(&blind, 0, "description_valid"), cell(&blind, 0, "answers")),
        (Cell::Flag(None), Cell::Text(None))
    );
    assert_eq!(
        (cell(&blind, 0, "https"), cell(&blind, 0, "version_in_address")),
        (flag(false), flag(false))
    );
    assert_eq!((cell(&blind, 0, "terms"), cell(&blind, 0, "contact")), (flag(false), flag(false)));
    let description = Description {
        kind: "openapi".into(),
        valid: Some(true),
        terms: Some(true),
        contact: Some(true),
        holds: vec!["UFN.02".into(), "UFN.06".into()],
        ..Description::default()
    };
    let looked = BTreeMap::from([("https://api.exempelby.example/openapi.json".to_owned(), description)]);
    let seen = services(&view, &looked, &BTreeMap::new());
    assert_eq!(
        (cell(&seen, 0, "description_valid"), cell(&seen, 0, "contact")),
        (flag(true), flag(true))
    );
    assert_eq!(
        (cell(&seen, 0, "profile_holds"), cell(&seen, 0, "profile_breaks")),
        (text("UFN.02 UFN.06"), Cell::Text(None))
    );
}

#[test]
fn each_principle_can_hold_and_fail_or_stays_unmeasured() {
    let today = NaiveDate::from_ymd_opt(2026, 11, 23).unwrap();
    let mut good = marked();
    good.description = sv("Alla adresser.");
    good.keyword = sv("adress");
    good.theme = iri("http://publications.europa.eu/resource/authority/data-theme/REGI");
    good.frequency = iri("http://publications.europa.eu/resource/authority/frequency/MONTHLY");
    good.modified = Some("2026-11-01".into());
    good.landing_page = iri("https://exempelby.example/adresser");
    good.contact = vec![Contact {
        email: vec!["data@exempelby.example".into()],
        ..Contact::default()
    }];
    let asked = |state| {
        let verdict = LinkVerdict {
            url: FILE.into(),
            state,
            settled: true,
            tries: Vec::new(),
        };
        BTreeMap::from([(FILE.to_owned(), verdict)])
    };
    let of = |dataset: &Dataset, asked: &BTreeMap<String, LinkVerdict>| -> Vec<Option<bool>> {
        let facts = principles(&view(vec![dataset.clone()]), asked, today);
        facts.rows[0]
            .iter()
            .filter_map(|cell| match cell {
                Cell::Flag(holds) => Some(*holds),
                _ => None,
            })
            .collect()
    };
    let (yes, no) = (Some(true), Some(false));
    assert_eq!(of(&good, &asked(LinkState::Alive)), [yes, yes, yes, yes, None, yes, yes, yes, yes]);
    assert_eq!(of(&good, &BTreeMap::new()), [yes, None, None, yes, None, yes, yes, yes, yes]);
    assert_eq!(
        of(&good, &asked(LinkState::Refused)),
        [yes, None, no, yes, None, yes, yes, yes, yes]
    );
    let mut old = good.clone();
    old.modified = Some("2026-01-01".into());
    assert_eq!(of(&old, &BTreeMap::new())[5], no);
    let bare = dataset("bar", "Bar");
    assert_eq!(of(&bare, &BTreeMap::new()), [no, None, None, no, None, None, no, no, no]);
}
