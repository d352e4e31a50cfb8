//! What people read on a terminal, and the same answers as JSON documents.

mod files;
mod fixes;
mod incidents;
mod links;
mod protect;
mod told;
mod waiting;

use fyr_curate::{CurateOutcome, CurateRun, PublishRun};
use fyr_model::harvest::{HarvestOutcome, HarvestRun};
use fyr_model::mqa::{MqaReport, Rating};
use fyr_model::readiness::{DIMENSIONS, Readiness, Status};
use fyr_model::{Refusal, Text};

use crate::commands::{Door, VerifyBody};
use crate::order::{Reply, SourceState};
use crate::term::{Ink, Term, cut, safe};
pub use files::{drift, profile, reading, reasons, repair_word, scan, semantic_word, type_word};
pub use fixes::{described, fixed, next_fixes};
pub use links::links;
pub use protect::{anonymize, hierarchy, risk, tabulate};
#[cfg(feature = "dp")]
pub use told::accounts;
pub use told::store;

/// A reply as a JSON document.
pub fn json(door: &Door, reply: &Reply) -> Result<(), Refusal> {
    match reply {
        Reply::Harvest { runs } => {
            let runs: Vec<serde_json::Value> = runs.iter().map(harvest_json).collect();
            door.document("harvest", None, serde_json::json!({ "runs": runs }))
        }
        Reply::Curate { runs } => door.document("curate", None, serde_json::json!({ "runs": runs })),
        Reply::Publish { runs } => door.document("publish", None, serde_json::json!({ "runs": runs })),
        Reply::Sources { sources } => door.document("sources", None, serde_json::json!({ "sources": sources })),
        Reply::Sign { decision, missing } => door.document("sign", None, serde_json::json!({ "decision": decision, "missing": missing })),
        Reply::Candidates { candidates } => door.document("candidates", None, serde_json::json!({ "candidates": candidates })),
        Reply::Withdraw { withdrawal } => door.document("withdraw", None, withdrawal),
        Reply::Score { datasets } => door.document("score", None, serde_json::json!({ "datasets": datasets })),
        Reply::Incidents { incidents, precision, .. } => door.document("incidents", None, incidents::body(incidents, precision)),
        Reply::Sparql {
            media_type,
            body,
            truncated,
        } => door.document("sparql", None, sparql_json(media_type, body, *truncated)),
        Reply::Done => door.document("done", None, serde_json::json!({})),
        Reply::Refused { refusal } => Err(refusal.clone()),
    }
}

/// Solutions and truths as SPARQL's own JSON in the document, a graph as text.
fn sparql_json(media_type: &str, body: &str, truncated: bool) -> serde_json::Value {
    match serde_json::from_str::<serde_json::Value>(body) {
        Ok(answer) => serde_json::json!({ "media_type": media_type, "truncated": truncated, "answer": answer }),
        Err(_) => serde_json::json!({ "media_type": media_type, "truncated": truncated, "graph": body }),
    }
}

/// `reason` is one sentence and `hint` stands beside it, as scripts rely on it.
fn harvest_json(run: &HarvestRun) -> serde_json::Value {
    let mut value = serde_json::to_value(run).unwrap_or_default();
    if let (Some(object), Some(reason)) = (value.as_object_mut(), &run.reason) {
        object.insert("hint".into(), serde_json::json!(reason.hint));
    }
    value
}

/// A reply for people.
pub fn text(term: &Term, reply: &Reply) {
    match reply {
        Reply::Harvest { runs } => harvests(term, runs),
        Reply::Curate { runs } => curates(term, runs),
        Reply::Publish { runs } => publishes(term, runs),
        Reply::Candidates { candidates } => waiting::candidates(term, candidates),
        Reply::Sources { sources } => all_sources(term, sources),
        Reply::Sign { decision, missing } => {
            println!(
                "{} {} {}",
                term.done(),
                decision.interest.name().get(term.lang),
                decision.candidate.short()
            );
            if let Some(standing) = &decision.standing {
                println!("  {} {}", term.say("stående till och med", "standing until"), standing.until);
            }
            for interest in missing {
                println!(
                    "{} {}: {}",
                    term.warning(),
                    term.say("ej beslutat", "not decided"),
                    interest.name().get(term.lang)
                );
            }
        }
        Reply::Withdraw { withdrawal } => {
            println!("{} {} {}", term.done(), term.say("tillbakadragen:", "withdrawn:"), withdrawal.name);
        }
        Reply::Score { datasets } => scores(term, datasets),
        Reply::Incidents { incidents, precision, one } => incidents::text(term, incidents, precision, *one),
        Reply::Sparql { body, truncated, .. } => {
            println!("{}", body.trim_end());
            if *truncated {
                eprintln!("{} {}", term.warning(), term.say("svaret är avkortat", "the answer is cut short"));
            }
        }
        Reply::Done => println!("{}", term.done()),
        Reply::Refused { refusal } => crate::commands::refused(term, refusal),
    }
}

