//! The list of datasets: search, filters without script, rows.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use fyr_model::licence::Reuse;
use fyr_model::readiness::band;

use super::errors;
use super::rows::{self, RowView};
use crate::chrome::{Page, Part, Reader};
use crate::data::{Index, Kind, Row};
use crate::draw::icon;
use crate::http;
use crate::serve::{App, Asked};
use crate::words::{self, Markup};

const PER_PAGE: usize = 50;

/// One box of a filter.
struct Choice {
    id: String,
    value: &'static str,
    name: String,
    count: String,
    chosen: bool,
}

/// A filter.
struct Facet {
    key: &'static str,
    legend: &'static str,
    choices: Vec<Choice>,
}

#[derive(askama::Template)]
#[template(path = "datasets.html")]
struct List {
    page: Page,
    q: String,
    glass: Markup,
    facets: Vec<Facet>,
    chosen: Vec<(String, String)>,
    heading: String,
    rows: Vec<RowView>,
    nothing: String,
    before: Option<String>,
    after: Option<String>,
    place: String,
}

/// What a reader asks the list for.
struct Wish<'a> {
    words: Vec<String>,
    kinds: Vec<&'a str>,
    bands: Vec<&'a str>,
    reuses: Vec<&'a str>,
}

impl<'a> Wish<'a> {
    fn of(reader: &'a Reader) -> Self {
        let q: String = reader.get("q").unwrap_or_default().chars().take(200).collect();
        Self {
            words: q.split_whitespace().take(12).map(str::to_lowercase).collect(),
            kinds: reader.all("kind"),
            bands: reader.all("band"),
            reuses: reader.all("reuse"),
        }
    }
    fn found(&self, row: &Row) -> bool {
        self.words.iter().all(|word| row.text.contains(word.as_str()))
    }
    fn fits(&self, row: &Row, but: &str) -> bool {
        let any = |key: &str, chosen: &[&str], own: &str| key == but || chosen.is_empty() || chosen.contains(&own);
        any("kind", &self.kinds, kind(row)) && any("band", &self.bands, band_of(row)) && any("reuse", &self.reuses, reuse(row))
    }
    /// Rows whose title holds the words stand before rows that hold them elsewhere.
    fn rank(&self, row: &Row) -> u8 {
        let in_title = |word: &String| row.title.iter().any(|title| title.value.to_lowercase().contains(word.as_str()));
        u8::from(!self.words.iter().all(in_title))
    }
}

fn kind(row: &Row) -> &'static str {
    if matches!(row.kind, Kind::Release(..)) {
        "release"
    } else {
        "source"
    }
}

fn band_of(row: &Row) -> &'static str {
    match row.score.as_deref() {
        None => "none",
        Some(score) => score.air.map_or("withheld", |air| band(air).0),
    }
}

fn reuse(row: &Row) -> &'static str {
    match row.reuse {
        Reuse::Free => "free",
        Reuse::Attribution => "attribution",
        Reuse::ShareAlike => "share-alike",
        Reuse::Restricted => "restricted",
        Reuse::Unknown => "unknown",
    }
}

/// `/datasets`.
pub async fn get(State(app): State<App>, Asked(reader): Asked) -> Response {
    let index = match app.index().await {
        Ok(index) => index,
        Err(refusal) => return errors::refused(&reader, app.demo(), &refusal),
    };
    http::page(StatusCode::OK, &list(&reader, &index, app.demo()))
}

