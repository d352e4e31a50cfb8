//! One run of a pipeline, step after step; each step takes what the one before returned.
//!
//! A step that says no ends the run with its reason, and what was measured until then is kept as evidence: a dataset that may not be
//! published still gets its score and its list of fixes.

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use fyr_audit::Asked;
use fyr_confine::Runner;
use fyr_fetch::Client;
use fyr_graph::Store;
use fyr_jobs::State;
use fyr_model::limits::{TableLimits, WorkerLimits};
use fyr_model::lock::ReadingLock;
use fyr_model::privacy::{PersonalDataFinding, PrivacyPolicy, PrivacyReport, Role};
use fyr_model::readiness::Evidence;
use fyr_model::resource::Resource;
use fyr_model::table::{Column, Reading, TableProfile};
use fyr_model::{Agent, Dataset, Distribution, LicenceVerdict, Refusal, RefusalKind, Text, Version};
use fyr_publish::Change;
use fyr_table::{Engine, StagedTable};

use crate::candidate::Candidate;
use crate::chosen::{choose, find, no_address};
use crate::disk::{clean, disk, fresh_folder, json, place, private_folder};
use crate::exposure::{for_holder, for_publication};
use crate::facts::{CurateFile, CurateOutcome, CurateRun};
use crate::pipeline::Pipeline;
use crate::protect::{Label, PARQUET, ProtectedTable};
use crate::pxweb::Source;
use crate::reading::{self, Known};
use crate::work::StageResult;

/// Everything that a run needs, opened once.
#[derive(Clone)]
pub struct Curate {
    /// Fetches.
    pub client: Client,
    /// The metadata graph.
    pub store: Store,
    /// Journal, documents, decisions.
    pub state: State,
    /// Runs confined work.
    pub runner: Runner,
    /// The query engine.
    pub engine: Engine,
    /// The data folder.
    pub data: PathBuf,
    /// The folder of releases.
    pub published: PathBuf,
    /// The portal's public address.
    pub base: String,
    /// Who publishes releases.
    pub operator: Agent,
    /// Limits of data files.
    pub limits: TableLimits,
    /// Limits of a worker.
    pub worker: WorkerLimits,
}

/// What has been measured when it is time to ask whether the dataset may be released.
struct Measured {
    resource: Resource,
    table: StagedTable,
    detections: Vec<PersonalDataFinding>,
    licence: LicenceVerdict,
    harvested_at: Option<DateTime<Utc>>,
    /// What the pipeline's lock says from now on.
    lock: ReadingLock,
}

impl Curate {
    /// Runs one pipeline. Never fails: a stop is an outcome with its reason.
    pub async fn run(&self, pipeline: &Pipeline, dry_run: bool, at: DateTime<Utc>) -> CurateRun {
        let mut run = CurateRun::begin(pipeline.name.clone(), &pipeline.file.dataset);
        let mut evidence = None;
        let journal = (!dry_run)
            .then(|| self.state.begin("curate", pipeline.name.as_str(), "manual", at))
            .transpose();
        let ended = match &journal {
            Err(refusal) => Err(refusal.clone()),
            Ok(_) => self.walk(pipeline, at, &mut run, &mut evidence, dry_run).await,
        };
        match ended {
            Ok(outcome) => run.outcome = outcome,
            Err(refusal) => {
                run.outcome = match refusal.kind {
                    RefusalKind::Forbidden | RefusalKind::Configuration => CurateOutcome::Refused,
                    _ => CurateOutcome::Failed,
                };
                run.refused_because = Some(refusal);
            }
        }
        if !dry_run && let Err(refusal) = self.keep(&run, evidence.as_ref(), journal.ok().flatten(), at) {
            run.outcome = CurateOutcome::Failed;
            run.refused_because.get_or_insert(refusal);
        }
        run
    }

    /// Stores the score of the source and the end of the run.
    fn keep(&self, run: &CurateRun, evidence: Option<&Evidence>, id: Option<fyr_jobs::RunId>, at: DateTime<Utc>) -> Result<(), Refusal> {
        if let Some(evidence) = evidence {
            let readiness = fyr_assess::readiness(evidence);
            self.state.put("score", &run.dataset, &json(&readiness)?, at)?;
        }
        self.state.put("curate", run.pipeline.as_str(), &json(run)?, at)?;
        if let Some(id) = id {
            let outcome = json(&run.outcome)?;
            self.state.finish(id, outcome.as_str().unwrap_or("failed"), &json(run)?, at)?;
        }
        Ok(())
    }

