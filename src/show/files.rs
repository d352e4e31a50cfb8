//! What is printed of a data file: its columns, how it was read, what detectors found.

use fyr_model::Severity;
use fyr_model::kinds;
use fyr_model::profile::DriftReport;
use fyr_model::quality::RuleResult;
use fyr_model::table::{ColumnProfile, ColumnType, ReadingReport, TableProfile};

use crate::commands::ScanBody;
use crate::term::{Ink, Term, cut, safe};

/// The word for a type.
pub fn type_word(term: &Term, kind: ColumnType) -> &'static str {
    let (sv, en) = match kind {
        ColumnType::Integer => ("heltal", "integer"),
        ColumnType::Number => ("tal", "number"),
        ColumnType::Boolean => ("ja/nej", "boolean"),
        ColumnType::Date => ("datum", "date"),
        ColumnType::Timestamp => ("tidpunkt", "timestamp"),
        ColumnType::Time => ("klockslag", "time"),
        ColumnType::Period => ("period", "period"),
        ColumnType::Text => ("text", "text"),
        ColumnType::Code => ("kod", "code"),
        ColumnType::Geometry => ("geometri", "geometry"),
    };
    if term.lang == fyr_model::Lang::Sv { sv } else { en }
}

/// The words for a semantic type.
pub fn semantic_word(term: &Term, word: &str) -> String {
    kinds::semantic(word).map_or_else(|| word.replace('_', " "), |name| name.get(term.lang).to_owned())
}

/// The words for a repair.
pub fn repair_word(term: &Term, kind: &str) -> String {
    kinds::repair(kind).map_or_else(|| kind.replace('-', " "), |name| name.get(term.lang).to_owned())
}

/// How the file was read, and its columns.
pub fn profile(term: &Term, profile: &TableProfile, report: &ReadingReport) {
    reading(term, report);
    let heads = match term.lang {
        fyr_model::Lang::Sv => ["kolumn", "typ", "saknas", "varav", "olika", "minst", "störst"],
        fyr_model::Lang::En => ["column", "type", "missing", "of which", "distinct", "min", "max"],
    };
    let rows: Vec<Vec<String>> = profile
        .columns
        .iter()
        .map(|column| {
            let bound = |value: &Option<String>| value.as_deref().map_or_else(|| "–".into(), |value| cut(&safe(value), 24));
            let hidden = column
                .personal_data
                .as_ref()
                .map(|_| term.ink(Ink::Dim, term.say("visas inte", "not shown")));
            vec![
                cut(&safe(&column.name), 32),
                type_word(term, column.kind).to_owned(),
                term.count(column.nulls),
                cut(&reasons(term, column), 32),
                term.count(column.distinct.value),
                hidden.clone().unwrap_or_else(|| bound(&column.min)),
                hidden.unwrap_or_else(|| bound(&column.max)),
            ]
        })
        .collect();
    println!("{}", term.table(&heads, &[2, 4], &rows));
    relations(term, profile);
}

/// Why cells are missing, the most common reason first: the marker that stood there, or what it was instead of one.
pub fn reasons(term: &Term, column: &ColumnProfile) -> String {
    let word = |kind: &str| match kind {
        "absent" => term.say("ingen cell", "no cell").to_owned(),
        "empty" => term.say("tom", "empty").to_owned(),
        "error" => term.say("fel i cellen", "error").to_owned(),
        "named" => term.say("angivet märke", "stated marker").to_owned(),
        marker => format!("\u{201c}{marker}\u{201d}"),
    };
    let mut all: Vec<(u64, String)> = column.nulls_by.iter().map(|(kind, count)| (*count, word(kind))).collect();
    all.extend(
        column
            .rejects
            .map(|count| (count, term.say("passar inte typen", "not of the type").to_owned())),
    );
    all.sort_by_key(|reason| std::cmp::Reverse(reason.0));
    let one = |(count, word): &(u64, String)| format!("{} {word}", term.count(*count));
    all.iter().filter(|reason| reason.0 > 0).map(one).collect::<Vec<_>>().join(", ")
}

