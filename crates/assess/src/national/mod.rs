//! What national reports ask of a catalogue, as plain facts: high-value datasets, data services, the nine principles of making data available.
//!
//! In: the typed view, and for services what their descriptions turned out to be. Out: one table of facts a report, a row a dataset or service, in a
//! fixed order. Facts only: what is a gap, and what is counted, say the queries of `sql/national/`. A fact that nobody measured is none, never no.

mod annex;
mod openapi;
mod principles;
mod services;
mod values;

use fyr_model::CatalogueView;

pub use openapi::{Description, described};
pub use principles::principles;
pub use services::services;
pub use values::high_value;

use crate::licence;
use fyr_model::catalogue::Value;
use fyr_model::{Agent, LangStrings};

/// What kind of values a column of facts holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Text,
    /// A whole number.
    Whole,
    /// Yes or no.
    Flag,
}

/// One fact; none when it is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// Text.
    Text(Option<String>),
    /// A whole number.
    Whole(Option<i64>),
    /// Yes or no.
    Flag(Option<bool>),
}

/// A table of facts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// Names and kinds, in order.
    pub columns: Vec<(&'static str, Kind)>,
    /// A cell a column.
    pub rows: Vec<Vec<Cell>>,
}

impl Facts {
    /// The cell of a row by the column's name.
    pub fn get(&self, row: usize, column: &str) -> Option<&Cell> {
        let place = self.columns.iter().position(|(name, _)| *name == column)?;
        self.rows.get(row)?.get(place)
    }

    fn add(&mut self, row: Vec<(&'static str, Cell)>) {
        let kind = |cell: &Cell| match cell {
            Cell::Text(_) => Kind::Text,
            Cell::Whole(_) => Kind::Whole,
            Cell::Flag(_) => Kind::Flag,
        };
        if self.columns.is_empty() {
            self.columns = row.iter().map(|(name, cell)| (*name, kind(cell))).collect();
        }
        self.rows.push(row.into_iter().map(|(_, cell)| cell).collect());
    }
}

fn text(value: impl Into<String>) -> Cell {
    let value = value.into();
    Cell::Text(Some(value).filter(|value| !value.trim().is_empty()))
}

fn whole(count: usize) -> Cell {
    Cell::Whole(i64::try_from(count).ok())
}

fn flag(holds: bool) -> Cell {
    Cell::Flag(Some(holds))
}

/// The text in one language, and in no other.
fn in_language(texts: &LangStrings, tag: &str) -> String {
    let own = |one: &&fyr_model::LangString| one.lang.as_deref().is_some_and(|lang| lang.split('-').next() == Some(tag));
    texts.iter().find(own).map(|one| one.value.clone()).unwrap_or_default()
}

/// The text in Swedish, or the best there is.
fn swedish(texts: &LangStrings) -> String {
    texts.text(fyr_model::Lang::Sv).to_owned()
}

fn publisher(agents: &[Agent]) -> [(&'static str, Cell); 2] {
    let first = agents.first();
    [
        ("publisher", text(first.map(|agent| agent.iri.clone()).unwrap_or_default())),
        ("publisher_name", text(first.map(|agent| swedish(&agent.name)).unwrap_or_default())),
    ]
}

fn first_iri(values: &[Value]) -> Cell {
    text(values.iter().find_map(Value::iri).unwrap_or_default())
}

fn is_marked(legislation: &[Value]) -> bool {
    let regulation = crate::profile::hvd_legislation();
    !regulation.is_empty() && legislation.iter().any(|value| value.as_str() == regulation)
}

/// The services that serve a dataset, by its own word or by a distribution's.
fn serving<'v>(view: &'v CatalogueView, dataset: &fyr_model::Dataset) -> Vec<&'v fyr_model::DataService> {
    let iri = dataset.id.as_str();
    let named = |service: &fyr_model::DataService| {
        let links = dataset.distributions.iter().flat_map(|one| &one.access_service);
        links.into_iter().any(|value| value.as_str() == service.iri)
    };
    let serves = |service: &&fyr_model::DataService| service.serves.iter().any(|value| value.as_str() == iri) || named(service);
    view.services.iter().filter(serves).collect()
}

/// What a licence is to a high-value dataset, in one word.
fn hvd_word(dataset: &fyr_model::Dataset, one: &fyr_model::Distribution) -> &'static str {
    let verdict = licence::verdict(dataset, one);
    match &verdict.licence {
        _ if verdict.found_on == "none" && !one.rights.is_empty() => "rights-only",
        _ if verdict.found_on == "none" => "missing",
        None => "undecided",
        Some(known) => match licence::hvd(known) {
            licence::Hvd::Passes => "passes",
            licence::Hvd::Equivalent => "equivalent",
            licence::Hvd::Undecided => "undecided",
            licence::Hvd::Fails => "fails",
        },
    }
}

#[cfg(test)]
mod tests;
