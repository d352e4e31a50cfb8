//! The drafted record of a data file: one dataset and one distribution, without a catalogue and without anything that was not measured.

use fyr_model::describe::DraftRecord;
use fyr_model::{Refusal, Text};

use super::draft::{Draft, node};
use super::serialise::serialise;
use crate::syntax::Syntax;
use crate::vocab as v;

const MEDIA_TYPES: &str = "https://www.iana.org/assignments/media-types/";
const CHECKSUM_CLASS: &str = "http://spdx.org/rdf/terms#Checksum";
const SHA1: &str = "http://spdx.org/rdf/terms#checksumAlgorithm_sha1";

/// The record in a syntax.
///
/// # Errors
/// `bad-iri` when the record's own names are not IRIs.
pub fn record(record: &DraftRecord, syntax: Syntax) -> Result<Vec<u8>, Refusal> {
    let mut draft = Draft::default();
    let me = node(&record.iri)?;
    draft.class(&me, v::DATASET_CLASS);
    draft.plain(&me, v::TITLE, record.title.as_deref().unwrap_or_default());
    draft.both(&me, v::DESCRIPTION, &record.description);
    draft.texts(&me, v::KEYWORD, &record.keyword, "und", false);
    draft.iris(&me, v::CONFORMS_TO, record.conforms_to.as_deref());
    let period = record.period.as_ref().map(|period| (draft.blank(), period));
    if let Some((node, _)) = &period {
        draft.add(&me, v::TEMPORAL, node.clone());
    }
    let place = record.bounds.map(|bounds| (draft.blank(), bounds));
    if let Some((node, _)) = &place {
        draft.add(&me, v::SPATIAL, node.clone());
    }
    draft.iri(&me, v::DISTRIBUTION, &record.distribution);
    if let Some((node, period)) = period {
        draft.class(&node, v::PERIOD);
        for (property, day) in [(v::START_DATE, &period.start), (v::END_DATE, &period.end)] {
            if let Some(day) = day {
                draft.date(&node, property, day);
            }
        }
    }
    if let Some((node, [west, south, east, north])) = place {
        let wkt = format!("POLYGON(({west} {south},{east} {south},{east} {north},{west} {north},{west} {south}))");
        draft.class(&node, v::LOCATION);
        draft.typed(&node, v::BBOX, wkt, v::WKT);
    }
    file(&mut draft, record)?;
    Ok(serialise(&draft.triples, syntax))
}

fn file(draft: &mut Draft, record: &DraftRecord) -> Result<(), Refusal> {
    let me = node(&record.distribution)?;
    draft.class(&me, v::DISTRIBUTION_CLASS);
    draft.both(&me, v::TITLE, &Text::new("Datafil", "Data file"));
    draft.both(&me, v::DESCRIPTION, &record.file);
    for property in [v::ACCESS_URL, v::DOWNLOAD_URL] {
        draft.iris(&me, property, record.address.as_deref());
    }
    draft.plain(&me, v::FORMAT, &record.format);
    if let Some(media_type) = &record.media_type {
        draft.iri(&me, v::MEDIA_TYPE, &format!("{MEDIA_TYPES}{media_type}"));
    }
    draft.typed(&me, v::BYTE_SIZE, record.bytes.to_string(), v::XSD_NON_NEGATIVE);
    let checksum = draft.blank();
    draft.add(&me, v::CHECKSUM, checksum.clone());
    draft.class(&checksum, CHECKSUM_CLASS);
    draft.iri(&checksum, v::CHECKSUM_ALGORITHM, SHA1);
    draft.plain(&checksum, v::CHECKSUM_VALUE, &record.sha1);
    Ok(())
}
