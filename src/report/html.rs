//! The report as one page: a single file without script, fonts or addresses of others, in light and dark and on paper.
//!
//! Order: what was checked and when, the two verdicts, counts, the fixes that pay most, what to mend (gravest first), then one line of proof. Everything of a catalogue is
//! written escaped; an address is a link only when it is a plain http(s) address.

mod fixes;

use std::fmt::Write as _;

use fyr_graph::shacl::is_about_shapes;
use fyr_model::Severity;

use super::checked::{Checked, Reported, State};
use super::{Group, groups, verdicts};
use crate::page::text;
use crate::term::Term;

const STYLE: &str = concat!(include_str!("base.css"), include_str!("html.css"));
/// Places shown of one rule.
const PLACES: usize = 20;
/// Rules shown of one input.
const RULES: usize = 200;

/// The logo of `look.md` section 6: a ring, a lamp and one lit sector.
const LOGO: &str = "<svg class=\"logo\" viewBox=\"0 0 32 32\" width=\"32\" height=\"32\" aria-hidden=\"true\"><path class=\"lit\" d=\"M16 16L22.6 3.6A14 14 0 0 1 28.4 22.6Z\"/>\
    <circle class=\"ring\" cx=\"16\" cy=\"16\" r=\"14\"/><circle class=\"lamp\" cx=\"16\" cy=\"16\" r=\"4\"/></svg>";

/// The whole page.
pub(super) fn page(term: &Term, all: &[Checked]) -> String {
    let mut page = String::with_capacity(64 << 10);
    let subject = match all {
        [one] => text(&one.file),
        many => format!("{} {}", many.len(), term.say("kataloger", "catalogues")),
    };
    let now = chrono::Utc::now();
    // Writing to a String cannot fail.
    let _ = write!(
        page,
        "<!DOCTYPE html><html lang=\"{}\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"referrer\" content=\"no-referrer\"><meta name=\"color-scheme\" content=\"light dark\"><title>{subject}: {}</title><style>{STYLE}</style></head>\
         <body><a class=\"skip\" href=\"#findings\">{}</a><header>{LOGO}<p><b>Fyr</b> <code>fyr check</code> <time datetime=\"{}\">{} UTC</time></p></header>\
         <main><p class=\"kind\">{}</p><h1>{subject}</h1>",
        term.say("sv", "en"),
        term.say("kontroll av metadata", "metadata check"),
        term.say("Till fynden", "To the findings"),
        now.format("%Y-%m-%dT%H:%M:%SZ"),
        now.format("%Y-%m-%d %H:%M"),
        term.say("Kontroll av en datakatalogs metadata", "Check of a data catalogue's metadata"),
    );
    let several = all.len() > 1;
    for (place, checked) in all.iter().enumerate() {
        input(term, checked, place, several, &mut page);
    }
    page.push_str("</main>");
    proof(all, &mut page);
    page.push_str("</body></html>");
    page
}

fn input(term: &Term, checked: &Checked, place: usize, several: bool, page: &mut String) {
    page.push_str("<section>");
    if several {
        let _ = write!(page, "<h2>{}</h2>", text(&checked.file));
    }
    page.push_str("<ul class=\"verdicts\">");
    for (_, holds, words) in verdicts(term, checked) {
        let (class, mark) = if holds { ("done", DONE) } else { ("error", ERROR) };
        let _ = write!(page, "<li class=\"{class}\">{mark} {}</li>", capital(&words));
    }
    page.push_str("</ul>");
    counts(term, checked, page);
    gate(term, checked, page);
    let level = if several { 3 } else { 2 };
    fixes::list(term, checked, level, page);
    let id = if place == 0 {
        "findings".to_owned()
    } else {
        format!("findings-{place}")
    };
    let groups = groups(checked);
    let _ = write!(page, "<h{level} id=\"{id}\">{}</h{level}>", term.say("Att åtgärda", "What to mend"));
    if groups.is_empty() {
        let _ = write!(page, "<p>{}</p>", term.say("Inget att åtgärda.", "Nothing to mend."));
    }
    for group in groups.iter().take(RULES) {
        rule(term, group, level + 1, page);
    }
    if groups.len() > RULES {
        let more = term.say("regler till visas inte här", "more rules are not shown here");
        let _ = write!(page, "<p class=\"soft\">{} {more}</p>", groups.len() - RULES);
    }
    page.push_str("</section>");
}

