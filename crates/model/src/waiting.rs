//! What waits for people: candidates that need decisions, and pipelines that stopped (`privacy.md` section 6).
//!
//! Shown to those who answer for them, never on a public page, and even there without what the accumulation guard found: its findings are a
//! list of targets, and stand in the private area only.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::finding::Refusal;
use crate::ids::{PipelineName, Sha256, SourceId, Version};
use crate::privacy::Interest;
use crate::standing::{Departure, DepartureKind};
use crate::text::{LangStrings, Text};

/// Why it waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WaitingState {
    /// It departs from the standing decisions that it would need.
    Paused,
    /// Nobody has decided on some of the interests.
    Undecided,
    /// Everything is decided; it can be published.
    Ready,
    /// The last run made no candidate.
    Stopped,
}

impl WaitingState {
    /// The word of the reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Paused => "paused",
            Self::Undecided => "undecided",
            Self::Ready => "ready",
            Self::Stopped => "stopped",
        }
    }

    /// What people call it.
    pub fn name(self) -> Text {
        match self {
            Self::Paused => Text::new("pausad", "paused"),
            Self::Undecided => Text::new("väntar på beslut", "waits for decisions"),
            Self::Ready => Text::new("kan publiceras", "can be published"),
            Self::Stopped => Text::new("stoppad", "stopped"),
        }
    }
}

/// A standing decision and its last day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stands {
    /// On what.
    pub interest: Interest,
    /// Until when.
    pub until: NaiveDate,
}

/// Why the last run made no candidate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stop {
    /// When it ran.
    pub at: DateTime<Utc>,
    /// The word of the refusal.
    pub id: String,
    /// What happened.
    pub message: Text,
    /// What to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<Text>,
}

/// One pipeline that waits for people.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Waiting {
    /// The pipeline.
    pub pipeline: PipelineName,
    /// Its source, where the pipeline can be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<SourceId>,
    /// The dataset's title, where one is known.
    #[serde(default)]
    pub title: LangStrings,
    /// Why it waits.
    pub state: WaitingState,
    /// The version that is published meanwhile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published: Option<Version>,
    /// The candidate, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub candidate: Option<WaitingCandidate>,
    /// Interests that still need a decision on the candidate.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub undecided: Vec<Interest>,
    /// The standing decisions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub standing: Vec<Stands>,
    /// In what the candidate departs from them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub departures: Vec<Departure>,
    /// Why the last run made no candidate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<Stop>,
}

/// What waits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WaitingCandidate {
    /// The digest that decisions are made on.
    pub digest: Sha256,
    /// The version that it would be published as.
    pub version: Version,
    /// When it was made.
    pub made: DateTime<Utc>,
    /// Its rows.
    pub rows: u64,
}

/// The refusal of the accumulation guard.
const HELD: &str = "accumulation-held";

impl Departure {
    /// As it is shown to those who decide: that the guard found something else, not what.
    pub fn as_shown(&self) -> Self {
        let detail = match self.kind {
            DepartureKind::Guard => Text::new(
                "den röjer annat tillsammans med tidigare utgåvor än när besluten fattades",
                "together with earlier releases it shows something else than when the decisions were made",
            ),
            _ => self.detail.clone(),
        };
        Self { detail, ..self.clone() }
    }
}

impl Stop {
    /// A refused run as it is shown: that the guard holds it, not how much was found.
    pub fn of(refusal: &Refusal, at: DateTime<Utc>) -> Self {
        let (message, hint) = if refusal.id == HELD {
            (
                Text::new(
                    "tillsammans med vad som redan är publicerat skulle den röja för små grupper",
                    "together with what is public already it would show groups that are too small",
                ),
                Some(Text::new(
                    "den som svarar för personskyddet läser fynden i datamappen, gör grövre eller löser dem i policyn",
                    "whoever answers for privacy reads the findings in the data folder, generalises or resolves them in the policy",
                )),
            )
        } else {
            (refusal.message.clone(), refusal.hint.clone())
        };
        Self {
            at,
            id: refusal.id.clone(),
            message,
            hint,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::RefusalKind;

    #[test]
    fn what_the_guard_found_is_never_shown() {
        let departure = Departure {
            kind: DepartureKind::Guard,
            detail: Text::new("nytt fynd: join skolor (ort, alder)", "new finding: join skolor (ort, alder)"),
            interests: Interest::ALL.to_vec(),
        };
        let shown = departure.as_shown();
        assert!(!shown.detail.en.contains("skolor") && !shown.detail.sv.contains("alder"));
        assert_eq!(shown.interests, departure.interests);
        let held = Refusal::new(HELD, RefusalKind::Forbidden, "trad", Text::new("7 fynd", "7 findings"));
        let stop = Stop::of(&held, DateTime::UNIX_EPOCH);
        assert!(!stop.message.en.contains('7') && !stop.message.sv.contains('7'));
        let other = Refusal::new("quality-error", RefusalKind::Forbidden, "trad", Text::new("q1", "q1"));
        assert_eq!(Stop::of(&other, DateTime::UNIX_EPOCH).message, other.message);
    }
}
