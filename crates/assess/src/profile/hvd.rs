//! High-value datasets: Regulation (EU) 2023/138 as the profile reads it (`dcat-ap-se.md` section 6, `licences.md` section 5).

use fyr_model::catalogue::Value;
use fyr_model::{CatalogueView, Dataset, Distribution, Finding};

use super::rules::{self, Seen, finding};
use crate::licence::{self, Hvd};

fn marked(legislation: &[Value]) -> bool {
    legislation.iter().any(|value| value.as_str() == rules::hvd_legislation())
}

pub(super) fn dataset(dataset: &Dataset, findings: &mut Vec<Finding>) {
    let focus = dataset.id.as_str();
    let mut report = |id: &str| {
        findings.push(finding(id, Seen { focus, ..Seen::default() }));
    };
    if !marked(&dataset.legislation) {
        if !dataset.hvd_category.is_empty() {
            report("hvd-category-without-legislation");
        }
        return;
    }
    if dataset.hvd_category.is_empty() {
        report("hvd-category-missing");
    }
    if !dataset.series && !dataset.distributions.iter().any(|distribution| marked(&distribution.legislation)) {
        report("hvd-distribution-missing");
    }
    for distribution in dataset
        .distributions
        .iter()
        .filter(|distribution| marked(&distribution.legislation))
    {
        findings.extend(licence_of(dataset, distribution));
    }
}

/// An API must reach the dataset: a service serves it, or one of its distributions names a service.
pub(super) fn api(dataset: &Dataset, view: &CatalogueView, findings: &mut Vec<Finding>) {
    let iri = dataset.id.as_str();
    if dataset.series || !marked(&dataset.legislation) {
        return;
    }
    let served = view
        .services
        .iter()
        .any(|service| service.serves.iter().any(|value| value.as_str() == iri));
    if !served
        && dataset
            .distributions
            .iter()
            .all(|distribution| distribution.access_service.is_empty())
    {
        findings.push(finding(
            "hvd-api-missing",
            Seen {
                focus: iri,
                ..Seen::default()
            },
        ));
    }
}

fn licence_of(dataset: &Dataset, distribution: &Distribution) -> Option<Finding> {
    let verdict = licence::verdict(dataset, distribution);
    let stated = verdict.stated.first().map(Value::as_str);
    let id = match &verdict.licence {
        _ if verdict.found_on == "none" && distribution.rights.is_empty() => "hvd-licence-missing",
        _ if verdict.found_on == "none" => "hvd-rights-only",
        None => "hvd-licence-undecided",
        Some(licence) => match licence::hvd(licence) {
            Hvd::Passes | Hvd::Equivalent => return None,
            Hvd::Undecided => "hvd-licence-undecided",
            Hvd::Fails => "hvd-licence-too-strict",
        },
    };
    Some(finding(
        id,
        Seen {
            focus: &distribution.iri,
            value: stated,
            ..Seen::default()
        },
    ))
}
