//! A profile as one page: a single file without script, fonts or addresses of others, in light and dark, drawn as the portal draws.
//!
//! In: what may be shown of a table and how it was read. Out: HTML of a few kilobytes a column. Every value of a file is written escaped.
//! Charts are inline SVG, each with its figures as a table beside it. Colours and sizes are those of the visual language.

use std::fmt::Write as _;

use chrono::{NaiveDate, TimeDelta};
use fyr_model::Severity;
use fyr_model::profile::{DriftReport, Order};
use fyr_model::table::{ColumnProfile, ColumnType, ReadingReport, TableProfile};

use crate::show::{reasons, repair_word, semantic_word, type_word};
use crate::term::{Term, cut, safe};

const STYLE: &str = include_str!("page.css");
/// A chart's width and height.
const CHART: (f64, f64) = (300.0, 76.0);
/// Letters of a value shown.
const VALUE: usize = 48;

/// The whole page.
pub fn profile(term: &Term, name: &str, profile: &TableProfile, report: &ReadingReport, changed: Option<&DriftReport>) -> String {
    let mut page = String::with_capacity(64 << 10);
    let name = text(name);
    let lang = term.say("sv", "en");
    // Writing to a String cannot fail.
    let _ = write!(
        page,
        "<!DOCTYPE html><html lang=\"{lang}\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"referrer\" content=\"no-referrer\"><meta name=\"color-scheme\" content=\"light dark\"><title>{name}: {}</title><style>{STYLE}</style></head>\
         <body><a class=\"skip\" href=\"#columns\">{}</a><main><p class=\"kind\">{}</p><h1>{name}</h1>",
        term.say("profil", "profile"),
        term.say("Till kolumnerna", "To the columns"),
        term.say("Profil av en datafil", "Profile of a data file"),
    );
    head(term, profile, report, &mut page);
    if let Some(changed) = changed {
        since(term, changed, &mut page);
    }
    structure(term, profile, &mut page);
    reading(term, report, &mut page);
    index(term, profile, &mut page);
    for (place, column) in profile.columns.iter().enumerate() {
        one(term, profile, column, place, &mut page);
    }
    let _ = write!(
        page,
        "</main><footer><p>Fyr {}. {}</p></footer></body></html>",
        env!("CARGO_PKG_VERSION"),
        term.say(
            "Kolumner som kan vara personuppgifter visas med typ och antal.",
            "Columns that may be personal data are shown by type and counts."
        )
    );
    page
}

