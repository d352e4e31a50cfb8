//! A catalogue that has been read, tried by SHACL shapes in a confined worker: shapes files and catalogues of others are both hostile until read.

use std::collections::BTreeMap;

use fyr_assess::profile::Profile;
use fyr_graph::ReadResponse;
use fyr_graph::shacl::{RESULTS_MAX, ShaclRequest, ShaclResponse, ShapesPath};
use fyr_model::{Finding, Refusal, RefusalKind, RulePack, Text};

use super::Door;
use super::input::Bench;
use crate::profiles::Chosen;
use crate::report::{Duty, LeftOut};
use crate::workspace::internal;

/// What shapes found.
pub struct Tried {
    /// Results, and what the shapes files ask for and cannot get.
    pub findings: Vec<Finding>,
    /// Results that there was no room for.
    pub beyond: Vec<LeftOut>,
    /// Each shapes file with its digest.
    pub packs: Vec<RulePack>,
    /// By dataset, whether it and what hangs on it is without violation; none when the shapes are about nothing in the catalogue.
    pub datasets: Option<BTreeMap<String, bool>>,
}

/// Tries a catalogue by shapes files.
///
/// # Errors
/// Shapes that are not used, with file and line; a worker that was stopped.
pub fn tried(door: &Door, bench: &Bench, files: &[ShapesPath], read: &ReadResponse, results_max: usize) -> Result<Tried, Refusal> {
    let request = ShaclRequest {
        nquads: read.nquads.clone(),
        shapes: files.to_vec(),
        background: true,
        results_max: results_max.max(1),
        limits: door.config.graph.clone(),
    };
    let runner = crate::work::runner().map_err(|error| internal("runner", &error))?;
    let dir = bench.work("shacl")?;
    let named = files.first().map_or("shacl", |file| file.name.as_str());
    let answer: ShaclResponse = tokio::task::block_in_place(|| runner.run("graph.shacl", named, &request, &dir, &door.config.worker))?;
    let beyond = answer.beyond.into_iter().map(|one| LeftOut {
        id: rule(&one.source_shape).map_or(one.id, |facts| facts.id.clone()),
        severity: one.severity,
        source_shape: one.source_shape,
        count: one.count,
    });
    let packs = answer.shapes.into_iter().map(|(id, sha256)| RulePack {
        id,
        version: sha256.to_string().chars().take(12).collect(),
        sha256,
    });
    let datasets = answer.datasets.into_iter().map(|one| (one.dataset, one.holds));
    Ok(Tried {
        findings: answer.findings.into_iter().map(by_rule).collect(),
        beyond: beyond.collect(),
        packs: packs.collect(),
        datasets: (answer.judged > 0).then(|| datasets.collect()),
    })
}

/// The rule behind a shape that was made of a profile of ours.
fn rule(shape: &str) -> Option<&'static fyr_assess::profile::RuleFacts> {
    Profile::known().iter().find_map(|profile| profile.rule_of_shape(shape))
}

/// A result of a shape that was made of a rule carries the rule's id and fix, as the rule's own finding does.
fn by_rule(mut finding: Finding) -> Finding {
    if let Some(facts) = rule(&finding.source_shape) {
        finding.id.clone_from(&facts.id);
        finding = if facts.fix.en.contains("{expected}") {
            finding
        } else {
            finding.fix(facts.fix.clone())
        };
    }
    finding
}

/// Who mends what shapes made of our rules have found.
pub fn duties(findings: &[Finding]) -> BTreeMap<String, Duty> {
    let known = findings.iter().filter_map(|finding| rule(&finding.source_shape));
    known.map(|facts| (facts.id.clone(), Duty::of(facts))).collect()
}

/// By dataset, whether it complies with the shapes that the words name; none when they name none.
///
/// # Errors
/// Those of [`tried`], and shapes that are about nothing in the catalogue.
pub fn compliance(door: &Door, bench: &Bench, chosen: &Chosen, read: &ReadResponse) -> Result<Tried, Refusal> {
    let own;
    let files = match &chosen.rules {
        Some(profile) if chosen.shapes.is_empty() => {
            own = written(bench, profile)?;
            std::slice::from_ref(&own)
        }
        _ => &chosen.shapes,
    };
    let tried = tried(door, bench, files, read, RESULTS_MAX)?;
    if tried.datasets.is_none() && !read.view.datasets.is_empty() {
        let text = Text::new(
            "formerna gäller ingenting i katalogen, så inga SHACL-poäng kan mätas",
            "the shapes are about nothing in the catalogue, so no SHACL points can be measured",
        );
        return Err(
            Refusal::new("shapes-about-nothing", RefusalKind::Configuration, &chosen.name, text).hint(Text::new(
                "ange former som riktar sig till dcat:Dataset, till exempel dcat-ap-SHACL.ttl",
                "name shapes that target dcat:Dataset, for instance dcat-ap-SHACL.ttl",
            )),
        );
    }
    Ok(tried)
}

/// The shapes made of a profile's rules, as a file.
fn written(bench: &Bench, profile: &Profile) -> Result<ShapesPath, Refusal> {
    let path = bench.work("shapes")?.join("profile.ttl");
    std::fs::write(&path, profile.shapes()).map_err(|error| internal("shapes", &error))?;
    Ok(ShapesPath {
        path,
        name: profile.pinned(),
    })
}
