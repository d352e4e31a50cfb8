//! Columns of a published table: name, meaning, what is missing, how values are spread.

use fyr_model::Lang;
use fyr_model::privacy::Role;
use fyr_model::table::{ColumnProfile, ColumnType, TableProfile};

use crate::chrome::Reader;
use crate::draw::column;
use crate::words::{self, Markup, clean};

/// One column as a row.
pub struct ColumnView {
    /// Its name.
    pub name: String,
    /// Type, meaning and unit.
    pub kind: String,
    /// What it means, or that nobody has said.
    pub description: String,
    /// Whether only type and counts may be shown.
    pub hidden: Option<String>,
    /// The bar of missing cells.
    pub bar: Markup,
    /// The share of missing cells.
    pub missing: String,
    /// How many different values.
    pub distinct: String,
    /// The small chart.
    pub chart: Markup,
    /// Its range or most common value in words.
    pub words: String,
    /// The chart as a table: heads and rows.
    pub table: Vec<(String, String)>,
}

/// The name of a type.
pub fn kind_name(lang: Lang, kind: ColumnType) -> &'static str {
    let (sv, en) = match kind {
        ColumnType::Integer => ("Heltal", "Integer"),
        ColumnType::Number => ("Tal", "Number"),
        ColumnType::Boolean => ("Ja eller nej", "Yes or no"),
        ColumnType::Date => ("Datum", "Date"),
        ColumnType::Timestamp => ("Tidpunkt", "Timestamp"),
        ColumnType::Time => ("Klockslag", "Time of day"),
        ColumnType::Period => ("Period", "Period"),
        ColumnType::Text => ("Text", "Text"),
        ColumnType::Code => ("Kod", "Code"),
        ColumnType::Geometry => ("Geometri", "Geometry"),
    };
    if lang == Lang::Sv { sv } else { en }
}

/// A fixed word of ours for people, as `municipality_code`.
fn semantic_name(reader: &Reader, word: &str) -> String {
    let known = fyr_model::kinds::semantic(word);
    known.map_or_else(|| clean(word).replace('_', " "), |name| name.get(reader.lang).to_owned())
}

/// The columns of a profile as rows.
pub fn columns(reader: &Reader, profile: &TableProfile) -> Vec<ColumnView> {
    profile
        .columns
        .iter()
        .enumerate()
        .map(|(i, one)| view(reader, profile, one, i))
        .collect()
}

fn view(reader: &Reader, profile: &TableProfile, one: &ColumnProfile, i: usize) -> ColumnView {
    let lang = reader.lang;
    let missing = if profile.rows > 0 {
        (one.nulls + one.empty).min(profile.rows) as f64 / profile.rows as f64
    } else {
        0.0
    };
    let mut kind = kind_name(lang, one.kind).to_owned();
    if let Some(semantic) = &one.semantic {
        kind.push_str(&format!(", {}", semantic_name(reader, semantic)));
    }
    if let Some(unit) = &one.unit {
        kind.push_str(&format!(", {}", clean(unit)));
    }
    if profile.keys.contains(&one.name) {
        kind.push_str(reader.t(", nyckel", ", key"));
    }
    let name = clean(&one.name);
    let hidden = one.personal_data.as_deref().filter(|verdict| *verdict == "direct").map(|_| {
        reader
            .t(
                "Personuppgift: här visas typ och antal.",
                "Personal data: type and counts are shown here.",
            )
            .to_owned()
    });
    let (chart, words, table) = if hidden.is_some() {
        Default::default()
    } else {
        spread(reader, one, &name, profile.rows, i)
    };
    let described = one
        .description
        .as_ref()
        .map(|text| clean(text.get(lang)))
        .filter(|text| !text.trim().is_empty());
    ColumnView {
        kind,
        description: described.unwrap_or_else(|| reader.t("Ingen beskrivning än.", "No description yet.").into()),
        hidden,
        bar: column::missing(missing),
        missing: words::percent(lang, missing, 1),
        distinct: words::count(lang, one.distinct.value),
        chart,
        words,
        table,
        name,
    }
}

type Spread = (Markup, String, Vec<(String, String)>);

