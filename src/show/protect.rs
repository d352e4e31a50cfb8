//! What is printed of a protected table, and of the risk of one as it stands: counts and figures, never a value.

use crate::commands::{AnonymizeBody, RiskBody};
use crate::term::{Term, cut, safe};

/// What was done, what it cost, and what an independent reader measured.
pub fn anonymize(term: &Term, body: &AnonymizeBody) {
    let models = body.models.join(", ");
    if !models.is_empty() {
        println!("{} {}", term.say("modell:", "model:"), safe(&models));
    }
    for (column, level) in &body.transformation {
        println!("  {}: {} {level}", cut(&safe(column), 40), term.say("nivå", "level"));
    }
    let (rows, from, gone) = (
        term.count(body.rows_out),
        term.count(body.rows_in),
        term.count(body.suppressed_rows),
    );
    println!(
        "{rows} {} {from} {}; {gone} {}",
        term.say("av", "of"),
        term.say("rader skrivna", "rows written"),
        term.say("undantagna", "suppressed")
    );
    let search = &body.search;
    let proven = if search.optimal {
        term.say("bevisat minst", "proven least")
    } else {
        term.say("inte bevisat minst", "not proven least")
    };
    println!(
        "{} {} {} ({proven}; {} {} {} {})",
        term.say("förlust:", "loss:"),
        safe(&body.loss.metric),
        body.loss.value,
        term.count(search.visited),
        term.say("av", "of"),
        term.count(search.nodes),
        term.say("generaliseringar prövade", "generalisations tried")
    );
    if let Some(k) = body.verified.k {
        println!("{} k = {k}", term.say("oberoende granskat:", "independently verified:"));
    }
    if body.below_release_floor {
        let floor = fyr_audit::K_FLOOR;
        let sv = "k ligger under vad en utgåva kräver:";
        println!(
            "{} {} {floor}",
            term.warning(),
            term.say(sv, "k lies below what a release is held to:")
        );
    }
    for finding in &body.detections {
        let word = term.say("möjliga personuppgifter kvar i kolumnen", "possible personal data left in column");
        println!(
            "{} {word} {}: {}",
            term.warning(),
            cut(&safe(&finding.column), 40),
            term.count(finding.matches)
        );
    }
}

/// The risk of a table.
pub fn risk(term: &Term, body: &RiskBody) {
    let rows = [
        (term.say("rader", "rows"), term.count(body.rows)),
        (term.say("grupper", "groups"), term.count(body.classes)),
        (term.say("minsta grupp (k)", "smallest group (k)"), term.count(body.k)),
        (
            term.say("största risk för en rad", "largest risk of a row"),
            term.decimal(body.prosecutor_max),
        ),
        (term.say("medelrisk", "mean risk"), term.decimal(body.prosecutor_average)),
        (
            term.say("andel unika rader", "share of unique rows"),
            term.decimal(body.unique_share),
        ),
    ];
    for (word, value) in rows {
        println!("{word}: {value}");
    }
    for (column, l) in &body.l {
        println!("l ({}): {}", cut(&safe(column), 40), term.count(*l));
    }
    for (column, t) in &body.t {
        println!("t ({}): {}", cut(&safe(column), 40), term.decimal(*t));
    }
    let heads = match term.lang {
        fyr_model::Lang::Sv => ["kolumner", "olika / rader", "par som skiljer"],
        fyr_model::Lang::En => ["columns", "distinct / rows", "pairs that differ"],
    };
    let table: Vec<Vec<String>> = body
        .quasi_identifiers
        .iter()
        .map(|one| {
            vec![
                cut(&safe(&one.columns.join(", ")), 48),
                term.decimal(one.distinction),
                term.decimal(one.separation),
            ]
        })
        .collect();
    println!("{}", term.table(&heads, &[1, 2], &table));
}
