//! Words of the annex of Regulation (EU) 2023/138: datasets that bear them may be high-value datasets that nobody has marked.
//!
//! A match is a question to the publisher, never a verdict: only whole words of titles and keywords count, and the words that matched are told.

use std::sync::LazyLock;

use fyr_model::{Dataset, LangStrings};
use serde::Deserialize;

use crate::packs::HVD_ANNEX;

#[derive(Default, Deserialize)]
struct Annex {
    theme: Vec<Theme>,
}

/// A theme of the annex with the words that it is known by.
#[derive(Deserialize)]
pub(super) struct Theme {
    pub(super) sv: String,
    pub(super) en: String,
    words: Vec<String>,
}

static ANNEX: LazyLock<Annex> = LazyLock::new(|| HVD_ANNEX.read());

/// The first theme that the title or keywords of a dataset name, with the words that matched.
pub(super) fn matching(dataset: &Dataset) -> Option<(&'static Theme, Vec<&'static str>)> {
    let spoken = format!(" {} {} ", words(&dataset.title), words(&dataset.keyword));
    let found = |theme: &'static Theme| {
        let named = theme.words.iter().filter(|word| spoken.contains(&format!(" {word} ")));
        (theme, named.map(String::as_str).collect::<Vec<_>>())
    };
    ANNEX.theme.iter().map(found).find(|(_, named)| !named.is_empty())
}

/// All words in lower case, one space between them.
fn words(texts: &LangStrings) -> String {
    let all: String = texts.iter().map(|one| one.value.to_lowercase() + " ").collect();
    let plain = all.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    plain.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use fyr_model::LangString;

    use super::*;

    #[test]
    fn whole_words_of_titles_and_keywords_match_and_parts_of_words_do_not() {
        let titled = |title: &str| {
            let mut dataset = Dataset::new("https://data.exempelby.example/d");
            dataset.title = LangStrings(vec![LangString {
                value: title.into(),
                lang: Some("sv".into()),
            }]);
            matching(&dataset).map(|(theme, words)| (theme.en.as_str(), words))
        };
        assert_eq!(titled("Adresser i Exempelby"), Some(("Addresses", vec!["adresser"])));
        assert_eq!(titled("Mätningar av luftkvalitet"), Some(("Air", vec!["luftkvalitet"])));
        assert_eq!(titled("E-postadresser till rektorer"), None);
        assert_eq!(titled("Träd i parker"), None);
    }

    #[test]
    fn the_annex_is_read_and_its_words_are_as_they_are_compared() {
        assert!(ANNEX.theme.len() > 20);
        for theme in &ANNEX.theme {
            assert!(!theme.sv.is_empty() && !theme.en.is_empty() && !theme.words.is_empty());
            for word in &theme.words {
                let plain = words(&LangStrings(vec![LangString {
                    value: word.clone(),
                    lang: None,
                }]));
                assert_eq!(&plain, word);
            }
        }
    }
}
