//! What the rules of the profiles find in documents as a harvest reads them: each rule's own two examples, and the official example.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use fyr_assess::profile::{By, Profile, examples};
use fyr_graph::ReadRequest;
use fyr_model::{Finding, Severity};

/// Rules about the document itself, which no Turtle document can keep and break in turn; the crate `graph` shows them.
const ABOUT_DOCUMENTS: [&str; 5] = [
    "encoding-not-utf8",
    "media-type-mismatch",
    "named-graphs-merged",
    "not-a-catalogue",
    "syntax-not-rdfxml",
];

/// Every finding, by the reader and against the profile, neither silencing the other; a refusal counts as a finding of its id.
fn found(profile: &Profile, turtle: &str) -> Vec<Finding> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("catalogue.ttl");
    std::fs::write(&path, turtle).unwrap();
    read(profile, &path, dir.path())
}

fn read(profile: &Profile, path: &Path, dir: &Path) -> Vec<Finding> {
    let request = ReadRequest {
        path: path.to_owned(),
        source: "example".into(),
        address: "catalogue.ttl".into(),
        media_type: Some("text/turtle".into()),
        base: None,
        limits: fyr_model::limits::GraphLimits::default(),
    };
    match fyr_graph::read(&request, dir) {
        Err(refusal) => vec![Finding::new(refusal.id, Severity::Violation, "", refusal.message)],
        Ok(read) => {
            let mut view = read.view;
            let mut findings = read.findings;
            findings.append(&mut view.findings);
            findings.extend(profile.check(&view));
            findings
        }
    }
}

fn count(findings: &[Finding], rule: &str) -> usize {
    findings.iter().filter(|finding| finding.id == rule).count()
}

#[test]
fn every_rule_fires_on_its_failing_example_and_never_on_the_passing_one() {
    let profile = Profile::current();
    let mut wrong = Vec::new();
    let mut table = String::new();
    let mut counts: BTreeMap<By, usize> = BTreeMap::new();
    for one in examples(profile) {
        let facts = profile.rule(&one.rule).unwrap_or_else(|| panic!("{} is no rule", one.rule));
        *counts.entry(facts.by).or_default() += 1;
        if facts.by == By::Shapes {
            continue;
        }
        let (fail, pass) = (found(profile, &one.fail), found(profile, &one.pass));
        let (fails, passes) = (count(&fail, &one.rule), count(&pass, &one.rule));
        table += &format!("| {} | {} | {fails} |\n", one.rule, facts.clause);
        if fails == 0 || passes > 0 {
            let ids = |findings: &[Finding]| findings.iter().map(|finding| finding.id.clone()).collect::<Vec<_>>();
            wrong.push(format!(
                "{}: {fails} on the failing one {:?}, {passes} on the passing one {:?}",
                one.rule,
                ids(&fail),
                ids(&pass)
            ));
        }
        // The reader and the profile may grade a fault of one name differently; the facts are those of the profile.
        let graded = |finding: &&Finding| finding.id == one.rule && finding.severity == facts.severity;
        if fails > 0 && !fail.iter().any(|finding| graded(&finding)) {
            wrong.push(format!("{}: never found as {:?}", one.rule, facts.severity));
        }
    }
    println!("| rule | clause | findings on the failing example |\n|---|---|---|\n{table}{counts:?}");
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_rule_has_an_example_in_both_versions() {
    for profile in Profile::known() {
        let shown: BTreeSet<String> = examples(profile).into_iter().map(|one| one.rule).collect();
        let hidden: Vec<&str> = profile
            .rules()
            .map(|facts| facts.id.as_str())
            .filter(|id| !shown.contains(*id) && !ABOUT_DOCUMENTS.contains(id))
            .collect();
        assert_eq!(hidden, [""; 0], "{}", profile.pinned());
    }
}

#[test]
fn the_official_example_breaks_no_rule_of_its_own_version_and_only_named_ones_of_the_present() {
    let path = Path::new(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../../shared/fixtures/real/catalogs/digg-rekommenderat.ttl"
    ));
    if !path.is_file() {
        println!("skipped: the shared fixtures are not here");
        return;
    }
    for profile in Profile::known() {
        let dir = tempfile::tempdir().unwrap();
        let findings = read(profile, path, dir.path());
        let of = |severity: Severity| -> BTreeSet<&str> {
            let some = findings.iter().filter(|finding| finding.severity == severity);
            some.map(|finding| finding.id.as_str()).collect()
        };
        println!("{}: {:?} {:?}", profile.pinned(), of(Severity::Violation), of(Severity::Warning));
        assert_eq!(of(Severity::Violation), BTreeSet::new(), "{}", profile.pinned());
    }
}
