//! A dataset as its source describes it: metadata, score with evidence, findings. It has no release of ours.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use chrono::{DateTime, Utc};
use fyr_model::catalogue::{Contact, Location, Period, Value};
use fyr_model::link::LinkVerdict;
use fyr_model::readiness::Readiness;
use fyr_model::withheld::Withheld;
use fyr_model::{CatalogueView, Dataset, Distribution, Finding, PipelineName, Refusal, SourceId};

use super::findings::{self, Cause};
use super::score::{self, ScoreView};
use super::source::Metadata;
use super::{errors, links, rows};
use crate::chrome::{Page, Part, Reader};
use crate::data;
use crate::draw::icon;
use crate::http;
use crate::places;
use crate::serve::{App, Asked};
use crate::words::{self, Markup, escape};

/// A distribution as a card.
struct Offer {
    title: Markup,
    address: Markup,
    format: String,
    licence: String,
    /// What its address answered, when somebody asked.
    answers: Option<Markup>,
}

#[derive(askama::Template)]
#[template(path = "harvested.html")]
struct Harvested {
    page: Page,
    title: Markup,
    source_name: String,
    source_href: String,
    description: Option<Markup>,
    release: Option<String>,
    sentence: String,
    licence: String,
    score: Option<ScoreView>,
    tick: Markup,
    causes: Vec<Cause>,
    more_causes: Vec<Cause>,
    more_title: String,
    facts: Vec<(&'static str, Markup)>,
    offers: Vec<Offer>,
}

struct Found {
    /// Addresses of files with personal data in them, which are shown to nobody.
    withheld: Withheld,
    /// Verdicts on addresses that somebody asked, by address.
    links: BTreeMap<String, LinkVerdict>,
    source: String,
    dataset: Dataset,
    score: Option<(Arc<Readiness>, DateTime<Utc>)>,
    findings: Vec<Finding>,
    release: Option<PipelineName>,
}

enum Answer {
    Found(Box<Found>),
    Gone(String),
    Nothing,
}

/// `/sources/{id}/dataset?iri=…`.
pub async fn get(State(app): State<App>, Asked(reader): Asked, Path(id): Path<String>) -> Response {
    let (Ok(id), Some(iri)) = (id.parse::<SourceId>(), reader.get("iri").map(str::to_owned)) else {
        return errors::not_found(&reader, app.demo());
    };
    let source = id.clone();
    match app.clone().blocking(move |app| find(app, &id, &iri)).await {
        Ok(Answer::Found(found)) => http::page(StatusCode::OK, &page(&reader, &app, &source, &found)),
        Ok(Answer::Gone(reason)) => errors::gone(&reader, app.demo(), &reason),
        Ok(Answer::Nothing) => errors::not_found(&reader, app.demo()),
        Err(refusal) => errors::refused(&reader, app.demo(), &refusal),
    }
}

fn find(app: &App, id: &SourceId, iri: &str) -> Result<Answer, Refusal> {
    let portal = app.portal();
    let index = app.cache().index(portal)?;
    let Some(row) = index.sources.iter().find(|row| row.id == *id) else {
        return Ok(Answer::Nothing);
    };
    let view: Option<Arc<CatalogueView>> = app.cache().view(portal, id)?;
    let found = view
        .as_ref()
        .and_then(|view| view.datasets.iter().find(|one| one.id.as_str() == iri));
    let Some(dataset) = found.cloned() else {
        let gone = portal.state.tombstone(iri)?.filter(|gone| gone.source == *id);
        return Ok(gone.map_or(Answer::Nothing, |gone| Answer::Gone(gone.reason)));
    };
    let metadata = portal
        .state
        .get_as::<Metadata>("metadata", id.as_str())?
        .map(|(found, _)| found)
        .unwrap_or_default();
    let mut about: Vec<&str> = vec![iri];
    about.extend(dataset.distributions.iter().map(|one| one.iri.as_str()));
    about.extend(dataset.contact.iter().map(|one| one.iri.as_str()));
    about.extend(dataset.publisher.iter().map(|one| one.iri.as_str()));
    let withheld = data::withheld(portal)?;
    let own = metadata
        .findings
        .into_iter()
        .filter(|finding| about.contains(&finding.focus.as_str()));
    let findings = findings::told(own, &withheld);
    Ok(Answer::Found(Box::new(Found {
        source: super::sources::name(row),
        score: index.scores.get(iri).cloned(),
        release: index.released.get(iri).cloned(),
        findings,
        links: links::known(portal, &dataset)?,
        withheld,
        dataset,
    })))
}

fn page(reader: &Reader, app: &App, source: &SourceId, found: &Found) -> Harvested {
    let dataset = &found.dataset;
    let verdicts: Vec<_> = dataset
        .distributions
        .iter()
        .map(|one| fyr_assess::licence::verdict(dataset, one))
        .collect();
    let first = verdicts.first();
    let name = words::plain(&dataset.title, reader.lang);
    let name = if name.is_empty() {
        words::last_part(dataset.id.as_str())
    } else {
        name
    };
    let rules = fyr_assess::packs().into_iter().find(|pack| pack.id == "readiness");
    let offers = dataset.distributions.iter().zip(&verdicts).enumerate().map(|(i, (one, verdict))| {
        offer(
            reader,
            (one, &found.withheld),
            verdict,
            links::answers(reader, &found.links, one),
            i,
        )
    });
    let (causes, more_causes, more_title) = findings::split(reader, findings::causes(reader, &found.findings));
    Harvested {
        page: Page::new(reader, Part::Sources, name.clone(), app.demo()),
        title: rows::title(&dataset.title, dataset.id.as_str(), reader.lang),
        source_name: found.source.clone(),
        source_href: reader.href(&format!("/sources/{source}")),
        description: words::said(&dataset.description, reader.lang).filter(|_| !hides(&found.withheld, &dataset.description)),
        release: found.release.as_ref().map(|name| reader.href(&format!("/datasets/{name}"))),
        sentence: first.map_or_else(
            || {
                reader
                    .t("Datamängden har ingen fil att hämta.", "The dataset has no file to download.")
                    .into()
            },
            |verdict| findings::sentence(verdict.sentence.get(reader.lang)),
        ),
        licence: first
            .and_then(|verdict| verdict.licence.as_ref())
            .map(|licence| words::clean(&licence.label))
            .unwrap_or_default(),
        score: found
            .score
            .as_ref()
            .map(|(score, at)| score::view(reader, score, &name, *at, rules.as_ref())),
        tick: icon::tick(),
        causes,
        more_causes,
        more_title,
        facts: facts(reader, dataset, &found.withheld),
        offers: offers.collect(),
    }
}

/// Whether one of a distribution's addresses is withheld, and so all are: they lead to the same file.
fn is_withheld(one: &Distribution, withheld: &Withheld) -> bool {
    let addresses = one.access_url.iter().chain(&one.download_url);
    addresses.filter_map(Value::iri).any(|address| withheld.hides(address))
}

/// Whether a text in one of its languages holds a withheld address.
pub fn hides(withheld: &Withheld, texts: &fyr_model::LangStrings) -> bool {
    texts.iter().any(|text| withheld.hides(&text.value))
}

/// What stands where an address would.
fn not_shown(reader: &Reader) -> Markup {
    let said = reader.t(
        "visas inte: filen har personuppgifter och utgivaren har fått veta det",
        "not shown: the file holds personal data, and its publisher is told",
    );
    Markup(said.into())
}

fn offer(
    reader: &Reader,
    (one, withheld): (&Distribution, &Withheld),
    verdict: &fyr_model::LicenceVerdict,
    answers: Option<Markup>,
    i: usize,
) -> Offer {
    let number = format!("{} {}", reader.t("Distribution", "Distribution"), i + 1);
    let format = one
        .format
        .iter()
        .chain(&one.media_type)
        .next()
        .map(|value| data::format_name(value.as_str()));
    Offer {
        answers,
        title: words::said(&one.title, reader.lang)
            .filter(|_| !hides(withheld, &one.title))
            .unwrap_or(Markup(number)),
        address: match one.address() {
            _ if is_withheld(one, withheld) => not_shown(reader),
            Some(address) => anchor(address, address),
            None => Markup(reader.t("ingen adress", "no address").into()),
        },
        format: format.unwrap_or_else(|| reader.t("inte angivet", "not stated").into()),
        licence: verdict.licence.as_ref().map_or_else(
            || reader.t("saknas eller okänd", "none or unknown").into(),
            |licence| words::clean(&licence.label),
        ),
    }
}

/// A link to an address from a catalogue, or its text when it is no web or mail address.
pub fn anchor(address: &str, text: &str) -> Markup {
    let text = escape(&words::cut(&words::clean(text), 200));
    Markup(match words::link(address) {
        Some(href) => format!("<a href=\"{}\" rel=\"nofollow noreferrer\">{text}</a>", escape(&href)),
        None => text,
    })
}

/// The metadata that people ask for, as far as it is there.
pub fn facts(reader: &Reader, dataset: &Dataset, withheld: &Withheld) -> Vec<(&'static str, Markup)> {
    let lang = reader.lang;
    let shown = |address: &str| match withheld.hides(address) {
        true => not_shown(reader),
        false => anchor(address, address),
    };
    let mut facts: Vec<(&'static str, Markup)> = Vec::new();
    if let Some(name) = dataset.publisher.first().and_then(|agent| words::said(&agent.name, lang)) {
        facts.push((reader.t("Utgivare", "Publisher"), name));
    }
    if let Some(contact) = contact(reader, &dataset.contact).filter(|contact| !withheld.hides(&contact.0)) {
        facts.push((reader.t("Kontakt", "Contact"), contact));
    }
    if let Some(covers) = covers(reader, &dataset.spatial, &dataset.temporal) {
        facts.push((reader.t("Täcker", "Covers"), covers));
    }
    if let Some(value) = dataset.frequency.first() {
        facts.push((
            reader.t("Uppdateras", "Updated"),
            Markup(escape(&frequency(reader, value.as_str()))),
        ));
    }
    if let Some(modified) = dataset.modified.as_ref().or(dataset.issued.as_ref()) {
        facts.push((
            reader.t("Senast ändrad", "Last changed"),
            Markup(escape(&words::written_date(modified))),
        ));
    }
    let words: Vec<String> = dataset
        .keyword
        .iter()
        .take(12)
        .filter(|word| !withheld.hides(&word.value))
        .map(|word| words::cut(words::clean(&word.value).trim(), 40))
        .collect();
    if !words.is_empty() {
        facts.push((
            reader.t("Nyckelord", "Keywords"),
            Markup(format!("<bdi>{}</bdi>", escape(&words.join(", ")))),
        ));
    }
    if let Some(value) = dataset.landing_page.first().and_then(Value::iri) {
        facts.push((reader.t("Webbsida", "Web page"), shown(value)));
    }
    let own = shown(dataset.id.as_str());
    facts.push((
        reader.t("Identifierare", "Identifier"),
        Markup(format!("<span class=\"mono\">{own}</span>")),
    ));
    facts
}

/// Organisations only: individuals are not shown (H21).
pub fn contact(reader: &Reader, contacts: &[Contact]) -> Option<Markup> {
    let one = contacts.iter().find(|contact| !contact.individual)?;
    if let Some(mail) = one.email.first() {
        return Some(anchor(
            &format!("mailto:{}", mail.trim_start_matches("mailto:")),
            mail.trim_start_matches("mailto:"),
        ));
    }
    if let Some(url) = one.url.iter().find_map(Value::iri) {
        return Some(anchor(url, url));
    }
    words::said(&one.name, reader.lang)
}

/// Place and time.
pub fn covers(reader: &Reader, places: &[Location], periods: &[Period]) -> Option<Markup> {
    let mut parts: Vec<String> = Vec::new();
    for place in places.iter().take(3) {
        let said = words::said(&place.label, reader.lang).map(|one| one.0);
        let named = |iri: &str| places::name(reader.lang, iri).map_or_else(|| words::last_part(iri), str::to_owned);
        parts.extend(said.or_else(|| place.iri.as_deref().map(|iri| escape(&named(iri)))));
    }
    for period in periods.iter().take(1) {
        let day = |text: &Option<String>| text.as_deref().map(|text| escape(&words::written_date(text)));
        let (start, end) = (day(&period.start), day(&period.end));
        if start.is_some() || end.is_some() {
            let now = reader.t("nu", "now").to_owned();
            parts.push(format!("{} – {}", start.unwrap_or_default(), end.unwrap_or(now)));
        }
    }
    (!parts.is_empty()).then(|| Markup(parts.join(", ")))
}

/// The name of an EU frequency, or the end of what was written.
pub fn frequency(reader: &Reader, iri: &str) -> String {
    const NAMES: [(&str, &str, &str); 14] = [
        ("CONT", "löpande", "continuously"),
        ("HOURLY", "varje timme", "hourly"),
        ("DAILY", "varje dag", "daily"),
        ("WEEKLY", "varje vecka", "weekly"),
        ("BIWEEKLY", "varannan vecka", "every two weeks"),
        ("MONTHLY", "varje månad", "monthly"),
        ("BIMONTHLY", "varannan månad", "every two months"),
        ("QUARTERLY", "varje kvartal", "quarterly"),
        ("ANNUAL_2", "två gånger om året", "twice a year"),
        ("ANNUAL", "varje år", "yearly"),
        ("BIENNIAL", "vartannat år", "every two years"),
        ("IRREG", "oregelbundet", "irregularly"),
        ("NEVER", "aldrig", "never"),
        ("UNKNOWN", "inte känt", "not known"),
    ];
    let last = words::last_part(iri);
    let found = NAMES.iter().find(|(code, _, _)| *code == last);
    found.map_or(words::cut(&last, 60), |(_, sv, en)| reader.t(sv, en).to_owned())
}
