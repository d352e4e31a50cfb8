//! What a value is called on one level of a hierarchy, said without having seen any other value.
//!
//! In: a built-in name or the text of a hierarchy file, and a level. Out: the label of any single value, or none. Hierarchies whose bands follow
//! the data are refused: under differential privacy even where a band begins would be told of somebody.

use std::collections::HashMap;

use fyr_model::finding::Refusal;
use fyr_model::text::Text;

use super::{built_in, file, refusal};

/// One level of a hierarchy.
#[derive(Debug)]
pub(crate) enum PublicLevel {
    /// The value as it stands.
    Itself,
    /// By the rows of a file.
    File(HashMap<String, String>),
    /// By a built-in rule; the level counts from the first above the value.
    Rule(String, usize),
}

impl PublicLevel {
    /// # Errors
    /// `dp-level` for a column without a hierarchy, one that follows the data, or a level beyond its height; `hierarchy-*` for a faulty file.
    pub(crate) fn of(column: &str, word: Option<&str>, text: Option<&str>, level: usize) -> Result<Self, Refusal> {
        let Some(above) = level.checked_sub(1) else {
            return Ok(Self::Itself);
        };
        let beyond = |height: usize| {
            refusal(
                "dp-level",
                column,
                format!("nivå {level} finns inte: värdet självt är nivå 0, den högsta är {height}"),
                format!("there is no level {level}: the value itself is level 0, the highest is {height}"),
            )
        };
        if let Some(text) = text {
            let (height, labels) = file::level(column, text, above)?;
            return labels.map(Self::File).ok_or_else(|| beyond(height));
        }
        let word = word.unwrap_or_default();
        match built_in::height_by_itself(word) {
            Some(height) if above < height => Ok(Self::Rule(word.to_owned(), above)),
            Some(height) => Err(beyond(height)),
            None => Err(refusal(
                "dp-level",
                column,
                "under dp måste nivån följa av värdet självt, aldrig av andra rader".into(),
                "under dp the level must follow from the value itself, never from other rows".into(),
            )
            .hint(Text::new(
                "ange en hierarkifil, eller age, date, municipality, deso, regso, postcode, sni eller ssyk",
                "state a hierarchy file, or age, date, municipality, deso, regso, postcode, sni or ssyk",
            ))),
        }
    }

    /// The label of a value; none where the hierarchy does not know it.
    pub(crate) fn label(&self, value: &str) -> Option<String> {
        match self {
            Self::Itself => Some(value.to_owned()),
            Self::File(labels) => labels.get(value).or_else(|| labels.get(&file::plain(value))).cloned(),
            Self::Rule(word, level) => built_in::above_by_itself(word, value)?.into_iter().nth(*level),
        }
    }
}
