//! The whole of a cell: plates, addresses, documents, days and names that need no words around them, since they stand alone.
//!
//! In: a trimmed cell and a summary of its bytes. Out: marks. A shape is no verdict: the column decides, by share and header.

use chrono::{Datelike, NaiveDate};

use super::cell::{Mark, Marks};
use crate::names::{self, FAMILY, GIVEN};
use crate::text::{account, is_mac_or_ip, papers_plate};

/// What a cell is made of, counted in one pass.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Summary {
    pub(crate) digits: usize,
    pub(crate) capitals: usize,
    pub(crate) blanks: usize,
    pub(crate) at: bool,
    colons: usize,
    dots: usize,
    /// Hyphens, slashes and commas.
    joints: usize,
    length: usize,
}

impl Summary {
    pub(crate) fn of(text: &str) -> Self {
        let mut summary = Self::default();
        let mut previous = 0;
        for byte in text.bytes() {
            match byte {
                b'0'..=b'9' => summary.digits += 1,
                b'A'..=b'Z' => summary.capitals += 1,
                b' ' => summary.blanks += 1,
                b'@' => summary.at = true,
                b':' => summary.colons += 1,
                b'.' => summary.dots += 1,
                b'-' | b'/' | b',' => summary.joints += 1,
                0x80..=0x9e if previous == 0xc3 => summary.capitals += 1,
                _ => {}
            }
            previous = byte;
        }
        summary.length = text.len();
        summary
    }
}

/// Longer cells are prose.
const LONGEST: usize = 64;

pub(crate) fn mark(marks: &mut Marks, text: &str, summary: &Summary, reference: NaiveDate) {
    if summary.length > LONGEST || summary.at {
        return;
    }
    if summary.digits == 0 {
        if summary.capitals > 0 && summary.colons == 0 && summary.dots <= 2 {
            name(marks, text);
        }
        if summary.capitals == 1 && (1..=4).contains(&summary.blanks) && is_binomial(text) {
            marks.set(Mark::Binomial);
        }
        if summary.colons == 5 || summary.colons == 7 || summary.joints == 5 {
            network(marks, text);
        }
        return;
    }
    if summary.colons > 0 || summary.dots == 3 || summary.joints == 5 {
        network(marks, text);
    }
    if summary.colons == 1 && summary.capitals > 0 {
        property(marks, text);
    }
    if summary.capitals >= 3 && summary.digits <= 3 && papers_plate(text) {
        marks.set(Mark::Plate);
    }
    if summary.capitals == 1 && summary.digits >= 2 && summary.length <= 6 && is_icd(text) {
        marks.set(Mark::Icd);
    }
    if summary.digits == 5 && summary.length <= 9 {
        postcode(marks, text);
    }
    if summary.digits >= 6 {
        numbers(marks, text, summary, reference);
    }
    if summary.capitals > 0 && summary.blanks > 0 && summary.digits <= 8 && summary.colons == 0 {
        street(marks, text);
    }
}

fn numbers(marks: &mut Marks, text: &str, summary: &Summary, reference: NaiveDate) {
    let bytes = text.as_bytes();
    let letters = bytes.iter().take_while(|byte| byte.is_ascii_uppercase()).count();
    if letters <= 2 && (6..=10).contains(&summary.digits) && letters + summary.digits == summary.length {
        marks.set(Mark::Document);
    }
    let separated = summary.digits + summary.blanks + summary.joints + summary.dots == summary.length;
    if (11..=15).contains(&summary.digits) && separated && summary.joints + summary.blanks <= 6 {
        let mut digits = [0u8; 15];
        let all = bytes.iter().filter(|byte| byte.is_ascii_digit());
        digits.iter_mut().zip(all).for_each(|(slot, digit)| *slot = *digit);
        if digits.get(..summary.digits).is_some_and(account::is_account) {
            marks.set(Mark::Account);
        }
    }
    if is_case(text) {
        marks.set(Mark::Case);
    }
    if (6..=8).contains(&summary.digits) && is_birthday(text, reference) {
        marks.set(Mark::BirthDay);
    }
    if separated && summary.dots == 2 && is_point(text) {
        marks.set(Mark::Point);
    }
}

fn network(marks: &mut Marks, text: &str) {
    match is_mac_or_ip(text) {
        Some(true) => marks.set(Mark::Mac),
        Some(false) => marks.set(Mark::Ip),
        None => {}
    }
}

/// Words with a capital, and a block and unit behind: `Skoby Berga 1:2`; or a block alone for an area held in common (`Berga S:2`).
fn property(marks: &mut Marks, text: &str) {
    let Some((place, register)) = text.rsplit_once(' ') else { return };
    let Some((block, unit)) = register.split_once(':') else { return };
    let number = |part: &str, most: usize| {
        (1..=most).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit()) && !part.starts_with('0')
    };
    let words = place
        .split(' ')
        .all(|word| word.chars().all(|c| c.is_alphabetic() || matches!(c, '-' | '.')) && !word.is_empty());
    if words && place.starts_with(char::is_uppercase) && (number(block, 3) || block == "S" || block == "GA") && number(unit, 4) {
        marks.set(Mark::Property);
    }
}

