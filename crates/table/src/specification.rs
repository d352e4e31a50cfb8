//! National data specifications: which one a file follows, and where it departs.
//!
//! In: the names and types of a table's columns, and what the file is called. Out: the best specification over the bar, with every column
//! that departs and its place. The specifications are Table Schemas in `registers/specifications/`, one file each: adding one is adding a
//! file. This module never sees a value; what a specification says of values becomes rules ([`crate::contract`]).

use std::sync::OnceLock;

use fyr_model::Text;
use fyr_model::finding::{Finding, Severity};
use fyr_model::table::{Column, ColumnType};
use serde::Deserialize;
use serde_json::Value;

mod files {
    include!(concat!(env!("OUT_DIR"), "/specifications.rs"));
}

/// A specification: Table Schema with a few keys of our own.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Specification {
    /// Its name.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// Its version, as its publisher writes it.
    pub version: String,
    /// What is known of its standing.
    #[serde(default)]
    pub status: String,
    /// Its IRI, for `dcterms:conformsTo`; none when it has none that is known.
    #[serde(default)]
    pub conforms_to: Option<String>,
    /// Words that names of its files tend to hold.
    #[serde(default)]
    pub words: Vec<String>,
    /// Whether one of the words must be there, because the columns alone are common to several specifications.
    #[serde(default)]
    pub words_required: bool,
    /// Its columns, in order.
    pub fields: Vec<Field>,
    /// The schema as it stands, for rules.
    #[serde(skip)]
    pub schema: Value,
}

/// A column of a specification.
#[derive(Debug, Clone, Deserialize)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Its type in the words of Table Schema.
    #[serde(rename = "type", default)]
    pub kind: String,
    /// `{required, pattern, …}`.
    #[serde(default)]
    pub constraints: Value,
}

impl Field {
    fn required(&self) -> bool {
        self.constraints.get("required").is_some_and(|required| required == true)
    }
}

/// How a column departs from the specification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Departure {
    /// The file lacks it; whether it is required.
    Missing(bool),
    /// The specification does not have it.
    Extra,
    /// It is there under another spelling.
    Spelling(String),
    /// Its values are of another type than this.
    Type(String),
    /// It stands elsewhere than at this place, from 1.
    Order(usize),
}

/// A specification that a file follows.
#[derive(Debug, Clone)]
pub struct Recognised {
    /// Which.
    pub specification: &'static Specification,
    /// From 0.0 to 1.0; the bar is 0.7.
    pub score: f64,
    /// Columns that depart: name, place in the file (or in the specification when the file lacks it), from 1, and how.
    pub departures: Vec<(String, usize, Departure)>,
}

/// The score from which a file counts as following a specification.
const BAR: f64 = 0.7;

/// Names that half of all tables have: they speak little for any one specification.
const COMMON: [&str; 30] = [
    "id",
    "name",
    "namn",
    "title",
    "titel",
    "description",
    "beskrivning",
    "latitude",
    "longitude",
    "lat",
    "lon",
    "long",
    "updated",
    "created",
    "modified",
    "source",
    "url",
    "email",
    "epost",
    "type",
    "typ",
    "lang",
    "date",
    "datum",
    "year",
    "ar",
    "kommun",
    "kommunkod",
    "adress",
    "address",
];

/// All specifications, by name.
pub fn specifications() -> &'static [Specification] {
    static CELL: OnceLock<Vec<Specification>> = OnceLock::new();
    CELL.get_or_init(|| files::FILES.iter().filter_map(|(_, text)| parse(text)).collect())
}

fn parse(text: &str) -> Option<Specification> {
    let mut specification: Specification = serde_json::from_str(text).ok()?;
    specification.schema = serde_json::from_str(text).ok()?;
    Some(specification)
}

/// The specification that a file follows best, if any is over the bar. `name` is the file's name or address.
pub fn recognise(name: &str, columns: &[Column]) -> Option<Recognised> {
    let found = specifications()
        .iter()
        .filter_map(|specification| measure(specification, name, columns));
    found.max_by(|a, b| a.score.total_cmp(&b.score))
}

/// A name without case, marks and blanks: `Place_ID` and `place id` are one.
fn plain(name: &str) -> String {
    let fold = |c: char| match c {
        'å' | 'ä' => 'a',
        'ö' => 'o',
        'é' => 'e',
        other => other,
    };
    name.chars()
        .flat_map(char::to_lowercase)
        .filter(|c| c.is_alphanumeric())
        .map(fold)
        .collect()
}

