//! The fix list of the page: the causes that pay most in points of MQA, for the whole catalogue and the first of each publisher.

use std::fmt::Write as _;

use fyr_model::fixlist::{Cause, Gain};

use super::{Checked, Term, capital, code, text};

/// Causes shown of the whole catalogue; the JSON document has all.
const SHOWN: usize = 10;
/// Publishers shown.
const PUBLISHERS: usize = 50;

pub(super) fn list(term: &Term, checked: &Checked, level: usize, page: &mut String) {
    let list = &checked.fix_list;
    if paying(&list.causes).next().is_none() {
        return;
    }
    // Writing to a String cannot fail.
    let _ = write!(
        page,
        "<h{level}>{}</h{level}><p class=\"soft\">{}</p>",
        term.say("Åtgärdslista", "Fix list"),
        term.say(
            "Vad varje åtgärd ger i medelpoäng av MQA (0–405), efter EU:s regler och efter Sveriges, om den görs överallt.",
            "What each fix gains in mean points of MQA (0–405), by the EU's rules and by Sweden's, if it is made everywhere."
        )
    );
    open(term, term.say("Åtgärd", "Fix"), page);
    for cause in paying(&list.causes).take(SHOWN) {
        let fix = cause.fix.as_ref().unwrap_or(&cause.message).get(term.lang);
        row(term, cause, &text(&capital(fix)), &duty(term, checked, cause), page);
    }
    page.push_str("</tbody></table></div>");
    publishers(term, checked, level, page);
}

/// The first of each publisher.
fn publishers(term: &Term, checked: &Checked, level: usize, page: &mut String) {
    let first = |causes: &[Cause]| paying(causes).next().cloned();
    let all: Vec<_> = checked
        .fix_list
        .publishers
        .iter()
        .filter_map(|one| Some((one, first(&one.causes)?)))
        .collect();
    if all.is_empty() {
        return;
    }
    let _ = write!(
        page,
        "<h{0}>{1}</h{0}>",
        level + 1,
        term.say("Första åtgärden för varje utgivare", "The first fix of each publisher")
    );
    open(term, term.say("Utgivare och åtgärd", "Publisher and fix"), page);
    for (publisher, cause) in all.iter().take(PUBLISHERS) {
        let name = publisher.name.text(term.lang);
        let name = if name.is_empty() { code(&publisher.iri) } else { text(name) };
        let fix = cause.fix.as_ref().unwrap_or(&cause.message).get(term.lang);
        row(
            term,
            cause,
            &format!("<b>{name}</b><br>{}", text(&capital(fix))),
            &duty(term, checked, cause),
            page,
        );
    }
    page.push_str("</tbody></table></div>");
    if all.len() > PUBLISHERS {
        let more = term.say("utgivare till visas inte här", "more publishers are not shown here");
        let _ = write!(page, "<p class=\"soft\">{} {more}</p>", all.len() - PUBLISHERS);
    }
}

fn paying(causes: &[Cause]) -> impl Iterator<Item = &Cause> {
    causes.iter().filter(|cause| cause.gain.values().any(|gain| gain.points > 0))
}

fn open(term: &Term, what: &str, page: &mut String) {
    let _ = write!(
        page,
        "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"{what}\"><table class=\"fixes\"><thead><tr><th>{what}</th><th class=\"number\">eu</th><th class=\"number\">se</th>\
         <th class=\"number\">{}</th><th>{}</th></tr></thead><tbody>",
        term.say("Ställen", "Places"),
        term.say("Vem", "Who")
    );
}

fn row(term: &Term, cause: &Cause, what: &str, who: &str, page: &mut String) {
    let gain = |variant: &str| cause.gain.get(variant).map_or_else(|| "–".into(), |gain| plus(term, gain));
    let _ = write!(
        page,
        "<tr><td>{what} {}</td><td class=\"number turn\">{}</td><td class=\"number turn\">{}</td><td class=\"number\">{}</td><td>{who}</td></tr>",
        code(&cause.rule),
        gain("eu"),
        gain("se"),
        term.count(cause.count)
    );
}

/// What the mean gains.
fn plus(term: &Term, gain: &Gain) -> String {
    format!("+{}", term.decimal(gain.mean_after - gain.mean_before))
}

/// Who can do it and how much work it is, where the rules say so.
fn duty(term: &Term, checked: &Checked, cause: &Cause) -> String {
    let first = checked.findings.iter().find(|one| one.finding.id == cause.rule);
    first.and_then(|one| one.duty.as_ref()).map_or_else(
        || "–".into(),
        |duty| {
            let effort = term.say("insats", "effort");
            format!(
                "{}, {effort}: {}",
                text(&capital(duty.who.get(term.lang))),
                text(duty.effort.get(term.lang))
            )
        },
    )
}
