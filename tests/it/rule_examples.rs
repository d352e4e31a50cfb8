//! Each rule shown: what breaks it and what does not, with the number of findings that either gives, as a table that people read
//! (`docs/rule-examples.md`, `docs/regelexempel.md`); and what the official example of the profile breaks, with the reason.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use fyr_assess::profile::{By, Profile, examples};
use fyr_graph::ReadRequest;
use fyr_graph::shacl::{Background, Data, Shapes};
use fyr_model::{Finding, Lang, Severity, Text};

use crate::shapes_agree::shapes_of;
use crate::support::{root, shared};

const TURTLE: &str = "text/turtle";
const RDF_XML: &str = "application/rdf+xml";
const XML: &str = "<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" xmlns:dcterms=\"http://purl.org/dc/terms/\">\
    <rdf:Description rdf:about=\"https://data.exempelby.example/d\"><dcterms:title xml:lang=\"sv\">Träd</dcterms:title></rdf:Description></rdf:RDF>";
const SAID: &str = "<https://data.exempelby.example/d> <http://purl.org/dc/terms/title> \"Träd\"@sv .";

/// What is found in the official recommended example of DCAT-AP-SE: how often against 3.0.1 and against 2.2.0, for which it was written, and why.
const OFFICIAL: &[(&str, [usize; 2], &str, &str)] = &[
    (
        "agent-identifier-missing",
        [1, 0],
        "3.0.1 rekommenderar organisationsnumret som `dcterms:identifier`; 2.2.0 frågade inte efter det.",
        "3.0.1 recommends the organisation number as `dcterms:identifier`; 2.2.0 did not ask for it.",
    ),
    (
        "catalogue-spatial-missing",
        [1, 1],
        "Katalogens geografiska område är rekommenderat i båda versionerna, och exemplet lämnar det tomt.",
        "The catalogue's spatial coverage is recommended in both versions, and the example leaves it out.",
    ),
    (
        "dataset-conforms-to-missing",
        [1, 0],
        "3.0.1 rekommenderar `dcterms:conformsTo` på datamängden; i 2.2.0 är det valfritt.",
        "3.0.1 recommends `dcterms:conformsTo` on the dataset; in 2.2.0 it is optional.",
    ),
    (
        "publisher-iri-form",
        [1, 1],
        "Utgivaren heter `https://example.com/publisher1` och inte `http://dataportal.se/organisation/SE` följt av organisationsnumret.",
        "The publisher is called `https://example.com/publisher1`, not `http://dataportal.se/organisation/SE` and its organisation number.",
    ),
    (
        "service-format-missing",
        [1, 0],
        "3.0.1 rekommenderar `dcterms:format` på datatjänsten; i 2.2.0 har den inget format.",
        "3.0.1 recommends `dcterms:format` on the data service; in 2.2.0 it has no format.",
    ),
    (
        "text-english-missing",
        [6, 6],
        "Bara datamängdens titel och nyckelorden står även på engelska. En upplysning, som inte fäller någon.",
        "Only the dataset's title and the keywords stand in English too. A note, by which nobody fails.",
    ),
    (
        "untagged-literal",
        [1, 1],
        "Utgivarens `foaf:name` står utan språktagg; beskrivningar och titlar har en.",
        "The publisher's `foaf:name` has no language tag; descriptions and titles have one.",
    ),
    (
        "value-not-in-list",
        [2, 2],
        "Tillgängligheten skrivs `http://data.europa.eu/r5r/availability/experimental`; listan som profilen tar värdena ur är EU:s `planned-availability`.",
        "The availability is written `http://data.europa.eu/r5r/availability/experimental`; the list that the profile takes values from is the EU's `planned-availability`.",
    ),
];

/// Turtle shown in a cell: the beginning and the end of what is long.
const SHOWN: usize = 480;