    async fn walk(
        &self,
        pipeline: &Pipeline,
        at: DateTime<Utc>,
        run: &mut CurateRun,
        kept: &mut Option<Evidence>,
        dry_run: bool,
    ) -> Result<CurateOutcome, Refusal> {
        let view = self.store.view(&pipeline.file.source)?;
        let dataset = find(&view, pipeline)?;
        let distribution = choose(dataset, pipeline)?;
        let evidence = kept.insert(fyr_assess::metadata_evidence(&view, dataset, at));
        evidence.distribution = Some(distribution.iri.clone());
        evidence.card = pipeline.file.card.clone();
        evidence.update_plan = pipeline.file.update_plan.is_some();
        let measured = self.measure(pipeline, dataset, distribution, at, run, evidence).await?;
        self.may_be_released(pipeline, run, &measured)?;
        self.make_candidate(pipeline, dataset, distribution, measured, at, run, evidence, dry_run)
            .await
    }

    /// Fetch, stage, profile, check: everything that is measured whether or not the dataset may be released.
    async fn measure(
        &self,
        pipeline: &Pipeline,
        dataset: &Dataset,
        distribution: &Distribution,
        at: DateTime<Utc>,
        run: &mut CurateRun,
        evidence: &mut Evidence,
    ) -> Result<Measured, Refusal> {
        let licence = fyr_assess::licence::verdict(dataset, distribution);
        run.licence = Some(licence.clone());
        self.ask_links(distribution, at, evidence).await?;
        let address = distribution.address().ok_or_else(|| no_address(distribution))?;
        let dir = self.staging(pipeline)?;
        let source = Source {
            client: &self.client,
            runner: &self.runner,
            limits: &self.limits,
            worker: &self.worker,
        };
        let resource = source.fetch(address, &dir).await?;
        evidence.resource = Some(resource.clone());
        let known = Known::of(pipeline)?;
        let StageResult { mut facts, detections } = self.read(pipeline, distribution, &resource, &known, at).inspect_err(|refusal| {
            evidence.unreadable = Some(refusal.id.clone());
        })?;
        let lock = known.next(&facts.report);
        run.reading = known
            .lock
            .as_ref()
            .map(|before| reading::departures(before, &lock))
            .unwrap_or_default();
        facts.report.findings.extend(run.reading.iter().cloned());
        run.rows_in = facts.rows;
        run.privacy.detections.clone_from(&detections);
        let columns = &facts.report.columns;
        let parquet = [facts.path.clone()];
        let profile = self
            .engine
            .profile(&parquet, columns, Some(&facts.report), &for_holder(columns, &detections))
            .await?;
        evidence.reading = Some(facts.report.clone());
        evidence.profile = Some(profile);
        // Before the rules: one that reads a column which is gone would say less.
        if known.valid().is_some() && !pipeline.accept_reading && reading::stops(&run.reading) {
            return Err(reading::held(pipeline, &run.reading));
        }
        run.quality = self.engine.check(&parquet, columns, &pipeline.rules).await?;
        evidence.quality = Some(run.quality.clone());
        evidence.detections = Some(judged(&detections, &pipeline.policy));
        let harvested_at = self.state.get("source-state", pipeline.file.source.as_str())?.map(|(_, at)| at);
        Ok(Measured {
            resource,
            table: StagedTable::adopt(facts),
            detections,
            licence,
            harvested_at,
            lock,
        })
    }

    async fn ask_links(&self, distribution: &Distribution, at: DateTime<Utc>, evidence: &mut Evidence) -> Result<(), Refusal> {
        let mut asked: Vec<&str> = distribution
            .access_url
            .iter()
            .chain(&distribution.download_url)
            .filter_map(|value| value.iri())
            .collect();
        asked.sort_unstable();
        asked.dedup();
        for address in asked {
            let answer = self.client.link(address, at).await;
            self.state.add_try(address, &answer)?;
            evidence
                .links
                .insert(address.to_owned(), fyr_fetch::verdict(address, self.state.tries(address)?));
        }
        Ok(())
    }

    /// Stages the file as it was read before; where the table that was read then is gone or has other columns, as if for the first time.
    fn read(
        &self,
        pipeline: &Pipeline,
        distribution: &Distribution,
        resource: &Resource,
        known: &Known,
        at: DateTime<Utc>,
    ) -> Result<StageResult, Refusal> {
        let before = known.valid();
        let stage = |reading: Reading| self.stage(pipeline, distribution, resource, (reading, before.cloned()), at);
        let owner = &pipeline.file.reading;
        if let (Some(table), Some(before)) = (known.table(owner), before) {
            let as_before = Reading {
                table: Some(table),
                ..owner.clone()
            };
            if let Ok(found) = stage(as_before)
                && !reading::stops(&reading::departures(before, &known.next(&found.facts.report)))
            {
                return Ok(found);
            }
        }
        stage(owner.clone())
    }

