//! What is said of a release: the record, made from the dataset's metadata, the fetched file and the protected table.

use chrono::{DateTime, Utc};
use fyr_model::catalogue::Value;
use fyr_model::release::{ReleaseRecord, ReleaseSource};
use fyr_model::resource::Resource;
use fyr_model::{Licence, Text, Version};

use crate::protect::ProtectedTable;
use crate::run::{Curate, Walk};

/// A release is open to everybody, whatever its source was.
pub(crate) const PUBLIC: &str = "http://publications.europa.eu/resource/authority/access-right/PUBLIC";

/// The record of a release, version and change note still to be decided.
pub(crate) fn record(
    curate: &Curate,
    walk: &Walk<'_>,
    resource: &Resource,
    licence: &Licence,
    protected: &ProtectedTable,
    harvested_at: Option<DateTime<Utc>>,
) -> ReleaseRecord {
    let Walk {
        pipeline,
        dataset,
        distribution,
        at,
        ..
    } = *walk;
    let publisher = dataset.publisher.first().cloned().unwrap_or_default();
    let source = ReleaseSource {
        dataset: dataset.id.clone(),
        distribution: distribution.iri.clone(),
        address: resource.url.clone(),
        fetched_at: resource.fetched_at,
        sha256: resource.sha256,
        bytes: resource.bytes,
        title: dataset.title.clone(),
        publisher: publisher.name.clone(),
        licence: licence.clone(),
        harvested_at,
        crs: protected.source_crs.clone(),
    };
    ReleaseRecord {
        name: pipeline.name.clone(),
        version: Version::FIRST,
        iri: format!("{}/datasets/{}", curate.base, pipeline.name),
        base: curate.base.clone(),
        title: dataset.title.clone(),
        description: dataset.description.clone(),
        keyword: dataset.keyword.clone(),
        theme: iris(&dataset.theme),
        publisher,
        operator: curate.operator.clone(),
        contact: dataset.contact.iter().filter(|contact| !contact.individual).cloned().collect(),
        spatial: dataset.spatial.clone(),
        temporal: dataset.temporal.clone(),
        language: iris(&dataset.language),
        access_rights: Some(PUBLIC.into()),
        frequency: iris(&dataset.frequency).into_iter().next(),
        conforms_to: iris(&dataset.conforms_to),
        legislation: iris(&dataset.legislation),
        hvd_category: iris(&dataset.hvd_category),
        source_issued: dataset.issued.clone(),
        licence: licence.clone(),
        sources: vec![source],
        columns: protected.columns.clone(),
        rows: protected.rows,
        created: at,
        first_created: at,
        protection: pipeline
            .policy
            .model
            .as_ref()
            .filter(|_| protected.is_protected())
            .map(|model| match model.k {
                0 => protected.facts.models.join(", "),
                k => format!("k-anonymity, k = {k}"),
            }),
        change_note: Text::default(),
        previous: None,
        sandbox: pipeline.file.sandbox.clone(),
    }
}

fn iris(values: &[Value]) -> Vec<String> {
    values.iter().filter_map(Value::iri).map(str::to_owned).collect()
}

/// Whether two records say the same of the data, whatever their version and times.
pub(crate) fn same_description(old: &ReleaseRecord, new: &ReleaseRecord) -> bool {
    let plain = |record: &ReleaseRecord| {
        let mut record = record.clone();
        record.version = Version::FIRST;
        record.previous = None;
        record.change_note = Text::default();
        record.created = DateTime::UNIX_EPOCH;
        record.first_created = DateTime::UNIX_EPOCH;
        for source in &mut record.sources {
            source.fetched_at = DateTime::UNIX_EPOCH;
            source.harvested_at = None;
        }
        record
    };
    plain(old) == plain(new)
}
