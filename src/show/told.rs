//! What is printed of all releases together: names and counts, for the operator only. What was found is a list of targets.

use fyr_model::dp::AccountFacts;

use crate::commands::StoreBody;
use crate::term::{Term, cut, safe};
use fyr_privacy::accumulation::{Found, Kind};

/// Releases by whom they are about, what they can be joined by, and findings with who answers for them.
pub fn store(term: &Term, body: &StoreBody) {
    println!(
        "{} {}",
        term.count(body.releases),
        term.say("utgåvor i liggaren", "releases in the ledger")
    );
    for one in &body.populations {
        println!(
            "{}: {} {}, {} {}, {}: {}",
            cut(&safe(&one.name), 60),
            term.count(one.versions),
            term.say("versioner", "versions"),
            term.count(one.rows),
            term.say("rader", "rows"),
            term.say("kolumner", "columns"),
            cut(&safe(&one.columns.join(", ")), 100)
        );
    }
    for one in &body.shared {
        let word = if one.pseudonyms {
            term.say("samma pseudonymer", "the same pseudonyms")
        } else {
            term.say("samma kolumn", "the same column")
        };
        println!(
            "{} {word}: {} ({})",
            term.info(),
            cut(&safe(&one.column), 40),
            safe(&one.names.join(", "))
        );
    }
    for one in &body.spent {
        println!(
            "{} {}: epsilon {} {}{}, {} {}",
            term.info(),
            cut(&safe(&one.unit), 40),
            one.epsilon_in_all,
            term.say("i allt", "in all"),
            if one.delta > 0.0 {
                format!(" (delta {})", one.delta)
            } else {
                String::new()
            },
            term.count(one.releases),
            term.say("utgåvor med brus", "releases with noise")
        );
    }
    accounts(term, &body.accounts);
    for (name, found) in &body.held {
        println!(
            "{} {}: {} {}",
            term.warning(),
            safe(name),
            term.count(found.len() as u64),
            term.say("olösta fynd håller kandidaten", "unresolved findings hold the candidate")
        );
        found.iter().for_each(|one| finding(term, one));
    }
    for one in &body.resolved {
        finding(term, &one.found);
        println!(
            "    {} {}, {}: {}",
            one.decision.date,
            safe(&one.decision.role),
            safe(&one.decision.by),
            cut(&safe(&one.decision.reason), 100)
        );
    }
}

fn finding(term: &Term, one: &Found) {
    let word = match one.kind {
        Kind::Join => term.say("läggs ihop", "laid together"),
        Kind::Difference => term.say("dras ifrån", "subtracted"),
        Kind::Sum => term.say("summor dras ifrån", "sums subtracted"),
        Kind::Equations => term.say("tabeller löses tillsammans", "tables solved together"),
        Kind::Unjudged => term.say("för många för att bedömas tillsammans", "too many to be judged together"),
        Kind::Pseudonyms => term.say("samma pseudonymer", "the same pseudonyms"),
    };
    println!(
        "  {} {word}: {} ({}); {} {}, {} {}",
        one.id,
        safe(&one.releases.join(" + ")),
        cut(&safe(&one.columns.join(", ")), 60),
        term.count(one.records),
        term.say("rader", "rows"),
        term.say("minsta grupp", "smallest group"),
        term.count(one.smallest)
    );
}

/// How accounts of privacy budgets stand, and who has raised them.
pub fn accounts(term: &Term, accounts: &[AccountFacts]) {
    for one in accounts {
        let (spent, of, left) = (term.say("kostat", "spent"), term.say("av", "of"), term.say("kvar", "left"));
        println!(
            "{} ({}): {} {} {spent} {of} {}, {left} {}",
            cut(&safe(&one.dataset), 40),
            cut(&safe(&one.unit), 40),
            one.measure,
            one.spent,
            one.budget,
            one.left
        );
        for raise in &one.raises {
            println!(
                "    {} {} {}, {}, {}: {}",
                raise.at.format("%Y-%m-%d"),
                term.say("höjd till", "raised to"),
                raise.budget.decimal(),
                safe(&raise.role),
                safe(&raise.by),
                cut(&safe(&raise.reason), 100)
            );
        }
    }
}
