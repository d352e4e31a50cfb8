//! Gates, fixes and the badge.

use super::*;

#[test]
fn g1_an_undeterminable_licence_caps_at_39_and_the_licence_fix_lifts_it() {
    let mut evidence = foreign();
    evidence.dataset.distributions[0].licence = iri("https://opensource.org/licenses/MIT");
    evidence.licences.clear();
    let scored = readiness(&evidence);
    assert_eq!((scored.air, scored.band.as_deref()), (Some(39.0), Some("E")));
    assert_eq!(scored.gates.iter().map(|gate| gate.id.as_str()).collect::<Vec<_>>(), ["G1"]);
    assert!(scored.air_ungated > 80.0);
    let first = &scored.fixes[0];
    assert_eq!(first.id, "L1");
    assert_eq!(first.gain, one_decimal(scored.air_ungated + 100.0 * 4.0 / 96.0 - 39.0));
    assert!(scored.fixes[1..].iter().all(|fix| fix.gain == 0.0));
    assert!(scored.air_after_five > 90.0);
    // One of two distributions has a licence: a licence can be determined.
    let mut open = evidence.dataset.distributions[0].clone();
    open.iri = "https://data.exempelby.example/annan".into();
    open.licence = iri("http://creativecommons.org/licenses/by/4.0/");
    evidence.dataset.distributions.push(open);
    evidence.distribution = None;
    assert!(readiness(&evidence).gates.is_empty());
}

#[test]
fn g2_a_direct_identifier_withholds_a_source_and_a_judged_one_does_not() {
    let mut evidence = foreign();
    evidence.detections = Some(vec![found("epost", "direct", "e_mail")]);
    let scored = readiness(&evidence);
    assert_eq!((scored.air, scored.band), (None, None));
    assert_eq!((scored.gates[0].id.as_str(), scored.gates[0].at_most), ("G2", None));
    assert!(withheld(&evidence) && scored.gates[0].reason.sv.starts_with("Ej publicerbar"));
    assert_eq!((scored.fixes[0].id.as_str(), scored.fixes[0].gain), ("P1", 95.8));
    let clearance = Clearance {
        kind: "e-mail".into(),
        reason: "function mailboxes".into(),
        by: "Eva Exempel".into(),
        role: "dataskyddsombud".into(),
        date: NaiveDate::from_ymd_opt(2026, 11, 22).unwrap(),
    };
    let mut report = audited(Some(12));
    report.cleared = BTreeMap::from([("epost".to_owned(), clearance)]);
    evidence.privacy = Some(report);
    assert_eq!(readiness(&evidence).air, Some(95.8));
    evidence.detections = Some(vec![found("epost", "direct", "phone")]);
    assert_eq!(readiness(&evidence).air, None, "a clearance of another kind clears nothing");
    evidence.detections = Some(vec![found("alder", "quasi-identifying", "date_of_birth")]);
    assert_eq!(readiness(&evidence).air, Some(95.8), "a quasi-identifier is no direct one");
}

#[test]
fn g2_an_unsigned_release_is_withheld_and_says_which_decision_is_missing() {
    let mut evidence = release();
    assert!(readiness(&evidence).air.is_some());
    evidence
        .decisions
        .retain(|decision| decision.interest != Interest::NationalSecurity);
    let scored = readiness(&evidence);
    assert_eq!(scored.air, None);
    assert_eq!(
        scored.gates[0].reason.sv,
        "Publiceras inte: ingen har beslutat om Sveriges säkerhet."
    );
    assert!(near(of(&scored, "P3").fraction, 2.0 / 3.0));
    // Three decisions, one of them on another candidate, are two.
    let mut other = decision(Interest::NationalSecurity);
    other.candidate = Sha256::of(b"annan");
    evidence.decisions.push(other);
    assert_eq!(readiness(&evidence).air, None);
    // A decision without ground is none.
    let mut groundless = decision(Interest::NationalSecurity);
    groundless.ground = " ".into();
    evidence.decisions.push(groundless);
    assert_eq!(readiness(&evidence).air, None);
    evidence.decisions.push(decision(Interest::NationalSecurity));
    assert!(readiness(&evidence).air.is_some());
    // A source is not asked for decisions.
    let unsigned = Evidence {
        decisions: vec![],
        ..foreign()
    };
    assert!(readiness(&unsigned).air.is_some());
}