/// `12345`, `123 45`, `SE-123 45` in the range that is given out.
fn postcode(marks: &mut Marks, text: &str) {
    let code = text.strip_prefix("SE-").or_else(|| text.strip_prefix("S-")).unwrap_or(text);
    let (head, tail) = match code.split_once([' ', '\u{a0}']) {
        Some(parts) => parts,
        None => code.split_at_checked(3).unwrap_or_default(),
    };
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if head.len() == 3 && tail.len() == 2 && digits(head) && digits(tail) && ("100"..="984").contains(&head) {
        marks.set(Mark::Postcode);
    }
}

/// A street and a number at the beginning of the cell, and perhaps a postcode and a place behind.
fn street(marks: &mut Marks, text: &str) {
    if crate::text::is_street(text) {
        marks.set(Mark::Street);
    }
}

/// `F32.1`: a letter, two digits, a full stop and a place or two more. Without the full stop it is anybody's code.
fn is_icd(text: &str) -> bool {
    let bytes = text.as_bytes();
    let Some((letter, rest)) = bytes.split_first() else { return false };
    let rest: Vec<u8> = rest.iter().filter(|byte| **byte != b'.').copied().collect();
    letter.is_ascii_uppercase()
        && *letter != b'U'
        && (3..=4).contains(&rest.len())
        && rest.iter().all(u8::is_ascii_digit)
        && bytes.get(3) == Some(&b'.')
}

/// `KS 2023/00123`, `2023-01234`, `T 1234-23`, `dnr` left out.
fn is_case(text: &str) -> bool {
    let rest = text.trim_start_matches(|c: char| c.is_uppercase());
    let letters = text.chars().count() - rest.chars().count();
    let rest = rest.strip_prefix([' ', '-']).filter(|_| letters > 0).unwrap_or(rest);
    // A year and a number with a colon between are a law's.
    let joints: &[char] = if letters > 0 { &['-', '/', ':'] } else { &['-', '/'] };
    let Some((head, tail)) = rest.split_once(joints) else {
        return false;
    };
    let number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let year = |part: &str| part.len() == 4 && (part.starts_with("19") || part.starts_with("20"));
    let serial = tail.split(['-', '/', ':']).next().unwrap_or_default();
    let shaped = (year(head) && (3..=7).contains(&serial.len()))
        || (letters > 0 && (2..=6).contains(&head.len()) && (tail.len() == 2 || year(tail)));
    letters <= 5 && number(head) && number(serial) && tail.split(['-', '/', ':']).all(number) && shaped
}

/// A day that somebody alive could have been born on, with separators or without.
fn is_birthday(text: &str, reference: NaiveDate) -> bool {
    let mut parts = text.split(['-', '/', '.']);
    let parts = (parts.next().unwrap_or_default(), parts.next(), parts.next(), parts.next());
    let day = |year: &str, month: &str, day: &str| NaiveDate::from_ymd_opt(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?);
    let day = match parts {
        (y, Some(m), Some(d), None) if y.len() == 4 => day(y, m, d),
        (d, Some(m), Some(y), None) if y.len() == 4 => day(y, m, d),
        (digits, None, ..) if matches!(digits.len(), 6 | 8) => return crate::text::is_birthday(digits, reference),
        _ => None,
    };
    day.is_some_and(|day| (reference.year() - 115..=reference.year()).contains(&day.year()) && day <= reference)
}

