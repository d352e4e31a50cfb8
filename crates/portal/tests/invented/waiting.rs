//! What waits for people, invented: a paused candidate, one without decisions, one that is decided, and a pipeline that stopped.

use fyr_model::privacy::Interest;
use fyr_model::standing::{Departure, DepartureKind};
use fyr_model::waiting::{Stands, Stop, Waiting, WaitingCandidate, WaitingState};
use fyr_model::{LangStrings, Sha256, Text};
use fyr_portal::{Key, KeyRole, Keys};

/// The portal's staff with `key` as `kim`; the ambassador of Exempelby kommun with `key` twice over as `ambassador`.
pub fn keys(key: &str) -> Keys {
    let of = |role, key: &str, sources: &[&str]| Key {
        role,
        sha256: Sha256::of(key.as_bytes()),
        sources: sources.iter().map(|source| source.parse().unwrap()).collect(),
    };
    Keys::from([
        ("kim".to_owned(), of(KeyRole::Staff, key, &[])),
        (
            "ambassador".to_owned(),
            of(KeyRole::Ambassador, &format!("{key}{key}"), &["exempelby"]),
        ),
    ])
}

fn one(pipeline: &str, source: &str, title: (&str, &str), state: WaitingState) -> Waiting {
    Waiting {
        pipeline: pipeline.parse().unwrap(),
        source: Some(source.parse().unwrap()),
        title: LangStrings::from(&Text::new(title.0, title.1)),
        state,
        published: Some("2.1.0".parse().unwrap()),
        candidate: Some(WaitingCandidate {
            digest: Sha256::of(pipeline.as_bytes()),
            version: "3.0.0".parse().unwrap(),
            made: "2026-11-23T03:04:00Z".parse().unwrap(),
            rows: 18_655,
        }),
        undecided: Vec::new(),
        standing: Vec::new(),
        departures: Vec::new(),
        stopped: None,
    }
}

/// All of them.
pub fn all() -> Vec<Waiting> {
    let departure = |kind, sv: &str, en: &str| Departure {
        kind,
        detail: Text::new(sv, en),
        interests: Interest::ALL.to_vec(),
    };
    let guard = departure(
        DepartureKind::Guard,
        "nytt fynd: difference exempelby-skolor (stadsdel)",
        "new finding: difference exempelby-skolor (stadsdel)",
    );
    let stands = |interest| Stands {
        interest,
        until: "2027-05-31".parse().unwrap(),
    };
    let paused = Waiting {
        undecided: Interest::ALL.to_vec(),
        standing: Interest::ALL.map(stands).to_vec(),
        departures: vec![
            departure(DepartureKind::Column, "kolumnen `stamhojd` är ny", "the column `stamhojd` is new"),
            departure(
                DepartureKind::Drift,
                "filen avviker från den förra versionen: drift-rows `table`",
                "the file drifts from the former version: drift-rows `table`",
            ),
            guard.as_shown(),
        ],
        ..one(
            "exempelby-trad",
            "exempelby",
            ("Träd i Exempelby", "Trees in Exempelby"),
            WaitingState::Paused,
        )
    };
    let undecided = Waiting {
        undecided: vec![Interest::PersonalData, Interest::NationalSecurity],
        published: None,
        ..one(
            "exempelregionen-vard",
            "exempelregionen",
            ("Vårdenheter", "Care units"),
            WaitingState::Undecided,
        )
    };
    let ready = one("exempelby-bibliotek", "exempelby", ("Bibliotek", "Libraries"), WaitingState::Ready);
    let stopped = Waiting {
        candidate: None,
        stopped: Some(Stop {
            at: "2026-11-23T03:05:00Z".parse().unwrap(),
            id: "reading-changed".into(),
            message: Text::new(
                "filen läses inte längre som förut: kolumnen kod är ny",
                "the file is no longer read as before: the column kod is new",
            ),
            hint: Some(Text::new(
                "den förra utgåvan ligger kvar; godta läsningen: fyr curate exempelmyndighet-enkat --accept-reading",
                "the former release stays up; accept the reading: fyr curate exempelmyndighet-enkat --accept-reading",
            )),
        }),
        ..one(
            "exempelmyndighet-enkat",
            "exempelmyndighet",
            ("Enkät", "Survey"),
            WaitingState::Stopped,
        )
    };
    vec![ready, paused, stopped, undecided]
}
