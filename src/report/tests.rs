//! Reports of invented findings: fingerprints, bounds, the gate, and what each form says.

use fyr_assess::profile::Profile;
use fyr_model::{Finding, Lang, Position, Severity, Text};

use super::ignore::Ignores;
use super::*;
use crate::profiles::Chosen;

fn term(lang: Lang) -> Term {
    Term {
        lang,
        colour: false,
        symbols: true,
    }
}

fn reporter() -> Reporter {
    Reporter {
        format: Format::Text,
        also: Vec::new(),
        fail_on: FailOn::Violation,
        baseline: None,
        ignores: Ignores::of(&[], "2026-11-22"),
        findings_max: FINDINGS_MAX,
        single: true,
        done: Vec::new(),
    }
}

fn about() -> About {
    About {
        input: "katalog.rdf".into(),
        reference: Some(fyr_model::InputRef {
            iri: "file:///srv/katalog.rdf".into(),
            sha256: Some(fyr_model::Sha256::of(b"katalog")),
        }),
        names: vec!["file:///srv/katalog.rdf".into()],
        profile: "dcat-ap-se".into(),
        packs: Vec::new(),
        harvested: Some(true),
        conforms: false,
        duties: Default::default(),
        beyond: Vec::new(),
        words: String::new(),
        fix_list: Default::default(),
        fix: None,
    }
}

fn finding(id: &str, severity: Severity, focus: &str, line: u64) -> Finding {
    Finding::new(
        id,
        severity,
        focus,
        Text::new("datamängden saknar titel", "the dataset has no title"),
    )
    .on("http://purl.org/dc/terms/title")
    .seen("<script>alert(1)</script>\u{1b}")
    .fix(Text::new("skriv en titel", "write a title"))
    .at(Position {
        line,
        column: 3,
        offset: 0,
    })
}

fn some() -> Vec<Finding> {
    vec![
        finding("title-missing", Severity::Violation, "https://data.exempelby.example/a", 7),
        finding("title-missing", Severity::Violation, "https://data.exempelby.example/b?x=1&y=<", 9),
        finding("keyword-missing", Severity::Warning, "https://data.exempelby.example/a", 7),
        finding("encoding-not-utf8", Severity::Info, "file:///srv/katalog.rdf", 0),
    ]
}

#[test]
fn a_fingerprint_stays_when_lines_words_and_other_findings_change() {
    let prints = |findings: Vec<Finding>| -> Vec<(String, String)> {
        let checked = reporter().judge(about(), findings);
        let mut prints: Vec<_> = checked
            .findings
            .iter()
            .map(|one| (one.finding.focus.clone() + &one.finding.id, one.fingerprint.clone()))
            .collect();
        prints.sort();
        prints
    };
    let before = prints(some());
    let mut moved = some();
    for finding in &mut moved {
        finding.position = None;
        finding.message = Text::new("annat", "other");
    }
    assert_eq!(prints(moved), before);
    let fewer = prints(some().split_off(1));
    assert!(fewer.iter().all(|print| before.contains(print)) && fewer.len() == 3);
    let all: std::collections::BTreeSet<&str> = before.iter().map(|(_, print)| print.as_str()).collect();
    assert_eq!(all.len(), 4, "each finding has its own");
    assert!(all.iter().all(|print| print.len() == 32));
}

#[test]
fn the_document_is_the_same_wherever_it_lies() {
    let here = reporter().judge(about(), some());
    let moved = About {
        input: "annan/katalog.rdf".into(),
        names: vec!["file:///annan/katalog.rdf".into()],
        ..about()
    };
    let mut findings = some();
    findings[3].focus = "file:///annan/katalog.rdf".into();
    let there = reporter().judge(moved, findings);
    let print = |checked: &Checked| checked.findings.last().unwrap().fingerprint.clone();
    assert_eq!(print(&here), print(&there));
    assert_eq!(here.findings.last().unwrap().subject(), None);
}

#[test]
fn the_gate_fails_on_what_is_new_and_at_or_above_its_level() {
    for (fail_on, failing) in [(FailOn::Violation, 2), (FailOn::Warning, 3), (FailOn::Never, 0)] {
        let asked = Reporter { fail_on, ..reporter() };
        assert_eq!(asked.judge(about(), some()).gate.failing, failing);
    }
}

