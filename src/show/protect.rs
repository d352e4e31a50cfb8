//! What is printed of a protected table, and of the risk of one as it stands: counts and figures, never a value.

use crate::commands::{AnonymizeBody, DpBody, HierarchyBody, RiskBody, TabulateBody};
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
        body.recoding.as_ref().map_or(body.loss.value, |step| step.global.loss),
        term.count(search.visited),
        term.say("av", "of"),
        term.count(search.nodes),
        term.say("generaliseringar prövade", "generalisations tried")
    );
    second_step(term, body);
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

/// What the second step changed, and what means cost.
fn second_step(term: &Term, body: &AnonymizeBody) {
    if let Some(step) = &body.recoding {
        println!(
            "{} {}: {} {} -> {}; {} {} -> {}; {} {} -> {}",
            term.say("andra steget,", "second step,"),
            step.method.as_str(),
            term.say("förlust", "loss"),
            step.global.loss,
            step.recoded.loss,
            term.say("undantagna rader", "suppressed rows"),
            term.count(step.global.suppressed_rows),
            term.count(step.recoded.suppressed_rows),
            term.say("grupper", "groups"),
            term.count(step.global.groups),
            term.count(step.recoded.groups)
        );
        for (column, rows) in &step.rows_by_level {
            let word = |level: &str| match level {
                "range" => term.say("intervall", "range").to_owned(),
                "suppressed" => term.say("undantagna", "suppressed").to_owned(),
                level => format!("{} {level}", term.say("nivå", "level")),
            };
            let parts: Vec<String> = rows
                .iter()
                .map(|(level, rows)| format!("{}: {}", word(level), term.count(*rows)))
                .collect();
            println!("  {}: {} ({})", cut(&safe(column), 40), parts.join(", "), term.say("rader", "rows"));
        }
    }
    for means in &body.microaggregated {
        println!(
            "{} {}: {} {}",
            term.say("medelvärden i", "means in"),
            cut(&safe(&means.column), 40),
            term.say("förlorad variation", "variation lost"),
            figure(term, means.error)
        );
    }
}

/// The levels of a column, and how small their groups are.
pub fn hierarchy(term: &Term, body: &HierarchyBody) {
    println!("{}: {}", cut(&safe(&body.column), 40), safe(&body.hierarchy));
    let heads = match term.lang {
        fyr_model::Lang::Sv => ["nivå", "grupper", "minsta grupp, rader"],
        fyr_model::Lang::En => ["level", "groups", "smallest group, rows"],
    };
    let row = |level: &crate::commands::LevelBody| vec![level.level.to_string(), term.count(level.groups), term.count(level.smallest)];
    let table: Vec<Vec<String>> = body.levels.iter().map(row).collect();
    println!("{}", term.table(&heads, &[0, 1, 2], &table));
    if body.missing_rows > 0 {
        let words = term.say(
            "rader saknar värde och blir en egen grupp under den sista nivån",
            "rows have no value, and are a group of their own under the last level",
        );
        println!("{} {words}", term.count(body.missing_rows));
    }
}

/// What sensitive columns give away, and the risk within a population or by weights.
fn attributes(term: &Term, body: &RiskBody) {
    for (column, of) in &body.attributes {
        println!(
            "{}: l {}, {} {}, t {} ({}), beta {}, delta {}",
            cut(&safe(column), 40),
            term.count(of.l),
            term.say("entropi-l", "entropy l"),
            term.count(of.l_entropy),
            figure(term, of.t),
            term.say(if of.t_distance == "ordered" { "ordnat" } else { "lika" }, of.t_distance),
            figure(term, of.beta),
            figure(term, of.delta)
        );
    }
    if let (Some(max), Some(average)) = (body.journalist_max, body.journalist_average) {
        println!(
            "{} {}, {} {}; {} {}",
            term.say("i befolkningen: största risk", "within the population: largest risk"),
            figure(term, max),
            term.say("medel", "mean"),
            figure(term, average),
            term.say("för alla rader i snitt", "over all rows"),
            figure(term, body.marketer)
        );
    }
    if let Some(of) = &body.individual {
        println!(
            "{} {}: {} {}, {} {}; {} {}",
            term.say("risk för en rad enligt vikterna i", "risk of a row by the weights of"),
            cut(&safe(&of.weight), 40),
            term.say("störst", "largest"),
            figure(term, of.max),
            term.say("medel", "mean"),
            figure(term, of.mean),
            term.say("väntat antal igenkända", "rows expected to be recognised"),
            figure(term, of.expected)
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
            figure(term, body.prosecutor_max),
        ),
        (term.say("medelrisk", "mean risk"), figure(term, body.prosecutor_average)),
        (
            term.say("andel unika rader", "share of unique rows"),
            figure(term, body.unique_share),
        ),
    ];
    for (word, value) in rows {
        println!("{word}: {value}");
    }
    attributes(term, body);
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
                figure(term, one.distinction),
                figure(term, one.separation),
            ]
        })
        .collect();
    println!("{}", term.table(&heads, &[1, 2], &table));
    for (size, rows) in &body.special_uniques.rows {
        let words = term.say(
            "kolumner räcker för att peka ut så många rader:",
            "columns are enough to single out so many rows:",
        );
        println!("{size} {words} {}", term.count(*rows));
    }
    for one in body.population.iter().flat_map(|population| &population.uniques) {
        println!(
            "{} {}: {} ({})",
            term.say("skattat antal unika i befolkningen enligt", "estimated unique in the population by"),
            one.method,
            term.count(one.uniques.round() as u64),
            figure(term, one.share)
        );
    }
}

