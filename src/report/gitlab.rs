//! GitLab code quality: a list of issues, each with a fingerprint that GitLab compares between branches.
//!
//! Source: GitLab's documentation, "Code Quality report format": `description`, `check_name`, `fingerprint`, `severity` (info, minor, major,
//! critical, blocker) and `location` are required, the path relative to the repository. Ignored findings are left out. The verdicts, and what the
//! report leaves out, are issues of severity `info`.

use fyr_model::{Severity, Sha256};
use serde_json::{Value, json};

use super::checked::{Checked, Reported, State};
use super::verdicts;
use crate::term::{Term, safe};

/// The list.
pub(super) fn report(term: &Term, all: &[Checked]) -> Value {
    let mut issues = Vec::new();
    for checked in all {
        for (id, holds, words) in verdicts(term, checked) {
            let print = Sha256::of(format!("{}\u{1f}{id}\u{1f}{holds}", checked.file).as_bytes()).to_string();
            issues.push(note(checked, &format!("verdict-{id}"), &print, &words));
        }
        let open = checked.findings.iter().filter(|one| one.state != State::Ignored);
        issues.extend(open.map(|one| issue(term, one)));
        let left = checked.left_out_total();
        if left > 0 {
            let words = format!(
                "{left} {}",
                term.say("fynd fick inte plats i rapporten", "findings had no room in the report")
            );
            let print = Sha256::of(format!("{}\u{1f}left-out", checked.file).as_bytes()).to_string();
            issues.push(note(checked, "left-out", &print, &words));
        }
    }
    Value::Array(issues)
}

fn issue(term: &Term, one: &Reported) -> Value {
    let finding = &one.finding;
    let severity = match finding.severity {
        Severity::Violation if finding.id == "syntax" => "blocker",
        Severity::Violation => "critical",
        Severity::Warning => "minor",
        Severity::Info => "info",
    };
    let place = one.place().unwrap_or_default();
    json!({
        "description": description(term, one),
        "check_name": finding.id,
        // The same finding in two catalogues of one report is two.
        "fingerprint": Sha256::of(format!("{}\u{1f}{}", one.file, one.fingerprint).as_bytes()).to_string(),
        "severity": severity,
        "location": location(&one.file, place.line, place.column),
    })
}

fn note(checked: &Checked, id: &str, print: &str, words: &str) -> Value {
    json!({
        "description": format!("{}: {words}", checked.file),
        "check_name": id,
        "fingerprint": print,
        "severity": "info",
        "location": location(&checked.file, 1, 1),
    })
}

fn location(path: &str, line: u64, column: u64) -> Value {
    json!({
        "path": path,
        "lines": { "begin": line.max(1) },
        "positions": { "begin": { "line": line.max(1), "column": column.max(1) } },
    })
}

/// What is so, of what, and what to do: one line.
pub(super) fn description(term: &Term, one: &Reported) -> String {
    let mut words = safe(one.finding.message.get(term.lang));
    if let Some(subject) = one.subject() {
        words.push_str(&format!(" ({})", safe(subject)));
    }
    if let Some(fix) = &one.finding.fix {
        words.push_str(&format!(
            ". {} {}",
            term.say("Gör så här:", "Do this:"),
            safe(fix.text.get(term.lang))
        ));
    }
    words
}
