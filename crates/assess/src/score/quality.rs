//! QUAL: whether the rows hold what they should. From how the file was read, the profile and rule results: counts, never values.

use chrono::NaiveDate;
use fyr_model::readiness::Evidence;
use fyr_model::table::{ColumnProfile, ColumnType};
use fyr_model::{Dataset, Text};

use super::document::answered;
use super::rules::RULES;
use super::{Seen, access, dates, is_release, pack};
use crate::lists;

pub(super) fn measure(id: &str, evidence: &Evidence) -> Seen {
    match id {
        "Q1" => parse(evidence),
        "Q2" => complete(evidence),
        "Q3" => unique(evidence),
        "Q4" => valid(evidence),
        "Q5" => current(evidence),
        "Q6" => coverage(evidence),
        "Q7" => explained(evidence),
        _ => Seen::unmeasured("Ej mätt.", "Not measured."),
    }
}

fn no_table() -> Seen {
    Seen::unmeasured("Ej mätt: ingen tabell har lästs.", "Not measured: no table has been read.")
}

/// Warnings of the drift since the former version, as a share of those that somebody has explained.
fn explained(evidence: &Evidence) -> Seen {
    let Some(report) = &evidence.drift else {
        return Seen::unmeasured(
            "Ej mätt: ingen tidigare version är jämförd.",
            "Not measured: no earlier version was compared.",
        );
    };
    let [before, now] = report.drift.rows;
    let since = report.since.map_or_else(
        || Text::new("den förra filen", "the former file"),
        |version| Text::new(format!("version {version}"), format!("version {version}")),
    );
    let (all, open) = report.warnings();
    let text = Text::new(
        format!(
            "Jämfört med {}: {before} rader blev {now}; {all} varningar, {} förklarade.",
            since.sv,
            all - open
        ),
        format!(
            "Compared with {}: {before} rows became {now}; {all} warnings, {} explained.",
            since.en,
            all - open
        ),
    );
    if all == 0 {
        return Seen::Fraction(1.0, text);
    }
    Seen::share(all - open, all, text)
}

fn parse(evidence: &Evidence) -> Seen {
    if evidence.unreadable.is_some() {
        return Seen::Fraction(0.0, Text::new("Filen går inte att läsa.", "The file cannot be read."));
    }
    if is_release(evidence) && pack::has_checks(evidence, "parquet") {
        let (ok, all) = pack::count(evidence, "parquet");
        let text = Text::new(
            format!("{ok} av {all} kontroller av den skrivna filen håller."),
            format!("{ok} of {all} checks of the written file hold."),
        );
        return Seen::yes_no(ok == all, text.clone(), text);
    }
    let Some(reading) = &evidence.reading else {
        return no_table();
    };
    let faults = reading
        .repairs
        .iter()
        .filter(|repair| !RULES.parameters.repairs_ignored.contains(&repair.kind));
    // Rejected rows are counted in `bad_rows`; a row with two repairs counts twice, so this is the least share of clean rows.
    let repaired: u64 = faults
        .filter(|repair| repair.kind != "reject" || repair.column.is_some())
        .map(|repair| repair.count)
        .sum();
    let all = reading.rows + reading.bad_rows;
    let clean = all.saturating_sub(reading.bad_rows).saturating_sub(repaired);
    let text = Text::new(
        format!(
            "{clean} av {all} rader utan lagning; {repaired} lagningar och {} avvisade rader.",
            reading.bad_rows
        ),
        format!(
            "{clean} of {all} rows without repair; {repaired} repairs and {} rejected rows.",
            reading.bad_rows
        ),
    );
    Seen::Fraction(if all == 0 { 0.0 } else { clean as f64 / all as f64 }, text)
}

