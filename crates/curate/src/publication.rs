//! From candidate to release: three signatures on exactly this digest, the audit read again, the score with its packaging, then one rename.

use std::path::Path;

use chrono::{DateTime, Utc};
use fyr_graph::Syntax;
use fyr_graph::write::TableQuality;
use fyr_model::catalogue::Value;
use fyr_model::privacy::{Check, Decision, Interest};
use fyr_model::readiness::{Evidence, ProvenanceFacts, Readiness, Subject};
use fyr_model::release::Manifest;
use fyr_model::standing::Departure;
use fyr_model::{PipelineName, Refusal, RefusalKind, Text, Version};
use fyr_publish::{CuratedDataset, Documents, Release};
use serde::{Deserialize, Serialize};

use crate::accumulated::Told;
use crate::candidate::Candidate;
use crate::disk::{disk, json};
use crate::evidence::PUBLIC;
use crate::kept::{Entry, Kept, STATE};
use crate::protect::PARQUET;
use crate::run::{Curate, still_open};
use crate::standing::{RELEASED_READING, guard};

/// What came of publishing one dataset.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PublishRun {
    /// The pipeline.
    pub pipeline: PipelineName,
    /// `published`, `unchanged`, `paused` (it waits for decisions, since it departs from the standing ones), `refused` or `failed`.
    pub outcome: String,
    /// The version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Version>,
    /// The folder, relative to the folder of releases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder: Option<String>,
    /// Rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
    /// The readiness score.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub air: Option<f64>,
    /// Its band.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub band: Option<String>,
    /// The interests whose standing decision it was released on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub standing: Vec<Interest>,
    /// In what it departs from the standing decisions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub departures: Vec<Departure>,
    /// Why not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused_because: Option<Refusal>,
}

impl Curate {
    /// One of the three decisions, on the waiting candidate's digest; none is defaulted, none follows from another.
    ///
    /// # Errors
    /// `candidate-missing`, and `decision-*` when a field that must be filled is empty or not what it should be, or the last day of a decision
    /// that is to stand has passed or lies more than twelve months off.
    pub fn sign(&self, name: &PipelineName, mut decision: Decision) -> Result<Decision, Refusal> {
        let candidate = Candidate::read(&self.data, name)?;
        decision.candidate = candidate.digest;
        filled(name, &decision)?;
        self.bind(name, &candidate, &mut decision)?;
        self.state.add_decision(name, &decision)?;
        Ok(decision)
    }

    /// Publishes the waiting candidate. Never fails: a stop is an outcome with its reason.
    pub fn publish(&self, name: &PipelineName, at: DateTime<Utc>) -> PublishRun {
        let mut run = PublishRun {
            pipeline: name.clone(),
            outcome: "published".into(),
            version: None,
            folder: None,
            rows: None,
            air: None,
            band: None,
            standing: Vec::new(),
            departures: Vec::new(),
            refused_because: None,
        };
        let journal = self.state.begin("publish", name.as_str(), "manual", at);
        match journal.clone().and_then(|_| self.release(name, at)) {
            Ok((release, readiness, new)) => {
                run.outcome = if new { "published" } else { "unchanged" }.into();
                run.version = Some(release.manifest.record.version);
                run.folder = Some(format!("{name}/{}", release.manifest.record.version));
                run.rows = Some(release.manifest.record.rows);
                run.standing = stood_on(&release.manifest).filter(|_| new).collect();
                run.air = readiness.as_ref().map_or(release.manifest.air, |readiness| readiness.air);
                run.band = readiness.and_then(|readiness| readiness.band);
            }
            Err(refusal) => {
                run.outcome = match (refusal.id.as_str(), refusal.kind) {
                    ("standing-departed", _) => "paused",
                    (_, RefusalKind::Forbidden) => "refused",
                    _ => "failed",
                }
                .into();
                if run.outcome == "paused" {
                    run.departures = self.departures(name, at).unwrap_or_default();
                }
                run.refused_because = Some(refusal);
            }
        }
        let ended = journal.and_then(|id| self.state.finish(id, &run.outcome, &json(&run)?, at));
        if let Err(refusal) = ended {
            run.refused_because.get_or_insert(refusal);
        }
        run
    }

