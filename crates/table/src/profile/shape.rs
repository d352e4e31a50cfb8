//! What texts look like: length, kinds of letters, shape patterns, stray blanks, signs of a wrong encoding, language.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::counts::Counts;
use super::hash::bytes128;
use super::texts::Texts;

/// Longer texts are prose; their pattern would be a text of its own.
const PATTERN_MAX: usize = 32;
/// Patterns kept when there are too many, and how many are gathered before that.
const PATTERNS_KEPT: usize = 1_000;
const PATTERNS_MAX: usize = 4_000;
/// Words from which a text is asked for its language.
const WORDS_MIN: usize = 4;

/// Frequent words that the other language does not have: the closed classes of each, written down for this purpose.
const SWEDISH: [&str; 26] = [
    "och", "att", "det", "som", "en", "ett", "på", "är", "av", "för", "med", "till", "den", "har", "inte", "om", "från", "eller", "kan",
    "ska", "vid", "till", "efter", "också", "mellan", "samt",
];
const ENGLISH: [&str; 24] = [
    "the", "of", "and", "to", "is", "that", "it", "as", "was", "with", "be", "by", "not", "are", "this", "or", "an", "which", "from",
    "have", "has", "were", "their", "will",
];

/// Kinds of letters.
const CLASSES: [&str; 4] = ["digits", "letters", "letters-and-digits", "other"];
/// Languages told apart.
const LANGUAGES: [&str; 3] = ["sv", "en", "other"];

/// What is known of the texts of a column. Every figure is a sum, so parts merge.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Shapes {
    /// Rows by length in characters; nothing once too many lengths differ.
    pub(crate) lengths: Counts<i64>,
    pub(crate) length_sum: u64,
    pub(crate) length_max: u64,
    /// Rows by kind of letters, as [`CLASSES`] names them.
    classes: [u64; 4],
    /// Rows by pattern; lower bounds by at most `patterns_lost`.
    pub(crate) patterns: BTreeMap<String, u64>,
    /// Patterns on their way there.
    #[serde(skip, default = "gathering")]
    gathered: Texts,
    pub(crate) patterns_lost: u64,
    pub(crate) not_ascii: u64,
    pub(crate) leading: u64,
    pub(crate) trailing: u64,
    pub(crate) control: u64,
    pub(crate) mojibake: u64,
    /// Rows with four words or more, by language, as [`LANGUAGES`] names them.
    languages: [u64; 3],
}

impl Default for Shapes {
    fn default() -> Self {
        Self {
            lengths: Counts::default(),
            length_sum: 0,
            length_max: 0,
            classes: [0; 4],
            patterns: BTreeMap::new(),
            gathered: gathering(),
            patterns_lost: 0,
            not_ascii: 0,
            leading: 0,
            trailing: 0,
            control: 0,
            mojibake: 0,
            languages: [0; 3],
        }
    }
}

fn gathering() -> Texts {
    Texts::bounded(1_024, 64 << 10)
}

#[derive(Default)]
struct Letters {
    count: u64,
    digits: bool,
    letters: bool,
    other: bool,
    wide: bool,
    control: bool,
    words: usize,
}

