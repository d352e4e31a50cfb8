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
use fyr_model::privacy::{PersonalDataFinding, PrivacyPolicy, PrivacyReport};
use fyr_model::profile::DriftReport;
use fyr_model::quality::{QualityReport, SkippedRule};
use fyr_model::readiness::Evidence;
use fyr_model::release::Sandbox;
use fyr_model::resource::Resource;
use fyr_model::table::{Reading, StagedFacts};
use fyr_model::{Agent, Dataset, Distribution, LicenceVerdict, Refusal, RefusalKind, Text, Version};
use fyr_table::profile::TableProfiler;
use fyr_table::{Engine, StagedTable};

use crate::chosen::{choose, find, no_address};
use crate::disk::{disk, json, private_folder};
use crate::exposure::for_keeping;
use crate::facts::{CurateOutcome, CurateRun};
use crate::kept::{Entry, Kept, STATE};
use crate::pipeline::Pipeline;
use crate::pxweb::Source;
use crate::reading::{self, Known};
use crate::work::{Look, StageResult};

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

/// What one run is about; its steps share it.
#[derive(Clone, Copy)]
pub(crate) struct Walk<'a> {
    pub(crate) pipeline: &'a Pipeline,
    pub(crate) dataset: &'a Dataset,
    pub(crate) distribution: &'a Distribution,
    pub(crate) at: DateTime<Utc>,
    pub(crate) dry_run: bool,
}

