//! `fyr describe`: a DCAT-AP-SE record drafted from a data file, and the questions that the file cannot answer.
//!
//! In: a file as `fyr profile` reads it, with its profile and the detectors' verdicts. Out: a record of what was measured and a list of
//! questions. Nothing is invented and no value of a column with personal data is copied: what a profile does not show is not here either.

mod questions;
mod sha1;

use std::io;

use fyr_curate::Inspected;
use fyr_model::catalogue::Period;
use fyr_model::describe::{DraftColumn, DraftRecord, Question};
use fyr_model::table::{Column, ColumnProfile, ColumnType, TableProfile, TableSource};
use fyr_model::{LangString, LangStrings, Text};
use fyr_table::specification::{Departure, recognise};

pub use questions::asked;

use crate::term::safe;

/// Columns that the description names.
const NAMED_MAX: usize = 40;

/// What was drafted and what must be asked.
pub struct Drafted {
    pub record: DraftRecord,
    /// What the file raises and does not answer; questions of every record besides.
    pub doubts: Vec<Doubt>,
}

/// A question that this very file raises.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Doubt {
    /// Several columns of days: which is the data's period?
    Periods(Vec<String>),
    /// Codes of places, which our lists do not lead to Geonames.
    Places(Vec<String>),
    /// A specification that it nearly follows, or that has no IRI that is known.
    Specification(String),
    /// Columns with personal data.
    PersonalData(Vec<String>),
}

/// Drafts the record of a file.
pub fn draft(read: &Inspected, profile: &TableProfile) -> io::Result<Drafted> {
    let facts = read.table.facts();
    let source = &facts.report.source;
    let columns = &facts.report.columns;
    let name = file_name(&read.resource.url);
    let mut doubts = Vec::new();
    let (format, media_type) = formats(source);
    let urn = format!("urn:sha256:{}", read.resource.sha256);
    let remote = read.resource.url.starts_with("https://") || read.resource.url.starts_with("http://");
    let record = DraftRecord {
        iri: format!("{urn}#dataset"),
        distribution: urn,
        title: title(name),
        description: description(profile.rows, columns),
        keyword: keywords(profile),
        period: period(profile, &mut doubts),
        bounds: bounds(profile),
        conforms_to: specification(name, columns, &mut doubts),
        file: file(source, profile.rows),
        address: remote.then(|| read.resource.url.clone()),
        format,
        media_type,
        bytes: read.resource.bytes,
        sha1: sha1::sha1(std::fs::File::open(&read.resource.path)?)?,
        columns: draft_columns(columns, profile),
    };
    places(profile, &record, &mut doubts);
    let personal: Vec<String> = profile
        .columns
        .iter()
        .filter(|one| one.personal_data.is_some())
        .map(|one| one.name.clone())
        .collect();
    if !personal.is_empty() {
        doubts.push(Doubt::PersonalData(personal));
    }
    Ok(Drafted { record, doubts })
}

fn file_name(url: &str) -> &str {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    path.rsplit('/').next().unwrap_or_default()
}

/// The file's name as words: without ending, year and format, which the profile keeps out of titles.
fn title(name: &str) -> Option<String> {
    const ENDINGS: [&str; 18] = [
        "csv", "tsv", "txt", "xlsx", "xls", "ods", "json", "geojson", "ndjson", "gpkg", "shp", "gml", "parquet", "px", "zip", "gz", "zst",
        "xml",
    ];
    let words = name.split(['.', '_', '-', ' ', '+']).filter(|word| !word.is_empty());
    let year =
        |word: &str| word.len() == 4 && (word.starts_with("19") || word.starts_with("20")) && word.bytes().all(|b| b.is_ascii_digit());
    let kept: Vec<&str> = words
        .filter(|word| !year(word) && !ENDINGS.contains(&word.to_lowercase().as_str()))
        .collect();
    let text = safe(&kept.join(" "));
    let mut letters = text.chars();
    let first = letters.next()?;
    text.contains(char::is_alphabetic)
        .then(|| first.to_uppercase().chain(letters).collect())
}

