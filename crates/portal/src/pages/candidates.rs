//! `/candidates`: what waits for people, for those who answer for it. Behind the operator's door only (H53).
//!
//! In: what waits, and the role of the reader. Out: a list, and a page for each: in what it departs from the standing decisions, what is
//! decided, and the two answers. That the accumulation guard holds something is said; what it found is not.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use chrono::Utc;
use fyr_model::privacy::Interest;
use fyr_model::waiting::{Waiting, WaitingState};
use fyr_model::{Envelope, PipelineName, Refusal, Severity};
use serde::Serialize;

use super::findings::sentence;
use super::{errors, rows};
use crate::chrome::{Page, Part, Reader};
use crate::draw::{icon, source as drawing};
use crate::http;
use crate::serve::{App, Asked};
use crate::words::{self, Markup};

/// A state with its mark.
struct StateMark {
    class: &'static str,
    mark: Markup,
    word: String,
}

struct Card {
    id: String,
    href: String,
    title: Markup,
    state: StateMark,
    why: Markup,
    facts: Markup,
}

#[derive(askama::Template)]
#[template(path = "candidates.html")]
struct List {
    page: Page,
    lead: String,
    cards: Vec<Card>,
}

/// A departure: in what, how, and for which interests.
struct Departed {
    kind: String,
    detail: Markup,
    interests: String,
}

/// An interest: its name and how it stands.
struct Stand {
    name: String,
    word: String,
    waits: bool,
}

