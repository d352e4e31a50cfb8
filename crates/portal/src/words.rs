//! Numbers, times and harvested texts as a page writes them.
//!
//! In: plain values and texts of unknown origin. Out: text for one language. Harvested text is never trusted: what could turn the direction
//! of a line or move a cursor is taken out here, markup is escaped by the templates (H51). This module knows no page.

use std::fmt;

use chrono::{DateTime, Datelike, Timelike, Utc};
use chrono_tz::Europe::Stockholm;
use fyr_model::{Lang, LangStrings};

/// Markup made by us, every foreign text in it escaped already.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Markup(pub String);

impl fmt::Display for Markup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl askama::filters::HtmlSafe for Markup {}

/// Escapes a text for HTML and SVG, in content and in attributes.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&#34;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// A foreign text without control characters and without the marks that turn the direction of a line (Unicode UAX #9); at most 20,000 characters.
pub fn clean(text: &str) -> String {
    text.chars()
        .filter(|c| !matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{061c}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'))
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(20_000)
        .collect()
}

/// An address that a page may link to: `http`, `https` or `mailto`, else nothing (H51).
pub fn link(address: &str) -> Option<String> {
    let lower = address.get(..8).unwrap_or(address).to_ascii_lowercase();
    let known = ["http://", "https://", "mailto:"].iter().any(|scheme| lower.starts_with(scheme));
    (known && !address.chars().any(|c| c.is_control() || c.is_whitespace())).then(|| clean(address))
}

/// The text of a harvested property for a reader of `lang`, isolated from the line around it and marked with its own language.
pub fn said(texts: &LangStrings, lang: Lang) -> Option<Markup> {
    let best = texts.best(lang)?;
    let text = clean(&best.value);
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    let tag = best
        .lang
        .as_deref()
        .filter(|tag| is_tag(tag) && tag.split('-').next() != Some(lang.tag()));
    let tag = tag.map(|tag| format!(" lang=\"{tag}\"")).unwrap_or_default();
    Some(Markup(format!("<bdi{tag}>{}</bdi>", escape(text))))
}

/// The same text without markup, for titles and attributes.
pub fn plain(texts: &LangStrings, lang: Lang) -> String {
    clean(texts.text(lang)).trim().to_owned()
}

fn is_tag(tag: &str) -> bool {
    (2..=35).contains(&tag.len()) && tag.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

/// A text cut at a word to about `most` characters.
pub fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let head: String = text.chars().take(most).collect();
    let end = head.rfind(' ').filter(|end| *end > most / 2).unwrap_or(head.len());
    format!("{}…", head.get(..end).unwrap_or(&head).trim_end_matches([',', '.', ' ', ';', ':']))
}

/// `18 412` or `18,412`.
pub fn count(lang: Lang, n: u64) -> String {
    let digits = n.to_string();
    let mark = if lang == Lang::Sv { '\u{a0}' } else { ',' };
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(mark);
        }
        out.push(digit);
    }
    out
}

/// A number with `decimals` decimals, in the writing of the language.
pub fn decimal(lang: Lang, value: f64, decimals: usize) -> String {
    let text = format!("{:.decimals$}", value.abs());
    let (whole, rest) = text.split_once('.').unwrap_or((&text, ""));
    let whole = whole.parse::<u64>().map(|n| count(lang, n)).unwrap_or_else(|_| whole.to_owned());
    let sign = if value < 0.0 && text.bytes().any(|b| (b'1'..=b'9').contains(&b)) {
        "\u{2212}"
    } else {
        ""
    };
    match (rest.is_empty(), lang) {
        (true, _) => format!("{sign}{whole}"),
        (false, Lang::Sv) => format!("{sign}{whole},{rest}"),
        (false, Lang::En) => format!("{sign}{whole}.{rest}"),
    }
}

/// A measured value: no more decimals than it needs, at most two.
pub fn value(lang: Lang, value: f64) -> String {
    let decimals = if (value - value.round()).abs() < 1e-9 {
        0
    } else if (value * 10.0 - (value * 10.0).round()).abs() < 1e-7 || value.abs() >= 100.0 {
        1
    } else {
        2
    };
    decimal(lang, value, decimals)
}

/// A score: one decimal.
pub fn score(lang: Lang, value: f64) -> String {
    decimal(lang, value, 1)
}

/// `91,7 %` or `91.7%`.
pub fn percent(lang: Lang, share: f64, decimals: usize) -> String {
    let number = decimal(lang, share * 100.0, decimals);
    if lang == Lang::Sv {
        format!("{number}\u{a0}%")
    } else {
        format!("{number}%")
    }
}

/// A size in bytes as people read it: 1 kB is 1,000 bytes.
pub fn bytes(lang: Lang, n: u64) -> String {
    let step = |unit: f64, name: &str| {
        let value = n as f64 / unit;
        format!("{}\u{a0}{name}", decimal(lang, value, usize::from(value < 9.95)))
    };
    match n {
        0..=999 => format!("{n}\u{a0}B"),
        1_000..=999_499 => step(1e3, "kB"),
        999_500..=999_499_999 => step(1e6, "MB"),
        _ => step(1e9, "GB"),
    }
}

const MONTHS: [(&str, &str); 12] = [
    ("januari", "January"),
    ("februari", "February"),
    ("mars", "March"),
    ("april", "April"),
    ("maj", "May"),
    ("juni", "June"),
    ("juli", "July"),
    ("augusti", "August"),
    ("september", "September"),
    ("oktober", "October"),
    ("november", "November"),
    ("december", "December"),
];

