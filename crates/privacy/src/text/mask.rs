//! Masking: the same text with a placeholder where something personal stood, readable as before.
//!
//! In: a text and its spans, and how to write what stands in their place. Out: the masked text and how many of each kind were masked. A
//! number behind the word follows the person within one record only; nothing can be followed from one record to the next (`privacy.md` 6.2).

use std::collections::BTreeMap;

use super::{Scanner, Span};
use crate::kind::Kind;

/// How placeholders are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Style {
    /// `[PERSON]`.
    #[default]
    Plain,
    /// `[PERSON_1]`: the same number for the same value in the same record.
    Numbered,
}

/// Masks the texts of one record.
#[derive(Debug)]
pub struct Masker {
    scanner: Scanner,
    style: Style,
    least: f32,
    /// What was seen in this record: the word, and each value with its number.
    seen: BTreeMap<&'static str, Vec<String>>,
    counts: BTreeMap<Kind, u64>,
}

impl Masker {
    /// A masker; spans less sure than `least` are left alone. Recall goes first: `0.0` masks everything that was found.
    pub fn new(scanner: Scanner, style: Style, least: f32) -> Self {
        Self {
            scanner,
            style,
            least,
            seen: BTreeMap::new(),
            counts: BTreeMap::new(),
        }
    }

    /// Begins the next record: numbers start again.
    pub fn next_record(&mut self) {
        self.seen.clear();
    }

    /// `text` with its personal data masked.
    ///
    /// ```
    /// # use fyr_privacy::text::{Scanner, mask::{Masker, Style}};
    /// let mut masker = Masker::new(Scanner::new("2026-11-22".parse().unwrap()), Style::Numbered, 0.0);
    /// let masked = masker.mask("Anna Svensson ringde. Annas nummer är 070-174 06 05.");
    /// assert_eq!(masked, "[PERSON_1] ringde. [PERSON_1]s nummer är [TELEFON_1].");
    /// ```
    pub fn mask(&mut self, text: &str) -> String {
        let spans: Vec<Span> = self
            .scanner
            .spans(text)
            .iter()
            .filter(|span| span.confidence >= self.least)
            .copied()
            .collect();
        let mut masked = String::with_capacity(text.len());
        let mut last = 0;
        for span in spans {
            masked.push_str(text.get(last..span.start).unwrap_or_default());
            let word = span.kind.placeholder();
            match self.style {
                Style::Plain => masked.push_str(&format!("[{word}]")),
                Style::Numbered => {
                    let number = self.number(word, text.get(span.start..span.end).unwrap_or_default(), span.kind);
                    masked.push_str(&format!("[{word}_{number}]"));
                }
            }
            *self.counts.entry(span.kind).or_default() += 1;
            last = span.end;
        }
        masked.push_str(text.get(last..).unwrap_or_default());
        masked
    }

    /// How many of each kind were masked since the beginning.
    pub fn counts(&self) -> &BTreeMap<Kind, u64> {
        &self.counts
    }

    /// The number of a value among those of its word in this record. A part of a name that was seen whole has the number of the whole.
    fn number(&mut self, word: &'static str, value: &str, kind: Kind) -> usize {
        let value = if kind.is_name() {
            value.to_lowercase()
        } else {
            value.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
        };
        let seen = self.seen.entry(word).or_default();
        let same = |known: &String| *known == value || (kind.is_name() && known.split(' ').any(|part| part == value));
        match seen.iter().position(same) {
            Some(place) => place + 1,
            None => {
                seen.push(value);
                seen.len()
            }
        }
    }
}
