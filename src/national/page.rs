//! A report as one page: a single file without script, fonts or addresses of others, in the look of the other reports.
//!
//! On a wide screen a table; every row also has its labels, so that on a narrow one it reads as a card. Everything of a catalogue is written escaped.

use std::fmt::Write as _;

use super::head::{Column, Head};
use super::table::Value;
use crate::page::text;
use crate::term::{Term, cut};

const STYLE: &str = concat!(include_str!("../report/base.css"), include_str!("page.css"));
/// Rows of a page; the files beside it have all.
const ROWS: usize = 2_000;
const LOGO: &str = "<svg class=\"logo\" viewBox=\"0 0 32 32\" width=\"32\" height=\"32\" aria-hidden=\"true\"><path class=\"lit\" d=\"M16 16L22.6 3.6A14 14 0 0 1 28.4 22.6Z\"/>\
    <circle class=\"ring\" cx=\"16\" cy=\"16\" r=\"14\"/><circle class=\"lamp\" cx=\"16\" cy=\"16\" r=\"4\"/></svg>";

/// The whole page; `files` are the names of the same report in other forms, beside it.
pub fn page(term: &Term, name: &str, head: &Head, rows: &[Vec<Value>], files: &[String]) -> String {
    let mut page = String::with_capacity(64 << 10);
    let now = chrono::Utc::now();
    // Writing to a String cannot fail.
    let _ = write!(
        page,
        "<!DOCTYPE html><html lang=\"{}\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"referrer\" content=\"no-referrer\"><meta name=\"color-scheme\" content=\"light dark\"><title>{title}</title><style>{STYLE}</style></head>\
         <body><a class=\"skip\" href=\"#rows\">{}</a><header>{LOGO}<p><b>Fyr</b> <code>fyr report {name}</code> <time datetime=\"{}\">{} UTC</time></p></header>\
         <main><p class=\"kind\">{}</p><h1>{title}</h1><p class=\"about\">{}</p>",
        term.say("sv", "en"),
        term.say("Till raderna", "To the rows"),
        now.format("%Y-%m-%dT%H:%M:%SZ"),
        now.format("%Y-%m-%d %H:%M"),
        term.say("Nationell rapport", "National report"),
        text(head.about.get(term.lang)),
        title = text(head.title.get(term.lang)),
    );
    facts(term, head, rows, &mut page);
    others(term, files, &mut page);
    table(term, head, rows, &mut page);
    let _ = write!(
        page,
        "</main><footer><p>Fyr {} · {}: {}</p></footer></body></html>",
        env!("CARGO_PKG_VERSION"),
        term.say("Källa", "Source"),
        text(&head.source)
    );
    page
}

/// How many rows there are, and how many have gaps.
fn facts(term: &Term, head: &Head, rows: &[Vec<Value>], page: &mut String) {
    let mut facts = vec![(rows.len(), term.say("rader", "rows"))];
    if let Some(place) = head.columns.iter().position(|column| column.name == "gaps") {
        let open = rows
            .iter()
            .filter(|row| row.get(place).is_some_and(|value| *value != Value::None))
            .count();
        facts.push((open, term.say("med luckor", "with gaps")));
        facts.push((rows.len() - open, term.say("utan luckor", "without gaps")));
    }
    page.push_str("<ul class=\"facts\">");
    for (count, word) in facts {
        let _ = write!(page, "<li><b>{}</b> {word}</li>", term.count(count as u64));
    }
    page.push_str("</ul>");
}

fn others(term: &Term, files: &[String], page: &mut String) {
    if files.is_empty() {
        return;
    }
    let _ = write!(page, "<p>{} ", term.say("Samma rapport som", "The same report as"));
    for (place, file) in files.iter().enumerate() {
        let _ = write!(page, "{}<a href=\"{1}\">{1}</a>", if place == 0 { "" } else { ", " }, text(file));
    }
    page.push_str(".</p>");
}

/// A column that those who read a language see.
pub struct Shown<'h> {
    pub column: &'h Column,
    /// Its values are numbers, and one that is missing is a missing number.
    pub number: bool,
    place: usize,
    /// The column that says the same in Swedish, for a text that nobody has translated.
    swedish: Option<usize>,
}