impl Shapes {
    /// Looks at a text that stands so many times; the empty one is counted elsewhere.
    pub(crate) fn look(&mut self, text: &str, count: u64, pattern: &mut String) {
        if text.is_empty() {
            return;
        }
        let letters = letters(text, pattern);
        // A bound of 100,000 lengths is beyond what a cell can hold but for the hostile; the sum and the maximum stay right.
        self.lengths.add(letters.count.cast_signed(), count);
        self.length_sum += letters.count * count;
        self.length_max = self.length_max.max(letters.count);
        let class = match (letters.digits, letters.letters, letters.other) {
            (true, false, false) => 0,
            (false, true, false) => 1,
            (true, true, false) => 2,
            _ => 3,
        };
        if let Some(own) = self.classes.get_mut(class) {
            *own += count;
        }
        let counted = |yes: bool| if yes { count } else { 0 };
        self.not_ascii += counted(letters.wide);
        self.leading += counted(text.starts_with(char::is_whitespace));
        self.trailing += counted(text.ends_with(char::is_whitespace));
        self.control += counted(letters.control);
        self.mojibake += counted(letters.wide && is_mojibake(text));
        if letters.count <= PATTERN_MAX as u64 {
            let hash = bytes128(pattern.as_bytes());
            if !self.gathered.add(pattern, hash, count) {
                self.settle();
                self.gathered.add(pattern, hash, count);
            }
        }
        if letters.words >= WORDS_MIN
            && let Some(own) = self.languages.get_mut(language(text))
        {
            *own += count;
        }
    }
    /// Counts the patterns that are still gathered.
    pub(crate) fn settle(&mut self) {
        for (pattern, _, count) in self.gathered.iter() {
            raise(&mut self.patterns, pattern, count);
        }
        self.gathered.clear();
        self.trim(PATTERNS_MAX);
    }
    /// Rows by kind of letters.
    pub(crate) fn classes(&self) -> Vec<(&'static str, u64)> {
        CLASSES.into_iter().zip(self.classes).filter(|class| class.1 > 0).collect()
    }
    /// Rows with four words or more, by language.
    pub(crate) fn languages(&self) -> Vec<(&'static str, u64)> {
        LANGUAGES
            .into_iter()
            .zip(self.languages)
            .filter(|language| language.1 > 0)
            .collect()
    }
    /// Lowers all pattern counts by the first that finds no place (as in [`super::heavy`]).
    fn trim(&mut self, most: usize) {
        if self.patterns.len() <= most {
            return;
        }
        let mut counts: Vec<u64> = self.patterns.values().copied().collect();
        let threshold = *counts.select_nth_unstable_by(PATTERNS_KEPT, |a, b| b.cmp(a)).1;
        self.patterns_lost += threshold;
        self.patterns.retain(|_, count| {
            *count = count.saturating_sub(threshold);
            *count > 0
        });
    }
    pub(crate) fn merge(&mut self, other: &Self) {
        for (length, count) in other.lengths.sorted() {
            self.lengths.add(length, count);
        }
        self.length_sum += other.length_sum;
        self.length_max = self.length_max.max(other.length_max);
        self.settle();
        for (pattern, count) in &other.patterns {
            raise(&mut self.patterns, pattern, *count);
        }
        for (own, new) in self
            .classes
            .iter_mut()
            .zip(other.classes)
            .chain(self.languages.iter_mut().zip(other.languages))
        {
            *own += new;
        }
        self.patterns_lost += other.patterns_lost;
        self.trim(PATTERNS_MAX);
        self.not_ascii += other.not_ascii;
        self.leading += other.leading;
        self.trailing += other.trailing;
        self.control += other.control;
        self.mojibake += other.mojibake;
    }
}

fn raise(counts: &mut BTreeMap<String, u64>, name: &str, by: u64) {
    match counts.get_mut(name) {
        Some(count) => *count += by,
        None => {
            counts.insert(name.to_owned(), by);
        }
    }
}

/// What stands in a text, and its pattern: `9` for a digit, `A` and `a` for letters, anything else as it is.
fn letters(text: &str, pattern: &mut String) -> Letters {
    pattern.clear();
    if text.is_ascii() {
        return ascii(text.as_bytes(), pattern);
    }
    let mut found = Letters {
        wide: true,
        ..Letters::default()
    };
    let mut in_word = false;
    for letter in text.chars() {
        let blank = letter.is_whitespace();
        found.words += usize::from(!blank && !in_word);
        in_word = !blank;
        let shape = if letter.is_numeric() {
            found.digits = true;
            '9'
        } else if letter.is_alphabetic() {
            found.letters = true;
            if letter.is_uppercase() { 'A' } else { 'a' }
        } else {
            found.other = true;
            found.control |= letter.is_control();
            if letter.is_control() { '?' } else { letter }
        };
        found.count += 1;
        if found.count <= PATTERN_MAX as u64 {
            pattern.push(shape);
        }
    }
    found
}