/// A rule with what breaks it and what does not, as bytes with their media type.
struct Shown {
    rule: String,
    documents: [(Vec<u8>, &'static str); 2],
    /// How they are written in the table.
    cells: [String; 2],
}

/// The rules about the document itself, which no two documents in Turtle can break and keep.
fn about_documents() -> Vec<Shown> {
    let latin = |text: &str| -> Vec<u8> { text.chars().map(|letter| u8::try_from(u32::from(letter)).unwrap()).collect() };
    let declared = "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>";
    let graph = format!("<https://data.exempelby.example/g> {{ {SAID} }}");
    let page = "<!DOCTYPE html><html><body>Logga in</body></html>";
    let of = |rule: &str, documents: [(Vec<u8>, &'static str); 2], cells: [String; 2]| Shown {
        rule: rule.into(),
        documents,
        cells,
    };
    let (xml, turtle) = (|| XML.as_bytes().to_vec(), || SAID.as_bytes().to_vec());
    vec![
        of(
            "encoding-not-utf8",
            [(latin(&format!("{declared}{XML}")), RDF_XML), (xml(), RDF_XML)],
            [format!("`{declared} …`"), "`<rdf:RDF …`".into()],
        ),
        of(
            "media-type-mismatch",
            [(turtle(), RDF_XML), (turtle(), TURTLE)],
            [format!("`{SAID}` (`{RDF_XML}`)"), format!("`{SAID}` (`{TURTLE}`)")],
        ),
        of(
            "named-graphs-merged",
            [(graph.clone().into_bytes(), TURTLE), (turtle(), TURTLE)],
            [format!("`{graph}`"), format!("`{SAID}`")],
        ),
        of(
            "not-a-catalogue",
            [(page.into(), RDF_XML), (xml(), RDF_XML)],
            [format!("`{page}`"), "`<rdf:RDF …`".into()],
        ),
        of(
            "syntax-not-rdfxml",
            [(turtle(), TURTLE), (xml(), RDF_XML)],
            [format!("`{SAID}`"), "`<rdf:RDF …`".into()],
        ),
    ]
}

/// Every rule of a profile with its two documents, in the order of their names.
fn all(profile: &Profile) -> Vec<Shown> {
    let mut all: Vec<Shown> = examples(profile)
        .into_iter()
        .map(|one| Shown {
            cells: [cell(&one.fail), cell(&one.pass)],
            documents: [(one.fail.into_bytes(), TURTLE), (one.pass.into_bytes(), TURTLE)],
            rule: one.rule,
        })
        .chain(about_documents().into_iter().filter(|one| profile.rule(&one.rule).is_some()))
        .collect();
    all.sort_by(|a, b| a.rule.cmp(&b.rule));
    all
}

/// A document without its prefixes, in one line.
fn cell(turtle: &str) -> String {
    let lines = turtle.lines().filter(|line| !line.starts_with("@prefix"));
    let one = lines.flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ");
    if one.is_empty() {
        return "–".into();
    }
    let letters: Vec<char> = one.chars().collect();
    let text = match letters.len() > SHOWN {
        true => {
            let part = |range: std::ops::Range<usize>| letters[range].iter().collect::<String>();
            format!("{} … {}", part(0..SHOWN / 2), part(letters.len() - SHOWN / 8..letters.len()))
        }
        false => one,
    };
    format!("`{}`", text.replace('|', "\\|"))
}

/// Every finding of reader and checker, neither silencing the other; a refusal counts as a finding of its id.
fn found(profile: &Profile, path: &Path, media_type: &str) -> Vec<Finding> {
    let dir = tempfile::tempdir().unwrap();
    match fyr_graph::read(&request(path, media_type), dir.path()) {
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

fn request(path: &Path, media_type: &str) -> ReadRequest {
    ReadRequest {
        path: path.to_owned(),
        source: "example".into(),
        address: "catalogue".into(),
        media_type: Some(media_type.into()),
        base: None,
        limits: Default::default(),
    }
}

/// How often a document breaks a rule, by whom the rule is looked for.
fn times(profile: &Profile, shapes: &Shapes, rule: &str, document: &(Vec<u8>, &'static str)) -> usize {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("document");
    std::fs::write(&path, &document.0).unwrap();
    if profile.rule(rule).unwrap().by != By::Shapes {
        return found(profile, &path, document.1)
            .iter()
            .filter(|finding| finding.id == rule)
            .count();
    }
    let read = fyr_graph::read(&request(&path, document.1), dir.path()).unwrap();
    let data = Data::load(&read.nquads).unwrap().with_background(Some(Background::bundled()));
    let results = shapes.validate(&data).unwrap().results;
    let of_rule = |shape: &str| profile.rule_of_shape(shape).is_some_and(|facts| facts.id == rule);
    results.iter().filter(|result| of_rule(&result.source_shape)).count()
}

/// The page about a profile's rules in one language.
fn page(profile: &Profile, shown: &[(Shown, [usize; 2])], lang: Lang) -> String {
    let say = |sv: &str, en: &str| Text::new(sv, en).get(lang).to_owned();
    let label = profile.label();
    let label = label.get(lang);
    let mut out = format!("# {} {label}\n\n", say("Exempel på reglerna i", "Examples of the rules of"));
    out.push_str(&say(
        "Genererad av `tests/it/rule_examples.rs`, som prövar varje exempel: ändra i `dcat-ap-se/`, inte här. Prefixen är profilens; `ex:` är \
         `https://data.exempelby.example/`.\nInnehållet är påhittat. Antalet är fynden av just den regeln; ett exempel kan sakna annat som profilen \
         frågar efter. `…` står för det som är utelämnat.\n",
        "Generated by `tests/it/rule_examples.rs`, which tries every example: change `dcat-ap-se/`, not this. The prefixes are those of the profile; \
         `ex:` is `https://data.exempelby.example/`.\nThe content is invented. The number is that of findings of this one rule; an example may lack other \
         things that the profile asks for. `…` stands for what is left out.\n",
    ));
    let _ = writeln!(
        out,
        "\n{}\n|---|---|---|---|---|---|---|",
        say(
            "| Regel | Källa | Prövas av | Bryter mot den | Fynd | Följer den | Fynd |",
            "| Rule | Clause | Found by | Breaks it | Findings | Keeps it | Findings |",
        )
    );
    for (one, counts) in shown {
        let facts = profile.rule(&one.rule).unwrap();
        let by = match facts.by {
            By::Check => "`fyr check`".into(),
            By::Reader => say("läsaren", "the reader"),
            By::Shapes => "SHACL".into(),
        };
        let clause = short(&facts.clause);
        let _ = writeln!(
            out,
            "| `{}` | [{clause}]({}) | {by} | {} | {} | {} | {} |",
            one.rule, facts.clause, one.cells[0], counts[0], one.cells[1], counts[1]
        );
    }
    official(&mut out, profile, lang);
    out
}

/// The part of an address that tells clauses apart: its anchor, else its last two steps.
fn short(clause: &str) -> String {
    let anchor = clause.split_once('#').map(|(_, anchor)| anchor.to_owned());
    let steps: Vec<&str> = clause.trim_end_matches('/').split('/').collect();
    anchor.unwrap_or_else(|| steps[steps.len().saturating_sub(2)..].join("/"))
}

/// What the official example has against it, and why.
fn official(out: &mut String, profile: &Profile, lang: Lang) {
    let say = |sv: &str, en: &str| Text::new(sv, en).get(lang).to_owned();
    let _ = writeln!(
        out,
        "\n{}",
        say(
            "## Det officiella exemplet\n\nDiggs `rekommenderat.rdf` (diggsweden/DCAT-AP-SE, 6b5124b8) skrevs för 2.2.0. Det bryter inte mot någon regel på \
             nivån fel, varken i 2.2.0 eller i 3.0.1. Övriga fynd:\n\n| Regel | Grad | 3.0.1 | 2.2.0 | Varför |\n|---|---|---|---|---|",
            "## The official example\n\nDigg's `rekommenderat.rdf` (diggsweden/DCAT-AP-SE, 6b5124b8) was written for 2.2.0. It breaks no rule that is a \
             violation, neither of 2.2.0 nor of 3.0.1. Its other findings:\n\n| Rule | Severity | 3.0.1 | 2.2.0 | Why |\n|---|---|---|---|---|",
        )
    );
    for (rule, [now, then], sv, en) in OFFICIAL {
        let severity = match profile.rule(rule).map(|facts| facts.severity) {
            Some(Severity::Violation) => say("fel", "violation"),
            Some(Severity::Warning) => say("varning", "warning"),
            Some(Severity::Info) | None => say("upplysning", "note"),
        };
        let _ = writeln!(out, "| `{rule}` | {severity} | {now} | {then} | {} |", say(sv, en));
    }
}

/// Whether a page is current; `FYR_REWRITE=1` writes it anew.
fn current(path: &str, text: &str) {
    let path = root().join(path);
    if std::env::var_os("FYR_REWRITE").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == text,
        "{} is not what the examples give: FYR_REWRITE=1 cargo test --test it rule_examples",
        path.display()
    );
}

#[test]
fn every_rule_has_an_example_that_breaks_it_and_one_that_does_not_and_the_table_says_so() {
    for profile in Profile::known() {
        let shapes = shapes_of(profile);
        let shown: Vec<(Shown, [usize; 2])> = all(profile)
            .into_iter()
            .map(|one| {
                let counts = [0, 1].map(|at| times(profile, &shapes, &one.rule, &one.documents[at]));
                (one, counts)
            })
            .collect();
        let wrong: Vec<String> = shown
            .iter()
            .filter(|(_, [fails, passes])| *fails == 0 || *passes > 0)
            .map(|(one, counts)| format!("{} {counts:?}", one.rule))
            .collect();
        assert_eq!(wrong, [""; 0], "{}", profile.pinned());
        let hidden: Vec<&str> = profile
            .rules()
            .map(|facts| facts.id.as_str())
            .filter(|id| !shown.iter().any(|(one, _)| one.rule == *id))
            .collect();
        assert_eq!(hidden, [""; 0], "{}", profile.pinned());
        if profile.pinned() == Profile::current().pinned() {
            current("docs/rule-examples.md", &page(profile, &shown, Lang::En));
            current("docs/regelexempel.md", &page(profile, &shown, Lang::Sv));
        }
    }
}

#[test]
fn the_official_example_has_no_violation_and_each_other_finding_is_explained() {
    let Some(path) = shared("fixtures/real/catalogs/digg-rekommenderat.rdf") else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    for (place, pinned) in ["dcat-ap-se@3.0.1", "dcat-ap-se@2.2.0"].into_iter().enumerate() {
        let profile = Profile::named(pinned).unwrap();
        let read = fyr_graph::read(&request(&path, RDF_XML), dir.path()).unwrap();
        // As `fyr check` does: what the reader has said is not said again.
        let mut findings: Vec<Finding> = read.findings.iter().chain(&read.view.findings).cloned().collect();
        findings.retain(|finding| profile.asks(finding));
        findings.extend(profile.check(&read.view));
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for finding in &findings {
            assert_ne!(finding.severity, Severity::Violation, "{pinned} {}", finding.id);
            *counts.entry(&finding.id).or_default() += 1;
        }
        let explained = OFFICIAL.iter().map(|(rule, counts, ..)| (*rule, counts[place]));
        assert_eq!(counts, explained.filter(|(_, count)| *count > 0).collect(), "{pinned}");
    }
}
