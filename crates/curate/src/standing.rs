//! What a candidate is, as standing decisions are held against it (`privacy.md` section 6).
//!
//! In: the pipeline as written, and what was measured while its candidate was made. Out: [`Terms`]: names, limits and digests, never a value.
//! Whether a decision holds is asked of `fyr_publish::signed`; nothing is decided here.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use fyr_model::lock::ReadingLock;
use fyr_model::privacy::{Decision, Interest, PersonalDataFinding, PrivacyReport};
use fyr_model::quality::QualityReport;
use fyr_model::readiness::Evidence;
use fyr_model::release::ReleaseRecord;
use fyr_model::standing::{Departure, Standing, Terms, until_max};
use fyr_model::{PipelineName, Refusal, RefusalKind, Severity, Sha256, Text};
use fyr_privacy::accumulation::Found;
use fyr_publish::Decided;
use serde::Serialize;

use crate::candidate::Candidate;
use crate::pipeline::Pipeline;
use crate::reading;
use crate::run::Curate;

/// What was seen of a candidate while it was made.
pub(crate) struct Seen<'a> {
    pub(crate) record: &'a ReleaseRecord,
    pub(crate) quality: &'a QualityReport,
    pub(crate) evidence: &'a Evidence,
    pub(crate) privacy: &'a PrivacyReport,
    pub(crate) found: &'a [Found],
}

/// The terms of a candidate that the pipeline `written` gave.
pub(crate) fn terms(written: &Pipeline, seen: &Seen<'_>) -> Terms {
    let columns = seen.record.columns.iter();
    let roles = written.policy.columns.iter();
    Terms {
        pipeline: written.name.clone(),
        making: making(written),
        licence: seen.record.licence.code.clone(),
        columns: columns.map(|column| (column.name.clone(), word(&column.kind))).collect(),
        roles: roles.map(|(name, column)| (name.clone(), column.role())).collect(),
        policy: policy(written),
        limits: written.policy.model.clone(),
        guard: guard(seen.found),
        findings: findings(seen),
        drift: drift(seen.evidence),
    }
}

/// A fixed word as serde writes it.
fn word<T: Serialize>(value: &T) -> String {
    let value = serde_json::to_value(value).unwrap_or_default();
    value.as_str().unwrap_or_default().to_owned()
}

/// What the pipeline file says of the making. What people only tell about the dataset may change.
fn making(written: &Pipeline) -> Sha256 {
    let mut said = serde_json::to_value(&written.file).unwrap_or_default();
    if let Some(said) = said.as_object_mut() {
        for told in ["policy", "card", "update_plan", "explained"] {
            said.remove(told);
        }
    }
    Sha256::of(said.to_string().as_bytes())
}

/// The policy without roles, limits and resolutions, which are compared one by one; with the hierarchies' own texts.
fn policy(written: &Pipeline) -> Sha256 {
    let policy = &written.policy;
    let model = policy.model.as_ref();
    let hierarchies: BTreeMap<&String, &str> = policy
        .columns
        .iter()
        .filter_map(|(name, column)| Some((name, column.hierarchy()?)))
        .collect();
    let said = serde_json::json!({
        "hierarchies": hierarchies,
        "files": written.hierarchies,
        "suppression_max": model.map(|model| model.suppression_max),
        "loss": model.map(|model| &model.loss),
        "gs_factor": model.map(|model| model.gs_factor),
        "subset": model.and_then(|model| model.presence.as_ref()).map(|presence| &presence.subset),
        "population_file": model.and_then(|model| model.k_map.as_ref()).map(|map| &map.population),
        "cleared": policy.cleared,
        "actions": policy.actions,
        "pseudonyms": policy.pseudonyms,
        "population": policy.population,
    });
    Sha256::of(said.to_string().as_bytes())
}

/// What the guard found, without versions: those differ every night.
pub(crate) fn guard(found: &[Found]) -> BTreeSet<String> {
    found
        .iter()
        .map(|one| {
            let earlier: Vec<&str> = one
                .releases
                .iter()
                .take(one.releases.len().saturating_sub(1))
                .map(|release| release.split(' ').next().unwrap_or_default())
                .collect();
            format!("{} {} ({})", word(&one.kind), earlier.join(" + "), one.columns.join(", "))
        })
        .collect()
}

fn findings(seen: &Seen<'_>) -> BTreeSet<String> {
    let of = |who: &str, all: &[PersonalDataFinding]| -> Vec<String> {
        let found = all.iter().filter(|finding| finding.verdict != "none");
        found
            .map(|finding| {
                let kind = finding.kind.as_deref().unwrap_or("-");
                format!("{who} {} {kind} `{}`", finding.verdict, finding.column)
            })
            .collect()
    };
    let mut all = of("detector", seen.evidence.detections.as_deref().unwrap_or_default());
    all.extend(of("auditor", &seen.privacy.detections));
    let rules = seen.quality.rules.iter().filter(|rule| !rule.passed);
    all.extend(rules.map(|rule| format!("rule {}", rule.id)));
    let reading = seen.evidence.reading.iter().flat_map(|report| &report.findings);
    all.extend(
        reading
            .filter(|finding| finding.severity != Severity::Info)
            .map(|finding| format!("{READING}{}", finding.id)),
    );
    all.into_iter().collect()
}

fn drift(evidence: &Evidence) -> BTreeSet<String> {
    let findings = evidence.drift.iter().flat_map(|report| &report.findings);
    findings
        .filter(|finding| finding.severity != Severity::Info)
        .map(|finding| format!("{} `{}`", finding.id, finding.focus))
        .collect()
}

