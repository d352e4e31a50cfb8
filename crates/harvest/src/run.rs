//! One run, from the question whether anything changed to the line in the journal.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use chrono::{DateTime, Utc};
use fyr_fetch::Client;
use fyr_graph::{ReadAnswer, ReadRequest, ReadResponse};
use fyr_jobs::Lease;
use fyr_model::harvest::{ChangedIris, DatasetCounts, HarvestOutcome, HarvestRun, SourceFile};
use fyr_model::{Counts, Refusal, SourceId};

use crate::commit::{Settle, Settled};
use crate::documents::{Document, ask};
use crate::prior::Prior;
use crate::state::{DocumentState, SKIPPED, STATE, TROUBLE};
use crate::watch::{Clock, TTL, Watch, lease_name};
use crate::{Harvest, Metadata, Options, brake, refuse};

/// Sub-catalogues read at most (H08).
const PARTS_MAX: usize = 1000;
/// IRIs of one kind in a report.
const LISTED_MAX: usize = 1000;
/// How often a run that waits for another looks whether it has ended.
const LOOK: Duration = Duration::from_millis(200);

/// Why a run did not complete.
#[derive(Debug)]
pub struct Stop {
    pub outcome: HarvestOutcome,
    pub reason: Refusal,
}

impl Stop {
    pub fn new(outcome: HarvestOutcome, reason: Refusal) -> Self {
        Self { outcome, reason }
    }
}

impl From<Refusal> for Stop {
    fn from(reason: Refusal) -> Self {
        Self::new(HarvestOutcome::Failed, reason)
    }
}

/// One run in progress.
struct Run<'a> {
    harvest: &'a Harvest,
    /// Counts this run's requests.
    client: Client,
    id: &'a SourceId,
    source: &'a SourceFile,
    options: &'a Options,
    clock: Clock,
    watch: Option<&'a Watch>,
    report: HarvestRun,
}

impl Harvest {
    /// Harvests one source; never fails, for a failure is an outcome with its reason.
    ///
    /// A source that did not change costs one conditional request and no write to the graph store. Whatever is refused, the last good
    /// snapshot stays. A run of the same source that is going on is waited for and its report given, unless this one is scheduled
    /// (then it is skipped and counted) or lets deletions through (then it runs afterwards).
    pub async fn run(&self, id: &SourceId, source: &SourceFile, options: &Options, at: DateTime<Utc>) -> HarvestRun {
        let clock = Clock::new(at);
        if options.dry_run {
            return self.once(id, source, options, clock, None).await;
        }
        let lease = match self.lease(id, options, clock).await {
            Ok(Turn::Ours(lease)) => lease,
            Ok(Turn::Theirs(report)) => return *report,
            Err(reason) => return failed(id, options, clock, reason),
        };
        let watch = match Watch::start(&self.state, lease, id, &options.trigger, clock) {
            Ok(watch) => watch,
            Err(reason) => return failed(id, options, clock, reason),
        };
        let mut report = self.once(id, source, options, clock, Some(&watch)).await;
        let word = serde_json::to_value(report.outcome).ok();
        let word = word.as_ref().and_then(serde_json::Value::as_str).unwrap_or("failed");
        if let Err(reason) = self.state.finish(watch.run, word, &report, clock.now()) {
            report.outcome = HarvestOutcome::Failed;
            report.reason = Some(reason);
        }
        report
    }

    async fn once(&self, id: &SourceId, source: &SourceFile, options: &Options, clock: Clock, watch: Option<&Watch>) -> HarvestRun {
        let mut run = Run {
            harvest: self,
            client: self.client.counted(),
            id,
            source,
            options,
            clock,
            watch,
            report: empty(id, options, clock.at),
        };
        if let Err(stop) = run.go().await {
            run.stopped(stop);
        }
        run.report.requests = run.client.requests_sent();
        run.report.seconds = clock.elapsed().as_secs_f64();
        run.report
    }

