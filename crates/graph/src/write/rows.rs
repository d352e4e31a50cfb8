//! Rows of a report as RDF: a W3C Data Cube data set, an observation a row, a property a column with its label in both languages.

use fyr_model::{Refusal, Text};

use super::draft::{Draft, node, public};
use super::serialise;
use crate::syntax::Syntax;
use crate::vocab as v;

const QB: &str = "http://purl.org/linked-data/cube#";
const LABEL: &str = "http://www.w3.org/2000/01/rdf-schema#label";
const XSD: &str = "http://www.w3.org/2001/XMLSchema#";

/// A value of a row.
#[derive(Debug, Clone, PartialEq)]
pub enum RowValue {
    /// Yes or no.
    Flag(bool),
    /// A whole number.
    Whole(i64),
    /// A number with decimals.
    Number(f64),
    /// Text, or the address of what it is about.
    Text(String),
}

/// A report.
pub struct Rows<'a> {
    /// What it is called in IRIs.
    pub name: &'a str,
    /// The title.
    pub title: &'a Text,
    /// What it shows.
    pub about: &'a Text,
    /// When it was made, RFC 3339.
    pub at: String,
    /// Names and labels of the columns.
    pub columns: Vec<(&'a str, &'a Text)>,
    /// A value a column; none where it is not known.
    pub rows: Vec<Vec<Option<RowValue>>>,
}

/// Writes a report.
///
/// # Errors
/// `bad-iri` when its name makes no IRI.
pub fn rows(report: &Rows<'_>, syntax: Syntax) -> Result<Vec<u8>, Refusal> {
    let base = format!("urn:fyr:report:{}", report.name);
    let property = |column: &str| format!("{base}#{column}");
    let mut draft = Draft::default();
    let me = node(&base)?;
    draft.class(&me, &format!("{QB}DataSet"));
    draft.both(&me, v::TITLE, report.title);
    draft.both(&me, v::DESCRIPTION, report.about);
    draft.typed(&me, v::ISSUED, report.at.as_str(), v::XSD_DATE_TIME);
    for (name, label) in &report.columns {
        let column = node(&property(name))?;
        draft.class(&column, &format!("{QB}MeasureProperty"));
        draft.both(&column, LABEL, label);
    }
    for (number, row) in report.rows.iter().enumerate() {
        let one = node(&format!("{base}#row-{}", number + 1))?;
        draft.class(&one, &format!("{QB}Observation"));
        draft.iri(&one, &format!("{QB}dataSet"), &base);
        for ((name, _), value) in report.columns.iter().zip(row) {
            let property = property(name);
            match value {
                None => {}
                Some(RowValue::Flag(holds)) => draft.typed(&one, &property, holds.to_string(), &format!("{XSD}boolean")),
                Some(RowValue::Whole(count)) => draft.typed(&one, &property, count.to_string(), &format!("{XSD}integer")),
                Some(RowValue::Number(number)) => draft.typed(&one, &property, number.to_string(), &format!("{XSD}decimal")),
                Some(RowValue::Text(text)) if public(text) => draft.iri(&one, &property, text),
                Some(RowValue::Text(text)) => draft.plain(&one, &property, text),
            }
        }
    }
    Ok(serialise(&draft.triples, syntax))
}