/// `58.39118, 13.84506`.
fn is_point(text: &str) -> bool {
    let mut parts = text.split([',', ' ', ';']).filter(|part| !part.is_empty());
    let (Some(lat), Some(lon), None) = (parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    let exact = |part: &str, from: f64, to: f64| {
        let decimals = part.split_once('.').map_or(0, |(_, decimals)| decimals.len());
        decimals >= 4 && part.parse::<f64>().is_ok_and(|value| (from..=to).contains(&value))
    };
    exact(lat, 55.0, 69.5) && exact(lon, 10.0, 24.5)
}

/// Words of the longest name.
const NAME_WORDS: usize = 5;

/// The words of a cell as a name: a given name and a family name in either order, or one of them alone.
fn name(marks: &mut Marks, text: &str) {
    let (given, family) = match text.split_once(", ") {
        Some((family, given)) if !given.contains(',') => (given, family),
        Some(_) => return,
        None => (text, ""),
    };
    let reversed = !family.is_empty();
    let mut words = [""; NAME_WORDS];
    let mut count = 0;
    for word in given.split(' ').chain(family.split(' ')).filter(|word| !word.is_empty()) {
        let Some(slot) = words.get_mut(count).filter(|_| is_part(word)) else {
            return;
        };
        *slot = word;
        count += 1;
    }
    let words = words.get(..count).unwrap_or_default();
    let (Some(first), Some(last)) = (words.first(), words.last()) else {
        return;
    };
    let (given, family) = (bits(first), bits(last));
    match words {
        [_] => {
            if given & GIVEN != 0 {
                marks.set(Mark::GivenName);
            }
            if given & FAMILY != 0 || (given == 0 && last.ends_with("sson")) {
                marks.set(Mark::FamilyName);
            }
        }
        _ if given & GIVEN != 0 && (family & FAMILY != 0 || (family == 0 && (reversed || names::has_family_ending(last)))) => {
            marks.set(Mark::FullName)
        }
        // Family name first, without a comma.
        _ if given & FAMILY != 0 && family & GIVEN != 0 => marks.set(Mark::FullName),
        _ if words.iter().all(|word| bits(word) & GIVEN != 0) => marks.set(Mark::GivenName),
        _ if first.trim_end_matches('.').chars().count() == 1 && family & FAMILY != 0 => marks.set(Mark::FullName),
        _ => {}
    }
}

/// `Alexandrium pseudogonyaulax`: a genus with a capital and an epithet in small letters with a Latin ending that is no listed family name.
fn is_binomial(text: &str) -> bool {
    const ENDINGS: &[&str] = &[
        "us", "um", "is", "ii", "ae", "a", "ens", "ans", "es", "e", "ax", "ix", "ex", "or", "oides",
    ];
    let mut words = text.split(' ');
    let (Some(genus), Some(epithet)) = (words.next(), words.next()) else {
        return false;
    };
    let small = |word: &str| word.len() >= 3 && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
    let (head, tail) = genus.split_at_checked(1).unwrap_or_default();
    let (first, rest) = epithet.split_at_checked(1).unwrap_or_default();
    head.bytes().all(|byte| byte.is_ascii_uppercase())
        && small(tail)
        && small(epithet)
        && ENDINGS.iter().any(|ending| epithet.ends_with(ending))
        && names::uses(&format!("{}{rest}", first.to_uppercase())) & FAMILY == 0
}

/// What a word is used as; of a double name the first part decides, and capitals throughout are read as a name's.
fn bits(word: &str) -> u8 {
    let word = word.trim_end_matches('.');
    let head = word.split('-').next().unwrap_or(word);
    match names::uses(head) {
        0 if head.len() > 3 && head.chars().all(char::is_uppercase) => {
            let mut letters = head.chars();
            let first: String = letters.next().into_iter().collect();
            names::uses(&format!("{first}{}", letters.as_str().to_lowercase()))
        }
        bits => bits,
    }
}

/// A capital and letters, a particle or an initial.
fn is_part(word: &str) -> bool {
    let fine = |c: char| c.is_alphabetic() || matches!(c, '-' | '\'' | '.');
    word.chars().all(fine)
        && (word.starts_with(char::is_uppercase) || matches!(word, "von" | "af" | "de" | "van" | "der" | "den" | "el" | "al" | "bin"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has(text: &str, mark_wanted: Mark) -> bool {
        let mut marks = Marks::default();
        mark(&mut marks, text, &Summary::of(text), "2026-11-22".parse().unwrap());
        marks.has(mark_wanted)
    }

    #[test]
    fn shapes_of_whole_cells() {
        for (text, wanted) in [
            ("ABC 12D", Mark::Plate),
            ("Skövde Berga 1:2", Mark::Property),
            ("Berga S:3", Mark::Property),
            ("123 45", Mark::Postcode),
            ("SE-123 45", Mark::Postcode),
            ("Storgatan 5 B", Mark::Street),
            ("Storgatan 5, 123 45 Exempelby", Mark::Street),
            ("KS 2023/00123", Mark::Case),
            ("T 1234-23", Mark::Case),
            ("1980-01-02", Mark::BirthDay),
            ("19800102", Mark::BirthDay),
            ("F32.1", Mark::Icd),
            ("58.39118, 13.84506", Mark::Point),
            ("192.0.2.1", Mark::Ip),
            ("00-00-5E-00-53-AF", Mark::Mac),
            ("AA1234567", Mark::Document),
            ("Anna Svensson", Mark::FullName),
            ("Svensson, Anna", Mark::FullName),
            ("Svensson Anna", Mark::FullName),
            ("ANNA SVENSSON", Mark::FullName),
            ("Anna-Karin", Mark::GivenName),
            ("Svensson", Mark::FamilyName),
            ("Alexandrium pseudogonyaulax", Mark::Binomial),
        ] {
            assert!(has(text, wanted), "{text}");
        }
        for (text, unwanted) in [
            ("MLB 123", Mark::Plate),
            ("IQV 123", Mark::Plate),
            ("skala 1:50", Mark::Property),
            ("099 45", Mark::Postcode),
            ("Hus 5", Mark::Street),
            ("2099-01-02", Mark::BirthDay),
            ("1.2.3", Mark::Ip),
            ("Skövde Central", Mark::FullName),
            ("Station", Mark::GivenName),
            ("Alexandrium pseudogonyaulax", Mark::FullName),
            ("Anna svensson", Mark::Binomial),
            ("Skövde centrum", Mark::Binomial),
        ] {
            assert!(!has(text, unwanted), "{text}");
        }
    }
}