fn weight(name: &str) -> f64 {
    let plain = plain(name);
    if COMMON.contains(&plain.as_str()) {
        return 0.25;
    }
    let sharing = specifications_with(&plain);
    if sharing > 1 { 0.5 } else { 1.0 }
}

/// How many of the specifications have a column of this name.
fn specifications_with(plain_name: &str) -> usize {
    static CELL: OnceLock<Vec<Vec<String>>> = OnceLock::new();
    let names = CELL.get_or_init(|| {
        let parsed = files::FILES.iter().filter_map(|(_, text)| parse(text));
        parsed
            .map(|specification| specification.fields.iter().map(|field| plain(&field.name)).collect())
            .collect()
    });
    names.iter().filter(|names| names.iter().any(|name| name == plain_name)).count()
}

/// The place in the file of each field of the specification.
fn places(specification: &Specification, columns: &[Column]) -> Vec<Option<usize>> {
    let headers: Vec<String> = columns.iter().map(|column| plain(&column.header)).collect();
    specification
        .fields
        .iter()
        .map(|field| headers.iter().position(|header| *header == plain(&field.name)))
        .collect()
}

fn measure(specification: &'static Specification, name: &str, columns: &[Column]) -> Option<Recognised> {
    let said = plain(name);
    let worded = specification.words.iter().any(|word| said.contains(&plain(word)));
    if specification.words_required && !worded {
        return None;
    }
    let places = places(specification, columns);
    let (mut all, mut held, mut needed, mut given, mut own, mut own_held) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0);
    for (field, place) in specification.fields.iter().zip(&places) {
        let weight = weight(&field.name);
        let column = place.and_then(|place| columns.get(place));
        let fit = column.map_or(0.0, |column| if fits(&field.kind, column.kind) { 1.0 } else { 0.5 });
        all += weight;
        held += weight * fit;
        if field.required() {
            needed += weight;
            given += weight * fit;
        }
        if weight >= 0.5 {
            own += weight;
            own_held += weight * fit;
        }
    }
    let share = |part: f64, whole: f64| if whole > 0.0 { part / whole } else { 1.0 };
    // Columns that half of all tables have do not make a specification: half of its own must be there.
    let distinct = worded || share(own_held, own) >= 0.5;
    let score = (share(held, all) + share(given, needed)) / 2.0;
    (distinct && score >= BAR).then(|| Recognised {
        specification,
        score,
        departures: departures(specification, columns, &places),
    })
}

/// Whether a column's type is one that the specification's type allows.
fn fits(kind: &str, found: ColumnType) -> bool {
    use ColumnType::{Boolean, Code, Date, Geometry, Integer, Number, Period, Text, Time, Timestamp};
    match kind {
        "integer" => matches!(found, Integer),
        "number" => matches!(found, Integer | Number),
        "boolean" => matches!(found, Boolean),
        "date" => matches!(found, Date),
        "datetime" => matches!(found, Timestamp | Date),
        "time" => matches!(found, Time),
        "year" | "yearmonth" => matches!(found, Period | Code | Integer),
        "geopoint" | "geojson" => matches!(found, Geometry | Text),
        // Text that happens to look like something else is still text.
        "string" | "any" | "" => !matches!(found, Geometry),
        _ => matches!(found, Text | Code),
    }
}

fn departures(specification: &Specification, columns: &[Column], places: &[Option<usize>]) -> Vec<(String, usize, Departure)> {
    let mut found = Vec::new();
    for (index, (field, place)) in specification.fields.iter().zip(places).enumerate() {
        let Some((place, column)) = place.and_then(|place| Some((place, columns.get(place)?))) else {
            found.push((field.name.clone(), index + 1, Departure::Missing(field.required())));
            continue;
        };
        if column.header.trim() != field.name {
            found.push((column.name.clone(), place + 1, Departure::Spelling(field.name.clone())));
        }
        if !fits(&field.kind, column.kind) {
            found.push((column.name.clone(), place + 1, Departure::Type(field.kind.clone())));
        }
    }
    // Only a column that stands before one that should come first is out of order; what follows a missing column is not.
    let mut highest = None;
    for (index, place) in places.iter().enumerate() {
        let Some(place) = place else { continue };
        if highest.is_some_and(|highest| *place < highest)
            && let Some(column) = columns.get(*place)
        {
            found.push((column.name.clone(), place + 1, Departure::Order(index + 1)));
        }
        highest = highest.max(Some(*place));
    }
    for (index, column) in columns.iter().enumerate() {
        if !places.contains(&Some(index)) {
            found.push((column.name.clone(), index + 1, Departure::Extra));
        }
    }
    found.sort_by_key(|(_, place, _)| *place);
    found
}