    fn stage(
        &self,
        pipeline: &Pipeline,
        distribution: &Distribution,
        resource: &Resource,
        reading: (Reading, Option<ReadingLock>),
        at: DateTime<Utc>,
    ) -> Result<StageResult, Refusal> {
        let dir = self.staging(pipeline)?;
        let declared = distribution
            .format
            .iter()
            .chain(&distribution.media_type)
            .next()
            .map(|value| value.as_str().to_owned());
        crate::input::stage(
            &self.runner,
            resource,
            declared,
            reading,
            (&self.limits, &self.worker),
            &dir,
            Some(at),
        )
    }

    /// The private folder of a run.
    fn staging(&self, pipeline: &Pipeline) -> Result<PathBuf, Refusal> {
        let dir = self.data.join("staged").join(pipeline.name.as_str());
        private_folder(&dir)?;
        Ok(dir)
    }

    /// The rules that need no plan: licence, quality, unresolved identifiers.
    fn may_be_released(&self, pipeline: &Pipeline, run: &CurateRun, measured: &Measured) -> Result<(), Refusal> {
        if !measured.licence.derivable {
            return Err(licence_refused(pipeline, &measured.licence));
        }
        if run.quality.blocks() {
            let failed: Vec<&str> = run
                .quality
                .rules
                .iter()
                .filter(|rule| !rule.passed && rule.severity == "error")
                .map(|rule| rule.id.as_str())
                .collect();
            let names = failed.join(", ");
            let text = Text::new(format!("kvalitetsregler faller: {names}"), format!("quality rules fail: {names}"));
            return Err(Refusal::new("quality-error", RefusalKind::Forbidden, pipeline.name.as_str(), text));
        }
        let unresolved = fyr_privacy::unresolved(&measured.detections, &pipeline.policy);
        if unresolved.is_empty() {
            return Ok(());
        }
        let columns: Vec<&str> = unresolved.iter().map(|finding| finding.column.as_str()).collect();
        let names = columns.join(", ");
        Err(Refusal::new(
            "identifier-unresolved",
            RefusalKind::Forbidden,
            pipeline.name.as_str(),
            Text::new(
                format!("direkta personuppgifter i: {names}"),
                format!("direct personal data in: {names}"),
            ),
        )
        .hint(Text::new(
            "ge kolumnen rollen `identifier`, eller anteckna ett beslut under [cleared] i policyn",
            "give the column the role `identifier`, or record a decision under [cleared] in the policy",
        )))
    }

