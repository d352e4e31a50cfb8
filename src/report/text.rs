//! The report on a terminal: findings by rule, gravest first, each with the places to go to; then what the gate says, and the two verdicts.

use std::fmt::Write as _;

use fyr_model::Severity;

use super::checked::{Checked, State};
use super::{Group, groups, verdicts};
use crate::show::{fixed, next_fixes};
use crate::term::{Ink, Term, safe};

/// Places shown of one rule.
const PLACES: usize = 3;

/// Prints one input's report.
pub(super) fn print(term: &Term, checked: &Checked) {
    println!("{}", one(term, checked).trim_end());
}

/// The same for a file.
pub(super) fn lines(term: &Term, all: &[Checked]) -> String {
    all.iter().map(|checked| one(term, checked)).collect::<Vec<_>>().join("\n")
}

fn one(term: &Term, checked: &Checked) -> String {
    let mut out = format!("{} {}\n", term.ink(Ink::Bold, &safe(&checked.file)), checked.profile);
    for group in groups(checked) {
        rule(term, &group, &mut out);
    }
    next_fixes(term, &checked.fix_list, &mut out);
    if let Some(fix) = &checked.fix {
        fixed(term, fix, &mut out);
    }
    gate(term, checked, &mut out);
    for (_, holds, words) in verdicts(term, checked) {
        let mark = if holds { term.done() } else { term.error() };
        let _ = writeln!(out, "{mark} {words}");
    }
    out
}

fn rule(term: &Term, group: &Group<'_>, out: &mut String) {
    let first = &group.first().finding;
    let open: Vec<_> = group.shown.iter().filter(|one| one.state != State::Ignored).collect();
    let ignored = group.shown.len() - open.len();
    if open.is_empty() {
        return;
    }
    let mark = match first.severity {
        Severity::Violation => term.error(),
        Severity::Warning => term.warning(),
        Severity::Info => term.info(),
    };
    let total = group.total() - ignored as u64;
    // Writing to a String cannot fail.
    let _ = writeln!(
        out,
        "{mark} {} ({}) {}",
        safe(first.message.get(term.lang)),
        term.count(total),
        term.ink(Ink::Dim, &first.id)
    );
    for one in open.iter().take(PLACES) {
        let known = match one.state {
            State::Known => format!(" {}", term.ink(Ink::Dim, term.say("(känt)", "(known)"))),
            _ => String::new(),
        };
        let subject = one.subject().map(|subject| format!(" {}", safe(subject))).unwrap_or_default();
        let words = group.other_words(one, term.lang).map(|words| format!(": {}", safe(words)));
        let _ = writeln!(out, "    {}{subject}{known}{}", safe(&one.spot()), words.unwrap_or_default());
    }
    if total > PLACES as u64 {
        let _ = writeln!(out, "    {} {}", term.count(total - PLACES as u64), term.say("till", "more"));
    }
    if let Some(fix) = &first.fix {
        let duty = group.first().duty.as_ref().map(|duty| {
            let words = format!(
                "({}, {} {})",
                duty.who.get(term.lang),
                term.say("insats:", "effort:"),
                duty.effort.get(term.lang)
            );
            format!(" {}", term.ink(Ink::Dim, &words))
        });
        let _ = writeln!(
            out,
            "    {} {}{}",
            term.ink(Ink::Turn, term.say("gör så här:", "do this:")),
            safe(fix.text.get(term.lang)),
            duty.unwrap_or_default()
        );
    }
}

/// What is left out, old, ignored, gone and expired: nothing of it is silent.
fn gate(term: &Term, checked: &Checked, out: &mut String) {
    let gate = &checked.gate;
    let mut note = |count: u64, sv: &str, en: &str| {
        if count > 0 {
            let _ = writeln!(out, "{} {} {}", term.info(), term.count(count), term.say(sv, en));
        }
    };
    note(
        checked.left_out_total(),
        "fynd fick inte plats i rapporten (--max-findings)",
        "findings had no room in the report (--max-findings)",
    );
    note(gate.known, "fynd är kända i baslinjen", "findings are known in the baseline");
    note(
        gate.gone.as_ref().map_or(0, |gone| gone.count),
        "fynd i baslinjen finns inte längre",
        "findings of the baseline are gone",
    );
    note(gate.ignored, "fynd är undantagna", "findings are ignored");
    for one in &gate.expired {
        let (ignore, held) = (
            term.say("undantaget för", "the ignore of"),
            term.say("gällde till och med", "held until"),
        );
        let findings = format!("{} {}", term.count(one.findings), term.say("fynd", "findings"));
        let _ = writeln!(out, "{} {ignore} {} {held} {} ({findings})", term.warning(), one.rule, one.until);
    }
}
