//! The second half of a run, once every document is read: compare, brake, judge, and write in the order that survives a kill.

use std::collections::BTreeMap;
use std::path::PathBuf;

use chrono::{DateTime, Utc};
use fyr_graph::{ReadResponse, merge};
use fyr_jobs::{Lease, RunId, Tombstone};
use fyr_model::harvest::HarvestOutcome;
use fyr_model::{Finding, Refusal, Sha256, SourceId};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::brake::{Brake, brake};
use crate::difference::{Change, difference, is_dataset};
use crate::judge::{Judged, Known, judge};
use crate::prior::{Old, Prior};
use crate::run::Stop;
use crate::snapshot::Snapshots;
use crate::state::{DocumentState, STATE, SourceState, TROUBLE};
use crate::watch::TTL;
use crate::{Harvest, keep, refuse};

/// Kind of the document that says which source owns a dataset (H18).
const OWNER: &str = "owner";

#[derive(Debug, Serialize, Deserialize)]
struct Owner {
    source: SourceId,
}

/// What a run has come to when its documents are read.
pub struct Settle {
    pub harvest: Harvest,
    pub id: SourceId,
    pub url: String,
    pub prior: Prior,
    /// Main document first.
    pub parts: Vec<ReadResponse>,
    pub documents: Vec<DocumentState>,
    pub findings: Vec<Finding>,
    pub approved: bool,
    pub dir: PathBuf,
    pub at: DateTime<Utc>,
    /// None for a dry run: nothing is kept.
    pub keep: Option<(Lease, RunId, DateTime<Utc>)>,
}

/// What it came to.
pub struct Settled {
    pub outcome: HarvestOutcome,
    pub change: Change,
    pub brake: Brake,
    pub judged: Judged,
    pub snapshot: Sha256,
    pub triples: u64,
    pub quads_written: u64,
}

impl Settle {
    /// Blocks: called on a thread for blocking work.
    pub fn run(self) -> Result<Settled, Stop> {
        let old = self.prior.old(&self.harvest, &self.id)?;
        let read = merge(&self.parts, &self.dir)?;
        let before = count(&old.entities);
        let now = count(&read.entities);
        let services = read.view.services.len();
        if now == 0 && (before > 0 || services == 0) {
            return Err(Stop::new(HarvestOutcome::Suspect, refuse::no_datasets(&self.url, before)));
        }
        let change = difference(&old.entities, &read.entities);
        let held = self.prior.state.held.as_ref();
        let brake = brake(&change.vanished, before, held, self.approved, self.at);
        let read = if brake.held.is_empty() {
            read
        } else {
            let former = old.unpack(&self.harvest, &self.id, &self.dir)?;
            keep::keep(read, &former, &old.entities, &brake.held, &self.dir)?
        };
        let owned = self.owned()?;
        let first_seen = self.first_seen(&read);
        let judged = self.judge(&read, &owned, &first_seen);
        let mut settled = Settled {
            outcome: self.outcome(&change, &brake, read.sha256),
            snapshot: read.sha256,
            triples: read.triples,
            quads_written: 0,
            change,
            brake,
            judged,
        };
        if let Some((lease, run, now)) = &self.keep {
            self.write(&read, &old, &mut settled, &owned, first_seen, (lease, *run, *now))?;
        }
        Ok(settled)
    }

    fn outcome(&self, change: &Change, brake: &Brake, sha256: Sha256) -> HarvestOutcome {
        let former = self.prior.stored.as_ref().map(|stored| stored.sha256);
        let differs = !change.added.is_empty() || !change.changed.is_empty() || !brake.removed.is_empty() || former != Some(sha256);
        match (brake.held.is_empty(), differs) {
            (false, _) => HarvestOutcome::Held,
            (true, true) => HarvestOutcome::Changed,
            (true, false) => HarvestOutcome::Unchanged,
        }
    }

    fn judge(&self, read: &ReadResponse, owned: &BTreeMap<String, SourceId>, first_seen: &BTreeMap<String, u32>) -> Judged {
        let runs = self.prior.state.complete_runs.saturating_add(1);
        let seen = first_seen
            .iter()
            .map(|(iri, first)| (iri.clone(), runs.saturating_sub(*first).saturating_add(1)));
        let known = Known {
            findings: self.findings.clone(),
            owned,
            seen: &seen.collect(),
            at: self.at,
        };
        judge(read, known)
    }

    /// The datasets that another source, which is still there, had first.
    fn owned(&self) -> Result<BTreeMap<String, SourceId>, Refusal> {
        let there = self.harvest.store.sources()?;
        let owners = self.harvest.state.list_as::<Owner>(OWNER)?;
        let others = owners.into_iter().map(|(iri, owner, _)| (iri, owner.source));
        Ok(others.filter(|(_, owner)| *owner != self.id && there.contains(owner)).collect())
    }