    /// Waits for the lease, or for the report of the run that has it.
    async fn lease(&self, id: &SourceId, options: &Options, clock: Clock) -> Result<Turn, Refusal> {
        let name = lease_name(id);
        let mut waited = false;
        loop {
            if let Some(lease) = self.state.acquire(&name, &options.trigger, TTL, clock.now())? {
                let joined = waited && !options.approve_held;
                if let Some(report) = if joined { self.last_report(id)? } else { None } {
                    self.state.release(&lease)?;
                    return Ok(Turn::Theirs(Box::new(report)));
                }
                return Ok(Turn::Ours(lease));
            }
            if options.trigger == "schedule" {
                let skipped = self.state.get_as::<u64>(SKIPPED, id.as_str())?.map_or(0, |(count, _)| count);
                self.state.put(SKIPPED, id.as_str(), &(skipped + 1), clock.at)?;
                return Err(refuse::running(id));
            }
            waited = true;
            tokio::time::sleep(LOOK).await;
        }
    }

    fn last_report(&self, id: &SourceId) -> Result<Option<HarvestRun>, Refusal> {
        let last = self.state.runs(Some("harvest"), Some(id.as_str()), 1)?.into_iter().next();
        Ok(last.and_then(|run| serde_json::from_value(run.report?).ok()))
    }
}

/// Whose turn it is.
enum Turn {
    Ours(Lease),
    Theirs(Box<HarvestRun>),
}