fn counts(term: &Term, checked: &Checked, page: &mut String) {
    let counts = checked.counts;
    let facts = [
        (counts.violation, term.say("fel", "violations")),
        (counts.warning, term.say("varningar", "warnings")),
        (counts.info, term.say("upplysningar", "notes")),
    ];
    page.push_str("<ul class=\"facts\">");
    for (count, word) in facts {
        let _ = write!(page, "<li><b>{}</b> {word}</li>", term.count(count));
    }
    page.push_str("</ul>");
}

/// What is old, gone, ignored, expired and left out.
fn gate(term: &Term, checked: &Checked, page: &mut String) {
    let gate = &checked.gate;
    let mut lines: Vec<String> = Vec::new();
    let mut note = |count: u64, sv: &str, en: &str| {
        if count > 0 {
            lines.push(format!("{} {}", term.count(count), term.say(sv, en)));
        }
    };
    note(gate.known, "fynd är kända i baslinjen.", "findings are known in the baseline.");
    let gone = gate.gone.as_ref().map_or(0, |gone| gone.count);
    note(gone, "fynd i baslinjen finns inte längre.", "findings of the baseline are gone.");
    note(gate.ignored, "fynd är undantagna.", "findings are ignored.");
    note(
        checked.left_out_total(),
        "fynd fick inte plats i rapporten.",
        "findings had no room in the report.",
    );
    for one in &gate.expired {
        lines.push(format!(
            "{} <code>{}</code> {} {}.",
            term.say("Undantaget för", "The ignore of"),
            text(&one.rule),
            term.say("gällde till och med", "held until"),
            text(&one.until)
        ));
    }
    if lines.is_empty() {
        return;
    }
    page.push_str("<ul class=\"notes\">");
    for line in lines {
        let _ = write!(page, "<li>{line}</li>");
    }
    page.push_str("</ul>");
}

fn rule(term: &Term, group: &Group<'_>, level: usize, page: &mut String) {
    let first = group.first();
    let finding = &first.finding;
    let (class, mark, word) = match finding.severity {
        Severity::Violation => ("error", ERROR, term.say("Fel", "Violation")),
        Severity::Warning => ("warning", WARNING, term.say("Varning", "Warning")),
        Severity::Info => ("info", INFO, term.say("Upplysning", "Note")),
    };
    let _ = write!(
        page,
        "<article class=\"finding\"><p class=\"mark {class}\">{mark} {word}<span class=\"count\">{}</span></p><h{level}>{}</h{level}><dl>",
        term.count(group.total()),
        text(&capital(finding.message.get(term.lang)))
    );
    if let Some(fix) = &finding.fix {
        let (word, fix) = (term.say("Gör så här", "Do this"), text(&capital(fix.text.get(term.lang))));
        let _ = write!(page, "<dt class=\"turn\">{word}</dt><dd>{fix}</dd>");
    }
    if let Some(duty) = &first.duty {
        let (word, effort) = (term.say("Vem", "Who"), term.say("insats", "effort"));
        let who = text(&capital(duty.who.get(term.lang)));
        let _ = write!(
            page,
            "<dt>{word}</dt><dd>{who}, {effort}: {}</dd>",
            text(duty.effort.get(term.lang))
        );
    }
    if !finding.path.is_empty() {
        let _ = write!(
            page,
            "<dt>{}</dt><dd>{}</dd>",
            term.say("Egenskap", "Property"),
            code(&finding.path)
        );
    }
    let _ = write!(page, "<dt>{}</dt><dd><ul class=\"places\">", term.say("Var", "Where"));
    for one in group.shown.iter().take(PLACES) {
        let words = group
            .other_words(one, term.lang)
            .map(|words| format!("<br>{}", text(&capital(words))));
        place(term, one, &words.unwrap_or_default(), page);
    }
    page.push_str("</ul>");
    let more = group.total().saturating_sub(PLACES as u64);
    if more > 0 {
        let _ = write!(page, "<p class=\"soft\">{} {}</p>", term.count(more), term.say("till", "more"));
    }
    let _ = write!(
        page,
        "</dd><dt>{}</dt><dd>{}</dd></dl></article>",
        term.say("Regel", "Rule"),
        code(&finding.id)
    );
}

