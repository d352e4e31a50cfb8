//! The four gates (`readiness.md` section 3): what caps a score, and what withholds it.

use fyr_model::privacy::Interest;
use fyr_model::readiness::{Evidence, Gate, Indicator, Status};
use fyr_model::{Reuse, Text};

use super::rules::{GateRow, RULES};
use super::{access, is_release, licence, privacy};

/// Whether G2 bites, and on what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Withheld {
    No,
    /// A direct identifier that nobody has judged.
    Identifier,
    /// A release with fewer than three decisions.
    Unsigned,
}

/// The gates that bite, in order.
pub(super) fn biting(evidence: &Evidence) -> Vec<Gate> {
    RULES.gate.iter().filter_map(|row| bites(row, evidence)).collect()
}

fn bites(row: &GateRow, evidence: &Evidence) -> Option<Gate> {
    let reason = match row.id.as_str() {
        "G1" => no_licence(evidence).then(|| row.reason.clone()),
        "G2" => match withheld(evidence) {
            Withheld::No => None,
            Withheld::Identifier if !is_release(evidence) => Some(Text::new(
                "Ej publicerbar: filen innehåller direkt identifierande uppgifter. Utgivaren får besked.",
                "Not publishable: the file holds direct identifiers. The publisher is told.",
            )),
            Withheld::Identifier => Some(Text::new(
                "Publiceras inte: direkt identifierande uppgifter finns kvar i utgåvan.",
                "Not published: direct identifiers remain in the release.",
            )),
            Withheld::Unsigned => Some(unsigned(evidence)),
        },
        "G3" => (!access::something_to_download(evidence)).then(|| row.reason.clone()),
        "G4" => evidence.unreadable.is_some().then(|| row.reason.clone()),
        _ => None,
    }?;
    Some(Gate {
        id: row.id.clone(),
        reason,
        at_most: row.at_most,
    })
}

/// No licence can be determined: the read distribution's is unknown, or all of them are.
fn no_licence(evidence: &Evidence) -> bool {
    let verdicts = licence::verdicts(evidence);
    let read = evidence
        .distribution
        .as_deref()
        .and_then(|iri| verdicts.iter().find(|(known, _)| known.as_str() == iri));
    match read {
        Some((_, verdict)) => verdict.reuse == Reuse::Unknown,
        None => verdicts.iter().all(|(_, verdict)| verdict.reuse == Reuse::Unknown),
    }
}

pub(super) fn withheld(evidence: &Evidence) -> Withheld {
    if privacy::unresolved(evidence).is_some_and(|columns| columns > 0) {
        return Withheld::Identifier;
    }
    if is_release(evidence) && privacy::decided(evidence).len() < Interest::ALL.len() {
        return Withheld::Unsigned;
    }
    Withheld::No
}

fn unsigned(evidence: &Evidence) -> Text {
    let decided = privacy::decided(evidence);
    let missing: Vec<Text> = Interest::ALL
        .into_iter()
        .filter(|interest| !decided.contains(interest))
        .map(Interest::name)
        .collect();
    let list = |pick: fn(&Text) -> &str| missing.iter().map(pick).collect::<Vec<_>>().join(", ");
    Text::new(
        format!("Publiceras inte: ingen har beslutat om {}.", list(|text| &text.sv)),
        format!("Not published: nobody has decided on {}.", list(|text| &text.en)),
    )
}

/// Whether a gate falls when the indicators in `at_one` hold: every indicator that lifts it holds already, does not apply, or is among them.
/// At least one must be among them, since the gate bites now.
pub(super) fn lifted(gate: &Gate, indicators: &[Indicator], at_one: &[&str]) -> bool {
    let Some(row) = RULES.gate.iter().find(|row| row.id == gate.id) else {
        return false;
    };
    let mut mended = false;
    for id in &row.lifted_by {
        if at_one.contains(&id.as_str()) {
            mended = true;
            continue;
        }
        let status = indicators
            .iter()
            .find(|indicator| &indicator.id == id)
            .map(|indicator| indicator.status);
        if !matches!(status, Some(Status::Pass | Status::NotApplicable | Status::NotMeasured)) {
            return false;
        }
    }
    mended
}