/// A value, and whether it stands in Swedish for readers of English.
pub struct Told<'r> {
    value: &'r Value,
    swedish: bool,
}

impl Shown<'_> {
    fn is_title(&self) -> bool {
        self.column.name.starts_with("title")
    }

    /// What a row says here.
    pub fn value<'r>(&self, row: &'r [Value]) -> Told<'r> {
        let of = |place: usize| row.get(place).unwrap_or(&Value::None);
        match (of(self.place), self.swedish) {
            (Value::None, Some(place)) => Told {
                value: of(place),
                swedish: *of(place) != Value::None,
            },
            (value, _) => Told { value, swedish: false },
        }
    }
}

/// The columns that those who read a language see.
pub fn columns<'h>(term: &Term, head: &'h Head, rows: &[Vec<Value>]) -> Vec<Shown<'h>> {
    let place = |name: &str| head.columns.iter().position(|column| column.name == name);
    let numeric = |place: usize| {
        let mut values = rows.iter().filter_map(|row| row.get(place));
        values.any(|value| matches!(value, Value::Whole(_) | Value::Number(_)))
    };
    let known = head.columns.iter().enumerate().filter(|(_, column)| column.is_for(term.lang));
    let shown = known.map(|(at, column)| Shown {
        column,
        number: numeric(at),
        place: at,
        swedish: column.name.strip_suffix("_en").and_then(|stem| place(&format!("{stem}_sv"))),
    });
    shown.collect()
}

fn table(term: &Term, head: &Head, rows: &[Vec<Value>], page: &mut String) {
    let mut shown = columns(term, head, rows);
    let subject = subject(&mut shown);
    let title = text(head.title.get(term.lang));
    let _ = write!(
        page,
        "<div class=\"wide\" id=\"rows\" tabindex=\"0\" role=\"region\" aria-label=\"{title}\"><table><caption>{title}</caption><thead><tr>"
    );
    let class = |one: &Shown<'_>| match one.column.name.as_str() {
        "gaps" => " class=\"gaps\"",
        _ if one.number => " class=\"number\"",
        _ => "",
    };
    for one in &shown {
        let _ = write!(page, "<th scope=\"col\"{}>{}</th>", class(one), label(term, one.column));
    }
    page.push_str("</tr></thead><tbody>");
    for row in rows.iter().take(ROWS) {
        page.push_str("<tr>");
        for one in &shown {
            let told = one.value(row);
            let lang = if told.swedish { " lang=\"sv\"" } else { "" };
            let (class, label) = (class(one), label(term, one.column));
            let words = match subject.and_then(|place| row.get(place)) {
                Some(Value::Text(iri)) if one.is_title() => named(term, one.column, &told, iri),
                _ => cell(term, one.column, &told),
            };
            let _ = write!(page, "<td{class}{lang} data-label=\"{label}\">{words}</td>");
        }
        page.push_str("</tr>");
    }
    page.push_str("</tbody></table></div>");
    if rows.is_empty() {
        let _ = write!(page, "<p>{}</p>", term.say("Inget att visa.", "Nothing to show."));
    }
    if rows.len() > ROWS {
        let more = term.say("rader till finns i filerna bredvid", "more rows are in the files beside");
        let _ = write!(page, "<p class=\"soft\">{} {more}</p>", term.count((rows.len() - ROWS) as u64));
    }
}

/// Takes away the column of the addresses that the rows are about where titles can carry them, and gives its place.
fn subject(shown: &mut Vec<Shown<'_>>) -> Option<usize> {
    let place = shown
        .first()
        .filter(|one| ["dataset", "service"].contains(&one.column.name.as_str()))?
        .place;
    shown.iter().any(Shown::is_title).then(|| shown.remove(0))?;
    Some(place)
}

/// A title that leads to what it names; what has none is called by its address.
fn named(term: &Term, column: &Column, title: &Told<'_>, iri: &str) -> String {
    let words = match title.value {
        Value::None => text(&cut(iri, 60)),
        _ => text(&said(term, column, title)),
    };
    match iri.starts_with("https://") || iri.starts_with("http://") {
        true => format!("<a href=\"{}\" rel=\"noreferrer\">{words}</a>", text(iri)),
        false => words,
    }
}