    fn release(&self, name: &PipelineName, at: DateTime<Utc>) -> Result<(Release, Option<Readiness>, bool), Refusal> {
        let candidate = match Candidate::read(&self.data, name) {
            Ok(candidate) => candidate,
            Err(refusal) => {
                let former = fyr_publish::latest(&self.published, name)?;
                return former.map(|release| (release, None, false)).ok_or(refusal);
            }
        };
        if let Some(former) = fyr_publish::latest(&self.published, name)?
            && former.manifest.candidate == candidate.digest
        {
            self.remember(&candidate, former.manifest.record.version);
            self.discard(name);
            return Ok((former, None, false));
        }
        still_open(name.as_str(), candidate.record.sandbox.as_ref(), at)?;
        let addresses: Vec<&str> = candidate.record.sources.iter().map(|source| source.address.as_str()).collect();
        self.none_stands_on(name.as_str(), &addresses)?;
        let made = self.decisions_on(name, &candidate.digest)?;
        let decisions = fyr_publish::signed(name, &candidate.decided(at), &made)?;
        let folder = Candidate::folder(&self.data, name);
        // Again, since others may have been released after this candidate was made.
        let told = Told::read(&folder, &candidate.asked)?;
        let found = told.as_ref().map(|told| self.weigh(name, told)).transpose()?.unwrap_or_default();
        let privacy = self.audit(&folder, &candidate.files, &candidate.asked)?;
        let mut documents = self.documents(&candidate, decisions, privacy.clone(), at)?;
        if let Some(terms) = &mut documents.terms {
            terms.guard = guard(&found);
        }
        let packaging = self.rehearse(&folder, &candidate, &documents)?;
        documents.readiness = self.score(&candidate, &documents, packaging, at);
        documents.dqv_ttl = measurements(&candidate, &documents, at);
        // Before the release: what might be public is known even when the process dies in between.
        if let Some(told) = &told {
            self.remember_told(told, found, at)?;
        }
        let curated = CuratedDataset::new(folder, candidate.files.clone(), privacy, candidate.licence.clone())?;
        let release = fyr_publish::release(curated, &documents, &self.published)?;
        self.state.put("release-score", name.as_str(), &json(&documents.readiness)?, at)?;
        if let Some(lock) = &candidate.reading {
            self.state.put(RELEASED_READING, name.as_str(), &json(lock)?, at)?;
        }
        self.remember(&candidate, release.manifest.record.version);
        self.discard(name);
        Ok((release, Some(documents.readiness), true))
    }

    fn documents(
        &self,
        candidate: &Candidate,
        decisions: Vec<Decision>,
        privacy: fyr_model::privacy::PrivacyReport,
        at: DateTime<Utc>,
    ) -> Result<Documents, Refusal> {
        let record = &candidate.record;
        let steps = steps(candidate);
        Ok(Documents {
            record: record.clone(),
            profile: candidate.profile.clone(),
            readiness: fyr_assess::readiness(&candidate.evidence),
            dcat_ttl: fyr_graph::write::entry(record, &candidate.files, Syntax::Turtle)?,
            dqv_ttl: Vec::new(),
            prov_jsonld: fyr_graph::write::prov(record, &steps)?,
            protection: Some(candidate.protection.clone()),
            privacy,
            quality: candidate.quality.clone(),
            card: candidate.card.clone(),
            decisions,
            cleared: candidate.asked.cleared.clone(),
            rules: fyr_assess::packs(),
            candidate: candidate.digest,
            terms: candidate.terms.clone(),
            mqa: fyr_assess::readiness(&candidate.evidence).mqa,
            at,
        })
    }

    /// Writes the whole release into a scratch folder and lets the auditor read it, so that the score knows the packaging before anything is public.
    fn rehearse(&self, folder: &Path, candidate: &Candidate, documents: &Documents) -> Result<Vec<Check>, Refusal> {
        let scratch = tempfile::tempdir_in(&self.data).map_err(|error| disk(&self.data, &error))?;
        let manifest = fyr_publish::rehearse(folder, &candidate.files, documents, scratch.path())?;
        self.package(scratch.path(), &manifest)
    }

    /// The auditor's checks of a finished folder, in a worker.
    pub fn package(&self, folder: &Path, manifest: &Manifest) -> Result<Vec<Check>, Refusal> {
        let dir = tempfile::tempdir().map_err(|error| disk(folder, &error))?;
        let work = fyr_audit::PackageWork {
            dir: folder.to_path_buf(),
            manifest: manifest.clone(),
        };
        tokio::task::block_in_place(|| {
            self.runner
                .run("audit.package", &folder.display().to_string(), &work, dir.path(), &self.worker)
        })
    }

    fn score(&self, candidate: &Candidate, documents: &Documents, packaging: Vec<Check>, at: DateTime<Utc>) -> Readiness {
        let mut evidence = Evidence {
            subject: Subject::Release,
            profile: Some(candidate.profile.clone()),
            packaging: Some(packaging),
            privacy: Some(documents.privacy.clone()),
            decisions: documents.decisions.clone(),
            provenance: Some(ProvenanceFacts {
                source_recorded: true,
                versioned: true,
                steps_recorded: true,
                signed: false,
            }),
            at,
            ..candidate.evidence.clone()
        };
        // The release is scored on what it holds: its own columns, and open to everybody. What was asked of the source's addresses says
        // nothing of its own, which nobody can ask before they are published.
        evidence.links.clear();
        evidence.resource = None;
        if let Some(reading) = &mut evidence.reading {
            reading.columns.clone_from(&candidate.record.columns);
        }
        evidence.dataset.access_rights = vec![Value::Iri(PUBLIC.into())];
        fyr_assess::readiness(&evidence)
    }