/// One line a source, then why.
pub fn harvests(term: &Term, runs: &[HarvestRun]) {
    let heads = match term.lang {
        fyr_model::Lang::Sv => [
            "källa", "utfall", "nya", "ändrade", "lika", "borta", "hålls", "fynd", "tripler", "tid",
        ],
        fyr_model::Lang::En => [
            "source", "outcome", "new", "changed", "same", "gone", "held", "findings", "triples", "time",
        ],
    };
    let rows: Vec<Vec<String>> = runs
        .iter()
        .map(|run| {
            let counts = [
                run.datasets.added,
                run.datasets.changed,
                run.datasets.unchanged,
                run.datasets.vanished,
                run.datasets.held,
            ];
            let mut row = vec![run.source.to_string(), outcome(term, run.outcome)];
            row.extend(counts.iter().map(|count| term.count(*count)));
            row.push(term.count(run.findings.total()));
            row.push(term.count(run.triples));
            row.push(format!("{} s", term.decimal(run.seconds)));
            row
        })
        .collect();
    println!("{}", term.table(&heads, &[2, 3, 4, 5, 6, 7, 8, 9], &rows));
    for run in runs {
        if let Some(reason) = &run.reason {
            why(term, run.source.as_str(), reason);
        }
    }
}

fn outcome(term: &Term, outcome: HarvestOutcome) -> String {
    let (mark, word) = match outcome {
        HarvestOutcome::Changed => (term.done(), term.say("ändrad", "changed")),
        HarvestOutcome::Unchanged => (term.done(), term.say("oförändrad", "unchanged")),
        HarvestOutcome::Held => (term.warning(), term.say("hålls", "held")),
        HarvestOutcome::Incomplete => (term.warning(), term.say("ofullständig", "incomplete")),
        HarvestOutcome::Suspect => (term.warning(), term.say("misstänkt", "suspect")),
        HarvestOutcome::Failed => (term.error(), term.say("misslyckad", "failed")),
    };
    format!("{mark} {word}")
}

fn why(term: &Term, name: &str, refusal: &Refusal) {
    let place = refusal
        .position
        .filter(|at| at.line > 0)
        .map(|at| format!(" ({}:{})", at.line, at.column))
        .unwrap_or_default();
    println!("{} {name}{place}: {}", term.error(), safe(refusal.message.get(term.lang)));
    if let Some(hint) = &refusal.hint {
        println!("  {} {}", term.ink(Ink::Dim, term.say("tips:", "hint:")), safe(hint.get(term.lang)));
    }
}

