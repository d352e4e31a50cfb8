mod data;

use std::collections::BTreeMap;

use fyr_model::catalogue::{Agent, Catalogue, Contact, DataService, Distribution, Location, Period, Value};
use fyr_model::{CatalogueView, Dataset, LangString, LangStrings, Severity};

use super::*;

const ORG: &str = "http://dataportal.se/organisation/SE2120009994";
const DATASET: &str = "https://data.exempelby.example/dataset/trad";
const HVD: &str = "http://data.europa.eu/eli/reg_impl/2023/138/oj";

fn iri(text: &str) -> Vec<Value> {
    vec![Value::Iri(text.into())]
}
fn eu(list: &str, code: &str) -> Vec<Value> {
    iri(&format!("http://publications.europa.eu/resource/authority/{list}/{code}"))
}
fn both(sv: &str, en: &str) -> LangStrings {
    let one = |value: &str, lang: &str| LangString {
        value: value.into(),
        lang: Some(lang.into()),
    };
    LangStrings(vec![one(en, "en"), one(sv, "sv")])
}
fn agent() -> Agent {
    Agent {
        iri: ORG.into(),
        described: true,
        name: both("Exempelby kommun", "Municipality of Exempelby"),
        kind: iri("http://purl.org/adms/publishertype/LocalAuthority"),
        identifier: vec!["212000-9994".into()],
        ..Agent::default()
    }
}
fn contact() -> Contact {
    Contact {
        iri: "https://data.exempelby.example/kontakt".into(),
        described: true,
        name: both("Öppna data", "Open data"),
        email: vec!["oppnadata@exempelby.example".into()],
        telephone: true,
        address: true,
        ..Contact::default()
    }
}
fn distribution() -> Distribution {
    Distribution {
        iri: "https://data.exempelby.example/dataset/trad/csv".into(),
        described: true,
        description: both("Alla träd", "All trees"),
        access_url: iri("https://data.exempelby.example/trad.csv"),
        format: vec![Value::Literal("text/csv".into())],
        availability: eu("planned-availability", "STABLE"),
        licence: iri("http://creativecommons.org/publicdomain/zero/1.0/"),
        byte_size: Some("1200".into()),
        ..Distribution::default()
    }
}
fn dataset() -> Dataset {
    Dataset {
        title: both("Träd i parkerna", "Trees in the parks"),
        description: both("Träd som kommunen sköter.", "Trees that the municipality tends."),
        publisher: vec![agent()],
        contact: vec![contact()],
        keyword: both("träd", "tree"),
        theme: eu("data-theme", "ENVI"),
        issued: Some("2026-01-01".into()),
        conforms_to: iri("https://spec.exempelby.example/trad"),
        spatial: vec![Location {
            iri: Some("http://sws.geonames.org/2661886".into()),
            ..Location::default()
        }],
        temporal: vec![Period {
            start: Some("2020".into()),
            end: None,
        }],
        access_rights: eu("access-right", "PUBLIC"),
        frequency: eu("frequency", "ANNUAL"),
        distributions: vec![distribution()],
        ..Dataset::new(DATASET)
    }
}
/// A catalogue without any fault.
fn sound() -> CatalogueView {
    CatalogueView {
        catalogues: vec![Catalogue {
            iri: "https://data.exempelby.example/katalog".into(),
            title: both("Öppna data", "Open data"),
            description: both("Kommunens öppna data.", "Open data of the municipality."),
            publisher: vec![agent()],
            licence: iri("http://creativecommons.org/publicdomain/zero/1.0/"),
            issued: Some("2026-01-01".into()),
            modified: Some("2026-11-22T04:00:00+01:00".into()),
            language: eu("language", "SWE"),
            homepage: iri("https://www.exempelby.example/"),
            spatial: vec![Location {
                iri: Some("http://sws.geonames.org/2661886".into()),
                ..Location::default()
            }],
            theme_taxonomy: iri("http://publications.europa.eu/resource/authority/data-theme"),
            datasets: vec![DATASET.into()],
            ..Catalogue::default()
        }],
        datasets: vec![dataset()],
        services: vec![],
        agents: vec![agent()],
        findings: vec![],
    }
}

/// The ids that a change to the sound catalogue brings.
fn ids(change: impl FnOnce(&mut CatalogueView)) -> Vec<String> {
    let mut view = sound();
    change(&mut view);
    check(&view).into_iter().map(|finding| finding.id).collect()
}
fn brings(expected: &[&str], change: impl FnOnce(&mut CatalogueView)) {
    assert_eq!(ids(change), expected);
}
fn first(view: &mut CatalogueView) -> &mut Dataset {
    &mut view.datasets[0]
}
fn file(view: &mut CatalogueView) -> &mut Distribution {
    &mut view.datasets[0].distributions[0]
}