/// What the findings of a reading are called among the findings of [`Terms`].
const READING: &str = "reading ";
/// The document with the reading that the latest release was made by.
pub(crate) const RELEASED_READING: &str = "released-reading";

impl Curate {
    /// The terms of a candidate with how its reading departs from that of the latest release. The lock follows each reading, so the same file
    /// read once more departs in nothing from it: what nobody has decided on would be forgotten by the next night.
    pub(crate) fn still_asked(&self, mut terms: Terms, lock: &ReadingLock) -> Result<Terms, Refusal> {
        if let Some((released, _)) = self.state.get_as::<ReadingLock>(RELEASED_READING, terms.pipeline.as_str())? {
            let departures = reading::departures(&released, lock);
            let asked = departures.iter().filter(|finding| finding.severity != Severity::Info);
            terms.findings.extend(asked.map(|finding| format!("{READING}{}", finding.id)));
        }
        Ok(terms)
    }

    /// Takes away a candidate when the source is again as the latest release: nobody should decide on what no longer is.
    pub(crate) fn outdated(&self, name: &PipelineName) -> Result<(), Refusal> {
        let Ok(candidate) = Candidate::read(&self.data, name) else {
            return Ok(());
        };
        let latest = fyr_publish::latest(&self.published, name)?;
        // One that is the release itself is what a dead process left of a publication; `publish` ends that.
        if latest.is_some_and(|release| release.manifest.candidate != candidate.digest) {
            crate::disk::clean(&Candidate::folder(&self.data, name));
        }
        Ok(())
    }

    /// Binds a decision that is to stand to what the waiting candidate is.
    pub(crate) fn bind(&self, name: &PipelineName, candidate: &Candidate, decision: &mut Decision) -> Result<(), Refusal> {
        let Some(asked) = decision.standing.take() else { return Ok(()) };
        let (today, last) = (decision.at.date_naive(), until_max(decision.at));
        if asked.until < today || asked.until > last {
            let text = Text::new(
                format!("--until måste ligga mellan {today} och {last}: ett stående beslut gäller i högst tolv månader"),
                format!("--until must lie between {today} and {last}: a standing decision holds for twelve months at most"),
            );
            return Err(Refusal::new("decision-until", RefusalKind::Configuration, name.as_str(), text));
        }
        let Some(terms) = candidate.terms.clone() else {
            let text = Text::new(
                "kandidaten säger inte vad ett stående beslut skulle gälla",
                "the candidate does not say what a standing decision would hold for",
            );
            return Err(
                Refusal::new("candidate-terms", RefusalKind::Forbidden, name.as_str(), text).hint(Text::new(
                    format!("kör `fyr curate {name}` igen"),
                    format!("run `fyr curate {name}` again"),
                )),
            );
        };
        decision.standing = Some(Standing {
            until: asked.until,
            terms: terms.digest(),
            bound_to: Some(terms),
        });
        Ok(())
    }

    /// The decisions that a candidate can be released on: those on itself, and the standing ones, in the order they were made.
    pub(crate) fn decisions_on(&self, name: &PipelineName, candidate: &Sha256) -> Result<Vec<Decision>, Refusal> {
        let mut all = self.state.decision_log(name)?;
        all.retain(|decision| decision.candidate == *candidate || decision.standing.is_some());
        Ok(all)
    }

    /// In what the waiting candidate departs from the standing decisions that it would need.
    pub(crate) fn departures(&self, name: &PipelineName, at: DateTime<Utc>) -> Result<Vec<Departure>, Refusal> {
        let candidate = Candidate::read(&self.data, name)?;
        Ok(fyr_publish::departed(
            &candidate.decided(at),
            &self.decisions_on(name, &candidate.digest)?,
        ))
    }

    /// The interests that the waiting candidate still needs a decision on.
    ///
    /// # Errors
    /// `candidate-missing`, and what the state refuses.
    pub fn undecided(&self, name: &PipelineName, at: DateTime<Utc>) -> Result<Vec<Interest>, Refusal> {
        let candidate = Candidate::read(&self.data, name)?;
        let decisions = self.decisions_on(name, &candidate.digest)?;
        let departed = fyr_publish::departed(&candidate.decided(at), &decisions);
        let waits = |interest: &Interest| {
            let made = decisions.iter().any(|decision| decision.interest == *interest);
            !made || departed.iter().any(|one| one.interests.contains(interest))
        };
        Ok(Interest::ALL.into_iter().filter(waits).collect())
    }

    /// Whether each interest has a decision that stands on the day of `at`: only then may a night publish what it made.
    ///
    /// # Errors
    /// What the state refuses.
    pub fn stands(&self, name: &PipelineName, at: DateTime<Utc>) -> Result<bool, Refusal> {
        let log = self.state.decision_log(name)?;
        let until = |interest: Interest| {
            let latest = log
                .iter()
                .rfind(|decision| decision.interest == interest && decision.standing.is_some());
            latest
                .and_then(|decision| decision.standing.as_ref())
                .map(|standing| standing.until)
        };
        Ok(Interest::ALL
            .into_iter()
            .all(|interest| until(interest).is_some_and(|day| at.date_naive() <= day)))
    }
}

impl Candidate {
    /// What decisions on it are held against.
    pub(crate) fn decided(&self, at: DateTime<Utc>) -> Decided<'_> {
        Decided {
            candidate: &self.digest,
            terms: self.terms.as_ref(),
            at,
        }
    }
}
