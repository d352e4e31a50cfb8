//! The start page: search first, the installation as one light, three doors, new releases and the last harvests.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use fyr_model::Lang;
use fyr_model::harvest::HarvestOutcome;
use fyr_model::readiness::{DIMENSIONS, DimensionScore};

use super::rows::{self, RowView};
use super::{errors, score};
use crate::chrome::{Page, Part, Reader};
use crate::data::{Index, Kind};
use crate::draw::icon;
use crate::draw::light::{Light, Size};
use crate::http;
use crate::serve::{App, Asked};
use crate::words::{self, Markup};

/// One row of the table that says what the light says.
struct Share {
    name: String,
    share: String,
}

#[derive(askama::Template)]
#[template(path = "start.html")]
struct Start {
    page: Page,
    lead: String,
    light_wide: Markup,
    light_narrow: Markup,
    shares: Vec<Share>,
    glass: Markup,
    arrow: Markup,
    rows: Vec<RowView>,
    night: Vec<(&'static str, String)>,
    done: Option<Markup>,
}

/// `/`.
pub async fn get(State(app): State<App>, Asked(reader): Asked) -> Response {
    let index = match app.index().await {
        Ok(index) => index,
        Err(refusal) => return errors::refused(&reader, app.demo(), &refusal),
    };
    let lang = reader.lang;
    let (light, shares) = installation(&reader, &index);
    let rows = index.rows.iter().filter(|row| matches!(row.kind, Kind::Release(..))).take(5);
    let (night, done) = harvests(&reader, &index);
    let template = Start {
        page: Page::new(
            &reader,
            Part::None,
            reader.t("Öppna data som går att lita på", "Open data you can rely on"),
            app.demo(),
        ),
        lead: lead(lang, &index),
        light_wide: light.draw(Size::Stage, "light"),
        light_narrow: light.draw(Size::Bare, "light-n"),
        shares,
        glass: icon::glass(),
        arrow: icon::arrow(),
        rows: rows.enumerate().map(|(i, row)| rows::view(&reader, row, i)).collect(),
        night,
        done,
    };
    http::page(StatusCode::OK, &template)
}

fn lead(lang: Lang, index: &Index) -> String {
    let datasets = words::count(lang, index.rows.len() as u64);
    let sources = index.sources.len() as u64;
    let count = words::count(lang, sources);
    match lang {
        Lang::Sv => {
            let noun = if sources == 1 { "källa" } else { "källor" };
            format!("Sök bland {datasets} datamängder från {count} {noun}. Varje poäng går att följa ner till den mätning den bygger på.")
        }
        Lang::En => {
            let noun = if sources == 1 { "source" } else { "sources" };
            format!("Search {datasets} datasets from {count} {noun}. Every score can be followed down to the measurement behind it.")
        }
    }
}

/// The sum over everything that sources publish: points won of points that apply.
fn installation(reader: &Reader, index: &Index) -> (Light, Vec<Share>) {
    let shown: Vec<_> = index.scores.values().filter(|(score, _)| score.air.is_some()).collect();
    let sums: Vec<(&str, DimensionScore)> = DIMENSIONS
        .iter()
        .map(|(code, _, _)| {
            let mut sum = DimensionScore::default();
            for one in shown.iter().filter_map(|(score, _)| score.dimensions.get(*code)) {
                sum.points += one.points;
                sum.max += one.max;
                sum.not_measured += one.not_measured;
            }
            (*code, sum)
        })
        .collect();
    let whole: f64 = sums.iter().map(|(_, one)| one.max).sum();
    let won: f64 = sums.iter().map(|(_, one)| one.points).sum();
    let sectors = score::sectors(reader.lang, &sums, true);
    let number = if whole > 0.0 {
        words::score(reader.lang, 100.0 * won / whole)
    } else {
        "–".into()
    };
    let shares = sectors
        .iter()
        .filter(|one| one.weight > 0.0)
        .map(|one| Share {
            name: one.name.clone(),
            share: one.value.clone(),
        })
        .collect();
    let light = Light {
        sectors,
        title: format!("{} {number}", reader.t("Alla källor i dag:", "All sources today:")),
        desc: reader
            .t(
                "Andel av poängen i varje dimension, alla datamängder tillsammans.",
                "Share of the points in each dimension, all datasets together.",
            )
            .into(),
        number,
        line: reader.t("alla källor", "all sources").into(),
        gated: false,
        withheld: whole <= 0.0,
    };
    (light, shares)
}

fn harvests(reader: &Reader, index: &Index) -> (Vec<(&'static str, String)>, Option<Markup>) {
    let runs: Vec<_> = index.sources.iter().filter_map(|source| source.last.as_ref()).collect();
    let n = |n: u64| words::count(reader.lang, n);
    let good = runs.iter().filter(|run| {
        matches!(
            run.outcome,
            HarvestOutcome::Changed | HarvestOutcome::Unchanged | HarvestOutcome::Held
        )
    });
    let touched: u64 = runs
        .iter()
        .map(|run| run.datasets.added + run.datasets.changed + run.datasets.vanished)
        .sum();
    let held: u64 = runs.iter().map(|run| run.datasets.held).sum();
    let of = reader.t("av", "of");
    let facts = vec![
        (
            reader.t("Skördade källor", "Sources harvested"),
            format!("{} {of} {}", n(good.count() as u64), n(index.sources.len() as u64)),
        ),
        (reader.t("Ändrade datamängder", "Datasets changed"), n(touched)),
        (reader.t("Hålls av spärren", "Held by the brake"), n(held)),
        (reader.t("Utgåvor", "Releases"), n(index.released_names())),
    ];
    let last = runs.iter().map(|run| run.started).max();
    (facts, last.map(|at| words::moment(reader.lang, at)))
}

impl Index {
    fn released_names(&self) -> u64 {
        self.rows.iter().filter(|row| matches!(row.kind, Kind::Release(..))).count() as u64
    }
}
