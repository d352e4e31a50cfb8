//! What is printed of what waits for people: a line each, then why, and what to do.

use fyr_model::privacy::Interest;
use fyr_model::waiting::{Waiting, WaitingState};

use crate::term::{Ink, Term, safe};

/// A line each, then in what it departs, what it lacks or why it stopped.
pub fn candidates(term: &Term, all: &[Waiting]) {
    if all.is_empty() {
        println!("{} {}", term.done(), term.say("inget väntar", "nothing waits"));
        return;
    }
    let heads = match term.lang {
        fyr_model::Lang::Sv => ["pipeline", "läge", "publicerad", "kandidat", "rader", "gjord"],
        fyr_model::Lang::En => ["pipeline", "state", "published", "candidate", "rows", "made"],
    };
    let none = || "–".to_owned();
    let rows: Vec<Vec<String>> = all
        .iter()
        .map(|one| {
            let waits = one.candidate.as_ref();
            vec![
                one.pipeline.to_string(),
                state(term, one.state),
                one.published.map_or_else(none, |version| version.to_string()),
                waits.map_or_else(none, |candidate| candidate.version.to_string()),
                waits.map_or_else(none, |candidate| term.count(candidate.rows)),
                waits.map_or_else(none, |candidate| candidate.made.format("%Y-%m-%d %H:%M").to_string()),
            ]
        })
        .collect();
    println!("{}", term.table(&heads, &[4], &rows));
    all.iter().for_each(|one| why(term, one));
}

fn state(term: &Term, state: WaitingState) -> String {
    let mark = match state {
        WaitingState::Ready => term.done(),
        WaitingState::Undecided => term.info(),
        WaitingState::Paused => term.warning(),
        WaitingState::Stopped => term.error(),
    };
    format!("{mark} {}", state.name().get(term.lang))
}

fn why(term: &Term, one: &Waiting) {
    let name = &one.pipeline;
    for departure in &one.departures {
        let interests = names(term, &departure.interests);
        let detail = safe(departure.detail.get(term.lang));
        println!(
            "{} {name}: {} ({detail}); {interests}",
            term.warning(),
            departure.kind.name().get(term.lang)
        );
    }
    if !one.undecided.is_empty() {
        let waits = term.say("saknar beslut om", "lacks decisions on");
        println!("{} {name}: {waits} {}", term.info(), names(term, &one.undecided));
    }
    if let Some(stop) = &one.stopped {
        println!("{} {name}: {}", term.error(), safe(stop.message.get(term.lang)));
        if let Some(hint) = &stop.hint {
            tip(term, &safe(hint.get(term.lang)));
        }
    }
    match one.state {
        WaitingState::Paused | WaitingState::Undecided => tip(term, &format!("fyr sign {name} --interest …")),
        WaitingState::Ready => tip(term, &format!("fyr publish {name}")),
        WaitingState::Stopped => {}
    }
}

fn tip(term: &Term, text: &str) {
    println!("  {} {text}", term.ink(Ink::Dim, term.say("tips:", "hint:")));
}

fn names(term: &Term, interests: &[Interest]) -> String {
    let names: Vec<String> = interests.iter().map(|interest| interest.name().get(term.lang).to_owned()).collect();
    names.join(", ")
}