#[test]
fn a_bounded_report_keeps_every_rule_and_says_what_it_left_out() {
    let mut findings: Vec<Finding> = (0..500)
        .map(|number| {
            finding(
                "title-missing",
                Severity::Violation,
                &format!("https://data.exempelby.example/{number}"),
                1,
            )
        })
        .collect();
    findings.extend(some());
    let asked = Reporter {
        findings_max: 50,
        ..reporter()
    };
    let checked = asked.judge(about(), findings);
    assert!(checked.findings.len() <= 50, "{}", checked.findings.len());
    assert_eq!(checked.counts.violation, 502);
    assert_eq!(checked.gate.failing, 502, "the gate sees all");
    assert_eq!(checked.left_out_total() + checked.findings.len() as u64, 504);
    assert_eq!(groups(&checked).len(), 3);
    for lang in [Lang::Sv, Lang::En] {
        let left = checked.left_out_total().to_string();
        for report in [
            text::lines(&term(lang), std::slice::from_ref(&checked)),
            html::page(&term(lang), std::slice::from_ref(&checked)),
            junit::document(&term(lang), std::slice::from_ref(&checked)),
            json(&sarif::log(&term(lang), std::slice::from_ref(&checked))).unwrap(),
            json(&gitlab::report(&term(lang), std::slice::from_ref(&checked))).unwrap(),
            checked.document().unwrap(),
            turtle::document(std::slice::from_ref(&checked)).unwrap(),
        ] {
            assert!(report.contains(&left), "{left} in {report:.300}");
        }
    }
}

#[test]
fn every_form_says_both_verdicts() {
    let checked = reporter().judge(about(), some());
    let all = std::slice::from_ref(&checked);
    let sv = term(Lang::Sv);
    let words = ["skördas av dataportal.se", "följer inte profilen"];
    for report in [
        text::lines(&sv, all),
        html::page(&sv, all).replace("Skördas", "skördas").replace("Följer", "följer"),
        junit::document(&sv, all),
        json(&sarif::log(&sv, all)).unwrap(),
        json(&gitlab::report(&sv, all)).unwrap(),
        letter::text(&sv, all),
    ] {
        for word in words {
            assert!(report.contains(word), "{word} in {report:.400}");
        }
    }
    let ttl = turtle::document(all).unwrap();
    assert!(
        ttl.contains("harvestedByDataportal true") && ttl.contains("followsProfile false"),
        "{ttl}"
    );
    assert!(ttl.contains("sh:conforms false"), "{ttl}");
}

#[test]
fn a_page_stands_alone_and_shows_a_catalogues_words_as_words() {
    let mut findings = some();
    findings[0].message = Text::new("<img src=x onerror=alert(1)>", "<img src=x onerror=alert(1)>");
    findings[1].focus = "javascript:alert(1)".into();
    let checked = reporter().judge(about(), findings);
    for lang in [Lang::Sv, Lang::En] {
        let page = html::page(&term(lang), std::slice::from_ref(&checked));
        for foreign in ["<script", "<img", "@import", "url(", " style=", "href=\"javascript", "src="] {
            assert!(
                !page.contains(foreign) || foreign == "src=" && page.contains("&lt;img src=x"),
                "{foreign}"
            );
        }
        assert_eq!(page.matches("<h1>").count(), 1);
        assert!(page.contains("href=\"#findings\"") && page.contains("id=\"findings\""));
    }
    let two = html::page(&term(Lang::En), &[checked.clone(), checked]);
    assert_eq!(two.matches("<h1>").count(), 1);
    assert!(two.contains("<h1>2 catalogues</h1>") && two.contains("<h3 id=\"findings\">"));
}

#[test]
fn junit_counts_its_cases_and_is_well_formed() {
    let checked = reporter().judge(about(), some());
    let text = junit::document(&term(Lang::En), &[checked]);
    // Two verdicts, four findings; the failing verdict and the two violations fail.
    assert!(text.contains("tests=\"6\" failures=\"3\" errors=\"0\" skipped=\"0\""), "{text}");
    assert_eq!(text.matches("<testcase").count(), text.matches("</testcase>").count());
    assert_eq!(text.matches("<failure").count(), 3);
    assert!(text.contains("b?x=1&amp;y=&lt;") && !text.contains('\u{1b}'));
}

#[test]
fn sarif_has_what_the_standard_requires() {
    let checked = reporter().judge(about(), some());
    let log = sarif::log(&term(Lang::Sv), &[checked]);
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let results = run["results"].as_array().unwrap();
    assert_eq!((rules.len(), results.len()), (3, 4));
    for result in results {
        let index = result["ruleIndex"].as_u64().unwrap() as usize;
        assert_eq!(rules[index]["id"], result["ruleId"]);
        assert!(["error", "warning", "note"].contains(&result["level"].as_str().unwrap()));
        assert!(!result["message"]["text"].as_str().unwrap().is_empty());
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], "katalog.rdf");
        // A region is a place or absent: line 0 is none.
        assert!(place.get("region").is_none_or(|region| region["startLine"].as_u64().unwrap() >= 1));
    }
}

