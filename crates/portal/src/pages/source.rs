//! The page of one source: its last run, what to mend, its datasets with scores, its runs over time.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use chrono::{DateTime, Utc};
use fyr_model::harvest::{HarvestOutcome, HarvestRun};
use fyr_model::{CatalogueView, Finding, Refusal, SourceId};
use serde::Deserialize;

use super::findings::{self, Cause};
use super::rows::{self, RowView};
use super::sources::{self, Outcome};
use super::{errors, score};
use crate::chrome::{Page, Part, Reader};
use crate::data::{self, Index, SourceRow};
use crate::draw::{icon, source as drawing};
use crate::http;
use crate::serve::{App, Asked};
use crate::words::{self, Markup};

/// What a harvest stores about a source's metadata.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Metadata {
    /// What is wrong in it.
    pub findings: Vec<Finding>,
    /// Whether the national portal would take it in.
    pub harvested: Option<bool>,
    /// Whether it follows the profile.
    pub conforms: Option<bool>,
    /// The syntax of the main document.
    pub syntax: Option<String>,
}

/// Rows of datasets shown on the page; the rest is in the list of datasets.
const ROWS: usize = 100;

/// One run in the table.
struct RunRow {
    when: Markup,
    outcome: Outcome,
    counts: Vec<(&'static str, String)>,
}

struct Held {
    title: String,
    text: String,
    list: Vec<String>,
    approve: String,
}

#[derive(askama::Template)]
#[template(path = "source.html")]
struct Source {
    page: Page,
    name: String,
    url: String,
    url_href: Option<String>,
    running: Option<Markup>,
    last: Option<Outcome>,
    last_line: Markup,
    reason: Option<(String, String, String)>,
    counts: Vec<(String, &'static str, &'static str)>,
    squares: (Markup, Markup),
    key: Vec<(Markup, &'static str)>,
    held: Option<Held>,
    tick: Markup,
    causes: Vec<Cause>,
    more_causes: Vec<Cause>,
    more_title: String,
    rows: Vec<RowView>,
    rows_hidden: usize,
    mean: Option<String>,
    facts: Vec<(&'static str, Markup)>,
    runs_wide: Markup,
    runs_narrow: Markup,
    run_key: Vec<(Markup, &'static str)>,
    span: (String, String),
    runs: Vec<RunRow>,
}

struct Found {
    row: SourceRow,
    view: Option<std::sync::Arc<CatalogueView>>,
    metadata: Metadata,
    runs: Vec<HarvestRun>,
    due: Option<DateTime<Utc>>,
}

/// `/sources/{id}`.
pub async fn get(State(app): State<App>, Asked(reader): Asked, Path(id): Path<String>) -> Response {
    let Ok(id) = id.parse::<SourceId>() else {
        return errors::not_found(&reader, app.demo());
    };
    let found = app.clone().blocking(move |app| find(app, &id)).await;
    match found {
        Ok(Some((found, index))) => http::page(StatusCode::OK, &page(&reader, &app, &found, &index)),
        Ok(None) => errors::not_found(&reader, app.demo()),
        Err(refusal) => errors::refused(&reader, app.demo(), &refusal),
    }
}

fn find(app: &App, id: &SourceId) -> Result<Option<(Found, std::sync::Arc<Index>)>, Refusal> {
    let portal = app.portal();
    let index = app.cache().index(portal)?;
    let Some(row) = index.sources.iter().find(|row| row.id == *id).cloned() else {
        return Ok(None);
    };
    let view = app.cache().view(portal, id)?;
    let metadata = portal.state.get_as::<Metadata>("metadata", id.as_str())?;
    let due = portal
        .state
        .planned()?
        .into_iter()
        .find(|slot| slot.source == id.as_str())
        .map(|slot| slot.due);
    let metadata = metadata.map(|(metadata, _)| metadata).unwrap_or_default();
    let found = Found {
        runs: data::last_runs(portal, id, 90)?,
        metadata: Metadata {
            findings: findings::told(metadata.findings, &data::withheld(portal)?),
            ..metadata
        },
        row,
        view,
        due,
    };
    Ok(Some((found, index)))
}

fn page(reader: &Reader, app: &App, found: &Found, index: &Index) -> Source {
    let row = &found.row;
    let last = row.last.as_ref();
    let name = sources::name(row);
    let (runs_wide, runs_narrow) = timeline(reader, &found.runs);
    let (rows, rows_hidden) = datasets(reader, found, index);
    let (causes, more_causes, more_title) = findings::split(reader, findings::causes(reader, &found.metadata.findings));
    Source {
        page: Page::new(reader, Part::Sources, name.clone(), app.demo()),
        url: words::clean(&row.file.url),
        url_href: words::link(&row.file.url),
        running: row.running.map(|at| words::moment(reader.lang, at)),
        last: last.map(|run| sources::outcome(reader, run.outcome)),
        last_line: last.map(|run| last_line(reader, run)).unwrap_or_default(),
        reason: last.and_then(|run| reason(reader, run)),
        counts: last.map(|run| sources::counts(reader, run)).unwrap_or_default(),
        squares: last.map(|run| sources::drawn(reader, run, "sq")).unwrap_or_default(),
        key: sources::key(reader),
        held: last.filter(|run| run.datasets.held > 0).map(|run| held(reader, &row.id, run)),
        tick: icon::tick(),
        causes,
        more_causes,
        more_title,
        rows,
        rows_hidden,
        mean: row.mean.map(|mean| words::score(reader.lang, mean)),
        facts: facts(reader, found),
        runs_wide,
        runs_narrow,
        run_key: run_key(reader, &found.runs),
        span: span(reader, &found.runs),
        runs: found.runs.iter().take(30).map(|run| run_row(reader, run)).collect(),
        name,
    }
}

fn last_line(reader: &Reader, run: &HarvestRun) -> Markup {
    let trigger = match run.trigger.as_str() {
        "schedule" => reader.t("enligt schema", "by schedule"),
        "manual" => reader.t("för hand", "by hand"),
        "demo" => reader.t("i exemplet", "in the sample"),
        _ => "",
    };
    let mut text = format!(
        "{} · {}",
        words::moment(reader.lang, run.started),
        sources::seconds(reader, run.seconds)
    );
    if !trigger.is_empty() {
        text.push_str(&format!(" · {trigger}"));
    }
    Markup(text)
}

fn reason(reader: &Reader, run: &HarvestRun) -> Option<(String, String, String)> {
    let refusal = run.reason.as_ref()?;
    let mut what = findings::sentence(refusal.message.get(reader.lang));
    if let Some(position) = refusal.position.filter(|position| position.line > 0) {
        what.push_str(&format!(" ({} {})", reader.t("rad", "line"), position.line));
    }
    let hint = refusal
        .hint
        .as_ref()
        .map(|hint| findings::sentence(hint.get(reader.lang)))
        .unwrap_or_default();
    Some((what, hint, words::clean(&refusal.id)))
}

fn held(reader: &Reader, id: &SourceId, run: &HarvestRun) -> Held {
    let sets = &run.datasets;
    let held = words::count(reader.lang, sets.held);
    let all = words::count(reader.lang, sets.changed + sets.unchanged + sets.held);
    let title = match reader.lang {
        fyr_model::Lang::Sv => format!("{held} av {all} datamängder står inte längre i katalogen"),
        fyr_model::Lang::En => format!("{held} of {all} datasets are no longer in the catalogue"),
    };
    Held {
        title,
        text: reader
            .t(
                "Spärren mot massborttagning höll kvar dem. Inget är borttaget, och det som är nytt eller ändrat är redan inne.",
                "The brake kept them. Nothing is removed, and what is new or changed is already in.",
            )
            .into(),
        list: run.changes.held.iter().take(50).map(|iri| words::clean(iri)).collect(),
        approve: format!("fyr source approve {id}"),
    }
}

fn datasets(reader: &Reader, found: &Found, index: &Index) -> (Vec<RowView>, usize) {
    let Some(view) = &found.view else {
        return (Vec::new(), 0);
    };
    let mut rows: Vec<(f64, RowView)> = view
        .datasets
        .iter()
        .enumerate()
        .map(|(i, dataset)| {
            let known = index.scores.get(dataset.id.as_str()).map(|(score, _)| score.as_ref());
            let (light, number, word) = score::row(reader, known, &format!("row{i}"));
            let iri = dataset.id.as_str();
            let mut facts: Vec<String> = dataset
                .publisher
                .iter()
                .take(1)
                .filter_map(|agent| words::said(&agent.name, reader.lang))
                .map(|one| one.0)
                .collect();
            let many = dataset.distributions.len() as u64;
            let noun = if many == 1 {
                reader.t("distribution", "distribution")
            } else {
                reader.t("distributioner", "distributions")
            };
            facts.push(format!("{} {noun}", words::count(reader.lang, many)));
            if let Some(name) = index.released.get(iri) {
                let href = reader.href(&format!("/datasets/{name}"));
                facts.push(format!(
                    "<a href=\"{}\">{}</a>",
                    words::escape(&href),
                    reader.t("förädlad utgåva", "curated release")
                ));
            }
            let air = known.and_then(|score| score.air).unwrap_or(-1.0);
            let row = RowView {
                light,
                href: reader.href(&rows::harvested(&found.row.id, iri)),
                title: rows::title(&dataset.title, iri, reader.lang),
                facts: Markup(facts.join(" · ")),
                number,
                word,
            };
            (air, row)
        })
        .collect();
    rows.sort_by(|a, b| b.0.total_cmp(&a.0));
    let hidden = rows.len().saturating_sub(ROWS);
    (rows.into_iter().take(ROWS).map(|(_, row)| row).collect(), hidden)
}

fn facts(reader: &Reader, found: &Found) -> Vec<(&'static str, Markup)> {
    let file = &found.row.file;
    let mut facts = Vec::new();
    let yes = |answer: bool| Markup(if answer { reader.t("ja", "yes") } else { reader.t("nej", "no") }.to_owned());
    if let Some(answer) = found.metadata.harvested {
        facts.push((reader.t("Går att skörda nationellt", "Can be harvested nationally"), yes(answer)));
    }
    if let Some(answer) = found.metadata.conforms {
        facts.push((reader.t("Följer profilen", "Follows the profile"), yes(answer)));
    }
    if let Some(syntax) = found.metadata.syntax.as_ref().filter(|syntax| !syntax.is_empty()) {
        facts.push((reader.t("Syntax", "Syntax"), Markup(words::escape(&words::clean(syntax)))));
    }
    if let Some(run) = &found.row.last {
        let documents = if run.documents == 1 {
            reader.t("dokument", "document")
        } else {
            reader.t("dokument", "documents")
        };
        let read = format!("{}, {} {documents}", words::bytes(reader.lang, run.bytes), run.documents);
        facts.push((reader.t("Läst", "Read"), Markup(read)));
        facts.push((reader.t("Tripplar", "Triples"), Markup(words::count(reader.lang, run.triples))));
        facts.push((reader.t("Skrivna", "Written"), Markup(words::count(reader.lang, run.quads_written))));
        if let Some(snapshot) = run.snapshot {
            let hash = format!("<span class=\"mono\" title=\"{snapshot}\">{}</span>", snapshot.short());
            facts.push((reader.t("Hashsumma", "Digest"), Markup(hash)));
        }
    }
    facts.push((
        reader.t("Schema", "Schedule"),
        Markup(format!(
            "<span class=\"mono\">{}</span>",
            words::escape(&words::clean(&file.schedule))
        )),
    ));
    let next = match found.due {
        _ if file.paused => Markup(reader.t("vilar", "paused").into()),
        Some(due) => words::moment(reader.lang, due),
        None => Markup(reader.t("inte satt", "not set").into()),
    };
    facts.push((reader.t("Nästa", "Next"), next));
    facts
}

fn touched(run: &HarvestRun) -> u64 {
    run.datasets.added + run.datasets.changed + run.datasets.vanished
}

fn timeline(reader: &Reader, runs: &[HarvestRun]) -> (Markup, Markup) {
    if runs.is_empty() {
        return Default::default();
    }
    let marks: Vec<(HarvestOutcome, u64)> = runs.iter().rev().map(|run| (run.outcome, touched(run))).collect();
    let failed = marks.iter().filter(|(outcome, _)| *outcome == HarvestOutcome::Failed).count();
    let title = format!(
        "{} {}",
        reader.t("De senaste skördningarna, antal:", "The latest harvests, number:"),
        marks.len()
    );
    let desc = format!("{} {failed}.", reader.t("Misslyckade:", "Failed:"));
    (
        drawing::runs(&marks, true, "runs", &title, &desc),
        drawing::runs(&marks, false, "runs-n", &title, &desc),
    )
}

fn run_key(reader: &Reader, runs: &[HarvestRun]) -> Vec<(Markup, &'static str)> {
    use HarvestOutcome::{Changed, Failed, Held, Incomplete, Suspect, Unchanged};
    let names = [
        (Changed, "Ändrad", "Changed"),
        (Unchanged, "Oförändrad", "Unchanged"),
        (Incomplete, "Ofullständig", "Incomplete"),
        (Suspect, "Misstänkt", "Suspect"),
        (Held, "Hålls", "Held"),
        (Failed, "Misslyckad", "Failed"),
    ];
    let seen = |outcome| runs.iter().any(|run| run.outcome == outcome);
    names
        .into_iter()
        .filter(|(outcome, _, _)| seen(*outcome))
        .map(|(outcome, sv, en)| (drawing::run_key(outcome), reader.t(sv, en)))
        .collect()
}

fn span(reader: &Reader, runs: &[HarvestRun]) -> (String, String) {
    let day = |run: Option<&HarvestRun>| run.map(|run| words::short_day(reader.lang, run.started)).unwrap_or_default();
    (day(runs.last()), day(runs.first()))
}

fn run_row(reader: &Reader, run: &HarvestRun) -> RunRow {
    let n = |n: u64| words::count(reader.lang, n);
    let sets = &run.datasets;
    RunRow {
        when: words::moment(reader.lang, run.started),
        outcome: sources::outcome(reader, run.outcome),
        counts: vec![
            (reader.t("Nya", "New"), n(sets.added)),
            (reader.t("Ändrade", "Changed"), n(sets.changed)),
            (reader.t("Oförändrade", "Unchanged"), n(sets.unchanged)),
            (reader.t("Borttagna", "Removed"), n(sets.vanished)),
            (reader.t("Hålls", "Held"), n(sets.held)),
            (reader.t("Skrivna", "Written"), n(run.quads_written)),
        ],
    }
}