impl Run<'_> {
    async fn go(&mut self) -> Result<(), Stop> {
        if !matches!(self.source.kind.as_str(), "auto" | "rdf") {
            return Err(refuse::kind(self.id, &self.source.kind).into());
        }
        let prior = Prior::load(self.harvest, self.id)?;
        self.not_quarantined(&prior)?;
        let whole = self.must_read_all(&prior);
        let known = if whole { &[][..] } else { prior.state.documents.as_slice() };
        let mut documents = self.ask_known(known).await?;
        if !whole && documents.iter().all(|document| document.unchanged) {
            return self.unchanged(prior, &documents);
        }
        let work = Work::new(self.harvest, self.id, self.watch.is_some())?;
        let parts = self.read_all(&mut documents, work.dir.clone()).await?;
        self.settle(prior, documents, parts, work).await
    }

    /// A scheduled run leaves a source in quarantine alone; a person may try (H46).
    fn not_quarantined(&self, prior: &Prior) -> Result<(), Refusal> {
        match prior.trouble.quarantined_until {
            Some(until) if until > self.clock.at && self.options.trigger == "schedule" => {
                Err(refuse::quarantined(self.id, until, prior.trouble.strikes))
            }
            _ => Ok(()),
        }
    }

    /// Whether "unchanged" would not be the whole answer: state and store disagree, or held deletions are about to go through.
    fn must_read_all(&self, prior: &Prior) -> bool {
        let held = prior.state.held.as_ref();
        let due = held.is_some_and(|held| brake::due(held.agreeing.saturating_add(1), held.since, self.clock.at));
        let moved = prior.state.documents.first().is_none_or(|main| main.url != self.source.url);
        !prior.agrees() || moved || due || (held.is_some() && self.options.approve_held)
    }

    /// The main document, and the sub-catalogues that were read last time.
    async fn ask_known(&mut self, known: &[DocumentState]) -> Result<Vec<Document>, Stop> {
        let main = ask(&self.client, &self.source.url, known.first()).await?;
        let mut documents = vec![main];
        // When the main document changed, it says itself which parts there are now.
        let parts = if documents.iter().all(|main| main.unchanged) {
            known.get(1..)
        } else {
            None
        };
        for part in parts.into_iter().flatten() {
            documents.push(ask(&self.client, &part.url, Some(part)).await.map_err(incomplete)?);
        }
        self.took(&documents);
        Ok(documents)
    }

    /// Reads the main document in a worker, then every part that it names, fetching those that are not at hand.
    async fn read_all(&mut self, documents: &mut Vec<Document>, dir: PathBuf) -> Result<Vec<ReadResponse>, Stop> {
        let raw = self.harvest.data.join("raw");
        let mut asked = std::mem::take(documents).into_iter();
        let mut read = Vec::new();
        let Some(mut main) = asked.next() else {
            return Err(refuse::broken_off(self.id).into());
        };
        let path = main.bytes(&self.client, &raw).await?;
        let response = self.read(&path, &main.state, dir.join("0")).await?;
        let parts = response.parts.clone();
        if parts.len() > PARTS_MAX {
            return Err(refuse::too_many_parts(&main.state.url, parts.len(), PARTS_MAX).into());
        }
        if parts.contains(&main.state.url) {
            return Err(refuse::part_is_main(&main.state.url).into());
        }
        read.push(response);
        documents.push(main);
        let mut at_hand: Vec<Document> = asked.collect();
        for (number, url) in parts.iter().enumerate() {
            let mut part = match at_hand.iter().position(|known| known.state.url == *url) {
                Some(place) => at_hand.swap_remove(place),
                None => {
                    let part = ask(&self.client, url, None).await.map_err(incomplete)?;
                    self.took(std::slice::from_ref(&part));
                    part
                }
            };
            let path = part.bytes(&self.client, &raw).await.map_err(incomplete)?;
            let response = self
                .read(&path, &part.state, dir.join((number + 1).to_string()))
                .await
                .map_err(incomplete)?;
            read.push(response);
            documents.push(part);
        }
        Ok(read)
    }

    async fn read(&self, path: &Path, document: &DocumentState, dir: PathBuf) -> Result<ReadResponse, Refusal> {
        let request = ReadRequest {
            path: fs::canonicalize(path).map_err(|error| refuse::disk("raw", &error))?,
            source: self.id.to_string(),
            address: document.url.clone(),
            media_type: document.media_type.clone(),
            base: self.source.base.clone(),
            limits: self.harvest.limits.clone(),
        };
        let (runner, worker) = (self.harvest.runner.clone(), self.harvest.worker.clone());
        let work = move || {
            let answer: ReadAnswer = runner.run("graph.read", &request.address, &request, &dir, &worker)?;
            answer.open()
        };
        tokio::task::spawn_blocking(work)
            .await
            .unwrap_or_else(|_| Err(refuse::broken_off(self.id)))
    }

    async fn settle(&mut self, prior: Prior, documents: Vec<Document>, parts: Vec<ReadResponse>, work: Work) -> Result<(), Stop> {
        self.report.documents = documents.len() as u64;
        let settle = Settle {
            harvest: self.harvest.clone(),
            id: self.id.clone(),
            url: self.source.url.clone(),
            prior,
            parts,
            findings: documents.iter().flat_map(|document| document.findings.clone()).collect(),
            documents: documents.into_iter().map(|document| document.state).collect(),
            approved: self.options.approve_held,
            dir: work.dir.clone(),
            at: self.clock.at,
            keep: self.watch.map(|watch| (watch.lease.clone(), watch.run, self.clock.now())),
        };
        let settled = tokio::task::spawn_blocking(move || {
            let settled = settle.run();
            drop(work);
            settled
        });
        let settled = settled.await.unwrap_or_else(|_| Err(refuse::broken_off(self.id).into()))?;
        self.tell(settled);
        Ok(())
    }

    fn tell(&mut self, settled: Settled) {
        let Settled { change, brake, judged, .. } = settled;
        let report = &mut self.report;
        report.outcome = settled.outcome;
        report.triples = settled.triples;
        report.quads_written = settled.quads_written;
        report.snapshot = Some(settled.snapshot);
        report.datasets = DatasetCounts {
            added: change.added.len() as u64,
            changed: change.changed.len() as u64,
            unchanged: change.unchanged,
            vanished: brake.removed.len() as u64,
            held: brake.held.len() as u64,
        };
        report.changes = ChangedIris {
            added: listed(change.added),
            changed: listed(change.changed),
            vanished: listed(brake.removed),
            held: listed(brake.held),
        };
        report.findings = Counts::of(&judged.metadata.findings);
        report.finding_list = judged.metadata.findings;
    }

    /// Nothing differs: one line in the state, none in the store.
    fn unchanged(&mut self, prior: Prior, documents: &[Document]) -> Result<(), Stop> {
        let Prior { mut state, stored, .. } = prior;
        state.documents = documents.iter().map(|document| document.state.clone()).collect();
        state.last_complete = Some(self.clock.at);
        state.complete_runs = state.complete_runs.saturating_add(1);
        if let Some(held) = &mut state.held {
            held.agreeing = held.agreeing.saturating_add(1);
        }
        let held = state.held.as_ref().map(|held| held.iris.clone()).unwrap_or_default();
        let metadata = self.harvest.state.get_as::<Metadata>("metadata", self.id.as_str())?;
        let report = &mut self.report;
        report.outcome = if held.is_empty() {
            HarvestOutcome::Unchanged
        } else {
            HarvestOutcome::Held
        };
        report.documents = documents.len() as u64;
        report.triples = stored.map_or(0, |stored| stored.triples);
        report.snapshot = state.snapshot;
        report.datasets.held = held.len() as u64;
        report.datasets.unchanged = (state.first_seen.len() as u64).saturating_sub(report.datasets.held);
        report.changes.held = listed(held);
        report.findings = metadata.map(|(metadata, _)| Counts::of(&metadata.findings)).unwrap_or_default();
        if let Some(watch) = self.watch {
            self.harvest
                .state
                .put_under(&watch.lease, STATE, self.id.as_str(), &state, self.clock.at)?;
            self.harvest.state.delete(TROUBLE, self.id.as_str())?;
        }
        Ok(())
    }

    /// The last good snapshot stays; what went wrong is remembered.
    fn stopped(&mut self, stop: Stop) {
        let Stop { outcome, reason } = stop;
        tracing::warn!(source = %self.id, reason = %reason.id, "the harvest did not complete");
        if let Ok(Some(stored)) = self.harvest.store.snapshot(self.id) {
            self.report.triples = stored.triples;
            self.report.snapshot = Some(stored.sha256);
        }
        if self.watch.is_some() && !matches!(reason.id.as_str(), "source-quarantined" | "harvest-lease-lost") {
            let trouble: Option<(crate::Trouble, _)> = self.harvest.state.get_as(TROUBLE, self.id.as_str()).ok().flatten();
            let trouble = trouble.map(|(trouble, _)| trouble).unwrap_or_default();
            let after = trouble.after(&reason.id, self.clock.at);
            if let Err(refusal) = self.harvest.state.put(TROUBLE, self.id.as_str(), &after, self.clock.at) {
                tracing::error!(source = %self.id, reason = %refusal.id, "what went wrong could not be remembered");
            }
        }
        self.report.outcome = outcome;
        self.report.reason = Some(reason);
    }

    fn took(&mut self, documents: &[Document]) {
        self.report.documents += documents.len() as u64;
        self.report.bytes += documents.iter().map(|document| document.received).sum::<u64>();
    }
}

