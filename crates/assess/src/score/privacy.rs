//! PRIV: whether people are protected. From detectors, the independent report on the written file, and signed decisions.

use std::collections::BTreeSet;

use fyr_model::Text;
use fyr_model::privacy::{Interest, PersonalDataFinding};
use fyr_model::readiness::Evidence;

use super::rules::RULES;
use super::{Seen, is_release};

pub(super) fn measure(id: &str, evidence: &Evidence) -> Seen {
    match id {
        "P1" => identifiers(evidence),
        "P2" => groups(evidence),
        "P3" => decisions(evidence),
        "P4" => Seen::unmeasured(
            "Ej mätt: aggregering och ackumulation är inte prövad.",
            "Not measured: aggregation and accumulation have not been checked.",
        ),
        "P5" => report(evidence),
        _ => Seen::unmeasured("Ej mätt.", "Not measured."),
    }
}

/// What was found in the file that the score is about: the written one of a release, the publisher's own of a source.
fn detections(evidence: &Evidence) -> Option<&[PersonalDataFinding]> {
    let written = evidence.privacy.as_ref().map(|report| report.detections.as_slice());
    if is_release(evidence) {
        written
    } else {
        evidence.detections.as_deref().or(written)
    }
}

/// Columns with a direct identifier that nobody has judged; none when nobody has looked.
pub(super) fn unresolved(evidence: &Evidence) -> Option<usize> {
    let same = |one: &str, other: &str| one.replace('-', "_").eq_ignore_ascii_case(&other.replace('-', "_"));
    let cleared = |finding: &PersonalDataFinding| {
        let clearance = evidence.privacy.as_ref().and_then(|report| report.cleared.get(&finding.column));
        clearance.is_some_and(|clearance| finding.kind.as_deref().is_some_and(|kind| same(kind, &clearance.kind)))
    };
    Some(
        detections(evidence)?
            .iter()
            .filter(|finding| finding.verdict == "direct" && !cleared(finding))
            .count(),
    )
}

fn identifiers(evidence: &Evidence) -> Seen {
    let (Some(unresolved), Some(all)) = (unresolved(evidence), detections(evidence).map(<[_]>::len)) else {
        return Seen::unmeasured(
            "Ej mätt: filen har inte genomsökts.",
            "Not measured: the file has not been scanned.",
        );
    };
    let text = Text::new(
        format!("{unresolved} av {all} kolumner har direkt identifierande uppgifter som ingen har bedömt."),
        format!("{unresolved} of {all} columns hold direct identifiers that nobody has judged."),
    );
    Seen::yes_no(unresolved == 0, text.clone(), text)
}

fn groups(evidence: &Evidence) -> Seen {
    let Some(report) = &evidence.privacy else {
        return Seen::unmeasured(
            "Ej mätt: den skrivna filen är inte granskad.",
            "Not measured: the written file has not been audited.",
        );
    };
    let required = report.k_required.unwrap_or(0).max(RULES.parameters.k_floor);
    let Some(k) = report.k else {
        return Seen::unmeasured(
            "Ej mätt: rapporten anger ingen gruppstorlek.",
            "Not measured: the report gives no group size.",
        );
    };
    let text = Text::new(
        format!("Minsta gruppen har {k} rader; minst {required} krävs. {} grupper.", report.classes),
        format!(
            "The smallest group has {k} rows; at least {required} are asked for. {} groups.",
            report.classes
        ),
    );
    Seen::Fraction(if k >= required { 1.0 } else { k as f64 / required as f64 }, text)
}

/// The interests decided on the candidate that most decisions are about, each with name, role and ground. One that stands counts for every
/// candidate: whether this one is inside what it stands for is settled before a release, and a source has no decisions.
pub(super) fn decided(evidence: &Evidence) -> BTreeSet<Interest> {
    let full = |text: &str| !text.trim().is_empty();
    let complete: Vec<_> = evidence
        .decisions
        .iter()
        .filter(|decision| full(&decision.by) && full(&decision.role) && full(&decision.ground))
        .collect();
    let on = |candidate| {
        complete
            .iter()
            .filter(|decision| decision.candidate == candidate || decision.standing.is_some())
            .map(|decision| decision.interest)
            .collect::<BTreeSet<_>>()
    };
    complete
        .iter()
        .map(|decision| on(decision.candidate))
        .max_by_key(BTreeSet::len)
        .unwrap_or_default()
}

fn decisions(evidence: &Evidence) -> Seen {
    let decided = decided(evidence);
    let all = Interest::ALL.len();
    let invented = evidence.decisions.iter().filter(|decision| decision.invented).count();
    let (demo_sv, demo_en) = if invented > 0 {
        (" Påhittade handläggare har beslutat.", " Invented officers have decided.")
    } else {
        ("", "")
    };
    let text = Text::new(
        format!("{} av {all} skyddsintressen är beslutade.{demo_sv}", decided.len()),
        format!("{} of {all} protected interests are decided.{demo_en}", decided.len()),
    );
    Seen::share(decided.len(), all, text)
}

fn report(evidence: &Evidence) -> Seen {
    let Some(report) = &evidence.privacy else {
        return Seen::unmeasured(
            "Ej mätt: den skrivna filen är inte granskad.",
            "Not measured: the written file has not been audited.",
        );
    };
    let changed = report.k_required.is_some() || !report.quasi_identifiers.is_empty();
    match (&evidence.protection, changed) {
        (Some(facts), _) => {
            let text = Text::new(
                format!("Rapporten finns, med förlust {:.3} ({}).", facts.loss, facts.loss_metric),
                format!("The report is there, with loss {:.3} ({}).", facts.loss, facts.loss_metric),
            );
            Seen::Fraction(1.0, text)
        }
        (None, false) => Seen::Fraction(
            1.0,
            Text::new(
                "Rapporten finns; ingen kolumn behövde ändras.",
                "The report is there; no column had to be changed.",
            ),
        ),
        (None, true) => Seen::Fraction(
            0.5,
            Text::new(
                "Rapporten saknar omvandling och förlust.",
                "The report lacks transformation and loss.",
            ),
        ),
    }
}
