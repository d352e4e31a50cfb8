//! Texts for people, always in Swedish and English, and texts from catalogues with the language tag they came with.

use serde::{Deserialize, Serialize};

/// A language that Fyr speaks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Lang {
    /// Swedish.
    #[default]
    Sv,
    /// English.
    En,
}

impl Lang {
    /// The tag of BCP 47.
    pub fn tag(self) -> &'static str {
        match self {
            Self::Sv => "sv",
            Self::En => "en",
        }
    }
    /// The other one.
    pub fn other(self) -> Self {
        match self {
            Self::Sv => Self::En,
            Self::En => Self::Sv,
        }
    }
    /// Reads a tag such as `sv`, `sv-SE` or `en_GB.UTF-8`.
    pub fn from_tag(tag: &str) -> Option<Self> {
        match tag.get(..2)?.to_ascii_lowercase().as_str() {
            "sv" => Some(Self::Sv),
            "en" => Some(Self::En),
            _ => None,
        }
    }
}

/// One text of ours in both languages; neither may be left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Text {
    /// Swedish.
    pub sv: String,
    /// English.
    pub en: String,
}

impl Text {
    /// A text in both languages.
    ///
    /// ```
    /// # use fyr_model::{Lang, Text};
    /// let text = Text::new("datamängd", "dataset");
    /// assert_eq!(text.get(Lang::Sv), "datamängd");
    /// ```
    pub fn new(sv: impl Into<String>, en: impl Into<String>) -> Self {
        Self {
            sv: sv.into(),
            en: en.into(),
        }
    }
    /// The text in one language.
    pub fn get(&self, lang: Lang) -> &str {
        match lang {
            Lang::Sv => &self.sv,
            Lang::En => &self.en,
        }
    }
}

/// A literal from a catalogue with its language tag, as harvested.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LangString {
    /// The text as harvested: hostile until escaped.
    pub value: String,
    /// The tag as harvested, lower-cased; `None` when the literal had none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lang: Option<String>,
}

/// The literals of one property, in a fixed order (by tag, then text).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LangStrings(pub Vec<LangString>);

impl LangStrings {
    /// The best text for a reader of `lang`, with the tag it carries: that language, then the other of ours, then untagged, then any.
    pub fn best(&self, lang: Lang) -> Option<&LangString> {
        let tagged = |tag: &str| {
            self.0
                .iter()
                .find(|text| text.lang.as_deref().is_some_and(|given| given.split('-').next() == Some(tag)))
        };
        tagged(lang.tag())
            .or_else(|| tagged(lang.other().tag()))
            .or_else(|| self.0.iter().find(|text| text.lang.is_none()))
            .or_else(|| self.0.first())
    }
    /// The best text without its tag, or nothing.
    pub fn text(&self, lang: Lang) -> &str {
        self.best(lang).map_or("", |text| text.value.as_str())
    }
    /// Whether a text in `lang` is present.
    pub fn has(&self, lang: Lang) -> bool {
        self.0
            .iter()
            .any(|text| text.lang.as_deref().and_then(Lang::from_tag) == Some(lang))
    }
    /// Whether there is no text at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    /// The texts in order.
    pub fn iter(&self) -> impl Iterator<Item = &LangString> {
        self.0.iter()
    }
}

impl From<&Text> for LangStrings {
    fn from(text: &Text) -> Self {
        let one = |lang: Lang| LangString {
            value: text.get(lang).to_owned(),
            lang: Some(lang.tag().into()),
        };
        Self(vec![one(Lang::En), one(Lang::Sv)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_gets_her_language_then_the_other_then_any() {
        let one = |value: &str, lang: Option<&str>| LangString {
            value: value.into(),
            lang: lang.map(Into::into),
        };
        let texts = LangStrings(vec![one("scuole", Some("it")), one("skolor", Some("sv-se")), one("x", None)]);
        assert_eq!(texts.text(Lang::Sv), "skolor");
        assert_eq!(texts.text(Lang::En), "skolor");
        assert_eq!(LangStrings(vec![one("scuole", Some("it")), one("x", None)]).text(Lang::Sv), "x");
        assert_eq!(LangStrings(vec![one("scuole", Some("it"))]).text(Lang::En), "scuole");
        assert_eq!(LangStrings::default().text(Lang::En), "");
    }
}
