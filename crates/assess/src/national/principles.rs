//! The nine principles of the guidance on making information available, as far as a machine can see them (`readiness.md`, section 5).
//!
//! Each is a fact of a dataset: it holds, it does not, or nobody can tell from what is known. Whether a fee is taken, whether the users were asked
//! and whether anything is left out is told by no catalogue, so those stay unmeasured unless something speaks against them.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use fyr_model::catalogue::Value;
use fyr_model::link::{LinkState, LinkVerdict};
use fyr_model::{CatalogueView, Dataset, Distribution, Reuse};

use super::{Cell, Facts, publisher, swedish, text};
use crate::licence;
use crate::lists::{self, TYPES};

/// A row a dataset. `asked` holds verdicts on addresses; `today` is the day that dates are judged by.
pub fn principles(view: &CatalogueView, asked: &BTreeMap<String, LinkVerdict>, today: NaiveDate) -> Facts {
    let mut facts = Facts::default();
    for dataset in view.datasets.iter().filter(|dataset| !dataset.series) {
        let [publisher, publisher_name] = publisher(&dataset.publisher);
        let mut row = vec![
            ("dataset", text(dataset.id.as_str())),
            ("title_sv", text(swedish(&dataset.title))),
            publisher,
            publisher_name,
        ];
        row.extend(
            answers(dataset, asked, today)
                .into_iter()
                .map(|(name, holds)| (name, Cell::Flag(holds))),
        );
        facts.add(row);
    }
    facts
}

fn answers(dataset: &Dataset, asked: &BTreeMap<String, LinkVerdict>, today: NaiveDate) -> [(&'static str, Option<bool>); 9] {
    let files = &dataset.distributions;
    let open = files.iter().any(|one| is_open(dataset, one));
    let fetched = fetched(files, asked);
    let documented = !dataset.page.is_empty()
        || !dataset.landing_page.is_empty()
        || !dataset.conforms_to.is_empty()
        || files.iter().any(|one| !one.conforms_to.is_empty());
    let described =
        !dataset.title.is_empty() && !dataset.description.is_empty() && !dataset.keyword.is_empty() && !dataset.theme.is_empty();
    [
        ("open_licence", Some(open)),
        // A file that came without sign-in came without a fee too; that one is refused says nothing of money.
        ("free", fetched.filter(|came| *came)),
        ("no_registration", no_registration(dataset, fetched)),
        ("described", Some(described)),
        ("user_need", None),
        ("current", current(dataset, today)),
        ("machine_readable", Some(machine_readable(dataset))),
        ("documented", Some(documented)),
        (
            "feedback",
            Some(dataset.contact.iter().any(|one| !one.email.is_empty() || !one.url.is_empty())),
        ),
    ]
}

fn is_open(dataset: &Dataset, one: &Distribution) -> bool {
    let reuse = licence::verdict(dataset, one).reuse;
    matches!(reuse, Reuse::Free | Reuse::Attribution | Reuse::ShareAlike)
}

/// Whether a file's address answered, or asked for authorisation; none when neither is settled.
fn fetched(files: &[Distribution], asked: &BTreeMap<String, LinkVerdict>) -> Option<bool> {
    let verdicts: Vec<LinkState> = files
        .iter()
        .flat_map(|one| one.download_url.iter().chain(&one.access_url))
        .filter_map(|value| asked.get(value.as_str()))
        .filter(|one| one.settled)
        .map(|one| one.state)
        .collect();
    if verdicts.contains(&LinkState::Alive) {
        return Some(true);
    }
    verdicts.contains(&LinkState::Refused).then_some(false)
}

fn no_registration(dataset: &Dataset, fetched: Option<bool>) -> Option<bool> {
    let says = |code: &str| {
        dataset
            .access_rights
            .iter()
            .any(|value: &Value| value.as_str().ends_with(&format!("/{code}")))
    };
    if says("RESTRICTED") || says("NON_PUBLIC") {
        return Some(false);
    }
    fetched
}

/// Whether the data was renewed within twice the promised interval; none without a promise or a date.
fn current(dataset: &Dataset, today: NaiveDate) -> Option<bool> {
    let days = dataset.frequency.iter().find_map(lists::frequency_days)?;
    let dates = std::iter::once(&dataset.modified).chain(dataset.distributions.iter().map(|one| &one.modified));
    let last = dates
        .flatten()
        .filter_map(|written| NaiveDate::parse_from_str(written.get(..10)?, "%Y-%m-%d").ok())
        .max()?;
    Some((today - last).num_days() <= 2 * i64::from(days))
}

/// A format that machines read, at an IRI that lasts: the publisher's own, over HTTP.
fn machine_readable(dataset: &Dataset) -> bool {
    let formats = dataset
        .distributions
        .iter()
        .flat_map(|one| one.format.iter().chain(&one.media_type));
    let read = formats.into_iter().filter_map(lists::file_type).any(|code| TYPES.machine(code));
    read && !dataset.blank && dataset.id.as_str().starts_with("http")
}
