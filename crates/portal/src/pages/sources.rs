//! The list of sources: how the last harvest of each ended, its five counts and its datasets as squares.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use fyr_model::harvest::{HarvestOutcome, HarvestRun};

use super::errors;
use crate::chrome::{Page, Part, Reader};
use crate::data::SourceRow;
use crate::draw::source::{Parts, squares};
use crate::draw::{icon, source as drawing};
use crate::http;
use crate::serve::{App, Asked};
use crate::words::{self, Markup};

/// A harvest's end in a word, with its mark.
pub struct Outcome {
    /// The class of its colour.
    pub class: &'static str,
    /// Its mark.
    pub mark: Markup,
    /// The word.
    pub word: &'static str,
}

/// The words of `look.md` for an outcome.
pub fn outcome(reader: &Reader, outcome: HarvestOutcome) -> Outcome {
    use fyr_model::Severity::{Violation, Warning};
    let (class, mark, sv, en) = match outcome {
        HarvestOutcome::Changed => ("done", icon::tick(), "ändrad", "changed"),
        HarvestOutcome::Unchanged => ("done", icon::tick(), "oförändrad", "unchanged"),
        HarvestOutcome::Held => ("turn", drawing::key('h'), "hålls av spärren", "held back by the brake"),
        HarvestOutcome::Incomplete => ("warning", icon::severity(Warning), "ofullständig", "incomplete"),
        HarvestOutcome::Suspect => ("warning", icon::severity(Warning), "misstänkt", "suspect"),
        HarvestOutcome::Failed => ("violation", icon::severity(Violation), "misslyckad", "failed"),
    };
    Outcome {
        class,
        mark,
        word: reader.t(sv, en),
    }
}

/// The five counts of a run: number, word, class.
pub fn counts(reader: &Reader, run: &HarvestRun) -> Vec<(String, &'static str, &'static str)> {
    let n = |n: u64| words::count(reader.lang, n);
    let sets = &run.datasets;
    vec![
        (n(sets.added), reader.t("tillkom", "added"), ""),
        (n(sets.changed), reader.t("ändrades", "changed"), ""),
        (n(sets.unchanged), reader.t("oförändrade", "unchanged"), ""),
        (n(sets.vanished), reader.t("togs bort", "removed"), ""),
        (
            n(sets.held),
            reader.t("hålls av spärren", "held by the brake"),
            if sets.held > 0 { "turn" } else { "" },
        ),
    ]
}

/// All datasets that a run speaks of.
pub fn total(run: &HarvestRun) -> u64 {
    let sets = &run.datasets;
    sets.added + sets.changed + sets.unchanged + sets.vanished + sets.held
}

/// The squares of a run, wide and narrow.
pub fn drawn(reader: &Reader, run: &HarvestRun, id: &str) -> (Markup, Markup) {
    let sets = &run.datasets;
    let parts = Parts {
        added: sets.added,
        changed: sets.changed,
        unchanged: sets.unchanged,
        held: sets.held,
    };
    let said: Vec<String> = counts(reader, run).iter().map(|(n, word, _)| format!("{n} {word}")).collect();
    let title = said.join(", ");
    (squares(parts, true, id, &title), squares(parts, false, &format!("{id}-n"), &title))
}

/// The key of the squares.
pub fn key(reader: &Reader) -> Vec<(Markup, &'static str)> {
    vec![
        (drawing::key('n'), reader.t("Ny", "New")),
        (drawing::key('c'), reader.t("Ändrad", "Changed")),
        (drawing::key('u'), reader.t("Oförändrad", "Unchanged")),
        (drawing::key('h'), reader.t("Hålls", "Held")),
    ]
}

/// The name of a source: its owner, else its id.
pub fn name(row: &SourceRow) -> String {
    words::clean(row.file.owner.as_deref().unwrap_or(row.id.as_str()))
}

/// How long a run took, in words.
pub fn seconds(reader: &Reader, seconds: f64) -> String {
    let decimals = usize::from(seconds < 9.95);
    format!(
        "{} {}",
        words::decimal(reader.lang, seconds, decimals),
        reader.t("sekunder", "seconds")
    )
}

/// Why a run did not end well, as a sentence.
pub fn reason(reader: &Reader, run: &HarvestRun) -> Option<String> {
    run.reason
        .as_ref()
        .map(|reason| super::findings::sentence(reason.message.get(reader.lang)))
}

struct Card {
    id: String,
    href: String,
    name: String,
    url: String,
    outcome: Option<Outcome>,
    when: Markup,
    reason: Option<String>,
    total: u64,
    counts: Vec<(String, &'static str, &'static str)>,
    squares: (Markup, Markup),
    mean: Option<String>,
    running: Option<Markup>,
    paused: bool,
}

#[derive(askama::Template)]
#[template(path = "sources.html")]
struct List {
    page: Page,
    lead: String,
    cards: Vec<Card>,
    key: Vec<(Markup, &'static str)>,
}

/// `/sources`.
pub async fn get(State(app): State<App>, Asked(reader): Asked) -> Response {
    let index = match app.index().await {
        Ok(index) => index,
        Err(refusal) => return errors::refused(&reader, app.demo(), &refusal),
    };
    let datasets: usize = index.sources.iter().map(|source| source.datasets).sum();
    let (many, total) = (
        words::count(reader.lang, index.sources.len() as u64),
        words::count(reader.lang, datasets as u64),
    );
    let lead = match reader.lang {
        fyr_model::Lang::Sv => {
            format!("Antal källor: {many}. Datamängder i dem: {total}. Varje källa visar hur den senaste skördningen gick.")
        }
        fyr_model::Lang::En => format!("Sources: {many}. Datasets in them: {total}. Each source shows how its last harvest went."),
    };
    let template = List {
        page: Page::new(&reader, Part::Sources, reader.t("Skördningskällor", "Sources"), app.demo()),
        lead,
        cards: index.sources.iter().map(|row| card(&reader, row)).collect(),
        key: key(&reader),
    };
    http::page(StatusCode::OK, &template)
}

fn card(reader: &Reader, row: &SourceRow) -> Card {
    let last = row.last.as_ref();
    Card {
        id: row.id.to_string(),
        href: reader.href(&format!("/sources/{}", row.id)),
        name: name(row),
        url: words::clean(&row.file.url),
        outcome: last.map(|run| outcome(reader, run.outcome)),
        when: last.map(|run| words::moment(reader.lang, run.started)).unwrap_or_default(),
        reason: last.and_then(|run| reason(reader, run)),
        total: last.map_or(0, total),
        counts: last.map(|run| counts(reader, run)).unwrap_or_default(),
        squares: last.map(|run| drawn(reader, run, &format!("sq-{}", row.id))).unwrap_or_default(),
        mean: row.mean.map(|mean| words::score(reader.lang, mean)),
        running: row.running.map(|at| words::moment(reader.lang, at)),
        paused: row.file.paused,
    }
}
