//! High-value datasets: those that are marked, and those that the annex may mean.

use std::collections::BTreeSet;

use fyr_model::catalogue::Value;
use fyr_model::{CatalogueView, Dataset};

use super::{Cell, Facts, annex, first_iri, flag, hvd_word, in_language, is_marked, publisher, serving, swedish, text, whole};
use crate::licence;
use crate::lists;

/// How grave a word about a licence is; the gravest of a dataset's distributions is told.
const GRAVITY: [&str; 6] = ["passes", "equivalent", "rights-only", "undecided", "missing", "fails"];

/// A row a dataset that is marked, or that matches the annex.
pub fn high_value(view: &CatalogueView) -> Facts {
    let mut facts = Facts::default();
    for dataset in view.datasets.iter().filter(|dataset| !dataset.series) {
        let marked = is_marked(&dataset.legislation) || dataset.distributions.iter().any(|one| is_marked(&one.legislation));
        let matched = annex::matching(dataset);
        if marked || !dataset.hvd_category.is_empty() || matched.is_some() {
            facts.add(row(view, dataset, matched));
        }
    }
    facts
}

fn row(view: &CatalogueView, dataset: &Dataset, matched: Option<(&annex::Theme, Vec<&str>)>) -> Vec<(&'static str, Cell)> {
    let (known, unknown): (Vec<&Value>, Vec<&Value>) = dataset
        .hvd_category
        .iter()
        .partition(|value| lists::on_list("hvd-categories", value));
    let labels = |sv: bool| -> String {
        let names: BTreeSet<String> = known.iter().filter_map(|value| lists::hvd_label(value, sv)).collect();
        names.into_iter().collect::<Vec<_>>().join("; ")
    };
    let words: Vec<&str> = dataset.distributions.iter().map(|one| hvd_word(dataset, one)).collect();
    let worst = GRAVITY.iter().rev().find(|word| words.contains(word)).copied().unwrap_or("missing");
    let verdicts = dataset.distributions.iter().map(|one| licence::verdict(dataset, one));
    let codes: BTreeSet<String> = verdicts.filter_map(|verdict| Some(verdict.licence?.label)).collect();
    let bulk: Vec<&Value> = dataset.distributions.iter().flat_map(|one| &one.download_url).collect();
    let services = serving(view, dataset);
    let api = services.iter().flat_map(|service| &service.endpoint_url).find_map(Value::iri);
    let [publisher, publisher_name] = publisher(&dataset.publisher);
    let mut row = vec![
        ("dataset", text(dataset.id.as_str())),
        ("title_sv", text(swedish(&dataset.title))),
        ("title_en", text(in_language(&dataset.title, "en"))),
        publisher,
        publisher_name,
        ("marked", flag(is_marked(&dataset.legislation))),
        ("categories", whole(known.len())),
        ("category_sv", text(labels(true))),
        ("category_en", text(labels(false))),
        ("unknown_categories", whole(unknown.len())),
        ("distributions", whole(dataset.distributions.len())),
        (
            "marked_distributions",
            whole(dataset.distributions.iter().filter(|one| is_marked(&one.legislation)).count()),
        ),
        ("licence", text(codes.into_iter().collect::<Vec<_>>().join("; "))),
        ("licence_verdict", text(worst)),
    ];
    row.extend([
        ("bulk_links", whole(bulk.len())),
        ("bulk_url", text(bulk.iter().find_map(|value| value.iri()).unwrap_or_default())),
        ("api_links", whole(services.len())),
        ("api_url", text(api.unwrap_or_default())),
        ("contact", flag(!dataset.contact.is_empty())),
        (
            "documentation",
            first_iri(if dataset.page.is_empty() {
                &dataset.landing_page
            } else {
                &dataset.page
            }),
        ),
        (
            "annex_sv",
            text(matched.as_ref().map(|(theme, _)| theme.sv.clone()).unwrap_or_default()),
        ),
        (
            "annex_en",
            text(matched.as_ref().map(|(theme, _)| theme.en.clone()).unwrap_or_default()),
        ),
        ("annex_words", text(matched.map(|(_, words)| words.join("; ")).unwrap_or_default())),
    ]);
    row
}
