//! What metadata alone tells of a dataset: the evidence of a harvest, before any address was asked or file read.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use fyr_model::mqa::Variant;
use fyr_model::pipeline::CardAnswers;
use fyr_model::readiness::{Evidence, Subject};
use fyr_model::{CatalogueView, Dataset, LicenceVerdict};

use crate::mqa::{Links, score_dataset};
use crate::{licence, profile};

/// The evidence that metadata gives, for a source. What only a fetch, a reading, an audit or the journal can tell is absent and so not
/// measured; `harvests_seen` is 0 until the caller, who has the journal, says otherwise.
pub fn metadata_evidence(view: &CatalogueView, dataset: &Dataset, at: DateTime<Utc>) -> Evidence {
    let iri = dataset.id.as_str();
    let listing = view
        .catalogues
        .iter()
        .find(|catalogue| catalogue.datasets.iter().any(|listed| listed == iri));
    let licences: BTreeMap<String, LicenceVerdict> = dataset
        .distributions
        .iter()
        .map(|distribution| (distribution.iri.clone(), licence::verdict(dataset, distribution)))
        .collect();
    Evidence {
        subject: Subject::Source,
        dataset: dataset.clone(),
        catalogue: listing.or_else(|| view.catalogues.first()).cloned(),
        distribution: None,
        licences,
        findings: profile::check_dataset(dataset),
        links: BTreeMap::new(),
        resource: None,
        reading: None,
        unreadable: None,
        profile: None,
        quality: None,
        detections: None,
        protection: None,
        privacy: None,
        decisions: Vec::new(),
        packaging: None,
        card: CardAnswers::default(),
        update_plan: false,
        provenance: None,
        harvests_seen: 0,
        at,
        mqa: vec![
            score_dataset(dataset, Variant::Eu, &Links::None),
            score_dataset(dataset, Variant::Se, &Links::None),
        ],
    }
}
