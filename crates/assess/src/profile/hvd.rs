//! High-value datasets: Regulation (EU) 2023/138 as the profile reads it (`dcat-ap-se.md` section 6, `licences.md` section 5).

use std::collections::HashSet;

use fyr_model::catalogue::Value;
use fyr_model::{Dataset, Distribution};

use super::judge::{Judge, Seen};
use crate::licence::{self, Hvd};

pub(super) fn dataset(dataset: &Dataset, judge: &mut Judge<'_>) {
    let focus = dataset.id.as_str();
    if !judge.marked(&dataset.legislation) {
        if !dataset.hvd_category.is_empty() {
            judge.about("hvd-category-without-legislation", focus);
        }
        return;
    }
    if dataset.hvd_category.is_empty() {
        judge.about("hvd-category-missing", focus);
    }
    let (marked, _): (Vec<_>, Vec<_>) = dataset.distributions.iter().partition(|one| judge.marked(&one.legislation));
    if !dataset.series && marked.is_empty() {
        judge.about("hvd-distribution-missing", focus);
    }
    for distribution in marked {
        licence_of(dataset, distribution, judge);
    }
}

/// An API must reach the dataset: a service serves it, or one of its distributions names a service.
pub(super) fn api(dataset: &Dataset, served: &HashSet<String>, judge: &mut Judge<'_>) {
    let iri = dataset.id.as_str();
    if dataset.series || !judge.marked(&dataset.legislation) || served.contains(iri) {
        return;
    }
    let mut distributions = dataset.distributions.iter();
    if distributions.all(|distribution| distribution.access_service.is_empty()) {
        judge.about("hvd-api-missing", iri);
    }
}

fn licence_of(dataset: &Dataset, distribution: &Distribution, judge: &mut Judge<'_>) {
    let verdict = licence::verdict(dataset, distribution);
    let id = match &verdict.licence {
        _ if verdict.found_on == "none" && distribution.rights.is_empty() => "hvd-licence-missing",
        _ if verdict.found_on == "none" => "hvd-rights-only",
        None => "hvd-licence-undecided",
        Some(licence) => match licence::hvd(licence) {
            Hvd::Passes | Hvd::Equivalent => return,
            Hvd::Undecided => "hvd-licence-undecided",
            Hvd::Fails => "hvd-licence-too-strict",
        },
    };
    judge.finds(
        id,
        Seen {
            focus: &distribution.iri,
            value: verdict.stated.first().map(Value::as_str),
            ..Seen::default()
        },
    );
}
