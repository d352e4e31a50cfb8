//! Everything that is known of a release besides its rows, and the files that say it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use fyr_model::pipeline::CardAnswers;
use fyr_model::privacy::{Clearance, Decision, PrivacyReport, ProtectionFacts};
use fyr_model::quality::{QualityReport, RuleResult, SkippedRule};
use fyr_model::readiness::Readiness;
use fyr_model::release::{ReleaseFile, ReleaseRecord, ReleaseSource, Sandbox};
use fyr_model::table::TableProfile;
use fyr_model::{Envelope, Refusal, RefusalKind, RulePack, Sha256, Text};
use serde::{Deserialize, Serialize};

use crate::attribution::{attribution, changelog};
use crate::card::card;
use crate::croissant::{Addresses, croissant};
use crate::datapackage::datapackage;

/// The input of every document of a release.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Documents {
    /// What is said of the release.
    pub record: ReleaseRecord,
    /// The profile, as it may be published (H33).
    pub profile: TableProfile,
    /// The score at publication.
    pub readiness: Readiness,
    /// Our DCAT-AP-SE entry, Turtle.
    pub dcat_ttl: Vec<u8>,
    /// The score as DQV, Turtle.
    pub dqv_ttl: Vec<u8>,
    /// The steps as PROV, JSON-LD.
    pub prov_jsonld: Vec<u8>,
    /// What was done to protect persons.
    pub protection: Option<ProtectionFacts>,
    /// What the independent audit measured on the written files.
    pub privacy: PrivacyReport,
    /// Results of the quality rules.
    pub quality: QualityReport,
    /// The card's answers.
    pub card: CardAnswers,
    /// Signed decisions.
    pub decisions: Vec<Decision>,
    /// Findings judged by a person.
    pub cleared: BTreeMap<String, Clearance>,
    /// Rule packs used.
    pub rules: Vec<RulePack>,
    /// The digest that was signed.
    pub candidate: Sha256,
    /// What the candidate is, for decisions that stand.
    #[serde(default)]
    pub terms: Option<fyr_model::standing::Terms>,
    /// Metadata scores: `eu`, `se`.
    pub mqa: BTreeMap<String, u32>,
    /// When the release is made.
    pub at: DateTime<Utc>,
}

/// The protection of a release and the audit of it, as `privacy.json` says it (P5).
#[derive(Debug, Serialize)]
struct Protection<'a> {
    protection: &'a Option<ProtectionFacts>,
    audit: PrivacyReport,
}

/// What is published of the quality rules. The envelope's `rules` are rule packs, so the results have a name of their own.
#[derive(Serialize)]
struct Quality<'a> {
    results: Vec<RuleResult>,
    skipped: &'a [SkippedRule],
}

/// The evidence pack of an experiment, `evidence.json`: everything that the release rests on, in one file.
#[derive(Serialize)]
struct Pack<'a> {
    sandbox: &'a Sandbox,
    dataset: &'a str,
    version: fyr_model::Version,
    candidate: Sha256,
    decisions: Vec<Decision>,
    cleared: &'a BTreeMap<String, Clearance>,
    #[serde(flatten)]
    privacy: &'a Protection<'a>,
    quality: &'a Quality<'a>,
    licence: &'a fyr_model::Licence,
    sources: &'a [ReleaseSource],
    air: Option<f64>,
    files: &'a [ReleaseFile],
}

impl<'a> Pack<'a> {
    fn of(
        sandbox: &'a Sandbox,
        documents: &'a Documents,
        (privacy, quality): (&'a Protection<'a>, &'a Quality<'a>),
        files: &'a [ReleaseFile],
    ) -> Self {
        let record = &documents.record;
        Self {
            sandbox,
            dataset: &record.iri,
            version: record.version,
            candidate: documents.candidate,
            decisions: documents.decisions.iter().map(Decision::as_published).collect(),
            cleared: &documents.cleared,
            privacy,
            quality,
            licence: &record.licence,
            sources: &record.sources,
            air: documents.readiness.air,
            files,
        }
    }
}

/// The documents of a release with their names, in order; `former_changelog` is the former version's `CHANGELOG.md`. What is published of rules and
/// detectors carries counts, not row numbers: those are places in the source's order of rows, which is never published.
///
/// # Errors
/// `publish-failed` when a document cannot be written as JSON.
pub fn documents(documents: &Documents, files: &[ReleaseFile], former_changelog: Option<&str>) -> Result<Vec<(String, Vec<u8>)>, Refusal> {
    let mut audit = documents.privacy.clone();
    audit.detections.iter_mut().for_each(|found| found.rows.clear());
    let mut results = documents.quality.rules.clone();
    results.iter_mut().for_each(|rule| {
        rule.rows.clear();
        rule.row_ranges.clear();
        rule.rows_sha256 = None;
        rule.change = None;
    });
    let quality = Quality {
        results,
        skipped: &documents.quality.skipped,
    };
    let protection = Protection {
        protection: &documents.protection,
        audit,
    };
    let envelope = |schema: &str| format!("fyr/{schema}/1");
    let mut made = vec![
        (
            "CHANGELOG.md".to_owned(),
            changelog(&documents.record, former_changelog).into_bytes(),
        ),
        ("README.md".to_owned(), card(documents, files).into_bytes()),
        ("attribution.json".to_owned(), pretty(&attribution(documents))?),
        (
            "croissant.json".to_owned(),
            pretty(&croissant(documents, files, Addresses::Relative))?,
        ),
        (
            "croissant.remote.json".to_owned(),
            pretty(&croissant(documents, files, Addresses::Absolute))?,
        ),
        ("datapackage.json".to_owned(), pretty(&datapackage(documents, files))?),
        ("dcat.ttl".to_owned(), documents.dcat_ttl.clone()),
        ("dqv.ttl".to_owned(), documents.dqv_ttl.clone()),
        (
            "privacy.json".to_owned(),
            pretty(&enveloped(envelope("privacy"), documents, &protection))?,
        ),
        (
            "profile.json".to_owned(),
            pretty(&enveloped(envelope("profile"), documents, &documents.profile))?,
        ),
        ("prov.jsonld".to_owned(), documents.prov_jsonld.clone()),
        (
            "quality.json".to_owned(),
            pretty(&enveloped(envelope("quality"), documents, &quality))?,
        ),
        (
            "readiness.json".to_owned(),
            pretty(&enveloped(envelope("readiness"), documents, &documents.readiness))?,
        ),
    ];
    if let Some(sandbox) = &documents.record.sandbox {
        let pack = Pack::of(sandbox, documents, (&protection, &quality), files);
        made.push((
            "evidence.json".to_owned(),
            pretty(&enveloped(envelope("evidence"), documents, &pack))?,
        ));
    }
    made.sort();
    Ok(made)
}

