//! What is printed of links: verdicts in numbers, each address that does not answer with its tries, and the difference in points.

use fyr_model::link::{LinkState, LinkTry, LinkVerdict};

use crate::commands::LinksBody;
use crate::term::{Ink, Term, cut, safe};

/// Addresses that are printed; the JSON document has all.
const SHOWN: usize = 25;

/// The verdicts and their evidence.
pub fn links(term: &Term, body: &LinksBody) {
    println!("\n{}", term.ink(Ink::Bold, term.say("Länkar efter bevis", "Links by evidence")));
    let counts: Vec<String> = LinkState::ALL
        .iter()
        .filter_map(|state| Some(format!("{} {}", term.count(*body.counts.get(state)?), name(term, *state))))
        .collect();
    println!("{}", counts.join(", "));
    let dead: Vec<&LinkVerdict> = body.verdicts.iter().filter(|one| one.state != LinkState::Alive).collect();
    for one in dead.iter().take(SHOWN) {
        println!("{} {}: {}", mark(term, one), name(term, one.state), cut(&safe(&one.url), 100));
        println!("  {}", term.ink(Ink::Dim, &tries(term, one)));
    }
    if dead.len() > SHOWN {
        let more = term.say("till; --json har alla", "more; --json has them all");
        println!("{} {more}", term.count((dead.len() - SHOWN) as u64));
    }
    println!(
        "{} {} ({}{})",
        term.say("Medel om bevisen avgjorde:", "Mean if the evidence decided:"),
        term.ink(Ink::Points, &term.decimal(body.by_evidence.total)),
        if body.difference < 0.0 { "" } else { "+" },
        term.decimal(body.difference)
    );
    let note = term.say(
        "Poängen följer EU: det svar HEAD fick. Bara en länk som är bekräftat borta, tre försök över 48 timmar, tar poäng efter bevisen.",
        "The score follows the EU: the answer that HEAD got. By the evidence only a link that is confirmed gone, three tries over 48 hours, costs points.",
    );
    println!("{}", term.ink(Ink::Dim, note));
}

fn name(term: &Term, state: LinkState) -> &'static str {
    let (sv, en) = state.names();
    if term.lang == fyr_model::Lang::Sv { sv } else { en }
}

fn mark(term: &Term, one: &LinkVerdict) -> String {
    match one.counts() {
        Some(false) => term.error(),
        _ => term.warning(),
    }
}

/// How often it was tried, and what the last tries saw.
fn tries(term: &Term, one: &LinkVerdict) -> String {
    let seen = |tried: &LinkTry| {
        let what = match (&tried.error, tried.status) {
            (Some(error), Some(status)) => format!("{status} {error}"),
            (Some(error), None) => error.clone(),
            (None, Some(status)) => format!("{status} {}", tried.sniffed.as_deref().unwrap_or_default()),
            (None, None) => "–".to_owned(),
        };
        format!("{} {} {}", tried.at.format("%Y-%m-%d %H:%M"), tried.method, what.trim())
    };
    let last: Vec<String> = one.tries.iter().rev().take(2).map(seen).collect();
    let word = term.say("försök", "tries");
    safe(&format!("{} {word}: {}", one.tries.len(), last.join("; ")))
}