#[test]
fn a_sound_catalogue_brings_no_finding_and_passes_both_verdicts() {
    let findings = check(&sound());
    assert_eq!(findings, []);
    assert!(harvested(&findings) && conforms(&findings));
}

#[test]
fn a_missing_mandatory_property_is_a_violation_and_is_still_harvested() {
    let mut view = sound();
    first(&mut view).title = LangStrings::default();
    let findings = check(&view);
    assert_eq!(findings.len(), 1);
    let finding = &findings[0];
    assert_eq!(
        (finding.id.as_str(), finding.severity),
        ("dataset-title-missing", Severity::Violation)
    );
    assert_eq!(
        (finding.focus.as_str(), finding.path.as_str()),
        (DATASET, "http://purl.org/dc/terms/title")
    );
    assert_eq!(finding.source_shape, "urn:fyr:dcat-ap-se:3.0.1:dataset-title-missing");
    assert_eq!(finding.component, "http://www.w3.org/ns/shacl#MinCountConstraintComponent");
    assert_eq!(finding.message.sv, "Datamängden saknar titel.");
    assert!(finding.fix.is_some());
    assert!(harvested(&findings) && !conforms(&findings));
}

#[test]
fn a_missing_recommended_property_is_a_warning_and_conforms() {
    let mut view = sound();
    first(&mut view).theme.clear();
    file(&mut view).licence.clear();
    let findings = check(&view);
    assert_eq!(
        findings.iter().map(|finding| finding.id.as_str()).collect::<Vec<_>>(),
        ["dataset-theme-missing", "distribution-license-missing"]
    );
    assert!(conforms(&findings));
}

#[test]
fn a_second_value_where_one_is_allowed_is_a_violation() {
    brings(&["distribution-access-url-too-many"], |view| {
        file(view).access_url.push(Value::Iri("https://data.exempelby.example/2".into()))
    });
    brings(&["dataset-access-rights-too-many"], |view| {
        let more = eu("access-right", "RESTRICTED");
        first(view).access_rights.extend(more);
    });
    brings(&[], |view| {
        file(view).download_url = [iri("https://a.example/1"), iri("https://a.example/2")].concat()
    });
}

#[test]
fn the_catalogues_licence_is_cc0_and_nothing_else() {
    let with = |licence: &str| ids(|view| view.catalogues[0].licence = iri(licence));
    assert_eq!(with("http://creativecommons.org/licenses/by/4.0/"), ["catalogue-licence-not-cc0"]);
    assert_eq!(
        with("https://creativecommons.org/publicdomain/zero/1.0/"),
        ["catalogue-licence-near-miss"]
    );
    assert!(with("http://publications.europa.eu/resource/authority/licence/CC0").is_empty());
    brings(&["catalogue-license-missing"], |view| view.catalogues[0].licence.clear());
}

#[test]
fn licence_spellings_are_reported_with_the_right_iri() {
    let with = |licence: Value| {
        let mut view = sound();
        file(&mut view).licence = vec![licence];
        check(&view)
    };
    let near = with(Value::Iri("https://creativecommons.org/licenses/by/4.0/deed.sv".into()));
    assert_eq!(near[0].id, "licence-not-canonical");
    assert!(
        near[0]
            .fix
            .as_ref()
            .unwrap()
            .text
            .en
            .contains("http://creativecommons.org/licenses/by/4.0/")
    );
    let names = |licence: Value| with(licence).into_iter().map(|finding| finding.id).collect::<Vec<_>>();
    assert_eq!(names(Value::Literal("CC0".into())), ["licence-not-canonical", "not-an-iri"]);
    assert_eq!(
        names(Value::Iri("https://opensource.org/licenses/MIT".into())),
        ["licence-software"]
    );
    assert_eq!(names(Value::Iri("https://villkor.exempelby.example/".into())), ["licence-unknown"]);
    assert_eq!(
        names(Value::Literal(String::new())),
        ["distribution-license-missing", "licence-empty"]
    );
    brings(&["licence-on-dataset", "distribution-license-missing"], |view| {
        file(view).licence.clear();
        first(view).licence = iri("http://creativecommons.org/publicdomain/zero/1.0/");
    });
}

