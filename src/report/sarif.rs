//! SARIF 2.1.0 (OASIS, errata 01): one run, a rule for each rule that found something, and each finding with its place and fingerprint.
//!
//! Columns count characters (`columnKind`). Old findings are `unchanged` against the baseline, ignored ones are suppressed with their reason; what
//! is gone is told in the run's properties. Verdicts stand there too, and as notifications of the run.

use std::collections::BTreeMap;

use fyr_model::Severity;
use serde_json::{Value, json};

use super::checked::{Checked, Reported, State};
use super::{name, verdicts};
use crate::term::{Term, safe};

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// The log.
pub(super) fn log(term: &Term, all: &[Checked]) -> Value {
    let rules = rules(term, all);
    let places: BTreeMap<&str, usize> = rules.iter().enumerate().map(|(place, (id, _))| (*id, place)).collect();
    let mut results = Vec::new();
    for (artifact, checked) in all.iter().enumerate() {
        let compared = checked.gate.gone.is_some();
        for one in &checked.findings {
            let rule = places.get(one.finding.id.as_str()).copied().unwrap_or_default();
            results.push(result(term, one, artifact, rule, compared));
        }
    }
    let unread = all.iter().any(|checked| checked.reference.is_none());
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "fyr",
                "version": env!("CARGO_PKG_VERSION"),
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules.into_iter().map(|(_, rule)| rule).collect::<Vec<_>>(),
            }},
            "language": term.say("sv-SE", "en-US"),
            "columnKind": "unicodeCodePoints",
            "invocations": [{
                "executionSuccessful": !unread,
                "endTimeUtc": chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
                "toolExecutionNotifications": all.iter().enumerate().flat_map(|(place, one)| notes(term, one, place)).collect::<Vec<_>>(),
            }],
            "artifacts": all.iter().map(artifact).collect::<Vec<_>>(),
            "results": results,
            "properties": { "inputs": all.iter().map(summary).collect::<Vec<_>>() },
        }],
    })
}

/// A rule for each id, with the texts of its first finding.
fn rules<'c>(term: &Term, all: &'c [Checked]) -> Vec<(&'c str, Value)> {
    let mut found: BTreeMap<&str, &Reported> = BTreeMap::new();
    for one in all.iter().flat_map(|checked| &checked.findings) {
        found.entry(one.finding.id.as_str()).or_insert(one);
    }
    found
        .into_iter()
        .map(|(id, one)| {
            let finding = &one.finding;
            let fix = finding.fix.as_ref().map_or_else(String::new, |fix| safe(fix.text.get(term.lang)));
            let help = if fix.is_empty() {
                safe(finding.message.get(term.lang))
            } else {
                fix
            };
            // A component of SHACL finds what many shapes ask for; their words stand with each result.
            let short = match finding.id.starts_with("shacl-") && !finding.component.is_empty() {
                true => finding.component.clone(),
                false => safe(finding.message.get(term.lang)),
            };
            let mut properties = json!({ "tags": ["metadata", "dcat"] });
            if let (Some(duty), Some(map)) = (&one.duty, properties.as_object_mut()) {
                map.insert("who".into(), json!(duty.who));
                map.insert("effort".into(), json!(duty.effort));
            }
            let rule = json!({
                "id": id,
                "shortDescription": { "text": short },
                "help": { "text": help },
                "defaultConfiguration": { "level": level(finding.severity) },
                "properties": properties,
            });
            (id, rule)
        })
        .collect()
}

fn result(term: &Term, one: &Reported, artifact: usize, rule: usize, compared: bool) -> Value {
    let finding = &one.finding;
    let mut physical = json!({ "artifactLocation": { "uri": name::uri(&one.file), "index": artifact } });
    if let (Some(at), Some(map)) = (one.place(), physical.as_object_mut()) {
        let mut region = json!({ "startLine": at.line });
        if let (true, Some(region)) = (at.column > 0, region.as_object_mut()) {
            region.insert("startColumn".into(), json!(at.column));
        }
        map.insert("region".into(), region);
    }
    let mut location = json!({ "physicalLocation": physical });
    if let (Some(subject), Some(map)) = (one.subject(), location.as_object_mut()) {
        map.insert(
            "logicalLocations".into(),
            json!([{ "fullyQualifiedName": safe(subject), "kind": "resource" }]),
        );
    }
    let mut result = json!({
        "ruleId": finding.id,
        "ruleIndex": rule,
        "level": level(finding.severity),
        "message": { "text": super::gitlab::description(term, one) },
        "locations": [location],
        "partialFingerprints": { "fyrFinding/v1": one.fingerprint },
        "suppressions": suppressions(one),
        "properties": { "path": finding.path, "value": finding.value, "component": finding.component, "sourceShape": finding.source_shape },
    });
    if let (true, Some(map)) = (compared, result.as_object_mut()) {
        let state = if one.state == State::Known { "unchanged" } else { "new" };
        map.insert("baselineState".into(), json!(state));
    }
    result
}

fn suppressions(one: &Reported) -> Value {
    let reason = one.ignored.as_ref();
    let all = reason.map(
        |reason| json!({ "kind": "external", "status": "accepted", "justification": format!("{} ({})", reason.reason, reason.until) }),
    );
    Value::Array(all.into_iter().collect())
}

fn artifact(checked: &Checked) -> Value {
    let mut artifact = json!({ "location": { "uri": name::uri(&checked.file) }, "roles": ["analysisTarget"] });
    if let (Some(sha256), Some(map)) = (checked.sha256(), artifact.as_object_mut()) {
        map.insert("hashes".into(), json!({ "sha-256": sha256.to_string() }));
    }
    artifact
}

/// The verdicts, what was left out and which ignores have ended, as the run's own words.
fn notes(term: &Term, checked: &Checked, place: usize) -> Vec<Value> {
    let note = |id: &str, level: &str, text: String| {
        json!({
            "descriptor": { "id": id },
            "level": level,
            "message": { "text": text },
            "locations": [{ "physicalLocation": { "artifactLocation": { "uri": name::uri(&checked.file), "index": place } } }],
        })
    };
    let mut notes: Vec<Value> = verdicts(term, checked)
        .into_iter()
        .map(|(id, holds, words)| note(&format!("verdict-{id}"), if holds { "note" } else { "warning" }, words))
        .collect();
    let left = checked.left_out_total();
    if left > 0 {
        let words = term.say("fynd fick inte plats i rapporten", "findings had no room in the report");
        notes.push(note("left-out", "warning", format!("{left} {words}")));
    }
    for one in &checked.gate.expired {
        let words = term.say("undantaget gällde till och med", "the ignore held until");
        notes.push(note("ignore-expired", "warning", format!("{}: {words} {}", one.rule, one.until)));
    }
    notes
}

fn summary(checked: &Checked) -> Value {
    json!({
        "uri": name::uri(&checked.file),
        "profile": checked.profile,
        "harvestedByDataportal": checked.harvested,
        "conforms": checked.conforms,
        "counts": checked.counts,
        "leftOut": checked.left_out,
        "gate": checked.gate,
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Violation => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}