fn description(rows: u64, columns: &[Column]) -> Text {
    let named: Vec<String> = columns.iter().take(NAMED_MAX).map(|column| safe(&column.header)).collect();
    let rest = columns.len().saturating_sub(NAMED_MAX);
    let (mut sv, mut en) = (
        format!("Tabell med {rows} rader och {} kolumner: {}", columns.len(), named.join(", ")),
        format!("Table with {rows} rows and {} columns: {}", columns.len(), named.join(", ")),
    );
    if rest > 0 {
        sv.push_str(&format!(" och {rest} till"));
        en.push_str(&format!(" and {rest} more"));
    }
    Text::new(format!("{sv}."), format!("{en}."))
}

fn file(source: &TableSource, rows: u64) -> Text {
    let (sv, en) = source.packing.as_ref().map_or_else(Default::default, |packing| {
        (format!(", packad som {packing}"), format!(", packed as {packing}"))
    });
    let name = source.format.to_uppercase();
    Text::new(format!("{name}{sv}, {rows} rader."), format!("{name}{en}, {rows} rows."))
}

/// The media type as the profile writes it, and the registered one of a file that is not packed.
fn formats(source: &TableSource) -> (String, Option<String>) {
    let zipped = ["text/csv", "application/xml", "application/json"].contains(&source.media_type.as_str());
    match source.packing.as_deref() {
        None => (source.media_type.clone(), Some(source.media_type.clone())),
        Some("zip") if zipped => (format!("{}+zip", source.media_type), None),
        Some("gzip") => ("application/gzip".into(), Some("application/gzip".into())),
        Some("zstd") => ("application/zstd".into(), Some("application/zstd".into())),
        Some(_) => ("application/zip".into(), Some("application/zip".into())),
    }
}

/// Words for what columns were recognised as; a column with personal data says nothing about what the data is for.
fn keywords(profile: &TableProfile) -> LangStrings {
    const WORDS: [(&str, &str, &str); 16] = [
        ("municipality_code", "kommun", "municipality"),
        ("county_code", "län", "county"),
        ("deso", "demografiskt statistikområde", "demographic statistical area"),
        ("regso", "regionalt statistikområde", "regional statistical area"),
        ("postcode", "postnummer", "postcode"),
        ("organisation_number", "organisation", "organisation"),
        ("sni", "näringsgren", "industry"),
        ("ssyk", "yrke", "occupation"),
        ("country_code", "land", "country"),
        ("nuts", "region", "region"),
        ("language", "språk", "language"),
        ("currency", "valuta", "currency"),
        ("coordinate", "koordinat", "coordinate"),
        ("geometry", "geodata", "spatial data"),
        ("amount", "belopp", "amount"),
        ("percentage", "andel", "share"),
    ];
    let open = profile.columns.iter().filter(|column| column.personal_data.is_none());
    let named: Vec<&str> = open
        .map(|column| match column.kind {
            ColumnType::Geometry => "geometry",
            _ => column.semantic.as_deref().unwrap_or_default(),
        })
        .collect();
    let one = |value: &str, lang: &str| LangString {
        value: value.to_owned(),
        lang: Some(lang.to_owned()),
    };
    let known = WORDS.iter().filter(|(kind, ..)| named.contains(kind));
    LangStrings(known.flat_map(|(_, sv, en)| [one(sv, "sv"), one(en, "en")]).collect())
}

/// The days that the file's only column of days covers; with several, which one it is must be asked.
fn period(profile: &TableProfile, doubts: &mut Vec<Doubt>) -> Option<Period> {
    let days: Vec<&ColumnProfile> = profile
        .columns
        .iter()
        .filter(|column| column.personal_data.is_none() && matches!(column.kind, ColumnType::Date | ColumnType::Timestamp))
        .collect();
    let [only] = days.as_slice() else {
        if !days.is_empty() {
            doubts.push(Doubt::Periods(days.iter().map(|column| column.name.clone()).collect()));
        }
        return None;
    };
    let day = |value: &Option<String>| value.as_deref()?.get(..10).map(str::to_owned);
    let (start, end) = (day(&only.min)?, day(&only.max)?);
    Some(Period {
        start: Some(start),
        end: Some(end),
    })
}

