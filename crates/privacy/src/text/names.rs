//! Names of people in running text: listed names in company with each other, with titles and with initials, inflected or not.
//!
//! In: a text. Out: spans of full names, given names and family names; the genitive's `s` stays outside, so that a mask can be read. A name
//! that is not on the list is taken where a listed one or a title stands beside it. Streets, companies, schools and saints are nobody.

use super::words::{Lists, Small, has_role_ending, has_thing_ending, is_thing};
use super::{Span, first_of, is_sign, is_word, span};
use crate::kind::Kind;
use crate::names::{FAMILY, GIVEN, has_family_ending, is_ambiguous, is_municipality, uses_inflected};

/// A word that opens with a capital.
#[derive(Debug, Clone, Copy)]
pub(super) struct Word {
    start: usize,
    end: usize,
    /// Where the name ends when the word stands in the genitive.
    stem: usize,
    uses: u8,
    shape: Shape,
    /// Whether it follows the word before it with one blank or a particle.
    joined: bool,
    opens_sentence: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// A capital and small letters.
    Name,
    /// One capital, with or without its full stop.
    Initial,
    /// Anything else: capitals, digits inside.
    Other,
}

/// Between a given and a family name.
const PARTICLES: &[&str] = &[
    "von", "af", "de", "van", "der", "den", "el", "al", "bin", "ben", "du", "la", "di", "da",
];

/// Finds names in `text` and adds them to `spans`.
pub(super) fn find(text: &str, words: &mut Vec<Word>, spans: &mut Vec<Span>) {
    words.clear();
    gather(text, words);
    let mut at = 0;
    while at < words.len() {
        let taken = person(text, words, at, spans);
        at += taken.max(1);
    }
}

/// All words that open with a capital.
fn gather(text: &str, words: &mut Vec<Word>) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(start) = first_of(bytes, at, |byte| byte.is_ascii_uppercase() || byte >= 0xc3) {
        at = start + 1;
        if is_sign(bytes, start) || !opens_word(text, start) {
            continue;
        }
        at = end_of_word(bytes, start);
        if is_capital(text, start) {
            words.push(word(text, start, at, words.last()));
        }
    }
}

/// Whether no letter or digit stands before `at`, nor a joint of a word with one before it.
fn opens_word(text: &str, at: usize) -> bool {
    let before = text.get(..at).unwrap_or_default();
    let joint = joins_inside(text.as_bytes(), at.saturating_sub(1));
    let before = before.strip_suffix(['-', '\'']).filter(|_| joint).unwrap_or(before);
    !match before.as_bytes().last() {
        Some(byte) if byte.is_ascii() => byte.is_ascii_alphanumeric(),
        _ => before.ends_with(char::is_alphanumeric),
    }
}

fn end_of_word(bytes: &[u8], start: usize) -> usize {
    let mut at = start;
    while bytes.get(at).is_some_and(|byte| is_word(*byte) || (0x80..0xc0).contains(byte)) && !is_sign(bytes, at) || joins_inside(bytes, at)
    {
        at += 1;
    }
    at
}

fn is_capital(text: &str, at: usize) -> bool {
    match text.as_bytes().get(at) {
        Some(byte) if byte.is_ascii() => byte.is_ascii_uppercase(),
        Some(0xc3) => text.as_bytes().get(at + 1).is_some_and(|second| (0x80..0x9f).contains(second)),
        _ => starts_upper(text, at),
    }
}

fn starts_upper(text: &str, at: usize) -> bool {
    text.get(at..).is_some_and(|rest| rest.starts_with(char::is_uppercase))
}

/// A hyphen or apostrophe with a letter behind it belongs to the word.
fn joins_inside(bytes: &[u8], at: usize) -> bool {
    let letter = |at: usize| bytes.get(at).is_some_and(|byte| byte.is_ascii_alphabetic() || *byte >= 0xc3);
    match bytes.get(at) {
        Some(b'-') => letter(at + 1) && bytes.get(at + 1).is_some_and(|byte| byte.is_ascii_uppercase() || *byte == 0xc3),
        Some(b'\'') => letter(at + 1) && bytes.get(at + 1).is_some_and(u8::is_ascii_uppercase),
        _ => false,
    }
}