/// The same for texts of ASCII alone, which most are.
fn ascii(bytes: &[u8], pattern: &mut String) -> Letters {
    let mut found = Letters {
        count: bytes.len() as u64,
        ..Letters::default()
    };
    let mut in_word = false;
    for byte in bytes {
        let blank = byte.is_ascii_whitespace() || *byte == 0x0b;
        found.words += usize::from(!blank && !in_word);
        in_word = !blank;
        found.digits |= byte.is_ascii_digit();
        found.letters |= byte.is_ascii_alphabetic();
        found.other |= !byte.is_ascii_alphanumeric();
        found.control |= byte.is_ascii_control();
    }
    if bytes.len() <= PATTERN_MAX {
        let mut shapes = [0u8; PATTERN_MAX];
        for (shape, byte) in shapes.iter_mut().zip(bytes) {
            *shape = match byte {
                b'0'..=b'9' => b'9',
                b'A'..=b'Z' => b'A',
                b'a'..=b'z' => b'a',
                0..=31 | 127 => b'?',
                other => *other,
            };
        }
        pattern.push_str(
            shapes
                .get(..bytes.len())
                .and_then(|shapes| std::str::from_utf8(shapes).ok())
                .unwrap_or_default(),
        );
    }
    found
}

/// UTF-8 that was read as windows-1252 (`Ã¥`, `Â `, `â€`), or the mark of lost letters.
fn is_mojibake(text: &str) -> bool {
    let mut last = ' ';
    text.chars().any(|letter| {
        let second = matches!(last, 'Ã' | 'Â') && matches!(letter, '\u{80}'..='\u{bf}' | '€' | '…' | '†' | '„' | '–' | '˜');
        let third = last == 'â' && letter == '€';
        last = letter;
        second || third || letter == '\u{fffd}'
    })
}

/// The language of a text by its stop words, as a place in [`LANGUAGES`]: the third where neither has more.
fn language(text: &str) -> usize {
    let (mut swedish, mut english) = (0u32, 0u32);
    for word in text.split(|letter: char| !letter.is_alphabetic()).filter(|word| !word.is_empty()) {
        let word = word.to_lowercase();
        swedish += u32::from(SWEDISH.contains(&word.as_str()));
        english += u32::from(ENGLISH.contains(&word.as_str()));
    }
    match swedish.cmp(&english) {
        std::cmp::Ordering::Greater => 0,
        std::cmp::Ordering::Less => 1,
        std::cmp::Ordering::Equal => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(texts: &[&str]) -> Shapes {
        let mut shapes = Shapes::default();
        texts.iter().for_each(|text| shapes.look(text, 1, &mut String::new()));
        shapes.settle();
        shapes
    }

    #[test]
    fn patterns_classes_and_blanks_are_counted() {
        let found = look(&["ABC 123", "DEF 456", "0180", " x", "y ", "Å1", "a\u{7}"]);
        assert_eq!((found.patterns["AAA 999"], found.patterns["9999"], found.patterns["A9"]), (2, 1, 1));
        assert_eq!(found.classes(), [("digits", 1), ("letters-and-digits", 1), ("other", 5)]);
        assert_eq!((found.leading, found.trailing, found.control, found.not_ascii), (1, 1, 1, 1));
        assert_eq!((found.length_sum, found.length_max), (7 + 7 + 4 + 2 + 2 + 2 + 2, 7));
    }

    #[test]
    fn a_wrong_encoding_shows_and_honest_letters_do_not() {
        assert_eq!(
            look(&[
                "rÃ¤ksmÃ¶rgÃ¥s",
                "Ã…re",
                "pris â€“ kr",
                "SÃO",
                "Ângström",
                "Räksmörgås",
                "bl\u{fffd}"
            ])
            .mojibake,
            4
        );
    }

    #[test]
    fn language_is_told_by_stop_words() {
        let found = look(&[
            "Beslutet om bidrag till den lokala föreningen",
            "The decision of the board was to wait",
            "Alfa beta gamma delta",
            "och att",
        ]);
        assert_eq!(found.languages(), [("sv", 1), ("en", 1), ("other", 1)]);
    }

    #[test]
    fn endless_patterns_are_bounded() {
        let mut shapes = Shapes::default();
        for n in 0..20_000u32 {
            // Fourteen places that are a letter or a digit: every number its own pattern.
            let text: String = (0..14).map(|bit| if n >> bit & 1 == 1 { 'x' } else { '1' }).collect();
            shapes.look(&text, if n % 10_000 == 7 { 500 } else { 1 }, &mut String::new());
        }
        shapes.settle();
        assert!(shapes.patterns.len() <= PATTERNS_MAX && shapes.patterns_lost > 0);
        assert!(shapes.patterns.values().all(|count| *count <= 1_002));
    }
}