fn spread(reader: &Reader, one: &ColumnProfile, name: &str, rows: u64, i: usize) -> Spread {
    let id = format!("col{i}");
    let range = range(reader, one);
    let title = format!("{} {name}", reader.t("Fördelning av", "Distribution of"));
    // Years are read one by one: bins would cut them into fractions.
    if let Some(bins) = one.histogram.as_ref().filter(|bins| !bins.counts.is_empty() && !is_year(one)) {
        let chart = column::histogram(&bins.counts, &id, &title, &range);
        let step = (bins.to - bins.from) / bins.counts.len() as f64;
        let row = |(n, count): (usize, &u64)| {
            let (from, to) = (bins.from + step * n as f64, bins.from + step * (n + 1) as f64);
            (
                format!("{} – {}", bound(reader, one, from), bound(reader, one, to)),
                words::count(reader.lang, *count),
            )
        };
        return (chart, range, bins.counts.iter().enumerate().map(row).collect());
    }
    let Some(top) = one.top.as_ref().filter(|top| !top.is_empty()) else {
        return (Markup::default(), range, Vec::new());
    };
    let share = |count: u64| if rows > 0 { count as f64 / rows as f64 } else { 0.0 };
    let shown = |value: &str| words::cut(clean(value).trim(), 60);
    let values: Vec<(String, f64)> = top.iter().map(|one| (shown(&one.value), share(one.count))).collect();
    let most = values.first().map(|(value, share)| {
        format!(
            "{} {value}, {}",
            reader.t("Vanligast:", "Most common:"),
            words::percent(reader.lang, *share, 1)
        )
    });
    let said = most.unwrap_or_default();
    let table = top
        .iter()
        .map(|one| (shown(&one.value), words::count(reader.lang, one.count)))
        .collect();
    (column::common(&values, &id, &title, &said), said, table)
}

fn range(reader: &Reader, one: &ColumnProfile) -> String {
    let end = |text: &Option<String>| text.as_deref().map(|text| number_or_text(reader, one, text));
    let (Some(low), Some(high)) = (end(&one.min), end(&one.max)) else {
        return String::new();
    };
    let dash = if one.kind == ColumnType::Integer || one.kind == ColumnType::Number {
        " – "
    } else {
        " … "
    };
    match &one.quantiles {
        Some(quantiles) if !is_year(one) => format!("{low}{dash}{high}, median {}", words::value(reader.lang, quantiles.p50)),
        _ => format!("{low}{dash}{high}"),
    }
}

fn is_year(one: &ColumnProfile) -> bool {
    one.semantic.as_deref() == Some("year")
}

fn number_or_text(reader: &Reader, one: &ColumnProfile, text: &str) -> String {
    let numeric = matches!(one.kind, ColumnType::Integer | ColumnType::Number) && !is_year(one);
    match text.parse::<f64>() {
        Ok(value) if numeric => words::value(reader.lang, value),
        _ => words::cut(clean(text).trim(), 40),
    }
}

/// A bound of a bin: a day for dates, else a number.
fn bound(reader: &Reader, one: &ColumnProfile, value: f64) -> String {
    match one.kind {
        ColumnType::Date | ColumnType::Timestamp => {
            let days = chrono::Duration::try_days(value.floor() as i64);
            let day = days.and_then(|days| chrono::NaiveDate::default().checked_add_signed(days));
            day.map(|day| day.to_string()).unwrap_or_default()
        }
        _ => words::value(reader.lang, value),
    }
}

/// What was done to a column, in words; `None` when it was kept as it is.
pub fn protection(reader: &Reader, plan: &fyr_model::privacy::ColumnPlan) -> Option<String> {
    match (plan.action.as_str(), plan.role) {
        ("remove", _) => Some(reader.t("Borttagen före publicering.", "Removed before publication.").into()),
        ("generalise", _) if plan.level > 0 => Some(format!(
            "{} {} {} {}.",
            reader.t("Gjord grövre: nivå", "Made coarser: level"),
            plan.level,
            reader.t("av", "of"),
            plan.levels.saturating_sub(1)
        )),
        (_, Role::QuasiIdentifier) => Some(
            reader
                .t(
                    "Indirekt identifierande uppgift, skyddad av grupperna.",
                    "Quasi-identifier, protected by the groups.",
                )
                .into(),
        ),
        (_, Role::Sensitive) => Some(
            reader
                .t("Känslig uppgift, skyddad av grupperna.", "Sensitive, protected by the groups.")
                .into(),
        ),
        _ => None,
    }
}
