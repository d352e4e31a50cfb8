//! JUnit XML: a suite for each input, a case for each verdict and each finding.
//!
//! A finding that fails the gate is a failure (an error when the document could not be read), one that is old or ignored is skipped with the reason,
//! and one below the level of `--fail-on` passes with its words in `system-out`. There is no standard; elements and attributes are those of Jenkins'
//! schema, with `file` and `line`, which GitLab reads.

use std::fmt::Write as _;

use super::checked::{Checked, Reported, State};
use super::gitlab::description;
use super::verdicts;
use crate::page::text as escaped;
use crate::term::Term;

/// The document.
pub(super) fn document(term: &Term, all: &[Checked]) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"fyr check\">\n");
    for checked in all {
        suite(term, checked, &mut out);
    }
    out.push_str("</testsuites>\n");
    out
}

#[derive(Default)]
struct Tally {
    tests: u64,
    failures: u64,
    errors: u64,
    skipped: u64,
}

fn suite(term: &Term, checked: &Checked, out: &mut String) {
    let mut cases = String::new();
    let mut tally = Tally::default();
    for (id, holds, words) in verdicts(term, checked) {
        verdict(term, checked, (id, holds, &words), &mut tally, &mut cases);
    }
    for one in &checked.findings {
        case(term, checked, one, &mut tally, &mut cases);
    }
    let at = chrono::Utc::now().format("%Y-%m-%dT%H:%M:%S");
    // Writing to a String cannot fail.
    let _ = writeln!(
        out,
        " <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"0\" timestamp=\"{at}\">",
        text(&checked.file),
        tally.tests,
        tally.failures,
        tally.errors,
        tally.skipped
    );
    out.push_str("  <properties>\n");
    let counts = checked.counts;
    let facts = [
        ("profile", checked.profile.clone()),
        (
            "harvested_by_dataportal",
            checked.harvested.map_or_else(String::new, |holds| holds.to_string()),
        ),
        ("conforms", checked.conforms.to_string()),
        ("violation", counts.violation.to_string()),
        ("warning", counts.warning.to_string()),
        ("info", counts.info.to_string()),
        ("left_out", checked.left_out_total().to_string()),
    ];
    for (name, value) in facts {
        let _ = writeln!(out, "   <property name=\"{name}\" value=\"{}\"/>", text(&value));
    }
    out.push_str("  </properties>\n");
    out.push_str(&cases);
    out.push_str(" </testsuite>\n");
}

/// A verdict fails when the gate does: old findings alone do not stop anybody.
fn verdict(term: &Term, checked: &Checked, (id, holds, words): (&str, bool, &str), tally: &mut Tally, out: &mut String) {
    tally.tests += 1;
    let _ = write!(
        out,
        "  <testcase classname=\"fyr.verdict\" name=\"{id}\" time=\"0\" file=\"{}\">",
        text(&checked.file)
    );
    let words = text(words);
    if holds {
        let _ = write!(out, "<system-out>{words}</system-out>");
    } else if checked.gate.failing > 0 {
        tally.failures += 1;
        let _ = write!(out, "<failure message=\"{words}\" type=\"verdict\"/>");
    } else {
        tally.skipped += 1;
        let why = term.say("inget nytt fynd fäller kontrollen", "no new finding fails the check");
        let _ = write!(out, "<skipped message=\"{words}: {why}\"/>");
    }
    out.push_str("</testcase>\n");
}

fn case(term: &Term, checked: &Checked, one: &Reported, tally: &mut Tally, out: &mut String) {
    tally.tests += 1;
    let finding = &one.finding;
    let subject = one.subject().unwrap_or(&one.file);
    let line = one.place().map_or_else(String::new, |at| format!(" line=\"{}\"", at.line));
    let name = match finding.path.is_empty() {
        true => format!("{subject} [{}]", one.fingerprint),
        false => format!("{subject} {} [{}]", finding.path, one.fingerprint),
    };
    let _ = write!(
        out,
        "  <testcase classname=\"fyr.{}\" name=\"{}\" time=\"0\" file=\"{}\"{line}>",
        text(&finding.id),
        text(&name),
        text(&one.file)
    );
    let words = text(&description(term, one));
    let spot = text(&one.spot());
    let rule = text(&finding.id);
    match (one.state, &one.ignored) {
        (State::Ignored, reason) => {
            tally.skipped += 1;
            let reason = reason
                .as_ref()
                .map(|reason| format!("{} ({})", reason.reason, reason.until))
                .unwrap_or_default();
            let _ = write!(out, "<skipped message=\"{}\"/>", text(&reason));
        }
        (State::Known, _) => {
            tally.skipped += 1;
            let _ = write!(
                out,
                "<skipped message=\"{}\"/>",
                term.say("känt i baslinjen", "known in the baseline")
            );
        }
        _ if checked.reference.is_none() => {
            tally.errors += 1;
            let _ = write!(out, "<error message=\"{words}\" type=\"{rule}\">{spot}</error>");
        }
        _ if checked.fails(one) => {
            tally.failures += 1;
            let _ = write!(out, "<failure message=\"{words}\" type=\"{rule}\">{spot}: {words}</failure>");
        }
        _ => {
            let _ = write!(out, "<system-out>{spot}: {words}</system-out>");
        }
    }
    out.push_str("</testcase>\n");
}

/// Escaped, and without what XML 1.0 has no place for.
fn text(raw: &str) -> String {
    escaped(raw)
        .chars()
        .filter(|letter| !matches!(letter, '\u{fffe}' | '\u{ffff}'))
        .collect()
}