/// What holds between the columns, a line each.
fn relations(term: &Term, profile: &TableProfile) {
    let names = |names: &[String]| names.iter().map(|name| safe(name)).collect::<Vec<_>>().join(", ");
    let line = |word: &str, text: String| println!("{} {word} {text}", term.info());
    if profile.duplicate_rows > 0 {
        let copies = term.count(profile.duplicate_rows);
        println!(
            "{} {} {copies}",
            term.warning(),
            term.say("rader som kopierar en annan:", "rows that copy another:")
        );
    }
    if !profile.keys.is_empty() {
        line(term.say("nyckel:", "key:"), names(&profile.keys));
    }
    for key in &profile.wider_keys {
        line(term.say("nyckel tillsammans:", "key together:"), names(key));
    }
    if !profile.constant.is_empty() {
        line(
            term.say("samma värde i alla rader:", "one value in all rows:"),
            names(&profile.constant),
        );
    }
    for copy in &profile.copies {
        line(term.say("kopia:", "copy:"), format!("{} = {}", safe(&copy.to), names(&copy.from)));
    }
    for one in &profile.dependencies {
        line(term.say("följer:", "follows:"), format!("{} < {}", safe(&one.to), names(&one.from)));
    }
}

/// A rule that does not hold, by counts, and what became of the rows that failed before.
pub fn failed(term: &Term, pipeline: &str, rule: &RuleResult) {
    let mark = match rule.severity.as_str() {
        "error" => term.error(),
        "warning" => term.warning(),
        _ => term.info(),
    };
    let since = rule.change.as_ref().map(|change| {
        format!(
            ", {} {}, {} {}",
            term.count(change.new),
            term.say("nya", "new"),
            term.count(change.mended),
            term.say("lagade", "mended")
        )
    });
    println!(
        "{mark} {pipeline}: {} {}/{}{} {}",
        safe(rule.message.get(term.lang)),
        term.count(rule.failed),
        term.count(rule.checked),
        since.unwrap_or_default(),
        term.ink(Ink::Dim, &safe(&rule.id))
    );
}

/// How the file differs from the former version: one line a finding.
pub fn drift(term: &Term, report: &DriftReport) {
    let since = report
        .since
        .map_or_else(|| report.at.format("%Y-%m-%d").to_string(), |version| version.to_string());
    let [before, after] = report.drift.rows.map(|rows| term.count(rows));
    println!(
        "{} {} {since}: {before} → {after} {}",
        term.info(),
        term.say("sedan", "since"),
        term.say("rader", "rows")
    );
    for finding in &report.findings {
        let mark = if finding.severity == Severity::Warning {
            term.warning()
        } else {
            term.info()
        };
        let said = report.explained.iter().any(|said| said.fits(finding));
        let word = if said { term.say(" (förklarat)", " (explained)") } else { "" };
        println!("{mark} {}: {}{word}", safe(&finding.focus), safe(finding.message.get(term.lang)));
    }
    if report.findings.is_empty() {
        println!("{} {}", term.done(), term.say("inget som skiljer", "nothing that differs"));
    }
}

/// How the file was read.
pub fn reading(term: &Term, report: &ReadingReport) {
    let source = &report.source;
    let encoding = source.encoding.as_deref().unwrap_or("–");
    let dialect = source.dialect.as_ref().map_or(String::new(), |dialect| {
        format!(", {:?}, {}", dialect.delimiter, dialect.decimal_sign)
    });
    println!("{} {encoding}{dialect}", term.ink(Ink::Bold, &source.format));
    let rejects: u64 = report.rejects.values().sum();
    println!(
        "{} {}, {} {}, {} {}",
        term.count(report.rows),
        term.say("rader", "rows"),
        term.count(report.bad_rows),
        term.say("underkända", "rejected"),
        term.count(rejects),
        term.say("celler underkända", "cells rejected")
    );
    for repair in &report.repairs {
        let column = repair.column.as_deref().map(|name| format!(" {}", safe(name))).unwrap_or_default();
        let kind = repair_word(term, &repair.kind);
        println!("{} {}{column}: {}", term.info(), safe(&kind), term.count(repair.count));
    }
    for finding in &report.findings {
        println!("{} {}", term.warning(), safe(finding.message.get(term.lang)));
    }
}