#[test]
fn the_five_classes_have_iris_of_their_own() {
    brings(&["blank-catalogue"], |view| view.catalogues[0].blank = true);
    brings(&["blank-dataset"], |view| first(view).blank = true);
    brings(&["blank-distribution"], |view| file(view).blank = true);
    brings(&["blank-contact"], |view| first(view).contact[0].blank = true);
    let blank = |view: &mut CatalogueView| {
        for agent in view
            .agents
            .iter_mut()
            .chain(&mut view.catalogues[0].publisher)
            .chain(&mut view.datasets[0].publisher)
        {
            agent.blank = true;
        }
    };
    brings(&["blank-agent"], blank);
    let stops = |change: fn(&mut CatalogueView)| {
        let mut view = sound();
        change(&mut view);
        !harvested(&check(&view))
    };
    assert!(stops(|view| view.catalogues[0].blank = true) && stops(|view| first(view).blank = true));
    assert!(!stops(|view| file(view).blank = true) && stops(|view| view.catalogues.clear()));
}

#[test]
fn one_iri_as_catalogue_dataset_publisher_and_contact_is_a_finding_and_no_refusal() {
    let mut view = sound();
    let one = "https://polls.exempelby.example/";
    view.catalogues[0].iri = one.into();
    view.catalogues[0].datasets = vec![one.into()];
    first(&mut view).id = fyr_model::DatasetId::new(one);
    first(&mut view).contact[0].iri = one.into();
    let publisher = Agent {
        iri: one.into(),
        ..agent()
    };
    view.agents = vec![publisher.clone()];
    view.catalogues[0].publisher = vec![publisher.clone()];
    first(&mut view).publisher = vec![publisher];
    let findings = check(&view);
    let found: Vec<&str> = findings.iter().map(|finding| finding.id.as_str()).collect();
    assert!(
        found.contains(&"one-iri-per-thing") && found.contains(&"agent-contact-same-iri"),
        "{found:?}"
    );
    let shared = findings.iter().find(|finding| finding.id == "one-iri-per-thing").unwrap();
    assert_eq!(shared.value.as_deref(), Some("agent, catalogue, contact, dataset"));
    assert!(harvested(&findings) && !conforms(&findings));
}

#[test]
fn undescribed_things_are_one_finding_each_and_not_a_list_of_missing_properties() {
    brings(&["distribution-not-described"], |view| {
        *file(view) = Distribution {
            iri: "https://data.exempelby.example/borta".into(),
            ..Distribution::default()
        };
    });
    brings(&["contact-not-described"], |view| {
        first(view).contact = vec![Contact {
            iri: "https://data.exempelby.example/borta".into(),
            ..Contact::default()
        }];
    });
}

#[test]
fn texts_carry_a_language_that_exists() {
    let title = |tag: Option<&str>| {
        ids(|view| {
            view.datasets[0].title.0[1].lang = tag.map(Into::into);
        })
    };
    assert_eq!(title(None), ["text-untagged"]);
    assert_eq!(title(Some("se")), ["text-language-se", "text-swedish-missing"]);
    assert_eq!(title(Some("en-uk")), ["text-language-uk", "text-swedish-missing"]);
    assert_eq!(title(Some("en")), ["text-language-repeated", "text-swedish-missing"]);
    assert_eq!(title(Some("sv-se")), [""; 0]);
    brings(&["text-english-missing"], |view| {
        first(view).title.0.remove(0);
    });
    brings(&["text-html"], |view| {
        view.datasets[0].description.0[1].value = "<p>Träd</p>".into()
    });
}

#[test]
fn values_come_from_their_list_and_a_near_miss_is_named() {
    let near = |code: &str| {
        let mut view = sound();
        first(&mut view).frequency = iri(code);
        let findings = check(&view);
        findings
            .first()
            .map(|finding| (finding.id.clone(), finding.fix.clone().unwrap().text.en))
    };
    let (id, fix) = near("http://publications.europa.eu/resource/authority/frequency/IRREGULAR").unwrap();
    assert_eq!(id, "value-not-in-list");
    assert!(fix.ends_with("/frequency/IRREG"), "{fix}");
    assert_eq!(near("http://purl.org/cld/freq/annual").unwrap().0, "frequency-deprecated");
    assert_eq!(near("http://publications.europa.eu/resource/authority/frequency/IRREG"), None);
    brings(&["value-not-in-list"], |view| {
        first(view).theme = iri("http://eurovoc.europa.eu/5794")
    });
    brings(&["not-an-iri"], |view| first(view).theme = vec![Value::Literal("Miljö".into())]);
    brings(&["format-not-media-type"], |view| {
        file(view).format = vec![Value::Literal("CSV".into())]
    });
    brings(&[], |view| file(view).format = eu("file-type", "CSV"));
    brings(&["byte-size-form"], |view| file(view).byte_size = Some("12.5".into()));
    brings(&["geonames-form"], |view| {
        first(view).spatial[0].iri = Some("https://www.geonames.org/2661886/sweden.html".into())
    });
    brings(&[], |view| {
        first(view).spatial[0].iri = Some("http://sws.geonames.org/2661886/".into())
    });
}

