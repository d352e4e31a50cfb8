//! What metadata alone tells of a dataset: the evidence of a harvest, before any address was asked or file read.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use fyr_model::mqa::Variant;
use fyr_model::pipeline::CardAnswers;
use fyr_model::readiness::{Evidence, Subject};
use fyr_model::{Catalogue, CatalogueView, Dataset, LicenceVerdict};

use crate::mqa::{Links, score_dataset};
use crate::{licence, profile};

/// The evidence that metadata gives, for a source. What only a fetch, a reading, an audit or the journal can tell is absent and so not
/// measured; `harvests_seen` is 0 until the caller, who has the journal, says otherwise.
pub fn metadata_evidence(view: &CatalogueView, dataset: &Dataset, at: DateTime<Utc>) -> Evidence {
    let licences: BTreeMap<String, LicenceVerdict> = dataset
        .distributions
        .iter()
        .map(|distribution| (distribution.iri.clone(), licence::verdict(dataset, distribution)))
        .collect();
    Evidence {
        subject: Subject::Source,
        dataset: dataset.clone(),
        catalogue: listing(view, dataset),
        distribution: None,
        licences,
        findings: profile::check_dataset(dataset),
        links: BTreeMap::new(),
        resource: None,
        reading: None,
        unreadable: None,
        profile: None,
        quality: None,
        drift: None,
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

/// The catalogue that lists the dataset, without its list of the others: a copy per dataset of that would grow with the square of the catalogue.
fn listing(view: &CatalogueView, dataset: &Dataset) -> Option<Catalogue> {
    let iri = dataset.id.as_str();
    let lists = |catalogue: &&Catalogue| catalogue.datasets.iter().any(|listed| listed == iri);
    let listing = match view.catalogues.as_slice() {
        [] => return None,
        [only] => only,
        [first, ..] => view.catalogues.iter().find(lists).unwrap_or(first),
    };
    Some(Catalogue {
        iri: listing.iri.clone(),
        title: listing.title.clone(),
        description: listing.description.clone(),
        publisher: listing.publisher.clone(),
        licence: listing.licence.clone(),
        issued: listing.issued.clone(),
        modified: listing.modified.clone(),
        language: listing.language.clone(),
        homepage: listing.homepage.clone(),
        spatial: listing.spatial.clone(),
        theme_taxonomy: listing.theme_taxonomy.clone(),
        datasets: vec![iri.to_owned()],
        parts: Vec::new(),
        blank: listing.blank,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_tells_of_licences_and_points_and_leaves_the_rest_unmeasured() {
        let dataset = Dataset::new("https://data.exempelby.example/d");
        let view = CatalogueView {
            catalogues: ["https://a.example/", "https://b.example/"]
                .map(|iri| Catalogue {
                    iri: iri.into(),
                    ..Catalogue::default()
                })
                .into(),
            datasets: vec![dataset.clone()],
            ..CatalogueView::default()
        };
        let mut listed = view.clone();
        listed.catalogues[1].datasets = vec![dataset.id.as_str().into(), "https://data.exempelby.example/annan".into()];
        let evidence = metadata_evidence(&listed, &dataset, DateTime::UNIX_EPOCH);
        let catalogue = evidence.catalogue.unwrap();
        assert_eq!((catalogue.iri.as_str(), catalogue.datasets.len()), ("https://b.example/", 1));
        assert_eq!(
            (evidence.subject, evidence.mqa.len(), evidence.harvests_seen),
            (Subject::Source, 2, 0)
        );
        assert!(evidence.resource.is_none() && evidence.profile.is_none() && !evidence.findings.is_empty());
        let unlisted = metadata_evidence(&view, &dataset, DateTime::UNIX_EPOCH);
        assert_eq!(unlisted.catalogue.unwrap().iri, "https://a.example/");
    }
}