    /// The run in which each dataset of the new snapshot was first seen.
    fn first_seen(&self, read: &ReadResponse) -> BTreeMap<String, u32> {
        let state = &self.prior.state;
        let this = state.complete_runs.saturating_add(1);
        let datasets = read.entities.iter().filter(|entity| is_dataset(entity));
        datasets
            .map(|entity| (entity.iri.clone(), state.first_seen.get(&entity.iri).copied().unwrap_or(this)))
            .collect()
    }

    /// Everything that lasts. A kill between any two lines leaves old or new, and the next run does the rest.
    fn write(
        &self,
        read: &ReadResponse,
        old: &Old,
        settled: &mut Settled,
        owned: &BTreeMap<String, SourceId>,
        first_seen: BTreeMap<String, u32>,
        (lease, run, now): (&Lease, RunId, DateTime<Utc>),
    ) -> Result<(), Stop> {
        let Harvest { store, state, .. } = &self.harvest;
        let snapshots = Snapshots::of(&self.harvest.data, &self.id);
        snapshots.save(read)?;
        // A run that was paused past its lease must not write over its successor.
        if !state.renew(lease, TTL, now)? {
            return Err(refuse::lease_lost(&self.id).into());
        }
        settled.quads_written = store.replace(&self.id, &read.nquads, read.sha256, &self.harvest.limits)?;
        store.flush()?;

        self.bury(old, &settled.brake.removed, run)?;
        for iri in settled.change.added.iter() {
            state.remove_tombstone(&self.id, iri)?;
        }
        state.purge_tombstones(self.at)?;
        self.store_judgement(read, &settled.judged, owned)?;
        let complete = SourceState {
            documents: self.documents.clone(),
            snapshot: Some(read.sha256),
            rules: fyr_assess::packs(),
            last_complete: Some(self.at),
            complete_runs: self.prior.state.complete_runs.saturating_add(1),
            held: settled.brake.holding.clone(),
            first_seen,
        };
        state.put_under(lease, STATE, self.id.as_str(), &complete, self.at)?;
        state.delete(TROUBLE, self.id.as_str())?;
        snapshots.prune(&[read.sha256, old.file.unwrap_or(read.sha256)]);
        Ok(())
    }

    /// Tombstones with the last content, by the snapshot that still had it.
    fn bury(&self, old: &Old, removed: &[String], run: RunId) -> Result<(), Refusal> {
        if removed.is_empty() {
            return Ok(());
        }
        let view = match old.file {
            Some(_) => fyr_graph::view_of(&old.unpack(&self.harvest, &self.id, &self.dir)?)?,
            None => fyr_model::CatalogueView::default(),
        };
        for iri in removed {
            let last = view.datasets.iter().find(|dataset| dataset.id.as_str() == iri);
            self.harvest.state.add_tombstone(&Tombstone {
                source: self.id.clone(),
                iri: iri.clone(),
                content: last.and_then(|dataset| serde_json::to_value(dataset).ok()).unwrap_or(Value::Null),
                reason: "vanished".into(),
                run: Some(run),
                at: self.at,
            })?;
            if self.owns(iri)? {
                self.harvest.state.delete("score", iri)?;
                self.harvest.state.delete(OWNER, iri)?;
            }
        }
        Ok(())
    }

    fn owns(&self, iri: &str) -> Result<bool, Refusal> {
        let owner = self.harvest.state.get_as::<Owner>(OWNER, iri)?;
        Ok(owner.is_none_or(|(owner, _)| owner.source == self.id))
    }

    fn store_judgement(&self, read: &ReadResponse, judged: &Judged, owned: &BTreeMap<String, SourceId>) -> Result<(), Refusal> {
        let state = &self.harvest.state;
        let owner = Owner { source: self.id.clone() };
        let ours = read
            .entities
            .iter()
            .filter(|entity| is_dataset(entity) && !owned.contains_key(&entity.iri));
        state.put_all(OWNER, ours.map(|entity| (entity.iri.as_str(), &owner)), self.at)?;
        state.put_all("score", judged.scores.iter().map(|(iri, score)| (iri.as_str(), score)), self.at)?;
        state.put("metadata", self.id.as_str(), &judged.metadata, self.at)
    }
}

fn count(entities: &[fyr_graph::Entity]) -> usize {
    let mut iris: Vec<&str> = entities
        .iter()
        .filter(|entity| is_dataset(entity))
        .map(|entity| entity.iri.as_str())
        .collect();
    iris.sort_unstable();
    iris.dedup();
    iris.len()
}