#[test]
fn dates_have_one_of_three_forms_and_periods_run_forward() {
    for (given, wrong) in [
        ("2026-11-22", false),
        ("2026", false),
        ("2026-11-22T10:00:00Z", false),
        ("2021-01-28 GMT 01:51:03", true),
        ("hösten 2026", true),
    ] {
        assert_eq!(
            ids(|view| first(view).issued = Some(given.into())),
            if wrong { vec!["date-form"] } else { vec![] },
            "{given}"
        );
    }
    let period = |start: &str, end: &str| {
        ids(|view| {
            first(view).temporal = vec![Period {
                start: Some(start.into()),
                end: Some(end.into()),
            }];
        })
    };
    assert_eq!(period("2026-01-02", "2026-01-01"), ["period-reversed"]);
    assert_eq!(period("2026-01-01", "2026-01-01"), [""; 0]);
    assert_eq!(period("2026-01-01", "2099-12-31"), ["period-open-end"]);
    assert_eq!(period("2026-01-01", "2098-12-31"), [""; 0]);
}

#[test]
fn high_value_datasets_carry_law_category_api_and_an_open_licence() {
    let marked = |view: &mut CatalogueView| {
        let dataset = first(view);
        dataset.legislation = iri(HVD);
        dataset.hvd_category = iri("http://data.europa.eu/bna/c_ac64a52d");
        dataset.distributions[0].legislation = iri(HVD);
        view.services = vec![DataService {
            iri: "https://api.exempelby.example/".into(),
            title: both("API", "API"),
            endpoint_url: iri("https://api.exempelby.example/v1"),
            endpoint_description: iri("https://api.exempelby.example/openapi.json"),
            serves: iri(DATASET),
            contact: vec![contact()],
            keyword: both("träd", "tree"),
            access_rights: eu("access-right", "PUBLIC"),
            format: vec![Value::Literal("application/json".into())],
            ..DataService::default()
        }];
    };
    let with = |change: fn(&mut CatalogueView)| {
        ids(|view| {
            marked(view);
            change(view);
        })
    };
    assert_eq!(with(|_| ()), ["text-english-missing"; 0]);
    assert_eq!(with(|view| first(view).hvd_category.clear()), ["hvd-category-missing"]);
    assert_eq!(with(|view| file(view).legislation.clear()), ["hvd-distribution-missing"]);
    assert_eq!(with(|view| view.services.clear()), ["hvd-api-missing"]);
    assert_eq!(
        with(|view| file(view).licence = iri("http://creativecommons.org/licenses/by-sa/4.0/")),
        ["hvd-licence-too-strict"]
    );
    assert_eq!(
        with(|view| file(view).licence = iri("http://creativecommons.org/licenses/by/4.0/")),
        [""; 0]
    );
    assert_eq!(
        with(|view| file(view).licence.clear()),
        ["distribution-license-missing", "hvd-licence-missing"]
    );
    brings(&["hvd-category-without-legislation"], |view| {
        first(view).hvd_category = iri("http://data.europa.eu/bna/c_ac64a52d")
    });
    brings(&["hvd-distribution-alone"], |view| file(view).legislation = iri(HVD));
}

#[test]
fn parts_of_a_catalogue_are_followed_one_step_and_never_in_a_ring() {
    let part = |iri: &str, parts: &[&str]| Catalogue {
        iri: iri.into(),
        parts: parts.iter().map(|part| (*part).to_owned()).collect(),
        ..sound().catalogues.remove(0)
    };
    let with = |parts: Vec<Catalogue>| {
        let view = CatalogueView {
            catalogues: parts,
            ..sound()
        };
        let findings = check(&view);
        (
            findings.iter().map(|finding| finding.id.clone()).collect::<Vec<_>>(),
            harvested(&findings),
        )
    };
    assert_eq!(
        with(vec![
            part("https://a.example/", &["https://b.example/"]),
            part("https://b.example/", &[])
        ]),
        (vec![], true)
    );
    let deep = vec![
        part("https://a.example/", &["https://b.example/"]),
        part("https://b.example/", &["https://c.example/"]),
        part("https://c.example/", &[]),
    ];
    assert_eq!(with(deep), (vec!["part-of-part".to_owned()], false));
    let (ring, harvested) = with(vec![
        part("https://a.example/", &["https://b.example/"]),
        part("https://b.example/", &["https://a.example/"]),
    ]);
    assert!(ring.contains(&"part-cycle".to_owned()) && !harvested);
}

