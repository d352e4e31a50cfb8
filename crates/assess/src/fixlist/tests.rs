use fyr_model::catalogue::Value;
use fyr_model::glossary::misused;
use fyr_model::mqa::Rating;
use fyr_model::{Agent, Distribution, LangString, LangStrings};

use super::*;
use crate::mqa::Links;
use crate::profile;

fn iri(text: &str) -> Vec<Value> {
    vec![Value::Iri(text.into())]
}

fn distribution(name: &str) -> Distribution {
    Distribution {
        iri: format!("https://data.exempelby.example/{name}"),
        described: true,
        access_url: iri("https://data.exempelby.example/sida"),
        ..Distribution::default()
    }
}

fn dataset(name: &str, publisher: &str) -> Dataset {
    let mut dataset = Dataset::new(format!("https://data.exempelby.example/{name}"));
    dataset.publisher = vec![Agent {
        iri: publisher.into(),
        ..Agent::default()
    }];
    dataset.distributions = vec![distribution(&format!("{name}/csv"))];
    dataset
}

fn list(datasets: Vec<Dataset>) -> FixList {
    let view = CatalogueView {
        datasets,
        ..CatalogueView::default()
    };
    fix_list(&view, &profile::check(&view), &Links::None)
}

fn gain(list: &FixList, rule: &str) -> Option<(u32, u32)> {
    let cause = list.causes.iter().find(|cause| cause.rule == rule)?;
    Some((cause.gain["eu"].points, cause.gain["se"].points))
}

#[test]
fn a_cause_is_worth_what_the_score_gains_and_the_best_paid_stands_first() {
    let list = list(vec![dataset("a", "p"), dataset("b", "p")]);
    for (rule, each) in [
        ("dataset-keyword-missing", 30),
        ("dataset-theme-missing", 30),
        ("dataset-spatial-missing", 20),
        ("dataset-contact-point-missing", 20),
        ("dataset-access-rights-missing", 15),
        ("distribution-license-missing", 30),
        ("distribution-format-missing", 20),
        ("mqa-download-url-missing", 20),
        ("mqa-byte-size-missing", 5),
        ("mqa-media-type-missing", 10),
        ("dataset-title-missing", 0),
    ] {
        assert_eq!(gain(&list, rule), Some((2 * each, 2 * each)), "{rule}");
    }
    let points: Vec<u32> = list.causes.iter().map(|cause| cause.gain["eu"].points).collect();
    assert!(points.is_sorted_by(|a, b| a >= b), "{points:?}");
    let first = &list.causes[0];
    assert_eq!((first.count, first.datasets, first.kind.as_str()), (2, 2, "missing"));
    assert!(list.publishers.is_empty(), "one publisher needs no list of its own");
}

#[test]
fn what_a_loser_lacks_is_worth_nothing() {
    let mut one = dataset("a", "p");
    one.distributions[0].licence = iri("http://creativecommons.org/licenses/by/4.0/");
    one.distributions[0].format = iri("http://publications.europa.eu/resource/authority/file-type/CSV");
    let mut loser = distribution("a/pdf");
    loser.format = iri("http://publications.europa.eu/resource/authority/file-type/PDF");
    one.distributions.push(loser);
    let list = list(vec![one]);
    let licence = list
        .causes
        .iter()
        .find(|cause| cause.rule == "distribution-license-missing")
        .unwrap();
    assert_eq!((licence.count, licence.gain["eu"].points, licence.gain["eu"].datasets), (1, 0, 0));
}

#[test]
fn the_dataset_s_own_date_is_worth_nothing_where_a_distribution_hides_it() {
    let list = list(vec![dataset("a", "p")]);
    assert_eq!(gain(&list, "dataset-issued-missing"), Some((0, 0)));
    assert_eq!(gain(&list, "mqa-issued-missing"), Some((5, 5)));
}

#[test]
fn the_one_edit_that_closes_the_gap_between_the_variants_is_found() {
    let mut one = dataset("a", "p");
    one.distributions[0].format = vec![Value::Literal("text/csv".into())];
    // EU: media type 10, alignment 10, open 20, machine-readable 20. Sweden has all but the media type itself.
    assert_eq!(gain(&list(vec![one.clone()]), "mqa-format-and-media-type"), Some((60, 10)));
    one.distributions[0].format = vec![Value::Literal("CSV".into())];
    assert_eq!(gain(&list(vec![one]), "format-not-media-type"), Some((40, 40)));
}

#[test]
fn a_licence_is_worth_its_ten_points_when_it_is_nearly_right() {
    let mut one = dataset("a", "p");
    one.distributions[0].licence = iri("https://creativecommons.org/licenses/by/4.0/");
    let list = list(vec![one]);
    assert_eq!(gain(&list, "licence-not-canonical"), Some((10, 10)));
    let cause = list.causes.iter().find(|cause| cause.rule == "licence-not-canonical").unwrap();
    assert_eq!(cause.kind, "at creativecommons.org");
}

#[test]
fn a_band_that_is_reached_is_told() {
    let mut one = dataset("a", "p");
    one.keyword = LangStrings(vec![LangString {
        value: "träd".into(),
        lang: Some("sv".into()),
    }]);
    one.theme = iri("http://publications.europa.eu/resource/authority/data-theme/ENVI");
    one.access_rights = iri("http://publications.europa.eu/resource/authority/access-right/PUBLIC");
    one.distributions[0].download_url = iri("https://data.exempelby.example/trad.csv");
    // 30 + 30 + 15 + 10 for the publisher + 20: 105, bad; with a licence 135, sufficient.
    let list = list(vec![one]);
    let licence = &list
        .causes
        .iter()
        .find(|cause| cause.rule == "distribution-license-missing")
        .unwrap()
        .gain["eu"];
    assert_eq!((licence.mean_before, licence.mean_after), (105.0, 135.0));
    assert_eq!(
        (licence.rating_before, licence.rating_after, licence.raised),
        (Rating::Bad, Rating::Sufficient, 1)
    );
}

#[test]
fn several_publishers_have_lists_of_their_own() {
    let mut second = dataset("b", "q");
    second.theme = iri("http://publications.europa.eu/resource/authority/data-theme/ENVI");
    let list = list(vec![dataset("a", "p"), second]);
    let of = |publisher: &str, rule: &str| {
        let fixes = list.publishers.iter().find(|one| one.iri == publisher).unwrap();
        fixes
            .causes
            .iter()
            .find(|cause| cause.rule == rule)
            .map(|cause| (cause.count, cause.gain["eu"].points))
    };
    assert_eq!(list.publishers.len(), 2);
    assert_eq!(of("p", "dataset-theme-missing"), Some((1, 30)));
    assert_eq!(of("q", "dataset-theme-missing"), None);
    assert_eq!(of("q", "dataset-keyword-missing"), Some((1, 30)));
}

#[test]
fn a_file_that_is_not_open_is_worth_a_twin() {
    let mut one = dataset("a", "p");
    one.distributions[0].format = iri("http://publications.europa.eu/resource/authority/file-type/PDF");
    // The twin has format 20, media type 10, alignment 10, open 20 and machine-readable 20; the file has 20.
    assert_eq!(gain(&list(vec![one]), "mqa-open-machine-readable"), Some((60, 60)));
}

#[test]
fn texts_keep_to_the_glossary() {
    let list = list(vec![dataset("a", "p")]);
    for cause in list.causes.iter().filter(|cause| cause.rule.starts_with("mqa-")) {
        assert!(misused(&cause.message.sv).is_empty() && misused(&cause.fix.as_ref().unwrap().sv).is_empty());
    }
}