#[derive(askama::Template)]
#[template(path = "candidate.html")]
struct One {
    page: Page,
    title: Markup,
    lead: Markup,
    state: StateMark,
    first: Markup,
    more: String,
    hint: Option<String>,
    yes: (String, Vec<String>),
    no: String,
    silence: String,
    departures: Vec<Departed>,
    stands: Vec<Stand>,
    facts: Vec<(&'static str, Markup)>,
    published: Option<String>,
    tick: Markup,
}

/// What waits, as this reader may see it.
async fn seen(app: &App, reader: &Reader) -> Result<Vec<Waiting>, Refusal> {
    let Some(officer) = reader.officer.clone() else {
        return Ok(Vec::new());
    };
    let mut all = app.clone().blocking(|app| (app.portal().candidates)()).await?;
    all.retain(|one| officer.sees(one));
    Ok(all)
}

/// `/candidates`.
pub async fn get(State(app): State<App>, Asked(reader): Asked) -> Response {
    match seen(&app, &reader).await {
        Ok(all) => http::page(StatusCode::OK, &list(&reader, &all, app.demo())),
        Err(refusal) => errors::refused(&reader, app.demo(), &refusal),
    }
}

/// `/candidates/{name}`. What another role sees is not there for this one.
pub async fn one(State(app): State<App>, Asked(reader): Asked, Path(name): Path<String>) -> Response {
    match seen(&app, &reader).await {
        Ok(all) => match all.iter().find(|one| one.pipeline.as_str() == name) {
            Some(found) => http::page(StatusCode::OK, &page(&reader, found, app.demo())),
            None => errors::not_found(&reader, app.demo()),
        },
        Err(refusal) => errors::refused(&reader, app.demo(), &refusal),
    }
}

#[derive(Serialize)]
struct All {
    candidates: Vec<Waiting>,
}

/// `/api/v1/candidates`: the shape `candidates`.
pub async fn api(State(app): State<App>, Asked(reader): Asked) -> Response {
    match seen(&app, &reader).await {
        Ok(candidates) => {
            let body = All { candidates };
            Json(Envelope::new("fyr/candidates/1", Utc::now(), body).rules(fyr_assess::packs())).into_response()
        }
        Err(refusal) => http::refused(http::status(&refusal), &refusal),
    }
}

/// On the page of a release: that something waits to follow it, and where.
pub async fn note(app: &App, reader: &Reader, name: &PipelineName) -> Option<(String, String)> {
    let all = seen(app, reader).await.ok()?;
    let one = all.iter().find(|one| one.pipeline == *name)?;
    let text = match one.state {
        WaitingState::Paused => reader.t(
            "Nästa version är pausad: den avviker från de stående besluten.",
            "The next version is paused: it departs from the standing decisions.",
        ),
        WaitingState::Undecided => reader.t("Nästa version väntar på beslut.", "The next version waits for decisions."),
        WaitingState::Ready => reader.t("Nästa version kan publiceras.", "The next version can be published."),
        WaitingState::Stopped => reader.t("Nästa version stoppades.", "The next version was stopped."),
    };
    Some((text.to_owned(), reader.href(&format!("/candidates/{name}"))))
}

fn mark(reader: &Reader, state: WaitingState) -> StateMark {
    let (class, mark) = match state {
        WaitingState::Paused => ("turn", drawing::key('h')),
        WaitingState::Undecided => ("warning", icon::severity(Severity::Warning)),
        WaitingState::Ready => ("done", icon::tick()),
        WaitingState::Stopped => ("violation", icon::severity(Severity::Violation)),
    };
    StateMark {
        class,
        mark,
        word: state.name().get(reader.lang).to_owned(),
    }
}

fn list(reader: &Reader, all: &[Waiting], demo: bool) -> List {
    let asks = all.iter().filter(|one| one.state != WaitingState::Ready).count() as u64;
    let (many, asks) = (words::count(reader.lang, all.len() as u64), words::count(reader.lang, asks));
    let lead = match reader.lang {
        fyr_model::Lang::Sv => format!("Väntar: {many}. Behöver en människa: {asks}. Det som är publicerat ligger kvar under tiden."),
        fyr_model::Lang::En => format!("Waiting: {many}. In need of a person: {asks}. What is published stays meanwhile."),
    };
    List {
        page: Page::new(reader, Part::Candidates, reader.t("Kandidater", "Candidates"), demo),
        lead,
        cards: all.iter().map(|one| card(reader, one)).collect(),
    }
}

fn card(reader: &Reader, one: &Waiting) -> Card {
    let mut facts = vec![format!("<span class=\"mono\">{}</span>", one.pipeline)];
    if let Some(waits) = &one.candidate {
        facts.push(format!("version {}", waits.version));
        facts.push(words::moment(reader.lang, waits.made).0);
        facts.push(rows_of(reader, waits.rows));
    } else if let Some(stop) = &one.stopped {
        facts.push(words::moment(reader.lang, stop.at).0);
    }
    Card {
        id: one.pipeline.to_string(),
        href: reader.href(&format!("/candidates/{}", one.pipeline)),
        title: title(reader, one),
        state: mark(reader, one.state),
        why: coded(&first(reader, one)),
        facts: Markup(facts.join(" · ")),
    }
}

fn title(reader: &Reader, one: &Waiting) -> Markup {
    rows::title(&one.title, one.pipeline.as_str(), reader.lang)
}

fn rows_of(reader: &Reader, rows: u64) -> String {
    format!("{} {}", words::count(reader.lang, rows), reader.t("rader", "rows"))
}

/// A text of ours in which names stand between backticks, as they do on a terminal.
fn coded(text: &str) -> Markup {
    let escaped = words::escape(text);
    if escaped.matches('`').count() % 2 == 1 {
        return Markup(escaped);
    }
    let part = |(at, part): (usize, &str)| {
        if at % 2 == 1 {
            format!("<code>{part}</code>")
        } else {
            part.to_owned()
        }
    };
    Markup(escaped.split('`').enumerate().map(part).collect())
}

/// The first cause, as a sentence.
fn first(reader: &Reader, one: &Waiting) -> String {
    let said = |text: &str| sentence(&words::clean(text));
    match (one.state, one.departures.first(), &one.stopped) {
        (WaitingState::Paused, Some(departure), _) => said(departure.detail.get(reader.lang)),
        (WaitingState::Stopped, _, Some(stop)) => said(stop.message.get(reader.lang)),
        (WaitingState::Ready, ..) => reader.t("Alla tre besluten finns.", "All three decisions are made.").to_owned(),
        _ => format!(
            "{}: {}.",
            reader.t("Beslut saknas om", "Decisions are lacking on"),
            names(reader, &one.undecided)
        ),
    }
}

fn names(reader: &Reader, interests: &[Interest]) -> String {
    let names: Vec<String> = interests
        .iter()
        .map(|interest| interest.name().get(reader.lang).to_owned())
        .collect();
    names.join(", ")
}

fn page(reader: &Reader, one: &Waiting, demo: bool) -> One {
    let name = &one.pipeline;
    let lead = match &one.published {
        Some(version) => format!(
            "{} {version} {}",
            reader.t("Version", "Version"),
            reader.t("är publicerad och ligger kvar under tiden.", "is published and stays meanwhile.")
        ),
        None => reader.t("Inget är publicerat än.", "Nothing is published yet.").to_owned(),
    };
    let heading = format!("{}: {}", reader.t("Kandidat", "Candidate"), words::plain(&one.title, reader.lang));
    One {
        page: Page::new(reader, Part::Candidates, heading, demo),
        title: title(reader, one),
        lead: Markup(lead),
        state: mark(reader, one.state),
        first: coded(&first(reader, one)),
        more: more(reader, one),
        hint: hint(reader, one),
        yes: yes(reader, one),
        no: no(reader, one),
        silence: silence(reader, one),
        departures: one.departures.iter().map(|departure| departed(reader, departure)).collect(),
        stands: stands(reader, one),
        facts: facts(reader, one),
        published: one.published.map(|_| reader.href(&format!("/datasets/{name}"))),
        tick: icon::tick(),
    }
}

fn departed(reader: &Reader, one: &fyr_model::standing::Departure) -> Departed {
    Departed {
        kind: sentence(one.kind.name().get(reader.lang)).trim_end_matches('.').to_owned(),
        detail: coded(&words::clean(one.detail.get(reader.lang))),
        interests: names(reader, &one.interests),
    }
}

fn more(reader: &Reader, one: &Waiting) -> String {
    let text = match one.state {
        WaitingState::Paused => reader.t(
            "Kandidaten ligger utanför det som de stående besluten gäller. Den publiceras inte förrän någon har beslutat.",
            "The candidate lies outside what the standing decisions hold for. It is not published until somebody has decided.",
        ),
        WaitingState::Undecided => reader.t(
            "Var och en av de tre skyddsintressena beslutas för sig, av den som svarar för det.",
            "Each of the three protected interests is decided on its own, by whoever answers for it.",
        ),
        WaitingState::Ready => reader.t("Inget mer behöver beslutas.", "Nothing more needs to be decided."),
        WaitingState::Stopped => reader.t(
            "Den senaste körningen gjorde ingen kandidat, så det finns inget att besluta om.",
            "The last run made no candidate, so there is nothing to decide on.",
        ),
    };
    text.to_owned()
}

fn hint(reader: &Reader, one: &Waiting) -> Option<String> {
    let stop = one.stopped.as_ref()?;
    let hint = stop.hint.as_ref().map(|hint| sentence(&words::clean(hint.get(reader.lang))));
    if one.state == WaitingState::Stopped {
        return hint;
    }
    let since = reader.t("En senare körning gjorde ingen ny kandidat:", "A later run made no new candidate:");
    Some(format!("{since} {}", sentence(&words::clean(stop.message.get(reader.lang)))))
}

/// What to do to let it out: a sentence and the commands.
fn yes(reader: &Reader, one: &Waiting) -> (String, Vec<String>) {
    let name = &one.pipeline;
    let publish = format!("fyr publish {name}");
    match one.state {
        WaitingState::Ready => (reader.t("Publicera den:", "Publish it:").to_owned(), vec![publish]),
        WaitingState::Stopped => (
            reader
                .t("Åtgärda orsaken och kör igen:", "Mend the cause and run again:")
                .to_owned(),
            vec![format!("fyr curate {name}")],
        ),
        WaitingState::Paused | WaitingState::Undecided => {
            let sign = one
                .undecided
                .iter()
                .map(|interest| format!("fyr sign {name} --interest {} …", interest.as_str()));
            let text = reader.t(
                "Granska kandidaten och besluta om varje intresse, sedan publicera. Med --standing --until DATUM gäller beslutet också kommande versioner.",
                "Look at the candidate and decide on each interest, then publish. With --standing --until DATE the decision holds for coming versions too.",
            );
            (text.to_owned(), sign.chain([publish]).collect())
        }
    }
}

fn no(reader: &Reader, one: &Waiting) -> String {
    let text = if one.state == WaitingState::Stopped {
        reader.t(
            "Låt källan rättas. Nästa natts skördning försöker igen.",
            "Let the source be mended. The next night's harvest tries again.",
        )
    } else {
        reader.t(
            "Låt källan eller pipelinen rättas. Nästa natts skördning gör en ny kandidat i den här kandidatens ställe.",
            "Let the source or the pipeline be mended. The next night's harvest makes a new candidate in place of this one.",
        )
    };
    text.to_owned()
}

fn silence(reader: &Reader, one: &Waiting) -> String {
    let text = if one.published.is_some() {
        reader.t(
            "Utan besked publiceras inget nytt. Den förra utgåvan ligger kvar, hur lång tid det än tar.",
            "Without an answer nothing new is published. The former release stays, however long it takes.",
        )
    } else {
        reader.t(
            "Utan besked publiceras inget, hur lång tid det än tar.",
            "Without an answer nothing is published, however long it takes.",
        )
    };
    text.to_owned()
}

fn stands(reader: &Reader, one: &Waiting) -> Vec<Stand> {
    if one.candidate.is_none() && one.standing.is_empty() {
        return Vec::new();
    }
    let of = |interest: Interest| {
        let waits = one.undecided.contains(&interest);
        let until = one
            .standing
            .iter()
            .find(|stands| stands.interest == interest)
            .map(|stands| stands.until);
        let standing = until.map(|day| format!("{} {day}", reader.t("stående beslut till och med", "standing decision until")));
        let word = match (waits, standing) {
            (true, Some(standing)) => format!("{} ({standing})", reader.t("väntar på beslut", "waits for a decision")),
            (true, None) => reader.t("väntar på beslut", "waits for a decision").to_owned(),
            (false, Some(standing)) => standing,
            (false, None) => reader.t("beslutat", "decided").to_owned(),
        };
        Stand {
            name: sentence(interest.name().get(reader.lang)).trim_end_matches('.').to_owned(),
            word,
            waits,
        }
    };
    Interest::ALL.into_iter().map(of).collect()
}

fn facts(reader: &Reader, one: &Waiting) -> Vec<(&'static str, Markup)> {
    let mono = |text: String| Markup(format!("<span class=\"mono\">{text}</span>"));
    let mut facts = vec![(reader.t("Pipeline", "Pipeline"), mono(one.pipeline.to_string()))];
    if let Some(source) = &one.source {
        let href = words::escape(&reader.href(&format!("/sources/{source}")));
        facts.push((reader.t("Källa", "Source"), Markup(format!("<a href=\"{href}\">{source}</a>"))));
    }
    if let Some(waits) = &one.candidate {
        facts.push((reader.t("Blir version", "Becomes version"), Markup(waits.version.to_string())));
        facts.push((reader.t("Gjord", "Made"), words::moment(reader.lang, waits.made)));
        facts.push((reader.t("Rader", "Rows"), Markup(words::count(reader.lang, waits.rows))));
        let digest = format!("<span class=\"mono\" title=\"{}\">{}</span>", waits.digest, waits.digest.short());
        facts.push((
            reader.t("Digest som besluten gäller", "Digest that decisions are on"),
            Markup(digest),
        ));
    }
    if let Some(stop) = &one.stopped {
        facts.push((reader.t("Senaste körningen", "The last run"), words::moment(reader.lang, stop.at)));
        facts.push((
            reader.t("Orsakens namn", "Name of the cause"),
            mono(words::escape(&words::clean(&stop.id))),
        ));
    }
    facts
}
