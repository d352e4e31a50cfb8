//! The rows of dataset lists: small light, title, who and how, score in words.

use fyr_model::Lang;

use super::score;
use crate::chrome::Reader;
use crate::data::{Kind, Row};
use crate::words::{self, Markup};

/// A row as drawn.
pub struct RowView {
    /// The small light.
    pub light: Markup,
    /// Where it leads.
    pub href: String,
    /// The title.
    pub title: Markup,
    /// Publisher, licence, formats.
    pub facts: Markup,
    /// The score.
    pub number: String,
    /// Its band in words.
    pub word: String,
}

/// A title, or the end of the IRI when there is none.
pub fn title(texts: &fyr_model::LangStrings, iri: &str, lang: Lang) -> Markup {
    words::said(texts, lang).unwrap_or_else(|| Markup(format!("<bdi>{}</bdi>", words::escape(&words::last_part(iri)))))
}

/// The address of a dataset that is only known from its source.
pub fn harvested(source: &fyr_model::SourceId, iri: &str) -> String {
    format!("/sources/{source}/dataset?iri={}", words::encode(iri))
}

/// Draws a row; `i` makes its ids unique.
pub fn view(reader: &Reader, row: &Row, i: usize) -> RowView {
    let (light, number, word) = score::row(reader, row.score.as_deref(), &format!("row{i}"));
    let href = match &row.kind {
        Kind::Release(name, _) => format!("/datasets/{name}"),
        Kind::Source(id) => harvested(id, &row.iri),
    };
    let publisher = words::said(&row.publisher, reader.lang).map(|one| one.0);
    let licence = row.licence.as_deref().unwrap_or(reader.t("licens saknas", "no licence"));
    let mut parts: Vec<String> = publisher.into_iter().collect();
    parts.push(words::escape(licence));
    if !row.formats.is_empty() {
        parts.push(words::escape(&row.formats.join(", ")));
    }
    RowView {
        light,
        href: reader.href(&href),
        title: title(&row.title, &row.iri, reader.lang),
        facts: Markup(parts.join(" · ")),
        number,
        word,
    }
}