/// The findings of a reading report: the specification that the file follows, and one for each column that departs.
pub(crate) fn findings(name: &str, columns: &[Column]) -> Vec<Finding> {
    let Some(recognised) = recognise(name, columns) else {
        return Vec::new();
    };
    let specification = recognised.specification;
    let title = &specification.title;
    let mut finding = Finding::new(
        "specification-recognised",
        Severity::Info,
        name,
        Text::new(
            format!("filen följer specifikationen {title}, version {}", specification.version),
            format!("the file follows the specification {title}, version {}", specification.version),
        ),
    )
    .on("http://purl.org/dc/terms/conformsTo")
    .evidence(format!(
        "score {:.2} of 1; {} departures; {}",
        recognised.score,
        recognised.departures.len(),
        specification.status
    ));
    if let Some(iri) = &specification.conforms_to {
        finding = finding.seen(iri).fix(Text::new(
            format!("ange dcterms:conformsTo <{iri}> i metadata, om avvikelserna är rättade"),
            format!("declare dcterms:conformsTo <{iri}> in the metadata, once the departures are mended"),
        ));
    }
    let departures = recognised
        .departures
        .iter()
        .map(|(column, place, how)| departs(column, *place, how));
    std::iter::once(finding).chain(departures).collect()
}

fn departs(column: &str, place: usize, how: &Departure) -> Finding {
    let (severity, message) = match how {
        Departure::Missing(true) => (
            Severity::Warning,
            Text::new(
                "filen saknar en obligatorisk kolumn i specifikationen",
                "the file lacks a required column of the specification",
            ),
        ),
        Departure::Missing(false) => (
            Severity::Info,
            Text::new(
                "filen saknar en valfri kolumn i specifikationen",
                "the file lacks an optional column of the specification",
            ),
        ),
        Departure::Extra => (
            Severity::Info,
            Text::new("specifikationen har inte kolumnen", "the specification does not have the column"),
        ),
        Departure::Spelling(expected) => (
            Severity::Warning,
            Text::new(
                format!("kolumnen stavas {expected} i specifikationen"),
                format!("the column is spelt {expected} in the specification"),
            ),
        ),
        Departure::Type(expected) => (
            Severity::Warning,
            Text::new(
                format!("specifikationen säger att kolumnen är av typen {expected}"),
                format!("the specification says that the column is of the type {expected}"),
            ),
        ),
        Departure::Order(expected) => (
            Severity::Info,
            Text::new(
                format!("kolumnen är nummer {expected} i specifikationen"),
                format!("the column is number {expected} in the specification"),
            ),
        ),
    };
    Finding::new("specification-departs", severity, column, message).evidence(format!("column {place}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(list: &[(&str, ColumnType)]) -> Vec<Column> {
        list.iter()
            .map(|(name, kind)| Column {
                name: (*name).into(),
                header: (*name).into(),
                kind: *kind,
                semantic: None,
                description: None,
                unit: None,
            })
            .collect()
    }

    const BEACH: [(&str, ColumnType); 9] = [
        ("place_id", ColumnType::Text),
        ("name", ColumnType::Text),
        ("latitude", ColumnType::Number),
        ("longitude", ColumnType::Number),
        ("hov_ref", ColumnType::Text),
        ("wikidata", ColumnType::Text),
        ("updated", ColumnType::Date),
        ("temp_url", ColumnType::Text),
        ("description", ColumnType::Text),
    ];

    #[test]
    fn every_specification_is_read() {
        assert_eq!(specifications().len(), files::FILES.len());
        assert!(specifications().len() >= 3);
        for specification in specifications() {
            assert!(
                !specification.fields.is_empty() && !specification.version.is_empty(),
                "{}",
                specification.name
            );
        }
    }

    #[test]
    fn a_file_that_follows_a_specification_is_recognised_without_departures() {
        let found = recognise("filen.csv", &columns(&BEACH)).unwrap();
        assert_eq!(
            (found.specification.name.as_str(), found.departures.len()),
            ("badplatser-diwise", 0)
        );
        assert!(found.score > 0.99);
        for specification in specifications() {
            let own: Vec<(&str, ColumnType)> = specification
                .fields
                .iter()
                .map(|field| {
                    let kind = match field.kind.as_str() {
                        "integer" => ColumnType::Integer,
                        "number" => ColumnType::Number,
                        "boolean" => ColumnType::Boolean,
                        "date" => ColumnType::Date,
                        "datetime" => ColumnType::Timestamp,
                        _ => ColumnType::Text,
                    };
                    (field.name.as_str(), kind)
                })
                .collect();
            let word = specification.words.first().cloned().unwrap_or_default();
            let found = recognise(&format!("{word}.csv"), &columns(&own)).unwrap();
            assert_eq!(
                (found.specification.name.as_str(), found.departures.len()),
                (specification.name.as_str(), 0)
            );
        }
    }

    #[test]
    fn a_column_that_departs_is_named_with_its_place() {
        let mut beach = BEACH.to_vec();
        beach[4] = ("HOV ref", ColumnType::Text);
        beach[2].1 = ColumnType::Text;
        beach.remove(7);
        beach.insert(0, ("kommun", ColumnType::Text));
        beach.swap(2, 3);
        let found = recognise("badplatser.csv", &columns(&beach)).unwrap();
        assert_eq!(found.departures.first(), Some(&("kommun".to_owned(), 1, Departure::Extra)));
        assert!(
            found.departures.contains(&("latitude".into(), 3, Departure::Type("number".into()))),
            "{:?}",
            found.departures
        );
        assert!(
            found.departures.contains(&("latitude".into(), 3, Departure::Order(3))),
            "{:?}",
            found.departures
        );
        assert!(
            found
                .departures
                .contains(&("HOV ref".into(), 6, Departure::Spelling("hov_ref".into())))
        );
        assert!(found.departures.contains(&("temp_url".into(), 8, Departure::Missing(false))));
        assert_eq!(found.departures.len(), 5, "{:?}", found.departures);
    }

    #[test]
    fn look_alikes_are_not_recognised() {
        let text = ColumnType::Text;
        for (name, list) in [
            (
                "platser.csv",
                vec![
                    ("id", text),
                    ("name", text),
                    ("latitude", ColumnType::Number),
                    ("longitude", ColumnType::Number),
                    ("description", text),
                    ("updated", ColumnType::Date),
                ],
            ),
            (
                "lekplatser.csv",
                vec![
                    ("source", ColumnType::Code),
                    ("id", text),
                    ("name", text),
                    ("latitude", ColumnType::Number),
                    ("longitude", ColumnType::Number),
                    ("email", text),
                    ("visit_url", text),
                    ("wikidata", text),
                    ("updated", ColumnType::Date),
                    ("description", text),
                ],
            ),
            (
                "badplatser.csv",
                vec![("namn", text), ("kommun", text), ("datum", ColumnType::Date)],
            ),
            ("trad.csv", vec![("trad_id", text), ("art", text), ("hojd", ColumnType::Number)]),
        ] {
            assert!(recognise(name, &columns(&list)).is_none(), "{name}");
        }
    }

    #[test]
    fn what_is_found_says_what_to_declare() {
        let mut toilets = vec![("source", ColumnType::Code), ("id", ColumnType::Text), ("name", ColumnType::Text)];
        toilets.extend([
            ("latitude", ColumnType::Number),
            ("longitude", ColumnType::Number),
            ("email", ColumnType::Text),
        ]);
        toilets.extend([
            ("visit_url", ColumnType::Text),
            ("wikidata", ColumnType::Text),
            ("updated", ColumnType::Date),
        ]);
        toilets.push(("description", ColumnType::Text));
        let findings = findings("offentliga-toaletter.csv", &columns(&toilets));
        assert_eq!(findings.len(), 1);
        assert_eq!(findings[0].value.as_deref(), Some("https://lankadedata.se/spec/public-toilets/"));
    }
}
