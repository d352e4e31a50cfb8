//! What is printed of incidents: a list with the detectors' measured precision, or one with its letter to the publisher.

use fyr_model::incident::{DetectorPrecision, Incident, Status, kind_name};
use serde_json::{Value, json};

use crate::term::{Ink, Term, cut, safe};

/// The body of the JSON document: each incident with where it stands and its letter.
pub fn body(incidents: &[Incident], precision: &[DetectorPrecision]) -> Value {
    let one = |incident: &Incident| {
        let mut value = serde_json::to_value(incident).unwrap_or_default();
        if let Some(object) = value.as_object_mut() {
            object.insert("status".into(), json!(incident.status()));
            object.insert("withheld".into(), json!(incident.is_withheld()));
            object.insert("notice".into(), json!(incident.notice()));
        }
        value
    };
    json!({ "incidents": incidents.iter().map(one).collect::<Vec<_>>(), "precision": precision })
}

/// The same for people.
pub fn text(term: &Term, incidents: &[Incident], precision: &[DetectorPrecision], one: bool) {
    match incidents {
        [incident] if one => whole(term, incident),
        [] => println!("{} {}", term.done(), term.say("inga incidenter", "no incidents")),
        all => list(term, all),
    }
    if !one && !precision.is_empty() {
        precisions(term, precision);
    }
}

fn list(term: &Term, incidents: &[Incident]) {
    let heads = match term.lang {
        fyr_model::Lang::Sv => ["incident", "läge", "pipeline", "slag", "celler", "länk"],
        fyr_model::Lang::En => ["incident", "status", "pipeline", "kinds", "cells", "link"],
    };
    let rows: Vec<Vec<String>> = incidents
        .iter()
        .map(|incident| {
            let kinds: Vec<String> = incident
                .findings
                .iter()
                .map(|finding| kind(term, finding.kind.as_deref()))
                .collect();
            let cells: u64 = incident.findings.iter().map(|finding| finding.matches).sum();
            vec![
                safe(&incident.id),
                status(term, incident.status()),
                safe(incident.pipeline.as_str()),
                cut(&kinds.join(", "), 48),
                term.count(cells),
                term.say(
                    if incident.is_withheld() { "visas inte" } else { "visas" },
                    if incident.is_withheld() { "withheld" } else { "shown" },
                )
                .to_owned(),
            ]
        })
        .collect();
    println!("{}", term.table(&heads, &[4], &rows));
}

fn whole(term: &Term, incident: &Incident) {
    let line = |sv: &str, en: &str, value: &str| println!("{:<14} {}", term.ink(Ink::Dim, term.say(sv, en)), safe(value));
    println!("{}", term.ink(Ink::Bold, &safe(&incident.id)));
    line("läge", "status", &status(term, incident.status()));
    line("upptäckt", "discovered", &incident.discovered.to_rfc3339());
    line("pipeline", "pipeline", incident.pipeline.as_str());
    if let Some(at) = incident.clean_at {
        line("annan fil", "other file", &at.to_rfc3339());
    }
    for judged in &incident.judgements {
        let about = if judged.columns.is_empty() {
            String::new()
        } else {
            format!(" ({})", judged.columns.join(", "))
        };
        let note = judged.note.as_ref().map(|note| format!(": {note}")).unwrap_or_default();
        let text = format!(
            "{}{about}, {} {}, {}{note}",
            status(term, judged.status),
            judged.by,
            judged.role,
            judged.at.to_rfc3339()
        );
        line("bedömt", "judged", &text);
    }
    let notice = incident.notice();
    println!(
        "\n{}",
        term.ink(Ink::Bold, term.say("Text till utgivaren", "Text to the publisher"))
    );
    let nobody = term.say(
        "metadata anger ingen funktionsbrevlåda; skicka till utgivarens registrator",
        "the metadata names no function mailbox; send it to the publisher's registrar",
    );
    line("till", "to", notice.to.as_deref().unwrap_or(nobody));
    line("ämne", "subject", notice.subject.get(term.lang));
    println!();
    for paragraph in notice.body.get(term.lang).lines() {
        println!("{}", safe(paragraph));
    }
}

fn precisions(term: &Term, precision: &[DetectorPrecision]) {
    println!(
        "{}",
        term.ink(
            Ink::Bold,
            term.say("Uppmätt precision per detektor", "Measured precision by detector")
        )
    );
    let heads = match term.lang {
        fyr_model::Lang::Sv => ["slag", "rätt", "fel", "obedömda", "precision", "95 %"],
        fyr_model::Lang::En => ["kind", "right", "wrong", "unjudged", "precision", "95 %"],
    };
    let rows: Vec<Vec<String>> = precision
        .iter()
        .map(|one| {
            vec![
                kind(term, Some(&one.kind)),
                term.count(one.right),
                term.count(one.wrong),
                term.count(one.unjudged),
                one.precision.map_or_else(|| "–".into(), |share| term.decimal(share)),
                one.interval
                    .map_or_else(|| "–".into(), |[low, high]| format!("{}–{}", term.decimal(low), term.decimal(high))),
            ]
        })
        .collect();
    println!("{}", term.table(&heads, &[1, 2, 3, 4], &rows));
}

fn status(term: &Term, status: Status) -> String {
    status.name().get(term.lang).to_owned()
}

fn kind(term: &Term, kind: Option<&str>) -> String {
    kind_name(kind.unwrap_or_default()).get(term.lang).to_owned()
}