fn complete(evidence: &Evidence) -> Seen {
    let Some(profile) = &evidence.profile else {
        return no_table();
    };
    let keys: Vec<&ColumnProfile> = profile
        .columns
        .iter()
        .filter(|column| profile.keys.contains(&column.name))
        .collect();
    let columns: Vec<&ColumnProfile> = if keys.is_empty() { profile.columns.iter().collect() } else { keys };
    let cells = profile.rows.saturating_mul(columns.len() as u64);
    let empty: u64 = columns.iter().map(|column| (column.nulls + column.empty).min(profile.rows)).sum();
    let which = if profile.keys.is_empty() {
        ("kolumner", "columns")
    } else {
        ("nyckelkolumner", "key columns")
    };
    let text = Text::new(
        format!("{empty} av {cells} celler i {} {} är tomma.", columns.len(), which.0),
        format!("{empty} of {cells} cells in {} {} are empty.", columns.len(), which.1),
    );
    Seen::Fraction(if cells == 0 { 0.0 } else { 1.0 - empty as f64 / cells as f64 }, text)
}

fn unique(evidence: &Evidence) -> Seen {
    let Some(profile) = &evidence.profile else {
        return no_table();
    };
    let rules = evidence.quality.iter().flat_map(|quality| &quality.rules);
    let by_rule = rules
        .filter(|rule| rule.passed)
        .any(|rule| ["key", "nyckel", "unique", "unik"].iter().any(|word| rule.id.contains(word)));
    let keyed = !profile.keys.is_empty() || by_rule;
    let single = if profile.rows == 0 {
        0.0
    } else {
        1.0 - profile.duplicate_rows as f64 / profile.rows as f64
    };
    let (key_sv, key_en) = if keyed {
        ("En unik nyckel finns", "There is a unique key")
    } else {
        ("Ingen kolumn är unik nyckel", "No column is a unique key")
    };
    let copies = profile.duplicate_rows;
    let text = Text::new(
        format!("{copies} av {} rader är exakta kopior. {key_sv}.", profile.rows),
        format!("{copies} of {} rows are exact copies. {key_en}.", profile.rows),
    );
    Seen::Fraction(0.5 * single + if keyed { 0.5 } else { 0.0 }, text)
}

fn valid(evidence: &Evidence) -> Seen {
    let Some(quality) = evidence.quality.as_ref().filter(|quality| !quality.rules.is_empty()) else {
        return Seen::unmeasured("Ej mätt: ingen regel har prövats.", "Not measured: no rule has been run.");
    };
    let (all, passed) = (quality.rules.len(), quality.rules.iter().filter(|rule| rule.passed).count());
    let text = Text::new(
        format!("{passed} av {all} regler håller; {} gick inte att pröva.", quality.skipped.len()),
        format!("{passed} of {all} rules hold; {} could not be run.", quality.skipped.len()),
    );
    Seen::share(passed, all, text)
}

/// The stated frequency: its code, an old value mapped.
fn frequency(dataset: &Dataset) -> Option<(&str, Option<u32>)> {
    let list = lists::vocabulary("frequencies")?;
    dataset.frequency.iter().find_map(|value| {
        let text = value.as_str();
        let code = list
            .code(text)
            .or_else(|| list.old.get(text.strip_prefix("http://purl.org/cld/freq/")?).map(String::as_str))?;
        Some((code, list.values.get(code).and_then(|concept| concept.days)))
    })
}

/// Whether the frequency is one of those that promise nothing: irregular, never, as needed, other. A missing or unknown one promises nothing
/// that could be kept and is a gap, not an exemption.
pub(super) fn promises_no_rhythm(dataset: &Dataset) -> bool {
    frequency(dataset).is_some_and(|(code, days)| days.is_none() && code != "UNKNOWN")
}

