//! The lineage of a release as PROV-O: sources, steps in order, files of the release, and who answers for it (`publishing.md` section 8).

use chrono::SecondsFormat;
use fyr_model::release::ReleaseRecord;
use fyr_model::{Refusal, Text};
use serde::{Deserialize, Serialize};

use super::draft::{Draft, Node, node};
use super::serialise::serialise;
use crate::syntax::Syntax;
use crate::vocab as v;

const ENTITY: &str = "http://www.w3.org/ns/prov#Entity";
const ACTIVITY: &str = "http://www.w3.org/ns/prov#Activity";
const AGENT: &str = "http://www.w3.org/ns/prov#Agent";
const USED: &str = "http://www.w3.org/ns/prov#used";
const GENERATED_BY: &str = "http://www.w3.org/ns/prov#wasGeneratedBy";
const DERIVED_FROM: &str = "http://www.w3.org/ns/prov#wasDerivedFrom";
const REVISION_OF: &str = "http://www.w3.org/ns/prov#wasRevisionOf";
const ASSOCIATED_WITH: &str = "http://www.w3.org/ns/prov#wasAssociatedWith";
const ATTRIBUTED_TO: &str = "http://www.w3.org/ns/prov#wasAttributedTo";
const INFORMED_BY: &str = "http://www.w3.org/ns/prov#wasInformedBy";
const GENERATED_AT: &str = "http://www.w3.org/ns/prov#generatedAtTime";
const LOCATION: &str = "http://www.w3.org/ns/prov#atLocation";
const ROWS_IN: &str = "urn:fyr:vocab#rowsIn";
const ROWS_OUT: &str = "urn:fyr:vocab#rowsOut";
const SHA256: &str = "urn:fyr:vocab#sha256";
const SOFTWARE: &str = "urn:fyr:vocab#softwareVersion";

/// One step on the way from source to release, in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// A short name, unique in its release: `fetch`, `stage`, `protect`, `audit`.
    pub id: String,
    /// What it did, for people.
    pub label: Text,
    /// Rows that went in; 0 where there are none.
    pub rows_in: u64,
    /// Rows that came out.
    pub rows_out: u64,
}

/// The lineage of a release as PROV-O in JSON-LD.
///
/// # Errors
/// `bad-iri` when the record's own addresses are not absolute IRIs.
pub fn prov(record: &ReleaseRecord, steps: &[Step]) -> Result<Vec<u8>, Refusal> {
    let mut draft = Draft::default();
    let version = format!("{}/{}", record.iri, record.version);
    let me = node(&version)?;
    let activities: Vec<Node> = steps
        .iter()
        .map(|step| node(&format!("{version}#step-{}", step.id)))
        .collect::<Result<_, _>>()?;
    let sources: Vec<Node> = (1..=record.sources.len())
        .map(|number| node(&format!("{version}#source-{number}")))
        .collect::<Result<_, _>>()?;
    release(&mut draft, record, &me, activities.last(), &sources)?;
    for (step, (at, activity)) in steps.iter().zip(activities.iter().enumerate()) {
        draft.class(activity, ACTIVITY);
        draft.both(activity, v::LABEL, &step.label);
        if at == 0 {
            sources.iter().for_each(|source| draft.add(activity, USED, source.clone()));
        } else if let Some(before) = activities.get(at - 1) {
            draft.add(activity, INFORMED_BY, before.clone());
        }
        draft.typed(activity, ROWS_IN, step.rows_in.to_string(), v::XSD_NON_NEGATIVE);
        draft.typed(activity, ROWS_OUT, step.rows_out.to_string(), v::XSD_NON_NEGATIVE);
        draft.plain(activity, SOFTWARE, concat!("fyr ", env!("CARGO_PKG_VERSION")));
        draft.iri(activity, ASSOCIATED_WITH, &record.operator.iri);
    }
    for (source, told) in sources.iter().zip(&record.sources) {
        draft.class(source, ENTITY);
        draft.texts(source, v::TITLE, &told.title, "und", true);
        draft.iri(source, v::SOURCE, told.dataset.as_str());
        draft.iri(source, LOCATION, &told.address);
        draft.plain(source, SHA256, &told.sha256.to_string());
        draft.typed(source, v::BYTE_SIZE, told.bytes.to_string(), v::XSD_NON_NEGATIVE);
        draft.typed(
            source,
            GENERATED_AT,
            told.fetched_at.to_rfc3339_opts(SecondsFormat::Secs, true),
            v::XSD_DATE_TIME,
        );
        draft.iri(source, v::LICENSE, &told.licence.iri);
        draft.iris(source, v::CONFORMS_TO, told.crs_iri().as_deref());
    }
    let operator = node(&record.operator.iri)?;
    draft.class(&operator, AGENT);
    draft.texts(&operator, v::NAME, &record.operator.name, "und", true);
    Ok(serialise(&draft.triples, Syntax::JsonLd))
}

fn release(draft: &mut Draft, record: &ReleaseRecord, me: &Node, last: Option<&Node>, sources: &[Node]) -> Result<(), Refusal> {
    draft.class(me, ENTITY);
    draft.texts(me, v::TITLE, &record.title, "und", true);
    draft.plain(me, v::VERSION, &record.version.to_string());
    draft.typed(
        me,
        GENERATED_AT,
        record.created.to_rfc3339_opts(SecondsFormat::Secs, true),
        v::XSD_DATE_TIME,
    );
    draft.typed(me, ROWS_OUT, record.rows.to_string(), v::XSD_NON_NEGATIVE);
    draft.iri(me, ATTRIBUTED_TO, &record.operator.iri);
    if let Some(last) = last {
        draft.add(me, GENERATED_BY, last.clone());
    }
    for source in sources {
        draft.add(me, DERIVED_FROM, source.clone());
    }
    if let Some(previous) = record.previous {
        draft.iri(me, REVISION_OF, &format!("{}/{previous}", record.iri));
    }
    Ok(())
}
