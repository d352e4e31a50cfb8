//! From a measured table to a candidate: protected, versioned, written, audited, and put in its place.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::{DateTime, Utc};
use fyr_audit::{Asked, Bounds};
use fyr_model::privacy::{PrivacyReport, Role};
use fyr_model::readiness::Evidence;
use fyr_model::release::{ReleaseFile, ReleaseRecord};
use fyr_model::table::{Column, TableProfile};
use fyr_model::{Licence, LicenceVerdict, Refusal, RefusalKind, Text, Version};
use fyr_privacy::accumulation::Found;
use fyr_privacy::{Effort, Planner, ProtectionPlan};
use fyr_publish::{Change, Release};
use fyr_table::StagedTable;

use crate::accumulated::Told;
use crate::acting::{Acted, Acting, act_on, tell};
use crate::candidate::Candidate;
use crate::changes::drift_note;
use crate::disk::{clean, disk, fresh_folder, place};
use crate::exposure::for_publication;
use crate::facts::{CurateFile, CurateOutcome, CurateRun};
use crate::kept::STATE;
use crate::pipeline::Pipeline;
use crate::protect::{Label, PARQUET, ProtectedTable};
use crate::reading;
use crate::run::{Curate, Measured, Walk, licence_refused};
use crate::standing::{Seen, terms};

/// A recoded table, what it tells beside earlier releases, and what the policy promises of its sensitive columns.
struct Protected {
    table: ProtectedTable,
    told: Option<Told>,
    bounds: BTreeMap<String, Bounds>,
}

impl Curate {
    /// Makes the candidate of a table that may be released, or says that the latest release holds exactly this.
    pub(crate) async fn make_candidate(
        &self,
        walk: &Walk<'_>,
        measured: Measured,
        run: &mut CurateRun,
        evidence: &mut Evidence,
    ) -> Result<CurateOutcome, Refusal> {
        let Walk { pipeline: written, at, .. } = *walk;
        let pipeline = written;
        let Measured {
            resource,
            table,
            detections,
            licence,
            harvested_at,
            lock,
        } = measured;
        let work = self.data.join("staged").join(pipeline.name.as_str());
        let Acted { table, policy, done } = self.acted(walk, table, &work).await?;
        // From here on the policy is the one that holds for what the actions made.
        let pipeline = &Pipeline {
            policy,
            ..pipeline.clone()
        };
        let walk = &Walk { pipeline, ..*walk };
        let Protected {
            table: mut protected,
            told,
            bounds,
        } = self.protect(pipeline, table, &work, run)?;
        tell(&mut protected.facts.columns, &done);
        run.privacy.protection = Some(protected.facts.clone());
        let former = fyr_publish::latest(&self.published, &pipeline.name)?;
        let released_under = self.derived(pipeline, &licence)?;
        let mut record = crate::evidence::record(self, walk, &resource, &released_under, &protected, harvested_at);
        let Some((version, note)) = self.version(former.as_ref(), &protected, &record).await? else {
            run.version = former.map(|release| release.manifest.record.version);
            if !walk.dry_run {
                reading::write(&pipeline.lock_path, &lock, pipeline.lock.as_ref())?;
                self.outdated(&pipeline.name)?;
            }
            return Ok(CurateOutcome::Unchanged);
        };
        let asked = asked(pipeline, &protected, bounds, at);
        let exposure = for_publication(&protected, &detections, &asked);
        let told = told.map(|told| told.of_version(version));
        let found = self.weighed(pipeline, told.as_ref())?;
        record.version = version;
        record.change_note = drift_note(note, run.drift.as_ref(), &exposure);
        record.previous = former.as_ref().map(|release| release.manifest.record.version);
        record.first_created = former.as_ref().map_or(at, |release| release.manifest.record.first_created);
        let making = work.join("candidate");
        let files = self.write(pipeline, &protected, &record, &making).await?;
        let privacy = self.audit(&making, &files, &asked)?;
        run.privacy.audit = Some(privacy.clone());
        audit_passed(pipeline, &privacy)?;
        let parquet = [making.join(PARQUET)];
        let mut profile = self.engine.profile(&parquet, &protected.columns, None, &exposure).await?;
        describe(&mut profile, &protected.columns);
        let seen = Seen {
            record: &record,
            quality: &run.quality,
            evidence,
            privacy: &privacy,
            found: &found,
        };
        let terms = self.still_asked(terms(written, &seen), &lock)?;
        let digest = Candidate::digest_of(&record, &files, &asked, Some(&terms));
        run.files = files.iter().map(curate_file).collect();
        run.candidate = Some(digest);
        run.version = Some(version);
        evidence.protection = Some(protected.facts.clone());
        let candidate = Candidate {
            digest,
            made: at,
            files,
            record,
            asked,
            privacy,
            protection: protected.facts.clone(),
            profile,
            quality: run.quality.clone(),
            licence,
            card: pipeline.file.card.clone(),
            evidence: evidence.clone(),
            terms: Some(terms),
            reading: Some(lock.clone()),
        };
        candidate.write(&making)?;
        if let Some(told) = &told {
            told.write(&making)?;
        }
        let state = making.join(STATE);
        std::fs::rename(work.join(STATE), &state).map_err(|error| disk(&state, &error))?;
        if !walk.dry_run {
            reading::write(&pipeline.lock_path, &lock, pipeline.lock.as_ref())?;
            place(&making, &Candidate::folder(&self.data, &pipeline.name))?;
        }
        clean(&work);
        Ok(CurateOutcome::Candidate)
    }