fn current(evidence: &Evidence) -> Seen {
    let Some(days) = frequency(&evidence.dataset).and_then(|(_, days)| days) else {
        return Seen::Fraction(
            0.0,
            Text::new(
                "Ingen känd uppdateringsfrekvens är angiven.",
                "No known update frequency is stated.",
            ),
        );
    };
    let today = evidence.at.date_naive();
    let (newest, from) = match (newest_in_content(evidence, today), newest_stated(evidence, today)) {
        (Some(day), _) => (day, ("i innehållet", "in the content")),
        (None, Some(day)) => (day, ("i metadata", "in the metadata")),
        (None, None) => {
            return Seen::unmeasured(
                "Ej mätt: inget datum finns i innehåll eller metadata.",
                "Not measured: neither content nor metadata holds a date.",
            );
        }
    };
    let age = (today - newest).num_days().max(0);
    let times = age as f64 / f64::from(days.max(1));
    let fraction = match times {
        times if times <= RULES.parameters.current_factor => 1.0,
        times if times <= RULES.parameters.stale_factor => 0.5,
        _ => 0.0,
    };
    let text = Text::new(
        format!(
            "Nyaste datumet {} är {age} dagar gammalt; frekvensen lovar högst {days} dagar.",
            from.0
        ),
        format!(
            "The newest date {} is {age} days old; the frequency promises at most {days} days.",
            from.1
        ),
    );
    Seen::Fraction(fraction, text)
}

/// The newest day that a date or period column reaches, columns of coming days left out.
fn newest_in_content(evidence: &Evidence, today: NaiveDate) -> Option<NaiveDate> {
    let columns = evidence.profile.iter().flat_map(|profile| &profile.columns);
    let dated = columns.filter(|column| {
        matches!(column.kind, ColumnType::Date | ColumnType::Timestamp | ColumnType::Period) || column.semantic.as_deref() == Some("year")
    });
    let newest = dated
        .filter_map(|column| dates::last_day(column.max.as_deref()?))
        .filter(|day| dates::plausible(*day));
    // A period that runs now, such as this year, ends in the future and is as current as can be.
    newest
        .map(|day| {
            if day > today && (day - today).num_days() <= 366 {
                today
            } else {
                day
            }
        })
        .filter(|day| *day <= today)
        .max()
}

fn newest_stated(evidence: &Evidence, today: NaiveDate) -> Option<NaiveDate> {
    let distribution = access::read_distribution(evidence).and_then(|distribution| distribution.modified.as_deref());
    [distribution, evidence.dataset.modified.as_deref()]
        .into_iter()
        .flatten()
        .filter_map(dates::xsd)
        .filter(|day| *day <= today)
        .max()
}

fn coverage(evidence: &Evidence) -> Seen {
    let Some(profile) = &evidence.profile else {
        return no_table();
    };
    let shares = profile.columns.iter().filter(|column| column.top.is_some()).count();
    let counted = |kind: &str| {
        let own = profile.columns.iter().filter(|column| column.semantic.as_deref() == Some(kind));
        own.map(|column| column.distinct.value).max()
    };
    let (municipalities, counties) = (counted("municipality_code"), counted("county_code"));
    let reported = shares > 0 || municipalities.is_some() || counties.is_some();
    let gaps = answered(&evidence.card.limits) || answered(&evidence.card.bias);
    let (gaps_sv, gaps_en) = if gaps {
        ("är angivna", "are stated")
    } else {
        ("är inte angivna", "are not stated")
    };
    let (all, regions) = (RULES.parameters.municipalities, RULES.parameters.counties);
    let place = match (municipalities, counties) {
        (Some(count), _) => Text::new(format!("{count} av {all} kommuner"), format!("{count} of {all} municipalities")),
        (None, Some(count)) => Text::new(format!("{count} av {regions} län"), format!("{count} of {regions} counties")),
        (None, None) => Text::new("ingen områdeskod", "no area code"),
    };
    let text = Text::new(
        format!("Fördelning redovisas för {shares} kolumner, {}. Begränsningar {gaps_sv}.", place.sv),
        format!("Shares are reported for {shares} columns, {}. Limits {gaps_en}.", place.en),
    );
    Seen::share(usize::from(reported) + usize::from(gaps), 2, text)
}