/// What noise was drawn, how large it is expected to be, and how the account stands.
fn noised(term: &Term, dp: &DpBody) {
    let facts = &dp.facts;
    let spent = match facts.rho {
        Some(rho) => format!("rho {rho} (epsilon {:.4}, delta {})", facts.epsilon, facts.delta),
        None => format!("epsilon {}", facts.epsilon),
    };
    println!("{} {}, {}", term.say("brus:", "noise:"), safe(&facts.mechanism), spent);
    println!("{} {}", term.say("löfte:", "promise:"), safe(facts.neighbours.get(term.lang)));
    for table in &facts.tables {
        let by = if table.by.is_empty() { "*".to_owned() } else { table.by.join(", ") };
        let sensitivities: Vec<String> = table.noised.iter().map(|one| format!("{} {}", one.what, one.sensitivity)).collect();
        println!(
            "{} ({}), {} {}: {}",
            safe(&table.statistic),
            safe(&by),
            term.say("känslighet", "sensitivity"),
            safe(&sensitivities.join(", ")),
            safe(table.error.get(term.lang))
        );
    }
    let account = &dp.account;
    println!(
        "{} {} ({}): {} {} {} {}, {} {}{}",
        term.say("konto", "account"),
        safe(&facts.dataset),
        safe(&facts.unit),
        account.measure,
        account.spent,
        term.say("av", "of"),
        account.budget,
        term.say("återstår", "left"),
        account.left,
        if account.repeated {
            term.say(
                "; frågan var redan besvarad, så inget drogs nu",
                "; the question was answered before, so nothing was spent now",
            )
        } else {
            ""
        }
    );
}

/// What was hidden, and what an attacker made of the written tables.
pub fn tabulate(term: &Term, body: &TabulateBody) {
    if let Some(dp) = &body.dp {
        return noised(term, dp);
    }
    if !body.disclosure_rules.is_empty() {
        println!("{} {}", term.say("regler:", "rules:"), safe(&body.disclosure_rules.join(", ")));
    }
    let (cells, primary, secondary) = (
        term.count(body.cells),
        term.count(body.primary_suppressed),
        term.count(body.secondary_suppressed),
    );
    println!(
        "{cells} {}; {primary} {}, {secondary} {}",
        term.say("celler", "cells"),
        term.say("känsliga", "sensitive"),
        term.say("dolda för de känsligas skull", "hidden for their sake")
    );
    let heads = match term.lang {
        fyr_model::Lang::Sv => ["kolumner", "mått", "metod", "celler", "dolda"],
        fyr_model::Lang::En => ["columns", "measure", "method", "cells", "suppressed"],
    };
    let row = |one: &fyr_model::tabulate::OneTable| {
        vec![
            cut(&safe(&one.by.join(", ")), 40),
            cut(&safe(&one.measure), 24),
            safe(&one.method),
            term.count(one.cells),
            term.count(one.suppressed),
        ]
    };
    let rows: Vec<Vec<String>> = body.tables.iter().map(row).collect();
    println!("{}", term.table(&heads, &[3, 4], &rows));
    println!(
        "{} {}: {} {}",
        term.say("oberoende angrepp", "independent attack"),
        safe(&body.attack.method),
        term.count(body.attack.disclosed_cells),
        term.say("celler röjda", "cells disclosed")
    );
}

/// A share or a distance: four decimals, since a risk of 0.04 and one of 0.01 are not the same.
fn figure(term: &Term, value: f64) -> String {
    let text = format!("{value:.4}");
    match term.lang {
        fyr_model::Lang::Sv => text.replace('.', ","),
        fyr_model::Lang::En => text,
    }
}
