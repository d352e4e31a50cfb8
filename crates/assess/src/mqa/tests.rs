use fyr_model::catalogue::{Agent, Contact, Location, Period, Value};
use fyr_model::{LangString, LangStrings};

use super::*;

mod crafted;

const CSV: &str = "http://publications.europa.eu/resource/authority/file-type/CSV";

fn iri(text: &str) -> Vec<Value> {
    vec![Value::Iri(text.into())]
}
fn text(value: &str) -> LangStrings {
    LangStrings(vec![LangString {
        value: value.into(),
        lang: Some("sv".into()),
    }])
}
fn file(name: &str) -> Distribution {
    Distribution {
        iri: format!("https://data.exempelby.example/{name}"),
        described: true,
        ..Distribution::default()
    }
}
/// Wins every metric of a distribution in both variants.
fn whole() -> Distribution {
    Distribution {
        access_url: iri("https://data.exempelby.example/sida"),
        download_url: iri("https://data.exempelby.example/trad.csv"),
        format: iri(CSV),
        media_type: iri("http://www.iana.org/assignments/media-types/text/csv"),
        licence: iri("http://creativecommons.org/licenses/by/4.0/"),
        rights: iri("https://data.exempelby.example/villkor"),
        byte_size: Some("12".into()),
        issued: Some("2026-01-01".into()),
        modified: Some("2026-02-01".into()),
        ..file("whole")
    }
}
fn rich() -> Dataset {
    Dataset {
        keyword: text("träd"),
        theme: iri("http://publications.europa.eu/resource/authority/data-theme/ENVI"),
        spatial: vec![Location::default()],
        temporal: vec![Period::default()],
        access_rights: iri("http://publications.europa.eu/resource/authority/access-right/PUBLIC"),
        contact: vec![Contact::default()],
        publisher: vec![Agent {
            iri: "https://data.exempelby.example/org".into(),
            ..Agent::default()
        }],
        distributions: vec![whole()],
        ..Dataset::new("https://data.exempelby.example/trad")
    }
}
fn answering() -> Links {
    Links::Statuses(BTreeMap::from([
        ("https://data.exempelby.example/sida".to_owned(), 200),
        ("https://data.exempelby.example/trad.csv".to_owned(), 204),
    ]))
}
fn metric<'a>(metrics: &'a [MqaMetric], id: &str) -> &'a MqaMetric {
    metrics
        .iter()
        .find(|metric| metric.id.ends_with(id))
        .unwrap_or_else(|| panic!("{id}"))
}

#[test]
fn the_table_sums_to_405_in_the_five_dimensions_and_to_375_in_sweden() {
    let sum = |variant: Variant, dimension: &str| {
        POINTS
            .metric
            .iter()
            .filter(|row| row.dimension == dimension)
            .map(|row| row.max(variant))
            .sum::<u32>()
    };
    let of = |variant: Variant| {
        ["findability", "accessibility", "interoperability", "reusability", "contextuality"].map(|name| sum(variant, name))
    };
    assert_eq!(of(Variant::Eu), [100, 100, 110, 75, 20]);
    assert_eq!(of(Variant::Se), [100, 100, 80, 75, 20]);
    assert_eq!(POINTS.metric.len(), 23);
    assert_eq!(POINTS.metric[0].iri(Variant::Eu), "https://piveau.eu/ns/voc#keywordAvailability");
}

#[test]
fn every_metric_can_be_won_and_lost() {
    let mut poor = Dataset::new("https://data.exempelby.example/tom");
    poor.distributions = vec![file("tom")];
    let verdicts = BTreeMap::from([(rich().id.as_str().to_owned(), true), (poor.id.as_str().to_owned(), false)]);
    let links = answering();
    let known = Known {
        links: &links,
        compliance: Some(&verdicts),
    };
    for (variant, most) in [(Variant::Eu, 405), (Variant::Se, 375)] {
        let won = score_dataset(&rich(), variant, known);
        let lost = score_dataset(&poor, variant, known);
        assert_eq!((won.metrics.len(), lost.metrics.len()), (23, 23));
        for row in &POINTS.metric {
            let (won, lost) = (metric(&won.metrics, &row.id), metric(&lost.metrics, &row.id));
            if row.id == "dcatApCompliance" && variant == Variant::Se {
                assert_eq!((won.passed, won.points, won.max, lost.passed), (None, 0, 0, None));
                continue;
            }
            assert_eq!(
                (won.passed, won.points),
                (Some(true), row.max(variant)),
                "{}: {}",
                row.id,
                won.evidence
            );
            assert_eq!((lost.passed, lost.points), (Some(false), 0), "{}: {}", row.id, lost.evidence);
        }
        assert_eq!((won.total, lost.total), (most, 0));
        assert_eq!(f64::from(won.total), won.dimensions.total());
        assert_eq!((won.rating, lost.rating), (Rating::Excellent, Rating::Bad));
    }
}

