//! Mentions of municipalities, agencies, laws and days in columns and text, tagged to public lists. None of them is personal data.
//!
//! In: a text. Out: spans with a kind, the list and the code in it: a municipality's number of SCB, an agency's organisation number, an act's
//! number in Svensk författningssamling or EUR-Lex, a day of ISO 8601. What the lists do not have is no mention; a name that is also another
//! word counts only where words around it say what it is.

mod agencies;
mod column;
mod days;
mod laws;
mod places;

pub use column::{EntityColumn, EntityFinding};

/// A kind of mention.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EntityKind {
    /// Kommun.
    Municipality,
    /// Myndighet.
    Agency,
    /// Lag, förordning, EU-rättsakt.
    Law,
    /// A day, a month or a quarter.
    Date,
}

/// All kinds.
pub const ENTITY_KINDS: [EntityKind; 4] = [EntityKind::Municipality, EntityKind::Agency, EntityKind::Law, EntityKind::Date];

impl EntityKind {
    /// The word in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Municipality => "municipality",
            Self::Agency => "agency",
            Self::Law => "law",
            Self::Date => "date",
        }
    }
}

/// The list that a code stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum List {
    /// Municipality codes of SCB.
    Municipalities,
    /// SCB's register of authorities, by organisation number.
    Agencies,
    /// Svensk författningssamling.
    Sfs,
    /// EUR-Lex, by CELEX number.
    Celex,
    /// ISO 8601.
    Iso8601,
}

impl List {
    /// The word in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Municipalities => "scb-municipalities",
            Self::Agencies => "scb-agencies",
            Self::Sfs => "sfs",
            Self::Celex => "celex",
            Self::Iso8601 => "iso-8601",
        }
    }
}

/// A mention in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entity {
    /// First byte.
    pub start: usize,
    /// The byte after the last.
    pub end: usize,
    /// What it is.
    pub kind: EntityKind,
    /// The list.
    pub list: List,
    /// The code in it.
    pub code: String,
}

/// The mentions of `text`, in order, never overlapping; of two the longer stays.
///
/// ```
/// # use fyr_privacy::entities::tagged;
/// let found = tagged("Enligt 10 kap. 2 § OSL får Skövde kommun svara den 3 mars 2024.");
/// let codes: Vec<&str> = found.iter().map(|one| one.code.as_str()).collect();
/// assert_eq!(codes, ["2009:400", "1496", "2024-03-03"]);
/// ```
pub fn tagged(text: &str) -> Vec<Entity> {
    let words = words(text);
    let mut found = Vec::new();
    laws::find(text, &words, &mut found);
    agencies::find(text, &words, &mut found);
    places::find(text, &words, &mut found);
    days::find(text, &words, &mut found);
    settle(found)
}

fn settle(mut found: Vec<Entity>) -> Vec<Entity> {
    found.sort_by(|a, b| a.start.cmp(&b.start).then(b.end.cmp(&a.end)));
    let mut kept: Vec<Entity> = Vec::with_capacity(found.len());
    for next in found {
        match kept.last_mut() {
            Some(last) if last.end > next.start => {
                if next.end - next.start > last.end - last.start {
                    *last = next;
                }
            }
            _ => kept.push(next),
        }
    }
    kept
}

/// A run of letters and digits.
#[derive(Debug, Clone, Copy)]
struct Word<'t> {
    start: usize,
    end: usize,
    text: &'t str,
}

impl Word<'_> {
    fn is_number(&self) -> bool {
        self.text.bytes().all(|byte| byte.is_ascii_digit())
    }
    fn lower(&self) -> String {
        self.text.to_lowercase()
    }
    fn is_capital(&self) -> bool {
        self.text.starts_with(char::is_uppercase)
    }
}

fn words(text: &str) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let mut from = None;
    for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
        match (from, c.is_alphanumeric()) {
            (None, true) => from = Some(at),
            (Some(start), false) => {
                words.push(Word {
                    start,
                    end: at,
                    text: text.get(start..at).unwrap_or_default(),
                });
                from = None;
            }
            _ => {}
        }
    }
    words
}

/// What stands between two words.
fn between<'t>(text: &'t str, left: &Word<'_>, right: &Word<'_>) -> &'t str {
    text.get(left.end..right.start).unwrap_or_default()
}

/// The data lines of a built-in register.
fn rows(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).skip(1)
}

#[cfg(test)]
mod tests;
