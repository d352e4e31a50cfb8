//! The three protected interests (2 kap. 1 § lagen 2022:818): each decided on its own, by a named person in a named role, on exactly this candidate.

use fyr_model::privacy::{Decision, Interest};
use fyr_model::{PipelineName, Refusal, Sha256};

use crate::refuse;

/// The latest decision for each interest on exactly `candidate`, in the order of the law. None is derived from another.
///
/// # Errors
/// `signature-missing` names the interests that nobody has decided on, `candidate-mismatch` those decided on another digest only,
/// `signature-incomplete` those whose decision lacks person, role, organisation or ground.
pub fn signed(name: &PipelineName, candidate: &Sha256, decisions: &[Decision]) -> Result<Vec<Decision>, Refusal> {
    let of = |interest: Interest| decisions.iter().filter(move |decision| decision.interest == interest);
    let here = |interest: Interest| of(interest).rfind(|decision| decision.candidate == *candidate);
    let none: Vec<Interest> = Interest::ALL
        .into_iter()
        .filter(|interest| of(*interest).next().is_none())
        .collect();
    if !none.is_empty() {
        return Err(
            about("signature-missing", name, &none, "ingen har beslutat om", "nobody has decided on").hint(fyr_model::Text::new(
                "låt den som svarar för intresset besluta med `fyr sign`",
                "let whoever answers for the interest decide with `fyr sign`",
            )),
        );
    }
    let elsewhere: Vec<Interest> = Interest::ALL.into_iter().filter(|interest| here(*interest).is_none()).collect();
    if !elsewhere.is_empty() {
        let (sv, en) = (
            "beslutet gäller en annan kandidat, för",
            "the decision is on another candidate, for",
        );
        return Err(about("candidate-mismatch", name, &elsewhere, sv, en));
    }
    let decided: Vec<Decision> = Interest::ALL.into_iter().filter_map(here).cloned().collect();
    let hollow: Vec<Interest> = decided
        .iter()
        .filter(|decision| !filled(decision))
        .map(|decision| decision.interest)
        .collect();
    if !hollow.is_empty() {
        let (sv, en) = (
            "beslutet saknar person, roll, organisation eller grund, för",
            "the decision lacks person, role, organisation or ground, for",
        );
        return Err(about("signature-incomplete", name, &hollow, sv, en));
    }
    Ok(decided)
}

fn filled(decision: &Decision) -> bool {
    [&decision.by, &decision.role, &decision.organisation, &decision.ground]
        .iter()
        .all(|field| !field.trim().is_empty())
}

fn about(id: &str, name: &PipelineName, interests: &[Interest], sv: &str, en: &str) -> Refusal {
    let names = |pick: fn(fyr_model::Text) -> String| {
        interests
            .iter()
            .map(|interest| pick(interest.name()))
            .collect::<Vec<_>>()
            .join(", ")
    };
    refuse::forbidden(
        id,
        name,
        format!("{sv} {}", names(|name| name.sv)),
        format!("{en} {}", names(|name| name.en)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    fn check(change: impl Fn(&mut Vec<Decision>), id: &str, named: &str) {
        let candidate = testing::candidate();
        let mut decisions = testing::decisions();
        change(&mut decisions);
        match signed(&testing::name(), &candidate, &decisions) {
            Ok(decided) => assert_eq!(("", 3), (id, decided.len())),
            Err(refusal) => {
                assert_eq!(refusal.id, id);
                assert!(refusal.message.en.ends_with(named), "{}", refusal.message.en);
                assert_eq!(refusal.exit_code(), 1);
            }
        }
    }

    #[test]
    fn each_interest_needs_its_own_decision_on_this_candidate() {
        check(|_| {}, "", "");
        check(
            |all| all.clear(),
            "signature-missing",
            "information security, protection of personal data, national security",
        );
        check(|all| drop(all.remove(1)), "signature-missing", "on protection of personal data");
        check(
            |all| all[2].candidate = Sha256::of(b"yesterday's"),
            "candidate-mismatch",
            "for national security",
        );
        check(
            |all| all[0].ground = "  ".into(),
            "signature-incomplete",
            "for information security",
        );
    }

    #[test]
    fn the_latest_decision_counts_and_former_candidates_do_not_disturb() {
        check(
            |all| {
                let mut old = all[0].clone();
                old.candidate = Sha256::of(b"yesterday's");
                all.push(old);
            },
            "",
            "",
        );
        check(
            |all| {
                all.push(Decision {
                    by: String::new(),
                    ..all[0].clone()
                })
            },
            "signature-incomplete",
            "for information security",
        );
    }
}
