//! Language tags of BCP 47 from what catalogues write, and texts as JSON-LD and Markdown want them.

use std::collections::BTreeMap;

use fyr_model::{Lang, LangStrings};
use serde_json::{Value, json};

/// Three letters of ISO 639-3, as the EU's language table ends, and two of ISO 639-1.
const CODES: &[(&str, &str)] = &[
    ("swe", "sv"),
    ("eng", "en"),
    ("fin", "fi"),
    ("nor", "no"),
    ("nob", "nb"),
    ("nno", "nn"),
    ("dan", "da"),
    ("isl", "is"),
    ("deu", "de"),
    ("fra", "fr"),
    ("ita", "it"),
    ("spa", "es"),
    ("por", "pt"),
    ("nld", "nl"),
    ("pol", "pl"),
    ("est", "et"),
    ("lav", "lv"),
    ("lit", "lt"),
    ("sme", "se"),
];

/// Tags for language IRIs (`…/language/SWE`, `http://www.lexvo.org/id/iso639-3/swe`, …) or plain codes; `und` when none is stated.
pub(crate) fn tags(stated: &[String]) -> Vec<String> {
    let mut tags: Vec<String> = stated
        .iter()
        .filter_map(|text| {
            let code = text.trim_end_matches('/').rsplit(['/', '#']).next()?.to_ascii_lowercase();
            let short = CODES.iter().find(|(three, _)| *three == code).map(|(_, two)| (*two).to_owned());
            short
                .or_else(|| (2..=8).contains(&code.len()).then_some(code))
                .filter(|code| code.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'))
        })
        .collect();
    tags.sort();
    tags.dedup();
    if tags.is_empty() {
        tags.push("und".into());
    }
    tags
}

/// A text property in the one form that mlcroissant 1.1.1 and the specification both read: a list of `@value`/`@language` objects, one per
/// language; a text without a tag stands alone, since a mixture is read as neither. `fallback` when there is no text.
pub(crate) fn json_ld(texts: &LangStrings, fallback: &str) -> Value {
    let mut by_tag: BTreeMap<&str, &str> = BTreeMap::new();
    for text in texts.iter().filter(|text| !text.value.trim().is_empty()) {
        if let Some(tag) = text.lang.as_deref().filter(|tag| plausible(tag)) {
            by_tag.entry(tag).or_insert(&text.value);
        }
    }
    if by_tag.is_empty() {
        let untagged = texts.iter().map(|text| text.value.as_str()).find(|text| !text.trim().is_empty());
        return json!([{ "@value": untagged.unwrap_or(fallback) }]);
    }
    by_tag
        .into_iter()
        .map(|(tag, value)| json!({ "@value": value, "@language": tag }))
        .collect()
}

/// A harvested tag that a JSON-LD reader accepts.
fn plausible(tag: &str) -> bool {
    let mut parts = tag.split('-');
    let first = parts
        .next()
        .is_some_and(|part| (2..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphabetic()));
    first && parts.all(|part| (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric()))
}

/// Harvested text as plain words in Markdown: no mark-up, no HTML, no control or direction characters (H51); blanks and line ends become one blank.
pub(crate) fn markdown(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {}
            c if c.is_control() || c.is_whitespace() => {
                if !out.ends_with(' ') && !out.is_empty() {
                    out.push(' ');
                }
            }
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '#' | '|' | '{' | '}' | '~' | '!' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out.trim_end().to_owned()
}

/// The best text for a reader, as plain words.
pub(crate) fn plain(texts: &LangStrings, lang: Lang) -> String {
    markdown(texts.text(lang))
}

#[cfg(test)]
mod tests {
    use fyr_model::LangString;

    use super::*;

    fn texts(given: &[(&str, Option<&str>)]) -> LangStrings {
        LangStrings(
            given
                .iter()
                .map(|(value, lang)| LangString {
                    value: (*value).into(),
                    lang: lang.map(Into::into),
                })
                .collect(),
        )
    }

    #[test]
    fn languages_are_read_from_what_catalogues_write() {
        for (given, expected) in [
            ("http://publications.europa.eu/resource/authority/language/SWE", "sv"),
            ("http://www.lexvo.org/id/iso639-3/eng", "en"),
            ("sv", "sv"),
            ("http://id.loc.gov/vocabulary/iso639-1/fi/", "fi"),
        ] {
            assert_eq!(tags(&[given.to_owned()]), [expected]);
        }
        assert_eq!(tags(&[]), ["und"]);
        assert_eq!(tags(&["https://example.org/<script>".into()]), ["und"]);
    }

    #[test]
    fn tagged_and_untagged_texts_are_never_mixed() {
        let both = texts(&[("Träd", Some("sv")), ("Trees", Some("en")), ("x", None), ("Trädd", Some("sv"))]);
        assert_eq!(
            json_ld(&both, ""),
            json!([{"@value": "Trees", "@language": "en"}, {"@value": "Träd", "@language": "sv"}])
        );
        assert_eq!(json_ld(&texts(&[("Polls", None)]), ""), json!([{"@value": "Polls"}]));
        assert_eq!(json_ld(&texts(&[]), "polls"), json!([{"@value": "polls"}]));
        assert_eq!(json_ld(&texts(&[("Träd", Some("not a tag"))]), ""), json!([{"@value": "Träd"}]));
    }

    #[test]
    fn h51_markup_in_metadata_is_carried_as_words() {
        assert_eq!(
            markdown("<b>x</b> [a](javascript:1)\n# y"),
            "&lt;b&gt;x&lt;/b&gt; \\[a\\](javascript:1) \\# y"
        );
        assert_eq!(markdown("a\u{202e}b\u{7}c"), "ab c");
        assert_eq!(markdown("Träd i Exempelby, 2026"), "Träd i Exempelby, 2026");
    }
}
