//! How the demo ended, for people: harvested, scored, published, refused and why, and where to look.

use std::path::Path;

use fyr_curate::{CurateRun, PublishRun};
use fyr_model::harvest::{HarvestOutcome, HarvestRun};
use fyr_model::readiness::Readiness;
use fyr_model::{PipelineName, Refusal};

use super::sample::{Expected, ExpectedPipeline, ExpectedSource};
use crate::show;
use crate::term::{Ink, Term, safe};

/// Everything that the demo did.
#[derive(Default)]
pub struct Ended {
    /// Harvests.
    pub harvests: Vec<HarvestRun>,
    /// Pipelines.
    pub curates: Vec<CurateRun>,
    /// Publications.
    pub publishes: Vec<PublishRun>,
    /// All scores.
    pub scores: Vec<Readiness>,
    /// Decisions signed in the officers' names.
    pub signed: u64,
}

/// Prints the summary; 0 when everything ended as meant, else 1.
pub fn show(term: &Term, dir: &Path, base: &str, ended: &Ended, expected: &Expected) -> u8 {
    let head = |sv: &str, en: &str| println!("\n{}", term.ink(Ink::Bold, term.say(sv, en)));
    head("Skördat", "Harvested");
    show::harvests(term, &ended.harvests);
    head("Förädlat och publicerat", "Curated and published");
    let rows: Vec<Vec<String>> = ended.curates.iter().map(|run| row(term, ended, run)).collect();
    let heads = match term.lang {
        fyr_model::Lang::Sv => ["datamängd", "utfall", "rader", "k", "AIR källa", "AIR utgåva"],
        fyr_model::Lang::En => ["dataset", "outcome", "rows", "k", "AIR source", "AIR release"],
    };
    println!("{}", term.table(&heads, &[2, 3, 4, 5], &rows));
    head("Stoppat, och varför", "Refused, and why");
    for run in &ended.curates {
        if let Some(refusal) = reason(ended, run) {
            println!("{} {}: {}", term.error(), run.pipeline, safe(refusal.message.get(term.lang)));
            if let Some(hint) = &refusal.hint {
                println!("  {} {}", term.ink(Ink::Dim, term.say("tips:", "hint:")), safe(hint.get(term.lang)));
            }
        }
    }
    let unmet = unmet(ended, expected);
    for name in &unmet {
        println!("{} {} {name}", term.error(), term.say("inte som avsett:", "not as meant:"));
    }
    println!();
    let officers = term.say(
        "Organisationer, personer och beslutsfattare är påhittade. Demon har signerat besluten i deras namn:",
        "Bodies, people and officers are invented. The demo signed the decisions in their names:",
    );
    println!("{} {officers} {}", term.info(), ended.signed);
    println!("{} {}", term.say("Utgåvor:", "Releases:"), dir.join("published").display());
    println!(
        "{} fyr serve --workspace {}   {base}/",
        term.say("Portalen:", "The portal:"),
        dir.display()
    );
    u8::from(!unmet.is_empty())
}

fn published<'a>(ended: &'a Ended, name: &PipelineName) -> Option<&'a PublishRun> {
    ended.publishes.iter().find(|run| run.pipeline == *name)
}

fn reason<'a>(ended: &'a Ended, run: &'a CurateRun) -> Option<&'a Refusal> {
    run.refused_because
        .as_ref()
        .or_else(|| published(ended, &run.pipeline)?.refused_because.as_ref())
}

fn row(term: &Term, ended: &Ended, run: &CurateRun) -> Vec<String> {
    let release = published(ended, &run.pipeline).filter(|run| run.refused_because.is_none());
    let (mark, word) = match (&release, reason(ended, run)) {
        (Some(_), _) => (term.done(), term.say("publicerad", "published")),
        (None, Some(_)) => (term.error(), term.say("stoppad", "refused")),
        (None, None) => (term.warning(), term.say("väntar", "waits")),
    };
    let air = |air: Option<f64>| air.map_or("–".into(), |air| term.ink(Ink::Points, &term.decimal(air)));
    let source = ended
        .scores
        .iter()
        .find(|score| score.iri == run.dataset)
        .and_then(|score| score.air);
    let rows = release.and_then(|run| run.rows).map_or("–".into(), |rows| term.count(rows));
    let k = run
        .privacy
        .audit
        .as_ref()
        .and_then(|audit| audit.k)
        .map_or("–".into(), |k| term.count(k));
    vec![
        run.pipeline.to_string(),
        format!("{mark} {word}"),
        rows,
        k,
        air(source),
        air(release.and_then(|run| run.air)),
    ]
}

/// What did not end as it was meant to.
fn unmet(ended: &Ended, expected: &Expected) -> Vec<String> {
    let sources = expected
        .source
        .iter()
        .filter(|one| !harvested(ended, one))
        .map(|one| one.id.to_string());
    let pipelines = expected
        .pipeline
        .iter()
        .filter(|one| !as_meant(ended, one))
        .map(|one| one.name.to_string());
    sources.chain(pipelines).collect()
}

fn harvested(ended: &Ended, expected: &ExpectedSource) -> bool {
    ended.harvests.iter().filter(|run| run.source == expected.id).any(|run| {
        let counts = run.datasets;
        match run.outcome {
            // A demo run again over its own workspace finds nothing new: one conditional request a document.
            HarvestOutcome::Unchanged => true,
            HarvestOutcome::Changed => {
                run.documents == expected.documents && counts.added + counts.changed + counts.unchanged == expected.datasets
            }
            _ => false,
        }
    })
}

fn as_meant(ended: &Ended, expected: &ExpectedPipeline) -> bool {
    let Some(run) = ended.curates.iter().find(|run| run.pipeline == expected.name) else {
        return false;
    };
    let release = published(ended, &expected.name).filter(|run| run.refused_because.is_none());
    match (expected.outcome.as_str(), release) {
        ("published", Some(release)) => {
            let suppressed = run.privacy.protection.as_ref().map_or(0, |facts| facts.suppressed_rows);
            let rows = release.rows.unwrap_or(0);
            let rows_fit = expected.rows.is_none_or(|wanted| rows == wanted || rows + suppressed == wanted);
            let measured = run.privacy.audit.as_ref().and_then(|audit| audit.k);
            rows_fit && expected.k.is_none_or(|k| measured.is_none_or(|measured| measured >= k))
        }
        ("refused", None) => {
            let id = reason(ended, run).map_or("", |refusal| refusal.id.as_str());
            match expected.because.as_deref() {
                Some("licence") => id.starts_with("licence"),
                Some("signatures") => id.starts_with("signature"),
                Some("link") => id.starts_with("fetch"),
                _ => !id.is_empty(),
            }
        }
        _ => false,
    }
}