    /// What the policy's actions make of the columns.
    async fn acted(&self, walk: &Walk<'_>, table: StagedTable, work: &Path) -> Result<Acted, Refusal> {
        let Walk { pipeline, at, .. } = *walk;
        let acting = Acting {
            beside: &pipeline.beside,
            release: pipeline.name.as_str(),
            apart: &[&self.data, &self.published],
            dir: work,
            reference: at.date_naive(),
        };
        act_on(&self.engine, table, &pipeline.policy, &acting).await
    }

    /// What the candidate tells with what is public, once each finding on it is resolved.
    fn weighed(&self, pipeline: &Pipeline, told: Option<&Told>) -> Result<Vec<Found>, Refusal> {
        let found = told.map(|told| self.weigh(&pipeline.name, told)).transpose()?;
        Ok(found.unwrap_or_default())
    }

    /// Plans the protection and recodes the table, batch by batch; the raw one is consumed.
    fn protect(&self, pipeline: &Pipeline, table: StagedTable, work: &Path, run: &mut CurateRun) -> Result<Protected, Refusal> {
        let staged = [table.facts().path.clone()];
        let columns = table.facts().report.columns.clone();
        let mut planner = Planner::new(&columns, &pipeline.policy)?;
        planner.one_table()?;
        self.engine.each(&staged, &mut |batch| planner.take(batch))?;
        let plan = planner.plan(&pipeline.hierarchies, Effort::default())?;
        let told = self.told(pipeline, &plan, &staged)?;
        run.privacy.protection = Some(plan.facts().clone());
        let protected = ProtectedTable::make(table, &plan, &self.engine, pipeline, work)?;
        run.rows_out = protected.rows;
        let bounds = promised(pipeline, &protected, &plan);
        Ok(Protected {
            table: protected,
            told,
            bounds,
        })
    }

    /// Writes the candidate's files into an empty folder.
    async fn write(
        &self,
        pipeline: &Pipeline,
        protected: &ProtectedTable,
        record: &ReleaseRecord,
        making: &Path,
    ) -> Result<Vec<ReleaseFile>, Refusal> {
        let label = Label {
            dataset: &record.iri,
            version: record.version,
            licence: &record.licence.iri,
            source: record.sources.first().map(|source| source.sha256.to_string()).unwrap_or_default(),
        };
        fresh_folder(making)?;
        protected.write(&self.engine, &pipeline.file.sort, &label, making).await
    }

    fn derived(&self, pipeline: &Pipeline, licence: &LicenceVerdict) -> Result<Licence, Refusal> {
        let source = licence.licence.as_ref().ok_or_else(|| licence_refused(pipeline, licence))?;
        fyr_assess::licence::derive(std::slice::from_ref(source))
            .map_err(|reason| Refusal::new("licence-conflict", RefusalKind::Forbidden, pipeline.name.as_str(), reason))
    }