/// One line a column: counts, never values.
pub fn scan(term: &Term, body: &ScanBody) {
    let heads = match term.lang {
        fyr_model::Lang::Sv => ["kolumn", "omdöme", "slag", "träffar", "andel", "säkerhet"],
        fyr_model::Lang::En => ["column", "verdict", "kind", "matches", "share", "confidence"],
    };
    let verdict = |verdict: &str| match verdict {
        "direct" => term.ink(Ink::Error, term.say("direkt", "direct")),
        "quasi-identifying" => term.ink(Ink::Warning, term.say("indirekt", "quasi-identifying")),
        "sensitive" => term.ink(Ink::Warning, term.say("känslig", "sensitive")),
        _ => term.say("inget", "none").to_owned(),
    };
    let rows: Vec<Vec<String>> = body
        .columns
        .iter()
        .map(|column| {
            let one = &column.finding;
            vec![
                cut(&safe(&column.name), 32),
                verdict(&one.verdict),
                one.kind.clone().unwrap_or_else(|| "–".into()),
                term.count(one.matches),
                format!("{} %", term.decimal(one.share * 100.0)),
                term.decimal(one.confidence * 100.0),
            ]
        })
        .collect();
    println!("{}", term.table(&heads, &[3, 4, 5], &rows));
    free_text(term, body);
    entities(term, body.entities.as_deref().unwrap_or_default());
    println!("{} {}", term.count(body.rows), term.say("rader", "rows"));
}

fn entities(term: &Term, found: &[fyr_curate::Mentions]) {
    if found.is_empty() {
        return;
    }
    let heads = match term.lang {
        fyr_model::Lang::Sv => ["omnämnt i kolumn", "slag", "träffar", "rader", "olika", "vanligast"],
        fyr_model::Lang::En => ["mentioned in column", "kind", "matches", "rows", "different", "most common"],
    };
    let kind = |kind: &str| match kind {
        "municipality" => term.say("kommun", "municipality"),
        "agency" => term.say("myndighet", "agency"),
        "law" => term.say("lag", "law"),
        _ => term.say("dag", "day"),
    };
    let row = |one: &fyr_curate::Mentions| {
        let codes: Vec<&str> = one.codes.iter().take(3).map(|code| code.code.as_str()).collect();
        vec![
            cut(&safe(&one.column), 32),
            kind(&one.kind).to_owned(),
            term.count(one.matches),
            term.count(one.rows),
            term.count(one.different),
            cut(&safe(&codes.join(", ")), 40),
        ]
    };
    let rows: Vec<Vec<String>> = found.iter().map(row).collect();
    println!("{}", term.table(&heads, &[2, 3, 4], &rows));
}

fn free_text(term: &Term, body: &ScanBody) {
    if body.free_text.is_empty() {
        return;
    }
    let heads = match term.lang {
        fyr_model::Lang::Sv => ["fritext i kolumn", "slag", "texter", "rader"],
        fyr_model::Lang::En => ["free text in column", "kind", "texts", "rows"],
    };
    let row = |one: &fyr_model::privacy::FreeTextFinding| {
        vec![
            cut(&safe(&one.column), 32),
            one.kind.clone(),
            term.count(one.matches),
            term.count(one.rows),
        ]
    };
    println!(
        "{}",
        term.table(&heads, &[2, 3], &body.free_text.iter().map(row).collect::<Vec<_>>())
    );
}