#[test]
fn g3_nothing_to_download_caps_at_54() {
    let mut evidence = bare();
    let gates = |evidence: &Evidence| readiness(evidence).gates.into_iter().map(|gate| gate.id).collect::<Vec<_>>();
    assert_eq!(gates(&evidence), [""; 0]);
    evidence.links = BTreeMap::from([(FILE.to_owned(), link(LinkState::Gone, false))]);
    assert_eq!(gates(&evidence), [""; 0], "an unsettled verdict costs nothing");
    evidence.links = BTreeMap::from([(FILE.to_owned(), link(LinkState::Gone, true))]);
    assert_eq!(gates(&evidence), ["G3"]);
    evidence.links.clear();
    evidence.dataset.distributions[0].download_url.clear();
    assert_eq!(gates(&evidence), ["G3"]);
    evidence.links = BTreeMap::from([(FILE.to_owned(), link(LinkState::Alive, true))]);
    assert_eq!(gates(&evidence), [""; 0], "an access address that gives data is a file");
    let mut page = link(LinkState::Alive, true);
    page.tries[0].media_type = Some("text/html".into());
    evidence.links = BTreeMap::from([(FILE.to_owned(), page)]);
    assert_eq!(gates(&evidence), ["G3"]);
    let mut rich = foreign();
    rich.dataset.distributions[0].download_url.clear();
    rich.dataset.distributions[0].access_url.clear();
    rich.links.clear();
    rich.resource = None;
    rich.reading = None;
    let scored = readiness(&rich);
    assert_eq!((scored.air, scored.band.as_deref()), (Some(54.0), Some("D")));
}

#[test]
fn g4_a_file_that_cannot_be_read_caps_at_39_and_the_strictest_gate_wins() {
    let mut evidence = foreign();
    evidence.reading = None;
    evidence.unreadable = Some("csv-unclosed-quote".into());
    let scored = readiness(&evidence);
    assert_eq!(
        (scored.air, scored.gates[0].id.as_str(), of(&scored, "Q1").status),
        (Some(39.0), "G4", Status::Fail)
    );
    assert!(scored.fixes[0].id == "Q1" && scored.fixes[0].gain > 40.0);
    evidence.dataset.distributions[0].licence.clear();
    evidence.licences.clear();
    let double = readiness(&evidence);
    assert_eq!(double.gates.len(), 2);
    assert!(
        double.fixes.iter().all(|fix| fix.gain == 0.0),
        "one fix alone lifts one gate of two"
    );
    assert!(double.air_after_five <= 39.0 || double.fixes.iter().take(5).any(|fix| fix.id == "Q1"));
}

#[test]
fn fixes_are_ordered_by_gain_then_effort_then_id_and_recomputed() {
    let mut evidence = foreign();
    evidence.dataset.theme.clear();
    evidence.dataset.keyword = LangStrings::default();
    evidence.dataset.spatial.clear();
    evidence.dataset.temporal.clear();
    evidence.update_plan = false;
    evidence.card = CardAnswers::default();
    let scored = readiness(&evidence);
    let order: Vec<(&str, f64)> = scored.fixes.iter().map(|fix| (fix.id.as_str(), fix.gain)).collect();
    assert_eq!(order.iter().map(|(id, _)| *id).collect::<Vec<_>>(), ["D4", "F3", "F4", "Q6", "V4"]);
    assert!(order.windows(2).all(|pair| pair[0].1 >= pair[1].1));
    let now = scored.air.unwrap();
    assert_eq!(order[0].1, one_decimal(one_decimal(100.0 * (won(&scored) + 3.0) / 96.0) - now));
    assert_eq!(scored.air_after_five, 95.8);
}

#[test]
fn the_badge_needs_band_a_and_no_weak_dimension() {
    assert!(badge(&readiness(&foreign())));
    let mut weak = readiness(&foreign());
    let licence = weak.dimensions.get_mut("LIC").unwrap();
    licence.points = licence.max / 2.0;
    assert!(badge(&weak));
    weak.dimensions.get_mut("LIC").unwrap().points -= 0.1;
    assert!(!badge(&weak));
    let mut lower = readiness(&foreign());
    lower.band = Some("B".into());
    assert!(!badge(&lower));
}