    /// The next version and what changed, or nothing when the latest release holds exactly this.
    async fn version(
        &self,
        former: Option<&Release>,
        protected: &ProtectedTable,
        record: &ReleaseRecord,
    ) -> Result<Option<(Version, Text)>, Refusal> {
        let Some(former) = former else {
            // A withdrawn version's number is never used again.
            let last = fyr_publish::last_version(&self.published, &record.name)?;
            let next = last.map_or(Version::FIRST, |last| Version {
                major: last.major + 1,
                minor: 0,
                patch: 0,
            });
            return Ok(Some((next, Text::new("Första utgåvan.", "First release."))));
        };
        let difference = self
            .engine
            .compare(&[former.dir.join(PARQUET)], &[protected.recoded().to_path_buf()])
            .await?;
        let (added, removed) = (difference.rows_added, difference.rows_removed);
        let (change, note) = if difference.schema_changed {
            (
                Change::Changed,
                Text::new("Kolumner, typer eller koder har ändrats.", "Columns, types or codes have changed."),
            )
        } else if removed > 0 {
            let sv = format!("{added} rader tillkom, {removed} rader togs bort eller ändrades.");
            (
                Change::Changed,
                Text::new(sv, format!("{added} rows added, {removed} rows removed or changed.")),
            )
        } else if added > 0 {
            (
                Change::Added,
                Text::new(format!("{added} rader tillkom."), format!("{added} rows added.")),
            )
        } else if crate::evidence::same_description(&former.manifest.record, record) {
            return Ok(None);
        } else {
            (
                Change::Repackaged,
                Text::new("Samma rader, ändrad beskrivning.", "Same rows, changed description."),
            )
        };
        Ok(Some((fyr_publish::next_version(Some(former), change), note)))
    }
}

fn audit_passed(pipeline: &Pipeline, report: &PrivacyReport) -> Result<(), Refusal> {
    if report.passed {
        return Ok(());
    }
    let failed: Vec<&fyr_model::privacy::Check> = report.checks.iter().filter(|check| !check.ok).collect();
    let sv = failed.iter().map(|check| check.detail.sv.as_str()).collect::<Vec<_>>().join("; ");
    let en = failed.iter().map(|check| check.detail.en.as_str()).collect::<Vec<_>>().join("; ");
    let text = Text::new(
        format!("den oberoende granskningen säger nej: {sv}"),
        format!("the independent audit says no: {en}"),
    );
    Err(Refusal::new("audit-failed", RefusalKind::Forbidden, pipeline.name.as_str(), text))
}

fn asked(pipeline: &Pipeline, protected: &ProtectedTable, bounds: BTreeMap<String, Bounds>, at: DateTime<Utc>) -> Asked {
    let forbidden = pipeline
        .policy
        .columns
        .iter()
        .filter(|(_, column)| column.role() == Role::Identifier)
        .map(|(name, _)| name.clone())
        .collect();
    let model = pipeline.policy.model.as_ref();
    Asked {
        roles: protected.roles.clone(),
        k: model.map(|model| model.k),
        forbidden,
        cleared: pipeline.policy.cleared.clone(),
        bounds,
        average_risk: model.and_then(|model| model.average_risk),
        // A pipeline has no second table: were one ever asked for, the audit would say that it was not given any.
        k_map: model.and_then(|model| model.k_map.as_ref()).map(|map| map.k),
        means: protected.facts.microaggregated.iter().map(|means| means.column.clone()).collect(),
        ..Asked::on(at.date_naive())
    }
}

/// What the policy's model promises of each sensitive column, with what stands above its values: the auditor measures by its own arithmetic.
fn promised(pipeline: &Pipeline, protected: &ProtectedTable, plan: &ProtectionPlan) -> BTreeMap<String, Bounds> {
    let Some(model) = &pipeline.policy.model else {
        return BTreeMap::new();
    };
    let rows = (protected.facts.rows_in, protected.facts.rows_out);
    let of = |(name, role): (&String, &Role)| {
        let bounds = Bounds::of(model, name, rows).filter(|_| *role == Role::Sensitive)?;
        let above = plan.above(name);
        Some((name.clone(), Bounds { above, ..bounds }))
    };
    protected.roles.iter().filter_map(of).collect()
}

fn describe(profile: &mut TableProfile, columns: &[Column]) {
    for known in &mut profile.columns {
        if let Some(column) = columns.iter().find(|column| column.name == known.name) {
            known.description.clone_from(&column.description);
            known.unit.clone_from(&column.unit);
        }
    }
}

fn curate_file(file: &ReleaseFile) -> CurateFile {
    CurateFile {
        path: file.path.clone(),
        bytes: file.bytes,
        sha256: file.sha256,
        rows: file.rows.unwrap_or(0),
    }
}