    /// Keeps the profile of what was released, so that the next version is compared with it. The release stands without it.
    fn remember(&self, candidate: &Candidate, version: Version) {
        let name = &candidate.record.name;
        let (Some(reading), state) = (&candidate.evidence.reading, Candidate::folder(&self.data, name).join(STATE)) else {
            return;
        };
        let entry = Entry {
            version: Some(version),
            at: candidate.made,
            rows: reading.rows,
            source: reading.source.sha256,
            rules: candidate.quality.rules.clone(),
        };
        if let Err(refusal) = Kept::open(&self.data, name).release(&state, version, entry) {
            tracing::warn!(%name, %version, id = refusal.id, "the profile of a release is not kept");
        }
    }

    fn discard(&self, name: &PipelineName) {
        let folder = Candidate::folder(&self.data, name);
        if let Err(error) = std::fs::remove_dir_all(&folder) {
            tracing::warn!(%name, %error, "could not remove a published candidate");
        }
    }
}

/// The score, and what was counted in the published table, as DQV (H33: the profile as it is published, and of rules only counts).
fn measurements(candidate: &Candidate, documents: &Documents, at: DateTime<Utc>) -> Vec<u8> {
    let record = &documents.record;
    let on = format!("{}/{}/{PARQUET}", record.iri, record.version);
    let table = TableQuality {
        on: &on,
        profile: &documents.profile,
        quality: Some(&documents.quality),
    };
    fyr_graph::write::dqv(&record.iri, &documents.readiness, &candidate.evidence.mqa, Some(&table), at)
}

/// The steps of a release, for PROV: what went in, what came out, by which engine.
fn steps(candidate: &Candidate) -> Vec<fyr_graph::write::Step> {
    let record = &candidate.record;
    let rows_in = candidate.evidence.reading.as_ref().map_or(0, |report| report.rows);
    let step = |id: &str, label: Text, rows_in: u64, rows_out: u64| fyr_graph::write::Step {
        id: id.into(),
        label,
        rows_in,
        rows_out,
    };
    vec![
        step("fetch", Text::new("hämtad", "fetched"), 0, 0),
        step("stage", Text::new("tolkad tabell", "staged table"), 0, rows_in),
        step("protect", Text::new("skyddad", "protected"), rows_in, record.rows),
        step(
            "audit",
            Text::new("granskad fristående", "independently audited"),
            record.rows,
            record.rows,
        ),
    ]
}

/// The interests that a release rests on a standing decision for, made on an earlier candidate.
fn stood_on(manifest: &Manifest) -> impl Iterator<Item = Interest> {
    let earlier = |decision: &&Decision| decision.candidate != manifest.candidate;
    manifest.decisions.iter().filter(earlier).map(|decision| decision.interest)
}

fn filled(name: &PipelineName, decision: &Decision) -> Result<(), Refusal> {
    let fields = [("--by", &decision.by), ("--role", &decision.role), ("--ground", &decision.ground)];
    if let Some((flag, _)) = fields.iter().find(|(_, value)| value.trim().is_empty()) {
        let text = Text::new(format!("{flag} är tom"), format!("{flag} is empty"));
        return Err(Refusal::new("decision-incomplete", RefusalKind::Configuration, name.as_str(), text));
    }
    let digits: Vec<u32> = decision
        .organisation
        .chars()
        .filter(|c| *c != '-')
        .filter_map(|c| c.to_digit(10))
        .collect();
    let luhn = digits
        .iter()
        .enumerate()
        .map(|(place, digit)| {
            if place % 2 == 0 {
                (digit * 2) / 10 + (digit * 2) % 10
            } else {
                *digit
            }
        })
        .sum::<u32>();
    let form = digits.len() == 10 && decision.organisation.len() <= 11 && digits.get(2).is_some_and(|third| *third >= 2);
    if form && luhn % 10 == 0 {
        return Ok(());
    }
    let text = Text::new(
        "--organisation är inget organisationsnummer",
        "--organisation is not an organisation number",
    );
    Err(
        Refusal::new("decision-organisation", RefusalKind::Configuration, name.as_str(), text).hint(Text::new(
            "tio siffror, som 202100-0000, med rätt kontrollsiffra",
            "ten digits, as 202100-0000, with a valid check digit",
        )),
    )
}