#[test]
fn compliance_that_nobody_measured_is_neither_won_nor_lost() {
    let compliance = |known: Known<'_>| {
        let scored = score_dataset(&rich(), Variant::Eu, known);
        let metric = metric(&scored.metrics, "dcatApCompliance");
        (metric.passed, metric.points, metric.max)
    };
    let links = Links::None;
    let other = BTreeMap::from([("https://data.exempelby.example/annan".to_owned(), true)]);
    assert_eq!(compliance((&links).into()), (None, 0, 30));
    let verdicts = Some(&other);
    assert_eq!(
        compliance(Known {
            links: &links,
            compliance: verdicts
        }),
        (None, 0, 30)
    );
}

#[test]
fn a_status_counts_only_when_an_address_was_asked_and_answered_2xx() {
    let status = |links: &Links| {
        let scored = score_dataset(&rich(), Variant::Eu, links);
        let metric = metric(&scored.metrics, "accessUrlStatusCode");
        (metric.passed, metric.points, scored.total)
    };
    let answer = |code: u16| Links::Statuses(BTreeMap::from([("https://data.exempelby.example/sida".to_owned(), code)]));
    assert_eq!(status(&Links::None), (None, 0, 295));
    assert_eq!(status(&Links::AssumeOk), (Some(true), 50, 375));
    assert_eq!(status(&answer(299)), (Some(true), 50, 345));
    for code in [199, 300, 302, 404, 503] {
        assert_eq!(status(&answer(code)), (Some(false), 0, 295), "{code}");
    }
    assert_eq!(status(&Links::Statuses(BTreeMap::new())), (None, 0, 295));
}

#[test]
fn of_several_addresses_the_best_counts() {
    let mut dataset = rich();
    dataset.distributions[0]
        .access_url
        .push(Value::Iri("https://data.exempelby.example/annan".into()));
    let links = Links::Statuses(BTreeMap::from([
        ("https://data.exempelby.example/sida".to_owned(), 404),
        ("https://data.exempelby.example/annan".to_owned(), 200),
    ]));
    assert_eq!(
        metric(&score_dataset(&dataset, Variant::Eu, &links).metrics, "accessUrlStatusCode").passed,
        Some(true)
    );
}

#[test]
fn the_best_distribution_wins_whole_and_a_tie_keeps_the_earlier() {
    let parquet = Distribution {
        format: vec![Value::Literal("application/vnd.apache.parquet".into())],
        byte_size: Some("9".into()),
        ..file("parquet")
    };
    let csv = Distribution {
        format: iri(CSV),
        ..file("csv")
    };
    let mut dataset = Dataset::new("https://data.exempelby.example/trad");
    dataset.distributions = vec![parquet.clone(), csv];
    let scored = score_dataset(&dataset, Variant::Eu, &Links::None);
    assert_eq!(scored.best_distribution.as_deref(), Some("https://data.exempelby.example/csv"));
    // The loser's byte size is not mixed in.
    assert_eq!((scored.total, metric(&scored.metrics, "byteSizeAvailability").points), (60, 0));
    assert_eq!(
        scored
            .distributions
            .iter()
            .map(|distribution| distribution.total)
            .collect::<Vec<_>>(),
        [25, 60]
    );
    dataset.distributions = vec![
        parquet.clone(),
        Distribution {
            iri: "https://data.exempelby.example/tva".into(),
            ..parquet
        },
    ];
    assert_eq!(
        score_dataset(&dataset, Variant::Eu, &Links::None).best_distribution.as_deref(),
        Some("https://data.exempelby.example/parquet")
    );
}

#[test]
fn a_winner_without_a_date_hides_the_datasets_and_without_a_winner_it_shows() {
    let mut dataset = Dataset {
        issued: Some("2026-01-01".into()),
        modified: Some("2026-01-02".into()),
        ..Dataset::new("https://data.exempelby.example/trad")
    };
    assert_eq!(score_dataset(&dataset, Variant::Eu, &Links::None).total, 10);
    dataset.distributions = vec![file("tom")];
    let hidden = score_dataset(&dataset, Variant::Eu, &Links::None);
    assert_eq!(
        (hidden.total, metric(&hidden.metrics, "dateIssuedAvailability").passed),
        (0, Some(false))
    );
    dataset.distributions[0].issued = Some("2026-01-01".into());
    assert_eq!(score_dataset(&dataset, Variant::Eu, &Links::None).total, 5);
}

