//! The three protected interests (2 kap. 1 § lagen 2022:818): each decided on its own, by a named person in a named role, on exactly this
//! candidate or standing for what the candidate is.

use chrono::{DateTime, Utc};
use fyr_model::privacy::{Decision, Interest};
use fyr_model::standing::{Departure, Terms};
use fyr_model::{PipelineName, Refusal, Sha256, Text};

use crate::refuse;

/// What decisions are held against: the candidate, what it is, and the day of its release.
#[derive(Debug, Clone, Copy)]
pub struct Decided<'a> {
    /// The candidate's digest.
    pub candidate: &'a Sha256,
    /// What it is; without it no standing decision holds.
    pub terms: Option<&'a Terms>,
    /// When it is released.
    pub at: DateTime<Utc>,
}

/// The decision for each interest, in the order of the law: the latest on exactly this candidate, else the latest standing one, when the
/// candidate is inside what it stands for. None is derived from another.
///
/// # Errors
/// `signature-missing` names the interests that nobody has decided on, `standing-departed` in what the candidate departs from standing decisions,
/// `candidate-mismatch` the interests decided on another digest only, `signature-incomplete` those whose decision lacks person, role,
/// organisation or ground.
pub fn signed(name: &PipelineName, about: &Decided<'_>, decisions: &[Decision]) -> Result<Vec<Decision>, Refusal> {
    let without = |test: &dyn Fn(Interest) -> bool| -> Vec<Interest> { Interest::ALL.into_iter().filter(|one| !test(*one)).collect() };
    let none = without(&|interest| decisions.iter().any(|decision| decision.interest == interest));
    if !none.is_empty() {
        return Err(
            on(name, "signature-missing", &none, "ingen har beslutat om", "nobody has decided on").hint(Text::new(
                "låt den som svarar för intresset besluta med `fyr sign`",
                "let whoever answers for the interest decide with `fyr sign`",
            )),
        );
    }
    let departures = departed(about, decisions);
    if !departures.is_empty() {
        return Err(paused(name, &departures));
    }
    let elsewhere = without(&|interest| holding(about, decisions, interest).is_some());
    if !elsewhere.is_empty() {
        let (sv, en) = (
            "beslutet gäller en annan kandidat, för",
            "the decision is on another candidate, for",
        );
        return Err(on(name, "candidate-mismatch", &elsewhere, sv, en));
    }
    let decided: Vec<Decision> = Interest::ALL
        .into_iter()
        .filter_map(|interest| holding(about, decisions, interest))
        .cloned()
        .collect();
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
        return Err(on(name, "signature-incomplete", &hollow, sv, en));
    }
    Ok(decided)
}

/// In what a candidate departs from the standing decisions that it would need: one line each, with the interests that it holds up. Nothing
/// where it is inside, or where nobody has made a standing decision.
pub fn departed(about: &Decided<'_>, decisions: &[Decision]) -> Vec<Departure> {
    let mut found: Vec<Departure> = Vec::new();
    for interest in Interest::ALL.into_iter().filter(|one| exact(about, decisions, *one).is_none()) {
        for (kind, detail) in gaps(about, decisions, interest).unwrap_or_default() {
            match found.iter_mut().find(|one| one.kind == kind && one.detail == detail) {
                Some(known) => known.interests.push(interest),
                None => found.push(Departure {
                    kind,
                    detail,
                    interests: vec![interest],
                }),
            }
        }
    }
    found
}

fn exact<'a>(about: &Decided<'_>, decisions: &'a [Decision], interest: Interest) -> Option<&'a Decision> {
    let here = |decision: &&Decision| decision.interest == interest && decision.candidate == *about.candidate;
    decisions.iter().rfind(here)
}

/// The latest standing decision. A later one takes the place of a former, also to end it sooner.
fn standing(decisions: &[Decision], interest: Interest) -> Option<&Decision> {
    decisions
        .iter()
        .rfind(|decision| decision.interest == interest && decision.standing.is_some())
}

/// In what the candidate departs from the standing decision; nothing when there is none.
fn gaps(about: &Decided<'_>, decisions: &[Decision], interest: Interest) -> Option<Vec<(fyr_model::standing::DepartureKind, Text)>> {
    let stands = standing(decisions, interest)?.standing.as_ref()?;
    Some(about.terms.map_or_else(Vec::new, |terms| stands.departures(terms, about.at)))
}

fn holding<'a>(about: &Decided<'_>, decisions: &'a [Decision], interest: Interest) -> Option<&'a Decision> {
    let inside = |_: &&Decision| about.terms.is_some() && gaps(about, decisions, interest).is_some_and(|gaps| gaps.is_empty());
    exact(about, decisions, interest).or_else(|| standing(decisions, interest).filter(inside))
}