fn list(reader: &Reader, index: &Index, demo: bool) -> List {
    let wish = Wish::of(reader);
    let found: Vec<&Row> = index.rows.iter().filter(|row| wish.found(row)).collect();
    let mut fitting: Vec<&Row> = found.iter().copied().filter(|row| wish.fits(row, "")).collect();
    if !wish.words.is_empty() {
        fitting.sort_by_key(|row| wish.rank(row));
    }
    let pages = fitting.len().div_ceil(PER_PAGE).max(1);
    let number = reader
        .get("page")
        .and_then(|text| text.parse::<usize>().ok())
        .unwrap_or(1)
        .clamp(1, pages);
    let facets = facets(reader, &wish, &found);
    let chosen = chosen(reader, &facets);
    let q: String = words::clean(reader.get("q").unwrap_or_default()).chars().take(200).collect();
    let rows = fitting.iter().skip((number - 1) * PER_PAGE).take(PER_PAGE).enumerate();
    let many = words::count(reader.lang, fitting.len() as u64);
    let noun = if fitting.len() == 1 {
        reader.t("datamängd", "dataset")
    } else {
        reader.t("datamängder", "datasets")
    };
    let nothing = match q.trim() {
        "" => reader
            .t("Inga datamängder passar filtren.", "No datasets fit the filters.")
            .to_owned(),
        q => format!("{} ”{q}”.", reader.t("Inga träffar på", "No hits for")),
    };
    List {
        page: Page::new(reader, Part::Datasets, reader.t("Datamängder", "Datasets"), demo),
        q,
        glass: icon::glass(),
        facets,
        chosen,
        heading: format!("{many} {noun}"),
        rows: rows.map(|(i, row)| rows::view(reader, row, i)).collect(),
        nothing,
        before: (number > 1).then(|| turn(reader, number - 1)),
        after: (number < pages).then(|| turn(reader, number + 1)),
        place: format!("{} {number} {} {pages}", reader.t("Sida", "Page"), reader.t("av", "of")),
    }
}

fn address(reader: &Reader, keep: impl Fn(&(String, String)) -> bool, extra: &[(&str, String)]) -> String {
    let mut text = url::form_urlencoded::Serializer::new(String::new());
    text.extend_pairs(reader.query.iter().filter(|pair| keep(pair)));
    text.extend_pairs(extra);
    let query = text.finish();
    reader.href(&if query.is_empty() {
        "/datasets".into()
    } else {
        format!("/datasets?{query}")
    })
}

fn turn(reader: &Reader, number: usize) -> String {
    address(reader, |(key, _)| key != "page", &[("page", number.to_string())])
}

fn facets(reader: &Reader, wish: &Wish<'_>, found: &[&Row]) -> Vec<Facet> {
    type Of = fn(&Row) -> &'static str;
    let facet = |key: &'static str, legend, of: Of, chosen: &[&str], names: &[(&'static str, &str, &str)]| {
        let choices = names.iter().filter_map(|(value, sv, en)| {
            let many = found.iter().filter(|row| wish.fits(row, key) && of(row) == *value).count();
            let on = chosen.contains(value);
            (many > 0 || on).then(|| Choice {
                id: format!("{key}-{value}"),
                value,
                name: reader.t(sv, en).to_owned(),
                count: words::count(reader.lang, many as u64),
                chosen: on,
            })
        });
        Facet {
            key,
            legend,
            choices: choices.collect(),
        }
    };
    vec![
        facet(
            "kind",
            reader.t("Slag", "Kind"),
            kind,
            &wish.kinds,
            &[
                ("release", "Förädlad utgåva", "Curated release"),
                ("source", "Hos källan", "At the source"),
            ],
        ),
        facet(
            "band",
            reader.t("Band", "Band"),
            band_of,
            &wish.bands,
            &[
                ("A", "A AI-redo", "A AI-ready"),
                ("B", "B användbar", "B usable"),
                ("C", "C delvis", "C partial"),
                ("D", "D begränsad", "D limited"),
                ("E", "E ej redo", "E not ready"),
                ("withheld", "Visas inte", "Not shown"),
                ("none", "Ej mätt", "Not measured"),
            ],
        ),
        facet(
            "reuse",
            reader.t("Licens", "Licence"),
            reuse,
            &wish.reuses,
            &[
                ("free", "Fri", "Free"),
                ("attribution", "Fri, ange källan", "Free, name the source"),
                ("share-alike", "Dela lika", "Share alike"),
                ("restricted", "Begränsad", "Restricted"),
                ("unknown", "Okänd", "Unknown"),
            ],
        ),
    ]
}

fn chosen(reader: &Reader, facets: &[Facet]) -> Vec<(String, String)> {
    let mut tags = Vec::new();
    for facet in facets {
        for choice in facet.choices.iter().filter(|choice| choice.chosen) {
            let keep = |(key, value): &(String, String)| key != "page" && !(key == facet.key && value == choice.value);
            tags.push((choice.name.clone(), address(reader, keep, &[])));
        }
    }
    tags
}
