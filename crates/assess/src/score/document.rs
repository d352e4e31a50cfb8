//! DOC: whether a stranger understands the data. From the profile, how the file was read, the card, and language tags.

use fyr_model::pipeline::CardAnswers;
use fyr_model::readiness::Evidence;
use fyr_model::table::{Column, ColumnProfile, ColumnType};
use fyr_model::{Lang, Text};

use super::rules::RULES;
use super::{Seen, is_release};

pub(super) fn measure(id: &str, evidence: &Evidence) -> Seen {
    match id {
        "D1" => described(evidence),
        "D2" => types(evidence),
        "D3" => codes(evidence),
        "D4" => card(evidence),
        "D5" => languages(evidence),
        _ => Seen::unmeasured("Ej mätt.", "Not measured."),
    }
}

fn no_table() -> Seen {
    Seen::unmeasured("Ej mätt: ingen tabell har lästs.", "Not measured: no table has been read.")
}

/// How the reader saw a column of the profile.
fn column_read<'a>(evidence: &'a Evidence, name: &str) -> Option<&'a Column> {
    evidence.reading.as_ref()?.columns.iter().find(|column| column.name == name)
}

/// What people wrote about a column: in the profile, else beside the file as read.
fn description<'a>(evidence: &'a Evidence, column: &'a ColumnProfile) -> Option<&'a Text> {
    let text = column
        .description
        .as_ref()
        .or_else(|| column_read(evidence, &column.name)?.description.as_ref())?;
    let again = |text: &str| {
        let header = column_read(evidence, &column.name).map_or("", |read| read.header.as_str());
        text.trim().eq_ignore_ascii_case(&column.name) || text.trim().eq_ignore_ascii_case(header)
    };
    let says = |text: &str| !text.trim().is_empty() && !again(text) && !is_template(text);
    (says(&text.sv) || says(&text.en)).then_some(text)
}

fn unit<'a>(evidence: &'a Evidence, column: &'a ColumnProfile) -> Option<&'a str> {
    column
        .unit
        .as_deref()
        .or_else(|| column_read(evidence, &column.name)?.unit.as_deref())
}

fn described(evidence: &Evidence) -> Seen {
    let Some(profile) = &evidence.profile else {
        return no_table();
    };
    let (all, with) = (
        profile.columns.len(),
        profile
            .columns
            .iter()
            .filter(|column| description(evidence, column).is_some())
            .count(),
    );
    let text = Text::new(
        format!("{with} av {all} kolumner har en beskrivning."),
        format!("{with} of {all} columns have a description."),
    );
    Seen::share(with, all, text)
}

fn types(evidence: &Evidence) -> Seen {
    let Some(profile) = &evidence.profile else {
        return no_table();
    };
    // A release and a Parquet, GeoJSON, GeoPackage or Shape file carry their types; for other files a line of the dictionary is the declaration.
    let typed = is_release(evidence)
        || evidence
            .reading
            .as_ref()
            .is_some_and(|reading| matches!(reading.source.format.as_str(), "parquet" | "geojson" | "gpkg" | "shapefile"));
    let rejected = |column: &ColumnProfile| {
        evidence
            .reading
            .as_ref()
            .and_then(|reading| reading.rejects.get(&column.name))
            .is_some_and(|count| *count > 0)
    };
    let worth = |column: &ColumnProfile| {
        let declared = typed || unit(evidence, column).is_some() || description(evidence, column).is_some();
        let number = matches!(column.kind, ColumnType::Integer | ColumnType::Number);
        match declared && (is_release(evidence) || !rejected(column)) {
            false => 0.0,
            true if number && unit(evidence, column).is_none() => 0.5,
            true => 1.0,
        }
    };
    let count = |value: f64| profile.columns.iter().filter(|column| worth(column) == value).count();
    let (all, whole, half) = (profile.columns.len(), count(1.0), count(0.5));
    let text = Text::new(
        format!("{whole} av {all} kolumner har angiven typ som stämmer; tal utan enhet: {half}."),
        format!("{whole} of {all} columns have a declared type that agrees; numbers without a unit: {half}."),
    );
    Seen::Fraction(profile.columns.iter().map(worth).sum::<f64>() / all.max(1) as f64, text)
}

/// Columns of codes: by type, or by a semantic type whose values are a code list.
pub(super) fn code_columns(evidence: &Evidence) -> impl Iterator<Item = &ColumnProfile> {
    let columns = evidence.profile.iter().flat_map(|profile| &profile.columns);
    columns.filter(|column| {
        column.kind == ColumnType::Code
            || column
                .semantic
                .as_deref()
                .is_some_and(|kind| RULES.parameters.code_lists.contains(kind))
    })
}

fn codes(evidence: &Evidence) -> Seen {
    let Some(profile) = &evidence.profile else {
        return no_table();
    };
    let tied = |column: &&ColumnProfile| {
        let known = column
            .semantic
            .as_deref()
            .is_some_and(|kind| RULES.parameters.code_lists.contains(kind));
        let filled = profile.rows.saturating_sub(column.nulls);
        // Where the reader counted the matches, the count decides; a published table carries only the verdict.
        let share = column_read(evidence, &column.name)
            .and_then(|read| read.semantic.as_ref())
            .map_or(1.0, |semantic| semantic.matches as f64 / filled.max(1) as f64);
        known && share >= RULES.parameters.match_share
    };
    let (all, with) = (code_columns(evidence).count(), code_columns(evidence).filter(tied).count());
    let text = Text::new(
        format!("{with} av {all} kodkolumner stämmer med en känd kodlista."),
        format!("{with} of {all} code columns match a known code list."),
    );
    Seen::share(with, all, text)
}

/// Whether a text was left as the form had it.
fn is_template(text: &str) -> bool {
    let lower = text.trim().to_lowercase();
    lower.is_empty()
        || lower.chars().all(|c| !c.is_alphanumeric())
        || RULES.parameters.template_words.iter().any(|word| lower.starts_with(word.as_str()))
}

/// Whether a card's answer says something in either language.
pub(super) fn answered(answer: &Option<Text>) -> bool {
    answer.as_ref().is_some_and(|text| !is_template(&text.sv) || !is_template(&text.en))
}

fn card(evidence: &Evidence) -> Seen {
    let CardAnswers {
        collection,
        intended_use,
        limits,
        bias,
        personal_data,
        plan,
    } = &evidence.card;
    let answers = [collection, intended_use, limits, bias, personal_data, plan];
    let given = answers.into_iter().filter(|answer| answered(answer)).count();
    // With nothing but metadata at hand, nobody has put the questions.
    if given == 0 && evidence.profile.is_none() && !is_release(evidence) {
        return Seen::unmeasured(
            "Ej mätt: ingen har ställt kortets frågor.",
            "Not measured: nobody has put the card's questions.",
        );
    }
    let text = Text::new(
        format!("{given} av 6 frågor är besvarade."),
        format!("{given} of 6 questions are answered."),
    );
    Seen::share(given, 6, text)
}

fn languages(evidence: &Evidence) -> Seen {
    let dataset = &evidence.dataset;
    let given = [&dataset.title, &dataset.description]
        .into_iter()
        .map(|texts| usize::from(texts.has(Lang::Sv)) + usize::from(texts.has(Lang::En)))
        .sum();
    let text = Text::new(
        format!("{given} av 4: titel och beskrivning på svenska och engelska."),
        format!("{given} of 4: title and description in Swedish and English."),
    );
    Seen::share(given, 4, text)
}