fn paused(name: &PipelineName, departures: &[Departure]) -> Refusal {
    let list = |pick: fn(&Departure) -> &str| {
        let line = |one: &Departure| format!("{} ({})", pick(one), one.kind.as_str());
        departures.iter().map(line).collect::<Vec<_>>().join("; ")
    };
    let sv = list(|one| &one.detail.sv);
    let en = list(|one| &one.detail.en);
    refuse::forbidden(
        "standing-departed",
        name,
        format!("utanför de stående besluten, väntar på beslut: {sv}"),
        format!("outside the standing decisions, waits for decisions: {en}"),
    )
    .hint(Text::new(
        format!("granska kandidaten, och besluta om den med `fyr sign {name}`; med --standing --until DATUM gäller beslutet också de följande"),
        format!("look at the candidate, and decide on it with `fyr sign {name}`; with --standing --until DATE the decision holds for those that follow too"),
    ))
}

fn filled(decision: &Decision) -> bool {
    [&decision.by, &decision.role, &decision.organisation, &decision.ground]
        .iter()
        .all(|field| !field.trim().is_empty())
}

fn on(name: &PipelineName, id: &str, interests: &[Interest], sv: &str, en: &str) -> Refusal {
    let names = |pick: fn(Text) -> String| {
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
        let about = Decided {
            candidate: &candidate,
            terms: None,
            at: testing::at(),
        };
        match signed(&testing::name(), &about, &decisions) {
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

    fn terms() -> Terms {
        Terms {
            pipeline: testing::name(),
            making: Sha256::of(b"pipeline"),
            licence: "CC0-1.0".into(),
            columns: Default::default(),
            roles: Default::default(),
            policy: Sha256::of(b"policy"),
            limits: None,
            guard: Default::default(),
            findings: Default::default(),
            drift: Default::default(),
        }
    }

    /// Three decisions on yesterday's candidate, those of `interests` standing.
    fn standing_for(interests: &[Interest]) -> Vec<Decision> {
        let mut decisions = testing::decisions();
        for decision in &mut decisions {
            decision.candidate = Sha256::of(b"yesterday's");
            decision.standing = interests.contains(&decision.interest).then(|| fyr_model::standing::Standing {
                until: testing::at().date_naive(),
                terms: terms().digest(),
                bound_to: Some(terms()),
            });
        }
        decisions
    }

    fn judged(decisions: &[Decision], now: Option<&Terms>, days: i64) -> Result<usize, String> {
        let about = Decided {
            candidate: &testing::candidate(),
            terms: now,
            at: testing::at() + chrono::Duration::days(days),
        };
        signed(&testing::name(), &about, decisions)
            .map(|decided| decided.len())
            .map_err(|refusal| refusal.id)
    }

    #[test]
    fn a_standing_decision_holds_for_a_candidate_inside_its_terms_until_its_last_day() {
        let all = standing_for(&Interest::ALL);
        assert_eq!(judged(&all, Some(&terms()), 0), Ok(3));
        assert_eq!(judged(&all, Some(&terms()), 1), Err("standing-departed".into()));
        let mut other = terms();
        other.licence = "CC-BY-4.0".into();
        assert_eq!(judged(&all, Some(&other), 0), Err("standing-departed".into()));
        assert_eq!(judged(&all, None, 0), Err("candidate-mismatch".into()));
    }

    #[test]
    fn no_interest_stands_on_the_standing_decision_of_another() {
        let two = standing_for(&[Interest::InformationSecurity, Interest::PersonalData]);
        assert_eq!(judged(&two, Some(&terms()), 0), Err("candidate-mismatch".into()));
        assert_eq!(judged(&two[..2], Some(&terms()), 0), Err("signature-missing".into()));
    }

    #[test]
    fn a_decision_on_the_candidate_itself_needs_no_standing_one() {
        let mut decisions = standing_for(&Interest::ALL);
        decisions.extend(testing::decisions());
        assert_eq!(judged(&decisions, Some(&terms()), 400), Ok(3));
    }

    #[test]
    fn departures_say_which_interests_they_hold_up() {
        let mut decisions = standing_for(&Interest::ALL);
        decisions.push(testing::decisions().remove(0));
        let about = Decided {
            candidate: &testing::candidate(),
            terms: Some(&terms()),
            at: testing::at() + chrono::Duration::days(1),
        };
        let seen = departed(&about, &decisions);
        assert_eq!(seen.len(), 1, "{seen:?}");
        assert_eq!(seen[0].kind.as_str(), "date");
        assert_eq!(seen[0].interests, [Interest::PersonalData, Interest::NationalSecurity]);
    }
}