fn month(lang: Lang, number: u32) -> &'static str {
    let (sv, en) = MONTHS.get(number.saturating_sub(1) as usize).copied().unwrap_or(("", ""));
    if lang == Lang::Sv { sv } else { en }
}

/// `22 november 2026` in Swedish time.
pub fn day(lang: Lang, at: DateTime<Utc>) -> Markup {
    let local = at.with_timezone(&Stockholm);
    let text = format!("{} {} {}", local.day(), month(lang, local.month()), local.year());
    Markup(format!("<time datetime=\"{}\">{text}</time>", local.format("%Y-%m-%d")))
}

/// A moment of a day that is the same day in Sweden.
pub fn noon(day: chrono::NaiveDate) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + (day - DateTime::UNIX_EPOCH.date_naive()) + chrono::Duration::hours(12)
}

/// `22 november 2026 kl. 04.12` or `22 November 2026, 04:12` in Swedish time.
pub fn moment(lang: Lang, at: DateTime<Utc>) -> Markup {
    let local = at.with_timezone(&Stockholm);
    let date = format!("{} {} {}", local.day(), month(lang, local.month()), local.year());
    let text = match lang {
        Lang::Sv => format!("{date} kl.\u{a0}{:02}.{:02}", local.hour(), local.minute()),
        Lang::En => format!("{date}, {:02}:{:02}", local.hour(), local.minute()),
    };
    Markup(format!("<time datetime=\"{}\">{text}</time>", at.format("%Y-%m-%dT%H:%M:%SZ")))
}

/// `22 november` for charts.
pub fn short_day(lang: Lang, at: DateTime<Utc>) -> String {
    let local = at.with_timezone(&Stockholm);
    format!("{} {}", local.day(), month(lang, local.month()))
}

/// A date in a catalogue, as written: `2026-11-20T00:00:00` is shown as its day.
pub fn written_date(text: &str) -> String {
    let text = clean(text);
    match text.split_once('T') {
        Some((day, _)) if day.len() == 10 => day.to_owned(),
        _ => cut(text.trim(), 40),
    }
}

/// `ett tal av ett annat`: the end of a long name or IRI that tells siblings apart.
pub fn last_part(iri: &str) -> String {
    let trimmed = iri.trim_end_matches(['/', '#']);
    clean(trimmed.rsplit(['/', '#']).next().unwrap_or(trimmed))
}

/// A text for a query string.
pub fn encode(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use fyr_model::LangString;

    use super::*;

    #[test]
    fn numbers_are_written_as_each_language_writes_them() {
        assert_eq!(count(Lang::Sv, 18_412), "18\u{a0}412");
        assert_eq!(count(Lang::En, 1_018_412), "1,018,412");
        assert_eq!(count(Lang::En, 999), "999");
        assert_eq!(score(Lang::Sv, 82.0), "82,0");
        assert_eq!(percent(Lang::Sv, 0.917, 1), "91,7\u{a0}%");
        assert_eq!(percent(Lang::En, 0.917, 1), "91.7%");
        assert_eq!(decimal(Lang::Sv, -0.04, 1), "0,0");
        assert_eq!(decimal(Lang::Sv, -1.5, 1), "\u{2212}1,5");
        assert_eq!(value(Lang::En, 9.5), "9.5");
        assert_eq!(value(Lang::Sv, 612.0), "612");
        assert_eq!(bytes(Lang::Sv, 1_300_000), "1,3\u{a0}MB");
        assert_eq!(bytes(Lang::En, 18_000), "18\u{a0}kB");
    }

    #[test]
    fn times_are_swedish_and_carry_the_machine_form() {
        let at = DateTime::parse_from_rfc3339("2026-11-22T03:12:31Z").unwrap().with_timezone(&Utc);
        assert_eq!(
            moment(Lang::Sv, at).0,
            "<time datetime=\"2026-11-22T03:12:31Z\">22 november 2026 kl.\u{a0}04.12</time>"
        );
        assert!(moment(Lang::En, at).0.contains("22 November 2026, 04:12"));
    }

    #[test]
    fn h51_direction_marks_controls_and_markup_never_reach_a_page() {
        assert_eq!(clean("a\u{202e}b\u{2066}c\u{1b}[31md"), "abc [31md");
        assert_eq!(clean("Träd i parker"), "Träd i parker");
        let hostile = LangStrings(vec![LangString {
            value: "<script>\u{202e}\"'&".into(),
            lang: Some("\" onload=".into()),
        }]);
        assert_eq!(said(&hostile, Lang::Sv).unwrap().0, "<bdi>&lt;script&gt;&#34;&#39;&amp;</bdi>");
    }

    #[test]
    fn h51_only_web_and_mail_addresses_become_links() {
        assert!(link("https://data.exempelby.example/a?b=c").is_some());
        assert!(link("mailto:oppnadata@exempelby.example").is_some());
        for given in ["javascript:alert(1)", "data:text/html,x", "file:///etc", "//x", "http://a b", ""] {
            assert!(link(given).is_none(), "{given}");
        }
    }

    #[test]
    fn a_text_in_another_language_says_which() {
        let texts = LangStrings(vec![LangString {
            value: "Trees".into(),
            lang: Some("en".into()),
        }]);
        assert_eq!(said(&texts, Lang::Sv).unwrap().0, "<bdi lang=\"en\">Trees</bdi>");
        assert_eq!(said(&texts, Lang::En).unwrap().0, "<bdi>Trees</bdi>");
    }
}