/// One line a pipeline, then why not.
pub fn curates(term: &Term, runs: &[CurateRun]) {
    let heads = match term.lang {
        fyr_model::Lang::Sv => ["pipeline", "utfall", "rader in", "rader ut", "k", "kandidat"],
        fyr_model::Lang::En => ["pipeline", "outcome", "rows in", "rows out", "k", "candidate"],
    };
    let rows: Vec<Vec<String>> = runs
        .iter()
        .map(|run| {
            let (mark, word) = match run.outcome {
                CurateOutcome::Candidate => (term.done(), term.say("väntar på beslut", "waits for decisions")),
                CurateOutcome::Unchanged => (term.done(), term.say("oförändrad", "unchanged")),
                CurateOutcome::Refused => (term.error(), term.say("stoppad", "refused")),
                CurateOutcome::Failed => (term.error(), term.say("misslyckad", "failed")),
            };
            let k = run
                .privacy
                .audit
                .as_ref()
                .and_then(|audit| audit.k)
                .map_or("–".into(), |k| term.count(k));
            let digest = run.candidate.map_or("–".into(), |digest| digest.to_string());
            vec![
                run.pipeline.to_string(),
                format!("{mark} {word}"),
                term.count(run.rows_in),
                term.count(run.rows_out),
                k,
                digest,
            ]
        })
        .collect();
    println!("{}", term.table(&heads, &[2, 3, 4], &rows));
    for run in runs {
        for finding in &run.reading {
            println!("{} {}: {}", term.warning(), run.pipeline, safe(finding.message.get(term.lang)));
        }
        if let Some(refusal) = &run.refused_because {
            why(term, run.pipeline.as_str(), refusal);
        }
        if let Some(report) = &run.drift {
            println!("{}", term.ink(Ink::Bold, run.pipeline.as_str()));
            drift(term, report);
        }
        for rule in run.quality.rules.iter().filter(|rule| !rule.passed) {
            files::failed(term, run.pipeline.as_str(), rule);
        }
        for left in &run.quality.left_out {
            let word = term.say("kontraktet, inte överfört:", "contract, not carried over:");
            println!(
                "{} {} {word} {}: {}",
                term.info(),
                run.pipeline,
                safe(&left.path),
                safe(left.reason.get(term.lang))
            );
        }
    }
}

/// One line a release.
pub fn publishes(term: &Term, runs: &[PublishRun]) {
    for run in runs {
        match (&run.refused_because, &run.version) {
            (Some(refusal), _) => why(term, run.pipeline.as_str(), refusal),
            (None, Some(version)) => {
                let air = run.air.map_or("–".into(), |air| term.decimal(air));
                let folder = run.folder.as_deref().unwrap_or_default();
                let word = if run.outcome == "unchanged" {
                    term.say("oförändrad", "unchanged")
                } else if !run.standing.is_empty() {
                    term.say("publicerad på stående beslut", "published on standing decisions")
                } else {
                    term.say("publicerad", "published")
                };
                let rows = term.count(run.rows.unwrap_or(0));
                let points = term.ink(Ink::Points, &air);
                println!(
                    "{} {} {version} {word}: {rows} {}, AIR {points}, published/{folder}",
                    term.done(),
                    run.pipeline,
                    term.say("rader", "rows")
                );
            }
            (None, None) => {}
        }
    }
    if runs.is_empty() {
        println!("{} {}", term.info(), term.say("ingen kandidat väntar", "no candidate waits"));
    }
}

fn all_sources(term: &Term, sources: &[SourceState]) {
    let heads = match term.lang {
        fyr_model::Lang::Sv => ["källa", "datamängder", "tripler", "schema", "senast"],
        fyr_model::Lang::En => ["source", "datasets", "triples", "schedule", "last"],
    };
    let rows: Vec<Vec<String>> = sources
        .iter()
        .map(|source| {
            let last = source.runs.first().map_or("–".into(), |run| outcome(term, run.outcome));
            let rests = if source.file.paused {
                term.say("pausad", "paused").to_owned()
            } else {
                source.file.schedule.clone()
            };
            vec![
                source.id.to_string(),
                term.count(source.datasets),
                term.count(source.triples),
                rests,
                last,
            ]
        })
        .collect();
    println!("{}", term.table(&heads, &[1, 2], &rows));
    if let [one] = sources {
        println!("\n{}", safe(&one.file.url));
        harvests(term, &one.runs);
        for iri in one.runs.first().into_iter().flat_map(|run| &run.changes.held) {
            println!("{} {}: {}", term.warning(), term.say("hålls", "held"), safe(iri));
        }
    }
}

