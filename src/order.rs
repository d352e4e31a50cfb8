//! An order: what a command asks of the one process that owns the data folder, and the reply.
//!
//! The same value is carried out here or sent to a running server through its socket, so both ways give the same answer.

use fyr_model::harvest::{HarvestRun, SourceFile};
use fyr_model::incident::{DetectorPrecision, Incident, Judgement};
use fyr_model::privacy::Decision;
use fyr_model::readiness::Readiness;
use fyr_model::release::Withdrawal;
use fyr_model::waiting::Waiting;
use fyr_model::{PipelineName, Refusal, SourceId};
use serde::{Deserialize, Serialize};

/// What is asked.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "order", rename_all = "kebab-case")]
#[allow(clippy::large_enum_variant)] // One value an invocation; boxing would only hide the shapes.
pub enum Order {
    /// Harvest some or all sources.
    Harvest {
        /// Which.
        sources: Vec<SourceId>,
        /// Every source.
        all: bool,
        /// Keep nothing.
        dry_run: bool,
    },
    /// All sources with their state.
    Sources,
    /// One source with its runs.
    Source {
        /// Which.
        id: SourceId,
    },
    /// Let a held deletion through.
    Approve {
        /// Which.
        id: SourceId,
    },
    /// Remove a source's graph and state.
    Forget {
        /// Which.
        id: SourceId,
    },
    /// Run pipelines.
    Curate {
        /// Names or paths.
        pipelines: Vec<String>,
        /// Every pipeline.
        all: bool,
        /// Keep nothing.
        dry_run: bool,
        /// Take a changed reading for the new one.
        #[serde(default)]
        accept_reading: bool,
    },
    /// One decision on the waiting candidate.
    Sign {
        /// The pipeline.
        dataset: PipelineName,
        /// The decision; its digest is filled in from the candidate.
        decision: Decision,
    },
    /// Publish candidates; all waiting when none is named.
    Publish {
        /// Which.
        datasets: Vec<PipelineName>,
    },
    /// What waits for people.
    Candidates,
    /// Take a release back.
    Withdraw {
        /// Which.
        dataset: PipelineName,
        /// Why.
        reason: String,
    },
    /// Stored scores; all when none is named.
    Score {
        /// IRIs or pipeline names.
        datasets: Vec<String>,
    },
    /// Incidents: all, or one.
    Incidents {
        /// Which.
        id: Option<String>,
    },
    /// What a person judged of an incident.
    JudgeIncident {
        /// Which.
        id: String,
        /// What.
        judgement: Judgement,
    },
    /// Ask the metadata graph.
    Sparql {
        /// The query.
        query: String,
    },
}

/// What comes back.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "reply", rename_all = "kebab-case")]
#[allow(clippy::large_enum_variant)] // One value an invocation; boxing would only hide the shapes.
pub enum Reply {
    /// Harvest runs.
    Harvest {
        /// Each.
        runs: Vec<HarvestRun>,
    },
    /// Sources.
    Sources {
        /// Each.
        sources: Vec<SourceState>,
    },
    /// Curate runs.
    Curate {
        /// Each.
        runs: Vec<fyr_curate::CurateRun>,
    },
    /// A decision that was recorded, and the interests still undecided.
    Sign {
        /// What was recorded.
        decision: Decision,
        /// What still waits.
        missing: Vec<fyr_model::privacy::Interest>,
    },
    /// Publications.
    Publish {
        /// Each.
        runs: Vec<fyr_curate::PublishRun>,
    },
    /// What waits for people.
    Candidates {
        /// Each.
        candidates: Vec<Waiting>,
    },
    /// A withdrawal.
    Withdraw {
        /// What was taken back.
        withdrawal: Withdrawal,
    },
    /// Scores.
    Score {
        /// Each.
        datasets: Vec<Readiness>,
    },
    /// Incidents, and what was judged of the detectors by them.
    Incidents {
        /// Each.
        incidents: Vec<Incident>,
        /// By kind, over all incidents.
        precision: Vec<DetectorPrecision>,
        /// Whether one was asked for by name.
        one: bool,
    },
    /// A query's answer.
    Sparql {
        /// Its media type.
        media_type: String,
        /// Its text.
        body: String,
        /// Whether a cap cut it.
        truncated: bool,
    },
    /// Done, nothing to show.
    Done,
    /// A stop.
    Refused {
        /// Why.
        refusal: Refusal,
    },
}

/// A source as lists show it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SourceState {
    /// Its name.
    pub id: SourceId,
    /// Its file.
    pub file: SourceFile,
    /// Datasets in the current snapshot.
    pub datasets: u64,
    /// Triples in the current snapshot.
    pub triples: u64,
    /// The last runs, newest first.
    pub runs: Vec<HarvestRun>,
}

impl Reply {
    /// The reply, or the refusal that it is.
    pub fn accepted(self) -> Result<Self, Refusal> {
        match self {
            Self::Refused { refusal } => Err(refusal),
            reply => Ok(reply),
        }
    }

    /// The exit code of `interface.md`: 5, 2, 4, 3, 1, 0 in that order over all items.
    pub fn exit_code(&self) -> u8 {
        use fyr_model::harvest::HarvestOutcome as Outcome;
        let codes: Vec<u8> = match self {
            Self::Harvest { runs } => runs
                .iter()
                .map(|run| match run.outcome {
                    Outcome::Changed | Outcome::Unchanged => 0,
                    Outcome::Held | Outcome::Incomplete | Outcome::Suspect => 1,
                    Outcome::Failed => run.reason.as_ref().map_or(3, Refusal::exit_code),
                })
                .collect(),
            Self::Curate { runs } => runs
                .iter()
                .map(|run| run.refused_because.as_ref().map_or(0, Refusal::exit_code))
                .collect(),
            Self::Publish { runs } => runs
                .iter()
                .map(|run| run.refused_because.as_ref().map_or(0, Refusal::exit_code))
                .collect(),
            Self::Refused { refusal } => vec![refusal.exit_code()],
            _ => Vec::new(),
        };
        worst(codes)
    }
}

/// The code that counts when several could.
pub fn worst(codes: impl IntoIterator<Item = u8>) -> u8 {
    let rank = |code: &u8| [0, 1, 3, 4, 2, 5].iter().position(|known| known == code).unwrap_or(5);
    codes.into_iter().max_by_key(rank).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_graver_code_wins_in_the_order_of_the_contract() {
        assert_eq!(worst([0, 1, 3]), 3);
        assert_eq!(worst([3, 2, 4]), 2);
        assert_eq!(worst([2, 5]), 5);
        assert_eq!(worst([3, 4]), 4);
        assert_eq!(worst([]), 0);
    }
}
