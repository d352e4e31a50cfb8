//! A letter to the supplier of the system that writes the catalogue: the causes that lie in the system, what to change, and where it shows.
//!
//! Markdown, so that it can be sent as it is. It holds rule ids, IRIs and places of the catalogue; no person is named. Only causes that the rules give
//! to the supplier are in it; where the rules give nobody's name, all causes are, and the letter says nothing of who.

use std::fmt::Write as _;

use super::checked::{Checked, State};
use super::{Group, groups, verdicts};
use crate::term::{Term, safe};

/// Places shown of one cause.
const PLACES: usize = 5;

/// The letter about all inputs.
pub(super) fn text(term: &Term, all: &[Checked]) -> String {
    let mut out = String::new();
    let day = chrono::Utc::now().format("%Y-%m-%d");
    // Writing to a String cannot fail.
    let _ = writeln!(
        out,
        "# {}\n\n{day}\n",
        term.say("Till systemets leverantör", "To the system's supplier")
    );
    let mut causes = 0;
    let mut body = String::new();
    for checked in all {
        causes += about(term, checked, causes, &mut body);
    }
    if causes == 0 {
        out.push_str(term.say(
            "Vi har kontrollerat vår metadata mot DCAT-AP-SE. Det finns inget som ligger på systemet att ändra.\n",
            "We have checked our metadata against DCAT-AP-SE. There is nothing for the system to change.\n",
        ));
        return out;
    }
    let _ = writeln!(
        out,
        "{}\n",
        term.say(
            "Vi publicerar vår datakatalog ur ert system, och den nationella dataportalen skördar den. Vi har kontrollerat katalogen mot \
             DCAT-AP-SE med programmet Fyr.",
            "We publish our data catalogue from your system, and the national data portal harvests it. We have checked the catalogue against \
             DCAT-AP-SE with the program Fyr."
        )
    );
    let told = all.iter().flat_map(|checked| &checked.findings).any(|one| one.duty.is_some());
    let _ = writeln!(out, "{}\n", ask(term, told));
    out.push_str(&body);
    close(term, all, &mut out);
    out
}

/// What the list is: the system's own share, where the rules say whose share is whose.
fn ask(term: &Term, told: bool) -> &str {
    if told {
        term.say(
            "Det som följer är vad systemet skriver: det kan inte rättas varaktigt i den enskilda posten.",
            "What follows is what the system writes: it cannot be mended for good in the single record.",
        )
    } else {
        term.say(
            "Det som följer är vad kontrollen fann. Vi ber er svara på vad av det som systemet kan ändra.",
            "What follows is what the check found. Please tell us which of it the system can change.",
        )
    }
}

/// Whether a cause goes into the letter; ignored findings are the sender's own business.
fn concerns(group: &Group<'_>) -> bool {
    let open = group.shown.iter().any(|one| one.state != State::Ignored);
    open && group.first().duty.as_ref().is_none_or(|duty| duty.supplier)
}

fn about(term: &Term, checked: &Checked, before: usize, out: &mut String) -> usize {
    let causes: Vec<Group<'_>> = groups(checked).into_iter().filter(concerns).collect();
    if causes.is_empty() {
        return 0;
    }
    let _ = writeln!(out, "## {}\n", safe(&checked.file));
    for (_, _, words) in verdicts(term, checked) {
        let _ = writeln!(out, "- {words}");
    }
    out.push('\n');
    for (place, group) in causes.iter().enumerate() {
        cause(term, before + place + 1, group, out);
    }
    causes.len()
}

fn cause(term: &Term, number: usize, group: &Group<'_>, out: &mut String) {
    let first = &group.first().finding;
    let places = if group.total() == 1 {
        term.say("ställe", "place")
    } else {
        term.say("ställen", "places")
    };
    let _ = writeln!(
        out,
        "### {number}. {} ({} {places})\n",
        heading(first.message.get(term.lang)),
        term.count(group.total())
    );
    if let Some(fix) = &first.fix {
        let _ = writeln!(
            out,
            "- {} {}",
            term.say("Vi ber er ändra:", "We ask you to change:"),
            safe(fix.text.get(term.lang))
        );
    }
    if !first.path.is_empty() {
        let _ = writeln!(out, "- {} <{}>", term.say("Egenskap:", "Property:"), safe(&first.path));
    }
    let _ = writeln!(out, "- {} `{}`", term.say("Regel:", "Rule:"), safe(&first.id));
    if let Some(duty) = &group.first().duty {
        let _ = writeln!(out, "- {} {}", term.say("Insats:", "Effort:"), duty.effort.get(term.lang));
    }
    let _ = writeln!(out, "- {}", term.say("Till exempel:", "For instance:"));
    for one in group.shown.iter().filter(|one| one.state != State::Ignored).take(PLACES) {
        let at = one.place().map_or_else(String::new, |at| {
            let (line, column) = (term.say("rad", "line"), term.say("kolumn", "column"));
            format!(" ({line} {}, {column} {})", at.line, at.column)
        });
        let subject = one
            .subject()
            .map_or_else(|| format!("`{}`", safe(&one.file)), |subject| format!("<{}>", safe(subject)));
        let words = group.other_words(one, term.lang).map(|words| format!(": {}", safe(words)));
        let _ = writeln!(out, "  - {subject}{at}{}", words.unwrap_or_default());
    }
    out.push('\n');
}

/// A sentence begins with a capital.
fn heading(text: &str) -> String {
    let text = safe(text);
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => text,
    }
}

fn close(term: &Term, all: &[Checked], out: &mut String) {
    let files: Vec<String> = all.iter().map(|checked| safe(&checked.file)).collect();
    let _ = writeln!(
        out,
        "{}\n\n    fyr check {}{}\n\n{}",
        term.say(
            "Så här kan ni göra samma kontroll. Programmet läser bara, och behöver varken konto eller arbetsyta:",
            "This is how you can make the same check. The program only reads, and needs neither account nor workspace:"
        ),
        files.join(" "),
        all.first().map_or_else(String::new, |checked| safe(&checked.words)),
        term.say(
            "Hör gärna av er om när ändringarna kan vara på plats.",
            "Please tell us when the changes can be in place."
        )
    );
}