/// What the files say, beside the 405 points.
pub fn files(term: &Term, files: &crate::opened::FilesBody) {
    let word = |measured: Option<bool>| match measured {
        Some(true) => term.say("ja", "yes"),
        Some(false) => term.say("nej", "no"),
        None => "–",
    };
    let row = |file: &crate::opened::File| {
        let stars = file.measured.stars.map_or_else(|| "–".to_owned(), |stars| stars.to_string());
        let why = file.why.as_ref().map(|why| safe(why.get(term.lang))).unwrap_or_default();
        vec![
            cut(&safe(&file.distribution), 50),
            file.found.clone().unwrap_or_else(|| "–".to_owned()),
            word(file.measured.format_match).to_owned(),
            word(file.measured.syntax_valid).to_owned(),
            file.measured.stars_stated.to_string(),
            stars,
            cut(&why, 40),
        ]
    };
    let rows: Vec<Vec<String>> = files.files.iter().map(row).collect();
    let heads = match term.lang {
        fyr_model::Lang::Sv => [
            "distribution",
            "fil",
            "formatMatch",
            "syntaxValid",
            "uppgivna stjärnor",
            "mätta",
            "",
        ],
        fyr_model::Lang::En => ["distribution", "file", "formatMatch", "syntaxValid", "stated stars", "measured", ""],
    };
    println!("\n{}", term.table(&heads, &[4, 5], &rows));
    let of = |tally: crate::opened::Tally| format!("{} {} {}", tally.yes, term.say("av", "of"), tally.yes + tally.no);
    println!(
        "formatMatch {}, syntaxValid {} ({})",
        of(files.format_match),
        of(files.syntax_valid),
        term.say("bredvid de 405 poängen", "beside the 405 points")
    );
}

/// One line a dataset and the mean.
pub fn mqa(term: &Term, report: &MqaReport) {
    let rating = |rating: Rating| match rating {
        Rating::Excellent => term.say("utmärkt", "excellent"),
        Rating::Good => term.say("god", "good"),
        Rating::Sufficient => term.say("tillräcklig", "sufficient"),
        Rating::Bad => term.say("bristfällig", "bad"),
    };
    let rows: Vec<Vec<String>> = report
        .datasets
        .iter()
        .map(|one| {
            let d = &one.dimensions;
            let mut row = vec![cut(&safe(&one.iri), 50), one.total.to_string(), rating(one.rating).to_owned()];
            row.extend(
                [d.findability, d.accessibility, d.interoperability, d.reusability, d.contextuality]
                    .iter()
                    .map(|points| format!("{points:.0}")),
            );
            row
        })
        .collect();
    let heads = match term.lang {
        fyr_model::Lang::Sv => [
            "datamängd",
            "av 405",
            "omdöme",
            "hitta",
            "åtkomst",
            "samverkan",
            "återbruk",
            "sammanhang",
        ],
        fyr_model::Lang::En => ["dataset", "of 405", "rating", "find", "access", "interop", "reuse", "context"],
    };
    println!("{}", term.table(&heads, &[1, 3, 4, 5, 6, 7], &rows));
    println!(
        "{} {} {}",
        term.say("Medel", "Mean"),
        term.ink(Ink::Points, &term.decimal(report.catalogue.total)),
        rating(report.catalogue.rating)
    );
    let of_shapes = |metric: &fyr_model::mqa::MqaMetric| metric.id.ends_with("dcatApCompliance") && metric.passed.is_some();
    let note = if report.datasets.iter().flat_map(|one| &one.metrics).any(of_shapes) {
        term.say(
            "SHACL-poängen (30) är mätta; länkpoängen (80) bara med --links.",
            "The SHACL points (30) are measured; the link points (80) only with --links.",
        )
    } else {
        term.say(
            "SHACL-poängen (30) mäts bara med --shapes eller --profile (eu), länkpoängen (80) bara med --links.",
            "The SHACL points (30) are measured only with --shapes or --profile (eu), the link points (80) only with --links.",
        )
    };
    println!("{}", term.ink(Ink::Dim, note));
}

/// One line a dataset.
pub fn scores(term: &Term, datasets: &[Readiness]) {
    let heads = match term.lang {
        fyr_model::Lang::Sv => ["datamängd", "AIR", "band", "spärrar", "MQA eu", "se"],
        fyr_model::Lang::En => ["dataset", "AIR", "band", "gates", "MQA eu", "se"],
    };
    let rows: Vec<Vec<String>> = datasets
        .iter()
        .map(|one| {
            let gates: Vec<&str> = one.gates.iter().map(|gate| gate.id.as_str()).collect();
            let mqa = |variant: &str| one.mqa.get(variant).map_or("–".into(), ToString::to_string);
            let air = one.air.map_or("–".into(), |air| term.ink(Ink::Points, &term.decimal(air)));
            vec![
                cut(&safe(&one.iri), 60),
                air,
                one.band.clone().unwrap_or_else(|| "–".into()),
                gates.join(" "),
                mqa("eu"),
                mqa("se"),
            ]
        })
        .collect();
    println!("{}", term.table(&heads, &[1, 4, 5], &rows));
}