fn word(text: &str, start: usize, end: usize, last: Option<&Word>) -> Word {
    let token = text.get(start..end).unwrap_or_default();
    let mut letters = token.chars();
    letters.next();
    let rest = letters.as_str();
    let dotted = text.as_bytes().get(end) == Some(&b'.');
    let (shape, end) = if rest.is_empty() {
        (Shape::Initial, if dotted { end + 1 } else { end })
    } else if rest.bytes().all(|byte| byte.is_ascii_lowercase()) || is_name_shape(rest) {
        (Shape::Name, end)
    } else {
        (Shape::Other, end)
    };
    let (uses, stem) = match shape {
        Shape::Name => listed(token),
        Shape::Other if rest.len() > 1 => listed_in_capitals(token),
        _ => (0, token.len()),
    };
    let between = last.and_then(|last| text.get(last.end..start));
    Word {
        start,
        end,
        stem: start + stem,
        uses,
        shape: if shape == Shape::Other && uses != 0 { Shape::Name } else { shape },
        joined: between.is_some_and(joins),
        opens_sentence: opens_sentence(text, start),
    }
}

/// A name and its use; of a double name (`Anna-Karin`, `Lind-Berg`) the parts decide.
fn listed(token: &str) -> (u8, usize) {
    let whole = uses_inflected(token);
    if whole.0 != 0 {
        return whole;
    }
    match token.rsplit_once('-') {
        Some((first, last)) => {
            let (before, (behind, stem)) = (uses_inflected(first).0, uses_inflected(last));
            (
                if before & behind != 0 {
                    before & behind
                } else {
                    behind.max(before)
                },
                first.len() + 1 + if behind != 0 { stem } else { last.len() },
            )
        }
        None => (0, token.len()),
    }
}

/// `ANNA`: looked up as `Anna`, never in the genitive.
fn listed_in_capitals(token: &str) -> (u8, usize) {
    if token.len() > 24 || token.chars().any(char::is_lowercase) {
        return (0, token.len());
    }
    let mut letters = token.chars();
    let first: String = letters.next().into_iter().collect();
    let (uses, _) = listed(&format!("{first}{}", letters.as_str().to_lowercase()));
    // Short words in capitals are abbreviations.
    (if token.chars().count() >= 4 { uses } else { 0 }, token.len())
}

/// Small letters, or a capital behind a hyphen or apostrophe, or inside `McA`.
fn is_name_shape(rest: &str) -> bool {
    let mut capital_allowed = rest.starts_with('c');
    rest.chars().all(|c| {
        let fine = c.is_lowercase() || matches!(c, '-' | '\'') || (capital_allowed && c.is_uppercase());
        capital_allowed = matches!(c, '-' | '\'') || c == 'c';
        fine
    }) && !rest.ends_with(['-', '\''])
}

/// One blank, or blanks around a particle.
fn joins(between: &str) -> bool {
    between == " "
        || between == "\u{a0}"
        || (between.len() <= 8
            && between.starts_with(' ')
            && between.ends_with(' ')
            && between.split_whitespace().all(|word| PARTICLES.contains(&word))
            && between.len() > 2)
}

fn opens_sentence(text: &str, start: usize) -> bool {
    let before = text
        .get(..start)
        .unwrap_or_default()
        .trim_end_matches([' ', '"', '\u{201d}', '\u{bb}', '(']);
    before.is_empty() || before.ends_with(['!', '?', '\n', ':', ';']) || (before.ends_with('.') && !is_initial(before))
}

/// Whether the text ends in one capital and its full stop.
fn is_initial(before: &str) -> bool {
    let mut back = before.chars().rev().skip(1);
    back.next().is_some_and(char::is_uppercase) && back.next().is_none_or(|c| c == ' ')
}

/// A person that begins at word `at`; the number of words taken.
fn person(text: &str, words: &[Word], at: usize, spans: &mut Vec<Span>) -> usize {
    let Some(first) = words.get(at).copied() else { return 1 };
    if first.shape == Shape::Other {
        return 1;
    }
    let before = Small::of(word_before(text, first.start));
    let lists = Lists::of(before.as_str());
    if lists.any(Lists::BEFORE_THING) {
        return chain(words, at);
    }
    // Behind a slash that opens a word stands who signed.
    let signed = text
        .get(..first.start)
        .is_some_and(|before| before.ends_with(" /") || before.ends_with("// ") || before == "/");
    let title = signed || lists.any(Lists::TITLE);
    let role = title || lists.any(Lists::ROLE) || has_role_ending(before.as_str());
    let found = if first.uses & GIVEN != 0 || first.shape == Shape::Initial {
        by_given(text, words, at, role)
    } else {
        None
    };
    let found = found
        .or_else(|| by_company(text, words, at))
        .or_else(|| reversed(text, words, at))
        .or_else(|| by_title(text, words, at, title, role))
        .or_else(|| by_family(text, words, at, role));
    match found {
        Some((end, taken, kind, confidence, reason)) => {
            spans.push(span(first.start, end, kind, confidence, reason));
            taken
        }
        None => 1,
    }
}