/// The label before its list of words.
fn label(term: &Term, column: &Column) -> String {
    let whole = column.label.get(term.lang);
    text(whole.split(": ").next().unwrap_or(whole))
}

/// A value as people read it: a word of ours in their language, a link to what one may follow.
fn cell(term: &Term, column: &Column, told: &Told<'_>) -> String {
    match told.value {
        Value::Text(written) if column.name == "gaps" => {
            let tags = written
                .split(' ')
                .map(|gap| format!("<span class=\"tag\">{}</span>", text(&word(term, gap))));
            tags.collect::<Vec<_>>().join(" ")
        }
        Value::Text(iri) if iri.starts_with("https://") || iri.starts_with("http://") => {
            format!("<a href=\"{}\" rel=\"noreferrer\">{}</a>", text(iri), text(&cut(iri, 60)))
        }
        _ => text(&said(term, column, told)),
    }
}

/// A value as text.
pub fn said(term: &Term, column: &Column, told: &Told<'_>) -> String {
    match told.value {
        Value::None => column.empty.as_ref().map_or("–", |empty| empty.get(term.lang)).to_owned(),
        Value::Flag(true) => term.say("ja", "yes").to_owned(),
        Value::Flag(false) => term.say("nej", "no").to_owned(),
        Value::Whole(count) => u64::try_from(*count).map_or_else(|_| count.to_string(), |count| term.count(count)),
        Value::Number(number) => term.decimal(*number),
        Value::Text(written) if ["status", "principle", "answers"].contains(&column.name.as_str()) => word(term, written),
        Value::Text(written) if column.name == "gaps" => written.split(' ').map(|gap| word(term, gap)).collect::<Vec<_>>().join(", "),
        Value::Text(written) => written.clone(),
    }
}

/// Words of the reports in both languages; any other stands as it is.
fn word(term: &Term, written: &str) -> String {
    const WORDS: [(&str, &str, &str); 33] = [
        ("marked", "märkt", "marked"),
        ("unmarked", "omärkt", "unmarked"),
        ("mark", "märkning", "marking"),
        ("legislation", "lagstiftning", "legislation"),
        ("category", "kategori", "category"),
        ("distribution", "distribution", "distribution"),
        ("licence", "licens", "licence"),
        ("bulk", "nedladdning", "bulk download"),
        ("api", "API", "API"),
        ("contact", "kontakt", "contact"),
        ("documentation", "dokumentation", "documentation"),
        ("description", "beskrivning", "description"),
        ("document", "API-beskrivning", "API description"),
        ("openapi", "ogiltig OpenAPI", "invalid OpenAPI"),
        ("terms", "villkor", "terms"),
        ("https", "HTTPS", "HTTPS"),
        ("version", "version i adressen", "version in the address"),
        ("profile", "REST API-profilen", "REST API profile"),
        ("answer", "svarar inte", "does not answer"),
        ("open-licence", "Öppen standardlicens", "Open standard licence"),
        ("free", "Avgiftsfritt", "Free of charge"),
        ("no-registration", "Utan registrering", "Without registration"),
        ("described", "Beskrivet", "Described"),
        ("user-need", "Efter användarnas behov", "By the users' needs"),
        ("current", "Aktuellt och fullständigt", "Current and complete"),
        (
            "machine-readable",
            "Maskinläsbart med beständiga identifierare",
            "Machine-readable with lasting identifiers",
        ),
        ("documented", "Dokumenterat", "Documented"),
        ("feedback", "Återkoppling", "Feedback"),
        ("alive", "svarar", "alive"),
        ("gone", "borta", "gone"),
        ("refused", "nekar", "refused"),
        ("throttled", "bromsar", "throttled"),
        ("unreachable", "nås inte", "unreachable"),
    ];
    let known = WORDS.iter().find(|(word, ..)| *word == written);
    known.map_or_else(|| written.to_owned(), |(_, sv, en)| term.say(sv, en).to_owned())
}