/// A part that cannot be read stops the whole run (`harvest.md` section 2).
fn incomplete(reason: Refusal) -> Stop {
    Stop::new(HarvestOutcome::Incomplete, reason)
}

fn listed(mut iris: Vec<String>) -> Vec<String> {
    iris.truncate(LISTED_MAX);
    iris
}

fn empty(id: &SourceId, options: &Options, at: DateTime<Utc>) -> HarvestRun {
    HarvestRun {
        source: id.clone(),
        outcome: HarvestOutcome::Failed,
        trigger: options.trigger.clone(),
        started: at,
        seconds: 0.0,
        documents: 0,
        requests: 0,
        bytes: 0,
        triples: 0,
        quads_written: 0,
        datasets: DatasetCounts::default(),
        findings: Counts::default(),
        snapshot: None,
        changes: ChangedIris::default(),
        reason: None,
        finding_list: Vec::new(),
    }
}

fn failed(id: &SourceId, options: &Options, clock: Clock, reason: Refusal) -> HarvestRun {
    HarvestRun {
        reason: Some(reason),
        seconds: clock.elapsed().as_secs_f64(),
        ..empty(id, options, clock.at)
    }
}

/// The private folder of one run; gone when dropped. The holder of the lease first removes what a killed run left.
struct Work {
    dir: PathBuf,
}

static DRY: AtomicU64 = AtomicU64::new(0);

impl Work {
    fn new(harvest: &Harvest, id: &SourceId, leased: bool) -> Result<Self, Refusal> {
        let work = harvest.data.join("work");
        let dir = if leased {
            let dir = work.join("harvest").join(id.as_str());
            let _ = fs::remove_dir_all(&dir);
            dir
        } else {
            let number = DRY.fetch_add(1, Ordering::Relaxed);
            work.join("dry").join(format!("{id}-{}-{number}", std::process::id()))
        };
        fs::create_dir_all(&dir).map_err(|error| refuse::disk("work", &error))?;
        // The worker's working directory is its own, so paths must not depend on ours.
        let dir = fs::canonicalize(&dir).map_err(|error| refuse::disk("work", &error))?;
        Ok(Self { dir })
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.dir);
    }
}