#[test]
fn a_refused_document_is_one_finding_in_every_form() {
    let refusal = Refusal::new(
        "syntax",
        RefusalKind::Unreadable,
        "file:///srv/katalog.ttl",
        Text::new(
            "syntaxfel, rad 3, kolumn 5: punkt saknas",
            "syntax error, line 3, column 5: a dot is missing",
        ),
    )
    .at(Position {
        line: 3,
        column: 5,
        offset: 40,
    });
    let chosen = Chosen {
        name: Profile::current().pinned(),
        rules: Some(Profile::current().clone()),
        shapes: Vec::new(),
        words: String::new(),
    };
    let (about, findings) = About::unread("katalog.ttl", &refusal, &chosen);
    let checked = reporter().judge(about, findings);
    assert!(!checked.conforms && checked.harvested == Some(false) && checked.gate.failing == 1);
    let all = std::slice::from_ref(&checked);
    let en = term(Lang::En);
    assert!(text::lines(&en, all).contains("katalog.ttl:3:5"));
    assert!(checked.document().unwrap().contains("\"id\": \"syntax\""));
    assert!(html::page(&en, all).contains("line 3, column 5"));
    assert!(turtle::document(all).unwrap().contains("line 3"));
    let log = sarif::log(&en, all);
    assert_eq!(
        log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"],
        3
    );
    assert_eq!(log["runs"][0]["invocations"][0]["executionSuccessful"], false);
    let junit = junit::document(&en, all);
    assert!(junit.contains("<error") && junit.contains("line=\"3\""), "{junit}");
    let gitlab = gitlab::report(&en, all);
    let issue = gitlab
        .as_array()
        .unwrap()
        .iter()
        .find(|issue| issue["check_name"] == "syntax")
        .unwrap();
    assert_eq!(
        (&issue["severity"], &issue["location"]["lines"]["begin"]),
        (&"blocker".into(), &3.into())
    );
}

#[test]
fn an_ignore_holds_through_its_last_day_and_not_after() {
    let ignore = r#"
        [[ignore]]
        rule = "title-missing"
        focus = "https://data.exempelby.example/b*"
        reason = "rättas i nästa version"
        until = 2026-11-22
        [[ignore]]
        rule = "keyword-missing"
        reason = "gammalt"
        until = "2026-11-21"
    "#;
    let config: CheckConfig = toml::from_str(ignore).unwrap();
    let on = |day: &str| {
        let asked = Reporter {
            ignores: Ignores::of(&config.ignore, day),
            ..reporter()
        };
        asked.judge(about(), some())
    };
    let today = on("2026-11-22");
    assert_eq!((today.gate.ignored, today.gate.failing), (1, 1));
    assert_eq!(today.gate.expired.len(), 1);
    assert_eq!(
        (today.gate.expired[0].rule.as_str(), today.gate.expired[0].findings),
        ("keyword-missing", 1)
    );
    assert!(
        !today.conforms && today.counts.violation == 2,
        "an ignore changes no verdict and no count"
    );
    let tomorrow = on("2026-11-23");
    assert_eq!((tomorrow.gate.ignored, tomorrow.gate.failing), (0, 2));
    let said = text::lines(&term(Lang::En), &[tomorrow]);
    assert!(said.contains("held until 2026-11-22"), "{said}");
}

#[test]
fn every_swedish_text_keeps_to_the_glossary() {
    let checked = reporter().judge(about(), some());
    let all = std::slice::from_ref(&checked);
    let sv = term(Lang::Sv);
    for report in [letter::text(&sv, all), text::lines(&sv, all), html::page(&sv, all)] {
        let plain = report.replace("style", "").replace("datasets", "");
        let bad = fyr_model::glossary::misused(&plain);
        assert!(bad.is_empty(), "{bad:?}");
    }
}

#[test]
fn findings_of_one_rule_with_other_words_say_them() {
    let mut findings = some();
    findings[1].message = Text::new("datamängden heter ingenting", "the dataset has no name");
    let checked = reporter().judge(about(), findings);
    let all = std::slice::from_ref(&checked);
    let en = term(Lang::En);
    for report in [text::lines(&en, all), html::page(&en, all), letter::text(&en, all)] {
        assert!(report.to_lowercase().contains("the dataset has no name"), "{report:.400}");
    }
}
