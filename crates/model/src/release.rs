//! A release: its files, its manifest and what it says of its making (`publishing.md`).

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::catalogue::{Agent, Contact, Location, Period};
use crate::ids::{DatasetId, PipelineName, Sha256, Version};
use crate::licence::Licence;
use crate::privacy::{Clearance, Decision};
use crate::table::Column;
use crate::text::{LangStrings, Text};

/// One file of a release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleaseFile {
    /// Its path inside the release, with `/`.
    pub path: String,
    /// Bytes.
    pub bytes: u64,
    /// Digest.
    pub sha256: Sha256,
    /// IANA media type.
    pub media_type: String,
    /// Rows, for a table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
}

/// A source that a release was made from; also its entry in `attribution.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleaseSource {
    /// The publisher's dataset.
    pub dataset: DatasetId,
    /// The distribution's IRI.
    pub distribution: String,
    /// The address fetched.
    pub address: String,
    /// When.
    pub fetched_at: DateTime<Utc>,
    /// The digest of the bytes.
    pub sha256: Sha256,
    /// Bytes.
    pub bytes: u64,
    /// The dataset's title.
    pub title: LangStrings,
    /// Who published it.
    pub publisher: LangStrings,
    /// Under what licence.
    pub licence: Licence,
    /// When its catalogue was harvested.
    pub harvested_at: Option<DateTime<Utc>>,
    /// The reference system that its coordinates stood in, as authority and code: `EPSG:3006`. Those of the release are in OGC:CRS84.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crs: Option<String>,
}

impl ReleaseSource {
    /// The IRI of its reference system. Source: OGC Name Type Specification for coordinate reference systems (09-048r5).
    pub fn crs_iri(&self) -> Option<String> {
        let (authority, code) = self.crs.as_deref()?.split_once(':')?;
        let version = if authority == "OGC" { "1.3" } else { "0" };
        Some(format!("http://www.opengis.net/def/crs/{authority}/{version}/{code}"))
    }
}

/// What is published with a dataset besides its rows: the input of every document we write about it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReleaseRecord {
    /// The pipeline: folder and address.
    pub name: PipelineName,
    /// The version.
    pub version: Version,
    /// Our own dataset IRI, `<base>/datasets/<name>`.
    pub iri: String,
    /// The public base address of the portal, without a slash at the end.
    pub base: String,
    /// Title.
    pub title: LangStrings,
    /// Description.
    pub description: LangStrings,
    /// Keywords.
    pub keyword: LangStrings,
    /// Theme IRIs.
    pub theme: Vec<String>,
    /// Who publishes the source.
    pub publisher: Agent,
    /// Who publishes the release: the operator of this installation.
    pub operator: Agent,
    /// Contact of the source, organisations only.
    pub contact: Vec<Contact>,
    /// Places.
    pub spatial: Vec<Location>,
    /// Time.
    pub temporal: Vec<Period>,
    /// Language IRIs of the data.
    pub language: Vec<String>,
    /// `dcterms:accessRights`.
    pub access_rights: Option<String>,
    /// `dcterms:accrualPeriodicity`.
    pub frequency: Option<String>,
    /// `dcterms:conformsTo`.
    pub conforms_to: Vec<String>,
    /// `dcatap:applicableLegislation`.
    pub legislation: Vec<String>,
    /// `dcatap:hvdCategory`.
    pub hvd_category: Vec<String>,
    /// The source's `dcterms:issued`.
    pub source_issued: Option<String>,
    /// The licence of the release, from the licence algebra.
    pub licence: Licence,
    /// What it was made from.
    pub sources: Vec<ReleaseSource>,
    /// The columns as published.
    pub columns: Vec<Column>,
    /// Rows.
    pub rows: u64,
    /// When it was made.
    pub created: DateTime<Utc>,
    /// When the first version was made.
    pub first_created: DateTime<Utc>,
    /// How it was protected, in words: `k-anonymity, k = 10` or none when the rows are unchanged.
    pub protection: Option<String>,
    /// What changed since the former version.
    pub change_note: Text,
    /// The former version.
    pub previous: Option<Version>,
    /// Where it is an experiment: what for, and until when it is served.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sandbox: Option<Sandbox>,
}

impl ReleaseRecord {
    /// The sandbox that it was released in, when its last day has passed: nobody is served it any more.
    pub fn ended(&self, at: DateTime<Utc>) -> Option<&Sandbox> {
        self.sandbox.as_ref().filter(|sandbox| at.date_naive() > sandbox.until)
    }
}

/// A release for an experiment (`sandbox` of a pipeline).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sandbox {
    /// What it is for: one text, or one in each language.
    #[serde(deserialize_with = "purpose")]
    pub purpose: Text,
    /// The last day that it is served, in UTC: a date of TOML, or its text.
    #[serde(deserialize_with = "crate::privacy::day")]
    pub until: NaiveDate,
}

fn purpose<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Text, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        One(String),
        Both(Text),
    }
    let text = match Written::deserialize(from)? {
        Written::One(text) => Text::new(text.clone(), text),
        Written::Both(text) => text,
    };
    match text.sv.trim().is_empty() || text.en.trim().is_empty() {
        true => Err(serde::de::Error::custom("the purpose of a sandbox is empty")),
        false => Ok(text),
    }
}

/// `manifest.json`, written last: what makes a folder a release.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// `fyr/manifest/1`.
    pub schema: String,
    /// The program's version.
    pub fyr: String,
    /// Everything that is said about the release.
    pub record: ReleaseRecord,
    /// Every file but the manifest itself, by path.
    pub files: Vec<ReleaseFile>,
    /// The digest of the former version's manifest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_manifest: Option<Sha256>,
    /// The digest of the candidate that was signed.
    pub candidate: Sha256,
    /// The three decisions.
    pub decisions: Vec<Decision>,
    /// Findings judged by a person.
    pub cleared: BTreeMap<String, Clearance>,
    /// Rule packs by id and version, with digests.
    pub rules: Vec<crate::envelope::RulePack>,
    /// The k that was asked for, where there is one.
    pub k: Option<u64>,
    /// The readiness score at publication.
    pub air: Option<f64>,
    /// Metadata scores at publication: `eu`, `se`.
    pub mqa: BTreeMap<String, u32>,
}

/// A release that was taken back: the address answers 410 with the reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withdrawal {
    /// The dataset.
    pub name: PipelineName,
    /// The versions.
    pub versions: Vec<Version>,
    /// Why.
    pub reason: String,
    /// When.
    pub at: DateTime<Utc>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sandbox_says_what_it_is_for_and_when_it_ends() {
        let read = |text: &str| toml::from_str::<Sandbox>(text);
        let one = read("purpose = 'prova'\nuntil = 2027-01-31").unwrap();
        assert_eq!(one.purpose.en, "prova");
        let both = read("purpose = { sv = 'prova', en = 'try' }\nuntil = '2027-01-31'").unwrap();
        assert_eq!((both.purpose.en.as_str(), both.until), ("try", one.until));
        assert_eq!(
            serde_json::from_str::<Sandbox>(&serde_json::to_string(&both).unwrap()).unwrap(),
            both
        );
        for wrong in ["purpose = ' '\nuntil = 2027-01-31", "purpose = 'prova'", "until = 2027-01-31"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