/// The IANA media type of a document by its name.
pub(crate) fn media_type(name: &str) -> &'static str {
    match name {
        "croissant.json" | "croissant.remote.json" => "application/ld+json",
        _ => match name.rsplit('.').next().unwrap_or_default() {
            "md" => "text/markdown",
            "ttl" => "text/turtle",
            "jsonld" => "application/ld+json",
            "csv" => "text/csv",
            "parquet" => "application/vnd.apache.parquet",
            _ => "application/json",
        },
    }
}

fn enveloped<T>(schema: String, documents: &Documents, body: T) -> Envelope<T> {
    Envelope::new(schema, documents.at, body)
        .rules(documents.rules.clone())
        .input(documents.record.iri.clone(), None)
}

fn pretty<T: Serialize>(value: &T) -> Result<Vec<u8>, Refusal> {
    let mut bytes = serde_json::to_vec_pretty(value).map_err(|error| {
        let text = Text::new(
            format!("ett dokument gick inte att skriva: {error}"),
            format!("a document could not be written: {error}"),
        );
        Refusal::new("publish-failed", RefusalKind::Internal, "document", text)
    })?;
    bytes.push(b'\n');
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[test]
    fn a_release_says_everything_twice_the_same_way() {
        let dir = tempfile::tempdir().unwrap();
        let files = testing::files(dir.path());
        let input = testing::documents(&files, "1.0.0");
        let made = documents(&input, &files, None).unwrap();
        assert_eq!(made, documents(&input, &files, None).unwrap());
        let names: Vec<&str> = made.iter().map(|(name, _)| name.as_str()).collect();
        for name in [
            "CHANGELOG.md",
            "README.md",
            "attribution.json",
            "croissant.json",
            "datapackage.json",
            "dcat.ttl",
            "dqv.ttl",
            "profile.json",
            "prov.jsonld",
        ] {
            assert!(names.contains(&name), "{name} of publishing.md section 1");
        }
    }

    #[test]
    fn an_experiment_has_its_evidence_in_one_file() {
        let dir = tempfile::tempdir().unwrap();
        let files = testing::files(dir.path());
        let mut input = testing::documents(&files, "1.0.0");
        input.record.sandbox = Some(Sandbox {
            purpose: Text::new("prova", "try"),
            until: "2027-01-31".parse().unwrap(),
        });
        let made: BTreeMap<_, _> = documents(&input, &files, None).unwrap().into_iter().collect();
        let pack: serde_json::Value = serde_json::from_slice(&made["evidence.json"]).unwrap();
        assert_eq!(
            (&pack["schema"], &pack["sandbox"]["purpose"]["en"]),
            (&"fyr/evidence/1".into(), &"try".into())
        );
        assert_eq!(pack["decisions"].as_array().unwrap().len(), 3);
        for part in ["audit", "quality", "licence", "sources", "files", "candidate"] {
            assert!(!pack[part].is_null(), "{part}");
        }
    }

    #[test]
    fn h33_row_numbers_of_the_source_are_not_published() {
        let dir = tempfile::tempdir().unwrap();
        let files = testing::files(dir.path());
        let mut input = testing::documents(&files, "1.0.0");
        input.record.sandbox = Some(Sandbox {
            purpose: Text::new("prova", "try"),
            until: "2027-01-31".parse().unwrap(),
        });
        assert!(
            input.quality.rules.iter().any(|rule| !rule.rows.is_empty()),
            "the control has row numbers"
        );
        input.privacy.detections = vec![testing::detection()];
        for (name, bytes) in documents(&input, &files, None).unwrap() {
            let text = String::from_utf8(bytes).unwrap();
            assert!(!text.contains("424242"), "{name}");
        }
    }

    #[test]
    fn the_profile_reads_back_from_its_file() {
        let dir = tempfile::tempdir().unwrap();
        let files = testing::files(dir.path());
        let input = testing::documents(&files, "1.0.0");
        let made: BTreeMap<_, _> = documents(&input, &files, None).unwrap().into_iter().collect();
        assert_eq!(
            serde_json::from_slice::<TableProfile>(&made["profile.json"]).unwrap(),
            input.profile
        );
        let head: serde_json::Value = serde_json::from_slice(&made["profile.json"]).unwrap();
        assert_eq!(head["schema"], "fyr/profile/1");
    }
}