/// A text of a file or of ours, safe to stand between tags and in attributes.
pub fn text(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    for letter in safe(raw).chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

fn percent(term: &Term, share: f64) -> String {
    format!("{}\u{a0}%", term.decimal(share * 100.0))
}

/// A number as people read it: separators and at most four digits after the sign.
fn number(term: &Term, value: f64) -> String {
    if !value.is_finite() {
        return "–".into();
    }
    if value != 0.0 && (value.abs() >= 1e15 || value.abs() < 1e-4) {
        return format!("{value:.3e}");
    }
    let written = format!("{:.4}", value.abs());
    let (whole, fraction) = written.split_once('.').unwrap_or((&written, ""));
    let fraction = fraction.trim_end_matches('0');
    let mut out = if value < 0.0 { String::from("−") } else { String::new() };
    out.push_str(&term.count(whole.parse().unwrap_or_default()));
    if !fraction.is_empty() {
        out.push(if term.say("sv", "en") == "sv" { ',' } else { '.' });
        out.push_str(fraction);
    }
    out
}

fn head(term: &Term, profile: &TableProfile, report: &ReadingReport, page: &mut String) {
    let source = &report.source;
    let dialect = source
        .dialect
        .as_ref()
        .map(|dialect| format!(", {:?}, {}", dialect.delimiter, dialect.decimal_sign));
    let written = format!(
        "{} {}{}",
        source.format,
        source.encoding.as_deref().unwrap_or_default(),
        dialect.unwrap_or_default()
    );
    let facts = [
        (term.say("rader", "rows"), term.count(profile.rows)),
        (term.say("kolumner", "columns"), term.count(profile.columns.len() as u64)),
        (
            term.say("kopior av en annan rad", "copies of another row"),
            term.count(profile.duplicate_rows),
        ),
        (term.say("underkända rader", "rejected rows"), term.count(profile.bad_rows)),
    ];
    page.push_str("<ul class=\"facts\">");
    for (word, value) in facts {
        let _ = write!(page, "<li><b>{value}</b> {word}</li>");
    }
    let _ = write!(
        page,
        "</ul><p class=\"soft\">{}, {} byte</p>",
        text(&written),
        term.count(source.bytes)
    );
}

/// What differs from the profile that was compared with.
fn since(term: &Term, changed: &DriftReport, page: &mut String) {
    let [before, after] = changed.drift.rows.map(|rows| term.count(rows));
    let _ = write!(
        page,
        "<section><h2>{}</h2><p>{before} → {after} {}</p><ul>",
        term.say("Sedan förra filen", "Since the former file"),
        term.say("rader", "rows")
    );
    for finding in &changed.findings {
        let (class, word) = match finding.severity {
            Severity::Warning => (" class=\"warning\"", term.say("Varning:", "Warning:")),
            _ => ("", term.say("Notera:", "Note:")),
        };
        let _ = write!(
            page,
            "<li{class}><b>{word}</b> <code>{}</code> {}</li>",
            text(&finding.focus),
            text(finding.message.get(term.lang))
        );
    }
    page.push_str("</ul></section>");
}

fn structure(term: &Term, profile: &TableProfile, page: &mut String) {
    let mut lines: Vec<(String, &str)> = Vec::new();
    let joined = |names: &[String]| {
        names
            .iter()
            .map(|name| format!("<code>{}</code>", text(name)))
            .collect::<Vec<_>>()
            .join(", ")
    };
    lines.extend((!profile.keys.is_empty()).then(|| (joined(&profile.keys), term.say("Nyckel", "Key"))));
    lines.extend(
        profile
            .wider_keys
            .iter()
            .map(|key| (joined(key), term.say("Nyckel tillsammans", "Key together"))),
    );
    lines.extend((!profile.constant.is_empty()).then(|| {
        (
            joined(&profile.constant),
            term.say("Samma värde i alla rader", "One value in all rows"),
        )
    }));
    let arrow = |from: &[String], to: &String| format!("{} → {}", joined(from), joined(std::slice::from_ref(to)));
    lines.extend(
        profile
            .copies
            .iter()
            .map(|copy| (arrow(&copy.from, &copy.to), term.say("Kopia", "Copy"))),
    );
    lines.extend(
        profile
            .dependencies
            .iter()
            .map(|one| (arrow(&one.from, &one.to), term.say("Följer av", "Follows from"))),
    );
    for pattern in profile.missing.iter().take(5) {
        let line = format!(
            "{}: {} {}",
            joined(&pattern.columns),
            term.count(pattern.rows),
            term.say("rader", "rows")
        );
        lines.push((line, term.say("Saknas tillsammans", "Missing together")));
    }
    if lines.is_empty() && profile.pairs.is_empty() {
        return;
    }
    let _ = write!(page, "<section><h2>{}</h2><dl>", term.say("Tabellen", "The table"));
    for (line, word) in lines {
        let _ = write!(page, "<dt>{word}</dt><dd>{line}</dd>");
    }
    page.push_str("</dl>");
    pairs(term, profile, page);
    page.push_str("</section>");
}

fn pairs(term: &Term, profile: &TableProfile, page: &mut String) {
    if profile.pairs.is_empty() {
        return;
    }
    let method = profile
        .pairs_method
        .as_ref()
        .map(|method| format!(" ({})", text(&method.method)))
        .unwrap_or_default();
    let _ = write!(
        page,
        "<details><summary>{}{method}</summary><div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{}\"><table><tr><th>{}<th>{}<th class=\"n\">",
        term.say("Kolumner som hör ihop", "Columns that go together"),
        term.say("Par av kolumner", "Pairs of columns"),
        term.say("Kolumner", "Columns"),
        term.say("Mått", "Measure"),
    );
    for pair in profile.pairs.iter().take(30) {
        let [a, b] = &pair.columns;
        let figures = [
            ("Pearson", pair.pearson),
            ("Spearman", pair.spearman),
            ("Cramér V", pair.cramers_v),
            ("η", pair.correlation_ratio),
            (term.say("saknas ihop, φ", "missing together, φ"), pair.missing),
        ];
        for (name, value) in figures.into_iter().filter_map(|(name, value)| Some((name, value?))) {
            let _ = write!(
                page,
                "<tr><td><code>{}</code>, <code>{}</code><td>{name}<td class=\"n\">{}",
                text(a),
                text(b),
                number(term, value)
            );
        }
    }
    page.push_str("</table></div></details>");
}

fn reading(term: &Term, report: &ReadingReport, page: &mut String) {
    if report.repairs.is_empty() && report.findings.is_empty() {
        return;
    }
    let _ = write!(
        page,
        "<section><h2>{}</h2><ul>",
        term.say("Så lästes filen", "How the file was read")
    );
    for finding in &report.findings {
        let _ = write!(
            page,
            "<li class=\"warning\"><b>{}</b> {}</li>",
            term.say("Varning:", "Warning:"),
            text(finding.message.get(term.lang))
        );
    }
    for repair in report.repairs.iter().take(100) {
        let column = repair
            .column
            .as_deref()
            .map(|name| format!(" <code>{}</code>", text(name)))
            .unwrap_or_default();
        let _ = write!(
            page,
            "<li>{}{column}: {}</li>",
            text(&repair_word(term, &repair.kind)),
            term.count(repair.count)
        );
    }
    page.push_str("</ul></section>");
}

fn missing(profile: &TableProfile, column: &ColumnProfile) -> f64 {
    (column.nulls + column.empty).min(profile.rows) as f64 / profile.rows.max(1) as f64
}

fn index(term: &Term, profile: &TableProfile, page: &mut String) {
    let _ = write!(
        page,
        "<section id=\"columns\"><h2>{0}</h2><div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{0}\"><table><tr><th>{0}<th>{1}<th class=\"n\">{2}<th class=\"n\">{3}",
        term.say("Kolumner", "Columns"),
        term.say("Typ", "Type"),
        term.say("Saknas", "Missing"),
        term.say("Olika", "Distinct"),
    );
    for (place, column) in profile.columns.iter().enumerate() {
        let _ = write!(
            page,
            "<tr><td><a href=\"#c{place}\"><code>{}</code></a><td>{}<td class=\"n\">{}<td class=\"n\">{}{}",
            text(&column.name),
            type_word(term, column.kind),
            percent(term, missing(profile, column)),
            if column.distinct.method == "exact" { "" } else { "≈\u{a0}" },
            term.count(column.distinct.value)
        );
    }
    page.push_str("</table></div></section>");
}

fn one(term: &Term, profile: &TableProfile, column: &ColumnProfile, place: usize, page: &mut String) {
    let semantic = column
        .semantic
        .as_ref()
        .map(|word| format!(", {}", text(&semantic_word(term, word))))
        .unwrap_or_default();
    let _ = write!(
        page,
        "<section class=\"column\" id=\"c{place}\"><h3><code>{}</code> <span class=\"soft\">{}{semantic}</span></h3>",
        text(&column.name),
        type_word(term, column.kind)
    );
    let share = missing(profile, column);
    let reasons = reasons(term, column);
    let why = if reasons.is_empty() {
        String::new()
    } else {
        format!(": {}", text(&reasons))
    };
    let _ = write!(
        page,
        "<p><svg class=\"miss\" width=\"72\" height=\"12\" aria-hidden=\"true\"><path class=\"bar2\" d=\"M1 1.5h{:.1}v9H1z\"/><rect class=\"frame\" x=\".5\" y=\"1.5\" width=\"71\" height=\"9\"/></svg> {} {}{why}</p>",
        70.0 * share,
        percent(term, share),
        term.say("saknas", "missing")
    );
    if column.min.is_none() && column.top.is_none() && column.geometry.is_none() {
        let word = term.say("Visas inte: typ och antal.", "Not shown: type and counts.");
        let _ = write!(page, "<p class=\"tag\">{word}</p></section>");
        return;
    }
    page.push_str("<div class=\"two\"><div>");
    // Years are read one by one: bins would cut them into fractions.
    if column.histogram.is_some() && !is_year(column) {
        histogram(term, column, page);
    } else {
        common(term, column, page);
    }
    page.push_str("</div><dl>");
    for (word, value) in figures(term, column) {
        let _ = write!(page, "<dt>{word}</dt><dd>{value}</dd>");
    }
    page.push_str("</dl></div></section>");
}

fn figures<'a>(term: &'a Term, column: &ColumnProfile) -> Vec<(&'a str, String)> {
    let mut found: Vec<(&'a str, String)> = Vec::new();
    let show = |value: &Option<String>| value.as_deref().map(|value| text(&cut(&safe(value), VALUE)));
    let mut add = |word, value: Option<String>| found.extend(value.map(|value| (word, value)));
    let figure = |value: Option<f64>| value.map(|value| number(term, value));
    let count = |value: Option<u64>| value.filter(|value| *value > 0).map(|value| term.count(value));
    add(term.say("Minst", "Least"), show(&column.min));
    add(term.say("Störst", "Greatest"), show(&column.max));
    add(
        term.say("Ordning", "Order"),
        column.order.map(|order| order_word(term, order).to_owned()),
    );
    // A mean year, or the sum of years, is a number that means nothing.
    let measured = Some(column).filter(|column| !is_year(column));
    add(term.say("Medel", "Mean"), figure(measured.and_then(|column| column.mean)));
    add(
        term.say("Standardavvikelse", "Standard deviation"),
        figure(measured.and_then(|column| column.stddev)),
    );
    if let Some(points) = measured.and_then(|column| column.quantiles.as_ref()) {
        let all = [points.p05, points.p25, points.p50, points.p75, points.p95].map(|point| number(term, point));
        add("p5, p25, p50, p75, p95", Some(all.join("; ")));
    }
    add(term.say("Summa", "Sum"), figure(measured.and_then(|column| column.sum)));
    if let Some(facts) = measured.and_then(|column| column.numbers.as_ref()) {
        add(term.say("Skevhet", "Skewness"), figure(facts.skewness));
        add(term.say("Nollor", "Noughts"), count(facts.zeros));
        add(term.say("Negativa", "Negative"), count(facts.negatives));
    }
    if let Some(facts) = &column.texts {
        add(term.say("Medellängd", "Mean length"), figure(facts.length_mean));
        let patterns: Vec<String> = facts
            .patterns
            .iter()
            .take(3)
            .map(|one| format!("<code>{}</code>", text(&one.value)))
            .collect();
        add(term.say("Mönster", "Patterns"), (!patterns.is_empty()).then(|| patterns.join(", ")));
        add(
            term.say("Blanksteg i kanten", "Blanks at the edge"),
            count(facts.leading_space.zip(facts.trailing_space).map(|(a, b)| a + b)),
        );
        add(term.say("Fel teckenkodning", "Wrong encoding"), count(facts.mojibake));
        add(
            term.say("Samma ord i annan skrift", "Same word in other case"),
            count(facts.case_variants),
        );
    }
    if let Some(facts) = &column.dates {
        add(term.say("Luckor i serien", "Gaps in the series"), count(facts.missing_steps));
        add(term.say("1 januari", "1 January"), count(facts.first_of_january));
        add(term.say("I framtiden", "In the future"), count(facts.future));
    }
    if let Some(facts) = &column.geometry {
        let kinds: Vec<String> = facts
            .kinds
            .iter()
            .map(|(kind, rows)| format!("{} {}", text(kind), term.count(*rows)))
            .collect();
        add(term.say("Slag", "Kinds"), (!kinds.is_empty()).then(|| kinds.join(", ")));
        add(term.say("Utanför Sverige", "Outside Sweden"), count(facts.outside_sweden));
    }
    if let Some(outliers) = &column.outliers {
        add(term.say("Avvikande värden", "Outliers"), count(Some(outliers.tukey)));
    }
    found
}

fn order_word(term: &Term, order: Order) -> &str {
    match order {
        Order::Ascending => term.say("stigande", "ascending"),
        Order::StrictlyAscending => term.say("stigande utan upprepning", "ascending without repeats"),
        Order::Descending => term.say("fallande", "descending"),
        Order::StrictlyDescending => term.say("fallande utan upprepning", "descending without repeats"),
    }
}

/// Bars on a base line of zero, as one path, and the same figures as a table.
fn histogram(term: &Term, column: &ColumnProfile, page: &mut String) {
    let Some(bins) = &column.histogram else { return };
    let most = bins.counts.iter().copied().max().unwrap_or(0).max(1) as f64;
    let (width, height) = CHART;
    let step = width / bins.counts.len().max(1) as f64;
    let mut path = String::new();
    for (place, count) in bins.counts.iter().enumerate().filter(|(_, count)| **count > 0) {
        let tall = (*count as f64 / most * (height - 4.0)).max(1.0);
        let _ = write!(
            path,
            "M{:.1} {:.1}h{:.1}v{tall:.1}h-{2:.1}z",
            place as f64 * step,
            height - 1.0 - tall,
            (step - 2.0).max(0.5)
        );
    }
    let edge = |place: usize| {
        bound(
            term,
            column.kind,
            bins.from + (bins.to - bins.from) * place as f64 / bins.counts.len().max(1) as f64,
        )
    };
    let (from, to) = (edge(0), edge(bins.counts.len()));
    let label = format!(
        "{} {}: {from} – {to}",
        term.say("Fördelning av", "Distribution of"),
        text(&column.name)
    );
    let _ = write!(
        page,
        "<svg viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{label}\"><path class=\"bar\" d=\"{path}\"/><path class=\"axis\" d=\"M0 {0}h{width}\"/></svg>\
         <p class=\"ends\"><span>{from}</span><span>{to}</span></p><details><summary>{1}</summary><table><tr><th>{2}<th class=\"n\">{3}",
        height - 0.5,
        term.say("Visa som tabell", "Show as table"),
        term.say("Från", "From"),
        term.say("Rader", "Rows"),
    );
    for (place, count) in bins.counts.iter().enumerate() {
        let _ = write!(page, "<tr><td>{}<td class=\"n\">{}", edge(place), term.count(*count));
    }
    page.push_str("</table></details>");
}

/// A bound of a bin: a day for dates, else a number.
fn bound(term: &Term, kind: ColumnType, value: f64) -> String {
    if !matches!(kind, ColumnType::Date | ColumnType::Timestamp) {
        return number(term, value);
    }
    let day = TimeDelta::try_days(value.floor() as i64).and_then(|days| NaiveDate::default().checked_add_signed(days));
    day.map(|day| day.to_string()).unwrap_or_default()
}

fn is_year(column: &ColumnProfile) -> bool {
    column.semantic.as_deref() == Some("year")
}

/// The most common values: a table with a bar in each row; years in their order.
fn common(term: &Term, column: &ColumnProfile, page: &mut String) {
    let Some(mut top) = column.top.clone().filter(|top| !top.is_empty()) else {
        return;
    };
    if is_year(column) {
        top.sort_by(|a, b| a.value.cmp(&b.value));
    }
    let most = top.iter().map(|one| one.count).max().unwrap_or(1).max(1) as f64;
    let _ = write!(
        page,
        "<table><tr><th>{}<th class=\"n\">{}<th>",
        term.say("Vanligast", "Most common"),
        term.say("Rader", "Rows")
    );
    for one in &top {
        let width = (one.count as f64 / most * 90.0).max(1.0);
        let shown = text(&cut(&safe(&one.value), VALUE));
        let shown = if shown.is_empty() {
            format!("<i>{}</i>", term.say("tom", "empty"))
        } else {
            shown
        };
        let _ = write!(
            page,
            "<tr><td>{shown}<td class=\"n\">{}<td><svg width=\"90\" height=\"11\" aria-hidden=\"true\"><path class=\"bar\" d=\"M0 0h{width:.1}v11H0z\"/></svg>",
            term.count(one.count)
        );
    }
    page.push_str("</table>");
}

#[cfg(test)]
mod tests;