/// A word that no list has, and a listed family name behind it: `Thandiwe Arnell`. The word must be no common opening of a sentence.
fn by_company(text: &str, words: &[Word], at: usize) -> Named {
    let (first, second) = (words.get(at)?, words.get(at + 1)?);
    let token = text.get(first.start..first.end)?;
    let initial = usize::from(second.shape == Shape::Initial && second.joined);
    let last = words
        .get(at + 1 + initial)
        .filter(|word| word.joined && word.shape == Shape::Name)?;
    let known = is_family(last) && last.uses & GIVEN == 0 && !is_ambiguous(stem(text, last));
    if !known || first.uses != 0 || first.shape != Shape::Name || token.chars().count() < 3 {
        return None;
    }
    let small = Small::of(token);
    let lower = small.as_str();
    if !Lists::of(lower).none() || has_role_ending(lower) || has_thing_ending(lower) || is_municipality(token) {
        return None;
    }
    (!is_thing_behind(text, words, at + 2 + initial)).then_some((
        last.stem,
        2 + initial,
        Kind::PersonName,
        0.72,
        "a listed family name behind a word with a capital",
    ))
}

/// Where the name ends, words taken, what it is, how sure and why.
type Named = Option<(usize, usize, Kind, f32, &'static str)>;

/// Given names or initials, and the family names behind them.
fn by_given(text: &str, words: &[Word], at: usize, role: bool) -> Named {
    let first = words.get(at)?;
    let mut given = 1;
    let next = |index: usize| words.get(at + index).filter(|word| word.joined);
    while given < 4
        && next(given).is_some_and(|word| {
            word.shape == Shape::Initial || (word.uses & GIVEN != 0 && (word.uses & FAMILY == 0 || next(given + 1).is_some_and(is_family)))
        })
    {
        given += 1;
    }
    let inflected = |index: usize| {
        words
            .get(at + index)
            .is_some_and(|word| word.stem < word.end && word.shape == Shape::Name)
    };
    let mut family = 0;
    while family < 3
        && !inflected(given + family - 1)
        && next(given + family).is_some_and(|word| is_family(word) || (family == 0 && is_unlisted(text, word, first)))
    {
        family += 1;
    }
    let taken = given + family;
    let last = words.get(at + taken - 1)?;
    if family > 0
        && first.shape == Shape::Initial
        && (1..family + given).all(|index| next(index).is_none_or(|word| word.uses & FAMILY == 0 && !has_family_ending(stem(text, word))))
    {
        return None;
    }
    let thing = is_thing_behind(text, words, at + taken);
    if family > 0 {
        let listed = next(given).is_some_and(is_family);
        let confidence = if listed { 0.95 } else { 0.8 };
        return (!thing).then_some((
            last.stem,
            taken,
            Kind::PersonName,
            confidence,
            "a listed given name and a family name",
        ));
    }
    let verse = text
        .get(last.end + 1..)
        .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()) && rest.get(1..3).is_some_and(|rest| rest.contains(':')));
    if first.shape == Shape::Initial || thing || verse {
        return None;
    }
    if given > 1 {
        return Some((last.stem, taken, Kind::PersonName, 0.75, "two given names"));
    }
    let doubtful = is_ambiguous(stem(text, first));
    match (doubtful, role) {
        (_, true) => Some((first.stem, 1, Kind::GivenName, 0.85, "a listed given name beside a title or role")),
        (false, false) => Some((first.stem, 1, Kind::GivenName, 0.6, "a listed given name")),
        (true, false) => None,
    }
}

fn stem<'t>(text: &'t str, word: &Word) -> &'t str {
    text.get(word.start..word.stem).unwrap_or_default()
}

fn is_family(word: &Word) -> bool {
    word.uses & FAMILY != 0
}

/// An unlisted word behind a listed given name that reads as a family name.
fn is_unlisted(text: &str, word: &Word, given: &Word) -> bool {
    let token = text.get(word.start..word.end).unwrap_or_default();
    if word.shape != Shape::Name || word.opens_sentence || token.chars().count() < 3 || is_thing(token) {
        return false;
    }
    let sure = has_family_ending(token) || has_family_ending(token.trim_end_matches('s'));
    sure || (!is_ambiguous(stem(text, given)) && !is_municipality(token))
}

/// `Svensson, Anna`.
fn reversed(text: &str, words: &[Word], at: usize) -> Named {
    let (family, given) = (words.get(at)?, words.get(at + 1)?);
    let known = family.uses & FAMILY != 0 || has_family_ending(stem(text, family));
    let comma = text.get(family.end..given.start) == Some(", ");
    let follows = words
        .get(at + 2)
        .is_some_and(|word| word.joined && is_family(word) && word.uses & GIVEN == 0);
    if family.shape != Shape::Name || !known || !comma || given.uses & GIVEN == 0 || follows || family.stem < family.end {
        return None;
    }
    let second = words.get(at + 2).is_some_and(|word| word.joined && word.uses & GIVEN != 0);
    let last = words.get(at + 1 + usize::from(second))?;
    Some((
        last.stem,
        2 + usize::from(second),
        Kind::PersonName,
        0.9,
        "a family name, a comma and a given name",
    ))
}

