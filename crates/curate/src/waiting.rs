//! What waits for people: every candidate with what it lacks, and every pipeline whose last run stopped.
//!
//! In: the candidates' folder, decisions and the last runs. Out: [`Waiting`], for those who answer for the pipelines. What the accumulation
//! guard found is not in it.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use fyr_model::privacy::Interest;
use fyr_model::waiting::{Stands, Stop, Waiting, WaitingCandidate, WaitingState};
use fyr_model::{LangStrings, PipelineName, Refusal};

use crate::candidate::Candidate;
use crate::facts::{CurateOutcome, CurateRun};
use crate::pipeline::Pipelines;
use crate::run::Curate;

impl Curate {
    /// What waits at `at`, by name.
    ///
    /// # Errors
    /// What the state and the folder of releases refuse.
    pub fn waiting(&self, pipelines: &Pipelines, at: DateTime<Utc>) -> Result<Vec<Waiting>, Refusal> {
        let mut names: BTreeSet<PipelineName> = pipelines.names().into_iter().collect();
        let folders = std::fs::read_dir(self.data.join("candidates"));
        let made = folders.into_iter().flatten().flatten();
        names.extend(made.filter_map(|entry| entry.file_name().to_str()?.parse().ok()));
        let mut all = Vec::new();
        for name in names {
            all.extend(self.waits(pipelines, &name, at)?);
        }
        Ok(all)
    }

    fn waits(&self, pipelines: &Pipelines, name: &PipelineName, at: DateTime<Utc>) -> Result<Option<Waiting>, Refusal> {
        let candidate = match Candidate::read(&self.data, name) {
            Ok(candidate) => Some(candidate),
            Err(refusal) if refusal.id == "candidate-missing" => None,
            Err(refusal) => return self.stopped(pipelines, name, Stop::of(&refusal, at)).map(Some),
        };
        let stop = self.last_stop(name)?;
        let Some(candidate) = candidate else {
            return stop.map(|stop| self.stopped(pipelines, name, stop)).transpose();
        };
        let decisions = self.decisions_on(name, &candidate.digest)?;
        let departures = fyr_publish::departed(&candidate.decided(at), &decisions);
        let undecided = self.undecided(name, at)?;
        let state = match (departures.is_empty(), undecided.is_empty()) {
            (false, _) => WaitingState::Paused,
            (true, false) => WaitingState::Undecided,
            (true, true) => WaitingState::Ready,
        };
        let published = fyr_publish::latest(&self.published, name)?.map(|release| release.manifest.record.version);
        Ok(Some(Waiting {
            pipeline: name.clone(),
            source: pipelines.read(name.as_str()).ok().map(|pipeline| pipeline.file.source),
            title: candidate.record.title.clone(),
            state,
            published,
            undecided,
            standing: self.standing(name)?,
            departures: departures.iter().map(|one| one.as_shown()).collect(),
            stopped: stop.filter(|stop| stop.at > candidate.made),
            candidate: Some(WaitingCandidate {
                digest: candidate.digest,
                version: candidate.record.version,
                made: candidate.made,
                rows: candidate.record.rows,
            }),
        }))
    }

    /// A pipeline that has no candidate to decide on.
    fn stopped(&self, pipelines: &Pipelines, name: &PipelineName, stop: Stop) -> Result<Waiting, Refusal> {
        let former = fyr_publish::latest(&self.published, name)?.map(|release| release.manifest.record);
        Ok(Waiting {
            pipeline: name.clone(),
            source: pipelines.read(name.as_str()).ok().map(|pipeline| pipeline.file.source),
            title: former.as_ref().map_or_else(LangStrings::default, |record| record.title.clone()),
            state: WaitingState::Stopped,
            published: former.map(|record| record.version),
            candidate: None,
            undecided: Vec::new(),
            standing: self.standing(name)?,
            departures: Vec::new(),
            stopped: Some(stop),
        })
    }

    /// Why the last run of a pipeline made no candidate; nothing when it made one, or found nothing new.
    fn last_stop(&self, name: &PipelineName) -> Result<Option<Stop>, Refusal> {
        let last = self.state.get_as::<CurateRun>("curate", name.as_str())?;
        Ok(last.and_then(|(run, at)| {
            let is_stop = matches!(run.outcome, CurateOutcome::Refused | CurateOutcome::Failed);
            run.refused_because.filter(|_| is_stop).map(|refusal| Stop::of(&refusal, at))
        }))
    }

    /// The latest standing decision of each interest.
    fn standing(&self, name: &PipelineName) -> Result<Vec<Stands>, Refusal> {
        let log = self.state.decision_log(name)?;
        let until = |interest: Interest| {
            let of = log.iter().rev().filter(|decision| decision.interest == interest);
            let standing = of.filter_map(|decision| decision.standing.as_ref()).next()?;
            Some(Stands {
                interest,
                until: standing.until,
            })
        };
        Ok(Interest::ALL.into_iter().filter_map(until).collect())
    }
}