/// What has been measured when it is time to ask whether the dataset may be released.
pub(crate) struct Measured {
    pub(crate) resource: Resource,
    pub(crate) table: StagedTable,
    pub(crate) detections: Vec<PersonalDataFinding>,
    pub(crate) licence: LicenceVerdict,
    pub(crate) harvested_at: Option<DateTime<Utc>>,
    /// What the pipeline's lock says from now on.
    pub(crate) lock: ReadingLock,
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
        still_open(pipeline.name.as_str(), pipeline.file.sandbox.as_ref(), at)?;
        let view = self.store.view(&pipeline.file.source)?;
        let dataset = find(&view, pipeline)?;
        let distribution = choose(dataset, pipeline)?;
        let evidence = kept.insert(fyr_assess::metadata_evidence(&view, dataset, at));
        evidence.distribution = Some(distribution.iri.clone());
        evidence.card = pipeline.file.card.clone();
        evidence.update_plan = pipeline.file.update_plan.is_some();
        let walk = Walk {
            pipeline,
            dataset,
            distribution,
            at,
            dry_run,
        };
        let measured = self.measure(&walk, run, evidence).await?;
        self.may_be_released(pipeline, run, &measured)?;
        self.make_candidate(&walk, measured, run, evidence).await
    }

    /// Fetch, stage, profile, check: everything that is measured whether or not the dataset may be released.
    async fn measure(&self, walk: &Walk<'_>, run: &mut CurateRun, evidence: &mut Evidence) -> Result<Measured, Refusal> {
        let Walk {
            pipeline,
            dataset,
            distribution,
            at,
            ..
        } = *walk;
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
        self.stop_if_known(walk, &resource, &dir)?;
        let known = Known::of(pipeline)?;
        let StageResult {
            mut facts,
            detections,
            profile,
            ..
        } = self.read(pipeline, distribution, &resource, &known, at).inspect_err(|refusal| {
            evidence.unreadable = Some(refusal.id.clone());
        })?;
        run.rows_in = facts.rows;
        run.privacy.detections.clone_from(&detections);
        evidence.detections = Some(judged(&detections, &pipeline.policy));
        // Before anything is kept of the file: what is found in it may be nobody's to keep.
        self.stop_if_personal(walk, &resource, &detections, &dir)?;
        let lock = known.next(&facts.report);
        run.reading = known
            .lock
            .as_ref()
            .map(|before| reading::departures(before, &lock))
            .unwrap_or_default();
        facts.report.findings.extend(run.reading.iter().cloned());
        let released = self.versions(pipeline)?;
        run.drift = self.drift(walk, &facts, &detections, &released)?;
        evidence.drift.clone_from(&run.drift);
        evidence.reading = Some(facts.report.clone());
        evidence.profile = profile;
        // Before the rules: one that reads a column which is gone would say less.
        if known.valid().is_some() && !pipeline.accept_reading && reading::stops(&run.reading) {
            return Err(reading::held(pipeline, &run.reading));
        }
        run.quality = self.check(pipeline, &facts, &released).await?;
        evidence.quality = Some(run.quality.clone());
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

    /// The versions of the pipeline's releases that stand, oldest first.
    fn versions(&self, pipeline: &Pipeline) -> Result<Vec<Version>, Refusal> {
        let releases = fyr_publish::versions(&self.published, &pipeline.name)?;
        Ok(releases.into_iter().map(|release| release.manifest.record.version).collect())
    }

    /// Compares the state of a profile with the former version, and leaves what may be kept of it beside the staged table and among the kept.
    fn drift(
        &self,
        walk: &Walk<'_>,
        facts: &StagedFacts,
        detections: &[PersonalDataFinding],
        released: &[Version],
    ) -> Result<Option<DriftReport>, Refusal> {
        let Walk { pipeline, at, .. } = *walk;
        let path = self.data.join("staged").join(pipeline.name.as_str()).join(STATE);
        let mut state = TableProfiler::load(&path)?;
        let plain = for_keeping(&facts.report.columns, detections, &pipeline.policy);
        state.forget(&plain);
        let source = facts.report.source.sha256;
        let mut kept = Kept::open(&self.data, &pipeline.name);
        let report = kept.compare(&state, &plain, &source, released, &pipeline.file.explained);
        state.store(&path)?;
        if !walk.dry_run {
            let entry = Entry {
                version: None,
                at,
                rows: facts.rows,
                source,
                rules: Vec::new(),
            };
            kept.remember(&path, entry)?;
        }
        Ok(report)
    }

    /// Runs the pipeline's rules, those against former versions among them.
    async fn check(&self, pipeline: &Pipeline, facts: &StagedFacts, released: &[Version]) -> Result<QualityReport, Refusal> {
        let kept = Kept::open(&self.data, &pipeline.name);
        let rows = kept.rows(released);
        let mut rules = pipeline.rules.clone();
        let mut waiting = Vec::new();
        for short in &pipeline.against_versions {
            match fyr_table::rules::volume_against(short, &rows)? {
                Some(rule) => rules.push(rule),
                None => waiting.push(SkippedRule {
                    id: short.id.clone().unwrap_or_else(|| short.kind.clone()),
                    reason: Text::new(
                        "det finns färre än två tidigare versioner att jämföra med",
                        "there are fewer than two former versions to compare with",
                    ),
                }),
            }
        }
        let references = self.references(pipeline)?;
        let parquet = [facts.path.clone()];
        let mut report = self
            .engine
            .check_against(&parquet, &facts.report.columns, &rules, &references)
            .await?;
        report.skipped.extend(waiting);
        kept.mark(&mut report, released);
        report.left_out.clone_from(&pipeline.left_out);
        Ok(report)
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
            for tried in self.client.asked(address, at).await {
                self.state.add_try(address, &tried)?;
            }
            let verdict = fyr_fetch::verdict(address, self.state.tries(address)?);
            self.state.put("link", address, &verdict, at)?;
            evidence.links.insert(address.to_owned(), verdict);
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
            Look::Profile {
                reference: at.date_naive(),
                kept: true,
            },
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
            let names = run.quality.failed_names();
            let text = Text::new(format!("kvalitetsregler faller: {names}"), format!("quality rules fail: {names}"));
            return Err(Refusal::new("quality-error", RefusalKind::Forbidden, pipeline.name.as_str(), text));
        }
        let policy = crate::acting::answered(&pipeline.policy);
        let unresolved = fyr_privacy::unresolved(&measured.detections, &policy);
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

    /// The independent reader, on the written file, in a worker of its own.
    pub(crate) fn audit(&self, folder: &Path, files: &[fyr_model::release::ReleaseFile], asked: &Asked) -> Result<PrivacyReport, Refusal> {
        let read: Vec<(String, PathBuf)> = files.iter().map(|file| (file.path.clone(), folder.join(&file.path))).collect();
        let dir = tempfile::tempdir().map_err(|error| disk(folder, &error))?;
        let work = fyr_audit::PrivacyWork {
            files: read,
            asked: asked.clone(),
            population: None,
        };
        let rows: u64 = files.iter().filter_map(|file| file.rows).sum();
        let limits = self.worker.for_cells(rows.saturating_mul(asked.roles.len() as u64));
        tokio::task::block_in_place(|| {
            self.runner
                .run("audit.privacy", &folder.display().to_string(), &work, dir.path(), &limits)
        })
    }
}

/// A sandbox is neither made nor released after its last day.
pub(crate) fn still_open(name: &str, sandbox: Option<&Sandbox>, at: DateTime<Utc>) -> Result<(), Refusal> {
    let Some(ended) = sandbox.filter(|sandbox| at.date_naive() > sandbox.until) else {
        return Ok(());
    };
    let text = Text::new(
        format!("sandlådan upphörde {}", ended.until),
        format!("the sandbox ended on {}", ended.until),
    );
    Err(Refusal::new("sandbox-ended", RefusalKind::Forbidden, name, text).hint(Text::new(
        "bestäm en ny sista dag under sandbox i pipelinen, eller ta bort pipelinen",
        "decide on a new last day under sandbox of the pipeline, or remove the pipeline",
    )))
}

pub(crate) fn licence_refused(pipeline: &Pipeline, verdict: &LicenceVerdict) -> Refusal {
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