    #[allow(clippy::too_many_arguments)] // One step of the walk; its inputs are the results of all steps before it.
    async fn make_candidate(
        &self,
        pipeline: &Pipeline,
        dataset: &Dataset,
        distribution: &Distribution,
        measured: Measured,
        at: DateTime<Utc>,
        run: &mut CurateRun,
        evidence: &mut Evidence,
        dry_run: bool,
    ) -> Result<CurateOutcome, Refusal> {
        let Measured {
            resource,
            table,
            detections,
            licence,
            harvested_at,
            lock,
        } = measured;
        let work = self.data.join("staged").join(pipeline.name.as_str());
        let staged = [table.facts().path.clone()];
        let batches = self.engine.read(&staged, &[]).await?;
        let plan = fyr_privacy::plan(&batches, &table.facts().report.columns, &pipeline.policy, &pipeline.hierarchies)?;
        drop(batches);
        run.privacy.protection = Some(plan.facts().clone());
        let protected = ProtectedTable::make(table, &plan, &self.engine, pipeline, &work).await?;
        run.rows_out = protected.rows;
        let former = fyr_publish::latest(&self.published, &pipeline.name)?;
        let release_licence = self.derived(pipeline, &licence)?;
        let mut record = crate::evidence::record(
            self,
            pipeline,
            dataset,
            distribution,
            &resource,
            &release_licence,
            &protected,
            harvested_at,
            at,
        );
        let Some((version, note)) = self.version(former.as_ref(), &protected, &record).await? else {
            run.version = former.map(|release| release.manifest.record.version);
            if !dry_run {
                reading::write(&pipeline.lock_path, &lock, pipeline.lock.as_ref())?;
            }
            return Ok(CurateOutcome::Unchanged);
        };
        record.version = version;
        record.change_note = note;
        record.previous = former.as_ref().map(|release| release.manifest.record.version);
        record.first_created = former.as_ref().map_or(at, |release| release.manifest.record.first_created);
        let label = Label {
            dataset: &record.iri,
            version,
            licence: &record.licence.iri,
            source: resource.sha256.to_string(),
        };
        let making = work.join("candidate");
        fresh_folder(&making)?;
        let files = protected.write(&self.engine, &pipeline.file.sort, &label, &making).await?;
        let asked = asked(pipeline, &protected, at);
        let privacy = self.audit(&making, &files, &asked)?;
        run.privacy.audit = Some(privacy.clone());
        audit_passed(pipeline, &privacy)?;
        let parquet = [making.join(PARQUET)];
        let exposure = for_publication(&protected, &detections, &asked);
        let mut profile = self.engine.profile(&parquet, &protected.columns, None, &exposure).await?;
        describe(&mut profile, &protected.columns);
        let digest = Candidate::digest_of(&record, &files, &asked);
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
        };
        candidate.write(&making)?;
        if !dry_run {
            reading::write(&pipeline.lock_path, &lock, pipeline.lock.as_ref())?;
            place(&making, &Candidate::folder(&self.data, &pipeline.name))?;
        }
        clean(&work);
        Ok(CurateOutcome::Candidate)
    }

    /// The independent reader, on the written file, in a worker of its own.
    pub(crate) fn audit(&self, folder: &Path, files: &[fyr_model::release::ReleaseFile], asked: &Asked) -> Result<PrivacyReport, Refusal> {
        let read: Vec<(String, PathBuf)> = files.iter().map(|file| (file.path.clone(), folder.join(&file.path))).collect();
        let dir = tempfile::tempdir().map_err(|error| disk(folder, &error))?;
        let work = fyr_audit::PrivacyWork {
            files: read,
            asked: asked.clone(),
        };
        tokio::task::block_in_place(|| {
            self.runner
                .run("audit.privacy", &folder.display().to_string(), &work, dir.path(), &self.worker)
        })
    }

    fn derived(&self, pipeline: &Pipeline, licence: &LicenceVerdict) -> Result<fyr_model::Licence, Refusal> {
        let source = licence.licence.as_ref().ok_or_else(|| licence_refused(pipeline, licence))?;
        fyr_assess::licence::derive(std::slice::from_ref(source))
            .map_err(|reason| Refusal::new("licence-conflict", RefusalKind::Forbidden, pipeline.name.as_str(), reason))
    }

    /// The next version and what changed, or nothing when the latest release holds exactly this.
    async fn version(
        &self,
        former: Option<&fyr_publish::Release>,
        protected: &ProtectedTable,
        record: &fyr_model::release::ReleaseRecord,
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

fn licence_refused(pipeline: &Pipeline, verdict: &LicenceVerdict) -> Refusal {
    Refusal::new(
        "licence-refused",
        RefusalKind::Forbidden,
        pipeline.name.as_str(),
        verdict.sentence.clone(),
    )
    .hint(Text::new(
        "be utgivaren ange en öppen licens på distributionen",
        "ask the publisher to state an open licence on the distribution",
    ))
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

fn asked(pipeline: &Pipeline, protected: &ProtectedTable, at: DateTime<Utc>) -> Asked {
    let forbidden = pipeline
        .policy
        .columns
        .iter()
        .filter(|(_, column)| column.role() == Role::Identifier)
        .map(|(name, _)| name.clone())
        .collect();
    Asked {
        roles: protected.roles.clone(),
        k: pipeline.policy.model.as_ref().map(|model| model.k),
        forbidden,
        cleared: pipeline.policy.cleared.clone(),
        reference: at.date_naive(),
    }
}

/// What detectors found, with the finds that a person has judged in the policy taken as what that person said: no personal data.
fn judged(detections: &[PersonalDataFinding], policy: &PrivacyPolicy) -> Vec<PersonalDataFinding> {
    let unresolved: Vec<&str> = fyr_privacy::unresolved(detections, policy)
        .iter()
        .map(|finding| finding.column.as_str())
        .collect();
    let mut judged = detections.to_vec();
    for finding in judged
        .iter_mut()
        .filter(|finding| policy.cleared.contains_key(&finding.column) && !unresolved.contains(&finding.column.as_str()))
    {
        finding.verdict = "none".into();
        finding.evidence = format!("{}; cleared by a recorded decision", finding.evidence);
    }
    judged
}

fn describe(profile: &mut TableProfile, columns: &[Column]) {
    for known in &mut profile.columns {
        if let Some(column) = columns.iter().find(|column| column.name == known.name) {
            known.description.clone_from(&column.description);
            known.unit.clone_from(&column.unit);
        }
    }
}

fn curate_file(file: &fyr_model::release::ReleaseFile) -> CurateFile {
    CurateFile {
        path: file.path.clone(),
        bytes: file.bytes,
        sha256: file.sha256,
        rows: file.rows.unwrap_or(0),
    }
}