/// A name that no list has, behind a title or a role.
fn by_title(text: &str, words: &[Word], at: usize, title: bool, role: bool) -> Named {
    let first = words.get(at).filter(|_| role)?;
    let token = stem(text, first);
    if first.shape != Shape::Name || first.opens_sentence || token.chars().count() < 3 || is_thing(token) || is_municipality(token) {
        return None;
    }
    let second = words
        .get(at + 1)
        .filter(|word| word.joined && word.shape == Shape::Name && first.stem == first.end);
    let second = second.filter(|word| is_family(word) || is_unlisted(text, word, first));
    if is_thing_behind(text, words, at + 1 + usize::from(second.is_some())) {
        return None;
    }
    let known = first.uses & FAMILY != 0 || has_family_ending(token) || token.strip_suffix('s').is_some_and(has_family_ending);
    let end = |word: &Word| {
        if word.uses == 0 && word.end - word.start > 4 && genitive(text, word) {
            word.end - 1
        } else {
            word.stem
        }
    };
    match second {
        Some(second) if title || is_family(second) || has_family_ending(stem(text, second)) => Some((
            end(second),
            2,
            Kind::PersonName,
            0.8,
            "two words with capitals behind a title or role",
        )),
        None if title || known => Some((end(first), 1, Kind::FamilyName, 0.8, "a word with a capital behind a title or role")),
        _ => None,
    }
}

/// Whether a word that no list has reads as the genitive of a family name.
fn genitive(text: &str, word: &Word) -> bool {
    let token = text.get(word.start..word.end).unwrap_or_default();
    token.strip_suffix('s').is_some_and(has_family_ending) && text.as_bytes().get(word.end) == Some(&b' ')
}

/// A listed family name alone: `-sson` and `-qvist` names are hardly anything else.
fn by_family(text: &str, words: &[Word], at: usize, role: bool) -> Named {
    let word = words.get(at).filter(|word| word.shape == Shape::Name)?;
    let token = stem(text, word);
    let typical = ["sson", "qvist", "kvist", "ström", "gren", "blom", "stedt"]
        .iter()
        .any(|ending| token.ends_with(ending) && token.len() > ending.len() + 1);
    if word.uses & FAMILY == 0
        || is_thing_behind(text, words, at + 1)
        || words
            .get(at + 1)
            .is_some_and(|next| next.joined && next.shape == Shape::Name && next.uses == 0)
    {
        return None;
    }
    match (role, typical && !is_ambiguous(token) && !(word.joined && at > 0)) {
        (true, _) => Some((word.stem, 1, Kind::FamilyName, 0.85, "a listed family name behind a title or role")),
        (false, true) => Some((
            word.stem,
            1,
            Kind::FamilyName,
            0.6,
            "a listed family name of a kind that is little else",
        )),
        _ => None,
    }
}

/// Words that hang together with the one at `at`.
fn chain(words: &[Word], at: usize) -> usize {
    1 + words
        .get(at + 1..)
        .unwrap_or_default()
        .iter()
        .take_while(|word| word.joined)
        .count()
}

/// Whether what follows the name makes a company, a place or a foundation of it.
fn is_thing_behind(text: &str, words: &[Word], next: usize) -> bool {
    let end = next.checked_sub(1).and_then(|last| words.get(last)).map_or(0, |word| word.end);
    is_place_behind(text, end)
}

fn is_place_behind(text: &str, end: usize) -> bool {
    let Some(rest) = text.get(end..) else { return false };
    let Some(rest) = rest.strip_prefix(' ') else {
        return rest.starts_with("-gatan") || rest.starts_with("-skolan");
    };
    if let Some(rest) = rest.strip_prefix("& ") {
        return rest.starts_with(char::is_uppercase);
    }
    let length = rest.find(|c: char| !c.is_alphabetic()).unwrap_or(rest.len());
    Lists::of(Small::of(rest.get(..length).unwrap_or_default()).as_str()).any(Lists::THING)
}

/// The word before `at`, without what stands between.
fn word_before(text: &str, at: usize) -> &str {
    let before = text.get(..at).unwrap_or_default().trim_end_matches([' ', ':', '.', ',', '\u{a0}']);
    let from = before
        .char_indices()
        .rev()
        .take(24)
        .take_while(|(_, c)| c.is_alphabetic() || *c == ':')
        .last()
        .map_or(before.len(), |(at, _)| at);
    before.get(from..).unwrap_or_default()
}