/// The arithmetic of one score, row by row.
pub fn explain(term: &Term, one: &Readiness) {
    println!("{}", term.ink(Ink::Bold, &safe(&one.iri)));
    let (share, shown) = one.air.map_or((0.0, "–".into()), |air| (air / 100.0, term.decimal(air)));
    println!(
        "AIR {} {} {}",
        term.ink(Ink::Points, &shown),
        term.bar(share, 20),
        one.band.as_deref().unwrap_or("–")
    );
    for gate in &one.gates {
        let without = term.decimal(one.air_ungated);
        println!(
            "{} {}: {} {} {without}",
            term.warning(),
            gate.id,
            safe(gate.reason.get(term.lang)),
            term.say("Utan spärren", "Without the gate")
        );
    }
    for (id, sv, en) in DIMENSIONS {
        let Some(score) = one.dimensions.get(id) else { continue };
        if score.max <= 0.0 {
            continue;
        }
        let of = term.say("av", "of");
        println!(
            "\n{} {} {of} {}",
            term.ink(Ink::Bold, term.say(sv, en)),
            term.decimal(score.points),
            term.decimal(score.max)
        );
        for indicator in one.indicators.iter().filter(|indicator| indicator.dimension == id) {
            let mark = lamp(term, indicator.status);
            let points = if indicator.status == Status::NotApplicable {
                "–".into()
            } else {
                term.decimal(indicator.points)
            };
            let evidence = safe(indicator.evidence.get(term.lang));
            println!(
                "  {mark} {:<3} {points:>4} {of} {:<4} {}: {evidence}",
                indicator.id,
                term.decimal(indicator.max),
                indicator.name.get(term.lang)
            );
        }
    }
    println!("\n{}", term.ink(Ink::Turn, term.say("Åtgärdslista", "Fix list")));
    for (place, fix) in one.fixes.iter().take(5).enumerate() {
        println!(
            "  {} {} {}",
            place + 1,
            term.ink(Ink::Turn, &format!("+{}", term.decimal(fix.gain))),
            safe(fix.text.get(term.lang))
        );
    }
    println!(
        "{} {}",
        term.say("Med alla fem:", "With all five:"),
        term.decimal(one.air_after_five)
    );
}

fn lamp(term: &Term, status: Status) -> &'static str {
    let (symbol, plain) = match status {
        Status::Pass => ("●", "[x]"),
        Status::Partial => ("◐", "[/]"),
        Status::Fail => ("○", "[ ]"),
        Status::NotMeasured => ("◌", "[?]"),
        Status::NotApplicable => ("–", "[-]"),
    };
    if term.symbols { symbol } else { plain }
}

/// Every check; faults first.
pub fn verify(term: &Term, body: &VerifyBody) {
    let mut checks: Vec<(bool, &str, &Text)> = body
        .checks
        .iter()
        .map(|check| (check.ok, check.id.as_str(), &check.detail))
        .collect();
    checks.sort_by_key(|(ok, ..)| *ok);
    for (ok, id, detail) in checks {
        let mark = if ok { term.done() } else { term.error() };
        println!("{mark} {} {}", term.ink(Ink::Dim, id), safe(detail.get(term.lang)));
    }
    for one in &body.not_verified {
        let word = term.say("inte granskat på nytt:", "not checked again:");
        println!(
            "{} {word} {}: {}",
            term.warning(),
            safe(&one.model),
            safe(one.reason.get(term.lang))
        );
    }
    match body.ok {
        true => println!("{} {}", term.done(), term.say("utgåvan är hel", "the release is whole")),
        false => println!("{} {}", term.error(), term.say("utgåvan har fel", "the release has faults")),
    }
}