#[test]
fn a_series_has_its_own_rules_and_no_series_above_it() {
    let found = ids(|view| {
        let dataset = first(view);
        dataset.series = true;
        dataset.in_series = iri("https://data.exempelby.example/serie");
    });
    assert_eq!(found, ["series-in-series"]);
}

#[test]
fn a_persons_contact_is_noted_without_her_address() {
    let mut view = sound();
    first(&mut view).contact[0].individual = true;
    first(&mut view).contact[0].email = vec!["anna.exempel".into()];
    let findings = check(&view);
    assert_eq!(
        findings.iter().map(|finding| finding.id.as_str()).collect::<Vec<_>>(),
        ["contact-individual", "contact-email-form"]
    );
    assert!(findings.iter().all(|finding| !format!("{finding:?}").contains("anna")));
}

#[test]
fn every_rule_that_is_checked_here_is_in_the_data_and_in_the_code() {
    let code = concat!(
        include_str!("../swedish.rs"),
        include_str!("../hvd.rs"),
        include_str!("../properties.rs")
    );
    for id in judge::NATIVE {
        assert!(code.contains(&format!("\"{id}\"")), "{id} is not in the code");
        assert!(
            rule(id).is_some_and(|facts| facts.by == By::Check),
            "{id} is not in the present profile"
        );
    }
    let unknown = Profile::current()
        .rules
        .values()
        .find(|rule| rule.by == By::Check && !judge::NATIVE.contains(&rule.id.as_str()));
    assert!(unknown.is_none(), "{unknown:?}");
}

#[test]
fn findings_are_in_one_order_and_texts_keep_to_the_glossary() {
    let mut view = sound();
    first(&mut view).title = LangStrings::default();
    first(&mut view).theme.clear();
    file(&mut view).licence = iri("https://opensource.org/licenses/MIT");
    let once = check(&view);
    view.agents.reverse();
    assert_eq!(once, check(&view));
    for finding in &once {
        let fix = finding.fix.as_ref().unwrap();
        for text in [&finding.message.sv, &fix.text.sv] {
            assert!(fyr_model::glossary::misused(text).is_empty(), "{text}");
        }
    }
    let by_focus: BTreeMap<&str, usize> = once.iter().map(|finding| (finding.focus.as_str(), 1)).collect();
    assert_eq!(by_focus.len(), 2);
}

#[test]
fn what_the_reader_of_the_graph_has_said_is_not_said_twice() {
    let mut view = sound();
    first(&mut view).title.0[1].lang = None;
    first(&mut view).theme = vec![Value::Literal("Miljö".into())];
    assert_eq!(check(&view).len(), 2);
    let said = |id: &str, path: &str| Finding::new(id, Severity::Warning, DATASET, fyr_model::Text::new("", "")).on(path);
    view.findings = vec![
        said("untagged-literal", "http://purl.org/dc/terms/title"),
        said("literal-for-iri", "http://www.w3.org/ns/dcat#theme"),
    ];
    assert_eq!(check(&view), []);
    // The same fault of another property is another fault.
    view.findings = vec![
        said("untagged-literal", "http://purl.org/dc/terms/description"),
        said("literal-for-iri", "http://purl.org/dc/terms/spatial"),
    ];
    assert_eq!(check(&view).len(), 2);
}

#[test]
fn a_publisher_known_elsewhere_is_a_warning_and_conforms() {
    let mut view = sound();
    let elsewhere = Agent {
        iri: ORG.into(),
        ..Agent::default()
    };
    view.agents = vec![elsewhere.clone()];
    view.catalogues[0].publisher = vec![elsewhere.clone()];
    first(&mut view).publisher = vec![elsewhere];
    let findings = check(&view);
    assert_eq!(
        findings.iter().map(|finding| finding.id.as_str()).collect::<Vec<_>>(),
        ["agent-not-described"]
    );
    assert!(conforms(&findings));
}
