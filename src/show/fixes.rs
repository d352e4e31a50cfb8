//! What is printed of fixes: the next ones that pay most, what `--fix` did, and what a drafted record leaves to ask.

use std::fmt::Write as _;

use fyr_model::fixlist::{Cause, FixList, Gain};
use fyr_model::mqa::Rating;

use crate::commands::DescribeBody;
use crate::fix::FixBody;
use crate::term::{Ink, Term, safe};

/// Causes that are printed; the JSON document has all.
const SHOWN: usize = 5;

/// The causes that pay most, for the whole catalogue and for each publisher where there are several.
pub fn next_fixes(term: &Term, list: &FixList, out: &mut String) {
    if paying(&list.causes).next().is_none() {
        return;
    }
    // Writing to a String cannot fail.
    let head = term.say(
        "Åtgärdslista: nästa som ger mest (MQA, eu och se)",
        "Fix list: the next that pay most (MQA, eu and se)",
    );
    let _ = writeln!(out, "\n{}", term.ink(Ink::Turn, head));
    causes(term, &list.causes, SHOWN, out);
    for publisher in &list.publishers {
        let name = publisher.name.text(term.lang);
        let name = if name.is_empty() { publisher.iri.as_str() } else { name };
        let count = term.count(publisher.datasets);
        let _ = writeln!(
            out,
            "  {} ({count} {})",
            term.ink(Ink::Bold, &safe(name)),
            term.say("datamängder", "datasets")
        );
        causes(term, &publisher.causes, 1, out);
    }
    out.push('\n');
}

fn paying(causes: &[Cause]) -> impl Iterator<Item = &Cause> {
    causes.iter().filter(|cause| cause.gain.values().any(|gain| gain.points > 0))
}

fn causes(term: &Term, causes: &[Cause], shown: usize, out: &mut String) {
    for (place, cause) in paying(causes).take(shown).enumerate() {
        let gain = |variant: &str| cause.gain.get(variant).map_or_else(|| "–".into(), |gain| plus(term, gain));
        let text = cause.fix.as_ref().unwrap_or(&cause.message);
        let _ = writeln!(
            out,
            "  {} {} {} {} ({}) {}",
            place + 1,
            term.ink(Ink::Turn, &gain("eu")),
            term.ink(Ink::Turn, &gain("se")),
            safe(text.get(term.lang)),
            term.count(cause.count),
            term.ink(Ink::Dim, &cause.rule)
        );
        if let Some(gain) = cause.gain.get("eu").filter(|gain| gain.rating_after != gain.rating_before) {
            let _ = writeln!(
                out,
                "      {} {} {} {}",
                term.say("medel eu:", "mean eu:"),
                band(term, gain.rating_before),
                term.say("blir", "becomes"),
                band(term, gain.rating_after)
            );
        }
    }
}

/// What the mean gains.
fn plus(term: &Term, gain: &Gain) -> String {
    format!("+{}", term.decimal(gain.mean_after - gain.mean_before))
}

fn band(term: &Term, rating: Rating) -> &'static str {
    let (sv, en) = match rating {
        Rating::Excellent => ("utmärkt", "excellent"),
        Rating::Good => ("god", "good"),
        Rating::Sufficient => ("tillräcklig", "sufficient"),
        Rating::Bad => ("bristfällig", "bad"),
    };
    if term.lang == fyr_model::Lang::Sv { sv } else { en }
}

/// What was corrected and where it lies.
pub fn fixed(term: &Term, fix: &FixBody, out: &mut String) {
    let (before, after) = (term.count(fix.before.total()), term.count(fix.after.total()));
    let (changes, file) = (term.count(fix.changes), safe(&fix.out));
    let said = match term.lang {
        fyr_model::Lang::Sv => format!("{changes} ändringar; fynd om innehållet: {before}, nu {after}"),
        fyr_model::Lang::En => format!("{changes} changes; findings about the content: {before}, now {after}"),
    };
    let _ = writeln!(out, "{} {file}: {said}", term.done());
    for (rule, count) in &fix.by_rule {
        let _ = writeln!(
            out,
            "    {} {}",
            term.count(*count),
            fyr_assess::repair::reason(rule).get(term.lang)
        );
    }
    if fix.left > 0 {
        let left = term.say(
            "lämnade orörda, eftersom ett nytt fynd annars hade visat sig",
            "left alone, because a new finding would have shown",
        );
        let _ = writeln!(out, "    {} {left}", term.count(fix.left));
    }
    let _ = writeln!(
        out,
        "    {} {}",
        term.ink(Ink::Dim, term.say("ändringslista:", "list of changes:")),
        safe(&fix.patch)
    );
}

/// Where the record lies, what was drafted, and the questions.
pub fn described(term: &Term, out: &str, body: &DescribeBody) {
    let record = &body.record;
    let (columns, bytes) = (term.count(record.columns.len() as u64), term.count(record.bytes));
    let said = match term.lang {
        fyr_model::Lang::Sv => format!("{columns} kolumner, {}, {bytes} byte", record.format),
        fyr_model::Lang::En => format!("{columns} columns, {}, {bytes} bytes", record.format),
    };
    println!("{} {}: {said}", term.done(), safe(out));
    println!(
        "{}",
        term.ink(Ink::Turn, term.say("Det här kan bara du svara på", "Only you can answer this"))
    );
    for (place, question) in body.questions.iter().enumerate() {
        println!("  {} {}", place + 1, safe(question.text.get(term.lang)));
    }
}