fn place(term: &Term, one: &Reported, words: &str, page: &mut String) {
    let at = one.place().map(|at| {
        let (line, column) = (term.say("rad", "line"), term.say("kolumn", "column"));
        format!("<span class=\"soft\">{line} {}, {column} {}</span> ", at.line, at.column)
    });
    let mut subject = one.subject().map_or_else(|| code(&one.file), link);
    if is_about_shapes(&one.finding) {
        subject = format!("{} {subject}", code(&one.file));
    }
    let state = match (one.state, &one.ignored) {
        (State::Known, _) => format!(" <span class=\"tag\">{}</span>", term.say("känt", "known")),
        (State::Ignored, Some(reason)) => {
            let word = term.say("undantaget till och med", "ignored until");
            format!(
                " <span class=\"tag\">{word} {}: {}</span>",
                text(&reason.until),
                text(&reason.reason)
            )
        }
        _ => String::new(),
    };
    let _ = write!(page, "<li>{}{subject}{state}{words}</li>", at.unwrap_or_default());
}

fn code(raw: &str) -> String {
    format!("<code>{}</code>", text(raw))
}

/// A link to what one may follow; anything else is text.
fn link(iri: &str) -> String {
    let plain = iri.starts_with("https://") || iri.starts_with("http://");
    if plain {
        format!("<a href=\"{0}\" rel=\"noreferrer\">{0}</a>", text(iri))
    } else {
        code(iri)
    }
}

/// A sentence begins with a capital.
fn capital(words: &str) -> String {
    let mut letters = words.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

/// Program, rule packs and inputs with their digests.
fn proof(all: &[Checked], page: &mut String) {
    let _ = write!(page, "<footer><p>Fyr {}", env!("CARGO_PKG_VERSION"));
    let packs = all.first().map(|checked| checked.packs.as_slice()).unwrap_or_default();
    for pack in packs.iter().filter(|pack| pack.id.starts_with("dcat-ap")) {
        let _ = write!(
            page,
            " · {} {} <code>{}</code>",
            text(&pack.id),
            text(&pack.version),
            pack.sha256.short()
        );
    }
    for checked in all {
        if let Some(sha256) = checked.sha256() {
            let _ = write!(
                page,
                " · {} <code title=\"{sha256}\">{}</code>",
                text(&checked.file),
                sha256.short()
            );
        }
    }
    page.push_str("</p></footer>");
}

// Marks of `look.md` section 6: filled diamond, open triangle, ring with i, tick. The word stands beside them.
const ERROR: &str =
    "<svg width=\"14\" height=\"14\" viewBox=\"0 0 14 14\" aria-hidden=\"true\"><path class=\"fill\" d=\"M7 0l7 7-7 7-7-7z\"/></svg>";
const WARNING: &str =
    "<svg width=\"14\" height=\"14\" viewBox=\"0 0 14 14\" aria-hidden=\"true\"><path class=\"draw\" d=\"M7 1.5L13 12.5H1z\"/></svg>";
const INFO: &str = "<svg width=\"14\" height=\"14\" viewBox=\"0 0 14 14\" aria-hidden=\"true\"><circle class=\"draw\" cx=\"7\" cy=\"7\" r=\"6\"/><path class=\"draw\" d=\"M7 6v4.5M7 3.2v1.4\"/></svg>";
const DONE: &str =
    "<svg width=\"14\" height=\"14\" viewBox=\"0 0 14 14\" aria-hidden=\"true\"><path class=\"draw\" d=\"M1.5 7.5l4 4 7-9\"/></svg>";