/// The box around all geometries that may be shown.
fn bounds(profile: &TableProfile) -> Option<[f64; 4]> {
    let shown = profile.columns.iter().filter(|column| column.personal_data.is_none());
    shown.filter_map(|column| column.geometry.as_ref()?.bounds).reduce(|a, b| {
        let ([west, south, east, north], [other_west, other_south, other_east, other_north]) = (a, b);
        [
            west.min(other_west),
            south.min(other_south),
            east.max(other_east),
            north.max(other_north),
        ]
    })
}

/// Codes of places lead to no Geonames address by our lists: they are asked about, unless a geometry says where already.
fn places(profile: &TableProfile, record: &DraftRecord, doubts: &mut Vec<Doubt>) {
    let kinds = ["municipality_code", "county_code", "deso", "regso", "postcode", "nuts"];
    let coded = profile.columns.iter().filter(|column| {
        let place = column.semantic.as_deref().is_some_and(|kind| kinds.contains(&kind));
        place && column.personal_data.is_none()
    });
    let names: Vec<String> = coded.map(|column| column.name.clone()).collect();
    if !names.is_empty() && record.bounds.is_none() {
        doubts.push(Doubt::Places(names));
    }
}

/// The IRI of the specification that the columns follow in all that is required.
fn specification(name: &str, columns: &[Column], doubts: &mut Vec<Doubt>) -> Option<String> {
    let found = recognise(name, columns)?;
    let departs = |departure: &Departure| matches!(departure, Departure::Missing(true) | Departure::Type(_) | Departure::Spelling(_));
    let follows = !found.departures.iter().any(|(.., departure)| departs(departure));
    match &found.specification.conforms_to {
        Some(iri) if follows => Some(iri.clone()),
        _ => {
            doubts.push(Doubt::Specification(found.specification.title.clone()));
            None
        }
    }
}

fn draft_columns(columns: &[Column], profile: &TableProfile) -> Vec<DraftColumn> {
    let known = |column: &Column| profile.columns.iter().find(|one| one.name == column.name);
    let one = |column: &Column| DraftColumn {
        name: column.header.clone(),
        kind: column.kind,
        semantic: column.semantic.as_ref().map(|semantic| semantic.kind.clone()),
        personal_data: known(column).and_then(|one| one.personal_data.clone()),
    };
    columns.iter().map(one).collect()
}

/// The questions as comments under a record in Turtle.
pub fn comments(questions: &[Question]) -> String {
    let lines = questions.iter().map(|question| {
        let (sv, en) = (safe(&question.text.sv), safe(&question.text.en));
        format!("# {}\n#   sv: {sv}\n#   en: {en}\n", safe(&question.id))
    });
    let head = "\n# Frågor som bara en människa kan svara på / Questions that only a person can answer\n";
    format!("{head}{}", lines.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_the_file_s_name_without_year_and_format() {
        for (name, expected) in [
            ("trad-2024.csv", Some("Trad")),
            ("offentliga_toaletter.csv.gz", Some("Offentliga toaletter")),
            ("Badplatser i Exempelby.xlsx", Some("Badplatser i Exempelby")),
            ("2024.csv", None),
            ("", None),
        ] {
            assert_eq!(title(name).as_deref(), expected, "{name}");
        }
    }

    #[test]
    fn with_several_columns_of_days_the_period_is_asked_and_a_person_s_day_is_never_taken() {
        let column = |name: &str, personal: Option<&str>| ColumnProfile {
            name: name.into(),
            kind: ColumnType::Date,
            min: Some("2020-01-02".into()),
            max: Some("2024-05-06".into()),
            personal_data: personal.map(str::to_owned),
            ..ColumnProfile::default()
        };
        let of = |columns: Vec<ColumnProfile>| {
            let mut doubts = Vec::new();
            let profile = TableProfile {
                columns,
                ..TableProfile::default()
            };
            (period(&profile, &mut doubts).and_then(|period| period.start), doubts)
        };
        assert_eq!(of(vec![column("dag", None)]), (Some("2020-01-02".into()), vec![]));
        assert_eq!(of(vec![column("född", Some("quasi-identifying"))]), (None, vec![]));
        let (start, doubts) = of(vec![column("dag", None), column("ändrad", None)]);
        assert_eq!((start, doubts), (None, vec![Doubt::Periods(vec!["dag".into(), "ändrad".into()])]));
    }
}