#[test]
fn without_a_distribution_only_the_datasets_own_metrics_stand() {
    let mut dataset = rich();
    dataset.distributions.clear();
    let scored = score_dataset(&dataset, Variant::Eu, &Links::AssumeOk);
    assert_eq!((scored.total, scored.best_distribution, scored.metrics.len()), (145, None, 11));
}

#[test]
fn a_media_type_as_format_counts_in_sweden_and_not_in_the_eu() {
    let check = |format: Value, media: Vec<Value>, eu: [bool; 3], se: [bool; 3]| {
        let mut dataset = Dataset::new("https://data.exempelby.example/trad");
        dataset.distributions = vec![Distribution {
            format: vec![format.clone()],
            media_type: media,
            ..file("x")
        }];
        for (variant, expected) in [(Variant::Eu, eu), (Variant::Se, se)] {
            let scored = score_dataset(&dataset, variant, &Links::None);
            let seen = ["VocabularyAlignment", "NonProprietary", "MachineInterpretable"]
                .map(|name| metric(&scored.metrics, &format!("formatMediaType{name}")).passed == Some(true));
            assert_eq!(seen, expected, "{format:?} {variant:?}");
        }
    };
    let text = |value: &str| Value::Literal(value.into());
    check(text("text/csv"), vec![], [false, false, false], [true, true, true]);
    check(text("text/csv+zip"), vec![], [false, false, false], [true, true, true]);
    check(text("application/vnd.ms-excel"), vec![], [false, false, false], [true, false, true]);
    check(text("application/pdf"), vec![], [false, false, false], [true, false, false]);
    check(
        text("application/vnd.apache.parquet"),
        vec![],
        [false, false, false],
        [true, false, false],
    );
    check(text("csv"), vec![], [false, false, false], [false, false, false]);
    check(Value::Iri(CSV.into()), vec![], [false, true, true], [false, true, true]);
    check(
        Value::Iri(CSV.into()),
        vec![text("text/csv")],
        [true, true, true],
        [true, true, true],
    );
    let unknown = Value::Iri("http://publications.europa.eu/resource/authority/file-type/PARQUET".into());
    check(unknown, vec![], [false, false, false], [false, false, false]);
}

#[test]
fn a_near_miss_licence_is_stated_but_not_known() {
    for (given, known) in [
        ("http://creativecommons.org/licenses/by/4.0/", true),
        ("http://publications.europa.eu/resource/authority/licence/CC_BY_4_0", true),
        ("https://creativecommons.org/licenses/by/4.0/", false),
        ("http://creativecommons.org/licenses/by/4.0/deed.sv", false),
        ("https://villkor.exempelby.example/", false),
    ] {
        let mut dataset = rich();
        dataset.distributions[0].licence = iri(given);
        for variant in [Variant::Eu, Variant::Se] {
            let scored = score_dataset(&dataset, variant, &Links::None);
            assert_eq!(metric(&scored.metrics, "licenceAvailability").passed, Some(true));
            assert_eq!(metric(&scored.metrics, "knownLicence").passed, Some(known), "{given}");
        }
    }
}

#[test]
fn a_catalogue_is_the_plain_mean_of_its_datasets_and_a_series_is_none() {
    let mut view = CatalogueView::default();
    let mut bare = Dataset::new("https://data.exempelby.example/tom");
    bare.keyword = text("träd");
    let series = Dataset { series: true, ..rich() };
    view.datasets = vec![rich(), bare.clone(), bare, series];
    let report = score(&view, Variant::Eu, &Links::AssumeOk);
    assert_eq!(report.datasets.len(), 3);
    assert_eq!((report.catalogue.total, report.catalogue.rating), (145.0, Rating::Sufficient));
    assert_eq!(report.catalogue.dimensions.findability, 53.3);
    assert_eq!(report.publishers.len(), 1);
    assert_eq!(report.publishers["https://data.exempelby.example/org"].total, 375.0);
    let empty = score(&CatalogueView::default(), Variant::Se, &Links::None);
    assert_eq!((empty.catalogue.total, empty.catalogue.rating), (0.0, Rating::Bad));
}
